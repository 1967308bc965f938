"""Cash flow: the project account, and what every funder puts in and takes out, with its present value and rate."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from finopt.finance import Array
from finopt.report.figures import shifted
from finopt.report.frame import FIRST_COLUMN, Book, Grid, Key, joined

ABOUT = (
    "Money into the project account is positive, money out of it negative. Below: what funders take out less what "
    "they put in, with what is still owed at the horizon in the column At close."
)


def write(book: Book) -> None:
    """Write the account, the reserve, the funders' flows and the financing cost."""
    grid = Grid(book, "Cash flow", ABOUT, "All-in", close=True)
    _revenue(grid)
    _account(grid)
    if "reserve" in book.lines:
        grid.section("Debt service reserve")
        values = book.lines["reserve"].values
        grid.line("reserve balance", "Reserve, balance", values, f"={grid.now('reserve')}", role="link", total="last")
    _funders(grid)
    _financing_cost(grid)
    grid.quiet_zeros(book.quiet)


def _revenue(grid: Grid) -> None:
    book = grid.book
    grid.section("Cash flow available for debt service (CFADS)")
    for r, row in enumerate(book.case.revenue):
        sign, minus = (1.0, "") if row.kind == "revenue" else (-1.0, "-")
        values = sign * book.lines["flow", r].values
        grid.line(("cash in", r), row.line, values, f"={minus}{grid.now(('flow', r))}", role="link", indent=1)
    grid.add_up("cfads", "CFADS", grid.noted(*(("cash in", r) for r in range(len(book.case.revenue)))), bold=True)


def _account(grid: Grid) -> None:
    """The account's corkscrew: every flow has its own line, with its sign."""
    book, figures = grid.book, grid.book.figures
    data = figures.data
    flows: list[tuple[str, str, str, str]] = [
        ("deposit_interest", "Deposit interest", "={c}OPENING*" + grid.now("deposit"), "formula"),
        ("cfads", "CFADS", "=" + grid.now("cfads"), "formula"),
    ]
    for use, column, label in (
        (data.financing_use, "financing_draws", "Money drawn for financing costs"),
        (data.refinancing_use, "refinancing_draws", "Money drawn for refinancing"),
    ):
        if ("funded", use) in book.lines:
            flows.append((column, label, f"={grid.now(('funded', use))}", "link"))
    flows += [
        ("packages", "Packages paid from the account", "=-" + grid.now("account"), "link"),
        ("interest", "Interest paid", "=-" + grid.now("project interest"), "link"),
        ("fees", "Fees", "=-" + grid.now("project fees"), "link"),
        ("principal", "Principal repaid", "=-" + grid.now("project principal"), "link"),
    ]
    if "reserve" in book.lines:
        formula = f"={grid.before('reserve')}-{grid.now('reserve')}"
        flows.append(("reserve_additions", "Additions to the reserve", formula, "formula"))
    if "payouts" in book.lines:
        flows.append(("payouts", "Paid out to equity", "=-" + grid.now("payouts"), "link"))
    grid.section("Project account")
    top, closing = grid.row, figures.cash("closing")
    bottom = top + len(flows) + 1
    grid.line("cash opening", "Opening balance", shifted(closing), f"={{p}}{bottom}", total=None, indent=1)
    for column, label, formula, role in flows:
        sign = -1.0 if formula.startswith("=-") or column == "reserve_additions" else 1.0
        values = sign * figures.cash(column)
        formula = formula.replace("OPENING", str(top))
        grid.line(("cash", column), label, values, formula, role=role, indent=1)
    formula = f"=SUM({{c}}{top}:{{c}}{bottom - 1})"
    grid.line("cash", "Closing balance", closing, formula, total="last", bold=True)


def _funders(grid: Grid) -> None:
    """Each funder's flows: what it takes out less what it puts in, and what it is owed at close."""
    book, figures = grid.book, grid.book.figures
    grid.section("Funders: taken out less put in, in case money (at close: what is still owed)")
    everyone = range(len(book.case.sources))
    for p, party in enumerate(book.case.parties):
        own = [s for s in everyone if figures.data.party[s] == p]
        head = grid.reserve()
        for s in own:
            _funder(grid, s, party.party)
        _group(grid, ("taken by party", p), party.party, [("taken", s) for s in own], party.party, head)
    keys: list[Key] = [("taken by party", p) for p in range(len(book.case.parties))]
    _group(grid, "taken", "All funders", keys, "total", None)


