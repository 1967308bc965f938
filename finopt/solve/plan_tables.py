"""From values of variables to the tables of a Plan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from finopt.case.names import PROJECT_ACCOUNT
from finopt.finance import Array, all_in_rate
from finopt.model.build import Model
from finopt.model.covenants import applies_to, covenant_key, loan_life_value, operating, overlap, within
from finopt.model.family import Words
from finopt.plan import DRAW_COLUMNS, Aim, Certificate, Plan, Proof
from finopt.solve.certificate import Reached
from finopt.solve.linear_program import Compiled
from finopt.solve.plan_checks import sound
from finopt.tolerances import BINDS, CERTIFIED, CHECKED, DUST, KEPT, NO_PRICE, NO_RATIO


@dataclass(frozen=True)
class Solution:
    """Values of the columns (n,), prices of the rows at the first aim (m,), value of each aim, and what proves it."""

    x: Array
    row_price: Array
    aims: tuple[float, ...]
    reached: tuple[Reached, ...]


class Flows:
    """The values of a plan as arrays: (S, T) by source and period in the source's own currency, (T,) for the project.

    ``draw`` is {(s, u, t): amount in case money}; everything else zero where there is no variable.
    """

    def __init__(self, model: Model, compiled: Compiled, x: Array) -> None:
        v, data = model.variables, model.data
        self.data = data
        self._compiled, self._x = compiled, x
        self.draw = self._draws(v.draw)
        self.commit = np.array([self._value(c) for c in v.commit])
        names = ("issue", "proceeds", "balance", "interest", "principal", "fees", "line_fee", "account", "payout")
        for name in names:
            setattr(self, name, self._table(getattr(v, name)))
        self.cash = np.array([self._value(c) for c in v.cash])
        self.reserve_of = {c: np.zeros(len(data.calendar)) for c, _ in v.reserve}
        for (c, t), variable in v.reserve.items():
            self.reserve_of[c][t] = self._value(variable)
        self.reserve: Array = sum(self.reserve_of.values(), np.zeros(len(data.calendar)))
        self.drawn = np.zeros(data.fx.shape)
        self.account_draws = np.zeros(len(data.calendar))
        self.by_built_in_use = np.zeros((2, len(data.calendar)))
        for (s, u, t), amount in self.draw.items():
            if s == v.account_source:
                self.account_draws[t] += amount
            else:
                self.drawn[s, t] += amount / data.fx[s, t]
            if u >= data.financing_use:
                self.by_built_in_use[u - data.financing_use, t] += amount
        self.funding = np.where(data.ahead.reshape(-1, 1), self.issue, self.drawn)
        self.opening = _before(self.balance, data.opening_balance)
        self.bearing = self.opening + data.calendar.omega * self.funding
        self.capitalised = np.where(data.capitalised, self.interest, 0.0)
        self.interest_paid = self.interest - self.capitalised
        self.service = self.interest_paid + self.fees + self.principal

    issue: Array
    proceeds: Array
    balance: Array
    interest: Array
    principal: Array
    fees: Array
    line_fee: Array
    account: Array
    payout: Array

    def _value(self, variable: Any) -> float:
        place = self._compiled.position.get(hash(variable))
        return 0.0 if place is None else max(0.0, float(self._x[place]))

    def _table(self, variables: Mapping[tuple[int, int], Any]) -> Array:
        table = np.zeros(self.data.fx.shape)
        for key, variable in variables.items():
            table[key] = self._value(variable)
        return table

    def _draws(self, variables: Mapping[tuple[int, int, int], Any]) -> dict[tuple[int, int, int], float]:
        amounts = {key: self._value(variable) for key, variable in variables.items()}
        dust = DUST * max(amounts.values(), default=0.0)
        return {key: amount for key, amount in sorted(amounts.items()) if amount > dust}

    @cached_property
    def fee_parts(self) -> dict[str, Array]:
        """Fees of each kind, own currency; (S, T)."""
        data = self.data
        omega, lengths = data.calendar.omega, data.calendar.lengths
        so_far = np.cumsum(self.funding, axis=1) - (1 - omega) * self.funding + data.drawn_before.reshape(-1, 1)
        parts = {name: np.zeros(data.fx.shape) for name in ("upfront", "commitment", "guarantee", "draw")}
        for s, row in enumerate(data.case.sources):
            first = data.upfront_in[s]
            if first is not None:
                parts["upfront"][s, first] = row.upfront_fee * self.commit[s]
            rate = row.commitment_fee * lengths
            undrawn = self.commit[s] - (self.bearing[s] if data.revolving[s] else so_far[s])
            least = np.maximum(undrawn, 0.0) if data.revolving[s] else undrawn
            parts["commitment"][s] = np.where(data.open[s], rate * least, 0.0)
            parts["guarantee"][s] = np.where(data.alive[s], row.guarantee_fee * lengths * self.bearing[s], 0.0)
            parts["draw"][s] = row.draw_fee * self.funding[s]
        return parts

    @property
    def early_fees(self) -> Array:
        """Fees that fall with the draws of t rather than at its end: upfront and draw fees; (S, T)."""
        return self.fee_parts["upfront"] + self.fee_parts["draw"]

    def put_in(self, party: int) -> Array:
        """Money that a party puts in, by period: funding of its sources plus debt service it repays; case money."""
        data = self.data
        total = np.zeros(len(data.calendar))
        for s, owner in enumerate(data.party):
            if owner == party:
                total += self.funding[s] * data.fx[s]
            if data.repaid_by[s] == party:
                total += self.service[s] * data.fx[s]
        return total

    def by_year(self, flows: Array) -> dict[int, float]:
        """Flows (T,) summed by budget year of the period's first day."""
        years = [p.year for p in self.data.calendar]
        return {
            year: float(sum(f for f, y in zip(flows, years, strict=True) if y == year)) for year in dict.fromkeys(years)
        }


