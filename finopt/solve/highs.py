"""HiGHS in process: one live model, patched and restarted from its last basis where only numbers changed."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import highspy
import numpy as np

from finopt.errors import NotProven
from finopt.finance import Array
from finopt.solve.linear_program import LinearProgram
from finopt.solve.status import Answer, Status, of_highs
from finopt.tolerances import FEASIBLE, STILL_FEASIBLE

LARGE = 50_000
"""Columns from which a program without a basis is solved by interior points and crossover: at 250,000 columns in
a fifth of the simplex method's time."""

DUAL, PRIMAL = 1, 4
"""HiGHS' words for its simplex methods."""

EDGES, DEVEX = "simplex_dual_edge_weight_strategy", 1
"""The dual simplex method's choice of edge. From a basis whose coefficients moved Devex needs no weights computed anew,
which takes longer than the few steps to the optimum; on a program without a solution it may go on for minutes."""
STEPS = 200
"""Steps by Devex before the usual choice of edge goes on in its place."""
RESTARTS: Mapping[str, Any] = {EDGES: DEVEX, "simplex_scale_strategy": 0}
"""Options for thousands of programs that each start from a given basis and surely have a solution."""

FEW = 500
"""Coefficients that are changed one by one in the live model; more of them are passed with the whole program."""

AGAIN = (("presolve", "choose", "choose"), ("presolve", "off", "choose"), ("solver", "ipm", "choose"))
"""How to ask again, from a new start, where nothing was learned: presolve may leave "unbounded or infeasible" open, and
the simplex method may end "unknown" on a program that has no solution. "Unbounded" too is believed from a new start
only: from an old basis with a huge idle limit in it, it may be rounding. "Infeasible" is not believed where the plan
reached last says otherwise: on the face of an earlier aim presolve takes rounding for a contradiction."""


class _Quiet(highspy.Highs):
    """HiGHS that is silent before it does anything: from 1.16 on it greets as soon as its callbacks are made ready."""

    def enableCallbacks(self) -> None:  # noqa: N802 - HiGHS' own name
        self.silent()
        super().enableCallbacks()  # type: ignore[no-untyped-call]


