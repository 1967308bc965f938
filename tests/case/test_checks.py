"""Each check, satisfied by the good case and violated by one edit of it."""

# ruff: noqa: E501 - a table of edits reads best one a line
from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from finopt import Case
from finopt.case import checks
from finopt.case.proportion import amounts_in_proportion, covenants_in_reach, years_in_reach
from finopt.case.row import Origin
from finopt.case.sheets import SHEETS, Project
from finopt.errors import Finding
from finopt.workbook.example import WORKED

Tables = dict[str, list[dict[Any, Any]]]
Edit = Callable[[Tables], Any]


def good() -> Tables:
    """The worked example as plain rows; Project as one mapping."""
    tables = {name: [dict(row) for row in rows] for name, rows in copy.deepcopy(dict(WORKED)).items()}
    tables["Project"] = [{row["Item"]: row["Value"] for row in tables["Project"]}]
    return tables


def case_of(tables: Mapping[str, list[dict[Any, Any]]]) -> Case:
    """A case straight from rows. The "cell" of a field is its row's key and its name, so that findings can be told."""
    made = {}
    for name, model in SHEETS.items():
        rows = []
        for number, row in enumerate(tables.get(name, []), 1):
            fields = {model.field_of(str(title)): value for title, value in row.items() if model.field_of(str(title))}
            across = {str(title): value for title, value in row.items() if not model.field_of(str(title))}
            key = "Project" if model is Project else str(fields[model.KEY])
            cells = {str(n): f"{key}/{n}" for n in [*model.columns(), *across]}
            given = fields | ({"values": across} if across else {})
            rows.append(model.model_validate({**given, "origin": Origin(name, number, cells)}))
        made[name] = tuple(rows)
    return Case(tables=made)


def row(tables: Tables, sheet: str, key: str) -> dict[Any, Any]:
    """The row with this value in any column."""
    return next(r for r in tables[sheet] if key in r.values())


def put(sheet: str, key: str, **values: Any) -> Edit:
    """Set columns of one row; underscores stand for spaces."""

    def edit(tables: Tables) -> None:
        target = tables["Project"][0] if sheet == "Project" else row(tables, sheet, key)
        target |= {name.replace("_", " ").strip(): value for name, value in values.items()}

    return edit


def at(sheet: str, key: str, column: Any, value: Any) -> Edit:
    """Set one column of one row, or take its value away with None."""

    def edit(tables: Tables) -> None:
        target = tables["Project"][0] if sheet == "Project" else row(tables, sheet, key)
        target.pop(column, None)
        if value is not None:
            target[column] = value

    return edit


def add(sheet: str, **values: Any) -> Edit:
    """Add a row; underscores stand for spaces, a name that starts with y is a year."""

    def edit(tables: Tables) -> None:
        tables[sheet].append({n.removeprefix("y") if n[1:].isdigit() else n.replace("_", " ").strip(): v
                              for n, v in values.items()})  # fmt: skip

    return edit


def both(*edits: Edit) -> Edit:
    def edit(tables: Tables) -> None:
        for one in edits:
            one(tables)

    return edit


def drop(sheet: str) -> Edit:
    return lambda tables: tables.pop(sheet)


def found_by(check: Any, edit: Edit | None = None) -> list[Finding]:
    tables = good()
    if edit is not None:
        edit(tables)
    return list(check(case_of(tables)))


WARNING = "only a warning: "


def driver(distribution: str, a: Any, b: Any = None, c: Any = None, change: str = "scale") -> Edit:
    """Add a driver of the packages' amounts."""
    values = {"A": a} | ({"B": b} if b is not None else {}) | ({"C": c} if c is not None else {})
    return add("Uncertainty", Driver="D", Sheet="Packages", Row="*", Column="Amount", Change=change,
               Distribution=distribution, **values)  # fmt: skip


