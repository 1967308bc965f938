"""A workbook read into a case: found in any shape that people send, refused with all faults at once."""

from __future__ import annotations

import datetime as dt
import re
import time
import warnings
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from finopt import CaseError, read_case
from finopt.case.sheets import SHEETS, Source
from finopt.workbook.writer import write_workbook

# --------------------------------------------------------------------------- what is read


def test_the_good_workbook_has_no_finding(book: Any) -> None:
    case = book.read()
    assert case.warnings == ()
    assert case.name == "Ferry port (example)"
    assert case.money == "USD m"
    assert len(case.calendar) == 8 + 15
    assert case.find(Source, "development LOAN").margin == 0.015


def test_every_cell_keeps_its_address(book: Any) -> None:
    case = book.read()
    loan = case.find(Source, "Development loan")
    assert loan.where("margin") == ("Sources", book.at("Sources", "Margin", "Development loan").coordinate)
    budget = case.budgets[0]
    assert budget.where("2028") == ("Budgets", book.at("Budgets", "2028", "Ministry").coordinate)
    assert case.project.where("discount_rate") == ("Project", book.item("Discount rate").coordinate)
    share = book.at("Eligibility", "Export credit (EUR)", "Ships")
    assert case.eligibility[1].where("Export credit (EUR)") == ("Eligibility", share.coordinate)


def test_provenance_is_kept(book: Any) -> None:
    book.put("Sources", "Budget grant", "Reference", "Budget law, 3 May, p. 12")
    case = book.read()
    assert case.sources[0].status == "assumption"
    assert case.sources[0].reference == "Budget law, 3 May, p. 12"
    assert case.project.note.splitlines() == ["Name: Invented, to show each sheet once.", "Unit: Millions."]


def test_the_header_may_stand_in_any_row_and_columns_in_any_order(book: Any) -> None:
    before = book.read().tables["Parties"]
    sheet = book.sheet("Parties")
    sheet.insert_rows(1, 7)
    sheet["A1"] = "Draft of the ministry"
    sheet.move_range(f"A1:A{sheet.max_row}", cols=9)
    after = book.read().tables["Parties"]
    assert [row.model_dump(exclude={"origin"}) for row in after] == [r.model_dump(exclude={"origin"}) for r in before]


@pytest.mark.parametrize(
    "header", ["limit", "LIMIT", " Limit\u00a0", "Limit\n(USD m)", "li mit", "Limit [EUR bn]", "Ｌimit"]
)
def test_headers_match_however_they_are_spelled(book: Any, header: str) -> None:
    book.at("Sources", "Limit").value = header
    assert book.read().sources[0].limit == 250


@pytest.mark.parametrize("title", ["Sources ", "SOURCES", "sou rces"])
def test_sheets_match_however_they_are_spelled(book: Any, title: str) -> None:
    sheet = book.sheet("Sources")
    sheet.title = "other"
    sheet.title = title
    assert len(book.read().sources) == 5


def test_what_starts_with_a_hash_is_ignored(book: Any) -> None:
    book.book.create_sheet("# scratch")["A1"] = "anything"
    book.column("Sources", "# my notes")
    book.put("Sources", "Budget grant", "# my notes", "#REF!")
    assert book.warnings() == []


def test_blank_rows_are_skipped(book: Any) -> None:
    sheet = book.sheet("Sources")
    sheet.insert_rows(book.header("Sources") + 2, 3)
    sheet.cell(book.header("Sources") + 3, 1).value = "   "
    assert len(book.read().sources) == 5


def test_names_are_spelled_as_their_own_sheet_spells_them(book: Any) -> None:
    book.put("Sources", "Budget grant", "Party", "ministry")
    book.put("Sources", "Development loan", "Gate", "environmental\u00a0 APPROVAL")
    book.put("Sources", "Export credit (EUR)", "Repaid by", "MINISTRY")
    book.put("Sources", "Export credit (EUR)", "Currency", "eur")
    book.put("Eligibility", "Financing costs", "Package", "financing Costs")
    book.at("Eligibility", "Port bond").value = "PORT bond"
    case = book.read()
    assert case.sources[0].party == "Ministry"
    assert case.find(Source, "Development loan").gate == "Environmental approval"
    assert case.find(Source, "Export credit (EUR)").repaid_by == "Ministry"
    assert case.find(Source, "Export credit (EUR)").currency == "EUR"
    assert case.eligibility[2].package == "Financing costs"
    assert "Port bond" in case.eligibility[0].values


