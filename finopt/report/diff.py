"""What changed from one report to another: money by party, source, package and year, and the inputs behind it."""

from __future__ import annotations

import datetime as dt
import io
import math
import re
import warnings
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from finopt.case.names import PROJECT_ACCOUNT
from finopt.errors import ReportError
from finopt.plan import DRAW_COLUMNS
from finopt.report.excel.atomic_file import replacing
from finopt.report.excel.literal_workbook import LiteralWorkbook
from finopt.report.excel.styles import Styles
from finopt.report.record.data import DRAW, HEADER
from finopt.report.write_back.ooxml_package import Package
from finopt.report.write_back.write_back import our_sheets, sheet_names
from finopt.tolerances import NEAR_NOTHING, SAME_CELL, SAME_CHANGE

BY = ("party", "source", "package", "year")
MONEY_COLUMNS = ["old", "new", "change"]
INPUT_COLUMNS = ["sheet", "row", "column", "old", "new"]
_TABLE = re.compile(r"As read: ([^.]+)\.")
Rows = dict[str, dict[str, list[dict[str, Any]]]]
"""Input rows: sheet, then key, then the rows of that key as column to value; blank cells are left out."""


@dataclass(frozen=True)
class Difference:
    """What changed between two reports.

    ``by_party``, ``by_source``, ``by_package`` and ``by_year`` have one row a name, unchanged ones included, and the
    columns old, new, change: money drawn, in ``money`` (old and new currency and unit). ``inputs`` has one row a cell
    as read that differs: sheet, row, column, old, new (None where there is no such cell).
    """

    old: str
    new: str
    money: tuple[str, str]
    by_party: pd.DataFrame
    by_source: pd.DataFrame
    by_package: pd.DataFrame
    by_year: pd.DataFrame
    inputs: pd.DataFrame

    @property
    def tables(self) -> Mapping[str, pd.DataFrame]:
        """The four tables of money by what they go by."""
        return dict(zip(BY, (self.by_party, self.by_source, self.by_package, self.by_year), strict=True))

    @property
    def same_money(self) -> bool:
        """Whether both reports count in one currency and unit."""
        return self.money[0] == self.money[1]

    def __str__(self) -> str:
        lines = [f"{self.old} -> {self.new}, {' -> '.join(dict.fromkeys(self.money))}"]
        if not self.same_money:
            lines.append("The two reports are not in the same money: changes compare unlike figures.")
        for name, table in self.tables.items():
            lines += ["", *_printed(f"By {name}", table)]
        lines += ["", "Inputs that differ" if len(self.inputs) else "Inputs: no cell differs"]
        for sheet, row, column, old, new in self.inputs.itertuples(index=False):
            lines.append(f"  {sheet}/{row}/{column}: {_shown(old)} -> {_shown(new)}")
        return "\n".join(lines)


def diff(old: str | Path, new: str | Path) -> Difference:
    """Compare two reports, or workbooks into which a report was written back.

    Raises ReportError where a file cannot be read or holds no report.
    """
    before, after = _Report(Path(old)), _Report(Path(new))
    tables = {f"by_{name}": _compared(name, before.draws, after.draws) for name in BY}
    inputs = pd.DataFrame(list(_changed_cells(before.inputs, after.inputs)), columns=INPUT_COLUMNS, dtype=object)
    return Difference(str(old), str(new), (before.money, after.money), inputs=inputs, **tables)


def write_diff(difference: Difference, path: str | Path) -> Path:
    """Write a difference as a small workbook, one sheet a table, and return its path. Raises ReportError."""
    target = Path(path)
    with replacing(target) as temporary:
        book = LiteralWorkbook(temporary)
        styles = Styles(book)
        for name, table in difference.tables.items():
            _write_money(book.add_worksheet(f"By {name}"), styles, difference, name, table)
        _write_inputs(book.add_worksheet("Inputs that differ"), styles, difference)
        book.close()
    return target


# --------------------------------------------------------------------------- reading


