"""Inputs: the terms by period that the formulas point to, then every sheet as read, with its provenance."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from finopt.auditor.sheets import DIGEST, digest
from finopt.case.arrays import Ceiling
from finopt.case.kinds import PROFILE_SHAPES
from finopt.case.names import same
from finopt.case.row import Column, Row
from finopt.case.sheets import SHEETS, Eligibility, Project
from finopt.finance import HOURS, Array
from finopt.report.excel.page import Page
from finopt.report.excel.sheet import FIRST_COLUMN, Book, Cell, Grid, Key, serial
from finopt.report.excel.styles import NAVY
from finopt.tolerances import CHECKED

PROVENANCE = ("status", "reference", "note")
"""The columns that say where a figure comes from."""
ROOM, MOST_ROOM = 12, 12
"""Characters of such words that a column holds, and the most columns that they get."""
WORDS = ("text", "name", "choice", "yes/no", "profile", "sense", "selector", "names")
"""Kinds of columns that hold words."""
SHORT, LINE = 10, 13.5
"""Longest title that fits on one line, and the height of a line in points."""


@dataclass(frozen=True)
class Term:
    """One row of terms by period: its name, its words, its values, and its formula if it follows from others.

    The formula is worked out when the row is written, because it names cells whose place must be known by then.
    """

    key: Key
    label: str
    values: Array
    unit: str
    number: str = "factor"
    formula: Callable[[], str] | None = None
    party: str = ""
    total: str | None = None
    section: str = ""


def write(book: Book) -> None:
    """Write the sheet; afterwards every term and every cell as read has a name in the book."""
    grid = Grid(
        book,
        "Inputs",
        "Blue on yellow: as read from the input workbook, or worked out from it by date. Every formula of the report "
        "points here.",
        close=True,
    )
    _scalars(grid)
    start = grid.row
    terms = list(_terms(grid))
    place_tables(book, start + len(terms) + 2 * sum(bool(term.section) for term in terms) + 1)
    for term in terms:
        if term.section:
            grid.section(term.section)
        role = "input" if term.formula is None else "formula"
        grid.line(
            term.key, term.label, term.values, term.formula() if term.formula else None, party=term.party,
            unit=term.unit, number=term.number, role=role, total=term.total,
        )  # fmt: skip
    grid.row += 1
    grid.tables_from = grid.row + 1
    for kind in _present(book):
        _write_table(grid, kind)
    grid.text(book.cells["digest"].row, 3, digest(_as_stored(book)), "muted", align="right")


def _as_stored(book: Book) -> dict[str, list[dict[str, Any]]]:
    """Every sheet as read, as the cells hold it: what the digest is taken of."""
    tables: dict[str, list[dict[str, Any]]] = {}
    for kind in _present(book):
        titles = {name: column.title for name, column in _fields(book, kind).items()}
        tables[kind.SHEET] = []
        for row in book.case.rows(kind):
            cells = {title: getattr(row, name) for name, title in titles.items()} | dict(getattr(row, "values", {}))
            stored = {title: _stored(value) for title, value in cells.items() if value not in (None, "")}
            tables[kind.SHEET].append(stored)
    return tables


def _stored(value: Any) -> Any:
    """A value as its cell holds it: numbers and dates as such, the rest in words."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value if isinstance(value, int | float | dt.date) else words_of(value)


def _scalars(grid: Grid) -> None:
    """The few single numbers: tolerance of the checks, share of a period for which a draw bears interest."""
    book = grid.book
    grid.section("Settings")
    omega = book.case.calendar.omega
    for key, label, unit, value, number, role in (
        ("tolerance", "Tolerance of the checks", "of total uses", CHECKED, "number", "input"),
        ("omega", "Share of a period for which a draw bears interest", "share", omega, "years", "input"),
        ("rounding", "Money that is rounding, not money", book.case.money, book.quiet, "tiny", "input"),
        ("solver cost", "Financing cost as the solver proved it", book.case.money, book.plan.cost, "money", "decision"),
    ):
        grid.text(grid.row, 0, label)
        grid.text(grid.row, 2, unit, "muted")
        book.cells[key] = grid.number(grid.row, 3, value, number, role)
        grid.row += 1
    grid.text(grid.row, 0, DIGEST)
    grid.text(grid.row, 2, "SHA-256", "muted")
    book.cells["digest"] = Cell(grid.name, grid.row, 3)
    grid.row += 1


def _terms(grid: Grid) -> Iterator[Term]:
    yield from _time(grid)
    yield from _money(grid)
    for s in range(len(grid.book.case.sources)):
        yield from _source(grid, s)


