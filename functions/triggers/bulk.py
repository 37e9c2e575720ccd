"""Many tenants in one call. Each is done for itself: what fails at one is told there and stops no other."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import azure.durable_functions as df

from functions.triggers import bodies
from functions.triggers.answers import Answer, answer
from functions.triggers.call import Call
from functions.triggers.decisions import recorded
from functions.triggers.endpoint import Traits, answered, endpoint, permitted
from functions.triggers.syncs import check_types, started
from functions.triggers.tenants import is_found
from shared.domain.access import Role, may
from shared.domain.start import derived
from shared.domain.sync import Mode, SyncOptions
from shared.errors import Problem
from shared.names import SyncId, TypeKey

if TYPE_CHECKING:
    from shared.wire.schema.bulk import BulkDecision, BulkSyncsBody

bulk = df.Blueprint()

AT_ONCE: Final = 16
"""Tenants worked at side by side: fewer than the connections that storage's client keeps."""
TIME: Final = dt.timedelta(seconds=180)
"""After this much work nothing new is begun, so that the answer comes within the platform's 230 s."""
MOST: Final = 1000
LARGEST: Final = 16 * 1024 * 1024
"""Bytes of a body: decisions may each name thousands of changes."""

Work = Callable[[], Awaitable[SyncId]]


@dataclass(frozen=True, slots=True)
class Task:
    """What is to be done for one tenant."""

    tenant: str
    work: Work


@endpoint(bulk, "startSyncs", Traits(durable=True, loads=("catalog",)))
async def start_syncs(call: Call) -> Answer:
    """Starts a sync of each tenant."""
    from shared.wire.schema.bulk import BulkSyncsBody

    body = call.body(BulkSyncsBody)
    options = SyncOptions(
        mode=Mode(body.mode),
        comment=body.comment or "",
        types=tuple(TypeKey(key) for key in body.types or ()),
        supersede=body.supersede,
    )
    check_types(call, {"/types": options.types})
    names = await _tenants(call, body)
    return await _done(call, [Task(name, partial(_start, call, name, options)) for name in names])


async def _tenants(call: Call, body: BulkSyncsBody) -> Sequence[str]:
    """Those that are named, each once; else those of all that the caller may read and the filter finds."""
    if body.tenants is not None:
        return list(dict.fromkeys(body.tenants))
    wanted = body.filter
    status = frozenset(wanted.status or ()) if wanted is not None else frozenset()
    search = wanted.search.casefold() if wanted is not None else ""
    found = [
        one.id
        for one in await call.services.status.tenants()
        if (not status or one.status.value in status)
        and is_found(one, search)
        and may(call.caller, Role.READER, one.id, one.settings.access)
    ]
    if len(found) > MOST:
        raise Problem("tooManyTenants", 422, values={"count": len(found), "most": MOST})
    return found


async def _start(call: Call, name: str, options: SyncOptions) -> SyncId:
    tenant = await permitted(call.services, call.caller, Role.OPERATOR, name)
    # Sent again under its key, the call finds the very syncs that it began.
    sync = derived(call.new_id, name) if call.new_id else call.services.new_sync_id()
    return (await started(call, tenant, sync, options)).id


@endpoint(bulk, "decideSyncs", Traits(durable=True))
async def decide_syncs(call: Call) -> Answer:
    """Records each decision."""
    from shared.wire.schema.bulk import BulkDecisionsBody

    body = call.validated(BulkDecisionsBody, bodies.read_json(call.request, LARGEST))
    return await _done(call, [Task(one.tenant, partial(_decide, call, one)) for one in body.decisions])


async def _decide(call: Call, one: BulkDecision) -> SyncId:
    tenant = await permitted(call.services, call.caller, Role.APPROVER, one.tenant)
    return await recorded(call, tenant.id, SyncId(one.sync), one)


async def _done(call: Call, tasks: Sequence[Task]) -> Answer:
    gate, until = asyncio.Semaphore(AT_ONCE), call.services.clock.now() + TIME

    async def one(task: Task) -> dict[str, Any]:
        async with gate:
            return await _entry(call, task, until)

    return answer({"value": await asyncio.gather(*map(one, tasks))})


async def _entry(call: Call, task: Task, until: dt.datetime) -> dict[str, Any]:
    async def serve() -> Answer:
        if call.services.clock.now() >= until:
            raise Problem("notReached", 503)
        return answer({"sync": await task.work()}, 202)

    given = await answered(serve, call.language, call.origin)
    told = json.loads(given.body)
    problem = told if given.status >= 400 else None
    return {"tenant": task.tenant, "status": given.status, "sync": told.get("sync"), "problem": problem}
