"""The small case of the template: a ferry port, invented, that shows each sheet once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from finopt.case.row import Series
from finopt.case.sheets import SHEETS, Project

Tables = Mapping[str, Sequence[Mapping[Any, Any]]]

NOTES: Sequence[str] = (
    "One sheet is one table. Headers may stand in any row and any order; sheets and columns whose name starts with # "
    "are ignored, blank rows are skipped, columns that you do not need may go. Required: Project, Parties, Sources, "
    "Packages.",
    "Hold the pointer over a header to see what a column means. Blue cells are yours to overtype. Rates are shares: "
    "6.5% or 0.065. Dates are Excel dates or text such as 2029-03-31.",
    "Time series have their periods across the columns: a year (2029), 2029-H1, 2029-Q3, 2029-07, or a date.",
    "Note, Status (reported or assumption) and Reference say where a figure comes from; they travel to the report.",
    "What stands in brackets in a header, such as (USD m), is for the eye alone: write the currency and unit of your "
    "case there when you change them on sheet Project.",
    "Check the workbook with `finopt check FILE`, then run it with `finopt run FILE`.",
)

WORKED: Tables = {
    "Project": [
        {"Item": "Name", "Value": "Ferry port (example)", "Note": "Invented, to show each sheet once."},
        {"Item": "Currency", "Value": "USD"},
        {"Item": "Unit", "Value": "m", "Note": "Millions."},
        {"Item": "Start date", "Value": "2027-01-01"},
        {"Item": "Construction end", "Value": "2030-12-31"},
        {"Item": "End date", "Value": "2045-12-31"},
        {"Item": "Period", "Value": "half-year"},
        {"Item": "Operating period", "Value": "year"},
        {"Item": "Discount rate", "Value": 0.06, "Status": "assumption"},
        {"Item": "Price date", "Value": "2026-01-01"},
        {"Item": "Escalation", "Value": 0.025, "Status": "assumption"},
        {"Item": "Deposit rate", "Value": 0.01},
    ],
    "Parties": [
        {"Party": "Ministry", "Total budget": 600, "Note": "Owns the port."},
        {"Party": "Lenders"},
        {"Party": "Operator", "Maximum share": 0.3},
    ],
    "Budgets": [
        {"Party": "Ministry", "Carry over": "yes", 2027: 150, 2028: 150, 2029: 150, 2030: 150},
    ],
    "Sources": [
        {
            "Source": "Budget grant", "Party": "Ministry", "Instrument": "grant", "Limit": 250, "Rate": 0.03,
            "Limit per year": 100, "Status": "assumption",
        },
        {
            "Source": "Operator equity", "Party": "Operator", "Instrument": "equity", "Limit": 120, "Rate": 0.11,
            "From": "2028-01-01", "To": "2030-12-31", "Status": "assumption",
        },
        {
            "Source": "Development loan", "Party": "Lenders", "Instrument": "loan", "Limit": 220, "Curve": "Base rate",
            "Margin": 0.015, "Upfront fee": 0.005, "Commitment fee": 0.0035, "Interest in grace": "capitalised",
            "Grace": 4, "Tenor": 18, "Repayment": "annuity", "Gate": "Environmental approval",
        },
        {
            "Source": "Export credit (EUR)", "Party": "Lenders", "Instrument": "loan", "Currency": "EUR", "Limit": 100,
            "Rate": 0.041, "Grace": 4, "Tenor": 14, "Repaid by": "Ministry", "Guarantee fee": 0.006,
        },
        {
            "Source": "Port bond", "Party": "Lenders", "Instrument": "bond", "Limit": 150, "Rate": 0.055, "Grace": 4,
            "Tenor": 14, "Repayment": "table", "From": "2027-01-01", "To": "2028-12-31", "Upfront fee": 0.01,
        },
    ],
    "Packages": [
        {
            "Package": "Quay", "Amount": 240, "Location": "North", "Group": "Works", "Start": "2027-01-01",
            "Finish": "2029-12-31", "Profile": "s-curve", "Contingency": 0.1, "Status": "assumption",
        },
        {
            "Package": "Terminal", "Amount": 160, "Location": "South", "Group": "Works", "Start": "2028-07-01",
            "Finish": "2030-12-31", "Contingency": 0.15, "Status": "assumption",
        },
        {
            "Package": "Ships", "Location": "", "Group": "Equipment", "Start": "2029-01-01", "Finish": "2030-12-31",
            "Note": "By contract: see sheet Costs.",
        },
    ],
    "Costs": [{"Package": "Ships", 2029: 40, 2030: 60, "Reference": "Contract of the yard, annex 3"}],
    "Eligibility": [
        {
            "Package": "group: Works", "Budget grant": "yes", "Operator equity": "yes", "Development loan": "yes",
            "Export credit (EUR)": "no", "Port bond": "yes",
        },
        {
            "Package": "Ships", "Budget grant": "yes", "Operator equity": "yes", "Development loan": "no",
            "Export credit (EUR)": 0.85, "Port bond": "yes",
        },
        {
            "Package": "Financing costs", "Budget grant": "yes", "Operator equity": "yes", "Development loan": "yes",
            "Export credit (EUR)": "no", "Port bond": "no",
        },
    ],
    "Gates": [{"Gate": "Environmental approval", "Open": "yes", "From": "2027-07-01"}],
    "Rules": [
        {
            "Rule": "Lenders pay at most 60%", "Money from": "party: Lenders", "Spent on": "all", "Sense": "<=",
            "Value": 0.6, "Measure": "share", "When": "total",
        },
    ],
    "Revenue": [
        {"Line": "Port dues", "Kind": "revenue", **{year: 45 + (year - 2031) for year in range(2031, 2046)}},
        {"Line": "Operation", "Kind": "cost", **dict.fromkeys(range(2031, 2046), 12)},
    ],
    "Covenants": [{"Covenant": "DSCR", "Limit": 1.2, "Applies to": "party: Lenders"}],
    "Curves": [{"Curve": "Base rate", 2027: 0.03, 2029: 0.0275, 2045: 0.0275}],
    "FX": [{"Currency": "EUR", 2027: 1.1}],
    "Repayments": [{"Source": "Port bond", 2036: 0.5, 2041: 0.5}],
    "Actuals": [],
    "Objectives": [{"Priority": 1, "Aim": "minimise", "Measure": "financing cost", "Of": "all", "Tolerance": 0}],
    "Scenarios": [],
    "Uncertainty": [],
    "Correlation": [],
}  # fmt: skip


def blank() -> Tables:
    """One row on each required sheet, from the columns' own examples, and bare headers on the others."""
    tables: dict[str, Sequence[Mapping[Any, Any]]] = {}
    for name, model in SHEETS.items():
        row = {c.title: c.example for c in model.columns().values() if c.example is not None}
        tables[name] = [row] if model.REQUIRED else []
    tables[Project.SHEET] = [{"Item": title, "Value": value} for title, value in tables[Project.SHEET][0].items()]
    return tables


def across_examples(series: Series) -> Sequence[Any]:
    """Headers of the columns behind the fixed ones on a sheet without rows."""
    examples: Mapping[str, Sequence[Any]] = {
        "periods": (2027, 2028, 2029, 2030),
        "sources": ("Budget grant",),
        "drivers": (),
    }
    return examples[series.across]
