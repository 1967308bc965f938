"""Thousands of scenarios of one pattern: each restarted from the basis of the nearest one solved before.

A few scenarios, the pilots, are solved first. Each of their prices y is a bound on the cost of every other scenario
with limits b: y · b is what it costs at least. The pilot with the best bound is where a scenario starts, a few steps of
the dual simplex method from its own optimum. So what a scenario gives depends on the pilots alone, not on who solved
what before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from finopt.case.arrays import Mask
from finopt.errors import NoPlan
from finopt.finance import Array
from finopt.solve.certificate import confirmed
from finopt.solve.highs import RESTARTS, HighsSolver, unpacked
from finopt.solve.linear_program import Ints, LinearProgram
from finopt.solve.live_model import LiveModel, best_of
from finopt.solve.status import Answer
from finopt.study.engine.measures import Gauges
from finopt.study.engine.resume import Outcome
from finopt.study.simulation.affine_map import Shortcut, numbers_of, reduced
from finopt.study.simulation.eliminate_columns import Reduced, Rows
from finopt.study.simulation.merge_packages import Condensed, condense

GAP = "unfunded gap"
NEAR = 4
"""Where drivers move coefficients, bounds hold only nearby: the nearest of so many pilots, one part of all, compete."""
BLOCK = 200
"""Scenarios whose bounds are computed in one product."""
POOL = 20_000_000
"""Most prices that the pilots keep together, 8 bytes each."""


@dataclass(frozen=True)
class Start:
    """One scenario: the values of its drivers (D,), and the basis to start from (None: go on from the one before)."""

    drawn: Array
    basis: bytes | None = None


@dataclass(frozen=True)
class Pilot:
    """What a solved scenario leaves behind: basis, prices (m',), change of its cost by driver through coefficients."""

    drawn: Array
    basis: bytes
    prices: Array
    slopes: Array


@dataclass(frozen=True)
class Restarted:
    """The task of a chunk: the figures of each scenario; those of ``pilots`` also bring their Pilot along."""

    shortcut: Shortcut
    pilots: bool = False
    unfunded: bool = True

    def __call__(self, live: LiveModel, scenarios: Sequence[Start]) -> list[Outcome]:
        """The figures of each scenario, its gap among them, or why it has no plan."""
        engine = _engine(live, self.shortcut.limits.where.tobytes(), self.shortcut.values.where.tobytes())
        engine.go_home()
        drawn = np.array([scenario.drawn for scenario in scenarios])
        numbers = self.shortcut.numbers(engine.numbers, drawn)
        return [
            self._outcome(engine, engine.reduced.moved(*n), start) for n, start in zip(numbers, scenarios, strict=True)
        ]

    def _outcome(self, engine: Engine, program: LinearProgram, start: Start) -> Outcome:
        try:
            answer = engine.optimum(program, start.basis)
            basis = engine.solver.packed_basis() if self.pilots else b""
            best = best_of(engine.solver, answer, program, engine.missing)
        except NoPlan as error:
            return Outcome("no plan", {}, " ".join(str(error).splitlines()))
        pilot = self._pilot(engine, answer, start.drawn, basis) if self.pilots else None
        figures = {GAP: best.gap, **engine.gauges.read(best.x)}
        return Outcome("gap" if best.gap else "optimal", figures, extra=pilot)

    def _pilot(self, engine: Engine, answer: Answer, drawn: Array, basis: bytes) -> Pilot:
        lines, reduced = self.shortcut.values, engine.reduced
        condensed = reduced.condensed
        rows, columns = condensed.rows[condensed.row_of[lines.where]], condensed.whole.columns[lines.where]
        stands = condensed.kept[condensed.columns[columns]] == columns
        prices = answer.row_price[np.searchsorted(reduced.rows, rows[stands])]
        flows = answer.x[np.searchsorted(reduced.columns, condensed.columns[columns[stands]])]
        return Pilot(drawn, basis, answer.row_price, -lines.slope[:, stands] @ (prices * flows))


def merged(gauges: Gauges, condensed: Condensed) -> Rows:
    """What the gauges read, over the columns of a merged program. Raises ValueError where it merges too much."""
    columns = gauges.matrix.tocsc()
    kept = columns[:, condensed.kept]
    if abs(columns - kept[:, condensed.columns]).max() > 0:
        raise ValueError("packages were merged that a figure tells apart")
    rows = kept.tocsr()
    return Rows(rows.indptr.astype(np.int64), rows.indices.astype(np.int64), rows.data)


def over(gauges: Gauges, rows: Rows, columns: int) -> Gauges:
    """The gauges of a program with so many columns, of which they read these rows."""
    from scipy.sparse import csr_array

    return gauges.read_by(csr_array((rows.values, rows.columns, rows.starts), shape=(len(rows.starts) - 1, columns)))


class Engine:
    """The program of a live model's home in its smallest form, its solver and its gauges."""

    def __init__(self, live: LiveModel, limits: Ints, values: Ints) -> None:
        state, gauges = live.state, Gauges(live)
        condensed = condense(state)
        self.numbers = numbers_of(state.program)
        self.reduced = reduced(condensed, limits, values, state.missing.tolist(), merged(gauges, condensed))
        self.gauges = over(gauges, self.reduced.measures, len(self.reduced.columns))
        self.missing = np.searchsorted(self.reduced.columns, np.unique(condensed.columns[state.missing]))
        self.solver = HighsSolver(options=RESTARTS)
        self._bases: dict[bytes, object] = {}
        self.solver.solve(self.reduced.program)
        self._home = self.solver.basis()

    def go_home(self) -> None:
        """Forget what was solved before, so that what follows does not depend on it."""
        self._bases.clear()
        self.solver.restart_from(self.reduced.program, self._home)

    def optimum(self, program: LinearProgram, basis: bytes | None) -> Answer:
        """The optimum under the penalty. Raises what `solve` raises without one."""
        if basis is not None and basis not in self._bases:
            self._bases[basis] = unpacked(basis, program)
        start = None if basis is None else self._bases[basis]
        return confirmed(self.solver, program, self.solver.solve(program, start))


@lru_cache(maxsize=2)
def _engine(live: LiveModel, limits: bytes, values: bytes) -> Engine:
    """One engine a live model and what moves in it: made where the model stands first, at home."""
    return Engine(live, np.frombuffer(limits, dtype=np.int64), np.frombuffer(values, dtype=np.int64))


@dataclass(frozen=True)
class Pool:
    """The pilots of a study, and which of them each scenario starts from."""

    reduced: Reduced
    shortcut: Shortcut
    pilots: tuple[Pilot, ...]

    def nearest(self, drawn: Array) -> Ints:
        """The pilot from which each scenario starts; (N, D) to (N,)."""
        prices = np.array([pilot.prices for pilot in self.pilots])
        found = [self._nearest(drawn[i : i + BLOCK], prices) for i in range(0, len(drawn), BLOCK)]
        return np.concatenate(found)

    def _nearest(self, drawn: Array, prices: Array) -> Ints:
        base = numbers_of(self.reduced.condensed.whole)
        limits = np.array([self.reduced.limits(n.limits) for n in self.shortcut.numbers(base, drawn)])
        bounds = limits @ prices.T
        tilting = self.shortcut.moves_coefficients
        if tilting.any():
            bounds = self._tilted(bounds, drawn, tilting)
        return np.asarray(np.argmax(bounds, axis=1), dtype=np.int64)

    def _tilted(self, bounds: Array, drawn: Array, tilting: Mask) -> Array:
        """Bounds moved along the pilots' slopes, of the pilots that are near where drivers move coefficients."""
        stood = np.array([pilot.drawn for pilot in self.pilots])
        slopes = np.array([pilot.slopes for pilot in self.pilots])
        bounds = bounds + drawn[:, tilting] @ slopes[:, tilting].T - (stood * slopes)[:, tilting].sum(axis=1)
        scale = stood[:, tilting].std(axis=0)
        scale[scale == 0] = 1.0
        apart = ((drawn[:, None, tilting] - stood[None, :, tilting]) / scale) ** 2
        far = apart.sum(axis=2)
        most = np.sort(far, axis=1)[:, [max(0, len(self.pilots) // NEAR - 1)]]
        return np.asarray(np.where(far <= most, bounds, -np.inf))
