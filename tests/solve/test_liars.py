"""Solvers that lie: whatever one says, a wrong answer never becomes a plan, nor a plan that exists "infeasible"."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import Any

import highspy
import numpy as np
import pulp
import pytest

import finopt
from finopt.case.case import Case
from finopt.model.build import Model
from finopt.solve import pulp_solver as gateway
from finopt.solve.certificate import certified
from finopt.solve.highs import HighsSolver
from finopt.solve.linear_program import LinearProgram, unit_of
from finopt.solve.live_model import LiveModel, State
from finopt.solve.pulp_solver import PulpSolver
from finopt.solve.status import Answer, Status
from tests.random_cases import make_case
from tests.slow import slow

Honest = Callable[[LinearProgram], Answer]
Lie = Callable[[LinearProgram, Answer, Honest], Answer]


def three_sources() -> Case:
    """Works of 100 and 80 over two years, paid by a grant, a loan and equity; two aims, the first with a tolerance."""
    sources = [
        {"source": "Grant", "party": "State", "instrument": "grant", "limit": 60.0, "rate": 0.01},
        {"source": "Loan", "party": "Bank", "instrument": "loan", "limit": 70.0, "rate": 0.07, "grace": 1.0,
         "tenor": 3.0, "repaid_by": "State"},
        {"source": "Equity", "party": "Fund", "instrument": "equity", "limit": 150.0, "rate": 0.12},
    ]  # fmt: skip
    days = {"start": dt.date(2030, 1, 1), "finish": dt.date(2031, 12, 31)}
    return make_case(
        {"construction_end": dt.date(2031, 12, 31), "end_date": dt.date(2033, 12, 31), "period": "year",
         "discount_rate": 0.05},
        Sources=sources,
        Packages=[{"package": "Works", "amount": 100.0, **days}, {"package": "Yard", "amount": 80.0, **days}],
        Objectives=[
            {"priority": 1, "aim": "minimise", "measure": "financing cost", "tolerance": 0.05},
            {"priority": 2, "aim": "minimise", "measure": "money", "of": "source: Loan"},
        ],
    )  # fmt: skip


def in_lots() -> Model:
    """The same with an own constraint: the grant comes in whole lots of 7."""
    model = finopt.build(three_sources())
    lots = model.problem.add_variable("lots", 0, None, pulp.LpInteger)
    model.problem.addConstraint(model.variables.commit[0] == 7 * lots, "lots")
    return model


# ------------------------------------------------------------------ lies


def _at(x: np.ndarray[Any, Any], place: int, value: float) -> np.ndarray[Any, Any]:
    changed = x.copy()
    changed[place] = value
    return changed


def _worst(program: LinearProgram, answer: Answer, honest: Honest, prices: bool) -> Answer:
    """A point that meets everything and is far from the best, with prices of the best or with its own."""
    dice = np.random.default_rng(3)
    costs = [dice.uniform(0.5, 1.5, size=len(program.cost)) - share * program.cost for share in (0, 0.2, 0.4, 0.4, 0.4)]
    points = [point for cost in costs if (point := honest(program.with_cost(cost))).status is Status.OPTIMAL]
    other = max(points, key=lambda point: float(program.cost @ point.x))
    return replace(other, noise=answer.noise) if prices else replace(answer, x=other.x)


LIES: dict[str, Lie] = {
    "a NaN": lambda p, a, h: replace(a, x=_at(a.x, 0, np.nan)),
    "all NaN": lambda p, a, h: replace(a, x=np.full_like(a.x, np.nan)),
    "infinity": lambda p, a, h: replace(a, x=_at(a.x, -1, np.inf)),
    "swapped values": lambda p, a, h: replace(a, x=a.x[::-1].copy()),
    "nothing at all": lambda p, a, h: replace(a, x=np.zeros_like(a.x)),
    "a feasible worst point": lambda p, a, h: _worst(p, a, h, prices=False),
    "a worst point with its own prices": lambda p, a, h: _worst(p, a, h, prices=True),
    "a short array": lambda p, a, h: replace(a, x=a.x[:-1]),
    "a long array": lambda p, a, h: replace(a, x=np.append(a.x, 0.0)),
    "no values": lambda p, a, h: replace(a, x=np.zeros(0)),
    "a broken row": lambda p, a, h: replace(a, x=a.x * (1 + 1e-5)),
    "a broken bound": lambda p, a, h: replace(a, x=a.x - 1e-3),
    "rounded values": lambda p, a, h: replace(a, x=np.round(a.x + 0.3)),
    "false infeasible": lambda p, a, h: Answer(Status.INFEASIBLE),
    "false unbounded": lambda p, a, h: Answer(Status.UNBOUNDED),
    "false failure": lambda p, a, h: Answer(Status.FAILED, words="trouble"),
    "wrong prices": lambda p, a, h: replace(a, row_price=np.cos(np.arange(a.row_price.size))),
    "scaled prices": lambda p, a, h: replace(a, row_price=2 * a.row_price, column_price=2 * a.column_price),
    "negated prices": lambda p, a, h: replace(a, row_price=-a.row_price, column_price=-a.column_price),
    "zero prices": lambda p, a, h: replace(a, row_price=0 * a.row_price, column_price=0 * a.column_price),
    "wrong reduced costs": lambda p, a, h: replace(a, column_price=a.column_price + 0.1),
    "prices with a NaN": lambda p, a, h: replace(a, row_price=a.row_price * np.nan),
    "infinite prices": lambda p, a, h: replace(a, row_price=a.row_price + np.inf),
    "short prices": lambda p, a, h: replace(a, row_price=a.row_price[:-1]),
    "no prices": lambda p, a, h: replace(a, row_price=np.zeros(0), column_price=np.zeros(0)),
    "all noise": lambda p, a, h: replace(a, x=_worst(p, a, h, prices=False).x, noise=np.inf),
}
"""Each lie, made from the honest answer."""


class Liar:
    """Tells a lie on some calls, counted from 1: the first, the last before the passes that break ties, or others."""

    def __init__(self, lie: Lie, calls: Callable[[int], bool]) -> None:
        self.lie, self.calls, self.count = lie, calls, 0

    def install(self, monkeypatch: pytest.MonkeyPatch, solver: type) -> None:
        honest = solver.solve
        liar = self

        def solve(self: Any, program: LinearProgram, *start: Any) -> Answer:
            liar.count += 1
            answer = honest(self, program, *start)
            if not liar.calls(liar.count) or answer.status is not Status.OPTIMAL:
                return answer
            return liar.lie(program, answer, lambda p: honest(HighsSolver() if solver is HighsSolver else self, p))

        monkeypatch.setattr(solver, "solve", solve)


WHEN: dict[str, Callable[[int], bool]] = {
    "at the first aim": lambda n: n == 1,
    "at the last aim": lambda n: n == 2,
    "at the first tie pass": lambda n: n == 3,
    "at the last tie pass": lambda n: n == 4,
    "every time": lambda n: True,
}
SOLVERS = {"highs": HighsSolver, "cbc": PulpSolver}


def same_plan(a: finopt.Plan, b: finopt.Plan) -> bool:
    """Whether two plans have the same aims and draws. (Prices at a corner may differ: each plan proves its own.)"""
    key = ["source", "package", "period"]
    gap = a.draws.set_index(key)["amount"].sub(b.draws.set_index(key)["amount"], fill_value=0.0).abs().max()
    aims = all(x.value == pytest.approx(y.value, rel=1e-6) for x, y in zip(a.aims, b.aims, strict=True))
    return bool(gap < 1e-4 and aims)


def bound_of(plan: finopt.Plan) -> float:
    """The bound of the first aim, from the tables of the certificate alone."""
    certificate, total = plan.certificate, 0.0
    for table, price in ((certificate.rows, "dual"), (certificate.columns, "reduced_cost")):
        above, below = table[table[price] > 0], table[table[price] < 0]
        total += float((above[price] * above["lower"]).sum() + (below[price] * below["upper"]).sum())
    return certificate.sign * total


@lru_cache(maxsize=1)
def honest_plan() -> finopt.Plan:
    return finopt.solve(three_sources())


FEW = [when if "tie pass" not in when else slow(when) for when in WHEN]
"""Lies about an aim; those told to the passes that break ties are slow."""


@pytest.mark.parametrize("when", FEW)
@pytest.mark.parametrize("lie", LIES)
@pytest.mark.parametrize("name", SOLVERS)
def test_no_lie_becomes_a_plan(name: str, lie: str, when: str, monkeypatch: pytest.MonkeyPatch) -> None:
    right = honest_plan()
    liar = Liar(LIES[lie], WHEN[when])
    liar.install(monkeypatch, SOLVERS[name])
    try:
        plan = finopt.solve(three_sources(), solver=name)
    except finopt.NotProven:
        return
    assert liar.count >= 4
    assert same_plan(plan, right), f"{lie} {when}"
    assert bound_of(plan) == pytest.approx(right.certificate.aims[0].primal, rel=1e-6)
    assert max(violation.figure for violation in plan.certificate.violations) < 1e-6


@pytest.mark.parametrize("lie", sorted(set(LIES) - {"no prices"}))
def test_a_highs_that_always_lies_gives_no_plan(lie: str, monkeypatch: pytest.MonkeyPatch) -> None:
    Liar(LIES[lie], WHEN["every time"]).install(monkeypatch, HighsSolver)
    with pytest.raises(finopt.NotProven):
        finopt.solve(three_sources())


def test_values_of_another_program_are_no_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer of the case before, or of the first aim ever after: old values that stay behind."""
    old: list[Answer] = []

    def stale(program: LinearProgram, answer: Answer, honest: Honest) -> Answer:
        old.append(answer)
        return old[0]

    Liar(stale, lambda n: True).install(monkeypatch, HighsSolver)
    live = LiveModel(three_sources().change("Packages", "Works", "Amount", value=70.0))
    live.optimum()
    with pytest.raises(finopt.NotProven):
        live.solve(three_sources())


