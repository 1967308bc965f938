"""Proof of every answer before anything is made of it: a solver's word alone is never enough.

An optimum is proven by its own figures: values that are finite and meet every row and bound, prices of the right signs,
and a bound from those prices (weak duality) that the value reaches. "Infeasible" is proven by an elastic program, whose
prices are a Farkas certificate; "unbounded" by a plan and a ray along which the aim improves for ever. Programs with
whole numbers have no such prices: where their relaxation does not prove them, a second search must find nothing better.
What is not proven raises NotProven with the figure that failed and its place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np

from finopt.case.arrays import Mask
from finopt.errors import NoPlan, NotProven
from finopt.finance import Array
from finopt.model.build import Model
from finopt.model.family import Family, Key, Words
from finopt.plan import AimProof, Certificate, Violation
from finopt.solve.highs import HighsSolver
from finopt.solve.linear_program import Compiled, LinearProgram, elastic
from finopt.solve.status import Answer, Status, no_plan, of_scipy
from finopt.tolerances import CERTIFIED, FARKAS, IDLE_COLUMN, LEAST_LEFT, SEARCHED

AGAIN = {"presolve": "off", "random_seed": 7}
"""How another solver is set, so that it goes its own way."""


class Solver(Protocol):
    """What the stages need of a solver."""

    name: str

    @property
    def version(self) -> str:
        """Name and version for the record."""

    @property
    def left(self) -> float | None:
        """Seconds left; None where there is no limit."""

    def solve(self, program: LinearProgram) -> Answer:
        """What the solver says is the optimum of one program, or why there is none."""


class Places(Protocol):
    """Names of rows and columns, for messages."""

    def row(self, i: int) -> str:
        """Row i in words."""

    def column(self, j: int) -> str:
        """Column j in words."""


class Numbered:
    """Rows and columns of a program that nobody named, by number."""

    def row(self, i: int) -> str:
        """Row i, counted from 1."""
        return f"row {i + 1}"

    def column(self, j: int) -> str:
        """Column j, counted from 1."""
        return f"column {j + 1}"


NUMBERED = Numbered()


@dataclass(frozen=True)
class RowLabels:
    """Family and key of each row in the workbook's words, then own constraints and rows that a study added."""

    words: Words
    keys: Sequence[tuple[Family, Key]]
    own: Sequence[str]
    count: int

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return (self[i] for i in range(self.count))

    def __getitem__(self, i: int) -> tuple[str, str]:
        if i < len(self.keys):
            family, key = self.keys[i]
            return family.name, ", ".join(self.words.of(family, key))
        own = i - len(self.keys)
        return "own constraint", self.own[own] if own < len(self.own) else "a limit that the study adds"


class Named:
    """Rows and columns of a model by their names; rows beyond them hold earlier aims."""

    def __init__(self, model: Model, compiled: Compiled) -> None:
        own = tuple(str(row.name) for row in model.problem.constraints()[len(model.rows) :])
        keys = tuple((model.family(name), key) for name, key in model.rows)
        self.rows = RowLabels(Words(model.data), keys, own, len(compiled.program.row_lower))
        self._variables = compiled.variables

    @property
    def columns(self) -> tuple[str, ...]:
        """Name of each column."""
        return tuple(str(x.name) for x in self._variables)

    def row(self, i: int) -> str:
        """Row i as family[key]."""
        return "{}[{}]".format(*self.rows[i]) if i < self.rows.count else "the row that holds an earlier aim"

    def column(self, j: int) -> str:
        """Column j by its name in PuLP."""
        return str(self._variables[j].name)


# --------------------------------------------------------------------------- one answer


def proven(engine: Solver, program: LinearProgram, places: Places = NUMBERED) -> Answer:
    """The optimum of a program by a solver, certified; see `confirmed`."""
    return confirmed(engine, program, engine.solve(program), places)


