"""THE table of sheets and columns: what a case may say, in which words, with which meaning.

Every sheet of the input workbook is one frozen pydantic model here; every column one field whose
:class:`Column` gives its title, kind and meaning. The reader, the checks, the blank template,
the column reference in the documentation and ``Case.change`` all read this one table.
This module is vocabulary: it imports nothing of finopt, and the whole of finopt may import it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, model_validator
from pydantic_core import PydanticCustomError

from finopt.case.instruments import Traits, instrument_names, traits_of
from finopt.case.kinds import (
    MEASURES,
    MONTH_NAMES,
    Amount,
    CovenantKind,
    Date,
    Eligible,
    Fee,
    FlowTiming,
    Instrument,
    MeasureName,
    MonthName,
    Name,
    Number,
    PeriodLength,
    Positive,
    Profile,
    Rate,
    Repayment,
    Sense,
    Share,
    Timing,
    Uplift,
    Years,
    YesNo,
    _choice,
    _fraction,
)
from finopt.case.names import PROJECT
from finopt.case.row import Column, Row, Series


class Project(Row):
    """The project as a whole: calendar, money, discounting, project account."""

    SHEET = "Project"
    KEY = "name"
    REQUIRED = True
    ABOUT = "One item a row: its name and its value."

    name: Annotated[Name, Column("Name", "text", "Title of the case.", example="Bering tunnel")]
    currency: Annotated[Name, Column("Currency", "text", "The case's one currency.", example="USD")]
    unit: Annotated[Name, Column("Unit", "text", "Unit of all money, such as m for millions.", example="m")]
    start_date: Annotated[Date, Column("Start date", "date", "First day of the first period.", example="2027-01-01")]
    construction_end: Annotated[
        Date,
        Column("Construction end", "date", "Deadline: no package cost after this day.", example="2030-12-31"),
    ]
    end_date: Annotated[
        Date | None, Column("End date", "date", "Horizon: last day of the last period.", "Construction end")
    ] = None
    period: Annotated[
        PeriodLength,
        Column("Period", "choice", "Length of a period until Construction end.", "year",
               choices=("month", "quarter", "half-year", "year")),
    ] = "year"  # fmt: skip
    operating_period: Annotated[
        PeriodLength | None,
        Column("Operating period", "choice", "Length of a period after Construction end.", "same as Period",
               choices=("month", "quarter", "half-year", "year")),
    ] = None  # fmt: skip
    discount_rate: Annotated[
        Rate, Column("Discount rate", "rate", "Yearly, effective; present values are at Start date.", example=0.08)
    ]
    price_date: Annotated[
        Date | None, Column("Price date", "date", "Amounts of packages are in money of this date.", "Start date")
    ] = None
    escalation: Annotated[Rate, Column("Escalation", "rate", "Yearly escalation of package costs.", "0")] = 0.0
    year_begins: Annotated[
        MonthName,
        Column("Year begins", "choice", "Month in which the budget year begins: years of Budgets, Limit per year, "
               "rules and headings. Where it is not January, a year is written 2027/28.", "January",
               choices=MONTH_NAMES),
    ] = "January"  # fmt: skip
    flow_timing: Annotated[
        FlowTiming,
        Column("Flow timing", "choice", "When in a period costs, draws and revenue move; debt service and payouts move "
               "at its end.", "end", choices=("start", "middle", "end")),
    ] = "end"  # fmt: skip
    opening_cash: Annotated[Amount, Column("Opening cash", "amount", "Project account at Start date.", "0")] = 0.0
    minimum_cash: Annotated[Amount, Column("Minimum cash", "amount", "Least balance of the project account.", "0")] = (
        0.0
    )
    deposit_rate: Annotated[Fee, Column("Deposit rate", "rate", "Yearly rate that the project account earns.", "0")] = (
        0.0
    )
    maximum_cash: Annotated[
        Amount | None, Column("Maximum cash", "amount", "Most that the project account may hold.", "no limit")
    ] = None

    @property
    def first_month(self) -> int:
        """The month in which the budget year begins, 1 to 12."""
        return MONTH_NAMES.index(self.year_begins) + 1


class Party(Row):
    """A party: who stands behind money."""

    SHEET = "Parties"
    KEY = "party"
    REQUIRED = True
    ABOUT = "Who stands behind money."

    party: Annotated[Name, Column("Party", "name", "Name of the party.", example="Ministry")]
    total_budget: Annotated[
        Amount | None,
        Column("Total budget", "amount", "Most that the party puts in over the whole horizon.", "no limit"),
    ] = None
    minimum_share: Annotated[
        Share | None,
        Column("Minimum share", "share", "Least share of all uses, financing costs included.", "no limit"),
    ] = None
    maximum_share: Annotated[
        Share | None, Column("Maximum share", "share", "Most of all uses, financing costs included.", "no limit")
    ] = None


class Budget(Row):
    """A party's ceiling by year or period."""

    SHEET = "Budgets"
    KEY = "party"
    ABOUT = "Ceiling on the money a party puts in: draws on its sources plus debt service that it repays itself."

    party: Annotated[Name, Column("Party", "name", "The party whose money is limited.", refers="Parties")]
    carry_over: Annotated[
        YesNo,
        Column("Carry over", "yes/no", "Whether unused room moves on to later years.", "no", choices=("yes", "no")),
    ] = False
    values: Annotated[
        dict[str, Amount], Series("periods", "amount", "Ceiling in that year or period; blank is no limit.")
    ] = {}