def plan_of(
    model: Model,
    compiled: Compiled,
    solution: Solution,
    solver: str,
    version: str,
    certificate: Certificate,
    timings: Mapping[str, float],
) -> Plan:
    """The Plan of a proven solution. Raises NotProven where a check of its own fails."""
    flows = Flows(model, compiled, solution.x)
    aims = tuple(
        Aim(s.aim, s.measure, s.of, best if not s.tolerance else float(compiled.vector(s.pairs) @ solution.x), best)
        for s, best in zip(model.stages, solution.aims, strict=True)
    )
    measures = _measures(flows)
    covenants = _covenants(flows)
    program = compiled.program
    violation = max(v.figure for v in certificate.violations if v.kind in ("row", "bound"))
    plan = Plan(
        case=model.case,
        aims=aims,
        draws=_draws(flows),
        debt=_debt(flows),
        fees=_fees(flows),
        accounts=_accounts(flows),
        proceeds=_proceeds(flows),
        cash=_cash(flows),
        commitments=_commitments(flows),
        covenants=covenants,
        prices=_prices(model, compiled, solution),
        measures=measures,
        peak_year={
            p.party: max(flows.by_year(flows.put_in(i)).values()) for i, p in enumerate(model.case.parties)
        },
        all_in_rate=_rates(flows),
        checks=_checks(flows, covenants, violation),
        proof=Proof(solver, version, "optimal", len(program.row_lower), len(program.cost), len(program.values),
                    violation, dict(timings)),
        certificate=certificate,
    )  # fmt: skip
    return sound(plan, flows)


def _draws(flows: Flows) -> pd.DataFrame:
    case, calendar = flows.data.case, flows.data.calendar
    locations = [*(p.location for p in case.packages), "", ""]
    years: list[int | str] = [p.year if calendar.year_begins == 1 else calendar.year_name(p.year) for p in calendar]
    rows = []
    for (s, u, t), amount in flows.draw.items():
        owner = (
            ("", "project account") if s == len(case.sources) else (case.sources[s].party, case.sources[s].instrument)
        )
        source = PROJECT_ACCOUNT if s == len(case.sources) else case.sources[s].source
        rows.append((source, *owner, case.uses[u], locations[u], calendar[t].label, years[t], amount))
    return pd.DataFrame(rows, columns=DRAW_COLUMNS)


