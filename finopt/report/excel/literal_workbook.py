"""An XlsxWriter workbook that writes text as text: in cells, in charts, in the properties of the file.

XlsxWriter takes a chart's name such as ``Hall 2!B12`` for a reference, with or without an equals sign, and leaves out
a text that is too long for a cell. Here neither happens, whoever writes.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.exceptions import FileCreateError
from xlsxwriter.worksheet import Worksheet

from finopt.literal import cell_text, chart_text, xml_text

OPTIONS = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}
"""Text stays text: a name that begins with = is no formula."""


class LiteralWorksheet(Worksheet):  # type: ignore[misc]
    """A worksheet that keeps every text, and as text."""

    def _write_string(self, row: int, col: int, string: str, cell_format: Any = None) -> int:
        return int(super()._write_string(row, col, cell_text(string), cell_format))


class LiteralWorkbook(xlsxwriter.Workbook):  # type: ignore[misc]
    """A workbook whose sheets and charts hold the user's text as text."""

    def __init__(self, path: Path) -> None:
        super().__init__(os.fspath(path), OPTIONS)

    def add_worksheet(self, name: str | None = None, worksheet_class: type[Worksheet] = LiteralWorksheet) -> Any:
        """Add a sheet."""
        return super().add_worksheet(name, worksheet_class)

    def add_chart(self, options: dict[str, Any]) -> Any:
        """Add a chart: names of series, titles and axes are text, never references; so are categories."""
        chart = super().add_chart(options)
        add_series = chart.add_series

        def add(series: dict[str, Any]) -> None:
            words = {name: [*map(_category, series[name])] for name in ("categories_data",) if name in series}
            add_series({**series, **words})

        chart.add_series, chart._process_names = add, _words
        return chart

    def set_properties(self, properties: dict[str, str]) -> None:
        """Set the properties of the file."""
        super().set_properties({name: xml_text(text) for name, text in properties.items()})

    def close(self) -> None:
        """Write the file. Raises OSError where it cannot be written."""
        try:
            super().close()
        except FileCreateError as error:
            raise OSError(str(error)) from error


def _category(value: Any) -> Any:
    return chart_text(value) if isinstance(value, str) else value


def _words(name: str | None, formula: str | None) -> tuple[str | None, str | None]:
    """What XlsxWriter would take for a reference where a name looks like one: always the name, and no formula."""
    return (None if name is None else chart_text(name)), formula
