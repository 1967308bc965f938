"""What a report says: its inputs as read, its flows, its periods, and the financing cost that it shows."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import re
import unicodedata
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
from openpyxl.utils import column_index_from_string

from finopt.errors import ReportError
from finopt.workbook.container import package_of

Record = Mapping[str, Any]
"""One row as read: heading to value; blank cells are left out."""
Rows = Sequence[Sequence[Any]]
TITLE = re.compile(r"As read: ([^.]+)\.")
MARK = "_finopt_sheet"
"""Hidden name of a sheet that was written back into a user's workbook, with the name that it has in a report."""
LINK = r"'?((?:[^'!]|'')+)'?!\$?([A-Z]+)\$?(\d+)"
"""A cell of another sheet, in a formula."""
NEEDED = ("flow", "source", "package", "period", "amount", "amount in source currency")
DIGEST = "Digest of the inputs as read"
COST_PLACES = (
    ("Inputs", "Financing cost as the solver proved it"), ("Cash flow", "Financing cost"), ("Data", "Cost"),
    ("Summary", "Financing cost, present value"),
)  # fmt: skip
"""Where a report shows its financing cost: sheet and the words beside it."""
PRIMAL = ("Certificate", "Final plan")
"""Where it shows the first aim, which may be the financing cost."""


@dataclass(frozen=True)
class Report:
    """A report as bare tables.

    ``inputs`` holds the rows of each sheet as read, in order, and ``digest`` what a change to them would change;
    ``data`` is sheet Data with the number of each row; ``periods`` are label, last day and phase of each period;
    ``costs`` is every financing cost that the report shows, by its place, None where a cell has no stored value.
    """

    path: Path
    inputs: Mapping[str, Sequence[Record]]
    digest: str
    stated_digest: str | None
    data: pd.DataFrame
    periods: Sequence[tuple[str, dt.date, str]]
    costs: Mapping[str, float | None]

    def rows(self, sheet: str) -> Sequence[Record]:
        """The rows of a sheet as read; none where the case has no such sheet."""
        return self.inputs.get(sheet, ())


def same(text: Any) -> str:
    """The form in which two names are one: no case, no odd spaces."""
    return " ".join(unicodedata.normalize("NFKC", str(text)).split()).casefold()


def read(path: str | Path) -> Report:
    """Read a report. Raises CaseError where the file is no workbook, ReportError where it is no report."""
    return _Book(Path(path)).report()


