"""Clashes and cheapest repairs that are known by arithmetic, and repairs of random cases solved afresh."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pulp
import pytest

import finopt
from finopt.case.case import Case
from finopt.errors import Infeasible
from finopt.model.build import Model, build
from finopt.model.limits import rows_of
from finopt.solve.highs import HighsSolver
from finopt.solve.linear_program import LinearProgram, compile_problem
from finopt.solve.status import Status
from finopt.study.infeasible.conflict import Clashes
from finopt.study.infeasible.explain import Explanation, explain
from finopt.study.infeasible.repair import Repair
from tests.random_cases import make_case, random_case

pytestmark = pytest.mark.smoke

DEARER = 0.1 / 1.08**2
"""What a unit costs more at 20% than at 10%: drawn after a year, owed after two, discounted at 8%."""
YEAR = {"start": dt.date(2030, 1, 1), "finish": dt.date(2030, 12, 31)}


def equity(name: str, limit: float, rate: float = 0.10, **more: Any) -> dict[str, Any]:
    return {"source": name, "party": name, "instrument": "equity", "limit": limit, "rate": rate, **more}


def works(amount: float = 100, name: str = "Works", **more: Any) -> dict[str, Any]:
    return {"package": name, "amount": amount, **YEAR, **more}


def by_giver(explanation: Explanation) -> Mapping[str, Repair]:
    return {" + ".join(repair.who): repair for repair in explanation.repairs}


def solved(case: Case, repair: Repair) -> float:
    return finopt.solve(repair.apply(case)).objective


def met(program: LinearProgram, limits: Sequence[int], kept: Sequence[int]) -> bool:
    """Whether a plan meets the ``kept`` ones of some rows, the others of them being left out: asked of a new solver."""
    out = np.setdiff1d(np.array(limits), np.array(kept)).astype(np.int64)
    lower, upper = program.row_lower.copy(), program.row_upper.copy()
    lower[out], upper[out] = -np.inf, np.inf
    asked = replace(program, cost=np.zeros_like(program.cost), row_lower=lower, row_upper=upper)
    return HighsSolver().solve(asked).status is Status.OPTIMAL


def assert_smallest(model: Model) -> None:
    """What makes a clash one: it cannot be met, and without any one of its rows it can."""
    program = compile_problem(model.problem).program
    limits = [*(row for row, _, _ in rows_of(model)), *range(len(model.rows), len(program.row_lower))]
    clashes = list(Clashes(model, program).all())
    assert clashes
    for rows in clashes:
        assert not met(program, limits, rows)
        assert all(met(program, limits, [other for other in rows if other != row]) for row in rows)


def test_one_clash_names_the_need_and_the_limits_and_each_of_them_can_give() -> None:
    case = make_case({}, Sources=[equity("Cheap", 60), equity("Dear", 30, 0.20)], Packages=[works()])
    found = explain(case)
    assert [c.says for c in found.clashes[0].clauses] == [
        "Works needs 100 in 2030",
        "Cheap gives at most 60 (Limit)",
        "Dear gives at most 30 (Limit)",
    ]
    assert len(found.clashes) == 1
    givers = by_giver(found)
    assert set(givers) == {"Cheap's limits", "Dear's limits", "the works Works"}
    assert givers["Cheap's limits"].total == pytest.approx(10)
    assert givers["Dear's limits"].total == pytest.approx(10)
    assert givers["Dear's limits"].cost - givers["Cheap's limits"].cost == pytest.approx(10 * DEARER)
    assert givers["the works Works"].gifts[0].add == pytest.approx(-10)
    for repair in found.repairs:
        assert solved(case, repair) == pytest.approx(repair.cost)
    assert givers["Cheap's limits"].says == "Cheap's limits: 10 more of Limit"


def test_two_clashes_that_share_nothing_are_both_told_and_need_a_combined_repair() -> None:
    case = make_case(
        {},
        Sources=[equity("A", 60), equity("B", 30)],
        Packages=[works(100, "West"), works(50, "East")],
        Eligibility=[{"package": "West", "values": {"A": "yes"}}, {"package": "East", "values": {"B": "yes"}}],
    )
    found = explain(case)
    told = [{c.row for c in clash.clauses} for clash in found.clashes]
    assert sorted(told, key=sorted) == sorted([{"West", "A"}, {"East", "B"}], key=sorted)
    assert all(len(repair.who) == 2 for repair in found.repairs if "may pay" not in repair.says)
    limits = next(repair for repair in found.repairs if set(repair.who) == {"A's limits", "B's limits"})
    assert [(gift.row, gift.add) for gift in limits.gifts] == [("A", pytest.approx(40)), ("B", pytest.approx(20))]


def test_a_clash_through_a_share() -> None:
    parties = [{"party": "Capped", "maximum_share": 0.4}, {"party": "Small"}]
    case = make_case({}, Parties=parties, Sources=[equity("Capped", 500), equity("Small", 50)], Packages=[works()])
    found = explain(case)
    assert {c.says for c in found.clashes[0].clauses} == {
        "Works needs 100 in 2030", "Small gives at most 50 (Limit)", "Capped gives at most 40% of all money",
    }  # fmt: skip
    givers = by_giver(found)
    assert givers["Capped's maximum share"].changes[0].value == pytest.approx(0.5)
    assert givers["Small's limits"].total == pytest.approx(10)


def test_a_clash_through_a_covenant() -> None:
    """50 repaid out of 60 covers 1.2 times; 1.3 times would leave room for 60 / 1.3 = 46.15 only."""
    loan = {"source": "Loan", "party": "Bank", "instrument": "loan", "limit": 100, "rate": 0.0, "grace": 2, "tenor": 3}
    case = make_case(
        {"end_date": dt.date(2032, 12, 31)},
        Sources=[loan],
        Packages=[works(50)],
        Revenue=[{"line": "Tolls", "kind": "revenue", "values": {"2032": 60}}],
        Covenants=[{"covenant": "DSCR", "limit": 1.3}],
    )
    found = explain(case)
    assert {c.says for c in found.clashes[0].clauses} == {"Works needs 50 in 2030", "DSCR is 1.3 in 2032"}
    givers = by_giver(found)
    assert givers["covenant DSCR"].changes[0].value == pytest.approx(1.2)
    assert givers["covenant DSCR"].says == "covenant DSCR is 1.2 instead of 1.3"
    assert givers["the works Works"].total == pytest.approx(3.85)  # 50 - 46.1538, rounded up to the cent


def test_a_clash_with_what_the_project_cannot_pay() -> None:
    """Running costs without revenue: no source may pay them."""
    case = make_case(
        {"end_date": dt.date(2032, 12, 31)},
        Sources=[equity("A", 500)],
        Packages=[works()],
        Revenue=[{"line": "Upkeep", "kind": "cost", "values": {"2032": 7}}],
    )
    clause = explain(case).clashes[0].clauses[0]
    assert (clause.sheet, clause.says) == ("Revenue", "revenue less running costs is -7 in 2032")


def test_a_clash_through_a_window() -> None:
    case = make_case(
        {},
        Sources=[equity("A", 500, to=dt.date(2030, 12, 31))],
        Packages=[works(start=dt.date(2031, 1, 1), finish=dt.date(2031, 12, 31))],
    )
    found = explain(case)
    assert [str(c) for c in found.clashes[0].clauses] == ["Packages: Works needs 100 in 2031"]
    assert [c.says for c in found.clashes[0].shut] == ["A can be drawn in 2030 only"]
    window = by_giver(found)["A's window"]
    assert window.changes[0].value == dt.date(2031, 12, 31)
    assert finopt.solve(window.apply(case)).by_source["A"] == pytest.approx(100)


def test_a_clash_through_a_gate_opens_it_as_late_as_will_do() -> None:
    """The source is needed for 40 in the second half of 2030, when limits of the other are used up."""
    case = make_case(
        {"period": "half-year"},
        Sources=[equity("A", 60), equity("Behind", 500, gate="Licence")],
        Packages=[works()],
        Gates=[{"gate": "Licence", "open": False, "from_": dt.date(2031, 7, 1)}],
    )
    found = explain(case)
    assert [c.says for c in found.clashes[0].shut] == ["gate Licence is shut, so Behind cannot pay"]
    gate = by_giver(found)["gate Licence"]
    assert gate.says == "gate Licence opens on 2030-07-01"
    assert finopt.solve(gate.apply(case)).by_source["Behind"] == pytest.approx(40)


def test_a_clash_through_eligibility() -> None:
    case = make_case(
        {},
        Sources=[equity("A", 60), equity("B", 500)],
        Packages=[works(100)],
        Eligibility=[{"package": "Works", "values": {"A": "yes", "B": 0.3}}],
    )
    found = explain(case)
    assert "B pays at most 30% of Works" in {c.says for c in found.clashes[0].clauses}
    givers = by_giver(found)
    assert givers["what may pay Works"].gifts[0].add == pytest.approx(0.1)
    assert givers["what may pay Works"].says == "what may pay Works: 10 percentage points more of B"
    assert givers["A's limits"].total == pytest.approx(10)


def test_a_limit_in_another_currency_gives_in_that_currency() -> None:
    """20 euros at 2 and 50 of one's own fall 10 short of 100: 5 euros, or 10 of one's own."""
    case = make_case(
        {},
        FX=[{"currency": "EUR", "values": {"2030": 2.0, "2031": 2.0}}],
        Sources=[equity("A", 20, currency="EUR"), equity("B", 50)],
        Packages=[works(100)],
    )
    givers = by_giver(explain(case))
    assert givers["A's limits"].says == "A's limits: 5 EUR m more of Limit"
    assert givers["B's limits"].says == "B's limits: 10 more of Limit"


@pytest.mark.parametrize("unit", [1e-6, 1.0, 1e9])
def test_clashes_and_repairs_are_the_same_in_any_unit_of_money(unit: float) -> None:
    """Offers of 60 and 30 against 100: 10 short, whatever one is."""
    case = make_case({}, Sources=[equity("A", 60 * unit), equity("B", 30 * unit)], Packages=[works(100 * unit)])
    found = explain(case)
    assert [len(clash.clauses) for clash in found.clashes] == [3]
    assert {who: repair.total for who, repair in by_giver(found).items()} == pytest.approx(
        dict.fromkeys(("the works Works", "A's limits", "B's limits"), 10 * unit)
    )


def test_names_with_commas_are_quoted() -> None:
    case = make_case(
        {},
        Sources=[equity("A", 500), equity("B", 500)],
        Packages=[works(60, "Works, north"), works(40, "Road")],
        Eligibility=[{"package": name, "values": {"A": "no", "B": "no"}} for name in ("Works, north", "Road")],
    )
    assert by_giver(explain(case))["what A may pay"].says == 'A may pay "Works, north" and Road'


def test_a_window_that_opens_too_late_is_told_by_its_first_day() -> None:
    case = make_case({}, Sources=[equity("A", 500), equity("Late", 500, from_=dt.date(2031, 1, 1))], Packages=[works()])
    shut = [c for clash in explain(case.change("Sources", "A", "Limit", 10)).clashes for c in clash.shut]
    assert [(c.row, c.column, c.says) for c in shut] == [("Late", "From", "Late can be drawn in 2031 only")]


def test_a_clash_of_two_rules_and_their_repairs() -> None:
    rules = [
        {"rule": "Floor", "money_from": "party: A", "sense": ">=", "value": 70, "measure": "amount"},
        {"rule": "Ceiling", "money_from": "party: A", "sense": "<=", "value": 0.6, "measure": "share"},
    ]
    case = make_case({}, Sources=[equity("A", 500), equity("B", 500)], Packages=[works()], Rules=rules)
    found = explain(case)
    assert {"rule Floor asks at least 70", "rule Ceiling asks at most 60%"} <= {
        c.says for c in found.clashes[0].clauses
    }
    givers = by_giver(found)
    assert givers["rule Floor"].gifts[0].add == pytest.approx(-10)
    assert givers["rule Ceiling"].changes[0].value == pytest.approx(0.7)


def test_a_clash_through_whole_numbers() -> None:
    """60 and no other sum would do, and 60 is no multiple of 25; a model's own constraint is named as it was."""
    case = make_case({}, Sources=[equity("Cheap", 60), equity("Dear", 40)], Packages=[works()])
    model = build(case)
    lots = model.problem.add_variable("lots", 0, 10, cat="Integer")
    drawn = pulp.lpSum(x for (s, _, _), x in model.variables.draw.items() if s == 0)
    model.problem.addConstraint(drawn == 25 * lots, "in_lots")
    says = [clause.says for clause in explain(model).clashes[0].clauses]
    assert "your own constraint in_lots" in says, "without it 60 and 40 would do"
    assert any("whole" in text for text in says)
    assert_smallest(model)