def confirmed(engine: Solver, program: LinearProgram, answer: Answer, places: Places = NUMBERED) -> Answer:
    """A solver's answer, certified. Raises Infeasible, Unbounded or NotProven; the first two are proven as well.

    Where HiGHS' answer proves nothing, a fresh HiGHS with other settings is asked once more.
    """
    try:
        return certified(program, answer, engine.name, places, engine.left)
    except NotProven:
        if engine.name != HighsSolver.name or answer.status in (Status.STOPPED, Status.FAILED):
            raise
        again = HighsSolver(engine.left, options=AGAIN).solve(program)
        return certified(program, again, engine.name, places, engine.left)


def certified(
    program: LinearProgram, answer: Answer, name: str, places: Places = NUMBERED, left: float | None = None
) -> Answer:
    """The answer, proven, with its ``bound`` and with prices that are rounding set to zero.

    ``name`` is the solver's, for messages; ``left`` the seconds left for second opinions. Raises NotProven where the
    answer does not prove what it says, and Infeasible or Unbounded where that is proven.
    """
    if answer.status is Status.INFEASIBLE:
        raise no_plan(answer) if no_plan_exists(program, left) else _doubt(name, "infeasible")
    if answer.status is Status.UNBOUNDED:
        raise no_plan(answer) if no_end_exists(program, left) else _doubt(name, "unbounded")
    if answer.status is not Status.OPTIMAL:
        raise no_plan(answer)
    check_values(program, answer.x, name, places)
    if program.integer.any():
        return _searched(program, answer, name, places, left)
    try:
        return priced(program, answer, name, places)
    except NotProven:
        if name == HighsSolver.name:
            raise
        return priced(program, _with_other_prices(program, answer, left), name, places)


def _doubt(name: str, word: str) -> NotProven:
    other = "HiGHS does not" if name != HighsSolver.name else "a second solve does not confirm it"
    return NotProven(f"{name} calls the case {word}, {other}: neither a plan nor its absence is proven.")


def _with_other_prices(program: LinearProgram, answer: Answer, left: float | None) -> Answer:
    """The values of a solver from outside with prices from HiGHS: whoever finds prices, they prove or they do not."""
    other = HighsSolver(left).solve(program)
    return replace(answer, row_price=other.row_price, column_price=other.column_price, noise=other.noise)


def check_values(program: LinearProgram, x: Array, name: str, places: Places = NUMBERED) -> None:
    """Raise NotProven where values are missing, not finite, not whole, or break a row or bound."""
    _check_shape(x, len(program.cost), name, "values of columns", places.column)
    for violation in violations(program, x, places):
        if violation.figure > CERTIFIED:
            raise _broken(name, violation)


def _broken(name: str, found: Violation) -> NotProven:
    what = {"row": "break a row", "bound": "break a bound", "whole number": "are not whole"}[found.kind]
    return NotProven(
        f"{name} returned values that {what}: {found.place} by {found.amount:.3g}, "
        f"{found.figure:.1e} of its size: they are no plan."
    )


def _check_shape(values: Array, count: int, name: str, what: str, place: object) -> None:
    if values.shape != (count,):
        raise NotProven(f"{name} returned {values.size:,} {what} where there are {count:,}: they prove nothing.")
    wrong = np.flatnonzero(~np.isfinite(values))
    if wrong.size:
        where = place(int(wrong[0])) if callable(place) else ""
        raise NotProven(f"{name} returned {values[wrong[0]]} among the {what}, at {where}: they prove nothing.")


def violations(program: LinearProgram, x: Array, places: Places = NUMBERED) -> tuple[Violation, ...]:
    """The largest violation of a row, a bound and a whole number, each relative to the size of its own terms."""
    activity, sizes = program.activity_and_sizes(x)
    by_row = np.maximum(program.row_lower - activity, activity - program.row_upper)
    by_column = np.maximum(program.lower - x, x - program.upper)
    found = [
        _largest("row", by_row, sizes, places.row),
        _largest("bound", by_column, np.maximum(program.steps, np.abs(x)), places.column),
    ]
    if program.integer.any():
        apart = np.where(program.integer, np.abs(x - np.round(x)), 0.0)
        found.append(_largest("whole number", apart, np.ones(len(x)), places.column))
    return tuple(found)


