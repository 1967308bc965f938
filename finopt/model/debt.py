"""Debt: balances, interest, repayment and fees of every loan, bond and credit line, in its own currency."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from finopt.case.arrays import Data
from finopt.finance import Array
from finopt.model.family import Family, Key, Terms
from finopt.model.variables import FEES, Pairs, Variable, Variables, one, scaled


class Balance(Family):
    """The corkscrew: what was owed, plus what came, less what was repaid. Zero at tenor.

    balance[s,t] = balance[s,t-1] + funding[s,t] + capitalised interest[s,t] - principal[s,t]

    Unit: the source's currency. balance[s,-1] is the Opening balance. A sculpted loan or credit line has balance 0 at
    its tenor or To.
    """

    name, index, kind = "balance", "s t", "identity"
    left_uses, right_uses = ("capitalised", "fx"), ("opening_balance",)

    def left(self, data: Data, v: Variables) -> Iterator[Terms]:
        for (s, t), balance in v.balance.items():
            pairs: Pairs = [(balance, 1.0), *scaled(opening(v, s, t), -1.0), *scaled(v.funding(s, t), -1.0)]
            if data.capitalised[s, t]:
                pairs.append((v.interest[s, t], -1.0))
            yield Terms((s, t), "=", pairs + v.repaid(s, t))

    def right(self, data: Data, keys: Sequence[Key]) -> Array:
        return np.array([owed_at_start(data, int(s), int(t)) for s, t in keys])


class Maturity(Family):
    """Debt with free repayment is gone at its tenor, or at the To of a credit line.

    balance[s,end] = 0                                            each sculpted loan or bond, credit line s
    """

    name, index, kind = "maturity", "s t", "identity"
    left_uses = ("zero_at", "scheduled")

    def left(self, data: Data, v: Variables) -> Iterator[Terms]:
        for s, end in enumerate(data.zero_at):
            if end is not None and not data.scheduled[s] and (s, end) in v.balance:
                yield Terms((s, end), "=", [(v.balance[s, end], 1.0)])


class Interest(Family):
    """Simple interest inside a period, on the opening balance and on the draws from the day they come.

    interest[s,t] = i[s,t] · (balance[s,t-1] + ω · funding[s,t])
    """

    name, index, kind = "interest", "s t", "identity"
    left_uses, right_uses = ("period_rate", "fx"), ("period_rate", "opening_balance")

    def left(self, data: Data, v: Variables) -> Iterator[Terms]:
        for (s, t), interest in v.interest.items():
            yield Terms((s, t), "=", [(interest, 1.0), *scaled(bearing(data, v, s, t), -float(data.period_rate[s, t]))])

    def right(self, data: Data, keys: Sequence[Key]) -> Array:
        return np.array(
            [data.period_rate[s, t] * owed_at_start(data, s, t) for s, t in whole(keys)],
        )


class Repayment(Family):
    """Scheduled principal: a fixed share of the balance before the first repayment.

        principal[s,t] = φ[s,t] · balance[s,first repayment - 1]      equal, annuity, table, bullet

    A bullet whose Grace lasts until its Tenor repays the interest capitalised in t as well.
    """

    name, index, kind = "repayment", "s t", "identity"
    left_uses = ("principal_share", "first_repayment", "scheduled", "capitalised")
    right_uses = ("principal_share", "first_repayment", "opening_balance")

    def left(self, data: Data, v: Variables) -> Iterator[Terms]:
        for (s, t), principal in v.principal.items():
            first = data.first_repayment[s]
            if data.scheduled[s] and first is not None:
                share = float(data.principal_share[s, t])
                base = scaled(one(v.balance, s, first - 1), -share)
                added = scaled(one(v.interest, s, t), -1.0) if data.capitalised[s, t] else []
                yield Terms((s, t), "=", [(principal, 1.0), *base, *added])

    def right(self, data: Data, keys: Sequence[Key]) -> Array:
        firsts = data.first_repayment
        return np.array([data.principal_share[s, t] * owed_at_start(data, s, firsts[s]) for s, t in whole(keys)])


class LineRepayment(Family):
    """A credit line repays at most what it owed before: no draw is repaid in the period that made it.

    principal[s,t] <= balance[s,t-1]                              each credit line s, period t
    """

    name, index, kind = "line_repayment", "s t", "identity"
    right_uses = ("opening_balance",)

    def left(self, data: Data, v: Variables) -> Iterator[Terms]:
        for (s, t), principal in v.principal.items():
            if data.revolving[s]:
                yield Terms((s, t), "<=", [(principal, 1.0), *scaled(opening(v, s, t), -1.0)])

    def right(self, data: Data, keys: Sequence[Key]) -> Array:
        return np.array([owed_at_start(data, s, t) for s, t in whole(keys)])


class LineFee(Family):
    """The commitment fee of a credit line, on what of it is not drawn; never below zero, as its variable is not.

        line_fee[s,t] >= commitment fee · δ_t · (commit[s] - balance[s,t-1] - ω · funding[s,t])

    each credit line s with one, open t. A line may draw on top of what it repays at the period's end, so the right
    side may be negative. Unit: the source's currency.
    """

    name, index, kind = "line_fee", "s t", "identity"
    left_uses, right_uses = ("fx", "Sources.commitment_fee"), ("opening_balance", "Sources.commitment_fee")

    def left(self, data: Data, v: Variables) -> Iterator[Terms]:
        for (s, t), fee in v.line_fee.items():
            yield Terms((s, t), ">=", [(fee, 1.0), *scaled(undrawn_fee(data, v, s, t), -1.0)])

    def right(self, data: Data, keys: Sequence[Key]) -> Array:
        return np.array([undrawn_fee_at_start(data, s, t) for s, t in whole(keys)])


class Fees(Family):
    """All fees of a source in a period.

        fees[s,t] = upfront · commit[s]                                    in the first open period
                  + commitment fee · δ_t · (commit[s] - drawn so far)      in open periods, or line_fee[s,t]
                  + guarantee fee · δ_t · (balance[s,t-1] + ω · funding[s,t])
                  + draw fee · funding[s,t]

    Drawn so far is Drawn before, draws before t and ω of those in t.
    """

    name, index, kind = "fees", "s t", "identity"
    left_uses = ("open", "upfront_in", "fx", *FEES)
    right_uses = (
        "opening_balance",
        "drawn_before",
        "alive",
        "first_open",
        "Sources.commitment_fee",
        "Sources.guarantee_fee",
    )

    def left(self, data: Data, v: Variables) -> Iterator[Terms]:
        for (s, t), fees in v.fees.items():
            source = data.case.sources[s]
            length = float(data.calendar.lengths[t])
            pairs: Pairs = [(fees, 1.0)]
            if source.upfront_fee and t == data.upfront_in[s]:
                pairs.append((v.commit[s], -source.upfront_fee))
            if (s, t) in v.line_fee:
                pairs.append((v.line_fee[s, t], -1.0))
            elif source.commitment_fee and data.open[s, t]:
                rate = source.commitment_fee * length
                pairs += [(v.commit[s], -rate), *scaled(_used(data, v, s, t), rate)]
            if source.guarantee_fee and (s, t) in v.balance:
                pairs += scaled(bearing(data, v, s, t), -source.guarantee_fee * length)
            if source.draw_fee:
                pairs += scaled(v.funding(s, t), -source.draw_fee)
            yield Terms((s, t), "=", pairs)

    def right(self, data: Data, keys: Sequence[Key]) -> Array:
        return np.array([self._at_start(data, s, t) for s, t in whole(keys)])

    def _at_start(self, data: Data, s: int, t: int) -> float:
        """Fees on what was owed and drawn before Start date."""
        source, length = data.case.sources[s], float(data.calendar.lengths[t])
        fee = source.guarantee_fee * length * owed_at_start(data, s, t) if data.alive[s, t] else 0.0
        if source.commitment_fee and not data.revolving[s] and t == data.first_open[s]:
            fee -= source.commitment_fee * length * float(data.drawn_before[s])
        return fee


def whole(keys: Sequence[Key]) -> Iterator[tuple[int, int]]:
    """Keys of two numbers, source and period."""
    return ((int(s), int(t)) for s, t in keys)


def owed_at_start(data: Data, s: int, t: int | None) -> float:
    """Balance of debt s at the beginning of t, as far as it is no variable: the Opening balance in the first period."""
    return float(data.opening_balance[s]) if t == 0 else 0.0


def undrawn_fee(data: Data, v: Variables, s: int, t: int) -> Pairs:
    """Commitment fee of a credit line on what of it is not drawn, negative where it is overdrawn within t."""
    rate = data.case.sources[s].commitment_fee * float(data.calendar.lengths[t])
    return [(v.commit[s], rate), *scaled(bearing(data, v, s, t), -rate)]


def undrawn_fee_at_start(data: Data, s: int, t: int) -> float:
    """The part of `undrawn_fee` that is no variable: less for what was owed at Start date."""
    rate = data.case.sources[s].commitment_fee * float(data.calendar.lengths[t])
    return -rate * owed_at_start(data, s, t)


def line_fee_excess(data: Data, v: Variables, value: Callable[[Variable], float]) -> dict[tuple[int, int], float]:
    """By how much the commitment fee of each credit line in each period is more than it owes, own currency.

    The program only asks for at least max(0, fee of the undrawn part): a plan that pays more is none.
    """
    excess = {}
    for (s, t), fee in v.line_fee.items():
        owed = undrawn_fee_at_start(data, s, t) + sum(a * value(x) for x, a in undrawn_fee(data, v, s, t))
        excess[s, t] = value(fee) - max(0.0, owed)
    return excess


def opening(v: Variables, s: int, t: int) -> Pairs:
    """Balance of debt s at the beginning of t."""
    return one(v.balance, s, t - 1)


def bearing(data: Data, v: Variables, s: int, t: int) -> Pairs:
    """What bears interest in t: the opening balance and ω of the period's draws."""
    omega = data.calendar.omega
    return opening(v, s, t) + (scaled(v.funding(s, t), omega) if omega else [])


def _used(data: Data, v: Variables, s: int, t: int) -> Pairs:
    """Money drawn so far, on average over t."""
    omega = data.calendar.omega
    before = one(v.drawn, s, t - 1)
    return before + (scaled(v.funding(s, t), omega) if omega else [])


def debt_of_project(data: Data) -> list[int]:
    """Debt whose service the project pays."""
    return [s for s in np.flatnonzero(data.is_debt).tolist() if data.repaid_by[s] is None]
