"""What families say of themselves: what they read, which kind they are, and where their rows come from."""

from __future__ import annotations

from functools import cache

import pytest

import finopt
from finopt.case.case import Case
from finopt.case.row import Row
from finopt.case.sheets import SHEETS
from finopt.model.build import FAMILIES, Model
from finopt.model.family import Family
from finopt.model.places import value_at
from finopt.report.sheets.checks import LAID_OUT
from tests.model.recording import faults, faults_beside, reads_of
from tests.random_cases import random_case
from tests.solve.rich_case import rich_case

SEEDS = range(24)


@cache
def models() -> tuple[Model, ...]:
    """A rich case and many drawn ones, among which every family has a row."""
    return tuple(finopt.build(case) for case in (rich_case(), *map(random_case, SEEDS)))


def test_every_family_has_a_row_somewhere() -> None:
    assert {name for model in models() for name, _ in model.rows} == {family.name for family in FAMILIES}


def test_every_side_declares_what_it_reads() -> None:
    assert {fault for model in models() for fault in faults(model, FAMILIES)} == set()


def test_aims_and_variables_declare_what_they_read() -> None:
    assert {fault for model in models() for fault in faults_beside(model)} == set()


@pytest.mark.parametrize("family", FAMILIES, ids=lambda f: f.name)
def test_a_left_side_declares_nothing_that_it_never_reads(family: Family) -> None:
    """What is declared and not read makes a live model emit a family for nothing."""
    noted = set[str]().union(*(reads_of(model, family)[0] for model in models()))
    sheets = {name.partition(".")[0] for name in noted}
    assert {use for use in family.left_uses if use not in noted and use not in sheets} == set()


@pytest.mark.parametrize("family", [f for f in FAMILIES if f.kind == "limit"], ids=lambda f: f.name)
def test_every_row_of_a_limit_has_a_number_of_the_workbook_and_words(family: Family) -> None:
    found = 0
    for model in models():
        for name, key in model.rows:
            if name == family.name:
                (place, *_), says = zip(*family.clauses(model.data, [key]), strict=True)
                value_at(model.case, place)
                assert place.row in says[0] or place.column in says[0]
                assert family.noun(model.data, key)
                assert family.giver(model.data, key)
                found += 1
    assert found


def rows(case: Case, sheet: str) -> tuple[Row, ...]:
    return case.tables.get(sheet, ())


def test_the_rich_case_has_a_row_on_every_sheet_that_the_model_reads() -> None:
    unread = {"Scenarios", "Uncertainty", "Correlation", "Actuals"}
    assert {sheet for sheet in SHEETS if not rows(rich_case(), sheet)} == unread


def test_the_checks_sheet_names_only_limits_that_there_are() -> None:
    """A limit that is not named there is checked row by row; a name that is no limit's would hide the next one."""
    assert {family.name for family in FAMILIES if family.kind == "limit"} >= LAID_OUT
