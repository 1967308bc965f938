"""Small cases made in memory: one by hand from dictionaries, or many from a seed, feasible by construction.

A drawn case always has a last resort: an equity fund, dear and large, that may pay for everything at any time and whose
party has no limits. So a plan exists whatever the other terms are: what a case cannot refuse is paid by that party
(debt owed before Start date) or lies in the account from the first day (years of loss, a project's own old debt).
"""

from __future__ import annotations

import calendar
import datetime as dt
import random
from collections.abc import Mapping
from typing import Any

from finopt.case.case import Case
from finopt.case.names import FINANCING_COSTS, REFINANCING
from finopt.case.sheets import SHEETS

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
    """A feasible case of 2-4 packages, 4-7 sources and 6-16 periods with most of what the workbook can say."""
    dice, more = random.Random(seed), random.Random(f"{seed}: what came later")
    project = _project(dice)
    _budget_year(more, project)
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
    _older(more, sheets, project)
    _losses(more, sheets, project)
    _second_covenant(more, sheets)
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


def _budget_year(dice: random.Random, project: dict[str, Any]) -> None:
    """Some years begin in April, as those of many treasuries; no period of a case lies in two budget years."""
    start, built, end = project["start_date"], project["construction_end"], project["end_date"]
    if start.month == 1 and dice.random() < 0.3:
        project["start_date"] = dt.date(start.year, 4, 1)
        project["construction_end"] = dt.date(built.year + 1, 3, 31)
        project["end_date"] = dt.date(end.year + 1, 3, 31)
        if project["price_date"] == start:
            project["price_date"] = project["start_date"]
    if project["start_date"].month > 1 and project["period"] != "year" and dice.random() < 0.3:
        project["operating_period"] = "half-year" if project["start_date"].month == 7 else "quarter"
    elif project["start_date"].month > 1:
        project["year_begins"] = calendar.month_name[project["start_date"].month]
    if project["period"] == "quarter" and dice.random() < 0.2:
        project["period"] = "month"


