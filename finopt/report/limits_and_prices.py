"""Limits and prices: which limits bind, and what one more unit of each would change."""

from __future__ import annotations

import pandas as pd

from finopt.report.frame import Book, Sheet, column_band

FAMILIES = {
    "eligible_share": "Eligible share",
    "source_limit": "Limit of the source",
    "source_year": "Limit per year",
    "source_period": "Limit per period",
    "party_budget": "Budget",
    "party_share": "Share of the party",
    "rule": "Rule",
    "minimum_cash": "Minimum cash",
    "maximum_cash": "Maximum cash",
    "dscr": "DSCR covenant",
    "llcr": "LLCR covenant",
    "gearing": "Gearing covenant",
    "reserve": "Debt service reserve",
    "average_life": "Average life covenant",
    "debt_limit": "Debt limit",
}
"""Families of limits that somebody sets and could move, in words."""
MOST = 250
"""Rows shown: the dearest limits first."""
SMALL = 1e-6
"""A price, or a limit, that is none."""
ABOUT = (
    "Limits that hold the plan where it is. Price: change of the first aim for one more unit of the limit. Figures of "
    "the solver, not formulas."
)


def binding(book: Book) -> pd.DataFrame:
    """The limits that bind, dearest first; the costs of packages are not limits that somebody sets."""
    table = book.plan.prices
    table = table[(table["sense"] != "=") & table["family"].isin(FAMILIES)]
    table = table[(table["price"].abs() > SMALL) | (table["limit"].abs() > SMALL)]
    return table.loc[table["price"].abs().sort_values(ascending=False, kind="stable").index]


def write(book: Book) -> None:
    """Write one row a binding limit."""
    sheet = Sheet(book, "Limits and prices", ABOUT)
    aim = book.plan.aims[0]
    what = f"{aim.aim} {aim.measure}" + ("" if aim.of == "all" else f" of {aim.of}")
    sheet.text(4, 0, f"Aim: {what}", "label", bold=True)
    titles = ("Limit", "Of", "Sense", "Limit stands at", "Used", "Price of one unit", "In words")
    column_band(sheet, 5, titles)
    table = binding(book)
    row = 6
    for family, key, sense, limit, activity, price in table.head(MOST).itertuples(index=False):
        sheet.text(row, 0, FAMILIES[family])
        sheet.text(row, 1, str(key))
        sheet.text(row, 2, str(sense), align="center")
        for column, figure, number in ((3, limit, "money"), (4, activity, "money"), (5, price, "price")):
            sheet.number(row, column, figure if abs(figure) > book.quiet else 0.0, number, "decision")
        sheet.text(row, 6, sentence(FAMILIES[family], str(key), float(price), aim.measure), "muted", indent=1)
        row += 1
    if table.empty:
        sheet.text(row, 0, "No limit binds, or the solver gave no prices.")
    elif len(table) > MOST:
        sheet.text(row, 0, f"and {len(table) - MOST} limits more, with smaller prices", "muted")
    for column, width in enumerate((32, 34, 8, 15, 15, 16, 84)):
        sheet.ws.set_column(column, column, width)
    sheet.ws.freeze_panes(5, 2)
    sheet.ws.repeat_rows(0, 4)


def sentence(family: str, key: str, price: float, measure: str) -> str:
    """What a price says, in words."""
    if abs(price) <= SMALL:
        return f"{family} ({key}): used up, but more of it would not change the {measure}."
    way = "lower" if price < 0 else "raise"
    return f"{family} ({key}): one more unit would {way} the {measure} by {abs(price):.4f}."
