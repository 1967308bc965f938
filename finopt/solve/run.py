"""One aim after the other, then the tie pass: from a case or a model to a proven Plan."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Protocol

import numpy as np

from finopt.case import Case
from finopt.data import Mask
from finopt.errors import Infeasible, NotProven
from finopt.finance import Array
from finopt.model.build import Model, build
from finopt.model.impossible import impossible
from finopt.plan import Plan
from finopt.solve.extract import Solution, plan_of
from finopt.solve.gateway import PulpSolver
from finopt.solve.highs import HighsSolver
from finopt.solve.program import Compiled, LinearProgram, compile_problem
from finopt.solve.status import Answer, Status, no_plan

VIOLATION = 1e-6
"""A plan whose rows are broken by more than this, relative to their own size, does not exist."""
HELD = 1e-8
"""Room, relative to the terms of the aim, of the row that holds it where a solver gives no prices."""
TOUCH = 1e-6
"""A value this close to its limit, relative to the terms that make it up, stands on it: CBC writes eight digits."""


class Solver(Protocol):
    """What the stages need of a solver."""

    name: str

    @property
    def version(self) -> str:
        """Name and version for the record."""

    def solve(self, program: LinearProgram) -> Answer:
        """The optimum of one program, or why there is none."""


def solve(case: Case | Model, solver: str = "highs", time_limit: float | None = None) -> Plan:
    """The optimal plan of a case, or of a model to which own constraints were added.

    ``solver`` is highs or the name of any solver that PuLP knows; ``time_limit`` is in seconds. Raises Infeasible,
    Unbounded or NotProven: a Plan that exists is proven, and its rows hold to 1e-6 of their size.
    """
    timings: dict[str, float] = {}
    engine: Solver = HighsSolver(time_limit) if solver.casefold() == "highs" else PulpSolver(solver, time_limit)
    with _timed(timings, "build"):
        model = build(possible(case)) if isinstance(case, Case) else case
        compiled = compile_problem(model.problem)
    if model.hopeless:
        raise Infeasible("No plan exists:", model.hopeless)
    with _timed(timings, "solve"):
        solution = run_stages(model, compiled, engine)
    with _timed(timings, "check"):
        violation = proven(compiled.program, solution.x, engine.name)
    return plan_of(model, compiled, solution, engine.name, engine.version, violation, timings)


def proven(program: LinearProgram, x: Array, name: str) -> float:
    """The largest relative violation of a row or bound by x. Raises NotProven where it is no plan."""
    violation = program.violation(x)
    if violation > VIOLATION:
        raise NotProven(f"{name} returned values that break a row by {violation:.1e} of its size: they are no plan.")
    return violation


def run_stages(model: Model, compiled: Compiled, engine: Solver) -> Solution:
    """Reach the aims one after the other, each on the optimal face of those before, then break ties."""
    best, *later = model.stages
    program, answer = _optimum(compiled.program.with_cost(compiled.vector(best.minimised)), engine)
    prices, tolerance = answer.row_price, best.tolerance
    values = [best.sign * float(program.cost @ answer.x)]
    for stage in later:
        program, answer = _next(held(program, answer, tolerance), answer, compiled.vector(stage.minimised), engine)
        tolerance = stage.tolerance
        values.append(stage.sign * float(program.cost @ answer.x))
    for ties in model.ties:
        program, answer = _next(held(program, answer, tolerance), answer, compiled.vector(ties), engine)
        tolerance = 0.0
    return Solution(answer.x, prices, tuple(values))


def possible(case: Case) -> Case:
    """The case, where arithmetic on its own figures does not rule a plan out. Raises Infeasible where it does."""
    reasons = impossible(case)
    if reasons:
        raise Infeasible("No plan exists, and no solver is needed to see it:", reasons)
    return case


def _next(face: LinearProgram, answer: Answer, cost: Array, engine: Solver) -> tuple[LinearProgram, Answer]:
    """The optimum of the next aim on the face of the one before, whose answer is a plan there to within rounding.

    Where rounding alone makes the face empty, its limits are moved to where the answer stands.
    """
    try:
        return _optimum(face.with_cost(cost), engine)
    except Infeasible:
        return _optimum(around(face, answer.x).with_cost(cost), engine)


def around(program: LinearProgram, x: Array) -> LinearProgram:
    """The program with its limits moved as far as x misses them, equations staying equations."""
    row_lower, row_upper = _moved(program.row_lower, program.row_upper, program.activity(x))
    lower, upper = _moved(program.lower, program.upper, x)
    return replace(program, row_lower=row_lower, row_upper=row_upper, lower=lower, upper=upper)


def _moved(lower: Array, upper: Array, value: Array) -> tuple[Array, Array]:
    fixed = lower == upper
    return np.where(fixed, value, np.minimum(lower, value)), np.where(fixed, value, np.maximum(upper, value))


def _optimum(program: LinearProgram, engine: Solver) -> tuple[LinearProgram, Answer]:
    """The optimum; for a program with integers, with them fixed and solved again for its prices."""
    answer = engine.solve(program)
    if answer.status is not Status.OPTIMAL:
        raise no_plan(answer)
    if not program.integer.any():
        return program, answer
    whole = np.round(answer.x)
    program = replace(
        program,
        lower=np.where(program.integer, whole, program.lower),
        upper=np.where(program.integer, whole, program.upper),
        integer=np.zeros_like(program.integer),
    )
    return _optimum(program, engine)


def held(program: LinearProgram, answer: Answer, tolerance: float) -> LinearProgram:
    """The program on the face of its optimum; with a tolerance, or without prices, held to it by one more row."""
    if tolerance or not answer.row_price.size:
        best = float(program.cost @ answer.x)
        columns = np.flatnonzero(program.cost)
        room = best + max(tolerance * abs(best), HELD * program.size(answer.x))
        return program.with_row(columns.astype(np.int64), program.cost[columns], -np.inf, room)
    return on_face(program, answer)


def on_face(program: LinearProgram, answer: Answer) -> LinearProgram:
    """Fix every row and column with a price at the limit that it stands on: exactly the optimal plans remain."""
    activity = program.activity(answer.x)
    limit = _nearer(activity, program.row_lower, program.row_upper)
    bound = _nearer(answer.x, program.lower, program.upper)
    sizes = np.maximum(program.steps, np.abs(bound))
    priced = (np.abs(answer.row_price) > answer.noise) & _touches(activity, limit, program.row_sizes(answer.x))
    stuck = (np.abs(answer.column_price) > answer.noise) & _touches(answer.x, bound, sizes)
    return replace(
        program,
        row_lower=np.where(priced, limit, program.row_lower),
        row_upper=np.where(priced, limit, program.row_upper),
        lower=np.where(stuck, bound, program.lower),
        upper=np.where(stuck, bound, program.upper),
    )


def _touches(value: Array, limit: Array, size: Array) -> Mask:
    """Whether a value stands on its limit, relative to the size of what it sums.

    A price away from its limit is rounding of the solver, and holds nothing.
    """
    return np.asarray(np.isfinite(limit) & (np.abs(value - limit) <= TOUCH * size))


def _nearer(value: Array, lower: Array, upper: Array) -> Array:
    return np.where(np.abs(value - lower) <= np.abs(upper - value), lower, upper)


@contextmanager
def _timed(timings: dict[str, float], phase: str) -> Iterator[None]:
    start = time.perf_counter()
    yield
    timings[phase] = timings.get(phase, 0.0) + time.perf_counter() - start