class Source(Row):
    """A source: one offer of money, with terms, of one party."""

    SHEET = "Sources"
    KEY = "source"
    REQUIRED = True
    ABOUT = "Every offer of money, with its terms."

    source: Annotated[Name, Column("Source", "name", "Name of the offer.", example="Budget grant")]
    party: Annotated[Name, Column("Party", "name", "Who stands behind it.", refers="Parties", example="Ministry")]
    instrument: Annotated[
        Instrument, Column("Instrument", "choice", "Kind of money.", choices=instrument_names(), example="grant")
    ]
    currency: Annotated[
        Name | None, Column("Currency", "text", "Currency of limit and debt service.", "the case's")
    ] = None
    limit: Annotated[Amount, Column("Limit", "amount", "Most that can be committed.", example=500)]
    minimum: Annotated[
        Amount | None, Column("Minimum", "amount", "If used at all, at least this much. Not supported yet.", "0")
    ] = None
    lot: Annotated[
        Positive | None, Column("Lot", "amount", "Committed in whole multiples of this. Not supported yet.")
    ] = None
    limit_per_year: Annotated[
        Amount | None, Column("Limit per year", "amount", "Most drawn in a budget year.", "no limit")
    ] = None
    limit_per_period: Annotated[
        Amount | None, Column("Limit per period", "amount", "Most drawn in a period.", "no limit")
    ] = None
    from_: Annotated[
        Date | None,
        Column("From", "date", "First day on which it can be drawn; may lie before Start date.", "Start date"),
    ] = None
    to: Annotated[Date | None, Column("To", "date", "Last day on which it can be drawn.", "Construction end")] = None
    rate: Annotated[
        Rate | None,
        Column("Rate", "rate", "Debt: interest p.a. Equity: target return p.a. Grant: opportunity cost p.a.",
               "required; grant 0", example=0.03),
    ] = None  # fmt: skip
    curve: Annotated[
        Name | None, Column("Curve", "name", "Base rate instead of Rate, a row of sheet Curves.", refers="Curves")
    ] = None
    margin: Annotated[Rate | None, Column("Margin", "rate", "Added to Curve.", "0")] = None
    opening_balance: Annotated[Amount, Column("Opening balance", "amount", "Debt owed at Start date.", "0")] = 0.0
    drawn_before: Annotated[
        Amount,
        Column("Drawn before", "amount", "Money drawn before Start date; it counts against the commitment.", "0"),
    ] = 0.0
    upfront_fee: Annotated[
        Fee, Column("Upfront fee", "rate", "% of commitment, paid in the first period of availability.", "0")
    ] = 0.0
    commitment_fee: Annotated[
        Fee, Column("Commitment fee", "rate", "% p.a. of the undrawn commitment until To.", "0")
    ] = 0.0
    guarantee_fee: Annotated[Fee, Column("Guarantee fee", "rate", "% p.a. of the balance.", "0")] = 0.0
    draw_fee: Annotated[Fee, Column("Draw fee", "rate", "% of each draw.", "0")] = 0.0
    fixed_fee: Annotated[
        Amount, Column("Fixed fee", "amount", "Paid once, if used at all. Not supported yet.", "0")
    ] = 0.0
    interest_in_grace: Annotated[
        Annotated[Literal["paid", "capitalised"], _choice("paid", "capitalised")],
        Column("Interest in grace", "choice", "Paid, or added to the balance.", "paid",
               choices=("paid", "capitalised")),
    ] = "paid"  # fmt: skip
    grace: Annotated[
        Years, Column("Grace", "years", "Years from From, in whole months; the first repayment comes after it.", "0")
    ] = 0.0
    tenor: Annotated[
        Years | None,
        Column("Tenor", "years", "Years from From, in whole months; the last repayment falls at it.", "to End date"),
    ] = None
    repayment: Annotated[
        Repayment,
        Column("Repayment", "choice", "How the principal is repaid; sculpted is free, to fit covenants.", "equal",
               choices=("bullet", "equal", "annuity", "sculpted", "table")),
    ] = "equal"  # fmt: skip
    repaid_by: Annotated[
        Name, Column("Repaid by", "name", "project, or the name of a party.", "project", refers="Parties")
    ] = PROJECT
    headroom: Annotated[
        Uplift, Column("Headroom", "share", "The commitment must exceed planned draws by this share.", "0")
    ] = 0.0
    gate: Annotated[Name | None, Column("Gate", "name", "Condition that must be open.", refers="Gates")] = None

    @property
    def traits(self) -> Traits:
        """What is particular to its instrument."""
        return traits_of(self.instrument)

    @property
    def is_debt(self) -> bool:
        """Whether it is owed and repaid with interest."""
        return self.traits.debt

    @model_validator(mode="after")
    def _rate_is_stated(self) -> Self:
        if self.rate is None and self.curve is None and self.traits.priced:
            raise PydanticCustomError(
                "cell", "{expected}",
                {"expected": f"{self.traits.rate}, such as 0.065", "hint": "write a Rate, or a Curve", "field": "rate"},
            )  # fmt: skip
        if self.rate is not None and self.curve is not None:
            raise PydanticCustomError(
                "cell", "{expected}",
                {"expected": "either Rate or Curve, not both", "hint": "clear one of the two", "field": "curve"},
            )  # fmt: skip
        if self.margin is not None and self.curve is None:
            raise PydanticCustomError(
                "cell", "{expected}",
                {"expected": "a Curve beside the Margin", "hint": "name the Curve, or clear Margin", "field": "margin"},
            )  # fmt: skip
        return self


