"""Where in the workbook each row of the program comes from, and which cells could give.

A row of the model is named by its family and key; a reader knows sheets, rows and columns. Every question about limits
(what is one more worth, which of them clash, who could give) speaks through this one map.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from finopt.case.arrays import Data
from finopt.case.calendar import Calendar
from finopt.case.case import Case
from finopt.case.change import Change
from finopt.case.names import same
from finopt.case.row import Row
from finopt.case.selector import Selector, is_selector
from finopt.case.sheets import Budget, Cost, Covenant, Eligibility, Package, Party, Project, Rule, Source
from finopt.model.build import FAMILIES, Model
from finopt.model.covenants import covenant_key
from finopt.model.family import Key, Words
from finopt.wording import possessive

TITLES = {
    "eligible_share": "Eligible share",
    "source_limit": "Limit of the source",
    "source_year": "Limit per year",
    "source_period": "Limit per period",
    "party_budget": "Budget",
    "party_share": "Share of the party",
    "rule": "Rule",
    "minimum_cash": "Minimum cash",
    "maximum_cash": "Maximum cash",
    "dscr": "DSCR covenant",
    "llcr": "LLCR covenant",
    "gearing": "Gearing covenant",
    "reserve": "Debt service reserve",
    "average_life": "Average life covenant",
    "debt_limit": "Debt limit",
}
"""Families of limits that somebody sets and could move, in words."""

STRUCTURE = frozenset(
    {
        "spent", "drawn", "proceeds", "balance", "maturity", "interest", "repayment", "fees", "put_in",
        "account", "commitment", "line_repayment", "line_fee", "financing_costs_cap", "refinancing_cap", "peak",
        "reserve_account",
    }
)  # fmt: skip
"""Families that say what a figure is: nobody could move them. Every other family is a limit or a need."""
NEEDS = frozenset({"pay_package", "cash"})
"""Families that say what must be paid: works, and what the project account owes beyond its revenue."""


@dataclass(frozen=True)
class Place:
    """One number of the workbook: its sheet, the key of its row, its column, and the cell that it was read from.

    ``row`` and ``column`` are what Case.change takes. On Project the row is the item.
    """

    sheet: str
    row: str
    column: str
    cell: str = ""

    @property
    def address(self) -> str:
        """Sheet and cell, or the sheet alone for a case that was not read from a file."""
        return f"{self.sheet}!{self.cell}" if self.cell else self.sheet

    def __str__(self) -> str:
        return f"{self.address} {self.row}, {self.column}"

    def change(self, add: float) -> Change:
        """The change that adds to this number."""
        return Change(self.sheet, self.row, self.column, add=add)


@dataclass(frozen=True)
class Hold:
    """How a number of the workbook holds a row: the row's limit moves by ``per_unit`` with one unit of the number.

    ``per_unit`` is None where the number multiplies flows, or where it shapes more than this limit.
    """

    place: Place
    per_unit: float | None


def held_by(data: Data, family: str, key: Key) -> tuple[Hold, ...]:
    """The numbers of the workbook that a row comes from; none for rows that only say what a figure is."""
    find = _HOLDS.get(family)
    return tuple(find(data, key)) if find is not None else ()


def noun(data: Data, family: str, key: Key) -> str:
    """What a row limits, as a phrase: "Moscow's 2029 budget"."""
    words = _words(data, family, key)
    if family == "party_budget" and len(held_by(data, family, key)) > 1:  # unused room of earlier years counts too
        return f"{possessive(words[0])} budget up to {words[1]}"
    make = _NOUNS.get(family)
    return make(words) if make is not None else f"{family.replace('_', ' ')} ({', '.join(words)})"


def money_of(data: Data, family: str, key: Key) -> str:
    """The unit of a row's limit: the currency of its source, or the case's."""
    project = data.case.project
    if family in ("source_limit", "source_year", "source_period") and isinstance(key[0], int):
        return f"{data.case.sources[key[0]].currency or project.currency} {project.unit}"
    return data.case.money


def rows_of(model: Model) -> Iterator[tuple[int, str, Key]]:
    """Every row that is a limit or a need: its position, family and key."""
    for (family, key), position in model.rows.items():
        if family not in STRUCTURE:
            yield position, family, key


def _place(row: Row, name: str, column: str) -> Place:
    key = column if isinstance(row, Project) else row.key
    title = "Value" if isinstance(row, Project) else column
    return Place(row.SHEET, key, title, row.origin.cell(name) if row.origin.row else "")


def _field(row: Row, name: str) -> Place:
    return _place(row, name, type(row).columns()[name].title)


def _package(data: Data, key: Key) -> Iterator[Hold]:
    w, t = int(key[0]), int(key[1])
    package: Package = data.case.packages[w]
    own: Cost | None = next((row for row in data.case.costs if same(row.package) == same(package.package)), None)
    if own is not None:
        for label in own.values:
            if t in data.calendar.reached(label):
                yield Hold(_place(own, label, label), None)
    elif package.amount:
        yield Hold(_field(package, "amount"), float(data.cost[w, t]) / package.amount)


def _eligible(data: Data, key: Key) -> Iterator[Hold]:
    s, u = key[0], int(key[1])
    source = s if isinstance(s, str) else data.case.sources[s].source
    use = data.uses[u]
    whole = float(data.cost[u].sum()) if u < data.financing_use else None
    found = [
        (value, row, name)
        for row in eligibility_rows(data.case, use)
        for name, value in row.values.items()
        if same(name) == same(source)
    ]
    if found:
        _, row, label = max(found, key=lambda entry: entry[0])  # of several rows the most generous counts
        yield Hold(_place(row, label, label), whole)


def eligibility_rows(case: Case, use: str) -> list[Eligibility]:
    """The rows of sheet Eligibility that speak of a use: those that name it, else those that select it."""
    named = [row for row in case.eligibility if same(row.package) == same(use)]
    if named:
        return named
    u = case.uses.index(use)
    return [row for row in case.eligibility if is_selector(row.package) and u in Selector.parse(row.package).uses(case)]


def _of_source(name: str) -> Callable[[Data, Key], Iterator[Hold]]:
    def find(data: Data, key: Key) -> Iterator[Hold]:
        source: Source = data.case.sources[int(key[0])]
        yield Hold(_field(source, name), 1.0)

    return find


def _budget(data: Data, key: Key) -> Iterator[Hold]:
    party: Party = data.case.parties[int(key[0])]
    if key[1] == "total":
        yield Hold(_field(party, "total_budget"), 1.0)
        return
    row: Budget = next(b for b in data.case.budgets if same(b.party) == same(party.party))
    last = _last(data.calendar, str(key[1]))
    for label in row.values:
        when = data.calendar.under(label)
        if label == key[1] or (row.carry_over and when and when[0] <= last):
            yield Hold(_place(row, label, label), 1.0)


def _last(calendar: Calendar, label: str) -> int:
    return calendar.under(label)[0]


def _share(data: Data, key: Key) -> Iterator[Hold]:
    yield Hold(_field(data.case.parties[int(key[0])], f"{key[1]}_share"), None)


def _rule(data: Data, key: Key) -> Iterator[Hold]:
    row: Rule = next(rule for rule in data.case.rules if rule.rule == key[0])
    yield Hold(_field(row, "value"), 1.0 if row.measure == "amount" else None)


def _project(name: str) -> Callable[[Data, Key], Iterator[Hold]]:
    return lambda data, key: iter([Hold(_field(data.case.project, name), 1.0)])


def _covenant(data: Data, key: Key) -> Iterator[Hold]:
    row: Covenant = next(c for i, c in enumerate(data.case.covenants) if covenant_key(data, i) == key[0])
    yield Hold(replace(_field(row, "limit"), row=str(key[0])), 1.0 if row.covenant == "debt" else None)


def _revenue(data: Data, key: Key) -> Iterator[Hold]:
    for row in data.case.revenue:
        for label in row.values:
            if int(key[0]) in data.calendar.reached(label):
                yield Hold(_place(row, label, label), None)


_HOLDS: dict[str, Callable[[Data, Key], Iterator[Hold]]] = {
    "pay_package": _package,
    "cash": _revenue,
    "eligible_share": _eligible,
    "source_limit": _of_source("limit"),
    "source_year": _of_source("limit_per_year"),
    "source_period": _of_source("limit_per_period"),
    "party_budget": _budget,
    "party_share": _share,
    "rule": _rule,
    "minimum_cash": _project("minimum_cash"),
    "maximum_cash": _project("maximum_cash"),
    **dict.fromkeys(("dscr", "llcr", "gearing", "reserve", "average_life", "debt_limit"), _covenant),
}
_NOUNS: dict[str, Callable[[tuple[str, ...]], str]] = {
    "pay_package": lambda w: f"{w[0]} in {w[1]}",
    "cash": lambda w: f"the project account in {w[0]}",
    "eligible_share": lambda w: f"{possessive(w[0])} share of {w[1]}",
    "source_limit": lambda w: f"{possessive(w[0])} limit",
    "source_year": lambda w: f"{possessive(w[0])} limit for {w[1]}",
    "source_period": lambda w: f"{possessive(w[0])} limit for {w[1]}",
    "party_budget": lambda w: (
        f"{possessive(w[0])} total budget" if w[1] == "total" else f"{possessive(w[0])} {w[1]} budget"
    ),
    "party_share": lambda w: f"{possessive(w[0])} {w[1]} share",
    "rule": lambda w: f"rule {w[0]}" if w[1] == "total" else f"rule {w[0]} in {w[1]}",
    "minimum_cash": lambda w: f"minimum cash in {w[0]}",
    "maximum_cash": lambda w: f"maximum cash in {w[0]}",
    **dict.fromkeys(("dscr", "llcr", "gearing", "reserve", "debt_limit"), lambda w: f"{w[0]} in {w[1]}"),
    "average_life": lambda w: w[0],
}


def _words(data: Data, family: str, key: Key) -> tuple[str, ...]:
    kind = next((f for f in FAMILIES if f.name == family), None)
    return Words(data).of(kind, key) if kind is not None else tuple(map(str, key))


@dataclass(frozen=True)
class Lever:
    """A number of the workbook that could give: which rows it frees, and how far by a unit of it.

    ``who`` gives ("Moscow's budget"). ``way`` is +1 where a larger number gives room, -1 where a smaller one does.
    ``rows`` holds positions with the room (in the row's unit) per unit of the number; ``value`` is the number as it
    stands, ``weight`` case money per unit, ``most`` how far it can go; ``unit`` names money that is not the case's.
    """

    place: Place
    who: str
    way: float
    rows: tuple[tuple[int, float], ...]
    value: float
    weight: float
    most: float = np.inf
    unit: str = ""


def levers(model: Model) -> list[Lever]:
    """Every amount of the workbook that holds rows of the program, in the order of the rows."""
    data, found = model.data, defaultdict(list)
    senses: dict[Place, tuple[str, Key, str]] = {}
    for position, family, key in rows_of(model):
        for hold in held_by(data, family, key):
            if hold.per_unit:
                found[hold.place].append((position, hold.per_unit))
                senses.setdefault(hold.place, (family, key, _sense(data, family, key)))
    made: list[Lever] = []
    for place, rows in found.items():
        family, key, sense = senses[place]
        for way in {"<=": (1.0,), ">=": (-1.0,), "=": (1.0, -1.0)}[sense]:
            value = value_at(data.case, place)
            most = np.inf if way > 0 else value
            if family == "eligible_share":
                most = 1.0 - value
            unit = money_of(data, family, key)
            foreign = unit if unit != data.case.money else ""
            weight = _weight(data, family, key)
            made.append(Lever(place, giver(data, family, key), way, tuple(rows), value, weight, most, foreign))
    return made


def giver(data: Data, family: str, key: Key) -> str:
    """Who gives where a row gives: the party for its budgets, the source for its limits, the rule, the lenders."""
    words = _words(data, family, key)
    if family == "party_budget":
        return f"{possessive(words[0])} budget"
    if family in ("source_limit", "source_year", "source_period"):
        return f"{possessive(words[0])} limits"
    if family == "eligible_share":
        return f"what may pay {words[1]}"
    if family == "pay_package":
        return f"the works {words[0]}"
    if family in ("minimum_cash", "maximum_cash"):
        return family.replace("_", " ")
    if family == "rule":
        return f"rule {words[0]}"
    if family == "party_share":
        return f"{possessive(words[0])} {words[1]} share"
    return f"covenant {words[0]}"


def _sense(data: Data, family: str, key: Key) -> str:
    if family == "rule":
        return next(rule.sense for rule in data.case.rules if rule.rule == key[0])
    return ">=" if family in ("pay_package", "minimum_cash") else "<="


def _weight(data: Data, family: str, key: Key) -> float:
    if family in ("source_limit", "source_year", "source_period"):
        return float(data.fx[int(key[0])].mean())
    if family == "eligible_share":
        return float(data.cost[int(key[1])].sum())
    return 1.0


def value_at(case: Case, place: Place) -> float:
    """The number that stands at a place."""
    kind = next(k for name, k in _kinds(case).items() if name == place.sheet)
    if kind is Project:
        name = Project.field_of(place.row)
        return float(getattr(case.project, str(name)))
    named = zip(case.rows(kind), case.row_names(kind), strict=True)
    row = next(r for r, name in named if same(name) == same(place.row))
    name = kind.field_of(place.column)
    return float(getattr(row, name) if name is not None else getattr(row, "values", {})[place.column])


def _kinds(case: Case) -> dict[str, type[Row]]:
    return {name: type(rows[0]) for name, rows in case.tables.items() if rows}


@dataclass(frozen=True)
class Phrase:
    """A change of a limit in words around its amount: ``way`` is more or less, ``of`` says of what."""

    unit: str
    way: str
    of: str

    def __call__(self, amount: str) -> str:
        """The phrase with an amount; names in it are words, whatever they look like."""
        return f"{amount}{self.unit} {self.way} {self.of}"


def phrase(family: str, unit: str, name: str, sense: str, gives: bool) -> Phrase:
    """More room in a limit, or less."""
    more, less = ("more", "less") if gives else ("less", "more")
    if family in ("party_budget", "source_limit", "source_year", "source_period"):
        return Phrase(unit, more, f"of {name}")
    if family == "reserve":
        return Phrase(unit, less, f"in reserve than {name} asks")
    if family in ("gearing", "debt_limit"):
        return Phrase(unit, more, f"debt than {name} allows")
    if family in ("dscr", "llcr"):
        return Phrase(unit, more, f"of the cash flow that {name} counts")
    if sense == ">=":
        return Phrase(unit, less, f"than {name} asks")
    return Phrase(unit, more, f"than {name} allows")
