"""Any solver that PuLP knows, by name. The program goes out as a PuLP problem of its own."""

from __future__ import annotations

import time
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import pulp

from finopt.errors import FinoptError
from finopt.finance import Array
from finopt.model.rows import expression
from finopt.solve.highs import HighsSolver
from finopt.solve.program import LinearProgram
from finopt.solve.status import Answer, Status, of_pulp

TRUSTED = 1e-6
"""Prices from outside are believed where they prove the optimum to this, relative to the terms of its value."""


class UnknownSolver(FinoptError):
    """No solver of that name is installed."""


class PulpSolver:
    """A solver behind PuLP. What it calls infeasible is asked of HiGHS before it is believed."""

    def __init__(self, name: str, time_limit: float | None = None) -> None:
        self.name = name.casefold()
        self._pulp_name = find_solver(name)
        self._deadline = None if time_limit is None else time.monotonic() + time_limit

    @property
    def version(self) -> str:
        """The solver as PuLP calls it, and PuLP's version."""
        return f"{self._pulp_name} through PuLP {pulp.__version__}"

    def solve(self, program: LinearProgram) -> Answer:
        """The optimum of a program, with prices where the solver gives them, or why there is none."""
        options: dict[str, Any] = {"msg": False}
        if self._deadline is not None:
            options["timeLimit"] = self._deadline - time.monotonic()
            if options["timeLimit"] <= 0:
                return Answer(Status.STOPPED, words="time limit reached")
        problem, variables, rows = _as_problem(program.scaled())
        result = problem.solve(_pulp_solver(self._pulp_name, options))
        status = of_pulp(problem, result)
        if status is Status.INFEASIBLE:
            return _second_opinion(self.name, program)
        if status is not Status.OPTIMAL:
            return Answer(status, words=f"{self.name} gave up")
        x = np.clip(_read(variables, "varValue") * program.steps, program.lower, program.upper)
        if program.integer.any():
            return Answer(status, x)
        row_price = _read(rows, "pi")
        column_price = program.cost - program.transposed(row_price)
        noise = TRUSTED * program.steepest
        if program.dual_gap(x, row_price, column_price, noise) > TRUSTED:
            return Answer(status, x)
        return Answer(status, x, row_price, column_price, noise)


def find_solver(name: str) -> str:
    """PuLP's own name of a solver, such as PULP_CBC_CMD for cbc. Raises UnknownSolver naming what is installed."""
    known = pulp.listSolvers()
    wanted = [k for k in known if k.casefold() == name.casefold()] or [
        k for k in known if name.casefold() in k.casefold() or (name.casefold() == "cbc" and k == "COIN_CMD")
    ]
    available = pulp.listSolvers(onlyAvailable=True)
    chosen = next((k for k in wanted if k in available), None)
    if chosen is None:
        state = "is not installed here" if wanted else "is unknown to PuLP"
        raise UnknownSolver(f"the solver {name!r} {state}; available: highs, {', '.join(available)}")
    return str(chosen)


def _pulp_solver(name: str, options: dict[str, Any]) -> Any:
    with warnings.catch_warnings():  # PuLP 3 announces PuLP 4's solver names each time; find_solver knows both
        warnings.simplefilter("ignore", DeprecationWarning)
        return pulp.getSolver(name, **options)


def _second_opinion(name: str, program: LinearProgram) -> Answer:
    """CBC 2.10 calls some feasible programs infeasible, so HiGHS must agree."""
    answer = HighsSolver().solve(program)
    if answer.status is Status.INFEASIBLE:
        return answer
    return Answer(Status.FAILED, words=f"{name} calls the case infeasible, HiGHS does not; use the default solver")


def _as_problem(program: LinearProgram) -> tuple[Any, Sequence[Any], Sequence[Any]]:
    problem = pulp.LpProblem("finopt", pulp.LpMinimize)
    variables = [
        problem.add_variable(
            f"x{j}",
            lower if np.isfinite(lower) else None,
            upper if np.isfinite(upper) else None,
            pulp.LpInteger if whole else pulp.LpContinuous,
        )
        for j, (lower, upper, whole) in enumerate(zip(program.lower, program.upper, program.integer, strict=True))
    ]
    problem += expression([(variables[j], float(c)) for j, c in enumerate(program.cost) if c] or [(variables[0], 0.0)])
    for i, (lower, upper) in enumerate(zip(program.row_lower, program.row_upper, strict=True)):
        part = slice(program.starts[i], program.starts[i + 1])
        pairs = zip(program.columns[part], program.values[part], strict=True)
        left = expression([(variables[j], float(a)) for j, a in pairs])
        row = left == lower if lower == upper else left <= upper if np.isfinite(upper) else left >= lower
        problem.addConstraint(row, f"r{i}")
    return problem, variables, [problem.get_constraint_by_name(f"r{i}") for i in range(len(program.row_lower))]


def _read(things: Sequence[Any], attribute: str) -> Array:
    return np.array([getattr(thing, attribute) or 0.0 for thing in things], dtype=float)
