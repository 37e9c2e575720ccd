"""Packs as blobs, and their copies in a folder of this machine.

A pack's name is its checksum, so a name never stands for other bytes: copies need no freshness check and one
folder can serve every tenant and process.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import os
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, BinaryIO, Final, cast

from azure.core import MatchConditions
from azure.core.exceptions import ResourceModifiedError, ResourceNotFoundError
from dulwich.object_format import DEFAULT_OBJECT_FORMAT
from dulwich.pack import Pack, PackFileDisappeared

from shared.adapters.repository.pack_writer import WrittenPack, write_index
from shared.adapters.repository.storage_faults import asking_storage, is_blob_missing
from shared.errors import AccordError, StorageUnavailable

if TYPE_CHECKING:
    from azure.storage.blob import ContainerClient

_SUFFIXES: Final = (".pack", ".idx")
_PARALLEL_DOWNLOADS: Final = 8
_OPEN_ATTEMPTS: Final = 3
_IN_USE_SECONDS: Final = 300
_CHECKSUM_BYTES: Final = 20
DEFAULT_CACHE_BYTES: Final = 1024**3
INDEX_STORED_ABOVE: Final = 512 * 1024
"""Bytes of a pack. The index of a smaller one is sooner made again than asked for."""


class PackMissing(AccordError):
    """A pack is listed in the manifest at hand but not in storage: the manifest at hand is out of date."""


@dataclass(frozen=True, slots=True)
class StoredBlob:
    """One pack or index blob: `version` is its ETag."""

    name: str
    pack: str
    version: str
    modified: dt.datetime


class PackCache:
    """Copies of packs in a folder, at most `limit` bytes; what was used longest ago goes first.

    A file used in the last minutes stays even over the limit: another thread may be about to open it.
    """

    def __init__(self, folder: Path, limit: int = DEFAULT_CACHE_BYTES) -> None:
        self.folder, self._limit = folder, limit
        folder.mkdir(parents=True, exist_ok=True)

    def path(self, name: str, suffix: str) -> Path:
        """Where the copy lies, if there is one."""
        return self.folder / f"{name}{suffix}"

    def missing(self, names: Iterable[str]) -> list[str]:
        """The packs without a complete copy; the others count as used now."""
        return [name for name in names if not self._touch(name)]

    def adopt(self, written: WrittenPack) -> None:
        """Takes a written pack's files as the copy."""
        written.index.replace(self.path(written.name, ".idx"))
        written.pack.replace(self.path(written.name, ".pack"))

    def trim(self) -> None:
        """Removes the copies used longest ago until the rest fits."""
        found = []
        for path in self.folder.iterdir():
            with contextlib.suppress(FileNotFoundError):
                status = path.stat()
                found.append((status.st_mtime, status.st_size, path))
        total = sum(size for _, size, _ in found)
        for used, size, path in sorted(found):
            if total <= self._limit or used > time.time() - _IN_USE_SECONDS:
                break
            with contextlib.suppress(OSError):
                path.unlink()
                total -= size

    def _touch(self, name: str) -> bool:
        try:
            for suffix in _SUFFIXES:
                os.utime(self.path(name, suffix))
        except FileNotFoundError:
            return False
        return True


