"""The command as a process: interrupted, unread, on a full disk, at strange places: a sentence, never a traceback."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
CASE = str(ROOT / "inputs" / "amur_rail_bridge.xlsx")
COMMAND = [sys.executable, "-c", "import os, finopt.cli.start; os.write(2, b'>'); finopt.cli.start.main()"]
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals and /dev/full are of Unix")


def started(folder: Path, *words: str | bytes, out: int = subprocess.PIPE) -> subprocess.Popen[bytes]:
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.Popen([*COMMAND, *words], cwd=folder, env=environment, stdout=out, stderr=subprocess.PIPE)


@pytest.mark.parametrize("wait", [0.4, 1.0])
def test_an_interrupt_at_any_time_is_said(tmp_path: Path, wait: float) -> None:
    with started(tmp_path, "frontier", CASE, "--of", "peak debt", "--points", "400") as run:
        assert run.stderr is not None
        assert run.stderr.read(1) == b">"  # Python itself has begun
        time.sleep(wait)
        run.send_signal(signal.SIGINT)
        _, err = run.communicate(timeout=60)
    assert b"Traceback" not in err
    assert b"interrupted" in err
    assert run.returncode == 130


def test_a_full_disk_behind_the_output_is_said(tmp_path: Path) -> None:
    with Path("/dev/full").open("wb") as full, started(tmp_path, "check", CASE, out=full.fileno()) as run:
        _, err = run.communicate(timeout=60)
    assert run.returncode == 2
    assert b"No space left on device" in err
    assert b"Traceback" not in err


def test_an_output_that_nobody_reads_is_no_fault(tmp_path: Path) -> None:
    read, write = os.pipe()
    os.close(read)
    with started(tmp_path, "check", CASE, out=write) as run:
        os.close(write)
        _, err = run.communicate(timeout=60)
    assert (run.returncode, err) == (141, b">")


def test_a_path_that_is_not_utf_8_is_read_and_written(tmp_path: Path) -> None:
    name = b"bad\xff.xlsx"
    with open(os.path.join(os.fsencode(tmp_path), name), "wb") as file:  # noqa: PTH118, PTH123 - the path is bytes
        file.write(Path(CASE).read_bytes())
    with started(tmp_path, "run", name, "--json", b"j\xff.json") as run:
        out, err = run.communicate(timeout=120)
    assert run.returncode == 0, err
    assert rb"bad\udcff.xlsx" in out
    assert os.listdir(os.path.join(os.fsencode(tmp_path), b"reports")) == [name]  # noqa: PTH118, PTH208


@pytest.mark.parametrize("command", ["run", "check"])
def test_a_folder_is_named(tmp_path: Path, command: str) -> None:
    with started(tmp_path, command, ".") as run:
        _, err = run.communicate(timeout=60)
    assert run.returncode == 2
    assert b"found a folder" in err
