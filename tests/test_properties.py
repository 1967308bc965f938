"""What must hold for every case: random cases, feasible by construction, against the oracle and against themselves."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import finopt
from finopt.case.case import Case
from finopt.case.row import Row
from finopt.case.sheets import Objective
from finopt.solve.live_model import LiveModel
from tests.oracle import Outcome, Terms, decisions_of, differences, optimum, rows_of, violations
from tests.random_cases import random_case
from tests.slow import split

pytestmark = pytest.mark.smoke

DEFAULT = Path(__file__).parent.parent / "inputs" / "bering_tunnel.xlsx"
SEEDS = split(range(40), 8)


@cache
def case_of(seed: int) -> Case:
    return random_case(seed)


@cache
def plan_of(seed: int) -> finopt.Plan:
    return finopt.solve(case_of(seed))


@cache
def size_of(seed: int) -> float:
    """Cost of all packages, at least 1: what differences are held against, for a financing cost may be near zero."""
    return max(1.0, sum(map(sum, Terms(case_of(seed)).cost)))


def same_cost(a: float, b: float, seed: int) -> bool:
    return abs(a - b) <= 1e-6 * max(abs(a), abs(b), 1e-2 * size_of(seed))


# ------------------------------------------------------------------ against the second reading of the contract


@pytest.mark.parametrize("seed", SEEDS)
def test_every_figure_of_a_plan_is_what_the_contract_gives(seed: int) -> None:
    plan = plan_of(seed)
    assert differences(plan) == []
    assert violations(Outcome(Terms(plan.case), decisions_of(plan))) == []
    assert all(plan.checks.values())


@pytest.mark.parametrize("seed", split(range(150), 30))
def test_no_other_decisions_cost_less(seed: int) -> None:
    best = optimum(case_of(seed))
    assert best is not None
    assert same_cost(plan_of(seed).cost, best, seed)


AIMS = (
    ("minimise", "interest and fees", "all"),
    ("minimise", "interest and fees", "party: South"),
    ("maximise", "money", "party: North"),
    ("minimise", "money", "instrument: equity; location: West"),
    ("minimise", "peak year", "all"),
    ("minimise", "peak year", "party: North"),
    ("minimise", "peak debt", "all"),
    ("maximise", "closing cash", "all"),
)


@pytest.mark.parametrize("seed", split(range(12), 2))
@pytest.mark.parametrize(("aim", "measure", "of"), AIMS, ids=[f"{m} of {o}" for _, m, o in AIMS])
def test_every_aim_reaches_what_the_contract_allows(seed: int, aim: str, measure: str, of: str) -> None:
    first = Objective.model_validate({"priority": 1, "aim": aim, "measure": measure, "of": of})
    then = Objective(priority=2, aim="minimise", measure="financing cost")
    case = replace(case_of(seed), tables={**case_of(seed).tables, "Objectives": (first, then)})
    plan = finopt.solve(case)
    best = optimum(case, measure, of, 1.0 if aim == "minimise" else -1.0)
    assert best is not None
    assert same_cost(plan.objective, best, seed)
    assert differences(plan) == []
    assert plan.cost >= plan_of(seed).cost - 1e-6 * size_of(seed)


def test_the_default_case_is_what_the_contract_gives() -> None:
    plan = finopt.solve(finopt.read_case(DEFAULT))
    assert differences(plan) == []
    assert violations(Outcome(Terms(plan.case), decisions_of(plan))) == []


# ------------------------------------------------------------------ against another solver


def schedule_gap(a: finopt.Plan, b: finopt.Plan) -> float:
    """The largest difference of two schedules, over all money drawn."""
    key = ["source", "package", "period"]
    gap = a.draws.set_index(key)["amount"].sub(b.draws.set_index(key)["amount"], fill_value=0.0).abs().max()
    return float(gap / a.draws["amount"].sum())


@pytest.mark.parametrize("seed", split(range(60), 12))
def test_cbc_finds_the_same_cost_and_the_same_schedule(seed: int) -> None:
    other = finopt.solve(case_of(seed), solver="cbc")
    assert same_cost(plan_of(seed).cost, other.cost, seed)
    assert schedule_gap(plan_of(seed), other) < 1e-4
    size = size_of(seed)
    for table in ("debt", "accounts", "proceeds"):
        numbers = getattr(plan_of(seed), table).select_dtypes("number")
        assert (numbers - getattr(other, table).select_dtypes("number")).abs().max(
            axis=None
        ) / size < 1e-4 or numbers.empty


def test_cbc_finds_the_same_cost_and_schedule_of_the_default_case() -> None:
    case = finopt.read_case(DEFAULT)
    highs, cbc = finopt.solve(case), finopt.solve(case, solver="cbc")
    assert cbc.cost == pytest.approx(highs.cost, rel=1e-6)
    assert schedule_gap(highs, cbc) < 1e-4


IN_ORDER: tuple[tuple[tuple[str, str], ...], ...] = (
    (("interest and fees", "instrument: equity"), ("peak debt", "all"), ("money", "all")),
    (("interest and fees", "party: South"), ("closing cash", "all"), ("financing cost", "all"), ("peak year", "all")),
    (("financing cost", "all"), ("interest and fees", "all"), ("peak year", "party: North")),
    (("money", "all"), ("peak year", "party: North"), ("financing cost", "all"), ("money", "party: South")),
    (("interest and fees", "all"), ("financing cost", "all"), ("financing cost", "all"), ("peak debt", "all")),
)
"""Aims in order: measure and selection; all but cost and cash may be worsened by 1%."""


@pytest.mark.parametrize(
    ("seed", "aims"), split([(1379, 0), (694, 3), (735, 4), (1090, 1), *((seed, seed % 3) for seed in range(18))], 7)
)
def test_cbc_reaches_the_same_aims_in_order(seed: int, aims: int) -> None:
    """Seeds 1379, 694 and 735: presolve takes a face for empty. Seed 1090: rounding is a debt without equity."""
    rows = [
        Objective.model_validate(
            {"priority": i + 1, "aim": "maximise" if measure == "closing cash" else "minimise", "measure": measure,
             "of": of, "tolerance": 0.0 if measure in ("closing cash", "financing cost") else 0.01}
        )
        for i, (measure, of) in enumerate(IN_ORDER[aims])
    ]  # fmt: skip
    case = Case({**case_of(seed).tables, "Objectives": tuple(rows)})
    highs, cbc = finopt.solve(case), finopt.solve(case, solver="cbc")
    for ours, theirs in zip(highs.aims, cbc.aims, strict=True):
        assert ours.value == pytest.approx(theirs.value, rel=1e-6, abs=1e-6 * size_of(seed))
    assert schedule_gap(highs, cbc) < 1e-4
    assert all(highs.checks.values())
    assert all(cbc.checks.values())


# ------------------------------------------------------------------ against itself


@pytest.mark.parametrize("seed", SEEDS)
def test_uses_equal_sources_in_every_period(seed: int) -> None:
    """Money drawn, with capitalised interest, bond money at rest and the account's own, pays what falls due."""
    plan, terms = plan_of(seed), Terms(case_of(seed))
    drawn = plan.draws.groupby("period")["amount"].sum()
    for t, row in enumerate(rows_of(plan.cash)):
        packages = sum(cost[t] for cost in terms.cost)
        sources = drawn.get(row.period, 0.0)
        uses = packages + row.financing_draws + row.refinancing_draws
        assert sources == pytest.approx(uses, abs=1e-6 * size_of(seed))
        came = row.opening + row.deposit_interest + row.cfads + row.financing_draws + row.refinancing_draws
        went = row.packages + row.interest + row.fees + row.principal + row.reserve_additions + row.payouts
        assert came - went == pytest.approx(row.closing, abs=1e-6 * size_of(seed))


