"""Write ``inputs/amur_rail_bridge.xlsx``: the first Russia-China rail bridge, as a back-test of what was really paid.

Run as ``python -m inputs.make_amur_rail_bridge``, or ``python -m inputs`` for every workbook.
"""

from __future__ import annotations

from pathlib import Path

from inputs import scenarios
from inputs.common import (
    ASSUMED,
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
    only,
    project,
    scenario,
    share_of,
    write_case,
    yearly,
)
from inputs.lenders import least_cost

FILE = "amur_rail_bridge.xlsx"
BUILT, END = 2022, 2042
FUND, RAILWAYS, BANK, BUDGET, OTHERS = "RCIF", "Russian Railways", "VEB.DV", "Federal budget", "Other lenders"
FUND_MONEY, RAILWAY_MONEY, BANK_MONEY = "RCIF equity", "Russian Railways' share", "VEB.DV loan"
SUBSIDY, ROUBLES, EXIM = "Far East subsidy", "Rouble bank loan", "China Exim loan"
OTHER_OFFERS = "Offers outside the company"
METALINFO = "metalinfo.ru, Apr 2022 (RCIF 56.25%, Russian Railways 25%, VEB.DV 18.75% of the project company)"
NIA = "RDIF in TASS and nia-news.cn, 16 Nov 2022"

LINES = ("Access charges", "Running costs")

NOTES = (
    "What this is. The Russian part of the rail bridge between Nizhneleninskoye and Tongjiang over the Amur: the only "
    "link that the fund behind the Bering proposal has paid for and finished. It tests finopt against what happened.",
    "What happened. Agreement in October 2008; Russian works from 2016, promised for that same year; spans joined in "
    "October 2018; Russian side ready in April 2022; traffic on 16 November 2022. About RUB 10 billion. The project "
    "company belongs to RCIF (RDIF and China's CIC) with 56.25%, Russian Railways with 25% and VEB.DV with 18.75%. "
    "RDIF says that it and its Chinese partners paid more than 70% of the budget: a share of the budget, not of the "
    "company, and 56.25 out of 75 for the two funds together with VEB.DV. The back-test accepts RCIF anywhere in "
    "56-75%.",
    "The company's terms alone. Scenario As the company was: only the three shareholders pay. Their limits are their "
    "shares of 10 billion, so the mix is 56.25 / 25 / 18.75% by arithmetic. What is tested is the timing: the "
    "optimizer spends the loan of VEB.DV first, then Russian Railways' share, and RCIF's equity last: 9% of it in "
    "2017, the rest in 2018-2022.",
    "All offers. With the Far East subsidy of 2018, a China Exim loan and a rouble bank loan on the table, the "
    "optimizer takes all three and asks RCIF for 28% instead of 56.25%, and for nothing before 2018: subsidy and "
    "loans cost less than equity at 13%.",
    "The difference, explained. RCIF came in early: a tranche of USD 110 million in February 2017 (China Daily). At "
    "some 58 roubles (general knowledge) that alone is RUB 6.4 billion, more than 56.25% of ten: one more reason to "
    "read 56.25% as a share of the company and over 70% as a share of the money. The optimizer would have had it late "
    "and small. Equity is the dearest money on the list, and least financing cost does not see what it bought: the "
    "Chinese side's own commitment, without which there was no bridge to join, and a partner who carried the slip "
    "from 2016 to 2022 without a date for interest.",
    "What is not known. No rate, return or repayment of any of this money was published: 13%, 10%, 5% and the rest "
    "are assumptions, and who repays VEB.DV is one too. The order of the sources follows from them.",
    "Traffic is as reported: 2 Mt by August 2023, 4 Mt by March 2024, 10 Mt by March 2025, against a capacity of 20. "
    "No toll was found; RUB 250 a tonne is an assumption. Money is nominal, discounted at 8.5%, a long federal bond "
    "of 2016.",
)


def project_sheet() -> Rows:
    """Calendar, money and discounting."""
    return project(
        (
            ("Name", "Amur rail bridge, Russian part", REPORTED, METALINFO),
            ("Currency", "RUB", REPORTED, METALINFO),
            ("Unit", "m", ASSUMED, "Millions, chosen for this workbook"),
            ("Start date", "2016-01-01", REPORTED, "Russian works from 2016 (vniira.ru)"),
            ("Construction end", f"{BUILT}-12-31", REPORTED, f"Traffic on 16 Nov 2022. {NIA}"),
            ("End date", f"{END}-12-31", ASSUMED, "Twenty years of operation"),
            ("Period", "year", ASSUMED, "Payments are known by year at most"),
            ("Discount rate", 0.085, ASSUMED, "Long federal bonds of 2016 near 8.5%: general knowledge"),
            ("Price date", "2016-01-01", ASSUMED, "Amounts are nominal: no escalation"),
            ("Escalation", 0.0, ASSUMED, "The RUB 10 bn are what was paid (metalinfo.ru, Apr 2022)"),
            ("Flow timing", "end", ASSUMED, "Money moves on the last day of a period"),
            ("Deposit rate", 0.03, ASSUMED, "Below every borrowing rate"),
        )
    )


def parties() -> Rows:
    """The shareholders, and those who offered money outside the company."""
    return [
        *({"Party": party, **because(REPORTED, METALINFO)} for party in (FUND, RAILWAYS, BANK)),
        {"Party": BUDGET, **because(REPORTED, "RUB 8.4 bn Far East decree (Xinhua, 17 Oct 2018)")},
        {"Party": OTHERS, **because(ASSUMED, "Offers that were possible, not taken on the Russian side")},
    ]


