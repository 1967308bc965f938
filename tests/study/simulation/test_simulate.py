"""Monte Carlo: figures by hand, the shortcut against cases of their own, odd drivers, the same table everywhere."""

from __future__ import annotations

import datetime as dt
import json
import os
import signal
from collections.abc import Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

import finopt
from finopt.case.case import Case
from finopt.case.checks import ALL
from finopt.case.sheets import Driver
from finopt.errors import CaseError, FinoptError
from finopt.study.engine import executor as runner
from finopt.study.engine.executor import Helpers, process_pool
from finopt.study.simulation.partition import parts
from finopt.study.simulation.sampling import sample
from finopt.study.simulation.simulate import COST, Cloud, _Study, simulate
from finopt.study.simulation.warm_start import GAP, Restarted
from tests.random_cases import make_case, random_case
from tests.slow import split
from tests.study.small import lenders

pytestmark = pytest.mark.smoke

YEAR = {"start": dt.date(2030, 1, 1), "finish": dt.date(2030, 12, 31)}


def drives(name: str, place: str, change: str, distribution: str, *numbers: Any) -> Driver:
    """A driver of the cells at ``Sheet/Row/Column``."""
    sheet, row, column = place.split("/")
    a, b, c = (*numbers, None, None, None)[:3]
    return Driver.model_validate(
        {"driver": name, "sheet": sheet, "row": row, "column": column, "change": change,
         "distribution": distribution, "a": a, "b": b, "c": c}
    )  # fmt: skip


def uncertain(case: Case, *drivers: Driver) -> Case:
    names = {driver.driver for driver in drivers}
    kept = tuple(row for row in case.correlations if row.driver in names)
    return replace(case, tables={**case.tables, "Uncertainty": drivers, "Correlation": kept})


def own_money(limit: float = 60.0, more: float = 50.0, **sheets: Any) -> Case:
    """One package of 100, paid on the first day of 2030 by a grant of ``limit`` and then by equity at 10%."""
    project = {"construction_end": dt.date(2030, 12, 31), "end_date": dt.date(2031, 12, 31), "discount_rate": 0.08,
               "flow_timing": "start"}  # fmt: skip
    return make_case(
        project,
        Parties=[{"party": "State"}, {"party": "Fund"}],
        Sources=[
            {"source": "Grant", "party": "State", "instrument": "grant", "limit": limit, "rate": 0.08},
            {"source": "Equity", "party": "Fund", "instrument": "equity", "limit": more, "rate": 0.1},
        ],
        Packages=[{"package": "Works", "amount": 100, **YEAR}],
        **sheets,
    )


COST_OF_EQUITY = 1.1**2 / 1.08**2 - 1
"""What a unit of equity costs that is drawn at time 0, earns 10% for two years and is discounted at 8%."""


# ------------------------------------------------------------------ by hand


def test_cost_gap_and_probability_by_hand() -> None:
    """Works of 80 to 130: 60 from the grant at no cost, up to 50 of equity; above 110 the rest is missing."""
    case = uncertain(own_money(), drives("Size", "Packages/Works/Amount", "scale", "uniform", 0.8, 1.3))
    cloud = simulate(case, 400, seed=2)
    works = 100 * cloud.samples["Size"].to_numpy()
    gap = np.maximum(0, works - 110)
    equity = np.minimum(works, 110) - 60
    assert cloud.table[GAP].to_numpy() == pytest.approx(gap, abs=1e-9)
    assert cloud.table[COST].to_numpy() == pytest.approx(equity * COST_OF_EQUITY, abs=1e-9)
    assert cloud.table["money State"].to_numpy() == pytest.approx(60)
    assert cloud.table["money Fund"].to_numpy() == pytest.approx(equity)
    assert cloud.table["peak year Fund"].to_numpy() == pytest.approx(equity)
    assert cloud.funded == pytest.approx(0.6, abs=1 / 400)  # (110 - 80) / (130 - 80), one value in each stratum
    assert set(cloud.table["status"]) == {"optimal", "gap"}
    spread = cloud.quantiles((0.5,))
    assert spread.loc[GAP, 0.5] == 0
    assert spread.loc["money Fund", 0.5] == pytest.approx(95 - 60, abs=0.2)  # of the funded: works of 80 to 110
    assert cloud.drivers().to_dict() == {"Size": pytest.approx(1.0)}
    assert "can be funded   60" in str(cloud)


