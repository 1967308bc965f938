"""The public names of finopt and where they stand: each is loaded when it is first asked for."""

from .auditor.audit import Audit, audit
from .basis import Basis
from .case import Case, Change
from .errors import CaseError, FinoptError, Infeasible, NoPlan, NotProven, ReportError, Unbounded
from .model.build import Model, build
from .plan import Plan
from .read.basis import read_basis
from .read.workbook import read_case
from .report.diff import Difference, diff
from .report.workbook import write_report
from .solve.run import solve
from .study.compare import Ranking, compare
from .study.deals import Deals, deals
from .study.explain import Explanation, explain
from .study.frontier import Frontier, frontier
from .study.simulate import Cloud, simulate
from .study.stress import Stress, stress
from .study.sweep import Sweep, Vary, sweep
from .study.tornado import Tornado, tornado
from .study.what_if import Comparison, what_if

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
