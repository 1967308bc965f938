"""Data that note what is read of them, so that a family cannot read what it does not declare."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Any

from finopt.case.arrays import _ARRAYS, Data
from finopt.case.row import Row
from finopt.model.build import Model
from finopt.model.family import Family
from finopt.model.objective import AIM_USES, stages
from finopt.model.variables import PATTERN, WHERE_USES, where


class Reader:
    """Stands for an object and notes what is read of it, in the words of `Family.left_uses`."""

    def __init__(self, of: Any, note: Callable[[str], None]) -> None:
        self.__dict__.update(_of=of, _note=note)

    def _through(self, name: str) -> Any:
        """What the class of the object makes of a name, worked out on this stand-in."""
        found = getattr(type(self._of), name, None)
        if isinstance(found, property) and found.fget is not None:
            return found.fget(self)
        if isinstance(found, cached_property):
            return found.func(self)
        return found.__get__(self) if callable(found) else getattr(self._of, name)


class RecordedRow(Reader):
    """A row of the workbook: notes its columns."""

    def __getattr__(self, name: str) -> Any:
        if name not in type(self._of).model_fields:
            return self._through(name)
        self._note(f"{self._of.SHEET}.{name}")
        return getattr(self._of, name)


class RecordedCase(Reader):
    """A case: its rows note their columns."""

    def __getattr__(self, name: str) -> Any:
        if name == "calendar":
            return self._of.calendar
        return self._through(name)

    def rows(self, kind: type[Row]) -> tuple[RecordedRow, ...]:
        return tuple(RecordedRow(row, self._note) for row in self._of.rows(kind))

    @property
    def tables(self) -> dict[str, tuple[RecordedRow, ...]]:
        return {sheet: tuple(RecordedRow(row, self._note) for row in rows) for sheet, rows in self._of.tables.items()}


class RecordedData(Reader):
    """Data: notes arrays, columns asked for by name, and what is read of the case."""

    def __getattr__(self, name: str) -> Any:
        if name == "case":
            return RecordedCase(self._of.case, self._note)
        if name == "value":
            return self._value
        if name not in _ARRAYS:
            return self._through(name)
        self._note(name)
        return getattr(self._of, name)

    def _value(self, name: str) -> Any:
        self._note(name)
        return self._of.value(name)


def reads(model: Model, read: Callable[[Data, Any], object]) -> set[str]:
    """What a function of data and variables reads of a model's case."""
    noted: set[str] = set()
    data: Any = RecordedData(model.data, noted.add)
    read(data, model.variables.over(data))
    return noted


def reads_of(model: Model, family: Family) -> tuple[set[str], set[str]]:
    """What the left and the right side of a family read."""
    left = reads(model, lambda data, v: list(family.left(data, v)))
    keys = model.emitted[family.name].keys
    return left, reads(model, lambda data, v: family.right(data, keys))


def undeclared(noted: Iterable[str], uses: Iterable[str]) -> set[str]:
    """What of a side's reads its family does not declare."""
    known = {*uses, *PATTERN}
    return {name for name in noted if name not in known and name.partition(".")[0] not in known}


def faults(model: Model, families: Iterable[Family]) -> list[str]:
    """Every read of a family that is not declared, in words."""
    found = []
    for family in families:
        left, right = reads_of(model, family)
        for side, noted, uses in (("left", left, family.left_uses), ("right", right, family.right_uses)):
            found += [f"{family.name}.{side} reads {name}" for name in sorted(undeclared(noted, uses))]
    return found


def faults_beside(model: Model) -> list[str]:
    """Every read of the aims, and of the table of variables, that is not declared."""
    aims = reads(model, lambda data, v: stages(data, v))
    table = reads(model, lambda data, v: where(data))
    found = [f"the aims read {name}" for name in sorted(undeclared(aims, AIM_USES))]
    return found + [f"the variables read {name}" for name in sorted(undeclared(table, WHERE_USES))]
