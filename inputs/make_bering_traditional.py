"""Write ``inputs/bering_traditional.xlsx``: the tunnel at the USD 65 billion that traditional means are said to cost.

Run as ``python -m inputs.make_bering_traditional``, or ``python -m inputs`` for every workbook.
"""

from __future__ import annotations

from pathlib import Path

from inputs import lenders, scenarios
from inputs.common import (
    ASSUMED,
    BOTH,
    REPORTED,
    RUSSIA,
    US,
    Offer,
    Rows,
    Work,
    because,
    eligibility,
    on,
    only,
    scenario,
    write_case,
    yearly,
)
from inputs.lenders import AMERICANS, ARTICLE, COINVESTORS, MOSCOW, PARTNERS, PRIVATE, RDIF, Lenders

FILE = "bering_traditional.xlsx"
BUILT, END = 2041, 2071
MONEY = Lenders(built=BUILT, middle=2035)
DURATION = "10-15 years in the plan of 2007 (Bloomberg, 19 Apr 2007)"
BRENNER = "Share of cost as in the Brenner Base Tunnel budget (bbt-se.com, funding)"

TOLL_LINES = ("Tolls", "Running costs")

NOTES = (
    "What this is. The same 112 km under the Bering Strait at what its proposers call the traditional cost: USD 65 "
    "billion and more, over fifteen years. This workbook asks who could pay that.",
    "A conflict of sources. The 65 billion is not a price of a tunnel. In 2007 USD 65 billion was the whole corridor "
    "of 6,000 km with rail, road, pipelines and power; the tunnel in it was 10-12 billion (Bloomberg, 19 Apr 2007). "
    "The statement of 17 Oct 2025 uses the same figure for a link of 70 miles. V. Razbegin, author of the plan of "
    "2007, put the tunnel at 7-15 billion in Nov 2025, and railways on both sides at 35-40 billion more; a lecturer "
    "of HSE named 250-300 billion (Sputnik, 17 Oct 2025). The workbook takes the 65 billion at its word, and says so.",
    "Packages. 65 billion in money of 2026, split as the budget of the Brenner Base Tunnel: 59% shell, 18% equipment, "
    "10% planning, 1% land, 12% risk. Prices rise 3.5% a year. The years follow the 10-15 years of the plan of 2007.",
    "Sources. Offers worth 85 billion in money of 2026, raised to money of 2035. Two of them are records: a National "
    "Wealth Fund loan of 16% of its liquid part, and Chinese loans above the 12.1 billion lent to Yamal LNG.",
    "Who repays. Tolls of USD 12 on 20-40 Mt a year carry some two billion of debt: one part in forty of the cost. "
    "Everything else is repaid by Moscow and by the US participants, or not at all. The scenario in which tolls repay "
    "all debt has no plan: at 40 Mt a year it would take tolls of some USD 170 a tonne to carry 70% of this cost.",
    "Budgets. Moscow's ceiling of six billion a year is what the Moscow-St Petersburg high-speed line takes over five "
    "years, in money of 2035; the other ceilings are of that size. The US participants reach theirs in 2029 and the "
    "partners in 2037; Moscow stays below, and pays most of all from 2042, when it repays.",
    "Bonds that wait. Private activity bonds are issued in 2029-30 and spent in 2034-37. Their limit binds, they are "
    "cheap, and the 2% that waiting money earns pays for works too: about USD 0.9 billion that would "
    "otherwise be lent at 9%. A treasurer would ask whether the law lets tax-exempt money wait so long.",
    "Discounting. 4.5% a year, near the cost of long public borrowing, as for the tunnel of eight billion.",
)


def parties() -> Rows:
    """Who stands behind the money."""
    unnamed = f"'Moscow and international partners', no shares named. {ARTICLE}"
    return [
        {"Party": MOSCOW, "Minimum share": 0.3, **because(ASSUMED, unnamed, "Moscow leads.")},
        {"Party": PARTNERS, "Maximum share": 0.4, **because(ASSUMED, unnamed)},
        {"Party": AMERICANS, "Maximum share": 0.4, **because(ASSUMED, f"US participants are invited. {ARTICLE}")},
    ]


def budgets() -> Rows:
    """Most that a party puts in a year, the debt service that it repays itself included."""
    railway = "Moscow-St Petersburg line: RUB 1,788 bn over 2024-28 (smotrim, 2025), USD 4.4 bn a year at 80.97"
    return [
        {
            "Party": MOSCOW,
            **yearly((2027, 2028, 1500), (2029, BUILT, 6000), (BUILT + 1, END, 7500)),
            **because(ASSUMED, railway, "Raised to money of 2035. Later years: debt service only."),
        },
        {
            "Party": PARTNERS,
            **yearly((2027, 2028, 1000), (2029, BUILT, 5400)),
            **because(
                ASSUMED,
                "A third of what Yamal LNG was lent, USD 12.08 bn (GTR, Reuters, 2016), in money of 2035",
            ),
        },
        {
            "Party": AMERICANS,
            **yearly((2027, 2028, 500), (2029, END, 6000)),
            **because(ASSUMED, "As Moscow; federal loans could reach USD 70 bn (transportation.gov, Jan 2024)"),
        },
    ]


