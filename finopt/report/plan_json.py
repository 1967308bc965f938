"""The result as one JSON object, for other programs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from finopt.errors import Infeasible, NoPlan, NotProven, Unbounded
from finopt.plan import Plan
from finopt.report.excel.atomic_file import replacing
from finopt.version import __version__

if TYPE_CHECKING:
    from finopt.study.infeasible.explain import Explanation


STATUS: Mapping[type[NoPlan], str] = {Infeasible: "infeasible", Unbounded: "unbounded", NotProven: "not proven"}


def plan_json(plan: Plan, timings: Mapping[str, float]) -> dict[str, Any]:
    """What a plan says, as plain values: version, status, objective, measures, totals, rates, checks, timings.

    Money is in the case's unit, rates are yearly shares (None where none exists), timings are seconds by phase.
    """
    return {
        "finopt": __version__,
        "status": plan.status,
        "objective": float(plan.objective),
        "measures": _numbers(plan.measures),
        "by_party": _numbers(plan.by_party.to_dict()),
        "by_source": _numbers(plan.by_source.to_dict()),
        "by_instrument": _numbers(plan.by_instrument.to_dict()),
        "peak_year": _numbers(plan.peak_year),
        "all_in_rate": {name: None if rate is None else float(rate) for name, rate in plan.all_in_rate.items()},
        "checks": {name: bool(passed) for name, passed in plan.checks.items()},
        "timings": _numbers(timings),
    }


def no_plan_json(error: NoPlan, timings: Mapping[str, float], why: Explanation | None = None) -> dict[str, Any]:
    """Why no plan exists: status, message, reasons in the workbook's words, the gap of a stopped solver.

    Where arithmetic alone gave no reason, those of the explanation are its clashes: what cannot all hold, with cells.
    """
    clauses = [str(clause) for clash in why.clashes for clause in clash.clauses] if why is not None else []
    status = next(word for kind, word in STATUS.items() if isinstance(error, kind))
    found: dict[str, Any] = {
        "finopt": __version__,
        "status": status,
        "message": str(error).partition("\n")[0],
        "reasons": list(error.reasons) or clauses,
        "timings": _numbers(timings),
    }
    if isinstance(error, NotProven):
        found["gap"] = error.gap
    return found


def write_json(found: Mapping[str, Any], path: Path) -> None:
    """Write one JSON object; the file appears whole or not at all. Raises ReportError where it cannot be written."""
    text = json.dumps(found, indent=2, ensure_ascii=False, allow_nan=False)
    with replacing(path) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8")


def _numbers(values: Mapping[Any, Any]) -> dict[str, float]:
    """Plain floats by name, whatever numpy or pandas made them."""
    return {str(name): float(value) for name, value in values.items()}
