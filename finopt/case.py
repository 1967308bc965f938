"""A case: one workbook's tables, frozen, with its calendar. A change makes a new case."""

from __future__ import annotations

import datetime as dt
import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar, cast

from pydantic import ValidationError

from finopt.calendar import Calendar, add_months, period_label
from finopt.errors import CaseError, Finding
from finopt.read.columns import (
    BUILT_IN_USES,
    SHEETS,
    Budget,
    Correlation,
    Cost,
    Covenant,
    Curve,
    Driver,
    Eligibility,
    Exchange,
    Gate,
    Objective,
    Package,
    Party,
    Project,
    RepaymentTable,
    Revenue,
    Row,
    Rule,
    Scenario,
    Source,
    fold,
    same,
)

R = TypeVar("R", bound=Row)
Check = Callable[["Case"], Iterable[Finding]]


def nearest(word: str, words: Iterable[str]) -> str:
    """A hint that names the nearest known word, or lists what is known."""
    known = list(dict.fromkeys(words))
    close = difflib.get_close_matches(word.casefold(), [w.casefold() for w in known], 1, 0.6)
    if close:
        return f"did you mean {next(w for w in known if w.casefold() == close[0])}?"
    return "known: " + ", ".join(known) if known else "none is defined"


@dataclass(frozen=True)
class Case:
    """One case: its tables (sheet name to rows), where it came from, and the checks that it satisfies.

    ``fingerprint`` is the SHA-256 of the file read; ``changes`` lists in words what was changed since.
    ``warnings`` are findings that do not stop a run. Money is in ``project.unit`` of ``project.currency``.
    """

    tables: Mapping[str, tuple[Row, ...]]
    path: Path | None = None
    fingerprint: str = ""
    warnings: tuple[Finding, ...] = ()
    checks: tuple[Check, ...] = field(default=(), repr=False)
    changes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "tables", MappingProxyType(dict(self.tables)))

    def __reduce__(self) -> tuple[Any, ...]:
        return Case, (dict(self.tables), self.path, self.fingerprint, self.warnings, self.checks, self.changes)

    def rows(self, kind: type[R]) -> tuple[R, ...]:
        """The rows of one sheet, in the workbook's order."""
        return cast("tuple[R, ...]", self.tables.get(kind.SHEET, ()))

    @property
    def project(self) -> Project:
        """The Project sheet."""
        return self.rows(Project)[0]

    @property
    def name(self) -> str:
        """Title of the case."""
        return self.project.name

    @property
    def money(self) -> str:
        """The unit of all money, such as "USD m"."""
        return f"{self.project.currency} {self.project.unit}"

    @property
    def parties(self) -> tuple[Party, ...]:
        """Rows of Parties."""
        return self.rows(Party)

    @property
    def budgets(self) -> tuple[Budget, ...]:
        """Rows of Budgets."""
        return self.rows(Budget)

    @property
    def sources(self) -> tuple[Source, ...]:
        """Rows of Sources."""
        return self.rows(Source)

    @property
    def packages(self) -> tuple[Package, ...]:
        """Rows of Packages."""
        return self.rows(Package)

    @property
    def costs(self) -> tuple[Cost, ...]:
        """Rows of Costs."""
        return self.rows(Cost)

    @property
    def eligibility(self) -> tuple[Eligibility, ...]:
        """Rows of Eligibility."""
        return self.rows(Eligibility)

    @property
    def gates(self) -> tuple[Gate, ...]:
        """Rows of Gates."""
        return self.rows(Gate)

    @property
    def rules(self) -> tuple[Rule, ...]:
        """Rows of Rules."""
        return self.rows(Rule)

    @property
    def revenue(self) -> tuple[Revenue, ...]:
        """Rows of Revenue."""
        return self.rows(Revenue)

    @property
    def covenants(self) -> tuple[Covenant, ...]:
        """Rows of Covenants."""
        return self.rows(Covenant)

    @cached_property
    def covenant_names(self) -> tuple[str, ...]:
        """Name of each covenant; without one its kind, and its place among its kind where several stand there."""
        kinds = [row.covenant for row in self.covenants]
        return tuple(
            row.name
            or (
                row.covenant
                if kinds.count(row.covenant) == 1
                else f"{row.covenant} {kinds[: c + 1].count(row.covenant)}"
            )
            for c, row in enumerate(self.covenants)
        )

    def row_names(self, kind: type[Row]) -> tuple[str, ...]:
        """The name of each row of a sheet, by which a change speaks of it alone; of most sheets the key."""
        return self.covenant_names if kind is Covenant else tuple(row.key for row in self.rows(kind))

    @property
    def curves(self) -> tuple[Curve, ...]:
        """Rows of Curves."""
        return self.rows(Curve)

    @property
    def exchange(self) -> tuple[Exchange, ...]:
        """Rows of FX."""
        return self.rows(Exchange)

    @property
    def repayments(self) -> tuple[RepaymentTable, ...]:
        """Rows of Repayments."""
        return self.rows(RepaymentTable)

    @property
    def objectives(self) -> tuple[Objective, ...]:
        """Rows of Objectives, in order of priority."""
        return tuple(sorted(self.rows(Objective), key=lambda o: o.priority))

    @property
    def scenarios(self) -> tuple[Scenario, ...]:
        """Rows of Scenarios."""
        return self.rows(Scenario)

    @property
    def drivers(self) -> tuple[Driver, ...]:
        """Rows of Uncertainty."""
        return self.rows(Driver)

    @property
    def correlations(self) -> tuple[Correlation, ...]:
        """Rows of Correlation."""
        return self.rows(Correlation)

    @cached_property
    def calendar(self) -> Calendar:
        """The periods. Raises CalendarError where dates do not make whole periods (the reader checks)."""
        p = self.project
        return Calendar.build(
            p.start_date,
            p.construction_end,
            p.end_date or p.construction_end,
            p.period,
            p.operating_period or p.period,
            p.flow_timing,
            p.first_month,
        )

    @cached_property
    def uses(self) -> tuple[str, ...]:
        """What money can be spent on: the packages, then Financing costs and Refinancing."""
        return (*(p.package for p in self.packages), *BUILT_IN_USES)

    def find(self, kind: type[R], name: str) -> R | None:
        """The row of a sheet whose key is ``name`` (case and odd spaces aside), or None."""
        return next((row for row in self.rows(kind) if same(row.key) == same(name)), None)

    def scenario_rows(self, name: str) -> tuple[Scenario, ...]:
        """The rows of a scenario, those of the scenario that it starts from first.

        Raises CaseError where no scenario has this name, its rows name two bases, or its bases lead back to itself.
        """
        chain: list[tuple[Scenario, ...]] = []
        passed: list[str] = []
        start: Scenario | None = None
        while same(name) not in passed:
            rows = tuple(row for row in self.scenarios if same(row.scenario) == same(name))
            if not rows:
                hint = nearest(name, (row.scenario for row in self.scenarios))
                raise CaseError([_at(start, "base", repr(name), "the name of a scenario", hint)])
            bases = [row for row in rows if row.base is not None]
            other = next((row for row in bases if same(str(row.base)) != same(str(bases[0].base))), None)
            if other is not None:
                raise CaseError([_at(other, "base", repr(other.base), f"{bases[0].base!r}, as in the rows above")])
            chain.append(rows)
            passed.append(same(name))
            if not bases:
                return tuple(row for rows in reversed(chain) for row in rows)
            start, name = bases[0], str(bases[0].base)
        found, wanted = f"{name!r}, which leads back to itself", "scenarios that end at the case as read"
        raise CaseError([_at(start, "base", found, wanted, "clear one Base of the circle")])

    def change(
        self,
        sheet: str,
        row: str,
        column: str,
        value: Any = None,
        *,
        add: float | None = None,
        scale: float | None = None,
    ) -> Case:
        """A new case with cells changed: set to ``value``, or ``add`` added, or scaled by ``scale``.

        ``row`` is the key of a row or ``*`` for every row that holds a value; on Project it is the item, on Covenants a
        Name, or a kind for all covenants of it. ``column``
        is a column title, a period header, or the name of a source on Eligibility; ``*`` on a sheet of periods is
        all of them. On a date, ``add`` counts years. Raises CaseError where the sheet, row or column is unknown or
        the changed case is wrong.
        """
        return self.changed([Change(sheet, row, column, value, add, scale)])

    def changed(self, changes: Iterable[Change]) -> Case:
        """A new case with several changes made one after the other, checked once at the end."""
        made = self
        for change in changes:
            made = made._with(change)
        faults = [finding for check in self.checks for finding in check(made) if not finding.warning]
        if faults:
            raise CaseError(faults)
        return made

    def _with(self, change: Change) -> Case:
        kind = self._sheet(change.sheet)
        row, column = change.row, change.column
        if kind is Project:
            row, column = "*", column if fold(column) != "value" else row
        rows, touched = list(self.rows(kind)), 0
        chosen = self._chosen(kind, row)
        if not chosen:
            raise _unknown(kind, row, f"a row of {kind.SHEET}", nearest(row, self.row_names(kind)))
        for i in chosen:
            rows[i], hits = _changed(rows[i], column, change, several=row == "*")
            touched += hits
        if not touched:
            raise _unknown(kind, column, "a column with a value to change", "the cells are blank: set them instead")
        tables = {**self.tables, kind.SHEET: tuple(rows)}
        return replace(self, tables=tables, changes=(*self.changes, str(change)))

    def _chosen(self, kind: type[Row], row: str) -> list[int]:
        """Positions of the rows that a change speaks of; a kind of covenant stands for all of it."""
        keys = [r.key for r in self.rows(kind)]
        if row == "*":
            return list(range(len(keys)))
        named = [i for i, name in enumerate(self.row_names(kind)) if same(name) == same(row)]
        return named or [i for i, key in enumerate(keys) if same(key) == same(row)]

    def _sheet(self, sheet: str) -> type[Row]:
        for name, kind in SHEETS.items():
            if fold(name) == fold(sheet):
                return kind
        raise CaseError([Finding(sheet, "", "", f"sheet {sheet!r}", "a sheet of the workbook", nearest(sheet, SHEETS))])


