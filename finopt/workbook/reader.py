"""Reader: a workbook as a Case, or a compare workbook as the terms on which cases are compared (Basis)."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from openpyxl.utils import get_column_letter
from openpyxl.utils.cell import column_index_from_string, coordinate_from_string
from pydantic import ValidationError

from finopt.case import checks
from finopt.case.case import Case
from finopt.case.comparison_terms import BASIS_SHEETS, Basis, basis_of
from finopt.case.kinds import Kind
from finopt.case.names import BUILT_IN_USES, PROJECT, PROJECT_ACCOUNT, fold, nearest, same
from finopt.case.row import Column, Origin, Row
from finopt.case.sheets import SHEETS, Eligibility, Project
from finopt.errors import CaseError, Finding
from finopt.literal import tidy
from finopt.workbook.cells import EXPECTED, Cell, CellFault, period_of, refuse_errors, shown, value_of
from finopt.workbook.container import open_container
from finopt.workbook.stored_cells import IGNORED
from finopt.workbook.stored_cells import Sheet as _Sheet


def read_basis(path: str | Path) -> Basis:
    """Read a compare workbook. Raises CaseError with every fault, or where the workbook is not one."""
    basis = basis_or_none(path)
    if basis is None:
        wanted = "the sheets Comparison and Criteria of a compare workbook"
        raise CaseError([Finding(str(path), "", "", "neither Comparison nor Criteria", wanted)])
    return basis


def basis_or_none(path: str | Path) -> Basis | None:
    """The terms that a workbook states, or None where it is not a compare workbook: perhaps a case."""
    tables = read_tables(path, BASIS_SHEETS)
    return None if tables is None else basis_of(tables)


YEAR = re.compile(r"(?<!\d)(19|20|21)\d\d(?!\d)")
"""A header with a year in it was meant for a period."""
PERIOD = "a period such as 2029, 2029-H1, 2029-Q3, 2029-07 or a date"
"""What the header of a column of money by period looks like."""
PROVENANCE = ("note", "status", "reference")
"""Fields that only the report shows: one note may stand beside several rows."""
UNMERGE = "unmerge it and write the value in each cell"
MISSPELT = 0.8
"""Likeness (difflib) from which an unknown header is taken for a misspelling of one that the sheet lacks."""


def read_case(path: str | Path) -> Case:
    """Read a workbook into a case.

    Raises CaseError with every finding at once, ordered by sheet and cell; a file that is no workbook has one.
    Findings that do not stop a run are in ``Case.warnings``.
    """
    container = open_container(Path(path))
    sheets = container.sheets
    found = _Findings([sheet.title for sheet in sheets])
    tables = {}
    for model, sheet in _matched(sheets, found, SHEETS).items():
        table = _project_table(sheet, found) if model is Project else _table(model, sheet, found)
        if table is not None:
            tables[model.SHEET] = table
    tables = _canonical(tables)
    whole = Case(
        tables={name: tuple(row.best for row in table) for name, table in tables.items()},
        path=container.path,
        fingerprint=container.fingerprint,
        checks=checks.ALL,
    )
    if found.errors:
        dated = {name: tuple(row.best for row in table if row.has_good_dates) for name, table in tables.items()}
        clean = {name: tuple(row.best for row in table if not row.wrong) for name, table in tables.items()}
        found.extend(checks.as_far_as_read(whole, replace(whole, tables=dated), replace(whole, tables=clean)))
    else:
        found.extend(finding for check in checks.ALL for finding in check(whole))
    if found.errors:
        raise CaseError(found.ordered())
    return replace(whole, warnings=tuple(found.ordered()))


def read_tables(path: str | Path, models: Mapping[str, type[Row]]) -> dict[type[Row], tuple[Row, ...]] | None:
    """The tables of a workbook that is not a case, by the models of its sheets; None where it has no required one.

    Raises CaseError with every finding at once.
    """
    sheets = open_container(Path(path)).sheets
    keys = {_sheet_key(sheet.title) for sheet in sheets}
    if not any(_sheet_key(name) in keys for name, model in models.items() if model.REQUIRED):
        return None
    found = _Findings([sheet.title for sheet in sheets])
    read = {model: _table(model, sheet, found) for model, sheet in _matched(sheets, found, models).items()}
    tables = {model: tuple(row.best for row in table) for model, table in read.items() if table is not None}
    found.extend(finding for model, rows in tables.items() for finding in checks.repeated(model, rows))
    if found.errors:
        raise CaseError(found.ordered())
    return tables


@dataclass
class _Findings:
    """What was found so far. A sheet that the workbook lacks comes first."""

    titles: list[str]
    items: list[Finding] = field(default_factory=list)

    def add(
        self, sheet: str, cell: str, column: str, found: str, expected: str, hint: str = "", *, warning: bool = False
    ) -> None:
        self.items.append(Finding(sheet, cell, column, found, expected, hint, warning))

    def extend(self, findings: Iterable[Finding]) -> None:
        self.items += findings

    @property
    def errors(self) -> bool:
        return any(not finding.warning for finding in self.items)

    def ordered(self) -> list[Finding]:
        """By sheet, as the workbook has them, then by row, then by column; each once."""
        return sorted(dict.fromkeys(self.items), key=self._place)

    def _place(self, finding: Finding) -> tuple[int, int, int]:
        order = self.titles.index(finding.sheet) if finding.sheet in self.titles else -1
        if not re.fullmatch(r"[A-Z]{1,3}\d+", finding.cell):
            return order, 0, 0
        letters, row = coordinate_from_string(finding.cell)
        return order, row, column_index_from_string(letters)


def _sheet_key(title: str) -> str:
    """Sheets match without regard to case, spaces and underscores; brackets count: `Sources (2)` is a copy."""
    return re.sub(r"[\s_]+", "", same(title))


def _matched(sheets: list[_Sheet], found: _Findings, models: Mapping[str, type[Row]]) -> dict[type[Row], _Sheet]:
    """The sheet of each row model, in the order of the columns table."""
    known = {_sheet_key(name): model for name, model in models.items()}
    chosen: dict[type[Row], _Sheet] = {}
    strange: list[_Sheet] = []
    for sheet in sheets:
        model = known.get(_sheet_key(sheet.title))
        if model is None:
            strange.append(sheet)
        elif model in chosen:
            hint = "rename one of them, or start its name with #"
            found.add(sheet.title, "", "", f"a second sheet {model.SHEET}", "each sheet once", hint)
        else:
            chosen[model] = sheet
    missing = [model for model in models.values() if model.REQUIRED and model not in chosen]
    for model in missing:
        hint = _closest(model.SHEET, [s.title for s in strange])
        way_out = f"rename the sheet {hint!r} to {model.SHEET}" if hint else "add it: `finopt new` writes a template"
        found.add(model.SHEET, "", "", "no such sheet", f"the sheet {model.SHEET}", way_out)
        strange = [s for s in strange if s.title != hint]
    absent = {name: model for name, model in models.items() if model not in chosen and not model.REQUIRED}
    for sheet in strange:
        if sheet.rows:
            meant = [name for name, model in absent.items() if _has_key(sheet, model)]
            _tell_strange("sheet", sheet, None, meant, found, others=models)
    return {model: chosen[model] for model in models.values() if model in chosen}


def _has_key(sheet: _Sheet, model: type[Row]) -> bool:
    """Whether a sheet holds the header by which the rows of this model are known: a sheet Rates is no Gates."""
    key = fold(model.columns()[model.KEY].title)
    return any(isinstance(c.value, str) and fold(c.value) == key for row in sheet.rows.values() for c in row.values())


def _closest(word: str, words: Iterable[str]) -> str:
    """The word that :func:`nearest` would suggest, units in brackets aside, or nothing."""
    known = {_bare(w): w for w in words}
    hint = nearest(_bare(word), known)
    return next((w for bare, w in known.items() if hint == f"did you mean {bare}?"), "")


def _misspells(word: str, known: str) -> bool:
    """Whether a header is so near to a known one that it can hardly mean anything else."""
    return difflib.SequenceMatcher(None, fold(word), fold(known)).ratio() >= MISSPELT


def _bare(header: str) -> str:
    """A header without a unit in brackets."""
    return re.sub(r"\s*[\(\[][^\)\]]*[\)\]]\s*$", "", header) or header


@dataclass(frozen=True)
class _Read:
    """One row as read: the best that could be made of it, and the fields that are wrong (blank in it)."""

    best: Row
    wrong: frozenset[str] = frozenset()

    @property
    def has_good_dates(self) -> bool:
        """Whether the checks of dates may look at it: what is wrong has nothing to do with them."""
        columns = type(self.best).columns()
        return all(name in columns and columns[name].kind not in ("date", "choice", "years") for name in self.wrong)


@dataclass
class _Headers:
    """The header row of a sheet: the column number of each field and of each period, source or driver."""

    row: int
    fields: dict[str, int] = field(default_factory=dict)
    series: dict[str, int] = field(default_factory=dict)
    strange: list[Cell] = field(default_factory=list)
    misread: set[str] = field(default_factory=set)
    """Fields whose column is there under a misspelt header: their cells were not read."""

    def __contains__(self, column: int) -> bool:
        return column in self.fields.values() or column in self.series.values()

    def cells(self, row: int) -> dict[str, str]:
        """Address of each field and series label in a row."""
        return {n: f"{get_column_letter(c)}{row}" for n, c in (self.fields | self.series).items()}


def _table(model: type[Row], sheet: _Sheet, found: _Findings) -> list[_Read] | None:
    """The rows of a sheet, or None where it has no header row (a finding, unless the sheet is empty)."""
    title = model.columns()[model.KEY].title
    if not sheet.rows and not model.REQUIRED:
        return None
    number = _header_row(sheet, title, [c.title for c in model.columns().values()], found)
    if number is None:
        return None
    headers = _headers(model, sheet, number, found)
    numbers = [n for n, cells in sheet.rows.items() if n > number and _filled(cells, headers)]
    _tell_hidden(sheet, [number, *numbers], headers, found)
    _tell_headless(sheet, number, numbers, found)
    if not numbers and model.REQUIRED:
        found.add(sheet.title, f"A{number}", "", "no rows under the header", f"at least one row of {model.SHEET}")
    return [_row(model, sheet, headers, n, found) for n in numbers]


def _filled(cells: Mapping[int, Cell], headers: _Headers) -> bool:
    return any(column in headers and not cell.blank for column, cell in cells.items())


def _header_row(sheet: _Sheet, title: str, titles: list[str], found: _Findings) -> int | None:
    """The first row that holds the key column."""
    known = {fold(t) for t in titles}
    best, most = None, 0
    for number, cells in sheet.rows.items():
        words = [fold(c.value) for c in cells.values() if isinstance(c.value, str)]
        if fold(title) in words:
            return number
        hits = len(known & set(words))
        if hits > most:
            best, most = number, hits
    if best is None:
        found.add(sheet.title, "", title, "no header row", f"a row of headers with the column {title}")
        return None
    texts = {tidy(c.value): c for c in sheet.rows[best].values() if isinstance(c.value, str)}
    texts = {text: cell for text, cell in texts.items() if fold(text) not in known}
    word = _closest(title, texts)
    if word:
        found.add(sheet.title, texts[word].address, word, "an unknown column", title, f"rename it to {title}")
    else:
        found.add(sheet.title, f"A{best}", title, "no such column", f"the column {title}", "add it to the headers")
    return None


def _headers(model: type[Row], sheet: _Sheet, number: int, found: _Findings) -> _Headers:
    headers = _Headers(number)
    for cell in sheet.rows[number].values():
        _header(model, sheet, cell, headers, found)
    known = model.columns()
    required = [n for n, info in model.model_fields.items() if info.is_required() and n not in headers.fields]
    for name in required:
        title = known[name].title
        near = _closest(title, [tidy(str(c.value)) for c in headers.strange])
        strange = next((c for c in headers.strange if near and tidy(str(c.value)) == near), None)
        if strange is not None:
            headers.strange.remove(strange)
            found.add(sheet.title, strange.address, near, "an unknown column", title, f"rename it to {title}")
        else:
            at = f"A{number}"
            found.add(sheet.title, at, title, "no such column", f"the column {title}", "add it to the headers")
    absent = [c.title for n, c in known.items() if n not in headers.fields]
    series = model.series()
    wanted = PERIOD if series is not None and series.across == "periods" else ""
    if wanted and headers.strange and not headers.series:  # FY2027: money that nobody would see
        cells = ", ".join(f"{shown(cell.value)} ({cell.address})" for cell in headers.strange[:6])
        found.add(sheet.title, headers.strange[0].address, "", f"no column of a period among {cells}", wanted)
        return headers
    for cell in headers.strange:
        text = tidy(str(cell.value))
        if wanted and YEAR.search(text):  # FY2032 beside 2031: money that nobody would see
            hint = "start its name with # to have it ignored"
            found.add(sheet.title, cell.address, text, "a header that is no period", wanted, hint)
            continue
        near = _tell_strange("column", sheet, cell, absent, found, wanted=wanted)
        headers.misread |= {name for name in [model.field_of(near)] if near and name is not None}
    return headers


def _header(model: type[Row], sheet: _Sheet, cell: Cell, headers: _Headers, found: _Findings) -> None:
    """Match one header cell: a column, a period, a source or driver; or keep it as strange."""
    text = tidy(cell.value) if isinstance(cell.value, str) else ""
    if cell.blank:
        return
    try:
        refuse_errors(cell, "a header")  # before what starts with #: #REF! does so too
    except CellFault as error:
        found.add(sheet.title, cell.address, "", error.found, error.expected, error.hint)
        return
    if text.startswith(IGNORED):
        return
    series, name = model.series(), model.field_of(text) if text else None
    if name is None and series is not None:
        label = period_of(cell) if series.across == "periods" else text or shown(cell.value)
        labels, key = headers.series, label
    else:
        labels, key = headers.fields, name
    if key is None:
        headers.strange.append(cell)
        return
    first = next((column for known, column in labels.items() if same(known) == same(key)), None)
    if first is not None:
        again = f"{get_column_letter(first)}{cell.row}"
        column = text or shown(cell.value)
        hint = f"delete or rename one of {again} and {cell.address}"
        found.add(sheet.title, cell.address, column, f"the same header as {again}", "each header once", hint)
        return
    labels[key] = cell.column


def _tell_strange(
    what: str,
    sheet: _Sheet,
    cell: Cell | None,
    absent: Iterable[str],
    found: _Findings,
    *,
    wanted: str = "",
    others: Iterable[str] = (),
) -> str:
    """Report a column, an item or (without a cell) a sheet that has no known name; ``absent`` are those not there.

    What misspells one of them is an error: its default would stand in silently for terms that somebody wrote down. It
    is the answer, or nothing. ``others`` are more names that a hint may give.
    """
    text = sheet.title if cell is None else tidy(cell.value) if isinstance(cell.value, str) else shown(cell.value)
    address, column = ("", "") if cell is None else (cell.address, text)
    near = _closest(text, absent)
    if near and _misspells(text, near):
        hint = f"rename it to {near}, or start its name with # to have it ignored"
        found.add(sheet.title, address, column, f"an unknown {what}", near, hint)
        return near
    near = near or _closest(text, others)
    hint = f"did you mean {near}?" if near else "start its name with # to say so"
    found.add(sheet.title, address, column, f"an unknown {what}, which is ignored", wanted, hint, warning=True)
    return ""


def _tell_hidden(sheet: _Sheet, numbers: list[int], headers: _Headers, found: _Findings) -> None:
    rows = [n for n in numbers if n in sheet.hidden_rows]
    columns = sorted(c for c in sheet.hidden_columns if c in headers)
    for what, where, cell in (
        ("row", [str(n) for n in rows], f"A{rows[0]}" if rows else ""),
        ("column", [get_column_letter(c) for c in columns], f"{get_column_letter(columns[0])}1" if columns else ""),
        ("sheet", [sheet.title] if sheet.hidden else [], ""),
    ):
        if where:
            plural = "s" if len(where) > 1 else ""
            words = f"the hidden {what}{plural} {', '.join(where)}, which {'are' if plural else 'is'} used"
            found.add(sheet.title, cell, "", words, "", "unhide or delete what you do not mean", warning=True)


def _tell_headless(sheet: _Sheet, header: int, numbers: list[int], found: _Findings) -> None:
    """Values under no header are ignored, but not in silence: a merged or deleted header may have named them."""
    named = {column for column, cell in sheet.rows[header].items() if not cell.blank}
    first: dict[int, Cell] = {}
    for number in numbers:
        for column, cell in sheet.rows[number].items():
            if column not in named and not cell.blank:
                first.setdefault(column, cell)
    if first:
        cells = [first[column] for column in sorted(first)]
        words = f"values in columns without a header ({', '.join(c.address for c in cells)}), which are ignored"
        found.add(sheet.title, cells[0].address, "", words, "", "write the header, or clear the column", warning=True)


def _row(model: type[Row], sheet: _Sheet, headers: _Headers, number: int, found: _Findings) -> _Read:
    cells, columns, series = sheet.rows[number], model.columns(), model.series()
    origin = Origin(sheet.title, number, headers.cells(number))
    values: dict[str, Any] = {}
    wrong: set[str] = set(headers.misread)
    merged = sheet.merged_into(number, (*headers.fields.values(), *headers.series.values()))
    told: set[str] = set()

    def take(name: str, column: int, kind: Kind, title: str) -> Any:
        """The value of one cell; where it cannot be read, the fault becomes a finding and the cell counts as blank."""
        try:
            if column in cells:
                return value_of(cells[column], kind)
            area = merged.get(column) if name not in PROVENANCE else None
            if area in told:
                wrong.add(name)
            elif area is not None:
                told.add(area)
                raise CellFault(f"a cell merged into {area}", "a cell of its own", UNMERGE)
        except CellFault as error:
            wrong.add(name)
            found.add(sheet.title, origin.cell(name), title, error.found, error.expected, error.hint)
        return None

    for name, column in headers.fields.items():
        values[name] = take(name, column, columns[name].kind, columns[name].title)
    values = {name: value for name, value in values.items() if value is not None}
    if series is not None:
        across = {label: take(label, column, series.kind, label) for label, column in headers.series.items()}
        values["values"] = {label: value for label, value in across.items() if value is not None}
    return _validated(model, values, wrong, origin, found, absent=headers)


def _validated(
    model: type[Row], values: dict[str, Any], wrong: set[str], origin: Origin, found: _Findings, absent: _Headers | None
) -> _Read:
    """The row, validated; each fault becomes one finding at its cell."""
    faulty = set(wrong)
    try:
        row = model.model_validate({**values, "origin": origin})
        if not faulty:
            return _Read(row)
    except ValidationError as error:
        for item in error.errors():
            where = [str(part) for part in item["loc"] if part != "values"]
            name = where[0] if where else str(item.get("ctx", {}).get("field", ""))
            missing_column = item["type"] == "missing" and absent is not None and name not in absent.fields
            if name not in wrong and not missing_column:
                found.items.append(_fault(model, origin, name, item))
            faulty.add(name)
    return _Read(_without(model, values, faulty, origin), frozenset(faulty))


def _without(model: type[Row], values: dict[str, Any], faulty: set[str], origin: Origin) -> Row:
    """The row with its faulty cells blank, also those that it cannot do without; the others as validated."""
    kept = {n: v for n, v in values.items() if n not in faulty}
    if "values" in kept:
        kept["values"] = {n: v for n, v in kept["values"].items() if n not in faulty}
    blank = {n: None for n, info in model.model_fields.items() if info.is_required() and n not in kept}
    stand_ins = {n: model.columns()[n].example for n in blank}
    try:
        return model.model_validate({**kept, **stand_ins, "origin": origin}).model_copy(update=blank)
    except ValidationError:  # what is left contradicts itself: Rate and Curve, a loan without either
        return model.model_construct(**blank, **kept, origin=origin)


def _fault(model: type[Row], origin: Origin, name: str, item: Any) -> Finding:
    """One of pydantic's faults in the words of the workbook."""
    column = model.columns().get(name)
    title = column.title if column is not None else name
    context = item.get("ctx", {})
    if item["type"] == "missing" and column is not None:
        return Finding(origin.sheet, origin.cell(name), title, "nothing", _wanted(column), "")
    value = item.get("input") if item["loc"] else item["input"].get(name)  # a fault of the row names its field
    return Finding(
        origin.sheet,
        origin.cell(name),
        title,
        shown(value),
        context.get("expected", item["msg"]),
        context.get("hint", ""),
    )


