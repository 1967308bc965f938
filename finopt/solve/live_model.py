"""The live model: one program, patched where a changed case differs, restarted from its last basis.

A change of numbers on right sides (amounts, budgets, limits, revenue) becomes one array of new bounds. A change of
coefficients (rates, fees, exchange rates) re-emits the families that read the changed arrays. A change of what exists
(a new source, a wider window) builds the model anew. The result is that of a fresh build in every case.
"""

from __future__ import annotations

import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from finopt.case.arrays import Data, Mask
from finopt.case.case import Case
from finopt.errors import Infeasible, NotProven
from finopt.finance import Array
from finopt.model.build import Model, build
from finopt.model.family import Emitted, Family, Terms, met
from finopt.model.objective import AIM_USES, Stage, stages
from finopt.model.variables import same_pattern
from finopt.plan import Certificate, Plan
from finopt.solve.certificate import conclude, proven
from finopt.solve.highs import HighsSolver
from finopt.solve.lexicographic import held, run_stages
from finopt.solve.linear_program import Compiled, Ints, LinearProgram, compile_problem, unit_of
from finopt.solve.plan_tables import Solution, plan_of
from finopt.solve.status import Answer
from finopt.tolerances import GAP_PROVEN, NO_GAP

PENALTY = 1e4
"""Price of a unit that nobody pays, relative to the dearest flow of the aim."""
HIGHER = 1e2
"""How many times dearer it is tried once more, where the first price left the unfunded cost above its least."""


@dataclass(frozen=True)
class Layout:
    """How the terms of a family, in the order in which it emits them, stand in the program.

    Term i is of ``variables[i]`` and is a part of coefficient ``entries[places[i]]``; ``senses`` are those of the rows.
    """

    variables: Sequence[Any]
    senses: list[str]
    entries: Ints
    places: Ints

    def fits(self, variables: Sequence[Any], senses: list[str]) -> bool:
        """Whether terms emitted now are laid out like this. (Equality of variables means something else in PuLP.)"""
        same = len(variables) == len(self.variables) and all(map(operator.is_, variables, self.variables))
        return same and senses == self.senses


@dataclass(frozen=True)
class Block:
    """The rows of one family as it emits them, and where they stand in the program. A family may have none.

    ``emitted`` also holds rows that are not in the program: ``bare`` ones have no variable, others no limit; ``placed``
    marks those that are, and ``rows`` gives their positions. ``layouts`` holds the layout learned last, if any: it
    halves the time of emitting.
    """

    family: Family
    emitted: Emitted
    bare: Mask
    placed: Mask
    rows: Ints
    layouts: list[Layout] = field(default_factory=list, compare=False)

    @classmethod
    def of(cls, family: Family, emitted: Emitted) -> Block:
        """The block of a family that was emitted into a program."""
        rows = np.array(emitted.rows, dtype=np.int64)
        return cls(family, emitted, np.array(emitted.bare, dtype=bool), rows >= 0, rows[rows >= 0])

    def limits(self, data: Data) -> Array | None:
        """New right sides of the rows in the program; None where a row comes or goes, or could never be met."""
        limits = np.asarray(self.family.right(data, self.emitted.keys), dtype=float)
        if not np.array_equal(np.isfinite(limits) & ~self.bare, self.placed):
            return None
        never = any(not met(self.emitted.senses[i], float(limits[i])) for i in np.flatnonzero(self.bare))
        return None if never else limits[self.placed]


@dataclass(frozen=True)
class Best:
    """The best values for one case: ``x`` (n,), and ``gap``, the cost that no money can pay (0 where all is paid)."""

    x: Array
    gap: float


@dataclass(frozen=True)
class State:
    """Where a live model stands. ``blocks`` is one object as long as the pattern of the program is the same.

    ``missing`` holds the columns of unfunded cost, in a model that has them.
    """

    model: Model
    compiled: Compiled
    blocks: tuple[Block, ...]
    missing: Ints

    @classmethod
    def of(cls, case: Case, unfunded: bool) -> State:
        """A case built anew."""
        return cls.on(build(case, unfunded))

    @classmethod
    def on(cls, model: Model) -> State:
        """A model as it was built, with whatever its user added to it."""
        compiled = compile_problem(model.problem)
        missing = np.array([compiled[x] for x in model.variables.unfunded.values()], dtype=np.int64)
        blocks = tuple(Block.of(family, model.emitted[family.name]) for family in model.families)
        state = cls(model, compiled, blocks, missing)
        return state.priced() if missing.size else state

    @property
    def program(self) -> LinearProgram:
        """The linear program."""
        return self.compiled.program

    def priced(self) -> State:
        """The state with the cost of its first aim, unfunded cost being dearer than any money."""
        cost = self.compiled.vector(self.model.stages[0].minimised)
        cost[self.missing] = PENALTY * max(1.0, float(np.abs(cost).max(initial=0.0)))
        return self.holding(self.program.with_cost(cost))

    def holding(self, program: LinearProgram) -> State:
        """The state with other numbers in its program."""
        return replace(self, compiled=replace(self.compiled, program=program))

    def over(self, data: Data) -> State:
        """The state with its arrays replaced by others of the same structure, the program not yet patched."""
        model = self.model
        return replace(self, model=replace(model, case=data.case, data=data, variables=model.variables.over(data)))


