"""What a person meant by a cell: accepted where it has one meaning, asked about where it has two."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finopt.case.kinds import Kind
from finopt.literal import tidy
from finopt.workbook.cells import Cell, CellFault, number_of, period_of, shown, value_of


def cell(value: Any, number_format: str = "General", serial: float | None = None, formula: str = "") -> Cell:
    return Cell(1, 1, "A1", value, number_format, serial, formula)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1 234,5", 1234.5),
        ("1\u00a0234,5", 1234.5),  # no-break space
        ("1\u202f234\u202f567,25", 1234567.25),  # narrow no-break space
        ("1\u2009234.5", 1234.5),  # thin space
        ("1'234.5", 1234.5),
        ("1\u2019234.5", 1234.5),
        ("1,234.5", 1234.5),
        ("1.234,5", 1234.5),
        ("1,234,567", 1234567.0),
        ("1.234.567", 1234567.0),
        ("12.5", 12.5),
        ("12,5", 12.5),
        ("0.065", 0.065),
        ("0,065", 0.065),
        ("1234.567", 1234.567),
        ("12.3456", 12.3456),
        (".5", 0.5),
        ("7", 7.0),
        ("1e6", 1e6),
        ("(500)", -500.0),
        ("( 1 234,5 )", -1234.5),
        ("\u2212500", -500.0),  # Unicode minus
        ("- 500", -500.0),
        ("500-", -500.0),
        ("+500", 500.0),
        ("\u201312,5", -12.5),  # en dash
        ("5%", 0.05),
        ("5,5 %", 0.055),
        ("(5%)", -0.05),
        ("\uff11\uff12", 12.0),  # full-width digits
        ("\u200b42\ufeff", 42.0),  # invisible characters
    ],
)
def test_a_number_as_text_with_one_meaning_is_read(text: str, number: float) -> None:
    assert number_of(text) == pytest.approx(number, rel=1e-15)


@pytest.mark.parametrize("text", ["1.234", "1,234", "(1.234)", "-12,345", "999.999"])
def test_a_number_as_text_with_two_meanings_is_asked_about(text: str) -> None:
    with pytest.raises(CellFault) as asked:
        number_of(text)
    assert asked.value.expected == "a number with one meaning"
    assert "as a number, not as text" in asked.value.hint


def test_both_meanings_are_offered() -> None:
    with pytest.raises(CellFault) as asked:
        number_of("1,234")
    assert asked.value.hint == "write 1234 or 1.234 as a number, not as text"


@pytest.mark.parametrize(
    "text", ["", "abc", "1 23", "12 34,5", "1,23,456", "1.2.3", "USD 500", "5 m", "--5", "%", "()"]
)
def test_what_is_no_number_is_none(text: str) -> None:
    assert number_of(text) is None


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e12, max_value=1e12))
def test_numbers_grouped_by_spaces_read_back(number: float) -> None:
    text = f"{number:,.4f}"
    assert number_of(text) == float(text.replace(",", ""))
    european = text.translate(str.maketrans(",.", "\u202f,"))
    assert number_of(european) == float(text.replace(",", ""))


@pytest.mark.parametrize(
    ("kind", "value", "meaning"),
    [
        ("amount", "1 234,5", 1234.5),
        ("rate", "6.5%", 0.065),
        ("rate", "6,5\u00a0%", 0.065),
        ("share", "85%", 0.85),
        ("amount", 12, 12),
        ("amount", "   ", None),
        ("amount", "\u00a0", None),
        ("name", "  National\u00a0Wealth\n Fund ", "National Wealth Fund"),
        ("name", 7.0, "7"),
        ("text", dt.datetime(2029, 3, 31), "2029-03-31"),
        ("text", 2.5, "2.5"),
        ("value", "85%", 0.85),
        ("value", "yes", "yes"),
        ("value", "2029-03-31", "2029-03-31"),
        ("value", dt.datetime(2029, 3, 31), dt.date(2029, 3, 31)),
        ("yes/no", True, True),
        ("choice", " loan ", "loan"),
        ("date", "2029-03-31", dt.date(2029, 3, 31)),
        ("date", "2029-03-31 00:00:00", dt.date(2029, 3, 31)),
        ("date", "2029\u201103\u201131", dt.date(2029, 3, 31)),  # no-break hyphens
    ],
)
def test_a_value_is_read_by_the_kind_of_its_column(kind: Kind, value: Any, meaning: Any) -> None:
    assert value_of(cell(value), kind) == meaning


@pytest.mark.parametrize(
    ("kind", "value", "found", "hint"),
    [
        ("amount", "#REF!", "the error value #REF!", "correct the formula"),
        ("amount", "#SPILL!", "the error value #SPILL!", "correct the formula"),
        ("name", "#N/A", "the error value #N/A", "correct the formula"),
        ("amount", "about 500", "'about 500'", "the number alone"),
        ("amount", "5%", "'5%'", "the number alone"),
        ("amount", dt.datetime(1901, 5, 14), "the date 1901-05-14", "number format"),
        ("date", "31.03.2029", "'31.03.2029'", "write 2029-03-31"),
        ("date", "03/31/2029", "'03/31/2029'", "write 2029-03-31"),
        ("date", "3/4/2029", "'3/4/2029'", "write 2029-03-04 or 2029-04-03"),
        ("date", "2029/3/4", "'2029/3/4'", "write 2029-03-04"),
        ("date", "March 2029", "'March 2029'", "write year-month-day"),
        ("date", "2029-02-30", "'2029-02-30'", "there is no such day"),
        ("date", "20290331", "'20290331'", "write year-month-day"),
        ("date", 47208, "the number 47208", "format the cell as a date"),
        ("date", 2029, "the number 2029", "did you mean 2029-01-01?"),
        ("date", True, "TRUE", ""),
    ],
)
def test_a_value_that_cannot_be_read_says_what_to_write(kind: Kind, value: Any, found: str, hint: str) -> None:
    with pytest.raises(CellFault) as wrong:
        value_of(cell(value), kind)
    assert wrong.value.found == found
    assert hint in wrong.value.hint
    assert wrong.value.expected


def test_an_error_cell_is_told_by_its_type_too() -> None:
    with pytest.raises(CellFault, match="the error value #NEW!"):
        value_of(Cell(1, 1, "A1", "#NEW!", is_error=True), "amount")


def test_a_formula_without_a_stored_value_is_no_blank() -> None:
    with pytest.raises(CellFault) as wrong:
        value_of(cell(None, formula="=SUM(A2:A9)"), "amount")
    assert wrong.value.found == "the formula =SUM(A2:A9) but no stored value"
    assert wrong.value.hint == "open it in Excel, save, run again"
    assert value_of(cell("", formula='=IF(B1>0,B1,"")'), "amount") is None


def test_a_year_in_a_cell_formatted_as_a_year_is_no_day_of_1905() -> None:
    typed = cell(dt.datetime(1905, 7, 18), "yyyy", 2026.0)
    assert period_of(typed) == "2026"
    with pytest.raises(CellFault) as wrong:
        value_of(typed, "date")
    assert wrong.value.hint == "write the whole date, such as 2026-01-01"


def test_a_case_that_truly_starts_in_1905_is_read() -> None:
    true = cell(dt.datetime(1905, 7, 18), "yyyy-mm-dd", 2026.0)
    assert value_of(true, "date") == dt.date(1905, 7, 18)
    assert period_of(true) == "1905-07-18"


@pytest.mark.parametrize(
    ("value", "number_format", "serial", "label"),
    [
        (2029, "General", None, "2029"),
        (2029.0, "0", None, "2029"),
        ("2029", "General", None, "2029"),
        (" 2029\u00a0", "General", None, "2029"),
        ("2029-H1", "General", None, "2029-H1"),
        ("2029-q3", "General", None, "2029-Q3"),
        ("Q3 2029", "General", None, "2029-Q3"),
        ("2029 Q3", "General", None, "2029-Q3"),
        ("2029Q3", "General", None, "2029-Q3"),
        ("2029\u2013Q3", "General", None, "2029-Q3"),
        ("2029-07", "General", None, "2029-07"),
        ("2029 (USD m)", "General", None, "2029"),
        ("2029-07-31", "General", None, "2029-07-31"),
        (dt.datetime(2029, 7, 31), "yyyy-mm-dd", 47330.0, "2029-07-31"),
        (dt.datetime(2029, 12, 31), "yyyy", 47483.0, "2029"),
        (dt.datetime(2029, 12, 31), "[$-409]yyyy;@", 47483.0, "2029"),
        ("Total", "General", None, None),
        (202, "General", None, None),
        (2029.5, "General", None, None),
        (True, "General", None, None),
        ("2029-Q5", "General", None, None),
        ("2029-13", "General", None, None),
        (dt.time(12), "General", None, None),
    ],
)
def test_a_header_is_a_period_or_none(value: Any, number_format: str, serial: float | None, label: str | None) -> None:
    assert period_of(cell(value, number_format, serial)) == label


def test_texts_are_tidied_and_shown_short() -> None:
    assert tidy(" a\u00a0\u2003b\n\tc\u200b ") == "a b c"
    assert shown("x" * 100) == repr("x" * 57 + "...")
    assert shown(6.5) == "6.5"
    assert shown(None) == "nothing"
