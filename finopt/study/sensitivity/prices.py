"""Prices that hold: each binding limit with what one more of it changes, its range, and two re-solves that confirm it.

A price of linear programming is right at the optimum and inside a range. Here each is confirmed: the program is solved
again with the limit a step higher and a step lower. Where the two differ, the plan stands in a corner, and both are
told. Unused sources and the terms at which they would enter are in `entries`, covenants and shares in `notches`.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from finopt.case.case import Case
from finopt.model.build import Model
from finopt.model.family import Family, Key, Phrase, allowance
from finopt.model.limits import rows_of
from finopt.plan import Plan
from finopt.solve.lexicographic import solve
from finopt.solve.live_model import LiveModel, State
from finopt.study.sensitivity.covenants import notches
from finopt.study.sensitivity.limits import Probe, Side, binds, limit_of, sense_of
from finopt.study.sensitivity.unused_sources import entries
from finopt.tolerances import PRICED, SAME_AIM, STEP_SLOPE
from finopt.wording import effect, figure, nice

STEP = 0.1
"""Share of a limit by which it is moved, where its range allows."""
HELD = "Whole numbers are held where the plan has them: prices say nothing about one ticket or lot more or less."
COLUMNS = [
    "limit", "family", "key", "cell", "sense", "unit", "stands", "price", "range_from", "range_to", "step_more",
    "change_more", "step_less", "change_less", "confirmed", "sentence",
]  # fmt: skip


@dataclass(frozen=True)
class Prices:
    """What limits, unused sources and covenants are worth.

    ``limits`` has one row a binding limit, dearest first: limit (in words), family, key, cell, sense, unit, stands;
    price: change of the first aim for one more unit; range_from and range_to: values of the limit between which it
    holds; step_more, change_more, step_less, change_less: what re-solving found (change is missing where no plan is
    left); confirmed; sentence. ``unused`` has one row a source without money in the plan, ``covenants`` one row a
    covenant or share that is a ratio. ``note`` says what holds for all; ``solves`` counts re-solves of limits;
    ``whole`` says whether unused sources and covenants were asked about at all.
    Changes are in the first aim's own sense.
    """

    case: Case
    aim: str
    limits: pd.DataFrame
    unused: pd.DataFrame
    covenants: pd.DataFrame
    note: str
    solves: int
    whole: bool = True

    @property
    def sentences(self) -> list[str]:
        """Everything in words: limits, then unused sources, then covenants."""
        return [text for table in (self.limits, self.unused, self.covenants) for text in table["sentence"]]

    def __str__(self) -> str:
        parts = [("Limits", self.limits), ("Unused sources", self.unused), ("Covenants and shares", self.covenants)]
        lines = [self.aim, *([self.note] if self.note else [])]
        for title, table in parts:
            lines += ["", title, *(f"  {text}" for text in table["sentence"])] if len(table) else []
        return "\n".join(lines)


def confirmed(
    of: Plan | Case | Model,
    *,
    terms: bool = True,
    others: bool = True,
    seconds: float | None = None,
    model: Model | None = None,
) -> Prices:
    """Price every binding limit of a plan and confirm each by solving again; likewise unused sources and covenants.

    ``of`` is a plan or a case, or a model to which own constraints were added: then limits alone are priced, and own
    constraints too. ``terms`` asks at which fees and tenors unused sources would enter, not only at which rate.
    Without ``others`` limits alone are priced. ``model`` is what a plan was solved as, so that it need not be built
    again. ``seconds`` limits the time: what it leaves out has no re-solve, and is
    not confirmed. Raises what `solve` raises where there is no plan.
    """
    none = pd.DataFrame({"sentence": []})
    deadline = np.inf if seconds is None else time.monotonic() + seconds
    if isinstance(of, Model):
        probe = Probe(State.on(of))
        return _prices(probe, deadline, none, none)
    plan = of if isinstance(of, Plan) else solve(of)
    live = LiveModel(plan.case) if others else None
    probe = Probe(live.state if live is not None else State.of(plan.case, False) if model is None else State.on(model))
    if not _is_of(plan, probe):
        note = "The plan was made by a model with constraints of its own: ask for the prices of that model."
        return Prices(plan.case, _aim(probe), pd.DataFrame(columns=COLUMNS), none, none, note, probe.solves)
    if live is None:
        return replace(_prices(probe, deadline, none, none), whole=False)
    return _prices(probe, deadline, entries(live, terms, deadline), notches(plan, live, deadline))


def _prices(probe: Probe, deadline: float, unused: pd.DataFrame, covenants: pd.DataFrame) -> Prices:
    rows = [_row(probe, *entry, deadline) for entry in _binding(probe)]
    table = pd.DataFrame([row for row in rows if row is not None], columns=COLUMNS)
    order = (table["price"].abs() * table["stands"].abs().clip(lower=1.0)).sort_values(ascending=False, kind="stable")
    limits = table.loc[order.index].reset_index(drop=True)
    note = HELD * probe.held
    return Prices(probe.model.case, _aim(probe), limits, unused, covenants, note, probe.solves)


def _is_of(plan: Plan, probe: Probe) -> bool:
    value = probe.model.stages[0].sign * probe.value
    return abs(value - plan.aims[0].best) <= SAME_AIM * max(1.0, abs(value), probe.program.size(probe.answer.x))


def _aim(probe: Probe) -> str:
    stage = probe.model.stages[0]
    of = "" if stage.of == "all" else f" of {stage.of}"
    return f"{stage.aim} {stage.measure}{of}: {figure(stage.sign * probe.value)} {probe.model.case.money}"


def _binding(probe: Probe) -> Iterator[tuple[int, Family | None, Key]]:
    """Limits at which the plan stands, own constraints of the user's included; needs and identities are not limits."""
    activity = probe.program.activity(probe.answer.x)
    own = len(probe.model.rows)
    names = [str(row.name) for row in probe.model.problem.constraints()[own:]]
    theirs = [(own + i, None, (name,)) for i, name in enumerate(names)]
    limits = [entry for entry in rows_of(probe.model) if entry[1].kind == "limit"]
    for row, family, key in [*limits, *theirs]:
        if binds(probe.program, activity, row):
            yield row, family, key