@pytest.mark.parametrize(
    ("value", "rate"), [("6.5%", 0.065), ("6,5 %", 0.065), (0.065, 0.065), ("0,065", 0.065), ("\u22120.5%", -0.005)]
)
def test_rates_may_be_shares_or_per_cent(book: Any, value: Any, rate: float) -> None:
    book.put("Project", "Deposit rate", "Value", 0)
    book.put("Sources", "Port bond", "Rate", value)
    faults = book.faults()
    if rate < 0:
        assert len(faults) == 1
        assert "money pump" in faults[0]
    else:
        assert book.read().find(Source, "Port bond").rate == pytest.approx(rate)


@pytest.mark.parametrize("value", ["1 234,5", "1\u202f234,5", "1,234.5", 1234.5])
def test_amounts_as_text_are_read(book: Any, value: Any) -> None:
    book.put("Sources", "Port bond", "Limit", value)
    assert book.read().find(Source, "Port bond").limit == 1234.5


@pytest.mark.parametrize("value", ["2028-12-31", dt.date(2028, 12, 31), dt.datetime(2028, 12, 31, 15)])
def test_dates_may_be_dates_or_iso_text(book: Any, value: Any) -> None:
    book.put("Sources", "Port bond", "To", value)
    assert book.read().find(Source, "Port bond").to == dt.date(2028, 12, 31)


@pytest.mark.parametrize(
    ("header", "number_format", "label"),
    [
        (2028, "0", "2028"),
        ("2028", "@", "2028"),
        ("2028-Q3", "General", "2028-Q3"),
        (dt.date(2028, 7, 1), "yyyy-mm-dd", "2028-07-01"),
        (2028, "yyyy", "2028"),  # arrives as a day of July 1905
        (dt.date(2028, 7, 1), "yyyy", "2028"),
    ],
)
def test_period_headers_of_every_form(book: Any, header: Any, number_format: str, label: str) -> None:
    cell = book.at("Curves", "2029")
    cell.value, cell.number_format = header, number_format
    assert set(book.read().curves[0].values) == {"2027", label, "2045"}


def test_a_workbook_with_the_1904_date_system(book: Any) -> None:
    from openpyxl.utils.datetime import CALENDAR_MAC_1904

    book.book.epoch = CALENDAR_MAC_1904
    cell = book.at("Curves", "2029")
    cell.value, cell.number_format = 2029, "yyyy"
    case = book.read()
    assert case.project.start_date == dt.date(2027, 1, 1)
    assert set(case.curves[0].values) == {"2027", "2029", "2045"}


def test_a_case_that_starts_in_1905_reads(tmp_path: Path) -> None:
    path = tmp_path / "canal.xlsx"
    project = {"Name": "Canal", "Currency": "USD", "Unit": "m", "Start date": dt.date(1905, 1, 1)}
    project |= {"Construction end": dt.date(1908, 12, 31), "Discount rate": 0.03}
    tables = {
        "Project": [project],
        "Parties": [{"Party": "Treasury"}],
        "Sources": [{"Source": "Bonds", "Party": "Treasury", "Instrument": "grant", "Limit": 50,
                     "From": dt.date(1905, 7, 18)}],
        "Packages": [{"Package": "Cut", "Amount": 40, "Start": dt.date(1905, 7, 18), "Finish": dt.date(1908, 12, 31)}],
    }  # fmt: skip
    write_workbook(path, tables)
    assert read_case(path).packages[0].start == dt.date(1905, 7, 18)


