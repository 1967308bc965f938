"""Published problems with published answers: each stands in tests/cases with its source, solved from its workbook."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

import finopt
from finopt import Case, Plan
from tests.make_cases import CASES, MAKERS, expected, write

pytestmark = pytest.mark.smoke


def case_of(name: str) -> Case:
    return finopt.read_case(CASES / name / "input.xlsx")


def price(plan: Plan, family: str, key: str) -> float:
    """Change of the first aim for one more unit on the right side of a row."""
    rows = plan.prices[(plan.prices["family"] == family) & (plan.prices["key"] == key)]
    assert len(rows) == 1
    return float(rows["price"].iloc[0])


def series(plan: Plan, table: str, source: str, column: str) -> list[float]:
    """One column of a plan's table for one source, period by period."""
    rows: Any = getattr(plan, table)
    return [float(x) for x in rows[rows["source"] == source][column]]


@pytest.mark.parametrize("name", MAKERS)
def test_the_workbook_is_what_its_maker_writes(name: str, tmp_path: Path) -> None:
    write(name, tmp_path / "input.xlsx")
    made = finopt.read_case(tmp_path / "input.xlsx")
    assert dict(case_of(name).tables) == dict(made.tables)
    assert made.warnings == ()


# --------------------------------------------------------------------------- choice of loans


def test_choice_of_loans() -> None:
    answer = expected("choice_of_loans")
    published, tolerance = answer["published"], answer["tolerance"]
    plan = finopt.solve(case_of("choice_of_loans"))
    debt = plan.debt.assign(payment=plan.debt["interest_paid"] + plan.debt["principal"])
    payments = debt.groupby("period")["payment"].sum()
    years = [str(year) for year in range(2028, 2028 + answer["data"]["loan_years"])]
    assert payments[years].tolist() == pytest.approx(
        [published["annual_payment"]] * len(years), abs=tolerance["annual_payment"]
    )
    used = plan.by_source[plan.by_source > tolerance["loans"]]
    assert used.to_dict() == pytest.approx(published["loans"], abs=tolerance["loans"])


# --------------------------------------------------------------------------- short-term financing


def test_short_term_financing_reaches_the_published_cash() -> None:
    answer = expected("short_term_financing")
    published, close = answer["published"], answer["tolerance"]["closing_cash"]
    case = case_of("short_term_financing")
    assert finopt.solve(case).objective == pytest.approx(published["closing_cash"], abs=close)
    richer = finopt.solve(case.change("Revenue", "Surplus", "2027-06", 350))
    assert richer.objective == pytest.approx(published["closing_cash_with_350_in_june"], abs=close)


def test_short_term_financing_prices() -> None:
    """One more of January's deficit lowers June's cash; one more received in March raises it.

    The book's price for March is of the requirement, the opposite of what is received.
    """
    answer = expected("short_term_financing")
    published, close = answer["published"], answer["tolerance"]["price"]
    plan = finopt.solve(case_of("short_term_financing"))
    january = price(plan, "pay_package", "Deficit of 2027-01, 2027-01")
    march = price(plan, "cash", "2027-03")
    assert january == pytest.approx(published["price_of_january_requirement"], abs=close)
    assert -march == pytest.approx(published["price_of_march_requirement"], abs=close)


@pytest.mark.parametrize(
    ("sheet", "row", "column", "family", "key"),
    [
        ("Packages", "Deficit of 2027-01", "Amount", "pay_package", "Deficit of 2027-01, 2027-01"),
        ("Revenue", "Surplus", "2027-03", "cash", "2027-03"),
        ("Sources", "Credit line", "Limit", "source_limit", "Credit line"),
    ],
)
def test_a_price_is_what_a_small_change_does(sheet: str, row: str, column: str, family: str, key: str) -> None:
    case = case_of("short_term_financing")
    plan = finopt.solve(case)
    step = 0.5
    moved = finopt.solve(case.change(sheet, row, column, add=step)).objective - plan.objective
    rows = plan.prices[(plan.prices["family"] == family) & (plan.prices["key"] == key)]
    assert moved == pytest.approx(step * float(rows["price"].sum()), abs=1e-6)


# --------------------------------------------------------------------------- toll road


def test_toll_road_funding() -> None:
    answer = expected("toll_road_funding")
    published, money = answer["published"], answer["tolerance"]["money"]
    plan = finopt.solve(case_of("toll_road_funding"))
    uses = plan.draws.groupby("package")["amount"].sum()
    assert uses["Works"] == pytest.approx(published["works_total"], abs=money)
    assert uses["Financing costs"] == pytest.approx(published["fees_total"], abs=money)
    assert plan.by_source["Equity"] == pytest.approx(published["equity_total"], abs=money)
    assert plan.schedule.loc[("Shareholders", "Equity")].tolist() == pytest.approx(published["equity"], abs=money)
    fees = plan.fees.groupby("period", sort=False)["total"].sum()
    assert fees.tolist() == pytest.approx(published["fees"], abs=money)
    for tranche, draws in published["draws"].items():
        assert series(plan, "debt", tranche, "drawn") == pytest.approx(draws, abs=money)
        assert series(plan, "debt", tranche, "closing") == pytest.approx(published["balances"][tranche], abs=money)
    sources = plan.by_source.sum() + plan.debt["capitalised"].sum()
    assert sources == pytest.approx(published["total_sources"], abs=money)