def _largest(kind: str, amounts: Array, sizes: Array, place: object) -> Violation:
    figures = amounts / sizes
    i = int(np.argmax(figures)) if figures.size else 0
    if not figures.size or figures[i] <= 0 or not callable(place):
        return Violation(kind, "", 0.0, 0.0, 0.0)
    return Violation(kind, place(i), float(figures[i]), float(amounts[i]), float(sizes[i]))


# --------------------------------------------------------------------------- prices


def priced(program: LinearProgram, answer: Answer, name: str, places: Places = NUMBERED) -> Answer:
    """The answer with the bound that its prices prove. Raises NotProven where they do not reach its value.

    The bound is Σ price · limit over rows and columns, the limit being the one that the sign speaks of, with reduced
    costs computed anew from the prices of the rows; no plan of the program has a lower value.
    """
    _check_shape(answer.row_price, len(program.row_lower), name, "prices of rows", places.row)
    reduced = program.cost - program.transposed(answer.row_price)
    rows = _spoken(answer.row_price, program.row_lower, program.row_upper)
    columns = _spoken(reduced, program.lower, program.upper)
    steep = np.full(len(rows), max(program.steepest, float(np.abs(answer.row_price).max(initial=0.0))))
    unspoken = np.where(rows, 0.0, np.abs(answer.row_price))
    _check_prices("dual sign of a row", unspoken, lambda: steep, places.row, name, answer.noise)

    def scale() -> Array:
        return _scale(program, answer.row_price)

    unspoken = np.where(columns, 0.0, np.abs(reduced))
    _check_prices("dual sign of a column", unspoken, scale, places.column, name, answer.noise)
    if answer.column_price.size:
        _check_shape(answer.column_price, len(program.cost), name, "reduced costs", places.column)
        off = np.abs(answer.column_price - reduced)
        _check_prices("reduced cost", off, scale, places.column, name, answer.noise)
    row_price = np.where(rows & (np.abs(answer.row_price) > answer.noise), answer.row_price, 0.0)
    column_price = np.where(columns & (np.abs(reduced) > answer.noise), reduced, 0.0)
    bound = dual_value(row_price, program.row_lower, program.row_upper)
    bound += dual_value(column_price, program.lower, program.upper)
    value, size = float(program.cost @ answer.x), program.size(answer.x)
    if not abs(value - bound) <= CERTIFIED * size:
        raise NotProven(
            f"{name} returned values of {value:.6g} that its prices do not prove: they bound the aim at {bound:.6g}, "
            f"a gap of {abs(value - bound) / size:.1e} of its terms."
        )
    return replace(answer, row_price=row_price, column_price=column_price, bound=bound)


def _scale(program: LinearProgram, price: Array) -> Array:
    """Sum of the terms of each reduced cost c - Aᵀy, each taken positive: the scale of its rounding; (n,)."""
    terms = np.abs(program.values * np.repeat(price, np.diff(program.starts)))
    sizes = np.bincount(program.columns, weights=terms, minlength=len(program.cost))
    return np.maximum(np.abs(program.cost) + sizes, IDLE_COLUMN * program.steepest)


def _spoken(price: Array, lower: Array, upper: Array) -> Mask:
    """Whether the limit that the sign of a price speaks of exists."""
    return np.asarray(np.isfinite(np.where(price > 0, lower, upper)))


def _check_prices(
    kind: str, amounts: Array, sizes: Callable[[], Array], place: object, name: str, noise: float
) -> None:
    """Raise NotProven where an amount above the noise is more than rounding of its size."""
    if not (amounts > noise).any():
        return
    found = _largest(kind, np.where(amounts > noise, amounts, 0.0), sizes(), place)
    if found.figure > CERTIFIED:
        raise NotProven(
            f"{name} returned prices that prove nothing: {kind} wrong at {found.place} by {found.amount:.3g}, "
            f"{found.figure:.1e} of its size."
        )


def dual_value(price: Array, lower: Array, upper: Array) -> float:
    """Σ price · limit, the limit being the one that the sign of the price speaks of."""
    limit = np.where(price > 0, lower, upper)
    return float(price @ np.where(price != 0, limit, 0.0))


# --------------------------------------------------------------------------- no plan, no end, whole numbers


