"""The public names of finopt and where they stand: each is loaded when it is first asked for."""

from .auditor.audit import Audit, audit
from .case.case import Case
from .case.change import Change
from .case.comparison_terms import Basis
from .errors import CaseError, FinoptError, Infeasible, NoPlan, NotProven, ReportError, Unbounded
from .model.build import Model, build
from .plan import Plan
from .report.diff import Difference, diff
from .reporting import write_report
from .solve.lexicographic import solve
from .study.infeasible.explain import Explanation, explain
from .study.infeasible.stress import Stress, stress
from .study.scenarios.compare import Ranking, compare
from .study.scenarios.sweep import Sweep, Vary, sweep
from .study.scenarios.tornado import Tornado, tornado
from .study.scenarios.what_if import Comparison, what_if
from .study.simulation.simulate import Cloud, simulate
from .study.tradeoff.frontier import Frontier, frontier
from .study.tradeoff.near_optimal import Deals, deals
from .version import __version__ as __version__
from .workbook.reader import read_basis, read_case

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
