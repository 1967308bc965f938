"""Package funding: who pays for each package, in a heat map of package, source and period."""

from __future__ import annotations

from collections.abc import Sequence

from xlsxwriter.utility import xl_range

from finopt.report import windows
from finopt.report.frame import FIRST_COLUMN, Book, Grid
from finopt.report.styles import SHADES
from finopt.report.who_pays import Overview, drawn_lines

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
    windows.write(grid)


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
        grid.ws.conditional_format(first, {**SHADES, "multi_range": " ".join(group)})
