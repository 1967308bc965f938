"""Files that appear whole or not at all."""

from __future__ import annotations

import os
import platform
import re
import shutil
import tempfile
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from finopt.errors import ReportError


def writable(path: Path) -> None:
    """Raise ReportError, in words, where a file could not be written; nothing is left behind."""
    if _is_device(path):
        return
    made = [folder for folder in path.parents if not folder.exists()]
    _temporary(path).unlink()
    for folder in made:
        folder.rmdir()


LONGEST_STEM = 40
"""Characters of a file's name that its temporary file repeats: the two together must not be too long a name."""
STALE = 24 * 3600.0
"""Age in seconds at which a temporary file counts as abandoned, where its process cannot be looked up."""
STREAMS = {"/dev/stdout": 1, "/dev/stderr": 2}
"""The standard streams as paths."""


def readable(name: str) -> str:
    """A file's name as a text: bytes that are no UTF-8, which a name may hold, as a question mark each."""
    return name.encode("utf-8", "replace").decode("utf-8")


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary file beside ``path`` to write to; on success it takes the place of ``path``.

    Missing folders are made. When the writer fails, ``path`` is as it was. A link stays one: the file that it names is
    written. A device or a pipe (/dev/null, /dev/stdout) is written to and never replaced. Raises ReportError, in words,
    where the file or its folder cannot be written, for example because it is open in Excel.
    """
    device = _is_device(path)
    temporary = _temporary(Path(tempfile.gettempdir()) / path.name if device else Path(os.path.realpath(path)))
    try:
        yield temporary
        if device:
            _pour(temporary, path)
        else:
            temporary.chmod(0o666 & ~_umask())
            temporary.replace(os.path.realpath(path))
    except OSError as error:
        why = error.strerror or str(error)
        hint = "close it if a program holds it open, or choose another place"
        raise ReportError(f"{path}: cannot be written ({why}) - {hint}") from error
    finally:
        temporary.unlink(missing_ok=True)


def _is_device(path: Path) -> bool:
    """Whether a path stands for something that takes bytes but is no file, such as a terminal, a pipe or /dev/null.

    A standard stream counts as one even where the shell leads it to a file: others write there as well.
    """
    return _stream(path) is not None or (path.exists() and not path.is_file() and not path.is_dir())


def _pour(temporary: Path, device: Path) -> None:
    """Write a finished file to a device; a pipe that nobody reads is refused (ENXIO) instead of waited for."""
    stream = _stream(device)
    handle = os.open(device, os.O_WRONLY | getattr(os, "O_NONBLOCK", 0)) if stream is None else os.dup(stream)
    with os.fdopen(handle, "wb") as out, temporary.open("rb") as file:
        if os.name == "posix":
            os.set_blocking(handle, True)
        shutil.copyfileobj(file, out)


def _stream(path: Path) -> int | None:
    """The open stream that a path such as /dev/stdout or /dev/fd/3 names; opened anew it would begin at its start."""
    if str(path.parent) == "/dev/fd" and path.name.isdecimal():
        return int(path.name)
    return STREAMS.get(str(path))


def _temporary(path: Path) -> Path:
    """An empty file beside ``path``, its folder made where it is missing."""
    lock = path.with_name(f"~${path.name}")
    if lock.exists():
        raise ReportError(f"{path}: the file is open in Excel - close it there, or write elsewhere with -o")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _sweep(path)
        prefix = f".{path.stem[:LONGEST_STEM]}-finopt-{_machine()}-{os.getpid()}-"
        handle, name = tempfile.mkstemp(prefix=prefix, suffix=path.suffix, dir=path.parent)
        os.close(handle)
    except OSError as error:
        raise ReportError(f"{path}: the folder cannot be written ({error.strerror}) - choose another place") from error
    return Path(name)


def _sweep(path: Path) -> None:
    """Remove temporary files that killed runs left for this output; never one whose process may still write it."""
    ours = re.compile(rf"\.{re.escape(path.stem[:LONGEST_STEM])}-finopt-(\w+)-(\d+)-\w+{re.escape(path.suffix)}")
    for entry in path.parent.iterdir():
        match = ours.fullmatch(entry.name)
        if match is not None and int(match[2]) != os.getpid():
            with suppress(OSError):  # another run may have swept it, or may not be ours to touch
                if (match[1] == _machine() and _gone(int(match[2]))) or time.time() - entry.stat().st_mtime > STALE:
                    entry.unlink()


def _machine() -> str:
    """A short name of this machine: a process of another machine, in a shared folder, cannot be looked up."""
    return f"{zlib.crc32(platform.node().encode()):08x}"


def _gone(process: int) -> bool:
    """Whether a process of this machine has certainly ended."""
    if os.name != "posix":
        return False  # elsewhere, signal 0 would end the process
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return True
    except OSError:
        return False
    return False


def _umask() -> int:
    """The process' mask for new files, which mkstemp does not apply."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