MONEY = {
    "Project": ("minimum_cash", "maximum_cash", "opening_cash"),
    "Parties": ("total_budget",),
    "Sources": ("limit", "limit_per_year", "limit_per_period", "opening_balance", "drawn_before"),
    "Packages": ("amount",),
}


def scaled(row: Row, factor: float) -> Row:
    """A row with its money multiplied, and nothing else."""
    update: dict[str, Any] = {}
    for name in MONEY.get(row.SHEET, ()):
        if getattr(row, name) is not None:
            update[name] = getattr(row, name) * factor
    if row.SHEET in ("Budgets", "Costs", "Revenue"):
        update["values"] = {label: value * factor for label, value in getattr(row, "values", {}).items()}
    if row.SHEET == "Rules" and getattr(row, "measure", "") == "amount":
        update["value"] = getattr(row, "value", 0.0) * factor
    if row.SHEET == "Covenants" and getattr(row, "covenant", "") == "debt":
        update["limit"] = getattr(row, "limit", 0.0) * factor
    return row.changed(**update) if update else row


def remade(case: Case, change: Callable[[Row], Row]) -> Case:
    return replace(case, tables={name: tuple(change(row) for row in rows) for name, rows in case.tables.items()})


@pytest.mark.parametrize("seed", SEEDS)
def test_ten_times_the_money_costs_ten_times_as_much(seed: int) -> None:
    big = finopt.solve(remade(case_of(seed), lambda row: scaled(row, 10)))
    assert same_cost(big.cost / 10, plan_of(seed).cost, seed)
    assert schedule_gap(big, finopt.solve(remade(case_of(seed), lambda row: scaled(row, 10)))) == 0
    tenth = big.draws.assign(amount=big.draws["amount"] / 10)
    assert schedule_gap(plan_of(seed), replace(big, draws=tenth)) < 1e-6


