"""Check of a saved package before it is moved into place: whether Excel will open it."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator

from lxml import etree

from finopt.report.write_back.ooxml_package import CONTENT_TYPES, OFFICE, Package, entries


def faults(data: bytes, label: str) -> set[str]:
    """What is wrong with a package, in words. Raises ReportError where it cannot be opened at all."""
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        names = packed.namelist()
    seen = [name.lower() for name in names]
    twice = {f"the part {name} is there twice" for name in names if seen.count(name.lower()) > 1}
    if twice:
        return twice
    package = Package(data, label)
    return {fault for name in names for fault in _part(package, name)} | set(_sheets(package))


def _part(package: Package, name: str) -> Iterator[str]:
    if name.endswith("/"):
        return
    kind = package.content_type(name)
    if name != CONTENT_TYPES and not kind:
        yield f"the part {name} has no content type"
    if kind.endswith("xml") and not name.lower().endswith(".vml"):
        try:
            etree.fromstring(package.data(name), etree.XMLParser(resolve_entities=False, no_network=True))
        except etree.XMLSyntaxError as error:
            yield f"the part {name} is no XML ({error.msg})"
            return
    if name.lower().endswith(".rels"):
        return
    for relation in package.relations(name):
        if _leads_nowhere(package, name, relation):
            yield f"the relationship {relation.get('Id')} of {name} leads to no part"


def _leads_nowhere(package: Package, name: str, relation: etree._Element) -> bool:
    inside = relation.get("TargetMode") != "External" and not str(relation.get("Target", "")).startswith("#")
    return inside and package.target(name, relation) is None


def _sheets(package: Package) -> Iterator[str]:
    """Every sheet of the list has a part of its own."""
    book = package.workbook
    targets = {r.get("Id"): package.target(book, r) for r in package.relations(book)}
    for sheet in entries(package.tree(book), "sheets"):
        if targets.get(sheet.get(f"{{{OFFICE}}}id")) is None:
            yield f"the sheet {sheet.get('name')} has no part"
    titles = [str(sheet.get("name")).casefold() for sheet in entries(package.tree(book), "sheets")]
    yield from (f"two sheets are called {title}" for title in titles if titles.count(title) > 1)
