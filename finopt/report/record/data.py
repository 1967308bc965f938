"""Data: every flow of the plan as one tidy long table, for pandas, for pivot tables, and for whoever rebuilds the plan.

Read it with ``pandas.read_excel(report, sheet_name="Data", header=HEADER)``: the rows above are the common frame. Draws
are the rows whose ``flow`` is ``draw``; the column ``present value`` adds up to the financing cost.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from xlsxwriter.utility import xl_col_to_name

from finopt.case.arrays import first_true
from finopt.case.names import PROJECT, PROJECT_ACCOUNT
from finopt.plan import DRAW_COLUMNS
from finopt.report.excel.page import Page
from finopt.report.excel.sheet import FIRST_COLUMN, Book, Key, Sheet
from finopt.report.record.inputs import foreign

HEADER = 3
"""Number of the header row, counted from 0, as pandas wants it."""
DRAW = "draw"
COLUMNS = (
    "flow", "source", "party", "instrument", "payer", "package", "location", "period", "year", "date", "currency",
    "amount in source currency", "amount", "discount factor", "present value",
)  # fmt: skip
"""The titles; :data:`finopt.plan.DRAW_COLUMNS` are among them."""
FLOW, YEAR, OWN, AMOUNT, FACTOR, VALUE = (
    COLUMNS.index(title)
    for title in ("flow", "year", "amount in source currency", "amount", "discount factor", "present value")
)
WIDTHS = (20, 30, 24, 14, 16, 30, 16, 12, 8, 12, 10, 14, 14, 10, 14)
ABOUT = (
    "Every flow, one a row; draws are the rows with flow = draw. In pandas: read_excel(file, sheet_name='Data', "
    "header=3). Amounts link to the sheet that has them; present values add up to the financing cost."
)


@dataclass(frozen=True)
class Kind:
    """One kind of flow of a source.

    ``line`` names the line of the report that holds it, in the source's own currency, ``discount`` that of its factor;
    ``sign`` is +1 where funders take it out, and 0 where it does not count in the financing cost.
    """

    flow: str
    line: str
    discount: str
    sign: int


EARLY, LATE = "discount", "discount out"
"""Lines of discount factors: of what moves with costs and draws, and of what funders take out."""
KINDS = (
    Kind("drawing", "put in", EARLY, 0),
    Kind("interest paid", "interest paid", LATE, 1),
    Kind("interest capitalised", "capitalised", LATE, 0),
    Kind("upfront fee", "upfront fee", EARLY, 1),
    Kind("commitment fee", "commitment fee", LATE, 1),
    Kind("guarantee fee", "guarantee fee", LATE, 1),
    Kind("draw fee", "draw fee", EARLY, 1),
    Kind("principal", "principal", LATE, 1),
    Kind("payout", "paid out", LATE, 1),
)
"""The flows of a source other than draws, in the order in which they stand."""


@dataclass(frozen=True)
class Entry:
    """One row: its words, its period (None at the horizon), and formula and value of what it has in figures.

    ``own`` is in the source's currency; ``amount`` in case money; ``discount`` names the line of its factor, ``sign``
    says whether it counts in the financing cost.
    """

    flow: str
    source: str
    use: str
    period: int | None
    own: tuple[str, float] | None
    amount: tuple[str, float]
    discount: str
    sign: int


def write(book: Book) -> None:
    """Write one row a flow; its amount is a link to the decision, or to the formula that follows from decisions."""
    sheet = Sheet(book, "Data", ABOUT)
    for column, title in enumerate(COLUMNS):
        side = "right" if column in (YEAR, OWN, AMOUNT, FACTOR, VALUE) else "left"
        sheet.text(HEADER + 1, column, title, "head", bottom=1, align=side)
    table = _Table(sheet)
    for entry in _entries(book):
        table.add(entry)
    table.finish()


class _Table:
    """The rows of the sheet under construction."""

    def __init__(self, sheet: Sheet) -> None:
        self.sheet, self.book = sheet, sheet.book
        case = self.book.case
        self.sources = {s.source: s for s in case.sources}
        self.locations = {p.package: p.location for p in case.packages}
        self.row = HEADER + 1
        """Number of the next row, counted from 0."""
        self.drawn = self.cost = 0.0
        self.letters = [xl_col_to_name(column) for column in range(len(COLUMNS))]
        self.right = sheet.styles("text", align="right")
        self.plain, self.whole, self.date = (sheet.styles("text"), sheet.styles("whole"), sheet.styles("date"))
        self.link, self.money = sheet.styles("money", "link"), sheet.styles("money")
        self.factor = sheet.styles("factor", "link")

    def add(self, entry: Entry) -> None:
        """Write one row."""
        self._words(entry)
        ws, amount = self.sheet.ws, entry.amount[1]
        for column, figure in ((OWN, entry.own), (AMOUNT, entry.amount)):
            if figure is not None:
                ws.write_formula(self.row, column, figure[0], self.link, figure[1])
                self.sheet.seen(column, "money", figure[1])
        if entry.sign:
            self._present_value(entry)
        self.drawn += amount if entry.flow == DRAW else 0.0
        self.row += 1

    def _words(self, entry: Entry) -> None:
        ws, row, calendar = self.sheet.ws, self.row, self.book.case.calendar
        source = self.sources.get(entry.source)
        account = entry.source == PROJECT_ACCOUNT
        period = calendar[-1] if entry.period is None else calendar[entry.period]
        currency = (source.currency if source else None) or self.book.case.project.currency
        words = (
            entry.flow, entry.source, source.party if source else "",
            source.instrument if source else "project account" if account else "", self._payer(entry),
            entry.use, self.locations.get(entry.use, ""), period.label,
        )  # fmt: skip
        for column, word in enumerate(words):
            ws.write_string(row, column, word, self.plain)
        name = calendar.year_name(period.year)
        if name.isdigit():
            ws.write_number(row, YEAR, period.year, self.whole)
        else:
            ws.write_string(row, YEAR, name, self.right)
        ws.write_datetime(row, YEAR + 1, self._day(entry), self.date)
        ws.write_string(row, YEAR + 2, currency, self.plain)

    def _payer(self, entry: Entry) -> str:
        """Who pays a flow that funders take out."""
        if entry.sign <= 0 or entry.flow.startswith("closing"):
            return ""
        return PROJECT if entry.flow == "payout" else self.sources[entry.source].repaid_by

    def _day(self, entry: Entry) -> object:
        calendar = self.book.case.calendar
        period = calendar[-1 if entry.period is None else entry.period]
        return period.last if entry.discount == LATE else period.flow_date

    def _present_value(self, entry: Entry) -> None:
        line = self.book.lines[entry.discount]
        at = len(self.book.case.calendar) if entry.period is None else entry.period
        factor = float(line.values[at])
        column = xl_col_to_name(FIRST_COLUMN + at)
        value = entry.sign * entry.amount[1] * factor
        row, minus = self.row + 1, "-" if entry.sign < 0 else ""
        ws = self.sheet.ws
        ws.write_formula(self.row, FACTOR, f"={line.sheet}!{column}{line.row}", self.factor, factor)
        formula = f"={minus}{self.letters[AMOUNT]}{row}*{self.letters[FACTOR]}{row}"
        ws.write_formula(self.row, VALUE, formula, self.money, value)
        self.sheet.seen(VALUE, "money", value)
        self.cost += value

    def finish(self) -> None:
        """Totals above the table: of the draws, and of the present values."""
        sheet, last = self.sheet, max(self.row, HEADER + 2)
        flows, amounts, values = (
            f"{self.letters[c]}{HEADER + 2}:{self.letters[c]}{last}" for c in (FLOW, AMOUNT, VALUE)
        )
        sheet.text(1, OWN, "Draws", "muted", align="right")
        formula = f'=SUMIF({flows},"{DRAW}",{amounts})'
        sheet.book.cells["data total"] = sheet.formula(1, AMOUNT, formula, self.drawn, bold=True)
        sheet.text(1, FACTOR, "Cost", "muted", align="right")
        sheet.book.cells["data cost"] = sheet.formula(1, VALUE, f"=SUM({values})", self.cost, bold=True)
        sheet.ws.autofilter(HEADER, 0, max(self.row - 1, HEADER + 1), len(COLUMNS) - 1)
        sheet.ws.freeze_panes(HEADER + 1, 0)
        sheet.ws.repeat_rows(0, HEADER)
        for column, width in enumerate(WIDTHS):
            sheet.ws.set_column(column, column, sheet.width(column, width))


def _entries(book: Book) -> Iterator[Entry]:
    yield from _draws(book)
    for s in range(len(book.case.sources)):
        yield from _commitment(book, s)
        for kind in KINDS:
            yield from _flows(book, s, kind)
        yield from _closing(book, s)
    yield from _reserve(book)


def _draws(book: Book) -> Iterator[Entry]:
    """Draws in the plan's order, those of the Project account too: they pay uses, but nobody puts them in."""
    sources = {s.source: i for i, s in enumerate(book.case.sources)} | {PROJECT_ACCOUNT: len(book.case.sources)}
    uses = {use: u for u, use in enumerate(book.figures.data.uses)}
    place = {label: t for t, label in enumerate(book.case.calendar.labels)}
    table = book.plan.draws[DRAW_COLUMNS]
    for source, use, label in zip(table["source"], table["package"], table["period"], strict=True):
        s, t = sources[source], place[label]
        values = book.figures.draws.get((s, uses[use]))
        if values is None or not values[t]:
            continue
        amount = (_link(book, ("draw", s, uses[use]), t), float(values[t]))
        if s == len(book.case.sources):
            yield Entry(DRAW, source, use, t, amount, amount, EARLY, 0)
            continue
        own = amount
        if foreign(book, s):
            own = (f"{amount[0]}/{_link(book, ('fx', s), t)[1:]}", float(values[t] / book.figures.data.fx[s, t]))
        yield Entry(DRAW, source, use, t, own, amount, EARLY, -1)