def test_formulas_with_stored_values_are_read(book: Any, tmp_path: Path) -> None:
    """XlsxWriter stores values with formulas; openpyxl cannot, so the sheet is made anew.

    Blank cells become formulas that give an empty text, as =IF(A1="","",A1) does: calculated, and still blank.
    """
    import xlsxwriter

    path = tmp_path / "formulas.xlsx"
    with xlsxwriter.Workbook(path) as made:
        for name in book.book.sheetnames:
            sheet = made.add_worksheet(name)
            for row in book.sheet(name).iter_rows():
                for cell in row:
                    value = cell.value.date().isoformat() if isinstance(cell.value, dt.datetime) else cell.value
                    if name == "Sources" and isinstance(value, int | float):
                        sheet.write_formula(cell.row - 1, cell.column - 1, f"=0+{value}", None, value)
                    elif name == "Sources" and value is None:
                        sheet.write_formula(cell.row - 1, cell.column - 1, '=IF(TRUE,"","")', None, "")
                    elif value is not None:
                        sheet.write(cell.row - 1, cell.column - 1, value)
    blank = re.compile(rb'<c r="(\w+)"><f>IF\(TRUE')  # Excel says that such a value is a text; XlsxWriter does not
    with zipfile.ZipFile(path) as file:
        parts = {name: blank.sub(rb'<c r="\1" t="str"><f>IF(TRUE', file.read(name)) for name in file.namelist()}
    with zipfile.ZipFile(path, "w") as file:
        for name, content in parts.items():
            file.writestr(name, content)
    before, after = book.read(), read_case(path)
    for name in SHEETS:
        assert [r.model_dump(exclude={"origin"}) for r in before.tables.get(name, ())] == [
            r.model_dump(exclude={"origin"}) for r in after.tables.get(name, ())
        ]


# --------------------------------------------------------------------------- size


def test_a_sheet_with_a_stray_cell_at_its_far_corner_is_quick(book: Any) -> None:
    book.sheet("Sources")["XFD1048576"] = 1
    book.sheet("Packages")["Z1048576"] = 1
    path = book.save()
    start = time.process_time()
    case = read_case(path)
    assert time.process_time() - start < 5  # iter_rows takes over 25 s and 800 MB
    assert len(case.sources) == 5
    assert len(case.packages) == 3


def test_formats_without_values_are_no_rows(book: Any) -> None:
    for row in range(30, 500):
        book.sheet("Packages").cell(row, 26).number_format = "0.00"
    assert len(book.read().packages) == 3


def test_features_that_a_reader_does_not_need_do_not_disturb(book: Any) -> None:
    from openpyxl.chart import BarChart, Reference

    sheet = book.sheet("Parties")
    chart = BarChart()
    chart.add_data(Reference(sheet, min_col=2, min_row=5, max_row=7))
    sheet.add_chart(chart, "H2")
    sheet.merge_cells("A1:D1")
    sheet.auto_filter.ref = "A4:C6"
    book.book.create_chartsheet("Chart").add_chart(BarChart())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert book.warnings() == []


# --------------------------------------------------------------------------- what is wrong