def offers() -> list[Offer]:
    """Every offer of money: USD 85 bn of 2026."""
    return [
        MONEY.budget(8, 1.0, 2027),
        MONEY.rdif((2027, 2036)),
        MONEY.wealth(8, 2029),
        MONEY.syndicate(10, 2029),
        MONEY.coinvestors(6, (2028, 2038)),
        MONEY.china(15, 2030, only(("Bores", "Systems"))),
        MONEY.development(3, 2030, on(RUSSIA)),
        MONEY.export(6, 2030),
        MONEY.toll_loan(3, 2029),
        MONEY.federal_loan(9, 2029),
        MONEY.bonds(5, (2029, 2040)),
        MONEY.grant(6, 0.6, (2029, 2041)),
        MONEY.private(5.5, (2029, 2040)),
    ]


def works() -> list[Work]:
    """The works, USD m of 2026: 65 bn."""
    planning, land = because(ASSUMED, f"10%. {BRENNER}"), because(ASSUMED, f"1%. {BRENNER}")
    shell, systems = because(ASSUMED, f"Part of 59% shell. {BRENNER}"), because(ASSUMED, f"18% equipment. {BRENNER}")
    risk = because(ASSUMED, f"12% risk. {BRENNER}")
    return [
        Work("Planning and owner", 6500, BOTH, "Planning", (2027, 2041), planning, "uniform"),
        Work("Land and permits", 650, BOTH, "Planning", (2027, 2030), land, "uniform"),
        Work("Chukotka portal, port and power", 4000, RUSSIA, "Site works", (2029, 2033), shell),
        Work("Alaska portal, port and power", 4000, US, "Site works", (2029, 2033), shell),
        Work("Machines and service tunnels, Russia", 3175, RUSSIA, "Equipment", (2030, 2036), shell),
        Work("Machines and service tunnels, US", 3175, US, "Equipment", (2030, 2036), shell),
        Work("Western bores", 12000, RUSSIA, "Bores", (2031, 2038), shell),
        Work("Eastern bores", 12000, US, "Bores", (2031, 2038), shell),
        Work("Rail systems, Russia", 5850, RUSSIA, "Systems", (2036, 2041), systems),
        Work("Rail systems, US", 5850, US, "Systems", (2036, 2041), systems),
        Work("Risk reserve, Russia", 3900, RUSSIA, "Reserve", (2031, 2041), risk, "back"),
        Work("Risk reserve, US", 3900, US, "Reserve", (2031, 2041), risk, "back"),
    ]


def rules() -> Rows:
    """Lenders' and investors' policies."""
    half = "49% of eligible cost since 7 Jul 2025 (Nixon Peabody, 10 Jul 2025)"
    return [
        *lenders.matched_equity(),
        lenders.export_cover(),
        lenders.chinese_share(0.25),
        lenders.federal_share(0.49, half),
    ]


def what_if() -> Rows:
    """What could go otherwise."""
    alone = "No source says who repays: the founding article names no terms (TASS, 17 Oct 2025)"
    return [
        *scenarios.overrun(),
        *scenarios.no_licence(),
        *scenarios.volumes_halved(TOLL_LINES),
        *scenarios.dearer_debt(offers(), "SOFR"),
        *scenarios.slip(BUILT + 1, TOLL_LINES),
        *scenarios.moscow_cut(),
        *scenarios.banks_return(),
        *scenario("Tolls repay everything", [("Sources", "*", "Repaid by", "set", "project")], ASSUMED, alone),
    ]


def uncertain() -> Rows:
    """What is uncertain, with its precedent."""
    return scenarios.uncertainty(
        [
            scenarios.cost_driver(),
            scenarios.volume_driver("Tolls"),
            scenarios.rate_driver("SOFR"),
            scenarios.budget_driver(MOSCOW),
            scenarios.licence_driver(),
        ]
    )


def tables() -> dict[str, Rows]:
    """The whole workbook."""
    toll = "USD 12 a tonne (range 6-25; Channel Tunnel about EUR 6, IRJ, Jun 2013), 20 Mt in 2042, 40 Mt from 2051"
    return {
        "Project": lenders.calendar("Bering tunnel, traditional means", REPORTED, BUILT, END, DURATION, ARTICLE),
        "Parties": parties(),
        "Budgets": budgets(),
        "Sources": [offer.row for offer in offers()],
        "Packages": [work.row for work in works()],
        "Eligibility": eligibility(
            works(), offers(), "Public money on its own side, equity anywhere", (RDIF, COINVESTORS, PRIVATE)
        ),
        "Gates": lenders.gates(),
        "Rules": rules(),
        "Revenue": lenders.tolls(BUILT + 1, END, 20, 40, 12, toll),
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
