"""Results kept on file: what is not as it was written is never believed, and never stops a study."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest

from finopt.errors import FinoptError
from finopt.study.engine.resume import Outcome, Record

SIZES = (2, 2, 1)


def rows(*costs: float) -> list[Outcome]:
    return [Outcome("optimal", {"cost": cost}) for cost in costs]


@pytest.fixture
def record(tmp_path: Path) -> Record:
    record = Record(tmp_path / "kept.jsonl", "key", "part")
    assert record.finished(SIZES) == {}
    record.add(0, rows(1.0, 2.0))
    record.add(2, rows(5.0))
    return record


def test_what_was_kept_comes_back(record: Record) -> None:
    assert record.finished(SIZES) == {0: rows(1.0, 2.0), 2: rows(5.0)}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"cost": 2.0', b'"cost": 9.0'),
        (b'"optimal", {"cost": 2.0}', b'"infeasible", {}'),
        (b'"chunk": 0', b'"chunk": 1'),
        (b'"part": "part"', b'"part": "other"'),
        (b'"rows": [', b'"rows": [[], '),
        (b'"rows"', b'"lines"'),
        (b"2.0}", b"2.0}\xff"),
        (b', ["optimal", {"cost": 2.0}, ""]', b""),
    ],
)
def test_a_changed_line_is_done_again(record: Record, caplog: pytest.LogCaptureFixture, old: bytes, new: bytes) -> None:
    text = record.path.read_bytes()
    assert old in text
    record.path.write_bytes(text.replace(old, new, 1))
    with caplog.at_level(logging.WARNING, "finopt"):
        assert record.finished(SIZES) == {2: rows(5.0)}
    assert "1 of its lines are not as they were written" in caplog.text


@pytest.mark.parametrize(
    "line", [b"[" * 100_000, b"{}", b"null", b"1", b"\xff\xfe", b'{"part": "part", "chunk": 0, "rows": []}']
)
def test_a_foreign_line_is_left_out(record: Record, line: bytes) -> None:
    record.path.write_bytes(record.path.read_bytes() + line + b"\n")
    assert record.finished(SIZES) == {0: rows(1.0, 2.0), 2: rows(5.0)}


def test_chunks_that_the_study_does_not_have_are_left_out(record: Record) -> None:
    record.add(7, rows(1.0))
    record.add(1, rows(1.0))  # one row where the chunk has two
    assert set(record.finished(SIZES)) == {0, 2}
    assert set(record.finished((2, 1))) == {0, 1}


def test_a_line_of_another_study_is_not_taken_over(record: Record, tmp_path: Path) -> None:
    other = Record(tmp_path / "other.jsonl", "another key", "part")
    other.finished(SIZES)
    other.add(1, rows(7.0, 8.0))
    record.path.write_bytes(record.path.read_bytes() + other.path.read_bytes().splitlines(keepends=True)[1])
    assert set(record.finished(SIZES)) == {0, 2}


def test_a_line_that_was_cut_off_is_taken_away(record: Record) -> None:
    whole = record.path.read_bytes()
    for cut in range(len(whole) - 30, len(whole)):
        record.path.write_bytes(whole[:cut])
        assert record.finished(SIZES) == {0: rows(1.0, 2.0)}
        record.add(2, rows(6.0))
        assert record.finished(SIZES) == {0: rows(1.0, 2.0), 2: rows(6.0)}


@pytest.mark.parametrize(
    "text", [b"[" * 100_000, b"notes\n", json.dumps({"study": "other"}).encode() + b"\n", b"\x00" * 9000]
)
def test_another_file_is_refused_and_left_as_it_is(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "notes.txt"
    path.write_bytes(text)
    with pytest.raises(FinoptError, match="no such file"):
        Record(path, "key").finished(SIZES)
    assert path.read_bytes() == text