def _flows(book: Book, s: int, kind: Kind) -> Iterator[Entry]:
    line = book.lines.get((kind.line, s))
    if line is None:
        return
    for t in np.flatnonzero(line.values).tolist():
        yield _entry(book, s, kind.flow, (kind.line, s), t, kind.discount, kind.sign)


def _entry(book: Book, s: int, flow: str, key: Key, t: int, discount: str, sign: int) -> Entry:
    """A flow in the source's currency, and in case money at the exchange rate of its period."""
    own = (_link(book, key, t), float(book.lines[key].values[t]))
    amount = own
    if foreign(book, s):
        amount = (f"{own[0]}*{_link(book, ('fx', s), t)[1:]}", float(own[1] * book.figures.data.fx[s, t]))
    return Entry(flow, book.case.sources[s].source, "", t, own, amount, discount, sign)


def _commitment(book: Book, s: int) -> Iterator[Entry]:
    """What is committed, at the exchange rate of the first period in which the source is open."""
    first, cell = first_true(book.figures.data.open)[s], book.cells["commitment", s]
    made = float(cell.value)
    if not made:
        return
    t = first or 0
    own = (f"={cell.ref('Data')}", made)
    amount = own
    if foreign(book, s):
        amount = (f"{own[0]}*{_link(book, ('fx', s), t)[1:]}", made * float(book.figures.data.fx[s, t]))
    yield Entry("commitment", book.case.sources[s].source, "", t, own, amount, EARLY, 0)


