"""The calendar of a case: periods, their dates and times, and how labelled columns fall on them."""

from __future__ import annotations

import calendar as gregorian
import datetime as dt
import math
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Literal

import numpy as np

from finopt.finance import Array

MONTHS = {"month": 1, "quarter": 3, "half-year": 6, "year": 12}
LAST_DAY = dt.date(2999, 12, 31)
"""No calendar reaches further: a later year is a slip of the pen."""
TIMING = {"start": 0.0, "middle": 0.5, "end": 1.0}
Phase = Literal["Construction", "Operation"]


def add_months(day: dt.date, months: int) -> dt.date:
    """The same day ``months`` later, or the month's last day where there is no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return dt.date(year, month + 1, min(day.day, gregorian.monthrange(year, month + 1)[1]))


def whole_months(years: float) -> int:
    """Years to the nearest whole month: time is counted in months everywhere."""
    return round(12 * years)


def months_between(first: dt.date, last: dt.date) -> int:
    """Whole months from one day to a later one."""
    months = 12 * (last.year - first.year) + last.month - first.month
    return months if add_months(first, months) <= last else months - 1


def month_number(day: dt.date) -> float:
    """A day as a count of months: 24,325.0 is the beginning of February 2027, .5 later its middle."""
    days = gregorian.monthrange(day.year, day.month)[1]
    return 12 * day.year + day.month - 1 + (day.day - 1) / days


@lru_cache(maxsize=10_000)
def period_label(text: str) -> str | None:
    """What a column header says, in one spelling; None where it is no period.

    The spellings are 2029, 2029/30 (a budget year), CY2029 (always January to December), 2029-H1, 2029-Q3, 2029-07
    and 2029-07-31. FY2029, 2029E, 2029-30, FY29/30, 1H29, Q3 2029, 3Q29 and Jul-29 are read as well.
    """
    plain = " ".join(re.sub(r"[\u2010-\u2014\u2212]", "-", unicodedata.normalize("NFKC", text)).upper().split())
    plain = plain.replace("\u2019", "'")
    for pattern, spell in _SPELLINGS:
        match = re.fullmatch(pattern, plain)
        if match:
            return spell(*match.groups())
    return None


def _full(year: str) -> int:
    return int(year) if len(year) == 4 else 2000 + int(year)


def _budget_year(first: str, second: str) -> str | None:
    year = _full(first)
    following = int(second) % 100 == (year + 1) % 100 and (len(second) == 2 or int(second) == year + 1)
    return f"{year}/{(year + 1) % 100:02d}" if following else None


def _month_of(name: str, year: str) -> str:
    return f"{_full(year)}-{MONTH_NAMES.index(name[:3].title()) + 1:02d}"


MONTH_NAMES = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_NAMED = "(JAN(?:UARY)?|FEB(?:RUARY)?|MAR(?:CH)?|APR(?:IL)?|MAY|JUNE?|JULY?|AUG(?:UST)?|SEPT?(?:EMBER)?|OCT(?:OBER)?|"
_NAMED += "NOV(?:EMBER)?|DEC(?:EMBER)?)"
_YEAR = "'?(\\d{4}|\\d{2})"
_SPELLINGS: tuple[tuple[str, Callable[..., str | None]], ...] = (
    (r"(\d{4})(?: ?[AEFBP])?", str),
    (r"CY ?" + _YEAR, lambda y: f"CY{_full(y)}"),
    (r"FY ?" + _YEAR + r"(?: ?[AEFBP])?", lambda y: f"FY{_full(y)}"),
    (r"(\d{4})-(0[1-9]|1[0-2])", lambda y, m: f"{y}-{m}"),
    (r"(\d{4}-\d{2}-\d{2})(?:[ T]00:00(?::00)?)?", str),
    (r"(\d{4}) ?[/-] ?(\d{4}|\d{2})", _budget_year),
    (r"FY ?" + _YEAR + r" ?[/-] ?(\d{4}|\d{2})", _budget_year),
    (r"(\d{4})[ /-]?H([12])", lambda y, n: f"{y}-H{n}"),
    (r"(\d{4})[ /-]?Q([1-4])", lambda y, n: f"{y}-Q{n}"),
    (r"(?:H([12])|([12])H)[ /-]?" + _YEAR, lambda n, m, y: f"{_full(y)}-H{n or m}"),
    (r"(?:Q([1-4])|([1-4])Q)[ /-]?" + _YEAR, lambda n, m, y: f"{_full(y)}-Q{n or m}"),
    (_NAMED + r"\.?[ /-]?" + _YEAR, _month_of),
)  # fmt: skip
"""Headers as people write them, each with its one spelling."""


@lru_cache(maxsize=10_000)
def label_span(text: str, year_begins: int = 1) -> tuple[dt.date, dt.date] | None:
    """First and last day that a column header means; None where it means none.

    The budget year begins in month ``year_begins``. Where that is not January, a plain 2027 or FY2027 has two readings
    and means none; where it is, 2027/28 means none.
    """
    label = period_label(text)
    if label is None:
        return None
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", label):
            exact = dt.date.fromisoformat(label)
            return exact, exact
        begins = _beginning(label, year_begins)
        if begins is None:
            return None
        first, length = begins
        return first, add_months(first, length) - dt.timedelta(days=1)
    except ValueError:
        return None


def _beginning(label: str, year_begins: int) -> tuple[dt.date, int] | None:
    """First day and length in months of a label that is no day."""
    year = int(label.removeprefix("CY").removeprefix("FY")[:4])
    if "/" in label:
        return None if year_begins == 1 else (dt.date(year, year_begins, 1), 12)
    if re.fullmatch(r"(FY)?\d{4}", label):
        return (dt.date(year, 1, 1), 12) if year_begins == 1 else None
    if label.startswith("CY"):
        return dt.date(year, 1, 1), 12
    kind, number = label[5], label[6:]
    if kind == "Q":
        return dt.date(year, 3 * int(number) - 2, 1), 3
    if kind == "H":
        return dt.date(year, 6 * int(number) - 5, 1), 6
    return dt.date(year, int(label[5:]), 1), 1


@dataclass(frozen=True)
class Period:
    """One period. Times are years from Start date.

    ``flow_date`` is when costs, draws and revenue move; what funders take out moves on its last day. ``year`` is the
    budget year of its first day, by the calendar year in which that begins; ``months`` its length.
    """

    index: int
    label: str
    first: dt.date
    last: dt.date
    flow_date: dt.date
    flow_time: float
    end_time: float
    length: float
    phase: Phase
    year: int
    months: int


class CalendarError(ValueError):
    """Dates that do not make whole periods. ``item`` is the Project item at fault, ``expected`` what would do."""

    def __init__(self, item: str, expected: str) -> None:
        self.item, self.expected = item, expected
        super().__init__(f"{item}: expected {expected}")


@dataclass(frozen=True)
class Calendar:
    """The periods of a case, in order, and arrays over them (shape (T,), years unless said)."""

    periods: tuple[Period, ...]
    timing: Literal["start", "middle", "end"]
    year_begins: int = 1

    @classmethod
    def build(
        cls,
        start: dt.date,
        construction_end: dt.date,
        end: dt.date,
        period: str,
        operating_period: str,
        timing: Literal["start", "middle", "end"],
        year_begins: int = 1,
    ) -> Calendar:
        """Periods of ``period`` until ``construction_end``, then of ``operating_period`` until ``end``.

        δ_t = months / 12; the flow of t falls at τ_{t-1} + φ·δ_t with φ = 0, ½, 1. Where whole periods do not reach
        from a first to a last day, a shorter one comes first, up to the next quarter, half or whole of a budget year.
        Raises CalendarError where a date is not the last day of a period.
        """
        spans = list(_spans(start, construction_end, MONTHS[period], "Construction end", year_begins))
        built = len(spans)
        if end > construction_end:
            after = construction_end + dt.timedelta(days=1)
            spans += _spans(after, end, MONTHS[operating_period], "End date", year_begins)
        elif end < construction_end:
            raise CalendarError("End date", f"a day on or after Construction end, {construction_end}")
        periods, elapsed, share = [], 0, TIMING[timing]
        for i, (first, last, months) in enumerate(spans):
            days = (last - first).days
            periods.append(
                Period(
                    index=i,
                    label=_label(first, months, year_begins),
                    first=first,
                    last=last,
                    flow_date=first + dt.timedelta(days=int(days * share)),
                    flow_time=(elapsed + share * months) / 12,
                    end_time=(elapsed + months) / 12,
                    length=months / 12,
                    phase="Construction" if i < built else "Operation",
                    year=first.year if first.month >= year_begins else first.year - 1,
                    months=months,
                )
            )
            elapsed += months
        return cls(tuple(periods), timing, year_begins)

    def __len__(self) -> int:
        return len(self.periods)

    def __iter__(self) -> Iterator[Period]:
        return iter(self.periods)

    def __getitem__(self, index: int) -> Period:
        return self.periods[index]

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """Label of each period: 2029, 2029-H1, 2029-Q3, 2029-07, or its first day."""
        return tuple(p.label for p in self.periods)

    @cached_property
    def lengths(self) -> Array:
        """δ_t."""
        return np.array([p.length for p in self.periods])

    @cached_property
    def flow_times(self) -> Array:
        """τ_{t-1} + φ·δ_t."""
        return np.array([p.flow_time for p in self.periods])

    @cached_property
    def end_times(self) -> Array:
        """τ_t."""
        return np.array([p.end_time for p in self.periods])

    @property
    def omega(self) -> float:
        """Share of a period for which a draw made in it bears interest: 1, ½, 0 for start, middle, end."""
        return 1.0 - TIMING[self.timing]

    @cached_property
    def edges(self) -> tuple[dt.date, ...]:
        """First day of each period, then the day after the horizon: T + 1 dates."""
        return (*(p.first for p in self.periods), self.periods[-1].last + dt.timedelta(days=1))

    @cached_property
    def construction(self) -> int:
        """How many periods lie before Construction end."""
        return sum(p.phase == "Construction" for p in self.periods)

    @cached_property
    def years(self) -> tuple[int, ...]:
        """Budget years with a period that begins in them, by the calendar year in which each begins."""
        return tuple(dict.fromkeys(p.year for p in self.periods))

    def year_name(self, year: int) -> str:
        """A budget year as a header: 2027, or 2027/28 where it begins in another month than January."""
        return f"{year}" if self.year_begins == 1 else f"{year}/{(year + 1) % 100:02d}"

    def years_of(self, period: Period) -> tuple[int, ...]:
        """The budget years in which a period lies: more than one is a fault under a yearly ceiling."""
        return tuple(range(period.year, period.year + (period.last >= self._turn(period)) + 1))

    def _turn(self, period: Period) -> dt.date:
        return dt.date(period.year + 1, self.year_begins, 1)

    def stretch(self, periods: Sequence[int]) -> str:
        """The first and the last of some periods in words: "2029 to 2031", or one label."""
        first, last = self.labels[min(periods)], self.labels[max(periods)]
        return first if first == last else f"{first} to {last}"

    def span(self, label: str) -> tuple[dt.date, dt.date] | None:
        """First and last day that a column header means in this calendar; None where it means none."""
        return label_span(label, self.year_begins)

    def holding(self, day: dt.date) -> Period | None:
        """The period that holds a day, or None outside the calendar."""
        return next((p for p in self.periods if p.first <= day <= p.last), None)

    def under(self, label: str) -> list[int]:
        """Periods that a column header means: those that begin in its span, or the one that holds it whole."""
        if label not in self._headers:
            self._headers[label] = self._meant(label)
        return list(self._headers[label])

    @cached_property
    def _headers(self) -> dict[str, list[int]]:
        """What headers were found to mean."""
        return {}

    def _meant(self, label: str) -> list[int]:
        span = self.span(label)
        if span is None:
            return []
        inside = [p.index for p in self.periods if span[0] <= p.first <= span[1]]
        if span[0] != span[1] and inside:
            return inside
        holder = self.holding(span[0])
        return [holder.index] if holder is not None and span[1] <= holder.last else inside

    def reached(self, label: str, window: tuple[dt.date, dt.date] | None = None) -> list[int]:
        """Periods in which some of a flow under a column header falls, or of that part of it inside a window."""
        return [int(t) for t in np.flatnonzero(self._share(label, window) > 0)]

    def spread(self, values: Mapping[str, float]) -> Array:
        """Flows by column header, each at an even rate over its months; what falls outside is lost. Shape (T,).

        A day's flow falls whole into the period that holds it.
        """
        return sum((self._share(label) * value for label, value in values.items()), np.zeros(len(self)))

    def shared(self, values: Mapping[str, float], window: tuple[dt.date, dt.date] | None = None) -> Array:
        """Flows by column header, each shared by its months inside the calendar, and inside a window; shape (T,).

        What has no month in the window falls where its header says: no money is lost.
        """
        flows = np.zeros(len(self))
        for label, value in values.items():
            share = self._share(label, window)
            share = share if share.any() else self._share(label)
            if share.any():
                flows += value * share / share.sum()
        return flows

    def _share(self, label: str, window: tuple[dt.date, dt.date] | None = None) -> Array:
        """The part of a header's months that lies in each period, and in a window of whole months; (T,)."""
        span = self.span(label)
        if span is None:
            return np.zeros(len(self))
        if span[0] == span[1]:
            inside = window is None or window[0] <= span[0] <= window[1]
            return np.array([float(inside and p.first <= span[0] <= p.last) for p in self.periods])
        first, last = month_number(span[0]), month_number(_next(span[1]))
        low, high = first, last
        if window is not None:
            low = max(low, math.floor(month_number(window[0])))
            high = min(high, math.ceil(month_number(_next(window[1]))))
        edges = np.clip(self._month_edges, low, max(low, high))
        return np.asarray(np.diff(edges) / (last - first))

    @cached_property
    def _month_edges(self) -> Array:
        """The edges of the periods as counts of months; (T + 1,)."""
        return np.array([month_number(day) for day in self.edges])

    def level(self, values: Mapping[str, float]) -> Array:
        """Rates by column header: the last whose header begins on or before a period's first day; shape (T,).

        Before the first, the first; NaN where nothing is stated at all.
        """
        spans = sorted((span[0], value) for label, value in values.items() if (span := self.span(label)))
        if not spans:
            return np.full(len(self), np.nan)
        known = [[value for first, value in spans if first <= p.first] or [spans[0][1]] for p in self.periods]
        return np.array([stated[-1] for stated in known])


