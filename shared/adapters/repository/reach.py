"""What a commit needs: everything that can be reached from it, found in one walk.

Trees are read as bytes, without dulwich's objects: a year of nightly commits is thousands of trees, and every
full clone and every repack walks them all. Packs were checked against their checksums as they came.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from dulwich.objects import Commit, ObjectID, hex_to_sha

from shared.adapters.repository.objects import ObjectMissing
from shared.adapters.repository.pack_table import PackTable
from shared.names import CommitId

_ENTRY: Final = re.compile(rb"(\d+) [^\0]+\0(.{20})", re.DOTALL)
"""Mode and id of a tree's entry (gitformat-tree): `<mode> <name>\\0<20 bytes>`."""
_FOLDER: Final = b"40000"
_HEADER: Final = re.compile(rb"(tree|parent) ([0-9a-f]{40})\n")


def reachable(table: PackTable, tips: Iterable[CommitId]) -> set[bytes]:
    """The ids (binary) of these commits and of all that they need. Raises ObjectMissing."""
    found: set[bytes] = set()
    commits: list[bytes] = [hex_to_sha(ObjectID(tip.encode())) for tip in tips]
    while commits:
        commit = commits.pop()
        if commit not in found:
            found.add(commit)
            root, parents = _commit(table, commit)
            commits.extend(parents)
            _add_tree(table, root, found)
    return found


def _commit(table: PackTable, commit: bytes) -> tuple[bytes, list[bytes]]:
    """Its tree and its parents: the first lines of a commit, in this order."""
    type_number, text = _read(table, commit)
    if type_number != Commit.type_num:
        raise ObjectMissing(f"reading commit {commit.hex()}: it is none")
    ids: list[bytes] = []
    position = 0
    while line := _HEADER.match(text, position):
        ids.append(hex_to_sha(ObjectID(line[2])))
        position = line.end()
    return ids[0], ids[1:]


def _add_tree(table: PackTable, root: bytes, found: set[bytes]) -> None:
    trees = [root]
    while trees:
        tree = trees.pop()
        if tree not in found:
            found.add(tree)
            entries = _ENTRY.findall(_read(table, tree)[1])
            trees.extend(object_id for mode, object_id in entries if mode == _FOLDER)
            found.update(object_id for mode, object_id in entries if mode != _FOLDER)


def _read(table: PackTable, name: bytes) -> tuple[int, bytes]:
    try:
        return table.read(name)
    except KeyError as exc:
        raise ObjectMissing(f"reading object {name.hex()}: it is in none of the repository's packs") from exc