class LiveModel:
    """A model that follows its case through changes.

    ``moved`` counts how each case was reached: patched right sides, patched left sides, or built anew. With
    ``unfunded`` the model can say how much money is missing where a case has no plan.
    """

    def __init__(self, case: Case, time_limit: float | None = None, unfunded: bool = False) -> None:
        self._solver = HighsSolver(time_limit)
        self._unfunded = unfunded
        self.moved = {"bounds": 0, "coefficients": 0, "built": 1}
        self.state = State.of(case, unfunded)
        self._home: tuple[State, Any] | None = None

    def move(self, case: Case) -> None:
        """Bring the model to another case, with as little work as the difference allows."""
        old, data = self.state.model.data, Data(case, self.state.model.data)
        changed = old.differing(data, self.state.model.reads)
        moved = None if self.state.model.hopeless else patched(self.state, data, changed)
        if moved is None:
            moved = State.of(case, self._unfunded)
            self.moved["built"] += 1
        elif changed:
            left = any(not changed.isdisjoint(block.family.left_uses) for block in moved.blocks)
            self.moved["coefficients" if left else "bounds"] += 1
        self.state = moved

    def shift(self, arrays: Mapping[str, Array]) -> bool:
        """Move to other right-side arrays (cost, cfads, limits, budgets) without a case; False where structure differs.

        For studies that know what they change; every other array stays that of the case.
        """
        old = self.state.model.data
        data = old.over(arrays)
        if old.differing(data, ("has_cost", "has_cash")):
            return False
        blocks = [b for b in self.state.blocks if not arrays.keys().isdisjoint(b.family.right_uses)]
        program = _limited(self.state.program, blocks, data)
        if program is None:
            return False
        self.state = self.state.over(data).holding(program)
        return True

    def optimum(self, program: LinearProgram | None = None) -> Answer:
        """The optimum of the first aim where the model stands, with prices. Raises what `solve` raises without one.

        ``program`` takes the place of the model's own: with another cost, or with a row that a study adds.
        """
        if self.state.model.hopeless:
            raise Infeasible("No plan exists:", self.state.model.hopeless)
        return proven(self._solver, self.state.program if program is None else program)

    def best(self) -> Best:
        """The optimum where the model stands: first the least unfunded cost, then the first aim.

        Unfunded cost carries a penalty in the live program, so that it never lacks a plan and restarts stay short; a
        gap that the penalty leaves is then made exact in two steps. Raises what `solve` raises where even leaving
        packages unpaid gives no plan.
        """
        return best_of(self._solver, self.optimum(), self.state.program, self.state.missing)

    def reach(self, aims: Sequence[Stage] = (), program: LinearProgram | None = None) -> Solution:
        """Every aim where the model stands, ties broken, proven: the values behind a Plan.

        ``aims`` take the place of the case's own; ``program`` that of the model's own, with rows that a study adds.
        """
        return self._reached(aims, program)[2]

    def plan(self, aims: Sequence[Stage] = (), program: LinearProgram | None = None) -> Plan:
        """The whole plan where the model stands; see `reach`."""
        model, compiled, solution, certificate = self._reached(aims, program)
        return plan_of(model, compiled, solution, self._solver.name, self._solver.version, certificate, {})

    def solve(self, case: Case) -> Plan:
        """The whole plan of a case: every aim, ties broken, proven; the same as a fresh `solve`."""
        self.move(case)
        return self.plan()

    def _reached(
        self, aims: Sequence[Stage], program: LinearProgram | None
    ) -> tuple[Model, Compiled, Solution, Certificate]:
        model, compiled = self.state.model, self.state.compiled
        if model.hopeless:
            raise Infeasible("No plan exists:", model.hopeless)
        if aims:
            model = replace(model, stages=tuple(aims))
        if program is not None:
            compiled = replace(compiled, program=program)
        solution = run_stages(model, compiled, self._solver)
        return model, compiled, solution, conclude(model, compiled, solution.reached, solution.x, self._solver)

    def settle(self) -> None:
        """Solve where the model stands and remember it as home."""
        self._solver.solve(self.state.program)
        self._home = (self.state, self._solver.basis())

    def go_home(self) -> None:
        """Return home and to its basis, so that what follows does not depend on what came before."""
        if self._home is None:
            raise RuntimeError("a live model settles before it goes home")
        self.state, basis = self._home
        self._solver.restart_from(self.state.program, basis)


