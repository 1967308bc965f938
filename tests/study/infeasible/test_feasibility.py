"""Whether a plan exists at all, and what proves that none does. Three lenders offer 150 in all (see `small`)."""

from __future__ import annotations

import pytest

from finopt.solve.highs import HighsSolver
from finopt.solve.linear_program import LinearProgram
from finopt.solve.live_model import State
from finopt.solve.status import Answer
from finopt.study.infeasible.feasibility import Shortfall
from tests.study.small import lenders


def _state(need: float, north: float = 70) -> State:
    case = lenders().change("Packages", "Road", "Amount", need - 60).change("Sources", "North loan", "Limit", north)
    return State.of(case, unfunded=False)


def test_what_is_offered_can_be_paid_and_no_more() -> None:
    shortfall = Shortfall()
    assert not shortfall.any(_state(150))
    assert shortfall.any(_state(150.01))
    assert not shortfall.any(_state(150.01, north=70.01))


def test_a_proof_serves_for_other_cases_without_solving(monkeypatch: pytest.MonkeyPatch) -> None:
    shortfall, solved, solve = Shortfall(), list[LinearProgram](), HighsSolver.solve

    def counted(solver: HighsSolver, program: LinearProgram) -> Answer:
        solved.append(program)
        return solve(solver, program)

    monkeypatch.setattr(HighsSolver, "solve", counted)
    assert shortfall.any(_state(170))
    assert shortfall.any(_state(170, north=80))  # 160 against 170: the prices of the first say so
    assert len(solved) == 1
    assert not shortfall.any(_state(170, north=90))
    assert len(solved) == 2
