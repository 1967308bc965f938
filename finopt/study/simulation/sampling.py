"""Samples of the drivers on the Uncertainty sheet: Latin hypercube, Gaussian copula, one seed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from finopt.case.case import Case
from finopt.case.kinds import number_of
from finopt.case.names import same
from finopt.case.sheets import Driver
from finopt.errors import CaseError, Finding
from finopt.finance import Array
from finopt.tolerances import DEFINITE

LOW, HIGH = 0.1, 0.9
"""Quantiles that stand for the low and the high of a driver in a tornado."""


def sample(case: Case, count: int, seed: int) -> Array:
    """Values of every driver in ``count`` scenarios; (count, drivers). Discrete drivers hold the index of their value.

    Ranks come from a Latin hypercube: each driver has one value in each of ``count`` equally likely strata. Their order
    follows a Gaussian copula with the rank correlations of sheet Correlation (none where nothing is stated).
    """
    from scipy import stats  # takes longer to load than a case to read, build and solve: only where it is used
    from scipy.stats import qmc

    drivers = case.drivers
    uniform = qmc.LatinHypercube(len(drivers), rng=np.random.default_rng(seed)).random(count)
    scores = stats.norm.ppf(uniform) @ np.linalg.cholesky(_copula(correlation(case))).T
    order = np.argsort(np.argsort(scores, axis=0, kind="stable"), axis=0, kind="stable")
    ranks = np.take_along_axis(np.sort(uniform, axis=0), order, axis=0)
    return np.column_stack([quantile(driver)(ranks[:, i]) for i, driver in enumerate(drivers)])


def correlation(case: Case) -> Array:
    """The drivers' rank correlations as stated, symmetric; (D, D). Raises CaseError where they cannot hold together."""
    names = [same(d.driver) for d in case.drivers]
    matrix = np.eye(len(names))
    for row in case.correlations:
        for other, value in row.values.items():
            i, j = names.index(same(row.driver)), names.index(same(other))
            matrix[i, j] = matrix[j, i] = value if i != j else 1.0
    if len(names) and np.linalg.eigvalsh(_copula(matrix)).min() <= DEFINITE:
        raise CaseError([_contradiction(case, matrix)])
    return matrix


def _copula(ranks: Array) -> Array:
    """Correlation of the normal scores that gives these rank correlations: 2 sin(π/6 · ρ) (Kruskal, 1958)."""
    scores = 2 * np.sin(np.pi / 6 * ranks)
    np.fill_diagonal(scores, 1.0)
    return np.asarray(scores)


def _contradiction(case: Case, matrix: Array) -> Finding:
    """The cells whose correlations cannot hold together: those of the drivers that the clash is made of."""
    values, vectors = np.linalg.eigh(_copula(matrix))
    involved = np.abs(vectors[:, int(np.argmin(values))]) > 0.1
    clash = {same(case.drivers[i].driver) for i in np.flatnonzero(involved)}
    stated = [
        (row, label)
        for row in case.correlations
        for label, value in row.values.items()
        if value and same(row.driver) != same(label) and {same(row.driver), same(label)} <= clash
    ]
    sheet = case.correlations[0].where()[0]
    cells = [cell for row, label in stated if (cell := row.where(label)[1])]
    pairs = {
        frozenset((same(row.driver), same(label))): f"{row.driver} with {label}: {row.values[label]:g}"
        for row, label in reversed(stated)
    }
    words = ", ".join(reversed(pairs.values()))
    return Finding(
        sheet,
        ", ".join(cells),
        "",
        f"correlations that contradict each other ({words})",
        "correlations that can hold together",
        "two drivers that both move with a third cannot move against each other as strongly: bring them nearer to 0",
    )


def quantile(driver: Driver) -> Callable[[Array], Array]:
    """The inverse distribution function of a driver: ranks in (0, 1) to values."""
    from scipy import stats

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
    pairs = [_weighted(x) for x in (driver.a, driver.b, driver.c) if x is not None]
    total = sum(weight for _, weight in pairs)
    return [(value, weight / total) for value, weight in pairs]


def value_of(driver: Driver, drawn: float) -> Any:
    """What a driver's sampled number means: the value itself, or the discrete value at that index."""
    return choices(driver)[int(drawn)][0] if driver.distribution == "discrete" else float(drawn)


def _weighted(text: Any) -> tuple[Any, float]:
    if not isinstance(text, str):
        return text, 1.0
    value, at, weight = text.rpartition("@")
    word = (value if at else text).strip()
    number = number_of(word)
    return word if number is None else number, (number_of(weight.strip()) or 0.0) if at else 1.0


def _number(driver: Driver, name: str) -> float:
    value = None if driver.distribution == "discrete" else number_of(getattr(driver, name))
    return float("nan") if value is None else value
