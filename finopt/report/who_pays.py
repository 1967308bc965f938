"""Who pays for which package, in all: a table of uses against parties and sources, shaded by amount."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from finopt.literal import shortened
from finopt.report.frame import FIRST_COLUMN, Book, Grid, Table, joined
from finopt.report.styles import ACCOUNT_COLOUR, NAVY, SHADES

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
                grid.ws.conditional_format(*area, SHADES)

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
