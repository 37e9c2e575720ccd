"""Writes packs. Stored packs hold complete objects only, never deltas.

So an object's compressed bytes can be copied from a stored pack into another, or to a client, as they are.
"""

from __future__ import annotations

import binascii
import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from mmap import ACCESS_READ, mmap
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import BinaryIO, Final

from dulwich.object_format import DEFAULT_OBJECT_FORMAT
from dulwich.pack import Pack, PackData, pack_header_chunks, pack_object_chunks, write_pack_index

_COMPLETE_TYPES: Final = frozenset({1, 2, 3, 4})
"""Commit, tree, blob, tag: the numbers of complete objects in a pack (gitformat-pack(5))."""
_CHECKSUM_BYTES: Final = 20


class PackWriter:
    """Writes one pack of `count` objects to `write`. Ids are binary, 20 bytes."""

    def __init__(self, write: Callable[[bytes], object], count: int) -> None:
        self._write, self._hash, self._offset = write, hashlib.sha1(usedforsecurity=False), 0
        self.entries: list[tuple[bytes, int, int]] = []
        """Id, offset and CRC-32 of every object, as an index wants them."""
        for chunk in pack_header_chunks(count):
            self._put(chunk)

    def add(self, object_id: bytes, type_number: int, contents: bytes) -> None:
        """Appends an object, compressed."""
        record = b"".join(pack_object_chunks(type_number, [contents], object_format=DEFAULT_OBJECT_FORMAT))
        self.copy(object_id, record)

    def copy(self, object_id: bytes, record: bytes) -> None:
        """Appends an object as it stands in another pack: its header and compressed bytes."""
        self.entries.append((object_id, self._offset, binascii.crc32(record)))
        self._put(record)

    def finish(self) -> bytes:
        """Writes the trailer; answers the pack's checksum."""
        checksum = self._hash.digest()
        self._write(checksum)
        return checksum

    def _put(self, chunk: bytes) -> None:
        self._write(chunk)
        self._hash.update(chunk)
        self._offset += len(chunk)


@dataclass(frozen=True, slots=True)
class WrittenPack:
    """A pack and its index as files of this machine, not yet uploaded. `name` is the pack's checksum."""

    name: str
    pack: Path
    index: Path

    def discard(self) -> None:
        """Removes the files, if they are still there."""
        self.pack.unlink(missing_ok=True)
        self.index.unlink(missing_ok=True)


def write_pack(folder: Path, count: int, fill: Callable[[PackWriter], None]) -> WrittenPack:
    """Writes a pack of `count` objects into temporary files of `folder`; `fill` adds the objects."""
    with (
        NamedTemporaryFile(dir=folder, prefix="incoming-", suffix=".pack", delete=False) as pack,
        NamedTemporaryFile(dir=folder, prefix="incoming-", suffix=".idx", delete=False) as index,
    ):
        written = WrittenPack("", Path(pack.name), Path(index.name))
        try:
            writer = PackWriter(pack.write, count)
            fill(writer)
            checksum = writer.finish()
            if len(writer.entries) != count:
                raise AssertionError(f"a pack of {count} objects was given {len(writer.entries)}")
            write_pack_index(index, sorted(writer.entries), checksum)
        except BaseException:
            written.discard()
            raise
    return WrittenPack(checksum.hex(), written.pack, written.index)


def write_index(pack: Path, index: BinaryIO) -> None:
    """Writes the index of a pack, by reading all of it."""
    with PackData(pack, object_format=DEFAULT_OBJECT_FORMAT) as data:
        write_pack_index(index, data.sorted_entries(), data.get_stored_checksum())


def copy_objects(packs: Iterable[Pack], object_ids: Iterable[bytes], writer: PackWriter) -> None:
    """Copies objects (binary ids) from stored packs, compressed as they are. Raises KeyError."""
    left = set(object_ids)
    for pack in packs:
        if not left:
            break
        with Path(pack.data.path).open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as contents:
            records = _records(pack, len(contents))
            for object_id in sorted(left & records.keys(), key=lambda found: records[found]):
                start, end = records[object_id]
                record = contents[start:end]
                if (record[0] >> 4) & 7 not in _COMPLETE_TYPES:
                    raise ValueError(f"pack {pack.data.filename}: object {object_id.hex()} is a delta")
                writer.copy(object_id, record)
        left -= records.keys()
    if left:
        raise KeyError(next(iter(left)).hex())


def _records(pack: Pack, size: int) -> Mapping[bytes, tuple[int, int]]:
    """Where each object's record starts and ends in the pack's file of `size` bytes."""
    entries = sorted((offset, object_id) for object_id, offset, _ in pack.index.iterentries())
    ends = [*(offset for offset, _ in entries[1:]), size - _CHECKSUM_BYTES]
    return {bytes(object_id): (offset, end) for (offset, object_id), end in zip(entries, ends, strict=True)}
