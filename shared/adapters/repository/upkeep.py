"""Keeps a repository quick to read: many small packs become one, and what is no longer listed is deleted."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Final

from shared.adapters.repository.blob_repository import BlobRepository, StaleBase
from shared.adapters.repository.manifest import Manifest
from shared.adapters.repository.objects import StoredObjects
from shared.adapters.repository.pack_table import PackTable
from shared.adapters.repository.pack_writer import WrittenPack, copy_objects, write_pack
from shared.adapters.repository.reach import reachable

MANY_PACKS: Final = 20
KEEP_UNLISTED: Final = dt.timedelta(hours=24)
"""Readers that started with an older manifest have long ended by then."""
_ATTEMPTS: Final = 3


def repack(repository: BlobRepository, now: dt.datetime, over: int = MANY_PACKS) -> bool:
    """If there are more than `over` packs, replaces them by one of what the refs reach. Whether it did.

    Gives up, until the next call, if refs keep moving meanwhile. Repeatable: an upload that was never listed
    is deleted later.
    """
    for _ in range(_ATTEMPTS):
        base = repository.read_manifest()
        if len(base.packs) <= over:
            return False
        try:
            _repack(repository, base, now)
        except StaleBase:
            continue
        return True
    return False


def delete_unlisted(repository: BlobRepository, now: dt.datetime, keep: dt.timedelta = KEEP_UNLISTED) -> int:
    """Deletes packs that have not been listed for `keep`, and answers how many blobs went. Repeatable."""
    manifest, limit, deleted = repository.read_manifest(), now - keep, 0
    for blob in repository.packs.stored():
        since = max(blob.modified, manifest.unlisted.get(blob.pack, blob.modified))
        if blob.pack not in manifest.packs and since <= limit:
            deleted += repository.packs.delete(blob)

    def forget(current: Manifest) -> Manifest:
        kept = {name: since for name, since in current.unlisted.items() if since > limit}
        return replace(current, unlisted=kept)

    if any(since <= limit for since in manifest.unlisted.values()):
        repository.change(forget)
    return deleted


def _repack(repository: BlobRepository, base: Manifest, now: dt.datetime) -> None:
    with repository.opened(base) as objects:
        written = _write_reachable(repository, objects, base)

    def decide(current: Manifest) -> Manifest:
        if current.packs == (written.name,):
            return current
        if current.refs != base.refs or current.packs != base.packs:
            # What was added since may rest on objects that the new pack lacks.
            raise StaleBase(f"repacking {repository.tenant}: refs moved meanwhile")
        gone = {name: now for name in base.packs if name != written.name}
        unlisted = {name: since for name, since in current.unlisted.items() if name != written.name}
        return replace(current, packs=(written.name,), unlisted={**unlisted, **gone})

    repository.publish(base, written, decide)


def _write_reachable(repository: BlobRepository, objects: StoredObjects, base: Manifest) -> WrittenPack:
    with PackTable(objects.packs) as table:
        needed = reachable(table, base.refs.values())
        return write_pack(
            repository.packs.cache.folder,
            len(needed),
            lambda writer: copy_objects(table, needed, writer),
        )
