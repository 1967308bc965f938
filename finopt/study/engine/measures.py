"""Scenario measures: one sparse matrix times the solution vector."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np

from finopt.case.arrays import Data
from finopt.finance import Array
from finopt.model.objective import FIGURE_USES, financing_cost
from finopt.model.parties import put_in
from finopt.model.variables import Pairs, Variables, one, scaled
from finopt.solve.live_model import LiveModel

if TYPE_CHECKING:
    from scipy.sparse import csr_array


class Gauges:
    """What a study reports of every scenario: cost, interest and fees, money and peak year of each party, peak debt.

    ``by_source`` adds the money drawn from each source. ``names`` are in the order of the columns that a study writes;
    ``matrix`` (lines, columns of the program) gives the lines of the figures, of which a peak has several.
    Money is in the case's unit.
    """

    def __init__(self, live: LiveModel, by_source: bool = False) -> None:
        self._data, self._blocks = live.state.model.data, live.state.blocks
        lines = list(_lines(live.state.model.data, live.state.model.variables))
        if by_source:
            lines += _by_source(live.state.model.data, live.state.model.variables)
        self.names = tuple(dict.fromkeys(name for name, _ in lines))
        position = {name: i for i, name in enumerate(self.names)}
        self._group = np.array([position[name] for name, _ in lines])
        self.matrix = _matrix(live, [pairs for _, pairs in lines])

    def fits(self, live: LiveModel) -> bool:
        """Whether these gauges still read the live model right: its structure and exchange rates are the same."""
        return self._blocks is live.state.blocks and not self._data.differing(live.state.model.data, FIGURE_USES)

    def read_by(self, matrix: csr_array) -> Gauges:
        """The same figures, read by another matrix: one over the columns of a smaller program."""
        made = copy.copy(self)
        made.matrix = matrix
        return made

    def read(self, x: Array) -> dict[str, float]:
        """Each figure from the values of the columns; a peak is the largest of its lines."""
        values = self.matrix @ x
        figures = np.full(len(self.names), -np.inf)
        np.maximum.at(figures, self._group, values)
        return dict(zip(self.names, figures.tolist(), strict=True))


def _lines(data: Data, v: Variables) -> Iterator[tuple[str, Pairs]]:
    """A name and an expression each; lines that share a name are the years or periods of a peak."""
    sources, periods = range(len(data.case.sources)), range(len(data.calendar))
    yield "financing cost", financing_cost(data, v)
    yield (
        "interest and fees",
        [
            pair
            for s in sources
            for t in periods
            for pair in scaled(one(v.interest, s, t) + v.fee(s, t), float(data.fx[s, t]))
        ],
    )
    yield "money", [(x, 1.0) for (s, _), x in v.spent.items() if s != v.account_source]
    for p, party in enumerate(data.case.parties):
        yield (
            f"money {party.party}",
            [(x, 1.0) for (s, _), x in v.spent.items() if s != v.account_source and data.party[s] == p],
        )
    for p, party in enumerate(data.case.parties):
        for year in data.calendar.years:
            when = [period.index for period in data.calendar if period.year == year]
            yield f"peak year {party.party}", put_in(data, v, [p], when)
    for t in periods:
        yield "peak debt", [(v.balance[s, t], float(data.fx[s, t])) for s in sources if (s, t) in v.balance]
    yield "closing cash", [(v.cash[-1], 1.0)]


def _by_source(data: Data, v: Variables) -> Iterator[tuple[str, Pairs]]:
    for s, source in enumerate(data.case.sources):
        yield f"drawn {source.source}", [(x, 1.0) for (i, _), x in v.spent.items() if i == s]


def _matrix(live: LiveModel, lines: list[Pairs]) -> csr_array:
    from scipy.sparse import csr_array  # takes longer to load than a small case to solve: only where there is a study

    rows, columns, values = [], [], []
    for i, pairs in enumerate(lines):
        for variable, coefficient in pairs:
            rows.append(i)
            columns.append(live.state.compiled[variable])
            values.append(coefficient)
    return csr_array((values, (rows, columns)), shape=(len(lines), len(live.state.compiled.program.cost)))


def difference(figures: Mapping[str, float], base: Mapping[str, float]) -> dict[str, float]:
    """Each figure less the base's."""
    return {name: value - base[name] for name, value in figures.items() if name in base}
