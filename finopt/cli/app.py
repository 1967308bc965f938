"""The Typer application that the commands register with."""

from __future__ import annotations

import typer

app = typer.Typer(
    help="Who pays for what, when, with which money: from a workbook to a funding schedule in Excel.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
