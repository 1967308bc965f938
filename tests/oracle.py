"""A second reading of the contract, in plain loops: the exact conventions, computed without finopt's own arithmetic.

The oracle takes the rows of a case and *decisions* (draws, bond issues, free repayments, payouts, reserve movements,
commitments) and recomputes everything that follows from them, together with every condition of the model. Nothing but
addition and multiplication by known numbers touches a decision, so a decision may be a number, or the coefficients of
an unknown: the same loops then write the linear program down a second time, and ``optimum`` solves it with scipy.
"""

from __future__ import annotations

import calendar as gregorian
import datetime as dt
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import brentq, linprog
from scipy.stats import beta

from finopt.case.case import Case
from finopt.case.names import FINANCING_COSTS, PROJECT_ACCOUNT, REFINANCING, same
from finopt.case.sheets import Covenant, Rule, Source

Value = Any
"""A number, or the coefficients of one over all decisions with the constant last."""

Rows = list[tuple[str, int, Value]]
"""Family, period, and a value that must be zero or more."""

MONTHS = {"month": 1, "quarter": 3, "half-year": 6, "year": 12}
PHI = {"start": 0.0, "middle": 0.5, "end": 1.0}
TINY = 1e-9


# ------------------------------------------------------------------ calendar


@dataclass(frozen=True)
class Step:
    """One period: first and last day, whole months before and after it, time and date of its flow; the rest in years.

    ``year`` is the budget year of its first day.
    """

    label: str
    first: dt.date
    last: dt.date
    opens: int
    closes: int
    flow: float
    flow_date: dt.date
    operating: bool
    year: int

    @property
    def months(self) -> int:
        return self.closes - self.opens

    @property
    def length(self) -> float:
        """δ_t."""
        return self.months / 12

    @property
    def ends(self) -> float:
        """τ_t."""
        return self.closes / 12


def months_later(day: dt.date, months: int) -> dt.date:
    year, month = day.year + (day.month - 1 + months) // 12, (day.month - 1 + months) % 12 + 1
    return dt.date(year, month, min(day.day, gregorian.monthrange(year, month)[1]))


def whole_months(years: float) -> int:
    """Time is counted in whole months everywhere."""
    return math.floor(12 * years + 0.5)


def position(day: dt.date) -> float:
    """Months from the year 0 to the morning of a day; inside a month by its days."""
    return 12 * day.year + day.month - 1 + (day.day - 1) / gregorian.monthrange(day.year, day.month)[1]


def extent(first: dt.date, last: dt.date) -> tuple[float, float]:
    """From the morning of the first day to the evening of the last."""
    return position(first), position(last + dt.timedelta(days=1))


