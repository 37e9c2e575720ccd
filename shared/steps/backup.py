"""Reads the types of one throttling bucket into the sync's snapshot (product.md 3.4).

Every type ends as one blob, `snapshot/<type>.json`: its items, or why it was not read. A type's blob is
written once; a second run of the activity goes on with the types that have none.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from shared.domain.catalog import Identity, TypeSpec
from shared.domain.lifecycle import count_type
from shared.domain.snapshot import NotRead, NotReadReason, TypeRead
from shared.errors import NotAvailable, ReadFailed, SignInFailed, StorageConflict
from shared.names import ItemPath, ObjectId, TypeKey
from shared.ports import Unfinished
from shared.steps import blobs
from shared.steps.catch_up import catch_up
from shared.steps.confirm_missing import Asked, confirm_missing, load_asked
from shared.steps.log import Event
from shared.steps.readers import reader_of
from shared.steps.tenant_findings import forget_tried
from shared.steps.work import Stop, Work

_DENIED: Final = frozenset({401, 403})
"""The service's last word on whoever reads."""


async def back_up(work: Work, bucket: str) -> Stop | bool:
    """Reads every type of the bucket; True when all have their blob, False when the slice ended before."""
    await catch_up(work)
    scope = await asyncio.to_thread(blobs.load_scope, work.artifacts)
    known = await asyncio.to_thread(blobs.base_ids, work.repository)
    for key in scope.buckets.get(bucket, ()):
        if await asyncio.to_thread(work.artifacts.get, blobs.snapshot_name(key)) is not None:
            continue
        if stop := await work.stop():
            return stop
        without = scope.doing_without.get(key, ())
        result = await _read(work, work.catalog.types[key], known.get(key, {}), without)
        if isinstance(result, Stop):
            return result
        if result is None:
            return False
        await _keep(work, result)
        if work.slice_over():
            return False
    return True


async def _read(
    work: Work, spec: TypeSpec, known: Mapping[ObjectId, ItemPath], without: tuple[str, ...]
) -> TypeRead | NotRead | Stop | None:
    """One type: read, and what B knows but the list does not show asked for one by one; None where the slice
    ended before. `without`: missing permissions for it that a person ignores.
    """
    try:
        asked = await load_asked(work, spec.key)
        if asked is None or asked.read.reader != await reader_of(work, spec):
            state = await asyncio.to_thread(work.artifacts.get, blobs.cursor_name(spec.key))
            read = await work.api.read_type(spec, work.slice_ends, state)
            if isinstance(read, Unfinished):
                await asyncio.to_thread(work.artifacts.put, blobs.cursor_name(spec.key), read.state)
                return None
            asked = Asked(replace(read, reader=await reader_of(work, spec)))
        return await confirm_missing(work, spec, asked, known)
    except NotAvailable as error:
        return NotRead(spec.key, NotReadReason.NOT_AVAILABLE, bool(known), str(error), error.request_id)
    except ReadFailed as error:
        return await _failed(work, spec, error, without)
    except SignInFailed as error:
        detail = f"reading {spec.key}: {error}"
        return NotRead(spec.key, NotReadReason.READ_FAILED, True, detail, error.request_id)


async def _failed(work: Work, spec: TypeSpec, error: ReadFailed, without: tuple[str, ...]) -> NotRead:
    """A type that did not arrive. One that the service principal was let read before, and is refused now, is
    tried anew by the next sync: a user may have to read it.
    """
    denied = error.status in _DENIED
    if denied and without:
        reason = NotReadReason.PERMISSION_IGNORED
        return NotRead(spec.key, reason, False, str(error), error.request_id, without)
    if denied and spec.identity is Identity.TRY and spec.key not in work.user_types:
        await asyncio.to_thread(forget_tried, work.findings, spec.key)
    return NotRead(spec.key, NotReadReason.READ_FAILED, True, str(error), error.request_id)


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