def _time(grid: Grid) -> Iterator[Term]:
    book = grid.book
    data, calendar = book.figures.data, book.case.calendar
    ends = np.append(calendar.end_times, calendar.end_times[-1])
    last = [p.last for p in calendar] + [calendar.periods[-1].last]
    dates = [p.flow_date for p in calendar] + last[-1:]
    year = "Calendar year" if calendar.year_begins == 1 else "Budget year, by the calendar year in which it begins"
    yield Term("length", "Length of the period", calendar.lengths, "years", section="Time")
    yield Term("year", year, np.array([float(p.year) for p in calendar]), "year", "whole")
    yield Term("begins", "Beginning, from Start date", calendar.end_times - calendar.lengths, "years")
    yield Term("ends", "End, from Start date (at close: the horizon)", ends, "years")
    words = "Day on which costs, draws and revenue fall"
    yield Term("flow date", words, np.array([serial(d) for d in dates]), "date", "date")
    words = "Day on which interest, principal and payouts fall"
    yield Term("end date", words, np.array([serial(d) for d in last]), "date", "date")
    yield Term("flow time", "Time of costs, draws and revenue", calendar.flow_times, "years")
    words, first = "The same in hours of years of 365 days, for all-in rates", np.append(calendar.flow_times, ends[-1])
    yield Term("flow hour", words, 1 + np.rint(HOURS * first), "hours", "whole")
    words = "End of the period in hours of years of 365 days, for all-in rates"
    yield Term("end hour", words, 1 + np.rint(HOURS * ends), "hours", "whole")

    def factor(time: str) -> str:
        return f"=(1+{_as_read(grid, Project.SHEET, 0, 'discount_rate')})^-{grid.now(time)}"

    words = "Discount factor of costs, draws and revenue"
    yield Term("discount", words, data.discount, "factor", formula=lambda: factor("flow time"))
    words = "Discount factor of interest, principal and payouts"
    out = np.append(data.discount_out, data.discount_out[-1])
    yield Term("discount out", words, out, "factor", formula=lambda: factor("ends"))
    yield Term(
        "deposit", "Deposit interest of the period", data.deposit, "rate", "rate",
        formula=lambda: f"={_as_read(grid, Project.SHEET, 0, 'deposit_rate')}*{grid.now('length')}",
    )  # fmt: skip


def _money(grid: Grid) -> Iterator[Term]:
    book = grid.book
    money = book.case.money
    title = "Packages: nominal cost, escalated and with contingency"
    for w, package in enumerate(book.case.packages):
        section = title if w == 0 else ""
        values = book.figures.data.cost[w]
        yield Term(("cost", w), package.package, values, money, "money", party=package.location, total="sum",
                   section=section)  # fmt: skip
    for r, row in enumerate(book.case.revenue):
        section = "Revenue and operating cost" if r == 0 else ""
        values = book.case.calendar.spread(row.values)
        yield Term(("flow", r), row.line, values, money, "money", party=row.kind, total="sum", section=section)
    yield from _ceilings(book)


def _ceilings(book: Book) -> Iterator[Term]:
    """Budgets: each ceiling stands in the last period that it covers; two that end together get two rows."""
    first = True
    for key, ceilings in ceiling_rows(book).items():
        values = np.zeros(len(book.case.calendar))
        for ceiling in ceilings:
            values[ceiling.when[-1]] = ceiling.amount
        _, p, _ = key
        party = book.case.parties[p].party
        moves = any(row.carry_over and same(row.party) == same(party) for row in book.case.budgets)
        label = f"Budget of {party}" + (", with unused room" if moves else "")
        section = "Budgets: each ceiling stands in the last period that it covers" if first else ""
        yield Term(key, label, values, book.case.money, "money", party=party, section=section)
        first = False


def ceiling_rows(book: Book) -> dict[tuple[str, int, int], list[Ceiling]]:
    """The ceilings by row: ("ceilings", party, layer) to those that end in different periods."""
    rows: dict[tuple[str, int, int], list[Ceiling]] = {}
    for ceiling in book.figures.data.ceilings:
        layer = 0
        while any(c.when[-1] == ceiling.when[-1] for c in rows.get(("ceilings", ceiling.party, layer), ())):
            layer += 1
        rows.setdefault(("ceilings", ceiling.party, layer), []).append(ceiling)
    return rows