@pytest.mark.parametrize(
    ("sheet", "key", "column", "value", "words"),
    [
        ("Sources", "Port bond", "Rate", 6.5, "Rate: found 6.5, expected a share such as 0.065 - did you mean 6.5%?"),
        ("Sources", "Port bond", "Rate", None, "Rate: found nothing, expected an interest rate p.a., such as 0.065"),
        ("Sources", "Operator equity", "Rate", None, "Rate: found nothing, expected a target return p.a."),
        ("Sources", "Port bond", "Limit", "#REF!", "Limit: found the error value #REF!, expected an amount"),
        ("Sources", "Port bond", "Limit", "#SPILL!", "Limit: found the error value #SPILL!, expected an amount"),
        ("Sources", "Port bond", "Limit", None, "Limit: found nothing, expected an amount such as 1234.5"),
        ("Sources", "Port bond", "Limit", -5, "Limit: found -5, expected an amount of zero or more"),
        ("Sources", "Port bond", "Limit", "1.234", "Limit: found '1.234', expected a number with one meaning"),
        ("Sources", "Port bond", "Limit", True, "Limit: found TRUE, expected a number"),
        ("Sources", "Port bond", "Limit", "=SUM(A1:A2)", "Limit: found the formula =SUM(A1:A2) but no stored value"),
        ("Sources", "Port bond", "From", "01.03.2027", "From: found '01.03.2027', expected a date such as 2029-03-31"),
        ("Sources", "Port bond", "Instrument", "lone", "Instrument: found 'lone', expected grant, equity, loan, bond"),
        ("Sources", "Port bond", "Instrument", None, "Instrument: found nothing, expected grant, equity, loan, bond"),
        ("Sources", "Port bond", "Repayment", "monthly", "Repayment: found 'monthly', expected bullet, equal, annuity"),
        ("Sources", "Port bond", "Curve", "Base rate", "Curve: found 'Base rate', expected either Rate or Curve, not"),
        ("Packages", "Quay", "Contingency", 10, "Contingency: found 10, expected a share such as 0.15 or 15% - did"),
        ("Packages", "Quay", "Profile", "hill", "Profile: found 'hill', expected uniform, s-curve, front, back"),
        ("Packages", "Quay", "Start", None, "Start: found nothing, expected a date such as 2029-03-31"),
        ("Parties", "Operator", "Maximum share", 30, "Maximum share: found 30, expected a share between 0 and 1 - did"),
        ("Gates", "Environmental approval", "Open", "perhaps", "Open: found 'perhaps', expected yes or no"),
        ("Rules", "Lenders pay at most 60%", "Value", 60, "Value: found 60, expected a share such as 0.5 or 50%, or a"),
        ("Rules", "Lenders pay at most 60%", "Sense", "about", "Sense: found 'about', expected <=, >= or ="),
        ("Budgets", "Ministry", "2028", "lots", "2028: found 'lots', expected an amount such as 1234.5"),
        ("Eligibility", "Ships", "Port bond", "maybe", "Port bond: found 'maybe', expected yes, no, or a share"),
        ("Eligibility", "Ships", "Port bond", 85, "Port bond: found 85, expected a share between 0 and 1 - did"),
        ("Covenants", "DSCR", "Limit", "#N/A", "Limit: found the error value #N/A"),
        ("Curves", "Base rate", "2029", 3, "2029: found 3, expected a share such as 0.065 - did you mean 3%?"),
        ("FX", "EUR", "2027", 0, "2027: found 0, expected a number above zero"),
        ("Project", "Discount rate", "", 8, "Discount rate: found 8, expected a share such as 0.065 - did you mean"),
        ("Project", "Discount rate", "", None, "Discount rate: found nothing, expected a rate such as 0.065 or 6.5%"),
        ("Project", "Start date", "", "1/1/2027", "Start date: found '1/1/2027', expected a date such as 2029-03-31"),
        ("Project", "Period", "", "decade", "Period: found 'decade', expected month, quarter, half-year or year"),
        ("Project", "Flow timing", "", "=NOW()", "Flow timing: found the formula =NOW() but no stored value"),
    ],
)  # fmt: skip
def test_a_wrong_cell_is_named_with_the_way_out(
    book: Any, sheet: str, key: str, column: str, value: Any, words: str
) -> None:
    address = book.put(sheet, key, column, value)
    (line,) = book.faults()
    assert line.startswith(f"{address} {words}")


@pytest.mark.parametrize("value", [None, "#REF!", "=NOW()", 17, "DSRC"])
def test_a_covenant_whose_kind_cannot_be_read_is_named(book: Any, value: Any) -> None:
    address = book.put("Covenants", "DSCR", "Covenant", value)
    assert any(line.startswith(address) for line in book.faults())


def test_a_raw_serial_number_is_no_date(book: Any) -> None:
    address = book.put("Sources", "Port bond", "From", 46447)
    book.at("Sources", "From", "Port bond").number_format = "General"
    (line,) = book.faults()
    assert line.startswith(f"{address} From: found the number 46447, expected a date such as 2029-03-31")


def test_merged_cells_are_no_silent_default(book: Any) -> None:
    """A tenor merged over two loans belongs to the first alone; the second would have the default."""
    sheet, tenor = book.sheet("Sources"), book.at("Sources", "Tenor", "Development loan")
    below = sheet.cell(tenor.row + 1, tenor.column)
    sheet.merge_cells(f"{tenor.coordinate}:{below.coordinate}")
    (line,) = book.faults()
    wanted = "expected a cell of its own - unmerge it and write the value in each cell"
    assert line == (
        f"Sources!{below.coordinate} Tenor: found a cell merged into {tenor.coordinate}:{below.coordinate}, {wanted}"
    )


