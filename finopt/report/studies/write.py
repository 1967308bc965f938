"""The workbook of a study: one sheet on it, first, and its whole table on sheet Data."""

from __future__ import annotations

from typing import Any

from finopt.report.studies import frontier_and_deals as frontiers
from finopt.report.studies import scenarios, simulation
from finopt.report.studies import sweep_and_tornado as sweeps
from finopt.report.studies.book import StudyBook, data_sheet
from finopt.study.scenarios.sweep import Sweep
from finopt.study.scenarios.tornado import Tornado
from finopt.study.scenarios.what_if import Comparison
from finopt.study.simulation.simulate import Cloud
from finopt.study.tradeoff.frontier import Frontier
from finopt.study.tradeoff.near_optimal import Deals

Study = Comparison | Sweep | Tornado | Frontier | Deals | Cloud


def fill(workbook: Any, study: Study) -> None:
    """Fill the workbook of a study."""
    name, write, table = {
        Comparison: ("Scenarios", scenarios.write, "table"),
        Sweep: ("Sweep", sweeps.write_sweep, "table"),
        Tornado: ("Tornado", sweeps.write_tornado, "table"),
        Frontier: ("Frontier", frontiers.write_frontier, "table"),
        Deals: ("Deals", frontiers.write_deals, "different"),
        Cloud: ("Simulation", simulation.write, "tidy"),
    }[type(study)]
    book = StudyBook(workbook, study.case, (name, "Data"))
    write(book, study)  # type: ignore[operator]
    data_sheet(book, getattr(study, table))
