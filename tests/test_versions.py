"""constraints.txt and pyproject.toml agree: what is known to work together lies within what is said to work."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
PINS = [
    Requirement(line) for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines() if not line.startswith("#")
]


@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13"])
def test_every_requirement_is_pinned_once_to_a_version_that_it_allows(python: str) -> None:
    here = {"python_version": python}
    pinned = [pin for pin in PINS if pin.marker is None or pin.marker.evaluate(here)]
    versions = {canonicalize_name(pin.name): str(pin.specifier) for pin in pinned}
    assert len(versions) == len(pinned)
    for line in [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["test"]]:
        asked = Requirement(line)
        version = versions[canonicalize_name(asked.name)]
        assert version.startswith("==")
        if asked.marker is None or asked.marker.evaluate(here):
            assert asked.specifier.contains(version.removeprefix("==")), line


def test_every_requirement_has_a_floor() -> None:
    extras = [line for lines in PROJECT["optional-dependencies"].values() for line in lines]
    assert [line for line in [*PROJECT["dependencies"], *extras] if ">=" not in line] == []
