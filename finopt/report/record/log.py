"""Log: facts of the run."""

from __future__ import annotations

from finopt.report.excel.page import Page
from finopt.report.excel.sheet import Book, Sheet

ABOUT = "Facts of the run: how the plan was found, how well it holds, what the reader warned of, what was changed."


def write(book: Book) -> None:
    """Write the solver's facts, the plan's own proof, timings, warnings and changes."""
    sheet = Sheet(book, "Log", ABOUT)
    sheet.ws.set_column(0, 0, 34)
    sheet.ws.set_column(1, 1, 90)
    sheet.ws.set_column(2, 4, 12)
    sheet.ws.freeze_panes(2, 0)
    sheet.ws.repeat_rows(0, 1)
    proof, row = book.plan.proof, 4
    for title, pairs in (
        ("Solver", [
            ("Solver", f"{proof.solver} {proof.version}"), ("Status", proof.status), ("Rows", f"{proof.rows:,}"),
            ("Columns", f"{proof.columns:,}"), ("Non-zeros", f"{proof.nonzeros:,}"),
            ("Largest violation of a row, relative", f"{proof.violation:.2e}"),
        ]),
        ("Aims", [(f"{a.aim} {a.measure} of {a.of}", f"{a.value:,.6f}") for a in book.plan.aims]),
        ("Proof by the program", [(n, "holds" if ok else "FAILS") for n, ok in book.plan.checks.items()]),
        ("Seconds", [(phase, f"{seconds:.3f}") for phase, seconds in proof.timings.items()]),
        ("Warnings", [("", str(w)) for w in book.case.warnings] or [("", "none")]),
        ("Changes", [("", change) for change in book.case.changes] or [("", "none")]),
    ):  # fmt: skip
        row = _block(sheet, row, title, pairs)


def _block(sheet: Sheet, row: int, title: str, pairs: list[tuple[str, str]]) -> int:
    for column in range(5):
        sheet.text(row, column, title if column == 0 else "", "band")
    for label, words in pairs:
        row += 1
        sheet.text(row, 0, label, "muted")
        sheet.text(row, 1, words)
    return row + 2


PAGE = Page("Log", "Solver, size, proof, timings, warnings, changes", write)
