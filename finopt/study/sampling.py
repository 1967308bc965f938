"""Samples of the drivers on the Uncertainty sheet: Latin hypercube, Gaussian copula, one seed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import stats
from scipy.stats import qmc

from finopt.case import Case
from finopt.errors import CaseError, Finding
from finopt.finance import Array
from finopt.read.columns import Driver, same

LOW, HIGH = 0.1, 0.9
"""Quantiles that stand for the low and the high of a driver in a tornado."""


def sample(case: Case, count: int, seed: int) -> Array:
    """Values of every driver in ``count`` scenarios; (count, drivers). Discrete drivers hold the index of their value.

    Ranks come from a Latin hypercube, their dependence from a Gaussian copula with the Correlation sheet (identity
    where nothing is stated), values from each driver's own distribution.
    """
    drivers = case.drivers
    uniform = qmc.LatinHypercube(len(drivers), rng=np.random.default_rng(seed)).random(count)
    lower = np.linalg.cholesky(correlation(case))
    ranks = stats.norm.cdf(stats.norm.ppf(uniform) @ lower.T)
    return np.column_stack([quantile(driver)(ranks[:, i]) for i, driver in enumerate(drivers)])


def correlation(case: Case) -> Array:
    """The drivers' correlation matrix; (D, D). Raises CaseError where it is not one."""
    names = [same(d.driver) for d in case.drivers]
    matrix = np.eye(len(names))
    for row in case.correlations:
        for other, value in row.values.items():
            i, j = names.index(same(row.driver)), names.index(same(other))
            matrix[i, j] = matrix[j, i] = value if i != j else 1.0
    if np.linalg.eigvalsh(matrix).min() <= 0:
        what = "correlations that can hold together (a positive definite matrix)"
        raise CaseError([Finding("Correlation", "", "", "correlations that contradict each other", what)])
    return matrix


def quantile(driver: Driver) -> Callable[[Array], Array]:
    """The inverse distribution function of a driver: ranks in (0, 1) to values."""
    a, b, c = (_number(driver, name) for name in ("a", "b", "c"))
    if driver.distribution == "discrete":
        edges = np.cumsum([weight for _, weight in choices(driver)])
        return lambda rank: np.searchsorted(edges[:-1], rank, side="right").astype(float)
    if driver.distribution == "uniform":
        return stats.uniform(a, b - a).ppf
    if driver.distribution == "normal":
        return stats.norm(a, b).ppf
    if driver.distribution == "lognormal":  # A is the median, B the deviation of the logarithm
        return stats.lognorm(s=b, scale=a).ppf
    mode = (b - a) / (c - a)
    if driver.distribution == "triangular":
        return stats.triang(mode, a, c - a).ppf
    return stats.beta(1 + 4 * mode, 5 - 4 * mode, a, c - a).ppf  # PERT: Beta with shape 4


def choices(driver: Driver) -> list[tuple[Any, float]]:
    """Values of a discrete driver with their probabilities: A, B and C, each a value or `value @ weight`."""
    stated = [x for x in (driver.a, driver.b, driver.c) if x is not None]
    pairs = [_weighted(x) for x in stated]
    total = sum(weight for _, weight in pairs)
    return [(value, weight / total) for value, weight in pairs]


def value_of(driver: Driver, drawn: float) -> Any:
    """What a driver's sampled number means: the value itself, or the discrete value at that index."""
    return choices(driver)[int(drawn)][0] if driver.distribution == "discrete" else drawn


def _weighted(text: Any) -> tuple[Any, float]:
    value, at, weight = str(text).rpartition("@")
    if not at:
        return text, 1.0
    word = value.strip()
    try:
        return float(word), float(weight)
    except ValueError:
        return word, float(weight)


def _number(driver: Driver, name: str) -> float:
    value = getattr(driver, name)
    return float("nan") if value is None or driver.distribution == "discrete" else float(value)
