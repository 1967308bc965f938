"""Why this plan: sentences worked out from its own figures."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from finopt.report.frame import Book
from finopt.report.limits_and_prices import FAMILIES, binding

ALMOST = 1e-6


def reasons(book: Book) -> list[str]:
    """What binds, the dearest money and why it is needed, who carries the peak year, what is left, what is tight."""
    return [
        *_binds(book),
        *_dearest(book),
        *_peak(book),
        *_spare(book),
        *_tightest_covenant(book),
    ]


def _binds(book: Book) -> Iterator[str]:
    table = binding(book)
    if table.empty or not table["price"].abs().max() > ALMOST:
        yield "No limit holds the plan back: cheaper money than this is not on offer at all."
        return
    top = table.iloc[0]
    aim = book.plan.aims[0]
    way = "lower" if (top["price"] < 0) == (aim.aim == "minimise") else "raise"
    priced = int((table["price"].abs() > ALMOST).sum())
    first = f"{FAMILIES[top['family']]} ({top['key']})"
    more = f"; in all {priced} limits have a price" if priced > 1 else ""
    change = f"of it would improve the {aim.measure} by {abs(top['price']):.3f}{more}."
    if way == "raise":
        yield f"The dearest condition: {first}. One unit less {change}"
    else:
        yield f"The tightest limit: {first}. One unit more {change}"


def _dearest(book: Book) -> Iterator[str]:
    rates = book.plan.all_in_rate
    used = [s for s in range(len(book.case.sources)) if book.lines["source", s].total > 0]
    priced = [(rate, s) for s in used if (rate := rates.get(book.case.sources[s].source)) is not None]
    if not priced:
        return
    rate, s = max(priced)
    cheaper = [c for r, c in priced if r < rate - ALMOST]
    full = [c for c in cheaper if book.figures.commitment[c] >= book.case.sources[c].limit * (1 - ALMOST)]
    name, money = book.case.sources[s].source, book.lines["source", s].total
    text = f"The dearest money is {name}: {money:,.1f} {book.case.money} at an all-in rate of {rate:.2%} a year"
    if not cheaper:
        yield text + ", and no cheaper source is used."
    elif len(full) == len(cheaper):
        yield text + ". It is needed because every cheaper source in the plan is committed to its limit."
    else:
        others = len(cheaper) - len(full)
        yield text + (
            f". Of the {len(cheaper)} cheaper sources in the plan {len(full)} are committed to their limit; the other "
            f"{others} are held by windows, budgets, rules or what they may pay."
        )


def _peak(book: Book) -> Iterator[str]:
    peaks = book.plan.peak_year
    if not peaks or max(peaks.values()) <= 0:
        return
    party = max(peaks, key=lambda name: peaks[name])
    p = [row.party for row in book.case.parties].index(party)
    years = book.lines["party year", p].values
    year = int(book.lines["year"].values[int(np.argmax(years))])
    repaid = book.lines["party service", p].values[book.lines["year"].values == year].sum()
    own = f", of which {repaid:,.1f} is debt service that it repays itself" if repaid > 0 else ""
    yield f"The heaviest year falls on {party}: {peaks[party]:,.1f} {book.case.money} in {year}{own}."


def _spare(book: Book) -> Iterator[str]:
    fx = book.figures.data.fx
    sources = book.case.sources
    spare = [(row.limit - float(book.figures.put_in[s].sum())) * float(fx[s, 0]) for s, row in enumerate(sources)]
    offered = sum(row.limit * float(fx[s, 0]) for s, row in enumerate(sources))
    idle = [row.source for s, row in enumerate(sources) if not book.figures.put_in[s].any()]
    shut = [s for s in range(len(sources)) if not book.figures.data.drawable[s].any()]
    text = f"Of {offered:,.0f} {book.case.money} on offer {max(0.0, sum(spare)):,.0f} stays unused"
    if idle:
        names = ", ".join(idle[:4]) + (f" and {len(idle) - 4} more" if len(idle) > 4 else "")
        text += f"; not used at all: {names}"
    if shut:
        text += f" ({len(shut)} of the offers never open: gate shut or window past)"
    yield text + "."


def _tightest_covenant(book: Book) -> Iterator[str]:
    table = book.plan.covenants.reset_index(drop=True)
    if table.empty:
        return
    room = table["headroom"] / table["limit"].abs().clip(lower=1e-9)
    at_limit = table[room <= ALMOST]
    if len(at_limit):
        named = []
        for name, rows in at_limit.groupby("covenant", sort=False):
            when = [p for p in rows["period"] if p != "total"]
            span = "" if not when else f" ({when[0]})" if len(when) == 1 else f" ({len(when)} periods from {when[0]})"
            named.append(f"{name}{span}")
        verb = "stands" if len(named) == 1 else "stand"
        yield (
            f"Of the lenders' conditions {', '.join(named)} {verb} at the limit: "
            "there less revenue or more cost would break the plan first."
        )
        return
    row = table.iloc[int(room.to_numpy().argmin())]
    where = "" if row["period"] == "total" else f" in {row['period']}"
    yield (
        f"Of the lenders' conditions {row['covenant']} is nearest to its limit{where}: {row['value']:.2f} against "
        f"{row['limit']:.2f}; there less revenue or more cost would break the plan first."
    )
