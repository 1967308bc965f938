"""The books of a plan, rolled forward period by period from its decisions alone.

Decisions come from sheet Data: draws, issues of bonds, principal that is free, payouts, commitments, the reserve.
Everything else (interest, fees, scheduled principal, balances, accounts, cash) is worked out here.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from finopt.auditor.sheets import same
from finopt.auditor.terms import ACCOUNT, AHEAD, DEBT, REVOLVING, Array, Mask, Terms

FEES = ("upfront fee", "commitment fee", "guarantee fee", "draw fee")
PAID = ("interest paid", *FEES, "principal")
"""Debt service: what funders take out of a debt."""


@dataclass
class Ledger:
    """Tables by name, (S, T) in the source's own currency: drawing, interest, principal, balance, account and so on.

    ``draw`` is case money by source (the project account last), use and period; ``commitment`` (S,); ``reserve`` and
    ``cash`` (T,). ``strays`` are rows of Data that name no source, use or period of the inputs.
    """

    terms: Terms
    draw: Array
    table: dict[str, Array]
    commitment: Array
    reserve: Array
    cash: Array
    strays: list[int] = field(default_factory=list)

    def money(self, name: str) -> Array:
        """A table in case money; (S, T)."""
        return np.asarray(self.table[name] * self.terms.fx)

    @property
    def service(self) -> Array:
        """Interest paid, fees and scheduled principal, in case money; (S, T)."""
        return np.asarray(sum(self.money(name) for name in PAID))

    @property
    def project_pays(self) -> Mask:
        """Whether the project repays each source; (S, 1)."""
        return np.array([[payer is None] for payer in self.terms.payer], dtype=bool).reshape(self.terms.S, 1)

    def put_in(self, p: int) -> Array:
        """What a party puts in: drawings on its sources, and debt service that it repays; (T,)."""
        total = np.zeros(self.terms.T)
        for s in range(self.terms.S):
            total += self.money("drawing")[s] if self.terms.party[s] == p else 0.0
            total += self.service[s] if self.terms.payer[s] == p else 0.0
        return total

    @property
    def financing_cost(self) -> float:
        """Present value of what funders take out, less what pays uses; the first aim unless the case says otherwise."""
        t = self.terms
        out = sum(float((self.money(name) @ t.late).sum()) for name in ("interest paid", "commitment fee",
                  "guarantee fee", "principal", "payout"))  # fmt: skip
        out += sum(float((self.money(name) @ t.early).sum()) for name in ("upfront fee", "draw fee"))
        drawn = float((self.draw[: t.S].sum(axis=1) @ t.early).sum())
        closing = (self.money("balance") + self.money("account"))[:, -1].sum()
        return out - drawn + float(closing) * float(t.late[-1])


def rolled(terms: Terms, data: pd.DataFrame) -> Ledger:
    """Roll every account forward from the decisions on sheet Data."""
    books = _Roll(terms, data)
    for s in range(terms.S):
        books.source(s)
    books.project()
    return books.ledger


class _Roll:
    """The work: reads decisions, then fills the tables."""

    def __init__(self, terms: Terms, data: pd.DataFrame) -> None:
        self.terms, self.data = terms, data
        self.row = {same(name): s for s, name in enumerate([*terms.names, ACCOUNT])}
        self.period = {label: t for t, label in enumerate(terms.labels)}
        names = (*PAID, "drawing", "interest capitalised", "balance", "account", "payout", "proceeds", "drawn so far")
        tables = {name: np.zeros((terms.S, terms.T)) for name in names}
        uses = len(terms.uses)
        self.ledger = Ledger(terms, np.zeros((terms.S + 1, uses, terms.T)), tables, np.zeros(terms.S),
                             np.zeros(terms.T), np.zeros(terms.T))  # fmt: skip
        self._draws()
        self._commitments()
        self.ledger.reserve = np.cumsum(self.stated("reserve change", 0)[0])

    def stated(self, flow: str, sources: int | None = None) -> Array:
        """What Data says of a flow, own currency; (S, T), or one row where the flow belongs to no source."""
        size = self.terms.S if sources is None else 1
        table = np.zeros((size, self.terms.T))
        column = "amount" if sources is not None else "amount in source currency"
        for row in self.data[self.data["flow"] == flow].to_dict("records"):
            s = self.row.get(same(row["source"])) if sources is None else 0
            t = self.period.get(row["period"])
            if s is None or t is None or s >= size:
                self.ledger.strays.append(row["row"])
            else:
                table[s, t] += np.nan_to_num(row[column])
        return table

    def _draws(self) -> None:
        uses = {same(use): u for u, use in enumerate(self.terms.uses)}
        for row in self.data[self.data["flow"] == "draw"].to_dict("records"):
            at = (self.row.get(same(row["source"])), uses.get(same(row["package"])), self.period.get(row["period"]))
            if None in at:
                self.ledger.strays.append(row["row"])
            else:
                self.ledger.draw[at] += np.nan_to_num(row["amount"])

    def _commitments(self) -> None:
        self.ledger.commitment = self.stated("commitment").sum(axis=1)

    def source(self, s: int) -> None:
        """Everything that one source pays out and takes out."""
        terms, table = self.terms, self.ledger.table
        own = self.ledger.draw[s].sum(axis=0) / terms.fx[s]
        table["drawing"][s] = self.stated("drawing")[s] if terms.text(s, "Instrument") in AHEAD else own
        line = terms.text(s, "Instrument") in REVOLVING
        before = 0.0 if line else terms.number(s, "Drawn before")
        table["drawn so far"][s] = before + np.cumsum(table["drawing"][s])
        self._proceeds(s, own)
        if terms.text(s, "Instrument") in DEBT:
            self._debt(s)
        else:
            self._account(s)
        self._fees(s)

    def _proceeds(self, s: int, spent: Array) -> None:
        """Money that waits until it pays a use, at the deposit rate."""
        if self.terms.text(s, "Instrument") in AHEAD:
            waiting = 0.0
            for t in range(self.terms.T):
                waiting = (1 + self.terms.deposit[t]) * waiting + self.ledger.table["drawing"][s, t] - spent[t]
                self.ledger.table["proceeds"][s, t] = waiting

    def _debt(self, s: int) -> None:
        """Interest and principal, and what is owed after them."""
        terms, table = self.terms, self.ledger.table
        owed, omega = terms.number(s, "Opening balance"), 1 - terms.phi
        free, due = terms.free(s), terms.due(s)
        shares = np.zeros(terms.T) if free else terms.principal_share(s)
        principal = self.stated("principal")[s] if free else np.zeros(terms.T)
        base = 0.0
        for t in range(terms.T):
            base = owed if due and t == due[0] else base
            drawing = table["drawing"][s, t]
            interest = terms.rate[s, t] * terms.length[t] * (owed + omega * drawing)
            added = interest if terms.capitalises[s, t] else 0.0
            grown = base + added if terms.text(s, "Repayment") == "bullet" else base
            repaid = principal[t] if free else shares[t] * grown
            owed = owed + drawing + added - repaid
            table["interest capitalised"][s, t], table["interest paid"][s, t] = added, interest - added
            table["principal"][s, t], table["balance"][s, t] = repaid, owed

    def _account(self, s: int) -> None:
        """What equity and public money have earned and not been paid."""
        terms, table = self.terms, self.ledger.table
        table["payout"][s] = self.stated("payout")[s]
        held, omega = 0.0, 1 - terms.phi
        for t in range(terms.T):
            grows = 1 + terms.rate[s, t]
            entered = table["drawing"][s, t] * grows ** (omega * terms.length[t])
            held = held * grows ** terms.length[t] + entered - table["payout"][s, t]
            table["account"][s, t] = held

    def _fees(self, s: int) -> None:
        terms, table = self.terms, self.ledger.table
        made, drawing, omega = self.ledger.commitment[s], table["drawing"][s], 1 - terms.phi
        first = terms.first_open(s)
        if first is not None and not terms.began_before(s):
            table["upfront fee"][s, first] = terms.number(s, "Upfront fee") * made
        before = np.concatenate([[terms.number(s, "Opening balance")], table["balance"][s, :-1]])
        bearing = before + omega * drawing
        line = terms.text(s, "Instrument") in REVOLVING
        used = bearing if line else table["drawn so far"][s] - (1 - omega) * drawing
        undrawn = np.where(terms.open[s], np.maximum(0.0, made - used), 0.0)
        table["commitment fee"][s] = terms.number(s, "Commitment fee") * terms.length * undrawn
        if terms.text(s, "Instrument") in DEBT:
            table["guarantee fee"][s] = terms.number(s, "Guarantee fee") * terms.length * bearing
        table["draw fee"][s] = terms.number(s, "Draw fee") * drawing

    def project(self) -> None:
        """The project account: what came in stays, earns the deposit rate, or is paid out."""
        terms, books = self.terms, self.ledger
        own = books.project_pays
        built_in = books.draw[: terms.S, terms.financing :].sum(axis=(0, 1))
        out = (books.service * own).sum(axis=0) + books.money("payout").sum(axis=0)
        out += books.draw[terms.S].sum(axis=0) + np.diff(books.reserve, prepend=0.0)
        held = float(terms.project.get("Opening cash", 0.0))
        for t in range(terms.T):
            held = (1 + terms.deposit[t]) * held + terms.cfads[t] + built_in[t] - out[t]
            books.cash[t] = held
