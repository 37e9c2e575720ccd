"""Has the Durable runtime forget what it recorded of syncs that ended a month ago (mechanics.md 2).

Rows, report, log and artifacts stay: only the runtime's own record of which activity ran when goes.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from collections.abc import Awaitable, Callable
from typing import Final

from shared.domain.sync import SyncRecord
from shared.names import SyncId, TenantId, close_instance, sign_in_instance
from shared.ports import Artifacts
from shared.steps.blobs import dumps
from shared.stores import StatusStore

KEPT_FOR: Final = dt.timedelta(days=30)
"""After the end of the sync."""
EVERY: Final = dt.timedelta(days=1)
LONGEST: Final = dt.timedelta(days=400)
"""No sync lasts longer: an approval waits for a year at most."""
AT_ONCE: Final = 100
"""Syncs in one round: the others come with the next."""
PAGE: Final = 200
MARK: Final = "history.json"


async def purge_history(
    status: StatusStore,
    blobs: Artifacts,
    tenant: TenantId,
    now: dt.datetime,
    purge: Callable[[SyncId], Awaitable[None]],
) -> int:
    """Purges each sync that ended long enough ago, with its sign-ins and what closed it; how many there were.

    Once a day; up to when it came stands in a blob of the tenant, so that nothing is purged every day anew.
    Repeatable: what is gone stays gone.
    """
    until = now - KEPT_FOR
    since = await asyncio.to_thread(_mark, blobs)
    if since is not None and until - since < EVERY:
        return 0
    ended = sorted(await _ended(status, tenant, since, until), key=lambda one: one[0])
    if len(ended) > AT_ONCE:
        until = ended[AT_ONCE - 1][0]
        ended = [one for one in ended if one[0] <= until]
    for _, sync in ended:
        for instance in (sync, sign_in_instance(sync, 1), sign_in_instance(sync, 2), close_instance(sync)):
            await purge(instance)
    await asyncio.to_thread(blobs.put, MARK, dumps({"purgedUntil": until.isoformat()}))
    return len(ended)


async def _ended(
    status: StatusStore, tenant: TenantId, since: dt.datetime | None, until: dt.datetime
) -> list[tuple[dt.datetime, SyncId]]:
    """When each sync ended that ended between these times. Rows come by start, newest first."""
    found: list[tuple[dt.datetime, SyncId]] = []
    onward: str | None = None
    while True:
        rows, onward = await status.syncs(tenant, PAGE, onward)
        found += [
            (one.ended_at, one.id)
            for one in rows
            if one.ended_at is not None and one.ended_at <= until and (since is None or one.ended_at >= since)
        ]
        if onward is None or _is_earlier(rows[-1], since):
            return found


def _is_earlier(sync: SyncRecord, since: dt.datetime | None) -> bool:
    """Whether it, and all that started before it, ended before then."""
    return since is not None and sync.started_at < since - LONGEST


def _mark(blobs: Artifacts) -> dt.datetime | None:
    data = blobs.get(MARK)
    return None if data is None else dt.datetime.fromisoformat(json.loads(data)["purgedUntil"])
