"""The last step of the proof: a plan's own checks must hold, or there is no plan."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from finopt.errors import NotProven
from finopt.plan import Plan
from finopt.tolerances import CERTIFIED

if TYPE_CHECKING:
    from finopt.solve.plan_tables import Flows

PlanCheck = Callable[[Plan, "Flows"], Iterator[str]]


def sound(plan: Plan, flows: Flows) -> Plan:
    """The plan, where every check holds. Raises NotProven with what fails, and by how much where a figure says it."""
    failed = [words for check in PLAN_CHECKS for words in check(plan, flows)]
    if failed:
        raise NotProven(f"The plan fails its own checks: {'; '.join(failed)}.")
    return plan


def _checks(plan: Plan, flows: Flows) -> Iterator[str]:
    """The checks that every report shows."""
    return (f"{name!r} does not hold" for name, holds in plan.checks.items() if not holds)


def _aims_are_measures(plan: Plan, flows: Flows) -> Iterator[str]:
    """An aim over all sources is the measure of that name, computed from the plan's flows and not from the program."""
    for proof in plan.certificate.aims:
        measured = plan.measures.get(proof.measure) if proof.of == "all" and proof.measure in SAME else None
        if measured is not None and abs(measured - proof.final) > CERTIFIED * proof.size:
            yield f"{proof.measure} is {measured:.9g} by the plan's flows and {proof.final:.9g} by the program"


SAME = ("financing cost", "interest and fees", "closing cash")
"""Measures that mean the same as an aim over all sources and as a figure of the plan."""
PLAN_CHECKS: tuple[PlanCheck, ...] = (_checks, _aims_are_measures)
"""Each kind of check: it yields what fails, in words with the figure."""