def _funder(grid: Grid, s: int, party: str) -> None:
    book = grid.book
    out: list[Key] = [key for key in (("service", s), ("to equity", s)) if key in book.lines]
    values = sum((book.lines[key].values for key in out), np.zeros(grid.count)) - book.lines["funding", s].values
    formula = "=" + joined([grid.now(key) for key in out]) + "-" + grid.now(("funding", s))
    name = book.case.sources[s].source
    grid.line(("taken", s), name, values, formula, party=party, total=None, indent=1)
    owed = ("owed", s) if ("owed", s) in book.lines else ("account", s)
    line = book.lines[owed]
    last = book.columns[grid.count]
    _close(grid, ("taken", s), f"={grid.now(owed).format(c=last)}", float(line.values[-1]), name, bold=False)


def _group(grid: Grid, key: Key, label: str, parts: Sequence[Key], name: str, at: int | None) -> None:
    grid.add_up(key, label, grid.noted(*parts), party="" if name == "total" else name, bold=True, total=None, at=at)
    column = book_column(grid)
    value = sum(float(grid.book.cells["close", part].value) for part in parts)
    formula = "=" + joined(f"{column}{grid.book.lines[part].row}" for part in parts)
    _close(grid, key, formula, value, name, bold=True)


def book_column(grid: Grid) -> str:
    """Letter of the column At close."""
    return grid.book.columns[grid.count + 1]


def _close(grid: Grid, key: Key, formula: str, value: float, name: str, *, bold: bool) -> None:
    """The column At close, the total that includes it, and the all-in rate of a funder's line."""
    book, line = grid.book, grid.book.lines[key]
    more: dict[str, Any] = {"bold": True, "top": 1} if bold else {}
    book.cells["close", key] = grid.formula(line.row, FIRST_COLUMN + grid.count, formula, value, **more)
    total = float(line.values.sum()) + value
    book.cells["taken total", key] = grid.formula(line.row, 3, f"=SUM({grid.span(key, 0, grid.count)})", total, **more)
    moving = np.flatnonzero(line.values)
    first = int(moving[0]) if moving.size else 0
    flows, dates = grid.span(key, first, grid.count), grid.span("flow date", first, grid.count)
    rate = book.plan.all_in_rate.get(name)
    shown = "n/a" if rate is None else rate
    guess = "" if rate is None else f",{rate:.4f}"
    formula = f'=IFERROR(XIRR({flows},{dates}{guess}),"n/a")'
    book.cells["all-in", key] = grid.own(line, formula, shown, "rate", align="right", **more)


def _financing_cost(grid: Grid) -> None:
    """Present value of the funders' flows: by source in the total column, for all of them period by period."""
    book = grid.book
    data = book.figures.data
    grid.section("Financing cost: present value of what funders take out less what they put in")
    factors = np.append(data.discount, data.closing_discount)
    discount = grid.span("discount", 0, grid.count)
    cells = []
    for s, source in enumerate(book.case.sources):
        flows = np.append(book.lines["taken", s].values, float(book.cells["close", ("taken", s)].value))
        grid.text(grid.row, 0, source.source, indent=1)
        grid.text(grid.row, 1, source.party, "muted")
        grid.text(grid.row, 2, book.case.money, "muted")
        formula = f"=SUMPRODUCT({grid.span(('taken', s), 0, grid.count)},{discount})"
        cells.append(grid.formula(grid.row, 3, formula, float(flows @ factors)))
        book.cells["present value", s] = cells[-1]
        grid.row += 1
    line = book.lines["taken"]
    flows = np.append(line.values, float(book.cells["close", "taken"].value))
    values: Array = flows * factors
    formula = f"={grid.now('taken')}*{grid.now('discount')}"
    grid.line("present values", "Financing cost", values, formula, bold=True, total=None)
    line = book.lines["present values"]
    formula = f"=SUM({grid.span('present values', 0, grid.count)})"
    book.cells["financing cost"] = grid.formula(line.row, 3, formula, book.plan.cost, bold=True, top=1)
