"""Certificate: why no cheaper plan exists, in figures that an auditor can add up without the program.

Any set of prices (duals) of a linear program's rows gives a bound that no plan can beat. The sheet shows the prices,
adds up the bound they give, and sets it beside the plan: where the two meet, the plan is optimal.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from finopt.plan import AimProof, Certificate
from finopt.report.excel.page import Page
from finopt.report.excel.sheet import Book, Cell, Sheet, finite
from finopt.tolerances import CERTIFIED, LEAST_AIM

MOST = 4000
"""Most rows of the program that are shown one by one; the rest is added up by family."""
ABOUT = "Proof that no plan does better: the prices of the limits, the bound that they add up to, and the gap to it."
PRIMAL = "Final plan"
WORDS = (
    "How to read it: each row of the program is a limit or an identity of the model. Its dual is the change of the "
    "first aim for one more unit of the limit.",
    "Whatever the duals are, as long as their signs fit, the sum of dual x limit over all rows and columns is a bound "
    "that no plan can beat.",
    "The plan reaches that bound but for the gap, so it is optimal. The sums below are formulas: change a dual and the "
    "bound, the gap and the verdict follow.",
)
HELD = (
    "This program has whole numbers. They are held at their final values here: the bound below is that of the program "
    "with them held; that no other whole numbers do better is the bound of the solver's search, in the table of aims."
)


@dataclass(frozen=True)
class Priced:
    """What adds up to the dual bound: one row or column of the program, or the rest of a family in one figure."""

    family: str
    words: str
    activity: float
    lower: float
    upper: float
    dual: float
    final: float

    @property
    def limit(self) -> float:
        """The limit that the dual prices."""
        return self.lower if self.dual > 0 else self.upper


def write(book: Book) -> None:
    """Write the sheet; the cells ``certificate gap`` and ``certificate size`` feed the checks."""
    proof = book.plan.certificate
    sheet = Sheet(book, "Certificate", ABOUT)
    _frame(sheet)
    row = _words(sheet, 4, (*WORDS, *((HELD,) if proof.whole else ())))
    at = row + 1
    """Where the first aim's figures stand; what they add up comes below and is written first."""
    row = _aims(sheet, at + 9, proof.aims)
    row = _violations(sheet, row + 1, proof)
    rows, left = _listed(proof)
    row = _families(sheet, row + 1, proof, left)
    row, by_rows = _table(sheet, row + 1, "Rows of the program with a dual and a limit other than zero", rows)
    row, by_columns = _table(
        sheet, row + 1, "Columns whose reduced cost meets a bound other than zero", _columns(proof)
    )
    _first_aim(sheet, at, proof, [*by_rows, *by_columns, ("the families' rows left out", left)])
    for column, width in enumerate((34, 46, 16, 14, 14, 14, 14, 16, 16, 14)):
        sheet.ws.set_column(column, column, sheet.width(column, width))


def _frame(sheet: Sheet) -> None:
    sheet.ws.freeze_panes(2, 0)
    sheet.ws.repeat_rows(0, 1)


def _words(sheet: Sheet, row: int, sentences: Sequence[str]) -> int:
    for sentence in sentences:
        sheet.text(row, 0, sentence, "muted")
        row += 1
    return row


def _heading(sheet: Sheet, row: int, title: str, columns: Sequence[str]) -> int:
    """A band with the title of a table, and the titles of its columns."""
    for column in range(10):
        sheet.text(row, column, title if column == 0 else "", "band")
    for column, words in enumerate(columns):
        sheet.text(row + 1, column, words, "head", bottom=1, align="left" if column < 2 else "right")
    return row + 2


def _first_aim(sheet: Sheet, row: int, proof: Certificate, parts: Sequence[tuple[str, float]]) -> None:
    """Primal and dual objective of the first aim, and the gap between them, as formulas."""
    book, aim = sheet.book, proof.aims[0]
    row = _heading(sheet, row, f"First aim: {aim.words}", ("Figure", "What it is", "Value"))
    cost = book.cells["data cost"]
    if aim.measure == "financing cost":
        words = "sum over sheet Data: what funders take out less what pays uses, each times its discount factor"
        _figure(sheet, row, PRIMAL, words, f"={cost.ref(sheet.name)}", float(cost.value))
    else:
        words = "the measure in the final plan, as its flows give it"
        _figure(sheet, row, PRIMAL, words, None, aim.final)
    primal = _figure(sheet, row + 1, "Primal objective", "the best that was found when the first aim alone counted",
                     None, aim.primal)  # fmt: skip
    formula = "+".join(place for place, _ in parts[:-1]) or "0"
    value = proof.sign * sum(value for _, value in parts)
    rest = f"+({parts[-1][1]!r})" if parts[-1][1] else ""
    dual = _figure(sheet, row + 2, "Dual objective", "sum of dual x limit below: no plan can be better than this",
                   f"={'-' if proof.sign < 0 else ''}({formula}{rest})", value)  # fmt: skip
    size = _figure(sheet, row + 3, "Size", "sum of the absolute terms of the aim, the scale of the gap", None, aim.size)
    book.cells["certificate size"] = size
    gap = abs(float(primal.value) - float(dual.value)) / max(float(size.value), LEAST_AIM)
    formula = f"=ABS(C{row + 1}-C{row + 2})/MAX(C{row + 3},{LEAST_AIM:.0E})"
    book.cells["certificate gap"] = _figure(sheet, row + 4, "Gap", "between the two, as a share of the size", formula,
                                            gap, "tiny")  # fmt: skip
    sheet.text(row + 5, 0, "Verdict")
    sheet.text(row + 5, 1, f"PASS: the gap is at most {CERTIFIED:g}", "muted")
    _verdict(sheet, row + 5, 2, f"C{row + 4}", gap)


