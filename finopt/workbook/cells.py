"""One cell: what it holds, and what a person meant by it.

Values arrive as people type and paste them: numbers as text with odd spaces, percent signs, brackets for minus, dates
as text, error values, years shown as dates. What has one meaning is read; what has two raises CellFault.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from dataclasses import dataclass
from typing import Any

from finopt.case.calendar import period_label
from finopt.case.kinds import Kind
from finopt.literal import tidy

ERROR_VALUES = frozenset(
    ("#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!", "#FIELD!", "#BLOCKED!",
     "#CONNECT!", "#UNKNOWN!", "#BUSY!", "#GETTING_DATA", "#PYTHON!", "#EXTERNAL!", "#TIMEOUT!")
)  # fmt: skip
NUMERIC = frozenset({"amount", "number", "rate", "share", "years"})
WORDS = frozenset({"text", "name", "names", "selector"})
EXPECTED = {
    "amount": "an amount such as 1234.5",
    "number": "a number such as 1234.5",
    "rate": "a rate such as 0.065 or 6.5%",
    "share": "a share such as 0.15 or 15%",
    "years": "a number of years",
    "date": "a date such as 2029-03-31",
    "yes/no": "yes or no",
    "name": "a name",
    "names": "one or more names",
    "selector": "a selection such as all",
    "sense": "<=, >= or =",
}


class CellFault(Exception):
    """A cell that cannot be read: what was found, what was expected, the way out."""

    def __init__(self, found: str, expected: str, hint: str = "") -> None:
        self.found, self.expected, self.hint = found, expected, hint
        super().__init__(found)


@dataclass(frozen=True)
class Cell:
    """The stored value of one cell, how it is shown, and its formula if it has one.

    ``serial`` is the number behind a date, in days as the file counts them.
    """

    row: int
    column: int
    address: str
    value: Any
    number_format: str = "General"
    serial: float | None = None
    formula: str = ""
    is_error: bool = False

    @property
    def blank(self) -> bool:
        """Whether nothing stands in it: no value, no formula, or white space only."""
        if isinstance(self.value, str):
            return not tidy(self.value)
        return self.value is None and not self.formula

    @property
    def bare_year(self) -> int | None:
        """The year that a person typed into a cell formatted as a year: the number 2026 arrives as a day of 1905.

        Recognised by the format, which shows the year alone, and by the serial number; never by the date itself.
        """
        if self.serial is None or not self.shows_year_only:
            return None
        return round(self.serial) if 1900 <= self.serial < 2200 else None

    @property
    def shows_year_only(self) -> bool:
        """Whether a date is shown by its year alone."""
        return re.fullmatch(r"y+(;@)?", re.sub(r"\[[^\]]*\]", "", self.number_format).strip().lower()) is not None

    @property
    def shows_month_only(self) -> bool:
        """Whether a date is shown by its month and year alone: Excel makes one of a typed Jan-27."""
        form = re.sub(r"\[[^\]]*\]|[\\\"]", "", self.number_format).strip().lower()
        return re.fullmatch(r"m{1,5}[ /.-]*y+(;@)?|y+[ /.-]*m{1,5}(;@)?", form) is not None


def shown(value: Any) -> str:
    """A value as a message shows it."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat(" ")
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, int | float):
        return f"{value:.12g}"
    text = str(value)
    return repr(text if len(text) <= 60 else text[:57] + "...")


def value_of(cell: Cell, kind: Kind) -> Any:
    """What a cell means in a column of this kind, or None where it is blank. Raises CellFault."""
    if cell.blank:
        return None
    wanted = EXPECTED.get(kind, "a value")
    refuse_errors(cell, wanted)
    value = tidy(cell.value) if isinstance(cell.value, str) else cell.value
    if kind in NUMERIC:
        return _number(cell, value, kind, wanted)
    if kind == "date":
        return _date(cell, value, wanted)
    if kind in WORDS:
        return _words(value)
    if kind == "value":
        return _any_value(cell, value)
    return _words(value) if not isinstance(value, bool) else value


def refuse_errors(cell: Cell, wanted: str) -> None:
    """Raise CellFault for an error value, or a formula that was never calculated."""
    text = cell.value.strip().upper() if isinstance(cell.value, str) else ""
    if cell.is_error or text in ERROR_VALUES:
        raise CellFault(f"the error value {text or cell.value}", wanted, "correct the formula or write the value")
    if cell.formula and cell.value is None:
        formula = cell.formula if len(cell.formula) <= 60 else cell.formula[:57] + "..."
        hint = "open it in Excel, save, run again"
        raise CellFault(f"the formula {formula} but no stored value", wanted, hint)


def _number(cell: Cell, value: Any, kind: Kind, wanted: str) -> Any:
    if isinstance(value, dt.datetime | dt.date | dt.time | dt.timedelta):
        hint = "the cell is formatted as a date: give it a number format and write the number"
        raise CellFault(f"the date {shown(value)}", wanted, hint)
    if not isinstance(value, str):
        return value
    number = number_of(value)
    if number is None or (value.rstrip(")").rstrip().endswith("%") and kind not in ("rate", "share")):
        raise CellFault(shown(cell.value), wanted, "write the number alone, with no words or currency")
    return number


