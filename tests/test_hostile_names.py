"""Nothing of the user's text is ever executed: every hostile name through every output, as words.

The names are those of `tests/hostile.py`. A formula in what we write may hold cells, numbers, our functions and our
own sheets and words; a chart may point at our own sheets only; a line of CSV holds nothing that a spreadsheet program
would calculate; a terminal gets no orders.
"""

from __future__ import annotations

import csv
import io
import json
import math
import posixpath
import re
import subprocess
import zipfile
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from pathlib import Path

import highspy
import openpyxl
import pandas as pd
import pytest
from lxml import etree

import finopt
from finopt.case.case import Case
from finopt.case.change import Change
from finopt.case.comparison_terms import Basis
from finopt.cli import commands as cli
from finopt.errors import CaseError
from finopt.literal import (
    CUT,
    LONGEST_CELL,
    apart,
    cell_text,
    chart_text,
    csv_text,
    footer_text,
    lp_words,
    shortened,
    terminal_text,
    tidy,
)
from finopt.plan import Plan
from finopt.report.csv_file import csv_table
from finopt.report.diff import diff, write_diff
from finopt.report.plan_json import plan_json, write_json
from finopt.report.write_back.write_back import SCHEDULES, write_back
from finopt.study.infeasible.explain import Explanation
from finopt.study.scenarios.compare import Ranking, _Look
from finopt.study.scenarios.sweep import Sweep
from finopt.study.scenarios.tornado import Tornado
from finopt.study.scenarios.what_if import Comparison
from finopt.study.sensitivity.prices import Prices, confirmed
from finopt.study.simulation.simulate import Cloud
from finopt.study.tradeoff.near_optimal import Deals
from tests.hostile import FEW, HOSTILE, NAMES, SEEN, decoded, hostile_case, hostile_workbook
from tests.report.recalc import soffice

pytestmark = pytest.mark.filterwarnings("ignore:.*extension is not supported:UserWarning")
PROJECT = {"project": "Hall 2!B12", "currency": "=USD!A1", "unit": "{0}!B2"}
"""What the case is called and counts in: each would be a reference in the title or on the axis of a chart."""
TRIGGERS = "=+-@\t\r\uff1d\uff0b\uff0d\uff20"
ORDERS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
FORMULA = re.compile(
    r"""(?:'(?:finopt )?[A-Z][a-z ]+'!|[A-Z][a-z]+!)?\$?[A-Z]{1,3}\$?\d+(?::\$?[A-Z]{1,3}\$?\d+)?"""
    r"""|[A-Z]+\(|\d+(?:\.\d+)?(?:[Ee]-?\d+)?|[-+*/^&=<>(),:]"""
)
"""What a formula of ours is made of: cells, functions, numbers, signs."""
RANGE = re.compile(r"(?:'([^'!]+)'|(\w+))!\$[A-Z]{1,3}\$\d+(?::\$[A-Z]{1,3}\$\d+)?")


