"""A workbook as the package of parts that it is: read, added to and saved without touching the parts that stay."""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from lxml import etree

from finopt.errors import ReportError

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
STRICT = "http://purl.oclc.org/ooxml/"
RELATIONS_TYPE = "application/vnd.openxmlformats-package.relationships+xml"
CONTENT_TYPES = "[Content_Types].xml"
WORKBOOK_TYPES = tuple(
    f"application/vnd.{kind}.main+xml"
    for kind in (
        "openxmlformats-officedocument.spreadsheetml.sheet", "openxmlformats-officedocument.spreadsheetml.template",
        "ms-excel.sheet.macroEnabled", "ms-excel.template.macroEnabled",
    )
)  # fmt: skip
LARGEST = 2**31
"""Most bytes that the parts of a workbook may unpack to: more is a zip bomb."""
_NEW = (1980, 1, 1, 0, 0, 0)
"""Date of a part that we add: the same input gives the same file."""


class Package:
    """The parts of an Open XML workbook by name, in the order of the file; trees only of the parts that change.

    ``label`` is how the file is called in error texts. Raises ReportError, in words, for everything that is not a
    workbook to which sheets can be added.
    """

    def __init__(self, data: bytes, label: str) -> None:
        self.label = label
        self._infos: dict[str, zipfile.ZipInfo] = {}
        self._bytes: dict[str, bytes] = {}
        self._trees: dict[str, etree._Element] = {}
        self._refuse_by_first_bytes(data)
        self._unpack(data)
        self._names = {name.lower(): name for name in self._bytes}
        if not self.has(CONTENT_TYPES) or not self.has("_rels/.rels"):
            raise self.refusal("is a zip file, but not a workbook")
        self._overrides = {
            str(el.get("PartName", "")).lower(): el for el in self.edit(CONTENT_TYPES).iter(f"{{{TYPES}}}Override")
        }
        self.workbook = self._find_workbook()

    # ------------------------------------------------------------------ reading

    def refusal(self, why: str) -> ReportError:
        """The error that says why this file is left as it is."""
        return ReportError(f"{self.label}: {why}; nothing was written")

    def has(self, name: str) -> bool:
        """Whether a part of this name exists; names do not differ by case."""
        return name.lower() in self._names

    def data(self, name: str) -> bytes:
        """The bytes of a part, changes included."""
        name = self._names[name.lower()]
        if name in self._trees:
            tree = self._trees[name].getroottree()
            return etree.tostring(tree, xml_declaration=True, encoding="UTF-8", standalone=True)
        return self._bytes[name]

    def names(self) -> list[str]:
        """The names of all parts."""
        return list(self._bytes)

    def tree(self, name: str) -> etree._Element:
        """The root of a part, parsed afresh unless the part is being edited."""
        name = self._names[name.lower()]
        return self._trees[name] if name in self._trees else self.parse(self._bytes[name], name)

    def edit(self, name: str) -> etree._Element:
        """The root of a part that is about to change: what is done to it will be saved."""
        name = self._names[name.lower()]
        return self._trees.setdefault(name, self.tree(name))

    def parse(self, data: bytes, name: str) -> etree._Element:
        """XML without entities and without the network. Raises ReportError where it is not well-formed."""
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
        try:
            root = etree.fromstring(data, parser)
        except etree.XMLSyntaxError as error:
            raise self.refusal(f"its part {name} cannot be read ({error.msg})") from error
        if root.getroottree().docinfo.internalDTD is not None:
            raise self.refusal(f"its part {name} declares entities, which no workbook does")
        return root

    def relations(self, part: str) -> list[etree._Element]:
        """The relationships of a part ("" for the package), in its own order."""
        name = relations_of(part)
        return list(self.tree(name).iter(f"{{{RELATIONS}}}Relationship")) if self.has(name) else []

    def target(self, part: str, relation: etree._Element) -> str | None:
        """The part that a relationship leads to; None where it leads outside, or nowhere."""
        if relation.get("TargetMode") == "External":
            return None
        place = posixpath.join("/", posixpath.dirname(part), str(relation.get("Target", "")))
        return self._names.get(posixpath.normpath(place).lstrip("/").lower())

    def related(self, part: str, kind: str) -> str | None:
        """The part that another relates to by a kind of relationship, such as ``styles``."""
        found = (self.target(part, r) for r in self.relations(part) if r.get("Type") == f"{OFFICE}/{kind}")
        return next(found, None)

    def content_type(self, name: str) -> str:
        """What a part is, by its own entry or by its extension; "" if nothing says it."""
        own = self._overrides.get(f"/{name}".lower())
        found = own if own is not None else self._default(name)
        return "" if found is None else str(found.get("ContentType", ""))

    def reachable(self, starts: Iterable[str]) -> set[str]:
        """All parts to which relationships lead from some parts, themselves included."""

        def targets(part: str) -> list[str]:
            return [t for t in (self.target(part, r) for r in self.relations(part)) if t is not None]

        return reached(starts, targets)

    # ------------------------------------------------------------------ changing

    def free_name(self, like: str) -> str:
        """A name that no part has: this one, or one like it, as ``xl/charts/chart7.xml`` is like ``chart1.xml``."""
        if not self.has(like):
            return like
        stem, extension = posixpath.splitext(like)
        stem = re.sub(r"\d+$", "", stem)
        number = 1
        while self.has(f"{stem}{number}{extension}"):
            number += 1
        return f"{stem}{number}{extension}"

    def add(self, name: str, data: bytes, content_type: str = "") -> None:
        """Add a part; relationship parts have a type of their own, which a workbook may not state for all of them."""
        content_type = content_type or (RELATIONS_TYPE if name.lower().endswith(".rels") else "")
        self._infos[name] = zipfile.ZipInfo(name, _NEW)
        self._infos[name].compress_type = zipfile.ZIP_DEFLATED
        self._bytes[name] = data
        self._names[name.lower()] = name
        default = self._default(name)
        if content_type and (default is None or default.get("ContentType") != content_type):
            place = f"/{name}"
            entry = etree.SubElement(self.edit(CONTENT_TYPES), f"{{{TYPES}}}Override", PartName=place)
            entry.set("ContentType", content_type)
            self._overrides[place.lower()] = entry

    def remove(self, name: str) -> None:
        """Remove a part with its content type and its own relationships."""
        entry = self._overrides.pop(f"/{name}".lower(), None)
        if entry is not None:
            _detach(entry)
        for gone in (name, relations_of(name)):
            actual = self._names.pop(gone.lower(), None)
            if actual is not None:
                del self._bytes[actual], self._infos[actual]
                self._trees.pop(actual, None)

    def relate(self, part: str, kind: str, target: str) -> str:
        """Add a relationship between two parts and return its id."""
        name = relations_of(part)
        if not self.has(name):
            self.add(name, f'<Relationships xmlns="{RELATIONS}"/>'.encode())
        root = self.edit(name)
        taken = {el.get("Id") for el in root}
        number = next(n for n in range(1, len(taken) + 2) if f"rId{n}" not in taken)
        entry = etree.SubElement(root, f"{{{RELATIONS}}}Relationship", Id=f"rId{number}", Type=f"{OFFICE}/{kind}")
        entry.set("Target", relative(part, target))
        return f"rId{number}"

    def unrelate(self, part: str, target: str) -> None:
        """Remove the relationships of one part to another."""
        self.edit(relations_of(part))
        for relation in self.relations(part):
            if self.target(part, relation) == target:
                _detach(relation)

    def save(self, path: Path) -> None:
        """Write the package: every part in its place, packed as it was, new ones at the end."""
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
            for name, old in self._infos.items():
                info = zipfile.ZipInfo(name, old.date_time)
                info.compress_type, info.external_attr = old.compress_type, old.external_attr
                out.writestr(info, self.data(name) if name in self._trees else self._bytes[name])

    # ------------------------------------------------------------------ what the file is

    def _refuse_by_first_bytes(self, data: bytes) -> None:
        if data.startswith(b"\xd0\xcf\x11\xe0"):
            if "EncryptedPackage".encode("utf-16-le") in data:
                raise self.refusal("is encrypted - open it in Excel, remove its password and save it")
            raise self.refusal("is an old .xls workbook - save it as .xlsx")
        if not zipfile.is_zipfile(io.BytesIO(data)):
            raise self.refusal("is not a workbook, or is cut short")

    def _unpack(self, data: bytes) -> None:
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as packed:
                if sum(info.file_size for info in packed.infolist()) > LARGEST:
                    raise self.refusal("would unpack to more than 2 GB")
                for info in packed.infolist():
                    if info.filename in self._bytes:
                        raise self.refusal(f"holds the part {info.filename} twice - open it in Excel and save it")
                    self._infos[info.filename] = info
                    self._bytes[info.filename] = packed.read(info)
        except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError) as error:
            # zipfile raises NotImplementedError for a way of packing that it does not know, RuntimeError for a password
            raise self.refusal(f"cannot be unpacked ({error}) - open it in Excel and save it") from error

    def _find_workbook(self) -> str:
        for relation in self.relations(""):
            kind, part = str(relation.get("Type", "")), self.target("", relation)
            if kind.startswith(STRICT):
                raise self.refusal("is a Strict Open XML workbook - save it as an ordinary .xlsx workbook")
            if kind == f"{OFFICE}/officeDocument" and part is not None:
                content = self.content_type(part)
                if content in WORKBOOK_TYPES:
                    return part
                binary = "is a binary .xlsb workbook - save it as .xlsx" if "binary" in content else ""
                raise self.refusal(binary or "is an Office file, but not a workbook")
        raise self.refusal("is a zip file, but not a workbook")

    def _default(self, name: str) -> etree._Element | None:
        extension = posixpath.basename(name).rpartition(".")[2].lower()  # `.rels` has one too, splitext says none
        entries = self.edit(CONTENT_TYPES).iter(f"{{{TYPES}}}Default")
        return next((el for el in entries if str(el.get("Extension", "")).lower() == extension), None)


