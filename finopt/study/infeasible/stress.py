"""Stress to breach: the smallest shock of each kind that leaves no plan, and the first limit to give way.

Each kind of shock has one size. The plan is asked again at sizes that double until none is left, then the size is
bisected on the live model; a gate takes one solve.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from finopt.case.case import Case
from finopt.case.change import Change
from finopt.errors import CaseError, Infeasible
from finopt.finance import Array
from finopt.model.build import build
from finopt.study.infeasible.explain import giving_way
from finopt.study.infeasible.relaxations import Changes
from finopt.study.infeasible.repair import Judge
from finopt.tolerances import BASIS_POINT, WHOLE_STEPS
from finopt.wording import capital, figure, listed, percent

ROUNDING = "limits that are missed by rounding"
COLUMNS = ["shock", "kind", "holds_at", "breaks_at", "gives_way", "sentence"]


@dataclass(frozen=True)
class Shock:
    """A shock of one size: ``at(size)`` are its changes; sizes are multiples of ``grain`` up to ``most``."""

    name: str
    kind: str
    grain: float
    most: float
    at: Callable[[float], Changes]
    says: Callable[[float], str]


@dataclass(frozen=True)
class Stress:
    """What breaks a plan, one row a shock, nearest breach first within its kind.

    ``table`` has shock, kind (cost, delay, revenue, rates, FX, gate), holds_at and breaks_at (sizes as the sentence
    tells them; a missing breaks_at means that no size asked breaks it), gives_way and sentence.
    """

    case: Case
    table: pd.DataFrame

    def __str__(self) -> str:
        return "\n".join(
            [
                f"{self.case.name}: what would break the plan (money in {self.case.money})",
                *(f"  {s}" for s in self.table["sentence"]),
            ]
        )


def stress(case: Case) -> Stress:
    """The smallest overrun, delay or fall of revenue, rise of rates or move of a currency that leaves no plan; gates.

    Raises Infeasible where there is no plan to begin with.
    """
    judge = Judge(case)
    if judge.value(()) is None:
        raise Infeasible("No plan exists to begin with: ask `explain` why.")
    rows = [_breach(judge, shock) for shock in shocks(case)]
    rows += [_closed(judge, gate.gate) for gate in case.gates if gate.open]
    return Stress(case, pd.DataFrame(rows, columns=COLUMNS))


def shocks(case: Case) -> Iterator[Shock]:
    """Every shock with a size that a case can be asked about."""
    yield Shock("cost", "cost", BASIS_POINT, 9.0, lambda x: _dearer(case, x), lambda x: f"costs {percent(x)} higher")
    if any(line.kind == "revenue" for line in case.revenue):
        most = 12.0 * (float(case.calendar.end_times[-1]) - 1)
        yield Shock("delay of revenue", "delay", 1.0, most, lambda m: _delayed(case, m), _months)
        yield Shock("fall of revenue", "revenue", BASIS_POINT, 1.0, lambda x: _poorer(case, x),
                    lambda x: f"revenue {percent(x)} lower")  # fmt: skip
    if any(source.is_debt for source in case.sources):
        yield Shock(
            "rates",
            "rates",
            BASIS_POINT,
            0.4,
            lambda x: _rates(case, x),
            lambda x: f"rates {100 * x:.2f} percentage points higher",
        )
    for row in case.exchange:
        for way, word in ((1.0, "dearer"), (-1.0, "cheaper")):
            yield _exchange(row.currency, way, word)


def _exchange(currency: str, way: float, word: str) -> Shock:
    most = 9.0 if way > 0 else 0.99
    return Shock(
        f"{currency} {word}", "FX", BASIS_POINT, most,
        lambda x: (Change("FX", currency, "*", scale=1 + way * x),),
        lambda x: f"{currency} {percent(x)} {word}",
    )  # fmt: skip


def _dearer(case: Case, share: float) -> Changes:
    amounts = (Change("Packages", "*", "Amount", scale=1 + share),) if any(p.amount for p in case.packages) else ()
    return (*amounts, *((Change("Costs", "*", "*", scale=1 + share),) if case.costs else ()))


def _poorer(case: Case, share: float) -> Changes:
    lines = [row.line for row in case.revenue if row.kind == "revenue"]
    return tuple(Change("Revenue", line, "*", scale=1 - share) for line in lines)


def _rates(case: Case, points: float) -> Changes:
    debts = [source for source in case.sources if source.is_debt]
    plain = [Change("Sources", s.source, "Rate", add=points) for s in debts if s.curve is None]
    floating = [Change("Sources", s.source, "Margin", (s.margin or 0.0) + points) for s in debts if s.curve is not None]
    return (*plain, *floating)


def _months(months: float) -> str:
    return f"revenue and running costs {months:.0f} month{'s' * (months != 1)} later"


def _delayed(case: Case, months: float) -> Changes:
    """Every line of Revenue moved back in time: money that came evenly over a period comes as evenly, later."""
    calendar = case.calendar
    edges = np.concatenate([[0.0], calendar.end_times])
    changes: list[Change] = []
    for row in case.revenue:
        flows = delayed(calendar.spread(row.values), edges, months / 12)
        stated = {label: float(flow) for label, flow in zip(calendar.labels, flows, strict=True)}
        gone = [label for label in row.values if label not in stated]
        changes += [Change("Revenue", row.line, label) for label in gone]
        changes += [Change("Revenue", row.line, label, flow) for label, flow in stated.items()]
    return tuple(changes)


def delayed(flows: Array, edges: Array, years: float) -> Array:
    """Flows of periods with these edges, moved back by some years; (T,). What falls behind the horizon is lost."""
    so_far = np.concatenate([[0.0], np.cumsum(flows)])
    return np.asarray(np.diff(np.interp(edges - years, edges, so_far, left=0.0)))


def _breach(judge: Judge, shock: Shock) -> tuple[object, ...]:
    """The size between holding and breaking, to its grain."""

    def holds(steps: int) -> bool:
        return judge.possible(shock.at(steps * shock.grain))

    most = int(shock.most / shock.grain + WHOLE_STEPS)
    low, high = 0, 1
    while high < most and holds(high):
        low, high = high, min(most, high * 4)
    if high == most and holds(most):
        size = most * shock.grain
        return _row(shock, size, np.nan, "", f"Even with {shock.says(size)} a plan is left.")
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if holds(middle) else (low, middle)
    gives = gives_way(judge.changed(shock.at(high * shock.grain)))
    if gives is None and high < most:  # rounding decided: the next size decides in money
        high += 1
        gives = gives_way(judge.changed(shock.at(high * shock.grain)))
    text = f"With {shock.says(high * shock.grain)} no plan is left; first to give way: {gives or ROUNDING}."
    return _row(shock, low * shock.grain, high * shock.grain, gives or "", text)


def _row(shock: Shock, holds_at: float, breaks_at: float, gives: str, sentence: str) -> tuple[object, ...]:
    return shock.name, shock.kind, holds_at, breaks_at, gives, capital(sentence)


def _closed(judge: Judge, gate: str) -> tuple[object, ...]:
    changes = (Change("Gates", gate, "Open", "no"),)
    value = judge.value(changes)
    if value is not None:
        text = f"With gate {gate} shut a plan is left, at {figure(value)}."
        return gate, "gate", 1.0, np.nan, "", text
    gives = gives_way(judge.changed(changes))
    text = f"With gate {gate} shut no plan is left; first to give way: {gives or ROUNDING}."
    return gate, "gate", 0.0, 1.0, gives or "", text


def gives_way(broken: Case) -> str | None:
    """The limits that a case without a plan meets first, or the works that nobody may pay; None for rounding alone."""
    try:
        found = giving_way(build(replace(broken, checks=())))
    except CaseError:
        return "a number of the workbook that is out of its range"
    if found is None:
        return None
    limits = [c.says for c in found.clauses if c.sheet not in ("Packages", "Costs")]
    return listed(limits, 3) if limits else f"{listed([c.says for c in found.clauses], 3)}, which nobody may pay"