class Package(Row):
    """A work package: a cost to be paid."""

    SHEET = "Packages"
    KEY = "package"
    REQUIRED = True
    ABOUT = "Every cost to be paid."

    package: Annotated[Name, Column("Package", "name", "Name of the cost.", example="Main works")]
    amount: Annotated[
        Amount | None,
        Column("Amount", "amount", "In money of Price date; optional with a row on sheet Costs.", example=400),
    ] = None
    location: Annotated[str, Column("Location", "text", "For selectors.")] = ""
    group: Annotated[str, Column("Group", "text", "For selectors.")] = ""
    start: Annotated[Date, Column("Start", "date", "First day of the cost's window.", example="2027-01-01")]
    finish: Annotated[Date, Column("Finish", "date", "Last day of the cost's window.", example="2030-12-31")]
    profile: Annotated[
        Profile,
        Column("Profile", "profile", "Spread over the window: uniform, s-curve, front, back or beta(a,b).", "uniform",
               choices=("uniform", "s-curve", "front", "back")),
    ] = (1.0, 1.0)  # fmt: skip
    contingency: Annotated[Uplift, Column("Contingency", "share", "% added to Amount.", "0")] = 0.0
    escalation: Annotated[Rate | None, Column("Escalation", "rate", "Own yearly escalation.", "the project's")] = None
    timing: Annotated[
        Timing,
        Column("Timing", "choice", "fixed; shift (the profile moves whole) and spread (spent freely) are "
               "not supported yet.", "fixed", choices=("fixed", "shift", "spread")),
    ] = "fixed"  # fmt: skip
    earliest_start: Annotated[
        Date | None, Column("Earliest start", "date", "For shift and spread. Not supported yet.", "Start")
    ] = None
    latest_finish: Annotated[
        Date | None, Column("Latest finish", "date", "For shift and spread. Not supported yet.", "Finish")
    ] = None
    most_per_year: Annotated[
        Amount | None,
        Column("Most per year", "amount", "For spread: most spent in a year. Not supported yet.", "no limit"),
    ] = None
    after: Annotated[
        Name | None,
        Column(
            "After",
            "names",
            "Predecessors, finish to start, separated by commas. Not supported yet.",
            refers="Packages",
        ),
    ] = None
    lag: Annotated[
        Years, Column("Lag", "years", "Years between predecessors and this package. Not supported yet.", "0")
    ] = 0.0