def _next(day: dt.date) -> dt.date:
    return day + dt.timedelta(days=1)


def _spans(
    first: dt.date, end: dt.date, months: int, item: str, year_begins: int
) -> Iterator[tuple[dt.date, dt.date, int]]:
    """First day, last day and months of each period from ``first`` to ``end``."""
    if end > LAST_DAY:
        raise CalendarError(item, f"a day until {LAST_DAY}")
    if end < first:
        raise CalendarError(item, f"a day after {first}")
    stub = _stub(first, months, year_begins)
    whole, begin = _reach(first, end, months), add_months(first, stub)
    if stub and whole != end and end in (begin - dt.timedelta(days=1), _reach(begin, end, months)):
        yield first, begin - dt.timedelta(days=1), stub
        first = begin
    elif whole != end:
        near = [day for day in (_before(whole, first, months), whole) if day >= first]
        words = " or ".join(map(str, near))
        raise CalendarError(item, f"the last day of a period of {months} months, such as {words}")
    count, begin = 0, first
    while begin <= end:
        count += 1
        last = add_months(first, count * months) - dt.timedelta(days=1)
        yield begin, last, months
        begin = _next(last)


def _stub(first: dt.date, months: int, year_begins: int) -> int:
    """Months until the next whole period of a budget year; 0 where one begins on this day, or none begins a month."""
    return (year_begins - first.month) % months if first.day == 1 else 0


