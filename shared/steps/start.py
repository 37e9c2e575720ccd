"""Starts a sync: takes the tenant's lock; the caller starts the orchestration (product.md 3.1)."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass

from shared.domain import schedule
from shared.domain.move import Moved
from shared.domain.start import Active, Begun, begun, skipped
from shared.domain.sync import Actor, ActorKind, SyncOptions, SyncRecord, TenantRecord
from shared.errors import Problem
from shared.names import SyncId, TenantId
from shared.steps import trail
from shared.stores import AnswerStore, AuditEntry, AuditLog, FirstCall, InUse, StatusStore, StoredAnswer

SCHEDULE = Actor(ActorKind.SCHEDULE, "schedule", "schedule", "schedule")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A start as asked for. `sync` is the new sync's id: a repetition of the call brings the same one.

    `again`: an earlier call may have begun this very sync (`FirstCall.again`).
    """

    tenant: TenantId
    sync: SyncId
    options: SyncOptions
    by: Actor
    at: dt.datetime
    again: bool = False


@dataclass(frozen=True, slots=True)
class Started:
    """The sync that holds the tenant now: start its orchestration. `superseded` is one that waited: wake its
    orchestration by the event of its decision, so that it writes its report.
    """

    sync: SyncRecord
    superseded: SyncRecord | None = None


async def start(status: StatusStore, audit: AuditLog, wanted: Wanted) -> Started:
    """Begins the sync. Raises Problem `tenantNotFound`, `syncActive`.

    Repeatable by the sync's id. With `options.supersede` a sync that waits for approval gives way.
    """
    return await _start(status, audit, wanted, None)


async def start_scheduled(
    status: StatusStore,
    answers: AnswerStore,
    audit: AuditLog,
    tenant: TenantRecord,
    sync: SyncId,
    at: dt.datetime,
) -> Started | None:
    """The scheduled start that is due; None where it is skipped, for a sync is at work, or was made already.

    Repeatable by the planned time: `schedule:{tenant}:{time}` is an idempotency key like any other. A sync
    that waits for approval is superseded, so that an undecided approval never stops the nightly backup.
    """
    planned = tenant.next_sync_at
    if planned is None:
        return None
    row = hashlib.sha256(schedule.key(tenant.id, planned).encode()).hexdigest()
    taken = await answers.begin(tenant.id, row, "", at, sync)
    if isinstance(taken, InUse):
        return None
    if not isinstance(taken, FirstCall):
        await status.change(tenant.id, None, skipped(planned, at))
        return None
    options = SyncOptions(supersede=True)
    wanted = Wanted(tenant.id, SyncId(taken.subject), options, SCHEDULE, at, taken.again)
    started: Started | None = None
    try:
        started = await _start(status, audit, wanted, planned)
    except Problem as problem:
        await status.change(tenant.id, None, skipped(planned, at))
        detail = f"{problem.code}: sync {problem.extra.get('sync', '')} is at work"
        await audit.add(
            AuditEntry(at, SCHEDULE, "sync.skipped", tenant.id, detail=detail, id=f"skipped-{row[:32]}")
        )
    await answers.finish(tenant.id, row, StoredAnswer(202 if started else 409, {}, taken.subject))
    return started


async def _start(
    status: StatusStore, audit: AuditLog, wanted: Wanted, planned: dt.datetime | None
) -> Started:
    if wanted.again and (there := await status.sync(wanted.tenant, wanted.sync)):
        await audit.add(trail.of_start(there))
        return Started(there)
    new = SyncRecord(wanted.sync, wanted.tenant, wanted.options, wanted.by, wanted.at)
    try:
        result: Moved | Active | Begun = await status.contest(wanted.tenant, None, begun(new, planned))
    except LookupError as error:
        raise Problem("tenantNotFound", 404, values={"tenant": wanted.tenant}) from error
    if isinstance(result, Active):
        raise Problem("syncActive", 409, extra={"tenant": wanted.tenant, "sync": result.sync})
    if isinstance(result, Begun):
        await audit.add(trail.of_start(result.sync))
        return Started(result.sync)
    if result.other is not None and result.decision is not None:
        await audit.add(trail.of_decision(new.tenant, result.other.id, result.decision))
    await audit.add(trail.of_start(new))
    return Started(new, result.other)
