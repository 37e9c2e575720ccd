"""Waits for the tenant's own multi-admin approval: looks at the rows, and asks the tenant for them.

The rows decide, the events only wake (mechanics.md 1): `reconcile` asks, writes the row and raises the event;
the orchestrator then has this sync's rows looked at, and the deploy called again.
"""

from __future__ import annotations

import asyncio
import datetime as dt

from shared.domain import tenant_approval as approvals
from shared.domain.journal import Entry
from shared.domain.repair import UNSEEN
from shared.domain.sync import SyncRecord
from shared.domain.tenant_approval import ApprovalAnswer, ApprovalState
from shared.errors import ReadFailed
from shared.names import ChangeId
from shared.ports import Artifacts, StatusStore, TenantApi
from shared.steps import blobs
from shared.steps.work import Work

FORBIDDEN = 403


async def await_tenant(work: Work) -> dt.datetime | None:
    """Until when to wait; None where the deploy has something to do: an answer, a stop, a time that is up."""
    journal = await asyncio.to_thread(blobs.load_journal, work.artifacts)
    if journal is None or await work.stop() is not None:
        return None
    until = approvals.deadline(journal, work.tenant.settings.tenant_approval_timeout)
    if until is None or work.clock.now() >= until:
        return None
    answers = await work.status.tenant_approvals(work.tenant.id, work.sync.id)
    return None if any(entry.approval in answers for entry in approvals.held(journal)) else until


async def ask_tenant(
    status: StatusStore, artifacts: Artifacts, api: TenantApi, sync: SyncRecord, now: dt.datetime
) -> tuple[ChangeId, ...]:
    """Asks the tenant about every write of this sync that it holds back; answers the changes whose event is
    to be raised: those that were answered, now or long enough ago that the event must have been lost.

    Repeatable, also at once: the row is inserted once, and stands before its event is raised.
    """
    journal = await asyncio.to_thread(blobs.load_journal, artifacts)
    known = await status.tenant_approvals(sync.tenant, sync.id)

    async def heard(entry: Entry) -> bool:
        stands = known.get(entry.approval)
        if stands is not None:
            return now - stands.at >= UNSEEN
        answer = await _ask(api, entry.approval, now)
        if answer is not None:
            await status.settle_tenant_approval(sync.tenant, sync.id, entry.approval, answer)
        return answer is not None

    waiting = () if journal is None else approvals.held(journal)
    told = await asyncio.gather(*(heard(entry) for entry in waiting))
    return tuple(entry.change for entry, yes in zip(waiting, told, strict=True) if yes)


async def _ask(api: TenantApi, approval: str, now: dt.datetime) -> ApprovalAnswer | None:
    """The tenant's answer; None while there is none, or it could not be read this time."""
    try:
        answer = await api.approval(approval)
    except ReadFailed as failed:
        refused = failed.status == FORBIDDEN
        return ApprovalAnswer(ApprovalState.UNREADABLE, now, note=failed.message) if refused else None
    return answer if answer.state.final else None
