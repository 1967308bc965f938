"""Deals: least and most worked out on paper, and plans that truly differ."""

from __future__ import annotations

import numpy as np
import pytest

import finopt
from tests.random_cases import random_case
from tests.study.small import BEST, lenders


def test_least_and_most_are_what_the_extra_cost_buys() -> None:
    # 10% of 5.9 is 0.59: it moves 0.59/0.03 from North to South, or 0.59/0.04 from South to East
    found = finopt.deals(lenders(), tolerance=0.1)
    table = found.table.set_index(["kind", "name"])
    north, south = 0.59 / 0.03, 0.59 / 0.04
    for name, least, plan, most in (
        ("North", 70 - north, 70, 70),
        ("South", 30 - south, 30, 30 + north),
        ("East", 0, 0, south),
        ("State", 0, 0, 0),
    ):
        assert table.loc[("party", name)].to_numpy() == pytest.approx([least, plan, most], abs=1e-5)
    assert table.loc[("source", "North loan")].to_numpy() == pytest.approx([70 - north, 70, 70], abs=1e-5)
    assert found.limit == pytest.approx(1.1 * BEST)


def test_the_plans_differ_clearly_and_the_largest_distance_comes_first() -> None:
    found = finopt.deals(lenders(), tolerance=0.1)
    assert found.best.cost == pytest.approx(BEST)
    distances = found.different["distance"].to_numpy()[1:]
    assert len(distances) >= 2
    assert (np.diff(distances) <= 1e-9).all()
    assert distances[0] == pytest.approx(0.59 / 0.03, abs=0.1)  # the farthest deal: North to South
    splits = np.array([plan.by_source.to_numpy() for plan in found.plans])
    for i in range(1, len(splits)):
        nearest = min(np.abs(splits[i] - old).sum() / 2 for old in splits[:i])
        assert nearest == pytest.approx(distances[i - 1], abs=1e-5)
        assert nearest >= 1.0
    for plan, cost in zip(found.plans, found.different["cost"], strict=True):
        assert plan.cost == pytest.approx(cost)
        assert plan.cost <= found.limit + 1e-6
        assert all(plan.checks.values())


def test_with_no_tolerance_only_ties_are_open() -> None:
    found = finopt.deals(lenders(), tolerance=0.0)
    assert (found.table["most"] - found.table["least"]).max() < 1e-3
    assert len(found.plans) == 1
    even = lenders().change("Sources", "South loan", "Rate", 0.05)
    open_ = finopt.deals(even, tolerance=0.0)
    assert open_.table.set_index("name").loc["South loan", ["least", "most"]].tolist() == pytest.approx(
        [30, 50], abs=1e-3
    )


def test_fewer_plans_can_be_asked_for() -> None:
    assert len(finopt.deals(lenders(), tolerance=0.1, plans=2).plans) == 2


@pytest.mark.parametrize("seed", [5, 23])
def test_ends_hold_every_near_best_plan(seed: int) -> None:
    case = random_case(seed)
    found = finopt.deals(case, tolerance=0.02, plans=4)
    table = found.table[found.table["kind"] == "source"].set_index("name")
    size = 1e-6 * max(1.0, found.best.measures["package cost"])
    for plan in found.plans:
        assert (plan.by_source.to_numpy() >= table["least"].to_numpy() - size).all()
        assert (plan.by_source.to_numpy() <= table["most"].to_numpy() + size).all()
        assert plan.cost <= found.limit + size
    assert found.plans[0].cost == pytest.approx(finopt.solve(case).cost)


def test_the_same_seed_gives_the_same_deals() -> None:
    one, other = (finopt.deals(lenders(), tolerance=0.1, seed=7) for _ in range(2))
    assert one.different.equals(other.different)
    assert "clearly different plans" in str(one)


def test_a_case_without_a_plan_has_no_deals() -> None:
    with pytest.raises(finopt.Infeasible):
        finopt.deals(lenders().change("Packages", "*", "Amount", scale=3))
