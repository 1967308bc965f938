"""What is private to a library is met in one module, which gives the reason."""

from __future__ import annotations

import ast
import importlib
import inspect
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter.chart
import xlsxwriter.format
import xlsxwriter.workbook
import xlsxwriter.worksheet

from finopt.report.excel import literal_workbook

ROOT = Path(__file__).parent.parent / "finopt"
HOME = ROOT / "report" / "excel" / "literal_workbook.py"
LIBRARIES = ("xlsxwriter", "openpyxl")
MADE = openpyxl.Workbook()
OBJECTS = (
    xlsxwriter.worksheet.Worksheet(),
    xlsxwriter.workbook.Workbook(),
    xlsxwriter.chart.Chart(),
    xlsxwriter.format.Format(),
    MADE,
    MADE.worksheets[0],
    MADE.worksheets[0].cell(1, 1),
)
PRIVATE = {name for thing in OBJECTS for name in dir(thing) if name.startswith("_") and not name.startswith("__")}
"""Methods and attributes of what the libraries make."""


def used(source: str) -> Iterator[str]:
    """Private names of the libraries that a module takes from an object or imports."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and node.attr in PRIVATE:
            own = isinstance(node.value, ast.Name) and node.value.id in ("self", "cls")
            if not own:
                yield node.attr
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in LIBRARIES:
            yield from (alias.name for alias in node.names if alias.name.startswith("_"))


@pytest.mark.parametrize("path", sorted(ROOT.rglob("*.py")), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_only_one_module_uses_what_is_private(path: Path) -> None:
    if path != HOME:
        assert list(used(path.read_text("utf-8"))) == []


def overridden(module: str) -> Iterator[str]:
    """Private methods of a library's class that a class of a module replaces."""
    for _, kind in inspect.getmembers(importlib.import_module(module), inspect.isclass):
        above = [base for base in kind.__mro__[1:] if base.__module__.split(".")[0] in LIBRARIES]
        if kind.__module__ == module and above:
            yield from (name for name in vars(kind) if name in PRIVATE)


def test_only_one_module_replaces_what_is_private() -> None:
    modules = [
        "finopt." + ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for path in ROOT.rglob("*.py")
        if any(library in path.read_text("utf-8") for library in LIBRARIES) and path.name != "__init__.py"
    ]
    found = {module: sorted(names) for module in modules if (names := {*overridden(module)})}
    assert found == {"finopt.report.excel.literal_workbook": ["_prepare_formula", "_write_string"]}


def test_each_private_name_has_its_reason() -> None:
    """The module says of each why; a name that the library drops is found here, before a report is wrong."""
    names = {*overridden("finopt.report.excel.literal_workbook"), *used(HOME.read_text("utf-8"))}
    said = str(literal_workbook.__doc__)
    assert names
    assert all(f".{name}``" in said for name in names)
    assert hasattr(xlsxwriter.worksheet.Worksheet(), "print_area_range")


@pytest.mark.parametrize("source", ["ws._cells", "chart._process_names = f", "from openpyxl.reader import _x"])
def test_a_private_name_is_found(source: str) -> None:
    assert list(used(source))
