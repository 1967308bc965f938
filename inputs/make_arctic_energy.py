"""Write ``inputs/arctic_energy.xlsx``: an Arctic energy cluster whose ship-or-pay contract can back the tunnel's debt.

Run as ``python -m inputs.make_arctic_energy``, or ``python -m inputs`` for every workbook.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from inputs import lenders, scenarios
from inputs.common import (
    ASSUMED,
    REPORTED,
    RUSSIA,
    US,
    Offer,
    Row,
    Rows,
    Work,
    anything,
    because,
    debt,
    eligibility,
    in_money_of,
    on,
    only,
    project,
    ramp,
    scenario,
    share_of,
    write_case,
)
from inputs.lenders import ARTICLE, LICENCE

FILE = "arctic_energy.xlsx"
BUILT, END, MIDDLE, ESCALATION = 2035, 2055, 2031, 0.035
MAJORS, NATIONAL, STATE = "US energy majors", "Russian energy company", "Russian state"
CHINESE, BANKS, LENDERS = "Chinese investors", "Russian banks", "Other lenders"
US_EQUITY, OWN_EQUITY, CHINESE_EQUITY = "US majors' equity", "Russian company's equity", "Chinese equity"
YAMAL = "Yamal LNG, USD 27 bn, 16.5 Mt a year (GTR and Reuters, 2016)"
SAKHALIN = "Sakhalin-1: Exxon held 30%; a decree of Aug 2025 allows a return (evrimagaci.org, 27 Aug 2025)"

TONNES, TOLL, FLOOR = 10, 12, 0.8
CONTRACT_YEARS = (2036, 2055)
SHIP_OR_PAY = dict.fromkeys(range(CONTRACT_YEARS[0], CONTRACT_YEARS[1] + 1), TONNES * TOLL * FLOOR)
"""USD m a year that the cluster pays the tunnel, cargo or not: 96 for twenty years."""
CONTRACT = "Ship-or-pay to the tunnel"
CONTRACT_REFERENCE = (
    f"arctic_energy.xlsx, sheet Revenue, {CONTRACT}: {TONNES} Mt at USD {TOLL}, {FLOOR:.0%} in any case"
)

LINES = ("Gas sales", "Running costs and taxes")

NOTES = (
    "What this is. A cluster of field, LNG plant, port, power and a rail spur in the Russian Arctic, with US energy "
    "majors as partners: the article of 17 Oct 2025 says that they 'could join Russian projects in the Arctic'. No "
    "amount, no field and no company was named.",
    "Benchmark. Everything follows Yamal LNG, scaled to USD 10 billion of 2026: shares of 50.1 / 20 / 20 / 9.9, "
    "Chinese loans of 44% of the cost at 3.3% over the base rate, Russian bank loans of 15%, the National Wealth Fund "
    "with 8.5%. The US share is capped at 30%, as Exxon's was in Sakhalin-1.",
    "The contract. The cluster ships 10 Mt a year through the Bering tunnel at USD 12 a tonne and pays for 80% of it "
    "in any case: USD 96 million a year from 2036 to 2055. It stands as a cost on the sheet Revenue here. "
    "bering_tunnel.xlsx holds a line for it on its sheet Revenue, zero in its base case; its scenario Arctic "
    "ship-or-pay fills in the 96 million, copied from here with the reference, no link between files.",
    "What the contract is worth. At 6% and a cover of 1.3, USD 96 million for twenty years carry some 850 million of "
    "debt: a tenth of the tunnel. It is real help, and it is not a plan.",
    "Who repays. The cluster itself, from gas at USD 500 a tonne in money of 2036, 45% of which goes to running "
    "costs, taxes and transport. It starts in 2035 at 40% and is full in 2037.",
    "Discounting. 8% a year, between its loans and its equity: these are investors, not treasuries. Financing costs "
    "of this workbook and of the tunnel's, at 4.5%, are not the same measure.",
)


def nominal(billions: float) -> float:
    """USD m of the middle of the works."""
    return round(1000 * billions * in_money_of(MIDDLE, 2026, ESCALATION))


def project_sheet() -> Rows:
    """Calendar, money and discounting."""
    return project(
        (
            ("Name", "Arctic energy cluster", ASSUMED, ARTICLE),
            ("Currency", "USD", ASSUMED, "As the tunnel's workbook"),
            ("Unit", "m", ASSUMED, "Millions, chosen for this workbook"),
            ("Start date", "2028-01-01", ASSUMED, "After the US licence that the tunnel's workbook assumes"),
            (
                "Construction end",
                f"{BUILT}-12-31",
                ASSUMED,
                "Eight years; Yamal LNG took some five: general knowledge",
            ),
            ("End date", f"{END}-12-31", ASSUMED, "End of the ship-or-pay contract"),
            ("Period", "year", ASSUMED, "Enough for a plan of eight years"),
            ("Discount rate", 0.08, ASSUMED, "Between its loans at 7% and its equity at 12-14%"),
            ("Price date", "2026-01-01", ASSUMED, "The year in which the case was drawn up"),
            ("Escalation", ESCALATION, ASSUMED, "US consumer prices 2.5% a year, construction 1% more"),
            ("Flow timing", "end", ASSUMED, "Money moves on the last day of a period"),
            ("Deposit rate", 0.02, ASSUMED, "Below every borrowing rate"),
        )
    )


def parties() -> Rows:
    """Who stands behind the money."""
    named = because(REPORTED, f"US majors 'could join Russian projects in the Arctic'. {ARTICLE}")
    yamal = because(ASSUMED, YAMAL)
    return [{"Party": MAJORS, **named}, *({"Party": p, **yamal} for p in (NATIONAL, STATE, CHINESE, BANKS, LENDERS))]


def offers() -> list[Offer]:
    """Every offer of money: USD 16.85 bn of 2026."""

    def why(limit: float, reference: str, rate: str = "Rate: an assumption.") -> dict[str, str]:
        return because(ASSUMED, reference, f"Limit: USD {limit:g} bn of 2026 in money of {MIDDLE}. {rate}")

    def loan(first: int, after: int, **terms: Any) -> dict[str, Any]:
        titles = {name.replace("_", " ").capitalize(): value for name, value in terms.items()}
        return {**titles, **debt((first, BUILT + 1), after, "project", "sculpted")}

    years, licence = (2029, 2034), {"Gate": LICENCE}
    upstream = "Rate: target return of oil and gas companies, an assumption."
    return [
        Offer(US_EQUITY, MAJORS, "equity", nominal(3), (2028, 2034), {"Rate": 0.14, **licence},
              why(3, SAKHALIN, upstream), anything),
        Offer(OWN_EQUITY, NATIONAL, "equity", nominal(3), (2028, BUILT), {"Rate": 0.12},
              why(3, f"Novatek held 50.1%. {YAMAL}", upstream), on(RUSSIA)),
        Offer(CHINESE_EQUITY, CHINESE, "equity", nominal(2), (2028, 2033), {"Rate": 0.12},
              why(2, f"CNPC and the Silk Road Fund held 29.9%. {YAMAL}", upstream), on(RUSSIA)),
        Offer("Chinese policy banks", CHINESE, "loan", nominal(4.4), years,
              loan(2029, 15, curve="SOFR", margin=0.033, upfront_fee=0.0075),
              why(4.4, f"USD 12.08 bn of 27, 15 years, 3.30% over base. {YAMAL}", ""), on(RUSSIA)),
        Offer("Russian bank loan", BANKS, "loan", nominal(1.5), years, loan(2029, 15, rate=0.085, upfront_fee=0.01),
              why(1.5, f"Sber and Gazprombank lent USD 4.1 bn of 27, 15 years. {YAMAL}"), on(RUSSIA)),
        Offer("National Wealth Fund", STATE, "loan", nominal(0.85), (2028, 2033), loan(2028, 15, rate=0.035),
              why(0.85, f"USD 2.3 bn of 27. {YAMAL}", "Rate: consumer prices and 1% (1prime, 2013)."), on(RUSSIA)),
        Offer("Export credit", LENDERS, "loan", nominal(0.6), years,
              loan(2029, 12, rate=0.045, upfront_fee=0.09) | licence,
              why(0.6, "85% of US equipment (OECD arrangement); rate and premium assumed"), only(("LNG", "Terminal"))),
        Offer("Off-takers' prepayment", LENDERS, "loan", nominal(1.5), (2029, BUILT), loan(2029, 15, rate=0.09),
              why(1.5, "About all of Yamal's volume under contract (Infrastructure Investor, 2015)"), anything),
    ]  # fmt: skip


def works() -> list[Work]:
    """The works, USD m of 2026: ten billion."""
    split = because(ASSUMED, f"Part of 10 bn, by comparison with {YAMAL}")
    spur = because(ASSUMED, "About 130 km at USD 6.25 m a km (Razbegin, RIA, Nov 2025)")
    return [
        Work("Field development", 4000, RUSSIA, "Field", (2028, 2034), split),
        Work("LNG and processing", 2500, RUSSIA, "LNG", (2029, 2034), split),
        Work("Arctic port", 1000, RUSSIA, "Port", (2028, 2032), split),
        Work("Power for Chukotka", 1000, RUSSIA, "Power", (2028, 2032), split),
        Work("Rail spur to the tunnel line", 800, RUSSIA, "Railway", (2030, 2035), spur),
        Work("Alaska receiving terminal", 700, US, "Terminal", (2030, 2034), split),
    ]


def contract_line() -> Row:
    """What the cluster pays the tunnel."""
    reference = f"{TONNES} Mt at USD {TOLL}, {FLOOR:.0%} in any case; contracted volumes as Yamal LNG (2015)"
    return {"Line": CONTRACT, "Kind": "cost", **SHIP_OR_PAY, **because(ASSUMED, reference)}


def revenue() -> Rows:
    """Sales, what they cost, and the contract with the tunnel."""
    sales = ramp(BUILT, END, 0.4 * 6.1 * 500, 6.1 * 500, 2)
    return [
        {
            **{"Line": LINES[0], "Kind": "revenue", **sales},
            **because(ASSUMED, f"6.1 Mt a year, scaled by cost from {YAMAL}; USD 500 a tonne"),
        },
        {
            **{"Line": LINES[1], "Kind": "cost", **share_of(sales, 0.45)},
            **because(ASSUMED, "45% of sales, no published benchmark found"),
        },
        contract_line(),
    ]


def share_of_equity(name: str, source: str, sense: str, share: float, why: dict[str, str]) -> Row:
    """A floor or cap on one holder's share of all equity."""
    return {
        **{"Rule": name, "Money from": f"source: {source}", "Spent on": "all", "Sense": sense, "Value": share},
        **{"Measure": "share", "Of money from": "instrument: equity", "When": "total"},
        **why,
    }


