"""Write ``inputs/siberia_alaska_1904.xlsx``: the Trans-Alaskan Siberian railway, USD 300 million of 1905, all private.

Run as ``python -m inputs.make_siberia_alaska_1904``, or ``python -m inputs`` for every workbook.
"""

from __future__ import annotations

from pathlib import Path

from inputs import scenarios
from inputs.common import (
    ASSUMED,
    BOTH,
    REPORTED,
    RUSSIA,
    US,
    ChangeRow,
    Offer,
    Rows,
    Work,
    anything,
    because,
    debt,
    eligibility,
    on,
    only,
    project,
    ramp,
    scenario,
    share_of,
    write_case,
    yearly,
)
from inputs.lenders import least_cost

FILE = "siberia_alaska_1904.xlsx"
BUILT, END = 1916, 1966
SYNDICATE, AMERICAN, FRENCH, GERMAN = "Syndicate", "American bondholders", "French bondholders", "German banks"
HOLDERS, CONTRACTORS, STATE = "Concession holders", "Contractors", "Russian State"
SHARES, US_BONDS, FRENCH_BONDS = "Share capital", "American mortgage bonds", "French bonds"
MIRROR = "Tsar's approval of 1905 (liquisearch.com, Bering Strait crossing, history)"
TARANAKI = "Taranaki Daily News, 12 Jun 1906"
KNOWN = "general knowledge, no document cited"

LINES = ("Freight and passengers", "Working expenses")
GERMAN_CREDIT, RIGHTS, ROYALTIES = "German bank credit", "Sale of mineral rights", "Mineral royalties"

NOTES = (
    "What this is. The railway from Kansk in Siberia to Alaska, with a tunnel under the Bering Strait, that the "
    "syndicate of Baron Loicq de Lobel proposed in 1904-07: USD 300 million of 1905, to be raised from private bonds "
    "and shares.",
    "What is known. USD 65 million for the tunnel and 300 with all railways; another source has GBP 54 million, some "
    "263 million dollars, and 'no guarantee whatever from the Russian State'. A capital of six million was "
    "authorised, later two, and five raised. The lease was for 90 years, with all minerals eight miles on each side. "
    "A commission supported it in October 1906; it was refused on 20 March 1907. No timetable and no forecast of "
    "traffic was found.",
    "No guarantee. The Russian State is a party here with a maximum share of zero, and every debt is repaid by the "
    "railway. That is what makes this case different from every later one.",
    "What has to be believed. Freight and passengers must bring USD 10,000 a mile and year on 4,900 miles, more than "
    "the average American railway of 1905, within ten years, and the minerals eight million a year beside it. With "
    "half of that no plan exists.",
    "Interest. Fifteen million of the 300 were set aside for interest and reserve. Interest until 1918 comes to "
    "several times that; it is added to the bonds.",
    "Discounting. 4.5% a year, the coupon of good railway bonds. Prices are held flat, as under the gold standard.",
)


def project_sheet() -> Rows:
    """Calendar, money and discounting."""
    return project(
        (
            ("Name", "Siberia-Alaska railway of 1904", REPORTED, MIRROR),
            ("Currency", "USD", REPORTED, MIRROR),
            ("Unit", "m", ASSUMED, "Millions, chosen for this workbook"),
            ("Start date", "1905-01-01", REPORTED, MIRROR),
            ("Construction end", f"{BUILT}-12-31", ASSUMED, "No timetable was found; twelve years with the surveys"),
            ("End date", f"{END}-12-31", ASSUMED, f"Fifty years of operation within the 90-year lease. {MIRROR}"),
            ("Period", "year", ASSUMED, "Enough for a plan of twelve years"),
            ("Discount rate", 0.045, ASSUMED, f"Good railway bonds of 1905 paid 4-5%: {KNOWN}"),
            ("Price date", "1905-01-01", REPORTED, MIRROR),
            ("Escalation", 0.0, ASSUMED, f"Gold standard: {KNOWN}"),
            ("Flow timing", "end", ASSUMED, "Money moves on the last day of a period"),
            ("Deposit rate", 0.02, ASSUMED, "Below every borrowing rate"),
        )
    )


def parties() -> Rows:
    """Who stands behind the money: nobody but private people."""
    syndicate = because(REPORTED, "Franco-American syndicate (Wikipedia, Baron Loicq de Lobel)")
    return [
        {"Party": SYNDICATE, **syndicate},
        {"Party": AMERICAN, **because(REPORTED, f"American capitalists were to find the money. {TARANAKI}")},
        {
            "Party": FRENCH,
            **syndicate,
        },
        {"Party": GERMAN, **because(REPORTED, "'German as to its backing' (New York Times, 1906, in EIR, Aug 2025)")},
        {"Party": HOLDERS, **because(REPORTED, f"Mineral rights eight miles on each side. {MIRROR}")},
        {"Party": CONTRACTORS, **because(ASSUMED, "Contractors' credit was usual for tunnels")},
        {
            **{"Party": STATE, "Maximum share": 0},
            **because(REPORTED, f"'No guarantee whatever from the Russian State'. {TARANAKI}"),
        },
    ]