def test_what_several_drivers_do_to_one_amount_is_a_product_and_to_revenue_a_sum() -> None:
    """Equity pays what the grant cannot; the project keeps 30 of tolls less 20 of costs, each with its own driver."""
    revenue = [{"line": "Tolls", "kind": "revenue", "values": {"2031": 30.0}},
               {"line": "Running", "kind": "cost", "values": {"2031": 20.0}}]  # fmt: skip
    case = uncertain(
        own_money(more=90, Revenue=revenue),
        drives("All", "Packages/*/Amount", "scale", "uniform", 0.9, 1.1),
        drives("Works", "Packages/Works/Amount", "scale", "uniform", 0.9, 1.1),
        drives("Tolls", "Revenue/Tolls/*", "scale", "uniform", 0.8, 1.2),
        drives("Running", "Revenue/Running/*", "add", "uniform", -3, 3),
    )
    (part,) = parts(case, sample(case, 60, 1))
    assert part.fast is not None
    cloud = simulate(case, 60)
    drawn = cloud.samples
    equity = 100 * drawn["All"] * drawn["Works"] - 60
    assert cloud.table[COST].to_numpy() == pytest.approx((equity * COST_OF_EQUITY).to_numpy(), abs=1e-9)
    kept = 30 * drawn["Tolls"] - 20 - drawn["Running"]
    assert cloud.table["closing cash"].to_numpy() == pytest.approx(kept.to_numpy(), abs=1e-9)


def test_seldom_changes_of_one_figure_add_up_too() -> None:
    """Each line of revenue fails in one scenario of ten: where both do, a fifth of 30 and a fifth of 20 are left."""
    revenue = [{"line": name, "kind": "revenue", "values": {"2031": amount}}
               for name, amount in (("Tolls", 30.0), ("Cargo", 20.0))]  # fmt: skip
    seldom = [drives(line, f"Revenue/{line}/*", "scale", "discrete", "1 @ 0.9", "0.2 @ 0.1")
              for line in ("Tolls", "Cargo")]  # fmt: skip
    tidy = simulate(uncertain(own_money(more=90, Revenue=revenue), *seldom), 400).tidy
    both = (tidy["Tolls"] == 0.2) & (tidy["Cargo"] == 0.2)
    assert both.any()
    kept = 30 * tidy["Tolls"] + 20 * tidy["Cargo"]
    assert tidy["closing cash"].to_numpy() == pytest.approx(kept.to_numpy(), abs=1e-9)


def test_a_driver_named_as_a_figure_does_not_hide_it() -> None:
    named = [drives(name, "Packages/*/Amount", "scale", "uniform", 0.9, 1.1) for name in ("status", "financing cost")]
    tidy = simulate(uncertain(lenders(), *named), 5).tidy
    assert tidy.columns.is_unique
    assert set(tidy["status"]) == {"optimal"}
    amount = 100 * tidy["driver status"] * tidy["driver financing cost"]
    assert tidy["financing cost"].to_numpy() == pytest.approx((0.05 * 70 + 0.08 * (amount - 70)).to_numpy())


def test_a_rate_moves_coefficients() -> None:
    case = uncertain(own_money(), drives("Return", "Sources/Equity/Rate", "set", "uniform", 0.05, 0.15))
    cloud = simulate(case, 30)
    unit = ((1 + cloud.samples["Return"]) ** 2 / 1.08**2 - 1).to_numpy()
    assert cloud.table[COST].to_numpy() == pytest.approx(unit * np.where(unit < 0, 50, 40), abs=1e-8)


