"""Every bomb is read or refused with little memory; the limits, one by one, are in `finopt.workbook.bounds`."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

import pytest

from finopt import CaseError, read_case
from finopt.workbook import bounds
from tests.slow import split
from tests.workbook.bombs import BOMBS, archive, parts_of, sheet, write_bomb

GOOD = Path(__file__).parent.parent.parent / "inputs" / "amur_rail_bridge.xlsx"
MORE_MEMORY = 150
"""Megabytes that a bomb may take beside what a good workbook takes."""
MEASURE = """
import sys, tracemalloc
from pathlib import Path
from finopt import CaseError, read_case
import resource
before = resource.getrusage(resource.RUSAGE_SELF)
try:
    read_case(Path(sys.argv[1]))
    words = "read"
except CaseError as error:
    words = str(error).splitlines()[0]
after = resource.getrusage(resource.RUSAGE_SELF)
print((after.ru_maxrss - before.ru_maxrss) // 1024, words)
"""
READ = {"a long format", "fonts", "defined names", "one defined name", "comments"}
"""Bombs in what a reader of values does not look at, or takes little of."""
QUICK = ["merged columns", "merged over rows", "deep nesting", "one tag", "one text", "names of elements", "sheets",
         "cell formats", "one defined name", "column formats"]  # fmt: skip


@pytest.mark.skipif(sys.platform == "win32", reason="resource, which measures memory, is of Unix")
@pytest.mark.parametrize("name", split(QUICK, 6))
def test_a_bomb_takes_little_memory(tmp_path: Path, name: str) -> None:
    path = write_bomb(name, GOOD, tmp_path)
    made = subprocess.run(
        [sys.executable, "-c", MEASURE, str(path)], check=True, capture_output=True, text=True, timeout=120
    )
    memory, _, words = made.stdout.partition(" ")
    assert int(memory) < MORE_MEMORY
    assert ("read" in words) == (name in READ)


def test_every_bomb_stays_where_this_file_can_find_it() -> None:
    assert set(QUICK) | READ <= set(BOMBS)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss > 0


def test_what_is_found_and_the_way_out_are_said(tmp_path: Path) -> None:
    with pytest.raises(CaseError) as wrong:
        read_case(write_bomb("merged columns", GOOD, tmp_path))
    assert str(wrong.value) == (
        "merged_columns.xlsx: found a workbook with more than 100,000,000 cells under one merged area "
        "(Project!A1:XFD1048576), expected an Excel workbook (.xlsx or .xlsm) - unmerge it: a table needs none"
    )


def test_a_limit_holds_at_its_number() -> None:
    bound = bounds.Bound(3, "hats", "take some off")
    bound.hold(3)
    with pytest.raises(bounds.Refused, match="more than 3 hats"):
        bound.hold(4)


@pytest.mark.parametrize(
    ("part", "content"),
    [
        ("xl/theme/theme1.xml", b"<not a theme"),
        ("docProps/core.xml", b"<broken>"),
        ("xl/charts/chart9.xml", b"<chart/>"),
        ("xl/externalLinks/externalLink1.xml", b"\x00"),
        ("xl/printerSettings/printerSettings1.bin", b"\x00"),
    ],
)
def test_what_holds_no_value_may_be_broken(tmp_path: Path, part: str, content: bytes) -> None:
    path = tmp_path / "case.xlsx"
    path.write_bytes(archive(parts_of(GOOD.read_bytes()) | {part: content}))
    assert same(path)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'numFmtId="0"', b'numFmtId="4294967295"'),
        (b'fontId="0"', b'fontId="99999"'),
        (b'rgb="00', b'rgb="nonsense'),
        (b'formatCode="0.0#"', b'formatCode="' + b"[" * 5000 + b'"'),
        (b"<fonts", b'<numFmts count="1"><numFmt numFmtId="190" formatCode="0"/></numFmts><fonts'),
    ],
)
def test_values_need_no_styles(tmp_path: Path, old: bytes, new: bytes) -> None:
    parts = parts_of(GOOD.read_bytes())
    assert old in parts["xl/styles.xml"]
    path = tmp_path / "case.xlsx"
    path.write_bytes(archive(parts | {"xl/styles.xml": parts["xl/styles.xml"].replace(old, new)}))
    assert same(path)


@pytest.mark.parametrize(
    "way", ["/xl/worksheets/", "worksheets/", "../xl/worksheets/", "./WORKSHEETS/", "worksheets\\"]
)
def test_relationships_may_lead_any_way(tmp_path: Path, way: str) -> None:
    parts = parts_of(GOOD.read_bytes())
    name = "xl/_rels/workbook.xml.rels"
    assert b'"/xl/worksheets/' in parts[name]
    parts[name] = parts[name].replace(b'"/xl/worksheets/', f'"{way}'.encode())
    path = tmp_path / "case.xlsx"
    path.write_bytes(archive(parts))
    assert same(path)


def same(path: Path) -> bool:
    """Whether a workbook holds the same case as the good one."""
    good, other = read_case(GOOD), read_case(path)
    return good.tables == other.tables


def test_what_stands_under_a_merged_area_is_not_read(tmp_path: Path) -> None:
    """A reader of the sheet sees the first cell of such an area alone."""
    from finopt.workbook.container import open_container

    data = '<row r="1"><c r="A1"><v>1</v></c><c r="B1"><v>2</v></c></row><row r="2"><c r="A2"><v>3</v></c></row>'
    parts = parts_of(GOOD.read_bytes())
    parts["xl/worksheets/sheet2.xml"] = sheet(data, after='<mergeCells><mergeCell ref="A1:B2"/></mergeCells>')
    path = tmp_path / "case.xlsx"
    path.write_bytes(archive(parts))
    (first, *_) = open_container(path).sheets
    assert {n: {c: cell.value for c, cell in cells.items()} for n, cells in first.rows.items()} == {1: {1: 1}}
