"""The sheet of a stress test: each shock, the size at which the plan still holds and at which none is left."""

from __future__ import annotations

from finopt.report.excel.sheet import Book, Sheet
from finopt.report.studies.book import WORDS, Field, Placed, place
from finopt.study.infeasible.stress import Stress
from finopt.wording import capital

KINDS = {
    "cost": ("How much higher all costs may be", "share of the cost", "rate"),
    "delay": ("How much later revenue and running costs may come", "months", "count"),
    "revenue": ("How much lower revenue may be", "share of the revenue", "rate"),
    "rates": ("How much higher the rates of debt may be", "added to the yearly rate", "rate"),
    "FX": ("How far a currency may move", "share of its value", "rate"),
    "gate": ("Whether a gate may be shut", "1 is shut", "count"),
}
"""The heading of each kind of shock, the unit of its sizes, and their format."""
HOLDS, BREAKS = "A plan is left at", "No plan is left at"
ABOUT = "The smallest shock of each kind that leaves no plan. Every size was solved; figures of the solver."


def write(book: Book, stress: Stress) -> None:
    """Write one table a kind of shock, in the order of the study, each with what gives way first."""
    sheet = Sheet(book, "Stress", ABOUT)
    sheet.ws.freeze_panes(2, 1)
    sheet.ws.repeat_rows(0, 1)
    row = 4
    for kind in dict.fromkeys(stress.table["kind"]):
        row = _shocks(sheet, row, stress, kind).below


def _shocks(sheet: Sheet, row: int, stress: Stress, kind: str) -> Placed:
    """The shocks of one kind: their sizes are of one unit."""
    table = stress.table[stress.table["kind"] == kind]
    heading, unit, number = KINDS[kind]
    fields = [
        Field("Shock", "text", [capital(name) for name in table["shock"]], "label", width=34),
        Field(HOLDS, number, table["holds_at"].tolist(), width=16),
        Field(BREAKS, number, table["breaks_at"].tolist(), width=16),
        Field("First to give way", "text", table["gives_way"].tolist(), "muted", width=WORDS),
        Field("In words", "text", table["sentence"].tolist(), "muted", width=WORDS),
    ]
    return place(sheet, row, f"{heading} ({unit})", fields)
