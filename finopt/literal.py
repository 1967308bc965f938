"""The user's text as text: one function a kind of output, so that nothing of it is ever executed.

A name may begin with ``=``, hold braces, look like a range of cells, or carry characters that XML or a terminal takes
for orders. Every place that writes such a text asks here for its form in that kind of output; what is written with it
comes out as words. This module imports nothing of finopt, and the whole of finopt may import it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

LONGEST_CELL = 32_767
"""Most characters that Excel keeps in a cell: a longer text would be left out without a word."""
LONGEST_LABEL = 84
"""Most characters of a name in a heading, a legend or a row's label; sheets Inputs and Data have it whole."""
CUT = "\u2026"
"""Stands where a text was cut."""
_TAIL = 20
"""Characters kept after a cut: names of a kind often differ at their end."""
_BIDI = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_INVISIBLE = re.compile(
    f"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u200b-\u200d\u2060\ufeff\ufffe\uffff\ud800-\udfff{_BIDI}]"
)
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ORDERS = re.compile(f"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff{_BIDI}]")
_FORMULA = re.compile("(^|[;\t\r\n])(?=['\"\\s]*[=+\\-@\uff1d\uff0b\uff0d\uff20])")
_NOT_LP = re.compile("[^A-Za-z0-9.]+")


def visible(text: str) -> str:
    """A text without what nobody sees: controls, marks of direction, zero width."""
    return text if text.isascii() and text.isprintable() else _INVISIBLE.sub("", text)


def tidy(text: str) -> str:
    """A text in one line: what can be seen of it, without odd or doubled white space."""
    return " ".join(visible(text).split())


def shortened(text: str, most: int = LONGEST_LABEL) -> str:
    """A text of at most so many characters; a longer one loses its middle, and an ellipsis says so."""
    if len(text) <= most:
        return text
    tail = min(_TAIL, (most - 1) // 3)
    return f"{text[: most - 1 - tail]}{CUT}{text[len(text) - tail :]}"


def xml_text(text: str) -> str:
    """A text that any XML part may hold: a character that it cannot is shown as one that could not be shown."""
    return _NOT_XML.sub("\ufffd", text)


def cell_text(text: str) -> str:
    """A text for a cell of a workbook: whole, but for what Excel could not keep."""
    return shortened(xml_text(text), LONGEST_CELL)


def chart_text(text: str, most: int = LONGEST_LABEL) -> str:
    """A text for a chart: a title, a legend, a category. One line, short enough to leave room for the picture."""
    return shortened(" ".join(xml_text(text).split()) or " ", most)


def footer_text(text: str, most: int = 80) -> str:
    """A text for a header or footer of a page, where ``&`` gives orders and digits after ``&8`` would be a size.

    ``most`` counts as Excel does: ``&`` doubled, and two for a character beyond the first plane.
    """
    words = " ".join(xml_text(text).split())
    while _footer_length(words) > most:
        words = shortened(words, len(words.replace(CUT, "")) - 1)
    guard = " " if words[:1].isdigit() else ""
    return guard + words.replace("&", "&&")


def _footer_length(words: str) -> int:
    return len(words.encode("utf-16-le")) // 2 + words.count("&")


def csv_text(text: str) -> str:
    """A text for a cell of a CSV file: what a spreadsheet program would calculate gets an apostrophe before it.

    The beginning counts, and what follows a semicolon, at which other locales part the cells of a line. A number stays
    as it is. Taking one apostrophe from each of these places gives the text back.
    """
    return text if _is_number(text) else _FORMULA.sub(r"\1'", text)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def terminal_text(text: str) -> str:
    """A text for a terminal: what would move the cursor, colour or turn the line is shown by its code."""
    return _ORDERS.sub(lambda found: found[0].encode("unicode_escape", "surrogatepass").decode(), text)


def lp_word(text: str, most: int = 40) -> str:
    """A text as a part of a name in a file of the LP format: letters, digits and points, ``_`` for all else."""
    return _NOT_LP.sub("_", text)[:most]


def lp_words(texts: Sequence[str]) -> list[str]:
    """Texts as such parts, each unlike the others, also to a reader that does not tell capitals apart."""
    words = [lp_word(text) for text in texts]
    folded = [word.casefold() for word in words]
    return [
        word if folded.count(fold) == 1 and word.strip("_") else f"{word}~{i}"
        for i, (word, fold) in enumerate(zip(words, folded, strict=True))
    ]


def apart(names: Iterable[str], taken: Iterable[str], prefix: str) -> list[str]:
    """Names as headings of one table beside those that are taken: a name that is not free gets the prefix."""
    used, found = set(taken), list[str]()
    for name in names:
        while name in used:
            name = f"{prefix} {name}"
        used.add(name)
        found.append(name)
    return found