VIOLATED: list[tuple[Any, Edit, str, str]] = [
    (checks.duplicate_names, add("Parties", Party="MINISTRY"), "MINISTRY/party", "'MINISTRY' a second time"),
    (
        checks.duplicate_names,
        add("Sources", Source="port\u00a0bond", Party="Lenders", Instrument="grant", Limit=1),
        "port\u00a0bond/source",
        "rename or delete one of Port bond/source and port\u00a0bond/source",
    ),
    (checks.duplicate_names, add("Budgets", Party="Ministry", y2027=1), "Ministry/party", "a second time"),
    (
        checks.duplicate_names,
        add("Objectives", Priority=1, Aim="maximise", Measure="closing cash"),
        "1/priority",
        "each name once",
    ),
    (checks.reserved_names, at("Sources", "Port bond", "Source", "Project Account"), "Project Account/source", "another"),
    (checks.reserved_names, at("Packages", "Quay", "Package", "Refinancing"), "Refinancing/package", "another name"),
    (checks.reserved_names, at("Parties", "Operator", "Party", "Project"), "Project/party", "another name"),
    (checks.references, put("Sources", "Port bond", Party="Lendrs"), "Port bond/party", "did you mean Lenders?"),
    (checks.references, put("Sources", "Port bond", Repaid_by="Nobody"), "Port bond/repaid_by", "known: Ministry"),
    (checks.references, put("Sources", "Development loan", Curve="Bse rate"), "Development loan/curve", "Base rate?"),
    (checks.references, put("Sources", "Port bond", Gate="Permit"), "Port bond/gate", "a name from sheet Gates"),
    (checks.references, both(put("Sources", "Port bond", Gate="Permit"), drop("Gates")), "Port bond/gate", "none is"),
    (checks.references, put("Budgets", "Ministry", Party="Ministri"), "Ministri/party", "did you mean Ministry?"),
    (checks.references, put("Costs", "Ships", Package="Shps"), "Shps/package", "did you mean Ships?"),
    (checks.references, put("Costs", "Ships", Package="Refinancing"), "Refinancing/package", "sheet Packages"),
    (checks.references, put("Eligibility", "Ships", Package="Shps"), "Shps/package", "did you mean Ships?"),
    (checks.references, at("Eligibility", "Ships", "Port bnd", "yes"), "Ships/Port bnd", "did you mean Port bond?"),
    (checks.references, put("Repayments", "Port bond", Source="Port bnd"), "Port bnd/source", "did you mean Port bond?"),
    (checks.references, put("Packages", "Ships", After="Quay, Terminel"), "Ships/after", "'Terminel', expected a name"),
    (
        checks.references,
        add("Actuals", Source="Budget grnt", Package="Quay", Date="2027-06-30", Amount=1),
        "Budget grnt/source",
        "did you mean Budget grant?",
    ),
    (
        checks.references,
        both(
            add("Uncertainty", Driver="Cost", Sheet="Packages", Row="*", Column="Amount", Change="scale",
                Distribution="normal", A=1),
            add("Correlation", Driver="Cost", Rate=0.5),
        ),
        "Cost/Rate",
        "a name from sheet Uncertainty",
    ),
    (checks.currencies, put("Sources", "Export credit (EUR)", Currency="EUX"), "Export credit (EUR)/currency", "EUR?"),
    (checks.currencies, drop("FX"), "Export credit (EUR)/currency", "'EUR', expected USD or a currency from sheet FX"),
    (checks.selectors, put("Rules", "Lenders pay at most 60%", Money_from="lenders"), "Lenders pay at most 60%/money_from",
     "group, package - did you mean `party: Lenders`?"),
    (checks.selectors, put("Rules", "Lenders pay at most 60%", Money_from="party: Lendrs"),
     "Lenders pay at most 60%/money_from", "did you mean Lenders?"),
    (checks.selectors, put("Rules", "Lenders pay at most 60%", Spent_on="party: Lenders"),
     "Lenders pay at most 60%/spent_on", "does not apply here"),
    (checks.selectors, put("Rules", "Lenders pay at most 60%", Of_spent_on="location: East"),
     "Lenders pay at most 60%/of_spent_on", "no location is called 'East'"),
    (checks.selectors, put("Rules", "Lenders pay at most 60%", Of_money_from="instrument:"),
     "Lenders pay at most 60%/of_money_from", "names nothing"),
    (checks.selectors, put("Covenants", "DSCR", Applies_to="package: Quay"), "DSCR/applies_to", "does not apply here"),
    (checks.selectors, put("Objectives", "minimise", Of="sauce: Port bond"), "1/of", "is not a selector"),
    (checks.selectors, put("Eligibility", "group: Works", Package="group: Work"), "group: Work/package", "Works?"),
    (checks.changes_name_cells, add("Scenarios", Scenario="S", Sheet="Pakages", Row="*", Column="Amount", Change="scale",
     Value=1.3), "S/sheet", "did you mean Packages?"),
    (checks.changes_name_cells, add("Scenarios", Scenario="S", Sheet="Packages", Row="Kuay", Column="Amount",
     Change="scale", Value=1.3), "S/row", "did you mean Quay?"),
    (checks.changes_name_cells, add("Scenarios", Scenario="S", Sheet="Packages", Row="*", Column="Amont", Change="scale",
     Value=1.3), "S/column", "did you mean Amount?"),
    (checks.changes_name_cells, add("Scenarios", Scenario="S", Sheet="Eligibility", Row="Ships", Column="Port bnd",
     Change="set", Value="no"), "S/column", "did you mean Port bond?"),
    (checks.changes_name_cells, add("Scenarios", Scenario="S", Sheet="Budgets", Row="*", Column="Total", Change="set",
     Value=1), "S/column", "a column of Budgets"),
    (checks.changes_name_cells, add("Scenarios", Scenario="S", Sheet="Project", Row="Discont rate", Column="Value",
     Change="set", Value=0.1), "S/row", "did you mean Discount rate?"),
    (checks.scenarios_have_a_base, add("Scenarios", Scenario="S", Sheet="Packages", Row="*", Column="Amount", Change="scale",
     Value=1.3, Base="T"), "S/base", "the name of a scenario"),
    (checks.scenarios_have_a_base, add("Scenarios", Scenario="S", Sheet="Packages", Row="*", Column="Amount", Change="scale",
     Value=1.3, Base="s"), "S/base", "leads back to itself"),
    (checks.scenario_values_are_numbers, add("Scenarios", Scenario="S", Sheet="Packages", Row="*", Column="Amount",
     Change="scale", Value="a lot"), "S/value", "a number to scale"),
    (checks.scenario_values_are_numbers, add("Scenarios", Scenario="S", Sheet="Packages", Row="*", Column="Amount",
     Change="scale", Value=-0.25), "S/value", "a factor of zero or more to scale by - a change by -25% is the factor 0.75"),
    (checks.drivers_have_parameters, driver("uniform", -0.1, 0.3), "D/a", "a change by -10% is the factor 0.9"),
    (checks.drivers_have_parameters, driver("normal", 0, 0.1), "D/a", "a change by 0% is the factor 1"),
    (checks.changes_name_cells, add("Uncertainty", Driver="D", Sheet="Packages", Row="*", Column="Amont", Change="scale",
     Distribution="normal", A=1), "D/column", "did you mean Amount?"),
    (checks.drivers_have_parameters, driver("uniform", 0.9), "D/b", "found nothing, expected the high of uniform, a number"),
    (checks.drivers_have_parameters, driver("pert", 0.9, 1.0), "D/c", "the high of pert"),
    (checks.drivers_have_parameters, driver("normal", "much", 0.1), "D/a", "found 'much', expected the mean of normal"),
    (checks.drivers_have_parameters, driver("lognormal", 1.19), "D/b", "the deviation of the logarithm of lognormal"),
    (checks.drivers_have_parameters, driver("uniform", 1.2, 0.9), "D/b", "found 0.9, expected at least the low, 1.2"),
    (checks.drivers_have_parameters, driver("triangular", 0.9, 1.3, 1.2), "D/c", "at least the mode, 1.3"),
    (checks.drivers_have_parameters, driver("pert", 1, 0.9, 1.2), "D/b", "at least the low, 1"),
    (checks.drivers_have_parameters, driver("triangular", 1, 1, 1), "D/c", "more than the low, 1"),
    (checks.drivers_have_parameters, driver("uniform", 1, 1), "D/b", "more than the low, 1"),
    (checks.drivers_have_parameters, driver("normal", 1, 0), "D/b", "a deviation above zero"),
    (checks.drivers_have_parameters, driver("lognormal", 0, 0.3), "D/a", "a median above zero"),
    (checks.drivers_have_parameters, driver("normal", 1, 0.1, 0.2), "D/c", "only a warning: it is ignored"),
    (checks.drivers_have_parameters, driver("discrete", "1 @ -0.2", 2), "D/a", "a weight above zero behind the @"),
    (checks.drivers_have_parameters, driver("discrete", 1, "2 @ much"), "D/b", "a weight above zero behind the @"),
    (checks.drivers_have_parameters, driver("discrete", 1, "no"), "D/b", "found 'no', expected a number to scale"),
    (checks.correlations_agree, both(driver("normal", 1, 0.1), add("Correlation", Driver="D", D=0.5)), "D/D", "1, of a driver with itself"),
    (checks.correlations_agree, both(add("Correlation", Driver="A", B=0.5), add("Correlation", Driver="B", A=0.4)), "B/A",
     "found 0.4, expected 0.5, as stated the other way round"),
    (checks.correlations_are_shares, add("Correlation", Driver="A", B=1.5), "A/B", "a number between -1 and 1"),
    (checks.calendar_is_whole, put("Project", "", Construction_end="2030-11-30"), "Project/construction_end",
     "found 2030-11-30, expected the last day of a period of 6 months"),
    (checks.calendar_is_whole, put("Project", "", End_date="2045-06-30"), "Project/end_date", "2044-12-31 or 2045-12-31"),
    (checks.calendar_is_whole, put("Project", "", End_date="2029-12-31"), "Project/end_date", "on or after Construction"),
    (checks.calendar_is_whole, put("Project", "", Start_date="2031-06-01"), "Project/construction_end", "a day after"),
    (checks.project_amounts, put("Project", "", Minimum_cash=10, Maximum_cash=5), "Project/maximum_cash", "at least"),
    (checks.windows, put("Packages", "Quay", Start="2026-01-01"), "Quay/start", "write 2027-01-01"),
    (checks.windows, put("Packages", "Quay", Finish="2031-12-31"), "Quay/finish", "to Construction end, 2030-12-31"),
    (checks.windows, put("Packages", "Quay", Start="2029-12-31", Finish="2029-01-01"), "Quay/finish", "swap the two"),
    (checks.windows, put("Rules", "Lenders pay at most 60%", From="2026-12-31"), "Lenders pay at most 60%/from_",
     "or leave it blank"),
    (checks.older_sources, put("Sources", "Port bond", From="2026-12-31"), "Port bond/from_",
     "only a warning: Grace and Tenor count from it"),
    (checks.older_sources, put("Sources", "Development loan", Drawn_before=300), "Development loan/drawn_before",
     "found 300, expected at most Limit, 220"),
    (checks.older_sources, put("Sources", "Development loan", Drawn_before=210, Headroom=0.1),
     "Development loan/drawn_before", "found 210, 231 with Headroom"),
    (checks.opening_balances_can_be_repaid,
     put("Sources", "Export credit (EUR)", From="2010-01-01", Opening_balance=5, Drawn_before=5),
     "Export credit (EUR)/opening_balance", "found 5 owed, though its last repayment came before Start date"),
    (checks.years_are_months, put("Sources", "Development loan", Grace=4.03), "Development loan/grace",
     "found 4.03 years, 48.36 months, expected whole months - write 4.0000 (48 months) or 4.0833 (49 months)"),
    (checks.years_are_months, put("Packages", "Ships", Lag=0.3), "Ships/lag", "3.6 months"),
    (checks.covenant_names, add("Covenants", Name="dscr", Covenant="LLCR", Limit=1.1), "LLCR/name",
     "found 'dscr' a second time, expected each name once"),
    (checks.headers_have_one_reading, put("Project", "", Year_begins="April"), "Ministry/2027",
     "found 2027, 2028, 2029, 2030, expected 2027/28 or 2026/27 - Year begins is April on sheet Project"),
    (checks.headers_have_one_reading, at("Costs", "Ships", "2029/30", 5), "Ships/2029/30",
     "expected a calendar year, 2029 or 2030"),
    (checks.years_under_a_ceiling, put("Project", "", Year_begins="April"), "Budget grant/limit_per_year",
     "over 2027-H1, which lies in 2026/27 and 2027/28"),
    (checks.years_under_a_ceiling, put("Project", "", Start_date="2027-07-01"), "Ministry/2027",
     "only a warning: a ceiling by calendar year in a calendar from 2027-07-01"),
    (checks.windows, put("Sources", "Port bond", To="2050-01-01"), "Port bond/to", "to End date, 2045-12-31"),
    (checks.windows, put("Sources", "Port bond", To="2027-01-01", From="2028-01-01"), "Port bond/to", "after From"),
    (checks.windows, put("Rules", "Lenders pay at most 60%", To="2020-01-01"), "Lenders pay at most 60%/to", "2027-01-01"),
    (checks.windows, put("Covenants", "DSCR", From="2055-01-01"), "DSCR/from_", "to End date"),
    (checks.windows, put("Gates", "Environmental approval", From="2055-01-01"), "Environmental approval/from_",
     "a day before End date"),
    (checks.sources_open_in_reach, both(put("Sources", "Operator equity", From="2032-01-01"),
     at("Sources", "Operator equity", "To", None)), "Operator equity/from_", "write To as well"),
    (checks.period_headers, at("Costs", "Ships", 2026, 5), "Ships/2026", "5 in 2026, outside the calendar"),
    (checks.period_headers, at("Costs", "Ships", 2031, 5), "Ships/2031",
     "to Finish, 2030-12-31, of Ships - no cost after Construction end"),
    (checks.period_headers, both(put("Packages", "Ships", Finish="2029-12-31")), "Ships/2030", "move Start or Finish"),
    (checks.period_headers, both(put("Project", "", End_date="2045-06-30", Operating_period="half-year")),
     "Port dues/2045", "only a warning: of which 29.5 lies outside the calendar"),
    (checks.period_headers, at("Revenue", "Port dues", 2046, 5), "Port dues/2046", "outside the calendar"),
    (checks.period_headers, at("Repayments", "Port bond", 2050, 0.5), "Port bond/2050", "outside the calendar"),
    (checks.period_headers, at("Budgets", "Ministry", 2026, 5), "Ministry/2026", "only a warning: it is ignored"),
    (checks.budgets_are_no_finer, at("Budgets", "Ministry", "2028-Q3", 5), "Ministry/2028-Q3", "no shorter than 2028-H2"),
    (checks.budgets_are_no_finer, at("Budgets", "Ministry", "2040-H1", 5), "Ministry/2040-H1", "no shorter than 2040"),
    (checks.flows_do_not_overlap, at("Costs", "Ships", "2029-H1", 5), "Ships/2029-H1", "2029-H1 beside 2029"),
    (checks.flows_do_not_overlap, at("Budgets", "Ministry", "2029-H2", 5), "Ministry/2029-H2", "clear one of the two"),
    (checks.repayments_sum_to_one, at("Repayments", "Port bond", 2041, 0.4), "Port bond/source", "sum to 0.9"),
    (checks.debt_terms, put("Sources", "Development loan", Tenor=4), "Development loan/tenor", "more than Grace, 4 years"),
    (checks.debt_terms, put("Sources", "Development loan", Tenor=3, Repayment="bullet"), "Development loan/tenor",
     "at least Grace, 4 years"),
    (checks.terms_that_do_not_apply, put("Sources", "Budget grant", Opening_balance=5), "Budget grant/opening_balance",
     "only a warning: to a grant"),
    (checks.terms_that_do_not_apply, put("Sources", "Development loan", Instrument="credit line", Drawn_before=5),
     "Development loan/drawn_before", "only a warning: does not apply to a credit line"),
    (checks.party_shares, put("Parties", "Operator", Minimum_share=0.4), "Operator/minimum_share", "at most Maximum"),
    (checks.party_shares, both(put("Parties", "Ministry", Minimum_share=0.6), put("Parties", "Lenders", Minimum_share=0.6)),
     "Lenders/minimum_share", "floors that sum to 1.2"),
    (checks.terms_that_do_not_apply, put("Sources", "Budget grant", Tenor=5), "Budget grant/tenor", "only a warning: to a grant"),
    (checks.terms_that_do_not_apply, put("Sources", "Operator equity", Repaid_by="Operator"), "Operator equity/repaid_by",
     "only a warning: does not apply to equity"),
    (checks.terms_that_do_not_apply, put("Sources", "Development loan", Instrument="credit line", Tenor=18),
     "Development loan/tenor", "only a warning: does not apply to a credit line"),
    (checks.peaks_are_kept_low, put("Objectives", "minimise", Aim="maximise", Measure="peak debt"), "1/aim",
     "found maximise, expected minimise, for a peak debt - or choose another Measure"),
    (checks.not_yet, put("Sources", "Port bond", Minimum=5), "Port bond/minimum", "Minimum is not supported yet"),
    (checks.not_yet, put("Sources", "Port bond", Lot=5), "Port bond/lot", "Lot is not supported yet"),
    (checks.not_yet, put("Sources", "Port bond", Fixed_fee=5), "Port bond/fixed_fee", "Fixed fee is not supported yet"),
    (checks.not_yet, put("Packages", "Quay", Timing="shift"), "Quay/timing", "Timing is not supported yet here: write fixed"),
    (checks.not_yet, put("Packages", "Quay", Earliest_start="2027-01-01"), "Quay/earliest_start", "not supported yet"),
    (checks.not_yet, put("Packages", "Quay", Latest_finish="2029-12-31"), "Quay/latest_finish", "not supported yet"),
    (checks.not_yet, put("Packages", "Quay", Most_per_year=50), "Quay/most_per_year", "not supported yet"),
    (checks.not_yet, put("Packages", "Ships", After="Quay"), "Ships/after", "After is not supported yet"),
    (checks.not_yet, put("Packages", "Ships", Lag=1), "Ships/lag", "Lag is not supported yet"),
    (checks.not_yet, put("Objectives", "minimise", Measure="finish"), "1/measure", "not supported yet"),
    (checks.not_yet, put("Objectives", "minimise", Measure="change"), "1/measure", "not supported yet"),
    (checks.not_yet, add("Actuals", Source="Budget grant", Package="Quay", Date="2027-06-30", Amount=1),
     "Budget grant/source", "sheet Actuals is not supported yet"),
    (checks.packages_have_a_cost, at("Packages", "Quay", "Amount", None), "Quay/amount", "give the package a row on"),
    (checks.packages_have_a_cost, put("Packages", "Ships", Amount=90), "Ships/amount", "found 90, expected 100"),
    (checks.levels_cover_the_calendar, at("Curves", "Base rate", 2027, None), "Base rate/2029",
     "only a warning: nothing before 2029 - the first value stands from 2027-01-01"),
    (checks.levels_cover_the_calendar, at("Curves", "Base rate", 2045, None), "Base rate/2029", "only a warning: goes on until 2045-12-31"),
    (checks.levels_cover_the_calendar, at("FX", "EUR", 2027, None), "EUR/currency", "from the first period on"),
    (checks.home_currency_is_one, add("FX", Currency="usd", y2027=2.0), "usd/2027", "the case's own currency"),
    (checks.repayment_tables, lambda t: t["Repayments"].clear(), "Port bond/repayment", "a row for it on sheet Repayments"),
    (checks.repayment_tables, put("Sources", "Port bond", Repayment="bullet"), "Port bond/source", "only a warning: it is ignored"),
    (checks.sources_can_be_drawn, put("Sources", "Development loan", Grace=0), "Development loan/grace",
     "set Grace to at least 0.5 years"),
    (checks.sources_can_be_drawn, put("Sources", "Port bond", From="2028-02-01", To="2028-03-01"), "Port bond/from_",
     "only a warning: it can never be drawn"),
    (checks.sources_can_be_drawn, at("Repayments", "Port bond", 2027, 0.1), "Port bond/repayment", "start the table later"),
    (checks.no_money_pump, put("Project", "", Deposit_rate=0.05), "Export credit (EUR)/rate",
     "found 4.1%, expected a rate of at least the Deposit rate, 5%"),
    (checks.no_money_pump, put("Project", "", Deposit_rate=0.043), "Development loan/curve", "found 4.25% in 2029-H1"),
    (checks.covenants_have_debt, put("Covenants", "DSCR", Applies_to="party: Ministry"), "DSCR/applies_to", "no debt"),
    (checks.covenants_have_debt, put("Covenants", "DSCR", Applies_to="currency: EUR"), "DSCR/applies_to", "no debt"),
    (checks.rules_select_something, put("Rules", "Lenders pay at most 60%", Money_from="party: Ministry; instrument: bond"),
     "Lenders pay at most 60%/money_from", "only a warning: which selects nothing"),
    (
        checks.refinancing_has_debt,
        both(
            lambda t: t["Sources"].remove(row(t, "Sources", "Port bond")),
            lambda t: t["Eligibility"].append({"Package": "Refinancing", "Development loan": "yes"}),
        ),
        "Refinancing/Development loan",
        "only a warning: refinance only itself",
    ),
    (years_in_reach, put("Sources", "Port bond", Tenor=2000), "Port bond/tenor", "no more than 1,000 years"),
    (covenants_in_reach, at("Covenants", "DSCR", "Limit", 5000), "DSCR/limit", "no more than 1,000"),
    (amounts_in_proportion, put("Packages", "Quay", Amount=1e15), "Quay/amount", "expected an amount in proportion"),
]  # fmt: skip


