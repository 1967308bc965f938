"""Checks: the plan proved by live formulas. Overtype a decision, and the right ones read FAIL."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from finopt.case.names import same
from finopt.case.selector import Selector, is_selector
from finopt.case.sheets import Rule
from finopt.finance import Array
from finopt.model.covenants import covenant_key
from finopt.model.family import Key as RowKey
from finopt.model.family import Terms
from finopt.model.limits import Rows, rows_beside
from finopt.model.places import position_at, value_at
from finopt.model.rules import windows
from finopt.model.variables import Pairs
from finopt.report.excel.page import Page
from finopt.report.excel.sheet import FIRST_COLUMN, Book, Cell, Grid, Key
from finopt.report.record.inputs import ceiling_rows
from finopt.report.sheets.funding_schedule import currency
from finopt.tolerances import CERTIFIED
from finopt.wording import capital

LAID_OUT = frozenset(
    {
        "eligible_share", "source_limit", "source_year", "source_period", "party_budget", "party_share", "rule",
        "minimum_cash", "maximum_cash", "dscr", "llcr", "gearing", "reserve", "average_life", "debt_limit",
    }
)  # fmt: skip
"""Limits with an account of their own, here or on sheet Covenants: figures that a reviewer knows, such as the money
that a party puts in, stand in for the variables of the program. Every other limit is checked row by row."""
CELLS = {
    "issue": "issue", "proceeds": "proceeds", "balance": "closing", "interest": "interest", "principal": "principal",
    "fees": "fees", "line_fee": "commitment fee", "drawn": "so far", "account": "closing", "payout": "payout",
}  # fmt: skip
"""The line of a source that holds a variable by source and period."""
LONGEST = 4000
"""Characters of a sum: longer ones get subtotals, well below Excel's limit on the length of a formula."""
FEW = 20
"""Terms of a subtotal."""
ABOUT = (
    "Each check shows by how much it is off, period by period and at most (Worst). PASS: off by no more than the "
    "tolerance, which is an input."
)


def write(book: Book) -> Cell:
    """Write every check and return the master check, PASS only where all of them pass."""
    grid = Grid(book, "Checks", ABOUT, "Result")
    grid.text(5, 3, "Worst", "axis", bold=True)
    checks = _Checks(grid)
    checks.begin()
    _uses(checks)
    for s in range(len(book.case.sources)):
        _source(checks, s)
    _parties(checks)
    _cash(checks)
    _covenants(checks)
    _rules(checks)
    _others(checks)
    _ties(checks)
    return checks.end()


class _Checks:
    """The sheet under construction: writes one check a line, and counts them."""

    def __init__(self, grid: Grid) -> None:
        self.grid, self.book = grid, grid.book
        self.data, self.figures = grid.book.figures.data, grid.book.figures
        self.passed = 0
        self.count = 0

    def begin(self) -> None:
        grid, book = self.grid, self.book
        grid.section("Result")
        self.top = grid.row
        grid.row += 3
        self.allowed = book.lines["uses"].total * float(book.cells["tolerance"].value)
        grid.text(self.top, 0, "Tolerance: share of total uses, on Inputs, as money")
        grid.text(self.top, 2, book.case.money, "muted")
        formula = f"={grid.ref('tolerance')}*{grid.total('uses')}"
        self.tolerance = grid.formula(self.top, 3, formula, self.allowed, "breach").ref(grid.name)
        self.first = grid.row

    def by_period(self, label: str, formula: str, values: Array, party: str = "", unit: str | None = None) -> None:
        """A check with a figure in every period."""
        self.count += 1
        line = self.grid.line(("check", self.count), label, values, formula, party=party, unit=unit, number="breach",
                              total="max")  # fmt: skip
        self._verdict(line.row, line.total)

    def single(self, label: str, formula: str, value: float, party: str = "", unit: str | None = None) -> None:
        """A check of one figure."""
        grid = self.grid
        self.count += 1
        grid.text(grid.row, 0, label)
        grid.text(grid.row, 1, party, "muted")
        grid.text(grid.row, 2, self.book.case.money if unit is None else unit, "muted")
        grid.formula(grid.row, 3, formula, value, "breach")
        self._verdict(grid.row, value)
        grid.row += 1

    def _verdict(self, row: int, worst: float) -> None:
        passes = worst <= self.allowed
        self.passed += passes
        word = "PASS" if passes else "FAIL"
        formula = f'=IF(D{row}<={self.tolerance},"PASS","FAIL")'
        self.grid.formula(row, 4, formula, word, "text", align="center")

    def end(self) -> Cell:
        """Count the results: an error in any cell is no PASS."""
        grid, last = self.grid, self.grid.row - 1
        span = f"$E${self.first}:$E${last}"
        for offset, label, formula, value in (
            (1, "Checks", f"=COUNTA({span})", float(self.count)),
            (2, "of which pass", f'=COUNTIF({span},"PASS")', float(self.passed)),
        ):
            grid.text(self.top + offset, 0, label)
            cell = grid.formula(self.top + offset, 3, formula, value, "count")
            self.book.cells["checks" if offset == 1 else "passed"] = cell
        word = "PASS" if self.passed == self.count else "FAIL"
        formula = f'=IF(AND(D{self.top + 1}>0,D{self.top + 1}=D{self.top + 2}),"PASS","FAIL")'
        master = grid.formula(self.top + 2, 4, formula, word, "text", bold=True, align="center")
        self.book.cells["master"] = master
        grid.verdicts(self.top, 4, last, 4)
        grid.quiet_zeros(self.book.quiet)
        return master


