"""A compare workbook read into the terms on which cases are compared."""

from __future__ import annotations

from pathlib import Path

from finopt.basis import BASIS_SHEETS, Basis, basis_of
from finopt.errors import CaseError, Finding
from finopt.read.workbook import read_tables


def read_basis(path: str | Path) -> Basis:
    """Read a compare workbook. Raises CaseError with every fault, or where the workbook is not one."""
    basis = basis_or_none(path)
    if basis is None:
        wanted = "the sheets Comparison and Criteria of a compare workbook"
        raise CaseError([Finding(str(path), "", "", "neither Comparison nor Criteria", wanted)])
    return basis


def basis_or_none(path: str | Path) -> Basis | None:
    """The terms that a workbook states, or None where it is not a compare workbook: perhaps a case."""
    tables = read_tables(path, BASIS_SHEETS)
    return None if tables is None else basis_of(tables)
