"""The plan's sheets inside the user's own workbook.

A workbook is a package of parts. The sheets of a report (the donor) are added to it as further parts, with the charts
that they hold, under names that nothing else has. Of what is there, only the list of content types, the list of
sheets and names, its relationships and the cell formats change, by additions; every other part stays byte for byte.
Each added sheet carries a hidden local name, so that the next run finds it and puts the new one in its place.
"""

from __future__ import annotations

import copy
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from lxml import etree

from finopt.case.names import RESULT_MARK, fold
from finopt.case.sheets import SHEETS
from finopt.errors import ReportError
from finopt.report.excel.atomic_file import replacing
from finopt.report.excel.sheet_names import Change, names_in, renamed, sheets_in
from finopt.report.write_back.ooxml_package import (
    MAIN,
    OFFICE,
    Package,
    child,
    children,
    entries,
    reached,
    relations_of,
    relative,
)
from finopt.report.write_back.ooxml_styles import BLANK, AppendedStyles
from finopt.report.write_back.package_check import faults

PREFIX = "finopt "
"""Before the name of a sheet whose own name the user's workbook needs itself."""
LONGEST_NAME, LONGEST_FORMULA = 31, 8192
SCHEDULES = ("Sources and uses", "Funding schedule", "Package funding", "Debt", "Cash flow", "Covenants")
"""The sheets of a report that go into the user's workbook; those that their formulas refer to come along."""
DAYS_TO_1904 = 1462
"""Days between the two date systems of workbooks."""
STYLES = "application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"
FORMULAS = ("f", "formula", "formula1", "formula2")
"""Elements that hold a formula: in cells, conditional formats, validations, sparklines and charts."""
WORKBOOK_ORDER = ("workbookPr", "bookViews", "sheets", "functionGroups", "externalReferences", "definedNames")
_ID = f"{{{OFFICE}}}id"


def write_back(
    input_path: str | Path,
    donor_path: str | Path,
    *,
    sheets: Sequence[str] | None = None,
    in_place: bool = False,
    output: str | Path | None = None,
) -> Path:
    """Add sheets of a report to a copy of the user's workbook, ``<name>.funded.xlsx``, and return its path.

    ``sheets`` are the report's sheets to add (default: all); those that their formulas and charts refer to come
    along, so that every formula lives. With ``in_place`` the workbook itself is changed and what it was is kept as
    ``<name>.bak.xlsx``. A second run replaces the sheets of the first. Raises ReportError, in words, for a workbook
    to which no sheet can be added; it is then left as it was.
    """
    path = Path(input_path).resolve() if in_place else Path(input_path)
    target = _target(path, in_place, output)
    given = _read(path)
    host = Package(given, str(input_path))
    _refuse(host)
    donor = _Donor(Package(_read(Path(donor_path)), str(donor_path)))
    _Host(host).take(donor, donor.closure(donor.names if sheets is None else sheets))
    with replacing(target) as temporary:
        host.save(temporary)
        _prove(temporary, given, host)
        if in_place:
            with replacing(path.with_suffix(f".bak{path.suffix}")) as backup:
                shutil.copyfile(path, backup)
    return target


def _prove(written: Path, given: bytes, host: Package) -> None:
    """Refuse a package with a fault that the user's own workbook does not have."""
    made = faults(written.read_bytes(), host.label) - faults(given, host.label)
    if made:
        raise host.refusal(f"the sheets cannot be added without harm ({min(made)}) - save it in Excel and try again")


def funded_copy(path: Path) -> Path:
    """Where the copy of a workbook with the plan's sheets goes."""
    return path.parent / f"{path.stem}.funded{path.suffix}"  # with_suffix refuses a path without a name


def our_sheets(book: etree._Element) -> dict[str, etree._Element]:
    """The entries of sheets that an earlier run wrote into a workbook, by the name that they have in a report."""
    sheets, found = entries(book, "sheets"), dict[str, etree._Element]()
    for name in entries(book, "definedNames"):
        place = name.get("localSheetId")
        if name.get("name") == RESULT_MARK and place is not None:
            found.setdefault((name.text or "").strip('"'), sheets[int(place)])
    return found


