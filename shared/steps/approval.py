"""Asking, and reading the answer (product.md 3.6, mechanics.md 1): the row decides, the event only wakes."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from shared.domain.lifecycle import open_approval as opened
from shared.domain.move import Ignored
from shared.domain.sync import Decision
from shared.steps.finish import expire as expired
from shared.steps.log import Event
from shared.steps.work import Work


async def open_approval(work: Work) -> dt.datetime | None:
    """Shows the plan as waiting; answers the deadline, or None where the sync does not hold its tenant any
    more.

    Run twice, the first run's deadline counts.
    """
    plan = work.sync.plan
    if plan is None:
        raise LookupError(f"asking about the plan of sync {work.sync.id}: it has none")
    expires = work.clock.now() + work.tenant.settings.approval_timeout
    asking = replace(plan, expires_at=plan.expires_at or expires)
    moved = await work.status.change(
        work.tenant.id, work.sync.id, opened(work.step, asking, work.clock.now())
    )
    if moved is Ignored.LATE:
        return None
    work.log.note(Event.PLANNED, count=plan.changes, conflicts=plan.conflicts, blocked=plan.blocked)
    return asking.expires_at


async def read_decision(work: Work, *, expire: bool) -> Decision | None:
    """The decision that stands. With `expire` the deadline has passed: then its row is tried first, and
    what was decided before it counts.
    """
    decision = await work.status.decision(work.tenant.id, work.sync.id)
    if decision is None and expire:
        decision = await expired(work.status, work.tenant.id, work.sync.id, work.clock.now())
    if decision is not None:
        work.log.note(Event.DECIDED, decision=decision.kind.value, by=decision.by.name)
    return decision
