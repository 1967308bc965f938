"""Write ``inputs/us_canada_russia_china.xlsx``: 13,000 km of railway from north-east China to the United States.

Run as ``python -m inputs.make_us_canada_russia_china``, or ``python -m inputs`` for every workbook.
"""

from __future__ import annotations

from pathlib import Path

from inputs import lenders, scenarios
from inputs.common import (
    ASSUMED,
    REPORTED,
    RUSSIA,
    US,
    Offer,
    Rows,
    Work,
    anything,
    because,
    debt,
    eligibility,
    on,
    scenario,
    write_case,
    yearly,
)
from inputs.lenders import AMERICANS, CHINA, COINVESTORS, MOSCOW, RDIF, Lenders

FILE = "us_canada_russia_china.xlsx"
BUILT, END = 2041, 2071
MONEY = Lenders(built=BUILT, middle=2036)
CHINESE, CANADIANS = "China", "Canada"
STRAIT, CHINA_LAND, CANADA_LAND = "Strait", "China", "Canada"
FEDERAL_CANADA, CARRIERS = "Canadian federal loan", "Canadian carriers' equity"
BEIJING = "Beijing Times and China Daily, 8 May 2014 (copies: Arab News, aftermath2022.blogspot.com)"
DURATION = "No time is reported; fifteen years, as the 10-15 of the plan of 2007 (Bloomberg, 19 Apr 2007)"

TOLL_LINES = ("Tolls", "Running costs")

NOTES = (
    "What this is. A railway of 13,000 km from north-east China through Siberia, under the Bering Strait by some 200 "
    "km of tunnel, and through Alaska and Canada to the United States, as Chinese newspapers described it in May "
    "2014.",
    "What is known. Length, tunnel, a speed of 350 km/h and 'funded and constructed by China'. No official cost was "
    "ever named; USD 35 billion for the tunnel stands on a secondary site only. The split of the 13,000 km is an "
    "assumption that sums to them.",
    "Packages. 115 billion in money of 2026 for a railway that carries freight too, at USD 5-7.5 million a km. Built "
    "as a high-speed line at 17-21 million a km it would come to some 253-304 billion.",
    "Sources. 131.5 billion in money of 2026, of which China offers 60: its policy banks lend 45, its state companies "
    "put in 15. 'Funded by China' could mean all of it. Each country's public money stays on its own ground.",
    "Who repays. China's loans are repaid by China's own railway and state companies, as in the reported idea; "
    "Moscow, Canada and the US participants repay their own. Freight of USD 60 a tonne on 10-50 Mt carries a first "
    "loan only.",
    "Budgets. China's ceiling of USD 9 billion a year is three quarters of what its banks lent to Yamal LNG in all. It "
    "binds first in 2032, so the dearer money of the others is needed in the middle years.",
    "Discounting. 4.5% a year, near the cost of long public borrowing, as for the tunnel alone.",
)


def parties() -> Rows:
    """Who stands behind the money."""
    lead = because(ASSUMED, f"'Funded and constructed by China'. {BEIJING}", "China leads: at least 35%.")
    others = because(ASSUMED, f"No share is reported. {BEIJING}")
    return [
        {"Party": CHINESE, "Minimum share": 0.35, **lead},
        {"Party": MOSCOW, "Maximum share": 0.3, **others},
        {"Party": AMERICANS, "Maximum share": 0.3, **others},
        {"Party": CANADIANS, "Maximum share": 0.2, **others},
    ]


def budgets() -> Rows:
    """Most that a party puts in a year, the debt service that it repays itself included."""
    return [
        {
            "Party": CHINESE,
            **yearly((2027, 2027, 1000), (2028, END, 9000)),
            **because(ASSUMED, "Policy banks lent Yamal LNG USD 12.08 bn in all (GTR and Reuters, 2016)"),
        },
        {
            "Party": MOSCOW,
            **yearly((2027, 2027, 1500), (2028, END, 6000)),
            **because(ASSUMED, "Moscow-St Petersburg line: USD 4.4 bn a year (smotrim, 2025), in money of 2036"),
        },
        {
            "Party": AMERICANS,
            **yearly((2027, 2027, 300), (2028, END, 6000)),
            **because(ASSUMED, "As Moscow; federal loans could reach USD 70 bn (transportation.gov, Jan 2024)"),
        },
        {
            "Party": CANADIANS,
            **yearly((2030, END, 3500)),
            **because(ASSUMED, "The Alaska-Alberta railway at CAD 22 bn over some seven years (press, 2020-21)"),
        },
    ]


