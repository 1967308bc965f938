"""Impossible cases that need no solver, said in words."""

from __future__ import annotations

from finopt.case import Case


def impossible(case: Case) -> list[str]:
    """Why a case can have no plan, as far as arithmetic on its own figures shows; empty where it shows nothing."""
    return []
