"""What must hold between cells: names that exist, dates inside the calendar, terms that make sense together.

Each check is one small function from a case to its findings. They run in three steps, since later ones lean on
earlier ones: ``NAMES`` need only the texts; ``DATES`` a calendar, and look at one row at a time; ``TERMS`` a case
whose names and dates are right. :func:`every` runs them all, for the reader and for ``Case.change`` alike.
"""

from __future__ import annotations

import calendar as gregorian
import datetime as dt
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np

from finopt.case.arrays import Data
from finopt.case.calendar import CalendarError, period_label, whole_months
from finopt.case.case import Case, Check
from finopt.case.kinds import number_of
from finopt.case.names import BUILT_IN_USES, PROJECT, PROJECT_ACCOUNT, fold, nearest, same
from finopt.case.proportion import amounts_in_proportion, covenants_in_reach, years_in_reach
from finopt.case.row import Row
from finopt.case.selector import SOURCE_FIELDS, USE_FIELDS, Selector, is_selector, meant
from finopt.case.sheets import (
    SHEETS,
    Budget,
    Correlation,
    Cost,
    Curve,
    Driver,
    Eligibility,
    Exchange,
    Gate,
    Objective,
    Package,
    Party,
    Project,
    RepaymentTable,
    Revenue,
    Scenario,
    Source,
)
from finopt.errors import CaseError, Finding
from finopt.tolerances import OFF_A_MONTH, PART_OF_PERIOD, SAME_AMOUNT, STATED, STATED_RATE, SUM_OF_SHARES

"""Years may miss whole months by this part of one, as 5.5833 does."""


def finding(row: Row, name: str, found: str, expected: str, hint: str = "", *, warning: bool = False) -> Finding:
    """A finding at the cell of one field, or of one period or source, of a row."""
    sheet, cell = row.where(name)
    column = type(row).columns().get(name)
    return Finding(sheet, cell, column.title if column is not None else name, found, expected, hint, warning)


def duplicate_names(case: Case) -> Iterator[Finding]:
    """A key names one row: upper and lower case make no difference."""
    for sheet, model in SHEETS.items():
        yield from repeated(model, case.tables.get(sheet, ()))


def repeated(model: type[Row], rows: Iterable[Row]) -> Iterator[Finding]:
    """Rows of one sheet whose key stands there a second time."""
    seen: dict[str, Row] = {}
    for row in rows:
        if getattr(row, model.KEY) is None or not model.UNIQUE:
            continue
        first = seen.setdefault(same(row.key), row)
        if first is not row:
            hint = f"rename or delete one of {first.where(model.KEY)[1]} and {row.where(model.KEY)[1]}".strip()
            yield finding(row, model.KEY, f"{row.key!r} a second time", "each name once", hint)


def covenant_names(case: Case) -> Iterator[Finding]:
    """A covenant's name is its own, also beside the names that finopt gives to those without one."""
    seen: dict[str, Row] = {}
    for row, name in zip(case.covenants, case.covenant_names, strict=True):
        if not row.name and not row.covenant:  # a blank or unreadable cell, which is a fault of its own
            continue
        first = seen.setdefault(same(name), row)
        if first is not row:
            hint = f"rename one of {first.where('name')[1]} and {row.where('name')[1]}"
            yield finding(row, "name", f"{name!r} a second time", "each name once", hint)


def reserved_names(case: Case) -> Iterator[Finding]:
    """Names that already mean something: the built-in uses, the project and its account."""
    taken: Sequence[tuple[type[Row], str, tuple[str, ...]]] = (
        (Source, "source", (PROJECT_ACCOUNT,)),
        (Package, "package", BUILT_IN_USES),
        (Party, "party", (PROJECT,)),
    )
    for model, name, words in taken:
        for row in case.rows(model):
            text = getattr(row, name)
            if text is not None and same(text) in {same(word) for word in words}:
                yield finding(row, name, f"{text!r}, which has a meaning of its own", "another name", "rename it")


def references(case: Case) -> Iterator[Finding]:
    """A cell that names a row of another sheet names one that exists."""
    for sheet, model in SHEETS.items():
        for name, column in model.columns().items():
            known = _names(case, column.refers, model, name) if column.refers else None
            for row in case.tables.get(sheet, ()) if known is not None else ():
                text = getattr(row, name)
                if text is None or (column.kind == "selector" and is_selector(text)):
                    continue
                for word in text.split(",") if column.kind == "names" else [text]:
                    yield from _unknown(row, name, word.strip(), known, column.refers)
        yield from _unknown_across(case, model)


def _unknown(row: Row, name: str, word: str, known: Mapping[str, str] | None, sheet: str) -> Iterator[Finding]:
    if known is not None and same(word) not in known:
        yield finding(row, name, repr(word), f"a name from sheet {sheet}", nearest(word, known.values()))


def _unknown_across(case: Case, model: type[Row]) -> Iterator[Finding]:
    """Columns that stand for a source or driver: a wrong header is told once, at the first value under it."""
    series = model.series()
    if series is None or series.across == "periods":
        return
    sheet = "Sources" if series.across == "sources" else "Uncertainty"
    known = _names(case, sheet, model, "values")
    first: dict[str, Row] = {}
    for row in case.tables.get(model.SHEET, ()):
        for label in getattr(row, "values", {}):
            first.setdefault(label, row)
    for label, row in first.items():
        yield from _unknown(row, label, label, known, sheet)


