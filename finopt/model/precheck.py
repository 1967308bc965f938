"""Impossible cases that need no solver, said in words.

Only what is certain is said: every offer is counted at its most (no interest, no fees, the best exchange rate, money
of the project account without limit once there is some), so that a case with a plan never gets a sentence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt

from finopt.case.arrays import Data, Mask
from finopt.case.case import Case
from finopt.case.names import same
from finopt.case.sheets import Rule
from finopt.model.covenants import applies_to
from finopt.tolerances import BY_ARITHMETIC

Periods = npt.NDArray[np.intp]


def impossible(case: Case) -> list[str]:
    """Why a case can have no plan, as far as arithmetic on its own figures shows; empty where it shows nothing."""
    data = Data(case)
    return [words for check in CHECKS for words in check(data)]


def stuck(data: Data) -> bool:
    """Whether a row of the program could never be met, whatever is decided: quicker to see than to build it."""
    return any(True for _ in _nobody_may_pay(data))


def _nobody_may_pay(data: Data) -> Iterator[str]:
    """Periods in which a package costs money and no source that may pay it is open."""
    labels = data.calendar.labels
    for w, package in enumerate(data.case.packages):
        eligible = data.eligible[w] > 0
        if data.cost[w].sum() > BY_ARITHMETIC and not eligible.any():
            yield f"{package.package} needs {_money(data.cost[w].sum())}; no source may pay it (sheet Eligibility)"
            continue
        for run in _runs(_unpaid(data, w)):
            when = labels[run[0]] if len(run) == 1 else f"{labels[run[0]]} to {labels[run[-1]]}"
            need = _money(data.cost[w, run].sum())
            closed = "; ".join(_why_closed(data, s) for s in np.flatnonzero(eligible[:-1])[:4].tolist())
            yield f"{when}: {package.package} needs {need}; no source that may pay it can be drawn then" + (
                f" ({closed})" if closed else ""
            )


def _unpaid(data: Data, w: int) -> Mask:
    """Periods in which a package costs money and no source that may pay it can be drawn; (T,)."""
    return np.asarray((data.cost[w] > BY_ARITHMETIC) & ~data.payers[data.eligible[w] > 0].any(axis=0))


def _why_closed(data: Data, s: int) -> str:
    source, labels = data.case.sources[s], data.calendar.labels
    when = np.flatnonzero(data.drawable[s])
    if when.size:
        return f"{source.source}: {labels[when[0]]} to {labels[when[-1]]}"
    return f"{source.source}: gate {source.gate} is shut" if source.gate else f"{source.source}: never"


def _runs(mask: Mask) -> list[list[int]]:
    """Consecutive true positions."""
    where = np.flatnonzero(mask)
    return [run.tolist() for run in np.split(where, np.flatnonzero(np.diff(where) > 1) + 1) if run.size]


def _shares_too_small(data: Data) -> Iterator[str]:
    """Shares that leave a part of a package with nobody."""
    payers = data.payers
    for w, package in enumerate(data.case.packages):
        costs = data.cost[w] > BY_ARITHMETIC
        able = (payers & costs).any(axis=1)
        total = float(data.eligible[w][able].sum())
        if costs.any() and 0 < total < 1 - BY_ARITHMETIC:
            yield f"{package.package}: the sources that may pay it may pay {total:.4g} of it in all (sheet Eligibility)"


def _shares_of_parties(data: Data) -> Iterator[str]:
    """Shares of parties that cannot sum to one."""
    if not _needing(data, np.arange(len(data.calendar))):
        return
    caps = [p.maximum_share for p in data.case.parties if p.maximum_share is not None]
    if len(caps) == len(data.case.parties) and sum(caps) < 1 - BY_ARITHMETIC:
        yield f"The parties' maximum shares sum to {sum(caps):.4g}: nobody may give the rest (sheet Parties)"
    floors = [p.minimum_share for p in data.case.parties if p.minimum_share is not None]
    if sum(floors) > 1 + BY_ARITHMETIC:
        yield f"The parties' minimum shares sum to {sum(floors):.4g}: more than all the money (sheet Parties)"


def _rules(data: Data) -> Iterator[str]:
    """Two rules on the same money, of which one asks for more than the other allows."""
    for i, low in enumerate(data.case.rules):
        for j, high in enumerate(data.case.rules):
            asks = low.sense in (">=", "=") and high.sense in ("<=", "=") and low.value > high.value + BY_ARITHMETIC
            if i != j and asks and _alike(low, high) and (low.measure == "amount" or _surely_some(data, low)):
                allows = f"rule {high.rule} allows {_number(high)}"
                yield f"Rule {low.rule} asks for {_number(low)} where {allows} (sheet Rules)"


def _alike(a: Rule, b: Rule) -> bool:
    """Whether two rules speak of the same money in the same periods."""
    names = ("money_from", "spent_on", "measure", "of_money_from", "of_spent_on", "when", "from_", "to")
    return all(same(str(getattr(a, n))) == same(str(getattr(b, n))) for n in names)


def _surely_some(data: Data, rule: Rule) -> bool:
    """Whether a share of a rule is one of money that must flow: of all money, over all time."""
    everything = all(same(x) == "all" for x in (rule.of_money_from, rule.of_spent_on))
    whole = rule.when == "total" and rule.from_ is None and rule.to is None
    return everything and whole and bool(_needing(data, np.arange(len(data.calendar))))


def _number(rule: Rule) -> str:
    return f"{rule.value:.4g}" if rule.measure == "share" else _money(rule.value)


def _cash(data: Data) -> Iterator[str]:
    """A project account that no revenue can fill to what it must hold, even if nothing is ever paid out of it.

    Draws for Financing costs and Refinancing never exceed what they pay, so they leave nothing in the account.
    """
    held, least = data.opening_cash, data.minimum_cash
    for t, label in enumerate(data.calendar.labels):
        held = held * (1 + float(data.deposit[t])) + float(data.cfads[t])
        if held < least - BY_ARITHMETIC:
            must = f"minimum cash is {_money(least)}" if least else "it must not fall below 0"
            yield f"{label}: {must}; revenue less running costs leaves at most {_signed(held)} in the project account"
            return


def _debt_allowed(data: Data) -> Iterator[str]:
    """Covenants on debt that leave too little of it, beside all that is not such debt."""
    everything = np.arange(len(data.calendar))
    packages = _needing(data, everything)
    if not packages:
        return
    last = int(np.flatnonzero(data.cost[packages].sum(axis=0) > BY_ARITHMETIC)[-1])
    need = float(data.cost[packages].sum())
    offers = np.array([_offer(data, s, packages, everything) for s in range(len(data.case.sources))])
    for row in data.case.covenants:
        debts = applies_to(data, row)
        whole = row.from_ is None and row.to is None
        if row.covenant not in ("gearing", "debt") or not whole or not _counts_all_draws(data, debts, last):
            continue
        own = float(sum(_most(data, s) for s in np.flatnonzero(~data.is_debt).tolist()))
        others = float(offers[data.is_debt].sum() - offers[debts].sum())
        if row.covenant == "debt":
            allowed = row.limit
        elif row.limit < 1:
            before = float((data.drawn_before * data.fx[:, 0])[~data.is_debt].sum())
            allowed = row.limit / (1 - row.limit) * (own + before)
        else:
            continue
        if allowed + own + others < need * (1 - BY_ARITHMETIC) - BY_ARITHMETIC:
            yield (
                f"{row.covenant} of {row.limit:.4g} allows a debt of {_money(allowed)} at most; with all other money, "
                f"{_money(own + others)}, that is less than the {_money(need)} that packages need (sheet Covenants)"
            )


def _counts_all_draws(data: Data, debts: list[int], last: int) -> bool:
    """Whether the debt outstanding holds everything drawn until then: nothing repaid, no change of its worth."""
    same_worth = bool((data.fx[debts] == data.fx[debts][:, :1]).all())
    waits = data.ahead[debts].any() and data.case.project.deposit_rate > 0
    return same_worth and not waits and not data.repays[debts, : last + 1].any()


def _most(data: Data, s: int) -> float:
    """All that a source can put in for any use, in case money."""
    if not data.drawable[s].any():
        return 0.0
    return data.case.sources[s].limit * _worth(data, s, np.flatnonzero(data.drawable[s]))


def _worth(data: Data, s: int, when: Periods) -> float:
    """The most case money that a unit of a source's currency is worth in some periods."""
    return float(data.fx[s, when].max())


