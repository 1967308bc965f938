"""Files that appear whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from finopt.errors import ReportError


def writable(path: Path) -> None:
    """Raise ReportError, in words, where a file could not be written; nothing is left behind."""
    made = [folder for folder in path.parents if not folder.exists()]
    _temporary(path).unlink()
    for folder in made:
        folder.rmdir()


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary file beside ``path`` to write to; on success it takes the place of ``path``.

    Missing folders are made. When the writer fails, ``path`` is as it was. Raises ReportError, in words, where the
    file or its folder cannot be written, for example because it is open in Excel.
    """
    temporary = _temporary(path)
    try:
        yield temporary
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
    except OSError as error:
        why = error.strerror or str(error)
        hint = "close it if a program holds it open, or choose another place"
        raise ReportError(f"{path}: cannot be written ({why}) - {hint}") from error
    finally:
        temporary.unlink(missing_ok=True)


def _temporary(path: Path) -> Path:
    """An empty file beside ``path``, its folder made where it is missing."""
    lock = path.with_name(f"~${path.name}")
    if lock.exists():
        raise ReportError(f"{path}: the file is open in Excel - close it there, or write elsewhere with -o")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.stem}-", suffix=path.suffix, dir=path.parent)
        os.close(handle)
    except OSError as error:
        raise ReportError(f"{path}: the folder cannot be written ({error.strerror}) - choose another place") from error
    return Path(name)


def _umask() -> int:
    """The process' mask for new files, which mkstemp does not apply."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