def _wanted(column: Column) -> str:
    if column.choices and column.kind == "choice":
        return ", ".join(column.choices[:-1]) + " or " + column.choices[-1]
    return EXPECTED.get(column.kind, "a value")


def _project_table(sheet: _Sheet, found: _Findings) -> list[_Read] | None:
    """The one row of the Project sheet, whose items stand below each other."""
    number = _header_row(sheet, "Item", ["Item", "Value", "Note", "Status", "Reference"], found)
    if number is None:
        return None
    headers: dict[str, int] = {}
    for cell in sheet.rows[number].values():
        if isinstance(cell.value, str):
            headers.setdefault(fold(tidy(cell.value)), cell.column)
    if "value" not in headers:
        found.add(sheet.title, f"A{number}", "Value", "no such column", "the column Value", "add it beside Item")
        return None
    items = _items(sheet, number, headers, found)
    layout = _Headers(number, fields={"item": headers["item"], "value": headers["value"]})
    _tell_hidden(sheet, [cell.row for cell in items.values()], layout, found)
    return [_project_row(sheet, headers, items, number, found)]


def _items(sheet: _Sheet, number: int, headers: Mapping[str, int], found: _Findings) -> dict[str, Cell]:
    """The cell that names each item, by field."""
    items: dict[str, Cell] = {}
    strange: list[Cell] = []
    for cells in (cells for n, cells in sheet.rows.items() if n > number):
        cell = cells.get(headers["item"])
        if cell is None or cell.blank:
            continue
        try:
            refuse_errors(cell, "an item")  # before what starts with #: #REF! does so too
        except CellFault as error:
            found.add(sheet.title, cell.address, "", error.found, error.expected, error.hint)
            continue
        text = tidy(str(cell.value))
        name = Project.field_of(text)
        if text.startswith(IGNORED):
            continue
        if name is None:
            strange.append(cell)
        elif name in items:
            hint = f"delete one of {items[name].address} and {cell.address}"
            found.add(sheet.title, cell.address, text, f"the same item as {items[name].address}", "each once", hint)
        else:
            items[name] = cell
    absent = [c.title for name, c in Project.columns().items() if name not in items]
    for cell in strange:
        _tell_strange("item", sheet, cell, absent, found)
    return items


