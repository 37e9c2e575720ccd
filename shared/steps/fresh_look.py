"""The last look at an item before it is written: is all still as the reviewer saw it (product.md 3.7)?"""

from __future__ import annotations

import asyncio

from shared.domain.canonical import canonical
from shared.domain.item import Content
from shared.domain.journal import State
from shared.domain.plan import Change
from shared.domain.readback import staleness
from shared.domain.resumption import unwritten
from shared.domain.snapshot import RawItem
from shared.steps.desk import Desk, Final
from shared.steps.find_created import namesakes


async def check_stale(desk: Desk, change: Change, item: RawItem | None) -> None:
    """What the reviewer saw must still be so; of a change already begun, what it wrote itself does not
    count. Raises Final.

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


async def check_new(desk: Desk, change: Change, wanted: Content) -> None:
    """Nobody may have made such an item since the comparison: never a second create. Raises Final."""
    await check_stale(desk, change, None)
    if await namesakes(desk, change, wanted):
        raise Final(State.STALE, "stale", f"the tenant has a {change.type} called {change.item} by now")
