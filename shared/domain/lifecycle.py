"""How a sync moves from stage to stage: one table, and the status changes that go by it.

Each change is a pure decision (`move.py`) that the store carries out in one transaction. All of them are
repeatable: done a second time they change nothing and say so. Those of a running sync carry the `step` that
the orchestrator counts, and are ignored where the sync does not hold the tenant or has gone on: stages come
again after an approval, so a stage alone does not tell a late writer.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from shared.domain.bounds import bounded
from shared.domain.move import Decide, Ignored, Moved
from shared.domain.outcome import Ending
from shared.domain.snapshot import NotRead
from shared.domain.status import restated
from shared.domain.sync import (
    Cause,
    Decision,
    DecisionKind,
    DeployCount,
    DriftCount,
    EventType,
    Incomplete,
    LastSync,
    PendingPlan,
    PlanSummary,
    Progress,
    Stage,
    Status,
    SyncRecord,
    TenantRecord,
)

TRANSITIONS: Final[Mapping[Stage, frozenset[Stage]]] = {
    stage: frozenset(onward)
    for stage, onward in {
        Stage.STARTING: [Stage.AUTHENTICATING],
        # The service principal first; then, where a type needs a person and there is no usable token, a wait.
        Stage.AUTHENTICATING: [Stage.SIGN_IN, Stage.CHECKING_PERMISSIONS],
        # Somebody signed in, or the sync goes on with the service principal alone: progress shows by itself.
        Stage.SIGN_IN: [Stage.AUTHENTICATING, Stage.CHECKING_PERMISSIONS],
        # To the deploy when this is the second time, after an approval.
        Stage.CHECKING_PERMISSIONS: [Stage.BACKING_UP, Stage.DEPLOYING],
        Stage.BACKING_UP: [Stage.COMPARING],
        # An empty plan, one of blocked changes alone, backupOnly and previewOnly ask nobody.
        Stage.COMPARING: [Stage.APPROVAL],
        # Approved: who may write is asked again before anything is, for that may be 30 days later.
        Stage.APPROVAL: [Stage.AUTHENTICATING],
        Stage.DEPLOYING: [Stage.TENANT_APPROVAL],
        # Writes that the tenant's own approval held back are looked at once more when it has spoken.
        Stage.TENANT_APPROVAL: [Stage.DEPLOYING],
        # From every stage above, settling and reporting can follow: however a sync ends, it has a report.
        Stage.SETTLING: [Stage.REPORTING],
        # Ending is `finished` alone, from wherever the sync stands: only it releases the tenant.
        Stage.REPORTING: [Stage.SETTLING],  # lost while reporting, and closed by another orchestration
        Stage.ENDED: [],
    }.items()
}
CLOSING: Final = frozenset({Stage.SETTLING, Stage.REPORTING})

PROGRESS_EVERY: Final = dt.timedelta(seconds=1)


class IllegalMove(ValueError):
    """A stage that cannot follow: an error in the orchestrator, never in what anybody asked for."""


def may_follow(stage: Stage, next_stage: Stage) -> bool:
    """Whether the second stage may come after the first."""
    if stage in CLOSING or stage is Stage.ENDED:
        return next_stage in TRANSITIONS[stage]
    return next_stage in TRANSITIONS[stage] | CLOSING


def enter(stage: Stage, step: int, at: dt.datetime, types_total: int | None = None) -> Decide[Ignored]:
    """The sync enters a stage. `types_total`: how many types are going to be read, where that is known.

    Raises IllegalMove for a stage that may not follow.
    """

    def decide(tenant: TenantRecord, sync: SyncRecord | None) -> Moved | Ignored:
        if sync is None or _late(tenant, sync, step):
            return Ignored.LATE
        if sync.stage is stage:
            return Ignored.SAME
        progress = sync.progress if types_total is None else Progress(types_total=types_total)
        events = (EventType.PENDING_AUTHENTICATION,) if stage is Stage.SIGN_IN else ()
        return _moved(tenant, replace(_in(stage, step, sync), progress=progress), at, events)

    return decide


def count_type(step: int, items: int) -> Decide[Ignored]:
    """One more type has been read (or found unreadable), with that many items.

    The one change that counts a repetition again: progress is shown, nothing follows from it.
    """

    def decide(tenant: TenantRecord, sync: SyncRecord | None) -> Moved | Ignored:
        if sync is None or _late(tenant, sync, step):
            return Ignored.LATE
        done = sync.progress
        types = min(done.types_done + 1, done.types_total or done.types_done + 1)
        progress = replace(done, types_done=types, items=done.items + items)
        return Moved(tenant, replace(sync, progress=progress))

    return decide


def deployed(step: int, count: DeployCount, at: dt.datetime | None = None) -> Decide[Ignored]:
    """How far the deploy is. With `at`, written once a second at most; the last change always is."""

    def decide(tenant: TenantRecord, sync: SyncRecord | None) -> Moved | Ignored:
        if sync is None or _late(tenant, sync, step):
            return Ignored.LATE
        done = count.applied + count.failed + count.stale + count.skipped
        progress = replace(sync.progress, changes_done=done)
        if (progress, count) == (sync.progress, sync.deploy):
            return Ignored.SAME
        last, total = sync.progress_at, sync.progress.changes_total
        if at is not None and last is not None and done < total and at - last < PROGRESS_EVERY:
            return Ignored.SAME
        return Moved(tenant, replace(sync, progress=progress, deploy=count, progress_at=at))

    return decide


@dataclass(frozen=True, slots=True)
class Compared:
    """What the comparison found. `waiting` counts the changes by which repository and tenant differ;
    `incomplete` is what is missing if the sync ends without a deploy.
    """

    drift: DriftCount
    not_read: tuple[NotRead, ...]
    plan: PlanSummary | None
    waiting: int
    incomplete: tuple[Incomplete, ...] = ()


def compared(step: int, found: Compared) -> Decide[Ignored]:
    """The comparison is done: drift is announced, the plan shown, before anybody is asked."""

    def decide(tenant: TenantRecord, sync: SyncRecord | None) -> Moved | Ignored:
        if sync is None or _late(tenant, sync, step):
            return Ignored.LATE
        after = bounded(
            replace(
                sync,
                drift=found.drift,
                not_read=found.not_read,
                plan=found.plan,
                incomplete=found.incomplete,
            )
        )
        if after == sync and tenant.changes_waiting == found.waiting:
            return Ignored.SAME
        news = found.drift.commit is not None and found.drift != sync.drift
        events = (EventType.DRIFT_FOUND,) if news else ()
        return Moved(replace(tenant, changes_waiting=found.waiting), after, events)

    return decide


def open_approval(step: int, plan: PlanSummary, at: dt.datetime) -> Decide[Ignored]:
    """The plan waits for a decision; `plan.expires_at` says until when.

    A cancel that came before is the decision, and nobody is asked: its event may have been spent on a stage
    that was over.
    """

    def decide(tenant: TenantRecord, sync: SyncRecord | None) -> Moved | Ignored:
        if sync is None or _late(tenant, sync, step):
            return Ignored.LATE
        if sync.stage is Stage.APPROVAL:
            return Ignored.SAME
        asking = replace(_in(Stage.APPROVAL, step, sync), plan=plan)
        if sync.cancelled_by is None:
            return _moved(tenant, asking, at, (EventType.PENDING_APPROVAL,))
        decision = Decision(DecisionKind.CANCELLED, plan.digest, sync.cancelled_by, at)
        return replace(_moved(tenant, replace(asking, decision=decision), at, ()), decision=decision)

    return decide


def deploying(step: int, changes_total: int, at: dt.datetime) -> Decide[Ignored]:
    """The deploy of that many changes begins, or goes on after the tenant's own approval."""

    def decide(tenant: TenantRecord, sync: SyncRecord | None) -> Moved | Ignored:
        if sync is None or _late(tenant, sync, step):
            return Ignored.LATE
        if sync.stage is Stage.DEPLOYING:
            return Ignored.SAME
        again = sync.stage is Stage.TENANT_APPROVAL
        done = sync.progress.changes_done if again else 0
        progress = replace(sync.progress, changes_done=done, changes_total=changes_total)
        return _moved(tenant, replace(_in(Stage.DEPLOYING, step, sync), progress=progress), at, ())

    return decide


