"""Cash flow: the project account, and what every funder puts in and takes out, with its present value and rate."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from finopt.finance import Array
from finopt.report.excel.page import Page
from finopt.report.excel.plan_arrays import shifted
from finopt.report.excel.sheet import FIRST_COLUMN, Book, Grid, Key, joined
from finopt.report.record.inputs import foreign

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
    opened = shifted(closing, data.opening_cash)
    grid.line("cash opening", "Opening balance", opened, f"={{p}}{bottom}", total=None, indent=1)
    if data.opening_cash:
        grid.begin_at("cash opening", f"={grid.ref(('input', 'Project', 0, 'opening_cash'))}")
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
        heads = [grid.reserve() for _ in _rows(book)]
        for s in own:
            _funder(grid, s, party.party)
        _group(grid, ("by party", p), party.party, list(own), party.party, heads)
    _group(grid, "all", "All funders", [("by party", p) for p in range(len(book.case.parties))], "total", None)


def _rows(book: Book) -> tuple[str, ...]:
    """The lines of a funder. Where draws fall before the period's end, two lines carry the two times."""
    return ("puts", "takes", "taken") if book.case.calendar.omega else ("taken",)


def _key(row: str, who: Key) -> Key:
    """The name of a funder's line: ("taken", s), ("taken by party", p), "taken"."""
    if who == "all":
        return row
    return (f"{row} {who[0]}", who[1]) if isinstance(who, tuple) else (row, who)


def _funder(grid: Grid, s: int, party: str) -> None:
    book, more = grid.book, {"party": party, "total": None, "indent": 1}
    name, lines = book.case.sources[s].source, book.lines
    out: list[Key] = [key for key in (("service", s), ("to equity", s)) if key in lines]
    taken = sum((lines[key].values for key in out), np.zeros(grid.count))
    text, put = joined([grid.now(key) for key in out]), grid.now(("funding", s))
    if "puts" in _rows(book):
        early, fees = _early(grid, s)
        values = early - lines["funding", s].values
        grid.line(("puts", s), f"{name}: puts in, less fees with it", values, f"={fees}-{put}", **more)  # type: ignore[arg-type]
        formula = f"={text}-({fees})" if fees else f"={text}"
        grid.line(("takes", s), f"{name}: takes out", taken - early, formula, **more)  # type: ignore[arg-type]
    formula = f"={text}-{put}"
    grid.line(("taken", s), name, taken - lines["funding", s].values, formula, **more)  # type: ignore[arg-type]
    owed = ("owed", s) if ("owed", s) in lines else ("account", s)
    last = book.columns[grid.count]
    _close(grid, s, f"={grid.now(owed).format(c=last)}", float(lines[owed].values[-1]), name, bold=False)


def _early(grid: Grid, s: int) -> tuple[Array, str]:
    """Fees that fall with the draws, in case money: upfront fee and draw fee."""
    book = grid.book
    found = [key for key in (("upfront fee", s), ("draw fee", s)) if key in book.lines]
    values = sum((book.lines[key].values for key in found), np.zeros(grid.count))
    text = joined(grid.now(key) for key in found) if found else ""
    if found and foreign(book, s):
        return values * book.figures.data.fx[s], f"({text})*{grid.now(('fx', s))}"
    return values, text


def _group(grid: Grid, who: Key, label: str, parts: Sequence[Key], name: str, heads: list[int] | None) -> None:
    book, party = grid.book, "" if name == "total" else name
    words = {"puts": f"{label}: put in, less fees with it", "takes": f"{label}: taken out", "taken": label}
    for i, row in enumerate(_rows(book)):
        noted = grid.noted(*(_key(row, part) for part in parts))
        at = None if heads is None else heads[i]
        grid.add_up(_key(row, who), words[row], noted, party=party, bold=row == "taken", total=None, at=at)
    column = book_column(grid)
    keys = [_key("taken", part) for part in parts]
    value = sum(float(book.cells["close", key].value) for key in keys)
    formula = "=" + joined(f"{column}{book.lines[key].row}" for key in keys)
    _close(grid, who, formula, value, name, bold=True)


def book_column(grid: Grid) -> str:
    """Letter of the column At close."""
    return grid.book.columns[grid.count + 1]


def _close(grid: Grid, who: Key, formula: str, value: float, name: str, *, bold: bool) -> None:
    """The column At close, the total that includes it, and the all-in rate of a funder's line."""
    book, key = grid.book, _key("taken", who)
    line = book.lines[key]
    more: dict[str, Any] = {"bold": True, "top": 1} if bold else {}
    book.cells["close", key] = grid.formula(line.row, FIRST_COLUMN + grid.count, formula, value, **more)
    total = float(line.values.sum()) + value
    book.cells["taken total", key] = grid.formula(line.row, 3, f"=SUM({grid.span(key, 0, grid.count)})", total, **more)
    rate = book.plan.all_in_rate.get(name)
    flows, hours = _dated(grid, who)
    shown = "n/a" if rate is None else rate
    guess = "" if rate is None else f",{(1 + rate) ** (1 / 24) - 1:.6f}"
    formula = '="n/a"' if _older(book, name) else f'=IFERROR((1+XIRR({flows},{hours}{guess}))^24-1,"n/a")'
    book.cells["all-in", key] = grid.own(line, formula, shown, "rate", align="right", **more)


