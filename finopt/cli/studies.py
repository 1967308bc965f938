"""The commands of the studies: whatif, sweep, frontier, deals, simulate, compare."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand

from finopt.cli.app import app
from finopt.cli.options import (
    NOT_PROVEN,
    WRONG_INPUT,
    Dask,
    Input,
    Resume,
    StudyReport,
    Workers,
    _inputs,
    _numbers,
    check_outputs_apart,
    echo,
    fail,
    print_warnings,
)
from finopt.cli.workers import open_executor, progress_bar, require_module

if TYPE_CHECKING:
    from finopt.report.studies.write import Study
    from finopt.study.scenarios.sweep import Sweep
    from finopt.study.scenarios.tornado import Tornado
    from finopt.study.simulation.simulate import Cloud


@app.command()
def whatif(
    path: Input, workers: Workers = None, dask: Dask = None, resume: Resume = None, report: StudyReport = None
) -> None:
    """Solve every scenario of sheet Scenarios and set it beside the base: figures, differences, winners and losers.

    Ctrl-C stops early: the rows finished by then are shown and written, and the exit code is 4.
    """
    import finopt
    from finopt.study.scenarios.scenario_sheet import scenario_names

    report = _study_report(path, report, "scenarios", resume)
    case = finopt.read_case(path)
    print_warnings(case)
    count = 1 + len(scenario_names(case))
    with open_executor(workers, dask) as executor, progress_bar(count) as progress:
        found = finopt.what_if(case, executor=executor, progress=progress, resume=resume)
    _show(found, report, found.not_run, len(found.table), resume)


class _InOrder(TyperCommand):
    """A command that remembers its arguments in the order in which they were written."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        ctx.meta["arguments"] = list(args)
        return super().parse_args(ctx, args)


@app.command(cls=_InOrder)
def sweep(
    context: typer.Context,
    path: Input,
    vary: Annotated[
        list[str] | None,
        typer.Option("--vary", metavar="SHEET/ROW/COLUMN", help="The input to vary; a second one makes a grid."),
    ] = None,
    scale: Annotated[
        list[str] | None, typer.Option("--scale", metavar="RANGE", help="Scale it: low:high:count, or a list.")
    ] = None,
    add: Annotated[list[str] | None, typer.Option("--add", metavar="RANGE", help="Add to it; a date in years.")] = None,
    values: Annotated[list[str] | None, typer.Option("--set", metavar="RANGE", help="Set it.")] = None,
    tornado: Annotated[
        bool, typer.Option("--tornado", help="Instead: each driver of sheet Uncertainty at its low and its high.")
    ] = False,
    workers: Workers = None,
    dask: Dask = None,
    resume: Resume = None,
    report: StudyReport = None,
) -> None:
    """Solve the case over a range of one input, or of two: --vary "Packages/*/Amount" --scale 0.8:1.6:9.

    Ctrl-C stops early: the rows finished by then are shown and written, and the exit code is 4.
    """
    import finopt

    report = _study_report(path, report, "tornado" if tornado else "sweep", resume)
    if tornado == any((vary, scale, add, values)):
        fail(WRONG_INPUT, "say what to vary, such as --vary 'Packages/*/Amount' --scale 0.8:1.6:9, or --tornado alone")
    case = finopt.read_case(path)
    print_warnings(case)
    found: Sweep | Tornado
    try:
        inputs = [] if tornado else _inputs(case, context.meta["arguments"])
        count = 1 + (2 * len(case.drivers) if tornado else math.prod(len(vary.points) for vary in inputs))
        with open_executor(workers, dask) as executor, progress_bar(count) as progress:
            if tornado:
                found = finopt.tornado(case, executor, progress, resume)
            else:
                found = finopt.sweep(case, *inputs, executor=executor, progress=progress, resume=resume)
    except ValueError as error:
        fail(WRONG_INPUT, str(error))
    _show(found, report, found.not_run, len(found.table), resume)


@app.command()
def frontier(
    path: Input,
    of: Annotated[
        str,
        typer.Option("--of", metavar="MEASURE", help="Such as 'money party: Moscow', 'peak debt', 'gearing'."),
    ],
    maximise: Annotated[bool, typer.Option("--maximise", help="More of the measure is wanted, not less.")] = False,
    points: Annotated[int, typer.Option("--points", min=2, metavar="N", help="Even steps; corners are added.")] = 9,
    at: Annotated[
        str | None, typer.Option("--at", metavar="RANGE", help="Levels of your own: low:high:count, or a list.")
    ] = None,
    report: StudyReport = None,
) -> None:
    """Find what a measure costs: the least cost at each level of a party's money, a peak, gearing, or any aim."""
    import finopt

    report = _study_report(path, report, "frontier")
    try:
        values = None if at is None else _numbers("--at", at)
    except ValueError as error:
        fail(WRONG_INPUT, str(error))
    case = finopt.read_case(path)
    print_warnings(case)
    with progress_bar(None) as progress:
        found = finopt.frontier(case, of, maximise, points, values, progress)
    _show(found, report)


