"""Families of constraints, and the program that collects their rows in PuLP.

A family is one kind of constraint under one name. Its left side yields the rows with their coefficients, its right
side gives the numbers that the rows are held against; each says which arrays of Data it uses, so that a study can
re-emit only what a change touches. Whatever else is particular to the limit a family states too: the cells behind a
row, its noun and sentence, who gives when it is relaxed, its unit. Every question about limits reads it from here.
PuLP 3 and PuLP 4 differ in how rows are made; they meet here and nowhere else.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, NamedTuple

import numpy as np
import pulp

from finopt.case.arrays import Data
from finopt.case.sheets import Project
from finopt.finance import Array
from finopt.literal import lp_word
from finopt.model.places import NOWHERE, Hold, Place, Ratio, value_at
from finopt.model.variables import Pairs, Variables
from finopt.tolerances import EMPTY_ROW, SHARE_STEP
from finopt.wording import figure, listed, percent, possessive

Kind = Literal["limit", "need", "identity"]
Key = tuple[int | str, ...]
TIMES = ("t", "when", "year")
"""Letters of an index that stand for a time."""
FAR = 10.0
"""How many times its size a number that multiplies flows may rise in a repair."""
PULP_4 = hasattr(pulp, "lpSum_vars_coefs")
SENSES = {"<=": pulp.LpConstraintLE, ">=": pulp.LpConstraintGE, "=": pulp.LpConstraintEQ}


class Terms(NamedTuple):
    """The left side of one row: its key, its sense, and (variable, coefficient) pairs."""

    key: Key
    sense: str
    pairs: Pairs


class Family(ABC):
    """One kind of constraint, and all that is particular to it.

    ``name`` is its word everywhere: in rows, prices, errors, tests. ``index`` says what the parts of a key are:
    s source, w or u use, t period, p party; any other letter stands for a word. ``left_uses`` and ``right_uses``
    name what the two sides read: arrays of Data, columns of the workbook (``"Sources.limit"``) or whole sheets
    (``"Rules"``); what `finopt.model.variables.PATTERN` lists need not be named.

    ``kind`` is "limit" for what somebody sets and could move, "need" for what must be paid, "identity" for what says
    what a figure is. ``merged_at`` is the part of the key that is a package, where rows of like packages may be added
    up. ``share`` says that the number behind a row is shown in per cent.
    """

    name: ClassVar[str]
    index: ClassVar[str]
    left_uses: ClassVar[tuple[str, ...]] = ()
    right_uses: ClassVar[tuple[str, ...]] = ()
    kind: ClassVar[Kind] = "limit"
    merged_at: ClassVar[int | None] = None
    share: ClassVar[bool] = False

    # ------------------------------------------------------------------ the rows

    @abstractmethod
    def left(self, data: Data, v: Variables) -> Iterator[Terms]:
        """The rows of the family, without their right sides."""

    def right(self, data: Data, keys: Sequence[Key]) -> Array:
        """The right side of each row in ``keys``; zero unless the family says otherwise. Infinite: no row."""
        return np.zeros(len(keys))

    # ------------------------------------------------------------------ the workbook behind a row

    def holds(self, data: Data, key: Key) -> Iterator[Hold]:
        """The numbers of the workbook that a row comes from; none for rows that only say what a figure is."""
        return iter(())

    def ratios(self, data: Data, rows: Iterable[tuple[Key, str]]) -> Iterator[Ratio]:
        """Numbers that multiply flows, with their steps, behind the rows (key, sense) of the family.

        Unless the family says otherwise they are those of `holds` without a limit that moves with them, by a hundredth.
        """
        seen = set[Place]()
        for key, sense in rows:
            for place in (hold.place for hold in self.holds(data, key) if hold.per_unit is None):
                if place not in seen:
                    seen.add(place)
                    yield self._ratio(data, place, self.ways(sense)[0])

    def _ratio(self, data: Data, place: Place, looser: float) -> Ratio:
        stands = value_at(data.case, place)
        high = 1.0 if self.share else np.inf
        end = 0.0 if looser < 0 else min(high, max(1.0, FAR * stands))
        return Ratio(
            place, whose(place), stands, way=-looser, notch=0.01, high=high, grain=SHARE_STEP, end=end, share=self.share
        )

    def works(self, key: Key) -> tuple[int, int] | None:
        """The package and period that a row asks to be paid; None for all rows but those of works."""
        return None

    # ------------------------------------------------------------------ a row in words

    def words(self, data: Data, key: Key) -> tuple[str, ...]:
        """Each part of a key as the name that the workbook gives it."""
        return Words(data).of(self, key)

    def noun(self, data: Data, key: Key) -> str:
        """What a row limits, as a phrase: "Moscow's 2029 budget"."""
        place = next((hold.place for hold in self.holds(data, key)), None)
        if place is None:
            return f"{self.name.replace('_', ' ')} ({', '.join(self.words(data, key))})"
        return f"{whose(place)}{self.when(data, [key])}"

    def giver(self, data: Data, key: Key) -> str:
        """Who gives where a row gives; numbers of one giver are moved together."""
        place = next((hold.place for hold in self.holds(data, key)), None)
        return self.noun(data, key) if place is None else whose(place)

    def group(self, data: Data, key: Key) -> Hashable:
        """Rows of one group are told in one clause: all periods of one number of the workbook."""
        return next((hold.place for hold in self.holds(data, key)), key)

    def clauses(self, data: Data, keys: Sequence[Key]) -> Iterator[tuple[Place, str]]:
        """What rows of one group ask, a place and a sentence for each number behind them."""
        places = [hold.place for hold in self.holds(data, keys[0])]
        if not places:
            yield NOWHERE, listed([self.noun(data, key) for key in keys])
        for place in places:
            yield place, self.says(data, keys, place)

    def says(self, data: Data, keys: Sequence[Key], place: Place) -> str:
        """What rows of one group ask, as far as one number of the workbook says it."""
        return f"{whose(place)} is {self.number(data, place)}{self.when(data, keys)}"

    def number(self, data: Data, place: Place) -> str:
        """The number at a place as a reader says it."""
        return told(value_at(data.case, place), self.share)

    def when(self, data: Data, keys: Sequence[Key]) -> str:
        """The periods of some rows, as the end of a sentence; nothing for rows that speak of all time."""
        timed = self.index.split()[-1] in TIMES
        labels = [self.words(data, key)[-1] for key in keys] if timed else []
        stated = [label for label in labels if label != "total"]
        return f" in {listed(stated, 3)}" if stated else ""

    def phrase(self, name: str, unit: str, sense: str, gives: bool) -> Phrase:
        """More room in a row, or less, with what `noun` says of it as ``name``."""
        return allowance(name, unit, sense, gives)

    # ------------------------------------------------------------------ a row in money

    def unit(self, data: Data, key: Key) -> str:
        """The unit of a row's limit."""
        return data.case.money

    def weight(self, data: Data, key: Key) -> float:
        """Case money that one unit of the number behind a row is worth, when repairs ask for the least in all."""
        return 1.0

    def ways(self, sense: str) -> tuple[float, ...]:
        """Which ways the number behind a row gives room: +1 where a larger one does, -1 where a smaller one does."""
        return {"<=": (1.0,), ">=": (-1.0,), "=": (1.0, -1.0)}[sense]

    def most(self, value: float) -> float:
        """How far a number that stands at ``value`` may rise."""
        return 1.0 - value if self.share else np.inf


