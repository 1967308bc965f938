"""Numbers of the workbook behind rows of the program: where each stands, and how a row's limit moves with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from finopt.case.case import Case
from finopt.case.change import Change
from finopt.case.names import same
from finopt.case.row import Row
from finopt.case.sheets import Project


@dataclass(frozen=True)
class Place:
    """One number of the workbook: its sheet, the key of its row, its column, and the cell that it was read from.

    ``row`` and ``column`` are what Case.change takes. On Project the row is the item.
    """

    sheet: str
    row: str
    column: str
    cell: str = ""

    @property
    def address(self) -> str:
        """Sheet and cell, or the sheet alone for a case that was not read from a file."""
        return f"{self.sheet}!{self.cell}" if self.cell else self.sheet

    def __str__(self) -> str:
        return f"{self.address} {self.row}, {self.column}"

    def change(self, add: float) -> Change:
        """The change that adds to this number."""
        return Change(self.sheet, self.row, self.column, add=add)

    def set_to(self, value: float) -> Change:
        """The change that sets this number."""
        return Change(self.sheet, self.row, self.column, value)


NOWHERE = Place("", "", "")
"""The place of what no number of the workbook states."""


@dataclass(frozen=True)
class Hold:
    """How a number of the workbook holds a row: the row's limit moves by ``per_unit`` with one unit of the number.

    ``per_unit`` is None where the number multiplies flows, or where it shapes more than this limit.
    """

    place: Place
    per_unit: float | None


@dataclass(frozen=True)
class Ratio:
    """A number that multiplies flows, so that it is loosened and tightened step by step.

    ``what`` names it in words. ``way`` is +1 where a larger number is tighter, -1 where a smaller one is. ``notch`` is
    the step at which its worth is asked, within ``low`` and ``high``; ``grain`` the step by which a repair loosens it,
    down or up to ``end``; no repair does where ``grain`` is 0. ``share`` says that it is shown in per cent, ``who`` who
    gives, where ``what`` does not say it.
    """

    place: Place
    what: str
    stands: float
    way: float
    notch: float
    high: float = float("inf")
    low: float = 0.0
    grain: float = 0.0
    end: float = 0.0
    share: bool = False
    who: str = ""

    @property
    def giver(self) -> str:
        """Who gives where it is loosened."""
        return self.who or self.what

    @property
    def tighter(self) -> float:
        """The number one notch tighter, within its bounds."""
        return self._moved(self.way)

    @property
    def looser(self) -> float:
        """The number one notch looser, within its bounds."""
        return self._moved(-self.way)

    def _moved(self, way: float) -> float:
        return round(min(max(self.stands + way * self.notch, self.low), self.high), 10)


def field(row: Row, name: str) -> Place:
    """The place of a field of a row."""
    return heading(row, name, type(row).columns()[name].title)


def heading(row: Row, name: str, column: str) -> Place:
    """The place of a number under a heading; ``name`` is the field or heading by which the row knows its cell."""
    key = column if isinstance(row, Project) else row.key
    title = "Value" if isinstance(row, Project) else column
    return Place(row.SHEET, key, title, row.origin.cell(name) if row.origin.row else "")


def position_at(case: Case, place: Place) -> tuple[int, str]:
    """Position of the row of a place on its sheet, and the field or heading under which its number stands."""
    kind = _kinds(case)[place.sheet]
    if kind is Project:
        return 0, str(Project.field_of(place.row))
    i = next(i for i, name in enumerate(case.row_names(kind)) if same(name) == same(place.row))
    return i, kind.field_of(place.column) or place.column


def value_at(case: Case, place: Place) -> float:
    """The number that stands at a place."""
    i, name = position_at(case, place)
    row = case.tables[place.sheet][i]
    return float(getattr(row, name) if name in type(row).model_fields else getattr(row, "values", {})[name])


def _kinds(case: Case) -> Mapping[str, type[Row]]:
    return {name: type(rows[0]) for name, rows in case.tables.items() if rows}
