"""Offers of money on the terms that were quoted in 2013-2025, for links that are built from 2027 on.

Every term has its document; amounts are assumptions in billions of 2026, raised to the middle of the works.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from inputs.common import (
    ASSUMED,
    REPORTED,
    RUSSIA,
    US,
    May,
    Offer,
    Row,
    Rows,
    anything,
    because,
    debt,
    in_money_of,
    on,
    only,
    project,
    ramp,
    share_of,
)

MOSCOW, PARTNERS, AMERICANS = "Moscow", "International partners", "US participants"
BUDGET, RDIF, WEALTH, SYNDICATE = "Federal budget", "RDIF equity", "National Wealth Fund", "VEB.RF syndicate"
RAILWAYS, COINVESTORS, CHINA = "Russian Railways", "Co-investor equity", "Chinese policy banks"
DEVELOPMENT, EXPORT, OFFTAKE = "NDB and AIIB", "Export credit", "Off-takers' prepayment"
TOLL_LOAN, FEDERAL_LOAN, BONDS = "TIFIA loan on tolls", "TIFIA and RRIF", "Private activity bonds"
GRANT, PRIVATE = "US federal grant", "US private equity"
LICENCE, BANKS = "US licence", "Development banks"

ARTICLE = "News article on the proposed tunnel and TASS, 17 Oct 2025 (tass.com/economy/2031239)"
RAZBEGIN = "V. Razbegin, RIA, Nov 2025 (news.mail.ru/incident/68604459; info.sibnet.ru/article/687871)"
RETURNS = "Toll roads to be built return 12-16%, rail 14-18% (PERE, The take from the toll, about 2007)"
RDIF_POLICY = "RDIF policy: USD 50-500 m a project, a co-investor at least equal (Moscow Times, 2013)"
EXPORTED = ("Equipment", "Systems")
"""Groups of packages that an export credit may finance."""


@dataclass(frozen=True)
class Lenders:
    """The lenders and investors of 2025, asked to pay works that end in ``built``.

    Limits are given in USD bn of 2026 and offered in USD m, raised by ``escalation`` to the year ``middle``; RDIF's
    ceiling is its policy and is not raised.
    """

    built: int
    middle: int
    escalation: float = 0.035

    @property
    def index(self) -> float:
        """Money of the middle of the works for one unit of 2026."""
        return in_money_of(self.middle, 2026, self.escalation)

    def nominal(self, billions: float) -> float:
        """USD m of the middle of the works."""
        return round(1000 * billions * self.index)

    def _why(self, billions: float, reference: str, note: str = "") -> dict[str, str]:
        raised = f"Limit: USD {billions:g} bn of 2026 in money of {self.middle}."
        return because(ASSUMED, reference, f"{raised} {note}".strip())

    # ------------------------------------------------------------------ Moscow

    def budget(self, billions: float, a_year: float, first: int) -> Offer:
        """Grants of the Russian federal budget."""
        terms = {"Limit per year": self.nominal(a_year), "Rate": 0.045}
        why = self._why(billions, "Kerch Bridge: 99.7% federal money (Arabs Today, 2014-16)", "Rate: opportunity cost.")
        return Offer(BUDGET, MOSCOW, "grant", self.nominal(billions), (first, self.built), terms, why, on(RUSSIA))

    def rdif(self, years: tuple[int, int]) -> Offer:
        """Equity of the Russian Direct Investment Fund."""
        why = because(REPORTED, RDIF_POLICY, f"Rate: target return, an assumption. {RETURNS}.")
        return Offer(RDIF, MOSCOW, "equity", 500, years, {"Rate": 0.13}, why, anything)

    def railways(self, billions: float, a_year: float, first: int) -> Offer:
        """Russian Railways' own investment programme."""
        terms = {"Limit per year": self.nominal(a_year), "Rate": 0.10}
        why = self._why(
            billions,
            "Russian Railways pays 42% of the rail strategy to 2030 (oreanda.ru, 2007)",
            "Rate: cost of capital, an assumption.",
        )
        may = only(("Railways",), on(RUSSIA))
        return Offer(RAILWAYS, MOSCOW, "equity", self.nominal(billions), (first, self.built), terms, why, may)

    def wealth(self, billions: float, first: int) -> Offer:
        """Loan of the National Wealth Fund."""
        years = (first, self.built)
        why = self._why(
            billions,
            "Liquid part USD 50.26 bn on 1 Oct 2025 (Vedomosti, 6 Oct 2025)",
            f"{billions / 50.26:.0%} of it. Rate: consumer prices and 1%, as its road bonds of 2013 (1prime).",
        )
        terms = {"Rate": 0.035, **debt(years, 25, MOSCOW)}
        return Offer(WEALTH, MOSCOW, "loan", self.nominal(billions), years, terms, why, on(RUSSIA))

    def syndicate(self, billions: float, first: int) -> Offer:
        """Loan of VEB.RF and commercial banks."""
        years = (first, self.built)
        why = self._why(
            billions,
            "BAM tunnels: RUB 500 bn VEB.RF and as much of banks (Kommersant, 26 Aug 2025)",
            "Rate in dollar terms, after the rouble key rate (17% in Sept 2025) has come down.",
        )
        terms = {"Rate": 0.09, "Upfront fee": 0.01, "Commitment fee": 0.005, **debt(years, 20, MOSCOW)}
        return Offer(SYNDICATE, MOSCOW, "loan", self.nominal(billions), years, terms, why, on(RUSSIA))

    # ------------------------------------------------------------------ partners

    def coinvestors(self, billions: float, years: tuple[int, int], may: May = anything) -> Offer:
        """Equity of a Russian-Chinese fund or other co-investors."""
        why = self._why(
            billions,
            "Amur rail bridge: a Russian-Chinese fund held 56.25% (metalinfo.ru, Apr 2022)",
            f"Rate: target return. {RETURNS}.",
        )
        return Offer(COINVESTORS, PARTNERS, "equity", self.nominal(billions), years, {"Rate": 0.14}, why, may)

    def china(self, billions: float, first: int, may: May) -> Offer:
        """Loan of China Exim and China Development Bank."""
        years = (first, self.built)
        why = self._why(
            billions,
            "Margin and tenor as lent to Yamal LNG: USD 12.08 bn, 15 years (GTR and Reuters, 2016)",
            "15 years from opening. Grace and upfront fee are assumptions.",
        )
        terms = {"Curve": "SOFR", "Margin": 0.033, "Upfront fee": 0.0075, **debt(years, 15, MOSCOW)}
        return Offer(CHINA, PARTNERS, "loan", self.nominal(billions), years, terms, why, may)

    def development(self, billions: float, first: int, may: May) -> Offer:
        """Loan of the New Development Bank and AIIB, both shut to Russia."""
        years = (first, self.built)
        why = self._why(
            billions,
            "AIIB: spread 0.75-1.40%, fees 0.25% and 0.25%, 35 years (AIIB, 2016 and Jan 2021)",
            "Shut: Gates.",
        )
        terms = {"Curve": "SOFR", "Margin": 0.014, "Upfront fee": 0.0025, "Commitment fee": 0.0025}
        terms |= {**debt(years, 25, MOSCOW), "Gate": BANKS}
        return Offer(DEVELOPMENT, PARTNERS, "loan", self.nominal(billions), years, terms, why, may)

    def export(self, billions: float, first: int, where: May = anything) -> Offer:
        """Export credit for equipment and systems."""
        years = (first, self.built)
        why = self._why(
            billions,
            "OECD arrangement: 85% of the contract, 15 years (Trade Finance Global; DLA Piper, 1 Aug 2023)",
            "Rate and premium (6-12% upfront) are assumptions: the tables were not found.",
        )
        terms = {"Rate": 0.045, "Upfront fee": 0.09, "Commitment fee": 0.004, **debt(years, 15, AMERICANS)}
        may = only(EXPORTED, where)
        limit = self.nominal(billions)
        return Offer(EXPORT, PARTNERS, "loan", limit, years, {**terms, "Gate": LICENCE}, why, may)

    def offtake(self, billions: float, years: tuple[int, int]) -> Offer:
        """Prepayment by energy and mining companies, repaid from what they would pay for transport."""
        why = self._why(billions, "Yamal LNG: about all of its volume under contract (Infrastructure Investor, 2015)",
                        "Discount 8-9%, an assumption.")  # fmt: skip
        terms: dict[str, Any] = {"Rate": 0.085, **debt((years[0], self.built), 15, MOSCOW)}
        return Offer(OFFTAKE, PARTNERS, "loan", self.nominal(billions), years, terms, why, anything)

    # ------------------------------------------------------------------ United States

    def toll_loan(self, billions: float, first: int) -> Offer:
        """The part of the federal loans that tolls repay."""
        years = (first, self.built)
        why = self._why(
            billions,
            "Last payment within 35 years of completion (transportation.gov, TIFIA); tolls carry 2-3 bn",
            "Rate: 4.11% for 35 years (Bond Buyer, 2024) and a spread.",
        )
        terms: dict[str, Any] = {"Rate": 0.047, **debt(years, 28, "project", "sculpted"), "Gate": LICENCE}
        return Offer(TOLL_LOAN, AMERICANS, "loan", self.nominal(billions), years, terms, why, on(US))

    def federal_loan(self, billions: float, first: int) -> Offer:
        """Federal loans that the US participants repay, tolls or not."""
        years = (first, self.built)
        why = self._why(
            billions,
            "Lending capacity USD 70 bn (transportation.gov, Jan 2024)",
            "Repaid by the US participants. Rate: 4.11% for 35 years (Bond Buyer, 2024) and a spread.",
        )
        terms: dict[str, Any] = {"Rate": 0.047, **debt(years, 28, AMERICANS), "Gate": LICENCE}
        return Offer(FEDERAL_LOAN, AMERICANS, "loan", self.nominal(billions), years, terms, why, on(US))

    def bonds(self, billions: float, years: tuple[int, int]) -> Offer:
        """Tax-exempt private activity bonds."""
        why = self._why(
            billions,
            "USD 8.9 bn of the cap unallocated (transportation.gov, about 2023)",
            "Rate and issue cost are assumptions.",
        )
        terms = {"Rate": 0.05, "Upfront fee": 0.015, **debt((years[0], self.built), 28, AMERICANS, "annuity")}
        limit = self.nominal(billions)
        return Offer(BONDS, AMERICANS, "bond", limit, years, {**terms, "Gate": LICENCE}, why, on(US))

    def grant(self, billions: float, a_year: float | None, years: tuple[int, int]) -> Offer:
        """US federal grants."""
        why = self._why(
            billions,
            "80% federal, 20% local as asked for the Port MacKenzie spur (citizenportal.ai, 2025)",
            "Rate: opportunity cost.",
        )
        terms = {"Rate": 0.045, **({"Limit per year": self.nominal(a_year)} if a_year else {}), "Gate": LICENCE}
        return Offer(GRANT, AMERICANS, "grant", self.nominal(billions), years, terms, why, on(US))

    def private(self, billions: float, years: tuple[int, int]) -> Offer:
        """US private equity."""
        terms = {"Rate": 0.14, "Gate": LICENCE}
        why = self._why(billions, RETURNS, "Rate: target return.")
        return Offer(PRIVATE, AMERICANS, "equity", self.nominal(billions), years, terms, why, anything)


