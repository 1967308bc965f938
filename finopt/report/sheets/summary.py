"""Summary: one printed page. Sources and uses, shares, key figures, four charts, and why this plan."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from finopt.report.excel import charts
from finopt.report.excel.page import Page
from finopt.report.excel.plan_arrays import first_peak
from finopt.report.excel.sheet import Book, Key, Sheet, Value, summed
from finopt.report.sheets.reasons import reasons
from finopt.wording import capital

MOST = 16
"""Lines of a table on the page; smaller ones are added up in one."""
WIDTH = 245
"""Characters of a sentence that fit on a line of the page."""
ROW = 20
"""Height of a row in pixels."""
LONG = 47
"""Characters of a name that fit in its column where amounts need no more than theirs."""
MONEY = 11
"""Least width of a column of amounts."""


@dataclass(frozen=True)
class Entry:
    """One line of a table: words, formula, value, and how it looks."""

    label: str
    formula: str
    value: Value
    number: str = "money"
    share: tuple[str, float] | None = None
    bold: bool = False
    indent: int = 0
    colour: str = ""
    note: str = ""


def write(book: Book) -> None:
    """Write the page from what the other sheets hold."""
    page = _Page(book)
    bottom = max(page.uses(), page.sources(), page.right_side())
    bottom = page.pictures(bottom + 1)
    bottom = page.why(bottom + 1)
    page.ws.print_area(0, 0, bottom - 1, 11)


class _Page(Sheet):
    check_at = (1, 10)

    def __init__(self, book: Book) -> None:
        aim = book.plan.aims[0]
        what = f"{aim.aim} {aim.measure}" + ("" if aim.of == "all" else f" of {aim.of}")
        periods = book.case.calendar
        about = (
            f"The {book.plan.status} plan: {what}. All money in {book.case.money}, nominal unless it says so; "
            f"{periods[0].first:%d %b %Y} to {periods.periods[-1].last:%d %b %Y}."
        )
        super().__init__(book, "Summary", about)
        self.wider = self._columns()
        self.ws.fit_to_pages(1, 1)
        self.ws.freeze_panes(2, 0)
        self.ws.set_margins(0.4, 0.4, 0.4, 0.5)

    def _columns(self) -> int:
        """Set the widths. Where amounts are long, their columns take from the names: the page stays as wide."""
        lines = self.book.lines
        both = lines["accrued"].total + lines["charged"].total
        self.seen(0, "money", max(lines["uses"].total, both, float(lines["owed"].values.max())))
        more = math.ceil(self.width(0, MONEY)) - MONEY
        widths = (1, 41 - more, MONEY + more, 8, 2, 44 - more, MONEY + more, 8, 2, 44 - 2 * more, 12 + more, 11 + more)
        for column, width in enumerate(widths):
            self.ws.set_column(column, column, width)
        return more

    # ------------------------------------------------------------------ tables

    def uses(self) -> int:
        """Uses by package, largest kept apart where there are many."""
        keys = [
            key for key in self.book.lines if key == "use of growth" or (isinstance(key, tuple) and key[0] == "use")
        ]
        kept, rest = largest(self.book, keys, MOST)
        entries = [self._entry(key, self._label(key)) for key in kept]
        if rest:
            entries.append(self._rest(rest, "uses", f"{len(rest)} smaller uses"))
        return self._table(1, "Uses", entries, self._entry("uses", "Total uses", bold=True))

    def sources(self) -> int:
        """Sources by party."""
        book, entries = self.book, []
        used: list[Key] = [("from", s) for s in range(len(book.case.sources)) if book.lines["from", s].total]
        room = MOST - len(book.case.parties)
        shown, rest = largest(book, used, room)
        for p, party in enumerate(book.case.parties):
            entries.append(self._entry(("from party", p), party.party, bold=True, colour=book.colours[party.party]))
            own = [key for key in shown if self._party_of(key) == p]
            entries += [self._entry(key, self._label(key), indent=1) for key in own]
            few = [key for key in rest if self._party_of(key) == p]
            if few:
                entries.append(self._rest(few, "sources", f"{len(few)} smaller sources", indent=1))
        for key, label in (("from account", "Project account"), ("source of growth", "Interest added to balances")):
            if key in book.lines:
                entries.append(self._entry(key, label, bold=True))
        return self._table(5, "Sources", entries, self._entry("sources", "Total sources", bold=True))

    def _party_of(self, key: Key) -> int | None:
        return self.book.figures.data.party[key[1]] if isinstance(key, tuple) else None

    def right_side(self) -> int:
        """Key figures, then parties and instruments."""
        row = self._key_figures(3)
        row = self._parties(row + 1)
        return self._instruments(row + 1)

    def _label(self, key: Key) -> str:
        if not isinstance(key, tuple):
            return "Interest added to balances"
        if key[0] == "from":
            return self.book.case.sources[key[1]].source
        built_in = key[1] >= len(self.book.case.packages)
        return self.book.figures.data.uses[key[1]] + (" paid with drawn money" if built_in else "")

    def _entry(self, key: Key, label: str, **more: object) -> Entry:
        book = self.book
        line, part = book.lines[key], book.cells["part", key]
        share = (f"={part.ref(self.name)}", float(part.value))
        return Entry(label, f"={self.total(key)}", line.total, share=share, **more)  # type: ignore[arg-type]

    def _rest(self, keys: Sequence[Key], whole: str, label: str, indent: int = 0) -> Entry:
        total = sum(self.book.lines[key].total for key in keys)
        base = self.book.lines[whole].total
        cells = [self.total(key) for key in keys]
        formula = summed(cells)
        shares = summed([self.book.cells["part", key].ref(self.name) for key in keys])
        return Entry(label, formula, total, share=(shares, total / base if base else 0.0), indent=indent)

    def _table(self, column: int, title: str, entries: Sequence[Entry], total: Entry | None = None) -> int:
        self._heading(3, column, title, (self.book.case.money, "share"))
        row = 4
        for entry in [*entries, *([total] if total else [])]:
            self._write(row, column, entry, top=entry is total)
            row += 1
        return row

    def _heading(self, row: int, column: int, title: str, others: Sequence[str]) -> None:
        self.text(row, column, title, "band")
        for i, word in enumerate(others):
            self.text(row, column + 1 + i, word, "band", align="right", font_size=8)

    def _write(self, row: int, column: int, entry: Entry, *, top: bool = False) -> None:
        more: dict[str, Any] = {"bold": True} if entry.bold else {}
        if top:
            more["top"] = 1
        side = {"left": 5, "left_color": entry.colour} if entry.colour else {}
        self.text(row, column, _short(entry.label, LONG - self.wider), "label", indent=entry.indent, **more, **side)
        self.formula(row, column + 1, entry.formula, entry.value, entry.number, "link", align="right", **more)
        if entry.share is not None:
            self.formula(row, column + 2, *entry.share, "share", "link", **more)
        else:
            self.text(row, column + 2, entry.note, "muted", align="right", **more)

    # ------------------------------------------------------------------ the right side

    def _key_figures(self, row: int) -> int:
        book = self.book
        self._heading(row, 9, "Key figures", (book.case.money, ""))
        for entry in self._figures():
            row += 1
            self._write(row, 9, entry)
            if entry.number == "money":
                self.dashes(book.quiet, row, 10, row, 10)
        return row + 1

    def _figures(self) -> list[Entry]:
        book, lines = self.book, self.book.lines
        both = lines["accrued"].total + lines["charged"].total
        cost, rate = book.cells["financing cost"], book.cells["all-in", "taken"]
        owed = lines["owed"].values
        peak = first_peak(owed)
        found = [
            Entry("Total uses", f"={self.total('uses')}", lines["uses"].total, bold=True),
            Entry("Interest and fees, nominal", f"={self.total('accrued')}+{self.total('charged')}", both),
            Entry("Financing cost, present value", f"={cost.ref(self.name)}", cost.value, bold=True),
            Entry("All-in rate a year", f"={rate.ref(self.name)}", rate.value, "rate"),
            Entry("Peak debt", f"=MAX({self.span('owed')})", float(owed.max()), note=self._when(peak, owed.max() > 0)),
            Entry("Debt at the horizon", f"={self.total('owed')}", lines["owed"].total),
        ]
        return found + self._covenants()

    def _covenants(self) -> list[Entry]:
        """The tightest value of each ratio covenant, with its limit."""
        book, found = self.book, []
        for c, row in enumerate(book.case.covenants):
            cell = book.cells.get(("worst", c))
            if cell is None:
                continue
            word = "Highest" if row.covenant in ("gearing", "average life") else "Lowest"
            number = {"gearing": "share", "average life": "years"}.get(row.covenant, "ratio")
            limit = f"limit {row.limit:.0%}" if row.covenant == "gearing" else f"limit {row.limit:g}"
            life = row.covenant == "average life"
            label = "Average life, years" if life else f"{word} {row.covenant}{self._worst(c)}"
            found.append(Entry(label, f"={cell.ref(self.name)}", cell.value, number, note=limit))
        return found[:4]

    def _worst(self, c: int) -> str:
        """When a ratio is at its worst: the first such period."""
        ratio = self.book.lines["covenant", "ratio", c].values
        if not np.isfinite(ratio).any():
            return ""
        worst = np.nanargmax if self.book.case.covenants[c].covenant == "gearing" else np.nanargmin
        return f", in {self.book.case.calendar.labels[int(worst(np.round(ratio, 9)))]}"

    def _when(self, t: int, known: bool) -> str:
        return self.book.case.calendar.labels[t] if known else ""

    def _parties(self, row: int) -> int:
        book = self.book
        self._heading(row, 9, "Party: share of the money drawn", ("share", "peak year"))
        for p, party in enumerate(book.case.parties):
            row += 1
            cell = book.cells["share", ("party", p)]
            side = {"left": 5, "left_color": book.colours[party.party]}
            line = book.lines["party year", p]
            year = int(book.lines["year"].values[first_peak(line.values)])
            when = f", peak in {book.case.calendar.year_name(year)}" if line.total > book.quiet else ""
            self.text(row, 9, _short(party.party, LONG - 2 * self.wider - len(when)) + when, "label", **side)
            self.formula(row, 10, f"={cell.ref(self.name)}", cell.value, "share", "link", align="right")
            self.formula(row, 11, f"={self.total(('party year', p))}", line.total, "money", "link")
        return row + 1

    def _instruments(self, row: int) -> int:
        book = self.book
        self._heading(row, 9, "Instrument: money drawn", (book.case.money, "share"))
        whole = book.lines["from parties"].total
        for kind in dict.fromkeys(s.instrument for s in book.case.sources):
            row += 1
            keys = [("source", s) for s, source in enumerate(book.case.sources) if source.instrument == kind]
            value = sum(book.lines[key].total for key in keys)
            self.text(row, 9, capital(kind))
            cell = self.formula(row, 10, summed([self.total(key) for key in keys]), value, "money", "link")
            base = self.total("from parties")
            formula = f"=IF({base}=0,0,{cell.ref(self.name)}/{base})"
            self.formula(row, 11, formula, value / whole if whole else 0.0, "share")
        return row + 1

    # ------------------------------------------------------------------ pictures and words

    def pictures(self, row: int) -> int:
        """Four charts, two by two."""
        width, height = charts.SIZE
        rows = -(-height // ROW)
        for i, chart in enumerate(charts.four(self.book)):
            place = {"object_position": 2, "x_offset": (i % 2) * (width + 16), "y_offset": 4}
            self.ws.insert_chart(row - 1 + (i // 2) * rows, 1, chart, place)
        return row + 2 * rows

    def why(self, row: int) -> int:
        """The sentences, each on as many lines as it needs."""
        for column in range(1, 12):
            self.text(row, column, "Why this plan" if column == 1 else "", "band")
        row += 1
        for i, sentence in enumerate(reasons(self.book)):
            for j, part in enumerate(textwrap.wrap(sentence, WIDTH)):
                self.text(row, 1, f"{i + 1}.  {part}" if j == 0 else f"     {part}")
                row += 1
        return row


def largest(book: Book, keys: Sequence[Key], most: int) -> tuple[list[Key], list[Key]]:
    """The largest lines in their order, and the rest, when there are more than ``most``."""
    if len(keys) <= most:
        return list(keys), []
    top = sorted(keys, key=lambda key: -book.lines[key].total)[: max(0, most - 1)]
    return [key for key in keys if key in top], [key for key in keys if key not in top]


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 3].rstrip() + "..."


PAGE = Page(
    "Summary",
    "One page to pass on: sources and uses, shares, key figures, charts, reasons",
    write,
    after=(
        "Inputs",
        "Funding schedule",
        "Debt",
        "Package funding",
        "Cash flow",
        "Covenants",
        "Sources and uses",
        "Checks",
    ),
)