@pytest.mark.parametrize("check", [*checks.NAMES, checks.calendar_is_whole, *checks.DATES, *checks.TERMS])
def test_the_good_case_satisfies_every_check(check: Any) -> None:
    assert found_by(check) == []


def test_every_check_is_violated_below() -> None:
    tried = {check for check, *_ in VIOLATED}
    assert {*checks.NAMES, checks.calendar_is_whole, *checks.DATES, *checks.TERMS} == tried


@pytest.mark.parametrize(("check", "edit", "cell", "words"), VIOLATED, ids=lambda value: getattr(value, "__name__", ""))
def test_one_edit_violates_it_at_its_cell(check: Any, edit: Edit, cell: str, words: str) -> None:
    findings = [finding for finding in found_by(check, edit) if finding.cell == cell]
    assert findings, found_by(check, edit)
    assert words.removeprefix(WARNING) in str(findings[0])
    assert findings[0].warning == words.startswith(WARNING)


@pytest.mark.parametrize(("check", "edit", "cell", "words"), VIOLATED, ids=lambda value: getattr(value, "__name__", ""))
def test_the_whole_run_survives_every_wrong_case(check: Any, edit: Edit, cell: str, words: str) -> None:
    """Later checks lean on earlier ones: none may crash where an earlier one found a fault."""
    assert found_by(checks.every, edit)


