"""Sends the requests of one change, each through the journal; what the tenant's own approval holds back is
kept, sealed, as it was sent.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from shared.domain import tenant_approval as approvals
from shared.domain.journal import State
from shared.domain.plan import Change
from shared.domain.request import Request
from shared.errors import ReadFailed
from shared.names import ChangeId, ObjectId
from shared.ports import Answer, Held
from shared.steps.desk import Desk

HELD = "held/"
"""Below it, by change: the requests from the one that is held back on, sealed."""


class HeldBack(Exception):
    """The tenant's own approval holds the change's request back; the journal and the sealed blob say so."""


async def send_all(desk: Desk, change: Change, steps: Sequence[Request]) -> None:
    """Sends requests that may be repeated, in order; the first refusal ends the change. Raises HeldBack."""
    for at, step in enumerate(steps):
        await desk.intend(change, [step])
        await send(desk, change, steps[at:])
        await desk.ledger.write(desk.begun(change).sent())
    await written(desk, change)


async def send(desk: Desk, change: Change, steps: Sequence[Request]) -> Answer:
    """Sends the first of these requests, whose intent stands. Raises HeldBack, and then all are kept."""
    answer = await desk.send(steps[0], why(desk, change, steps[0]))
    if isinstance(answer, Held):
        await hold(desk, change, steps, answer.approval)
        raise HeldBack
    return answer


async def written(desk: Desk, change: Change) -> None:
    """Every request of the change has been answered well."""
    if desk.entry(change) is None:
        await desk.intend(change, [])
    await desk.ledger.write(desk.begun(change).moved(State.WRITTEN, desk.work.clock.now()))


async def created(desk: Desk, change: Change, object_id: ObjectId) -> None:
    """The create's object has its id."""
    entry = replace(desk.begun(change).sent(), object_id=object_id, approval="")
    await desk.ledger.write(entry.moved(State.CREATED, desk.work.clock.now()))


def why(desk: Desk, change: Change, request: Request) -> str:
    """What the tenant's own approver reads of this request."""
    return approvals.justification(desk.work.sync, change.id, request)


async def hold(desk: Desk, change: Change, steps: Sequence[Request], approval: str) -> None:
    """The requests first, then the journal: a run that dies in between files the request again, and the
    service tells which one stands.
    """
    artifacts, sealed = desk.work.artifacts, desk.work.sealed
    data = sealed.seal(approvals.dump_requests(steps), *_associated(desk, change.id))
    await asyncio.to_thread(artifacts.put, HELD + change.id, data)
    entry = replace(desk.begun(change), approval=approval)
    await desk.ledger.write(entry.moved(State.HELD, desk.work.clock.now()))


async def kept(desk: Desk, change: Change) -> tuple[Request, ...]:
    """The requests as they were held back. Raises LookupError where they are gone, SealBroken."""
    data = await asyncio.to_thread(desk.work.artifacts.get, HELD + change.id)
    if data is None:
        raise LookupError(f"reading what the tenant's approval holds back of {change.id}: there is no blob")
    return approvals.load_requests(desk.work.sealed.open(data, *_associated(desk, change.id)))


async def filed(desk: Desk, change: Change, request: Request) -> bool:
    """Whether an earlier run has filed this very request for approval and died before it heard so; then it
    is held from now on.
    """
    try:
        found = await desk.work.api.find_approval(request, why(desk, change, request))
    except ReadFailed:
        return False  # nothing is known of a request: then it goes as without an approval
    if found is None:
        return False
    await hold(desk, change, [request], found)
    return True


def _associated(desk: Desk, change: ChangeId) -> tuple[str, str, str, str]:
    return desk.work.tenant.id, "held", desk.work.sync.id, change
