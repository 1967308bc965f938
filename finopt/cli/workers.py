"""Executors, progress and optional packages for commands that take long."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from typing import TYPE_CHECKING, Any

from finopt.cli.options import WRONG_INPUT, fail
from finopt.tolerances import LEAST_SPENT

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from finopt.study.engine.executor import Progress


CLUSTER_ANSWERS = "10s"
"""How long a Dask cluster may take to answer."""


@contextmanager
def open_executor(workers: int | None, dask: str | None) -> Iterator[Executor | None]:
    """The executor of a study: none (this process), a pool of processes, or a cluster."""
    if workers is not None and dask is not None:
        fail(WRONG_INPUT, "--workers and --dask: say one of them")
    if workers is not None and workers > 1:
        from finopt.study.engine.executor import process_pool

        with process_pool(workers) as pool:
            yield pool
    elif dask is not None:
        require_module("distributed", "--dask", "dask")
        connect: Any = import_module("distributed").Client
        try:
            client = connect(dask, timeout=CLUSTER_ANSWERS)
        except (OSError, ValueError) as error:
            fail(WRONG_INPUT, f"--dask {dask}: no cluster answers there ({error})")
        try:
            yield client.get_executor()
        finally:
            with suppress(OSError):  # a cluster that is gone cannot be closed
                client.close(timeout=CLUSTER_ANSWERS)
    else:
        yield None


@contextmanager
def waiting(words: str) -> Iterator[None]:
    """What is being done, on a terminal's stderr, while it takes some seconds."""
    from rich.console import Console

    console = Console(stderr=True)
    if console.is_terminal:
        with console.status(words):
            yield
    else:
        yield


@contextmanager
def progress_bar(count: int | None) -> Iterator[Progress]:
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
            spent = max(LEAST_SPENT, time.perf_counter() - started)
            bar.advance(task, done)
            bar.update(task, rate=f"{bar.tasks[0].completed / spent:,.0f}/s")

        yield advance


def require_module(module: str, option: str, extra: str) -> None:
    """End with a clear message where an optional library is missing."""
    from importlib.util import find_spec

    if find_spec(module) is None:
        fail(WRONG_INPUT, f"{option} needs {module}, which is not installed: pip install 'finopt[{extra}]'")
