"""The template and every input workbook: written from the one table, read back as the same tables."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import finopt
from finopt import read_case
from finopt.case.names import PROJECT, PROJECT_ACCOUNT, fold, same
from finopt.case.sheets import SHEETS, Project
from finopt.literal import tidy
from finopt.workbook.cells import ERROR_VALUES
from finopt.workbook.column_reference import column_reference
from finopt.workbook.writer import NOTES_SHEET, write_template, write_workbook

ROOT = Path(__file__).parents[2]
START, END = dt.date(2027, 1, 1), dt.date(2030, 12, 31)


@pytest.mark.parametrize("example", [False, True])
def test_the_template_is_a_case_with_a_plan(tmp_path: Path, example: bool) -> None:
    path = tmp_path / "new.xlsx"
    write_template(path, example=example)
    case = read_case(path)
    assert case.warnings == ()
    assert finopt.solve(case).status == "optimal"


@pytest.mark.parametrize("example", [False, True])
def test_the_template_shows_every_sheet_and_column(tmp_path: Path, example: bool) -> None:
    path = tmp_path / "new.xlsx"
    write_template(path, example=example)
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == [NOTES_SHEET, *SHEETS]
    for name, model in SHEETS.items():
        texts = {fold(cell.value) for row in book[name].iter_rows() for cell in row if isinstance(cell.value, str)}
        for column in model.columns().values():
            if model is not Project or column.title not in ("Note", "Status", "Reference"):
                assert fold(column.title) in texts, (name, column.title)


def test_the_example_fills_every_sheet_that_a_plan_can_use(tmp_path: Path) -> None:
    path = tmp_path / "new.xlsx"
    write_template(path, example=True)
    filled = {name for name, rows in read_case(path).tables.items() if rows}
    assert filled == set(SHEETS) - {"Actuals", "Scenarios", "Uncertainty", "Correlation"}


def test_headers_carry_their_meaning_unit_and_drop_down(tmp_path: Path) -> None:
    path = tmp_path / "new.xlsx"
    write_template(path, example=False)
    sheet = openpyxl.load_workbook(path)["Sources"]
    headers = {tidy(cell.value): cell for cell in sheet[4]}
    assert "Limit (USD m)" in headers
    assert "Tenor (years)" in headers
    assert "Most that can be committed." in headers["Limit (USD m)"].comment.text
    assert "Example: 0.03" in headers["Rate"].comment.text
    lists = {rule.formula1: str(rule.sqref) for rule in sheet.data_validations.dataValidation if rule.type == "list"}
    assert lists['"grant,equity,loan,bond,credit line"'].startswith(f"{headers['Instrument'].column_letter}5:")
    assert lists["'Parties'!$A$5:$A$65"]
    decimals = [rule for rule in sheet.data_validations.dataValidation if rule.type == "decimal"]
    assert any(headers["Rate"].column_letter + "5" in str(rule.sqref) for rule in decimals)
    assert any(rule.type == "date" for rule in sheet.data_validations.dataValidation)
    assert sheet.freeze_panes == "B5"
    assert sheet.page_setup.orientation == "landscape"
    assert sheet.print_title_rows == "$4:$4"


def test_the_blank_template_is_a_form_to_fill_in(tmp_path: Path) -> None:
    """Titles that stay true under another name, ruled empty rows, and formats that hold for whole columns."""
    path = tmp_path / "new.xlsx"
    write_template(path)
    book = openpyxl.load_workbook(path)
    assert [book[name]["A1"].value for name in SHEETS] == list(SHEETS)
    sheet = book["Sources"]
    rate = next(cell for cell in sheet[4] if cell.value == "Rate")
    below = [sheet.cell(row, rate.column) for row in range(6, 14)]
    assert [(cell.value, cell.number_format, cell.border.bottom.style) for cell in below] == [
        (None, "0.00##%", "thin")
    ] * 8
    assert sheet.column_dimensions[rate.column_letter].number_format == "0.00##%"


def test_money_of_other_currencies_is_not_labelled_with_the_cases(tmp_path: Path) -> None:
    path = tmp_path / "new.xlsx"
    write_template(path, example=True)
    sheet = openpyxl.load_workbook(path)["Sources"]
    assert "Limit (own m)" in [tidy(cell.value) for cell in sheet[4]]
    assert "in the source's own currency" in sheet["A2"].value


def test_titles_formats_and_texts(tmp_path: Path) -> None:
    path = tmp_path / "case.xlsx"
    tables: dict[str, Any] = {
        "Project": [{"Item": "Name", "Value": "=Tunnel", "Note": "=not a formula", "Reference": "Letter, p. 2"}],
        "Sources": [{"Source": "A", "Rate": 0.065, "Limit": 3000, "From": "2027-01-01"}],
        "Curves": [{"Curve": "Base", 2027: 0.03, "2028-Q1": 0.02, dt.date(2029, 1, 1): 0.01}],
    }
    write_workbook(path, tables, title_rows={"Sources": ["Sources of money", "as of May", "draft"]}, notes=["=Read me"])
    book = openpyxl.load_workbook(path)
    assert [book["Sources"].cell(row, 1).value for row in range(1, 6)] == [
        "Sources of money", "as of May", "draft", None, "Source"
    ]  # fmt: skip
    cells = {book["Sources"].cell(5, c).value: book["Sources"].cell(6, c) for c in range(1, 9)}
    assert cells["Rate"].number_format == "0.00##%"
    assert cells["From"].value == dt.datetime(2027, 1, 1)
    assert cells["From"].number_format == "yyyy-mm-dd"
    headers = [cell.value for cell in book["Curves"][4]]
    assert headers == ["Curve", 2027, "2028-Q1", dt.datetime(2029, 1, 1)]
    formulas = [c for sheet in book for row in sheet.iter_rows() for c in row if c.data_type == "f"]
    assert formulas == []


def test_numbers_of_one_row_look_alike(tmp_path: Path) -> None:
    """A low of 0.85 beside a mode of 1 is a factor; a rule on shares shows 1 as 100%; a rate that moves by 0 is 0%."""
    driver = {"Sheet": "Packages", "Row": "*", "Column": "Amount", "Change": "scale", "Distribution": "pert"}
    moved = {"Sheet": "Curves", "Row": "Base", "Column": "*", "Change": "add", "Distribution": "triangular"}
    rule = {"Money from": "all", "Spent on": "all", "Sense": "<=", "Measure": "share", "When": "total"}
    tables: dict[str, Any] = {
        "Rules": [{"Rule": "Match", "Value": 1, **rule}, {"Rule": "Floor", "Value": 50, **rule, "Measure": "amount"}],
        "Uncertainty": [
            {"Driver": "Cost", **driver, "A": 0.85, "B": 1.0, "C": 1.3},
            {"Driver": "Base rate", **moved, "A": -0.015, "B": 0, "C": 0.025},
        ],
    }
    write_workbook(tmp_path / "case.xlsx", tables)
    book = openpyxl.load_workbook(tmp_path / "case.xlsx")

    def formats(sheet: str) -> list[list[str]]:
        cells = [[c for c in row if isinstance(c.value, int | float)] for row in book[sheet].iter_rows()]
        return [["%" if "%" in c.number_format else "number" for c in row] for row in cells if row]

    assert formats("Rules") == [["%"], ["number"]]
    assert formats("Uncertainty") == [["number"] * 3, ["%"] * 3]


def test_thirty_years_print_legibly_and_long_lines_wrap(tmp_path: Path) -> None:
    """As many pages wide as it takes, the line's name on each; the text above stays as wide as the table."""
    path = tmp_path / "case.xlsx"
    years = dict.fromkeys(range(2035, 2065), 1.0)
    tables: dict[str, Any] = {"Revenue": [{"Line": "Tolls", "Kind": "revenue", **years}], "Curves": [{"Curve": "Base"}]}
    write_workbook(path, tables, title_rows={"Curves": ["Curves", "base rates by year, " * 20]})
    book = openpyxl.load_workbook(path)
    assert (book["Revenue"].page_setup.fitToWidth, book["Revenue"].print_title_cols) == (2, "$A:$B")
    lines = [book["Curves"].cell(row, 1).value for row in range(1, 12)]
    above = lines[1 : lines.index("Curve") - 1]
    assert " ".join(above).count("base rates by year,") == 20
    assert max(map(len, above)) <= sum(d.width for d in book["Curves"].column_dimensions.values())


