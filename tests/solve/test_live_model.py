"""The live model follows changes of every sheet, and gives what a fresh build and solve gives."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

import finopt
from finopt.case.case import Case
from finopt.case.change import Change
from finopt.errors import CaseError
from finopt.solve.highs import RESTARTS, HighsSolver, unpacked
from finopt.solve.live_model import LiveModel, State
from finopt.solve.status import Status
from finopt.study.simulation.eliminate_columns import Reduced, Rows, reduce
from finopt.study.simulation.merge_packages import condense
from tests.oracle import Terms
from tests.random_cases import make_case, random_case
from tests.slow import split

NEXT = dt.date(2030, 9, 1)


def any_of(case: Case, sheet: str, dice: random.Random) -> str:
    return dice.choice(case.tables[sheet]).key if case.tables.get(sheet) else ""


def project(case: Case, dice: random.Random) -> list[Change]:
    items: list[tuple[str, list[Any]]] = [
        ("Discount rate", [0.0, 0.05, 0.11]),
        ("Deposit rate", [0.0, 0.005, 0.01]),
        ("Escalation", [0.0, 0.02, 0.05]),
        ("Price date", [dt.date(2028, 4, 1), dt.date(2030, 1, 1)]),
        ("Minimum cash", [0.0, 0.5]),
        ("Maximum cash", [800, 2000]),
        ("Flow timing", ["start", "middle", "end"]),
    ]
    item, values = dice.choice(items)
    return [Change("Project", item, "Value", dice.choice(values))]


def sources(case: Case, dice: random.Random) -> list[Change]:
    source = dice.choice([s for s in case.sources if s.source != "Last resort"])
    columns: list[tuple[str, list[Any]]] = [
        ("Limit", [10, 60, 300]),
        ("Limit per year", [15, 90, None]),
        ("Limit per period", [8, 70]),
        ("Headroom", [0.0, 0.2]),
        ("Upfront fee", [0.0, 0.03]),
        ("Commitment fee", [0.0, 0.02]),
        ("Draw fee", [0.0, 0.02]),
        ("From", [NEXT, None]),
        ("To", [dt.date(2031, 6, 30), None]),
        ("Party", ["North", "South"]),
    ]
    if source.curve is None:
        columns.append(("Rate", [0.015, 0.04, 0.08]))
    else:
        columns.append(("Margin", [0.01, 0.03]))
    if source.is_debt:
        columns += [("Guarantee fee", [0.0, 0.01]), ("Repaid by", ["project", "North", "Fund"])]
        if source.instrument != "credit line" and source.repayment != "table":
            columns.append(("Repayment", ["equal", "annuity", "bullet", "sculpted"]))
            columns.append(("Interest in grace", ["paid", "capitalised"]))
    column, values = dice.choice(columns)
    return [Change("Sources", source.source, column, dice.choice(values))]


def older(case: Case, dice: random.Random) -> list[Change]:
    """What a project that is older than the workbook owes, has drawn, and has in its account."""
    source = dice.choice([s for s in case.sources if s.source != "Last resort"])
    column, values = dice.choice([("Opening balance", [2.0, 4.0, 5.0]), ("Drawn before", [0.0, 3.0, 6.0])])
    cash = Change("Project", "Opening cash", "Value", dice.choice([0.0, 5.0, 12.0]))
    return [dice.choice([cash, Change("Sources", source.source, column, dice.choice(values))])]


def packages(case: Case, dice: random.Random) -> list[Change]:
    moves: list[tuple[str, dict[str, Any]]] = [
        ("Amount", {"scale": dice.uniform(0.6, 1.6)}),
        ("Amount", {"add": 7.0}),
        ("Contingency", {"value": 0.25}),
        ("Escalation", {"value": 0.04}),
        ("Profile", {"value": dice.choice(["uniform", "front", "beta(3,2)"])}),
        ("Finish", {"value": case.project.construction_end}),
        ("Location", {"value": "East"}),
    ]
    column, what = dice.choice(moves)
    return [Change("Packages", dice.choice([any_of(case, "Packages", dice), "*"]), column, **what)]


def rules(case: Case, dice: random.Random) -> list[Change]:
    name = any_of(case, "Rules", dice)
    value: list[tuple[str, list[Any]]] = [
        ("Value", [0.0, 0.3, 0.9]), ("Sense", ["<=", ">="]), ("When", ["total", "year", "cumulative"]),
        ("Money from", ["party: South", "instrument: loan", "source: Last resort"]), ("Measure", ["share", "amount"]),
    ]  # fmt: skip
    column, values = dice.choice(value)
    return [Change("Rules", name, column, dice.choice(values))]


def series(sheet: str, values: Sequence[float] = (), factor: tuple[float, float] = (0.7, 1.5)) -> Any:
    def change(case: Case, dice: random.Random) -> list[Change]:
        row = any_of(case, sheet, dice)
        if values:
            return [Change(sheet, row, "*", dice.choice(values))]
        return [Change(sheet, row, "*", scale=dice.uniform(*factor))]

    return change


def one(sheet: str, column: str, *values: Any) -> Any:
    return lambda case, dice: [Change(sheet, any_of(case, sheet, dice), column, dice.choice(values))]


def eligibility(case: Case, dice: random.Random) -> list[Change]:
    source = dice.choice([s.source for s in case.sources if s.source != "Last resort"])
    return [Change("Eligibility", any_of(case, "Eligibility", dice), source, dice.choice(["yes", "no", 0.2, 0.4]))]


CHANGES: dict[str, Callable[[Case, random.Random], list[Change]]] = {
    "Project": project,
    "Parties": one("Parties", "Total budget", 20, 120, 900),
    "Party shares": one("Parties", "Maximum share", 0.3, 0.8),
    "Budgets": series("Budgets"),
    "Sources": sources,
    "Older": older,
    "Packages": packages,
    "Eligibility": eligibility,
    "Gates": one("Gates", "Open", "yes", "no"),
    "Gate dates": one("Gates", "From", NEXT, dt.date(2031, 2, 1)),
    "Rules": rules,
    "Revenue": series("Revenue", factor=(0.5, 2.0)),
    "Covenants": lambda case, dice: [Change("Covenants", "*", "Limit", scale=dice.choice([0.7, 0.9]))],
    "Curves": series("Curves"),
    "FX": series("FX"),
    "Repayments": lambda case, dice: [Change("Repayments", "*", str(case.calendar.years[-1]), 0.6)],
    "Costs": series("Costs"),
    "Objectives": one("Objectives", "Measure", "financing cost", "interest and fees", "peak debt", "money"),
}
"""One change of a random cell of each sheet."""


def with_more(case: Case, dice: random.Random) -> Case:
    """A random case with the sheets that random cases leave out."""
    label = case.calendar.labels[1]
    costs = make_case({}, Sources=[], Packages=[], Parties=[],
                      Costs=[{"package": case.packages[0].package, "values": {label: 40.0}}])  # fmt: skip
    aims = make_case({}, Sources=[], Packages=[], Parties=[],
                     Objectives=[{"priority": 1, "aim": "minimise", "measure": "financing cost"}])  # fmt: skip
    more = {"Objectives": aims.tables["Objectives"]}
    if dice.random() < 0.5:
        more["Costs"] = costs.tables["Costs"]
    return Case({**case.tables, **more})


def walk(sheet: str, seed: int) -> Iterator[Case]:
    """Cases on a walk through changes of one sheet, mixed with changes of amounts."""
    dice = random.Random(f"{sheet} {seed}")
    case = with_more(random_case(seed), dice)
    yield case
    for _ in range(4):
        changes = CHANGES[sheet](case, dice)
        if dice.random() < 0.3:
            changes = [*changes, Change("Packages", "*", "Amount", scale=dice.uniform(0.8, 1.25))]
        try:
            case = case.changed(changes)
        except CaseError:  # this case has no such row, or the value does not fit the other terms
            continue
        yield case


def outcome(solve: Callable[[], finopt.Plan]) -> float | None:
    try:
        return solve().objective
    except finopt.Infeasible:
        return None


def size_of(case: Case) -> float:
    return max(1.0, sum(map(sum, Terms(case).cost)))


@pytest.mark.parametrize("seed", split(range(5), 2))
@pytest.mark.parametrize("sheet", CHANGES)
def test_a_moved_model_gives_what_a_fresh_one_gives(sheet: str, seed: int) -> None:
    live: LiveModel | None = None
    for case in walk(sheet, seed):
        live = LiveModel(case) if live is None else live
        fresh = outcome(lambda case=case: finopt.solve(finopt.build(case)))  # type: ignore[misc]
        moved = outcome(lambda case=case, live=live: live.solve(case))  # type: ignore[misc]
        assert (fresh is None) == (moved is None), case.changes
        if fresh is not None and moved is not None:
            assert moved == pytest.approx(fresh, rel=1e-7, abs=1e-7 * size_of(case)), case.changes


@pytest.mark.parametrize("sheet", CHANGES)
def test_every_kind_of_change_is_made_by_some_walk(sheet: str) -> None:
    assert sum(len(list(walk(sheet, seed))) - 1 for seed in range(5)) > 2


def postponed(tenor: float, **more: Any) -> Case:
    """Works of 100 under a loan at 2%, repaid freely within its tenor, discounted at 9%: the later, the cheaper."""
    loan = {"source": "Loan", "party": "A", "instrument": "loan", "limit": 100, "rate": 0.02, "grace": 2,
            "tenor": tenor, "repayment": "sculpted", "repaid_by": "B"}  # fmt: skip
    return make_case(
        {"end_date": dt.date(2035, 12, 31), "discount_rate": 0.09, "flow_timing": "start"},
        Parties=[{"party": "A"}, {"party": "B"}],
        Sources=[loan, {"source": "Fund", "party": "B", "instrument": "equity", "limit": 300, "rate": 0.13}],
        Packages=[{"package": "W", "amount": 100, "start": dt.date(2030, 1, 1), "finish": dt.date(2031, 12, 31)}],
        **more,
    )


HALF = {"rule": "Half", "money_from": "source: Fund", "sense": ">=", "measure": "share", "value": 0.5}


@pytest.mark.parametrize(
    ("case", "other"),
    [
        pytest.param(postponed(5), postponed(5, Rules=[HALF]), id="the first rule"),
        pytest.param(postponed(12), postponed(5), id="the first debt that ends within the horizon"),
        pytest.param(postponed(5), postponed(12), id="and the last one that does"),
    ],
)
def test_a_family_gets_its_first_row_from_a_change(case: Case, other: Case) -> None:
    assert cost_of(other) != pytest.approx(cost_of(case), rel=1e-3)
    live = LiveModel(case)
    assert live.plan().cost == pytest.approx(cost_of(case), rel=1e-9)
    assert live.solve(other).cost == pytest.approx(cost_of(other), rel=1e-9)


# ------------------------------------------------------------------ merged packages, bases, coefficients one by one


def merging_case(**more: Any) -> Case:
    """Four packages, of which the first two and the last two can be paid by the same sources."""
    west = [{"package": f"West {i}", "amount": 40 + i, "start": dt.date(2030, 1 + 6 * i, 1), "location": "West",
             "finish": dt.date(2031, 6, 30)} for i in range(2)]  # fmt: skip
    east = [{"package": f"East {i}", "amount": 70 - i, "location": "East", "start": dt.date(2030, 1, 1),
             "finish": dt.date(2031, 12 - i, 30)} for i in range(2)]  # fmt: skip
    loan = {"instrument": "loan", "grace": 2, "tenor": 6, "repayment": "equal", "repaid_by": "A", "rate": 0.05}
    equity = {"instrument": "equity", "limit": 500, "rate": 0.12}
    return make_case(
        {"end_date": dt.date(2036, 12, 31), "period": "half-year"},
        Packages=[*west, *east],
        Sources=[
            {"source": "Loan", "party": "A", "limit": 60, **loan},
            {"source": "Line", "party": "B", **loan, "limit": 30, "rate": 0.06},
            {"source": "Fund", "party": "C", **equity},
        ],
        Eligibility=[
            *({"package": p["package"], "values": {"Loan": "yes", "Fund": "yes"}} for p in west),
            *({"package": p["package"], "values": {"Line": "yes", "Fund": "yes"}} for p in east),
        ],
        **more,
    )


def cost_of(case: Case) -> float:
    return finopt.solve(case).cost


def test_packages_that_no_row_tells_apart_are_merged_at_the_same_cost() -> None:
    case = merging_case()
    merged = condense(State.of(case, unfunded=True))
    whole = HighsSolver().solve(merged.whole)
    small = HighsSolver().solve(merged.program)
    assert merged.program.cost @ small.x == pytest.approx(cost_of(case), rel=1e-9)
    assert merged.whole.cost @ whole.x == pytest.approx(cost_of(case), rel=1e-9)
    draws = 5 * 2 + 8 * 2  # West pays in 3 and 2 half-years, East in 4 each, from two sources
    left = 3 * 2 + 4 * 2
    spent, unfunded = 4 * 2 - 2 * 2, (3 + 2 + 4 + 4) - (3 + 4)
    assert len(merged.whole.cost) - len(merged.program.cost) == draws - left + spent + unfunded


def test_a_rule_on_one_package_keeps_it_apart() -> None:
    rule = {"rule": "Fund pays a half of West 0", "money_from": "source: Fund", "spent_on": "package: West 0",
            "sense": ">=", "measure": "share", "value": 0.5, "of_spent_on": "package: West 0"}  # fmt: skip
    free, bound = condense(State.of(merging_case(), True)), condense(State.of(merging_case(Rules=[rule]), True))
    assert len(bound.program.cost) > len(free.program.cost)
    small = HighsSolver().solve(bound.program)
    assert bound.program.cost @ small.x == pytest.approx(cost_of(merging_case(Rules=[rule])), rel=1e-9)


def test_a_coefficient_that_tells_packages_apart_is_noticed() -> None:
    merged = condense(State.of(merging_case(), True))
    values = merged.whole.values.copy()
    assert merged.holds(values)
    column = int(np.flatnonzero(merged.kept[merged.columns] != np.arange(len(merged.columns)))[0])
    values[np.flatnonzero(merged.whole.columns == column)[0]] *= 1.01
    assert not merged.holds(values)


@pytest.mark.parametrize("seed", range(12))
def test_random_cases_cost_the_same_merged(seed: int) -> None:
    case = random_case(seed)
    merged = condense(State.of(case, unfunded=True))
    answer = HighsSolver(options=RESTARTS).solve(merged.program)
    assert answer.status is Status.OPTIMAL
    assert merged.program.cost @ answer.x == pytest.approx(cost_of(case), rel=1e-7, abs=1e-7 * size_of(case))


def test_a_packed_basis_leads_straight_back_to_its_optimum() -> None:
    program = State.of(random_case(4), unfunded=True).program
    first, again = HighsSolver(), HighsSolver()
    best = first.solve(program)
    answer = again.solve(program, unpacked(first.packed_basis(), program))
    assert answer.x == pytest.approx(best.x, abs=1e-9)
    assert again._highs.getInfo().simplex_iteration_count == 0


def test_prices_of_the_own_cost_are_the_prices_of_the_optimum() -> None:
    program = State.of(random_case(5), unfunded=False).program
    solver = HighsSolver()
    answer = solver.solve(program)
    assert solver.prices_of(program.cost) == pytest.approx(answer.row_price, abs=1e-7)


@pytest.mark.parametrize("rate", [0.01, 0.08])
def test_coefficients_changed_one_by_one_are_those_of_a_fresh_model(rate: float) -> None:
    case = merging_case()
    live = LiveModel(case)
    live.optimum()
    dearer = case.change("Sources", "Loan", "Rate", rate)
    live.move(dearer)
    assert live.moved == {"bounds": 0, "coefficients": 1, "built": 1}
    assert live.state.program.cost @ live.optimum().x == pytest.approx(cost_of(dearer), rel=1e-9)


def test_the_gap_is_the_least_one_however_dear_the_money() -> None:
    """A loan of 50 that grows by half each year and equity of 30 at 90% are taken, whatever they cost: 20 miss."""
    case = make_case(
        {"construction_end": dt.date(2030, 12, 31), "end_date": dt.date(2040, 12, 31), "discount_rate": 0.0},
        Parties=[{"party": "A"}, {"party": "B"}],
        Sources=[
            {"source": "Loan", "party": "A", "instrument": "loan", "limit": 50, "rate": 0.5, "grace": 9, "tenor": 10,
             "repayment": "bullet", "interest_in_grace": "capitalised", "repaid_by": "B"},
            {"source": "Fund", "party": "B", "instrument": "equity", "limit": 30, "rate": 0.9},
        ],
        Packages=[{"package": "Works", "amount": 100, "start": dt.date(2030, 1, 1), "finish": dt.date(2030, 12, 31)}],
    )  # fmt: skip
    live = LiveModel(case, unfunded=True)
    assert live.best().gap == pytest.approx(20, rel=1e-9)


# ------------------------------------------------------------------ columns put in place of what they are equal to


def small(case: Case, moving: Sequence[int] = (), measures: Rows | None = None) -> Reduced:
    """A case with every column put in that can be; the coefficients ``moving`` of its merged program stay."""
    state = State.of(case, unfunded=True)
    condensed = condense(state)
    none = Rows(np.zeros(1, dtype=np.int64), np.zeros(0, dtype=np.int64), np.zeros(0))
    held = np.unique(condensed.columns[state.missing]).tolist()
    moving_rows = np.flatnonzero((condensed.program.row_lower != 0) | (condensed.program.row_upper != 0))
    return reduce(condensed, moving_rows.tolist(), np.array(moving, dtype=np.int64), measures or none, held)


@pytest.mark.parametrize("seed", split(range(30), 10))
def test_random_cases_cost_the_same_reduced(seed: int) -> None:
    case = random_case(seed)
    found = small(case)
    merged = found.condensed.program
    assert len(found.rows) < 0.8 * len(merged.row_lower)
    answer, truth = HighsSolver().solve(found.program), HighsSolver().solve(merged)
    assert found.program.cost @ answer.x == pytest.approx(merged.cost @ truth.x, rel=1e-8, abs=1e-8 * size_of(case))


@pytest.mark.parametrize("seed", range(8))
def test_measures_read_the_same_from_what_is_left(seed: int) -> None:
    """Every column of the merged program as a measure: together they solve its rows, none below zero."""
    case = random_case(seed)
    merged = small(case).condensed.program
    count = len(merged.cost)
    each = Rows(np.arange(count + 1), np.arange(count), np.ones(count))
    found = small(case, measures=each)
    x = HighsSolver().solve(found.program).x
    read = found.measures
    whole = np.array([read.values[a:b] @ x[read.columns[a:b]] for a, b in pairwise(read.starts.tolist())])
    assert merged.violation(whole) < 1e-8
    assert merged.cost @ whole == pytest.approx(found.program.cost @ x, rel=1e-9, abs=1e-8 * size_of(case))


@pytest.mark.parametrize("seed", range(8))
def test_limits_and_coefficients_move_in_what_is_left(seed: int) -> None:
    case = random_case(seed)
    dice = np.random.default_rng(seed)
    state = State.of(case, unfunded=True)
    condensed = condense(state)
    whole = condensed.whole
    rate = [i for (name, _), i in state.model.rows.items() if name == "interest"]
    entries = np.flatnonzero(np.isin(condensed.row_of, rate) & (whole.values < 0) & (whole.values > -1))
    found = small(case, condensed.entries_of(entries).tolist())
    limits = np.where(np.isfinite(whole.row_lower), whole.row_lower, whole.row_upper)
    limits = limits * dice.uniform(0.9, 1.1, len(limits))
    values = whole.values.copy()
    values[entries] *= 1.3
    moved = found.moved(limits, values)
    merged = replace(
        condensed.program,
        values=condensed.values(values),
        row_lower=np.where(np.isfinite(condensed.program.row_lower), condensed.limits(limits), -np.inf),
        row_upper=np.where(np.isfinite(condensed.program.row_upper), condensed.limits(limits), np.inf),
    )
    answer, truth = HighsSolver().solve(moved), HighsSolver().solve(merged)
    assert (answer.status, truth.status) == (Status.OPTIMAL, Status.OPTIMAL)
    assert moved.cost @ answer.x == pytest.approx(merged.cost @ truth.x, rel=1e-8, abs=1e-8 * size_of(case))
