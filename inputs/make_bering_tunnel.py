"""Write ``inputs/bering_tunnel.xlsx``: the default case, with the document behind every figure.

Run as ``python -m inputs.make_bering_tunnel``, or ``python -m inputs`` for every workbook.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from finopt.workbook.writer import write_workbook
from inputs import common, lenders, scenarios
from inputs.common import ASSUMED, BOTH, REPORTED, RUSSIA, US, Rows, because, open_from, scenario
from inputs.lenders import (
    AMERICANS,
    ARTICLE,
    BANKS,
    BONDS,
    BUDGET,
    CHINA,
    COINVESTORS,
    DEVELOPMENT,
    EXPORT,
    FEDERAL_LOAN,
    LICENCE,
    MOSCOW,
    PARTNERS,
    PRIVATE,
    RDIF,
    SYNDICATE,
    WEALTH,
)
from inputs.make_arctic_energy import CONTRACT_REFERENCE, SHIP_OR_PAY

EURASIAN = "Eurasian Development Bank"
SHIP_OR_PAY_LINE = "Ship-or-pay of the Arctic cluster"

BRENNER = "Share of cost as in the Brenner Base Tunnel budget (bbt-se.com, funding)"
RETURNS = "Toll roads to be built return 12-16% (PERE, The take from the toll, about 2007)"

NOTES = (
    "What this is. A rail and cargo link of 112 km under the Bering Strait, said to cost less than USD 8 billion "
    "and to take under eight years. This workbook asks who can pay for it, when, and with which money, at the "
    "least financing cost.",
    "What is known. The cost, the length, the duration and 'Moscow and international partners' are reported. No "
    "source names an amount or a share for any financier, so every split is an assumption. The column Status says "
    "which figure is which; the column Reference names the document, or the precedent that the figure follows.",
    "Packages. Eight billion in money of 2026, split as the budget of the Brenner Base Tunnel is: 59% shell, 18% "
    "equipment, 10% planning, 1% land, 12% risk. Prices rise 3.5% a year, so the works cost about USD 9.6 billion "
    "when they are paid.",
    "Sources. Eleven open offers and one that is shut. Russian public money pays on the Russian side, US public "
    "money on the US side, equity anywhere. US money needs a licence (sheet Gates), open here from 2028; the "
    "development banks have held new business with Russia since March 2022.",
    "Who repays. Tolls carry some USD 2-3 billion of debt, so only the TIFIA and RRIF loan is repaid by the "
    "project. Moscow repays the National Wealth Fund, the syndicate and the foreign loans on its side, the US "
    "participants their bonds and the export credit. If the project had to repay everything, no plan would exist.",
    "Tolls. 20 Mt in 2035, 40 Mt from 2044, USD 12 a tonne without indexation, running costs of 35%: a cautious "
    "reading of claims that reach 400 Mt a year. What they earn beyond debt service and the equity's return stays "
    "in the project account and is not counted as a gain.",
    "Discounting. 4.5% a year, near the cost of long public borrowing. A higher rate would count money borrowed "
    "early and left idle as a gain.",
)


def project() -> Rows:
    """Calendar, money and discounting."""
    items: Sequence[tuple[str, Any, str, str]] = (
        ("Name", "Bering Strait tunnel", REPORTED, ARTICLE),
        ("Currency", "USD", REPORTED, f"Currency of the reported cost. {ARTICLE}"),
        ("Unit", "m", ASSUMED, "Millions, chosen for this workbook"),
        ("Start date", "2027-01-01", ASSUMED, "Feasibility work began in April 2025 (NG and TASS, 18 Oct 2025)"),
        ("Construction end", "2034-12-31", REPORTED, f"Under eight years. {ARTICLE}"),
        ("End date", "2064-12-31", ASSUMED, "Thirty years of operation, the end of the longest loans"),
        ("Period", "quarter", ASSUMED, "Usual drawdown interval"),
        ("Operating period", "year", ASSUMED, "Usual interval of covenant tests"),
        ("Discount rate", 0.045, ASSUMED, "35-year US Treasury money 4.11% (Bond Buyer, 2024), rounded up"),
        ("Price date", "2026-01-01", ASSUMED, f"No price date is given. {ARTICLE}"),
        ("Escalation", 0.035, ASSUMED, "US consumer prices 2.5% a year, construction 1% more"),
        ("Flow timing", "end", ASSUMED, "Money moves on the last day of a period"),
        ("Deposit rate", 0.02, ASSUMED, "Below every borrowing rate"),
    )
    return common.project(items)


def parties() -> Rows:
    """Who stands behind the money, with floors and caps of all uses."""
    unnamed = f"'Moscow and international partners', no shares named. {ARTICLE}"
    return [
        {"Party": MOSCOW, "Minimum share": 0.4, **because(ASSUMED, unnamed, "Moscow leads, so it pays two fifths.")},
        {"Party": PARTNERS, "Maximum share": 0.4, **because(ASSUMED, unnamed)},
        {"Party": AMERICANS, "Maximum share": 0.4, **because(ASSUMED, f"US participants are invited. {ARTICLE}")},
    ]


def budgets() -> Rows:
    """Most that a party puts in a year, the debt service that it repays itself included."""
    years, after = range(2029, 2035), range(2035, 2045)
    kerch = "Kerch Bridge took RUB 65.4 bn in 2016 (RBC, Mar 2016), about USD 0.8 bn at 80.97"
    return [
        {
            "Party": MOSCOW,
            **{2027: 150, 2028: 600, **dict.fromkeys(years, 800), **dict.fromkeys(after, 900)},
            **because(ASSUMED, kerch, "Later years: debt service only."),
        },
        {
            "Party": PARTNERS,
            **{2027: 100, 2028: 400, **dict.fromkeys(years, 900)},
            **because(ASSUMED, "Chinese banks lent USD 12 bn to Yamal LNG (GTR and Reuters, 2016)"),
        },
        {
            "Party": AMERICANS,
            **{2027: 50, 2028: 500, **dict.fromkeys(years, 800), **dict.fromkeys(after, 250)},
            **because(ASSUMED, "As Moscow; TIFIA could lend USD 70 bn (transportation.gov, Jan 2024)"),
        },
    ]


def russian_sources() -> Rows:
    """Moscow's money."""
    return [
        {
            **{"Source": BUDGET, "Party": MOSCOW, "Instrument": "grant", "Limit": 1500, "Limit per year": 300},
            **open_from(2027, 2034),
            **{"Rate": 0.045},
            **because(
                ASSUMED,
                "Kerch Bridge: 99.7% federal money (Arabs Today, 2014-16)",
                "Rate: opportunity cost of public money, the discount rate.",
            ),
        },
        {
            **{"Source": RDIF, "Party": MOSCOW, "Instrument": "equity", "Limit": 500},
            **open_from(2027, 2032),
            **{"Rate": 0.13},
            **because(
                REPORTED,
                "RDIF policy: USD 50-500 m a project, a co-investor at least equal (Moscow Times, 2013)",
                f"Rate: target return, an assumption. {RETURNS}.",
            ),
        },
        {
            **{"Source": WEALTH, "Party": MOSCOW, "Instrument": "loan", "Limit": 1500},
            **open_from(2028, 2034),
            **{"Rate": 0.035, "Interest in grace": "capitalised", "Grace": 7, "Tenor": 25, "Repayment": "equal"},
            **{"Repaid by": MOSCOW},
            **because(
                ASSUMED,
                "Limit: 3% of the liquid USD 50.26 bn of 1 Oct 2025 (Vedomosti, 6 Oct 2025)",
                "Rate: consumer prices and 1%, as its road bonds of 2013 (1prime, 6 Nov 2013).",
            ),
        },
        {
            **{"Source": SYNDICATE, "Party": MOSCOW, "Instrument": "loan", "Limit": 1500},
            **open_from(2028, 2034),
            **{"Rate": 0.09, "Upfront fee": 0.01, "Commitment fee": 0.005, "Interest in grace": "capitalised"},
            **{"Grace": 8, "Tenor": 20, "Repayment": "equal", "Repaid by": MOSCOW},
            **because(
                ASSUMED,
                "BAM tunnels: half VEB.RF, half commercial banks (Kommersant, 26 Aug 2025)",
                "Rate in dollar terms, after the rouble key rate (17% in Sept 2025) has come down.",
            ),
        },
    ]


