"""Frontiers whose corners are known by arithmetic."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest

import finopt
from finopt import CaseError
from finopt.case.case import Case
from finopt.case.sheets import Rule
from tests.random_cases import make_case, random_case
from tests.study.small import BEST, LOAN, lenders


def test_less_of_a_partys_money_bends_where_the_next_lender_is_full() -> None:
    # North's money goes to South at 3 more a hundred until South is full at 50, then to East at 7 more
    found = finopt.frontier(lenders(), "money party: North")
    assert (found.cheapest, found.least) == (pytest.approx(70), pytest.approx(20))
    corners = found.corners
    assert corners["limit"].to_numpy() == pytest.approx([70, 50, 20], abs=1e-5)
    assert corners["cost"].to_numpy() == pytest.approx([BEST, 6.5, 8.6], abs=1e-5)
    prices = found.table["price"].to_numpy()[:-1]
    assert prices == pytest.approx(np.where(found.table["limit"][:-1] > 50 + 1e-3, 0.03, 0.07), abs=1e-4)
    middle = found.table.set_index("corner").loc[True].iloc[1]
    assert [middle[f"money {name}"] for name in ("North", "South", "East")] == pytest.approx([50, 50, 0], abs=1e-4)


def test_more_of_a_partys_money() -> None:
    found = finopt.frontier(lenders(), "money of party: East", maximise=True, points=4)
    # East replaces South at 4 more a hundred, all 30 of it
    assert found.table["limit"].to_numpy() == pytest.approx([0, 10, 20, 30], abs=1e-5)
    assert found.table["cost"].to_numpy() == pytest.approx([5.9, 6.3, 6.7, 7.1], abs=1e-5)
    assert found.table["corner"].tolist() == [True, False, False, True]
    assert found.table["price"].to_numpy()[:-1] == pytest.approx([0.04] * 3, abs=1e-5)


def test_a_peak_is_lowered_by_spreading() -> None:
    years = {"start": dt.date(2030, 1, 1), "finish": dt.date(2030, 12, 31)}
    later = {"start": dt.date(2031, 1, 1), "finish": dt.date(2031, 12, 31)}
    project = {"construction_end": dt.date(2031, 12, 31), "end_date": dt.date(2032, 12, 31), "discount_rate": 0}
    loan = {**LOAN, "grace": 2, "tenor": 3}
    case = make_case(
        project,
        Parties=[{"party": "North"}, {"party": "South"}, {"party": "State"}],
        Sources=[{"source": "N", "party": "North", "limit": 200, "rate": 0.05, **loan},
                 {"source": "S", "party": "South", "limit": 200, "rate": 0.06, **loan}],
        Packages=[{"package": "Bridge", "amount": 60, **years}, {"package": "Road", "amount": 40, **later}],
    )  # fmt: skip
    # in 2030 a loan runs 2 years, in 2031 1 year: moving 20 from N to S in 2030 costs 20 x 2 x 1%, then both years move
    found = finopt.frontier(case, "peak year party: North")
    assert found.corners["limit"].to_numpy() == pytest.approx([60, 40, 0], abs=1e-5)
    assert found.corners["cost"].to_numpy() == pytest.approx([8, 8.4, 9.6], abs=1e-5)


def geared() -> Case:
    """A loan at 5% that tolls repay, or equity at 10%, for 100: at gearing g the cost is 10 - 5 g."""
    window = {"start": dt.date(2030, 1, 1), "finish": dt.date(2030, 12, 31)}
    project = {"construction_end": dt.date(2030, 12, 31), "end_date": dt.date(2031, 12, 31), "discount_rate": 0}
    return make_case(
        project,
        Sources=[
            {"source": "Loan", "party": "Bank", "limit": 80, "rate": 0.05, **LOAN, "repaid_by": "project"},
            {"source": "Equity", "party": "Fund", "instrument": "equity", "limit": 60, "rate": 0.1},
        ],
        Packages=[{"package": "Bridge", "amount": 100, **window}],
        Revenue=[{"line": "Tolls", "kind": "revenue", "values": {"2031": 300}}],
    )


def test_gearing_is_held_as_a_covenant_holds_it() -> None:
    found = finopt.frontier(geared(), "gearing", points=5)
    assert found.cheapest == pytest.approx(0.8)
    assert found.least == pytest.approx(0.4, abs=3e-4)
    assert found.table["reached"].to_numpy() == pytest.approx(found.table["limit"].to_numpy(), abs=1e-6)
    assert found.table["cost"].to_numpy() == pytest.approx(10 - 5 * found.table["limit"].to_numpy(), abs=1e-6)


def test_a_level_that_no_plan_reaches_says_how_far_one_can_go() -> None:
    found = finopt.frontier(lenders(), "money party: North", values=[60, 10, 70])
    assert found.table["status"].tolist() == ["optimal", "infeasible", "optimal"]
    assert found.table["cost"].to_numpy() == pytest.approx([6.2, np.nan, 5.9], nan_ok=True)
    assert found.table["reason"][1] == ("no plan brings money party: North down to 10.0: the least possible is 20.0")


def test_nothing_to_trade_is_one_row() -> None:
    found = finopt.frontier(lenders(), "money")
    assert len(found.table) == 1
    assert found.table["cost"][0] == pytest.approx(BEST)


@pytest.mark.parametrize("seed", [4, 19])
def test_a_frontier_is_convex_and_each_point_is_the_least_cost(seed: int) -> None:
    case = random_case(seed)
    found = finopt.frontier(case, "money party: Fund", maximise=True, points=5)
    table = found.table
    assert len(table) >= 5
    size = 1e-6 * max(1.0, float(table["cost"].abs().max()))
    assert table["cost"].is_monotonic_increasing
    chords = table["cost"].diff() / table["limit"].diff()
    assert (chords.diff().dropna() >= -1e-3 * chords.abs().max()).all()
    row = {"rule": "Hold", "money_from": "party: Fund", "spent_on": "all", "sense": ">=", "measure": "amount",
           "when": "total"}  # fmt: skip
    for limit, cost in zip(table["limit"][1:-1], table["cost"][1:-1], strict=True):
        rule = Rule.model_validate({**row, "value": limit})
        held = replace(case, tables={**case.tables, "Rules": (*case.rules, rule)})
        assert finopt.solve(held).cost == pytest.approx(cost, abs=10 * size)


@pytest.mark.parametrize(
    ("of", "said"),
    [
        ("monye party: North", "did you mean money"),
        ("money party: Nort", "did you mean North"),
        ("money parti North", "is not a selector"),
        ("money north", "did you mean `party: North`"),
        ("peak year package: Road", "does not apply"),
    ],
)
def test_an_unknown_measure_is_told(of: str, said: str) -> None:
    with pytest.raises(CaseError, match=said):
        finopt.frontier(lenders(), of)


def test_more_gearing_is_not_a_question() -> None:
    with pytest.raises(CaseError, match="held down"):
        finopt.frontier(geared(), "gearing", maximise=True)


def test_a_case_without_a_plan_has_no_frontier() -> None:
    with pytest.raises(finopt.Infeasible):
        finopt.frontier(lenders().change("Packages", "*", "Amount", scale=3), "peak debt")
