"""Sheets of a sweep (a table, or a heat map where two inputs vary) and of a tornado."""

from __future__ import annotations

from typing import Any

from finopt.report.excel.sheet import Book, Sheet
from finopt.report.excel.styles import NAVY, PARTY_COLOURS, SHADES
from finopt.report.studies.book import (
    DIGITS,
    WORDS,
    Field,
    Placed,
    bars,
    dressed,
    filled,
    money_fields,
    place,
    put,
    rounded,
)
from finopt.study.scenarios.sweep import Sweep
from finopt.study.scenarios.tornado import Tornado
from finopt.wording import capital

HEAT = ("financing cost", "money", "peak debt")
"""Figures of a two-way sweep that get a heat map; sheet Data has all."""


def write_sweep(book: Book, sweep: Sweep) -> None:
    """Write a sweep of one input as a table with charts, of two as heat maps."""
    sheet = Sheet(book, "Sweep", f"{' and '.join(sweep.labels)}; each case solved. All money in {book.case.money}.")
    sheet.ws.freeze_panes(2, 1)
    sheet.ws.set_column(0, 0, 34)
    if len(sweep.inputs) == 2:
        row = 4
        for figure in HEAT:
            if figure in sweep.figures:
                row = _heat_map(sheet, row, sweep, figure)
        return
    table = _one_way(sheet, sweep)
    if sweep.figures:
        put(sheet, table.below, _line(book, sweep, table))
        put(sheet, table.below, _stack(book, sweep, table), across=1)


def _heat_map(sheet: Sheet, row: int, sweep: Sweep, figure: str) -> int:
    """One figure: the first input down, the second across; the darker, the more."""
    grid = sweep.grid(figure)
    fields = [Field(sweep.labels[0], "number", list(grid.index), "input", width=34)]
    fields += [Field(_words(point), "money", grid.iloc[:, i].tolist()) for i, point in enumerate(grid.columns)]
    heading = f"{capital(figure)}: {sweep.labels[0]} down, {sweep.labels[1]} across"
    placed = place(sheet, row, heading, fields)
    last = placed.row + placed.count - 2, len(fields) - 1
    sheet.ws.conditional_format(placed.row - 1, 1, *last, SHADES)
    statuses = sweep.table["status"].to_numpy().reshape(grid.shape)
    for i, line in enumerate(statuses.tolist()):
        for j, status in enumerate(line):
            if status != "optimal":
                words = "no plan" if status == "infeasible" else status
                sheet.text(placed.row + i, 1 + j, words, "muted", align="right")
    return placed.below


def _one_way(sheet: Sheet, sweep: Sweep) -> Placed:
    table, (label,) = sweep.table, sweep.labels
    fields = [
        Field(label, "number", table[label].tolist(), "input", width=34),
        Field("Status", "text", table["status"].tolist(), "muted", width=13),
        *money_fields(table, sweep.figures),
        Field("Reason", "text", table["reason"].tolist(), "muted", width=WORDS),
    ]
    return place(sheet, 4, "Each value solved", fields)


def _line(book: Book, sweep: Sweep, table: Placed) -> Any:
    chart = book.workbook.add_chart({"type": "line"})
    look = {"line": {"color": NAVY, "width": 2.25}, "marker": {"type": "circle", "size": 5, "fill": {"color": NAVY}}}
    chart.add_series(table.series("Financing cost", sweep.labels[0], **look))
    unit = {"name": book.case.money}
    return dressed(chart, "Financing cost, present value", {"name": sweep.labels[0]}, unit, legend=False)


def _stack(book: Book, sweep: Sweep, table: Placed) -> Any:
    chart = book.workbook.add_chart({"type": "column", "subtype": "stacked"})
    for party in book.case.parties:
        if f"Money {party.party}" in table.columns:
            look = filled(book.colours[party.party], overlap=100)
            chart.add_series(table.series(f"Money {party.party}", sweep.labels[0], name=party.party, **look))
    unit = {"name": book.case.money}
    return dressed(chart, "Money drawn, by party", {"name": sweep.labels[0]}, unit)


def write_tornado(book: Book, tornado: Tornado) -> None:
    """Write the table, widest first, and its chart."""
    base = tornado.base.figures.get("financing cost")
    words = "has no plan" if base is None else f"costs {base:,.1f} {book.case.money}"
    about = (
        f"Each driver of sheet Uncertainty at its 10% and 90% quantile, all else as the case has it; the base {words}."
    )
    sheet = Sheet(book, "Tornado", about)
    sheet.ws.freeze_panes(2, 1)
    table = tornado.table
    fields = [
        Field("Driver", "text", table["driver"].tolist(), "label", width=34),
        Field("Low", "number", [_rounded(value) for value in table["low"]], "input"),
        Field("High", "number", [_rounded(value) for value in table["high"]], "input"),
        *money_fields(table, ("at low", "at high")),
    ]
    if base is not None:
        sheet.text(3, 0, "Financing cost of the base", "muted")
        cell = sheet.number(3, 3, round(base, DIGITS), "money", "decision").ref("Tornado")
        for title, letter, name in (("Low less base", "D", "at low"), ("High less base", "E", "at high")):
            formula = lambda row, letter=letter: f"={letter}{row}-{cell}"  # noqa: E731 - one formula a row
            fields.append(Field(title, "money", rounded(table[name] - base), "formula", formula))
        swing = lambda row: f"=ABS(E{row}-D{row})"  # noqa: E731
        fields.append(Field("Swing", "money", rounded(table["swing"]), "formula", swing))
    fields.append(Field("Reason", "text", table["reason"].tolist(), "muted", width=WORDS))
    placed = place(sheet, 5, "Financing cost, one driver at a time", fields)
    if base is not None:
        put(sheet, placed.below, _tornado(book, placed))


def _tornado(book: Book, table: Placed) -> Any:
    chart = book.workbook.add_chart({"type": "bar"})
    for title, colour in (("Low less base", PARTY_COLOURS[4]), ("High less base", PARTY_COLOURS[5])):
        chart.add_series(table.series(title, "Driver", **filled(colour, overlap=100)))
    unit = f"{book.case.money}, change of the financing cost"
    return bars(chart, "What each driver does to the financing cost", unit)


def _rounded(value: Any) -> Any:
    """A quantile to six digits, as many as anybody reads."""
    return float(f"{value:.6g}") if isinstance(value, float) else value


def _words(point: Any) -> str:
    return f"{point:g}" if isinstance(point, int | float) and not isinstance(point, bool) else str(point)
