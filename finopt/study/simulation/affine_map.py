"""The numbers of a scenario's program straight from its drivers' values, where that is exact.

A driver that moves amounts, limits, budgets, revenue or rates changes some right sides and coefficients of the program,
each along a straight line. What several drivers do to one number together is either a sum or a product of what they do
alone. Both are learned from a few probes, and checked on others, so that a scenario needs no Case and no Data.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from finopt.case.arrays import Data, Mask
from finopt.case.case import Case
from finopt.case.change import Change
from finopt.case.sheets import Driver
from finopt.errors import CaseError
from finopt.finance import Array
from finopt.model.objective import FIGURE_USES
from finopt.solve.linear_program import Ints, LinearProgram
from finopt.solve.live_model import State, patched
from finopt.study.simulation.eliminate_columns import Reduced, Rows, reduce
from finopt.study.simulation.merge_packages import Condensed
from finopt.tolerances import STRAIGHT

NOTHING = Rows(np.zeros(1, dtype=np.int64), np.zeros(0, dtype=np.int64), np.zeros(0))
"""No measures."""
ALL_MOVE = (5**0.5 - 1) / 2
"""Where between its least and its largest value each driver stands when all are tried at once: a share that no table
holds, so that every one of them does move. Of three sampled scenarios a seldom change may move nothing."""
MEASURES = {"discount", "discount_out", "fx", "capitalised", "objectives", "terms", "upfront_in"}
"""Arrays that figures are read with: a driver that moves one of them moves more than the program."""
_WORD = {"set": "value", "add": "add", "scale": "scale"}


def change_of(driver: Driver, value: object) -> Change:
    """The change to a case that one value of a driver means."""
    return Change(driver.sheet, driver.row, driver.column, **{_WORD[driver.change]: value})  # type: ignore[arg-type]


class Numbers(NamedTuple):
    """What scenarios move of a program: the finite limit of each row (m,), the coefficients (nonzeros,)."""

    limits: Array
    values: Array


@dataclass(frozen=True)
class Lines:
    """Entries of an array as functions of the drivers' values.

    Driver i alone, at value v, adds ``at_zero[i] + slope[i] · v`` to ``base``; (D, E) each. ``where`` (E,) are the
    entries; those marked in ``product`` are multiplied together, the others added up.
    """

    where: Ints
    base: Array
    at_zero: Array
    slope: Array
    product: Mask

    def at(self, drawn: Array) -> Array:
        """The entries in some scenarios; (N, D) to (N, E)."""
        moved = self.at_zero + drawn[:, :, None] * self.slope
        size = np.where(self.base == 0, 1.0, self.base)
        together = self.base * np.prod(1 + moved / size, axis=1)
        return np.asarray(np.where(self.product, together, self.base + moved.sum(axis=1)))

    def settled(self, drawn: Array, truth: Array) -> Lines | None:
        """With sum or product chosen by what is true of some scenarios; None where an entry is neither."""
        added = _same(replace(self, product=np.zeros_like(self.product)).at(drawn), truth[:, self.where])
        multiplied = _same(replace(self, product=np.ones_like(self.product)).at(drawn), truth[:, self.where])
        multiplied &= self.base != 0
        return replace(self, product=multiplied) if (multiplied | added).all() else None


@dataclass(frozen=True)
class Shortcut:
    """The program of each scenario from its drivers' values; see the module.

    ``low`` and ``high`` (D,) are the values of each driver between which that is exact and the case is no wrong one.
    """

    limits: Lines
    values: Lines
    low: Array
    high: Array

    def inside(self, drawn: Array) -> Mask:
        """Which scenarios the shortcut holds for; (N, D) to (N,)."""
        return np.asarray(((drawn >= self.low) & (drawn <= self.high)).all(axis=1))

    def numbers(self, base: Numbers, drawn: Array) -> Iterator[Numbers]:
        """The numbers of each scenario, from those of the case; (N, D)."""
        limits, values = self.limits.at(drawn), self.values.at(drawn)
        for i in range(len(drawn)):
            yield Numbers(
                _put(base.limits, self.limits.where, limits[i]), _put(base.values, self.values.where, values[i])
            )

    @property
    def moves_coefficients(self) -> Mask:
        """Which drivers move coefficients; (D,)."""
        touched = (self.values.at_zero != 0) | (self.values.slope != 0)
        return np.asarray(touched.any(axis=1))


def numbers_of(program: LinearProgram) -> Numbers:
    """The numbers of a program that scenarios may move."""
    return Numbers(np.where(np.isfinite(program.row_lower), program.row_lower, program.row_upper), program.values)


def reduced(condensed: Condensed, limits: Ints, values: Ints, held: Iterable[int], measures: Rows = NOTHING) -> Reduced:
    """The program in as few rows and columns as there need be, where these limits and coefficients of the whole move.

    ``held`` are columns of the whole that must be left. What is left does not depend on ``measures``, read along.
    """
    rows = np.unique(condensed.rows[limits]).tolist()
    kept = np.unique(condensed.columns[list(held)]).tolist()
    return reduce(condensed, rows, condensed.entries_of(values), measures, kept)


def find(state: State, condensed: Condensed, drivers: Sequence[Driver], drawn: Array) -> Shortcut | int:
    """The shortcut of some drivers over the values that they take in (N, D) scenarios.

    Or, where there is none, the driver that stands in the way: one that moves more than numbers of the program, or
    does not move them along straight lines (-1 where only several together do not).
    """
    probe = _Probe(state, condensed)
    found: list[tuple[Numbers, Numbers]] = []
    low, high = np.empty(len(drivers)), np.empty(len(drivers))
    for i, driver in enumerate(drivers):
        values = np.unique(drawn[:, i])
        reach = _reach(probe, driver, values)
        line = None if reach is None else _line(probe, driver, values[slice(reach[0], reach[1] + 1)])
        if reach is None or line is None:
            return i
        low[i], high[i] = values[reach[0]], values[reach[1]]
        found.append(line)
    limits = _lines(probe.base.limits, [(a.limits, b.limits) for a, b in found])
    values_ = _lines(probe.base.values, [(a.values, b.values) for a, b in found])
    made = Shortcut(limits, values_, low, high)
    inside = np.flatnonzero(made.inside(drawn))
    if not inside.size:
        return -1
    chosen = np.vstack([low + ALL_MOVE * (high - low), drawn[inside[:: max(1, len(inside) // 3)][:3]]])
    truth = [probe.at([change_of(d, v) for d, v in zip(drivers, row.tolist(), strict=True)]) for row in chosen]
    if any(t is None for t in truth):
        return -1
    settled = [
        lines.settled(chosen, np.array([getattr(t, name) for t in truth]))
        for name, lines in (("limits", limits), ("values", values_))
    ]
    if settled[0] is None or settled[1] is None:
        return -1
    return replace(made, limits=settled[0], values=settled[1])


class _Probe:
    """The numbers of the program that a changed case becomes."""

    def __init__(self, state: State, condensed: Condensed) -> None:
        self._state, self._condensed = state, condensed
        self.base = numbers_of(state.program)

    def at(self, changes: Sequence[Change]) -> Numbers | None:
        """The numbers with some changes; None where they are wrong, or change more than numbers."""
        old = self._state.model.data
        try:
            data = Data(old.case.changed(changes), old)
        except CaseError:
            return None
        changed = old.differing(data, self._state.model.reads)
        moved = None if not changed.isdisjoint(FIGURE_USES) else patched(self._state, data, changed)
        if moved is None:
            return None
        numbers = numbers_of(moved.program)
        same = moved.program.values is self._state.program.values or self._condensed.holds(numbers.values)
        return numbers if same else None


def _reach(probe: _Probe, driver: Driver, values: Array) -> tuple[int, int] | None:
    """First and last of a driver's sorted values at which the case is right and its pattern the same."""

    def good(i: int) -> bool:
        return probe.at([change_of(driver, float(values[i]))]) is not None

    middle, last = len(values) // 2, len(values) - 1
    if not good(middle):
        return None
    first = 0 if good(0) else _edge(good, 0, middle)
    return first, last if good(last) else _edge(good, last, middle)


