"""Small cases that between them use every sheet of the report, and the corners where a report breaks."""

from __future__ import annotations

import datetime as dt
import functools
from pathlib import Path
from typing import Any

import finopt
from finopt.case.case import Case
from finopt.case.row import Row
from finopt.case.sheets import SHEETS


def case(**sheets: list[dict[str, Any]]) -> Case:
    """A Case from plain rows; FX and the like by the name of their sheet."""
    tables: dict[str, tuple[Row, ...]] = {
        name: tuple(SHEETS[name].model_validate(row) for row in rows) for name, rows in sheets.items()
    }
    return Case(tables, fingerprint="0123456789abcdef" * 4)


def project(**changes: Any) -> list[dict[str, Any]]:
    return [
        {
            "name": "Strait link & yard",
            "currency": "USD",
            "unit": "m",
            "start_date": dt.date(2027, 1, 1),
            "construction_end": dt.date(2030, 12, 31),
            "discount_rate": 0.07,
            **changes,
        }
    ]


def package(name: str, amount: float, first: int, last: int, **more: Any) -> dict[str, Any]:
    window = {"start": dt.date(first, 1, 1), "finish": dt.date(last, 12, 31)}
    return {"package": name, "amount": amount, **window, **more}


def rich() -> Case:
    """Every instrument, fee and kind of repayment; two currencies, budgets, rules, every covenant, payouts."""
    years = [str(y) for y in range(2031, 2043)]
    return case(
        Project=project(
            end_date=dt.date(2042, 12, 31), period="half-year", operating_period="year", deposit_rate=0.005,
            minimum_cash=0.0, escalation=0.02, flow_timing="middle",
        ),
        Parties=[
            {"party": "Ministry", "total_budget": 900, "minimum_share": 0.2, "status": "assumption"},
            {"party": "Partners", "maximum_share": 0.75},
            {"party": "Bank of the North"},
        ],
        Budgets=[
            {"party": "Ministry", "carry_over": True, "values": {str(y): 160.0 for y in range(2027, 2031)}},
            {"party": "Partners", "values": {"2027": 260.0, "2028": 260.0, "2028-H2": 150.0}},
        ],
        Sources=[
            {"source": "Grant", "party": "Ministry", "instrument": "grant", "limit": 150, "rate": 0.03,
             "limit_per_year": 60, "reference": "Budget act 2026, annex 3, page 14", "status": "reported"},
            {"source": "State loan", "party": "Ministry", "instrument": "loan", "limit": 250, "rate": 0.04,
             "grace": 4, "tenor": 10, "interest_in_grace": "capitalised", "repayment": "annuity",
             "repaid_by": "Ministry", "upfront_fee": 0.01, "commitment_fee": 0.004, "limit_per_period": 60},
            {"source": "Partner equity", "party": "Partners", "instrument": "equity", "limit": 400, "rate": 0.11},
            {"source": "Export credit", "party": "Partners", "instrument": "loan", "currency": "EUR", "limit": 180,
             "rate": 0.05, "grace": 4, "tenor": 14, "repayment": "sculpted", "guarantee_fee": 0.01,
             "draw_fee": 0.005, "headroom": 0.05},
            {"source": "Project bond", "party": "Bank of the North", "instrument": "bond", "limit": 200, "rate": 0.06,
             "grace": 4, "tenor": 15, "repayment": "equal", "to": dt.date(2028, 12, 31)},
            {"source": "Bridge line", "party": "Bank of the North", "instrument": "credit line", "limit": 80,
             "curve": "Base", "margin": 0.02, "commitment_fee": 0.005},
            {"source": "Late loan", "party": "Bank of the North", "instrument": "loan", "limit": 300, "rate": 0.085,
             "grace": 5, "tenor": 12, "repayment": "bullet", "gate": "Licence", "repaid_by": "Partners"},
        ],
        Gates=[{"gate": "Licence", "open": True, "from_": dt.date(2028, 1, 1)}],
        Packages=[
            package("Bores", 520, 2027, 2030, profile="s-curve", location="RU", contingency=0.1),
            package("Rail", 210, 2028, 2030, location="US"),
            package("Yard", 90, 2029, 2030, location="US", profile="back"),
        ],
        Eligibility=[
            {"package": "Bores", "values": {"Grant": 0.25, "State loan": 1.0, "Partner equity": 1.0,
                                            "Export credit": 0.85, "Project bond": 1.0, "Bridge line": 1.0}},
            {"package": "location: US", "values": {"Partner equity": 1.0, "Export credit": 0.85, "Late loan": 1.0,
                                                   "Project bond": 1.0, "Bridge line": 1.0}},
            {"package": "Financing costs", "values": {"Partner equity": 1.0, "Bridge line": 1.0}},
            {"package": "Refinancing", "values": {"Partner equity": 1.0, "Late loan": 0.5}},
        ],
        Rules=[
            {"rule": "Own money", "money_from": "instrument: equity, grant", "sense": ">=", "value": 0.25,
             "measure": "share", "when": "cumulative"},
            {"rule": "US cap", "money_from": "party: Partners", "spent_on": "location: US", "sense": "<=", "value": 90,
             "measure": "amount", "when": "year", "from_": dt.date(2028, 1, 1)},
            {"rule": "Late loan is little", "money_from": "source: Late loan", "sense": "<=", "value": 0.3,
             "measure": "share"},
        ],
        Revenue=[
            {"line": "Tolls", "kind": "revenue", "values": {y: 95.0 + 4 * i for i, y in enumerate(years)}},
            {"line": "Upkeep", "kind": "cost", "values": dict.fromkeys(years, 15.0)},
        ],
        Covenants=[
            {"covenant": "DSCR", "limit": 1.2},
            {"covenant": "LLCR", "limit": 1.15},
            {"covenant": "gearing", "limit": 0.72},
            {"covenant": "reserve months", "limit": 6},
            {"covenant": "average life", "limit": 12, "applies_to": "source: Export credit"},
            {"covenant": "debt", "limit": 600},
        ],
        Curves=[{"curve": "Base", "values": {"2027": 0.03, "2029": 0.035}}],
        FX=[{"currency": "EUR", "values": {"2027": 1.1, "2030": 1.15}}],
    )  # fmt: skip


