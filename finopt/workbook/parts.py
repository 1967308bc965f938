"""The parts of a workbook's package, streamed: found by name, parsed piece by piece, never whole in memory.

Parsed with expat itself under defusedxml's rules: no document type declaration, so no entity. Tags, names and depth
are bounded, because expat keeps a tag until it is whole, and every name that it has met.
"""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote
from xml.parsers import expat

from finopt.workbook import bounds
from finopt.workbook.bounds import Refused

PIECE = 1 << 16
PROLOG = 1 << 20
"""Where no element has begun after so many bytes, the part is not XML that anything reads."""
CONTENT_TYPES = "[Content_Types].xml"
DAMAGED = "copy or download it again, or ask for the original"
CLEAN = "no program that writes workbooks does this: ask the sender for a clean copy"
PACKINGS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""Other ways of packing unpack without a limit, and no program writes workbooks with them."""


class Handler:
    """What a part's elements mean to one reader; names are `namespace}name`.

    A handler of its own keeps ``depth`` and ``elements`` right. `check` is called after every piece of the part: what
    is counted within a piece stays small.
    """

    depth = 0
    elements = 0
    done = False
    """Whether the rest of the part holds nothing that is read; it is still unpacked, which proves the part whole."""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        self.depth += 1
        self.elements += 1

    def end(self, name: str) -> None:
        """An element ends."""
        self.depth -= 1

    def text(self, data: str) -> None:
        """Characters between tags; a long text comes in pieces."""

    def check(self) -> None:
        """Raise Refused where a bound is passed."""
        bounds.DEPTH.hold(self.depth)
        bounds.ELEMENTS.hold(self.elements)


@dataclass(frozen=True)
class Relation:
    """Where a part leads to: the kind (the last word of its type) and the part's name."""

    kind: str
    target: str


class Parts:
    """The parts of an open archive. Raises Refused where it holds a name twice, or is packed in a strange way."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._infos: dict[str, zipfile.ZipInfo] = {}
        self._bytes = 0
        for info in archive.infolist():
            name = _folded(info.filename)
            if name in self._infos:
                raise Refused(f"a workbook with two parts called {info.filename}", DAMAGED)
            if info.compress_type not in PACKINGS:
                raise Refused(f"a workbook whose part {info.filename} is packed in an unknown way", DAMAGED)
            self._infos[name] = info

    def __contains__(self, name: str) -> bool:
        return _folded(name) in self._infos

    def names(self) -> list[str]:
        """The names of all parts, as the archive spells them."""
        return [info.filename for info in self._infos.values()]

    def beginning(self, name: str) -> bytes:
        """The first bytes of a part; none where there is no such part."""
        return next(self._pieces(name, PIECE), b"") if name in self else b""

    def parse(self, name: str, handler: Handler) -> None:
        """Hand a part's elements to a handler. Raises Refused where it is missing, unsafe or no XML."""
        if name not in self:
            raise Refused(f"a workbook without its part {name}", DAMAGED)
        parser = _parser(name, handler)
        fed = 0
        try:
            for piece in self._pieces(name):
                if handler.done:
                    continue
                parser.Parse(piece, False)
                fed += len(piece)
                bounds.TOKEN.hold(fed - max(0, parser.CurrentByteIndex), name)
                bounds.NAMES.hold(len(parser.intern), name)
                handler.check()
            if not handler.done:
                parser.Parse(b"", True)
        except (expat.ExpatError, LookupError, UnicodeError) as error:  # LookupError: an encoding that nobody knows
            raise Refused(f"a workbook that cannot be read (its part {name}: {error})", DAMAGED) from error

    def refuse_declarations(self) -> None:
        """Refuse a document type declaration in any part, read or not: it can only stand before the first element."""
        for name in self.names():
            if name.lower().endswith((".xml", ".rels", ".vml")):
                self._prolog(name)

    def relations(self, part: str) -> dict[str, Relation]:
        """The relationships of a part ("" for the package) to other parts, by their ids."""
        folder, base = posixpath.split(part)
        name = posixpath.join(folder, "_rels", f"{base}.rels")
        handler = _Relations(part)
        if name in self:
            self.parse(name, handler)
        return handler.found

    def content_types(self) -> dict[str, str]:
        """What each part is that has an entry of its own, by its name, and each extension, as `*.xml`."""
        handler = _Types()
        self.parse(CONTENT_TYPES, handler)
        return handler.found

    def _prolog(self, name: str) -> None:
        parser, fed = _parser(name, _Nothing()), 0
        try:
            for piece in self._pieces(name, PROLOG):
                parser.Parse(piece, False)
                fed += len(piece)
        except (expat.ExpatError, LookupError, UnicodeError, _Begun):
            return  # what follows needs to be XML only where it is read

    def _pieces(self, name: str, most: int | None = None) -> Iterator[bytes]:
        """A part in pieces; what is read counts, whatever size the archive states."""
        left = most if most is not None else bounds.BYTES.most + 1
        with self._archive.open(self._infos[_folded(name)]) as file:
            while left > 0 and (piece := file.read(PIECE)):
                left -= len(piece)
                if most is None:
                    self._bytes += len(piece)
                    bounds.BYTES.hold(self._bytes)
                yield piece


def _folded(name: str) -> str:
    """The name in lower case with forward slashes: names that differ in nothing else are one part."""
    return name.replace("\\", "/").lstrip("/").casefold()


def target_of(part: str, target: str) -> str:
    """The name of the part to which a relationship leads, from its own folder or from the top of the package."""
    place = posixpath.join("/", posixpath.dirname(part), unquote(target).replace("\\", "/"))
    return posixpath.normpath(place).lstrip("/")


class _Begun(Exception):
    """The first element has begun."""


class _Nothing(Handler):
    def start(self, name: str, attributes: dict[str, str]) -> None:
        raise _Begun


class _Relations(Handler):
    def __init__(self, part: str) -> None:
        self.part = part
        self.found: dict[str, Relation] = {}

    def start(self, name: str, attributes: dict[str, str]) -> None:
        super().start(name, attributes)
        if name.endswith("}Relationship") and attributes.get("TargetMode") != "External":
            kind = attributes.get("Type", "").rpartition("/")[2]
            self.found[attributes.get("Id", "")] = Relation(kind, target_of(self.part, attributes.get("Target", "")))

    def check(self) -> None:
        super().check()
        bounds.PARTS.hold(len(self.found))


class _Types(Handler):
    def __init__(self) -> None:
        self.found: dict[str, str] = {}

    def start(self, name: str, attributes: dict[str, str]) -> None:
        super().start(name, attributes)
        place = attributes.get("PartName", f"*.{attributes.get('Extension', '')}")
        self.found[place.lstrip("/")] = attributes.get("ContentType", "")

    def check(self) -> None:
        super().check()
        bounds.PARTS.hold(len(self.found))


def _parser(name: str, handler: Handler) -> Any:
    parser = expat.ParserCreate(namespace_separator="}", intern={})
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = handler.start, handler.end
    parser.CharacterDataHandler = handler.text
    spaces = 0

    def declared(*_: object) -> None:
        raise Refused(f"a document type declaration in {name}, which can hide an XML bomb", CLEAN)

    def prefix(*_: object) -> None:
        nonlocal spaces
        spaces += 1
        bounds.NAMES.hold(spaces, name)

    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = declared
    parser.StartNamespaceDeclHandler = prefix
    return parser
