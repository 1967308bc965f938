"""What solvers say, in one place and in our words. Nothing else reads status codes."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import highspy
import numpy as np
import pulp

from finopt.errors import Infeasible, NoPlan, NotProven, Unbounded
from finopt.finance import Array


def nothing() -> Array:
    """No values at all: an array of length 0."""
    return np.zeros(0)


class Status(Enum):
    """How a solve ended."""

    OPTIMAL = "optimal"
    INFEASIBLE = "infeasible"
    UNBOUNDED = "unbounded"
    STOPPED = "stopped before proof"
    FAILED = "failed"


_HIGHS = {
    highspy.HighsModelStatus.kOptimal: Status.OPTIMAL,
    highspy.HighsModelStatus.kModelEmpty: Status.OPTIMAL,
    highspy.HighsModelStatus.kInfeasible: Status.INFEASIBLE,
    highspy.HighsModelStatus.kUnbounded: Status.UNBOUNDED,
    highspy.HighsModelStatus.kTimeLimit: Status.STOPPED,
    highspy.HighsModelStatus.kIterationLimit: Status.STOPPED,
    highspy.HighsModelStatus.kInterrupt: Status.STOPPED,
    highspy.HighsModelStatus.kMemoryLimit: Status.STOPPED,
    highspy.HighsModelStatus.kObjectiveBound: Status.STOPPED,
    highspy.HighsModelStatus.kObjectiveTarget: Status.STOPPED,
    highspy.HighsModelStatus.kSolutionLimit: Status.STOPPED,
}
_PULP = {1: Status.OPTIMAL, -1: Status.INFEASIBLE, -2: Status.UNBOUNDED}  # codes that PuLP 3 and PuLP 4 share


def of_highs(code: Any) -> Status:
    """What a status of HiGHS means. kUnboundedOrInfeasible and faults are FAILED: nothing is known."""
    return _HIGHS.get(code, Status.FAILED)


def of_pulp(problem: Any, result: Any) -> Status:
    """What a PuLP solve means. PuLP 3 maps a time limit to Optimal, so sol_status decides; PuLP 4 says more."""
    if hasattr(result, "has_solution"):  # PuLP 4: codes below -3 are limits
        code, proven, stopped = int(result.status), result.has_solution, int(result.status) < -3
    else:  # PuLP 3: code 0 is not solved
        code, proven, stopped = problem.status, problem.sol_status == pulp.LpSolutionOptimal, problem.status == 0
    status = _PULP.get(code, Status.STOPPED if stopped else Status.FAILED)
    return Status.STOPPED if status is Status.OPTIMAL and not proven else status


def of_scipy(code: int) -> Status:
    """What a status of scipy.optimize.milp means."""
    return {0: Status.OPTIMAL, 1: Status.STOPPED, 2: Status.INFEASIBLE, 3: Status.UNBOUNDED}.get(code, Status.FAILED)


@dataclass(frozen=True)
class Answer:
    """What a solver found for one objective. Values only where the status is OPTIMAL.

    ``x`` (n,), ``row_price`` (m,) and ``column_price`` (n,) are empty otherwise; prices are also empty for programs
    with integers. ``noise`` is how large a price can be by rounding alone; ``gap`` is what was left between plan and
    bound when it stopped; ``bound`` is what no plan falls below, once it is proven.
    """

    status: Status
    x: Array = field(default_factory=nothing)
    row_price: Array = field(default_factory=nothing)
    column_price: Array = field(default_factory=nothing)
    noise: float = 0.0
    gap: float | None = None
    bound: float | None = None
    words: str = ""


def no_plan(answer: Answer) -> NoPlan:
    """The error for an answer that is not optimal."""
    if answer.status is Status.INFEASIBLE:
        return Infeasible("No plan exists: the limits and conditions of this case contradict each other.")
    if answer.status is Status.UNBOUNDED:
        return Unbounded("No best plan exists: the aim can be improved without end, so some money is free in circles.")
    gap = "" if answer.gap is None else f" (gap {answer.gap:.2%})"
    return NotProven(f"The solver stopped before proof{gap}: {answer.words or answer.status.value}.", answer.gap)
