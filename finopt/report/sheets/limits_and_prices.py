"""Limits and prices: what one more of each binding limit changes, confirmed; unused sources; covenants by a notch."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from finopt.model.build import Model
from finopt.report.excel.sheet import Book, Sheet
from finopt.report.excel.styles import NAVY
from finopt.study.sensitivity.prices import Prices, confirmed

MOST = 250
"""Rows shown: the dearest limits first."""
PATIENCE = 5.0
"""Seconds that a report spends on confirming prices, or three times what the plan took; the rest says "not asked"."""
SMALL_MODEL = 3000
"""Coefficients up to which a report asks about unused sources, covenants and shares by itself: a blink more."""
MORE = "Unused sources, covenants by a notch and the discount rate: run `finopt prices INPUT -o REPORT`."
SMALL = 1e-6
"""A price, or a limit, that is none."""
ABOUT = (
    "What holds the plan where it is, and what more of it would change. Each price was confirmed by solving again with "
    "the limit a step higher and a step lower. Figures of the solver, not formulas."
)
LIMITS = (
    ("Limit", 40), ("Cell", 18), ("Unit", 9), ("Stands at", 13), ("Price of one more", 12), ("Holds from", 13),
    ("Holds to", 13), ("Step up", 10), ("changes the aim by", 12), ("Step down", 10), ("changes the aim by", 12),
    ("Confirmed", 11), ("In words", 100),
)  # fmt: skip
"""Titles and widths of the columns."""
FIGURES = range(3, 11)
"""Columns of figures: their titles stand to the right."""
LINE = 15.0
"""Height of a line of text, in points: spreadsheets do not make room for wrapped text by themselves."""


def binding(book: Book) -> pd.DataFrame:
    """The limits that bind, dearest first; the costs of packages are not limits that somebody sets."""
    table = book.plan.prices
    table = table[(table["sense"] != "=") & (table["kind"] == "limit")]
    table = table[(table["price"].abs() > SMALL) | (table["limit"].abs() > SMALL)]
    return table.loc[table["price"].abs().sort_values(ascending=False, kind="stable").index]


def write(book: Book, prices: Prices | None = None, model: Model | None = None) -> None:
    """Write one row a binding limit, then unused sources, then covenants and shares, as far as these were asked.

    ``model`` is what the plan was solved as; without it, and without prices, it is built again.
    """
    if prices is None:
        spent = book.plan.proof.timings.get("solve", 0.0)
        small = book.plan.proof.nonzeros <= SMALL_MODEL
        prices = confirmed(book.plan, terms=False, others=small, seconds=max(PATIENCE, 3 * spent), model=model)
    book.prices = prices
    sheet = Sheet(book, "Limits and prices", ABOUT)
    aim = book.plan.aims[0]
    what = f"{aim.aim} {aim.measure}" + ("" if aim.of == "all" else f" of {aim.of}")
    sheet.text(4, 0, f"Aim: {what}" + (f". {prices.note}" if prices.note else ""), "label", bold=True)
    row = _limits(sheet, 5, prices.limits)
    if not prices.whole:
        sheet.text(row + 1, 0, MORE, "muted")
    row = _unused(sheet, row + 1, prices.unused)
    _notches(sheet, row + 1, prices.covenants)
    for column, (_, width) in enumerate(LIMITS):
        sheet.ws.set_column(column, column, sheet.width(column, width))
    sheet.ws.freeze_panes(5, 1)
    sheet.ws.repeat_rows(0, 4)


def _limits(sheet: Sheet, row: int, table: pd.DataFrame) -> int:
    _band(sheet, row, [title for title, _ in LIMITS])
    row += 1
    for line in table.head(MOST).to_dict("records"):
        _words(sheet, row, (line["limit"], line["cell"], line["unit"]))
        _number(sheet, row, 3, line["stands"], "money")
        _number(sheet, row, 4, line["price"], "price")
        _number(sheet, row, 5, line["range_from"], "money")
        _number(sheet, row, 6, line["range_to"], "money")
        for column, way in ((7, "more"), (9, "less")):
            _number(sheet, row, column, line[f"step_{way}"], "money")
            _number(sheet, row, column + 1, line[f"change_{way}"], "change", "no plan")
        sheet.text(row, 11, "yes" if line["confirmed"] else "corner" if line["step_more"] else "not asked", indent=1)
        _sentence(sheet, row, line["sentence"])
        row += 1
    if table.empty:
        sheet.text(row, 0, "No limit that somebody sets holds the plan back.")
        row += 1
    elif len(table) > MOST:
        sheet.text(row, 0, f"and {len(table) - MOST} limits more, with smaller prices", "muted")
        row += 1
    return row


def _unused(sheet: Sheet, row: int, table: pd.DataFrame) -> int:
    if table.empty:
        return row
    titles = ("Unused source", "Why", "Term", "Stands at", "Enters at", "Then pays", "changes the aim by")
    _band(sheet, row, [*titles, "", "", "", "", "", "In words"])
    for line in table.to_dict("records"):
        row += 1
        _words(sheet, row, (line["source"], line["why"], line["term"]))
        kind = "years" if line["term"] == "Tenor" else "rate"
        _number(sheet, row, 3, line["stands"], kind)
        _number(sheet, row, 4, line["enters_at"], kind)
        _number(sheet, row, 5, line["money"], "money")
        _number(sheet, row, 6, line["change"], "change")
        _sentence(sheet, row, line["sentence"])
    return row + 1


def _notches(sheet: Sheet, row: int, table: pd.DataFrame) -> int:
    if table.empty:
        return row
    titles = ("Covenant or share", "Cell", "Nearest in", "Stands at", "Headroom", "Tighter", "changes the aim by")
    _band(sheet, row, [*titles, "Looser", "changes the aim by", "", "", "", "In words"])
    for line in table.to_dict("records"):
        row += 1
        _words(sheet, row, (line["what"], line["cell"], line["period"]))
        for column, name in ((3, "stands"), (4, "headroom"), (5, "tighter"), (7, "looser")):
            _number(sheet, row, column, line[name], "factor")
        for column, name in ((6, "change_tighter"), (8, "change_looser")):
            _number(sheet, row, column, line[name], "change", "no plan")
        _sentence(sheet, row, line["sentence"])
    return row + 1


def _band(sheet: Sheet, row: int, titles: Sequence[str]) -> None:
    sheet.ws.set_row(row - 1, 2 * LINE)
    for column, title in enumerate(titles):
        look = {"align": "right"} if column in FIGURES else {"indent": int(column > FIGURES.start)}
        sheet.text(row, column, title, "head", bottom=1, bottom_color=NAVY, text_wrap=True, **look)


def _sentence(sheet: Sheet, row: int, words: str) -> None:
    """What a row says, at the end of it, in as many lines as it takes."""
    column = len(LIMITS) - 1
    sheet.ws.set_row(row - 1, LINE * math.ceil(0.9 * len(words) / LIMITS[column][1]))
    sheet.text(row, column, words, "muted", indent=1, text_wrap=True, valign="vcenter")


def _words(sheet: Sheet, row: int, words: Sequence[str]) -> None:
    for column, word in enumerate(words):
        sheet.text(row, column, str(word), "label" if column == 0 else "muted")


def _number(sheet: Sheet, row: int, column: int, value: float, number: str, missing: str = "") -> None:
    """A figure of the solver; no limit where it is infinite, and nothing or a word where it is missing."""
    if np.isnan(value):
        sheet.text(row, column, missing, "muted", align="right")
    elif np.isinf(value):
        sheet.text(row, column, "no limit", "muted", align="right")
    else:
        rounding = sheet.book.quiet if number in ("money", "change") else 1e-9
        sheet.number(row, column, value if abs(value) > rounding else 0.0, number, "decision")