class Cost(Row):
    """A package's cost in nominal money, period by period."""

    SHEET = "Costs"
    KEY = "package"
    ABOUT = "Nominal cost by period; Amount, Profile, Contingency and Escalation then do not apply."

    package: Annotated[Name, Column("Package", "name", "The package.", refers="Packages")]
    values: Annotated[dict[str, Amount], Series("periods", "amount", "Nominal cost of that year or period.")] = {}


class Eligibility(Row):
    """Which source may pay a package, and how much of it."""

    SHEET = "Eligibility"
    KEY = "package"
    ABOUT = "One column a source: yes, no, blank (= no), or the most of the package that this source may pay."

    package: Annotated[
        Name,
        Column("Package", "selector", "A package, `location: US`, Financing costs, or Refinancing.", refers="Packages"),
    ]
    values: Annotated[dict[str, Eligible], Series("sources", "value", "yes, no, or a share.")] = {}


class Gate(Row):
    """A legal or political condition."""

    SHEET = "Gates"
    KEY = "gate"
    ABOUT = "A closed gate shuts its sources; an open one opens them on its date."

    gate: Annotated[Name, Column("Gate", "name", "Name of the condition.", example="Construction permit")]
    open: Annotated[YesNo, Column("Open", "yes/no", "Whether it is met.", choices=("yes", "no"), example="yes")]
    from_: Annotated[Date | None, Column("From", "date", "Day on which it opens.", "Start date")] = None


class Rule(Row):
    """One general linear rule."""

    SHEET = "Rules"
    KEY = "rule"
    ABOUT = "A limit on money from some sources spent on some uses, as an amount or as a share of other draws."

    rule: Annotated[Name, Column("Rule", "name", "Name of the rule.", example="Matched equity")]
    money_from: Annotated[Name, Column("Money from", "selector", "Which sources.", "all", example="all")] = "all"
    spent_on: Annotated[Name, Column("Spent on", "selector", "Which uses.", "all", example="all")] = "all"
    sense: Annotated[Sense, Column("Sense", "sense", "<=, >= or =", choices=("<=", ">=", "="), example="<=")]
    value: Annotated[float, BeforeValidator(_fraction), Column("Value", "value", "Amount or share.", example=0.6)]
    measure: Annotated[
        Annotated[Literal["amount", "share"], _choice("amount", "share")],
        Column("Measure", "choice", "Whether Value is an amount or a share.", choices=("amount", "share"),
               example="share"),
    ]  # fmt: skip
    of_money_from: Annotated[
        Name, Column("Of money from", "selector", "A share compares with money from these sources.", "all")
    ] = "all"
    of_spent_on: Annotated[
        Name, Column("Of spent on", "selector", "A share compares with money spent on these uses.", "all")
    ] = "all"
    when: Annotated[
        Annotated[Literal["total", "year", "period", "cumulative"], _choice("total", "year", "period", "cumulative")],
        Column("When", "choice", "Over all time, each year, each period, or up to each period.", "total",
               choices=("total", "year", "period", "cumulative")),
    ] = "total"  # fmt: skip
    from_: Annotated[Date | None, Column("From", "date", "First day.", "Start date")] = None
    to: Annotated[Date | None, Column("To", "date", "Last day.", "End date")] = None

    @model_validator(mode="after")
    def _share_is_a_share(self) -> Self:
        if self.measure == "share" and not 0 <= self.value <= 10:  # money may be some times what it is matched with
            hint = f"did you mean {self.value:g}%?" if self.value > 10 else ""
            raise PydanticCustomError(
                "cell", "{expected}",
                {"expected": "a share such as 0.5 or 50%, or a multiple up to 10", "hint": hint, "field": "value"},
            )  # fmt: skip
        return self


