"""Sources: what each offer of money can give, and when."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

import numpy as np

from finopt.case.arrays import Data, first_true
from finopt.finance import Array
from finopt.model.family import Family, Key, Phrase, Terms
from finopt.model.places import Hold, Place, field
from finopt.model.variables import Pairs, Variables, one, scaled
from finopt.wording import possessive


class Commitment(Family):
    """A source never pays out more than is committed, with its headroom.

        (1 + headroom[s]) · (Drawn before + Σ_t funding[s,t]) <= commit[s]    each source s
        (1 + headroom[s]) · balance[s,t]     <= commit[s]             each credit line s, period t

    funding is the draws in the source's own currency, or a bond's issue. Unit: the source's currency.
    """

    name, index, kind = "commitment", "s when", "identity"
    left_uses, right_uses = ("fx", "Sources.headroom", "drawn_before"), ("Sources.headroom", "drawn_before")

    def left(self, data: Data, v: Variables) -> Iterator[Terms]:
        for s, source in enumerate(data.case.sources):
            factor = 1 + source.headroom
            if source.traits.revolving:
                for t, label in enumerate(data.calendar.labels):
                    if (s, t) in v.balance:
                        yield Terms((s, label), "<=", [(v.balance[s, t], factor), (v.commit[s], -1.0)])
                continue
            pairs = [pair for t in range(len(data.calendar)) for pair in scaled(v.funding(s, t), factor)]
            if pairs or data.drawn_before[s]:
                yield Terms((s, "total"), "<=", [*pairs, (v.commit[s], -1.0)])

    def right(self, data: Data, keys: Sequence[Key]) -> Array:
        before = [(1 + data.case.sources[int(s)].headroom) * float(data.drawn_before[int(s)]) for s, _ in keys]
        return -np.array(before)


class OfferFamily(Family):
    """Limits on what a source offers, in its own currency; ``column`` is the field of Sources that states them."""

    column: ClassVar[str]

    def holds(self, data: Data, key: Key) -> Iterator[Hold]:
        yield Hold(field(data.case.sources[int(key[0])], self.column), 1.0)

    def noun(self, data: Data, key: Key) -> str:
        source, *when = self.words(data, key)
        return f"{possessive(source)} limit{' for ' + when[0] if when else ''}"

    def giver(self, data: Data, key: Key) -> str:
        return f"{possessive(self.words(data, key)[0])} limits"

    def says(self, data: Data, keys: Sequence[Key], place: Place) -> str:
        when = self.when(data, keys) if self.index == "s year" else ""
        return f"{place.row} gives at most {self.number(data, place)}{when} ({place.column})"

    def phrase(self, name: str, unit: str, sense: str, gives: bool) -> Phrase:
        return Phrase(unit, "more" if gives else "less", f"of {name}")

    def unit(self, data: Data, key: Key) -> str:
        project = data.case.project
        return f"{data.case.sources[int(key[0])].currency or project.currency} {project.unit}"

    def weight(self, data: Data, key: Key) -> float:
        return float(data.fx[int(key[0])].mean())


class SourceLimit(OfferFamily):
    """No source commits more than it offers.

        commit[s] <= limit[s]                                         each source s

    Unit: the source's currency. Price: change of the objective for one more unit on offer.
    """

    name, index, column = "source_limit", "s", "limit"
    right_uses = ("limit",)

    def left(self, data: Data, v: Variables) -> Iterator[Terms]:
        for s in range(len(data.case.sources)):
            yield Terms((s,), "<=", [(v.commit[s], 1.0)])

    def right(self, data: Data, keys: Sequence[Key]) -> Array:
        return data.limit


class SourceYear(OfferFamily):
    """A source pays at most its limit a year, by the budget year of a period's first day.

        Σ_{t in y} funding[s,t] <= limit per year[s]                  each source s with one, year y

    Unit: the source's currency.
    """

    name, index, column = "source_year", "s year", "limit_per_year"
    left_uses, right_uses = ("fx", "limit_per_year"), ("limit_per_year",)

    def left(self, data: Data, v: Variables) -> Iterator[Terms]:
        for s in np.flatnonzero(np.isfinite(data.limit_per_year)).tolist():
            for year in data.calendar.years:
                pairs = [x for p in data.calendar if p.year == year for x in v.funding(s, p.index)]
                if pairs:
                    yield Terms((s, data.calendar.year_name(year)), "<=", pairs)

    def right(self, data: Data, keys: Sequence[Key]) -> Array:
        return data.limit_per_year[[int(s) for s, _ in keys]] if keys else np.zeros(0)


class SourcePeriod(OfferFamily):
    """A source pays at most its limit a period.

        funding[s,t] <= limit per period[s]                           each source s with one, period t

    Unit: the source's currency.
    """

    name, index, column = "source_period", "s t", "limit_per_period"
    left_uses, right_uses = ("fx", "limit_per_period"), ("limit_per_period",)

    def left(self, data: Data, v: Variables) -> Iterator[Terms]:
        for s in np.flatnonzero(np.isfinite(data.limit_per_period)).tolist():
            for t in range(len(data.calendar)):
                pairs = v.funding(s, t)
                if pairs:
                    yield Terms((s, t), "<=", pairs)

    def right(self, data: Data, keys: Sequence[Key]) -> Array:
        return data.limit_per_period[[int(s) for s, _ in keys]] if keys else np.zeros(0)


class Drawn(Family):
    """What a source has put in so far, where a commitment fee needs it.

    drawn[s,t] = drawn[s,t-1] + funding[s,t]                      each source s with a commitment fee, open t
    """

    name, index, kind = "drawn", "s t", "identity"
    left_uses, right_uses = ("fx",), ("drawn_before", "first_open")

    def left(self, data: Data, v: Variables) -> Iterator[Terms]:
        for (s, t), total in v.drawn.items():
            before: Pairs = [(v.drawn[s, t - 1], -1.0)] if (s, t - 1) in v.drawn else []
            yield Terms((s, t), "=", [(total, 1.0), *before, *scaled(v.funding(s, t), -1.0)])

    def right(self, data: Data, keys: Sequence[Key]) -> Array:
        begun = [t == data.first_open[int(s)] for s, t in keys]
        return np.array([data.drawn_before[int(s)] * first for (s, _), first in zip(keys, begun, strict=True)])


class Proceeds(Family):
    """Bond money waits in its own account, earning the deposit rate, until it is drawn.

    proceeds[s,t] = (1 + deposit · δ_t) · proceeds[s,t-1] + issue[s,t] - Σ_u draw[s,u,t]    each bond s, period t

    Unit: the bond's currency. The balance is never negative, and nothing is left at the horizon: a bond is issued to
    be drawn, not to be held.
    """

    name, index, kind = "proceeds", "s t", "identity"
    left_uses = ("drawable", "fx", "deposit")

    def left(self, data: Data, v: Variables) -> Iterator[Terms]:
        for s, first in enumerate(first_true(data.drawable)):
            if data.ahead[s] and first is not None:
                for t in range(first, len(data.calendar)):
                    yield Terms((s, t), "=", self._flows(data, v, s, t))

    def _flows(self, data: Data, v: Variables, s: int, t: int) -> Pairs:
        fx = float(data.fx[s, t])
        return [
            *one(v.proceeds, s, t),
            *scaled(one(v.proceeds, s, t - 1), -float(1 + data.deposit[t])),
            *scaled(one(v.issue, s, t), -1.0),
            *((x, 1 / fx) for _, x in v.by_source.get((s, t), ())),
        ]
