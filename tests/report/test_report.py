"""The report as a proof: recalculated by programs that are not ours, overtyped, read back, and refused when wrong."""

from __future__ import annotations

import datetime as dt
import functools
import math
import re
import zipfile
from collections.abc import Callable, Iterator
from graphlib import CycleError
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pytest
from lxml import etree
from openpyxl.utils import column_index_from_string, get_column_letter
from openpyxl.utils.cell import coordinate_from_string

import finopt
from finopt import ReportError
from finopt.report.excel.page import Page, in_writing_order
from finopt.report.excel.plan_arrays import first_peak
from finopt.report.excel.styles import party_colours
from finopt.report.record.data import COLUMNS, HEADER
from finopt.report.sheets import certificate
from finopt.report.write_report import PAGES
from finopt.reporting import write_report
from tests.report.recalc import Address, differences, formualized, formulas, libreoffice, stored
from tests.report.report_cases import CASES, DEFAULT, plan_of, rich
from tests.slow import split

SHEETS = tuple(page.title for page in PAGES if not page.optional)
"""Left to right: the sheets of a plan without scenarios."""
BOTH_COMPUTE = {
    "ABS", "AND", "COUNT", "COUNTA", "COUNTIF", "IF", "IFERROR", "MAX", "MIN", "SUM", "SUMIF", "SUMPRODUCT", "XIRR",
}  # fmt: skip
"""Functions that Excel and LibreOffice 7.4 both compute; none is volatile, none returns a reference."""


@pytest.fixture
def report(report_of: Callable[[str], Path]) -> Callable[[str], Path]:
    """The report of a case, written once."""
    return report_of


def money(name: str) -> float:
    """The size of a case: what its packages cost."""
    return plan_of(name).measures["package cost"]


@functools.cache
def values_of(path: Path) -> Any:
    """The workbook with its stored values; a report does not change once it is written."""
    return openpyxl.load_workbook(path, data_only=True)


@functools.cache
def formulas_of(path: Path) -> dict[Address, str]:
    """The formulas of a report."""
    return formulas(path)


def stored_of(path: Path) -> dict[Address, Any]:
    """The stored value of every formula of a report."""
    return {(sheet, cell): values_of(path)[sheet][cell].value for sheet, cell in formulas_of(path)}


def rows_of(path: Path, sheet: str) -> Iterator[tuple[int, list[Any]]]:
    """Row number and stored values of a sheet's rows that have a label."""
    for number, row in enumerate(values_of(path)[sheet].iter_rows(values_only=True), 1):
        if row[0] is not None:
            yield number, list(row)


def row_of(path: Path, sheet: str, label: str, after: str = "") -> tuple[int, list[Any]]:
    """The first row with this label, below the row labelled ``after``."""
    found = not after
    for number, row in rows_of(path, sheet):
        if found and row[0] == label:
            return number, row
        found = found or row[0] == after
    raise LookupError(f"{sheet}: no row {label!r} after {after!r}")


EVERY_CASE = pytest.mark.parametrize("name", [*CASES, "default"])


# --------------------------------------------------------------------------- recalculated


@pytest.mark.parametrize("name", split(["rich", "default", *(name for name in CASES if name != "rich")], 2))
def test_formualizer_gets_every_stored_value(report: Callable[[str], Path], name: str) -> None:
    path = report(name)
    cells = formulas_of(path)
    assert len(cells) > 100
    assert differences(stored_of(path), formualized(path, cells), money(name)) == []


@pytest.mark.parametrize("name", split(["rich", "default", "no revenue", "no debt", "one period", "400 months"], 2))
def test_libreoffice_gets_every_stored_value(report: Callable[[str], Path], tmp_path: Path, name: str) -> None:
    path = report(name)
    cells = formulas_of(path)
    assert differences(stored_of(path), stored(libreoffice(path, tmp_path), cells), money(name)) == []


@EVERY_CASE
def test_every_check_passes_and_no_cell_holds_an_error(report: Callable[[str], Path], name: str) -> None:
    path = report(name)
    values = stored_of(path)
    blank = [address for address, value in values.items() if value is None]
    assert [a for a in blank if not formulas_of(path)[a].endswith(',"")')] == []  # a ratio with nothing to divide by
    words = [value for value in values.values() if isinstance(value, str)]
    assert [w for w in words if w.startswith("#") or w == "FAIL"] == []
    results = [row[4] for _, row in rows_of(path, "Checks") if row[4] in ("PASS", "FAIL")]
    assert len(results) >= 8
    assert set(results) == {"PASS"}