def test_a_row_merged_into_one_is_told_once(book: Any) -> None:
    address = book.add("Packages", {"Package": "Works in the west"}).partition("!")[2]
    sheet = book.sheet("Packages")
    sheet.merge_cells(start_row=sheet[address].row, end_row=sheet[address].row, start_column=1, end_column=12)
    (line,) = book.faults()
    assert "a cell merged into A" in line


def test_notes_may_be_merged_over_several_rows(book: Any) -> None:
    note = book.sheet("Sources").cell(book.header("Sources") + 1, book.column("Sources", "Note"))
    note.value = "For both"
    book.sheet("Sources").merge_cells(
        start_row=note.row, end_row=note.row + 1, start_column=note.column, end_column=note.column
    )
    assert book.faults() == []


def test_values_without_a_header_are_not_ignored_in_silence(book: Any) -> None:
    cell = book.at("Packages", "Contingency", "Quay")
    book.at("Packages", "Contingency").value = None
    (warning,) = book.warnings()
    assert str(warning).startswith(f"Packages!{cell.column_letter}")
    assert "values in columns without a header" in str(warning)


def test_a_calendar_to_the_end_of_time_is_a_slip(book: Any) -> None:
    book.put("Project", "End date", "", "9999-12-31")
    assert "found 9999-12-31, expected a day until 2999-12-31" in book.faults()[0]


def test_a_missing_sheet(book: Any) -> None:
    del book.book["Parties"]
    (line,) = book.faults()
    assert line == "Parties: found no such sheet, expected the sheet Parties - add it: `finopt new` writes a template"


def test_a_misspelled_required_sheet_names_the_right_one(book: Any) -> None:
    book.sheet("Packages").title = "Pakages"
    lines = book.faults()
    assert lines[0] == (
        "Packages: found no such sheet, expected the sheet Packages - rename the sheet 'Pakages' to Packages"
    )
    assert not any(line.startswith("Pakages") for line in lines)


def test_an_unknown_sheet_is_a_warning(book: Any) -> None:
    book.book.create_sheet("Gate")["A1"] = 1  # beside Gates, so it does not stand for it
    book.book.create_sheet("Scratch")["A1"] = 1
    book.book.create_sheet("Empty")
    first, second = book.warnings()
    assert str(first) == "Gate: found an unknown sheet, which is ignored - did you mean Gates?"
    assert "start its name with #" in str(second)


def test_a_misspelled_optional_sheet_is_not_left_out_in_silence(book: Any) -> None:
    book.sheet("Covenants").title = "Covenant"
    assert book.faults() == [
        "Covenant: found an unknown sheet, expected Covenants - rename it to Covenants, or start its name with # to "
        "have it ignored"
    ]


def test_a_sheet_of_ones_own_with_a_near_name_is_left_alone(book: Any) -> None:
    del book.book["Objectives"]
    book.book.create_sheet("Objective")["A1"] = "To fund a port"
    (warning,) = book.warnings()
    assert str(warning) == "Objective: found an unknown sheet, which is ignored - did you mean Objectives?"


def test_two_sheets_of_one_name(book: Any) -> None:
    book.book.create_sheet("Gates ")["A1"] = "Gate"
    (line,) = book.faults()
    assert "a second sheet Gates, expected each sheet once" in line


def test_a_copy_of_a_sheet_is_no_second_one(book: Any) -> None:
    book.book.copy_worksheet(book.sheet("Sources")).title = "Sources (2)"
    (warning,) = book.warnings()
    assert str(warning).startswith("Sources (2): found an unknown sheet")


def test_a_misspelled_required_column(book: Any) -> None:
    cell = book.at("Sources", "Limit")
    cell.value = "Limt (USD m)"
    lines = book.faults()
    assert lines == [
        f"Sources!{cell.coordinate} Limt (USD m): found an unknown column, expected Limit - rename it to Limit"
    ]


def test_a_misspelled_key_column(book: Any) -> None:
    cell = book.at("Sources", "Source")
    cell.value = "Sorce"
    assert book.faults()[0] == (
        f"Sources!{cell.coordinate} Sorce: found an unknown column, expected Source - rename it to Source"
    )


def test_a_misspelled_optional_column_is_no_silent_default(book: Any) -> None:
    cell = book.at("Sources", "Upfront fee")
    cell.value = "Upfront fe"
    assert book.faults() == [
        f"Sources!{cell.coordinate} Upfront fe: found an unknown column, expected Upfront fee - rename it to "
        "Upfront fee, or start its name with # to have it ignored"
    ]