def _names(case: Case, sheet: str, model: type[Row], name: str) -> Mapping[str, str] | None:
    """What a cell may name, by its folded form; None where the sheet that should say so could not be read."""
    if sheet not in case.tables and SHEETS[sheet].REQUIRED:
        return None
    known = [row.key for row in case.tables.get(sheet, ()) if getattr(row, row.KEY) is not None]
    if name == "repaid_by":
        known.append(PROJECT)
    elif sheet == "Packages" and model is not Cost and name == "package":
        known += BUILT_IN_USES
    elif sheet == "Sources" and model is not RepaymentTable:
        known.append(PROJECT_ACCOUNT)
    return {same(word): word for word in known}


def currencies(case: Case) -> Iterator[Finding]:
    """Every currency of a source has its row on sheet FX."""
    home = case.project.currency if case.rows(Project) else None
    if home is None:
        return
    known = [home, *(row.currency for row in case.exchange if row.currency)]
    for source in case.sources:
        if source.currency is not None and same(source.currency) not in {same(k) for k in known}:
            wanted = f"{home} or a currency from sheet FX"
            yield finding(source, "currency", repr(source.currency), wanted, nearest(source.currency, known))


def selectors(case: Case) -> Iterator[Finding]:
    """A selector can be read, uses fields that apply, and names what exists."""
    if any(model.SHEET not in case.tables for model in (Project, Source, Package)):
        return
    for row, name, fields in _selectors(case):
        text = getattr(row, name)
        if text is None:
            continue
        try:
            faults = list(Selector.parse(text).faults(case, fields))
        except ValueError as error:
            yield finding(row, name, "", "", f"{error}{meant(case, text, fields)}")
            continue
        for words in faults:
            yield finding(row, name, "", "", words)


def _selectors(case: Case) -> Iterator[tuple[Row, str, tuple[str, ...]]]:
    for rule in case.rules:
        yield rule, "money_from", SOURCE_FIELDS
        yield rule, "spent_on", USE_FIELDS
        yield rule, "of_money_from", SOURCE_FIELDS
        yield rule, "of_spent_on", USE_FIELDS
    for covenant in case.covenants:
        yield covenant, "applies_to", SOURCE_FIELDS
    for aim in case.rows(Objective):
        yield aim, "of", SOURCE_FIELDS + USE_FIELDS
    for row in case.eligibility:
        if row.package is not None and is_selector(row.package):
            yield row, "package", USE_FIELDS


def changes_name_cells(case: Case) -> Iterator[Finding]:
    """Rows of Scenarios and Uncertainty name a sheet, a row and a column that exist."""
    rows: Iterable[Scenario | Driver] = (*case.scenarios, *case.drivers)
    for change in rows:
        model = next((m for s, m in SHEETS.items() if change.sheet and fold(s) == fold(change.sheet)), None)
        if model is None:
            if change.sheet is not None:
                yield finding(change, "sheet", repr(change.sheet), "a sheet", nearest(change.sheet, SHEETS))
            continue
        unread = model.REQUIRED and model.SHEET not in case.tables  # told once, where it is missing
        if change.row is not None and change.column is not None and not unread:
            yield from _change_names_cell(case, change, model)


def scenarios_have_a_base(case: Case) -> Iterator[Finding]:
    """A scenario starts from the case, or from one other scenario, and never in a circle."""
    if any(row.scenario is None for row in case.scenarios):
        return
    found: dict[Finding, None] = {}
    for name in dict.fromkeys(same(row.scenario) for row in case.scenarios):
        try:
            case.scenario_rows(name)
        except CaseError as error:
            found |= dict.fromkeys(error.findings)
    yield from found


def scenario_values_are_numbers(case: Case) -> Iterator[Finding]:
    """To add or to scale takes a number, and to scale one that is not negative."""
    for row in case.scenarios:
        number = isinstance(row.value, int | float) and not isinstance(row.value, bool)
        if row.change in ("add", "scale") and row.value is not None and not number:
            yield finding(row, "value", repr(row.value), f"a number to {row.change}")
        elif row.change == "scale" and isinstance(row.value, int | float) and row.value < 0:
            yield _no_factor(row, "value", row.value)


def _is_no_factor(distribution: str, value: float) -> bool:
    """Whether the first number of a distribution cannot be of factors: a change in per cent has 0 as its mean."""
    return value < 0 or (distribution == "normal" and value == 0)


def _no_factor(row: Row, name: str, value: float) -> Finding:
    """A change in per cent that stands where a factor is asked for."""
    hint = f"a change by {100 * value:.4g}% is the factor {1 + value:.4g}" if value >= -1 else ""
    return finding(row, name, f"{value:g}", "a factor of zero or more to scale by", hint)


