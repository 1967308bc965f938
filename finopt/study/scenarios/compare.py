"""Which is the most viable? Cases in different currencies and price years, side by side and in order."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from finopt.case.arrays import Data
from finopt.case.case import Case
from finopt.case.change import Change
from finopt.case.comparison_terms import Basis, Criterion
from finopt.case.names import same
from finopt.errors import CaseError, Finding, Infeasible, NoPlan
from finopt.model.parties import put_in
from finopt.plan import Plan
from finopt.solve.live_model import LiveModel
from finopt.study.infeasible.explain import explain
from finopt.study.simulation.simulate import simulate
from finopt.tolerances import NO_GAP, SAME_PEAK
from finopt.wording import possessive

STEPS = 7
"""Halvings of the search for the change that breaks a case: to within 1%."""
WEAK = 0.34
"""A score below this is a weakness worth a word."""
MILLIONS: Mapping[str, float] = {
    **dict.fromkeys(("1", "units"), 1 / 1e6),
    **dict.fromkeys(("k", "thousand", "thousands"), 1 / 1e3),
    **dict.fromkeys(("m", "mn", "million", "millions"), 1.0),
    **dict.fromkeys(("bn", "billion", "billions"), 1e3),
    **dict.fromkeys(("trn", "trillion", "trillions"), 1e6),
}
"""Millions in a unit of money, by the words for it."""
COLUMNS = [
    "case", "status", "money", "price year", "cost", "exchange rate", "price factor", "cost, common", "km",
    "cost per km", "duration", "money drawn", "debt capacity", "tolls carry, common", "gap if tolls carry it",
    "financing cost",
    "all-in rate", "peak against means", "peak of", "probability of being funded", "margin", "breaks first", "score",
    "reason",
]  # fmt: skip
PARTY_COLUMNS = ["case", "party", "money", "share", "peak year", "peak", "means", "peak against means"]
Report = Callable[[str], None]
"""Called with the name of each case before it is looked at."""


@dataclass(frozen=True)
class Ranking:
    """Cases side by side, most viable first; those without a plan last.

    ``table`` has one row a case: status; ``money`` (its currency and unit) and price year; ``cost`` of the works in
    that money, the exchange rate and price factor that turn it into the common money (in millions), kilometres, cost
    per km; duration of the works (years); money drawn (nominal, own unit); debt capacity (share of money drawn, and
    that share of the cost in common money); gap if tolls carry it (the rest of it); financing cost (share of money
    drawn, at the case's own discount rate); all-in rate; the largest share of a yearly budget that a year takes, and
    whose; probability of being funded; margin and what breaks first; score (0 to 1); reason, in a sentence. Empty
    where it cannot be said.
    ``parties`` has one row a case and party: money drawn, share, year and size of its peak, its budget in the year that
    comes nearest to it, and that share. ``scores`` has one row a case and one column a criterion.
    """

    basis: Basis
    table: pd.DataFrame
    parties: pd.DataFrame
    scores: pd.DataFrame

    @property
    def order(self) -> list[str]:
        """Names of the cases, most viable first."""
        return list(self.table["case"])

    @cached_property
    def weights(self) -> pd.Series:
        """Weight of each criterion, summing to 1."""
        stated = pd.Series({c.criterion: c.weight for c in self.basis.criteria}, dtype=float)
        return stated / stated.sum()

    def __str__(self) -> str:
        width = max(len(name) for name in ("case", *self.order))
        lines = [
            f"{len(self.table)} case{'s' if len(self.table) > 1 else ''}, most viable first"
            + (f"; costs in {self.basis.currency} m of {self.basis.year}" if self.basis.currency else ""),
            f"   {'case':<{width}} {'score':>6} {'cost':>11} {'per km':>8} {'funded':>7} "
            f"{'tolls short':>12} {'all-in':>7}",
        ]
        for rank, row in enumerate(self.table.to_dict("records"), 1):
            figures = (
                f"{_shown(row['score'], '.2f'):>6} {_shown(row['cost, common'], ',.0f'):>11} "
                f"{_shown(row['cost per km'], ',.0f'):>8} {_shown(row['probability of being funded'], '.0%'):>7} "
                f"{_shown(row['gap if tolls carry it'], '.0%'):>12} {_shown(row['all-in rate'], '.1%'):>7}"
            )
            lines.append(f"{rank:>2} {row['case']:<{width}} {figures}")
        return "\n".join([*lines, "", *self.table["reason"]])


def compare(cases: Sequence[Case], basis: Basis | None = None, progress: Report | None = None) -> Ranking:
    """Solve every case, look at it under the same questions, and put them in order.

    Without a basis all cases must have one currency and price year. A case without a plan stays in the table with its
    repair. Raises CaseError where there are no cases, two of one name, or where a figure that a conversion takes is
    not stated.
    """
    terms = basis or Basis()
    names = [case.name for case in cases]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice or not names:
        found = f"two cases named {', '.join(map(repr, twice))}" if twice else "no cases"
        raise _wrong("compare", found, "one case or more, each with a Name of its own on sheet Project")
    common = _common(cases, terms)
    looked = []
    for case in cases:
        if progress is not None:
            progress(case.name)
        looked.append(_Look(case, common).row())
    scores = pd.DataFrame([_scores(row, common.criteria) for row, _ in looked], index=pd.Index(names, name="case"))
    rows = [_judged(row, scores.loc[row["case"]], common) for row, _ in looked]
    order = sorted(range(len(rows)), key=lambda i: (rows[i]["status"] != "optimal", -_zero(rows[i]["score"]), i))
    table = pd.DataFrame([rows[i] for i in order], columns=COLUMNS)
    parties = pd.DataFrame([party for i in order for party in looked[i][1]], columns=PARTY_COLUMNS)
    return Ranking(common, table, parties, scores.iloc[order])


def _common(cases: Sequence[Case], basis: Basis) -> Basis:
    """The basis, its currency and year those of the first case where it names none; every conversion is possible."""
    first = cases[0].project
    filled = replace(basis, currency=basis.currency or first.currency, year=basis.year or price_year(cases[0]))
    faults: list[Finding] = []
    for case in cases:
        try:
            filled.steps(case.project.currency, price_year(case))
        except CaseError as error:
            faults += [replace(fault, found=f"{fault.found} (money of {case.name})") for fault in error.findings]
        if case.project.unit.casefold() not in MILLIONS:
            known = ", ".join(repr(unit) for unit in MILLIONS)
            found = f"{case.project.unit!r} in {case.name}"
            faults.append(Finding("Project", "", "Unit", found, f"one of {known} to be compared"))
    if faults:
        raise CaseError(faults)
    return filled


def _wrong(sheet: str, found: str, expected: str) -> CaseError:
    return CaseError([Finding(sheet, "", "", found, expected)])


def price_year(case: Case) -> int:
    """The year of whose money a case's amounts are."""
    return (case.project.price_date or case.project.start_date).year


class _Look:
    """One case under the questions of the comparison."""

    def __init__(self, case: Case, basis: Basis) -> None:
        self.case, self.basis = case, basis
        self.data = Data(case)
        self.nominal = float(self.data.cost.sum())

    def row(self) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """The row of the table and those of its parties."""
        row: dict[str, Any] = self._cost() | self._chance()
        live = LiveModel(self.case)
        try:
            plan = live.plan()
        except NoPlan as error:
            return row | {"status": "no plan", "reason": self._repair(error)}, []
        parties = [*self._parties(live, plan)]
        known = [p for p in parties if not math.isnan(p["peak against means"])]
        nearest = max((float(p["peak against means"]) for p in known), default=math.nan)
        top = next((p for p in known if p["peak against means"] >= nearest * (1 - SAME_PEAK)), None)
        drawn = float(plan.by_party.sum())
        margin, breaks = self.breaking()
        carried = self.carried(plan)
        return row | {
            "status": "optimal",
            "money drawn": drawn,
            "debt capacity": carried,
            "tolls carry, common": carried * row["cost, common"],
            "gap if tolls carry it": max(0.0, 1.0 - carried),
            "financing cost": plan.cost / drawn if drawn else math.nan,
            "all-in rate": plan.all_in_rate.get("total"),
            "peak against means": math.nan if top is None else top["peak against means"],
            "peak of": "" if top is None else top["party"],
            "margin": margin,
            "breaks first": breaks,
        }, parties

    def _cost(self) -> dict[str, Any]:
        project = self.case.project
        rate, factor = self.basis.steps(project.currency, price_year(self.case))
        cost = self._works()
        common = cost * rate * factor * MILLIONS[project.unit.casefold()]
        length = self.basis.length(self.case.name)
        first, last = min(p.start for p in self.case.packages), max(p.finish for p in self.case.packages)
        return {
            **{"case": self.case.name, "money": self.case.money, "price year": price_year(self.case), "cost": cost},
            **{"exchange rate": rate, "price factor": factor, "cost, common": common},
            **{"km": length or math.nan, "cost per km": common / length if length else math.nan},
            "duration": (last - first).days / 365.25,
        }

    def _works(self) -> float:
        """Cost of all packages in money of the price date; one that sheet Costs states by period counts as it is."""
        stated = {same(row.package) for row in self.case.costs}
        return float(
            sum(
                cost.sum() if same(p.package) in stated else (p.amount or 0.0) * (1 + p.contingency)
                for p, cost in zip(self.case.packages, self.data.cost, strict=True)
            )
        )

    def _chance(self) -> dict[str, float]:
        if not self.case.drivers:
            return {"probability of being funded": math.nan}
        return {"probability of being funded": simulate(self.case, self.basis.samples, self.basis.seed).funded}

    def carried(self, plan: Plan) -> float:
        """Debt that revenue carries, as a share of what was drawn, both worth at Construction end at the debt rate.

        CFADS of each later period over the cover is debt service at its end; money drawn before grows at the same rate.
        """
        calendar, rate = self.data.calendar, 1 + self.basis.debt_rate
        opened = float(calendar.end_times[calendar.construction - 1])
        covers = [row.limit for row in self.case.covenants if row.covenant == "DSCR"]
        later = slice(calendar.construction, None)
        service = np.maximum(self.data.cfads[later], 0.0) / (max(covers) if covers else self.basis.cover)
        needed = float(plan.schedule.to_numpy().sum(axis=0) @ rate ** (opened - calendar.flow_times))
        return float(service @ rate ** (opened - calendar.end_times[later])) / needed if needed else math.nan

    def _parties(self, live: LiveModel, plan: Plan) -> Iterator[dict[str, Any]]:
        """Each party's money, its peak year, and how near it comes to its means in any year."""
        x, model, compiled = live.reach().x, live.state.model, live.state.compiled
        total = float(plan.by_party.sum())

        def asked(party: int, when: Sequence[int]) -> float:
            return sum(k * float(x[compiled[v]]) for v, k in put_in(model.data, model.variables, [party], when))

        for p, party in enumerate(self.case.parties):
            years = {
                year: asked(p, [t.index for t in self.data.calendar if t.year == year])
                for year in self.data.calendar.years
            }
            most = max(years.values())
            peak = next(year for year, money in years.items() if money >= most * (1 - SAME_PEAK))
            pays = most > SAME_PEAK * total
            shares = [
                (asked(p, c.when) / c.amount, c.amount) for c in self.data.ceilings if c.party == p and c.amount > 0
            ]
            nearest, means = max(shares, default=(math.nan, math.nan))
            yield {
                **{"case": self.case.name, "party": party.party, "money": float(plan.by_party[party.party])},
                **{"share": float(plan.by_party[party.party]) / total if total else 0.0},
                **{"peak year": peak if pays else math.nan, "peak": most if pays else 0.0},
                **{"means": means, "peak against means": nearest},
            }

    def breaking(self) -> tuple[float, str]:
        """The smallest change after which no plan exists, as a share, and in words; infinite where none does."""
        live = LiveModel(self.case, unfunded=True)
        found = [(self._break(live, changes), said) for said, changes in self._strains()]
        least, said = min(found, key=lambda pair: pair[0])
        if math.isinf(least):
            return math.nan, "nothing that was tried breaks it"
        return least, said(f"{least:.0%}")

    def _strains(self) -> Iterator[tuple[Callable[[str], str], Callable[[float], list[Change]]]]:
        """Ways to strain a case, each in words around a share and as changes by a share."""
        yield (
            lambda share: f"it breaks first once the works cost {share} more",
            lambda k: [Change("Packages", "*", "Amount", scale=1 + k)],
        )
        income = [line.line for line in self.case.revenue if line.kind == "revenue" and any(line.values.values())]
        if income:
            yield (
                lambda share: f"it breaks first once revenue falls by {share}",
                lambda k: [Change("Revenue", line, "*", scale=1 - k) for line in income],
            )
        for party in self.case.parties:
            own = [s.source for s in self.case.sources if s.party == party.party and s.limit > 0]
            whose = possessive(party.party)
            if own:
                yield (
                    lambda share, whose=whose: f"it breaks first once {whose} offers fall by {share}",  # type: ignore[misc]
                    lambda k, own=own: [Change("Sources", s, "Limit", scale=1 - k) for s in own],  # type: ignore[misc]
                )

    def _break(self, live: LiveModel, changes: Callable[[float], list[Change]]) -> float:
        """The least share, found by halving, that leaves something unpaid; infinite where even all of it does not."""

        def breaks(share: float) -> bool:
            try:
                live.move(self.case.changed(changes(share)))
                return live.best().gap > NO_GAP * max(1.0, self.nominal)
            except (CaseError, NoPlan):
                return True

        low, high = 0.0, 1.0
        if not breaks(high):
            return math.inf
        for _ in range(STEPS):
            middle = (low + high) / 2
            low, high = (low, middle) if breaks(middle) else (middle, high)
        return high

    def _repair(self, error: NoPlan) -> str:
        """Why a case has no plan, and the cheapest repair that was found."""
        if not isinstance(error, Infeasible):
            return f"{self.case.name} has no plan: {' '.join(str(error).split())}"
        gap = _gap(LiveModel(self.case, unfunded=True))
        words = f"{self.case.name} has no plan: at best {gap:,.1f} {self.case.money} of the works stays unpaid"
        mended = explain(self.case).repairs
        return f"{words}. Repair: {mended[0]}" if mended else f"{words}. {' '.join(error.reasons)}".strip()


def _gap(live: LiveModel) -> float:
    """What no money pays, at best; all of the works where even that has no answer."""
    try:
        gap = live.best().gap
    except NoPlan:
        return float(live.state.model.data.cost.sum())
    return gap


def _scores(row: Mapping[str, Any], criteria: Sequence[Criterion]) -> dict[str, float]:
    """From 0 to 1 by criterion; empty where a case has no such figure."""
    values = {c.criterion: row.get(c.criterion) for c in criteria}
    return {
        c.criterion: math.nan if _missing(values[c.criterion]) else c.score(float(values[c.criterion] or 0.0))
        for c in criteria
    }


def _judged(row: Mapping[str, Any], scores: pd.Series, basis: Basis) -> dict[str, Any]:
    """The row with its score, over the criteria that it has figures for, and the reason in a sentence."""
    if row["status"] != "optimal":
        return {**row, "score": math.nan}
    weights = pd.Series({c.criterion: c.weight for c in basis.criteria}, dtype=float)[scores.notna().to_numpy()]
    if not weights.sum():
        words = f"{row['case']} has no score: it has no figure for a criterion that has a weight."
        return {**row, "score": math.nan, "reason": words}
    score = float((scores.dropna() * weights).sum() / weights.sum())
    return {**row, "score": score, "reason": _reason(row, scores, score)}


def _reason(row: Mapping[str, Any], scores: pd.Series, score: float) -> str:
    """Why a case stands where it does, from its own figures."""
    said = {
        "probability of being funded": lambda v: f"it can be funded in {v:.0%} of scenarios",
        "gap if tolls carry it": lambda v: (
            f"revenue carries {1 - v:.0%} of its money" if v > 0 else "revenue carries all of its money"
        ),
        "financing cost": lambda v: (
            f"its money costs {v:.0%} of what is drawn"
            if v > -0.005
            else f"its money costs less than nothing ({v:.0%} of what is drawn, in present value)"
        ),
        "peak against means": lambda v: f"one year takes {v:.0%} of {possessive(row['peak of'])} means",
        "margin": lambda v: str(row["breaks first"]),
        "cost per km": lambda v: f"a km costs {v:,.0f} m",
    }
    known = scores.dropna().sort_values(ascending=False, kind="stable")
    good = [said[name](row[name]) for name in known.index if known[name] > 1 - WEAK][:2]
    weak = [said[name](row[name]) for name in known.index[::-1] if known[name] < WEAK][:2]
    missing = [name for name in scores.index if math.isnan(scores[name])]
    parts = [
        f"for it: {' and '.join(good)}" if good else "",
        f"against it: {' and '.join(weak)}" if weak else "",
        f"not scored on {', '.join(missing)}" if missing else "",
    ]
    return f"{row['case']} scores {score:.2f}; {'; '.join(part for part in parts if part) or 'middling throughout'}."


def _missing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))


def _zero(value: Any) -> float:
    return 0.0 if _missing(value) else float(value)


def _shown(value: Any, spec: str) -> str:
    return "" if _missing(value) else format(value, spec)
