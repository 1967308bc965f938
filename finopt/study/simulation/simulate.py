"""Monte Carlo over the Uncertainty sheet: can the plan be funded, what does it cost, what drives it?"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from finopt.case.case import Case
from finopt.case.sheets import Driver
from finopt.errors import CaseError, Finding, NoPlan
from finopt.finance import Array
from finopt.literal import apart
from finopt.solve.linear_program import Ints
from finopt.solve.live_model import LiveModel
from finopt.study.engine.executor import CHUNK, Helpers, Progress, cells, key_of, run
from finopt.study.engine.measures import Gauges
from finopt.study.engine.resume import Outcome, Record
from finopt.study.simulation.affine_map import case_of
from finopt.study.simulation.partition import Fast, Part, parts
from finopt.study.simulation.sampling import sample, value_of
from finopt.study.simulation.warm_start import GAP, POOL, Pilot, Pool, Restarted, Start

QUANTILES = (0.05, 0.1, 0.25, 0.5, 0.75, 0.8, 0.9, 0.95)
COST = "financing cost"
FIRST = 48
"""Scenarios solved first, from the cheapest to the dearest."""
SHARES = (4, 12)
"""One scenario in so many is among the first, and among the pilots that start from those and lead all others."""
SMALL = 24
"""Scenarios in a chunk of pilots: few, so that all workers have some."""


@dataclass(frozen=True)
class Cloud:
    """What a simulation found.

    ``samples`` has one row a scenario and one column a driver (a discrete one: which of its values, from 0); ``table``
    one row a scenario: status, the unfunded gap, and each figure in the case's unit (empty where there is no plan),
    reason. ``seed`` gives the same table again. ``asked`` is how many scenarios were asked for: there are fewer where
    the study was stopped.
    """

    case: Case
    seed: int
    asked: int
    samples: pd.DataFrame
    table: pd.DataFrame

    @property
    def complete(self) -> bool:
        """Whether every scenario has been studied."""
        return len(self.table) == self.asked

    @property
    def funded(self) -> float:
        """Probability that the plan can be funded: the share of scenarios with a plan and no gap."""
        return float((self.table["status"] == "optimal").mean())

    @property
    def figures(self) -> list[str]:
        """The columns of figures."""
        return [name for name in self.table.columns if name not in ("scenario", "status", "reason")]

    @property
    def planned(self) -> pd.DataFrame:
        """The scenarios whose packages can all be paid: only those have a cost that can be compared."""
        return self.table[self.table["status"] == "optimal"]

    @property
    def tidy(self) -> pd.DataFrame:
        """One row a scenario, for pandas, CSV and Parquet: scenario, status, value of each driver, figures, reason.

        A driver whose name another column has is called "driver" and its name.
        """
        made = self.table[["scenario", "status"]].copy()
        names = apart([driver.driver for driver in self.case.drivers], self.table.columns, "driver")
        for name, driver in zip(names, self.case.drivers, strict=True):
            sampled = self.samples[driver.driver]
            values = [value_of(driver, v) for v in sampled.tolist()] if driver.distribution == "discrete" else sampled
            made[name] = list(map(str, values)) if any(isinstance(v, str) for v in values) else list(values)
        return pd.concat([made, self.table[[*self.figures, "reason"]]], axis=1)

    def quantiles(self, at: Sequence[float] = QUANTILES) -> pd.DataFrame:
        """Quantiles of each figure: one row a figure, one column a quantile.

        Of the unfunded gap over all scenarios that have figures; of all else over those that can be funded, since a
        plan that leaves works unpaid is cheap for the wrong reason.
        """
        found = self.planned[self.figures].quantile(list(at)).T
        found.loc[GAP] = self.table[GAP].quantile(list(at))
        return found

    def drivers(self, figure: str = COST) -> pd.Series:
        """Rank correlation (Spearman) of each driver with a figure, strongest first; NaN where nothing varies.

        Over the scenarios that can be funded; for the unfunded gap over all that have figures.
        """
        rows = self.table[figure].notna() if figure == GAP else self.table["status"] == "optimal"
        values = self.table.loc[rows, figure].to_numpy()
        found = {name: _rank_correlation(self.samples.loc[rows.to_numpy(), name].to_numpy(), values)
                 for name in self.samples.columns}  # fmt: skip
        series = pd.Series(found, dtype=float)
        return series.reindex(series.abs().sort_values(ascending=False, na_position="last", kind="stable").index)

    def __str__(self) -> str:
        money = self.case.money
        count = f"{len(self.table):,}" if self.complete else f"{len(self.table):,} of {self.asked:,}"
        lines = [f"{self.case.name}: {count} scenarios, seed {self.seed}"]
        if self.table.empty:
            return lines[0]
        lines.append(f"can be funded   {self.funded:.1%} of scenarios")
        spread = self.quantiles((0.1, 0.5, 0.9))
        for name, of in ((COST, "if funded"), (GAP, "all")):
            low, middle, high = spread.loc[name].to_numpy(dtype=float).tolist()
            if np.isfinite(middle):
                lines.append(f"{name:<15} {low:,.1f} / {middle:,.1f} / {high:,.1f} {money} (P10 / P50 / P90, {of})")
        for name, words in ((GAP, "what opens a gap"), (COST, "what drives cost")):
            ranks = [f"{driver} {value:+.2f}" for driver, value in self.drivers(name).head(3).items() if value == value]
            if ranks:
                lines.append(f"{words}  {', '.join(ranks)} (rank correlation)")
        lost = self.table[self.table["status"] == "no plan"]
        if len(lost):
            lines.append(f"no plan         {len(lost):,} scenarios, such as: {lost['reason'].iloc[0]}")
        return "\n".join(lines)


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
    on where it stopped. Ctrl-C ends it early, with the rows finished by then. Where plans cost the same, the split
    between parties is one of several. Raises CaseError where the sheet has no drivers or its correlations cannot hold
    together, FinoptError where ``resume`` holds another study.
    """
    if n < 1:
        raise ValueError("simulate takes at least one scenario")
    if not case.drivers:
        hint = "describe what is uncertain there, one driver a row"
        raise CaseError([Finding("Uncertainty", "", "", "no drivers", "at least one row", hint)])
    samples = sample(case, n, seed)
    key = key_of(cells(case.tables), n, seed, FIRST, SHARES, CHUNK)
    study = _Study(Helpers(executor), progress, None if resume is None else Path(resume), key)
    if study.path is not None:
        Record(study.path, key).finished()  # a file of another study is refused before any work is done
    outcomes: dict[int, Outcome] = {}
    for number, part in enumerate(parts(case, samples)):
        found = study.outcomes(part, str(number))
        outcomes.update({int(part.where[i]): outcome for i, outcome in found.items()})
        if len(found) < len(part.where):  # stopped by Ctrl-C
            break
    kept = sorted(outcomes)
    names = [driver.driver for driver in case.drivers]
    table = _table(kept, [outcomes[i] for i in kept])
    return Cloud(case, seed, n, pd.DataFrame(samples[kept], columns=names), table)


