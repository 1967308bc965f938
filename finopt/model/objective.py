"""What money costs: the accounts of equity and grants, and every measure that can be an aim."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import count

from finopt.case.arrays import Data
from finopt.case.selector import Selector
from finopt.case.sheets import Objective
from finopt.model.family import Family, Terms
from finopt.model.parties import put_in
from finopt.model.variables import Pairs, Variable, Variables, one, scaled

GOLDEN = 0.6180339887498949
"""The golden ratio's fraction: its multiples fill the unit interval evenly."""

AIM_USES = (
    "discount", "discount_out", "fx", "capitalised", "upfront_in", "Objectives", "Sources.upfront_fee",
    "Sources.draw_fee",
)  # fmt: skip
"""What the aims read, as families say it."""
FIGURE_USES = (*AIM_USES, "repaid_by")
"""What the figures of a study read, beside the values of the variables."""


class Account(Family):
    """Equity and public money earn their target return or opportunity cost until paid out.

        account[s,t] = (1+k)^δ · account[s,t-1] + (1+k)^(ω·δ) · funding[s,t] - payout[s,t]    each equity and grant s

    Grants have no payouts. Unit: the source's currency; the account is never negative.
    """

    name, index, kind = "account", "s t", "identity"
    left_uses = ("fx", "growth", "draw_growth")

    def left(self, data: Data, v: Variables) -> Iterator[Terms]:
        for (s, t), account in v.account.items():
            before = scaled(one(v.account, s, t - 1), -float(data.growth[s, t]))
            drawn = scaled(v.funding(s, t), -float(data.draw_growth[s, t]))
            yield Terms((s, t), "=", [(account, 1.0), *before, *drawn, *one(v.payout, s, t)])


class Peak(Family):
    """A peak is at least what it is the peak of.

    peak[i] >= money put in during the year                       each peak-year aim i, year
    peak[i] >= debt outstanding at the end of t                   each peak-debt aim i, period t
    """

    name, index, kind = "peak", "aim when", "identity"
    left_uses = ("repaid_by", "capitalised", "fx", "Objectives")

    def left(self, data: Data, v: Variables) -> Iterator[Terms]:
        for i, aim in enumerate(data.case.objectives):
            if i in v.peak:
                for label, pairs in _peaks(data, v, aim):  # a peak of nothing has rows too: they make it a column
                    yield Terms((str(i + 1), label), "<=", [*pairs, (v.peak[i], -1.0)])


@dataclass(frozen=True)
class Stage:
    """One aim of the program: ``pairs`` is its measure, ``sign`` +1 to minimise it and -1 to maximise it.

    ``tolerance`` is the share of its best value by which later stages may worsen it.
    """

    aim: str
    measure: str
    of: str
    pairs: Pairs
    sign: float
    tolerance: float

    @property
    def minimised(self) -> Pairs:
        """What the solver minimises."""
        return scaled(self.pairs, self.sign)


def stages(data: Data, v: Variables) -> list[Stage]:
    """The aims in order of priority; without an Objectives sheet: minimise the financing cost."""
    aims = data.case.objectives or (Objective(priority=1, aim="minimise", measure="financing cost"),)
    return [
        Stage(a.aim, a.measure, a.of, MEASURES[a.measure](data, v, a, i), 1.0 if a.aim == "minimise" else -1.0,
              a.tolerance)
        for i, a in enumerate(aims)
    ]  # fmt: skip


def financing_cost(data: Data, v: Variables) -> Pairs:
    """Present value of all that funders take out, less what they put in.

    Σ_t e_t · (interest + fees + principal + payouts) - Σ_t d_t · draws + e_T · (closing balances + closing accounts)

    Upfront and draw fees fall with the draws, at d_t. Money that waits in a proceeds account counts when it pays a use.
    """
    pairs: Pairs = [
        (x, -float(data.discount[t]))
        for (s, t), drawn in v.by_source.items()
        if s != v.account_source
        for _, x in drawn
    ]
    last = len(data.calendar) - 1
    for s in range(len(data.case.sources)):
        for t in range(last + 1):
            worth, early = data.fx[s, t] * data.discount_out[t], data.discount[t] - data.discount_out[t]
            pairs += scaled(v.service(s, t) + one(v.payout, s, t), float(worth))
            if early:
                pairs += scaled(early_fees(data, v, s, t), float(data.fx[s, t] * early))
        closing = one(v.balance, s, last) + one(v.account, s, last)
        pairs += scaled(closing, float(data.fx[s, last] * data.discount_out[-1]))
    return pairs


def early_fees(data: Data, v: Variables, s: int, t: int) -> Pairs:
    """Fees of a source that fall with the draws of t rather than at its end: upfront fee and draw fee, own currency."""
    source = data.case.sources[s]
    upfront: Pairs = [(v.commit[s], source.upfront_fee)] if source.upfront_fee and t == data.upfront_in[s] else []
    return upfront + (scaled(v.funding(s, t), source.draw_fee) if source.draw_fee else [])