def _figure(
    sheet: Sheet, row: int, label: str, words: str, formula: str | None, value: float, number: str = "money"
) -> Cell:
    sheet.text(row, 0, label)
    sheet.text(row, 1, words, "muted")
    if formula is None:
        return sheet.number(row, 2, finite(value), number, "decision")
    return sheet.formula(row, 2, formula, value, number, bold=True)


def _verdict(sheet: Sheet, row: int, column: int, cell: str, value: float) -> None:
    word = "PASS" if value <= CERTIFIED else "FAIL"
    sheet.formula(row, column, f'=IF({cell}<={CERTIFIED!r},"PASS","FAIL")', word, "text", align="right")
    sheet.verdicts(row, column, row, column)


def _aims(sheet: Sheet, row: int, aims: Sequence[AimProof]) -> int:
    """Every aim in order: what it reached, the bound, the gap, and what later aims took of its tolerance."""
    titles = ("Aim", "", "Reached", "Bound", "Size", "Gap", "Final plan", "Tolerance", "Worse by", "Verdict")
    row = _heading(sheet, row, "Aims, one after the other: value and bound when the turn of each came", titles)
    for aim in aims:
        sheet.text(row, 0, aim.words)
        for column, value, number in (
            (2, aim.primal, "money"), (3, aim.dual, "money"), (4, aim.size, "money"), (6, aim.final, "money"),
            (7, aim.tolerance, "share"),
        ):  # fmt: skip
            sheet.number(row, column, value, number, "decision")
        gap = abs(aim.primal - aim.dual) / max(aim.size, LEAST_AIM)
        sheet.formula(row, 5, f"=ABS(C{row}-D{row})/MAX(E{row},{LEAST_AIM:.0E})", gap, "tiny")
        turn = "" if aim.aim == "minimise" else "-"
        worse = (aim.final - aim.primal) * (-1.0 if turn else 1.0)
        sheet.formula(row, 8, f"={turn}(G{row}-C{row})", worse, "money")
        _aim_verdict(sheet, row, aim, gap, worse)
        row += 1
    return row


def _aim_verdict(sheet: Sheet, row: int, aim: AimProof, gap: float, worse: float) -> None:
    """The gap is closed, and the final plan is worse by no more than the tolerance."""
    kept = gap <= CERTIFIED and worse <= aim.tolerance * abs(aim.primal) + CERTIFIED * max(aim.size, LEAST_AIM)
    room = f"H{row}*ABS(C{row})+{CERTIFIED!r}*MAX(E{row},{LEAST_AIM:.0E})"
    formula = f'=IF(AND(F{row}<={CERTIFIED!r},I{row}<={room}),"PASS","FAIL")'
    sheet.formula(row, 9, formula, "PASS" if kept else "FAIL", "text", align="right")
    sheet.verdicts(row, 9, row, 9)


def _violations(sheet: Sheet, row: int, proof: Certificate) -> int:
    """The largest violation of each kind, over all rows and columns, those left out below included."""
    titles = ("Largest violation of a", "Where", "Relative", "Amount", "Size", "Verdict")
    row = _heading(sheet, row, "Largest violations in the final plan, each against the size of its own row", titles)
    for found in proof.violations:
        sheet.text(row, 0, found.kind)
        sheet.text(row, 1, found.place or "none", "muted")
        for column, value in ((2, found.figure), (3, found.amount), (4, found.size)):
            sheet.number(row, column, value, "tiny", "decision")
        _verdict(sheet, row, 5, f"C{row}", found.figure)
        row += 1
    return row


