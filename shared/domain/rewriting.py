"""What an edit by the API or the page makes of a tree: an item written, removed, or taken from elsewhere.

All of it comes down to changed files; what they may say is decided by `push`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from shared.domain.catalog import Catalog, TypeSpec
from shared.domain.edits import Edits, FileEdits
from shared.domain.files import FileFault, Tree, from_files, to_files
from shared.domain.inventory import Held
from shared.domain.item import Content, Json
from shared.domain.json_form import parse_object
from shared.domain.marker import Symbol
from shared.domain.push_paths import PushFault, is_text, path_faults, spec_at
from shared.domain.reference import mentions
from shared.domain.shape import sort_collections
from shared.domain.tenant_state import likeness
from shared.names import ItemPath, TypeKey

_FIRST_WORD = re.compile(r"/[^\s/]*")


def placed(catalog: Catalog, tree: Tree, path: str) -> TypeSpec | PushFault:
    """The type that an item at this path is of, or why no item may lie there."""
    faults = path_faults(catalog, tree.keys(), {path: b""})
    spec = spec_at(catalog, path)
    if faults:
        return faults[0]
    if spec is None or not path.endswith(".json") or is_text(spec, path):
        return PushFault(path, None, "an item's file lies in <workload>/<type>/ and its name ends in .json")
    return spec


def written(
    spec: TypeSpec, path: ItemPath, data: bytes, beside: Mapping[str, bytes]
) -> dict[str, bytes] | FileFault:
    """The item's files for this JSON. A long text in it may be given in full, as the text itself, or as the
    marker of a file that lies `beside` already.
    """
    content = from_files(spec, path, {**beside, path: data})
    if isinstance(content, FileFault):
        return content
    sort_collections(spec, content)
    return to_files(spec, path, content)


def put(tree: Tree, there: Held | None, files: Mapping[str, bytes]) -> FileEdits:
    """The edits that leave the item with exactly these files."""
    edits = Edits(tree)
    if there is not None:
        edits.remove(there.paths)
    edits.write(files)
    return edits.result()


@dataclass(frozen=True, slots=True)
class Taken:
    """An item as it is to be: its files, and what they say; None: it is not to be there."""

    path: ItemPath
    files: Mapping[str, bytes]
    content: Content | None


def chosen(items: Collection[ItemPath], paths: Sequence[str] | None) -> tuple[list[ItemPath], list[str]]:
    """The items meant by `paths` (an item's own path, or a folder's with its slash; None: all of them), and
    those of the paths that mean none.
    """
    if paths is None:
        return sorted(items), []
    found: set[ItemPath] = set()
    missing = []
    for path in paths:
        meant = {one for one in items if one == path or (path.endswith("/") and one.startswith(path))}
        found |= meant
        if not meant:
            missing.append(path)
    return sorted(found), missing


def moved(spec: TypeSpec, content: Content, path: ItemPath) -> Taken:
    """The item under the path that it has where it goes: its long texts are named after it."""
    return Taken(path, to_files(spec, path, content), content)


def twin(
    spec: TypeSpec, content: Content, known: Mapping[tuple[str, ...], ItemPath], path: ItemPath
) -> ItemPath:
    """Where the target has this very item, known by its name; else the path that it came from."""
    return known.get(likeness(spec, content), path)


def taken(tree: Tree, there: Mapping[ItemPath, Held], items: Sequence[Taken]) -> FileEdits:
    """The edits that make these items so."""
    edits = Edits(tree)
    for item in items:
        held = there.get(item.path)
        if held is not None:
            edits.remove(held.paths)
        edits.write(item.files)
    return edits.result()


@dataclass(frozen=True, slots=True)
class Known:
    """What a tenant has, by name and by id, of what items may refer to."""

    names: Mapping[TypeKey, Collection[str]]
    ids: Collection[str]


@dataclass(frozen=True, slots=True)
class Lack:
    """A reference to what a tenant does not have. `name`: an identity, or an id as it stands in the file."""

    path: ItemPath
    type: TypeKey
    name: str
    text: str


def lacks(items: Mapping[ItemPath, tuple[TypeSpec, Content]], known: Known) -> tuple[Lack, ...]:
    """The references of these items that lead nowhere in the tenant, each once."""
    found: set[Lack] = set()
    for path, (spec, content) in items.items():
        for one in mentions(spec, content):
            if isinstance(one.what, Symbol):
                if one.what.identity not in known.names.get(one.what.type, ()):
                    found.add(Lack(path, one.what.type, one.what.identity, str(one.what)))
            elif one.what not in known.ids:
                found.add(Lack(path, one.reference.to, one.what, one.what))
    return tuple(sorted(found, key=lambda one: (one.path, one.type, one.name)))


def pointer_of(data: bytes | None, reason: str) -> str:
    """The place that a fault's reason begins with, as a JSON pointer into the file; else ""."""
    if not reason.startswith("/"):
        return ""
    content = parse_object(data or b"{}")
    node: Json = cast("Json", content) if isinstance(content, dict) else {}
    found, rest = "", reason
    while (step := _step(node, rest)) is not None:
        segment, node = step
        found, rest = found + segment, rest[len(segment) :]
    return found or (_FIRST_WORD.match(reason) or [""])[0]


def _step(node: Json, rest: str) -> tuple[str, Json] | None:
    """The segment of `rest` that leads from this node on, the longest that fits."""
    if isinstance(node, dict):
        inside: list[tuple[str, Json]] = list(node.items())
    elif isinstance(node, list):
        inside = [(str(index), one) for index, one in enumerate(node)]
    else:
        return None
    segments = (("/" + key.replace("~", "~0").replace("/", "~1"), value) for key, value in inside)
    fits = [
        one for one in segments if rest.startswith(one[0]) and rest[len(one[0]) : len(one[0]) + 1] in "/ "
    ]
    return max(fits, key=lambda one: len(one[0]), default=None)
