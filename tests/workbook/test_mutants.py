"""A small sample of the mutants; ``python -m tests.workbook.mutants 4000`` tries as many as one likes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.workbook.mutants import INPUTS, answer, judge, open_container


def test_no_mutant_is_silent_or_a_traceback() -> None:
    counts, wrong = judge(40, seed=7)
    assert wrong == []
    assert counts["refused"] > 10
    assert sum(counts.values()) == 40


@pytest.mark.parametrize("error", ["#REF!", "#N/A", "#SPILL!", " #name? "])
def test_an_item_that_is_an_error_value_is_no_comment(error: str) -> None:
    book = open_container(INPUTS / "bering_tunnel.xlsx")
    place = next(i for i, s in enumerate(book.sheets) if s.title == "Project")
    rows = {n: dict(cells) for n, cells in book.sheets[place].rows.items()}
    cell = next(c for cells in rows.values() for c in cells.values() if c.value == "Deposit rate")
    rows[cell.row][cell.column] = replace(cell, value=error)
    sheets = list(book.sheets)
    sheets[place] = replace(sheets[place], rows=rows)
    kind, lines = answer(replace(book, sheets=sheets))
    assert kind == "refused"
    assert any(
        line.startswith(f"Project!{cell.address}: found the error value {error.strip().upper()}") for line in lines
    )
