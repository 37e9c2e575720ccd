"""The audit's entries on a sync, made from its rows alone: noted again after a crash, they are the same.

Each goes by the moment and the id of what it tells, so that twice the same is one (`AuditLog.add`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from shared.domain.decision import BY_PEOPLE
from shared.domain.move import Cancel
from shared.domain.repair import OpenSync
from shared.domain.sign_in import SignInResult, SignInState, number
from shared.domain.sync import Actor, ActorKind, Decision, DecisionKind, SyncRecord
from shared.names import SyncId, TenantId
from shared.stores import AuditEntry

CANCELLED = SignInState.CANCELLED


def of_start(sync: SyncRecord) -> AuditEntry:
    """A sync was started."""
    return AuditEntry(
        sync.started_at,
        sync.started_by,
        "sync.started",
        sync.tenant,
        sync.id,
        detail=sync.options.comment,
        id=f"{sync.id}-started",
    )


def of_decision(tenant: TenantId, sync: SyncId, decision: Decision) -> AuditEntry:
    """A plan was decided on, by a person, by its deadline, or by a newer sync."""
    parts = [decision.comment]
    if decision.changes is not None:
        parts.append(f"changes {', '.join(decision.changes)}")
    if decision.decided_by is not None:
        parts.append(f"decided by {decision.decided_by}, as the client states")
    if decision.by_sync is not None:
        parts.append(f"by sync {decision.by_sync}")
    kind = decision.kind.value
    return AuditEntry(
        decision.at,
        decision.by,
        f"decision.{kind}" if decision.kind in BY_PEOPLE else f"sync.{kind}",
        tenant,
        sync,
        decision.digest,
        "; ".join(part for part in parts if part),
        f"{sync}-decision",
    )


def of_cancel(tenant: TenantId, sync: SyncId, cancel: Cancel) -> AuditEntry:
    """Somebody asked a sync to stop."""
    return AuditEntry(
        cancel.at, cancel.by, "sync.cancelled", tenant, sync, detail=cancel.comment, id=f"{sync}-cancelled"
    )


def of_authentication(
    tenant: TenantId, action: str, by: Actor, at: dt.datetime, attempt: SyncId | None = None
) -> AuditEntry:
    """Somebody asked for a sign-in ahead of any sync, looked whether one is done, or signed out."""
    return AuditEntry(at, by, f"authentication.{action}", tenant, detail=attempt or "")


def of_sign_in(tenant: TenantId, subject: SyncId, number: int, result: SignInResult) -> AuditEntry:
    """Somebody signed in, or could not; `subject` is the sync, or the attempt ahead of any."""
    name = result.account or "unknown"
    return AuditEntry(
        result.at,
        Actor(ActorKind.PERSON, name, name, "sign-in"),
        f"authentication.{result.state.value}",
        tenant,
        subject,
        detail=result.detail,
        id=f"{subject}-signIn-{number}",
    )


def of_rows(found: OpenSync) -> Iterator[AuditEntry]:
    """Everything that the rows of one sync tell."""
    if found.sync is None:
        return
    yield of_start(found.sync)
    if found.cancel is not None:
        yield of_cancel(found.tenant_id, found.sync_id, found.cancel)
    if found.sign_in is not None and found.sign_in.state is not CANCELLED:
        yield of_sign_in(found.tenant_id, found.sync_id, number(found.sync), found.sign_in)
    if found.decision is not None and found.decision.kind is not DecisionKind.CANCELLED:
        yield of_decision(found.tenant_id, found.sync_id, found.decision)
