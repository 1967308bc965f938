"""The variables of the program, made once, and only where a flow is possible.

Draws are in case money; everything that belongs to a source's account is in the source's own currency.
"""

from __future__ import annotations

import copy
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from finopt.case.arrays import Data, first_true
from finopt.literal import lp_words

Variable = Any
"""A pulp.LpVariable; PuLP 3 carries no types."""
Pairs = list[tuple[Variable, float]]


class Variables:
    """Every variable, by index: s source (the Project account is ``account_source``), u use, t period, c covenant.

    ``draw[s, u, t]``  money of s that pays u in t          ``commit[s]``      commitment
    ``spent[s, u]``    draws of s for u over all periods    ``issue[s, t]``    bond issue
    ``proceeds[s, t]`` bond money not yet drawn             ``balance[s, t]``  debt outstanding at the end of t
    ``interest[s, t]`` interest accrued in t                ``principal[s, t]`` repaid in t
    ``line_fee[s, t]`` commitment fee of a credit line
    ``fees[s, t]``     fees of t                            ``drawn[s, t]``    drawn so far, at the end of t
    ``account[s, t]``  account of equity or grant           ``payout[s, t]``   paid out to equity in t
    ``cash[t]``        project account                      ``reserve[c, t]``  debt service reserve of covenant c
    ``put_in[t]``      equity and grants put in so far      ``peak[i]``        peak of objective i
    ``unfunded[w, t]`` cost that no money pays; only in a model that is asked how much is missing
    """

    def __init__(self, problem: Any, data: Data, unfunded: bool = False) -> None:
        self.data = data
        self._problem = problem
        self._tag = _Tags(data)
        self.account_source = len(data.case.sources)
        self.draw: dict[tuple[int, int, int], Variable] = {}
        self.by_use: dict[tuple[int, int], list[tuple[int, Variable]]] = defaultdict(list)
        self.by_source: dict[tuple[int, int], list[tuple[int, Variable]]] = defaultdict(list)
        self._make_sources()
        self._make_debt()
        self._make_accounts()
        self._make_cash()
        self._make_draws()
        missing = np.argwhere(data.cost > 0).tolist() if unfunded else []
        self.unfunded = {(w, t): self._new(f"unfunded({self._tag.use[w]},{self._tag.period[t]})") for w, t in missing}

    def over(self, data: Data) -> Variables:
        """The same variables read with other arrays of the same structure."""
        moved = copy.copy(self)
        moved.data = data
        return moved

    # ------------------------------------------------------------------ sums that families share

    def funding(self, s: int, t: int) -> Pairs:
        """Money that source s puts in during t, in its own currency: its draws, or a bond's issue."""
        if (s, t) in self.issue:
            return [(self.issue[s, t], 1.0)]
        if self.data.ahead[s]:
            return []
        fx = float(self.data.fx[s, t])
        return [(x, 1 / fx) for _, x in self.by_source.get((s, t), ())]

    def funding_in_case_money(self, s: int, t: int) -> Pairs:
        """Money that source s puts in during t, in case money."""
        return scaled(self.funding(s, t), float(self.data.fx[s, t]))

    def service(self, s: int, t: int) -> Pairs:
        """Interest paid, fees and principal of source s in t, in its own currency."""
        return self.paid_interest(s, t) + self.fee(s, t) + self.repaid(s, t)

    def service_in_case_money(self, s: int, t: int) -> Pairs:
        """Interest paid, fees and principal of source s in t, in case money."""
        return scaled(self.service(s, t), float(self.data.fx[s, t]))

    def paid_interest(self, s: int, t: int) -> Pairs:
        """Interest of source s that is paid in t, not added to the balance."""
        return [] if self.data.capitalised[s, t] else one(self.interest, s, t)

    def fee(self, s: int, t: int) -> Pairs:
        """Fees of source s in t."""
        return one(self.fees, s, t)

    def repaid(self, s: int, t: int) -> Pairs:
        """Principal of source s repaid in t."""
        return one(self.principal, s, t)

    def paid_by(self, s: int) -> Pairs:
        """All money that source s pays, for every use and in all periods."""
        return [(x, 1.0) for (source, _), x in self.spent.items() if source == s]

    def chosen(self, sources: Iterable[int], uses: Sequence[int], periods: Iterable[int]) -> Pairs:
        """Draws of these sources for these uses in these periods."""
        wanted = set(uses)
        everything = len(wanted) == len(self.data.uses)
        return [
            (x, 1.0)
            for s in sources
            for t in periods
            for u, x in self.by_source.get((s, t), ())
            if everything or u in wanted
        ]

    # ------------------------------------------------------------------ making

    def _new(self, name: str) -> Variable:
        return self._problem.add_variable(name, 0.0)

    def _family(self, name: str, keys: Iterable[tuple[int, int]]) -> dict[tuple[int, int], Variable]:
        return {(s, t): self._new(f"{name}({self._tag.source[s]},{self._tag.period[t]})") for s, t in keys}

    def _make_sources(self) -> None:
        data = self.data
        self.commit = [self._new(f"commit({tag})") for tag in self._tag.source[:-1]]
        issues = [(s, t) for s, t in _where(data.drawable) if data.ahead[s]]
        self.issue = self._family("issue", issues)
        after = [
            (s, t)
            for s, first in enumerate(first_true(data.drawable))
            if data.ahead[s] and first is not None
            for t in range(first, len(data.calendar) - 1)
        ]
        self.proceeds = self._family("proceeds", after)  # none at the horizon: what is issued is drawn by then

    def _make_debt(self) -> None:
        data = self.data
        alive = list(_where(data.alive))
        self.balance = self._family("balance", alive)
        self.interest = self._family("interest", alive)
        self.principal = self._family("principal", [(s, t) for s, t in alive if data.repays[s, t]])
        self.fees = self._family("fees", [(s, t) for s, t in _where(fee_periods(data))])
        lines = [s for s, row in enumerate(data.case.sources) if row.commitment_fee and row.traits.revolving]
        self.line_fee = self._family("line_fee", [(s, t) for s, t in _where(data.open) if s in lines])
        counted = [s for s, row in enumerate(data.case.sources) if row.commitment_fee and not row.traits.revolving]
        self.drawn = self._family("drawn", [(s, t) for s, t in _where(data.open) if s in counted])

    def _make_accounts(self) -> None:
        data = self.data
        begun = [(s, t) for s, t in _where(np.maximum.accumulate(data.drawable, axis=1)) if not data.is_debt[s]]
        self.account = self._family("account", begun)
        self.payout = self._family("payout", [(s, t) for s, t in begun if data.pays_out[s] and data.has_cash[t]])

    def _make_cash(self) -> None:
        data = self.data
        periods = range(len(data.calendar))
        self.cash = [self._new(f"cash({self._tag.period[t]})") for t in periods]
        kinds = [c.covenant for c in data.case.covenants]
        self.reserve = {
            (c, t): self._new(f"reserve({c},{self._tag.period[t]})")
            for c, kind in enumerate(kinds)
            if kind == "reserve months"
            for t in periods
        }
        self.put_in = [self._new(f"put_in({self._tag.period[t]})") for t in periods] if "gearing" in kinds else []
        self.peak = {
            i: self._new(f"peak({i})")
            for i, aim in enumerate(data.case.objectives)
            if aim.measure in ("peak year", "peak debt")
        }

    def _make_draws(self) -> None:
        data = self.data
        self.spent: dict[tuple[int, int], Variable] = {}
        payable = self._payable()
        for s in range(self.account_source + 1):
            when = self._draw_periods(s)
            for u in np.flatnonzero(data.eligible[:, s] > 0):
                periods = np.flatnonzero(when & payable[u])
                if self._never(s, int(u)) or not periods.size:
                    continue
                self.spent[s, int(u)] = self._new(f"spent({self._tag.source[s]},{self._tag.use[u]})")
                self._make_draw(s, int(u), periods.tolist())

    def _make_draw(self, s: int, u: int, periods: list[int]) -> None:
        stem = f"draw({self._tag.source[s]},{self._tag.use[u]},"
        for t in periods:
            x = self._new(f"{stem}{self._tag.period[t]})")
            self.draw[s, u, t] = x
            self.by_use[u, t].append((s, x))
            self.by_source[s, t].append((u, x))

    def _payable(self) -> Any:
        """Which uses can cost money in which period; (U, T)."""
        data = self.data
        payable = np.zeros((len(data.uses), len(data.calendar)), dtype=bool)
        payable[: len(data.case.packages)] = data.cost > 0
        for s, t in {*self.interest, *self.fees}:
            if data.repaid_by[s] is None:
                payable[data.financing_use, t] = True
        for s, t in self.principal:
            if data.repaid_by[s] is None:
                payable[data.refinancing_use, t] = True
        return payable

    def _draw_periods(self, s: int) -> Any:
        data = self.data
        if s == self.account_source:
            return data.has_cash
        return np.maximum.accumulate(data.drawable[s]) if data.ahead[s] else data.drawable[s]

    def _never(self, s: int, u: int) -> bool:
        """The project account pays packages here; what it pays of financing costs and principal is in `cash`."""
        return s == self.account_source and u >= self.data.financing_use