def _reach(first: dt.date, end: dt.date, months: int) -> dt.date:
    """The last day of the first whole period from ``first`` that ends on or after ``end``."""
    count = max(1, months_between(first, _next(end)) // months) if end >= first else 1
    last = add_months(first, count * months) - dt.timedelta(days=1)
    return last if last >= end else add_months(first, (count + 1) * months) - dt.timedelta(days=1)


def _before(last: dt.date, first: dt.date, months: int) -> dt.date:
    """The last day of the period before the one from ``first`` that ends on ``last``."""
    count = round((month_number(_next(last)) - month_number(first)) / months)
    return add_months(first, (count - 1) * months) - dt.timedelta(days=1)


def _label(first: dt.date, months: int, year_begins: int) -> str:
    """The name of a period: the header that means it, or its first day."""
    if first.day != 1:
        return first.isoformat()
    if months == 12 and first.month == year_begins:
        return f"{first.year}" if year_begins == 1 else f"{first.year}/{(first.year + 1) % 100:02d}"
    if months == 12 and first.month == 1:
        return f"CY{first.year}"
    if months in (1, 3, 6) and (first.month - 1) % months == 0:
        number = (first.month - 1) // months + 1
        return {6: f"{first.year}-H{number}", 3: f"{first.year}-Q{number}", 1: f"{first.year}-{number:02d}"}[months]
    return first.isoformat()
