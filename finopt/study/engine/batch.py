"""Many variants of one case solved on live models: the work that what_if, sweep and tornado share.

A variant that has no plan, or that is no case at all, is an outcome with its reason: no row is ever lost.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from finopt.case.arrays import Data
from finopt.case.calendar import CalendarError
from finopt.case.case import Case
from finopt.case.change import Change
from finopt.case.row import Row
from finopt.errors import CaseError, Infeasible, NoPlan, NotProven, Unbounded
from finopt.model.precheck import impossible
from finopt.solve.live_model import LiveModel
from finopt.study.engine.executor import Helpers, Progress, cells, key_of, run
from finopt.study.engine.measures import Gauges
from finopt.study.engine.resume import Outcome, Record

STATUS: Mapping[type[Exception], str] = {
    Infeasible: "infeasible",
    Unbounded: "unbounded",
    NotProven: "not proven",
    CaseError: "wrong input",
    CalendarError: "wrong input",
}
"""Why a variant has no figures, in one word or two; the words of `--json`."""
NOT_RUN = "not run"
"""The status of a variant whose turn did not come: the study was stopped."""
WORDS = ("status", "reason")
"""The columns of a table of variants that are not figures."""
CHUNK = 12
"""Variants in a chunk: whole plans take longer than the scenarios of a simulation."""


@dataclass(frozen=True)
class Variant:
    """What differs from the base case: the sheets that are other ones, and the changes in words."""

    sheets: Mapping[str, tuple[Row, ...]]
    changes: tuple[str, ...]

    @classmethod
    def between(cls, base: Case, case: Case) -> Variant:
        """The difference of a case from its base."""
        names = dict.fromkeys([*base.tables, *case.tables])
        sheets = {name: case.tables.get(name, ()) for name in names}
        return cls({n: rows for n, rows in sheets.items() if rows is not base.tables.get(n, ())}, case.changes)

    def of(self, base: Case) -> Case:
        """The variant as a case."""
        return replace(base, tables={**base.tables, **self.sheets}, changes=self.changes)


@dataclass(frozen=True)
class Compare:
    """The task of a chunk: the whole plan of each variant, ties broken, and its figures."""

    unfunded: bool = False

    def __call__(self, live: LiveModel, scenarios: Sequence[Variant]) -> list[Outcome]:
        """The figures of each variant, or why it has none."""
        home = live.state.model.case
        gauges: Gauges | None = None
        missing = Missing()
        outcomes = []
        for variant in scenarios:
            case = variant.of(home)
            try:
                live.move(case)
                solution = live.reach()
            except (NoPlan, CaseError, CalendarError) as error:
                outcomes.append(failed(error, missing.reasons(error, case)))
                continue
            if gauges is None or not gauges.fits(live):
                gauges = Gauges(live)
            outcomes.append(Outcome("optimal", {**gauges.read(solution.x), **_aims(live, solution.aims)}))
        return outcomes


class Missing:
    """How much money is missing where a case has no plan, on a live model of its own, built when first asked."""

    def __init__(self) -> None:
        self._live: LiveModel | None = None

    def reasons(self, error: Exception, case: Case) -> list[str]:
        """Why a case is infeasible, in words: the least cost that no money can pay, and what arithmetic alone shows."""
        if not isinstance(error, Infeasible):
            return []
        gap = self._gap(case)
        words = f"at best {gap:,.1f} {case.money} of the packages' cost stays unpaid"
        return [*([words] if gap else []), *impossible(case)]

    def _gap(self, case: Case) -> float:
        if self._live is None:
            self._live = LiveModel(case, unfunded=True)
        try:
            self._live.move(case)
            return self._live.best().gap
        except NoPlan:
            return 0.0


def solve_all(
    base: Case,
    cases: Sequence[Case | CaseError],
    executor: Executor | None = None,
    progress: Progress | None = None,
    order: Sequence[int] | None = None,
    resume: str | Path | None = None,
) -> list[Outcome]:
    """The outcome of each case, in the caller's order; they are solved in ``order``, or so that near ones meet.

    ``resume`` is a file that keeps finished ones, so that a stopped study goes on where it stopped. Raises FinoptError
    where it holds another study.
    """
    good = {i: case for i, case in enumerate(cases) if isinstance(case, Case)}
    walk = [i for i in (nearness(good) if order is None else order) if i in good]
    variants = [Variant.between(base, case) if isinstance(case, Case) else None for case in cases]
    record = None if resume is None else Record(Path(resume), _key(base, [variants[i] for i in walk]))
    found = run(base, Compare(), variants, walk, Helpers(executor), progress, record, CHUNK)
    faults = {i: failed(case) for i, case in enumerate(cases) if isinstance(case, CaseError)}
    if faults and progress is not None:
        progress(len(faults))
    stopped = Outcome(NOT_RUN, {}, "stopped before its turn")
    return [faults.get(i) or found.get(i, stopped) for i in range(len(cases))]


def _key(base: Case, walk: Sequence[Variant | None]) -> str:
    """What makes a study the same one: the cells of the case and of each variant, in the order of solving."""
    return key_of(cells(base.tables), [cells(variant.sheets) for variant in walk if variant is not None], CHUNK)


def changed(base: Case, changes: Sequence[Change]) -> Case | CaseError:
    """The changed case, or what is wrong with it."""
    try:
        return base.changed(changes)
    except CaseError as error:
        return error


def nearness(cases: Mapping[int, Case]) -> list[int]:
    """Positions in an order in which neighbours are near: by the total cost of the packages."""
    total = {i: _total(case) for i, case in cases.items()}
    return sorted(total, key=lambda i: (total[i], i))


def failed(error: Exception, reasons: Sequence[str] = ()) -> Outcome:
    """The outcome of a variant without a plan; its reason is the error's own words where no better ones are given."""
    status = next(word for kind, word in STATUS.items() if isinstance(error, kind))
    return Outcome(status, {}, "; ".join(reasons) or " ".join(str(error).splitlines()))


def as_table(keys: Sequence[Mapping[str, Any]], outcomes: Sequence[Outcome]) -> pd.DataFrame:
    """One row an outcome: its keys, status, figures (empty where there is no plan), reason."""
    figures = list(dict.fromkeys(name for outcome in outcomes for name in outcome.figures))
    rows = [
        {**key, "status": o.status, **{name: o.figures.get(name, np.nan) for name in figures}, "reason": o.reason}
        for key, o in zip(keys, outcomes, strict=True)
    ]
    return pd.DataFrame(rows, columns=[*(keys[0] if keys else ()), "status", *figures, "reason"])


def _total(case: Case) -> float:
    try:
        return float(Data(case).cost.sum())
    except CalendarError:
        return 0.0


def _aims(live: LiveModel, values: Sequence[float]) -> dict[str, float]:
    """What the aims reached, where they are not figures of every plan: the money of a selection, a peak."""
    stages = live.state.model.stages
    return {f"{s.measure} of {s.of}": value for s, value in zip(stages, values, strict=True) if s.of != "all"}
