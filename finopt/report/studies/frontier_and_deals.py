"""Sheets of a frontier and of deals: what a measure costs, and what is open at nearly no cost."""

from __future__ import annotations

from typing import Any

from finopt.report.excel.sheet import Book, Sheet
from finopt.report.excel.styles import NAVY, PARTY_COLOURS
from finopt.report.studies.book import WORDS, Field, Placed, bars, dressed, filled, money_fields, place, put, rounded
from finopt.study.tradeoff.frontier import Frontier
from finopt.study.tradeoff.near_optimal import Deals
from finopt.wording import percent

SHARE = "gearing"


def write_frontier(book: Book, frontier: Frontier) -> None:
    """Write the points, the cheapest plan first, and the chart with the corner plans marked."""
    word = "most" if frontier.maximised else "least"
    about = f"The least cost at each level of {frontier.of}, from the cheapest plan to the {word} that is possible."
    sheet = Sheet(book, "Frontier", f"{about} All money in {book.case.money}.")
    sheet.ws.freeze_panes(2, 1)
    table = frontier.table
    number = "share" if frontier.of.casefold().startswith(SHARE) else "money"
    corner_costs = table["cost"].where(table["corner"]).tolist()
    fields = [
        Field("Limit", number, table["limit"].tolist(), "input", width=16),
        Field("Reached", number, table["reached"].tolist()),
        Field("Cost", "money", table["cost"].tolist()),
        Field("Price", "price", table["price"].tolist(), width=16),
        Field("Cost at corners", "money", corner_costs),
        *money_fields(table, frontier.figures),
        Field("Reason", "text", table["reason"].tolist(), "muted", width=WORDS),
    ]
    placed = place(sheet, 4, f"Cost against {frontier.of}", fields)
    row = placed.below
    notes = (
        "Price: what the next unit of the measure costs, on the way to the next row.",
        "Corners: plans at which the price changes; between two of them the frontier is a straight line.",
    )
    for i, words in enumerate(notes):
        sheet.text(row + i, 0, words, "muted")
    put(sheet, row + 3, _curve(book, frontier, placed, number))


def _curve(book: Book, frontier: Frontier, table: Placed, number: str) -> Any:
    chart = book.workbook.add_chart({"type": "scatter", "subtype": "straight"})
    chart.add_series(table.series("Cost", "Limit", name="Least cost", line={"color": NAVY, "width": 2.25}))
    marker = {"type": "diamond", "size": 8, "fill": {"color": PARTY_COLOURS[5]}, "border": {"none": True}}
    chart.add_series(table.series("Cost at corners", "Limit", name="Corner plans", line={"none": True}, marker=marker))
    x = {"name": f"{frontier.of}", "num_format": "0%" if number == "share" else "#,##0"}
    return dressed(chart, f"Cost against {frontier.of}", x, {"name": book.case.money})


def write_deals(book: Book, deals: Deals) -> None:
    """Write the ranges of each party and source, then the plans that differ, each with its chart."""
    span = f"{deals.best.objective:,.1f} to {deals.limit:,.1f}"
    about = f"What is open while the cost stays within {percent(deals.tolerance)} of the best, from {span}."
    sheet = Sheet(book, "Deals", f"{about} All money in {book.case.money}.")
    sheet.ws.freeze_panes(2, 1)
    placed = _ranges(sheet, deals)
    plans = _plans(sheet, deals, placed.below)
    put(sheet, plans.below, _floating(book, placed))
    put(sheet, plans.below, _splits(book, plans), across=1)


def _ranges(sheet: Sheet, deals: Deals) -> Placed:
    table = deals.table
    room = lambda row: f"=E{row}-C{row}"  # noqa: E731 - one formula a row
    fields = [
        Field("Money of", "text", table["name"].tolist(), "label", width=34),
        Field("Kind", "text", table["kind"].tolist(), "muted"),
        *money_fields(table, ("least", "plan", "most")),
        Field("Room", "money", rounded(table["most"] - table["least"]), "formula", room),
    ]
    return place(sheet, 4, "Least and most", fields)


def _plans(sheet: Sheet, deals: Deals, row: int) -> Placed:
    """One row a plan, the best one first, then the largest distance first."""
    table = deals.different
    names = ["the best plan", *(f"plan {i}" for i in table["plan"].tolist()[1:])]
    money = [name for name in table.columns if name not in ("plan", "distance", "cost", "extra")]
    fields = [
        Field("Plan", "text", names, "label", width=34),
        Field("Extra cost", "share", table["extra"].tolist()),
        *money_fields(table, ["cost", "distance", *money]),
    ]
    return place(sheet, row, "Clearly different plans; distance is the money that comes from other sources", fields)


def _floating(book: Book, table: Placed) -> Any:
    """Bars from the least to the most."""
    chart = book.workbook.add_chart({"type": "bar", "subtype": "stacked"})
    unseen = {"fill": {"none": True}, "border": {"none": True}, "gap": 40, "overlap": 100}
    chart.add_series(table.series("Least", "Money of", **unseen))
    chart.add_series(table.series("Room", "Money of", name="Least to most", **filled(NAVY, overlap=100)))
    return bars(chart, "What each can pay at nearly no cost", book.case.money, legend=False)


def _splits(book: Book, plans: Placed) -> Any:
    chart = book.workbook.add_chart({"type": "column", "subtype": "stacked"})
    for party in book.case.parties:
        look = filled(book.colours[party.party], overlap=100)
        chart.add_series(plans.series(f"Money {party.party}", "Plan", name=party.party, **look))
    return dressed(chart, "Money by party in each plan", {}, {"name": book.case.money})
