"""How the report looks: number formats, colours, and one colour-blind-safe colour per party."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

FONT = "Calibri"
NUMBERS = {
    "money": '#,##0.0;(#,##0.0);"-"',
    "rate": "0.00%",
    "share": "0.0%",
    "factor": "0.0000",
    "ratio": '0.00"x"',
    "years": "0.00",
    "breach": '0.000000;(0.000000);"-"',
    "tiny": "0.0E+00",
    "flag": '0;(0);"-"',
    "whole": "0",
    "count": "#,##0",
    "date": "yyyy-mm-dd",
    "price": "+0.0000;-0.0000;0",
    "change": "+#,##0.0000;-#,##0.0000;0",
    "number": "General",
    "text": "@",
}
INK, NAVY, GRID, PAPER, MUTED = "#000000", "#1F3864", "#E2E2E2", "#F2F2F2", "#595959"
PASS_FILL, PASS_INK, FAIL_FILL, FAIL_INK = "#E2EFDA", "#375623", "#FFC7CE", "#9C0006"
ROLES: dict[str, dict[str, Any]] = {
    "formula": {"font_color": INK},
    "link": {"font_color": "#00703C"},
    "input": {"font_color": "#0000FF", "bg_color": "#FFFDE6"},
    "decision": {"font_color": INK, "bg_color": "#E4DFEC"},
    "label": {"font_color": INK},
    "muted": {"font_color": MUTED},
    "title": {"font_color": NAVY, "bold": True, "font_size": 14},
    "band": {"font_color": "#FFFFFF", "bg_color": NAVY, "bold": True},
    "section": {"font_color": NAVY, "bold": True, "bottom": 1, "bottom_color": NAVY},
    "axis": {"font_color": INK, "bg_color": PAPER, "align": "right"},
    "head": {"font_color": INK, "bg_color": PAPER, "bold": True, "text_wrap": True, "valign": "bottom"},
    "hyperlink": {"font_color": "#0563C1", "underline": 1},
}
"""What a cell is: an input, a decision of the solver, a formula, a link to another sheet, or a word."""
SEEN_EMPTY = frozenset(role for role, look in ROLES.items() if "bg_color" in look or "bottom" in look)
"""Roles that are visible in an empty cell: a fill or a border."""

PARTY_COLOURS = (
    "#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442",
    "#332288", "#882255", "#44AA99", "#999933", "#AA4499",
)  # fmt: skip
"""Okabe and Ito's palette, then Tol's muted one: told apart by colour-blind readers."""
ACCOUNT_COLOUR = "#8C8C8C"
SHADES = {"type": "2_color_scale", "min_color": "#FFFFFF", "max_color": "#9DC3E6"}
"""The heat map, at its darkest still light enough for black figures; from the least value, which may be negative."""
SHADES_FROM_ZERO = {**SHADES, "min_type": "num", "min_value": 0}
"""The heat map of amounts: white is nothing."""


def party_colours(parties: Iterable[str]) -> dict[str, str]:
    """One colour for each party, the same in every chart; the Project account ("") is grey.

    A thirteenth party and those after it get lighter tints of the same colours.
    """
    names, count = list(parties), len(PARTY_COLOURS)
    rounds = -(-len(names) // count)
    colours = {party: tint(PARTY_COLOURS[i % count], i // count, rounds) for i, party in enumerate(names)}
    return {**colours, "": ACCOUNT_COLOUR}


def tint(colour: str, place: int, places: int) -> str:
    """A colour made lighter: the colour itself in the first of several places, two thirds of the way to white last."""
    white = 0.66 * place / max(1, places - 1)
    parts = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return "#" + "".join(f"{round(part + (255 - part) * white):02X}" for part in parts)


class Styles:
    """Cell formats, each made once: ``styles("money", "decision", bold=True)``."""

    def __init__(self, workbook: Any) -> None:
        self._workbook = workbook
        self._made: dict[tuple[Any, ...], Any] = {}

    def __call__(self, number: str = "text", role: str = "label", **more: Any) -> Any:
        """The format of a kind of number in a role, with any further XlsxWriter properties."""
        key = (number, role, *sorted(more.items()))
        if key not in self._made:
            base = {"font_name": FONT, "font_size": 10, "valign": "vcenter"}
            if number != "text":
                base["num_format"] = NUMBERS[number]
            self._made[key] = self._workbook.add_format({**base, **ROLES[role], **more})
        return self._made[key]