def iterated(requirement: Sequence[float], tranches: dict[str, dict[str, float]], fee: float) -> dict[str, list[float]]:
    """Draws found as a spreadsheet with circular references finds them: again and again until nothing moves.

    ``requirement`` is what the loans pay besides interest and fees, each year; both are paid in cash with the loans
    themselves, interest on the opening balance and half a year of the year's own draw.
    """
    opening, found = dict.fromkeys(tranches, 0.0), {name: list[float]() for name in tranches}
    for need in requirement:
        draws = {name: terms["share"] * need for name, terms in tranches.items()}
        for _ in range(200):
            interest = sum(t["rate"] * (opening[n] + 0.5 * draws[n]) for n, t in tranches.items())
            total = need + fee * sum(draws.values()) + interest
            draws = {name: terms["share"] * total for name, terms in tranches.items()}
        for name, draw in draws.items():
            found[name].append(draw)
            opening[name] += draw
    return found


def test_interest_during_construction_equals_the_iterated_fixed_point() -> None:
    """With interest paid in cash by the loans that bear it, a spreadsheet must iterate; one program need not."""
    data = expected("toll_road_funding")["data"]
    case = case_of("toll_road_funding")
    for tranche in data["tranches"]:
        case = case.change("Sources", tranche, "Interest in grace", "paid")
    plan = finopt.solve(case)
    prices = [(1 + data["inflation"]) ** (year - data["price_year"]) for year in data["years"]]
    works = [data["works_real"] * s * p for s, p in zip(data["spend_profile"], prices, strict=True)]
    requirement = [
        w * (1 - data["equity_share_of_works"]) + data["company_cost_real"] * p
        for w, p in zip(works, prices, strict=True)
    ]
    by_hand = iterated(requirement, data["tranches"], data["fee_rate"] / (1 + data["fee_rate"]))
    for tranche, draws in by_hand.items():
        assert series(plan, "debt", tranche, "drawn") == pytest.approx(draws, rel=1e-8)


# --------------------------------------------------------------------------- sculpted debt


def present_value(rate: float, flows: Sequence[float]) -> float:
    return sum(flow / (1 + rate) ** (year + 1) for year, flow in enumerate(flows))


def test_sculpted_debt_with_and_without_fees() -> None:
    answer = expected("sculpted_debt")
    published, money = answer["published"], answer["tolerance"]["money"]
    case = case_of("sculpted_debt")
    plan = finopt.solve(case)
    assert plan.objective == pytest.approx(published["debt_with_fees"], abs=money)
    assert series(plan, "debt", "Loan", "principal")[1:] == pytest.approx(
        [published["repayment_with_fees"]] * 2, abs=money
    )
    free = finopt.solve(case.change("Sources", "Standing facility", "Guarantee fee", 0))
    assert free.objective == pytest.approx(published["debt_without_fees"], abs=money)


@pytest.mark.parametrize("fee", [0.0, 50.0])
@pytest.mark.parametrize("flows", [(600.0, 600.0), (450.0, 700.0), (700.0, 380.0)])
@pytest.mark.parametrize("rate", [0.0, 0.03, 0.07])
def test_debt_is_the_present_value_of_cash_flow_over_dscr(rate: float, flows: tuple[float, float], fee: float) -> None:
    """Published formula: Debt = NPV(rate, cash flow / DSCR) - NPV(rate, fees)."""
    data = expected("sculpted_debt")["data"]
    case = case_of("sculpted_debt").change("Sources", "Loan", "Rate", rate)
    case = case.change("Sources", "Standing facility", "Guarantee fee", fee / 1000)
    for year, flow in zip(("2028", "2029"), flows, strict=True):
        case = case.change("Revenue", "Cash flow available for debt service", year, flow)
    plan = finopt.solve(case)
    debt = present_value(rate, [flow / data["dscr"] for flow in flows]) - present_value(rate, [fee, fee])
    assert plan.objective == pytest.approx(debt, abs=1e-6)
    service = [flow / data["dscr"] - fee for flow in flows]
    paid = [
        a + b
        for a, b in zip(
            series(plan, "debt", "Loan", "principal"), series(plan, "debt", "Loan", "interest"), strict=True
        )
    ]
    assert paid[1:] == pytest.approx(service, abs=1e-6)