def number_of(text: str) -> float | None:
    """The number that a text shows, or None. Raises CellFault where it may be two: '1.234' is 1234 or 1.234."""
    plain = unicodedata.normalize("NFKC", tidy(text))
    plain = re.sub(r"[\u2212\u2012\u2013\u2010\u2011\ufe63]", "-", plain).replace("\u2019", "'").replace("\u00b4", "'")
    sign, scale = 1.0, 1.0
    bracketed = re.fullmatch(r"\(\s*([^()-]+?)\s*\)\s*(%?)", plain)
    if bracketed:
        sign, plain = -1.0, bracketed[1] + bracketed[2]
    if plain.endswith("%"):
        scale, plain = 0.01, plain[:-1].rstrip()
    signed = re.fullmatch(r"([+-])\s*(.+)", plain) or re.fullmatch(r"(?P<n>[\d.,' ]+)\s*(?P<s>-)", plain)
    if signed and not bracketed:
        mark, plain = (signed["s"], signed["n"]) if "s" in signed.groupdict() else (signed[1], signed[2])
        sign = -1.0 if mark == "-" else 1.0
    digits = _digits(plain.strip(), text)
    return None if digits is None else sign * (digits / 100 if scale != 1.0 else digits)


def _digits(plain: str, original: str) -> float | None:
    """An unsigned number with its separators understood."""
    if re.fullmatch(r"\d*[.,]?\d+([eE][+-]?\d+)?|\d+[.,]", plain):
        if re.fullmatch(r"[1-9]\d{0,2}[.,]\d{3}", plain):
            joined, point = re.sub(r"[.,]", "", plain), re.sub(",", ".", plain)
            raise CellFault(
                shown(original), "a number with one meaning", f"write {joined} or {point} as a number, not as text"
            )
        return float(plain.replace(",", "."))
    for group, decimal in ((" ", ".,"), ("'", ".,"), (",", "."), (".", ",")):
        pattern = rf"\d{{1,3}}(?:{re.escape(group)}\d{{3}})+(?:[{re.escape(decimal)}]\d*)?"
        if re.fullmatch(pattern, plain):
            return float(plain.replace(group, "").replace(",", "."))
    return None


def _date(cell: Cell, value: Any, wanted: str) -> Any:
    if isinstance(value, dt.datetime | dt.date):
        if cell.bare_year is not None:
            hint = f"write the whole date, such as {cell.bare_year}-01-01"
            raise CellFault(f"the number {cell.bare_year} shown as a year", wanted, hint)
        return value.date() if isinstance(value, dt.datetime) else value
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise CellFault(shown(cell.value), wanted)
    if isinstance(value, int | float):
        year = 1900 <= value <= 2200 and float(value).is_integer()
        hint = f"did you mean {value:.0f}-01-01?" if year else "format the cell as a date, or write the date"
        raise CellFault(f"the number {value:g}", wanted, hint)
    text = re.sub(r"[\u2010-\u2014\u2212]", "-", unicodedata.normalize("NFKC", value))
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}([ T].*)?", text):
        raise CellFault(shown(cell.value), wanted, _date_hint(text))
    try:
        return dt.date.fromisoformat(text[:10])
    except ValueError:
        raise CellFault(shown(cell.value), wanted, "there is no such day") from None


def _date_hint(text: str) -> str:
    """The ISO date that a text date can only mean, or how to write one."""
    match = re.fullmatch(r"(\d{1,4})[./ -](\d{1,2})[./ -](\d{1,4})", text)
    if match:
        a, b, c = (int(part) for part in match.groups())
        readings = {(a, b, c)} if a > 31 else {(c, b, a), (c, a, b)} if c > 31 else set()
        days = set()
        for year, month, day in readings:
            try:
                days.add(dt.date(year, month, day).isoformat())
            except ValueError:
                continue
        if days:
            return "write " + " or ".join(sorted(days))
    return "write year-month-day"


def _words(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, dt.datetime | dt.date):
        return shown(value)
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _any_value(cell: Cell, value: Any) -> Any:
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, str) and re.match(r"[\s(+\-\u2212\u2013.,]*\d", value) and period_label(value) is None:
        number = number_of(value)
        return value if number is None else number
    return value


def period_of(cell: Cell) -> str | None:
    """The period label that a header means (2029, 2029-Q3, 2027/28, a date in ISO form), or None where it is none.

    The number 2026 shown as a year arrives as a day of July 1905: it is recognised by its format and its serial number.
    """
    value = cell.value
    if isinstance(value, dt.datetime | dt.date):
        if cell.shows_year_only:
            return str(cell.bare_year or value.year)
        return shown(value)[:7] if cell.shows_month_only and value.day == 1 else shown(value)[:10]
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return f"{value:.0f}" if 1000 <= value <= 9999 and float(value).is_integer() else None
    if not isinstance(value, str):
        return None
    return period_label(re.sub(r"\s*[\(\[][^\)\]]*[\)\]]$", "", tidy(value)))