class _Report:
    """What a report says: its draws, its inputs as read, its money."""

    def __init__(self, path: Path) -> None:
        self._path = path
        data, inputs = self._sheets("Data", "Inputs")
        self.draws = self._draws(data)
        self.inputs = _input_rows(inputs)
        project = {key: rows[0].get("Value") for key, rows in self.inputs.get("Project", {}).items()}
        self.money = f"{project.get('Currency', '')} {project.get('Unit') or ''}".strip()

    def _draws(self, data: pd.DataFrame) -> pd.DataFrame:
        """The draws of sheet Data. In reports written before it held other flows every row is a draw."""
        table = data.iloc[HEADER + 1 :].set_axis([str(title) for title in data.iloc[HEADER]], axis=1)
        if not set(DRAW_COLUMNS) <= set(table.columns):
            raise self._refusal()
        if "flow" in table:
            table = table[table["flow"] == DRAW]
        table = table[DRAW_COLUMNS]
        table = table[table["source"] != ""].astype({"amount": float})
        return table.assign(year=[_year(value) for value in table["year"]])

    def _sheets(self, *wanted: str) -> list[pd.DataFrame]:
        """Sheets of the report as bare tables; in a user's workbook they may have other names."""
        try:
            content = self._path.read_bytes()
        except OSError as error:
            raise ReportError(f"{self._path}: cannot be read ({error.strerror})") from error
        try:
            package = Package(content, str(self._path))
            book = package.tree(package.workbook)
        except ReportError as error:
            raise self._refusal() from error
        names = {name: name for name in sheet_names(book)}
        names |= {name: str(entry.get("name")) for name, entry in our_sheets(book).items()}
        if not set(wanted) <= set(names):
            raise self._refusal()
        return [self._table(content, names[name]) for name in wanted]

    def _table(self, content: bytes, sheet: str) -> pd.DataFrame:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # what openpyxl cannot show does not matter here
            table = pd.read_excel(
                io.BytesIO(content), sheet_name=sheet, header=None, na_filter=False, dtype=object, engine="openpyxl"
            )
        if len(table) <= HEADER or table.shape[1] < len(DRAW_COLUMNS):
            raise self._refusal()
        return table

    def _refusal(self) -> ReportError:
        return ReportError(
            f"{self._path}: is not a report of finopt - expected a workbook that finopt run wrote, "
            "with its sheets Data and Inputs"
        )


def _input_rows(table: pd.DataFrame) -> Rows:
    """The cells of every sheet as read, from the blocks of sheet Inputs."""
    found: Rows = defaultdict(lambda: defaultdict(list))
    sheet, titles = "", list[str]()
    for row in table.itertuples(index=False):
        words = [_plain(value) for value in row]
        title = _TABLE.match(str(words[0]))
        if title is not None and not sheet:  # within a table it is a name like any other
            sheet, titles = title[1], []
        elif all(word == "" for word in words):
            sheet = ""
        elif sheet and not titles:
            titles = [str(word) for word in words]
        elif sheet:
            cells = {title: word for title, word in zip(titles, words, strict=True) if title and word != ""}
            found[sheet][str(words[0])].append(cells)
    return found


def _plain(value: Any) -> Any:
    """A cell's value; a day without its midnight."""
    return value.date() if isinstance(value, dt.datetime) else value


def _year(value: Any) -> int | str:
    """A year as the report has it: a number, or a budget year such as 2027/28."""
    return str(value) if "/" in str(value) else int(value)


# --------------------------------------------------------------------------- comparing


