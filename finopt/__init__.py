"""finopt decides who pays for what, when, with which money."""

from typing import TYPE_CHECKING

from finopt.case import Case, Change
from finopt.errors import CaseError, FinoptError, Infeasible, NoPlan, NotProven, ReportError, Unbounded
from finopt.later import later
from finopt.model.build import Model, build
from finopt.plan import Plan
from finopt.read.workbook import read_case
from finopt.report.workbook import write_report
from finopt.solve.run import solve

if TYPE_CHECKING:
    from finopt.auditor.audit import Audit, audit
    from finopt.basis import Basis
    from finopt.read.basis import read_basis
    from finopt.report.diff import Difference, diff
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
    "Audit",
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
    "audit",
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

__getattr__, __dir__ = later(
    __name__,
    __all__,
    {
        "Audit": "finopt.auditor.audit",
        "Basis": "finopt.basis",
        "Cloud": "finopt.study.simulate",
        "Comparison": "finopt.study.what_if",
        "Deals": "finopt.study.deals",
        "Difference": "finopt.report.diff",
        "Explanation": "finopt.study.explain",
        "Frontier": "finopt.study.frontier",
        "Ranking": "finopt.study.compare",
        "Stress": "finopt.study.stress",
        "Sweep": "finopt.study.sweep",
        "Tornado": "finopt.study.tornado",
        "Vary": "finopt.study.sweep",
        "audit": "finopt.auditor.audit",
        "compare": "finopt.study.compare",
        "deals": "finopt.study.deals",
        "diff": "finopt.report.diff",
        "explain": "finopt.study.explain",
        "frontier": "finopt.study.frontier",
        "read_basis": "finopt.read.basis",
        "simulate": "finopt.study.simulate",
        "stress": "finopt.study.stress",
        "sweep": "finopt.study.sweep",
        "tornado": "finopt.study.tornado",
        "what_if": "finopt.study.what_if",
    },
)
"""Studies load when they are first asked for: a plan needs none of them, and they take as long as the plan."""
