"""Workbooks of studies: the study first, formulas that recalculate, charts, and the whole table for pandas."""

from __future__ import annotations

import functools
import re
import zipfile
from collections.abc import Callable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pytest

import finopt
from finopt import Vary
from finopt.report.studies.simulation import edges
from finopt.report.studies.write import KINDS, Study
from finopt.report.write_report import PAGES, write_plan, write_study
from finopt.solve.highs import HighsSolver
from finopt.study.sensitivity.prices import confirmed
from tests.report.recalc import differences, formualized, formulas, stored
from tests.study.scenarios.test_sweep import DRIVERS
from tests.study.small import change, lenders

SHEETS = [page.title for page in PAGES if not page.optional]
SCENARIOS = [
    {"scenario": "South shut", **change("Sources", "South loan", "Limit", "set", 10)},
    {"scenario": "=Too much", **change("Packages", "*", "Amount", "scale", 2)},
    {"scenario": "Overrun", **change("Packages", "*", "Amount", "scale", 1.1)},
]
WIDE = [
    {"driver": "Cost", "sheet": "Packages", "row": "*", "column": "Amount", "change": "scale",
     "distribution": "lognormal", "a": 1.3, "b": 0.3},
    {"driver": "Rates", "sheet": "Sources", "row": "*", "column": "Rate", "change": "add",
     "distribution": "discrete", "a": "0 @ 3", "b": 0.01},
]  # fmt: skip
AMOUNT = Vary("Packages", "*", "Amount", scale=[0.8, 1, 1.2, 1.6])
STUDIES: Mapping[str, tuple[str, int, Callable[[], Study]]] = {
    "what if": ("Scenarios", 2, lambda: finopt.what_if(lenders(Scenarios=SCENARIOS))),
    "sweep of one": ("Sweep", 2, lambda: finopt.sweep(lenders(), AMOUNT)),
    "sweep of two": ("Sweep", 0, lambda: finopt.sweep(lenders(), AMOUNT, Vary("Sources", "*", "Rate", add=[0, 0.01]))),
    "tornado": ("Tornado", 1, lambda: finopt.tornado(lenders(Uncertainty=DRIVERS))),
    "simulation": ("Simulation", 4, lambda: finopt.simulate(lenders(Uncertainty=WIDE), 60)),
    "frontier": ("Frontier", 1, lambda: finopt.frontier(lenders(), "money party: North")),
    "deals": ("Deals", 2, lambda: finopt.deals(lenders(), tolerance=0.1)),
    "stress": ("Stress", 0, lambda: finopt.stress(lenders())),
    "prices": ("Limits and prices", 0, lambda: confirmed(lenders())),
}


