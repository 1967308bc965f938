"""What the README shows is what happens."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import typer

import finopt
import finopt.cli.main  # registers the commands with the application
from finopt.cli.app import app

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")


def blocks(language: str) -> list[str]:
    """The README's code in one language, block by block."""
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


def test_it_opens_with_the_picture_and_the_two_commands() -> None:
    picture = re.match(r"!\[[^\]]+\]\(([^)]+)\)", README)
    assert picture is not None
    assert (ROOT / picture[1]).read_bytes().startswith(b"\x89PNG")
    first, second = blocks("sh")[:2]
    assert first.strip().endswith("finopt run inputs/bering_tunnel.xlsx")
    assert second.strip().endswith("python -m pytest -q -n auto")
    assert first.count("\n") == second.count("\n") == 1, "one line each"
    assert all("pip install -q -c constraints.txt -e " in command for command in (first, second))


def test_its_script_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "inputs").symlink_to(ROOT / "inputs")
    monkeypatch.chdir(tmp_path)
    (script,) = blocks("python")
    names: dict[str, object] = {}
    exec(compile(script, "README.md", "exec"), names)
    plan = names["plan"]
    assert isinstance(plan, finopt.Plan)
    assert str(plan) in capsys.readouterr().out
    assert (tmp_path / "reports" / "bering_tunnel.xlsx").exists()


def test_every_link_leads_somewhere() -> None:
    links = re.findall(r"\]\(([^)#]+)\)", README)
    assert [link for link in links if "://" not in link and not (ROOT / link).exists()] == []


def test_its_table_lists_every_command_and_its_text_only_options_that_exist() -> None:
    commands = typer.main.get_group(app).commands
    table = README[README.index("## Commands") : README.index("## In Python")]
    assert set(re.findall(r"^\| `finopt ([a-z]+)", table, flags=re.MULTILINE)) == set(commands)
    known = {option for command in commands.values() for param in command.params for option in param.opts}
    named = set(re.findall(r"--[a-z-]+", " ".join(re.findall(r"`([^`]+)`", table))))
    assert named
    assert named <= known
