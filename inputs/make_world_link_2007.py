"""Write ``inputs/world_link_2007.xlsx``: Russia's plan of 2007, USD 65 billion for 6,000 km of corridor.

Run as ``python -m inputs.make_world_link_2007``, or ``python -m inputs`` for every workbook.
"""

from __future__ import annotations

from pathlib import Path

from inputs import scenarios
from inputs.common import (
    ASSUMED,
    BOTH,
    REPORTED,
    RUSSIA,
    May,
    Offer,
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
    write_case,
    yearly,
)
from inputs.lenders import least_cost

FILE = "world_link_2007.xlsx"
BUILT, END, MIDDLE, ESCALATION = 2022, 2052, 2016, 0.03
AMERICA = "North America"
STATE, WASHINGTON, COMPANIES, OTTAWA = "Russian state", "US government", "Russian companies", "Canada"
INVESTORS = "Lenders and investors"
RUSSIAN_STAKE, US_STAKE, CONCESSION = "Russian state stake", "US federal stake", "Concession equity"
BLOOMBERG = "Bloomberg (Rigzone), 19 Apr 2007"
AGENCIES = "International finance agencies beside the states (press, 2011)"
RAZBEGIN = "V. Razbegin, EIR, 8 Jun 2007"

NOTES = (
    "What this is. The plan that Russia's government put forward in April 2007: a corridor of 6,000 km from Yakutsk "
    "to the Canadian network with a tunnel under the Bering Strait, railway, highway, pipelines, power lines and "
    "fibre, for USD 65 billion of 2007. It is asked here as it was put then, in money and on terms of 2007.",
    "What is known. The total, the tunnel's 10-12 billion in it, ten to fifteen years, a quarter each for the Russian "
    "and US states ('may each'), the names of Russian Railways, UES and Transneft, and governments as guarantors of "
    "private money. Other totals were printed too: 50 billion (2001), 50-60, 60 (2011) and 100 billion (2011).",
    "The split by mode and country is an assumption; it sums to the 65 billion.",
    "Sources. 86.5 billion in money of 2007, raised by 3% a year to 2016. The stakes are capped at 25% each by the "
    "sheet Parties, as reported. The guaranteed bonds are two, since each state repays its own.",
    "Who repays. The governments the guaranteed bonds and the agencies' loans; the corridor the syndicate and the "
    "export credit, from freight and from tariffs for power and pipes. Freight is half of the 'up to 100 Mt a year'; "
    "the USD 20 billion a year of savings in electricity that were claimed are not counted: nobody would have paid "
    "them.",
    "Discounting. 5% a year, near the cost of long public borrowing in 2007.",
)


def nominal(billions: float) -> float:
    """USD m of 2016 for billions of 2007."""
    return round(1000 * billions * in_money_of(MIDDLE, 2007, ESCALATION))


def project_sheet() -> Rows:
    """Calendar, money and discounting."""
    known = "general knowledge, no document cited"
    return project(
        (
            ("Name", "World Link of 2007", REPORTED, BLOOMBERG),
            ("Currency", "USD", REPORTED, BLOOMBERG),
            ("Unit", "m", ASSUMED, "Millions, chosen for this workbook"),
            ("Start date", "2008-01-01", ASSUMED, "The year after the plan was put forward"),
            ("Construction end", f"{BUILT}-12-31", REPORTED, f"10-15 years. {RAZBEGIN}"),
            ("End date", f"{END}-12-31", ASSUMED, "'Profit after 30 years' (CNN copy, 2007); rail pays back in 20"),
            ("Period", "year", ASSUMED, "Enough for a plan of fifteen years"),
            ("Discount rate", 0.05, ASSUMED, f"Ten-year US Treasury money at 4.5-5% in 2007: {known}"),
            ("Price date", "2007-01-01", REPORTED, BLOOMBERG),
            ("Escalation", ESCALATION, ASSUMED, "Consumer prices of the years before 2007 and a little more"),
            ("Flow timing", "end", ASSUMED, "Money moves on the last day of a period"),
            ("Deposit rate", 0.03, ASSUMED, "Below every borrowing rate"),
        )
    )


def parties() -> Rows:
    """Who stands behind the money: the two states take at most a quarter each."""
    quarter = because(REPORTED, f"Russia and the US 'may each' take 25%. {BLOOMBERG}")
    named = because(REPORTED, f"Russian Railways, UES and Transneft named as investors. {BLOOMBERG}")
    private = because(REPORTED, f"The rest from private money under guarantees. {BLOOMBERG}")
    return [
        {"Party": STATE, "Maximum share": 0.25, **quarter},
        {"Party": WASHINGTON, "Maximum share": 0.25, **quarter},
        {"Party": COMPANIES, **named},
        {"Party": OTTAWA, **because(ASSUMED, "The corridor crosses Canada; no offer is reported")},
        {"Party": INVESTORS, **private},
    ]


