"""Inflates a pushed pack beside the repository: nothing of it counts until the push is accepted.

Every size is checked before memory is spent on it, so a small pack cannot ask for a large machine. dulwich
reads packs too, but believes the sizes they declare.
"""

from __future__ import annotations

import hashlib
import zlib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import SpooledTemporaryFile
from types import TracebackType
from typing import Final, Self

from dulwich.errors import ApplyDeltaError
from dulwich.objects import ObjectID, RawObjectID, hex_to_sha, object_header
from dulwich.pack import OFS_DELTA, REF_DELTA, UnpackedObject, apply_delta, read_zlib_chunks_at

from shared.adapters.repository.messages import GitLimits, PushRefused
from shared.adapters.repository.objects import StoredObjects

_HEADER: Final = 12
_CHECKSUM: Final = 20
_COMPLETE: Final = frozenset({1, 2, 3, 4})
_LONGEST_NUMBER: Final = 10
"""Bytes of a variable-length number; more would be over 64 bits."""
_IN_MEMORY: Final = 8 * 1024 * 1024
_WORK: Final = 8
"""How often a push's inflated limit may be read and written while its deltas are resolved."""


@dataclass(frozen=True, slots=True)
class _Spooled:
    """Where something inflated lies in the temporary file."""

    start: int
    size: int


@dataclass(slots=True)
class _Waiting:
    """Deltas that wait for their base: by its place in the pack, and by its id."""

    by_place: dict[int, list[tuple[int, _Spooled]]] = field(default_factory=lambda: defaultdict(list))
    by_id: dict[bytes, list[tuple[int, _Spooled]]] = field(default_factory=lambda: defaultdict(list))

    def of(self, place: int | None, object_id: bytes) -> list[tuple[int, _Spooled]]:
        """The deltas on that base, which no longer wait."""
        placed = self.by_place.pop(place, []) if place is not None else []
        return [*placed, *self.by_id.pop(object_id, [])]