def _row(probe: Probe, row: int, family: Family | None, key: Key, deadline: float) -> tuple[object, ...] | None:
    data, stage = probe.model.data, probe.model.stages[0]
    stands, sense = limit_of(probe.program, row), sense_of(probe.program, row)
    down, up = _range(probe, row, stands)
    if time.monotonic() < deadline:
        more, less = (probe.side(row, step) for step in _steps(probe, stands, down, up))
    else:
        more, less = Side(0.0, None), Side(0.0, None)
    price = _price(probe, row, more, less)
    if not probe.gave(row, price):  # the solver's range is that of another of the prices of a corner
        down, up = (stands + side.step * side.straight for side in (less, more))
    if price == 0 and not more.change and not less.change:  # reached, and worth nothing either way
        return None
    sure = more.step != 0 and _agrees(probe, price, more, less)
    name = str(key[0]) if family is None else family.noun(data, key)
    places = [hold.place for hold in family.holds(data, key)] if family else []
    own = [place for place in places if place.column == key[-1]]  # of a budget that carries over: the year's own cell
    place = next((place.address for place in own + places), "")
    unit = data.case.money if family is None else family.unit(data, key)
    foreign = "" if unit == data.case.money else f" {unit}"
    phrase = allowance if family is None else family.phrase
    give, take = (phrase(name, foreign, sense, gives) for gives in (True, False))
    words = _sentence(probe, (give, take), sense, price, (more, less), (stands - down, up - stands), sure)
    user = stage.sign
    return (
        name, family.name if family else "own constraint", ", ".join(map(str, key)), place, sense, unit, stands,
        user * price, down, up,
        more.step, _times(user, more.change), -less.step, _times(user, less.change), sure, words,
    )  # fmt: skip


def _price(probe: Probe, row: int, more: Side, less: Side) -> float:
    """Change of the aim for one unit more; for one less where more leaves no plan.

    At a corner the solver has many prices that prove the optimum, and which one it gives depends on the way it came
    there, and so on the unit of the case. What solving again finds is one figure.
    """
    found = next((side.slope for side in (more, less) if side.slope is not None), None)
    return float(probe.answer.row_price[row]) * (not probe.gave(row, 0.0)) if found is None else found + 0.0


def _times(sign: float, change: float | None) -> float:
    return float("nan") if change is None else sign * change + 0.0


def _range(probe: Probe, row: int, stands: float) -> tuple[float, float]:
    down, up = float(probe.down[row]), float(probe.up[row])
    return (stands if np.isnan(down) else min(down, stands)), (stands if np.isnan(up) else max(up, stands))


def _steps(probe: Probe, stands: float, down: float, up: float) -> Iterator[float]:
    """A step up and a step down: a round number inside the range, or a tenth of the limit where there is none."""
    money = float(sum(probe.answer.x[probe.compiled[x]] for x in probe.model.variables.spent.values()))
    scale = abs(stands) if abs(stands) > PRICED else 0.1 * max(money, 1.0)
    for sign, room in ((1.0, up - stands), (-1.0, stands - down)):
        inside = room if room > PRICED * scale else scale
        yield sign * nice(min(STEP * scale, inside))


def _agrees(probe: Probe, price: float, *sides: Side) -> bool:
    """Whether every side that has a plan found the price, and at least one has."""
    slopes = [(side.slope, side.step) for side in sides if side.slope is not None]
    return bool(slopes) and all(
        abs(slope - price) <= STEP_SLOPE * abs(price) + probe.tiny / abs(step) for slope, step in slopes
    )


def _sentence(
    probe: Probe,
    phrases: tuple[Phrase, Phrase],
    sense: str,
    price: float,
    sides: tuple[Side, Side],
    rooms: tuple[float, float],
    sure: bool,
) -> str:
    """The sentence of a limit: what more room saves, how far that holds, and what less would do if that differs.

    ``phrases`` say an amount of room given and one taken.
    """
    giving, taking = (sides[1], sides[0]) if sense == ">=" else sides
    room = max(rooms[0] if sense == ">=" else rooms[1], abs(giving.step) if giving.straight else 0.0)
    give, take = phrases
    if giving.step == 0:
        way = effect(_signed(probe, price if sense != ">=" else -price), *_of(probe))
        return f"{give('1')} {way}, by the solver's price; there was no time to confirm it."
    first, second = _told(probe, give, giving), _told(probe, take, taking)
    if sure and giving.change is not None:
        far = f"up to {figure(room)}" if np.isfinite(room) else "for any amount"
        needed = f"; {second}" if taking.change is None else ""
        return f"{first}; this holds {far} {give.way}{needed}."
    return f"{first}; {second}: a corner, where one price does not hold on both sides."


def _told(probe: Probe, phrase: Phrase, side: Side) -> str:
    text = phrase(figure(abs(side.step)))
    if side.change is None:
        return f"{text} leaves no plan"
    return f"{text} {effect(_signed(probe, side.change), *_of(probe))}"


def _signed(probe: Probe, change: float) -> float:
    return probe.model.stages[0].sign * change


def _of(probe: Probe) -> tuple[str, str]:
    stage = probe.model.stages[0]
    return stage.aim, stage.measure