@dataclass(frozen=True)
class Change:
    """One change of a case: cells set to ``value``, or ``add`` added, or scaled by ``scale``; see Case.change."""

    sheet: str
    row: str
    column: str
    value: Any = None
    add: float | None = None
    scale: float | None = None

    def __post_init__(self) -> None:
        if self.add is not None and self.scale is not None:
            raise ValueError("say either add or scale, not both")

    @property
    def sets(self) -> bool:
        """Whether it sets a value, rather than adding to it or scaling it."""
        return self.add is None and self.scale is None

    def __call__(self, old: Any) -> Any:
        """The new value of one cell. Raises ValueError, in words, where the old one cannot be changed so."""
        if self.sets:
            return self.value
        if isinstance(old, dt.date):
            if self.add is None:
                raise ValueError("a date can be set, or moved by add (years), not scaled")
            return add_months(old, round(12 * self.add))
        if isinstance(old, bool) or not isinstance(old, int | float):
            raise ValueError(f"{old!r} is not a number: it can be set, not added to or scaled")
        return old + self.add if self.add is not None else old * cast(float, self.scale)

    def __str__(self) -> str:
        place = f"{self.sheet}/{self.row}/{self.column}"
        if self.sets:
            return f"{place} set to {self.value}"
        return f"{place} plus {self.add:g}" if self.add is not None else f"{place} times {self.scale:g}"


