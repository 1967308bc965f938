"""A package is checked before it is moved into place: each fault is one edit away from a good one."""

from __future__ import annotations

import io
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import xlsxwriter

from finopt import ReportError
from finopt.report.write_back.package_check import faults
from finopt.report.write_back.write_back import write_back

Parts = dict[str, bytes]


def book(path: Path, *titles: str) -> Path:
    with xlsxwriter.Workbook(path) as made:
        for title in titles:
            made.add_worksheet(title).write(0, 0, "x")
    return path


def parts_of(path: Path) -> Parts:
    with zipfile.ZipFile(path) as file:
        return {name: file.read(name) for name in file.namelist()}


def archive(parts: Parts, *more: tuple[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as file, warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        for name, content in (*parts.items(), *more):
            file.writestr(name, content)
    return stream.getvalue()


@pytest.fixture
def good(tmp_path: Path) -> Parts:
    return parts_of(book(tmp_path / "good.xlsx", "One", "Two"))


def test_a_good_package_has_no_fault(good: Parts) -> None:
    assert faults(archive(good), "good") == set()


def changed(part: str, old: bytes, new: bytes) -> Callable[[Parts], Parts]:
    def change(parts: Parts) -> Parts:
        assert old in parts[part]
        return parts | {part: parts[part].replace(old, new)}

    return change


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda parts: parts | {"xl/odd.bin": b"x"}, "the part xl/odd.bin has no content type"),
        (
            changed("[Content_Types].xml", b'Extension="rels"', b'Extension="other"'),
            "the part _rels/.rels has no content type",
        ),
        (
            changed("xl/_rels/workbook.xml.rels", b"worksheets/sheet2.xml", b"worksheets/sheet3.xml"),
            "the sheet Two has no part",
        ),
        (
            changed("xl/_rels/workbook.xml.rels", b"theme/theme1.xml", b"theme/theme9.xml"),
            "of xl/workbook.xml leads to no part",
        ),
        (changed("xl/worksheets/sheet1.xml", b"</worksheet>", b""), "the part xl/worksheets/sheet1.xml is no XML"),
        (changed("xl/workbook.xml", b'name="Two"', b'name="ONE"'), "two sheets are called one"),
    ],
)
def test_each_fault_is_found(good: Parts, change: Callable[[Parts], Parts], fault: str) -> None:
    found = faults(archive(change(good)), "bad")
    assert any(fault in words for words in found), found


def test_a_name_twice_is_found_whatever_its_case(good: Parts) -> None:
    found = faults(archive(good, ("xl/Workbook.xml", good["xl/workbook.xml"])), "bad")
    assert "the part xl/Workbook.xml is there twice" in found


def only_overrides(parts: Parts) -> Parts:
    """Every part with a content type of its own, and none by extension: such workbooks exist, and Excel opens them."""
    types = parts["[Content_Types].xml"].decode()
    relations = "application/vnd.openxmlformats-package.relationships+xml"
    for name in parts:
        if name.endswith(".rels"):
            entry = f'<Override PartName="/{name}" ContentType="{relations}"/>'
            types = types.replace("</Types>", f"{entry}</Types>")
    types = types.replace(f'<Default Extension="rels" ContentType="{relations}"/>', "")
    assert 'Default Extension="rels"' not in types
    return parts | {"[Content_Types].xml": types.encode()}


def test_relationship_parts_that_are_added_have_a_content_type(good: Parts, tmp_path: Path) -> None:
    mine, donor = tmp_path / "mine.xlsx", tmp_path / "donor.xlsx"
    mine.write_bytes(archive(only_overrides(good)))
    with xlsxwriter.Workbook(donor) as made:
        sheet, chart = made.add_worksheet("Plan"), made.add_chart({"type": "line"})
        chart.add_series({"values": "=Plan!$A$1:$A$2"})
        sheet.insert_chart("C3", chart)
    result = write_back(mine, donor)
    assert faults(result.read_bytes(), "result") == set()
    assert any(name.startswith("xl/worksheets/_rels/") for name in parts_of(result))


def test_a_fault_of_ours_stops_the_write(good: Parts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from finopt.report.write_back.ooxml_package import Package

    mine = tmp_path / "mine.xlsx"
    mine.write_bytes(archive(good))
    donor = book(tmp_path / "donor.xlsx", "Plan")
    add = Package.add
    monkeypatch.setattr(Package, "add", lambda self, name, data, kind="": add(self, name, data[:-1], kind))
    with pytest.raises(ReportError, match="without harm"):
        write_back(mine, donor)
    assert not (tmp_path / "mine.funded.xlsx").exists()


def test_a_fault_of_the_users_own_is_no_reason(good: Parts, tmp_path: Path) -> None:
    mine = tmp_path / "mine.xlsx"
    mine.write_bytes(archive(good | {"xl/odd.bin": b"x"}))
    result = write_back(mine, book(tmp_path / "donor.xlsx", "Plan"))
    assert faults(result.read_bytes(), "result") == {"the part xl/odd.bin has no content type"}
