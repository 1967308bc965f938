"""docs/architecture.md draws the code as it is: floors, rooms, arrows, folders, libraries."""

from __future__ import annotations

import ast
import re
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from tests.test_architecture import BASE, MAY_IMPORT, MET_IN, MODULES, imports, module_of, public_homes, room_of

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "architecture.md").read_text("utf-8")
LOWEST_FIRST = list(MAY_IMPORT)
MOST_FILES = 15
"""Modules in one folder, `__init__` among them: more are several rooms."""
Arrows = set[tuple[str, str]]


def drawn(heading: str, page: str = PAGE) -> Arrows:
    """The arrows of the drawing under a heading; `a --> b & c` are two."""
    drawing = re.search(rf"^## {heading}$.*?```mermaid\n(.*?)```", page, flags=re.DOTALL | re.MULTILINE)
    assert drawing is not None, heading
    lines = re.findall(r"^ *([\w.]+) --> (.+)$", drawing[1], flags=re.MULTILINE)
    return {(start, end) for start, ends in lines for end in ends.split(" & ")}


def table(heading: str) -> list[list[str]]:
    """The rows of the table under a heading, cell by cell."""
    part = re.search(rf"^## {heading}$(.*?)(?=^## |\Z)", PAGE, flags=re.DOTALL | re.MULTILINE)
    assert part is not None, heading
    rows = [line.strip("| ").split(" | ") for line in part[1].splitlines() if line.startswith("| ")]
    return rows[1:]


def floor_of(room: str) -> str:
    """The floor of a room: `study` for `study.engine`."""
    return room.partition(".")[0]


def test_every_room_imports_only_rooms_that_stand_below_it() -> None:
    upward = [
        (room, other)
        for room, others in MAY_IMPORT.items()
        for other in others
        if LOWEST_FIRST.index(other) >= LOWEST_FIRST.index(room)
    ]
    assert upward == []


def test_floors_stand_below_each_other_as_a_whole() -> None:
    floors = list(dict.fromkeys(map(floor_of, LOWEST_FIRST)))
    below = {(floor_of(room), floor_of(other)) for room, others in MAY_IMPORT.items() for other in others}
    assert [arrow for arrow in below if floors.index(arrow[0]) < floors.index(arrow[1])] == []


def test_no_two_folders_import_each_other_however_far_around() -> None:
    """Folders as they lie, the single modules of `finopt/` apart; the table could hide a circle inside a room."""
    below: dict[str, set[str]] = {}
    for path in MODULES:
        home = folder_of(module_of(path))
        names = [name.removeprefix("finopt.") for name in imports(path.read_text("utf-8")) if "finopt." in name]
        below.setdefault(home, set()).update({folder_of(name) for name in names} - {home})
    TopologicalSorter(below).prepare()


def folder_of(module: str) -> str:
    """The folder of a module, of one in `finopt/` itself its own name."""
    parts = module.split(".")
    deepest = (".".join(parts[:n]) for n in range(len(parts), 0, -1))
    return next((name for name in deepest if (ROOT / "finopt" / name.replace(".", "/")).is_dir()), parts[0])


def test_no_permission_is_left_unused() -> None:
    used = {
        (room_of(module_of(path)), room_of(name.removeprefix("finopt").removeprefix(".")))
        for path in MODULES
        for name in imports(path.read_text("utf-8"))
        if floor_of(name) == "finopt"
    }
    used |= {("finopt", room_of(home.removeprefix("finopt."))) for home in public_homes()}
    allowed = {(room, other) for room, others in MAY_IMPORT.items() for other in others}
    assert allowed - used == set()


def test_the_floors_are_drawn_with_every_arrow_and_no_other() -> None:
    between = {(floor_of(room), floor_of(other)) for room, others in MAY_IMPORT.items() for other in others}
    assert drawn("The floors") == {(start, end) for start, end in between if start != end}


