"""Impossible cases said in words: each kind once, and never about a case that has a plan."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest

import finopt
from finopt import Case, Infeasible
from finopt.case.arrays import Data
from finopt.case.sheets import Source
from finopt.model.precheck import CHECKS, impossible
from tests.random_cases import make_case, random_case
from tests.slow import split

WORKS = {"package": "Works", "amount": 100, "start": "2030-01-01", "finish": "2031-12-31"}
SHIPS = {"package": "Ships", "amount": 50, "start": "2031-01-01", "finish": "2031-12-31"}
GRANT = {"source": "Grant", "party": "State", "instrument": "grant", "limit": 200}
LOAN = {"source": "Loan", "party": "Bank", "instrument": "loan", "limit": 100, "rate": 0.05, "grace": 2,
        "repaid_by": "State"}  # fmt: skip


def case(*sources: Any, packages: Any = (WORKS, SHIPS), **sheets: Any) -> Case:
    """Two years, 50 and 100 to be paid, and some sources."""
    parties = [{"party": "State"}, {"party": "Bank"}]
    return make_case({}, **{"Parties": parties, "Sources": sources, "Packages": packages, **sheets})


def replace_limit(made: Case, limit: float) -> Case:
    """The case with another limit of its grant."""
    return made.change("Sources", "Grant", "Limit", limit)


@pytest.mark.parametrize(
    ("made", "reasons"),
    [
        (case({**GRANT, "limit": 150}), []),
        (
            case({**GRANT, "limit": 149}),
            ["In all: packages need 150; sources that may pay them offer 149"],
        ),
        (
            case({**GRANT, "limit_per_year": 80}),
            ["2031: packages need 100; sources that may pay them offer 80"],
        ),
        (
            case({**GRANT, "limit_per_period": 40}, {**LOAN, "limit": 55}),
            [
                "2031: packages need 100; sources that may pay them offer 95",
                "In all: packages need 150; sources that may pay them offer 135",
            ],
        ),
        (  # 160 euros that can be drawn from 2031 only are worth 0.5 each then, whatever they were worth before
            case(GRANT, {**LOAN, "limit": 160, "currency": "EUR", "from_": "2031-01-01"},
                 FX=[{"currency": "EUR", "values": {"2030": 2, "2031": 0.5}}]).change("Sources", "Grant", "Limit", 60),
            ["In all: packages need 150; sources that may pay them offer 140"],
        ),
        (
            case({**GRANT, "headroom": 0.5}),
            ["In all: packages need 150; sources that may pay them offer 133"],
        ),
        (
            case(GRANT, Budgets=[{"party": "State", "values": {"2030": 60, "2031": 90}}]),
            ["2031: packages need 100; sources that may pay them offer 90"],
        ),
        (case(GRANT, Budgets=[{"party": "State", "carry_over": True, "values": {"2030": 60, "2031": 90}}]), []),
        (
            case(GRANT, Budgets=[{"party": "State", "carry_over": True, "values": {"2030": 60, "2031": 80}}]),
            ["In all: packages need 150; sources that may pay them offer 140"],
        ),
        (
            case(GRANT, Parties=[{"party": "State", "total_budget": 120}]),
            ["In all: packages need 150; sources that may pay them offer 120"],
        ),
        (
            case({**GRANT, "to": "2030-12-31"}),
            [
                "2031: Works needs 50; no source that may pay it can be drawn then (Grant: 2030 to 2030)",
                "2031: Ships needs 50; no source that may pay it can be drawn then (Grant: 2030 to 2030)",
                "2031: packages need 100; sources that may pay them offer 0",
                "In all: packages need 150; sources that may pay them offer 50",
            ],
        ),
        (
            case({**GRANT, "gate": "Licence"}, packages=[WORKS], Gates=[{"gate": "Licence", "open": "no"}]),
            [
                "2030 to 2031: Works needs 100; no source that may pay it can be drawn then "
                "(Grant: gate Licence is shut)",
                "2030: packages need 50; sources that may pay them offer 0",
                "2031: packages need 50; sources that may pay them offer 0",
                "In all: packages need 100; sources that may pay them offer 0",
            ],
        ),
        (
            case(GRANT, packages=[WORKS], Eligibility=[{"package": "Works", "values": {"Grant": "no"}}],
                 Revenue=[{"line": "Tolls", "kind": "revenue", "values": {"2030": 500}}]),
            [],
        ),
        (
            case(GRANT, packages=[WORKS],
                 Eligibility=[{"package": "Works", "values": {"Grant": "no", "Project account": "no"}}]),
            [
                "Works needs 100; no source may pay it (sheet Eligibility)",
                "2030: packages need 50; sources that may pay them offer 0",
                "2031: packages need 50; sources that may pay them offer 0",
                "In all: packages need 100; sources that may pay them offer 0",
            ],
        ),
        (
            case(GRANT, LOAN, packages=[WORKS],
                 Eligibility=[{"package": "Works", "values": {"Grant": 0.3, "Loan": 0.6}}]),
            [
                "Works: the sources that may pay it may pay 0.9 of it in all (sheet Eligibility)",
                "In all: packages need 100; sources that may pay them offer 90",
            ],
        ),
        (
            case(GRANT, LOAN,
                 Parties=[{"party": "State", "maximum_share": 0.5}, {"party": "Bank", "maximum_share": 0.4}]),
            ["The parties' maximum shares sum to 0.9: nobody may give the rest (sheet Parties)"],
        ),
        (
            case(GRANT, LOAN,
                 Parties=[{"party": "State", "minimum_share": 0.7}, {"party": "Bank", "minimum_share": 0.4}]),
            ["The parties' minimum shares sum to 1.1: more than all the money (sheet Parties)"],
        ),
        (
            case(GRANT, Rules=[
                {"rule": "Floor", "money_from": "party: State", "sense": ">=", "value": 70, "measure": "amount"},
                {"rule": "Ceiling", "money_from": "Party: State", "sense": "<=", "value": 60, "measure": "amount"},
            ]),
            ["Rule Floor asks for 70 where rule Ceiling allows 60 (sheet Rules)"],
        ),
        (
            case(GRANT, {**LOAN, "limit": 60}, Eligibility=[
                {"package": "Works", "values": {"Grant": "yes"}}, {"package": "Ships", "values": {"Loan": "yes"}},
            ]),
            [],
        ),
        (
            case(GRANT, {**LOAN, "limit": 40}, Eligibility=[
                {"package": "Works", "values": {"Grant": "yes"}}, {"package": "Ships", "values": {"Loan": "yes"}},
            ]),
            [
                "Ships needs 50; sources that may pay them offer 40",
                "2031: packages need 100; sources that may pay them offer 90",
                "In all: packages need 150; sources that may pay them offer 140",
            ],
        ),
        (
            case(GRANT, {**LOAN, "limit": 80}, packages=[
                WORKS, {**SHIPS, "location": "Sea"}, {**SHIPS, "package": "Port", "location": "Sea"},
            ], Eligibility=[
                {"package": "Works", "values": {"Grant": "yes"}},
                {"package": "location: Sea", "values": {"Loan": "yes"}},
            ]),
            [
                "In Sea: packages need 100; sources that may pay them offer 80",
                "2031: packages need 150; sources that may pay them offer 130",
                "In all: packages need 200; sources that may pay them offer 180",
            ],
        ),
    ],
)  # fmt: skip
def test_each_kind_of_impossibility_has_its_sentence(made: Case, reasons: list[str]) -> None:
    assert impossible(made) == reasons
    if reasons:
        with pytest.raises(Infeasible) as none:
            finopt.solve(made)
        assert none.value.reasons == tuple(reasons)
        with pytest.raises(Infeasible):  # and the solver agrees
            finopt.solve(finopt.build(made))
    else:
        assert finopt.solve(made).status == "optimal"


def later(minimum: float, flows: dict[str, float], *covenants: Any, **terms: Any) -> Case:
    """The same works with two years of operation, in which the project has some cash flow and a loan of its own."""
    loan = {"source": "Own loan", "party": "Bank", "instrument": "loan", "limit": 400, "rate": 0.0, "grace": 2, **terms}
    project = {"minimum_cash": minimum, "end_date": "2033-12-31"}
    revenue = [{"line": "Net", "kind": "revenue", "values": flows}]
    parties = [{"party": "State"}, {"party": "Bank"}]
    return make_case(project, Parties=parties, Sources=[GRANT, loan], Packages=[WORKS], Revenue=revenue,
                     Covenants=list(covenants))  # fmt: skip


@pytest.mark.parametrize(
    ("made", "reasons"),
    [
        (later(0, {"2032": 80, "2033": 80}), []),
        (
            later(5, {"2032": 80, "2033": 80}),
            ["2030: minimum cash is 5; revenue less running costs leaves at most 0 in the project account"],
        ),
        (
            later(0, {"2030": 3, "2032": -8, "2033": 80}),
            ["2032: it must not fall below 0; revenue less running costs leaves at most -5 in the project account"],
        ),
        (
            replace_limit(later(0, {"2032": 80, "2033": 80}, {"covenant": "gearing", "limit": 0.5}), 40),
            [
                "gearing of 0.5 allows a debt of 40 at most; with all other money, 40, that is less than the 100 that "
                "packages need (sheet Covenants)"
            ],
        ),
        (
            replace_limit(later(0, {"2032": 80, "2033": 80}, {"covenant": "debt", "limit": 50}), 40),
            [
                "debt of 50 allows a debt of 50 at most; with all other money, 40, that is less than the 100 that "
                "packages need (sheet Covenants)"
            ],
        ),
        (replace_limit(later(0, {"2032": 80, "2033": 80}, {"covenant": "gearing", "limit": 0.5}), 50), []),
    ],
)
def test_what_the_project_account_and_its_lenders_cannot_bear(made: Case, reasons: list[str]) -> None:
    assert impossible(made) == reasons
    if not reasons:
        assert finopt.solve(made).status == "optimal"
        return
    with pytest.raises(Infeasible):
        finopt.solve(finopt.build(made))


def test_every_check_has_a_broken_example() -> None:
    """Read off this file's own tables: each check of the list is the one that speaks in some example."""
    marks = [mark for test in (test_each_kind_of_impossibility_has_its_sentence,
                               test_what_the_project_account_and_its_lenders_cannot_bear)
             for mark in test.pytestmark]  # type: ignore[attr-defined]  # fmt: skip
    made = [example[0] for mark in marks for example in mark.args[1]]
    for check in CHECKS:
        assert any(list(check(Data(one))) for one in made), check.__name__