def _older(book: Book, name: str) -> bool:
    """Whether a funder's money was put in before Start date, in part: then its rate is not known."""
    named = [name in (s.source, s.party, "total") for s in book.case.sources]
    return bool((book.figures.data.opening_balance[named] > 0).any())


def _dated(grid: Grid, who: Key) -> tuple[str, str]:
    """The flows of a funder and their hours, from the first that moves: one row, or two with an hour each.

    With two rows what is owed at close stands in the second one as well.
    """
    book, end = grid.book, grid.count
    moving = np.flatnonzero(book.lines[_key(_rows(book)[0], who)].values)
    first = int(moving[0]) if moving.size else 0
    if "puts" not in _rows(book):
        return grid.span(_key("taken", who), first, end), grid.span("end hour", first, end)
    taken, takes = _key("taken", who), _key("takes", who)
    at, owed = book.lines[takes].row, book.cells["close", taken]
    grid.formula(at, FIRST_COLUMN + end, f"={owed.ref(grid.name)}", float(owed.value), "money", "link")
    return _block(grid, _key("puts", who), takes, first, end), _block(grid, "flow hour", "end hour", first, end)


def _block(grid: Grid, upper: Key, lower: Key, first: int, last: int) -> str:
    """The range of two rows that stand below each other."""
    top, bottom = grid.span(upper, first, last).split(":")[0], grid.span(lower, first, last).split(":")[1]
    return f"{top}:{bottom}"


def _financing_cost(grid: Grid) -> None:
    """Present value of the funders' flows: by source in the total column, for all of them period by period."""
    book = grid.book
    data = book.figures.data
    grid.section("Financing cost: present value of what funders take out less what they put in")
    _waiting(grid)
    late = "takes" if book.case.calendar.omega else "taken"
    out = np.append(data.discount_out, data.discount_out[-1])
    for s, source in enumerate(book.case.sources):
        close = float(book.cells["close", ("taken", s)].value)
        value = float(np.append(book.lines[late, s].values, close) @ out)
        flows, factors = grid.span((late, s), 0, grid.count), grid.span("discount out", 0, grid.count)
        formula = f"=SUMPRODUCT({flows},{factors})"
        for row in ("puts", "waits"):
            if (row, s) in book.lines:
                value += float(book.lines[row, s].values @ data.discount)
                formula += f"+SUMPRODUCT({grid.span((row, s))},{grid.span('discount')})"
        grid.text(grid.row, 0, source.source, indent=1)
        grid.text(grid.row, 1, source.party, "muted")
        grid.text(grid.row, 2, book.case.money, "muted")
        book.cells["present value", s] = grid.formula(grid.row, 3, formula, value)
        grid.row += 1
    _present_values(grid, out)


def _waiting(grid: Grid) -> None:
    """Money raised ahead that waits: raised less drawn, so that it counts when it pays a use."""
    book = grid.book
    for s, source in enumerate(book.case.sources):
        if source.traits.ahead:
            raised, spent = book.lines["funding", s], book.lines["source", s]
            formula = f"={grid.now(('funding', s))}-{grid.now(('source', s))}"
            label = f"{source.source}: raised less drawn, which counts when it pays a use"
            grid.line(("waits", s), label, raised.values - spent.values, formula, party=source.party, total=None,
                      indent=1)  # fmt: skip


def _present_values(grid: Grid, out: Array) -> None:
    """The financing cost period by period, and in all."""
    book, data = grid.book, grid.book.figures.data
    late, early = ("takes", ["puts"]) if book.case.calendar.omega else ("taken", [])
    close = float(book.cells["close", "taken"].value)
    values: Array = np.append(book.lines[late].values, close) * out
    formula = f"={grid.now(late)}*{grid.now('discount out')}"
    keys: list[Key] = [*early, *(("waits", s) for s in range(len(book.case.sources)) if ("waits", s) in book.lines)]
    for key in keys:
        values = values + np.append(book.lines[key].values * data.discount, 0.0)
        formula += f"+{grid.now(key)}*{grid.now('discount')}"
    grid.line("present values", "Financing cost", values, formula, bold=True, total=None)
    line = book.lines["present values"]
    formula = f"=SUM({grid.span('present values', 0, grid.count)})"
    book.cells["financing cost"] = grid.formula(line.row, 3, formula, book.plan.cost, bold=True, top=1)


PAGE = Page(
    "Cash flow",
    "The project account; what funders put in and take out; present value and all-in rates",
    write,
    after=(
        "Inputs",
        "Debt",
        "Package funding",
    ),
)
