"""Finished chunks of a study on file: each line with its checksum, so that nothing but what was found is believed."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from finopt.errors import FinoptError

LONGEST_FIRST = 4096
"""Most bytes in the first line, which names the study: what is longer is some other file."""


@dataclass(frozen=True)
class Outcome:
    """What one scenario gave. ``figures`` is empty where it has no plan, and ``reason`` says why.

    ``extra`` is what the study itself goes on with; it is not kept on file.
    """

    status: str
    figures: Mapping[str, float]
    reason: str = ""
    extra: Any = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class Record:
    """Finished chunks in an append-only file, so that a stopped study goes on where it stopped.

    ``key`` names the study (input, scenarios, seed): a file of another study is refused. ``part`` names a part of a
    study that is done in several, each with chunks of its own. A line is a checksum of the study and the text after
    it, then that text.
    """

    path: Path
    key: str
    part: str = ""

    def finished(self, sizes: Sequence[int] | None = None) -> dict[int, list[Outcome]]:
        """The chunks on file that are as they were written; the file is made where there is none.

        ``sizes`` are the numbers of scenarios of the study's chunks. Lines that were cut off or changed, or do not fit
        these chunks, are left out, with a warning: their chunks are done again. Raises FinoptError where the file is of
        another study, or cannot be read or written.
        """
        try:
            lines = self._lines()
        except OSError as error:
            raise FinoptError(f"{self.path}: cannot be used to keep results ({error.strerror})") from error
        entries = [self._entry(line) for line in lines]
        found = {chunk: rows for part, chunk, rows in filter(None, entries) if part == self.part}
        wrong = entries.count(None)
        if sizes is not None:
            fit = {n: rows for n, rows in found.items() if n < len(sizes) and len(rows) == sizes[n]}
            wrong += len(found) - len(fit)
            found = fit
        if wrong and sizes is not None:
            words = "%s: %d of its lines are not as they were written: their scenarios are solved again"
            logging.getLogger("finopt").warning(words, self.path, wrong)
        return found

    def add(self, chunk: int, outcomes: Sequence[Outcome]) -> None:
        """Append one finished chunk. Raises FinoptError where the file cannot be written any more."""
        rows = [[o.status, dict(o.figures), o.reason] for o in outcomes]
        text = json.dumps({"part": self.part, "chunk": chunk, "rows": rows})
        try:
            with self.path.open("ab") as file:
                file.write(f"{self._checksum(text.encode())} {text}\n".encode())
        except OSError as error:
            raise FinoptError(f"{self.path}: cannot be written any more ({error.strerror})") from error

    def _lines(self) -> list[bytes]:
        """The lines after the first, whole ones only. A file that does not exist or is empty begins here."""
        begun = json.dumps({"study": self.key}).encode()
        if not self.path.exists() or not self.path.stat().st_size:
            self.path.write_bytes(begun + b"\n")
            return []
        with self.path.open("rb") as file:
            if file.readline(LONGEST_FIRST).rstrip(b"\r\n") != begun:
                other = "holds the results of another case, number of scenarios or seed, or is no such file"
                raise FinoptError(f"{self.path}: {other} - name another file, or delete it")
            *lines, last = file.read().split(b"\n")
        if last or (not lines and self.path.read_bytes() == begun):  # what follows the last end was cut off
            self.path.write_bytes(b"\n".join([begun, *lines, b""]))
        return lines

    def _entry(self, line: bytes) -> tuple[str, int, list[Outcome]] | None:
        """The part, chunk and outcomes of a line, or None where it is not as it was written."""
        checksum, _, text = line.rstrip(b"\r").partition(b" ")
        if checksum != self._checksum(text).encode():
            return None
        entry = json.loads(text)
        return entry["part"], entry["chunk"], [Outcome(*row) for row in entry["rows"]]

    def _checksum(self, text: bytes) -> str:
        return hashlib.sha256(self.key.encode() + b"\n" + text).hexdigest()[:16]