def _target(path: Path, in_place: bool, output: str | Path | None) -> Path:
    if in_place:
        if output is not None:
            raise ReportError("in place means the workbook itself: no other output can be named")
        if path.with_name(f"~${path.name}").exists():
            raise ReportError(f"{path}: the file is open in Excel - close it there, then run again")
        return path
    target = funded_copy(path) if output is None else Path(output)
    if target.resolve() == path.resolve():
        raise ReportError(f"{path}: the input is never overwritten - name another output, or write back in place")
    if target.suffix.lower() != path.suffix.lower():
        raise ReportError(f"{target}: expected a name that ends in {path.suffix}, as the workbook's own does")
    return target


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except PermissionError as error:
        raise ReportError(f"{path}: cannot be read - close it if Excel holds it open, then run again") from error
    except OSError as error:
        raise ReportError(f"{path}: cannot be read ({error.strerror})") from error


def _refuse(host: Package) -> None:
    """Refuse workbooks that may not, or cannot, be added to."""
    parts = [name.lower() for name in host.names()]
    if any(name.startswith("_xmlsignatures/") for name in parts):
        raise host.refusal("is digitally signed, and any change breaks the signature - remove it, or send a copy")
    if any(name.startswith("xl/revisions/") for name in parts):
        raise host.refusal("is a legacy shared workbook - stop sharing it in Excel (Review, Unshare) and save it")
    book = host.tree(host.workbook)
    if not str(book.tag).startswith(f"{{{MAIN}}}"):
        raise host.refusal("is a Strict Open XML workbook - save it as an ordinary .xlsx workbook")
    for lock in children(book, "workbookProtection"):
        if lock.get("lockStructure") in ("1", "true"):
            raise host.refusal(
                "its structure is locked, so no sheet can be added - unlock it (Review, Protect Workbook)"
            )


class _Donor:
    """The report: its sheets, what they refer to, and its names."""

    def __init__(self, package: Package) -> None:
        self.package = package
        book = package.tree(package.workbook)
        parts = {r.get("Id"): package.target(package.workbook, r) for r in package.relations(package.workbook)}
        sheets = entries(book, "sheets")
        self.names = sheet_names(book)
        self.parts = {str(el.get("name")): str(parts[el.get(_ID)]) for el in sheets}
        self.local: dict[str, list[etree._Element]] = {name: [] for name in self.names}
        self.shared: dict[str, etree._Element] = {}
        for name in entries(book, "definedNames"):
            place = name.get("localSheetId")
            if place is None:
                self.shared[str(name.get("name")).casefold()] = name
            else:
                self.local[self.names[int(place)]].append(name)
        self.styles = package.tree(str(package.related(package.workbook, "styles")))
        self.strings = self._strings()
        self._formulas = {name: set(self._all_formulas(name)) for name in self.names}

    def closure(self, wanted: Sequence[str]) -> list[str]:
        """The wanted sheets and all that they refer to, in the donor's order. Raises ReportError for an unknown one."""
        unknown = [name for name in wanted if name not in self.parts]
        if unknown:
            raise ReportError(f"{self.package.label}: the report has no sheet {', '.join(unknown)}")
        by_fold = {name.casefold(): name for name in self.names}

        def mentioned(name: str) -> list[str]:
            return [by_fold[other] for other in self._mentioned(name) if other in by_fold]

        found = reached(wanted, mentioned)
        return [name for name in self.names if name in found]

    def names_of(self, sheet: str) -> list[etree._Element]:
        """The names that a sheet needs: its own, and those of the whole report that its formulas mention."""
        used: set[str] = set()
        for formula in self._formulas[sheet]:
            used |= names_in(formula, self.shared)
        return [*self.local[sheet], *(self.shared[name] for name in sorted(used))]

    def _mentioned(self, sheet: str) -> set[str]:
        texts = [*self._formulas[sheet], *(name.text or "" for name in self.names_of(sheet))]
        return {name for text in texts for name in sheets_in(text)}

    def _all_formulas(self, sheet: str) -> Iterator[str]:
        for part in self.package.reachable([self.parts[sheet]]):
            if _is_xml(self.package, part):
                root = self.package.tree(part)
                yield from (el.text or "" for el in _formula_elements(root))
                yield from (str(el.get("textlink")) for el in root.iter("{*}sp") if el.get("textlink"))

    def _strings(self) -> list[etree._Element]:
        part = self.package.related(self.package.workbook, "sharedStrings")
        return [] if part is None else list(children(self.package.tree(part), "si"))