def _source(grid: Grid, s: int) -> Iterator[Term]:
    book = grid.book
    data, source = book.figures.data, book.case.sources[s]
    party, name = source.party, source.source

    def stated() -> str:
        return f"={_as_read(grid, 'Sources', s, 'rate')}"

    def rate() -> str:
        return grid.now(("rate", s))

    yield Term(("rate", s), f"{name}: rate", data.rate[s], "p.a.", "rate", stated if source.rate is not None else None,
               party, section=name)  # fmt: skip
    if source.is_debt:
        yield Term(("period rate", s), f"{name}: rate of the period", data.period_rate[s], "rate", "rate",
                   lambda: f"={rate()}*{grid.now('length')}", party)  # fmt: skip
    else:
        yield Term(("growth", s), f"{name}: growth of its account", data.growth[s], "factor", "factor",
                   lambda: f"=(1+{rate()})^{grid.now('length')}", party)  # fmt: skip
        yield Term(("draw growth", s), f"{name}: growth of a draw in its period", data.draw_growth[s], "factor",
                   "factor", lambda: f"=(1+{rate()})^({grid.ref('omega')}*{grid.now('length')})", party)  # fmt: skip
    if foreign(book, s):
        yield Term(("fx", s), f"{name}: exchange rate", data.fx[s], f"{book.case.project.currency} per unit", "factor",
                   party=party)  # fmt: skip
    if data.scheduled[s]:
        share = data.principal_share[s]
        yield Term(("share", s), f"{name}: principal due", share, "of the base", "share", None, party)
    if source.is_debt and any(row.covenant == "average life" for row in book.case.covenants):
        yield Term(("debt time", s), f"{name}: years from its time zero", data.debt_time[s], "years", party=party)
    for key, words, mask in _flags(book, s):
        yield Term((key, s), f"{name}: {words}", np.asarray(mask, float), "1 = yes", "flag", party=party)


def _flags(book: Book, s: int) -> Iterator[tuple[str, str, Any]]:
    """In which periods a condition of a source applies: key, words, mask."""
    data, source = book.figures.data, book.case.sources[s]
    periods = np.arange(len(book.case.calendar))
    first, opens, zero = data.first_repayment[s], data.upfront_in[s], data.zero_at[s]
    yield "open", "open for drawing", data.drawable[s]
    if source.is_debt:
        yield "capitalised flag", "interest is added to the balance", data.capitalised[s]
    if data.scheduled[s]:
        yield "first repayment", "first repayment", periods == (-1 if first is None else first)
    if source.upfront_fee:
        yield "upfront flag", "upfront fee falls due", periods == (-1 if opens is None else opens)
    if source.commitment_fee:
        yield "commitment flag", "commitment fee runs", data.open[s]
    if zero is not None:
        yield "due", "balance must be zero from here", periods >= zero


def foreign(book: Book, s: int) -> bool:
    """Whether a source's currency is not the case's."""
    return bool((book.figures.data.fx[s] != 1.0).any())


def _as_read(grid: Grid, sheet: str, row: int, field: str) -> str:
    return grid.ref(("input", sheet, row, field))


def _present(book: Book) -> list[type[Row]]:
    return [kind for name, kind in SHEETS.items() if book.case.tables.get(name)]


def _fields(book: Book, kind: type[Row]) -> dict[str, Column]:
    """The columns of a sheet that hold anything, provenance apart."""
    rows = book.case.rows(kind)
    return {
        name: column
        for name, column in kind.columns().items()
        if name not in PROVENANCE and any(getattr(row, name) not in (None, "") for row in rows)
    }


def _series(book: Book, kind: type[Row]) -> list[str]:
    rows = book.case.rows(kind)
    return list(dict.fromkeys(label for row in rows for label in getattr(row, "values", {})))


def place_tables(book: Book, row: int) -> None:
    """Name the cell of every figure as read, before anything is written: terms by period refer to them."""
    for kind in _present(book):
        row += 3
        for i in range(len(book.case.rows(kind))):
            for f, field in enumerate(_fields(book, kind)):
                across = kind is not Project
                book.cells["input", kind.SHEET, i, field] = Cell(
                    "Inputs", row + (0 if across else f), f if across else 1
                )
            if kind.series() is not None:
                for j, label in enumerate(_series(book, kind)):
                    column = len(_fields(book, kind)) + j
                    book.cells["input", kind.SHEET, i, label] = Cell("Inputs", row, column)
            row += len(_fields(book, kind)) if kind is Project else 1


