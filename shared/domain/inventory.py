"""The items of a commit, found by its tree, and what their files hold.

inventory   every item, by path
item_at     one item
version_of  what changes when any of an item's files does
content_of  what its files say
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from shared.domain.catalog import Catalog, TypeSpec
from shared.domain.file_name import folder
from shared.domain.files import FileFault, ItemFiles, Tree, by_folder, from_files, items_in
from shared.domain.item import Json
from shared.domain.push_paths import spec_at
from shared.names import ItemPath, TypeKey


@dataclass(frozen=True, slots=True)
class Held:
    """One item that a commit holds. Equal `files` are equal contents."""

    spec: TypeSpec
    path: ItemPath
    files: ItemFiles

    @property
    def paths(self) -> tuple[str, ...]:
        """Its files, the JSON first."""
        return (self.path, *(path for path, _ in self.files.sides))


def inventory(catalog: Catalog, tree: Tree, types: Iterable[TypeKey] | None = None) -> dict[ItemPath, Held]:
    """Every item by path, in order; of these types only, where they are given."""
    folders = by_folder(tree)
    wanted = catalog.types if types is None else [key for key in dict.fromkeys(types) if key in catalog.types]
    found = {
        path: Held(spec, path, files)
        for spec in (catalog.types[key] for key in wanted)
        for path, files in items_in(spec, folder(spec), folders.get(folder(spec), {})).items()
    }
    return dict(sorted(found.items()))


def item_at(catalog: Catalog, tree: Tree, path: str) -> Held | None:
    """The item whose JSON lies at this path; None also where the path is no item's."""
    spec = spec_at(catalog, path)
    if spec is None or path not in tree:
        return None
    return inventory(catalog, tree, (spec.key,)).get(ItemPath(path))


def version_of(files: ItemFiles) -> str:
    """Git's id of the item's one file; of several files, one id that stands for all of them."""
    if not files.sides:
        return files.json
    said = "\n".join([files.json, *(f"{path} {blob}" for path, blob in sorted(files.sides))])
    return hashlib.sha1(said.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()


def content_of(held: Held, blobs: Mapping[str, bytes]) -> dict[str, Json] | FileFault:
    """What the item's files say, its long texts in their places. `blobs`: blob id → contents."""
    sides = {path: blobs[blob] for path, blob in held.files.sides}
    return from_files(held.spec, held.path, {held.path: blobs[held.files.json], **sides})
