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
from finopt.model.limits import Lever, eligibility_rows, levers
from finopt.tolerances import SHARE_STEP, WHOLE_STEPS
from finopt.wording import figure, named, percent, possessive

Changes = tuple[Change, ...]
PLENTY = 10.0
"""How many times all that is to be paid counts as money without limit."""
WORKS = "the works "
FLOORS = ("DSCR", "LLCR", "reserve months")
RESOLUTION = {"DSCR": 0.01, "LLCR": 0.01, "gearing": SHARE_STEP, "reserve months": 0.5, "average life": 0.1}


@dataclass(frozen=True)
class Amounts:
    """Somebody gives money: numbers of the workbook that may grow (or shrink), sized by a linear program."""

    who: str
    levers: tuple[Lever, ...]

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
    works = [move for move in money if move.who.startswith(WORKS)]
    return [
        *(move for move in money if move not in works),
        *_gates(case),
        *_windows(model.data, packages),
        *_eligibility(model.data, packages),
        *_ratios(case),
        *_dates(case, packages),
        *works,
    ]


def amounts(model: Model, packages: Sequence[str]) -> Iterator[Amounts]:
    """Numbers in money, by who gives; of works, only the packages named."""
    groups: dict[str, list[Lever]] = defaultdict(list)
    for lever in levers(model):
        if lever.place.sheet != "Packages" or lever.place.row in packages:
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


def _ratios(case: Case) -> Iterator[Steps]:
    """Covenants and shares, loosened by small steps."""
    for row, name in zip(case.covenants, case.covenant_names, strict=True):
        if row.covenant in RESOLUTION:
            end = (
                0.0
                if row.covenant in FLOORS
                else 1.0
                if row.covenant == "gearing"
                else float(case.calendar.end_times[-1])
            )
            yield from _loosened(
                f"covenant {name}", "Covenants", name, "Limit", row.limit, end, RESOLUTION[row.covenant]
            )
    for party in case.parties:
        for title, share, end in (
            ("Minimum share", party.minimum_share, 0.0), ("Maximum share", party.maximum_share, 1.0)
        ):  # fmt: skip
            if share is not None:
                yield from _loosened(
                    f"{possessive(party.party)} {title.lower()}", "Parties", party.key, title, share, end, SHARE_STEP
                )
    for rule in case.rules:
        if rule.measure == "share" and rule.sense != "=":
            end = 0.0 if rule.sense == ">=" else max(10.0, rule.value)
            yield from _loosened(f"rule {rule.rule}", "Rules", rule.key, "Value", rule.value, end, SHARE_STEP)


def _loosened(who: str, sheet: str, row: str, column: str, stands: float, end: float, step: float) -> Iterator[Steps]:
    way = 1.0 if end > stands else -1.0
    count = math.ceil(abs(end - stands) / step - WHOLE_STEPS)
    show = percent if step == SHARE_STEP else figure

    def value(k: int) -> float:
        return round(stands + way * min(k * step, abs(end - stands)), 10)

    if count:
        yield Steps(
            who, count, lambda k: (Change(sheet, row, column, value(k)),),
            lambda k: f"{who} is {show(value(k))} instead of {show(stands)}",
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
