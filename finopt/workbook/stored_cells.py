"""The filled cells of a workbook, read straight from its parts: values, number formats, merged areas, what is hidden.

Values need no fonts, themes, charts or pivots, so nothing of them is looked at, and whatever is broken there does no
harm. One pass gives each cell's stored value, and its formula where it has no value. What a cell means as a date is
openpyxl's own arithmetic.
"""

from __future__ import annotations

import datetime as dt
import math
import re
import struct
import zipfile
import zlib
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any

from openpyxl.formula.tokenizer import TokenizerError
from openpyxl.formula.translate import Translator, TranslatorError
from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format, is_timedelta_format
from openpyxl.utils.cell import get_column_letter
from openpyxl.utils.datetime import MAC_EPOCH, WINDOWS_EPOCH, from_excel, from_ISO8601, to_excel

from finopt.case.names import RESULT_MARK
from finopt.workbook import bounds
from finopt.workbook.bounds import Refused
from finopt.workbook.cells import Cell
from finopt.workbook.parts import DAMAGED, Handler, Parts

IGNORED = "#"
"""A sheet or column whose name begins with it is not read."""
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
STRICT = "http://purl.oclc.org/ooxml/spreadsheetml/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
BOOK, SHEET, NAME, PROPERTIES = (f"{MAIN}}}{tag}" for tag in ("workbook", "sheet", "definedName", "workbookPr"))
ROW, CELL, VALUE, FORMULA, TEXT = (f"{MAIN}}}{tag}" for tag in ("row", "c", "v", "f", "t"))
DATA, COLUMN, MERGED, STRING, PHONETIC = (f"{MAIN}}}{tag}" for tag in ("sheetData", "col", "mergeCell", "si", "rPh"))
FORMATS, FORMAT, STYLES, STYLE = (f"{MAIN}}}{tag}" for tag in ("numFmts", "numFmt", "cellXfs", "xf"))
LATER = frozenset(f"{MAIN}}}{tag}" for tag in ("conditionalFormatting", "dataValidations", "hyperlinks", "rowBreaks"))
"""What follows the merged areas, in every file that Excel opens: no value stands there."""
FILLED = frozenset({VALUE, FORMULA, TEXT})
OTHERS = frozenset({"chartsheet", "dialogsheet", "xlMacrosheet", "xlIntlMacrosheet"})
"""Sheets without a table: charts, dialogs, macros of old."""
LAST_ROW, LAST_COLUMN = 1_048_576, 16_384
ADDRESS = re.compile(r"\$?([A-Za-z]{1,3})\$?([0-9]{1,7})")
ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
TRUE = frozenset({"1", "true", "TRUE"})
FALSE = frozenset({"0", "false", "FALSE"})
LONGEST_FORMAT, LONGEST_SHOWN = 255, 64
DAMAGES = (
    zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, RuntimeError, NotImplementedError, MemoryError,
    ValueError, TypeError, AttributeError, LookupError, ArithmeticError, AssertionError,
)  # fmt: skip
"""What zipfile, zlib, expat and openpyxl raise for a part that is not what it says it is."""


@dataclass(frozen=True)
class Area:
    """A merged range, by the numbers of its rows and columns."""

    first_row: int
    last_row: int
    first_column: int
    last_column: int

    def __str__(self) -> str:
        start = f"{get_column_letter(self.first_column)}{self.first_row}"
        return f"{start}:{get_column_letter(self.last_column)}{self.last_row}"


@dataclass(frozen=True)
class Sheet:
    """The filled cells of one sheet: row number to its cells in order."""

    title: str
    rows: Mapping[int, Mapping[int, Cell]]
    hidden_rows: frozenset[int]
    hidden_columns: frozenset[int]
    hidden: bool
    merged: tuple[Area, ...] = ()

    def merged_into(self, row: int, columns: Iterable[int]) -> dict[int, str]:
        """The merged range over each of these cells of a row; only the first cell of such a range has a value."""
        areas = self._areas.get(row, ())
        return {
            column: str(area)
            for area in areas
            for column in (columns if areas else ())
            if area.first_column <= column <= area.last_column and (row, column) != (area.first_row, area.first_column)
        }

    @cached_property
    def _areas(self) -> dict[int, list[Area]]:
        return areas_by_row(self.rows, self.merged)


