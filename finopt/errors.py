"""What can go wrong, on one screen: a wrong workbook, or a question that has no plan."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


class FinoptError(Exception):
    """The parent of every error that finopt raises on purpose."""


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, or doubtful, in a workbook.

    ``sheet`` and ``cell`` say where ("Sources", "K7"), ``column`` its header. ``found`` and
    ``expected`` are words for a person; ``hint`` is the way out. A warning does not stop a run.
    """

    sheet: str
    cell: str
    column: str
    found: str
    expected: str
    hint: str = ""
    warning: bool = False

    def __str__(self) -> str:
        place = f"{self.sheet}!{self.cell}" if self.cell else self.sheet
        where = f"{place} {self.column}".strip()
        text = f"found {self.found}" if self.found else ""
        if self.expected:
            text += f", expected {self.expected}" if text else f"expected {self.expected}"
        if self.hint:
            text += f" - {self.hint}" if text else self.hint
        return f"{where}: {text}" if where else text


class CaseError(FinoptError):
    """The input is wrong. ``findings`` holds every fault at once, ordered by sheet and cell, warnings among them."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__("\n".join(f"{'warning: ' if f.warning else ''}{f}" for f in self.findings))


class ReportError(FinoptError):
    """A result could not be written: the message says which file, why, and the way out."""


class NoPlan(FinoptError):
    """No proven plan exists. ``reasons`` are sentences in the workbook's words."""

    def __init__(self, message: str, reasons: Iterable[str] = ()) -> None:
        self.reasons = tuple(reasons)
        super().__init__("\n".join([message, *self.reasons]))


class Infeasible(NoPlan):
    """The limits and conditions contradict each other: no plan can meet them all."""


class Unbounded(NoPlan):
    """The objective can be improved without end: some money is free in circles."""


class NotProven(NoPlan):
    """The solver stopped before proof (time, iterations, numbers). ``gap`` is what is left, if known."""

    def __init__(self, message: str, gap: float | None = None) -> None:
        self.gap = gap
        super().__init__(message)
