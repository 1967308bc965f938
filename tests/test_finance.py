"""Profiles of cost against scipy's Beta distribution, all-in rates by hand."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import betainc

from finopt.finance import all_in_rate, profile_shares

START, FINISH = dt.date(2027, 1, 1), dt.date(2034, 12, 31)
DAYS = (FINISH - START).days + 1
EDGES = [START + dt.timedelta(days=int(day)) for day in np.linspace(0, DAYS, 33)]
TIMES = np.array([(edge - START).days / DAYS for edge in EDGES])
shapes = st.floats(0.05, 400.0)


@pytest.mark.parametrize("shape", [(1.0, 1.0), (2.0, 2.0), (1.5, 2.1), (2.1, 1.5)])
def test_the_named_profiles_follow_their_beta_distribution(shape: tuple[float, float]) -> None:
    shares = profile_shares(shape, START, FINISH, EDGES)
    assert shares.sum() == pytest.approx(1.0, abs=1e-14)
    assert np.allclose(np.cumsum(shares), betainc(*shape, TIMES[1:]), rtol=0, atol=1e-14)


@given(a=shapes, b=shapes)
def test_every_profile_follows_its_beta_distribution(a: float, b: float) -> None:
    shares = profile_shares((a, b), START, FINISH, EDGES)
    assert np.allclose(np.cumsum(shares), betainc(a, b, TIMES[1:]), rtol=0, atol=1e-11)


@pytest.mark.parametrize("unit", [1e-9, 1e-3, 1.0, 1e9])
def test_an_all_in_rate_is_the_same_in_any_unit_of_money(unit: float) -> None:
    """100 lent, 8 paid after each of three years, and 100 back: 8%, with dust that counts for nothing."""
    times = range(5)
    flows = [-100 * unit, 8 * unit, 8 * unit, 108 * unit, -1e-11 * unit]
    assert all_in_rate(times, flows) == pytest.approx(0.08, abs=1e-9)
    assert all_in_rate(times, [0.0] * 5) is None
    assert all_in_rate([1 / 24, 25 / 24], [-100 * unit, 108 * unit]) == pytest.approx(0.08, abs=1e-9)
