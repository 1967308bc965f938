"""Cases of any size, made in memory: monthly construction, grants, equity and loans that their parties repay."""

from __future__ import annotations

import datetime as dt

import numpy as np

from finopt.case.calendar import add_months
from finopt.case.case import Case
from finopt.case.sheets import Budget, Package, Party, Project, Source

START = dt.date(2027, 1, 1)
YEARS = 8
PARTIES = ("North", "South", "East", "West")


def monthly_case(sources: int, packages: int, seed: int = 1, *, running_sums: bool = True) -> Case:
    """A case of 96 months and 20 operating years that has a plan: offers are 1.6 times the costs.

    A draw is possible for every source in every month in which a package costs money; 72 of 96 on average, so
    there are about 72 · sources · packages draws. Without ``running_sums`` no budget carries over and no commitment
    fee is due: both add up draws from the first month on, and dense rows cost a solver time but no modeller memory.
    """
    chance = np.random.default_rng(seed)
    works = [_package(w, chance) for w in range(packages)]
    total = sum(work.amount or 0.0 for work in works)
    fee = 0.005 if running_sums else 0.0
    offers = [_source(s, 1.6 * total / sources, fee, chance) for s in range(sources)]
    project = Project.model_validate(
        {
            "name": f"{sources} sources, {packages} packages",
            "currency": "USD",
            "unit": "m",
            "start_date": START,
            "construction_end": dt.date(START.year + YEARS - 1, 12, 31),
            "end_date": dt.date(START.year + YEARS + 19, 12, 31),
            "period": "month",
            "operating_period": "year",
            "discount_rate": 0.07,
        }
    )
    return Case(
        {
            "Project": (project,),
            "Parties": tuple(Party(party=name) for name in PARTIES),
            "Budgets": tuple(_budget(name, total) for name in PARTIES) if running_sums else (),
            "Sources": tuple(offers),
            "Packages": tuple(works),
        }
    )


def _package(number: int, chance: np.random.Generator) -> Package:
    first, end = int(chance.integers(0, 25)), int(chance.integers(72, 97))
    return Package.model_validate(
        {
            "package": f"Package {number + 1}",
            "amount": float(np.round(chance.uniform(50, 400), 1)),
            "start": add_months(START, first),
            "finish": add_months(START, end) - dt.timedelta(days=1),
            "profile": ("uniform", "s-curve", "front", "back")[number % 4],
        }
    )


def _source(number: int, limit: float, fee: float, chance: np.random.Generator) -> Source:
    party = PARTIES[number % len(PARTIES)]
    terms = {
        "source": f"Source {number + 1}",
        "party": party,
        "limit": limit,
        "rate": float(np.round(chance.uniform(0.03, 0.12), 4)),
    }
    if number % 3 == 0:
        return Source.model_validate({**terms, "instrument": "equity"})
    if number % 7 == 1:
        return Source.model_validate({**terms, "instrument": "grant"})
    debt = {"instrument": "loan", "grace": YEARS, "tenor": YEARS + 15, "repaid_by": party, "commitment_fee": fee}
    return Source.model_validate({**terms, **debt})


def _budget(party: str, total: float) -> Budget:
    share = 1.5 * total / YEARS / len(PARTIES)
    return Budget(party=party, carry_over=True, values={str(START.year + y): 1.4 * share for y in range(YEARS)})