def _project_row(
    sheet: _Sheet, headers: Mapping[str, int], items: Mapping[str, Cell], number: int, found: _Findings
) -> _Read:
    columns = Project.columns()
    letter = get_column_letter(headers["value"])
    origin = Origin(sheet.title, number, {name: f"{letter}{cell.row}" for name, cell in items.items()})
    values: dict[str, Any] = {}
    wrong: set[str] = set()
    for name, item in items.items():
        cell = sheet.rows[item.row].get(headers["value"])
        try:
            value = None if cell is None else value_of(cell, columns[name].kind)
        except CellFault as error:
            wrong.add(name)
            found.add(sheet.title, origin.cell(name), columns[name].title, error.found, error.expected, error.hint)
            continue
        if value is not None:
            values[name] = value
    for name in ("note", "status", "reference"):
        lines = list(_provenance(sheet, headers.get(name), items))
        if lines:
            values[name] = "\n".join(lines)
    for name in (n for n, info in Project.model_fields.items() if info.is_required() and n not in items):
        wrong.add(name)
        title = columns[name].title
        wanted = f"the item {title}: {columns[name].meaning.rstrip('.')}"
        found.add(sheet.title, f"A{number}", title, "no such item", wanted, "add a row with it")
    return _validated(Project, values, wrong, origin, found, absent=None)


