"""CONTRIBUTING, the hooks and the workflow name only what exists, and what they promise is so."""

from __future__ import annotations

import inspect
import re
import tomllib
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

import finopt
import finopt.cli.main
from finopt.case.sheets import SHEETS
from finopt.cli.app import app
from finopt.model.build import FAMILIES
from tests.test_architecture import MAY_IMPORT

ROOT = Path(__file__).parent.parent
GUIDE = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
PYTHONS = ["3.11", "3.12", "3.13", "3.14"]
COMMANDS = [
    line.strip()
    for text in (
        *re.findall(r"^```sh\n(.*?)```$", GUIDE, flags=re.DOTALL | re.MULTILINE),
        *re.findall(r"`([^`\n]+)`", GUIDE),
    )
    for line in text.splitlines()
    if line.startswith(("python ", "finopt ", "pre-commit ", "git ", ".ci/"))
]
FORMS = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))


def parsed(path: str) -> Any:
    """A YAML file of the repository."""
    return yaml.safe_load((ROOT / path).read_text("utf-8"))


def section(title: str) -> str:
    """The text of the guide under one heading."""
    found = re.search(rf"^## {title}$(.*?)(?=^## |\Z)", GUIDE, flags=re.DOTALL | re.MULTILINE)
    assert found is not None, title
    return found[1]


# ------------------------------------------------------------------ CONTRIBUTING


def test_every_path_of_the_guide_exists() -> None:
    words = re.findall(r"`([^`\s]+)`", GUIDE) + re.findall(r"\]\(([^)#]+)\)", GUIDE)
    words += [word for command in COMMANDS for word in command.split() if not word.startswith("-")]
    paths = {w for w in words if re.fullmatch(r"\.?[A-Za-z][\w./-]*(/|\.(py|md|ya?ml|toml|txt)|/run)", w)}
    assert {"finopt/model/build.py", "tests/study/", ".ci/run", "CHANGELOG.md"} <= paths
    assert sorted(path for path in paths if not (ROOT / path).exists()) == []


def fault(command: str) -> str | None:
    """What a command of the guide names that does not exist, in words."""
    words = command.split()
    commands = typer.main.get_group(app).commands
    match words:
        case ["python", "-m", "build" | "pip" | "ruff" | "mypy" | "pytest", *_]:
            return None
        case ["python", "-m", module, *_]:
            return None if find_spec(module) else f"no module {module}"
        case ["python", script, *_]:
            return None if (ROOT / script).is_file() else f"no script {script}"
        case ["finopt", "--version"]:
            return None
        case ["finopt", name, *rest]:
            known = {option for param in commands[name].params for option in param.opts} if name in commands else set()
            strange = [word for word in rest if word.startswith("-") and word not in known]
            return f"no command {name}" if name not in commands else f"no option {strange}" if strange else None
        case [".ci/run"]:
            return None if (ROOT / ".ci" / "run").is_file() else "no .ci/run"
    return None if words[0] in ("git", "pre-commit") else f"what is {words[0]}?"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_of_the_guide_exists(command: str) -> None:
    assert fault(command) is None


@pytest.mark.parametrize(
    "command",
    ["python -m finopt.nowhere", "python docs/nothing.py a", "finopt plan x", "finopt run x --fast", "make all"],
)
def test_a_command_that_does_not_exist_is_found(command: str) -> None:
    assert fault(command) is not None


def test_every_mark_of_the_guide_is_declared_and_the_other_way_round() -> None:
    named = set(re.findall(r'-m "(?:not )?(\w+)"', GUIDE))
    declared = {mark.partition(":")[0] for mark in SETTINGS["tool"]["pytest"]["ini_options"]["markers"]}
    assert named == declared


@pytest.mark.parametrize("what", ["a column", "a limit", "a trait of instruments", "a sheet of the report", "a study"])
def test_a_recipe_names_its_files_and_its_test(what: str) -> None:
    steps = re.findall(r"^\d\. .*?(?=^\d\. |^$|\Z)", section(f"Adding {what}"), flags=re.DOTALL | re.MULTILINE)
    assert len(steps) >= 3
    assert re.search(r"`finopt/[\w/]+\.py`", "".join(steps))
    assert "test" in "".join(steps)


