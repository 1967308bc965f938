"""The commands of studies as a user meets them."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest

from finopt.cli import workers
from finopt.cli.main import main
from finopt.study.engine import executor as runner
from finopt.workbook.writer import write_workbook

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


def test_a_study_stopped_by_ctrl_c_shows_what_it_has_and_goes_on(
    run: Run, case: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, done = runner.work, []

    def stop(*arguments: Any) -> Any:
        if done:
            raise KeyboardInterrupt
        done.append(1)
        return whole(*arguments)

    sweep = ("sweep", case, "--vary", "Packages/*/Amount", "--scale", "0.8:1.2:21", "--resume", "kept.jsonl")
    with monkeypatch.context() as patched:
        patched.setattr(runner, "work", stop)
        code, out, err = run(*sweep)
        assert code == 4
        assert "21 cases (10 not run)" in out  # a chunk of 12, the base among them
        assert "stopped after 11 of 21 scenarios: the same command goes on from kept.jsonl" in err
        code, _, err = run("whatif", case, "-o", "none.xlsx")
        assert (code, "before any scenario was finished" in err) == (4, True)
        assert not Path("none.xlsx").exists()
    code, out, _ = run(*sweep)
    assert (code, "21 cases, USD m" in out) == (0, True)
    code, _, err = run("whatif", case, "--resume", "kept.jsonl")
    assert (code, "results of another case" in err) == (2, True)


def test_every_study_of_many_cases_works_in_several_processes(run: Run, case: Path) -> None:
    for study in (("whatif",), ("sweep", "--tornado"), ("sweep", "--vary", "Packages/*/Amount", "--scale", "1,1.1")):
        _, alone, _ = run(study[0], case, *study[1:])
        code, shared, _ = run(study[0], case, *study[1:], "--workers", 2)
        assert (code, shared) == (0, alone)


def test_a_place_that_cannot_be_written_is_told_before_the_work(
    run: Run, case: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "work", lambda *_: pytest.fail("the work began"))
    Path("file").touch()
    for study, *options in (
        ("simulate", "--csv", "file/rows.csv"),
        ("whatif", "--resume", "file/kept"),
        ("deals", "-o", "file/a.xlsx"),
    ):
        code, _, err = run(study, case, *options)
        assert (code, "cannot be written" in err) == (2, True)
    assert not Path("reports").exists()


def test_a_frontier_with_nothing_to_trade_says_so(run: Run, case: Path) -> None:
    code, out, _ = run("frontier", case, "--of", "money")
    assert code == 0
    assert "the cheapest plan has the least already" in out


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


# ------------------------------------------------------------------ simulate


def test_simulate_writes_its_report_and_tables(run: Run, case: Path) -> None:
    code, out, _ = run("simulate", case, "-n", 40, "--csv", "rows.csv", "--parquet", "rows.parquet")
    assert code == 0
    assert "Bridge: 40 scenarios, seed 1" in out
    assert "can be funded   100.0% of scenarios" in out
    assert openpyxl.load_workbook("reports/bridge-simulation.xlsx").sheetnames == ["Simulation", "Data"]
    rows, again = pd.read_csv("rows.csv"), pd.read_parquet("rows.parquet")
    assert list(rows.columns)[:3] == ["scenario", "status", "Cost"]
    assert rows["financing cost"].tolist() == pytest.approx(again["financing cost"].tolist(), rel=1e-15)
    cost = 100 * rows["Cost"]  # the first 70 at 5%, the rest at 8%, repaid after a year
    assert rows["financing cost"].tolist() == pytest.approx((0.05 * 70 + 0.08 * (cost - 70)).tolist())


def test_simulate_draws_the_same_with_the_same_seed_on_two_processes(run: Run, case: Path) -> None:
    assert run("simulate", case, "-n", 30, "--seed", 5, "--csv", "one.csv")[0] == 0
    assert run("simulate", case, "-n", 30, "--seed", 5, "--csv", "two.csv", "--workers", 2)[0] == 0
    assert Path("one.csv").read_bytes() == Path("two.csv").read_bytes()


def test_simulate_shows_how_far_it_is_on_stderr_alone(run: Run, case: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    _, out, err = run("simulate", case, "-n", 30)
    assert "30/30" in err
    assert "/s" in err
    assert "30/30" not in out


def test_simulate_stopped_by_ctrl_c_shows_what_it_has(run: Run, case: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = runner.work

    def stop(packed: bytes, task: Any, chunk: Any) -> Any:
        if not getattr(task, "pilots", True):
            raise KeyboardInterrupt
        return whole(packed, task, chunk)

    with monkeypatch.context() as patched:
        patched.setattr(runner, "work", stop)
        code, out, err = run("simulate", case, "-n", 60, "--resume", "kept.jsonl")
    assert code == 4
    assert "of 60 scenarios" in out
    assert "the same command goes on from kept.jsonl" in err
    assert Path("reports/bridge-simulation.xlsx").exists()
    code, out, _ = run("simulate", case, "-n", 60, "--resume", "kept.jsonl")
    assert (code, "60 scenarios" in out) == (0, True)


def test_simulate_stopped_at_once_says_so(run: Run, case: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(runner, "work", stop)
    code, _, err = run("simulate", case, "-n", 60)
    assert (code, "before any scenario was finished" in err) == (4, True)
    assert not Path("reports").exists()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--workers", 2, "--dask", "tcp://127.0.0.1:1"), "--workers and --dask: say one of them"),
        (("--csv", "a.csv", "--parquet", "a.csv"), "two outputs have the same name"),
        (("-o", "a.csv"), "expected a name that ends in .xlsx"),
        (("--dask", "tcp://127.0.0.1:1"), "no cluster answers there"),
        (("--resume", "."), "is a folder"),
    ],
)
def test_what_simulate_cannot_do_is_said(
    run: Run, case: Path, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...], said: str
) -> None:
    monkeypatch.setattr(workers, "CLUSTER_ANSWERS", "500ms")
    code, _, err = run("simulate", case, "-n", 10, *options)
    assert code == 2
    assert said in err


@pytest.mark.parametrize(("option", "module"), [("--parquet", "pyarrow"), ("--dask", "distributed")])
def test_a_missing_library_is_named(
    run: Run, case: Path, monkeypatch: pytest.MonkeyPatch, option: str, module: str
) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *more: None if name == module else found(name, *more))
    code, _, err = run("simulate", case, "-n", 10, option, "x")
    assert code == 2
    assert f"{option} needs {module}, which is not installed: pip install 'finopt[" in err


def test_a_case_without_drivers_is_told_where_to_write_them(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "plain.xlsx"
    main_case = {"Start": "2030-01-01", "Finish": "2030-12-31"}
    write_workbook(path, {
        "Project": [{"Name": "Plain", "Currency": "USD", "Unit": "m", "Start date": "2030-01-01",
                     "Construction end": "2030-12-31", "Discount rate": 0}],
        "Parties": [{"Party": "A"}],
        "Sources": [{"Source": "Grant", "Party": "A", "Instrument": "grant", "Limit": 70}],
        "Packages": [{"Package": "Road", "Amount": 40, **main_case}],
    })  # fmt: skip
    code, _, err = run("simulate", path)
    assert code == 2
    assert "Uncertainty: found no drivers" in err
