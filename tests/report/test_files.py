"""Temporary files: those of killed runs go, those of runs that live stay."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from finopt.errors import ReportError
from finopt.report.excel import atomic_file as files
from finopt.report.excel.atomic_file import readable, replacing, writable

WRITE = """
import os, sys
from pathlib import Path
from finopt.report.excel.atomic_file import replacing
with replacing(Path(sys.argv[1])) as temporary:
    print(temporary.name, flush=True)
    os._exit(9) if sys.argv[2] == "killed" else sys.stdin.readline()
"""


def hidden(folder: Path) -> list[str]:
    return [entry.name for entry in folder.iterdir() if entry.name.startswith(".")]


def test_what_a_killed_run_left_is_swept(tmp_path: Path) -> None:
    out = tmp_path / "report.xlsx"
    subprocess.run([sys.executable, "-c", WRITE, str(out), "killed"], check=False, timeout=60, capture_output=True)
    assert len(hidden(tmp_path)) == 1
    with replacing(out) as temporary:
        temporary.write_text("whole")
    assert hidden(tmp_path) == []
    assert out.read_text() == "whole"


def test_a_file_of_a_run_that_lives_stays(tmp_path: Path) -> None:
    out = tmp_path / "report.xlsx"
    command = [sys.executable, "-c", WRITE, str(out), "waits"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        name = other.stdout.readline().strip()
        with replacing(out) as temporary:
            temporary.write_text("mine")
        assert hidden(tmp_path) == [name]
        other.communicate("\n", timeout=60)


def test_files_of_others_stay(tmp_path: Path) -> None:
    names = [".report-notes.xlsx", ".report-finopt-00000000-4194999-abc.xlsx", ".other-finopt-00000000-1-abc.xlsx"]
    for name in names:
        (tmp_path / name).touch()
    with replacing(tmp_path / "report.xlsx"):
        pass
    assert sorted(hidden(tmp_path)) == sorted(names)  # the second is of another machine, and young
    old = time.time() - files.STALE - 60
    os.utime(tmp_path / names[1], (old, old))
    with replacing(tmp_path / "report.xlsx"):
        pass
    assert sorted(hidden(tmp_path)) == sorted([names[0], names[2]])


def test_a_full_disk_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    out = tmp_path / "report.xlsx"
    out.write_text("old")
    with pytest.raises(ReportError, match="No space left on device"), replacing(out):
        raise OSError(28, "No space left on device")
    assert out.read_text() == "old"
    assert hidden(tmp_path) == []


def test_a_name_that_is_no_text_is_readable() -> None:
    assert readable("bad\udcff.xlsx") == "bad?.xlsx"


def test_a_device_is_written_to_and_never_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.json"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    writable(pipe)
    with replacing(pipe) as temporary:
        temporary.write_text("whole")
    assert os.read(reader, 100) == b"whole"
    os.close(reader)
    assert pipe.is_fifo()
    assert hidden(tmp_path) == []


def test_a_pipe_that_nobody_reads_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.json"
    os.mkfifo(pipe)
    with pytest.raises(ReportError, match=r"pipe\.json: cannot be written"), replacing(pipe) as temporary:
        temporary.write_text("whole")
    assert pipe.is_fifo()


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    link, file = tmp_path / "link.json", tmp_path / "there" / "file.json"
    file.parent.mkdir()
    link.symlink_to(file)
    for text in ("first", "second"):  # at first the file that the link names does not exist
        with replacing(link) as temporary:
            temporary.write_text(text)
        assert link.is_symlink()
        assert file.read_text() == text


def test_a_standard_stream_is_written_where_it_stands(tmp_path: Path) -> None:
    write = (
        "print('before', flush=True)\nwith replacing(Path('/dev/stdout')) as t: t.write_text('whole ')\nprint('after')"
    )
    script = f"from pathlib import Path\nfrom finopt.report.excel.atomic_file import replacing\n{write}"
    out = tmp_path / "out.txt"
    with out.open("w") as stream:
        subprocess.run([sys.executable, "-c", script], check=True, timeout=60, stdout=stream)
    assert out.read_text() == "before\nwhole after\n"
