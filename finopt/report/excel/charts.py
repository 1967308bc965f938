"""The charts: native, in the case's unit, one colour a party throughout."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from finopt.report.excel.sheet import FIRST_COLUMN, Book, Key, Line, Table, serial
from finopt.report.excel.styles import ACCOUNT_COLOUR, FONT, GRID, INK, MUTED, NAVY, tint
from finopt.wording import capital

SIZE = (700, 250)
"""Width and height in pixels of a chart on the Summary."""
PLOT: dict[str, float] = {"x": 0.075, "y": 0.13, "width": 0.91, "height": 0.52}
"""Where the plot lies within a chart over time: the rest is for labels, title and legend."""
LABELS = 12
"""Most labels that a time axis has room for."""
STEPS = (1, 2, 4, 8, 12, 24, 36, 48, 60)
"""Every how many periods a label stands."""
MOST = 8
"""Most sources that a stack shows apart; more are shown by party."""
LIMIT = "#C00000"
RATIO = "#7B8BA6"
SCALES = ((1e12, ",,,", "billions"), (1e9, ",,", "millions"), (1e7, ",", "thousands"))
"""Scales of an axis: the amount from which each applies, its number format and its unit."""
FONT_9 = {"name": FONT, "size": 9, "color": MUTED}


def four(book: Book) -> Iterator[Any]:
    """The four charts of the Summary: those that the case has something to show in, in order of weight."""
    shown = [draws_by_party(book), sources_against_uses(book)]
    if (chart := debt_outstanding(book)) is not None:
        shown.append(chart)
    if (chart := ratio_against_limit(book)) is not None:
        shown.append(chart)
    if len(shown) < 4:
        shown.append(who_pays(book))
    if len(shown) < 4:
        shown.append(windows(book, SIZE))
    yield from shown[:4]


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
        chart.add_series({**_series(book, key, name, first, last), **_filled(colour)})
    return _over_time(book, chart, "Money drawn, by party", first, last)


def sources_against_uses(book: Book) -> Any:
    """Sources and uses added up over time: the two lines must lie on each other."""
    first, last = span(book, "uses", "sources")
    single = first == last  # an area or a line of one point has no extent
    chart = book.workbook.add_chart({"type": "column" if single else "area"})
    uses = _series(book, "uses so far", "Uses so far", first, last)
    chart.add_series({**uses, "fill": {"color": "#D9D9D9"}, "border": {"none": True}})
    line = book.workbook.add_chart({"type": "line"})
    sources = _series(book, "sources so far", "Sources so far", first, last)
    point = {"marker": {"type": "diamond", "size": 9, "fill": {"color": NAVY}}} if single else {}
    line.add_series({**sources, "line": {"color": NAVY, "width": 2.25, "dash_type": "square_dot"}, **point})
    chart.combine(line)
    return _over_time(book, chart, "Sources against uses, added up", first, last)


def debt_outstanding(book: Book) -> Any | None:
    """Debt at the end of each period, stacked by source in shades of its party, with its limit; None without debt."""
    if not book.lines["owed"].values.any():
        return None
    chart = book.workbook.add_chart({"type": "column", "subtype": "stacked"})
    first, last = span(book, "owed")
    for key, name, colour in _debts(book):
        chart.add_series({**_series(book, key, name, first, last), **_filled(colour)})
    limit, words = _debt_limit(book)
    line = book.workbook.add_chart({"type": "line"})
    line.add_series({**_series(book, limit, words, first, last), **_limit_line()})
    chart.combine(line)
    by = "source" if len(_owing(book)) <= MOST else "party"
    _over_time(book, chart, f"Debt outstanding, by {by}, and its limit", first, last)
    chart.set_plotarea({"border": {"none": True}, "layout": {**PLOT, "height": PLOT["height"] - 0.12}})
    return chart


def _owing(book: Book) -> list[int]:
    """Sources that are ever owed anything."""
    sources = range(len(book.case.sources))
    return [s for s in sources if ("owed", s) in book.lines and book.lines["owed", s].values.any()]


def _debts(book: Book) -> Iterator[tuple[Key, str, str]]:
    """Key, name and colour of each layer of the stack."""
    owing, data = _owing(book), book.figures.data
    for p, party in enumerate(book.case.parties):
        own = [s for s in owing if data.party[s] == p]
        colour = book.colours[party.party]
        if len(owing) > MOST and own:
            yield ("owed to party", p), party.party, colour
        elif len(owing) <= MOST:
            for i, s in enumerate(own):
                yield ("owed", s), book.case.sources[s].source, tint(colour, i, len(own))


def _debt_limit(book: Book) -> tuple[Key, str]:
    """The lenders' limit on all debt, or what is committed with the interest that was added to it."""
    for c, row in enumerate(book.case.covenants):
        if row.covenant == "debt" and row.applies_to == "all":
            return ("covenant", "available", c), "Limit on debt"
    return "debt committed", "Committed, with interest added"