def partner_sources() -> Rows:
    """Equity and loans of the International partners."""
    return [
        {
            **{"Source": COINVESTORS, "Party": PARTNERS, "Instrument": "equity", "Limit": 800},
            **open_from(2027, 2032),
            **{"Rate": 0.14},
            **because(
                ASSUMED,
                "Amur rail bridge: a Russian-Chinese fund held 56.25% (metalinfo.ru, Apr 2022)",
                f"Rate: target return. {RETURNS}.",
            ),
        },
        {
            **{"Source": CHINA, "Party": PARTNERS, "Instrument": "loan", "Limit": 2000},
            **open_from(2029, 2034),
            **{"Curve": "SOFR", "Margin": 0.033, "Upfront fee": 0.0075, "Interest in grace": "capitalised"},
            **{"Grace": 6, "Tenor": 15, "Repayment": "equal", "Repaid by": MOSCOW},
            **because(
                ASSUMED,
                "Margin and tenor as lent to Yamal LNG by China Exim and CDB (GTR and Reuters, 2016)",
                "Limit: a sixth of what they lent there. Upfront fee and grace are assumptions.",
            ),
        },
        {
            **{"Source": EURASIAN, "Party": PARTNERS, "Instrument": "loan", "Limit": 300},
            **open_from(2028, 2034),
            **{"Rate": 0.08, "Upfront fee": 0.01, "Commitment fee": 0.005, "Interest in grace": "paid"},
            **{"Grace": 7, "Tenor": 15, "Repayment": "equal", "Repaid by": MOSCOW},
            **because(
                ASSUMED,
                "Fees and tenor: indicative terms of EFSD investment loans (efsd.org)",
                "EFSD's grace of 5 years is stretched to the end of construction.",
            ),
        },
        {
            **{"Source": DEVELOPMENT, "Party": PARTNERS, "Instrument": "loan", "Limit": 500},
            **open_from(2029, 2034),
            **{"Curve": "SOFR", "Margin": 0.014, "Upfront fee": 0.0025, "Commitment fee": 0.0025},
            **{"Interest in grace": "capitalised", "Grace": 6, "Tenor": 35, "Repayment": "equal", "Repaid by": MOSCOW},
            **{"Gate": BANKS},
            **because(
                ASSUMED,
                "AIIB sovereign loans: spread 0.75-1.40%, fees 0.25% and 0.25%, 35 years (AIIB, 2016 and Jan 2021)",
                "Shut: see Gates.",
            ),
        },
    ]


