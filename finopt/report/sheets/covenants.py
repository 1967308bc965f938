"""Covenants: limit, value and headroom of each lenders' condition, period by period."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from finopt.case.sheets import Covenant
from finopt.finance import Array
from finopt.model.covenants import applies_to, covenant_key, loan_life_value, operating, overlap, within
from finopt.report.excel.page import Page
from finopt.report.excel.plan_arrays import shifted
from finopt.report.excel.sheet import FIRST_COLUMN, Book, Grid, Key, Line
from finopt.report.record.inputs import foreign
from finopt.wording import capital

ABOUT = (
    "Lenders' conditions on debt that the project repays. Shortfall is what is missing, with the ratio multiplied out; "
    "it is zero where the condition holds."
)


def write(book: Book) -> None:
    """Write one block a covenant; each leaves a line ("covenant", "shortfall", c) for the checks."""
    grid = Grid(book, "Covenants", ABOUT, "Limit")
    if not book.case.covenants:
        grid.row += 1
        grid.text(grid.row, 0, "The case states no covenants.")
        return
    for c, row in enumerate(book.case.covenants):
        name = covenant_key(book.figures.data, c)
        grid.section(capital(name) + (f": {row.note}" if row.note else ""))
        _BLOCKS[row.covenant](_Test(grid, c, row))
    grid.quiet_zeros(book.quiet)


class _Test:
    """One covenant: its debt, its periods, and the lines that every kind shares."""

    def __init__(self, grid: Grid, c: int, row: Covenant) -> None:
        self.grid, self.c, self.row, self.book = grid, c, row, grid.book
        self.data = grid.book.figures.data
        self.sources = applies_to(self.data, row)
        self.limit = grid.ref(("input", "Covenants", c, "limit"))
        self.size = len(self.data.calendar)

    def write(self, name: str, label: str, values: Array, formula: str | None, **more: object) -> None:
        """One line of the block."""
        settings: dict[str, object] = {"indent": 1, "total": None}
        self.grid.line(self.key(name), label, values, formula, **{**settings, **more})  # type: ignore[arg-type]

    def key(self, name: str) -> Key:
        """The name of one of its lines in the book."""
        return "covenant", name, self.c

    def now(self, name: str) -> str:
        return self.grid.now(self.key(name))

    def values(self, name: str) -> Array:
        return self.book.lines[self.key(name)].values

    def tested(self, periods: Sequence[int]) -> None:
        flags = np.zeros(self.size)
        flags[list(periods)] = 1.0
        self.write("tested", "Tested in this period", flags, None, unit="1 = yes", number="flag", role="input")

    def add_up(self, name: str, label: str, kind: str) -> None:
        """The debt that the covenant counts, added up."""
        parts = self.grid.noted(*((kind, s) for s in self.sources if (kind, s) in self.book.lines))
        self.grid.add_up(self.key(name), label, parts, indent=1, total=None)

    def ratio(self, label: str, over: str, under: str, number: str, worst: str) -> None:
        """A ratio where there is something to divide by, blank elsewhere, and its worst value as the total."""
        top, bottom, tested = self.values(over), self.values(under), self.values("tested")
        small = self.book.quiet
        shown = [a / b if f and b > small else None for a, b, f in zip(top, bottom, tested, strict=True)]
        row, grid = self.grid.row, self.grid
        matters = f"{self.now('tested')}*{self.now(under)}>{self.grid.ref('rounding')}"
        template = f'=IF({matters},{self.now(over)}/{self.now(under)},"")'
        grid.text(row, 0, label, indent=1, bold=True)
        unit = "share" if number == "share" else "times"
        grid.text(row, 2, unit, "muted")
        columns = self.book.columns
        for t, value in enumerate(shown):
            formula = template.format(p=columns[t], c=columns[t + 1], n=columns[t + 2])
            grid.formula(row, FIRST_COLUMN + t, formula, "" if value is None else value, number, bold=True)
        known = [v for v in shown if v is not None]
        span = f"{columns[1]}{row}:{columns[self.size]}{row}"
        value = (min(known) if worst == "MIN" else max(known)) if known else "n/a"
        formula = f'=IF(COUNT({span})=0,"n/a",{worst}({span}))'
        cell = grid.formula(row, 3, formula, value, number, bold=True, align="right")
        grid.formula(row, 4, f"={self.limit}", self.row.limit, number, "link")
        self.book.cells["worst", self.c] = cell
        values = np.array([np.nan if value is None else value for value in shown])
        self.book.lines[self.key("ratio")] = Line(grid.name, row, values)
        grid.row += 1
        limits = np.full(self.size, self.row.limit)
        self.write("limit line", "Limit", limits, f"={self.limit}", unit=unit, number=number, role="link")

    def shortfall(self, available: str, required: str, *, cover: bool = False) -> None:
        """Headroom in money between two lines, where tested, and what is missing.

        Of a ``cover`` ratio what is available counts as nothing where it is a loss.
        """
        have, text = self.values(available), self.now(available)
        if cover:
            have, text = np.maximum(have, 0.0), f"MAX(0,{text})"
        room = self.values("tested") * (have - self.values(required))
        formula = f"={self.now('tested')}*({text}-{self.now(required)})"
        self.write("headroom", "Headroom", room, formula)
        missing = np.where(room < -self.book.quiet, -room, 0.0)
        self.write("shortfall", "Shortfall", missing, f"=MAX(0,-{self.now('headroom')})", total="max")


def _dscr(test: _Test) -> None:
    test.tested(operating(test.data, test.row))
    test.write("available", "CFADS", test.book.lines["cfads"].values, f"={test.grid.now('cfads')}", role="link")
    test.add_up("service", "Debt service covered", "service")
    test.ratio("Debt service cover ratio", "available", "service", "ratio", "MIN")
    required = test.row.limit * test.values("service")
    test.write("required", "CFADS that the limit asks for", required, f"={test.limit}*{test.now('service')}")
    test.shortfall("available", "required", cover=True)


def _llcr(test: _Test) -> None:
    grid, data, sources = test.grid, test.data, test.sources
    test.tested(operating(data, test.row))
    weights = np.array([data.case.sources[s].limit * data.fx[s, 0] for s in sources])
    rates = data.period_rate[sources] if sources else np.zeros((1, test.size))
    rate = np.average(rates, axis=0, weights=weights) if weights.sum() > 0 else rates.mean(axis=0)
    alive = np.flatnonzero(data.alive[sources].any(axis=0)) if sources else np.zeros(0)
    life = (np.arange(test.size) <= alive.max(initial=-1)).astype(float)
    test.write("rate", "Rate of the debt, by limits", rate, None, unit="rate", number="rate", role="input")
    test.write("life", "Up to the last maturity", life, None, unit="1 = yes", number="flag", role="input")
    value = loan_life_value(data, sources) if sources else np.zeros(test.size)
    row = grid.row
    formula = f"={test.now('life')}*({{n}}{row}+{grid.now('cfads')})/(1+{test.now('rate')})"
    test.write("available", "Present value of CFADS over the loan life", value, formula)
    test.add_up("closing", "Debt at the end of the period", "owed")
    owed = shifted(test.values("closing"))
    test.write("owed", "Debt at the beginning of the period", owed, f"={grid.before(test.key('closing'))}")
    test.ratio("Loan life cover ratio", "available", "owed", "ratio", "MIN")
    test.write("required", "Value that the limit asks for", test.row.limit * owed, f"={test.limit}*{test.now('owed')}")
    test.shortfall("available", "required", cover=True)


def _gearing(test: _Test) -> None:
    grid, own = test.grid, np.flatnonzero(~test.data.is_debt).tolist()
    test.tested(within(test.data, test.row))
    test.add_up("owed", "Debt", "owed")
    grid.add_up(test.key("paid in"), "Equity and grants put in", grid.noted(*(("funding", s) for s in own)), indent=1,
                total=None)  # fmt: skip
    old = [s for s in own if test.data.drawn_before[s]]
    before = float(sum(test.data.drawn_before[s] * test.data.fx[s, 0] for s in old))
    so_far = before + np.cumsum(test.values("paid in"))
    test.write("own", "Equity and grants so far", so_far, f"={grid.previous}+{test.now('paid in')}")
    if old:
        grid.begin_at(test.key("own"), f"={test.now('paid in')}" + "".join(_drawn_before(test, s) for s in old))
    both = test.values("owed") + so_far
    test.write("both", "Debt, equity and grants", both, f"={test.now('owed')}+{test.now('own')}")
    test.ratio("Gearing", "owed", "both", "share", "MAX")
    required = test.row.limit * both
    test.write("available", "Debt that the limit allows", required, f"={test.limit}*{test.now('both')}")
    test.shortfall("available", "owed")


def _drawn_before(test: _Test, s: int) -> str:
    """What was drawn of a source before Start date, in case money of the first period, as a summand."""
    cell = test.grid.ref(("input", "Sources", s, "drawn_before"))
    return f"+{cell}*{test.grid.now(('fx', s))}" if foreign(test.book, s) else f"+{cell}"


def _reserve(test: _Test) -> None:
    grid, data = test.grid, test.data
    test.tested(operating(data, test.row))
    test.add_up("service", "Debt service covered", "service")
    values = np.zeros(test.size)
    for t in range(test.size):
        values[t] = sum(share * test.values("service")[u] for u, share in overlap(data, t, test.row.limit / 12))
    begins, length, end = grid.span("begins"), grid.span("length"), grid.now("ends")
    part = f"({end}+{test.limit}/12-{begins})/{length}"
    inside = f"(({part}>=1)+({part}>0)*({part}<1)*{part})*({begins}>{end}-0.000001)"
    formula = f"=SUMPRODUCT({inside}*{grid.span(test.key('service'))})"
    balance = test.book.lines["reserve"].values
    test.write("available", "Debt service reserve", balance, f"={grid.now('reserve')}", role="link")
    test.write("required", "Debt service of the months ahead", values, formula)
    test.shortfall("available", "required")


def _average_life(test: _Test) -> None:
    grid, data = test.grid, test.data
    periods = within(data, test.row)
    test.tested(periods)
    flags = test.values("tested")
    repaid = [s for s in test.sources if ("repaid", s) in test.book.lines]
    for name, label in (("principal", "Principal repaid"), ("weighted", "Principal x years from the debt's time zero")):
        parts = []
        for s in repaid:
            line = test.book.lines["repaid", s]
            years = f"*{grid.now(('debt time', s))}" if name == "weighted" else ""
            weight = data.debt_time[s] if name == "weighted" else 1.0
            parts.append((f"{test.now('tested')}*{grid.now(('repaid', s))}{years}", flags * line.values * weight))
        grid.add_up(test.key(name), label, parts, indent=1)
    line, weighted = test.book.lines[test.key("principal")], test.book.lines[test.key("weighted")]
    life = weighted.total / line.total if line.total > test.book.quiet else "n/a"
    grid.text(grid.row, 0, "Average life", indent=1, bold=True)
    grid.text(grid.row, 2, "years", "muted")
    top, bottom = grid.total(test.key("weighted")), grid.total(test.key("principal"))
    formula = f'=IF({bottom}>{grid.ref("rounding")},{top}/{bottom},"n/a")'
    test.book.cells["worst", test.c] = grid.formula(grid.row, 3, formula, life, "years", bold=True, align="right")
    grid.formula(grid.row, 4, f"={test.limit}", test.row.limit, "years", "link")
    grid.row += 1
    so_far: Array = np.cumsum(weighted.values - test.row.limit * line.values)
    last = np.arange(test.size) == test.size - 1
    excess = np.where(last & (so_far > test.book.quiet), so_far, 0.0)
    formula = f'=MAX(0,{top}-{test.limit}*{bottom})*({{c}}3="{data.calendar.labels[-1]}")'
    test.write("shortfall", "Excess, money x years", excess, formula, total="max")


def _debt(test: _Test) -> None:
    test.tested(within(test.data, test.row))
    limit = np.full(test.size, test.row.limit)
    test.write("available", "Debt that the limit allows", limit, f"={test.limit}", role="link")
    test.add_up("owed", "Debt", "owed")
    test.shortfall("available", "owed")


_BLOCKS: Mapping[str, Callable[[_Test], None]] = {
    "DSCR": _dscr,
    "LLCR": _llcr,
    "gearing": _gearing,
    "reserve months": _reserve,
    "average life": _average_life,
    "debt": _debt,
}


PAGE = Page(
    "Covenants",
    "Lenders' conditions: value, limit, headroom",
    write,
    after=(
        "Inputs",
        "Debt",
        "Cash flow",
    ),
)
