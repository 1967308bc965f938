"""Why no plan exists: the smallest clash in the workbook's own rows and cells, then repairs, each solved.

A clash is a set of rows of the workbook that cannot all hold, of which any one given up would let the others hold.
Money that is shut away (a gate, a window, an empty cell of Eligibility) is named beside it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from finopt.case.arrays import Data
from finopt.case.case import Case
from finopt.case.names import same
from finopt.case.row import Row
from finopt.errors import Infeasible, NoPlan, Unbounded
from finopt.model.build import Model, build
from finopt.model.family import Key
from finopt.model.limits import Place, held_by, noun, value_at
from finopt.model.precheck import impossible
from finopt.solve.linear_program import compile_problem
from finopt.solve.live_model import LiveModel
from finopt.study.infeasible.conflict import Clashes, hopeless
from finopt.study.infeasible.repair import Repair, repairs
from finopt.study.infeasible.unbounded import pump
from finopt.wording import figure, listed, percent

UNTIMED = ("source_limit", "eligible_share", "party_share", "average_life")
"""Families whose rows speak of all time."""
RATES = ("party_share", "eligible_share", "gearing")
"""Families whose number is a share."""


@dataclass(frozen=True)
class Clause:
    """One part of a clash: where it stands in the workbook, and what it says."""

    sheet: str
    cell: str
    row: str
    column: str
    says: str

    @property
    def address(self) -> str:
        """Sheet and cell, or the sheet alone for a case that was not read from a file."""
        return f"{self.sheet}!{self.cell}" if self.sheet and self.cell else self.sheet

    def __str__(self) -> str:
        return f"{self.address}{'' if self.cell else ':'} {self.says}" if self.sheet else self.says


@dataclass(frozen=True)
class Clash:
    """Clauses that cannot all hold; ``shut`` names money that could help and may not."""

    clauses: tuple[Clause, ...]
    shut: tuple[Clause, ...] = ()

    def __str__(self) -> str:
        head = "These cannot all hold:" if len(self.clauses) > 1 else "This cannot hold:"
        lines = [head, *(f"  {clause}" for clause in self.clauses)]
        return "\n".join([*lines, *(["Shut away from it:", *(f"  {c}" for c in self.shut)] if self.shut else [])])


@dataclass(frozen=True)
class Explanation:
    """Why a case has no plan, and what would give it one.

    ``reasons`` are what arithmetic alone shows, in sentences; ``clashes`` are smallest and independent of each other;
    ``repairs`` are alternatives that differ in who gives, least cost first, each proven by solving the repaired case.
    All are empty for a case with a plan. ``pump`` says which money is free in circles, for a case without a bound.
    """

    case: Case
    reasons: tuple[str, ...] = ()
    clashes: tuple[Clash, ...] = ()
    repairs: tuple[Repair, ...] = ()
    pump: tuple[str, ...] = ()

    @property
    def feasible(self) -> bool:
        """Whether a best plan exists after all."""
        return not self.clashes and not self.pump

    def __str__(self) -> str:
        if self.pump:
            return "\n".join(["No best plan exists: the aim can be improved without end.", *self.pump])
        if self.feasible:
            return f"{self.case.name}: a plan exists, so there is nothing to explain."
        lines = [f"No plan exists for {self.case.name} (money in {self.case.money}).", *self.reasons]
        for clash in self.clashes:
            lines += ["", str(clash)]
        lines += ["", "Repairs, each solved:" if self.repairs else "No change of the limits asked here makes a plan."]
        return "\n".join([*lines, *(f"  {i}. {repair}" for i, repair in enumerate(self.repairs, 1))])


def explain(case: Case | Model) -> Explanation:
    """Why a case has no plan: the smallest clashes told as rows and cells, and repairs that are proven by solving.

    Of a model to which own constraints were added the clash is told, without repairs.
    """
    model = build(case) if isinstance(case, Case) else case
    found = clashes(model)
    reasons = tuple(impossible(model.case))
    if not found:
        return Explanation(model.case, pump=_pumped(case))
    own = model.case
    mended = tuple(repairs(own, touched(own, found))) if isinstance(case, Case) else ()
    return Explanation(own, reasons, tuple(found), mended)


def clashes(model: Model) -> list[Clash]:
    """The smallest clashes of a model, independent of each other; none where all can be met."""
    return [*_never(model), *_clashes(model)]


def giving_way(model: Model) -> Clash | None:
    """A first clash told by its limits alone where it has any, all needs being held; None where all can be met."""
    told = next(_never(model), None)
    if told is None:
        search = Clashes(model, compile_problem(model.problem).program)
        limits = search.limits()
        told = _of_rows(model, search, limits) if limits else None
    return told or next(_clashes(model), None)


def _pumped(case: Case | Model) -> tuple[str, ...]:
    try:
        if isinstance(case, Case):
            LiveModel(case).optimum()
    except Unbounded:
        return tuple(pump(case))
    except NoPlan as error:
        raise Infeasible(str(error)) from error
    return () if isinstance(case, Case) else tuple(pump(case))


def touched(case: Case, found: Sequence[Clash]) -> list[str]:
    """Packages that have a part in some clash; all of them where none is named."""
    named = {same(c.row) for clash in found for c in clash.clauses if c.sheet in ("Packages", "Costs")}
    part = [p.package for p in case.packages if same(p.package) in named]
    return part or [p.package for p in case.packages]


def _never(model: Model) -> Iterator[Clash]:
    """Clashes that no variable can meet: costs that nobody may pay, or limits that ask for money that cannot flow."""
    data, rows = model.data, hopeless(model)
    needs: dict[int, list[int]] = defaultdict(list)
    for family, key in rows:
        if family == "pay_package":
            needs[int(key[0])].append(int(key[1]))
    for w, periods in needs.items():
        yield Clash(tuple(_needs(data, w, periods)), tuple(_shut(data, [w], periods)))
    for family, key in rows:
        if family != "pay_package":
            yield Clash(tuple(_limits(data, family, [key])), ())


def _clashes(model: Model) -> Iterator[Clash]:
    search = Clashes(model, compile_problem(model.problem).program)
    for rows in search.all():
        yield _of_rows(model, search, rows)


def _of_rows(model: Model, search: Clashes, rows: Sequence[int]) -> Clash:
    names = {row: key for key, row in model.rows.items()}
    own = [str(row.name) for row in model.problem.constraints()[len(model.rows) :]]
    told = [names[row] if row in names else ("", (own[row - len(names)],)) for row in rows]
    return _told(model.data, told, search.whole)


def _told(data: Data, rows: list[tuple[str, Key]], whole: bool) -> Clash:
    """A clash in words: works first, then what limits money for them."""
    groups: dict[tuple[str, object], list[Key]] = defaultdict(list)
    for family, key in rows:
        groups[family, _group(data, family, key)].append(key)
    clauses: list[Clause] = []
    packages: list[int] = []
    periods: set[int] = set()
    for (family, _), keys in sorted(groups.items(), key=lambda entry: entry[0][0] != "pay_package"):
        if family == "pay_package":
            w, when = int(keys[0][0]), [int(key[1]) for key in keys]
            packages.append(w)
            periods |= set(when)
            clauses += _needs(data, w, when)
        elif not family:
            clauses += [Clause("", "", str(key[0]), "", f"your own constraint {key[0]}") for key in keys]
        else:
            clauses += _limits(data, family, keys)
    if whole:
        clauses.append(Clause("", "", "", "", "what must be whole (tickets, lots, dates) is whole"))
    return Clash(tuple(clauses), tuple(_shut(data, packages, sorted(periods))))


def _group(data: Data, family: str, key: Key) -> object:
    """What one clause says together: all periods of one number of the workbook."""
    if family in ("pay_package", "party_share"):
        return key[0]
    holds = held_by(data, family, key)
    return holds[0].place if holds and family != "cash" else (key if family != "cash" else "cash")


def _needs(data: Data, w: int, periods: Sequence[int]) -> Iterator[Clause]:
    keys: list[Key] = [(w, t) for t in periods]
    need = float(data.cost[w, list(periods)].sum())
    says = f"{data.uses[w]} needs {figure(need)} in {_when(data, periods)}"
    place = _first_place(data, "pay_package", keys)
    yield Clause(place.sheet, place.cell, place.row, place.column, says)


def _first_place(data: Data, family: str, keys: Sequence[Key]) -> Place:
    found = next((hold.place for key in keys for hold in held_by(data, family, key)), None)
    return found or Place("Packages" if family == "pay_package" else "", data.uses[int(keys[0][0])], "")


def _limits(data: Data, family: str, keys: Sequence[Key]) -> Iterator[Clause]:
    holds = held_by(data, family, keys[0])
    if family == "cash":
        keys = [
            key for key in keys if data.cfads[int(key[0])] != 0
        ] or keys  # what only carries cash along says nothing
        holds = held_by(data, family, keys[0])
        flow = sum(float(data.cfads[int(key[0])]) for key in keys)
        when = _when(data, [int(key[0]) for key in keys])
        place = holds[0].place if holds else Place("Revenue", "", "")
        yield Clause(
            "Revenue", place.cell, place.row, place.column, f"revenue less running costs is {figure(flow)} in {when}"
        )
        return
    if not holds:
        yield Clause("", "", "", "", f"{listed([noun(data, family, key) for key in keys])}")
        return
    for hold in holds:
        yield _clause(data, family, keys, hold.place)


def _clause(data: Data, family: str, keys: Sequence[Key], place: Place) -> Clause:
    value = value_at(data.case, place)
    number = percent(value).replace(".00%", "%") if family in RATES else figure(value)
    row, column = place.row, place.column
    timed = [key[-1] for key in keys] if family not in UNTIMED else []
    labels = [part if isinstance(part, str) else data.calendar.labels[part] for part in timed]
    when = _labelled([label for label in labels if label != "total"])
    if family == "party_budget":
        says = f"{row} puts in at most {number} in {'all' if column == 'Total budget' else column}"
    elif family.startswith("source_"):
        says = f"{row} gives at most {number}{when if family == 'source_year' else ''} ({column})"
    elif family == "eligible_share":
        says = f"{column} pays at most {number} of {row}"
    elif family == "party_share":
        says = f"{row} gives at {'least' if keys[0][1] == 'minimum' else 'most'} {number} of all money"
    elif family == "rule":
        rule = next(r for r in data.case.rules if same(r.rule) == same(row))
        number = percent(value).replace(".00%", "%") if rule.measure == "share" else number
        sense = {"<=": "at most", ">=": "at least", "=": "exactly"}[rule.sense]
        says = f"rule {row} asks {sense} {number}{when}"
    elif family in ("minimum_cash", "maximum_cash"):
        says = f"{row} is {number}{when}"
    else:
        says = f"{row} is {number}{when}"
    return Clause(place.sheet, place.cell, row, column, says)


def _labelled(labels: Sequence[str]) -> str:
    return f" in {listed(list(labels), 3)}" if labels else ""


def _when(data: Data, periods: Sequence[int]) -> str:
    labels = data.calendar.labels
    first, last = min(periods), max(periods)
    return labels[first] if first == last else f"{labels[first]} to {labels[last]}"


def _shut(data: Data, packages: Sequence[int], periods: Sequence[int]) -> Iterator[Clause]:
    """Sources that could pay these packages in these periods but for a gate, a window or an empty cell."""
    if not packages or not periods:
        return
    for s, source in enumerate(data.case.sources):
        able = bool((data.eligible[list(packages), s] > 0).any())
        drawable = data.drawable[s, list(periods)]
        if drawable.any() or not able:
            continue
        gate = next((g for g in data.case.gates if source.gate and same(g.gate) == same(source.gate)), None)
        if gate is not None and not gate.open:
            yield _of(gate, "open", f"gate {gate.gate} is shut, so {source.source} cannot pay")
        elif gate is not None and gate.from_ is not None and not data.drawable[s, : max(periods) + 1].any():
            yield _of(gate, "from_", f"gate {gate.gate} opens on {gate.from_}, too late for {source.source} to pay")
        else:
            when = np.flatnonzero(data.drawable[s]).tolist()
            span = f"can be drawn in {_when(data, when)}" if when else "can never be drawn"
            late = bool(when) and when[0] > max(periods)
            yield _of(source, "from_" if late else "to", f"{source.source} {span} only")


def _of(row: Row, field: str, says: str) -> Clause:
    cell = row.origin.cell(field) if row.origin.row else ""
    return Clause(row.SHEET, cell, row.key, type(row).columns()[field].title, says)