@pytest.mark.parametrize(
    "edit",
    [
        put("Sources", "Port bond", Grace=0, From="2027-01-01"),  # not drawn before? grace of a table does not count
        put("Gates", "Environmental approval", From="2020-01-01"),  # a condition met long ago
        put("Gates", "Environmental approval", Open="no"),
        put("Project", "", Deposit_rate=0.041),  # as dear as the cheapest loan: no pump
        at("Curves", "Base rate", 2060, 0.04),  # a curve may reach beyond the horizon
        both(at("Curves", "Base rate", 2045, None), at("Curves", "Base rate", 2029, None)),  # one value: flat by intent
        add("FX", Currency="USD", y2027=1),
        put("Packages", "Ships", Amount=100),
        at("Costs", "Ships", 2031, 0),
        at("Revenue", "Port dues", 2060, 0),
        put("Sources", "Budget grant", Repaid_by="project", Grace=0),
        put("Parties", "Ministry", Minimum_share=0.3, Maximum_share=0.3),
        put("Eligibility", "Ships", **{"Project_account": 0.5}),
        add("Covenants", Covenant="gearing", Limit=0.8),
        put("Objectives", "minimise", Of="party: Lenders; package: Financing costs", Measure="money"),
    ],
)
def test_what_is_right_though_unusual_passes(edit: Edit) -> None:
    assert found_by(checks.every, edit) == []


