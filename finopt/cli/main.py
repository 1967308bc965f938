"""The entry point: runs one command and turns errors into exit codes."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from io import TextIOWrapper
from typing import NoReturn

from finopt.cli import commands, run, studies  # noqa: F401 (each registers its commands with the application)
from finopt.cli.app import app
from finopt.cli.options import NO_PLAN, NOT_PROVEN, WRONG_INPUT, fail
from finopt.errors import FinoptError, NoPlan, NotProven

INTERRUPTED, UNREAD = 130, 141
"""As shells count the signals SIGINT and SIGPIPE."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command (of ``sys.argv`` by default) and end the process with its exit code."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # Cyrillic on a Western code page: a ? is better than a traceback
    gc.set_threshold(200_000)  # the model's objects are long-lived: a higher threshold avoids useless collections
    try:
        app(list(arguments) if arguments is not None else None, prog_name="finopt")
    except NotProven as error:
        fail(NOT_PROVEN, *str(error).splitlines())
    except NoPlan as error:
        fail(NO_PLAN, *str(error).splitlines())
    except FinoptError as error:
        fail(WRONG_INPUT, *str(error).splitlines())
    except OSError as error:
        fail(WRONG_INPUT, _not_written(error))
    except KeyboardInterrupt:
        fail(INTERRUPTED, "interrupted: no file was left half-written")
    except SystemExit as end:
        _leave(end)


def _leave(end: SystemExit) -> NoReturn:
    """End the process with the library's exit code; report an interrupt in a sentence, and a closed pipe not at all."""
    causes, cause = list[type[BaseException]](), end.__context__
    while cause is not None and type(cause) not in causes:
        causes.append(type(cause))
        cause = cause.__cause__ or cause.__context__
    if KeyboardInterrupt in causes:
        fail(INTERRUPTED, "interrupted: no file was left half-written")
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
    """Redirect what is left of the output to the null device: Python flushes it at exit and would fail."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)
