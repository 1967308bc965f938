"""The common frame of every sheet, and a small cell layer: formulas are written by name, with their value beside them.

A :class:`Book` holds the workbook under construction and remembers where every named line and cell stands. A
:class:`Sheet` has the frozen header with the master check; a :class:`Grid` is a sheet with the time axis. A formula is
a template in which ``{c}``, ``{p}`` and ``{n}`` stand for the column of this period, the one before and the one after,
so one template makes the whole row: the same formula in every period.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from xlsxwriter.utility import xl_col_to_name, xl_range_abs

from finopt.case.case import Case
from finopt.errors import ReportError
from finopt.finance import Array
from finopt.literal import footer_text, shortened
from finopt.plan import Plan
from finopt.report.excel.literal_workbook import PlainWorksheet
from finopt.report.excel.page import Page
from finopt.report.excel.plan_arrays import Figures
from finopt.report.excel.print_blocks import WIDEST, blocks
from finopt.report.excel.styles import FAIL_FILL, FAIL_INK, PASS_FILL, PASS_INK, SEEN_EMPTY, Styles, party_colours
from finopt.tolerances import LEAST_SIZE, QUIET_MONEY

FIRST_COLUMN = 5
"""Zero-based column of the first period, F, after line, party, unit, total and a column of the sheet's own."""
FIRST_ROW = 6
"""First row (counted from 1) under the frozen header of a sheet with a time axis."""
ALL = "A1:XFD1048576"
"""Every cell, where Excel's warnings "number stored as text" and "inconsistent formula" are suppressed."""
LABEL = 38
"""Least width of the column of labels, in characters; long labels get up to twice that."""
CHUNK = 60
"""Most terms that one sum adds up; longer sums get subtotals, far below Excel's limit on the length of a formula."""
Key = Hashable
Value = float | str


@dataclass(frozen=True)
class Cell:
    """One named cell: sheet, row counted from 1, column counted from 0, and its value."""

    sheet: str
    row: int
    column: int
    value: Value = 0.0

    def ref(self, sheet: str) -> str:
        """Its absolute address as seen from a sheet."""
        return f"{_prefix(self.sheet, sheet)}${xl_col_to_name(self.column)}${self.row}"


@dataclass(frozen=True)
class Line:
    """One named row of a time axis: sheet, row counted from 1, the values of its periods, and its total."""

    sheet: str
    row: int
    values: Array
    total: float = 0.0


@dataclass(frozen=True)
class Table:
    """A table whose columns are not periods: sheet, its first row counted from 1, and the words of each row.

    ``columns`` holds the name, the colour ("" for none) and the values (NaN where a cell is blank) of each column;
    the first stands where the first period does.
    """

    sheet: str
    row: int
    rows: tuple[str, ...]
    columns: tuple[tuple[str, str, Array], ...]


class Book:
    """The workbook under construction: the plan, its figures, the formats, and where everything stands."""

    def __init__(self, workbook: Any, plan: Plan, pages: Sequence[Page], handed: Mapping[str, Any]) -> None:
        self.workbook = workbook
        self.plan = plan
        self.pages = tuple(page for page in pages if page.title in handed or not page.optional)
        """The pages of this report, left to right."""
        self.handed = handed
        """What pages show beside the plan, by title: a report works nothing out by solving."""
        self.figures = Figures(plan)
        self.styles = Styles(workbook)
        self.colours = party_colours(p.party for p in plan.case.parties)
        self.lines: dict[Key, Line] = {}
        self.cells: dict[Key, Cell] = {}
        self.tables: dict[str, Table] = {}
        self.frames: list[Sheet] = []
        self.worksheets = {page.title: workbook.add_worksheet(page.title, PlainWorksheet) for page in self.pages}
        for page in self.pages:
            if page.tab:
                self.worksheets[page.title].set_tab_color(page.tab)

    @property
    def case(self) -> Case:
        """The case of the plan."""
        return self.plan.case

    @cached_property
    def columns(self) -> list[str]:
        """Letters of the columns from the last before the first period to one after the column At close."""
        return [xl_col_to_name(c) for c in range(FIRST_COLUMN - 1, FIRST_COLUMN + len(self.case.calendar) + 2)]

    @cached_property
    def quiet(self) -> float:
        """Money that is rounding, not money: far below the tolerance of the checks."""
        return QUIET_MONEY * max(self.figures.total_cost, LEAST_SIZE)

    @cached_property
    def run_id(self) -> str:
        """A short name of the run: the beginning of the input's hash."""
        return self.case.fingerprint[:12] or "no input file"


