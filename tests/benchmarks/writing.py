"""The report's own cell layer against XlsxWriter's own writing of the same formula cells."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from statistics import median

import numpy as np
import xlsxwriter

import finopt
from finopt.report.excel.literal_workbook import OPTIONS, LiteralWorkbook
from finopt.report.excel.sheet import FIRST_COLUMN, Book, Grid
from finopt.report.write_report import PAGES

CASE = Path(__file__).parent.parent.parent / "inputs" / "bering_tunnel.xlsx"
TEMPLATE = "={p}{row}+'Funding schedule'!{c}{row}*Inputs!$D$7"
FORMULA = {"font_name": "Calibri", "font_size": 10, "valign": "vcenter", "num_format": '#,##0.0;(#,##0.0);"-"'}


def writing(cells: int = 20_000, repetitions: int = 7) -> None:
    """Time both, in turns; print the ratio of the medians."""
    plan = finopt.solve(finopt.read_case(CASE))
    lines = -(-cells // len(plan.case.calendar))
    ours, theirs = [], []
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(repetitions + 1):  # the first turn warms up and does not count
            ours.append(_ours(plan, Path(folder) / "ours.xlsx", lines))
            theirs.append(_theirs(Path(folder) / "theirs.xlsx", _cells(plan, lines)))
    own, floor = median(ours[1:]), median(theirs[1:])
    print(
        f"writing: {lines * len(plan.case.calendar):,} formula cells: report {own:.2f} s, XlsxWriter alone "
        f"{floor:.2f} s, ratio {own / floor:.2f} (target 1.5)"
    )


def _ours(plan: finopt.Plan, path: Path, lines: int) -> float:
    """Seconds to write lines of formulas with their labels, units and totals under the common header."""
    workbook = LiteralWorkbook(path)
    book = Book(workbook, plan, PAGES, {})
    values = np.arange(len(plan.case.calendar), dtype=float)
    started = time.perf_counter()
    grid = Grid(book, "Debt", "Lines")
    for i in range(lines):
        formula = TEMPLATE.replace("{row}", str(grid.row))
        grid.line(("line", i), f"Line {i}", values, formula, party="Moscow")
    workbook.close()
    return time.perf_counter() - started


def _cells(plan: finopt.Plan, lines: int) -> list[tuple[int, int, str, float]]:
    """The same formulas and values: row, column, formula, value."""
    columns = [xlsxwriter.utility.xl_col_to_name(FIRST_COLUMN - 1 + t) for t in range(len(plan.case.calendar) + 1)]
    return [
        (row, FIRST_COLUMN + t, TEMPLATE.format(p=columns[t], c=columns[t + 1], row=row + 1), float(t))
        for row in range(5, 5 + lines)
        for t in range(len(plan.case.calendar))
    ]


def _theirs(path: Path, cells: list[tuple[int, int, str, float]]) -> float:
    """Seconds that XlsxWriter needs for the formula cells alone."""
    workbook = xlsxwriter.Workbook(str(path), OPTIONS)
    sheet, form = workbook.add_worksheet("Debt"), workbook.add_format(FORMULA)
    started = time.perf_counter()
    for row, column, formula, value in cells:
        sheet.write_formula(row, column, formula, form, value)
    workbook.close()
    return time.perf_counter() - started