def months_before(day: dt.date, months: int) -> dt.date:
    """The first of a month, so many months earlier."""
    count = 12 * day.year + day.month - 1 - months
    return dt.date(count // 12, count % 12 + 1, 1)


def years_of(project: Fields) -> tuple[int, int]:
    """First and last budget year after Construction end."""
    built, end = project["construction_end"], project["end_date"]
    if "year_begins" in project:
        return built.year, end.year - 1
    return built.year + 1, end.year


def heading(project: Fields, year: int) -> str:
    """A year as people write it where it begins in January, and where it does not."""
    return f"{year}/{(year + 1) % 100:02}" if "year_begins" in project else str(year)


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
    opens, end = years_of(project)

    def by_year(values: Mapping[int, Any]) -> dict[str, Any]:
        return {heading(project, year): value for year, value in values.items()}

    sheets["Gates"] = [
        {"gate": "Licence", "open": True, "from_": dt.date(2030, 9, 1)},
        {"gate": "Shut", "open": False},
    ]
    sheets["Curves"] = [{"curve": "Base", "values": by_year({2029: 0.03, 2031: 0.04, 2033: 0.02})}]
    sheets["FX"] = [{"currency": "EUR", "values": by_year({2030: 1.1, 2032: 1.25})}]
    tables = [s for s in sources if s.get("repayment") == "table"]
    sheets["Repayments"] = [{"source": s["source"], "values": by_year({end - 1: 0.4, end: 0.6})} for s in tables]
    for s in tables:
        s["grace"], s["tenor"] = 1, 30
    if dice.random() < 0.7:
        money = by_year({y: dice.randint(10, 90) for y in range(opens, end + 1)})
        sheets["Revenue"] = [{"line": "Tolls", "kind": "revenue", "values": money}]
        if dice.random() < 0.5:
            sheets["Revenue"].append({"line": "Upkeep", "kind": "cost", "values": dict.fromkeys(money, 5)})
        _covenants(dice, sheets)
    if dice.random() < 0.6:
        sheets["Eligibility"] = _eligibility(dice, sources, packages)
    if dice.random() < 0.6:
        caps = by_year({y: dice.randint(15, 120) for y in range(2030, end + 1)})
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


def _older(dice: random.Random, sheets: dict[str, Rows], project: dict[str, Any]) -> None:
    """Terms of debt at their edges: a bullet with Grace = Tenor, a line's commitment fee, debt older than the case."""
    for row in sheets["Sources"]:
        if row.get("repayment") == "bullet" and dice.random() < 0.4:
            row["grace"] = row["tenor"]
        if row["instrument"] == "credit line" and dice.random() < 0.6:
            row["commitment_fee"] = dice.choice([0.01, 0.03])
            if dice.random() < 0.5:
                row["to"] = project["end_date"]
    debts = [s for s in sheets["Sources"] if s["instrument"] in ("loan", "credit line")]
    lives = any(c["covenant"] == "average life" for c in sheets.get("Covenants", []))
    if debts and not lives and dice.random() < 0.5:
        _owed_before(dice, dice.choice(debts), sheets, project)


def _owed_before(dice: random.Random, row: dict[str, Any], sheets: dict[str, Rows], project: dict[str, Any]) -> None:
    """A debt that is half repaid, or not at all, when the case begins; its payer can always pay."""
    row.pop("gate", None)
    row["opening_balance"] = min(40, round(row["limit"] * dice.choice([0.1, 0.3]), 1))
    row["drawn_before"] = row["opening_balance"] * dice.choice([1, 1.5])
    row["from_"] = months_before(project["start_date"], dice.choice([6, 12, 18]))
    row["repaid_by"] = "Fund"
    if row["instrument"] == "credit line":
        return
    row["tenor"] = max(row["tenor"], row["grace"] + 2, 3.5)
    if row["repayment"] == "table":
        table = next(r for r in sheets["Repayments"] if r["source"] == row["source"])
        past = heading(project, project["start_date"].year - 1)
        table["values"] = {past: 0.2, **{year: 0.8 * share for year, share in table["values"].items()}}
    covenants = {c["covenant"] for c in sheets.get("Covenants", [])}
    if "gearing" not in covenants and dice.random() < 0.5:  # due within a year, out of what lies in the account
        row |= {"repaid_by": "project", "repayment": "bullet", "grace": dice.choice([1, 2]), "tenor": 2}
        row["from_"] = months_before(project["start_date"], 12)
        sheets["Repayments"] = [r for r in sheets["Repayments"] if r["source"] != row["source"]]
        project["opening_cash"] = 2 * row["opening_balance"] + 5


def _losses(dice: random.Random, sheets: dict[str, Rows], project: dict[str, Any]) -> None:
    """A year in which upkeep is dearer than tolls; cash from the first day covers it."""
    if "Revenue" not in sheets or dice.random() < 0.6:
        return
    tolls = sheets["Revenue"][0]["values"]
    year, loss = dice.choice(list(tolls)), dice.randint(5, 40)
    sheets["Revenue"].append({"line": "Overhaul", "kind": "cost", "values": {year: tolls[year] + loss}})
    project["opening_cash"] = project.get("opening_cash", 0) + loss + 5


def _second_covenant(dice: random.Random, sheets: dict[str, Rows]) -> None:
    """A second covenant of a kind, for some of the debt."""
    rows = sheets.get("Covenants", [])
    if not rows or dice.random() < 0.5:
        return
    limits = {"DSCR": 1.5, "LLCR": 1.2, "gearing": 0.6, "reserve months": 3, "average life": 5, "debt": 60}
    kind = dice.choice(rows)["covenant"]
    if kind == "reserve months":  # two rows are two accounts, or one for the larger: the design does not say
        return
    where = dice.choice(["instrument: loan", "all", "instrument: credit line, bond"])
    rows.append({"name": f"Second {kind}", "covenant": kind, "limit": limits[kind], "applies_to": where})
