"""What if? Named scenarios beside the base: figures, differences, who is asked for more and for less."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd

from finopt.case.case import Case
from finopt.case.change import Change
from finopt.errors import CaseError
from finopt.literal import shortened
from finopt.study.engine.batch import NOT_RUN, as_table, changed, solve_all
from finopt.study.engine.executor import Progress
from finopt.study.scenarios.scenario_sheet import scenarios_of
from finopt.tolerances import PARTY_MOVED

BASE = "Base"


@dataclass(frozen=True)
class Comparison:
    """Scenarios beside the base.

    ``table`` has one row a scenario, the base first: scenario, status, each figure in the case's unit (empty where
    there is no plan), reason. Figures: financing cost (present value), interest and fees, money drawn in all and from
    each party, peak year of each party, peak debt, closing cash. ``changes`` says what each scenario changes.
    """

    case: Case
    table: pd.DataFrame
    changes: Mapping[str, tuple[str, ...]]

    @property
    def not_run(self) -> int:
        """How many rows were stopped before their turn."""
        return int((self.table["status"] == NOT_RUN).sum())

    @property
    def scenarios(self) -> list[str]:
        """Names of the scenarios, the base left out."""
        return list(self.changes)

    @property
    def figures(self) -> list[str]:
        """The columns of figures."""
        return [name for name in self.table.columns if name not in ("scenario", "status", "reason")]

    @cached_property
    def differences(self) -> pd.DataFrame:
        """Each figure less the base's: one row a scenario, its name the index; empty where one has no plan."""
        values = self.table[self.figures]
        found = (values.iloc[1:] - values.iloc[0]).set_axis(pd.Index(self.scenarios, name="scenario"))
        return found.astype(float)

    def parties(self, scenario: str) -> pd.Series:
        """Change of the money drawn from each party, most relieved first; parties for whom nothing changes left out."""
        if "money" not in self.figures:
            return pd.Series(dtype=float)
        names = {f"money {p.party}": p.party for p in self.case.parties if f"money {p.party}" in self.figures}
        moved = self.differences.T[scenario].reindex(list(names)).rename(index=names)
        quiet = PARTY_MOVED * max(1.0, float(self.table["money"].iloc[0]))
        return moved[moved.abs() > quiet].sort_values(kind="stable")

    def winners(self, scenario: str) -> pd.Series:
        """Parties that are asked for less money than in the base, with the change (negative)."""
        moved = self.parties(scenario)
        return moved[moved < 0]

    def losers(self, scenario: str) -> pd.Series:
        """Parties that are asked for more money than in the base, with the change, largest first."""
        moved = self.parties(scenario)
        return moved[moved > 0][::-1]

    def __str__(self) -> str:
        width = max(10, *(len(name) for name in (BASE, *self.scenarios)))
        lines = [
            f"{self.case.name}: {len(self.scenarios)} scenarios, {self.case.money}",
            f"{'scenario':<{width}}{'cost':>12}{'change':>12}{'money':>12}  asked for less / more",
        ]
        for row, name in enumerate((BASE, *self.scenarios)):
            entry = self.table.iloc[row]
            if entry["status"] != "optimal":
                lines.append(f"{name:<{width}}  {entry['status']}: {shortened(entry['reason'], 150)}")
                continue
            change = "" if row == 0 else f"{self.differences['financing cost'].iloc[row - 1]:+,.1f}"
            words = "" if row == 0 else f"{_listed(self.winners(name))} / {_listed(self.losers(name))}"
            lines.append(
                f"{name:<{width}}{entry['financing cost']:>12,.1f}{change:>12}{entry['money']:>12,.1f}  {words}"
            )
        return "\n".join(line.rstrip() for line in lines)


def what_if(
    case: Case,
    scenarios: Mapping[str, Case | Sequence[Change]] | None = None,
    executor: Executor | None = None,
    progress: Progress | None = None,
    resume: str | Path | None = None,
) -> Comparison:
    """Solve each scenario, and the case itself as the base, and set them side by side.

    ``scenarios`` are changed cases (or lists of changes) by name; without them, those of the Scenarios sheet. Each
    row's figures are those of `solve` on that case. A scenario without a plan, or that is wrong, stays as a row with
    its reason. Ctrl-C ends the study early: rows whose turn did not come say so, and with ``resume``, a file that keeps
    finished rows, the same call goes on. Raises CaseError where no scenario is given and the sheet has none, and
    FinoptError where ``resume`` holds another study.
    """
    chosen: Mapping[str, Case | Sequence[Change]] = scenarios_of(case) if scenarios is None else scenarios
    cases: dict[str, Case | CaseError] = {
        name: given if isinstance(given, Case) else changed(case, given) for name, given in chosen.items()
    }
    outcomes = solve_all(case, [case, *cases.values()], executor, progress, resume=resume)
    table = as_table([{"scenario": name} for name in (BASE, *cases)], outcomes)
    said = {name: _said(case, given) for name, given in chosen.items()}
    return Comparison(case, table, said)


def _said(base: Case, given: Case | Sequence[Change]) -> tuple[str, ...]:
    """What a scenario changes, in words."""
    if not isinstance(given, Case):
        return tuple(str(change) for change in given)
    shared = given.changes[: len(base.changes)] == base.changes
    return given.changes[len(base.changes) :] if shared else given.changes


def _listed(moved: pd.Series) -> str:
    return ", ".join(f"{name} {value:+,.1f}" for name, value in moved.items()) or "nobody"
