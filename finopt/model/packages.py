"""Packages: every cost is paid, by those who may."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence

import numpy as np

from finopt.case.arrays import Data
from finopt.case.case import Case
from finopt.case.names import same
from finopt.case.selector import Selector, is_selector
from finopt.case.sheets import Eligibility
from finopt.finance import Array
from finopt.model.debt import undrawn_fee, undrawn_fee_at_start
from finopt.model.family import Family, Key, Terms, parts
from finopt.model.places import Hold, Place, Ratio, field, heading
from finopt.model.variables import Pairs, Variables, one, scaled
from finopt.wording import figure, possessive


class PayPackage(Family):
    """Every package is paid in full when its cost falls.

        Σ_s draw[s,w,t] = cost[w,t]                                   each package w, period t with a cost

    Unit: case money. Price: change of the objective when the cost of that package in that period is one higher.
    """

    name, index, kind, merged_at = "pay_package", "w t", "need", 0
    left_uses, right_uses = ("has_cost",), ("cost",)

    def left(self, data: Data, v: Variables) -> Iterator[Terms]:
        for w, t in np.argwhere(data.has_cost).tolist():
            yield Terms((w, t), "=", [*((x, 1.0) for _, x in v.by_use.get((w, t), ())), *one(v.unfunded, w, t)])

    def right(self, data: Data, keys: Sequence[Key]) -> Array:
        return data.cost[parts(keys)] if keys else np.zeros(0)

    def holds(self, data: Data, key: Key) -> Iterator[Hold]:
        w, t = int(key[0]), int(key[1])
        package = data.case.packages[w]
        own = next((row for row in data.case.costs if same(row.package) == same(package.package)), None)
        if own is not None:
            for label in own.values:
                if t in data.calendar.reached(label):
                    yield Hold(heading(own, label, label), None)
        elif package.amount:
            yield Hold(field(package, "amount"), float(data.cost[w, t]) / package.amount)

    def works(self, key: Key) -> tuple[int, int]:
        return int(key[0]), int(key[1])

    def noun(self, data: Data, key: Key) -> str:
        return " in ".join(self.words(data, key))

    def giver(self, data: Data, key: Key) -> str:
        return f"the works {self.words(data, key)[0]}"

    def group(self, data: Data, key: Key) -> Hashable:
        return key[0]

    def clauses(self, data: Data, keys: Sequence[Key]) -> Iterator[tuple[Place, str]]:
        package, periods = data.uses[int(keys[0][0])], [int(key[1]) for key in keys]
        need = float(data.cost[int(keys[0][0]), periods].sum())
        place = next((hold.place for key in keys for hold in self.holds(data, key)), Place("Packages", package, ""))
        yield place, f"{package} needs {figure(need)} in {data.calendar.stretch(periods)}"

    def ways(self, sense: str) -> tuple[float, ...]:
        return (-1.0,)  # only smaller works are easier to pay


class Spent(Family):
    """What a source pays of a use over all periods; limits on totals speak of this.

    spent[s,u] = Σ_t draw[s,u,t]                                  each source s, use u that it may pay
    """

    name, index, kind, merged_at = "spent", "s u", "identity", 1

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

    name, index, share = "eligible_share", "s u", True
    left_uses, right_uses = ("eligible", "repaid_by", "capitalised", "fx"), ("eligible", "cost")

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

    def holds(self, data: Data, key: Key) -> Iterator[Hold]:
        source, use = self.words(data, key)
        u = int(key[1])
        found = [
            (value, row, name)
            for row in eligibility_rows(data.case, use)
            for name, value in row.values.items()
            if same(name) == same(source)
        ]
        if found:
            _, row, label = max(found, key=lambda entry: entry[0])  # of several rows the most generous counts
            whole = float(data.cost[u].sum()) if u < data.financing_use else None
            yield Hold(heading(row, label, label), whole)

    def ratios(self, data: Data, rows: Iterable[tuple[Key, str]]) -> Iterator[Ratio]:
        return iter(())  # a share of a package moves its limit, and one of the built-in uses is no repair

    def noun(self, data: Data, key: Key) -> str:
        source, use = self.words(data, key)
        return f"{possessive(source)} share of {use}"

    def giver(self, data: Data, key: Key) -> str:
        return f"what may pay {self.words(data, key)[1]}"

    def says(self, data: Data, keys: Sequence[Key], place: Place) -> str:
        return f"{place.column} pays at most {self.number(data, place)} of {place.row}"

    def weight(self, data: Data, key: Key) -> float:
        return float(data.cost[int(key[1])].sum())


class FinancingCostsCap(Family):
    """Draws for Financing costs cannot exceed the interest and fees that the project pays in the period.

    Σ_s draw[s,Financing costs,t] <= Σ_s (interest paid + fees)   each period t

    The commitment fee of a credit line counts as what its undrawn part bears, so that no larger one is paid to draw
    more.
    """

    name, index, kind = "financing_costs_cap", "t", "identity"
    left_uses = ("repaid_by", "capitalised", "fx", "Sources.commitment_fee")
    right_uses = ("opening_balance", "open", "repaid_by", "fx", "Sources.commitment_fee")

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

    name, index, kind = "refinancing_cap", "s t", "identity"
    left_uses = ("repaid_by", "fx")

    def left(self, data: Data, v: Variables) -> Iterator[Terms]:
        for t, pairs in _caps(data, v, data.refinancing_use):
            yield Terms(("all", t), "<=", pairs)
        for (s, u, t), x in v.draw.items():
            if u == data.refinancing_use and (s, t) in v.principal:
                others = _paid_by_project(data, v, u, t, but=s)
                yield Terms((s, t), "<=", [(x, 1.0), *((y, -a) for y, a in others)])


def eligibility_rows(case: Case, use: str) -> list[Eligibility]:
    """The rows of sheet Eligibility that speak of a use: those that name it, else those that select it."""
    named = [row for row in case.eligibility if same(row.package) == same(use)]
    if named:
        return named
    u = case.uses.index(use)
    return [row for row in case.eligibility if is_selector(row.package) and u in Selector.parse(row.package).uses(case)]


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