class Quarantine(StoredObjects):
    """The repository's objects and, over them, those of one push."""

    def __init__(self, repository: StoredObjects, folder: Path, limits: GitLimits) -> None:
        super().__init__(repository.packs)
        self.repository, self._limits = repository, limits
        self._spool = SpooledTemporaryFile(max_size=_IN_MEMORY, dir=str(folder))  # noqa: SIM115  closed by __exit__
        self._pushed: dict[bytes, tuple[int, _Spooled]] = {}
        self._inflated = self._end = self._work = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._spool.close()

    def get_raw(self, name: RawObjectID | ObjectID) -> tuple[int, bytes]:
        """Type number and contents, pushed or stored. Raises KeyError."""
        found = self._pushed.get(_binary(name))
        if found is None:
            return super().get_raw(name)
        return found[0], self._read(found[1])

    def __contains__(self, sha1: ObjectID | RawObjectID) -> bool:
        return _binary(sha1) in self._pushed or super().__contains__(sha1)

    def kind(self, name: bytes) -> int:
        """The type number of an object (40 hexadecimal digits). Raises KeyError."""
        found = self._pushed.get(_binary(name))
        return found[0] if found is not None else self.repository.get_raw(ObjectID(name))[0]

    def pushed(self, name: bytes) -> bool:
        """Whether the push brought this object (40 hexadecimal digits) and the repository lacks it."""
        return _binary(name) in self._pushed and not super().__contains__(ObjectID(name))

    def inflate(self, pack: bytes) -> None:
        """Takes in a pack, its deltas resolved against it and the repository. Raises PushRefused."""
        try:
            self._inflate(pack)
        except (zlib.error, ApplyDeltaError, IndexError, AssertionError, ValueError) as exc:
            raise PushRefused("the pack is damaged", [f"the pack cannot be read: {exc}"]) from exc

    def _inflate(self, pack: bytes) -> None:
        count = self._count(pack)
        waiting, complete, place = _Waiting(), [], _HEADER
        for _ in range(count):
            kind, base, spooled, end = self._record(pack, place)
            if kind == OFS_DELTA:
                waiting.by_place[place - int.from_bytes(base)].append((place, spooled))
            elif kind == REF_DELTA:
                waiting.by_id[base].append((place, spooled))
            else:
                complete.append((place, self._keep(kind, spooled, self._read(spooled))))
            place = end
        if place != len(pack) - _CHECKSUM:
            raise ValueError("there is more in it than its header says")
        self._resolve(complete, waiting)

    def _count(self, pack: bytes) -> int:
        limits = self._limits
        if len(pack) > limits.packed:
            raise PushRefused(
                f"the push is larger than {_mib(limits.packed)}", ["push fewer commits at a time"]
            )
        if len(pack) < _HEADER + _CHECKSUM or pack[:8] not in {b"PACK\0\0\0\2", b"PACK\0\0\0\3"}:
            raise ValueError("it does not begin like a pack")
        checksum = hashlib.sha1(memoryview(pack)[:-_CHECKSUM], usedforsecurity=False).digest()
        if checksum != pack[-_CHECKSUM:]:
            raise ValueError("its checksum does not match")
        count = int.from_bytes(pack[8:12])
        if count > limits.objects:
            raise PushRefused(
                f"the push holds {count} objects, more than {limits.objects}",
                ["push fewer commits at a time"],
            )
        return count

    def _record(self, pack: bytes, place: int) -> tuple[int, bytes, _Spooled, int]:
        """Kind, base, inflated bytes and end of the record at that place (gitformat-pack(5))."""
        first, position = pack[place], place + 1
        size, shift = first & 15, 4
        while pack[position - 1] & 0x80:
            size |= (pack[position] & 0x7F) << shift
            shift, position = shift + 7, position + 1
            _bound(position - place)
        kind, base = (first >> 4) & 7, b""
        if kind == OFS_DELTA:
            base, position = _distance(pack, position)
        elif kind == REF_DELTA:
            base, position = pack[position : position + 20], position + 20
        elif kind not in _COMPLETE:
            raise ValueError(f"there is no object of kind {kind}")
        self._charge(size)
        record = UnpackedObject(kind, decomp_len=size)
        end = read_zlib_chunks_at(pack, position, record)
        return kind, base, self._write(record.decomp_chunks), end

    def _charge(self, size: int) -> None:
        """Counts what is about to be inflated."""
        limits = self._limits
        if size > limits.object_size:
            raise PushRefused(
                f"a file is larger than {_mib(limits.object_size)}",
                [f"one object of the push has {size} bytes; at most {limits.object_size} are kept"],
            )
        self._inflated += size
        if self._inflated > limits.inflated:
            raise PushRefused(
                f"the push inflates to more than {_mib(limits.inflated)}", ["push fewer commits at a time"]
            )

    def _resolve(self, complete: Iterable[tuple[int, bytes]], waiting: _Waiting) -> None:
        for place, object_id in complete:
            self._resolve_on(place, object_id, waiting)
        for object_id in list(waiting.by_id):
            if object_id in waiting.by_id and ObjectID(object_id) in self.repository:
                self._resolve_on(None, object_id, waiting)
        if waiting.by_place or waiting.by_id:
            raise ValueError("it holds differences to objects that are not there")

    def _resolve_on(self, place: int | None, object_id: bytes, waiting: _Waiting) -> None:
        """Resolves the deltas on one base, and those on the results. Only one base is in memory at a time."""
        bases = [(place, object_id)]
        while bases:
            place, object_id = bases.pop()
            deltas = waiting.of(place, object_id)
            if not deltas:
                continue
            kind, base = self.get_raw(RawObjectID(object_id))
            for delta_place, spooled in deltas:
                contents = self._apply(base, self._read(spooled))
                bases.append((delta_place, self._keep(kind, self._write([contents]), contents)))

    def _apply(self, base: bytes, delta: bytes) -> bytes:
        _, position = _number(delta, 0)
        size, _ = _number(delta, position)
        self._charge(size)
        self._work += len(base) + size
        if self._work > _WORK * self._limits.inflated:
            raise PushRefused("the push takes too long to unpack", ["push fewer commits at a time"])
        result: list[bytes] = apply_delta(base, delta)
        return b"".join(result)

    def _keep(self, kind: int, spooled: _Spooled, contents: bytes) -> bytes:
        object_id = hashlib.sha1(
            object_header(kind, len(contents)) + contents, usedforsecurity=False
        ).digest()
        self._pushed[object_id] = (kind, spooled)
        return object_id

    def _write(self, chunks: Iterable[bytes]) -> _Spooled:
        start = self._end
        self._spool.seek(start)
        for chunk in chunks:
            self._end += self._spool.write(chunk)
        return _Spooled(start, self._end - start)

    def _read(self, spooled: _Spooled) -> bytes:
        self._spool.seek(spooled.start)
        return self._spool.read(spooled.size)


def _binary(name: bytes) -> bytes:
    return hex_to_sha(ObjectID(name)) if len(name) == 2 * _CHECKSUM else name


def _number(data: bytes, position: int) -> tuple[int, int]:
    """A size as deltas begin with: 7 bits a byte, the lowest first. Answers where it ends, too."""
    value, shift, start = 0, 0, position
    while True:
        byte = data[position]
        value |= (byte & 0x7F) << shift
        shift, position = shift + 7, position + 1
        _bound(position - start)
        if not byte & 0x80:
            return value, position


def _distance(data: bytes, position: int) -> tuple[bytes, int]:
    """How far back the base lies: 7 bits a byte, the highest first, one added at each further byte."""
    start, value = position, data[position] & 0x7F
    while data[position] & 0x80:
        position += 1
        value = ((value + 1) << 7) | (data[position] & 0x7F)
        _bound(position - start)
    return value.to_bytes(_LONGEST_NUMBER), position + 1


def _bound(length: int) -> None:
    if length > _LONGEST_NUMBER:
        raise ValueError("it holds a number of more than 64 bits")


def _mib(size: int) -> str:
    return f"{size // (1024 * 1024)} MiB"
