"""Covenants: the lenders' conditions, with every ratio multiplied out so that it stays linear.

A covenant holds in the periods whose flow date lies in its [From, To], on the debt that it applies to and that the
project repays; a limit on average life or on debt outstanding that names its debt holds for it whoever repays.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import ClassVar

import numpy as np

from finopt.case.arrays import Data
from finopt.case.selector import Selector
from finopt.case.sheets import Covenant
from finopt.finance import Array
from finopt.model.debt import debt_of_project
from finopt.model.family import Family, Key, Phrase, Terms
from finopt.model.places import Hold, Place, Ratio, field
from finopt.model.variables import Pairs, Variables, scaled
from finopt.tolerances import LEAST_NOTCH, PART_OF_PERIOD, SHARE_STEP
from finopt.wording import nice


class CovenantFamily(Family):
    """A family of one kind of covenant; its keys are the covenant's row and the period.

    ``floor`` says that a larger limit is tighter. ``notch`` is the step at which its worth is asked (0: about one per
    cent of it) and ``grain`` that of a repair; see Ratio. ``largest`` is the largest limit there is.
    """

    covenant: ClassVar[str]
    index = "covenant t"
    floor: ClassVar[bool] = False
    notch: ClassVar[float] = 0.0
    grain: ClassVar[float] = 0.0
    largest: ClassVar[float] = np.inf

    def rows(self, data: Data) -> Iterator[tuple[str, Covenant, list[int]]]:
        """Each covenant of this kind: its key, its row, the debt that it applies to."""
        for c, row in enumerate(data.case.covenants):
            if row.covenant == self.covenant:
                yield covenant_key(data, c), row, applies_to(data, row)

    def holds(self, data: Data, key: Key) -> Iterator[Hold]:
        row = next(row for name, row, _ in self.rows(data) if name == key[0])
        yield Hold(self.place(row, str(key[0])), None)

    def place(self, row: Covenant, name: str) -> Place:
        """Where the limit of a covenant stands; its row goes by the covenant's name."""
        return replace(field(row, "limit"), row=name)

    def ratios(self, data: Data, rows: Iterable[tuple[Key, str]]) -> Iterator[Ratio]:
        for name, row, _ in self.rows(data):
            notch = self.notch or nice(max(0.01 * row.limit, LEAST_NOTCH))
            end = self.largest if np.isfinite(self.largest) else float(data.calendar.end_times[-1])
            yield Ratio(
                self.place(row, name), name, row.limit, way=1.0 if self.floor else -1.0, notch=notch,
                high=self.largest, grain=self.grain, end=0.0 if self.floor else end, share=self.share,
                who=self.giver(data, (name,)),
            )  # fmt: skip

    def noun(self, data: Data, key: Key) -> str:
        return " in ".join(self.words(data, key))

    def giver(self, data: Data, key: Key) -> str:
        return f"covenant {key[0]}"

    def says(self, data: Data, keys: Sequence[Key], place: Place) -> str:
        return f"{place.row} is {self.number(data, place)}{self.when(data, keys)}"


class Dscr(CovenantFamily):
    """Debt service cover: cash flow is at least the limit times debt service, once built.

    limit · (interest paid + fees + principal)[t] <= max(CFADS[t], 0)     each t after Construction end

    A loss asks nothing where no service is owed.
    """

    name, covenant, floor, notch, grain = "dscr", "DSCR", True, 0.05, 0.01
    left_uses, right_uses = ("Covenants", "repaid_by", "fx", "capitalised"), ("cfads",)

    def left(self, data: Data, v: Variables) -> Iterator[Terms]:
        for key, row, sources in self.rows(data):
            for t in operating(data, row):
                service = [x for s in sources for x in v.service_in_case_money(s, t)]
                if service:
                    yield Terms((key, t), "<=", scaled(service, row.limit))

    def right(self, data: Data, keys: Sequence[Key]) -> Array:
        return np.maximum(data.cfads[[int(t) for _, t in keys]], 0.0) if keys else np.zeros(0)

    def phrase(self, name: str, unit: str, sense: str, gives: bool) -> Phrase:
        return Phrase(unit, "more" if gives else "less", f"of the cash flow that {name} counts")


