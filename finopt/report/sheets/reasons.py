"""Why this plan: five sentences, worked out from its own figures and from what solving again found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np
import pandas as pd

from finopt.case.names import same
from finopt.case.selector import Selector
from finopt.case.sheets import Rule
from finopt.finance import Array
from finopt.model.limits import phrase_of
from finopt.report.excel.plan_arrays import first_peak
from finopt.report.excel.sheet import Book
from finopt.report.sheets import limits_and_prices
from finopt.study.sensitivity.prices import Prices
from finopt.tolerances import LEAST_COST, NO_REASON
from finopt.wording import figure, listed, percent, possessive

FULL = "is/are committed to the limit"


def reasons(book: Book) -> list[str]:
    """What binds, the dearest money and why it is needed, the peak year, the tightest limit, what breaks first."""
    found = (_binds(book), _dearest(book), _peak(book), _one_more(book), _breaks(book))
    return [sentence for sentences in found for sentence in sentences]


def _prices(book: Book) -> Prices:
    prices: Prices = book.handed[limits_and_prices.PAGE.title]
    return prices


def _priced(book: Book) -> pd.DataFrame:
    """The limits that have a price, dearest first."""
    table = _prices(book).limits
    if table.empty:
        return pd.DataFrame(columns=["limit", "price"])
    return table[table["price"].abs() > NO_REASON]


def _binds(book: Book) -> Iterator[str]:
    table = _priced(book)
    if table.empty:
        yield (
            _prices(book).note
            or "Nothing binds: no limit holds the plan back, and cheaper money than this is not on offer."
        )
        return
    names = list(dict.fromkeys(table["limit"]))
    if len(names) == 1:
        yield f"What binds: one limit alone holds the plan, {names[0]}."
    elif len(names) <= 3:
        yield f"What binds: {len(names)} limits hold the plan, {listed(names)}."
    else:
        yield f"What binds: {len(names)} limits hold the plan, most of all {listed(names[:3])}."


def _one_more(book: Book) -> Iterator[str]:
    """What one more unit of the tightest limit is worth, how far that holds, and whether solving again confirmed it."""
    table = _priced(book)
    if table.empty:
        yield f"One more of any limit would change nothing: none has a price in the {book.plan.aims[0].measure}."
        return
    row, aim = table.iloc[0], book.plan.aims[0]
    name, unit, price = str(row["limit"]), str(row["unit"]), abs(float(row["price"]))
    gives_less = row["sense"] == ">="
    change = phrase_of(str(row["family"]), name, str(row["sense"])).one(unit)
    of = "" if aim.of == "all" else f" of {aim.of}"
    way = "save" if aim.aim == "minimise" else "add"
    worth = f"would {way} {figure(price)} {book.case.money} {'of' if way == 'save' else 'to'} the {aim.measure}{of}"
    end = float(row["range_from"] if gives_less else row["range_to"])
    room = abs(end - float(row["stands"]))
    far = f", and so would each up to {figure(room)} {unit}" if np.isfinite(room) and room > 0 else ""
    yield f"{change} {worth}{far}" + ("; solving again confirmed it." if row["confirmed"] else ".")


def _dearest(book: Book) -> Iterator[str]:
    rates = book.plan.all_in_rate
    used = [s for s in range(len(book.case.sources)) if book.lines["source", s].total > book.quiet]
    priced = [(rate, s) for s in used if (rate := rates.get(book.case.sources[s].source)) is not None]
    if not priced:
        yield "No money is dearer than other money: nothing that funders put in and take out has a yearly rate."
        return
    rate, s = max(priced)
    name, money = book.case.sources[s].source, book.lines["source", s].total
    text = f"The dearest money is {name}: {money:,.1f} {book.case.money} at {percent(rate)} a year, all fees included"
    cheaper = [c for r, c in priced if r < rate - NO_REASON]
    yield f"{text}. {_why(book, s, cheaper)}"


def _why(book: Book, s: int, cheaper: list[int]) -> str:
    """Why the plan needs its dearest money."""
    if not cheaper:
        others = len(book.case.sources) - 1
        return "It is the only money on offer." if not others else "No other money in the plan is cheaper."
    asking = _asked_for(book, s)
    if asking:
        verb = "asks" if len(asking) == 1 else "ask"
        return f"It is needed because {listed(asking)} {verb} for it."
    room = [c for c in cheaper if not _full(book, c)]
    if not room:
        many = "Every cheaper source in the plan is" if len(cheaper) > 1 else "The one cheaper source in the plan is"
        return f"{many} committed to its limit."
    counted = Counter(_obstacle(book, s, c) for c in room)
    counted[FULL] = len(cheaper) - len(room)
    words = [_told(reason, count) for reason, count in counted.most_common() if count]
    begin = f"Of {len(cheaper)} cheaper sources in the plan" if len(cheaper) > 1 else "Of the one cheaper source"
    return f"{begin} {listed(words, 6)}."


def _told(reason: str, count: int) -> str:
    """How many sources a reason holds back: the verb agrees."""
    return f"{count} {reason.replace('is/are', 'is' if count == 1 else 'are')}"


def _asked_for(book: Book, s: int) -> list[str]:
    """Rules and minimum shares that cost something and are met with this source's money."""
    prices, case = book.plan.prices, book.case
    costly = prices[prices["price"].abs() > NO_REASON]
    asking = []
    for rule in case.rules:
        binds = (costly["family"] == "rule") & costly["key"].str.startswith(f"{rule.rule},")
        if binds.any() and _calls_for(book, rule, s):
            asking.append(f"rule {rule.rule}")
    party = case.sources[s].party
    if ((costly["family"] == "party_share") & (costly["key"] == f"{party}, minimum")).any():
        asking.append(f"{possessive(party)} minimum share")
    return asking