def reached(starts: Iterable[str], links: Callable[[str], Iterable[str]]) -> set[str]:
    """All names to which links lead from some, those themselves included."""
    found: set[str] = set()
    waiting = list(starts)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += links(name)
    return found


def relations_of(part: str) -> str:
    """The name of the part that holds another part's relationships."""
    folder, name = posixpath.split(part)
    return posixpath.join(folder, "_rels", f"{name}.rels")


def relative(part: str, target: str) -> str:
    """The way from a part to another, as relationships say it."""
    return posixpath.relpath(f"/{target}", f"/{posixpath.dirname(part)}")


def children(root: etree._Element, tag: str) -> Iterator[etree._Element]:
    """The children of one name in the main namespace."""
    return root.iterchildren(f"{{{MAIN}}}{tag}")


def entries(root: etree._Element, tag: str) -> list[etree._Element]:
    """The elements of a list in the main namespace, comments left out; none where the list itself is missing."""
    found = root.find(f"{{{MAIN}}}{tag}")
    return [] if found is None else [el for el in found if isinstance(el.tag, str)]


def child(root: etree._Element, tag: str, order: tuple[str, ...]) -> etree._Element:
    """The child of one name, made in its place in ``order`` if there is none."""
    found = root.find(f"{{{MAIN}}}{tag}")
    if found is not None:
        return found
    before = {f"{{{MAIN}}}{name}" for name in order[: order.index(tag)]}
    places = [i for i, el in enumerate(root) if el.tag in before]
    made = etree.Element(f"{{{MAIN}}}{tag}")
    root.insert(places[-1] + 1 if places else 0, made)
    return made


def _detach(element: etree._Element) -> None:
    parent = element.getparent()
    if parent is not None:
        parent.remove(element)