# --------------------------------------------------------------------------- conditions of 2025


def calendar(name: str, status: str, built: int, end: int, duration: str, cost: str) -> Rows:
    """The sheet Project of a link that is built from 2027: yearly periods, dollars of 2026."""
    return project(
        (
            ("Name", name, status, cost),
            ("Currency", "USD", status, f"Currency of the cost. {cost}"),
            ("Unit", "m", ASSUMED, "Millions, chosen for this workbook"),
            ("Start date", "2027-01-01", ASSUMED, "Feasibility work began in April 2025 (NG and TASS, 18 Oct 2025)"),
            ("Construction end", f"{built}-12-31", ASSUMED, duration),
            ("End date", f"{end}-12-31", ASSUMED, "Thirty years of operation"),
            ("Period", "year", ASSUMED, "Enough for a plan of more than ten years"),
            ("Discount rate", 0.045, ASSUMED, "35-year US Treasury money 4.11% (Bond Buyer, 2024), rounded up"),
            ("Price date", "2026-01-01", ASSUMED, "The year in which the case was drawn up"),
            ("Escalation", 0.035, ASSUMED, "US consumer prices 2.5% a year, construction 1% more"),
            ("Flow timing", "end", ASSUMED, "Money moves on the last day of a period"),
            ("Deposit rate", 0.02, ASSUMED, "Below every borrowing rate"),
        )
    )