def structure(data: Data) -> tuple[object, ...]:
    """What decides which variables and rows exist. Cases that agree on it differ in numbers only."""
    case = data.case
    return (
        tuple((s.source, s.party, s.instrument, s.currency, s.commitment_fee > 0) for s in case.sources),
        tuple((p.package, p.location, p.group) for p in case.packages),
        tuple(p.party for p in case.parties),
        tuple((c.covenant, c.applies_to, c.from_, c.to) for c in case.covenants),
        case.covenant_names,
        tuple((c.party, c.label, c.when) for c in data.ceilings),
        tuple((p, bound) for p, bound, _ in data.share_bounds),
        (case.project.minimum_cash > 0, case.project.maximum_cash is None, len(data.calendar)),
        data.repaid_by,
        data.cost > 0,
        data.eligible > 0,
        data.eligible >= 1,
        data.open,
        data.drawable,
        data.alive,
        data.repays,
        data.capitalised,
        data.has_cash,
        fee_periods(data),
        data.limit > 0,  # one that can pay nothing has no place in the ties
        data.upfront_in,
        np.isfinite(data.limit_per_year),
        np.isfinite(data.limit_per_period),
        np.isfinite(data.total_budget),
    )


def fee_periods(data: Data) -> Any:
    """Whether a source can owe a fee in a period; (S, T)."""
    table = np.zeros(data.open.shape, dtype=bool)
    for s, row in enumerate(data.case.sources):
        first = data.upfront_in[s]
        if row.upfront_fee and first is not None:
            table[s, first] = True
        if row.commitment_fee:
            table[s] |= data.open[s]
        if row.guarantee_fee:
            table[s] |= data.alive[s]
        if row.draw_fee:
            table[s] |= data.drawable[s]
    return table


def one(variables: dict[tuple[int, int], Variable], s: int, t: int) -> Pairs:
    """The variable at (s, t) with coefficient 1, or nothing where there is none."""
    x = variables.get((s, t))
    return [] if x is None else [(x, 1.0)]


def scaled(pairs: Pairs, factor: float) -> Pairs:
    """The pairs with every coefficient multiplied."""
    return [(x, factor * a) for x, a in pairs]


def _where(table: Any) -> Iterator[tuple[int, int]]:
    return ((int(s), int(t)) for s, t in np.argwhere(table))


class _Tags:
    """Plain, distinct words for names of variables."""

    def __init__(self, data: Data) -> None:
        self.source = lp_words([*(s.source for s in data.case.sources), "Project account"])
        self.use = lp_words(list(data.uses))
        self.period = lp_words(list(data.calendar.labels))
