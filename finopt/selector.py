"""Selectors: `all`, or `field: name, name; field: name` - a comma is "or", a semicolon is "and"."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from finopt.case import Case, nearest
from finopt.read.columns import PROJECT_ACCOUNT, same

SOURCE_FIELDS = ("party", "source", "instrument", "currency")
USE_FIELDS = ("location", "group", "package")


@dataclass(frozen=True)
class Condition:
    """One `field: name, name`."""

    field: str
    names: tuple[str, ...]

    def accepts(self, value: str) -> bool:
        """Whether a row with this value of the field is chosen."""
        return same(value) in {same(name) for name in self.names}


@dataclass(frozen=True)
class Selector:
    """A parsed selector. Raises ValueError, in words, where the text is not one."""

    conditions: tuple[Condition, ...]

    @classmethod
    def parse(cls, text: str) -> Selector:
        """Read `all` or `field: name, name; field: name`."""
        if same(text) == "all":
            return cls(())
        return cls(tuple(_condition(part) for part in text.split(";") if part.strip()))

    def sources(self, case: Case) -> list[int]:
        """Index of each chosen source, in the workbook's order; conditions on uses do not count."""
        return [i for i, s in enumerate(case.sources) if all(c.accepts(_source_field(case, s.source, c.field))
                for c in self.conditions if c.field in SOURCE_FIELDS)]  # fmt: skip

    def uses(self, case: Case) -> list[int]:
        """Index in ``case.uses`` of each chosen use; conditions on sources do not count."""
        return [i for i, use in enumerate(case.uses) if all(c.accepts(_use_field(case, use, c.field))
                for c in self.conditions if c.field in USE_FIELDS)]  # fmt: skip

    def faults(self, case: Case, fields: tuple[str, ...]) -> Iterator[str]:
        """What is wrong with it on this case, in words: a field that does not apply, a name that no row has."""
        for condition in self.conditions:
            if condition.field not in fields:
                yield f"the field {condition.field!r} does not apply here; use {', '.join(fields)}"
                continue
            known = known_values(case, condition.field)
            for name in condition.names:
                if same(name) not in {same(k) for k in known}:
                    yield f"no {condition.field} is called {name!r}: {nearest(name, known)}"


def known_values(case: Case, field: str) -> list[str]:
    """The values that a field takes in a case."""
    if field in SOURCE_FIELDS:
        return list(dict.fromkeys(_source_field(case, s.source, field) for s in case.sources))
    return [v for v in dict.fromkeys(_use_field(case, use, field) for use in case.uses) if v]


def _condition(part: str) -> Condition:
    field, colon, names = part.partition(":")
    name = same(field)
    if not colon or name not in SOURCE_FIELDS + USE_FIELDS:
        raise ValueError(
            f"{part.strip()!r} is not a selector; write `all`, or `field: name, name` with a field among "
            + ", ".join(SOURCE_FIELDS + USE_FIELDS)
        )
    chosen = tuple(n.strip() for n in names.split(",") if n.strip())
    if not chosen:
        raise ValueError(f"{part.strip()!r} names nothing after the colon")
    return Condition(name, chosen)


def _source_field(case: Case, source: str, field: str) -> str:
    if source == PROJECT_ACCOUNT:
        return ""
    row = next(s for s in case.sources if s.source == source)
    if field == "currency":
        return row.currency or case.project.currency
    return str(getattr(row, field))


def _use_field(case: Case, use: str, field: str) -> str:
    if field == "package":
        return use
    return next((str(getattr(p, field)) for p in case.packages if p.package == use), "")
