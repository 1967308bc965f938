"""The comparison of cases as a workbook: the order with its reasons, the scores as live formulas, the parties."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from xlsxwriter.utility import xl_col_to_name

from finopt.report.excel.styles import GRID, NAVY, Styles
from finopt.report.studies.book import CHART, ROW, TEXT, bars, filled
from finopt.study.scenarios.compare import MILLIONS, Ranking
from finopt.wording import capital

HEAD = 3
"""Zero-based row of the column titles."""


@dataclass(frozen=True)
class Figure:
    """One column: its name in the table of the ranking, its title, kind of number, and width."""

    name: str
    title: str
    number: str
    width: float


RANKED = (
    Figure("case", "Case", "text", 32),
    Figure("score", "Score", "ratio", 8),
    Figure("status", "Status", "text", 10),
    Figure("cost, common", "Cost ({money})", "money", 14),
    Figure("cost per km", "Cost per km ({money})", "money", 14),
    Figure("duration", "Works (years)", "years", 9),
    Figure("debt capacity", "Debt capacity (share of money)", "share", 14),
    Figure("tolls carry, common", "Debt capacity ({money})", "money", 14),
    Figure("gap if tolls carry it", "Gap if tolls carry it", "share", 10),
    Figure("financing cost", "Financing cost per unit drawn", "share", 14),
    Figure("all-in rate", "All-in rate", "rate", 9),
    Figure("peak against means", "Peak against means", "share", 10),
    Figure("peak of", "Peak of", "text", 22),
    Figure("probability of being funded", "Probability of being funded ({samples} samples)", "share", 14),
    Figure("margin", "Margin", "share", 9),
    Figure("breaks first", "Breaks first", "text", 46),
)
"""What a case is judged by."""
CONVERTED = (
    Figure("case", "Case", "text", 32),
    Figure("money", "Money", "text", 10),
    Figure("price year", "Price year", "whole", 10),
    Figure("cost", "Cost (own money)", "money", 14),
    Figure("exchange rate", "{currency} for one unit", "factor", 12),
    Figure("prices then", "Prices of the price year", "factor", 12),
    Figure("prices now", "Prices of {year}", "factor", 12),
    Figure("price factor", "Price factor", "factor", 10),
    Figure("cost, common", "Cost ({money})", "money", 14),
    Figure("km", "Length (km)", "money", 10),
    Figure("money drawn", "Money drawn (own, nominal)", "money", 14),
)
"""How a case's own money becomes the common one."""
STATED = ("exchange rate", "prices then", "prices now", "km")
"""What the compare workbook states: inputs of the report."""
CHARTS = (
    ("score", "Viability score", "score, 0 to 1", "0.0", 1.0),
    ("probability of being funded", "Probability of being funded", "share of scenarios", "0%", 1.0),
    ("gap if tolls carry it", "What tolls would not carry", "share of the money drawn", "0%", 1.0),
    ("all-in rate", "All-in rate", "a year", "0%", None),
)
"""Column, title, unit, format and upper end of each chart, two beside each other."""
FORMATS = {"ratio": "0.00", "years": "0.0"}
A3 = 8
PARTY_FORMATS = ("text", "text", "money", "share", "whole", "money", "money", "share")


def write(workbook: Any, ranking: Ranking) -> None:
    """Fill the workbook of a comparison of cases."""
    _Writer(workbook, ranking).write()