# ------------------------------------------------------------------ whole numbers


WHOLE: dict[str, Lie] = {
    **{k: v for k, v in LIES.items() if "price" not in k and "reduced" not in k and "noise" not in k},
    "not whole": lambda p, a, h: h(replace(p, integer=np.zeros_like(p.integer))),
    "whole numbers, not the best": lambda p, a, h: _fewer_lots(p, h),
}


def _fewer_lots(program: LinearProgram, honest: Honest) -> Answer:
    """The best plan with three lots, where more are better."""
    return honest(replace(program, upper=np.where(program.integer, 3.0, program.upper)))


def test_lots_are_what_they_are() -> None:
    plan = finopt.solve(in_lots())
    assert plan.certificate.whole
    assert plan.by_source["Grant"] == pytest.approx(56)  # eight lots of 7 within a limit of 60


@pytest.mark.parametrize("lie", WHOLE)
@pytest.mark.parametrize("name", SOLVERS)
def test_no_lie_about_whole_numbers_becomes_a_plan(name: str, lie: str, monkeypatch: pytest.MonkeyPatch) -> None:
    honest = finopt.solve(in_lots())

    def about_lots(program: LinearProgram, answer: Answer, h: Honest) -> Answer:
        return WHOLE[lie](program, answer, h) if program.integer.any() else answer

    Liar(about_lots, lambda n: True).install(monkeypatch, SOLVERS[name])
    try:
        plan = finopt.solve(in_lots(), solver=name)
    except finopt.NotProven:
        return
    assert same_plan(plan, honest)


