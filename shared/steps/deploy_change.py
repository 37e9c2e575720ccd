"""One approved change, from the last look to the read-back (product.md 3.7, mechanics.md 4).

    look again → stale? → intent into the journal → requests → read back until it shows → final state

A run that died is taken up by the journal's state: what already holds the approved value is then not
stale, and a create whose answer never came is looked for before it is sent again.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TypeVar

from shared.domain import request as requests
from shared.domain.canonical import canonical
from shared.domain.item import Content, Json
from shared.domain.journal import Entry, Fault, State
from shared.domain.plan import Action, BlockedCode, Change
from shared.domain.properties import apply
from shared.domain.readback import created_content, staleness
from shared.domain.request import Request, Unwritable
from shared.domain.resolution import Unresolved, literal
from shared.domain.resumption import unwritten
from shared.domain.snapshot import RawItem
from shared.errors import NotAvailable, ReadFailed, ServiceError, WriteUnknown
from shared.names import ObjectId
from shared.steps.desk import Desk, Final, Paused
from shared.steps.find_created import Missing, find_created, namesakes
from shared.steps.read_back import appear, read_back

T = TypeVar("T")
POSTS = 2
"""How often a create is sent at most."""
AMBIGUOUS = {
    Missing.SEVERAL: "several new objects are called {name}; which of them this create made cannot be told",
    Missing.UNLIKE: (
        "no answer came, and a new object called {name} differs from what was to be created;"
        " whether this create made it cannot be told"
    ),
}


async def deploy_change(desk: Desk, change: Change) -> None:
    """Brings one change to a final state in the journal.

    Raises LeaseLost, and Paused when the slice ends before; any other fault is the change's own.
    """
    try:
        await _deploy(desk, change)
    except Final as final:
        await desk.end(change, final.state, final.fault)
    except ServiceError as error:
        reading = isinstance(error, ReadFailed | NotAvailable)
        code = error.code or ("readFailed" if reading else "noAnswer")
        await desk.end(change, State.FAILED, Fault(code, str(error), error.request_id))


async def _deploy(desk: Desk, change: Change) -> None:
    entry = desk.entry(change)
    if entry is None:
        _check_dependencies(desk, change)
    if entry is None or entry.state is not State.WRITTEN:
        if change.action is Action.CREATE:
            await _create(desk, change)
        else:
            await _write(desk, change)
    await read_back(desk, change)
    name = None if change.action is Action.DELETE else change.item
    desk.index = desk.index.with_object(change.type, _object_id(desk.begun(change)), name)


async def _write(desk: Desk, change: Change) -> None:
    """An update or a delete: both may be repeated, after a fresh look."""
    spec, object_id = desk.spec(change), _object_id(change)
    item = await desk.work.api.read_item(spec, object_id)
    if item is None and change.action is Action.DELETE and desk.entry(change) is not None:
        await _written(desk, change)  # an earlier run of this very delete got through
        return
    await _check_stale(desk, change, item)
    now = desk.content(change, item)
    if item is None or now is None:
        raise AssertionError("what is gone is stale")
    if change.action is Action.DELETE:
        await _send(desk, change, requests.delete_requests(spec, change.item, object_id, item.raw))
        return
    wanted = _literal(desk, apply(spec, now, {one.path: one.repository for one in change.properties}))
    touched = [one.path for one in change.properties]
    steps = requests.update_requests(spec, change.item, object_id, item.raw, wanted, touched)
    await _send(desk, change, _ready(steps))


async def _create(desk: Desk, change: Change) -> None:
    """POST, then what the object still needs (assignments)."""
    spec = desk.spec(change)
    wanted = created_content(spec, change)
    body = _literal(desk, wanted)
    await _post(desk, change, wanted, _ready(requests.create_request(spec, change.item, body)))
    item = await appear(desk, change)
    steps = requests.completing_requests(spec, change.item, item.object_id, body, item.raw)
    await _send(desk, change, _ready(steps))


async def _check_new(desk: Desk, change: Change, wanted: Content) -> None:
    """Nobody may have made such an item since the comparison: never a second create."""
    await _check_stale(desk, change, None)
    if await namesakes(desk, change, wanted):
        raise Final(State.STALE, "stale", f"the tenant has a {change.type} called {change.item} by now")


async def _post(desk: Desk, change: Change, wanted: Content, post: Request) -> None:
    """Sends the create until the object has its id. Where no answer came, in this run or an earlier one, the
    object is looked for first, for as long as it may take to show; then it is sent once more.
    """
    while (entry := desk.entry(change)) is None or entry.object_id is None:
        if entry is not None and await _adopt(desk, change, wanted):
            return
        if entry is not None and len(entry.writes) >= POSTS:
            why = f"{post.doing}: no answer came, twice, and no such object shows"
            raise Final(State.FAILED, "noAnswer", why)
        await _check_new(desk, change, wanted)
        await desk.intend(change, [post])
        try:
            answer = await desk.send(post)
        except WriteUnknown:
            continue
        await _created(desk, change, ObjectId(str(answer.body["id"])))


async def _adopt(desk: Desk, change: Change, wanted: Content) -> bool:
    """Looks for the object that an unanswered create may have made; whether there is one. Raises Paused."""
    found = await find_created(desk, change, wanted)
    if found is Missing.YET:
        raise Paused
    if found is Missing.NONE:
        return False
    if isinstance(found, Missing):
        raise Final(State.FAILED, "createAmbiguous", AMBIGUOUS[found].format(name=change.item))
    await _created(desk, change, found)
    return True


async def _created(desk: Desk, change: Change, object_id: ObjectId) -> None:
    entry = replace(desk.begun(change).sent(), object_id=object_id)
    await desk.ledger.write(entry.moved(State.CREATED, desk.work.clock.now()))


async def _send(desk: Desk, change: Change, steps: tuple[Request, ...]) -> None:
    """Sends requests that may be repeated, in order; the first refusal ends the change."""
    for step in steps:
        await desk.intend(change, [step])
        await desk.send(step)
        await desk.ledger.write(desk.begun(change).sent())
    await _written(desk, change)


async def _written(desk: Desk, change: Change) -> None:
    if desk.entry(change) is None:
        await desk.intend(change, [])
    await desk.ledger.write(desk.begun(change).moved(State.WRITTEN, desk.work.clock.now()))


def _check_dependencies(desk: Desk, change: Change) -> None:
    for needed in change.depends_on:
        if desk.ledger.journal.state(needed) is not State.APPLIED:
            raise Final(State.SKIPPED, "dependency", f"{needed}, which this depends on, was not applied")
    if lost := desk.approved.restrictions.get(change.type):
        gone = " is no longer granted" if lost.code is BlockedCode.PERMISSION_MISSING else ""
        raise Final(State.SKIPPED, lost.code.value, f"{lost.detail}{gone}")


async def _check_stale(desk: Desk, change: Change, item: RawItem | None) -> None:
    """What the reviewer saw must still be so; of a change already begun, what it wrote itself does not
    count.

    Compared in the terms of the comparison: what this deploy has renamed since is not a change of those that
    refer to it.
    """
    spec, then = desk.spec(change), desk.approved.state.index
    head = await asyncio.to_thread(desk.head.content, spec, change.path, then)
    now = None if item is None else canonical(spec, item.raw, then).content
    if desk.entry(change) is not None and now is not None:
        now = unwritten(spec, now, change)
    if why := staleness(spec, change, desk.approved.reviewed(spec, change), now, head):
        raise Final(State.STALE, "stale", why)


def _ready(steps: T | Unwritable) -> T:
    if isinstance(steps, Unwritable):
        raise Final(State.SKIPPED, "unresolvedReference", steps.detail)
    return steps


def _literal(desk: Desk, content: Content) -> dict[str, Json]:
    found = literal(content, desk.index)
    if isinstance(found, Unresolved):
        raise Final(State.SKIPPED, "unresolvedReference", f"{', '.join(found.symbols)} is not in the tenant")
    return found


def _object_id(holder: Change | Entry) -> ObjectId:
    if holder.object_id is None:
        raise AssertionError("only a create that was never answered has no object id")
    return holder.object_id
