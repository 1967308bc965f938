"""Frontier: what a measure costs. The least cost at every level of a party's money, a peak, the gearing, or any aim.

The cost is the case's first aim. For a measure that is an aim, one row is added to the live program, measure <= ε; its
price is the slope of the frontier, which is convex and made of straight pieces. Where two tangents meet below the
frontier it is solved again, until the corners between them are found. Gearing is a ratio: its limit moves coefficients,
as a covenant does, and its frontier is known at its points only.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from finopt.case.case import Case
from finopt.case.names import nearest, same
from finopt.case.selector import SOURCE_FIELDS, USE_FIELDS, Selector, meant
from finopt.case.sheets import Covenant, Objective
from finopt.errors import CaseError, Finding, Infeasible, NoPlan, Unbounded
from finopt.finance import Array
from finopt.model.covenants import applies_to
from finopt.model.objective import MEASURES
from finopt.solve.linear_program import LinearProgram
from finopt.solve.live_model import LiveModel
from finopt.study.engine.executor import Progress
from finopt.study.engine.measures import Gauges
from finopt.tolerances import CORNER, FRONTIER_AREA, FRONTIER_ROOM, GEARING_STEP, LEAST_COST, NO_DEBT

GEARING = "gearing"
MOST = 80
"""Most solves spent on finding corners: the cost alone, a few milliseconds each."""
CORNERS = 12
"""Most corners shown, those without which the line would change most."""


@dataclass(frozen=True)
class Frontier:
    """The trade of a measure against the cost.

    ``table`` has one row a plan, from the cheapest to the one with the best measure: limit (what the measure was held
    to), reached (the measure in that plan), cost (the case's first aim), price (what the next unit of the measure
    costs, up to the next row; empty in the last), corner (whether the frontier bends there; both ends count), status,
    figures in the case's unit, reason. ``least`` is the best that the measure can be, ``cheapest`` its value in the
    cheapest plan. ``maximised`` says that more of the measure is wanted.
    """

    case: Case
    of: str
    maximised: bool
    cheapest: float
    least: float
    table: pd.DataFrame

    @property
    def corners(self) -> pd.DataFrame:
        """The rows at which the frontier bends, and its ends."""
        return self.table[self.table["corner"]].reset_index(drop=True)

    @property
    def figures(self) -> list[str]:
        """The columns of figures."""
        return [name for name in self.table.columns if name not in _KEYS]

    def __str__(self) -> str:
        word = "most" if self.maximised else "least"
        show = _show(self.of)
        lines = [
            f"{self.case.name}: cost against {self.of}, {self.case.money}",
            f"cheapest plan at {show(self.cheapest)}; {word} possible {show(self.least)}{self._nothing(word)}",
            f"{'limit':>12}{'cost':>12}{'price':>12}",
        ]
        rows: list[dict[str, Any]] = self.table.to_dict("records")  # type: ignore[assignment]
        for row in rows:
            if row["status"] != "optimal":
                lines.append(f"{show(row['limit']):>12}  {row['reason']}")
                continue
            price = "" if np.isnan(row["price"]) else f"{row['price']:+,.4f}"
            lines.append(
                f"{show(row['limit']):>12}{row['cost']:>12,.1f}{price:>12}{'  corner' if row['corner'] else ''}"
            )
        return "\n".join(lines)

    def _nothing(self, word: str) -> str:
        """Why there is one plan and no line: words to add."""
        other = "less" if self.maximised else "more"
        words = f": the cheapest plan has the {word} already; asked the other way round, what {other} of it costs"
        return (
            words
            if len(self.table) == 1 and abs(self.cheapest - self.least) <= FRONTIER_ROOM * max(1.0, abs(self.least))
            else ""
        )


@dataclass(frozen=True)
class Point:
    """One plan of the frontier, in the minimised sense: the limit, the cost, and what the plan says."""

    limit: float
    cost: float
    reached: float
    figures: dict[str, float]


@dataclass(frozen=True)
class Probe:
    """The least cost at a limit, and its slope there, in the minimised sense."""

    limit: float
    cost: float
    slope: float


Solve = Callable[[float], Point]


def frontier(
    case: Case,
    of: str,
    maximise: bool = False,
    points: int = 9,
    values: Sequence[float] | None = None,
    progress: Progress | None = None,
) -> Frontier:
    """The least cost at each level of a measure, between the cheapest plan and the best that the measure can be.

    ``of`` names the measure and whose: "money party: Moscow", "peak year party: Moscow", "peak debt", "interest and
    fees", "closing cash", "gearing". Less of it is wanted, unless ``maximise``. ``points`` are spread evenly and the
    corners between them are added; ``values`` asks for levels of your own instead, and one that no plan reaches stays
    as a row with its reason. Raises CaseError where the measure is unknown, and NoPlan where the case has no plan.
    """
    name, chosen = measure_of(case, of)
    if name == GEARING:
        if maximise:
            raise _fault(repr(of), "a measure of which more can be wanted", "gearing can only be held down")
        return _gearing_frontier(case, of, chosen, points, values, progress)
    return _Linear(case, of, name, chosen, maximise).frontier(points, values, progress)


def measure_of(case: Case, text: str) -> tuple[str, str]:
    """Name of the measure and its selector. Raises CaseError, in words, where either is unknown."""
    words = " ".join(text.split())
    name = next((m for m in (*MEASURES, GEARING) if same(words).startswith(same(m))), None)
    if name is None:
        raise _fault(repr(text), "a measure, then whose", nearest(words.partition(":")[0], (*MEASURES, GEARING)))
    chosen = words[len(name) :].removeprefix(" of").strip() or "all"
    fields = SOURCE_FIELDS + USE_FIELDS if name == "money" else SOURCE_FIELDS
    try:
        faults = list(Selector.parse(chosen).faults(case, fields))
    except ValueError as error:
        raise _fault(repr(text), "", f"{error}{meant(case, chosen, fields)}") from None
    if faults:
        raise _fault(repr(text), "", "; ".join(faults))
    return name, chosen


class _Linear:
    """A measure that is an aim: the case with it as a last aim, and one row that holds it."""

    def __init__(self, case: Case, of: str, name: str, chosen: str, maximise: bool) -> None:
        self.case, self.of, self.maximised = case, of, maximise
        aims = case.objectives or (Objective(priority=1, aim="minimise", measure="financing cost"),)
        wanted = {"aim": "maximise" if maximise else "minimise", "measure": name, "of": chosen}
        last = Objective.model_validate({"priority": aims[-1].priority + 1, **wanted})
        self._live = LiveModel(replace(case, tables={**case.tables, Objective.SHEET: (*aims, last)}))
        state = self._live.state
        self._aim, self._measure = state.model.stages[0], state.model.stages[-1]
        self._row = state.compiled.vector(self._measure.minimised)
        self._gauges = Gauges(self._live)
        columns = np.flatnonzero(self._row).astype(np.int64)
        self._program = state.program.with_row(columns, self._row[columns], -np.inf, np.inf)

    def frontier(self, points: int, values: Sequence[float] | None, progress: Progress | None) -> Frontier:
        loose = self._loosest()
        tight = self._tightest()
        sign = self._measure.sign
        counted = _counted(self._solve, progress)
        if values is not None:
            rows = [_asked(counted, self.of, sign * value, sign, tight) for value in values]
        elif loose - tight <= FRONTIER_ROOM * max(1.0, abs(loose)):
            rows = [_row(counted(loose + FRONTIER_ROOM * max(1.0, abs(loose))), corner=True)]
        else:
            rows = [_row(counted(limit), c) for limit, c in _limits(self._probe, loose, tight, points).items()]
        table = _table(rows, sign, self._aim.sign)
        return Frontier(self.case, self.of, self.maximised, sign * loose, sign * tight, table)

    def _loosest(self) -> float:
        """The measure in the cheapest plan, the best one of those."""
        return self._measure.sign * self._live.reach().aims[-1]

    def _tightest(self) -> float:
        """The best that the measure can be. Raises Unbounded where it knows no end."""
        try:
            answer = self._live.optimum(self._live.state.program.with_cost(self._row))
        except Unbounded:
            raise Unbounded(
                f"{self.of} can grow without end: a frontier needs a measure that has a best value."
            ) from None
        return float(self._row @ answer.x)

    def _probe(self, limit: float) -> Probe:
        program = self._held(limit)
        answer = self._live.optimum(program)
        return Probe(limit, float(program.cost @ answer.x), float(answer.row_price[-1]))

    def _solve(self, limit: float) -> Point:
        solution = self._live.reach(program=self._held(limit))
        reached = float(self._row @ solution.x)
        return Point(limit, self._aim.sign * solution.aims[0], reached, self._gauges.read(solution.x))

    def _held(self, limit: float) -> LinearProgram:
        upper = self._program.row_upper.copy()
        upper[-1] = limit
        return replace(self._program, row_upper=upper)


def _limits(probe: Callable[[float], Probe], loose: float, tight: float, points: int) -> dict[float, bool]:
    """The limits to solve for, loosest first, each with whether it is a corner: even steps, ends, chosen corners."""
    even = [float(limit) for limit in np.linspace(loose, tight, max(2, points))]
    even[-1] += FRONTIER_ROOM * max(1.0, abs(tight))
    probes = [probe(limit) for limit in even]
    corners = [probes[0], *_corners(probe, probes), probes[-1]]
    kept = {point.limit for point in _plainest(corners, CORNERS + 2)}
    return {limit: limit in kept for limit in sorted({*even, *kept}, reverse=True)}


def _corners(probe: Callable[[float], Probe], probes: Sequence[Probe]) -> list[Probe]:
    """The corners between the first and the last probe, as far as the solves go, where they show most first."""
    first, last = probes[0], probes[-1]
    whole = (first.limit - last.limit) * max(last.cost - first.cost, LEAST_COST)
    waiting = [_Wedge.between(*pair) for pair in pairwise(probes)]
    found: dict[float, Probe] = {}
    left, turn = MOST, 0
    while left and (open_ := [wedge for wedge in waiting if wedge.area > FRONTIER_AREA * whole]):
        wedge = open_[0] if turn < len(probes) - 1 else max(open_, key=lambda wedge: wedge.area)
        waiting.remove(wedge)
        turn += 1
        while left and wedge.area > FRONTIER_AREA * whole:  # down to one corner, on its wider side
            left -= 1
            middle = probe(wedge.meeting)
            if middle.cost - wedge.bottom <= CORNER * max(1.0, abs(middle.cost)):
                found[middle.limit] = middle
                break
            sides = _Wedge.between(wedge.one, middle), _Wedge.between(middle, wedge.other)
            narrow, wedge = sorted(sides, key=lambda side: side.area)
            waiting.append(narrow)
        else:
            waiting.append(wedge)
    found |= {wedge.kink.limit: wedge.kink for wedge in waiting if wedge.kink is not None}
    inside = (point for limit, point in found.items() if last.limit < limit < first.limit)
    return sorted(inside, key=lambda point: -point.limit)


def _plainest(corners: list[Probe], most: int) -> list[Probe]:
    """The corners without which the line would change most: the least one is left out until ``most`` remain."""
    kept = list(corners)
    while len(kept) > most:
        areas = [_triangle(*kept[i - 1 : i + 2]) for i in range(1, len(kept) - 1)]
        del kept[1 + int(np.argmin(areas))]
    return kept


def _triangle(one: Probe, middle: Probe, other: Probe) -> float:
    """The area that a corner cuts off."""
    wide, high = other.limit - one.limit, other.cost - one.cost
    return 0.5 * abs(wide * (middle.cost - one.cost) - (middle.limit - one.limit) * high)


@dataclass(frozen=True)
class _Wedge:
    """Where the frontier can lie between two probes: over their tangents, which meet at ``meeting`` at the cost
    ``bottom``, and under the line between them. ``kink`` is the probe at which the tangents meet, if so.
    """

    one: Probe
    other: Probe
    meeting: float
    bottom: float
    area: float
    kink: Probe | None

    @classmethod
    def between(cls, one: Probe, other: Probe) -> _Wedge:
        width, rise = other.limit - one.limit, other.cost - one.cost
        if abs(one.slope - other.slope) <= CORNER * max(abs(one.slope), abs(other.slope)):
            return cls(one, other, one.limit, one.cost, 0.0, None)
        share = (rise - other.slope * width) / ((one.slope - other.slope) * width)
        near = next((end for end, at in ((one, 0.0), (other, 1.0)) if abs(share - at) <= CORNER), None)
        bottom = one.cost + one.slope * share * width
        area = 0.0 if near is not None or not 0 < share < 1 else 0.5 * abs(width) * (one.cost + share * rise - bottom)
        return cls(one, other, one.limit + share * width, bottom, area, near)


def _asked(solve: Solve, of: str, limit: float, sign: float, tight: float) -> dict[str, object]:
    """The row of a level that the caller asked for; one that no plan reaches says how far one can go."""
    try:
        return _row(solve(limit), corner=False)
    except Infeasible:
        how, word = ("down to", "least") if sign > 0 else ("up to", "most")
        show = _show(of)
        reason = f"no plan brings {of} {how} {show(sign * limit)}: the {word} possible is {show(sign * tight)}"
    except NoPlan as error:
        reason = str(error)
    return {"limit": limit, "reached": np.nan, "cost": np.nan, "corner": False, "status": "infeasible", "figures": {},
            "reason": reason}  # fmt: skip


def _gearing_frontier(
    case: Case, of: str, chosen: str, points: int, values: Sequence[float] | None, progress: Progress | None
) -> Frontier:
    """Held by a covenant on the gearing, whose limit moves."""
    live = LiveModel(_geared(case, chosen, 1.0))
    sign = live.state.model.stages[0].sign

    def solve(limit: float) -> Point:
        live.move(_geared(case, chosen, limit))
        solution = live.reach()
        figures = Gauges(live).read(solution.x)
        return Point(limit, sign * solution.aims[0], _gearing(live, solution.x), figures)

    loose = solve(1.0).reached
    tight = _least(lambda limit: _feasible(live, _geared(case, chosen, limit)), loose)
    counted = _counted(solve, progress)
    if values is not None:
        rows = [_asked(counted, of, value, 1.0, tight) for value in values]
    else:
        found = [counted(float(limit)) for limit in np.linspace(loose, tight, max(2, points))]
        rows = [_row(point, corner=i in (0, len(found) - 1)) for i, point in enumerate(found)]
    return Frontier(case, of, False, loose, tight, _table(rows, 1.0, sign))


def _geared(case: Case, chosen: str, limit: float) -> Case:
    row = Covenant(covenant="gearing", limit=limit, applies_to=chosen)
    return replace(case, tables={**case.tables, Covenant.SHEET: (*case.covenants, row)})


def _gearing(live: LiveModel, x: Array) -> float:
    """The highest gearing of a plan: debt outstanding over debt and what equity and grants have put in so far."""
    model, compiled = live.state.model, live.state.compiled
    v, data = model.variables, model.data
    chosen = applies_to(data, data.case.covenants[-1])
    highest = 0.0
    for t, own in enumerate(v.put_in):
        debt = sum(float(data.fx[s, t]) * x[compiled[v.balance[s, t]]] for s in chosen if (s, t) in v.balance)
        if debt > NO_DEBT:
            highest = max(highest, float(debt / (debt + x[compiled[own]])))
    return highest


def _feasible(live: LiveModel, case: Case) -> bool:
    live.move(case)
    try:
        live.optimum()
    except Infeasible:
        return False
    return True


def _least(feasible: Callable[[float], bool], high: float) -> float:
    """The least gearing at which a plan exists, found by halving, on the safe side."""
    if feasible(0.0):
        return 0.0
    low = 0.0
    while high - low > GEARING_STEP:
        middle = (low + high) / 2
        low, high = (low, middle) if feasible(middle) else (middle, high)
    return high


_KEYS = ("limit", "reached", "cost", "price", "corner", "status", "reason")


def _row(point: Point, corner: bool) -> dict[str, object]:
    return {"limit": point.limit, "reached": point.reached, "cost": point.cost, "corner": corner, "status": "optimal",
            "figures": point.figures, "reason": ""}  # fmt: skip


def _table(rows: Sequence[dict[str, object]], sign: float, cost_sign: float) -> pd.DataFrame:
    """The rows in the user's sense, with the price of the way to the next one."""
    names = list(dict.fromkeys(name for row in rows for name in row["figures"]))  # type: ignore[attr-defined]
    table = pd.DataFrame([{key: row[key] for key in _KEYS if key in row} for row in rows])
    for name in ("limit", "reached"):
        table[name] = sign * table[name].astype(float)
    table["cost"] = cost_sign * table["cost"].astype(float)
    step = table["limit"].shift(-1) - table["limit"]
    table.insert(3, "price", ((table["cost"].shift(-1) - table["cost"]) / step.where(step != 0)).abs())
    values: Array = np.array([[row["figures"].get(n, np.nan) for n in names] for row in rows])  # type: ignore[attr-defined]
    figures = pd.DataFrame(values.reshape(len(rows), len(names)), columns=names)
    return pd.concat([table.drop(columns="reason"), figures, table["reason"]], axis=1)


def _counted(solve: Solve, progress: Progress | None) -> Solve:
    """The same, with progress told after each."""

    def counting(limit: float) -> Point:
        point = solve(limit)
        if progress is not None:
            progress(1)
        return point

    return counting


def _show(of: str) -> Callable[[float], str]:
    return (lambda value: f"{value:.2%}") if same(of).startswith(GEARING) else (lambda value: f"{value:,.1f}")


def _fault(found: str, expected: str, hint: str) -> CaseError:
    return CaseError([Finding("Frontier", "", "", found, expected, hint)])