def _long(flows: Flows, sources: Sequence[int], **tables: Array) -> pd.DataFrame:
    """One row a (source, period), with fx and one column a table (S, T)."""
    data = flows.data
    names = [s.source for s in data.case.sources]
    size = len(data.calendar)
    return pd.DataFrame(
        {
            "source": [names[s] for s in sources for _ in range(size)],
            "period": list(data.calendar.labels) * len(sources),
            "fx": _flat(data.fx, sources),
            **{name: _flat(table, sources) for name, table in tables.items()},
        }
    )


def _flat(table: Array, sources: Sequence[int]) -> Array:
    return table[list(sources)].ravel() if len(sources) else np.zeros(0)


def _before(table: Array, first: Array | None = None) -> Array:
    """The column before each one; in the first period what stood at Start date, (S,), or nothing."""
    start = np.zeros(len(table)) if first is None else first
    return np.hstack([start.reshape(-1, 1), table[:, :-1]])


def _debt(flows: Flows) -> pd.DataFrame:
    debts = np.flatnonzero(flows.data.is_debt).tolist()
    return _long(flows, debts, opening=flows.opening, drawn=flows.funding, capitalised=flows.capitalised,
                 principal=flows.principal, closing=flows.balance, interest=flows.interest,
                 interest_paid=flows.interest_paid)  # fmt: skip


def _fees(flows: Flows) -> pd.DataFrame:
    rows = flows.data.case.sources
    with_fee = [s for s, r in enumerate(rows) if r.upfront_fee or r.commitment_fee or r.guarantee_fee or r.draw_fee]
    return _long(flows, with_fee, **flows.fee_parts, total=flows.fees)


def _accounts(flows: Flows) -> pd.DataFrame:
    own = np.flatnonzero(~flows.data.is_debt).tolist()
    opening = _before(flows.account)
    growth = flows.account - opening - flows.funding + flows.payout
    return _long(flows, own, opening=opening, growth=growth, put_in=flows.funding, payout=flows.payout,
                 closing=flows.account)  # fmt: skip


def _proceeds(flows: Flows) -> pd.DataFrame:
    ahead = np.flatnonzero(flows.data.ahead).tolist()
    opening = _before(flows.proceeds)
    return _long(flows, ahead, opening=opening, deposit_interest=opening * flows.data.deposit, issued=flows.issue,
                 drawn=flows.drawn, closing=flows.proceeds)  # fmt: skip


def _cash(flows: Flows) -> pd.DataFrame:
    data = flows.data
    own = np.array([payer is None for payer in data.repaid_by], dtype=bool)
    fx = data.fx
    opening = np.concatenate([[data.opening_cash], flows.cash[:-1]])

    def paid(table: Array) -> Array:
        return np.asarray((table * fx)[own].sum(axis=0))

    return pd.DataFrame(
        {
            "period": list(data.calendar.labels),
            "opening": opening,
            "deposit_interest": opening * data.deposit,
            "cfads": data.cfads,
            "financing_draws": flows.by_built_in_use[0],
            "refinancing_draws": flows.by_built_in_use[1],
            "packages": flows.account_draws,
            "interest": paid(flows.interest_paid),
            "fees": paid(flows.fees),
            "principal": paid(flows.principal),
            "reserve_additions": np.diff(flows.reserve, prepend=0.0),
            "payouts": (flows.payout * fx).sum(axis=0),
            "closing": flows.cash,
            "reserve": flows.reserve,
        }
    )


def _commitments(flows: Flows) -> pd.DataFrame:
    case = flows.data.case
    return pd.DataFrame(
        {
            "source": [s.source for s in case.sources],
            "party": [s.party for s in case.sources],
            "instrument": [s.instrument for s in case.sources],
            "currency": [s.currency or case.project.currency for s in case.sources],
            "limit": [s.limit for s in case.sources],
            "commitment": flows.commit,
            "drawn_before": flows.data.drawn_before,
            "drawn": flows.funding.sum(axis=1),
            "drawn_case": (flows.funding * flows.data.fx).sum(axis=1),
        }
    )