def budgets() -> Rows:
    """Most that a party puts in a year, the debt service that it repays itself included."""
    strategy = "Rail strategy to 2030: RUB 13.7 trn, a fifth federal (oreanda.ru, 2007), some USD 4-5 bn a year"
    return [
        {"Party": STATE, **yearly((2008, END, 3000)), **because(ASSUMED, f"Below it: {strategy}")},
        {"Party": WASHINGTON, **yearly((2010, END, 3000)), **because(ASSUMED, "As the Russian state")},
        {
            "Party": INVESTORS,
            **yearly((2008, BUILT, 6000)),
            **because(ASSUMED, "Channel Tunnel: over 200 banks lent some GBP 8 bn in seven years (GI Hub)"),
        },
    ]


def stakes() -> list[Offer]:
    """What states and state companies put in themselves."""

    def stake(name: str, party: str, limit: float, years: tuple[int, int], rate: float, why: str, may: May) -> Offer:
        status = REPORTED if party in (STATE, WASHINGTON) else ASSUMED
        note = f"Limit: USD {limit:g} bn of 2007 in money of {MIDDLE}. Rate: an assumption."
        return Offer(name, party, "equity", nominal(limit), years, {"Rate": rate}, because(status, why, note), may)

    quarter, named = f"25% of 65 bn. {BLOOMBERG}", f"Named as investor, no amount. {BLOOMBERG}"
    russian = on(RUSSIA)
    return [
        stake(RUSSIAN_STAKE, STATE, 16.25, (2008, BUILT), 0.05, quarter, russian),
        stake(US_STAKE, WASHINGTON, 16.25, (2010, BUILT), 0.05, quarter, on(AMERICA)),
        stake("Russian Railways", COMPANIES, 6, (2008, 2021), 0.10, named, only(("Railways",), russian)),
        stake("UES and HydroOGK", COMPANIES, 5, (2012, 2021), 0.10, named, only(("Power",))),
        stake("Transneft", COMPANIES, 5, (2012, 2021), 0.10, named, only(("Pipelines",))),
    ]


def lent() -> list[Offer]:
    """Loans and bonds, and what private owners and Canada put in."""

    def loan(
        name: str, kind: str, limit: float, first: int, terms: dict[str, object], status: str, why: str, may: May
    ) -> Offer:
        note = f"Limit: USD {limit:g} bn of 2007 in money of {MIDDLE}, an assumption."
        years = (first, 2022 if first < 2011 and kind != "grant" else 2021)
        return Offer(name, INVESTORS, kind, nominal(limit), years, terms, because(status, why, note), may)

    agency = {"Curve": "Libor", "Margin": 0.01, "Upfront fee": 0.01, **debt((2010, BUILT), 15, STATE)}
    bond = {"Rate": 0.055, "Upfront fee": 0.01}
    banks = {"Curve": "Libor", "Margin": 0.02, "Upfront fee": 0.015, "Commitment fee": 0.005}
    export = {"Rate": 0.055, "Upfront fee": 0.08, **debt((2011, BUILT), 12, "project")}
    guaranteed = f"Governments guarantee private money. {BLOOMBERG}"
    return [
        loan("International finance agencies", "loan", 5, 2010, agency, REPORTED, AGENCIES, anything),
        loan("Bonds guaranteed by Russia", "bond", 6, 2010, bond | debt((2010, BUILT), 25, STATE, "annuity"),
             REPORTED, guaranteed, on(RUSSIA)),
        loan("Bonds guaranteed by the US", "bond", 6, 2010, bond | debt((2010, BUILT), 25, WASHINGTON, "annuity"),
             REPORTED, guaranteed, on(AMERICA)),
        loan("Commercial syndicate", "loan", 10, 2010, banks | debt((2010, BUILT), 18, "project", "sculpted"),
             ASSUMED, "Libor and 1.25-2.5% for project loans: general knowledge", anything),
        loan("Export credit", "loan", 4, 2011, export, ASSUMED,
             "85% of exported equipment (OECD arrangement); rate and premium assumed", only(("Tunnel", "Power"))),
        Offer(OTTAWA, OTTAWA, "grant", nominal(2), (2010, 2021), {"Rate": 0.05},
              because(ASSUMED, "No offer is reported", "Limit: USD 2 bn of 2007."), only(("Railways",), on(AMERICA))),
        Offer(CONCESSION, INVESTORS, "equity", nominal(5), (2008, 2018), {"Rate": 0.14},
              because(ASSUMED, "Toll roads to be built return 12-16% (PERE, about 2007)", "Limit: USD 5 bn of 2007."),
              anything),
    ]  # fmt: skip


def offers() -> list[Offer]:
    """Every offer of money: USD 86.5 bn of 2007."""
    return [*stakes(), *lent()]


