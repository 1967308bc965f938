"""The notebooks run from the first cell to the last, and carry no old outputs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

NOTEBOOKS = sorted((Path(__file__).parent.parent / "notebooks").glob("*.ipynb"))
RUN = """
import sys, nbformat
from nbclient import NotebookClient
notebook = nbformat.read(sys.argv[1], as_version=4)
assert all(not cell.get("outputs") for cell in notebook.cells), "clear the outputs before committing"
NotebookClient(notebook, timeout=120, kernel_name="python3").execute(cwd=sys.argv[2])
outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
print("".join(output["text"] for output in outputs if output.get("name") == "stderr"), file=sys.stderr)
"""


def test_the_notebooks_are_there() -> None:
    names = {path.stem for path in NOTEBOOKS}
    assert {"01_first_plan", "02_what_if", "03_why_no_plan"} <= names


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs(path: Path, tmp_path: Path) -> None:
    """In a process of its own, since the kernel's own machinery warns of things that are not ours."""
    home = {"JUPYTER_PLATFORM_DIRS": "1", "IPYTHONDIR": str(tmp_path), "MPLBACKEND": "Agg"}
    done = subprocess.run(
        [sys.executable, "-c", RUN, str(path), str(path.parent)],
        capture_output=True,
        text=True,
        env={**os.environ, **home},
        timeout=150,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert "Warning" not in done.stderr