def rules() -> Rows:
    """Who may hold how much."""
    return [
        share_of_equity("US entry", US_EQUITY, ">=", 0.2, because(ASSUMED, f"They join: 20%, as Total. {YAMAL}")),
        share_of_equity("US stake", US_EQUITY, "<=", 0.3, because(ASSUMED, SAKHALIN)),
        share_of_equity("Russian stake", OWN_EQUITY, ">=", 0.501, because(ASSUMED, f"Novatek held 50.1%. {YAMAL}")),
        share_of_equity("Chinese stake", CHINESE_EQUITY, "<=", 0.299, because(ASSUMED, f"20% and 9.9%. {YAMAL}")),
    ]


def what_if() -> Rows:
    """What could go otherwise."""
    without_floor = ("Rules", "US entry", "Value", "set", 0)
    contract = [("Revenue", CONTRACT, "*", "set", 0)]
    return [
        *scenarios.overrun(),
        *scenarios.no_licence(without_floor),
        *scenarios.volumes_halved(LINES, "Sales halved"),
        *scenarios.dearer_debt(offers(), "SOFR"),
        *scenarios.slip(BUILT, (*LINES, CONTRACT)),
        *scenario("No contract with the tunnel", contract, ASSUMED, f"No contract exists. {ARTICLE}"),
    ]