def test_the_grace_that_is_asked_for_is_enough() -> None:
    edit = both(put("Sources", "Development loan", Grace=0), put("Gates", "Environmental approval", From="2029-01-01"))
    (first,) = [f for f in found_by(checks.every, edit) if not f.warning]
    assert "set Grace to at least 0.5 years" in first.hint
    assert found_by(checks.every, both(edit, put("Sources", "Development loan", Grace=0.5))) == []


def test_a_calendar_that_fails_stops_the_checks_that_need_it() -> None:
    wrong = both(put("Project", "", End_date="2045-06-30"), put("Packages", "Quay", Start="1999-01-01"))
    (only,) = found_by(checks.every, wrong)
    assert only.column == "End date"


def test_names_are_checked_beside_a_calendar_that_fails() -> None:
    wrong = both(put("Project", "", End_date="2045-06-30"), put("Sources", "Port bond", Party="Lendrs"))
    assert {f.column for f in found_by(checks.every, wrong)} == {"End date", "Party"}


def test_a_wrong_header_is_told_once_for_all_its_rows() -> None:
    wrong = both(at("Eligibility", "Ships", "Port bnd", "yes"), at("Eligibility", "group: Works", "Port bnd", "yes"))
    (only,) = found_by(checks.every, wrong)
    assert only.column == "Port bnd"


def test_a_name_may_hold_a_comma_in_a_selector() -> None:
    from finopt.case.selector import Condition

    known = ["Boring machines, Russia", "Boring machines", "Russia", "Portal"]
    assert Condition("package", ("Boring machines", "Russia", "Portal")).chosen(known) == (
        {"boring machines, russia", "portal"},
        [],
    )
    assert Condition("package", ("Portal", "Tunnel")).chosen(known) == ({"portal"}, ["Tunnel"])
