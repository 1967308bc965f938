"""The plan's sheets in the user's own workbook: what was there stays, what comes is alive."""

from __future__ import annotations

import datetime as dt
import posixpath
import re
import shutil
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from lxml import etree

import finopt
from finopt.errors import ReportError
from finopt.report.excel.sheet_names import renamed, sheets_in
from finopt.report.write_back.write_back import SCHEDULES, write_back
from finopt.reporting import write_report
from tests.report import rich_workbooks as rich
from tests.report.recalc import differences, formulas, libreoffice, stored
from tests.report.report_cases import rich as rich_case
from tests.report.rich_workbooks import BOOK, BOOK_RELS, DAY, MAIN, REFUSED, TYPES, Parts, replaced, unzipped, zipped

pytestmark = pytest.mark.filterwarnings("ignore:.*extension is not supported:UserWarning")
"""openpyxl only looks here: what it would lose if it saved the workbook does not matter."""

CHANGED = {TYPES, BOOK, BOOK_RELS, "xl/styles.xml"}
HOSTS: dict[str, Callable[[Path], Path]] = {
    "XlsxWriter": rich.written_by_xlsxwriter,
    "Excel's own": rich.touched_by_excel,
    "macros": rich.with_macros,
    "another hand": rich.by_another_hand,
}


@pytest.fixture(scope="session")
def hosts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """One workbook of each kind, written once."""
    folder = tmp_path_factory.mktemp("hosts")
    return {
        kind: make(folder / f"{i}.xls{'m' if kind == 'macros' else 'x'}")
        for i, (kind, make) in enumerate(HOSTS.items())
    }


