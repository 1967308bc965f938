"""Pure functions of money and time: discounting, annuities, cost profiles, all-in rates.

Rates are yearly shares (0.065), times are years, money is in any one unit.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from finopt.tolerances import FLOW

Array = npt.NDArray[np.float64]
XIRR_SIZE = 1e6
"""What the largest flow counts while a rate is sought: the search ends at an absolute tolerance."""
HOURS = 24 * 365
"""Hours of a year for an all-in rate. Every time of a calendar, a whole or half month, is a whole number of them."""


def discount_factors(rate: float, times: npt.ArrayLike) -> Array:
    """Present value at time 0 of one unit at each of ``times`` (years): (1 + rate)^-time."""
    return np.asarray((1.0 + rate) ** -np.asarray(times, dtype=float), dtype=float)


def profile_shares(shape: tuple[float, float], start: dt.date, finish: dt.date, edges: Sequence[dt.date]) -> Array:
    """Share of a cost that falls between consecutive ``edges``, by a Beta(a, b) profile over its window.

    ``edges`` are T + 1 dates, each the first day of a period and the last the day after the horizon; the
    result has shape (T,). The window holds both its days. Share = F(x_end) - F(x_start), x the days elapsed
    in the window over its length, F the Beta distribution function (uniform is Beta(1, 1)).
    """
    length = (finish - start).days + 1
    x = np.clip(np.array([(edge - start).days for edge in edges], dtype=float) / length, 0.0, 1.0)
    return np.diff(_beta_cdf(shape, x))


def _beta_cdf(shape: tuple[float, float], x: Array) -> Array:
    """The distribution function of Beta(a, b), by its continued fraction (DLMF 8.17.22) where that converges fast.

    scipy.special.betainc says the same, but to load it takes as long as to read, build and solve a case.
    """
    if shape == (1.0, 1.0):
        return x
    a, b = shape
    upper = x > (a + 1.0) / (a + b + 2.0)
    y = np.where(upper, 1.0 - x, x)
    p, q = np.where(upper, b, a), np.where(upper, a, b)
    fraction = np.ones_like(x)
    for n in range(40 + int(5 * math.sqrt(max(a, b))), 0, -1):
        m = n // 2
        top = -(p + m) * (p + q + m) if n % 2 else m * (q - m)
        fraction = 1.0 + top * y / ((p + n - 1.0) * (p + n)) / fraction
    scale = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    density = np.exp(scale + p * np.log(np.maximum(y, np.finfo(float).tiny)) + q * np.log1p(-y))
    tail = density / (p * fraction)
    return np.asarray(np.where(upper, 1.0 - tail, tail))


def equal_shares(count: int) -> Array:
    """Principal repaid in each of ``count`` periods as a share of the base: 1/n each."""
    return np.full(count, 1.0 / count)


def annuity_shares(period_rates: npt.ArrayLike) -> Array:
    """Principal repaid in each period as a share of the base when interest plus principal are level.

    ``period_rates`` (n,) are simple rates per period, which may differ. With v_j = Π_{k<=j} 1/(1+i_k) the level
    payment on a base of 1 is A = 1 / Σ v_j, and principal_j = A - i_j · balance_{j-1}.
    """
    rates = np.asarray(period_rates, dtype=float)
    payment = 1.0 / np.cumprod(1.0 / (1.0 + rates)).sum()
    shares, balance = np.empty_like(rates), 1.0
    for j, rate in enumerate(rates):
        shares[j] = payment - rate * balance
        balance -= shares[j]
    return shares


def all_in_rate(times: npt.ArrayLike, flows: Sequence[float]) -> float | None:
    """Yearly rate at which flows at ``times`` (years) have no present value, or None where no rate exists.

    Flows are the funder's: draws negative, money taken out positive. Excel's XIRR counts actual days over 365, so that
    a leap year, or a period that closes on its last day, would move the rate of a plain loan. Here XIRR counts the
    hours of years of 365 days as if they were days; its rate of 24 years' worth of them in one is brought back.
    """
    import pyxirr  # compiled; loaded only where a rate is asked for

    largest, epoch = max(map(abs, flows), default=0.0), dt.date(1900, 1, 1)
    hours = np.rint(HOURS * np.asarray(times, dtype=float)).astype(int).tolist()
    kept = [(h, f / largest * XIRR_SIZE) for h, f in zip(hours, flows, strict=True) if abs(f) > FLOW * largest]
    if not any(f < 0 for _, f in kept) or not any(f > 0 for _, f in kept):
        return None
    if len({h for h, _ in kept}) == 1:  # all at one time: every rate fits, so none is meant
        return None
    days = [epoch + dt.timedelta(days=h) for h, _ in kept]
    rate = pyxirr.xirr(days, [f for _, f in kept], guess=1.1 ** (1 / 24) - 1)
    return None if rate is None or not np.isfinite(rate) else float((1 + rate) ** 24 - 1)
