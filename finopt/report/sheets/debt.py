"""Debt: a corkscrew per source in its own currency, its interest and fees; then the accounts of equity and grants."""

from __future__ import annotations

import numpy as np

from finopt.finance import Array
from finopt.report.excel.page import Page
from finopt.report.excel.plan_arrays import shifted
from finopt.report.excel.sheet import Book, Grid, joined
from finopt.report.record.inputs import foreign
from finopt.report.sheets.funding_schedule import currency, write_parties

ABOUT = (
    "What is owed to every source and what it costs, in the source's own currency. Interest of a period = its rate x "
    "(opening balance + share of the period x draws): no circularity, no macro."
)
FEES = ("upfront", "commitment", "guarantee", "draw")


def write(book: Book) -> None:
    """Write one block a source, debt first, then the totals in case money; then what parties put in."""
    grid = Grid(book, "Debt", ABOUT)
    data = book.figures.data
    order = sorted(range(len(book.case.sources)), key=lambda s: not data.is_debt[s])
    for s in order:
        _Block(grid, s).write()
    _totals(grid)
    grid.quiet_zeros(book.quiet)
    write_parties(book)


def _totals(grid: Grid) -> None:
    """All sources together, in case money; and what the project itself pays of it."""
    book, repaid_by = grid.book, grid.book.figures.data.repaid_by
    everyone = range(len(book.case.sources))
    project = [s for s in everyone if repaid_by[s] is None]
    grid.section("All sources, in case money")
    for name, key, label, sources in (
        ("owed", "owed", "Debt outstanding", everyone),
        ("accrued", "accrued", "Interest accrued", everyone),
        ("charged", "charged", "Fees", everyone),
        ("capitalised money", "capitalised money", "Interest added to balances", everyone),
        ("paid interest", "project interest", "Interest that the project pays", project),
        ("charged", "project fees", "Fees that the project pays", project),
        ("repaid", "project principal", "Principal that the project repays", project),
    ):
        parts = grid.noted(*((name, s) for s in sources if (name, s) in book.lines))
        grid.add_up(key, label, parts, total="last" if key == "owed" else "sum")
    _committed(grid)
    _by_party(grid)
    equity = [s for s in everyone if ("to equity", s) in book.lines]
    if equity:
        grid.add_up("payouts", "Paid out to equity", grid.noted(*(("to equity", s) for s in equity)))


def _committed(grid: Grid) -> None:
    """What debt can come to: commitments, with the interest that was added to balances so far."""
    book, figures = grid.book, grid.book.figures
    parts = []
    for s in np.flatnonzero(figures.data.is_debt).tolist():
        grows = bool(figures.data.capitalised[s].any())
        own = grid.ref(("commitment", s)) + (f"+SUM({grid.until(('capitalised', s))})" if grows else "")
        values = figures.commitment[s] + np.cumsum(figures.capitalised[s])
        if foreign(book, s):
            parts.append((f"{grid.now(('fx', s))}*({own})", figures.data.fx[s] * values))
        else:
            parts.append((own, values))
    if parts:
        label = "Debt committed, with interest added to balances so far"
        grid.add_up("debt committed", label, parts, total="max")


def _by_party(grid: Grid) -> None:
    """Debt outstanding by the party behind it."""
    book = grid.book
    for p, party in enumerate(book.case.parties):
        keys = [("owed", s) for s, own in enumerate(book.figures.data.party) if own == p and ("owed", s) in book.lines]
        if keys:
            label = f"Debt outstanding to {party.party}"
            grid.add_up(("owed to party", p), label, grid.noted(*keys), party=party.party, total="last", indent=1)


