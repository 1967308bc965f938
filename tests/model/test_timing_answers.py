"""Known answers of time: when money moves, how long it bears interest, what a year is. The arithmetic is by hand.

Unless said, periods are years from 2027, money moves at the period's end and is discounted at 5%.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from openpyxl import Workbook

import finopt
from finopt.case.case import Case
from finopt.errors import CaseError
from finopt.model.debt import line_fee_excess
from finopt.study.sensitivity.prices import confirmed
from tests.random_cases import make_case

pytestmark = pytest.mark.smoke

Fields = Mapping[str, Any]

PROJECT: Fields = {
    "Name": "hand", "Currency": "USD", "Unit": "m", "Start date": "2027-01-01", "Construction end": "2027-12-31",
    "End date": "2029-12-31", "Period": "year", "Discount rate": 0.05,
}  # fmt: skip
WORKS: Fields = {"Package": "P1", "Amount": 100, "Start": "2027-01-01", "Finish": "2027-12-31"}
LOAN: Fields = {"Source": "A", "Party": "Bank", "Instrument": "loan", "Limit": 1000, "Rate": 0.06, "Grace": 3,
                "Tenor": 3, "Repayment": "bullet", "Repaid by": "Owner"}  # fmt: skip
EQUITY: Fields = {"Source": "E", "Party": "Sponsor", "Instrument": "equity", "Limit": 1000, "Rate": 0.12}


def read(folder: Path, project: Fields, sources: list[Fields], packages: list[Fields], **sheets: list[Fields]) -> Case:
    """A workbook with these tables, read back: the way every user's figures go."""
    items = [{"Item": name, "Value": value} for name, value in {**PROJECT, **project}.items() if value is not None]
    parties = dict.fromkeys([s["Party"] for s in sources] + [s["Repaid by"] for s in sources if "Repaid by" in s])
    tables = {"Project": items, "Parties": [{"Party": p} for p in parties if p != "project"], "Sources": sources,
              "Packages": packages, **sheets}  # fmt: skip
    book = Workbook()
    book.remove(book.worksheets[0])
    for name, rows in tables.items():
        titles = list(dict.fromkeys(title for row in rows for title in row))
        sheet = book.create_sheet(name)
        sheet.append(titles)
        for row in rows:
            sheet.append([row.get(title) for title in titles])
    book.save(folder / "case.xlsx")
    return finopt.read_case(folder / "case.xlsx")


def solved(*tables: Any, **sheets: Any) -> finopt.Plan:
    plan = finopt.solve(read(*tables, **sheets))
    assert all(plan.checks.values()), plan.checks
    return plan


def near(value: Any) -> Any:
    return pytest.approx(value, rel=1e-8, abs=1e-8)


def column(table: Any, name: str, source: str) -> list[float]:
    return [float(x) for x in table[table["source"] == source][name]]


# ------------------------------------------------------------------ the period's end


def test_draws_come_at_the_start_and_interest_at_the_end(tmp_path: Path) -> None:
    # 100 at 0; 6 at 1, 2 and 3, and 100 at 3: 6/1.05 + 6/1.1025 + 106/1.157625 - 100
    plan = solved(tmp_path, {"Flow timing": "start"}, [LOAN], [WORKS])
    assert plan.cost == near(6 / 1.05 + 6 / 1.1025 + 106 / 1.157625 - 100)
    assert plan.cost == pytest.approx(2.723248029)


def test_equity_at_the_discount_rate_costs_nothing_in_the_middle_either(tmp_path: Path) -> None:
    # the account is 100 · 1.12^½ at 1; 60 of 2028 is paid out at 2; the rest is owed at the horizon
    sheets = {"Revenue": [{"Line": "Tolls", "Kind": "revenue", "2028": 60}]}
    project = {"Flow timing": "middle", "Discount rate": 0.12}
    assert solved(tmp_path, project, [EQUITY], [WORKS], **sheets).cost == near(0)


