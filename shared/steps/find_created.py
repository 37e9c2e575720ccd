"""Finds out whether a create whose answer never came was applied (mechanics.md 4).

Looked for: an object of the same identity that the snapshot did not know, created after the intent, with
equal content; looked for again until a created object would certainly show (`visible_within`). One match is
ours, several are nobody's, none means that the create was not applied.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from enum import Enum
from typing import Any

from shared.domain.canonical import canonical
from shared.domain.catalog import TypeSpec
from shared.domain.item import Content
from shared.domain.properties import flatten, same
from shared.domain.reference import Index, identity_of
from shared.domain.snapshot import RawItem
from shared.names import ObjectId
from shared.ports import Unfinished
from shared.steps.work import Work

SKEW = dt.timedelta(minutes=5)
"""How far the service's clock may be behind ours."""
PAUSE = 5.0


class Missing(Enum):
    """Why there is no one object to adopt."""

    NONE = "none"
    SEVERAL = "several"


async def find_created(
    work: Work, spec: TypeSpec, wanted: Content, since: dt.datetime, index: Index
) -> ObjectId | Missing:
    """The id of the object that this create made, if it made one. Raises ReadFailed."""
    known = index.identities.get(spec.key, {})
    until = work.clock.now() + dt.timedelta(seconds=visible_within(work, spec))
    while True:
        read = await work.api.read_type(spec, work.clock.now() + dt.timedelta(seconds=PAUSE * 60))
        items = () if isinstance(read, Unfinished) else read.items
        found = [
            one for one in items if one.object_id not in known and _ours(spec, one, wanted, since, index)
        ]
        if len(found) == 1:
            return found[0].object_id
        if len(found) > 1:
            return Missing.SEVERAL
        if work.clock.now() >= until:
            return Missing.NONE
        await asyncio.sleep(min(PAUSE, visible_within(work, spec) / 4))


def visible_within(work: Work, spec: TypeSpec) -> float:
    """Seconds within which a created object shows."""
    return spec.visible_within if work.visible_within is None else work.visible_within


def _ours(spec: TypeSpec, item: RawItem, wanted: Content, since: dt.datetime, index: Index) -> bool:
    if identity_of(spec, item.raw) != identity_of(spec, wanted):
        return False
    created = _created(item.raw)
    if created is not None and created < since - SKEW:
        return False
    later = {part.property for part in spec.sub_resources if not part.on_create}
    held = flatten(spec, canonical(spec, item.raw, index).content)
    return all(
        path in held and same(held[path], value)
        for path, value in flatten(spec, wanted).items()
        if path[0] not in later
    )


def _created(raw: dict[str, Any]) -> dt.datetime | None:
    text = raw.get("createdDateTime")
    if not isinstance(text, str):
        return None
    try:
        return dt.datetime.fromisoformat(text)
    except ValueError:
        return None
