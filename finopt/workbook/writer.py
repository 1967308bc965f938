"""Writer of input workbooks: any case as a workbook that a person would send, and the blank template.

Everything comes from the one table of sheets and columns: headers with their unit, number formats, drop-down
lists, comments. What is written here reads back through :func:`finopt.read_case` as the same tables.
"""

from __future__ import annotations

import datetime as dt
import math
import shutil
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.cell.cell import Cell, MergedCell
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from finopt.case.kinds import PROFILE_SHAPES, Kind
from finopt.case.names import PROJECT, fold
from finopt.case.row import Column, Row
from finopt.case.sheets import SHEETS, Project
from finopt.workbook.example import NOTES, WORKED, across_examples, blank

Table = Sequence[Mapping[Any, Any]]
"""Rows of a sheet, each from column title, period header or source name to the value of the cell."""

NOTES_SHEET = "# Notes"
SPARE_ROWS = 60
"""Rows below the last one that still carry drop-down lists; formats hold for the whole column."""
FORM_ROWS = 8
"""Empty ruled rows of the template, to be filled in."""

FORMATS: Mapping[str, str] = {
    "amount": "#,##0.0##",
    "number": "#,##0.00##",
    "rate": "0.00##%",
    "share": "0.0##%",
    "years": "0.0#",
    "date": "yyyy-mm-dd",
}
WIDTHS: Mapping[str, float] = {
    "name": 26,
    "names": 26,
    "selector": 26,
    "text": 15,
    "date": 12,
    "choice": 13,
    "profile": 16,
}
PROSE = {"Note": 44.0, "Status": 13.0, "Reference": 44.0}
CENTRED = ("yes/no", "value", "sense")
NAVY, BLUE, GREY, LINE = "1F3864", "1F3FBF", "595959", "BFC7D5"
THIN = Side(style="thin", color=LINE)
FONT = "Calibri"
A3, A4 = 8, 9
A4_HOLDS, A3_HOLDS = 190.0, 350.0
"""Widths of columns, in characters, that print legibly across one page."""


@dataclass(frozen=True)
class _Heading:
    """One column of a sheet to be written: its key in the rows, its header, and what it holds."""

    key: Any
    text: Any
    kind: Kind
    column: Column | None = None
    meaning: str = ""


@dataclass(frozen=True)
class _Layout:
    """Where everything of one sheet goes. Rows count from 1."""

    model: type[Row]
    lines: tuple[str, ...]
    headings: tuple[_Heading, ...]
    rows: tuple[Mapping[Any, Any], ...]
    empty: int = 0

    @property
    def header(self) -> int:
        return len(self.lines) + 2

    @property
    def last(self) -> int:
        return self.header + len(self.rows)

    @property
    def fixed(self) -> int:
        """How many columns stay in view: the key column, or all before the periods."""
        series = self.model.series()
        if series is None:
            return 1
        return sum(h.column is not None and h.column.title not in PROSE for h in self.headings)


def write_workbook(
    path: str | Path,
    tables: Mapping[str, Table],
    *,
    title_rows: Mapping[str, Sequence[str]] | None = None,
    notes: Sequence[str] = (),
    every_column: bool = False,
    models: Mapping[str, type[Row]] = SHEETS,
) -> None:
    """Write an input workbook that holds ``tables`` (sheet name to rows) and looks as if an office had sent it.

    A row maps column titles, period headers (2029, "2029-Q3", a date) or, on Eligibility, source names to values; the
    Project sheet is one mapping of items to values, or rows with Item, Value, Note, Status, Reference. Columns
    appear as far as a row uses them, or all of them with ``every_column``. ``title_rows`` replaces the lines above a
    sheet's header (the first is its title), or the title of the notes; ``notes`` become paragraphs of a first sheet
    that the reader ignores.
    ``models`` are the sheets that it may have: those of a case, unless said. Raises ValueError for a sheet or column
    that no such workbook has.
    """
    unknown = [name for name in tables if name not in models]
    if unknown:
        raise ValueError(f"no such sheets: {', '.join(unknown)}")
    project = _items(tables.get(Project.SHEET, ()))
    layouts = {
        name: _layout(model, tables[name], project, (title_rows or {}).get(name), every_column)
        for name, model in models.items()
        if name in tables
    }
    book = Workbook()
    first = book.active
    if first is not None:
        book.remove(first)
    book.properties.creator, book.properties.title = "finopt", str(project.get("name", ""))
    if notes:
        title = (title_rows or {}).get(NOTES_SHEET, [str(project.get("name", ""))])[0]
        _write_notes(book.create_sheet(NOTES_SHEET), title, notes)
    for name, layout in layouts.items():
        _write_sheet(book.create_sheet(name), layout, layouts)
    book.save(path)


