"""Monte Carlo over the Uncertainty sheet: can the plan be funded, what does it cost, what drives it?"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from finopt.case import Case, Change
from finopt.data import Data
from finopt.errors import CaseError, Finding, NoPlan
from finopt.finance import Array
from finopt.read.columns import Driver
from finopt.solve.live import LiveModel, differing
from finopt.study.gauges import Gauges
from finopt.study.runner import Outcome, Progress, Record, run
from finopt.study.sampling import sample, value_of

GAP = "unfunded gap"
RIGHT_SIDES = ("cost", "cfads", "limit", "limit_per_year", "limit_per_period", "ceiling_amounts", "total_budget")
QUANTILES = (0.05, 0.1, 0.25, 0.5, 0.75, 0.8, 0.9, 0.95)


@dataclass(frozen=True)
class Cloud:
    """What a simulation found.

    ``samples`` has one row a scenario and one column a driver; ``table`` one row a scenario: status, the unfunded gap,
    and each figure in the case's unit (empty where there is no plan), reason. ``seed`` gives the same table again.
    """

    case: Case
    seed: int
    samples: pd.DataFrame
    table: pd.DataFrame

    @property
    def funded(self) -> float:
        """Probability that the plan can be funded: the share of scenarios with a plan and no gap."""
        return float((self.table["status"] == "optimal").mean())

    @property
    def figures(self) -> list[str]:
        """The columns of figures."""
        return [name for name in self.table.columns if name not in ("scenario", "status", "reason")]

    def quantiles(self, at: Sequence[float] = QUANTILES) -> pd.DataFrame:
        """Quantiles of each figure over the scenarios that have one: one row a figure, one column a quantile."""
        return self.table[self.figures].quantile(list(at)).T

    def drivers(self, figure: str = "financing cost") -> pd.Series:
        """Rank correlation (Spearman) of each driver with a figure, strongest first; NaN where nothing varies."""
        known = self.table[figure].notna().to_numpy()
        values = self.table.loc[known, figure].to_numpy()
        found = {
            name: float(stats.spearmanr(self.samples.loc[known, name], values).statistic)
            if known.sum() > 2 and np.ptp(values) > 0 and self.samples.loc[known, name].nunique() > 1
            else float("nan")
            for name in self.samples.columns
        }
        series = pd.Series(found, dtype=float)
        return series.reindex(series.abs().sort_values(ascending=False, na_position="last").index)

    def __str__(self) -> str:
        money = self.case.money
        lines = [
            f"{self.case.name}: {len(self.table):,} scenarios, seed {self.seed}",
            f"can be funded   {self.funded:.1%} of scenarios",
        ]
        spread = self.quantiles((0.1, 0.5, 0.9))
        for name in ("financing cost", GAP):
            low, middle, high = spread.loc[name]
            lines.append(f"{name:<15} {low:,.1f} / {middle:,.1f} / {high:,.1f} {money} (P10 / P50 / P90)")
        ranks = ", ".join(f"{name} {value:+.2f}" for name, value in self.drivers().head(3).items())
        return "\n".join([*lines, f"what drives it  {ranks} (rank correlation with cost)"])


@dataclass(frozen=True)
class Simulation:
    """The task of a chunk: each scenario is one row of driver values."""

    drivers: tuple[Driver, ...]
    shortcut: Shortcut | None
    unfunded: bool = True

    def __call__(self, live: LiveModel, scenarios: Sequence[Array]) -> list[Outcome]:
        """The figures of each scenario, its gap among them."""
        gauges: Gauges | None = None
        home, outcomes = live.state.model.case, []
        for drawn in scenarios:
            try:
                if self.shortcut is None or not live.shift(self.shortcut.arrays(drawn)):
                    live.move(home.changed(changes(self.drivers, drawn)))
                best = live.best()
            except (NoPlan, CaseError) as error:
                outcomes.append(Outcome("no plan", {}, str(error)))
                continue
            if gauges is None or not gauges.fits(live):
                gauges = Gauges(live)
            figures = {GAP: best.gap, **gauges.read(best.x)}
            outcomes.append(Outcome("gap" if best.gap else "optimal", figures))
        return outcomes


@dataclass(frozen=True)
class Shortcut:
    """Right-side arrays as products of what each driver does to them, where that is exact.

    ``base`` holds the arrays of the case; entry i of ``steps`` gives, for driver i, arrays p and q: driven by the value
    v, an entry is multiplied by p + q · v.
    """

    base: Mapping[str, Array]
    steps: tuple[Mapping[str, tuple[Array, Array]], ...]

    def arrays(self, drawn: Array) -> dict[str, Array]:
        """The arrays in one scenario."""
        made = dict(self.base)
        for value, step in zip(drawn, self.steps, strict=True):
            for name, (p, q) in step.items():
                made[name] = made[name] * (p + q * value)
        return {name: made[name] for name in self.base}

    @classmethod
    def find(cls, case: Case, samples: Array) -> Shortcut | None:
        """The shortcut of a case's drivers, or None where a driver reaches further than right sides.

        Each driver is probed at three of its sampled values, all together at three sampled scenarios.
        """
        data = Data(case)
        base = {name: np.asarray(getattr(data, name), dtype=float) for name in RIGHT_SIDES}
        steps = []
        for i, driver in enumerate(case.drivers):
            step = _probe(case, data, base, driver, samples[:, i])
            if step is None:
                return None
            steps.append(step)
        touched = {name for step in steps for name in step}
        found = cls({name: base[name] for name in base if name in touched}, tuple(steps))
        for drawn in samples[:: max(1, len(samples) // 3)][:3]:
            truth = Data(case.changed(changes(case.drivers, drawn)))
            if not all(np.allclose(a, getattr(truth, n), rtol=1e-12, atol=0) for n, a in found.arrays(drawn).items()):
                return None
        return found


def simulate(
    case: Case,
    n: int = 1000,
    seed: int = 1,
    executor: Executor | None = None,
    progress: Progress | None = None,
    resume: str | Path | None = None,
) -> Cloud:
    """Draw ``n`` scenarios from the Uncertainty sheet and find the best plan of each.

    Each scenario first finds the least cost that no money can pay, then the best plan. The same seed gives the same
    table on one process, a pool or a cluster. ``resume`` is a file that keeps finished rows: an interrupted study goes
    on where it stopped. Raises CaseError where the sheet has no drivers.
    """
    if not case.drivers:
        hint = "describe what is uncertain there, one driver a row"
        raise CaseError([Finding("Uncertainty", "", "", "no drivers", "at least one row", hint)])
    samples = sample(case, n, seed)
    shortcut = Shortcut.find(case, samples)
    record = None if resume is None else Record(Path(resume), _key(case, n, seed))
    task = Simulation(case.drivers, shortcut)
    outcomes = run(case, task, list(samples), _order(samples, shortcut), executor, progress, record)
    names = [driver.driver for driver in case.drivers]
    kept = sorted(outcomes)
    return Cloud(case, seed, pd.DataFrame(samples[kept], columns=names), _table({i: outcomes[i] for i in kept}))


def changes(drivers: Sequence[Driver], drawn: Array) -> list[Change]:
    """The changes to a case that one row of driver values means."""
    return [
        Change(d.sheet, d.row, d.column, **{_WORD[d.change]: value_of(d, value)})
        for d, value in zip(drivers, drawn, strict=True)
    ]


_WORD = {"set": "value", "add": "add", "scale": "scale"}


def _probe(
    case: Case, data: Data, base: Mapping[str, Array], driver: Driver, values: Array
) -> dict[str, tuple[Array, Array]] | None:
    """What one driver does to right-side arrays, as p + q · v; None where it is not of that kind."""
    if driver.distribution == "discrete":
        return None
    at = np.quantile(values, (0.1, 0.5, 0.9))
    if at[0] == at[2]:
        return None
    try:
        probes = [Data(case.changed(changes([driver], np.array([v]))), data) for v in at]
    except CaseError:
        return None
    if any(not _only_right_sides(data, probe) for probe in probes):
        return None
    step: dict[str, tuple[Array, Array]] = {}
    for name, start in base.items():
        low, middle, high = (_ratio(getattr(probe, name), start) for probe in probes)
        q = (high - low) / (at[2] - at[0])
        p = low - q * at[0]
        if not np.allclose(p + q * at[1], middle, rtol=1e-12, atol=1e-13):
            return None
        if np.any(p != 1) or np.any(q != 0):
            step[name] = (p, q)
    return step


def _ratio(new: Any, start: Array) -> Array:
    """New over old, entry by entry; 1 where both are the same (zero or infinite), NaN where zero became something."""
    new = np.asarray(new, dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(new == start, 1.0, np.where(start == 0, np.nan, new / start))


def _only_right_sides(old: Data, new: Data) -> bool:
    return differing(old, new) <= set(RIGHT_SIDES) | {"has_cash", "ceilings"}


def _order(samples: Array, shortcut: Shortcut | None) -> list[int]:
    """Scenarios by total amount, so that neighbours are near; without a shortcut, by the mean rank of their drivers."""
    if shortcut is not None and "cost" in shortcut.base:
        size = np.array([shortcut.arrays(drawn)["cost"].sum() for drawn in samples])
    else:
        size = stats.rankdata(samples, axis=0).mean(axis=1)
    return [int(i) for i in np.argsort(size, kind="stable")]


def _table(outcomes: Mapping[int, Outcome]) -> pd.DataFrame:
    rows = [{"scenario": i, "status": o.status, **o.figures, "reason": o.reason} for i, o in outcomes.items()]
    table = pd.DataFrame(rows)
    figures = [name for name in table.columns if name not in ("scenario", "status", "reason")]
    return table[["scenario", "status", *figures, "reason"]]


def _key(case: Case, n: int, seed: int) -> str:
    text = repr((case.fingerprint, case.changes, n, seed, [d.model_dump(exclude={"origin"}) for d in case.drivers]))
    return hashlib.sha256(text.encode()).hexdigest()[:16]