@pytest.fixture(scope="session")
def donor(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return rich.report(tmp_path_factory.mktemp("donor") / "report.xlsx")


@pytest.fixture
def host(tmp_path: Path, hosts: dict[str, Path]) -> Path:
    """A copy of the richest workbook."""
    return Path(shutil.copy(hosts["Excel's own"], tmp_path / "user.xlsx"))


def written(path: Path, donor: Path, folder: Path, **more: object) -> Path:
    return write_back(path, donor, output=folder / f"out{path.suffix}", **more)  # type: ignore[arg-type]


def sound(path: Path) -> None:
    """Every part parses, has a content type and is found by every way that leads to it; numbers are within range."""
    parts = unzipped(path)
    types = etree.fromstring(parts[TYPES])
    defaults = {el.get("Extension").lower() for el in types if el.get("Extension")}
    overrides = [el.get("PartName").lower() for el in types if el.get("PartName")]
    assert len(set(overrides)) == len(overrides)
    assert {name.lstrip("/") for name in overrides} <= {name.lower() for name in parts}
    for name, data in parts.items():
        if name == "xl/worksheets/sheet77.xml":
            continue
        extension = name.rpartition(".")[2].lower()
        assert name == TYPES or extension in defaults or f"/{name}".lower() in overrides, name
        if extension in ("xml", "rels", "vml"):
            root = etree.fromstring(data)
            if extension == "rels":
                _ways(name, root, parts)


def _ways(name: str, root: etree._Element, parts: Parts) -> None:
    folder = posixpath.dirname(posixpath.dirname(name))
    ids = [el.get("Id") for el in root]
    assert len(set(ids)) == len(ids), name
    for el in root:
        target = el.get("Target")
        if el.get("TargetMode") != "External" and not target.startswith("#"):
            place = posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")
            assert place in parts, f"{name} leads to {place}"


def test_every_report_part_uses_formats_that_exist(hosts: dict[str, Path], donor: Path, tmp_path: Path) -> None:
    for path in hosts.values():
        parts = unzipped(written(path, donor, tmp_path))
        styles = next(etree.fromstring(data) for name, data in parts.items() if name.endswith("styles.xml"))
        counts = {etree.QName(el).localname: len(el) for el in styles}
        for el in styles:
            assert el.get("count") in (None, str(len(el)))
        for xf in styles.iterfind(f"{{{MAIN}}}cellXfs/{{{MAIN}}}xf"):
            for attribute, kind in (("fontId", "fonts"), ("fillId", "fills"), ("borderId", "borders")):
                assert int(xf.get(attribute, "0")) < counts[kind]
        for data in (data for name, data in parts.items() if re.search(r"sheet\d*\.xml$", name) and b"<" in data):
            root = etree.fromstring(data)
            assert all(int(c.get("s", "0")) < counts["cellXfs"] for c in root.iter(f"{{{MAIN}}}c"))
            rules = [int(el.get("dxfId")) for el in root.iter() if el.get("dxfId")]
            assert all(rule < counts["dxfs"] for rule in rules)


# --------------------------------------------------------------------------- what stays


@pytest.mark.parametrize("kind", HOSTS)
def test_every_other_part_stays_byte_for_byte(kind: str, hosts: dict[str, Path], donor: Path, tmp_path: Path) -> None:
    path = hosts[kind]
    before, after = unzipped(path), unzipped(written(path, donor, tmp_path))
    _stays(before, after)
    sound(tmp_path / f"out{path.suffix}")


def _stays(before: Parts, after: Parts) -> None:
    changed = {name for name in before if before[name] != after.get(name)}
    assert changed <= CHANGED | {"Book.xml", "_rels/Book.xml.rels", "xl/calcChain.xml"}
    assert "xl/calcChain.xml" not in after
    kept = [name for name in before if name != "xl/calcChain.xml"]
    assert list(after)[: len(kept)] == kept


def test_parts_stay_packed_as_they_were(hosts: dict[str, Path], donor: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(written(hosts["another hand"], donor, tmp_path)) as out:
        assert out.getinfo("Book.xml").compress_type == zipfile.ZIP_STORED
        assert out.getinfo("xl/worksheets/sheet1.xml").compress_type == zipfile.ZIP_DEFLATED


def test_a_workbook_saved_by_libreoffice_stays_too(hosts: dict[str, Path], donor: Path, tmp_path: Path) -> None:
    path = libreoffice(hosts["XlsxWriter"], tmp_path)
    out = written(path, donor, tmp_path)
    _stays(unzipped(path), unzipped(out))
    sound(out)
    assert openpyxl.load_workbook(out, data_only=True)["Plan"]["B1"].value == 14


def test_the_users_cells_keep_their_formats(host: Path, donor: Path, tmp_path: Path) -> None:
    old, new = openpyxl.load_workbook(host), openpyxl.load_workbook(written(host, donor, tmp_path))
    for row in old["Inputs"].iter_rows():
        for cell in row:
            other = new["Inputs"][cell.coordinate]
            assert other.number_format == cell.number_format
            assert repr((other.font, other.fill, other.border)) == repr((cell.font, cell.fill, cell.border))
    assert new["Inputs"].print_title_rows == "$1:$1"
    assert new.defined_names["Total"].value == "Inputs!$B$13"
    assert new["Inputs"].defined_names["Here"].value == "Inputs!$A$1"


def test_macros_stay_and_the_workbook_keeps_its_kind(hosts: dict[str, Path], donor: Path, tmp_path: Path) -> None:
    path = Path(shutil.copy(hosts["macros"], tmp_path / "book.xlsm"))
    out = write_back(path, donor)
    assert out == tmp_path / "book.funded.xlsm"
    parts = unzipped(out)
    assert parts["xl/vbaProject.bin"] == rich.VBA
    assert b"sheet.macroEnabled.main+xml" in parts[TYPES]
    with pytest.raises(ReportError, match=r"ends in \.xlsm"):
        write_back(path, donor, output=tmp_path / "other.xlsx")


def test_the_order_of_calculation_goes_with_all_that_leads_to_it(host: Path, donor: Path, tmp_path: Path) -> None:
    assert "xl/calcChain.xml" in unzipped(host)
    parts = unzipped(written(host, donor, tmp_path))
    assert not any(b"calcChain" in data for data in parts.values())


# --------------------------------------------------------------------------- what comes


def test_our_sheets_show_their_values(host: Path, donor: Path, tmp_path: Path) -> None:
    out = written(host, donor, tmp_path)
    table = pd.read_excel(out, sheet_name="Plan", header=None)
    assert table.iloc[0, 0] == "Plan of the plan"
    assert table.iloc[0, 1] == 14
    assert table.iloc[1, 1] == "PASS"
    inputs = openpyxl.load_workbook(out)["finopt Inputs"]
    assert inputs["A1"].value == "=not a formula, with  spaces "
    assert inputs["A1"].data_type == "s"
    assert inputs["B3"].value == dt.datetime(2031, 6, 30)


def test_our_formats_arrive(host: Path, donor: Path, tmp_path: Path) -> None:
    old, new = openpyxl.load_workbook(donor), openpyxl.load_workbook(written(host, donor, tmp_path))
    for name in ("Inputs", "Plan"):
        for row in old[name].iter_rows():
            for cell in (c for c in row if c.has_style):
                other = new[name if name == "Plan" else "finopt Inputs"][cell.coordinate]
                assert other.number_format == cell.number_format
                assert repr((other.font, other.fill, other.alignment)) == repr((cell.font, cell.fill, cell.alignment))
    (rule,) = new["Plan"].conditional_formatting["B2"]
    assert rule.dxf.fill.bgColor.rgb == "FFE2EFDA"
    assert rule.dxf.numFmt.formatCode == '"ok"'
    assert new["Plan"].column_dimensions["A"].width == old["Plan"].column_dimensions["A"].width
    assert new["Plan"].column_dimensions["A"].font.b
    assert new["Plan"].row_dimensions[6].font.b
    assert new["Plan"].page_setup.orientation == "landscape"


def test_a_sheet_of_the_same_name_takes_a_prefix_and_all_references_follow(
    host: Path, donor: Path, tmp_path: Path
) -> None:
    out = written(host, donor, tmp_path, sheets=["Plan", "Data"])
    book = openpyxl.load_workbook(out)
    assert book.sheetnames[-3:] == ["finopt Inputs", "Plan", "finopt Data"]
    sheet = book["Plan"]
    assert sheet["B1"].value == "='finopt Inputs'!B2*2+0*LEN(\"Inputs!B2\")"
    assert sheet["B4"].value == '=HYPERLINK("#\'finopt Inputs\'!A1","to inputs")'
    assert [rule.formula for rule in sheet.conditional_formatting["B2"]] == [["'finopt Inputs'!$B$2>0"]]
    assert sheet.data_validations.dataValidation[0].formula1 == "'finopt Inputs'!$B$2:$B$3"
    links = {cell: (link.location, link.target) for row in sheet.iter_rows() for c in row for cell, link in
             [(c.coordinate, c.hyperlink)] if link is not None}  # fmt: skip
    assert links == {"E1": ("'finopt Inputs'!A1", None), "E3": (None, "https://example.org/terms")}
    assert sheet.print_title_cols == "$A:$A"
    assert sheet.print_area == "'Plan'!$A$1:$K$40"
    assert book["finopt Data"].defined_names["Rates"].value == "'finopt Inputs'!$B$2:$B$2"
    assert "Rates" not in book["Plan"].defined_names
    parts = unzipped(out)
    new = set(parts) - set(unzipped(host))
    charts = [parts[name] for name in new if "/charts/chart" in name and not name.endswith(".rels")]
    assert len(charts) == 2
    assert all(b"'finopt Inputs'!$B$2:$B$2" in chart and b">Inputs!" not in chart for chart in charts)
    drawings = b"".join(parts[name] for name in new if "/drawings/" in name)
    assert drawings.count(b"textlink=\"'finopt Inputs'!$B$2\"") == 2
    assert drawings.count(b"#'finopt Inputs'!A1") == 2
    plan = next(parts[name] for name in new if name.startswith("xl/worksheets/sheet") and b"PASS" in parts[name])
    assert plan.count(b"<xm:f>'finopt Inputs'!") == 2


def test_names_of_input_sheets_are_left_to_inputs(tmp_path: Path) -> None:
    donor = rich.report(tmp_path / "report.xlsx", sheets=("Inputs", "Debt", "Plan", "Data", "Covenants", "Cover"))
    book = openpyxl.load_workbook(write_back(rich.plain(tmp_path / "user.xlsx"), donor))
    assert book.sheetnames == ["One", "Inputs", "Debt", "Plan", "Data", "finopt Covenants", "Cover"]


def test_sheets_that_formulas_need_come_along(tmp_path: Path, donor: Path) -> None:
    path = rich.plain(tmp_path / "user.xlsx")
    assert openpyxl.load_workbook(written(path, donor, tmp_path, sheets=["Debt"])).sheetnames == [
        "One",
        "Inputs",
        "Debt",
    ]
    assert openpyxl.load_workbook(written(path, donor, tmp_path, sheets=["Inputs"])).sheetnames == ["One", "Inputs"]
    with pytest.raises(ReportError, match="no sheet Bridge"):
        written(path, donor, tmp_path, sheets=["Bridge"])


def test_dates_stay_the_same_days_in_a_workbook_that_counts_from_1904(
    hosts: dict[str, Path], donor: Path, tmp_path: Path
) -> None:
    book = openpyxl.load_workbook(written(hosts["another hand"], donor, tmp_path), data_only=True)
    assert book.sheetnames == ["Debt", "Inputs", "finopt Debt", "Plan", "Data", "Cover"]
    assert book["Debt"]["A1"].value == 41
    assert book["Inputs"]["B3"].value == dt.datetime.combine(DAY, dt.time())
    assert book["Plan"]["B3"].value == dt.datetime.combine(DAY, dt.time())
    assert book["Plan"]["B1"].value == 14


def test_only_the_users_own_sheets_are_selected(host: Path, donor: Path, tmp_path: Path) -> None:
    book = openpyxl.load_workbook(written(host, donor, tmp_path))
    assert [sheet.title for sheet in book.worksheets if sheet.sheet_view.tabSelected] == ["Inputs"]
    assert book.active.title == "Inputs"


def test_libreoffice_opens_the_workbook_and_computes_the_same(host: Path, donor: Path, tmp_path: Path) -> None:
    out = written(host, donor, tmp_path)
    again = libreoffice(out, tmp_path)
    ours = {place: value for place, value in formulas(out).items() if place[0] in ("Plan", "Debt", "finopt Data")}
    assert len(ours) == 13
    new = stored(again, ours)
    assert differences(stored(out, ours), new, 1.0) == []
    assert new["Plan", "B1"] == 14
    charts = [name for name in unzipped(again) if name.startswith("xl/charts/chart")]
    assert len(charts) == 6  # two of the user's, four of ours


def test_a_report_lives_on_in_a_workbook(tmp_path: Path) -> None:
    report = write_report(finopt.solve(rich_case()), tmp_path / "report.xlsx")
    host = rich.touched_by_excel(tmp_path / "user.xlsx")
    out = write_back(host, report, sheets=SCHEDULES)
    sound(out)
    _stays(unzipped(host), unzipped(out))
    names = openpyxl.load_workbook(out, read_only=True).sheetnames[5:]
    assert {"Funding schedule", "Package funding", "Debt", "Cash flow", "finopt Covenants", "finopt Inputs"} <= set(
        names
    )
    ours = {place: text for place, text in formulas(out).items() if place[0] in names}
    values = stored(out, ours)
    assert not [text for text in ours.values() if re.search(r"(?<!finopt )Inputs'?!", text)]
    assert differences(values, stored(libreoffice(out, tmp_path), ours), 1000.0) == []
    assert values["Funding schedule", "E1"] == "PASS"


# --------------------------------------------------------------------------- a second run


def test_a_second_run_replaces_the_sheets_of_the_first(host: Path, donor: Path, tmp_path: Path) -> None:
    first = written(host, donor, tmp_path)
    names = openpyxl.load_workbook(first).sheetnames
    second = write_back(first, rich.report(tmp_path / "new.xlsx", value=100.0), output=tmp_path / "second.xlsx")
    book = openpyxl.load_workbook(second, data_only=True)
    assert book.sheetnames == names
    assert book["Plan"]["B1"].value == 200
    assert set(unzipped(second)) == set(unzipped(first))
    _stays({name: data for name, data in unzipped(host).items() if "calcChain" not in name}, unzipped(second))
    sound(second)


def test_nothing_grows_run_after_run(host: Path, donor: Path, tmp_path: Path) -> None:
    first = written(host, donor, tmp_path)
    second = write_back(first, donor, output=tmp_path / "second.xlsx")
    third = write_back(second, donor, output=tmp_path / "third.xlsx")
    assert unzipped(second)["xl/styles.xml"] == unzipped(first)["xl/styles.xml"]
    assert third.read_bytes() == second.read_bytes()


def test_a_sheet_that_the_user_renamed_and_moved_stays_there(host: Path, donor: Path, tmp_path: Path) -> None:
    parts = unzipped(written(host, donor, tmp_path))
    text = (
        parts[BOOK].decode().replace('<sheet name="Plan"', '<sheet name="Our plan"').replace("'Plan'!", "'Our plan'!")
    )
    parts[BOOK] = text.replace("Plan!", "'Our plan'!").encode()
    out = write_back(zipped(tmp_path / "renamed.xlsx", parts), rich.report(tmp_path / "new.xlsx", value=1.0))
    book = openpyxl.load_workbook(out, data_only=True)
    assert "Our plan" in book.sheetnames
    assert "Plan" not in book.sheetnames
    assert book["Our plan"]["B1"].value == 2
    assert book["Our plan"].print_area == "'Our plan'!$A$1:$K$40"


def test_a_sheet_that_the_new_plan_lacks_goes(host: Path, donor: Path, tmp_path: Path) -> None:
    parts = unzipped(written(host, donor, tmp_path))
    replaced(parts, BOOK, "<workbookView ", '<workbookView activeTab="7" ')  # the user looks at sheet Plan
    out = write_back(zipped(tmp_path / "again.xlsx", parts), donor, sheets=["Plan"])
    book = openpyxl.load_workbook(out)
    assert book.sheetnames[5:] == ["finopt Inputs", "Plan"]
    assert book["Plan"].print_title_cols == "$A:$A"
    assert book["Inputs"].print_title_rows == "$1:$1"
    views = etree.fromstring(unzipped(out)[BOOK]).iter(f"{{{MAIN}}}workbookView")
    assert [view.get("activeTab") for view in views] == ["6"]
    sound(out)


def test_a_sheet_that_the_users_formulas_need_is_not_taken_away(host: Path, donor: Path, tmp_path: Path) -> None:
    parts = unzipped(written(host, donor, tmp_path))
    replaced(
        parts, BOOK, "</definedNames>", "<definedName name=\"Mine\">'finopt Data'!$A$9</definedName></definedNames>"
    )
    path = zipped(tmp_path / "again.xlsx", parts)
    with pytest.raises(ReportError, match="refer to the sheet finopt data"):
        write_back(path, donor, sheets=["Plan"])
    assert unzipped(path) == parts
    assert openpyxl.load_workbook(write_back(path, donor)).defined_names["Mine"].value == "'finopt Data'!$A$9"


# --------------------------------------------------------------------------- in place


def test_in_place_keeps_what_was(host: Path, donor: Path) -> None:
    before = host.read_bytes()
    assert write_back(host, donor, in_place=True) == host
    assert (host.parent / "user.bak.xlsx").read_bytes() == before
    assert "Plan" in openpyxl.load_workbook(host).sheetnames
    assert sorted(p.name for p in host.parent.iterdir()) == ["user.bak.xlsx", "user.xlsx"]


def test_a_copy_leaves_the_workbook_alone(host: Path, donor: Path) -> None:
    before = host.read_bytes()
    assert write_back(host, donor) == host.parent / "user.funded.xlsx"
    assert host.read_bytes() == before


def test_a_workbook_open_in_excel_is_left_alone(host: Path, donor: Path) -> None:
    (host.parent / "~$user.xlsx").touch()
    before = host.read_bytes()
    with pytest.raises(ReportError, match="open in Excel - close it"):
        write_back(host, donor, in_place=True)
    assert host.read_bytes() == before
    assert sorted(p.name for p in host.parent.iterdir()) == ["user.xlsx", "~$user.xlsx"]


@pytest.mark.parametrize("method", ["read_bytes", "replace"])
def test_a_file_that_is_held_gets_a_clear_message(
    host: Path, donor: Path, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    def held(self: Path, *_: object) -> None:
        raise PermissionError(13, "Permission denied", str(self))

    before = host.read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(Path, method, held)
        with pytest.raises(ReportError, match=r"user.*close it if"):
            write_back(host, donor, in_place=True)
    assert host.read_bytes() == before
    assert [p.name for p in host.parent.iterdir()] == ["user.xlsx"]


def test_the_input_is_no_output(host: Path, donor: Path) -> None:
    with pytest.raises(ReportError, match="never overwritten"):
        write_back(host, donor, output=host)
    with pytest.raises(ReportError, match="no other output"):
        write_back(host, donor, output=host.parent / "x.xlsx", in_place=True)
    with pytest.raises(ReportError, match="cannot be read"):
        write_back(host.parent / "missing.xlsx", donor)


# --------------------------------------------------------------------------- refused


@pytest.mark.parametrize("kind", REFUSED)
def test_a_refused_file_is_left_alone(kind: str, donor: Path, tmp_path: Path) -> None:
    make, words = REFUSED[kind]
    path = make(tmp_path / "user.xlsx")
    before = path.read_bytes()
    with pytest.raises(ReportError, match=words) as refusal:
        write_back(path, donor, in_place=True)
    assert str(path) in str(refusal.value)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["user.xlsx"]


def test_an_unlocked_structure_is_not_refused(donor: Path, tmp_path: Path) -> None:
    parts = unzipped(rich.plain(tmp_path / "user.xlsx"))
    replaced(parts, BOOK, "<bookViews>", '<workbookProtection lockWindows="1" lockStructure="0"/><bookViews>')
    out = write_back(zipped(tmp_path / "user.xlsx", parts), donor)
    assert "Plan" in openpyxl.load_workbook(out).sheetnames


def test_a_part_that_is_there_twice_is_refused(donor: Path, tmp_path: Path) -> None:
    path = rich.plain(tmp_path / "user.xlsx")
    with zipfile.ZipFile(path, "a") as packed, pytest.warns(UserWarning, match="Duplicate"):
        packed.writestr(BOOK, "<again/>")
    with pytest.raises(ReportError, match="twice"):
        write_back(path, donor)


def test_a_report_with_a_table_is_refused(host: Path, tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="holds a table"):
        write_back(host, rich.written_by_xlsxwriter(tmp_path / "report.xlsx"), sheets=["Data"])


# --------------------------------------------------------------------------- sheet names in formulas


def _names(formula: str) -> Iterator[str]:
    yield renamed(formula, lambda name: {"data": "finopt Data", "o'neil": "Its 'own'"}.get(name.casefold(), name))


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("Data!A1+DATA!$B$2", "'finopt Data'!A1+'finopt Data'!$B$2"),
        ("SUM('Data'!A1:B2,MyData!A1,Data2!A1,Data.x!A1)", "SUM('finopt Data'!A1:B2,MyData!A1,Data2!A1,Data.x!A1)"),
        ('IF("Data!A1"="say ""Data!""",Data!A1)', 'IF("Data!A1"="say ""Data!""",\'finopt Data\'!A1)'),
        ("'O''Neil'!A1&'my Data'!A1", "'Its ''own'''!A1&'my Data'!A1"),
        ("'[1]Data'!A1+[1]Data!A1", "'[1]Data'!A1+[1]Data!A1"),
        ("Data:Debt!A1+'Data:Plan'!A1", "'finopt Data:Debt'!A1+'finopt Data:Plan'!A1"),
        ('HYPERLINK("#Data!A1","to ""Data""")', 'HYPERLINK("#\'finopt Data\'!A1","to ""Data""")'),
        ("#REF!+Data!#REF!+#N/A", "#REF!+'finopt Data'!#REF!+#N/A"),
        ("Data+SUM(Data)", "Data+SUM(Data)"),
        ("Data!A1   Data!B:B\n+  1", "'finopt Data'!A1   'finopt Data'!B:B\n+  1"),
        ("SUM(Data!A1#)", "SUM('finopt Data'!A1#)"),
        ("Data!A1:Data!B2", "'finopt Data'!A1:'finopt Data'!B2"),
        ("Data!A:Data!B+Data!$A$1:Plan!B2", "'finopt Data'!A:'finopt Data'!B+'finopt Data'!$A$1:Plan!B2"),
        ("INDEX(Data!A:A,1):Data!B2", "INDEX('finopt Data'!A:A,1):'finopt Data'!B2"),
        ("Table1[[#All],[Data]]+Data!A1", "Table1[[#All],[Data]]+'finopt Data'!A1"),
    ],
)
def test_sheet_names_in_formulas_are_changed_and_nothing_else(formula: str, expected: str) -> None:
    assert list(_names(formula)) == [expected]


def test_sheets_in_a_formula_are_found() -> None:
    formula = "Data!A1+'Cash flow'!B2+SUM(A:C!D1)+\"Text!A1\"+#REF!"
    assert sheets_in(formula) == {"data", "cash flow", "a", "c"}
