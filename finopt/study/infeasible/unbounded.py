"""Money that is free in circles: which flows improve the aim without end.

A program without a bound has a direction along which nothing stops it. The steepest one, with every flow at most one,
is itself a linear program; the flows in it are the pump.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from finopt.case.case import Case
from finopt.finance import Array
from finopt.model.build import Model, build
from finopt.model.variables import Variables
from finopt.solve.certificate import ray
from finopt.solve.linear_program import Compiled, compile_problem
from finopt.tolerances import IN_RAY
from finopt.wording import percent


def pump(case: Case | Model) -> list[str]:
    """Sentences that name the flows of the money pump, with their rates; none for an aim with a bound."""
    model = build(case) if isinstance(case, Case) else case
    compiled = compile_problem(model.problem)
    found = ray(compiled.program)
    return list(_told(model, compiled, found)) if found is not None else []


def _told(model: Model, compiled: Compiled, direction: Array) -> Iterator[str]:
    data, v = model.data, model.variables
    largest = float(np.abs(direction).max())
    moving = {i: float(x) for i, x in enumerate(direction) if abs(x) > IN_RAY * largest}
    sources = sorted({s for s, i in _flows(v, compiled) if i in moving})
    for s in sources:
        source = data.case.sources[s]
        rate = float(data.rate[s].min())
        yield f"{source.source} lends without end at {percent(rate)} a year ({source.instrument} of {source.party})."
    cash = [i for i in moving if i in {compiled[x] for x in v.cash if hash(x) in compiled.position}]
    if cash:
        deposit = data.case.project.deposit_rate
        yield f"The money waits in the project account, which earns {percent(deposit)} a year (Project, Deposit rate)."
    names = [str(compiled.variables[i].name) for i in sorted(moving, key=lambda i: -abs(moving[i]))]
    stage = model.stages[0]
    yield (
        f"At a discount rate of {percent(data.case.project.discount_rate)} that "
        f"{'lowers' if stage.sign > 0 else 'raises'} the {stage.measure} without end; the flows that grow: "
        f"{', '.join(names[:6])}{f' and {len(names) - 6} more' if len(names) > 6 else ''}."
    )


def _flows(v: Variables, compiled: Compiled) -> Iterator[tuple[int, int]]:
    for group in (v.issue, v.balance, v.account):
        for (s, _), x in group.items():
            if hash(x) in compiled.position:
                yield s, compiled[x]
