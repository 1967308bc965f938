"""Write ``inputs/peace_bridge.xlsx``: the 'World Peace Bridge', with the bridge study of 1968 as proxy.

Run as ``python -m inputs.make_peace_bridge``, or ``python -m inputs`` for every workbook.
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

FILE = "peace_bridge.xlsx"
BUILT, END = 1974, 2004
WASHINGTON, SOVIETS, USERS, FOUNDATION = "United States", "Soviet Union", "Users and investors", "Peace foundation"
US_MONEY, SOVIET_MONEY, DONATIONS = "US federal appropriation", "Soviet state budget", "Foundation's donations"
LIN = "T. Y. Lin, study of 1968: USD 1 bn, 80 km (wikisum.wiki, Bering Strait crossing; geotimes.org, Feb 2007)"
MAP = "Hand-drawn map, 'could and should be built between Alaska and Russia. At once' (file handed over Oct 2025)"
KNOWN = "general knowledge, no document cited"

LINES = ("Tolls and pipeline tariff", "Running costs")

NOTES = (
    "What this is. A bridge between Alaska and Siberia as a sign of peace, as if Kennedy and Khrushchev had agreed on "
    "it. What exists is one hand-drawn map in a file handed to a US Representative in October 2025; it names no cost, "
    "no length, no time and no money, and one writer found no trace of it before that month.",
    "A proxy. All amounts follow another scheme, T. Y. Lin's study of 1968: USD 1 billion for a span of 80 km. In "
    "1994 Lin spoke of 'a few billion' and USD 50 billion for roads and railways; a television film named 105 billion.",
    "Packages. One billion in money of 1968, built 1964-74. The split is an assumption.",
    "Sources. 1.5 billion, two thirds of it from two state budgets of USD 80 million a year each. The two states pay "
    "the same: that is the rule Equal halves, and the point of a peace bridge.",
    "Who repays. Tolls and a pipeline on the deck carry the toll bonds and the users' prepayment. The Soviet Union "
    "repays the supplier credit for American steel and equipment.",
    "Discounting. 4.5% a year: long US Treasury money paid 4.2% in 1964 and 5.6% in 1968.",
)


def project_sheet() -> Rows:
    """Calendar, money and discounting."""
    return project(
        (
            ("Name", "World Peace Bridge", REPORTED, MAP),
            ("Currency", "USD", REPORTED, LIN),
            ("Unit", "m", ASSUMED, "Millions, chosen for this workbook"),
            ("Start date", "1964-01-01", ASSUMED, "'At once', after an agreement of 1963"),
            ("Construction end", f"{BUILT}-12-31", ASSUMED, "No time is reported; eleven years with ice tests"),
            ("End date", f"{END}-12-31", ASSUMED, "Thirty years of operation"),
            ("Period", "year", ASSUMED, "Enough for a plan of eleven years"),
            ("Discount rate", 0.045, ASSUMED, f"Long US Treasury money 4.2% in 1964, 5.6% in 1968: {KNOWN}"),
            ("Price date", "1968-01-01", REPORTED, LIN),
            ("Escalation", 0.03, ASSUMED, f"US consumer prices rose 1-6% a year in 1964-74: {KNOWN}"),
            ("Flow timing", "end", ASSUMED, "Money moves on the last day of a period"),
            ("Deposit rate", 0.02, ASSUMED, "Below every borrowing rate"),
        )
    )


def parties() -> Rows:
    """Who stands behind the money."""
    nobody = because(ASSUMED, f"No funding is reported. {MAP}")
    lin = "Lin's non-profit Inter-Continental Peace Bridge Inc. (geotimes.org, Feb 2007)"
    return [
        {"Party": WASHINGTON, **nobody},
        {"Party": SOVIETS, **nobody},
        {"Party": USERS, **nobody},
        {"Party": FOUNDATION, **because(REPORTED, lin)},
    ]


def budgets() -> Rows:
    """Most that a state puts in a year, the debt service that it repays itself included."""
    even = because(ASSUMED, "USD 80 m a year each; no offer is reported")
    return [
        {"Party": WASHINGTON, **yearly((1964, BUILT, 80)), **even},
        {"Party": SOVIETS, **yearly((1964, 1984, 80)), **even},
    ]


def offers() -> list[Offer]:
    """Every offer of money: USD 1,500 m."""
    state = because(ASSUMED, "No offer is reported; 80 m a year", "Rate: opportunity cost of public money.")
    tolls = because(ASSUMED, f"5%, thirty years: {KNOWN}")
    users = because(ASSUMED, "7%, prepaid transport of oil and gas; no offer is reported")
    credit = because(ASSUMED, f"Export-Import Bank, 6%, ten years: {KNOWN}")
    gifts = because(ASSUMED, "Non-profit Inter-Continental Peace Bridge Inc. (reported); amount assumed")
    yearly_80 = {"Limit per year": 80, "Rate": 0.045}
    return [
        Offer(DONATIONS, FOUNDATION, "grant", 50, (1964, BUILT), {"Rate": 0.0}, gifts, anything),
        Offer(US_MONEY, WASHINGTON, "grant", 500, (1964, BUILT), yearly_80, state, on(US)),
        Offer(SOVIET_MONEY, SOVIETS, "grant", 500, (1964, BUILT), yearly_80, state, on(RUSSIA)),
        Offer("Toll bonds", USERS, "bond", 200, (1968, BUILT),
              {"Rate": 0.05, "Upfront fee": 0.02, **debt((1968, BUILT), 30, "project", "annuity")}, tolls, anything),
        Offer("Pipeline users' prepayment", USERS, "loan", 150, (1970, BUILT),
              {"Rate": 0.07, **debt((1970, BUILT), 15, "project")}, users, only(("Pipelines", "Bridge"))),
        Offer("Supplier credit", WASHINGTON, "loan", 100, (1967, BUILT),
              {"Rate": 0.06, **debt((1967, BUILT), 10, SOVIETS)}, credit, only(("Bridge", "Pipelines"), on(RUSSIA))),
    ]  # fmt: skip


def works() -> list[Work]:
    """The works, USD m of 1968: one billion."""
    split = because(ASSUMED, f"Part of the 1 bn. {LIN}")
    return [
        Work("Design and ice tests", 50, BOTH, "Planning", (1964, 1966), split, "uniform"),
        Work("Chukotka abutment and approach", 80, RUSSIA, "Approach", (1966, 1969), split),
        Work("Western bridge", 380, RUSSIA, "Bridge", (1967, 1973), split),
        Work("Diomede causeway", 40, BOTH, "Approach", (1967, 1970), split),
        Work("Eastern bridge", 360, US, "Bridge", (1967, 1973), split),
        Work("Rail deck and pipelines", 40, BOTH, "Pipelines", (1972, 1974), split),
        Work("Reserve", 50, BOTH, "Reserve", (1967, 1974), split, "back"),
    ]


def revenue() -> Rows:
    """Tolls, the pipeline's tariff and running costs."""
    users = ramp(BUILT + 1, END, 15, 40, 9)
    return [
        {
            **{"Line": LINES[0], "Kind": "revenue", **users},
            **because(ASSUMED, "No traffic is reported; 1.5-4% of the cost a year"),
        },
        {
            **{"Line": LINES[1], "Kind": "cost", **share_of(users, 0.35)},
            **because(ASSUMED, "35% of tolls, no published benchmark found"),
        },
    ]