def chinese() -> list[Offer]:
    """China's loans and equity, wherever the line needs them, and its tickets in development banks."""
    years = (2028, BUILT)
    banks = MONEY.china(45, 2028, anything)
    terms = {"Curve": "SOFR", "Margin": 0.01, "Upfront fee": 0.0025, **debt(years, 25, CHINESE)}
    why = because(
        ASSUMED,
        "Jakarta-Bandung: China Development Bank lent 75%, 40 years at 2% (Reuters, 15 May 2017; CNA, 10 Apr 2023)",
        "Limit: USD 45 bn of 2026 in money of 2036. SOFR and 1% stands between those 2% and Yamal's margin of 3.3%.",
    )
    state = MONEY.coinvestors(15, (2028, 2038))
    equity = because(
        ASSUMED,
        "Yamal LNG: CNPC and the Silk Road Fund hold 29.9% (GTR, 2016)",
        "Limit: USD 15 bn of 2026 in money of 2036. Rate: target return of state companies.",
    )
    return [
        Offer(banks.source, CHINESE, "loan", banks.limit, years, terms, why, anything),
        Offer(state.source, CHINESE, "equity", state.limit, state.years, {"Rate": 0.09}, equity, anything),
    ]


def russian() -> list[Offer]:
    """Moscow's money."""
    years = (2030, BUILT)
    banks = MONEY.development(6, 2030, on(RUSSIA, CHINA_LAND, half_of=()))
    return [
        MONEY.budget(12, 1.2, 2028),
        MONEY.rdif((2028, 2036)),
        MONEY.railways(6, 0.8, 2028),
        MONEY.wealth(8, 2029),
        MONEY.syndicate(8, 2029),
        Offer(banks.source, CHINESE, "loan", banks.limit, years, banks.terms, banks.why, banks.may_pay),
    ]


def american() -> list[Offer]:
    """Canadian and US money."""
    years = (2031, 2039)
    federal = because(
        ASSUMED,
        "Low-rate federal loans of 35 years (general knowledge: the bank's terms were not found)",
        "Limit: USD 6 bn of 2026 in money of 2036.",
    )
    carriers = because(
        ASSUMED,
        "Alaska-Alberta railway: up to 49% for Indigenous owners (Financial Post, Sep 2020)",
        "Limit: USD 5 bn of 2026 in money of 2036. Rate: rail returns 14-18% (PERE, about 2007), low end.",
    )
    loan = {"Rate": 0.03, **debt((2031, BUILT), 25, CANADIANS)}
    at_home = on(CANADA_LAND, half_of=())
    return [
        Offer(FEDERAL_CANADA, CANADIANS, "loan", MONEY.nominal(6), years, loan, federal, at_home),
        Offer(CARRIERS, CANADIANS, "equity", MONEY.nominal(5), years, {"Rate": 0.14}, carriers, at_home),
        MONEY.toll_loan(4, 2031),
        MONEY.federal_loan(11, 2031),
        MONEY.bonds(5, (2031, 2040)),
    ]


def offers() -> list[Offer]:
    """Every offer of money: USD 131.5 bn of 2026."""
    return [*chinese(), *russian(), *american()]


