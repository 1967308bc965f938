"""Names that a careless program would execute, and a small case in which they stand everywhere.

The list is THE list: every test of what happens to the user's words takes its names from here.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import openpyxl

from finopt.case.case import Case
from finopt.case.sheets import SHEETS, Project
from finopt.literal import tidy
from tests.random_cases import make_case

HOSTILE: Mapping[str, str] = {
    "formula": "=1+1",
    "plus": "+1+1",
    "minus": "-2+3",
    "command": "@SUM(1+1)*cmd|' /C calc'!A0",
    "link": '=HYPERLINK("http://evil.example","x")',
    "reference": "Hall 2!B12",
    "reference with equals sign": "=Inputs!$A$1",
    "quoted reference": "='Hall 2'!B12:C13",
    "array formula": "{=SUM(A1:A9)}",
    "formula after a semicolon": "Tolls;=1+1",
    "wide equals sign": "\uff1d2+2",
    "braces": "Loan {A}",
    "empty braces": "Loan {}",
    "fields": "{0} {1!r} {c} {p} {n}",
    "attribute": "{self.__class__}",
    "percent": "100% %s %(name)s %d",
    "markup": "[red]bold[/red] [bold",
    "quotes": "\"double\" 'single' `back`",
    "apostrophe": "'apostrophe",
    "tags": "<b>bold</b><script>alert(1)</script>",
    "entities": "Road & rail &amp; &#65; &lt;",
    "footer codes": "&P of &N &D",
    "digits first": "12 bridges",
    "end of data": "]]><!-- <?x ?> -->",
    "escape of a cell": "_x0041_ _x00E9_",
    "shell": "${HOME} $(id) `id` ../../x",
    "pattern": r"(a+)+$ \1 \g<0> [^\d",
    "number": "1e5",
    "zeros": "007",
    "not a number": "NaN",
    "dash": "A-1",
    "underscore": "A_1",
    "space": "A 1",
    "Cyrillic": "\u0411\u0430\u043d\u043a \u00ab\u0410\u00bb",
    "emoji": "Bridge \U0001f309\U0001f680",
    "combining": "Zalgo e\u0301\u0323\u0330\u0301",
    "controls": "Bell\x07 null\x00 escape\x1b[31m\x1b]0;x\x07",
    "controls of the second set": "Csi\x9b31m",
    "not characters": "None \ufffe\uffff",
    "zero width": "Zero\u200b width\ufeff",
    "turned": "Turned \u202etxt.exe\u202c\u2066x",
    "line break": "Two\nlines\r\nand\u2028more",
    "tab": "\tTab\tbed",
    "spaces": "  padded  out  ",
    "long": "Long " + "x" * 295,
    "long words": "many words " * 27 + "end",
    "long with a formula": "=" + "A" * 299,
}
"""What each is, and the text as a user would type or paste it."""
NAMES = tuple(HOSTILE.values())
SEEN = tuple(map(tidy, NAMES))
"""The same as they are read: what nobody sees is left out."""
FEW = tuple(
    HOSTILE[kind]
    for kind in ("formula", "reference", "empty braces", "fields", "markup", "tags", "link", "command", "long")
)
"""Enough for studies that solve a case hundreds of times."""
KINDS: tuple[dict[str, Any], ...] = (
    {"instrument": "grant"},
    {"instrument": "equity", "rate": 0.1},
    {
        "instrument": "loan",
        "grace": 2,
        "tenor": 4,
        "repayment": "equal",
        "interest_in_grace": "capitalised",
    },
    {"instrument": "bond", "rate": 0.06, "grace": 2, "tenor": 4, "repayment": "bullet"},
)
YEARS = ("2032", "2033")
_CODED = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]")


def plain_rows(
    names: Sequence[str] = NAMES, project: str = "=1+1", unit: str = "m", currency: str = "USD"
) -> dict[str, list[dict[str, Any]]]:
    """The rows of the case by sheet, as fields: every name is party, source, package, location, group and more."""
    window = {"start": dt.date(2030, 1, 1), "finish": dt.date(2031, 12, 31)}
    words = {"note": NAMES[5], "status": NAMES[0], "reference": NAMES[3]}
    numbered = list(enumerate(names))
    sources = [
        {"source": name, "party": name, "limit": 10, "gate": name, **KINDS[i % len(KINDS)], **words}
        for i, name in numbered
    ]
    for i, row in enumerate(sources):
        if row["instrument"] == "loan":
            row |= {"curve": names[i], "margin": 0.01, "repaid_by": names[i]}
    return {
        "Project": [{"name": project, "currency": currency, "unit": unit, "start_date": dt.date(2030, 1, 1),
                     "construction_end": dt.date(2031, 12, 31), "end_date": dt.date(2033, 12, 31),
                     "discount_rate": 0.05}],
        "Parties": [{"party": name, "maximum_share": 0.9, **words} for name in names],
        "Budgets": [{"party": name, "values": {"2030": 9.0, "2031": 9.0}} for name in names],
        "Sources": sources,
        "Packages": [{"package": name, "amount": 8, "location": name, "group": name, **window, **words}
                     for name in names],
        "Eligibility": [
            {"package": name, "values": {name: 1.0, names[i - 1]: 1.0, names[i - 2]: 1.0}} for i, name in numbered
        ],
        "Rules": [{"rule": name, "money_from": "instrument: grant", "sense": ">=", "value": 0.01, "measure": "share"}
                  for name in names],
        "Revenue": [{"line": name, "kind": "revenue", "values": dict.fromkeys(YEARS, 5.0)} for name in names],
        "Covenants": [{"covenant": "DSCR", "limit": 1.1, "applies_to": "instrument: bond"}],
        "Curves": [{"curve": name, "values": {"2030": 0.03}} for name in names],
        "Gates": [{"gate": name, "open": True} for name in names],
        "Scenarios": [
            {"scenario": name, "sheet": "Sources", "row": name, "column": "Limit", "change": "scale", "value": 0.99}
            for name in names[:6]
        ],
        "Uncertainty": [
            {"driver": name, "sheet": "Packages", "row": name, "column": "Amount", "change": "scale",
             "distribution": "uniform", "a": 0.98, "b": 1.02}
            for name in names
        ],
    }  # fmt: skip


def hostile_case(names: Sequence[str] = NAMES, **project: str) -> Case:
    """The case made in Python."""
    rows = plain_rows(names, **project)
    return make_case(rows.pop("Project")[0], **rows)


def hostile_workbook(path: Path, names: Sequence[str] = NAMES, **project: str) -> Path:
    """The case as a workbook of text cells, saved by openpyxl; what XML cannot hold is left to the Python case."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in plain_rows(names, **project).items():
        sheet = book.create_sheet(name)
        model, table = SHEETS[name], [_cells(name, row) for row in rows]
        if model is Project:
            table = [{"Item": item, "Value": value} for item, value in table[0].items()]
        titles = list(dict.fromkeys(title for row in table for title in row))
        for column, title in enumerate(titles, 1):
            _put(sheet.cell(1, column), title)
            for number, row in enumerate(table, 2):
                _put(sheet.cell(number, column), row.get(title))
    book.save(path)
    return path


def _cells(name: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """A row by the titles of its columns."""
    columns = SHEETS[name].columns()
    fixed = {columns[field].title: value for field, value in row.items() if field != "values"}
    return fixed | dict(row.get("values", {}))


def _put(cell: Any, value: Any) -> None:
    if isinstance(value, str):
        cell._value, cell.data_type = written(value), "s"
    else:
        cell.value = ("yes" if value else "no") if isinstance(value, bool) else value


def written(text: str) -> str:
    """A text as Excel stores it: what XML cannot hold by its code; so the underscore of what looks like one."""
    plain = re.sub("_(?=x[0-9A-Fa-f]{4}_)", "_x005F_", text)
    return _CODED.sub(lambda found: f"_x{ord(found[0]):04X}_", plain)


def decoded(text: str) -> str:
    """A cell's text as Excel means it, where openpyxl leaves codes: of what XML cannot hold, and of an underscore."""
    return re.sub("_x(00[01][0-9A-Fa-f]|[Ff]{3}[EeFf]|005F)_", lambda found: chr(int(found[1], 16)), text)