def test_an_unknown_column_is_a_warning_that_names_the_nearest(book: Any) -> None:
    cell = book.at("Sources", "Upfront fee")
    cell.value = "Fee upfront"
    (warning,) = book.warnings()
    assert str(warning) == (
        f"Sources!{cell.coordinate} Fee upfront: found an unknown column, which is ignored - did you mean Upfront fee?"
    )


def test_a_missing_column_without_a_likeness(book: Any) -> None:
    book.at("Packages", "Finish").value = "Zzz"
    lines = book.faults()
    assert any("Finish: found no such column, expected the column Finish" in line for line in lines)
    assert len(lines) == 2  # and the warning about Zzz, so that one can see what became of the column


def test_a_header_that_is_no_period(book: Any) -> None:
    cell = book.sheet("Budgets").cell(book.header("Budgets"), book.column("Budgets", "Total"))
    book.put("Budgets", "Ministry", "Total", 600)
    (warning,) = book.warnings()
    assert warning.cell == cell.coordinate
    assert "a period such as 2029" in str(warning)


def test_two_equal_headers_name_both_cells(book: Any) -> None:
    first = book.at("Sources", "Limit").coordinate
    sheet = book.sheet("Sources")
    again = sheet.cell(book.header("Sources"), sheet.max_column + 1)
    again.value = "limit\u00a0"
    (line,) = book.faults()
    assert line.startswith(f"Sources!{again.coordinate} limit: found the same header as {first}")
    assert first in line.split(" - ")[1]
    assert again.coordinate in line.split(" - ")[1]


def test_two_equal_periods_name_both_cells(book: Any) -> None:
    first = book.at("Budgets", "2028").coordinate
    sheet = book.sheet("Budgets")
    again = sheet.cell(book.header("Budgets"), sheet.max_column + 1)
    again.value = "2028 "
    (line,) = book.faults()
    assert line.startswith(f"Budgets!{again.coordinate} 2028: found the same header as {first}")


def test_a_header_that_is_an_error_value_or_an_uncalculated_formula(book: Any) -> None:
    book.at("Budgets", "2028").value = "#REF!"
    book.at("Budgets", "2029").value = "=B4+1"
    first, second = book.faults()
    assert "the error value #REF!, expected a header" in first
    assert "the formula =B4+1 but no stored value" in second


def test_hidden_rows_columns_and_sheets_are_used_with_a_warning(book: Any) -> None:
    cell = book.at("Sources", "Source", "Port bond")
    book.sheet("Sources").row_dimensions[cell.row].hidden = True
    book.sheet("Packages").column_dimensions["B"].hidden = True
    book.sheet("Gates").sheet_state = "hidden"
    case = book.read()
    assert len(case.sources) == 5
    assert [str(w) for w in case.warnings] == [
        f"Sources!A{cell.row}: found the hidden row {cell.row}, which is used - unhide or delete what you do not mean",
        "Packages!B1: found the hidden column B, which is used - unhide or delete what you do not mean",
        "Gates: found the hidden sheet Gates, which is used - unhide or delete what you do not mean",
    ]


def test_a_required_sheet_without_rows(book: Any) -> None:
    sheet = book.sheet("Parties")
    sheet.delete_rows(book.header("Parties") + 1, 20)
    assert any("no rows under the header" in line for line in book.faults())
    sheet.delete_rows(1, 20)
    assert any(line.startswith("Parties Party: found no header row") for line in book.faults())


def test_project_items(book: Any) -> None:
    item = book.item("Price date").offset(column=-1)
    item.value = "Date of price"
    (warning,) = book.warnings()
    assert "an unknown item, which is ignored" in str(warning)
    item.value = "Prise date"
    assert book.faults() == [
        f"Project!{item.coordinate} Prise date: found an unknown item, expected Price date - rename it to Price date, "
        "or start its name with # to have it ignored"
    ]


def test_a_missing_project_item(book: Any) -> None:
    book.sheet("Project").delete_rows(book.item("Discount rate").row)
    (line,) = book.faults()
    assert "Discount rate: found no such item, expected the item Discount rate" in line