def test_a_budget_gives_by_year_and_what_carries_over_is_given_once() -> None:
    """30 and 60 to pay, 10 and 20 allowed: 20 in the first year lie over, 40 in the second."""
    packages = [works(30), works(60, "Later", start=dt.date(2031, 1, 1), finish=dt.date(2031, 12, 31))]
    for carry_over in (False, True):
        budget = {"party": "A", "carry_over": carry_over, "values": {"2030": 10, "2031": 20}}
        case = make_case({}, Sources=[equity("A", 500)], Packages=packages, Budgets=[budget])
        repair = by_giver(explain(case))["A's budget"]
        assert [(gift.column, gift.add) for gift in repair.gifts] == [
            ("2030", pytest.approx(20)), ("2031", pytest.approx(40)),
        ]  # fmt: skip
        assert repair.says == "A's budget: 60 more (20 in 2030 and 40 in 2031)"
        again = repair.apply(case)
        assert again.budgets[0].values == {"2030": pytest.approx(30), "2031": pytest.approx(60)}


def test_a_case_with_a_plan_has_nothing_to_explain() -> None:
    found = explain(make_case({}, Sources=[equity("A", 500)], Packages=[works()]))
    assert found.feasible
    assert "a plan exists" in str(found)
    assert not found.repairs


