"""The smallest clash: rows of a program of which any one, left out, would let the others be met.

Every limit and need may be missed at a price of one a unit, in one elastic program that always has a solution. Rows
with a price in it contradict each other; taking them out one by one leaves the smallest such set. (HiGHS offers such a
search too; this one needs no more than optima, works with integers, and restarts from one basis.)
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from finopt.model.build import Model
from finopt.model.limits import rows_of
from finopt.solve.highs import HighsSolver
from finopt.solve.linear_program import Ints, LinearProgram, elastic
from finopt.solve.status import Status, no_plan
from finopt.tolerances import IN_CONFLICT, NONE_IN_CONFLICT

MOST = 5
"""Independent clashes looked for."""
NOTHING: Ints = np.zeros(0, dtype=np.int64)
"""No rows."""


class Clashes:
    """Looks for clashes among the limits and needs of a model, its own constraints included."""

    def __init__(self, model: Model, program: LinearProgram) -> None:
        rows, own = list(rows_of(model)), range(len(model.rows), len(program.row_lower))
        self._rows = np.array([*(row for row, _, _ in rows), *own], dtype=np.int64)
        self._needs = np.array([row for row, family, _ in rows if family.kind == "need"], dtype=np.int64)
        self.whole = bool(program.integer.any())
        self._program = elastic(program, self._rows)
        self._solver = HighsSolver()
        self._tiny = NONE_IN_CONFLICT * (float(model.data.cost.sum()) or 1.0)

    def all(self) -> Iterator[tuple[int, ...]]:
        """Smallest clashes that share no row; none where the limits can be met together."""
        left = self._rows
        for _ in range(MOST):
            found = self._smallest(left)
            if not found.size:
                return
            yield tuple(found.tolist())
            left = np.setdiff1d(left, found)

    def limits(self) -> tuple[int, ...]:
        """Limits that clash with the needs, of which none can be left out: found sooner than a whole clash."""
        return tuple(self._smallest(np.setdiff1d(self._rows, self._needs), self._needs).tolist())

    def _smallest(self, rows: Ints, beside: Ints = NOTHING) -> Ints:
        """One smallest clash among some rows, all those ``beside`` them being held; empty where there is none."""

        def missed_by(chosen: Ints) -> tuple[float, Ints]:
            missed, support = self._missed(np.concatenate([chosen, beside]))
            return missed, np.setdiff1d(support, beside)

        missed, support = missed_by(rows)
        if missed <= self._tiny:
            return NOTHING
        kept, size = support, max(1, len(support) // 4)
        i = 0
        while i < len(kept):
            without = np.delete(kept, slice(i, i + size))
            missed, support = missed_by(without)
            if missed > self._tiny:
                kept = np.intersect1d(without, support)
                i = 0 if size > 1 else i  # what stands before i was needed, and still is
            elif size > 1:
                size //= 2
            else:
                i += 1
        return kept

    def _missed(self, rows: Ints) -> tuple[float, Ints]:
        """How much of these rows is missed when all others are left out, and those of them that have a part in it."""
        program = self._program
        lower, upper = program.row_lower.copy(), program.row_upper.copy()
        out = np.setdiff1d(self._rows, rows)
        lower[out], upper[out] = -np.inf, np.inf
        answer = self._solver.solve(replace(program, row_lower=lower, row_upper=upper))
        if answer.status is not Status.OPTIMAL:
            raise no_plan(answer)
        if not answer.row_price.size:  # with integers there are no prices
            return float(program.cost @ answer.x), rows
        return float(program.cost @ answer.x), rows[np.abs(answer.row_price[rows]) > IN_CONFLICT]
