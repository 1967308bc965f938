"""Users' workbooks with all that spreadsheets can hold, a report to write into them, and files to refuse."""

from __future__ import annotations

import datetime as dt
import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import xlsxwriter

Parts = dict[str, bytes]
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
SPREADSHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml"
VBA = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(range(256)) * 8
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1024)
BOOK, TYPES, BOOK_RELS = "xl/workbook.xml", "[Content_Types].xml", "xl/_rels/workbook.xml.rels"


def unzipped(path: Path) -> Parts:
    with zipfile.ZipFile(path) as packed:
        return {info.filename: packed.read(info) for info in packed.infolist()}


def zipped(path: Path, parts: Mapping[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in parts.items():
            packed.writestr(name, data)
    return path


def replaced(parts: Parts, name: str, old: str, new: str) -> None:
    """Change the text of a part; what is to change must be there."""
    assert old.encode() in parts[name], f"{old} is not in {name}"
    parts[name] = parts[name].replace(old.encode(), new.encode(), 1)


def overridden(parts: Parts, name: str, content_type: str) -> None:
    entry = f'<Override PartName="/{name}" ContentType="{content_type}"/></Types>'
    replaced(parts, TYPES, "</Types>", entry)


def related(parts: Parts, rels: str, kind: str, target: str, namespace: str = OFFICE) -> None:
    entry = f'<Relationship Id="rId9{len(parts)}" Type="{namespace}/{kind}" Target="{target}"/></Relationships>'
    replaced(parts, rels, "</Relationships>", entry)


def picture(width: int = 8, height: int = 8) -> io.BytesIO:
    """A PNG, made by hand."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + bytes(40 * x % 256 for x in range(3 * width)) for _ in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    png = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return io.BytesIO(b"\x89PNG\r\n\x1a\n" + png)


# --------------------------------------------------------------------------- users' workbooks


def written_by_xlsxwriter(path: Path) -> Path:
    """Charts, a picture, shapes, bars, sparklines, validations, comments, names, tables, protection, new formulas."""
    book = xlsxwriter.Workbook(path)
    _figures(book)
    _drawings(book)
    _tables(book)
    book.add_chartsheet("Graph").set_chart(_chart(book))
    book.set_custom_property("Checked by", "Ministry")
    book.close()
    return path


def _figures(book: Any) -> None:
    sheet = book.add_worksheet("Inputs")
    money = book.add_format({"num_format": "#,##0.00 [$€-407]", "bg_color": "#FFEE88", "border": 2})
    sheet.write_row("A1", ["Package", "Amount", "From"])
    for row in range(1, 12):
        sheet.write(row, 0, f"Package {row}")
        sheet.write(row, 1, 10.5 * row, money)
        sheet.write(row, 2, dt.date(2026, row, 1), book.add_format({"num_format": "dd.mm.yy"}))
    sheet.write_formula("B13", "=SUM(B2:B12)", money, 693)
    sheet.write_dynamic_array_formula("E2:E5", "=_xlfn._xlws.SORT(B2:B5)", None, 10.5)
    sheet.conditional_format("B2:B12", {"type": "data_bar", "data_bar_2010": True, "bar_solid": True})
    high = book.add_format({"font_color": "#123456", "num_format": "0.000"})
    sheet.conditional_format("B2:B12", {"type": "cell", "criteria": ">", "value": 50, "format": high})
    sheet.conditional_format("C2:C12", {"type": "icon_set", "icon_style": "3_flags"})
    sheet.add_sparkline("F2", {"range": "Inputs!B2:B12"})
    sheet.data_validation("D2:D12", {"validate": "list", "source": ["yes", "no"]})
    sheet.write_comment("A2", "from the annex", {"author": "N. N."})
    sheet.write_rich_string("A20", "x", book.add_format({"bold": True}), "bold", "y")
    sheet.repeat_rows(0)
    sheet.print_area("A1:F20")
    sheet.autofilter("A1:C12")
    sheet.set_header("&L&G", {"image_left": "logo.png", "image_data_left": picture()})
    book.define_name("Total", "=Inputs!$B$13")
    book.define_name("Inputs!Here", "=Inputs!$A$1")


def _drawings(book: Any) -> None:
    sheet = book.add_worksheet("Shapes & pictures")
    sheet.insert_chart("B2", _chart(book))
    sheet.insert_image("H2", "logo.png", {"image_data": picture(), "url": "https://example.org/"})
    sheet.insert_textbox("B20", "linked", {"textlink": "=Inputs!$A$2"})
    sheet.insert_button("H20", {"macro": "Go", "caption": "Go"})
    sheet.insert_checkbox("A1", True)
    sheet.protect("secret", {"objects": True})


def _chart(book: Any) -> Any:
    chart = book.add_chart({"type": "line"})
    chart.add_series({"name": "=Inputs!$B$1", "categories": "=Inputs!$A$2:$A$12", "values": "=Inputs!$B$2:$B$12"})
    return chart


def _tables(book: Any) -> None:
    sheet = book.add_worksheet("Data")
    sheet.add_table(
        "A1:B4", {"name": "Prices", "data": [[1, 2], [3, 4], [5, 6]], "columns": [{}, {"total_string": "t"}]}
    )
    sheet.write_formula("D1", "=SUM(Prices[Column1])", None, 9)
    sheet.write_url("D2", "internal:Inputs!A1", string="up")
    hidden = book.add_worksheet("Very hidden")
    hidden.very_hidden()
    hidden.write("A1", "kept")


def touched_by_excel(path: Path) -> Path:
    """The same with what only Excel writes: threaded comments, custom XML, connections, a chain of calculation."""
    parts = unzipped(written_by_xlsxwriter(path))
    _threaded_comments(parts)
    parts["customXml/item1.xml"] = b'<?xml version="1.0"?><plan xmlns="urn:own">  <keep/>  </plan>'
    related(parts, BOOK_RELS, "customXml", "../customXml/item1.xml")
    parts["xl/connections.xml"] = (
        f'<connections xmlns="{MAIN}"><connection id="1" name="q" type="5"/></connections>'.encode()
    )
    overridden(parts, "xl/connections.xml", f"{SPREADSHEET}.connections+xml")
    related(parts, BOOK_RELS, "connections", "connections.xml")
    parts["xl/calcChain.xml"] = f'<calcChain xmlns="{MAIN}"><c r="B13" i="1"/></calcChain>'.encode()
    overridden(parts, "xl/calcChain.xml", f"{SPREADSHEET}.calcChain+xml")
    related(parts, BOOK_RELS, "calcChain", "calcChain.xml")
    parts["xl/worksheets/sheet77.xml"] = b"nothing leads here, and it is not XML"
    return zipped(path, parts)


def _threaded_comments(parts: Parts) -> None:
    space = "http://schemas.microsoft.com/office/spreadsheetml/2018/threadedcomments"
    kinds = "http://schemas.microsoft.com/office/2017/10/relationships"
    who = "{11111111-2222-3333-4444-555555555555}"
    parts["xl/persons/person.xml"] = (
        f'<personList xmlns="{space}"><person displayName="N" id="{who}"/></personList>'.encode()
    )
    overridden(parts, "xl/persons/person.xml", "application/vnd.ms-excel.person+xml")
    related(parts, BOOK_RELS, "person", "persons/person.xml", kinds)
    parts["xl/threadedComments/threadedComment1.xml"] = (
        f'<ThreadedComments xmlns="{space}"><threadedComment ref="A2" dT="2026-01-01T00:00:00" personId="{who}" '
        f'id="{who}"><text>why?</text></threadedComment></ThreadedComments>'
    ).encode()
    overridden(parts, "xl/threadedComments/threadedComment1.xml", "application/vnd.ms-excel.threadedcomments+xml")
    related(parts, "xl/worksheets/_rels/sheet1.xml.rels", "threadedComment",
            "../threadedComments/threadedComment1.xml", kinds)  # fmt: skip


def with_macros(path: Path) -> Path:
    """An .xlsm workbook with a project of macros and a protected sheet."""
    book = xlsxwriter.Workbook(path)
    book.add_vba_project(io.BytesIO(VBA), is_stream=True)
    book.set_vba_name("ThisWorkbook")
    sheet = book.add_worksheet("Macros")
    sheet.set_vba_name("Sheet1")
    sheet.write("A1", 1)
    sheet.protect()
    book.close()
    return path


def by_another_hand(path: Path) -> Path:
    """A small program's workbook: prefixes, absolute ways, parts at the root, no formats, dates from 1904."""
    package = "http://schemas.openxmlformats.org/package/2006"
    parts = {
        "_rels/.rels": f'<p:Relationships xmlns:p="{package}/relationships"><p:Relationship Id="a" '
        f'Type="{OFFICE}/officeDocument" Target="/Book.xml"/></p:Relationships>',
        "Book.xml": f'<x:workbook xmlns:x="{MAIN}" xmlns:q="{OFFICE}"><x:workbookPr date1904="1"/><x:sheets>'
        '<x:sheet name="Debt" sheetId="7" q:id="z"/></x:sheets><x:calcPr calcId="1"/></x:workbook>',
        "_rels/Book.xml.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="z" '
        f'Type="{OFFICE}/worksheet" Target="/One%20sheet.xml"/></Relationships>',
        "One%20sheet.xml": f'<x:worksheet xmlns:x="{MAIN}"><x:sheetData><x:row><x:c r="A1"><x:v>41</x:v></x:c></x:row>'
        "</x:sheetData></x:worksheet>",
        TYPES: f'<Types xmlns="{package}/content-types"><Default Extension="RELS" '
        f'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/Book.xml" ContentType="{SPREADSHEET}.sheet.main+xml"/>'
        f'<Override PartName="/One%20sheet.xml" ContentType="{SPREADSHEET}.worksheet+xml"/></Types>',
    }
    with zipfile.ZipFile(path, "w") as packed:  # stored, not packed
        for name, text in parts.items():
            packed.writestr(name, text)
    return path


# --------------------------------------------------------------------------- a report

DAY = dt.date(2031, 6, 30)


def report(
    path: Path, value: float = 7.0, sheets: tuple[str, ...] = ("Inputs", "Debt", "Plan", "Data", "Cover")
) -> Path:
    """A small report: sheets that refer to each other in cells, charts, names, links, rules and validations."""
    book = xlsxwriter.Workbook(path, {"strings_to_formulas": False})
    made = {name: book.add_worksheet(name) for name in sheets}
    _report_inputs(book, made["Inputs"], value)
    for name in sheets[1:]:
        _report_schedule(book, made[name], name, value)
    made["Cover"].write_url("A9", "internal:'Plan'!A1", string="Plan")
    made["Data"].write_formula("A9", "=SUM(Rates)", None, value)
    book.define_name("Rates", "=Inputs!$B$2:$B$2")
    book.define_name("Lonely", "=Cover!$A$1")
    made["Debt"].activate()
    book.close()
    return path


def _report_inputs(book: Any, sheet: Any, value: float) -> None:
    sheet.write_string("A1", "=not a formula, with  spaces ")
    sheet.write_number("B2", value, book.add_format({"num_format": '#,##0.0;(#,##0.0);"-"', "bg_color": "#FFFDE6"}))
    sheet.write_datetime("B3", DAY, book.add_format({"num_format": "yyyy-mm-dd"}))
    sheet.repeat_rows(0, 1)


def _report_schedule(book: Any, sheet: Any, name: str, value: float) -> None:
    bold = book.add_format({"bold": True, "num_format": "0.000", "font_name": "Calibri", "font_size": 10})
    sheet.set_column(0, 0, 30, bold)
    sheet.set_row(5, 20, bold)
    sheet.write_rich_string("A1", name, bold, " of ", "the plan")
    sheet.write_formula("B1", '=Inputs!B2*2+0*LEN("Inputs!B2")', bold, 2 * value)
    sheet.write_formula("B2", '=IF(B1>0,"PASS","FAIL")', None, "PASS")
    sheet.write_formula(
        "B3", "=Inputs!B3", book.add_format({"num_format": "d mmm yyyy"}), (DAY - dt.date(1899, 12, 30)).days
    )
    sheet.write_formula("B4", '=HYPERLINK("#\'Inputs\'!A1","to inputs")', None, "to inputs")
    good = book.add_format({"bg_color": "#E2EFDA", "num_format": '"ok"'})
    sheet.conditional_format("B2", {"type": "formula", "criteria": "=Inputs!$B$2>0", "format": good})
    sheet.conditional_format("B1", {"type": "data_bar", "data_bar_2010": True, "min_type": "formula",
                                    "min_value": "=Inputs!$B$2"})  # fmt: skip
    sheet.data_validation("C1", {"validate": "list", "source": "=Inputs!$B$2:$B$3"})
    sheet.add_sparkline("D1", {"range": "Inputs!B2:B3"})
    sheet.write_url("E1", "internal:Inputs!A1", string="inputs")
    sheet.write_url("E2", "internal:'Cover'!A1", string="cover")
    sheet.write_url("E3", "https://example.org/terms", string="terms")
    sheet.insert_image("H20", "logo.png", {"image_data": picture(), "url": "internal:Inputs!A1"})
    sheet.insert_textbox("B30", "", {"textlink": "=Inputs!$B$2"})
    chart = book.add_chart({"type": "column"})
    chart.add_series({"name": "=Inputs!$A$1", "values": "=Inputs!$B$2:$B$2"})
    sheet.insert_chart("B10", chart)
    sheet.print_area("A1:K40")
    sheet.repeat_columns(0)
    sheet.autofilter("A1:B4")
    sheet.set_landscape()


# --------------------------------------------------------------------------- files to refuse


def plain(path: Path) -> Path:
    """An ordinary workbook of one sheet."""
    book = xlsxwriter.Workbook(path)
    book.add_worksheet("One").write("A1", 1)
    book.close()
    return path


def _edited(edit: Callable[[Parts], None]) -> Callable[[Path], Path]:
    def make(path: Path) -> Path:
        parts = unzipped(plain(path))
        edit(parts)
        return zipped(path, parts)

    return make


def _strict(parts: Parts) -> None:
    replaced(parts, "_rels/.rels", f"{OFFICE}/officeDocument",
             "http://purl.oclc.org/ooxml/officeDocument/relationships/officeDocument")  # fmt: skip


def _strict_inside(parts: Parts) -> None:
    replaced(parts, BOOK, MAIN, "http://purl.oclc.org/ooxml/spreadsheetml/main")


def _signed(parts: Parts) -> None:
    parts["_xmlsignatures/origin.sigs"] = b""


def _shared(parts: Parts) -> None:
    parts["xl/revisions/revisionHeaders.xml"] = f'<headers xmlns="{MAIN}"/>'.encode()


def _locked(parts: Parts) -> None:
    replaced(parts, BOOK, "<bookViews>", '<workbookProtection lockStructure="1"/><bookViews>')


def _binary(parts: Parts) -> None:
    replaced(parts, TYPES, f"{SPREADSHEET}.sheet.main+xml", "application/vnd.ms-excel.sheet.binary.macroEnabled.main")


def _document(parts: Parts) -> None:
    word = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    replaced(parts, TYPES, f"{SPREADSHEET}.sheet.main+xml", word)


def _bomb(parts: Parts) -> None:
    parts[BOOK] = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>' + parts[BOOK].partition(b"?>")[2].strip()


def _broken(parts: Parts) -> None:
    parts[BOOK] = parts[BOOK][:-20]


def _no_sheets(parts: Parts) -> None:
    text = parts[BOOK].decode()
    parts[BOOK] = (text[: text.index("<sheet ")] + text[text.index("</sheets>") :]).encode()


def _no_types(parts: Parts) -> None:
    del parts[TYPES]


def _written(data: bytes) -> Callable[[Path], Path]:
    def make(path: Path) -> Path:
        path.write_bytes(data)
        return path

    return make


def _cut_short(path: Path) -> Path:
    path.write_bytes(plain(path).read_bytes()[:-200])
    return path


def _damaged(path: Path) -> Path:
    """One byte of a packed part is not what it was."""
    data = bytearray(plain(path).read_bytes())
    with zipfile.ZipFile(path) as packed:
        info = packed.getinfo("xl/theme/theme1.xml")
    data[info.header_offset + 30 + len(info.filename) + info.compress_size // 2] ^= 0xFF
    path.write_bytes(bytes(data))
    return path


REFUSED: dict[str, tuple[Callable[[Path], Path], str]] = {
    "strict": (_edited(_strict), "Strict Open XML"),
    "strict inside": (_edited(_strict_inside), "Strict Open XML"),
    "encrypted": (_written(OLE + "EncryptedPackage".encode("utf-16-le")), "encrypted.*password"),
    "old": (_written(OLE), r"\.xls workbook"),
    "signed": (_edited(_signed), "digitally signed"),
    "shared": (_edited(_shared), "shared workbook"),
    "locked": (_edited(_locked), "structure is locked"),
    "binary": (_edited(_binary), r"\.xlsb"),
    "document": (_edited(_document), "not a workbook"),
    "entities": (_edited(_bomb), "declares entities"),
    "not well-formed": (_edited(_broken), "cannot be read"),
    "no sheets": (_edited(_no_sheets), "without sheets"),
    "no content types": (_edited(_no_types), "not a workbook"),
    "text": (_written(b"Package;Amount\nBores;1\n"), "not a workbook"),
    "empty": (_written(b""), "not a workbook"),
    "cut short": (_cut_short, "not a workbook"),
    "damaged": (_damaged, "cannot be unpacked"),
}
"""Files to which nothing can be added: how to make one, and what the refusal says."""