@app.command()
def deals(
    path: Input,
    tolerance: Annotated[
        float, typer.Option("--tolerance", min=0.0, metavar="SHARE", help="How far the cost may rise above the best.")
    ] = 0.01,
    plans: Annotated[int, typer.Option("--plans", min=1, metavar="N", help="Most plans to show.")] = 5,
    seed: Annotated[int, typer.Option("--seed", metavar="N", help="Seed of the search for different plans.")] = 1,
    report: StudyReport = None,
) -> None:
    """Find what is open at nearly the least cost: least and most of each party and source, and different plans."""
    import finopt

    report = _study_report(path, report, "deals")
    case = finopt.read_case(path)
    print_warnings(case)
    with progress_bar(None) as progress:
        found = finopt.deals(case, tolerance, plans, seed, progress)
    _show(found, report)


@app.command()
def simulate(
    path: Input,
    count: Annotated[
        int, typer.Option("-n", metavar="SCENARIOS", min=1, max=1_000_000, help="How many to draw.")
    ] = 1000,
    seed: Annotated[int, typer.Option("--seed", min=0, help="The same seed draws the same scenarios.")] = 1,
    workers: Workers = None,
    dask: Dask = None,
    resume: Resume = None,
    csv: Annotated[Path | None, typer.Option("--csv", metavar="FILE", help="Write the scenarios as CSV too.")] = None,
    parquet: Annotated[
        Path | None, typer.Option("--parquet", metavar="FILE", help="Write the scenarios as Parquet too.")
    ] = None,
    report: StudyReport = None,
) -> None:
    """Draw scenarios from sheet Uncertainty and plan each: how likely is it funded, what does it cost, what drives it.

    Ctrl-C stops early: the rows finished by then are shown and written, and the exit code is 4.
    """
    import finopt

    report = _study_report(path, report, "simulation", resume, csv, parquet)
    if parquet is not None:
        require_module("pyarrow", "--parquet", "parquet")
    case = finopt.read_case(path)
    print_warnings(case)
    with open_executor(workers, dask) as executor, progress_bar(count) as progress:
        cloud = finopt.simulate(case, count, seed, executor, progress, resume)
    if not cloud.table.empty:
        _write_rows(cloud, csv, parquet)
    _show(cloud, report, count - len(cloud.table), count, resume)


def _write_rows(cloud: Cloud, csv: Path | None, parquet: Path | None) -> None:
    """Write the scenarios as a table for other programs."""
    from finopt.report.csv_file import csv_table
    from finopt.report.excel.atomic_file import replacing

    if csv is not None:
        with replacing(csv) as temporary:
            csv_table(cloud.tidy).to_csv(temporary, index=False)
        echo(f"csv     {csv}")
    if parquet is not None:
        with replacing(parquet) as temporary:
            cloud.tidy.to_parquet(temporary, engine="pyarrow", index=False)
        echo(f"parquet {parquet}")


@app.command()
def compare(
    paths: Annotated[
        list[Path],
        typer.Argument(help="Cases, and at most one compare workbook.", metavar="INPUT...", show_default=False),
    ],
    report: Annotated[Path, typer.Option("-o", "--output", metavar="REPORT", help="The workbook.")] = Path(
        "reports/comparison.xlsx"
    ),
) -> None:
    """Set cases side by side, most viable first: cost, cost per km, what tolls carry, chance of being funded, reasons.

    A compare workbook states the common money, the rates and indices that lead to it, lengths and weights.
    """
    import finopt
    from finopt.workbook.reader import basis_or_none

    for path in paths:
        check_outputs_apart(path, report)
    found = {path: basis_or_none(path) for path in paths}
    bases = [basis for basis in found.values() if basis is not None]
    if len(bases) > 1:
        fail(WRONG_INPUT, "compare: two compare workbooks - give one, beside the cases")
    cases = [finopt.read_case(path) for path, basis in found.items() if basis is None]
    for case in cases:
        print_warnings(case)
    ranking = finopt.compare(cases, bases[0] if bases else None, lambda name: echo(f"looking at {name}", err=True))
    finopt.write_report(ranking, report)
    echo(f"{ranking}\nreport  {report}")


def _study_report(path: Path, report: Path | None, word: str, *others: Path | None) -> Path:
    """Where a study is written: beside the report of the plan, unless the user says where.

    A place that cannot be written is said before any work is done, not after an hour of it.
    """
    from finopt.report.excel.atomic_file import writable

    report = report or Path("reports") / f"{path.stem}-{word}.xlsx"
    check_outputs_apart(path, report, *others)
    for output in (report, *others):
        if output is not None:
            writable(output)
    return report


def _show(study: Study, report: Path, left: int = 0, count: int = 0, resume: Path | None = None) -> None:
    """Print what a study found and write its workbook; one stopped with ``left`` of its rows to do ends the process."""
    import finopt

    if left and left == count:
        fail(NOT_PROVEN, "stopped before any scenario was finished")
    echo(str(study))
    finopt.write_report(study, report)
    echo(f"report  {report}")
    if left:
        more = f"the same command goes on from {resume}" if resume else "with --resume FILE a later run could go on"
        fail(NOT_PROVEN, f"stopped after {count - left:,} of {count:,} scenarios: {more}")