def test_what_no_workbook_has_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "case.xlsx"
    with pytest.raises(ValueError, match="no such sheets: Sauces"):
        write_workbook(path, {"Sauces": []})
    with pytest.raises(ValueError, match="no such columns of Parties: Budget"):
        write_workbook(path, {"Parties": [{"Party": "A", "Budget": 5}]})
    with pytest.raises(ValueError, match="no such item of Project: Titel"):
        write_workbook(path, {"Project": [{"Titel": "A"}]})
    with pytest.raises(ValueError, match="nan cannot stand in a workbook"):
        write_workbook(path, {"Parties": [{"Party": "A", "Total budget": float("nan")}]})
    assert not path.exists()


# --------------------------------------------------------------------------- round trip

letters = st.characters(codec="utf-8", exclude_categories=("C",))
names = st.text(letters, min_size=1, max_size=12).map(tidy).filter(
    lambda text: text and text.upper() not in ERROR_VALUES and same(text) not in {PROJECT, same(PROJECT_ACCOUNT), "all"}
)  # fmt: skip
distinct = st.lists(names, min_size=1, max_size=3, unique_by=same)
amounts = st.one_of(st.just(0.0), st.floats(1, 5e8).map(lambda x: round(x, 6)))
"""None is a thousand million times another: that is a finding."""
rates = st.floats(0, 0.99).map(lambda x: round(x, 6))
days = st.dates(START, END)