def _covenants(flows: Flows) -> pd.DataFrame:
    columns = ["covenant", "applies_to", "period", "value", "limit", "headroom"]
    rows: list[tuple[Any, ...]] = []
    for c, row in enumerate(flows.data.case.covenants):
        for label, value, ok_side in _tested(flows, c):
            rows.append(
                (covenant_key(flows.data, c), row.applies_to, label, value, row.limit, ok_side * (row.limit - value))
            )
    return pd.DataFrame(rows, columns=columns)


def _tested(flows: Flows, c: int) -> Iterator[tuple[str, float, float]]:
    """Period, value and side (+1 where the limit is a cap, -1 where it is a floor) of each test of a covenant.

    A ratio is tested only where there is debt to test.
    """
    data = flows.data
    row = data.case.covenants[c]
    sources = applies_to(data, row)
    labels = data.calendar.labels
    owed = (flows.balance * data.fx)[sources].sum(axis=0) if sources else np.zeros(len(labels))
    service = (flows.service * data.fx)[sources].sum(axis=0) if sources else np.zeros(len(labels))
    small = NO_RATIO * float(data.cost.sum())
    if row.covenant == "DSCR":
        yield from (
            (labels[t], float(data.cfads[t] / service[t]), -1.0) for t in operating(data, row) if service[t] > small
        )
    elif row.covenant == "LLCR" and sources:
        values = loan_life_value(data, sources)
        yield from (
            (labels[t], float(values[t] / owed[t - 1]), -1.0) for t in operating(data, row) if owed[t - 1] > small
        )
    elif row.covenant == "gearing":
        before = float((data.drawn_before * data.fx[:, 0])[~data.is_debt].sum())
        own = before + np.cumsum((flows.funding * data.fx)[~data.is_debt].sum(axis=0))
        yield from ((labels[t], float(owed[t] / (owed[t] + own[t])), 1.0) for t in within(data, row) if owed[t] > small)
    elif row.covenant == "debt":
        yield from ((labels[t], float(owed[t]), 1.0) for t in within(data, row))
    elif row.covenant == "average life" and sources:
        weights = (flows.principal * data.fx)[sources][:, within(data, row)]
        if weights.sum() > small:
            times = data.debt_time[sources][:, within(data, row)]
            yield "total", float((weights * times).sum() / weights.sum()), 1.0
    elif row.covenant == "reserve months":
        for t in operating(data, row):
            months = _months_covered(flows, float(flows.reserve_of[c][t]), service, t, small)
            if months is not None:
                yield labels[t], months, -1.0


def _months_covered(flows: Flows, reserve: float, service: Array, t: int, small: float) -> float | None:
    """How many months of the debt service after t a reserve pays; None where none above ``small`` follows."""
    periods = list(overlap(flows.data, t, 1e3))
    if not any(service[u] > small for u, _ in periods):
        return None
    months, left = 0.0, reserve
    for u, _ in periods:
        length = 12 * flows.data.calendar[u].length
        if service[u] > left:
            return months + length * left / float(service[u])
        months, left = months + length, left - float(service[u])
    return months


def _measures(flows: Flows) -> dict[str, float]:
    data = flows.data
    fx = data.fx
    early = flows.early_fees
    out = ((flows.service + flows.payout - early) * fx * data.discount_out).sum()
    put_in = ((flows.drawn - early) * fx * data.discount).sum()
    closing = ((flows.balance[:, -1] + flows.account[:, -1]) * fx[:, -1]).sum() * data.discount_out[-1]
    total = sum((flows.put_in(p) for p in range(len(data.case.parties))), np.zeros(len(data.calendar)))
    return {
        "financing cost": float(out - put_in + closing),
        "interest and fees": float(((flows.interest + flows.fees) * fx).sum()),
        "interest": float((flows.interest * fx).sum()),
        "fees": float((flows.fees * fx).sum()),
        "money": float(sum(a for (s, _, _), a in flows.draw.items() if s < len(data.case.sources))),
        "package cost": float(data.cost.sum()),
        "capitalised interest": float((flows.capitalised * fx).sum()),
        "peak year": float(max(flows.by_year(total).values())),
        "peak debt": float((flows.balance * fx).sum(axis=0).max()),
        "closing debt": float((flows.balance[:, -1] * fx[:, -1]).sum()),
        "closing cash": float(flows.cash[-1]),
    }