LOOSER: tuple[tuple[str, str, float], ...] = (
    ("Sources", "limit", 1.2),
    ("Sources", "limit_per_year", 1.5),
    ("Sources", "limit_per_period", 1.5),
    ("Parties", "total_budget", 1.2),
    ("Parties", "maximum_share", 1.3),
    ("Budgets", "values", 1.3),
    ("Covenants", "limit", 0.0),
)


@pytest.mark.parametrize("seed", split(range(40), 4))
@pytest.mark.parametrize(("sheet", "name", "factor"), LOOSER, ids=[f"{s} {n}" for s, n, _ in LOOSER])
def test_a_looser_limit_never_costs_more(seed: int, sheet: str, name: str, factor: float) -> None:
    def loosen(row: Row) -> Row:
        value = getattr(row, name, None) if sheet == row.SHEET else None
        if value is None:
            return row
        if isinstance(value, dict):
            return row.changed(**{name: {label: v * factor for label, v in value.items()}})
        if sheet == "Covenants":  # ratios are floors, the others caps
            kind = getattr(row, "covenant", "")
            loose = {"DSCR": 0.8, "LLCR": 0.8, "reserve months": 0.8}.get(kind, 1.2)
            return row.changed(limit=min(1.0, value * loose) if kind == "gearing" else value * loose)
        return row.changed(**{name: min(1.0, value * factor) if name == "maximum_share" else value * factor})

    looser = remade(case_of(seed), loosen)
    if looser.tables == case_of(seed).tables:
        assert not any(getattr(row, name, None) for row in case_of(seed).tables.get(sheet, ()))
        return
    cost = finopt.solve(looser).cost
    assert cost <= plan_of(seed).cost + 1e-6 * size_of(seed)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_order_of_rows_changes_nothing_in_the_cost(seed: int) -> None:
    dice = random.Random(seed)
    tables = {name: tuple(dice.sample(rows, len(rows))) for name, rows in case_of(seed).tables.items()}
    assert same_cost(finopt.solve(replace(case_of(seed), tables=tables)).cost, plan_of(seed).cost, seed)


PRICED = {
    "source_limit": ("Sources", "Limit"),
    "source_year": ("Sources", "Limit per year"),
    "source_period": ("Sources", "Limit per period"),
    "party_budget": ("Parties", "Total budget"),
}


@pytest.mark.parametrize("seed", split(range(25), 5))
def test_a_price_times_a_small_step_is_the_change_in_cost(seed: int) -> None:
    """Cost is convex in a limit, so its price lies between the slopes on both sides of it, and is both where it bends
    nowhere. A limit by year or period stands in many rows, whose prices add up."""
    plan, step = plan_of(seed), 1e-3
    prices = plan.prices[plan.prices["family"].isin(PRICED)]
    prices = prices[(prices["family"] != "party_budget") | prices["key"].str.endswith(", total")]
    owner = prices["key"].str.rsplit(", ", n=1).str[0].where(prices["family"] != "source_limit", prices["key"])
    sums: Any = prices["price"].groupby([prices["family"], owner]).sum()
    for (family, row), price in sums.items():
        sheet, title = PRICED[family]
        more = finopt.solve(plan.case.change(sheet, row, title, add=step)).cost
        less = finopt.solve(plan.case.change(sheet, row, title, add=-step)).cost
        slope_up, slope_down = (more - plan.cost) / step, (plan.cost - less) / step
        assert slope_down - 1e-4 <= price <= slope_up + 1e-4
        assert price <= 1e-9