def works() -> list[Work]:
    """The works, USD m of 2007: 65 bn."""
    tunnel = because(ASSUMED, f"Half of 11 bn, the midpoint of 10-12 bn. {BLOOMBERG}")
    split = because(ASSUMED, f"Part of the 65 bn; split by mode assumed. {BLOOMBERG}")
    line = because(ASSUMED, "3,500-4,000 km; the line stood in the rail strategy for 2015-30 (Razbegin, 2007)")
    return [
        Work("Studies and permits", 500, BOTH, "Planning", (2008, 2010), split, "uniform"),
        Work("Tunnel, Russian half", 5500, RUSSIA, "Tunnel", (2010, 2020), tunnel),
        Work("Tunnel, US half", 5500, AMERICA, "Tunnel", (2010, 2020), tunnel),
        Work("Railway, Yakutsk to Uelen", 20000, RUSSIA, "Railways", (2008, 2020), line),
        Work("Railway, Alaska and Canada", 11000, AMERICA, "Railways", (2010, 2021), split),
        Work("Power lines", 10000, BOTH, "Power", (2012, 2021), split),
        Work("Oil and gas pipelines", 10000, BOTH, "Pipelines", (2012, 2021), split),
        Work("Highway", 2000, BOTH, "Highway", (2014, 2022), split),
        Work("Fibre", 500, BOTH, "Fibre", (2015, 2021), split),
    ]


def revenue() -> Rows:
    """Freight at half of the claim, tariffs of power lines and pipes, running costs."""
    freight = ramp(BUILT + 1, END, 15 * 40, 50 * 40, 9)
    tariffs = yearly((BUILT + 1, END, 1500))
    running = {year: round(0.35 * (freight[year] + tariffs[year]), 2) for year in freight}
    return [
        {
            **{"Line": "Freight", "Kind": "revenue", **freight},
            **because(ASSUMED, "'Up to 100 Mt a year' (studopedia; railwaysafrica, 2011), halved; USD 40 a tonne"),
        },
        {
            **{"Line": "Power and pipeline tariffs", "Kind": "revenue", **tariffs},
            **because(ASSUMED, "7.5% of what the lines cost, a regulated return"),
        },
        {
            **{"Line": "Running costs", "Kind": "cost", **running},
            **because(ASSUMED, "35% of revenue, no published benchmark found"),
        },
    ]


def what_if() -> Rows:
    """What could go otherwise."""
    out = [("Sources", name, "Limit", "set", 0) for name in (US_STAKE, "Bonds guaranteed by the US")]
    crisis = "Lehman Brothers failed on 15 Sep 2008, seventeen months after the plan: general knowledge"
    shut = [("Sources", name, "Limit", "scale", 0.5) for name in ("Commercial syndicate", "Export credit")]
    claim = [("Revenue", "Freight", "*", "scale", 2), ("Revenue", "Running costs", "*", "scale", 1.57)]
    return [
        *scenarios.overrun(),
        *scenario("US stays out", out, ASSUMED, f"The US 'may' take 25%, no answer is reported. {BLOOMBERG}"),
        *scenario("Banks of 2008 lend half", shut, ASSUMED, crisis),
        *scenarios.volumes_halved(("Freight",), "Freight halved"),
        *scenario("100 Mt as claimed", claim, REPORTED, "'Up to 100 Mt a year' (studopedia; railwaysafrica, 2011)"),
        *scenarios.dearer_debt(offers(), "Libor"),
        *scenarios.slip(BUILT + 1, ("Freight", "Power and pipeline tariffs", "Running costs")),
        *scenarios.budget_cut(STATE, 0.3, "Liquid reserves of Russia fell by a third in 2008-09: general knowledge"),
    ]


def uncertain() -> Rows:
    """What is uncertain, with its precedent."""
    return scenarios.uncertainty(
        [
            scenarios.cost_driver(),
            scenarios.volume_driver("Freight"),
            scenarios.rate_driver("Libor"),
            scenarios.budget_driver(STATE),
        ]
    )


def tables() -> dict[str, Rows]:
    """The whole workbook."""
    cover = because(ASSUMED, "1.5-2.0 under traffic risk (FHWA primer, chapter 9, 2013); 1.3 where half is tariffs")
    share = because(REPORTED, "OECD arrangement: 15% is paid down (contractdirectory.net)")
    exported = "group: Tunnel, Power"
    return {
        "Project": project_sheet(),
        "Parties": parties(),
        "Budgets": budgets(),
        "Sources": [offer.row for offer in offers()],
        "Packages": [work.row for work in works()],
        "Eligibility": eligibility(
            works(), offers(), "States at home, companies in their trade", (RUSSIAN_STAKE, US_STAKE, CONCESSION)
        ),
        "Rules": [
            {
                **{"Rule": "Export credit cover", "Money from": "source: Export credit", "Spent on": exported},
                **{"Sense": "<=", "Value": 0.85, "Measure": "share", "Of spent on": exported, "When": "total"},
                **share,
            }
        ],
        "Revenue": revenue(),
        "Covenants": [{"Covenant": "DSCR", "Limit": 1.3, **cover}],
        "Curves": [{"Curve": "Libor", 2008: 0.05, **because(ASSUMED, "Near 5% in 2007: general knowledge")}],
        "Objectives": least_cost(),
        "Scenarios": what_if(),
        "Uncertainty": uncertain(),
    }


def write(path: Path) -> None:
    """Write the workbook."""
    write_case(path, tables(), NOTES)


if __name__ == "__main__":
    write(Path(__file__).with_name(FILE))