def offers() -> list[Offer]:
    """Every offer of money: USD 355 m."""
    calls = because(ASSUMED, "Six million authorised, five raised (scripoworld.com; Independent, 1994)",
                    "The rest are further calls. Rate: target return.")  # fmt: skip
    bonds = because(ASSUMED, f"4.5-5% over 50 years, sold at 90: {KNOWN}", "The discount is the upfront fee.")
    french = because(ASSUMED, f"4-5%: {KNOWN}", "Issue cost 5%.")
    german = because(ASSUMED, "'German as to its backing' (New York Times, 1906); amount and 5% assumed")
    rights = because(ASSUMED, f"Exclusive mineral rights, 90 years, right reported. {MIRROR}", "Value assumed.")
    credit = because(ASSUMED, "6%, an assumption")
    until = (1907, 1918)
    return [
        Offer(SHARES, SYNDICATE, "equity", 30, (1905, 1912), {"Rate": 0.10}, calls, anything),
        Offer(US_BONDS, AMERICAN, "loan", 120, (1907, 1915),
              {"Rate": 0.0475, "Upfront fee": 0.10, **debt(until, 46, "project", "sculpted")}, bonds, anything),
        Offer(FRENCH_BONDS, FRENCH, "loan", 80, (1907, 1915),
              {"Rate": 0.045, "Upfront fee": 0.05, **debt(until, 46, "project", "sculpted")}, french, anything),
        Offer(GERMAN_CREDIT, GERMAN, "loan", 60, (1907, 1915),
              {"Rate": 0.05, "Upfront fee": 0.01, **debt(until, 30, "project", "sculpted")}, german, anything),
        Offer(RIGHTS, HOLDERS, "grant", 40, (1910, 1916), {"Rate": 0.05}, rights, on(RUSSIA)),
        Offer("Contractors' credit", CONTRACTORS, "loan", 25, (1909, 1916),
              {"Rate": 0.06, **debt((1909, 1918), 12, "project")}, credit, only(("Tunnel",))),
    ]  # fmt: skip


def works() -> list[Work]:
    """The works, USD m of 1905: 300."""
    split = because(ASSUMED, f"Part of the 300 million. {MIRROR}")
    return [
        Work("Survey and promotion", 5, BOTH, "Planning", (1905, 1907), split, "uniform"),
        Work("Bering tunnel", 65, BOTH, "Tunnel", (1909, 1916), because(REPORTED, MIRROR)),
        Work("Line in Siberia, 3,700 miles", 160, RUSSIA, "Railways", (1907, 1915), split),
        Work("Line in Alaska", 40, US, "Railways", (1907, 1914), split),
        Work("Rolling stock and depots", 15, BOTH, "Equipment", (1912, 1916), split),
        Work("Interest and reserve", 15, BOTH, "Reserve", (1907, 1916), split, "uniform"),
    ]


def revenue() -> Rows:
    """What the promoters would have had to believe."""
    earnings = ramp(BUILT + 1, END, 25, 49, 9)
    return [
        {
            **{"Line": LINES[0], "Kind": "revenue", **earnings},
            **because(ASSUMED, f"American railways of 1905 earned some USD 9,600 a mile: {KNOWN}; 4,900 miles"),
        },
        {
            **{"Line": LINES[1], "Kind": "cost", **share_of(earnings, 0.66)},
            **because(ASSUMED, f"American railways of 1905 spent two thirds of earnings: {KNOWN}"),
        },
        {
            **{"Line": ROYALTIES, "Kind": "revenue", **yearly((BUILT + 1, END, 8))},
            **because(ASSUMED, f"Mineral rights eight miles on each side (reported), value assumed. {MIRROR}"),
        },
    ]


def what_if() -> Rows:
    """What could go otherwise."""
    guarantee: list[ChangeRow] = [("Parties", STATE, "Maximum share", "set", 1)]
    guarantee += [("Sources", name, "Repaid by", "set", STATE) for name in (US_BONDS, FRENCH_BONDS, GERMAN_CREDIT)]
    minerals = [("Sources", RIGHTS, "Limit", "set", 0), ("Revenue", ROYALTIES, "*", "set", 0)]
    raised = "Five million raised in 1905 (Independent, 1994), capital cut from six million to two (scripoworld.com)"
    return [
        *scenarios.overrun(),
        *scenarios.volumes_halved(LINES, "Earnings halved"),
        *scenario(
            "No mineral rights", minerals, REPORTED, f"The lease with its minerals was refused in 1907. {MIRROR}"
        ),
        *scenarios.dearer_debt(offers()),
        *scenarios.slip(BUILT + 1, (*LINES, ROYALTIES)),
        *scenario("Five million of shares", [("Sources", SHARES, "Limit", "set", 5)], REPORTED, raised),
        *scenario("The State repays the bonds", guarantee, ASSUMED, f"What was not asked for. {TARANAKI}"),
    ]


def uncertain() -> Rows:
    """What is uncertain, with its precedent."""
    return scenarios.uncertainty([scenarios.cost_driver(), scenarios.volume_driver(LINES[0])])


def tables() -> dict[str, Rows]:
    """The whole workbook."""
    who = eligibility(works(), offers(), "Private money pays anything", (SHARES, US_BONDS, FRENCH_BONDS))
    return {
        "Project": project_sheet(),
        "Parties": parties(),
        "Sources": [offer.row for offer in offers()],
        "Packages": [work.row for work in works()],
        "Eligibility": who,
        "Revenue": revenue(),
        "Covenants": [{"Covenant": "DSCR", "Limit": 1.1, **because(ASSUMED, "Bondholders' usual margin, assumed")}],
        "Objectives": least_cost(),
        "Scenarios": what_if(),
        "Uncertainty": uncertain(),
    }


def write(path: Path) -> None:
    """Write the workbook."""
    write_case(path, tables(), NOTES)


if __name__ == "__main__":
    write(Path(__file__).with_name(FILE))