@EVERY_CASE
def test_the_report_holds_the_plans_own_figures(report: Callable[[str], Path], name: str) -> None:
    plan, path, close = plan_of(name), report(name), 1e-6 * money(name)
    cash = row_of(path, "Cash flow", "Financing cost")[1]
    assert cash[3] == pytest.approx(plan.cost, abs=close)
    schedule = {row[0]: row[3] for _, row in rows_of(path, "Funding schedule") if row[1] == row[0]}
    assert schedule == pytest.approx(dict(plan.by_party), abs=close)
    both = [row_of(path, "Debt", label, "All sources, in case money")[1][3] for label in ("Interest accrued", "Fees")]
    assert sum(both) == pytest.approx(plan.measures["interest and fees"], abs=close)
    for party, peak in plan.peak_year.items():
        year = row_of(path, "Funding schedule", "The same by calendar year (peak)", f"What {party} puts in")[1]
        assert year[3] == pytest.approx(peak, abs=close)
    for source, rate in plan.all_in_rate.items():
        label = "All funders" if source == "total" else source
        shown = row_of(path, "Cash flow", label, "Closing balance")[1][4]
        assert shown == ("n/a" if rate is None else pytest.approx(rate, abs=1e-6))


def test_covenants_are_tested_at_the_plans_own_values(report: Callable[[str], Path]) -> None:
    table = plan_of("rich").covenants
    worst = {"DSCR": min, "LLCR": min, "gearing": max, "average life": max}
    labels = {"DSCR": "Debt service cover ratio", "LLCR": "Loan life cover ratio", "gearing": "Gearing",
              "average life": "Average life"}  # fmt: skip
    for kind, pick in worst.items():
        rows = [row for _, row in rows_of(report("rich"), "Covenants") if row[0] == labels[kind] and row[3] is not None]
        assert rows[0][3] == pytest.approx(pick(table[table["covenant"] == kind]["value"]), rel=1e-9), kind


# --------------------------------------------------------------------------- overtyped


def failing(path: Path, overtype: dict[Address, float]) -> set[str]:
    """Labels of the checks that fail after some cells are overtyped, with the master check."""
    rows = [(number, row) for number, row in rows_of(path, "Checks") if number > 5]
    labels = {number: str(row[0]) for number, row in rows if row[4] in ("PASS", "FAIL")}
    cells: dict[Address, Any] = {("Checks", f"E{number}"): None for number in labels}
    return {labels[int(cell[1:])] for (_, cell), value in formualized(path, cells, overtype).items() if value != "PASS"}


def decision(path: Path, label: str, after: str, period: str) -> tuple[Address, float]:
    """Address and value of a decision on the Funding schedule."""
    number, row = row_of(path, "Funding schedule", label, after)
    header = values_of(path)["Funding schedule"][3]
    column = next(i for i, cell in enumerate(header) if cell.value == period)
    return ("Funding schedule", f"{get_column_letter(column + 1)}{number}"), float(row[column])


def test_one_more_in_a_draw_turns_the_right_checks_and_only_those(report: Callable[[str], Path]) -> None:
    path = report("no debt")
    cell, value = decision(path, "Works", "Grant", "2029")
    # the package is paid too much, and the grant gives more than it committed; its own return of 0% has a cost today
    assert failing(path, {cell: value + 1}) == {
        "of which pass",
        "Sources = uses",
        "Paid in full: Works",
        "Within its commitment: Grant",
        "Financing cost is what the solver proved",
    }


def test_one_more_in_a_draw_of_a_loan_fails_what_it_breaks_and_only_that(report: Callable[[str], Path]) -> None:
    path = report("no revenue")
    cell, value = decision(path, "Works", "Loan", "2028")
    # its schedule repays the larger balance by itself, so nothing is owed at the end
    assert failing(path, {cell: value + 1}) == {
        "of which pass",
        "Sources = uses",
        "Paid in full: Works",
        "Within its commitment: Loan",
        "Financing cost is what the solver proved",
    }


