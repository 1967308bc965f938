"""The workbook of a study: which sheets each kind of result has, and what fills them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from finopt.report.sheets import limits_and_prices
from finopt.report.studies import frontier_and_deals as frontiers
from finopt.report.studies import ranking, repair, scenarios, simulation, stress
from finopt.report.studies import sweep_and_tornado as sweeps
from finopt.report.studies.book import StudyBook, data_sheet
from finopt.study.infeasible.explain import Explanation
from finopt.study.infeasible.stress import Stress
from finopt.study.scenarios.compare import Ranking
from finopt.study.scenarios.sweep import Sweep
from finopt.study.scenarios.tornado import Tornado
from finopt.study.scenarios.what_if import Comparison
from finopt.study.sensitivity.prices import Prices
from finopt.study.simulation.simulate import Cloud
from finopt.study.tradeoff.frontier import Frontier
from finopt.study.tradeoff.near_optimal import Deals

Study = Comparison | Sweep | Tornado | Frontier | Deals | Cloud | Stress | Prices | Explanation | Ranking
Fill = Callable[[Any, Any], None]
"""Writes a study into its workbook."""


@dataclass(frozen=True)
class Kind:
    """The workbook of one kind of study: its subject, and what fills it."""

    subject: str
    fill: Fill


def with_data(name: str, write: Fill, table: str = "table") -> Fill:
    """One sheet on the study, first, and a table of its result whole on sheet Data."""

    def fill(workbook: Any, study: Any) -> None:
        book = StudyBook(workbook, study.case, (name, "Data"), {name: study})
        write(book, study)
        data_sheet(book, getattr(study, table))

    return fill


KINDS: dict[type, Kind] = {
    Comparison: Kind("What-if study", with_data(scenarios.PAGE.title, lambda book, _: scenarios.write(book))),
    Sweep: Kind("Sweep", with_data("Sweep", sweeps.write_sweep)),
    Tornado: Kind("Tornado", with_data("Tornado", sweeps.write_tornado)),
    Frontier: Kind("Frontier", with_data("Frontier", frontiers.write_frontier)),
    Deals: Kind("Near-optimal plans", with_data("Deals", frontiers.write_deals, "different")),
    Cloud: Kind("Simulation", with_data("Simulation", simulation.write, "tidy")),
    Stress: Kind("Stress test", with_data("Stress", stress.write)),
    Prices: Kind(
        "Prices of limits",
        with_data(limits_and_prices.PAGE.title, lambda book, _: limits_and_prices.write(book), "limits"),
    ),
    Explanation: Kind("Why no plan exists", repair.write),
    Ranking: Kind("Comparison of cases", ranking.write),
}
"""Every kind of study that can be written."""


def fill(workbook: Any, study: Study) -> None:
    """Fill the workbook of a study."""
    KINDS[type(study)].fill(workbook, study)


def title(study: Study) -> str:
    """The name of the study's case; a comparison has several."""
    return "Comparison" if isinstance(study, Ranking) else study.case.name


def subject(study: Study) -> str:
    """What the workbook is about, for its properties."""
    return KINDS[type(study)].subject