def no_debt() -> Case:
    return case(
        Project=project(),
        Parties=[{"party": "Ministry"}],
        Sources=[{"source": "Grant", "party": "Ministry", "instrument": "grant", "limit": 500}],
        Packages=[package("Works", 400, 2027, 2030)],
    )


def no_revenue() -> Case:
    return case(
        Project=project(end_date=dt.date(2036, 12, 31)),
        Parties=[{"party": "Ministry"}, {"party": "Bank"}],
        Sources=[
            {"source": "Loan", "party": "Bank", "instrument": "loan", "limit": 500, "rate": 0.05, "grace": 4,
             "tenor": 9, "repaid_by": "Ministry", "interest_in_grace": "capitalised"},
        ],
        Packages=[package("Works", 400, 2027, 2030)],
    )  # fmt: skip


def one_period() -> Case:
    return case(
        Project=project(construction_end=dt.date(2027, 12, 31)),
        Parties=[{"party": "=Ministry"}],
        Sources=[{"source": "=1+1", "party": "=Ministry", "instrument": "equity", "limit": 500, "rate": 0.1}],
        Packages=[package("+Works", 400, 2027, 2027)],
    )


def monthly() -> Case:
    """400 monthly periods."""
    return case(
        Project=project(construction_end=dt.date(2032, 4, 30), end_date=dt.date(2060, 4, 30), period="month"),
        Parties=[{"party": "Ministry"}, {"party": "Bank"}],
        Sources=[
            {"source": "Grant", "party": "Ministry", "instrument": "grant", "limit": 150},
            {"source": "Loan", "party": "Bank", "instrument": "loan", "limit": 500, "rate": 0.05, "grace": 6,
             "tenor": 25, "repayment": "annuity", "interest_in_grace": "capitalised"},
        ],
        Packages=[package("Works", 400, 2027, 2031)],
        Revenue=[{"line": "Tolls", "kind": "revenue", "values": {str(y): 60.0 for y in range(2033, 2060)}}],
        Covenants=[{"covenant": "DSCR", "limit": 1.1}],
    )  # fmt: skip


def many_sources(count: int = 40) -> Case:
    """Many sources of many parties."""
    return case(
        Project=project(period="quarter"),
        Parties=[{"party": f"Party {p}"} for p in range(8)],
        Sources=[
            {"source": f"Source {s}", "party": f"Party {s % 8}", "instrument": ("grant", "equity", "loan")[s % 3],
             "limit": 30, "rate": 0.02 + 0.001 * s, "grace": 4, "tenor": 4, "repaid_by": f"Party {s % 8}"}
            for s in range(count)
        ],
        Packages=[package(f"Package {w}", 40 + w, 2027, 2030) for w in range(20)],
    )  # fmt: skip


def three_sources() -> Case:
    """A grant, a loan and equity: the smallest plan with something to weigh."""
    return case(
        Project=project(end_date=dt.date(2044, 12, 31), period="half-year", operating_period="year"),
        Parties=[{"party": "Ministry"}, {"party": "Bank"}, {"party": "Sponsor"}],
        Budgets=[{"party": "Ministry", "values": {str(y): 50.0 for y in range(2027, 2031)}}],
        Sources=[
            {"source": "Grant", "party": "Ministry", "instrument": "grant", "limit": 150, "rate": 0.03},
            {"source": "Loan", "party": "Bank", "instrument": "loan", "limit": 220, "rate": 0.06, "grace": 4,
             "tenor": 16, "interest_in_grace": "capitalised", "repayment": "sculpted", "upfront_fee": 0.01},
            {"source": "Equity", "party": "Sponsor", "instrument": "equity", "limit": 200, "rate": 0.12},
        ],
        Packages=[package("Bores", 300, 2027, 2030, profile="s-curve"), package("Tracks", 80, 2029, 2030)],
        Revenue=[{"line": "Tolls", "kind": "revenue", "values": {str(y): 40.0 for y in range(2031, 2045)}}],
        Covenants=[{"covenant": "DSCR", "limit": 1.3}],
    )  # fmt: skip


def single_dollars() -> Case:
    """The same in single dollars: amounts of ten digits."""
    found = three_sources()
    for sheet, column in (("Sources", "Limit"), ("Packages", "Amount"), ("Budgets", "*"), ("Revenue", "*")):
        found = found.change(sheet, "*", column, scale=1e7)
    return found


CASES = {
    "rich": rich,
    "3 sources": three_sources,
    "single dollars": single_dollars,
    "no debt": no_debt,
    "no revenue": no_revenue,
    "one period": one_period,
    "400 months": monthly,
    "40 sources": many_sources,
}
DEFAULT = Path(__file__).parents[2] / "inputs" / "bering_tunnel.xlsx"


@functools.cache
def plan_of(name: str) -> finopt.Plan:
    """The plan of one of them, or of the default case; it is solved once, so nobody may change it."""
    return finopt.solve(finopt.read_case(DEFAULT) if name == "default" else CASES[name]())
