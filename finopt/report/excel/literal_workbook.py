"""An XlsxWriter workbook that writes text as text: in cells, in charts, in the properties of the file.

XlsxWriter takes a chart's name such as ``Hall 2!B12`` for a reference, with or without an equals sign, and leaves out
a text that is too long for a cell. Here neither happens, whoever writes.

No other module uses what is private to XlsxWriter. Three names are met here, for want of a public way:
``Worksheet._write_string``, through which every text of a cell goes, whichever method was called;
``Worksheet._prepare_formula``, which searches formulas for functions that we never write;
``Chart._process_names``, which decides what is a reference.
``Worksheet.print_area_range``, which is set too, is public by its spelling only.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.exceptions import FileCreateError
from xlsxwriter.worksheet import Worksheet

from finopt.literal import cell_text, chart_text, xml_text
from finopt.report.excel.sheet_names import quoted

OPTIONS = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}
"""Text stays text: a name that begins with = is no formula."""


class LiteralWorksheet(Worksheet):  # type: ignore[misc]
    """A worksheet that keeps every text, and as text."""

    def _write_string(self, row: int, col: int, string: str, cell_format: Any = None) -> int:
        return int(super()._write_string(row, col, cell_text(string), cell_format))


class PlainWorksheet(LiteralWorksheet):
    """A worksheet of plain formulas.

    XlsxWriter searches every formula for some thirty functions of later Excels, which takes two thirds of the time of a
    report. None of ours is among them, so this leaves the search out; the formula goes in as it is.
    """

    def _prepare_formula(self, formula: str, expand_future_functions: bool = False) -> str:
        return formula.removeprefix("=")

    def print_areas(self, areas: Sequence[str]) -> None:
        """Print several areas, each on pages of its own, where XlsxWriter itself knows one."""
        self.print_area_range = ",".join(f"{quoted(self.get_name())}!{area}" for area in areas)


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
