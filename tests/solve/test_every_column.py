"""Every column of every sheet, moved both ways: a moved live model is what a fresh build of the changed case is.

The programs are compared number by number, which says more than any optimum; then one change of each column is solved.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache

import numpy as np
import pytest

import finopt
from finopt.case.case import Case
from finopt.case.change import Change
from finopt.case.names import BUILT_IN_USES
from finopt.case.sheets import SHEETS, Project
from finopt.errors import CaseError, NoPlan
from finopt.finance import Array
from finopt.solve.linear_program import LinearProgram
from finopt.solve.live_model import LiveModel, State
from tests.slow import spread
from tests.solve.rich_case import changes, columns_of, renamed, rich_case

UNREAD = ("Scenarios", "Uncertainty", "Correlation", "Actuals")
"""Sheets that say what is asked of a case, not what it is, or are not supported yet."""
COLUMNS = [(sheet, name) for sheet in SHEETS if sheet not in UNREAD for name in columns_of(sheet)]
SHUT = {("Sources", "minimum"), ("Sources", "lot"), ("Sources", "fixed_fee"), ("Packages", "timing"),
        ("Packages", "earliest_start"), ("Packages", "latest_finish"), ("Packages", "most_per_year"),
        ("Packages", "after"), ("Packages", "lag")}  # fmt: skip
"""Columns that are not supported yet: a value in them is an error."""
OTHER_YEAR = ("Project", "year_begins")
"""A budget year that begins in another month gives every heading of the case two readings, which is an error."""
MOST = 4
"""Changes of one column that are tried; those that leave a wrong case do not count."""


@cache
def live(sheet: str) -> LiveModel:
    """One live model a sheet: it goes from each change to the next, never back home."""
    return LiveModel(rich_case())


def changed(sheet: str, name: str) -> Iterator[Case]:
    """The rich case with one cell changed, by changes that leave a case; the first and last of them, then back home.

    A name is changed wherever it stands, for a row that nothing refers to is another case.
    """
    kind = SHEETS[sheet]
    if name == kind.KEY and kind is not Project and kind.columns()[name].kind in ("name", "selector"):
        keys = dict.fromkeys(row.key for row in rich_case().tables[sheet])
        yield from (renamed(key, f"{key} A") for key in keys if ":" not in key and key not in BUILT_IN_USES)
        yield rich_case()
        return
    found = []
    for change in changes(sheet, name):
        case = _case(change)
        if case is not None and case.tables[sheet] != rich_case().tables[sheet]:
            found.append(case)
    half = MOST // 2
    yield from (found if len(found) <= MOST else [*found[:half], *found[-half:]])
    if found:
        yield rich_case()


def _case(change: Iterable[Change]) -> Case | None:
    try:
        return rich_case().changed(change)
    except CaseError:
        return None


def differences(moved: State, fresh: State) -> Iterator[str]:
    """What two states of one case disagree on."""
    if list(moved.model.rows) != list(fresh.model.rows):
        yield "rows"
        return
    for name in ("cost", "lower", "upper", "integer", "row_lower", "row_upper", "starts", "entries"):
        a, b = (entries(p) if name == "entries" else getattr(p, name) for p in (moved.program, fresh.program))
        if a.shape != b.shape or not np.allclose(a, b, rtol=1e-12, atol=1e-12):
            yield name
    for a, b in zip(moved.model.stages, fresh.model.stages, strict=True):
        vectors = (moved.compiled.vector(a.minimised), fresh.compiled.vector(b.minimised))
        if not np.allclose(*vectors, rtol=1e-12, atol=1e-12) or a.tolerance != b.tolerance:
            yield f"aim {a.measure}"


def entries(program: LinearProgram) -> Array:
    """Row, column and value of every coefficient, row by row and column by column; (nonzeros, 3)."""
    rows = np.repeat(np.arange(len(program.row_lower)), np.diff(program.starts))
    order = np.lexsort((program.columns, rows))
    return np.column_stack([rows, program.columns, program.values])[order]


def outcome(case: Case, model: LiveModel | None) -> list[float] | None:
    """What each aim reaches; None without a plan."""
    try:
        plan = finopt.solve(case) if model is None else model.solve(case)
    except NoPlan:
        return None
    return [aim.value for aim in plan.aims]


@pytest.mark.parametrize(("sheet", "name"), spread(COLUMNS, 4))
def test_a_moved_model_is_what_a_fresh_build_is(sheet: str, name: str) -> None:
    cases = list(changed(sheet, name))
    for case in cases:
        live(sheet).move(case)
        assert list(differences(live(sheet).state, State.of(case, unfunded=False))) == [], case.changes
    if cases:
        fresh, moved = outcome(cases[-2], None), outcome(cases[-2], live(sheet))
        assert (fresh is None) == (moved is None)
        assert fresh is None or moved == pytest.approx(fresh, rel=1e-6, abs=1e-5)
    assert len(cases) >= (0 if (sheet, name) in (*SHUT, OTHER_YEAR) else 2)


def test_columns_that_are_shut_say_so() -> None:
    said = {(sheet, name) for sheet, kind in SHEETS.items() for name, column in kind.columns().items()
            if "ot supported yet" in column.meaning}  # fmt: skip
    assert said - {("Objectives", "measure")} == SHUT
