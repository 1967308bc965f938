"""The project account, its reserve, and what it may hold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from finopt.case.arrays import Data
from finopt.finance import Array
from finopt.model.family import Family, Key, Terms
from finopt.model.variables import Pairs, Variables


class Cash(Family):
    """The project account: what came in stays, earns the deposit rate, or is paid out.

        cash[t] = (1 + deposit · δ_t) · cash[t-1] + CFADS[t] + draws for Financing costs and Refinancing
                  - packages paid by the project account - interest paid - fees - principal of project debt
                  - additions to reserves - payouts

    cash[-1] is Opening cash. Unit: case money. Price: change of the objective when the project receives one more in
    that period.
    """

    name, index = "cash", "t"
    left_uses = ("deposit", "repaid_by", "drawable", "eligible", "alive", "repays", "capitalised", "fx", "has_cash")
    right_uses = ("cfads", "opening_cash", "deposit")

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


class MinimumCash(Family):
    """The project account never holds less than its minimum.

    cash[t] >= minimum cash                                       each period t
    """

    name, index = "minimum_cash", "t"
    right_uses = ("minimum_cash",)

    def left(self, data: Data, v: Variables) -> Iterator[Terms]:
        if data.case.project.minimum_cash:
            yield from (Terms((t,), ">=", [(cash, 1.0)]) for t, cash in enumerate(v.cash))

    def right(self, data: Data, keys: Sequence[Key]) -> Array:
        return np.full(len(keys), data.minimum_cash)


class MaximumCash(Family):
    """The project account never holds more than its maximum.

    cash[t] <= maximum cash                                       each period t
    """

    name, index = "maximum_cash", "t"
    right_uses = ("maximum_cash",)

    def left(self, data: Data, v: Variables) -> Iterator[Terms]:
        if data.case.project.maximum_cash is not None:
            yield from (Terms((t,), "<=", [(cash, 1.0)]) for t, cash in enumerate(v.cash))

    def right(self, data: Data, keys: Sequence[Key]) -> Array:
        return np.full(len(keys), data.maximum_cash)
