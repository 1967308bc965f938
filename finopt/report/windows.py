"""When packages are built and sources can be drawn: dates, days, and the bars drawn from them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from xlsxwriter.utility import xl_col_to_name

from finopt.literal import shortened
from finopt.report import charts
from finopt.report.frame import FIRST_COLUMN, Grid, Table
from finopt.report.inputs import serial
from finopt.report.styles import NAVY
from finopt.report.who_pays import HEADINGS

PACKAGE_COLOUR = "#595959"
WIDE, COLUMNS = 690, 10
"""Width of the bars beside their rows, in pixels and in columns."""


@dataclass(frozen=True)
class Row:
    """A package or source: its group, and its first and last day (formula, value), or none where it never opens."""

    name: str
    party: str
    group: int
    dates: tuple[tuple[str, float], ...]


def write(grid: Grid) -> None:
    """Write one row a package and source, then the bars; the days of each group stand in a column of their own."""
    book = grid.book
    grid.tables_from = grid.row + 1
    grid.section("When packages are built and sources can be drawn")
    groups = [("Packages", PACKAGE_COLOUR), *((p.party, book.colours[p.party]) for p in book.case.parties)]
    _head(grid, [name for name, _ in groups])
    top, rows = grid.row, list(_rows(grid))
    figures = np.array([_write(grid, row, len(groups)) for row in rows])
    columns = [("Starts", "", figures[:, 0]), ("Ends", "", figures[:, 1])]
    columns += [(name, colour, figures[:, 2 + i]) for i, (name, colour) in enumerate(groups)]
    book.tables["windows"] = Table(grid.name, top, tuple(row.name for row in rows), tuple(columns))
    beside = FIRST_COLUMN + len(columns)
    grid.tables_right = beside + COLUMNS
    size = (WIDE, 110 + 19 * len(rows))
    grid.ws.insert_chart(top - 2, beside, charts.windows(book, size), {"object_position": 2, "x_offset": 20})


def _head(grid: Grid, groups: Sequence[str]) -> None:
    for i, title in enumerate(["Starts", "Ends", *groups]):
        upright = {"rotation": 90} if i > 1 else {}
        words = shortened(title)
        grid.text(grid.row, FIRST_COLUMN + i, words, "head", align="right", bottom=1, bottom_color=NAVY, **upright)
    grid.ws.set_row(grid.row - 1, HEADINGS)
    grid.row += 1


def _rows(grid: Grid) -> Iterator[Row]:
    """Packages with their dates as read, then sources with the days between which they can be drawn."""
    case, data = grid.book.case, grid.book.figures.data
    for w, package in enumerate(case.packages):
        fields = (("start", package.start), ("finish", package.finish))
        dates = tuple((f"={grid.ref(('input', 'Packages', w, field))}", serial(day)) for field, day in fields)
        yield Row(package.package, package.location or "", 0, dates)
    for s, source in enumerate(case.sources):
        when = np.flatnonzero(data.drawable[s])
        days = (data.calendar[int(when[0])].first, data.calendar[int(when[-1])].last) if when.size else ()
        yield Row(source.source, source.party, 1 + data.party[s], tuple(("", serial(day)) for day in days))


def _write(grid: Grid, row: Row, groups: int) -> list[float]:
    """Write one row and return its figures: two dates, then the days in the column of its group; NaN where blank."""
    at, values = grid.row, [np.nan] * (2 + groups)
    grid.text(at, 0, row.name, indent=1)
    grid.text(at, 1, row.party, "muted")
    grid.text(at, 2, "days" if row.dates else "never open", "muted")
    for i, (formula, day) in enumerate(row.dates):
        values[i] = day
        if formula:
            grid.formula(at, FIRST_COLUMN + i, formula, day, "date", "link")
        else:
            grid.number(at, FIRST_COLUMN + i, day, "date", "input")
    if row.dates:
        starts, ends = (xl_col_to_name(FIRST_COLUMN + i) for i in (0, 1))
        column = 2 + row.group
        values[column] = values[1] - values[0] + 1
        grid.formula(at, FIRST_COLUMN + column, f"={ends}{at}-{starts}{at}+1", values[column], "count")
    grid.row += 1
    return values