@dataclass(frozen=True)
class Phrase:
    """A change of a limit in words around its amount: ``way`` is more or less, ``of`` says of what."""

    unit: str
    way: str
    of: str

    def __call__(self, amount: str) -> str:
        """The phrase with an amount; names in it are words, whatever they look like."""
        return f"{amount}{self.unit} {self.way} {self.of}"

    def one(self, unit: str) -> str:
        """The phrase for one unit, as it begins a sentence: "One more USD m of ...", "One USD m less than ..."."""
        return f"One {self.way} {unit} {self.of}" if self.of.startswith("of ") else f"One {unit} {self.way} {self.of}"


def allowance(name: str, unit: str, sense: str, gives: bool) -> Phrase:
    """More room than a cap allows, less than a floor asks; or the other way round."""
    more, less = ("more", "less") if gives else ("less", "more")
    return Phrase(unit, less, f"than {name} asks") if sense == ">=" else Phrase(unit, more, f"than {name} allows")


def whose(place: Place) -> str:
    """A number of the workbook in words: "Loan's largest draw"; an item of Project by its own name."""
    return place.row if place.sheet == Project.SHEET else f"{possessive(place.row)} {place.column.lower()}"


def told(value: float, share: bool) -> str:
    """A number as a reader says it, a share in per cent."""
    return percent(value).replace(".00%", "%") if share else figure(value)


class Emitted(NamedTuple):
    """The rows of one family as it emitted them: keys, senses, which have variables, and where they stand.

    ``rows`` holds -1 for a row that is not in the program: it has no variable, or its limit is infinite.
    """

    keys: list[Key]
    senses: list[str]
    bare: list[bool]
    rows: list[int]


