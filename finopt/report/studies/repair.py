"""The report of a case without a plan: why none exists, and what would give it one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from finopt.report.excel.styles import Styles
from finopt.study.infeasible.explain import Clause, Explanation
from finopt.wording import capital

WIDTHS = (9, 18, 34, 24, 90)
LINE = 15.0
"""Height of a line of text, in points: spreadsheets do not make room for wrapped text by themselves."""


def write(workbook: Any, found: Explanation) -> None:
    """Write sheet Repair: reasons, clashes by row and cell, repairs with their amounts and the cost that follows."""
    _Page(workbook).write(found)


class _Page:
    """The one sheet, filled from top to bottom."""

    def __init__(self, workbook: Any) -> None:
        self.ws = workbook.add_worksheet("Repair")
        self.styles = Styles(workbook)
        self.row = 0
        for column, width in enumerate(WIDTHS):
            self.ws.set_column(column, column, width)
        self.ws.hide_gridlines(2)
        self.ws.set_landscape()
        self.ws.set_paper(9)
        self.ws.fit_to_pages(1, 0)
        self.ws.set_footer("&L&8Repair&R&8Page &P of &N")

    def write(self, found: Explanation) -> None:
        """Everything that is known about why there is no plan."""
        what = "a plan exists" if found.feasible else "no best plan exists" if found.pump else "no plan exists"
        self._line([f"{found.case.name} - {what}"], "title")
        self._line([f"Money in {found.case.money}. Cells are those of the input workbook."], "muted")
        if found.feasible:
            self._line(["There is nothing to explain and nothing to repair: run the case."])
            return
        if found.pump:
            self._unbounded(found)
            return
        if found.reasons:
            self._band("What arithmetic alone shows")
            for i, reason in enumerate(found.reasons, 1):
                self._wrapped([str(i), "", "", "", reason])
        for i, clash in enumerate(found.clashes, 1):
            several = "these cannot all hold; without any one of them the others could"
            self._band(f"Clash {i}: {several if len(clash.clauses) > 1 else 'this cannot hold'}")
            self._clauses(clash.clauses)
            if clash.shut:
                self._line(["Shut away from it"], "label", bold=True)
                self._clauses(clash.shut)
        self._repairs(found)
        self._gifts(found)

    def _unbounded(self, found: Explanation) -> None:
        """The flows along which the aim can be improved without end."""
        self._band("The aim can be improved without end")
        for words in found.pump:
            self._wrapped(["", "", "", "", words])

    def _clauses(self, clauses: Sequence[Clause]) -> None:
        self._line(["Cell", "Sheet", "Row", "Column", "What it says"], "head")
        for clause in clauses:
            self._line([clause.cell, clause.sheet, clause.row, clause.column, clause.says])

    def _repairs(self, found: Explanation) -> None:
        self._band("Repairs: alternatives that differ in who gives, each proven by solving the repaired case")
        if not found.repairs:
            self._line(
                ["No change of the limits, gates, dates, shares and covenants asked here makes a plan possible."]
            )
            return
        measure = found.repairs[0].measure
        self._line(["Repair", capital(measure), "Who gives", "", "What changes"], "head")
        for i, repair in enumerate(found.repairs, 1):
            self._wrapped([str(i), "", "; ".join(repair.who), "", repair.says])
            style = self.styles("money", "decision", valign="top")
            self.ws.write_number(self.row - 1, 1, repair.cost, style)

    def _gifts(self, found: Explanation) -> None:
        """Each change of the workbook, by year where it is one."""
        changes = [(i, change) for i, repair in enumerate(found.repairs, 1) for change in repair.changes]
        if not changes:
            return
        self._band("Every change, cell by cell")
        self._line(["Repair", "Sheet", "Row", "Column or year", "Change"], "head")
        for i, change in changes:
            said = f"set to {change.value}" if change.sets else f"{change.add:+,.10g}"
            self._line([str(i), change.sheet, change.row, change.column, said])

    def _band(self, words: str) -> None:
        self.row += 1
        self._line([words, "", "", "", ""], "band")

    def _wrapped(self, words: Sequence[str]) -> None:
        lines = max(math.ceil(0.9 * len(word) / width) for word, width in zip(words, WIDTHS, strict=True))
        self.ws.set_row(self.row, LINE * max(1, lines))
        self._line(words, text_wrap=True, valign="top", indent=1)

    def _line(self, words: Sequence[str], role: str = "label", **more: object) -> None:
        style = self.styles("text", role, **more)
        for column, word in enumerate(words):
            if word or role == "band":
                self.ws.write_string(self.row, column, word, style)
        self.row += 1