def test_prices_are_met_often_enough_to_be_proven() -> None:
    found = {family for seed in range(25) for family in plan_of(seed).prices.query("abs(price) > 1e-6")["family"]}
    assert found >= set(PRICED)


# ------------------------------------------------------------------ change, then solve


def stirred(case: Case, dice: random.Random) -> Case:
    """The case with one thing changed at random: money, rates, dates of a window, a gate."""
    source = dice.choice([s for s in case.sources if s.source != "Last resort"])
    package = dice.choice(case.packages)
    moves: list[Callable[[], Case]] = [
        lambda: case.change("Packages", "*", "Amount", scale=dice.uniform(0.8, 1.4)),
        lambda: case.change("Packages", package.package, "Amount", add=5),
        lambda: case.change("Packages", package.package, "Profile", "back"),
        lambda: case.change("Packages", package.package, "Contingency", 0.2),
        lambda: case.change("Sources", source.source, "Limit", scale=dice.uniform(0.5, 1.5)),
        lambda: case.change("Sources", source.source, "Upfront fee", dice.choice([0.0, 0.03])),
        lambda: case.change("Sources", source.source, "Headroom", dice.choice([0.0, 0.2])),
        lambda: case.change("Sources", source.source, "To", case.calendar[1].last),
        lambda: case.change("Project", "Discount rate", "Value", dice.choice([0.04, 0.08])),
        lambda: case.change("Project", "Deposit rate", "Value", dice.choice([0.0, 0.015])),
        lambda: case.change("FX", "EUR", "*", scale=1.1),
        lambda: case.change("Curves", "Base", "*", add=0.005),
        lambda: case.change("Gates", "Shut", "Open", dice.choice(["yes", "no"])),
        lambda: case.change("Parties", "South", "Total budget", dice.choice([30, 300])),
    ]
    if source.curve is None:
        moves.append(lambda: case.change("Sources", source.source, "Rate", dice.choice([0.02, 0.06, 0.09])))
    if case.revenue:
        moves.append(lambda: case.change("Revenue", "Tolls", "*", scale=dice.uniform(0.9, 1.5)))
    return dice.choice(moves)()


@pytest.mark.parametrize("seed", split(range(20), 3))
def test_a_live_model_that_follows_changes_gives_what_a_fresh_one_gives(seed: int) -> None:
    dice, case = random.Random(seed), case_of(seed)
    live = LiveModel(case)
    for _ in range(8):
        case = stirred(case, dice)
        fresh = outcome_of(lambda case=case: finopt.solve(case))  # type: ignore[misc]
        moved = outcome_of(lambda case=case: live.solve(case))  # type: ignore[misc]
        assert (fresh is None) == (moved is None)
        if fresh is not None and moved is not None:
            assert moved.case is case
            assert moved.cost == pytest.approx(fresh.cost, abs=1e-6 * size_of(seed))
            assert schedule_gap(fresh, moved) < 1e-6
            assert differences(moved) == []
    assert live.moved["built"] < 9  # some of the eight were patched, not built anew


def outcome_of(solve: Callable[[], finopt.Plan]) -> finopt.Plan | None:
    try:
        return solve()
    except finopt.Infeasible:
        return None


def test_a_change_back_is_no_change() -> None:
    case = case_of(3)
    there = case.change("Packages", "*", "Amount", scale=2.0)
    back = there.change("Packages", "*", "Amount", scale=0.5)
    assert finopt.solve(back).cost == pytest.approx(plan_of(3).cost, abs=1e-9 * size_of(3))
    assert finopt.solve(there).cost != pytest.approx(plan_of(3).cost, abs=1e-3)
