"""Families of constraints, and the program that collects their rows in PuLP.

A family is one kind of constraint under one name. Its left side yields the rows with their coefficients, its right
side gives the numbers that the rows are held against; each says which arrays of Data it uses, so that a study can
re-emit only what a change touches. PuLP 3 and PuLP 4 differ in how rows are made; they meet here and nowhere else.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, NamedTuple

import numpy as np
import pulp

from finopt.case.arrays import Data
from finopt.finance import Array
from finopt.literal import lp_word
from finopt.model.variables import Pairs, Variables
from finopt.tolerances import EMPTY_ROW

Key = tuple[int | str, ...]
PULP_4 = hasattr(pulp, "lpSum_vars_coefs")
SENSES = {"<=": pulp.LpConstraintLE, ">=": pulp.LpConstraintGE, "=": pulp.LpConstraintEQ}


class Terms(NamedTuple):
    """The left side of one row: its key, its sense, and (variable, coefficient) pairs."""

    key: Key
    sense: str
    pairs: Pairs


class Family(ABC):
    """One kind of constraint.

    ``name`` is its word everywhere: in rows, prices, errors, tests. ``index`` says what the parts of a key are:
    s source, w or u use, t period, p party; any other letter stands for a word. ``left_uses`` and ``right_uses``
    name the arrays of Data that the two sides read.
    """

    name: ClassVar[str]
    index: ClassVar[str]
    left_uses: ClassVar[tuple[str, ...]] = ()
    right_uses: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def left(self, data: Data, v: Variables) -> Iterator[Terms]:
        """The rows of the family, without their right sides."""

    def right(self, data: Data, keys: Sequence[Key]) -> Array:
        """The right side of each row in ``keys``; zero unless the family says otherwise."""
        return np.zeros(len(keys))


class Program:
    """The PuLP problem under construction, with our own map from (family, key) to row.

    ``rows`` holds the position of each row among the problem's constraints: names are written, never parsed back.
    ``hopeless`` tells, in words, of rows that no variable can meet.
    """

    def __init__(self, data: Data) -> None:
        self.data = data
        self.problem = pulp.LpProblem(lp_word(data.case.name), pulp.LpMinimize)
        self.rows: dict[tuple[str, Key], int] = {}
        self.hopeless: list[str] = []
        self._names: dict[str, int] = {}
        self._words = Words(data)

    def add(self, family: Family, v: Variables) -> None:
        """Emit every row of a family into the problem. A row without a variable is true, or hopeless."""
        terms = list(family.left(self.data, v))
        limits = family.right(self.data, [t.key for t in terms])
        for (key, sense, pairs), limit in zip(terms, limits.tolist(), strict=True):
            if not pairs:
                self._note(family, key, sense, limit)
            elif np.isfinite(limit):
                name = self._unique(f"{family.name}({','.join(map(lp_word, self._words.of(family, key)))})")
                if (family.name, key) in self.rows:
                    raise KeyError(f"two rows of {family.name} share the key {key}")
                self.rows[family.name, key] = len(self.rows)
                _add_row(self.problem, pairs, sense, limit, name)

    def _note(self, family: Family, key: Key, sense: str, limit: float) -> None:
        met = {"<=": limit >= -EMPTY_ROW, ">=": limit <= EMPTY_ROW, "=": abs(limit) <= EMPTY_ROW}[sense]
        if not met:
            place = ", ".join(self._words.of(family, key))
            self.hopeless.append(
                f"{family.name}[{place}]: no money can flow here, but {sense} {limit:,.6g} is required"
            )

    def _unique(self, name: str) -> str:
        """PuLP folds names such as A-1 and A_1 together: later ones get a number."""
        count = self._names.get(name.casefold(), 0)
        self._names[name.casefold()] = count + 1
        return name if count == 0 else f"{name}~{count}"


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