@pytest.mark.slow
def test_cells_are_named_when_the_case_was_read_from_a_file() -> None:
    root = Path(__file__).parents[3]
    case = finopt.read_case(root / "inputs" / "bering_tunnel.xlsx").change("Gates", "US licence", "Open", "no")
    found = explain(case)
    shut = {c.address for clash in found.clashes for c in clash.shut}
    gate = next(g for g in case.gates if g.gate == "US licence")
    assert f"Gates!{gate.origin.cell('open')}" in shut
    assert found.repairs[0].who == ("gate US licence",)
    assert len(found.repairs) > 1
    assert finopt.solve(found.repairs[0].apply(case)).cost == pytest.approx(found.repairs[0].cost)


def starved(seed: int) -> Case:
    """A random case whose last resort gives too little."""
    case = random_case(seed).change("Sources", "Last resort", "Limit", 1.0)
    return case.change("Packages", "*", "Amount", scale=3.0)


@pytest.mark.parametrize("seed", range(60, 66))
def test_every_repair_of_a_random_case_is_solved_and_its_clash_is_smallest(seed: int) -> None:
    case = starved(seed)
    with pytest.raises(Infeasible):
        finopt.solve(case)
    found = explain(case)
    assert found.clashes
    assert found.repairs
    for repair in found.repairs[:4]:
        assert solved(case, repair) == pytest.approx(repair.cost, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("seed", range(60, 64))
def test_a_clash_loses_its_force_when_any_row_is_left_out(seed: int) -> None:
    assert_smallest(build(starved(seed)))


def test_a_repair_two_per_cent_smaller_is_none() -> None:
    case = starved(60)
    single = [r.gifts[0] for r in explain(case).repairs if len(r.gifts) == len(r.changes) == 1]
    assert single
    for gift in single:
        with pytest.raises(Infeasible):
            finopt.solve(case.change(gift.sheet, gift.row, gift.column, add=0.98 * gift.add))
