"""Who could give, and how far: every limit, gate, date, share and covenant of a case as a move towards a plan."""

from __future__ import annotations

import datetime as dt
import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from finopt.case.arrays import Data
from finopt.case.calendar import MONTHS, add_months
from finopt.case.case import Case
from finopt.case.change import Change
from finopt.case.names import same
from finopt.case.sheets import Gate, Package, Source
from finopt.model.build import Model
from finopt.model.limits import Lever, levers, ratios
from finopt.model.packages import eligibility_rows
from finopt.model.places import Ratio
from finopt.tolerances import WHOLE_STEPS
from finopt.wording import figure, named, percent, possessive

Changes = tuple[Change, ...]
PLENTY = 10.0
"""How many times all that is to be paid counts as money without limit."""


@dataclass(frozen=True)
class Amounts:
    """Somebody gives money: numbers of the workbook that may grow (or shrink), sized by a linear program."""

    who: str
    levers: tuple[Lever, ...]

    @property
    def works(self) -> bool:
        """Whether works are given up."""
        return any(lever.works for lever in self.levers)

    def extreme(self, plenty: float) -> Changes:
        """Each number as far as it goes."""
        return tuple(x.place.change(x.way * min(x.most, plenty)) for x in self.levers if min(x.most, plenty) > 0)


@dataclass(frozen=True)
class Steps:
    """Something gives step by step: ``at(k)`` are the changes of step k, 1 the least and ``count`` the most.

    ``says(k)`` tells step k.
    """

    who: str
    count: int
    at: Callable[[int], Changes]
    says: Callable[[int], str]

    def extreme(self, plenty: float) -> Changes:
        """The last step."""
        return self.at(self.count)


Move = Amounts | Steps


def moves(model: Model, packages: Sequence[str]) -> list[Move]:
    """Every move that could help to pay some packages, least intrusive kinds first."""
    case = model.case
    money = list(amounts(model, packages))
    works = [move for move in money if move.works]
    return [
        *(move for move in money if move not in works),
        *_gates(case),
        *_windows(model.data, packages),
        *_eligibility(model.data, packages),
        *(steps for ratio in ratios(model) for steps in _loosened(ratio)),
        *_dates(case, packages),
        *works,
    ]


def amounts(model: Model, packages: Sequence[str]) -> Iterator[Amounts]:
    """Numbers in money, by who gives; of works, only the packages named."""
    groups: dict[str, list[Lever]] = defaultdict(list)
    for lever in levers(model):
        if not lever.works or lever.place.row in packages:
            groups[lever.who].append(lever)
    for who, found in groups.items():
        yield Amounts(who, tuple(found))


def _gates(case: Case) -> Iterator[Steps]:
    for gate in case.gates:
        stated = gate.from_ or case.project.start_date
        earlier = [p.first for p in reversed(case.calendar.periods) if p.first < stated]
        days = [stated, *earlier] if not gate.open else earlier
        if days:
            yield _gate(gate, days)


def _gate(gate: Gate, days: list[dt.date]) -> Steps:
    def at(k: int) -> Changes:
        opened = () if gate.open else (Change("Gates", gate.gate, "Open", "yes"),)
        moved = days[k - 1] != gate.from_ and not (gate.from_ is None and k == 1 and not gate.open)
        return (*opened, *((Change("Gates", gate.gate, "From", days[k - 1]),) if moved else ()))

    return Steps(f"gate {gate.gate}", len(days), at, lambda k: f"gate {gate.gate} opens on {days[k - 1]}")