def _uses(checks: _Checks) -> None:
    grid, book, data = checks.grid, checks.book, checks.data
    grid.section("Sources and uses")
    gap = np.abs(book.lines["gap"].values)
    checks.by_period("Sources = uses", f"=ABS({grid.now('gap')})", gap)
    for w, package in enumerate(book.case.packages):
        unpaid = np.abs(book.lines["unpaid", w].values)
        checks.by_period(f"Paid in full: {package.package}", f"=ABS({grid.now(('unpaid', w))})", unpaid)
    _no_negative(checks)
    use = data.financing_use
    if ("funded", use) in book.lines:
        parts = ("project interest", "project fees")
        paid = sum((book.lines[key].values for key in parts), np.zeros(grid.count))
        formula = f"=MAX(0,{grid.now(('funded', use))}-{grid.now(parts[0])}-{grid.now(parts[1])})"
        values = np.maximum(0.0, book.lines["funded", use].values - paid)
        checks.by_period("Money drawn for financing costs within what the project pays", formula, values)
    use = data.refinancing_use
    if ("funded", use) in book.lines:
        _refinancing(checks, use)
    for key, line in list(book.lines.items()):
        if isinstance(key, tuple) and key[0] == "draw" and data.eligible[key[2], key[1]] < 1:
            _eligible(checks, key[1], key[2], line.total)


def _no_negative(checks: _Checks) -> None:
    grid, book = checks.grid, checks.book
    top, bottom = book.cells["first decision"].row, book.cells["last decision"].row
    formula = f"=MAX(0,-MIN('Funding schedule'!{{c}}{top}:{{c}}{bottom}))"
    names = ("draw", "issue", "free", "payout")
    lines = [
        line for key, line in book.lines.items() if key == "reserve" or (isinstance(key, tuple) and key[0] in names)
    ]
    lowest = np.min([np.zeros(grid.count), *(line.values for line in lines)], axis=0)
    checks.by_period("No decision is negative", formula, np.maximum(0.0, -lowest))


def _refinancing(checks: _Checks, use: int) -> None:
    grid, book = checks.grid, checks.book
    funded, principal = book.lines["funded", use].values, book.lines["project principal"].values
    formula = f"=MAX(0,{grid.now(('funded', use))}-{grid.now('project principal')})"
    checks.by_period("Money drawn for refinancing within the principal that the project repays", formula,
                     np.maximum(0.0, funded - principal))  # fmt: skip
    for s, source in enumerate(book.case.sources):
        own = checks.data.repaid_by[s] is None and ("repaid", s) in book.lines
        if own and ("draw", s, use) in book.lines:
            drawn, repaid = book.lines["draw", s, use].values, book.lines["repaid", s].values
            formula = (
                f"=MAX(0,{grid.now(('draw', s, use))}-{grid.now('project principal')}+{grid.now(('repaid', s))})"
                f"*({grid.now(('repaid', s))}>0)"
            )
            values = np.maximum(0.0, drawn - principal + repaid) * (repaid > 0)
            checks.by_period(f"Does not refinance itself: {source.source}", formula, values, source.party)