def _write_table(grid: Grid, kind: type[Row]) -> None:
    """One sheet as read. Its rows stand where :func:`place_tables` said."""
    book, rows = grid.book, grid.book.case.rows(kind)
    grid.row += 1
    words = f"As read: {kind.SHEET}. {kind.ABOUT}"
    for column in range(FIRST_COLUMN):
        grid.text(grid.row, column, words if column == 0 else "", "section")
    grid.row += 1
    if kind is Project:
        _write_project(grid, rows[0])
        return
    fields, series = _fields(book, kind), _series(book, kind) if kind.series() is not None else []
    _heads(grid, kind, [*((c.title, c.kind) for c in fields.values()), *((label, "number") for label in series)])
    last = len(fields) + len(series)
    kept = _provenance(grid, last, {name: [getattr(row, name) for row in rows] for name in PROVENANCE})
    _head_provenance(grid, kept)
    for i, row in enumerate(rows):
        grid.row += 1
        for field, meant in fields.items():
            _write_value(grid, book.cells["input", kind.SHEET, i, field], meant.kind, getattr(row, field))
        across = kind.series()
        for label in series:
            value = getattr(row, "values", {}).get(label)
            cell = book.cells["input", kind.SHEET, i, label]
            _write_value(grid, cell, "share" if across is None or kind is Eligibility else across.kind, value)
        _write_provenance(grid, kept, {name: getattr(row, name) for name in kept})
    grid.row += 1


def _heads(grid: Grid, kind: type[Row], titles: Sequence[tuple[str, str]]) -> None:
    """Column titles, over figures to the right, over words to the left; two lines high where one is too long."""
    for i, (title, what) in enumerate(titles):
        words = what in WORDS or kind is Project
        more = {"indent": int(i > 0)} if words else {"align": "right"}
        grid.text(grid.row, i, title, "head", bottom=1, bottom_color=NAVY, **more)
    lines = max((-(-len(title) // SHORT) for title, _ in titles[1:]), default=1)
    if lines > 1:
        grid.ws.set_row(grid.row - 1, LINE * min(lines, 4))


def _provenance(grid: Grid, first: int, words: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """The places of the columns of provenance that hold anything; long words get the room of several columns."""
    kept, place = {}, first
    for name, column in words.items():
        longest = max((len(text or "") for text in column), default=0)
        if longest:
            kept[name] = place
            place += 1 if name == "status" else min(-(-longest // ROOM), MOST_ROOM)
    grid.tables_right = max(grid.tables_right, place - 1)
    return kept


def _head_provenance(grid: Grid, kept: Mapping[str, int]) -> None:
    for name, column in kept.items():
        grid.text(grid.row, column, name.capitalize(), "head", bottom=1, bottom_color=NAVY, indent=1)


def _write_provenance(grid: Grid, kept: Mapping[str, int], words: Mapping[str, str]) -> None:
    for name, column in kept.items():
        if words.get(name):
            grid.text(grid.row, column, words[name], "muted", indent=1)


def _write_project(grid: Grid, row: Row) -> None:
    _heads(grid, Project, [("Item", "name"), ("Value", "value")])
    said = {name: _by_item(getattr(row, name) or "") for name in PROVENANCE}
    kept = _provenance(grid, 2, {name: list(lines.values()) for name, lines in said.items()})
    _head_provenance(grid, kept)
    for field, column in _fields(grid.book, type(row)).items():
        grid.row += 1
        grid.text(grid.row, 0, column.title)
        _write_value(grid, grid.book.cells["input", row.SHEET, 0, field], column.kind, getattr(row, field))
        _write_provenance(grid, kept, {name: lines.get(column.title, "") for name, lines in said.items()})
    grid.row += 1


def _by_item(lines: str) -> dict[str, str]:
    """What the Project sheet says beside each item; its one row keeps that as lines, ``Item: words``."""
    parts = (line.partition(": ") for line in lines.splitlines())
    return {item: words for item, _, words in parts}


def _write_value(grid: Grid, cell: Cell, kind: str, value: Any) -> None:
    number = {
        "amount": "money", "number": "number", "rate": "rate", "share": "share", "years": "years", "value": "number",
    }.get(kind, "text")  # fmt: skip
    if value is None or value == "":
        grid.text(cell.row, cell.column, "", "input")
    elif isinstance(value, bool):
        grid.text(cell.row, cell.column, "yes" if value else "no", "input", indent=1)
    elif isinstance(value, dt.date):
        grid.ws.write_datetime(cell.row - 1, cell.column, value, grid.styles("date", "input", align="right"))
    elif isinstance(value, int | float):
        grid.number(cell.row, cell.column, value, number if number != "text" else "number", "input")
    else:
        narrow = {"indent": 1, "shrink": True} if cell.column > 1 else {"indent": cell.column}
        grid.text(cell.row, cell.column, words_of(value), "input", **narrow)


def words_of(value: Any) -> str:
    """A value in the workbook's words: a profile by its name."""
    if isinstance(value, tuple):
        shape = next((name for name, ab in PROFILE_SHAPES.items() if ab == value), None)
        return shape or f"beta({value[0]:.15g},{value[1]:.15g})"
    return str(value)


PAGE = Page("Inputs", "Terms by period, then every sheet as read, with its provenance", write, tab="#FFD966")