def _rates(flows: Flows) -> dict[str, float | None]:
    """All-in yearly rate of each source used, each party and the whole: XIRR of what funders put in and take out."""
    data = flows.data
    times = np.append(data.calendar.flow_times, data.calendar.end_times)
    early = flows.early_fees
    back = (flows.service + flows.payout - early) * data.fx
    back[:, -1] += (flows.balance[:, -1] + flows.account[:, -1]) * data.fx[:, -1]
    table = np.hstack([(early - flows.funding) * data.fx, back])
    table[np.abs(table) <= DUST * np.abs(table).max(initial=0.0)] = 0.0  # no rate of what was never used
    groups: dict[str, list[int]] = {s.source: [i] for i, s in enumerate(data.case.sources)}
    for p, party in enumerate(data.case.parties):
        groups[party.party] = [s for s, owner in enumerate(data.party) if owner == p]
    groups["total"] = list(range(len(data.case.sources)))
    old = data.opening_balance > 0  # what was put in before Start date is not known, so neither is its rate
    return {
        name: None if old[members].any() else all_in_rate(times, table[members].sum(axis=0).tolist())
        for name, members in groups.items()
    }


def _prices(model: Model, compiled: Compiled, solution: Solution) -> pd.DataFrame:
    """Every row that binds or has a price; ``price`` is the change of the first aim for one more unit of ``limit``."""
    columns = ["family", "key", "sense", "limit", "activity", "price", "kind"]
    if not solution.row_price.size:
        return pd.DataFrame([], columns=columns)
    program = compiled.program
    activity = program.activity(solution.x)
    words = Words(model.data)
    rows: list[tuple[Any, ...]] = []
    for (name, key), i in model.rows.items():
        lower, upper = program.row_lower[i], program.row_upper[i]
        sense = "=" if lower == upper else "<=" if np.isfinite(upper) else ">="
        limit = upper if np.isfinite(upper) else lower
        price = model.stages[0].sign * solution.row_price[i]
        binds = sense != "=" and abs(activity[i] - limit) <= BINDS * max(program.unit, abs(limit))
        if abs(price) > NO_PRICE or binds:
            family = model.family(name)
            rows.append((name, ", ".join(words.of(family, key)), sense, limit, activity[i], price, family.kind))
    return pd.DataFrame(rows, columns=columns)


def _checks(flows: Flows, covenants: pd.DataFrame, violation: float) -> dict[str, bool]:
    """The plan's own proof, recomputed from its flows: each name true where it holds to 1e-6 of total uses."""
    data = flows.data
    paid = np.zeros((len(data.uses), len(data.calendar)))
    for (_, u, t), amount in flows.draw.items():
        paid[u, t] += amount
    close = CHECKED * (float(data.cost.sum()) or 1.0)
    roll = flows.opening + flows.funding + flows.capitalised - flows.principal - flows.balance
    live = np.where(data.alive, roll, 0.0)
    interest = np.where(data.alive, flows.interest - data.period_rate * flows.bearing, 0.0)
    ends = [flows.balance[s, t] for s, t in enumerate(data.zero_at) if t is not None]
    budgets = [sum(flows.put_in(c.party)[list(c.when)]) <= c.amount + close for c in data.ceilings]
    return {
        "every package paid": bool(np.abs(paid[: data.financing_use] - data.cost).max(initial=0.0) <= close),
        "balances roll forward": bool(np.abs(live).max(initial=0.0) <= close),
        "interest as agreed": bool(np.abs(interest).max(initial=0.0) <= close),
        "fees as agreed": bool(np.abs(sum(flows.fee_parts.values()) - flows.fees).max(initial=0.0) <= close),
        "debt repaid by its tenor": bool(max(ends, default=0.0) <= close),
        "commitments within limits": bool((flows.commit <= data.limit + close).all()),
        "budgets kept": all(budgets),
        "covenants kept": bool((covenants["headroom"] >= -KEPT * covenants["limit"].abs().clip(lower=1.0)).all()),
        "project account never short": bool(flows.cash.min() >= data.case.project.minimum_cash - close),
        "rows hold": bool(violation <= CERTIFIED),
    }
