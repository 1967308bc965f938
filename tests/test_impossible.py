"""Impossible cases said in words: each kind once, and never about a case that has a plan."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest

import finopt
from finopt import Case, Infeasible
from finopt.model.impossible import impossible
from finopt.read.columns import Source
from tests.random_cases import make_case, random_case

WORKS = {"package": "Works", "amount": 100, "start": "2030-01-01", "finish": "2031-12-31"}
SHIPS = {"package": "Ships", "amount": 50, "start": "2031-01-01", "finish": "2031-12-31"}
GRANT = {"source": "Grant", "party": "State", "instrument": "grant", "limit": 200}
LOAN = {"source": "Loan", "party": "Bank", "instrument": "loan", "limit": 100, "rate": 0.05, "grace": 2,
        "repaid_by": "State"}  # fmt: skip


def case(*sources: Any, packages: Any = (WORKS, SHIPS), **sheets: Any) -> Case:
    """Two years, 50 and 100 to be paid, and some sources."""
    parties = [{"party": "State"}, {"party": "Bank"}]
    return make_case({}, **{"Parties": parties, "Sources": sources, "Packages": packages, **sheets})


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


def test_a_bond_pays_after_its_window_and_beyond_a_years_budget() -> None:
    """Its money is issued in 2030, when it counts, and waits."""
    bond = {"source": "Bond", "party": "State", "instrument": "bond", "limit": 160, "rate": 0.05, "to": "2030-12-31",
            "repayment": "bullet", "tenor": 2, "grace": 1, "repaid_by": "Bank"}  # fmt: skip
    made = case(bond, Budgets=[{"party": "State", "values": {"2031": 1}}])
    assert impossible(made) == []
    assert finopt.solve(made).status == "optimal"


@pytest.mark.parametrize("seed", range(40))
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
        said += bool(impossible(replace(drawn, tables={**drawn.tables, "Sources": sources})))
    assert said >= 35
