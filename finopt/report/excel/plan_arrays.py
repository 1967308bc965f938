"""The plan's tables as arrays by source and period: the values stored beside the report's formulas."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

import numpy as np
import pandas as pd

from finopt.case.arrays import Data
from finopt.case.names import PROJECT_ACCOUNT
from finopt.errors import ReportError
from finopt.finance import Array
from finopt.plan import Plan
from finopt.tolerances import ALL_THE_SAME, LEAST_COST, SHOWN_AS_ZERO


class Figures:
    """The plan's own numbers. Shapes: (S, T) by source and period, in the source's own currency unless said.

    Raises ReportError where a table holds a figure that is not a number.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.case = plan.case
        self.data = Data(plan.case)
        self.sources = [s.source for s in plan.case.sources]
        self.labels = list(plan.case.calendar.labels)
        self.shape = (len(self.sources), len(self.labels))
        tables = (
            plan.draws, plan.debt, plan.fees, plan.accounts, plan.proceeds, plan.cash, plan.commitments,
        )  # fmt: skip
        for table in tables:
            _require_numbers(table)
        _require_numbers(pd.Series([*plan.measures.values(), *plan.peak_year.values()], dtype=float))

    def table(self, frame: pd.DataFrame, column: str) -> Array:
        """One column of a (source, period) table; (S, T), zero where the table has no row."""
        filled = np.zeros(self.shape)
        if len(frame) and column in frame:
            row = {name: i for i, name in enumerate(self.sources)}
            place = {label: t for t, label in enumerate(self.labels)}
            at = (frame["source"].map(row).to_numpy(int), frame["period"].map(place).to_numpy(int))
            np.add.at(filled, at, frame[column].to_numpy(float))
        return self.clean(filled)

    def clean(self, values: Array) -> Array:
        """The values, with the solver's rounding around zero removed."""
        return np.where(np.abs(values) <= SHOWN_AS_ZERO * max(self.total_cost, LEAST_COST), 0.0, values)

    @cached_property
    def total_cost(self) -> float:
        """Nominal cost of all packages, in case money."""
        return float(self.data.cost.sum())

    @cached_property
    def draws(self) -> dict[tuple[int, int], Array]:
        """Money drawn, case money, by source (the Project account is last) and use; (T,) each, only what is drawn."""
        row = {name: i for i, name in enumerate([*self.sources, PROJECT_ACCOUNT])}
        use = {name: i for i, name in enumerate(self.data.uses)}
        place = {label: t for t, label in enumerate(self.labels)}
        found: dict[tuple[int, int], Array] = {}
        table = self.plan.draws
        for s, u, t, amount in zip(table["source"], table["package"], table["period"], table["amount"], strict=True):
            line = found.setdefault((row[s], use[u]), np.zeros(len(self.labels)))
            line[place[t]] += float(amount)
        kept = {key: self.clean(found[key]) for key in sorted(found)}
        return {key: values for key, values in kept.items() if values.any()}

    def drawn(self, sources: Iterable[int], uses: Iterable[int]) -> Array:
        """Money drawn from sources for uses, in case money; (T,)."""
        chosen, wanted = set(sources), set(uses)
        lines = [values for (s, u), values in self.draws.items() if s in chosen and u in wanted]
        return np.sum(lines, axis=0) if lines else np.zeros(len(self.labels))

    @cached_property
    def put_in(self) -> Array:
        """What each source puts in: draws in its own currency, or a bond's issue; (S, T)."""
        everything = range(len(self.data.uses))
        drawn = np.array([self.drawn([s], everything) for s in range(len(self.sources))]).reshape(self.shape)
        issued = self.table(self.plan.debt, "drawn")
        return np.where(self.data.ahead.reshape(-1, 1), issued, drawn / self.data.fx)

    @cached_property
    def commitment(self) -> Array:
        """Commitment of each source, own currency; (S,)."""
        made = dict(zip(self.plan.commitments["source"], self.plan.commitments["commitment"], strict=True))
        return self.clean(np.array([float(made.get(name, 0.0)) for name in self.sources]))

    @cached_property
    def interest(self) -> Array:
        """Interest accrued; (S, T)."""
        return self.table(self.plan.debt, "interest")

    @cached_property
    def interest_paid(self) -> Array:
        """Interest paid, not added to the balance; (S, T)."""
        return self.table(self.plan.debt, "interest_paid")

    @cached_property
    def capitalised(self) -> Array:
        """Interest added to the balance; (S, T)."""
        return self.table(self.plan.debt, "capitalised")

    @cached_property
    def principal(self) -> Array:
        """Principal repaid; (S, T)."""
        return self.table(self.plan.debt, "principal")

    @cached_property
    def balance(self) -> Array:
        """Debt outstanding at the end of each period; (S, T)."""
        return self.table(self.plan.debt, "closing")

    @cached_property
    def fees(self) -> Array:
        """All fees; (S, T)."""
        return self.table(self.plan.fees, "total")

    @cached_property
    def service(self) -> Array:
        """Interest paid, fees and principal; (S, T)."""
        return self.interest_paid + self.fees + self.principal

    @cached_property
    def payout(self) -> Array:
        """Money paid out to equity; (S, T)."""
        return self.table(self.plan.accounts, "payout")

    @cached_property
    def account(self) -> Array:
        """Accounts of equity and grants at the end of each period; (S, T)."""
        return self.table(self.plan.accounts, "closing")

    def cash(self, column: str) -> Array:
        """One column of the project account; (T,)."""
        if column not in self.plan.cash:
            return np.zeros(len(self.labels))
        by_period = self.plan.cash.set_index("period")[column].reindex(self.labels)
        return self.clean(by_period.to_numpy(float))


def shifted(values: Array, first: float = 0.0) -> Array:
    """The values of the period before; ``first`` before the first."""
    return np.concatenate([[first], values[:-1]])


def _require_numbers(table: pd.DataFrame | pd.Series) -> None:
    numbers = table.select_dtypes("number") if isinstance(table, pd.DataFrame) else table
    if not np.isfinite(numbers.to_numpy(dtype=float)).all():
        raise ReportError(
            "the plan holds a figure that is not a number, so no report was written: please report this as a fault"
        )


def first_peak(values: Array) -> int:
    """Index of the largest value: the first where several are equal but for rounding."""
    return int(np.argmax(values >= values.max() - ALL_THE_SAME * abs(values.max())))