def _calls_for(book: Book, rule: Rule, s: int) -> bool:
    """Whether money of a source helps to meet a rule: it counts towards a floor, or lifts what a cap is a share of."""
    everyone = len(book.case.sources)
    counted = Selector.parse(rule.money_from).sources(book.case)
    if rule.sense != "<=":
        return s in counted and len(counted) < everyone
    base = Selector.parse(rule.of_money_from).sources(book.case) if rule.measure == "share" else []
    return s in base and s not in counted and len(base) < everyone


def _full(book: Book, s: int) -> bool:
    return bool(book.figures.commitment[s] >= book.case.sources[s].limit * (1 - NO_REASON))


def _obstacle(book: Book, s: int, other: int) -> str:
    """Why a cheaper source with room left does not pay what the dearest one pays: the reason met most often."""
    data, source = book.figures.data, book.case.sources[other]
    put_in = book.figures.put_in[other]
    met: Counter[str] = Counter()
    for (drawn, use), values in book.figures.draws.items():
        for t in np.flatnonzero(values).tolist() if drawn == s else ():
            years = np.array([p.year == data.calendar[t].year for p in data.calendar])
            if data.eligible[use, other] <= 0:
                met["may not pay what it pays"] += values[t]
            elif not data.drawable[other, t]:
                met["cannot be drawn then"] += values[t]
            elif _reached(source.limit_per_year, put_in[years].sum()) or _reached(source.limit_per_period, put_in[t]):
                met["is/are at the most that a year or period allows"] += values[t]
            elif _budget_used(book, data.party[other], t):
                met["is/are held by the budget of the party behind"] += values[t]
            else:
                met["is/are held by rules, covenants or the share that it may pay"] += values[t]
    return met.most_common(1)[0][0]


def _reached(limit: float | None, money: float) -> bool:
    return limit is not None and money >= limit * (1 - NO_REASON)


def _budget_used(book: Book, p: int, t: int) -> bool:
    money = book.lines["party money", p].values
    ceilings = [c for c in book.figures.data.ceilings if c.party == p and t in c.when]
    return any(_reached(c.amount, float(money[list(c.when)].sum())) for c in ceilings)