def test_a_licence_that_may_be_refused_shuts_its_source() -> None:
    gate = [{"gate": "Licence", "open": True}]
    tables = own_money(Gates=gate).tables
    grant, equity = tables["Sources"]
    base = Case({**tables, "Sources": (grant, equity.changed(gate="Licence"))})
    case = uncertain(
        base,
        drives("Size", "Packages/Works/Amount", "scale", "uniform", 0.5, 1.0),
        drives("Licence", "Gates/Licence/Open", "set", "discrete", "yes @ 3", "no"),
    )
    cloud = simulate(case, 200, seed=4)
    works, refused = 100 * cloud.samples["Size"].to_numpy(), cloud.samples["Licence"].to_numpy() == 1
    assert refused.sum() == 50
    assert cloud.table[GAP].to_numpy() == pytest.approx(np.where(refused, np.maximum(0, works - 60), 0), abs=1e-9)
    made = list(parts(case, sample(case, 200, 4)))
    assert [len(part.where) for part in made] == [150, 50]
    assert all(part.fast is not None for part in made)


def test_a_discrete_driver_of_numbers_needs_no_model_of_its_own() -> None:
    case = uncertain(own_money(), drives("Limit", "Sources/Grant/Limit", "set", "discrete", 40, "80 @ 3"))
    (part,) = parts(case, sample(case, 40, 1))
    assert part.fast is not None
    cloud = simulate(case, 40)
    limit = np.where(cloud.samples["Limit"] == 0, 40, 80)
    assert cloud.table["money State"].to_numpy() == pytest.approx(limit)


def test_a_discrete_driver_that_moves_the_pattern_splits() -> None:
    case = uncertain(own_money(), drives("Share", "Parties/Fund/Maximum share", "set", "discrete", 0.45, "0.3 @ 3"))
    made = list(parts(case, sample(case, 20, 1)))
    assert [part.case.parties[1].maximum_share for part in made] == [0.45, 0.3]
    share = np.where(sample(case, 20, 1)[:, 0] == 0, 0.45, 0.3)
    equity = np.minimum(40, 60 * share / (1 - share))  # the grant gives 60 at most
    assert simulate(case, 20).table["money Fund"].to_numpy() == pytest.approx(equity)


# ------------------------------------------------------------------ scenarios that fail


def checked(case: Case) -> Case:
    return replace(case, checks=ALL)


def test_scenarios_that_are_no_case_stay_as_rows_with_their_reason() -> None:
    case = checked(uncertain(own_money(), drives("Size", "Packages/Works/Amount", "scale", "normal", 0.5, 0.5)))
    cloud = simulate(case, 100)
    wrong = cloud.samples["Size"].to_numpy() < 0
    assert 10 < wrong.sum() < 25  # a sixth lies more than one deviation below the mean
    assert len(cloud.table) == 100
    assert (cloud.table["status"] == "no plan").to_numpy().tolist() == wrong.tolist()
    assert cloud.table.loc[wrong, "reason"].str.contains("an amount of zero or more").all()
    assert cloud.table.loc[wrong, COST].isna().all()
    assert cloud.table.loc[~wrong, COST].notna().all()
    assert f"{wrong.sum()} scenarios, such as" in str(cloud)


def test_scenarios_without_a_plan_say_why() -> None:
    """At least 30 of equity is asked for, which works below 30 cannot take: money that no gap can replace."""
    rule = {"rule": "Ticket", "money_from": "source: Equity", "sense": ">=", "measure": "amount", "value": 30}
    case = uncertain(own_money(Rules=[rule]), drives("Size", "Packages/Works/Amount", "set", "uniform", 10, 50))
    cloud = simulate(case, 80)
    small = cloud.samples["Size"].to_numpy() < 30
    assert (cloud.table["status"] == "no plan").to_numpy().tolist() == small.tolist()
    assert cloud.table.loc[small, "reason"].str.startswith("No plan exists").all()
    assert cloud.funded == pytest.approx(0.5)