def _provenance(sheet: _Sheet, column: int | None, items: Mapping[str, Cell]) -> Iterator[str]:
    """Notes stand beside each item; the case's one Project row keeps them as lines, each with its item."""
    for name, item in items.items():
        cell = sheet.rows[item.row].get(column) if column is not None else None
        if cell is not None and not cell.blank:
            yield f"{Project.columns()[name].title}: {tidy(str(cell.value))}"


def _canonical(tables: Mapping[str, list[_Read]]) -> dict[str, list[_Read]]:
    """Names that refer to another sheet, spelled as that sheet spells them: case and odd spaces do not matter."""
    spelled = {
        name: {same(row.best.key): row.best.key for row in reversed(table) if getattr(row.best, row.best.KEY)}
        for name, table in tables.items()
    }
    home = tables[Project.SHEET][0].best if Project.SHEET in tables else None
    if isinstance(home, Project) and home.currency:
        spelled["FX"] = {**spelled.get("FX", {}), same(home.currency): home.currency}
    return {name: [_Read(_respelled(row.best, spelled), row.wrong) for row in table] for name, table in tables.items()}


def _respelled(row: Row, spelled: Mapping[str, Mapping[str, str]]) -> Row:
    update: dict[str, Any] = {}
    for name, column in type(row).columns().items():
        text, sheet = getattr(row, name), "FX" if name == "currency" else column.refers
        if sheet and isinstance(text, str):
            names = {**_built_in(type(row), name), **spelled.get(sheet, {})}
            parts = text.split(",") if column.kind == "names" else [text]
            update[name] = ", ".join(names.get(same(part), part.strip()) for part in parts)
    series = type(row).series()
    if series is not None and series.across != "periods":
        sheet = "Sources" if series.across == "sources" else "Uncertainty"
        names = {**_built_in(type(row), "values"), **spelled.get(sheet, {})}
        values, cells = getattr(row, "values", {}), row.origin.cells
        update["values"] = {names.get(same(label), label): value for label, value in values.items()}
        update["origin"] = replace(row.origin, cells={names.get(same(n), n): cell for n, cell in cells.items()})
    changed = {name: value for name, value in update.items() if value != getattr(row, name)}
    return row.model_copy(update=changed) if changed else row


def _built_in(model: type[Row], name: str) -> dict[str, str]:
    """Names that no sheet defines, in their own spelling."""
    words: tuple[str, ...] = ()
    if name == "package":
        words = BUILT_IN_USES
    elif name == "repaid_by":
        words = (PROJECT,)
    elif name == "source" or (name == "values" and model is Eligibility):
        words = (PROJECT_ACCOUNT,)
    return {same(word): word for word in words}
