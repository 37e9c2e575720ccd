"""One approved change, from the last look to the read-back (product.md 3.7, mechanics.md 4).

look again → stale? → intent into the journal → requests → read back until it shows → final state into the
journal

A run that died is taken up by the journal's state: what already holds the approved value is then not stale,
and a create whose answer never came is looked for before it is sent again.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from shared.domain import request as requests
from shared.domain.canonical import canonical
from shared.domain.catalog import TypeSpec
from shared.domain.item import Content, Json
from shared.domain.journal import Entry, Fault, State, Write, body_hash
from shared.domain.plan import Action, Change
from shared.domain.properties import apply
from shared.domain.readback import Verdict, read_back_verdict, staleness
from shared.domain.reference import Index
from shared.domain.request import Request, Unwritable
from shared.domain.resolution import Unresolved, literal
from shared.domain.resumption import unwritten
from shared.domain.snapshot import RawItem
from shared.errors import ReadFailed, WriteRefused, WriteUnknown
from shared.names import ObjectId
from shared.steps.approved import Approved, Head
from shared.steps.find_created import Missing, find_created
from shared.steps.work import Work

if TYPE_CHECKING:
    from shared.steps.deploy import Ledger

T = TypeVar("T")

PAUSES = (0.1, 0.3, 0.5, 1.0, 2.0, 5.0)
"""Seconds between looks at whether a write shows; the last one repeats."""


@dataclass(slots=True)
class Desk:
    """What the deploy works from: the approved plan, the ledger, and the index as it grows with creates."""

    work: Work
    ledger: Ledger
    approved: Approved
    head: Head
    index: Index

    def spec(self, change: Change) -> TypeSpec:
        """The catalog's entry of the change's type."""
        return self.work.catalog.types[change.type]

    def content(self, change: Change, item: RawItem | None) -> Content | None:
        """The item in canonical form, as the tenant holds it now."""
        return None if item is None else canonical(self.spec(change), item.raw, self.index).content


class _Final(Exception):
    """The change has come to its end, in this state."""

    def __init__(self, state: State, code: str, message: str, request_id: str = "") -> None:
        super().__init__(message)
        self.state, self.fault = state, Fault(code, message, request_id)


async def deploy_change(desk: Desk, change: Change) -> None:
    """Brings one change to a final state in the journal. Raises LeaseLost; any other fault is the change's
    own.
    """
    try:
        await _apply(desk, change)
    except _Final as final:
        await _end(desk, change, final.state, final.fault)
    except ReadFailed as error:
        await _end(
            desk, change, State.FAILED, Fault(error.code or "readFailed", str(error), error.request_id)
        )
    except WriteRefused as error:
        await _end(desk, change, State.FAILED, Fault(error.code or "refused", str(error), error.request_id))
    except WriteUnknown as error:
        await _end(desk, change, State.FAILED, Fault(error.code or "noAnswer", str(error), error.request_id))


async def _end(desk: Desk, change: Change, state: State, fault: Fault | None) -> None:
    entry = _entry(desk, change) or Entry(change.id, state, desk.work.clock.now(), change.object_id)
    await desk.ledger.write(replace(entry, state=state, fault=fault))


def _entry(desk: Desk, change: Change) -> Entry | None:
    return desk.ledger.journal.entries.get(change.id)


async def _apply(desk: Desk, change: Change) -> None:
    if _entry(desk, change) is None:
        _check_dependencies(desk, change)
    if change.action is Action.CREATE:
        await _create(desk, change)
        return
    item = await desk.work.api.read_item(desk.spec(change), _object_id(change))
    now = desk.content(change, item)
    if change.action is Action.DELETE and item is None:
        await _end(desk, change, State.APPLIED, None)
        return
    await _check_stale(desk, change, now)
    if item is None or now is None:
        raise AssertionError("what is gone is stale")
    spec, object_id = desk.spec(change), _object_id(change)
    if change.action is Action.DELETE:
        await _send(desk, change, requests.delete_requests(spec, change.item, object_id, item.raw))
    else:
        wanted = _literal(desk, apply(spec, now, {one.path: one.repository for one in change.properties}))
        touched = [one.path for one in change.properties]
        await _send(
            desk, change, requests.update_requests(spec, change.item, object_id, item.raw, wanted, touched)
        )
    await _read_back(desk, change)


async def _create(desk: Desk, change: Change) -> None:
    """POST, then what the object still needs (assignments). A POST without an answer is never repeated
    blindly.
    """
    spec = desk.spec(change)
    wanted = apply(spec, {}, {one.path: one.repository for one in change.properties})
    body = _literal(desk, wanted)
    entry = _entry(desk, change)
    if entry is None or entry.object_id is None:
        await _check_stale(desk, change, None)
        post = _ready(requests.create_request(spec, change.item, body))
        if entry is None or not entry.writes:
            await _intend(desk, change, [post])
        else:
            await _adopt(desk, change, wanted)
        if _known(desk, change).object_id is None:
            await _post(desk, change, wanted, post)
    await _appear(desk, change)
    object_id = _object_id(_known(desk, change))
    await _send(desk, change, _ready(requests.completing_requests(spec, change.item, object_id, body)))
    await _read_back(desk, change)
    desk.index = desk.index.with_object(change.type, object_id, change.item)


async def _post(desk: Desk, change: Change, wanted: Content, post: Request) -> None:
    """Sends the create at most twice: the second time only after looking long enough for the first."""
    for _ in range(2):
        await desk.ledger.hold()
        try:
            answer = await desk.work.api.send(post)
        except WriteUnknown:
            await _adopt(desk, change, wanted)
            if _known(desk, change).object_id is not None:
                return
            continue
        await _created(desk, change, str(answer.body["id"]))
        return
    raise _Final(
        State.FAILED, "noAnswer", f"{post.doing}: no answer came, twice, and no such object appeared"
    )


async def _adopt(desk: Desk, change: Change, wanted: Content) -> None:
    """Looks for the object that an unanswered create may have made."""
    found = await find_created(desk.work, desk.spec(change), wanted, _known(desk, change).at, desk.index)
    if found is Missing.SEVERAL:
        detail = (
            f"several new objects are called {change.item}; which of them this create made cannot be told"
        )
        raise _Final(State.FAILED, "createAmbiguous", detail)
    if not isinstance(found, Missing):
        await _created(desk, change, found)


async def _created(desk: Desk, change: Change, object_id: str) -> None:
    entry = _known(desk, change)
    writes = (replace(entry.writes[0], done=True), *entry.writes[1:])
    await desk.ledger.write(replace(entry, state=State.CREATED, object_id=ObjectId(object_id), writes=writes))


async def _intend(desk: Desk, change: Change, steps: Iterable[Request]) -> None:
    """Writes down what is about to be sent, before it is."""
    entry = _entry(desk, change) or Entry(change.id, State.INTENT, desk.work.clock.now(), change.object_id)
    writes = tuple(Write(one.method, one.path, body_hash(one.body)) for one in steps)
    await desk.ledger.write(replace(entry, writes=(*entry.writes, *writes)))


async def _send(desk: Desk, change: Change, steps: tuple[Request, ...] | Unwritable) -> None:
    """Sends requests that may be repeated, in order; the first refusal ends the change, saying which."""
    ready = _ready(steps)
    await _intend(desk, change, ready)
    for number, step in enumerate(ready):
        await desk.ledger.hold()
        await desk.work.api.send(step)
        entry = _known(desk, change)
        place = len(entry.writes) - len(ready) + number
        done = replace(entry.writes[place], done=True)
        writes = (*entry.writes[:place], done, *entry.writes[place + 1 :])
        if number + 1 < len(ready):
            await desk.ledger.write(replace(entry, writes=writes))
        else:
            desk.ledger.journal = desk.ledger.journal.with_entry(replace(entry, writes=writes))


def _ready(steps: T | Unwritable) -> T:
    if isinstance(steps, Unwritable):
        raise _Final(State.SKIPPED, "unresolvedReference", steps.detail)
    return steps


def _literal(desk: Desk, content: Content) -> dict[str, Json]:
    found = literal(content, desk.index)
    if isinstance(found, Unresolved):
        raise _Final(State.SKIPPED, "unresolvedReference", f"{', '.join(found.symbols)} is not in the tenant")
    return found


def _known(desk: Desk, change: Change) -> Entry:
    return desk.ledger.journal.entries[change.id]


def _object_id(holder: Change | Entry) -> ObjectId:
    if holder.object_id is None:
        raise AssertionError("only a create has no object id")
    return holder.object_id


def _check_dependencies(desk: Desk, change: Change) -> None:
    for needed in change.depends_on:
        if desk.ledger.journal.state(needed) is not State.APPLIED:
            raise _Final(State.SKIPPED, "dependency", f"{needed}, which this depends on, was not applied")
    if missing := desk.approved.write_missing.get(change.type):
        raise _Final(State.SKIPPED, "permissionMissing", f"{', '.join(missing)} is no longer granted")


async def _check_stale(desk: Desk, change: Change, now: Content | None) -> None:
    """What the reviewer saw must still be so; of a change already begun, what it wrote itself does not
    count.
    """
    spec = desk.spec(change)
    reviewed = desk.approved.reviewed(spec, change)
    head = await asyncio.to_thread(desk.head.content, spec, change.path, desk.index)
    if _entry(desk, change) is not None and now is not None:
        now = unwritten(spec, now, change)
    if why := staleness(spec, change, reviewed, now, head):
        raise _Final(State.STALE, "stale", why)


async def _appear(desk: Desk, change: Change) -> None:
    """Waits until a created object can be read by its id, so that what is written next finds it."""
    entry = _known(desk, change)
    until = desk.work.clock.now() + dt.timedelta(seconds=desk.work.read_back_seconds)
    for pause in _pauses():
        if await desk.work.api.read_item(desk.spec(change), _object_id(entry)) is not None:
            return
        if desk.work.clock.now() >= until:
            raise _Final(State.FAILED, "notShown", "the service took the create and does not show the object")
        await asyncio.sleep(pause)


async def _read_back(desk: Desk, change: Change) -> None:
    """Looks until every written property shows, or shows the service's own form of it; then the change is
    applied.
    """
    entry, spec = _known(desk, change), desk.spec(change)
    until = desk.work.clock.now() + dt.timedelta(seconds=desk.work.read_back_seconds)
    for pause in _pauses():
        item = await desk.work.api.read_item(spec, _object_id(entry))
        content = desk.content(change, item)
        if read_back_verdict(spec, change, content) is Verdict.APPLIED:
            await desk.ledger.write(replace(entry, state=State.APPLIED, fault=None, read_back=content))
            return
        if desk.work.clock.now() >= until:
            detail = "the service accepted the write and still shows the old value"
            raise _Final(State.FAILED, "notShown", detail)
        await asyncio.sleep(pause)


def _pauses() -> Iterator[float]:
    yield from PAUSES
    while True:
        yield PAUSES[-1]
