"""Sheet names inside formulas: found, and changed.

Every other character of a user's formula stays as it is. That is why openpyxl's Tokenizer is not used: what it puts
together again has one blank for several, it gives up on ``A1#``, and ``Data!A1:Plan!B2`` is one operand to it, whose
names would have to be found by hand all the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection

_TOKEN = re.compile(
    r"""(?P<text>"(?:[^"]|"")*")"""
    r"""|'(?P<quoted>(?:[^']|'')+)'!"""
    r"""|(?<![\w.\]#'\\!])(?P<plain>[^\W\d][\w.]*(?::[^\W\d][\w.]*)?)!"""
)
_NAME = re.compile(r"(?<![\w.!\\'])[^\W\d][\w.\\]*(?![\w.\\(!'])")
Change = Callable[[str], str]


def renamed(formula: str, change: Change) -> str:
    """The formula with each sheet name changed; texts stay, but for links to a place (``"#Debt!A1"``)."""

    def one(found: re.Match[str]) -> str:
        text, names = found["text"], found["quoted"] or found["plain"]
        if text is not None:
            inside = text[1:-1].replace('""', '"')
            if not inside.startswith("#"):
                return str(text)
            return '"#' + renamed(inside[1:], change).replace('"', '""') + '"'
        old = names.replace("''", "'").split(":")
        new = [change(name) for name in old]
        return found[0] if new == old else quoted(":".join(new)) + "!"

    return _TOKEN.sub(one, formula) if "!" in formula else formula


def sheets_in(formula: str) -> set[str]:
    """The sheet names that a formula mentions, case folded; links in texts do not count."""
    if "!" not in formula:
        return set()
    found = (m["quoted"] or m["plain"] for m in _TOKEN.finditer(formula) if m["text"] is None)
    return {name.replace("''", "'").casefold() for names in found for name in names.split(":")}


def names_in(formula: str, known: Collection[str]) -> set[str]:
    """Those of the known defined names (case folded) that a formula mentions."""
    if not known:
        return set()
    bare = _TOKEN.sub(lambda m: '""' if m["text"] is not None else m[0], formula)
    return {m[0].casefold() for m in _NAME.finditer(bare)} & set(known)


def quoted(sheet: str) -> str:
    """A sheet name as formulas write it."""
    return "'" + sheet.replace("'", "''") + "'"
