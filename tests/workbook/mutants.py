"""Single cells of the worked cases changed in every way that people and programs spoil them.

``python -m tests.workbook.mutants 4000`` tries so many and prints how each was answered. A mutant is *silent* where a
cell that held a value was changed and yet nothing is said of it (no finding that the good workbook lacks) and the case
is read as before: its meaning was dropped without a word.
"""

from __future__ import annotations

import datetime as dt
import random
import sys
import traceback
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from finopt import Case, CaseError, Infeasible
from finopt.case.names import fold
from finopt.case.sheets import SHEETS
from finopt.model.precheck import impossible
from finopt.workbook import reader as workbook
from finopt.workbook.cells import Cell
from finopt.workbook.container import Container, open_container

INPUTS = Path(__file__).parent.parent.parent / "inputs"
CASES = ("amur_rail_bridge", "arctic_energy", "bering_traditional", "bering_tunnel", "bering_with_approaches",
         "peace_bridge", "siberia_alaska_1904", "us_canada_russia_china", "world_link_2007")  # fmt: skip
DAY = dt.datetime(2031, 5, 17)
WAYS: dict[str, dict[str, Any]] = {
    "huge": {"value": 1e15},
    "beyond": {"value": 1e300},
    "negative": {"value": -7.25},
    "zero": {"value": 0},
    "text": {"value": "see note"},
    "number as text": {"value": "1.234.567,8"},
    "error": {"value": "#REF!", "is_error": True},
    "error as text": {"value": "#SPILL!"},
    "blank": {"value": None},
    "date": {"value": DAY, "number_format": "yyyy-mm-dd", "serial": 47985.0},
    "time": {"value": dt.time(1, 2), "number_format": "h:mm"},
    "length of time": {"value": dt.timedelta(3), "number_format": "[h]:mm"},
    "boolean": {"value": True},
    "formula": {"value": None, "formula": "=SUM(A1:A9)"},
    "long": {"value": "x" * 32_000},
    "comment": {"value": "# " + "my note"},
    "control": {"value": "a\x01b"},
}


@dataclass(frozen=True)
class Mutant:
    """One changed cell of one worked case."""

    case: str
    sheet: str
    address: str
    way: str


def mutants(count: int, seed: int = 1) -> Iterator[tuple[Mutant, Container]]:
    """So many mutants, each with its workbook's cells."""
    dice, books = random.Random(seed), {name: open_container(INPUTS / f"{name}.xlsx") for name in CASES}
    ways = [*WAYS, "duplicate"]
    for _ in range(count):
        name, way = dice.choice(CASES), dice.choice(ways)
        book = books[name]
        places = [(i, n, c) for i, s in enumerate(book.sheets) for n, cells in s.rows.items() for c in cells]
        i, row, column = dice.choice(places)
        cell = book.sheets[i].rows[row][column]
        changes = dict(WAYS[way]) if way in WAYS else {"value": _above(book.sheets[i].rows, row, column)}
        made = replace(cell, **{"formula": "", "is_error": False, "serial": None, **changes})
        yield Mutant(name, book.sheets[i].title, cell.address, way), _with(book, i, made)


def _above(rows: Any, row: int, column: int) -> Any:
    """What the next filled cell above holds."""
    above = [n for n in rows if n < row and column in rows[n]]
    return rows[max(above)][column].value if above else None


def _with(book: Container, place: int, cell: Cell) -> Container:
    sheets = list(book.sheets)
    rows = {n: dict(cells) for n, cells in sheets[place].rows.items()}
    rows[cell.row][cell.column] = cell
    if cell.value is None and not cell.formula:
        del rows[cell.row][cell.column]
    sheets[place] = replace(sheets[place], rows={n: cells for n, cells in rows.items() if cells})
    return replace(book, sheets=sheets)


def read(book: Container) -> Case:
    """A case from cells, as from a file."""
    opened = workbook.open_container
    workbook.open_container = lambda path: book  # type: ignore[assignment]
    try:
        return workbook.read_case(book.path)
    finally:
        workbook.open_container = opened


def answer(book: Container) -> tuple[str, Any]:
    """How `check` answers: refused with findings, impossible in words, or read, with the case's content."""
    try:
        case = read(book)
        words = impossible(case)
    except CaseError as error:
        return "refused", [str(f) for f in error.findings]
    except Infeasible as error:
        return "impossible", str(error)
    content = {name: [row.model_dump(exclude={"origin"}) for row in rows] for name, rows in case.tables.items()}
    return "impossible" if words else "read", (content, [str(f) for f in case.warnings], list(words))


def means_something(book: Container, mutant: Mutant) -> bool:
    """Whether the changed cell is part of a table: not a title above it, nor in what begins with #."""
    sheet = next(s for s in book.sheets if s.title == mutant.sheet)
    model = next((m for name, m in SHEETS.items() if fold(name) == fold(sheet.title)), None)
    key = "Item" if model is None or model.SHEET == "Project" else model.columns()[model.KEY].title
    numbers = [n for n, cells in sheet.rows.items() for c in cells.values() if fold(str(c.value)) == fold(key)]
    row = int("".join(filter(str.isdigit, mutant.address)))
    return model is not None and bool(numbers) and row >= numbers[0]


ONE_MEANING = (("no", 0, False), ("yes", 1, True))
"""What a cell of Eligibility may say in several ways: nothing, and everything."""


def one_meaning(sheet: str, old: Any, new: Any) -> bool:
    """Whether two values say the same: a blank that is read as before means its column's default, which stood there."""
    return new is None or (sheet == "Eligibility" and any(old in words and new in words for words in ONE_MEANING))


def judge(count: int, seed: int = 1) -> tuple[Counter[str], list[tuple[Mutant, str]]]:
    """How many were refused, impossible, read otherwise, outside any table, or the same; tracebacks and silences."""
    books = {name: open_container(INPUTS / f"{name}.xlsx") for name in CASES}
    good = {name: answer(book) for name, book in books.items()}
    cells = {name: {(s.title, c.address): c.value for s in b.sheets for r in s.rows.values() for c in r.values()}
             for name, b in books.items()}  # fmt: skip
    counts, wrong = Counter[str](), list[tuple[Mutant, str]]()
    for mutant, book in mutants(count, seed):
        try:
            found = answer(book)
        except Exception:  # noqa: BLE001 - whatever it is, it is what is looked for
            counts["traceback"] += 1
            wrong.append((mutant, traceback.format_exc()))
            continue
        old = cells[mutant.case][mutant.sheet, mutant.address]
        new = next((c.value for s in book.sheets if s.title == mutant.sheet for r in s.rows.values()
                    for c in r.values() if c.address == mutant.address), None)  # fmt: skip
        if found != good[mutant.case]:
            counts[found[0]] += 1
        elif new == old or one_meaning(mutant.sheet, old, new):
            counts["the same value"] += 1
        elif not means_something(books[mutant.case], mutant):
            counts["outside the table"] += 1
        else:
            counts["silent"] += 1
            wrong.append((mutant, f"{old!r} -> {new!r}"[:120]))
    return counts, wrong


if __name__ == "__main__":
    tried = int(sys.argv[1]) if len(sys.argv) > 1 else 4000
    result, odd = judge(tried, int(sys.argv[2]) if len(sys.argv) > 2 else 1)
    for mutant, words in odd:
        print(mutant, words)
    print(dict(result))