def _items(rows: Table) -> dict[str, Any]:
    """The Project sheet as folded item to value."""
    if rows and "Item" in rows[0]:
        return {fold(str(row["Item"])): row.get("Value") for row in rows}
    return {fold(str(item)): value for row in rows for item, value in row.items()}


def _layout(
    model: type[Row], rows: Table, project: Mapping[str, Any], lines: Sequence[str] | None, every_column: bool
) -> _Layout:
    money = f"{project.get('currency', '')} {project.get('unit', '')}".strip()
    own_currency = model.SHEET == "Sources" and any(row.get("Currency") for row in rows)
    if lines is None:
        unit = f" Money in {money}, nominal unless said." if money else ""
        own = " Limits in the source's own currency." if own_currency else ""
        lines = [f"{project.get('name', '')} - {model.SHEET}".strip(" -"), model.ABOUT + unit + own]
    if model is Project:
        layout = _Layout(model, (), _project_headings(rows), tuple(_project_rows(rows, every_column)))
    else:
        label = f"own {project.get('unit', '')}".strip() if own_currency else money
        layout = _Layout(model, (), tuple(_headings(model, rows, label, every_column)), tuple(rows))
    layout = replace(layout, empty=FORM_ROWS if every_column and model is not Project else 0)
    room = max(60, int(sum(_width(heading, layout) for heading in layout.headings)))
    return replace(layout, lines=(lines[0], *(part for line in lines[1:] for part in textwrap.wrap(line, room))))


def _project_headings(rows: Table) -> tuple[_Heading, ...]:
    prose = [c for c in PROSE if any(row.get(c) for row in rows)]
    return (
        _Heading("Item", "Item", "name", meaning="What the row states."),
        _Heading("Value", "Value", "value", meaning="Its value."),
        *(_Heading(title, title, "text", Column(title, "text", "")) for title in prose),
    )


def _project_rows(rows: Table, every_column: bool) -> Iterator[Mapping[Any, Any]]:
    given = rows if rows and "Item" in rows[0] else [{"Item": k, "Value": v} for row in rows for k, v in row.items()]
    items = [c for c in Project.columns().values() if c.title not in PROSE]
    stated = {fold(str(row["Item"])): row for row in given}
    for unknown in [str(row["Item"]) for row in given if Project.field_of(str(row["Item"])) is None]:
        raise ValueError(f"no such item of Project: {unknown}")
    for item in items:
        if fold(item.title) in stated:
            yield {**stated[fold(item.title)], "Item": item.title}
        elif every_column:
            yield {"Item": item.title}


def _headings(model: type[Row], rows: Table, money: str, every_column: bool) -> Iterator[_Heading]:
    keys = list(dict.fromkeys(key for row in rows for key in row))
    used = {model.field_of(key): key for key in keys if isinstance(key, str) and model.field_of(key)}
    series = model.series()
    across: Sequence[Any] = [key for key in keys if key not in used.values()]
    if across and series is None:
        raise ValueError(f"no such columns of {model.SHEET}: {', '.join(map(str, across))}")
    required = [n for n, info in model.model_fields.items() if info.is_required()]
    before: list[_Heading] = []
    prose: list[_Heading] = []
    for name, column in model.columns().items():
        if name in used or name in required or every_column:
            heading = _Heading(
                used.get(name, column.title), _header(column, money), column.kind, column, _comment(column)
            )
            (prose if column.title in PROSE else before).append(heading)
    yield from before
    if series is not None:
        across = across or across_examples(series)
        yield from (_Heading(key, _series_header(key), series.kind, None, series.meaning) for key in across)
    yield from prose


def _header(column: Column, money: str) -> str:
    unit = {"amount": money, "years": "years"}.get(column.kind, "")
    together = unit.replace(" ", "\N{NO-BREAK SPACE}")
    return f"{column.title} ({together})" if unit else column.title


