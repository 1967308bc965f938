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
from finopt.model.family import expression
from finopt.solve.linear_program import LinearProgram
from finopt.solve.status import Answer, Status, of_pulp
from finopt.tolerances import AS_TEXT


class UnknownSolver(FinoptError):
    """No solver of that name is installed."""


class PulpSolver:
    """A solver behind PuLP. Its word is certified like that of any other; see `finopt.solve.certificate`."""

    def __init__(self, name: str, time_limit: float | None = None) -> None:
        self.name = name.casefold()
        self._pulp_name = find_solver(name)
        self._deadline = None if time_limit is None else time.monotonic() + time_limit

    @property
    def version(self) -> str:
        """The solver as PuLP calls it, and PuLP's version."""
        return f"{self._pulp_name} through PuLP {pulp.__version__}"

    @property
    def left(self) -> float | None:
        """Seconds left of the time limit; None where there is none."""
        return None if self._deadline is None else max(0.0, self._deadline - time.monotonic())

    def solve(self, program: LinearProgram) -> Answer:
        """The optimum of a program, with prices where the solver gives them, or why there is none."""
        options: dict[str, Any] = {"msg": False}
        left = self.left
        if left is not None:
            if left <= 0:
                return Answer(Status.STOPPED, words="time limit reached")
            options["timeLimit"] = left
        problem, variables, rows = _as_problem(program.scaled())
        result = problem.solve(_pulp_solver(self._pulp_name, options))
        status = of_pulp(problem, result)
        if status is not Status.OPTIMAL:
            return Answer(status, words=f"{self.name} gave up")
        x = _nudged(_read(variables, "varValue") * program.steps, program)
        if program.integer.any():
            return Answer(status, x)
        return Answer(status, x, _read(rows, "pi"), noise=AS_TEXT * program.steepest)


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


def _nudged(x: Array, program: LinearProgram) -> Array:
    """Values with the rounding of a text file taken off their bounds; what misses a bound by more stays as it is."""
    within = np.clip(x, program.lower, program.upper)
    return np.where(np.isclose(x, within, rtol=AS_TEXT, atol=AS_TEXT * program.steps), within, x)


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
    """An attribute of each thing; not a number where the solver left it out."""
    values = [getattr(thing, attribute) for thing in things]
    return np.array([np.nan if value is None else value for value in values], dtype=float)
