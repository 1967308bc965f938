"""How much of a workbook is read: every limit on the reader's work, and what is said where one is passed.

A few kilobytes can ask for hours: two million merged cells, a hundred thousand sheets, texts of a hundred megabytes. So
everything is counted while the parts stream by, and a workbook that passes a limit is refused before it fills the
memory. The limits lie far above what a case needs: five hundred packages over four hundred months are 200,000 cells.
"""

from __future__ import annotations

from dataclasses import dataclass

MEGABYTE = 1 << 20


class Refused(Exception):
    """A workbook that is not read: what was found, and the way out."""

    def __init__(self, found: str, hint: str) -> None:
        self.found, self.hint = found, hint
        super().__init__(found)


@dataclass(frozen=True)
class Bound:
    """The most of one thing that is read."""

    most: int
    what: str
    hint: str

    def hold(self, count: int, place: str = "") -> None:
        """Raise Refused where there are more."""
        if count > self.most:
            where = f" ({place})" if place else ""
            raise Refused(f"a workbook with more than {self.most:,} {self.what}{where}", self.hint)


ELSEWHERE = "move what is no part of the case to another workbook, or begin the name of its sheet with #"
CLEAR = "clear unused formatted rows and columns, and save it again"

FILE = Bound(100 * MEGABYTE, "bytes", ELSEWHERE)
"""Of the file as it lies on the disk, pictures and all."""
PARTS = Bound(10_000, "parts", "it is not opened; if it is yours, save it again in Excel")
BYTES = Bound(100 * MEGABYTE, "bytes of sheets", CLEAR)
"""Of the sheets, texts and styles together, unpacked; 200,000 filled cells take about 15 million."""
ELEMENTS = Bound(1_000_000, "rows, cells and their values, formats among them", CLEAR)
CELLS = Bound(200_000, "filled cells", ELSEWHERE)
TEXTS = Bound(200_000, "different texts", ELSEWHERE)
CHARACTERS = Bound(10_000_000, "characters of text", ELSEWHERE)
TEXT = Bound(32_767, "characters in one cell", "shorten the text: Excel itself holds no more")
SHEETS = Bound(1_000, "sheets", "delete those that are no part of the case")
MERGED = Bound(10_000, "merged areas", "unmerge them: a table needs none")
COVERED = Bound(100_000_000, "cells under one merged area", "unmerge it: a table needs none")
"""A merge over a whole column is read; one over most of a sheet is no table of a case."""
OVERLAPS = Bound(1_000_000, "rows under merged areas", "unmerge them: a table needs none")
COLUMNS = Bound(16_384, "column formats on one sheet", CLEAR)
FORMATS = Bound(10_000, "number formats", "copy the sheets into a new workbook")
DEPTH = Bound(1_000, "elements inside each other", "ask the sender for a clean copy")
NAMES = Bound(10_000, "kinds of element", "ask the sender for a clean copy")
TOKEN = Bound(MEGABYTE, "bytes in one tag", "ask the sender for a clean copy")
