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
from finopt.model.family import Family, Key
from finopt.model.precheck import impossible
from finopt.solve.linear_program import compile_problem
from finopt.solve.live_model import LiveModel
from finopt.study.infeasible.conflict import Clashes
from finopt.study.infeasible.repair import Repair, repairs
from finopt.study.infeasible.unbounded import pump

Reached = tuple[Family | None, Key]
"""A row of a clash: its family and key; no family for an own constraint of the user's, whose name is the key."""


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
    payments = [(family, key) for family, key in model.unmet if family.works(key)]
    of_package: dict[int, list[Reached]] = defaultdict(list)
    for family, key in payments:
        of_package[(family.works(key) or (0, 0))[0]].append((family, key))
    for rows in of_package.values():
        yield _told(model.data, rows, whole=False)
    for row in model.unmet:
        if row not in payments:
            yield _told(model.data, [row], whole=False)


def _clashes(model: Model) -> Iterator[Clash]:
    search = Clashes(model, compile_problem(model.problem).program)
    for rows in search.all():
        yield _of_rows(model, search, rows)


def _of_rows(model: Model, search: Clashes, rows: Sequence[int]) -> Clash:
    names = {row: (model.family(name), key) for (name, key), row in model.rows.items()}
    own = [str(row.name) for row in model.problem.constraints()[len(model.rows) :]]
    told: list[Reached] = [names[row] if row in names else (None, (own[row - len(names)],)) for row in rows]
    return _told(model.data, told, search.whole)


def _told(data: Data, rows: Sequence[Reached], whole: bool) -> Clash:
    """A clash in words: works first, then what limits money for them."""
    groups: dict[tuple[str, object], list[Reached]] = defaultdict(list)
    for family, key in rows:
        groups[family.name if family else "", family.group(data, key) if family else key].append((family, key))
    works = [work for family, key in rows if family and (work := family.works(key))]
    first = sorted(groups.values(), key=lambda group: not _pays(*group[0]))
    clauses = [clause for group in first for clause in _clauses(data, group)]
    if whole:
        clauses.append(Clause("", "", "", "", "what must be whole (tickets, lots, dates) is whole"))
    packages, periods = list(dict.fromkeys(w for w, _ in works)), sorted({t for _, t in works})
    return Clash(tuple(clauses), tuple(_shut(data, packages, periods)))


def _pays(family: Family | None, key: Key) -> bool:
    return family is not None and family.works(key) is not None


def _clauses(data: Data, group: Sequence[Reached]) -> Iterator[Clause]:
    """What the rows of one group ask, each clause with its cell."""
    family, keys = group[0][0], [key for _, key in group]
    if family is None:
        yield from (Clause("", "", str(key[0]), "", f"your own constraint {key[0]}") for key in keys)
        return
    for place, says in family.clauses(data, keys):
        yield Clause(place.sheet, place.cell, place.row, place.column, says)


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
            span = f"can be drawn in {data.calendar.stretch(when)}" if when else "can never be drawn"
            late = bool(when) and when[0] > max(periods)
            yield _of(source, "from_" if late else "to", f"{source.source} {span} only")


def _of(row: Row, field: str, says: str) -> Clause:
    cell = row.origin.cell(field) if row.origin.row else ""
    return Clause(row.SHEET, cell, row.key, type(row).columns()[field].title, says)
