"""The sheet of a simulation: can the plan be funded, how much each figure varies, and what drives it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from xlsxwriter.utility import xl_col_to_name

from finopt.finance import Array
from finopt.report.excel.sheet import Book, Sheet
from finopt.report.excel.styles import NAVY, PARTY_COLOURS
from finopt.report.studies.book import CHART, ROW, Field, Placed, bars, dressed, filled, place, put, rounded
from finopt.study.simulation.simulate import COST, QUANTILES, Cloud
from finopt.study.simulation.warm_start import GAP
from finopt.tolerances import ALL_THE_SAME, LEAST_SPREAD, WHOLE_STEPS
from finopt.wording import capital

BARS = 20
"""About how many bars a histogram has."""
TAIL = 2.5
"""Upper end of a histogram: so many interquartile ranges above the median; the last bar holds what lies beyond."""
ROOM = CHART[1] // ROW + 1
"""Rows under a chart."""
STATUSES = (
    ("optimal", "can be funded"),
    ("gap", "leave works unpaid, for want of money"),
    ("no plan", "have no plan at all (sheet Data says why)"),
)


def write(book: Book, cloud: Cloud) -> None:
    """Write what came of the scenarios, the quantiles, the drivers, and the distributions with their charts."""
    money, count = book.case.money, f"{len(cloud.table):,}"
    stopped = "" if cloud.complete else f", stopped before {cloud.asked:,} were done"
    about = f"{count} scenarios drawn from sheet Uncertainty, seed {cloud.seed}{stopped}. All money in {money}."
    sheet = Sheet(book, "Simulation", about)
    sheet.ws.freeze_panes(2, 1)
    row = _outcomes(sheet, cloud)
    row = _quantiles(sheet, row, cloud)
    drivers = _drivers(sheet, row, cloud)
    pictures = drivers.below
    count_of_charts = 2 * (_varying(cloud, COST) is not None) + (_varying(cloud, GAP) is not None) + 1
    row = pictures + -(-count_of_charts // 2) * ROOM
    costs = _distribution(sheet, row, cloud, COST, "Financing cost of the scenarios that can be funded")
    row = row if costs is None else costs.below
    gaps = _distribution(sheet, row, cloud, GAP, "Cost that no money can pay, of the scenarios where some is left")
    sheet.ws.set_h_pagebreaks([pictures - 1])  # no chart is cut in two
    for i, chart in enumerate(_charts(book, cloud, drivers, costs, gaps)):
        put(sheet, pictures + i // 2 * ROOM, chart, across=i % 2)


def _outcomes(sheet: Sheet, cloud: Cloud) -> int:
    """How many scenarios ended how, counted on sheet Data."""
    where = _column(cloud, "status")
    total = len(cloud.table)
    counts = [int((cloud.table["status"] == status).sum()) for status, _ in STATUSES]
    number = lambda row: f'=COUNTIF({where},"{STATUSES[row - 6][0]}")'  # noqa: E731 - one formula a row
    share = lambda row: f"=B{row}/ROWS({where})"  # noqa: E731
    fields = [
        Field("Scenarios that", "text", [words for _, words in STATUSES], "label", width=44),
        Field("Scenarios", "count", counts, "formula", number),
        Field("Probability", "share", [n / total if total else 0.0 for n in counts], "formula", share),
    ]
    return place(sheet, 4, "Can the plan be funded?", fields).below


def _quantiles(sheet: Sheet, row: int, cloud: Cloud) -> int:
    found = cloud.quantiles()
    of = ["all scenarios" if name == GAP else "if funded" for name in found.index]
    fields = [Field("Figure", "text", [capital(name) for name in found.index], "label", width=44)]
    fields += [Field(f"P{round(100 * at)}", "money", rounded(found[at])) for at in QUANTILES]
    fields.append(Field("Of", "text", of, "muted"))
    return place(
        sheet, row, "How much each figure varies: values that so many of 100 scenarios stay below", fields
    ).below


def _drivers(sheet: Sheet, row: int, cloud: Cloud) -> Placed:
    """Rank correlations, the strongest on the cost first; their squares are shares of the variance of ranks."""
    cost, gap = cloud.drivers(COST), cloud.drivers(GAP)
    square = lambda row: f"=B{row}^2"  # noqa: E731 - one formula a row
    ranks = [_known(cost[name]) for name in cost.index]
    fields = [
        Field("Driver", "text", list(cost.index), "label", width=44),
        Field("Rank correlation with the cost", "price", ranks),
        Field("Variance explained", "share", [None if r is None else r * r for r in ranks], "formula", square),
        Field("Rank correlation with the gap", "price", [_known(gap[name]) for name in cost.index]),
    ]
    return place(sheet, row, "What drives the cost of what can be funded, and what opens a gap", fields)


def _distribution(sheet: Sheet, row: int, cloud: Cloud, figure: str, heading: str) -> Placed | None:
    """Scenarios by size of a figure, counted on sheet Data; None where it does not vary."""
    values = _varying(cloud, figure)
    if values is None:
        return None
    status = _status(figure)
    limits = edges(values)
    counts = [int(((values >= low) & (values < high)).sum()) for low, high in pairwise(limits)]
    shares = np.array(counts) / len(values)
    where, which = _column(cloud, figure), _column(cloud, "status")
    first, last = row + 2, row + 1 + len(counts)
    count = lambda r: f'=COUNTIFS({which},"{status}",{where},">="&A{r},{where},"<"&B{r})'  # noqa: E731
    fields = [
        Field("From", "money", limits[:-1], width=44),
        Field("Below", "money", limits[1:]),
        Field("Scenarios", "count", counts, "formula", count),
        Field("Share", "share", shares.tolist(), "formula", lambda r: f"=C{r}/SUM(C${first}:C${last})"),
        Field("Share below", "share", np.cumsum(shares).tolist(), "formula", lambda r: f"=SUM(D${first}:D{r})"),
    ]
    return place(sheet, row, heading, fields)


def _varying(cloud: Cloud, figure: str) -> Array | None:
    """The values of a figure in the scenarios that have it; None where they are few or all the same."""
    values = cloud.table.loc[cloud.table["status"] == _status(figure), figure].to_numpy(dtype=float)
    same = len(values) < 3 or np.ptp(values) <= ALL_THE_SAME * max(1.0, float(np.abs(values).max()))
    return None if same else values


def _status(figure: str) -> str:
    return "gap" if figure == GAP else "optimal"


def edges(values: Array) -> list[float]:
    """Limits of the bars of a histogram at round numbers; the last one lies above all values."""
    low, (lower, middle, upper) = float(values.min()), np.quantile(values, (0.25, 0.5, 0.75)).tolist()
    high = min(float(values.max()), middle + TAIL * max(upper - lower, LEAST_SPREAD * abs(middle)))
    rough = max(high - low, ALL_THE_SAME * max(1.0, abs(high))) / BARS
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * digit for digit in (1, 2, 2.5, 5, 10) if power * digit >= rough * (1 - WHOLE_STEPS))
    first, count = math.floor(low / step), math.ceil((high - math.floor(low / step) * step) / step)
    limits = [round((first + i) * step, 12) for i in range(count + 1)]
    top = float(values.max())
    if top >= limits[-1]:
        limits.append(round((math.floor(top / step) + 1) * step, 12))
    return limits


def _charts(book: Book, cloud: Cloud, drivers: Placed, costs: Placed | None, gaps: Placed | None) -> Sequence[Any]:
    money, funded = book.case.money, f"{cloud.funded:.0%}"
    charts = []
    if costs is not None:
        chart = book.workbook.add_chart({"type": "column"})
        chart.add_series(costs.series("Share", "Below", **filled(NAVY, gap=8)))
        title = f"Financing cost of the {funded} of scenarios that can be funded"
        charts.append(dressed(chart, title, _sizes(costs, money), {"num_format": "0%"}, legend=False))
        charts.append(_cumulative(book, costs, "Share of them that cost less", money))
    if gaps is not None:
        charts.append(_cumulative(book, gaps, "Of the scenarios with a gap: share with a smaller one", money))
    if any(value is not None for value in drivers.fields["Rank correlation with the cost"].values):
        chart = book.workbook.add_chart({"type": "bar"})
        for title, colour in (("cost", PARTY_COLOURS[0]), ("gap", PARTY_COLOURS[5])):
            chart.add_series(drivers.series(f"Rank correlation with the {title}", "Driver", **filled(colour)))
        charts.append(bars(chart, "What drives the cost, and what opens a gap", "rank correlation", number="0.0"))
    return charts


def _cumulative(book: Book, table: Placed, title: str, money: str) -> Any:
    chart = book.workbook.add_chart({"type": "line"})
    chart.add_series(table.series("Share below", "Below", line={"color": NAVY, "width": 2.25}))
    return dressed(chart, title, _sizes(table, money), {"num_format": "0%", "min": 0, "max": 1}, legend=False)


def _sizes(table: Placed, money: str) -> dict[str, Any]:
    """The axis of a distribution; a last bar wider than the others says so."""
    low, high = (np.array(table.fields[title].values, dtype=float) for title in ("From", "Below"))
    widths = high - low
    rest = f"; the last one holds all above {low[-1]:,.0f}" if widths[-1] > 1.5 * widths[0] else ""
    return {"name": f"below, {money}{rest}", "num_format": "#,##0"}


def _column(cloud: Cloud, name: str) -> str:
    """A column of sheet Data as a range."""
    letter = xl_col_to_name(list(cloud.tidy.columns).index(name))
    return f"Data!${letter}$2:${letter}${len(cloud.table) + 1}"


def _known(value: float) -> float | None:
    return None if math.isnan(value) else float(value)