def _change_names_cell(case: Case, change: Scenario | Driver, model: type[Row]) -> Iterator[Finding]:
    keys = list(dict.fromkeys((*case.row_names(model), *(row.key for row in case.tables.get(model.SHEET, ())))))
    row, column = change.row, change.column
    if model is Project:
        row, column = "*", column if fold(column) != "value" else row
    if row != "*" and same(row) not in {same(k) for k in keys}:
        yield finding(change, "row", repr(row), f"* or a row of {model.SHEET}", nearest(row, keys))
    series = model.series()
    if model.field_of(column) is not None or (column == "*" and series is not None):
        return
    titles = [c.title for c in model.columns().values()]
    if series is not None and series.across == "periods" and period_label(column) is not None:
        return
    if series is not None and series.across == "sources":
        titles += [*(s.source for s in case.sources if s.source is not None), PROJECT_ACCOUNT]
        if same(column) in {same(t) for t in titles}:
            return
    at = "row" if model is Project and fold(change.column) == "value" else "column"
    yield finding(change, at, repr(column), f"a column of {model.SHEET}", nearest(column, titles))


def correlations_are_shares(case: Case) -> Iterator[Finding]:
    """A correlation lies between -1 and 1."""
    for row in case.rows(Correlation):
        for label, value in row.values.items():
            if not isinstance(value, int | float) or not -1 <= value <= 1:
                yield finding(row, label, f"{value}", "a number between -1 and 1")


PARAMETERS: Mapping[str, Sequence[str]] = {
    "uniform": ("low", "high"),
    "triangular": ("low", "mode", "high"),
    "pert": ("low", "mode", "high"),
    "normal": ("mean", "deviation"),
    "lognormal": ("median", "deviation of the logarithm"),
}
"""What A, B and C of a driver are, by its distribution."""


def drivers_have_parameters(case: Case) -> Iterator[Finding]:
    """A driver has the numbers that its distribution takes, in order; what it does not take is ignored."""
    for driver in case.drivers:
        if driver.distribution == "discrete":
            yield from _discrete(driver)
            continue
        words = PARAMETERS.get(driver.distribution or "", ())
        values = [number_of(getattr(driver, name)) for name in "abc"[: len(words)]]
        missing = [(name, word) for name, word, v in zip("abc", words, values, strict=False) if v is None]
        for name, word in missing:
            found = "nothing" if getattr(driver, name) is None else repr(getattr(driver, name))
            yield finding(driver, name, found, f"the {word} of {driver.distribution}, a number")
        if not missing and words:
            yield from _unordered(driver, [v for v in values if v is not None])
            if driver.change == "scale" and values[0] is not None and _is_no_factor(driver.distribution, values[0]):
                yield _no_factor(driver, "a", values[0])
        if len(words) == 2 and driver.c is not None:
            found = f"{driver.c}, which {driver.distribution} does not take"
            yield finding(driver, "c", found, "a blank cell", "it is ignored", warning=True)


def _unordered(driver: Driver, values: list[float]) -> Iterator[Finding]:
    if driver.distribution in ("normal", "lognormal"):
        if values[1] <= 0:
            yield finding(driver, "b", f"{values[1]:g}", "a deviation above zero")
        if driver.distribution == "lognormal" and values[0] <= 0:
            yield finding(driver, "a", f"{values[0]:g}", "a median above zero")
        return
    for i, (before, after) in enumerate(pairwise(values)):
        if after < before:
            word = PARAMETERS[driver.distribution][i]
            yield finding(driver, "abc"[i + 1], f"{after:g}", f"at least the {word}, {before:g}", "order them")
    if values[0] == values[-1]:
        yield finding(driver, "abc"[len(values) - 1], f"{values[-1]:g}", f"more than the low, {values[0]:g}")


def _discrete(driver: Driver) -> Iterator[Finding]:
    """Values of a discrete driver, each alone or with its weight, as in `no @ 0.2`."""
    for name in "abc":
        value, at, weight = str(getattr(driver, name)).rpartition("@")
        number = number_of(weight.strip()) if at else 1.0
        if number is None or number <= 0:
            yield finding(driver, name, repr(getattr(driver, name)), "a weight above zero behind the @, as in no @ 0.2")
            continue
        given = value.strip() if at else getattr(driver, name)
        if driver.change != "set" and given is not None and number_of(given) is None:
            yield finding(driver, name, repr(getattr(driver, name)), f"a number to {driver.change}")


def correlations_agree(case: Case) -> Iterator[Finding]:
    """Each pair of drivers has one correlation, a driver with itself 1."""
    stated: dict[frozenset[str], float] = {}
    for row in case.rows(Correlation):
        for label, value in row.values.items():
            if row.driver is None or value is None:
                continue
            pair = frozenset((same(row.driver), same(label)))
            wanted = 1.0 if len(pair) == 1 else stated.setdefault(pair, value)
            if value != wanted:
                which = "of a driver with itself" if len(pair) == 1 else "as stated the other way round"
                yield finding(row, label, f"{value:g}", f"{wanted:g}, {which}", "correct one, or clear it")


def calendar_is_whole(case: Case) -> Iterator[Finding]:
    """The dates of the Project sheet make whole periods."""
    try:
        _ = case.calendar
    except CalendarError as error:
        name = Project.field_of(error.item) or ""
        value = getattr(case.project, name, None)
        yield finding(case.project, name, str(value) if value is not None else "", error.expected)


def project_amounts(case: Case) -> Iterator[Finding]:
    """The project account's floor lies below its ceiling."""
    project = case.project
    if project.maximum_cash is not None and project.minimum_cash > project.maximum_cash:
        wanted = f"at least Minimum cash, {project.minimum_cash:g}"
        yield finding(project, "maximum_cash", f"{project.maximum_cash:g}", wanted)


