"""Instruments are a table of traits: one line there is all that a new kind of money costs."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from types import MappingProxyType
from typing import Any

import openpyxl
import pytest

import finopt
from finopt import CaseError
from finopt.auditor import terms as auditor
from finopt.case import instruments
from finopt.case.instruments import INSTRUMENTS, Traits
from finopt.case.sheets import Source
from tests.random_cases import Fields

ROOT = Path(__file__).parent.parent.parent / "finopt"
TABLES = {
    "case/instruments.py": "the table",
    "auditor/terms.py": "the auditor's own, stated again",
}
EXAMPLES = {"workbook/example.py": "the example workbook states instruments as a user does"}
TWINS = {"grant": "subsidy", "equity": "preferred", "loan": "note", "bond": "paper", "credit line": "overdraft"}
"""Imaginary instruments, each with the traits of a known one."""

TERMS: dict[str, Fields] = {
    "grant": {"Rate": 0.03},
    "equity": {"Rate": 0.1},
    "loan": {"Rate": 0.05, "Grace": 2, "Tenor": 4, "Interest in grace": "capitalised", "Guarantee fee": 0.01},
    "bond": {"Rate": 0.05, "Grace": 2, "Tenor": 4, "Commitment fee": 0.01, "To": "2029-12-31"},
    "credit line": {"Rate": 0.07, "Commitment fee": 0.01, "To": "2033-12-31"},
}


def workbook(path: Path, sources: list[Fields]) -> Path:
    """A bridge of 100, paid in 2029 and 2030; tolls of 90 a year follow."""
    book = openpyxl.Workbook()
    project = {
        "Name": "Bridge", "Currency": "USD", "Unit": "m", "Start date": "2029-01-01",
        "Construction end": "2030-12-31", "End date": "2034-12-31", "Discount rate": 0.05,
    }  # fmt: skip
    sheets: dict[str, list[Fields]] = {
        "Project": [{"Item": item, "Value": value} for item, value in project.items()],
        "Parties": [{"Party": "State"}, {"Party": "Bank"}],
        "Sources": sources,
        "Packages": [{"Package": "Bridge", "Amount": 100, "Start": "2029-01-01", "Finish": "2030-12-31"}],
        "Revenue": [{"Line": "Tolls", "Kind": "revenue", **{str(year): 90 for year in range(2031, 2035)}}],
        "Eligibility": [{"Package": use, **{str(s["Source"]): "yes" for s in sources}}
                        for use in ("Bridge", "Financing costs")],
    }  # fmt: skip
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        titles = list(dict.fromkeys(title for row in rows for title in row))
        sheet.append(titles)
        for row in rows:
            sheet.append([row.get(title) for title in titles])
    del book["Sheet"]
    book.save(path)
    return path


def offers(instrument: str, known: str) -> list[Fields]:
    """80 of an instrument, and dear money of another for the rest."""
    other: Fields = {"Instrument": "equity"} if known == "loan" else {"Instrument": "loan", "Grace": 2}
    return [
        {"Source": "Money", "Party": "Bank", "Instrument": instrument, "Limit": 80, **TERMS[known]},
        {"Source": "Rest", "Party": "State", "Limit": 200, "Rate": 0.12, **other},
    ]


def report_cells(plan: finopt.Plan, path: Path) -> dict[tuple[str, str], Any]:
    """Every cell of a plan's report but what tells file and time, and fingerprints."""
    finopt.write_report(plan, path)
    book = openpyxl.load_workbook(path)
    return {
        (sheet.title, cell.coordinate): cell.value
        for sheet in book.worksheets
        if sheet.title not in ("Cover", "Log", "Certificate")
        for row in sheet.iter_rows()
        for cell in row
        if cell.value is not None and not re.fullmatch("[0-9a-f]{16}", str(cell.value))
    }


