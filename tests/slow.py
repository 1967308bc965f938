"""Which of many like cases run by default, and which with ``-m slow``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest


def split(values: Iterable[Any], core: int) -> list[Any]:
    """Parameters of which the first ``core`` run by default and the others are slow: CI runs those as a step apart."""
    return [value if i < core else slow(value) for i, value in enumerate(values)]


def spread(values: Iterable[Any], every: int) -> list[Any]:
    """Parameters of which one in so many runs by default, from the first to the last kind of them."""
    return [slow(value) if i % every else value for i, value in enumerate(values)]


def slow(value: Any) -> Any:
    """A parameter (or a tuple of them) whose test runs with ``-m slow`` only."""
    return pytest.param(*(value if isinstance(value, tuple) else (value,)), marks=pytest.mark.slow)
