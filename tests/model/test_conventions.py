"""The exact conventions, one by one, against hand arithmetic; the sums stand in the comments.

Most cases are one scene. A package costs 100 at the end of 2030; a year later the horizon closes. Money is discounted
at 10% a year, so v = 1/1.1 = 0.909091. A grant at 10% costs nothing: what its account earns is what discounting takes.
Equity at 21% costs -v + 1.21·v² = 1 - v = 1/11 = 0.090909 for each unit. So one unit less from the grant costs 1/11.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd
import pytest

import finopt
from finopt.case.case import Case
from tests.oracle import Outcome, Terms, decisions_of, violations
from tests.random_cases import make_case

pytestmark = pytest.mark.smoke

Fields = Mapping[str, Any]
V = 1 / 1.1
UNIT = 1 / 11

YEAR: Fields = {
    "start_date": dt.date(2030, 1, 1),
    "construction_end": dt.date(2030, 12, 31),
    "end_date": dt.date(2031, 12, 31),
    "discount_rate": 0.10,
}
WORKS: Fields = {"package": "Works", "amount": 100, "start": dt.date(2030, 1, 1), "finish": dt.date(2030, 12, 31)}
GRANT: Fields = {"source": "Grant", "party": "Ministry", "instrument": "grant", "limit": 60, "rate": 0.10}
EQUITY: Fields = {"source": "Equity", "party": "Fund", "instrument": "equity", "limit": 1000, "rate": 0.21}
LOAN: Fields = {"source": "Loan", "party": "Bank", "instrument": "loan", "limit": 100, "rate": 0.10, "grace": 1}
TOLLS: Fields = {"line": "Tolls", "kind": "revenue"}


def scene(*sources: Fields, project: Fields | None = None, works: Fields | None = None, **sheets: Any) -> Case:
    """The scene above with these sources (by default the grant, then the equity) and further sheets."""
    rows = list(sources) or [GRANT, EQUITY]
    packages = [{**WORKS, **(works or {})}]
    return make_case({**YEAR, **(project or {})}, **{"Sources": rows, "Packages": packages, **sheets})


def to_2033(*sources: Fields, tolls: Iterable[float] = (), **sheets: Any) -> Case:
    """The scene with three years of operation, 2031 to 2033, and their tolls."""
    project = {"end_date": dt.date(2033, 12, 31), **sheets.pop("project", {})}
    values = dict(zip(("2031", "2032", "2033"), tolls, strict=False))
    return scene(*sources, project=project, Revenue=[{**TOLLS, "values": values}], **sheets)


def near(value: Any) -> Any:
    return pytest.approx(value, rel=1e-8, abs=1e-8)


def column(table: pd.DataFrame, name: str, source: str = "") -> list[float]:
    rows = table[table["source"] == source] if source else table
    return [float(x) for x in rows[name]]


def solved(case: Case) -> finopt.Plan:
    """The plan, after the oracle has found every condition of the contract in it."""
    plan = finopt.solve(case)
    assert violations(Outcome(Terms(case), decisions_of(plan))) == []
    assert all(plan.checks.values())
    return plan


def costs(case: Case) -> float:
    return solved(case).cost


# ------------------------------------------------------------------ calendar


def test_a_quarterly_calendar_with_years_of_operation() -> None:
    project = {**YEAR, "end_date": dt.date(2032, 12, 31), "period": "quarter", "operating_period": "year"}
    calendar = scene(project=project).calendar
    assert calendar.labels == ("2030-Q1", "2030-Q2", "2030-Q3", "2030-Q4", "2031", "2032")
    assert [p.flow_date.isoformat() for p in calendar] == [
        "2030-03-31", "2030-06-30", "2030-09-30", "2030-12-31", "2031-12-31", "2032-12-31",
    ]  # fmt: skip
    assert calendar.lengths.tolist() == [0.25, 0.25, 0.25, 0.25, 1, 1]
    assert calendar.flow_times.tolist() == [0.25, 0.5, 0.75, 1, 2, 3]
    assert calendar.end_times.tolist() == [0.25, 0.5, 0.75, 1, 2, 3]
    assert [p.phase for p in calendar] == ["Construction"] * 4 + ["Operation"] * 2


@pytest.mark.parametrize(
    ("timing", "dates", "times", "omega"),
    [
        ("start", ["2030-01-01", "2030-07-01", "2031-01-01"], [0, 0.5, 1], 1),
        # the first half-year has 181 days, its 91st is 1 April; the second 184, whose 92nd is 30 September
        ("middle", ["2030-04-01", "2030-09-30", "2031-07-02"], [0.25, 0.75, 1.5], 0.5),
        ("end", ["2030-06-30", "2030-12-31", "2031-12-31"], [0.5, 1, 2], 0),
    ],
)
def test_when_money_moves(timing: str, dates: list[str], times: list[float], omega: float) -> None:
    project = {**YEAR, "period": "half-year", "operating_period": "year", "flow_timing": timing}
    calendar = scene(project=project).calendar
    assert [p.flow_date.isoformat() for p in calendar] == dates
    assert calendar.flow_times.tolist() == times
    assert calendar.omega == omega


def test_a_yearly_flow_is_spread_by_months_and_a_rate_is_that_of_the_first_day() -> None:
    project = {
        "start_date": dt.date(2030, 7, 1), "construction_end": dt.date(2031, 6, 30), "end_date": dt.date(2033, 6, 30),
        "period": "quarter", "operating_period": "year", "discount_rate": 0.1,
    }  # fmt: skip
    calendar = make_case(project, Sources=[GRANT], Packages=[WORKS]).calendar
    assert calendar.labels == ("2030-Q3", "2030-Q4", "2031-Q1", "2031-Q2", "2031-07-01", "2032-07-01")
    # 60 a year are 5 a month: 15 in each quarter of 2031, 30 in its second half, which begins the year from 1 July
    assert calendar.spread({"2031": 60}).tolist() == near([0, 0, 15, 15, 30, 0])
    # the year from July 2031 has the rate of 2031
    assert calendar.level({"2030": 0.03, "2031": 0.04, "2032": 0.05}).tolist() == [0.03, 0.03, 0.04, 0.04, 0.04, 0.05]


# ------------------------------------------------------------------ packages


@pytest.mark.parametrize(
    ("profile", "first_half"),
    [
        ("uniform", 184 / 365),  # July to December are 184 of the window's 365 days
        ("s-curve", 3 * (184 / 365) ** 2 - 2 * (184 / 365) ** 3),  # Beta(2,2): F(x) = 3x² - 2x³ = 0.506164
        ("beta(1,2)", 1 - (181 / 365) ** 2),  # F(x) = 1 - (1-x)² = 0.754093
        ("beta(2,1)", (184 / 365) ** 2),  # F(x) = x² = 0.254127
    ],
)
def test_pay_package_by_profile_over_a_window_that_starts_within_a_period(profile: str, first_half: float) -> None:
    window = {"start": dt.date(2030, 7, 1), "finish": dt.date(2031, 6, 30), "profile": profile}
    project = {"construction_end": dt.date(2031, 12, 31)}
    plan = solved(scene({**GRANT, "limit": 100}, works=window, project=project))
    assert column(plan.draws, "amount") == near([100 * first_half, 100 * (1 - first_half)])


def test_front_and_back_are_beta_curves_and_mirror_each_other() -> None:
    def shares(profile: str) -> list[float]:
        project = {**YEAR, "period": "month"}
        plan = finopt.solve(scene({**GRANT, "limit": 100}, works={"profile": profile}, project=project))
        return column(plan.draws, "amount")

    def beta(a: float, b: float, until: float) -> float:
        """Beta distribution function by the rectangle rule on 400,000 steps after x = u², which tames x^0.5 at 0."""
        u = (np.arange(400_000) + 0.5) / 400_000
        x = u**2
        density = x ** (a - 1) * (1 - x) ** (b - 1) * 2 * u
        return float(density[x <= until].sum() / density.sum())

    assert shares("front")[0] == pytest.approx(100 * beta(1.5, 2.1, 31 / 365), rel=1e-4)
    assert shares("back")[0] == pytest.approx(100 * beta(2.1, 1.5, 31 / 365), rel=1e-4)
    assert sum(shares("front")[:6]) > 50 > sum(shares("back")[:6])


def test_escalation_counts_days_before_the_start_and_periods_after_it() -> None:
    # 731 days from 2028-01-01 to 2030-01-01 are 2.001369 years; the flow falls 1 year later: 100 · 1.05^3.001369
    project = {**YEAR, "price_date": dt.date(2028, 1, 1), "escalation": 0.05}
    plan = solved(scene({**GRANT, "limit": 200}, project=project))
    assert column(plan.draws, "amount") == near([100 * 1.05 ** (731 / 365.25 + 1)])
    # a package's own escalation counts before the project's; contingency is added to the amount: 110 · 1.02^3.001369
    plan = solved(scene({**GRANT, "limit": 200}, project=project, works={"escalation": 0.02, "contingency": 0.10}))
    assert column(plan.draws, "amount") == near([110 * 1.02 ** (731 / 365.25 + 1)])


def test_costs_are_nominal_and_replace_amount_profile_contingency_and_escalation() -> None:
    works = {"amount": None, "contingency": 0.5, "escalation": 0.2}
    plan = solved(scene({**GRANT, "limit": 100}, works=works, Costs=[{"package": "Works", "values": {"2030": 80}}]))
    assert column(plan.draws, "amount") == near([80])


def test_pay_package_satisfied_and_violated() -> None:
    assert costs(scene()) == near(40 * UNIT)  # the grant pays 60, equity 40
    assert costs(scene(works={"amount": 101})) == near(41 * UNIT)
    with pytest.raises(finopt.Infeasible):
        solved(scene({**GRANT, "gate": "Permit"}, Gates=[{"gate": "Permit", "open": False}]))


# ------------------------------------------------------------------ sources


def test_source_limit_satisfied_and_violated() -> None:
    assert costs(scene({**GRANT, "limit": 100}, EQUITY)) == near(0)
    assert costs(scene({**GRANT, "limit": 50}, EQUITY)) == near(50 * UNIT)
    with pytest.raises(finopt.Infeasible):
        solved(scene(GRANT, {**EQUITY, "limit": 39}))


def test_commitment_holds_its_headroom() -> None:
    # 48 · 1.25 = 60: the grant pays 48, equity 52
    plan = solved(scene({**GRANT, "headroom": 0.25}, EQUITY))
    assert plan.by_source["Grant"] == near(48)
    assert plan.cost == near(52 * UNIT)


def test_source_year_counts_the_calendar_year_of_a_periods_first_day() -> None:
    project = {**YEAR, "construction_end": dt.date(2031, 12, 31), "period": "half-year"}
    spending = [{"package": "Works", "values": {"2030-H1": 10, "2030-H2": 20, "2031-H1": 30, "2031-H2": 40}}]
    grant = {**GRANT, "limit": 100, "rate": 0}
    plan = solved(scene({**grant, "limit_per_year": 25}, EQUITY, project=project, Costs=spending))
    assert plan.by_source["Grant"] == near(25 + 25)
    plan = solved(scene({**grant, "limit_per_year": 70}, EQUITY, project=project, Costs=spending))
    assert plan.by_source["Grant"] == near(30 + 70)


def test_source_period_satisfied_and_violated() -> None:
    project = {**YEAR, "construction_end": dt.date(2031, 12, 31), "period": "half-year"}
    spending = [{"package": "Works", "values": {"2030-H1": 10, "2030-H2": 20, "2031-H1": 30, "2031-H2": 40}}]
    grant = {**GRANT, "limit": 100, "rate": 0}
    plan = solved(scene({**grant, "limit_per_period": 40}, EQUITY, project=project, Costs=spending))
    assert plan.by_source["Grant"] == near(100)
    plan = solved(scene({**grant, "limit_per_period": 15}, EQUITY, project=project, Costs=spending))
    assert plan.by_source["Grant"] == near(10 + 15 + 15 + 15)


def test_a_source_is_open_when_its_flow_date_lies_in_its_window() -> None:
    project = {**YEAR, "period": "quarter", "operating_period": "year"}
    spending = [{"package": "Works", "values": {"2030-Q1": 10, "2030-Q2": 20, "2030-Q3": 30, "2030-Q4": 40}}]
    grant = {**GRANT, "limit": 100, "from_": dt.date(2030, 6, 30), "to": dt.date(2030, 12, 30)}
    # flows fall on the last day: 30 June is open, 31 March and 31 December are not
    plan = solved(scene(grant, EQUITY, project=project, Costs=spending))
    assert plan.by_source["Grant"] == near(20 + 30)
    gate = [{"gate": "Permit", "open": True, "from_": dt.date(2030, 7, 1)}]
    plan = solved(scene({**grant, "gate": "Permit"}, EQUITY, project=project, Costs=spending, Gates=gate))
    assert plan.by_source["Grant"] == near(30)


def test_eligible_share_is_a_share_of_the_packages_whole_cost() -> None:
    def eligibility(grant: Any) -> list[Fields]:
        return [{"package": "Works", "values": {"Grant": grant, "Equity": "yes"}}]

    assert costs(scene(Eligibility=eligibility("yes"))) == near(40 * UNIT)
    assert costs(scene(Eligibility=eligibility(0.3))) == near(70 * UNIT)
    assert costs(scene(Eligibility=eligibility("no"))) == near(100 * UNIT)
    # a colon makes no selector of a name: this is the package, not a field called Phase 1
    phase = scene(
        works={"package": "Phase 1: works"}, Eligibility=[{**eligibility(0.3)[0], "package": "Phase 1: works"}]
    )
    assert costs(phase) == near(70 * UNIT)


def test_eligible_share_of_financing_costs_is_a_share_of_what_the_project_pays() -> None:
    # a loan of 100 at 10% to 2031, serviced by the project without revenue: interest 10 and principal 100 in 2031
    sources = [{**LOAN, "to": dt.date(2030, 12, 31)}, {**GRANT, "limit": 500, "to": dt.date(2031, 12, 31)},
               {**EQUITY, "to": dt.date(2031, 12, 31)}]  # fmt: skip

    def rows(share: Any) -> list[Fields]:
        return [
            {"package": "Works", "values": {"Loan": "yes"}},
            {"package": "Financing costs", "values": {"Grant": share, "Equity": "yes"}},
            {"package": "Refinancing", "values": {"Grant": "yes"}},
        ]

    plan = solved(scene(*sources, Eligibility=rows("yes")))
    assert plan.by_source.to_dict() == near({"Loan": 100, "Grant": 110, "Equity": 0})
    plan = solved(scene(*sources, Eligibility=rows(0.25)))
    assert plan.by_source.to_dict() == near({"Loan": 100, "Grant": 102.5, "Equity": 7.5})


def test_proceeds_of_a_bond_wait_and_earn_the_deposit_rate() -> None:
    # cost 100 at the end of 2031, the bond may only be issued in 2030: 100/1.02 = 98.039216 waits one year at 2%
    project = {"construction_end": dt.date(2031, 12, 31), "deposit_rate": 0.02}
    bond = {**LOAN, "source": "Bond", "instrument": "bond", "to": dt.date(2030, 12, 31), "repayment": "bullet",
            "tenor": 9, "interest_in_grace": "capitalised", "grace": 8}  # fmt: skip
    spending = [{"package": "Works", "values": {"2031": 100}}]
    plan = solved(scene(bond, project=project, Costs=spending))
    assert column(plan.proceeds, "issued") == near([100 / 1.02, 0])
    assert column(plan.proceeds, "deposit_interest") == near([0, 2 / 1.02])
    assert column(plan.proceeds, "drawn") == near([0, 100])
    assert column(plan.proceeds, "closing") == near([98.0392156862745, 0])
    # what the bond puts in is its issue: the commitment, and 10% of it as interest a year later
    assert column(plan.commitments, "drawn") == near([100 / 1.02])
    assert column(plan.debt, "capitalised") == near([0, 10 / 1.02])
    early = [{"package": "Works", "values": {"2030": 1}}]
    with pytest.raises(finopt.Infeasible):  # money cannot wait backwards
        solved(scene({**bond, "from_": dt.date(2031, 1, 1), "to": None}, project=project, Costs=early))


# ------------------------------------------------------------------ parties and rules


def test_party_budget_in_total_by_year_and_carried_over() -> None:
    parties = [{"party": "Ministry", "total_budget": 55}, {"party": "Fund"}]
    assert costs(scene(Parties=parties)) == near(45 * UNIT)
    project = {**YEAR, "construction_end": dt.date(2031, 12, 31)}
    spending = [{"package": "Works", "values": {"2030": 30, "2031": 70}}]
    grant = {**GRANT, "limit": 100, "rate": 0}

    def paid(carry_over: bool, **caps: float) -> float:
        budget = {"party": "Ministry", "carry_over": carry_over, "values": {f"20{k[1:]}": v for k, v in caps.items()}}
        plan = solved(scene(grant, EQUITY, project=project, Costs=spending, Budgets=[budget]))
        return float(plan.by_source["Grant"])

    assert paid(False, y30=50, y31=20) == near(30 + 20)
    assert paid(True, y30=50, y31=20) == near(30 + 40)  # 20 of 2030 are left for 2031
    assert paid(True, y30=10, y31=90) == near(10 + 70)  # but nothing moves back
    assert paid(False, y31=20) == near(30 + 20)  # a blank year has no limit


def test_party_budget_counts_debt_service_that_the_party_repays_itself() -> None:
    # the ministry repays a loan of 100: 110 in 2031, beside the draws of its own grant, 0 then
    loan = {**LOAN, "party": "Bank", "repaid_by": "Ministry", "repayment": "bullet", "tenor": 2}
    parties = [{"party": "Ministry"}, {"party": "Bank"}]

    def case(cap: float) -> Case:
        return scene(loan, Parties=parties, Budgets=[{"party": "Ministry", "values": {"2031": cap}}])

    plan = solved(case(110))
    assert plan.peak_year == near({"Ministry": 110, "Bank": 100})
    assert plan.cost == near(0)  # a loan at the discount rate is free
    with pytest.raises(finopt.Infeasible):
        solved(case(109))


def test_party_share_satisfied_and_violated() -> None:
    def case(**shares: float) -> Case:
        fund = {"party": "Fund", **({"minimum_share": shares.pop("least")} if "least" in shares else {})}
        return scene(Parties=[{"party": "Ministry", **shares}, fund])

    assert costs(case(maximum_share=0.6)) == near(40 * UNIT)
    assert costs(case(maximum_share=0.5)) == near(50 * UNIT)
    assert costs(case(least=0.4)) == near(40 * UNIT)
    assert costs(case(least=0.75)) == near(75 * UNIT)
    capped = [{"party": "Ministry", "maximum_share": 0.5}, {"party": "Fund"}]
    with pytest.raises(finopt.Infeasible):
        solved(scene(GRANT, {**EQUITY, "limit": 49}, Parties=capped))


SPENDING = {"2030-H1": 10, "2030-H2": 20, "2031-H1": 30, "2031-H2": 40}


def ruled(**rule: Any) -> list[float]:
    """What a cheap grant pays in each half-year of a cost of 10, 20, 30, 40, under one rule on it."""
    project = {**YEAR, "construction_end": dt.date(2031, 12, 31), "period": "half-year"}
    rows = [{"rule": "Cap", "money_from": "source: Grant", "sense": "<=", **rule}]
    grant = {**GRANT, "limit": 100, "rate": 0}
    plan = solved(scene(grant, EQUITY, project=project, Costs=[{"package": "Works", "values": SPENDING}], Rules=rows))
    drawn: Any = plan.schedule.loc[("Ministry", "Grant")]
    return [float(x) for x in drawn]


def test_rule_on_an_amount_by_total_year_period_and_cumulative() -> None:
    assert sum(ruled(measure="amount", value=25, when="total")) == near(25)
    by_year = ruled(measure="amount", value=25, when="year")
    assert [sum(by_year[:2]), sum(by_year[2:])] == near([25, 25])
    assert ruled(measure="amount", value=15, when="period") == near([10, 15, 15, 15])
    assert sum(ruled(measure="amount", value=35, when="cumulative")) == near(35)


def test_rule_on_a_share_by_total_year_period_and_cumulative() -> None:
    assert sum(ruled(measure="share", value=0.4, when="total")) == near(40)
    by_year = ruled(measure="share", value=0.4, when="year")
    assert [sum(by_year[:2]), sum(by_year[2:])] == near([12, 28])
    assert ruled(measure="share", value=0.4, when="period") == near([4, 8, 12, 16])
    so_far = np.cumsum(ruled(measure="share", value=0.4, when="cumulative"))
    assert so_far[-1] == near(40)
    assert (so_far <= np.array([4, 12, 24, 40]) + 1e-7).all()


def test_rule_between_dates_and_with_the_other_senses() -> None:
    early = ruled(measure="amount", value=5, when="total", to=dt.date(2030, 12, 31))
    assert [sum(early[:2]), sum(early[2:])] == near([5, 70])
    late = ruled(measure="amount", value=5, when="period", from_=dt.date(2031, 1, 1))
    assert late == near([10, 20, 5, 5])
    assert sum(ruled(measure="amount", value=33, sense="=")) == near(33)
    equity_floor = {
        "money_from": "instrument: equity",
        "sense": ">=",
        "measure": "share",
        "value": 0.25,
        "when": "period",
    }
    assert ruled(**equity_floor) == near([7.5, 15, 22.5, 30])


def test_rule_compares_with_the_draws_of_its_other_columns() -> None:
    # export credit: the grant pays at most 85% of what is spent on the machines, and all of the rest
    works = [{**WORKS, "amount": 60, "group": "Machines"}, {**WORKS, "package": "Hall", "amount": 40}]
    rule = {"rule": "85/15", "money_from": "source: Grant", "spent_on": "group: Machines", "sense": "<=", "value": 0.85,
            "measure": "share", "of_spent_on": "group: Machines"}  # fmt: skip
    plan = solved(scene({**GRANT, "limit": 100}, EQUITY, Packages=works, Rules=[rule]))
    assert plan.by_source.to_dict() == near({"Grant": 51 + 40, "Equity": 9})
    # matched: the grant at most equals the equity
    match = {"rule": "Match", "money_from": "source: Grant", "sense": "<=", "value": 1, "measure": "share",
             "of_money_from": "source: Equity"}  # fmt: skip
    assert costs(scene({**GRANT, "limit": 100}, EQUITY, Rules=[match])) == near(50 * UNIT)


def test_rule_that_no_money_can_meet_leaves_no_plan() -> None:
    floor = {"rule": "Floor", "money_from": "source: Grant", "sense": ">=", "value": 1, "measure": "amount"}
    with pytest.raises(finopt.Infeasible):
        solved(scene({**GRANT, "gate": "Shut"}, EQUITY, Gates=[{"gate": "Shut", "open": False}], Rules=[floor]))


# ------------------------------------------------------------------ debt


@pytest.mark.parametrize(("timing", "first_interest"), [("start", 10), ("middle", 5), ("end", 0)])
def test_interest_of_a_draw_runs_from_the_day_it_comes(timing: str, first_interest: float) -> None:
    # 10% on ω · 100 in the year of the draw; on the opening balance in the next
    loan = {**LOAN, "repaid_by": "Bank", "repayment": "bullet", "tenor": 2, "to": dt.date(2030, 12, 31)}
    plan = solved(scene(loan, project={"flow_timing": timing}))
    assert column(plan.debt, "interest") == near([first_interest, 10])
    assert column(plan.debt, "principal") == near([0, 100])
    assert plan.measures["interest and fees"] == near(first_interest + 10)


def test_balance_grows_by_interest_capitalised_in_grace() -> None:
    # half-years, ω = ½, i = 5%: draws 49.589041 (181 days of 365) and 50.410959; grace ends with 2030
    loan = {**LOAN, "repaid_by": "Bank", "interest_in_grace": "capitalised", "repayment": "bullet", "tenor": 2}
    plan = solved(scene(loan, project={"flow_timing": "middle", "period": "half-year", "operating_period": "year"}))
    first, second = 100 * 181 / 365, 100 * 184 / 365
    end_1 = first * 1.025  # ½ · 5% on the draw
    end_2 = end_1 * 1.05 + second * 1.025
    assert column(plan.debt, "capitalised") == near([0.025 * first, 0.05 * end_1 + 0.025 * second, 0])
    assert column(plan.debt, "closing") == near([end_1, end_2, 0])
    assert column(plan.debt, "interest_paid") == near([0, 0, 0.10 * end_2])
    # commitment counts draws, not capitalised interest
    assert column(plan.commitments, "drawn") == near([100])


def test_repayment_window_counts_from_the_start_of_the_period_that_holds_from() -> None:
    # From 15 May lies in the quarter that begins at τ = 0.25; Grace ½ < τ - 0.25 <= Tenor 1: τ = 1 and 1.25
    project = {"period": "quarter", "construction_end": dt.date(2031, 3, 31), "end_date": dt.date(2031, 6, 30)}
    loan = {**LOAN, "from_": dt.date(2030, 5, 15), "grace": 0.5, "tenor": 1, "repaid_by": "Bank"}
    spending = [{"package": "Works", "values": {"2030-Q2": 40, "2030-Q3": 60}}]
    plan = solved(scene(loan, project=project, Costs=spending))
    assert plan.debt["period"].tolist() == ["2030-Q1", "2030-Q2", "2030-Q3", "2030-Q4", "2031-Q1", "2031-Q2"]
    assert column(plan.debt, "principal") == near([0, 0, 0, 50, 50, 0])
    # a gate that opens in the third quarter moves both by a quarter, and money can come only from then on
    gated = {**loan, "gate": "Permit"}
    gates = [{"gate": "Permit", "open": True, "from_": dt.date(2030, 8, 1)}]
    spending = [{"package": "Works", "values": {"2030-Q3": 40, "2030-Q4": 60}}]
    plan = solved(scene(gated, project=project, Costs=spending, Gates=gates))
    assert column(plan.debt, "principal") == near([0, 0, 0, 0, 50, 50])


def test_repayment_takes_no_draw_from_its_first_period_on() -> None:
    project = {"construction_end": dt.date(2031, 12, 31)}
    spending = [{"package": "Works", "values": {"2030": 50, "2031": 50}}]
    with pytest.raises(finopt.Infeasible):  # repayment starts in 2031, when the second half should be drawn
        solved(scene({**LOAN, "repaid_by": "Bank"}, project=project, Costs=spending))
    plan = solved(scene({**LOAN, "repaid_by": "Bank", "repayment": "sculpted"}, project=project, Costs=spending))
    assert column(plan.debt, "drawn") == near([50, 50])


def test_repayment_by_annuity_with_quarters_then_years() -> None:
    # 8%: i = 2%, 2%, then 8%. v1 = 0.980392, v2 = 0.961169, v3 = 0.889971; payment 100 / 2.831532 = 35.316570
    project = {"period": "quarter", "operating_period": "year", "flow_timing": "end"}
    loan = {**LOAN, "rate": 0.08, "grace": 0.5, "tenor": 2, "repayment": "annuity", "repaid_by": "Bank"}
    plan = solved(scene(loan, project=project, Costs=[{"package": "Works", "values": {"2030-Q1": 100}}]))
    payment = 100 / (1 / 1.02 + 1 / 1.02**2 + 1 / (1.02**2 * 1.08))
    first = payment - 2
    second = payment - 0.02 * (100 - first)
    assert payment == pytest.approx(35.316570, abs=1e-6)
    assert column(plan.debt, "principal") == near([0, 0, first, second, 100 - first - second])
    service = (plan.debt["interest_paid"] + plan.debt["principal"]).tolist()
    assert service[2:] == near([payment] * 3)


def test_repayment_by_table_and_in_equal_parts() -> None:
    table = [{"source": "Loan", "values": {"2031": 0.2, "2032": 0.3, "2033": 0.5}}]
    loan = {**LOAN, "repaid_by": "Bank"}
    plan = solved(to_2033({**loan, "repayment": "table"}, Repayments=table))
    assert column(plan.debt, "principal") == near([0, 20, 30, 50])
    plan = solved(to_2033(loan))
    assert column(plan.debt, "principal") == near([0, 100 / 3, 100 / 3, 100 / 3])


def test_balance_that_outlives_the_horizon_is_paid_for_at_its_end() -> None:
    # Tenor 5 from 2030: 25 in 2031 to 2034, the horizon ends with 2033. Interest 10, 7.5, 5
    # cost = -100 v + 35 v² + 32.5 v³ + 30 v⁴ + 25 v⁴ = 0, for the loan bears the discount rate
    plan = solved(to_2033({**LOAN, "tenor": 5, "repaid_by": "Bank"}))
    assert column(plan.debt, "closing") == near([100, 75, 50, 25])
    assert plan.measures["closing debt"] == near(25)
    assert plan.cost == near(-100 * V + 35 * V**2 + 32.5 * V**3 + (30 + 25) * V**4)
    assert plan.cost == near(0)
    # a bullet that falls due after the horizon is not repaid within it
    plan = solved(to_2033({**LOAN, "tenor": 5, "repayment": "bullet", "repaid_by": "Bank"}))
    assert column(plan.debt, "closing") == near([100] * 4)


def test_maturity_of_a_credit_line_is_its_to_and_its_balance_is_what_is_limited() -> None:
    # 60 in the first half-year, 60 in the second: a line of 60 pays both, since its party repays the first in between
    project = {"period": "half-year", "operating_period": "year", "construction_end": dt.date(2031, 12, 31)}
    line = {**LOAN, "source": "Line", "instrument": "credit line", "limit": 60, "repaid_by": "Bank", "grace": 0,
            "rate": 0.12, "commitment_fee": 0.02}  # fmt: skip
    spending = [{"package": "Works", "values": {"2030-H1": 60, "2030-H2": 60}}]
    plan = solved(scene(line, project=project, Costs=spending))
    assert column(plan.debt, "closing") == near([60, 60, 0, 0])
    assert column(plan.debt, "principal") == near([0, 60, 60, 0])
    assert column(plan.debt, "interest") == near([0, 3.6, 3.6, 0])
    # undrawn is commitment less balance: 1% a half-year on 60, then on 60 - 60 = 0 twice, then on 60 again
    assert column(plan.fees, "commitment") == near([0.6, 0, 0, 0.6])
    with pytest.raises(finopt.Infeasible):
        solved(scene({**line, "limit": 59}, project=project, Costs=spending))
    # a credit line has no grace in which interest could be added to it, as the reader says
    graced = scene({**line, "grace": 3, "interest_in_grace": "capitalised"}, project=project, Costs=spending)
    assert column(solved(graced).debt, "interest_paid") == near([0, 3.6, 3.6, 0])


def test_free_repayment_takes_no_draw_after_tenor() -> None:
    # the loan is gone at the end of 2031, so it cannot pay the cost of 2032, though its window is open until 2032
    project = {"construction_end": dt.date(2032, 12, 31), "end_date": dt.date(2033, 12, 31)}
    loan = {**LOAN, "repayment": "sculpted", "tenor": 2, "grace": 0, "repaid_by": "Bank"}
    with pytest.raises(finopt.Infeasible):
        solved(scene(loan, project=project, Costs=[{"package": "Works", "values": {"2032": 100}}]))
    plan = solved(scene(loan, project=project, Costs=[{"package": "Works", "values": {"2031": 100}}]))
    assert column(plan.debt, "closing") == near([0, 0, 0, 0])


@pytest.mark.parametrize(
    ("timing", "commitment", "guarantee"),
    [
        ("start", [0.6, 0.0, 0.0], [0.2, 0.5, 0.5]),  # 1% · (100 - 40), then 100 - 40 - 60; 0.5% · 40, then 40 + 60
        ("middle", [0.8, 0.3, 0.0], [0.1, 0.35, 0.5]),  # 1% · (100 - 20), then 100 - 40 - 30; 0.5% · 20, then 40 + 30
        ("end", [1.0, 0.6, 0.0], [0.0, 0.2, 0.5]),  # 1% · 100, then 100 - 40; 0.5% · 0, then 40, then 100
    ],
)
def test_fees_count_what_is_drawn_so_far(timing: str, commitment: list[float], guarantee: list[float]) -> None:
    project = {"construction_end": dt.date(2031, 12, 31), "end_date": dt.date(2032, 12, 31), "flow_timing": timing}
    loan = {**LOAN, "repaid_by": "Bank", "grace": 2, "upfront_fee": 0.02, "commitment_fee": 0.01,
            "guarantee_fee": 0.005, "draw_fee": 0.03}  # fmt: skip
    plan = solved(scene(loan, project=project, Costs=[{"package": "Works", "values": {"2030": 40, "2031": 60}}]))
    assert column(plan.fees, "upfront") == near([2, 0, 0])
    assert column(plan.fees, "commitment") == near(commitment)
    assert column(plan.fees, "guarantee") == near(guarantee)
    assert column(plan.fees, "draw") == near([1.2, 1.8, 0])


def test_fees_begin_in_the_first_open_period_and_end_with_to() -> None:
    # open in 2031 only; headroom 25%: a commitment of 125, of which 100 are drawn at the end of the year
    project = {"construction_end": dt.date(2032, 12, 31), "end_date": dt.date(2033, 12, 31)}
    loan = {**LOAN, "limit": 200, "repaid_by": "Bank", "grace": 2, "upfront_fee": 0.02, "commitment_fee": 0.01,
            "headroom": 0.25, "from_": dt.date(2031, 1, 1), "to": dt.date(2031, 12, 31)}  # fmt: skip
    plan = solved(scene(loan, project=project, Costs=[{"package": "Works", "values": {"2031": 100}}]))
    assert column(plan.fees, "upfront") == near([0, 2.5, 0, 0])
    assert column(plan.fees, "commitment") == near([0, 1.25, 0, 0])


def test_interest_and_fees_during_construction_are_the_iterated_fixed_point() -> None:
    """A loan pays its own interest and fees while it builds: solved at once, equal to the circle run until it rests."""
    spending = {f"203{y}-Q{q}": 10.0 + 3 * q + 7 * y for y in range(2) for q in range(1, 5)}
    project = {"construction_end": dt.date(2031, 12, 31), "end_date": dt.date(2031, 12, 31), "period": "quarter",
               "flow_timing": "middle"}  # fmt: skip
    loan = {**LOAN, "limit": 500, "rate": 0.07, "grace": 2, "tenor": 12, "upfront_fee": 0.015, "commitment_fee": 0.01}
    plan = solved(scene(loan, project=project, Costs=[{"package": "Works", "values": spending}]))

    owed = [0.0] * 8  # interest and fees of each quarter
    for _ in range(500):
        draws = [cost + due for cost, due in zip(spending.values(), owed, strict=True)]
        commitment, before, new = sum(draws), 0.0, []
        for quarter, draw in enumerate(draws):
            bears = before + draw / 2
            due = 0.07 / 4 * bears + 0.01 / 4 * (commitment - bears) + (0.015 * commitment if quarter == 0 else 0.0)
            new.append(due)
            before += draw
        change = max(abs(a - b) for a, b in zip(owed, new, strict=True))
        owed = new
        if change < 1e-12:
            break
    assert change < 1e-12
    paid = plan.cash["interest"] + plan.cash["fees"]
    assert paid.tolist() == pytest.approx(owed, rel=1e-8, abs=1e-8)
    assert plan.by_source["Loan"] == pytest.approx(sum(spending.values()) + sum(owed), rel=1e-8)
    assert plan.draws[plan.draws["package"] == "Financing costs"]["amount"].tolist() == pytest.approx(owed, rel=1e-8)


def test_floating_rate_is_curve_plus_margin_by_year() -> None:
    # 2031: 3% + 2% on 100; 2032: 4% + 2% on 66.67; 2033: as 2032
    loan = {**LOAN, "rate": None, "curve": "Base", "margin": 0.02, "repaid_by": "Bank"}
    plan = solved(to_2033(loan, Curves=[{"curve": "Base", "values": {"2030": 0.01, "2031": 0.03, "2032": 0.04}}]))
    assert column(plan.debt, "interest") == near([0, 5, 4, 2])


def test_balance_of_foreign_debt_is_kept_in_its_own_currency() -> None:
    # 100 at 1.25 = 80 EUR; a year later 80 EUR and 8 EUR of interest at 1.5 = 132
    loan = {**LOAN, "currency": "EUR", "limit": 80, "repaid_by": "Bank", "repayment": "bullet", "tenor": 2}
    rates = [{"currency": "EUR", "values": {"2030": 1.25, "2031": 1.5}}]
    plan = solved(scene(loan, FX=rates))
    assert column(plan.debt, "closing") == near([80, 0])
    assert column(plan.debt, "interest") == near([0, 8])
    assert plan.peak_year["Bank"] == near(132)
    assert plan.cost == near(-100 * V + 132 * V**2)
    with pytest.raises(finopt.Infeasible):  # the limit is in euro
        solved(scene({**loan, "limit": 79}, FX=rates))


# ------------------------------------------------------------------ the project account


def test_cash_pays_debt_service_from_revenue() -> None:
    # equal parts of 100 at 10% over three years: 33.33 + 10, 33.33 + 6.67, 33.33 + 3.33
    service = [100 / 3 + 10, 100 / 3 + 20 / 3, 100 / 3 + 10 / 3]
    plan = solved(to_2033(LOAN, tolls=service))
    assert column(plan.cash, "closing") == near([0, 0, 0, 0])
    assert column(plan.cash, "principal") == near([0, *[100 / 3] * 3])
    with pytest.raises(finopt.Infeasible):
        solved(to_2033(LOAN, tolls=[service[0] - 0.01, *service[1:]]))


def test_cash_earns_the_deposit_rate_and_pays_packages() -> None:
    # tolls of 50 in 2031 wait a year at 4%: 52 pay the package of 2032 but for 48, which a dear grant pays
    project = {"construction_end": dt.date(2032, 12, 31), "end_date": dt.date(2033, 12, 31), "deposit_rate": 0.04}
    tolls = [{**TOLLS, "values": {"2031": 50}}]
    dear = {**GRANT, "limit": 100, "rate": 0.21}
    plan = solved(scene(dear, project=project, Costs=[{"package": "Works", "values": {"2032": 100}}], Revenue=tolls))
    assert column(plan.cash, "deposit_interest") == near([0, 0, 2, 0])
    assert column(plan.cash, "packages") == near([0, 0, 52, 0])
    assert plan.by_source["Grant"] == near(48)


def test_minimum_cash_satisfied_and_violated() -> None:
    # tolls of 5 pay 5 of the works, unless they must stay; nobody else may fill the account, so 6 are too many
    tolls = [{**TOLLS, "values": {"2030": 5}}]
    dear = {**GRANT, "limit": 100, "rate": 0.21}
    assert solved(scene(dear, Revenue=tolls)).by_source["Grant"] == near(95)
    plan = solved(scene(dear, project={"minimum_cash": 5}, Revenue=tolls))
    assert plan.by_source["Grant"] == near(100)
    assert column(plan.cash, "closing") == near([5, 5])
    with pytest.raises(finopt.Infeasible):
        solved(scene(dear, project={"minimum_cash": 6}, Revenue=tolls))


def test_maximum_cash_forces_payouts() -> None:
    # equity of 100 at 5% would rather wait: 100 · 1.05³ at the horizon. With at most 20 in hand, 40 of the 60 earned in
    # 2031 must be paid out, at v² instead of 1.05² · v⁴
    patient = {**EQUITY, "rate": 0.05}
    free = to_2033(patient, tolls=[60])
    capped = to_2033(patient, tolls=[60], project={"maximum_cash": 20})
    assert costs(free) == near(100 * (-V + 1.05**3 * V**4))
    assert column(solved(capped).cash, "payouts") == near([0, 40, 0, 20])  # what is left at the horizon goes out too
    assert costs(capped) - costs(free) == near(40 * (V**2 - 1.05**2 * V**4))


def test_financing_costs_cap_limits_draws_to_what_is_due() -> None:
    # a grant at 0% is a gift, so the plan would draw it without end; in 2031 only 10 of interest are due
    project = {"end_date": dt.date(2032, 12, 31)}
    gift = {**GRANT, "rate": 0, "limit": 500, "from_": dt.date(2031, 1, 1), "to": dt.date(2031, 12, 31)}
    loan = {**LOAN, "repayment": "bullet", "tenor": 2}
    tolls = [{**TOLLS, "values": {"2031": 110}}]
    plan = solved(scene(loan, gift, project=project, Revenue=tolls))
    assert plan.by_source["Grant"] == near(10)
    assert column(plan.cash, "financing_draws") == near([0, 10, 0])
    assert plan.cost == near(10 * (V**3 - V**2))
    rows = [{"package": "Works", "values": {"Loan": "yes"}}]
    with pytest.raises(finopt.Infeasible):  # nobody may pay the interest, and the tolls repay the loan alone
        solved(scene(loan, gift, Revenue=[{**TOLLS, "values": {"2031": 100}}], Eligibility=rows))


def test_refinancing_cap_limits_draws_to_the_principal_of_other_debt() -> None:
    # a bridge of 100 falls due in 2031 with 10 of interest; tolls pay the interest, a longer loan takes the bridge out
    project = {"construction_end": dt.date(2031, 12, 31), "end_date": dt.date(2032, 12, 31)}
    bridge = {**LOAN, "source": "Bridge", "repayment": "bullet", "tenor": 2}
    long_loan = {**LOAN, "source": "Long loan", "limit": 500, "rate": 0.01, "from_": dt.date(2031, 1, 1), "tenor": 10,
                 "repaid_by": "Bank"}  # fmt: skip
    works = {"package": "Works", "values": {"Bridge": "yes"}}
    sheets: dict[str, Any] = {
        "project": project,
        "Revenue": [{**TOLLS, "values": {"2031": 10}}],
        "Costs": [{"package": "Works", "values": {"2030": 100}}],
    }
    plan = solved(
        scene(
            bridge, long_loan, Eligibility=[works, {"package": "Refinancing", "values": {"Long loan": "yes"}}], **sheets
        )
    )
    assert column(plan.cash, "refinancing_draws") == near([0, 100, 0])
    assert plan.by_source["Long loan"] == near(100)
    with pytest.raises(finopt.Infeasible):  # Refinancing needs a row
        solved(scene(bridge, long_loan, Eligibility=[works], **sheets))


# ------------------------------------------------------------------ covenants

FREE_LOAN: Fields = {**LOAN, "limit": 500, "repayment": "sculpted"}


def covenant(kind: str, limit: float, **fields: Any) -> list[Fields]:
    return [{"covenant": kind, "limit": limit, **fields}]


def test_dscr_limits_debt_service_to_a_share_of_cash_flow() -> None:
    # 50 / 1.25 = 40 a year serve 40 · (v + v² + v³) = 99.474080; at 2.0, 25 a year serve 62.171300
    for limit, debt in ((1.25, 40 * (V + V**2 + V**3)), (2.0, 25 * (V + V**2 + V**3))):
        plan = solved(to_2033(FREE_LOAN, EQUITY, tolls=[50] * 3, Covenants=covenant("DSCR", limit)))
        assert plan.by_source["Loan"] == near(debt)
        values = plan.covenants["value"].tolist()
        assert values == pytest.approx([limit] * 3)
    assert solved(to_2033(FREE_LOAN, EQUITY, tolls=[50] * 3)).by_source["Loan"] == near(100)


def test_llcr_limits_debt_to_a_share_of_the_value_of_cash_flow() -> None:
    # 50 · (v + v² + v³) = 124.342600 at the debt's own 10%; at 1.5 that carries 82.895066
    plan = solved(to_2033(FREE_LOAN, EQUITY, tolls=[50] * 3, Covenants=covenant("LLCR", 1.5)))
    assert plan.by_source["Loan"] == near(50 * (V + V**2 + V**3) / 1.5)
    plan = solved(to_2033(FREE_LOAN, EQUITY, tolls=[50] * 3, Covenants=covenant("LLCR", 1.2)))
    assert plan.by_source["Loan"] == near(100)


def test_gearing_limits_debt_to_a_share_of_debt_and_own_money() -> None:
    plan = solved(to_2033(FREE_LOAN, EQUITY, tolls=[50] * 3, Covenants=covenant("gearing", 0.7)))
    assert plan.by_source.to_dict() == near({"Loan": 70, "Equity": 30})
    # debt that a party repays does not count
    plan = solved(
        to_2033({**FREE_LOAN, "repaid_by": "Bank"}, EQUITY, tolls=[50] * 3, Covenants=covenant("gearing", 0.7))
    )
    assert plan.by_source["Loan"] == near(100)


def test_debt_limit_satisfied_and_violated() -> None:
    plan = solved(to_2033(FREE_LOAN, EQUITY, tolls=[50] * 3, Covenants=covenant("debt", 60)))
    assert plan.by_source.to_dict() == near({"Loan": 60, "Equity": 40})
    with pytest.raises(finopt.Infeasible):
        solved(to_2033(FREE_LOAN, {**EQUITY, "limit": 39}, tolls=[50] * 3, Covenants=covenant("debt", 60)))


def test_average_life_brings_repayment_forward() -> None:
    # a loan at 5% against 10%: repaid whole at τ = m it costs -50 · (v - v^m), so it would wait until m = 4.
    # That is convex in m: with an average of 3 years at most, all of it falls at m = 3
    cheap = {**FREE_LOAN, "rate": 0.05}
    free = solved(to_2033(cheap, tolls=[10, 200, 200]))
    assert column(free.debt, "principal") == near([0, 0, 0, 100])
    assert free.cost == near(-50 * (V - V**4))
    short = solved(to_2033(cheap, tolls=[10, 200, 200], Covenants=covenant("average life", 3)))
    assert column(short.debt, "principal") == near([0, 0, 100, 0])
    assert short.cost == near(-50 * (V - V**3))


def test_reserve_holds_the_service_of_the_next_months_after_construction() -> None:
    # 90 in equal parts at 10%: service 39, 36, 33. Six months of the next year: 18, then 16.5, then nothing
    loan, works = {**LOAN, "limit": 90}, {"amount": 90}
    reserve = covenant("reserve months", 6)
    plan = solved(to_2033(loan, works=works, tolls=[39 + 18, 36 - 1.5, 33 - 16.5], Covenants=reserve))
    assert column(plan.cash, "reserve") == near([0, 18, 16.5, 0])
    assert column(plan.cash, "reserve_additions") == near([0, 18, -1.5, -16.5])
    with pytest.raises(finopt.Infeasible):
        solved(to_2033(loan, works=works, tolls=[39 + 17.9, 36, 33], Covenants=reserve))
    assert solved(to_2033(loan, works=works, tolls=[39, 36, 33])).cash["reserve"].abs().max() == 0


def test_covenants_hold_between_their_dates() -> None:
    late = covenant("debt", 60, from_=dt.date(2032, 1, 1))
    plan = solved(to_2033(FREE_LOAN, EQUITY, tolls=[50] * 3, Covenants=late))
    assert plan.by_source["Loan"] == near(100)  # 100 at first, below 60 by the end of 2032
    assert column(plan.debt, "closing")[2] <= 60 + 1e-7


# ------------------------------------------------------------------ accounts of equity and grants, and the cost


@pytest.mark.parametrize(("timing", "within"), [("start", 1.0), ("middle", 0.5), ("end", 0.0)])
def test_account_grows_at_the_target_return_from_the_day_money_comes(timing: str, within: float) -> None:
    # a draw enters times 1.21^(ω · δ); a year later the account is 1.21 times that
    plan = solved(scene(EQUITY, project={"flow_timing": timing}))
    entered = 100 * 1.21**within
    assert column(plan.accounts, "closing") == near([entered, entered * 1.21])
    flow = {"start": 0.0, "middle": 0.5, "end": 1.0}[timing]
    assert plan.cost == near(-100 * V**flow + entered * 1.21 * V**2)


def test_account_of_equity_is_paid_out_from_cash_and_never_below_zero() -> None:
    # 100 at 21%: 121 are owed at the end of 2031. Tolls of 80 pay 80, the other 41 grow to 49.61, of which 45 are paid
    plan = solved(to_2033(EQUITY, tolls=[80, 45]))
    assert column(plan.accounts, "payout") == near([0, 80, 45, 0])
    assert column(plan.accounts, "closing") == near([100, 41, 4.61, 4.61 * 1.21])
    plan = solved(to_2033(EQUITY, tolls=[200, 0]))
    assert column(plan.accounts, "payout") == near([0, 121, 0, 0])
    assert column(plan.cash, "closing") == near([0, 79, 79, 79])


def test_account_of_a_grant_has_an_opportunity_cost_and_no_payouts() -> None:
    plan = solved(to_2033({**GRANT, "limit": 100, "rate": 0.03}, tolls=[200]))
    assert column(plan.accounts, "payout") == near([0, 0, 0, 0])
    assert plan.cost == near(100 * (-V + 1.03**3 * V**4))


def test_all_in_rate_holds_fees_and_is_a_yearly_rate() -> None:
    # 100 on 31 December 2030 less an upfront fee of 2 on that day, 110 a year later: 110/98 - 1 = 12.244898%
    loan = {**LOAN, "repaid_by": "Bank", "repayment": "bullet", "tenor": 2, "upfront_fee": 0.02}
    plan = solved(scene(loan))
    assert plan.all_in_rate["Loan"] == pytest.approx(110 / 98 - 1, abs=1e-9)
    assert plan.measures["interest and fees"] == near(12)
    assert plan.cost == near(-98 * V + 110 * V**2)


def test_discounting_is_yearly_effective_within_the_year() -> None:
    # quarters: a grant at 0% of 25 a quarter, worth 25 at the end of 2031: Σ 25 · (v² - v^(q/4))
    project = {"period": "quarter", "operating_period": "year"}
    spending = {f"2030-Q{q}": 25 for q in (1, 2, 3, 4)}
    gift = {**GRANT, "limit": 100, "rate": 0}
    plan = solved(scene(gift, project=project, Costs=[{"package": "Works", "values": spending}]))
    assert plan.cost == near(math.fsum(25 * (V**2 - V ** (q / 4)) for q in (1, 2, 3, 4)))
