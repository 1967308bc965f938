"""One aim after the other, then the tie pass: from a case or a model to a proven Plan."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import numpy as np

from finopt.case.arrays import Mask
from finopt.case.case import Case
from finopt.errors import Infeasible, NotProven
from finopt.finance import Array
from finopt.model.build import Model, build
from finopt.model.precheck import impossible
from finopt.plan import Plan
from finopt.solve.certificate import Named, Places, Reached, Solver, conclude, proven
from finopt.solve.highs import HighsSolver
from finopt.solve.linear_program import Compiled, LinearProgram, compile_problem
from finopt.solve.plan_tables import Solution, plan_of
from finopt.solve.pulp_solver import PulpSolver
from finopt.solve.status import Answer, Status
from finopt.tolerances import HELD, TOUCHES


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
        certificate = conclude(model, compiled, solution.reached, solution.x, engine)
    return plan_of(model, compiled, solution, engine.name, engine.version, certificate, timings)


def run_stages(model: Model, compiled: Compiled, engine: Solver) -> Solution:
    """Reach the aims one after the other, each among the best plans of those before, then break ties.

    Every answer is certified; see `finopt.solve.certificate`. Aims keep whole numbers free and hold earlier aims by a
    row each; without whole numbers, and in the passes that break ties, the optimal face holds them.
    """
    places, program = Named(model, compiled), compiled.program
    reached: list[Reached] = []
    for stage in model.stages:
        last = reached[-1].answer.x if reached else None
        reached.append(_reach(program.with_cost(compiled.vector(stage.minimised)), engine, places, last))
        program = _after(program, reached[-1], stage.tolerance)
    step = reached[-1]
    for ties in model.ties:
        face = held(step.program, step.answer, 0.0).with_cost(compiled.vector(ties))
        step = _reach(face, engine, places, step.answer.x)
    values = tuple(stage.sign * aim.value for stage, aim in zip(model.stages, reached, strict=True))
    return Solution(step.answer.x, reached[0].answer.row_price, values, tuple(reached))


def possible(case: Case) -> Case:
    """The case, where arithmetic on its own figures does not rule a plan out. Raises Infeasible where it does."""
    reasons = impossible(case)
    if reasons:
        raise Infeasible("No plan exists, and no solver is needed to see it:", reasons)
    return case


def _after(program: LinearProgram, step: Reached, tolerance: float) -> LinearProgram:
    """The program held to an aim that was reached; whole numbers stay free."""
    if program.integer.any():
        return held(replace(program, cost=step.program.cost), Answer(Status.OPTIMAL, step.answer.x), tolerance)
    return held(step.program, step.answer, tolerance)


def _reach(program: LinearProgram, engine: Solver, places: Places, last: Array | None) -> Reached:
    """The optimum of an aim. ``last`` is a plan of the program to within rounding, where an aim was reached before.

    Where rounding alone makes the face of that aim empty, its limits are moved to where the plan stands.
    """
    if last is None:
        return _optimum(program, engine, places)
    try:
        return _optimum(program, engine, places)
    except (Infeasible, NotProven):
        return _optimum(around(program, last), engine, places)


def around(program: LinearProgram, x: Array) -> LinearProgram:
    """The program with its limits moved as far as x misses them, equations staying equations."""
    row_lower, row_upper = _moved(program.row_lower, program.row_upper, program.activity(x))
    lower, upper = _moved(program.lower, program.upper, x)
    return replace(program, row_lower=row_lower, row_upper=row_upper, lower=lower, upper=upper)


def _moved(lower: Array, upper: Array, value: Array) -> tuple[Array, Array]:
    fixed = lower == upper
    return np.where(fixed, value, np.minimum(lower, value)), np.where(fixed, value, np.maximum(upper, value))


def _optimum(program: LinearProgram, engine: Solver, places: Places) -> Reached:
    """The optimum; for a program with integers, with them fixed and solved again for its prices."""
    answer = proven(engine, program, places)
    if not program.integer.any():
        return Reached(program, answer, answer.bound or 0.0)
    return replace(_optimum(program.at_whole(answer.x), engine, places), bound=answer.bound or 0.0)


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
    return np.asarray(np.isfinite(limit) & (np.abs(value - limit) <= TOUCHES * size))


def _nearer(value: Array, lower: Array, upper: Array) -> Array:
    return np.where(np.abs(value - lower) <= np.abs(upper - value), lower, upper)


@contextmanager
def _timed(timings: dict[str, float], phase: str) -> Iterator[None]:
    start = time.perf_counter()
    yield
    timings[phase] = timings.get(phase, 0.0) + time.perf_counter() - start