def test_the_recipe_of_a_limit_ends_in_the_lists_that_the_program_is_made_of() -> None:
    recipe = section("Adding a limit")
    assert "`finopt/case/sheets.py`" in recipe
    assert "`finopt/model/build.py`" in recipe
    assert "FAMILIES" in recipe
    home = Path(finopt.__file__).parent / "model"
    assert {Path(inspect.getfile(type(family))).parent for family in FAMILIES} == {home}
    assert inspect.getfile(SHEETS["Sources"]) == str(home.with_name("case") / "sheets.py")


def test_the_recipe_of_a_study_names_every_folder_of_studies() -> None:
    folders = {room.partition(".")[2] for room in MAY_IMPORT if room.startswith("study.")} - {"engine"}
    named = re.search(r"`finopt/study/` \(([^)]+)\)", section("Adding a study"))
    assert named is not None
    assert set(named[1].split(", ")) == folders


def test_style_fits_in_ten_lines() -> None:
    rules = re.findall(r"^(\d+)\. .+$", section("Style"), flags=re.MULTILINE)
    assert rules == [str(n) for n in range(1, 11)]
    assert f"at most {SETTINGS['tool']['ruff']['line-length']} characters" in section("Style")


def test_a_release_says_where_the_version_stands() -> None:
    assert f"`{SETTINGS['tool']['hatch']['version']['path']}`" in section("Releasing")
    assert re.search(r"git tag -a v\d+\.\d+\.\d+ ", section("Releasing"))


def test_the_source_archive_holds_what_these_tests_read() -> None:
    packed = SETTINGS["tool"]["hatch"]["build"]["targets"]["sdist"]["include"]
    assert {"CONTRIBUTING.md", "docs", "tests", ".ci", ".github", ".pre-commit-config.yaml"} <= set(packed)


# ------------------------------------------------------------------ the workflow


def test_the_workflow_runs_on_every_system_and_python() -> None:
    matrix = parsed(".github/workflows/ci.yml")["jobs"]["tests"]["strategy"]["matrix"]
    assert {name.partition("-")[0] for name in matrix["os"]} == {"ubuntu", "windows", "macos"}
    assert matrix["python"] == PYTHONS


def test_the_package_says_that_it_runs_on_the_same_pythons() -> None:
    stated = re.findall(r"Python :: (3\.\d+)", " ".join(SETTINGS["project"]["classifiers"]))
    assert stated == PYTHONS
    assert SETTINGS["project"]["requires-python"] == f">={PYTHONS[0]}"


def steps_of(job: str) -> list[dict[str, Any]]:
    """The steps of a job of the workflow."""
    steps: list[dict[str, Any]] = parsed(".github/workflows/ci.yml")["jobs"][job]["steps"]
    return steps


def test_the_workflow_installs_what_is_pinned_and_runs_all_tests() -> None:
    lines = [step.get("run", "") for step in steps_of("tests")]
    assert any("pip install -c constraints.txt -e '.[test]'" in line for line in lines)
    assert (ROOT / "constraints.txt").is_file()
    assert "python -m pytest -q" in lines
    office = next(step for step in steps_of("tests") if "libreoffice-calc" in step.get("run", ""))
    assert office["if"] == "runner.os == 'Linux'"


def test_a_tag_that_is_not_the_version_is_refused() -> None:
    step = next(step for step in steps_of("tests") if "GITHUB_REF_NAME" in step.get("run", ""))
    assert step["if"] == "startsWith(github.ref, 'refs/tags/v')"
    assert "finopt --version" in step["run"]


def test_style_is_checked_as_the_guide_says() -> None:
    lines = [step["run"] for step in steps_of("style") if "run" in step]
    assert lines[-3:] == ["python -m ruff check .", "python -m ruff format --check .", "python -m mypy"]


