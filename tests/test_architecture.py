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

VOCABULARY = {"errors", "finance", "literal", "read.columns"}
CASE = VOCABULARY | {"basis", "calendar", "case"}
MAY_IMPORT = {
    "errors": set(),
    "finance": set(),
    "literal": set(),
    "read.columns": {"literal"},
    "basis": VOCABULARY,
    "calendar": VOCABULARY,
    "case": VOCABULARY | {"calendar"},
    "selector": CASE,
    "plan": CASE,
    "data": CASE | {"selector"},
    "read": CASE | {"selector", "data", "read.container"},
    "read.container": CASE | {"read"},
    "auditor": {"errors", "read.container"},
    "model": CASE | {"selector", "data"},
    "solve": CASE | {"selector", "data", "plan", "model"},
    "study": CASE | {"selector", "data", "plan", "model", "solve"},
    "report": CASE | {"selector", "data", "plan", "model", "solve", "study", "auditor"},
}
"""What each layer may import, besides itself. `cli`, `start` and `finopt` itself stand on top and may import all."""

MET_IN = {
    "highspy": {"solve"},
    "lxml": {"report"},
    "openpyxl": {"auditor", "read"},
    "pulp": {"model", "solve"},
    "pydantic": {"read.columns", "read", "case"},
    "pyxirr": {"finance"},
    "rich": {"cli"},
    "scipy": {"auditor", "finance", "solve", "study"},
    "typer": {"cli"},
    "xlsxwriter": {"report"},
}
"""Where each library may be met; what the others need of it, they ask for in our own words."""


def module_of(path: Path) -> str:
    """`finopt/read/columns.py` as `read.columns`; a package's `__init__` as the package."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix("__init__").rstrip(".")


def layer_of(module: str) -> str:
    """The layer of a module: its first name, but for the vocabulary that lies under `case`."""
    return module if module in MAY_IMPORT else module.partition(".")[0]


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
    """Imports of a module that its layer does not allow, in words."""
    layer, found = layer_of(module), []
    for name in imports(source):
        top, _, rest = name.partition(".")
        if top == "finopt" and layer in MAY_IMPORT:
            target = layer_of(rest)
            if rest and target != layer and target not in MAY_IMPORT[layer]:
                found.append(f"{module} imports {name}")
            if not rest and f"from {name} import" not in source:
                found.append(f"{module} imports the whole of finopt")
        elif top in MET_IN and not {layer, module} & MET_IN[top]:
            found.append(f"{module} imports {top}")
    return found


@pytest.mark.parametrize("path", MODULES, ids=module_of)
def test_imports_run_one_way(path: Path) -> None:
    assert faults(module_of(path), path.read_text("utf-8")) == []


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("case", "from finopt.data import Data"),
        ("plan", "from finopt.solve.highs import HighsSolver"),
        ("read.columns", "from finopt.case import Case"),
        ("model.debt", "import finopt.solve"),
        ("data", "from finopt import plan"),
        ("read.checks", "import finopt"),
        ("report.debt", "import openpyxl"),
        ("auditor.ledger", "from finopt.data import Data"),
        ("auditor.terms", "from finopt.calendar import Calendar"),
        ("auditor.limits", "from finopt.model.covenants import overlap"),
        ("model.build", "def f():\n    import highspy"),
    ],
)
def test_a_wrong_import_is_found(module: str, source: str) -> None:
    assert len(faults(module, source)) == 1


def test_every_layer_is_known() -> None:
    tops = {layer_of(module_of(path)) for path in MODULES}
    assert tops - set(MAY_IMPORT) == {"", "cli", "start"}


def test_the_package_itself_holds_public_names_only() -> None:
    stub = ast.parse((ROOT / "__init__.pyi").read_text("utf-8")).body
    names = [alias.name for node in stub if isinstance(node, ast.ImportFrom) for alias in node.names]
    listed = [ast.literal_eval(node.value) for node in stub if isinstance(node, ast.Assign)]
    assert all(isinstance(node, ast.Expr | ast.ImportFrom | ast.Assign) for node in stub)
    assert listed == [sorted(names)]
    assert sorted(finopt.__all__) == sorted(names)


def test_finopt_loads_nothing_before_it_is_asked() -> None:
    words = "import sys, finopt; print(*(name for name in sys.modules if name.startswith('finopt.')))"
    loaded = subprocess.run([sys.executable, "-c", words], check=True, capture_output=True, text=True, timeout=100)
    assert loaded.stdout.split() == []


def test_a_public_name_is_not_hidden_by_a_package_of_that_name() -> None:
    words = "import finopt.solve.run, finopt; print(finopt.solve.__name__, callable(finopt.solve))"
    loaded = subprocess.run([sys.executable, "-c", words], check=True, capture_output=True, text=True, timeout=100)
    assert loaded.stdout.split() == ["solve", "True"]


def test_public_names_load_when_they_are_asked_for() -> None:
    assert all(getattr(finopt, name).__name__ == name for name in finopt.__all__)
    assert set(finopt.__all__) <= set(dir(finopt))
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
    words = f"import sys, finopt, finopt.cli, finopt.report.workbook; print(*{others} & {{*sys.modules}})"
    loaded = subprocess.run([sys.executable, "-c", words], check=True, capture_output=True, text=True, timeout=100)
    assert loaded.stdout.split() == []


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
