"""The Typer application that the commands register with."""

from __future__ import annotations

from typing import Annotated

import typer

from finopt.version import __version__

app = typer.Typer(
    help="Who pays for what, when, with which money: from a workbook to a funding schedule in Excel.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(f"finopt {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool,
        typer.Option("--version", is_eager=True, callback=_print_version, help="Print the version of finopt and stop."),
    ] = False,
) -> None:
    """Options that stand before a command."""
