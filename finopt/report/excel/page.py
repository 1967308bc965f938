"""The pages of a report: what each sheet is called, what the cover says about it, and the order of writing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from finopt.report.excel.sheet import Book


@dataclass(frozen=True)
class Page:
    """One sheet of a report.

    ``about`` is its line in the contents. ``after`` names the sheets whose cells its formulas refer to: they are
    written before it. A page that is ``optional`` stands in a report only where its subject was handed to it.
    """

    title: str
    about: str
    write: Callable[[Book], object]
    after: tuple[str, ...] = ()
    tab: str = ""
    optional: bool = False


def in_writing_order(pages: Sequence[Page]) -> list[Page]:
    """The pages, each behind those that it refers to. Raises CycleError where two refer to each other."""
    by_title = {page.title: page for page in pages}
    order = TopologicalSorter({page.title: [t for t in page.after if t in by_title] for page in pages})
    return [by_title[title] for title in order.static_order()]
