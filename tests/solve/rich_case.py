"""One case that says nearly all that a workbook can say, with a plan, and every column of it moved both ways."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from functools import cache
from typing import Any

from finopt.case.case import Case
from finopt.case.change import Change
from finopt.case.checks import ALL
from finopt.case.row import Column, Row
from finopt.case.sheets import SHEETS, Project
from tests.random_cases import make_case

YEARS = ("2030", "2031", "2032", "2033", "2034", "2035", "2036")
TOLLS = dict.fromkeys(YEARS[2:], 60)


@cache
def rich_case() -> Case:
    """Three parties, eight sources, three packages, every covenant, rule, gate, curve and kind of repayment."""
    day = dt.date
    made = make_case(
        {
            "start_date": day(2030, 1, 1), "construction_end": day(2031, 12, 31), "end_date": day(2036, 12, 31),
            "period": "half-year", "operating_period": "year", "flow_timing": "middle", "discount_rate": 0.06,
            "price_date": day(2029, 1, 1), "escalation": 0.02, "opening_cash": 5, "minimum_cash": 2,
            "deposit_rate": 0.01, "maximum_cash": 900,
        },
        Parties=[
            {"party": "North", "total_budget": 400, "maximum_share": 0.6},
            {"party": "South", "minimum_share": 0.1},
            {"party": "Fund"},
        ],
        Budgets=[
            {"party": "North", "carry_over": True, "values": dict.fromkeys(YEARS, 90)},
            {"party": "South", "values": dict.fromkeys(YEARS, 140)},
        ],
        Sources=[
            {"source": "Loan", "party": "North", "instrument": "loan", "limit": 80, "limit_per_year": 60, "rate": 0.04,
             "upfront_fee": 0.01, "commitment_fee": 0.005, "guarantee_fee": 0.004, "draw_fee": 0.003, "grace": 2,
             "tenor": 6, "interest_in_grace": "capitalised", "headroom": 0.05, "limit_per_period": 50},
            {"source": "Euro loan", "party": "South", "instrument": "loan", "currency": "EUR", "limit": 60,
             "curve": "Base", "margin": 0.01, "grace": 2, "tenor": 5, "repayment": "sculpted"},
            {"source": "Table loan", "party": "North", "instrument": "loan", "limit": 40, "rate": 0.03, "grace": 2,
             "tenor": 30, "repayment": "table", "repaid_by": "South"},
            {"source": "Bond", "party": "South", "instrument": "bond", "limit": 50, "rate": 0.045, "grace": 4,
             "tenor": 4, "repayment": "bullet", "from_": day(2030, 7, 1), "to": day(2031, 12, 31)},
            {"source": "Line", "party": "South", "instrument": "credit line", "limit": 30, "rate": 0.05,
             "commitment_fee": 0.01, "opening_balance": 4},
            {"source": "Shares", "party": "South", "instrument": "equity", "limit": 90, "rate": 0.1,
             "drawn_before": 3},
            {"source": "Grant", "party": "North", "instrument": "grant", "limit": 30, "gate": "Permit"},
            {"source": "Last resort", "party": "Fund", "instrument": "equity", "limit": 1000, "rate": 0.14},
        ],
        Packages=[
            {"package": "West", "amount": 90, "location": "A", "group": "Civil", "start": day(2030, 1, 1),
             "finish": day(2031, 6, 30), "contingency": 0.1},
            {"package": "East", "amount": 70, "location": "B", "group": "Civil", "start": day(2030, 7, 1),
             "finish": day(2031, 12, 31), "profile": "front", "escalation": 0.03},
            {"package": "Rails", "location": "B", "group": "Systems", "start": day(2030, 1, 1),
             "finish": day(2031, 12, 31)},
        ],
        Costs=[{"package": "Rails", "values": {"2030": 15, "2031": 35}}],
        Eligibility=[
            {"package": "West", "values": {"Loan": 1, "Euro loan": 0.3, "Bond": 1, "Line": 1, "Shares": 1, "Grant": 0.4,
                                           "Last resort": 1}},
            {"package": "location: B", "values": {"Loan": 1, "Euro loan": 1, "Table loan": 0.6, "Bond": 1, "Shares": 1,
                                                  "Last resort": 1}},
            {"package": "Financing costs", "values": {"Shares": 1, "Line": 0.8, "Last resort": 1}},
            {"package": "Refinancing", "values": {"Line": 1, "Last resort": 0.9}},
        ],
        Gates=[{"gate": "Permit", "open": True, "from_": day(2030, 7, 1)}],
        Rules=[
            {"rule": "Own money", "money_from": "instrument: equity, grant", "sense": ">=", "value": 0.2,
             "measure": "share"},
            {"rule": "Local", "money_from": "party: North", "spent_on": "location: A", "sense": "<=", "value": 45,
             "measure": "amount", "when": "year", "from_": day(2030, 1, 1), "to": day(2031, 12, 31)},
        ],
        Revenue=[
            {"line": "Tolls", "kind": "revenue", "values": TOLLS},
            {"line": "Upkeep", "kind": "cost", "values": dict.fromkeys(TOLLS, 5)},
        ],
        Covenants=[
            {"covenant": "DSCR", "limit": 1.3}, {"covenant": "LLCR", "limit": 1.2},
            {"covenant": "gearing", "limit": 0.75}, {"covenant": "reserve months", "limit": 6},
            {"covenant": "average life", "limit": 5}, {"covenant": "debt", "limit": 120},
            {"name": "Line only", "covenant": "debt", "limit": 25, "applies_to": "source: Line",
             "from_": day(2030, 1, 1), "to": day(2033, 12, 31)},
        ],
        Curves=[
            {"curve": "Base", "values": {"2030": 0.02, "2032": 0.03}},
            {"curve": "Swap", "values": {"2030": 0.025}},
        ],
        FX=[{"currency": "EUR", "values": {"2030": 1.1, "2033": 1.2}}],
        Repayments=[{"source": "Table loan", "values": {"2033": 0.4, "2034": 0.6}}],
        Objectives=[
            {"priority": 1, "aim": "minimise", "measure": "financing cost", "tolerance": 0.02},
            {"priority": 2, "aim": "minimise", "measure": "peak year", "of": "party: South", "tolerance": 0.02},
            {"priority": 3, "aim": "minimise", "measure": "peak debt"},
        ],
    )  # fmt: skip
    return Case(made.tables, checks=ALL)


SELECTORS = ("all", "party: North", "instrument: loan", "location: A", "source: Line", "West", "location: B")

DATES = {
    "Start date": (dt.date(2029, 1, 1), dt.date(2029, 7, 1)),
    "Construction end": (dt.date(2032, 12, 31), dt.date(2033, 12, 31)),
    "End date": (dt.date(2037, 12, 31), dt.date(2035, 12, 31)),
}
"""Other days that leave the other dates of the case whole."""


def moves(row: Row, column: Column, value: Any) -> Iterator[Any]:
    """Values to put into one cell, up and down where it is a number, others that fit where it is none."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if column.title in DATES:
        yield from DATES[column.title]
    elif column.kind == "date":
        yield from (dt.date(2030, 7, 1), dt.date(2031, 6, 30), dt.date(2029, 4, 1), dt.date(2037, 12, 31))
    elif column.choices:
        yield from (choice for choice in column.choices if choice != value)
    elif column.kind in ("rate", "share", "value") and number and abs(value) <= 1:
        yield from (value + 0.02, max(0.0, value - 0.02), value + 0.1)
    elif number:
        yield from (1.25 * value if value else 3.0, 0.8 * value, value + 1, max(0, value - 1))
    elif column.kind in ("amount", "rate", "share", "years", "value", "number"):
        yield from (0.02, 0.05, 1, 6, 45, 120)
    elif column.kind == "selector":
        yield from (text for text in SELECTORS if text != value)
    elif column.refers:
        yield from (key.key for key in rich_case().tables.get(column.refers, ()) if key.key != value)
    else:
        yield from ("Other", "Another", "EUR", "B", "Systems")


