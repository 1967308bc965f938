"""Cell formats of one workbook appended to those of another; what is there already is used again."""

from __future__ import annotations

import copy
import re
from typing import Any

from lxml import etree

from finopt.errors import ReportError
from finopt.report.write_back.ooxml_package import MAIN, child, children, entries

ORDER = (
    "numFmts", "fonts", "fills", "borders", "cellStyleXfs", "cellXfs", "cellStyles", "dxfs", "tableStyles", "colors",
    "extLst",
)  # fmt: skip
FIRST_OWN_NUMBER = 164
"""Number formats below are built in, and the same in every workbook."""
BUILT_IN_DATES = {*range(14, 18), 22}
MOST_FORMATS = 64_000
"""Most cell formats that Excel takes."""
BLANK = (
    f'<styleSheet xmlns="{MAIN}"><fonts count="1"><font><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>'
    '</fills><borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>'
    '<cellXfs count="1"><xf xfId="0"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
).encode()
"""The styles of a workbook that has none."""


class AppendedStyles:
    """Where each format of ``donor`` stands among those of ``own``; missing ones are appended when first asked for."""

    def __init__(self, own: etree._Element, donor: etree._Element) -> None:
        self._lists = {tag: _List(own, tag) for tag in ("fonts", "fills", "borders", "cellXfs", "dxfs")}
        self._numbers = _Numbers(own)
        self._donor = {tag: entries(donor, tag) for tag in self._lists}
        self._codes = {str(el.get("numFmtId")): str(el.get("formatCode")) for el in entries(donor, "numFmts")}
        self._cells: dict[str, str] = {}
        self._differences: dict[str, str] = {}

    def cell(self, index: str) -> str:
        """The index of a cell format (attribute ``s``). Raises ReportError past Excel's limit."""
        if index not in self._cells:
            place = self._lists["cellXfs"].place(self._format(self._donor["cellXfs"][int(index)]))
            if place >= MOST_FORMATS:
                raise ReportError(f"the workbook would hold more than {MOST_FORMATS:,} cell formats, Excel's limit")
            self._cells[index] = str(place)
        return self._cells[index]

    def difference(self, index: str) -> str:
        """The index of a differential format (attribute ``dxfId``)."""
        if index not in self._differences:
            made = copy.deepcopy(self._donor["dxfs"][int(index)])
            for number in children(made, "numFmt"):
                number.set("numFmtId", self._number(str(number.get("numFmtId"))))
            self._differences[index] = str(self._lists["dxfs"].place(made))
        return self._differences[index]

    def is_date(self, index: str) -> bool:
        """Whether a cell format of the donor shows a day."""
        number = str(self._donor["cellXfs"][int(index)].get("numFmtId", "0"))
        code = re.sub(r'"[^"]*"|\\.|\[[^\]]*\]', "", self._codes.get(number, ""))
        return int(number) in BUILT_IN_DATES or bool(re.search("[yd]", code, re.IGNORECASE))

    def _number(self, number: str) -> str:
        return self._numbers.place(self._codes[number]) if number in self._codes else number

    def _format(self, given: etree._Element) -> etree._Element:
        """The format with its parts found among ours; it stands alone, on the style Normal."""
        made = etree.Element(f"{{{MAIN}}}xf")
        made.set("numFmtId", self._number(str(given.get("numFmtId", "0"))))
        for name, tag in (("fontId", "fonts"), ("fillId", "fills"), ("borderId", "borders")):
            made.set(name, str(self._lists[tag].place(self._donor[tag][int(given.get(name, "0"))])))
        made.set("xfId", "0")
        for name in ("NumberFormat", "Font", "Fill", "Border"):
            made.set(f"apply{name}", "1")
        for tag in ("alignment", "protection"):
            for element in children(given, tag):
                made.append(copy.deepcopy(element))
                made.set(f"apply{tag.title()}", "1")
        if given.get("quotePrefix"):
            made.set("quotePrefix", str(given.get("quotePrefix")))
        return made


class _List:
    """One list of a style sheet: an equal entry is found, another appended."""

    def __init__(self, root: etree._Element, tag: str) -> None:
        self._root, self._tag = root, tag
        self._places: dict[Any, int] = {}
        self._count = 0
        for element in entries(root, tag):
            self._places.setdefault(_content(element), self._count)
            self._count += 1

    def place(self, element: etree._Element) -> int:
        """The index of an entry, appended if there is no equal one."""
        key = _content(element)
        if key not in self._places:
            own = child(self._root, self._tag, ORDER)
            own.append(copy.deepcopy(element))
            self._places[key] = self._count
            self._count += 1
            own.set("count", str(self._count))
        return self._places[key]


class _Numbers:
    """The number formats of a style sheet: found by their code."""

    def __init__(self, root: etree._Element) -> None:
        self._root = root
        self._ids = {str(el.get("formatCode")): str(el.get("numFmtId")) for el in entries(root, "numFmts")}
        own = [int(str(el.get("numFmtId"))) for el in root.iter(f"{{{MAIN}}}numFmt")]
        self._next = max([FIRST_OWN_NUMBER - 1, *own]) + 1

    def place(self, code: str) -> str:
        """The id of a format code, appended if it is new."""
        if code not in self._ids:
            own = child(self._root, "numFmts", ORDER)
            made = etree.SubElement(own, f"{{{MAIN}}}numFmt", numFmtId=str(self._next))
            made.set("formatCode", code)
            own.set("count", str(len(entries(self._root, "numFmts"))))
            self._ids[code] = str(self._next)
            self._next += 1
        return self._ids[code]


def _content(element: etree._Element) -> tuple[Any, ...]:
    """Canonical form of an element: independent of prefixes, order of attributes and white space."""
    inside = tuple(_content(el) for el in element if isinstance(el.tag, str))
    return (element.tag, tuple(sorted(element.items())), inside, (element.text or "").strip())