def areas_by_row(rows: Mapping[int, Any], areas: Iterable[Area]) -> dict[int, list[Area]]:
    """The merged areas over each filled row. Raises Refused where they are too many to look at."""
    numbers, found, count = sorted(rows), dict[int, list[Area]](), 0
    for area in areas:
        for number in numbers[bisect_left(numbers, area.first_row) : bisect_right(numbers, area.last_row)]:
            found.setdefault(number, []).append(area)
            count += 1
        bounds.OVERLAPS.hold(count)
    return found


def sheets_of(parts: Parts) -> list[Sheet]:
    """Every sheet's filled cells, in the workbook's order. Raises Refused for what cannot, or will not, be read.

    Left out are sheets that a run of ours wrote into the workbook, those whose name begins with #, and charts.
    """
    try:
        return list(_sheets(parts))
    except Refused:
        raise
    except DAMAGES as error:
        words = " ".join(str(error).split())[:80]
        raise Refused(f"a workbook that cannot be read ({type(error).__name__}: {words})", DAMAGED) from error


def _sheets(parts: Parts) -> Iterator[Sheet]:
    place = _workbook(parts)
    book = _Book()
    parts.parse(place, book)
    relations = parts.relations(place)
    shared = _parsed(parts, relations.values(), "sharedStrings", _Texts())
    formats = _parsed(parts, relations.values(), "styles", _Formats())
    work = _Work(shared.texts, _Meaning(formats, MAC_EPOCH if book.late else WINDOWS_EPOCH), shared.characters)
    for number, entry in enumerate(book.sheets):
        title = entry.get("name", "").strip()
        relation = relations.get(entry.get(f"{OFFICE}}}id", ""))
        if title.startswith(IGNORED) or number in book.ours or (relation is not None and relation.kind in OTHERS):
            continue
        if relation is None:
            raise Refused(f"a workbook that does not say where its sheet {title} is", DAMAGED)
        handler = _Table(title, work)
        parts.parse(relation.target, handler)
        yield handler.sheet(hidden=entry.get("state", "visible") != "visible")


def _workbook(parts: Parts) -> str:
    """The part that lists the sheets: where the package points, or where it always stands."""
    main = (r.target for r in parts.relations("").values() if r.kind == "officeDocument" and r.target in parts)
    return next(main, "xl/workbook.xml")


def _parsed(parts: Parts, relations: Iterable[Any], kind: str, handler: Any) -> Any:
    """A handler that has seen the part of one kind, if the workbook has it."""
    part = next((r.target for r in relations if r.kind == kind), None)
    if part is not None and part in parts:
        parts.parse(part, handler)
    return handler


class _Book(Handler):
    """The workbook part: its sheets, the date system, which sheets an earlier run wrote."""

    def __init__(self) -> None:
        self.sheets: list[dict[str, str]] = []
        self.ours: set[int] = set()
        self.late = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        super().start(name, attributes)
        if self.elements == 1 and name.startswith(STRICT):
            hint = "in Excel choose Save As, Excel Workbook (.xlsx), not Strict Open XML Spreadsheet"
            raise Refused("a workbook in the Strict Open XML format", hint)
        if self.elements == 1 and name != BOOK:
            raise Refused("a workbook that cannot be read (its list of sheets is another document)", DAMAGED)
        if name == SHEET:
            self.sheets.append(attributes)
        elif name == PROPERTIES:
            self.late = attributes.get("date1904") in TRUE
        elif name == NAME and attributes.get("name") == RESULT_MARK and "localSheetId" in attributes:
            self.ours.add(int(attributes["localSheetId"]))

    def check(self) -> None:
        super().check()
        bounds.SHEETS.hold(len(self.sheets))


