"""The Rules sheet: one general linear rule a row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from finopt.case.arrays import Data
from finopt.case.selector import Selector
from finopt.case.sheets import Rule
from finopt.finance import Array
from finopt.model.family import Family, Key, Terms
from finopt.model.variables import Pairs, Variables


class RuleRow(Family):
    """Money from some sources spent on some uses, held against an amount or a share of other draws.

        Σ draws(money from, spent on) <sense> value                                amount
        Σ draws(money from, spent on) <sense> value · Σ draws(of ..., of ...)      share

    over all periods in [From, To], each year, each period, or up to each period. Unit: case money.
    """

    name, index = "rule", "rule when"
    left_uses, right_uses = ("rules", "drawable", "eligible"), ("rules",)

    def left(self, data: Data, v: Variables) -> Iterator[Terms]:
        for rule in data.case.rules:
            for label, periods in windows(data, rule):
                pairs = _drawn(data, v, rule.money_from, rule.spent_on, rule, periods)
                if rule.measure == "share":
                    base = _drawn(data, v, rule.of_money_from, rule.of_spent_on, rule, periods)
                    pairs = [*pairs, *((x, -rule.value * a) for x, a in base)]
                yield Terms((rule.rule, label), rule.sense, pairs)

    def right(self, data: Data, keys: Sequence[Key]) -> Array:
        amounts = {r.rule: r.value if r.measure == "amount" else 0.0 for r in data.case.rules}
        return np.array([amounts[str(name)] for name, _ in keys])


def windows(data: Data, rule: Rule) -> list[tuple[str, list[int]]]:
    """The periods over which a rule holds, by label: all, each year, each period, or up to each period."""
    first, last = rule.from_ or data.calendar[0].first, rule.to or data.calendar.periods[-1].last
    inside = [p for p in data.calendar if first <= p.flow_date <= last]
    if rule.when == "total":
        return [("total", [p.index for p in inside])]
    if rule.when == "year":
        years = dict.fromkeys(p.year for p in inside)
        return [(data.calendar.year_name(year), [p.index for p in inside if p.year == year]) for year in years]
    if rule.when == "period":
        return [(p.label, [p.index]) for p in inside]
    return [(p.label, [q.index for q in inside if q.index <= p.index]) for p in inside]


def _drawn(data: Data, v: Variables, money: str, use: str, rule: Rule, periods: Sequence[int]) -> Pairs:
    sources, uses = Selector.parse(money).sources(data.case), Selector.parse(use).uses(data.case)
    if rule.when == "total" and len(periods) == len(data.calendar):
        return [(v.spent[s, u], 1.0) for s in sources for u in uses if (s, u) in v.spent]
    return v.chosen(sources, uses, periods)