def finished(ending: Ending, at: dt.datetime) -> Decide[Ignored]:
    """The sync has ended and its report stands. Releases the tenant, if the tenant still is this sync's.

    One that was superseded ended for its tenant when the newer began: only its own row is left to write.
    """

    def decide(tenant: TenantRecord, sync: SyncRecord | None) -> Moved | Ignored:
        if sync is None or sync.stage is Stage.ENDED:
            return Ignored.SAME
        if tenant.active_sync != sync.id and sync.cause is not Cause.SUPERSEDED:
            return Ignored.LATE
        if tenant.active_sync != sync.id:
            ended_at = at if sync.decision is None else sync.decision.at
            return Moved(tenant, replace(sync, stage=Stage.ENDED, ended_at=ended_at), (EventType.ENDED,))
        ended = ended_sync(sync, ending, at)
        events = (EventType.ENDED, *((EventType.NEW_ERROR,) if ending.resting is Status.NEW_ERROR else ()))
        last = LastSync(ended.id, ending.outcome, ending.incomplete, at, ended.error)
        freed = released(tenant, last, ending.resting, sync.deploy.applied)
        return Moved(restated(freed, None, at), ended, events)

    return decide


def ended_sync(sync: SyncRecord, ending: Ending, at: dt.datetime) -> SyncRecord:
    """The sync's row with how it ended."""
    return bounded(
        replace(
            sync,
            stage=Stage.ENDED,
            ended_at=at,
            outcome=ending.outcome,
            cause=ending.cause,
            incomplete=ending.incomplete,
            resting=ending.resting,
            error=ending.error,
        )
    )