def _compared(name: str, old: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    """Money by one column of Data, old and new side by side, in the order of the old report."""
    sums = [draws.groupby(name, sort=False)["amount"].sum() for draws in (old, new)]
    order = list(dict.fromkeys([*sums[0].index, *sums[1].index]))
    order = sorted(order, key=str) if name == "year" else order
    table = pd.DataFrame({"old": sums[0], "new": sums[1]}).reindex(order).fillna(0.0).astype(float)
    table["change"] = table["new"] - table["old"]
    quiet = SAME_CHANGE * max(table["old"].sum(), table["new"].sum())
    table["change"] = table["change"].where(table["change"].abs() > quiet, 0.0)
    return table.rename(index={"": PROJECT_ACCOUNT}).rename_axis(name)


def _changed_cells(old: Rows, new: Rows) -> Iterator[tuple[str, str, str, Any, Any]]:
    """Every input cell that differs, by sheet and row in the order of the old report."""
    for sheet in dict.fromkeys([*old, *new]):
        before, after = old.get(sheet, {}), new.get(sheet, {})
        for key in dict.fromkeys([*before, *after]):
            for one, other in _paired(before.get(key, []), after.get(key, [])):
                for column in dict.fromkeys([*one, *other]):
                    if not _equal(one.get(column), other.get(column)):
                        yield (sheet, key, column, one.get(column), other.get(column))


def _paired(old: list[dict[str, Any]], new: list[dict[str, Any]]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Rows of one key side by side: equal rows meet first, so that a row put between others disturbs none."""
    common = Counter(_frozen(row) for row in old) & Counter(_frozen(row) for row in new)
    left, right = (_without(rows, Counter(common)) for rows in (old, new))
    for i in range(max(len(left), len(right))):
        yield (left[i] if i < len(left) else {}), (right[i] if i < len(right) else {})


def _without(rows: list[dict[str, Any]], common: Counter[Any]) -> list[dict[str, Any]]:
    kept = []
    for row in rows:
        if common[_frozen(row)]:
            common[_frozen(row)] -= 1
        else:
            kept.append(row)
    return kept


def _frozen(row: dict[str, Any]) -> frozenset[tuple[str, Any]]:
    return frozenset(row.items())


def _equal(old: Any, new: Any) -> bool:
    if isinstance(old, int | float) and isinstance(new, int | float):
        return math.isclose(old, new, rel_tol=SAME_CELL, abs_tol=NEAR_NOTHING)
    return bool(old == new)


# --------------------------------------------------------------------------- showing


def _printed(title: str, table: pd.DataFrame) -> list[str]:
    """The rows that changed, under a heading, and the total."""
    changed = table[table["change"] != 0]
    if changed.empty:
        return [f"{title}: no change"]
    width = max(28, *(len(str(name)) for name in table.index))
    total = table.sum()
    figures = max(12, *(len(f"{figure:+,.1f}") + 2 for figure in total[["old", "new"]]))
    lines = [f"{title:<{width + 2}}" + "".join(f"{word:>{figures}}" for word in MONEY_COLUMNS)]
    lines += [_line(str(name), row, width, figures) for name, row in changed.iterrows()]
    if len(changed) < len(table):
        lines.append(_line("unchanged", table[table["change"] == 0].sum(), width, figures))
    return [*lines, _line("total", total, width, figures)]


def _line(name: str, row: pd.Series, width: int, figures: int) -> str:
    change = f"{row['change']:+,.1f}" if round(row["change"], 6) else "-"
    return f"  {name:<{width}}{row['old']:>{figures},.1f}{row['new']:>{figures},.1f}{change:>{figures}}"


def _shown(value: Any) -> str:
    if value is None:
        return "nothing"
    return f"{value:.12g}" if isinstance(value, float) else str(value)


def _write_money(sheet: Any, styles: Styles, difference: Difference, name: str, table: pd.DataFrame) -> None:
    """One table of money: the change and the totals are live formulas with their values."""
    money = difference.money
    figures = (f"Old, {money[0]}", f"New, {money[1]}", "Change")
    _write_head(sheet, styles, difference, {name.capitalize(): "left"} | dict.fromkeys(figures, "right"))
    first = row = 3
    for label, old, new, change in table.itertuples():
        sheet.write(row, 0, label, styles("whole" if name == "year" else "text", align="left"))
        sheet.write_number(row, 1, old, styles("money"))
        sheet.write_number(row, 2, new, styles("money"))
        sheet.write_formula(row, 3, f"=C{row + 1}-B{row + 1}", styles("money", bold=True), change)
        row += 1
    sheet.write_string(row, 0, "Total", styles("text", bold=True, top=1))
    for column, title in enumerate(MONEY_COLUMNS, 1):
        letter = "ABCD"[column]
        formula = f"=ROUND(SUM({letter}{first + 1}:{letter}{max(row, first + 1)}),6)"
        value = round(float(table[title].sum()), 6) + 0.0  # changes that cancel are nil, not minus nil
        sheet.write_formula(row, column, formula, styles("money", bold=True, top=1), value)


def _write_inputs(sheet: Any, styles: Styles, difference: Difference) -> None:
    _write_head(sheet, styles, difference, dict.fromkeys((title.capitalize() for title in INPUT_COLUMNS), "left"))
    for row, cells in enumerate(difference.inputs.itertuples(index=False), 3):
        for column, value in enumerate(cells):
            if isinstance(value, dt.date):
                sheet.write_datetime(row, column, value, styles("date", align="left"))
            elif value is not None:
                sheet.write(row, column, value, styles("number" if column > 2 else "text", align="left"))


def _write_head(sheet: Any, styles: Styles, difference: Difference, titles: Mapping[str, str]) -> None:
    """The frame of a sheet: what is compared, column titles with their alignment, frozen and repeated in print."""
    words = f"{difference.old} -> {difference.new}"
    sheet.write_string(
        0, 0, words if difference.same_money else f"{words}: not in the same money", styles("text", "title")
    )
    for column, (title, align) in enumerate(titles.items()):
        sheet.write_string(2, column, title, styles("text", "head", bottom=1, align=align))
    sheet.set_column(0, 0, 34)
    sheet.set_column(1, len(titles) - 1, 18)
    sheet.hide_gridlines(2)
    sheet.freeze_panes(3, 1)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0, 2)