class _Host:
    """The user's workbook while sheets are added to it."""

    def __init__(self, package: Package) -> None:
        self.package = package
        self.book = package.edit(package.workbook)
        self.sheets = child(self.book, "sheets", WORKBOOK_ORDER)
        self.defined = child(self.book, "definedNames", WORKBOOK_ORDER)
        self.before = entries(self.book, "sheets")
        if not self.before:
            raise package.refusal("is a workbook without sheets")
        self.ours = our_sheets(self.book)

    def take(self, donor: _Donor, wanted: Sequence[str]) -> None:
        """Put the wanted sheets of the donor in, in the place of those of an earlier run."""
        self._drop_old(wanted)
        self._drop_chain()
        names = self._names(wanted)
        styles = AppendedStyles(self.package.edit(self._styles()), donor.styles)
        copies = _Copies(self.package, donor, styles, names, self._days())
        for sheet in wanted:
            part = copies.sheet(sheet)
            identity = self.package.relate(self.package.workbook, "worksheet", part)
            self._enter(sheet, names[sheet], identity)
        self._renumber()
        for sheet in wanted:
            self._define(sheet, names, donor.names_of(sheet))

    def _drop_old(self, wanted: Sequence[str]) -> None:
        """Remove the parts of an earlier run's sheets, and their names; entries of wanted sheets keep their place."""
        package, book = self.package, self.package.workbook
        targets = {r.get("Id"): package.target(book, r) for r in package.relations(book)}
        old = [part for part in (targets.get(el.get(_ID)) for el in self.ours.values()) if part is not None]
        for part in old:
            package.unrelate(book, part)
        kept = package.reachable([""])
        for part in package.reachable(old) - kept:
            package.remove(part)
        places = {str(self.before.index(el)) for el in self.ours.values()}
        for name in list(self.defined):
            if name.get("localSheetId") in places:
                self.defined.remove(name)
        gone = [sheet for sheet in self.ours if sheet not in wanted]
        for sheet in gone:
            self.sheets.remove(self.ours[sheet])
        self._refuse_broken([str(self.ours.pop(sheet).get("name")) for sheet in gone])

    def _refuse_broken(self, gone: Iterable[str]) -> None:
        """Refuse to remove a sheet that the user's own formulas refer to."""
        lost = {name.casefold() for name in gone}
        for part in self.package.names() if lost else ():
            if _is_xml(self.package, part):
                root = self.package.tree(part)
                texts = [el.text or "" for el in (*_formula_elements(root), *root.iter(f"{{{MAIN}}}definedName"))]
                broken = next((name for text in texts for name in sheets_in(text) & lost), None)
                if broken is not None:
                    raise self.package.refusal(
                        f"formulas of yours (in {part}) refer to the sheet {broken} of an earlier run, which this plan "
                        "does not have - change them first"
                    )

    def _drop_chain(self) -> None:
        """Remove the order of calculation: it knows nothing of the new formulas, and Excel makes it anew."""
        chain = self.package.related(self.package.workbook, "calcChain")
        if chain is not None:
            self.package.unrelate(self.package.workbook, chain)
            self.package.remove(chain)

    def _names(self, wanted: Sequence[str]) -> dict[str, str]:
        """What each sheet is called here: as before, or its own name, or that with a prefix if it is needed here."""
        names = {sheet: str(self.ours[sheet].get("name")) for sheet in wanted if sheet in self.ours}
        taken = {str(el.get("name")).casefold() for el in self.sheets}
        read = {fold(name) for name in SHEETS}
        for sheet in wanted:
            if sheet not in names:
                choices = _choices(sheet, fold(sheet) in read)
                names[sheet] = next(name for name in choices if name.casefold() not in taken)
                taken.add(names[sheet].casefold())
        return {sheet: names[sheet] for sheet in wanted}

    def _styles(self) -> str:
        part = self.package.related(self.package.workbook, "styles")
        if part is None:
            part = self.package.free_name("xl/styles.xml")
            self.package.add(part, BLANK, STYLES)
            self.package.relate(self.package.workbook, "styles", part)
        return part

    def _days(self) -> int:
        """What turns the donor's dates into the workbook's."""
        properties = next(children(self.book, "workbookPr"), None)
        late = properties is not None and properties.get("date1904") in ("1", "true")
        return -DAYS_TO_1904 if late else 0

    def _enter(self, sheet: str, name: str, identity: str) -> None:
        if sheet not in self.ours:
            number = max(int(str(el.get("sheetId"))) for el in self.sheets) + 1
            made = etree.SubElement(self.sheets, f"{{{MAIN}}}sheet", name=name, sheetId=str(number))
            self.ours[sheet] = made
        self.ours[sheet].set(_ID, identity)

    def _renumber(self) -> None:
        """Let local names and views follow the sheets whose place has changed."""
        places = {i: self.sheets.index(el) for i, el in enumerate(self.before) if el.getparent() is not None}
        for name in list(self.defined):
            old = name.get("localSheetId")
            if old is not None:
                name.set("localSheetId", str(places.get(int(old), old)))
        for view in self.book.iterfind(f"{{{MAIN}}}bookViews/{{{MAIN}}}workbookView"):
            for attribute in ("activeTab", "firstSheet"):
                if view.get(attribute) is not None:
                    view.set(attribute, str(places.get(int(str(view.get(attribute))), 0)))

    def _define(self, sheet: str, names: Mapping[str, str], given: Iterable[etree._Element]) -> None:
        """Mark a sheet as ours and give it its names, all of them local to it."""
        place = str(self.sheets.index(self.ours[sheet]))
        mark = etree.SubElement(self.defined, f"{{{MAIN}}}definedName", name=RESULT_MARK, localSheetId=place)
        mark.set("hidden", "1")
        mark.text = '"' + sheet.replace('"', '""') + '"'
        for name in given:
            made = copy.deepcopy(name)
            made.set("localSheetId", place)
            made.text = renamed(name.text or "", _renaming(names))
            self.defined.append(made)


