"""The terms of a case, worked out again from the inputs as read: time, cost, money on offer, rates, repayment.

Index letters: s source, w package, u use (packages, then Financing costs, then Refinancing), t period. Amounts of a
source are in its own currency, everything else in case money.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import beta

from finopt.auditor.sheets import Record, Report, same
from finopt.errors import ReportError
from finopt.tolerances import SUM_OF_SHARES, WHOLE_MONTHS

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
PHI = {"start": 0.0, "middle": 0.5, "end": 1.0}
"""When in a period costs, draws and revenue move."""
SHAPES = {"uniform": (1.0, 1.0), "s-curve": (2.0, 2.0), "front": (1.5, 2.1), "back": (2.1, 1.5)}
DEBT = ("loan", "bond", "credit line")
SCHEDULED = ("loan", "bond")
REVOLVING = ("credit line",)
AHEAD = ("bond",)
PAYS_OUT = ("equity",)
"""The traits of instruments, stated here again so that a slip in the table of `finopt.case` is found."""
FINANCING_COSTS, REFINANCING, ACCOUNT, PROJECT = "Financing costs", "Refinancing", "Project account", "project"
SOURCE_FIELDS = ("party", "source", "instrument", "currency", "repaid by", "draw group")
HEADINGS = (
    (r"(?:CY|FY)?(\d{4})", 12), (r"(\d{4})/\d{2,4}", -12), (r"(\d{4})-H([12])", 6), (r"(\d{4})-Q([1-4])", 3),
    (r"(\d{4})-(\d{2})", 1),
)  # fmt: skip
"""Headings of time and the months that each covers; -12 is a budget year."""


def later(day: dt.date, months: int) -> dt.date:
    """The first day of a month some months later, or the same day of it where the month has one."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    for back in range(4):
        try:
            return dt.date(year, month + 1, day.day - back)
        except ValueError:
            continue
    raise AssertionError(day)


def in_months(day: dt.date) -> float:
    """A day on a line of months, days as parts of their month."""
    first = day.replace(day=1)
    return day.year * 12 + day.month - 1 + (day - first).days / (later(first, 1) - first).days


