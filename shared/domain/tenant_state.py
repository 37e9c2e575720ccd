"""What the tenant holds, as canonical files: the third side of the comparison, and the branch `tenant`.

Built type by type from a snapshot, and kept as bytes: ten thousand items as Python objects would not fit.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.domain.agreement import Agreement
from shared.domain.canonical import Unresolved, canonical
from shared.domain.catalog import Catalog, TypeSpec
from shared.domain.file_name import assign_paths, type_in
from shared.domain.files import FileFault, blob_id, from_files, to_files
from shared.domain.item import ABSENT, Content, Json
from shared.domain.pattern import dig, spelled
from shared.domain.reference import Index, Unresolvable, identity_of
from shared.domain.snapshot import TypeRead
from shared.names import ItemPath, ObjectId, TypeKey


@dataclass(frozen=True, slots=True)
class TenantItem:
    """One object of the tenant. `path`: its file on the branch `tenant`.

    `likeness`: its identity and the discriminators' values, by which it is known where its id is not.
    `unchangeable`: backed up and never written. `unresolved`: the ids in it that no index explains.
    """

    type: TypeKey
    object_id: ObjectId
    path: ItemPath
    likeness: tuple[str, ...]
    unchangeable: bool = False
    unresolved: tuple[Unresolved, ...] = ()

    @property
    def name(self) -> str:
        """The identity."""
        return self.likeness[0]


@dataclass(frozen=True, slots=True)
class TenantState:
    """Everything that was read, of the types that were read and are not held, and nothing else.

    `items`: by type; a type that is missing here was not read. `files`: path → contents.
    """

    index: Index
    items: Mapping[TypeKey, tuple[TenantItem, ...]]
    files: Mapping[str, bytes]

    def tree(self) -> dict[str, str]:
        """The files by blob id."""
        return {path: blob_id(data) for path, data in self.files.items()}

    def item(self, key: TypeKey, object_id: ObjectId) -> TenantItem | None:
        """The object of that id."""
        return next((item for item in self.items.get(key, ()) if item.object_id == object_id), None)

    def content(self, spec: TypeSpec, item: TenantItem) -> Content:
        """The object's canonical content, as the comparison saw it."""
        found = from_files(spec, item.path, self.files)
        if isinstance(found, FileFault):
            raise AssertionError(f"{found.path}: {found.reason}")
        return found


def likeness(spec: TypeSpec, content: Mapping[str, Json]) -> tuple[str, ...]:
    """What an item is known by where its id is not: its identity, then the discriminators."""
    found = [dig(dict(content), name) for name in spec.discriminators]
    return (identity_of(spec, content), *("" if value is ABSENT else spelled(value) for value in found))


def tenant_state(
    catalog: Catalog, read: Mapping[TypeKey, TypeRead], index: Index, base: Agreement
) -> TenantState:
    """The canonical files of everything that was read. Give it no type that is held."""
    items: dict[TypeKey, tuple[TenantItem, ...]] = {}
    files: dict[str, bytes] = {}
    known: dict[TypeKey, dict[ObjectId, ItemPath]] = {}
    for path, object_id in base.ids.items():
        known.setdefault(TypeKey(type_in(path) or ""), {})[object_id] = path
    for key in sorted(read):
        spec = catalog.types[key]
        items[key] = type_state(spec, read[key], index, known.get(key, {}), files)
    return TenantState(index, items, files)


def type_state(
    spec: TypeSpec,
    read: TypeRead,
    index: Index,
    known: Mapping[ObjectId, ItemPath],
    files: dict[str, bytes],
) -> tuple[TenantItem, ...]:
    """The items of one type; their files are put into `files`. `known`: object id → path, from B."""
    names = {item.object_id: identity_of(spec, item.raw) for item in read.items}
    paths = assign_paths(spec, names, known)
    found: dict[ObjectId, TenantItem] = {}
    for item in read.items:
        form = canonical(spec, item.raw, index)
        path = paths[item.object_id]
        files.update(to_files(spec, path, form.content))
        found[item.object_id] = TenantItem(
            spec.key,
            item.object_id,
            path,
            (names[item.object_id], *likeness(spec, form.content)[1:]),
            spec.is_unchangeable(item.raw),
            form.unresolved,
        )
    return tuple(found[object_id] for object_id in sorted(found))


def kept_needs(catalog: Catalog, read: Mapping[TypeKey, TypeRead], base: Agreement) -> frozenset[str]:
    """The blobs of B from which `kept_identities` learns the names of items of types that were not read."""
    return frozenset(blob for files in _kept(catalog, read, base).values() for _, blob in files)


def kept_identities(
    catalog: Catalog, read: Mapping[TypeKey, TypeRead], base: Agreement, blobs: Mapping[str, bytes]
) -> dict[TypeKey, dict[ObjectId, str]]:
    """Type → object id → identity of what B holds of unread types that others refer to."""
    found: dict[TypeKey, dict[ObjectId, str]] = {}
    for key, files in _kept(catalog, read, base).items():
        names = found[key] = {}
        for path, blob in files:
            content = from_files(catalog.types[key], path, {path: blobs[blob]})
            if not isinstance(content, FileFault):
                names[base.ids[path]] = identity_of(catalog.types[key], content)
    return found


def _kept(
    catalog: Catalog, read: Mapping[TypeKey, TypeRead], base: Agreement
) -> dict[TypeKey, list[tuple[ItemPath, str]]]:
    wanted = {
        reference.to
        for key in read
        for reference in catalog.types[key].references
        if reference.to in catalog.types and reference.to not in read
    }
    found: dict[TypeKey, list[tuple[ItemPath, str]]] = {key: [] for key in wanted}
    for path in base.ids:
        key = type_in(path)
        if key in found and path in base.tree:
            found[key].append((path, base.tree[path]))
    return found


def dump(state: TenantState) -> bytes:
    """The state as JSON, for a blob."""
    value: dict[str, Any] = {
        "identities": state.index.identities,
        "stems": state.index.stems,
        "items": [_dump_item(item) for items in state.items.values() for item in items],
        "types": list(state.items),
        "files": {path: data.decode("utf-8", "surrogatepass") for path, data in state.files.items()},
    }
    return json.dumps(value, ensure_ascii=True, separators=(",", ":")).encode()


def _dump_item(item: TenantItem) -> dict[str, Any]:
    return {
        "type": item.type,
        "id": item.object_id,
        "path": item.path,
        "likeness": item.likeness,
        "unchangeable": item.unchangeable,
        "unresolved": [(one.to, one.object_id, one.why.value) for one in item.unresolved],
    }


def load(data: bytes) -> TenantState:
    """The state from its JSON."""
    value = json.loads(data)
    items: dict[TypeKey, list[TenantItem]] = {TypeKey(key): [] for key in value["types"]}
    for one in value["items"]:
        unresolved = tuple(
            Unresolved(TypeKey(to), object_id, Unresolvable(why)) for to, object_id, why in one["unresolved"]
        )
        items[one["type"]].append(
            TenantItem(
                TypeKey(one["type"]),
                ObjectId(one["id"]),
                ItemPath(one["path"]),
                tuple(one["likeness"]),
                one["unchangeable"],
                unresolved,
            )
        )
    files = {path: text.encode("utf-8", "surrogatepass") for path, text in value["files"].items()}
    index = Index(value["identities"], value["stems"])
    return TenantState(index, {key: tuple(found) for key, found in items.items()}, files)
