"""What changed between two reports: told by the plans behind them, and by workbooks changed by hand."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
from openpyxl.utils import get_column_letter

import finopt
from finopt.case.case import Case
from finopt.case.sheets import SHEETS
from finopt.errors import ReportError
from finopt.plan import DRAW_COLUMNS, Plan
from finopt.report.diff import Difference, diff, write_diff
from finopt.report.write_back.write_back import SCHEDULES, write_back
from finopt.reporting import write_report
from tests.report import rich_workbooks
from tests.report.recalc import differences, formualized, stored
from tests.report.report_cases import rich

CHANGES: tuple[tuple[Any, ...], ...] = (
    ("Packages", "Rail", "Amount", 260.0),
    ("Sources", "State loan", "Rate", 0.1),
    ("Packages", "Yard", "Profile", "uniform"),
    ("Project", "*", "Discount rate", 0.08),
    ("Gates", "Licence", "From", dt.date(2029, 1, 1)),
)


@pytest.fixture(scope="module")
def plans() -> tuple[Plan, Plan]:
    """The rich case before and after five cells changed."""
    before = after = rich()
    for sheet, row, column, value in CHANGES:
        after = after.change(sheet, row, column, value)
    return finopt.solve(before), finopt.solve(after)


@pytest.fixture(scope="module")
def reports(plans: tuple[Plan, Plan], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("reports")
    old, new = plans
    return write_report(old, folder / "old.xlsx"), write_report(new, folder / "new.xlsx")


@pytest.fixture(scope="module")
def found(reports: tuple[Path, Path]) -> Difference:
    return diff(*reports)


@pytest.mark.parametrize("name", ["party", "source", "package", "year"])
def test_money_is_that_of_the_plans(name: str, found: Difference, plans: tuple[Plan, Plan]) -> None:
    table = found.tables[name]
    for column, plan in zip(("old", "new"), plans, strict=True):
        sums = plan.draws.groupby(name)["amount"].sum().rename(index={"": "Project account"})
        shown = table[column][table[column] != 0]
        assert set(shown.index) == set(sums.index)
        assert shown.to_dict() == pytest.approx(sums.to_dict(), abs=1e-6)
    assert table["change"].to_dict() == pytest.approx((table["new"] - table["old"]).to_dict(), abs=1e-6)


def test_the_dearer_package_is_seen(found: Difference) -> None:
    """50 more, in money of 2027, escalated at 2% over up to four years; its neighbour's cost does not change."""
    assert 50 < found.by_package.loc["Rail", "change"] < 50 * 1.02**4
    assert found.by_package.loc["Bores", "change"] == 0
    assert found.money == ("USD m", "USD m")


def test_exactly_the_changed_cells_are_listed(found: Difference) -> None:
    assert [tuple(row) for row in found.inputs.itertuples(index=False)] == [
        ("Project", "Discount rate", "Value", 0.07, 0.08),
        ("Sources", "State loan", "Rate", 0.04, 0.1),
        ("Packages", "Rail", "Amount", 210, 260),
        ("Packages", "Yard", "Profile", "back", "uniform"),
        ("Gates", "Licence", "From", dt.date(2028, 1, 1), dt.date(2029, 1, 1)),
    ]


def test_the_difference_prints(found: Difference) -> None:
    text = str(found)
    assert text.splitlines()[0].endswith("new.xlsx, USD m")
    assert "  Sources/State loan/Rate: 0.04 -> 0.1" in text
    assert "  Gates/Licence/From: 2028-01-01 -> 2029-01-01" in text
    (rail,) = [line.split() for line in text.splitlines() if line.startswith("  Rail")]
    change = found.by_package.loc["Rail", "change"]
    assert rail[1:] == [f"{found.by_package.loc['Rail', 'old']:,.1f}", f"{found.by_package.loc['Rail', 'new']:,.1f}",
                        f"{change:+,.1f}"]  # fmt: skip
    assert text.count("\n  total ") == 4


def test_a_report_does_not_differ_from_itself(reports: tuple[Path, Path]) -> None:
    same = diff(reports[0], reports[0])
    assert all((table["change"] == 0).all() for table in same.tables.values())
    assert same.inputs.empty
    assert "By party: no change" in str(same)
    assert "Inputs: no cell differs" in str(same)