def test_a_project_item_twice(book: Any) -> None:
    first = book.item("Currency").offset(column=-1).coordinate
    again = book.add("Project", {"Item": "currency", "Value": "EUR"})
    (line,) = book.faults()
    assert line.startswith(f"{again} currency: found the same item as {first}")


def test_the_project_sheet_without_values(book: Any) -> None:
    book.at("Project", "Value").value = "Figure"
    (line,) = book.faults()
    assert "Value: found no such column" in line


# --------------------------------------------------------------------------- all at once


def test_all_findings_come_at_once_in_order(book: Any) -> None:
    places = [
        book.put("Project", "Discount rate", "", 8),
        book.put("Sources", "Budget grant", "Party", "Minstry"),
        book.put("Sources", "Operator equity", "To", "2025-12-31"),
        book.put("Sources", "Port bond", "Limit", "#REF!"),
        book.put("Sources", "Port bond", "Rate", 5.5),
        book.put("Packages", "Quay", "Finish", "31.12.2029"),
        book.put("Rules", "Lenders pay at most 60%", "Money from", "party: Lendrs"),
    ]
    lines = book.faults()
    assert [line.split(" ")[0] for line in lines] == [*places]
    assert "did you mean Ministry?" in lines[1]


def test_terms_of_sound_rows_are_checked_beside_the_faults_of_others(book: Any) -> None:
    """Each of these is told by a step that leans on names or dates; none waits until the others are mended."""
    places = [
        book.put("Sources", "Budget grant", "Party", "Minstry"),
        book.put("Sources", "Export credit (EUR)", "Rate", 0.0001),
        book.put("Sources", "Port bond", "Limit", "#REF!"),
        book.put("Sources", "Development loan", "Grace", 0),
        book.put("Packages", "Quay", "Amount", None),
    ]
    book.put("Project", "Deposit rate", "", 0.01)
    lines = book.faults()
    assert {line.split(" ")[0] for line in lines} == set(places)
    assert len(lines) == len(places)


def test_a_term_that_hangs_on_a_fault_waits_for_it(book: Any) -> None:
    """A misspelt Amount, or a curve that cannot be read, is one fault, not one more on every row that needs it."""
    book.at("Packages", "Amount").value = "Amuont"
    (line,) = book.faults()
    assert "Amuont" in line


def test_dates_are_checked_beside_other_faults(book: Any) -> None:
    book.put("Sources", "Port bond", "Rate", 5.5)
    place = book.put("Sources", "Operator equity", "To", "2099-12-31")
    assert [line.split(" ")[0] for line in book.faults()].count(place) == 1


def test_rows_and_columns_sort_as_numbers(book: Any) -> None:
    for number in range(12):
        book.add("Packages", {"Package": f"P{number}", "Amount": -1, "Start": "2027-01-01", "Finish": "2027-12-31"})
    book.put("Sources", "Port bond", "Limit", -1)
    rows = [int(line.split(" ")[0].split("!")[1][1:]) for line in book.faults() if line.startswith("Packages!")]
    assert len(rows) == 12
    assert rows == sorted(rows)


def test_an_unread_sheet_raises_no_second_fault_elsewhere(book: Any) -> None:
    """A missing Parties sheet must not turn every Party cell, or scenario of parties, into an unknown name."""
    book.add("Scenarios", {"Scenario": "Less", "Sheet": "Parties", "Row": "Ministry", "Column": "Total budget",
                           "Change": "set", "Value": 1})  # fmt: skip
    book.at("Parties", "Party").value = "Who"
    lines = book.faults()
    assert all(line.startswith("Parties") for line in lines)


def test_warnings_come_along_with_the_faults(book: Any) -> None:
    book.at("Sources", "Rate").value = "Raet"
    with pytest.raises(CaseError) as wrong:
        book.read()
    assert any(f.warning and "did you mean Rate?" in f.hint for f in wrong.value.findings)
    assert sum(not f.warning for f in wrong.value.findings) == 3  # equity, export credit and bond lack their rate


# --------------------------------------------------------------------------- changes


