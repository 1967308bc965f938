"""Cases side by side: conversion by hand, the order, what stays without a plan, the workbook recalculated."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pytest

import finopt
from finopt import Basis, Case, CaseError, NotProven, Ranking
from finopt.case.comparison_terms import MEASURES, Criterion, ExchangeRate, Link, PriceIndex
from finopt.case.sheets import Budget, Cost
from finopt.solve.live_model import LiveModel
from tests.random_cases import make_case
from tests.report.recalc import differences, formualized, formulas, stored

TEN_DOLLARS = 1e-5
"""In millions."""
INPUTS = Path(__file__).parents[3] / "inputs"


def bridge(name: str = "Bridge", currency: str = "USD", start: int = 2027, amount: float = 100.0) -> Case:
    """Works of one year, a grant of 120, and revenue of 13 in each of the two years after."""
    first, built = dt.date(start, 1, 1), dt.date(start, 12, 31)
    dates = {"start_date": first, "construction_end": built, "end_date": dt.date(start + 2, 12, 31)}
    money = {"name": name, "currency": currency, "unit": "m", "period": "year", "discount_rate": 0.05}
    return make_case(
        {**money, **dates, "operating_period": "year"},
        Parties=[{"party": "State"}, {"party": "Bank"}],
        Sources=[
            {"source": "Grant", "party": "State", "instrument": "grant", "limit": 120, "rate": 0.05},
            {"source": "Loan", "party": "Bank", "instrument": "loan", "limit": 20, "rate": 0.05, "grace": 1},
        ],
        Packages=[{"package": "Works", "amount": amount, "start": first, "finish": built}],
        Budgets=[{"party": "State", "values": {str(start): 125.0}}],
        Revenue=[{"line": "Tolls", "kind": "revenue", "values": {str(start + 1): 13.0, str(start + 2): 13.0}}],
    )


def basis(**more: Any) -> Basis:
    return replace(
        Basis(
            currency="USD",
            year=2030,
            samples=8,
            index=(PriceIndex(currency="USD", values={"1968": 34.8, "2027": 300.0, "2030": 330.0}),),
            rates=(ExchangeRate(currency="RUB", values={"2027": 0.0125}),),
            links=(Link(case="Bridge", kilometres=4),),
        ),
        **more,
    )


def row(ranking: Ranking, case: str) -> pd.Series:
    return ranking.table[ranking.table["case"] == case].iloc[0]


# --------------------------------------------------------------------------- conversion


def test_money_goes_through_the_rate_and_the_index() -> None:
    """RUB 100 m of 2027 at 0.0125 are USD 1.25 m; prices 300 to 330 make them 1.375 m of 2030."""
    found = finopt.compare([bridge(), bridge("Most", "RUB")], basis())
    assert row(found, "Most")["cost, common"] == pytest.approx(1.375)
    assert row(found, "Bridge")["cost, common"] == pytest.approx(110)
    assert row(found, "Bridge")["cost per km"] == pytest.approx(27.5)
    assert np.isnan(row(found, "Most")["cost per km"])


@pytest.mark.parametrize(
    ("currency", "start", "sheet"), [("EUR", 2027, "Exchange rates"), ("USD", 2029, "Price index")]
)
def test_nothing_is_converted_in_silence(currency: str, start: int, sheet: str) -> None:
    with pytest.raises(CaseError, match=f"{sheet}.*{currency} in {start}"):
        finopt.compare([bridge(), bridge("Other", currency, start)], basis())


def test_without_a_basis_one_money_is_enough_and_two_are_not() -> None:
    found = finopt.compare([bridge(), bridge("Second", amount=80)])
    assert set(found.table["price factor"]) == {1.0}
    with pytest.raises(CaseError, match="RUB in 2027"):
        finopt.compare([bridge(), bridge("Most", "RUB")])


@pytest.mark.parametrize(("unit", "amount"), [("1", 1e8), ("Thousand", 1e5), ("mn", 100.0), ("BN", 0.1)])
def test_units_of_money(unit: str, amount: float) -> None:
    """A hundred million of 2027 in four units: 110 m of 2030 each."""
    case = bridge(amount=amount)
    grant = case.sources[0].model_copy(update={"limit": 2 * amount})
    tables = {
        "Sources": (grant,),
        "Budgets": (),
        "Revenue": (),
        "Project": (case.project.model_copy(update={"unit": unit}),),
    }
    found = finopt.compare([replace(case, tables={**case.tables, **tables})], basis())
    assert row(found, "Bridge")["cost, common"] == pytest.approx(110)


def test_a_unit_that_nobody_knows_is_told() -> None:
    case = bridge()
    odd = replace(case, tables={**case.tables, "Project": (case.project.model_copy(update={"unit": "lots"}),)})
    with pytest.raises(CaseError, match="'lots' in Bridge, expected one of '1'"):
        finopt.compare([odd], basis())


def test_every_missing_conversion_is_named_with_its_case() -> None:
    with pytest.raises(CaseError) as caught:
        finopt.compare([bridge("Pont", "EUR"), bridge("Brücke", "CHF")], basis())
    assert [("Pont" in str(f), "Brücke" in str(f)) for f in caught.value.findings] == [(True, False), (False, True)]


def test_a_package_stated_by_period_counts_in_the_cost() -> None:
    """Works of 100 with 10% in reserve, and 30 that sheet Costs states: 140, at 330 / 300 to money of 2030."""
    case = bridge()
    more = case.packages[0].model_copy(update={"contingency": 0.1})
    track = case.packages[0].model_copy(update={"package": "Track", "amount": None})
    costs = (Cost(package="track", values={"2027": 30.0}),)
    both = replace(case, tables={**case.tables, "Packages": (more, track), "Costs": costs})
    found = row(finopt.compare([both], basis()), "Bridge")
    assert (found["cost"], found["cost, common"]) == pytest.approx((140, 154))


@pytest.mark.parametrize(
    ("cases", "found"),
    [([], "no cases"), ([bridge(), bridge("Second"), bridge()], "two cases named 'Bridge', expected")],
)
def test_cases_have_names_of_their_own(cases: list[Case], found: str) -> None:
    with pytest.raises(CaseError, match=found):
        finopt.compare(cases, basis())


# --------------------------------------------------------------------------- figures


def test_what_revenue_carries_by_hand() -> None:
    """13 / 1.3 = 10 a year: 10/1.06 + 10/1.06² = 18.334 of the 100 drawn on the day of opening."""
    carried = row(finopt.compare([bridge()], basis(cover=1.3, debt_rate=0.06)), "Bridge")
    assert carried["debt capacity"] == pytest.approx(0.18333927)
    assert carried["tolls carry, common"] == pytest.approx(110 * 0.18333927)
    assert carried["gap if tolls carry it"] == pytest.approx(1 - 0.18333927)


def test_the_first_of_equal_peaks_is_named() -> None:
    """Two years of 60 each, but for ten dollars: the earlier one."""
    case, by_year = bridge(), {"2027": 60.0, "2028": 60 + TEN_DOLLARS}
    changed = {
        "Project": (case.project.model_copy(update={"construction_end": dt.date(2028, 12, 31)}),),
        "Packages": (case.packages[0].model_copy(update={"finish": dt.date(2028, 12, 31), "amount": None}),),
        "Sources": (case.sources[0].model_copy(update={"limit": 200.0}),),
        "Costs": (Cost(package="Works", values=by_year),),
        "Budgets": (Budget(party="State", values=by_year),),
        "Revenue": (),
    }
    peaks = finopt.compare([replace(case, tables={**case.tables, **changed})], basis()).parties.set_index("party")
    assert peaks.loc["State", "peak year"] == 2027
    assert peaks.loc["State", "peak against means"] == pytest.approx(1, abs=1e-6)


def test_peak_against_means() -> None:
    found = finopt.compare([bridge()], basis())
    party = found.parties.set_index("party").loc["State"]
    assert party["peak"] == pytest.approx(found.parties["money"].iloc[0])
    assert party["peak against means"] == pytest.approx(party["money"] / 125)
    bank = found.parties.set_index("party").loc["Bank"]
    assert bank["peak"] == 0
    assert np.isnan(bank["peak year"])
    assert np.isnan(bank["means"])


def test_what_breaks_first() -> None:
    """The grant of 120 and the loan that 13 a year repay: without the grant nothing else is enough, 1% steps."""
    found = row(finopt.compare([bridge(amount=120)], basis()), "Bridge")
    assert 0 < found["margin"] < 0.2
    assert found["breaks first"].startswith("it breaks first once")
    easy = row(finopt.compare([bridge(amount=60)], basis()), "Bridge")
    assert easy["margin"] > found["margin"]


def test_scores_are_proportions_between_worst_and_best() -> None:
    criterion = Criterion(criterion="cost per km", weight=1, best=7.5, worst=47.5)
    found = finopt.compare([bridge()], basis(criteria=(criterion,)))
    assert row(found, "Bridge")["score"] == pytest.approx(0.5)  # 27.5 lies half way
    assert [criterion.score(v) for v in (0, 7.5, 17.5, 47.5, 99)] == [1, 1, 0.75, 0, 0]


def test_weights_decide_the_order() -> None:
    cheap, short = bridge("Cheap", amount=50), bridge("Dear", amount=100)
    links = (Link(case="Cheap", kilometres=1), Link(case="Dear", kilometres=50))

    def order(margin: float, per_km: float) -> list[str]:
        criteria = (
            Criterion(criterion="gap if tolls carry it", weight=margin, best=0, worst=1),
            Criterion(criterion="cost per km", weight=per_km, best=0, worst=100),
        )
        return finopt.compare([cheap, short], basis(links=links, criteria=criteria)).order

    assert order(0.95, 0.05) == ["Cheap", "Dear"]
    assert order(0.05, 0.95) == ["Dear", "Cheap"]


def test_a_case_without_a_plan_stays_last_with_its_repair() -> None:
    found = finopt.compare([bridge("Too dear", amount=300), bridge()], basis())
    assert found.order == ["Bridge", "Too dear"]
    lost = row(found, "Too dear")
    assert lost["status"] == "no plan"
    assert np.isnan(lost["score"])
    assert "stays unpaid" in lost["reason"]
    assert "Repair:" in lost["reason"]
    assert lost["cost, common"] == pytest.approx(330)


def test_a_case_that_was_not_proven_says_so_and_claims_no_shortfall(monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(self: LiveModel) -> None:
        raise NotProven("Stopped after 60 seconds, 2% from the best.")

    monkeypatch.setattr(LiveModel, "plan", stopped)
    found = row(finopt.compare([bridge()], basis()), "Bridge")
    assert (found["status"], found["reason"]) == (
        "no plan",
        "Bridge has no plan: Stopped after 60 seconds, 2% from the best.",
    )


def test_a_case_without_a_figure_that_counts_has_no_score(tmp_path: Path) -> None:
    """Only the cost of a km counts, and the second case has no length."""
    criteria = (Criterion(criterion="cost per km", weight=1, best=5, worst=600),)
    found = finopt.compare([bridge("Second", amount=80), bridge()], basis(criteria=criteria))
    assert found.order == ["Bridge", "Second"]
    assert np.isnan(row(found, "Second")["score"])
    assert "no score" in row(found, "Second")["reason"]
    assert finopt.write_report(found, tmp_path / "comparison.xlsx").exists()


def test_every_case_has_its_reason() -> None:
    found = finopt.compare([bridge(), bridge("Second", amount=80)], basis())
    assert all(name in reason for name, reason in zip(found.table["case"], found.table["reason"], strict=True))
    assert "Bridge" in str(found)
    assert found.weights.sum() == pytest.approx(1)


# --------------------------------------------------------------------------- the compare workbook


def test_the_compare_workbook_states_every_conversion_of_the_worked_cases() -> None:
    """US prices of 1968 and 2007: 34.8 and 207.3 (1982-84 = 100)."""
    stated = finopt.read_basis(INPUTS / "comparison.xlsx")
    assert (stated.currency, stated.year, stated.samples) == ("USD", 2026, 100)
    assert stated.steps("USD", 1968) == pytest.approx((1.0, 330 / 34.8))
    assert stated.steps("RUB", 2016)[0] == pytest.approx(1 / 67, abs=1e-4)
    assert stated.length("world link of 2007") == 6000
    assert sum(c.weight for c in stated.criteria) == pytest.approx(1)


@pytest.mark.parametrize(
    ("sheet", "cell", "value", "expected"),
    [
        ("Comparison", "Samples", 0, "a whole number of 1 or more"),
        ("Comparison", "Samples", "many", "a whole number of 1 or more"),
        ("Comparison", "Cover", -1, "a number above 0"),
        ("Comparison", "Debt rate", 6, "a share of 0 or more"),
        ("Comparison", "Price year", 2026.5, "a year such as 2026"),
        ("Exchange rates", "RUB", -0.01, ""),
    ],
)
def test_a_value_that_cannot_be_is_told_with_its_cell(
    sheet: str, cell: str, value: Any, expected: str, tmp_path: Path
) -> None:
    with pytest.raises(CaseError, match=rf"{sheet}!B\d+ .*{expected}"):
        finopt.read_basis(edited(tmp_path, sheet, lambda row: [row[0], value] if row[0] == cell else None))


def test_an_item_a_second_time_is_told(tmp_path: Path) -> None:
    with pytest.raises(CaseError, match="'Debt rate' a second time"):
        finopt.read_basis(edited(tmp_path, "Comparison", lambda row: ["Debt rate"] if row[0] == "Cover" else None))


def test_weights_are_not_all_nothing(tmp_path: Path) -> None:
    with pytest.raises(CaseError, match=r"Criteria!B\d+ Weight: found 0 in every row"):
        finopt.read_basis(edited(tmp_path, "Criteria", lambda row: [row[0], 0] if row[0] in MEASURES else None))


def test_a_criterion_is_known_in_any_case(tmp_path: Path) -> None:
    path = edited(tmp_path, "Criteria", lambda row: ["Cost  per KM"] if row[0] == "cost per km" else None)
    assert {c.criterion for c in finopt.read_basis(path).criteria} == set(MEASURES)


def edited(folder: Path, sheet: str, change: Callable[[list[Any]], list[Any] | None]) -> Path:
    """The compare workbook of the worked cases, the rows of one sheet changed from the left."""
    book = openpyxl.load_workbook(INPUTS / "comparison.xlsx")
    for cells in book[sheet].iter_rows():
        for cell, value in zip(cells, change([c.value for c in cells]) or [], strict=False):
            cell.value = value
    book.save(folder / "terms.xlsx")
    return folder / "terms.xlsx"


def test_a_case_is_no_compare_workbook() -> None:
    with pytest.raises(CaseError, match="Criteria"):
        finopt.read_basis(INPUTS / "bering_tunnel.xlsx")


def test_three_worked_cases_in_three_moneys() -> None:
    """The bridge that was built stands before the railway that was refused and the bridge that was drawn."""
    names = ("siberia_alaska_1904", "peace_bridge", "amur_rail_bridge")
    stated = replace(finopt.read_basis(INPUTS / "comparison.xlsx"), samples=20)
    found = finopt.compare([finopt.read_case(INPUTS / f"{name}.xlsx") for name in names], stated)
    assert found.order[0] == "Amur rail bridge, Russian part"
    assert set(found.table["status"]) == {"optimal"}
    costs = found.table.set_index("case")["cost, common"]
    assert costs["Siberia-Alaska railway of 1904"] == pytest.approx(300 * 330 / 9)


# --------------------------------------------------------------------------- the report


def test_the_workbook_recalculates(tmp_path: Path) -> None:
    cases = [bridge(), bridge("Most", "RUB"), bridge("Too dear", amount=300)]
    found = finopt.compare(cases, basis())
    path = finopt.write_report(found, tmp_path / "comparison.xlsx")
    cells = formulas(path)
    assert len(cells) > 20
    assert differences(stored(path, cells), formualized(path, cells), 100.0) == []
    assert pd.read_excel(path, sheet_name="Ranking", header=3)["Case"].tolist()[:3] == found.order


def test_another_exchange_rate_and_price_level_move_the_cost(tmp_path: Path) -> None:
    """RUB 100 m at 0.025 instead of 0.0125, prices 300 to 360 instead of 330: USD 3 m, over 4 km 0.75."""
    links = (Link(case="Most", kilometres=4),)
    path = finopt.write_report(
        finopt.compare([bridge("Most", "RUB")], basis(links=links)), tmp_path / "comparison.xlsx"
    )
    cells = {place: v for place, v in formulas(path).items() if place in (("Ranking", "D5"), ("Ranking", "E5"))}
    assert stored(path, cells) == pytest.approx({("Ranking", "D5"): 1.375, ("Ranking", "E5"): 1.375 / 4})
    moved = formualized(path, cells, {("Conversion", "E5"): 0.025, ("Conversion", "G5"): 360.0})
    assert moved == pytest.approx({("Ranking", "D5"): 3.0, ("Ranking", "E5"): 0.75})


def test_another_weight_moves_the_score(tmp_path: Path) -> None:
    found = finopt.compare([bridge()], basis())
    path = finopt.write_report(found, tmp_path / "comparison.xlsx")
    score = {address: value for address, value in formulas(path).items() if address == ("Ranking", "B5")}
    before = stored(path, score)["Ranking", "B5"]
    first = float(found.scores.iloc[0].dropna().iloc[0])
    column = "BCDEFG"[list(found.scores.columns).index(str(found.scores.iloc[0].dropna().index[0]))]
    after = formualized(path, score, {("Scores", f"{column}7"): 1e6})["Ranking", "B5"]
    assert before == pytest.approx(found.table["score"].iloc[0])
    assert after == pytest.approx(first, abs=1e-4)
