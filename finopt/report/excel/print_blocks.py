"""How a long time axis is printed: in blocks of whole years, each one page wide, beside the first columns again."""

from __future__ import annotations

from collections.abc import Iterator

from finopt.case.calendar import Calendar

WIDEST = 24
"""Most periods on a page: figures are then still printed at some 7 points on A3, 5 on A4."""


def blocks(calendar: Calendar) -> list[tuple[int, int]]:
    """First and last period of each block: construction and operation apart, cut where a year begins."""
    count, built = len(calendar), calendar.construction
    if count <= WIDEST:
        return [(0, count - 1)]
    phases = [(0, built), (built, count)] if built < count else [(0, count)]
    return [block for first, end in phases for block in _pieces(calendar, first, end)]


def _pieces(calendar: Calendar, first: int, end: int) -> Iterator[tuple[int, int]]:
    """The periods ``first`` to ``end`` - 1 in pieces as even as whole years allow."""
    size = end - first
    pieces = -(-size // WIDEST)
    years = [t for t in range(first + 1, end) if calendar[t].year != calendar[t - 1].year]
    ideal = [first + i * size / pieces for i in range(1, pieces)]
    cuts = sorted({min(years, key=lambda t: abs(t - cut), default=round(cut)) for cut in ideal})
    for start, stop in zip([first, *cuts], [*cuts, end], strict=True):
        yield start, stop - 1
