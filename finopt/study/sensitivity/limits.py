"""A program at its optimum, asked what other limits would change: one restart a question."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from finopt.errors import Infeasible, NoPlan
from finopt.finance import Array
from finopt.model.build import Model
from finopt.solve.certificate import proven
from finopt.solve.highs import HighsSolver
from finopt.solve.linear_program import LinearProgram
from finopt.solve.live_model import State
from finopt.solve.status import Answer
from finopt.tolerances import BINDS, SLOPE, SLOPE_ROUNDING

SHRINKS = 5
"""How often a step is made ten times smaller before a corner is called one."""


@dataclass(frozen=True)
class Side:
    """What a step of a limit does: ``step`` (signed, in the row's unit) and ``change`` of the first aim, minimised.

    ``change`` is None where no plan is left. ``straight`` says whether the price is the same along the whole step.
    """

    step: float
    change: float | None
    straight: bool = True

    @property
    def slope(self) -> float | None:
        """Change of the aim for one unit."""
        return None if self.change is None else self.change / self.step


class Probe:
    """The optimum of a model's first aim, and what it becomes when a limit moves.

    Integers are first solved, then held where the plan has them: ``held`` says whether there were any. Raises what
    `solve` raises where there is no optimum.
    """

    def __init__(self, state: State) -> None:
        if state.model.hopeless:
            raise Infeasible("No plan exists:", state.model.hopeless)
        self.model: Model = state.model
        self.compiled = state.compiled
        self._solver = HighsSolver()
        self.program, self.answer, self.held = self._start(state.program)
        self.value = float(self.program.cost @ self.answer.x)
        self.down, self.up = self._solver.ranging()
        self.tiny = SLOPE_ROUNDING * self.program.size(self.answer.x)
        self.solves = 1

    def _start(self, program: LinearProgram) -> tuple[LinearProgram, Answer, bool]:
        answer = self._optimum(program)
        if not program.integer.any():
            return program, answer, False
        whole = np.round(answer.x)
        fixed = replace(
            program,
            lower=np.where(program.integer, whole, program.lower),
            upper=np.where(program.integer, whole, program.upper),
            integer=np.zeros_like(program.integer),
        )
        return fixed, self._optimum(fixed), True

    def _optimum(self, program: LinearProgram) -> Answer:
        return proven(self._solver, program)

    def at(self, row: int, step: float) -> tuple[float, float] | None:
        """The aim with a row's limit moved by ``step``, and the row's price there; None where no plan is left."""
        program = self.program
        lower, upper = program.row_lower.copy(), program.row_upper.copy()
        lower[row] += step
        upper[row] += step
        self.solves += 1
        try:
            answer = proven(self._solver, replace(program, row_lower=lower, row_upper=upper))
        except NoPlan:
            return None
        return float(program.cost @ answer.x), float(answer.row_price[row])

    def gave(self, row: int, price: float) -> bool:
        """Whether the solver's own price of a row is this one."""
        return abs(float(self.answer.row_price[row]) - price) <= max(self.answer.noise, SLOPE * abs(price))

    def side(self, row: int, step: float) -> Side:
        """The change of the aim along a step, made shorter until it is straight all along."""
        tried = Side(step, None)
        for _ in range(SHRINKS):
            reached = self.at(row, step)
            if reached is not None:
                change = reached[0] - self.value
                tried = Side(step, change if abs(change) > self.tiny else 0.0, self._straight(row, step, *reached))
                if tried.straight:
                    return tried
            step /= 10
        return tried

    def _straight(self, row: int, step: float, value: float, price: float) -> bool:
        """Whether the aim, which is convex in a limit, is straight along a step to a value and a price there.

        It is where the price at the end is the slope. A step may end in a corner, where the solver gives one price of
        many: then it is straight where the middle of the step lies on the line.
        """
        change = value - self.value
        if self._same(change, price * step):
            return True
        middle = self.at(row, step / 2)
        return middle is not None and self._same(middle[0] - self.value, change / 2)

    def _same(self, a: float, b: float) -> bool:
        return abs(a - b) <= max(self.tiny, SLOPE * max(abs(a), abs(b)))


def limit_of(program: LinearProgram, row: int) -> float:
    """The number that a row is held against."""
    upper = float(program.row_upper[row])
    return upper if np.isfinite(upper) else float(program.row_lower[row])


def sense_of(program: LinearProgram, row: int) -> str:
    """Whether a row is a cap, a floor, or an equation."""
    lower, upper = program.row_lower[row], program.row_upper[row]
    return "=" if lower == upper else "<=" if np.isfinite(upper) else ">="


def binds(program: LinearProgram, activity: Array, row: int) -> bool:
    """Whether a row stands at its limit."""
    limit = limit_of(program, row)
    return abs(float(activity[row]) - limit) <= BINDS * max(program.unit, abs(limit))
