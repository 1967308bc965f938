"""The terms on which cases are compared: one money, one year, lengths, weights. Vocabulary of the compare workbook.

Amounts move from a case's currency into the common one at the exchange rate of the case's price year, then to the
common year by the price index of the common currency. Nothing is converted that is not stated here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from finopt.case.kinds import Name, Number, Positive, Share
from finopt.case.names import fold, same
from finopt.case.row import Column, Row, Series
from finopt.errors import CaseError, Finding

MEASURES = {
    "probability of being funded": "the share of the scenarios of sheet Uncertainty that have a plan",
    "gap if tolls carry it": "the share of the money, worth at opening, that revenue does not carry as debt",
    "financing cost": "present value, per unit of money drawn",
    "peak against means": "largest share of a party's yearly budget that a year takes",
    "margin": "smallest change of cost, revenue or a party's offers after which no plan exists",
    "cost per km": "in millions of the common money",
}
"""What a criterion may measure, and what that is."""


class Term(Row):
    """One item of the comparison as a whole."""

    SHEET = "Comparison"
    KEY = "item"
    REQUIRED = True
    ABOUT = "The money and the year into which every case is converted, and how each is looked at."

    item: Annotated[Name, Column("Item", "name", "Currency, Price year, Debt rate, Cover, Samples or Seed.")]
    value: Annotated[Any, Column("Value", "value", "Its value.")]


class PriceIndex(Row):
    """Price levels of a currency."""

    SHEET = "Price index"
    KEY = "currency"
    ABOUT = "Consumer prices by year, any base."

    currency: Annotated[Name, Column("Currency", "name", "The currency whose prices they are.")]
    values: Annotated[dict[str, Positive], Series("periods", "number", "Price level of that year.")] = {}  # noqa: RUF012 - pydantic copies it


class ExchangeRate(Row):
    """Exchange rates of a currency."""

    SHEET = "Exchange rates"
    KEY = "currency"
    ABOUT = "Common money for one unit of the currency, by year."

    currency: Annotated[Name, Column("Currency", "name", "The other currency.")]
    values: Annotated[dict[str, Positive], Series("periods", "number", "Common money per unit.")] = {}  # noqa: RUF012 - pydantic copies it


class Link(Row):
    """The length of what a case builds."""

    SHEET = "Links"
    KEY = "case"
    ABOUT = "How long each link is; a case without a length has no cost per km."

    case: Annotated[Name, Column("Case", "name", "Name of the case, as its sheet Project has it.")]
    kilometres: Annotated[Positive, Column("Length", "number", "Kilometres.")]


class Criterion(Row):
    """One thing that makes a case viable."""

    SHEET = "Criteria"
    KEY = "criterion"
    REQUIRED = True
    ABOUT = "What counts, and how much. A value at Best scores 1, at Worst 0, between them in proportion."

    criterion: Annotated[Name, Column("Criterion", "name", "What is measured.")]
    weight: Annotated[Share, Column("Weight", "share", "Its part of the score; weights are made to sum to 1.")]
    best: Annotated[Number, Column("Best", "number", "The value that scores 1.")]
    worst: Annotated[Number, Column("Worst", "number", "The value that scores 0.")]

    def score(self, value: float) -> float:
        """From 0 to 1."""
        return min(1.0, max(0.0, (self.worst - value) / (self.worst - self.best)))


BASIS_SHEETS: Mapping[str, type[Row]] = {row.SHEET: row for row in (Term, PriceIndex, ExchangeRate, Link, Criterion)}
"""The sheets of a compare workbook."""


def _standard() -> tuple[Criterion, ...]:
    stated = (
        ("probability of being funded", 0.3, 1.0, 0.0),
        ("gap if tolls carry it", 0.2, 0.0, 1.0),
        ("financing cost", 0.15, 0.0, 0.3),
        ("margin", 0.15, 0.5, 0.0),
        ("peak against means", 0.1, 0.5, 1.0),
        ("cost per km", 0.1, 5.0, 600.0),
    )
    return tuple(Criterion(criterion=n, weight=w, best=b, worst=x) for n, w, b, x in stated)


@dataclass(frozen=True)
class Basis:
    """How cases are compared. Without a workbook all cases must have one currency and price year.

    ``debt_rate`` and ``cover`` say how much debt revenue carries; ``cover`` holds where a case has no DSCR covenant.
    """

    currency: str = ""
    year: int = 0
    debt_rate: float = 0.06
    cover: float = 1.3
    samples: int = 100
    seed: int = 1
    index: tuple[PriceIndex, ...] = ()
    rates: tuple[ExchangeRate, ...] = ()
    links: tuple[Link, ...] = ()
    criteria: tuple[Criterion, ...] = field(default_factory=_standard)

    def length(self, case: str) -> float | None:
        """Kilometres of a case, or None where none are stated."""
        return next((link.kilometres for link in self.links if same(link.case) == same(case)), None)

    def level(self, year: int) -> float | None:
        """Price level of the common currency in a year, or None where none is stated."""
        row = next((row for row in self.index if same(row.key) == same(self.currency)), None)
        return None if row is None else row.values.get(str(year))

    def steps(self, currency: str, year: int) -> tuple[float, float]:
        """Exchange rate and price factor from a case's money to the common one.

        Raises CaseError where a figure that it takes is not stated.
        """
        common, target = self.currency or currency, self.year or year
        rate = 1.0 if same(currency) == same(common) else _stated(self.rates, ExchangeRate, currency, year)
        if year == target:
            return rate, 1.0
        levels = [_stated(self.index, PriceIndex, common, y) for y in (target, year)]
        return rate, levels[0] / levels[1]


def _stated(rows: tuple[Any, ...], kind: type[Row], currency: str, year: int) -> float:
    row = next((r for r in rows if same(r.key) == same(currency)), None)
    value = None if row is None else row.values.get(str(year))
    if value is None:
        found = f"nothing for {currency} in {year}"
        hint = "state it in the compare workbook: nothing is converted in silence"
        raise CaseError([Finding(kind.SHEET, "", str(year), found, "a number", hint)])
    return float(value)


def basis_of(tables: Mapping[type[Row], tuple[Row, ...]]) -> Basis:
    """The basis that the tables of a compare workbook state. Raises CaseError with every fault."""
    faults: list[Finding] = []
    given: dict[str, Any] = {}
    for term in tables.get(Term, ()):
        name, value = _understood(term, faults)
        given[name] = value
    if criteria := _criteria(tables.get(Criterion, ()), faults):
        given["criteria"] = criteria
    if faults:
        raise CaseError(faults)
    rows: Mapping[str, type[Row]] = {"index": PriceIndex, "rates": ExchangeRate, "links": Link}
    given |= {name: tables[kind] for name, kind in rows.items() if tables.get(kind)}
    return Basis(**given)


def _whole(value: Any) -> int:
    number = float(value)
    if number != int(number):
        raise ValueError
    return int(number)


_ITEMS: Mapping[str, tuple[str, Callable[[Any], Any], Callable[[Any], bool], str]] = {
    "currency": ("currency", str, bool, "a currency such as USD"),
    "priceyear": ("year", _whole, lambda v: 1000 <= v <= 9999, "a year such as 2026"),
    "debtrate": ("debt_rate", float, lambda v: 0 <= v < 1, "a share of 0 or more, such as 0.06"),
    "cover": ("cover", float, lambda v: 0 < v < 1000, "a number above 0, such as 1.3"),
    "samples": ("samples", _whole, lambda v: v >= 1, "a whole number of 1 or more"),
    "seed": ("seed", _whole, lambda v: v >= 0, "a whole number of 0 or more"),
}
"""Items of sheet Comparison: attribute of the basis, how a value is read, which values hold, and what is expected."""


def _understood(term: Row, faults: list[Finding]) -> tuple[str, Any]:
    """Attribute and value of one item; what is wrong with it goes to the faults."""
    assert isinstance(term, Term)
    if fold(term.item) not in _ITEMS:
        wanted = "Currency, Price year, Debt rate, Cover, Samples or Seed"
        faults.append(Finding(*term.where("item"), "Item", repr(term.item), wanted))
        return "", None
    name, read, holds, wanted = _ITEMS[fold(term.item)]
    try:
        value = read(term.value)
        if isinstance(term.value, bool) or not holds(value):
            raise ValueError
    except (TypeError, ValueError, OverflowError):
        faults.append(Finding(*term.where("value"), term.item, repr(term.value), wanted))
        return name, None
    return name, value


def _criteria(rows: tuple[Row, ...], faults: list[Finding]) -> tuple[Criterion, ...]:
    """The criteria by the names that measures have; what is wrong with them goes to the faults."""
    known = {same(name): name for name in MEASURES}
    found = []
    for row in rows:
        assert isinstance(row, Criterion)
        if same(row.criterion) not in known:
            faults.append(Finding(*row.where("criterion"), "Criterion", repr(row.criterion), ", ".join(MEASURES)))
        if row.best == row.worst:
            faults.append(Finding(*row.where("worst"), "Worst", f"{row.worst:g}", "another value than Best"))
        found.append(row.model_copy(update={"criterion": known.get(same(row.criterion), row.criterion)}))
    if found and not any(row.weight for row in found):
        faults.append(Finding(*found[0].where("weight"), "Weight", "0 in every row", "a weight above 0 in one of them"))
    return tuple(found)
