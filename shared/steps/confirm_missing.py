"""Asks one by one for what B knows and the list does not show (product.md 3.4).

Only "not found" makes an item a deleted one. Hundreds of missing items take longer than one activity may
work: what was asked so far is kept in a blob beside the cursor, from which the next run goes on.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from shared.domain.catalog import TypeSpec
from shared.domain.removal import gone_too_many
from shared.domain.snapshot import NotRead, NotReadReason, Raw, RawItem, TypeRead
from shared.names import ItemPath, ObjectId, TypeKey
from shared.steps import blobs
from shared.steps.readers import another_reader
from shared.steps.work import Stop, Work

TOGETHER = 8
"""Items asked for at once; the budget of their throttling bucket paces them."""


@dataclass(slots=True)
class Asked:
    """A list that was read whole, and what became of the items it lacks: still there, or gone."""

    read: TypeRead
    found: dict[ObjectId, Raw] = field(default_factory=dict)
    gone: list[ObjectId] = field(default_factory=list)

    def dump(self) -> bytes:
        """For the next run."""
        read = json.loads(blobs.dump_result(self.read))
        return blobs.dumps({"read": read, "found": self.found, "gone": self.gone})

    @classmethod
    def load(cls, data: bytes) -> Asked:
        """What `dump` kept."""
        kept = json.loads(data)
        read = blobs.load_result(blobs.dumps(kept["read"]))
        if not isinstance(read, TypeRead):
            raise TypeError("going on with missing items: what was kept is no list that was read")
        return cls(read, kept["found"], kept["gone"])


async def load_asked(work: Work, key: TypeKey) -> Asked | None:
    """What an earlier run of this sync came to; None where the list is still to be read."""
    data = await asyncio.to_thread(work.artifacts.get, blobs.asked_name(key))
    return None if data is None else Asked.load(data)


async def confirm_missing(
    work: Work, spec: TypeSpec, asked: Asked, known: Mapping[ObjectId, ItemPath]
) -> TypeRead | NotRead | Stop | None:
    """The type with what its list did not show, or held because too much of it is gone.

    None when the slice ended before: what was asked is kept. A Stop where the sync was stopped. Raises
    ReadFailed and NotAvailable: then nobody knows whether an item is gone, and the type is not read.
    """
    plain = replace(spec, reveals=())  # a backup keeps no secret, so it asks for none
    shown = {item.object_id for item in asked.read.items} | asked.found.keys() | set(asked.gone)
    missing = [one for one in known if one not in shown]
    for at in range(0, len(missing), TOGETHER):
        if stop := await work.stop():
            return stop
        if at and work.slice_over():  # a run that begins gets something done
            await asyncio.to_thread(work.artifacts.put, blobs.asked_name(spec.key), asked.dump())
            return None
        await _ask(work, plain, missing[at : at + TOGETHER], asked)
    return await _confirmed(work, spec, asked, known)


async def _ask(work: Work, spec: TypeSpec, some: list[ObjectId], asked: Asked) -> None:
    """Asks for a few items at once; all have answered before a fault of one is raised."""
    answers = await asyncio.gather(*(work.api.read_item(spec, one) for one in some), return_exceptions=True)
    for object_id, answer in zip(some, answers, strict=True):
        if isinstance(answer, BaseException):
            raise answer
        if answer is None:
            asked.gone.append(object_id)
        else:
            asked.found[object_id] = answer.raw


async def _confirmed(
    work: Work, spec: TypeSpec, asked: Asked, known: Mapping[ObjectId, ItemPath]
) -> TypeRead | NotRead:
    """Held: too much is gone to believe it, or anything is and somebody else looks, who may see less."""
    found = (RawItem(object_id, raw) for object_id, raw in asked.found.items())
    read = replace(asked.read, items=(*asked.read.items, *found))
    if not asked.gone or spec.key in work.sync.options.confirm_removals:
        return read
    another = await another_reader(work.findings, spec, read)
    if not another and not gone_too_many(len(asked.gone), len(known)):
        return read
    detail = f"{len(asked.gone)} of {len(known)} items of {spec.key} are gone from the tenant"
    if another:
        detail += ", and another account reads the type than before"
    names = tuple(sorted(known[one] for one in asked.gone if one in known))
    return NotRead(spec.key, NotReadReason.HELD, True, detail, names=names)
