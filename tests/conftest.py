"""What tests share: a good workbook to be spoiled, one edit from every bad input, and the reports of every shape."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

import finopt
from finopt import Case, CaseError, read_case
from finopt.case.names import fold
from finopt.case.sheets import SHEETS, Project
from finopt.errors import Finding
from finopt.workbook.writer import write_template
from tests.report.report_cases import plan_of


class Book:
    """A workbook on disk, with its cells found by sheet, row key and column title."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.book = openpyxl.load_workbook(path)

    def sheet(self, name: str) -> Worksheet:
        return self.book[name]

    def header(self, name: str) -> int:
        model = SHEETS[name]
        key = "Item" if model is Project else model.columns()[model.KEY].title
        for row in self.sheet(name).iter_rows():
            if any(isinstance(cell.value, str) and fold(cell.value) == fold(key) for cell in row):
                return int(row[0].row or 0)
        raise LookupError(name)

    def at(self, name: str, column: str, key: str | None = None) -> Any:
        """The cell of a column: in the row with this key, or the header itself."""
        sheet, header = self.sheet(name), self.header(name)
        titles = {fold(str(cell.value)): cell.column for cell in sheet[header] if cell.value is not None}
        number = titles[fold(column)]
        if key is None:
            return sheet.cell(header, number)
        for row in range(header + 1, sheet.max_row + 1):
            if any(sheet.cell(row, c).value == key for c in range(1, 4)):
                return sheet.cell(row, number)
        raise LookupError(key)

    def item(self, name: str) -> Any:
        """The value cell of a Project item."""
        return self.at("Project", "Value", name)

    def put(self, name: str, key: str, column: str, value: Any) -> str:
        """Write one cell and say its address, with the sheet."""
        cell = self.item(key) if name == "Project" else self.at(name, column, key)
        cell.value = value
        return f"{name}!{cell.coordinate}"

    def add(self, name: str, row: dict[str, Any]) -> str:
        """Add a row below the others, with new columns where the sheet lacks them; the address of its first value."""
        sheet, header = self.sheet(name), self.header(name)
        number = header + 1
        while any(sheet.cell(number, c).value is not None for c in range(1, sheet.max_column + 1)):
            number += 1
        first = ""
        for title, value in row.items():
            cell = sheet.cell(number, self.column(name, title))
            cell.value = value
            first = first or f"{name}!{cell.coordinate}"
        return first

    def column(self, name: str, title: Any) -> int:
        """The number of a column, added behind the others where there is none."""
        sheet, header = self.sheet(name), self.header(name)
        for cell in sheet[header]:
            if cell.value is not None and fold(str(cell.value)) == fold(str(title)):
                return int(cell.column or 0)
        free = max(int(cell.column or 0) for cell in sheet[header] if cell.value is not None) + 1
        sheet.cell(header, free).value = title
        return free

    def save(self) -> Path:
        self.book.save(self.path)
        return self.path

    def read(self) -> Case:
        return read_case(self.save())

    def faults(self) -> list[str]:
        """What the reader says about it, one line a finding; none where it is good."""
        try:
            self.read()
        except CaseError as error:
            return [str(finding) for finding in error.findings]
        return []

    def warnings(self) -> list[Finding]:
        return list(self.read().warnings)


@pytest.fixture(scope="session")
def worked(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The worked example of the template: every sheet that a plan can use, no finding."""
    path = tmp_path_factory.mktemp("template") / "case.xlsx"
    write_template(path, example=True)
    return path.read_bytes()


@pytest.fixture
def book(tmp_path: Path, worked: bytes) -> Book:
    """A copy of the worked example, to be spoiled."""
    path = tmp_path / "case.xlsx"
    path.write_bytes(worked)
    return Book(path)


@pytest.fixture
def faults() -> Callable[[Path], list[str]]:
    """What the reader says about a file, one line a finding."""

    def read(path: Path) -> list[str]:
        with pytest.raises(CaseError) as wrong:
            read_case(path)
        return [str(finding) for finding in wrong.value.findings]

    return read


@pytest.fixture(scope="session")
def report_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The report of a case, written once; who changes one copies it first."""
    folder = tmp_path_factory.mktemp("reports")
    return functools.cache(lambda name: finopt.write_report(plan_of(name), folder / f"{name.replace(' ', '-')}.xlsx"))
