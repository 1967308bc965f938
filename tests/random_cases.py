"""Small cases made in memory: one by hand from dictionaries, or many from a seed, feasible by construction.

A drawn case always has a last resort: an equity fund, dear and large, that may pay for everything at any time and whose
party has no limits. So a plan exists whatever the other terms are.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Mapping
from typing import Any

from finopt.case import Case
from finopt.read.columns import FINANCING_COSTS, REFINANCING, SHEETS

Fields = Mapping[str, Any]
Rows = list[dict[str, Any]]

PROJECT: Fields = {
    "name": "Small case",
    "currency": "USD",
    "unit": "m",
    "start_date": dt.date(2030, 1, 1),
    "construction_end": dt.date(2031, 12, 31),
    "discount_rate": 0.08,
}


def make_case(project: Fields, **sheets: Any) -> Case:
    """A case from dictionaries of fields, one a row; ``project`` completes PROJECT, parties follow from sources."""
    tables = {"Project": [{**PROJECT, **project}], **{name: list(rows) for name, rows in sheets.items()}}
    if "Parties" not in tables:
        tables["Parties"] = [{"party": p} for p in dict.fromkeys(s["party"] for s in tables["Sources"])]
    return Case({name: tuple(SHEETS[name].model_validate(row) for row in rows) for name, rows in tables.items()})


LENGTHS = {"quarter": 3, "half-year": 6, "year": 12}


def random_case(seed: int) -> Case:
    """A feasible case of 2-4 packages, 4-7 sources and 6-12 periods with most of what the workbook can say."""
    dice = random.Random(seed)
    project = _project(dice)
    packages = [_package(dice, i, project) for i in range(dice.randint(2, 4))]
    kinds = ["loan", "loan", "bond", "credit line", "equity", "grant"]
    sources = [_source(dice, i, dice.choice(kinds)) for i in range(dice.randint(3, 6))]
    sources.append({"source": "Last resort", "party": "Fund", "instrument": "equity", "limit": 1e5, "rate": 0.13})
    for s in sources:
        if "currency" in s:
            s["limit"] = s["limit"] / 2
    dice.shuffle(sources)
    parties: list[dict[str, Any]] = [{"party": "North"}, {"party": "South"}, {"party": "Fund"}]
    if dice.random() < 0.5:
        parties[dice.randrange(2)]["total_budget"] = dice.randint(40, 400)
    if dice.random() < 0.4:
        parties[dice.randrange(2)]["maximum_share"] = dice.uniform(0.1, 0.6)
    sheets: dict[str, list[dict[str, Any]]] = {"Parties": parties, "Sources": sources, "Packages": packages}
    _more(dice, sheets, project)
    return make_case(project, **sheets)


def _project(dice: random.Random) -> dict[str, Any]:
    period = dice.choice(["half-year", "half-year", "quarter", "year"])
    years = {"quarter": 1, "half-year": 2, "year": 4}[period]
    month = dice.choice([1, 1, 7])
    start = dt.date(2030, month, 1)
    built = dt.date(2030 + years, month, 1) - dt.timedelta(days=1)
    project: dict[str, Any] = {
        "start_date": start,
        "construction_end": built,
        "end_date": dt.date(built.year + dice.randint(2, 4), built.month, built.day),
        "period": period,
        "operating_period": "year",
        "flow_timing": dice.choice(["start", "middle", "end"]),
        "discount_rate": dice.choice([0.0, 0.06, 0.09]),
        "escalation": dice.choice([0.0, 0.03]),
        "price_date": dice.choice([start, dt.date(2028, 4, 1)]),
        "deposit_rate": dice.choice([0.0, 0.01]),
    }
    if dice.random() < 0.2:
        project["maximum_cash"] = 1000
    return project


def _package(dice: random.Random, i: int, project: Fields) -> dict[str, Any]:
    start, end = project["start_date"], project["construction_end"]
    days = (end - start).days
    first = dice.randint(0, days // 2)
    last = dice.randint(first + days // 4, days)
    return {
        "package": f"Package {i}",
        "amount": dice.randint(20, 200),
        "location": dice.choice(["West", "East"]),
        "group": dice.choice(["Civil", "Systems"]),
        "start": start + dt.timedelta(days=first),
        "finish": start + dt.timedelta(days=last),
        "profile": dice.choice(["uniform", "s-curve", "front", "back", "beta(2,3)"]),
        "contingency": dice.choice([0.0, 0.1]),
        **({"escalation": 0.05} if dice.random() < 0.3 else {}),
    }


def _source(dice: random.Random, i: int, instrument: str) -> dict[str, Any]:
    row: dict[str, Any] = {
        "source": f"{instrument.capitalize()} {i}",
        "party": dice.choice(["North", "South"]),
        "instrument": instrument,
        "limit": dice.randint(20, 250),
        "rate": dice.choice([0.02, 0.035, 0.05, 0.07]),
    }
    if dice.random() < 0.2:
        row["currency"] = "EUR"
    if dice.random() < 0.3:
        row["limit_per_year"] = dice.randint(10, 80)
    if dice.random() < 0.2:
        row["limit_per_period"] = dice.randint(10, 60)
    if dice.random() < 0.3:
        row["headroom"] = 0.1
    for fee, most in (("upfront_fee", 0.02), ("commitment_fee", 0.01), ("draw_fee", 0.01)):
        if dice.random() < 0.4:
            row[fee] = most * dice.choice([0.5, 1])
    if dice.random() < 0.2:
        row["gate"] = dice.choice(["Licence", "Shut"])
    if instrument in ("loan", "bond", "credit line"):
        _debt_terms(dice, row)
    return row


def _debt_terms(dice: random.Random, row: dict[str, Any]) -> None:
    row["repaid_by"] = dice.choice(["project", "North", "South", "North", "South", "Fund"])
    if dice.random() < 0.3:
        row["guarantee_fee"] = 0.005
    if row["instrument"] == "credit line":
        return
    row["grace"] = dice.choice([0.5, 1, 2, 2.5])
    row["tenor"] = row["grace"] + dice.choice([1, 2, 3, 12])
    row["repayment"] = dice.choice(["equal", "annuity", "bullet", "sculpted", "table"])
    row["interest_in_grace"] = dice.choice(["paid", "capitalised"])
    if dice.random() < 0.3:
        del row["rate"]
        row |= {"curve": "Base", "margin": 0.015}


def _more(dice: random.Random, sheets: dict[str, list[dict[str, Any]]], project: Fields) -> None:
    """The optional sheets."""
    sources, packages = sheets["Sources"], sheets["Packages"]
    end, built = project["end_date"].year, project["construction_end"].year
    sheets["Gates"] = [
        {"gate": "Licence", "open": True, "from_": dt.date(2030, 9, 1)},
        {"gate": "Shut", "open": False},
    ]
    sheets["Curves"] = [{"curve": "Base", "values": {"2029": 0.03, "2031": 0.04, "2033": 0.02}}]
    sheets["FX"] = [{"currency": "EUR", "values": {"2030": 1.1, "2032": 1.25}}]
    tables = [s for s in sources if s.get("repayment") == "table"]
    sheets["Repayments"] = [{"source": s["source"], "values": {str(end - 1): 0.4, str(end): 0.6}} for s in tables]
    for s in tables:
        s["grace"], s["tenor"] = 1, 30
    if dice.random() < 0.7:
        money = {str(y): dice.randint(10, 90) for y in range(built + 1, end + 1)}
        sheets["Revenue"] = [{"line": "Tolls", "kind": "revenue", "values": money}]
        if dice.random() < 0.5:
            sheets["Revenue"].append({"line": "Upkeep", "kind": "cost", "values": dict.fromkeys(money, 5)})
        _covenants(dice, sheets)
    if dice.random() < 0.6:
        sheets["Eligibility"] = _eligibility(dice, sources, packages)
    if dice.random() < 0.6:
        caps = {str(y): dice.randint(15, 120) for y in range(2030, end + 1)}
        sheets["Budgets"] = [{"party": "North", "carry_over": dice.random() < 0.5, "values": caps}]
        if dice.random() < 0.4:
            half = {"2030-H2": dice.randint(5, 60), "2031-07": dice.randint(5, 60)}
            sheets["Budgets"].append({"party": "South", "carry_over": dice.random() < 0.5, "values": half})
    sheets["Rules"] = [_rule(dice, i) for i in range(dice.randint(0, 3))]


def _covenants(dice: random.Random, sheets: dict[str, list[dict[str, Any]]]) -> None:
    limits = {"DSCR": 1.3, "LLCR": 1.4, "gearing": 0.7, "reserve months": 6, "average life": 4, "debt": 90}
    chosen = dice.sample(sorted(limits), dice.randint(0, 3))
    sheets["Covenants"] = [{"covenant": c, "limit": limits[c]} for c in chosen]
    for row in sheets["Covenants"]:
        if dice.random() < 0.3:
            row["applies_to"] = dice.choice(["instrument: loan", "instrument: bond, credit line", "party: North"])
        if dice.random() < 0.2:
            row[dice.choice(["from_", "to"])] = dt.date(2033, 3, 1)


def _eligibility(
    dice: random.Random, sources: list[dict[str, Any]], packages: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    names = [s["source"] for s in sources if s["source"] != "Last resort"]
    rows: Rows = []
    for use in [*(p["package"] for p in packages), FINANCING_COSTS, REFINANCING]:
        if use == REFINANCING and dice.random() < 0.5:
            continue
        cells = {n: dice.choice(["yes", "yes", "no", 0.3, 0.5]) for n in names}
        account = {"Project account": dice.choice(["no", 0.1])} if dice.random() < 0.3 else {}
        rows.append({"package": use, "values": {**cells, **account, "Last resort": "yes"}})
    if dice.random() < 0.5:
        where = packages[0]["location"]
        rows[0] = {"package": f"location: {where}", "values": dict.fromkeys([*names, "Last resort"], "yes")}
    return rows


def _rule(dice: random.Random, i: int) -> dict[str, Any]:
    """Caps on others, or a floor on the fund: both leave the last resort open."""
    selector = dice.choice(
        ["party: North", "party: South", "instrument: loan, bond", "instrument: grant", "currency: EUR"]
    )
    when = dice.choice(["total", "year", "period", "cumulative"])
    spent = dice.choice(["all", "location: West", "group: Civil"])
    row = {"rule": f"Rule {i}", "money_from": selector, "spent_on": spent, "sense": "<=", "when": when}
    if dice.random() < 0.5:
        return {**row, "measure": "share", "value": dice.choice([0.2, 0.5]), "of_spent_on": spent}
    if dice.random() < 0.5:
        return {**row, "measure": "amount", "value": dice.randint(5, 80), "to": dt.date(2031, 6, 30)}
    return {**row, "money_from": "party: Fund", "sense": ">=", "measure": "share", "value": 0.1, "of_spent_on": spent}