class HighsSolver:
    """Solves one program after another; the next restarts from the last basis where its matrix is the same."""

    name = "highs"

    def __init__(self, time_limit: float | None = None, options: Mapping[str, Any] | None = None) -> None:
        self._highs: Any = _Quiet()  # type: ignore[no-untyped-call]
        self._highs.silent()  # a HiGHS that makes no callbacks ready greets when it first solves
        self._set("primal_feasibility_tolerance", FEASIBLE)
        self._set("dual_feasibility_tolerance", FEASIBLE)
        for option, value in (options or {}).items():
            self._set(option, value)
        self._deadline = None if time_limit is None else time.monotonic() + time_limit
        self._held: LinearProgram | None = None
        self._reached: Array | None = None
        self._stands = False

    @property
    def version(self) -> str:
        """Version of the HiGHS library."""
        return str(self._highs.version())

    @property
    def left(self) -> float | None:
        """Seconds left of the time limit; None where there is none."""
        return None if self._deadline is None else max(0.0, self._deadline - time.monotonic())

    def solve(self, program: LinearProgram, start: Any = None) -> Answer:
        """The optimum of a program, with prices, or why there is none. ``start`` is a basis to start from."""
        self._set("simplex_strategy", PRIMAL if self._goes_on(program) else DUAL)
        moved = self._take(program)
        if program.integer.any():
            self._highs.clearSolver()  # HiGHS 1.16 gives the values of the program before, beside a new objective
        if start is not None:
            _taken(self._highs.setBasis(start), "a basis to start from")
        left = self.left
        if left is not None:
            if left <= 0:
                return Answer(Status.STOPPED, words="time limit reached")
            self._set("time_limit", self._highs.getRunTime() + left)
        fresh = not self._highs.getBasis().valid
        self._set("solver", "ipm" if fresh and len(program.cost) > LARGE else "choose")
        if not (moved and not fresh and self._few_steps()):
            self._run()
        for option, other, usual in AGAIN:
            if not self._doubted(program, of_highs(self._highs.getModelStatus()), fresh):
                break
            fresh = True
            self._set(option, other)
            _taken(self._highs.clearSolver(), "to start anew")
            self._run()
            self._set(option, usual)
        status = self._highs.getModelStatus()
        answer = self._answer(program, of_highs(status), self._highs.modelStatusToString(status))
        self._stands = answer.status is Status.OPTIMAL
        self._reached = answer.x if self._stands else self._reached
        return answer

    def ranging(self) -> tuple[Array, Array]:
        """How far each row's limit can move, down to and up to which value, while its price holds; (m,) each.

        For the program solved last, which has an optimum and no integers. Not a number where HiGHS cannot say.
        """
        outcome, ranges = self._highs.getRanging()
        if outcome != highspy.HighsStatus.kOk or not ranges.valid:
            unknown = np.full(self._highs.getNumRow(), np.nan)
            return unknown, unknown
        unit = self._held.unit if self._held is not None else 1.0
        return _array(ranges.row_bound_dn.value_) * unit, _array(ranges.row_bound_up.value_) * unit

    def prices_of(self, cost: Array) -> Array:
        """Prices of the rows at the last basis if the columns cost ``cost``: y with Bᵀ y = cost of the basis; (m,)."""
        basic = self._basic()
        priced = np.where(basic >= 0, cost[np.maximum(basic, 0)], 0.0)
        outcome, prices = self._highs.getBasisTransposeSolve(priced)
        _taken(outcome, "to solve with its basis")
        return _array(prices)

    def _basic(self) -> Any:
        """Which columns and rows are basic; a row is a number below zero. (m,)"""
        outcome, basic = self._highs.getBasicVariables()
        _taken(outcome, "to say what is basic")
        return np.asarray(basic)

    def basis(self) -> Any:
        """The basis of the last optimum, to come back to."""
        return self._highs.getBasis()

    def packed_basis(self) -> bytes:
        """Which columns and rows are basic at the last optimum, one bit each, to be sent and read by `unpacked`."""
        basic, n = self._basic(), self._highs.getNumCol()
        chosen = np.zeros(n + self._highs.getNumRow(), dtype=bool)
        chosen[np.where(basic >= 0, basic, n - 1 - basic)] = True
        return np.packbits(chosen).tobytes()

    def restart_from(self, program: LinearProgram, basis: Any) -> None:
        """Take a program and forget what earlier solves left behind: the next one starts from this basis."""
        self._take(program)
        _taken(self._highs.clearSolver(), "to start anew")
        self._take_basis(basis)
        self._reached, self._stands = None, False

    def _doubted(self, program: LinearProgram, status: Status, fresh: bool) -> bool:
        """Whether a status is to be asked for again."""
        if status is Status.INFEASIBLE and self._reached is not None and len(self._reached) == len(program.cost):
            return program.violation(self._reached) <= STILL_FEASIBLE
        return status is Status.FAILED or (status is Status.UNBOUNDED and not fresh)

    def _goes_on(self, program: LinearProgram) -> bool:
        """Whether only the aim is new: the values reached last, where the basis stands, meet the program's limits.

        The primal simplex method then goes on from them. The dual one, best where limits move, would start far away.
        """
        held, x = self._held, self._reached
        if (
            held is None
            or x is None
            or not self._stands
            or held.cost is program.cost
            or held.values is not program.values
        ):
            return False
        return not program.integer.any() and program.violation(x) <= FEASIBLE

    def _few_steps(self) -> bool:
        """Whether Devex ends within a few steps from the last basis."""
        usual, limit = self._option(EDGES), self._option("simplex_iteration_limit")
        self._set(EDGES, DEVEX)
        self._set("simplex_iteration_limit", STEPS)
        self._run()
        self._set(EDGES, usual)
        self._set("simplex_iteration_limit", limit)
        return of_highs(self._highs.getModelStatus()) in (Status.OPTIMAL, Status.INFEASIBLE)

    def _take(self, program: LinearProgram) -> bool:
        """Bring HiGHS to a program; whether coefficients moved under a basis that is kept."""
        held, n, m = self._held, len(program.cost), len(program.row_lower)
        self._held = program
        if held is None or held.columns is not program.columns or held.integer is not program.integer:
            self._pass(program)
            return False
        other = held.values is not program.values and not self._recoefficient(held, program)
        if other or held.unit != program.unit:
            basis = self._highs.getBasis()
            self._pass(program)
            self._take_basis(basis)
            return True
        scaled, columns, rows = program.scaled(), np.arange(n, dtype=np.int32), np.arange(m, dtype=np.int32)
        if held.cost is not program.cost:
            _taken(self._highs.changeColsCost(n, columns, scaled.cost), "the costs of columns")
        if held.lower is not program.lower or held.upper is not program.upper:
            _taken(self._highs.changeColsBounds(n, columns, scaled.lower, scaled.upper), "the bounds of columns")
        if held.row_lower is not program.row_lower or held.row_upper is not program.row_upper:
            _taken(self._highs.changeRowsBounds(m, rows, scaled.row_lower, scaled.row_upper), "the limits of rows")
        return held.values is not program.values

    def _recoefficient(self, held: LinearProgram, program: LinearProgram) -> bool:
        """Change the coefficients that differ one by one, where they are few; the basis stays."""
        where = np.flatnonzero(held.values != program.values)
        if where.size > FEW or program.integer.any():
            return False
        rows = np.searchsorted(program.starts, where, side="right") - 1
        basis = self._highs.getBasis()
        entries = zip(rows.tolist(), program.columns[where].tolist(), program.values[where].tolist(), strict=True)
        for row, column, value in entries:
            _taken(self._highs.changeCoeff(row, column, value), f"a coefficient of {value:.3g}")
        self._take_basis(basis)
        return True

    def _pass(self, program: LinearProgram) -> None:
        program, lp = program.scaled(), highspy.HighsLp()
        lp.num_col_, lp.num_row_ = len(program.cost), len(program.row_lower)
        lp.col_cost_, lp.col_lower_, lp.col_upper_ = program.cost, program.lower, program.upper
        lp.row_lower_, lp.row_upper_ = program.row_lower, program.row_upper
        lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        lp.a_matrix_.num_col_, lp.a_matrix_.num_row_ = lp.num_col_, lp.num_row_
        lp.a_matrix_.start_ = program.starts.astype(np.int32)
        lp.a_matrix_.index_ = program.columns.astype(np.int32)
        lp.a_matrix_.value_ = program.values
        if program.integer.any():
            whole, free = highspy.HighsVarType.kInteger, highspy.HighsVarType.kContinuous
            lp.integrality_ = [whole if flag else free for flag in program.integer]
        largest = float(np.abs(program.values).max(initial=0.0))
        _taken(self._highs.passModel(lp), f"the program, whose largest coefficient is {largest:.3g}")

    def _set(self, option: str, value: Any) -> None:
        _taken(self._highs.setOptionValue(option, value), f"{value!r} for its option {option}")

    def _option(self, option: str) -> Any:
        outcome, value = self._highs.getOptionValue(option)
        _taken(outcome, f"to say its option {option}")
        return value

    def _run(self) -> None:
        _taken(self._highs.run(), "to solve the program")

    def _take_basis(self, basis: Any) -> None:
        """Start the next solve from a basis, where it is one."""
        if basis.valid:
            _taken(self._highs.setBasis(basis), "a basis to start from")

    def _answer(self, program: LinearProgram, status: Status, words: str) -> Answer:
        if status is not Status.OPTIMAL:
            gap = self._highs.getInfo().mip_gap
            return Answer(status, gap=gap if program.integer.any() and np.isfinite(gap) else None, words=words.lower())
        solution = self._highs.getSolution()
        x = _array(solution.col_value) * program.steps
        if program.integer.any():
            return Answer(status, x)
        return Answer(
            status,
            x,
            _array(solution.row_dual),
            _array(solution.col_dual),
            FEASIBLE * program.steepest,
        )


