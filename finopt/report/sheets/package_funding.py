"""Who pays for which package, in all: a table of uses against parties and sources, shaded by amount."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from xlsxwriter.utility import xl_col_to_name, xl_range

from finopt.literal import shortened
from finopt.report.excel import charts
from finopt.report.excel.page import Page
from finopt.report.excel.sheet import FIRST_COLUMN, Book, Grid, Table, joined, serial
from finopt.report.excel.styles import ACCOUNT_COLOUR, NAVY, SHADES_FROM_ZERO

MOST = 24
"""Most sources that get a column of their own, beside the parties."""
HEADINGS = 104
"""Height of the headings, which stand upright, in points."""


class Overview:
    """The table of uses against parties and sources, above the blocks that it adds up."""

    def __init__(self, grid: Grid, uses: Sequence[int]) -> None:
        self.grid, self.book, self.uses = grid, grid.book, list(uses)
        book = grid.book
        grid.section("Who pays for which package, in all")
        self.head = grid.row
        grid.row += 1 + len(self.uses)
        account = len(book.case.sources)
        paying = sorted({s for s, _ in drawn_lines(book)})
        groups = [
            (name, book.colours[name], [s for s in paying if s < account and book.figures.data.party[s] == p])
            for p, name in enumerate(party.party for party in book.case.parties)
        ]
        if account in paying:
            groups.append(("Project account", ACCOUNT_COLOUR, [account]))
        drawn = [s for s in paying if s < account and book.lines["source", s].total]
        singles = [(book.case.sources[s].source, "", [s]) for s in drawn]
        self.parties = groups
        self.columns = groups + (singles if len(singles) <= MOST else [])

    def write(self) -> None:
        """Write the headings, the figures and their shading, once the lines that they add up have their places."""
        grid, book = self.grid, self.book
        grid.ws.set_row(self.head - 1, HEADINGS)
        for i, (name, colour, _) in enumerate(self.columns):
            look = {"bottom": 5, "bottom_color": colour} if colour else {"bottom": 1, "bottom_color": NAVY}
            grid.text(self.head, FIRST_COLUMN + i, shortened(name), "head", rotation=90, align="center", **look)
        values = np.array([[self._cell(row, i) for i in range(len(self.columns))] for row in range(len(self.uses))])
        for row, u in enumerate(self.uses):
            self._label(self.head + 1 + row, u)
        rows = tuple(book.figures.data.uses[u] for u in self.uses)
        columns = tuple((name, colour, values[:, i]) for i, (name, colour, _) in enumerate(self.parties))
        book.tables["who pays"] = Table(grid.name, self.head + 1, rows, columns)
        grid.right = max(grid.right, FIRST_COLUMN + len(self.columns) - 1)
        for first, last in ((0, len(self.parties)), (len(self.parties), len(self.columns))):
            if first < last:
                area = (self.head, FIRST_COLUMN + first, self.head + len(self.uses) - 1, FIRST_COLUMN + last - 1)
                grid.ws.conditional_format(*area, SHADES_FROM_ZERO)

    def _cell(self, row: int, column: int) -> float:
        """One figure: what the sources of a column pay of a use; a blank cell (NaN) where they may not."""
        book, u = self.book, self.uses[row]
        keys = [("paid", s, u) for s in self.columns[column][2] if ("paid", s, u) in book.lines]
        value = sum(book.lines[key].total for key in keys)
        at = (self.head + 1 + row, FIRST_COLUMN + column)
        if keys:
            self.grid.formula(*at, "=" + joined(self.grid.total(key) for key in keys), value)
        return value if keys else np.nan

    def _label(self, row: int, u: int) -> None:
        grid, book = self.grid, self.book
        grid.text(row, 0, book.figures.data.uses[u], indent=1)
        if u < len(book.case.packages):
            grid.text(row, 1, book.case.packages[u].location, "muted")
        grid.text(row, 2, book.case.money, "muted")
        grid.formula(row, 3, f"={grid.total(('funded', u))}", book.lines["funded", u].total)


def drawn_lines(book: Book) -> list[tuple[int, int]]:
    """Source and use of every line of draws on Funding schedule; the Project account is the last source."""
    return [(key[1], key[2]) for key in book.lines if isinstance(key, tuple) and key[0] == "draw"]


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


def write_availability(grid: Grid) -> None:
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


ABOUT = (
    "Who pays for each package, in all and period by period: the darker, the more money. At the end: what may run when."
)
PLAIN = 7000
"""Longest list of ranges that one conditional format takes."""


def write(book: Book) -> None:
    """Write who pays for what in all, one block a use (cost, the sources that pay it, what is left), and windows."""
    grid = Grid(book, "Package funding", ABOUT, "Share")
    shown = [u for u in range(len(book.figures.data.uses)) if u < len(book.case.packages) or _payers(book, u)]
    overview = Overview(grid, shown)
    heated: list[int] = []
    for u in shown:
        heated += _use(grid, u, book.figures.data.uses[u], _payers(book, u))
    overview.write()
    _heat(grid, heated)
    grid.quiet_zeros(book.quiet)
    write_availability(grid)


def _payers(book: Book, use: int) -> list[int]:
    """Sources with a line for a use; the Project account is the last."""
    return [s for s, paid in drawn_lines(book) if paid == use]


def _use(grid: Grid, u: int, use: str, sources: Sequence[int]) -> list[int]:
    book = grid.book
    package = book.case.packages[u] if u < len(book.case.packages) else None
    grid.section(use + (f" ({package.location})" if package is not None and package.location else ""))
    rows, names = [], [s.source for s in book.case.sources]
    for s in sources:
        line = book.lines["draw", s, u]
        account = s == len(names)
        label, party = ("Project account", "") if account else (names[s], book.case.sources[s].party)
        rows.append(grid.row)
        grid.line(
            ("paid", s, u), label, line.values, f"={grid.now(('draw', s, u))}", party=party, role="link", indent=1
        )
    paid = grid.noted(*(("paid", s, u) for s in sources))
    grid.add_up(("funded", u), "Money that pays it", paid, bold=True)
    total = book.lines["funded", u].total
    for s in sources:
        line = book.lines["paid", s, u]
        formula = f"=IF({grid.total(('funded', u))}=0,0,{grid.total(('paid', s, u))}/{grid.total(('funded', u))})"
        grid.own(line, formula, line.total / total if total else 0.0, "share")
    if package is not None:
        cost = book.lines["cost", u].values
        grid.line(("cost link", u), "Cost", cost, f"={grid.now(('cost', u))}", role="link", indent=1)
        left = book.figures.clean(cost - book.lines["funded", u].values)
        formula = f"={grid.now(('cost link', u))}-{grid.now(('funded', u))}"
        grid.line(("unpaid", u), "Still to be paid", left, formula, indent=1)
    return rows


def _heat(grid: Grid, rows: Sequence[int]) -> None:
    if not rows:
        return
    last = FIRST_COLUMN + grid.count - 1
    groups: list[list[str]] = [[]]
    for row in rows:
        if sum(map(len, groups[-1])) > PLAIN:
            groups.append([])
        groups[-1].append(xl_range(row - 1, FIRST_COLUMN, row - 1, last))
    for group in groups:
        first = group[0].split(":")[0]
        grid.ws.conditional_format(first, {**SHADES_FROM_ZERO, "multi_range": " ".join(group)})


PAGE = Page(
    "Package funding",
    "Who pays for each package, as a heat map",
    write,
    after=(
        "Inputs",
        "Debt",
    ),
)
