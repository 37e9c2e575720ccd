"""Reads the types of one throttling bucket into the sync's snapshot (product.md 3.4).

Every type ends as one blob, `snapshot/<type>.json`: its items, or why it was not read. A type's blob is
written once; a second run of the activity goes on with the types that have none.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from shared.domain.catalog import TypeSpec
from shared.domain.lifecycle import count_type
from shared.domain.removal import gone_too_many
from shared.domain.snapshot import NotRead, NotReadReason, RawItem, TypeRead
from shared.errors import NotAvailable, ReadFailed, StorageConflict
from shared.names import ItemPath, ObjectId, TypeKey
from shared.ports import Unfinished
from shared.steps import blobs
from shared.steps.log import Event
from shared.steps.work import Stop, Work


async def back_up(work: Work, bucket: str) -> Stop | bool:
    """Reads every type of the bucket; True when all have their blob, False when the slice ended before."""
    scope = await asyncio.to_thread(blobs.load_scope, work.artifacts)
    known = await asyncio.to_thread(blobs.base_ids, work.repository)
    for key in scope.buckets.get(bucket, ()):
        if await asyncio.to_thread(work.artifacts.get, blobs.snapshot_name(key)) is not None:
            continue
        if stop := await work.stop():
            return stop
        spec = work.catalog.types[key]
        result = await _read(work, spec, known.get(key, {}))
        if isinstance(result, Unfinished):
            await asyncio.to_thread(work.artifacts.put, blobs.cursor_name(key), result.state)
            return False
        await _keep(work, result)
        if work.slice_over():
            return False
    return True


async def _read(
    work: Work, spec: TypeSpec, known: Mapping[ObjectId, ItemPath]
) -> TypeRead | NotRead | Unfinished:
    """One type: read, and what B knows but the list does not show asked for one by one."""
    try:
        state = await asyncio.to_thread(work.artifacts.get, blobs.cursor_name(spec.key))
        read = await work.api.read_type(spec, work.slice_ends, state)
        return read if isinstance(read, Unfinished) else await _confirm(work, spec, read, known)
    except NotAvailable as error:
        return NotRead(spec.key, NotReadReason.NOT_AVAILABLE, bool(known), str(error), error.request_id)
    except ReadFailed as error:
        return NotRead(spec.key, NotReadReason.READ_FAILED, True, str(error), error.request_id)


async def _confirm(
    work: Work, spec: TypeSpec, read: TypeRead, known: Mapping[ObjectId, ItemPath]
) -> TypeRead | NotRead:
    """Only "not found" makes a missing item a deleted one; too many of them hold the type."""
    shown = {item.object_id for item in read.items}
    found: list[RawItem] = []
    gone: list[ItemPath] = []
    for object_id, path in known.items():
        if object_id in shown:
            continue
        item = await work.api.read_item(spec, object_id)
        if item is None:
            gone.append(path)
        else:
            found.append(item)
    if spec.key not in work.sync.options.confirm_removals and gone_too_many(len(gone), len(known)):
        detail = f"{len(gone)} of {len(known)} items of {spec.key} are gone from the tenant"
        return NotRead(spec.key, NotReadReason.HELD, True, detail, names=tuple(sorted(gone)))
    return TypeRead(spec.key, (*read.items, *found))


async def _keep(work: Work, result: TypeRead | NotRead) -> None:
    """Writes the type's blob; only the run that wrote it counts it as progress."""
    try:
        data = blobs.dump_result(result)
        await asyncio.to_thread(work.artifacts.put_if, blobs.snapshot_name(TypeKey(result.type)), data, None)
    except StorageConflict:
        return
    items = 0
    if isinstance(result, TypeRead):
        items = len(result.items)
        work.log.note(Event.TYPE_READ, type=result.type, items=items)
    else:
        event = Event.TYPE_HELD if result.reason is NotReadReason.HELD else Event.TYPE_NOT_READ
        work.log.note(
            event,
            type=result.type,
            reason=result.reason.value,
            detail=result.detail,
            request=result.request_id,
        )
    await work.log.flush()
    await work.status.change(work.tenant.id, work.sync.id, count_type(work.step, items))
