"""Repairs: the cheapest changes that make a plan possible, one who gives at a time, each proven by solving.

Where no single one suffices, the smallest combinations do: all give at first, then one after the other is spared while
a plan remains. Money is sized by a linear program, everything else by bisection.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from finopt.case.arrays import Data
from finopt.case.case import Case
from finopt.case.change import Change
from finopt.errors import CaseError, NoPlan
from finopt.model.build import build
from finopt.model.limits import Lever, levers
from finopt.model.precheck import stuck
from finopt.solve.highs import HighsSolver
from finopt.solve.linear_program import compile_problem, with_columns
from finopt.solve.live_model import LiveModel
from finopt.solve.status import Status
from finopt.study.infeasible.feasibility import Shortfall
from finopt.study.infeasible.relaxations import PLENTY, Amounts, Changes, Move, Steps, moves
from finopt.tolerances import CENT, GIVEN, PART_OF_GRAIN
from finopt.wording import figure, listed

FEW = 3
"""Fewer single repairs than this are followed by combined ones, up to this many in all."""


@dataclass(frozen=True)
class Gift:
    """How much one number of the workbook gives: its sheet, row, column and cell, and the change in its unit.

    ``unit`` names money that is not the case's; ``share`` says that the number is a share.
    """

    sheet: str
    row: str
    column: str
    cell: str
    add: float
    unit: str = ""
    share: bool = False

    @property
    def amount(self) -> str:
        """How much, as it is changed: not rounded further, with its unit where that is not the case's money."""
        if self.share:
            return f"{_exact(100 * abs(self.add))} percentage points"
        return f"{_exact(abs(self.add))} {self.unit}".strip()


@dataclass(frozen=True)
class Repair:
    """Changes that give a case a plan.

    ``who`` gives, ``says`` what, ``gifts`` are the amounts by year where money gives; ``cost`` is the first aim of the
    plan that follows (``measure``), found by solving the repaired case.
    """

    who: tuple[str, ...]
    says: str
    changes: Changes
    gifts: tuple[Gift, ...]
    measure: str
    cost: float

    def apply(self, case: Case) -> Case:
        """The case with the repair made. Raises CaseError where the case is another one."""
        return case.changed(self.changes)

    @property
    def total(self) -> float:
        """Money given, in the units of its cells."""
        return float(sum(abs(gift.add) for gift in self.gifts))

    def __str__(self) -> str:
        return f"{self.says}: then the {self.measure} is {figure(self.cost)}."


