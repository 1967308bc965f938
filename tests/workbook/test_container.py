"""What a file really is: one sentence each, before anything parses it."""

from __future__ import annotations

import io
import os
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from finopt import CaseError, read_case
from finopt.workbook import container
from finopt.workbook.writer import write_template

Faults = Callable[[Path], list[str]]
OLE = bytes.fromhex("D0CF11E0A1B11AE1") + bytes(504)


def write(folder: Path, content: bytes, name: str = "case.xlsx") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def good(folder: Path) -> bytes:
    path = folder / "good.xlsx"
    write_template(path)
    return path.read_bytes()


def archive(parts: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in parts.items():
            file.writestr(name, content)
    return stream.getvalue()


def types(content_type: str) -> dict[str, bytes]:
    entry = f'<Override PartName="/xl/workbook.bin" ContentType="{content_type}"/>'
    space = "http://schemas.openxmlformats.org/package/2006/content-types"
    return {"[Content_Types].xml": f'<Types xmlns="{space}">{entry}</Types>'.encode()}


def parts_of(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        return {name: file.read(name) for name in file.namelist()}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "an empty file"),
        (OLE + "EncryptedPackage".encode("utf-16-le"), "locked with a password"),
        (OLE + "Workbook".encode("utf-16-le"), "old .xls format"),
        (OLE + "WordDocument".encode("utf-16-le"), "an old Office document that is no workbook"),
        (b"Source,Limit\nA,5\n", "plain text (CSV)"),
        ("Source;Limit\nÉtat;5\n".encode("utf-16"), "plain text (CSV)"),
        (b"<!DOCTYPE html><html><table></table></html>", "a web page (HTML)"),
        (b"<html xmlns:x='urn:schemas-microsoft-com:office:excel'></html>", "a web page (HTML)"),
        (b"<?xml version='1.0'?><Workbook/>", "an XML text"),
        (b"%PDF-1.7 ...", "a PDF document"),
        (bytes(range(256)), "a file of another kind"),
        (archive({"notes.txt": b"hello"}), "a zip archive that is no workbook"),
        (archive({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet"}), "OpenDocument spreadsheet (.ods)"),
        (
            archive(types("application/vnd.ms-excel.sheet.binary.macroEnabled.main")),
            "a binary workbook (.xlsb)",
        ),
        (
            archive(types("application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml")),
            "an Office document that is no workbook",
        ),
    ],
)  # fmt: skip
def test_a_file_that_is_no_workbook_is_named(tmp_path: Path, faults: Faults, content: bytes, words: str) -> None:
    (line,) = faults(write(tmp_path, content))
    assert line.startswith("case.xlsx: found ")
    assert words in line
    assert "expected an Excel workbook (.xlsx or .xlsm)" in line
    assert " - " in line  # the way out


def test_a_workbook_cut_off_on_its_way(tmp_path: Path, faults: Faults) -> None:
    whole = good(tmp_path)
    (line,) = faults(write(tmp_path, whole[: len(whole) // 2]))
    assert "damaged workbook" in line


def test_a_workbook_with_a_changed_byte(tmp_path: Path, faults: Faults) -> None:
    content = bytearray(good(tmp_path))
    with zipfile.ZipFile(io.BytesIO(bytes(content))) as file:
        part = file.getinfo("xl/worksheets/sheet2.xml")
    content[part.header_offset + 30 + len(part.filename) + part.compress_size // 2] ^= 0xFF
    (line,) = faults(write(tmp_path, bytes(content)))
    assert "damaged workbook" in line


def test_a_workbook_with_a_broken_part_says_so(tmp_path: Path, faults: Faults) -> None:
    parts = parts_of(good(tmp_path))
    parts["xl/workbook.xml"] = parts["xl/workbook.xml"][:200]
    (line,) = faults(write(tmp_path, archive(parts)))
    assert "a workbook that cannot be read" in line


def test_a_sheet_that_is_lost_is_not_left_out_in_silence(tmp_path: Path, faults: Faults) -> None:
    parts = parts_of(good(tmp_path))
    del parts["xl/worksheets/sheet9.xml"]
    (line,) = faults(write(tmp_path, archive(parts)))
    assert "a workbook without its part xl/worksheets/sheet9.xml" in line


@pytest.mark.parametrize("number", ["NaN", "1.#INF", "1e999", "1_000", "9" * 5000 + "e1"])
def test_a_cell_that_holds_no_number_is_named(tmp_path: Path, faults: Faults, number: str) -> None:
    """Some programs write NaN where they have no number."""
    parts = parts_of(good(tmp_path))
    sheet = "xl/worksheets/sheet5.xml"
    found = re.search(rb'<c r="(\w+)"[^>]*><v>[\d.]+</v>', parts[sheet])
    assert found is not None
    changed = re.sub(rb"<v>[\d.]+</v>", f"<v>{number}</v>".encode(), found[0])
    parts[sheet] = parts[sheet].replace(found[0], changed, 1)
    (line,) = faults(write(tmp_path, archive(parts)))
    assert line.startswith(f"Sources!{found[1].decode()} ")
    assert "found the error value" in line


def test_the_strict_format_is_refused(tmp_path: Path, faults: Faults) -> None:
    parts = parts_of(good(tmp_path))
    parts["xl/workbook.xml"] = parts["xl/workbook.xml"].replace(
        b"http://schemas.openxmlformats.org/spreadsheetml/2006/main", b"http://purl.oclc.org/ooxml/spreadsheetml/main"
    )
    (line,) = faults(write(tmp_path, archive(parts)))
    assert "Strict Open XML" in line
    assert "Save As, Excel Workbook (.xlsx)" in line


@pytest.mark.parametrize("code", ["utf-8", "utf-16"])
@pytest.mark.parametrize("part", ["xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "docProps/core.xml", "extra.xml"])
def test_a_document_type_in_any_part_is_refused(tmp_path: Path, faults: Faults, part: str, code: str) -> None:
    parts = parts_of(good(tmp_path))
    bomb = '<!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY lol2 "&lol;&lol;">]><x>&lol2;</x>'
    parts[part] = f'<?xml version="1.0" encoding="{code}"?>{bomb}'.encode(code)
    (line,) = faults(write(tmp_path, archive(parts)))
    assert f"a document type declaration in {part}" in line


def test_a_zip_bomb_is_not_unpacked(tmp_path: Path, faults: Faults) -> None:
    parts = parts_of(good(tmp_path))
    parts["xl/media/image1.bin"] = bytes(60 << 20)
    content = archive(parts)
    assert len(content) < 200_000
    (line,) = faults(write(tmp_path, content))
    assert "zip bomb" in line
    assert "unpacks to 60 MB" in line


def test_a_workbook_that_is_only_large_unpacked_is_refused_too(
    tmp_path: Path, faults: Faults, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(container, "MOST_UNPACKED", 2 << 20)
    parts = parts_of(good(tmp_path)) | {"xl/media/image1.bin": os.urandom(3 << 20)}
    (line,) = faults(write(tmp_path, archive(parts)))
    assert "zip bomb" in line


def test_a_large_picture_is_no_bomb(tmp_path: Path) -> None:
    parts = parts_of(good(tmp_path)) | {"xl/media/image1.bin": os.urandom(25 << 20)}
    assert read_case(write(tmp_path, archive(parts))).name == "Bering tunnel"


def test_a_missing_file_names_its_neighbour(tmp_path: Path, faults: Faults) -> None:
    good(tmp_path)
    (line,) = faults(tmp_path / "god.xlsx")
    assert line == (
        "god.xlsx: found no such file, expected an Excel workbook (.xlsx or .xlsm) - did you mean good.xlsx?"
    )
    (line,) = faults(tmp_path / "nowhere" / "good.xlsx")
    assert "does not exist" in line


def test_a_folder_and_a_lock_file(tmp_path: Path, faults: Faults) -> None:
    (line,) = faults(tmp_path)
    assert "found a folder" in line
    (line,) = faults(write(tmp_path, b"owner", "~$case.xlsx"))
    assert "lock file" in line
    assert "name case.xlsx instead" in line


def test_a_file_that_may_not_be_read(tmp_path: Path, faults: Faults, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path, b"PK")

    def refuse(self: Path, mode: str) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    (line,) = faults(path)
    assert "may not be read" in line


def test_the_fingerprint_is_the_sha256_of_the_file(tmp_path: Path) -> None:
    import hashlib

    content = good(tmp_path)
    case = read_case(tmp_path / "good.xlsx")
    assert case.fingerprint == hashlib.sha256(content).hexdigest()
    assert case.path == tmp_path / "good.xlsx"


def test_the_finding_has_no_cell(tmp_path: Path) -> None:
    with pytest.raises(CaseError) as wrong:
        read_case(write(tmp_path, b""))
    assert [f.cell for f in wrong.value.findings] == [""]