def _priced(table: pd.DataFrame, dual: str) -> pd.Series:
    """The product of each dual and the limit that it prices; zero where the dual is."""
    limit = np.where(table[dual] > 0, table["lower"], table["upper"])
    return pd.Series(np.where(table[dual] == 0, 0.0, table[dual] * np.where(table[dual] == 0, 0.0, limit)), table.index)


def _listed(proof: Certificate) -> tuple[list[Priced], float]:
    """The rows shown one by one, those that weigh most first where there are too many, and what the rest adds up to."""
    table = proof.rows
    products = _priced(table, "dual")
    weighty = products[products != 0].abs().sort_values(ascending=False, kind="stable").index
    shown = table.loc[sorted(weighty[:MOST])]
    words = [(row["family"], row["key"]) for row in shown.to_dict("records")]
    return _of(words, shown, "activity", "dual"), float(products.loc[weighty[MOST:]].sum())


def _columns(proof: Certificate) -> list[Priced]:
    table = proof.columns
    shown = table[_priced(table, "reduced_cost") != 0]
    return _of([("column", str(name)) for name in shown["name"]], shown, "value", "reduced_cost")


def _of(words: Sequence[tuple[str, str]], table: pd.DataFrame, activity: str, dual: str) -> list[Priced]:
    figures = table[[activity, "lower", "upper", dual, "final"]].to_numpy(float)
    return [Priced(family, key, *row) for (family, key), row in zip(words, figures.tolist(), strict=True)]


def _families(sheet: Sheet, row: int, proof: Certificate, left: float) -> int:
    """How many rows of each family there are, and what is not listed below."""
    titles = ("Family", "", "Rows", "with a dual", "Largest violation", "Dual x limit")
    row = _heading(sheet, row, "Rows of the program by family", titles)
    table = proof.rows.assign(product=_priced(proof.rows, "dual"))
    for family, group in table.groupby("family", sort=False):
        sheet.text(row, 0, str(family))
        off = np.fmax(0.0, np.fmax(group["lower"] - group["final"], group["final"] - group["upper"]))
        sheet.number(row, 2, float(len(group)), "count", "decision")
        sheet.number(row, 3, float((group["dual"] != 0).sum()), "count", "decision")
        sheet.number(row, 4, float(off.max()), "tiny", "decision")
        sheet.number(row, 5, float(group["product"].sum()), "money", "decision")
        row += 1
    words = "Rows whose dual or limit is zero add nothing to the bound and are not listed below."
    if left:
        words += f" Of the others the {MOST:,} that weigh most are listed; the rest adds up to {left:,.6f}."
    sheet.text(row, 0, words, "muted")
    return row + 1


def _table(sheet: Sheet, row: int, title: str, priced: Sequence[Priced]) -> tuple[int, list[tuple[str, float]]]:
    """A table of rows or columns with formulas for what each adds; and the sum of it all, as formula and value."""
    titles = ("Family", "In words", "Activity", "Lower", "Upper", "Dual", "Limit priced", "Dual x limit", "Final plan",
              "Off by")  # fmt: skip
    row = _heading(sheet, row, title, titles)
    if not priced:
        sheet.text(row, 0, "none", "muted")
        return row + 1, []
    first = row
    for one in priced:
        _write_priced(sheet, row, one)
        row += 1
    formula = f"SUMPRODUCT(F{first}:F{row - 1},G{first}:G{row - 1})"
    return row, [(formula, float(sum(one.dual * one.limit for one in priced)))]


def _write_priced(sheet: Sheet, row: int, one: Priced) -> None:
    sheet.text(row, 0, one.family)
    sheet.text(row, 1, one.words)
    for column, value in ((2, one.activity), (3, one.lower), (4, one.upper), (5, one.dual), (8, one.final)):
        if np.isfinite(value):
            sheet.number(row, column, float(value), "number" if column == 5 else "money", "decision")
        else:
            sheet.text(row, column, "none", "decision", align="right")
    sheet.formula(row, 6, f"=IF(F{row}>0,D{row},E{row})", one.limit, "money")
    sheet.formula(row, 7, f"=F{row}*G{row}", one.dual * one.limit, "money")
    sides = [side for side, text in _sides(row, one)]
    formula = "=MAX(0," + ",".join(text for _, text in _sides(row, one)) + ")"
    sheet.formula(row, 9, formula, max(0.0, *sides), "tiny")


def _sides(row: int, one: Priced) -> Iterator[tuple[float, str]]:
    """By how much the final plan is beyond each limit that there is, as value and formula."""
    if np.isfinite(one.lower):
        yield one.lower - one.final, f"D{row}-I{row}"
    if np.isfinite(one.upper):
        yield one.final - one.upper, f"I{row}-E{row}"


PAGE = Page(
    "Certificate",
    "The proof that no plan does better: prices, the bound that they add up to, the gap to it",
    write,
    after=("Data",),
)
