"""The Scenarios sheet as cases: named lists of changes, each built on another where it says so."""

from __future__ import annotations

from collections.abc import Mapping

from finopt.case.case import Case
from finopt.case.change import Change
from finopt.case.names import same
from finopt.case.sheets import Scenario
from finopt.errors import CaseError, Finding


def scenario_names(case: Case) -> tuple[str, ...]:
    """The scenarios of a case, in the order in which the sheet first names them."""
    names = {same(row.scenario): row.scenario for row in reversed(case.scenarios)}
    return tuple(names[key] for key in dict.fromkeys(same(row.scenario) for row in case.scenarios))


def scenario_changes(case: Case, name: str) -> tuple[Change, ...]:
    """What a scenario changes, what its base changes first. Raises CaseError where it cannot be resolved."""
    return tuple(change_of(row) for row in case.scenario_rows(name))


def scenario_case(case: Case, name: str) -> Case:
    """The case of one scenario. Raises CaseError where no scenario has this name or its changes are wrong."""
    return case.changed(scenario_changes(case, name))


def scenarios_of(case: Case) -> Mapping[str, tuple[Change, ...]]:
    """Every scenario with its changes. Raises CaseError where the sheet is empty."""
    if not case.scenarios:
        hint = "name a scenario there and what it changes, one change a row"
        raise CaseError([Finding("Scenarios", "", "", "no scenarios", "at least one row", hint)])
    return {name: scenario_changes(case, name) for name in scenario_names(case)}


def change_of(row: Scenario) -> Change:
    """One row of the sheet as a change. Raises CaseError where a sum or a factor is not a number."""
    if row.change == "set":
        return Change(row.sheet, row.row, row.column, row.value)
    try:
        amount = float(row.value)
    except (TypeError, ValueError):
        sheet, cell = row.where("value")
        raise CaseError([Finding(sheet, cell, "Value", repr(row.value), f"a number to {row.change}")]) from None
    if row.change == "add":
        return Change(row.sheet, row.row, row.column, add=amount)
    return Change(row.sheet, row.row, row.column, scale=amount)
