"""Every tolerance, named by what it means, with its reason. No other module states one.

A tolerance of money is relative to a size that its line names; double precision carries 1e-16, a solver that is asked
for FEASIBLE leaves about 1e-9, and a figure that is shown has six digits or fewer. What lies between two of these
levels is rounding of the lower one, and a decision at the upper one.
"""

# ---------------------------------------------------------------------------------------------------------------- time

OFF_A_MONTH = 0.1
"""Months by which a stated number of years may miss whole months: 2.33 years are 28 months, 2.4 are asked about."""
WHOLE_MONTHS = 1e-9
"""Months: a count of months that is divided and added up again is whole to about 1e-13."""
PART_OF_PERIOD = 1e-9
"""Share of a period: less of it is none, more than 1 less this is all. It is far below a day of a year, 3e-3."""
LEAST_SPENT = 1e-9
"""Seconds, where a speed is worked out: no division by a clock that has not moved."""
LEAST_LEFT = 1e-3
"""Seconds that a solver is given at the very end of its time: 0 would mean no limit."""

# ------------------------------------------------------------------------------------------------------------- reading

SUM_OF_SHARES = 1e-6
"""Shares written with six decimals, such as a third thrice, sum to 1 within this."""
SAME_AMOUNT = 1e-6
"""Two statements of one amount agree within this share of it: spreadsheets show fewer digits than they hold."""
STATED = 1e-9
"""Share by which a stated number may exceed its stated limit: sums of decimals are off by rounding, not by a slip."""
STATED_RATE = 1e-12
"""Rates read from two cells: the same decimals give the same number but for a margin that is added."""
SAME_CELL = 1e-12
"""Share by which a number may change when Excel or LibreOffice saves it again, with 15 digits, and be the same."""
NEAR_NOTHING = 1e-15
"""The same for numbers around 0, where a share means nothing."""
DEFINITE = 1e-10
"""Least eigenvalue of a correlation matrix, whose diagonal is 1: below it, its factors are rounding."""

# --------------------------------------------------------------------------------------- money, relative to a size

FLOW = 1e-9
"""Share of the largest flow below which a flow is the solver's rounding, and counts in no rate of return."""
DUST = 1e-9
"""Share of the largest draw (or of all money, or of a line) below which an amount is the solver's rounding."""
LEAST_SIZE = 1e-6
"""The least that a size counts as, in case money: with no cost at all, nothing is measured against zero."""
LEAST_AIM = 1e-12
"""The same for the size of an aim, which may be a share or a count of months."""
LEAST_COST = 1e-9
"""The same for a cost, an amount of money or a limit that something is divided by."""
NO_RATIO = 1e-6
"""Share of all costs below which debt and debt service have no ratio: rounding alone would move it."""
NO_DEBT = 1e-6
"""Debt, in case money, below which there is no gearing."""
KEPT = 1e-5
"""Share of its limit by which a ratio may miss it: a quotient of rounded flows carries the rounding of both."""
CHECKED = 1e-6
"""Share of total uses by which a check may be off: a cent in ten thousand, a thousand times above rounding."""
AUDITED = 1e-6
"""Share of what a figure is compared with by which the auditor lets it be off."""
AUDIT_ROUNDING = 1e-8
"""Share of all packages' cost that the auditor takes for the solver's rounding, whatever the figure's own size."""
LEAST_AUDITED = 1e-3
"""Share of all packages' cost that a financing cost near zero is measured against."""
PARTY_MOVED = 1e-7
"""Share of all money below which a party's change between two plans is rounding: two solves' worth."""
DEAL_MOVED = 0.01
"""Share of all money below which two plans are the same deal: nobody would negotiate about less."""
SWITCHED = 0.02
"""Share of all money that a source must gain or lose to count as a switch; smaller moves add up."""
DISPLACED = 1e-6
"""Share of all money that a source must lose to be named as displaced."""
SAME_PEAK = 1e-6
"""Peaks within this share of the largest are equal to it: the first one is named."""

# --------------------------------------------------------------------------------------- solver and certificate

FEASIBLE = 1e-9
"""What HiGHS is asked for: rows and reduced costs, below its default, as schedules are compared to cents."""
STILL_FEASIBLE = 1e-8
"""Violation, relative, up to which the plan reached last is one of the next program: rounding adds up over rows."""
CERTIFIED = 1e-6
"""Largest violation, relative to the size of its own terms, and largest duality gap of a plan that exists."""
FARKAS = 1e-9
"""A Farkas certificate shows more than this, relative to its own terms: what it shows is no rounding."""
IDLE_COLUMN = 1e-3
"""Scale of a reduced cost, relative to the steepest cost, in a column without a cost and without a priced row."""
SEARCHED = 1.01e-4
"""Gap at which a search among whole numbers ends: HiGHS' mip_rel_gap, 1e-4, and its rounding."""
HELD = 1e-8
"""Room, relative to its terms, of a row that holds an aim: at 0 rounding alone would leave no plan, at CERTIFIED the
next aim would buy something with it."""
TOUCHES = 1e-6
"""A value this close to its limit, relative to the terms that make it up, stands on it: CBC writes eight digits."""
BINDS = 1e-7
"""The same relative to the limit itself, for HiGHS, whose rows hold to FEASIBLE."""
AS_TEXT = 1e-6
"""What comes back through a text file keeps eight digits or fewer: rounding of prices and of values on a bound."""
EMPTY_ROW = 1e-9
"""A row without variables says 0 <= limit: it holds where the limit is off by no more than the rounding of its sum."""
BY_ARITHMETIC = 1e-6
"""What arithmetic must show, in case money or as a share, before it rules out a plan and no solver is asked."""
ONE_OPTIMUM = 1e-9
"""How near to the best, relative to the aim's terms, a plan must be to be one of the best."""
CANCELS = 1e-13
"""What is left of a coefficient that cancels, relative to its parts: a thousand times double precision."""
STRAIGHT = 1e-11
"""Two numbers this close, relative to their size, are one: what rounding leaves of a straight line."""