def _signed(amount: float) -> str:
    return ("-" if amount < 0 else "") + _money(abs(amount))


def _needing(data: Data, when: Periods) -> list[int]:
    """Packages with a cost in these periods that the project account can have no part in."""
    return [
        w
        for w in range(len(data.case.packages))
        if data.cost[w, when].sum() > BY_ARITHMETIC
        and not (data.eligible[w, -1] > 0 and data.has_cash[when][data.cost[w, when] > 0].any())
    ]


def _by_year(data: Data) -> Iterator[str]:
    """Need against offer, year by year and in all."""
    for year in data.calendar.years:
        when = np.array([p.index for p in data.calendar if p.year == year])
        yield from _too_little(data, f"{data.calendar.year_name(year)}: packages need", _needing(data, when), when)
    everything = np.arange(len(data.calendar))
    yield from _too_little(data, "In all: packages need", _needing(data, everything), everything)


def _by_part(data: Data) -> Iterator[str]:
    """Need against offer, package by package and location by location, where somebody could pay in every period."""
    everything = np.arange(len(data.calendar))
    asked = _needing(data, everything)
    open_to = [w for w in asked if not _unpaid(data, w).any()]
    places = dict.fromkeys(data.case.packages[w].location for w in asked)
    parts = [(f"In {place}: packages need", [w for w in asked if data.case.packages[w].location == place])
             for place in places if place]  # fmt: skip
    parts = [(words, ws) for words, ws in parts if len(ws) > 1]
    for words, ws in [*((f"{data.uses[w]} needs", [w]) for w in open_to), *parts]:
        if len(ws) < len(asked):
            yield from _too_little(data, words, ws, everything)