@pytest.mark.parametrize("floor", ["study", "report"])
def test_the_rooms_of_a_floor_are_drawn_with_every_arrow_and_no_other(floor: str) -> None:
    inside = {
        (room, other)
        for room, others in MAY_IMPORT.items()
        for other in others
        if {*map(floor_of, (room, other))} == {floor}
    }
    assert drawn(f"Inside {floor}") == inside


@pytest.mark.parametrize("heading", ["The floors", "Inside study", "Inside report"])
def test_every_box_is_drawn_once_with_a_label(heading: str) -> None:
    drawing = re.search(rf"^## {heading}$.*?```mermaid\nflowchart TB\n(.*?)```", PAGE, flags=re.DOTALL | re.MULTILINE)
    assert drawing is not None
    boxes = re.findall(r'^    ([\w.]+)\["[^"]+"\]$', drawing[1], flags=re.MULTILINE)
    floor = heading.removeprefix("Inside ")
    rooms = [room for room in MAY_IMPORT if floor_of(room) == floor and room != "study"]
    assert sorted(boxes) == sorted(rooms or {floor_of(room) for room in MAY_IMPORT})


def test_a_drawing_that_differs_is_found() -> None:
    page = "## The floors\n\n```mermaid\nflowchart TB\n    cli --> report & base\n    case --> base\n```\n"
    assert drawn("The floors", page) == {("cli", "report"), ("cli", "base"), ("case", "base")}


def test_every_room_stands_in_the_table_highest_first_with_what_it_may_import() -> None:
    rows = table("The rooms")
    assert [row[0] for row in rows] == LOWEST_FIRST[::-1]
    stated = {row[0]: {*row[3].split(", ")} - {"nothing"} for row in rows}
    assert stated == MAY_IMPORT


def test_every_folder_of_the_package_is_named_and_every_named_one_exists() -> None:
    named = {place for row in table("The rooms") for place in re.findall(r"`finopt/(\S+)/`", row[1])}
    folders = {path.parent.relative_to(ROOT / "finopt").as_posix() for path in MODULES} - {"."}
    assert named == folders


def test_every_path_of_the_page_exists() -> None:
    paths = re.findall(r"`((?:finopt|tests|docs)/[\w./]*)`", PAGE)
    assert len(paths) > len(MAY_IMPORT)
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_the_single_modules_are_rooms_or_base() -> None:
    single = {path.stem for path in (ROOT / "finopt").glob("*.py")} - {"__init__"}
    assert single <= BASE | set(MAY_IMPORT)


def test_every_library_stands_where_it_is_met() -> None:
    assert {library: {*rooms.split(", ")} for library, rooms in table("Where each library is met")} == MET_IN


def test_no_folder_holds_more_files_than_one_can_survey() -> None:
    folders = {path.parent for path in MODULES}
    full = {
        folder.relative_to(ROOT).as_posix(): count
        for folder in folders
        if (count := len(list(folder.glob("*.py")))) > MOST_FILES
    }
    assert full == {}


def functions_of_studies(source: str) -> list[str]:
    """Functions that a module takes from a study: kinds of result and constants begin with a capital letter."""
    nodes = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ImportFrom)]
    studies = [node for node in nodes if (node.module or "").startswith("finopt.study")]
    return [f"{node.module}.{alias.name}" for node in studies for alias in node.names if not alias.name[0].isupper()]


@pytest.mark.parametrize("path", [path for path in MODULES if floor_of(module_of(path)) == "report"], ids=module_of)
def test_reports_never_solve(path: Path) -> None:
    assert functions_of_studies(path.read_text("utf-8")) == []


def test_a_report_that_solves_is_found() -> None:
    source = "def f():\n    from finopt.study.sensitivity.prices import (\n        Prices,\n        confirmed,\n    )"
    assert functions_of_studies(source) == ["finopt.study.sensitivity.prices.confirmed"]
