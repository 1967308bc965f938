"""Samples of drivers: each distribution against its quantiles by hand, strata, rank correlations, seeds."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy import stats

from finopt.case.case import Case
from finopt.case.row import Origin
from finopt.case.sheets import Correlation, Driver
from finopt.errors import CaseError
from finopt.study.simulation.sampling import choices, correlation, quantile, sample, value_of
from tests.study.small import lenders


def driver(name: str, distribution: str, a: Any, b: Any = None, c: Any = None, change: str = "scale") -> Driver:
    return Driver.model_validate(
        {"driver": name, "sheet": "Packages", "row": "*", "column": "Amount", "change": change,
         "distribution": distribution, "a": a, "b": b, "c": c}
    )  # fmt: skip


def case_with(*drivers: Driver, correlations: tuple[Correlation, ...] = ()) -> Case:
    return Case({**lenders().tables, "Uncertainty": drivers, "Correlation": correlations})


def pert_median(low: float, mode: float, high: float) -> float:
    """Median of PERT by bisection of its density, summed up in thin strips."""
    a, b = 1 + 4 * (mode - low) / (high - low), 1 + 4 * (high - mode) / (high - low)
    x = np.linspace(0, 1, 200_001)
    density = x ** (a - 1) * (1 - x) ** (b - 1)
    mass = np.cumsum((density[1:] + density[:-1]) / 2)
    return low + (high - low) * float(np.interp(0.5, mass / mass[-1], x[1:]))


@pytest.mark.parametrize(
    ("made", "rank", "value"),
    [
        (driver("D", "uniform", 2, 6), 0.25, 3.0),
        (driver("D", "uniform", "10%", "30%"), 0.5, 0.2),
        (driver("D", "triangular", 0, 1, 4), 0.25, 1.0),  # a quarter of the area lies left of the mode
        (driver("D", "triangular", 0, 1, 4), 1 - 1 / 12, 3.0),  # right tail: (4 - x)² / (4 · 3)
        (driver("D", "triangular", 0, 0, 2), 0.75, 1.0),
        (driver("D", "normal", 10, 2), 0.5, 10.0),
        (driver("D", "normal", 10, 2), 0.841344746068543, 12.0),  # one deviation above the mean
        (driver("D", "lognormal", 1.19, 0.32), 0.5, 1.19),
        (driver("D", "lognormal", 1.19, 0.32), 0.841344746068543, 1.19 * math.exp(0.32)),
        (driver("D", "pert", 0, 5, 10), 0.5, 5.0),
        (driver("D", "pert", 0.9, 1.0, 1.4), 0.5, pert_median(0.9, 1.0, 1.4)),
    ],
)  # fmt: skip
def test_quantiles_are_those_of_the_distribution(made: Driver, rank: float, value: float) -> None:
    assert float(quantile(made)(np.array([rank]))[0]) == pytest.approx(value, rel=1e-6)


def test_the_published_overrun_of_tunnels_and_bridges_is_met() -> None:
    """The class of the default case: 74% overrun, 23% by half or more, 6% double (Flyvbjerg, after DfT 2004)."""
    drawn = sample(case_with(driver("D", "lognormal", 1.19, 0.32)), 4000, 1)[:, 0]
    assert (drawn > 1.0).mean() == pytest.approx(0.74, abs=0.04)
    assert (drawn > 1.5).mean() == pytest.approx(0.23, abs=0.02)
    assert (drawn > 2.0).mean() == pytest.approx(0.06, abs=0.015)


def test_discrete_values_come_as_often_as_their_weights_say() -> None:
    made = driver("D", "discrete", "yes @ 3", "no @ 1", change="set")
    assert choices(made) == [("yes", 0.75), ("no", 0.25)]
    drawn = sample(case_with(made), 1000, 5)[:, 0]
    assert [value_of(made, v) for v in (0.0, 1.0)] == ["yes", "no"]
    assert (drawn == 0).sum() == 750  # one value in each of 1,000 strata
    even = driver("D", "discrete", 1, "2.5", "10% @ 2")
    assert choices(even) == [(1, 0.25), (2.5, 0.25), (0.1, 0.5)]


def test_numbers_stored_as_text_are_numbers_with_or_without_a_weight() -> None:
    assert choices(driver("D", "discrete", "0 @ 3", "5%", 1)) == [(0.0, 0.6), (0.05, 0.2), (1, 0.2)]
    assert choices(driver("D", "discrete", "no @ 0.2", " yes ")) == [("no", 0.2 / 1.2), ("yes", 1 / 1.2)]


def test_every_stratum_of_every_driver_is_drawn_once() -> None:
    rows = (Correlation(driver="A", values={"B": 0.7}),)
    made = case_with(driver("A", "uniform", 0, 1), driver("B", "uniform", 0, 1), driver("C", "normal", 0, 1),
                     correlations=rows)  # fmt: skip
    drawn = sample(made, 500, 3)
    ranks = np.column_stack([drawn[:, 0], drawn[:, 1], stats.norm.cdf(drawn[:, 2])])
    for column in ranks.T:
        assert sorted((column * 500).astype(int)) == list(range(500))


@pytest.mark.parametrize("stated", [-0.8, -0.3, 0.5, 0.9])
def test_stated_rank_correlations_are_reached(stated: float) -> None:
    rows = (Correlation(driver="A", values={"B": stated, "C": 0.2}),)
    drivers = (driver("A", "lognormal", 1.19, 0.32), driver("B", "triangular", 0, 1, 4), driver("C", "pert", 1, 2, 4))
    drawn = sample(case_with(*drivers, correlations=rows), 4000, 11)
    found = stats.spearmanr(drawn).statistic
    assert found[0, 1] == pytest.approx(stated, abs=0.03)
    assert found[0, 2] == pytest.approx(0.2, abs=0.04)
    assert found[1, 2] == pytest.approx(0.0, abs=0.04)


def test_a_seed_gives_the_same_samples_and_another_gives_others() -> None:
    made = case_with(driver("A", "normal", 0, 1), driver("B", "uniform", 0, 1))
    assert np.array_equal(sample(made, 50, 7), sample(made, 50, 7))
    assert not np.array_equal(sample(made, 50, 7), sample(made, 50, 8))


def test_correlations_that_contradict_each_other_name_their_cells() -> None:
    def row(name: str, **values: float) -> Correlation:
        return Correlation(driver=name, values=values, origin=Origin("Correlation ", 2, {k: f"{k}2" for k in values}))

    four = [driver(name, "normal", 0, 1) for name in "ABCD"]
    clash = case_with(*four, correlations=(row("A", B=0.95, C=0.95, D=0.1), row("B", C=-0.95)))
    with pytest.raises(CaseError) as caught:
        sample(clash, 10, 1)
    (finding,) = caught.value.findings
    assert finding.sheet == "Correlation "
    assert finding.cell == "B2, C2, C2"
    assert "A with B: 0.95, A with C: 0.95, B with C: -0.95" in str(finding)
    assert "D" not in finding.found.replace("Driver", "")
    whole = case_with(
        *four[:3], correlations=(row("A", B=0.95, C=0.95), row("B", A=0.95, C=-0.95), row("C", A=0.95, B=-0.95))
    )
    with pytest.raises(CaseError, match=r"\(A with B: 0.95, A with C: 0.95, B with C: -0.95\)"):
        sample(whole, 10, 1)


def test_correlations_are_symmetric_and_blank_ones_are_none() -> None:
    rows = (Correlation(driver="b", values={"A": -0.4}),)
    made = case_with(driver("A", "normal", 0, 1), driver("B", "normal", 0, 1), driver("C", "normal", 0, 1),
                     correlations=rows)  # fmt: skip
    assert correlation(made).tolist() == [[1, -0.4, 0], [-0.4, 1, 0], [0, 0, 1]]
