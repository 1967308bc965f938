"""The comparison of cases as a workbook: the order with its reasons, the scores as live formulas, the parties."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import xlsxwriter
from xlsxwriter.utility import xl_col_to_name

from finopt.report.files import replacing
from finopt.report.study_book import TEXT, bars, filled
from finopt.report.styles import GRID, NAVY, Styles
from finopt.study.compare import MILLIONS, Ranking

OPTIONS = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}
HEAD = 3
"""Zero-based row of the column titles."""
FIGURES: Mapping[str, tuple[str, float]] = {
    "case": ("text", 32),
    "score": ("ratio", 8),
    "status": ("text", 9),
    "money": ("text", 9),
    "price year": ("whole", 9),
    "cost": ("money", 13),
    "exchange rate": ("factor", 10),
    "price factor": ("factor", 9),
    "cost, common": ("money", 13),
    "km": ("money", 10),
    "cost per km": ("money", 10),
    "duration": ("years", 9),
    "money drawn": ("money", 13),
    "debt capacity": ("share", 10),
    "gap if tolls carry it": ("share", 10),
    "financing cost": ("share", 10),
    "all-in rate": ("rate", 9),
    "peak against means": ("share", 10),
    "peak of": ("text", 22),
    "probability of being funded": ("share", 12),
    "margin": ("share", 9),
    "breaks first": ("text", 48),
}
"""Columns of sheet Ranking: kind of number, and width."""
FORMATS = {"ratio": "0.00", "years": "0.0"}
WORDS = ("case", "party", "status", "money", "peak of", "breaks first", "reason")
"""Columns of words, which begin at the left."""
A3 = 8
PARTY_FORMATS = ("text", "text", "money", "share", "whole", "money", "money", "share")


def write_ranking(ranking: Ranking, path: str | Path) -> Path:
    """Write the comparison as a workbook and return its path. Raises ReportError where it cannot be written."""
    target = Path(path)
    with replacing(target) as temporary:
        book = xlsxwriter.Workbook(os.fspath(temporary), OPTIONS)
        book.set_properties({"title": "Comparison", "comments": "Written by finopt"})
        _Writer(book, ranking).write()
        book.close()
    return target


class _Writer:
    """The sheets of one comparison."""

    def __init__(self, book: Any, ranking: Ranking) -> None:
        self.book, self.ranking, self.styles = book, ranking, Styles(book)
        self.sheets = {name: book.add_worksheet(name) for name in ("Ranking", "Reasons", "Scores", "Parties")}
        self.columns = {name: i for i, name in enumerate(FIGURES)}

    def write(self) -> None:
        """Every sheet."""
        basis = self.ranking.basis
        self._head("Ranking", f"Most viable first. Costs in common money: {basis.currency} m of {basis.year}.", FIGURES)
        for i, row in enumerate(self.ranking.table.to_dict("records")):
            for name, (number, _) in FIGURES.items():
                self._figure(HEAD + 1 + i, name, number, row[name])
        self._reasons()
        self._scores()
        self._parties()
        self._charts()

    def _figure(self, row: int, name: str, number: str, value: Any) -> None:
        formula = self._formula(row, name)
        self._cell("Ranking", row, self.columns[name], value, number, formula)

    def _formula(self, row: int, name: str) -> str:
        """What follows from other figures is a live formula."""
        at = {column: f"{xl_col_to_name(i)}{row + 1}" for column, i in self.columns.items()}
        unit = str(self.ranking.table.iloc[row - HEAD - 1]["money"]).partition(" ")[2].casefold()
        formulas = {
            "cost, common": f"={at['cost']}*{at['exchange rate']}*{at['price factor']}*{MILLIONS[unit]:g}",
            "cost per km": f"={at['cost, common']}/{at['km']}",
            "gap if tolls carry it": f"=MAX(0,1-{at['debt capacity']})",
            "score": f"=Scores!{xl_col_to_name(2 * len(self.ranking.weights) + 1)}{row + 4}",
        }
        return formulas.get(name, "")

    def _reasons(self) -> None:
        widths = {"case": ("", 32.0), "reason": ("", 130.0)}
        self._head("Reasons", "Why each case stands where it does, from its own figures.", widths)
        for i, (case, reason) in enumerate(zip(self.ranking.table["case"], self.ranking.table["reason"], strict=True)):
            self._cell("Reasons", HEAD + 1 + i, 0, case, "text")
            wrapped = self.styles("text", text_wrap=True, valign="top")
            self.sheets["Reasons"].write_string(HEAD + 1 + i, 1, reason, wrapped)
            self.sheets["Reasons"].set_row(HEAD + 1 + i, 15 * (1 + len(reason) // 130) + 3)

    def _scores(self) -> None:
        """Value and score of each criterion, its best, worst and weight above, the weighted mean at the right."""
        criteria, weights = self.ranking.basis.criteria, self.ranking.weights
        count = len(criteria)
        titles = {"case": ("", 32.0), **{c.criterion: ("", 14.0) for c in criteria}}
        titles |= {f"score: {c.criterion}": ("", 14.0) for c in criteria} | {"score": ("", 9.0)}
        self._head("Scores", "A value at Best scores 1, at Worst 0; a criterion without a figure is left out.", titles)
        top = HEAD + 1
        for offset, (label, values) in enumerate(
            (
                ("Best", [c.best for c in criteria]),
                ("Worst", [c.worst for c in criteria]),
                ("Weight", [float(weights[c.criterion]) for c in criteria]),
            )
        ):
            self._cell("Scores", top + offset, 0, label, "text")
            for j, value in enumerate(values, 1):
                style = self.styles("number", "input")
                self.sheets["Scores"].write_number(top + offset, j, value, style)
        for i, row in enumerate(self.ranking.table.to_dict("records")):
            self._score_row(top + 3 + i, i, row, [c.criterion for c in criteria], count)

    def _score_row(self, at: int, i: int, row: Mapping[Any, Any], names: Sequence[str], count: int) -> None:
        best, worst, weight = (HEAD + 2 + k for k in range(3))
        self._cell("Scores", at, 0, row["case"], "text")
        for j, name in enumerate(names, 1):
            value, letter = row[name], xl_col_to_name(j)
            source = f"=Ranking!{xl_col_to_name(self.columns[name])}{HEAD + 2 + i}"
            self._cell("Scores", at, j, value, "factor", source)
            score = float(self.ranking.scores.iloc[i][name])
            formula = f"=MAX(0,MIN(1,({letter}${worst}-{letter}{at + 1})/({letter}${worst}-{letter}${best})))"
            self._cell("Scores", at, count + j, score, "ratio", formula)
        first, last = xl_col_to_name(count + 1), xl_col_to_name(2 * count)
        weights = f"$B${weight}:${xl_col_to_name(count)}${weight}"
        scored = f"{first}{at + 1}:{last}{at + 1}"
        formula = f'=SUMPRODUCT({weights},{scored})/SUMIF({scored},">=0",{weights})'
        self._cell("Scores", at, 2 * count + 1, row["score"], "ratio", formula)

    def _parties(self) -> None:
        table = self.ranking.parties
        widths = {name: ("", 30.0 if name in ("case", "party") else 14.0) for name in table.columns}
        about = "Money in each case's own unit. Means: the yearly budget that a year comes nearest to."
        self._head("Parties", about, widths)
        for i, row in enumerate(table.itertuples(index=False), HEAD + 1):
            for j, (value, number) in enumerate(zip(row, PARTY_FORMATS, strict=True)):
                self._cell("Parties", i, j, value, number)

    def _charts(self) -> None:
        """Scores, and how much of its money each case's revenue carries, best case on top."""
        table, sheet = self.ranking.table, self.sheets["Ranking"]
        below = HEAD + len(table) + 3
        for across, (name, title, unit, shown) in enumerate(
            (
                ("score", "Viability score", "score, 0 to 1", "0.0"),
                ("probability of being funded", "Probability of being funded", "share of scenarios", "0%"),
                ("gap if tolls carry it", "What tolls would not carry", "share of the money drawn", "0%"),
            )
        ):
            chart = self.book.add_chart({"type": "bar"})
            chart.add_series({**self._series(name), **filled(NAVY)})
            bars(chart, title, unit, legend=False)
            grid = {"visible": True, "line": {"color": GRID, "width": 0.75}}
            look = {"num_font": TEXT, "name_font": {**TEXT, "bold": False}, "label_position": "high"}
            chart.set_x_axis({"name": unit, "min": 0, "max": 1, "num_format": shown, "major_gridlines": grid, **look})
            sheet.insert_chart(below, 0, chart, {"x_offset": across * 776, "object_position": 2})

    def _series(self, name: str) -> dict[str, Any]:
        first, last = HEAD + 1, HEAD + len(self.ranking.table)
        column = self.columns[name]
        values = [None if _empty(v) else float(v) for v in self.ranking.table[name]]
        return {
            "name": name,
            "categories": ["Ranking", first, 0, last, 0],
            "values": ["Ranking", first, column, last, column],
            "categories_data": list(self.ranking.table["case"]),
            "values_data": ["" if v is None else v for v in values],
        }

    def _head(self, name: str, about: str, titles: Mapping[str, tuple[str, float]]) -> None:
        sheet = self.sheets[name]
        sheet.write_string(0, 0, f"Comparison - {name}", self.styles("text", "title"))
        sheet.write_string(1, 0, about, self.styles("text", "muted"))
        for column, (title, (_, width)) in enumerate(titles.items()):
            words = title[:1].upper() + title[1:]
            align = "left" if title in WORDS and (name, title) != ("Parties", "money") else "right"
            style = self.styles("text", "head", bottom=1, align=align, indent=int(column > 0 and align == "left"))
            sheet.write_string(HEAD, column, words, style)
            sheet.set_column(column, column, width)
        sheet.set_row(HEAD, 44)
        sheet.hide_gridlines(2)
        sheet.freeze_panes(HEAD + 1, 1)
        sheet.set_landscape()
        sheet.set_paper(A3)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(HEAD)

    def _cell(self, name: str, row: int, column: int, value: Any, number: str, formula: str = "") -> None:
        """One cell: nothing where nothing is known, a formula with its value, or the value."""
        sheet = self.sheets[name]
        if _empty(value):
            return
        more = {"num_format": FORMATS[number]} if number in FORMATS else {}
        if isinstance(value, str):
            sheet.write_string(row, column, value, self.styles("text", bold=column == 0, indent=int(column > 0)))
        elif formula:
            sheet.write_formula(row, column, formula, self.styles(number, "formula", **more), float(value))
        else:
            sheet.write_number(row, column, float(value), self.styles(number, "decision", **more))


def _empty(value: Any) -> bool:
    return value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value))
