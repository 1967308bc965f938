"""How the mix depends on the discount rate: the hidden decision, with its switching points.

Nothing but the aim depends on the discount rate, so a plan stays possible at every rate; it is best up to some rate,
and then another takes its place.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from finopt.case.case import Case
from finopt.case.change import Change
from finopt.finance import Array
from finopt.solve.live_model import LiveModel
from finopt.tolerances import BASIS_POINT, LEAST_COST, ONE_OPTIMUM, SEARCH_ENDS, SWITCHED
from finopt.wording import figure, listed, percent


@dataclass(frozen=True)
class Flip:
    """The mix over a range of discount rates.

    ``mix`` has one row a rate asked and one column a source: the money it pays. ``switches`` has one row a switching
    point: rate (the first at which the new mix is best), comes and goes (sources with the money that they gain and
    lose), moved, sentence. ``stands`` is the case's own rate.
    """

    case: Case
    stands: float
    mix: pd.DataFrame
    switches: pd.DataFrame

    def __str__(self) -> str:
        rates = self.mix.index
        span = f"from {percent(rates[0])} to {percent(rates[-1])} (money in {self.case.money})"
        head = f"How the mix depends on the discount rate, {span}:"
        return "\n".join([head, *(f"  {s}" for s in self.switches["sentence"]), f"  {self.here}"])

    @property
    def here(self) -> str:
        """Between which switching points the case's own rate lies."""
        below = [rate for rate in self.switches["rate"] if rate <= self.stands]
        above = [rate for rate in self.switches["rate"] if rate > self.stands]
        parts = [f"from {percent(max(below))}"] if below else []
        parts += [f"up to {percent(min(above))}"] if above else []
        span = " ".join(parts) or "over the whole range"
        return f"The case's own rate is {percent(self.stands)}: its mix is best {span}."


def flip(case: Case, low: float = 0.0, high: float = 0.15, step: float = 0.005) -> Flip:
    """The best mix at discount rates from ``low`` to ``high``, with the rates at which it switches.

    Rates are yearly; ``step`` is how finely the range is asked. Raises what `solve` raises where there is no plan.
    """
    walk = _Walk(case)
    count = round((high - low) / step)
    rates = [round(low + i * step, 10) for i in range(count + 1)]
    at = rates[0]
    x = walk.best(at)
    mix, switches = [walk.money(x)], []
    for rate in rates[1:]:
        for point, old, new in walk.between(at, rate, x):
            switches.append(_switch(case, point, walk.money(new) - walk.money(old)))
        x, at = walk.current, rate
        mix.append(walk.money(x))
    names = [s.source for s in case.sources]
    columns = ["rate", "comes", "goes", "moved", "sentence"]
    table = pd.DataFrame(np.array(mix), index=pd.Index(rates, name="rate"), columns=names)
    return Flip(case, case.project.discount_rate, table, pd.DataFrame(switches, columns=columns))


class _Walk:
    """A live model walked along the discount rate; ``current`` is the plan that is best where it stands."""

    def __init__(self, case: Case) -> None:
        self._case = replace(case, checks=())
        self._live = LiveModel(case)
        self.current: Array = np.zeros(0)

    def best(self, rate: float) -> Array:
        """The values of a best plan at a rate."""
        self._live.move(self._case.changed([Change("Project", "*", "Discount rate", rate)]))
        self.current = self._live.optimum().x
        return self.current

    def money(self, x: Array) -> Array:
        """Money of each source; (S,)."""
        state, sources = self._live.state, range(len(self._case.sources))
        return np.array([state.compiled.total(state.model.variables.paid_by(s), x) for s in sources])

    def between(self, low: float, high: float, x: Array) -> Iterator[tuple[float, Array, Array]]:
        """Switches between two rates: the first rate at which the mix is another, the plan before and the plan then."""
        while True:
            new = self.best(high)
            if self._still(x) or not self._differs(x, new):
                self.current = x
                return
            at = high
            while at - low > BASIS_POINT * (1 + SEARCH_ENDS):
                middle = low + max(1, round((at - low) / 2 / BASIS_POINT)) * BASIS_POINT
                found = self.best(middle)
                if self._still(x) or not self._differs(x, found):
                    low = middle
                else:
                    at, new = middle, found
            yield at, x, new
            low, x = at, new

    def _still(self, x: Array) -> bool:
        """Whether a plan is as good as the best where the model stands."""
        state = self._live.state
        cost = state.compiled.vector(state.model.stages[0].minimised)
        return float(cost @ (x - self.current)) <= ONE_OPTIMUM * max(1.0, float(np.abs(cost) @ np.abs(x)))

    def _differs(self, x: Array, other: Array) -> bool:
        money = self.money(x)
        return bool(np.abs(money - self.money(other)).max() > SWITCHED * max(LEAST_COST, float(money.sum())))


def _switch(case: Case, rate: float, change: Array) -> tuple[object, ...]:
    least = SWITCHED * float(np.abs(change).max())
    order = np.argsort(-np.abs(change), kind="stable").tolist()
    comes = [f"{case.sources[s].source} (+{figure(float(change[s]))})" for s in order if change[s] > least]
    goes = [f"{case.sources[s].source} (-{figure(float(-change[s]))})" for s in order if change[s] < -least]
    moved = float(np.maximum(change, 0).sum())
    verb = "take" if len(comes) > 1 else "takes"
    words = f"At {percent(rate)} {listed(comes, 3) or 'nothing'} {verb} over from {listed(goes, 3) or 'nothing'}."
    return rate, listed(comes, 3), listed(goes, 3), moved, words