def windows(case: Case) -> Iterator[Finding]:
    """Windows lie inside the calendar and are not reversed."""
    first, last = case.calendar[0].first, case.calendar[-1].last
    built = case.project.construction_end
    for package in case.packages:
        yield from _window(package, "start", "finish", first, built, "Construction end")
    pairs: Iterable[Row] = (*case.rules, *case.covenants)
    for row in pairs:
        yield from _window(row, "from_", "to", first, last, "End date")
    for source in case.sources:
        old = first if source.from_ is None else min(first, source.from_)
        yield from _window(source, "from_", "to", old, last, "End date")
    for gate in case.gates:
        if gate.from_ is not None and gate.from_ > last:
            yield finding(gate, "from_", f"{gate.from_}", f"a day before End date, {last}", "write no in Open instead")


def _window(row: Row, begin: str, end: str, first: dt.date, last: dt.date, until: str) -> Iterator[Finding]:
    days: dict[str, dt.date | None] = {name: getattr(row, name) for name in (begin, end)}
    outside = {name: day for name, day in days.items() if day is not None and not first <= day <= last}
    for name, day in outside.items():
        wanted = f"a day from Start date, {first}, to {until}, {last}"
        yield finding(row, name, f"{day}", wanted, _nearer(row, name, day, first, last))
    start, finish = days[begin], days[end]
    if not outside and start is not None and finish is not None and finish < start:
        title = type(row).columns()[begin].title
        yield finding(row, end, f"{finish}", f"a day on or after {title}, {start}", "did you swap the two?")


def _nearer(row: Row, name: str, day: dt.date, first: dt.date, last: dt.date) -> str:
    column = type(row).columns()[name]
    if day < first:
        return f"write {first}" + (" or leave it blank" if column.default else "")
    return f"write {last} or an earlier day"


def sources_open_in_reach(case: Case) -> Iterator[Finding]:
    """A source that starts after Construction end says until when it is open."""
    built = case.project.construction_end
    for source in case.sources:
        if source.from_ is not None and source.to is None and source.from_ > built:
            wanted = f"a day until Construction end, {built}, which is the default of To"
            yield finding(source, "from_", f"{source.from_}", wanted, "write To as well, or an earlier From")


def headers_have_one_reading(case: Case) -> Iterator[Finding]:
    """A year in a header is a budget year, written as one: each sheet's headers are told in one finding."""
    kinds: tuple[type[Row], ...] = (Budget, Cost, Revenue, RepaymentTable, Curve, Exchange)
    for kind in kinds:
        found: dict[str, Row] = {}
        for row in case.rows(kind):
            for label in getattr(row, "values", {}):
                if case.calendar.span(label) is None:
                    found.setdefault(label, row)
        if found:
            first = next(iter(found))
            begins = case.project.year_begins
            wanted, hint = _readings(first, case.calendar.year_begins, begins)
            yield finding(found[first], first, ", ".join(found), wanted, hint)


def _readings(label: str, year_begins: int, month: str) -> tuple[str, str]:
    """What would do in place of a year that has two readings, or none, and the way out."""
    year = int(re.sub(r"^FY", "", label)[:4])
    if year_begins != 1:
        names = [f"{y}/{(y + 1) % 100:02d}" for y in (year, year - 1)]
        return f"{names[0]} or {names[1]}", f"Year begins is {month} on sheet Project: {label} may mean either"
    hint = "or write the month in which the budget year begins in the item Year begins of sheet Project"
    return f"a calendar year, {year} or {year + 1}", hint


def period_headers(case: Case) -> Iterator[Finding]:
    """Money under a period header falls on periods of the calendar."""
    rows: Iterable[Cost | Revenue | RepaymentTable | Budget] = (
        *case.costs, *case.revenue, *case.repayments, *case.budgets,
    )  # fmt: skip
    calendar = case.calendar
    wanted = f"a period from {calendar[0].first} to {calendar[-1].last}"
    for row in rows:
        for label, value in row.values.items():
            span = calendar.span(label)
            if not value or span is None:
                continue
            budget = isinstance(row, Budget)
            inside = float(calendar.spread({label: 1.0}).sum()) if not budget else float(bool(calendar.under(label)))
            if not inside and not _due_before(case, row, span[1]):
                found = f"{value:g} in {label}, outside the calendar"
                yield finding(row, label, found, wanted, "it is ignored" if budget else "", warning=budget)
            elif isinstance(row, Revenue) and inside < 1 - PART_OF_PERIOD:
                found = f"{value:g} in {label}, of which {value * (1 - inside):.4g} lies outside the calendar"
                yield finding(row, label, found, wanted, "that part is lost", warning=True)
    for cost in case.costs:
        yield from _outside_its_window(case, cost)


def _due_before(case: Case, row: Row, last: dt.date) -> bool:
    """Whether a repayment was due before Start date, on a debt that is older than the calendar."""
    source = case.find(Source, row.key) if isinstance(row, RepaymentTable) else None
    start = case.calendar[0].first
    return source is not None and source.from_ is not None and source.from_ < start and last < start


