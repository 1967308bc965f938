"""A plan: frozen result tables, proven, in the words of the workbook.

Money is in the case's unit. Debt and fees are also kept in each source's own currency, with ``fx`` (case
money per unit) beside them. Tables are pandas DataFrames; treat them as read-only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from finopt.case.case import Case
from finopt.finance import Array

DRAW_COLUMNS = ["source", "party", "instrument", "package", "location", "period", "year", "amount"]


@dataclass(frozen=True)
class Aim:
    """One objective and what the plan reaches of it, in the user's sense and unit.

    ``best`` is what it reached when its turn came; ``value`` differs where its tolerance let later ones worsen it.
    """

    aim: str
    measure: str
    of: str
    value: float
    best: float


@dataclass(frozen=True)
class Proof:
    """How the plan was proven: solver, its version, size of the model, and how well the rows hold.

    ``violation`` is the largest relative violation of any row or bound, recomputed from the plan's own values.
    ``timings`` are seconds by phase (read, check, build, solve, report as far as they ran).
    """

    solver: str
    version: str
    status: str
    rows: int
    columns: int
    nonzeros: int
    violation: float
    timings: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class AimProof:
    """What proves one aim, in the user's sense and unit.

    ``primal`` is the value reached when its turn came, ``dual`` the bound proven for it, ``gap`` their difference
    relative to ``size``, the sum of the terms of the aim, each taken positive. ``final`` is its value in the final
    plan: worse than ``primal`` by at most ``tolerance``, a share of it.
    """

    words: str
    aim: str
    measure: str
    of: str
    primal: float
    dual: float
    gap: float
    final: float
    tolerance: float
    size: float


@dataclass(frozen=True)
class Violation:
    """The largest violation of one kind: row, bound, whole number, dual sign of a row or column, reduced cost.

    ``figure`` is ``amount`` relative to ``size``; ``place`` says where, in words. All zero and blank where nothing is
    violated at all.
    """

    kind: str
    place: str
    figure: float
    amount: float
    size: float


@dataclass(frozen=True)
class Certificate:
    """The proof of a plan, as far as it can be recomputed: one linear program, its values and its prices.

    Arrays over the rows (m,) and columns (n,) of the program of the first aim, minimised: limits, cost, values at the
    optimum of that aim, prices ``dual`` and ``reduced_cost`` with what is rounding set to zero, and ``final`` values of
    the plan. With ``whole``, columns that must be whole are held where they are, as prices need it. ``sign`` is +1
    where the first aim is minimised, -1 where it is maximised. ``row_labels`` gives family and key of each row in
    words, ``column_labels`` the name of each column, when they are asked for.
    """

    solver: str
    aims: tuple[AimProof, ...]
    violations: tuple[Violation, ...]
    sign: float
    whole: bool
    row_labels: Iterable[tuple[str, str]]
    row_lower: Array
    row_upper: Array
    dual: Array
    activity: Array
    row_final: Array
    column_labels: Iterable[str]
    lower: Array
    upper: Array
    cost: Array
    reduced_cost: Array
    value: Array
    final: Array

    @cached_property
    def rows(self) -> pd.DataFrame:
        """One row a row of the program: family, key, lower, upper, dual, activity (at the first aim), final."""
        table = pd.DataFrame(list(self.row_labels), columns=["family", "key"])
        return table.assign(
            lower=self.row_lower, upper=self.row_upper, dual=self.dual, activity=self.activity, final=self.row_final
        )

    @cached_property
    def columns(self) -> pd.DataFrame:
        """One row a column: name, lower, upper, cost, reduced_cost, value (at the first aim), final."""
        return pd.DataFrame(
            {
                "name": list(self.column_labels),
                "lower": self.lower,
                "upper": self.upper,
                "cost": self.cost,
                "reduced_cost": self.reduced_cost,
                "value": self.value,
                "final": self.final,
            }
        )


@dataclass(frozen=True)
class Plan:
    """Who pays for what, when, with which money: a proven optimum of a case.

    Tables, all with one row a (source, period) over every period unless said:

    ``draws``       source, party, instrument, package, location, period, year, amount; only what is drawn, in case
                    money; package may be Financing costs or Refinancing, source may be Project account (party "").
    ``debt``        per loan, bond and credit line, in its own currency: source, period, fx, opening, drawn (a bond's
                    issue), capitalised, principal, closing, interest (accrued), interest_paid.
    ``fees``        per source with any fee, own currency: source, period, fx, upfront, commitment, guarantee, draw,
                    total.
    ``accounts``    per equity and grant, own currency: source, period, fx, opening, growth, put_in, payout, closing;
                    put_in is the draw before growth within the period.
    ``proceeds``    per bond, own currency: source, period, fx, opening, deposit_interest, issued, drawn, closing.
    ``cash``        project account, one row a period: period, opening, deposit_interest, cfads, financing_draws,
                    refinancing_draws, packages, interest, fees, principal, reserve_additions, payouts, closing,
                    reserve (closing balance of the debt service reserve).
    ``commitments`` one row a source: source, party, instrument, currency, limit, commitment (own currency), drawn
                    (own currency, a bond's issue), fx-free; and drawn_case (case money).
    ``prices``      one row a row of the model that binds or has a price: family, key, sense, limit, activity, price,
                    kind (limit: somebody sets it; need: it must be paid; identity: it says what a figure is).

    ``certificate`` proves it: values and prices of the whole program, aim by aim; see Certificate.
    """

    case: Case
    aims: tuple[Aim, ...]
    draws: pd.DataFrame
    debt: pd.DataFrame
    fees: pd.DataFrame
    accounts: pd.DataFrame
    proceeds: pd.DataFrame
    cash: pd.DataFrame
    commitments: pd.DataFrame
    covenants: pd.DataFrame
    prices: pd.DataFrame
    measures: Mapping[str, float]
    peak_year: Mapping[str, float]
    all_in_rate: Mapping[str, float | None]
    checks: Mapping[str, bool]
    proof: Proof
    certificate: Certificate

    @property
    def status(self) -> str:
        """Always "optimal": a plan that is not proven does not exist."""
        return self.proof.status

    @property
    def objective(self) -> float:
        """What the plan reaches of its first objective, in the user's sense."""
        return self.aims[0].value

    @property
    def cost(self) -> float:
        """Financing cost: present value of what funders take out less what they put in."""
        return self.measures["financing cost"]

    @cached_property
    def by_party(self) -> pd.Series:
        """Money drawn from each party's sources, in the workbook's order."""
        return self._by("party", [p.party for p in self.case.parties])

    @cached_property
    def by_source(self) -> pd.Series:
        """Money drawn from each source, unused ones included."""
        return self._by("source", [s.source for s in self.case.sources])

    @cached_property
    def by_instrument(self) -> pd.Series:
        """Money drawn by kind of instrument."""
        return self._by("instrument", list(dict.fromkeys(s.instrument for s in self.case.sources)))

    @cached_property
    def schedule(self) -> pd.DataFrame:
        """Money drawn, one row a (party, source), one column a period."""
        index = pd.MultiIndex.from_tuples([(s.party, s.source) for s in self.case.sources], names=["party", "source"])
        table = self.draws.pivot_table(index=["party", "source"], columns="period", values="amount", aggfunc="sum")
        return table.reindex(index=index, columns=list(self.case.calendar.labels), fill_value=0.0).fillna(0.0)

    @cached_property
    def package_funding(self) -> pd.DataFrame:
        """Money that pays each use, one row a (package, source) with any, one column a period."""
        table = self.draws.pivot_table(index=["package", "source"], columns="period", values="amount", aggfunc="sum")
        return table.reindex(columns=list(self.case.calendar.labels)).fillna(0.0)

    def _by(self, column: str, order: list[str]) -> pd.Series:
        totals = self.draws.groupby(column)["amount"].sum()
        return totals.reindex(order, fill_value=0.0).astype(np.float64)

    def __str__(self) -> str:
        money = self.case.money
        total = self.by_party.sum()
        shares = ", ".join(f"{n} {v:,.1f} ({v / total if total else 0:.0%})" for n, v in self.by_party.items() if v > 0)
        kinds = ", ".join(f"{n} {v:,.1f}" for n, v in self.by_instrument.items() if v > 0)
        peaks = ", ".join(f"{n} {v:,.1f}" for n, v in self.peak_year.items() if v > 0)
        rate = self.all_in_rate.get("total")
        lines = [
            f"{self.case.name}: {self.status} plan, {money}",
            *(f"{a.aim} {a.measure}{'' if a.of == 'all' else ' of ' + a.of}: {a.value:,.2f}" for a in self.aims[:3]),
            f"money drawn     {total:,.1f}",
            f"by party        {shares}",
            f"by instrument   {kinds}",
            f"financing cost  {self.cost:,.1f} (present value)",
            f"interest, fees  {self.measures['interest and fees']:,.1f} (nominal)",
            f"all-in rate     {'n/a' if rate is None else f'{rate:.2%}'}",
            f"peak year       {peaks}",
        ]
        return "\n".join([*lines[:9], self._binding()])

    def _binding(self) -> str:
        top = self.prices.reindex(self.prices["price"].abs().sort_values(ascending=False).index)
        top = top[top["kind"] == "limit"].head(3)
        words = [f"{f}[{k}] {p:+.3f}" for f, k, p in zip(top["family"], top["key"], top["price"], strict=True)]
        return "binding limits  " + (", ".join(words) or "none")
