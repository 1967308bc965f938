"""What the sheets of studies share: a workbook without a plan, tables that remember where they stand, and charts."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd
from xlsxwriter.utility import xl_col_to_name

from finopt.case.arrays import Data
from finopt.case.case import Case
from finopt.literal import shortened
from finopt.report.excel.literal_workbook import PlainWorksheet
from finopt.report.excel.sheet import Book, Sheet
from finopt.report.excel.styles import FONT, GRID, INK, MUTED, NAVY, Styles, party_colours
from finopt.tolerances import LEAST_SIZE, QUIET_MONEY
from finopt.wording import capital

CHART = (760, 340)
"""Width and height of a chart, in pixels."""
ROW = 20
"""Pixels of a row."""
TEXT = {"name": FONT, "size": 9, "color": MUTED}
_PLAIN = {**TEXT, "bold": False}
_NAMES = {"line": {"color": "#BFBFBF"}, "label_position": "low", "major_gridlines": {"visible": False}}
_VALUES = {
    "num_format": "#,##0",
    "line": {"none": True},
    "major_gridlines": {"visible": True, "line": {"color": GRID, "width": 0.75}},
}
WORDS, MOST = 60, 100
"""Width of a column of sentences, and the most characters shown there; sheet Data has them whole."""
HEAD = 40
"""Height of a row of titles, in points: three lines."""
DIGITS = 8
"""Digits after the point that are kept: what is smaller is rounding of the solver."""


class StudyBook(Book):
    """The workbook of a study: the frame of a report without a plan behind it."""

    def __init__(self, workbook: Any, case: Case, names: Sequence[str], handed: Mapping[str, Any]) -> None:
        self._case = case
        self.handed = handed
        self.workbook = workbook
        self.styles = Styles(workbook)
        self.colours = party_colours(p.party for p in case.parties)
        self.lines, self.cells, self.tables, self.frames = {}, {}, {}, []
        self.worksheets = {name: workbook.add_worksheet(name, PlainWorksheet) for name in names}

    @property
    def case(self) -> Case:
        """The case of the study."""
        return self._case

    @cached_property
    def quiet(self) -> float:
        """Money that is rounding, as in the report of a plan."""
        return QUIET_MONEY * max(float(Data(self._case).cost.sum()), LEAST_SIZE)


@dataclass(frozen=True)
class Field:
    """One column of a table: its title, kind of number, role, and a value a row (None leaves the cell blank).

    ``formula`` gives the formula of a row (counted from 1), beside which the value is stored.
    """

    title: str
    number: str
    values: Sequence[Any]
    role: str = "decision"
    formula: Callable[[int], str] | None = None
    width: float = 14.0


@dataclass(frozen=True)
class Placed:
    """A table on its sheet: first row of figures, counted from 1, how many there are, and the column of each title."""

    sheet: str
    row: int
    count: int
    columns: dict[str, int]
    fields: dict[str, Field]

    @property
    def below(self) -> int:
        """The second row below the table."""
        return self.row + self.count + 1

    def letter(self, title: str) -> str:
        """Letter of a column."""
        return str(xl_col_to_name(self.columns[title]))

    def series(self, values: str, categories: str, **look: Any) -> dict[str, Any]:
        """A series of a chart: one column over another, with its data stored; its name is the column's title."""
        return {
            "name": look.pop("name", values),
            "categories": self._range(categories),
            "values": self._range(values),
            "categories_data": self._data(categories),
            "values_data": self._data(values),
            **look,
        }

    def _range(self, title: str) -> list[Any]:
        column = self.columns[title]
        return [self.sheet, self.row - 1, column, self.row + self.count - 2, column]

    def _data(self, title: str) -> list[Any]:
        return ["" if value is None else value for value in map(_plain, self.fields[title].values)]


def place(sheet: Sheet, row: int, heading: str, fields: Sequence[Field]) -> Placed:
    """Write a table under a heading and say where it stands."""
    for column in range(len(fields)):
        sheet.text(row, column, heading if column == 0 else "", "band")
    sheet.ws.set_row(row, HEAD)
    for column, entry in enumerate(fields):
        more: dict[str, Any] = (
            {"align": "left", "indent": int(column > 0)} if entry.number == "text" else {"align": "right"}
        )
        sheet.text(row + 1, column, entry.title, "head", bottom=1, bottom_color=NAVY, **more)
        sheet.ws.set_column(column, column, entry.width)
        for i, value in enumerate(entry.values):
            _write(sheet, row + 2 + i, column, entry, _plain(value))
    columns = {entry.title: column for column, entry in enumerate(fields)}
    count = len(fields[0].values)
    return Placed(sheet.name, row + 2, count, columns, {entry.title: entry for entry in fields})


