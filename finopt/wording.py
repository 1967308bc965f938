"""Figures and changes as a reader says them."""

from __future__ import annotations

import math

from finopt.tolerances import ROUND_NUMBER


def figure(value: float) -> str:
    """A number with no more decimals than four digits need: 1,234; 12.35; 0.04321; 240."""
    if not math.isfinite(value):
        return "no limit"
    if value == 0:
        return "0"
    decimals = min(8, max(0, 3 - math.floor(math.log10(abs(value)))))
    text = f"{value:,.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def percent(rate: float) -> str:
    """A rate in per cent, to a hundredth; what rounds to zero has no sign."""
    return f"{round(rate * 100, 2) + 0.0:.2f}%"


def effect(change: float, aim: str, measure: str) -> str:
    """What a change of the first aim means, in its own sense: "saves 3.1", or "adds 3.1 to the closing cash"."""
    if change == 0:
        return "changes nothing"
    if aim == "minimise":
        return f"{'saves' if change < 0 else 'costs'} {figure(abs(change))}"
    return f"{'adds' if change > 0 else 'takes'} {figure(abs(change))} {'to' if change > 0 else 'from'} the {measure}"


def listed(names: list[str], most: int = 4) -> str:
    """Names in a row, the first few of many."""
    others = len(names) - most
    if others > 0:
        return ", ".join(names[:most]) + f" and {others} other{'s' * (others > 1)}"
    return ", ".join(names[:-1]) + " and " + names[-1] if len(names) > 1 else "".join(names)


def nice(most: float) -> float:
    """The largest of 1, 2, 5 times a power of ten that is not above ``most``."""
    power = 10.0 ** math.floor(math.log10(most))
    return next(power * digit for digit in (5, 2, 1) if power * digit <= most * (1 + ROUND_NUMBER))


def named(names: list[str]) -> str:
    """Names in a row, in quotes where a name has a comma of its own."""
    return listed([f'"{name}"' if "," in name else name for name in names], 12)


def capital(words: str) -> str:
    """Words that begin a line: the first letter is a capital, the others stay (DSCR)."""
    return words[:1].upper() + words[1:]


def possessive(name: str) -> str:
    """Whose: Moscow's, International partners'."""
    return f"{name}'" if name.endswith("s") else f"{name}'s"