@pytest.mark.parametrize("timing", ["start", "middle", "end"])
def test_the_all_in_rate_of_a_loan_is_its_rate(timing: str, tmp_path: Path) -> None:
    # an annuity of 8% over 10 years after 3 of grace; dates of the calendar move XIRR by less than 0.05%
    loan = {
        **LOAN,
        "Rate": 0.08,
        "Limit": 142.5,
        "Tenor": 13,
        "Repayment": "annuity",
        "Interest in grace": "capitalised",
    }
    project = {"Construction end": "2029-12-31", "End date": "2039-12-31", "Discount rate": 0.08, "Flow timing": timing}
    costs = [{"Package": "P1", "2027": 11.4, "2028": 85.5, "2029": 45.6}]
    works = {**WORKS, "Amount": None, "Finish": "2029-12-31"}
    plan = solved(tmp_path, project, [loan], [works], Costs=costs)
    exact = 0 if timing != "middle" else plan.cost  # simple interest on half a year is more than 1.08^½ - 1
    assert plan.cost == near(exact)
    assert 0 <= plan.cost < 0.25
    assert plan.all_in_rate["A"] == pytest.approx(0.08, abs=5e-4)


def test_all_in_rates_where_money_moves_at_the_start(tmp_path: Path) -> None:
    # in at the first hour of 2025, out at the last of 2026: two years, so 12% is 12%, and 6% is 6%
    project = {"Start date": "2025-01-01", "Construction end": "2025-12-31", "End date": "2028-12-31",
               "Discount rate": 0.06, "Flow timing": "start"}  # fmt: skip
    works = {**WORKS, "Start": "2025-01-01", "Finish": "2025-12-31"}
    tolls = [{"Line": "R", "Kind": "revenue", "2026": 200}]
    assert solved(tmp_path, project, [EQUITY], [works], Revenue=tolls).all_in_rate["E"] == near(0.12)
    loan = {**LOAN, "Grace": 1, "Tenor": 4, "Repayment": "equal"}
    plan = solved(tmp_path, project, [loan], [works])
    assert plan.cost == near(0)
    assert plan.all_in_rate["A"] == pytest.approx(0.06, abs=1e-4)


INSTRUMENTS: list[Fields] = [
    {"instrument": "grant"},
    {"instrument": "equity"},
    {"instrument": "loan", "repaid_by": "Owner", "grace": 2, "tenor": 5},
    {"instrument": "loan", "repaid_by": "Owner", "grace": 2, "repayment": "annuity",
     "interest_in_grace": "capitalised"},
    {"instrument": "loan", "repaid_by": "Owner", "grace": 4, "tenor": 4, "repayment": "bullet",
     "interest_in_grace": "capitalised"},
    {"instrument": "bond", "repaid_by": "Owner", "grace": 2, "tenor": 6, "repayment": "bullet"},
    {"instrument": "credit line", "repaid_by": "Owner", "to": dt.date(2034, 12, 31)},
]  # fmt: skip


@pytest.mark.parametrize("terms", INSTRUMENTS, ids=lambda t: f"{t['instrument']} {t.get('repayment', '')}")
@pytest.mark.parametrize("timing", ["start", "middle", "end"])
@pytest.mark.parametrize("period", ["month", "quarter", "half-year", "year"])
def test_money_at_the_discount_rate_costs_nothing(terms: Fields, timing: str, period: str) -> None:
    """Without fees and with none of it waiting; simple interest in a period is dearer by at most its second order."""
    r, length = 0.08, {"month": 1 / 12, "quarter": 1 / 4, "half-year": 1 / 2, "year": 1}[period]
    project = {"discount_rate": r, "flow_timing": timing, "period": period, "start_date": dt.date(2030, 1, 1),
               "construction_end": dt.date(2031, 12, 31), "end_date": dt.date(2035, 12, 31)}  # fmt: skip
    works = {"package": "Works", "amount": 100, "start": dt.date(2030, 1, 1), "finish": dt.date(2031, 12, 31)}
    parties = [{"party": "Funder"}, {"party": "Owner"}]
    source = {"source": "S", "party": "Funder", "limit": 1000, "rate": r, **terms}
    plan = finopt.solve(make_case(project, Parties=parties, Sources=[source], Packages=[works]))
    simple = (1 + r * length) - (1 + r) ** length  # what simple interest is below compound, in a period and unit
    exact = terms["instrument"] in ("grant", "equity") or (period == "year" and timing != "middle")
    half = abs(1 + r / 2 - (1 + r) ** 0.5) if timing == "middle" else 0.0
    bound = 1e-6 if exact else 100 * (6 / length * abs(simple) + half) + 1e-6
    assert abs(plan.cost) <= bound
    days = r / (365 * length) if terms["instrument"] == "credit line" else 0.0  # drawn anew a day after it was repaid
    close = 8e-4 if exact else 8e-4 + abs(simple) / length + half / 2 + days
    assert plan.all_in_rate["S"] == pytest.approx(r, abs=close)


