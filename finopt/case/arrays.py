"""The arrays that the model sees, each computed once from a Case.

Index letters: s source, w package, u use (packages, then Financing costs, then Refinancing), t period. Amounts of
a source are in its own currency, everything else in case money; ``fx[s, t]`` is case money per unit. Data made with
a parent takes over every array whose sheets did not change.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from finopt.case.calendar import MONTHS, Calendar, months_between, whole_months
from finopt.case.case import Case
from finopt.case.names import PROJECT, PROJECT_ACCOUNT, same
from finopt.case.selector import Selector, is_selector
from finopt.case.sheets import SHEETS, Eligibility, RepaymentTable, Source
from finopt.finance import Array, annuity_shares, discount_factors, equal_shares, profile_shares
from finopt.tolerances import SUM_OF_SHARES

V = TypeVar("V")
Mask = npt.NDArray[np.bool_]
TIME = "Project: start_date, construction_end, end_date, period, operating_period, flow_timing, year_begins"
"""What makes the calendar."""
WINDOW = "Sources: from_, to, gate"
RATE = "Sources: rate, curve, margin"
SCHEDULE = "Sources: source, instrument, repayment, grace, tenor, from_, to, gate"
"""What says when a source can be drawn and is repaid."""


def of(*sheets: str) -> Callable[[Callable[[Any], V]], cached_property[V]]:
    """Mark an array as computed once, from these sheets only: ``Sheet``, or ``Sheet: field, field`` of it."""
    reads = tuple(
        (sheet, tuple(fields.replace(",", " ").split())) for sheet, _, fields in (s.partition(":") for s in sheets)
    )

    def mark(compute: Callable[[Any], V]) -> cached_property[V]:
        compute.reads = reads  # type: ignore[attr-defined]
        return cached_property(compute)

    return mark


@dataclass(frozen=True)
class Ceiling:
    """A party's budget over the periods ``when`` (a year or period, or all up to it when unused room carries over)."""

    party: int
    label: str
    when: tuple[int, ...]
    amount: float


