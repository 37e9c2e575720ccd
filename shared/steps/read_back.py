"""Reading an item again after a write, until it shows what was written (product.md 3.7)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace

from shared.domain.item import pointer
from shared.domain.journal import Entry, State
from shared.domain.plan import Action, Change
from shared.domain.readback import Verdict, read_back_verdict, unshown
from shared.domain.snapshot import RawItem
from shared.names import ObjectId
from shared.steps.desk import Desk, Final, Paused

PAUSES = (0.1, 0.3, 0.5, 1.0, 2.0, 5.0)
"""Seconds between looks; the last one repeats."""


async def appear(desk: Desk, change: Change) -> RawItem:
    """Waits until a created object can be read by its id, so that what is written next finds it; the object.

    Raises Paused when the slice ends before, Final when the object does not show in time.
    """
    entry = desk.begun(change)
    for pause in _pauses():
        if (item := await desk.work.api.read_item(desk.spec(change), _id(entry))) is not None:
            return item
        await _pause(desk, entry, pause, "the service took the create and does not show the object")
    raise AssertionError("unreachable: the pauses do not end")


async def read_back(desk: Desk, change: Change) -> None:
    """Looks until every written property shows its new value or the service's own form of it; then the
    change is applied. Raises Paused when the slice ends before, Final when it still shows the old value in
    the end.
    """
    entry, spec = desk.begun(change), desk.spec(change)
    for pause in _pauses():
        content = desk.content(change, await desk.work.api.read_item(spec, _id(entry)))
        verdict = read_back_verdict(spec, change, content)
        if verdict is Verdict.APPLIED:
            done = replace(entry, read_back=content).moved(State.APPLIED, desk.work.clock.now())
            await desk.ledger.write(done)
            return
        if content is None or change.action is Action.DELETE:
            where = "the object"
        else:
            where = ", ".join(pointer(path) for path in unshown(spec, change, content))
        await _pause(desk, entry, pause, f"the service accepted the write and does not show it: {where}")


async def _pause(desk: Desk, entry: Entry, seconds: float, otherwise: str) -> None:
    """Waits for the next look, unless there is none."""
    until = entry.since + dt.timedelta(seconds=desk.work.read_back_seconds)
    if desk.work.clock.now() >= until:
        raise Final(State.FAILED, "notShown", otherwise)
    if desk.work.slice_over():
        raise Paused
    await desk.work.sleep(seconds)


def _pauses() -> Iterator[float]:
    yield from PAUSES
    while True:
        yield PAUSES[-1]


def _id(entry: Entry) -> ObjectId:
    if entry.object_id is None:
        raise AssertionError("what is read back has been written")
    return entry.object_id
