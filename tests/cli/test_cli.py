"""The commands as a user meets them: what they print, what they write, how they end."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

import finopt
from finopt.cli.main import main
from finopt.errors import Infeasible, NotProven, Unbounded
from finopt.report.plan_json import no_plan_json

pytestmark = pytest.mark.smoke

CASES = Path(__file__).parent.parent / "cases"
TOLL = CASES / "toll_road_funding" / "input.xlsx"
LOANS = CASES / "choice_of_loans" / "input.xlsx"
Edit = Callable[[openpyxl.Workbook], None]


class Outcome:
    """How a command ended."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err


@pytest.fixture
def finopt_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Outcome]:
    """Run a command in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: object) -> Outcome:
        with pytest.raises(SystemExit) as end:
            main([str(argument) for argument in arguments])
        said = capsys.readouterr()
        return Outcome(int(end.value.code or 0), said.out, said.err)

    return run


def edited(folder: Path, edit: Edit, original: Path = TOLL) -> Path:
    """A copy of a good workbook with one thing changed."""
    book = openpyxl.load_workbook(original)
    edit(book)
    path = folder / "edited.xlsx"
    book.save(path)
    return path


def names(folder: Path) -> list[str]:
    """What lies in a folder."""
    return sorted(path.name for path in folder.iterdir())


def cell_of(sheet: object, row: str, column: str) -> openpyxl.cell.cell.Cell:
    """The cell of a row (by its first cell) and a column (by its header)."""
    rows = list(sheet.iter_rows())  # type: ignore[attr-defined]
    for at, header in enumerate(rows):
        titles = [re.sub(r"\s*\(.*\)$", "", str(cell.value or "")) for cell in header]
        if column in titles:
            found = next(r for r in rows[at:] if r[0].value == row)
            cell: openpyxl.cell.cell.Cell = found[titles.index(column)]
            return cell
    raise AssertionError(f"no column {column}")


def test_run_writes_the_report_and_says_where(finopt_command: Callable[..., Outcome], tmp_path: Path) -> None:
    done = finopt_command("run", TOLL)
    assert done.code == 0
    assert done.err == ""
    assert (tmp_path / "reports" / "input.xlsx").exists()
    assert str(Path("reports") / "input.xlsx") in done.out
    assert done.out.startswith(finopt.read_case(TOLL).name)
    assert names(tmp_path / "reports") == ["input.xlsx"]


def test_names_that_the_terminal_cannot_show_are_no_fault(tmp_path: Path) -> None:
    path = edited(tmp_path, lambda book: setattr(cell_of(book["Project"], "Name", "Value"), "value", "Тоннель"))
    command = [sys.executable, "-m", "finopt.cli", "run", str(path), "-o", str(tmp_path / "report.xlsx")]
    encoded = {**os.environ, "PYTHONIOENCODING": "cp1252"}
    ended = subprocess.run(command, capture_output=True, env=encoded, timeout=100, check=False)
    assert (ended.returncode, ended.stderr) == (0, b"")
    assert ended.stdout.startswith(b"???????: optimal plan")


def test_json_holds_the_published_answer(finopt_command: Callable[..., Outcome], tmp_path: Path) -> None:
    """A year of the cheapest loans costs 822,180.66: Xpress-MP, Applications of Optimization, problem H-1."""
    done = finopt_command("run", LOANS, "-o", "out/loans.xlsx", "--json", "out/loans.json")
    assert done.code == 0
    found = json.loads((tmp_path / "out" / "loans.json").read_text("utf-8"))
    assert list(found) == [
        "finopt", "status", "objective", "measures", "by_party", "by_source", "by_instrument", "peak_year",
        "all_in_rate", "checks", "timings",
    ]  # fmt: skip
    plan = finopt.solve(finopt.read_case(LOANS))
    assert (found["finopt"], found["status"]) == (finopt.__version__, "optimal")
    assert found["objective"] == pytest.approx(plan.objective, rel=1e-9)
    assert sum(found["by_party"].values()) == pytest.approx(sum(found["by_source"].values()))
    assert sum(found["by_party"].values()) == pytest.approx(sum(found["by_instrument"].values()))
    assert all(found["checks"].values())
    assert set(found["timings"]) == {"read", "check", "build", "solve", "report"}


def test_timing_prints_each_phase_in_seconds(finopt_command: Callable[..., Outcome]) -> None:
    done = finopt_command("run", TOLL, "--timing")
    phases = re.findall(r"^(\w+) +(\d+\.\d{3}) s$", done.out, flags=re.MULTILINE)
    assert [name for name, _ in phases] == ["read", "check", "build", "solve", "report"]


def test_lp_is_the_same_program(finopt_command: Callable[..., Outcome], tmp_path: Path) -> None:
    import highspy

    done = finopt_command("run", TOLL, "--lp", "model.lp")
    assert done.code == 0
    highs = highspy.Highs()
    highs.silent()
    assert highs.readModel(str(tmp_path / "model.lp")) == highspy.HighsStatus.kOk
    highs.run()
    plan = finopt.solve(finopt.read_case(TOLL))
    assert highs.getInfo().objective_function_value == pytest.approx(plan.objective, rel=1e-6)


def test_set_changes_the_case_for_this_run(finopt_command: Callable[..., Outcome], tmp_path: Path) -> None:
    case = finopt.read_case(LOANS)
    place = f"Packages/{case.packages[0].package}/Amount"
    finopt_command("run", LOANS, "-o", "a.xlsx", "--json", "a.json")
    done = finopt_command("run", LOANS, "-o", "b.xlsx", "--json", "b.json", "--set", f"{place}=1000")
    assert done.code == 0
    a, b = (json.loads((tmp_path / name).read_text("utf-8")) for name in ("a.json", "b.json"))
    less = (case.packages[0].amount or 0.0) - 1000
    assert sum(a["by_party"].values()) - sum(b["by_party"].values()) == pytest.approx(less)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Packages/*=5", "expected Sheet/Row/Column=VALUE"),
        ("Packages/*/Amount", "expected Sheet/Row/Column=VALUE"),
        ("Pakages/*/Amount=5", "did you mean Packages?"),
        ("Packages/*/Amuont=5", "did you mean Amount?"),
        ("Packages/*/Amount=much", "expected a number"),
        ("Project/Discount rate/Value=6.5", "did you mean 6.5%?"),
    ],
)
def test_a_wrong_set_is_one_line(finopt_command: Callable[..., Outcome], tmp_path: Path, text: str, words: str) -> None:
    done = finopt_command("run", LOANS, "--set", text)
    assert done.code == 2
    assert done.err.startswith(f"--set {text!r}: ")
    assert words in done.err
    assert names(tmp_path) == []


def test_a_name_with_a_slash_can_be_set(finopt_command: Callable[..., Outcome], tmp_path: Path) -> None:
    def rename(book: openpyxl.Workbook) -> None:
        old = book["Sources"]
        name = finopt.read_case(TOLL).sources[0].source
        for sheet in book.worksheets:
            for row in sheet.iter_rows():
                for cell in row:
                    if cell.value == name:
                        cell.value = "A/B loan"
        assert any(cell.value == "A/B loan" for row in old.iter_rows() for cell in row)

    path = edited(tmp_path, rename)
    done = finopt_command("run", path, "--set", "Sources/A/B loan/Note=renamed")
    assert (done.code, done.err) == (0, "")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run", "absent.xlsx"], "absent.xlsx"),
        (["check", "absent.xlsx"], "absent.xlsx"),
        (["run", str(TOLL), "--solver", "gurobbi"], "available: highs"),
        (["run", str(TOLL), "-o", str(TOLL)], "the input is never overwritten"),
        (["run", str(TOLL), "-o", "a.xlsx", "--json", "a.xlsx"], "two outputs have the same name"),
        (["run", str(TOLL), "-o", "report.pdf"], "ends in .xlsx"),
        (["run", str(TOLL), "--time-limit", "soon"], "'--time-limit'"),
        (["run", str(TOLL), "--time-limit", "-1"], "'--time-limit'"),
        (["run"], "INPUT"),
        (["fund", str(TOLL)], "fund"),
        (["new", "blank.xls"], "ends in .xlsx"),
        (["run", str(TOLL), "--in-place"], "give both"),
        (["diff", str(TOLL), str(LOANS)], "is not a report of finopt"),
        (["diff", "absent.xlsx", str(LOANS)], "absent.xlsx: cannot be read"),
        (["diff", str(LOANS), str(TOLL), "-o", str(TOLL)], "the input is never overwritten"),
    ],
)
def test_a_wrong_command_ends_with_2(
    finopt_command: Callable[..., Outcome], tmp_path: Path, arguments: list[str], words: str
) -> None:
    before = TOLL.read_bytes()
    done = finopt_command(*arguments)
    assert done.code == 2
    assert words in done.err
    assert "Traceback" not in done.err
    assert names(tmp_path) == []
    assert TOLL.read_bytes() == before


def test_a_wrong_workbook_ends_with_2_and_names_the_cells(
    finopt_command: Callable[..., Outcome], tmp_path: Path
) -> None:
    case = finopt.read_case(LOANS)
    source, package = case.sources[0].source, case.packages[0].package

    def spoil(book: openpyxl.Workbook) -> None:
        cell_of(book["Sources"], source, "Rate").value = 6.5
        cell_of(book["Packages"], package, "Amount").value = "#REF!"

    done = finopt_command("run", edited(tmp_path, spoil, LOANS), "--json", "found.json")
    lines = done.err.splitlines()
    assert done.code == 2
    assert len(lines) == 2
    assert re.match(r"Sources!\w+ Rate: found 6\.5, expected .*did you mean 6\.5%\?", lines[0])
    assert re.match(r"Packages!\w+ Amount: found the error value #REF!", lines[1])
    assert names(tmp_path) == ["edited.xlsx"]


def test_no_plan_ends_with_3_and_the_reasons(finopt_command: Callable[..., Outcome], tmp_path: Path) -> None:
    done = finopt_command("run", LOANS, "--set", "Packages/*/Amount=1e9", "--json", "found.json")
    assert done.code == 3
    assert "No plan exists" in done.err
    assert "need" in done.err
    found = json.loads((tmp_path / "found.json").read_text("utf-8"))
    assert found["status"] == "infeasible"
    assert found["reasons"]
    assert names(tmp_path) == ["found.json", "reports"]
    book = openpyxl.load_workbook(tmp_path / "reports" / LOANS.name)
    words = [cell.value for row in book["Repair"] for cell in row if cell.value is not None]
    assert book.sheetnames == ["Repair"]
    assert any("Clash 1" in str(word) for word in words)
    assert any("each proven by solving" in str(word) for word in words)


def test_reasons_that_only_a_solver_finds_are_in_the_json_too(
    finopt_command: Callable[..., Outcome], tmp_path: Path
) -> None:
    # all money together is held to 1,500, which is less than the three shops cost
    def add_rule(book: openpyxl.Workbook) -> None:
        sheet = book.create_sheet("Rules")
        sheet.append(["Rule", "Money from", "Spent on", "Sense", "Value", "Measure"])
        sheet.append(["Little money", "all", "all", "<=", 1500, "amount"])

    done = finopt_command("run", edited(tmp_path, add_rule, LOANS), "--json", "found.json")
    found = json.loads((tmp_path / "found.json").read_text("utf-8"))
    assert (done.code, found["status"]) == (3, "infeasible")
    assert any("Rules!" in reason for reason in found["reasons"])


def test_explain_says_the_cells_and_the_repairs(finopt_command: Callable[..., Outcome], tmp_path: Path) -> None:
    done = finopt_command("explain", LOANS, "--set", "Packages/*/Amount=1e9", "-o", "why.xlsx")
    package = finopt.read_case(LOANS).packages[0]
    assert done.code == 3
    assert f"Packages!{package.origin.cell('amount')} {package.package} needs" in done.err
    assert "Repairs, each solved:" in done.err
    assert names(tmp_path) == ["why.xlsx"]
    fine = finopt_command("explain", LOANS)
    assert (fine.code, fine.err) == (0, "")
    assert "a plan exists" in fine.out


def test_prices_are_told_in_sentences(finopt_command: Callable[..., Outcome], tmp_path: Path) -> None:
    done = finopt_command("prices", TOLL)
    assert (done.code, done.err) == (0, "")
    assert re.search(r"(saves|costs|adds|takes|changes nothing)", done.out)
    assert "How the mix depends on the discount rate" in done.out
    assert names(tmp_path) == []
    written = finopt_command("prices", TOLL, "-o", "priced.xlsx")
    assert written.code == 0
    sheet = openpyxl.load_workbook(tmp_path / "priced.xlsx")["Limits and prices"]
    words = {str(cell.value) for row in sheet for cell in row}
    assert [line.strip() for line in done.out.splitlines() if line.strip() in words]


def test_stress_tells_each_breach(finopt_command: Callable[..., Outcome], tmp_path: Path) -> None:
    done = finopt_command("stress", TOLL)
    assert (done.code, done.err) == (0, "")
    assert re.search(r"With costs [\d.]+% higher no plan is left; first to give way: ", done.out)
    assert names(tmp_path) == []


def test_stopped_before_proof_ends_with_4(finopt_command: Callable[..., Outcome], tmp_path: Path) -> None:
    done = finopt_command("run", TOLL, "--time-limit", "0", "--json", "found.json")
    assert done.code == 4
    assert "before proof" in done.err
    assert json.loads((tmp_path / "found.json").read_text("utf-8"))["status"] == "not proven"
    assert names(tmp_path) == ["found.json"]


def test_an_internal_fault_ends_with_1() -> None:
    fault = f"import finopt, finopt.cli; finopt.solve = None; finopt.cli.main(['run', {str(TOLL)!r}])"
    done = subprocess.run([sys.executable, "-c", fault], capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 1


def test_json_of_each_way_to_have_no_plan() -> None:
    reasons = ["2029: packages need 1,930; sources that may pay them offer 1,700"]
    assert no_plan_json(Infeasible("No plan exists:", reasons), {"read": 0.5}) == {
        "finopt": finopt.__version__, "status": "infeasible", "message": "No plan exists:", "reasons": reasons,
        "timings": {"read": 0.5},
    }  # fmt: skip
    assert no_plan_json(Unbounded("free money"), {})["status"] == "unbounded"
    assert no_plan_json(NotProven("stopped", 0.02), {})["gap"] == 0.02


def test_check_counts_what_it_read(finopt_command: Callable[..., Outcome], tmp_path: Path) -> None:
    case = finopt.read_case(TOLL)
    done = finopt_command("check", TOLL)
    assert (done.code, done.err) == (0, "")
    assert f"{len(case.sources)} sources" in done.out
    assert f"{len(case.calendar)} periods" in done.out
    assert names(tmp_path) == []


def test_check_says_why_a_case_is_impossible(finopt_command: Callable[..., Outcome], tmp_path: Path) -> None:
    def overrun(book: openpyxl.Workbook) -> None:
        cell_of(book["Packages"], finopt.read_case(LOANS).packages[0].package, "Amount").value = 1e9

    done = finopt_command("check", edited(tmp_path, overrun, LOANS))
    assert done.code == 3
    assert "need" in done.err


def test_check_warns_of_an_unknown_sheet(finopt_command: Callable[..., Outcome], tmp_path: Path) -> None:
    path = edited(tmp_path, lambda book: book.create_sheet("Packagess").append(["Package", "Amount"]))
    done = finopt_command("check", path)
    assert done.code == 0
    assert done.err.startswith("warning: Packagess")
    assert "did you mean Packages?" in done.err


def test_check_counts_in_english(finopt_command: Callable[..., Outcome]) -> None:
    assert finopt_command("new", "blank.xlsx").code == 0
    assert "1 package, 1 source, 1 party, 4 periods" in finopt_command("check", "blank.xlsx").out


def test_what_is_only_doubtful_is_marked_among_faults(finopt_command: Callable[..., Outcome], tmp_path: Path) -> None:
    def spoil(book: openpyxl.Workbook) -> None:
        book.create_sheet("Packagess").append(["Package", "Amount"])
        cell_of(book["Packages"], finopt.read_case(LOANS).packages[0].package, "Amount").value = "much"

    done = finopt_command("check", edited(tmp_path, spoil, LOANS))
    assert done.code == 2
    marked = [line for line in done.err.splitlines() if line.startswith("warning: ")]
    assert len(marked) == 1
    assert "Packagess" in marked[0]
    assert any(line.startswith("Packages!") for line in done.err.splitlines())


def test_new_example_runs(finopt_command: Callable[..., Outcome], tmp_path: Path) -> None:
    assert finopt_command("new", "mine.xlsx", "--example").code == 0
    done = finopt_command("run", "mine.xlsx")
    assert (done.code, done.err) == (0, "")
    assert (tmp_path / "reports" / "mine.xlsx").exists()


def test_new_never_overwrites(finopt_command: Callable[..., Outcome], tmp_path: Path) -> None:
    (tmp_path / "mine.xlsx").write_text("precious")
    done = finopt_command("new", "mine.xlsx")
    assert done.code == 2
    assert "exists" in done.err
    assert (tmp_path / "mine.xlsx").read_text() == "precious"


def test_write_back_puts_the_schedules_into_a_copy(finopt_command: Callable[..., Outcome], tmp_path: Path) -> None:
    path = edited(tmp_path, lambda book: book.create_sheet("#Own notes").append(["kept"]))
    before = path.read_bytes()
    done = finopt_command("run", path, "--write-back")
    assert (done.code, done.err) == (0, "")
    assert "edited.funded.xlsx" in done.out
    assert path.read_bytes() == before
    book = openpyxl.load_workbook(tmp_path / "edited.funded.xlsx", data_only=True)
    assert {"#Own notes", "Sources", "Funding schedule", "Debt", "Cash flow"} <= set(book.sheetnames)
    assert book["Funding schedule"]["E1"].value == "PASS"


def test_a_workbook_that_holds_its_plan_runs_again_in_place(
    finopt_command: Callable[..., Outcome], tmp_path: Path
) -> None:
    """The sheets that were written back are no inputs: the case is the same as before."""
    path = edited(tmp_path, lambda book: book.create_sheet("#Own notes").append(["kept"]))
    before = path.read_bytes()
    first = finopt_command("run", path, "--write-back", "--in-place")
    assert (first.code, first.err) == (0, "")
    assert (tmp_path / "edited.bak.xlsx").read_bytes() == before
    sheets = openpyxl.load_workbook(path).sheetnames
    case = finopt.read_case(path)
    assert case.warnings == ()
    again = finopt_command("run", path, "--write-back", "--in-place")
    assert (again.code, again.err) == (0, "")
    assert openpyxl.load_workbook(path).sheetnames == sheets
    assert finopt.solve(case).cost == pytest.approx(finopt.solve(finopt.read_case(TOLL)).cost, rel=1e-9)


def test_a_copy_and_a_report_of_one_name_are_refused(finopt_command: Callable[..., Outcome], tmp_path: Path) -> None:
    path = edited(tmp_path, lambda book: None)
    done = finopt_command("run", path, "--write-back", "-o", "edited.funded.xlsx")
    assert done.code == 2
    assert "two outputs have the same name" in done.err
    assert names(tmp_path) == ["edited.xlsx"]


def test_diff_says_what_changed(finopt_command: Callable[..., Outcome], tmp_path: Path) -> None:
    place = f"Packages/{finopt.read_case(LOANS).packages[0].package}/Amount"
    finopt_command("run", LOANS, "-o", "old.xlsx")
    finopt_command("run", LOANS, "-o", "new.xlsx", "--set", f"{place}=1000")
    done = finopt_command("diff", "old.xlsx", "new.xlsx", "-o", "diff.xlsx")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("old.xlsx -> new.xlsx")
    assert f"  {place}: " in done.out
    assert "By party" in done.out
    assert openpyxl.load_workbook(tmp_path / "diff.xlsx").sheetnames == [
        "By party", "By source", "By package", "By year", "Inputs that differ",
    ]  # fmt: skip


def test_a_report_open_in_excel_is_left_alone(finopt_command: Callable[..., Outcome], tmp_path: Path) -> None:
    (tmp_path / "report.xlsx").write_text("open")
    (tmp_path / "~$report.xlsx").write_text("")
    done = finopt_command("run", TOLL, "-o", "report.xlsx")
    assert done.code == 2
    assert "open in Excel" in done.err
    assert (tmp_path / "report.xlsx").read_text() == "open"
    assert names(tmp_path) == ["report.xlsx", "~$report.xlsx"]


def test_every_solver_of_pulp_gives_the_same_cost(finopt_command: Callable[..., Outcome], tmp_path: Path) -> None:
    for solver in ("highs", "cbc"):
        done = finopt_command("run", LOANS, "--solver", solver, "-o", "r.xlsx", "--json", f"{solver}.json")
        assert done.code == 0
    highs, cbc = (json.loads((tmp_path / f"{s}.json").read_text("utf-8"))["objective"] for s in ("highs", "cbc"))
    assert cbc == pytest.approx(highs, rel=1e-6)
