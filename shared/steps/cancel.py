"""Asks a sync to stop (product.md 2, mechanics.md 1)."""

from __future__ import annotations

from shared.domain.decision import NoCancel, cancelled
from shared.domain.move import Cancel, Moved
from shared.domain.sync import SyncRecord
from shared.errors import Problem
from shared.names import SyncId, TenantId
from shared.steps import trail
from shared.stores import AuditLog, StatusStore


async def cancel(
    status: StatusStore, audit: AuditLog, tenant: TenantId, sync: SyncId, asked: Cancel
) -> SyncRecord:
    """The sync once the cancel's row stands; the caller then raises CANCEL_EVENT.

    During an approval the cancel is the decision, unless one was made before: after an approval it stops the
    deploy. Repeatable: a second cancel is answered like the first. Raises Problem `syncEnded`,
    `syncNotFound`.
    """
    record = await status.sync(tenant, sync)
    if record is None:
        raise Problem("syncNotFound", 404, values={"sync": sync, "tenant": tenant})
    result: Moved | NoCancel = await status.contest(tenant, sync, cancelled(asked))
    if result is NoCancel.ENDED:
        raise Problem("syncEnded", 409)
    if not isinstance(result, Moved):
        return record
    await audit.add(trail.of_cancel(tenant, sync, asked))
    return result.sync or record
