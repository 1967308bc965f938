"""The scenarios of a simulation in parts of one pattern: where only numbers of one program move, a shortcut is found.

A discrete driver that does more than move numbers (a licence that is granted or not, a loan that may be shut) splits
the scenarios: those with the same values share a case, and with it a model.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

import numpy as np

from finopt.case.case import Case
from finopt.case.kinds import number_of
from finopt.case.names import fold, same
from finopt.case.sheets import Driver
from finopt.errors import CaseError
from finopt.finance import Array
from finopt.model.limits import rows_of
from finopt.solve.linear_program import Ints
from finopt.solve.live_model import State
from finopt.study.simulation.affine_map import Shortcut, change_of, find, reduced
from finopt.study.simulation.eliminate_columns import Reduced
from finopt.study.simulation.merge_packages import condense
from finopt.study.simulation.sampling import choices, value_of

PARTS = 24
"""Most combinations of discrete drivers that are studied each on a model of its own."""
BLOCK = 500
"""Scenarios whose amounts are computed at once."""


@dataclass(frozen=True)
class Fast:
    """How the scenarios of a part become programs without a case of their own."""

    shortcut: Shortcut
    reduced: Reduced
    costs: Ints

    def amounts(self, values: Array) -> Array:
        """Total cost of the packages in each scenario, up to a constant; (N, D) to (N,)."""
        lines = self.shortcut.limits
        ours = np.isin(lines.where, self.costs)
        found = [lines.at(values[i : i + BLOCK])[:, ours].sum(axis=1) for i in range(0, len(values), BLOCK)]
        return np.concatenate(found)


@dataclass(frozen=True)
class Part:
    """Scenarios that share a case.

    ``where`` (N,) are their positions in the study; ``samples`` (N, D) the sampled numbers of ``drivers``, ``values``
    the same as values, not a number where a value is a word. ``fast`` is None where each scenario is a case of its own.
    """

    case: Case
    drivers: tuple[Driver, ...]
    where: Ints
    samples: Array
    values: Array
    fast: Fast | None = None


def parts(case: Case, samples: Array) -> Iterator[Part]:
    """The scenarios of a study, (N, D), in parts, each with its shortcut where there is one."""
    values = np.column_stack([_values(d, samples[:, i]) for i, d in enumerate(case.drivers)])
    whole = Part(case, case.drivers, np.arange(len(samples)), samples, values)
    splits = [i for i in range(len(case.drivers)) if np.isnan(values[:, i]).any()]
    while True:
        made = _split(whole, splits)
        first, obstacle = _prepared(made[0])
        if obstacle is None or obstacle < 0 or first.drivers[obstacle].distribution != "discrete":
            break
        splits = sorted([*splits, case.drivers.index(first.drivers[obstacle])])
    yield first
    yield from (_prepared(part)[0] for part in made[1:])


def _split(whole: Part, splits: Sequence[int]) -> list[Part]:
    """One part for each combination of values of the drivers in ``splits``; the whole where it cannot be split."""
    if not splits:
        return [whole]
    combinations, member = np.unique(whole.samples[:, splits], axis=0, return_inverse=True)
    if len(combinations) > PARTS or not _apart(whole.drivers, splits):
        return [whole]
    left = [i for i in range(len(whole.drivers)) if i not in splits]
    made = []
    for k, drawn in enumerate(combinations):
        where = np.flatnonzero(member.ravel() == k)
        part = replace(whole, where=whole.where[where], samples=whole.samples[where], values=whole.values[where])
        chosen = [
            change_of(whole.drivers[i], value_of(whole.drivers[i], v)) for i, v in zip(splits, drawn, strict=True)
        ]
        with suppress(CaseError):  # then each of its scenarios says by itself what is wrong with it
            part = replace(
                part,
                case=whole.case.changed(chosen),
                drivers=tuple(whole.drivers[i] for i in left),
                samples=part.samples[:, left],
                values=part.values[:, left],
            )
        made.append(part)
    return made


def _apart(drivers: Sequence[Driver], splits: Sequence[int]) -> bool:
    """Whether drivers that split touch no cell that another driver touches: then their order makes no difference."""
    return not any(
        i != j
        and fold(a.sheet) == fold(b.sheet)
        and (fold(a.column) == fold(b.column) or "*" in (a.column, b.column))
        and (same(a.row) == same(b.row) or "*" in (a.row, b.row))
        for i in splits
        for a in [drivers[i]]
        for j, b in enumerate(drivers)
    )


def _prepared(part: Part) -> tuple[Part, int | None]:
    """The part with its shortcut, or the driver that stands in the way (-1: no single one)."""
    if np.isnan(part.values).any():
        return part, -1
    state = State.of(part.case, unfunded=True)
    if state.model.hopeless or state.program.integer.any():
        return part, -1
    condensed = condense(state)
    found = find(state, condensed, part.drivers, part.values)
    if isinstance(found, int):
        return part, found
    costs = np.array([row for row, family, key in rows_of(state.model) if family.works(key)], dtype=np.int64)
    small = reduced(condensed, found.limits.where, found.values.where, state.missing.tolist())
    return replace(part, fast=Fast(found, small, costs)), None


def _values(driver: Driver, sampled: Array) -> Array:
    """What sampled numbers of a driver mean; not a number where its values are words."""
    if driver.distribution != "discrete":
        return sampled
    numbers = [None if isinstance(value, str) else number_of(value) for value, _ in choices(driver)]
    known = np.array([np.nan if number is None else number for number in numbers])
    return np.asarray(known[sampled.astype(int)])
