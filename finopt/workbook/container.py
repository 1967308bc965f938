"""File type and safety, checked before anything parses a file.

Encrypted, old, foreign and damaged files all raise the same few exceptions in a spreadsheet library; a bomb raises
none. Here the first bytes, the list of parts and their types are looked at, and the answer is one sentence.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from finopt.case.names import nearest
from finopt.errors import CaseError, Finding
from finopt.workbook import bounds
from finopt.workbook.bounds import MEGABYTE, Refused
from finopt.workbook.parts import CONTENT_TYPES, Parts
from finopt.workbook.stored_cells import DAMAGES, Sheet, sheets_of

V = TypeVar("V")
MOST_UNPACKED = 400 * MEGABYTE
"""All parts together, pictures among them, which nothing unpacks."""
MOST_RATIO = 150
"""Sheets of real workbooks pack 5 to 40 times; a bomb 1,000 times."""
SMALL = 20 * MEGABYTE
"""Below this size the ratio does not matter."""

OLE = bytes.fromhex("D0CF11E0A1B11AE1")
WORKBOOK_TYPES = (
    "spreadsheetml.sheet.main", "sheet.macroenabled.main", "spreadsheetml.template.main", "template.macroenabled.main",
)  # fmt: skip
WANTED = "an Excel workbook (.xlsx or .xlsm)"
SAVE_AS = "open it in Excel or LibreOffice and save it as Excel workbook (.xlsx)"


@dataclass(frozen=True)
class Container:
    """A workbook's filled cells, sheet by sheet, with the SHA-256 of its file."""

    path: Path
    fingerprint: str
    sheets: list[Sheet]


def open_container(path: Path) -> Container:
    """Read a file, make sure that it is a workbook, and read its cells.

    Raises CaseError with one finding that says what it is, or why it is not read.
    """
    content = _content(path)
    sheets = _looked_at(path, content, lambda archive: _sheets(path, Parts(archive)))
    return Container(path, hashlib.sha256(content).hexdigest(), sheets)


def package_of(path: Path) -> bytes:
    """The bytes of a workbook that one of finopt's own readers goes on with. Raises CaseError as `open_container`."""
    content = _content(path)
    _looked_at(path, content, lambda archive: None)
    return content


def _looked_at(path: Path, content: bytes, look: Callable[[zipfile.ZipFile], V]) -> V:
    """What is found in the archive of a workbook; whatever it really is, is said in one finding."""
    _refuse_what_is_no_archive(path, content)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _refuse_bombs(path, archive)
            return look(archive)
    except Refused as error:
        raise fault(path, error.found, error.hint) from error
    except DAMAGES as error:
        # zipfile raises NotImplementedError for a way of packing that it does not know: a flipped byte is enough
        raise fault(path, "a damaged workbook, cut off or changed on its way", "copy or download it again") from error


def fault(path: Path, found: str, hint: str) -> CaseError:
    """The one finding about a file as a whole."""
    return CaseError([Finding(path.name or str(path), "", "", found, WANTED, hint)])


def _content(path: Path) -> bytes:
    if path.name.startswith("~$"):
        raise fault(path, "the lock file that Excel keeps while a workbook is open", f"name {path.name[2:]} instead")
    if path.is_dir():
        raise fault(path, "a folder", "name the workbook in it")
    try:
        with path.open("rb") as file:
            content = file.read(bounds.FILE.most + 1)
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
    if len(content) > bounds.FILE.most:
        raise fault(path, f"a file of more than {bounds.FILE.most // MEGABYTE} MB", bounds.FILE.hint)
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


def _refuse_bombs(path: Path, archive: zipfile.ZipFile) -> None:
    parts = archive.infolist()
    unpacked = sum(part.file_size for part in parts)
    packed = sum(part.compress_size for part in parts)
    if unpacked > MOST_UNPACKED or (unpacked > SMALL and unpacked > MOST_RATIO * packed):
        found = f"a file of {packed / MEGABYTE:,.1f} MB that unpacks to {unpacked / MEGABYTE:,.0f} MB (a zip bomb)"
        hint = "it is not opened; if it is yours, clear unused formatted rows and columns and save it again"
        raise fault(path, found, hint)
    if any(part.flag_bits & 1 for part in parts):
        raise fault(path, "a zip archive locked with a password", "unlock it and save the workbook again")
    bounds.PARTS.hold(len(parts))


def _sheets(path: Path, parts: Parts) -> list[Sheet]:
    """The sheets of a package that is a workbook and safe; other formats are named."""
    if b"opendocument.spreadsheet" in parts.beginning("mimetype"):
        raise fault(path, "an OpenDocument spreadsheet (.ods)", SAVE_AS)
    if CONTENT_TYPES not in parts:
        raise fault(path, "a zip archive that is no workbook", "unpack it and name the workbook inside")
    types = " ".join(parts.content_types().values()).lower()
    if "sheet.binary" in types:
        raise fault(path, "a binary workbook (.xlsb)", SAVE_AS)
    if not any(kind in types for kind in WORKBOOK_TYPES):
        raise fault(path, "an Office document that is no workbook", "check that this is the file you mean")
    parts.refuse_declarations()
    return sheets_of(parts)