def _peak(book: Book) -> Iterator[str]:
    peaks = book.plan.peak_year
    if not peaks or max(peaks.values()) <= book.quiet:
        yield "No party puts money in in any year."
        return
    party = max(peaks, key=lambda name: peaks[name])
    p = [row.party for row in book.case.parties].index(party)
    year = int(book.lines["year"].values[first_peak(book.lines["party year", p].values)])
    inside = book.lines["year"].values == year
    repaid = float(book.lines["party service", p].values[inside].sum())
    when = book.case.calendar.year_name(year)
    words = f"The heaviest year falls on {party}: {peaks[party]:,.1f} {book.case.money} in {when}"
    if repaid > book.quiet:
        all_of_it = repaid >= peaks[party] * (1 - NO_REASON)
        words += ", all of it" if all_of_it else f", of which {repaid:,.1f} is"
        words += " debt service that it repays itself"
    last = int(np.flatnonzero(inside)[-1])
    yield words + ("; its budget for the year is used up." if _budget_used(book, p, last) else ".")


def _breaks(book: Book) -> Iterator[str]:
    """Gates that carry the plan, the lenders' condition with the least room, and how far the works may cost more."""
    everyone = list(range(len(book.case.sources)))
    spare = _spare(book, everyone)
    share = spare / book.figures.total_cost if book.figures.total_cost > 0 else 0.0
    first = [words for words in (_gate(book), _nearest_condition(book)) if words]
    all_left = (
        f"{figure(spare)} {book.case.money} ({share:.0%}), which is all that is left on offer; "
        "other limits may end it sooner, and `finopt stress` finds where"
    )
    if first and spare > book.quiet:
        last = f"; even a new plan cannot pay for works dearer by more than {all_left}"
    elif first:
        last = "; nor is anything left on offer for dearer works"
    else:
        last = f"works dearer by {all_left}" if spare > book.quiet else "dearer works, for nothing is left on offer"
    yield f"What would break it first: {'; then '.join(first)}{last}."


def _spare(book: Book, sources: list[int]) -> float:
    """Money that some sources offer, in periods that can be drawn, and the plan leaves, in case money."""
    data, put_in = book.figures.data, book.figures.put_in
    room: Array = np.maximum(0.0, data.limit - put_in.sum(axis=1))
    worth: Array = np.where(data.drawable, data.fx, 0.0).max(axis=1)  # nothing where no period is open
    return float((room * worth)[sources].sum())


def _gate(book: Book) -> str:
    """The open gate behind the most money, where the other sources have less than that left."""
    sources = book.case.sources
    found = []
    for gate in book.case.gates:
        behind = [s for s, row in enumerate(sources) if row.gate is not None and same(row.gate) == same(gate.gate)]
        money = sum(book.lines["source", s].total for s in behind)
        left = _spare(book, [s for s in range(len(sources)) if s not in behind])
        if gate.open and money > left + book.quiet:
            found.append((money, gate.gate, left))
    if not found:
        return ""
    money, name, left = max(found)
    return f"gate {name}, for {figure(money)} {book.case.money} stands behind it and others have {figure(left)} left"


def _nearest_condition(book: Book) -> str:
    table = book.plan.covenants.reset_index(drop=True)
    if table.empty:
        return ""
    room = (table["headroom"] / table["limit"].abs().clip(lower=LEAST_COST)).to_numpy(float)
    at_limit = table[room <= NO_REASON]
    if len(at_limit):
        named = [_span(str(name), rows) for name, rows in at_limit.groupby("covenant", sort=False)]
        verb = "stands at its limit" if len(named) == 1 else "stand at their limits"
        return f"less revenue or dearer debt, because {listed(named)} {verb}"
    row = table.iloc[int(room.round(9).argmin())]  # the first of equals, as on the page above
    when = "" if row["period"] == "total" else f" in {row['period']}"
    return (
        f"{row['covenant']}{when}, at {row['value']:.2f} against a limit of {row['limit']:.2f}, "
        "which has the least room of the lenders' conditions"
    )


def _span(name: str, rows: pd.DataFrame) -> str:
    """A covenant with the periods in which it stands at its limit."""
    when = [str(period) for period in rows["period"] if period != "total"]
    if not when:
        return name
    return f"{name} in {when[0]}" if len(when) == 1 else f"{name} in {len(when)} periods from {when[0]}"
