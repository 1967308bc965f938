"""Write the workbooks of the known answers, from the data in each case's expected.json.

Run as ``python tests/make_cases.py``; each case goes to ``tests/cases/<name>/input.xlsx``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from finopt.workbook.writer import write_workbook

CASES = Path(__file__).parent / "cases"
Tables = dict[str, list[dict[Any, Any]]]


def expected(name: str) -> dict[str, Any]:
    """The figures of one case: source, data, published answers and their tolerance."""
    found: dict[str, Any] = json.loads((CASES / name / "expected.json").read_text("utf-8"))
    return found


def choice_of_loans(data: Mapping[str, Any]) -> Tables:
    """One loan per bank and shop, as rates differ by both; a bank's ceiling is its party's Total budget."""
    shops = list(data["price"])
    year = {"Start": "2027-01-01", "Finish": "2027-12-31"}
    loans = [
        {
            "Source": f"{bank} for {shop}",
            "Party": bank,
            "Instrument": "loan",
            "Limit": data["most_per_bank"],
            "Rate": rates[shop],
            "Grace": 1,
            "Tenor": 1 + data["loan_years"],
            "Repayment": "annuity",
            "Repaid by": "Retailer",
        }
        for bank, rates in data["rate"].items()
        for shop in shops
    ]
    return {
        "Project": [
            {
                "Name": "Choice of loans",
                "Currency": "EUR",
                "Unit": "thousand",
                "Start date": "2027-01-01",
                "Construction end": "2027-12-31",
                "End date": "2035-12-31",
                "Discount rate": 0,
            }
        ],
        "Parties": [
            *({"Party": bank, "Total budget": data["most_per_bank"]} for bank in data["rate"]),
            {"Party": "Retailer"},
        ],
        "Sources": loans,
        "Packages": [{"Package": shop, "Amount": data["price"][shop], **year} for shop in shops],
        "Eligibility": [
            {"Package": shop, **{loan["Source"]: loan["Source"].endswith(shop) for loan in loans}} for shop in shops
        ],
    }


def short_term_financing(data: Mapping[str, Any]) -> Tables:
    """Months of deficit are packages, months of surplus are revenue, three-month papers are bonds."""
    months, line = data["months"], "Credit line"
    flows = dict(zip(months, data["net_cash_flow"], strict=True))
    papers = {month: f"Paper of {month}" for month in data["paper_issued"]}
    monthly = (1 + data["paper_total_rate"]) ** (1 / data["paper_months"]) - 1
    money = dict.fromkeys([line, *papers.values()], True)
    return {
        "Project": [
            {
                "Name": "Short-term financing",
                "Currency": "USD",
                "Unit": "thousand",
                "Start date": _first(months[0]),
                "Construction end": _last(months[-1]),
                "Period": "month",
                "Discount rate": 0,
                "Deposit rate": 12 * data["surplus_monthly_rate"],
            }
        ],
        "Parties": [{"Party": "Bank"}, {"Party": "Paper market"}],
        "Sources": [
            {
                "Source": line,
                "Party": "Bank",
                "Instrument": "credit line",
                "Limit": data["credit_line_limit"],
                "Rate": 12 * data["credit_line_monthly_rate"],
            },
            *(
                {
                    "Source": paper,
                    "Party": "Paper market",
                    "Instrument": "bond",
                    "Limit": 1000,
                    "From": _first(month),
                    "To": _last(month),
                    "Rate": 12 * monthly,
                    "Interest in grace": "capitalised",
                    "Grace": data["paper_months"] / 12,
                    "Tenor": (data["paper_months"] + 1) / 12,
                    "Repayment": "bullet",
                }
                for month, paper in papers.items()
            ),
        ],
        "Packages": [
            {"Package": f"Deficit of {month}", "Amount": -flow, "Start": _first(month), "Finish": _last(month)}
            for month, flow in flows.items()
            if flow < 0
        ],
        "Eligibility": [
            *({"Package": f"Deficit of {month}", **money} for month, flow in flows.items() if flow < 0),
            {"Package": "Financing costs", **money},
            {"Package": "Refinancing", **money},
        ],
        "Revenue": [{"Line": "Surplus", "Kind": "revenue", **{m: flow for m, flow in flows.items() if flow > 0}}],
        "Objectives": [{"Priority": 1, "Aim": "maximise", "Measure": "closing cash"}],
    }


def toll_road_funding(data: Mapping[str, Any]) -> Tables:
    """Three loans in fixed shares beside equity; the fee is debt-funded and bears no fee on itself."""
    years = data["years"]
    prices = [(1 + data["inflation"]) ** (year - data["price_year"]) for year in years]
    works = [data["works_real"] * share * price for share, price in zip(data["spend_profile"], prices, strict=True)]
    company = [data["company_cost_real"] * price for price in prices]
    window = {"Start": f"{years[0]}-01-01", "Finish": f"{years[-1]}-12-31"}
    tranches = data["tranches"]
    borrowed = dict.fromkeys(tranches, True)
    return {
        "Project": [
            {
                "Name": "Toll highway: funding of the construction period",
                "Currency": "USD",
                "Unit": "m",
                "Start date": window["Start"],
                "Construction end": window["Finish"],
                "Discount rate": 0.05,
                "Flow timing": "middle",
            }
        ],
        "Parties": [{"Party": "Lenders"}, {"Party": "Shareholders"}],
        "Sources": [
            *(
                {
                    "Source": name,
                    "Party": "Lenders",
                    "Instrument": "loan",
                    "Limit": 1000 * terms["share"],
                    "Rate": terms["rate"],
                    "Draw fee": data["fee_rate"] / (1 + data["fee_rate"]),
                    "Interest in grace": "capitalised",
                    "Grace": terms["grace"],
                    "Tenor": terms["maturity"],
                }
                for name, terms in tranches.items()
            ),
            {"Source": "Equity", "Party": "Shareholders", "Instrument": "equity", "Limit": 100, "Rate": 0.12},
        ],
        "Packages": [{"Package": "Works", **window}, {"Package": "Company costs", **window}],
        "Costs": [
            {"Package": "Works", **dict(zip(years, works, strict=True))},
            {"Package": "Company costs", **dict(zip(years, company, strict=True))},
        ],
        "Eligibility": [
            {"Package": "Works", **borrowed, "Equity": True},
            {"Package": "Company costs", **borrowed},
            {"Package": "Financing costs", **borrowed},
        ],
        "Rules": [
            {
                "Rule": "Equity share of works",
                "Money from": "source: Equity",
                "Spent on": "package: Works",
                "Sense": "=",
                "Value": data["equity_share_of_works"],
                "Measure": "share",
                "Of spent on": "package: Works",
                "When": "period",
            },
            *(
                {
                    "Rule": f"{name} share of debt",
                    "Money from": f"source: {name}",
                    "Spent on": "all",
                    "Sense": "=",
                    "Value": terms["share"],
                    "Measure": "share",
                    "Of money from": "instrument: loan",
                    "When": "period",
                }
                for name, terms in list(tranches.items())[1:]
            ),
        ],
    }


def sculpted_debt(data: Mapping[str, Any]) -> Tables:
    """A loan as large as DSCR allows beside equity, and a standing facility whose fee is the fee per period."""
    standing = 1000
    built = {"Start": "2027-01-01", "Finish": "2027-12-31"}
    return {
        "Project": [
            {
                "Name": "Debt sized by DSCR",
                "Currency": "USD",
                "Unit": "unit",
                "Start date": "2027-01-01",
                "Construction end": "2027-12-31",
                "End date": f"{2027 + len(data['cash_flow'])}-12-31",
                "Discount rate": 0.05,
            }
        ],
        "Parties": [{"Party": "Bank"}, {"Party": "Owner"}],
        "Sources": [
            {
                "Source": "Loan",
                "Party": "Bank",
                "Instrument": "loan",
                "Limit": 2000,
                "Rate": data["rate"],
                "Grace": 1,
                "Tenor": 1 + len(data["cash_flow"]),
                "Repayment": "sculpted",
            },
            {
                "Source": "Standing facility",
                "Party": "Bank",
                "Instrument": "loan",
                "Limit": standing,
                "Rate": 0,
                "Guarantee fee": data["fee_per_period"] / standing,
                "Tenor": 20,
                "Repayment": "bullet",
            },
            {"Source": "Equity", "Party": "Owner", "Instrument": "equity", "Limit": 2000, "Rate": 0.1},
        ],
        "Packages": [
            {"Package": "Plant", "Amount": 2000, **built},
            {"Package": "Backing of the letter of credit", "Amount": standing, **built},
        ],
        "Eligibility": [
            {"Package": "Plant", "Loan": True, "Standing facility": False, "Equity": True},
            {"Package": "Backing of the letter of credit", "Standing facility": True},
        ],
        "Revenue": [
            {
                "Line": "Cash flow available for debt service",
                "Kind": "revenue",
                **{2028 + i: flow for i, flow in enumerate(data["cash_flow"])},
            }
        ],
        "Covenants": [{"Covenant": "DSCR", "Limit": data["dscr"]}],
        "Objectives": [{"Priority": 1, "Aim": "maximise", "Measure": "money", "Of": "source: Loan"}],
    }


MAKERS: Mapping[str, Callable[[Mapping[str, Any]], Tables]] = {
    "choice_of_loans": choice_of_loans,
    "short_term_financing": short_term_financing,
    "toll_road_funding": toll_road_funding,
    "sculpted_debt": sculpted_debt,
}


def write(name: str, path: Path) -> None:
    """Write the workbook of one case."""
    figures = expected(name)
    notes = [
        f"A known answer, solved by finopt's tests. Source: {figures['source']}.",
        "README.md beside this workbook says how the problem is put into sheets; expected.json holds the figures.",
    ]
    write_workbook(path, MAKERS[name](figures["data"]), notes=notes)


def _first(month: str) -> str:
    return f"{month}-01"


def _last(month: str) -> str:
    days = {"01": 31, "02": 28, "03": 31, "04": 30, "05": 31, "06": 30}
    return f"{month}-{days[month[-2:]]}"


if __name__ == "__main__":
    for case in MAKERS:
        write(case, CASES / case / "input.xlsx")
