"""finopt decides who pays for what, when, with which money."""

from finopt.basis import Basis
from finopt.case import Case, Change
from finopt.errors import CaseError, FinoptError, Infeasible, NoPlan, NotProven, ReportError, Unbounded
from finopt.model.build import Model, build
from finopt.plan import Plan
from finopt.read.basis import read_basis
from finopt.read.workbook import read_case
from finopt.report.diff import Difference, diff
from finopt.report.workbook import write_report
from finopt.solve.run import solve
from finopt.study.compare import Ranking, compare
from finopt.study.deals import Deals, deals
from finopt.study.explain import Explanation, explain
from finopt.study.frontier import Frontier, frontier
from finopt.study.simulate import Cloud, simulate
from finopt.study.stress import Stress, stress
from finopt.study.sweep import Sweep, Vary, sweep
from finopt.study.tornado import Tornado, tornado
from finopt.study.what_if import Comparison, what_if

__all__ = [
    "Basis",
    "Case",
    "CaseError",
    "Change",
    "Cloud",
    "Comparison",
    "Deals",
    "Difference",
    "Explanation",
    "FinoptError",
    "Frontier",
    "Infeasible",
    "Model",
    "NoPlan",
    "NotProven",
    "Plan",
    "Ranking",
    "ReportError",
    "Stress",
    "Sweep",
    "Tornado",
    "Unbounded",
    "Vary",
    "build",
    "compare",
    "deals",
    "diff",
    "explain",
    "frontier",
    "read_basis",
    "read_case",
    "simulate",
    "solve",
    "stress",
    "sweep",
    "tornado",
    "what_if",
    "write_report",
]
