"""What could go otherwise, in every worked case: scenarios and uncertain inputs with their precedents."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from inputs.common import ASSUMED, REPORTED, ChangeRow, Offer, Rows, because, scenario
from inputs.lenders import BANKS, LICENCE

OVERRUN = "Bridges and tunnels overran by 33.8% on average, of 258 projects (Flyvbjerg 2009, Hofstra University)"
SHORTFALL = "Rail traffic about half of the forecast on average: general knowledge, no document cited"
DELAY = "Amur bridge promised for 2016, open in 2022; Brenner 2025, now 2032 (TASS; bbt-se.com)"


def overrun() -> Rows:
    """Every package a third dearer."""
    return scenario("Cost overrun 34%", [("Packages", "*", "Amount", "scale", 1.34)], REPORTED, OVERRUN)


def volumes_halved(lines: Sequence[str], name: str = "Volumes halved") -> Rows:
    """What users pay, and what runs with it, halved."""
    return scenario(name, [("Revenue", line, "*", "scale", 0.5) for line in lines], ASSUMED, SHORTFALL)


def dearer_debt(offers: Iterable[Offer], curve: str = "") -> Rows:
    """Two percentage points more on every loan and bond."""
    return dearer([o.source for o in offers if o.is_debt and "Rate" in o.terms], curve)


def dearer(fixed: Iterable[str], curve: str = "") -> Rows:
    """Two percentage points more on debt at fixed rates, by name, and on a curve."""
    changes: list[ChangeRow] = [("Sources", name, "Rate", "add", 0.02) for name in fixed]
    changes += [("Curves", curve, "*", "add", 0.02)] if curve else []
    why = "Rouble key rate 17% in Sept 2025, dollar base rates 0-5% in ten years: two points are usual"
    return scenario("Rates +200bp", changes, ASSUMED, why)


def slip(opening: int, lines: Sequence[str]) -> Rows:
    """Everything ends two years later: costs go on, lenders wait, nobody pays tolls meanwhile."""
    changes: list[ChangeRow] = [
        ("Project", "Construction end", "Value", "add", 2),
        ("Packages", "*", "Finish", "add", 2),
        ("Sources", "*", "To", "add", 2),
        ("Sources", "*", "Grace", "add", 2),
        ("Sources", "*", "Tenor", "add", 2),
    ]
    changes += [("Revenue", line, str(year), "set", 0) for line in lines for year in (opening, opening + 1)]
    return scenario("Two years late", changes, REPORTED, DELAY)


def no_licence(*more: ChangeRow) -> Rows:
    """US sanctions stay."""
    listed = "RDIF and its head on the US sanctions list since 28 Feb 2022 (The National)"
    return scenario("No US licence", [("Gates", LICENCE, "Open", "set", "no"), *more], REPORTED, listed)


def banks_return() -> Rows:
    """NDB and AIIB lend to Russia again."""
    held = "New business with Russia on hold since 3 Mar 2022 (Daily Maverick, 4 Mar 2022)"
    return scenario("Development banks return", [("Gates", BANKS, "Open", "set", "yes")], ASSUMED, held)


def budget_cut(party: str, share: float, why: str, name: str = "") -> Rows:
    """A party has less to put in, every year."""
    title = name or f"{party}'s budget cut {share:.0%}"
    return scenario(title, [("Budgets", party, "*", "scale", round(1 - share, 4))], ASSUMED, why)


def moscow_cut() -> Rows:
    """Moscow puts in less."""
    why = "National Wealth Fund: liquid USD 38.7 bn on 1 Mar 2025, 50.3 on 1 Oct (RBC; Vedomosti, 6 Oct 2025)"
    return budget_cut("Moscow", 0.25, why)


# --------------------------------------------------------------------------- uncertainty

Driver = tuple[str, str, str, str, str, str, object, object, object, str]
"""Name, sheet, row, column, change, distribution, A, B, C (or None), reference."""


def uncertainty(drivers: Iterable[Driver]) -> Rows:
    """The sheet Uncertainty."""
    titles = ("Driver", "Sheet", "Row", "Column", "Change", "Distribution", "A", "B", "C")
    return [
        {t: v for t, v in zip(titles, d[:-1], strict=True) if v is not None} | because(ASSUMED, d[-1]) for d in drivers
    ]


def cost_driver() -> Driver:
    """Cost of all packages."""
    why = "Lognormal, median 1.19: of tunnels and bridges 74% overran, 23% by half or more (DfT 2004, konnerhorton.com)"
    return ("Cost", "Packages", "*", "Amount", "scale", "lognormal", 1.19, 0.32, None, why)


def volume_driver(line: str) -> Driver:
    """What users pay."""
    return ("Volume", "Revenue", line, "*", "scale", "triangular", 0.3, 0.8, 1.2, SHORTFALL)


def rate_driver(curve: str) -> Driver:
    """The base rate."""
    why = "A point up or down in two years of three; base rates moved between 0 and 5% in ten years"
    return ("Base rate", "Curves", curve, "*", "add", "normal", 0.0, 0.01, None, why)


def budget_driver(party: str) -> Driver:
    """What a party can put in."""
    why = "From three quarters to a tenth more: liquid National Wealth Fund 38.7-50.3 bn in 2025 (RBC; Vedomosti)"
    return (f"{party}'s budget", "Budgets", party, "*", "scale", "triangular", 0.75, 1.0, 1.1, why)


def licence_driver() -> Driver:
    """Whether the US licence comes."""
    why = "Three in four, a guess: the sanctions of 28 Feb 2022 stand (The National)"
    return ("US licence", "Gates", LICENCE, "Open", "set", "discrete", "yes @ 0.75", "no @ 0.25", None, why)
