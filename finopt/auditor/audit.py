"""`finopt audit`: whether a report's plan keeps every limit, and costs what the report says."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from finopt.auditor.ledger import rolled
from finopt.auditor.limits import Checks
from finopt.auditor.sheets import read
from finopt.auditor.terms import Terms

COLUMNS = ["check", "figures", "difference", "met", "place"]


@dataclass(frozen=True)
class Audit:
    """The outcome of an audit.

    ``checks`` has one row a check: check (its name), figures (how many were compared), difference (the worst, in case
    money), met, and place (where the worst stands; "" where the check is met). ``cost`` is the financing cost as worked
    out from the flows; ``stated`` what the report shows of it, by place.
    """

    path: Path
    money: str
    checks: pd.DataFrame
    cost: float
    stated: dict[str, float]

    @property
    def met(self) -> bool:
        """Whether every check is met."""
        return bool(self.checks["met"].all())

    @property
    def failures(self) -> pd.DataFrame:
        """The checks that are not met."""
        return self.checks[~self.checks["met"]]

    def __str__(self) -> str:
        width = max(len(str(name)) for name in self.checks["check"])
        lines = [f"{self.path}: {self.money}", f"{'check':<{width}}  figures   difference  met"]
        for row in self.checks.itertuples(index=False):
            word = "yes" if row.met else f"NO   {row.place}"
            lines.append(f"{row.check:<{width}}  {row.figures:>7}  {row.difference:>11.3g}  {word}")
        shown = ", ".join(dict.fromkeys(f"{value:,.4f}" for value in self.stated.values()))
        lines.append(f"financing cost: {self.cost:,.4f} worked out, {shown or 'none'} shown")
        count, failed = len(self.checks), len(self.failures)
        lines.append(f"{count} checks, all met" if not failed else f"{failed} of {count} checks are not met")
        return "\n".join(lines)


def audit(path: str | Path) -> Audit:
    """Check a report from its sheets Inputs and Data, with nothing of the code that made the plan.

    Raises CaseError where the file is no workbook, and ReportError where it is no report of a plan.
    """
    report = read(path)
    terms = Terms(report)
    books = rolled(terms, report.data)
    checks = pd.DataFrame(list(Checks(report, terms, books).all()), columns=COLUMNS)
    stated = {place: value for place, value in report.costs.items() if value is not None}
    money = f"{terms.project['Currency']} {terms.project.get('Unit', '')}".strip()
    return Audit(Path(path), money, checks, books.financing_cost, stated)