def gates() -> Rows:
    """Legal and political conditions."""
    listed = "RDIF and its head on the US sanctions list since 28 Feb 2022 (The National)"
    held = "New business with Russia on hold since 3 Mar 2022 (Daily Maverick, 4 Mar 2022)"
    return [
        {"Gate": LICENCE, "Open": "yes", "From": "2028-01-01", **because(ASSUMED, listed, "The date is a guess.")},
        {"Gate": BANKS, "Open": "no", "From": "2029-01-01", **because(REPORTED, held, "The date counts once open.")},
    ]


def matched_equity() -> Rows:
    """RDIF's policy: a co-investor puts in as much, and at least USD 50 m."""
    return [
        {
            **{"Rule": "Matched equity", "Money from": f"source: {RDIF}", "Spent on": "all", "Sense": "<=", "Value": 1},
            **{"Measure": "share", "Of money from": f"source: {COINVESTORS}", "When": "cumulative"},
            **because(REPORTED, RDIF_POLICY),
        },
        {
            **{"Rule": "RDIF ticket", "Money from": f"source: {RDIF}", "Spent on": "all", "Sense": ">="},
            **{"Value": 50, "Measure": "amount", "When": "total"},
            **because(REPORTED, RDIF_POLICY),
        },
    ]


def share_rule(name: str, money: str, share: float, spent_on: str, why: dict[str, str], whole: bool = False) -> Row:
    """A rule that some sources pay at most a share of some uses, of all of them or of those they may pay."""
    return {
        **{"Rule": name, "Money from": money, "Spent on": "all" if whole else spent_on, "Sense": "<="},
        **{"Value": share, "Measure": "share", "Of spent on": spent_on, "When": "total"},
        **why,
    }