def american_sources() -> Rows:
    """Export credit, federal loans, bonds and equity that need the US licence."""
    return [
        {
            **{"Source": EXPORT, "Party": PARTNERS, "Instrument": "loan", "Limit": 1200},
            **open_from(2029, 2034),
            **{"Rate": 0.045, "Upfront fee": 0.09, "Commitment fee": 0.004, "Interest in grace": "capitalised"},
            **{"Grace": 6, "Tenor": 21, "Repayment": "equal", "Repaid by": AMERICANS, "Gate": LICENCE},
            **because(
                ASSUMED,
                "OECD arrangement: 85% of the contract, 15 years (Trade Finance Global; DLA Piper, 1 Aug 2023)",
                "Rate and premium (6-12% upfront) are assumptions: the tables were not found.",
            ),
        },
        {
            **{"Source": FEDERAL_LOAN, "Party": AMERICANS, "Instrument": "loan", "Limit": 1800},
            **open_from(2028, 2034),
            **{"Rate": 0.047, "Interest in grace": "capitalised", "Grace": 9, "Tenor": 37, "Repayment": "sculpted"},
            **{"Repaid by": "project", "Gate": LICENCE},
            **because(
                ASSUMED,
                "First payment within 5 years of completion, last within 35 (transportation.gov, TIFIA)",
                "Repaid from tolls, two years after opening. Rate: 4.11% for 35 years (Bond Buyer, 2024) and a spread.",
            ),
        },
        {
            **{"Source": BONDS, "Party": AMERICANS, "Instrument": "bond", "Limit": 1000},
            **open_from(2028, 2034),
            **{"Rate": 0.05, "Upfront fee": 0.015, "Interest in grace": "capitalised", "Grace": 7, "Tenor": 37},
            **{"Repayment": "annuity", "Repaid by": AMERICANS, "Gate": LICENCE},
            **because(
                ASSUMED,
                "USD 8.9 bn of the cap unallocated, international tunnels eligible (transportation.gov, about 2023)",
                "Rate and issue cost are assumptions.",
            ),
        },
        {
            **{"Source": PRIVATE, "Party": AMERICANS, "Instrument": "equity", "Limit": 750},
            **open_from(2028, 2033),
            **{"Rate": 0.14, "Gate": LICENCE},
            **because(ASSUMED, RETURNS, "Rate: target return."),
        },
    ]