def _outside_its_window(case: Case, cost: Cost) -> Iterator[Finding]:
    """Costs of months that lie outside their package's Start and Finish."""
    package = case.find(Package, cost.package) if cost.package else None  # a blank one is a fault of its own
    if package is None or package.start is None or package.finish is None:
        return
    window = package.start, package.finish
    for label, value in cost.values.items():
        inside = value and case.calendar.reached(label)
        if inside and not case.calendar.reached(label, window):
            wanted = f"a period from Start, {package.start}, to Finish, {package.finish}, of {package.package}"
            late = package.finish >= case.project.construction_end
            hint = (
                f"no cost after Construction end, {case.project.construction_end}" if late else "move Start or Finish"
            )
            yield finding(cost, label, f"{value:g} in {label}", wanted, hint)


def years_under_a_ceiling(case: Case) -> Iterator[Finding]:
    """A period lies in one budget year where a ceiling holds a year."""
    calendar, begins = case.calendar, case.project.year_begins
    split = [p for p in calendar if len(calendar.years_of(p)) > 1]
    for row, name, when in _yearly_ceilings(case):
        cut = [p for p in split if p.index in when]
        if cut:
            years = " and ".join(calendar.year_name(y) for y in calendar.years_of(cut[0]))
            found = f"a ceiling by year over {cut[0].label}, which lies in {years}"
            month = gregorian.month_name[calendar[0].first.month]
            hint = f"write {month} in Year begins on sheet Project, or a shorter Period"
            yield finding(row, name, found, "periods that lie in one budget year each", hint)
            return
        if not split and calendar.year_begins == 1 and calendar[0].first.month != 1:
            found = f"a ceiling by calendar year in a calendar from {calendar[0].first}"
            hint = f"if the budget year begins elsewhere, say so in Year begins on sheet Project; now {begins}"
            yield finding(row, name, found, "", hint, warning=True)
            return


def _yearly_ceilings(case: Case) -> Iterator[tuple[Row, str, set[int]]]:
    """Every ceiling by year: its row, its cell, the periods over which it holds."""
    calendar = case.calendar
    for budget in case.budgets:
        for label in budget.values:
            if re.fullmatch(r"(FY)?\d{4}(/\d\d)?", label) and (span := calendar.span(label)):
                yield budget, label, {p.index for p in calendar if p.first <= span[1] and p.last >= span[0]}
    for source in case.sources:
        if source.limit_per_year is not None:
            first, last = source.from_ or calendar[0].first, source.to or case.project.construction_end
            yield source, "limit_per_year", {p.index for p in calendar if first <= p.flow_date <= last}
    for rule in case.rules:
        if rule.when == "year":
            first, last = rule.from_ or calendar[0].first, rule.to or calendar[-1].last
            yield rule, "when", {p.index for p in calendar if first <= p.flow_date <= last}


def budgets_are_no_finer(case: Case) -> Iterator[Finding]:
    """A budget's year or period is at least as long as a period of the calendar."""
    for row in case.budgets:
        for label in row.values:
            span, where = case.calendar.span(label), case.calendar.under(label)
            if span is None or span[0] == span[1] or len(where) != 1:
                continue
            period = case.calendar[where[0]]
            if span[1] - span[0] < period.last - period.first and period.first <= span[0] <= span[1] <= period.last:
                wanted = f"a period no shorter than {period.label}"
                yield finding(
                    row, label, f"a ceiling for {label}", wanted, "shorten Period on sheet Project, or add up"
                )


def flows_do_not_overlap(case: Case) -> Iterator[Finding]:
    """Two headers that mean the same time do not both hold money: a year beside its quarters counts twice."""
    rows: Iterable[Cost | Revenue | RepaymentTable | Budget] = (
        *case.costs, *case.revenue, *case.repayments, *(row for row in case.budgets if row.carry_over),
    )  # fmt: skip
    for row in rows:
        stated = ((span, label) for label, value in row.values.items() if value and (span := case.calendar.span(label)))
        spans = sorted(stated, key=lambda entry: (entry[0][0], -entry[0][1].toordinal()))
        for (before, one), (after, other) in pairwise(spans):
            if after[0] <= before[1]:
                found = f"{other} beside {one}, which holds the same days"
                yield finding(row, other, found, "each day under one header", "clear one of the two")


def repayments_sum_to_one(case: Case) -> Iterator[Finding]:
    """The shares of a repayment table sum to 1."""
    for row in case.repayments:
        total = math.fsum(row.values.values())
        if abs(total - 1) > SUM_OF_SHARES:
            yield finding(row, "source", f"shares that sum to {total:g}", "shares that sum to 1")


def debt_terms(case: Case) -> Iterator[Finding]:
    """The last repayment of a debt comes after its grace; a bullet may fall at its end."""
    for source in case.sources:
        scheduled = source.traits.scheduled and source.repayment != "table"
        if not scheduled or source.tenor is None:
            continue
        least, tenor = whole_months(source.grace), whole_months(source.tenor)
        if tenor < least or tenor == 0 or (tenor == least and source.repayment != "bullet"):
            wanted = f"{'at least' if source.repayment == 'bullet' else 'more than'} Grace, {_years(source.grace)}"
            yield finding(source, "tenor", _years(source.tenor), wanted, "the tenor includes the grace")


