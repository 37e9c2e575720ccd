"""Trees: flattened to paths, compared, and edited at a cost that grows with the change, not with the tree."""

from __future__ import annotations

import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from dulwich.objects import Blob, ObjectID, Tree

from shared.adapters.repository.objects import NewObject, StoredObjects
from shared.adapters.repository.path_rules import path_fault

FILE_MODE: Final = 0o100644
TREE_MODE: Final = 0o040000
BLOB_TYPE: Final = Blob.type_num
EMPTY_TREE: Final = Tree().id


@dataclass(slots=True)
class _Edit:
    """What happens at one name: to the file of that name (`file` is set), and to what lies in the folder."""

    file: bool = False
    contents: bytes | None = None
    below: dict[bytes, _Edit] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FileChange:
    """A path whose blob differs between two trees; None: it is not there."""

    path: str
    old: str | None
    new: str | None


class TreeEdit:
    """Applies changed files to a tree. `made` collects the new trees and blobs."""

    def __init__(self, objects: StoredObjects) -> None:
        self._objects = objects
        self.made: dict[bytes, NewObject] = {}

    def apply(self, root: bytes | None, files: Mapping[str, bytes | None]) -> bytes:
        """The root tree's id after the changes. Raises ValueError for a path that cannot be."""
        top = _Edit()
        for path, contents in files.items():
            if fault := path_fault(path):
                raise ValueError(f"committing {path!r}: {fault}")
            edit = top
            for segment in path.encode().split(b"/"):
                edit = edit.below.setdefault(segment, _Edit())
            edit.file, edit.contents = True, contents
        edited = self._folder(root, top.below, "")
        return edited if edited is not None else self._keep(Tree())

    def _folder(self, tree: bytes | None, edits: Mapping[bytes, _Edit], where: str) -> bytes | None:
        """The folder's tree after the edits; None if nothing is left in it."""
        entries = dict(self._objects.entries(tree)) if tree is not None else {}
        for name, edit in edits.items():
            path = f"{where}{name.decode()}"
            entry = self._entry(entries.get(name), edit, path)
            if entry is None:
                entries.pop(name, None)
            else:
                entries[name] = entry
        if not entries:
            return None
        edited = Tree()
        for name, (mode, object_id) in entries.items():
            edited.add(name, mode, ObjectID(object_id))
        return self._keep(edited) if edited.id != tree else tree

    def _entry(self, current: tuple[int, bytes] | None, edit: _Edit, path: str) -> tuple[int, bytes] | None:
        """What stands there afterwards; the folder's edits come first, they may make room for a file."""
        if edit.file and current is not None and not stat.S_ISDIR(current[0]):
            current = None
            if edit.contents is None and not edit.below:
                return None
        if edit.below:
            if current is not None and not stat.S_ISDIR(current[0]):
                raise ValueError(f"committing below {path!r}: it is a file, not a folder")
            subtree = self._folder(current[1] if current else None, edit.below, f"{path}/")
            current = None if subtree is None else (TREE_MODE, subtree)
        if edit.file and edit.contents is not None:
            if current is not None:
                raise ValueError(f"committing {path!r}: it is a folder, not a file")
            return FILE_MODE, self._keep(Blob.from_string(edit.contents))
        return current

    def _keep(self, made: Blob | Tree) -> bytes:
        if made.id not in self._objects:
            self.made[made.id] = NewObject.of(made)
        return made.id


def flatten(objects: StoredObjects, root: bytes) -> dict[str, str]:
    """Path → blob id of every file below a tree."""
    return {path: blob.decode() for path, _, blob in walk_files(objects, root)}


def walk_files(objects: StoredObjects, root: bytes) -> Iterator[tuple[str, int, bytes]]:
    """Path, mode and id of everything below a tree that is not a folder."""
    folders = [("", root)]
    while folders:
        where, tree = folders.pop()
        for name, (mode, object_id) in objects.entries(tree).items():
            path = where + name.decode(errors="surrogateescape")
            if stat.S_ISDIR(mode):
                folders.append((f"{path}/", object_id))
            else:
                yield path, mode, object_id


def changes(objects: StoredObjects, old: bytes | None, new: bytes | None) -> Iterator[FileChange]:
    """Files that differ between two trees; folders of equal id are not opened."""
    folders: list[tuple[str, bytes | None, bytes | None]] = [("", old, new)]
    while folders:
        where, before, after = folders.pop()
        if before == after:
            continue
        olds = objects.entries(before) if before is not None else {}
        news = objects.entries(after) if after is not None else {}
        for name in sorted({name for name, _ in olds.items() ^ news.items()}):
            path = where + name.decode(errors="surrogateescape")
            was_folder, was_file = _split(olds.get(name))
            is_folder, is_file = _split(news.get(name))
            if was_folder or is_folder:
                folders.append((f"{path}/", was_folder, is_folder))
            if was_file != is_file:
                yield FileChange(path, _text(was_file), _text(is_file))


def find(objects: StoredObjects, root: bytes, path: str) -> bytes | None:
    """The id of the file or folder at that path; None if there is nothing."""
    current, mode = root, TREE_MODE
    for segment in path.encode().split(b"/"):
        if not stat.S_ISDIR(mode):
            return None
        entry = objects.entries(current).get(segment)
        if entry is None:
            return None
        mode, current = entry
    return current


def _split(entry: tuple[int, bytes] | None) -> tuple[bytes | None, bytes | None]:
    """The entry's id as a folder, and as a file."""
    if entry is None:
        return None, None
    return (entry[1], None) if stat.S_ISDIR(entry[0]) else (None, entry[1])


def _text(object_id: bytes | None) -> str | None:
    return None if object_id is None else object_id.decode()
