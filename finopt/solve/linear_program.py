"""The PuLP problem compiled once into arrays, the form in which solvers take it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pulp

from finopt.case.arrays import Mask
from finopt.finance import Array
from finopt.model.variables import Pairs

Ints = npt.NDArray[np.int64]
UNITS = 9
"""The largest amount that must be met is some 2 to this power units: a case in millions counts in about one million."""


@dataclass(frozen=True)
class LinearProgram:
    """minimise cost · x subject to row_lower <= A x <= row_upper and lower <= x <= upper.

    A is kept by rows: row i holds ``values[starts[i]:starts[i+1]]`` in columns ``columns[...]``. Shapes: (n,) for
    columns, (m,) for rows. ``integer`` marks columns that must be whole. ``unit`` is the money that counts as one where
    rounding is spoken of; see `unit_of`.
    """

    cost: Array
    lower: Array
    upper: Array
    integer: Mask
    row_lower: Array
    row_upper: Array
    starts: Ints
    columns: Ints
    values: Array
    unit: float = 1.0

    def scaled(self) -> LinearProgram:
        """The program with money counted in ``unit``: solvers' tolerances are absolute, cases come in any unit.

        Prices are the same; columns are smaller by `steps`.
        """
        steps, whole = self.steps, np.where(self.integer, self.unit, 1.0)
        return replace(
            self,
            cost=self.cost / whole if self.integer.any() else self.cost,
            lower=self.lower / steps,
            upper=self.upper / steps,
            row_lower=self.row_lower / self.unit,
            row_upper=self.row_upper / self.unit,
            values=self.values / whole[self.columns] if self.integer.any() else self.values,
            unit=1.0,
        )

    @property
    def steps(self) -> Array:
        """What counts as one in each column: ``unit`` of money, one of what must be whole; (n,)."""
        return np.where(self.integer, 1.0, self.unit)

    def activity(self, x: Array) -> Array:
        """A x; (m,)."""
        return self._by_row(self.values * x[self.columns])

    def row_sizes(self, x: Array) -> Array:
        """Sum of the terms of each row, each taken positive, at least one unit: the scale of its rounding; (m,)."""
        return np.maximum(self.unit, self._by_row(np.abs(self.values * x[self.columns])))

    def activity_and_sizes(self, x: Array) -> tuple[Array, Array]:
        """`activity` and `row_sizes` from one product."""
        terms = self.values * x[self.columns]
        return self._by_row(terms), np.maximum(self.unit, self._by_row(np.abs(terms)))

    def _by_row(self, terms: Array) -> Array:
        """Sums of terms, one a coefficient, by row; (m,)."""
        if not terms.size:
            return np.zeros(len(self.row_lower))
        sums = np.add.reduceat(np.append(terms, 0.0), self.starts[:-1])
        sums[self.starts[1:] == self.starts[:-1]] = 0.0  # of a row without terms it gives the next row's first
        return np.asarray(sums)

    def transposed(self, y: Array) -> Array:
        """Aᵀ y; (n,)."""
        terms = self.values * np.repeat(y, np.diff(self.starts))
        return np.bincount(self.columns, weights=terms, minlength=len(self.cost)).astype(float)

    def dual_gap(self, x: Array, row_price: Array, column_price: Array, noise: float) -> float:
        """How far prices are from proving that x is optimal, relative to the terms of its value; infinite if not."""
        bound = dual_value(row_price, self.row_lower, self.row_upper, noise)
        bound += dual_value(column_price, self.lower, self.upper, noise)
        return abs(float(self.cost @ x) - bound) / self.size(x)

    def relaxed(self) -> LinearProgram:
        """The linear relaxation: what must be whole may be a fraction."""
        return replace(self, integer=np.zeros_like(self.integer))

    def at_whole(self, x: Array) -> LinearProgram:
        """The linear program in which all that must be whole is fixed at its value in x: one with prices."""
        whole = np.round(x)
        lower, upper = (np.where(self.integer, whole, bound) for bound in (self.lower, self.upper))
        return replace(self.relaxed(), lower=lower, upper=upper)

    @property
    def steepest(self) -> float:
        """Largest cost coefficient, at least 1: the scale of rounding in prices."""
        return max(1.0, float(np.abs(self.cost).max(initial=0.0)))

    def size(self, x: Array) -> float:
        """Sum of the terms of the objective, each taken positive, at least one unit: the scale of its rounding."""
        return max(self.unit, float(np.abs(self.cost) @ np.abs(x)))

    def violation(self, x: Array) -> float:
        """Largest violation of a row or bound, relative to the size of its own terms (at least a unit)."""
        activity, sizes = self.activity_and_sizes(x)
        by_row = np.maximum(self.row_lower - activity, activity - self.row_upper) / sizes
        by_column = np.maximum(self.lower - x, x - self.upper) / np.maximum(self.steps, np.abs(x))
        return float(max(0.0, by_row.max(initial=0.0), by_column.max(initial=0.0)))

    def with_cost(self, cost: Array) -> LinearProgram:
        """The same program with another objective."""
        return replace(self, cost=cost)

    def with_row(self, columns: Ints, values: Array, lower: float, upper: float) -> LinearProgram:
        """The same program with one more row."""
        return replace(
            self,
            row_lower=np.append(self.row_lower, lower),
            row_upper=np.append(self.row_upper, upper),
            starts=np.append(self.starts, self.starts[-1] + len(columns)),
            columns=np.append(self.columns, columns),
            values=np.append(self.values, values),
        )


def unit_of(row_lower: Array, row_upper: Array) -> float:
    """About a 500th of the largest amount that must be met exactly: a cost, a revenue. 1 where there is none.

    No more than the usual such amount, so that one figure out of proportion blurs no other. A power of two, so that
    counting in it rounds nothing. Limits say little of a case's size: "no limit" may be 1e15.
    """
    exact = np.abs(row_lower[(row_lower == row_upper) & (row_lower != 0)])
    if not exact.size:
        return 1.0
    usual = float(np.partition(exact, (exact.size - 1) // 2)[(exact.size - 1) // 2])
    return float(2.0 ** min(math.frexp(float(exact.max()))[1] - UNITS, math.frexp(usual)[1] - 1))


def dual_value(price: Array, lower: Array, upper: Array, noise: float) -> float:
    """Σ price · limit, the limit being the one that the sign of the price speaks of; -inf where that is missing.

    Prices up to ``noise`` are rounding.
    """
    speaks = np.abs(price) > noise
    limit = np.where(price > 0, lower, upper)[speaks]
    return float(price[speaks] @ limit) if np.isfinite(limit).all() else -np.inf


def elastic(program: LinearProgram, rows: Ints) -> LinearProgram:
    """The program in which some rows may be missed, at a price of one a unit, and nothing else costs anything."""
    above = rows[np.isfinite(program.row_upper[rows])]
    below = rows[np.isfinite(program.row_lower[rows])]
    entries = [(int(row), -1.0) for row in above] + [(int(row), 1.0) for row in below]
    return with_columns(program, [[entry] for entry in entries], [1.0] * len(entries), [np.inf] * len(entries))


def with_columns(
    program: LinearProgram,
    entries: Sequence[Sequence[tuple[int, float]]],
    cost: Sequence[float],
    upper: Sequence[float],
) -> LinearProgram:
    """The program with further columns, from zero to ``upper``, which alone cost; ``entries`` are (row, value)."""
    n, count = len(program.cost), len(entries)
    flat = sorted((row, n + j, value) for j, column in enumerate(entries) for row, value in column)
    where = np.array([program.starts[row + 1] for row, _, _ in flat], dtype=np.int64)
    added = np.bincount([row for row, _, _ in flat], minlength=len(program.row_lower)) if flat else 0
    zeros: Array = np.zeros(count)
    return replace(
        program,
        cost=np.concatenate([np.zeros(n), np.asarray(cost, dtype=float)]),
        lower=np.concatenate([program.lower, zeros]),
        upper=np.concatenate([program.upper, np.asarray(upper, dtype=float)]),
        integer=np.concatenate([program.integer, np.zeros(count, dtype=bool)]),
        starts=program.starts
        + np.concatenate([[0], np.cumsum(added * np.ones(len(program.row_lower), dtype=np.int64))]),
        columns=np.insert(program.columns, where, [column for _, column, _ in flat]),
        values=np.insert(program.values, where, [value for _, _, value in flat]),
    )


@dataclass(frozen=True)
class Compiled:
    """A linear program with the position of each PuLP variable among its columns."""

    program: LinearProgram
    position: dict[int, int]
    variables: Sequence[Any]

    def vector(self, pairs: Pairs) -> Array:
        """Pairs as a dense row over the columns; (n,)."""
        dense = np.zeros(len(self.program.cost))
        for variable, coefficient in pairs:
            dense[self.position[hash(variable)]] += coefficient
        return dense

    def total(self, pairs: Pairs, x: Array) -> float:
        """The sum that pairs are in a plan x."""
        return float(sum(coefficient * x[self.position[hash(variable)]] for variable, coefficient in pairs))

    def __getitem__(self, variable: Any) -> int:
        return self.position[hash(variable)]


def compile_problem(problem: Any) -> Compiled:
    """Read a PuLP problem, with whatever the user added to it, into arrays."""
    position: dict[int, int] = {}
    variables: list[Any] = []

    def place(variable: Any) -> int:
        key = hash(variable)
        if key not in position:
            position[key] = len(variables)
            variables.append(variable)
        return position[key]

    columns: list[int] = []
    values: list[float] = []
    starts, lower, upper = [0], [], []
    for row in problem.constraints():
        for variable, coefficient in row.items():
            columns.append(place(variable))
            values.append(coefficient)
        starts.append(len(columns))
        limit = -row.constant
        lower.append(limit if row.sense >= 0 else -np.inf)
        upper.append(limit if row.sense <= 0 else np.inf)
    objective = [(place(x), a) for x, a in problem.objective.items()] if problem.objective is not None else []
    cost = np.zeros(len(variables))
    for column, coefficient in objective:
        cost[column] += coefficient
    program = LinearProgram(
        cost=cost if problem.sense == pulp.LpMinimize else -cost,
        lower=np.array([-np.inf if x.lowBound is None else x.lowBound for x in variables], dtype=float),
        upper=np.array([np.inf if x.upBound is None else x.upBound for x in variables], dtype=float),
        integer=np.array([x.cat != pulp.LpContinuous for x in variables], dtype=bool),
        row_lower=np.array(lower, dtype=float),
        row_upper=np.array(upper, dtype=float),
        starts=np.array(starts, dtype=np.int64),
        columns=np.array(columns, dtype=np.int64),
        values=np.array(values, dtype=float),
        unit=unit_of(np.array(lower, dtype=float), np.array(upper, dtype=float)),
    )
    return Compiled(program, position, variables)