def uncertain() -> Rows:
    """What is uncertain, with its precedent."""
    return scenarios.uncertainty(
        [
            scenarios.cost_driver(),
            scenarios.volume_driver(LINES[0]),
            scenarios.rate_driver("SOFR"),
            scenarios.licence_driver(),
        ]
    )


def tables() -> dict[str, Rows]:
    """The whole workbook."""
    gearing = because(ASSUMED, f"About 53%: shareholders over 12.8 bn of 27. {YAMAL}")
    cover = because(ASSUMED, "1.3 with contracted sales (FHWA primer, chapter 9, 2013, table)")
    licence = {**lenders.gates()[0], "Note": "The tunnel's workbook assumes the same date."}
    return {
        "Project": project_sheet(),
        "Parties": parties(),
        "Sources": [offer.row for offer in offers()],
        "Packages": [work.row for work in works()],
        "Eligibility": eligibility(
            works(), offers(), "Russian and Chinese money in Russia", (US_EQUITY, OWN_EQUITY, CHINESE_EQUITY)
        ),
        "Gates": [licence],
        "Rules": rules(),
        "Revenue": revenue(),
        "Covenants": [
            {"Covenant": "DSCR", "Limit": 1.3, **cover},
            {"Covenant": "gearing", "Limit": 0.7, **gearing},
        ],
        "Curves": lenders.base_rate(),
        "Objectives": lenders.least_cost(),
        "Scenarios": what_if(),
        "Uncertainty": uncertain(),
    }


def write(path: Path) -> None:
    """Write the workbook."""
    write_case(path, tables(), NOTES)


if __name__ == "__main__":
    write(Path(__file__).with_name(FILE))
