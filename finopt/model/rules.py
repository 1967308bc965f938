"""The Rules sheet: one general linear rule a row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from finopt.case.arrays import Data
from finopt.case.selector import Selector
from finopt.case.sheets import Rule
from finopt.finance import Array
from finopt.model.family import Family, Key, Terms, told
from finopt.model.places import Hold, Place, Ratio, field
from finopt.model.variables import Pairs, Variables
from finopt.tolerances import SHARE_STEP


class RuleRow(Family):
    """Money from some sources spent on some uses, held against an amount or a share of other draws.

        Σ draws(money from, spent on) <sense> value                                amount
        Σ draws(money from, spent on) <sense> value · Σ draws(of ..., of ...)      share

    over all periods in [From, To], each year, each period, or up to each period. Unit: case money.
    """

    name, index = "rule", "rule when"
    left_uses, right_uses = ("Rules",), ("Rules",)

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

    def holds(self, data: Data, key: Key) -> Iterator[Hold]:
        rule = _rule(data, key)
        yield Hold(field(rule, "value"), 1.0 if rule.measure == "amount" else None)

    def ratios(self, data: Data, rows: Iterable[tuple[Key, str]]) -> Iterator[Ratio]:
        for rule in data.case.rules:
            if rule.measure == "share" and rule.sense != "=":
                floor = rule.sense == ">="
                yield Ratio(
                    field(rule, "value"), f"rule {rule.rule}", rule.value, way=1.0 if floor else -1.0, notch=0.01,
                    grain=SHARE_STEP, end=0.0 if floor else max(10.0, rule.value), share=True,
                )  # fmt: skip

    def noun(self, data: Data, key: Key) -> str:
        name, when = self.words(data, key)
        return f"rule {name}" if when == "total" else f"rule {name} in {when}"

    def giver(self, data: Data, key: Key) -> str:
        return f"rule {self.words(data, key)[0]}"

    def says(self, data: Data, keys: Sequence[Key], place: Place) -> str:
        rule = _rule(data, keys[0])
        sense = {"<=": "at most", ">=": "at least", "=": "exactly"}[rule.sense]
        number = told(rule.value, rule.measure == "share")
        return f"rule {rule.rule} asks {sense} {number}{self.when(data, keys)}"


def _rule(data: Data, key: Key) -> Rule:
    return next(rule for rule in data.case.rules if rule.rule == key[0])


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