def tie_breaks(data: Data, v: Variables) -> tuple[Pairs, Pairs]:
    """What the last passes minimise: sources listed first pay packages listed first and periods that come first.

        Σ order(s) · (2 - q) · (1 + 0.01 · h) · draw,  q = ½ (order(w)/W + t/T)

    Orders count from 1, among the sources and uses that can meet, so that one that cannot changes nothing; the Project
    account comes last, and the built-in uses after the packages. h, from 0 to 1, is distinct for each draw: without it
    two sources may swap the corners of a rectangle of packages and periods, at no difference.

    The second pass decides the flows that draws leave free: drawings (issues) as late as they go, repayment as early,
    least commitment, no more in reserve or as a line's fee than must be, peaks no higher than what they are the peak
    of, and idle cash paid out to equity, early rather than late, rather than kept.
    """
    sources, uses = _orders(data, v)
    size, periods, spread = len(uses), len(data.calendar), _spread()
    draws: Pairs = [
        (x, sources[s] * (2 - 0.5 * (uses[u] / size + (t + 1) / periods)) * next(spread))
        for (s, u, t), x in sorted(v.draw.items(), key=lambda item: item[0])
        if s in sources
    ]
    return draws, [*_free_flows(v, sources, periods, spread)]


def _free_flows(
    v: Variables, sources: Mapping[int, int], periods: int, spread: Iterator[float]
) -> Iterator[tuple[Variable, float]]:
    """Each flow that is free where the draws are known, with its weight in the last pass."""
    places: Mapping[int, int] = defaultdict(lambda: len(sources) + 1, sources)
    most = 4.0 * (len(sources) + 1)
    for (s, t), x in sorted(v.issue.items(), key=lambda item: item[0]):
        yield x, places[s] * (2 - (t + 1) / periods) * next(spread)
    for (s, t), x in sorted(v.payout.items(), key=lambda item: item[0]):
        yield x, places[s] * (1 + (t + 1) / periods) * next(spread) - most
    for (s, t), x in sorted(v.principal.items(), key=lambda item: item[0]):
        yield x, places[s] * (1 + (t + 1) / periods) * next(spread)
    for x in v.reserve.values():
        yield x, next(spread)
    for s, x in enumerate(v.commit):
        yield x, float(places[s])
    for x in v.line_fee.values():
        yield x, 1.0
    for x in v.peak.values():
        yield x, 1.0


def _orders(data: Data, v: Variables) -> tuple[dict[int, int], dict[int, int]]:
    """Places, from 1, of the sources that can pay something and of the uses that they can pay."""
    able = [(s, u) for s, u in v.spent if s == v.account_source or data.limit[s] > 0]
    sources, uses = sorted({s for s, _ in able}), sorted({u for _, u in able})
    return {s: i for i, s in enumerate(sources, 1)}, {u: i for i, u in enumerate(uses, 1)}


def _spread() -> Iterator[float]:
    """1 + 0.01 · h for h = frac(n · 0.618...), n = 1, 2, ...: distinct, evenly spread, the same on every machine."""
    return (1 + 0.01 * (n * GOLDEN % 1) for n in count(1))


def _financing_cost(data: Data, v: Variables, aim: Objective, i: int) -> Pairs:
    return financing_cost(data, v)


def _interest_and_fees(data: Data, v: Variables, aim: Objective, i: int) -> Pairs:
    chosen = Selector.parse(aim.of).sources(data.case)
    pairs: Pairs = []
    for s in chosen:
        for t in range(len(data.calendar)):
            pairs += scaled(one(v.interest, s, t) + v.fee(s, t), float(data.fx[s, t]))
    return pairs


def _money(data: Data, v: Variables, aim: Objective, i: int) -> Pairs:
    selector = Selector.parse(aim.of)
    uses = selector.uses(data.case)
    return [(v.spent[s, u], 1.0) for s in selector.sources(data.case) for u in uses if (s, u) in v.spent]


def _closing_cash(data: Data, v: Variables, aim: Objective, i: int) -> Pairs:
    return [(v.cash[-1], 1.0)]


def _peak(data: Data, v: Variables, aim: Objective, i: int) -> Pairs:
    return [(v.peak[i], 1.0)]


MEASURES: Mapping[str, Callable[[Data, Variables, Objective, int], Pairs]] = {
    "financing cost": _financing_cost,
    "interest and fees": _interest_and_fees,
    "money": _money,
    "peak year": _peak,
    "peak debt": _peak,
    "closing cash": _closing_cash,
}
"""Each measure that can be an aim, as an expression."""


def _peaks(data: Data, v: Variables, aim: Objective) -> Iterator[tuple[str, Pairs]]:
    chosen = Selector.parse(aim.of).sources(data.case)
    if aim.measure == "peak debt":
        for period in data.calendar:
            t = period.index
            owed = [(v.balance[s, t], float(data.fx[s, t])) for s in chosen if (s, t) in v.balance]
            yield period.label, owed
        return
    parties = sorted({data.party[s] for s in chosen})
    for year in data.calendar.years:
        yield (
            data.calendar.year_name(year),
            put_in(data, v, parties, [p.index for p in data.calendar if p.year == year]),
        )
