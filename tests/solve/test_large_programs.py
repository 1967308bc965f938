"""Large programs are solved by interior points first; the plan is the same."""

from __future__ import annotations

from pathlib import Path

import pytest
from pandas.testing import assert_frame_equal

import finopt
from finopt.solve import highs

DEFAULT = Path(__file__).parent.parent.parent / "inputs" / "bering_tunnel.xlsx"


def test_interior_points_and_simplex_give_the_same_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    case = finopt.read_case(DEFAULT)
    simplex = finopt.solve(case)
    monkeypatch.setattr(highs, "LARGE", 0)
    interior = finopt.solve(case)
    assert interior.objective == pytest.approx(simplex.objective, rel=1e-9)
    assert_frame_equal(interior.schedule, simplex.schedule, atol=1e-4 * simplex.measures["money"], rtol=0)
    assert interior.prices["price"].to_numpy() @ interior.prices["limit"].to_numpy() == pytest.approx(
        simplex.prices["price"].to_numpy() @ simplex.prices["limit"].to_numpy(), rel=1e-6
    )
