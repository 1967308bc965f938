# ruff: noqa: E501 - one bomb a line
"""Workbooks of a few kilobytes that ask for hours of work or gigabytes: one of each kind that we know."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
LAST_ROW = 1_048_576


def column(number: int) -> str:
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def archive(parts: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in parts.items():
            file.writestr(name, content)
    return stream.getvalue()


def parts_of(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        return {name: file.read(name) for name in file.namelist()}


def sheet(data: str = "", before: str = "", after: str = "") -> bytes:
    return f'<worksheet xmlns="{MAIN}">{before}<sheetData>{data}</sheetData>{after}</worksheet>'.encode()


def many(count: int, text: str) -> str:
    """The text so many times, with its number in the place of each @."""
    return "".join(text.replace("@", str(i)) for i in range(1, count + 1))


def _sheet(**places: str) -> Callable[[dict[str, bytes]], dict[str, bytes]]:
    return lambda parts: {"xl/worksheets/sheet2.xml": sheet(**places)}


def _styles(inside: str) -> Callable[[dict[str, bytes]], dict[str, bytes]]:
    return lambda parts: {"xl/styles.xml": f'<styleSheet xmlns="{MAIN}">{inside}</styleSheet>'.encode()}


def _book(old: bytes, new: str) -> Callable[[dict[str, bytes]], dict[str, bytes]]:
    return lambda parts: {"xl/workbook.xml": parts["xl/workbook.xml"].replace(old, new.encode() + old, 1)}


def _texts(inside: str) -> Callable[[dict[str, bytes]], dict[str, bytes]]:
    return lambda parts: {"xl/sharedStrings.xml": f'<sst xmlns="{MAIN}">{inside}</sst>'.encode()}


BOMBS: dict[str, Callable[[], Callable[[dict[str, bytes]], dict[str, bytes]]]] = {
    "merged columns": lambda: _sheet(after=f'<mergeCells>{many(16_000, "<mergeCell ref=" + chr(34) + "A1:XFD1048576" + chr(34) + "/>")}</mergeCells>'),
    "merged areas": lambda: _sheet(after=f'<mergeCells>{many(1_000_000, "<mergeCell ref=" + chr(34) + "A@:B@" + chr(34) + "/>")}</mergeCells>'),
    "merged over rows": lambda: _sheet(
        data=many(10_000, '<row r="@"><c r="A@"><v>1</v></c></row>'),
        after="<mergeCells>" + many(9_000, '<mergeCell ref="C1:D1048576"/>') + "</mergeCells>",
    ),
    "filled cells": lambda: _sheet(data=many(50, '<row r="@">' + "<c><v>1</v></c>" * 16_000 + "</row>")),
    "filled rows": lambda: _sheet(data=many(290_000, '<row r="@"><c r="A@"><v>1</v></c></row>')),
    "empty formatted cells": lambda: _sheet(data=many(60, '<row r="@">' + '<c s="1"/>' * 16_384 + "</row>")),
    "wide rows": lambda: _sheet(data=many(100_000, '<row r="@" spans="1:16384"><c r="XFD@" s="1"/></row>')),
    "far corners": lambda: _sheet(data='<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'),
    "hidden rows": lambda: _sheet(data=many(500_000, '<row r="@" hidden="1"/>')),
    "column formats": lambda: _sheet(before="<cols>" + '<col min="1" max="16384" hidden="1"/>' * 400_000 + "</cols>"),
    "conditional formats": lambda: _sheet(after=many(300_000, '<conditionalFormatting sqref="A@"><cfRule type="expression" priority="@"><formula>A@</formula></cfRule></conditionalFormatting>')),
    "validations": lambda: _sheet(after=f'<dataValidations>{many(400_000, "<dataValidation type=" + chr(34) + "list" + chr(34) + " sqref=" + chr(34) + "A@" + chr(34) + "><formula1>B@</formula1></dataValidation>")}</dataValidations>'),
    "hyperlinks": lambda: _sheet(after=f'<hyperlinks>{many(700_000, "<hyperlink ref=" + chr(34) + "A@" + chr(34) + " location=" + chr(34) + "B@" + chr(34) + "/>")}</hyperlinks>'),
    "deep nesting": lambda: _sheet(after="<a>" * 3_000_000),
    "names of elements": lambda: _sheet(after=many(1_000_000, "<a@/>")),
    "namespaces": lambda: _sheet(after=many(400_000, '<a xmlns:p@="u"/>')),
    "one tag": lambda: _sheet(after=f'<a b="{"x" * 15_000_000}"/>'),
    "one comment": lambda: _sheet(before=f"<!--{'x' * 15_000_000}-->"),
    "one text": lambda: _sheet(data=f'<row r="1"><c r="A1" t="inlineStr"><is><t>{"x" * 15_000_000}</t></is></c></row>'),
    "one formula": lambda: _sheet(data=f'<row r="1"><c r="A1"><f>{"1+" * 7_000_000}1</f></c></row>'),
    "long formulas": lambda: _sheet(data=many(1_500, f'<row r="@"><c r="A@"><f>{"1+" * 4_000}1</f></c></row>')),
    "shared formulas": lambda: _sheet(
        data=f'<row r="1"><c r="A1"><f t="shared" ref="A1:A9" si="0">{"B1+" * 2_700}1</f></c></row>'
        + many(2_000, '<row r="@"><c r="B@"><f t="shared" si="0"/></c></row>')
    ),
    "long numbers": lambda: _sheet(data=many(300, f'<row r="@"><c r="A@"><v>{"9" * 32_000}</v></c></row>')),
    "one shared text": lambda: _texts(f"<si><t>{'x' * 15_000_000}</t></si>"),
    "shared texts": lambda: _texts(many(1_000_000, "<si><t>t@</t></si>")),
    "runs of text": lambda: _texts(f"<si>{'<r><t>x</t></r>' * 1_000_000}</si>"),
    "cell formats": lambda: _styles(f"<cellXfs>{'<xf numFmtId=' + chr(34) + '14' + chr(34) + '/>'}</cellXfs>" .replace("</cellXfs>", '<xf numFmtId="0"/>' * 1_000_000 + "</cellXfs>")),
    "number formats": lambda: _styles(f"<numFmts>{many(300_000, '<numFmt numFmtId=' + chr(34) + '@' + chr(34) + ' formatCode=' + chr(34) + '0' + chr(34) + '/>')}</numFmts>"),
    "a long format": lambda: _styles(f'<numFmts><numFmt numFmtId="164" formatCode="{"[" * 500_000}"/></numFmts><cellXfs><xf numFmtId="164"/></cellXfs>'),
    "fonts": lambda: _styles(f"<fonts>{'<font><b/><sz val=' + chr(34) + '9' + chr(34) + '/></font>'}</fonts>".replace("</fonts>", "<font><b/></font>" * 500_000 + "</fonts>")),
    "sheets": lambda: _book(b"</sheets>", many(100_000, '<sheet name="s@" sheetId="@" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" r:id="rId1"/>')),
    "defined names": lambda: _book(b"</workbook>", "<definedNames>" + many(300_000, '<definedName name="n@">A@</definedName>') + "</definedNames>"),
    "one defined name": lambda: _book(b"</workbook>", f'<definedNames><definedName name="n">{"A1," * 5_000_000}</definedName></definedNames>'),
    "comments": lambda: lambda parts: {"xl/comments/comment1.xml": f'<comments xmlns="{MAIN}">{"<comment/>" * 1_500_000}</comments>'.encode()},
    "relationships": lambda: lambda parts: {"xl/_rels/workbook.xml.rels": parts["xl/_rels/workbook.xml.rels"].replace(b"</Relationships>", many(300_000, '<Relationship Id="q@" Type="t" Target="x@"/>').encode() + b"</Relationships>")},
    "content types": lambda: lambda parts: {"[Content_Types].xml": parts["[Content_Types].xml"].replace(b"</Types>", many(300_000, '<Override PartName="/x@" ContentType="y"/>').encode() + b"</Types>")},
    "parts": lambda: lambda parts: {f"xl/worksheets/more{i}.xml": b"<a/>" for i in range(20_000)},
}  # fmt: skip
"""Each bomb, made when it is asked for: all of them are half a gigabyte."""


def bomb(name: str, good: bytes) -> bytes:
    """A good workbook with one of the bombs in it."""
    parts = parts_of(good)
    return archive(parts | BOMBS[name]()(parts))


def write_bomb(name: str, good: Path, folder: Path) -> Path:
    path = folder / f"{name.replace(' ', '_')}.xlsx"
    path.write_bytes(bomb(name, good.read_bytes()))
    return path