def test_a_combination_that_is_no_case_is_told_scenario_by_scenario() -> None:
    case = checked(
        uncertain(
            own_money(),
            drives("Size", "Packages/Works/Amount", "scale", "uniform", 0.5, 1.0),
            drives("From", "Sources/Grant/From", "set", "discrete", "2030-01-01", "2040-01-01"),
        )
    )
    cloud = simulate(case, 40)
    late = cloud.samples["From"].to_numpy() == 1
    assert (cloud.table["status"] == "no plan").to_numpy().tolist() == late.tolist()
    assert cloud.table.loc[late, "reason"].str.contains("2040-01-01").all()


def test_without_drivers_there_is_nothing_to_simulate() -> None:
    with pytest.raises(CaseError, match="Uncertainty: found no drivers"):
        simulate(lenders(), 10)
    with pytest.raises(ValueError, match="at least one"):
        simulate(lenders(), 0)


# ------------------------------------------------------------------ the shortcut against cases of their own


def slowly(case: Case, n: int, seed: int) -> pd.DataFrame:
    """The figures of each scenario from a case of its own."""
    found: dict[int, Any] = {}
    for part in parts(case, sample(case, n, seed)):
        outcomes = _Study(Helpers(None), None, None, "").outcomes(replace(part, fast=None), "")
        found |= {int(part.where[i]): outcome for i, outcome in outcomes.items()}
    return pd.DataFrame([{"status": found[i].status, **found[i].figures} for i in range(n)])


DRIVERS = (
    drives("Works", "Packages/*/Amount", "scale", "lognormal", 1.1, 0.25),
    drives("First", "Packages/Package 0/Amount", "scale", "pert", 0.8, 1.0, 1.6),
    drives("Contingency", "Packages/Package 1/Contingency", "set", "triangular", 0.0, 0.1, 0.3),
    drives("Offers", "Sources/*/Limit", "scale", "uniform", 0.6, 1.2),
    drives("Curve", "Curves/Base/*", "add", "normal", 0.0, 0.003),
)


@pytest.mark.parametrize("seed", split(range(12), 3))
def test_the_shortcut_gives_what_cases_of_their_own_give(seed: int) -> None:
    case = uncertain(random_case(seed), *DRIVERS)
    (part,) = parts(case, sample(case, 24, seed))
    fast, slow = simulate(case, 24, seed).table, slowly(case, 24, seed)
    annuity = any(s.curve and s.repayment == "annuity" for s in case.sources)
    assert (part.fast is None) == annuity  # level payments follow no straight line in the rate
    assert fast["status"].tolist() == slow["status"].tolist()
    assert fast[GAP].to_numpy() == pytest.approx(slow[GAP].to_numpy(), rel=1e-7, abs=1e-6)
    assert fast[COST].to_numpy() == pytest.approx(slow[COST].to_numpy(), rel=1e-7, abs=1e-5, nan_ok=True)


def test_the_default_case_gives_the_same_both_ways() -> None:
    case = finopt.read_case(Path(__file__).parents[3] / "inputs" / "bering_tunnel.xlsx")
    case = uncertain(
        case,
        drives("Works", "Packages/*/Amount", "scale", "lognormal", 1.19, 0.32),
        drives("Tolls", "Revenue/Tolls/*", "scale", "triangular", 0.5, 1.0, 1.5),
        drives("SOFR", "Curves/SOFR/*", "add", "normal", 0.0, 0.005),
    )
    fast, slow = simulate(case, 16, 3).table, slowly(case, 16, 3)
    assert set(fast["status"]) == {"optimal", "gap"}
    assert fast[GAP].to_numpy() == pytest.approx(slow[GAP].to_numpy(), rel=1e-7, abs=1e-6)
    assert fast[COST].to_numpy() == pytest.approx(slow[COST].to_numpy(), rel=1e-7, abs=1e-5)
    plan = finopt.solve(case.changed(_changes(case, 16, 3)[int(np.flatnonzero(fast["status"] == "optimal")[0])]))
    assert plan.cost == pytest.approx(fast.loc[fast["status"] == "optimal", COST].iloc[0], rel=1e-7)


