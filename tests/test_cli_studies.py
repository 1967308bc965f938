"""The commands of studies as a user meets them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from finopt.cli import main
from finopt.read.template import write_workbook

YEAR = {"Start": "2030-01-01", "Finish": "2030-12-31"}
LOAN = {"Instrument": "loan", "Grace": 1, "Tenor": 2, "Repayment": "bullet", "Repaid by": "State"}
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def case(tmp_path: Path) -> Path:
    """Two lenders for 100, with scenarios and a driver."""
    path = tmp_path / "bridge.xlsx"
    change = {"Sheet": "Packages", "Row": "*", "Column": "Amount", "Change": "scale"}
    write_workbook(path, {
        "Project": [{"Name": "Bridge", "Currency": "USD", "Unit": "m", "Start date": "2030-01-01",
                     "Construction end": "2030-12-31", "End date": "2031-12-31", "Discount rate": 0}],
        "Parties": [{"Party": name} for name in ("North", "South", "State")],
        "Sources": [{"Source": "N/S loan", "Party": "North", "Limit": 70, "Rate": 0.05, **LOAN},
                    {"Source": "South loan", "Party": "South", "Limit": 80, "Rate": 0.08, **LOAN}],
        "Packages": [{"Package": "Bridge", "Amount": 60, **YEAR}, {"Package": "Road", "Amount": 40, **YEAR}],
        "Scenarios": [{"Scenario": "Overrun", **change, "Value": 1.1}, {"Scenario": "Double", **change, "Value": 2}],
        "Uncertainty": [{"Driver": "Cost", **change, "Distribution": "uniform", "A": 0.9, "B": 1.1}],
    })  # fmt: skip
    return path


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command in an empty folder: exit code, what it printed, what it complained of."""
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)

    def running(*arguments: object) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as end:
            main([str(argument) for argument in arguments])
        said = capsys.readouterr()
        return int(end.value.code or 0), said.out, said.err

    return running


def test_whatif_shows_every_scenario(run: Run, case: Path) -> None:
    code, out, _ = run("whatif", case)
    assert code == 0
    assert "Overrun" in out
    assert "infeasible: at best 50.0 USD m" in out
    assert openpyxl.load_workbook("reports/bridge-scenarios.xlsx").sheetnames == ["Scenarios", "Data"]


def test_run_shows_the_scenarios_beside_its_plan_where_asked(run: Run, case: Path) -> None:
    assert run("run", case, "-o", "plan.xlsx")[0] == 0
    assert "Scenarios" not in openpyxl.load_workbook("plan.xlsx").sheetnames
    assert run("run", case, "--scenarios", "-o", "plan.xlsx")[0] == 0
    assert "Scenarios" in openpyxl.load_workbook("plan.xlsx").sheetnames


def test_one_scenario_gets_its_whole_report(run: Run, case: Path) -> None:
    code, out, _ = run("run", case, "--scenario", "overrun", "-o", "overrun.xlsx")
    assert code == 0
    assert "financing cost: 6.70" in out  # 70 at 5% and 40 at 8%
    book = openpyxl.load_workbook("overrun.xlsx", data_only=True)
    assert "Scenarios" not in book.sheetnames
    said = [cell.value for row in book["Cover"].iter_rows() for cell in row]
    assert "Packages/*/Amount times 1.1" in said
    code, _, err = run("run", case, "--scenario", "Overun")
    assert (code, "did you mean Overrun?" in err) == (2, True)


def test_sweep_takes_ranges_in_the_order_written(run: Run, case: Path) -> None:
    code, out, _ = run("sweep", case, "--vary", "Sources/N/S loan/Rate", "--add=0,0.01", "--vary", "Packages/*/Amount",
                       "--scale", "0.8:1.2:3", "-o", "grid.xlsx")  # fmt: skip
    assert code == 0
    assert "Sources/N/S loan/Rate plus down, Packages/*/Amount times across" in out
    assert [line.split() for line in out.splitlines()[2:5]] == [
        ["0.8", "1.0", "1.2"], ["0.00", "4.3", "5.9", "7.5"], ["0.01", "5.0", "6.6", "8.2"],
    ]  # fmt: skip


def test_a_tornado_over_the_drivers(run: Run, case: Path) -> None:
    code, out, _ = run("sweep", case, "--tornado")
    assert code == 0
    assert out.splitlines()[2].split() == ["Cost", "0.92", "1.08", "5.26", "6.54", "1.28"]
    assert Path("reports/bridge-tornado.xlsx").exists()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((), "say what to vary"),
        (("--tornado", "--vary", "Packages/*/Amount"), "--tornado alone"),
        (("--vary", "Packages/*/Amount"), "say how"),
        (("--scale", "1:2:3"), "each --vary is followed by"),
        (("--vary", "Amount", "--scale", "1,2"), "expected Sheet/Row/Column"),
        (("--vary", "Packages/*/Amount", "--scale", "many"), "expected numbers"),
    ],
)
def test_a_sweep_that_is_not_one_is_refused(run: Run, case: Path, options: tuple[str, ...], said: str) -> None:
    code, _, err = run("sweep", case, *options)
    assert code == 2
    assert said in err
    assert not Path("reports").exists()


def test_a_sweep_of_what_does_not_exist_names_the_nearest(run: Run, case: Path) -> None:
    code, _, err = run("sweep", case, "--vary", "Packages/*/Amont", "--scale", "1,2")
    assert (code, "did you mean Amount?" in err) == (2, True)


def test_frontier(run: Run, case: Path) -> None:
    code, out, _ = run("frontier", case, "--of", "money party: North", "--points", 3)
    assert code == 0
    assert "cheapest plan at 70.0; least possible 20.0" in out
    assert openpyxl.load_workbook("reports/bridge-frontier.xlsx").sheetnames == ["Frontier", "Data"]
    code, out, _ = run("frontier", case, "--of", "money party: North", "--at", "10,60")
    assert "the least possible is 20.0" in out
    code, _, err = run("frontier", case, "--of", "money party: Nort")
    assert (code, "did you mean North?" in err) == (2, True)


def test_deals(run: Run, case: Path) -> None:
    code, out, _ = run("deals", case, "--tolerance", 0.1, "--plans", 3)
    assert code == 0
    assert "clearly different plans" in out
    assert openpyxl.load_workbook("reports/bridge-deals.xlsx").sheetnames == ["Deals", "Data"]
