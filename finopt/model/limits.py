"""Every limit of a model at once: its rows, the numbers of the workbook that could give, and how far.

What is particular to a limit its family says; here stands only what goes through all of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass

import numpy as np

from finopt.case.arrays import Data
from finopt.case.sheets import SHEETS, Covenant
from finopt.model import build
from finopt.model.build import Model
from finopt.model.family import Family, Key, Phrase, Program, Terms, allowance
from finopt.model.places import Place, Ratio, position_at, value_at
from finopt.model.variables import Variables


def rows_of(model: Model) -> Iterator[tuple[int, Family, Key]]:
    """Every row that is a limit or a need: its position, family and key."""
    for (name, key), position in model.rows.items():
        family = model.family(name)
        if family.kind != "identity":
            yield position, family, key


@dataclass(frozen=True)
class Lever:
    """A number of the workbook that could give: which rows it frees, and how far by a unit of it.

    ``who`` gives ("Moscow's budget"). ``way`` is +1 where a larger number gives room, -1 where a smaller one does.
    ``rows`` holds positions with the room (in the row's unit) per unit of the number; ``value`` is the number as it
    stands, ``weight`` case money per unit, ``most`` how far it can go; ``unit`` names money that is not the case's.
    ``works`` says that it is the cost of a package, ``share`` that it is a share.
    """

    place: Place
    who: str
    way: float
    rows: tuple[tuple[int, float], ...]
    value: float
    weight: float
    most: float = np.inf
    unit: str = ""
    works: bool = False
    share: bool = False


def levers(model: Model) -> list[Lever]:
    """Every amount of the workbook that holds rows of the program, in the order of the rows."""
    rows: dict[Place, list[tuple[int, float]]] = defaultdict(list)
    first: dict[Place, tuple[int, Family, Key]] = {}
    for position, family, key in rows_of(model):
        for hold in family.holds(model.data, key):
            if hold.per_unit:
                rows[hold.place].append((position, hold.per_unit))
                first.setdefault(hold.place, (position, family, key))
    return [
        _lever(model, place, family, key, way, tuple(rows[place]))
        for place, (position, family, key) in first.items()
        for way in family.ways(model.senses[position])
    ]


def _lever(
    model: Model, place: Place, family: Family, key: Key, way: float, rows: tuple[tuple[int, float], ...]
) -> Lever:
    data, value = model.data, value_at(model.case, place)
    unit = family.unit(data, key)
    return Lever(
        place, family.giver(data, key), way, rows, value, family.weight(data, key),
        most=family.most(value) if way > 0 else value,
        unit=unit if unit != data.case.money else "",
        works=family.works(key) is not None,
        share=family.share,
    )  # fmt: skip


def ratios(model: Model) -> list[Ratio]:
    """Every number that multiplies flows: covenants by their rows, then shares and the like by sheet and row."""
    rows: dict[str, list[tuple[Key, str]]] = {family.name: [] for family in model.families}
    for (name, key), position in model.rows.items():
        rows[name].append((key, model.senses[position]))
    limits = [family for family in model.families if family.kind == "limit"]
    found = [ratio for family in limits for ratio in family.ratios(model.data, rows[family.name])]

    def order(ratio: Ratio) -> tuple[bool, int, int]:
        sheet = ratio.place.sheet
        return sheet != Covenant.SHEET, list(SHEETS).index(sheet), position_at(model.case, ratio.place)[0]

    return sorted(found, key=order)


@dataclass(frozen=True)
class Rows:
    """The rows of one family of limits over variables that belong to no program: (left side, limit) each."""

    family: Family
    variables: Variables
    rows: tuple[tuple[Terms, float], ...]


def rows_beside(data: Data, known: Collection[str]) -> Iterator[Rows]:
    """The rows of every limit but those of the families known by name; nothing is made where there is no other."""
    others = [family for family in build.FAMILIES if family.kind == "limit" and family.name not in known]
    if others:
        variables = Variables(Program(data).problem, data)
        for family in others:
            terms = list(family.left(data, variables))
            limits = family.right(data, [t.key for t in terms]).tolist()
            rows = [(t, x) for t, x in zip(terms, limits, strict=True) if t.pairs and np.isfinite(x)]
            yield Rows(family, variables, tuple(rows))


def phrase_of(family: str, name: str, sense: str) -> Phrase:
    """More room in a limit that is told by the name of its family; of an own constraint, as of any limit."""
    found = next((f for f in build.FAMILIES if f.name == family), None)
    return allowance(name, "", sense, True) if found is None else found.phrase(name, "", sense, True)