class Sheet:
    """A worksheet with its title and master check, frozen. Rows count from 1, columns from 0."""

    check_at = (1, 4)
    paper = 9

    def __init__(self, book: Book, name: str, about: str) -> None:
        self.book, self.name, self.styles = book, name, book.styles
        self.ws = book.worksheets[name]
        book.frames.append(self)
        self.row = FIRST_ROW
        self.longest = 0
        """Length of the longest label of a row."""
        self.largest: dict[int, int] = {}
        """Characters of the largest amount in each column; all periods of a time axis count as the first."""
        self.text(1, 0, f"{shortened(book.case.name)} - {name}", "title")
        self.text(2, 0, about, "muted")
        self._print_setup()

    def _print_setup(self) -> None:
        case, ws = self.book.case, self.ws
        ws.hide_gridlines(2)
        ws.ignore_errors({"number_stored_as_text": ALL, "formula_differs": ALL, "formula_range": ALL})
        ws.set_landscape()
        ws.set_paper(self.paper)
        ws.fit_to_pages(1, 0)
        ws.set_margins(0.4, 0.4, 0.5, 0.6)
        ws.set_footer(f"&L&8{footer_text(case.name)} - {self.name}&C&8Run {self.book.run_id}&R&8Page &P of &N")

    def finish(self, master: Cell) -> None:
        """Write the master check into the frozen header, once its value is known."""
        row, column = self.check_at
        self.text(row, column - 1, "All checks", "muted", align="right")
        self.formula(row, column, f"={master.ref(self.name)}", master.value, "text", "link", bold=True, align="center")
        self.verdicts(row, column, row, column)

    def seen(self, column: int, number: str, value: Value) -> None:
        """Remember an amount of money, so that its column becomes wide enough."""
        decimals = {"money": 1, "change": 4}.get(number)
        if decimals is not None and not isinstance(value, str):
            self.largest[column] = max(self.largest.get(column, 0), len(f"{abs(value):,.{decimals}f}"))

    def width(self, column: int, least: float) -> float:
        """Width in characters that shows the largest amount of a column: #### is no figure."""
        return max(least, 0.9 * self.largest.get(column, 0) + 2)

    def verdicts(self, row: int, column: int, last_row: int, last_column: int) -> None:
        """Colour PASS green and FAIL red in a range."""
        for word, fill, ink in (("PASS", PASS_FILL, PASS_INK), ("FAIL", FAIL_FILL, FAIL_INK)):
            form = self.book.workbook.add_format({"bg_color": fill, "font_color": ink})
            rule = {"type": "cell", "criteria": "==", "value": f'"{word}"', "format": form}
            self.ws.conditional_format(row - 1, column, last_row - 1, last_column, rule)

    def text(self, row: int, column: int, text: str, role: str = "label", **more: Any) -> None:
        """Write words; no words leave the cell blank, so that a formula reads it as zero."""
        style = self.styles("text", role, **more)
        if text:
            if column == 0 and role == "label":
                self.longest = max(self.longest, len(text) + 2 * more.get("indent", 0))
            self.ws.write_string(row - 1, column, text, style)
        elif more or role in SEEN_EMPTY:
            self.ws.write_blank(row - 1, column, None, style)

    def number(self, row: int, column: int, value: float, number: str, role: str, **more: Any) -> Cell:
        """Write a number that is not a formula. Raises ReportError on NaN and infinity."""
        self.seen(column, number, value)
        self.ws.write_number(row - 1, column, finite(value), self.styles(number, role, **more))
        return Cell(self.name, row, column, float(value))

    def formula(
        self,
        row: int,
        column: int,
        formula: str,
        value: Value,
        number: str = "money",
        role: str = "formula",
        **more: Any,
    ) -> Cell:
        """Write a formula with its value. Raises ReportError on NaN and infinity."""
        kept = value if isinstance(value, str) else finite(value)
        self.seen(column, number, kept)
        self.ws.write_formula(row - 1, column, formula, self.styles(number, role, **more), kept)
        return Cell(self.name, row, column, kept)

    def ref(self, key: Key) -> str:
        """Absolute address of a named cell, as seen from this sheet."""
        return self.book.cells[key].ref(self.name)

    def total(self, key: Key) -> str:
        """Absolute address of a named line's total, as seen from this sheet."""
        line = self.book.lines[key]
        return f"{_prefix(line.sheet, self.name)}$D${line.row}"

    def span(self, key: Key, first: int = 0, last: int | None = None) -> str:
        """Absolute address of a named line's periods ``first`` to ``last`` (default: all of them)."""
        line = self.book.lines[key]
        end = len(self.book.case.calendar) - 1 if last is None else last
        left, right = self.book.columns[first + 1], self.book.columns[end + 1]
        return f"{_prefix(line.sheet, self.name)}${left}${line.row}:${right}${line.row}"

    def dashes(self, tolerance: float, row: int, column: int, last_row: int, last_column: int) -> None:
        """Show what is zero but for rounding as a dash in a range, whatever sign the rounding left."""
        form = self.book.workbook.add_format({"num_format": '"-"'})
        edge = f"{tolerance:.15f}"
        rule = {"type": "cell", "criteria": "between", "minimum": f"-{edge}", "maximum": edge, "format": form}
        self.ws.conditional_format(row - 1, column, last_row - 1, last_column, rule)


