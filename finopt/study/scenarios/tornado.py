"""Tornado: each driver of sheet Uncertainty at its low and at its high, all else as the case has it."""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from finopt.case.case import Case
from finopt.case.sheets import Driver
from finopt.errors import CaseError, Finding
from finopt.study.engine.batch import NOT_RUN, changed, solve_all
from finopt.study.engine.executor import Progress
from finopt.study.engine.resume import Outcome
from finopt.study.simulation.affine_map import change_of

COLUMNS = ("driver", "low", "high", "at low", "at high", "swing", "reason")


@dataclass(frozen=True)
class Tornado:
    """What each driver does to the figures, one at a time.

    ``values`` holds the low and the high of each driver: its 10% and 90% quantiles, or the first and the last value of
    a discrete one. All else stays as the case has it (not at the drivers' medians), so every bar starts from the plan
    that the user knows. ``base``, ``low`` and ``high`` hold the outcomes: figures, or why there is no plan.
    """

    case: Case
    values: dict[str, tuple[Any, Any]]
    base: Outcome
    low: dict[str, Outcome]
    high: dict[str, Outcome]

    @property
    def not_run(self) -> int:
        """How many drivers were stopped before the turn of one of their ends."""
        ends = zip(self.low.values(), self.high.values(), strict=True)
        return sum(NOT_RUN in (low.status, high.status) for low, high in ends)

    @property
    def table(self) -> pd.DataFrame:
        """The financing cost of each driver's two ends; see `of`."""
        return self.of("financing cost")

    def of(self, figure: str) -> pd.DataFrame:
        """One figure at both ends of each driver: driver, low, high, at low, at high, swing, reason; widest first.

        A driver one end of which has no plan comes before all others: its swing knows no bounds.
        """
        rows = []
        for name, (low, high) in self.values.items():
            ends = [outcome.figures.get(figure, np.nan) for outcome in (self.low[name], self.high[name])]
            reasons = (("at low", self.low[name].reason), ("at high", self.high[name].reason))
            words = "; ".join(f"{where}: {reason}" for where, reason in reasons if reason)
            rows.append((name, low, high, *ends, abs(ends[1] - ends[0]), words))
        table = pd.DataFrame(rows, columns=list(COLUMNS))
        return table.sort_values("swing", ascending=False, na_position="first", kind="stable", ignore_index=True)

    def __str__(self) -> str:
        base = self.base.figures.get("financing cost")
        head = "no plan" if base is None else f"{base:,.1f}"
        width = max(10, *(len(name) for name in self.values))
        lines = [
            f"{self.case.name}: financing cost {head} {self.case.money}; each driver at its low and high",
            f"{'driver':<{width}}{'low':>12}{'high':>12}{'at low':>12}{'at high':>12}{'swing':>12}",
        ]
        for row in self.table.itertuples(index=False):
            name, low, high, *ends, _ = row
            cells = "".join(f"{_shown(value):>12}" for value in (low, high, *ends))
            lines.append(f"{name:<{width}}{cells}")
        return "\n".join(lines)


def tornado(
    case: Case,
    executor: Executor | None = None,
    progress: Progress | None = None,
    resume: str | Path | None = None,
) -> Tornado:
    """Solve the case with each driver at its low and at its high.

    Ctrl-C ends the study early: ends whose turn did not come say so, and with ``resume``, a file that keeps finished
    ones, the same call goes on. Raises CaseError where the sheet has no drivers, and FinoptError where ``resume`` holds
    another study.
    """
    if not case.drivers:
        hint = "describe what is uncertain there, one driver a row"
        raise CaseError([Finding("Uncertainty", "", "", "no drivers", "at least one row", hint)])
    values = {driver.driver: ends_of(driver) for driver in case.drivers}
    cases = [changed(case, [change_of(driver, end)]) for driver in case.drivers for end in values[driver.driver]]
    base, *outcomes = solve_all(case, [case, *cases], executor, progress, resume=resume)
    return Tornado(case, values, base, dict(zip(values, outcomes[::2], strict=True)),
                   dict(zip(values, outcomes[1::2], strict=True)))  # fmt: skip


def ends_of(driver: Driver) -> tuple[Any, Any]:
    """Low and high of a driver: its 10% and 90% quantiles, or the first and last value of a discrete one."""
    from finopt.study.simulation.sampling import (  # loads distributions: only where there is a tornado
        HIGH,
        LOW,
        choices,
        quantile,
    )

    if driver.distribution == "discrete":
        stated = choices(driver)
        return stated[0][0], stated[-1][0]
    low, high = quantile(driver)(np.array([LOW, HIGH])).tolist()
    return low, high


def _shown(value: Any) -> str:
    if isinstance(value, float):
        return "-" if np.isnan(value) else f"{value:,.4g}" if abs(value) < 10 else f"{value:,.1f}"
    return str(value)
