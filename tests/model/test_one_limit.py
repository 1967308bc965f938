"""One class, one limit: a column, a family and a line of registration, and every question about limits knows it.

The limit of these tests stands in this file alone: no draw of a source is larger than a share of what it offers, as a
lender writes who does not want to fund a project in one go. Its answers are worked out by hand on the case of three
lenders (tests/study/small.py), who pay 100 at the end of 2030 at 5%, 8% and 12%: North 70, South 50, East 30.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import openpyxl
import pytest

import finopt
import finopt.model.build
from finopt import Vary
from finopt.case.arrays import Data
from finopt.case.case import Case
from finopt.case.kinds import Share
from finopt.case.row import Column, Origin
from finopt.case.sheets import SHEETS, Source
from finopt.finance import Array
from finopt.model.family import Family, Key, Terms
from finopt.model.places import Hold, field
from finopt.model.variables import Variables, scaled
from finopt.solve.live_model import LiveModel
from finopt.study.sensitivity.prices import confirmed
from tests.model.recording import faults
from tests.report.recalc import formualized
from tests.report.test_report import decision, failing, rows_of
from tests.study.small import BEST, lenders

INPUTS = Path(__file__).parent.parent.parent / "inputs"
TITLE = "Largest draw share"


class Offer(Source):
    """A source with one column more."""

    largest_draw_share: Annotated[
        Share | None, Column(TITLE, "share", "Largest draw of a period, as a share of Limit.", "no limit")
    ] = None


class LargestDraw(Family):
    """No draw of a source is larger than a share of what it offers.

    funding[s,t] <= largest draw share[s] · limit[s]              each source s with one, period t
    """

    name, index, share = "largest_draw", "s t", True
    left_uses = ("fx", "Sources.largest_draw_share")
    right_uses = ("limit", "Sources.largest_draw_share")

    def left(self, data: Data, v: Variables) -> Iterator[Terms]:
        for s, share in enumerate(data.value("Sources.largest_draw_share")):
            if share is not None:
                yield from (Terms((s, t), "<=", v.funding(s, t)) for t in range(len(data.calendar)))

    def right(self, data: Data, keys: Sequence[Key]) -> Array:
        shares = data.value("Sources.largest_draw_share")
        return np.array([shares[int(s)] * data.limit[int(s)] for s, _ in keys])

    def holds(self, data: Data, key: Key) -> Iterator[Hold]:
        source = data.case.sources[int(key[0])]
        yield Hold(field(source, "largest_draw_share"), source.limit)


class LargestPart(LargestDraw):
    """The same of what is committed: the number multiplies a variable.

    funding[s,t] <= largest draw share[s] · commit[s]             each source s with one, period t
    """

    def left(self, data: Data, v: Variables) -> Iterator[Terms]:
        shares = data.value("Sources.largest_draw_share")
        for key, sense, pairs in super().left(data, v):
            if pairs:
                s = int(key[0])
                yield Terms(key, sense, [*pairs, *scaled([(v.commit[s], 1.0)], -shares[s])])

    def right(self, data: Data, keys: Sequence[Key]) -> Array:
        return np.zeros(len(keys))

    def holds(self, data: Data, key: Key) -> Iterator[Hold]:
        yield from (Hold(hold.place, None) for hold in super().holds(data, key))


@pytest.fixture(params=[LargestDraw, LargestPart], ids=["of the limit", "of the commitment"])
def family(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Family:
    """The limit, registered: a column of sheet Sources, and one line more among the families."""
    made: Family = request.param()
    monkeypatch.setitem(SHEETS, "Sources", Offer)  # type: ignore[arg-type]
    monkeypatch.setattr(finopt.model.build, "FAMILIES", (*finopt.model.build.FAMILIES, made))
    return made


def limited(north: float | None) -> Case:
    """The case of three lenders, of whom North may pay this share of its 70 at once; its cell is Sources!H2."""
    case = lenders()
    first, *others = case.tables["Sources"]
    cells = Origin("Sources", 2, {"largest_draw_share": "H2"})
    changed = first.changed(largest_draw_share=north, origin=cells)
    return Case({**case.tables, "Sources": (changed, *others)})


# North 35, South 50, East 15: 1.75 + 4 + 1.8. Without the limit North pays 70 and South 30, at 5.9.
HALF = 7.55


def test_solve_obeys_it(family: Family) -> None:
    assert finopt.solve(limited(None)).cost == pytest.approx(BEST)
    assert finopt.solve(limited(0.5)).cost == pytest.approx(HALF)


def test_a_live_model_obeys_it_in_all_directions(family: Family) -> None:
    live = LiveModel(limited(None))
    for share, cost in ((None, BEST), (0.5, HALF), (0.6, 7.06), (None, BEST), (0.5, HALF)):  # 7 more of North at 0.07
        assert live.solve(limited(share)).cost == pytest.approx(cost)
    assert live.moved["built"] == 4  # from 0.5 to 0.6 only numbers move


def test_what_if_and_sweep_obey_it(family: Family) -> None:
    case = limited(None)
    asked = finopt.what_if(case, {"half": case.change("Sources", "North loan", TITLE, 0.5)})
    assert asked.table.set_index("scenario").loc["half", "financing cost"] == pytest.approx(HALF)
    swept = finopt.sweep(limited(0.5), Vary("Sources", "North loan", TITLE, [0.4, 0.6, 1.0]))
    # at 0.4 North pays 28, South 50, East 22: 1.4 + 4 + 2.64; at 0.6 42, 50 and 8: 2.1 + 4 + 0.96
    assert swept.table["financing cost"].tolist() == pytest.approx([8.04, 7.06, BEST])


def test_its_price_is_told_and_confirmed(family: Family) -> None:
    prices = confirmed(limited(0.5), terms=False)
    (row,) = prices.limits[prices.limits["family"] == "largest_draw"].to_dict("records")
    assert row["limit"] == "North loan's largest draw share in 2030"
    assert (row["cell"], row["confirmed"]) == ("Sources!H2", True)
    assert row["price"] == pytest.approx(-0.07)  # one more from North is one less from East
    assert "than North loan's largest draw share in 2030 allows saves" in row["sentence"]
    ratios = prices.covenants
    if isinstance(family, LargestPart):  # a hundredth more or less of 70, at 0.07
        (ratio,) = ratios.to_dict("records")
        assert ratio["what"] == "North loan's largest draw share"
        assert (ratio["tighter"], ratio["looser"]) == (0.49, 0.51)
        assert (ratio["change_tighter"], ratio["change_looser"]) == pytest.approx((0.049, -0.049))
    else:
        assert ratios.empty


def test_explain_names_its_cell_and_repairs_loosen_it(family: Family) -> None:
    told = finopt.explain(limited(0.2))  # North 14, South 50, East 30: 6 are missing
    clauses = [clause for clash in told.clashes for clause in clash.clauses if clause.column == TITLE]
    assert [clause.address for clause in clauses] == ["Sources!H2"]
    assert clauses[0].says == "North loan's largest draw share is 20% in 2030"
    (repair,) = [r for r in told.repairs if r.who == ("North loan's largest draw share",)]
    # North must pay 20 of its 70: 1 + 4 + 3.6, and a trifle less for the rounding of the share upwards
    assert repair.cost == pytest.approx(8.6, abs=0.01)
    mended = repair.apply(limited(0.2)).sources[0]
    assert 20 / 70 <= mended.largest_draw_share <= 20 / 70 + 0.001  # type: ignore[attr-defined]


def test_the_checks_sheet_holds_it_as_a_live_formula(family: Family, tmp_path: Path) -> None:
    path = finopt.write_report(finopt.solve(limited(0.5)), tmp_path / "report.xlsx")
    label = "North loan's largest draw share"
    results = {row[0]: (number, row[4]) for number, row in rows_of(path, "Checks")}
    number, verdict = results[label]
    assert verdict == "PASS"
    cell, value = decision(path, "Bridge", "North loan", "2030")
    used = {("Checks", f"F{number}"): None, ("Checks", f"E{number}"): None}
    again = formualized(path, used, {cell: value + 1})
    assert again["Checks", f"F{number}"] == pytest.approx(1.0)
    assert again["Checks", f"E{number}"] == "FAIL"
    assert label in failing(path, {cell: value + 1})
    assert label not in failing(path, {cell: value - 1})


def test_a_looser_share_on_inputs_moves_the_check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SHEETS, "Sources", Offer)  # type: ignore[arg-type]
    monkeypatch.setattr(finopt.model.build, "FAMILIES", (*finopt.model.build.FAMILIES, LargestDraw()))
    path = finopt.write_report(finopt.solve(limited(0.5)), tmp_path / "report.xlsx")
    book = openpyxl.load_workbook(path)
    (number,) = [n for n, row in rows_of(path, "Checks") if row[0] == "North loan's largest draw share"]
    formula = str(book["Checks"][f"F{number}"].value)
    share = formula.split("Inputs!")[1].split(")")[0].replace("$", "")
    assert book["Inputs"][share].value == 0.5
    again = formualized(path, {("Checks", f"F{number}"): None}, {("Inputs", share): 0.4})
    assert again["Checks", f"F{number}"] == pytest.approx(7.0)  # 35 drawn, 28 allowed


def test_it_declares_what_it_reads(family: Family) -> None:
    assert faults(finopt.build(limited(0.5)), [family]) == []


class Undeclared(LargestDraw):
    """As written by somebody who forgot an array on the left and a column on the right."""

    name = "undeclared_draw"
    left_uses: tuple[str, ...] = ("Sources.largest_draw_share",)
    right_uses: tuple[str, ...] = ("limit",)


def test_a_family_that_reads_what_it_does_not_declare_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SHEETS, "Sources", Offer)  # type: ignore[arg-type]
    monkeypatch.setattr(finopt.model.build, "FAMILIES", (*finopt.model.build.FAMILIES, Undeclared()))
    found = faults(finopt.build(limited(0.5)), [Undeclared()])
    assert found == [
        "undeclared_draw.left reads fx",
        "undeclared_draw.right reads Sources.largest_draw_share",
    ]


# ------------------------------------------------------------------ a case of the world, read from a workbook


class Plain(Family):
    """As a newcomer writes it: rows, and what they read; nothing else."""

    name, index = "newcomer", "s t"
    left_uses, right_uses = ("fx", "Sources.largest_draw_share"), ("limit", "Sources.largest_draw_share")
    left, right = LargestDraw.left, LargestDraw.right


@pytest.fixture
def amur(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Case:
    """The Amur rail bridge, its workbook with one column more, still blank."""
    monkeypatch.setitem(SHEETS, "Sources", Offer)  # type: ignore[arg-type]
    monkeypatch.setattr(finopt.model.build, "FAMILIES", (*finopt.model.build.FAMILIES, Plain()))
    book = openpyxl.load_workbook(INPUTS / "amur_rail_bridge.xlsx")
    sheet: Any = book["Sources"]
    (header,) = [row for row in sheet.iter_rows() if any(cell.value == "Instrument" for cell in row)]
    last = max(cell.column for cell in header if cell.value is not None)
    sheet.cell(header[0].row, last + 1, TITLE)
    book.save(tmp_path / "amur.xlsx")
    return finopt.read_case(tmp_path / "amur.xlsx")


def test_a_newcomers_limit_is_not_ignored_by_the_studies(amur: Case) -> None:
    """The fault that this house was built for: `solve` obeyed such a limit and `what_if` silently did not."""
    base, source = finopt.solve(amur).cost, "VEB.DV loan"
    tighter = amur.change("Sources", source, TITLE, 0.3)
    afresh = finopt.solve(tighter).cost
    assert afresh > base + 1
    asked = finopt.what_if(amur, {"as it is": amur, "tighter": tighter})
    assert asked.table["financing cost"].tolist() == pytest.approx([base, base, afresh][-len(asked.table) :], rel=1e-9)
    swept = finopt.sweep(amur, Vary("Sources", source, TITLE, [0.3, 0.4, 1.0]))
    fresh = [finopt.solve(amur.change("Sources", source, TITLE, x)).cost for x in (0.3, 0.4, 1.0)]
    assert swept.table["financing cost"].tolist() == pytest.approx(fresh, rel=1e-9)