# ------------------------------------------------------------------ whole months, bullets


def test_years_are_whole_months(tmp_path: Path) -> None:
    # 5.5833 years are 67 months: after 12 of grace 55 instalments, the last in July 2032
    loan = {**LOAN, "Rate": 0.02, "Grace": 1, "Tenor": 5.5833, "Repayment": "equal"}
    project = {"End date": "2032-12-31", "Period": "month", "Discount rate": 0.1}
    case = read(tmp_path, project, [loan], [{**WORKS, "Amount": 120}])
    principal = finopt.solve(case).debt.query("principal > 0")
    assert len(principal) == 55
    assert principal["period"].iloc[-1] == "2032-07"
    assert principal["principal"].to_numpy() == near(np.full(55, 120 / 55))


def test_a_bullet_is_repaid_at_its_tenor_with_the_interest_of_its_grace(tmp_path: Path) -> None:
    # drawn at 1: 100 · 1.06² at 3
    loan = {**LOAN, "Interest in grace": "capitalised"}
    plan = solved(tmp_path, {}, [loan], [WORKS])
    assert plan.cost == near(112.36 / 1.157625 - 100 / 1.05)
    assert plan.cost == pytest.approx(1.822697333)
    assert column(plan.debt, "principal", "A") == near([0, 0, 112.36])
    assert column(plan.debt, "closing", "A") == near([100, 106, 0])
    assert column(plan.debt, "interest_paid", "A") == near([0, 0, 0])
    # a horizon behind the tenor changes nothing: nothing is left to run on
    later = solved(tmp_path, {"End date": "2031-12-31"}, [{**loan, "Rate": 0.05}], [WORKS])
    assert later.cost == near(0)
    assert later.all_in_rate["A"] == pytest.approx(0.05, abs=2e-4)


def test_a_grace_between_pays_interest_after_it(tmp_path: Path) -> None:
    # grace 2: 106 at 2; interest 6.36 and principal 106 at 3
    plan = solved(tmp_path, {}, [{**LOAN, "Grace": 2, "Interest in grace": "capitalised"}], [WORKS])
    assert column(plan.debt, "principal", "A") == near([0, 0, 106])
    assert column(plan.debt, "interest_paid", "A") == near([0, 0, 6.36])


# ------------------------------------------------------------------ fees of a credit line

LINE: Fields = {"Source": "L", "Party": "Bank", "Instrument": "credit line", "Limit": 100, "Rate": 0.1,
                "Commitment fee": 0.05, "Repaid by": "Owner"}  # fmt: skip


def test_the_fee_of_a_line_is_never_below_zero(tmp_path: Path) -> None:
    # year 1: draws 100, interest 10, fee 0. Year 2: 60 on top of 100, interest 16, repays 100; 100-100-60 < 0: fee 0.
    # year 3: interest 6, fee 5% of 40 = 2, repays 60. Without discount 10 + 16 + 6 + 2 = 34
    project = {"Flow timing": "start", "Construction end": "2028-12-31", "Discount rate": 0}
    second = {"Package": "P2", "Amount": 60, "Start": "2028-01-01", "Finish": "2028-12-31"}
    case = read(tmp_path, project, [{**LINE, "To": "2029-12-31"}], [WORKS, second])
    plan = finopt.solve(case)
    assert plan.objective == near(34)
    assert column(plan.fees, "commitment", "L") == near([0, 0, 2])
    assert all(plan.checks.values())


@pytest.mark.parametrize(("fee", "cost"), [(0.009, -8.078415), (None, -9.793210)])
def test_a_line_in_the_middle_of_the_year(fee: float | None, cost: float, tmp_path: Path) -> None:
    # each year draws 100 at its middle and repays the year before's at its end; 1% a year, draw fee f with the draw:
    # -(100-f)/1.05^0.5 + interest 0.5/1.05 - (100-f)/1.05^1.5 + (100 + 1.5)/1.05^2 + (100 + 1)/1.05^3, and the
    # commitment fee of year 1 is 2% of the half of 100 that is not drawn, 1/1.05: the later ones are none
    project = {"Start date": "2025-01-01", "Construction end": "2027-12-31", "End date": None, "Flow timing": "middle"}
    line = {**LINE, "Rate": 0.01, "Commitment fee": 0.02, "Draw fee": fee}
    works = [
        {**WORKS, "Package": p, "Start": f"{y}-01-01", "Finish": f"{y}-12-31"} for p, y in (("V", 2025), ("W", 2026))
    ]
    plan = solved(tmp_path, project, [line, {**EQUITY, "Party": "Owner"}], works)
    put_in = 100 * (1 - (fee or 0.0))
    d = 1.05**-0.5
    by_hand = -put_in * d + 1.5 * d**2 - put_in * d**3 + 101.5 * d**4 + 101 * d**6
    assert plan.cost == near(by_hand)
    assert plan.cost == pytest.approx(cost, abs=1e-6)