def changed_by_hand(report: Path, folder: Path, cells: dict[tuple[str, str], Any]) -> Path:
    """A report in which somebody overtyped cells."""
    book = openpyxl.load_workbook(report, data_only=True)
    for (sheet, cell), value in cells.items():
        book[sheet][cell] = value
    path = folder / "changed.xlsx"
    book.save(path)
    return path


def test_money_that_moved_by_hand_is_found(reports: tuple[Path, Path], tmp_path: Path) -> None:
    data = pd.read_excel(reports[0], sheet_name="Data", header=3)
    first = data.iloc[0]
    place = {title: f"{get_column_letter(i)}5" for i, title in enumerate(data.columns, 1)}
    changed = changed_by_hand(
        reports[0], tmp_path, {("Data", place["amount"]): first["amount"] + 12.5, ("Data", place["party"]): "Newcomer"}
    )
    found = diff(reports[0], changed)
    assert found.by_party.loc["Newcomer"].tolist() == pytest.approx([0, first["amount"] + 12.5, first["amount"] + 12.5])
    assert found.by_party.loc[first["party"], "change"] == pytest.approx(-first["amount"])
    for name in ("source", "package", "year"):
        assert found.tables[name].loc[first[name], "change"] == pytest.approx(12.5)
        assert found.tables[name]["change"].sum() == pytest.approx(12.5)


def test_reports_that_hold_draws_alone_are_compared_with_later_ones(reports: tuple[Path, Path], tmp_path: Path) -> None:
    """Until sheet Data held every flow, its first eight columns were those of the draws."""
    book = openpyxl.load_workbook(reports[0], data_only=True)
    rows = list(book["Data"].iter_rows(min_row=4, values_only=True))
    places = [rows[0].index(title) for title in DRAW_COLUMNS]
    draws = [row for row in rows[1:] if row[0] == "draw"]
    book["Data"].delete_rows(4, len(rows))
    for number, row in enumerate([rows[0], *draws], 4):
        for column, at in enumerate(places, 1):
            book["Data"].cell(number, column).value = row[at]
    book.save(tmp_path / "older.xlsx")
    assert (diff(tmp_path / "older.xlsx", reports[0]).by_source["change"] == 0).all()
    pd.testing.assert_frame_equal(diff(tmp_path / "older.xlsx", reports[1]).by_year, diff(*reports).by_year)


def with_rows(case: Case, sheet: str, rows: list[dict[str, Any]]) -> Case:
    """The case with other rows on one sheet."""
    models = tuple(SHEETS[sheet].model_validate(row) for row in rows)
    return Case({**case.tables, sheet: models}, fingerprint=case.fingerprint)


def test_rows_of_one_name_are_not_taken_for_each_other(plans: tuple[Plan, Plan], tmp_path: Path) -> None:
    def budgets(*amounts: float) -> Plan:
        rows = [{"party": "Ministry", "values": {str(2027 + i): amount}} for i, amount in enumerate(amounts)]
        return finopt.solve(with_rows(rich(), "Budgets", rows))

    old = write_report(budgets(500, 600), tmp_path / "old.xlsx")
    new = write_report(budgets(500, 700, 800), tmp_path / "new.xlsx")
    cells = [tuple(row) for row in diff(old, new).inputs.itertuples(index=False)]
    assert cells == [
        ("Budgets", "Ministry", "2028", 600, 700),
        ("Budgets", "Ministry", "Party", None, "Ministry"),
        ("Budgets", "Ministry", "Carry over", None, "no"),
        ("Budgets", "Ministry", "2029", None, 800),
    ]


def test_a_written_difference_proves_itself(found: Difference, tmp_path: Path) -> None:
    path = write_diff(found, tmp_path / "deep" / "diff.xlsx")
    cells = stored(path)
    assert len(cells) == sum(len(table) + 3 for table in found.tables.values())
    assert differences(cells, formualized(path, cells), 1000.0) == []
    table = pd.read_excel(path, sheet_name="By party", header=2, index_col=0)
    assert table["Change"].drop("Total").tolist() == pytest.approx(found.by_party["change"].tolist())
    assert table.loc["Total", "Change"] == pytest.approx(found.by_party["change"].sum())
    inputs = pd.read_excel(path, sheet_name="Inputs that differ", header=2)
    assert list(inputs.columns) == ["Sheet", "Row", "Column", "Old", "New"]
    assert inputs.iloc[1].tolist() == ["Sources", "State loan", "Rate", 0.04, 0.1]
    assert inputs["New"].iloc[4] == dt.datetime(2029, 1, 1)


