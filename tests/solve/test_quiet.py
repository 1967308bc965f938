"""Nothing but finopt's own words reaches the standard output, whatever the solvers would like to say there."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.smoke

LOANS = Path(__file__).parent.parent / "cases" / "choice_of_loans" / "input.xlsx"
READ = f"import finopt; case = finopt.read_case({str(LOANS)!r})"
POOL = """
from finopt.study.engine import executor as runner
runner.PATIENCE = 90.0  # a loaded machine may take long to start workers, which would be said
with runner.process_pool(2) as pool:
    table = finopt.what_if(case, {str(i): case.change("Packages", "*", "Amount", scale=1 + i / 99) for i in range(9)},
                           executor=pool).table
assert len(table) == 10
"""


@pytest.mark.parametrize(
    "work",
    [
        "finopt.solve(case)",
        "finopt.solve(case, solver='cbc')",
        "finopt.what_if(case, {'dearer': case.change('Packages', '*', 'Amount', scale=1.1)})",
        "finopt.explain(case.change('Sources', '*', 'Limit', scale=0.01))",
        "import finopt.study.sensitivity.prices as prices; prices.confirmed(case)",
        POOL,
    ],
    ids=["highs", "cbc", "live", "explain", "prices", "workers"],
)
def test_solvers_print_nothing(work: str) -> None:
    """The file descriptor is what is watched: HiGHS and its workers write past Python's own streams."""
    done = subprocess.run([sys.executable, "-c", f"{READ}\n{work}"], capture_output=True, timeout=100, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