def test_a_line_that_pays_more_than_it_owes_is_noticed() -> None:
    project = {"construction_end": dt.date(2030, 12, 31)}
    line = {"source": "L", "party": "Bank", "instrument": "credit line", "limit": 100, "rate": 0.1,
            "commitment_fee": 0.05}  # fmt: skip
    works = {"package": "W", "amount": 100, "start": dt.date(2030, 1, 1), "finish": dt.date(2030, 12, 31)}
    model = finopt.build(make_case(project, Sources=[line], Packages=[works]))
    v = model.variables
    values = {hash(v.commit[0]): 100.0, hash(v.line_fee[0, 0]): 7.0}
    excess = line_fee_excess(model.data, v, lambda x: values.get(hash(x), 0.0))
    assert excess == {(0, 0): near(2.0)}  # money moves at the end, so the fee runs on all of 100: 5 is owed


# ------------------------------------------------------------------ years and headings


def most_cash(folder: Path, project: Fields, label: str, amount: float) -> float:
    """Cash at the horizon from one figure of revenue, with equity that is never paid out."""
    sheets = {"Revenue": [{"Line": "Tolls", "Kind": "revenue", label: amount}],
              "Objectives": [{"Priority": 1, "Aim": "maximise", "Measure": "closing cash"}]}  # fmt: skip
    return solved(folder, project, [EQUITY], [{**WORKS, "Amount": 10}], **sheets).objective


def test_a_budget_year_from_april_arrives_by_months(tmp_path: Path) -> None:
    # 120 in April 2028 to March 2029 is 10 a month: 90 by December 2028, the horizon
    project = {"End date": "2028-12-31", "Discount rate": 0, "Year begins": "April"}
    assert most_cash(tmp_path, project, "2028/29", 120) == near(90)
    assert most_cash(tmp_path, {**project, "Year begins": 4}, "FY2028/29", 120) == near(90)
    with pytest.raises(CaseError, match=r"2028/29 or 2027/28 - Year begins is April on sheet Project"):
        most_cash(tmp_path, project, "2028", 120)


def test_a_calendar_year_in_a_calendar_from_july(tmp_path: Path) -> None:
    # the last period ends on 30 June 2034: half of the figure of 2034 lies in it
    project = {"Start date": "2027-07-01", "Construction end": "2029-06-30", "End date": "2034-06-30"}
    works = {**WORKS, "Start": "2027-07-01", "Finish": "2028-12-31"}
    tolls = [{"Line": "R", "Kind": "revenue", "2033": 100, "2034": 100}]
    case = read(tmp_path, project, [EQUITY], [works], Revenue=tolls)
    assert finopt.solve(case).cash["cfads"].to_list() == near([0, 0, 0, 0, 0, 50, 100])
    (warning,) = case.warnings
    assert "100 in 2034, of which 50 lies outside the calendar" in str(warning)


def test_tolls_of_calendar_years_in_operating_years_from_april(tmp_path: Path) -> None:
    # 25 of 2031 fall in its first quarter, 75 and 25 of 2032 in the first operating year; of 2035 nothing follows
    project = {"Start date": "2027-04-01", "Construction end": "2031-03-31", "End date": "2036-03-31",
               "Period": "quarter", "Operating period": "year"}  # fmt: skip
    works = {**WORKS, "Start": "2027-04-01", "Finish": "2031-03-31"}
    tolls = [{"Line": "Tolls", "Kind": "revenue", **{str(y): 100 for y in range(2031, 2036)}}]
    plan = solved(tmp_path, project, [EQUITY], [works], Revenue=tolls)
    assert plan.cash["cfads"].to_list()[15:] == near([25, 100, 100, 100, 100, 75])