def older_sources(case: Case) -> Iterator[Finding]:
    """What was owed and drawn before Start date fits within the limit; an early From is meant."""
    for source in case.sources:
        name = "opening_balance" if source.traits.revolving else "drawn_before"
        taken = getattr(source, name) * (1 + source.headroom)
        if source.limit is not None and taken > source.limit * (1 + STATED):  # a faulty cell is blank here
            found = f"{getattr(source, name):g}" + (f", {taken:g} with Headroom" if source.headroom else "")
            yield finding(source, name, found, f"at most Limit, {source.limit:g}", "correct one of the two")
        old = source.from_ is not None and source.from_ < case.calendar[0].first
        if old and not source.opening_balance and not source.drawn_before:
            found = f"{source.from_}, before Start date, {case.calendar[0].first}"
            hint = "Grace and Tenor count from it; Opening balance and Drawn before say what happened until Start date"
            yield finding(source, "from_", found, "", hint, warning=True)


def opening_balances_can_be_repaid(case: Case) -> Iterator[Finding]:
    """What is owed at Start date has a repayment that is not due yet."""
    data = Data(case)
    for s, source in enumerate(case.sources):
        over = not data.repays[s].any() and data.ended(s)
        if data.opening_balance[s] and source.traits.scheduled and over:
            found = f"{source.opening_balance:g} owed, though its last repayment came before Start date"
            yield finding(
                source, "opening_balance", found, "a repayment after Start date", "a longer Tenor or a later From"
            )


def years_are_months(case: Case) -> Iterator[Finding]:
    """Years of a term are whole months: what is further from one than a slip of rounding is asked about."""
    for model in (Source, Package):
        names = [name for name, column in model.columns().items() if column.kind == "years"]
        for row in case.rows(model):
            for name in names:
                yield from _whole_months(row, name, getattr(row, name))


def _whole_months(row: Row, name: str, years: float | None) -> Iterator[Finding]:
    if years is not None and abs(12 * years - whole_months(years)) > OFF_A_MONTH:
        near = [f"{months / 12:.4f} ({months} months)" for months in (math.floor(12 * years), math.ceil(12 * years))]
        yield finding(
            row, name, f"{years:g} years, {12 * years:.4g} months", "whole months", "write " + " or ".join(near)
        )


def _years(count: float) -> str:
    return f"{count:.4g} year{'' if count == 1 else 's'}"


def party_shares(case: Case) -> Iterator[Finding]:
    """Floors and caps of the parties' shares can hold together."""
    for party in case.parties:
        low, high = party.minimum_share, party.maximum_share
        if low is not None and high is not None and low > high:
            yield finding(party, "minimum_share", f"{low:g}", f"at most Maximum share, {high:g}")
    stated = [p for p in case.parties if p.minimum_share]
    total = math.fsum(p.minimum_share or 0.0 for p in stated)
    if total > 1 + STATED:
        yield finding(stated[-1], "minimum_share", f"floors that sum to {total:g}", "floors that sum to at most 1")


def terms_that_do_not_apply(case: Case) -> Iterator[Finding]:
    """Terms of debt on other money, and terms of repayment on a credit line, are read but mean nothing."""
    debt = ("opening_balance", "guarantee_fee", "interest_in_grace", "grace", "tenor", "repayment", "repaid_by")
    schedule = ("interest_in_grace", "grace", "tenor", "repayment")
    for source in case.sources:
        names = () if source.traits.scheduled else schedule if source.is_debt else debt
        names = (*names, "drawn_before") if source.traits.revolving else names
        for name in names:
            if getattr(source, name) not in (None, Source.model_fields[name].default):
                value = getattr(source, name)
                shown = f"{value:g}" if isinstance(value, float) else str(value)
                found = f"{shown}, which does not apply to {source.traits.spoken}"
                yield finding(source, name, found, "a blank cell", "it is ignored", warning=True)


def peaks_are_kept_low(case: Case) -> Iterator[Finding]:
    """A peak can only be made small: the most of many has no greatest value that a linear program finds."""
    for aim in case.rows(Objective):
        if aim.aim == "maximise" and aim.measure in ("peak year", "peak debt"):
            yield finding(aim, "aim", "maximise", f"minimise, for a {aim.measure}", "or choose another Measure")


def not_yet(case: Case) -> Iterator[Finding]:
    """What later versions will use is refused, never passed over in silence."""
    for sheet in ("Actuals",):
        for row in case.tables.get(sheet, ())[:1]:
            yield finding(row, type(row).KEY, "rows", "", f"sheet {sheet} is not supported yet: clear it")
    for source in case.sources:
        for name in ("minimum", "lot", "fixed_fee"):
            yield from _not_yet(source, name, getattr(source, name) or None)
    for package in case.packages:
        for name in ("earliest_start", "latest_finish", "most_per_year", "after", "lag"):
            yield from _not_yet(package, name, getattr(package, name) or None)
        yield from _not_yet(package, "timing", package.timing if package.timing != "fixed" else None)
    for aim in case.rows(Objective):
        yield from _not_yet(aim, "measure", aim.measure if aim.measure in ("finish", "change") else None)


def _not_yet(row: Row, name: str, value: Any) -> Iterator[Finding]:
    if value is not None:
        title = type(row).columns()[name].title
        found = f"{value:g}" if isinstance(value, float) else str(value)
        way_out = {"timing": "write fixed", "measure": "choose another"}.get(name, "clear the cell")
        yield finding(row, name, found, "", f"{title} is not supported yet here: {way_out}")


