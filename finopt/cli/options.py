"""Options that commands share, and how they are parsed."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from finopt.errors import CaseError
from finopt.literal import terminal_text

if TYPE_CHECKING:
    from finopt.case.case import Case
    from finopt.study.scenarios.sweep import Vary


WRONG_INPUT, NO_PLAN, NOT_PROVEN = 2, 3, 4

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


def _inputs(case: Case, arguments: Sequence[str]) -> list[Vary]:
    """Each --vary with the range that follows it, in the order written. Raises ValueError where one is missing."""
    from finopt.study.scenarios.sweep import Vary

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


def with_changes(case: Case, changes: Sequence[str]) -> Case:
    """The case with each ``Sheet/Row/Column=VALUE`` applied in turn; ends the process where one is wrong."""
    for text in changes:
        place, equals, value = (part.strip() for part in text.partition("="))
        parts = place.split("/")
        if not equals or len(parts) < 3:
            such = "such as Packages/*/Contingency=0.2 or Project/Discount rate/Value=6%"
            fail(WRONG_INPUT, f"--set {text!r}: expected Sheet/Row/Column=VALUE, {such}")
        sheet, row, column = parts[0], *_row_and_column(case, parts)
        try:
            case = case.change(sheet, row, column, value or None)
        except CaseError as error:
            fail(WRONG_INPUT, *(f"--set {text!r}: {finding}" for finding in error.findings))
    return case


def _row_and_column(case: Case, parts: list[str]) -> tuple[str, str]:
    """Where the row's name ends and the column begins: a name may hold a slash (an A/B loan)."""
    from finopt.case.names import fold, same

    splits = [("/".join(parts[1:cut]), "/".join(parts[cut:])) for cut in range(2, len(parts))]
    known = {same(row.key) for sheet, rows in case.tables.items() if fold(sheet) == fold(parts[0]) for row in rows}
    return next((split for split in splits if same(split[0]) in known), splits[0])


def check_outputs_apart(path: Path, report: Path, *others: Path | None) -> None:
    """Refuse outputs that would overwrite the input or each other, before any work is done."""
    outputs = [p for p in (report, *others) if p is not None]
    places = [p.resolve() for p in outputs]
    if path.resolve() in places:
        fail(WRONG_INPUT, f"{path}: the input is never overwritten - name another file to write")
    if len(set(places)) < len(places):
        fail(WRONG_INPUT, "two outputs have the same name: " + ", ".join(map(str, outputs)))
    if report.suffix.lower() != ".xlsx":
        fail(WRONG_INPUT, f"-o {report}: expected a name that ends in .xlsx")
    folders = [p for p in outputs if p.is_dir()]
    if folders:
        fail(WRONG_INPUT, *(f"{p}: is a folder - name a file in it" for p in folders))


def print_warnings(case: Case) -> None:
    """Print the findings that do not stop a run."""
    for finding in case.warnings:
        echo(f"warning: {finding}", err=True)


def echo(words: str, err: bool = False) -> None:
    """Print text without control characters: no name moves the cursor."""
    typer.echo(terminal_text(words), err=err)


def fail(code: int, *lines: str) -> NoReturn:
    """Print why the command ends, and end the process with a code."""
    for line in lines:
        echo(line, err=True)
    sys.exit(code)