def test_budgets_of_years_from_april(tmp_path: Path) -> None:
    # four quarters of 12.5 in 2027/28 and of 7.5 in 2028/29, against budgets of 50 and 30
    project = {"Start date": "2027-04-01", "Construction end": "2029-03-31", "End date": None, "Period": "quarter",
               "Year begins": "April"}  # fmt: skip
    quarters = ["2027-Q2", "2027-Q3", "2027-Q4", "2028-Q1", "2028-Q2", "2028-Q3", "2028-Q4", "2029-Q1"]
    costs = [{"Package": "P1", **dict(zip(quarters, [12.5] * 4 + [7.5] * 4, strict=True))}]
    works = {**WORKS, "Amount": None, "Start": "2027-04-01", "Finish": "2029-03-31"}
    grant = {"Source": "G", "Party": "State", "Instrument": "grant", "Limit": 80}
    plan = solved(
        tmp_path, project, [grant], [works], Costs=costs, Budgets=[{"Party": "State", "2027/28": 50, "2028/29": 30}]
    )
    assert plan.by_source["G"] == near(80)
    assert plan.peak_year["State"] == near(50)
    assert dict(plan.draws.groupby("year")["amount"].sum()) == {"2027/28": near(50), "2028/29": near(30)}
    with pytest.raises(finopt.Infeasible, match=r"2028/29: packages need 30; sources that may pay them offer 29"):
        solved(
            tmp_path, project, [grant], [works], Costs=costs, Budgets=[{"Party": "State", "2027/28": 50, "2028/29": 29}]
        )


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Jan-27", "Jul-28"), ("2027E", "2028E"), ("1H27", "H2 2028"), ("Q3 2027", "1Q28"), ("CY2027", "CY 2028"),
        ("FY2027", "FY28"), ("2027-01", "2028-12"), ("March 2027", "Sept. 2028"), (2027, 2028),
        (dt.date(2027, 5, 1), dt.date(2028, 12, 31)), ("2027\u2013H1", "2028 Q4"),
    ],
)  # fmt: skip
def test_headings_as_people_write_them(first: Any, second: Any, tmp_path: Path) -> None:
    project = {"Construction end": "2028-12-31", "End date": None}
    works = {**WORKS, "Amount": 80, "Finish": "2028-12-31"}
    plan = solved(tmp_path, project, [EQUITY], [works], Costs=[{"Package": "P1", first: 30, second: 50}])
    assert plan.draws["amount"].to_list() == near([30, 50])


def test_years_over_two_calendar_years_are_told_once(tmp_path: Path) -> None:
    costs = [{"Package": "P1", "2027-2028": 40, "2028-2029": 40}]
    with pytest.raises(CaseError) as caught:
        read(tmp_path, {}, [EQUITY], [{**WORKS, "Amount": 80}], Costs=costs)
    (only,) = caught.value.findings
    assert "found 2027/28, 2028/29, expected a calendar year, 2027 or 2028" in str(only)


def test_months_then_calendar_quarters(tmp_path: Path) -> None:
    project = {"Construction end": "2027-10-31", "Period": "month", "Operating period": "quarter"}
    case = read(tmp_path, project, [EQUITY], [{**WORKS, "Finish": "2027-10-31"}])
    months, labels = [p.months for p in case.calendar], case.calendar.labels
    assert months == [1] * 10 + [2] + [3] * 8  # November and December, then calendar quarters
    assert labels[9:13] == ("2027-10", "2027-11-01", "2028-Q1", "2028-Q2")
    assert case.calendar.spread({"2027": 12}).tolist() == near([1] * 10 + [2] + [0] * 8)


# ------------------------------------------------------------------ an older project


def test_debt_owed_at_start_date(tmp_path: Path) -> None:
    # 50 owed at 6%, bullet at 2: 3/1.05 + 53/1.1025; nothing is put in now, and nothing more can be
    old = {**LOAN, "Limit": 50, "Grace": 2, "Tenor": 2, "Opening balance": 50, "Drawn before": 50}
    plan = solved(tmp_path, {}, [old, {**EQUITY, "Rate": 0.05}], [{**WORKS, "Amount": 10}])
    assert plan.objective == near(3 / 1.05 + 53 / 1.1025)
    assert plan.objective == pytest.approx(50.929705215)
    assert column(plan.debt, "opening", "A") == near([50, 50, 0])
    assert plan.all_in_rate["A"] is None


