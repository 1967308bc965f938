"""The command run: from a workbook to a report."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from finopt.cli.app import app
from finopt.cli.commands import print_explanation
from finopt.cli.options import (
    NO_PLAN,
    WRONG_INPUT,
    Input,
    check_outputs_apart,
    echo,
    fail,
    print_warnings,
    with_changes,
)
from finopt.cli.workers import waiting
from finopt.errors import Infeasible, NoPlan, Unbounded

if TYPE_CHECKING:
    from finopt.case.case import Case
    from finopt.study.infeasible.explain import Explanation


PHASES = ("read", "check", "build", "solve", "report")


@app.command()
def run(
    path: Input,
    report: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="REPORT", help="The report.  [default: reports/<input name>.xlsx]"),
    ] = None,
    changes: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="SHEET/ROW/COLUMN=VALUE", help="Change a cell for this run; may be repeated."),
    ] = None,
    scenario: Annotated[
        str | None, typer.Option("--scenario", metavar="NAME", help="The plan of one scenario of sheet Scenarios.")
    ] = None,
    solver: Annotated[str, typer.Option("--solver", metavar="NAME", help="highs, or any solver of PuLP.")] = "highs",
    json_path: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Write the result as JSON too.")
    ] = None,
    lp_path: Annotated[
        Path | None, typer.Option("--lp", metavar="FILE", help="Write the model in the LP format too.")
    ] = None,
    timing: Annotated[bool, typer.Option("--timing", help="Print the seconds that each phase took.")] = False,
    time_limit: Annotated[
        float | None, typer.Option("--time-limit", metavar="SECONDS", min=0.0, help="Stop the solver after this.")
    ] = None,
    scenarios: Annotated[
        bool, typer.Option("--scenarios", help="Set every scenario beside the plan, on a sheet of its own.")
    ] = False,
    back: Annotated[
        bool, typer.Option("--write-back", help="Put the schedules into a copy of the input, <name>.funded.xlsx.")
    ] = False,
    in_place: Annotated[
        bool,
        typer.Option("--in-place", help="With --write-back: into the input itself; <name>.bak.xlsx keeps the old."),
    ] = False,
) -> None:
    """Find the plan with the least financing cost (or the aims of sheet Objectives) and write its report."""
    import finopt
    from finopt.report import plan_json as json_file
    from finopt.report.write_back.write_back import SCHEDULES, funded_copy, write_back
    from finopt.solve.lexicographic import possible
    from finopt.study.scenarios.scenario_sheet import scenario_case

    if in_place and not back:
        fail(WRONG_INPUT, "--in-place: says where --write-back goes - give both")
    report = report or Path("reports") / f"{path.stem or 'case'}.xlsx"
    check_outputs_apart(path, report, json_path, lp_path, funded_copy(path) if back and not in_place else None)
    timings: dict[str, float] = {}
    with _timed(timings, "read"):
        case = with_changes(finopt.read_case(path), changes or [])
        if scenario is not None:
            case = scenario_case(case, scenario)
    print_warnings(case)
    if lp_path is not None:
        _write_lp(case, lp_path)
    try:
        with _timed(timings, "build"):
            model = finopt.build(possible(case))
        plan = finopt.solve(model, solver=solver, time_limit=time_limit)
    except NoPlan as error:
        _no_plan(error, case, report, json_path, timings)
        raise
    timings.update({phase: timings.get(phase, 0.0) + spent for phase, spent in plan.proof.timings.items()})
    with _timed(timings, "report"):
        compared = finopt.what_if(case) if scenarios and case.scenarios else None
        finopt.write_report(plan, report, compared, model=model)
        funded = write_back(path, report, sheets=SCHEDULES, in_place=in_place) if back else None
    if json_path is not None:
        json_file.write_json(json_file.plan_json(plan, timings), json_path)
    echo(str(plan))
    echo(f"report          {report}")
    if funded is not None:
        echo(f"written back    {funded}")
    if timing:
        _print_timings(timings)


def _no_plan(error: NoPlan, case: Case, report: Path, json_path: Path | None, timings: dict[str, float]) -> None:
    """Write and say why a case has no plan, and end the process; of a solver that stopped early, write the JSON."""
    import finopt
    from finopt.report import plan_json as json_file
    from finopt.study.infeasible.unbounded import pump

    why: Explanation | None = None
    if isinstance(error, Infeasible):
        with waiting("No plan exists; looking for the clash, and for repairs"):
            why = finopt.explain(case)
    if json_path is not None:
        json_file.write_json(json_file.no_plan_json(error, timings, why), json_path)
    if why is not None:
        print_explanation(why, report)
    if isinstance(error, Unbounded):
        fail(NO_PLAN, str(error), *pump(case))


def _write_lp(case: Case, path: Path) -> None:
    """Write the linear program that the case becomes, for any solver to read."""
    import finopt
    from finopt.report.excel.atomic_file import replacing

    with replacing(path) as temporary:
        finopt.build(case).problem.writeLP(str(temporary))


@contextmanager
def _timed(timings: dict[str, float], phase: str) -> Iterator[None]:
    started = time.perf_counter()
    try:
        yield
    finally:
        timings[phase] = time.perf_counter() - started


def _print_timings(timings: dict[str, float]) -> None:
    for phase in PHASES:
        echo(f"{phase:<15} {timings[phase]:8.3f} s")
