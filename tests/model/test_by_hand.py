"""Each instrument rolled forward by hand, in each flow timing: what DESIGN's conventions give, by plain arithmetic.

Nothing here uses a formula of finopt or of the oracle; both are held against the loops and sums below. ``PHI`` says
where in its period money moves: draws fall at τ - (1 - φ)δ and bear interest for the (1 - φ)δ that are left of it;
what funders take out falls at the period's end, τ.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

import finopt
from finopt.case.case import Case
from tests.oracle import optimum
from tests.random_cases import make_case

pytestmark = pytest.mark.smoke

Fields = Mapping[str, Any]
PHI = {"start": 0.0, "middle": 0.5, "end": 1.0}
MONTHS = {"month": 1, "quarter": 3, "half-year": 6, "year": 12}
TIMINGS = tuple(PHI)
PERIODS = tuple(MONTHS)

LOAN: Fields = {
    "source": "Money", "party": "Bank", "instrument": "loan", "limit": 1000, "rate": 0.06, "grace": 2, "tenor": 5,
    "repaid_by": "Owner",
}  # fmt: skip
PARTIES = [{"party": "Bank"}, {"party": "Owner"}]
TO_2034: Fields = {"construction_end": dt.date(2031, 12, 31), "end_date": dt.date(2034, 12, 31)}
COSTS: Fields = {"2030": 96.0, "2031": 60.0}


def case_of(source: Fields, project: Fields, costs: Fields = COSTS, **sheets: Any) -> Case:
    """Works of 2030 and 2031, in nominal money, paid by one source."""
    works = {"package": "Works", "start": dt.date(2030, 1, 1), "finish": dt.date(2031, 12, 31)}
    tables = {"Parties": PARTIES, "Sources": [source], "Packages": [works], **sheets}
    return make_case({**TO_2034, **project}, Costs=[{"package": "Works", "values": costs}], **tables)


def solved(case: Case, cost: float, close: float = 1e-8) -> finopt.Plan:
    """The plan; it costs what the hand says, and so says the oracle."""
    assert optimum(case) == pytest.approx(cost, rel=close, abs=close)
    plan = finopt.solve(case)
    assert plan.cost == pytest.approx(cost, rel=close, abs=close)
    return plan


def column(table: Any, name: str) -> list[float]:
    return [float(x) for x in table[name]]


def near(values: Any) -> Any:
    return pytest.approx(values, rel=1e-8, abs=1e-8)


def rate_of(flows: Sequence[tuple[float, float]]) -> float:
    """The yearly rate at which dated flows (years, money) are worth nothing, by halving."""

    def worth(rate: float) -> float:
        return math.fsum(money / (1 + rate) ** year for year, money in flows)

    low, high = -0.5, 5.0
    assert worth(low) > 0 > worth(high)
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if worth(middle) > 0 else (low, middle)
    return low


# ------------------------------------------------------------------ a loan of each kind, rolled forward


@dataclass(frozen=True)
class Rolled:
    """A loan by period, and its flows (years, money) as its funder sees them."""

    interest: list[float]
    capitalised: list[float]
    principal: list[float]
    closing: list[float]
    flows: list[tuple[float, float]]

    def cost(self, discount: float) -> float:
        return math.fsum(money / (1 + discount) ** year for year, money in self.flows)


Repays = Callable[[int, float, float], float]
"""Principal of period t, from what is owed at its start and what was owed when the first repayment came."""


def rolled(
    draws: Sequence[float], months: int, phi: float, rate: float, first: int, repays: Repays, grown_until: int = 0
) -> Rolled:
    """A loan from the first period on; interest of the first ``grown_until`` periods is added to what is owed."""
    length, owed, base = months / 12, 0.0, 0.0
    r = Rolled([], [], [], [], [])
    for t, draw in enumerate(draws):
        if t == first:
            base = owed
        interest = rate * length * (owed + (1 - phi) * draw)
        grows = interest if t < grown_until else 0.0
        principal = repays(t, owed + grows, base) if t >= first else 0.0
        owed += draw + grows - principal
        r.interest.append(interest)
        r.capitalised.append(grows)
        r.principal.append(principal)
        r.closing.append(owed)
        r.flows.append(((t + phi) * length, -draw))
        r.flows.append(((t + 1) * length, interest - grows + principal))
    r.flows.append((len(draws) * length, owed))
    return r


def level_payment(i: float, n: int) -> float:
    """What repays 1 in n equal payments at the rate i a period."""
    return i / (1 - (1 + i) ** -n)


YEARLY: Mapping[str, tuple[Fields, Repays]] = {
    "equal": ({}, lambda t, owed, base: base / 3),
    "annuity": ({}, lambda t, owed, base: level_payment(0.06, 3) * base - 0.06 * owed),
    "bullet": ({}, lambda t, owed, base: owed if t == 4 else 0.0),
    "table": ({"2032": 0.25, "2034": 0.75}, lambda t, owed, base: {2: 0.25, 3: 0.0, 4: 0.75}[t] * base),
    # free, and dearer than the discount rate: repaid whole as soon as it may be
    "sculpted": ({}, lambda t, owed, base: owed),
}
"""Repayment in years 3 to 5 of five: table of Repayments and principal."""


@pytest.mark.parametrize("interest", ["paid", "capitalised"])
@pytest.mark.parametrize("timing", TIMINGS)
@pytest.mark.parametrize("kind", YEARLY)
def test_a_loan_of_each_kind_in_each_timing(kind: str, timing: str, interest: str) -> None:
    table, repays = YEARLY[kind]
    grown = 2 if interest == "capitalised" else 0
    hand = rolled([96.0, 60.0, 0, 0, 0], 12, PHI[timing], 0.06, 2, repays, grown)
    loan = {**LOAN, "repayment": kind, "interest_in_grace": interest}
    sheets = {"Repayments": [{"source": "Money", "values": table}]} if table else {}
    plan = solved(case_of(loan, {"discount_rate": 0.05, "flow_timing": timing}, **sheets), hand.cost(0.05))
    assert column(plan.debt, "interest") == near(hand.interest)
    assert column(plan.debt, "capitalised") == near(hand.capitalised)
    assert column(plan.debt, "principal") == near(hand.principal)
    assert column(plan.debt, "closing") == near(hand.closing)
    assert hand.closing[-1] == near(0)
    assert plan.all_in_rate["Money"] == pytest.approx(rate_of(hand.flows), abs=1e-9)


@pytest.mark.parametrize("timing", TIMINGS)
@pytest.mark.parametrize("period", PERIODS)
def test_an_equal_loan_in_each_length_of_period(period: str, timing: str) -> None:
    """Grace 2, tenor 5: three years of instalments after two of construction, every one of them a period."""
    n = 12 // MONTHS[period]
    draws = [96.0 / n] * n + [60.0 / n] * n + [0.0] * (3 * n)
    hand = rolled(draws, MONTHS[period], PHI[timing], 0.06, 2 * n, lambda t, owed, base: base / (3 * n), 2 * n)
    loan = {**LOAN, "repayment": "equal", "interest_in_grace": "capitalised"}
    plan = solved(
        case_of(loan, {"discount_rate": 0.05, "flow_timing": timing, "period": period}), hand.cost(0.05), close=1e-7
    )
    assert column(plan.debt, "closing") == near(hand.closing)
    assert plan.all_in_rate["Money"] == pytest.approx(rate_of(hand.flows), abs=1e-8)


@pytest.mark.parametrize("timing", TIMINGS)
@pytest.mark.parametrize("interest", ["paid", "capitalised"])
def test_a_bullet_whose_grace_is_its_tenor(timing: str, interest: str) -> None:
    """All of it falls at its tenor, 2033, also the interest that grew in its last period; nothing is left behind."""
    grown = 4 if interest == "capitalised" else 0
    hand = rolled([96.0, 60.0, 0, 0, 0], 12, PHI[timing], 0.06, 2, lambda t, owed, base: owed if t == 3 else 0.0, grown)
    loan = {**LOAN, "repayment": "bullet", "grace": 4, "tenor": 4, "interest_in_grace": interest}
    plan = solved(case_of(loan, {"discount_rate": 0.05, "flow_timing": timing}), hand.cost(0.05))
    assert column(plan.debt, "principal") == near(hand.principal)
    assert column(plan.debt, "closing")[3:] == near([0, 0])


def test_grace_and_tenor_are_whole_months() -> None:
    """5.5833 years are 67 months: 55 instalments after a grace of a year, the last at the end of July 2035."""
    project = {"construction_end": dt.date(2030, 12, 31), "end_date": dt.date(2035, 12, 31), "period": "month",
               "discount_rate": 0.06}  # fmt: skip
    loan = {**LOAN, "grace": 1, "tenor": 5.5833, "repayment": "equal"}
    case = case_of(loan, project, {"2030-01": 110.0})
    draws = [110.0] + [0.0] * 71
    hand = rolled(draws, 1, 1.0, 0.06, 12, lambda t, owed, base: base / 55 if t < 67 else 0.0)
    plan = solved(case, hand.cost(0.06))
    assert column(plan.debt, "principal") == near([0.0] * 12 + [2.0] * 55 + [0.0] * 5)


@pytest.mark.parametrize("kind", ["equal", "annuity"])
def test_a_loan_older_than_the_case_repays_what_is_left_of_it(kind: str) -> None:
    """From January 2028, grace 1, tenor 5: due in 2029 (before the case), 2030, 2031, 2032. Owed at the start: 60.

    Equal: 20 a year, interest 3.6, 2.4, 1.2. Annuity: 60 in three level payments. Nothing is put in any more.
    """
    payment = 60 * level_payment(0.06, 3)
    paid = [23.6, 22.4, 21.2] if kind == "equal" else [payment] * 3
    cost = sum(p / 1.05**year for year, p in enumerate(paid, 1))
    old = {**LOAN, "source": "Old", "from_": dt.date(2028, 1, 1), "grace": 1, "tenor": 5, "repayment": kind,
           "limit": 100, "opening_balance": 60, "drawn_before": 100}  # fmt: skip
    grant = {"source": "Money", "party": "Bank", "instrument": "grant", "limit": 1000, "rate": 0.05}
    case = case_of(old, {"discount_rate": 0.05}, Sources=[old, grant])
    plan = solved(case, cost)
    of_old = plan.debt[plan.debt["source"] == "Old"]
    assert [a + b for a, b in zip(of_old["interest_paid"], of_old["principal"], strict=True)] == near([*paid, 0, 0])


def test_a_table_older_than_the_case_is_scaled_to_what_is_left() -> None:
    """Half fell due in 2029; 0.2 and 0.3 are left, of 50 owed: 20 in 2030, 30 in 2032. Interest 3, 1.8, 1.8."""
    cost = 23 / 1.05 + 1.8 / 1.05**2 + 31.8 / 1.05**3
    old = {**LOAN, "source": "Old", "from_": dt.date(2028, 1, 1), "grace": 1, "tenor": 5, "repayment": "table",
           "limit": 100, "opening_balance": 50, "drawn_before": 100}  # fmt: skip
    grant = {"source": "Money", "party": "Bank", "instrument": "grant", "limit": 1000, "rate": 0.05}
    table = [{"source": "Old", "values": {"2029": 0.5, "2030": 0.2, "2032": 0.3}}]
    plan = solved(case_of(old, {"discount_rate": 0.05}, Sources=[old, grant], Repayments=table), cost)
    assert column(plan.debt[plan.debt["source"] == "Old"], "principal") == near([20, 0, 30, 0, 0])


# ------------------------------------------------------------------ money at the discount rate costs nothing

INSTRUMENTS: Mapping[str, Fields] = {
    **{f"{kind} loan": {"repayment": kind} for kind in ("equal", "annuity", "bullet", "sculpted")},
    "capitalised loan": {"repayment": "bullet", "grace": 4, "tenor": 4, "interest_in_grace": "capitalised"},
    "loan beyond the horizon": {"repayment": "equal", "tenor": 12},
    "bond": {"instrument": "bond", "repayment": "bullet"},
    "credit line": {"instrument": "credit line", "to": dt.date(2034, 12, 31), "grace": 0, "tenor": None},
    "equity": {"instrument": "equity", "grace": 0, "tenor": None, "repaid_by": "project"},
    "grant": {"instrument": "grant", "grace": 0, "tenor": None, "repaid_by": "project"},
}
TOLLS = [{"line": "Tolls", "kind": "revenue", "values": {"2032": 30, "2033": 40, "2034": 50}}]


@pytest.mark.parametrize("timing", TIMINGS)
@pytest.mark.parametrize("period", PERIODS)
@pytest.mark.parametrize("instrument", INSTRUMENTS)
def test_money_at_the_discount_rate_costs_nothing_and_shows_its_rate(instrument: str, period: str, timing: str) -> None:
    """Accounts of equity and grants compound, so this is exact; so is debt in whole years.

    Debt bears simple interest over stretches of x years, where x is the period, or what a draw leaves of it. A unit of
    debt then owes 1 + r·x and not (1 + r)^x: more, by at most r²·x·(1 - x)/2 (Taylor's remainder in x). What costs more
    than nothing is the sum of that over the periods of the debt, and no debt here is larger than all draws with their
    interest. The rate that shows lies between r and (1 + r·x)^(1/x) - 1 for the shortest such stretch.
    """
    rate, r = 0.08, INSTRUMENTS[instrument]
    case = case_of({**LOAN, **r, "rate": rate}, {"discount_rate": rate, "flow_timing": timing, "period": period},
                   Revenue=TOLLS)  # fmt: skip
    x, left = MONTHS[period] / 12, (1 - PHI[timing]) * MONTHS[period] / 12
    excess = rate**2 * (x * (1 - x) / 2 * 5 / x * 156 * (1 + rate) ** 5 + left * (1 - left) / 2 * 156)
    shortest = left or x
    highest = (1 + rate * shortest) ** (1 / shortest) - 1
    if instrument in ("equity", "grant"):
        excess, highest = 0.0, rate
    best = optimum(case)
    assert best is not None
    assert -1e-7 <= best <= excess + 1e-7
    plan = finopt.solve(case)
    assert plan.cost == pytest.approx(best, abs=1e-6)
    shown = plan.all_in_rate["Money"]
    assert shown is not None
    assert rate - 1e-9 <= shown <= highest + 1e-9
    if period == "year" and timing != "middle":
        assert plan.cost == pytest.approx(0, abs=1e-7)
        assert shown == pytest.approx(rate, abs=1e-9)


# ------------------------------------------------------------------ fees, a credit line, an equity account


def test_upfront_and_draw_fees_fall_with_the_draws_the_others_at_the_end() -> None:
    """Start timing: 100 less fees of 2 and 1 at 0; a year later 106, a guarantee fee of 0.5% and 1% on 20 undrawn."""
    project = {"construction_end": dt.date(2030, 12, 31), "end_date": dt.date(2030, 12, 31), "discount_rate": 0.05,
               "flow_timing": "start"}  # fmt: skip
    fees = {"upfront_fee": 0.02 / 1.2, "draw_fee": 0.01, "guarantee_fee": 0.005, "commitment_fee": 0.01}
    loan = {**LOAN, **fees, "repayment": "bullet", "headroom": 0.2}
    plan = solved(case_of(loan, project, {"2030": 100.0}), -97 + (106 + 0.5 + 0.2) / 1.05)
    assert plan.all_in_rate["Money"] == pytest.approx(106.7 / 97 - 1, abs=1e-9)


LINE: Fields = {"source": "Line", "party": "Bank", "instrument": "credit line", "limit": 90, "rate": 0.08,
                "commitment_fee": 0.02, "to": dt.date(2032, 12, 31)}  # fmt: skip
BUSY: Fields = {"flow_timing": "middle", "discount_rate": 0.0, "end_date": dt.date(2032, 12, 31)}


def test_a_credit_line_by_hand() -> None:
    """Middle timing, committed 90, the most that it owes.

    2030: draws 80; interest 8% of 40 = 3.2; fee 2% of 90 - 40 = 1. 2031: draws 90 and repays 80; interest 8% of
    80 + 45 = 10; undrawn 90 - 80 - 45 is below zero: no fee. 2032: interest 7.2, repays 90; undrawn 0. In all 21.4.
    """
    line = {**LINE, "limit": 500, "repaid_by": "Owner"}
    plan = solved(case_of(line, BUSY, {"2030": 80.0, "2031": 90.0}), 21.4)
    assert column(plan.debt, "interest") == near([3.2, 10, 7.2])
    assert column(plan.debt, "principal") == near([0, 80, 90])
    assert column(plan.fees, "commitment") == near([1, 0, 0])


def test_draws_for_financing_costs_count_a_lines_undrawn_part_below_zero() -> None:
    """The same line, of at most 90, repaid by the project. In 2031 a grant may pay 10 of interest less 0.7, which is
    what 2% of 90 - 80 - 45 would be: 4.2 + 9.3 + 7.2 = 20.7 in all."""
    grant = {"source": "Grant", "party": "Owner", "instrument": "grant", "limit": 500, "to": dt.date(2032, 12, 31)}
    pays = [{"package": "Works", "values": {"Line": "yes", "Project account": "no"}},
            {"package": "Financing costs", "values": {"Grant": "yes"}}]  # fmt: skip
    aims = [{"priority": 1, "aim": "maximise", "measure": "money", "of": "source: Grant"}]
    case = case_of(LINE, {**BUSY, "opening_cash": 300}, {"2030": 80.0, "2031": 90.0}, Sources=[LINE, grant],
                   Eligibility=pays, Objectives=aims)  # fmt: skip
    assert optimum(case, "money", "source: Grant", -1.0) == near(20.7)
    plan = finopt.solve(case)
    assert plan.objective == near(20.7)
    assert column(plan.fees[plan.fees["source"] == "Line"], "commitment") == near([1, 0, 0])


@pytest.mark.parametrize("timing", TIMINGS)
def test_an_equity_account_by_hand(timing: str) -> None:
    """Half-years. Equity at 14%, discounted at 10%, is paid out as soon as tolls come, at the period's end."""
    project = {"construction_end": dt.date(2030, 12, 31), "end_date": dt.date(2032, 12, 31), "period": "half-year",
               "discount_rate": 0.10, "flow_timing": timing}  # fmt: skip
    equity = {"source": "Money", "party": "Bank", "instrument": "equity", "limit": 1000, "rate": 0.14}
    tolls = [{"line": "Tolls", "kind": "revenue", "values": {"2031": 60, "2032": 80}}]
    case = case_of(equity, project, {"2030-H1": 50.0, "2030-H2": 70.0}, Revenue=tolls)
    account, cost, closing = 0.0, 0.0, []
    for t, (draw, earned) in enumerate(zip([50, 70, 0, 0, 0, 0], [0, 0, 30, 30, 40, 40], strict=True)):
        account = account * 1.14**0.5 + draw * 1.14 ** ((1 - PHI[timing]) / 2) - earned
        cost += earned / 1.1 ** ((t + 1) / 2) - draw / 1.1 ** ((t + PHI[timing]) / 2)
        closing.append(account)
    assert closing[-1] > 0
    plan = solved(case, cost + account / 1.1**3)
    assert column(plan.accounts, "closing") == near(closing)
    assert column(plan.accounts, "payout") == near([0, 0, 30, 30, 40, 40])


def test_a_bonds_money_counts_when_it_pays_a_use() -> None:
    """Issued in 2030 for works of 2031: 100/1.02 waits a year at 2%. The funder is owed 6% of the issue from 2031 on
    and the issue itself in 2034; what counts against it are the 100 of 2031."""
    issue = 100 / 1.02
    cost = -100 / 1.05**2 + 0.06 * issue * sum(1.05**-year for year in (2, 3, 4, 5)) + issue / 1.05**5
    bond = {**LOAN, "instrument": "bond", "repayment": "bullet", "to": dt.date(2030, 12, 31)}
    plan = solved(case_of(bond, {"discount_rate": 0.05, "deposit_rate": 0.02}, {"2031": 100.0}), cost)
    assert column(plan.proceeds, "issued") == near([issue, 0, 0, 0, 0])
    # the bond itself yields its rate on what was put in
    assert plan.all_in_rate["Money"] == pytest.approx(0.06, abs=1e-9)


# ------------------------------------------------------------------ flows by months, budget years, covenants


def test_a_yearly_flow_enters_by_months() -> None:
    """Half-years from October: 2031 gives 3 months to the first of operation, 6 to the next, 3 to the third.

    15 + 30 + 15 of 60; of 2032's 36 the calendar holds 9 months: 9 in its first quarter, 18 more by September.
    """
    project = {"start_date": dt.date(2029, 10, 1), "construction_end": dt.date(2030, 9, 30),
               "end_date": dt.date(2032, 9, 30), "period": "half-year", "discount_rate": 0.0}  # fmt: skip
    grant = {"source": "Money", "party": "Bank", "instrument": "grant", "limit": 1000}
    tolls = [{"line": "Tolls", "kind": "revenue", "values": {"2031": 60, "2032": 36}}]
    plan = solved(case_of(grant, project, {"2030-04": 10.0}, Revenue=tolls), 0)
    assert column(plan.cash, "cfads") == near([0, 0, 15, 30, 15 + 9, 18])


def test_a_budget_year_that_begins_in_april() -> None:
    """Quarters from April 2030. Works of 40 a quarter; the grant may pay 100 a budget year, equity the rest at 20%.

    Each year's 60 of equity come as late as they can (discount 10%, money at 20%): the last quarter and half the third.
    """
    project = {"start_date": dt.date(2030, 4, 1), "construction_end": dt.date(2032, 3, 31),
               "end_date": dt.date(2032, 3, 31), "period": "quarter", "discount_rate": 0.10,
               "year_begins": "April"}  # fmt: skip
    grant = {"source": "Grant", "party": "Bank", "instrument": "grant", "limit": 1000, "rate": 0.10,
             "limit_per_year": 100}  # fmt: skip
    equity = {"source": "Equity", "party": "Owner", "instrument": "equity", "limit": 1000, "rate": 0.20}
    works = {"package": "Works", "start": dt.date(2030, 4, 1), "finish": dt.date(2032, 3, 31)}
    costs = [{"package": "Works", "values": {"2030/31": 160, "2031/32": 160}}]
    case = make_case(project, Parties=PARTIES, Sources=[grant, equity], Packages=[works], Costs=costs)
    at = {0.75: 20, 1.0: 40, 1.75: 20, 2.0: 40}
    cost = sum(money * (1.2 ** (2 - year) / 1.1**2 - 1 / 1.1**year) for year, money in at.items())
    plan = solved(case, cost)
    assert dict(plan.peak_year) == near({"Bank": 100, "Owner": 60})


def test_a_dscr_asks_nothing_where_nothing_is_owed() -> None:
    """A loss of 5 in 2032, out of cash: equity pays the works; a loan would owe interest in 2032 and may not."""
    loan = {**LOAN, "repaid_by": "project", "rate": 0.02, "repayment": "bullet", "tenor": 5}
    equity = {"source": "Equity", "party": "Owner", "instrument": "equity", "limit": 1000, "rate": 0.05}
    losses = [{"line": "Tolls", "kind": "revenue", "values": {"2032": 5, "2033": 50, "2034": 200}},
              {"line": "Upkeep", "kind": "cost", "values": {"2032": 10}}]  # fmt: skip
    sheets = {"Sources": [loan, equity], "Revenue": losses, "Covenants": [{"covenant": "DSCR", "limit": 1.2}]}
    project = {"discount_rate": 0.05, "opening_cash": 5}
    plan = solved(case_of(loan, project, **sheets), 0)
    assert plan.by_source.to_dict() == near({"Money": 0, "Equity": 156})