# -------------------------------------------------------------------------------------------------- feasibility

NO_GAP = 1e-7
"""Unfunded cost up to this, in units of the program, is rounding."""
GAP_PROVEN = 1e-8
"""Rounding, relative to the unfunded cost, of the prices that prove it least."""
NONE_MISSED = 1e-10
"""What an elastic program misses, relative to all that is to be paid, that counts as met: its optimum is 0 exactly."""
NONE_IN_CONFLICT = 1e-7
"""The same inside the search for a conflict, which drops rows: an answer within FEASIBLE of each of a hundred rows."""
INFEASIBLE_FOR_SURE = 1e-6
"""How much an old certificate must show of a new case, relative to all that is to be paid: far above its rounding."""
NO_PRICE = 1e-9
"""A dual value that is rounding: duals hold to FEASIBLE."""
IN_CONFLICT = 1e-7
"""A dual value that puts its row into a conflict: a hundred times above NO_PRICE, since each row costs a solve."""
IN_RAY = 1e-6
"""Share of the largest flow of a ray below which a flow has no part in it."""
GIVEN = 1e-7
"""Share of a term, or amount below 1, that a repair must change for it to be named."""

# ------------------------------------------------------------------------------------------------------- studies

SLOPE = 1e-6
"""Two slopes that differ by less than this share of their size are one."""
STEP_SLOPE = 1e-5
"""The same where a slope is a difference of two solves over a step."""
SLOPE_ROUNDING = 1e-9
"""Rounding of the value of an aim, relative to its terms, over which a slope is a difference."""
PRICED = 1e-6
"""A limit, or a price relative to the largest cost of the aim's terms, that is none; and room too small for a step."""
SAME_AIM = 1e-6
"""Share of its terms by which the aim of a plan and of its live model may differ: both are certified to this."""
AIM_MOVED = 1e-7
"""A change of the aim, relative to its size, that is none."""
UNUSED = 1e-9
"""Share of all money up to which a source is not used."""
AT_LIMIT = 1e-7
"""Share of a ratio within which its headroom is shown as none."""
LEAST_NOTCH = 1e-6
"""The least step of a limit that is zero."""
FRONTIER_ROOM = 1e-8
"""Room, relative to its size, that a limit leaves at the very end of the frontier."""
CORNER = 1e-6
"""How closely, relative to its size, a plan must lie on two tangents to be the corner between them."""
FRONTIER_AREA = 1e-9
"""Corners are sought until the area in which the frontier can still lie, over that of the chart, is below this."""
GEARING_STEP = 2e-4
"""How closely the least gearing is found: it is shown as a per cent with one decimal."""
CHANCE = 1e-3
"""Weight of chance in a direction, so that it has one best split of the money."""
BASIS_POINT = 1e-4
"""Rates, fees, switching points and shocks are found to one hundredth of a per cent."""
SHARE_STEP = 0.001
"""Shares of a relaxation are found to one tenth of a per cent."""
CENT = 0.01
"""Gifts of a repair are rounded up to cents of the case's money."""
PART_OF_GRAIN = 1e-4
"""Share of a cent by which a gift may exceed a round amount and not cost a cent more."""
WHOLE_STEPS = 1e-9
"""A quotient of two decimals that means a whole number of steps is off by this at most."""
SEARCH_ENDS = 1e-6
"""The same for a search by halves whose ends are sums of steps."""

# ------------------------------------------------------------------------------------------------------- showing

SHOWN_AS_ZERO = 1e-12
"""Share of total uses below which a figure of a report is rounding, shown as zero."""
QUIET_MONEY = 1e-9
"""Share of total uses below which money is not shown: a thousand times below what checks let pass."""
QUIET_FIGURE = 1e-9
"""The same for a ratio, a share or a number of years."""
NO_REASON = 1e-6
"""A price, a difference of rates or the room of a limit, relative, too small to be a reason."""
SAME_CHANGE = 1e-9
"""Share of all money below which a change between two reports is rounding."""
ALL_THE_SAME = 1e-9
"""Values of a figure in many scenarios that spread over less than this share are one: they have no histogram."""
LEAST_SPREAD = 1e-3
"""Share of its median that a figure spreads at least, where the tail of a histogram is cut."""
ROUND_NUMBER = 1e-12
"""Share by which 10 ** n is off: 0.001 is not above 10 ** -3."""
