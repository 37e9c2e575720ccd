"""An item as files: canonical JSON, and its long texts beside it.

entra/…/Clean up.json                       {"scriptContent": "{{file:Clean up.scriptContent.ps1}}", …}
entra/…/Clean up.scriptContent.ps1          the script itself, byte for byte
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from shared.domain.catalog import LongText, TypeSpec
from shared.domain.file_name import side_form, stem_in
from shared.domain.item import SECRET, Content, Json, PropertyPath
from shared.domain.json_form import JsonFault, dumps, parse_object
from shared.domain.marker import BASE64, FILE, escape, mark, payload, unescape
from shared.domain.pattern import parse, places
from shared.domain.properties import copied
from shared.names import ItemPath

Tree: TypeAlias = Mapping[str, str]
"""A commit's files: path → blob id."""


def blob_id(contents: bytes) -> str:
    """Git's id of a blob with these contents."""
    return hashlib.sha1(b"blob %d\x00" % len(contents) + contents, usedforsecurity=False).hexdigest()


@dataclass(frozen=True, slots=True)
class FileFault:
    """Why a file cannot be read as an item. `line` counts from 1 where it is known."""

    path: str
    reason: str
    line: int | None = None


@dataclass(frozen=True, slots=True)
class LongTextPlace:
    """A long text in a content: its property, and where it stands."""

    text: LongText
    path: PropertyPath
    container: dict[str, Json]
    key: str


def to_files(spec: TypeSpec, path: ItemPath, content: Content) -> dict[str, bytes]:
    """The item's files, the JSON first."""
    if not spec.long_texts:
        return {path: dumps(dict(content))}
    shown = {key: copied(value) for key, value in content.items()}
    sides: dict[str, bytes] = {}
    for place in long_texts(spec, shown):
        value = place.container[place.key]
        if isinstance(value, str) and value and value != SECRET and payload(value, BASE64) is None:
            name = side_name(path, place)
            sides[path.rpartition("/")[0] + "/" + name] = unescape(value).encode("utf-8", "surrogatepass")
            place.container[place.key] = mark(FILE, name)
    return {path: dumps(shown), **sides}


def from_files(spec: TypeSpec, path: ItemPath, files: Mapping[str, bytes]) -> dict[str, Json] | FileFault:
    """The content that an item's files hold; `files` needs only those of this item."""
    data = files.get(path)
    if data is None:
        return FileFault(path, "there is no such file")
    content = parse_object(data)
    if isinstance(content, JsonFault):
        return FileFault(path, content.reason, content.line)
    for place in long_texts(spec, content):
        fault = _take_in(path, place, files)
        if fault is not None:
            return fault
    return content


def _take_in(path: ItemPath, place: LongTextPlace, files: Mapping[str, bytes]) -> FileFault | None:
    value = place.container[place.key]
    name = payload(value, FILE) if isinstance(value, str) else None
    if name is None:
        return None
    expected = side_name(path, place)
    where = "/".join(place.path)
    if name != expected:
        return FileFault(path, f"/{where} names the file {name!r}: its name must be {expected!r}")
    beside = path.rpartition("/")[0] + "/" + name
    data = files.get(beside)
    if data is None:
        return FileFault(path, f"/{where} names the file {name!r}, which is not there")
    try:
        place.container[place.key] = escape(data.decode("utf-8"))
    except UnicodeDecodeError as fault:
        return FileFault(beside, "the file is not UTF-8 text", data[: fault.start].count(b"\n") + 1)
    return None


def sides_named(spec: TypeSpec, path: ItemPath, data: bytes) -> frozenset[str]:
    """The long texts' files, by path, that an item's JSON names."""
    content = parse_object(data)
    if isinstance(content, JsonFault):
        return frozenset()
    place = path.rpartition("/")[0] + "/"
    named = (one.container[one.key] for one in long_texts(spec, content))
    names = (payload(value, FILE) for value in named if isinstance(value, str))
    return frozenset(place + name for name in names if name is not None)


def long_texts(spec: TypeSpec, content: dict[str, Json]) -> Iterator[LongTextPlace]:
    """Where the content holds long texts."""
    if not spec.long_texts:
        return
    where = _locations(content)
    for text in spec.long_texts:
        for container, key in places(content, parse(text.path)):
            yield LongTextPlace(text, (*where[id(container)], str(key)), container, key)


def _locations(content: dict[str, Json]) -> dict[int, PropertyPath]:
    found: dict[int, PropertyPath] = {}
    waiting: list[tuple[PropertyPath, Json]] = [((), content)]
    while waiting:
        path, node = waiting.pop()
        if isinstance(node, dict | list):
            found[id(node)] = path
            inner = node.items() if isinstance(node, dict) else enumerate(node)
            waiting.extend(((*path, str(key)), value) for key, value in inner)
    return found


def side_name(path: ItemPath, place: LongTextPlace) -> str:
    """The file name of a long text: `<item name>.<property>.<extension>`; members of lists by their index."""
    return f"{stem_in(path)}.{'.'.join(place.path)}.{place.text.extension}"


@dataclass(frozen=True, slots=True)
class ItemFiles:
    """An item's files in a tree, by blob id: equal ids are equal contents."""

    json: str
    sides: tuple[tuple[str, str], ...] = ()

    def blobs(self) -> Iterable[str]:
        """Every blob id."""
        return (self.json, *(blob for _, blob in self.sides))


def by_folder(tree: Tree) -> dict[str, dict[str, str]]:
    """The tree's files by folder (with its slash): file name → blob id."""
    folders: dict[str, dict[str, str]] = {}
    for path, blob in tree.items():
        folder, slash, name = path.rpartition("/")
        folders.setdefault(folder + slash, {})[name] = blob
    return folders


def items_in(spec: TypeSpec, folder: str, names: Mapping[str, str]) -> dict[ItemPath, ItemFiles]:
    """The items in a type's folder, each with the long texts that lie beside it."""
    found = {name[:-5]: blob for name, blob in names.items() if name.endswith(".json")}
    if not spec.long_texts:
        return {ItemPath(f"{folder}{stem}.json"): ItemFiles(blob) for stem, blob in found.items()}
    sides: dict[str, list[tuple[str, str]]] = {}
    owners = {name: owner for name in sorted(names) if (owner := owner_of(spec, name, found)) is not None}
    for name, owner in owners.items():
        sides.setdefault(owner, []).append((f"{folder}{name}", names[name]))
        if name.endswith(".json"):
            del found[name[:-5]]
    return {
        ItemPath(f"{folder}{stem}.json"): ItemFiles(blob, tuple(sides.get(stem, ())))
        for stem, blob in found.items()
    }


def owner_of(spec: TypeSpec, name: str, stems: Mapping[str, str]) -> str | None:
    """Whose long text a file name is: that item's file name, without extension."""
    form = side_form(spec.long_texts)
    at = name.rfind(".")
    while at > 0:
        if name[:at] in stems and form.fullmatch(name, at):
            return name[:at]
        at = name.rfind(".", 0, at)
    return None
