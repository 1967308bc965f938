"""Write a plan as a workbook: whole, or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from finopt.model.build import Model
from finopt.plan import Plan
from finopt.report.excel.atomic_file import replacing
from finopt.report.excel.literal_workbook import LiteralWorkbook
from finopt.report.excel.sheet import Book
from finopt.report.sheets import (
    cash_flow,
    certificate,
    checks,
    covenants,
    cover,
    data,
    debt,
    funding_schedule,
    inputs,
    limits_and_prices,
    log,
    package_funding,
    sources_and_uses,
    summary,
)
from finopt.study.sensitivity.prices import Prices

if TYPE_CHECKING:
    from finopt.report.studies.write import Study
    from finopt.study.scenarios.what_if import Comparison


def write_report(
    result: Plan | Study,
    path: str | Path,
    compared: Comparison | None = None,
    prices: Prices | None = None,
    model: Model | None = None,
) -> Path:
    """Write the report of a plan, or of a study, and return its path.

    With ``compared`` the report of a plan gets a sheet on its scenarios; with ``prices`` its limits are those asked
    before, else limits alone are priced, on the ``model`` that the plan was solved as where that is at hand. The
    workbook is made beside its place and moved there when complete; the folder is created. Raises ReportError where
    the file is open in Excel, cannot be written, or the result holds a figure that is not a number.
    """
    target = Path(path)
    with replacing(target) as temporary:
        _write(result, temporary, compared, prices, model)
    return target


def _write(
    result: Plan | Study, path: Path, compared: Comparison | None, prices: Prices | None, model: Model | None
) -> None:
    workbook = LiteralWorkbook(path)
    subject = "Funding plan" if isinstance(result, Plan) else "What-if study"
    workbook.set_properties({"title": result.case.name, "subject": subject, "comments": "Written by finopt"})
    if isinstance(result, Plan):
        _fill(Book(workbook, result, scenarios=compared is not None), compared, prices, model)
    else:
        from finopt.report.studies import write as studies  # they load as much again, and most reports are of a plan

        studies.fill(workbook, result)
    workbook.close()


def _fill(book: Book, compared: Comparison | None, prices: Prices | None, model: Model | None) -> None:
    """Fill the sheets in the order in which figures follow from each other, then finish each with the master check."""
    inputs.write(book)
    schedule = funding_schedule.write(book)
    debt.write(book)
    funding_schedule.write_parties(schedule)
    package_funding.write(book)
    cash_flow.write(book)
    covenants.write(book)
    sources_and_uses.write(book)
    data.write(book)
    certificate.write(book)
    master = checks.write(book)
    limits_and_prices.write(book, prices, model)
    if compared is not None:
        from finopt.report.studies import scenarios

        scenarios.write(book, compared)
    summary.write(book)
    cover.write(book)
    log.write(book)
    for sheet in book.frames:
        sheet.finish(master)