def sources() -> Rows:
    """Every offer of money."""
    return [*russian_sources(), *partner_sources(), *american_sources()]


def packages() -> Rows:
    """The works, in money of 2026."""
    planning, land, shell = f"10%. {BRENNER}", f"1%. {BRENNER}", f"Part of 59% shell. {BRENNER}"
    equipment, risk = f"18% equipment. {BRENNER}", f"12% risk. {BRENNER}"
    profile = "beta(1.5,2.1)"
    works: Sequence[tuple[str, float, str, str, tuple[int, int], str, str, str]] = (
        ("Planning and owner, Russia", 400, RUSSIA, "Planning", (2027, 2034), "uniform", planning, ""),
        ("Planning and owner, US", 400, US, "Planning", (2027, 2034), "uniform", planning, ""),
        (
            "Land and permits",
            80,
            BOTH,
            "Planning",
            (2027, 2028),
            "uniform",
            land,
            "US impact statement, Russian review.",
        ),
        ("Chukotka portal", 550, RUSSIA, "Site works", (2028, 2030), profile, shell, "Camp, port and power."),
        ("Wales portal", 500, US, "Site works", (2028, 2030), profile, shell, "Camp and power."),
        ("Boring machines, Russia", 400, RUSSIA, "Equipment", (2028, 2031), profile, shell, "With their logistics."),
        ("Boring machines, US", 400, US, "Equipment", (2028, 2031), profile, shell, "With their logistics."),
        ("Western bores", 1400, RUSSIA, "Bores", (2029, 2033), profile, shell, "Russian shore to Big Diomede."),
        ("Diomede connection", 120, BOTH, "Bores", (2030, 2031), profile, shell, "Islands 4 km apart (reported)."),
        ("Eastern bores", 1350, US, "Bores", (2029, 2033), profile, shell, "Little Diomede to Wales."),
        ("Rail systems, Russia", 720, RUSSIA, "Systems", (2032, 2034), profile, equipment, "Power, air, signals."),
        ("Rail systems, US", 720, US, "Systems", (2032, 2034), profile, equipment, "Power, air, signals."),
        ("Risk reserve, Russia", 480, RUSSIA, "Reserve", (2029, 2034), "back", risk, ""),
        ("Risk reserve, US", 480, US, "Reserve", (2029, 2034), "back", risk, ""),
    )
    return [
        {
            **{"Package": name, "Amount": amount, "Location": location, "Group": group},
            **{"Start": f"{first}-01-01", "Finish": f"{last}-12-31", "Profile": shape},
            **because(ASSUMED, reference, note),
        }
        for name, amount, location, group, (first, last), shape, reference, note in works
    ]


def eligibility() -> Rows:
    """Who may pay what; a share is the most of a package that a source may pay."""
    rows: Rows = []
    for package in packages():
        near_russia = {RUSSIA: "yes", BOTH: 0.5}.get(package["Location"], "no")
        near_us = {US: "yes", BOTH: 0.5}.get(package["Location"], "no")
        cells = dict.fromkeys((BUDGET, WEALTH, SYNDICATE, EURASIAN, DEVELOPMENT), near_russia)
        cells |= dict.fromkeys((FEDERAL_LOAN, BONDS), near_us) | dict.fromkeys((RDIF, COINVESTORS, PRIVATE), "yes")
        cells[CHINA] = "yes" if package["Group"] in ("Equipment", "Bores", "Systems") else "no"
        cells[EXPORT] = near_us if package["Group"] in ("Equipment", "Systems") else "no"
        why = "Public money on its own side, equity anywhere"
        rows.append({"Package": package["Package"], **in_order(cells), **because(ASSUMED, why)})
    equity = dict.fromkeys((RDIF, COINVESTORS, PRIVATE), "yes")
    why = "Interest and fees that the project pays: equity only"
    return [*rows, {"Package": "Financing costs", **in_order(equity), **because(ASSUMED, why)}]


def in_order(cells: Mapping[str, Any]) -> dict[str, Any]:
    """The cells of a row in the order of the sheet Sources; what is not said is no."""
    return {source["Source"]: cells.get(source["Source"], "no") for source in sources()}


