"""The charts: native, in the case's unit, one colour a party throughout."""

from __future__ import annotations

from typing import Any

import numpy as np

from finopt.report.frame import FIRST_COLUMN, Book, Key
from finopt.report.styles import ACCOUNT_COLOUR, FONT, GRID, INK, MUTED

SIZE = (604, 300)
"""Width and height in pixels."""
LABELS = 16
"""About how many labels a time axis has room for."""


def draws_by_party(book: Book) -> Any:
    """Money drawn in each period, stacked by party."""
    chart = book.workbook.add_chart({"type": "column", "subtype": "stacked"})
    series: list[tuple[Key, str, str]] = [
        (("party", p), party.party, book.colours[party.party]) for p, party in enumerate(book.case.parties)
    ]
    if book.lines["account"].values.any():
        series.append(("account", "Project account", ACCOUNT_COLOUR))
    first, last = span(book, "drawn")
    for key, name, colour in series:
        data = _series(book, key, name, first, last)
        chart.add_series({**data, "fill": {"color": colour}, "border": {"none": True}, "gap": 40, "overlap": 100})
    return _dressed(book, chart, "Money drawn, by party", first, last)


def sources_against_uses(book: Book) -> Any:
    """Sources and uses added up over time: the two lines must lie on each other."""
    chart = book.workbook.add_chart({"type": "area"})
    first, last = span(book, "uses", "sources")
    uses = _series(book, "uses so far", "Uses so far", first, last)
    chart.add_series({**uses, "fill": {"color": "#D9D9D9"}, "border": {"none": True}})
    line = book.workbook.add_chart({"type": "line"})
    sources = _series(book, "sources so far", "Sources so far", first, last)
    line.add_series({**sources, "line": {"color": "#1F3864", "width": 2.25, "dash_type": "square_dot"}})
    chart.combine(line)
    return _dressed(book, chart, "Sources against uses, added up", first, last)


def span(book: Book, *keys: Key) -> tuple[int, int]:
    """First and last period in which one of some lines moves; all periods where none does."""
    moving = np.flatnonzero(np.any([book.lines[key].values != 0 for key in keys], axis=0))
    return (int(moving[0]), int(moving[-1])) if moving.size else (0, len(book.case.calendar) - 1)


def _series(book: Book, key: Key, name: str, first: int, last: int) -> dict[str, Any]:
    line = book.lines[key]
    left, right = FIRST_COLUMN + first, FIRST_COLUMN + last
    return {
        "name": name,
        "categories": [line.sheet, 2, left, 2, right],
        "values": [line.sheet, line.row - 1, left, line.row - 1, right],
        "categories_data": list(book.case.calendar.labels[first : last + 1]),
        "values_data": line.values[first : last + 1].tolist(),
    }


def _dressed(book: Book, chart: Any, title: str, first: int, last: int) -> Any:
    font = {"name": FONT, "size": 9, "color": MUTED}
    chart.set_title(
        {"name": title, "name_font": {"name": FONT, "size": 11, "bold": True, "color": INK}, "overlay": False}
    )
    chart.set_legend({"position": "bottom", "font": font})
    every = max(1, -(-(last - first + 1) // LABELS))
    chart.set_x_axis(
        {
            "num_font": {**font, "rotation": -45},
            "interval_unit": every,
            "interval_tick": every,
            "line": {"color": "#BFBFBF"},
            "label_position": "low",
            "name": "Period",
            "name_font": {**font, "bold": False},
        }
    )
    chart.set_y_axis(
        {
            "name": book.case.money,
            "min": 0,
            "name_font": {**font, "bold": False},
            "num_font": font,
            "num_format": "#,##0",
            "line": {"none": True},
            "major_gridlines": {"visible": True, "line": {"color": GRID, "width": 0.75}},
        }
    )
    chart.set_chartarea({"border": {"none": True}})
    chart.set_plotarea({"border": {"none": True}})
    chart.set_size({"width": SIZE[0], "height": SIZE[1]})
    return chart