class Terms:
    """What the inputs mean. Arrays are over sources (S), uses (U) and periods (T)."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.project: Record = report.rows("Project")[0]
        self.parties = [str(row["Party"]) for row in report.rows("Parties")]
        self.sources = list(report.rows("Sources"))
        self.names = [str(row["Source"]) for row in self.sources]
        self.packages = list(report.rows("Packages"))
        self.uses = [*(str(row["Package"]) for row in self.packages), FINANCING_COSTS, REFINANCING]
        self.financing, self.refinancing = len(self.packages), len(self.packages) + 1
        self.labels = [label for label, _, _ in report.periods]
        self.T, self.S = len(self.labels), len(self.sources)

    # ------------------------------------------------------------------ time

    @cached_property
    def first(self) -> list[dt.date]:
        """First day of each period."""
        return [self.start, *(last + dt.timedelta(days=1) for last in self.last[:-1])]

    @cached_property
    def last(self) -> list[dt.date]:
        """Last day of each period."""
        return [last for _, last, _ in self.report.periods]

    @property
    def start(self) -> dt.date:
        """First day of the first period."""
        return _day(self.project["Start date"])

    @property
    def construction_end(self) -> dt.date:
        """Last day on which packages cost money."""
        return _day(self.project["Construction end"])

    @cached_property
    def months(self) -> npt.NDArray[np.int64]:
        """Length of each period in whole months."""
        edges = [in_months(day) for day in [*self.first, self.last[-1] + dt.timedelta(days=1)]]
        return np.rint(np.diff(edges)).astype(np.int64)

    @cached_property
    def ends(self) -> npt.NDArray[np.int64]:
        """Months from Start date to the end of each period."""
        return np.cumsum(self.months)

    @property
    def phi(self) -> float:
        """0, a half, 1 for flows at the start, middle, end of a period."""
        return PHI[str(self.project.get("Flow timing", "end"))]

    @cached_property
    def length(self) -> Array:
        """Length of each period in years."""
        return self.months / 12.0

    @cached_property
    def flow_time(self) -> Array:
        """Years from Start date to the flow of costs, draws and revenue."""
        return np.asarray((self.ends - (1 - self.phi) * self.months) / 12.0)

    @cached_property
    def flow_day(self) -> list[dt.date]:
        """The day of that flow."""
        spans = zip(self.first, self.last, strict=True)
        return [first + dt.timedelta(days=int((last - first).days * self.phi)) for first, last in spans]

    @cached_property
    def early(self) -> Array:
        """Discount factor of costs, draws, upfront fees and draw fees."""
        return np.asarray((1 + _rate(self.project, "Discount rate")) ** -self.flow_time)

    @cached_property
    def late(self) -> Array:
        """Discount factor of what funders take out: it moves at the period's end."""
        return np.asarray((1 + _rate(self.project, "Discount rate")) ** -(self.ends / 12.0))

    @cached_property
    def operating(self) -> Mask:
        """Periods after Construction end."""
        return np.array([first > self.construction_end for first in self.first])

    @cached_property
    def year_begins(self) -> int:
        """Month in which the budget year begins."""
        stated = self.project.get("Year begins", "January")
        return int(stated) if isinstance(stated, int | float) else _month(str(stated))

    @cached_property
    def years(self) -> npt.NDArray[np.int64]:
        """Budget year of the first day of each period."""
        return np.array([day.year - (day.month < self.year_begins) for day in self.first])

    @cached_property
    def year_names(self) -> list[str]:
        """Budget year of each period as a heading: 2027, or 2027/28."""
        plain = self.year_begins == 1
        return [f"{year}" if plain else f"{year}/{(year + 1) % 100:02d}" for year in self.years.tolist()]

    def span(self, label: str) -> tuple[dt.date, dt.date] | None:
        """First day that a heading of time means, and the day after its last."""
        text = label.strip().upper()
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
            day = dt.date.fromisoformat(text)
            return day, day + dt.timedelta(days=1)
        for pattern, months in HEADINGS:
            found = re.fullmatch(pattern, text)
            if found:
                year, part = int(found[1]), int(found[2]) if found.lastindex == 2 else 1
                begins = self.year_begins if months < 0 or text.startswith("FY") else 1
                first = later(dt.date(year, begins, 1), abs(months) * (part - 1))
                return first, later(first, abs(months))
        return None

    def _part(self, label: str, window: tuple[float, float] | None = None) -> Array:
        """The part of a heading's months that each period holds, inside a window where one is given."""
        span = self.span(label)
        if span is None:
            raise ReportError(f"{self.report.path}: sheet Inputs has the heading {label!r}, which means no period")
        if (span[1] - span[0]).days == 1:
            return np.array([float(a <= span[0] <= b) for a, b in zip(self.first, self.last, strict=True)])
        low, high = in_months(span[0]), in_months(span[1])
        edges = np.array([in_months(day) for day in [*self.first, self.last[-1] + dt.timedelta(days=1)]])
        inside = (low, high) if window is None else (max(low, window[0]), min(high, window[1]))
        return np.asarray(np.diff(np.clip(edges, inside[0], max(inside))) / (high - low))

    def flows(self, row: Record, fixed: Iterable[str]) -> Array:
        """Figures under headings of time, each at an even rate over its months."""
        total = np.zeros(self.T)
        for label, value in _series(row, fixed).items():
            total += self._part(label) * value
        return total

    def shared(self, row: Record, fixed: Iterable[str], window: tuple[float, float] | None = None) -> Array:
        """The same, each figure shared by its months inside the calendar and the window."""
        total = np.zeros(self.T)
        for label, value in _series(row, fixed).items():
            part = self._part(label, window)
            total += value * part / part.sum() if part.any() else 0.0
        return total

    def level(self, row: Record, fixed: Iterable[str]) -> Array:
        """Rates under headings of time: the last that begins by a period's first day; before the first, the first."""
        stated = sorted((span[0], v) for k, v in _series(row, fixed).items() if (span := self.span(k)))
        return np.array([([v for day, v in stated if day <= first] or [stated[0][1]])[-1] for first in self.first])

    def under(self, label: str) -> list[int]:
        """Periods that begin under a heading, or the one that holds it whole."""
        span = self.span(label)
        assert span is not None, label
        inside = [t for t, day in enumerate(self.first) if span[0] <= day < span[1]]
        if inside and (span[1] - span[0]).days > 1:
            return inside
        last = span[1] - dt.timedelta(days=1)
        return [t for t in range(self.T) if self.first[t] <= span[0] and last <= self.last[t]] or inside

    def within(self, row: Record) -> list[int]:
        """Periods whose flow falls in a row's From and To."""
        low, high = row.get("From", dt.date.min), row.get("To", dt.date.max)
        return [t for t, day in enumerate(self.flow_day) if _day(low) <= day <= _day(high)]

    # ------------------------------------------------------------------ what is to be paid

    @cached_property
    def cost(self) -> Array:
        """Nominal cost of each package, escalated and with contingency; (W, T)."""
        own = {same(row["Package"]): row for row in self.report.rows("Costs")}
        return np.array([self._cost(row, own.get(same(row["Package"]))) for row in self.packages])

    def _cost(self, row: Record, stated: Record | None) -> Array:
        start, finish = _day(row["Start"]), _day(row["Finish"]) + dt.timedelta(days=1)
        if stated is not None:
            window = (np.floor(in_months(start)), np.ceil(in_months(finish)))
            return self.shared(stated, ("Package",), (float(window[0]), float(window[1])))
        edges = [*self.first, self.last[-1] + dt.timedelta(days=1)]
        elapsed = np.array([(day - start).days for day in edges]) / (finish - start).days
        shares = np.diff(beta.cdf(np.clip(elapsed, 0.0, 1.0), *_shape(str(row.get("Profile", "uniform")))))
        rate = float(row.get("Escalation", self.project.get("Escalation", 0.0)))
        price_date = _day(self.project.get("Price date", self.start))
        years = (self.start - price_date).days / 365.25 + self.flow_time
        amount = float(row.get("Amount", 0.0)) * (1 + float(row.get("Contingency", 0.0)))
        return np.asarray(amount * shares * (1 + rate) ** years)

    @cached_property
    def cfads(self) -> Array:
        """Revenue less operating cost."""
        total = np.zeros(self.T)
        for row in self.report.rows("Revenue"):
            sign = 1.0 if row["Kind"] == "revenue" else -1.0
            total += sign * self.flows(row, ("Line", "Kind", "Opens with"))
        return total

    @cached_property
    def deposit(self) -> Array:
        """What a deposit earns in each period."""
        return float(self.project.get("Deposit rate", 0.0)) * self.length

    @cached_property
    def eligible(self) -> Array:
        """Most of each use that each source may pay; (U, S + 1), the project account last."""
        rows = self.report.rows("Eligibility")
        if not rows:
            table = np.ones((len(self.uses), self.S + 1))
            table[self.refinancing, : self.S] = 0.0
            return table
        table = np.zeros((len(self.uses), self.S + 1))
        for u, use in enumerate(self.uses):
            chosen = [row for row in rows if same(row["Package"]) == same(use)]
            if not chosen and u < self.financing:
                selects = [row for row in rows if same(row["Package"]).partition(":")[0] in ("location", "group")]
                chosen = [row for row in selects if u in self.chosen_uses(str(row["Package"]))]
            for s, name in enumerate([*self.names, ACCOUNT]):
                empty = 1.0 if s == self.S else 0.0
                table[u, s] = max((_found(row, name, empty) for row in chosen), default=empty)
        return table

    # ------------------------------------------------------------------ who offers it

    def text(self, s: int, title: str, default: str = "") -> str:
        """A term of a source in words."""
        return str(self.sources[s].get(title, default))

    def number(self, s: int, title: str, default: float = 0.0) -> float:
        """A term of a source as a number."""
        return float(self.sources[s].get(title, default))

    def column(self, title: str, default: float = 0.0) -> Array:
        """A term of every source as a column; (S, 1)."""
        return np.array([[self.number(s, title, default)] for s in range(self.S)]).reshape(self.S, 1)

    def kind(self, *instruments: str) -> Mask:
        """Whether each source is of these instruments; (S,)."""
        return np.array([self.text(s, "Instrument") in instruments for s in range(self.S)], dtype=bool)

    @cached_property
    def party(self) -> list[int]:
        """The party behind each source."""
        names = [same(name) for name in self.parties]
        return [names.index(same(row["Party"])) for row in self.sources]

    @cached_property
    def payer(self) -> list[int | None]:
        """The party that repays each source, None for the project."""
        names = [same(name) for name in self.parties]
        words = [same(self.text(s, "Repaid by", PROJECT)) for s in range(self.S)]
        return [None if word == PROJECT else names.index(word) for word in words]

    @cached_property
    def fx(self) -> Array:
        """Case money per unit of each source's currency; (S, T)."""
        home = same(self.project["Currency"])
        table = {same(row["Currency"]): self.level(row, ("Currency",)) for row in self.report.rows("FX")}
        words = [same(self.text(s, "Currency", home)) for s in range(self.S)]
        return np.array([np.ones(self.T) if word == home else table[word] for word in words])

    @cached_property
    def rate(self) -> Array:
        """Yearly rate of each source; (S, T)."""
        curves = {same(row["Curve"]): self.level(row, ("Curve",)) for row in self.report.rows("Curves")}
        flat = np.ones(self.T)
        return np.array(
            [
                curves[same(row["Curve"])] + float(row.get("Margin", 0.0))
                if "Curve" in row
                else flat * float(row.get("Rate", 0.0))
                for row in self.sources
            ]
        )

    def _opens(self, s: int) -> dt.date | None:
        """First day on which a source may be drawn; None behind a closed gate."""
        start = _day(self.sources[s].get("From", self.start))
        gates = [row for row in self.report.rows("Gates") if same(row["Gate"]) == same(self.text(s, "Gate", "-"))]
        if not gates:
            return start
        if same(gates[0]["Open"]) != "yes":
            return None
        return max(start, _day(gates[0].get("From", start)))

    @cached_property
    def open(self) -> Mask:
        """Whether a source may be drawn: within its window, and its gate is open; (S, T)."""
        table = np.zeros((self.S, self.T), dtype=bool)
        for s, row in enumerate(self.sources):
            first, last = self._opens(s), _day(row.get("To", self.construction_end))
            if first is not None:
                table[s] = [first <= day <= last for day in self.flow_day]
        return table

    def first_open(self, s: int) -> int | None:
        """First period in which a source may be drawn."""
        return next(iter(np.flatnonzero(self.open[s]).tolist()), None)

    def began_before(self, s: int) -> bool:
        """Whether a source was available before Start date: its upfront fee has been paid."""
        first = self._opens(s)
        return first is not None and first < self.start

    # ------------------------------------------------------------------ when it is repaid

    @cached_property
    def age(self) -> npt.NDArray[np.int64]:
        """Months from time zero of each source's Grace and Tenor to the end of each period; (S, T)."""
        return np.array([self.ends - self._zero(s) for s in range(self.S)]).reshape(self.S, self.T)

    def _zero(self, s: int) -> int:
        """Time zero: the start of the period that holds From (or the gate's date, if later), in months from Start."""
        day = self._opens(s) or _day(self.sources[s].get("From", self.start))
        if day < self.start:
            months = in_months(self.start) - in_months(day)
            return -int(np.floor(months + WHOLE_MONTHS))
        held = [t for t in range(self.T) if self.first[t] <= day <= self.last[t]]
        return int(self.ends[held[0]] - self.months[held[0]]) if held else 0

    def grace(self, s: int) -> int:
        """Grace in months."""
        return round(12 * self.number(s, "Grace"))

    def tenor(self, s: int) -> int:
        """Tenor in months; without one, to the horizon."""
        return round(12 * self.number(s, "Tenor")) if "Tenor" in self.sources[s] else int(self.age[s, -1])

    def free(self, s: int) -> bool:
        """Whether principal is decided rather than fixed by the terms."""
        return self.text(s, "Instrument") in REVOLVING or self.text(s, "Repayment", "equal") == "sculpted"

    def due(self, s: int) -> list[int]:
        """Periods in which principal may fall."""
        if self.text(s, "Instrument") in REVOLVING:
            opened = np.flatnonzero(self.open[s])
            return list(range(opened[0], opened[-1] + 1)) if opened.size else []
        if self.text(s, "Repayment") == "table":
            return np.flatnonzero(self._table(s) > 0).tolist()
        if self.text(s, "Repayment") == "bullet":
            until = np.flatnonzero((self.age[s] > 0) & (self.age[s] <= self.tenor(s))).tolist()
            return until[-1:] if until and (until[-1] + 1 < self.T or self._ends_inside(s)) else []
        return np.flatnonzero((self.age[s] > self.grace(s)) & (self.age[s] <= self.tenor(s))).tolist()

    def gone(self, s: int) -> int | None:
        """Period at whose end nothing may be owed, None beyond the horizon."""
        due = self.due(s)
        if not due:
            return None
        if self.text(s, "Instrument") in REVOLVING:
            return due[-1]
        table = self.text(s, "Repayment") == "table"
        inside = self._table(s).sum() > 1 - SUM_OF_SHARES if table else self._ends_inside(s)
        return due[-1] if inside else None

    def _ends_inside(self, s: int) -> bool:
        """Whether no repayment is left after the horizon."""
        return self.tenor(s) < int(self.age[s, -1]) + self._step

    @property
    def _step(self) -> int:
        """Months of a period after the horizon."""
        words = {"month": 1, "quarter": 3, "half-year": 6, "year": 12}
        return words[str(self.project.get("Operating period", self.project.get("Period", "year")))]

    def _table(self, s: int) -> Array:
        """Shares of a repayment table; those due before Start date are left out, and the rest makes up 1."""
        rows = [row for row in self.report.rows("Repayments") if same(row["Source"]) == same(self.names[s])]
        stated = _series(rows[0], ("Source",)) if rows else {}
        left = {k: v for k, v in stated.items() if (span := self.span(k)) is not None and span[1] > self.start}
        shares = self.shared(left, ())
        due = sum(stated.values()) - sum(left.values())
        return shares / (1 - due) if 0 < due < 1 else shares

    def principal_share(self, s: int) -> Array:
        """Share of the base that falls due in each period, by the terms; (T,)."""
        due, shares, way = self.due(s), np.zeros(self.T), self.text(s, "Repayment", "equal")
        if way == "table":
            return self._table(s)
        after = self.tenor(s) - max(int(self.age[s, -1]), self.grace(s))
        beyond = max(0, after // self._step)
        if way == "bullet":
            shares[due] = 1.0
        elif way == "equal" and due:
            shares[due] = 1.0 / (len(due) + beyond)
        elif way == "annuity" and due:
            last = float(self.rate[s, -1]) * self._step / 12
            rates = np.append((self.rate[s] * self.length)[due], np.full(beyond, last))
            shares[due] = _level(rates)[: len(due)]
        return shares

    @cached_property
    def drawable(self) -> Mask:
        """Periods in which money may be put in: open, and before the first scheduled repayment; (S, T)."""
        table = self.open.copy()
        for s in np.flatnonzero(self.kind(*DEBT)).tolist():
            due, end = self.due(s), self.gone(s)
            if due and not self.free(s):
                table[s, due[0] :] = False
            elif end is not None:
                table[s, end + 1 :] = False
        return table

    @cached_property
    def capitalises(self) -> Mask:
        """Whether interest of the period is added to the balance; (S, T)."""
        chosen = np.array([[self.text(s, "Interest in grace", "paid") == "capitalised"] for s in range(self.S)])
        graces = np.array([[self.grace(s)] for s in range(self.S)])
        return np.asarray(self.kind(*SCHEDULED).reshape(-1, 1) & chosen & (self.age <= graces))

    # ------------------------------------------------------------------ selectors

    def chosen_sources(self, selector: str) -> list[int]:
        """Sources that a selector chooses."""
        return [s for s, row in enumerate(self.sources) if self._meets(selector, row, SOURCE_FIELDS)]

    def chosen_uses(self, selector: str) -> list[int]:
        """Uses that a selector chooses."""
        rows: list[Record] = [*self.packages, {"Package": FINANCING_COSTS}, {"Package": REFINANCING}]
        return [u for u, row in enumerate(rows) if self._meets(selector, row, ("location", "group", "package"))]

    def _meets(self, selector: str, row: Record, fields: Sequence[str]) -> bool:
        for part in selector.split(";"):
            field, colon, names = part.partition(":")
            if colon and same(field) in fields:
                unsaid = {"currency": self.project["Currency"], "repaid by": PROJECT}.get(same(field), "")
                value = same(row.get(same(field).capitalize(), unsaid))
                if not value or value not in _named(names, value):
                    return False
        return True


def _named(names: str, value: str) -> set[str]:
    """The names of a list; a name may hold commas itself."""
    words = [same(name) for name in names.split(",")]
    size = value.count(",") + 1
    runs = {", ".join(words[i : i + size]) for i in range(len(words))}
    return runs | {value} if ", ".join(same(part) for part in value.split(",")) in runs else set(words)


def _level(rates: Array) -> Array:
    """Principal of a loan of 1 whose interest and principal together are level."""
    payment = 1.0 / float(np.sum(np.cumprod(1.0 / (1.0 + rates))))
    balance, shares = 1.0, np.zeros(len(rates))
    for j, rate in enumerate(rates):
        shares[j] = payment - rate * balance
        balance -= shares[j]
    return shares


def _series(row: Record, fixed: Iterable[str]) -> dict[str, float]:
    """The figures of a row that stand under headings of time."""
    words = {*fixed, "Carry over", "Note", "Status", "Reference"}
    return {k: float(v) for k, v in row.items() if k not in words and isinstance(v, int | float)}


def _found(row: Record, name: str, default: float) -> float:
    value: Any = next((v for k, v in row.items() if k != "Package" and same(k) == same(name)), default)
    return {"yes": 1.0, "no": 0.0}[value] if isinstance(value, str) else float(value)


def _shape(words: str) -> tuple[float, float]:
    if words in SHAPES:
        return SHAPES[words]
    a, b = re.findall(r"[\d.]+(?:e[-+]?\d+)?", words)
    return float(a), float(b)


def _rate(row: Mapping[str, Any], title: str) -> float:
    return float(row.get(title, 0.0))


def _day(value: Any) -> dt.date:
    return value if isinstance(value, dt.date) else dt.date.fromisoformat(str(value)[:10])


def _month(name: str) -> int:
    names = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
    return int(name) if name.isdigit() else names.index(name.casefold()[:3]) + 1
