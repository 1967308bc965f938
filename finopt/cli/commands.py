"""The commands that need no study."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from finopt.cli.app import app
from finopt.cli.options import (
    NO_PLAN,
    NOT_PROVEN,
    WRONG_INPUT,
    Input,
    check_outputs_apart,
    echo,
    fail,
    print_warnings,
    with_changes,
)
from finopt.cli.workers import waiting
from finopt.errors import Infeasible

if TYPE_CHECKING:
    from finopt.study.infeasible.explain import Explanation


@app.command()
def check(path: Input) -> None:
    """Read a workbook and say everything that is wrong with it, without solving."""
    import finopt
    from finopt.model.precheck import impossible

    case = finopt.read_case(path)
    print_warnings(case)
    reasons = impossible(case)
    if reasons:
        raise Infeasible("No plan exists, and no solver is needed to see it:", reasons)
    nouns = {"package": "packages", "source": "sources", "party": "parties", "period": "periods"}
    counts = (len(case.packages), len(case.sources), len(case.parties), len(case.calendar))
    words = ", ".join(f"{n} {one if n == 1 else more}" for n, (one, more) in zip(counts, nouns.items(), strict=True))
    echo(f"{path}: no faults found: {words}")


@app.command()
def new(
    path: Annotated[Path, typer.Argument(help="The workbook to write.", metavar="FILE", show_default=False)],
    example: Annotated[bool, typer.Option("--example", help="A copy of the default case to start from.")] = False,
) -> None:
    """Write a blank workbook with every sheet and column, ready to fill in."""
    from finopt.workbook.writer import copy_default_case, write_template

    if path.suffix.lower() != ".xlsx":
        fail(WRONG_INPUT, f"{path}: expected a name that ends in .xlsx")
    if path.exists():
        fail(WRONG_INPUT, f"{path}: the file exists and is left as it is - choose another name")
    if example:
        copy_default_case(path)
    else:
        write_template(path)
    echo(f"wrote {path}")


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
        check_outputs_apart(old, output)
        check_outputs_apart(later, output)
    difference = compare(old, later)
    if output is not None:
        write_diff(difference, output)
    echo(str(difference))


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
    from finopt.study.sensitivity.prices import confirmed
    from finopt.study.tradeoff.discount_rate import flip

    if report is not None:
        check_outputs_apart(path, report)
    case = finopt.read_case(path)
    print_warnings(case)
    plan = finopt.solve(case)
    with waiting("Solving again around every limit, unused source and covenant"):
        found, flips = confirmed(plan), flip(case)
    echo(f"{found}\n\n{flips}")
    if report is not None:
        finopt.write_report(plan, report, prices=found)
        echo(f"report          {report}")


@app.command()
def stress(path: Input) -> None:
    """Say what would break the plan: the smallest overrun, delay, rise of rates, move of a currency; and each gate."""
    import finopt

    case = finopt.read_case(path)
    print_warnings(case)
    with waiting("Looking for the smallest shock of each kind that leaves no plan"):
        found = finopt.stress(case)
    echo(str(found))


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
        check_outputs_apart(path, report)
    case = with_changes(finopt.read_case(path), changes or [])
    print_warnings(case)
    with waiting("Looking for the clash, and for repairs"):
        found = finopt.explain(case)
    print_explanation(found, report)
    echo(f"{case.name}: a plan exists, so there is nothing to explain.")


def print_explanation(found: Explanation, report: Path | None) -> None:
    """For a case without a plan: write its Repair report, say why, and end the process; otherwise do nothing."""
    import finopt

    if found.feasible:
        return
    lines = str(found).splitlines()
    if report is not None and found.clashes:
        finopt.write_report(found, report)
        lines.append(f"report          {report}")
    fail(NO_PLAN, *lines)