class Llcr(CovenantFamily):
    """Loan life cover: present value of cash flow to the last maturity is at least the limit times debt.

        limit · Σ_s balance[s,t-1] <= max(0, Σ_{u >= t} CFADS[u] · Π_{t <= v <= u} 1/(1 + i[v]))

    each t after Construction end.

    i is the debt's own rate per period (the average weighted by limits where it applies to several), and u runs to
    the last maturity within the horizon.
    """

    name, covenant, floor, notch, grain = "llcr", "LLCR", True, 0.05, 0.01
    left_uses = ("Covenants", "repaid_by", "fx")
    right_uses = ("cfads", "period_rate", "Covenants", "repaid_by", "alive", "limit", "fx")

    def left(self, data: Data, v: Variables) -> Iterator[Terms]:
        for key, row, sources in self.rows(data):
            for t in operating(data, row):
                owed = [
                    (v.balance[s, t - 1], row.limit * float(data.fx[s, t - 1]))
                    for s in sources
                    if (s, t - 1) in v.balance and (s, t) in v.balance
                ]
                if owed:
                    yield Terms((key, t), "<=", owed)

    def right(self, data: Data, keys: Sequence[Key]) -> Array:
        values = {key: loan_life_value(data, sources) for key, _, sources in self.rows(data)}
        return np.array([max(0.0, values[str(key)][int(t)]) for key, t in keys])

    def phrase(self, name: str, unit: str, sense: str, gives: bool) -> Phrase:
        return Phrase(unit, "more" if gives else "less", f"of the cash flow that {name} counts")


class Gearing(CovenantFamily):
    """Gearing: debt is at most a share of debt plus the equity and grants put in so far.

    (1 - limit) · Σ_s balance[s,t] <= limit · put_in[t]           each t
    """

    name, covenant, share, notch, grain, largest = "gearing", "gearing", True, 0.01, SHARE_STEP, 1.0
    left_uses = ("Covenants", "repaid_by", "fx")

    def left(self, data: Data, v: Variables) -> Iterator[Terms]:
        for key, row, sources in self.rows(data):
            for t in within(data, row):
                owed = scaled(_owed(data, v, sources, t), 1 - row.limit)
                if owed:
                    yield Terms((key, t), "<=", [*owed, (v.put_in[t], -row.limit)])

    def phrase(self, name: str, unit: str, sense: str, gives: bool) -> Phrase:
        return Phrase(unit, "more" if gives else "less", f"debt than {name} allows")


class PutIn(Family):
    """Equity and grants put in so far, in case money, where gearing asks for it.

    put_in[t] = put_in[t-1] + Σ_{equity, grants s} draws[s,t]     put_in[-1] is their Drawn before
    """

    name, index, kind = "put_in", "t", "identity"
    right_uses = ("drawn_before", "fx")

    def left(self, data: Data, v: Variables) -> Iterator[Terms]:
        own = np.flatnonzero(~data.is_debt).tolist()
        for t, total in enumerate(v.put_in):
            before: Pairs = [(v.put_in[t - 1], -1.0)] if t else []
            yield Terms(
                (t,), "=", [(total, 1.0), *before, *((x, -a) for x, a in v.chosen(own, range(len(data.uses)), [t]))]
            )

    def right(self, data: Data, keys: Sequence[Key]) -> Array:
        before = float((data.drawn_before * data.fx[:, 0])[~data.is_debt].sum())
        return np.array([before if t == 0 else 0.0 for (t,) in keys])


class Reserve(CovenantFamily):
    """The debt service reserve holds the debt service of the next months, once built.

    reserve[c,t] >= Σ_{u > t} overlap[t,u] · debt service[u]      each t after Construction end

    overlap is the share of u that lies within the covenant's months after the end of t.
    """

    name, covenant, floor, notch, grain = "reserve", "reserve months", True, 1.0, 0.5
    left_uses = ("Covenants", "repaid_by", "fx", "capitalised")

    def left(self, data: Data, v: Variables) -> Iterator[Terms]:
        numbers = {covenant_key(data, c): c for c in range(len(data.case.covenants))}
        for key, row, sources in self.rows(data):
            for t in operating(data, row):
                service: Pairs = []
                for u, share in overlap(data, t, row.limit / 12):
                    service += [x for s in sources for x in scaled(v.service_in_case_money(s, u), share)]
                if service:
                    yield Terms((key, t), "<=", [*service, (v.reserve[numbers[key], t], -1.0)])

    def phrase(self, name: str, unit: str, sense: str, gives: bool) -> Phrase:
        return Phrase(unit, "less" if gives else "more", f"in reserve than {name} asks")


