"""The project account, its reserve, and what it may hold."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence

import numpy as np

from finopt.case.arrays import Data
from finopt.finance import Array
from finopt.model.family import Family, Key, Terms
from finopt.model.places import Hold, Place, field, heading
from finopt.model.variables import Pairs, Variables
from finopt.wording import figure


class Cash(Family):
    """The project account: what came in stays, earns the deposit rate, or is paid out.

        cash[t] = (1 + deposit · δ_t) · cash[t-1] + CFADS[t] + draws for Financing costs and Refinancing
                  - packages paid by the project account - interest paid - fees - principal of project debt
                  - additions to reserves - payouts

    cash[-1] is Opening cash. Unit: case money. Price: change of the objective when the project receives one more in
    that period.
    """

    name, index, kind = "cash", "t", "need"
    left_uses, right_uses = ("deposit", "repaid_by", "capitalised", "fx"), ("cfads", "opening_cash", "deposit")

    def left(self, data: Data, v: Variables) -> Iterator[Terms]:
        for t, cash in enumerate(v.cash):
            pairs: Pairs = [(cash, 1.0)]
            if t:
                pairs.append((v.cash[t - 1], -float(1 + data.deposit[t])))
            for use in (data.financing_use, data.refinancing_use):
                pairs += [(x, -1.0) for _, x in v.by_use.get((use, t), ())]
            pairs += [(x, 1.0) for _, x in v.by_source.get((v.account_source, t), ())]
            for s, payer in enumerate(data.repaid_by):
                if payer is None:
                    pairs += v.service_in_case_money(s, t)
                if (s, t) in v.payout:
                    pairs.append((v.payout[s, t], float(data.fx[s, t])))
            for (c, period), reserve in v.reserve.items():
                if period == t:
                    pairs.append((reserve, 1.0))
                    pairs += [(v.reserve[c, t - 1], -1.0)] if t else []
            yield Terms((t,), "=", pairs)

    def right(self, data: Data, keys: Sequence[Key]) -> Array:
        begun = np.zeros(len(data.calendar))
        begun[0] = data.opening_cash * (1 + data.deposit[0])
        return data.cfads + begun

    def holds(self, data: Data, key: Key) -> Iterator[Hold]:
        for row in data.case.revenue:
            for label in row.values:
                if int(key[0]) in data.calendar.reached(label):
                    yield Hold(heading(row, label, label), None)

    def noun(self, data: Data, key: Key) -> str:
        return f"the project account in {self.words(data, key)[0]}"

    def group(self, data: Data, key: Key) -> Hashable:
        return self.name

    def clauses(self, data: Data, keys: Sequence[Key]) -> Iterator[tuple[Place, str]]:
        """One clause for all periods with a cash flow: those that only carry cash along say nothing."""
        periods = [int(key[0]) for key in keys]
        periods = [t for t in periods if data.cfads[t] != 0] or periods
        place = next((hold.place for hold in self.holds(data, (periods[0],))), Place("Revenue", "", ""))
        flow = figure(float(data.cfads[periods].sum()))
        yield place, f"revenue less running costs is {flow} in {data.calendar.stretch(periods)}"


class CashLimit(Family):
    """Limits on what the project account holds; ``name`` is the item of Project that states them, too."""

    def holds(self, data: Data, key: Key) -> Iterator[Hold]:
        yield Hold(field(data.case.project, self.name), 1.0)

    def noun(self, data: Data, key: Key) -> str:
        return f"{self.giver(data, key)} in {self.words(data, key)[0]}"

    def giver(self, data: Data, key: Key) -> str:
        return self.name.replace("_", " ")


class MinimumCash(CashLimit):
    """The project account never holds less than its minimum.

    cash[t] >= minimum cash                                       each period t
    """

    name, index = "minimum_cash", "t"
    left_uses, right_uses = ("minimum_cash",), ("minimum_cash",)

    def left(self, data: Data, v: Variables) -> Iterator[Terms]:
        if data.minimum_cash:
            yield from (Terms((t,), ">=", [(cash, 1.0)]) for t, cash in enumerate(v.cash))

    def right(self, data: Data, keys: Sequence[Key]) -> Array:
        return np.full(len(keys), data.minimum_cash)


class MaximumCash(CashLimit):
    """The project account never holds more than its maximum.

    cash[t] <= maximum cash                                       each period t
    """

    name, index = "maximum_cash", "t"
    left_uses, right_uses = ("maximum_cash",), ("maximum_cash",)

    def left(self, data: Data, v: Variables) -> Iterator[Terms]:
        if np.isfinite(data.maximum_cash):
            yield from (Terms((t,), "<=", [(cash, 1.0)]) for t, cash in enumerate(v.cash))

    def right(self, data: Data, keys: Sequence[Key]) -> Array:
        return np.full(len(keys), data.maximum_cash)
