"""The calendar of a case: periods, their dates and times, and how labelled columns fall on them."""

from __future__ import annotations

import calendar as gregorian
import datetime as dt
import re
from collections.abc import Iterator, Mapping
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


@lru_cache(maxsize=10_000)
def label_span(label: str) -> tuple[dt.date, dt.date] | None:
    """First and last day that a column header means: 2029, 2029-H1, 2029-Q3, 2029-07 or a date; None if none."""
    match = re.fullmatch(r"(\d{4})(?:-(?:H([12])|Q([1-4])|(\d{2})(?:-(\d{2}))?))?", label.strip().upper())
    if not match:
        return None
    year, half, quarter, month, day = match.groups()
    try:
        if day:
            exact = dt.date(int(year), int(month), int(day))
            return exact, exact
        if month:
            first, length = dt.date(int(year), int(month), 1), 1
        elif quarter:
            first, length = dt.date(int(year), 3 * int(quarter) - 2, 1), 3
        elif half:
            first, length = dt.date(int(year), 6 * int(half) - 5, 1), 6
        else:
            first, length = dt.date(int(year), 1, 1), 12
        return first, add_months(first, length) - dt.timedelta(days=1)
    except ValueError:
        return None


@dataclass(frozen=True)
class Period:
    """One period. Times are years from Start date; ``flow_date`` is when its money moves."""

    index: int
    label: str
    first: dt.date
    last: dt.date
    flow_date: dt.date
    flow_time: float
    end_time: float
    length: float
    phase: Phase

    @property
    def year(self) -> int:
        """Calendar year of the first day: the year in which budgets and yearly limits count the period."""
        return self.first.year


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

    @classmethod
    def build(
        cls,
        start: dt.date,
        construction_end: dt.date,
        end: dt.date,
        period: str,
        operating_period: str,
        timing: Literal["start", "middle", "end"],
    ) -> Calendar:
        """Periods of ``period`` until ``construction_end``, then of ``operating_period`` until ``end``.

        δ_t = months / 12; the flow of t falls at τ_{t-1} + φ·δ_t with φ = 0, ½, 1. Raises CalendarError where a
        date is not the last day of a period.
        """
        spans = list(_spans(start, construction_end, MONTHS[period], "Construction end"))
        built = len(spans)
        if end > construction_end:
            after = construction_end + dt.timedelta(days=1)
            spans += _spans(after, end, MONTHS[operating_period], "End date")
        elif end < construction_end:
            raise CalendarError("End date", f"a day on or after Construction end, {construction_end}")
        periods, elapsed, share = [], 0, TIMING[timing]
        for i, (first, last, months) in enumerate(spans):
            days = (last - first).days
            periods.append(
                Period(
                    index=i,
                    label=_label(first, months),
                    first=first,
                    last=last,
                    flow_date=first + dt.timedelta(days=int(days * share)),
                    flow_time=(elapsed + share * months) / 12,
                    end_time=(elapsed + months) / 12,
                    length=months / 12,
                    phase="Construction" if i < built else "Operation",
                )
            )
            elapsed += months
        return cls(tuple(periods), timing)

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
        """Calendar years with a period that begins in them."""
        return tuple(dict.fromkeys(p.year for p in self.periods))

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
        span = label_span(label)
        if span is None:
            return []
        inside = [p.index for p in self.periods if span[0] <= p.first <= span[1]]
        if span[0] != span[1] and inside:
            return inside
        holder = self.holding(span[0])
        return [holder.index] if holder is not None and span[1] <= holder.last else inside

    def spread(self, values: Mapping[str, float]) -> Array:
        """Flows by column header, spread by length over the periods that each header means; shape (T,)."""
        flows = np.zeros(len(self))
        for label, value in values.items():
            where = self.under(label)
            if len(where) == 1:
                flows[where[0]] += value
            elif where:
                flows[where] += value * self.lengths[where] / self.lengths[where].sum()
        return flows

    def level(self, values: Mapping[str, float]) -> Array:
        """Rates by column header; the last one stated goes on; NaN before the first one. Shape (T,).

        A period has the rate of its first day, as a budget's year is that of the first day; where nothing is stated by
        then, the first rate stated within the period.
        """
        stated = np.full(len(self), np.nan)
        spans = sorted((span[0], value) for label, value in values.items() if (span := label_span(label)))
        for period in self.periods:
            known = [value for first, value in spans if first <= period.first]
            inside = [value for first, value in spans if first <= period.last]
            if inside:
                stated[period.index] = known[-1] if known else inside[0]
        return stated


def _spans(first: dt.date, end: dt.date, months: int, item: str) -> Iterator[tuple[dt.date, dt.date, int]]:
    if end > LAST_DAY:
        raise CalendarError(item, f"a day until {LAST_DAY}")
    origin, count, last = first, 0, first - dt.timedelta(days=1)
    while last < end:
        begin, before = last + dt.timedelta(days=1), last
        count += 1
        last = add_months(origin, count * months) - dt.timedelta(days=1)
        if last > end:
            near = f"{before} or {last}" if before >= origin else f"{last}"
            raise CalendarError(item, f"the last day of a period of {months} months, such as {near}")
        yield begin, last, months
    if count == 0:
        raise CalendarError(item, f"a day after {first}")


def _label(first: dt.date, months: int) -> str:
    if first.day == 1 and (first.month - 1) % months == 0:
        number = (first.month - 1) // months + 1
        return {
            12: f"{first.year}",
            6: f"{first.year}-H{number}",
            3: f"{first.year}-Q{number}",
            1: f"{first.year}-{number:02d}",
        }[months]
    return first.isoformat()