@pytest.mark.filterwarnings("ignore:.*extension is not supported:UserWarning")
def test_a_plan_written_back_is_a_report_too(reports: tuple[Path, Path], found: Difference, tmp_path: Path) -> None:
    """Its sheets Data and Inputs have other names there, for the user has sheets of these names."""
    user = rich_workbooks.written_by_xlsxwriter(tmp_path / "user.xlsx")
    funded = write_back(user, reports[0], sheets=SCHEDULES)
    assert "finopt Data" in openpyxl.load_workbook(funded).sheetnames
    again = diff(funded, reports[1])
    for name, table in found.tables.items():
        pd.testing.assert_frame_equal(again.tables[name], table)
    pd.testing.assert_frame_equal(again.inputs, found.inputs)


def test_reports_in_other_money_are_said_to_be(reports: tuple[Path, Path], tmp_path: Path) -> None:
    book = openpyxl.load_workbook(reports[0], data_only=True)
    (row,) = [row for row in book["Inputs"].iter_rows() if row[0].value == "Unit"]
    other = diff(reports[0], changed_by_hand(reports[0], tmp_path, {("Inputs", row[1].coordinate): "bn"}))
    assert other.money == ("USD m", "USD bn")
    assert "not in the same money" in str(other)
    assert "USD m -> USD bn" in str(other)


@pytest.mark.parametrize("kind", ["text", "encrypted", "plain", "input", "data only"])
def test_what_is_no_report_is_said(kind: str, reports: tuple[Path, Path], tmp_path: Path) -> None:
    path = tmp_path / "wrong.xlsx"
    if kind in rich_workbooks.REFUSED:
        rich_workbooks.REFUSED[kind][0](path)
    elif kind == "plain":
        rich_workbooks.plain(path)
    elif kind == "input":
        rich_workbooks.report(path)  # has sheets Data and Inputs, but not ours
    else:
        book = openpyxl.load_workbook(reports[0])
        del book["Inputs"]
        book.save(path)
    for pair in ((path, reports[1]), (reports[1], path)):
        with pytest.raises(ReportError, match=r"wrong\.xlsx: is not a report of finopt"):
            diff(*pair)


def test_a_missing_file_is_said(reports: tuple[Path, Path], tmp_path: Path) -> None:
    with pytest.raises(ReportError, match=r"none\.xlsx: cannot be read"):
        diff(reports[0], tmp_path / "none.xlsx")


def test_changes_that_cancel_leave_no_total_and_long_amounts_stand_apart(tmp_path: Path) -> None:
    """300,000,000.0 moves from one source to the other; what remains of rounding is not told as +0.0."""
    table = pd.DataFrame(
        {"old": [3e8 + 0.1, 0.2, 5.0], "new": [0.1, 3e8 + 0.2, 5.0], "change": [-3e8, 3e8 + 1e-7, 0.0]},
        index=["Grant", "Loan", "Equity"],
    )
    empty = table.iloc[:0]
    difference = Difference(
        "a.xlsx", "b.xlsx", ("USD", "USD"), by_party=empty, by_source=table, by_package=empty, by_year=empty,
        inputs=pd.DataFrame(columns=["sheet", "row", "column", "old", "new"]),
    )  # fmt: skip
    words = [line.split() for line in str(difference).splitlines()]
    assert ["Grant", "300,000,000.1", "0.1", "-300,000,000.0"] in words
    assert ["unchanged", "5.0", "5.0", "-"] in words
    assert ["total", "300,000,005.3", "300,000,005.3", "-"] in words
    sheet = openpyxl.load_workbook(write_diff(difference, tmp_path / "d.xlsx"), data_only=True)["By source"]
    assert [cell.value for cell in sheet[7]] == ["Total", pytest.approx(300_000_005.3), pytest.approx(300_000_005.3), 0]