def _series_header(key: Any) -> Any:
    """Years as numbers, so that they sort and chart; everything else as given."""
    return int(key) if isinstance(key, str) and key.isdigit() and len(key) == 4 else key


def _comment(column: Column) -> str:
    parts = [column.meaning]
    if column.choices:
        parts.append("One of: " + ", ".join(column.choices) + ".")
    if column.refers:
        parts.append(f"Named on sheet {column.refers}.")
    if column.default:
        parts.append(f"Blank means {column.default}.")
    if column.example is not None:
        parts.append(f"Example: {column.example}")
    return "\n".join(parts)


def _write_sheet(sheet: Worksheet, layout: _Layout, layouts: Mapping[str, _Layout]) -> None:
    _write_titles(sheet, layout.lines)
    for index, heading in enumerate(layout.headings, 1):
        _write_header(sheet.cell(layout.header, index), heading)
        for offset, row in enumerate(layout.rows, 1):
            _write_cell(sheet.cell(layout.header + offset, index), row, heading, layout.model)
        for offset in range(layout.empty):
            _dress(sheet.cell(layout.last + 1 + offset, index), heading, layout.model).border = Border(bottom=THIN)
        letter = get_column_letter(index)
        _dress(sheet.column_dimensions[letter], heading, layout.model).width = _width(heading, layout)
        span = f"{letter}{layout.header + 1}:{letter}{layout.last + SPARE_ROWS}"
        if layout.model is not Project:
            rule = _validation(heading, layouts)
            if rule is not None:
                rule.add(span)
                sheet.add_data_validation(rule)
    if layout.model is Project:
        _validate_items(sheet, layout)
    lines = max((_lines(h.text, _width(h, layout), 1.15) for h in layout.headings), default=1)
    sheet.row_dimensions[layout.header].height = 6 + 15 * lines
    for offset, row in enumerate(layout.rows, 1):
        lines = max((_lines(row.get(h.key, ""), _width(h, layout), _letter(h)) for h in layout.headings), default=1)
        sheet.row_dimensions[layout.header + offset].height = 6 + 14 * lines
    sheet.freeze_panes = f"{get_column_letter(layout.fixed + 1)}{layout.header + 1}"
    _print_setup(sheet, layout.header, layout.fixed)


def _write_titles(sheet: Worksheet, lines: Sequence[str]) -> None:
    for number, line in enumerate(lines, 1):
        cell = sheet.cell(number, 1, line)
        cell.font = Font(name=FONT, size=15, bold=True, color=NAVY) if number == 1 else Font(name=FONT, color=GREY)
        if line.startswith("="):
            cell.data_type = "s"
    sheet.sheet_view.showGridLines = False


def _write_header(cell: Cell | MergedCell, heading: _Heading) -> None:
    cell.value = heading.text
    if isinstance(heading.text, str):
        cell.data_type = "s"
    elif isinstance(heading.text, dt.date):
        cell.number_format = FORMATS["date"]
    else:
        cell.number_format = "0"
    cell.font = Font(name=FONT, bold=True, color="FFFFFF")
    cell.fill = PatternFill("solid", fgColor=NAVY)
    cell.alignment = Alignment(
        wrap_text=True,
        vertical="center",
        horizontal="left" if _wordy(heading) else "center",
        indent=int(_wordy(heading)),
    )
    cell.border = Border(bottom=THIN, right=THIN)
    if heading.meaning:
        cell.comment = Comment(heading.meaning, "finopt", height=40 + 20 * _comment_lines(heading.meaning), width=280)


def _write_cell(cell: Cell | MergedCell, row: Mapping[Any, Any], heading: _Heading, model: type[Row]) -> None:
    kind, value = heading.kind, row.get(heading.key)
    name = Project.field_of(str(row.get("Item"))) if model is Project and heading.key == "Value" else None
    if name is not None:
        kind = Project.columns()[name].kind
    cell.value = _written(value, kind)
    _dress(cell, heading, model)
    if isinstance(cell.value, str):
        cell.data_type = "s"
    elif isinstance(cell.value, int | float):
        cell.number_format = FORMATS.get(kind) or FORMATS["share" if _holds_shares(row) else "amount"]
    elif cell.value is not None:
        cell.number_format = FORMATS["date"]
    cell.border = Border(bottom=THIN)