class Revenue(Row):
    """A line of revenue or operating cost."""

    SHEET = "Revenue"
    KEY = "line"
    ABOUT = "Enters the project account in any period. CFADS is revenue less cost."

    line: Annotated[Name, Column("Line", "name", "Name of the line.", example="Tolls")]
    kind: Annotated[
        Annotated[Literal["revenue", "cost"], _choice("revenue", "cost")],
        Column("Kind", "choice", "revenue or cost.", choices=("revenue", "cost"), example="revenue"),
    ]
    values: Annotated[dict[str, Number], Series("periods", "number", "Money of that year or period.")] = {}


class Covenant(Row):
    """A lenders' condition."""

    SHEET = "Covenants"
    KEY = "covenant"
    UNIQUE = False
    ABOUT = "Lenders' conditions on debt that the project repays."

    name: Annotated[
        Name | None, Column("Name", "name", "Name of the condition, each once.", "the covenant and its place")
    ] = None
    covenant: Annotated[
        CovenantKind,
        Column("Covenant", "choice", "Which condition.",
               choices=("DSCR", "LLCR", "gearing", "reserve months", "average life", "debt"), example="DSCR"),
    ]  # fmt: skip
    limit: Annotated[
        float, BeforeValidator(_fraction),
        Column("Limit", "value", "Ratio, share, months, years or amount, by the covenant.", example=1.3),
    ]  # fmt: skip
    applies_to: Annotated[Name, Column("Applies to", "selector", "Which debt.", "all debt that the project repays")] = (
        "all"
    )
    from_: Annotated[Date | None, Column("From", "date", "First day.", "Start date")] = None
    to: Annotated[Date | None, Column("To", "date", "Last day.", "End date")] = None

    @model_validator(mode="after")
    def _limit_fits(self) -> Self:
        top = 1.0 if self.covenant == "gearing" else math.inf
        if not 0 <= self.limit <= top:
            what = "a share between 0 and 1" if self.covenant == "gearing" else "a number of zero or more"
            hint = f"did you mean {self.limit:g}%?" if self.limit > top else ""
            raise PydanticCustomError("cell", "{expected}", {"expected": what, "hint": hint, "field": "limit"})
        return self


class Curve(Row):
    """A base rate over time."""

    SHEET = "Curves"
    KEY = "curve"
    ABOUT = "Base rates p.a. by year; the last one stated goes on."

    curve: Annotated[Name, Column("Curve", "name", "Name of the base rate.", example="Base rate")]
    values: Annotated[dict[str, Rate], Series("periods", "rate", "Rate p.a. in that year or period.")] = {}


class Exchange(Row):
    """An exchange rate over time."""

    SHEET = "FX"
    KEY = "currency"
    ABOUT = "Case money per unit of the currency, by year; the last one stated goes on."

    currency: Annotated[Name, Column("Currency", "name", "The other currency.", example="EUR")]
    values: Annotated[dict[str, Positive], Series("periods", "number", "Case money per unit.")] = {}


class RepaymentTable(Row):
    """A repayment table."""

    SHEET = "Repayments"
    KEY = "source"
    ABOUT = "Shares of the principal repaid in each period; they sum to 1."

    source: Annotated[Name, Column("Source", "name", "A source with Repayment `table`.", refers="Sources")]
    values: Annotated[dict[str, Share], Series("periods", "share", "Share repaid in that year or period.")] = {}


class Actual(Row):
    """Money already drawn."""

    SHEET = "Actuals"
    KEY = "source"
    UNIQUE = False
    ABOUT = "Money already drawn; those draws are fixed and earlier periods closed. Not supported yet."

    source: Annotated[Name, Column("Source", "name", "Whose money.", refers="Sources")]
    package: Annotated[Name, Column("Package", "name", "What it paid.", refers="Packages")]
    date: Annotated[Date, Column("Date", "date", "When.", example="2027-06-30")]
    amount: Annotated[Amount, Column("Amount", "amount", "How much.", example=25)]