def test_instalments_that_were_due_are_left_out(tmp_path: Path) -> None:
    # four equal instalments from 2025 on: two are due by Start date, so half of the 60 that is owed falls in each year
    old = {**LOAN, "From": "2025-01-01", "To": "2026-12-31", "Grace": 0, "Tenor": 4, "Repayment": "equal",
           "Opening balance": 60, "Drawn before": 120}  # fmt: skip
    equity = {**EQUITY, "Rate": 0.05}
    with pytest.raises(CaseError, match="To"):
        read(tmp_path, {}, [{**old, "To": "2024-12-31"}, equity], [WORKS])
    plan = solved(tmp_path, {}, [{**old, "To": "2027-12-31"}, equity], [WORKS])
    assert column(plan.debt, "principal", "A") == near([30, 30, 0])
    assert column(plan.debt, "interest_paid", "A") == near([3.6, 1.8, 0])


def test_cash_at_start_date_earns_and_pays(tmp_path: Path) -> None:
    # 40 earns 2% in the first year and pays of the works; equity, with a fee of 1%, pays the other 59.2 and its fee
    plan = solved(tmp_path, {"Opening cash": 40, "Deposit rate": 0.02}, [{**EQUITY, "Draw fee": 0.01}], [WORKS])
    assert plan.by_source["E"] == near((100 - 40.8) / 0.99)
    assert plan.cash["opening"].iloc[0] == near(40)


def test_a_loss_asks_nothing_of_a_cover_ratio_without_service(tmp_path: Path) -> None:
    # 2028 loses 2, which Opening cash covers, and nothing is owed; in 2029 10/1.3 repay a loan of 10/1.3/1.06²
    loan = {**LOAN, "Repaid by": "project", "Repayment": "sculpted", "Grace": 2, "Tenor": 3,
            "Interest in grace": "capitalised"}  # fmt: skip
    flows = [{"Line": "Sales", "Kind": "revenue", "2028": 10, "2029": 10}, {"Line": "Opex", "Kind": "cost", "2028": 12}]
    sheets = {"Revenue": flows, "Covenants": [{"Covenant": "DSCR", "Limit": 1.3}]}
    plan = solved(tmp_path, {"Opening cash": 2}, [loan, EQUITY], [{**WORKS, "Amount": 50}], **sheets)
    assert plan.by_source["A"] == near(10 / 1.3 / 1.1236)
    assert plan.covenants["period"].to_list() == ["2029"]


# ------------------------------------------------------------------ covenants with names


def test_each_covenant_has_its_own_name(tmp_path: Path) -> None:
    loans = [{**LOAN, "Source": n, "Rate": r, "Repaid by": "project", "Grace": 1, "Repayment": "equal", "Limit": 60}
             for n, r in (("A", 0.06), ("B", 0.07))]  # fmt: skip
    sheets = {
        "Revenue": [{"Line": "Tolls", "Kind": "revenue", "2028": 70, "2029": 70}],
        "Covenants": [
            {"Covenant": "DSCR", "Limit": 1.2},
            {"Name": "Junior", "Covenant": "DSCR", "Limit": 1.5, "Applies to": "source: B"},
            {"Covenant": "LLCR", "Limit": 1.0},
        ],
    }
    case = read(tmp_path, {}, [*loans, EQUITY], [WORKS], **sheets)
    assert case.covenant_names == ("DSCR 1", "Junior", "LLCR")

    def limits(changed: Case) -> list[float]:
        return [row.limit for row in changed.covenants]

    assert limits(case.change("Covenants", "DSCR 1", "Limit", 1.25)) == [1.25, 1.5, 1.0]
    assert limits(case.change("Covenants", "junior", "Limit", 1.6)) == [1.2, 1.6, 1.0]
    assert limits(case.change("Covenants", "DSCR", "Limit", 1.3)) == [1.3, 1.3, 1.0]
    asked = confirmed(case).covenants.set_index("what")
    assert list(asked["tighter"]) == near([1.25, 1.55, 1.05])
    assert asked["stands"].to_dict() == {"DSCR 1": 1.2, "Junior": 1.5, "LLCR": 1.0}
    dearer = finopt.solve(case.change("Covenants", "DSCR 1", "Limit", 1.25)).cost - finopt.solve(case).cost
    assert asked.loc["DSCR 1", "change_tighter"] == pytest.approx(dearer, abs=1e-6)
