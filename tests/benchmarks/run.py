"""Measure the figures of this folder's README: ``python -m tests.benchmarks.run``, or some of its parts by name.

Ratios are taken within one run: what is compared takes turns, several times, and the medians are divided.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from finopt.model.build import build
from finopt.solve.highs import HighsSolver
from finopt.solve.linear_program import compile_problem
from finopt.solve.live_model import LiveModel
from finopt.study.sensitivity.limits import Probe
from finopt.study.sensitivity.prices import confirmed
from tests.benchmarks.generate import monthly_case
from tests.benchmarks.live import live, simulation
from tests.benchmarks.writing import writing

ROOT = Path(__file__).parent.parent.parent
IMPORTS = "import pandas, openpyxl, pulp, highspy, xlsxwriter"
CODE = "from tests.benchmarks.run import million_draws; million_draws()"


def seconds(action: Callable[[], object]) -> float:
    """How long an action takes on the wall."""
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def startup(repetitions: int = 7) -> None:
    """Whole `finopt run` on the default case against a process that only imports what it cannot do without."""
    with tempfile.TemporaryDirectory() as folder:
        report = str(Path(folder) / "report.xlsx")
        job = [sys.executable, "-m", "finopt.cli", "run", str(ROOT / "inputs" / "bering_tunnel.xlsx"), "-o", report]
        bare = [sys.executable, "-c", IMPORTS]
        runs, floors = [], []
        for _ in range(repetitions + 1):  # the first turn warms the file cache and does not count
            floors.append(seconds(lambda: subprocess.run(bare, check=True, timeout=600)))
            runs.append(seconds(lambda: subprocess.run(job, check=True, stdout=subprocess.DEVNULL, timeout=600)))
    whole, floor = median(runs[1:]), median(floors[1:])
    print(f"startup: finopt run {whole:.2f} s, imports alone {floor:.2f} s, ratio {whole / floor:.2f} (target 3)")


def building(repetitions: int = 7) -> None:
    """PuLP build plus compile against HiGHS' own run of the first aim."""
    case = monthly_case(sources=10, packages=10)
    builds, solves = [], []
    for _ in range(repetitions):
        started = time.perf_counter()
        model = build(case)
        program = compile_problem(model.problem).program
        builds.append(time.perf_counter() - started)
        engine = HighsSolver()
        solves.append(seconds(lambda engine=engine, program=program: engine.solve(program)))  # type: ignore[misc]
    ratio = median(builds) / median(solves)
    size = f"{len(program.cost):,} variables, {len(program.row_lower):,} rows"
    print(
        f"build: {size}: PuLP and compile {median(builds):.2f} s, HiGHS {median(solves):.2f} s, "
        f"ratio {ratio:.2f} (target 2)"
    )


def prices() -> None:
    """All prices of the default case with their confirmation, against one restart for each binding limit."""
    import finopt

    plan = finopt.solve(finopt.read_case(ROOT / "inputs" / "bering_tunnel.xlsx"))
    steps = Probe(LiveModel(plan.case).state)
    row = steps.model.rows["party_budget", (0, "2029")]
    restart = median(
        seconds(lambda step=step: steps.at(row, step)) for step in (5.0, -5.0, 2.0, -2.0, 1.0, -1.0, 0.5, -0.5)
    )
    alone = median(seconds(lambda: confirmed(finopt.build(plan.case))) for _ in range(3))
    limits = len(confirmed(finopt.build(plan.case)).limits)
    spent = seconds(lambda: confirmed(plan, terms=False))
    print(
        f"prices: {limits} binding limits, one restart {1000 * restart:.1f} ms; limits alone {alone:.2f} s, "
        f"{alone / limits / restart:.1f} restarts a limit; with unused sources, covenants and shares {spent:.2f} s, "
        f"{spent / limits / restart:.1f} (target 20)"
    )


def million() -> None:
    """One million draws, built and solved in a process of its own."""
    subprocess.run([sys.executable, "-c", CODE], check=True, cwd=ROOT, timeout=600)


def million_draws() -> None:
    """Build and solve one million draws in this process; print the time and the most memory it ever held."""
    import finopt

    case = monthly_case(sources=10, packages=1400, running_sums=False)
    plan = finopt.solve(case)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    phases = ", ".join(f"{phase} {spent:.0f} s" for phase, spent in plan.proof.timings.items())
    print(f"million: {plan.proof.columns:,} variables, {plan.proof.rows:,} rows: {phases}; {peak:.1f} GB (target 8)")


PARTS: dict[str, Callable[[], None]] = {
    "startup": startup,
    "build": building,
    "prices": prices,
    "writing": writing,
    "live": live,
    "simulation": simulation,
    "million": million,
}

if __name__ == "__main__":
    for name in sys.argv[1:] or PARTS:
        PARTS[name]()