class _Book:
    """A workbook, its values and, where a value is missing, its formulas."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.content = package_of(path)
        self.values = self._load(data_only=True, read_only=True)  # three sheets of many are read
        sheets = self.values.worksheets
        self.names = {sheet.title: sheet.title for sheet in sheets}
        self.names |= {_mark(sheet): sheet.title for sheet in sheets if _mark(sheet)}
        self._formulas: Any = None

    def _load(self, **how: bool) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # what openpyxl cannot show does not matter here
            try:
                return openpyxl.load_workbook(io.BytesIO(self.content), **how)
            except Exception as error:
                raise self.refusal() from error

    def refusal(self) -> ReportError:
        return ReportError(
            f"{self.path}: is not a report of a plan - expected a workbook that finopt run wrote, with its sheets "
            "Inputs and Data; run the plan again with this version, then audit the new report"
        )

    def rows(self, name: str) -> Rows:
        """All rows of a sheet, each as long as the longest."""
        if name not in self.names:
            raise self.refusal()
        rows = list(self.values[self.names[name]].iter_rows(values_only=True))
        width = max(map(len, rows), default=0)
        return [(*row, *[None] * (width - len(row))) for row in rows]

    def report(self) -> Report:
        inputs = self.rows("Inputs")
        tables = dict(_tables(inputs))
        if not {"Project", "Sources", "Packages"} <= set(tables):
            raise self.refusal()
        stated = _beside(inputs, DIGEST)
        return Report(
            self.path,
            tables,
            digest(tables),
            None if stated is None else str(stated),
            self._data(),
            list(self._periods(inputs)),
            dict(self._costs(inputs)),
        )

    def _periods(self, inputs: Rows) -> Iterator[tuple[str, dt.date, str]]:
        for label, last, phase in zip(*(row[5:] for row in inputs[2:5]), strict=True):
            if phase not in ("Construction", "Operation") or not isinstance(last, dt.datetime):
                return
            yield str(label), last.date(), phase

    def _data(self) -> pd.DataFrame:
        rows = self.rows("Data")
        head = next((i for i, row in enumerate(rows[:10]) if set(NEEDED) <= {str(v).casefold() for v in row}), None)
        if head is None:
            raise self.refusal()
        titles = [str(title).casefold() for title in rows[head]]
        table = pd.DataFrame(rows[head + 1 :], columns=titles, dtype=object)
        table["row"] = range(head + 2, head + 2 + len(table))
        table = table[table["flow"].notna()]
        for title in ("amount", "amount in source currency"):
            column = titles.index(title) + 1
            cells = zip(table["row"].tolist(), table[title].tolist(), strict=True)
            figures = [self._worked_out("Data", row, column) if value is None else value for row, value in cells]
            table[title] = pd.to_numeric(pd.Series(figures, table.index, dtype=object), errors="coerce")
        words = [title for title in titles if title in ("flow", "source", "payer", "package", "period")]
        table[words] = table[words].fillna("").astype(str)
        return table

    def _worked_out(self, sheet: str, row: int, column: int, depth: int = 5) -> float | None:
        """A figure whose value was not stored, where it is a link, or two links with a sign between them."""
        if self._formulas is None:
            self._formulas = self._load()
        cell = self._formulas[self.names[sheet]].cell(row, column).value
        if isinstance(cell, int | float) and not isinstance(cell, bool):
            return float(cell)
        found = re.fullmatch(f"={LINK}(?:([-*/]){LINK})?", str(cell))
        if found is None or depth == 0:
            return None
        first = self._linked(found.groups()[:3], depth)
        if found[4] is None or first is None:
            return first
        second = self._linked(found.groups()[4:], depth)
        if second is None or (found[4] == "/" and not second):
            return None
        return {"-": first - second, "*": first * second, "/": first / (second or 1.0)}[found[4]]

    def _linked(self, link: Sequence[str | None], depth: int) -> float | None:
        """The figure in a cell of another sheet."""
        name, column, row = str(link[0]).replace("''", "'"), str(link[1]), int(str(link[2]))
        ours = next((key for key, title in self.names.items() if title == name), None)
        if ours is None:
            return None
        return self._worked_out(ours, row, column_index_from_string(column), depth - 1)

    def _costs(self, inputs: Rows) -> Iterator[tuple[str, float | None]]:
        for name, label in COST_PLACES:
            rows = inputs if name == "Inputs" else self.rows(name) if name in self.names else []
            yield f"{name}: {label}", _number(_beside(rows[::-1], label))
        rows = self.rows(PRIMAL[0]) if PRIMAL[0] in self.names else []
        if any(str(row[0]) == "First aim: minimise financing cost" for row in rows[:20]):
            yield f"{PRIMAL[0]}: {PRIMAL[1]}", _number(_beside(rows, PRIMAL[1]))


def _beside(rows: Rows, label: str) -> Any:
    """The first figure beside a label in the first row that has it, else the last word; None where there is neither."""
    for row in rows:
        if label in row:
            values = [value for value in row[row.index(label) + 1 :] if value is not None]
            return next((value for value in values if _number(value) is not None), values[-1] if values else None)
    return None


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _mark(sheet: Any) -> str:
    """The name that a sheet which was written back has in a report; "" where it is the user's own."""
    name = sheet.defined_names.get(MARK)
    return "" if name is None else str(name.attr_text).strip('"').replace('""', '"')


def _tables(rows: Iterable[Sequence[Any]]) -> Iterator[tuple[str, list[Record]]]:
    """The blocks of sheet Inputs that show a sheet as read: a title, headings, rows, a blank row."""
    sheet, titles, found, blank = "", list[str](), list[Record](), True
    for row in rows:
        title = TITLE.match(str(row[0])) if blank else None
        blank = all(value is None for value in row)
        if title is not None:
            if sheet:
                yield sheet, _as_rows(sheet, found)
            sheet, titles, found = title[1], [], []
        elif sheet and not titles:
            titles = ["" if value is None else str(value) for value in row]
        elif sheet and not blank:
            cells = zip(titles, row, strict=True)
            found.append({title: _plain(value) for title, value in cells if title and value is not None})
    if sheet:
        yield sheet, _as_rows(sheet, found)


def _as_rows(sheet: str, found: list[Record]) -> list[Record]:
    """Project has one item a row; here it is one row with one column an item."""
    if sheet != "Project":
        return found
    return [{str(row.get("Item")): row.get("Value") for row in found}]


def _plain(value: Any) -> Any:
    return value.date() if isinstance(value, dt.datetime) else value


def digest(tables: Mapping[str, Sequence[Record]]) -> str:
    """A fingerprint of all cells as read, provenance apart: it changes when one of them does."""
    text = hashlib.sha256()
    for sheet in sorted(tables):
        for number, row in enumerate(tables[sheet]):
            for title in sorted(row):
                if title.casefold() not in ("note", "status", "reference"):
                    text.update(f"{sheet}\t{number}\t{title}\t{_spelled(row[title])}\n".encode())
    return text.hexdigest()[:16]


def _spelled(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return f"{value:.12g}"
    if isinstance(value, dt.date):
        return f"{value:%Y-%m-%d}"
    return " ".join(re.sub(r"_x[0-9A-Fa-f]{4}_|[\x00-\x1f]", " ", str(value)).split())