def _too_little(data: Data, words: str, packages: list[int], when: Periods) -> Iterator[str]:
    """Packages that need more than all sources that may pay them can give in these periods."""
    if not packages:
        return
    need = float(data.cost[packages][:, when].sum())
    offers = np.array([_offer(data, s, packages, when) for s in range(len(data.case.sources))])
    offer = float(offers[data.ahead].sum())  # issued in other years, so no budget of these periods limits it
    for p in range(len(data.case.parties)):
        own = (np.array(data.party, dtype=int) == p) & ~data.ahead
        offer += min(float(offers[own].sum()), _budget(data, p, when))
    if need > offer * (1 + BY_ARITHMETIC) + BY_ARITHMETIC:
        yield f"{words} {_money(need)}; sources that may pay them offer {_money(offer)}"


def _offer(data: Data, s: int, packages: list[int], when: Periods) -> float:
    """The most that a source can pay for some packages in some periods, in case money."""
    source, payers = data.case.sources[s], data.payers[s]
    days = when[payers[when]]
    if not days.size:
        return 0.0
    limit = source.limit / (1 + source.headroom)
    paid_in = days
    if source.traits.revolving:
        limit *= len(days)
    elif source.traits.ahead:
        limit *= float(np.prod(1 + data.deposit))
        paid_in = np.flatnonzero(data.drawable[s])  # at its issue, which may be before these periods
    else:
        years = {data.calendar[t].year for t in days}
        limit = min(limit, float(data.limit_per_year[s]) * len(years), float(data.limit_per_period[s]) * len(days))
    cost = data.cost[packages]
    wanted = np.minimum(data.eligible[packages, s] * cost.sum(axis=1), cost[:, days].sum(axis=1)).sum()
    return min(limit * _worth(data, s, paid_in), float(wanted))


def _budget(data: Data, p: int, when: Periods) -> float:
    """The most that a party can put in during some periods, as far as its budgets say."""
    asked, bound = set(when.tolist()), float(data.total_budget[p])
    own = [c for c in data.ceilings if c.party == p]
    for ceiling in own:
        if asked <= set(ceiling.when):
            bound = min(bound, ceiling.amount)
    parts = [c for c in own if set(c.when) <= asked]
    covered = [t for c in parts for t in c.when]
    if len(covered) == len(set(covered)) and set(covered) == asked:
        bound = min(bound, sum(c.amount for c in parts))
    return bound


def _money(amount: float) -> str:
    """An amount with no more decimals than it needs to be told from others."""
    return f"{amount:,.0f}" if amount >= 100 else f"{amount:,.4g}"


CHECKS: tuple[Callable[[Data], Iterator[str]], ...] = (
    _nobody_may_pay,
    _shares_too_small,
    _shares_of_parties,
    _rules,
    _cash,
    _debt_allowed,
    _by_part,
    _by_year,
)
"""Each kind of impossibility; tests/test_impossible.py has a broken example of each."""
