"""The unit of money is a matter of taste: a case in dollars, in millions or in billions has one and the same plan.

Everything here is homogeneous in money, so all of a plan must grow with the case; solvers' tolerances do not.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pulp
import pytest

import finopt
from finopt.case.case import Case
from finopt.case.row import Row
from finopt.case.sheets import Covenant, Revenue, Rule
from finopt.solve.live_model import LiveModel, State
from finopt.study.sensitivity.prices import confirmed
from tests.random_cases import make_case, random_case
from tests.slow import split

INPUTS = Path(__file__).parents[2] / "inputs"
FACTORS = (1e6, 1e9, 1e-3)


def restated(case: Case, factor: float) -> Case:
    """The case with every amount of money ``factor`` times as large."""
    return Case({name: tuple(_restated(row, factor) for row in rows) for name, rows in case.tables.items()})


def _restated(row: Row, factor: float) -> Row:
    update: dict[str, Any] = {
        name: getattr(row, name) * factor
        for name, column in type(row).columns().items()
        if column.kind == "amount" and getattr(row, name) is not None
    }
    series = type(row).series()
    if series is not None and (series.kind == "amount" or isinstance(row, Revenue)):
        update["values"] = {k: v * factor for k, v in getattr(row, "values").items()}  # noqa: B009
    if isinstance(row, Rule) and row.measure == "amount":
        update["value"] = row.value * factor
    if isinstance(row, Covenant) and row.covenant == "debt":
        update["limit"] = row.limit * factor
    return row.changed(**update)


@pytest.mark.parametrize("factor", FACTORS)
@pytest.mark.parametrize("name", ["bering_tunnel", "bering_traditional", "peace_bridge", "us_canada_russia_china"])
def test_a_worked_case_in_another_unit_has_the_same_plan(name: str, factor: float) -> None:
    case = finopt.read_case(INPUTS / f"{name}.xlsx")
    plan, other = finopt.solve(case), finopt.solve(restated(case, factor))
    total = plan.draws["amount"].sum()
    assert other.objective / factor == pytest.approx(plan.objective, rel=1e-7)
    pays = ["source", "package", "period"]
    both = plan.draws.merge(other.draws, on=pays, how="outer").fillna({"amount_x": 0.0, "amount_y": 0.0})
    assert np.abs(both["amount_y"] / factor - both["amount_x"]).max() < 1e-6 * total
    assert all(other.checks.values())
    limits, same = (table[table["sense"] != "="] for table in (plan.prices, other.prices))
    assert same[["family", "key"]].to_numpy().tolist() == limits[["family", "key"]].to_numpy().tolist()


@pytest.mark.parametrize("factor", split([1e9, 7.3, 1e6, 1e-3], 1))
@pytest.mark.parametrize("name", ["bering_tunnel", "bering_traditional"])
def test_what_one_more_of_a_limit_changes_is_the_same_in_another_unit(name: str, factor: float) -> None:
    """At a degenerate corner solvers have many prices; the change of the optimum is one figure."""
    case = finopt.read_case(INPUTS / f"{name}.xlsx")
    found, other = (confirmed(c, terms=False, others=False).limits for c in (case, restated(case, factor)))
    both = found.merge(other, on=["family", "key"], how="outer")
    assert len(both) == len(found) == len(other)
    assert both["price_y"].to_numpy() == pytest.approx(both["price_x"].to_numpy(), rel=1e-6)
    assert both["confirmed_y"].tolist() == both["confirmed_x"].tolist()


@pytest.mark.parametrize("seed", split(range(12), 3))
def test_a_random_case_in_another_unit_costs_the_same(seed: int) -> None:
    case = random_case(seed)
    plan = finopt.solve(case)
    for factor in FACTORS:
        assert finopt.solve(restated(case, factor)).objective / factor == pytest.approx(plan.objective, rel=1e-7)


def test_another_solver_takes_dollars_too() -> None:
    case = restated(random_case(3), 1e6)
    assert finopt.solve(case, solver="cbc").objective == pytest.approx(finopt.solve(case).objective, rel=1e-6)


def test_a_limit_that_stands_for_no_limit_does_not_blur_the_plan() -> None:
    case = finopt.read_case(INPUTS / "bering_tunnel.xlsx")
    plan = finopt.solve(case)
    name = next(s.source for s in case.sources if plan.prices["key"].str.contains(s.source, regex=False).sum() == 0)
    assert finopt.solve(case.change("Sources", name, "Limit", value=1e15)).objective == pytest.approx(
        plan.objective, rel=1e-9
    )


def test_the_live_model_follows_a_case_into_another_unit() -> None:
    case = finopt.read_case(INPUTS / "bering_tunnel.xlsx")
    live = LiveModel(case)
    assert live.solve(restated(case, 1e6)).objective == pytest.approx(1e6 * finopt.solve(case).objective, rel=1e-7)
    assert live.solve(case).objective == pytest.approx(finopt.solve(case).objective, rel=1e-9)


def short_by_40() -> Case:
    """Works of 100 of which a grant of 60 pays part."""
    works = {"package": "Works", "location": "Here", "amount": 100.0, "start": "2030-01-01", "finish": "2030-12-31"}
    grant = {"source": "Grant", "party": "State", "instrument": "grant", "limit": 60.0}
    return make_case({}, Sources=[grant], Packages=[works])


@pytest.mark.parametrize("factor", [1.0, *FACTORS])
def test_a_gap_in_another_unit_is_the_same_gap(factor: float) -> None:
    best = LiveModel(restated(short_by_40(), factor), unfunded=True).best()
    assert best.gap == pytest.approx(40 * factor, rel=1e-9)


@pytest.mark.parametrize("factor", [1.0, *FACTORS])
def test_a_clash_and_its_repairs_are_found_in_another_unit(factor: float) -> None:
    found = finopt.explain(restated(short_by_40(), factor))
    assert {c.row for clash in found.clashes for c in clash.clauses} == {"Works", "Grant"}
    assert {r.who for r in found.repairs} == {("Grant's limits",), ("the works Works",)}
    for repair in found.repairs:
        assert repair.total == pytest.approx(40 * factor, rel=1e-3)


def test_whole_numbers_stay_whole_in_dollars() -> None:
    case = random_case(5)
    for factor in (1.0, 1e6):
        model = finopt.build(restated(case, factor))
        some = next(iter(model.variables.draw.values()))

        lots = model.problem.add_variable("lots", 0, None, pulp.LpInteger)
        model.problem += some == 7.0 * factor * lots
        model.problem += lots >= 0.5
        plan = finopt.solve(model)
        assert State.on(model).program.integer.any()
        assert plan.checks["rows hold"]


@pytest.mark.parametrize("limit", [1e7, 1e9, 1e12, 1e15])
def test_a_huge_limit_of_a_small_case_is_no_money_pump(limit: float) -> None:
    works = {"package": "Works", "location": "Here", "amount": 100.0, "start": "2027-01-01", "finish": "2028-12-31"}
    grant = {"source": "Grant", "party": "State", "instrument": "grant", "rate": 0.03}
    loan = {"source": "Loan", "party": "Bank", "instrument": "loan", "rate": 0.06, "limit": 100.0}
    terms = {"grace": 2.0, "tenor": 5.0, "repaid_by": "Bank"}
    project = {"start_date": "2027-01-01", "construction_end": "2028-12-31", "end_date": "2032-12-31", "period": "year"}
    plans = [
        finopt.solve(make_case(project, Sources=[{**grant, "limit": most}, {**loan, **terms}], Packages=[works]))
        for most in (1e3, limit)
    ]
    assert plans[1].objective == pytest.approx(plans[0].objective, rel=1e-9)
    assert plans[1].draws["amount"].tolist() == pytest.approx(plans[0].draws["amount"].tolist(), rel=1e-9)
