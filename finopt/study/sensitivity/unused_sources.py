"""Unused sources: at which rate, fee or tenor each would enter the plan, and whose money it would displace."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from finopt.case.arrays import Data
from finopt.case.case import Case
from finopt.case.change import Change
from finopt.case.names import same
from finopt.case.sheets import Source
from finopt.errors import CaseError, NoPlan
from finopt.finance import Array
from finopt.solve.live_model import LiveModel
from finopt.tolerances import AIM_MOVED, BASIS_POINT, DISPLACED, UNUSED, WHOLE_STEPS
from finopt.wording import effect, figure, listed, percent

COLUMNS = ["source", "why", "term", "stands", "enters_at", "change", "money", "displaces", "sentence"]
FEES = ("upfront_fee", "commitment_fee", "guarantee_fee", "draw_fee")


@dataclass(frozen=True)
class Reached:
    """The optimum of a changed case: the first aim, minimised, and the money of each source; (S,)."""

    value: float
    money: Array


class Trial:
    """Changed cases on a live model, against the optimum of its own case."""

    def __init__(self, live: LiveModel, deadline: float = np.inf) -> None:
        self.live, self.deadline = live, deadline
        self.own: Case = live.state.model.case
        self.case = replace(self.own, checks=())  # a trial only asks what would be, and checks take as long as solving
        stage = live.state.model.stages[0]
        self.sign, self.aim, self.measure = stage.sign, stage.aim, stage.measure
        at = self._solved()
        self.base = at
        self.tiny = AIM_MOVED * max(live.state.program.unit, abs(at.value))

    def at(self, *changes: Change) -> Reached | None:
        """The optimum after some changes of the case; None where the changed case is wrong or has no plan."""
        try:
            self.live.move(self.case.changed(changes))
            return self._solved()
        except (CaseError, NoPlan):
            return None

    def home(self) -> None:
        """Bring the model back to its own case."""
        self.live.move(self.own)

    @property
    def late(self) -> bool:
        """Whether the time is up."""
        return time.monotonic() > self.deadline

    def gains(self, reached: Reached | None) -> bool:
        """Whether a change improved the aim."""
        return reached is not None and reached.value < self.base.value - self.tiny

    def change(self, reached: Reached) -> float:
        """Change of the aim in its own sense; rounding is none."""
        change = reached.value - self.base.value
        return self.sign * change if abs(change) > self.tiny else 0.0

    def _solved(self) -> Reached:
        answer, state = self.live.optimum(), self.live.state
        model = state.model
        money = np.zeros(len(model.case.sources))
        for (s, _), total in model.variables.spent.items():
            if s < len(money):
                money[s] += answer.x[state.compiled[total]]
        stage = model.stages[0]
        return Reached(float(state.compiled.vector(stage.minimised) @ answer.x), money)


def entries(live: LiveModel, terms: bool = True, deadline: float = np.inf) -> pd.DataFrame:
    """One row an unused source and term: source, why it is unused, term, stands, enters_at, change, money, displaces.

    ``enters_at`` is missing where no value of the term brings it in; ``change`` is that of the first aim, in its own
    sense, at the value told in the sentence; ``money`` what the source then pays, ``displaces`` whose money goes.
    The live model comes back to its own case.
    """
    trial = Trial(live, deadline)
    total = float(trial.base.money.sum()) or 1.0
    idle = np.flatnonzero(trial.base.money <= UNUSED * total).tolist()
    rows = [row for s in idle for row in _of_source(trial, s, terms)]
    trial.home()
    return pd.DataFrame(rows, columns=COLUMNS)


def _of_source(trial: Trial, s: int, terms: bool) -> Iterator[tuple[object, ...]]:
    data = Data(trial.case)
    source = trial.case.sources[s]
    if not data.drawable[s].any():
        yield _shut(trial, s)
        return
    if not (data.eligible[:, s] > 0).any():
        yield _row(source, "may pay nothing", "Eligibility", f"{source.source} may pay nothing (sheet Eligibility).")
        return
    if source.limit == 0:
        yield _row(source, "offers nothing", "Limit", f"{source.source} offers nothing (its Limit is 0).")
        return
    yield from _dear(trial, s, terms)


def _shut(trial: Trial, s: int) -> tuple[object, ...]:
    """A source that never opens: what its gate holds back."""
    source = trial.case.sources[s]
    gate = next((g for g in trial.case.gates if source.gate and same(g.gate) == same(source.gate)), None)
    if gate is None or gate.open:
        return _row(source, "never open", "From, To", f"{source.source} is never open: look at From, To and its gate.")
    reached = None if trial.late else trial.at(Change("Gates", gate.gate, "Open", "yes"))
    start = f"{source.source} waits for gate {gate.gate}, which is shut"
    if reached is None:
        return _row(source, "gate shut", gate.gate, f"{start}.")
    change = effect(trial.change(reached), trial.aim, trial.measure)
    if reached.money[s] <= UNUSED * reached.money.sum():
        return _row(source, "gate shut", gate.gate, f"{start}; open, it would still not be used.", reached, trial)
    displaced = _displaced(trial, reached, s)
    pays = f"it would pay {figure(reached.money[s])}{_instead(displaced)}"
    text = f"{start}; open{_when(gate.from_)}, {pays}: that {change}."
    return _row(source, "gate shut", gate.gate, text, reached, trial, s, displaced)


def _when(day: object) -> str:
    return f" from {day}" if day is not None else ""


def _dear(trial: Trial, s: int, terms: bool) -> Iterator[tuple[object, ...]]:
    """A source that could be drawn and is not: the rate, and if asked the fee and tenor, at which it would be."""
    source = trial.case.sources[s]
    column, stands = ("Margin", source.margin or 0.0) if source.curve else ("Rate", source.rate or 0.0)
    floor = 0.0 if source.curve else max(0.0, trial.case.project.deposit_rate if source.is_debt else 0.0)
    yield _term(trial, s, column, stands, floor, BASIS_POINT)
    if not terms:
        return
    for name in FEES:
        fee = float(getattr(source, name))
        if fee > 0:
            yield _term(trial, s, Source.columns()[name].title, fee, 0.0, BASIS_POINT)
    horizon = float(trial.case.calendar.end_times[-1])
    if source.is_debt and source.tenor is not None and source.tenor <= horizon - 1:
        yield _term(trial, s, "Tenor", source.tenor, horizon, 1.0)


def _term(trial: Trial, s: int, column: str, stands: float, best: float, step: float) -> tuple[object, ...]:
    """The value of a term, nearest to what it is, at which a source enters: bisection between it and ``best``."""
    source = trial.case.sources[s]
    show = figure if column == "Tenor" else percent

    def at(value: float) -> Reached | None:
        return trial.at(Change("Sources", source.source, column, value))

    if trial.late:
        text = f"{source.source} is not used; there was no time to ask at which {column} it would enter."
        return _row(source, "not used", column, text, stands=stands)
    if abs(best - stands) < step:
        text = f"{source.source} is not used, though its {column} is {show(stands)} already: something else holds it."
        return _row(source, "not used", column, text, stands=stands)
    if not _enters(trial, at, best, s):
        text = f"{source.source} would not enter at any {column}, not even at {show(best)}: something else holds it."
        return _row(source, "not used", column, text, stands=stands)
    out, inside = stands, best
    while abs(out - inside) > step * (1 + WHOLE_STEPS):
        middle = round((out + inside) / 2 / step) * step
        if middle in (out, inside):
            break
        out, inside = (out, middle) if _enters(trial, at, middle, s) else (middle, inside)
    reached = at(inside)
    assert reached is not None
    displaced = _displaced(trial, reached, s)
    change = effect(trial.change(reached), trial.aim, trial.measure)
    article = "an" if column[0] in "AEIOU" else "a"
    text = (
        f"{source.source} would enter at {article} {column} of {show(inside)} instead of {show(stands)}: there it pays "
        f"{figure(reached.money[s])}{_instead(displaced)}, and that {change}; at {show(out)} it is not used."
    )
    return _row(source, "too dear", column, text, reached, trial, s, displaced, stands, inside)


def _enters(trial: Trial, at: Callable[[float], Reached | None], value: float, s: int) -> bool:
    reached = at(value)
    return trial.gains(reached) and reached is not None and reached.money[s] > 0


def _displaced(trial: Trial, reached: Reached, s: int) -> list[str]:
    """Sources that pay less than before, most first, with the amounts."""
    less = trial.base.money - reached.money
    least = DISPLACED * (float(trial.base.money.sum()) or 1.0)
    order = [i for i in np.argsort(-less, kind="stable").tolist() if i != s and less[i] > least]
    return [f"{trial.case.sources[i].source} ({figure(float(less[i]))} less)" for i in order]


def _instead(displaced: list[str]) -> str:
    return f" instead of {listed(displaced, 3)}" if displaced else ""


def _row(
    source: Source,
    why: str,
    term: str,
    sentence: str,
    reached: Reached | None = None,
    trial: Trial | None = None,
    s: int | None = None,
    displaced: list[str] | None = None,
    stands: float = float("nan"),
    enters_at: float = float("nan"),
) -> tuple[object, ...]:
    change = trial.change(reached) if trial is not None and reached is not None else float("nan")
    money = float(reached.money[s]) if reached is not None and s is not None else 0.0
    return source.source, why, term, stands, enters_at, change, money, listed(displaced or [], 3), sentence
