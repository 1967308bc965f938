"""Funding schedule: the decisions of the solver, by party, source, use and period."""

from __future__ import annotations

import numpy as np

from finopt.finance import Array
from finopt.report.excel.page import Page
from finopt.report.excel.sheet import FIRST_COLUMN, Book, Cell, Grid, Line

ABOUT = (
    "Who pays for what, when, with which money. Cells on grey-violet are the solver's decisions: "
    "overtype one, and the checks answer."
)


def write(book: Book) -> None:
    """Write the draws and the other decisions; :func:`write_parties` adds what follows from debt service."""
    grid = Grid(book, "Funding schedule", ABOUT, "Share")
    grid.section("Money drawn, by party, source and use")
    first = grid.row
    parties = range(len(book.case.parties))
    for p in parties:
        _party(grid, p)
    grid.add_up("from parties", "Money drawn from parties", grid.noted(*(("party", p) for p in parties)), bold=True)
    _project_account(grid)
    grid.add_up("drawn", "Money drawn", grid.noted("from parties", "account"), bold=True)
    values = book.lines["drawn"].values
    grid.line("drawn so far", "Money drawn so far", np.cumsum(values), f"={grid.previous}+{grid.now('drawn')}",
              total="last")  # fmt: skip
    _shares(grid)
    _other_decisions(grid)
    book.cells["first decision"] = Cell(grid.name, first, FIRST_COLUMN)
    book.cells["last decision"] = Cell(grid.name, grid.row - 1, FIRST_COLUMN)


def _party(grid: Grid, p: int) -> None:
    book = grid.book
    name = book.case.parties[p].party
    head, parts = grid.reserve(), []
    for s, source in enumerate(book.case.sources):
        if book.figures.data.party[s] == p:
            _source(grid, s, source.source, name)
            parts.append(("source", s))
    grid.add_up(("party", p), name, grid.noted(*parts), party=name, bold=True, at=head)


def _source(grid: Grid, s: int, name: str, party: str) -> None:
    book, head, parts = grid.book, grid.reserve(), []
    for u in uses_of(book, s):
        values = book.figures.draws.get((s, u), np.zeros(grid.count))
        grid.line(("draw", s, u), book.figures.data.uses[u], values, party=party, role="decision", indent=2, level=1)
        parts.append(("draw", s, u))
    grid.add_up(("source", s), name, grid.noted(*parts), party=party, indent=1, at=head)


def uses_of(book: Book, s: int) -> list[int]:
    """Uses with a line: those that the source pays; a source that pays none shows the first that it may."""
    paid = [u for source, u in book.figures.draws if source == s]
    may = np.flatnonzero(book.figures.data.eligible[:, s] > 0).tolist()
    return paid or may[:1]


def _project_account(grid: Grid) -> None:
    book, head, account = grid.book, grid.reserve(), len(grid.book.case.sources)
    parts = []
    for u in [u for s, u in book.figures.draws if s == account]:
        key = ("draw", account, u)
        grid.line(key, book.figures.data.uses[u], book.figures.draws[account, u], role="decision", indent=2, level=1)
        parts.append(key)
    grid.add_up("account", "Project account (cash that the project earned or kept)", grid.noted(*parts), at=head)


def _shares(grid: Grid) -> None:
    """Share of the money drawn from parties, in the sheet's own column."""
    book = grid.book
    total = book.lines["from parties"].total
    lines = [(("party", p), True) for p in range(len(book.case.parties))]
    lines += [(("source", s), False) for s in range(len(book.case.sources))]
    for key, bold in lines:
        line = book.lines[key]
        formula = f"=IF({grid.total('from parties')}=0,0,{grid.total(key)}/{grid.total('from parties')})"
        more = {"bold": True, "top": 1} if bold else {}
        cell = grid.own(line, formula, line.total / total if total else 0.0, "share", **more)
        book.cells["share", key] = cell


def _other_decisions(grid: Grid) -> None:
    book, figures, data = grid.book, grid.book.figures, grid.book.figures.data
    grid.section("Commitments, in the source's own currency")
    for s, source in enumerate(book.case.sources):
        grid.text(grid.row, 0, source.source, indent=1)
        grid.text(grid.row, 1, source.party, "muted")
        grid.text(grid.row, 2, currency(book, s), "muted")
        made = float(figures.commitment[s])
        book.cells["commitment", s] = grid.number(grid.row, 3, made, "money", "decision")
        grid.row += 1
    bonds = np.flatnonzero(data.ahead).tolist()
    free = np.flatnonzero(data.is_debt & ~data.scheduled).tolist()
    equity = np.flatnonzero(data.pays_out).tolist()
    _flows(grid, "issue", "Bond issues, in the source's own currency", bonds, figures.put_in)
    _flows(grid, "free", "Principal repaid freely (sculpted, credit lines), own currency", free, figures.principal)
    _flows(grid, "payout", "Payouts to equity, in the source's own currency", equity, figures.payout)
    if any(row.covenant == "reserve months" for row in book.case.covenants):
        grid.section("Reserve")
        values = figures.cash("reserve")
        grid.line("reserve", "Debt service reserve, balance", values, role="decision", total="last")


def _flows(grid: Grid, name: str, title: str, sources: list[int], values: Array) -> None:
    if not sources:
        return
    grid.section(title)
    for s in sources:
        source = grid.book.case.sources[s]
        grid.line((name, s), source.source, values[s], party=source.party, unit=currency(grid.book, s),
                  role="decision", indent=1)  # fmt: skip


def currency(book: Book, s: int) -> str:
    """Unit of a source's own money."""
    return f"{book.case.sources[s].currency or book.case.project.currency} {book.case.project.unit}"


def write_parties(book: Book) -> None:
    """Add what each party puts in: money drawn from its sources and debt service that it repays; the year's sum."""
    grid = next(frame for frame in book.frames if isinstance(frame, Grid) and frame.name == PAGE.title)
    for p, party in enumerate(book.case.parties):
        grid.section(f"What {party.party} puts in")
        _puts_in(grid, p, party.party)
    grid.quiet_zeros(book.quiet)


def _puts_in(grid: Grid, p: int, name: str) -> None:
    book, data = grid.book, grid.book.figures.data
    own = [s for s in range(len(book.case.sources)) if data.party[s] == p]
    repaid = [s for s in range(len(book.case.sources)) if data.repaid_by[s] == p and ("service", s) in book.lines]
    keys = {"party": name, "indent": 1}
    grid.add_up(("party funding", p), "Money put in through its sources", grid.noted(*(("funding", s) for s in own)),
                **keys)  # fmt: skip
    parts = [("service", s) for s in repaid]
    grid.add_up(("party service", p), "Debt service that it repays itself", grid.noted(*parts), **keys)
    both = grid.noted(("party funding", p), ("party service", p))
    grid.add_up(("party money", p), "Money put in", both, party=name, bold=True)
    years = _years(book.lines["party money", p], book)
    formula = "=" + grid.in_year(("party money", p))
    kind = "calendar" if book.case.calendar.year_begins == 1 else "budget"
    grid.line(("party year", p), f"The same by {kind} year (peak)", years, formula, party=name,
              total="max", indent=1)  # fmt: skip


def _years(line: Line, book: Book) -> Array:
    years = np.array([p.year for p in book.case.calendar])
    return np.array([line.values[years == year].sum() for year in years])


PAGE = Page(
    "Funding schedule",
    "Every decision: party, source, use, period; budgets by year",
    write,
    after=("Inputs",),
    tab="#B1A0C7",
)