class Program:
    """The PuLP problem under construction, with our own map from (family, key) to row.

    ``rows`` holds the position of each row among the problem's constraints: names are written, never parsed back;
    ``senses`` are theirs. ``hopeless`` tells, in words, of rows that no variable can meet, ``unmet`` says which they
    are; ``emitted`` holds the rows of each family, those that are not in the program included.
    """

    def __init__(self, data: Data) -> None:
        self.data = data
        self.problem = pulp.LpProblem(lp_word(data.case.name), pulp.LpMinimize)
        self.rows: dict[tuple[str, Key], int] = {}
        self.senses: list[str] = []
        self.hopeless: list[str] = []
        self.unmet: list[tuple[Family, Key]] = []
        self.emitted: dict[str, Emitted] = {}
        self._names: dict[str, int] = {}
        self._words = Words(data)

    def add(self, family: Family, v: Variables) -> None:
        """Emit every row of a family into the problem. A row without a variable is true, or hopeless."""
        terms = list(family.left(self.data, v))
        limits = family.right(self.data, [t.key for t in terms]).tolist()
        placed = [self._place(family, *entry) for entry in zip(terms, limits, strict=True)]
        bare = [not t.pairs for t in terms]
        self.emitted[family.name] = Emitted([t.key for t in terms], [t.sense for t in terms], bare, placed)

    def _place(self, family: Family, terms: Terms, limit: float) -> int:
        """Put one row into the problem; its position, -1 where it is none."""
        key, sense, pairs = terms
        if not pairs:
            self._note(family, key, sense, limit)
        if not pairs or not np.isfinite(limit):
            return -1
        if (family.name, key) in self.rows:
            raise KeyError(f"two rows of {family.name} share the key {key}")
        name = self._unique(f"{family.name}({','.join(map(lp_word, self._words.of(family, key)))})")
        position = self.rows[family.name, key] = len(self.rows)
        self.senses.append(sense)
        _add_row(self.problem, pairs, sense, limit, name)
        return position

    def _note(self, family: Family, key: Key, sense: str, limit: float) -> None:
        if not met(sense, limit):
            place = ", ".join(self._words.of(family, key))
            self.unmet.append((family, key))
            self.hopeless.append(
                f"{family.name}[{place}]: no money can flow here, but {sense} {limit:,.6g} is required"
            )

    def _unique(self, name: str) -> str:
        """PuLP folds names such as A-1 and A_1 together: later ones get a number."""
        count = self._names.get(name.casefold(), 0)
        self._names[name.casefold()] = count + 1
        return name if count == 0 else f"{name}~{count}"


def met(sense: str, limit: float) -> bool:
    """Whether nothing at all meets a limit."""
    return {"<=": limit >= -EMPTY_ROW, ">=": limit <= EMPTY_ROW, "=": abs(limit) <= EMPTY_ROW}[sense]


class Words:
    """Keys of rows in the workbook's words."""

    def __init__(self, data: Data) -> None:
        self._names: dict[str, Sequence[str]] = {
            "s": [s.source for s in data.case.sources],
            "w": data.uses,
            "u": data.uses,
            "p": [p.party for p in data.case.parties],
            "t": data.calendar.labels,
        }

    def of(self, family: Family, key: Key) -> tuple[str, ...]:
        """Each part of a key as the name that the workbook gives it."""
        return tuple(
            self._names[letter][part] if isinstance(part, int) and letter in self._names else str(part)
            for letter, part in zip(family.index.split(), key, strict=True)
        )


def parts(keys: Sequence[Key]) -> tuple[Any, ...]:
    """The keys of a family as one index array a part."""
    return tuple(np.array(column) for column in zip(*keys, strict=True)) if keys else ()


def expression(pairs: Pairs) -> Any:
    """A PuLP expression from pairs, in one step: never by repeated +. A repeated variable's coefficients are summed."""
    if PULP_4:
        return pulp.lpSum_vars_coefs(pairs)
    built = pulp.LpAffineExpression(pairs)
    if len(built) < len(pairs):  # PuLP 3 keeps the last coefficient of a repeated variable
        built = pulp.LpAffineExpression()
        for variable, coefficient in pairs:
            built.addterm(variable, coefficient)
    return built


def _add_row(problem: Any, pairs: Pairs, sense: str, limit: float, name: str) -> None:
    left = expression(pairs)
    if PULP_4:  # a row is an expression with a sense
        row = left <= limit if sense == "<=" else left >= limit if sense == ">=" else left == limit
        problem.addConstraint(row, name)
    else:
        problem.addConstraint(pulp.LpConstraint(left, SENSES[sense], name, limit))