def _closing(book: Book, s: int) -> Iterator[Entry]:
    """What a funder is still owed at the horizon; it counts in the financing cost."""
    last = len(book.case.calendar) - 1
    if book.lines["closing", s].values[last]:
        flow = "closing balance" if book.case.sources[s].is_debt else "closing account"
        found = _entry(book, s, flow, ("closing", s), last, LATE, 1)
        yield replace(found, period=None)


def _reserve(book: Book) -> Iterator[Entry]:
    """Money put into the debt service reserve, and released from it (negative)."""
    line = book.lines.get("reserve")
    if line is None:
        return
    changes = np.diff(line.values, prepend=0.0)
    for t in np.flatnonzero(np.abs(changes) > book.quiet).tolist():
        before = f"-{_link(book, 'reserve', t - 1)[1:]}" if t else ""
        amount = (_link(book, "reserve", t) + before, float(changes[t]))
        yield Entry("reserve change", "", "", t, amount, amount, EARLY, 0)


def _link(book: Book, key: Key, t: int) -> str:
    """Formula that shows a named line in one period."""
    line = book.lines[key]
    return f"='{line.sheet}'!{xl_col_to_name(FIRST_COLUMN + t)}{line.row}"


PAGE = Page(
    "Data",
    "Every flow in one long table, for pandas and pivot tables",
    write,
    after=(
        "Inputs",
        "Funding schedule",
        "Debt",
        "Package funding",
        "Cash flow",
    ),
)
