"""The default case: what its workbook says, and whether its plan is one that a person would believe."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import finopt
from finopt import Case, Infeasible, Plan
from finopt.case.sheets import SHEETS
from inputs import make_bering_tunnel as maker

pytestmark = pytest.mark.smoke

INPUTS = Path(__file__).parent.parent / "inputs"
LICENSED = ("Export credit", "TIFIA and RRIF", "Private activity bonds", "US private equity")
CENT = 1e-4
"""USD 100, in millions: what a limit may be missed by."""


@pytest.fixture(scope="module")
def case() -> Case:
    return finopt.read_case(INPUTS / "bering_tunnel.xlsx")


@pytest.fixture(scope="module")
def plan(case: Case) -> Plan:
    return finopt.solve(case)


def money(plan: Plan, *sources: str, location: str = "") -> float:
    """What some sources pay, in all or on one side."""
    draws = plan.draws[plan.draws["source"].isin(sources)] if sources else plan.draws
    return float((draws[draws["location"] == location] if location else draws)["amount"].sum())


def service(plan: Plan) -> pd.DataFrame:
    """Debt service of every source in every period: source, period, amount."""
    debt = plan.debt.assign(amount=plan.debt["interest_paid"] + plan.debt["principal"])
    fees = plan.fees.assign(amount=plan.fees["total"])
    both = pd.concat([debt[["source", "period", "amount"]], fees[["source", "period", "amount"]]])
    return both.groupby(["source", "period"], as_index=False)["amount"].sum()


def by_year(case: Case, table: pd.DataFrame) -> pd.Series:
    """Amounts by the calendar year of their period."""
    year = {p.label: p.year for p in case.calendar}
    return table.groupby(table["period"].map(year))["amount"].sum()


# --------------------------------------------------------------------------- the workbook


def test_the_workbook_is_what_its_maker_writes(case: Case, tmp_path: Path) -> None:
    maker.write(tmp_path / "bering_tunnel.xlsx")
    assert dict(finopt.read_case(tmp_path / "bering_tunnel.xlsx").tables) == dict(case.tables)
    assert case.warnings == ()


def test_every_figure_has_its_status_and_reference() -> None:
    rows = [(sheet, row) for sheet, rows in maker.tables().items() for row in rows]
    assert {sheet for sheet, _ in rows} <= set(SHEETS)
    assert {row["Status"] for _, row in rows} == {"reported", "assumption"}
    assert [sheet for sheet, row in rows if len(row["Reference"]) < 10] == []


def test_the_size_of_the_case(case: Case) -> None:
    """Eight billion of packages; offers of 13.35 billion, a little under 1.7 times that."""
    assert sum(p.amount or 0 for p in case.packages) == 8000
    assert sum(s.limit for s in case.sources) == 13350
    assert 10 <= len(case.packages) <= 14
    assert 11 <= len(case.sources) <= 13
    assert {p.location for p in case.packages} == {"Russia", "US", "Both shores"}
    assert [p.party for p in case.parties] == ["Moscow", "International partners", "US participants"]
    assert case.calendar.construction == 32
    assert len(case.calendar) == 62


# --------------------------------------------------------------------------- the plan


def test_every_package_is_paid_in_full(case: Case, plan: Plan) -> None:
    """Eight billion at 3.5% a year from January 2026, paid in 2027-2034: 9.4 to 9.9 billion."""
    assert 9400 < money(plan) < 9900
    assert all(plan.checks.values())
    assert set(plan.draws["package"]) == {p.package for p in case.packages}


def test_gates_are_kept(plan: Plan) -> None:
    licensed = plan.draws[plan.draws["source"].isin(LICENSED)]
    assert licensed["year"].min() >= 2028
    assert money(plan, "NDB and AIIB") == 0


def test_rules_are_kept(plan: Plan) -> None:
    everything = money(plan)
    equity = plan.schedule.cumsum(axis=1)
    lead = equity.loc[("Moscow", "RDIF equity")] - equity.loc[("International partners", "Co-investor equity")]
    assert lead.max() <= CENT
    assert money(plan, "RDIF equity") >= 50 - CENT
    exported = plan.draws[plan.draws["package"].isin(["Boring machines, US", "Rail systems, US"])]
    assert money(plan, "Export credit") <= 0.85 * exported["amount"].sum() + CENT
    assert money(plan, "Chinese policy banks") <= 0.25 * everything + CENT
    assert money(plan, "VEB.RF syndicate") <= 0.5 * money(plan, location="Russia") + CENT
    assert money(plan, "TIFIA and RRIF") <= 0.49 * money(plan, location="US") + CENT


def test_parties_keep_their_shares_and_budgets(case: Case, plan: Plan) -> None:
    shares = plan.by_party / plan.by_party.sum()
    assert shares["Moscow"] >= 0.4 - 1e-6
    assert shares["International partners"] <= 0.4 + 1e-6
    assert shares["US participants"] <= 0.4 + 1e-6
    put_in = plan.draws.assign(period=plan.draws["period"])
    issued = plan.proceeds.assign(amount=plan.proceeds["issued"])
    paid = service(plan)
    for budget in case.budgets:
        own = [s.source for s in case.sources if s.party == budget.party]
        bonds = [s.source for s in case.sources if s.party == budget.party and s.instrument == "bond"]
        owed = [s.source for s in case.sources if s.is_debt and s.repaid_by == budget.party]
        asked = (
            by_year(case, put_in[put_in["source"].isin(set(own) - set(bonds))])
            .add(by_year(case, issued[issued["source"].isin(bonds)]), fill_value=0)
            .add(by_year(case, paid[paid["source"].isin(owed)]), fill_value=0)
        )
        for year, ceiling in budget.values.items():
            assert asked.get(int(year), 0.0) <= ceiling + CENT, (budget.party, year)


def test_tolls_cover_the_debt_of_the_project_one_and_a_half_times(case: Case, plan: Plan) -> None:
    paid = service(plan)
    toll_backed = [s.source for s in case.sources if s.is_debt and s.repaid_by == "project"]
    asked = paid[paid["source"].isin(toll_backed)].groupby("period")["amount"].sum()
    cash = plan.cash.set_index("period")
    operation = [p.label for p in case.calendar if p.phase == "Operation"]
    cover = [cash["cfads"][t] / asked[t] for t in operation if asked.get(t, 0.0) > 1]
    assert min(cover) == pytest.approx(1.5, abs=1e-6)
    assert cash["closing"].min() >= -CENT


def test_tolls_carry_two_to_three_billion_of_debt(case: Case, plan: Plan) -> None:
    toll_backed = [s.source for s in case.sources if s.is_debt and s.repaid_by == "project"]
    last = next(p.label for p in reversed(case.calendar.periods) if p.phase == "Construction")
    owed = plan.debt[plan.debt["source"].isin(toll_backed) & (plan.debt["period"] == last)]["closing"].sum()
    assert 2000 <= owed <= 3000


def test_all_debt_is_repaid_within_the_horizon(case: Case, plan: Plan) -> None:
    end = plan.debt[plan.debt["period"] == case.calendar.labels[-1]]
    assert end["closing"].abs().max() <= CENT


def test_bonds_are_issued_when_they_are_needed(plan: Plan) -> None:
    """Money that waits costs more than it earns."""
    assert plan.proceeds["closing"].max() <= CENT


def test_the_reserve_holds_no_more_than_six_months(plan: Plan) -> None:
    paid = service(plan)
    next_year = paid[paid["source"] == "TIFIA and RRIF"].set_index("period")["amount"].shift(-1).fillna(0.0)
    reserve = plan.cash.set_index("period")["reserve"]
    years = [str(year) for year in range(2035, 2065)]
    assert reserve[years].tolist() == pytest.approx((next_year[years] / 2).tolist(), abs=CENT)


def test_dear_money_comes_last(plan: Plan) -> None:
    """The cheapest offers are used up; private equity at 14% is left alone where loans do."""
    for cheap in ("Federal budget", "National Wealth Fund", "TIFIA and RRIF"):
        limit = float(plan.commitments.set_index("source")["limit"][cheap])
        assert money(plan, cheap) == pytest.approx(limit)
    assert money(plan, "US private equity") == 0
    assert 0.04 < (plan.all_in_rate["total"] or 0) < 0.07


def test_it_solves_at_once(case: Case, plan: Plan) -> None:
    model, began = finopt.build(case), time.process_time()
    assert finopt.solve(model).proof.violation < 1e-6
    assert time.process_time() - began < 2  # of this process, for other programs may take their share of the hour
    assert plan.proof.violation < 1e-6


def test_another_solver_agrees(case: Case, plan: Plan) -> None:
    other = finopt.solve(case, solver="cbc")
    assert other.cost == pytest.approx(plan.cost, rel=1e-6)
    difference = (other.schedule - plan.schedule).abs().to_numpy().max()
    assert difference <= 1e-4 * money(plan)


# --------------------------------------------------------------------------- what if


def test_no_plan_when_the_project_repays_everything(case: Case) -> None:
    with pytest.raises(Infeasible):
        finopt.solve(case.change("Sources", "*", "Repaid by", "project"))


def test_no_plan_without_the_licence(case: Case, plan: Plan) -> None:
    """Without licensed money at most 3,300 may be spent on the US side, which costs 3,850 in money of 2026."""
    shut = case.change("Gates", "US licence", "Open", "no")
    may_pay = {
        source
        for row in case.eligibility
        if any(p.package == row.package and p.location == "US" for p in case.packages)
        for source, share in row.values.items()
        if share > 0
    }
    left = sum(s.limit for s in case.sources if s.source in may_pay - set(LICENSED))
    needed = sum(p.amount or 0 for p in case.packages if p.location == "US")
    assert (left, needed) == (3300, 3850)
    with pytest.raises(Infeasible):
        finopt.solve(shut)


@pytest.mark.parametrize(
    ("change", "dearer"),
    [
        (("Gates", "US licence", "From", "2029-01-01"), True),
        (("Gates", "Development banks", "Open", "yes"), False),
        (("Sources", "National Wealth Fund", "Limit", 1700), False),
        (("Sources", "TIFIA and RRIF", "Rate", 0.05), True),
        (("Covenants", "DSCR", "Limit", 1.8), True),
    ],
)
def test_a_change_moves_the_cost_the_right_way(case: Case, plan: Plan, change: Any, dearer: bool) -> None:
    moved = finopt.solve(case.change(*change)).cost - plan.cost
    assert moved > 1 if dearer else moved < -1


def test_overruns_cost_more_and_more(case: Case, plan: Plan) -> None:
    costs = [finopt.solve(case.change("Packages", "*", "Amount", scale=k)).cost for k in (0.9, 1.1, 1.2)]
    first, second, third = costs[0], costs[1], costs[2]
    assert first < plan.cost < second < third
    assert (third - second) / 0.1 > (second - plan.cost) / 0.1 > 0