def _dress(place: Any, heading: _Heading, model: type[Row]) -> Any:
    """Font, format and alignment of a cell or of a whole column, whatever it holds. Returns it."""
    title = heading.column.title if heading.column is not None else ""
    key, prose = heading.key == "Item" or fold(title) == fold(_title(model)), title in PROSE
    place.font = Font(name=FONT, bold=key, color="000000" if key else GREY if prose else BLUE, size=10 if prose else 11)
    side = "left" if _wordy(heading) else "center" if heading.kind in CENTRED else None
    place.alignment = Alignment(wrap_text=True, vertical="center", horizontal=side, indent=1 if side == "left" else 0)
    place.number_format = FORMATS.get(heading.kind, "General")
    return place


def _holds_shares(row: Mapping[Any, Any]) -> bool:
    """Whether the values of a row are shares or rates: all of them, so that low, mode and high look alike."""
    if row.get("Measure") == "share":
        return True
    numbers = [v for v in row.values() if isinstance(v, int | float) and not isinstance(v, bool)]
    return row.get("Change") != "scale" and any(numbers) and all(abs(v) < 1 for v in numbers)


def _written(value: Any, kind: Kind) -> Any:
    """A value as a cell holds it: yes and no in words, dates as dates, a profile by its name."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        named = [word for word, shape in PROFILE_SHAPES.items() if shape == value]
        return named[0] if named else f"beta({value[0]:g},{value[1]:g})"
    if kind == "date" and isinstance(value, str):
        try:
            return dt.date.fromisoformat(value)
        except ValueError:
            return value
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{value} cannot stand in a workbook")
    return value


def _wordy(heading: _Heading) -> bool:
    return heading.key == "Value" or heading.kind in ("name", "names", "text", "selector", "choice", "profile")


def _width(heading: _Heading, layout: _Layout) -> float:
    if heading.column is not None and heading.column.title in PROSE:
        return PROSE[heading.column.title]
    if heading.key == "Value" and layout.model is Project:
        return 30
    if heading.kind in ("name", "selector", "text"):
        longest = max((len(str(row.get(heading.key) or "")) for row in layout.rows), default=0)
        return min(44.0, max(16.0, longest + 3.0))
    if heading.column is None:
        return max(11.0, 3 + 1.15 * max(len(word) for word in str(heading.text).split(" ")))
    return WIDTHS.get(heading.kind, 12.0)


def _letter(heading: _Heading) -> float:
    """Width of a letter in a column's cells: prose is set smaller."""
    return 0.8 if heading.column is not None and heading.column.title in PROSE else 0.88


def _lines(text: Any, width: float, letter: float = 0.88) -> int:
    """Lines that a text takes when wrapped by words. ``letter`` is the width of one: more in bold.

    Nobody fits the height of rows when a workbook opens, so it is written.
    """
    lines, room = 1, width - 1
    for word in str(text).split(" ") if isinstance(text, str) else ():
        if len(word) * letter > room:
            lines, room = lines + 1, width - 1
        room -= (len(word) + 1) * letter
    return lines