def _eligible(checks: _Checks, s: int, u: int, drawn: float) -> None:
    """A source pays at most its share of a use."""
    grid, book, data = checks.grid, checks.book, checks.data
    account = s == len(book.case.sources)
    name, party = ("Project account", "") if account else (book.case.sources[s].source, book.case.sources[s].party)
    share = float(data.eligible[u, s])
    if u < data.financing_use:
        whole, amount = grid.total(("cost", u)), float(data.cost[u].sum())
    elif u == data.financing_use:
        keys = ("project interest", "project fees")
        whole = f"({grid.total(keys[0])}+{grid.total(keys[1])})"
        amount = sum(book.lines[key].total for key in keys)
    else:
        whole, amount = grid.total("project principal"), book.lines["project principal"].total
    formula = f"=MAX(0,{grid.total(('draw', s, u))}-{_share_cell(checks, name, u, share)}*{whole})"
    label = f"Within its share of {data.uses[u]}: {name}"
    checks.single(label, formula, max(0.0, drawn - share * amount), party)


def _share_cell(checks: _Checks, source: str, u: int, share: float) -> str:
    """The cell of the Eligibility sheet, as read, that states a share; the figure itself where a blank means it."""
    use = checks.data.uses[u]
    for i, row in enumerate(checks.book.case.eligibility):
        speaks = same(row.package) == same(use) or is_selector(row.package)
        label = next((k for k in row.values if same(k) == same(source)), None)
        if speaks and label is not None and row.values[label] == share:
            return checks.grid.ref(("input", "Eligibility", i, label))
    return repr(share)


def _source(checks: _Checks, s: int) -> None:
    book, grid, source = checks.book, checks.grid, checks.book.case.sources[s]
    name, party, unit = source.source, source.party, currency(book, s)
    put_in = book.lines["put in", s]
    grid.section(name)

    def term(field: str) -> str:
        return grid.ref(("input", "Sources", s, field))

    def now(key: str) -> str:
        return grid.now((key, s))

    def by_period(label: str, formula: str, values: Array) -> None:
        checks.by_period(f"{label}: {name}", formula, np.maximum(0.0, values), party, unit)

    opened = book.lines["open", s].values
    by_period("Drawn only while open", f"=ABS({now('put in')})*(1-{now('open')})", np.abs(put_in.values) * (1 - opened))
    commitment = grid.ref(("commitment", s))
    made = float(book.cells["commitment", s].value)
    used = "closing" if source.traits.revolving else "so far"
    formula = f"=MAX(0,{now(used)}*(1+{term('headroom')})-{commitment})"
    by_period("Within its commitment", formula, book.lines[used, s].values * (1 + source.headroom) - made)
    checks.single(f"Commitment within the limit: {name}", f"=MAX(0,{commitment}-{term('limit')})",
                  max(0.0, made - source.limit), party, unit)  # fmt: skip
    if source.limit_per_period is not None:
        formula = f"=MAX(0,{now('put in')}-{term('limit_per_period')})"
        by_period("Within its limit per period", formula, put_in.values - source.limit_per_period)
    if source.limit_per_year is not None:
        years = book.lines["year"].values
        sums = np.array([put_in.values[years == y].sum() for y in years])
        total = grid.in_year(("put in", s))
        by_period(
            "Within its limit per year", f"=MAX(0,{total}-{term('limit_per_year')})", sums - source.limit_per_year
        )
    _accounts(checks, s)