class _Block:
    """The lines of one source."""

    def __init__(self, grid: Grid, s: int) -> None:
        self.grid, self.s, self.book = grid, s, grid.book
        self.source = grid.book.case.sources[s]
        self.figures, self.data = grid.book.figures, grid.book.figures.data

    def write(self) -> None:
        terms = self.source.instrument + (f", {self.source.repayment}" if self.source.traits.scheduled else "")
        payer = f", repaid by {self.source.repaid_by}" if self.source.is_debt else ""
        self.grid.section(f"{self.source.source} ({terms}{payer})")
        self._put_in()
        if self.source.is_debt:
            self._balance()
            self._interest()
        else:
            self._account()
        self._fees()
        self._service()
        self._in_case_money()
        if self.source.traits.ahead:
            self._proceeds()

    def line(
        self, name: str, label: str, values: Array, formula: str, total: str | None = "sum", **more: object
    ) -> None:
        """One line of the block, in the source's currency."""
        settings: dict[str, object] = {"party": self.source.party, "unit": currency(self.book, self.s), "indent": 1}
        self.grid.line((name, self.s), label, values, formula, total=total, **{**settings, **more})  # type: ignore[arg-type]

    def now(self, name: str) -> str:
        return self.grid.now((name, self.s))

    def term(self, field: str) -> str:
        """The cell of a term as read."""
        return self.grid.ref(("input", "Sources", self.s, field))

    def _put_in(self) -> None:
        ahead = self.source.traits.ahead
        key = ("issue", self.s) if ahead else ("source", self.s)
        exchange = f"/{self.now('fx')}" if foreign(self.book, self.s) and not ahead else ""
        values, before = self.figures.put_in[self.s], float(self.data.drawn_before[self.s])
        role = "formula" if exchange else "link"
        label = "Issued" if ahead else "Drawn"
        self.line("put in", label, values, f"={self.grid.now(key)}{exchange}", role=role)
        so_far = before + np.cumsum(values)
        self.line("so far", f"{label} so far", so_far, f"={self.grid.previous}+{self.now('put in')}", "last")
        if before:
            self.grid.begin_at(("so far", self.s), f"={self.term('drawn_before')}+{self.now('put in')}")

    def _balance(self) -> None:
        s, figures, row = self.s, self.figures, self.grid.row
        opening, added, repaid = (f"{{c}}{row + i}" for i in range(3))
        balance, begun = figures.balance[s], float(self.data.opening_balance[s])
        accrued = row + 4 + bool(self.data.scheduled[s])
        self.line("opening", "Opening balance", shifted(balance, begun), f"={{p}}{row + 3}", None)
        if begun:
            self.grid.begin_at(("opening", s), f"={self.term('opening_balance')}")
        flag = self.now("capitalised flag")
        self.line("capitalised", "Interest added to the balance", figures.capitalised[s], f"={flag}*{{c}}{accrued}")
        if self.data.scheduled[s]:
            grown = self.source.repayment == "bullet" and (self.data.capitalised[s] & self.data.repays[s]).any()
            base = f"({{c}}{row + 4}+{self.now('capitalised')})" if grown else f"{{c}}{row + 4}"
            self.line("principal", "Less: principal repaid", figures.principal[s], f"={self.now('share')}*{base}")
        else:
            free = f"={self.grid.now(('free', s))}"
            self.line("principal", "Less: principal repaid", figures.principal[s], free, role="link")
        formula = f"={opening}+{self.now('put in')}+{added}-{repaid}"
        self.line("closing", "Closing balance", balance, formula, "last", bold=True)
        if self.data.scheduled[s]:
            first, before = self.data.first_repayment[s], shifted(balance, begun)
            values = (
                np.zeros(before.size)
                if first is None
                else np.where(np.arange(before.size) >= first, before[first], 0.0)
            )
            formula = f"=IF({self.now('first repayment')}=1,{opening},{self.grid.previous})"
            self.line("base", "Balance before the first repayment", values, formula, None)

    def _interest(self) -> None:
        s = self.s
        formula = f"={self.now('period rate')}*({self.now('opening')}+{self.grid.ref('omega')}*{self.now('put in')})"
        self.line("interest", "Interest accrued", self.figures.interest[s], formula)
        formula = f"={self.now('interest')}-{self.now('capitalised')}"
        self.line("interest paid", "Interest paid", self.figures.interest_paid[s], formula)

    def _account(self) -> None:
        s, account = self.s, self.figures.account[self.s]
        data, row = self.data, self.grid.row
        grows = (
            data.growth[s] * shifted(account) - shifted(account) + (data.draw_growth[s] - 1) * self.figures.put_in[s]
        )
        closing = f"={{p}}{row + 2 + self.source.traits.pays_out}"
        self.line("opening", "Account at its target rate: opening", shifted(account), closing, None)
        formula = f"=({self.now('growth')}-1)*{self.now('opening')}+({self.now('draw growth')}-1)*{self.now('put in')}"
        self.line("earned", "Return earned", grows, formula)
        payout = ""
        if self.source.traits.pays_out:
            values = self.figures.payout[s]
            self.line("paid out", "Paid out", values, f"={self.grid.now(('payout', s))}", role="link")
            payout = f"-{self.now('paid out')}"
        formula = f"={self.now('opening')}+{self.now('put in')}+{self.now('earned')}{payout}"
        self.line("closing", "Account: closing", account, formula, "last", bold=True)

    def _fees(self) -> None:
        names = [name for name in FEES if getattr(self.source, f"{name}_fee")]
        for name in names:
            values = self.figures.table(self.book.plan.fees, name)[self.s]
            self.line(f"{name} fee", f"{name.capitalize()} fee", values, self._fee(name))
        if names:
            formula = "=" + joined(self.now(f"{name} fee") for name in names)
            self.line("fees", "Fees", self.figures.fees[self.s], formula)

    def _fee(self, name: str) -> str:
        rate, omega = self.term(f"{name}_fee"), self.grid.ref("omega")
        commitment = self.grid.ref(("commitment", self.s))
        length = self.grid.now("length")
        if name == "upfront":
            return f"={self.now('upfront flag')}*{rate}*{commitment}"
        if name == "draw":
            return f"={rate}*{self.now('put in')}"
        opening = self.now("opening") if self.source.is_debt else "0"
        bearing = f"({opening}+{omega}*{self.now('put in')})"
        if name == "guarantee":
            return f"={rate}*{length}*{bearing}"
        flag = self.now("commitment flag")
        if self.source.traits.revolving:
            return f"={flag}*{rate}*{length}*MAX(0,{commitment}-{bearing})"
        used = f"({self.now('so far')}-(1-{omega})*{self.now('put in')})"
        return f"={flag}*{rate}*{length}*({commitment}-{used})"

    def _service(self) -> None:
        names = ["interest paid", "fees", "principal"]
        parts = [name for name in names if (name, self.s) in self.book.lines]
        if parts:
            formula = "=" + joined(self.now(name) for name in parts)
            self.line("debt service", "Interest paid, fees and principal", self.figures.service[self.s],
                      formula, bold=True)  # fmt: skip

    def _in_case_money(self) -> None:
        """Lines in case money under the names that other sheets use; the same lines where that is the currency."""
        names = {
            "put in": ("funding", "Money put in"),
            "interest": ("accrued", "Interest accrued"),
            "interest paid": ("paid interest", "Interest paid"),
            "fees": ("charged", "Fees"),
            "capitalised": ("capitalised money", "Interest added to the balance"),
            "principal": ("repaid", "Principal repaid"),
            "debt service": ("service", "Debt service"),
            "paid out": ("to equity", "Paid out"),
            "closing": ("owed" if self.source.is_debt else "account", "Closing balance"),
        }
        for own, (key, label) in names.items():
            if (own, self.s) not in self.book.lines:
                continue
            line = self.book.lines[own, self.s]
            if not foreign(self.book, self.s):
                self.book.lines[key, self.s] = line
                continue
            formula = f"={self.now(own)}*{self.now('fx')}"
            total = "last" if own == "closing" else "sum"
            self.line(key, f"{label}, in case money", line.values * self.data.fx[self.s], formula, total,
                      unit=self.book.case.money)  # fmt: skip

    def _proceeds(self) -> None:
        s, row = self.s, self.grid.row
        table = self.book.plan.proceeds
        closing = self.figures.table(table, "closing")[s]
        self.line("proceeds opening", "Proceeds account: opening", shifted(closing), f"={{p}}{row + 3}", None)
        formula = f"={self.now('proceeds opening')}*{self.grid.now('deposit')}"
        earned = self.figures.table(table, "deposit_interest")[s]
        self.line("proceeds earned", "Deposit interest", earned, formula)
        exchange = f"/{self.now('fx')}" if foreign(self.book, s) else ""
        drawn = self.figures.table(table, "drawn")[s]
        self.line("proceeds drawn", "Drawn to pay", drawn, f"={self.grid.now(('source', s))}{exchange}")
        opening, earned_now, drawn_now = (self.now(f"proceeds {n}") for n in ("opening", "earned", "drawn"))
        formula = f"={opening}+{earned_now}+{self.now('put in')}-{drawn_now}"
        self.line("proceeds", "Proceeds account: closing", closing, formula, "last", bold=True)


PAGE = Page(
    "Debt",
    "A corkscrew per source: balance, interest, fees; accounts of equity and grants",
    write,
    after=(
        "Inputs",
        "Funding schedule",
    ),
)
