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
from finopt.report.studies.write import Study
from finopt.report.write_report import PAGES
from tests.report.recalc import differences, formualized, formulas, stored
from tests.study.scenarios.test_sweep import DRIVERS
from tests.study.small import change, lenders

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
    table = getattr(found, {"deals": "different", "simulation": "tidy"}.get(name, "table"))
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
    assert [name for name in book.sheetnames if name != "Scenarios"] == [page.title for page in PAGES if not page.optional]
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
