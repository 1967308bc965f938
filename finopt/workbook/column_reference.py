"""The column reference of the documentation, generated from the table of sheets and columns.

Rewrite it with ``python -m finopt.workbook.column_reference > docs/columns.md``.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

from finopt.case.comparison_terms import BASIS_SHEETS, MEASURES
from finopt.case.row import Column, Row
from finopt.case.sheets import SHEETS, Project

TAIL = ("Note", "Status", "Reference")
KINDS = {
    "text": "text",
    "name": "text",
    "names": "names, separated by commas",
    "amount": "amount, zero or more",
    "number": "number",
    "rate": "rate, such as 6.5% or 0.065",
    "share": "share, such as 15% or 0.15",
    "years": "years",
    "date": "date",
    "yes/no": "yes or no",
    "choice": "",
    "profile": "profile",
    "sense": "",
    "selector": "selector",
    "value": "value",
}
INTRODUCTION = """\
# Sheets and columns

Generated from `finopt/read/columns.py`; do not edit by hand.

One workbook is one case, and every sheet is a table. The header row is the first row that holds the sheet's key column
(in bold below). Headers match without regard to case, spaces, underscores or a unit in brackets; columns may stand in
any order. Every sheet may also have the columns Note, Status (reported or assumption) and Reference. A sheet or column
whose name starts with `#` is ignored. The word *required* means that a row cannot do without the value.

A selector is `all`, or `field: name, name; field: name` with a field among party, source, instrument, currency,
location, group and package. A comma is "or", a semicolon is "and".

A period header is a year (2029), 2029-H1, 2029-Q3, 2029-07, or a date.
"""
COMPARED = """\
# The compare workbook

`finopt compare CASES... TERMS.xlsx` takes the terms of the comparison from a workbook of its own; copy
`inputs/comparison.xlsx`. Without one, all cases must have one currency and price year. An amount goes at the rate of
its price year into the common currency, then by that currency's prices into the common year; a figure that this takes
and that is not stated stops the comparison.

A criterion is one of:

"""
ACROSS = {"periods": "one column a period", "sources": "one column a source", "drivers": "one column a driver"}


def column_reference() -> str:
    """The reference as Markdown: one section a sheet, one table row a column."""
    case = (line for model in SHEETS.values() for line in _section(model))
    terms = (line for model in BASIS_SHEETS.values() for line in _section(model))
    measures = "".join(f"- `{name}`: {meaning}\n" for name, meaning in MEASURES.items())
    return "\n".join([INTRODUCTION, *case, COMPARED + measures, *terms])


def _section(model: type[Row]) -> Iterator[str]:
    yield f"## {model.SHEET}"
    yield ""
    yield ("Required. " if model.REQUIRED else "Optional. ") + model.ABOUT
    yield ""
    yield f"| {'Item' if model is Project else 'Column'} | Holds | Meaning | If blank |"
    yield "|---|---|---|---|"
    for name, column in model.columns().items():
        if column.title not in TAIL:
            required = model.model_fields[name].is_required()
            title = f"**{column.title}**" if name == model.KEY and model is not Project else column.title
            yield _line(title, _holds(column), column.meaning, "*required*" if required else column.default or "-")
    series = model.series()
    if series is not None:
        yield _line(f"*{ACROSS[series.across]}*", KINDS[series.kind], series.meaning, "-")
    yield ""


def _holds(column: Column) -> str:
    if column.refers:
        named = f"a name from {column.refers}"
        return f"{KINDS[column.kind]}: {named}" if column.kind in ("names", "selector") else named
    if column.choices:
        return ", ".join(f"`{choice}`" for choice in column.choices)
    return KINDS[column.kind]


def _line(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


if __name__ == "__main__":
    sys.stdout.write(column_reference())