def packages_have_a_cost(case: Case) -> Iterator[Finding]:
    """A package has an Amount or a row on sheet Costs; where it has both, they agree."""
    for package in case.packages:
        row = case.find(Cost, package.package)
        if row is None and package.amount is None:
            wanted = "an amount such as 1234.5"
            yield finding(package, "amount", "nothing", wanted, "or give the package a row on sheet Costs")
        elif row is not None and package.amount is not None:
            total = math.fsum(row.values.values())
            if abs(total - package.amount) > SAME_AMOUNT * max(1.0, abs(total)):
                wanted = f"{total:,.12g}, the sum of its row on sheet Costs"
                yield finding(
                    package, "amount", f"{package.amount:,.12g}", wanted, "correct one of the two, or clear it"
                )


def levels_cover_the_calendar(case: Case) -> Iterator[Finding]:
    """Curves and exchange rates in use have a value; the first and the last stand for what lies around them."""
    curves = {same(s.curve) for s in case.sources if s.curve is not None}
    abroad = {same(s.currency) for s in case.sources if s.currency is not None} - {same(case.project.currency)}
    used: list[Curve | Exchange] = [row for row in case.curves if same(row.curve) in curves]
    used += [row for row in case.exchange if same(row.currency) in abroad]
    for row in used:
        begins = {span[0]: label for label in row.values if (span := case.calendar.span(label))}
        ends = {span[1]: label for label in row.values if (span := case.calendar.span(label))}
        if not begins:
            yield finding(row, row.KEY, "no value", "a value from the first period on", "add a column with one")
        elif min(begins) > case.calendar[0].last and len(begins) > 1:
            label = begins[min(begins)]
            hint = f"the first value stands from {case.calendar[0].first}"
            yield finding(row, label, f"nothing before {label}", "", hint, warning=True)
        if len(ends) > 1 and max(ends) < case.calendar[-1].first:  # a single value is a flat rate, by intent
            label = ends[max(ends)]
            hint = f"the last value goes on until {case.calendar[-1].last}"
            yield finding(row, label, f"nothing after {label}", "", hint, warning=True)


def home_currency_is_one(case: Case) -> Iterator[Finding]:
    """The case's own currency is worth 1 of itself."""
    for row in case.exchange:
        if same(row.currency) == same(case.project.currency):
            for label, value in row.values.items():
                if value != 1:
                    wanted = "1, since it is the case's own currency"
                    yield finding(row, label, f"{value:g}", wanted, "delete the row")


def repayment_tables(case: Case) -> Iterator[Finding]:
    """A source with Repayment `table` has its table, and a table its source."""
    for source in case.sources:
        if source.is_debt and source.repayment == "table" and case.find(RepaymentTable, source.source) is None:
            yield finding(source, "repayment", "'table'", "a row for it on sheet Repayments", "add the row")
    for row in case.repayments:
        owner = case.find(Source, row.source)
        if owner is not None and owner.repayment != "table":
            found = f"a table for {row.source}, whose Repayment is {owner.repayment}"
            yield finding(row, "source", found, "", "it is ignored; write table in Repayment to use it", warning=True)


def sources_can_be_drawn(case: Case) -> Iterator[Finding]:
    """A source's window holds a day on which money moves, and its repayments begin after a draw is possible."""
    data = Data(case)
    for s, source in enumerate(case.sources):
        gate = case.find(Gate, source.gate) if source.gate else None
        if gate is not None and not gate.open:
            continue
        if not data.open[s].any():
            if data.opening_balance[s] > 0:
                continue
            found = "a window in which no period's money moves"
            hint = f"it can never be drawn: money moves at the {case.project.flow_timing} of each period"
            yield finding(source, "from_", found, "", hint, warning=True)
        elif not data.drawable[s].any() and not data.opening_balance[s]:
            first = int(np.argmax(data.open[s]))
            grace = int(data.debt_months[s, first]) / 12
            name, hint = ("repayment", "start the table later") if source.repayment == "table" else (
                "grace", f"set Grace to at least {_years(grace)}")  # fmt: skip
            found = f"a first repayment in {case.calendar.labels[data.first_repayment[s] or 0]}, before any draw"
            yield finding(source, name, found, "", hint)


def no_money_pump(case: Case) -> Iterator[Finding]:
    """Deposits earn no more than any debt costs: borrowing must not pay for itself."""
    data, deposit = Data(case), case.project.deposit_rate
    for s, source in enumerate(case.sources):
        if not source.is_debt or not data.open[s].any():
            continue
        low = int(np.argmin(data.rate[s]))
        if deposit > data.rate[s, low] + STATED_RATE:
            rate = f"{100 * data.rate[s, low]:.6g}%"
            when = f" in {case.calendar.labels[low]}" if source.curve is not None else ""
            wanted = f"a rate of at least the Deposit rate, {100 * deposit:.6g}%"
            hint = "borrowing to deposit would be a money pump: lower the Deposit rate on sheet Project"
            yield finding(source, "rate" if source.curve is None else "curve", f"{rate}{when}", wanted, hint)