def released(tenant: TenantRecord, last: LastSync, resting: Status | None, applied: int) -> TenantRecord:
    """The tenant after that sync: free, and resting at what the sync leaves it at."""
    return replace(
        tenant,
        active_sync=None,
        pending_plan=None,
        last_sync=last,
        resting=tenant.resting if resting is None else resting,
        changes_waiting=max(0, tenant.changes_waiting - applied),
    )


def permissions_checked(
    required: tuple[str, ...], at: dt.datetime, coming_until: dt.datetime | None = None
) -> Decide[Ignored]:
    """Which permissions are neither granted nor ignored, as a check found them (in a sync or without one).

    `coming_until`: how long what is granted, and in no token yet, is looked for again.
    """

    def decide(tenant: TenantRecord, sync: SyncRecord | None) -> Moved | Ignored:
        if (tenant.permissions_required, tenant.permissions_coming_until) == (required, coming_until):
            return Ignored.SAME
        events: tuple[EventType, ...] = ()
        if set(required) - set(tenant.permissions_required):
            events = (EventType.PENDING_ADMIN_CONSENT,)
        elif tenant.permissions_required and not required:
            events = (EventType.CONSENT_GRANTED,)
        after = replace(tenant, permissions_required=required, permissions_coming_until=coming_until)
        if after.active_sync is not None and (sync is None or sync.id != after.active_sync):
            return Moved(after, sync, events)  # a sync is running: its stage is what shows
        return Moved(restated(after, sync if after.active_sync else None, at), sync, events)

    return decide


def _late(tenant: TenantRecord, sync: SyncRecord, step: int) -> bool:
    return tenant.active_sync != sync.id or step < sync.step or sync.stage is Stage.ENDED


def _in(stage: Stage, step: int, sync: SyncRecord) -> SyncRecord:
    if not may_follow(sync.stage, stage):
        raise IllegalMove(f"moving sync {sync.id}: {stage.value} cannot follow {sync.stage.value}")
    return replace(sync, stage=stage, step=step)


def _moved(tenant: TenantRecord, sync: SyncRecord, at: dt.datetime, events: tuple[EventType, ...]) -> Moved:
    """The tenant shows what its sync does, and the plan exactly while a decision is waited for."""
    asks = sync.stage is Stage.APPROVAL and sync.plan is not None
    pending = PendingPlan(sync.id, sync.plan) if asks and sync.plan is not None else None
    return Moved(restated(replace(tenant, pending_plan=pending), sync, at), sync, events)