def _at(row: Row | None, name: str, found: str, expected: str, hint: str = "") -> Finding:
    """A finding on a row of Scenarios, or on the sheet as a whole."""
    sheet, cell = ("Scenarios", "") if row is None else row.where(name)
    return Finding(sheet, cell, "" if row is None else type(row).columns()[name].title, found, expected, hint)


def _unknown(kind: type[Row], word: str, what: str, hint: str) -> CaseError:
    return CaseError([Finding(kind.SHEET, "", "", repr(word), what, hint)])


def _changed(row: R, column: str, operation: Change, *, several: bool) -> tuple[R, int]:
    """The row with one column changed, and how many cells that touched."""
    name = type(row).field_of(column)
    try:
        if name is not None:
            old = getattr(row, name)
            if old is None and not operation.sets:
                if several:
                    return row, 0
                raise ValueError("the cell is blank: set it instead")
            return _update(row, name, operation(old)), 1
        values = dict(getattr(row, "values", {}))
        if type(row).series() is None:
            titles = [c.title for c in type(row).columns().values()]
            raise _unknown(type(row), column, f"a column of {row.SHEET}", nearest(column, titles))
        labels = (
            list(values) if column == "*" else [next((v for v in values if _alike(v, column)), _spelled(row, column))]
        )
        if _is_no_period(row, labels, values):
            hint = nearest(column, values)
            raise _unknown(type(row), column, "a period such as 2029, 2029-H1, 2029-Q3 or 2029-07", hint)
        hits = 0
        for label in labels:
            if label not in values and not operation.sets:
                continue
            new = operation(values.get(label))
            if new is None:
                values.pop(label, None)
            else:
                values[label] = new
            hits += 1
        return row.changed(values=values), hits
    except ValueError as error:
        if isinstance(error, ValidationError):
            raise CaseError(list(_findings(row, column, error))) from None
        sheet, cell = row.where(name or column)
        raise CaseError([Finding(sheet, cell, column, "", "", str(error))]) from None


def _alike(label: str, column: str) -> bool:
    """Whether two headers are one: by their letters, or by the period that they mean."""
    return same(label) == same(column) or (period_label(label) == period_label(column) is not None)


def _spelled(row: Row, column: str) -> str:
    """A new header as finopt spells it."""
    series = type(row).series()
    periods = series is not None and series.across == "periods"
    return (period_label(column) or column) if periods else column


def _is_no_period(row: Row, labels: Iterable[str], values: Mapping[str, Any]) -> bool:
    """Whether a new header on a sheet of periods means none: money that nobody would see."""
    series = type(row).series()
    across = series is not None and series.across == "periods"
    return across and any(label not in values and period_label(label) is None for label in labels)


def _update(row: R, name: str, value: Any) -> R:
    if value is None:
        kept = {n: getattr(row, n) for n in type(row).model_fields if n != name}
        return type(row).model_validate(kept)
    return row.changed(**{name: value})


def _findings(row: Row, column: str, error: ValidationError) -> Iterator[Finding]:
    for fault in error.errors():
        context = fault.get("ctx", {})
        sheet, cell = row.where(type(row).field_of(column) or column)
        value = fault.get("input") if fault["loc"] else fault["input"].get(context.get("field"))  # a fault of the row
        yield Finding(
            sheet,
            cell,
            column,
            "nothing" if value is None else repr(value),
            context.get("expected", fault["msg"]),
            context.get("hint", ""),
        )
