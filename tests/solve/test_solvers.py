"""What solvers say is not what they mean: every trap that the contract names, each closed by a test."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pulp
import pytest

import finopt
from finopt.case.case import Case
from finopt.finance import Array
from finopt.solve import pulp_solver as gateway
from finopt.solve.highs import HighsSolver
from finopt.solve.lexicographic import around
from finopt.solve.linear_program import LinearProgram
from finopt.solve.pulp_solver import PulpSolver, UnknownSolver
from finopt.solve.status import Answer, Status
from tests.random_cases import make_case

pytestmark = pytest.mark.smoke

BOTH = ("highs", "cbc")
UNIT = 1 / 11
"""What a unit of equity at 21% costs more than one of a grant at 10%, drawn a year before the horizon, at 10%."""


def small(grant_limit: float = 60, **sheets: Any) -> Case:
    """100 at the end of 2030: a grant that costs nothing, then equity that costs 1/11 a unit."""
    return make_case(
        {"construction_end": dt.date(2030, 12, 31), "end_date": dt.date(2031, 12, 31), "discount_rate": 0.10},
        Sources=[
            {"source": "Grant", "party": "Ministry", "instrument": "grant", "limit": grant_limit, "rate": 0.10},
            {"source": "Equity", "party": "Fund", "instrument": "equity", "limit": 90, "rate": 0.21},
        ],
        Packages=[
            {"package": "Works", "amount": 100, "start": dt.date(2030, 1, 1), "finish": dt.date(2030, 12, 31)},
        ],
        **sheets,
    )


def program(
    cost: Sequence[float],
    rows: Sequence[Sequence[float]],
    row_lower: Sequence[float],
    row_upper: Sequence[float],
    upper: Sequence[float] | None = None,
    integer: bool = False,
) -> LinearProgram:
    """A dense program over variables from zero."""
    matrix, n = np.array(rows, dtype=float), len(cost)
    return LinearProgram(
        cost=np.array(cost, dtype=float),
        lower=np.zeros(n),
        upper=np.full(n, np.inf) if upper is None else np.array(upper, dtype=float),
        integer=np.full(n, integer),
        row_lower=np.array(row_lower, dtype=float),
        row_upper=np.array(row_upper, dtype=float),
        starts=np.arange(0, n * len(matrix) + 1, n, dtype=np.int64),
        columns=np.tile(np.arange(n, dtype=np.int64), len(matrix)),
        values=matrix.ravel(),
    )


def solver(name: str, time_limit: float | None = None) -> HighsSolver | PulpSolver:
    return HighsSolver(time_limit) if name == "highs" else PulpSolver(name, time_limit)


# ------------------------------------------------------------------ time limits


def market_split() -> LinearProgram:
    """Six equations over 60 zeros and ones, met as nearly as can be: a plan is found at once, its proof takes ages."""
    dice = random.Random(7)
    width, equations = 60, 6
    rows, halves = [], []
    for i in range(equations):
        weights = [float(dice.randrange(100)) for _ in range(width)]
        slack = [0.0] * (2 * equations)
        slack[2 * i], slack[2 * i + 1] = 1.0, -1.0
        rows.append(weights + slack)
        halves.append(float(int(sum(weights)) // 2))
    made = program([0.0] * width + [1.0] * 2 * equations, rows, halves, halves)
    binary = np.arange(width + 2 * equations) < width
    return replace(made, upper=np.where(binary, 1.0, np.inf), integer=binary)


@pytest.mark.parametrize("name", BOTH)
def test_a_time_limit_is_not_an_optimum(name: str) -> None:
    # PuLP 3 calls this "Optimal": CBC holds a plan when its time is up, and only `sol_status` tells that it is no proof
    answer = solver(name, time_limit=1.0).solve(market_split())
    assert answer.status is Status.STOPPED
    assert answer.x.size == 0


@pytest.mark.parametrize("name", BOTH)
def test_no_time_at_all_leaves_no_plan(name: str) -> None:
    with pytest.raises(finopt.NotProven, match="before proof"):
        finopt.solve(small(), solver=name, time_limit=0.0)


# ------------------------------------------------------------------ infeasible, unbounded


@pytest.mark.parametrize("name", BOTH)
def test_no_plan_after_infeasible_though_old_values_remain(name: str) -> None:
    model = finopt.build(small())
    first = finopt.solve(model, solver=name)
    assert first.by_source.to_dict() == pytest.approx({"Grant": 60, "Equity": 40})
    model.problem.addConstraint(model.variables.commit[0] + model.variables.commit[1] <= 99, "too_little")
    with pytest.raises(finopt.Infeasible):
        finopt.solve(model, solver=name)
    assert first.by_source.to_dict() == pytest.approx({"Grant": 60, "Equity": 40})


@pytest.mark.parametrize("name", BOTH)
def test_infeasible_is_told_from_unbounded(name: str) -> None:
    nowhere = program([-1, -1], [[1, -1], [1, -1]], [1, -np.inf], [np.inf, 0])
    assert solver(name).solve(nowhere).status is Status.INFEASIBLE
    endless = program([-1, -1], [[1, -1]], [0], [0])
    assert solver(name).solve(endless).status in (Status.UNBOUNDED, Status.FAILED)
    assert HighsSolver().solve(endless).status is Status.UNBOUNDED


def test_an_aim_without_end_is_unbounded() -> None:
    model = finopt.build(small(Objectives=[{"priority": 1, "aim": "maximise", "measure": "money"}]))
    x = model.problem.add_variable("free", 0.0)
    endless = replace(model, stages=(replace(model.stages[0], pairs=[(x, 1.0)]),))
    model.problem.addConstraint(x >= 1, "at_least_one")
    with pytest.raises(finopt.Unbounded, match="without end"):
        finopt.solve(endless)


def test_what_cbc_calls_infeasible_is_asked_of_highs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway, "of_pulp", lambda problem, result: Status.INFEASIBLE)
    with pytest.raises(finopt.NotProven, match="HiGHS does not"):
        finopt.solve(small(), solver="cbc")


def test_values_that_break_a_row_are_no_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = HighsSolver.solve

    def careless(self: HighsSolver, made: LinearProgram) -> Answer:
        answer = honest(self, made)
        return replace(answer, x=answer.x * 1.001)

    monkeypatch.setattr(HighsSolver, "solve", careless)
    with pytest.raises(finopt.NotProven, match="break a row"):
        finopt.solve(small())


def test_every_plan_says_how_well_its_rows_hold() -> None:
    for name in BOTH:
        proof = finopt.solve(small(), solver=name).proof
        assert proof.status == "optimal"
        assert 0 <= proof.violation < 1e-6
        assert proof.solver == name


def test_an_unknown_solver_is_named_with_those_that_are_there() -> None:
    with pytest.raises(UnknownSolver, match=r"'cqlex'.*highs"):
        finopt.solve(small(), solver="cqlex")


# ------------------------------------------------------------------ prices


def price(plan: finopt.Plan, family: str, key: str) -> float:
    rows = plan.prices[(plan.prices["family"] == family) & (plan.prices["key"] == key)]
    return float(rows["price"].iloc[0]) if len(rows) else 0.0


@pytest.mark.parametrize("name", BOTH)
def test_prices_of_a_minimum(name: str) -> None:
    # one more unit of grant replaces one of equity: 1/11 less; one more unit of cost is paid by equity: 1/11 more
    plan = finopt.solve(small(), solver=name)
    assert price(plan, "source_limit", "Grant") == pytest.approx(-UNIT)
    assert price(plan, "pay_package", "Works, 2030") == pytest.approx(UNIT)
    assert price(plan, "source_limit", "Equity") == 0.0


@pytest.mark.parametrize("name", BOTH)
def test_prices_of_a_maximum_keep_the_users_sense(name: str) -> None:
    # the most that the grant can pay is its limit of 60: one more unit of limit, one more of the measure
    aims = [{"priority": 1, "aim": "maximise", "measure": "money", "of": "source: Grant"}]
    plan = finopt.solve(small(Objectives=aims), solver=name)
    assert plan.objective == pytest.approx(60)
    assert price(plan, "source_limit", "Grant") == pytest.approx(1)
    # with room in the grant, the cost of the works holds it
    plan = finopt.solve(small(200, Objectives=aims), solver=name)
    assert plan.objective == pytest.approx(100)
    assert price(plan, "pay_package", "Works, 2030") == pytest.approx(1)


@pytest.mark.parametrize("name", BOTH)
def test_programs_with_integers_have_prices(name: str) -> None:
    """An own yes or no, added in PuLP: prices are those of the program with it fixed, not zero."""
    model = finopt.build(small())
    signed = model.problem.add_variable("signed", 0, 1, pulp.LpInteger)
    model.problem.addConstraint(model.variables.commit[0] <= 50 * signed, "grant_in_one_piece")
    plan = finopt.solve(model, solver=name)
    assert plan.by_source.to_dict() == pytest.approx({"Grant": 50, "Equity": 50})
    assert plan.cost == pytest.approx(50 * UNIT)
    assert price(plan, "pay_package", "Works, 2030") == pytest.approx(UNIT)


# ------------------------------------------------------------------ aims in order


@pytest.mark.parametrize("name", BOTH)
def test_aims_are_reached_in_order_and_hold_within_their_tolerance(name: str) -> None:
    # least grant first: equity gives its 90, the grant 10. A tenth of tolerance: the grant may give 11 to save cost
    def aims(tolerance: float) -> list[dict[str, Any]]:
        return [
            {"priority": 2, "aim": "minimise", "measure": "financing cost"},
            {"priority": 1, "aim": "minimise", "measure": "money", "of": "source: Grant", "tolerance": tolerance},
        ]

    plan = finopt.solve(small(Objectives=aims(0)), solver=name)
    assert plan.by_source.to_dict() == pytest.approx({"Grant": 10, "Equity": 90})
    assert [a.value for a in plan.aims] == pytest.approx([10, 90 * UNIT])
    plan = finopt.solve(small(Objectives=aims(0.1)), solver=name)
    assert plan.by_source.to_dict() == pytest.approx({"Grant": 11, "Equity": 89})
    assert plan.aims[1].value == pytest.approx(89 * UNIT)
    assert (plan.aims[0].best, plan.objective) == pytest.approx((10, 11))  # the best there was, and what the plan has


@pytest.mark.parametrize("name", BOTH)
def test_a_peak_within_its_tolerance_is_what_the_plan_has(name: str) -> None:
    # the fund pays what the grant may not: 45 in every plan, so the tolerance is room that nothing uses
    case = small(
        Objectives=[
            {"priority": 1, "aim": "minimise", "measure": "peak year", "of": "party: Fund", "tolerance": 0.5},
            {"priority": 2, "aim": "minimise", "measure": "financing cost"},
        ],
        Rules=[
            {"rule": "Grant at most 55", "money_from": "source: Grant", "sense": "<=", "value": 55, "measure": "amount"}
        ],
    )
    plan = finopt.solve(case, solver=name)
    assert (plan.aims[0].best, plan.aims[0].value) == pytest.approx((45, 45))
    assert plan.peak_year["Fund"] == pytest.approx(45)


@pytest.mark.parametrize("name", BOTH)
def test_a_later_aim_may_be_the_peak_of_nothing(name: str) -> None:
    aims = [
        {"priority": 1, "aim": "minimise", "measure": "financing cost"},
        {"priority": 2, "aim": "minimise", "measure": "peak debt"},  # there is no debt
    ]
    plan = finopt.solve(small(Objectives=aims), solver=name)
    assert [a.value for a in plan.aims] == pytest.approx([40 * UNIT, 0])


def test_limits_move_to_where_a_plan_stands_and_no_further() -> None:
    made = program([1.0, 0.0], [[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]], [1, 2, -np.inf], [1, np.inf, 9], upper=[5, 0])
    moved = around(made, np.array([1.5, 1.0]))
    assert moved.row_lower.tolist() == [1.5, 1, -np.inf]
    assert moved.row_upper.tolist() == [1.5, np.inf, 9]
    assert (moved.lower.tolist(), moved.upper.tolist()) == ([0, 1], [5, 1])


def test_prices_at_a_basis_of_a_program_with_more_rows_than_columns() -> None:
    solver = HighsSolver()
    solver.solve(program([2.0], [[1.0], [1.0], [1.0]], [1, 3, 0], [np.inf] * 3))
    assert solver.prices_of(np.array([5.0])) == pytest.approx([0, 5, 0])


# ------------------------------------------------------------------ names


@pytest.mark.parametrize("name", BOTH)
def test_names_that_pulp_would_fold_together_stay_apart(name: str) -> None:
    long = "A very long name of a source that goes on and on until any solver would have cut it off, number "
    names = ["A-1", "A_1", "A 1", "A.1", "Б", "Г", "e5", "[x]", "*", f"{long}1", f"{long}2", "Project account 2"]
    sources = [
        {"source": s, "party": f"P{i}", "instrument": "grant", "limit": i + 1, "rate": 0.01 * (i + 1)}
        for i, s in enumerate(names)
    ]
    total = sum(range(1, len(names) + 1))
    works = {"start": dt.date(2030, 1, 1), "finish": dt.date(2030, 12, 31), "amount": total / 3}
    packages = [{"package": p, **works} for p in ("W-1", "W_1", "W 1")]
    rules = [
        {"rule": r, "money_from": f"source: {s}", "sense": "<=", "value": 50, "measure": "amount"}
        for r, s in (("R-1", "A-1"), ("R_1", "A_1"))
    ]
    case = make_case({"construction_end": dt.date(2030, 12, 31)}, Sources=sources, Packages=packages, Rules=rules)
    plan = finopt.solve(case, solver=name)
    assert plan.by_source.to_dict() == pytest.approx({s: i + 1 for i, s in enumerate(names)})
    assert plan.draws.groupby("package")["amount"].sum().to_dict() == pytest.approx(
        dict.fromkeys(("W-1", "W_1", "W 1"), total / 3)
    )


def test_names_in_a_file_are_distinct(tmp_path: Any) -> None:
    case = small()
    twins = [case.sources[0].changed(source=s, limit=30) for s in ("A-1", "A_1")] + [case.sources[1]]
    model = finopt.build(replace(case, tables={**case.tables, "Sources": tuple(twins)}))
    path = tmp_path / "small.lp"
    model.problem.writeLP(str(path))
    variables = [v.name for v in model.problem.variables()]
    assert len(variables) == len(set(variables))
    assert path.read_text().count("pay_package") == 1


# ------------------------------------------------------------------ own constraints, digits


def test_own_constraints_in_pulp_are_kept() -> None:
    model = finopt.build(small())
    draws = [x for (s, _, _), x in model.variables.draw.items() if s == 0]
    model.problem += pulp.lpSum(draws) <= 25, "own_cap"
    plan = finopt.solve(model)
    assert plan.by_source.to_dict() == pytest.approx({"Grant": 25, "Equity": 75})


@pytest.mark.parametrize("scale", [1e-2, 1.0, 1e5])
def test_eight_digits_of_cbc_are_enough(scale: float) -> None:
    case = small().change("Packages", "*", "Amount", scale=scale / 3).change("Sources", "*", "Limit", scale=scale / 4)
    highs, cbc = finopt.solve(case), finopt.solve(case, solver="cbc")
    assert cbc.cost == pytest.approx(highs.cost, rel=1e-6)
    assert cbc.by_source.to_dict() == pytest.approx(highs.by_source.to_dict(), rel=1e-6)


def test_values_exist_only_with_an_optimum() -> None:
    nothing: Array = Answer(Status.INFEASIBLE).x
    assert nothing.size == 0