class _Writer:
    """The sheets of one comparison."""

    def __init__(self, book: Any, ranking: Ranking) -> None:
        self.book, self.ranking, self.styles = book, ranking, Styles(book)
        names = ("Ranking", "Reasons", "Scores", "Conversion", "Parties")
        self.sheets = {name: book.add_worksheet(name) for name in names}
        self.rows: list[dict[Any, Any]] = [{**row, **self._prices(row)} for row in ranking.table.to_dict("records")]

    def write(self) -> None:
        """Every sheet."""
        basis = self.ranking.basis
        about = "Most viable first; sheet Reasons says why. Grey-violet: from the plans. Black: live formulas."
        self._figures("Ranking", about, RANKED, self._ranked)
        self._reasons()
        self._scores()
        about = f"From each case's own money to {basis.currency} m of {basis.year}, as the compare workbook states it."
        self._figures("Conversion", about, CONVERTED, self._converted)
        self._parties()
        self._charts()

    def _prices(self, row: Mapping[Any, Any]) -> dict[str, float | None]:
        """The price levels behind a case's price factor; none where its money is of the common year."""
        basis, year = self.ranking.basis, row["price year"]
        if year == basis.year:
            return {"prices then": None, "prices now": None}
        return {"prices then": basis.level(year), "prices now": basis.level(basis.year)}

    def _figures(
        self, name: str, about: str, figures: Sequence[Figure], formulas: Callable[[int], Mapping[str, str]]
    ) -> None:
        """One row a case; what follows from other figures is a live formula."""
        basis = self.ranking.basis
        money = f"{basis.currency} m of {basis.year}"
        words = {"money": money, "currency": basis.currency, "year": basis.year, "samples": basis.samples}
        titles = [(f.title.format(**words), f.width, f.number == "text") for f in figures]
        self._head(name, about, titles)
        for i, row in enumerate(self.rows):
            live = formulas(i)
            for column, figure in enumerate(figures):
                role = "input" if figure.name in STATED else "decision"
                formula = live.get(figure.name, "")
                self._cell(name, HEAD + 1 + i, column, row[figure.name], figure.number, formula, role)

    def _ranked(self, i: int) -> dict[str, str]:
        """Formulas of a row of sheet Ranking."""
        row = HEAD + 2 + i
        at = {f.name: f"{_letter(RANKED, f.name)}{row}" for f in RANKED}
        converted = {f.name: f"Conversion!{_letter(CONVERTED, f.name)}{row}" for f in CONVERTED}
        return {
            "cost, common": f"={converted['cost, common']}",
            "cost per km": f"={at['cost, common']}/{converted['km']}",
            "tolls carry, common": f"={at['debt capacity']}*{at['cost, common']}",
            "gap if tolls carry it": f"=MAX(0,1-{at['debt capacity']})",
            "score": f"=Scores!{xl_col_to_name(2 * len(self.ranking.weights) + 1)}{row + 3}",
        }

    def _converted(self, i: int) -> dict[str, str]:
        """Formulas of a row of sheet Conversion."""
        at = {f.name: f"{_letter(CONVERTED, f.name)}{HEAD + 2 + i}" for f in CONVERTED}
        unit = str(self.rows[i]["money"]).partition(" ")[2].casefold()
        factor = "" if self.rows[i]["prices then"] is None else f"={at['prices now']}/{at['prices then']}"
        common = f"={at['cost']}*{at['exchange rate']}*{at['price factor']}*{MILLIONS[unit]:g}"
        return {"price factor": factor, "cost, common": common}

    def _reasons(self) -> None:
        about = "Why each case stands where it does, from its own figures."
        self._head("Reasons", about, [("Case", 32.0, True), ("Reason", 130.0, True)])
        for i, (case, reason) in enumerate(zip(self.ranking.table["case"], self.ranking.table["reason"], strict=True)):
            named: dict[str, Any] = {"bold": True}
            wrapped: dict[str, Any] = {"text_wrap": True, "indent": 1}
            for column, (words, look) in enumerate(((case, named), (reason, wrapped))):
                style = self.styles("text", valign="vcenter", **look)
                self.sheets["Reasons"].write_string(HEAD + 1 + i, column, words, style)
            self.sheets["Reasons"].set_row(HEAD + 1 + i, 15 * (1 + len(reason) // 130) + 6)

    def _scores(self) -> None:
        """Value and score of each criterion, its best, worst and weight above, the weighted mean at the right."""
        criteria, weights = self.ranking.basis.criteria, self.ranking.weights
        count = len(criteria)
        titles = [("Case", 32.0, True), *((capital(c.criterion), 14.0, False) for c in criteria)]
        titles += [*((f"Score: {c.criterion}", 14.0, False) for c in criteria), ("Score", 9.0, False)]
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
        for i, row in enumerate(self.rows):
            self._score_row(top + 3 + i, i, row, [c.criterion for c in criteria], count)

    def _score_row(self, at: int, i: int, row: Mapping[Any, Any], names: Sequence[str], count: int) -> None:
        best, worst, weight = (HEAD + 2 + k for k in range(3))
        self._cell("Scores", at, 0, row["case"], "text")
        for j, name in enumerate(names, 1):
            value, letter = row[name], xl_col_to_name(j)
            source = f"=Ranking!{_letter(RANKED, name)}{HEAD + 2 + i}"
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
        words = ("case", "party")
        about = "Money in each case's own unit. Means: the yearly budget that a year comes nearest to."
        self._head("Parties", about, [(capital(n), 30.0 if n in words else 14.0, n in words) for n in table.columns])
        for i, row in enumerate(table.itertuples(index=False), HEAD + 1):
            for j, (value, number) in enumerate(zip(row, PARTY_FORMATS, strict=True)):
                self._cell("Parties", i, j, value, number)

    def _charts(self) -> None:
        """What decides, case by case, the best on top; two charts beside each other below the table."""
        below = HEAD + len(self.rows) + 3
        for i, (name, title, unit, shown, end) in enumerate(CHARTS):
            chart = self.book.add_chart({"type": "bar"})
            chart.add_series({**self._series(name), **filled(NAVY)})
            bars(chart, title, unit, legend=False)
            grid = {"visible": True, "line": {"color": GRID, "width": 0.75}}
            look = {"num_font": TEXT, "name_font": {**TEXT, "bold": False}, "label_position": "high"}
            ends = {"min": 0} if end is None else {"min": 0, "max": end}
            chart.set_x_axis({"name": unit, "num_format": shown, "major_gridlines": grid, **ends, **look})
            place = {"x_offset": (i % 2) * (CHART[0] + 16), "object_position": 2}
            self.sheets["Ranking"].insert_chart(below + (i // 2) * (CHART[1] // ROW + 1), 0, chart, place)

    def _series(self, name: str) -> dict[str, Any]:
        first, last = HEAD + 1, HEAD + len(self.rows)
        column = [f.name for f in RANKED].index(name)
        return {
            "name": name,
            "categories": ["Ranking", first, 0, last, 0],
            "values": ["Ranking", first, column, last, column],
            "categories_data": [row["case"] for row in self.rows],
            "values_data": ["" if _empty(row[name]) else float(row[name]) for row in self.rows],
        }

    def _head(self, name: str, about: str, titles: Sequence[tuple[str, float, bool]]) -> None:
        """The head of a sheet; a column has a title, a width, and words or figures in it."""
        sheet = self.sheets[name]
        sheet.write_string(0, 0, f"Comparison - {name}", self.styles("text", "title"))
        sheet.write_string(1, 0, about, self.styles("text", "muted"))
        for column, (title, width, words) in enumerate(titles):
            align = "left" if words else "right"
            style = self.styles("text", "head", bottom=1, align=align, indent=int(column > 0 and words), text_wrap=True)
            sheet.write_string(HEAD, column, title, style)
            sheet.set_column(column, column, width)
        sheet.set_row(HEAD, 48)
        sheet.hide_gridlines(2)
        sheet.freeze_panes(HEAD + 1, 1)
        sheet.set_landscape()
        sheet.set_paper(A3)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(HEAD)
        sheet.set_footer("&L&A&R&P / &N")

    def _cell(
        self, name: str, row: int, column: int, value: Any, number: str, formula: str = "", role: str = "decision"
    ) -> None:
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
            sheet.write_number(row, column, float(value), self.styles(number, role, **more))


def _letter(figures: Sequence[Figure], name: str) -> str:
    """Letter of the column that holds a figure."""
    return str(xl_col_to_name([f.name for f in figures].index(name)))


def _empty(value: Any) -> bool:
    return value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value))
