"""Reads objects from a repository's listed packs, as a store that dulwich understands.

The set of packs is fixed: one manifest's. A store sees one moment of the repository and never looks for more.
"""

from __future__ import annotations

import re
from binascii import hexlify
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from dulwich.object_store import BaseObjectStore
from dulwich.objects import Commit, ObjectID, RawObjectID, ShaFile, Tree, hex_to_sha
from dulwich.pack import Pack

from shared.adapters.repository.pack_table import PackTable
from shared.errors import AccordError
from shared.names import CommitId

_HEX_LENGTH = 40
_ENTRY = re.compile(rb"(\d+) ([^\0]+)\0(.{20})", re.DOTALL)
"""Mode, name and id of a tree's entry; no tree comes in that dulwich's strict reading would refuse."""
_KEPT_TREES = 256
"""Walking a history meets most trees twice: as a commit's, and as its child's parent's."""
_MANY = 200
"""So many that reading the indexes as a whole is the shorter way."""


class ObjectMissing(AccordError):
    """An object that must be in the repository is in none of its packs."""


class StoredObjects(BaseObjectStore):
    """The objects of some packs. Ids are dulwich's: 40 hexadecimal digits as bytes, or 20 binary bytes."""

    def __init__(self, packs: Sequence[Pack]) -> None:
        super().__init__()
        self._packs = packs
        self._parsed = lru_cache(maxsize=_KEPT_TREES)(self._parse)

    @property
    def packs(self) -> list[Pack]:
        """The opened packs."""
        return list(self._packs)

    def get_raw(self, name: RawObjectID | ObjectID) -> tuple[int, bytes]:
        """Type number and contents. Raises KeyError."""
        binary = RawObjectID(hex_to_sha(ObjectID(name))) if len(name) == _HEX_LENGTH else RawObjectID(name)
        for pack in self._packs:
            try:
                return pack.get_raw(binary)
            except KeyError:
                continue
        raise KeyError(name)

    def __contains__(self, sha1: ObjectID | RawObjectID) -> bool:
        binary = RawObjectID(hex_to_sha(ObjectID(sha1))) if len(sha1) == _HEX_LENGTH else RawObjectID(sha1)
        return any(binary in pack for pack in self._packs)

    def contains_loose(self, sha: ObjectID) -> bool:
        """There are no loose objects; whether the object is there at all."""
        return sha in self

    def contains_packed(self, sha: ObjectID | RawObjectID) -> bool:
        """Whether the object is there."""
        return sha in self

    def __iter__(self) -> Iterator[ObjectID]:
        seen: set[ObjectID] = set()
        for pack in self._packs:
            for name in pack:
                if name not in seen:
                    seen.add(name)
                    yield name

    def commit(self, commit: CommitId) -> Commit:
        """That commit. Raises ObjectMissing."""
        found = self._object(commit.encode())
        if not isinstance(found, Commit):
            raise ObjectMissing(f"reading commit {commit}: it is a {found.type_name.decode()}")
        return found

    def entries(self, tree: bytes) -> Mapping[bytes, tuple[int, bytes]]:
        """Name → (mode, id) of a tree's entries. Raises ObjectMissing."""
        return self._parsed(tree)

    def _parse(self, tree: bytes) -> Mapping[bytes, tuple[int, bytes]]:
        try:
            type_number, raw = self.get_raw(ObjectID(tree))
        except KeyError as exc:
            raise ObjectMissing(
                f"reading object {tree.decode()}: it is in none of the repository's packs"
            ) from exc
        if type_number != Tree.type_num:
            raise ObjectMissing(f"reading tree {tree.decode()}: it is of type {type_number}")
        return {name: (int(mode, 8), hexlify(binary)) for mode, name, binary in _ENTRY.findall(raw)}

    def contents(self, blob: str) -> bytes:
        """A blob's bytes. Raises ObjectMissing."""
        try:
            return self.get_raw(ObjectID(blob.encode()))[1]
        except KeyError as exc:
            raise ObjectMissing(f"reading object {blob}: it is in none of the repository's packs") from exc

    def all_contents(self, blobs: Sequence[str]) -> dict[str, bytes]:
        """Those blobs' bytes. Raises ObjectMissing."""
        if len(blobs) < _MANY:
            return {blob: self.contents(blob) for blob in blobs}
        with PackTable(self._packs) as table:
            try:
                return {blob: table.read(bytes.fromhex(blob))[1] for blob in blobs}
            except KeyError as exc:
                missing = exc.args[0].hex()
                raise ObjectMissing(
                    f"reading object {missing}: it is in none of the repository's packs"
                ) from exc

    def _object(self, name: bytes) -> ShaFile:
        try:
            return self[ObjectID(name)]
        except KeyError as exc:
            raise ObjectMissing(
                f"reading object {name.decode()}: it is in none of the repository's packs"
            ) from exc


@dataclass(frozen=True, slots=True)
class NewObject:
    """An object to be stored: id (40 hexadecimal digits), dulwich's type number, contents."""

    id: bytes
    type_number: int
    contents: bytes

    @classmethod
    def of(cls, made: ShaFile) -> NewObject:
        """What dulwich made, as a value."""
        return cls(made.id, made.type_num, made.as_raw_string())
