"""Takes up a change whose write the tenant's own multi-admin approval held back (product.md 3.7).

    answered? → approved: look again → stale? → the very same request once more, with the approval's id
              → rejected, expired, cancelled, or nobody in time, or the sync stopped: failed

The request as it was first sent lies sealed; the journal knows whether its repetition has been answered.
"""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable
from dataclasses import replace
from typing import NoReturn

from shared.domain import tenant_approval as approvals
from shared.domain.journal import Entry, Fault, State, Write, body_hash
from shared.domain.plan import Action, Change
from shared.domain.readback import created_content
from shared.domain.request import Request
from shared.domain.tenant_approval import ApprovalState
from shared.errors import ReadFailed, SealBroken, ServiceError, WriteRefused, WriteUnknown
from shared.names import ObjectId
from shared.ports import Answer, Held
from shared.steps.desk import Desk, Final, Paused
from shared.steps.find_created import AMBIGUOUS, Missing, find_created
from shared.steps.fresh_look import check_new, check_stale
from shared.steps.sending import HeldBack, created, hold, kept, send_all

REPEATS = 2
"""How often an approved create is sent at most, where no answer comes."""
STOPPED = approvals.given_up("the sync was stopped before it was let through")
STILL = "it is still held back after its approval"


def is_due(desk: Desk, entry: Entry) -> bool:
    """Whether there is something to do about a held change: an answer, a stop, or its time being up."""
    late = desk.work.clock.now() >= entry.since + desk.work.tenant.settings.tenant_approval_timeout
    return late or desk.ledger.journal.stopped is not None or entry.approval in desk.answers


async def resume(desk: Desk, change: Change) -> None:
    """Brings a held or released change as far as if its requests had gone through at once.

    Raises Final, HeldBack (another of its requests is held back), Paused, ServiceError.
    """
    entry = desk.begun(change)
    try:
        steps = approvals.remaining(await kept(desk, change), entry)
    except (LookupError, SealBroken):
        await _give_up(
            desk, change, approvals.given_up("what was to be sent again cannot be opened any more")
        )
    if entry.state is State.HELD and (fault := _refused(desk, entry)) is not None:
        await _give_up(desk, change, fault)
    if not entry.approval:  # a run died after the repetition
        await send_all(desk, change, steps)
    elif _makes(change, entry):
        await _create(desk, change, steps[0])
    else:
        await _repeat(desk, change, steps[0])
        await desk.ledger.write(replace(desk.begun(change).sent(), approval=""))
        await send_all(desk, change, steps[1:])


def _makes(change: Change, entry: Entry) -> bool:
    return change.action is Action.CREATE and entry.object_id is None


def _refused(desk: Desk, entry: Entry) -> Fault | None:
    """Why a held write is not sent again; None if the tenant lets it through."""
    answer = desk.answers.get(entry.approval)
    if desk.ledger.journal.stopped is not None:
        return STOPPED
    if answer is None:
        return approvals.too_late(desk.work.tenant.settings.tenant_approval_timeout)
    return None if answer.state.lets else approvals.refusal(answer)


async def _give_up(desk: Desk, change: Change, fault: Fault) -> NoReturn:
    """Ends the change. A request that still stands is taken back first: left alone it would block every
    other change of the object for days, and could be approved for nobody.
    """
    answer = desk.answers.get(desk.begun(change).approval)
    if answer is None or answer.state.lets or answer.state is ApprovalState.UNREADABLE:
        await _withdraw(desk, change)
    raise Final(State.FAILED, fault.code, fault.message)


async def _withdraw(desk: Desk, change: Change) -> None:
    entry = desk.begun(change)
    request = approvals.withdrawal(entry.approval)
    write = Write(request.method, request.path, body_hash(request.body))
    await desk.ledger.write(replace(entry, writes=(*entry.writes, write)))
    with contextlib.suppress(ServiceError):  # decided or expired meanwhile, or not allowed: it ends by itself
        await desk.send(request)


async def _repeat(desk: Desk, change: Change, step: Request) -> None:
    """An update, a delete or a part of an object: sent once more, unless an earlier run got it through."""
    if await _is_done(desk, change):
        return
    spec, object_id = desk.spec(change), desk.begun(change).object_id
    if object_id is None:
        raise AssertionError("only a create has no object id")
    item = await desk.work.api.read_item(spec, object_id)
    if item is None and change.action is Action.DELETE and desk.begun(change).state is State.RELEASED:
        return
    if change.action is not Action.CREATE:  # of a create, the object is this change's own
        await _check(desk, change, check_stale(desk, change, item))
    try:
        await _send(desk, change, step)
    except (WriteRefused, WriteUnknown):
        if not await _is_done(desk, change):
            raise


async def _create(desk: Desk, change: Change, post: Request) -> None:
    """The POST once more, until the object has its id; never a second object."""
    wanted = created_content(desk.spec(change), change)
    for _ in range(REPEATS):
        if desk.begun(change).state is State.RELEASED:
            found = await find_created(desk, change, wanted)
            if found is Missing.YET:
                raise Paused
            if not isinstance(found, Missing):
                await created(desk, change, found)
                return
            if found is not Missing.NONE:
                raise Final(State.FAILED, "createAmbiguous", AMBIGUOUS[found].format(name=change.item))
        if await _is_done(desk, change):
            break
        await _check(desk, change, check_new(desk, change, wanted))
        with contextlib.suppress(WriteUnknown):
            answer = await _send(desk, change, post)
            await created(desk, change, ObjectId(str(answer.body["id"])))
            return
    raise Final(State.FAILED, "noAnswer", f"{post.doing}: no answer came, and no such object shows")


async def _check(desk: Desk, change: Change, look: Awaitable[None]) -> None:
    """The last look; a request for what is stale is taken back."""
    try:
        await look
    except Final:
        await _withdraw(desk, change)
        raise


async def _is_done(desk: Desk, change: Change) -> bool:
    """Whether the repetition has gone through already. Raises Final where the request is no longer good.

    `completed` does not say that the write succeeded (operationApprovalRequestStatus): the read-back does.
    """
    entry = desk.begun(change)
    try:
        answer = await desk.work.api.approval(entry.approval)
    except ReadFailed:
        if entry.state is State.RELEASED:
            raise
        return False  # the row says that it was approved
    if answer.state is ApprovalState.COMPLETED:
        return True
    if answer.state is not ApprovalState.APPROVED:
        fault = approvals.refusal(answer) if answer.state.final else approvals.given_up(STILL)
        raise Final(State.FAILED, fault.code, fault.message)
    return False


async def _send(desk: Desk, change: Change, step: Request) -> Answer:
    """The very same request, with the approval's id. Raises HeldBack, Final, WriteRefused, WriteUnknown."""
    entry = desk.begun(change)
    write = Write(step.method, step.path, body_hash(step.body))
    going = replace(entry, writes=(*entry.writes, write))
    await desk.ledger.write(going.moved(State.RELEASED, desk.work.clock.now()))
    answer = await desk.send(step, approval=entry.approval)
    if not isinstance(answer, Held):
        return answer
    if answer.approval == entry.approval:
        fault = approvals.given_up(STILL)
        raise Final(State.FAILED, fault.code, fault.message, answer.request_id)
    steps = approvals.remaining(await kept(desk, change), entry)
    await hold(desk, change, steps, answer.approval)
    raise HeldBack
