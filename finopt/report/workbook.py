"""Write a plan as a workbook: whole, or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import xlsxwriter
from xlsxwriter.exceptions import FileCreateError

from finopt.plan import Plan
from finopt.report import (
    cash_flow,
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
from finopt.report.files import replacing
from finopt.report.frame import Book

OPTIONS = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}
"""Words stay words: a name that begins with = is no formula."""


def write_report(plan: Plan, path: str | Path) -> Path:
    """Write the report of a plan and return its path.

    The workbook is made beside its place and moved there when complete; the folder is created. Raises ReportError
    where the file is open in Excel, cannot be written, or the plan holds a figure that is not a number.
    """
    target = Path(path)
    with replacing(target) as temporary:
        _write(plan, temporary)
    return target


def _write(plan: Plan, path: Path) -> None:
    workbook = xlsxwriter.Workbook(os.fspath(path), OPTIONS)
    workbook.set_properties({"title": plan.case.name, "subject": "Funding plan", "comments": "Written by finopt"})
    book = Book(workbook, plan)
    _fill(book)
    try:
        workbook.close()
    except FileCreateError as error:
        raise OSError(str(error)) from error


def _fill(book: Book) -> None:
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
    master = checks.write(book)
    limits_and_prices.write(book)
    summary.write(book)
    cover.write(book)
    log.write(book)
    for sheet in book.frames:
        sheet.finish(master)
