"""Selectors: `all`, or `field: name, name; field: name` - a comma is "or", a semicolon is "and"."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from finopt.case.case import Case
from finopt.case.names import PROJECT_ACCOUNT, nearest, same

SOURCE_FIELDS = ("party", "source", "instrument", "currency")
USE_FIELDS = ("location", "group", "package")


@dataclass(frozen=True)
class Condition:
    """One `field: name, name`."""

    field: str
    names: tuple[str, ...]

    def chosen(self, known: Iterable[str]) -> tuple[set[str], list[str]]:
        """The known values that are named, folded, and the names that nothing is called.

        A known value may hold commas itself: the longest that fits at a place is meant.
        """
        words = [same(name) for name in self.names]
        parts = {same(value): [same(part) for part in value.split(",")] for value in known}
        found, unknown, at = set(), [], 0
        while at < len(words):
            fits = [value for value, pieces in parts.items() if words[at : at + len(pieces)] == pieces]
            longest = max(fits, key=lambda value: len(parts[value]), default=None)
            if longest is None:
                unknown.append(self.names[at])
                at += 1
            else:
                found.add(longest)
                at += len(parts[longest])
        return found, unknown


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

    @property
    def is_all(self) -> bool:
        """Whether it chooses everything."""
        return not self.conditions

    def sources(self, case: Case) -> list[int]:
        """Index of each chosen source, in the workbook's order; conditions on uses do not count."""
        return self._meeting(case, SOURCE_FIELDS, [s.source for s in case.sources], _source_field)

    def uses(self, case: Case) -> list[int]:
        """Index in ``case.uses`` of each chosen use; conditions on sources do not count."""
        return self._meeting(case, USE_FIELDS, case.uses, _use_field)

    def _meeting(
        self, case: Case, fields: tuple[str, ...], names: Sequence[str], value: Callable[[Case, str, str], str]
    ) -> list[int]:
        tests = [(c.field, c.chosen(known_values(case, c.field))[0]) for c in self.conditions if c.field in fields]
        return [i for i, name in enumerate(names) if all(same(value(case, name, f)) in chosen for f, chosen in tests)]

    def faults(self, case: Case, fields: tuple[str, ...]) -> Iterator[str]:
        """What is wrong with it on this case, in words: a field that does not apply, a name that no row has."""
        for condition in self.conditions:
            if condition.field not in fields:
                yield f"the field {condition.field!r} does not apply here; use {', '.join(fields)}"
                continue
            known = known_values(case, condition.field)
            for name in condition.chosen(known)[1]:
                yield f"no {condition.field} is called {name!r}: {nearest(name, known)}"


def is_selector(text: str) -> bool:
    """Whether a text that may also be a name selects by a field: `location: US` does, `Phase 1: works` is a name."""
    field, colon, _ = text.partition(":")
    return bool(colon) and same(field) in SOURCE_FIELDS + USE_FIELDS


def known_values(case: Case, field: str) -> list[str]:
    """The values that a field takes in a case."""
    if field in SOURCE_FIELDS:
        return list(dict.fromkeys(_source_field(case, s.source, field) for s in case.sources))
    return [v for v in dict.fromkeys(_use_field(case, use, field) for use in case.uses) if v]


def meant(case: Case, text: str, fields: Iterable[str]) -> str:
    """What a bare name that is no selector may mean, as the end of a message: " - did you mean `party: Moscow`?"."""
    for field in fields:
        for value in known_values(case, field):
            if same(value) == same(text):
                return f" - did you mean `{field}: {value}`?"
    return ""


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