def _accounts(checks: _Checks, s: int) -> None:
    """Balances: never negative, gone when due, and equal to all that went in less all that came out."""
    book, grid, source = checks.book, checks.grid, checks.book.case.sources[s]
    name, party, unit = source.source, source.party, currency(book, s)
    closing = book.lines["closing", s].values
    if not source.is_debt:
        if source.traits.pays_out:
            formula = f"=MAX(0,-{grid.now(('closing', s))})"
            checks.by_period(
                f"Paid out no more than its target: {name}", formula, np.maximum(0.0, -closing), party, unit
            )
        return
    ins = [grid.until((key, s)) for key in ("put in", "capitalised", "principal")]
    begun = float(checks.data.opening_balance[s])
    opened = f"-{grid.ref(('input', 'Sources', s, 'opening_balance'))}" if begun else ""
    formula = f"=ABS({grid.now(('closing', s))}{opened}-SUM({ins[0]})-SUM({ins[1]})+SUM({ins[2]}))"
    flows = [book.lines[key, s].values for key in ("put in", "capitalised", "principal")]
    roll = np.abs(closing - begun - np.cumsum(flows[0] + flows[1] - flows[2]))
    checks.by_period(f"Balance rolls forward: {name}", formula, roll, party, unit)
    formula = f"=MAX(0,-{grid.now(('closing', s))})"
    checks.by_period(f"Balance never negative: {name}", formula, np.maximum(0.0, -closing), party, unit)
    if ("due", s) in book.lines:
        formula = f"={grid.now(('due', s))}*ABS({grid.now(('closing', s))})"
        checks.by_period(
            f"Repaid when due: {name}", formula, book.lines["due", s].values * np.abs(closing), party, unit
        )
    if source.traits.revolving:
        formula = f"=MAX(0,{grid.now(('principal', s))}-{grid.now(('opening', s))})"
        values = np.maximum(0.0, flows[2] - book.lines["opening", s].values)
        checks.by_period(f"Repays no more than it owed: {name}", formula, values, party, unit)
    if source.traits.ahead:
        values = np.maximum(0.0, -book.lines["proceeds", s].values)
        formula = f"=MAX(0,-{grid.now(('proceeds', s))})"
        checks.by_period(f"Drawn from money that was raised: {name}", formula, values, party, unit)


def _parties(checks: _Checks) -> None:
    book, grid = checks.book, checks.grid
    limited = [p for p, row in enumerate(book.case.parties) if row.total_budget is not None]
    if ceiling_rows(book) or limited or checks.data.share_bounds:
        grid.section("Parties")
    for p in dict.fromkeys(key[1] for key in ceiling_rows(book)):
        _budgets(checks, p)
    for p in limited:
        row = book.case.parties[p]
        money = book.lines["party money", p]
        cell = grid.ref(("input", "Parties", p, "total_budget"))
        formula = f"=MAX(0,{grid.total(('party money', p))}-{cell})"
        over = max(0.0, money.total - (row.total_budget or 0.0))
        checks.single(f"Within its total budget: {row.party}", formula, over, row.party)
    for p, bound, share in checks.data.share_bounds:
        row = book.case.parties[p]
        own, whole = book.lines["party", p].total, book.lines["from parties"].total
        cell = grid.ref(("input", "Parties", p, f"{bound}_share"))
        sign = 1.0 if bound == "maximum" else -1.0
        terms = [grid.total(("party", p)), f"{cell}*{grid.total('from parties')}"]
        left, right = terms if bound == "maximum" else terms[::-1]
        off = max(0.0, sign * (own - share * whole))
        checks.single(f"{bound.capitalize()} share: {row.party}", f"=MAX(0,{left}-{right})", off, row.party)


def _budgets(checks: _Checks, p: int) -> None:
    """A party's ceilings, each tested in the last period that it covers."""
    book, grid = checks.book, checks.grid
    name, money = book.case.parties[p].party, book.lines["party money", p].values
    tests: dict[int, list[str]] = {}
    values = np.zeros(grid.count)
    for key, ceilings in ceiling_rows(book).items():
        for ceiling in ceilings if key[1] == p else ():
            t = ceiling.when[-1]
            spans = ",".join(grid.span(("party money", p), a, b) for a, b in runs(ceiling.when))
            tests.setdefault(t, []).append(f"SUM({spans})-{grid.span(key, t, t).split(':')[0]}")
            values[t] = max(values[t], float(money[list(ceiling.when)].sum()) - ceiling.amount)
    checks.by_period(f"Within its budget: {name}", "=0", values, name)
    row = grid.row - 1
    for t, parts in tests.items():
        grid.formula(row, FIRST_COLUMN + t, f"=MAX(0,{','.join(parts)})", float(values[t]), "breach")


