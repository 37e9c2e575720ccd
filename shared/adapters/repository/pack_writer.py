"""Writes packs. Stored packs hold complete objects only, never deltas.

So an object's compressed bytes can be copied from a stored pack into another, or to a client, as they are.
"""

from __future__ import annotations

import binascii
import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import BinaryIO

from dulwich.object_format import DEFAULT_OBJECT_FORMAT
from dulwich.pack import PackData, pack_header_chunks, pack_object_chunks, write_pack_index

from shared.adapters.repository.pack_table import PackTable


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


def copy_objects(table: PackTable, names: Iterable[bytes], writer: PackWriter) -> None:
    """Copies objects (binary ids) from stored packs, compressed as they are. Raises KeyError."""
    for name in table.in_order(names):
        writer.copy(name, table.record(name))
