"""Data: the draws as one tidy long table, for pandas and pivot tables.

Read it with ``pandas.read_excel(report, sheet_name="Data", header=HEADER)``: the two rows above are the common frame.
"""

from __future__ import annotations

from xlsxwriter.utility import xl_col_to_name

from finopt.plan import DRAW_COLUMNS
from finopt.read.columns import PROJECT_ACCOUNT
from finopt.report.frame import FIRST_COLUMN, Book, Sheet

HEADER = 3
"""Number of the header row, counted from 0, as pandas wants it."""
ABOUT = (
    "Every draw, one a row. In pandas: read_excel(file, sheet_name='Data', header=3). Amounts link to Funding schedule."
)


def write(book: Book) -> None:
    """Write one row a draw; the amount is a link to its decision."""
    sheet = Sheet(book, "Data", ABOUT)
    for column, title in enumerate(DRAW_COLUMNS):
        side = "right" if title in ("year", "amount") else "left"
        sheet.text(HEADER + 1, column, title, "head", bottom=1, align=side)
    sources = {s.source: i for i, s in enumerate(book.case.sources)} | {PROJECT_ACCOUNT: len(book.case.sources)}
    uses = {use: u for u, use in enumerate(book.figures.data.uses)}
    place = {label: t for t, label in enumerate(book.case.calendar.labels)}
    columns = [xl_col_to_name(FIRST_COLUMN + t) for t in range(len(place))]
    plain, whole, money = sheet.styles("text"), sheet.styles("whole"), sheet.styles("money", "link")
    row, total = HEADER + 1, 0.0
    for draw in book.plan.draws[DRAW_COLUMNS].itertuples(index=False):
        *words, year, _ = draw
        key = (sources[words[0]], uses[words[3]])
        t = place[words[5]]
        if key not in book.figures.draws or not book.figures.draws[key][t]:
            continue
        for column, word in enumerate(words):
            sheet.ws.write_string(row, column, str(word), plain)
        if isinstance(year, str):
            sheet.ws.write_string(row, 6, year, sheet.styles("text", align="right"))
        else:
            sheet.ws.write_number(row, 6, int(year), whole)
        amount = float(book.figures.draws[key][t])
        line = book.lines["draw", *key]
        sheet.ws.write_formula(row, 7, f"='{line.sheet}'!{columns[t]}{line.row}", money, amount)
        sheet.seen(7, "money", amount)
        row, total = row + 1, total + amount
    _finish(sheet, row, total)


def _finish(sheet: Sheet, row: int, total: float) -> None:
    sheet.text(1, 6, "Total", "muted", align="right")
    span = f"H{HEADER + 2}:H{max(row, HEADER + 2)}"
    sheet.book.cells["data total"] = sheet.formula(1, 7, f"=SUM({span})", total, bold=True)
    sheet.ws.autofilter(HEADER, 0, max(row - 1, HEADER + 1), len(DRAW_COLUMNS) - 1)
    sheet.ws.freeze_panes(HEADER + 1, 0)
    sheet.ws.repeat_rows(0, HEADER)
    for column, width in enumerate((30, 24, 14, 30, 16, 12, 8, 14)):
        sheet.ws.set_column(column, column, sheet.width(column, width))