@st.composite
def cases(draw: Any) -> dict[str, list[dict[Any, Any]]]:
    """Small valid cases: grants of a few parties for a few packages, with budgets and texts of every script."""
    parties, sources = draw(distinct), draw(distinct)
    optional = {"Limit per year": amounts, "Rate": rates, "Headroom": rates, "Note": names, "Status": names}
    uplift = {"Contingency": rates, "Profile": st.sampled_from(["uniform", "s-curve", (2.5, 3.0)]), "Location": names}
    project = {"Name": draw(names), "Currency": "USD", "Unit": "m", "Start date": START, "Construction end": END}
    packages = [name for name in draw(distinct) if same(name) not in ("financing costs", "refinancing")]
    window = st.tuples(days, days).map(sorted)
    return {
        "Project": [project | {"Discount rate": draw(rates)}],
        "Parties": [{"Party": name} | draw(st.fixed_dictionaries({}, optional={"Total budget": amounts}))
                    for name in parties],
        "Budgets": [{"Party": parties[0], "Carry over": draw(st.booleans()),
                     **draw(st.dictionaries(st.integers(2027, 2030), amounts, min_size=1))}],
        "Sources": [
            {"Source": name, "Party": draw(st.sampled_from(parties)), "Instrument": "grant", "Limit": draw(amounts)}
            | draw(st.fixed_dictionaries({}, optional=optional))
            for name in sources
        ],
        "Packages": [
            {"Package": name, "Amount": draw(amounts), "Start": start, "Finish": finish}
            | draw(st.fixed_dictionaries({}, optional=uplift))
            for name in packages or ["Works"]
            for start, finish in [draw(window)]
        ],
    }  # fmt: skip


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(cases())
def test_what_is_written_reads_back_as_the_same_tables(tables: dict[str, list[dict[Any, Any]]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "case.xlsx"
        write_workbook(path, tables)
        case = read_case(path)
    for sheet, rows in tables.items():
        model = SHEETS[sheet]
        expected = []
        for row in rows:
            known = {model.field_of(str(title)): value for title, value in row.items() if model.field_of(str(title))}
            values = {str(title): value for title, value in row.items() if not model.field_of(str(title))}
            expected.append(model.model_validate(known | ({"values": values} if values else {})))
        assert [row.model_dump(exclude={"origin"}) for row in case.tables[sheet]] == [
            row.model_dump(exclude={"origin"}) for row in expected
        ]


def test_the_worked_example_reads_back_in_every_cell(tmp_path: Path) -> None:
    path = tmp_path / "new.xlsx"
    write_template(path, example=True)
    case = read_case(path)
    assert case.packages[0].profile == (2.0, 2.0)
    assert case.budgets[0].carry_over is True
    assert case.budgets[0].values == {"2027": 150, "2028": 150, "2029": 150, "2030": 150}
    assert case.eligibility[1].values["Export credit (EUR)"] == 0.85
    assert case.eligibility[1].values["Development loan"] == 0
    assert case.revenue[0].values["2045"] == 59
    assert case.repayments[0].values == {"2036": 0.5, "2041": 0.5}
    assert case.project.start_date == START


# --------------------------------------------------------------------------- the column reference


def test_the_column_reference_is_up_to_date() -> None:
    command = [sys.executable, "-m", "finopt.workbook.column_reference"]
    made = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT, timeout=100)
    assert made.stdout == column_reference()
    assert (ROOT / "docs" / "columns.md").read_text("utf-8") == column_reference()


def test_the_column_reference_names_every_sheet_and_column() -> None:
    text = column_reference()
    for name, model in SHEETS.items():
        section = text.split(f"\n## {name}\n")[1].split("\n## ")[0]
        for column in model.columns().values():
            shown = column.title in section
            assert shown or column.title in ("Note", "Status", "Reference")
