"""Tables for CSV: numbers stay numbers, and no spreadsheet reads a text as a formula."""

from __future__ import annotations

from typing import Any

import pandas as pd

from finopt.literal import csv_text


def csv_table(table: pd.DataFrame) -> pd.DataFrame:
    """The table with each heading and each text in its form for CSV."""
    words = table.select_dtypes(exclude="number").columns
    made = table.assign(**{str(column): table[column].map(_literal) for column in words})
    return made.rename(columns=lambda name: csv_text(str(name)))


def _literal(value: Any) -> Any:
    return csv_text(value) if isinstance(value, str) else value
