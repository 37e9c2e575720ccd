"""Every object of some packs, read straight from the files: for work that touches most of them.

Stored packs hold complete objects only, so an object is one record: a header and its compressed bytes.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from mmap import ACCESS_READ, mmap
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from dulwich.pack import Pack

_COMPLETE_TYPES: Final = frozenset({1, 2, 3, 4})
"""Commit, tree, blob, tag: the numbers of complete objects in a pack (gitformat-pack(5))."""
_CHECKSUM_BYTES: Final = 20
_INDEX_START: Final = b"\xfftOc\0\0\0\2"
_FAN_OUT_END: Final = 8 + 256 * 4


class PackTable:
    """Finds objects by their binary ids. To be used in a `with` statement."""

    def __init__(self, packs: Sequence[Pack]) -> None:
        self._packs, self._files = packs, ExitStack()
        self._contents: list[mmap] = []
        self._places: dict[bytes, tuple[int, int, int]] = {}

    def __enter__(self) -> Self:
        for number, pack in enumerate(self._packs):
            path = Path(pack.data.path)
            file = self._files.enter_context(path.open("rb"))
            contents = self._files.enter_context(mmap(file.fileno(), 0, access=ACCESS_READ))
            self._contents.append(contents)
            names, offsets = _index(path.with_suffix(".idx"))
            ends = dict(zip(offsets_sorted := sorted(offsets), offsets_sorted[1:], strict=False))
            last = len(contents) - _CHECKSUM_BYTES
            for name, offset in zip(names, offsets, strict=True):
                self._places[name] = (number, offset, ends.get(offset, last))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._files.close()

    def read(self, name: bytes) -> tuple[int, bytes]:
        """Type number and contents. Raises KeyError."""
        record = self.record(name)
        position = 1
        while record[position - 1] & 0x80:
            position += 1
        return (record[0] >> 4) & 7, zlib.decompress(record[position:])

    def record(self, name: bytes) -> bytes:
        """The object as it stands in its pack. Raises KeyError."""
        number, start, end = self._places[name]
        record = self._contents[number][start:end]
        if (record[0] >> 4) & 7 not in _COMPLETE_TYPES:
            raise ValueError(f"pack {self._packs[number].data.path}: object {name.hex()} is a delta")
        return record

    def in_order(self, names: Iterable[bytes]) -> list[bytes]:
        """The ids as they follow each other in the files. Raises KeyError."""
        return sorted(names, key=self._places.__getitem__)


def _index(path: Path) -> tuple[list[bytes], tuple[int, ...]]:
    """The ids and offsets of an index, version 2 (gitformat-pack(5))."""
    index = path.read_bytes()
    if not index.startswith(_INDEX_START):
        raise ValueError(f"{path.name} is no index of version 2")
    (count,) = struct.unpack_from(">L", index, _FAN_OUT_END - 4)
    names = [index[at : at + 20] for at in range(_FAN_OUT_END, _FAN_OUT_END + 20 * count, 20)]
    offsets = struct.unpack_from(f">{count}L", index, _FAN_OUT_END + 24 * count)
    if any(offset >> 31 for offset in offsets):
        raise ValueError(f"{path.name} belongs to a pack of more than 2 GiB")
    return names, offsets
