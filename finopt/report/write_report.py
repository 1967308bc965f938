"""Write a plan, or a study, as a workbook: whole, or not at all. What it shows is handed to it: reports never solve."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from finopt.plan import Plan
from finopt.report.excel.atomic_file import replacing
from finopt.report.excel.literal_workbook import LiteralWorkbook
from finopt.report.excel.page import in_writing_order
from finopt.report.excel.sheet import Book
from finopt.report.record import cover, data, inputs, log
from finopt.report.sheets import (
    cash_flow,
    certificate,
    checks,
    covenants,
    debt,
    funding_schedule,
    limits_and_prices,
    package_funding,
    sources_and_uses,
    summary,
)
from finopt.report.studies import scenarios

if TYPE_CHECKING:
    from finopt.report.studies.write import Study
    from finopt.study.scenarios.what_if import Comparison
    from finopt.study.sensitivity.prices import Prices

PAGES = (
    cover.PAGE,
    summary.PAGE,
    sources_and_uses.PAGE,
    funding_schedule.PAGE,
    package_funding.PAGE,
    debt.PAGE,
    cash_flow.PAGE,
    covenants.PAGE,
    limits_and_prices.PAGE,
    scenarios.PAGE,
    checks.PAGE,
    certificate.PAGE,
    inputs.PAGE,
    data.PAGE,
    log.PAGE,
)
"""Every sheet of a plan's report, left to right."""


def write_plan(plan: Plan, path: str | Path, prices: Prices, compared: Comparison | None = None) -> Path:
    """Write the report of a plan with the prices of its limits, and return its path.

    With ``compared`` it gets a sheet on the plan's scenarios. Raises ReportError where the file is open in Excel,
    cannot be written, or the plan holds a figure that is not a number.
    """
    handed: dict[str, Any] = {limits_and_prices.PAGE.title: prices}
    if compared is not None:
        handed[scenarios.PAGE.title] = compared
    with _workbook(path, plan.case.name, "Funding plan") as workbook:
        _fill(Book(workbook, plan, PAGES, handed))
    return Path(path)


def write_study(study: Study, path: str | Path) -> Path:
    """Write the workbook of a study, of whatever kind, and return its path. Raises ReportError as `write_plan` does."""
    from finopt.report.studies import write as studies  # the studies take long to load; most reports are of a plan

    with _workbook(path, studies.title(study), studies.subject(study)) as workbook:
        studies.fill(workbook, study)
    return Path(path)


@contextmanager
def _workbook(path: str | Path, title: str, subject: str) -> Iterator[LiteralWorkbook]:
    """A new workbook, made beside its place and moved there when complete; the folder is created."""
    with replacing(Path(path)) as temporary:
        workbook = LiteralWorkbook(temporary)
        workbook.set_properties({"title": title, "subject": subject, "comments": "Written by finopt"})
        yield workbook
        workbook.close()


def _fill(book: Book) -> None:
    """Fill each sheet behind those that it refers to, then finish all with the master check."""
    for page in in_writing_order(book.pages):
        page.write(book)
    for sheet in book.frames:
        sheet.finish(book.cells["master"])
