"""Imports run one way, and each library is met in one place."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import finopt

ROOT = Path(__file__).parent.parent / "finopt"
MODULES = sorted(ROOT.rglob("*.py"))

BASE = {"errors", "finance", "later", "tolerances", "version", "wording"}
"""Modules that need no other: each floor may import them."""

MODEL = {"base", "case", "model"}
SOLVED = MODEL | {"solve"}
ANSWERS = {"study.scenarios", "study.simulation", "study.infeasible", "study.tradeoff"}
MAY_IMPORT = {
    "base": set(),
    "case": {"base"},
    "plan": {"case"},
    "workbook": {"base", "case"},
    "model": {"base", "case"},
    "solve": MODEL | {"plan"},
    "study": set(),
    "study.engine": SOLVED,
    "study.simulation": SOLVED | {"study.engine"},
    "study.infeasible": SOLVED,
    "study.sensitivity": SOLVED | {"plan"},
    "study.tradeoff": SOLVED | {"plan", "study.engine"},
    "study.scenarios": SOLVED | {"plan", "study.engine", "study.simulation", "study.infeasible"},
    "report.excel": {"base", "case", "plan"},
    "report.sheets": MODEL | {"plan", "study.sensitivity", "report.excel"},
    "report.studies": {"base", "case", "report.excel"} | ANSWERS,
    "report.write_back": {"base", "case", "report.excel"},
    "report": MODEL
    | {"plan", "study.infeasible", "study.sensitivity", "study.scenarios"}
    | {"report.excel", "report.sheets", "report.studies", "report.write_back"},
    "finopt": SOLVED | {"plan", "workbook", "report"} | ANSWERS,
    "cli": SOLVED
    | {"workbook", "study.engine", "study.sensitivity"}
    | ANSWERS
    | {"report.excel", "report.studies", "report.write_back", "report", "finopt"},
}
"""What each room may import, besides itself: the lowest room first, and only rooms that stand above it in this table.

A room is a folder of `finopt/`, `base` its single modules; `finopt` stands for the public names. docs/architecture.md
draws the same table.
"""

MET_IN = {
    "highspy": {"solve"},
    "lxml": {"report.write_back"},
    "openpyxl": {"workbook"},
    "pulp": {"model", "solve"},
    "pydantic": {"case", "workbook"},
    "pydantic_core": {"case"},
    "pyxirr": {"base"},
    "rich": {"cli"},
    "scipy": {"study.engine", "study.simulation"},
    "typer": {"cli"},
    "xlsxwriter": {"report", "report.excel", "report.sheets", "report.studies"},
}
"""Where each library may be met; what the others need of it, they ask for in our own words."""


def module_of(path: Path) -> str:
    """`finopt/case/sheets.py` as `case.sheets`; a package's `__init__` as the package."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix("__init__").rstrip(".")


def room_of(module: str) -> str:
    """The room in which a module stands: the longest part of its name that the table knows, else its first name."""
    if module in BASE:
        return "base"
    parts = module.split(".")
    above = (".".join(parts[:n]) for n in range(len(parts), 0, -1))
    return next((name for name in above if name in MAY_IMPORT), parts[0] or "finopt")


def imports(source: str) -> Iterator[str]:
    """Full name of everything that a module imports, wherever in it the import stands."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield node.module or ""
            if node.module == "finopt":
                yield from (f"finopt.{alias.name}" for alias in node.names)


def faults(module: str, source: str) -> list[str]:
    """Imports of a module that its room does not allow, in words."""
    room, found = room_of(module), []
    for name in imports(source):
        top, _, rest = name.partition(".")
        if top == "finopt":
            target = room_of(rest)
            if rest and target not in {room, *MAY_IMPORT[room]}:
                found.append(f"{module} imports {name}")
            if not rest and "finopt" not in MAY_IMPORT[room] and f"from {name} import" not in source:
                found.append(f"{module} imports the whole of finopt")
        elif top in MET_IN and room not in MET_IN[top]:
            found.append(f"{module} imports {top}")
    return found


@pytest.mark.parametrize("path", MODULES, ids=module_of)
def test_imports_run_one_way(path: Path) -> None:
    assert faults(module_of(path), path.read_text("utf-8")) == []


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("case.case", "from finopt.model.build import Model"),
        ("plan", "from finopt.solve.highs import HighsSolver"),
        ("finance", "from finopt.case.case import Case"),
        ("model.debt", "import finopt.solve"),
        ("case.arrays", "from finopt import plan"),
        ("case.checks", "import finopt"),
        ("report.sheets.debt", "import openpyxl"),
        ("model.build", "def f():\n    import highspy"),
        ("study.engine.measures", "from finopt.study.simulation.simulate import Cloud"),
        ("report.excel.sheet", "from finopt.report.sheets import checks"),
        ("report.sheets.debt", "from finopt.solve.lexicographic import solve"),
    ],
)
def test_a_wrong_import_is_found(module: str, source: str) -> None:
    assert len(faults(module, source)) == 1


def test_every_room_is_known() -> None:
    assert {room_of(module_of(path)) for path in MODULES} == set(MAY_IMPORT)


def test_the_package_itself_holds_public_names_only() -> None:
    body = ast.parse((ROOT / "__init__.py").read_text("utf-8")).body
    names: list[str] = []
    listed: list[str] = []
    typed: dict[str, str | None] = {}
    later: dict[str, str | None] = {}
    for node in body:
        match node:
            case ast.Expr(value=ast.Constant()):
                continue
            case ast.ImportFrom(module="__future__"):
                continue
            case ast.ImportFrom(module="typing" | "finopt.later" | "finopt.version"):
                continue
            case ast.ImportFrom():
                names += [alias.name for alias in node.names]
            case ast.If(test=ast.Name(id="TYPE_CHECKING"), orelse=[]):
                imports = [line for line in node.body if isinstance(line, ast.ImportFrom)]
                assert len(imports) == len(node.body)
                typed = {alias.name: line.module for line in imports for alias in line.names}
            case ast.Assign(value=ast.Call(func=ast.Name(id="later"), args=[*_, homes])):
                later = ast.literal_eval(homes)
            case ast.Assign(targets=[ast.Name(id="__all__")]):
                listed = ast.literal_eval(node.value)
            case _:
                pytest.fail(f"line {node.lineno} is neither an import nor __all__")
    assert typed == later
    assert sorted(listed) == sorted([*names, *later])


def test_public_names_load_when_they_are_asked_for() -> None:
    assert all(getattr(finopt, name).__name__ == name for name in finopt.__all__)
    assert set(finopt.__all__) <= set(dir(finopt))
    with pytest.raises(AttributeError, match="no attribute 'pay_everybody'"):
        finopt.pay_everybody  # noqa: B018


def test_a_run_starts_without_what_only_studies_need() -> None:
    """scipy and pyxirr take longer to load than a case to read, build and solve; so do all studies together."""
    others = {
        "scipy",
        "pyxirr",
        "multiprocessing",
        "finopt.study.simulation.simulate",
        "finopt.study.infeasible.explain",
        "finopt.report.diff",
    }
    words = f"import sys, finopt, finopt.cli, finopt.report.write_report; print(*{others} & {{*sys.modules}})"
    loaded = subprocess.run([sys.executable, "-c", words], check=True, capture_output=True, text=True)
    assert loaded.stdout.split() == []
