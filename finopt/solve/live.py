"""The live model: one program, patched where a changed case differs, restarted from its last basis.

A change of numbers on right sides (amounts, budgets, limits, revenue) becomes one array of new bounds. A change of
coefficients (rates, fees, exchange rates) re-emits the families that read the changed arrays. A change of what exists
(a new source, a wider window) builds the model anew. The result is that of a fresh build in every case.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from finopt.case import Case
from finopt.data import Data
from finopt.errors import Infeasible
from finopt.finance import Array
from finopt.model.build import FAMILIES, Model, build
from finopt.model.cost import stages
from finopt.model.rows import Family, Key
from finopt.model.variables import Variables, structure
from finopt.plan import Plan
from finopt.solve.extract import Solution, plan_of
from finopt.solve.highs import HighsSolver
from finopt.solve.program import Compiled, Ints, LinearProgram, compile_problem
from finopt.solve.run import on_face, proven, run_stages
from finopt.solve.status import Answer, Status, no_plan

PENALTY = 1e3
"""Price of a unit that nobody pays, relative to the dearest flow of the aim."""
NO_GAP = 1e-7
"""Unfunded cost up to this, in the case's unit, is rounding."""


@dataclass(frozen=True)
class Block:
    """The rows of one family in the program: their keys, and where they stand."""

    family: Family
    keys: tuple[Key, ...]
    rows: Ints


@dataclass(frozen=True)
class Best:
    """The best values for one case: ``x`` (n,), and ``gap``, the cost that no money can pay (0 where all is paid)."""

    x: Array
    gap: float


