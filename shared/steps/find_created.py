"""Finds objects by name: before a create, one that others made meanwhile; after a create whose answer
never came, the one it may have made (mechanics.md 4).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from enum import Enum
from typing import Any

from shared.domain.canonical import canonical
from shared.domain.catalog import TypeSpec
from shared.domain.item import ABSENT, SECRET, Content, Json, Value
from shared.domain.plan import Change
from shared.domain.properties import flatten, same
from shared.domain.reference import Index
from shared.domain.snapshot import RawItem
from shared.domain.tenant_state import likeness
from shared.errors import ReadFailed
from shared.names import ObjectId
from shared.ports import Unfinished
from shared.steps.desk import Desk

SKEW = dt.timedelta(minutes=5)
"""How far the service's clock may be behind ours."""
LISTING = dt.timedelta(minutes=3)
"""How long a list of names may take."""
PAUSE = 5.0
SILENT: tuple[Json, ...] = (None, "", [], {}, SECRET)
"""What a new object may leave out of its answer."""


class Missing(Enum):
    """Why there is no one object to adopt. `UNLIKE`: one is there, and does not hold what was sent. `YET`: it
    may still show; ask again in the next slice.
    """

    NONE = "none"
    SEVERAL = "several"
    UNLIKE = "unlike"
    YET = "yet"


AMBIGUOUS = {
    Missing.SEVERAL: "several new objects are called {name}; which of them this create made cannot be told",
    Missing.UNLIKE: (
        "no answer came, and a new object called {name} differs from what was to be created;"
        " whether this create made it cannot be told"
    ),
}


async def namesakes(desk: Desk, change: Change, wanted: Content) -> Sequence[ObjectId]:
    """Objects of this identity that neither the comparison nor this deploy knows. Raises ReadFailed,
    NotAvailable.

    Only the list is read, not what items keep behind addresses of their own.
    """
    spec, index, key = desk.spec(change), desk.index, change.type
    names = replace(spec, each=False, each_query={}, sub_resources=(), reveals=(), query=_plain(spec))
    read = await desk.work.api.read_type(names, desk.work.clock.now() + LISTING)
    if isinstance(read, Unfinished):
        raise ReadFailed(f"looking for {key} by name", message="the list is too long to read at once")
    # A list may go on showing what this deploy has deleted.
    known = {*desk.approved.state.index.identities.get(key, {}), *index.identities.get(key, {})}
    like = likeness(spec, wanted)
    return [
        one.object_id
        for one in read.items
        if one.object_id not in known and likeness(spec, canonical(spec, one.raw, index).content) == like
    ]


async def find_created(desk: Desk, change: Change, wanted: Content) -> ObjectId | Missing:
    """The object that an unanswered create has made: same identity, unknown to the comparison, created after
    the intent, equal content. Looks until a created object would certainly show. Raises ReadFailed,
    NotAvailable.
    """
    work, spec, entry = desk.work, desk.spec(change), desk.begun(change)
    within = spec.visible_within if work.visible_within is None else work.visible_within
    until = entry.since + dt.timedelta(seconds=within)
    while True:
        last = work.clock.now() >= until
        candidates = await namesakes(desk, change, wanted)
        items = [await work.api.read_item(spec, one) for one in candidates]
        found = [one for one in items if one is not None and _ours(spec, one, wanted, entry.at, desk.index)]
        if len(found) == 1:
            return found[0].object_id
        if found:
            return Missing.SEVERAL
        if last:
            return Missing.UNLIKE if candidates else Missing.NONE
        if work.slice_over():
            return Missing.YET
        await work.sleep(min(PAUSE, within / 4))


def _plain(spec: TypeSpec) -> dict[str, str]:
    return {name: value for name, value in spec.query.items() if name != "$expand"}


def _ours(spec: TypeSpec, item: RawItem, wanted: Content, since: dt.datetime, index: Index) -> bool:
    created = _created(item.raw)
    if created is not None and created < since - SKEW:
        return False
    later = {part.property for part in spec.sub_resources if not part.on_create}
    held = flatten(spec, canonical(spec, item.raw, index).content)
    return all(
        _holds(held.get(path, ABSENT), value)
        for path, value in flatten(spec, wanted).items()
        if path[0] not in later
    )


def _holds(held: Value, wanted: Json) -> bool:
    """Is everything that was sent there? The service adds its defaults, also within what compares as one."""
    if held is ABSENT:
        return wanted in SILENT
    if isinstance(held, dict) and isinstance(wanted, dict):
        return all(_holds(held.get(name, ABSENT), inner) for name, inner in wanted.items())
    if isinstance(held, list) and isinstance(wanted, list):
        return len(held) == len(wanted) and all(map(_holds, held, wanted))
    return same(held, wanted)


def _created(raw: dict[str, Any]) -> dt.datetime | None:
    text = raw.get("createdDateTime")
    if not isinstance(text, str):
        return None
    try:
        found = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=dt.UTC)
