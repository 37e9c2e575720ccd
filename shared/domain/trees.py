"""Items in a commit's tree: their files, and their contents from blobs that were loaded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from shared.domain.canonical import normalise
from shared.domain.catalog import TypeSpec
from shared.domain.file_name import side_form
from shared.domain.files import FileFault, Tree, from_files
from shared.domain.item import Json
from shared.domain.reference import Index
from shared.names import ItemPath


def item_paths(spec: TypeSpec, tree: Tree, path: ItemPath) -> tuple[str, ...]:
    """The item's files in the tree: its JSON and the long texts beside it; none if it has no JSON there."""
    if path not in tree:
        return ()
    if not spec.long_texts:
        return (path,)
    start = path.removesuffix(".json")
    form = side_form(spec.long_texts)
    sides = (name for name in tree if name.startswith(start) and form.fullmatch(name, len(start)))
    return (path, *sorted(sides))


@dataclass(frozen=True, slots=True)
class Loaded:
    """A tree with the blobs that were loaded of it."""

    tree: Tree
    blobs: Mapping[str, bytes]

    def content(self, spec: TypeSpec, path: ItemPath, index: Index) -> dict[str, Json] | None:
        """The item's content, normalised; None where there is none, or none that can be read."""
        paths = item_paths(spec, self.tree, path)
        if not paths:
            return None
        content = from_files(spec, path, {one: self.blobs[self.tree[one]] for one in paths})
        return None if isinstance(content, FileFault) else normalise(spec, content, index)