def columns_of(sheet: str) -> list[str]:
    """Every column of a sheet that can be moved, by its field; ``values`` stands for its periods or sources."""
    kind = SHEETS[sheet]
    own = [name for name in kind.columns() if name not in ("note", "status", "reference")]
    return [*own, *(["values"] if kind.series() else [])]


def renamed(old: str, new: str) -> Case:
    """The rich case with a name changed wherever it stands: in keys, references and headings."""

    def swap(value: Any) -> Any:
        if isinstance(value, dict):
            return {swap(key): amount for key, amount in value.items()}
        return new if value == old else value

    tables = {
        sheet: tuple(row.changed(**{name: swap(getattr(row, name)) for name in type(row).model_fields}) for row in rows)
        for sheet, rows in rich_case().tables.items()
    }
    return Case(tables, checks=ALL)


def changes(sheet: str, name: str) -> Iterator[tuple[Change, ...]]:
    """Changes of one column in one row after the other, both ways: single ones, but of shares that must make up one."""
    case, kind = rich_case(), SHEETS[sheet]
    if (sheet, name) == ("Repayments", "values"):
        for first in (0.3, 0.55):
            yield tuple(Change(sheet, "Table loan", y, x) for y, x in (("2033", first), ("2034", 1 - first)))
        return
    for key, row in zip(case.row_names(kind), case.tables[sheet], strict=True):
        if name == "values":
            label = next(iter(row.values))  # type: ignore[attr-defined]
            words = ("yes", "no", 0.35) if sheet == "Eligibility" else ()
            yield from ((Change(sheet, key, label, word),) for word in words)
            yield from ((Change(sheet, key, label, scale=x),) for x in (() if words else (1.2, 0.8)))
            continue
        column = kind.columns()[name]
        target = column.title if kind is not Project else "Value"
        yield from (
            (Change(sheet, column.title if kind is Project else key, target, value),)
            for value in moves(row, column, getattr(row, name))
        )
