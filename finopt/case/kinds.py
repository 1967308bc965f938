"""Kinds of cells: what a number, a rate, a share, a date or a choice may look like, and what it then means."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

from finopt.case.instruments import instrument_names
from finopt.case.names import fold


def expected(what: str, hint: str = "") -> PydanticCustomError:
    """The fault of one cell: what was expected and the way out."""
    return PydanticCustomError("cell", "{expected}", {"expected": what, "hint": hint})


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise expected("a number")
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            raise expected("a number such as 1234.5") from None
    if not math.isfinite(value):
        raise expected("a finite number")
    return float(value)


def _amount(value: Any) -> float:
    number = _number(value)
    if number < 0:
        raise expected("an amount of zero or more")
    return number


def _positive(value: Any) -> float:
    number = _number(value)
    if number <= 0:
        raise expected("a number above zero")
    return number


def _fraction(value: Any) -> float:
    if isinstance(value, str) and value.strip().endswith("%"):
        return _number(value.strip()[:-1].strip()) / 100
    return _number(value)


def number_of(value: Any) -> float | None:
    """A cell's number, also from text such as `5%`; None where it is none."""
    if value is None or isinstance(value, bool):
        return None
    try:
        return _fraction(value)
    except PydanticCustomError:
        return None


def _rate(value: Any) -> float:
    number = _fraction(value)
    if abs(number) >= 1:
        raise expected("a share such as 0.065", f"did you mean {number:g}%?")
    return number


def _fee(value: Any) -> float:
    number = _rate(value)
    if number < 0:
        raise expected("a rate of zero or more, such as 0.01 or 1%")
    return number


def _share(value: Any) -> float:
    number = _fraction(value)
    if number > 1:
        raise expected("a share between 0 and 1", f"did you mean {number:g}%?")
    if number < 0:
        raise expected("a share between 0 and 1")
    return number


def _uplift(value: Any) -> float:
    number = _fraction(value)
    if not 0 <= number < 5:
        raise expected("a share such as 0.15 or 15%", f"did you mean {number:g}%?" if number >= 5 else "")
    return number


def _yes_no(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    word = str(value).strip().casefold()
    if word in ("yes", "y", "true"):
        return True
    if word in ("no", "n", "false"):
        return False
    raise expected("yes or no")


def _eligible(value: Any) -> float:
    if isinstance(value, bool) or (isinstance(value, str) and not value.strip().rstrip("%").strip()[:1].isdigit()):
        try:
            return 1.0 if _yes_no(value) else 0.0
        except PydanticCustomError:
            raise expected("yes, no, or a share between 0 and 1") from None
    return _share(value)


def _date(value: Any) -> dt.date:
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, dt.date):
        return value
    if isinstance(value, str):
        try:
            return dt.date.fromisoformat(value.strip()[:10])
        except ValueError:
            raise expected("a date such as 2029-03-31") from None
    raise expected("a date such as 2029-03-31")


def _text(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = " ".join(str(value).split())
    if not text:
        raise expected("a text")
    return text


def _chosen(value: Any, words: tuple[str, ...]) -> str:
    for word in words:
        if fold(str(value)) == fold(word):
            return word
    raise expected(" or ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else words[0])


def _choice(*words: str) -> BeforeValidator:
    return BeforeValidator(lambda value: _chosen(value, words))


PROFILE_SHAPES: Mapping[str, tuple[float, float]] = {
    "uniform": (1.0, 1.0),
    "s-curve": (2.0, 2.0),
    "front": (1.5, 2.1),
    "back": (2.1, 1.5),
}


MOST_SHAPE = 1000
"""A beta profile so pointed falls within a few days: more is a slip of the pen."""


def _profile(value: Any) -> tuple[float, float]:
    if isinstance(value, tuple):
        return value
    word = re.sub(r"\s+", "", str(value)).casefold()
    if word in PROFILE_SHAPES:
        return PROFILE_SHAPES[word]
    match = re.fullmatch(r"beta\((\d+\.?\d*|\.\d+)[,;](\d+\.?\d*|\.\d+)\)", word)
    if match:
        a, b = float(match[1]), float(match[2])
        if 0 < a <= MOST_SHAPE and 0 < b <= MOST_SHAPE:
            return a, b
    raise expected(f"uniform, s-curve, front, back, or beta(a,b) with a and b above zero and at most {MOST_SHAPE}")


def _sense(value: Any) -> str:
    word = str(value).strip().replace("≤", "<=").replace("≥", ">=").replace("==", "=")
    word = {"=<": "<=", "=>": ">=", "<": "<=", ">": ">="}.get(word, word)
    if word not in ("<=", ">=", "="):
        raise expected("<=, >= or =")
    return word


Kind = Literal[
    "text", "name", "amount", "number", "rate", "share", "years", "date", "yes/no", "choice",
    "profile", "sense", "selector", "names", "value",
]  # fmt: skip

Name = Annotated[str, BeforeValidator(_text)]
Number = Annotated[float, BeforeValidator(_number)]
Amount = Annotated[float, BeforeValidator(_amount)]
Positive = Annotated[float, BeforeValidator(_positive)]
Rate = Annotated[float, BeforeValidator(_rate)]
Fee = Annotated[float, BeforeValidator(_fee)]
Share = Annotated[float, BeforeValidator(_share)]
Uplift = Annotated[float, BeforeValidator(_uplift)]
Years = Annotated[float, BeforeValidator(_amount)]
Date = Annotated[dt.date, BeforeValidator(_date)]
YesNo = Annotated[bool, BeforeValidator(_yes_no)]
Profile = Annotated[tuple[float, float], BeforeValidator(_profile)]
Sense = Annotated[Literal["<=", ">=", "="], BeforeValidator(_sense)]
Eligible = Annotated[float, BeforeValidator(_eligible)]
MONTH_NAMES = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip


def _month(value: Any) -> str:
    """A month by its name, the first letters of it, or its number."""
    if isinstance(value, int | float) and not isinstance(value, bool) and value in range(1, 13):
        return MONTH_NAMES[int(value) - 1]
    word = fold(str(value))
    found = [name for name in MONTH_NAMES if len(word) >= 3 and fold(name).startswith(word)]
    if word.isdigit() and 1 <= int(word) <= 12:
        found = [MONTH_NAMES[int(word) - 1]]
    if len(found) != 1:
        raise expected("a month such as January or April")
    return found[0]


MonthName = Annotated[str, BeforeValidator(_month)]
PeriodLength = Annotated[
    Literal["month", "quarter", "half-year", "year"], _choice("month", "quarter", "half-year", "year")
]
Instrument = Annotated[str, BeforeValidator(lambda value: _chosen(value, instrument_names()))]
Repayment = Annotated[
    Literal["bullet", "equal", "annuity", "sculpted", "table"],
    _choice("bullet", "equal", "annuity", "sculpted", "table"),
]
FlowTiming = Annotated[Literal["start", "middle", "end"], _choice("start", "middle", "end")]
Timing = Annotated[Literal["fixed", "shift", "spread"], _choice("fixed", "shift", "spread")]
CovenantKind = Annotated[
    Literal["DSCR", "LLCR", "gearing", "reserve months", "average life", "debt"],
    _choice("DSCR", "LLCR", "gearing", "reserve months", "average life", "debt"),
]
MEASURES = (
    "financing cost", "interest and fees", "money", "peak year", "peak debt", "closing cash", "finish", "change",
)  # fmt: skip
MeasureName = Annotated[
    Literal[
        "financing cost", "interest and fees", "money", "peak year", "peak debt", "closing cash", "finish", "change"
    ],
    _choice(*MEASURES),
]
