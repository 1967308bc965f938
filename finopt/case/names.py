"""Names that the workbook, the model and the report share, and how two of them are the same."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

FINANCING_COSTS = "Financing costs"
REFINANCING = "Refinancing"
PROJECT_ACCOUNT = "Project account"
PROJECT = "project"
BUILT_IN_USES = (FINANCING_COSTS, REFINANCING)
RESULT_MARK = "_finopt_sheet"
"""Hidden name, local to a sheet, that marks a result which finopt wrote back: never read as input."""


@lru_cache(maxsize=100_000)
def fold(text: str) -> str:
    """The form in which two headers or names are the same: no case, spaces, underscores, or unit in brackets."""
    plain = unicodedata.normalize("NFKC", text)
    plain = re.sub(r"[\(\[][^\)\]]*[\)\]]\s*$", "", plain)
    return re.sub(r"[\s_]+", "", plain).casefold()


@lru_cache(maxsize=100_000)
def same(text: str | None) -> str:
    """The form in which two names are one: no case, no odd spaces. Brackets stay: `Loan (EUR)` is not `Loan (USD)`.

    A name that could not be read is the empty one: checks also run on rows with faults, to say all of them at once.
    """
    return " ".join(unicodedata.normalize("NFKC", text or "").split()).casefold()


def nearest(word: str, words: Iterable[str]) -> str:
    """A hint that names the nearest known word, or lists what is known."""
    known = list(dict.fromkeys(words))
    close = difflib.get_close_matches(word.casefold(), [w.casefold() for w in known], 1, 0.6)
    if close:
        return f"did you mean {next(w for w in known if w.casefold() == close[0])}?"
    return "known: " + ", ".join(known) if known else "none is defined"
