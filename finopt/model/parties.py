"""Parties: what each may be asked for, in money and as a share."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence

import numpy as np

from finopt.case.arrays import Data
from finopt.case.names import same
from finopt.finance import Array
from finopt.model.family import Family, Key, Phrase, Terms
from finopt.model.places import Hold, Place, Ratio, field, heading
from finopt.model.variables import Pairs, Variables
from finopt.tolerances import SHARE_STEP
from finopt.wording import possessive


class PartyBudget(Family):
    """A party puts in no more than its budget: by year or period as stated, and in total.

        Σ_{t in y} (funding of p's sources + debt service that p repays) <= budget[p,y]    (+ unused room carried over)

    Unit: case money. Price: change of the objective for one more unit of that budget.
    """

    name, index = "party_budget", "p when"
    left_uses = ("repaid_by", "capitalised", "fx", "ceiling_windows", "has_total_budget")
    right_uses = ("ceiling_windows", "ceiling_amounts", "total_budget")

    def left(self, data: Data, v: Variables) -> Iterator[Terms]:
        for party, label, when in data.ceiling_windows:
            yield Terms((party, label), "<=", put_in(data, v, [party], when))
        for p in np.flatnonzero(data.has_total_budget).tolist():
            yield Terms((p, "total"), "<=", put_in(data, v, [p], range(len(data.calendar))))

    def right(self, data: Data, keys: Sequence[Key]) -> Array:
        stated = zip(data.ceiling_windows, data.ceiling_amounts.tolist(), strict=True)
        amounts: dict[Key, float] = {(party, label): amount for (party, label, _), amount in stated}
        amounts |= {(p, "total"): float(a) for p, a in enumerate(data.total_budget)}
        return np.array([amounts[key] for key in keys])

    def holds(self, data: Data, key: Key) -> Iterator[Hold]:
        party = data.case.parties[int(key[0])]
        if key[1] == "total":
            yield Hold(field(party, "total_budget"), 1.0)
            return
        row = next(b for b in data.case.budgets if same(b.party) == same(party.party))
        last = data.calendar.under(str(key[1]))[0]
        for label in row.values:
            when = data.calendar.under(label)
            if label == key[1] or (row.carry_over and when and when[0] <= last):
                yield Hold(heading(row, label, label), 1.0)

    def noun(self, data: Data, key: Key) -> str:
        party, when = self.words(data, key)
        if len(list(self.holds(data, key))) > 1:  # unused room of earlier years counts too
            return f"{possessive(party)} budget up to {when}"
        return f"{possessive(party)} {'total' if when == 'total' else when} budget"

    def giver(self, data: Data, key: Key) -> str:
        return f"{possessive(self.words(data, key)[0])} budget"

    def says(self, data: Data, keys: Sequence[Key], place: Place) -> str:
        when = place.column if place.sheet == "Budgets" else "all"
        return f"{place.row} puts in at most {self.number(data, place)} in {when}"

    def phrase(self, name: str, unit: str, sense: str, gives: bool) -> Phrase:
        return Phrase(unit, "more" if gives else "less", f"of {name}")


class PartyShare(Family):
    """A party's share of all money drawn keeps its floor and its cap.

        Σ draws of p's sources >= minimum share[p] · Σ all draws      each party p with one; likewise <= maximum

    All uses count, financing costs included; the Project account is nobody's. Unit: case money.
    """

    name, index, share = "party_share", "p bound", True
    left_uses = ("share_bounds",)

    def left(self, data: Data, v: Variables) -> Iterator[Terms]:
        for p, bound, share in data.share_bounds:
            pairs = [
                (total, (1.0 if data.party[s] == p else 0.0) - share)
                for (s, _), total in v.spent.items()
                if s != v.account_source
            ]
            yield Terms((p, bound), ">=" if bound == "minimum" else "<=", pairs)

    def holds(self, data: Data, key: Key) -> Iterator[Hold]:
        yield Hold(field(data.case.parties[int(key[0])], f"{key[1]}_share"), None)

    def ratios(self, data: Data, rows: Iterable[tuple[Key, str]]) -> Iterator[Ratio]:
        for p, bound, share in data.share_bounds:
            floor = bound == "minimum"
            place = next(hold.place for hold in self.holds(data, (p, bound)))
            yield Ratio(
                place, self.noun(data, (p, bound)), share, way=1.0 if floor else -1.0, notch=0.01, high=1.0,
                grain=SHARE_STEP, end=0.0 if floor else 1.0, share=True,
            )  # fmt: skip

    def noun(self, data: Data, key: Key) -> str:
        party, bound = self.words(data, key)
        return f"{possessive(party)} {bound} share"

    def group(self, data: Data, key: Key) -> Hashable:
        return key[0]

    def says(self, data: Data, keys: Sequence[Key], place: Place) -> str:
        bound = "least" if keys[0][1] == "minimum" else "most"
        return f"{place.row} gives at {bound} {self.number(data, place)} of all money"


def put_in(data: Data, v: Variables, parties: Sequence[int], periods: Sequence[int]) -> Pairs:
    """Money that parties put in during some periods: funding of their sources plus debt service they repay."""
    pairs: Pairs = []
    for s, party in enumerate(data.party):
        for t in periods:
            if party in parties:
                pairs += v.funding_in_case_money(s, t)
            if data.repaid_by[s] in parties:
                pairs += v.service_in_case_money(s, t)
    return pairs