def offers() -> list[Offer]:
    """The three shareholders' money, 10 bn, and 2.8 bn of offers outside the company."""
    share = because(REPORTED, METALINFO, "Limit: share of RUB 10 bn. Rate: target return, an assumption.")
    own = because(REPORTED, METALINFO, "Limit: share of RUB 10 bn. Rate: cost of capital, an assumption.")
    soft = because(REPORTED, METALINFO, "Limit: share of RUB 10 bn. 5% of the Far East fund: general knowledge.")
    decree = because(ASSUMED, "RUB 8.4 bn Far East decree that names this bridge (Xinhua, 17 Oct 2018)", "A tenth.")
    exim = because(ASSUMED, "China Exim lent the Chinese part CNY 600 m (Interfax, 2014); none here", "Rate assumed.")
    bank = because(ASSUMED, "About 12% in 2016: general knowledge; not taken")
    terms = {"Rate": 0.12, "Upfront fee": 0.01, **debt((2016, BUILT), 12, "project"), "Gate": OTHER_OFFERS}
    gate = {"Gate": OTHER_OFFERS}
    spans: May = only(("Bridge",))
    return [
        Offer(FUND_MONEY, FUND, "equity", 5625, (2016, BUILT), {"Rate": 0.13}, share, anything),
        Offer(RAILWAY_MONEY, RAILWAYS, "equity", 2500, (2016, BUILT), {"Rate": 0.10}, own, anything),
        Offer(BANK_MONEY, BANK, "loan", 1875, (2016, BUILT),
              {"Rate": 0.05, **debt((2016, BUILT), 15, RAILWAYS)}, soft, anything),
        Offer(SUBSIDY, BUDGET, "grant", 800, (2018, BUILT), {"Rate": 0.085, **gate}, decree, only(("Checkpoint",))),
        Offer(ROUBLES, OTHERS, "loan", 1000, (2016, BUILT), terms, bank, anything),
        Offer(EXIM, OTHERS, "loan", 1000, (2016, BUILT),
              {"Rate": 0.06, **debt((2016, BUILT), 15, RAILWAYS), **gate}, exim, spans),
    ]  # fmt: skip


def works() -> list[Work]:
    """The works, RUB m as paid: ten billion."""
    split = because(ASSUMED, "Part of about RUB 10 bn (metalinfo.ru, Apr 2022); split assumed")
    redesign = because(ASSUMED, "The design was changed (reported); amount assumed")
    early = because(ASSUMED, "Part of about RUB 10 bn; what was spent in 2014-15 is counted in 2016")
    return [
        Work("Spans, 309 m", 3600, RUSSIA, "Bridge", (2016, 2018), split),
        Work("Redesign and river bed", 1000, RUSSIA, "Bridge", (2017, 2020), redesign),
        Work("Approach of 4.96 km and station", 3400, RUSSIA, "Approach", (2016, 2021), split),
        Work("Border checkpoint", 1200, RUSSIA, "Checkpoint", (2018, 2022), split),
        Work("Design and supervision", 800, RUSSIA, "Planning", (2016, 2022), early, "uniform"),
    ]


def revenue() -> Rows:
    """Charges on the traffic that was reported, and a cautious path after it."""
    traffic = {2023: 3.2, 2024: 5.5, **yearly((2025, 2025, 8), (2026, 2027, 10), (2028, END, 12))}
    charges = {year: 250 * tonnes for year, tonnes in traffic.items()}
    known = (
        "Cumulative 2 Mt on 25 Aug 2023 (biang.ru), 4 Mt early in Mar 2024 (vostok.today), 10 Mt on 20 Mar 2025 "
        "(birobidzhan-news.net)"
    )
    return [
        {**{"Line": LINES[0], "Kind": "revenue", **charges}, **because(ASSUMED, f"{known}; RUB 250 a tonne")},
        {
            **{"Line": LINES[1], "Kind": "cost", **share_of(charges, 0.35)},
            **because(ASSUMED, "35% of charges, no published benchmark found"),
        },
    ]


def what_if() -> Rows:
    """What happened, and what could have gone otherwise."""
    company = [("Gates", OTHER_OFFERS, "Open", "set", "no")]
    without = [("Sources", FUND_MONEY, "Limit", "set", 0)]
    return [
        *scenario("As the company was", company, REPORTED, METALINFO),
        *scenario("Without RCIF", without, ASSUMED, "What RCIF's equity was for: nobody else offered as much"),
        *scenarios.overrun(),
        *scenarios.volumes_halved(LINES),
        *scenarios.dearer_debt(offers()),
        *scenarios.slip(BUILT + 1, LINES),
    ]


def uncertain() -> Rows:
    """What is uncertain, with its precedent."""
    return scenarios.uncertainty([scenarios.cost_driver(), scenarios.volume_driver(LINES[0])])


def tables() -> dict[str, Rows]:
    """The whole workbook."""
    opened = because(ASSUMED, "Offers that existed or were usual", "Write no for the company as it was.")
    return {
        "Project": project_sheet(),
        "Parties": parties(),
        "Sources": [offer.row for offer in offers()],
        "Packages": [work.row for work in works()],
        "Eligibility": eligibility(works(), offers(), "Shareholders pay anything", (FUND_MONEY, RAILWAY_MONEY)),
        "Gates": [{"Gate": OTHER_OFFERS, "Open": "yes", "From": "2016-01-01", **opened}],
        "Revenue": revenue(),
        "Covenants": [{"Covenant": "DSCR", "Limit": 1.3, **because(ASSUMED, "Usual for bank loans")}],
        "Objectives": least_cost(),
        "Scenarios": what_if(),
        "Uncertainty": uncertain(),
    }


def write(path: Path) -> None:
    """Write the workbook."""
    write_case(path, tables(), NOTES)


if __name__ == "__main__":
    write(Path(__file__).with_name(FILE))
