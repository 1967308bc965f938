"""Packages: every cost is paid, by those who may."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from finopt.case.arrays import Data
from finopt.finance import Array
from finopt.model.debt import undrawn_fee, undrawn_fee_at_start
from finopt.model.family import Family, Key, Terms, parts
from finopt.model.variables import Pairs, Variables, one, scaled


class PayPackage(Family):
    """Every package is paid in full when its cost falls.

        Σ_s draw[s,w,t] = cost[w,t]                                   each package w, period t with a cost

    Unit: case money. Price: change of the objective when the cost of that package in that period is one higher.
    """

    name, index = "pay_package", "w t"
    left_uses, right_uses = ("drawable", "eligible"), ("cost",)

    def left(self, data: Data, v: Variables) -> Iterator[Terms]:
        for w, t in np.argwhere(data.cost > 0).tolist():
            yield Terms((w, t), "=", [*((x, 1.0) for _, x in v.by_use.get((w, t), ())), *one(v.unfunded, w, t)])

    def right(self, data: Data, keys: Sequence[Key]) -> Array:
        return data.cost[parts(keys)] if keys else np.zeros(0)


class Spent(Family):
    """What a source pays of a use over all periods; limits on totals speak of this.

    spent[s,u] = Σ_t draw[s,u,t]                                  each source s, use u that it may pay
    """

    name, index = "spent", "s u"
    left_uses = ("drawable", "eligible")

    def left(self, data: Data, v: Variables) -> Iterator[Terms]:
        draws: dict[tuple[int, int], Pairs] = {key: [] for key in v.spent}
        for (s, u, _), x in v.draw.items():
            draws[s, u].append((x, 1.0))
        for (s, u), total in v.spent.items():
            yield Terms((_name_of(s, v), u), "=", [*draws[s, u], (total, -1.0)])


class EligibleShare(Family):
    """A source pays at most its share of a package's whole cost, or of all financing costs or principal.

        spent[s,w] <= share[w,s] · Σ_t cost[w,t]                      each s, w with a share below 1
        spent[s,u] <= share[u,s] · Σ_t (what the project pays of u)   the built-in uses

    Unit: case money.
    """

    name, index = "eligible_share", "s u"
    left_uses, right_uses = ("eligible", "repaid_by"), ("eligible", "cost")

    def left(self, data: Data, v: Variables) -> Iterator[Terms]:
        for (s, u), total in v.spent.items():
            share = float(data.eligible[u, s])
            if share >= 1:
                continue
            pairs = [(total, 1.0)]
            if u >= data.financing_use:
                for t in range(len(data.calendar)):
                    pairs += [(x, -share * a) for x, a in _paid_by_project(data, v, u, t)]
            yield Terms((_name_of(s, v), u), "<=", pairs)

    def right(self, data: Data, keys: Sequence[Key]) -> Array:
        cost = np.append(data.cost.sum(axis=1), [0.0, 0.0])
        where = [len(data.case.sources) if isinstance(s, str) else s for s, _ in keys]
        uses = [int(u) for _, u in keys]
        return np.asarray(data.eligible[uses, where] * cost[uses]) if keys else np.zeros(0)


class FinancingCostsCap(Family):
    """Draws for Financing costs cannot exceed the interest and fees that the project pays in the period.

    Σ_s draw[s,Financing costs,t] <= Σ_s (interest paid + fees)   each period t

    The commitment fee of a credit line counts as what its undrawn part bears, so that no larger one is paid to draw
    more.
    """

    name, index = "financing_costs_cap", "t"
    left_uses = ("eligible", "drawable", "repaid_by", "capitalised", "fx", "alive", "open", "terms")
    right_uses = ("opening_balance", "repaid_by", "fx", "terms")

    def left(self, data: Data, v: Variables) -> Iterator[Terms]:
        for t, pairs in _caps(data, v, data.financing_use):
            lines = [s for s, u in v.line_fee if u == t and data.repaid_by[s] is None]
            for s in lines:
                owed = [(v.line_fee[s, t], -1.0), *undrawn_fee(data, v, s, t)]
                pairs += scaled(owed, -float(data.fx[s, t]))
            yield Terms((t,), "<=", pairs)

    def right(self, data: Data, keys: Sequence[Key]) -> Array:
        return np.array([self._at_start(data, int(t)) for (t,) in keys])

    def _at_start(self, data: Data, t: int) -> float:
        """Fees of credit lines on what was owed at Start date."""
        lines = np.flatnonzero(data.revolving & data.open[:, t]).tolist()
        own = [s for s in lines if data.repaid_by[s] is None]
        return sum(float(data.fx[s, t]) * undrawn_fee_at_start(data, s, t) for s in own)


class RefinancingCap(Family):
    """Draws for Refinancing cannot exceed the principal that the project repays, and no debt repays itself.

    Σ_s draw[s,Refinancing,t] <= Σ_s principal[s,t]               each period t
    draw[s,Refinancing,t]     <= Σ_{s' ≠ s} principal[s',t]       each debt s that repays principal in t
    """

    name, index = "refinancing_cap", "s t"
    left_uses = ("eligible", "drawable", "repaid_by", "fx")

    def left(self, data: Data, v: Variables) -> Iterator[Terms]:
        for t, pairs in _caps(data, v, data.refinancing_use):
            yield Terms(("all", t), "<=", pairs)
        for (s, u, t), x in v.draw.items():
            if u == data.refinancing_use and (s, t) in v.principal:
                others = _paid_by_project(data, v, u, t, but=s)
                yield Terms((s, t), "<=", [(x, 1.0), *((y, -a) for y, a in others)])


def _caps(data: Data, v: Variables, use: int) -> Iterator[tuple[int, Pairs]]:
    """Per period: draws for a built-in use less what the project pays of it."""
    for t in range(len(data.calendar)):
        draws = v.by_use.get((use, t), ())
        if draws:
            paid = _paid_by_project(data, v, use, t)
            yield t, [*((x, 1.0) for _, x in draws), *((x, -a) for x, a in paid)]


def _paid_by_project(data: Data, v: Variables, use: int, t: int, but: int | None = None) -> Pairs:
    """Interest and fees, or principal, that the project pays in t, in case money."""
    pairs: Pairs = []
    for s, payer in enumerate(data.repaid_by):
        if payer is None and s != but:
            own = v.repaid(s, t) if use == data.refinancing_use else v.paid_interest(s, t) + v.fee(s, t)
            pairs += [(x, a * float(data.fx[s, t])) for x, a in own]
    return pairs


def _name_of(s: int, v: Variables) -> int | str:
    return "Project account" if s == v.account_source else s
