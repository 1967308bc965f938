"""Whatever stands in a workbook: the reader answers with a case or with findings, never with a traceback."""

from __future__ import annotations

import contextlib
import datetime as dt
import random
import re
from typing import Any

import pytest

from finopt import NoPlan, solve
from finopt.case.sheets import SHEETS
from tests.slow import split

NASTY: list[Any] = [
    None, "", " ", 0, -1, 1, 6.5, 1e308, -1e-300, 2029, 47000, True, False, "yes", "no", "all", "All", "#REF!", "#N/A",
    "=1/0", "=A1", "x", "1.234", "5%", "500%", "(5)", "2029", "2029-Q3", "2029-13-01", "31.12.2029", "party: ", ";",
    ",", "party: Lenders", "package: Quay; location: North", "project", "Project account", "Refinancing", "Port bond",
    "Quay", "beta(0,1)", "beta(1)", "loan", "table", "credit line", "shift", "DSCR", "month", "1900-01-01",
    "9999-12-31", "EUR", dt.date(1900, 3, 1), dt.date(2028, 2, 29), dt.datetime(2027, 1, 1, 12), dt.time(1, 2),
    dt.timedelta(3), "a" * 4000, "\u200b", "\u00a0", "*", "# note", "Limit", "Source", "Item", "1e400", "nan",
    "inf", "-", "()", "%",
]  # fmt: skip
PLACE = re.compile(rf"({'|'.join(SHEETS)})(![A-Z]+[0-9]+)?( .+)?: .")
"""How each finding begins: sheet, cell and header; then words."""


@pytest.mark.parametrize("seed", split(range(30), 10))
def test_any_input_is_a_case_or_findings(book: Any, seed: int) -> None:
    dice = random.Random(seed)
    for _ in range(dice.choice([1, 2, 5, 20])):
        sheet = book.sheet(dice.choice(list(SHEETS)))
        cell = sheet.cell(dice.randint(4, sheet.max_row + 1), dice.randint(1, sheet.max_column))
        cell.value = dice.choice(NASTY)
    lines = book.faults()
    assert [line for line in lines if not PLACE.match(line)] == []
    if not lines:
        with contextlib.suppress(NoPlan):
            assert solve(book.read()).status == "optimal"


@pytest.mark.parametrize("seed", range(8))
def test_rows_and_columns_may_be_missing_anywhere(book: Any, seed: int) -> None:
    dice = random.Random(seed)
    for name in dice.sample(list(SHEETS), 6):
        sheet = book.sheet(name)
        if dice.random() < 0.5:
            sheet.delete_rows(dice.randint(1, sheet.max_row), dice.randint(1, 3))
        else:
            sheet.delete_cols(dice.randint(1, sheet.max_column), dice.randint(1, 3))
    lines = book.faults()
    assert [line for line in lines if not PLACE.match(line)] == []
