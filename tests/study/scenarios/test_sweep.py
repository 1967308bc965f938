"""Sweeps and tornados, against figures worked out on paper."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pandas.testing import assert_frame_equal

import finopt
from finopt import CaseError, Vary
from finopt.errors import FinoptError
from finopt.study.engine import batch as variants
from tests.study.small import BEST, lenders


def cost(amount: float, north: float = 70, south: float = 50) -> float:
    """The least cost of an amount: the cheap lender first."""
    a = min(amount, north)
    b = min(amount - a, south)
    return 0.05 * a + 0.08 * b + 0.12 * (amount - a - b)


def test_one_input_over_a_range() -> None:
    factors = np.linspace(0.6, 1.4, 9)
    found = finopt.sweep(lenders(), Vary("Packages", "*", "Amount", scale=factors))
    assert found.table["Packages/*/Amount times"].tolist() == pytest.approx(factors.tolist())
    assert found.table["financing cost"].to_numpy() == pytest.approx([cost(100 * f) for f in factors])
    assert found.base["financing cost"] == pytest.approx(BEST)
    middle = found.table.iloc[4]
    assert {name: middle[name] for name in found.figures} == pytest.approx(found.base, abs=1e-9)


def test_two_inputs_make_a_grid_in_the_callers_order() -> None:
    amounts, limits = [1.2, 0.8, 1.0], [70, 30]
    found = finopt.sweep(
        lenders(), Vary("Packages", "*", "Amount", scale=amounts), Vary("Sources", "North loan", "Limit", limits)
    )
    grid = found.grid()
    assert grid.index.tolist() == amounts
    assert grid.columns.tolist() == limits
    expected = [[cost(100 * f, north) if 100 * f <= north + 80 else np.nan for north in limits] for f in amounts]
    assert grid.to_numpy() == pytest.approx(np.array(expected), nan_ok=True)
    assert found.table["status"].tolist() == ["optimal", "infeasible", *["optimal"] * 4]
    assert "10.0 USD m of the packages' cost stays unpaid" in found.table["reason"][1]
    assert "6 cases (1 infeasible)" in str(found)


def test_dates_and_words_can_be_swept() -> None:
    case = lenders(Gates=[{"gate": "Licence", "open": True}]).change("Sources", "North loan", "Gate", "Licence")
    found = finopt.sweep(case, Vary("Gates", "Licence", "Open", ["yes", "no"]))
    assert found.table["status"].tolist() == ["optimal", "infeasible"]


def test_an_input_that_does_not_exist_is_told_at_once() -> None:
    with pytest.raises(CaseError, match="did you mean Amount"):
        finopt.sweep(lenders(), Vary("Packages", "*", "Amont", scale=[1, 2]))


def test_a_stopped_sweep_says_what_was_not_run_and_goes_on_from_its_file(tmp_path: Path) -> None:
    varied = Vary("Packages", "*", "Amount", scale=np.linspace(0.5, 1.45, 20))
    whole, finished = finopt.sweep(lenders(), varied), []

    def stop(count: int) -> None:
        finished.append(count)
        raise KeyboardInterrupt

    kept = tmp_path / "kept.jsonl"
    part = finopt.sweep(lenders(), varied, progress=stop, resume=kept)
    assert 0 < part.not_run == 21 - sum(finished)
    assert part.table["financing cost"].notna().sum() == 20 - part.not_run
    assert f"{part.not_run} not run" in str(part)
    told: list[int] = []
    again = finopt.sweep(lenders(), varied, progress=told.append, resume=kept)
    assert_frame_equal(again.table, whole.table, check_exact=True)
    assert told[0] == finished[0]
    with pytest.raises(FinoptError, match="results of another case"):
        finopt.tornado(lenders(Uncertainty=DRIVERS), resume=kept)


def test_a_value_that_is_none_stays_as_a_row() -> None:
    found = finopt.sweep(lenders(), Vary("Packages", "Bridge", "Amount", [60, -1]))
    assert found.table["status"].tolist() == ["optimal", "wrong input"]


@pytest.mark.parametrize("given", [{}, {"add": [1], "scale": [1]}, {"values": []}])
def test_an_input_varies_in_one_way(given: dict[str, list[float]]) -> None:
    with pytest.raises(ValueError, match="give"):
        Vary("Packages", "*", "Amount", **given)


def test_one_or_two_different_inputs() -> None:
    one = Vary("Packages", "*", "Amount", scale=[1])
    with pytest.raises(ValueError, match="two different"):
        finopt.sweep(lenders(), one, one)
    with pytest.raises(ValueError, match="two different"):
        finopt.sweep(lenders())
    with pytest.raises(ValueError, match="grid"):
        finopt.sweep(lenders(), one).grid()


DRIVERS = [
    {"driver": "South's limit", "sheet": "Sources", "row": "South loan", "column": "Limit", "change": "set",
     "distribution": "discrete", "a": "50 @ 0.9", "b": "10 @ 0.1"},
    {"driver": "Overrun", "sheet": "Packages", "row": "*", "column": "Amount", "change": "scale",
     "distribution": "uniform", "a": 0.9, "b": 1.1},
    {"driver": "South's rate", "sheet": "Sources", "row": "South loan", "column": "Rate", "change": "add",
     "distribution": "uniform", "a": -0.01, "b": 0.02},
]  # fmt: skip


def test_a_tornado_puts_the_widest_first() -> None:
    found = finopt.tornado(lenders(Uncertainty=DRIVERS))
    table = found.table.set_index("driver")
    assert table.index.tolist() == ["Overrun", "South's limit", "South's rate"]
    assert table["at low"].to_dict() == pytest.approx(
        {"Overrun": cost(92), "South's limit": BEST, "South's rate": 3.5 + 30 * 0.073}
    )
    assert table["at high"].to_dict() == pytest.approx(
        {"Overrun": cost(108), "South's limit": cost(100, south=10), "South's rate": 3.5 + 30 * 0.097}
    )
    assert table["swing"].to_dict() == pytest.approx({"Overrun": 1.28, "South's limit": 0.8, "South's rate": 0.72})
    assert table["swing"].is_monotonic_decreasing
    assert found.base.figures["financing cost"] == pytest.approx(BEST)


def test_a_stopped_tornado_shows_what_it_has_and_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(_: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(variants, "CHUNK", 5)
    kept, whole = tmp_path / "kept.jsonl", finopt.tornado(lenders(Uncertainty=DRIVERS))
    part = finopt.tornado(lenders(Uncertainty=DRIVERS), progress=stop, resume=kept)
    assert part.not_run == 2
    assert "stopped before its turn" in " ".join(part.table["reason"])
    assert_frame_equal(finopt.tornado(lenders(Uncertainty=DRIVERS), resume=kept).table, whole.table)


def test_a_driver_with_an_end_that_has_no_plan_comes_first() -> None:
    wild = {**DRIVERS[1], "driver": "Wild", "a": 0.5, "b": 2.0}
    found = finopt.tornado(lenders(Uncertainty=[*DRIVERS, wild]))
    first = found.table.iloc[0]
    assert first["driver"] == "Wild"
    assert np.isnan(first["swing"])
    assert "at high: at best 35.0 USD m" in first["reason"]


def test_a_tornado_of_another_figure() -> None:
    found = finopt.tornado(lenders(Uncertainty=DRIVERS)).of("money East").set_index("driver")
    assert found["at high"].to_dict() == pytest.approx({"South's limit": 20, "Overrun": 0, "South's rate": 0})


def test_without_drivers_it_says_what_to_do() -> None:
    with pytest.raises(CaseError, match="no drivers"):
        finopt.tornado(lenders())
