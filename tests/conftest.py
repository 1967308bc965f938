"""What tests of several folders share: the reports of the cases that have every shape."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path

import pytest

import finopt
from tests.report.report_cases import plan_of


@pytest.fixture(scope="session")
def report_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The report of a case, written once; who changes one copies it first."""
    folder = tmp_path_factory.mktemp("reports")
    return functools.cache(lambda name: finopt.write_report(plan_of(name), folder / f"{name.replace(' ', '-')}.xlsx"))
