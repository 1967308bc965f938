"""Cover: the case, the verdict of the checks, contents, legend, and the run that made the workbook."""

from __future__ import annotations

import datetime as dt
from importlib.metadata import PackageNotFoundError, version

from finopt.report.excel.atomic_file import readable
from finopt.report.excel.page import Page
from finopt.report.excel.sheet import Book, Sheet
from finopt.version import __version__

TOOLS = ("PuLP", "highspy", "XlsxWriter")
"""Libraries whose versions stand on the cover."""
LEGEND = (
    ("input", "Input: as read from the workbook; change it there, or here to see what follows"),
    ("decision", "Decision of the solver: a value, not a formula"),
    ("formula", "Formula on this sheet"),
    ("link", "Link to another sheet"),
)


def write(book: Book) -> None:
    """Write the cover."""
    sheet = Sheet(book, "Cover", "Funding plan: who pays for what, when, with which money")
    sheet.ws.set_column(0, 0, 26)
    sheet.ws.set_column(1, 1, 74)
    sheet.ws.set_column(2, 4, 14)
    row = _case(sheet, 4)
    row = _contents(sheet, row + 1)
    row = _legend(sheet, row + 1)
    row = _run(sheet, row + 1)
    sheet.ws.fit_to_pages(1, 1)
    sheet.ws.freeze_panes(2, 0)


def _heading(sheet: Sheet, row: int, words: str) -> int:
    for column in range(5):
        sheet.text(row, column, words if column == 0 else "", "band")
    return row + 1


def _pair(sheet: Sheet, row: int, label: str, words: str) -> int:
    sheet.text(row, 0, label, "muted")
    sheet.text(row, 1, words)
    return row + 1


def _case(sheet: Sheet, row: int) -> int:
    book, calendar = sheet.book, sheet.book.case.calendar
    row = _heading(sheet, row, "The case")
    row = _pair(sheet, row, "Case", book.case.name)
    row = _pair(sheet, row, "Money", f"{book.case.money}, nominal; outflows of the project account in brackets")
    span = (
        f"{calendar[0].first} to {calendar.periods[-1].last}, {len(calendar)} periods, flows at their {calendar.timing}"
    )
    row = _pair(sheet, row, "Calendar", span)
    for i, aim in enumerate(book.plan.aims):
        of = "" if aim.of == "all" else f" of {aim.of}"
        unit = "" if aim.measure == "finish" else f" {book.case.money}"
        value = " (present value)" if aim.measure == "financing cost" else ""
        best = f", at best {aim.best:,.2f}" if f"{aim.best:,.2f}" != f"{aim.value:,.2f}" else ""
        words = f"{aim.aim} {aim.measure}{value}{of}: {aim.value:,.2f}{unit}{best}"
        row = _pair(sheet, row, "Aim" if len(book.plan.aims) == 1 else f"Aim {i + 1}", words)
    row = _pair(sheet, row, "Status", f"{book.plan.status}, proven: rows hold to {book.plan.proof.violation:.0e}")
    sheet.text(row, 0, "Checks", "muted")
    count, passed = book.cells["checks"], book.cells["passed"]
    formula = f'={passed.ref("Cover")}&" of "&{count.ref("Cover")}&" pass"'
    sheet.formula(row, 1, formula, f"{passed.value:.0f} of {count.value:.0f} pass", "text", "link")
    return row + 1


def _contents(sheet: Sheet, row: int) -> int:
    row = _heading(sheet, row, "Contents")
    link = sheet.styles("text", "hyperlink")
    for page in sheet.book.pages[1:]:
        sheet.ws.write_url(row - 1, 0, f"internal:'{page.title}'!A1", link, page.title)
        sheet.text(row, 1, page.about)
        row += 1
    return row


def _legend(sheet: Sheet, row: int) -> int:
    row = _heading(sheet, row, "Legend")
    for role, words in LEGEND:
        sheet.number(row, 0, 1234.5, "money", role)
        sheet.text(row, 1, words)
        row += 1
    return row


def _run(sheet: Sheet, row: int) -> int:
    book, proof = sheet.book, sheet.book.plan.proof
    row = _heading(sheet, row, "Run")
    source = readable(book.case.path.name) if book.case.path else "made in Python"
    tools = ", ".join([f"finopt {__version__}", *(f"{name} {_version(name)}" for name in TOOLS)])
    for label, words in (
        ("Input", source),
        ("Input SHA-256", book.case.fingerprint or "none"),
        ("Changes since", "; ".join(book.case.changes) or "none"),
        ("Tools", tools),
        ("Solver", f"{proof.solver} {proof.version}"),
        ("Written", f"{dt.datetime.now(dt.UTC):%Y-%m-%d %H:%M} UTC"),
    ):
        row = _pair(sheet, row, label, words)
    return row


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "(not installed)"


PAGE = Page("Cover", "What this workbook is, whether it holds, how to read it", write, after=("Checks",))
