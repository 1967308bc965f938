"""The command line: parse, call, print.

Exit codes: 0 done; 1 internal fault; 2 the input is wrong; 3 no plan exists; 4 stopped early, before proof or
with a part of the scenarios; 130 interrupted; 141 nobody reads the output any more.
"""

from __future__ import annotations

import gc
import math
import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib import import_module
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from typer.core import TyperCommand

from finopt.errors import CaseError, FinoptError, Infeasible, NoPlan, NotProven, Unbounded
from finopt.literal import terminal_text

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from finopt.case import Case
    from finopt.report.studies import Study
    from finopt.study.explain import Explanation
    from finopt.study.runner import Progress
    from finopt.study.simulate import Cloud
    from finopt.study.sweep import Sweep, Vary
    from finopt.study.tornado import Tornado

WRONG_INPUT, NO_PLAN, NOT_PROVEN = 2, 3, 4
INTERRUPTED, UNREAD = 130, 141
"""As shells count the signals SIGINT and SIGPIPE."""
CLUSTER_ANSWERS = "10s"
"""How long a Dask cluster may take to answer."""
PHASES = ("read", "check", "build", "solve", "report")

app = typer.Typer(
    help="Who pays for what, when, with which money: from a workbook to a funding schedule in Excel.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

RANGES = {"--scale": "scale", "--add": "add", "--set": "values"}
"""The options of a sweep that hold a range, and what each does to the input."""

Input = Annotated[Path, typer.Argument(help="The case: a workbook (.xlsx).", metavar="INPUT", show_default=False)]
StudyReport = Annotated[
    Path | None,
    typer.Option(
        "-o", "--output", metavar="REPORT", help="The workbook.  [default: reports/<input name>-<study>.xlsx]"
    ),
]
Workers = Annotated[int | None, typer.Option("--workers", metavar="N", min=1, help="Work in so many processes.")]
Dask = Annotated[
    str | None, typer.Option("--dask", metavar="ADDRESS", help="Work on a Dask cluster, such as tcp://host:8786.")
]
Resume = Annotated[
    Path | None,
    typer.Option("--resume", metavar="FILE", help="Keep finished rows in this file, and go on from what it holds."),
]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command (of ``sys.argv`` by default) and end the process with its exit code."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # Cyrillic on a Western code page: a ? is better than a traceback
    gc.set_threshold(200_000)  # models are made of small objects that live to the end: looking for rubbish finds none
    try:
        app(list(arguments) if arguments is not None else None, prog_name="finopt")
    except NotProven as error:
        _fail(NOT_PROVEN, *str(error).splitlines())
    except NoPlan as error:
        _fail(NO_PLAN, *str(error).splitlines())
    except FinoptError as error:
        _fail(WRONG_INPUT, *str(error).splitlines())
    except OSError as error:
        _fail(WRONG_INPUT, _not_written(error))
    except KeyboardInterrupt:
        _fail(INTERRUPTED, "interrupted: no file was left half-written")
    except SystemExit as end:
        _leave(end)


def _leave(end: SystemExit) -> NoReturn:
    """End the process as the command line's library would, but say an interrupt, and be still where nobody reads."""
    causes, cause = list[type[BaseException]](), end.__context__
    while cause is not None and type(cause) not in causes:
        causes.append(type(cause))
        cause = cause.__cause__ or cause.__context__
    if KeyboardInterrupt in causes:
        _fail(INTERRUPTED, "interrupted: no file was left half-written")
    if BrokenPipeError in causes:
        _still()
        sys.exit(UNREAD)
    raise end


def _not_written(error: OSError) -> str:
    """An error of the system in words: a full disk, a closed output."""
    place = f"{os.fsdecode(error.filename)}: " if error.filename is not None else ""
    _still()
    return f"{place}cannot be read or written ({error.strerror or error}) - make room there, or choose another place"


def _still() -> None:
    """Let what is left in the output go nowhere: Python writes it at its end, and would complain."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)


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
    from finopt.report import json_file
    from finopt.report.write_back import SCHEDULES, funded_copy, write_back
    from finopt.solve.run import possible
    from finopt.study.scenarios import scenario_case

    if in_place and not back:
        _fail(WRONG_INPUT, "--in-place: says where --write-back goes - give both")
    report = report or Path("reports") / f"{path.stem or 'case'}.xlsx"
    _outputs_apart(path, report, json_path, lp_path, funded_copy(path) if back and not in_place else None)
    timings: dict[str, float] = {}
    with _timed(timings, "read"):
        case = _changed(finopt.read_case(path), changes or [])
        if scenario is not None:
            case = scenario_case(case, scenario)
    _warn(case)
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
    _echo(str(plan))
    _echo(f"report          {report}")
    if funded is not None:
        _echo(f"written back    {funded}")
    if timing:
        _print_timings(timings)


def _no_plan(error: NoPlan, case: Case, report: Path, json_path: Path | None, timings: dict[str, float]) -> None:
    """Write and say why a case has no plan, and end the process; of a solver that stopped early, write the JSON."""
    import finopt
    from finopt.report import json_file
    from finopt.study.pump import pump

    why: Explanation | None = None
    if isinstance(error, Infeasible):
        with _waiting("No plan exists; looking for the clash, and for repairs"):
            why = finopt.explain(case)
    if json_path is not None:
        json_file.write_json(json_file.no_plan_json(error, timings, why), json_path)
    if why is not None:
        _explain(why, report)
    if isinstance(error, Unbounded):
        _fail(NO_PLAN, str(error), *pump(case))


@app.command()
def check(path: Input) -> None:
    """Read a workbook and say everything that is wrong with it, without solving."""
    import finopt
    from finopt.model.impossible import impossible

    case = finopt.read_case(path)
    _warn(case)
    reasons = impossible(case)
    if reasons:
        raise Infeasible("No plan exists, and no solver is needed to see it:", reasons)
    nouns = {"package": "packages", "source": "sources", "party": "parties", "period": "periods"}
    counts = (len(case.packages), len(case.sources), len(case.parties), len(case.calendar))
    words = ", ".join(f"{n} {one if n == 1 else more}" for n, (one, more) in zip(counts, nouns.items(), strict=True))
    _echo(f"{path}: no faults found: {words}")


@app.command()
def new(
    path: Annotated[Path, typer.Argument(help="The workbook to write.", metavar="FILE", show_default=False)],
    example: Annotated[bool, typer.Option("--example", help="A copy of the default case to start from.")] = False,
) -> None:
    """Write a blank workbook with every sheet and column, ready to fill in."""
    from finopt.read.template import copy_default_case, write_template

    if path.suffix.lower() != ".xlsx":
        _fail(WRONG_INPUT, f"{path}: expected a name that ends in .xlsx")
    if path.exists():
        _fail(WRONG_INPUT, f"{path}: the file exists and is left as it is - choose another name")
    if example:
        copy_default_case(path)
    else:
        write_template(path)
    _echo(f"wrote {path}")


@app.command()
def diff(
    old: Annotated[Path, typer.Argument(help="The earlier report.", metavar="OLD", show_default=False)],
    later: Annotated[Path, typer.Argument(help="The later report.", metavar="NEW", show_default=False)],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Write the difference as a workbook too.")
    ] = None,
) -> None:
    """Say what changed between two reports: money by party, source, package and year, and the inputs behind it."""
    from finopt.report.diff import diff as compare
    from finopt.report.diff import write_diff

    if output is not None:
        _outputs_apart(old, output)
        _outputs_apart(later, output)
    difference = compare(old, later)
    if output is not None:
        write_diff(difference, output)
    _echo(str(difference))


@app.command()
def audit(
    report: Annotated[Path, typer.Argument(help="The report of a plan.", metavar="REPORT", show_default=False)],
) -> None:
    """Check a report with a second reader: every account, every limit, the financing cost, from its own figures.

    It shares no code with the model. The exit code is 4 where a check is not met.
    """
    from finopt.auditor.audit import audit as examine

    found = examine(report)
    typer.echo(str(found))
    if not found.met:
        sys.exit(NOT_PROVEN)


@app.command()
def prices(
    path: Input,
    report: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="REPORT", help="Write the whole report with them too.")
    ] = None,
) -> None:
    """Say what one more of each binding limit would change, confirmed by solving again, and where the mix flips."""
    import finopt
    from finopt.study.flip import flip
    from finopt.study.prices import confirmed

    if report is not None:
        _outputs_apart(path, report)
    case = finopt.read_case(path)
    _warn(case)
    plan = finopt.solve(case)
    with _waiting("Solving again around every limit, unused source and covenant"):
        found, flips = confirmed(plan), flip(case)
    _echo(f"{found}\n\n{flips}")
    if report is not None:
        finopt.write_report(plan, report, prices=found)
        _echo(f"report          {report}")


@app.command()
def stress(path: Input) -> None:
    """Say what would break the plan: the smallest overrun, delay, rise of rates, move of a currency; and each gate."""
    import finopt

    case = finopt.read_case(path)
    _warn(case)
    with _waiting("Looking for the smallest shock of each kind that leaves no plan"):
        found = finopt.stress(case)
    _echo(str(found))


@app.command()
def explain(
    path: Input,
    report: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="REPORT", help="Write it as a workbook too.")
    ] = None,
    changes: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="SHEET/ROW/COLUMN=VALUE", help="Change a cell for this run; may be repeated."),
    ] = None,
) -> None:
    """Say why no plan exists: what clashes, by row and cell, and which changes would make a plan possible."""
    import finopt

    if report is not None:
        _outputs_apart(path, report)
    case = _changed(finopt.read_case(path), changes or [])
    _warn(case)
    with _waiting("Looking for the clash, and for repairs"):
        found = finopt.explain(case)
    _explain(found, report)
    _echo(f"{case.name}: a plan exists, so there is nothing to explain.")


def _explain(found: Explanation, report: Path | None) -> None:
    """For a case without a plan: write its Repair report, say why, and end the process; otherwise do nothing."""
    from finopt.report.repair import write_repair_report

    if found.feasible:
        return
    lines = str(found).splitlines()
    if report is not None and found.clashes:
        write_repair_report(found, report)
        lines.append(f"report          {report}")
    _fail(NO_PLAN, *lines)


@app.command()
def whatif(
    path: Input, workers: Workers = None, dask: Dask = None, resume: Resume = None, report: StudyReport = None
) -> None:
    """Solve every scenario of sheet Scenarios and set it beside the base: figures, differences, winners and losers.

    Ctrl-C stops early: the rows finished by then are shown and written, and the exit code is 4.
    """
    import finopt
    from finopt.study.scenarios import scenario_names

    report = _study_report(path, report, "scenarios", resume)
    case = finopt.read_case(path)
    _warn(case)
    count = 1 + len(scenario_names(case))
    with _executor(workers, dask) as executor, _progress(count) as progress:
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
        _fail(WRONG_INPUT, "say what to vary, such as --vary 'Packages/*/Amount' --scale 0.8:1.6:9, or --tornado alone")
    case = finopt.read_case(path)
    _warn(case)
    found: Sweep | Tornado
    try:
        inputs = [] if tornado else _inputs(case, context.meta["arguments"])
        count = 1 + (2 * len(case.drivers) if tornado else math.prod(len(vary.points) for vary in inputs))
        with _executor(workers, dask) as executor, _progress(count) as progress:
            if tornado:
                found = finopt.tornado(case, executor, progress, resume)
            else:
                found = finopt.sweep(case, *inputs, executor=executor, progress=progress, resume=resume)
    except ValueError as error:
        _fail(WRONG_INPUT, str(error))
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
        _fail(WRONG_INPUT, str(error))
    case = finopt.read_case(path)
    _warn(case)
    with _progress(None) as progress:
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
    _warn(case)
    with _progress(None) as progress:
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
        _needed("pyarrow", "--parquet", "parquet")
    case = finopt.read_case(path)
    _warn(case)
    with _executor(workers, dask) as executor, _progress(count) as progress:
        cloud = finopt.simulate(case, count, seed, executor, progress, resume)
    if not cloud.table.empty:
        _write_rows(cloud, csv, parquet)
    _show(cloud, report, count - len(cloud.table), count, resume)


@contextmanager
def _executor(workers: int | None, dask: str | None) -> Iterator[Executor | None]:
    """Where a study works: here, in a pool of processes, or on a cluster."""
    if workers is not None and dask is not None:
        _fail(WRONG_INPUT, "--workers and --dask: say one of them")
    if workers is not None and workers > 1:
        from finopt.study.runner import process_pool

        with process_pool(workers) as pool:
            yield pool
    elif dask is not None:
        _needed("distributed", "--dask", "dask")
        connect: Any = import_module("distributed").Client
        try:
            client = connect(dask, timeout=CLUSTER_ANSWERS)
        except (OSError, ValueError) as error:
            _fail(WRONG_INPUT, f"--dask {dask}: no cluster answers there ({error})")
        try:
            yield client.get_executor()
        finally:
            with suppress(OSError):  # a cluster that went away says no goodbye
                client.close(timeout=CLUSTER_ANSWERS)
    else:
        yield None


@contextmanager
def _waiting(words: str) -> Iterator[None]:
    """What is being done, on a terminal's stderr, while it takes some seconds."""
    from rich.console import Console

    console = Console(stderr=True)
    if console.is_terminal:
        with console.status(words):
            yield
    else:
        yield


@contextmanager
def _progress(count: int | None) -> Iterator[Progress]:
    """A bar on stderr with the rate and the time left, or how many were solved where nobody knows how many will be."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]}"), TimeElapsedColumn(),
               TextColumn("left"), TimeRemainingColumn())  # fmt: skip
    started = time.perf_counter()
    console = Console(stderr=True)
    with Bar(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("", total=count, rate="")

        def advance(done: int) -> None:
            spent = max(1e-9, time.perf_counter() - started)
            bar.advance(task, done)
            bar.update(task, rate=f"{bar.tasks[0].completed / spent:,.0f}/s")

        yield advance


def _write_rows(cloud: Cloud, csv: Path | None, parquet: Path | None) -> None:
    """Write the scenarios as a table for other programs."""
    from finopt.report.csv_file import csv_table
    from finopt.report.files import replacing

    if csv is not None:
        with replacing(csv) as temporary:
            csv_table(cloud.tidy).to_csv(temporary, index=False)
        _echo(f"csv     {csv}")
    if parquet is not None:
        with replacing(parquet) as temporary:
            cloud.tidy.to_parquet(temporary, engine="pyarrow", index=False)
        _echo(f"parquet {parquet}")


def _needed(module: str, option: str, extra: str) -> None:
    """End with a clear message where an optional library is missing."""
    from importlib.util import find_spec

    if find_spec(module) is None:
        _fail(WRONG_INPUT, f"{option} needs {module}, which is not installed: pip install 'finopt[{extra}]'")


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
    from finopt.read.basis import basis_or_none
    from finopt.report.ranking import write_ranking

    for path in paths:
        _outputs_apart(path, report)
    found = {path: basis_or_none(path) for path in paths}
    bases = [basis for basis in found.values() if basis is not None]
    if len(bases) > 1:
        _fail(WRONG_INPUT, "compare: two compare workbooks - give one, beside the cases")
    cases = [finopt.read_case(path) for path, basis in found.items() if basis is None]
    for case in cases:
        _warn(case)
    ranking = finopt.compare(cases, bases[0] if bases else None, lambda name: _echo(f"looking at {name}", err=True))
    write_ranking(ranking, report)
    _echo(f"{ranking}\nreport  {report}")


def _study_report(path: Path, report: Path | None, word: str, *others: Path | None) -> Path:
    """Where a study is written: beside the report of the plan, unless the user says where.

    A place that cannot be written is said before any work is done, not after an hour of it.
    """
    from finopt.report.files import writable

    report = report or Path("reports") / f"{path.stem}-{word}.xlsx"
    _outputs_apart(path, report, *others)
    for output in (report, *others):
        if output is not None:
            writable(output)
    return report


def _show(study: Study, report: Path, left: int = 0, count: int = 0, resume: Path | None = None) -> None:
    """Print what a study found and write its workbook; one stopped with ``left`` of its rows to do ends the process."""
    import finopt

    if left and left == count:
        _fail(NOT_PROVEN, "stopped before any scenario was finished")
    _echo(str(study))
    finopt.write_report(study, report)
    _echo(f"report  {report}")
    if left:
        more = f"the same command goes on from {resume}" if resume else "with --resume FILE a later run could go on"
        _fail(NOT_PROVEN, f"stopped after {count - left:,} of {count:,} scenarios: {more}")


def _inputs(case: Case, arguments: Sequence[str]) -> list[Vary]:
    """Each --vary with the range that follows it, in the order written. Raises ValueError where one is missing."""
    from finopt.study.sweep import Vary

    found: list[Vary] = []
    place: list[str] | None = None
    for name, text in _options(arguments):
        if name == "--vary" and place is None:
            place = text.split("/")
            if len(place) < 3:
                raise ValueError(f"--vary {text!r}: expected Sheet/Row/Column, such as Packages/*/Amount")
        elif name in RANGES and place is not None:
            row, column = _row_and_column(case, place)
            given: dict[str, Any] = {RANGES[name]: _range(text) if name == "--set" else _numbers(name, text)}
            found.append(Vary(place[0], row, column, **given))
            place = None
        elif name == "--vary" or name in RANGES:
            raise ValueError(f"{name} {text!r}: each --vary is followed by one of --scale, --add and --set")
    if place is not None:
        raise ValueError(f"--vary {'/'.join(place)!r}: say how, with --scale, --add or --set")
    return found


def _options(arguments: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The long options of a command line with their values, whether written with a space or an equals sign."""
    for i, word in enumerate(arguments):
        name, equals, value = word.partition("=")
        if word.startswith("--"):
            yield name, value if equals else (arguments[i + 1] if i + 1 < len(arguments) else "")


def _numbers(name: str, text: str) -> list[float]:
    try:
        return [float(value) for value in _range(text)]
    except ValueError:
        raise ValueError(f"{name} {text!r}: expected numbers, low:high:count or a list such as 0.9,1,1.1") from None


def _range(text: str) -> list[float | str]:
    """`low:high:count` as even steps, or a list of values, numbers where they are."""
    low, first, rest = text.partition(":")
    high, second, count = rest.partition(":")
    if first and second:
        start, steps = float(low), max(1, int(count) - 1)
        return [round(start + (float(high) - start) * i / steps, 12) for i in range(int(count))]
    return [_number(word.strip()) for word in text.split(",")]


def _number(word: str) -> float | str:
    try:
        return float(word)
    except ValueError:
        return word


def _write_lp(case: Case, path: Path) -> None:
    """Write the linear program that the case becomes, for any solver to read."""
    import finopt
    from finopt.report.files import replacing

    with replacing(path) as temporary:
        finopt.build(case).problem.writeLP(str(temporary))


def _changed(case: Case, changes: Sequence[str]) -> Case:
    """The case with each ``Sheet/Row/Column=VALUE`` applied in turn; ends the process where one is wrong."""
    for text in changes:
        place, equals, value = (part.strip() for part in text.partition("="))
        parts = place.split("/")
        if not equals or len(parts) < 3:
            such = "such as Packages/*/Contingency=0.2 or Project/Discount rate/Value=6%"
            _fail(WRONG_INPUT, f"--set {text!r}: expected Sheet/Row/Column=VALUE, {such}")
        sheet, row, column = parts[0], *_row_and_column(case, parts)
        try:
            case = case.change(sheet, row, column, value or None)
        except CaseError as error:
            _fail(WRONG_INPUT, *(f"--set {text!r}: {finding}" for finding in error.findings))
    return case


def _row_and_column(case: Case, parts: list[str]) -> tuple[str, str]:
    """Where the row's name ends and the column begins: a name may hold a slash (an A/B loan)."""
    from finopt.read.columns import fold, same

    splits = [("/".join(parts[1:cut]), "/".join(parts[cut:])) for cut in range(2, len(parts))]
    known = {same(row.key) for sheet, rows in case.tables.items() if fold(sheet) == fold(parts[0]) for row in rows}
    return next((split for split in splits if same(split[0]) in known), splits[0])


def _outputs_apart(path: Path, report: Path, *others: Path | None) -> None:
    """Refuse outputs that would overwrite the input or each other, before any work is done."""
    outputs = [p for p in (report, *others) if p is not None]
    places = [p.resolve() for p in outputs]
    if path.resolve() in places:
        _fail(WRONG_INPUT, f"{path}: the input is never overwritten - name another file to write")
    if len(set(places)) < len(places):
        _fail(WRONG_INPUT, "two outputs have the same name: " + ", ".join(map(str, outputs)))
    if report.suffix.lower() != ".xlsx":
        _fail(WRONG_INPUT, f"-o {report}: expected a name that ends in .xlsx")
    folders = [p for p in outputs if p.is_dir()]
    if folders:
        _fail(WRONG_INPUT, *(f"{p}: is a folder - name a file in it" for p in folders))


@contextmanager
def _timed(timings: dict[str, float], phase: str) -> Iterator[None]:
    started = time.perf_counter()
    try:
        yield
    finally:
        timings[phase] = time.perf_counter() - started


def _print_timings(timings: dict[str, float]) -> None:
    for phase in PHASES:
        _echo(f"{phase:<15} {timings[phase]:8.3f} s")


def _warn(case: Case) -> None:
    for finding in case.warnings:
        _echo(f"warning: {finding}", err=True)


def _echo(words: str, err: bool = False) -> None:
    """Print words as words: no name moves the cursor."""
    typer.echo(terminal_text(words), err=err)


def _fail(code: int, *lines: str) -> NoReturn:
    for line in lines:
        _echo(line, err=True)
    sys.exit(code)


if __name__ == "__main__":
    main()
