"""A real Dask cluster of two worker processes: the same table, also when one of them is killed."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest
from distributed import Client, LocalCluster
from pandas.testing import assert_frame_equal

from finopt.study.engine import executor as runner
from finopt.study.simulation.simulate import Cloud, simulate
from tests.study.simulation.test_simulate import wide


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0") as cluster,
        Client(cluster) as client,
    ):
        yield client


@pytest.fixture(scope="module")
def alone() -> Cloud:
    return simulate(wide(), 400, seed=9)


def processes(client: Client) -> list[int]:
    """The workers' processes."""
    return sorted(client.run(os.getpid).values())


def test_a_cluster_gives_the_same_table(client: Client, alone: Cloud) -> None:
    cloud = simulate(wide(), 400, seed=9, executor=client.get_executor())
    assert_frame_equal(cloud.table, alone.table, check_exact=True)
    assert_frame_equal(cloud.samples, alone.samples, check_exact=True)


def test_a_worker_with_two_threads_gives_the_same_table(alone: Cloud) -> None:
    with (
        LocalCluster(n_workers=1, threads_per_worker=2, processes=True, dashboard_address=":0") as cluster,
        Client(cluster) as client,
    ):
        before = processes(client)
        cloud = simulate(wide(), 400, seed=9, executor=client.get_executor())
        assert_frame_equal(cloud.table, alone.table, check_exact=True)
        assert processes(client) == before, "no worker died"


def test_a_cluster_that_goes_away_loses_no_row(
    alone: Cloud, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the client is closed some of its futures are neither done nor cancelled, and never will be."""
    monkeypatch.setattr(runner, "PATIENCE", 2.0)
    with LocalCluster(n_workers=1, threads_per_worker=1, processes=True, dashboard_address=":0") as cluster:
        client = Client(cluster)
        cloud = simulate(wide(), 400, seed=9, executor=client.get_executor(), progress=lambda _: client.close())
    assert_frame_equal(cloud.table, alone.table, check_exact=True)
    assert "this process" in caplog.text


def test_a_killed_worker_loses_no_row(client: Client, alone: Cloud) -> None:
    before, done = processes(client), []

    def kill(finished: int) -> None:
        done.append(finished)
        if len(done) == 2:
            os.kill(before[0], signal.SIGKILL)

    cloud = simulate(wide(), 400, seed=9, executor=client.get_executor(), progress=kill)
    assert_frame_equal(cloud.table, alone.table, check_exact=True)
    client.wait_for_workers(2, timeout=60)
    assert len(done) > 2
    assert before[0] not in processes(client)
