"""Many scenarios on live models: near ones after each other, in chunks, in this process or on any executor.

What a chunk gives depends on the chunk alone: its live model starts at home each time. So one process, a pool and a
cluster give the same table, and a chunk that a lost worker held is simply done again.
"""

from __future__ import annotations

import hashlib
import logging
import multiprocessing
import os
import pickle
import signal
import sys
import threading
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    CancelledError,
    Executor,
    Future,
    ProcessPoolExecutor,
    wait,
)
from contextlib import closing, contextmanager, suppress
from functools import lru_cache
from itertools import islice
from multiprocessing.context import SpawnContext, SpawnProcess
from multiprocessing.process import BaseProcess
from typing import Any, Protocol

from finopt.case.case import Case
from finopt.case.row import Row
from finopt.solve.live_model import LiveModel
from finopt.study.engine.resume import Outcome, Record

CHUNK = 100
"""Scenarios in a chunk: enough to pay for going home, few enough to lose little."""
AHEAD = 64
"""Chunks handed out and not yet finished: enough for as many workers, few enough to hold."""
PATIENCE = 20.0
"""Seconds without an answer from any worker after which this process works too."""
LEAVING = 5.0
"""Seconds that workers of a pool have to leave before they are ended."""
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


class Helpers:
    """The workers of an executor, for as long as they answer; what they leave undone is done in this process.

    An error of the executor's own loses them at once. Silence is another matter, since a slow chunk looks like a
    worker that is gone: after `PATIENCE` seconds of it this process does chunks too, the last ones handed out first,
    until an answer comes. A chunk gives the same wherever it is done, so nothing has to be known about the workers.
    """

    def __init__(self, executor: Executor | None) -> None:
        self._executor = executor
        self._patience = PATIENCE

    def results(
        self, packed: bytes, task: Task, waiting: Mapping[int, Sequence[Any]]
    ) -> Generator[tuple[int, list[Outcome]]]:
        """The outcomes of every chunk, as they are finished."""
        left = dict(waiting)
        try:
            for number, found in () if self._executor is None else self._shared(packed, task, waiting, self._executor):
                del left[number]
                yield number, found
        except _Lost as lost:  # no row is lost with them
            self._executor = None
            logging.getLogger("finopt").warning("workers were lost (%s): what is left is done in this process", lost)
        yield from ((number, work(packed, task, chunk)) for number, chunk in left.items())

    def _shared(
        self, packed: bytes, task: Task, waiting: Mapping[int, Sequence[Any]], executor: Executor
    ) -> Iterator[tuple[int, list[Outcome]]]:
        """Chunks as they are finished. Few are handed out at a time, so that a long study needs no more memory."""
        todo = iter(waiting.items())
        running: dict[Future[list[Outcome]], int] = {}
        try:
            while True:
                for number, chunk in islice(todo, AHEAD - len(running)):
                    running[_submitted(executor, packed, task, chunk)] = number
                if not running:
                    return
                done = wait(running, self._patience, FIRST_COMPLETED).done
                self._heard(bool(done))
                for future in done:
                    yield running.pop(future), _answer(future)
                if not done:
                    _, number = running.popitem()
                    yield number, work(packed, task, waiting[number])
        except (KeyboardInterrupt, GeneratorExit):
            for future in running:
                future.cancel()
            raise

    def _heard(self, answered: bool) -> None:
        """Wait for the next answer as long as usual after an answer, and not at all after silence."""
        if not answered and self._patience:
            words = "no worker has answered for %.0f s: this process works too"
            logging.getLogger("finopt").warning(words, self._patience)
        self._patience = PATIENCE if answered else 0.0


class _Lost(Exception):
    """The workers of an executor are gone."""


def _submitted(executor: Executor, packed: bytes, task: Task, chunk: Sequence[Any]) -> Future[list[Outcome]]:
    """A chunk handed out. Raises _Lost where the executor takes no more work: it has broken, or was shut down."""
    try:
        return executor.submit(work, packed, task, chunk)
    except _failures() as error:
        raise _Lost(f"{type(error).__name__}: {error}") from error


def _answer(future: Future[list[Outcome]]) -> list[Outcome]:
    """What a worker found; a fault of the work itself is raised. Raises _Lost where the worker is gone."""
    try:
        return future.result(timeout=0)
    except _failures() as error:
        raise _Lost(f"{type(error).__name__}: {error}") from error


def _failures() -> tuple[type[Exception], ...]:
    """What executors raise when their workers are gone; Dask's own words are known only where Dask is in use.

    RuntimeError is what a pool says that was shut down, or that can start no more threads. A fault of the work that
    is taken for one of these comes again when the work is done here.
    """
    dask = sys.modules.get("distributed")
    ours = (BrokenExecutor, CancelledError, RuntimeError, OSError, EOFError, MemoryError, ImportError)
    if dask is None:
        return ours
    return (*ours, dask.KilledWorker, getattr(dask.client, "ClosedClientError", CancelledError))


def run(
    base: Case,
    task: Task,
    scenarios: Sequence[Any],
    order: Sequence[int],
    helpers: Helpers,
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
    with suppress(KeyboardInterrupt), closing(helpers.results(packed, task, waiting)) as results:
        for number, found in results:
            keep(number, found, fresh=True)
    return outcomes


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
    """A pool of processes that leave Ctrl-C to this one. They start anew: a solver's threads do not survive a fork.

    Workers that do not leave when the pool is done with, since they are stuck or in a long chunk, are ended.
    """
    context = _Spawning()
    pool = ProcessPoolExecutor(workers, context, _as_worker)
    try:
        yield pool
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        _end(context.started)


class _Spawning(SpawnContext):
    """Starts processes anew, and keeps them in mind."""

    def __init__(self) -> None:
        super().__init__()
        self.started: list[BaseProcess] = []

    def Process(self, *what: Any, **more: Any) -> SpawnProcess:  # type: ignore[override]  # noqa: N802
        process = SpawnProcess(*what, **more)
        self.started.append(process)
        return process


def _end(processes: Sequence[BaseProcess]) -> None:
    """Wait for processes to leave, then end those that have not."""
    deadline = time.monotonic() + LEAVING
    for process in processes:
        process.join(max(0.0, deadline - time.monotonic()))
        if process.is_alive():
            process.kill()
            process.join(LEAVING)


def _as_worker() -> None:
    """Leave Ctrl-C to the process that started this one, and end with it, however it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