class Made:
    """The hostile case and all that is made of it, each thing once, when it is first asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._written: dict[str, Path] = {}

    @cached_property
    def case(self) -> Case:
        return hostile_case(**PROJECT)

    @cached_property
    def plan(self) -> Plan:
        return finopt.solve(self.case)

    @cached_property
    def few(self) -> Case:
        """A case of some of the names, for studies."""
        return hostile_case(FEW, **PROJECT)

    @cached_property
    def prices(self) -> Prices:
        return confirmed(self.few)

    @cached_property
    def what_if(self) -> Comparison:
        return finopt.what_if(self.few)

    @cached_property
    def tornado(self) -> Tornado:
        return finopt.tornado(self.few)

    @cached_property
    def deals(self) -> Deals:
        return finopt.deals(self.few, plans=2)

    @cached_property
    def sweep(self) -> Sweep:
        return finopt.sweep(self.few, finopt.Vary("Sources", "Loan {}", "Limit", scale=[0.9, 1.0]))

    @cached_property
    def ranking(self) -> Ranking:
        return finopt.compare([hostile_case(FEW, project=name) for name in FEW[1:3]])

    @cached_property
    def why(self) -> Explanation:
        """Of a case in which nobody offers enough."""
        return finopt.explain(self.few.change("Sources", "*", "Limit", scale=0.5))

    @cached_property
    def cloud(self) -> Cloud:
        return finopt.simulate(self.case, 4)

    def output(self, kind: str) -> Path:
        """A workbook of one kind."""
        if kind not in self._written:
            path = self.folder / f"{kind.replace(' ', '_')}.xlsx"
            self._written[kind] = WORKBOOKS[kind](self, path) or path
        return self._written[kind]


def _write_back(made: Made, path: Path) -> Path:
    return write_back(made.output("input"), made.output("report"), sheets=SCHEDULES, output=path)


WORKBOOKS: Mapping[str, Callable[[Made, Path], Path | None]] = {
    "input": lambda made, path: hostile_workbook(path, **PROJECT),
    "report": lambda made, path: finopt.write_report(made.plan, path),
    "report of few": lambda made, path: finopt.write_report(finopt.solve(made.few), path, made.what_if, made.prices),
    "write-back": _write_back,
    "repair": lambda made, path: finopt.write_report(made.why, path),
    "scenarios": lambda made, path: finopt.write_report(made.what_if, path),
    "sweep": lambda made, path: finopt.write_report(made.sweep, path),
    "tornado": lambda made, path: finopt.write_report(made.tornado, path),
    "frontier": lambda made, path: finopt.write_report(
        finopt.frontier(made.few, "money party: Hall 2!B12", points=2), path
    ),
    "deals": lambda made, path: finopt.write_report(made.deals, path),
    "simulation": lambda made, path: finopt.write_report(made.cloud, path),
    "ranking": lambda made, path: finopt.write_report(made.ranking, path),
    "difference": lambda made, path: write_diff(diff(made.output("report"), made.output("later")), path),
    "later": lambda made, path: finopt.write_report(
        finopt.solve(made.case.change("Packages", "=1+1", "Amount", scale=1.1)), path
    ),
}
"""Every workbook that is written, and how."""
WRITTEN = [kind for kind in WORKBOOKS if kind != "input"]
WITH_CHARTS = ["report", "write-back", "scenarios", "sweep", "tornado", "frontier", "deals", "simulation", "ranking"]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return Made(tmp_path_factory.mktemp("hostile"))


def parts(path: Path) -> Iterator[tuple[str, etree._Element]]:
    """Every XML part of a workbook, parsed strictly."""
    with zipfile.ZipFile(path) as package:
        for name in package.namelist():
            if name.endswith((".xml", ".rels", ".vml")):
                yield name, etree.fromstring(package.read(name))


def strange(formula: str) -> str:
    """What is left of a formula without its texts and all that ours are made of."""
    return FORMULA.sub("", re.sub(r'"[^"]*"', "", formula.removeprefix("=")))


# --------------------------------------------------------------------------- workbooks


@pytest.mark.parametrize("kind", WRITTEN)
def test_every_part_of_a_workbook_is_sound(made: Made, kind: str) -> None:
    path = made.output(kind)
    with zipfile.ZipFile(path) as package:
        names = package.namelist()
    assert len({name.lower() for name in names}) == len(names)
    for name, root in parts(path):
        if name.endswith(".rels"):
            folder = posixpath.dirname(posixpath.dirname(name))
            assert not [el for el in root if el.get("TargetMode") == "External"], name
            places = [posixpath.normpath(posixpath.join("/", folder, str(el.get("Target")))) for el in root]
            assert {place.lstrip("/") for place in places if "#" not in place} <= set(names)


@pytest.mark.parametrize("kind", WRITTEN)
def test_no_formula_holds_a_word_of_the_user(made: Made, kind: str) -> None:
    formulas, texts = [], set()
    for name, root in parts(made.output(kind)):
        if name.startswith("xl/worksheets/"):
            formulas += [el.text or "" for el in root.iter("{*}f", "{*}formula", "{*}formula1", "{*}formula2")]
    for formula in formulas:
        assert strange(formula) == "", formula
        texts |= set(re.findall(r'"([^"]*)"', formula))
    assert not texts & set(SEEN)


@pytest.mark.parametrize("kind", WITH_CHARTS)
def test_a_chart_points_at_our_own_sheets_only(made: Made, kind: str) -> None:
    path = made.output(kind)
    sheets = {
        str(el.get("name")) for name, root in parts(path) if name == "xl/workbook.xml" for el in root.iter("{*}sheet")
    }
    found = [el.text or "" for name, root in parts(path) if "/charts/" in name for el in root.iter("{*}f")]
    assert found
    for formula in found:
        place = RANGE.fullmatch(formula)
        assert place is not None, formula
        assert (place[1] or place[2]) in sheets - set(made_by_user()), formula


def made_by_user() -> Iterator[str]:
    """Sheets that a name among the hostile ones points at."""
    return (match[1] or match[2] for name in NAMES for match in RANGE.finditer(name))


def test_a_chart_shows_a_name_that_looks_like_a_range(made: Made) -> None:
    shown = {
        "".join(el.itertext()) for name, root in parts(made.output("report")) if "/charts/" in name
        for el in root.iter("{*}tx", "{*}v", "{*}title")
    }  # fmt: skip
    assert {"Hall 2!B12", "=Inputs!$A$1", "='Hall 2'!B12:C13", "=1+1", "Loan {}"} <= shown


@pytest.mark.parametrize("kind", ["report of few", "write-back"])
def test_what_stands_in_a_cell_is_our_formula_or_a_text(made: Made, kind: str) -> None:
    book = openpyxl.load_workbook(made.output(kind))
    ours = [
        s
        for s in book.worksheets
        if kind != "write-back" or s.title in {*SCHEDULES, *(f"finopt {n}" for n in SCHEDULES)}
    ]
    values = [cell.value for sheet in ours for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
    assert not [value for value in values if strange(str(value))]
    assert not [
        cell.hyperlink.target
        for sheet in book
        for row in sheet.iter_rows()
        for cell in row
        if cell.hyperlink and cell.hyperlink.target
    ]


@pytest.mark.parametrize("sheet", ["Inputs", "Data"])
def test_the_report_holds_every_name_whole(made: Made, sheet: str) -> None:
    cells = {
        decoded(value) for row in openpyxl.load_workbook(made.output("report"))[sheet].iter_rows(values_only=True)
        for value in row if isinstance(value, str)
    }  # fmt: skip
    wanted = set(SEEN) if sheet == "Inputs" else {*made.plan.draws["party"], *made.plan.draws["package"]}
    assert wanted <= cells


def test_a_long_name_is_cut_with_a_sign(made: Made) -> None:
    sheet = openpyxl.load_workbook(made.output("report"))["Funding schedule"]
    labels = [str(row[0]) for row in sheet.iter_rows(values_only=True, min_row=7) if row[0]]
    assert max(map(len, labels)) <= 84
    cut = [label for label in labels if CUT in label]
    assert any(label.startswith("Long xxx") and label.endswith("xxx") for label in cut)


@pytest.mark.parametrize("kind", ["report", "simulation"])
def test_a_footer_gives_no_orders_but_ours(made: Made, kind: str) -> None:
    for name, root in parts(made.output(kind)):
        for footer in root.iter("{*}oddFooter") if name.startswith("xl/worksheets/") else ():
            assert re.sub("&&|&[LCR]|&8 ?|&[PN]", "", footer.text or "").count("&") == 0
            assert len(footer.text or "") <= 255


def test_names_of_a_workbook_are_our_own(made: Made) -> None:
    for name, root in parts(made.output("report")):
        if name == "xl/workbook.xml":
            texts = [el.text or "" for el in root.iter("{*}definedName")]
            assert texts
            assert not [
                text
                for text in texts
                if not re.fullmatch(r"(('[A-Z][a-z ]+'|[A-Z][a-z]+)!\$?[A-Z]*\$?\d*:?\$?[A-Z]*\$?\d*,?)+", text)
            ]


@pytest.mark.parametrize("kind", ["report", "write-back"])
def test_libreoffice_opens_it_with_the_words_as_they_are(made: Made, kind: str, tmp_path: Path) -> None:
    path = made.output(kind)
    sheet = "Funding schedule"
    command = [soffice(), f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}", "--headless", "--convert-to",
               "xlsx", "--outdir", str(tmp_path / "again"), str(path)]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True, timeout=240)
    again = openpyxl.load_workbook(tmp_path / "again" / path.name)
    before = openpyxl.load_workbook(path)
    for row in before[sheet].iter_rows(max_col=2):
        for cell in row:
            if isinstance(cell.value, str):
                assert decoded(str(again[sheet][cell.coordinate].value)) == decoded(cell.value)
                assert again[sheet][cell.coordinate].data_type == cell.data_type


def test_a_second_report_finds_the_inputs_of_hostile_rows(made: Made) -> None:
    found = diff(made.output("report"), made.output("later"))
    assert list(found.inputs[["sheet", "row", "column"]].itertuples(index=False, name=None)) == [
        ("Packages", "=1+1", "Amount")
    ]
    assert set(found.by_party.index) <= set(SEEN)


# --------------------------------------------------------------------------- tables for other programs


def opened(text: str, separator: str) -> list[list[str]]:
    """The cells that a spreadsheet program makes of a text with its separator."""
    return list(csv.reader(io.StringIO(text), delimiter=separator))


@pytest.mark.parametrize("separator", [",", ";"])
def test_no_cell_of_a_csv_file_is_calculated(made: Made, separator: str) -> None:
    text = csv_table(made.cloud.tidy).to_csv(index=False)
    for row in opened(text, separator):
        for cell in row:
            assert cell.strip(" \"'")[:1] not in tuple(TRIGGERS) or cell[0] == "'" or _number(cell), cell


def _number(cell: str) -> bool:
    return separator_free(cell).replace(".", "").replace("e", "").replace("-", "").replace("+", "").isdigit()


def separator_free(cell: str) -> str:
    """A piece of a line of numbers, as the other separator leaves it together."""
    return cell.replace(",", "")


def test_numbers_of_a_csv_file_stay_numbers(made: Made) -> None:
    table = made.cloud.tidy
    again = pd.read_csv(io.StringIO(csv_table(table).to_csv(index=False)))
    assert [name.replace("'", "", 1) if name not in table else name for name in again.columns[2:8]] == [
        *table.columns[2:8]
    ]
    for old, new in zip(table.columns, again.columns, strict=True):
        if pd.api.types.is_numeric_dtype(table[old]):
            assert again[new].tolist() == pytest.approx(table[old].tolist(), nan_ok=True)


def test_words_of_a_csv_file_are_neutral_and_numbers_among_them_stay() -> None:
    table = pd.DataFrame({"-x": [-1.5, 2.0], "value": ["=1+1", "-2.5"], "why": ["a;=1+1", None]})
    made = csv_table(table)
    assert list(made.columns) == ["'-x", "value", "why"]
    assert made["value"].tolist() == ["'=1+1", "-2.5"]
    assert made["why"].tolist()[0] == "a;'=1+1"
    assert made["'-x"].tolist() == [-1.5, 2.0]


def test_a_study_goes_on_from_its_file(made: Made, tmp_path: Path) -> None:
    first = finopt.simulate(made.few, 4, resume=tmp_path / "rows.jsonl")
    again = finopt.simulate(made.few, 4, resume=tmp_path / "rows.jsonl")
    pd.testing.assert_frame_equal(first.tidy, again.tidy)
    assert set(map(tidy, FEW)) <= set(again.tidy.columns)


def test_a_parquet_file_has_every_name_as_it_is(made: Made, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow", reason="the extra parquet is not installed here")
    made.cloud.tidy.to_parquet(tmp_path / "rows.parquet", engine="pyarrow", index=False)
    assert set(SEEN) <= set(pd.read_parquet(tmp_path / "rows.parquet").columns)


def test_drivers_named_like_columns_keep_a_column_each() -> None:
    assert apart(["status", "driver status", "=1+1"], ["scenario", "status"], "driver") == [
        "driver status", "driver driver status", "=1+1",
    ]  # fmt: skip


def test_json_holds_every_name_as_it_is(made: Made, tmp_path: Path) -> None:
    write_json(plan_json(made.plan, {}), tmp_path / "plan.json")
    found = json.loads((tmp_path / "plan.json").read_text("utf-8"))
    assert list(found["by_party"]) == list(found["by_source"]) == list(SEEN)


# --------------------------------------------------------------------------- the model


def test_an_lp_file_is_read_back_with_the_same_optimum(made: Made, tmp_path: Path) -> None:
    path = tmp_path / "case.lp"
    cli._write_lp(made.case, path)
    highs = highspy.Highs()
    highs.setOptionValue("output_flag", False)
    assert highs.readModel(str(path)) == highspy.HighsStatus.kOk
    for names in (highs.getLp().col_names_, highs.getLp().row_names_):
        assert len({name.casefold() for name in names}) == len(names)
        assert all(re.fullmatch(r"[A-Za-z][\w.,()~]*", name) and len(name) <= 255 for name in names)
    highs.run()
    assert highs.getInfo().objective_function_value == pytest.approx(made.plan.objective, abs=1e-5)


def test_names_of_the_lp_format_differ_without_regard_to_case() -> None:
    words = lp_words(["A-1", "A_1", "A 1", "a 1", "=", "\u0411", "x" * 300, "x" * 299, "B"])
    assert len({word.casefold() for word in words}) == len(words)
    assert all(re.fullmatch(r"[\w.~]{1,45}", word, re.ASCII) for word in words)
    assert words[-1] == "B"


# --------------------------------------------------------------------------- sentences


def said(made: Made) -> Mapping[str, Callable[[], str]]:
    """Every text for a person, by the question that it answers."""
    return {
        "plan": lambda: str(made.plan),
        "prices": lambda: str(made.prices),
        "explain": lambda: str(made.why),
        "what-if": lambda: str(made.what_if),
        "tornado": lambda: str(made.tornado),
        "sweep": lambda: str(made.sweep),
        "simulate": lambda: str(made.cloud),
        "stress": lambda: str(finopt.stress(made.few)),
        "deals": lambda: str(made.deals),
        "compare": lambda: str(made.ranking),
    }


@pytest.mark.parametrize("question", list(said(Made(Path()))))
def test_a_sentence_says_names_as_they_are(made: Made, question: str) -> None:
    text = said(made)[question]()
    assert ORDERS.search(text) is None
    assert "{c}" not in text.replace("{0} {1!r} {c} {p} {n}", "")


def test_a_price_names_a_source_with_braces(made: Made) -> None:
    text = str(made.prices)
    assert any(name in text for name in ("Loan {A}", "Loan {}", "{self.__class__}"))


def test_what_breaks_a_case_names_a_party_with_braces(made: Made) -> None:
    words = [phrase("7%") for phrase, _ in _Look(made.few, Basis())._strains()]
    assert "it breaks first once Loan {}'s offers fall by 7%" in words
    assert "it breaks first once {0} {1!r} {c} {p} {n}'s offers fall by 7%" in words


def test_a_notebook_shows_names_as_words(made: Made) -> None:
    page = str(made.plan.draws._repr_html_())
    assert "<script>" not in page
    assert "&lt;script&gt;" in page or "script" not in "".join(made.plan.draws["party"].head(5))


# --------------------------------------------------------------------------- reading, and the command line


def test_a_workbook_is_read_as_the_case_made_in_python(made: Made) -> None:
    case = finopt.read_case(made.output("input"))
    assert case.warnings == ()
    assert [row.source for row in case.sources] == [row.source for row in made.case.sources] == list(SEEN)
    assert case.name == PROJECT["project"]


@pytest.mark.parametrize("kind", HOSTILE)
def test_what_nobody_sees_is_no_part_of_a_name(kind: str) -> None:
    seen = tidy(HOSTILE[kind])
    assert ORDERS.search(seen) is None
    assert seen == tidy(seen) == terminal_text(seen) == cell_text(seen)
    assert seen


def run(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, str]:
    """The exit code of a command and all that it printed."""
    try:
        cli.main([str(word) for word in arguments])
    except SystemExit as end:
        code = int(end.code or 0)
    printed = capsys.readouterr()
    return code, printed.out + printed.err


def test_run_prints_and_writes_names_as_words(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "{0} [red]x[red] \x1b[31m=1+1.xlsx"
    hostile_workbook(path, FEW, **PROJECT)
    code, text = run(capsys, "run", path, "-o", tmp_path / "out.xlsx", "--set", "Sources/Loan {}/Limit=9")
    assert code == 0, text
    assert ORDERS.search(text) is None
    assert "[red]bold[/red] [bold" in text
    assert "{0} {1!r} {c} {p} {n}" in text
    for _, root in parts(tmp_path / "out.xlsx"):
        assert root is not None


def test_simulate_writes_a_neutral_csv_file(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    rows = tmp_path / "rows.csv"
    code, text = run(
        capsys,
        "simulate",
        hostile_workbook(tmp_path / "case.xlsx", FEW),
        "-n",
        "4",
        "--csv",
        rows,
        "-o",
        tmp_path / "s.xlsx",
    )
    assert code == 0, text
    head = next(csv.reader(io.StringIO(rows.read_text("utf-8"))))
    assert '\'=HYPERLINK("http://evil.example","x")' in head
    assert "'@SUM(1+1)*cmd|' /C calc'!A0" in head


def test_a_finding_quotes_what_it_found_as_words(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = hostile_workbook(tmp_path / "case.xlsx", FEW)
    book = openpyxl.load_workbook(path)
    for title in ("{0} %s <b>", "=1+1"):
        book.create_sheet(title)["A1"] = "\u202e\x85{1} [bold]"
    book["Sources"]["A2"].value, book["Sources"]["A2"].data_type = "\u202eno {such} %s", "s"
    book["Sources"]["C3"].value = "[red]{0} %d"
    book.save(path)
    with pytest.raises(CaseError) as wrong:
        finopt.read_case(path)
    code, text = run(capsys, "check", path)
    assert code == 2
    assert ORDERS.search(text) is None
    assert "[red]{0} %d" in str(wrong.value)
    assert "[red]{0} %d" in text


# --------------------------------------------------------------------------- the helpers by themselves


def test_a_cell_that_excel_could_not_keep_is_cut_with_a_sign() -> None:
    assert len(cell_text("x" * 40_000)) == LONGEST_CELL
    assert CUT in cell_text("x" * 40_000)
    assert cell_text("a\x00b\ud800") == "a\ufffdb\ufffd"
    assert cell_text("\n=1") == "\n=1"


@pytest.mark.parametrize(
    ("text", "shown"),
    [("12 bridges", " 12 bridges"), ("A & B", "A && B"), ("&P", "&&P"), ("two\nlines", "two lines")],
)
def test_a_footer_has_no_codes_of_the_user(text: str, shown: str) -> None:
    assert footer_text(text) == shown


@pytest.mark.parametrize("text", ["&" * 300, "\U0001f309" * 300, "x" * 300])
def test_a_footer_counts_as_excel_does(text: str) -> None:
    made = footer_text(text)
    assert len(made.encode("utf-16-le")) // 2 <= 82
    assert CUT in made


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("=1+1", "'=1+1"), ("@SUM(1)", "'@SUM(1)"), ("+1+1", "'+1+1"), ("  =1", "'  =1"), ("'=1", "''=1"),
        ("-2.5", "-2.5"), ("+3", "+3"), ("1e5", "1e5"), ("plain", "plain"), ("a-b", "a-b"), ("a;=1", "a;'=1"),
        ('"=1"', "'\"=1\""), ("\uff1d1", "'\uff1d1"), ("", ""),
    ],
)  # fmt: skip
def test_a_cell_of_csv(text: str, written: str) -> None:
    assert csv_text(text) == written


def test_a_terminal_gets_no_orders() -> None:
    assert terminal_text("a\x1b[31mb\x07\u202ec\r\x9bd\ud800") == "a\\x1b[31mb\\x07\\u202ec\\r\\x9bd\\ud800"
    assert terminal_text("two\nlines\tof \u0411") == "two\nlines\tof \u0411"


def test_a_short_form_keeps_both_ends() -> None:
    text = "Loan of the " + "x" * 300 + " second tranche"
    assert shortened(text, 40).startswith("Loan of the ")
    assert shortened(text, 40).endswith("tranche")
    assert len(shortened(text, 40)) == 40
    assert chart_text("") == " "
    assert math.isfinite(len(chart_text("x" * 1000)))


@pytest.mark.parametrize(
    ("stored", "meant"),
    [("a_x000D_b", "a\rb"), ("_x0041_", "_x0041_"), ("plain_x", "plain_x"), ("_x00_", "_x00_")],
)
def test_a_stored_escape_is_read_as_excel_means_it(stored: str, meant: str) -> None:
    assert decoded(stored) == meant


def test_a_change_of_a_hostile_row_is_a_change(made: Made) -> None:
    case = made.case.changed([Change("Sources", name, "Limit", value=3.0) for name in SEEN])
    assert {row.limit for row in case.sources} == {3.0}
