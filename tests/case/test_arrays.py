"""Arrays say truly which columns they read: else a live model would keep one that has changed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from finopt.case.arrays import _ARRAYS, Data, same_value
from finopt.case.case import Case
from finopt.case.row import Row
from finopt.case.sheets import SHEETS
from tests.random_cases import random_case

DAY = dt.date(2031, 3, 1)
VALUES: dict[str, list[Any]] = {
    "amount": [7.0], "years": [1.5], "share": [0.35], "rate": [0.021], "date": [DAY], "yes/no": [True, False],
    "text": ["Other"], "name": [], "names": [], "profile": ["front"],
    "choice": ["grant", "loan", "equity", "annuity", "equal", "capitalised", "quarter", "year", "start", "shift"],
}  # fmt: skip
"""Values to put into a column of each kind; names of other rows stay."""


def changed(case: Case, sheet: str, field: str) -> Iterator[Case]:
    """The case with one column changed in every row that takes the value."""
    column = SHEETS[sheet].columns()[field]
    for value in VALUES.get(column.kind, [3.0]):
        rows: list[Row] = []
        for row in case.tables[sheet]:
            try:
                rows.append(row.changed(**{field: value}))
            except ValidationError:
                rows.append(row)
        if any(getattr(a, field) != getattr(b, field) for a, b in zip(rows, case.tables[sheet], strict=True)):
            yield Case({**case.tables, sheet: tuple(rows)})


def equal(a: Any, b: Any) -> bool:
    """Whether two values of Data are the same, the pair of weights part by part."""
    if isinstance(a, tuple) and any(isinstance(part, np.ndarray) for part in a):
        return all(map(same_value, a, b))
    return same_value(a, b)


def fields_of(sheet: str) -> list[str]:
    return [name for name in SHEETS[sheet].columns() if name not in ("note", "status", "reference")]


@pytest.mark.parametrize("sheet", ["Project", "Parties", "Sources", "Packages"])
def test_an_array_reads_no_column_that_it_does_not_name(sheet: str) -> None:
    tried = 0
    for seed in (0, 3, 7, 12):
        case = random_case(seed)
        before = {name: getattr(Data(case), name) for name in _ARRAYS}
        for field in fields_of(sheet):
            for other in changed(case, sheet, field):
                data = Data(other)
                for name, compute in _ARRAYS.items():
                    named = [fields for read, fields in compute.reads if read == sheet]
                    if all(fields and field not in fields for fields in named):
                        tried += 1
                        assert equal(getattr(data, name), before[name]), (name, field)
    assert tried > 100


@pytest.mark.parametrize("sheet", ["Project", "Parties", "Sources", "Packages"])
def test_what_is_kept_from_a_parent_is_what_would_be_computed(sheet: str) -> None:
    for seed in (1, 4, 9):
        case = random_case(seed)
        parent = Data(case)
        for name in _ARRAYS:
            getattr(parent, name)
        for field in fields_of(sheet):
            for other in changed(case, sheet, field):
                try:
                    fresh = {name: getattr(Data(other), name) for name in _ARRAYS}
                except (ValueError, KeyError, IndexError, ZeroDivisionError):
                    continue  # the checks refuse such a case
                child = Data(other, parent)
                assert all(equal(getattr(child, name), value) for name, value in fresh.items()), field
