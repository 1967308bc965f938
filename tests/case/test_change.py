"""Changes of a case: a heading may be given as what it is, a year as a number and a day as a date."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pytest

from finopt import CaseError, Change
from finopt.case.case import Case
from finopt.case.sheets import Budget
from tests.random_cases import make_case


def budgeted() -> Case:
    window = {"start": dt.date(2029, 1, 1), "finish": dt.date(2030, 12, 31)}
    return make_case(
        {"construction_end": dt.date(2030, 12, 31), "discount_rate": 0},
        Parties=[{"party": "Moscow"}],
        Budgets=[{"party": "Moscow", "values": {"2029": 100.0, "2030-H1": 40.0}}],
        Sources=[{"source": "Grant", "party": "Moscow", "instrument": "grant", "limit": 900}],
        Packages=[{"package": "Bridge", "amount": 60, **window}],
    )


def stated(case: Case) -> dict[str, float]:
    return dict(case.rows(Budget)[0].values)


@pytest.mark.parametrize("year", [2029, 2029.0, np.int64(2029), "2029", dt.date(2029, 1, 1)])
def test_a_year_may_be_a_number(year: Any) -> None:
    found = stated(budgeted().change("Budgets", "Moscow", year, 500))
    assert found["2029" if year != dt.date(2029, 1, 1) else "2029-01-01"] == 500
    assert found["2030-H1"] == 40


def test_a_year_that_was_blank_is_added() -> None:
    assert stated(budgeted().change("Budgets", "Moscow", 2030, 70))["2030"] == 70


def test_a_number_may_be_added_or_scaled_too() -> None:
    assert stated(budgeted().change("Budgets", "Moscow", 2029, add=50))["2029"] == 150
    assert stated(budgeted().change("Budgets", "Moscow", 2029, scale=0.5))["2029"] == 50


def test_changes_made_apart_say_the_same() -> None:
    change = Change("Budgets", "Moscow", 2029, 500)  # type: ignore[arg-type]  # what a notebook does
    assert change == Change("Budgets", "Moscow", "2029", 500)
    assert str(change) == "Budgets/Moscow/2029 set to 500"


def test_a_number_that_is_no_column_is_refused_by_name() -> None:
    with pytest.raises(CaseError, match="2029"):
        budgeted().change("Sources", "Grant", 2029, 500)
