"""Syncs as JSON, and what a start or a decision asks for, from a parsed body."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from shared.domain.status import STATUS_OF
from shared.domain.sync import (
    Decision,
    DecisionKind,
    Mode,
    PlanSummary,
    Stage,
    Status,
    SyncOptions,
    SyncRecord,
)
from shared.names import TypeKey
from shared.texts import Language
from shared.wire.error import error_json
from shared.wire.tenant import plan_json
from shared.wire.times import optional_time, time_text

if TYPE_CHECKING:
    from shared.wire.schema.sync import StartBody

BY_PEOPLE: Final = frozenset({DecisionKind.APPROVE, DecisionKind.REJECT, DecisionKind.REJECT_AND_REVERT})
"""Decisions that clients see; the other rows only settle races, and the outcome tells of them."""


def sync_status(sync: SyncRecord, resting: Status | None) -> Status:
    """What a sync shows: its stage's status, and once ended what it left its tenant at.

    `resting`: the tenant's own, which a sync that a person cancelled did not change.
    """
    return STATUS_OF[sync.stage] or sync.resting or resting or Status.NOT_RUN


def sync_json(sync: SyncRecord, resting: Status | None, language: Language, origin: str) -> dict[str, Any]:
    """A sync as the API gives it (schema `SyncAnswer`)."""
    return {
        "id": sync.id,
        "tenant": sync.tenant,
        "status": sync_status(sync, resting).value,
        "stage": _stage(sync.stage),
        "mode": sync.options.mode.value,
        "comment": sync.options.comment,
        "startedBy": {"kind": sync.started_by.kind.value, "name": sync.started_by.name},
        "startedAt": time_text(sync.started_at),
        "endedAt": optional_time(sync.ended_at),
        "webUrl": f"{origin}/?tenant={sync.tenant}&sync={sync.id}",
        "progress": _progress(sync),
        "outcome": sync.outcome and sync.outcome.value,
        "cause": sync.cause and sync.cause.value,
        "incomplete": [one.value for one in sync.incomplete],
        "drift": {
            "added": sync.drift.added,
            "changed": sync.drift.changed,
            "removed": sync.drift.removed,
            "commit": sync.drift.commit,
        },
        "deploy": {
            "applied": sync.deploy.applied,
            "failed": sync.deploy.failed,
            "stale": sync.deploy.stale,
            "skipped": sync.deploy.skipped,
        },
        # Added for whoever may operate the tenant, while the sync waits for somebody to sign in.
        "authentication": None,
        "plan": sync.plan and _plan(sync.plan),
        "decision": decision_json(sync.decision),
        "notRead": [
            {"type": one.type, "reason": one.reason.value, "counted": one.counted} for one in sync.not_read
        ],
        "error": sync.error and error_json(sync.error, sync.tenant, sync.id, sync.ended_at, language),
    }


def _stage(stage: Stage) -> str | None:
    if stage is Stage.ENDED:
        return None
    return Stage.AUTHENTICATING.value if stage is Stage.SIGN_IN else stage.value


def _progress(sync: SyncRecord) -> dict[str, int]:
    progress = sync.progress
    return {
        "typesDone": progress.types_done,
        "typesTotal": progress.types_total,
        "items": progress.items,
        "changesDone": progress.changes_done,
        "changesTotal": progress.changes_total,
    }


def _plan(plan: PlanSummary) -> dict[str, Any]:
    return plan_json(plan) | {"sameAs": plan.same_as, "commit": plan.commit}


def decision_json(decision: Decision | None) -> dict[str, Any] | None:
    """The decision a person or a client made (schema `DecisionAnswer`); None while there is none."""
    if decision is None or decision.kind not in BY_PEOPLE:
        return None
    return {
        "decision": decision.kind.value,
        "by": decision.by.name,
        "decidedBy": decision.decided_by,
        "at": time_text(decision.at),
        "comment": decision.comment,
        "changes": None if decision.changes is None else list(decision.changes),
        "digest": decision.digest,
        "via": decision.by.via,
    }


def options_of(body: StartBody) -> SyncOptions:
    """What a start asks for."""
    return SyncOptions(
        mode=Mode(body.mode),
        comment=body.comment or "",
        types=tuple(TypeKey(key) for key in body.types or ()),
        confirm_removals=tuple(TypeKey(key) for key in body.confirm_removals or ()),
        supersede=body.supersede,
    )


def waits_for_a_person(status: Status) -> bool:
    """Whether a sync stands still until somebody acts."""
    return status in (Status.PENDING_AUTHENTICATION, Status.PENDING_APPROVAL)