def rules() -> Rows:
    """Lenders' and investors' policies as linear rules."""
    exported = f"group: Equipment, Systems; location: {US}"
    policy = "RDIF policy (Moscow Times, 2013)"
    whole = {"Spent on": "all", "Sense": "<=", "Measure": "share"}
    return [
        {
            **{"Rule": "Matched equity", "Money from": f"source: {RDIF}", **whole, "Value": 1},
            **{"Of money from": f"source: {COINVESTORS}", "When": "cumulative"},
            **because(REPORTED, f"A co-investor at least equal: {policy}"),
        },
        {
            **{"Rule": "RDIF ticket", "Money from": f"source: {RDIF}", "Spent on": "all", "Sense": ">="},
            **{"Value": 50, "Measure": "amount", "When": "total"},
            **because(REPORTED, f"At least USD 50 m a project: {policy}"),
        },
        {
            **{"Rule": "Export credit cover", "Money from": f"source: {EXPORT}", **whole, "Spent on": exported},
            **{"Value": 0.85, "Of spent on": exported, "When": "total"},
            **because(REPORTED, "OECD arrangement: 15% is paid down (contractdirectory.net)"),
        },
        {
            **{"Rule": "Chinese concentration", "Money from": f"source: {CHINA}", **whole, "Value": 0.25},
            **{"When": "total"},
            **because(ASSUMED, "Jakarta-Bandung stood at 75% (Reuters, 15 May 2017); a quarter is prudence"),
        },
        {
            **{"Rule": "Syndicate share", "Money from": f"source: {SYNDICATE}", **whole, "Value": 0.5},
            **{"Of spent on": f"location: {RUSSIA}", "When": "total"},
            **because(ASSUMED, "At most half of the cost on Russian ground, as a prudent ceiling"),
        },
        {
            **{"Rule": "TIFIA share", "Money from": f"source: {FEDERAL_LOAN}", **whole, "Value": 0.49},
            **{"Of spent on": f"location: {US}", "When": "total"},
            **because(REPORTED, "49% of eligible cost since 7 Jul 2025 (Nixon Peabody, 10 Jul 2025)"),
        },
    ]


def revenue() -> Rows:
    """Tolls and running costs, flat in price: 20 Mt in the first year, 40 Mt from the tenth."""
    toll, first, last, ramp, running = 12, 20, 40, 9, 0.35
    tolls = {
        year: round(toll * min(last, first + (last - first) * (year - 2035) / ramp), 1) for year in range(2035, 2065)
    }
    track = "Channel Tunnel: EUR 3,645 a freight train, about EUR 6 a tonne (Int. Railway Journal, Jun 2013)"
    return [
        {
            **{"Line": "Tolls", "Kind": "revenue", **tolls},
            **because(ASSUMED, track, "USD 12 a tonne (range 6-25), 20 Mt in 2035 rising evenly to 40 Mt in 2044."),
        },
        {
            **{"Line": "Running costs", "Kind": "cost", **{y: round(running * v, 2) for y, v in tolls.items()}},
            **because(ASSUMED, "35% of tolls, no published benchmark found"),
        },
        {
            **{"Line": SHIP_OR_PAY_LINE, "Kind": "revenue", **dict.fromkeys(SHIP_OR_PAY, 0)},
            **because(ASSUMED, CONTRACT_REFERENCE, "Zero here: the scenario Arctic ship-or-pay fills it in."),
        },
    ]


def ship_or_pay() -> Rows:
    """The contract of the Arctic cluster backs a larger federal loan: the values of arctic_energy.xlsx, copied."""
    contract = [("Revenue", SHIP_OR_PAY_LINE, "*", "set", next(iter(SHIP_OR_PAY.values())))]
    loan = [("Sources", FEDERAL_LOAN, "Limit", "add", 850), ("Rules", "TIFIA share", "Value", "set", 0.7)]
    carried = "USD 96 m a year for 20 years at 6% and a cover of 1.3 carry 850 m; RRIF may lend up to 100% (2024)"
    return [
        *scenario("Arctic ship-or-pay", contract, ASSUMED, CONTRACT_REFERENCE),
        *scenario("Arctic ship-or-pay", loan, ASSUMED, carried),
    ]


def what_ifs() -> Rows:
    """What the plan must answer for: overrun, licence, volumes, interest, delay, budget, and good news."""
    fixed = [s["Source"] for s in sources() if "Rate" in s and s["Instrument"] in ("loan", "bond")]
    lines = ("Tolls", "Running costs")
    return [
        *scenarios.overrun(),
        *scenarios.no_licence(),
        *scenarios.volumes_halved(lines),
        *scenarios.dearer(fixed, "SOFR"),
        *scenarios.slip(2035, lines),
        *scenarios.moscow_cut(),
        *scenarios.banks_return(),
    ]