class Grid(Sheet):
    """A sheet whose columns are the periods of the case."""

    paper = 8

    def __init__(self, book: Book, name: str, about: str, own_column: str = "", close: bool = False) -> None:
        super().__init__(book, name, about)
        self.count = len(book.case.calendar)
        self._close = close
        self._money: list[int] = []
        """Rows of lines in money."""
        self._moves = np.zeros(self.count, dtype=bool)
        """Periods in which a flow is not zero; balances (a total "last") do not count."""
        self.tables_from = 0
        """First row below the time axis' lines whose columns are not periods: printed on pages of its own."""
        self.right = self.tables_right = FIRST_COLUMN - 1
        """Last column of tables whose columns are not periods, above and from that row."""
        self._axis(own_column)
        self.ws.set_column(1, 1, 20)
        self.ws.set_column(2, 2, 11)
        self.ws.freeze_panes(FIRST_ROW - 1, FIRST_COLUMN)
        self.ws.repeat_rows(0, FIRST_ROW - 2)
        self.ws.repeat_columns(0, FIRST_COLUMN - 1)
        self.ws.outline_settings(True, False, False, False)

    def text(self, row: int, column: int, text: str, role: str = "label", **more: Any) -> None:
        """Write words; a long name beside a time axis is cut with a sign, sheets Inputs and Data have it whole."""
        beside = column < 2 and role in ("label", "muted", "section")
        super().text(row, column, shortened(text) if beside else text, role, **more)

    def _axis(self, own_column: str) -> None:
        for column, word in enumerate(("Line", "Party", "Unit", "Total", own_column)):
            align = "left" if column < 3 else "right"
            for row in (3, 4, 5):
                self.text(row, column, word if row == 5 else "", "axis", bold=True, align=align)
        for row, word in ((3, "Period"), (4, "Ends")):
            self.text(row, 4, word, "axis")
        for t, period in enumerate(self.book.case.calendar):
            self.text(3, FIRST_COLUMN + t, period.label, "axis", bold=True)
            self.ws.write_datetime(3, FIRST_COLUMN + t, period.last, self.styles("date", "axis"))
            self.text(5, FIRST_COLUMN + t, period.phase, "axis", font_size=8)
        if self._close:
            column = FIRST_COLUMN + self.count
            self.text(3, column, "At close", "axis", bold=True)
            self.ws.write_datetime(3, column, self.book.case.calendar.periods[-1].last, self.styles("date", "axis"))
            self.text(5, column, "Horizon", "axis", font_size=8)

    def finish(self, master: Cell) -> None:
        """Add the master check, and print a long time axis in blocks, each one page wide."""
        super().finish(master)
        self._widths()
        last = self.tables_from - 1 if self.tables_from else self.row
        edges = [(FIRST_COLUMN + first, FIRST_COLUMN + end) for first, end in self._blocks()]
        edges[0] = (0, max(edges[0][1], self.right))
        areas = [xl_range_abs(0, left, last - 1, right) for left, right in edges]
        if self.tables_from:
            edges = [(left, left + WIDEST - 1) for left in range(FIRST_COLUMN, self.tables_right + 1, WIDEST)]
            edges = edges or [(0, self.tables_right)]
            edges[0], edges[-1] = (0, edges[0][1]), (edges[-1][0], self.tables_right)
            areas += [xl_range_abs(last, left, self.row - 1, right) for left, right in edges]
        self.ws.print_areas(areas)

    def _blocks(self) -> list[tuple[int, int]]:
        """The blocks to print: the first, and those in which something moves; the column At close belongs to the last.

        Pages that would hold nothing but dashes stay out.
        """
        first, *later = blocks(self.book.case.calendar)
        moving = self._moves.copy()
        moving[-1] |= self._close
        kept = [first, *((start, end) for start, end in later if moving[start : end + 1].any())]
        kept[-1] = (kept[-1][0], kept[-1][1] + self._close)
        return kept

    def _widths(self) -> None:
        """Columns as wide as what they show; all periods alike, and tables below them."""
        self.ws.set_column(0, 0, min(max(LABEL, 0.9 * self.longest), 2 * LABEL))
        self.ws.set_column(3, 3, self.width(3, 12))
        self.ws.set_column(4, 4, self.width(4, 9))
        last = max(FIRST_COLUMN + self.count, self.right, self.tables_right, *self.largest)
        widest = max(self.width(column, 9.5) for column in range(FIRST_COLUMN, last + 1))
        self.ws.set_column(FIRST_COLUMN, last, widest)

    def section(self, words: str) -> None:
        """A heading over the lines that follow, across the frozen columns: it stays in sight."""
        self.row += 1
        for column in range(FIRST_COLUMN):
            self.text(self.row, column, words if column == 0 else "", "section")
        self.row += 1

    def line(
        self,
        key: Key,
        label: str,
        values: Iterable[float],
        formula: str | None = None,
        *,
        party: str = "",
        unit: str | None = None,
        number: str = "money",
        role: str = "formula",
        total: str | None = "sum",
        indent: int = 0,
        bold: bool = False,
        level: int = 0,
        at: int | None = None,
    ) -> Line:
        """Write a row over all periods: values alone, or one formula template with its values beside it.

        ``total`` is "sum", "last", "max" or None; ``at`` a row kept by :meth:`reserve`. Raises ReportError on NaN and
        infinity.
        """
        row = self.row if at is None else at
        numbers = np.asarray(list(values), dtype=float)
        more: dict[str, Any] = {"bold": True, "top": 1} if bold else {}
        self.text(row, 0, label, "label", indent=indent, **more)
        self.text(row, 1, party, "muted", **more)
        self.text(row, 2, self.book.case.money if unit is None else unit, "muted", **more)
        self.text(row, 4, "", "label", **more)
        self._cells(row - 1, numbers, formula, self.styles(number, role, **more))
        self.seen(FIRST_COLUMN, number, float(np.abs(numbers).max()))
        if number in ("money", "breach"):
            self._money.append(row)
        if total != "last":
            rounding = self.book.quiet if number in ("money", "breach") else 0.0
            self._moves |= np.abs(numbers[: self.count]) > rounding
        line = Line(self.name, row, numbers, self._total(row, numbers, total, number, more))
        self.book.lines[key] = line
        if level:
            self.ws.set_row(row - 1, None, None, {"level": level})
        self.row += at is None
        return line

    def reserve(self) -> int:
        """Keep a row for a line whose parts come below it."""
        self.row += 1
        return self.row - 1

    def _cells(self, row: int, numbers: Array, formula: str | None, style: Any) -> None:
        if not np.isfinite(numbers).all():
            raise ReportError(_NOT_A_NUMBER)
        columns, ws = self.book.columns, self.ws
        if formula is None:
            for t, value in enumerate(numbers.tolist()):
                ws.write_number(row, FIRST_COLUMN + t, value, style)
            return
        for t, value in enumerate(numbers.tolist()):
            text = formula.format(p=columns[t], c=columns[t + 1], n=columns[t + 2])
            ws.write_formula(row, FIRST_COLUMN + t, text, style, value)

    def _total(self, row: int, numbers: Array, total: str | None, number: str, more: dict[str, Any]) -> float:
        if total is None:
            self.text(row, 3, "", "label", **more)
            return 0.0
        first, last = self.book.columns[1], self.book.columns[len(numbers)]
        words = {
            "sum": (f"=SUM({first}{row}:{last}{row})", float(numbers.sum())),
            "last": (f"={last}{row}", float(numbers[-1])),
            "max": (f"=MAX({first}{row}:{last}{row})", float(numbers.max())),
        }
        formula, value = words[total]
        self.formula(row, 3, formula, value, number, "formula", **more)
        return value

    def add_up(self, key: Key, label: str, parts: Sequence[tuple[str, Array]], **more: Any) -> Line:
        """A row that adds up ``parts`` (template, values). Long sums get subtotals first."""
        if len(parts) > CHUNK:
            groups = [parts[i : i + CHUNK] for i in range(0, len(parts), CHUNK)]
            subtotals = [
                self.add_up(("part", key, i), f"{label}, part {i + 1}", group, indent=1)
                for i, group in enumerate(groups)
            ]
            parts = [(f"{{c}}{line.row}", line.values) for line in subtotals]
        values = np.sum([v for _, v in parts], axis=0) if parts else np.zeros(self.count)
        return self.line(key, label, values, "=" + joined(text for text, _ in parts), **more)

    @property
    def previous(self) -> str:
        """Template of the line being written, in the period before."""
        return f"{{p}}{self.row}"

    def begin_at(self, key: Key, formula: str, number: str = "money", **more: Any) -> None:
        """Another formula in the first period of a line: what stood at Start date enters there."""
        line, column = self.book.lines[key], self.book.columns[1]
        self.formula(line.row, FIRST_COLUMN, formula.format(c=column), float(line.values[0]), number, **more)

    def own(self, line: Line, formula: str, value: Value, number: str, **more: Any) -> Cell:
        """Write the sheet's own column (E) beside a line."""
        return self.formula(line.row, 4, formula, value, number, **more)

    def now(self, key: Key) -> str:
        """Template of a named line in this period."""
        return self._at(key, "c")

    def before(self, key: Key) -> str:
        """Template of a named line in the period before."""
        return self._at(key, "p")

    def after(self, key: Key) -> str:
        """Template of a named line in the period after."""
        return self._at(key, "n")

    def until(self, key: Key) -> str:
        """Template of a named line from the first period to this one."""
        line = self.book.lines[key]
        return f"{_prefix(line.sheet, self.name)}${self.book.columns[1]}{line.row}:{{c}}{line.row}"

    def in_year(self, key: Key) -> str:
        """Template of a named line added up over the budget year of this period."""
        return f"SUMPRODUCT(({self.span('year')}={self.now('year')})*{self.span(key)})"

    def noted(self, *keys: Key) -> list[tuple[str, Array]]:
        """Template and values of several named lines, to be added up."""
        return [(self.now(key), self.book.lines[key].values[: self.count]) for key in keys]

    def _at(self, key: Key, column: str) -> str:
        line = self.book.lines[key]
        return f"{_prefix(line.sheet, self.name)}{{{column}}}{line.row}"

    def quiet_zeros(self, tolerance: float) -> None:
        """Show money that is zero but for rounding as a dash, in all lines so far; ratios are not money."""
        for first, last in _runs(self._money):
            self.dashes(tolerance, first, 3, last, 3)
            self.dashes(tolerance, first, FIRST_COLUMN, last, FIRST_COLUMN + self.count)


