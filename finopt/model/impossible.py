"""Impossible cases that need no solver, said in words.

Only what is certain is said: every offer is counted at its most (no interest, no fees, the best exchange rate, money
of the project account without limit once there is some), so that a case with a plan never gets a sentence.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from finopt.case import Case
from finopt.data import Data, Mask

Periods = npt.NDArray[np.intp]
TINY = 1e-6


def impossible(case: Case) -> list[str]:
    """Why a case can have no plan, as far as arithmetic on its own figures shows; empty where it shows nothing."""
    data = Data(case)
    everything = np.arange(len(data.calendar))
    years = [(str(y), np.array([p.index for p in data.calendar if p.year == y])) for y in data.calendar.years]
    return [
        *_nobody_may_pay(data),
        *_shares_too_small(data),
        *(words for label, when in years for words in _too_little(data, label, when)),
        *_too_little(data, "In all", everything),
    ]


def _payers(data: Data) -> Mask:
    """Whether a source can pay a period's costs; (S + 1, T), the last row the project account.

    Bond money waits in its own account, so a bond can pay from its first issue on.
    """
    bond = np.array([s.instrument == "bond" for s in data.case.sources], dtype=bool).reshape(-1, 1)
    drawable = np.where(bond, np.maximum.accumulate(data.drawable, axis=1), data.drawable)
    return np.vstack([drawable, data.has_cash])


def _nobody_may_pay(data: Data) -> Iterator[str]:
    """Periods in which a package costs money and no source that may pay it is open."""
    payers, labels = _payers(data), data.calendar.labels
    for w, package in enumerate(data.case.packages):
        eligible = data.eligible[w] > 0
        if data.cost[w].sum() > TINY and not eligible.any():
            yield f"{package.package} needs {_money(data.cost[w].sum())}; no source may pay it (sheet Eligibility)"
            continue
        unpaid = (data.cost[w] > TINY) & ~payers[eligible].any(axis=0)
        for run in _runs(unpaid):
            when = labels[run[0]] if len(run) == 1 else f"{labels[run[0]]} to {labels[run[-1]]}"
            need = _money(data.cost[w, run].sum())
            closed = "; ".join(_why_closed(data, s) for s in np.flatnonzero(eligible[:-1])[:4].tolist())
            yield f"{when}: {package.package} needs {need}; no source that may pay it can be drawn then" + (
                f" ({closed})" if closed else ""
            )


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
    """Shares that leave a part of a package, or of all money, with nobody."""
    payers = _payers(data)
    for w, package in enumerate(data.case.packages):
        costs = data.cost[w] > TINY
        able = (payers & costs).any(axis=1)
        total = float(data.eligible[w][able].sum())
        if costs.any() and 0 < total < 1 - TINY:
            yield f"{package.package}: the sources that may pay it may pay {total:.4g} of it in all (sheet Eligibility)"
    caps = [p.maximum_share for p in data.case.parties if p.maximum_share is not None]
    if len(caps) == len(data.case.parties) and sum(caps) < 1 - TINY and _needing(data, np.arange(len(data.calendar))):
        yield f"The parties' maximum shares sum to {sum(caps):.4g}: nobody may give the rest (sheet Parties)"


def _needing(data: Data, when: Periods) -> list[int]:
    """Packages with a cost in these periods that the project account can have no part in."""
    return [
        w
        for w in range(len(data.case.packages))
        if data.cost[w, when].sum() > TINY and not (data.eligible[w, -1] > 0 and data.has_cash[when].any())
    ]


def _too_little(data: Data, label: str, when: Periods) -> Iterator[str]:
    """Packages that need more than all sources that may pay them can give in these periods."""
    packages = _needing(data, when)
    if not packages:
        return
    need = float(data.cost[packages][:, when].sum())
    bonds = np.array([s.instrument == "bond" for s in data.case.sources], dtype=bool)
    offers = np.array([_offer(data, s, packages, when) for s in range(len(data.case.sources))])
    offer = float(offers[bonds].sum())  # issued in other years, so no budget of these periods limits it
    for p in range(len(data.case.parties)):
        own = (np.array(data.party, dtype=int) == p) & ~bonds
        offer += min(float(offers[own].sum()), _budget(data, p, when))
    if need > offer * (1 + TINY) + TINY:
        yield f"{label}: packages need {_money(need)}; sources that may pay them offer {_money(offer)}"


def _offer(data: Data, s: int, packages: list[int], when: Periods) -> float:
    """The most that a source can pay for some packages in some periods, in case money."""
    source, payers = data.case.sources[s], _payers(data)[s]
    days = when[payers[when]]
    if not days.size:
        return 0.0
    fx = float(data.fx[s].max())
    limit = source.limit / (1 + source.headroom)
    if source.instrument == "credit line":
        limit *= len(days)
    elif source.instrument == "bond":
        limit *= float(np.prod(1 + data.deposit))
    else:
        years = {data.calendar[t].year for t in days}
        limit = min(limit, float(data.limit_per_year[s]) * len(years), float(data.limit_per_period[s]) * len(days))
    wanted = sum(
        min(float(data.eligible[w, s] * data.cost[w].sum()), float(data.cost[w, days].sum())) for w in packages
    )
    return min(limit * fx, wanted)


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