def ratio_against_limit(book: Book) -> Any | None:
    """The first cover ratio or gearing with its limit, where it is tested; None where no covenant is a ratio."""
    found = [c for c in range(len(book.case.covenants)) if ("covenant", "ratio", c) in book.lines]
    order = ("DSCR", "LLCR", "gearing")
    c = min(found, key=lambda c: order.index(book.case.covenants[c].covenant), default=None)
    if c is None:
        return None
    row, ratio = book.case.covenants[c], book.lines["covenant", "ratio", c]
    known = np.flatnonzero(np.isfinite(ratio.values))
    if not known.size:
        return None
    first, last = int(known[0]), int(known[-1])
    chart = book.workbook.add_chart({"type": "column"})
    name = capital(row.covenant)
    chart.add_series({**_series(book, ("covenant", "ratio", c), name, first, last), **_filled(RATIO)})
    line = book.workbook.add_chart({"type": "line"})
    line.add_series({**_series(book, ("covenant", "limit line", c), "Limit", first, last), **_limit_line()})
    chart.combine(line)
    unit, number = ("share", "0%") if row.covenant == "gearing" else ("times", '0.0"x"')
    return _over_time(book, chart, f"{name} against its limit", first, last, unit, number)


def who_pays(book: Book) -> Any:
    """What each party pays of each package, stacked bars."""
    chart = book.workbook.add_chart({"type": "bar", "subtype": "stacked"})
    table = book.tables["who pays"]
    for i, (name, colour, _) in enumerate(table.columns):
        chart.add_series({**_column(table, i), "name": name, **_filled(colour)})
    _bars(chart, *money_axis(book))
    return _dressed(chart, "Who pays for which package")