def no_plan_exists(program: LinearProgram, left: float | None = None) -> bool:
    """Whether prices prove that no values meet the rows and bounds, whole numbers aside; else a second search says so.

    Every row may be missed at a price of one a unit; what is missed at least is more than rounding.
    """
    if (program.lower > program.upper).any():
        return True
    relaxed = elastic(program.relaxed(), np.arange(len(program.row_lower), dtype=np.int64))
    answer = HighsSolver(left).solve(relaxed)
    try:
        least = priced(relaxed, answer, HighsSolver.name) if answer.status is Status.OPTIMAL else None
    except NotProven:
        least = None
    if least is not None and (least.bound or 0.0) > FARKAS * max(program.unit, _bound_size(relaxed, least)):
        return True
    if not program.integer.any():
        return False
    return second_search(program, left) is Status.INFEASIBLE


def _bound_size(program: LinearProgram, answer: Answer) -> float:
    """Sum of the terms of a bound, each taken positive."""
    rows = np.abs(answer.row_price), np.abs(program.row_lower), np.abs(program.row_upper)
    columns = np.abs(answer.column_price), np.abs(program.lower), np.abs(program.upper)
    return sum(
        float(price @ np.where(price > 0, np.fmin(np.where(np.isfinite(low), low, high), high), 0.0))
        for price, low, high in (rows, columns)
    )


def no_end_exists(program: LinearProgram, left: float | None = None) -> bool:
    """Whether a plan and a ray prove that the aim of a program can be improved without end."""
    if ray(program, left) is None:
        return False
    answer = HighsSolver(left).solve(program.with_cost(np.zeros_like(program.cost)))
    if answer.status is not Status.OPTIMAL or answer.x.shape != program.cost.shape:
        return False
    return bool(np.isfinite(answer.x).all()) and program.violation(answer.x) <= CERTIFIED


def ray(program: LinearProgram, left: float | None = None) -> Array | None:
    """The steepest direction along which the aim improves and no row or bound is ever met, flows at most one; (n,)."""
    cone = replace(
        program.relaxed(),
        lower=np.where(np.isfinite(program.lower), 0.0, -1.0),
        upper=np.where(np.isfinite(program.upper), 0.0, 1.0),
        row_lower=np.where(np.isfinite(program.row_lower), 0.0, -np.inf),
        row_upper=np.where(np.isfinite(program.row_upper), 0.0, np.inf),
        unit=1.0,
    )
    answer = HighsSolver(left).solve(cone)
    if answer.status is not Status.OPTIMAL or answer.x.shape != cone.cost.shape or not np.isfinite(answer.x).all():
        return None
    if cone.violation(answer.x) > CERTIFIED or float(cone.cost @ answer.x) >= -FARKAS * cone.steepest:
        return None
    return answer.x


def _searched(program: LinearProgram, answer: Answer, name: str, places: Places, left: float | None) -> Answer:
    """An answer in whole numbers, proven by the bound of its relaxation or by a second search for a better one."""
    value, size = float(program.cost @ answer.x), program.size(answer.x)
    relaxed = program.relaxed()
    try:
        least = certified(relaxed, HighsSolver(left).solve(relaxed), HighsSolver.name, places, left).bound or 0.0
    except NoPlan as error:
        raise NotProven(f"The bound of whole numbers is not proven: {error}") from error
    if value - least <= CERTIFIED * size:
        return replace(answer, bound=least)
    bound = value - max(SEARCHED * abs(value), CERTIFIED * size)
    used = np.flatnonzero(program.cost).astype(np.int64)
    better = second_search(program.with_row(used, program.cost[used], -np.inf, bound), left)
    if better is not Status.INFEASIBLE:
        found = "finds better ones" if better is Status.OPTIMAL else f"ended: {better.value}"
        raise NotProven(f"{name} returned whole numbers worth {value:.6g}, not proven: a second search {found}.")
    return replace(answer, bound=bound)