@pytest.mark.parametrize("known", TWINS)
def test_an_imaginary_instrument_is_read_planned_and_reported(
    known: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line in the table: plan and report are those of the known instrument with the same traits, but for the name.

    Some of the 80 is used, or the twins would agree for nothing.
    """
    twin = TWINS[known]
    path = workbook(tmp_path / "twin.xlsx", offers(twin, known))
    with pytest.raises(CaseError, match=twin):
        finopt.read_case(path)
    usual = finopt.solve(finopt.read_case(workbook(tmp_path / "known.xlsx", offers(known, known))))
    table = MappingProxyType({**INSTRUMENTS, twin: INSTRUMENTS[known]})
    monkeypatch.setattr(instruments, "INSTRUMENTS", table)
    case = finopt.read_case(path)
    plan = finopt.solve(case)
    assert case.sources[0].instrument == twin
    assert plan.by_source["Money"] == pytest.approx(usual.by_source["Money"])
    assert plan.by_instrument[twin] > 1
    assert plan.objective == pytest.approx(usual.objective, rel=1e-9)
    assert all(plan.checks.values())
    found = report_cells(plan, tmp_path / "twin report.xlsx")
    wanted = report_cells(usual, tmp_path / "known report.xlsx")
    assert found.keys() == wanted.keys()
    assert any(twin in str(value) for value in found.values())
    assert {found[spot]: wanted[spot] for spot in found if not alike(found[spot], wanted[spot], known)} == {}


def alike(twin: Any, usual: Any, known: str) -> bool:
    """Whether two cells say the same but for the name of an instrument."""
    if isinstance(twin, str) and isinstance(usual, str):
        words = usual.casefold()
        return twin.casefold() in (words, words.replace(known, TWINS[known]))
    return bool(twin == (pytest.approx(usual, rel=1e-9, abs=1e-9) if isinstance(usual, float) else usual))


def test_a_note_costs_what_hand_arithmetic_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A note of 100 at 10%: 50 at the end of 2029 and of 2030, back in two halves of 50 at the end of 2031 and 2032.

    Interest is 5 in 2030, 10 in 2031 and 5 in 2032. The 5 of 2030 is borrowed at once, which makes 105: halves of 52.5,
    interest 10.5 and 5.25. At 10% the discounted cost of a debt at 10% is 0.
    """
    table = MappingProxyType({**INSTRUMENTS, "note": Traits(spoken="a note", debt=True, scheduled=True)})
    monkeypatch.setattr(instruments, "INSTRUMENTS", table)
    note: Fields = {"Source": "Paper", "Party": "Bank", "Instrument": "Note", "Limit": 110, "Rate": 0.1, "Grace": 2,
                    "Tenor": 4, "Repayment": "equal"}  # fmt: skip
    case = finopt.read_case(workbook(tmp_path / "note.xlsx", [note])).change("Project", "Discount rate", "Value", 0.1)
    plan = finopt.solve(case)
    debt = plan.debt.set_index("period")
    assert plan.objective == pytest.approx(0.0, abs=1e-9)
    assert debt["principal"].to_dict() == pytest.approx(
        {"2029": 0, "2030": 0, "2031": 52.5, "2032": 52.5, "2033": 0, "2034": 0}, abs=1e-9
    )
    assert debt["interest"].loc[["2030", "2031", "2032"]].tolist() == pytest.approx([5, 10.5, 5.25])


def test_messages_speak_of_the_traits(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What has no rate is asked for the right one, and a term that does not apply is named with the instrument."""
    table = MappingProxyType({**INSTRUMENTS, "preferred": Traits(spoken="preferred stock", pays_out=True)})
    monkeypatch.setattr(instruments, "INSTRUMENTS", table)
    blank: Fields = {"Source": "P", "Party": "Bank", "Instrument": "preferred", "Limit": 100}
    with pytest.raises(CaseError, match="a target return"):
        finopt.read_case(workbook(tmp_path / "blank.xlsx", [blank]))
    with_tenor = finopt.read_case(workbook(tmp_path / "tenor.xlsx", [{**blank, "Rate": 0.1, "Tenor": 4}]))
    assert any("does not apply to preferred stock" in str(warning) for warning in with_tenor.warnings)


def test_columns_and_template_list_the_table() -> None:
    assert Source.columns()["instrument"].choices == tuple(INSTRUMENTS)


def test_the_auditor_states_the_same_traits() -> None:
    """It states them again from the contract, and the two statements agree."""
    for name, stated in {
        "debt": auditor.DEBT,
        "scheduled": auditor.SCHEDULED,
        "revolving": auditor.REVOLVING,
        "ahead": auditor.AHEAD,
        "pays_out": auditor.PAYS_OUT,
    }.items():
        assert tuple(word for word, traits in INSTRUMENTS.items() if getattr(traits, name)) == stated


@pytest.mark.parametrize(
    "wrong",
    [
        {"scheduled": True},
        {"revolving": True},
        {"debt": True, "revolving": True, "scheduled": True},
        {"debt": True, "revolving": True, "ahead": True},
        {"debt": True, "pays_out": True},
    ],
)
def test_traits_that_cannot_go_together_are_refused(wrong: dict[str, bool]) -> None:
    with pytest.raises(ValueError, match="nonsense"):
        Traits(spoken="nonsense", **wrong)


def names_of_instruments(source: str) -> Iterator[str]:
    """Every text of a module that is an instrument's name, but for the examples of columns."""
    tree = ast.parse(source)
    shown = {id(word.value) for word in ast.walk(tree) if isinstance(word, ast.keyword) and word.arg == "example"}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and node.value in INSTRUMENTS and id(node) not in shown:
            yield f"line {node.lineno}: {node.value}"


@pytest.mark.parametrize("path", sorted(ROOT.rglob("*.py")), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_module_knows_an_instrument_by_name(path: Path) -> None:
    if path.relative_to(ROOT).as_posix() not in {**TABLES, **EXAMPLES}:
        assert list(names_of_instruments(path.read_text("utf-8"))) == []


@pytest.mark.parametrize(
    "source",
    [
        'source.instrument == "bond"',
        'source.instrument in ("loan", kind)',
        'match kind:\n    case "equity":\n        pass',
        'rates = {"credit line": 1}',
        'terms.kind("grant")',
        'LINE = "credit line"',
    ],
)
def test_a_comparison_by_name_is_found(source: str) -> None:
    assert list(names_of_instruments(source))