class Judge:
    """Solves changed cases on one live model."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self._free = replace(case, checks=())  # an extreme is a question, not a case that somebody states
        self._data = Data(case)
        self._live: LiveModel | None = None
        self._shortfall = Shortfall()
        self.plenty = PLENTY * (float(self._data.cost.sum()) or 1.0)

    def changed(self, changes: Changes) -> Case:
        """The case after some changes, not checked."""
        return self._free.changed(changes)

    def possible(self, changes: Changes) -> bool:
        """Whether a plan exists after some changes."""
        return self._fundable(changes) is not None

    def value(self, changes: Changes) -> float | None:
        """The first aim, in its own sense, after some changes; None where there is still no plan."""
        live = self._fundable(changes)
        if live is None:
            return None
        try:
            answer = live.optimum()
        except NoPlan:
            return None
        stage = live.state.model.stages[0]
        return stage.sign * float(live.state.compiled.vector(stage.minimised) @ answer.x)

    def _fundable(self, changes: Changes) -> LiveModel | None:
        """The live model after some changes; None where the changed case is wrong, or lacks something."""
        try:
            case = self.changed(changes)
            live = self._moved(case)
        except CaseError:
            return None
        return None if live is None or self._shortfall.any(live.state) else live

    def _moved(self, case: Case) -> LiveModel | None:
        """The live model at a case; None where a row of it could never be met."""
        if stuck(Data(case, self._data)):
            return None
        before = None if self._live is None else self._live.state
        if self._live is None:
            self._live = LiveModel(case)
        else:
            self._live.move(case)
        if not self._live.state.model.hopeless:
            return self._live
        if before is not None:
            self._live.state = before  # what comes next is patched from here, not built anew
        return None


def repairs(case: Case, packages: Sequence[str]) -> list[Repair]:
    """Alternatives that differ in who gives, least cost first; combined ones where few single ones suffice.

    ``packages`` are those whose payment clashes: their dates, amounts and payers are asked too.
    """
    judge = Judge(case)
    asked = moves(build(case), packages)
    singles = [[move] for move in asked if judge.possible(move.extreme(judge.plenty))]
    alone = [move.who for (move,) in singles]
    chosen = singles if len(singles) >= FEW else [*singles, *_combinations(judge, asked, alone)]
    found = [repair for chosen_moves in chosen if (repair := _sized(judge, chosen_moves)) is not None]
    sign = 1.0 if not case.objectives or case.objectives[0].aim == "minimise" else -1.0
    distinct = {repair.changes: repair for repair in found}
    return sorted(distinct.values(), key=lambda repair: sign * repair.cost)


def _combinations(judge: Judge, asked: Sequence[Move], alone: Sequence[str]) -> Iterator[list[Move]]:
    """Smallest sets of moves that together give a plan, without those that do so alone, until there are a few.

    Each next one spares somebody whom the one before needed.
    """
    spared = list(alone)
    for _ in range(FEW - len(alone)):
        pool = [move for move in asked if move.who not in spared]
        if not judge.possible(_extremes(judge, pool)):
            return
        # works are given up where nothing else helps
        whole = [move for move in pool if not (isinstance(move, Amounts) and move.works)]
        pool = whole if judge.possible(_extremes(judge, whole)) else pool
        money: list[Move] = [move for move in pool if isinstance(move, Amounts)]
        steps = _smallest(judge, [move for move in pool if isinstance(move, Steps)], money)
        money = _smallest(judge, money, steps)  # these change numbers only: no model is built for them
        yield [*steps, *money]
        spared.append((money or steps)[0].who)


def _smallest(judge: Judge, pool: Sequence[Move], others: Sequence[Move]) -> list[Move]:
    """A part of the pool of which none can be left out beside the others; later ones are spared first.

    The shortest beginning of the pool that will do ends with a move that is needed; then the same without it.
    """
    left, needed = list(pool), list[Move]()
    while left and not judge.possible(_extremes(judge, [*others, *needed])):
        low, high = 0, len(left)
        while high - low > 1:
            middle = (low + high) // 2
            enough = judge.possible(_extremes(judge, [*others, *needed, *left[:middle]]))
            low, high = (low, middle) if enough else (middle, high)
        needed.append(left[high - 1])
        left = left[: high - 1]
    return [move for move in pool if move in needed]


def _extremes(judge: Judge, chosen: Sequence[Move]) -> Changes:
    return tuple(change for move in chosen for change in move.extreme(judge.plenty))


def _sized(judge: Judge, chosen: Sequence[Move]) -> Repair | None:
    """The least of each move that is needed, money last and least in all; proven by solving."""
    steps = [move for move in chosen if isinstance(move, Steps)]
    money = [move for move in chosen if isinstance(move, Amounts)]
    plenty = _extremes(judge, money)
    fixed: dict[str, int] = {move.who + str(i): move.count for i, move in enumerate(steps)}

    def made() -> Changes:
        return tuple(change for i, move in enumerate(steps) for change in move.at(fixed[move.who + str(i)]))

    for i, move in enumerate(steps):
        low, high = 0, move.count
        while high - low > 1:
            middle = (low + high) // 2
            fixed[move.who + str(i)] = middle
            low, high = (low, middle) if judge.possible(made() + plenty) else (middle, high)
        fixed[move.who + str(i)] = high
    done = made()
    gifts = _least(judge, done, money) if money else ()
    for cents in (0, 1, 2, 10):  # what the linear program calls enough may fall short of it by rounding
        given = tuple(replace(gift, add=gift.add + math.copysign(cents * _grain(gift.add), gift.add)) for gift in gifts)
        changes = (*done, *(Change(g.sheet, g.row, g.column, add=g.add) for g in given))
        value = judge.value(changes)
        if value is not None and _accepted(judge, changes):
            says = [move.says(fixed[move.who + str(i)]) for i, move in enumerate(steps)]
            says += [_given(move.who, [g for g in given if _of(g, move)]) for move in money]
            measure = judge.case.objectives[0].measure if judge.case.objectives else "financing cost"
            return Repair(
                tuple(move.who for move in chosen), "; ".join(filter(None, says)), changes, given, measure, value
            )
    return None


def _accepted(judge: Judge, changes: Changes) -> bool:
    """Whether the repaired case passes the checks of a workbook."""
    try:
        judge.case.changed(changes)
    except CaseError:
        return False
    return True


def _of(gift: Gift, move: Amounts) -> bool:
    return any((x.place.sheet, x.place.row, x.place.column) == (gift.sheet, gift.row, gift.column) for x in move.levers)


def _least(judge: Judge, done: Changes, money: Sequence[Amounts]) -> tuple[Gift, ...]:
    """The least money in all that these givers must give, as numbers of the workbook rounded up."""
    model = build(judge.changed(done))
    wanted = {(x.place.sheet, x.place.row, x.place.column, x.way) for move in money for x in move.levers}
    able = [x for x in levers(model) if (x.place.sheet, x.place.row, x.place.column, x.way) in wanted]
    program = compile_problem(model.problem).program
    entries = [[(row, -x.way * room) for row, room in x.rows] for x in able]
    answer = HighsSolver().solve(
        with_columns(program, entries, [x.weight for x in able], [min(x.most, judge.plenty) for x in able])
    )
    if answer.status is not Status.OPTIMAL:
        return ()
    amounts = answer.x[len(program.cost) :]
    return tuple(_gift(x, float(a)) for x, a in zip(able, amounts, strict=True) if a > GIVEN * max(1.0, x.value))


def _gift(lever: Lever, amount: float) -> Gift:
    grain = _grain(amount)
    rounded = math.ceil(amount / grain - PART_OF_GRAIN) * grain
    place = lever.place
    given = lever.way * round(min(rounded, lever.most), 10)
    return Gift(place.sheet, place.row, place.column, place.cell, given, lever.unit, lever.share)


def _grain(amount: float) -> float:
    """What amounts are rounded up to: cents, or less for a number below 1."""
    return CENT if abs(amount) >= 1 or amount == 0 else 10.0 ** (math.floor(math.log10(abs(amount))) - 3)


def _given(who: str, gifts: Sequence[Gift]) -> str:
    """Who gives how much, by year or column: "Moscow's budget: 30 more (20 in 2030 and 10 in 2031)"."""
    if not gifts:
        return ""
    way = "more" if all(g.add > 0 for g in gifts) else "less"
    if len(gifts) == 1:
        return f"{who}: {gifts[0].amount} {way}{_where(gifts[0])}"
    parts = [f"{gift.amount}{_where(gift)}" for gift in gifts]
    if len({(gift.unit, gift.sheet) for gift in gifts}) > 1 or gifts[0].share:
        return f"{who}, {way}: {listed(parts, 12)}"  # nothing to add up
    total = replace(gifts[0], add=sum(abs(g.add) for g in gifts)).amount
    return f"{who}: {total} {way} ({listed(parts, 12)})"


def _where(gift: Gift) -> str:
    if gift.sheet == "Project":
        return ""
    return f" in {gift.column}" if gift.column[:1].isdigit() else f" of {gift.column}"


def _exact(amount: float) -> str:
    """An amount as it is changed: not rounded further."""
    return f"{amount:,.10f}".rstrip("0").rstrip(".")