def test_a_bond_pays_after_its_window_and_beyond_a_years_budget() -> None:
    """Its money is issued in 2030, when it counts, and waits."""
    bond = {"source": "Bond", "party": "State", "instrument": "bond", "limit": 160, "rate": 0.05, "to": "2030-12-31",
            "repayment": "bullet", "tenor": 2, "grace": 1, "repaid_by": "Bank"}  # fmt: skip
    made = case(bond, Budgets=[{"party": "State", "values": {"2031": 1}}])
    assert impossible(made) == []
    assert finopt.solve(made).status == "optimal"


@pytest.mark.parametrize("seed", split(range(40), 10))
def test_nothing_is_said_of_a_case_that_has_a_plan(seed: int) -> None:
    """Offers are made scarce at random; wherever a sentence appears, the solver must find no plan either."""
    dice = random.Random(seed)
    drawn = random_case(seed)
    scarce = dice.choice([0.02, 0.1, 0.3])
    sources = tuple(
        s.changed(limit=s.limit * (0.001 if s.source == "Last resort" else scarce)) for s in drawn.rows(Source)
    )
    made = replace(drawn, tables={**drawn.tables, "Sources": sources})
    assert impossible(drawn) == []
    try:
        finopt.solve(finopt.build(made))
    except Infeasible:
        return
    assert impossible(made) == []


def test_scarce_cases_are_found_impossible_often_enough() -> None:
    """The property above would hold for a function that says nothing."""
    said = 0
    for seed in range(40):
        drawn = random_case(seed)
        sources = tuple(s.changed(limit=s.limit * 0.001) for s in drawn.rows(Source))
        scarce = {"Sources": sources, "Project": (drawn.project.changed(opening_cash=0.0),)}
        said += bool(impossible(replace(drawn, tables={**drawn.tables, **scarce})))
    assert said >= 35
