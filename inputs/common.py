"""What the makers of the worked cases share: provenance, windows, offers of money, works, who may pay for what.

A row is a mapping from column titles (or periods, or sources) to cells, as ``finopt.workbook.writer`` writes it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from finopt.workbook.writer import write_workbook

Row = dict[Any, Any]
Rows = list[Row]
May = Callable[[Row], str | float]
"""How much of a package a source may pay: yes, no, or a share."""

REPORTED, ASSUMED = "reported", "assumption"
RUSSIA, US, BOTH = "Russia", "US", "Both shores"


def because(status: str, reference: str, note: str = "") -> dict[str, str]:
    """The provenance of a row."""
    return {"Status": status, "Reference": reference} | ({"Note": note} if note else {})


def project(items: Iterable[tuple[str, Any, str, str]]) -> Rows:
    """The sheet Project from (item, value, status, reference)."""
    return [{"Item": item, "Value": value, **because(status, why)} for item, value, status, why in items]


def open_from(first: int, last: int) -> dict[str, str]:
    """A window of availability: whole years."""
    return {"From": f"{first}-01-01", "To": f"{last}-12-31"}


@dataclass(frozen=True)
class Offer:
    """One offer of money: who, what kind, how much, in which years, on which terms (column title to cell), and why."""

    source: str
    party: str
    instrument: str
    limit: float
    years: tuple[int, int]
    terms: Mapping[str, Any]
    why: Mapping[str, str]
    may_pay: May

    @property
    def row(self) -> Row:
        """The row of the sheet Sources."""
        head = {"Source": self.source, "Party": self.party, "Instrument": self.instrument, "Limit": self.limit}
        return {**head, **open_from(*self.years), **self.terms, **self.why}

    @property
    def is_debt(self) -> bool:
        """Whether it is a loan, a bond or a credit line."""
        return self.instrument in ("loan", "bond", "credit line")


def debt(years: tuple[int, int], after: int, repaid_by: str, repayment: str = "equal") -> dict[str, Any]:
    """Terms of debt: interest is capitalised until the end of ``years``, then all is repaid in ``after`` years."""
    grace = years[1] - years[0] + 1
    terms: dict[str, Any] = {"Interest in grace": "capitalised", "Grace": grace, "Tenor": grace + after}
    return terms | {"Repayment": repayment, "Repaid by": repaid_by}


@dataclass(frozen=True)
class Work:
    """One package: amount in money of the price date, place, group, years, where the figure comes from, profile.

    The usual profile, front, is fitted to the yearly payments for the Kerch Bridge (RBC, March 2016).
    """

    package: str
    amount: float
    location: str
    group: str
    years: tuple[int, int]
    why: Mapping[str, str]
    profile: str = "front"

    @property
    def row(self) -> Row:
        """The row of the sheet Packages."""
        return {
            **{"Package": self.package, "Amount": self.amount, "Location": self.location, "Group": self.group},
            **{"Start": f"{self.years[0]}-01-01", "Finish": f"{self.years[1]}-12-31", "Profile": self.profile},
            **self.why,
        }


# --------------------------------------------------------------------------- who may pay for what


def anything(package: Row) -> str:
    """Money that pays wherever it is needed."""
    return "yes"


def nothing(package: Row) -> str:
    """Money that pays no package."""
    return "no"


def on(*locations: str, half_of: Sequence[str] = (BOTH,)) -> May:
    """Money that stays in some places; it pays up to half of what lies in a place shared with others."""

    def may(package: Row) -> str | float:
        if package["Location"] in locations:
            return "yes"
        return 0.5 if package["Location"] in half_of else "no"

    return may


def only(groups: Sequence[str], where: May = anything) -> May:
    """Money for some groups of packages alone, within what ``where`` allows."""
    return lambda package: where(package) if package["Group"] in groups else "no"


def eligibility(works: Sequence[Work], offers: Sequence[Offer], why: str, costs_paid_by: Sequence[str]) -> Rows:
    """Who may pay which package; ``costs_paid_by`` are the sources that may pay interest and fees of the project."""
    rows: Rows = [
        {"Package": w.package, **{o.source: o.may_pay(w.row) for o in offers}, **because(ASSUMED, why)} for w in works
    ]
    costs = {o.source: "yes" if o.source in costs_paid_by else "no" for o in offers}
    return [
        *rows,
        {"Package": "Financing costs", **costs, **because(ASSUMED, "Interest and fees that the project pays")},
    ]


# --------------------------------------------------------------------------- money over time


def yearly(*spans: tuple[int, int, float]) -> dict[int, float]:
    """The same amount in every year of each (first, last, amount)."""
    return {year: amount for first, last, amount in spans for year in range(first, last + 1)}


def ramp(first: int, last: int, start: float, level: float, years: int) -> dict[int, float]:
    """From ``start`` in the first year evenly to ``level`` after some years, then flat."""
    return {
        year: round(min(level, start + (level - start) * (year - first) / years), 2) for year in range(first, last + 1)
    }


def share_of(flows: Mapping[int, float], share: float) -> dict[int, float]:
    """A share of each year's flow."""
    return {year: round(share * flow, 2) for year, flow in flows.items()}


def in_money_of(year: int, price_year: int, rate: float) -> float:
    """What one unit of ``price_year`` is in money of ``year``, at a yearly escalation."""
    return float((1 + rate) ** (year - price_year))


# --------------------------------------------------------------------------- scenarios and the workbook

ChangeRow = tuple[str, str, str, str, Any]
"""Sheet, row, column, change (set, add, scale) and value."""


def scenario(name: str, changes: Iterable[ChangeRow], status: str, reference: str) -> Rows:
    """The rows of one scenario."""
    titles = ("Sheet", "Row", "Column", "Change", "Value")
    return [
        {"Scenario": name, **dict(zip(titles, change, strict=True)), **because(status, reference)} for change in changes
    ]


def write_case(path: Path, tables: Mapping[str, Rows], notes: Sequence[str]) -> None:
    """Write a worked case. The lines above the packages and revenue say in which money they are."""
    items = {row["Item"]: row["Value"] for row in tables["Project"]}
    name, money = items["Name"], f"{items['Currency']} {items['Unit']}"
    price_date = items.get("Price date", items["Start date"])
    titles = {"Packages": (f"{name} - Packages", f"Every cost to be paid, {money} in money of {price_date}.")}
    if "Revenue" in tables:
        titles["Revenue"] = (f"{name} - Revenue", f"What users pay and what running costs, {money} a year, nominal.")
    write_workbook(path, tables, title_rows=titles, notes=notes)