def _changes(case: Case, n: int, seed: int) -> list[list[Any]]:
    from finopt.study.simulation.affine_map import change_of

    return [[change_of(d, v) for d, v in zip(case.drivers, row, strict=True)] for row in sample(case, n, seed).tolist()]


# ------------------------------------------------------------------ the same table everywhere


def wide(deviation: float = 60.0) -> Case:
    """A case whose scenarios are some funded, some with a gap, some no case at all."""
    extra = drives("Shift", "Packages/Package 1/Amount", "add", "normal", 0.0, deviation)
    short = random_case(25).change("Sources", "Last resort", "Limit", 60)
    return checked(uncertain(short, *DRIVERS[:2], extra))


@pytest.fixture(scope="module")
def alone() -> Cloud:
    return simulate(wide(), 300, seed=9)


def same_table(found: Cloud, expected: Cloud) -> None:
    assert found.complete
    assert_frame_equal(found.table, expected.table, check_exact=True)
    assert_frame_equal(found.samples, expected.samples, check_exact=True)


def test_the_same_seed_gives_the_same_table(alone: Cloud) -> None:
    assert set(alone.table["status"]) == {"optimal", "gap", "no plan"}
    assert alone.table["scenario"].tolist() == list(range(300))
    same_table(simulate(wide(), 300, seed=9), alone)
    assert not simulate(wide(), 300, seed=10).table.equals(alone.table)


@pytest.mark.parametrize("workers", [2, 4])
def test_a_pool_of_processes_gives_the_same_table(workers: int, alone: Cloud) -> None:
    told: list[int] = []
    with process_pool(workers) as pool:
        same_table(simulate(wide(), 300, seed=9, executor=pool, progress=told.append), alone)
    assert sum(told) == 300


def test_threads_take_turns_with_the_live_model(alone: Cloud) -> None:
    with ThreadPoolExecutor(3) as pool:
        same_table(simulate(wide(), 300, seed=9, executor=pool), alone)


@pytest.mark.parametrize("n", [1, 2, 3])
def test_few_scenarios_are_enough(n: int) -> None:
    cloud = simulate(wide(), n, seed=2)
    assert len(cloud.table) == n
    assert f"{n} scenarios, seed 2" in str(cloud)
    expected = slowly(wide(), n, 2)
    assert cloud.table[GAP].to_numpy() == pytest.approx(expected[GAP].to_numpy(), rel=1e-7, abs=1e-6, nan_ok=True)


class Deadly(ProcessPoolExecutor):
    """A pool one of whose processes is killed in the middle of the work."""

    submitted = 0

    def submit(self, *arguments: Any, **more: Any) -> Future[Any]:  # type: ignore[override]
        future = super().submit(*arguments, **more)
        self.submitted += 1
        if self.submitted == 4:
            os.kill(next(iter(self._processes)), signal.SIGKILL)
        return future


def test_a_killed_process_loses_no_row(alone: Cloud, caplog: pytest.LogCaptureFixture) -> None:
    pool = Deadly(2, get_context("spawn"))
    try:
        same_table(simulate(wide(), 300, seed=9, executor=pool), alone)
    finally:
        pool.shutdown(wait=True)
    assert pool.submitted >= 4
    assert "what is left is done in this process" in caplog.text


class Stopping(Executor):
    """Does the work at once, and is stopped by Ctrl-C after some chunks."""

    def __init__(self, after: int) -> None:
        self.left = after

    def submit(self, task: Any, /, *arguments: Any, **more: Any) -> Future[Any]:
        if self.left == 0:
            raise KeyboardInterrupt
        self.left -= 1
        future: Future[Any] = Future()
        future.set_result(task(*arguments, **more))
        return future