FREE = "Principal repaid freely (sculpted, credit lines), own currency"
ISSUES, PAYOUTS = "Bond issues, in the source's own currency", "Payouts to equity, in the source's own currency"
OVERTYPED: list[tuple[str, str, str, float, set[str]]] = [
    ("Bores", "State loan", "2028-H1", 1, {"Sources = uses", "Paid in full: Bores"}),
    ("Bores", "State loan", "2028-H2", 1, {"Within its limit per period: State loan"}),
    ("Bores", "Grant", "2028-H2", 40, {"Within its limit per year: Grant", "Within its share of Bores: Grant"}),
    ("Bores", "State loan", "2032", 1, {"Drawn only while open: State loan"}),
    ("Bores", "State loan", "2028-H2", -300, {"No decision is negative"}),
    ("Bores", "Grant", "2027-H1", 900, {"Within its budget: Ministry", "Within its total budget: Ministry"}),
    ("Bores", "Partner equity", "2029-H2", 1200, {"Minimum share: Ministry"}),
    ("Bores", "Partner equity", "2029-H2", 3000, {"Maximum share: Partners"}),
    ("Financing costs", "Partner equity", "2030-H1", 5,
     {"Money drawn for financing costs within what the project pays"}),
    ("Refinancing", "Partner equity", "2030-H2", 5,
     {"Money drawn for refinancing within the principal that the project repays"}),
    ("Rail", "Late loan", "2030-H2", 400, {"Rule: Late loan is little (<= 0.3 of it, total)"}),
    ("Rail", "Export credit", "2030-H1", 200, {"Within its share of Rail: Export credit", "Covenant: gearing"}),
    ("Rail", "Export credit", "2030-H1", 200, {"Repaid when due: Export credit", "Rule: US cap (<= 90, year)"}),
    ("Rail", "Project bond", "2028-H1", 400, {"Rule: Own money (>= 0.25 of it, cumulative)"}),
    ("Project bond", ISSUES, "2028-H2", -20, {"Drawn from money that was raised: Project bond"}),
    ("Project bond", ISSUES, "2028-H2", 300, {"Covenant: debt", "Within its commitment: Project bond"}),
    ("Project bond", ISSUES, "2028-H2", 600, {"Covenant: LLCR", "Covenant: DSCR"}),
    ("Bridge line", FREE, "2030-H2", -1, {"Repaid when due: Bridge line"}),
    ("Bridge line", FREE, "2028-H1", 60,
     {"Balance never negative: Bridge line", "Repays no more than it owed: Bridge line"}),
    ("Partner equity", PAYOUTS, "2032", 30, {"Paid out no more than its target: Partner equity"}),
    ("Partner equity", PAYOUTS, "2032", 90, {"Never below minimum cash"}),
    ("Export credit", FREE, "2037", 10, {"Covenant: DSCR"}),
    ("Export credit", FREE, "2040", 5, {"Covenant: average life"}),
    ("Debt service reserve, balance", "Reserve", "2033", -1, {"Covenant: reserve months"}),
]  # fmt: skip
"""What is overtyped on Funding schedule (line, section or source above it, period, change), and what must fail."""


@pytest.mark.parametrize(("label", "after", "period", "change", "expected"), OVERTYPED)
def test_overtyping_a_decision_fails_the_check_that_speaks_of_it(
    report: Callable[[str], Path], label: str, after: str, period: str, change: float, expected: set[str]
) -> None:
    path = report("rich")
    cell, value = decision(path, label, after, period)
    found = failing(path, {cell: value + change})
    assert found >= {*expected, "of which pass"}, found


def test_overtyping_a_commitment_or_a_formula_is_noticed(report: Callable[[str], Path]) -> None:
    path = report("rich")
    commitment, _ = row_of(path, "Funding schedule", "State loan", "Commitments, in the source's own currency")
    assert "Commitment within the limit: State loan" in failing(path, {("Funding schedule", f"D{commitment}"): 251.0})
    closing, _ = row_of(path, "Debt", "Closing balance", "Export credit (loan, sculpted, repaid by project)")
    assert "Balance rolls forward: Export credit" in failing(path, {("Debt", f"K{closing}"): 1.0})
    amount = ("Data", f"{get_column_letter(COLUMNS.index('amount') + 1)}{HEADER + 2}")
    assert failing(path, {amount: 0.0}) == {
        "The Data sheet holds every draw",
        "The Data sheet adds up to the financing cost",
        "of which pass",
    }


def test_another_dual_opens_the_gap_of_the_certificate(report: Callable[[str], Path]) -> None:
    """Every dual that the bound adds up stands on the sheet; one that is too large proves too much, or nothing."""
    path = report("rich")
    limit, row = row_of(
        path, "Certificate", "source_limit", "Rows of the program with a dual and a limit other than zero"
    )
    assert row[1] == "State loan"
    dual = ("Certificate", f"F{limit}")
    assert failing(path, {dual: row[5] * 1.01}) == {"The dual bound meets the first aim", "of which pass"}
    verdict, _ = row_of(path, "Certificate", "Verdict")
    cell = ("Certificate", f"C{verdict}")
    assert formualized(path, {cell: None}, {dual: row[5] * 1.01}) == {cell: "FAIL"}


@EVERY_CASE
def test_the_certificate_adds_up_to_the_plan(report: Callable[[str], Path], name: str) -> None:
    plan, path = plan_of(name), report(name)
    shown = {label: row_of(path, "Certificate", label)[1][2] for label in ("Final plan", "Primal objective",
             "Dual objective", "Gap", "Verdict")}  # fmt: skip
    aim = plan.certificate.aims[0]
    close = 1e-6 * aim.size
    assert shown["Final plan"] == pytest.approx(plan.objective, abs=close)
    assert shown["Primal objective"] == pytest.approx(plan.aims[0].best, abs=close)
    assert shown["Dual objective"] == pytest.approx(plan.aims[0].best, abs=close)
    assert shown["Gap"] <= 1e-6
    assert shown["Verdict"] == "PASS"
    verdicts = [row[5] for _, row in rows_of(path, "Certificate") if row[5] in ("PASS", "FAIL")]
    assert len(verdicts) == len(plan.certificate.violations)
    assert set(verdicts) == {"PASS"}


