"""One approved change, from the last look to the read-back (product.md 3.7, mechanics.md 4).

    look again → stale? → intent into the journal → requests → read back until it shows → final state

A run that died is taken up by the journal's state: what already holds the approved value is then not
stale, and a create whose answer never came is looked for before it is sent again.
"""

from __future__ import annotations

from typing import TypeVar

from shared.domain import request as requests
from shared.domain.item import Content, Json
from shared.domain.journal import Entry, Fault, State
from shared.domain.plan import Action, BlockedCode, Change
from shared.domain.planning import protecting
from shared.domain.properties import apply
from shared.domain.readback import created_content
from shared.domain.request import Request, Unwritable
from shared.domain.resolution import Unresolved, literal
from shared.errors import NotAvailable, ReadFailed, ServiceError, WriteUnknown
from shared.names import ObjectId
from shared.steps.desk import Desk, Final, Paused
from shared.steps.find_created import AMBIGUOUS, Missing, find_created
from shared.steps.fresh_look import check_new, check_stale
from shared.steps.held import resume
from shared.steps.read_back import appear, read_back
from shared.steps.sending import HeldBack, created, filed, send, send_all, written

T = TypeVar("T")
POSTS = 2
"""How often a create is sent at most."""


async def deploy_change(desk: Desk, change: Change) -> None:
    """Brings one change to a final state in the journal.

    Raises LeaseLost, Paused when the slice ends before, and HeldBack where the tenant's own approval has to
    be waited for; any other fault is the change's own.
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
    if entry is not None and entry.state in (State.HELD, State.RELEASED):
        await resume(desk, change)
        entry = desk.begun(change)
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
        await written(desk, change)  # an earlier run of this very delete got through
        return
    await check_stale(desk, change, item)
    now = desk.content(change, item)
    if item is None or now is None:
        raise AssertionError("what is gone is stale")
    if change.action is Action.DELETE:
        await send_all(desk, change, requests.delete_requests(spec, change.item, object_id, item.raw))
        return
    wanted = _literal(desk, apply(spec, now, {one.path: one.repository for one in change.properties}))
    touched = [one.path for one in change.properties]
    steps = requests.update_requests(spec, change.item, object_id, item.raw, wanted, touched)
    await send_all(desk, change, _ready(steps))


async def _create(desk: Desk, change: Change) -> None:
    """POST, then what the object still needs (assignments)."""
    spec = desk.spec(change)
    wanted = created_content(spec, change)
    body = _literal(desk, wanted)
    await _post(desk, change, wanted, _ready(requests.create_request(spec, change.item, body)))
    item = await appear(desk, change)
    steps = requests.completing_requests(spec, change.item, item.object_id, body, item.raw)
    await send_all(desk, change, _ready(steps))


async def _post(desk: Desk, change: Change, wanted: Content, post: Request) -> None:
    """Sends the create until the object has its id. Where no answer came, in this run or an earlier one, the
    object is looked for first, for as long as it may take to show; then it is sent once more.
    """
    while (entry := desk.entry(change)) is None or entry.object_id is None:
        if entry is not None and await filed(desk, change, post):
            raise HeldBack
        if entry is not None and await _adopt(desk, change, wanted):
            return
        if entry is not None and len(entry.writes) >= POSTS:
            why = f"{post.doing}: no answer came, twice, and no such object shows"
            raise Final(State.FAILED, "noAnswer", why)
        await check_new(desk, change, wanted)
        await desk.intend(change, [post])
        try:
            answer = await send(desk, change, [post])
        except WriteUnknown:
            continue
        await created(desk, change, ObjectId(str(answer.body["id"])))


async def _adopt(desk: Desk, change: Change, wanted: Content) -> bool:
    """Looks for the object that an unanswered create may have made; whether there is one. Raises Paused."""
    found = await find_created(desk, change, wanted)
    if found is Missing.YET:
        raise Paused
    if found is Missing.NONE:
        return False
    if isinstance(found, Missing):
        raise Final(State.FAILED, "createAmbiguous", AMBIGUOUS[found].format(name=change.item))
    await created(desk, change, found)
    return True


def _check_dependencies(desk: Desk, change: Change) -> None:
    """Whether what the change needs is there, and it may still be written. Raises Final."""
    for needed in change.depends_on:
        if desk.ledger.journal.state(needed) is not State.APPLIED:
            raise Final(State.SKIPPED, "dependency", f"{needed}, which this depends on, was not applied")
    if pattern := protecting(desk.work.tenant.settings.protected, change.path):
        why = f"the tenant's settings protect it by now ({pattern})"
        raise Final(State.SKIPPED, BlockedCode.PROTECTED.value, why)
    if lost := desk.approved.restrictions.get(change.type):
        gone = " is no longer granted" if lost.code is BlockedCode.PERMISSION_MISSING else ""
        raise Final(State.SKIPPED, lost.code.value, f"{lost.detail}{gone}")


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
