"""The version is stated once, and every place that shows it shows that one."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import openpyxl
import pytest

import finopt
from finopt import Infeasible
from finopt.cli.main import main
from finopt.report.plan_json import no_plan_json, plan_json
from tests.study.small import lenders

ROOT = Path(__file__).parent.parent


def test_the_command_prints_the_version_of_the_package(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["--version"])
    assert end.value.code in (0, None)
    assert capsys.readouterr().out == f"finopt {finopt.__version__}\n"


def test_the_help_of_the_command_is_still_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    text = capsys.readouterr().out
    assert "Who pays for what, when, with which money" in text
    assert "--version" in text


def test_the_build_reads_the_version_from_the_package() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    assert "version" not in settings["project"]
    assert settings["project"]["dynamic"] == ["version"]
    stated = (ROOT / settings["tool"]["hatch"]["version"]["path"]).read_text("utf-8")
    assert re.findall(r'^__version__ = "(.+)"$', stated, flags=re.MULTILINE) == [finopt.__version__]


def test_no_other_line_of_the_package_states_a_version() -> None:
    places = [
        path.relative_to(ROOT).as_posix()
        for path in sorted((ROOT / "finopt").rglob("*.py"))
        if re.search(rf"\b{re.escape(finopt.__version__)}\b(?!\.\d)", path.read_text("utf-8"))
    ]
    assert places == ["finopt/version.py"]


def test_the_version_heads_the_changelog_as_three_numbers() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+", finopt.__version__)
    newest = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text("utf-8"), flags=re.MULTILINE)
    assert newest is not None
    assert newest[1] == finopt.__version__


def test_reports_and_json_say_which_version_wrote_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The version of the code that runs, whatever version of the package an installer noted."""
    monkeypatch.setattr("finopt.report.record.cover.__version__", "7.8.9")
    monkeypatch.setattr("finopt.report.plan_json.__version__", "7.8.9")
    plan = finopt.solve(lenders())
    cover = openpyxl.load_workbook(finopt.write_report(plan, tmp_path / "report.xlsx"), read_only=True)["Cover"]
    tools = next(row[1] for row in cover.iter_rows(values_only=True) if row[0] == "Tools")
    assert str(tools).startswith("finopt 7.8.9, PuLP ")
    assert plan_json(plan, {})["finopt"] == "7.8.9"
    assert no_plan_json(Infeasible("No plan exists."), {})["finopt"] == "7.8.9"
