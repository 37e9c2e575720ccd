"""The last writes of a sync: its deadline's decision, and its end (mechanics.md 1)."""

from __future__ import annotations

import datetime as dt

from shared.domain.decision import closed
from shared.domain.lifecycle import finished
from shared.domain.move import Moved
from shared.domain.outcome import Ending
from shared.domain.sync import Actor, ActorKind, Decision, DecisionKind, SyncRecord
from shared.names import SyncId, TenantId
from shared.stores import StatusStore

SERVICE = Actor(ActorKind.SERVICE, "Accord", "accord", "service")


async def expire(status: StatusStore, tenant: TenantId, sync: SyncId, at: dt.datetime) -> Decision | None:
    """The decision that stands once the deadline has passed: `expired`, or the one that came before it.

    None where the sync does not wait for a decision. Repeatable: the insert that succeeds wins.
    """
    record = await status.sync(tenant, sync)
    if record is None or record.plan is None:
        return None
    decision = Decision(DecisionKind.EXPIRED, record.plan.digest, SERVICE, at)
    result = await status.contest(tenant, sync, closed(decision))
    return result.decision if isinstance(result, Moved) else result


async def finish(
    status: StatusStore, tenant: TenantId, sync: SyncId, ending: Ending, at: dt.datetime
) -> SyncRecord:
    """The sync's row once it has ended. Call it when the report stands: it releases the tenant.

    Repeatable: a second run finds the sync ended. The tenant is released only if it still is this sync's.
    """
    result = await status.change(tenant, sync, finished(ending, at))
    record = result.sync if isinstance(result, Moved) else await status.sync(tenant, sync)
    if record is None:
        raise LookupError(f"finishing sync {sync} of {tenant}: there is no such sync")
    return record
