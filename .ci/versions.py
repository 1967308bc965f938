"""Versions that finopt is installed with: write constraints.txt, list the floors, find which newest package breaks.

python .ci/versions.py lowest                      the floors of pyproject.toml, as constraints
python .ci/versions.py differ PYTHON               what an environment has that constraints.txt has not
python .ci/versions.py blame PYTHON TEST...        which of these makes tests fail
python .ci/versions.py write PYTHON PYTHON...      constraints.txt anew: one environment with '.[test]' a Python
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CONSTRAINTS = ROOT / "constraints.txt"
PINNED = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^;\s]+)\s*(?:;\s*(.*))?$")
FLOOR = re.compile(r"^([A-Za-z0-9._-]+)(\[[^]]*\])?>=([^;,\s]+)")
SELDOM = ("pip", "setuptools", "wheel", "finopt")
"""What every environment has."""
ELSEWHERE = {"appnope": "1.0.0", "colorama": "0.4.6", "pywin32": "312"}
"""What macOS and Windows need besides."""
HEAD = """\
# Every version that the two commands of the README install, on Python 3.11, 3.12 and 3.13: known to work together.
# To renew it: python .ci/versions.py write PYTHON PYTHON PYTHON, each of an environment with the newest '.[test]'.
"""
BLAME_TAKES = 480.0
"""Seconds after which no further package is tried."""


def main(what: str, *words: str) -> int:
    """Do one of the four; what it finds is printed."""
    if what == "lowest":
        print(*lowest(), sep="\n")
    elif what == "differ":
        print(*(f"{name} {has} ({had})" for name, has, had in differ(words[0])), sep="\n")
    elif what == "blame":
        print(blame(words[0], words[1:]))
    elif what == "write":
        CONSTRAINTS.write_text(HEAD + "\n".join(merged([installed(python) for python in words])) + "\n", "utf-8")
    else:
        print(__doc__)
        return 2
    return 0


def lowest() -> Iterator[str]:
    """Each requirement of finopt and of its tests at its floor; tools that only read the code are left as they are."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    for requirement in [*project["dependencies"], *project["optional-dependencies"]["test"]]:
        found = FLOOR.match(requirement)
        if found and ";" not in requirement and not re.search("mypy|ruff|stubs|types-", requirement):
            yield f"{found[1]}=={found[3]}"


def installed(python: str) -> tuple[str, dict[str, str]]:
    """The Python of an environment, as 3.11, and its packages."""
    version = _run([python, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]).stdout.strip()
    listed = json.loads(_run([python, "-m", "pip", "list", "--format", "json"]).stdout)
    return version, {_plain(p["name"]): p["version"] for p in listed if _plain(p["name"]) not in SELDOM}


def merged(found: Sequence[tuple[str, Mapping[str, str]]]) -> Iterator[str]:
    """One line a package, or one a range of Pythons where its versions differ."""
    found = sorted(found, key=lambda entry: int(entry[0].split(".")[1]))
    for name in sorted({name for _, packages in found for name in packages} | set(ELSEWHERE)):
        has = [(python, packages[name]) for python, packages in found if name in packages]
        steps = [entry for i, entry in enumerate(has) if i == 0 or entry[1] != has[i - 1][1]]
        if len(steps) < 2:
            yield f"{name}=={steps[0][1] if steps else ELSEWHERE[name]}"
            continue
        for i, (python, version) in enumerate(steps):
            marks = [f"python_version >= '{python}'"] if i else []
            marks += [f"python_version < '{after}'" for after, _ in steps[i + 1 : i + 2]]
            yield f"{name}=={version}; {' and '.join(marks)}"


def differ(python: str) -> list[tuple[str, str, str]]:
    """Packages of an environment in another version than constraints.txt has: name, version here, version there."""
    version, packages = installed(python)
    return [
        (name, packages[name], had)
        for name, had in sorted(constrained(version).items())
        if name in packages and packages[name] != had
    ]


def constrained(python: str) -> dict[str, str]:
    """The lines of constraints.txt that hold for a Python such as 3.11."""
    found = {}
    for line in CONSTRAINTS.read_text("utf-8").splitlines():
        pin = PINNED.match(line)
        if pin and all(_holds(mark, python) for mark in (pin[3] or "").split(" and ") if mark):
            found[_plain(pin[1])] = pin[2]
    return found


def blame(python: str, tests: Sequence[str]) -> str:
    """Put one package after another back to its version in constraints.txt, until the tests pass.

    What finopt names itself comes first.
    """
    direct = {_plain(line.split("==")[0]) for line in lowest()}
    suspects = sorted(differ(python), key=lambda entry: entry[0] not in direct)
    if not suspects:
        return "The newest versions are those of constraints.txt: the fault is finopt's own."
    end = time.monotonic() + BLAME_TAKES
    for name, has, had in suspects:
        if time.monotonic() > end:
            break
        _pip(python, f"{name}=={had}")
        if _passes(python, tests, end):
            return f"The newest {name}, {has}, breaks tests that pass with {name} {had} of constraints.txt."
        _pip(python, f"{name}=={has}")
    names = ", ".join(f"{name} {has} (not {had})" for name, has, had in suspects)
    return f"No package alone makes these tests fail. Newer than constraints.txt are: {names}."


def _passes(python: str, tests: Sequence[str], end: float) -> bool:
    command = [python, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *tests]
    try:
        return subprocess.run(command, cwd=ROOT, capture_output=True, timeout=max(60.0, end - time.monotonic()),
                              check=False).returncode == 0  # fmt: skip
    except subprocess.TimeoutExpired:
        return False


def _pip(python: str, requirement: str) -> None:
    """Install one package in one version, whatever others think of it."""
    _run([python, "-m", "pip", "install", "-q", "--no-deps", requirement])


def _run(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=300, check=True)


def _holds(mark: str, python: str) -> bool:
    """Whether a mark such as python_version < '3.12' holds for a Python."""
    _, sense, version = mark.replace("'", "").split()
    here, there = (int(word.split(".")[1]) for word in (python, version))
    return here < there if sense == "<" else here >= there


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
