"""What a scenario costs on the live model, and a simulation on one process, two, and a Dask cluster."""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np

import finopt
from finopt.case.case import Case
from finopt.case.change import Change
from finopt.solve.highs import HighsSolver
from finopt.solve.linear_program import LinearProgram
from finopt.solve.live_model import LiveModel, State
from finopt.study.engine.executor import process_pool

DEFAULT = Path(__file__).parent.parent.parent / "inputs" / "bering_tunnel.xlsx"
STEPS = 24
"""Scenarios of a kind, from low to high."""
Kind = Callable[[float], list[Change]]
RIGHT_SIDES: dict[str, Kind] = {
    "amounts": lambda x: [Change("Packages", "*", "Amount", scale=0.9 + 0.2 * x)],
    "budgets": lambda x: [Change("Budgets", "*", "*", scale=0.95 + 0.2 * x)],
    "limits": lambda x: [Change("Sources", "*", "Limit", scale=0.95 + 0.3 * x)],
    "revenue": lambda x: [Change("Revenue", "*", "*", scale=0.8 + 0.4 * x)],
}
RATES: dict[str, Kind] = {
    "base rate": lambda x: [Change("Curves", "SOFR", "*", add=0.02 * x - 0.01)],
    "fixed rate": lambda x: [Change("Sources", "TIFIA and RRIF", "Rate", 0.042 + 0.01 * x)],
}


def live() -> None:
    """A moved model against the bare restart of HiGHS, and against PuLP and a fresh solve; then whole simulations."""
    default = finopt.read_case(DEFAULT)
    for name, case in (("default", default), ("monthly", default.change("Project", "Period", "Value", "month"))):
        program = State.of(case, unfunded=False).program
        print(f"{name}: {len(program.cost):,} variables, {len(program.row_lower):,} rows")
        for kinds, target in ((RIGHT_SIDES, 1.5), (RATES, 3.0)):
            for word, kind in kinds.items():
                _moved(case, word, kind, target)


def _moved(case: Case, word: str, kind: Kind, target: float) -> None:
    """One kind of scenario, in order: the case changed, the model moved and solved; the bare restart; all afresh."""
    model, bare = LiveModel(case), HighsSolver()
    model.optimum()
    bare.solve(model.state.program)
    moving, restarting, changing, afresh = [], [], [], []
    for i, x in enumerate(np.linspace(0, 1, STEPS).tolist()):
        before = model.state.program
        started = time.perf_counter()
        changed = case.changed(kind(x))
        changing.append(time.perf_counter() - started)
        started = time.perf_counter()
        model.move(changed)
        found = model.optimum()
        moving.append(time.perf_counter() - started)
        restarting.append(_bare(bare, before, model.state.program))
        if i % 8 == 0:
            started = time.perf_counter()
            fresh = State.of(changed, unfunded=False)
            best = HighsSolver().solve(fresh.program)
            afresh.append(time.perf_counter() - started)
            assert np.isclose(fresh.program.cost @ best.x, model.state.program.cost @ found.x, rtol=1e-7)
    moved, restarted, built = (1e3 * median(spent) for spent in (moving, restarting, afresh))
    ratio = sum(moving[1:]) / sum(restarting[1:])
    print(
        f"  {word:<11} moved and solved {moved:6.1f} ms, bare restart {restarted:6.1f} ms: {ratio:4.2f} times "
        f"(target {target:g}); afresh {built:6.0f} ms: {built / moved:4.0f} times slower (target 20); "
        f"changing the case {1e3 * median(changing):.1f} ms"
    )


def _bare(solver: HighsSolver, old: LinearProgram, new: LinearProgram) -> float:
    """HiGHS alone: the new numbers in as few calls as it offers, and run."""
    highs, rows = solver._highs, np.arange(len(new.row_lower), dtype=np.int32)
    where = np.flatnonzero(old.values != new.values)
    places = zip(
        (np.searchsorted(new.starts, where, side="right") - 1).tolist(),
        new.columns[where].tolist(),
        new.values[where].tolist(),
        strict=True,
    )
    scaled = new.scaled()
    started = time.perf_counter()
    highs.changeRowsBounds(len(rows), rows, scaled.row_lower, scaled.row_upper)
    for row, column, value in places:
        highs.changeCoeff(row, column, value)
    highs.run()
    return time.perf_counter() - started


def simulation(count: int = 10_000, sample: int = 12) -> None:
    """The default case's own drivers: rate on one process, two, two of Dask; memory; against PuLP and a fresh solve."""
    case = finopt.read_case(DEFAULT)
    print(f"simulation: {count:,} scenarios, load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    alone = _timed(lambda: finopt.simulate(case, count), "one process", count)
    with process_pool(2) as pool:
        pool.submit(os.getpid).result(60)
        _timed(lambda: finopt.simulate(case, count, executor=pool), "two processes (target 150/s)", count)
        peaks = sorted({pool.submit(_memory).result(60) for _ in range(8)})
        print(f"  memory of a worker {', '.join(f'{peak:.0f}' for peak in peaks)} MB (target 400)")
    _dask(case, count)
    fresh = _afresh(case, sample)
    print(f"  built in PuLP and solved afresh {1e3 * fresh:.0f} ms, simulated {1e3 * alone / count:.1f} ms a scenario: "
          f"{fresh * count / alone:.0f} times slower (target 8)")  # fmt: skip


def _afresh(case: Case, count: int) -> float:
    """Median seconds of a scenario built in PuLP and solved by itself."""
    from finopt.study.simulation.affine_map import case_of
    from finopt.study.simulation.sampling import sample as draw

    spent = []
    for row in draw(case, count, 1).tolist():
        changed = case_of(case, case.drivers, row)
        started = time.perf_counter()
        state = State.of(changed, unfunded=True)
        HighsSolver().solve(state.program)
        spent.append(time.perf_counter() - started)
    return median(spent)


def _dask(case: Case, count: int) -> None:
    from distributed import Client, LocalCluster

    spent = []
    for workers in (1, 2):
        with (
            LocalCluster(n_workers=workers, threads_per_worker=1, processes=True, dashboard_address=None) as cluster,
            Client(cluster) as client,
        ):
            executor = client.get_executor()
            spent.append(_timed(lambda: finopt.simulate(case, count, executor=executor), f"Dask, {workers}", count))  # noqa: B023
    print(f"  two workers of Dask against one: {spent[0] / spent[1]:.2f} times (target 1.7)")


def _timed(action: Callable[[], object], words: str, count: int) -> float:
    started = time.perf_counter()
    action()
    spent = time.perf_counter() - started
    print(f"  {words}: {spent:.0f} s, {count / spent:.0f} scenarios a second")
    return spent


def _memory() -> float:
    """Most memory that this process ever held, MB."""
    time.sleep(0.05)  # so that every process of a pool gets one of these
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
