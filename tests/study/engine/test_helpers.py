"""Workers that vanish, stop or never answer: the study ends, with every row, within seconds."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil
import pytest
from distributed import Client
from pandas.testing import assert_frame_equal

from finopt.study.engine import executor as runner
from finopt.study.engine.executor import process_pool
from finopt.study.simulation.simulate import Cloud, simulate
from tests.study.simulation.test_simulate import wide

SIGNALS = pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "stopped"])


@pytest.fixture(scope="module")
def alone() -> Cloud:
    return simulate(wide(), 300, seed=9)


@pytest.fixture(autouse=True)
def _hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """What takes half a minute at most in use takes seconds here."""
    monkeypatch.setattr(runner, "PATIENCE", 2.0)
    monkeypatch.setattr(runner, "LEAVING", 1.0)


def finishes(executor: Executor, alone: Cloud, progress: Callable[[int], Any] | None = None) -> None:
    began = time.monotonic()
    cloud = simulate(wide(), 300, seed=9, executor=executor, progress=progress)
    assert cloud.complete
    assert_frame_equal(cloud.table, alone.table, check_exact=True)
    assert time.monotonic() - began < 60  # a loaded machine has its time


def test_half_a_minute_is_enough_to_notice() -> None:
    """Read from the file, since the tests here have less patience."""
    text = Path(runner.__file__).read_text("utf-8")
    assert "\nPATIENCE = 20.0\n" in text


class Silent(Executor):
    """Takes work, answers a few times and then never again."""

    def __init__(self, answers: int) -> None:
        self.answers = answers

    def submit(self, task: Any, /, *arguments: Any, **more: Any) -> Future[Any]:
        future: Future[Any] = Future()
        if self.answers > 0:
            future.set_result(task(*arguments, **more))
        self.answers -= 1
        return future


@pytest.mark.parametrize("answers", [0, 1, 5])
def test_an_executor_that_never_answers_is_waited_for_once(
    answers: int, alone: Cloud, caplog: pytest.LogCaptureFixture
) -> None:
    finishes(Silent(answers), alone)
    assert caplog.text.count("no worker has answered") == 1


class Breaking(Executor):
    """Fails in its own way: as work is handed out, or as it is asked for what it found."""

    def __init__(self, error: Exception, late: bool) -> None:
        self.error, self.late = error, late

    def submit(self, task: Any, /, *arguments: Any, **more: Any) -> Future[Any]:
        if not self.late:
            raise self.error
        future: Future[Any] = Future()
        future.set_exception(self.error)
        return future


@pytest.mark.parametrize("late", [True, False])
@pytest.mark.parametrize(
    "error",
    [ConnectionResetError("gone"), TimeoutError(), EOFError(), MemoryError(), ModuleNotFoundError("finopt")],
    ids=lambda error: type(error).__name__,
)
def test_an_executor_that_fails_is_done_without(
    error: Exception, late: bool, alone: Cloud, caplog: pytest.LogCaptureFixture
) -> None:
    finishes(Breaking(error, late), alone)
    assert caplog.text.count("what is left is done in this process") == 1


def test_a_pool_that_was_shut_down_is_done_without(alone: Cloud, caplog: pytest.LogCaptureFixture) -> None:
    pool = ThreadPoolExecutor(1)
    pool.shutdown()
    finishes(pool, alone)
    assert "what is left is done in this process" in caplog.text


def test_a_fault_of_the_work_is_raised_and_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    def fault(*_: Any) -> None:
        raise RuntimeError("a fault")

    monkeypatch.setattr(runner, "work", fault)
    with ThreadPoolExecutor(1) as pool, pytest.raises(RuntimeError, match="a fault"):
        simulate(wide(), 30, seed=9, executor=pool)


def children() -> set[int]:
    """Processes that this one started and that run Python work."""
    return {p.pid for p in psutil.Process().children(recursive=True)}


@SIGNALS
def test_workers_of_a_pool_that_are_gone_lose_no_row_and_leave_no_process(
    sent: signal.Signals, alone: Cloud, caplog: pytest.LogCaptureFixture
) -> None:
    before, hit = children(), []

    def strike(_: int) -> None:
        if not hit:
            hit.extend(p for p in children() - before if "spawn_main" in " ".join(psutil.Process(p).cmdline()))
            for process in hit:
                os.kill(process, sent)

    with process_pool(2) as pool:
        finishes(pool, alone, strike)
    assert len(hit) == 2
    assert caplog.text
    assert not {process for process in hit if psutil.pid_exists(process)}


PARENT = """
import os, sys, time
from finopt.study.engine.executor import process_pool
with process_pool(2) as pool:
    print(*{pool.submit(os.getpid).result(60) for _ in range(2)}, flush=True)
    time.sleep(100)
"""


def test_workers_end_with_the_process_that_started_them() -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        workers = [int(word) for word in parent.stdout.readline().split()]
        parent.kill()
        parent.wait(10)
    assert workers
    deadline = time.monotonic() + 20
    while any(psutil.pid_exists(worker) for worker in workers) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert [worker for worker in workers if psutil.pid_exists(worker)] == []


@contextlib.contextmanager
def cluster(folder: Path) -> Iterator[tuple[Client, subprocess.Popen[bytes], subprocess.Popen[bytes]]]:
    """A scheduler and a worker as programs of their own, as on another machine."""
    file = folder / "scheduler.json"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": folder}
    where = ["--scheduler-file", str(file), "--no-dashboard"]
    module = "from distributed.cli.dask_{} import main; main()"
    scheduler = subprocess.Popen(
        [sys.executable, "-c", module.format("scheduler"), *where, "--host", "127.0.0.1", "--port", "0"], **quiet
    )
    worker = subprocess.Popen(
        [sys.executable, "-c", module.format("worker"), *where, "--no-nanny", "--nthreads", "1"], **quiet
    )
    try:
        deadline = time.monotonic() + 60
        while not file.exists() and time.monotonic() < deadline:
            time.sleep(0.1)
        client = Client(scheduler_file=str(file), timeout=30)
        client.wait_for_workers(1, timeout=60)
        try:
            yield client, scheduler, worker
        finally:
            client.close(timeout=5)
    finally:
        for process in (worker, scheduler):
            process.kill()
            process.wait(10)


@SIGNALS
@pytest.mark.parametrize("which", ["scheduler", "worker"])
def test_a_cluster_whose_parts_are_gone_loses_no_row(
    which: str, sent: signal.Signals, alone: Cloud, tmp_path: Path
) -> None:
    with cluster(tmp_path) as (client, scheduler, worker):
        struck = {"scheduler": scheduler, "worker": worker}[which]
        finishes(client.get_executor(), alone, lambda _: struck.send_signal(sent))
