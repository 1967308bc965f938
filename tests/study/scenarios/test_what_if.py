"""What if: scenarios beside the base, each as if solved alone; failures stay with their reason."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import pytest

import finopt
from finopt import Case, CaseError, Change
from finopt.study.scenarios.scenario_sheet import scenario_case, scenario_names
from finopt.workbook.writer import write_workbook
from tests.random_cases import random_case
from tests.study.small import BEST, change, lenders

pytestmark = pytest.mark.smoke

OVERRUN = change("Packages", "*", "Amount", "scale", 1.1)


def test_each_scenario_stands_beside_the_base() -> None:
    case = lenders()
    found = finopt.what_if(case, {"dear": case.change("Sources", "North loan", "Rate", 0.1), "same": [], "North less": [
        Change("Sources", "North loan", "Limit", 60)]})  # fmt: skip
    assert found.table["scenario"].tolist() == ["Base", "dear", "same", "North less"]
    assert set(found.table["status"]) == {"optimal"}
    costs = [BEST, 0.08 * 50 + 0.1 * 50, BEST, 0.05 * 60 + 0.08 * 40]
    assert found.table["financing cost"].to_numpy() == pytest.approx(costs)
    assert found.differences.loc["dear", "financing cost"] == pytest.approx(costs[1] - BEST)
    assert found.changes["dear"] == ("Sources/North loan/Rate set to 0.1",)


def test_winners_are_asked_for_less_and_losers_for_more() -> None:
    case = lenders()
    found = finopt.what_if(case, {"South shut": case.change("Sources", "South loan", "Limit", 10)})
    assert found.winners("South shut").to_dict() == pytest.approx({"South": -20.0})
    assert found.losers("South shut").to_dict() == pytest.approx({"East": 20.0})
    assert "South -20.0 / East +20.0" in str(found)


def test_a_scenario_without_a_plan_stays_with_the_money_that_is_missing() -> None:
    case = lenders()
    found = finopt.what_if(case, {
        "too much": case.change("Packages", "*", "Amount", scale=2),
        "no number": [Change("Packages", "Bridge", "Amount", "a lot")],
        "fine": [],
    })  # fmt: skip
    assert found.table["status"].tolist() == ["optimal", "infeasible", "wrong input", "optimal"]
    assert found.table["reason"][1].startswith("at best 50.0 USD m of the packages' cost stays unpaid")
    assert "a number" in found.table["reason"][2]
    assert found.table["financing cost"].isna().tolist() == [False, True, True, False]
    assert found.winners("too much").empty
    assert "infeasible: at best 50.0" in str(found)


def test_a_base_without_a_plan_does_not_hide_the_scenarios() -> None:
    case = lenders().change("Packages", "*", "Amount", scale=2)
    found = finopt.what_if(case, {"half": case.change("Packages", "*", "Amount", scale=0.5)})
    assert found.table["status"].tolist() == ["infeasible", "optimal"]
    assert found.table["financing cost"][1] == pytest.approx(BEST)
    assert found.differences["financing cost"].isna().all()


@pytest.mark.parametrize("seed", [3, 11, 27])
def test_every_figure_is_that_of_a_fresh_solve(seed: int) -> None:
    case = random_case(seed)
    first = case.sources[0].source
    variants = {
        "dearer": case.change("Packages", "*", "Amount", scale=1.07),
        "rates": case.change("Sources", "*", "Rate", add=0.004),
        "without one": case.change("Sources", first, "Limit", 0),
        "longer": case.change("Packages", "*", "Finish", add=-0.25),
        "Last resort": case.change("Sources", "Last resort", "Rate", 0.15),
    }
    found = finopt.what_if(case, variants)
    for row, variant in zip(found.table.to_dict("records"), [case, *variants.values()], strict=True):
        try:
            plan = finopt.solve(variant)
        except finopt.NoPlan:
            assert row["status"] != "optimal"
            continue
        expected = {
            "financing cost": plan.cost,
            "money": plan.measures["money"],
            "peak debt": plan.measures["peak debt"],
        }
        expected |= {f"money {party}": value for party, value in plan.by_party.items()}
        expected |= {f"peak year {party}": value for party, value in plan.peak_year.items()}
        size = plan.measures["package cost"]
        assert [row[name] for name in expected] == pytest.approx(list(expected.values()), rel=1e-7, abs=1e-7 * size)


def test_any_executor_gives_the_same_table() -> None:
    case = lenders()
    factors = np.linspace(0.7, 1.6, 30)
    variants = {f"times {f:.3f}": [Change("Packages", "*", "Amount", scale=float(f))] for f in factors}
    here = finopt.what_if(case, variants).table
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        there = finopt.what_if(case, variants, executor=pool).table
    assert here.equals(there)
    assert here["scenario"].tolist() == ["Base", *variants]


def test_scenarios_build_on_others() -> None:
    case = lenders(
        Scenarios=[
            {"scenario": "Both", **change("Sources", "North loan", "Limit", "set", 60), "base": "overrun"},
            {"scenario": "Overrun", **OVERRUN},
        ]
    )
    assert scenario_names(case) == ("Both", "Overrun")
    found = finopt.what_if(case)
    assert found.table["financing cost"].to_numpy() == pytest.approx(
        [BEST, 0.05 * 60 + 0.08 * 50, 0.05 * 70 + 0.08 * 40]
    )
    assert found.changes["Both"] == ("Packages/*/Amount times 1.1", "Sources/North loan/Limit set to 60")
    assert finopt.solve(scenario_case(case, "both")).cost == pytest.approx(7.0)


def test_an_unknown_scenario_names_the_nearest() -> None:
    case = lenders(Scenarios=[{"scenario": "Overrun", **OVERRUN}])
    with pytest.raises(CaseError, match="did you mean Overrun"):
        scenario_case(case, "Overun")


def test_without_scenarios_it_says_what_to_do() -> None:
    with pytest.raises(CaseError, match="at least one row"):
        finopt.what_if(lenders())


@pytest.fixture
def workbook(tmp_path: Path) -> Path:
    return tmp_path / "case.xlsx"


def written(path: Path, scenarios: list[dict[str, object]]) -> Path:
    """A workbook with these rows on sheet Scenarios."""
    years = {"Start": "2030-01-01", "Finish": "2030-12-31"}
    project = {"Name": "Small", "Currency": "USD", "Unit": "m", "Start date": "2030-01-01",
               "Construction end": "2030-12-31", "Discount rate": 0.05}  # fmt: skip
    write_workbook(path, {
        "Project": [project],
        "Parties": [{"Party": "State"}],
        "Sources": [{"Source": "Grant", "Party": "State", "Instrument": "grant", "Limit": 100}],
        "Packages": [{"Package": "Bridge", "Amount": 60, **years}],
        "Scenarios": scenarios,
    })  # fmt: skip
    return path


def scenario(name: str, base: str | None = None) -> dict[str, object]:
    row: dict[str, object] = {"Scenario": name, "Sheet": "Packages", "Row": "*", "Column": "Amount", "Change": "scale",
                              "Value": 1.1}  # fmt: skip
    return row if base is None else row | {"Base": base}


def test_a_workbook_with_scenarios_runs(workbook: Path) -> None:
    case = finopt.read_case(written(workbook, [scenario("A"), scenario("B", "A")]))
    found = finopt.what_if(case)
    assert found.table["money"].to_numpy() == pytest.approx([60, 66, 72.6])


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([scenario("A", "B"), scenario("B", "A")], "leads back to itself"),
        ([scenario("A", "A")], "leads back to itself"),
        ([scenario("A"), scenario("B"), scenario("C", "A"), scenario("C", "B")], "expected 'A'"),
    ],
)
def test_circles_of_bases_are_refused_with_their_cell(workbook: Path, rows: list[dict[str, object]], said: str) -> None:
    with pytest.raises(CaseError) as error:
        finopt.read_case(written(workbook, rows))
    assert {finding.sheet for finding in error.value.findings} == {"Scenarios"}
    assert all(finding.cell and finding.column == "Base" for finding in error.value.findings)
    assert said in str(error.value)


def test_what_takes_a_case_alone_still_does() -> None:
    case = lenders(Scenarios=[{"scenario": "Overrun", **OVERRUN}])
    assert isinstance(case, Case)
    assert finopt.solve(case).cost == pytest.approx(BEST)