def covenants_have_debt(case: Case) -> Iterator[Finding]:
    """A covenant applies to debt that the project repays."""
    for row in case.covenants:
        chosen = [case.sources[s] for s in Selector.parse(row.applies_to).sources(case)]
        if not any(s.is_debt and same(s.repaid_by) == PROJECT for s in chosen):
            found = f"{row.applies_to!r}, which selects no debt that the project repays"
            yield finding(row, "applies_to", found, "debt whose Repaid by is project")


def rules_select_something(case: Case) -> Iterator[Finding]:
    """A rule's selectors choose at least one source and one use."""
    for rule in case.rules:
        for name in ("money_from", "of_money_from", "spent_on", "of_spent_on"):
            selector = Selector.parse(getattr(rule, name))
            chosen = selector.sources(case) if "money" in name else selector.uses(case)
            if not chosen:
                found = f"{getattr(rule, name)!r}, which selects nothing"
                yield finding(rule, name, found, "", "no row meets all its conditions", warning=True)


def refinancing_has_debt(case: Case) -> Iterator[Finding]:
    """A source that may pay Refinancing finds other debt to refinance."""
    data = Data(case)
    debt = [s for s, source in enumerate(case.sources) if source.is_debt and data.repaid_by[s] is None]
    for row in case.rows(Eligibility):
        if same(row.package) != same("Refinancing"):
            continue
        for name, share in row.values.items():
            others = [s for s in debt if same(case.sources[s].source) != same(name)]
            if share and not others and same(name) != same(PROJECT_ACCOUNT):
                found = f"{name}, which could refinance only itself"
                yield finding(row, name, found, "other debt that the project repays", "", warning=True)


NAMES: tuple[Check, ...] = (
    duplicate_names, covenant_names, reserved_names, references, currencies, selectors, changes_name_cells,
    scenarios_have_a_base, scenario_values_are_numbers, drivers_have_parameters, correlations_are_shares,
    correlations_agree,
)  # fmt: skip
DATES: tuple[Check, ...] = (
    project_amounts, windows, sources_open_in_reach, headers_have_one_reading, period_headers, years_under_a_ceiling,
    budgets_are_no_finer, flows_do_not_overlap, repayments_sum_to_one, debt_terms, older_sources, years_are_months,
    party_shares, terms_that_do_not_apply, peaks_are_kept_low, not_yet, years_in_reach, covenants_in_reach,
    amounts_in_proportion,
)  # fmt: skip
TERMS: tuple[Check, ...] = (
    packages_have_a_cost, levels_cover_the_calendar, home_currency_is_one, repayment_tables, sources_can_be_drawn,
    opening_balances_can_be_repaid, no_money_pump, covenants_have_debt, rules_select_something, refinancing_has_debt,
)  # fmt: skip


def every(case: Case) -> Iterator[Finding]:
    """All findings on a case, each step only where the one before it found no error."""
    names = _run(NAMES, case)
    yield from names
    dates = [*calendar_is_whole(case)]
    if not dates:
        dates = _run(DATES, case)
    yield from dates
    if not _errors(names + dates):
        yield from _after_levels(case)
    else:
        yield from of_sound_rows(case)


def _after_levels(case: Case) -> Iterator[Finding]:
    """The checks of terms; those that compute rates wait until curves cover the calendar."""
    first = _run(TERMS[:4], case)
    yield from first
    if not _errors(first):
        yield from _run(TERMS[4:], case)


def as_far_as_read(whole: Case, dated: Case, clean: Case) -> Iterator[Finding]:
    """Findings on a workbook with faults: names on all its rows, dates and terms on the rows that can be asked.

    ``whole`` holds every row, its faulty cells blank; ``dated`` those whose faults have nothing to do with dates;
    ``clean`` those without a fault.
    """
    yield from _run(NAMES, whole)
    if dated.rows(Project):
        dates = [*calendar_is_whole(dated)]
        yield from dates or _run(DATES, dated)
    yield from of_sound_rows(clean)


def of_sound_rows(case: Case) -> Iterator[Finding]:
    """Terms of one row each, told beside the faults of others: rows with a fault, or that name one, are left out."""
    sound = case
    while sound.rows(Project) and not [*calendar_is_whole(sound)]:
        wrong = {(f.sheet, f.cell) for f in _run((*NAMES, *DATES), sound) if not f.warning}
        kept = {name: tuple(r for r in rows if not _places(r) & wrong) for name, rows in sound.tables.items()}
        if kept == dict(sound.tables):
            complete = len(sound.costs) == len(case.costs)
            yield from _run((packages_have_a_cost,) if complete else (), sound)
            first = _run((levels_cover_the_calendar, home_currency_is_one), sound)
            yield from first
            if not _errors(first):
                yield from _run((sources_can_be_drawn, no_money_pump), sound)
            return
        sound = replace(sound, tables=kept)


def _places(row: Row) -> set[tuple[str, str]]:
    """Every cell of a row."""
    return {row.where(), *(row.where(name) for name in row.origin.cells)}


def _run(checks: Iterable[Check], case: Case) -> list[Finding]:
    return [finding for check in checks for finding in check(case)]


def _errors(findings: Iterable[Finding]) -> bool:
    return any(not finding.warning for finding in findings)


ALL: tuple[Check, ...] = (every,)
"""What a case must satisfy, when read and when changed."""
