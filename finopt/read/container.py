"""What a file really is, found out before anything parses it.

Encrypted, old, foreign and damaged files all raise the same few exceptions in a spreadsheet library; a bomb raises
none. Here the first bytes, the list of parts and their types are looked at, and the answer is one sentence.
"""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from finopt.case import nearest
from finopt.errors import CaseError, Finding

MEGABYTE = 1 << 20
MOST_UNPACKED = 400 * MEGABYTE
"""A workbook of a million filled cells unpacks to about 60 MB."""
MOST_RATIO = 150
"""Sheets of real workbooks pack 5 to 40 times; a bomb 1,000 times."""
SMALL = 20 * MEGABYTE
"""Below this size the ratio does not matter."""
MOST_PARTS = 20_000

OLE = bytes.fromhex("D0CF11E0A1B11AE1")
STRICT = b"http://purl.oclc.org/ooxml/spreadsheetml/main"
RELATIONS = "xl/_rels/workbook.xml.rels"
FORMULA = re.compile(rb"<(\w+:)?f[ >/]")
WORKBOOK_TYPES = (
    b"spreadsheetml.sheet.main", b"sheet.macroEnabled.main", b"spreadsheetml.template.main",
    b"template.macroEnabled.main",
)  # fmt: skip
WANTED = "an Excel workbook (.xlsx or .xlsm)"
SAVE_AS = "open it in Excel or LibreOffice and save it as Excel workbook (.xlsx)"


@dataclass(frozen=True)
class Container:
    """The bytes of a workbook that is safe to parse, with their SHA-256 and whether any cell holds a formula."""

    path: Path
    content: bytes
    fingerprint: str
    formulas: bool


def open_container(path: Path) -> Container:
    """Read a file and make sure that it is a workbook. Raises CaseError with one finding that says what it is."""
    content = _content(path)
    _refuse_what_is_no_archive(path, content)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _refuse_bombs(path, archive)
            formulas = _refuse_what_is_no_workbook(path, archive)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        # zipfile raises NotImplementedError for a way of packing that it does not know: a flipped byte is enough
        raise fault(path, "a damaged workbook, cut off or changed on its way", "copy or download it again") from error
    return Container(path, content, hashlib.sha256(content).hexdigest(), formulas)


def fault(path: Path, found: str, hint: str) -> CaseError:
    """The one finding about a file as a whole."""
    return CaseError([Finding(path.name or str(path), "", "", found, WANTED, hint)])


def _content(path: Path) -> bytes:
    if path.name.startswith("~$"):
        raise fault(path, "the lock file that Excel keeps while a workbook is open", f"name {path.name[2:]} instead")
    if path.is_dir():
        raise fault(path, "a folder", "name the workbook in it")
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise fault(path, "no such file", _neighbour(path)) from None
    except PermissionError:
        hint = "close it where it is open, or ask for the right to read it"
        raise fault(path, "a file that may not be read", hint) from None
    except OSError as error:
        raise fault(
            path, f"a file that cannot be read ({error.strerror or error})", "check its name and place"
        ) from None
    if not content:
        raise fault(path, "an empty file", "save or copy the workbook again")
    return content


def _neighbour(path: Path) -> str:
    folder = path.parent
    if not folder.is_dir():
        return f"the folder {folder} does not exist"
    books = sorted(p.name for p in folder.glob("*.xls*") if not p.name.startswith("~$"))
    return nearest(path.name, books) if books else "check its name and folder"


def _refuse_what_is_no_archive(path: Path, content: bytes) -> None:
    head = content[:4096].lstrip(b"\xef\xbb\xbf \t\r\n")
    if content.startswith(OLE):
        raise _old(path, content)
    if content.startswith(b"PK"):
        return
    if content.startswith(b"%PDF"):
        raise fault(path, "a PDF document", "ask for the workbook behind it")
    if head[:1] == b"<":
        kind = "a web page (HTML)" if b"<html" in head.lower() or b"<!doctype html" in head.lower() else "an XML text"
        raise fault(path, f"{kind}, whatever its name says", SAVE_AS)
    if _is_text(content[:4096]):
        raise fault(path, "plain text (CSV), whatever its name says", SAVE_AS)
    raise fault(path, "a file of another kind", "check that this is the file you mean")