def test_every_job_ends_and_may_only_read() -> None:
    workflow = parsed(".github/workflows/ci.yml")
    assert workflow["permissions"] == {"contents": "read"}
    assert all(job["timeout-minutes"] <= 90 for job in workflow["jobs"].values())
    assert [step["run"] for step in steps_of("everything") if "run" in step] == [".ci/run"]


def test_the_workflow_starts_on_changes_tags_and_every_week() -> None:
    starts = parsed(".github/workflows/ci.yml")["on"]
    assert set(starts) == {"push", "pull_request", "schedule", "workflow_dispatch"}
    assert starts["push"]["tags"] == ["v*"]


# ------------------------------------------------------------------ hooks, forms, security


def hooks() -> dict[str, dict[str, Any]]:
    """The hooks by their id."""
    return {hook["id"]: hook for repo in parsed(".pre-commit-config.yaml")["repos"] for hook in repo["hooks"]}


def test_hooks_run_the_tools_that_the_tests_install() -> None:
    tools = {hook["entry"].split()[2] for hook in hooks().values() if hook["language"] == "system"}
    assert tools == {"ruff", "mypy"}
    needed = {re.split(r"[>=\[]", line)[0] for line in SETTINGS["project"]["optional-dependencies"]["test"]}
    assert tools <= needed


@pytest.mark.parametrize(
    "message",
    [
        "solve: certify every plan before it exists",
        "report: say what binds\n\nA body may be as long as it wants, " + "and longer " * 12,
        "case, model: one table of traits\n",
        "x: " + "a" * 69,
        "Merge branch 'reader'",
    ],
)
def test_a_good_subject_passes_the_hook(message: str) -> None:
    assert re.search(hooks()["subject"]["entry"], message, flags=re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize(
    "message",
    [
        "certify every plan before it exists",
        "Solve: certify every plan",
        "solve:certify every plan",
        "x: " + "a" * 70,
        "a subject without an area\n\nsolve: this line is the body",
        "",
    ],
)
def test_a_bad_subject_is_stopped_by_the_hook(message: str) -> None:
    hook = hooks()["subject"]
    assert hook["args"] == ["--multiline", "--negate"]
    assert hook["stages"] == ["commit-msg"]
    assert not re.search(hook["entry"], message, flags=re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("path", [path for path in FORMS if path.name != "config.yml"], ids=lambda path: path.stem)
def test_every_form_asks_for_something_once_and_can_be_filled_in(path: Path) -> None:
    form = yaml.safe_load(path.read_text("utf-8"))
    assert {"name", "description", "body"} <= set(form)
    asked = [part for part in form["body"] if part["type"] != "markdown"]
    ids = [part["id"] for part in asked]
    assert len(set(ids)) == len(ids)
    assert any(part.get("validations", {}).get("required") for part in asked)
    assert all(part["attributes"]["label"] for part in asked)


def test_there_are_forms_for_figures_failures_and_terms() -> None:
    assert {path.stem for path in FORMS} == {"config", "wrong_figure", "failure", "missing_term"}


def test_what_the_forms_and_pages_ask_a_user_to_run_exists() -> None:
    pages = [*FORMS, ROOT / ".github" / "SECURITY.md", ROOT / ".github" / "pull_request_template.md"]
    named = [c for page in pages for c in re.findall(r"`(finopt [^`]+)`", page.read_text("utf-8"))]
    assert "finopt --version" in named
    assert [command for command in named if fault(command)] == []


def test_a_fault_of_security_has_a_private_way() -> None:
    text = (ROOT / ".github" / "SECURITY.md").read_text("utf-8")
    assert "Report a vulnerability" in text
    assert "do not open a public issue" in text
    options = {
        option for command in typer.main.get_group(app).commands.values() for p in command.params for option in p.opts
    }
    assert set(re.findall(r"`(--[a-z-]+)`", text)) <= options | {"--version"}
