"""Many scenarios on live models: near ones after each other, in chunks, in this process or on any executor.

What a chunk gives depends on the chunk alone: its live model starts at home each time. So one process, a pool and a
cluster give the same table, and a chunk that a lost worker held is simply done again.
"""

from __future__ import annotations

import hashlib
import logging
import multiprocessing
import pickle
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    CancelledError,
    Executor,
    Future,
    ProcessPoolExecutor,
    wait,
)
from contextlib import contextmanager
from functools import lru_cache
from itertools import islice
from typing import Any, Protocol

from finopt.case import Case
from finopt.read.columns import Row
from finopt.solve.live import LiveModel
from finopt.study.resume import Outcome, Record

CHUNK = 100
"""Scenarios in a chunk: enough to pay for going home, few enough to lose little."""
AHEAD = 64
"""Chunks handed out and not yet finished: enough for as many workers, few enough to hold."""
_ALONE = threading.Lock()
"""A process has one live model a case: threads of one worker take turns with it."""


class Task(Protocol):
    """What a study does with the scenarios of one chunk; sent to workers, so it must pickle."""

    @property
    def unfunded(self) -> bool:
        """Whether its live model may leave packages unpaid."""

    def __call__(self, live: LiveModel, scenarios: Sequence[Any]) -> list[Outcome]:
        """The outcome of each scenario, in order, on a live model that stands at home."""


Progress = Callable[[int], None]
"""Called with how many scenarios have just been finished."""


def key_of(*what: object) -> str:
    """A short fingerprint of what makes a study the same one: plain values, and the `cells` of its cases."""
    return hashlib.sha256(repr(what).encode()).hexdigest()[:16]


def cells(tables: Mapping[str, Sequence[Row]]) -> list[tuple[str, list[dict[str, Any]]]]:
    """Every cell of some sheets, wherever in the workbook it stands."""
    return [(name, [row.model_dump(exclude={"origin"}) for row in rows]) for name, rows in tables.items()]


def run(
    base: Case,
    task: Task,
    scenarios: Sequence[Any],
    order: Sequence[int],
    executor: Executor | None = None,
    progress: Progress | None = None,
    record: Record | None = None,
    size: int = CHUNK,
) -> dict[int, Outcome]:
    """Do a task on every scenario and give the outcomes by position in ``scenarios``.

    ``order`` lists positions so that near scenarios stand next to each other; a chunk holds ``size`` of them. Ctrl-C
    ends the work early and gives the outcomes finished by then.
    """
    chunks = [list(order[i : i + size]) for i in range(0, len(order), size)]
    done = record.finished([len(chunk) for chunk in chunks]) if record is not None else {}
    outcomes: dict[int, Outcome] = {}

    def keep(number: int, found: Sequence[Outcome], fresh: bool) -> None:
        outcomes.update(zip(chunks[number], found, strict=True))
        if record is not None and fresh:
            record.add(number, found)
        if progress is not None:
            progress(len(found))

    for number, found in done.items():
        keep(number, found, fresh=False)
    packed = pickle.dumps(base)
    waiting = {n: [scenarios[i] for i in chunk] for n, chunk in enumerate(chunks) if n not in done}
    try:
        for number, found in _results(packed, task, waiting, executor):
            keep(number, found, fresh=True)
    except KeyboardInterrupt:
        if executor is not None:
            executor.shutdown(wait=False, cancel_futures=True)
    return outcomes


def _results(
    packed: bytes, task: Task, waiting: Mapping[int, Sequence[Any]], executor: Executor | None
) -> Iterator[tuple[int, list[Outcome]]]:
    left = dict(waiting)
    try:
        for number, found in () if executor is None else _elsewhere(packed, task, waiting, executor):
            del left[number]
            yield number, found
    except _lost() as error:  # no row is lost with them
        words = "workers were lost (%s: %s): what is left is done in this process"
        logging.getLogger("finopt").warning(words, type(error).__name__, error)
    yield from ((number, work(packed, task, chunk)) for number, chunk in left.items())


def _lost() -> tuple[type[Exception], ...]:
    """What executors raise when their workers are gone; Dask's own words are known only where Dask is in use."""
    dask = sys.modules.get("distributed")
    ours = (BrokenExecutor, CancelledError, OSError)
    if dask is None:
        return ours
    return (*ours, dask.KilledWorker, getattr(dask.client, "ClosedClientError", CancelledError))


def _elsewhere(
    packed: bytes, task: Task, waiting: Mapping[int, Sequence[Any]], executor: Executor
) -> Iterator[tuple[int, list[Outcome]]]:
    """Chunks as workers finish them. Few are handed out at a time, so that a long study needs no more memory."""
    todo = iter(waiting.items())
    running: dict[Future[list[Outcome]], int] = {}
    while True:
        for number, chunk in islice(todo, AHEAD - len(running)):
            running[executor.submit(work, packed, task, chunk)] = number
        if not running:
            return
        for future in wait(running, return_when=FIRST_COMPLETED).done:
            yield running.pop(future), future.result()


def work(packed: bytes, task: Task, chunk: Sequence[Any]) -> list[Outcome]:
    """Do one chunk on this process' live model of the case."""
    with _ALONE:
        live = _live(packed, task.unfunded)
        live.go_home()
        return task(live, chunk)


@lru_cache(maxsize=2)
def _live(packed: bytes, unfunded: bool) -> LiveModel:
    """One live model a process and case: built once, then restarted."""
    live = LiveModel(pickle.loads(packed), unfunded=unfunded)
    live.settle()
    return live


@contextmanager
def process_pool(workers: int) -> Iterator[Executor]:
    """A pool of processes that leave Ctrl-C to this one. They start anew: a solver's threads do not survive a fork."""
    pool = ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), _leave_interrupts)
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _leave_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
