"""finopt decides who pays for what, when, with which money."""

from finopt.case import Case
from finopt.errors import CaseError, FinoptError, Infeasible, NoPlan, NotProven, ReportError, Unbounded
from finopt.model.build import Model, build
from finopt.plan import Plan
from finopt.read.workbook import read_case
from finopt.report.diff import Difference, diff
from finopt.report.workbook import write_report
from finopt.solve.run import solve
from finopt.study.explain import Explanation, explain

__all__ = [
    "Case",
    "CaseError",
    "Difference",
    "Explanation",
    "FinoptError",
    "Infeasible",
    "Model",
    "NoPlan",
    "NotProven",
    "Plan",
    "ReportError",
    "Unbounded",
    "build",
    "diff",
    "explain",
    "read_case",
    "solve",
    "write_report",
]