def _runs(rows: Iterable[int]) -> Iterator[tuple[int, int]]:
    """First and last of each run of rows that stand one below the other."""
    first = last = 0
    for row in sorted(rows):
        if first and row > last + 1:
            yield first, last
        first, last = (first, row) if first and row <= last + 1 else (row, row)
    if first:
        yield first, last


def joined(terms: Iterable[str]) -> str:
    """Terms added up, or 0 where there is none."""
    return "+".join(terms) or "0"


def summed(refs: Sequence[str]) -> str:
    """A formula that adds up single cells, however many."""
    groups = [",".join(refs[i : i + CHUNK]) for i in range(0, len(refs), CHUNK)]
    return "=" + ("+".join(f"SUM({group})" for group in groups) or "0")


def finite(value: float) -> float:
    """The value, if it is a number. Raises ReportError on NaN and infinity."""
    if not math.isfinite(value):
        raise ReportError(_NOT_A_NUMBER)
    return float(value)


def _prefix(sheet: str, seen_from: str) -> str:
    if sheet == seen_from:
        return ""
    return f"'{sheet}'!" if " " in sheet else f"{sheet}!"


_NOT_A_NUMBER = "the plan holds a figure that is not a number, so no report was written: please report this as a fault"


def serial(day: dt.date) -> float:
    """A date as a spreadsheet's number."""
    return float((day - dt.date(1899, 12, 30)).days)
