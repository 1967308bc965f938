"""Figures out of all proportion are findings with their cell; what plainly means "no limit" is not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import finopt
from finopt.case.case import Case
from finopt.case.proportion import amounts_in_proportion, covenants_in_reach, years_in_reach

INPUTS = Path(__file__).parents[2] / "inputs"
PEACE = INPUTS / "peace_bridge.xlsx"


def refused(case: Case, *change: Any, value: float) -> str:
    with pytest.raises(finopt.CaseError) as error:
        case.change(*change, value=value)
    return str(error.value)


@pytest.mark.parametrize("factor", [1e9, 1e12, 1e15])
def test_an_amount_a_thousand_million_times_its_neighbours_is_a_finding(factor: float) -> None:
    case = finopt.read_case(PEACE)
    toll = next(row for row in case.revenue if len(row.values) > 3)
    year = list(toll.values)[3]
    text = refused(case, "Revenue", toll.line, year, value=toll.values[year] * factor)
    assert text.startswith(f"Revenue!{toll.where(year)[1]}")
    assert "in proportion" in text
    package = case.packages[0]
    assert "Packages!" in refused(case, "Packages", package.package, "Amount", value=package.amount * factor)
    assert "Minimum cash" in refused(case, "Project", "Minimum cash", "Value", value=25 * factor)  # usual: 23


@pytest.mark.parametrize("column", ["Tenor", "Grace"])
def test_years_that_nobody_agrees_on_are_a_finding(column: str) -> None:
    case = finopt.read_case(PEACE)
    loan = next(s.source for s in case.sources if s.tenor is not None)
    text = refused(case, "Sources", loan, column, value=1e15)
    assert text.startswith("Sources!")
    assert "no more than 1,000 years" in text


@pytest.mark.parametrize("limit", [1e4, 1e9, 1e15])
def test_a_ratio_that_no_lender_asks_for_is_a_finding(limit: float) -> None:
    case = finopt.read_case(INPUTS / "amur_rail_bridge.xlsx")
    text = refused(case, "Covenants", "DSCR", "Limit", value=limit)
    assert text.startswith("Covenants!")
    assert "no more than 1,000" in text


@pytest.mark.parametrize("limit", [1e12, 1e15])
def test_a_ceiling_may_stand_for_no_limit(limit: float) -> None:
    case = finopt.read_case(PEACE)
    moved = case
    for source in case.sources:
        moved = moved.change("Sources", source.source, "Limit", value=limit)
    moved = moved.change("Parties", case.parties[0].party, "Total budget", value=limit)
    moved = moved.change("Project", "Maximum cash", "Value", value=limit)
    assert moved.sources[0].limit == limit


@pytest.mark.parametrize("path", sorted(INPUTS.glob("*.xlsx")), ids=lambda p: p.stem)
def test_no_worked_case_is_out_of_proportion(path: Path) -> None:
    try:
        case = finopt.read_case(path)
    except finopt.CaseError:  # a comparison names cases and is none itself
        assert path.stem == "comparison"
        return
    for check in (amounts_in_proportion, years_in_reach, covenants_in_reach):
        assert [*check(case)] == []