def _write(sheet: Sheet, row: int, column: int, entry: Field, value: Any) -> None:
    if value is None:
        return
    if entry.formula is not None:
        sheet.formula(row, column, entry.formula(row), value, entry.number, "formula")
    elif isinstance(value, str):
        words = shortened(value, MOST)
        sheet.text(row, column, words, "label" if entry.role == "decision" else entry.role, indent=int(column > 0))
    else:
        sheet.number(row, column, value, "number" if entry.number == "text" else entry.number, entry.role)


def _plain(value: Any) -> Any:
    """A value that a cell can hold: none for what is missing, words for what is not a number."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value if isinstance(value, int | float | str) else str(value)


def money_fields(table: pd.DataFrame, names: Sequence[str]) -> list[Field]:
    """The columns of a table that hold money."""
    return [Field(capital(name), "money", rounded(table[name])) for name in names]


def rounded(values: pd.Series) -> list[float]:
    """Money without the rounding of the solver, so that what is equal shows no difference."""
    return [float(value) for value in values.round(DIGITS)]


def data_sheet(book: Book, table: pd.DataFrame) -> None:
    """The whole result as one table from cell A1, for pandas and pivot tables."""
    ws = book.worksheets["Data"]
    for column, name in enumerate(table.columns):
        ws.write_string(0, column, str(name), book.styles("text", "head"))
        for row, value in enumerate(map(_plain, table[name].tolist()), 1):
            if isinstance(value, str):
                ws.write_string(row, column, value, book.styles("text"))
            elif value is not None:
                ws.write_number(row, column, value, book.styles("number", "label"))
    ws.set_column(0, max(0, len(table.columns) - 1), 16)
    ws.freeze_panes(1, 0)
    ws.set_landscape()
    ws.fit_to_pages(1, 0)
    ws.repeat_rows(0)
    ws.autofilter(0, 0, max(1, len(table)), max(0, len(table.columns) - 1))


def put(sheet: Sheet, row: int, chart: Any, across: int = 0) -> int:
    """Place a chart at a row, beside ``across`` others, and say which row is free below it."""
    sheet.ws.insert_chart(row - 1, 0, chart, {"object_position": 2, "x_offset": across * (CHART[0] + 16)})
    return row + CHART[1] // ROW + 1


def bars(chart: Any, title: str, unit: str, legend: bool = True, number: str = "#,##0") -> Any:
    """A chart of bars that lie, the first on top, in the look of the report; XlsxWriter calls its upright axis y."""
    dressed(chart, title, {}, {}, legend)
    chart.set_y_axis({**_NAMES, "num_font": TEXT, "reverse": True, "interval_unit": 1})
    scale = {"name": unit, "name_font": _PLAIN, "num_font": TEXT, "num_format": number, "label_position": "high"}
    chart.set_x_axis({**_VALUES, **scale})
    return chart


def dressed(chart: Any, title: str, x: dict[str, Any], y: dict[str, Any], legend: bool = True) -> Any:
    """A chart in the look of the report; ``x`` and ``y`` complete its axes."""
    plain = {"num_font": TEXT, "name_font": _PLAIN}
    font = {"name": FONT, "size": 11, "bold": True, "color": INK}
    chart.set_title({"name": title, "name_font": font, "overlay": False})
    chart.set_x_axis({**plain, **_NAMES, **x})
    chart.set_y_axis({**plain, **_VALUES, **y})
    chart.set_legend({"position": "bottom", "font": TEXT} if legend else {"none": True})
    chart.set_chartarea({"border": {"none": True}})
    chart.set_plotarea({"border": {"none": True}})
    chart.show_blanks_as("gap")
    chart.set_size({"width": CHART[0], "height": CHART[1]})
    return chart


def filled(colour: str, **more: Any) -> dict[str, Any]:
    """The look of a bar or column."""
    return {"fill": {"color": colour}, "border": {"none": True}, "gap": 40, **more}
