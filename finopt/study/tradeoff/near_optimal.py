"""Deals: how far the money of each party and source can move at nearly no cost, and plans that differ clearly.

Parties that negotiate want to know what is settled and what is open: within a small tolerance of the least cost, the
least and the most that each can pay, and a handful of near-best plans that are far apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from finopt.case.case import Case
from finopt.finance import Array
from finopt.model.objective import Stage
from finopt.model.variables import Pairs
from finopt.plan import Plan
from finopt.solve.live_model import LiveModel
from finopt.study.engine.executor import Progress
from finopt.tolerances import CHANCE, DEAL_MOVED, HELD
from finopt.wording import percent

TRIES = 24
"""Directions of chance beside the two of each source."""


@dataclass(frozen=True)
class Deals:
    """What can be dealt at nearly the least cost.

    ``table`` has one row a party and a source: kind (party or source), name, least, plan (in the best plan), most;
    money drawn, in the case's unit. ``plans`` are near-best plans that differ clearly, the best one first and then
    each as far as can be from those before it, so the largest distance comes first. ``different`` has one row a plan:
    plan (its position), distance (money that comes from another source than in the nearest plan before it), cost (the
    case's first aim), extra (its share above the best), then money of each party and source. ``limit`` is the cost
    that all stay within.
    """

    case: Case
    tolerance: float
    limit: float
    table: pd.DataFrame
    different: pd.DataFrame
    plans: tuple[Plan, ...]

    @property
    def best(self) -> Plan:
        """The plan with the least cost."""
        return self.plans[0]

    def __str__(self) -> str:
        width = max(10, *(len(str(name)) + 2 for name in self.table["name"]))
        lines = [
            f"{self.case.name}: deals within {percent(self.tolerance)} of the best cost ({self.best.objective:,.1f} to "
            f"{self.limit:,.1f}), {self.case.money}",
            f"{'money of':<{width}}{'least':>12}{'best plan':>12}{'most':>12}",
        ]
        for kind, name, *money in self.table.itertuples(index=False):
            label = f"{'' if kind == 'party' else '  '}{name}"
            lines.append(f"{label:<{width}}" + "".join(f"{value:>12,.1f}" for value in money))
        lines.append(f"{len(self.plans)} clearly different plans")
        for plan, distance, cost, extra, *_ in self.different.itertuples(index=False):
            words = "the best plan" if plan == 0 else f"{distance:,.1f} of the money comes from elsewhere"
            lines.append(f"plan {plan:<5}{cost:>12,.1f}{extra:>+9.2%}  {words}")
        return "\n".join(lines)


def deals(
    case: Case, tolerance: float = 0.01, plans: int = 5, seed: int = 1, progress: Progress | None = None
) -> Deals:
    """The least and the most money of each party and source while the first aim stays within ``tolerance`` of its best.

    ``plans`` is the most near-best plans to show, the best one included; directions of chance come from ``seed``.
    Raises NoPlan where the case has no plan.
    """
    space = _Space(case, tolerance, progress)
    table = space.ranges()
    chosen = space.apart(plans, seed)
    found = [space.best, *(space.plan(direction) for direction, _ in chosen)]
    different = _different(case, found, [0.0, *(distance for _, distance in chosen)])
    return Deals(case, tolerance, space.limit, table, different, tuple(found))


class _Space:
    """All plans near the best: the live program with one more row, which holds the cost."""

    def __init__(self, case: Case, tolerance: float, progress: Progress | None) -> None:
        self._case, self._progress = case, progress
        self._live = LiveModel(case)
        self.best = self._live.plan()
        state = self._live.state
        aim = state.model.stages[0]
        cost = state.compiled.vector(aim.minimised)
        answer = self._live.optimum(state.program.with_cost(cost))
        least = aim.sign * self.best.aims[0].best
        most = least + max(tolerance * abs(least), HELD * state.program.with_cost(cost).size(answer.x))
        self.limit = aim.sign * most
        columns = np.flatnonzero(cost).astype(np.int64)
        self._program = state.program.with_row(columns, cost[columns], -np.inf, most)
        v = state.model.variables
        self._money = [v.paid_by(s) for s in range(len(case.sources))]
        self._matrix = np.array([state.compiled.vector(pairs) for pairs in self._money])

    def ranges(self) -> pd.DataFrame:
        """Least, best plan's and most money of each party, then of each source."""
        rows = []
        for party in self._case.parties:
            mine = np.array([s.party == party.party for s in self._case.sources], dtype=float)
            rows.append(("party", party.party, *self._ends(mine, float(self.best.by_party[party.party]))))
        for s, source in enumerate(self._case.sources):
            alone = np.eye(len(self._case.sources))[s]
            rows.append(("source", source.source, *self._ends(alone, float(self.best.by_source[source.source]))))
        return pd.DataFrame(rows, columns=["kind", "name", "least", "plan", "most"])

    def apart(self, plans: int, seed: int) -> list[tuple[Array, float]]:
        """Directions whose best plans are far from each other, and from the best plan; with their distances."""
        directions = _directions(len(self._case.sources), np.random.default_rng(seed))
        found = [(direction, self._split(direction)) for direction in directions]
        seen = [self.best.by_source.to_numpy(dtype=float)]
        clear = DEAL_MOVED * max(1.0, float(seen[0].sum()))
        chosen: list[tuple[Array, float]] = []
        while len(chosen) < plans - 1:
            gaps = [min(float(np.abs(split - old).sum()) / 2 for old in seen) for _, split in found]
            far = int(np.argmax(gaps))
            if gaps[far] < clear:
                break
            seen.append(found[far][1])
            chosen.append((found[far][0], gaps[far]))
        return chosen

    def plan(self, direction: Array) -> Plan:
        """The whole plan that goes furthest in a direction: the cheapest such one, ties broken."""
        pairs: Pairs = [
            (x, float(weight)) for money, weight in zip(self._money, direction, strict=True) for x, _ in money
        ]
        first = Stage("minimise", "money", "all", pairs, 1.0, 0.0)
        plan = self._live.plan((first, *self._live.state.model.stages), self._program)
        return replace(plan, aims=plan.aims[1:], prices=plan.prices.iloc[:0])

    def _ends(self, weights: Array, planned: float) -> tuple[float, float, float]:
        """Least, planned and most of a sum of sources' money; the plan itself lies between them."""
        least, most = (float(weights @ self._split(sign * weights)) for sign in (1.0, -1.0))
        return min(least, planned), planned, max(most, planned)

    def _split(self, direction: Array) -> Array:
        """Money of each source in a plan that goes furthest in a direction; (S,)."""
        answer = self._live.optimum(self._program.with_cost(direction @ self._matrix))
        if self._progress is not None:
            self._progress(1)
        return np.asarray(np.maximum(self._matrix @ answer.x, 0.0))


def _directions(sources: int, chance: np.random.Generator) -> list[Array]:
    """Less and more of each source, and signs of chance; each a little blurred. (S,) each."""
    plain = [sign * row for row in np.eye(sources) for sign in (1.0, -1.0)]
    plain += list(chance.choice([-1.0, 1.0], size=(TRIES, sources)))
    return [direction + CHANCE * chance.standard_normal(sources) for direction in plain]


def _different(case: Case, plans: Sequence[Plan], distances: Sequence[float]) -> pd.DataFrame:
    best = plans[0].objective
    rows = []
    for i, (plan, distance) in enumerate(zip(plans, distances, strict=True)):
        extra = (plan.objective - best) / abs(best) if best else 0.0
        money = {f"money {p.party}": float(plan.by_party[p.party]) for p in case.parties}
        drawn = {f"drawn {s.source}": float(plan.by_source[s.source]) for s in case.sources}
        rows.append({"plan": i, "distance": distance, "cost": plan.objective, "extra": extra, **money, **drawn})
    return pd.DataFrame(rows)
