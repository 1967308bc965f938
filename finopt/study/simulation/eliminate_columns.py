"""A program with columns put in place of what they are equal to: the same optimum in a third of the rows.

Much of a funding plan is bookkeeping: interest is a rate times a balance, an account is what came in with its growth.
A row that says x_j = Σ a_i x_i with every a_i positive keeps x_j from falling below zero by itself; so x_j can be put
in everywhere, and row and column are gone. That is done where it adds few coefficients, and only with rows and columns
whose numbers stay as they are in all scenarios of a study.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from finopt.finance import Array
from finopt.solve.linear_program import Ints, LinearProgram
from finopt.study.simulation.merge_packages import Condensed
from finopt.tolerances import CANCELS

FILL = 200
"""Most coefficients that putting in one column may add; measured: fewer steps of the simplex method outweigh them."""


class Rows(NamedTuple):
    """Linear expressions over columns: row i holds ``values[starts[i]:starts[i+1]]`` in ``columns[...]``."""

    starts: Ints
    columns: Ints
    values: Array


@dataclass(frozen=True)
class Reduced:
    """A merged program reduced further.

    ``program`` is what is left; ``rows`` (m'',) and ``columns`` (n'',) are the rows and columns of the merged program
    that are left. The coefficients ``entries`` of the merged one may move: they stand at ``places`` here, ``offsets``
    higher. ``measures`` are expressions that a study reads, over the columns that are left.
    """

    condensed: Condensed
    program: LinearProgram
    rows: Ints
    columns: Ints
    entries: Ints
    places: Ints
    offsets: Array
    measures: Rows

    def moved(self, limits: Array, values: Array) -> LinearProgram:
        """The program with other limits (the finite one of each row) and coefficients of the whole program."""
        program = self.program
        kept = self.condensed.limits(limits)[self.rows]
        return replace(
            program,
            row_lower=np.where(self._lower, kept, -np.inf),
            row_upper=np.where(self._upper, kept, np.inf),
            values=program.values if values is self.condensed.whole.values else self._values(values),
        )

    def limits(self, limits: Array) -> Array:
        """The limit of each row that is left, from those of the whole program."""
        return self.condensed.limits(limits)[self.rows]

    @cached_property
    def _lower(self) -> Array:
        return np.isfinite(self.program.row_lower)

    @cached_property
    def _upper(self) -> Array:
        return np.isfinite(self.program.row_upper)

    def _values(self, values: Array) -> Array:
        made = self.program.values.copy()
        made[self.places] = self.condensed.values(values)[self.entries] + self.offsets
        return made


def reduce(
    condensed: Condensed, moving_rows: Iterable[int], entries: Ints, measures: Rows, held: Iterable[int] = ()
) -> Reduced:
    """Put in every column that can be, and that is worth it.

    ``moving_rows`` are rows of the merged program whose limits move, ``entries`` its coefficients that move, ``held``
    columns that must be left.
    """
    program = condensed.program
    work = _Elimination(program, measures, set(entries.tolist()), set(moving_rows), set(held))
    work.run()
    return work.result(condensed, entries)


class _Elimination:
    """Rows as mappings from column to coefficient; below those of the program stand the measures and the cost."""

    def __init__(
        self, program: LinearProgram, measures: Rows, entries: set[int], moving: set[int], held: set[int]
    ) -> None:
        self._program = program
        cost = np.flatnonzero(program.cost)
        self._height = len(program.row_lower)
        parts = (
            Rows(program.starts, program.columns, program.values),
            measures,
            Rows(np.array([0, cost.size]), cost, program.cost[cost]),
        )
        self._rows = [row for part in parts for row in _mappings(part)]
        self._users: list[set[int]] = [set() for _ in program.cost]
        self._others: list[set[int]] = [set() for _ in program.cost]
        for i, row in enumerate(self._rows):
            for j in row:
                (self._users if i < self._height else self._others)[j].add(i)
        row_of = np.repeat(np.arange(self._height), np.diff(program.starts))
        self._moving = {(int(row_of[e]), int(program.columns[e])) for e in entries}
        fixed = (program.row_lower == 0) & (program.row_upper == 0)
        self._pivots = set(np.flatnonzero(fixed).tolist()) - moving - {row for row, _ in self._moving}
        free = (program.lower == 0) & np.isinf(program.upper) & ~program.integer
        self._held = held | {column for _, column in self._moving} | set(np.flatnonzero(~free).tolist())
        self._gone: set[int] = set()
        self._out: set[int] = set()

    def run(self) -> None:
        """Take rows while there are any, those that add least first."""
        found = True
        while found:
            choices = sorted((fill, i) for i in self._pivots for fill, _ in [self._choice(i)] if fill <= FILL)
            found = False
            for _, i in choices:
                fill, column = self._choice(i)  # what came before may have changed it
                if fill <= FILL:
                    self._put_in(i, column)
                    found = True

    def _choice(self, i: int) -> tuple[int, int]:
        """The column that a row gives, with how many coefficients putting it in adds; many where there is none."""
        row = self._rows[i]
        best = (FILL + 1, -1)
        for sign in (1.0, -1.0):
            alone = [j for j, a in row.items() if a * sign > 0]
            if len(alone) == 1 and alone[0] not in self._held:
                users = len(self._users[alone[0]])
                best = min(best, ((len(row) - 1) * (users - 1) - len(row) - users + 1, alone[0]))
        return best

    def _put_in(self, i: int, column: int) -> None:
        row = self._rows[i]
        pivot = row[column]
        parts = [(j, -a / pivot) for j, a in row.items() if j != column]
        for j in row:
            self._users[j].discard(i)
        for user in (*self._users[column], *self._others[column]):
            self._add(user, self._rows[user].pop(column), parts)
        self._users[column], self._others[column], self._rows[i] = set(), set(), {}
        self._pivots.discard(i)
        self._gone.add(i)
        self._out.add(column)

    def _add(self, user: int, factor: float, parts: list[tuple[int, float]]) -> None:
        row, users = self._rows[user], self._users if user < self._height else self._others
        for j, share in parts:
            term = factor * share
            sum_ = row.get(j, 0.0) + term
            if abs(sum_) <= CANCELS * abs(term) and (user, j) not in self._moving:
                if row.pop(j, None) is not None:
                    users[j].discard(user)
            else:
                row[j] = sum_
                users[j].add(user)

    def result(self, condensed: Condensed, entries: Ints) -> Reduced:
        """What is left, as arrays."""
        program = self._program
        rows = np.array([i for i in range(self._height) if i not in self._gone], dtype=np.int64)
        columns = np.array([j for j in range(len(program.cost)) if j not in self._out], dtype=np.int64)
        place = np.full(len(program.cost), -1, dtype=np.int64)
        place[columns] = np.arange(columns.size)
        matrix, *others = (
            _arrays([self._rows[i] for i in part], place)
            for part in (rows.tolist(), range(self._height, len(self._rows) - 1), [len(self._rows) - 1])
        )
        measures, costs = others
        cost = np.zeros(columns.size)
        cost[costs.columns] = costs.values
        made = replace(
            program,
            cost=cost,
            lower=program.lower[columns],
            upper=program.upper[columns],
            integer=program.integer[columns],
            row_lower=program.row_lower[rows],
            row_upper=program.row_upper[rows],
            starts=matrix.starts,
            columns=matrix.columns,
            values=matrix.values,
        )
        places = self._places(made, rows, place, entries)
        offsets = made.values[places] - program.values[entries]
        return Reduced(condensed, made, rows, columns, entries, places, offsets, measures)

    def _places(self, made: LinearProgram, rows: Ints, place: Ints, entries: Ints) -> Ints:
        """Where coefficients of the program stand in what is left of it."""
        width = len(made.cost)
        keys = np.repeat(np.arange(rows.size), np.diff(made.starts)) * width + made.columns
        row_of = np.repeat(np.arange(self._height), np.diff(self._program.starts))
        wanted = np.searchsorted(rows, row_of[entries]) * width + place[self._program.columns[entries]]
        return np.searchsorted(keys, wanted).astype(np.int64)


def _mappings(rows: Rows) -> Iterator[dict[int, float]]:
    columns, values = rows.columns.tolist(), rows.values.tolist()
    for first, end in pairwise(rows.starts.tolist()):
        yield dict(zip(columns[first:end], values[first:end], strict=True))


def _arrays(rows: Sequence[dict[int, float]], place: Ints) -> Rows:
    """Mappings as arrays, columns in order and counted anew."""
    starts = np.append(0, np.cumsum([len(row) for row in rows])).astype(np.int64)
    columns = np.array([j for row in rows for j in sorted(row)], dtype=np.int64)
    values = np.array([row[j] for row in rows for j in sorted(row)], dtype=float)
    return Rows(starts, place[columns], values)