def uncertainty() -> Rows:
    """What is uncertain; sheet Correlation says what moves together."""
    published = (
        "Tunnels and bridges: 74% overrun, 23% by half or more, 6% double, median 19% (DfT 2004, after Flyvbjerg; "
        "konnerhorton.com, 2023): lognormal 1.19, 0.32 gives 71%, 23% and 5%"
    )
    ground = "One shore against the other, around the class of the whole; no published spread found"
    systems = "Standard equipment: less uncertain than ground"
    traffic = "Downside 10 Mt; the Amur bridge carried a third of its capacity in year 3 (sheet Revenue)"
    base_rates = "A base rate of 2.5-6.5% spans SOFR since 2022"
    scale, pert = {"Column": "Amount", "Change": "scale"}, "pert"
    rows: Sequence[tuple[str, str, str, Mapping[str, str], str, Sequence[float], str]] = (
        ("Cost of the works", "Packages", "*", scale, "lognormal", (1.19, 0.32), published),
        ("Ground, Russian side", "Packages", "Western bores", scale, pert, (0.85, 1.0, 1.3), ground),
        ("Ground, US side", "Packages", "Eastern bores", scale, pert, (0.85, 1.0, 1.3), ground),
        ("Systems, Russia", "Packages", "Rail systems, Russia", scale, pert, (0.9, 1.0, 1.2), systems),
        ("Systems, US", "Packages", "Rail systems, US", scale, pert, (0.9, 1.0, 1.2), systems),
        ("Traffic", "Revenue", "*", {"Column": "*", "Change": "scale"}, "triangular", (0.5, 1.0, 1.25), traffic),
        ("SOFR", "Curves", "SOFR", {"Column": "*", "Change": "add"}, "triangular", (-0.015, 0, 0.025), base_rates),
        (
            *("Moscow's budget", "Budgets", MOSCOW, {"Column": "*", "Change": "scale"}, pert),
            *((0.7, 1.0, 1.1), "Liquid National Wealth Fund: USD 38.7 bn in March, 50.3 bn in Oct 2025 (Vedomosti)"),
        ),
    )
    return [
        {
            **{"Driver": name, "Sheet": sheet, "Row": row, **where, "Distribution": shape},
            **dict(zip("ABC", numbers, strict=False)),
            **because(ASSUMED, reference),
        }
        for name, sheet, row, where, shape, numbers, reference in rows
    ]


def correlation() -> Rows:
    """Both shores dig the same rock and buy the same equipment."""
    return [
        {"Driver": "Ground, Russian side", "Ground, US side": 0.5, **because(ASSUMED, "One ridge of rock")},
        {"Driver": "Systems, Russia", "Systems, US": 0.8, **because(ASSUMED, "One market of equipment")},
    ]


def covenants() -> Rows:
    """What the toll-backed loan asks for."""
    return [
        *lenders.covenants(),
        {"Covenant": "gearing", "Limit": 0.7, **because(ASSUMED, "Yamal LNG about 53%, Channel Tunnel plan 83%")},
    ]


def tables() -> dict[str, Rows]:
    """The whole workbook."""
    return {
        "Project": project(),
        "Parties": parties(),
        "Budgets": budgets(),
        "Sources": sources(),
        "Packages": packages(),
        "Eligibility": eligibility(),
        "Gates": lenders.gates(),
        "Rules": rules(),
        "Revenue": revenue(),
        "Covenants": covenants(),
        "Curves": lenders.base_rate(),
        "Objectives": lenders.least_cost(),
        "Scenarios": [*ship_or_pay(), *what_ifs()],
        "Uncertainty": uncertainty(),
        "Correlation": correlation(),
    }


def write(path: Path) -> None:
    """Write the workbook."""
    titles = {
        "Packages": ("Bering Strait tunnel - Packages", "Every cost to be paid, USD m in money of 1 January 2026."),
        "Revenue": ("Bering Strait tunnel - Revenue", "Tolls and running costs, USD m a year, nominal."),
    }
    write_workbook(path, tables(), title_rows=titles, notes=NOTES)


if __name__ == "__main__":
    write(Path(__file__).with_name("bering_tunnel.xlsx"))