def runs(periods: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Unbroken stretches of periods: first and last of each."""
    ordered = sorted(set(periods))
    start = ordered[0]
    for a, b in zip(ordered, [*ordered[1:], None], strict=True):
        if b != a + 1:
            yield start, a
            start = b if b is not None else a


def _cash(checks: _Checks) -> None:
    book, grid, project = checks.book, checks.grid, checks.book.case.project
    grid.section("Project account")
    cash = book.lines["cash"].values
    floor = grid.ref(("input", "Project", 0, "minimum_cash"))
    short = np.maximum(0.0, project.minimum_cash - cash)
    checks.by_period("Never below minimum cash", f"=MAX(0,{floor}-{grid.now('cash')})", short)
    if project.maximum_cash is not None:
        cap = grid.ref(("input", "Project", 0, "maximum_cash"))
        over = np.maximum(0.0, cash - project.maximum_cash)
        checks.by_period("Never above maximum cash", f"=MAX(0,{grid.now('cash')}-{cap})", over)


def _covenants(checks: _Checks) -> None:
    book, grid = checks.book, checks.grid
    if book.case.covenants:
        grid.section("Covenants")
    for c in range(len(book.case.covenants)):
        values = book.lines["covenant", "shortfall", c].values
        checks.by_period(
            f"Covenant: {covenant_key(checks.data, c)}", f"={grid.now(('covenant', 'shortfall', c))}", values
        )


def _rules(checks: _Checks) -> None:
    if checks.book.case.rules:
        checks.grid.section("Rules: money counted, what it is held against, and by how much it is off")
    for r, rule in enumerate(checks.book.case.rules):
        _rule(checks, r, rule)


def _rule(checks: _Checks, r: int, rule: Rule) -> None:
    book, grid = checks.book, checks.grid
    inside = np.zeros(grid.count)
    for _, periods in windows(checks.data, rule):
        inside[periods] = 1.0
    flag = ""
    if not inside.all():
        grid.line(("rule flag", r), f"{rule.rule}: counts in this period", inside, None, unit="1 = yes", number="flag",
                  role="input", total=None, indent=1)  # fmt: skip
        flag = f"{grid.now(('rule flag', r))}*"
    x = _counted(checks, ("rule", r), f"{rule.rule}: money counted", rule.money_from, rule.spent_on, flag, inside)
    cell = grid.ref(("input", "Rules", r, "value"))
    y, limits = None, np.full(grid.count, rule.value)
    if rule.measure == "share":
        label = f"{rule.rule}: money that it is a share of"
        y = _counted(checks, ("base", r), label, rule.of_money_from, rule.of_spent_on, flag, inside)
    counted = book.lines[x].values
    base = book.lines[y].values if y is not None else None
    years = book.lines["year"].values

    def over(values: Array) -> Array:
        if rule.when == "period":
            return values
        if rule.when == "year":
            return np.array([values[years == year].sum() for year in years])
        return np.cumsum(values) if rule.when == "cumulative" else np.full(grid.count, values.sum())

    def spoken(key: Key) -> str:
        if rule.when == "period":
            return grid.now(key)
        if rule.when == "year":
            return grid.in_year(key)
        return f"SUM({grid.until(key)})" if rule.when == "cumulative" else grid.total(key)

    have = over(counted)
    need = limits if base is None else rule.value * over(base)
    left, right = spoken(x), cell if y is None else f"{cell}*{spoken(y)}"
    label = f"Rule: {rule.rule} ({rule.sense} {rule.value:g}{' of it' if y is not None else ''}, {rule.when})"
    off = {"<=": have - need, ">=": need - have, "=": np.abs(have - need)}[rule.sense]
    body = {"<=": f"MAX(0,{left}-{right})", ">=": f"MAX(0,{right}-{left})", "=": f"ABS({left}-{right})"}[rule.sense]
    off = np.maximum(0.0, off)
    if rule.when == "total":
        checks.single(label, f"={body}", float(off[0]) if inside.any() else 0.0)
    else:
        checks.by_period(label, f"={flag}{body}", off * inside)


def _counted(checks: _Checks, key: Key, label: str, money: str, use: str, flag: str, inside: Array) -> Key:
    """A line with the draws that two selectors choose."""
    book, grid = checks.book, checks.grid
    sources, uses = Selector.parse(money).sources(book.case), Selector.parse(use).uses(book.case)
    if len(sources) == len(book.case.sources) and len(uses) == len(book.figures.data.uses):
        parts = grid.noted("from parties")
    elif len(uses) == len(book.figures.data.uses):
        parts = grid.noted(*(("source", s) for s in sources))
    else:
        parts = grid.noted(*(("draw", s, u) for s in sources for u in uses if ("draw", s, u) in book.lines))
    parts = [(f"{flag}{text}", values * inside) for text, values in parts]
    grid.add_up(key, label, parts, indent=1)
    return key


def _others(checks: _Checks) -> None:
    """Limits without an account of their own, each row as it stands in the program, over the cells of the report."""
    for found in rows_beside(checks.data, LAID_OUT):
        if found.rows:
            checks.grid.section(found.family.name.replace("_", " ").capitalize())
            _Rows(checks, found).write()


class _Rows:
    """Checks of the rows of one family: coefficient times cell, added up, against the limit as read."""

    def __init__(self, checks: _Checks, found: Rows) -> None:
        self.checks, self.grid, self.book, self.found = checks, checks.grid, checks.book, found
        self.at = {id(x): (group, key) for x, group, key in found.variables.named()}

    def write(self) -> None:
        family, timed = self.found.family, self.found.family.index.split()[-1] == "t"
        lines: dict[object, list[tuple[Terms, float]]] = {}
        for terms, limit in self.found.rows:
            lines.setdefault(terms.key[:-1] if timed else terms.key, []).append((terms, limit))
        for rows in lines.values():
            if timed:
                self._by_period(rows)
            else:
                (terms, limit), label = rows[0], capital(family.noun(self.checks.data, rows[0][0].key))
                formula, off = self._breach(terms, limit)
                self.checks.single(label, f"={formula}", off, unit=family.unit(self.checks.data, terms.key))

    def _by_period(self, rows: list[tuple[Terms, float]]) -> None:
        family, data, grid = self.found.family, self.checks.data, self.grid
        breaches = {int(terms.key[-1]): self._breach(terms, limit) for terms, limit in rows}
        values = np.zeros(grid.count)
        values[list(breaches)] = [off for _, off in breaches.values()]
        key = rows[0][0].key
        self.checks.by_period(capital(family.giver(data, key)), "=0", values, unit=family.unit(data, key))
        for t, (formula, off) in breaches.items():
            grid.formula(grid.row - 1, FIRST_COLUMN + t, f"={formula}", off, "breach")

    def _breach(self, terms: Terms, limit: float) -> tuple[str, float]:
        """By how much a row is off: its formula and its value."""
        left, have = self._sum(terms.pairs)
        right = self._limit(terms.key, limit)
        formula = {"<=": f"MAX(0,{left}-({right}))", ">=": f"MAX(0,{right}-({left}))", "=": f"ABS({left}-({right}))"}
        off = {"<=": max(0.0, have - limit), ">=": max(0.0, limit - have), "=": abs(have - limit)}
        return formula[terms.sense], off[terms.sense]

    def _sum(self, pairs: Pairs) -> tuple[str, float]:
        """Σ coefficient · cell, periods of one line that share a coefficient being added up as one span."""
        parts = list[tuple[str, float]]()
        spans: dict[tuple[Key, float], list[int]] = {}
        for x, coefficient in pairs:
            group, key = self.at[id(x)]
            if group in ("commit", "spent", "put_in"):
                text, amount = self._whole(group, key)
                parts.append((f"{coefficient!r}*{text}", coefficient * amount))
            elif (line := _line_of(group, key)) in self.book.lines:
                spans.setdefault((line, coefficient), []).append(int(key[-1]))
        for (line, coefficient), periods in spans.items():
            inside = ",".join(self.grid.span(line, a, b) for a, b in runs(periods))
            amount = float(self.book.lines[line].values[sorted(set(periods))].sum())
            parts.append((f"{coefficient!r}*SUM({inside})", coefficient * amount))
        return self._short(parts), sum(amount for _, amount in parts)

    def _whole(self, group: str, key: tuple[int, ...]) -> tuple[str, float]:
        """A variable that is no line by period: a commitment, all that a source pays of a use, equity so far."""
        grid, lines = self.grid, self.book.lines
        if group == "commit":
            return grid.ref(("commitment", key[0])), float(self.book.cells["commitment", key[0]].value)
        if group == "spent":
            line = ("draw", *key)
            return (grid.total(line), lines[line].total) if line in lines else ("0", 0.0)
        data, (t,) = self.checks.data, key
        own = np.flatnonzero(~data.is_debt).tolist()
        before = float((data.drawn_before * data.fx[:, 0])[own].sum())
        text = "+".join([repr(before), *(f"SUM({grid.span(('source', s), 0, t)})" for s in own)])
        return f"({text})", before + sum(float(lines["source", s].values[: t + 1].sum()) for s in own)

    def _short(self, parts: list[tuple[str, float]]) -> str:
        """Parts added up; a long sum gets subtotals in rows of their own first."""
        text = "+".join(text for text, _ in parts)
        if len(text) <= LONGEST or len(parts) <= FEW:
            return text or "0"
        return "+".join(self._subtotal(parts[i : i + FEW]) for i in range(0, len(parts), FEW))

    def _subtotal(self, parts: list[tuple[str, float]]) -> str:
        grid = self.grid
        grid.text(grid.row, 0, "Part of the sum below", indent=1)
        formula = "=" + "+".join(text for text, _ in parts)
        cell = grid.formula(grid.row, 3, formula, sum(amount for _, amount in parts), "breach")
        grid.row += 1
        return cell.ref(grid.name)

    def _limit(self, key: RowKey, limit: float) -> str:
        """The limit as a formula over the cells as read; a figure where no cell moves it alone."""
        data, parts, rest = self.checks.data, list[str](), limit
        for hold in self.found.family.holds(data, key):
            if hold.per_unit:
                cell = ("input", hold.place.sheet, *position_at(data.case, hold.place))
                parts.append(f"{hold.per_unit!r}*{self.grid.ref(cell)}")
                rest -= hold.per_unit * value_at(data.case, hold.place)
        return "+".join([*parts, repr(rest)] if not parts or abs(rest) > self.book.quiet else parts)


def _line_of(group: str, key: tuple[int, ...]) -> Key:
    """The named line in whose periods a variable stands."""
    if group == "draw":
        return ("draw", key[0], key[1])
    return group if group in ("cash", "reserve") else (CELLS[group], key[0])


def _ties(checks: _Checks) -> None:
    """Figures that must agree with each other across sheets."""
    book, grid = checks.book, checks.grid
    grid.section("Ties")
    cost, proved = book.cells["financing cost"], book.cells["solver cost"]
    formula = f"=ABS({cost.ref(grid.name)}-{proved.ref(grid.name)})"
    checks.single("Financing cost is what the solver proved", formula, 0.0)
    data = book.cells["data total"]
    formula = f"=ABS({data.ref(grid.name)}-{grid.total('drawn')})"
    checks.single("The Data sheet holds every draw", formula, abs(float(data.value) - book.lines["drawn"].total))
    total = book.cells["data cost"]
    formula = f"=ABS({total.ref(grid.name)}-{cost.ref(grid.name)})"
    checks.single("The Data sheet adds up to the financing cost", formula, abs(float(total.value) - float(cost.value)))
    gap, size = book.cells["certificate gap"], book.cells["certificate size"]
    formula = f"=MAX(0,{gap.ref(grid.name)}-{CERTIFIED!r})*{size.ref(grid.name)}"
    over = max(0.0, float(gap.value) - CERTIFIED) * float(size.value)
    checks.single("The dual bound meets the first aim", formula, over)


PAGE = Page(
    "Checks",
    "The plan proved by live formulas",
    write,
    after=(
        "Inputs",
        "Funding schedule",
        "Debt",
        "Package funding",
        "Cash flow",
        "Covenants",
        "Sources and uses",
        "Data",
        "Certificate",
    ),
    tab="#70AD47",
)
