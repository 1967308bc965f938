"""Many scenarios on live models: near ones after each other, in chunks, in this process or on any executor.

What a chunk gives depends on the chunk alone: its live model starts at home each time. So one process, a pool and a
cluster give the same table, and a chunk that a lost worker held is simply done again.
"""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

from finopt.case import Case
from finopt.solve.live import LiveModel

CHUNK = 100
"""Scenarios in a chunk: enough to pay for going home, few enough to lose little."""


@dataclass(frozen=True)
class Outcome:
    """What one scenario gave. ``figures`` is empty where it has no plan, and ``reason`` says why."""

    status: str
    figures: Mapping[str, float]
    reason: str = ""


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

    ``key`` names the study (input, scenarios, seed): a file of another study is refused.
    """

    path: Path
    key: str

    def finished(self) -> dict[int, list[Outcome]]:
        """The chunks on file. A last line that was cut off is as good as none."""
        if not self.path.exists():
            self.path.write_text(json.dumps({"study": self.key}) + "\n", encoding="utf-8")
            return {}
        head, *lines = self.path.read_text(encoding="utf-8").splitlines()
        if json.loads(head).get("study") != self.key:
            raise ValueError(f"{self.path} holds the results of another study: name another file")
        return dict(_chunks(lines))

    def add(self, chunk: int, outcomes: Sequence[Outcome]) -> None:
        """Append one finished chunk."""
        rows = [[o.status, dict(o.figures), o.reason] for o in outcomes]
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"chunk": chunk, "rows": rows}) + "\n")


def _chunks(lines: Sequence[str]) -> Iterator[tuple[int, list[Outcome]]]:
    for line in lines:
        try:
            entry = json.loads(line)
        except json.JSONDecodeError:
            continue
        yield entry["chunk"], [Outcome(status, figures, reason) for status, figures, reason in entry["rows"]]


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
    if executor is None:
        yield from ((number, work(packed, task, chunk)) for number, chunk in waiting.items())
        return
    futures: dict[Future[list[Outcome]], int] = {
        executor.submit(work, packed, task, chunk): number for number, chunk in waiting.items()
    }
    left = dict(waiting)
    try:
        for future in as_completed(futures):
            number = futures[future]
            yield number, future.result()
            del left[number]
    except BrokenProcessPool:  # a worker of the pool was killed: what is left is done here, and no row is lost
        yield from ((number, work(packed, task, chunk)) for number, chunk in left.items())


def work(packed: bytes, task: Task, chunk: Sequence[Any]) -> list[Outcome]:
    """Do one chunk on this process' live model of the case."""
    live = _live(packed, task.unfunded)
    live.go_home()
    return task(live, chunk)


@lru_cache(maxsize=2)
def _live(packed: bytes, unfunded: bool) -> LiveModel:
    """One live model a process and case: built once, then restarted."""
    live = LiveModel(pickle.loads(packed), unfunded=unfunded)
    live.settle()
    return live
