"""Figures out of all proportion: a slip of the keyboard that would drown every other figure of the case.

An amount is compared with those around it: in its row, in its column, in the whole case. Ceilings are left alone, since
a huge one plainly means "no limit"; what is paid, earned or owed cannot be a thousand million times its neighbours.
"""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median_low
from typing import NamedTuple

from finopt.case.case import Case
from finopt.case.row import Row
from finopt.case.sheets import SHEETS, Budget, Covenant, Exchange, Revenue, Rule, Source
from finopt.errors import Finding

HUGE = 0.99e9
"""An amount this many times the usual one around it is no amount."""
LONGEST = 1_000
"""Years: nothing is agreed for longer."""
HIGHEST = {"DSCR": 1e3, "LLCR": 1e3, "reserve months": 12.0 * LONGEST, "average life": float(LONGEST)}
"""Most that a limit of a covenant can be asked for; where more is meant, there is no covenant."""


class Stated(NamedTuple):
    """An amount as it is stated: the row, the name of its cell, its magnitude, and whether it is case money."""

    row: Row
    name: str
    amount: float
    own: bool


def years_in_reach(case: Case) -> Iterator[Finding]:
    """A number of years is one that people agree on."""
    for model in SHEETS.values():
        for name, column in model.columns().items():
            for row in case.rows(model) if column.kind == "years" else ():
                value = getattr(row, name)
                if value is not None and abs(value) > LONGEST:
                    what, hint = f"{value:,.6g} years", f"no more than {LONGEST:,} years"
                    yield _finding(row, name, what, hint, "correct the figure, or leave it blank")


def covenants_in_reach(case: Case) -> Iterator[Finding]:
    """A covenant's ratio, months or years are such as lenders ask for."""
    for row in case.rows(Covenant):
        most = HIGHEST.get(row.covenant)
        if most is not None and row.limit is not None and row.limit > most:
            expected = f"no more than {most:,.0f}"
            yield _finding(row, "limit", f"{row.limit:,.6g}", expected, "correct it, or delete the covenant")


def amounts_in_proportion(case: Case) -> Iterator[Finding]:
    """An amount is no thousand million times the usual one in its row, in its column, or in the case."""
    stated = [found for model in SHEETS.values() for row in case.rows(model) for found in _amounts(row)]
    whole = [found.amount for found in stated if not found.own]
    by_row: dict[int, list[float]] = {}
    by_column: dict[tuple[type[Row], str], list[float]] = {}
    for found in stated:
        by_row.setdefault(id(found.row), []).append(found.amount)
        by_column.setdefault(_column(found), []).append(found.amount)
    for found in stated:
        groups = [by_row[id(found.row)], by_column[_column(found)], [] if found.own else whole]
        usual = min((median_low(group) for group in groups if len(group) > 1), default=found.amount)
        if found.name != "limit" and found.amount >= HUGE * usual:
            expected = f"an amount in proportion to those around it (about {usual:,.6g})"
            yield _finding(found.row, found.name, f"{found.amount:,.6g}", expected, "correct the figure")


def _column(found: Stated) -> tuple[type[Row], str]:
    """What stands in one column, or in one sheet of periods."""
    columns = type(found.row).columns()
    return type(found.row), found.name if found.name in columns else ""


def _amounts(row: Row) -> Iterator[Stated]:
    """Every amount of a row other than zero that is no ceiling; of a source its Limit too, to compare with."""
    own = isinstance(row, Source | Exchange)
    for name, column in type(row).columns().items():
        ceiling = column.default == "no limit"
        value = getattr(row, name) if column.kind == "amount" and not ceiling else None
        if isinstance(value, int | float) and value:
            yield Stated(row, name, abs(float(value)), own)
    if isinstance(row, Rule) and row.measure == "amount" and row.sense != "<=" and row.value:
        yield Stated(row, "value", abs(row.value), False)
    series = type(row).series()
    if series is None or isinstance(row, Budget):
        return
    if series.kind == "amount" or isinstance(row, Revenue | Exchange):
        values: dict[str, float] = row.values  # type: ignore[attr-defined]
        yield from (Stated(row, name, abs(value), own) for name, value in values.items() if value)


def _finding(row: Row, name: str, found: str, expected: str, hint: str) -> Finding:
    sheet, cell = row.where(name)
    column = type(row).columns().get(name)
    return Finding(sheet, cell, column.title if column is not None else name, found, expected, hint)
