"""A case: one workbook's tables, frozen, with its calendar. A change makes a new case."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any, cast

from finopt.case.calendar import Calendar
from finopt.case.change import Change, as_heading, changed_row, unknown_name
from finopt.case.names import BUILT_IN_USES, fold, nearest, same
from finopt.case.row import R, Row
from finopt.case.sheets import (
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
    Rule,
    Scenario,
    Source,
)
from finopt.errors import CaseError, Finding

Check = Callable[["Case"], Iterable[Finding]]


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
        column: str | float | dt.date,
        value: Any = None,
        *,
        add: float | None = None,
        scale: float | None = None,
    ) -> Case:
        """A new case with cells changed: set to ``value``, or ``add`` added, or scaled by ``scale``.

        ``row`` is the key of a row or ``*`` for every row that holds a value; on Project it is the item, on Covenants a
        Name, or a kind for all covenants of it. ``column`` is a column title, a period header (a year also as a
        number), or the name of a source on Eligibility; ``*`` on a sheet of periods is all of them. On a date, ``add``
        counts years. Raises CaseError where the sheet, row or column is unknown or the changed case is wrong.
        """
        return self.changed([Change(sheet, row, as_heading(column), value, add, scale)])

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
            raise unknown_name(kind, row, f"a row of {kind.SHEET}", nearest(row, self.row_names(kind)))
        for i in chosen:
            rows[i], hits = changed_row(rows[i], column, change, several=row == "*")
            touched += hits
        if not touched:
            raise unknown_name(kind, column, "a column with a value to change", "the cells are blank: set them instead")
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


def _at(row: Row | None, name: str, found: str, expected: str, hint: str = "") -> Finding:
    """A finding on a row of Scenarios, or on the sheet as a whole."""
    sheet, cell = ("Scenarios", "") if row is None else row.where(name)
    return Finding(sheet, cell, "" if row is None else type(row).columns()[name].title, found, expected, hint)