def _old(path: Path, content: bytes) -> CaseError:
    """What an OLE container holds: streams are named in UTF-16."""
    if "EncryptedPackage".encode("utf-16-le") in content:
        return fault(path, "a workbook locked with a password", "open it in Excel, remove the password, save a copy")
    if "Workbook".encode("utf-16-le") in content or "Book".encode("utf-16-le") in content:
        return fault(path, "a workbook in the old .xls format", SAVE_AS)
    return fault(path, "an old Office document that is no workbook", "check that this is the file you mean")


def _is_text(sample: bytes) -> bool:
    if sample[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return True
    return not any(byte < 9 or 13 < byte < 32 for byte in sample)


# --------------------------------------------------------------------------- inside the archive


def _refuse_bombs(path: Path, archive: zipfile.ZipFile) -> None:
    parts = archive.infolist()
    unpacked = sum(part.file_size for part in parts)
    packed = sum(part.compress_size for part in parts)
    if unpacked > MOST_UNPACKED or len(parts) > MOST_PARTS or (unpacked > SMALL and unpacked > MOST_RATIO * packed):
        found = f"a file of {packed / MEGABYTE:,.1f} MB that unpacks to {unpacked / MEGABYTE:,.0f} MB (a zip bomb)"
        hint = "it is not opened; if it is yours, clear unused formatted rows and columns and save it again"
        raise fault(path, found, hint)
    if any(part.flag_bits & 1 for part in parts):
        raise fault(path, "a zip archive locked with a password", "unlock it and save the workbook again")


def _refuse_what_is_no_workbook(path: Path, archive: zipfile.ZipFile) -> bool:
    """Refuse foreign formats and unsafe parts; say whether any sheet holds a formula."""
    names = set(archive.namelist())
    if "mimetype" in names and b"opendocument.spreadsheet" in archive.read("mimetype")[:200]:
        raise fault(path, "an OpenDocument spreadsheet (.ods)", SAVE_AS)
    if "[Content_Types].xml" not in names:
        raise fault(path, "a zip archive that is no workbook", "unpack it and name the workbook inside")
    types = archive.read("[Content_Types].xml")
    if b"sheet.binary" in types:
        raise fault(path, "a binary workbook (.xlsb)", SAVE_AS)
    if not any(kind in types for kind in WORKBOOK_TYPES):
        raise fault(path, "an Office document that is no workbook", "check that this is the file you mean")
    _refuse_lost_sheets(path, archive, names)
    formulas = False
    for name, part in _markup(archive):
        if any("<!DOCTYPE".encode(code) in part or "<!ENTITY".encode(code) in part for code in _ENCODINGS):
            hint = "no program that writes workbooks does this: ask the sender for a clean copy"
            raise fault(path, f"a document type declaration in {name}, which can hide an XML bomb", hint)
        if name.startswith("xl/workbook") and STRICT in part:
            hint = "in Excel choose Save As, Excel Workbook (.xlsx), not Strict Open XML Spreadsheet"
            raise fault(path, "a workbook in the Strict Open XML format", hint)
        formulas = formulas or (name.startswith("xl/worksheets/") and FORMULA.search(part) is not None)
    return formulas


def _refuse_lost_sheets(path: Path, archive: zipfile.ZipFile, names: set[str]) -> None:
    """A sheet that the workbook lists and the archive lacks would be left out in silence."""
    listed = archive.read(RELATIONS).decode("utf-8", "replace") if RELATIONS in names else ""
    lost = [part for part in re.findall(r'"(?:/xl/)?(worksheets/[^"]+\.xml)"', listed) if f"xl/{part}" not in names]
    if lost:
        raise fault(
            path, f"a workbook without its part {lost[0]}", "copy or download it again, or ask for the original"
        )


_ENCODINGS = ("utf-8", "utf-16-le", "utf-16-be")


def _markup(archive: zipfile.ZipFile) -> Iterator[tuple[str, bytes]]:
    for name in archive.namelist():
        if name.lower().endswith((".xml", ".rels", ".vml")):
            yield name, archive.read(name)
