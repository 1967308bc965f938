"""Changes of a case: set, add or scale one number, and the findings where a change does not fit."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from pydantic import ValidationError

from finopt.case.calendar import add_months, period_label
from finopt.case.names import nearest, same
from finopt.case.row import R, Row
from finopt.errors import CaseError, Finding


@dataclass(frozen=True)
class Change:
    """One change of a case: cells set to ``value``, or ``add`` added, or scaled by ``scale``; see Case.change.

    A year may stand as a number, a day as a date, where a heading is meant.
    """

    sheet: str
    row: str
    column: str
    value: Any = None
    add: float | None = None
    scale: float | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "row", as_heading(self.row))
        object.__setattr__(self, "column", as_heading(self.column))
        if self.add is not None and self.scale is not None:
            raise ValueError("say either add or scale, not both")

    @property
    def sets(self) -> bool:
        """Whether it sets a value, rather than adding to it or scaling it."""
        return self.add is None and self.scale is None

    def __call__(self, old: Any) -> Any:
        """The new value of one cell. Raises ValueError, in words, where the old one cannot be changed so."""
        if self.sets:
            return self.value
        if isinstance(old, dt.date):
            if self.add is None:
                raise ValueError("a date can be set, or moved by add (years), not scaled")
            return add_months(old, round(12 * self.add))
        if isinstance(old, bool) or not isinstance(old, int | float):
            raise ValueError(f"{old!r} is not a number: it can be set, not added to or scaled")
        return old + self.add if self.add is not None else old * cast(float, self.scale)

    def __str__(self) -> str:
        place = f"{self.sheet}/{self.row}/{self.column}"
        if self.sets:
            return f"{place} set to {self.value}"
        return f"{place} plus {self.add:g}" if self.add is not None else f"{place} times {self.scale:g}"


def as_heading(value: str | float | dt.date) -> str:
    """What a heading says, where a caller gives the year as a number or the day as a date."""
    if isinstance(value, dt.datetime):
        value = value.date()
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value)


def unknown_name(kind: type[Row], word: str, what: str, hint: str) -> CaseError:
    """The error for a row or column that a sheet does not have."""
    return CaseError([Finding(kind.SHEET, "", "", repr(word), what, hint)])


def changed_row(row: R, column: str, operation: Change, *, several: bool) -> tuple[R, int]:
    """The row with one column changed, and how many cells that touched."""
    name = type(row).field_of(column)
    try:
        if name is not None:
            old = getattr(row, name)
            if old is None and not operation.sets:
                if several:
                    return row, 0
                raise ValueError("the cell is blank: set it instead")
            return _update(row, name, operation(old)), 1
        values = dict(getattr(row, "values", {}))
        if type(row).series() is None:
            titles = [c.title for c in type(row).columns().values()]
            raise unknown_name(type(row), column, f"a column of {row.SHEET}", nearest(column, titles))
        labels = (
            list(values) if column == "*" else [next((v for v in values if _alike(v, column)), _spelled(row, column))]
        )
        if _is_no_period(row, labels, values):
            hint = nearest(column, values)
            raise unknown_name(type(row), column, "a period such as 2029, 2029-H1, 2029-Q3 or 2029-07", hint)
        hits = 0
        for label in labels:
            if label not in values and not operation.sets:
                continue
            new = operation(values.get(label))
            if new is None:
                values.pop(label, None)
            else:
                values[label] = new
            hits += 1
        return row.changed(values=values), hits
    except ValueError as error:
        if isinstance(error, ValidationError):
            raise CaseError(list(_findings(row, column, error))) from None
        sheet, cell = row.where(name or column)
        raise CaseError([Finding(sheet, cell, column, "", "", str(error))]) from None


def _alike(label: str, column: str) -> bool:
    """Whether two headers are one: by their letters, or by the period that they mean."""
    return same(label) == same(column) or (period_label(label) == period_label(column) is not None)


def _spelled(row: Row, column: str) -> str:
    """A new header as finopt spells it."""
    series = type(row).series()
    periods = series is not None and series.across == "periods"
    return (period_label(column) or column) if periods else column


def _is_no_period(row: Row, labels: Iterable[str], values: Mapping[str, Any]) -> bool:
    """Whether a new header on a sheet of periods means none: money that nobody would see."""
    series = type(row).series()
    across = series is not None and series.across == "periods"
    return across and any(label not in values and period_label(label) is None for label in labels)


def _update(row: R, name: str, value: Any) -> R:
    if value is None:
        kept = {n: getattr(row, n) for n in type(row).model_fields if n != name}
        return type(row).model_validate(kept)
    return row.changed(**{name: value})


def _findings(row: Row, column: str, error: ValidationError) -> Iterator[Finding]:
    for fault in error.errors():
        context = fault.get("ctx", {})
        sheet, cell = row.where(type(row).field_of(column) or column)
        value = fault.get("input") if fault["loc"] else fault["input"].get(context.get("field"))  # a fault of the row
        yield Finding(
            sheet,
            cell,
            column,
            "nothing" if value is None else repr(value),
            context.get("expected", fault["msg"]),
            context.get("hint", ""),
        )