def best_of(solver: HighsSolver, answer: Answer, program: LinearProgram, missing: Ints) -> Best:
    """The least unfunded cost, then the first aim, from the optimum that ``solver`` has just found under the penalty.

    Where the prices of the unfunded cost alone prove it least at the same basis, the penalty was high enough; if not, a
    higher one is tried, and then the two aims are reached one after the other. Raises what `solve` raises.
    """
    if float(answer.x[missing].sum()) <= NO_GAP * program.unit:
        return Best(answer.x, 0.0)
    count = np.zeros_like(program.cost)
    count[missing] = 1.0
    counting = program.with_cost(count)
    if not _least(solver, answer, counting):
        answer = proven(solver, program.with_cost(program.cost * np.where(count, HIGHER, 1.0)))
        if not _least(solver, answer, counting):
            answer = proven(solver, counting)
            answer = proven(solver, held(counting, answer, 0.0).with_cost(program.cost))
    return Best(answer.x, float(count @ answer.x))


def _least(solver: HighsSolver, answer: Answer, counting: LinearProgram) -> bool:
    """Whether the basis of an answer is also one of least unfunded cost: then no higher penalty changes the answer."""
    if counting.integer.any():
        return False
    try:
        prices = solver.prices_of(counting.cost)
    except NotProven:  # no basis to speak of
        return False
    return counting.dual_gap(answer.x, prices, counting.cost - counting.transposed(prices), GAP_PROVEN) <= GAP_PROVEN


def patched(state: State, data: Data, changed: set[str]) -> State | None:
    """The state patched to new arrays; None where its pattern differs and only a new build will do.

    ``changed`` names what differs of all that the model reads (`Model.reads`).
    """
    if not same_pattern(state.model.variables, data, changed):
        return None
    moved = state.over(data)
    left = [block for block in state.blocks if not changed.isdisjoint(block.family.left_uses)]
    right = [block for block in state.blocks if not changed.isdisjoint(block.family.right_uses)]
    if left:
        values = state.program.values.copy()
        if not all(_emit(moved, block, values) for block in left):
            return None
        moved = moved.holding(replace(moved.program, values=values))
    if right:
        program = _limited(moved.program, right, data)
        if program is None:
            return None
        moved = moved.holding(program)
    if not changed.isdisjoint(AIM_USES):
        aims = tuple(stages(data, moved.model.variables))
        moved = replace(moved, model=replace(moved.model, stages=aims)).priced()
    return moved


def _emit(state: State, block: Block, values: Array) -> bool:
    """Write a family's coefficients into ``values``; False where a row or an entry comes or goes."""
    terms = list(block.family.left(state.model.data, state.model.variables))
    before = block.emitted
    if [t.key for t in terms] != before.keys or [not t.pairs for t in terms] != before.bare:
        return False
    emitted = [t for t, placed in zip(terms, block.placed, strict=True) if placed]
    if not emitted:
        return True
    variables, coefficients = zip(*(pair for t in emitted for pair in t.pairs), strict=True)
    senses = [t.sense for t in emitted]
    if not (block.layouts and block.layouts[-1].fits(variables, senses)):
        layout = _layout(state, block, emitted)
        if layout is None:
            return False
        block.layouts[:] = [layout]
    layout = block.layouts[-1]
    values[layout.entries] = np.bincount(layout.places, weights=coefficients)
    return True


def _layout(state: State, block: Block, emitted: Sequence[Terms]) -> Layout | None:
    """Where the terms of a family stand; None where a row or an entry comes or goes."""
    program, compiled = state.program, state.compiled
    entries: list[int] = []
    places: list[int] = []
    for row, terms in zip(block.rows.tolist(), emitted, strict=True):
        part = range(program.starts[row], program.starts[row + 1])
        stands = range(len(entries), len(entries) + len(part))
        at = dict(zip(program.columns[part.start : part.stop].tolist(), stands, strict=True))
        columns = [compiled[variable] for variable, _ in terms.pairs]
        sides = (bool(np.isfinite(program.row_lower[row])), bool(np.isfinite(program.row_upper[row])))
        if sides != _SIDES[terms.sense] or at.keys() != set(columns):
            return None
        places += [at[column] for column in columns]
        entries += part
    variables = tuple(variable for terms in emitted for variable, _ in terms.pairs)
    return Layout(variables, [t.sense for t in emitted], np.array(entries), np.array(places))


def _limited(program: LinearProgram, blocks: Sequence[Block], data: Data) -> LinearProgram | None:
    """The program with new right sides for some families; None where a row comes or goes, or could never be met."""
    lower, upper = program.row_lower.copy(), program.row_upper.copy()
    for block in blocks:
        limits = block.limits(data)
        if limits is None:
            return None
        lower[block.rows] = np.where(np.isfinite(lower[block.rows]), limits, -np.inf)
        upper[block.rows] = np.where(np.isfinite(upper[block.rows]), limits, np.inf)
    return replace(program, row_lower=lower, row_upper=upper, unit=unit_of(lower, upper))


_SIDES = {"<=": (False, True), ">=": (True, False), "=": (True, True)}
"""Which limits of a row are finite, lower and upper, by its sense."""