class Data:
    """The arrays of one case. Every array is computed when first asked for, and then kept."""

    def __init__(self, case: Case, parent: Data | None = None) -> None:
        self.case = case
        if parent is not None:
            kept = {read: _unchanged(case, parent.case, *read) for read in _READS}
            for name, compute in _ARRAYS.items():
                if name in parent.__dict__ and all(kept[read] for read in compute.reads):
                    self.__dict__[name] = parent.__dict__[name]

    def over(self, arrays: Mapping[str, Array]) -> Data:
        """The same case with some arrays replaced; what follows from cash flow and costs is computed anew."""
        made = Data(self.case)
        made.__dict__.update(self.__dict__)
        made.__dict__.update(arrays)
        for name in ("has_cash",) * ("cfads" in arrays) + ("has_cost",) * ("cost" in arrays):
            made.__dict__.pop(name, None)
        return made

    def value(self, name: str) -> Any:
        """What a family says that it reads: an array by its name, a column as ``"Sources.limit"``, or a whole sheet."""
        sheet, _, column = name.partition(".")
        if sheet not in SHEETS:
            return getattr(self, name)
        rows = self.case.tables.get(sheet, ())
        return tuple(getattr(row, column) for row in rows) if column else rows

    def differing(self, other: Data, names: Iterable[str]) -> set[str]:
        """Which of the values that these names stand for are different in other Data."""
        tables, others = self.case.tables, other.case.tables
        same = {sheet for sheet, rows in tables.items() if rows is others.get(sheet)}
        asked = [name for name in names if name.partition(".")[0] not in same]
        return {name for name in asked if not same_value(self.value(name), other.value(name))}

    # ------------------------------------------------------------------ time

    @of(TIME)
    def calendar(self) -> Calendar:
        """The periods."""
        return self.case.calendar

    @of("Project")
    def discount(self) -> Array:
        """d_t: discount factor of costs, draws and revenue of t, and of upfront and draw fees; (T,)."""
        return discount_factors(self.case.project.discount_rate, self.calendar.flow_times)

    @of("Project")
    def discount_out(self) -> Array:
        """e_t: discount factor of what funders take out of t, at its end; the last one of closing balances; (T,)."""
        return discount_factors(self.case.project.discount_rate, self.calendar.end_times)

    # ------------------------------------------------------------------ packages

    @of(TIME, "Packages: start, finish, profile")
    def profile(self) -> Array:
        """Share of each package's cost in each period; (W, T)."""
        shares = [profile_shares(p.profile, p.start, p.finish, self.calendar.edges) for p in self.case.packages]
        return _stack(shares, len(self.calendar))

    @of("Project", "Packages", "Costs")
    def cost(self) -> Array:
        """Nominal cost of each package in each period, escalated and with contingency; (W, T)."""
        own = {same(row.package): row.values for row in self.case.costs}
        project = self.case.project
        base = (project.start_date - (project.price_date or project.start_date)).days / 365.25
        cost = np.zeros((len(self.case.packages), len(self.calendar)))
        for w, package in enumerate(self.case.packages):
            if same(package.package) in own:
                cost[w] = self.calendar.shared(own[same(package.package)], (package.start, package.finish))
                continue
            rate = project.escalation if package.escalation is None else package.escalation
            factor = (1 + rate) ** (base + self.calendar.flow_times)
            cost[w] = (package.amount or 0.0) * (1 + package.contingency) * self.profile[w] * factor
        return cost

    @of("Project", "Packages", "Costs")
    def has_cost(self) -> Mask:
        """Whether a package costs anything in a period; (W, T)."""
        return np.asarray(self.cost > 0)

    @of("Packages: package")
    def uses(self) -> tuple[str, ...]:
        """Names of what money can be spent on, in order."""
        return self.case.uses

    @of("Packages: package")
    def financing_use(self) -> int:
        """Index of the use Financing costs."""
        return len(self.case.packages)

    @of("Packages: package")
    def refinancing_use(self) -> int:
        """Index of the use Refinancing."""
        return len(self.case.packages) + 1

    # ------------------------------------------------------------------ eligibility

    @of("Packages: package, location, group", "Sources: source", "Eligibility")
    def eligible(self) -> Array:
        """Most of each use that each source may pay, 0 to 1; (U, S + 1), the last column the Project account.

        Without an Eligibility sheet every source may pay every package and Financing costs. A row that names a
        package or use counts before rows that select it by location or group; of those the most generous counts.
        """
        sources = len(self.case.sources)
        if not self.case.eligibility:
            table = np.ones((len(self.uses), sources + 1))
            table[self.refinancing_use, :sources] = 0.0
            return table
        table = np.zeros((len(self.uses), sources + 1))
        for u, use in enumerate(self.uses):
            rows = self._eligibility_rows(u, use)
            for s, source in enumerate(self.case.sources):
                table[u, s] = max((_cell(row, source.source, 0.0) for row in rows), default=0.0)
            table[u, sources] = max((_cell(row, PROJECT_ACCOUNT, 1.0) for row in rows), default=1.0)
        return table

    def _eligibility_rows(self, u: int, use: str) -> list[Eligibility]:
        named = [row for row in self.case.eligibility if same(row.package) == same(use)]
        if named:
            return named
        chosen = [row for row in self.case.eligibility if is_selector(row.package)]
        return [row for row in chosen if u < self.financing_use and u in Selector.parse(row.package).uses(self.case)]

    # ------------------------------------------------------------------ sources

    @of(TIME, "Project: currency", "Sources: currency", "FX")
    def fx(self) -> Array:
        """Case money per unit of each source's currency; (S, T)."""
        table = {same(row.currency): self.calendar.level(row.values) for row in self.case.exchange}
        home = same(self.case.project.currency)
        ones = np.ones(len(self.calendar))
        return _stack(
            [ones if same(s.currency or home) == home else table[same(s.currency or home)] for s in self.case.sources],
            len(self.calendar),
        )

    @of(TIME, RATE, "Curves")
    def rate(self) -> Array:
        """Yearly rate of each source: interest, target return or opportunity cost; (S, T)."""
        curves = {same(row.curve): self.calendar.level(row.values) for row in self.case.curves}
        flat = np.ones(len(self.calendar))
        return _stack(
            [
                curves[same(s.curve)] + (s.margin or 0.0) if s.curve is not None else flat * (s.rate or 0.0)
                for s in self.case.sources
            ],
            len(self.calendar),
        )

    @of(TIME, RATE, "Curves")
    def period_rate(self) -> Array:
        """i_t = rate · δ_t: simple interest inside a period; (S, T)."""
        return self.rate * self.calendar.lengths

    @of(TIME, RATE, "Sources: instrument", "Curves")
    def growth(self) -> Array:
        """(1 + k)^δ_t: growth of an account of equity or grant over a period, 1 for debt; (S, T)."""
        return np.asarray((1 + self._return) ** self.calendar.lengths)

    @of(TIME, RATE, "Sources: instrument", "Curves")
    def draw_growth(self) -> Array:
        """(1 + k)^(ω·δ_t): growth of a draw within its own period, 1 for debt; (S, T)."""
        return np.asarray((1 + self._return) ** (self.calendar.omega * self.calendar.lengths))

    @property
    def _return(self) -> Array:
        """The rate of what is no debt, so that rates of debt move no account; (S, T)."""
        return np.where(self.is_debt.reshape(-1, 1), 0.0, self.rate)

    @of(TIME, WINDOW, "Gates")
    def open(self) -> Mask:
        """Whether a source can be drawn: its flow date lies in [From, To] and its gate is open; (S, T)."""
        gates = {same(g.gate): g for g in self.case.gates}
        project = self.case.project
        table = np.zeros((len(self.case.sources), len(self.calendar)), dtype=bool)
        for s, source in enumerate(self.case.sources):
            gate = gates[same(source.gate)] if source.gate else None
            if gate is not None and not gate.open:
                continue
            first, last = self._available_from(source), source.to or project.construction_end
            table[s] = [first <= p.flow_date <= last for p in self.calendar]
        return table

    def _available_from(self, source: Source) -> Any:
        gate = next((g for g in self.case.gates if source.gate and same(g.gate) == same(source.gate)), None)
        start = source.from_ or self.case.project.start_date
        return max(start, gate.from_) if gate is not None and gate.open and gate.from_ else start

    @of(TIME, WINDOW, "Gates")
    def first_open(self) -> list[int | None]:
        """First period in which each source can be drawn, or None."""
        return first_true(self.open)

    @of(TIME, WINDOW, "Gates")
    def upfront_in(self) -> list[int | None]:
        """Period in which the upfront fee falls: the first open one; None for a source available before Start date."""
        first, begin = self.first_open, self.calendar[0].first
        return [
            None if self._available_from(source) < begin else t
            for source, t in zip(self.case.sources, first, strict=True)
        ]

    @of("Sources: limit")
    def limit(self) -> Array:
        """Most that each source can commit; (S,)."""
        return np.array([s.limit for s in self.case.sources])

    @of("Sources: limit")
    def offered(self) -> Mask:
        """Whether a source offers anything at all; (S,)."""
        return self.limit > 0

    @of("Sources: instrument, opening_balance")
    def opening_balance(self) -> Array:
        """B[-1]: what is owed on each source at Start date, own currency; 0 where it is no debt; (S,)."""
        return np.array([s.opening_balance if s.is_debt else 0.0 for s in self.case.sources])

    @of("Sources: instrument, drawn_before")
    def drawn_before(self) -> Array:
        """Money of each source drawn before Start date, own currency; (S,). What revolves counts what it owes."""
        return np.array([0.0 if s.traits.revolving else s.drawn_before for s in self.case.sources])

    @of("Sources: limit_per_year")
    def limit_per_year(self) -> Array:
        """Most that each source puts in during a budget year, infinite where none is stated; (S,)."""
        return _or_infinite([s.limit_per_year for s in self.case.sources])

    @of("Sources: limit_per_period")
    def limit_per_period(self) -> Array:
        """Most that each source puts in during a period, infinite where none is stated; (S,)."""
        return _or_infinite([s.limit_per_period for s in self.case.sources])

    @of("Sources: instrument")
    def is_debt(self) -> Mask:
        """What is owed and repaid with interest; (S,)."""
        return np.array([s.is_debt for s in self.case.sources], dtype=bool)

    @of("Sources: instrument")
    def revolving(self) -> Mask:
        """What is repaid and drawn again at will; (S,)."""
        return np.array([s.traits.revolving for s in self.case.sources], dtype=bool)

    @of("Sources: instrument")
    def ahead(self) -> Mask:
        """What is raised before it pays, and waits in a proceeds account; (S,)."""
        return np.array([s.traits.ahead for s in self.case.sources], dtype=bool)

    @of("Sources: instrument")
    def pays_out(self) -> Mask:
        """What the project pays out to from its cash; (S,)."""
        return np.array([s.traits.pays_out for s in self.case.sources], dtype=bool)

    @of("Sources: repaid_by", "Parties: party")
    def repaid_by(self) -> list[int | None]:
        """Index of the party that pays each source's debt service, or None where the project does."""
        names = [same(p.party) for p in self.case.parties]
        return [None if same(s.repaid_by) == PROJECT else names.index(same(s.repaid_by)) for s in self.case.sources]

    @of("Sources: party", "Parties: party")
    def party(self) -> list[int]:
        """Index of the party behind each source."""
        names = [same(p.party) for p in self.case.parties]
        return [names.index(same(s.party)) for s in self.case.sources]

    # ------------------------------------------------------------------ debt

    @of(TIME, WINDOW, "Gates")
    def debt_months(self) -> npt.NDArray[np.int64]:
        """Months from time zero of each source's Grace and Tenor to the end of each period; (S, T).

        Time zero is the beginning of the period that holds From, or lies whole months before Start date.
        """
        ends = np.cumsum([p.months for p in self.calendar])
        starts = [self._time_zero(self._available_from(source)) for source in self.case.sources]
        return np.asarray(ends[None, :] - np.array(starts, dtype=np.int64).reshape(-1, 1))

    def _time_zero(self, day: dt.date) -> int:
        """Months from Start date to the beginning of the period that holds a day; negative before Start date."""
        first = self.calendar[0].first
        if day < first:
            return -months_between(day, first)
        period = self.calendar.holding(day)
        return 0 if period is None else sum(p.months for p in self.calendar.periods[: period.index])

    @of(TIME, WINDOW, "Gates")
    def debt_time(self) -> Array:
        """τ_t less time zero of each source's Grace and Tenor, years; (S, T)."""
        return np.asarray(self.debt_months / 12)

    @of("Sources: grace")
    def grace_months(self) -> npt.NDArray[np.int64]:
        """Grace of each source in whole months; (S,)."""
        return np.array([whole_months(s.grace) for s in self.case.sources], dtype=np.int64)

    @of(TIME, WINDOW, "Sources: instrument, interest_in_grace, grace", "Gates")
    def capitalised(self) -> Mask:
        """Whether interest of the period is added to the balance: in grace, if so chosen; (S, T).

        Only what is scheduled has a grace: a credit line is drawn again where interest is to be borrowed.
        """
        chosen = np.array(
            [s.traits.scheduled and s.interest_in_grace == "capitalised" for s in self.case.sources], dtype=bool
        )
        return np.asarray(chosen.reshape(-1, 1) & (self.debt_months <= self.grace_months.reshape(-1, 1)))

    @of(TIME, SCHEDULE, "Gates", "Repayments")
    def repays(self) -> Mask:
        """Periods in which principal may be repaid; (S, T)."""
        table = np.zeros((len(self.case.sources), len(self.calendar)), dtype=bool)
        for s, source in enumerate(self.case.sources):
            months, bullet = self.debt_months[s], source.repayment == "bullet"
            within = ((months > self.grace_months[s]) | bullet) & (months > 0) & (months <= self._tenor(s))
            if source.traits.revolving:
                table[s] = _from_first(self.open[s])
            elif not source.traits.scheduled:
                continue
            elif source.repayment == "table":
                table[s] = self._table(source) > 0
            elif bullet:
                last = np.flatnonzero(within)
                if last.size and (last[-1] + 1 < len(self.calendar) or self._ends_inside(s)):
                    table[s, last[-1]] = True
            else:
                table[s] = within
        return table

    @of(TIME, SCHEDULE, RATE, "Gates", "Repayments", "Curves")
    def principal_share(self) -> Array:
        """φ_t: share of the base repaid in each period under equal, annuity, table and bullet; (S, T).

        The base is the balance at the end of the period before the first repayment. Where the tenor outlives the
        horizon, the repayments beyond it are counted but not shown.
        """
        table = np.zeros(self.repays.shape)
        for s, source in enumerate(self.case.sources):
            where = np.flatnonzero(self.repays[s])
            if not where.size or not self.scheduled[s]:
                continue
            if source.repayment == "table":
                table[s] = self._table(source)
            elif source.repayment == "bullet":
                table[s, where] = 1.0
            elif source.repayment == "equal":
                table[s, where] = equal_shares(where.size + self._beyond(s))[: where.size]
            else:
                last = self.rate[s, -1] * self._last_months() / 12
                rates = np.concatenate([self.period_rate[s, where], np.full(self._beyond(s), last)])
                table[s, where] = annuity_shares(rates)[: where.size]
        return table

    @of("Sources: instrument, repayment")
    def scheduled(self) -> Mask:
        """Debt whose repayment is fixed by its terms (equal, annuity, table, bullet); (S,)."""
        return np.array([s.traits.scheduled and s.repayment != "sculpted" for s in self.case.sources], dtype=bool)

    @of(TIME, SCHEDULE, "Gates", "Repayments")
    def first_repayment(self) -> list[int | None]:
        """First period with a scheduled repayment, or None."""
        return first_true(self.repays & self.scheduled.reshape(-1, 1))

    @of(TIME, SCHEDULE, "Gates", "Repayments")
    def drawable(self) -> Mask:
        """Periods in which money can be put in: open, before the first scheduled repayment or tenor; (S, T).

        Nothing is drawn any more where the first repayment, or the last, came before Start date.
        """
        table = self.open & ~self._over
        for s, (first, last) in enumerate(zip(self.first_repayment, self.zero_at, strict=True)):
            if first is not None:
                table[s, first:] = False
            elif last is not None:
                table[s, last + 1 :] = False
        return table

    @of(TIME, SCHEDULE, "Gates", "Repayments")
    def _over(self) -> Mask:
        """Periods after a debt's tenor, and all of them where its table begins before Start date; (S, T)."""
        table = np.zeros(self.open.shape, dtype=bool)
        for s, source in enumerate(self.case.sources):
            if source.traits.scheduled:
                by_table = source.repayment == "table"
                table[s] = self._begun_before(source) if by_table else self.debt_months[s] > self._tenor(s)
        return table

    @of(TIME, SCHEDULE, "Gates", "Repayments", "Revenue", "Project: opening_cash")
    def payers(self) -> Mask:
        """Whether a source can pay a period's costs; (S + 1, T), the last row the project account.

        Money raised ahead waits in its own account, so a bond can pay from its first issue on.
        """
        drawable = np.where(self.ahead.reshape(-1, 1), np.maximum.accumulate(self.drawable, axis=1), self.drawable)
        return np.vstack([drawable, self.has_cash])

    @of(TIME, SCHEDULE, "Gates", "Repayments")
    def zero_at(self) -> list[int | None]:
        """Period at whose end the balance must be zero (tenor; To of a credit line), or None beyond the horizon."""
        ends: list[int | None] = []
        for s, source in enumerate(self.case.sources):
            if not self.repays[s].any():
                ends.append(None)
            elif source.traits.revolving:
                ends.append(int(np.flatnonzero(self.open[s])[-1]))
            else:
                table = source.repayment == "table"
                inside = self._table(source).sum() > 1 - SUM_OF_SHARES if table else self._ends_inside(s)
                ends.append(int(np.flatnonzero(self.repays[s])[-1]) if inside else None)
        return ends

    @of(TIME, SCHEDULE, "Gates", "Repayments", "Sources: opening_balance")
    def alive(self) -> Mask:
        """Periods in which debt may stand: from Start date or the first draw to the end of its life; (S, T)."""
        table = np.zeros(self.open.shape, dtype=bool)
        for s in np.flatnonzero(self.is_debt):
            begun = np.flatnonzero(self.drawable[s] | (self.opening_balance[s] > 0))
            if begun.size:
                last = self.zero_at[s]
                table[s, begun[0] : len(self.calendar) if last is None else last + 1] = True
        return table

    def _tenor(self, s: int) -> int:
        """Months from time zero to the last repayment."""
        tenor = self.case.sources[s].tenor
        return int(self.debt_months[s, -1]) if tenor is None else whole_months(tenor)

    def _ends_inside(self, s: int) -> bool:
        """Whether the last repayment falls within the horizon."""
        return self._tenor(s) < int(self.debt_months[s, -1]) + self._last_months()

    def ended(self, s: int) -> bool:
        """Whether the last repayment of a debt came before Start date."""
        table = self.case.sources[s].repayment == "table"
        return not self.repays[s].any() if table else self._tenor(s) < int(self.debt_months[s, 0])

    def _beyond(self, s: int) -> int:
        """How many repayments fall after the horizon, in periods of the last length."""
        after = self._tenor(s) - max(int(self.debt_months[s, -1]), int(self.grace_months[s]))
        return max(0, after // self._last_months())

    def _last_months(self) -> int:
        project = self.case.project
        return MONTHS[project.operating_period or project.period]

    def _table(self, source: Source) -> Array:
        """Shares of a repayment table; those due before Start date are left out and the others make up 1; (T,)."""
        row = next((r for r in self.case.repayments if same(r.source) == same(source.source)), None)
        if row is None:
            return np.zeros(len(self.calendar))
        due = self._due_before(row)
        left = 1.0 - sum(due.values())
        shares = self.calendar.shared({label: value for label, value in row.values.items() if label not in due})
        return shares / left if due and left > 0 else shares

    def _due_before(self, row: RepaymentTable) -> Mapping[str, float]:
        """What a repayment table states for days before Start date."""
        first = self.calendar[0].first
        spans = {label: self.calendar.span(label) for label in row.values}
        return {label: row.values[label] for label, span in spans.items() if span is not None and span[1] < first}

    def _begun_before(self, source: Source) -> bool:
        """Whether a repayment table's first share fell due before Start date."""
        rows = [r for r in self.case.repayments if same(r.source) == same(source.source)]
        return any(share > 0 for row in rows for share in self._due_before(row).values())

    # ------------------------------------------------------------------ cash, budgets

    @of(TIME, "Revenue")
    def cfads(self) -> Array:
        """Cash flow available for debt service: revenue less operating cost; (T,)."""
        flows = np.zeros(len(self.calendar))
        for line in self.case.revenue:  # what a year holds outside the calendar is lost
            flows += (1.0 if line.kind == "revenue" else -1.0) * self.calendar.spread(line.values)
        return flows

    @of("Project: opening_cash")
    def opening_cash(self) -> float:
        """Cash in the project account at Start date."""
        return self.case.project.opening_cash

    @of(TIME, "Revenue", "Project: opening_cash")
    def has_cash(self) -> Mask:
        """Whether the project account may hold money of its own: some inflow has happened by then; (T,)."""
        return np.asarray(self.opening_cash + np.cumsum(np.maximum(self.cfads, 0.0)) > 0)

    @of("Project")
    def deposit(self) -> Array:
        """Simple interest that a deposit earns in each period; (T,)."""
        return self.case.project.deposit_rate * self.calendar.lengths

    @of("Project")
    def minimum_cash(self) -> float:
        """Least balance of the project account."""
        return self.case.project.minimum_cash

    @of("Project")
    def maximum_cash(self) -> float:
        """Most that the project account may hold, infinite where none is stated."""
        most = self.case.project.maximum_cash
        return np.inf if most is None else most

    @of("Parties: total_budget")
    def total_budget(self) -> Array:
        """Most that each party puts in over the whole horizon, infinite where none is stated; (P,)."""
        return _or_infinite([p.total_budget for p in self.case.parties])

    @of("Parties: total_budget")
    def has_total_budget(self) -> Mask:
        """Whether a total budget is stated; (P,)."""
        return np.isfinite(self.total_budget)

    @of("Parties")
    def share_bounds(self) -> tuple[tuple[int, str, float], ...]:
        """Floors and caps on shares of parties: party, minimum or maximum, share."""
        bounds = [
            (i, bound, share)
            for i, p in enumerate(self.case.parties)
            for bound, share in (("minimum", p.minimum_share), ("maximum", p.maximum_share))
        ]
        return tuple((i, bound, share) for i, bound, share in bounds if share is not None)

    @of(TIME, "Parties: party", "Budgets")
    def ceilings(self) -> tuple[Ceiling, ...]:
        """The budgets of every party by year or period, cumulated where unused room carries over."""
        names = [same(p.party) for p in self.case.parties]
        found = []
        for row in self.case.budgets:
            party = names.index(same(row.party))
            stated = [(label, self.calendar.under(label), amount) for label, amount in row.values.items()]
            stated = sorted((entry for entry in stated if entry[1]), key=lambda entry: entry[1][0])
            spent: list[int] = []
            room = 0.0
            for label, when, amount in stated:
                if row.carry_over:
                    spent, room = spent + when, room + amount
                    found.append(Ceiling(party, label, tuple(spent), room))
                else:
                    found.append(Ceiling(party, label, tuple(when), amount))
        return tuple(found)

    @of(TIME, "Parties: party", "Budgets")
    def ceiling_windows(self) -> tuple[tuple[int, str, tuple[int, ...]], ...]:
        """Party, label and periods of each ceiling, whatever its amount; (C,)."""
        return tuple((ceiling.party, ceiling.label, ceiling.when) for ceiling in self.ceilings)

    @of(TIME, "Parties: party", "Budgets")
    def ceiling_amounts(self) -> Array:
        """Amount of each ceiling; (C,)."""
        return np.array([ceiling.amount for ceiling in self.ceilings])


def same_value(a: object, b: object) -> bool:
    """Whether two values of Data are equal, entry by entry."""
    if a is b:
        return True
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
        return a.shape == b.shape and bool(np.array_equal(a, b))
    return bool(a == b)


def _unchanged(case: Case, old: Case, sheet: str, fields: tuple[str, ...]) -> bool:
    """Whether two cases agree on a sheet, or on some of its columns."""
    new, before = case.tables.get(sheet, ()), old.tables.get(sheet, ())
    if new is before:
        return True
    if not fields or len(new) != len(before):
        return False
    return all(getattr(a, f) == getattr(b, f) for a, b in zip(new, before, strict=True) if a is not b for f in fields)


def _arrays() -> dict[str, Any]:
    found = {name: value.func for name, value in vars(Data).items() if isinstance(value, cached_property)}
    return {name: compute for name, compute in found.items() if hasattr(compute, "reads")}


_ARRAYS = _arrays()
_READS = {read for compute in _ARRAYS.values() for read in compute.reads}


def first_true(table: Mask) -> list[int | None]:
    """Position of the first True in each row, or None."""
    return [int(np.argmax(row)) if row.any() else None for row in table]


def _or_infinite(values: list[float | None]) -> Array:
    return np.array([np.inf if value is None else value for value in values])


def _stack(rows: list[Array], width: int) -> Array:
    return np.array(rows) if rows else np.zeros((0, width))


def _from_first(row: Mask) -> Mask:
    """True from the first to the last True."""
    return np.asarray(np.maximum.accumulate(row) & np.maximum.accumulate(row[::-1])[::-1])


def _cell(row: Eligibility, source: str, default: float) -> float:
    return next((value for name, value in row.values.items() if same(name) == same(source)), default)
