"""A case whose every study can be worked out on paper.

Two packages, 60 and 40, are paid at the end of 2030 and cost nothing else. Three lenders offer North 70 at 5%, South 50
at 8%, East 30 at 12%; the State pays each loan back a year later with one year's interest, and nothing is discounted.
So the financing cost of a split a, b, c of the 100 is 0.05 a + 0.08 b + 0.12 c; the best one is 70, 30, 0 at 5.9.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from finopt.case.case import Case
from tests.random_cases import make_case

LOAN = {"instrument": "loan", "grace": 1, "tenor": 2, "repayment": "bullet", "repaid_by": "State"}
BEST = 5.9


def lenders(**sheets: Any) -> Case:
    """The case of three lenders, with more sheets."""
    window = {"start": dt.date(2030, 1, 1), "finish": dt.date(2030, 12, 31)}
    project = {"construction_end": dt.date(2030, 12, 31), "end_date": dt.date(2031, 12, 31), "discount_rate": 0}
    offers = (("North", 70, 0.05), ("South", 50, 0.08), ("East", 30, 0.12))
    return make_case(
        project,
        Parties=[{"party": name} for name in ("North", "South", "East", "State")],
        Sources=[{"source": f"{n} loan", "party": n, "limit": most, "rate": rate, **LOAN} for n, most, rate in offers],
        Packages=[{"package": "Bridge", "amount": 60, **window}, {"package": "Road", "amount": 40, **window}],
        **sheets,
    )


def change(sheet: str, row: str, column: str, how: str, value: Any, **more: Any) -> dict[str, Any]:
    """What a row of Scenarios or Uncertainty says of the cells it changes."""
    return {"sheet": sheet, "row": row, "column": column, "change": how, "value": value, **more}