# ------------------------------------------------------------------ the live model and studies


@pytest.mark.parametrize("lie", LIES)
def test_no_lie_becomes_a_figure_of_a_study(lie: str, monkeypatch: pytest.MonkeyPatch) -> None:
    dearer = three_sources().change("Packages", "Works", "Amount", value=110.0)
    right = finopt.solve(dearer).aims[0].value
    Liar(LIES[lie], lambda n: n > 4).install(monkeypatch, HighsSolver)
    row = finopt.what_if(three_sources(), {"dearer": dearer}).table.iloc[-1]
    assert row["status"] in ("optimal", "not proven")
    if row["status"] == "optimal":
        assert row["financing cost"] == pytest.approx(right, rel=1e-6)


@pytest.mark.parametrize("lie", sorted(set(LIES) - {"no prices"}))
def test_a_live_model_believes_no_lie(lie: str, monkeypatch: pytest.MonkeyPatch) -> None:
    live = LiveModel(three_sources())
    Liar(LIES[lie], lambda n: True).install(monkeypatch, HighsSolver)
    for question in (live.optimum, live.reach, live.plan):
        with pytest.raises(finopt.NotProven):
            question()


@pytest.mark.parametrize("lie", sorted(set(LIES) - {"no prices"}))
def test_a_restarted_scenario_believes_no_lie(lie: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Models of simulate: unfunded cost has a price, and figures are read without a plan."""
    live = LiveModel(three_sources(), unfunded=True)
    Liar(LIES[lie], lambda n: True).install(monkeypatch, HighsSolver)
    with pytest.raises(finopt.NotProven):
        live.best()


# ------------------------------------------------------------------ solvers behind PuLP


def _tampered(values: Callable[[list[Any]], None]) -> Callable[..., Any]:
    made = gateway._pulp_solver

    def solver(name: str, options: dict[str, Any]) -> Any:
        engine = made(name, options)
        honest = engine.actualSolve

        def solve(problem: Any, **words: Any) -> Any:
            outcome = honest(problem, **words)
            values(list(problem.variables()))
            return outcome

        engine.actualSolve = solve
        return engine

    return solver


@pytest.mark.parametrize("value", [None, float("nan"), float("inf"), -5.0, 1e9])
def test_a_value_that_pulp_brings_back_wrong_is_no_plan(value: float | None, monkeypatch: pytest.MonkeyPatch) -> None:
    def spoil(variables: list[Any]) -> None:
        variables[0].varValue = value

    monkeypatch.setattr(gateway, "_pulp_solver", _tampered(spoil))
    with pytest.raises(finopt.NotProven):
        finopt.solve(three_sources(), solver="cbc")


# ------------------------------------------------------------------ what is true stays true


@pytest.mark.parametrize("name", SOLVERS)
def test_a_case_without_a_plan_is_proven_to_have_none(name: str) -> None:
    model = finopt.build(three_sources())
    model.problem.addConstraint(pulp.lpSum(model.variables.commit) <= 179.9, "too_little")
    with pytest.raises(finopt.Infeasible):
        finopt.solve(model, solver=name)


def test_a_contradiction_of_whole_numbers_alone_is_infeasible() -> None:
    model = finopt.build(three_sources())
    lots = model.problem.add_variable("lots", 0, None, pulp.LpInteger)
    model.problem.addConstraint(2 * lots == 3, "half_a_lot")
    with pytest.raises(finopt.Infeasible):
        finopt.solve(model)


def test_a_plan_that_fails_its_own_checks_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    from finopt.solve import plan_tables as extract

    honest = extract._checks
    monkeypatch.setattr(extract, "_checks", lambda *found: {**honest(*found), "budgets kept": False})
    with pytest.raises(finopt.NotProven, match="budgets kept"):
        finopt.solve(three_sources())


def test_an_aim_is_a_measure_of_the_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    """The program and the plan's flows say the financing cost apart: where they differ, one of them is wrong."""
    from finopt.solve import plan_tables as extract

    honest = extract._measures
    monkeypatch.setattr(extract, "_measures", lambda *found: {k: 1.001 * v for k, v in honest(*found).items()})
    with pytest.raises(finopt.NotProven, match="financing cost is"):
        finopt.solve(three_sources())


# ------------------------------------------------------------------ what HiGHS refuses


@pytest.mark.parametrize(
    "method",
    ["passModel", "run", "setOptionValue", "changeColsCost", "changeColsBounds", "changeRowsBounds", "clearSolver"],
)
def test_a_refusal_of_highs_is_read(method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    solver = HighsSolver()
    program = LiveModel(three_sources()).state.program
    solver.solve(program)

    class Refusing:
        def __init__(self, highs: Any) -> None:
            self._highs = highs

        def __getattr__(self, name: str) -> Any:
            return (lambda *_: highspy.HighsStatus.kError) if name == method else getattr(self._highs, name)

    monkeypatch.setattr(solver, "_highs", Refusing(solver._highs))
    moved = replace(
        program,
        cost=program.cost * 2,
        lower=program.lower + 0.0,
        row_upper=program.row_upper * 1.5,
        row_lower=program.row_lower * 1.5,
        columns=program.columns.copy() if method == "passModel" else program.columns,
    )
    with pytest.raises(finopt.NotProven, match="HiGHS refused"):
        solver.restart_from(moved, solver.basis()) if method == "clearSolver" else solver.solve(moved)


def test_a_coefficient_that_highs_does_not_take_is_no_traceback() -> None:
    model = finopt.build(three_sources())
    model.problem.addConstraint(1e16 * model.variables.commit[0] <= 1e17, "out_of_proportion")
    with pytest.raises(finopt.NotProven, match=r"HiGHS refused the program.*1e\+16"):
        finopt.solve(model)


# ------------------------------------------------------------------ one huge figure blurs no other


def test_the_unit_follows_the_usual_amount_and_not_one_huge_figure() -> None:
    usual = np.array([10.0, 20.0, 40.0, 80.0, 100.0])
    assert unit_of(usual, usual) == 0.125 * 2  # a 500th of 100, as a power of two
    huge = np.append(usual, 1e15)
    assert unit_of(huge, huge) <= 40


def test_a_plan_beside_a_huge_figure_meets_its_own_rows() -> None:
    """An own figure of 1e15 in an exact row: the plan holds to its own sizes, or there is none."""
    model = finopt.build(three_sources())
    other = model.problem.add_variable("other", 0.0)
    model.problem.addConstraint(other == 1e15, "huge")
    plan = finopt.solve(model)
    assert same_plan(plan, honest_plan())
    paid = plan.draws.groupby("package")["amount"].sum()
    assert paid.to_dict() == pytest.approx({"Works": 100.0, "Yard": 80.0}, rel=1e-6)


def test_a_small_row_that_is_broken_shows_beside_a_huge_figure() -> None:
    model = finopt.build(three_sources())
    other = model.problem.add_variable("other", 0.0)
    model.problem.addConstraint(other == 1e15, "huge")
    live = State.on(model)
    answer = HighsSolver().solve(live.program)
    place = live.compiled[next(iter(model.variables.draw.values()))]
    off = answer.x.copy()
    off[place] += 1e-2
    with pytest.raises(finopt.NotProven, match="break a row"):
        certified(live.program, replace(answer, x=off), "highs")


# ------------------------------------------------------------------ ties


def test_a_tolerance_is_not_spent_on_ties() -> None:
    """Dear at 12%, Cheap at 8%, of 100 each; cost within 5%: 100 of Cheap cost 108 / 1.05² - 100 / 1.05 = 2.721088."""
    day = {"start": dt.date(2025, 1, 1), "finish": dt.date(2025, 12, 31)}
    sources = [
        {"source": name, "party": name, "instrument": "equity", "limit": 100.0, "rate": rate}
        for name, rate in (("Dear", 0.12), ("Cheap", 0.08))
    ]
    case = make_case(
        {"start_date": dt.date(2025, 1, 1), "construction_end": dt.date(2025, 12, 31),
         "end_date": dt.date(2026, 12, 31), "period": "year", "discount_rate": 0.05},
        Sources=sources,
        Packages=[{"package": "V", "amount": 100.0, **day}],
        Objectives=[{"priority": 1, "aim": "minimise", "measure": "financing cost", "tolerance": 0.05}],
    )  # fmt: skip
    for name in SOLVERS:
        plan = finopt.solve(case, solver=name)
        assert plan.by_source.to_dict() == pytest.approx({"Dear": 0.0, "Cheap": 100.0}, abs=1e-6)
        assert plan.objective == pytest.approx(108 / 1.05**2 - 100 / 1.05, abs=1e-6)


CLOSED: dict[str, dict[str, Any]] = {
    "a limit of nothing": {"limit": 0.0},
    "a window after the works": {"limit": 500.0, "from_": dt.date(2033, 1, 1), "to": dt.date(2033, 12, 31)},
}


@pytest.mark.parametrize("place", [0, 1, 3])
@pytest.mark.parametrize("closed", CLOSED)
def test_a_source_that_can_never_pay_changes_nothing(closed: str, place: int) -> None:
    case = three_sources()
    idle = {"source": "Idle", "party": "Fund", "instrument": "equity", "rate": 0.12, **CLOSED[closed]}
    rows = list(case.sources)
    rows.insert(place, type(rows[0]).model_validate(idle))
    plan = finopt.solve(replace(case, tables={**case.tables, "Sources": tuple(rows)}))
    pays = ["source", "package", "period"]
    first, second = (p.draws.set_index(pays)["amount"].sort_index() for p in (honest_plan(), plan))
    assert second.index.equals(first.index)
    assert second.to_numpy() == pytest.approx(first.to_numpy(), abs=1e-9)


def test_sources_listed_first_pay_packages_and_periods_that_come_first() -> None:
    """Two sources at one price, two packages over two years, four payments of 50.

    By hand, 2 - q is 3/2, 5/4, 5/4 and 1. A, whose weights are half of B's, takes the first, and of the two at 5/4 the
    one where it saves more: h is frac(0.618 n), n = 2, 3 of A and 6, 7 of B, so 2 · 1.00708 - 1.00236 for the first
    package's second year against 2 · 1.00326 - 1.00854 for the second package's first. So A pays all of the first.
    """
    days = {"start": dt.date(2030, 1, 1), "finish": dt.date(2031, 12, 31)}
    case = make_case(
        {"construction_end": dt.date(2031, 12, 31), "end_date": dt.date(2031, 12, 31), "period": "year"},
        Sources=[{"source": s, "party": s, "instrument": "grant", "limit": 100.0, "rate": 0.0} for s in ("A", "B")],
        Packages=[{"package": w, "amount": 100.0, **days} for w in ("First", "Second")],
    )
    for name in SOLVERS:
        paid = finopt.solve(case, solver=name).draws.groupby(["source", "package"])["amount"].sum()
        assert paid.to_dict() == pytest.approx({("A", "First"): 100.0, ("B", "Second"): 100.0}, rel=1e-6)
