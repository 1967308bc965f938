"""Breaches, switching points and pumps that are known by arithmetic."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

import numpy as np
import pytest

import finopt
from finopt.case.case import Case
from finopt.case.sheets import Source
from finopt.errors import Infeasible, Unbounded
from finopt.model.build import FAMILIES
from finopt.study.infeasible.explain import explain
from finopt.study.infeasible.stress import delayed, stress
from finopt.study.infeasible.unbounded import pump
from finopt.study.tradeoff.discount_rate import flip
from tests.random_cases import make_case

YEAR = {"start": dt.date(2030, 1, 1), "finish": dt.date(2030, 12, 31)}
WORKS = {"package": "Works", "amount": 100, **YEAR}


def equity(name: str, limit: float, **more: Any) -> dict[str, Any]:
    return {"source": name, "party": name, "instrument": "equity", "limit": limit, "rate": 0.1, **more}


def tolled(rate: float = 0.0, **revenue: float) -> Case:
    """50 lent at the end of 2030 and repaid at the end of 2032 out of tolls; interest is paid every year."""
    loan = {"source": "Loan", "party": "Bank", "instrument": "loan", "limit": 50, "rate": rate, "grace": 2, "tenor": 3}
    tolls = {"line": "Tolls", "kind": "revenue", "values": {year.removeprefix("y"): m for year, m in revenue.items()}}
    works = {**WORKS, "amount": 50}
    return make_case({"end_date": dt.date(2032, 12, 31)}, Sources=[loan], Packages=[works], Revenue=[tolls])


def breach(case: Case, shock: str) -> dict[str, Any]:
    table = stress(case).table.set_index("shock")
    return dict(table.loc[shock])


def test_cost_breaks_where_offers_end() -> None:
    """100 against offers of 120."""
    found = breach(make_case({}, Sources=[equity("A", 60), equity("B", 60)], Packages=[WORKS]), "cost")
    assert (found["holds_at"], found["breaks_at"]) == (pytest.approx(0.2), pytest.approx(0.2001))
    assert found["sentence"] == (
        "With costs 20.01% higher no plan is left; first to give way: A gives at most 60 (Limit) and B gives at most "
        "60 (Limit)."
    )


def test_what_no_size_breaks_says_so() -> None:
    found = breach(make_case({}, Sources=[equity("A", 60000)], Packages=[WORKS]), "cost")
    assert math.isnan(found["breaks_at"])
    assert found["sentence"] == "Even with costs 900.00% higher a plan is left."


def test_revenue_breaks_where_it_no_longer_repays() -> None:
    """60 repay 50: a sixth may be missing, or two months of twelve may come a year too late."""
    case = tolled(y2032=60)
    fall, delay = breach(case, "fall of revenue"), breach(case, "delay of revenue")
    assert (fall["holds_at"], fall["breaks_at"]) == (pytest.approx(0.1666), pytest.approx(0.1667))
    assert (delay["holds_at"], delay["breaks_at"]) == (2, 3)
    assert "3 months later" in delay["sentence"]
    assert "revenue less running costs is" in delay["gives_way"]


def test_rates_break_where_interest_no_longer_fits() -> None:
    """Interest on 50 out of tolls of 5 in 2031: 10%; in 2032 it would be 20%."""
    found = breach(tolled(y2031=5, y2032=60), "rates")
    assert (found["holds_at"], found["breaks_at"]) == (pytest.approx(0.10), pytest.approx(0.1001))


def test_a_currency_breaks_where_its_money_is_worth_too_little() -> None:
    """60 euros and 50 at home pay 100 while the euro is worth 5/6."""
    abroad = equity("B", 60, currency="EUR")
    case = make_case(
        {}, Sources=[equity("A", 50), abroad], Packages=[WORKS], FX=[{"currency": "EUR", "values": {"2030": 1.0}}]
    )
    found = breach(case, "EUR cheaper")
    assert (found["holds_at"], found["breaks_at"]) == (pytest.approx(0.1666), pytest.approx(0.1667))
    assert math.isnan(breach(case, "EUR dearer")["breaks_at"])


def test_a_gate_breaks_or_costs() -> None:
    gates = [{"gate": "Needed", "open": True}, {"gate": "Spare", "open": True}]
    sources = [equity("A", 60, gate="Needed"), equity("B", 50), equity("C", 50, gate="Spare", rate=0.12)]
    case = make_case({}, Sources=sources, Packages=[WORKS], Gates=gates)
    needed = breach(case.change("Sources", "C", "Limit", 30), "Needed")
    assert needed["breaks_at"] == 1
    assert "B gives at most 50 (Limit)" in needed["gives_way"]
    spare = breach(case, "Spare")
    assert math.isnan(spare["breaks_at"])
    assert spare["sentence"].startswith("With gate Spare shut a plan is left")


def test_a_case_without_a_plan_cannot_be_stressed() -> None:
    with pytest.raises(Infeasible, match="to begin with"):
        stress(make_case({}, Sources=[equity("A", 60)], Packages=[WORKS]))


def test_delayed_flows_keep_their_sum_but_for_what_falls_behind_the_horizon() -> None:
    edges = np.array([0.0, 1.0, 2.0, 4.0])
    assert delayed(np.array([12.0, 0.0, 8.0]), edges, 0.25).tolist() == pytest.approx([9.0, 3.0, 7.0])


def flipping() -> Case:
    """A loan at 5% for a year against equity at 6% for three: equal where (1 + r)² = 1.06³ / 1.05, at 6.50%."""
    loan = {"source": "Short", "party": "A", "instrument": "loan", "limit": 500, "rate": 0.05, "grace": 1, "tenor": 2,
            "repayment": "bullet", "repaid_by": "A"}  # fmt: skip
    end = {"end_date": dt.date(2033, 12, 31)}
    return make_case(end, Sources=[loan, equity("Long", 500, rate=0.06)], Packages=[WORKS])


def test_the_mix_flips_at_the_rate_that_arithmetic_gives() -> None:
    point = math.sqrt(1.06**3 / 1.05) - 1
    found = flip(flipping(), 0.0, 0.12, 0.02)
    assert len(found.switches) == 1
    row = found.switches.iloc[0]
    assert point <= row["rate"] <= point + 1.01e-4
    assert row["sentence"] == f"At {row['rate'] * 100:.2f}% Long (+100) takes over from Short (-100)."
    assert found.mix["Short"].tolist() == pytest.approx([100.0] * 4 + [0.0] * 3)
    assert found.here == f"The case's own rate is 8.00%: its mix is best from {row['rate'] * 100:.2f}%."
    for rate, mix in ((row["rate"] - 1.5e-4, "Short"), (row["rate"] + 1e-4, "Long")):
        plan = finopt.solve(flipping().change("Project", "Discount rate", "Value", rate))
        assert plan.by_source[mix] == pytest.approx(100)


def test_a_mix_that_never_flips_says_so() -> None:
    case = make_case({}, Sources=[equity("A", 500)], Packages=[WORKS])
    found = flip(case, 0.0, 0.1, 0.05)
    assert found.switches.empty
    assert "over the whole range" in str(found)


def pumping() -> Case:
    """Money without a limit at 1%, against a discount rate of 8%: free as soon as it need not pay for anything."""
    case = make_case({}, Sources=[equity("Free", 500, rate=0.01), equity("Dear", 500, rate=0.12)], Packages=[WORKS])
    fields = {name: getattr(case.sources[0], name) for name in Source.model_fields}
    return finopt.Case(
        {**case.tables, "Sources": (Source.model_construct(**{**fields, "limit": math.inf}), case.sources[1])}
    )


def test_a_pump_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The model as it is has no pump, since money flows only where it pays for something: so it is left out."""
    left = tuple(family for family in FAMILIES if family.name != "pay_package")
    monkeypatch.setattr("finopt.model.build.FAMILIES", left)
    case = pumping()
    with pytest.raises(Unbounded):
        finopt.solve(case)
    said = pump(case)
    assert len(said) == 2
    assert said[0] == "Free lends without end at 1.00% a year (equity of Free)."
    assert "At a discount rate of 8.00% that lowers the financing cost without end" in said[-1]
    found = explain(case)
    assert not found.feasible
    assert said[0] in str(found)


def test_a_case_with_a_bound_has_no_pump() -> None:
    assert pump(make_case({}, Sources=[equity("A", 500)], Packages=[WORKS])) == []