def test_a_change_is_checked_and_leaves_the_case_alone(book: Any) -> None:
    case = book.read()
    dearer = case.change("Packages", "*", "Amount", scale=1.34)
    assert dearer.packages[0].amount == pytest.approx(240 * 1.34)
    assert case.packages[0].amount == 240
    back = dearer.change("Packages", "*", "Amount", scale=1 / 1.34)
    assert back.packages[0].amount == pytest.approx(240)
    with pytest.raises(CaseError, match=r"did you mean 6\.5%"):
        case.change("Sources", "Port bond", "Rate", 6.5)
    with pytest.raises(CaseError, match="expected a name from sheet Parties"):
        case.change("Sources", "Port bond", "Party", "Nobody")
    with pytest.raises(CaseError, match="last day of a period"):
        case.change("Project", "End date", "Value", "2045-06-30")
    with pytest.raises(CaseError, match="money pump"):
        case.change("Project", "Deposit rate", "Value", 0.2)


def test_changes_of_every_kind_of_cell(book: Any) -> None:
    case = book.read()
    shut = case.change("Gates", "Environmental approval", "Open", "no")
    assert not shut.gates[0].open
    assert shut.change("Gates", "Environmental approval", "Open", "yes").gates == case.gates
    later = case.change("Packages", "Quay", "Finish", add=1)
    assert later.packages[0].finish == dt.date(2030, 12, 31)
    assert later.change("Packages", "Quay", "Finish", add=-1).packages == case.packages
    less = case.change("Budgets", "Ministry", "2028", add=-50)
    assert less.budgets[0].values["2028"] == 100
    none = case.change("Eligibility", "Ships", "Port bond", "no")
    assert none.eligibility[1].values["Port bond"] == 0


def test_a_wrong_change_is_told_by_its_value_alone(book: Any) -> None:
    """A fault of the row as a whole (a share above 1, Rate beside Curve) once showed the row's insides."""
    case = book.read()
    for sheet, row, column, value, words in [
        ("Rules", "Lenders pay at most 60%", "Value", 60, "found 60, expected a share such as 0.5 or 50%"),
        ("Sources", "Port bond", "Curve", "Base rate", "found 'Base rate', expected either Rate or Curve, not both"),
        ("Sources", "Port bond", "Rate", None, "found nothing, expected an interest rate p.a."),
        ("Budgets", "Ministry", "20288", 5, "found '20288', expected a period such as 2029"),
        ("Packages", "Quay", "Profile", "beta(1.2.3,1)", "found 'beta(1.2.3,1)', expected uniform, s-curve"),
        ("Packages", "Quay", "Profile", "beta(99999999999,1)", "above zero and at most 1000"),
    ]:
        with pytest.raises(CaseError) as wrong:
            case.change(sheet, row, column, value)
        (finding,) = wrong.value.findings
        assert words in str(finding)
        assert len(str(finding)) < 250


def test_a_case_survives_a_pickle(book: Any) -> None:
    import pickle

    case = book.read()
    copy = pickle.loads(pickle.dumps(case))
    assert copy.tables == case.tables
    assert copy.change("Packages", "Quay", "Amount", 200).packages[0].amount == 200


def test_the_default_case_is_read_without_a_warning() -> None:
    root = Path(__file__).parents[2]
    case = read_case(root / "inputs" / "bering_tunnel.xlsx")
    assert [str(w) for w in case.warnings] == []
    assert 10 <= len(case.packages) <= 14
    assert openpyxl.load_workbook(root / "inputs" / "bering_tunnel.xlsx").sheetnames


def test_one_period_that_cannot_be_read_beside_others_that_can_is_an_error(book: Any) -> None:
    sheet, row = book.sheet("Budgets"), book.header("Budgets")
    cell = next(cell for cell in sheet[row] if str(cell.value) == "2030")
    cell.value = "Plan 2030"
    (fault,) = book.faults()
    assert fault.startswith(
        f"Budgets!{cell.coordinate} Plan 2030: found a header that is no period, expected a period such"
    )
    cell.value = "# Plan 2030"
    assert book.faults() == []


def test_a_sheet_of_periods_without_a_readable_one_is_an_error(book: Any) -> None:
    for cell in book.sheet("Budgets")[book.header("Budgets")]:
        if str(cell.value).startswith("20"):
            cell.value = f"Plan {cell.value}"
    (fault,) = book.faults()
    assert "no column of a period among 'Plan 2027'" in fault
    assert "expected a period such as 2029" in fault