class _Copies:
    """Copies of the donor's parts under free names, each made once."""

    def __init__(
        self, package: Package, donor: _Donor, styles: AppendedStyles, names: Mapping[str, str], days: int
    ) -> None:
        self.package, self.donor, self.styles = package, donor, styles
        self.names, self.days = names, days
        self._change = _renaming(names)
        self._carried = {name.casefold() for name in names}
        self._made: dict[str, str] = {}

    def sheet(self, name: str) -> str:
        """Copy a sheet with all that hangs on it, and return the name of its part."""
        part = self.donor.parts[name]
        root = copy.deepcopy(self.donor.package.tree(part))
        if next(children(root, "tableParts"), None) is not None:
            raise ReportError(f"{self.donor.package.label}: the sheet {name} holds a table, which is not written back")
        self._cells(root)
        self._formats(root)
        self._links(root)
        for element in root.iter(f"{{{MAIN}}}sheetView", f"{{{MAIN}}}sheetPr"):
            for attribute in ("tabSelected", "codeName"):
                if attribute in element.attrib:
                    del element.attrib[attribute]
        return self._add(part, root)

    def _part(self, part: str) -> str:
        """Copy a part that a sheet leads to."""
        if part not in self._made:
            root = self.donor.package.tree(part) if _is_xml(self.donor.package, part) else None
            self._made[part] = self._add(part, copy.deepcopy(root))
        return self._made[part]

    def _add(self, part: str, root: etree._Element | None) -> str:
        source = self.donor.package
        name = self.package.free_name(part)
        data = source.data(part) if root is None else self._written(root)
        self.package.add(name, data, source.content_type(part))
        if source.relations(part):
            relations = copy.deepcopy(source.tree(relations_of(part)))
            for relation in relations:
                target = source.target(part, relation)
                place = str(relation.get("Target"))
                if target is not None:
                    relation.set("Target", relative(name, self._part(target)))
                elif place.startswith("#"):
                    relation.set("Target", "#" + renamed(place[1:], self._change))
            self.package.add(relations_of(name), _bytes(relations))
        return name

    def _written(self, root: etree._Element) -> bytes:
        for element in _formula_elements(root):
            element.text = renamed(element.text or "", self._change)
            if len(element.text) > LONGEST_FORMULA:
                raise ReportError(
                    "a formula grew past Excel's limit when its sheet was renamed - rename your own sheet"
                )
        for tag, attribute in (("sp", "textlink"), ("cfvo", "val")):
            for element in root.iter(f"{{*}}{tag}"):
                if element.get(attribute):
                    element.set(attribute, renamed(str(element.get(attribute)), self._change))
        return _bytes(root)

    def _cells(self, root: etree._Element) -> None:
        """Formats by their new index, strings in the cells, dates in the workbook's own system."""
        for cell in root.iter(f"{{{MAIN}}}c"):
            if "cm" in cell.attrib:
                del cell.attrib["cm"]
            if cell.get("t") == "s":
                self._inline(cell)
            style = cell.get("s")
            if style is not None:
                if self.days and cell.get("t", "n") == "n" and self.styles.is_date(str(style)):
                    for value in children(cell, "v"):
                        value.text = f"{float(value.text or 0) + self.days:.15g}"
                cell.set("s", self.styles.cell(str(style)))
        for tag, attribute in (("row", "s"), ("col", "style")):
            for element in root.iter(f"{{{MAIN}}}{tag}"):
                if element.get(attribute) is not None:
                    element.set(attribute, self.styles.cell(str(element.get(attribute))))

    def _inline(self, cell: etree._Element) -> None:
        value = next(children(cell, "v"))
        text = copy.deepcopy(self.donor.strings[int(value.text or 0)])
        text.tag, text.tail = f"{{{MAIN}}}is", None
        cell.set("t", "inlineStr")
        cell.replace(value, text)

    def _formats(self, root: etree._Element) -> None:
        for tag in ("cfRule", "colorFilter", "sortCondition"):
            for element in root.iter(f"{{{MAIN}}}{tag}"):
                if element.get("dxfId") is not None:
                    element.set("dxfId", self.styles.difference(str(element.get("dxfId"))))

    def _links(self, root: etree._Element) -> None:
        """Links to sheets that came along follow them; others would lead nowhere and go."""
        for links in list(children(root, "hyperlinks")):
            for link in list(links):
                location = link.get("location")
                if location is not None and not sheets_in(location) <= self._carried:
                    links.remove(link)
                elif location is not None:
                    link.set("location", renamed(location, self._change))
            if not len(links):
                root.remove(links)


def _renaming(names: Mapping[str, str]) -> Change:
    """The change of sheet names, without regard to case."""
    changed = {old.casefold(): new for old, new in names.items() if old != new}
    return lambda name: changed.get(name.casefold(), name)


def _choices(sheet: str, needed: bool) -> Iterator[str]:
    """Names for a sheet, best first; its own is left out where the input workbook's vocabulary needs it."""
    if not needed:
        yield sheet
    yield (PREFIX + sheet)[:LONGEST_NAME]
    for number in range(2, 1000):
        end = f" {number}"
        yield (PREFIX + sheet)[: LONGEST_NAME - len(end)] + end


def sheet_names(book: etree._Element) -> list[str]:
    """The names of a workbook's sheets, left to right."""
    return [str(el.get("name")) for el in entries(book, "sheets")]


def _formula_elements(root: etree._Element) -> Iterator[etree._Element]:
    return root.iter(*(f"{{*}}{name}" for name in FORMULAS))


def _is_xml(package: Package, part: str) -> bool:
    return part.lower().endswith(".xml") and package.content_type(part).endswith("+xml")


def _bytes(root: etree._Element) -> bytes:
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
