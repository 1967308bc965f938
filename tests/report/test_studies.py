"""Workbooks of studies: the study first, formulas that recalculate, charts, and the whole table for pandas."""

from __future__ import annotations

import functools
import re
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest

import finopt
from finopt import Vary
from finopt.report.frame import SHEETS
from finopt.report.workbook import Study
from tests.report.recalc import differences, formualized, formulas, stored
from tests.study.small import change, lenders
from tests.study.test_sweep import DRIVERS

SCENARIOS = [
    {"scenario": "South shut", **change("Sources", "South loan", "Limit", "set", 10)},
    {"scenario": "=Too much", **change("Packages", "*", "Amount", "scale", 2)},
    {"scenario": "Overrun", **change("Packages", "*", "Amount", "scale", 1.1)},
]
AMOUNT = Vary("Packages", "*", "Amount", scale=[0.8, 1, 1.2, 1.6])
STUDIES: Mapping[str, tuple[str, int, Callable[[], Study]]] = {
    "what if": ("Scenarios", 2, lambda: finopt.what_if(lenders(Scenarios=SCENARIOS))),
    "sweep of one": ("Sweep", 2, lambda: finopt.sweep(lenders(), AMOUNT)),
    "sweep of two": ("Sweep", 0, lambda: finopt.sweep(lenders(), AMOUNT, Vary("Sources", "*", "Rate", add=[0, 0.01]))),
    "tornado": ("Tornado", 1, lambda: finopt.tornado(lenders(Uncertainty=DRIVERS))),
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
    assert bool(live) == (name in ("what if", "tornado", "deals"))
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
    table = found.different if name == "deals" else found.table  # type: ignore[union-attr]
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


def test_the_report_of_a_plan_shows_its_scenarios(tmp_path: Path) -> None:
    case = lenders(Scenarios=SCENARIOS)
    path = finopt.write_report(finopt.solve(case), tmp_path / "plan.xlsx", finopt.what_if(case))
    book = openpyxl.load_workbook(path, data_only=True)
    assert [name for name in book.sheetnames if name != "Scenarios"] == list(SHEETS)
    assert book.sheetnames.index("Scenarios") == book.sheetnames.index("Limits and prices") + 1
    assert book["Scenarios"]["E1"].value == "PASS"
    assert "Scenarios" in words(book["Cover"])
    assert differences(stored(path), formualized(path, formulas(path)), 100) == []
