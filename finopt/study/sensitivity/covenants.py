"""Covenants and shares: their headroom, and what one notch tighter or looser changes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from finopt.case.case import Case
from finopt.case.change import Change
from finopt.plan import Plan
from finopt.solve.live_model import LiveModel
from finopt.study.sensitivity.unused_sources import Trial
from finopt.tolerances import AT_LIMIT, LEAST_NOTCH
from finopt.wording import effect, figure, nice, possessive

COLUMNS = [
    "what", "cell", "stands", "period", "headroom", "tighter", "change_tighter", "looser", "change_looser", "sentence",
]  # fmt: skip
NOTCH = {"DSCR": 0.05, "LLCR": 0.05, "gearing": 0.01, "reserve months": 1.0, "average life": 0.5}
FLOORS = ("DSCR", "LLCR", "reserve months")
"""Covenants that are tighter when their number is higher."""


@dataclass(frozen=True)
class Ratio:
    """A number that multiplies flows: where it stands, its value, and the values one notch tighter and looser."""

    what: str
    cell: str
    sheet: str
    row: str
    column: str
    stands: float
    tighter: float
    looser: float

    def set_to(self, value: float) -> Change:
        """The change that sets it."""
        return Change(self.sheet, self.row, self.column, value)


def notches(plan: Plan, live: LiveModel, deadline: float = np.inf) -> pd.DataFrame:
    """One row a covenant, share of a party or rule: where it stands, its least headroom, the change by a notch.

    Changes are of the first aim in its own sense; a missing one means that no plan is left, or that time was up. The
    live model comes back to its own case.
    """
    trial = Trial(live, deadline)
    rows = [_row(plan, trial, ratio) for ratio in ratios(plan.case) if not trial.late]
    trial.home()
    return pd.DataFrame(rows, columns=COLUMNS)


def ratios(case: Case) -> Iterator[Ratio]:
    """Every covenant, and every share on sheets Parties and Rules, with its notches."""
    for row, name in zip(case.covenants, case.covenant_names, strict=True):
        notch = NOTCH.get(row.covenant) or nice(max(0.01 * row.limit, LEAST_NOTCH))
        way = 1.0 if row.covenant in FLOORS else -1.0
        tighter, looser = _within(row.limit, way * notch, 1.0 if row.covenant == "gearing" else np.inf)
        yield Ratio(name, row.origin.cell("limit"), "Covenants", name, "Limit", row.limit, tighter, looser)
    for party in case.parties:
        for name, title, way in (("minimum_share", "Minimum share", 1.0), ("maximum_share", "Maximum share", -1.0)):
            share = getattr(party, name)
            if share is not None:
                tighter, looser = _within(share, way * 0.01, 1.0)
                what = f"{possessive(party.party)} {title.lower()}"
                yield Ratio(what, party.origin.cell(name), "Parties", party.key, title, share, tighter, looser)
    for rule in case.rules:
        if rule.measure == "share" and rule.sense != "=":
            tighter, looser = _within(rule.value, 0.01 if rule.sense == ">=" else -0.01, np.inf)
            what = f"rule {rule.rule}"
            yield Ratio(what, rule.origin.cell("value"), "Rules", rule.key, "Value", rule.value, tighter, looser)


def _within(value: float, notch: float, top: float) -> tuple[float, float]:
    return tuple(round(min(max(v, 0.0), top), 10) for v in (value + notch, value - notch))  # type: ignore[return-value]


def _row(plan: Plan, trial: Trial, ratio: Ratio) -> tuple[object, ...]:
    period, headroom = _nearest(plan, ratio)
    found, words = [], []
    for value in (ratio.tighter, ratio.looser):
        reached = trial.at(ratio.set_to(value)) if value != ratio.stands else trial.base
        change = float("nan") if reached is None else trial.change(reached)
        found += [value, change]
        if value != ratio.stands:
            does = "leaves no plan" if reached is None else effect(change, trial.aim, trial.measure)
            words.append(f"{figure(value)} {does}")
    near = f"nearest in {period} with {figure(headroom)} to spare; " if period not in ("", "total") else ""
    sentence = f"{ratio.what} stands at {figure(ratio.stands)}: {near}{'; '.join(words)}."
    cell = f"{ratio.sheet}!{ratio.cell}" if ratio.cell else ratio.sheet
    return ratio.what, cell, ratio.stands, period, headroom, *found, sentence


def _nearest(plan: Plan, ratio: Ratio) -> tuple[str, float]:
    """Period and size of the least headroom of a covenant."""
    table = plan.covenants[plan.covenants["covenant"] == ratio.what]
    if ratio.sheet != "Covenants" or table.empty:
        return "", float("nan")
    row = table.iloc[int(table["headroom"].to_numpy().argmin())]
    headroom = float(row["headroom"])
    return str(row["period"]), headroom if abs(headroom) > AT_LIMIT * max(1.0, abs(ratio.stands)) else 0.0