def _windows(data: Data, packages: Sequence[str]) -> Iterator[Steps]:
    """A source that can be drawn earlier or later, or repaid later, where that reaches costs that it may pay."""
    case, periods = data.case, data.calendar.periods
    chosen = [case.uses.index(p) for p in packages]
    shut = {same(gate.gate) for gate in case.gates if not gate.open}
    for s, source in enumerate(case.sources):
        able = [w for w in chosen if data.eligible[w, s] > 0]
        missing = np.flatnonzero((data.cost[able].sum(axis=0) > 0) & ~data.drawable[s])
        if not missing.size or same(source.gate or "") in shut:
            continue
        first = source.from_ or case.project.start_date
        last = source.to or case.project.construction_end
        sooner = [p.first for p in reversed(periods) if p.first < first]
        later = [p.last for p in periods if p.last > last and p.last <= case.project.construction_end]
        if sooner and periods[missing[0]].flow_date < first:
            yield _dated(source, "From", sooner, "can be drawn from")
        if later and periods[missing[-1]].flow_date > last:
            yield _dated(source, "To", later, "can be drawn until")
        repaid = data.first_repayment[s]
        if repaid is not None and missing[-1] >= repaid and source.repayment != "table":
            yield from _grace(source, float(data.calendar.end_times[-1]))


def _dated(source: Source, column: str, days: list[dt.date], words: str) -> Steps:
    return Steps(
        f"{possessive(source.source)} window",
        len(days),
        lambda k: (Change("Sources", source.source, column, days[k - 1]),),
        lambda k: f"{source.source} {words} {days[k - 1]}",
    )


def _grace(source: Source, horizon: float) -> Iterator[Steps]:
    """A later first repayment (the tenor moves with it), in years, so that money can be drawn longer."""
    count = int(horizon - source.grace)

    def at(k: int) -> Changes:
        tenor = () if source.tenor is None else (Change("Sources", source.source, "Tenor", source.tenor + k),)
        return (*tenor, Change("Sources", source.source, "Grace", source.grace + k))

    def says(k: int) -> str:
        return f"{source.source} is repaid {k} year{'s' * (k > 1)} later (Grace {figure(source.grace + k)})"

    if count > 0:
        yield Steps(f"{possessive(source.source)} repayment", count, at, says)


def _eligibility(data: Data, packages: Sequence[str]) -> Iterator[Steps]:
    """A source may pay these packages."""
    case = data.case
    for s, source in enumerate(case.sources):
        closed = [p for p in packages if data.eligible[case.uses.index(p), s] == 0]
        rows = list(dict.fromkeys(row.key for p in closed for row in eligibility_rows(case, p)[:1]))
        if rows:
            yield _opened(source, rows)


def _opened(source: Source, rows: list[str]) -> Steps:
    return Steps(
        f"what {source.source} may pay",
        1,
        lambda k: tuple(Change("Eligibility", row, source.source, "yes") for row in rows),
        lambda k: f"{source.source} may pay {named(rows)}",
    )


def _loosened(ratio: Ratio) -> Iterator[Steps]:
    """Covenants and shares, loosened by small steps."""
    way, room = -ratio.way, abs(ratio.end - ratio.stands)
    count = math.ceil(room / ratio.grain - WHOLE_STEPS) if ratio.grain else 0
    show = percent if ratio.share else figure

    def value(k: int) -> float:
        return round(ratio.stands + way * min(k * ratio.grain, room), 10)

    if count:
        yield Steps(
            ratio.giver, count, lambda k: (ratio.place.set_to(value(k)),),
            lambda k: f"{ratio.giver} is {show(value(k))} instead of {show(ratio.stands)}",
        )  # fmt: skip


def _dates(case: Case, packages: Sequence[str]) -> Iterator[Steps]:
    """A package that comes later as a whole."""
    own = {same(row.package) for row in case.costs}
    for package in case.packages:
        if package.package in packages and same(package.package) not in own:
            yield from _later(case, package)


def _later(case: Case, package: Package) -> Iterator[Steps]:
    months = MONTHS[case.project.period]
    end = case.project.construction_end
    count = 0
    while add_months(package.finish + dt.timedelta(days=1), (count + 1) * months) <= end + dt.timedelta(days=1):
        count += 1

    def at(k: int) -> Changes:
        start = add_months(package.start, k * months)
        finish = add_months(package.finish + dt.timedelta(days=1), k * months) - dt.timedelta(days=1)
        return (
            Change("Packages", package.package, "Finish", finish),
            Change("Packages", package.package, "Start", start),
        )

    if count:
        yield Steps(
            f"the dates of {package.package}", count, at,
            lambda k: f"{package.package} comes {k * months} months later",
        )  # fmt: skip
