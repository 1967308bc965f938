"""Debt: balances, interest, repayment and fees of every loan, bond and credit line, in its own currency."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from finopt.data import Data
from finopt.model.rows import Family, Terms
from finopt.model.variables import Pairs, Variables, one, scaled


class Balance(Family):
    """The corkscrew: what was owed, plus what came, less what was repaid. Zero at tenor.

    balance[s,t] = balance[s,t-1] + funding[s,t] + capitalised interest[s,t] - principal[s,t]

    Unit: the source's currency. A sculpted loan or credit line has balance 0 at its tenor or To.
    """

    name, index = "balance", "s t"
    left_uses = ("alive", "repays", "drawable", "eligible", "capitalised", "fx")

    def left(self, data: Data, v: Variables) -> Iterator[Terms]:
        for (s, t), balance in v.balance.items():
            pairs: Pairs = [(balance, 1.0), *scaled(opening(v, s, t), -1.0), *scaled(v.funding(s, t), -1.0)]
            if data.capitalised[s, t]:
                pairs.append((v.interest[s, t], -1.0))
            yield Terms((s, t), "=", pairs + v.repaid(s, t))


class Maturity(Family):
    """Debt with free repayment is gone at its tenor, or at the To of a credit line.

    balance[s,end] = 0                                            each sculpted loan or bond, credit line s
    """

    name, index = "maturity", "s t"
    left_uses = ("zero_at", "scheduled", "alive")

    def left(self, data: Data, v: Variables) -> Iterator[Terms]:
        for s, end in enumerate(data.zero_at):
            if end is not None and not data.scheduled[s] and (s, end) in v.balance:
                yield Terms((s, end), "=", [(v.balance[s, end], 1.0)])


class Interest(Family):
    """Simple interest inside a period, on the opening balance and on the draws from the day they come.

    interest[s,t] = i[s,t] · (balance[s,t-1] + ω · funding[s,t])
    """

    name, index = "interest", "s t"
    left_uses = ("alive", "drawable", "eligible", "period_rate", "fx")

    def left(self, data: Data, v: Variables) -> Iterator[Terms]:
        for (s, t), interest in v.interest.items():
            yield Terms((s, t), "=", [(interest, 1.0), *scaled(bearing(data, v, s, t), -float(data.period_rate[s, t]))])


class Repayment(Family):
    """Scheduled principal: a fixed share of the balance before the first repayment.

        principal[s,t] = φ[s,t] · balance[s,first repayment - 1]      equal, annuity, table, bullet

    A bullet repays what stands, interest capitalised in between included.
    """

    name, index = "repayment", "s t"
    left_uses = ("alive", "repays", "principal_share", "scheduled")

    def left(self, data: Data, v: Variables) -> Iterator[Terms]:
        for (s, t), principal in v.principal.items():
            first = data.first_repayment[s]
            if data.scheduled[s] and first is not None:
                share = float(data.principal_share[s, t])
                yield Terms((s, t), "=", [(principal, 1.0), *scaled(one(v.balance, s, first - 1), -share)])


class LineRepayment(Family):
    """A credit line repays at most what it owed before: no draw is repaid in the period that made it.

    principal[s,t] <= balance[s,t-1]                              each credit line s, period t
    """

    name, index = "line_repayment", "s t"
    left_uses = ("alive", "repays")

    def left(self, data: Data, v: Variables) -> Iterator[Terms]:
        for (s, t), principal in v.principal.items():
            if data.case.sources[s].instrument == "credit line":
                yield Terms((s, t), "<=", [(principal, 1.0), *scaled(opening(v, s, t), -1.0)])


class Fees(Family):
    """All fees of a source in a period.

        fees[s,t] = upfront · commit[s]                                    in the first open period
                  + commitment fee · δ_t · (commit[s] - drawn so far)      in open periods
                  + guarantee fee · δ_t · (balance[s,t-1] + ω · funding[s,t])
                  + draw fee · funding[s,t]

    Drawn so far is draws before t plus ω of those in t; for a credit line the balance so counted.
    """

    name, index = "fees", "s t"
    left_uses = ("open", "first_open", "alive", "drawable", "eligible", "fx", "terms")

    def left(self, data: Data, v: Variables) -> Iterator[Terms]:
        for (s, t), fees in v.fees.items():
            source = data.case.sources[s]
            length = float(data.calendar.lengths[t])
            pairs: Pairs = [(fees, 1.0)]
            if source.upfront_fee and t == data.first_open[s]:
                pairs.append((v.commit[s], -source.upfront_fee))
            if source.commitment_fee and data.open[s, t]:
                rate = source.commitment_fee * length
                pairs += [(v.commit[s], -rate), *scaled(_used(data, v, s, t), rate)]
            if source.guarantee_fee and (s, t) in v.balance:
                pairs += scaled(bearing(data, v, s, t), -source.guarantee_fee * length)
            if source.draw_fee:
                pairs += scaled(v.funding(s, t), -source.draw_fee)
            yield Terms((s, t), "=", pairs)


def opening(v: Variables, s: int, t: int) -> Pairs:
    """Balance of debt s at the beginning of t."""
    return one(v.balance, s, t - 1)


def bearing(data: Data, v: Variables, s: int, t: int) -> Pairs:
    """What bears interest in t: the opening balance and ω of the period's draws."""
    omega = data.calendar.omega
    return opening(v, s, t) + (scaled(v.funding(s, t), omega) if omega else [])


def _used(data: Data, v: Variables, s: int, t: int) -> Pairs:
    """Commitment in use, on average over t."""
    if data.case.sources[s].instrument == "credit line":
        return bearing(data, v, s, t)
    omega = data.calendar.omega
    before = one(v.drawn, s, t - 1)
    return before + (scaled(v.funding(s, t), omega) if omega else [])


def debt_of_project(data: Data) -> list[int]:
    """Debt whose service the project pays."""
    return [s for s in np.flatnonzero(data.is_debt).tolist() if data.repaid_by[s] is None]
