"""Many scenarios on live models: near ones after each other, in chunks, in this process or on any executor.

What a chunk gives depends on the chunk alone: its live model starts at home each time. So one process, a pool and a
cluster give the same table, and a chunk that a lost worker held is simply done again.
"""

from __future__ import annotations

import hashlib
import json
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
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

from finopt.case import Case
from finopt.errors import FinoptError
from finopt.read.columns import Row
from finopt.solve.live import LiveModel

CHUNK = 100
"""Scenarios in a chunk: enough to pay for going home, few enough to lose little."""
AHEAD = 64
"""Chunks handed out and not yet finished: enough for as many workers, few enough to hold."""
_ALONE = threading.Lock()
"""A process has one live model a case: threads of one worker take turns with it."""


@dataclass(frozen=True)
class Outcome:
    """What one scenario gave. ``figures`` is empty where it has no plan, and ``reason`` says why.

    ``extra`` is what the study itself goes on with; it is not kept on file.
    """

    status: str
    figures: Mapping[str, float]
    reason: str = ""
    extra: Any = field(default=None, compare=False, repr=False)


class Task(Protocol):
    """What a study does with the scenarios of one chunk; sent to workers, so it must pickle."""

    @property
    def unfunded(self) -> bool:
        """Whether its live model may leave packages unpaid."""

    def __call__(self, live: LiveModel, scenarios: Sequence[Any]) -> list[Outcome]:
        """The outcome of each scenario, in order, on a live model that stands at home."""


Progress = Callable[[int], None]
"""Called with how many scenarios have just been finished."""


@dataclass(frozen=True)
class Record:
    """Finished chunks in an append-only file, so that a stopped study goes on where it stopped.

    ``key`` names the study (input, scenarios, seed): a file of another study is refused. ``part`` names a part of a
    study that is done in several, each with chunks of its own.
    """

    path: Path
    key: str
    part: str = ""

    def finished(self) -> dict[int, list[Outcome]]:
        """The chunks on file; the file is made where there is none. A last line that was cut off is taken away.

        Raises FinoptError where the file is of another study, or cannot be read or written.
        """
        try:
            first, *lines = (self.path.read_bytes() if self.path.exists() else b"").split(b"\n")
            if (first or lines) and _study(first) != self.key:
                other = "holds the results of another case, number of scenarios or seed, or is no such file"
                raise FinoptError(f"{self.path}: {other} - name another file, or delete it")
            first = first or json.dumps({"study": self.key}).encode()
            if not lines or lines[-1]:  # every whole line ends: what follows the last end was cut off
                lines[-1:] = [b""]
                self.path.write_bytes(b"\n".join([first, *lines]))
        except OSError as error:
            raise FinoptError(f"{self.path}: cannot be used to keep results ({error.strerror})") from error
        try:
            return dict(self._chunks(lines[:-1]))
        except (ValueError, KeyError, TypeError) as error:
            raise FinoptError(f"{self.path}: a line of it is damaged - name another file, or delete it") from error

    def add(self, chunk: int, outcomes: Sequence[Outcome]) -> None:
        """Append one finished chunk. Raises FinoptError where the file cannot be written any more."""
        rows = [[o.status, dict(o.figures), o.reason] for o in outcomes]
        try:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps({"part": self.part, "chunk": chunk, "rows": rows}) + "\n")
        except OSError as error:
            raise FinoptError(f"{self.path}: cannot be written any more ({error.strerror})") from error

    def _chunks(self, lines: Sequence[bytes]) -> Iterator[tuple[int, list[Outcome]]]:
        for line in lines:
            entry = json.loads(line)
            if entry["part"] == self.part:
                yield entry["chunk"], [Outcome(status, figures, reason) for status, figures, reason in entry["rows"]]


def key_of(*what: object) -> str:
    """A short fingerprint of what makes a study the same one: plain values, and the `cells` of its cases."""
    return hashlib.sha256(repr(what).encode()).hexdigest()[:16]


def cells(tables: Mapping[str, Sequence[Row]]) -> list[tuple[str, list[dict[str, Any]]]]:
    """Every cell of some sheets, wherever in the workbook it stands."""
    return [(name, [row.model_dump(exclude={"origin"}) for row in rows]) for name, rows in tables.items()]


def _study(line: bytes) -> str | None:
    """The study that the first line of a file names, or None where it names none."""
    try:
        found = json.loads(line)
    except ValueError:
        return None
    return found.get("study") if isinstance(found, dict) else None


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
    done = record.finished() if record is not None else {}
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