class Objective(Row):
    """One aim; aims are reached one after the other."""

    SHEET = "Objectives"
    KEY = "priority"
    ABOUT = "Solved in order of Priority; without this sheet the financing cost is minimised."

    priority: Annotated[Number, Column("Priority", "number", "Order of the aims.", example=1)]
    aim: Annotated[
        Annotated[Literal["minimise", "maximise"], _choice("minimise", "maximise")],
        Column("Aim", "choice", "minimise or maximise.", choices=("minimise", "maximise"), example="minimise"),
    ]
    measure: Annotated[
        MeasureName,
        Column(
            "Measure",
            "choice",
            "What is measured; finish and change are not supported yet.",
            choices=MEASURES,
            example="financing cost",
        ),
    ]
    of: Annotated[Name, Column("Of", "selector", "Whose money or debt.", "all")] = "all"
    tolerance: Annotated[
        Share,
        Column("Tolerance", "share", "Share of this aim's best value by which later aims may worsen it.", "0"),
    ] = 0.0

    @property
    def key(self) -> str:
        """The priority as written, without a trailing .0."""
        return f"{self.priority:g}"


class Scenario(Row):
    """One change of a scenario."""

    SHEET = "Scenarios"
    KEY = "scenario"
    UNIQUE = False
    ABOUT = "Rows with one name form one scenario: a list of changes to the case."

    scenario: Annotated[Name, Column("Scenario", "name", "Name of the scenario.", example="Overrun 34%")]
    sheet: Annotated[Name, Column("Sheet", "text", "Where to change.", example="Packages")]
    row: Annotated[Name, Column("Row", "text", "Key of the row, or *.", example="*")]
    column: Annotated[Name, Column("Column", "text", "Column or period to change.", example="Amount")]
    change: Annotated[
        Annotated[Literal["set", "add", "scale"], _choice("set", "add", "scale")],
        Column("Change", "choice", "set, add or scale; on a date, add counts years.", choices=("set", "add", "scale"),
               example="scale"),
    ]  # fmt: skip
    value: Annotated[Any, Column("Value", "value", "New value, summand or factor.", example=1.34)]
    base: Annotated[Name | None, Column("Base", "text", "Another scenario to start from.")] = None


class Driver(Row):
    """One uncertain input."""

    SHEET = "Uncertainty"
    KEY = "driver"
    ABOUT = (
        "What is uncertain, with its distribution and its numbers. uniform: A low, B high; triangular and pert: "
        "A low, B mode, C high; normal: A mean, B deviation; lognormal: A median, B deviation of the logarithm; "
        "discrete: A, B and C are values, equally likely or each with its weight, as in `no @ 0.2`."
    )

    driver: Annotated[Name, Column("Driver", "name", "Name of the driver.", example="Cost overrun")]
    sheet: Annotated[Name, Column("Sheet", "text", "Where it acts.", example="Packages")]
    row: Annotated[Name, Column("Row", "text", "Key of the row, or *.", example="*")]
    column: Annotated[Name, Column("Column", "text", "Column or period.", example="Amount")]
    change: Annotated[
        Annotated[Literal["set", "add", "scale"], _choice("set", "add", "scale")],
        Column("Change", "choice", "set, add or scale.", choices=("set", "add", "scale"), example="scale"),
    ]
    distribution: Annotated[
        Annotated[
            Literal["uniform", "triangular", "pert", "normal", "lognormal", "discrete"],
            _choice("uniform", "triangular", "pert", "normal", "lognormal", "discrete"),
        ],
        Column("Distribution", "choice", "Its distribution.",
               choices=("uniform", "triangular", "pert", "normal", "lognormal", "discrete"), example="lognormal"),
    ]  # fmt: skip
    a: Annotated[Any, Column("A", "value", "Low, mean, median, or first value, by the distribution.", example=1.19)]
    b: Annotated[Any, Column("B", "value", "High, mode, deviation, sigma, or second value.", example=0.32)] = None
    c: Annotated[Any, Column("C", "value", "High, or third value.")] = None


class Correlation(Row):
    """Correlation of one driver with the others."""

    SHEET = "Correlation"
    KEY = "driver"
    ABOUT = "Rank correlation, driver by driver."

    driver: Annotated[Name, Column("Driver", "name", "The driver.", refers="Uncertainty")]
    values: Annotated[dict[str, Number], Series("drivers", "number", "Correlation with that driver.")] = {}


SHEETS: Mapping[str, type[Row]] = {
    row.SHEET: row
    for row in (
        Project, Party, Budget, Source, Package, Cost, Eligibility, Gate, Rule, Revenue, Covenant, Curve, Exchange,
        RepaymentTable, Actual, Objective, Scenario, Driver, Correlation,
    )
}  # fmt: skip
"""Sheet name to row model, in the order in which a workbook shows them."""