def windows(book: Book, size: tuple[int, int]) -> Any:
    """When packages are built and sources can be drawn: bars that float on an invisible base."""
    chart = book.workbook.add_chart({"type": "bar", "subtype": "stacked"})
    table, calendar = book.tables["windows"], book.case.calendar
    chart.add_series({**_column(table, 0), "name": " ", **_UNSEEN})
    for i, (name, colour, _) in enumerate(table.columns):
        if colour:
            chart.add_series({**_column(table, i), "name": name, **_filled(colour)})
    first, last = serial(calendar[0].first), serial(calendar[calendar.construction - 1].last)
    every = max(1, -(-round((last - first) / 365.25) // LABELS))
    _bars(chart, "", "yyyy", min=first, max=last + 1, major_unit=366 * every)
    _dressed(chart, "When packages are built and sources can be drawn", size)
    return chart


def _column(table: Table, i: int) -> dict[str, Any]:
    """One column of a table as a series, with its data."""
    top, bottom, column = table.row - 1, table.row + len(table.rows) - 2, FIRST_COLUMN + i
    return {
        "categories": [table.sheet, top, 0, bottom, 0],
        "values": [table.sheet, top, column, bottom, column],
        "categories_data": list(table.rows),
        "values_data": [None if np.isnan(value) else value for value in table.columns[i][2]],
    }


def _bars(chart: Any, unit: str, number: str, **more: float) -> None:
    """Axes of a bar chart: the first row on top, the scale below."""
    chart.set_y_axis({"reverse": True, "num_font": {**FONT_9, "size": 8}, "line": {"color": "#BFBFBF"},
                      "major_gridlines": {"visible": False}})  # fmt: skip
    chart.set_x_axis({**_values(unit, number), "label_position": "high", **more})


def span(book: Book, *keys: Key) -> tuple[int, int]:
    """First and last period in which one of some lines moves; all periods where none does."""
    moving = np.flatnonzero(np.any([book.lines[key].values != 0 for key in keys], axis=0))
    return (int(moving[0]), int(moving[-1])) if moving.size else (0, len(book.case.calendar) - 1)


def _series(book: Book, key: Key, name: str, first: int, last: int) -> dict[str, Any]:
    line: Line = book.lines[key]
    left, right = FIRST_COLUMN + first, FIRST_COLUMN + last
    values: Sequence[float] = line.values[first : last + 1].tolist()
    return {
        "name": name,
        "categories": [line.sheet, 2, left, 2, right],
        "values": [line.sheet, line.row - 1, left, line.row - 1, right],
        "categories_data": list(book.case.calendar.labels[first : last + 1]),
        "values_data": [None if np.isnan(value) else value for value in values],
    }


_UNSEEN = {"fill": {"none": True}, "border": {"none": True}, "gap": 40, "overlap": 100}


def _filled(colour: str) -> dict[str, Any]:
    return {"fill": {"color": colour}, "border": {"none": True}, "gap": 40, "overlap": 100}


def _limit_line() -> dict[str, Any]:
    return {"line": {"color": LIMIT, "width": 1.75, "dash_type": "dash"}}


def _over_time(book: Book, chart: Any, title: str, first: int, last: int, unit: str = "", number: str = "#,##0") -> Any:
    every = next((step for step in STEPS if (last - first + 1) <= step * LABELS), STEPS[-1])
    chart.set_x_axis(
        {
            "num_font": {**FONT_9, "size": 8, "rotation": 360},
            "interval_unit": every,
            "interval_tick": every,
            "line": {"color": "#BFBFBF"},
            "label_position": "low",
            "name": "Period",
            "name_font": {**FONT_9, "size": 8, "bold": False},
        }
    )
    unit, number = (unit, number) if unit else money_axis(book)
    chart.set_y_axis({**_values(unit, number), "min": 0})
    _dressed(chart, title)
    chart.set_plotarea({"border": {"none": True}, "layout": PLOT})
    return chart


def money_axis(book: Book) -> tuple[str, str]:
    """Title and number format of an axis of money: a case in single dollars is shown in millions."""
    for least, commas, word in SCALES:
        if book.lines["uses"].total >= least:
            return f"{book.case.money}, {word}", f"#,##0{commas}"
    return book.case.money, "#,##0"


def _values(unit: str, number: str) -> dict[str, Any]:
    return {
        "name": unit,
        "name_font": {**FONT_9, "bold": False},
        "num_font": FONT_9,
        "num_format": number,
        "line": {"none": True},
        "major_gridlines": {"visible": True, "line": {"color": GRID, "width": 0.75}},
    }


def _dressed(chart: Any, title: str, size: tuple[int, int] = SIZE) -> Any:
    font = {"name": FONT, "size": 11, "bold": True, "color": INK}
    chart.set_title({"name": title, "name_font": font, "overlay": False})
    chart.set_legend({"position": "bottom", "font": FONT_9})
    chart.set_chartarea({"border": {"none": True}})
    chart.set_plotarea({"border": {"none": True}})
    chart.show_blanks_as("gap")
    chart.set_size({"width": size[0], "height": size[1]})
    return chart