def common(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Months that two stretches of time share."""
    return max(0.0, min(a[1], b[1]) - max(a[0], b[0]))


def month_of(item: Any) -> int:
    """Year begins: a month by name or number; blank is January."""
    if item is None or isinstance(item, int):
        return item or 1
    return next(m for m in range(1, 13) if gregorian.month_name[m].casefold() == str(item).strip().casefold())


def budget_year(day: dt.date, begins: int) -> int:
    """The calendar year in which a day's budget year begins."""
    return day.year if day.month >= begins else day.year - 1


def lengths(case: Case) -> list[tuple[dt.date, int]]:
    """First day and months of every period. Operation that does not fit in whole periods begins with a stub, up to
    the next of its periods that is counted from the first month of the budget year."""
    p = case.project
    begins, horizon = month_of(p.year_begins), p.end_date or p.construction_end
    operating = MONTHS[p.operating_period or p.period]
    found, first = [], p.start_date
    while first <= p.construction_end:
        found.append((first, MONTHS[p.period]))
        first = months_later(first, MONTHS[p.period])
    left = 12 * (horizon.year - first.year) + horizon.month - first.month + 1
    stub = -(first.month - begins) % operating if left % operating else 0
    while first <= horizon:
        months, stub = stub or operating, 0
        found.append((first, months))
        first = months_later(first, months)
    return found


def steps(case: Case) -> list[Step]:
    """δ_t = months/12; τ_0 = 0; costs, draws and revenue of t fall at τ_{t-1} + φ·δ_t."""
    p = case.project
    phi, found, elapsed = PHI[p.flow_timing], [], 0
    for first, months in lengths(case):
        last = months_later(first, months) - dt.timedelta(days=1)
        flow_date = {"start": first, "middle": first + (last - first) // 2, "end": last}[p.flow_timing]
        found.append(
            Step(
                label=name_of(first, months),
                first=first,
                last=last,
                opens=elapsed,
                closes=elapsed + months,
                flow=(elapsed + phi * months) / 12,
                flow_date=flow_date,
                operating=flow_date > p.construction_end,
                year=budget_year(first, month_of(p.year_begins)),
            )
        )
        elapsed += months
    return found


def name_of(first: dt.date, months: int) -> str:
    if first.day != 1 or 12 % months or (first.month - 1) % months:
        return str(first)
    return {
        12: str(first.year),
        6: f"{first.year}-H{(first.month + 5) // 6}",
        3: f"{first.year}-Q{(first.month + 2) // 3}",
        1: f"{first.year}-{first.month:02}",
    }.get(months, str(first))


def span(label: str, begins: int = 1) -> tuple[dt.date, dt.date]:
    """The days that a column header means. A budget year that does not begin in January is written 2027/28."""
    year = int(label[:4])
    if re.fullmatch(r"\d{4}/\d{2}", label) and begins > 1:
        first = dt.date(year, begins, 1)
        return first, months_later(first, 12) - dt.timedelta(days=1)
    if re.fullmatch(r"\d{4}", label) and begins == 1:
        return dt.date(year, 1, 1), dt.date(year, 12, 31)
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", label):
        return dt.date.fromisoformat(label), dt.date.fromisoformat(label)
    if not re.fullmatch(r"\d{4}-(H[12]|Q[1-4]|\d{2})", label):
        raise ValueError(f"{label} has two readings, or none")
    months = {"H": 6, "Q": 3}.get(label[5], 1)
    number = int(label[5:]) if months == 1 else int(label[6:])
    first = dt.date(year, (number - 1) * months + 1, 1)
    return first, months_later(first, months) - dt.timedelta(days=1)


# ------------------------------------------------------------------ what a case says


@dataclass(frozen=True)
class Decisions:
    """What a plan decides. Draws in case money by (source, use, t), the Project account being source S; the rest in
    the source's own currency. Principal is decided only where it is free (sculpted, credit lines). A credit line's
    commitment fee is decided in a linear program, where it must be no less than zero and than what the undrawn part
    bears; where it is not decided, it is the larger of the two."""

    draws: Mapping[tuple[int, int, int], Value]
    issues: Mapping[tuple[int, int], Value] = field(default_factory=dict)
    principal: Mapping[tuple[int, int], Value] = field(default_factory=dict)
    payouts: Mapping[tuple[int, int], Value] = field(default_factory=dict)
    reserve: Mapping[int, Value] = field(default_factory=dict)
    commit: Mapping[int, Value] = field(default_factory=dict)
    line_fee: Mapping[tuple[int, int], Value] = field(default_factory=dict)


@dataclass(frozen=True)
class Condition:
    """One condition: ``value`` must be zero or more (``=``: zero)."""

    family: str
    key: tuple[Any, ...]
    sense: str
    value: Value


class Terms:
    """The known numbers of a case: calendar, costs, rates, windows, repayment terms."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.steps = steps(case)
        self.T, self.S, self.W = len(self.steps), len(case.sources), len(case.packages)
        self.uses = [p.package for p in case.packages] + [FINANCING_COSTS, REFINANCING]
        self.financing, self.refinancing = self.W, self.W + 1
        self.omega = 1.0 - PHI[case.project.flow_timing]
        r = case.project.discount_rate
        self.d = [1.0 / (1.0 + r) ** s.flow for s in self.steps]
        self.e = [1.0 / (1.0 + r) ** s.ends for s in self.steps]
        self.year_begins = month_of(case.project.year_begins)
        self.years = sorted({s.year for s in self.steps})
        self.party_names = [same(p.party) for p in case.parties]

    # -------------------------------------------------------------- columns

    def span(self, label: str) -> tuple[dt.date, dt.date]:
        return span(label, self.year_begins)

    def under(self, label: str) -> list[int]:
        """Periods that begin in the days a header means; else the one that holds them."""
        first, last = self.span(label)
        inside = [t for t, s in enumerate(self.steps) if first <= s.first <= last]
        return inside or [t for t, s in enumerate(self.steps) if s.first <= first and last <= s.last]

    def months_under(self, label: str, within: tuple[float, float] = (0.0, math.inf)) -> list[float]:
        """Months that each period shares with those a header means, inside some stretch of time."""
        low, high = extent(*self.span(label))
        low, high = max(low, within[0]), min(high, within[1])
        return [common(extent(s.first, s.last), (low, high)) for s in self.steps]

    def flows(self, values: Mapping[str, float]) -> list[float]:
        """A flow enters each period by the months of its header that lie in it; what lies outside is lost."""
        found = [0.0] * self.T
        for label, value in values.items():
            low, high = extent(*self.span(label))
            for t, months in enumerate(self.months_under(label)):
                found[t] += value * months / (high - low)
        return found

    def shared(self, values: Mapping[str, float], within: tuple[float, float] = (0.0, math.inf)) -> list[float]:
        """A figure is shared by the months of its header inside the calendar, and inside some stretch of time."""
        found = [0.0] * self.T
        for label, value in values.items():
            months = self.months_under(label, within)
            for t in range(self.T):
                found[t] += value * months[t] / sum(months) if sum(months) > TINY else 0.0
        return found

    def levels(self, values: Mapping[str, float]) -> list[float]:
        """The last one stated whose heading begins on or before the first day; before the first, the first."""
        stated = sorted((self.span(label)[0], v) for label, v in values.items())
        return [[v for day, v in stated if day <= s.first or day == stated[0][0]][-1] for s in self.steps]

    # -------------------------------------------------------------- packages

    @cached_property
    def cost(self) -> list[list[float]]:
        """cost[w][t]: escalated, with contingency, nominal."""
        own = {same(c.package): c.values for c in self.case.costs}
        project = self.case.project
        table = []
        for p in self.case.packages:
            if same(p.package) in own:
                first, after = extent(p.start, p.finish)
                table.append(self.shared(own[same(p.package)], (math.floor(first), math.ceil(after))))
                continue
            e = project.escalation if p.escalation is None else p.escalation
            early = (project.start_date - (project.price_date or project.start_date)).days / 365.25
            window = (p.finish - p.start).days + 1
            row = []
            for s in self.steps:
                x0 = min(max((s.first - p.start).days / window, 0.0), 1.0)
                x1 = min(max(((s.last - p.start).days + 1) / window, 0.0), 1.0)
                share = float(beta.cdf(x1, *p.profile) - beta.cdf(x0, *p.profile))
                row.append((p.amount or 0.0) * (1 + p.contingency) * share * (1 + e) ** (early + s.flow))
            table.append(row)
        return table

    # -------------------------------------------------------------- sources

    def available_from(self, s: Source) -> dt.date:
        day = s.from_ or self.case.project.start_date
        for g in self.case.gates:
            if s.gate and same(g.gate) == same(s.gate) and g.open and g.from_:
                day = max(day, g.from_)
        return day

    @cached_property
    def open(self) -> list[list[bool]]:
        """The flow date lies in [From, To], and in [gate's From, ...] if the gate is open."""
        table = []
        for s in self.case.sources:
            shut = any(s.gate and same(g.gate) == same(s.gate) and not g.open for g in self.case.gates)
            first, last = self.available_from(s), s.to or self.case.project.construction_end
            table.append([not shut and first <= step.flow_date <= last for step in self.steps])
        return table

    @cached_property
    def rate(self) -> list[list[float]]:
        table = []
        for s in self.case.sources:
            if s.curve is None:
                table.append([s.rate or 0.0] * self.T)
            else:
                base = self.levels(next(c.values for c in self.case.curves if same(c.curve) == same(s.curve)))
                table.append([b + (s.margin or 0.0) for b in base])
        return table

    @cached_property
    def fx(self) -> list[list[float]]:
        home = same(self.case.project.currency)
        table = []
        for s in self.case.sources:
            if s.currency is None or same(s.currency) == home:
                table.append([1.0] * self.T)
            else:
                row = next(f.values for f in self.case.exchange if same(f.currency) == same(s.currency))
                table.append(self.levels(row))
        return table

    def payer(self, s: int) -> int | None:
        """The party that services a source, or None for the project."""
        name = same(self.case.sources[s].repaid_by)
        return None if name == "project" else self.party_names.index(name)

    def owner(self, s: int) -> int:
        return self.party_names.index(same(self.case.sources[s].party))

    # -------------------------------------------------------------- debt terms

    def age(self, s: int) -> list[int]:
        """Months from time zero to the end of each period. Zero is the start of the period that holds From (or the
        gate's date, if later); before Start date, whole months before it."""
        day, start = self.available_from(self.case.sources[s]), self.case.project.start_date
        if day < start:
            whole = 12 * (start.year - day.year) + start.month - day.month - (day.day > start.day)
            return [step.closes + whole for step in self.steps]
        zero = next((step.opens for step in self.steps if step.first <= day <= step.last), 0)
        return [step.closes - zero for step in self.steps]

    def tenor(self, s: int) -> int:
        row = self.case.sources[s]
        return self.age(s)[-1] if row.tenor is None else whole_months(row.tenor)

    def in_repayment(self, s: int) -> list[int]:
        """Periods with Grace < τ_t - zero <= Tenor."""
        grace = whole_months(self.case.sources[s].grace)
        return [t for t, age in enumerate(self.age(s)) if grace < age <= self.tenor(s)]

    def after_horizon(self, s: int) -> int:
        """Instalments that fall after the horizon, at the pace of the last period."""
        return max(0, (self.tenor(s) - self.age(s)[-1]) // self.steps[-1].months)

    def repayment_shares(self, s: int) -> dict[int, float]:
        """φ_t over the periods of the calendar, by the terms; {} where repayment is free or lies beyond it.

        Instalments due before Start date are left out and the rest is scaled to 1: equal ones and an annuity keep
        their shape, so they are simply those of what is left.
        """
        row = self.case.sources[s]
        if not row.is_debt or row.instrument == "credit line" or row.repayment == "sculpted":
            return {}
        later = self.after_horizon(s)
        if row.repayment == "bullet":
            mature = [t for t, age in enumerate(self.age(s)) if 0 < age <= self.tenor(s)]
            return {mature[-1]: 1.0} if mature and not later else {}
        if row.repayment == "table":
            left = 1.0 - sum(v for label, v in self.repayment_table(s).items() if self.is_past(label))
            return {t: v / left for t, v in enumerate(self.shared(self.repayment_table(s))) if v > 0}
        where = self.in_repayment(s)
        if row.repayment == "equal":
            return dict.fromkeys(where, 1.0 / (len(where) + later)) if where else {}
        rates = [self.rate[s][t] * self.steps[t].length for t in where]
        rates += [self.rate[s][-1] * self.steps[-1].length] * later
        return dict(zip(where, annuity(rates), strict=False)) if where else {}

    def repayment_table(self, s: int) -> Mapping[str, float]:
        source = same(self.case.sources[s].source)
        return next(r.values for r in self.case.repayments if same(r.source) == source)

    def is_past(self, label: str) -> bool:
        """Whether all that a header means lies before Start date."""
        return self.span(label)[1] < self.case.project.start_date

    def first_repayment_is_past(self, s: int) -> bool:
        row = self.case.sources[s]
        if not row.is_debt or row.instrument == "credit line":
            return False
        if row.repayment == "table":
            return any(v > 0 and self.is_past(label) for label, v in self.repayment_table(s).items())
        age_at_start = self.age(s)[0] - self.steps[0].months
        return row.repayment in ("equal", "annuity") and age_at_start > whole_months(row.grace)

    def free_repayment(self, s: int) -> list[int]:
        """Periods in which principal is free: sculpted loans in their window, credit lines while open."""
        row = self.case.sources[s]
        if row.instrument == "credit line":
            return [t for t in range(self.T) if self.open[s][t]]
        return self.in_repayment(s) if row.is_debt and row.repayment == "sculpted" else []

    def must_be_zero(self, s: int) -> int | None:
        """The period at whose end free debt must be repaid: tenor, or To of a credit line; None beyond the horizon."""
        row, where = self.case.sources[s], self.free_repayment(s)
        if not where:
            return None
        if row.instrument != "credit line" and row.tenor is not None:
            return None if self.after_horizon(s) else where[-1]
        return where[-1]

    def drawable(self, s: int) -> list[int]:
        """Open, before the first repayment where that is fixed by the terms, and never after the last."""
        fixed, end = self.repayment_shares(s), self.must_be_zero(s)
        first = min(fixed) if fixed else self.T
        if self.first_repayment_is_past(s):
            return []
        alive = [t for t in range(self.T) if t < first and (end is None or t <= end) and not self.is_over(s, t)]
        return [t for t in alive if self.open[s][t]]

    def is_over(self, s: int, t: int) -> bool:
        """Whether a period ends after the tenor."""
        row = self.case.sources[s]
        tenor = row.is_debt and row.instrument != "credit line" and row.repayment != "table"
        return tenor and self.age(s)[t] > self.tenor(s)

    def matures(self, s: int) -> int:
        """The last period of a debt's life within the calendar."""
        fixed = self.repayment_shares(s)
        end = self.must_be_zero(s)
        if fixed and sum(fixed.values()) > 1 - TINY:
            return max(fixed)
        return self.T - 1 if end is None else end

    def capitalises(self, s: int, t: int) -> bool:
        row = self.case.sources[s]
        graced = row.is_debt and row.instrument != "credit line"
        return graced and row.interest_in_grace == "capitalised" and self.age(s)[t] <= whole_months(row.grace)

    # -------------------------------------------------------------- eligibility, selectors, revenue

    @cached_property
    def eligible(self) -> list[list[float]]:
        """Most of use u that source s may pay; the Project account is the last source."""
        if not self.case.eligibility:
            row = [1.0] * (self.S + 1)
            return [list(row) for _ in range(self.W + 1)] + [[0.0] * self.S + [1.0]]
        table = []
        names = [same(s.source) for s in self.case.sources]
        for u, use in enumerate(self.uses):
            rows = [e for e in self.case.eligibility if same(e.package) == same(use)]
            if not rows and u < self.W:
                rows = [e for e in self.case.eligibility if ":" in e.package and u in self.chosen_uses(e.package)]
            cells = [{same(k): v for k, v in e.values.items()} for e in rows]
            line = [max([c.get(name, 0.0) for c in cells], default=0.0) for name in names]
            table.append([*line, max([c.get(same(PROJECT_ACCOUNT), 1.0) for c in cells], default=1.0)])
        return table

    def conditions(self, text: str) -> list[tuple[str, set[str]]]:
        if same(text) == "all":
            return []
        parts = [part.split(":", 1) for part in text.split(";")]
        return [(same(name), {same(v) for v in values.split(",")}) for name, values in parts]

    def chosen_sources(self, text: str) -> set[int]:
        chosen = set(range(self.S))
        for name, values in self.conditions(text):
            if name in ("party", "source", "instrument", "currency"):
                home = self.case.project.currency
                chosen &= {
                    i for i, s in enumerate(self.case.sources)
                    if same((s.currency or home) if name == "currency" else getattr(s, name)) in values
                }  # fmt: skip
        return chosen

    def chosen_uses(self, text: str) -> set[int]:
        chosen = set(range(self.W + 2))
        for name, values in self.conditions(text):
            if name == "package":
                chosen &= {u for u, use in enumerate(self.uses) if same(use) in values}
            elif name in ("location", "group"):
                chosen &= {u for u, p in enumerate(self.case.packages) if same(getattr(p, name)) in values}
        return chosen

    @cached_property
    def cfads(self) -> list[float]:
        total = [0.0] * self.T
        for line in self.case.revenue:
            for t, v in enumerate(self.flows(line.values)):
                total[t] += v if line.kind == "revenue" else -v
        return total

    def within(self, t: int, row: Rule | Covenant) -> bool:
        """Whether the flow of t falls between From and To of a rule or covenant, both inclusive."""
        day = self.steps[t].flow_date
        return not ((row.from_ and day < row.from_) or (row.to and day > row.to))


def annuity(rates: list[float]) -> list[float]:
    """Principal shares that keep interest plus principal level: forward recursion on a base of 1."""
    grown, weights = 1.0, 0.0
    for i in rates:
        grown, weights = grown * (1 + i), weights * (1 + i) + 1
    payment, balance, shares = grown / weights, 1.0, []
    for i in rates:
        shares.append(payment - i * balance)
        balance -= shares[-1]
    return shares


# ------------------------------------------------------------------ what follows from decisions


class Outcome:
    """Everything that follows from decisions, by loops. ``one`` is the number 1 in the decisions' arithmetic."""

    def __init__(self, terms: Terms, decisions: Decisions, one: Value = 1.0) -> None:
        self.terms, self.made, self.one = terms, decisions, one
        self.zero: Value = one * 0.0
        self._debt()
        self._fees()
        self._accounts()
        self._cash()

    def draw(self, s: int, u: int, t: int) -> Value:
        return self.made.draws.get((s, u, t), self.zero)

    def drawn(self, s: int, t: int) -> Value:
        """Case money of one source in one period over all uses: what it pays for."""
        return sum((self.draw(s, u, t) for u in range(self.terms.W + 2)), self.zero)

    def put_in(self, s: int, t: int) -> Value:
        """Own-currency money that a source puts in: its draws, or a bond's issue."""
        if self.terms.case.sources[s].instrument == "bond":
            return self.made.issues.get((s, t), self.zero)
        return self.drawn(s, t) / self.terms.fx[s][t]

    def owed_before(self, s: int, t: int) -> Value:
        """The balance at the end of the period before, in the first the opening balance; own currency."""
        if t:
            return self.balance[s][t - 1]
        row = self.terms.case.sources[s]
        return row.opening_balance * self.one if row.is_debt else self.zero

    def drawn_before(self, s: int) -> Value:
        """Money drawn before Start date, own currency."""
        return self.terms.case.sources[s].drawn_before * self.one

    def _table(self) -> list[list[Value]]:
        return [[self.zero] * self.terms.T for _ in range(self.terms.S)]

    def _debt(self) -> None:
        n = self.terms
        self.balance, self.interest, self.capitalised = self._table(), self._table(), self._table()
        self.interest_paid, self.principal, self.proceeds = self._table(), self._table(), self._table()
        deposit = n.case.project.deposit_rate
        for s, row in enumerate(n.case.sources):
            if not row.is_debt:
                continue
            fixed, before, base, held = n.repayment_shares(s), self.owed_before(s, 0), self.zero, self.zero
            first = min(fixed) if fixed else None
            for t, step in enumerate(n.steps):
                new = self.put_in(s, t)
                accrued = n.rate[s][t] * step.length * (before + n.omega * new)
                self.interest[s][t] = accrued
                if n.capitalises(s, t):
                    self.capitalised[s][t] = accrued
                else:
                    self.interest_paid[s][t] = accrued
                if t == first:
                    base = before
                due = fixed[t] * base if t in fixed else self.made.principal.get((s, t), self.zero)
                if t in fixed and row.repayment == "bullet":  # with Grace = Tenor the interest of its last period too
                    due = due + self.capitalised[s][t]
                self.principal[s][t] = due
                before = before + new + self.capitalised[s][t] - due
                self.balance[s][t] = before
                if row.instrument == "bond":
                    held = held * (1 + deposit * step.length) + new - self.drawn(s, t) / n.fx[s][t]
                    self.proceeds[s][t] = held

    def _fees(self) -> None:
        n = self.terms
        kinds = ("upfront", "commitment", "guarantee", "draw")
        self.fees = {kind: self._table() for kind in kinds}
        self.fee, self.early_fee, self.line_due = self._table(), self._table(), self._table()
        for s, row in enumerate(n.case.sources):
            commit, before = self.made.commit.get(s, self.zero), self.drawn_before(s)
            first = n.open[s].index(True) if True in n.open[s] else None
            if n.available_from(row) < n.case.project.start_date:
                first = None  # it fell due before Start date, in the first period of availability
            for t, step in enumerate(n.steps):
                new, opening = self.put_in(s, t), self.owed_before(s, t)
                if t == first:
                    self.fees["upfront"][s][t] = row.upfront_fee * commit
                if n.open[s][t]:
                    line = row.instrument == "credit line"
                    undrawn = commit - (opening if line else before) - n.omega * new
                    due = row.commitment_fee * step.length * undrawn
                    self.line_due[s][t] = due if line else self.zero
                    self.fees["commitment"][s][t] = self._line_fee(s, t, due) if line else due
                if row.is_debt:
                    self.fees["guarantee"][s][t] = row.guarantee_fee * step.length * (opening + n.omega * new)
                self.fees["draw"][s][t] = row.draw_fee * new
                before = before + new
                self.fee[s][t] = sum((self.fees[kind][s][t] for kind in kinds), self.zero)
                self.early_fee[s][t] = self.fees["upfront"][s][t] + self.fees["draw"][s][t]

    def _line_fee(self, s: int, t: int, due: Value) -> Value:
        """What is decided, else what is due, never below zero."""
        return self.made.line_fee[s, t] if (s, t) in self.made.line_fee else max(0.0, due)

    def _accounts(self) -> None:
        n = self.terms
        self.account = self._table()
        for s, row in enumerate(n.case.sources):
            if row.is_debt:
                continue
            before = self.zero
            for t, step in enumerate(n.steps):
                k = n.rate[s][t]
                before = (
                    before * (1 + k) ** step.length
                    + self.put_in(s, t) * (1 + k) ** (n.omega * step.length)
                    - self.made.payouts.get((s, t), self.zero)
                )
                self.account[s][t] = before

    def _cash(self) -> None:
        n = self.terms
        self.cash: list[Value] = []
        self.reserve: list[Value] = []
        held, saved = n.case.project.opening_cash * self.one, self.zero
        for t, step in enumerate(n.steps):
            saved = saved + self.made.reserve.get(t, self.zero)
            held = (
                held * (1 + n.case.project.deposit_rate * step.length)
                + n.cfads[t] * self.one
                + sum((self.draw(s, n.financing, t) + self.draw(s, n.refinancing, t) for s in range(n.S)), self.zero)
                - sum((self.draw(n.S, w, t) for w in range(n.W)), self.zero)
                - self.financing_costs(t)
                - self.project_principal(t)
                - self.made.reserve.get(t, self.zero)
                - sum((self.made.payouts.get((s, t), self.zero) * n.fx[s][t] for s in range(n.S)), self.zero)
            )
            self.cash.append(held)
            self.reserve.append(saved)

    # -------------------------------------------------------------- sums in case money

    def service(self, s: int, t: int) -> Value:
        """Interest paid, fees and principal of one source, case money."""
        return (self.interest_paid[s][t] + self.fee[s][t] + self.principal[s][t]) * self.terms.fx[s][t]

    def payable_with_draws(self, t: int) -> Value:
        """What draws on Financing costs may pay: a credit line's fee counts as its undrawn part bears it."""
        n = self.terms
        lines = [s for s in range(n.S) if n.payer(s) is None and n.case.sources[s].instrument == "credit line"]
        above = ((self.fees["commitment"][s][t] - self.line_due[s][t]) * n.fx[s][t] for s in lines)
        return self.financing_costs(t) - sum(above, self.zero)

    def financing_costs(self, t: int) -> Value:
        """Interest and fees that the project pays."""
        n = self.terms
        return sum(
            ((self.interest_paid[s][t] + self.fee[s][t]) * n.fx[s][t] for s in range(n.S) if n.payer(s) is None),
            self.zero,
        )

    def project_principal(self, t: int, without: int | None = None) -> Value:
        n = self.terms
        mine = [s for s in range(n.S) if n.payer(s) is None and s != without]
        return sum((self.principal[s][t] * n.fx[s][t] for s in mine), self.zero)

    def party_money(self, p: int, t: int) -> Value:
        """Draws on a party's sources (a bond: its issue) plus the debt service that the party repays itself."""
        n = self.terms
        put_in = (self.put_in(s, t) * n.fx[s][t] for s in range(n.S) if n.owner(s) == p)
        serviced = (self.service(s, t) for s in range(n.S) if n.payer(s) == p)
        return sum(put_in, self.zero) + sum(serviced, self.zero)

    def year_money(self, p: int, year: int) -> Value:
        inside = [t for t, step in enumerate(self.terms.steps) if step.year == year]
        return sum((self.party_money(p, t) for t in inside), self.zero)

    def taken_out(self, s: int, t: int) -> Value:
        """What a source's funder takes out at the end of t, case money: not the fees that fall with the draws."""
        payout = self.made.payouts.get((s, t), self.zero)
        return self.service(s, t) + (payout - self.early_fee[s][t]) * self.terms.fx[s][t]

    def closing(self, s: int) -> Value:
        return (self.balance[s][-1] + self.account[s][-1]) * self.terms.fx[s][-1]

    @property
    def financing_cost(self) -> Value:
        """Σ e_t · (interest + fees + principal + payouts) - Σ d_t · draws + e_T · (closing balances + accounts).

        Upfront and draw fees fall at d_t. A bond's money counts when it pays a use, not when it is issued.
        """
        n = self.terms
        total = self.zero
        for s in range(n.S):
            for t in range(n.T):
                total = total + n.e[t] * self.taken_out(s, t)
                total = total - n.d[t] * (self.drawn(s, t) - self.early_fee[s][t] * n.fx[s][t])
            total = total + n.e[-1] * self.closing(s)
        return total

    @property
    def interest_and_fees(self) -> Value:
        """Nominal interest accrued (paid or capitalised) and fees, whoever pays them."""
        n = self.terms
        return sum(
            ((self.interest[s][t] + self.fee[s][t]) * n.fx[s][t] for s in range(n.S) for t in range(n.T)), self.zero
        )

    def measure(self, name: str, of: str) -> Value:
        """A measure that is a sum, of the sources and uses that a selector chooses."""
        n = self.terms
        chosen, uses = n.chosen_sources(of), n.chosen_uses(of)
        if name == "financing cost":
            return self.financing_cost
        if name == "interest and fees":
            owed = ((self.interest[s][t] + self.fee[s][t]) * n.fx[s][t] for s in chosen for t in range(n.T))
            return sum(owed, self.zero)
        if name == "money":
            return self._selected(of, of, list(range(n.T))) if chosen and uses else self.zero
        return self.cash[-1]

    def peaks(self, name: str, of: str) -> list[Value]:
        """What a peak is the greatest of; nothing where the measure is a sum."""
        n = self.terms
        chosen = sorted(n.chosen_sources(of))
        if name == "peak year":
            parties = sorted({n.owner(s) for s in chosen})
            return [sum((self.year_money(p, y) for p in parties), self.zero) for y in n.years]
        if name == "peak debt":
            return [self.owed([s for s in chosen if n.case.sources[s].is_debt], t) for t in range(n.T)]
        return []

    def peak_year(self, p: int) -> float:
        return max(float(self.year_money(p, y)) for y in self.terms.years)

    def all_in_rate(self, sources: Iterable[int]) -> float | None:
        """Yearly rate at which what some funders put in (a bond: its issue) is worth what they take out.

        Times are those of discounting, so that a rate comes out as it is written, leap years or not.
        """
        n, flows = self.terms, list[tuple[float, float]]()
        for s in sources:
            for t, step in enumerate(n.steps):
                flows.append((step.flow, float((self.early_fee[s][t] - self.put_in(s, t)) * n.fx[s][t])))
                flows.append((step.ends, float(self.taken_out(s, t))))
            flows.append((n.steps[-1].ends, float(self.closing(s))))
        flows = [(when, f) for when, f in flows if abs(f) > TINY]
        if not any(f > 0 for _, f in flows) or not any(f < 0 for _, f in flows):
            return None

        def value(rate: float) -> float:
            return math.fsum(f * (1 + rate) ** -when for when, f in flows)

        return float(brentq(value, -0.9, 10.0, xtol=1e-14)) if value(-0.9) * value(10.0) < 0 else None

    # -------------------------------------------------------------- every condition

    def conditions(self) -> list[Condition]:
        """Every condition of the model, each as a value that must be zero, or zero or more."""
        found: list[Condition] = []
        for part in (
            self._paid, self._source_limits, self._eligible, self._party_limits, self._rules, self._debts,
            self._cash_limits, self._covenants,
        ):  # fmt: skip
            found += part()
        return found

    def _paid(self) -> list[Condition]:
        n = self.terms
        return [
            Condition(
                "pay_package",
                (w, t),
                "=",
                sum((self.draw(s, w, t) for s in range(n.S + 1)), self.zero) - n.cost[w][t] * self.one,
            )
            for w in range(n.W)
            for t in range(n.T)
            if n.cost[w][t] > 0
        ]

    def _source_limits(self) -> list[Condition]:
        n, found = self.terms, []
        for s, row in enumerate(n.case.sources):
            commit = self.made.commit.get(s, self.zero)
            found.append(Condition("source_limit", (s,), ">=", row.limit * self.one - commit))
            stretch = 1 + row.headroom
            if row.instrument == "credit line":
                for t in range(n.T):
                    found.append(Condition("commitment", (s, t), ">=", commit - stretch * self.balance[s][t]))
            else:
                total = sum((self.put_in(s, t) for t in range(n.T)), self.drawn_before(s))
                found.append(Condition("commitment", (s,), ">=", commit - stretch * total))
            for t in range(n.T):
                if row.limit_per_period is not None:
                    room = row.limit_per_period * self.one - self.put_in(s, t)
                    found.append(Condition("source_period", (s, t), ">=", room))
                if row.instrument == "bond":
                    sense = "=" if t == n.T - 1 else ">="  # what is issued is drawn by the horizon
                    found.append(Condition("proceeds", (s, t), sense, self.proceeds[s][t]))
            for year in n.years if row.limit_per_year is not None else ():
                inside = [t for t, step in enumerate(n.steps) if step.year == year]
                used = sum((self.put_in(s, t) for t in inside), self.zero)
                found.append(Condition("source_year", (s, year), ">=", row.limit_per_year * self.one - used))
        return found

    def _eligible(self) -> list[Condition]:
        n, found = self.terms, []
        whole: list[Value] = [sum(row) * self.one for row in n.cost]
        whole.append(sum((self.financing_costs(t) for t in range(n.T)), self.zero))
        whole.append(sum((self.project_principal(t) for t in range(n.T)), self.zero))
        for u in range(n.W + 2):
            for s in range(n.S + 1):
                if 0 < n.eligible[u][s] < 1 and (s < n.S or u < n.W):
                    paid = sum((self.draw(s, u, t) for t in range(n.T)), self.zero)
                    found.append(Condition("eligible_share", (s, u), ">=", n.eligible[u][s] * whole[u] - paid))
        return found

    def _party_limits(self) -> list[Condition]:
        n, found = self.terms, []
        everything = sum((self.drawn(s, t) for s in range(n.S) for t in range(n.T)), self.zero)
        for p, row in enumerate(n.case.parties):
            if row.total_budget is not None:
                spent = sum((self.party_money(p, t) for t in range(n.T)), self.zero)
                found.append(Condition("party_budget", (p, "total"), ">=", row.total_budget * self.one - spent))
            mine = sum((self.drawn(s, t) for s in range(n.S) for t in range(n.T) if n.owner(s) == p), self.zero)
            if row.minimum_share is not None:
                found.append(Condition("party_share", (p, "min"), ">=", mine - row.minimum_share * everything))
            if row.maximum_share is not None:
                found.append(Condition("party_share", (p, "max"), ">=", row.maximum_share * everything - mine))
        for b in n.case.budgets:
            p, used, room = n.party_names.index(same(b.party)), self.zero, 0.0
            for label in sorted(b.values, key=lambda text: n.span(text)[0]):
                here = sum((self.party_money(p, t) for t in n.under(label)), self.zero)
                used = used + here if b.carry_over else here
                room = room + b.values[label] if b.carry_over else b.values[label]
                if n.under(label):
                    found.append(Condition("party_budget", (p, label), ">=", room * self.one - used))
        return found

    def _rules(self) -> list[Condition]:
        n, found = self.terms, []
        for rule in n.case.rules:
            inside = [t for t in range(n.T) if n.within(t, rule)]
            slices = {
                "total": [inside],
                "year": [[t for t in inside if n.steps[t].year == y] for y in n.years],
                "period": [[t] for t in inside],
                "cumulative": [[u for u in inside if u <= t] for t in inside],
            }[rule.when]
            for k, when in enumerate(slices):
                if not when:
                    continue
                left = self._selected(rule.money_from, rule.spent_on, when)
                right = rule.value * self.one
                if rule.measure == "share":
                    right = rule.value * self._selected(rule.of_money_from, rule.of_spent_on, when)
                room = left - right if rule.sense == ">=" else right - left
                found.append(Condition("rule", (rule.rule, k), "=" if rule.sense == "=" else ">=", room))
        return found

    def _selected(self, money: str, spent: str, when: list[int]) -> Value:
        chosen, uses = self.terms.chosen_sources(money), self.terms.chosen_uses(spent)
        return sum((self.draw(s, u, t) for s in chosen for u in uses for t in when), self.zero)

    def _debts(self) -> list[Condition]:
        n, found = self.terms, []
        for s, row in enumerate(n.case.sources):
            for t in range(n.T):
                fee, line = self.fees["commitment"][s][t], row.instrument == "credit line"
                found.append(Condition("fees", (s, t), ">=", fee))
                found += [Condition("fees", (s, t, "due"), ">=", fee - self.line_due[s][t])] if line else []
            end = n.must_be_zero(s)
            if end is not None:
                found.append(Condition("balance", (s, "end"), "=", self.balance[s][end]))
            for t in range(n.T):
                if row.instrument == "credit line":
                    room = self.owed_before(s, t) - self.made.principal.get((s, t), self.zero)
                    found.append(Condition("line_repayment", (s, t), ">=", room))
                if row.is_debt:
                    found.append(Condition("balance", (s, t), ">=", self.balance[s][t]))
                else:
                    found.append(Condition("account", (s, t), ">=", self.account[s][t]))
        return found

    def _cash_limits(self) -> list[Condition]:
        n, found = self.terms, []
        p = n.case.project
        for t in range(n.T):
            found.append(Condition("minimum_cash", (t,), ">=", self.cash[t] - p.minimum_cash * self.one))
            if p.maximum_cash is not None:
                found.append(Condition("maximum_cash", (t,), ">=", p.maximum_cash * self.one - self.cash[t]))
            asked = sum((self.draw(s, n.financing, t) for s in range(n.S)), self.zero)
            found.append(Condition("financing_costs_cap", (t,), ">=", self.payable_with_draws(t) - asked))
            asked = sum((self.draw(s, n.refinancing, t) for s in range(n.S)), self.zero)
            found.append(Condition("refinancing_cap", (t,), ">=", self.project_principal(t) - asked))
            for s in range(n.S):  # principal of *other* sources' debt
                others = self.project_principal(t, without=s)
                found.append(Condition("refinancing_cap", (s, t), ">=", others - self.draw(s, n.refinancing, t)))
        return found

    def _covenants(self) -> list[Condition]:
        found: list[Condition] = []
        for c, row in enumerate(self.terms.case.covenants):
            n = self.terms
            chosen = n.chosen_sources(row.applies_to)
            anyone = row.covenant in ("average life", "debt") and same(row.applies_to) != "all"
            debts = [s for s in sorted(chosen) if n.case.sources[s].is_debt and (anyone or n.payer(s) is None)]
            inside = [t for t in range(n.T) if n.within(t, row)]
            built = [t for t in inside if n.steps[t].operating]
            rows = {
                "DSCR": self._dscr, "LLCR": self._llcr, "gearing": self._gearing, "reserve months": self._reserve,
                "average life": self._average_life, "debt": self._debt_limit,
            }[row.covenant](row.limit, debts, inside, built)  # fmt: skip
            found += [Condition(family, (c, t), ">=", value) for family, t, value in rows]
        return found

    def owed(self, debts: list[int], t: int) -> Value:
        return sum((self.balance[s][t] * self.terms.fx[s][t] for s in debts), self.zero)

    def served(self, debts: list[int], t: int) -> Value:
        return sum((self.service(s, t) for s in debts), self.zero)

    def _dscr(self, limit: float, debts: list[int], inside: list[int], built: list[int]) -> Rows:
        """Nothing is asked where nothing is owed, even where CFADS is negative."""
        cfads = self.terms.cfads
        return [("dscr", t, max(cfads[t], 0.0) * self.one - limit * self.served(debts, t)) for t in built]

    def _llcr(self, limit: float, debts: list[int], inside: list[int], built: list[int]) -> Rows:
        """Debt at the start of t against the value there of CFADS to maturity, at the debt's own rate per period."""
        n = self.terms
        rows: Rows = []
        if not debts:
            return rows
        size = [n.case.sources[s].limit * n.fx[s][0] for s in debts]
        if not sum(size):
            return rows
        rates = [sum(n.rate[s][t] * z for s, z in zip(debts, size, strict=True)) / sum(size) for t in range(n.T)]
        matures = max(n.matures(s) for s in debts)
        for t in built:
            if t > matures:
                continue
            value, factor = 0.0, 1.0
            for u in range(t, matures + 1):
                factor /= 1 + rates[u] * n.steps[u].length
                value += n.cfads[u] * factor
            live = [s for s in debts if t <= n.matures(s)]
            opening = sum((self.owed_before(s, t) * n.fx[s][max(t - 1, 0)] for s in live), self.zero)
            rows.append(("llcr", t, max(value, 0.0) * self.one - limit * opening))
        return rows

    def _gearing(self, limit: float, debts: list[int], inside: list[int], built: list[int]) -> Rows:
        n, rows = self.terms, []
        own = [s for s in range(n.S) if not n.case.sources[s].is_debt]
        before = sum((self.drawn_before(s) * n.fx[s][0] for s in own), self.zero)
        for t in inside:
            put_in = sum((self.drawn(s, u) for s in own for u in range(t + 1)), before)
            owed = self.owed(debts, t)
            rows.append(("gearing", t, limit * (owed + put_in) - owed))
        return rows

    def _reserve(self, limit: float, debts: list[int], inside: list[int], built: list[int]) -> Rows:
        """The reserve holds the service of the months after the end of t, a period counting by its share in them."""
        n, rows = self.terms, [("reserve", t, self.reserve[t]) for t in range(self.terms.T)]
        for t in built:
            ahead, due = (float(n.steps[t].closes), n.steps[t].closes + limit), self.zero
            for u in range(t + 1, n.T):
                part = common((n.steps[u].opens, n.steps[u].closes), ahead)
                due = due + self.served(debts, u) * (part / n.steps[u].months)
            rows.append(("reserve", t, self.reserve[t] - due))
        return rows

    def _average_life(self, limit: float, debts: list[int], inside: list[int], built: list[int]) -> Rows:
        """Years from each debt's time zero to its repayments, weighted by principal."""
        n, total = self.terms, self.zero
        for s in debts:
            ages = n.age(s)
            for t in inside:
                total = total + (limit - ages[t] / 12) * self.principal[s][t] * n.fx[s][t]
        return [("average_life", 0, total)]

    def _debt_limit(self, limit: float, debts: list[int], inside: list[int], built: list[int]) -> Rows:
        return [("debt_limit", t, limit * self.one - self.owed(debts, t)) for t in inside]


# ------------------------------------------------------------------ a plan's decisions, and the optimum


def rows_of(table: pd.DataFrame) -> list[Any]:
    """The rows of a table, each with its columns as attributes."""
    return list(table.itertuples())


def decisions_of(plan: Any) -> Decisions:
    """The decisions of a plan, from its tables."""
    terms = Terms(plan.case)
    source = {s.source: i for i, s in enumerate(plan.case.sources)} | {PROJECT_ACCOUNT: terms.S}
    use = {name: u for u, name in enumerate(terms.uses)}
    when = {label: t for t, label in enumerate(plan.cash["period"])}
    draws: dict[tuple[int, int, int], float] = {}
    for r in rows_of(plan.draws):
        key = (source[r.source], use[r.package], when[r.period])
        draws[key] = draws.get(key, 0.0) + r.amount

    def cells(table: pd.DataFrame, column: str) -> dict[tuple[int, int], float]:
        return {(source[r.source], when[r.period]): float(getattr(r, column)) for r in rows_of(table)}

    return Decisions(
        draws=draws,
        issues=cells(plan.proceeds, "issued"),
        principal=cells(plan.debt, "principal"),
        payouts=cells(plan.accounts, "payout"),
        reserve={when[r.period]: float(r.reserve_additions) for r in rows_of(plan.cash)},
        commit={source[r.source]: float(r.commitment) for r in rows_of(plan.commitments)},
    )


def violations(outcome: Outcome, tolerance: float = 1e-6) -> list[str]:
    """Conditions that do not hold, relative to the size of the case."""
    scale = max(1.0, sum(map(sum, outcome.terms.cost)))
    return [
        f"{c.family}[{', '.join(map(str, c.key))}] {c.sense} 0: {float(c.value):.9g}"
        for c in outcome.conditions()
        if (abs(c.value) if c.sense == "=" else -c.value) > tolerance * scale
    ]


def unknowns(terms: Terms) -> list[tuple[Any, ...]]:
    """Every decision that may be made, by name: a variable exists only where its window and eligibility allow."""
    n = terms
    names: list[tuple[Any, ...]] = []
    for s, row in enumerate([*n.case.sources, None]):
        for u in range(n.W + 2):
            if n.eligible[u][s] <= 0 or (row is None and u >= n.W):
                continue
            open_in = range(n.T) if row is None else n.drawable(s)
            if row is not None and row.instrument == "bond" and open_in:
                open_in = range(open_in[0], n.T)
            names += [("draw", s, u, t) for t in open_in if u >= n.W or n.cost[u][t] > 0]
        if row is None:
            continue
        names.append(("commit", s))
        names += [("line_fee", s, t) for t in range(n.T) if n.open[s][t] and row.instrument == "credit line"]
        names += [("issue", s, t) for t in n.drawable(s) if row.instrument == "bond"]
        names += [("principal", s, t) for t in n.free_repayment(s)]
        names += [("payout", s, t) for t in range(n.T) if row.instrument == "equity"]
    if any(c.covenant == "reserve months" for c in n.case.covenants):
        names += [("reserve", t) for t in range(n.T)]
    return names


def optimum(case: Case, measure: str = "financing cost", of: str = "all", sign: float = 1.0) -> float | None:
    """Least value of a measure (with ``sign`` -1: the greatest) by the oracle's own linear program.

    None where its conditions clash.
    """
    terms = Terms(case)
    names = [*unknowns(terms), ("peak",)]
    unit = np.eye(len(names) + 1)
    kinds = ("draw", "issue", "principal", "payout", "reserve", "commit", "line_fee")
    found: dict[str, dict[Any, Value]] = {kind: {} for kind in kinds}
    for i, (kind, *key) in enumerate(names[:-1]):
        found[kind][tuple(key) if len(key) > 1 else key[0]] = unit[i]
    made = Decisions(*(found[kind] for kind in kinds))
    outcome = Outcome(terms, made, unit[-1])
    peaks = outcome.peaks(measure, of)
    conditions = outcome.conditions() + [Condition("peak", (), ">=", unit[-2] - value) for value in peaks]
    equal = np.array([c.value for c in conditions if c.sense == "="])
    above = np.array([c.value for c in conditions if c.sense != "="])
    target = sign * (unit[-2] if peaks else outcome.measure(measure, of))
    result: Any = linprog(
        target[:-1],
        A_ub=-above[:, :-1],
        b_ub=above[:, -1],
        A_eq=equal[:, :-1],
        b_eq=-equal[:, -1],
        bounds=[(None if name[0] == "reserve" else 0.0, None) for name in names],
        method="highs",
    )
    if result.status == 2:
        return None
    assert result.status == 0, result.message
    return sign * float(result.fun + target[-1])


# ------------------------------------------------------------------ a plan's tables against the oracle


def differences(plan: Any, tolerance: float = 1e-6) -> list[str]:
    """Every figure of a plan's tables that is not what follows from its decisions, relative to the size of the case."""
    terms = Terms(plan.case)
    outcome = Outcome(terms, decisions_of(plan))
    scale = max(1.0, sum(map(sum, terms.cost)))
    found = []
    for name, expected, stated in [*_by_source(plan, outcome), *_by_period(plan, outcome), *_figures(plan, outcome)]:
        if not np.isclose(float(stated), float(expected), rtol=tolerance, atol=tolerance * scale):
            found.append(f"{name}: stated {stated:.9g}, the contract gives {float(expected):.9g}")
    return found


Comparison = tuple[str, Value, float]


def _by_source(plan: Any, o: Outcome) -> list[Comparison]:
    n = o.terms
    source = {s.source: i for i, s in enumerate(plan.case.sources)}
    when = {label: t for t, label in enumerate(plan.cash["period"])}
    tables: dict[str, dict[str, Any]] = {
        "debt": {
            "opening": o.owed_before,
            "drawn": o.put_in,
            "capitalised": lambda s, t: o.capitalised[s][t],
            "principal": lambda s, t: o.principal[s][t],
            "closing": lambda s, t: o.balance[s][t],
            "interest": lambda s, t: o.interest[s][t],
            "interest_paid": lambda s, t: o.interest_paid[s][t],
            "fx": lambda s, t: n.fx[s][t],
        },
        "fees": {
            **{kind: (lambda s, t, kind=kind: o.fees[kind][s][t]) for kind in o.fees},
            "total": lambda s, t: o.fee[s][t],
        },
        "accounts": {
            "opening": lambda s, t: o.account[s][t - 1] if t else 0.0,
            "put_in": o.put_in,
            "closing": lambda s, t: o.account[s][t],
            "growth": lambda s, t: (
                o.account[s][t] - (o.account[s][t - 1] if t else 0.0) - o.put_in(s, t) + o.made.payouts.get((s, t), 0.0)
            ),
        },
        "proceeds": {
            "opening": lambda s, t: o.proceeds[s][t - 1] if t else 0.0,
            "drawn": lambda s, t: o.drawn(s, t) / n.fx[s][t],
            "closing": lambda s, t: o.proceeds[s][t],
            "deposit_interest": lambda s, t: (
                (o.proceeds[s][t - 1] if t else 0.0) * n.case.project.deposit_rate * n.steps[t].length
            ),
        },
    }
    found = []
    for table, columns in tables.items():
        for row in rows_of(getattr(plan, table)):
            s, t = source[row.source], when[row.period]
            found += [
                (f"{table}[{row.source}, {row.period}].{column}", value(s, t), getattr(row, column))
                for column, value in columns.items()
            ]
    return found


def _by_period(plan: Any, o: Outcome) -> list[Comparison]:
    n, found = o.terms, []
    project = [s for s in range(n.S) if n.payer(s) is None]
    for t, row in enumerate(rows_of(plan.cash)):
        opening = o.cash[t - 1] if t else n.case.project.opening_cash
        expected = {
            "opening": opening,
            "deposit_interest": opening * n.case.project.deposit_rate * n.steps[t].length,
            "cfads": n.cfads[t],
            "financing_draws": sum(o.draw(s, n.financing, t) for s in range(n.S)),
            "refinancing_draws": sum(o.draw(s, n.refinancing, t) for s in range(n.S)),
            "packages": sum(o.draw(n.S, w, t) for w in range(n.W)),
            "interest": sum(o.interest_paid[s][t] * n.fx[s][t] for s in project),
            "fees": sum(o.fee[s][t] * n.fx[s][t] for s in project),
            "principal": o.project_principal(t),
            "payouts": sum(o.made.payouts.get((s, t), 0.0) * n.fx[s][t] for s in range(n.S)),
            "closing": o.cash[t],
            "reserve": o.reserve[t],
        }
        found += [(f"cash[{row.period}].{column}", value, getattr(row, column)) for column, value in expected.items()]
    return found


def _figures(plan: Any, o: Outcome) -> list[Comparison]:
    n = o.terms
    debt = [sum(o.balance[s][t] * n.fx[s][t] for s in range(n.S)) for t in range(n.T)]
    expected = {
        "financing cost": o.financing_cost,
        "interest and fees": o.interest_and_fees,
        "money": sum(o.drawn(s, t) for s in range(n.S) for t in range(n.T)),
        "package cost": sum(map(sum, n.cost)),
        "peak year": max(sum(o.year_money(p, y) for p in range(len(n.party_names))) for y in n.years),
        "peak debt": max(debt),
        "closing debt": debt[-1],
        "closing cash": o.cash[-1],
    }
    found: list[Comparison] = [(f"measure {name}", value, plan.measures[name]) for name, value in expected.items()]
    groups = {s.source: [i] for i, s in enumerate(plan.case.sources)} | {"total": list(range(n.S))}
    for p, party in enumerate(plan.case.parties):
        groups[party.party] = [s for s in range(n.S) if n.owner(s) == p]
        found.append((f"peak year of {party.party}", o.peak_year(p), plan.peak_year[party.party]))
        drawn = sum((o.drawn(s, t) for s in groups[party.party] for t in range(n.T)), 0.0)
        found.append((f"money of {party.party}", drawn, plan.by_party[party.party]))
    for name, members in groups.items():
        rate, stated = o.all_in_rate(members), plan.all_in_rate[name]
        if rate is not None and stated is not None:
            size = max(1.0, sum(map(sum, n.cost)))  # what `differences` divides by: rates are compared to 1e-6
            found.append((f"all-in rate of {name}", size * rate, size * stated))
    return found