class _Texts(Handler):
    """The texts that cells share, without fonts and without the reading aids of Japanese."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.characters = 0
        self._pieces: list[str] = []
        self._here = self._aside = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        self.elements += 1
        if name == TEXT:
            self._here = not self._aside
        elif name == STRING:
            self._pieces = []
        elif name == PHONETIC:
            self._aside = True

    def end(self, name: str) -> None:
        self.depth -= 1
        if name == TEXT:
            self._here = False
        elif name == PHONETIC:
            self._aside = False
        elif name == STRING:
            text = "".join(self._pieces)
            bounds.TEXT.hold(len(text))
            self.texts.append(unescaped(text))
            self._pieces = []

    def text(self, data: str) -> None:
        if self._here:
            self._pieces.append(data)
            self.characters += len(data)

    def check(self) -> None:
        super().check()
        bounds.TEXTS.hold(len(self.texts))
        bounds.CHARACTERS.hold(self.characters)


class _Formats(Handler):
    """The number format of each cell format, and no more of the styles."""

    def __init__(self) -> None:
        self.styles: list[int] = []
        self._codes: dict[int, str] = {}
        self._in = ""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        self.elements += 1
        if name in (FORMATS, STYLES):
            self._in = name
        elif name == STYLE and self._in == STYLES:
            self.styles.append(_whole(attributes.get("numFmtId")))
        elif name == FORMAT and self._in == FORMATS:
            self._codes[_whole(attributes.get("numFmtId"))] = attributes.get("formatCode", "")[:LONGEST_FORMAT]

    def end(self, name: str) -> None:
        self.depth -= 1
        if name == self._in:
            self._in = ""

    def check(self) -> None:
        super().check()
        bounds.FORMATS.hold(len(self._codes))

    def code(self, style: int) -> str:
        """The number format of a cell format; General where the workbook states none that exists."""
        number = self.styles[style] if 0 <= style < len(self.styles) else 0
        return self._codes.get(number) or BUILTIN_FORMATS.get(number, "General")


def _whole(text: str | None) -> int:
    """A number of the file that counts something; -1, which is never one, where it is none."""
    return int(text) if text is not None and len(text) < 10 and text.isdecimal() else -1


@dataclass
class _Meaning:
    """What a stored number means under a cell format, each looked at once."""

    formats: _Formats
    epoch: dt.datetime
    _known: dict[str, tuple[str, bool, bool]] = field(default_factory=dict)

    def of(self, style: str) -> tuple[str, bool, bool]:
        """The number format of a cell format, whether it shows a date, and whether a length of time."""
        if style not in self._known:
            code = self.formats.code(_whole(style))
            self._known[style] = code, is_date_format(code), is_timedelta_format(code)
        return self._known[style]

    def date(self, number: float, length: bool) -> Any:
        """The date, time or length of time behind a number; None where no calendar has such a day."""
        try:
            return from_excel(number, self.epoch, timedelta=length)
        except (OverflowError, ValueError):
            return None


@dataclass
class _Work:
    """What all sheets share: the texts, the meaning of formats, and how much was read so far."""

    texts: list[str]
    meaning: _Meaning
    characters: int = 0
    elements: int = 0
    cells: int = 0
    merged: int = 0


class _Table(Handler):
    """One sheet. Only what is filled is kept: empty formatted cells, and stray corners, cost nothing."""

    def __init__(self, title: str, work: _Work) -> None:
        self._title, self._work = title, work
        self._rows: dict[int, dict[int, Cell]] = {}
        self._hidden_rows: set[int] = set()
        self._hidden_columns = bytearray(LAST_COLUMN + 2)
        self._areas: list[Area] = []
        self._row, self._hides, self._formats = 0, False, 0
        self._address: str | None = None
        self._attributes: dict[str, str] = {}
        self._value: str | None = None
        self._formula: str | None = None
        self._masters: dict[str, tuple[str, str]] = {}
        self._about: dict[str, str] = {}
        self._pieces: list[str] | None = None
        self._aside = False

    # ------------------------------------------------------------------ elements

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        self.elements += 1
        if name == CELL:
            self._address = attributes.get("r") or self._beside()
            self._attributes = attributes
            self._value = self._formula = None
        elif name in FILLED and not (name == TEXT and self._aside):
            self._pieces = []
            if name == FORMULA:
                self._about = attributes
        elif name == ROW:
            self._row = _row_number(attributes.get("r"), self._row)
            self._hides, self._address = attributes.get("hidden") in TRUE, None
        elif name == PHONETIC:
            self._aside = True
        elif name in LATER:
            self.done = True
        elif name == COLUMN and attributes.get("hidden") in TRUE:
            self._hide(attributes)
        elif name == MERGED:
            self._merge(attributes.get("ref", ""))

    def end(self, name: str) -> None:
        self.depth -= 1
        if name == CELL:
            if self._value is not None or self._formula is not None:
                self._keep()
        elif self._pieces is not None and name in FILLED:
            self._take(name, "".join(self._pieces))
            self._pieces = None
        elif name == PHONETIC:
            self._aside = False

    def text(self, data: str) -> None:
        if self._pieces is not None:
            self._pieces.append(data)
            self._work.characters += len(data)

    def check(self) -> None:
        work = self._work
        work.elements, self.elements = work.elements + self.elements, 0
        bounds.DEPTH.hold(self.depth, self._title)
        bounds.ELEMENTS.hold(work.elements, self._title)
        bounds.CELLS.hold(work.cells, self._title)
        bounds.CHARACTERS.hold(work.characters, self._title)
        bounds.MERGED.hold(work.merged, self._title)
        bounds.COLUMNS.hold(self._formats, self._title)

    def sheet(self, *, hidden: bool) -> Sheet:
        """What was read."""
        self.check()
        areas = tuple(self._areas)
        self._clear_under(areas)
        rows = {n: dict(sorted(self._rows[n].items())) for n in sorted(self._rows)}
        columns = frozenset(i for i, mark in enumerate(self._hidden_columns) if mark)
        return Sheet(self._title, rows, frozenset(self._hidden_rows), columns, hidden, areas)

    # ------------------------------------------------------------------ cells

    def _beside(self) -> str:
        """The address of a cell that states none: right of the one before."""
        match = ADDRESS.fullmatch(self._address or "")
        return f"{get_column_letter(_column(match[1]) + 1 if match else 1)}{self._row or 1}"

    def _take(self, name: str, text: str) -> None:
        bounds.TEXT.hold(len(text), f"{self._title}!{self._address}")
        if name == FORMULA:
            self._formula = text
        elif name == VALUE:
            self._value = text
        else:
            self._value = (self._value or "") + unescaped(text)

    def _keep(self) -> None:
        """A cell that holds something."""
        match = ADDRESS.fullmatch(self._address or "")
        row, column = (int(match[2]), _column(match[1])) if match is not None else (0, 0)
        if match is None or not (1 <= row <= LAST_ROW and 1 <= column <= LAST_COLUMN):
            raise Refused(f"a workbook with a cell called {str(self._address)[:20]!r} on {self._title}", DAMAGED)
        cell = self._cell(row, column, f"{match[1].upper()}{row}")
        if cell is None:
            return
        cells = self._rows.setdefault(row, {})
        if column in cells:
            raise Refused(f"a workbook that holds the cell {self._title}!{cell.address} twice", DAMAGED)
        cells[column] = cell
        self._work.cells += 1
        if self._hides:
            self._hidden_rows.add(row)

    def _cell(self, row: int, column: int, address: str) -> Cell | None:
        kind, text, work = self._attributes.get("t", "n"), self._value or "", self._work
        formula = self._shown_formula(address)
        if text == "":
            return Cell(row, column, address, None, formula=formula) if formula and kind != "str" else None
        if kind == "s":
            place = _whole(text)
            if not 0 <= place < len(work.texts):
                raise Refused(f"a workbook that lost the text of {self._title}!{address}", DAMAGED)
            return Cell(row, column, address, work.texts[place])
        if kind == "n":
            return self._number(row, column, address, text)
        if kind == "b" and text in TRUE | FALSE:
            return Cell(row, column, address, text in TRUE)
        if kind == "d":
            return self._iso(row, column, address, text)
        return Cell(row, column, address, unescaped(text) if kind == "str" else text, is_error=kind in ("e", "b"))

    def _number(self, row: int, column: int, address: str, text: str) -> Cell:
        """A number, or the date that its format makes of it; a text that is no number is an error value."""
        number = number_in(text)
        if number is None:
            return Cell(row, column, address, text[:LONGEST_SHOWN], is_error=True)
        code, is_date, is_length = self._work.meaning.of(self._attributes.get("s", "0"))
        day = self._work.meaning.date(number, is_length) if is_date else None
        if day is None:
            return Cell(row, column, address, number, code)
        return Cell(row, column, address, day, code, serial=float(number))

    def _iso(self, row: int, column: int, address: str, text: str) -> Cell:
        """A date written as such, which some programs do."""
        try:
            value = from_ISO8601(text)  # type: ignore[no-untyped-call]
            serial = float(to_excel(value, self._work.meaning.epoch))  # type: ignore[no-untyped-call]
        except (ValueError, OverflowError):
            return Cell(row, column, address, text)
        return Cell(row, column, address, value, "yyyy-mm-dd", serial=serial)

    def _shown_formula(self, address: str) -> str:
        """What a message shows of the formula of a cell: of one that shares another's, what it says here."""
        if self._formula is None:
            return ""
        text, shared = f"={self._formula}", self._about.get("si") if self._about.get("t") == "shared" else None
        if shared is not None and text != "=":
            self._masters[shared] = text, address
        elif shared is not None and shared in self._masters and not self._value:
            try:
                text = str(Translator(*self._masters[shared]).translate_formula(address))
            except (TranslatorError, TokenizerError, ValueError, LookupError):
                text = "="  # what it says here cannot be said
        return text[:LONGEST_SHOWN]

    # ------------------------------------------------------------------ what else a sheet holds

    def _hide(self, attributes: dict[str, str]) -> None:
        self._formats += 1
        first, last = _whole(attributes.get("min")), min(_whole(attributes.get("max")), LAST_COLUMN)
        if 1 <= first <= last and self._formats <= bounds.COLUMNS.most:
            self._hidden_columns[first : last + 1] = b"\1" * (last + 1 - first)

    def _merge(self, reference: str) -> None:
        self._work.merged += 1
        ends = [ADDRESS.fullmatch(end) for end in reference.split(":")]
        numbers = [(int(end[2]), _column(end[1])) for end in ends if end is not None]
        if not numbers or len(numbers) != len(ends) or len(ends) > 2:
            raise Refused(f"a workbook with a merged area {reference[:30]!r} on {self._title}", DAMAGED)
        (first_row, first_column), (last_row, last_column) = numbers[0], numbers[-1]
        area = Area(first_row, last_row, first_column, last_column)
        bounds.COVERED.hold((last_row - first_row + 1) * (last_column - first_column + 1), f"{self._title}!{area}")
        if self._work.merged <= bounds.MERGED.most:
            self._areas.append(area)

    def _clear_under(self, areas: tuple[Area, ...]) -> None:
        """Drop what stands unseen under merged areas: a reader of the sheet sees their first cell only."""
        for row, over in areas_by_row(self._rows, areas).items():
            cells = self._rows[row]
            for area in over:
                for column in [c for c in cells if area.first_column <= c <= area.last_column]:
                    if (row, column) != (area.first_row, area.first_column):
                        del cells[column]
            if not cells:
                del self._rows[row]


def _row_number(text: str | None, before: int) -> int:
    if text is None:
        return before + 1
    number = _whole(text.removesuffix(".0"))
    if number < 1:
        raise Refused(f"a workbook with a row called {text[:20]!r}", DAMAGED)
    return number


@cache
def _column(letters: str) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number


def number_in(text: str) -> int | float | None:
    """The number that a file stores; None for what is none, or none that counts (NaN, infinity)."""
    plain = text.strip()
    if len(plain) <= 15 and plain.isdecimal() and plain.isascii():
        return int(plain)
    try:
        number = math.nan if "_" in plain else float(plain)
    except ValueError:
        return None
    if not math.isfinite(number):
        return None
    return int(number) if number.is_integer() and not set(".eE") & set(plain) else number


def unescaped(text: str) -> str:
    """A text with the characters that the format writes as `_x000D_`; of those that nobody sees, rows keep none."""
    return ESCAPED.sub(_character, text) if "_x" in text else text


def _character(match: re.Match[str]) -> str:
    code = int(match[1], 16)
    return match[0] if 0xD800 <= code < 0xE000 else chr(code)
