"""Prices against arithmetic by hand and against solving the changed workbook afresh."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pulp
import pytest

import finopt
from finopt.case.case import Case
from finopt.study.sensitivity.prices import confirmed
from finopt.wording import figure, nice
from tests.random_cases import make_case, random_case

DEARER = 0.1 / 1.08**2
"""What a unit costs more at 20% than at 10%: drawn after a year, owed after two, discounted at 8%."""


def two_equities(limit: float = 60.0, **more: Any) -> Case:
    """100 to be paid after a year: at 10% as far as it goes, the rest at 20%."""
    sources = [
        {"source": "Cheap", "party": "A", "instrument": "equity", "limit": limit, "rate": 0.10},
        {"source": "Dear", "party": "B", "instrument": "equity", "limit": 500, "rate": 0.20},
        *more.pop("Sources", ()),
    ]
    package = {"package": "Works", "amount": 100, "start": dt.date(2030, 1, 1), "finish": dt.date(2030, 12, 31)}
    return make_case({}, Sources=sources, Packages=[package], **more)


def test_a_limit_says_what_more_of_it_saves_and_how_far_that_holds() -> None:
    row = confirmed(two_equities()).limits.iloc[0]
    assert row["limit"] == "Cheap's limit"
    assert row["price"] == pytest.approx(-DEARER)
    assert (row["range_from"], row["range_to"]) == (pytest.approx(0), pytest.approx(100))
    assert row["step_more"] == row["step_less"] == 5
    assert row["change_more"] == pytest.approx(-5 * DEARER)
    assert row["change_less"] == pytest.approx(5 * DEARER)
    assert row["confirmed"]
    assert row["sentence"] == "5 more of Cheap's limit saves 0.4287; this holds up to 40 more."


def test_a_budget_that_carries_over_is_named_by_the_year_up_to_which_it_counts() -> None:
    package = {"package": "Works", "amount": 100, "start": dt.date(2030, 1, 1), "finish": dt.date(2031, 12, 31)}
    budget = {"party": "A", "carry_over": True, "values": {"2030": 20, "2031": 20}}
    sources = [
        {"source": "Cheap", "party": "A", "instrument": "equity", "limit": 60, "rate": 0.10},
        {"source": "Dear", "party": "B", "instrument": "equity", "limit": 500, "rate": 0.20},
    ]
    dates = {"construction_end": dt.date(2031, 12, 31), "end_date": dt.date(2032, 12, 31)}
    made = make_case(dates, Sources=sources, Packages=[package], Budgets=[budget])
    rows = confirmed(made).limits.set_index("limit")
    assert set(rows.index) == {"A's 2030 budget", "A's budget up to 2031"}
    assert rows.loc["A's budget up to 2031", "stands"] == pytest.approx(40)  # what both years bring


def test_a_corner_tells_both_sides() -> None:
    row = confirmed(two_equities(limit=100.0)).limits.iloc[0]
    assert not row["confirmed"]
    assert row["change_more"] == 0
    assert row["change_less"] == pytest.approx(10 * DEARER)
    assert (
        "10 more of Cheap's limit changes nothing; 10 less of Cheap's limit costs 0.8573: a corner" in row["sentence"]
    )


def test_a_limit_without_which_there_is_no_plan_says_so() -> None:
    case = two_equities().change("Sources", "Dear", "Limit", 40)
    row = confirmed(case).limits.iloc[0]
    assert np.isnan(row["change_less"])
    assert (
        row["sentence"]
        == "5 more of Cheap's limit saves 0.4287; this holds up to 40 more; 5 less of Cheap's limit leaves no plan."
    )


def test_a_floor_saves_when_it_asks_less() -> None:
    floor = {"rule": "Ticket", "money_from": "party: B", "sense": ">=", "value": 50, "measure": "amount"}
    rows = confirmed(two_equities(Rules=[floor])).limits.set_index("limit")
    assert rows.loc["rule Ticket", "price"] == pytest.approx(DEARER)
    assert rows.loc["rule Ticket", "sentence"] == (
        "5 less than rule Ticket asks saves 0.4287; this holds up to 10 less."
    )


def test_an_aim_that_is_maximised_is_told_in_its_own_sense() -> None:
    aim = {"priority": 1, "aim": "maximise", "measure": "money", "of": "party: A"}
    row = confirmed(two_equities(Objectives=[aim])).limits.iloc[0]
    assert row["price"] == pytest.approx(1)
    assert row["sentence"] == "5 more of Cheap's limit adds 5 to the money; this holds up to 40 more."


def test_an_unused_source_says_at_which_rate_it_enters_and_whom_it_displaces() -> None:
    dearest = {"source": "Dearest", "party": "C", "instrument": "equity", "limit": 30, "rate": 0.30}
    case = two_equities(Sources=[dearest])
    row = confirmed(case).unused.iloc[0]
    assert row["enters_at"] == pytest.approx(0.20, abs=1.01e-4)
    assert row["enters_at"] < 0.20
    assert row["money"] == pytest.approx(30)
    assert row["displaces"] == "Dear (30 less)"
    used = finopt.solve(case.change("Sources", "Dearest", "Rate", row["enters_at"]))
    assert used.by_source["Dearest"] == pytest.approx(30)
    assert used.cost - finopt.solve(case).cost == pytest.approx(row["change"])
    idle = finopt.solve(case.change("Sources", "Dearest", "Rate", row["enters_at"] + 2e-4))
    assert idle.by_source["Dearest"] == pytest.approx(0)


def test_a_fee_keeps_a_source_out() -> None:
    """The project pays the fee f with more of the same money: 1.1/(1 - f) is owed for a unit, against 1.2."""
    feed = {"source": "Feed", "party": "C", "instrument": "equity", "limit": 30, "rate": 0.10, "draw_fee": 0.2}
    table = confirmed(two_equities(Sources=[feed])).unused.set_index("term")
    assert table.loc["Draw fee", "enters_at"] == pytest.approx(1 - 1.1 / 1.2, abs=1.01e-4)


def test_a_tenor_keeps_a_loan_out() -> None:
    """Below the discount rate a loan is cheaper the longer it runs."""
    loans = [
        {"source": f"{n} years", "party": "A", "instrument": "loan", "limit": 500, "rate": 0.06, "tenor": n,
         "grace": 1, "repayment": "bullet", "repaid_by": "A"}
        for n in (2, 4)
    ]  # fmt: skip
    package = {"package": "Works", "amount": 100, "start": dt.date(2030, 1, 1), "finish": dt.date(2030, 12, 31)}
    end = {"end_date": dt.date(2037, 12, 31)}
    table = confirmed(make_case(end, Sources=loans, Packages=[package])).unused.set_index("term")
    assert table.loc["Tenor", "enters_at"] == 5
    assert table.loc["Tenor", "displaces"] == "4 years (100 less)"


def test_a_shut_gate_is_named_with_what_it_holds_back() -> None:
    better = {"source": "Behind", "party": "C", "instrument": "equity", "limit": 30, "rate": 0.10, "gate": "Licence"}
    case = two_equities(Sources=[better], Gates=[{"gate": "Licence", "open": False}])
    row = confirmed(case).unused.iloc[0]
    assert row["change"] == pytest.approx(-30 * DEARER)
    assert row["sentence"] == (
        "Behind waits for gate Licence, which is shut; "
        "open, it would pay 30 instead of Dear (30 less): that saves 2.572."
    )


def test_a_share_is_priced_by_a_notch() -> None:
    parties = [{"party": "A"}, {"party": "B", "minimum_share": 0.5}]
    row = confirmed(two_equities(Parties=parties)).covenants.iloc[0]
    assert (row["tighter"], row["looser"]) == (0.51, 0.49)
    assert row["change_tighter"] == pytest.approx(DEARER)
    assert row["change_looser"] == pytest.approx(-DEARER)
    assert row["sentence"] == "B's minimum share stands at 0.5: 0.51 costs 0.08573; 0.49 saves 0.08573."


def test_a_covenant_tells_its_headroom_and_its_notch() -> None:
    loan = {"source": "Loan", "party": "A", "instrument": "loan", "limit": 500, "rate": 0.05, "repayment": "sculpted",
            "grace": 1}  # fmt: skip
    revenue = [{"line": "Tolls", "kind": "revenue", "values": {"2032": 63.0, "2033": 66.0}}]
    case = two_equities(Sources=[loan], Revenue=revenue, Covenants=[{"covenant": "DSCR", "limit": 1.5}]).change(
        "Project", "End date", "Value", dt.date(2033, 12, 31)
    )
    row = confirmed(case).covenants.iloc[0]
    assert (row["tighter"], row["looser"]) == (1.55, 1.45)
    assert row["headroom"] == 0
    tighter = finopt.solve(case.change("Covenants", "DSCR", "Limit", 1.55)).cost - finopt.solve(case).cost
    assert tighter > 0
    assert row["change_tighter"] == pytest.approx(tighter, rel=1e-6)


def test_whole_numbers_of_the_users_own_are_held_and_said() -> None:
    model = finopt.build(two_equities())
    lots = model.problem.add_variable("lots", 0, 10, cat="Integer")
    drawn = pulp.lpSum(x for (s, _, _), x in model.variables.draw.items() if s == 0)
    model.problem.addConstraint(drawn == 25 * lots, "in_lots")
    prices = confirmed(model)
    assert "Whole numbers are held" in prices.note
    row = prices.limits.set_index("limit").loc["in_lots"]
    assert row["price"] == pytest.approx(-DEARER)


@pytest.mark.parametrize("seed", [37, 39, 42, 44, 45, 46])
def test_every_change_is_that_of_the_changed_workbook(seed: int) -> None:
    """Limits of sources and total budgets, one step up and down, each solved afresh."""
    case = random_case(seed)
    if any(row.covenant == "LLCR" for row in case.covenants):  # its discount rate is an average weighted by limits
        case = finopt.Case({**case.tables, "Covenants": ()})
    prices = confirmed(case, terms=False)
    base = finopt.solve(case).objective
    asked = prices.limits[prices.limits["family"] == "source_limit"]
    assert not asked.empty
    for row in asked.to_dict("records"):
        source = case.sources[int(row["key"])].source
        for way, sign in (("more", 1), ("less", -1)):
            step, change = row[f"step_{way}"], row[f"change_{way}"]
            again = finopt.solve(case.change("Sources", source, "Limit", add=sign * step)).objective - base
            assert again == pytest.approx(change, rel=1e-5, abs=1e-7 * max(1.0, abs(base)))
        told = min(row["change_more"], -row["change_less"]) if row["confirmed"] else row["change_more"]
        if row["confirmed"] and row["price"]:
            assert f"saves {figure(abs(row['change_more']))};" in row["sentence"]
        assert told <= 1e-7


@pytest.mark.parametrize("seed", range(50, 56))
def test_a_confirmed_price_is_the_slope_on_both_sides(seed: int) -> None:
    table = confirmed(random_case(seed), terms=False).limits
    sure = table[table["confirmed"].astype(bool) & table["change_more"].notna() & table["change_less"].notna()]
    assert not sure.empty
    for row in sure.to_dict("records"):
        slack = 1e-6 / min(row["step_more"], row["step_less"])
        assert row["change_more"] / row["step_more"] == pytest.approx(row["price"], rel=1e-4, abs=slack)
        assert -row["change_less"] / row["step_less"] == pytest.approx(row["price"], rel=1e-4, abs=slack)


def test_without_time_nothing_is_called_confirmed() -> None:
    prices = confirmed(two_equities(), seconds=0.0)
    assert not prices.limits["confirmed"].any()
    assert "no time to confirm" in prices.limits.iloc[0]["sentence"]


def test_a_plan_with_constraints_of_its_own_is_sent_to_its_model() -> None:
    model = finopt.build(two_equities())
    drawn = pulp.lpSum(x for (s, _, _), x in model.variables.draw.items() if s == 0)
    model.problem.addConstraint(drawn <= 30, "mine")
    prices = confirmed(finopt.solve(model))
    assert prices.limits.empty
    assert "constraints of its own" in prices.note


def test_the_live_model_is_back_home_afterwards() -> None:
    case = two_equities(Parties=[{"party": "A"}, {"party": "B", "minimum_share": 0.5}])
    assert str(confirmed(case)) == str(confirmed(case))


@pytest.mark.parametrize(("most", "step"), [(6, 5), (5, 5), (4.9, 2), (0.013, 0.01), (2000, 2000)])
def test_steps_are_round(most: float, step: float) -> None:
    assert nice(most) == pytest.approx(step)


@pytest.mark.parametrize(
    ("value", "text"), [(1234.4, "1,234"), (12.346, "12.35"), (0.43210, "0.4321"), (240.0, "240"), (0.0, "0")]
)
def test_figures_have_four_digits(value: float, text: str) -> None:
    assert figure(value) == text