class PackBlobs:
    """The packs of one repository: blobs `{tenant}/pack/{name}.pack`, with an `.idx` beside a large one.

    They are Git's own files: `git index-pack` reads them.
    """

    def __init__(self, container: ContainerClient, tenant: str, cache: PackCache) -> None:
        self._container, self._prefix, self.cache = container, f"{tenant}/pack/", cache

    def upload(self, written: WrittenPack) -> None:
        """Stores a pack, an index worth storing first, and keeps its files as the local copy.

        Always written, even if a blob of that name is there: that makes it young again, so that the clean-up
        of unlisted packs cannot take it before it is listed.
        """
        large = written.pack.stat().st_size > INDEX_STORED_ABOVE
        for path, suffix in ((written.index, ".idx"), (written.pack, ".pack"))[0 if large else 1 :]:
            name = f"{self._prefix}{written.name}{suffix}"
            with path.open("rb") as file, asking_storage(f"storing {name}"):
                self._container.upload_blob(name, file, overwrite=True)
        self.cache.adopt(written)
        self.cache.trim()

    @contextlib.contextmanager
    def opened(self, names: Sequence[str]) -> Iterator[list[Pack]]:
        """The packs, opened for reading, the largest first. Raises PackMissing."""
        packs = self._open(names)
        try:
            yield packs
        finally:
            for pack in packs:
                pack.close()

    def stored(self) -> Iterator[StoredBlob]:
        """Every pack and index blob there is, listed or not."""
        with asking_storage(f"listing {self._prefix}"):
            found = list(self._container.list_blobs(name_starts_with=self._prefix))
        for blob in found:
            pack = blob.name.removeprefix(self._prefix).rpartition(".")[0]
            yield StoredBlob(blob.name, pack, blob.etag, blob.last_modified)

    def delete(self, blob: StoredBlob) -> bool:
        """Deletes that version of the blob; False if it is gone or was written again since."""
        with asking_storage(f"deleting {blob.name}"):
            try:
                self._container.delete_blob(
                    blob.name, etag=blob.version, match_condition=MatchConditions.IfNotModified
                )
            except (ResourceNotFoundError, ResourceModifiedError):
                return False
        return True

    def _open(self, names: Sequence[str]) -> list[Pack]:
        """Another process may trim the cache between download and opening: then once more."""
        for _ in range(_OPEN_ATTEMPTS):
            self._fetch(self.cache.missing(names))
            opened: list[Pack] = []
            try:
                opened.extend(map(self._open_one, names))
            except (FileNotFoundError, PackFileDisappeared):
                _close(opened)
            except BaseException:
                _close(opened)
                raise
            else:
                return sorted(opened, key=len, reverse=True)
        raise StorageUnavailable(
            f"opening {len(names)} packs: copies in the cache folder vanish as they are made"
        )

    def _open_one(self, name: str) -> Pack:
        pack = Pack(str(self.cache.folder / name), object_format=DEFAULT_OBJECT_FORMAT)
        try:
            len(pack.data)  # opens both files, and compares the index with the pack
        except BaseException:
            pack.close()
            raise
        return pack

    def _fetch(self, names: Collection[str]) -> None:
        if not names:
            return
        with ThreadPoolExecutor(min(_PARALLEL_DOWNLOADS, len(names))) as pool:
            list(pool.map(self._fetch_one, names))
        self.cache.trim()

    def _fetch_one(self, name: str) -> None:
        """The index comes into place last: a pack with an index is complete."""
        pack, index = self.cache.path(name, ".pack"), self.cache.path(name, ".idx")
        self._copy(pack, lambda copy: self._download(copy, pack.name))
        if pack.stat().st_size > INDEX_STORED_ABOVE:
            self._copy(index, lambda copy: self._download(copy, index.name))
        else:
            self._copy(index, lambda copy: write_index(pack, copy))

    def _copy(self, target: Path, fill: Callable[[BinaryIO], None]) -> None:
        """Makes a file in one step: another process may look for it at any moment."""
        with NamedTemporaryFile(dir=self.cache.folder, prefix="incoming-", delete=False) as copy:
            try:
                fill(cast("BinaryIO", copy))
                copy.flush()
                Path(copy.name).replace(target)
            except BaseException:
                Path(copy.name).unlink(missing_ok=True)
                raise

    def _download(self, copy: BinaryIO, name: str) -> None:
        with asking_storage(f"reading {self._prefix}{name}"):
            try:
                self._container.download_blob(self._prefix + name).readinto(copy)
            except ResourceNotFoundError as exc:
                if not is_blob_missing(exc):
                    raise
                raise PackMissing(f"reading {self._prefix}{name}: not found") from exc
        copy.flush()
        _check(Path(copy.name), name)


def _close(packs: Iterable[Pack]) -> None:
    for pack in packs:
        pack.close()


def _check(path: Path, file: str) -> None:
    """Both kinds end in the checksum of what comes before (gitformat-pack(5)); a pack's is its name too."""
    contents = path.read_bytes()
    checksum = hashlib.sha1(contents[:-_CHECKSUM_BYTES], usedforsecurity=False).digest()
    named = file.endswith(".idx") or file == f"{checksum.hex()}.pack"
    if checksum != contents[-_CHECKSUM_BYTES:] or not named:
        raise StorageUnavailable(f"reading {file}: {len(contents)} bytes do not match its checksum")