def second_search(program: LinearProgram, left: float | None = None) -> Status:
    """Whether whole numbers meet the rows and bounds of a program, by a search of its own: scipy's build of HiGHS."""
    from scipy.optimize import Bounds, LinearConstraint, milp  # takes longer to load than a small case to solve
    from scipy.sparse import csr_array

    scaled = program.scaled()
    shape = (len(scaled.row_lower), len(scaled.cost))
    matrix: Any = csr_array((scaled.values, scaled.columns, scaled.starts), shape=shape)
    found = milp(
        np.zeros_like(scaled.cost),
        integrality=scaled.integer.astype(int),
        bounds=Bounds(scaled.lower, scaled.upper),
        constraints=LinearConstraint(matrix, scaled.row_lower, scaled.row_upper),
        options={} if left is None else {"time_limit": max(left, LEAST_LEFT)},
    )
    return of_scipy(int(found.status))


# --------------------------------------------------------------------------- a whole plan


@dataclass(frozen=True)
class Reached:
    """One aim when its turn came: its program, whole numbers held, the certified answer, and the bound of all plans."""

    program: LinearProgram
    answer: Answer
    bound: float

    @property
    def value(self) -> float:
        """What the answer reaches of the aim, minimised."""
        return float(self.program.cost @ self.answer.x)


def conclude(model: Model, compiled: Compiled, reached: Sequence[Reached], x: Array, engine: Solver) -> Certificate:
    """The certificate of final values, checked against the program as it was built and against every aim.

    Raises NotProven where they break a row, bound or whole number, or give up more of an aim than its tolerance.
    """
    program, places = compiled.program, Named(model, compiled)
    check_values(program, x, engine.name, places)
    aims = tuple(_aim_proofs(model, compiled, reached, x, engine.name))
    first = reached[0]
    return Certificate(
        solver=f"{engine.name} {engine.version}",
        aims=aims,
        violations=(*violations(program, x, places), *_price_violations(first, places)),
        sign=model.stages[0].sign,
        whole=bool(program.integer.any()),
        row_labels=places.rows,
        row_lower=first.program.row_lower,
        row_upper=first.program.row_upper,
        dual=first.answer.row_price,
        activity=program.activity(first.answer.x),
        row_final=program.activity(x),
        column_labels=places.columns,
        lower=first.program.lower,
        upper=first.program.upper,
        cost=first.program.cost,
        reduced_cost=first.answer.column_price,
        value=first.answer.x,
        final=x,
    )


def _aim_proofs(
    model: Model, compiled: Compiled, reached: Sequence[Reached], x: Array, name: str
) -> Iterator[AimProof]:
    for stage, step in zip(model.stages, reached, strict=True):
        cost = compiled.vector(stage.minimised)
        final, size = float(cost @ x), max(step.program.size(step.answer.x), step.program.size(x))
        of = "" if stage.of == "all" else f" of {stage.of}"
        words = f"{stage.aim} {stage.measure}{of}"
        worse = final - step.value - stage.tolerance * abs(step.value)
        if not worse <= CERTIFIED * size:
            raise NotProven(
                f"{name}: the final plan gives up {worse:.3g} more of the aim '{words}' than its tolerance allows "
                f"(reached {stage.sign * step.value:.6g}, final {stage.sign * final:.6g})."
            )
        gap = abs(step.value - step.bound) / size
        yield AimProof(
            words, stage.aim, stage.measure, stage.of, stage.sign * step.value, stage.sign * step.bound, gap,
            stage.sign * final, stage.tolerance, size,
        )  # fmt: skip


def _price_violations(step: Reached, places: Places) -> tuple[Violation, ...]:
    """What is left unproven by the prices of an aim, all of it rounding: signs, and reduced costs computed anew."""
    program, answer = step.program, step.answer
    reduced, scale = program.cost - program.transposed(answer.row_price), _scale(program, answer.row_price)
    against = np.where(_spoken(reduced, program.lower, program.upper), 0.0, np.abs(reduced))
    rows = _spoken(answer.row_price, program.row_lower, program.row_upper)
    wrong = np.where(rows, 0.0, np.abs(answer.row_price))
    return (
        _largest("dual sign of a row", wrong, np.full(len(wrong), program.steepest), places.row),
        _largest("dual sign of a column", against, scale, places.column),
        _largest("reduced cost", np.abs(reduced - answer.column_price), scale, places.column),
    )
