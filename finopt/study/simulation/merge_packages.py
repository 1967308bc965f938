"""A program with packages merged that no row tells apart: the same optimum in fewer columns.

Two packages that the same sources may pay in full, and that no rule, limit or measure distinguishes, are one to the
optimum: sources pay them together, and any plan of the sum splits into plans of the parts in proportion to their costs.
So their rows of payment and of totals are added up, and their draws, totals and unfunded costs become one column each.
Studies that solve thousands of scenarios and read sums only work on this program; plans are never made from it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from finopt.finance import Array
from finopt.model.build import Model
from finopt.solve.linear_program import Compiled, Ints, LinearProgram
from finopt.solve.live_model import State


@dataclass(frozen=True)
class Condensed:
    """A whole program and what it is merged into.

    ``rows`` (m,) and ``columns`` (n,) give, for each row and column of the whole program, its place in the merged one;
    ``kept`` (n',) the column of the whole program that stands for each merged one.
    """

    whole: LinearProgram
    rows: Ints
    columns: Ints
    kept: Ints

    @cached_property
    def program(self) -> LinearProgram:
        """The merged program."""
        whole, kept = self.whole, self.kept
        _, _, keys = self._entries
        rows, columns = np.divmod(keys, len(kept))
        return replace(
            whole,
            cost=whole.cost[kept],
            lower=whole.lower[kept],
            upper=whole.upper[kept],
            integer=whole.integer[kept],
            row_lower=self.limits(whole.row_lower),
            row_upper=self.limits(whole.row_upper),
            starts=np.append(0, np.cumsum(np.bincount(rows, minlength=int(self.rows.max(initial=-1)) + 1))),
            columns=columns,
            values=self.values(whole.values),
        )

    def limits(self, limits: Array) -> Array:
        """Limits of the rows, added up where rows are merged."""
        return np.bincount(self.rows, weights=limits).astype(float)

    def values(self, values: Array) -> Array:
        """Coefficients of the merged program from those of the whole one."""
        where, position, _ = self._entries
        return np.bincount(position, weights=values[where]).astype(float)

    def entries_of(self, entries: Ints) -> Ints:
        """Places among the merged coefficients of those of the whole program that stand for them."""
        where, position, _ = self._entries
        return np.unique(position[np.isin(where, entries)])

    @cached_property
    def row_of(self) -> Ints:
        """The row in which each coefficient of the whole program stands."""
        return np.repeat(np.arange(len(self.whole.row_lower)), np.diff(self.whole.starts))

    @cached_property
    def _entries(self) -> tuple[Ints, Ints, Ints]:
        """Coefficients in columns that are kept; their place among the merged ones; row · n' + column of those."""
        stands = np.zeros(len(self.columns), dtype=bool)
        stands[self.kept] = True
        where = np.flatnonzero(stands[self.whole.columns])
        keys, position = np.unique(
            self.rows[self.row_of[where]] * len(self.kept) + self.columns[self.whole.columns[where]],
            return_inverse=True,
        )
        return where, position, keys

    def holds(self, values: Array) -> bool:
        """Whether columns that are merged have the same cost, bounds, and coefficients in every merged row."""
        whole, stand = self.whole, self.kept[self.columns]
        for side in (whole.cost, whole.lower, whole.upper):
            if not np.array_equal(side, side[stand]):
                return False
        height = int(self.rows.max(initial=-1)) + 1
        keys, position = np.unique(whole.columns * height + self.rows[self.row_of], return_inverse=True)
        sums = np.bincount(position, weights=values)
        columns, rows = np.divmod(keys, height)
        counts = np.bincount(columns, minlength=len(whole.cost))
        if not np.array_equal(counts, counts[stand]):
            return False
        first = np.cumsum(counts) - counts
        twin = first[stand[columns]] + np.arange(len(keys)) - first[columns]
        return np.array_equal(rows, rows[twin]) and np.array_equal(sums, sums[twin])


def condense(state: State) -> Condensed:
    """Merge the packages of a state that no row tells apart; the program as it is where a merge does not hold."""
    program = state.program
    merged = _merged(state.model, state.compiled)
    if not program.integer.any() and merged.holds(program.values):
        return merged
    every = np.arange(len(program.cost))
    return Condensed(program, np.arange(len(program.row_lower)), every, every)


def _merged(model: Model, compiled: Compiled) -> Condensed:
    program = compiled.program
    stand = {w: group[0] for group in _alike(model, compiled) for w in group}
    columns, rows = np.arange(len(program.cost)), np.arange(len(program.row_lower))
    seen: dict[Hashable, int] = {}
    for kind, key, column in _columns(model, compiled):
        columns[column] = seen.setdefault((kind, stand[key[0]], key[1:]), column)
    for name, w, rest, row in _own_rows(model):
        if w in stand:
            rows[row] = seen.setdefault(("row", name, stand[w], rest), row)
    kept, place = np.unique(columns, return_inverse=True)
    return Condensed(program, np.unique(rows, return_inverse=True)[1], place, kept)


def _own_rows(model: Model) -> Iterator[tuple[str, int, tuple[Hashable, ...], int]]:
    """Every row that may be added up over packages: its family, its package, what else names it, its position."""
    for (name, key), row in model.rows.items():
        at = model.family(name).merged_at
        if at is not None:
            yield name, int(key[at]), (*key[:at], *key[at + 1 :]), row


def _columns(model: Model, compiled: Compiled) -> Iterator[tuple[str, tuple[int, ...], int]]:
    """Every column that belongs to a package: what it is, its package and what else names it, its position."""
    v, packages = model.variables, len(model.case.packages)
    for (s, u, t), x in v.draw.items():
        if u < packages:
            yield "draw", (u, s, t), compiled[x]
    for (s, u), x in v.spent.items():
        if u < packages:
            yield "spent", (u, s), compiled[x]
    for (w, t), x in v.unfunded.items():
        yield "unfunded", (w, t), compiled[x]


def _alike(model: Model, compiled: Compiled) -> list[list[int]]:
    """Packages in groups: those whose totals by source stand in the same rows with the same coefficients."""
    program, v = compiled.program, model.variables
    order = np.argsort(program.columns, kind="stable")
    rows = np.repeat(np.arange(len(program.row_lower)), np.diff(program.starts))[order]
    ends = np.cumsum(np.bincount(program.columns, minlength=len(program.cost)))
    own = {row for _, _, _, row in _own_rows(model)}
    totals: dict[int, list[Hashable]] = {w: [] for w in range(len(model.case.packages))}
    for (s, u), x in v.spent.items():
        if u in totals:
            column = compiled[x]
            part = slice(ends[column - 1] if column else 0, ends[column])
            entries = zip(rows[part].tolist(), program.values[order][part].tolist(), strict=True)
            totals[u].append((s, program.cost[column], *(entry for entry in entries if entry[0] not in own)))
    groups: dict[Hashable, list[int]] = defaultdict(list)
    for w, signature in totals.items():
        groups[tuple(signature)].append(w)
    return list(groups.values())
