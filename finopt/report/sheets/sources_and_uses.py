"""Sources and uses: what the money pays and where it comes from, in total and period by period."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from finopt.report.excel.page import Page
from finopt.report.excel.sheet import Book, Grid, Key

ABOUT = (
    "Uses are the packages at their cost, with the financing costs and principal that drawn money pays. Interest added "
    "to a balance counts on both sides: a use, and a loan that grew by it."
)


def write(book: Book) -> None:
    """Write uses, sources, their cumulative lines and the difference, which must be nil."""
    grid = Grid(book, "Sources and uses", ABOUT, "Share")
    grows = bool(book.lines["capitalised money"].values.any())
    uses = _uses(grid, grows)
    sources = _sources(grid, grows)
    grid.section("Sources against uses")
    for key, label, total in (("uses so far", "Uses so far", "uses"), ("sources so far", "Sources so far", "sources")):
        values = np.cumsum(book.lines[total].values)
        grid.line(key, label, values, f"={grid.previous}+{grid.now(total)}", total="last")
    gap = book.figures.clean(book.lines["sources"].values - book.lines["uses"].values)
    grid.line("gap", "Sources less uses (must be nil)", gap, f"={grid.now('sources')}-{grid.now('uses')}", bold=True)
    _shares(grid, "uses", uses)
    _shares(grid, "sources", sources)
    grid.quiet_zeros(book.quiet)


def _uses(grid: Grid, grows: bool) -> list[Key]:
    book, data = grid.book, grid.book.figures.data
    grid.section("Uses")
    keys: list[Key] = []
    for w, package in enumerate(book.case.packages):
        grid.line(("use", w), package.package, data.cost[w], f"={grid.now(('cost', w))}", role="link", indent=1,
                  party=package.location)  # fmt: skip
        keys.append(("use", w))
    for u in (data.financing_use, data.refinancing_use):
        if ("funded", u) in book.lines:
            line = book.lines["funded", u]
            label = f"{data.uses[u]} paid with drawn money"
            grid.line(("use", u), label, line.values, f"={grid.now(('funded', u))}", role="link", indent=1)
            keys.append(("use", u))
    if grows:
        _growth(grid, "use of growth", "Interest added to balances")
        keys.append("use of growth")
    grid.add_up("uses", "Total uses", grid.noted(*keys), bold=True)
    return [*keys, "uses"]


def _sources(grid: Grid, grows: bool) -> list[Key]:
    book, data = grid.book, grid.book.figures.data
    grid.section("Sources")
    keys: list[Key] = []
    shown: list[Key] = []
    for p, party in enumerate(book.case.parties):
        head = grid.reserve()
        own = [s for s in range(len(book.case.sources)) if data.party[s] == p]
        for s in own:
            name, values = book.case.sources[s].source, book.lines["source", s].values
            grid.line(
                ("from", s), name, values, f"={grid.now(('source', s))}", party=party.party, role="link", indent=1
            )
            shown.append(("from", s))
        parts = grid.noted(*(("from", s) for s in own))
        grid.add_up(("from party", p), party.party, parts, party=party.party, bold=True, at=head)
        keys.append(("from party", p))
    if book.lines["account"].values.any():
        values = book.lines["account"].values
        grid.line("from account", "Project account", values, f"={grid.now('account')}", role="link")
        keys.append("from account")
    if grows:
        _growth(grid, "source of growth", "Interest added to balances (the loans grew by it)")
        keys.append("source of growth")
    grid.add_up("sources", "Total sources", grid.noted(*keys), bold=True)
    return [*shown, *keys, "sources"]


def _growth(grid: Grid, key: Key, label: str) -> None:
    values = grid.book.lines["capitalised money"].values
    grid.line(key, label, values, f"={grid.now('capitalised money')}", role="link", indent=1)


def _shares(grid: Grid, whole: str, keys: Sequence[Key]) -> None:
    book, total = grid.book, grid.book.lines[whole].total
    for key in keys:
        line = book.lines[key]
        bold = key == whole or (isinstance(key, tuple) and key[0] == "from party")
        more = {"bold": True, "top": 1} if bold else {}
        formula = f"=IF({grid.total(whole)}=0,0,{grid.total(key)}/{grid.total(whole)})"
        book.cells["part", key] = grid.own(line, formula, line.total / total if total else 0.0, "share", **more)


PAGE = Page(
    "Sources and uses",
    "What the money pays and where it comes from, period by period",
    write,
    after=(
        "Inputs",
        "Funding schedule",
        "Debt",
        "Package funding",
    ),
)
