"""Covenants and shares: their headroom, and what one notch tighter or looser changes."""

from __future__ import annotations

import numpy as np
import pandas as pd

from finopt.model.limits import ratios
from finopt.model.places import Ratio
from finopt.plan import Plan
from finopt.solve.live_model import LiveModel
from finopt.study.sensitivity.unused_sources import Trial
from finopt.tolerances import AT_LIMIT
from finopt.wording import effect, figure

COLUMNS = [
    "what", "cell", "stands", "period", "headroom", "tighter", "change_tighter", "looser", "change_looser", "sentence",
]  # fmt: skip


def notches(plan: Plan, live: LiveModel, deadline: float = np.inf) -> pd.DataFrame:
    """One row a covenant, share of a party or rule: where it stands, its least headroom, the change by a notch.

    Changes are of the first aim in its own sense; a missing one means that no plan is left, or that time was up. The
    live model comes back to its own case.
    """
    trial = Trial(live, deadline)
    rows = [_row(plan, trial, ratio) for ratio in ratios(live.state.model) if not trial.late]
    trial.home()
    return pd.DataFrame(rows, columns=COLUMNS)


def _row(plan: Plan, trial: Trial, ratio: Ratio) -> tuple[object, ...]:
    period, headroom = _nearest(plan, ratio)
    found, words = [], []
    for value in (ratio.tighter, ratio.looser):
        reached = trial.at(ratio.place.set_to(value)) if value != ratio.stands else trial.base
        change = float("nan") if reached is None else trial.change(reached)
        found += [value, change]
        if value != ratio.stands:
            does = "leaves no plan" if reached is None else effect(change, trial.aim, trial.measure)
            words.append(f"{figure(value)} {does}")
    near = f"nearest in {period} with {figure(headroom)} to spare; " if period not in ("", "total") else ""
    sentence = f"{ratio.what} stands at {figure(ratio.stands)}: {near}{'; '.join(words)}."
    return ratio.what, ratio.place.address, ratio.stands, period, headroom, *found, sentence


def _nearest(plan: Plan, ratio: Ratio) -> tuple[str, float]:
    """Period and size of the least headroom of a covenant."""
    table = plan.covenants[plan.covenants["covenant"] == ratio.what]
    if ratio.place.sheet != "Covenants" or table.empty:
        return "", float("nan")
    row = table.iloc[int(table["headroom"].to_numpy().argmin())]
    headroom = float(row["headroom"])
    return str(row["period"]), headroom if abs(headroom) > AT_LIMIT * max(1.0, abs(ratio.stands)) else 0.0