def _edge(good: Callable[[int], bool], bad: int, fine: int) -> int:
    """The position next to ``bad`` that is still good, halving the way between."""
    while abs(fine - bad) > 1:
        middle = (fine + bad) // 2
        bad, fine = (bad, middle) if good(middle) else (middle, fine)
    return fine


def _line(probe: _Probe, driver: Driver, values: Array) -> tuple[Numbers, Numbers] | None:
    """What a driver adds to the numbers at value zero, and by unit of its value; None where that is no line."""
    at = [float(values[0]), float(values[len(values) // 2]), float(values[-1])]
    found = [probe.at([change_of(driver, v)]) for v in at]
    numbers = [n for n in found if n is not None]
    if len(numbers) < len(at):
        return None
    parts = []
    for start, low, middle, high in zip(probe.base, *numbers, strict=True):
        width = at[2] - at[0]
        slope = (high - low) / width if width else np.zeros_like(start)
        zero = (low - start) - slope * at[0]
        if not _same((start + zero + slope * at[1])[None], middle[None]).all():
            return None
        parts.append((np.where(slope == 0, low - start, zero), slope))
    (a, b), (c, d) = parts
    return Numbers(a, c), Numbers(b, d)


def _lines(base: Array, found: Sequence[tuple[Array, Array]]) -> Lines:
    """The entries that any driver moves."""
    shape = (len(found), base.size)
    at_zero, slope = (np.array([pair[side] for pair in found]).reshape(shape) for side in (0, 1))
    where = np.flatnonzero(((at_zero != 0) | (slope != 0)).any(axis=0))
    return Lines(where, base[where], at_zero[:, where], slope[:, where], np.zeros(where.size, dtype=bool))


def _same(found: Array, truth: Array) -> Mask:
    """Which entries agree in every scenario, to rounding."""
    return np.asarray((np.abs(found - truth) <= STRAIGHT * np.maximum(1.0, np.abs(truth))).all(axis=0))


def _put(base: Array, where: Ints, entries: Array) -> Array:
    """The array with some entries replaced; the array itself where there are none."""
    if not where.size:
        return base
    made = base.copy()
    made[where] = entries
    return made


def case_of(case: Case, drivers: Sequence[Driver], values: Sequence[object]) -> Case:
    """The case of one scenario. Raises CaseError where it is a wrong one."""
    return case.changed([change_of(d, v) for d, v in zip(drivers, values, strict=True)])
