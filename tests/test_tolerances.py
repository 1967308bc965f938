"""Every tolerance stands in one module, with its meaning and its reason."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent / "finopt"
HOME = ROOT / "tolerances.py"
LEAST, MOST = 1e-15, 1e-3
"""What lies between is a tolerance; a factor of units is written as a quotient, such as 1 / 1e6."""
IN_TEXT = re.compile(r"\d[eE]-\d+")
"""A number of that kind in the text of a formula."""


def docstrings(tree: ast.AST) -> Iterator[int]:
    """Texts that stand alone: docstrings, and the words below a constant."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield id(node.value)


def tolerances(source: str) -> list[str]:
    """Every literal of a module that is a tolerance, also inside the text of a formula."""
    tree = ast.parse(source)
    words = set(docstrings(tree))
    constants = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in words]
    return [
        f"line {node.lineno}: {node.value}"
        for node in constants
        if (isinstance(node.value, float) and LEAST <= abs(node.value) <= MOST)
        or (isinstance(node.value, str) and IN_TEXT.search(node.value))
    ]


@pytest.mark.parametrize("path", sorted(ROOT.rglob("*.py")), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_other_module_states_a_tolerance(path: Path) -> None:
    if path != HOME:
        assert tolerances(path.read_text("utf-8")) == []


@pytest.mark.parametrize(
    "source", ["x > 1e-9", "def f(x=0.001): pass", "TINY = 1e-15", 'f"=MAX({cell},1E-12)"', "[-1.01e-4]"]
)
def test_a_tolerance_is_found(source: str) -> None:
    assert len(tolerances(source)) == 1


@pytest.mark.parametrize("source", ["rate = 0.0035", "1 / 1e6", '"""Holds to 1e-6."""', "x == 0.0", "n = 1"])
def test_what_is_no_tolerance_is_not(source: str) -> None:
    assert tolerances(source) == []


def named() -> dict[str, str]:
    """Name and words of every tolerance."""
    body = ast.parse(HOME.read_text("utf-8")).body
    found = {}
    for node, after in zip(body, [*body[1:], ast.Pass()], strict=True):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            words = after.value.value if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant) else ""
            found[node.targets[0].id] = str(words)
    return found


def test_each_has_its_words_and_a_user() -> None:
    """A tolerance that nothing uses is deleted; one without words cannot be judged."""
    used = {
        alias.name
        for path in ROOT.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module == "finopt.tolerances"
        for alias in node.names
    }
    assert {name for name, words in named().items() if len(words.split()) < 5} == set()
    assert set(named()) == used