class LiveModel:
    """A model that follows its case through changes.

    ``moved`` counts how each case was reached: patched right sides, patched left sides, or built anew. With
    ``unfunded`` the model can say how much money is missing where a case has no plan.
    """

    def __init__(self, case: Case, time_limit: float | None = None, unfunded: bool = False) -> None:
        self._solver = HighsSolver(time_limit)
        self._unfunded = unfunded
        self.moved = {"bounds": 0, "coefficients": 0, "built": 0}
        self.model: Model
        self.compiled: Compiled
        self._blocks: list[Block]
        self._take(build(case, unfunded))

    @property
    def case(self) -> Case:
        """The case that the model stands at."""
        return self.model.case

    def move(self, case: Case) -> None:
        """Bring the model to another case, with as little work as the difference allows."""
        data = Data(case, self.model.data)
        changed = _changed_arrays(self.model.data, data)
        if not changed:
            self.model = replace(self.model, case=case, data=data)
        elif not self._patch(case, data, changed):
            self._take(build(case, self._unfunded))

    def optimum(self, case: Case) -> Answer:
        """The optimum of the first aim for a case, with its prices; raises what `solve` raises where there is none."""
        self.move(case)
        if self.model.hopeless:
            raise Infeasible("No plan exists:", self.model.hopeless)
        answer = self._solver.solve(self.compiled.program)
        if answer.status is not Status.OPTIMAL:
            raise no_plan(answer)
        return answer

    def best(self) -> Best:
        """The optimum where the model stands: first the least unfunded cost, then the first aim.

        Unfunded cost carries a penalty in the live program, so that it never lacks a plan and restarts stay short; a
        gap that the penalty leaves is then made exact in two steps. Raises what `solve` raises where even leaving
        packages unpaid gives no plan.
        """
        if self.model.hopeless:
            raise Infeasible("No plan exists:", self.model.hopeless)
        program = self.compiled.program
        answer = self._solver.solve(program)
        if answer.status is not Status.OPTIMAL:
            raise no_plan(answer)
        if float(answer.x[self._missing].sum()) <= NO_GAP:
            return Best(answer.x, 0.0)
        count = np.zeros_like(program.cost)
        count[self._missing] = 1.0
        least = self._solver.solve(program.with_cost(count))
        again = self._solver.solve(on_face(program.with_cost(count), least).with_cost(program.cost))
        if again.status is not Status.OPTIMAL:
            raise no_plan(again)
        return Best(again.x, float(count @ again.x))

    def shift(self, arrays: Mapping[str, Array]) -> bool:
        """Move to other right-side arrays (cost, cfads, limits, budgets) without a case; False where structure differs.

        For studies that know what they change; every other array stays that of the case.
        """
        data = self.model.data.over(arrays)
        old = self.model.data
        if not np.array_equal(data.cost > 0, old.cost > 0) or not np.array_equal(data.has_cash, old.has_cash):
            return False
        blocks = [b for b in self._blocks if not arrays.keys().isdisjoint(b.family.right_uses)]
        program = self._limited(self.compiled.program, blocks, data)
        self.model = replace(self.model, data=data, variables=self.model.variables.over(data))
        self.compiled = replace(self.compiled, program=program)
        return True

    def solve(self, case: Case) -> Plan:
        """The whole plan of a case: every aim, ties broken, proven; the same as a fresh `solve`."""
        self.move(case)
        if self.model.hopeless:
            raise Infeasible("No plan exists:", self.model.hopeless)
        solution = run_stages(self.model, self.compiled, self._solver)
        return self.plan(solution)

    def plan(self, solution: Solution) -> Plan:
        """The plan of values found for the case that the model stands at."""
        violation = proven(self.compiled.program, solution.x, self._solver.name)
        return plan_of(self.model, self.compiled, solution, self._solver.name, self._solver.version, violation, {})

    # ------------------------------------------------------------------ moving

    def _penalised(self) -> Array:
        """Cost of the first aim, with unfunded cost dearer than any money."""
        cost = self.compiled.vector(self.model.stages[0].minimised)
        cost[self._missing] = PENALTY * max(1.0, float(np.abs(cost).max(initial=0.0)))
        return cost

    def _take(self, model: Model) -> None:
        self.model = model
        self.compiled = compile_problem(model.problem)
        self._blocks = list(_blocks(model))
        self._missing = np.array([self.compiled[x] for x in model.variables.unfunded.values()], dtype=np.int64)
        if self._missing.size:
            self.compiled = replace(self.compiled, program=self.compiled.program.with_cost(self._penalised()))
        self.moved["built"] += 1

    def _patch(self, case: Case, data: Data, changed: set[str]) -> bool:
        """Patch the program to new arrays; False where its pattern differs and only a new build will do."""
        if self.model.hopeless or not _same_structure(self.model.data, data):
            return False
        variables = self.model.variables.over(data)
        program = self.compiled.program
        left = [block for block in self._blocks if changed & set(block.family.left_uses)]
        right = [block for block in self._blocks if changed & set(block.family.right_uses)]
        if left:
            values = program.values.copy()
            for block in left:
                if not self._emit(block, data, variables, values):
                    return False
            program = replace(program, values=values)
        if right:
            program = self._limited(program, right, data)
        aims = self.model.stages
        if changed & _AIMS:
            aims = tuple(stages(data, variables))
        self.model = replace(self.model, case=case, data=data, variables=variables, stages=aims)
        if changed & _AIMS:
            program = program.with_cost(self._penalised())
        self.compiled = replace(self.compiled, program=program)
        self.moved["coefficients" if left else "bounds"] += 1
        return True

    def _emit(self, block: Block, data: Data, variables: Variables, values: Array) -> bool:
        """Write a family's new coefficients into ``values``; False where a row or an entry comes or goes."""
        program = self.compiled.program
        emitted = (t for t in block.family.left(data, variables) if t.pairs)
        count = 0
        for row, key, terms in zip(block.rows, block.keys, emitted, strict=False):
            part = slice(program.starts[row], program.starts[row + 1])
            sums: dict[int, float] = defaultdict(float)
            for variable, coefficient in terms.pairs:
                sums[self.compiled[variable]] += coefficient
            if terms.key != key or sums.keys() != set(program.columns[part].tolist()):
                return False
            values[part] = [sums[column] for column in program.columns[part].tolist()]
            count += 1
        return count == len(block.keys) and next(iter(emitted), None) is None

    def _limited(self, program: LinearProgram, blocks: Sequence[Block], data: Data) -> LinearProgram:
        lower, upper = program.row_lower.copy(), program.row_upper.copy()
        for block in blocks:
            limits = block.family.right(data, block.keys)
            lower[block.rows] = np.where(np.isfinite(lower[block.rows]), limits, -np.inf)
            upper[block.rows] = np.where(np.isfinite(upper[block.rows]), limits, np.inf)
        return replace(program, row_lower=lower, row_upper=upper)


def _blocks(model: Model) -> Iterator[Block]:
    families = {family.name: family for family in FAMILIES}
    keys: dict[str, list[Key]] = defaultdict(list)
    rows: dict[str, list[int]] = defaultdict(list)
    for (name, key), row in model.rows.items():
        keys[name].append(key)
        rows[name].append(row)
    for name in keys:
        yield Block(families[name], tuple(keys[name]), np.array(rows[name], dtype=np.int64))


def _changed_arrays(old: Data, new: Data) -> set[str]:
    """Names of the arrays that differ, among those that the families and aims read."""
    return {name for name in _READ if not same_value(getattr(old, name), getattr(new, name))}


def _same_structure(old: Data, new: Data) -> bool:
    return all(same_value(a, b) for a, b in zip(structure(old), structure(new), strict=True))


def same_value(a: object, b: object) -> bool:
    """Whether two values of Data are equal, entry by entry."""
    if a is b:
        return True
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
        return a.shape == b.shape and bool(np.array_equal(a, b))
    return bool(a == b)


_AIMS = {"discount", "closing_discount", "fx", "capitalised", "objectives"}
_READ = _AIMS.union(*(set(f.left_uses) | set(f.right_uses) for f in FAMILIES))
