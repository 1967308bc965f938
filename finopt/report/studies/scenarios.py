"""Scenarios: each beside the base, the differences, who is asked for less and for more, and what each one changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from finopt.report.excel.page import Page
from finopt.report.excel.sheet import Book, Sheet
from finopt.report.excel.styles import NAVY
from finopt.report.studies.book import WORDS, Field, Placed, bars, filled, money_fields, place, put, rounded

if TYPE_CHECKING:
    from finopt.study.scenarios.what_if import Comparison

ABOUT = "Each scenario solved to its own best plan, beside the base. A scenario without a plan stays, with its reason."


def write(book: Book) -> None:
    """Write the sheet from the comparison that was handed to it."""
    comparison: Comparison = book.handed[PAGE.title]
    sheet = Sheet(book, PAGE.title, f"{ABOUT} All money in {book.case.money}.")
    sheet.ws.freeze_panes(5, 1)
    figures = _figures(sheet, comparison)
    differences = _differences(sheet, comparison, figures)
    row = _changes(sheet, comparison, differences.below)
    if comparison.figures:
        put(sheet, row, _cost(book, figures))
        row = put(sheet, row, _money(book, figures), across=1)
    sheet.ws.repeat_rows(0, 1)


def _figures(sheet: Sheet, comparison: Comparison) -> Placed:
    table = comparison.table
    fields = [
        Field("Scenario", "text", table["scenario"].tolist(), "label", width=30),
        Field("Status", "text", table["status"].tolist(), "muted", width=13),
        *money_fields(table, comparison.figures),
        Field("Reason", "text", table["reason"].tolist(), "muted", width=WORDS),
        Field(" ", "text", [""] * len(table), "muted", width=WORDS),
    ]
    return place(sheet, 4, "Figures", fields)


def _differences(sheet: Sheet, comparison: Comparison, figures: Placed) -> Placed:
    """The same columns, each figure less the base's by a live formula."""
    names = comparison.scenarios
    offset = figures.below + 2 - (figures.row + 1)
    fields = [Field("Scenario", "text", names, "label", width=30), Field("", "text", [""] * len(names), width=13)]
    for name, entry in zip(comparison.figures, money_fields(comparison.table, comparison.figures), strict=True):
        letter = figures.letter(entry.title)

        def less(row: int, letter: str = letter) -> str:
            return f"={letter}{row - offset}-{letter}${figures.row}"

        values = rounded(comparison.differences[name])
        fields.append(Field(entry.title, "money", values, "formula", less))
    fields += [
        Field("Winners: asked for less money", "text", [_listed(comparison.winners(n)) for n in names], width=WORDS),
        Field("Losers: asked for more money", "text", [_listed(comparison.losers(n)) for n in names], width=WORDS),
    ]
    return place(sheet, figures.below, "Difference from the base", fields)


def _changes(sheet: Sheet, comparison: Comparison, row: int) -> int:
    """What each scenario changes, one change a row."""
    for column in range(len(comparison.figures) + 4):
        sheet.text(row, column, "What each scenario changes" if column == 0 else "", "band")
    for name, changes in comparison.changes.items():
        for i, words in enumerate(changes or ("nothing",)):
            row += 1
            sheet.text(row, 0, name if i == 0 else "")
            sheet.text(row, 1, words, "muted")
    return row + 2


def _listed(moved: pd.Series) -> str:
    return ", ".join(f"{name} {value:+,.1f}" for name, value in moved.items())


def _cost(book: Book, figures: Placed) -> Any:
    chart = book.workbook.add_chart({"type": "bar"})
    chart.add_series(figures.series("Financing cost", "Scenario", **filled(NAVY)))
    return bars(chart, "Financing cost, present value", book.case.money, legend=False)


def _money(book: Book, figures: Placed) -> Any:
    chart = book.workbook.add_chart({"type": "bar", "subtype": "stacked"})
    for party in book.case.parties:
        title = f"Money {party.party}"
        if title in figures.columns:
            look = filled(book.colours[party.party], overlap=100)
            chart.add_series(figures.series(title, "Scenario", name=party.party, **look))
    return bars(chart, "Money drawn, by party", book.case.money)


PAGE = Page(
    "Scenarios",
    "Each scenario beside this plan: figures, differences, who is asked for more and for less",
    write,
    optional=True,
)
