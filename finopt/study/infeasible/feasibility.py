"""Whether a plan exists at all: the least by which limits and needs are missed, which is nothing where one does.

A program without a solution can keep a solver for minutes before it says so. This one always has a solution: every
limit and need may be missed, at a price of one a unit. Its prices outlive it: of another case they prove, by one
product, that something is missing there too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from finopt.model.family import Key
from finopt.model.limits import rows_of
from finopt.solve.highs import HighsSolver
from finopt.solve.linear_program import LinearProgram, dual_value, elastic
from finopt.solve.live_model import State
from finopt.solve.status import Status, no_plan
from finopt.tolerances import INFEASIBLE_FOR_SURE, NO_PRICE, NONE_MISSED

Proof = Mapping[tuple[str, Key], float]
"""Prices of rows, by family and key, that prove a shortfall."""
PROOFS = 12
"""Proofs kept; the one that served last is tried first."""


class Shortfall:
    """Asks state after state whether something is missing there, and remembers what proved it."""

    def __init__(self) -> None:
        self._solver = HighsSolver()
        self._held: LinearProgram | None = None
        self._proofs: list[Proof] = []

    def any(self, state: State) -> bool:
        """Whether the limits and needs of a state cannot all be met, so that no plan exists."""
        total = float(state.model.data.cost.sum()) or 1.0
        for proof in self._proofs:
            if _missed(state, proof) > INFEASIBLE_FOR_SURE * total:
                self._remember(proof)
                return True
        program = self._program(state)
        answer = self._solver.solve(program)
        if answer.status is not Status.OPTIMAL:
            raise no_plan(answer)
        missing = float(program.cost @ answer.x) > NONE_MISSED * total
        if missing and answer.row_price.size:  # with integers there are no prices
            price = answer.row_price
            self._remember({row: float(price[i]) for row, i in state.model.rows.items() if abs(price[i]) > NO_PRICE})
        return missing

    def _remember(self, proof: Proof) -> None:
        self._proofs = [proof, *(p for p in self._proofs if p is not proof)][:PROOFS]

    def _program(self, state: State) -> LinearProgram:
        """The elastic program; what it shares with the one before is the same object, so that the solver restarts."""
        made = elastic(state.program, np.array([row for row, _, _ in rows_of(state.model)], dtype=np.int64))
        held = self._held
        if held is not None and np.array_equal(held.columns, made.columns) and np.array_equal(held.starts, made.starts):
            values = held.values if np.array_equal(held.values, made.values) else made.values
            made = replace(made, columns=held.columns, integer=held.integer, values=values)
        self._held = made
        return made


def _missed(state: State, proof: Proof) -> float:
    """What is missed at least, as these prices prove: the value of the elastic program's dual; -inf for nothing."""
    program = state.program
    price = np.zeros(len(program.row_lower))
    for row, value in proof.items():
        if (position := state.model.rows.get(row)) is not None:
            price[position] = value
    over = dual_value(price, program.row_lower, program.row_upper, NO_PRICE)
    return over + dual_value(-program.transposed(price), program.lower, program.upper, NO_PRICE)