def _comment_lines(text: str) -> int:
    return sum(1 + len(line) // 42 for line in text.splitlines())


def _validation(heading: _Heading, layouts: Mapping[str, _Layout]) -> DataValidation | None:
    """The drop-down list or test of a column: strict for choices and numbers, a suggestion where more is allowed."""
    column = heading.column
    if column is not None and column.refers in layouts:
        other = layouts[column.refers]
        letter = next(
            (get_column_letter(i) for i, h in enumerate(other.headings, 1) if h.text == _title(other.model)), "A"
        )
        span = f"'{column.refers}'!${letter}${other.header + 1}:${letter}${other.last + SPARE_ROWS}"
        rule = DataValidation(type="list", formula1=span, allow_blank=True)
        strict = heading.kind == "name" and column.default != PROJECT
        return _messages(rule, f"Choose a name from sheet {column.refers}.", strict)
    choices = column.choices if column is not None else ("yes", "no") if heading.kind == "value" else ()
    if choices:
        rule = DataValidation(type="list", formula1=f'"{",".join(choices)}"', allow_blank=True)
        return _messages(rule, "Choose one of: " + ", ".join(choices), column is not None and heading.kind != "profile")
    return _number_validation(heading.kind)


def _number_validation(kind: Kind) -> DataValidation | None:
    bounds: Mapping[str, tuple[str, str, str]] = {
        "amount": ("0", "1E+300", "An amount of zero or more."),
        "years": ("0", "1E+300", "Years: zero or more."),
        "rate": ("-1", "1", "A rate such as 6.5% or 0.065."),
        "share": ("0", "5", "A share such as 15% or 0.15."),
        "number": ("-1E+300", "1E+300", "A number."),
    }
    if kind == "date":
        rule = DataValidation(type="date", operator="greaterThanOrEqual", formula1="1", allow_blank=True)
        return _messages(rule, "A date such as 2029-03-31.", True)
    if kind not in bounds:
        return None
    low, high, words = bounds[kind]
    rule = DataValidation(type="decimal", operator="between", formula1=low, formula2=high, allow_blank=True)
    return _messages(rule, words, True)


def _messages(rule: DataValidation, words: str, strict: bool) -> DataValidation:
    rule.error, rule.errorTitle = words[:250], "finopt"
    rule.showErrorMessage = strict
    return rule


def _validate_items(sheet: Worksheet, layout: _Layout) -> None:
    """Each Project item has its own kind, so each value its own validation and the item its comment."""
    for offset, row in enumerate(layout.rows, 1):
        column = Project.columns()[str(Project.field_of(str(row["Item"])))]
        number = layout.header + offset
        heading = _Heading("Value", "Value", column.kind, column)
        rule = _validation(heading, {})
        if rule is not None:
            rule.add(f"B{number}")
            sheet.add_data_validation(rule)
        text = _comment(column)
        sheet.cell(number, 1).comment = Comment(text, "finopt", height=40 + 20 * _comment_lines(text), width=280)


def _title(model: type[Row]) -> str:
    return model.columns()[model.KEY].title


def _print_setup(sheet: Worksheet, header: int, fixed: int = 1) -> None:
    """Landscape, as many pages wide as stay legible, titles and first columns on each of them."""
    width = sum(dimension.width for dimension in sheet.column_dimensions.values())
    pages = math.ceil(width / A3_HOLDS)
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", A3 if width > A4_HOLDS else A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = pages, 0
    if pages > 1:
        sheet.print_title_cols = f"A:{get_column_letter(fixed)}"
    properties = sheet.sheet_properties.pageSetUpPr
    if properties is not None:
        properties.fitToPage = True
    sheet.print_title_rows = f"{header}:{header}"
    footer = sheet.oddFooter
    if footer is not None and footer.left is not None and footer.right is not None:
        footer.left.text, footer.right.text = "&A", "&P / &N"
    sheet.page_margins.left = sheet.page_margins.right = 0.4
    sheet.page_margins.top = 0.6


def _write_notes(sheet: Worksheet, title: str, notes: Sequence[str]) -> None:
    sheet.sheet_view.showGridLines = False
    sheet.column_dimensions["A"].width = 120
    _write_titles(sheet, [title])
    for number, note in enumerate(notes, 3):
        cell = sheet.cell(number, 1, note)
        cell.data_type = "s"
        cell.font, cell.alignment = Font(name=FONT), Alignment(wrap_text=True, vertical="top")
        sheet.row_dimensions[number].height = 8 + 15 * _lines(note, 120)
    _print_setup(sheet, 1)


def copy_default_case(path: str | Path) -> None:
    """Copy the default case, the tunnel under the Bering Strait, to start from."""
    installed = Path(__file__).parent.parent / "default_case.xlsx"
    checkout = Path(__file__).parents[2] / "inputs" / "bering_tunnel.xlsx"
    shutil.copyfile(installed if installed.exists() else checkout, path)


def write_template(path: str | Path, example: bool = False) -> None:
    """Write the template: every sheet and column, with comments and drop-down lists.

    Without ``example`` the required sheets hold one row each, and the others their headers; with it a small worked
    case fills every sheet that a plan can use. Both are valid cases.
    """
    titles: dict[str, Sequence[str]] = {NOTES_SHEET: ("How to fill in this workbook",)}
    if not example:
        titles |= {name: (name, model.ABOUT) for name, model in SHEETS.items()}
    write_workbook(path, WORKED if example else blank(), title_rows=titles, notes=NOTES, every_column=True)
