"""What every row of a sheet shares: its columns, with title, kind and meaning, and the cells it was read from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType
from typing import Annotated, Any, ClassVar, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, model_validator
from pydantic.fields import FieldInfo

from finopt.case.kinds import Kind
from finopt.case.names import fold
from finopt.literal import visible


@dataclass(frozen=True)
class Column:
    """One column: its title, what kind of value it holds, its meaning, its default in words.

    ``refers`` names the sheet whose keys the cell must name. ``choices`` feed the drop-down list.
    """

    title: str
    kind: Kind
    meaning: str
    default: str = ""
    refers: str = ""
    choices: tuple[str, ...] = ()
    example: Any = None


@dataclass(frozen=True)
class Series:
    """The columns behind the fixed ones: one a period, or one a source or driver, all of one kind."""

    across: Literal["periods", "sources", "drivers"]
    kind: Kind
    meaning: str


@dataclass(frozen=True)
class Origin:
    """Where a row came from: the sheet's name in the file, the row, and the cell of each field or period."""

    sheet: str = ""
    row: int = 0
    cells: Mapping[str, str] = field(default_factory=dict)

    def cell(self, name: str = "") -> str:
        """The address of a field or period header, or of the row's first cell."""
        return self.cells.get(name, f"A{self.row}" if self.row else "")


class Row(BaseModel):
    """One row of a sheet: frozen, no unknown fields, with its provenance."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True, defer_build=True)
    SHEET: ClassVar[str]
    KEY: ClassVar[str]
    REQUIRED: ClassVar[bool] = False
    UNIQUE: ClassVar[bool] = True
    ABOUT: ClassVar[str] = ""

    note: Annotated[str, Column("Note", "text", "Free text; kept for the report.")] = ""
    status: Annotated[str, Column("Status", "text", "reported or assumption.")] = ""
    reference: Annotated[str, Column("Reference", "text", "Document, date and page of the figure.")] = ""
    origin: Origin = Origin()

    @model_validator(mode="before")
    @classmethod
    def _visible(cls, given: Any) -> Any:
        """What nobody sees is part of no text, also in a case made in Python."""
        return {name: _seen(value) for name, value in given.items()} if isinstance(given, dict) else given

    @property
    def key(self) -> str:
        """The value of the key column, by which other sheets and changes name this row."""
        return str(getattr(self, self.KEY))

    @classmethod
    @cache
    def columns(cls) -> Mapping[str, Column]:
        """Field name to column, in reading order, provenance last."""
        own = {name: c for name, info in cls.model_fields.items() if (c := _meta(info, Column)) is not None}
        tail = ("note", "status", "reference")
        return MappingProxyType({n: c for n, c in own.items() if n not in tail} | {n: own[n] for n in tail})

    @classmethod
    @cache
    def series(cls) -> Series | None:
        """What the columns of ``values`` are, or None where the sheet has fixed columns only."""
        info = cls.model_fields.get("values")
        return None if info is None else _meta(info, Series)

    @classmethod
    @cache
    def field_of(cls, title: str) -> str | None:
        """The field whose column has this title (folded), or None."""
        return next((n for n, c in cls.columns().items() if fold(c.title) == fold(title)), None)

    def changed(self, **update: Any) -> Self:
        """This row with some fields replaced, validated again. Raises pydantic's ValidationError."""
        return type(self).model_validate({**{n: getattr(self, n) for n in type(self).model_fields}, **update})

    def where(self, name: str = "") -> tuple[str, str]:
        """Sheet and cell of a field, for messages."""
        return self.origin.sheet or self.SHEET, self.origin.cell(name)


def _seen(value: Any) -> Any:
    """A field's value with its texts, and the headings of a time series, as they can be seen."""
    if isinstance(value, Mapping):
        return {_seen(heading): _seen(cell) for heading, cell in value.items()}
    return visible(value) if isinstance(value, str) else value


M = TypeVar("M", "Column", "Series")


def _meta(info: FieldInfo, kind: type[M]) -> M | None:
    return next((m for m in info.metadata if isinstance(m, kind)), None)


R = TypeVar("R", bound=Row)