@functools.cache
def study(name: str) -> Study:
    return STUDIES[name][2]()


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The workbook of a study, written once."""
    folder = tmp_path_factory.mktemp("studies")
    return functools.cache(lambda name: finopt.write_report(study(name), folder / f"{name}.xlsx"))


def words(sheet: Any) -> list[str]:
    return [cell.value for row in sheet.iter_rows() for cell in row if isinstance(cell.value, str)]


@pytest.mark.parametrize("name", STUDIES)
def test_the_study_comes_first_and_what_is_stored_is_what_formulas_give(
    report: Callable[[str], Path], name: str
) -> None:
    path = report(name)
    assert openpyxl.load_workbook(path).sheetnames == [STUDIES[name][0], "Data"]
    live = formulas(path)
    assert bool(live) == (name in ("what if", "tornado", "simulation", "deals"))
    assert differences(stored(path), formualized(path, live), 100) == []


@pytest.mark.parametrize("name", STUDIES)
def test_charts_are_native(report: Callable[[str], Path], name: str) -> None:
    with zipfile.ZipFile(report(name)) as parts:
        charts = [parts.read(part).decode() for part in parts.namelist() if part.startswith("xl/charts/chart")]
    assert len(charts) == STUDIES[name][1]
    for chart in charts:
        assert re.search(r"<c:title>", chart)
        assert re.findall(r"<c:v>[^<]+</c:v>", chart), "the chart carries its data"


@pytest.mark.parametrize("name", STUDIES)
def test_the_data_sheet_is_the_whole_table(report: Callable[[str], Path], name: str) -> None:
    found = study(name)
    table = getattr(found, {"deals": "different", "simulation": "tidy", "prices": "limits"}.get(name, "table"))
    read = pd.read_excel(report(name), sheet_name="Data")
    assert list(read.columns) == list(table.columns)
    numbers = table.select_dtypes("number")
    assert read[numbers.columns].to_numpy(float) == pytest.approx(numbers.to_numpy(float), nan_ok=True)


def test_differences_and_those_who_win_or_lose_stand_beside_each_scenario(report: Callable[[str], Path]) -> None:
    sheet = openpyxl.load_workbook(report("what if"), data_only=True)["Scenarios"]
    said = words(sheet)
    assert "South -20.0" in said
    assert "East +20.0" in said
    assert "=Too much" in said, "a name that begins with = stays a name"
    assert "infeasible" in said
    assert any(word.startswith("at best 50.0 USD m") for word in said)
    assert "Sources/South loan/Limit set to 10" in said


def test_a_heat_map_says_where_there_is_no_plan(report: Callable[[str], Path]) -> None:
    sheet = openpyxl.load_workbook(report("sweep of two"))["Sweep"]
    assert words(sheet).count("no plan") == 2 * 3
    assert len(sheet.conditional_formatting) == 3


def test_a_heat_map_tells_a_case_that_is_wrong_from_one_without_a_plan(tmp_path: Path) -> None:
    varied = Vary("Packages", "Bridge", "Amount", [60, 200, -1]), Vary("Sources", "South loan", "Limit", [50])
    path = finopt.write_report(finopt.sweep(lenders(), *varied), tmp_path / "grid.xlsx")
    said = words(openpyxl.load_workbook(path)["Sweep"])
    assert (said.count("no plan"), said.count("wrong input")) == (3, 3)


def test_the_report_of_a_plan_shows_its_scenarios(tmp_path: Path) -> None:
    case = lenders(Scenarios=SCENARIOS)
    path = finopt.write_report(finopt.solve(case), tmp_path / "plan.xlsx", finopt.what_if(case))
    book = openpyxl.load_workbook(path, data_only=True)
    assert [name for name in book.sheetnames if name != "Scenarios"] == SHEETS
    assert book.sheetnames.index("Scenarios") == book.sheetnames.index("Limits and prices") + 1
    assert book["Scenarios"]["E1"].value == "PASS"
    assert "Scenarios" in words(book["Cover"])
    assert differences(stored(path), formualized(path, formulas(path)), 100) == []


def test_a_simulation_counts_its_own_data(report: Callable[[str], Path]) -> None:
    found = study("simulation")
    assert isinstance(found, finopt.Cloud)
    sheet = openpyxl.load_workbook(report("simulation"), data_only=True)["Simulation"]
    cells = [[cell.value for cell in row] for row in sheet.iter_rows(max_col=5)]
    said = {row[0]: row[1:] for row in cells if row[0] is not None}
    funded = int((found.table["status"] == "optimal").sum())
    assert said["can be funded"][:2] == [funded, pytest.approx(found.funded)]
    assert said["Financing cost"][3] == pytest.approx(found.quantiles().loc["financing cost", 0.5], abs=1e-7)
    start = next(i for i, row in enumerate(cells) if str(row[0]).startswith("Financing cost of the scenarios"))
    bars = [row for row in cells[start + 2 :] if isinstance(row[0], int | float)]
    bars = bars[: next(i for i, row in enumerate(bars) if row[4] == pytest.approx(1)) + 1]
    assert sum(row[2] for row in bars) == funded
    assert [row[0] for row in bars[1:]] == [row[1] for row in bars[:-1]]


@pytest.mark.parametrize(
    "values", [[0.1, 0.2, 0.4], [683.3, 700.0, 912.4, 50_000.0], [-3.0, 2.0, 8.5], [1e6, 1e6 + 1, 1e6 + 2]]
)
def test_bars_stand_at_round_numbers_and_hold_every_value(values: list[float]) -> None:
    limits = edges(np.array(values))
    assert limits[0] <= min(values)
    assert limits[-1] > max(values)
    assert all(a < b for a, b in pairwise(limits))
    assert 2 <= len(limits) <= 45
    step = limits[1] - limits[0]
    assert f"{step:.12e}"[:3] in ("1.0", "2.0", "2.5", "5.0")


def test_every_kind_of_study_is_written_here_or_in_a_test_of_its_own() -> None:
    """Explanation below, Ranking with its recalculation in tests/study/scenarios/test_compare.py."""
    written = {type(study(name)) for name in STUDIES}
    assert {*KINDS} - written == {finopt.Explanation, finopt.Ranking}


def test_a_shock_stands_with_the_sizes_around_its_breach(report: Callable[[str], Path]) -> None:
    """Offers of 150 against works of 100: costs may be half as high again, and 0.01% more is too much."""
    sheet = openpyxl.load_workbook(report("stress"), data_only=True)["Stress"]
    cost = next(row for row in sheet.iter_rows(values_only=True) if row[0] == "Cost")
    assert cost[1:3] == (pytest.approx(0.5), pytest.approx(0.5001))
    assert "South gives at most 50 (Limit)" in cost[3].replace("South loan", "South")
    assert cost[4].startswith("With costs 50.01% higher no plan is left")
    shown = next(row[1] for row in sheet.iter_rows() if row[0].value == "Cost")
    assert shown.number_format == "0.00%"


def test_prices_alone_are_a_workbook_with_the_limit_that_binds(report: Callable[[str], Path]) -> None:
    """North is full at 70 and 3 points cheaper than South: one more of it saves 0.03."""
    sheet = openpyxl.load_workbook(report("prices"), data_only=True)["Limits and prices"]
    rows = [row for row in sheet.iter_rows(values_only=True) if row[3] == pytest.approx(70)]
    assert any(row[4] == pytest.approx(-0.03) for row in rows)
    assert any(row[11] == "yes" for row in rows)


def test_why_no_plan_exists_is_a_workbook_too(tmp_path: Path) -> None:
    """Works of 200 against offers of 150: 50 are missing."""
    found = finopt.explain(lenders().change("Packages", "*", "Amount", scale=2))
    book = openpyxl.load_workbook(finopt.write_report(found, tmp_path / "why.xlsx"))
    assert book.sheetnames == ["Repair"]
    said = " ".join(words(book["Repair"]))
    assert "no plan exists" in said
    assert "South loan" in said
    assert book.properties.subject == "Why no plan exists"


def test_a_case_with_a_plan_has_nothing_to_explain_in_its_workbook(tmp_path: Path) -> None:
    path = finopt.write_report(finopt.explain(lenders()), tmp_path / "why.xlsx")
    said = words(openpyxl.load_workbook(path)["Repair"])
    assert said[0].endswith("a plan exists")
    assert not any("no plan" in word for word in said)


def test_a_comparison_of_cases_is_written_like_every_study(tmp_path: Path) -> None:
    path = finopt.write_report(finopt.compare([lenders()]), tmp_path / "ranking.xlsx")
    book = openpyxl.load_workbook(path)
    assert book.sheetnames[0] == "Ranking"
    assert book.properties.title == "Comparison"


def test_reports_never_solve(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything is worked out first; then no solver may run, and all of it is written."""
    case = lenders(Scenarios=SCENARIOS)
    plan, prices, compared = finopt.solve(case), confirmed(case), finopt.what_if(case)
    found = [
        *(study(name) for name in STUDIES),
        finopt.compare([case]),
        finopt.explain(case.change("Sources", "*", "Limit", 1)),
    ]

    def solves(*_: object, **__: object) -> None:
        raise AssertionError("a report solved")

    monkeypatch.setattr(HighsSolver, "solve", solves)
    assert openpyxl.load_workbook(write_plan(plan, tmp_path / "plan.xlsx", prices, compared)).sheetnames[0] == "Cover"
    for i, result in enumerate(found):
        assert write_study(result, tmp_path / f"{i}.xlsx").exists()
    with pytest.raises(AssertionError, match="a report solved"):
        finopt.write_report(plan, tmp_path / "solved.xlsx")