@pytest.mark.parametrize("after", [0, 3, 7])
def test_a_stopped_study_keeps_finished_rows_and_goes_on_from_them(
    after: int, alone: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "AHEAD", 1)
    file = tmp_path / "rows.jsonl"
    part = simulate(wide(), 300, seed=9, executor=Stopping(after), resume=file)
    assert not part.complete
    rows = alone.table.set_index("scenario").loc[part.table["scenario"]].reset_index()
    assert_frame_equal(part.table, rows[part.table.columns], check_exact=True)
    if after:
        assert f"{len(part.table)} of 300 scenarios" in str(part)
    same_table(simulate(wide(), 300, seed=9, resume=file), alone)
    solved: list[Sequence[Any]] = []
    monkeypatch.setattr(Restarted, "__call__", lambda self, live, rows: solved.append(rows) if not self.pilots else
                        _pilots(self, live, rows))  # fmt: skip
    same_table(simulate(wide(), 300, seed=9, resume=file), alone)
    assert solved == []  # all but the pilots came from the file


_pilots = Restarted.__call__


def test_a_file_of_results_survives_a_cut_and_refuses_another_study(alone: Cloud, tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    simulate(wide(), 300, seed=9, resume=file)
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join(lines[:-1]) + lines[-1][:40])  # the power failed in the middle of a line
    same_table(simulate(wide(), 300, seed=9, resume=file), alone)
    assert all(json.loads(line.partition(" ")[2]) for line in file.read_text("utf-8").splitlines()[1:])
    for other in (lambda: simulate(wide(), 300, seed=8, resume=file), lambda: simulate(wide(59), 300, 9, resume=file)):
        with pytest.raises(FinoptError, match="another case, number of scenarios or seed"):
            other()
    damaged = tmp_path / "damaged.jsonl"
    damaged.write_bytes(lines[0] + lines[1][:40] + b"\n" + lines[2])
    same_table(simulate(wide(), 300, seed=9, resume=damaged), alone)
    notes = tmp_path / "notes.txt"
    for text in ("my notes\n", "my notes", "my notes\nand more", "\nmy notes", json.dumps({"study": "another"})):
        notes.write_text(text)
        with pytest.raises(FinoptError, match="no such file"):
            simulate(wide(), 300, seed=9, resume=notes)
        assert notes.read_text() == text
    with pytest.raises(FinoptError, match="cannot be used to keep results"):
        simulate(wide(), 300, seed=9, resume=tmp_path)


def test_slow_scenarios_give_the_same_table_in_a_pool() -> None:
    case = uncertain(random_case(3), drives("Grace", "Project/Discount rate/Value", "set", "uniform", 0.05, 0.09))
    (part,) = parts(case, sample(case, 12, 1))
    assert part.fast is None
    expected = simulate(case, 12)
    with process_pool(2) as pool:
        same_table(simulate(case, 12, executor=pool), expected)
    plan = finopt.solve(case.change("Project", "Discount rate", "Value", float(expected.samples.iloc[5, 0])))
    assert expected.table.loc[5, COST] == pytest.approx(plan.cost, rel=1e-7)


def test_slow_scenarios_tell_what_stays_unpaid_too() -> None:
    """Grant and equity come to 110."""
    case = uncertain(
        own_money(),
        drives("Size", "Packages/Works/Amount", "scale", "uniform", 1.0, 1.4),
        drives("Discounting", "Project/Discount rate/Value", "set", "uniform", 0.05, 0.09),
    )
    (part,) = parts(case, sample(case, 12, 1))
    assert part.fast is None
    cloud = simulate(case, 12)
    works = 100 * cloud.samples["Size"].to_numpy()
    assert works.max() > 120
    assert cloud.table[GAP].to_numpy() == pytest.approx(np.maximum(0, works - 110), abs=1e-9)
