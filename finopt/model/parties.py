"""Parties: what each may be asked for, in money and as a share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from finopt.case.arrays import Data
from finopt.finance import Array
from finopt.model.family import Family, Key, Terms
from finopt.model.variables import Pairs, Variables


class PartyBudget(Family):
    """A party puts in no more than its budget: by year or period as stated, and in total.

        Σ_{t in y} (funding of p's sources + debt service that p repays) <= budget[p,y]    (+ unused room carried over)

    Unit: case money. Price: change of the objective for one more unit of that budget.
    """

    name, index = "party_budget", "p when"
    left_uses = ("party", "repaid_by", "drawable", "eligible", "alive", "fx")
    right_uses = ("ceiling_amounts", "total_budget")

    def left(self, data: Data, v: Variables) -> Iterator[Terms]:
        for ceiling in data.ceilings:
            yield Terms((ceiling.party, ceiling.label), "<=", put_in(data, v, [ceiling.party], ceiling.when))
        for p in np.flatnonzero(np.isfinite(data.total_budget)).tolist():
            yield Terms((p, "total"), "<=", put_in(data, v, [p], range(len(data.calendar))))

    def right(self, data: Data, keys: Sequence[Key]) -> Array:
        stated = zip(data.ceilings, data.ceiling_amounts.tolist(), strict=True)
        amounts: dict[Key, float] = {(c.party, c.label): amount for c, amount in stated}
        amounts |= {(p, "total"): float(a) for p, a in enumerate(data.total_budget)}
        return np.array([amounts[key] for key in keys])


class PartyShare(Family):
    """A party's share of all money drawn keeps its floor and its cap.

        Σ draws of p's sources >= minimum share[p] · Σ all draws      each party p with one; likewise <= maximum

    All uses count, financing costs included; the Project account is nobody's. Unit: case money.
    """

    name, index = "party_share", "p bound"
    left_uses = ("party", "share_bounds", "drawable", "eligible")

    def left(self, data: Data, v: Variables) -> Iterator[Terms]:
        for p, bound, share in data.share_bounds:
            pairs = [
                (total, (1.0 if data.party[s] == p else 0.0) - share)
                for (s, _), total in v.spent.items()
                if s != v.account_source
            ]
            yield Terms((p, bound), ">=" if bound == "minimum" else "<=", pairs)


def put_in(data: Data, v: Variables, parties: Sequence[int], periods: Sequence[int]) -> Pairs:
    """Money that parties put in during some periods: funding of their sources plus debt service they repay."""
    pairs: Pairs = []
    for s, party in enumerate(data.party):
        for t in periods:
            if party in parties:
                pairs += v.funding_in_case_money(s, t)
            if data.repaid_by[s] in parties:
                pairs += v.service_in_case_money(s, t)
    return pairs