def _taken(outcome: Any, what: str) -> None:
    """Raise NotProven where HiGHS refuses. A warning is no refusal: what comes of it is certified like all else."""
    if outcome == highspy.HighsStatus.kError:
        raise NotProven(f"HiGHS refused {what}: nothing is proven. A figure of the case may be out of all proportion.")


def unpacked(basis: bytes, program: LinearProgram) -> Any:
    """The basis that `packed_basis` gave of a program; what is not basic stands at its lower limit where it has one."""
    count = len(program.cost)
    chosen = np.unpackbits(np.frombuffer(basis, dtype=np.uint8))[: count + len(program.row_lower)]
    lower = np.isfinite(np.concatenate([program.lower, program.row_lower]))
    upper = np.isfinite(np.concatenate([program.upper, program.row_upper]))
    statuses = [_STANDS[code] for code in np.where(chosen, 3, np.where(lower, 0, np.where(upper, 1, 2))).tolist()]
    made = highspy.HighsBasis()
    made.col_status, made.row_status, made.valid = statuses[:count], statuses[count:], True
    return made


_STANDS = (
    highspy.HighsBasisStatus.kLower,
    highspy.HighsBasisStatus.kUpper,
    highspy.HighsBasisStatus.kZero,
    highspy.HighsBasisStatus.kBasic,
)


def _array(values: object) -> Array:
    return np.array(values, dtype=float)
