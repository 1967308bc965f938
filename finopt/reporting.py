"""Reports on demand: solve for what a report shows, then hand it over. The report itself never solves."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from finopt.model.build import Model
from finopt.plan import Plan
from finopt.report.write_report import write_plan, write_study
from finopt.study.sensitivity.prices import Prices, confirmed

if TYPE_CHECKING:
    from finopt.report.studies.write import Study
    from finopt.study.scenarios.what_if import Comparison

PATIENCE = 5.0
"""Seconds spent on confirming prices, or three times what the plan took; the rest says "not asked"."""
SMALL_MODEL = 3000
"""Coefficients up to which unused sources, covenants and shares are priced too: a blink more."""


def write_report(
    result: Plan | Study,
    path: str | Path,
    compared: Comparison | None = None,
    prices: Prices | None = None,
    model: Model | None = None,
) -> Path:
    """Write the report of a plan, or the workbook of a study of any kind, and return its path.

    ``compared`` gives the report of a plan a sheet on its scenarios. Without ``prices`` the plan's binding limits are
    priced first, each confirmed by solving again, on the ``model`` that the plan was solved as where that is at hand.
    The folder is created; the file appears whole or not at all. Raises ReportError where it is open in Excel, cannot be
    written, or the result holds a figure that is not a number.
    """
    if not isinstance(result, Plan):
        return write_study(result, path)
    return write_plan(result, path, prices or prices_of(result, model), compared)


def prices_of(plan: Plan, model: Model | None = None) -> Prices:
    """The prices that a report shows by itself: of limits, and of unused sources and covenants in a small model."""
    seconds = max(PATIENCE, 3 * plan.proof.timings.get("solve", 0.0))
    small = plan.proof.nonzeros <= SMALL_MODEL
    return confirmed(plan, terms=False, others=small, seconds=seconds, model=model)