@dataclass(frozen=True)
class Moved:
    """The task of a chunk whose scenarios have no shortcut: each is a case of its own."""

    drivers: tuple[Driver, ...]
    unfunded: bool = True

    def __call__(self, live: LiveModel, scenarios: Sequence[Array]) -> list[Outcome]:
        """The figures of each scenario, its gap among them, or why it has no plan."""
        gauges: Gauges | None = None
        home, outcomes = live.state.model.case, []
        for drawn in scenarios:
            values = [value_of(d, v) for d, v in zip(self.drivers, drawn.tolist(), strict=True)]
            try:
                live.move(case_of(home, self.drivers, values))
                best = live.best()
            except (NoPlan, CaseError) as error:
                outcomes.append(Outcome("no plan", {}, " ".join(str(error).splitlines())))
                continue
            if gauges is None or not gauges.fits(live):
                gauges = Gauges(live)
            outcomes.append(Outcome("gap" if best.gap else "optimal", {GAP: best.gap, **gauges.read(best.x)}))
        return outcomes


@dataclass(frozen=True)
class _Study:
    """Where the scenarios of a study are solved, who is told, and which file keeps them."""

    helpers: Helpers
    progress: Progress | None
    path: Path | None
    key: str

    def outcomes(self, part: Part, label: str) -> dict[int, Outcome]:
        """The outcomes of a part by position in it; fewer than asked for where Ctrl-C stopped it."""
        if part.fast is None:
            return self._slow(part, np.arange(len(part.where)), label)
        inside = part.fast.shortcut.inside(part.values)
        found = self._fast(part, part.fast, np.flatnonzero(inside), label)
        if len(found) < inside.sum():
            return found
        return found | self._slow(part, np.flatnonzero(~inside), f"{label} apart")

    def _slow(self, part: Part, where: Ints, label: str) -> dict[int, Outcome]:
        """Scenarios as cases of their own, near ones after each other."""
        from scipy.stats import rankdata

        rank = rankdata(part.samples, axis=0).sum(axis=1)
        order = where[np.argsort(rank[where], kind="stable")]
        return self._run(part, Moved(part.drivers), list(part.samples), order, CHUNK, label)

    def _fast(self, part: Part, fast: Fast, where: Ints, label: str) -> dict[int, Outcome]:
        """Pilots first, then all others, each from the pilot with the best bound on its cost."""
        order = where[np.argsort(fast.amounts(part.values[where]), kind="stable")]
        most = max(1, POOL // len(fast.reduced.rows))
        found: dict[int, Outcome] = {}
        pilots: list[Pilot] = []
        for count, share in zip((FIRST, most), SHARES, strict=True):
            chosen = _spread(order, min(count, len(order), -(-len(where) // share)))
            order = order[~np.isin(order, chosen)]
            new = self._restarted(part, fast, pilots, chosen, "")
            found |= new
            pilots += [new[i].extra for i in chosen.tolist() if i in new and new[i].extra is not None]
            if len(new) < len(chosen):
                return found
        return found | self._restarted(part, fast, pilots, order, label)

    def _restarted(
        self, part: Part, fast: Fast, pilots: Sequence[Pilot], order: Ints, label: str
    ) -> dict[int, Outcome]:
        """Scenarios from their pilots, those of one pilot together; a part without a label is one of pilots."""
        starts = [Start(drawn) for drawn in part.values]
        if pilots and order.size:
            nearest = Pool(fast.reduced, fast.shortcut, tuple(pilots)).nearest(part.values[order])
            for i, k in zip(order.tolist(), nearest.tolist(), strict=True):
                starts[i] = Start(part.values[i], pilots[k].basis)
            order = _mixed(order[np.argsort(nearest, kind="stable")])
        task = Restarted(fast.shortcut, pilots=not label)
        return self._run(part, task, starts, order, CHUNK if label else SMALL, label)

    def _run(
        self, part: Part, task: Any, scenarios: Sequence[Any], order: Ints, size: int, label: str
    ) -> dict[int, Outcome]:
        record = Record(self.path, self.key, label) if self.path is not None and label else None
        return run(part.case, task, scenarios, order.tolist(), self.helpers, self.progress, record, size)


def _spread(order: Ints, count: int) -> Ints:
    """So many of the positions, evenly from first to last."""
    return order[np.unique(np.linspace(0, len(order) - 1, count).round().astype(int))] if count else order[:0]


def _mixed(order: Ints) -> Ints:
    """The same chunks in another order, so that what a stopped study has done is much like the whole."""
    whole = len(order) // CHUNK * CHUNK
    blocks = order[:whole].reshape(-1, CHUNK)
    mixed = blocks[np.random.default_rng(0).permutation(len(blocks))].ravel()
    return np.concatenate([mixed, order[whole:]])


def _rank_correlation(driver: Array, values: Array) -> float:
    from scipy.stats import spearmanr

    if len(values) < 3 or np.ptp(values) == 0 or np.ptp(driver) == 0:
        return float("nan")
    return float(spearmanr(driver, values).statistic)


def _table(kept: Sequence[int], outcomes: Sequence[Outcome]) -> pd.DataFrame:
    figures = list(dict.fromkeys(name for outcome in outcomes for name in outcome.figures)) or [GAP, COST]
    rows = [
        {
            "scenario": i,
            "status": o.status,
            **{name: o.figures.get(name, np.nan) for name in figures},
            "reason": o.reason,
        }
        for i, o in zip(kept, outcomes, strict=True)
    ]
    table = pd.DataFrame(rows, columns=["scenario", "status", *figures, "reason"])
    return table.astype({"scenario": "int64", "status": str, **dict.fromkeys(figures, float), "reason": str})
