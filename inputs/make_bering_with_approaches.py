"""Write ``inputs/bering_with_approaches.xlsx``: the tunnel of eight billion with railways and power on both sides.

Run as ``python -m inputs.make_bering_with_approaches``, or ``python -m inputs`` for every workbook.
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
from inputs.lenders import AMERICANS, ARTICLE, COINVESTORS, MOSCOW, PARTNERS, RAZBEGIN, RDIF, Lenders

FILE = "bering_with_approaches.xlsx"
BUILT, END = 2037, 2067
MONEY = Lenders(built=BUILT, middle=2033)
DURATION = "7-15 years for the tunnel alone (ridus.ru; RIA, 4 Nov 2025); eleven with 6,000 km of railway"
KM = "Midpoint 37.5 bn of 35-40 bn for 4,000 km in Russia and 2,000 km in Alaska, USD 6.25 m a km"

TOLL_LINES = ("Tolls", "Running costs")

NOTES = (
    "What this is. The tunnel of USD 8 billion with what makes it useful: some 4,000 km of railway to the Russian "
    "network, 2,000 km to the American one, power and ports. About 45 billion in money of 2026.",
    "What is known. The article of 17 Oct 2025 says that the approaches 'would cost a huge sum'. V. Razbegin put them "
    "at another USD 35-40 billion, 'very averaged' (RIA, Nov 2025). The workbook takes the midpoint and splits it by "
    "kilometres, so every split is an assumption.",
    "Cross-checks. USD 6.25 m a km compares with 6.6 for the Alaska-Alberta railway (USD 17 bn for 2,570 km, 2020-21), "
    "4.7-6.2 for Alaska's northern extension (600-800 m for 80 miles, 2010), 4.1 in the Alaska-Canada study of 2007, "
    "and RUB 0.8-1.7 trillion for Yakutsk-Magadan (baikal24.ru, Jun 2022).",
    "The peak. Railways and tunnel are built at the same time. The years 2030 to 2032 take more than nine billion "
    "each, and the partners and the US participants stand at their ceilings: that, not the total, is what decides.",
    "Sources. Offers worth 56.5 billion in money of 2026, raised to money of 2033: a quarter more than the works "
    "cost. With an overrun of 34%, the mean of bridges and tunnels, they no longer suffice.",
    "Who repays. Cargo that reaches both networks pays USD 30 a tonne for 6,000 km and the tunnel, 10 Mt in 2038 "
    "rising to 40 Mt: it carries a first loan of some two and a half billion. The rest is repaid by Moscow and the US "
    "participants.",
    "Discounting. 4.5% a year, near the cost of long public borrowing, as for the tunnel alone.",
)


def parties() -> Rows:
    """Who stands behind the money."""
    unnamed = f"'Moscow and international partners', no shares named. {ARTICLE}"
    return [
        {"Party": MOSCOW, "Minimum share": 0.4, **because(ASSUMED, unnamed, "Two thirds of the railway is Russian.")},
        {"Party": PARTNERS, "Maximum share": 0.4, **because(ASSUMED, unnamed)},
        {"Party": AMERICANS, "Maximum share": 0.4, **because(ASSUMED, f"US participants are invited. {ARTICLE}")},
    ]


def budgets() -> Rows:
    """Most that a party puts in a year, the debt service that it repays itself included."""
    railway = "Moscow-St Petersburg line: RUB 1,788 bn over 2024-28 (smotrim, 2025), USD 4.4 bn a year at 80.97"
    return [
        {
            "Party": MOSCOW,
            **yearly((2027, 2027, 1000), (2028, BUILT, 4400), (BUILT + 1, END, 5500)),
            **because(ASSUMED, railway, "Later years: debt service only."),
        },
        {
            "Party": PARTNERS,
            **yearly((2027, BUILT, 2800)),
            **because(
                ASSUMED,
                "About a quarter of the USD 12.08 bn lent to Yamal LNG (GTR and Reuters, 2016)",
            ),
        },
        {
            "Party": AMERICANS,
            **yearly((2027, 2028, 300), (2029, END, 2800)),
            **because(ASSUMED, "As the partners; federal loans could reach USD 70 bn (transportation.gov, Jan 2024)"),
        },
    ]


def offers() -> list[Offer]:
    """Every offer of money: USD 56.5 bn of 2026."""
    return [
        MONEY.budget(8, 1.0, 2027),
        MONEY.rdif((2027, 2032)),
        MONEY.railways(4, 0.5, 2028),
        MONEY.wealth(6, 2028),
        MONEY.syndicate(6, 2028),
        MONEY.coinvestors(3, (2027, 2034)),
        MONEY.china(10, 2029, only(("Bores", "Systems", "Railways", "Site works", "Equipment"), on(RUSSIA))),
        MONEY.export(3, 2029),
        MONEY.offtake(3, (2030, BUILT)),
        MONEY.toll_loan(3, 2029),
        MONEY.federal_loan(6, 2029),
        MONEY.bonds(2, (2029, 2036)),
        MONEY.grant(2, None, (2029, 2036)),
    ]


def works() -> list[Work]:
    """The works, USD m of 2026: 8 bn of tunnel and 37.5 bn of approaches."""
    brenner = "Tunnel of 8 bn (TASS, 17 Oct 2025), split as the Brenner Base Tunnel budget (bbt-se.com, funding)"
    tunnel, approach = because(ASSUMED, brenner), because(ASSUMED, f"{KM}. {RAZBEGIN}")
    part = because(ASSUMED, f"Part of the 37.5 bn. {RAZBEGIN}")
    return [
        Work("Tunnel planning and land", 880, BOTH, "Planning", (2027, 2034), tunnel, "uniform"),
        Work("Tunnel shell, Russian half", 2410, RUSSIA, "Bores", (2028, 2033), tunnel),
        Work("Tunnel shell, US half", 2310, US, "Bores", (2028, 2033), tunnel),
        Work("Tunnel systems, Russia", 720, RUSSIA, "Systems", (2032, 2034), tunnel),
        Work("Tunnel systems, US", 720, US, "Systems", (2032, 2034), tunnel),
        Work("Tunnel reserve", 960, BOTH, "Reserve", (2029, 2034), tunnel, "back"),
        Work("Railway, Yakutsk to Magadan region", 10600, RUSSIA, "Railways", (2028, 2034), approach),
        Work("Railway, Magadan region to Uelen", 12400, RUSSIA, "Railways", (2029, 2037), approach),
        Work("Chukotka power, port and camps", 2000, RUSSIA, "Site works", (2028, 2032), part),
        Work("Railway, Wales to Fairbanks", 6900, US, "Railways", (2029, 2036), approach),
        Work("Railway, Fairbanks to the border", 4600, US, "Railways", (2030, 2037), approach),
        Work("Alaska power, port and terminal", 1000, US, "Equipment", (2029, 2034), part),
    ]


def rules() -> Rows:
    """Lenders' and investors' policies."""
    rail = "RRIF lends up to 100% of a railway (transportation.gov, 2024), TIFIA 49% (Nixon Peabody, Jul 2025)"
    return [
        *lenders.matched_equity(),
        lenders.export_cover(),
        lenders.chinese_share(0.25),
        lenders.federal_share(0.6, f"{rail}; 60% between the two", ASSUMED),
    ]


def what_if() -> Rows:
    """What could go otherwise."""
    apart = "The tunnel's eight years (TASS, 17 Oct 2025) do not need the eastern railways to be built at once"
    later = [("Packages", name, "Finish", "set", f"{BUILT}-12-31") for name in ("Railway, Wales to Fairbanks",)]
    return [
        *scenarios.overrun(),
        *scenarios.no_licence(),
        *scenarios.volumes_halved(TOLL_LINES),
        *scenarios.dearer_debt(offers(), "SOFR"),
        *scenarios.slip(BUILT + 1, TOLL_LINES),
        *scenarios.moscow_cut(),
        *scenario("Alaska built more slowly", later, ASSUMED, apart),
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
    toll = "USD 30 a tonne: 12 for the tunnel and 0.3 cents a tonne-km for 6,000 km of railway (assumption), 10-40 Mt"
    return {
        "Project": lenders.calendar("Bering tunnel with approaches", REPORTED, BUILT, END, DURATION, RAZBEGIN),
        "Parties": parties(),
        "Budgets": budgets(),
        "Sources": [offer.row for offer in offers()],
        "Packages": [work.row for work in works()],
        "Eligibility": eligibility(
            works(), offers(), "Public money on its own side, equity anywhere", (RDIF, COINVESTORS)
        ),
        "Gates": lenders.gates()[:1],
        "Rules": rules(),
        "Revenue": lenders.tolls(BUILT + 1, END, 10, 40, 30, toll),
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