class AverageLife(CovenantFamily):
    """Average life: principal is repaid, on average, within the limit in years from each debt's time zero.

    Σ_s,t (τ_t - zero[s] - limit) · principal[s,t] <= 0
    """

    name, covenant, index, notch, grain = "average_life", "average life", "covenant", 0.5, 0.1
    left_uses = ("Covenants", "repaid_by", "debt_time", "fx")

    def left(self, data: Data, v: Variables) -> Iterator[Terms]:
        for key, row, sources in self.rows(data):
            pairs = [
                (v.principal[s, t], (float(data.debt_time[s, t]) - row.limit) * float(data.fx[s, t]))
                for s in sources
                for t in within(data, row)
                if (s, t) in v.principal
            ]
            yield Terms((key,), "<=", pairs)


class DebtLimit(CovenantFamily):
    """Debt outstanding never exceeds an amount.

    Σ_s balance[s,t] <= limit                                     each t
    """

    name, covenant = "debt_limit", "debt"
    left_uses, right_uses = ("Covenants", "repaid_by", "fx"), ("Covenants", "repaid_by")

    def left(self, data: Data, v: Variables) -> Iterator[Terms]:
        for key, row, sources in self.rows(data):
            for t in within(data, row):
                yield Terms((key, t), "<=", _owed(data, v, sources, t))

    def right(self, data: Data, keys: Sequence[Key]) -> Array:
        limits = {key: row.limit for key, row, _ in self.rows(data)}
        return np.array([limits[str(key)] for key, _ in keys])

    def holds(self, data: Data, key: Key) -> Iterator[Hold]:
        for hold in super().holds(data, key):
            yield replace(hold, per_unit=1.0)

    def phrase(self, name: str, unit: str, sense: str, gives: bool) -> Phrase:
        return Phrase(unit, "more" if gives else "less", f"debt than {name} allows")


def covenant_key(data: Data, c: int) -> str:
    """A covenant's name."""
    return data.case.covenant_names[c]


def applies_to(data: Data, row: Covenant) -> list[int]:
    """The debt that a covenant speaks of: what it selects of the debt that the project repays.

    Average life and debt outstanding may name any debt, whoever repays it.
    """
    selector = Selector.parse(row.applies_to)
    chosen = set(selector.sources(data.case))
    if row.covenant in ("average life", "debt") and not selector.is_all:
        return [s for s in np.flatnonzero(data.is_debt).tolist() if s in chosen]
    return [s for s in debt_of_project(data) if s in chosen]


def within(data: Data, row: Covenant) -> list[int]:
    """Periods in which a covenant holds."""
    first, last = row.from_ or data.calendar[0].first, row.to or data.calendar.periods[-1].last
    return [p.index for p in data.calendar if first <= p.flow_date <= last]


def operating(data: Data, row: Covenant) -> list[int]:
    """Periods after Construction end in which a covenant holds."""
    return [t for t in within(data, row) if t >= data.calendar.construction]


def overlap(data: Data, t: int, years: float) -> Iterator[tuple[int, float]]:
    """Each later period u and the share of it that lies within ``years`` after the end of t."""
    end = data.calendar[t].end_time
    for period in data.calendar.periods[t + 1 :]:
        share = (end + years - (period.end_time - period.length)) / period.length
        if share <= PART_OF_PERIOD:
            return
        yield period.index, min(1.0, share)


def loan_life_value(data: Data, sources: Sequence[int]) -> Array:
    """Present value, at the start of each period, of CFADS to the last maturity of these debts; (T,)."""
    if not sources:
        return np.zeros(len(data.calendar))
    weights = data.limit[list(sources)] * data.fx[list(sources), 0]
    shares = weights / weights.sum() if weights.sum() > 0 else np.full(len(weights), 1 / len(weights))
    rate = shares @ data.period_rate[list(sources)]
    alive = [bool(data.alive[list(sources), t].any()) for t in range(len(data.calendar))]
    values, ahead = np.zeros(len(data.calendar)), 0.0
    for t in reversed(range(len(data.calendar))):
        if any(alive[t:]):
            ahead = (ahead + data.cfads[t]) / (1 + rate[t])
        values[t] = ahead
    return values


def _owed(data: Data, v: Variables, sources: Sequence[int], t: int) -> Pairs:
    return [(v.balance[s, t], float(data.fx[s, t])) for s in sources if (s, t) in v.balance]