def test_the_certificate_of_a_large_program_lists_what_weighs_most(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(certificate, "MOST", 5)
    path = write_report(plan_of("rich"), tmp_path / "bounded.xlsx")
    begin, _ = row_of(path, "Certificate", "Rows of the program with a dual and a limit other than zero")
    end, _ = row_of(path, "Certificate", "Columns whose reduced cost meets a bound other than zero")
    assert end - begin - 2 <= 5 + 1
    assert row_of(path, "Certificate", "Verdict")[1][2] == "PASS"
    said = [str(row[0]) for _, row in rows_of(path, "Certificate") if "the rest adds up to" in str(row[0])]
    assert len(said) == 1
    cells = {address: text for address, text in formulas_of(path).items() if address[0] == "Certificate"}
    assert differences(stored(path, cells), formualized(path, cells), money("rich")) == []


def test_libreoffice_recalculates_hard(report: Callable[[str], Path], tmp_path: Path) -> None:
    """Without this the comparison with LibreOffice could compare stored values with themselves."""
    path = report("no revenue")
    (sheet, cell), value = decision(path, "Works", "Loan", "2028")
    book = openpyxl.load_workbook(path)
    book[sheet][cell].value = value + 1
    changed = tmp_path / "changed.xlsx"
    book.save(changed)
    again = openpyxl.load_workbook(libreoffice(changed, tmp_path), data_only=True)
    assert {again[name]["K1" if name == "Summary" else "E1"].value for name in SHEETS} == {"FAIL"}


# --------------------------------------------------------------------------- the workbook itself


def written_before(title: str) -> set[str]:
    """The sheet and all that stand before it in the order of writing because it, or one of them, refers to them."""
    pages = {page.title: page for page in PAGES}
    if title == "Funding schedule":  # what parties put in stands there; Debt writes it, for it holds debt service
        return {title, "Debt", "Inputs"}
    return {title}.union(*(written_before(before) for before in pages[title].after))


@pytest.mark.parametrize("name", ["rich", "default"])
def test_a_sheet_refers_to_itself_and_to_what_it_says_that_it_comes_after(
    report: Callable[[str], Path], name: str
) -> None:
    """But for the master check in the header of each, which is written last."""
    seen: dict[str, set[tuple[str, str]]] = {}
    for (sheet, cell), formula in formulas(report(name)).items():
        if cell not in ("E1", "K1"):
            seen.setdefault(sheet, set()).update(re.findall(r"(?:'([^']+)'|\b([A-Z]\w+))!", formula.replace('""', "")))
    named = {sheet: {a or b for a, b in found} for sheet, found in seen.items()}
    assert len(named) > 8
    assert {sheet: others - written_before(sheet) for sheet, others in named.items()} == {s: set() for s in named}


def test_two_sheets_that_refer_to_each_other_are_refused() -> None:
    pages = [Page("One", "", print, after=("Two",)), Page("Two", "", print, after=("One",))]
    with pytest.raises(CycleError):
        in_writing_order(pages)


@EVERY_CASE
def test_the_workbook_is_plain(report: Callable[[str], Path], name: str) -> None:
    path = report(name)
    book = openpyxl.load_workbook(path)
    assert tuple(book.sheetnames) == SHEETS
    for sheet in book.worksheets:
        assert sheet.sheet_state == "visible"
        assert not sheet.merged_cells.ranges
        assert sheet.freeze_panes is not None
        assert sheet.page_setup.orientation == "landscape"
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
        assert sheet.page_setup.fitToWidth in (None, 1)  # one page wide is the default, which may be left out
        assert sheet.oddFooter.left.text
    used = {f for text in formulas_of(path).values() for f in re.findall(r"([A-Z][A-Z0-9.]*)\(", text)}
    assert used <= BOTH_COMPUTE
    with zipfile.ZipFile(path) as package:
        assert not [n for n in package.namelist() if "external" in n.casefold() or "vba" in n.casefold()]


@EVERY_CASE
def test_the_master_check_stands_in_every_frozen_header(report: Callable[[str], Path], name: str) -> None:
    book = values_of(report(name))
    assert {book[sheet]["K1" if sheet == "Summary" else "E1"].value for sheet in SHEETS} == {"PASS"}


def test_a_time_axis_is_the_same_on_every_sheet_that_has_one(report: Callable[[str], Path]) -> None:
    book = values_of(report("default"))
    calendar = plan_of("default").case.calendar
    timed = (
        "Sources and uses",
        "Funding schedule",
        "Package funding",
        "Debt",
        "Cash flow",
        "Covenants",
        "Checks",
        "Inputs",
    )
    for name in timed:
        sheet = book[name]
        assert sheet.freeze_panes == "F6"
        heads = [sheet.cell(3, 6 + t).value for t in range(len(calendar))]
        assert heads == list(calendar.labels)
        assert [sheet.cell(4, 6 + t).value.date() for t in range(len(calendar))] == [p.last for p in calendar]
        assert [sheet.cell(5, 6 + t).value for t in range(len(calendar))] == [p.phase for p in calendar]


@EVERY_CASE
def test_pandas_reads_every_draw_from_the_data_sheet(report: Callable[[str], Path], name: str) -> None:
    table = pd.read_excel(report(name), sheet_name="Data", header=HEADER, keep_default_na=False)
    draws = plan_of(name).draws
    assert tuple(table.columns) == COLUMNS
    table = table.loc[table["flow"] == "draw", list(draws.columns)]
    merged = draws.merge(
        table.astype({"period": str}), on=list(draws.columns[:-1]), how="outer", suffixes=("", "_read")
    )
    assert (merged["amount"] - merged["amount_read"]).abs().fillna(math.inf).max() <= 1e-9 * money(name)


@EVERY_CASE
def test_the_data_sheet_holds_every_flow_of_the_plan(report: Callable[[str], Path], name: str) -> None:
    plan, close = plan_of(name), 1e-6 * money(name)
    table = pd.read_excel(report(name), sheet_name="Data", header=HEADER, keep_default_na=False)
    own = table.groupby("flow")["amount in source currency"].sum()
    flows = {
        "interest paid": plan.debt["interest_paid"], "interest capitalised": plan.debt["capitalised"],
        "principal": plan.debt["principal"], "payout": plan.accounts["payout"],
        "commitment": plan.commitments["commitment"], "drawing": plan.commitments["drawn"],
        **{f"{fee} fee": plan.fees[fee] for fee in ("upfront", "commitment", "guarantee", "draw")},
    }  # fmt: skip
    for flow, values in flows.items():
        assert own.get(flow, 0.0) == pytest.approx(values.sum(), abs=close), flow
    worth = pd.to_numeric(table["present value"], errors="coerce")
    assert worth.sum() == pytest.approx(plan.cost, abs=close)
    at_home = table["currency"] == plan.case.project.currency
    assert (table["amount"] - table["amount in source currency"]).abs()[at_home].max() <= close
    assert table["amount"].map(lambda value: isinstance(value, int | float)).all()


def test_the_data_sheet_says_when_and_by_whom(report: Callable[[str], Path]) -> None:
    """Draws fall in the middle of a period, service at its end; an export credit in EUR is repaid by the project."""
    table = pd.read_excel(report("rich"), sheet_name="Data", header=HEADER, keep_default_na=False)
    credit = table[table["source"] == "Export credit"]
    repaid = credit[(credit["flow"] == "principal") & (credit["period"].astype(str) == "2037")].iloc[0]
    assert (repaid["payer"], repaid["currency"], repaid["date"]) == ("project", "EUR", dt.datetime(2037, 12, 31))
    assert repaid["amount"] == pytest.approx(1.15 * repaid["amount in source currency"])
    assert repaid["discount factor"] == pytest.approx(1.07**-11)
    drawn = table[(table["flow"] == "draw") & (table["period"].astype(str) == "2028-H1")].iloc[0]
    assert drawn["date"] == dt.datetime(2028, 3, 31)
    assert drawn["present value"] == pytest.approx(-drawn["amount"] * 1.07**-1.25)
    service = table[(table["source"] == "State loan") & (table["flow"] == "principal")]
    assert set(service["payer"]) == {"Ministry"}
    assert set(table.loc[table["flow"] == "drawing", "present value"]) == {""}


def test_a_long_time_axis_prints_in_blocks_each_one_page_wide(report: Callable[[str], Path]) -> None:
    book = openpyxl.load_workbook(report("400 months"))
    sheet, labels = book["Debt"], plan_of("400 months").case.calendar.labels
    areas = [area.replace("$", "").split(":") for area in str(sheet.print_area).replace("'Debt'!", "").split(",")]
    spans = [tuple(coordinate_from_string(corner)[0] for corner in area) for area in areas]
    assert spans[0][0] == "A"
    columns = [range(column_index_from_string(a), column_index_from_string(b) + 1) for a, b in spans]
    assert [c for columns_of_page in columns for c in columns_of_page] == list(range(1, 6 + len(labels)))
    assert max(map(len, columns)) <= 24 + 6
    begins = [sheet.cell(3, page[0]).value for page in columns[1:]]
    assert [label for label in begins if not label.endswith("-01")] == ["2032-05"]  # the first month of operation
    assert sheet.print_title_cols == "$A:$E"
    assert sheet.print_title_rows == "$1:$5"


@EVERY_CASE
def test_every_amount_fits_into_its_column(report: Callable[[str], Path], name: str) -> None:
    """A digit of ten-point Calibri takes 0.92 of the width that a column counts in, a comma, point or bracket half."""
    narrow = []
    for sheet in values_of(report(name)).worksheets:
        spreads = sheet.column_dimensions.values()
        widths = {column: spread.width for spread in spreads for column in range(spread.min, spread.max + 1)}
        for row in sheet.iter_rows():
            for cell in row:
                if cell.number_format.startswith("#,##0.0;") and isinstance(cell.value, int | float):
                    text = f"{abs(cell.value):,.1f}" + ("()" if cell.value < 0 else "")
                    if sum(0.92 if sign.isdigit() else 0.5 for sign in text) > widths[cell.column]:
                        narrow.append(f"{sheet.title}!{cell.coordinate}: {text}")
    assert narrow == []


@pytest.mark.parametrize("name", ["default", "400 months"])
def test_pages_that_would_hold_nothing_but_dashes_are_not_printed(report: Callable[[str], Path], name: str) -> None:
    book, count = values_of(report(name)), len(plan_of(name).case.calendar)
    dropped = 0
    for title in ("Sources and uses", "Package funding", "Checks", "Debt"):
        sheet = book[title]
        corners = re.findall(r"\$([A-Z]+)\$\d+:\$([A-Z]+)", str(sheet.print_area))
        areas = [range(column_index_from_string(a), column_index_from_string(b) + 1) for a, b in corners]
        printed = {column for area in areas for column in area}
        for column in set(range(6, 6 + count)) - printed:
            dropped += 1
            amounts = [
                sheet.cell(row, column).value
                for row in range(6, sheet.max_row + 1)
                if not str(sheet.cell(row, 1).value).endswith(" so far")
            ]
            assert max((abs(x) for x in amounts if isinstance(x, int | float)), default=0.0) <= 1e-6 * money(name)
    assert dropped


def test_the_first_of_years_equal_but_for_rounding_is_the_peak() -> None:
    assert first_peak(np.array([1.0, 800.0, 800.0 + 1e-10, 3.0])) == 1
    assert first_peak(np.array([1.0, 800.0, 800.1, 3.0])) == 2
    assert first_peak(np.zeros(3)) == 0


def test_ratios_and_prices_are_not_rounded_away_as_if_they_were_money(report: Callable[[str], Path]) -> None:
    """In single dollars a few dollars are rounding; a DSCR of 1.3 and a price of 0.37 are not."""
    book = values_of(report("single dollars"))
    few, many = ([row[4].value for row in values_of(report(name))["Limits and prices"].iter_rows(min_row=6)]
                 for name in ("3 sources", "single dollars"))  # fmt: skip
    prices = [[value for value in column if isinstance(value, int | float)] for column in (few, many)]
    assert max(map(abs, prices[0])) > 0.1
    assert max(map(abs, prices[1])) == pytest.approx(max(map(abs, prices[0])), rel=1e-6)
    for title in ("Covenants", "Cash flow", "Sources and uses"):
        sheet = openpyxl.load_workbook(report("single dollars"))[title]
        dashed = [spread for spread in sheet.conditional_formatting if spread.rules[0].operator == "between"]
        cells = [cell for spread in dashed for part in spread.cells.ranges for cell in part.cells]
        assert cells
        written = [book[title].cell(*cell) for cell in cells if book[title].cell(*cell).value is not None]
        assert {cell.number_format for cell in written} <= {'#,##0.0;(#,##0.0);"-"', '0.000000;(0.000000);"-"'}


def test_axes_of_single_dollars_count_in_millions(report: Callable[[str], Path]) -> None:
    with zipfile.ZipFile(report("single dollars")) as package:
        chart = package.read("xl/charts/chart1.xml").decode()
    assert "USD m, millions" in chart
    assert 'formatCode="#,##0,,"' in chart


def test_words_that_begin_like_formulas_stay_words(report: Callable[[str], Path]) -> None:
    book = values_of(report("one period"))
    row, _ = row_of(report("one period"), "Funding schedule", "=1+1")
    assert book["Funding schedule"].cell(row, 1).data_type == "s"


SPACE = {"c": "http://schemas.openxmlformats.org/drawingml/2006/chart",
         "a": "http://schemas.openxmlformats.org/drawingml/2006/main",
         "r": "http://schemas.openxmlformats.org/package/2006/relationships"}  # fmt: skip


def charts_of(path: Path) -> dict[str, etree._Element]:
    """The charts of a report by title."""
    with zipfile.ZipFile(path) as package:
        charts = [etree.fromstring(package.read(n)) for n in package.namelist() if n.startswith("xl/charts/chart")]
    return {chart.findtext(".//c:title//a:t", namespaces=SPACE): chart for chart in charts}


def series_of(chart: etree._Element) -> dict[str, etree._Element]:
    """The series of a chart by name."""
    return {series.findtext("c:tx//c:v", namespaces=SPACE): series for series in chart.iterfind(".//c:ser", SPACE)}


def colours(chart: etree._Element) -> dict[str, str]:
    found = {name: series.find("c:spPr/a:solidFill/a:srgbClr", SPACE) for name, series in series_of(chart).items()}
    return {name: "#" + colour.get("val") for name, colour in found.items() if colour is not None}


def test_charts_show_each_party_in_its_colour(report: Callable[[str], Path]) -> None:
    plan, charts = plan_of("default"), charts_of(report("default"))
    parties = {party: colour for party, colour in party_colours(plan.by_party.index).items() if party}
    bars = charts["Money drawn, by party"]
    assert colours(bars) == parties
    assert bars.find(".//c:barChart/c:grouping", SPACE).get("val") == "stacked"
    values = [float(v.text) for v in bars.iterfind(".//c:barChart/c:ser//c:val//c:v", SPACE)]
    assert sum(values) == pytest.approx(plan.measures["money"])  # the chart carries its data
    windows = colours(charts["When packages are built and sources can be drawn"])
    assert {party: windows[party] for party in parties} == parties
    debt = colours(charts["Debt outstanding, by source, and its limit"])
    assert debt["Chinese policy banks"] == parties["International partners"]  # its first lender; the next get tints
    assert len(set(debt.values())) == len(debt)


@EVERY_CASE
def test_the_summary_has_four_charts_whose_data_is_what_the_cells_hold(
    report: Callable[[str], Path], name: str
) -> None:
    path, book = report(name), values_of(report(name))
    charts = charts_of(path)
    with zipfile.ZipFile(path) as package:
        drawing = etree.fromstring(package.read("xl/worksheets/_rels/sheet2.xml.rels"))
        target = next(r.get("Target") for r in drawing.iterfind("r:Relationship", SPACE) if "drawing" in r.get("Type"))
        parts = etree.fromstring(package.read("xl/drawings/_rels/" + target.rpartition("/")[2] + ".rels"))
    assert len(parts) == 4
    for chart in charts.values():
        for kind in ("cat", "val"):
            for data in chart.iterfind(f".//c:ser/c:{kind}", SPACE):
                sheet, _, area = data.findtext(".//c:f", namespaces=SPACE).rpartition("!")
                left, _, right = area.replace("$", "").partition(":")
                cells = [cell.value for row in book[sheet.strip("'")][f"{left}:{right or left}"] for cell in row]
                kept = {int(p.get("idx")): p.findtext("c:v", namespaces=SPACE) for p in data.iterfind(".//c:pt", SPACE)}
                assert len(cells) == int(data.find(".//c:ptCount", SPACE).get("val"))
                for i, value in enumerate(cells):
                    assert same_value(kept.get(i), value)


def same_value(kept: str | None, cell: Any) -> bool:
    """Whether a chart's own copy of a value is what the cell holds."""
    if cell in (None, "") or kept in (None, ""):
        return (cell or "") == (kept or "")
    if isinstance(cell, dt.datetime):
        cell = (cell - dt.datetime(1899, 12, 30)).days
    return kept == cell if isinstance(cell, str) else float(str(kept)) == pytest.approx(cell, abs=1e-9)


def test_the_debt_chart_shows_what_is_owed_and_never_more_than_its_limit(report: Callable[[str], Path]) -> None:
    plan, chart = plan_of("default"), charts_of(report("default"))["Debt outstanding, by source, and its limit"]
    layers = series_of(chart)
    values = {name: [float(v.text or 0) for v in s.iterfind("c:val//c:v", SPACE)] for name, s in layers.items()}
    limit = values.pop("Committed, with interest added")
    owed = [sum(column) for column in zip(*values.values(), strict=True)]
    assert max(owed) == pytest.approx(plan.measures["peak debt"])
    assert all(o <= most * (1 + 1e-9) for o, most in zip(owed, limit, strict=True))


def test_who_pays_for_which_package_adds_up_to_its_cost(report: Callable[[str], Path]) -> None:
    plan, sheet = plan_of("default"), values_of(report("default"))["Package funding"]
    head, _ = row_of(report("default"), "Package funding", "Who pays for which package, in all")
    names = [cell.value for cell in sheet[head + 1][5:]]
    for w, package in enumerate(plan.case.packages):
        row = [cell.value for cell in sheet[head + 2 + w]]
        paid = dict(zip(names, row[5:], strict=True))
        cost = plan.draws[plan.draws["package"] == package.package]["amount"].sum()
        assert row[0] == package.package
        assert row[3] == pytest.approx(cost)
        assert sum(paid[party] or 0.0 for party in plan.by_party.index) == pytest.approx(cost)
        by_source = plan.draws[plan.draws["package"] == package.package].groupby("source")["amount"].sum()
        assert {s: v for s, v in paid.items() if v and s in plan.by_source.index} == pytest.approx(dict(by_source))


# --------------------------------------------------------------------------- why this plan


def reasons_of(path: Path) -> list[str]:
    """The sentences of the Summary, lines put together."""
    lines = [row[1] for row in values_of(path)["Summary"].iter_rows(values_only=True)]
    text = [str(line) for line in lines[lines.index("Why this plan") + 1 :] if line]
    found: list[str] = []
    for line in text:
        if line[0].isdigit():
            found.append(line.partition(".  ")[2])
        else:
            found[-1] += " " + line.strip()
    return found


@EVERY_CASE
def test_five_sentences_say_why_this_plan(report: Callable[[str], Path], name: str) -> None:
    sentences, plan = reasons_of(report(name)), plan_of(name)
    assert len(sentences) == 5
    assert all(sentence.endswith(".") and sentence[0] == sentence[0].upper() for sentence in sentences)
    party = max(plan.peak_year, key=lambda p: plan.peak_year[p])
    assert f"{party}: {plan.peak_year[party]:,.1f} {plan.case.money}" in sentences[2]
    dearest = plan.all_in_rate.get(sentences[1].partition(" is ")[2].partition(":")[0])
    if dearest is not None:
        used = [rate for source, rate in plan.all_in_rate.items() if plan.by_source.get(source, 0) > 1e-6 and rate]
        assert dearest == pytest.approx(max(used, default=0.0))


def test_the_sentences_of_a_plan_that_is_known_by_hand(report: Callable[[str], Path]) -> None:
    # works of 400 over 1,461 days, uniform; 500 on offer from one grant that costs nothing
    assert reasons_of(report("no debt")) == [
        "Nothing binds: no limit holds the plan back, and cheaper money than this is not on offer.",
        "The dearest money is Grant: 400.0 USD m at 0.00% a year, all fees included. It is the only money on offer.",
        "The heaviest year falls on Ministry: 100.2 USD m in 2028.",
        "One more of any limit would change nothing: none has a price in the financing cost.",
        "What would break it first: works dearer by 100 USD m (25%), which is all that is left on offer; "
        "other limits may end it sooner, and `finopt stress` finds where.",
    ]


def test_what_would_break_the_plan_does_break_it(report: Callable[[str], Path]) -> None:
    sentence, case = reasons_of(report("default"))[4], finopt.read_case(DEFAULT)
    assert sentence.startswith("What would break it first: gate US licence, ")
    with pytest.raises(finopt.Infeasible):
        finopt.solve(case.change("Gates", "US licence", "Open", "no"))
    worse = float(re.findall(r"dearer by more than .*?\((\d+)%\)", sentence)[0]) / 100
    with pytest.raises(finopt.Infeasible):
        finopt.solve(case.change("Packages", "*", "Amount", scale=1 + worse + 0.005))


def test_the_tightest_limit_saves_what_solving_again_saves(report: Callable[[str], Path]) -> None:
    sentence = reasons_of(report("3 sources"))[3]
    assert sentence.startswith("One more USD m of Grant's limit would save ")
    told = float(sentence.partition("would save ")[2].split()[0])
    more = finopt.solve(CASES["3 sources"]().change("Sources", "Grant", "Limit", 151.0))
    assert plan_of("3 sources").cost - more.cost == pytest.approx(told, abs=5e-5)


def test_provenance_travels_to_the_inputs_sheet(report: Callable[[str], Path]) -> None:
    words = {value for _, row in rows_of(report("rich"), "Inputs") for value in row}
    assert {"reported", "assumption", "Budget act 2026, annex 3, page 14"} <= words


# --------------------------------------------------------------------------- refused


def test_a_figure_that_is_no_number_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    plan = finopt.solve(rich())
    plan.draws.loc[0, "amount"] = math.nan
    with pytest.raises(ReportError, match="not a number"):
        write_report(plan, tmp_path / "new" / "report.xlsx")
    assert not list(tmp_path.rglob("*.*"))


def test_an_open_file_is_left_alone_with_a_clear_message(tmp_path: Path) -> None:
    target = tmp_path / "report.xlsx"
    target.write_text("old", encoding="utf-8")
    (tmp_path / "~$report.xlsx").write_text("lock", encoding="utf-8")
    with pytest.raises(ReportError, match="open in Excel"):
        write_report(plan_of("no debt"), target)
    assert target.read_text(encoding="utf-8") == "old"


def test_a_file_that_may_not_be_replaced_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "report.xlsx"
    target.write_text("old", encoding="utf-8")

    def refuse(self: Path, other: Path) -> Path:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(ReportError, match=r"cannot be written \(Permission denied\) - close it"):
        write_report(plan_of("no debt"), target)
    assert target.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_folder_that_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "reports").write_text("a file", encoding="utf-8")
    with pytest.raises(ReportError, match=r"report\.xlsx: the folder cannot be written"):
        write_report(plan_of("no debt"), tmp_path / "reports" / "report.xlsx")


def test_the_folder_is_made_and_an_old_report_replaced(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "report.xlsx"
    first = write_report(plan_of("no debt"), target)
    before = first.stat().st_size
    assert write_report(plan_of("no revenue"), str(target)) == target
    assert target.stat().st_size != before
    assert [p.name for p in target.parent.iterdir()] == ["report.xlsx"]
