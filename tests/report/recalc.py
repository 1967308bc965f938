"""Recalculate a report with programs that are not ours, and read what it stores and what it should store."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import formualizer
import openpyxl

Address = tuple[str, str]
XCU = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load">
<prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item>
</oor:items>
"""
"""Tells LibreOffice to recalculate every formula when it loads a workbook: 0 is always."""


def stored(path: Path, only: Mapping[Address, Any] | None = None) -> dict[Address, Any]:
    """The stored value of every formula cell (or of the cells in ``only``)."""
    values = openpyxl.load_workbook(path, data_only=True)
    wanted = formulas(path) if only is None else only
    return {(sheet, cell): values[sheet][cell].value for sheet, cell in wanted}


def formulas(path: Path) -> dict[Address, str]:
    """The formula of every formula cell."""
    book = openpyxl.load_workbook(path)
    return {
        (sheet.title, cell.coordinate): cell.value
        for sheet in book.worksheets
        for row in sheet.iter_rows()
        for cell in row
        if cell.data_type == "f"
    }


def formualized(
    path: Path, cells: Mapping[Address, Any], overtype: Mapping[Address, float] | None = None
) -> dict[Address, Any]:
    """What formualizer makes of every cell, after some were overtyped."""
    book = formualizer.load_workbook(str(path))
    for (sheet, cell), value in (overtype or {}).items():
        row, column = place(cell)
        book.set_value(sheet, row, column, value)
    book.evaluate_all()
    return {(sheet, cell): _as_stored(book.get_value(sheet, *place(cell))) for sheet, cell in cells}


def _as_stored(value: Any) -> Any:
    """A day is midnight, as openpyxl reads it."""
    plain = isinstance(value, dt.date) and not isinstance(value, dt.datetime)
    return dt.datetime.combine(value, dt.time()) if plain else value


def place(cell: str) -> tuple[int, int]:
    """Row and column, from 1, of an address."""
    letters, row = openpyxl.utils.cell.coordinate_from_string(cell)
    return row, openpyxl.utils.column_index_from_string(letters)


def soffice() -> str:
    """The LibreOffice program. Where it is missing the test fails in CI, and elsewhere says what is missing."""
    found = shutil.which("soffice") or shutil.which("libreoffice")
    if found is None:
        import pytest

        if os.environ.get("CI"):
            pytest.fail("LibreOffice is missing: CI must recalculate the report with it")
        # a user without LibreOffice can run the rest; .ci/run installs it, and fails where any test was skipped
        pytest.skip("LibreOffice (soffice) is not installed here: the report was recalculated with formualizer only")
    return found


def libreoffice(path: Path, folder: Path) -> Path:
    """The workbook, recalculated hard and saved again into a test's folder by LibreOffice.

    Its profile is that of all tests of this process: to make one takes longer than to convert a workbook.
    """
    profile = folder.parent / "libreoffice"
    if not profile.exists():
        (profile / "user").mkdir(parents=True)
        (profile / "user" / "registrymodifications.xcu").write_text(XCU, encoding="utf-8")
    out = folder / "recalculated"
    command = [soffice(), f"-env:UserInstallation={profile.as_uri()}", "--headless", "--convert-to", "xlsx",
               "--outdir", str(out), str(path)]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    return out / path.name


def differences(old: Mapping[Address, Any], new: Mapping[Address, Any], scale: float) -> list[str]:
    """Cells whose value differs by more than 1e-6 of itself, or of ``scale`` (the case's money) near zero."""
    found = []
    for address, value in old.items():
        other = new[address]
        if isinstance(value, int | float) and isinstance(other, int | float):
            if abs(value - other) > 1e-6 * max(abs(value), 1e-3 * scale, 1e-6):
                found.append(f"{address}: stored {value!r}, recalculated {other!r}")
        elif (value or "") != (other or ""):
            found.append(f"{address}: stored {value!r}, recalculated {other!r}")
    return found
