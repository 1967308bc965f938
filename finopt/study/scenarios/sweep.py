"""Sweep: one input or two over a range, every combination solved."""

from __future__ import annotations

import math
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import pandas as pd

from finopt.case.case import Case
from finopt.case.change import Change
from finopt.errors import CaseError
from finopt.study.engine.batch import NOT_RUN, as_table, changed, solve_all
from finopt.study.engine.executor import Progress

SHOWN = ("financing cost", "money", "peak debt")
"""Figures that the printed table shows."""


@dataclass(frozen=True)
class Vary:
    """One input and the values that it takes: set to each of ``values``, or ``add`` added, or scaled by ``scale``.

    Sheet, row and column are those of `Case.change`. Raises ValueError where not exactly one of the three is given.
    """

    sheet: str
    row: str
    column: str
    values: Sequence[Any] | None = None
    add: Sequence[float] | None = None
    scale: Sequence[float] | None = None

    def __post_init__(self) -> None:
        if sum(given is not None for given in (self.values, self.add, self.scale)) != 1:
            raise ValueError("give one of values, add and scale: the list of what the input takes")
        if not self.points:
            raise ValueError(f"{self.label}: give at least one value")

    @property
    def points(self) -> list[Any]:
        """What the input takes, in the caller's order; numbers as Python's own."""
        given = next(g for g in (self.values, self.add, self.scale) if g is not None)
        return [point.item() if hasattr(point, "item") else point for point in given]

    @property
    def label(self) -> str:
        """The input in words, the heading of its column: `Packages/*/Amount times`."""
        word = " plus" if self.add is not None else " times" if self.scale is not None else ""
        return f"{self.sheet}/{self.row}/{self.column}{word}"

    def change(self, point: Any) -> Change:
        """The change that one of its points means."""
        if self.add is not None:
            return Change(self.sheet, self.row, self.column, add=float(point))
        if self.scale is not None:
            return Change(self.sheet, self.row, self.column, scale=float(point))
        return Change(self.sheet, self.row, self.column, point)


@dataclass(frozen=True)
class Sweep:
    """What a sweep found.

    ``table`` has one row a combination, the last input running fastest: a column for each input, status, each figure
    in the case's unit (empty where there is no plan), reason. ``base`` holds the figures of the case as it is.
    """

    case: Case
    inputs: tuple[Vary, ...]
    base: dict[str, float]
    table: pd.DataFrame

    @property
    def not_run(self) -> int:
        """How many combinations were stopped before their turn."""
        return int((self.table["status"] == NOT_RUN).sum())

    @property
    def labels(self) -> list[str]:
        """The columns of the inputs."""
        return [vary.label for vary in self.inputs]

    @property
    def figures(self) -> list[str]:
        """The columns of figures."""
        return [name for name in self.table.columns if name not in (*self.labels, "status", "reason")]

    def grid(self, figure: str = "financing cost") -> pd.DataFrame:
        """A figure of a two-way sweep: the first input down, the second across; empty where there is no plan."""
        if len(self.inputs) != 2:
            raise ValueError("a grid needs a sweep of two inputs")
        down, across = (vary.points for vary in self.inputs)
        values = self.table[figure].to_numpy(dtype=float).reshape(len(down), len(across))
        first, second = self.labels
        return pd.DataFrame(values, index=pd.Index(down, name=first), columns=pd.Index(across, name=second))

    def __str__(self) -> str:
        counts = self.table["status"].value_counts()
        said = ", ".join(f"{count} {status}" for status, count in counts.items() if status != "optimal")
        words = f"{len(self.table)} cases" + (f" ({said})" if said else "")
        head = f"{self.case.name}: {words}, {self.case.money}"
        if len(self.inputs) == 2 and "financing cost" in self.figures:
            title = f"financing cost: {self.labels[0]} down, {self.labels[1]} across"
            return "\n".join(
                [head, title, self.grid().map(_shown).rename_axis(None).rename_axis(None, axis=1).to_string()]
            )
        figures = [name for name in SHOWN if name in self.figures]
        shown = self.table[[*self.labels, "status", *figures]].copy()
        shown[figures] = shown[figures].map(_shown)
        return "\n".join([head, shown.to_string(index=False)])


def sweep(
    case: Case,
    *inputs: Vary,
    executor: Executor | None = None,
    progress: Progress | None = None,
    resume: str | Path | None = None,
) -> Sweep:
    """Solve the case for every value of one input, or every pair of two.

    A combination that has no plan, or is no case at all, stays as a row with its reason. Ctrl-C ends the study early:
    rows whose turn did not come say so, and with ``resume``, a file that keeps finished rows, the same call goes on.
    Raises ValueError where not one or two different inputs are given, CaseError where no combination is a case (the
    input does not exist), and FinoptError where ``resume`` holds another study.
    """
    if len(inputs) not in (1, 2) or len({vary.label for vary in inputs}) < len(inputs):
        raise ValueError("a sweep varies one input, or two different ones")
    points = list(product(*(vary.points for vary in inputs)))
    cases = [changed(case, [v.change(p) for v, p in zip(inputs, point, strict=True)]) for point in points]
    faults = [wrong for wrong in cases if isinstance(wrong, CaseError)]
    if len(faults) == len(cases):
        raise faults[0]
    base, *outcomes = solve_all(case, [case, *cases], executor, progress, [0, *_snake(inputs)], resume)
    keys = [dict(zip((v.label for v in inputs), point, strict=True)) for point in points]
    return Sweep(case, inputs, dict(base.figures), as_table(keys, outcomes))


def _snake(inputs: Sequence[Vary]) -> list[int]:
    """Positions (the base is 0) row by row, every other row backwards: each step changes one input by one notch."""
    across = len(inputs[-1].points)
    rows = math.prod(len(vary.points) for vary in inputs) // across
    return [
        1 + row * across + column
        for row in range(rows)
        for column in (range(across) if row % 2 == 0 else reversed(range(across)))
    ]


def _shown(value: float) -> str:
    return "-" if pd.isna(value) else f"{value:,.1f}"
