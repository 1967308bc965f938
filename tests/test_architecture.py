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
STUB = ROOT / "__init__.pyi"
"""The public names and where they stand; `finopt/__init__.py` loads each when it is first asked for."""

BASE = {"errors", "finance", "literal", "tolerances", "version", "wording"}
"""Modules that need no other: each floor may import them."""

MODEL = {"base", "case", "model"}
SOLVED = MODEL | {"solve"}
ANSWERS = {"study.scenarios", "study.simulation", "study.infeasible", "study.tradeoff"}
MAY_IMPORT = {
    "base": set(),
    "case": {"base"},
    "plan": {"base", "case"},
    "workbook": {"base", "case"},
    "auditor": {"base", "workbook"},
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
    "report.record": {"base", "case", "plan", "auditor", "report.excel"},
    "report.sheets": MODEL | {"plan", "study.sensitivity", "report.excel", "report.record"},
    "report.studies": {"base", "case", "study.sensitivity", "report.excel", "report.sheets"} | ANSWERS,
    "report.write_back": {"base", "case", "report.excel"},
    "report": {"base", "case", "plan", "study.infeasible", "study.scenarios", "study.sensitivity"}
    | {"report.excel", "report.record", "report.sheets", "report.studies", "report.write_back"},
    "reporting": {"model", "plan", "study.scenarios", "study.sensitivity", "report.studies", "report"},
    "finopt": SOLVED | {"plan", "workbook", "auditor", "report", "reporting"} | ANSWERS,
    "cli": SOLVED
    | {"workbook", "auditor", "study.engine", "study.sensitivity"}
    | ANSWERS
    | {"report.excel", "report.studies", "report.write_back", "report", "finopt"},
}
"""What each room may import, besides itself: the lowest room first, and only rooms that stand above it in this table.

A room is a folder of `finopt/`, `base` its single modules; `finopt` stands for the public names. docs/architecture.md
draws the same table.
"""

MET_IN = {
    "highspy": {"solve"},
    "lazy_loader": {"finopt"},
    "lxml": {"report.write_back"},
    "openpyxl": {"auditor", "workbook"},
    "pulp": {"model", "solve"},
    "pydantic": {"case", "workbook"},
    "pydantic_core": {"case"},
    "pyxirr": {"base"},
    "rich": {"cli"},
    "scipy": {"auditor", "solve", "study.engine", "study.simulation"},
    "typer": {"cli"},
    "xlsxwriter": {"report.excel", "report.record", "report.sheets", "report.studies"},
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


def public_homes() -> Iterator[str]:
    """Full name of every module that a public name comes from: what `finopt` itself imports."""
    for node in ast.parse(STUB.read_text("utf-8")).body:
        if isinstance(node, ast.ImportFrom):
            assert node.level == 1, "the loader reads imports of this package"
            yield f"finopt.{node.module}"


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
        ("report.studies.stress", "from finopt.solve.lexicographic import solve"),
        ("auditor.ledger", "from finopt.case.arrays import Data"),
        ("auditor.limits", "from finopt.model.covenants import overlap"),
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


def test_public_names_come_from_rooms_that_the_table_allows() -> None:
    assert {room_of(home.removeprefix("finopt.")) for home in public_homes()} <= MAY_IMPORT["finopt"]


def test_the_auditor_shares_no_code_with_the_program() -> None:
    """What it audits must not be what it is made of: it takes how files open, errors, and numbers, nothing else."""
    paths = [path for path in MODULES if room_of(module_of(path)) == "auditor"]
    taken = {name for path in paths for name in imports(path.read_text("utf-8")) if name.startswith("finopt.")}
    own = {f"finopt.{module_of(path)}" for path in paths}
    assert taken - own == {"finopt.errors", "finopt.tolerances", "finopt.workbook.container"}


def test_the_package_itself_holds_public_names_only() -> None:
    stub = ast.parse(STUB.read_text("utf-8")).body
    names = [alias.name for node in stub if isinstance(node, ast.ImportFrom) for alias in node.names]
    listed = [ast.literal_eval(node.value) for node in stub if isinstance(node, ast.Assign)]
    assert all(isinstance(node, ast.Expr | ast.ImportFrom | ast.Assign) for node in stub)
    assert listed == [sorted({*names} - {"__version__"})]
    assert sorted(finopt.__all__) == sorted(names)


def ran(words: str) -> list[str]:
    """What a fresh Python prints."""
    done = subprocess.run([sys.executable, "-c", words], check=True, capture_output=True, text=True, timeout=100)
    return done.stdout.split()


def test_finopt_loads_nothing_before_it_is_asked() -> None:
    assert ran("import sys, finopt; print(*(name for name in sys.modules if name.startswith('finopt.')))") == []


def test_a_public_name_is_not_hidden_by_a_package_of_that_name() -> None:
    words = "import finopt.solve.lexicographic, finopt; print(finopt.solve.__name__, callable(finopt.solve))"
    assert ran(words) == ["solve", "True"]


def test_public_names_load_when_they_are_asked_for() -> None:
    names = {*finopt.__all__} - {"__version__"}
    assert all(getattr(finopt, name).__name__ == name for name in names)
    assert names <= set(dir(finopt))
    with pytest.raises(AttributeError, match="No finopt attribute pay_everybody"):
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
    assert ran(f"import sys, finopt, finopt.cli.main, finopt.reporting; print(*{others} & {{*sys.modules}})") == []


WAITS = {"run", "check_output", "check_call", "communicate", "wait", "result", "wait_for_workers"}
"""Calls that may last for ever, and take an end: ``timeout`` by name, or as the first argument of a future's."""


def waits(path: Path) -> Iterator[tuple[int, ast.Call]]:
    """Calls of a file that wait for another process or a future."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in WAITS:
            owner = ast.unparse(node.func.value)
            if node.func.attr != "run" or owner == "subprocess":
                yield node.lineno, node


def test_every_wait_for_another_process_has_an_end() -> None:
    files = [*MODULES, *ROOT.parent.glob("tests/**/*.py"), *ROOT.parent.glob(".ci/*.py")]
    endless = [
        f"{path.relative_to(ROOT.parent)}:{line}"
        for path in files
        for line, call in waits(path)
        if not any(word.arg == "timeout" for word in call.keywords)
        and not (ast.unparse(call.func).endswith((".result", ".wait")) and call.args)
    ]
    assert endless == []