def what_if() -> Rows:
    """What could go otherwise."""
    film = (
        "Television film: USD 105 bn (geotimes.org, Feb 2007), against 'a few billion' (Lin, 1994): over twenty times"
    )
    return [
        *scenarios.overrun(),
        *scenarios.budget_cut(SOVIETS, 0.3, "No offer is reported; a cut shows what the rule of equal halves does"),
        *scenarios.volumes_halved(LINES),
        *scenarios.dearer_debt(offers()),
        *scenarios.slip(BUILT + 1, LINES),
        *scenario("The film's cost", [("Packages", "*", "Amount", "scale", 20)], REPORTED, film),
    ]


def uncertain() -> Rows:
    """What is uncertain, with its precedent."""
    return scenarios.uncertainty(
        [scenarios.cost_driver(), scenarios.volume_driver(LINES[0]), scenarios.budget_driver(SOVIETS)]
    )


def tables() -> dict[str, Rows]:
    """The whole workbook."""
    equal = because(ASSUMED, "The point of a peace bridge; no shares are reported")
    cover = because(ASSUMED, "1.5-2.0 under traffic risk (FHWA primer, chapter 9, 2013)")
    return {
        "Project": project_sheet(),
        "Parties": parties(),
        "Budgets": budgets(),
        "Sources": [offer.row for offer in offers()],
        "Packages": [work.row for work in works()],
        "Eligibility": eligibility(
            works(), offers(), "State money on its own side, the rest anywhere", (DONATIONS, US_MONEY, SOVIET_MONEY)
        ),
        "Rules": [
            {
                **{"Rule": "Equal halves", "Money from": f"source: {US_MONEY}", "Spent on": "all", "Sense": "="},
                **{"Value": 1, "Measure": "share", "Of money from": f"source: {SOVIET_MONEY}", "When": "total"},
                **equal,
            }
        ],
        "Revenue": revenue(),
        "Covenants": [{"Covenant": "DSCR", "Limit": 1.5, **cover}],
        "Objectives": least_cost(),
        "Scenarios": what_if(),
        "Uncertainty": uncertain(),
    }


def write(path: Path) -> None:
    """Write the workbook."""
    write_case(path, tables(), NOTES)


if __name__ == "__main__":
    write(Path(__file__).with_name(FILE))
