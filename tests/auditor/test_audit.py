"""The audit passes on what the solver proved, and finds what somebody planted in a report."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest

import finopt
from finopt import CaseError, ReportError
from finopt.case.case import Case
from finopt.cli import main as cli
from finopt.report.record.data import COLUMNS, HEADER
from finopt.reporting import write_report
from tests.report import rich_workbooks
from tests.report.report_cases import CASES, case, package, plan_of, project
from tests.slow import split

KNOWN_ANSWERS = sorted((Path(__file__).parents[1] / "cases").glob("*/input.xlsx"))


@pytest.fixture(scope="module")
def report(report_of: Callable[[str], Path]) -> Path:
    """The report of the case that uses every term."""
    return report_of("rich")


def audited(made: Case, folder: Path) -> finopt.Audit:
    return finopt.audit(write_report(finopt.solve(made), folder / "report.xlsx"))


# --------------------------------------------------------------------------- what is right passes


@pytest.mark.parametrize("name", CASES)
def test_a_report_of_a_proven_plan_passes(name: str, report_of: Callable[[str], Path]) -> None:
    plan = plan_of(name)
    found = finopt.audit(report_of(name))
    assert found.failures.to_dict("records") == []
    assert found.cost == pytest.approx(plan.cost, rel=1e-9, abs=1e-7)
    assert found.stated == pytest.approx(dict.fromkeys(found.stated, plan.cost))
    assert len(found.stated) == 5
    assert str(found).endswith("all met")


@pytest.mark.parametrize("path", KNOWN_ANSWERS, ids=lambda path: path.parent.name)
def test_a_report_of_a_known_answer_passes(path: Path, tmp_path: Path) -> None:
    assert audited(finopt.read_case(path), tmp_path).failures.to_dict("records") == []


def loan(**terms: Any) -> list[dict[str, Any]]:
    return [{"source": "Loan", "party": "Bank", "instrument": "loan", "limit": 100, "repaid_by": "Owner", **terms}]


def one_loan(timing: str, **terms: Any) -> Case:
    return case(
        Project=project(
            construction_end=dt.date(2027, 12, 31), end_date=dt.date(2029, 12, 31), discount_rate=0.05,
            flow_timing=timing,
        ),
        Parties=[{"party": "Bank"}, {"party": "Owner"}],
        Sources=loan(**terms),
        Packages=[package("Works", 100, 2027, 2027)],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("timing", "terms", "cost"),
    [
        # 6 at 1, 2, 3 and 100 at 3, for 100 at 0
        ("start", {"rate": 0.06, "tenor": 3, "repayment": "bullet"}, 6 / 1.05 + 6 / 1.1025 + 106 / 1.157625 - 100),
        # drawn at 1, interest of two years added, repaid at 3
        ("end", {"rate": 0.06, "tenor": 3, "grace": 3, "repayment": "bullet", "interest_in_grace": "capitalised"},
         100 * 1.06**2 / 1.157625 - 100 / 1.05),
        # half a year's interest at 1, then 6 at 2 and 3; the upfront fee of 1 and the draw fee of 2 at half a year
        ("middle", {"rate": 0.06, "tenor": 3, "repayment": "bullet", "upfront_fee": 0.01, "draw_fee": 0.02},
         3 / 1.05 + 6 / 1.1025 + 106 / 1.157625 - 97 / 1.05**0.5),
        ("end", {"rate": 0.05, "tenor": 2.5, "grace": 1, "repayment": "bullet"}, 0.0),
    ],
)  # fmt: skip
def test_the_cost_is_worked_out_by_the_contract(
    timing: str, terms: dict[str, Any], cost: float, tmp_path: Path
) -> None:
    found = audited(one_loan(timing, **terms), tmp_path)
    assert found.cost == pytest.approx(cost, abs=1e-9)
    assert found.met, found


# --------------------------------------------------------------------------- what is planted is found


@functools.cache
def slim(path: Path) -> Path:
    """A report with its stored values alone, and without the sheets that the audit does not read."""
    book = openpyxl.load_workbook(path, data_only=True)
    for name in set(book.sheetnames) - {"Inputs", "Data", "Cash flow", "Summary", "Certificate"}:
        del book[name]
    book.save(path.with_stem("slim"))
    return path.with_stem("slim")


class Planted:
    """A report with stored values, as somebody edits it."""

    def __init__(self, path: Path) -> None:
        self.book = openpyxl.load_workbook(slim(path))
        self.data, self.inputs = self.book["Data"], self.book["Inputs"]

    def row(self, flow: str, source: str, period: str = "", use: str = "") -> int:
        """The first row of Data with these words."""
        wanted = {"flow": flow, "source": source, "period": period, "package": use}
        for number in range(HEADER + 2, self.data.max_row + 1):
            if all(self.cell(number, title).value == word for title, word in wanted.items() if word):
                return number
        raise LookupError(wanted)

    def cell(self, row: int, title: str) -> Any:
        return self.data.cell(row, COLUMNS.index(title) + 1)

    def amount(self, row: int, add: float = 0.0, times: float = 1.0) -> None:
        """Change both amounts of a row."""
        for title in ("amount", "amount in source currency"):
            self.cell(row, title).value = self.cell(row, title).value * times + add

    def remove(self, row: int) -> None:
        self.data.delete_rows(row)

    def beside(self, sheet: str, label: str, value: float) -> None:
        """Overtype the first figure beside a label."""
        row = next(row for row in self.book[sheet].iter_rows() if any(cell.value == label for cell in row))
        at = [cell.value for cell in row].index(label)
        next(cell for cell in row[at:] if isinstance(cell.value, float)).value = value

    def input(self, label: str, after: str, column: int, value: Any) -> None:
        """Overtype a cell of Inputs, in the row of a label below another."""
        below = not after
        for row in self.inputs.iter_rows():
            if below and row[0].value == label:
                row[column].value = value
                return
            below = below or str(row[0].value).startswith(after)
        raise LookupError(label)


PLANTED: dict[str, tuple[Callable[[Planted], Any], str]] = {
    "a draw is larger": (lambda b: b.amount(b.row("draw", "Partner equity", use="Bores"), 5), "pay_package"),
    "a package is underpaid": (lambda b: b.remove(b.row("draw", "", use="Yard")), "pay_package"),
    "a draw moved to a closed period": (
        lambda b: setattr(b.cell(b.row("draw", "Grant"), "period"), "value", "2033"), "window and gate"),
    "a draw before the gate opens": (
        lambda b: setattr(b.cell(b.row("draw", "Late loan"), "period"), "value", "2027-H1"), "window and gate"),
    "a draw is negative": (lambda b: b.amount(b.row("draw", "Grant"), times=-1), "no draw is negative"),
    "an interest figure": (
        lambda b: b.amount(b.row("interest paid", "Export credit"), times=1.01), "interest paid as the terms say"),
    "interest added to the balance": (
        lambda b: b.amount(b.row("interest capitalised", "State loan"), 0.1), "interest capitalised as the terms say"),
    "a principal is missing": (lambda b: b.remove(b.row("principal", "Project bond")), "principal as the terms say"),
    "a sculpted principal is missing": (lambda b: b.remove(b.row("principal", "Export credit")), "maturity"),
    "principal in the grace": (
        lambda b: setattr(b.cell(b.row("principal", "Export credit"), "period"), "value", "2029-H1"), "repayment"),
    "a fee is too small": (
        lambda b: b.amount(b.row("guarantee fee", "Export credit"), times=0.9), "guarantee fee as the terms say"),
    "the upfront fee is missing": (
        lambda b: b.remove(b.row("upfront fee", "State loan")), "upfront fee as the terms say"),
    "a budget is broken": (lambda b: b.amount(b.row("draw", "State loan"), 700), "party_budget"),
    "a share of a party is broken": (lambda b: b.amount(b.row("draw", "Partner equity"), 3000), "party_share"),
    "a limit a year is broken": (lambda b: b.amount(b.row("draw", "Grant", "2028-H1"), 60), "source_year"),
    "a limit a period is broken": (lambda b: b.amount(b.row("draw", "State loan", "2028-H1"), 60), "source_period"),
    "a share of a package is broken": (
        lambda b: b.amount(b.row("draw", "Grant", use="Bores"), 80), "eligible_share"),
    "a rule is broken": (lambda b: b.amount(b.row("draw", "Late loan"), 700), "rule: Late loan is little"),
    "a covenant is broken": (lambda b: b.amount(b.row("principal", "Export credit", "2037"), 15), "covenant: DSCR"),
    "an average life is broken": (
        lambda b: b.amount(b.row("principal", "Export credit", "2040"), 40), "covenant: average life"),
    "the reserve is too small": (lambda b: b.amount(b.row("reserve change", "", "2031"), -9), "covenant: reserve"),
    "more is paid out than is owed": (lambda b: b.amount(b.row("payout", "Partner equity"), 200), "account"),
    "cash is paid out twice": (lambda b: b.amount(b.row("payout", "Partner equity", "2032"), 90), "minimum_cash"),
    "a bond is raised after it is spent": (
        lambda b: b.amount(b.row("drawing", "Project bond"), -30), "proceeds"),
    "a commitment is exceeded": (lambda b: b.amount(b.row("commitment", "State loan"), -20), "commitment"),
    "a limit is exceeded": (lambda b: b.amount(b.row("commitment", "State loan"), 20), "source_limit"),
    "money drawn for costs that nobody has": (
        lambda b: b.amount(b.row("draw", "Partner equity", use="Financing costs"), 20), "financing_costs_cap"),
    "what is owed at the horizon": (lambda b: b.amount(b.row("closing account", "Grant"), -1), "what is owed"),
    "another financing cost": (
        lambda b: b.input("Financing cost as the solver proved it", "", 3, -88.9), "financing cost"),
    "another cost on the first page": (
        lambda b: b.beside("Summary", "Financing cost, present value", -88.9), "financing cost"),
    "another cost on the certificate": (lambda b: b.beside("Certificate", "Final plan", -88.9), "financing cost"),
    "a present value": (
        lambda b: setattr(b.cell(b.row("draw", "Grant"), "present value"), "value", 0.0), "present value of each flow"),
    "one amount of a row": (
        lambda b: setattr(b.cell(b.row("principal", "Export credit"), "amount"), "value", 1.0), "amounts at"),
    "an input after the run": (lambda b: b.input("Late loan", "As read: Sources", 4, 301), "inputs as the run"),
    "a rate after the run": (lambda b: b.input("Discount rate", "As read: Project", 1, 0.06), "financing cost"),
    "a cost after the run": (lambda b: b.input("Rail", "As read: Packages", 1, 211), "pay_package"),
    "a name after the run": (
        lambda b: setattr(b.cell(b.row("draw", "Grant"), "party"), "value", "Partners"), "party, instrument"),
    "a source that nobody knows": (
        lambda b: setattr(b.cell(b.row("draw", "Grant"), "source"), "value", "Gift"), "flows of known sources"),
    "a decision without a figure": (
        lambda b: setattr(b.cell(b.row("draw", "Grant"), "amount"), "value", "x"), "every decision has a figure"),
}  # fmt: skip
"""What somebody does to a report, and the beginning of a check that must find it."""


@pytest.mark.parametrize("name", split(sorted(PLANTED), 20))
def test_what_is_planted_is_found(name: str, report: Path, tmp_path: Path) -> None:
    plant, expected = PLANTED[name]
    planted = Planted(report)
    plant(planted)
    planted.book.save(tmp_path / "planted.xlsx")
    found = finopt.audit(tmp_path / "planted.xlsx")
    assert [check for check in found.failures["check"] if check.startswith(expected)], found
    assert (found.failures["place"] != "").all()


def test_stored_values_without_an_error_pass(report: Path, tmp_path: Path) -> None:
    """The planted errors are found, not the way in which they were planted."""
    Planted(report).book.save(tmp_path / "same.xlsx")
    assert finopt.audit(tmp_path / "same.xlsx").failures.to_dict("records") == []


def test_a_report_saved_without_values_is_read_through_its_links(report: Path, tmp_path: Path) -> None:
    """openpyxl and others save formulas without values; decisions stand on Funding schedule as values."""
    book = openpyxl.load_workbook(report)
    book.save(tmp_path / "saved.xlsx")
    assert finopt.audit(tmp_path / "saved.xlsx").failures.to_dict("records") == []
    sheet = book["Funding schedule"]
    decision = next(c for row in sheet.iter_rows(min_row=6) for c in row[5:] if isinstance(c.value, float) and c.value)
    decision.value += 5
    book.save(tmp_path / "saved.xlsx")
    assert "pay_package: every cost is paid" in set(finopt.audit(tmp_path / "saved.xlsx").failures["check"])


def test_a_term_that_the_audit_does_not_know_is_not_vouched_for(report: Path, tmp_path: Path) -> None:
    planted = Planted(report)
    heads = next(row for row in planted.inputs.iter_rows() if row[0].value == "Source" and row[1].value == "Party")
    title = next(cell for cell in heads if cell.value == "Headroom")
    title.value = "Lot"
    planted.book.save(tmp_path / "planted.xlsx")
    failures = finopt.audit(tmp_path / "planted.xlsx").failures.set_index("check")
    assert "Sources: Lot is not checked" in failures.loc["terms that this audit knows", "place"]


# --------------------------------------------------------------------------- files and commands


@pytest.mark.parametrize("kind", ["text", "plain", "no data"])
def test_what_is_no_report_is_said(kind: str, report: Path, tmp_path: Path) -> None:
    path = tmp_path / "wrong.xlsx"
    if kind == "text":
        path.write_text("a,b\n1,2\n")
    elif kind == "plain":
        rich_workbooks.plain(path)
    else:
        book = openpyxl.load_workbook(report)
        del book["Data"]
        book.save(path)
    with pytest.raises(CaseError if kind == "text" else ReportError, match=r"wrong\.xlsx"):
        finopt.audit(path)


def exit_code(*arguments: str) -> int:
    with pytest.raises(SystemExit) as stop:
        cli.main(arguments)
    return int(stop.value.code or 0)


def test_the_command_says_it_with_its_exit_code(
    report: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_code("audit", str(report)) == 0
    assert "all met" in capsys.readouterr().out
    planted = Planted(report)
    planted.amount(planted.row("draw", "Grant"), 5)
    planted.book.save(tmp_path / "planted.xlsx")
    assert exit_code("audit", str(tmp_path / "planted.xlsx")) == 4
    assert "checks are not met" in capsys.readouterr().out
    assert exit_code("audit", str(tmp_path / "none.xlsx")) == 2


def test_a_plan_written_back_is_audited_too(report: Path, tmp_path: Path) -> None:
    """Its sheets have other names there, for the user has sheets Data and Inputs too."""
    from finopt.report.write_back.write_back import write_back

    user = rich_workbooks.written_by_xlsxwriter(tmp_path / "user.xlsx")
    everything = tuple(openpyxl.load_workbook(report, read_only=True).sheetnames)
    funded = write_back(user, report, sheets=everything)
    assert finopt.audit(funded).met