def chinese_share(share: float) -> Row:
    """What Chinese loans may come to."""
    why = because(ASSUMED, "Jakarta-Bandung stood at 75% (Reuters, 15 May 2017); a quarter is prudence")
    return share_rule("Chinese concentration", f"source: {CHINA}", share, "all", why)


def export_cover(location: str = "") -> Row:
    """An export credit covers 85% of the contract."""
    uses = f"group: {', '.join(EXPORTED)}" + (f"; location: {location}" if location else "")
    why = because(REPORTED, "OECD arrangement: 15% is paid down (contractdirectory.net)")
    return share_rule("Export credit cover", f"source: {EXPORT}", 0.85, uses, why)


def federal_share(share: float, reference: str, status: str = REPORTED) -> Row:
    """Federal loans stay below a share of the cost on US ground."""
    loans = f"source: {TOLL_LOAN}, {FEDERAL_LOAN}"
    return share_rule("Federal loan share", loans, share, f"location: {US}", because(status, reference))


def base_rate() -> Rows:
    """SOFR, flat."""
    why = because(ASSUMED, "Commercial loans at SOFR and 2.5-3.5% come to about 7%", "Held flat after 2027.")
    return [{"Curve": "SOFR", 2027: 0.04, **why}]


def covenants(project_debt: str = "1.5-2.0 under traffic risk (FHWA primer, chapter 9, 2013)") -> Rows:
    """What a loan that tolls repay asks for."""
    return [
        {"Covenant": "DSCR", "Limit": 1.5, **because(ASSUMED, project_debt)},
        {"Covenant": "reserve months", "Limit": 6, **because(ASSUMED, "Usual in project finance")},
    ]


def least_cost() -> Rows:
    """The aim of every case."""
    why = because(ASSUMED, "Present value of what funders take out less what they put in")
    return [{"Priority": 1, "Aim": "minimise", "Measure": "financing cost", "Of": "all", **why}]


def tolls(first: int, last: int, start: float, level: float, toll: float, why: str) -> Rows:
    """Tolls from ``start`` to ``level`` Mt a year in ten years, and running costs of 35% of them."""
    flows = ramp(first, last, toll * start, toll * level, 9)
    return [
        {"Line": "Tolls", "Kind": "revenue", **flows, **because(ASSUMED, why)},
        {
            **{"Line": "Running costs", "Kind": "cost", **share_of(flows, 0.35)},
            **because(ASSUMED, "35% of tolls, no published benchmark found"),
        },
    ]