def works() -> list[Work]:
    """The works, USD m of 2026: 13,000 km for 115 bn."""
    flat = because(ASSUMED, f"USD 5 m a km. Length within the 13,000 km of {BEIJING}")
    taiga = because(ASSUMED, f"USD 6.25 m a km as Razbegin (RIA, Nov 2025). Length within the 13,000 km of {BEIJING}")
    alaska = because(ASSUMED, "USD 7.5 m a km: Port MacKenzie spur about 9, northern extension 4.7-6.2 (2010-25)")
    rockies = because(ASSUMED, "USD 6.5 m a km as the Alaska-Alberta railway (USD 17 bn for 2,570 km, 2020-21)")
    plains = because(ASSUMED, "USD 5.5 m a km, by comparison with the northern lines")
    tunnel = because(
        ASSUMED, "About 35 bn for 125 miles (asianaryanism.com, low confidence), split as the Brenner Base Tunnel"
    )
    return [
        Work("China, 1,500 km", 7500, CHINA_LAND, "Railways", (2028, 2034), flat),
        Work("Amur and Yakutsk lines, 1,500 km", 9400, RUSSIA, "Railways", (2028, 2035), taiga),
        Work("Yakutsk to Magadan, 1,700 km", 10600, RUSSIA, "Railways", (2029, 2036), taiga),
        Work("Magadan to Uelen, 2,300 km", 14400, RUSSIA, "Railways", (2030, 2038), taiga),
        Work("Tunnel planning and land", 3850, STRAIT, "Planning", (2028, 2041), tunnel, "back"),
        Work("Tunnel shell, 200 km", 20650, STRAIT, "Bores", (2031, 2039), tunnel),
        Work("Tunnel systems", 6300, STRAIT, "Systems", (2037, 2041), tunnel),
        Work("Tunnel reserve", 4200, STRAIT, "Reserve", (2031, 2041), tunnel, "back"),
        Work("Alaska, 1,800 km", 13500, US, "Railways", (2031, 2039), alaska),
        Work("Yukon, British Columbia, Alberta, 2,600 km", 16900, CANADA_LAND, "Railways", (2031, 2039), rockies),
        Work("Lower 48, 1,400 km", 7700, US, "Railways", (2032, 2038), plains),
    ]


def rules() -> Rows:
    """Lenders' and investors' policies."""
    return [
        *lenders.matched_equity(),
        lenders.federal_share(0.6, "Between 49% of TIFIA and 100% of RRIF (transportation.gov, 2024-25)", ASSUMED),
    ]


def what_if() -> Rows:
    """What could go otherwise."""
    less = "No amount was ever promised (China Daily, 8 May 2014: 'details not finalised')"
    halved = [("Sources", CHINA, "Limit", "scale", 0.5), ("Sources", COINVESTORS, "Limit", "scale", 0.5)]
    return [
        *scenarios.overrun(),
        *scenarios.no_licence(),
        *scenario("China offers half", halved, ASSUMED, less),
        *scenarios.volumes_halved(TOLL_LINES),
        *scenarios.dearer_debt(offers(), "SOFR"),
        *scenarios.slip(BUILT + 1, TOLL_LINES),
        *scenarios.moscow_cut(),
        *scenarios.banks_return(),
    ]


def uncertain() -> Rows:
    """What is uncertain, with its precedent."""
    return scenarios.uncertainty(
        [
            scenarios.cost_driver(),
            scenarios.volume_driver("Tolls"),
            scenarios.rate_driver("SOFR"),
            scenarios.budget_driver(CHINESE),
            scenarios.licence_driver(),
        ]
    )


def tables() -> dict[str, Rows]:
    """The whole workbook."""
    toll = "USD 60 a tonne: 12 for the tunnel, 0.4 cents a tonne-km for 12,000 km (assumption), 10-50 Mt"
    return {
        "Project": lenders.calendar("US-Canada-Russia-China railroad", REPORTED, BUILT, END, DURATION, BEIJING),
        "Parties": parties(),
        "Budgets": budgets(),
        "Sources": [offer.row for offer in offers()],
        "Packages": [work.row for work in works()],
        "Eligibility": eligibility(
            works(), offers(), "Public money on its own ground, China's anywhere", (RDIF, COINVESTORS)
        ),
        "Gates": lenders.gates(),
        "Rules": rules(),
        "Revenue": lenders.tolls(BUILT + 1, END, 10, 50, 60, toll),
        "Covenants": lenders.covenants(),
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
