"""Long work, followed: 202 until a sync waits for a person or has ended."""

from __future__ import annotations

import datetime as dt
import hmac
from dataclasses import replace
from typing import Final

import azure.durable_functions as df

from functions.triggers import who
from functions.triggers.answers import Answer, answer
from functions.triggers.call import Call, operation_token
from functions.triggers.endpoint import Traits, endpoint, forbidden
from shared.domain.access import Caller, Role, holds, may
from shared.domain.status import STATUS_OF
from shared.domain.sync import Stage, SyncRecord, TenantRecord
from shared.errors import Problem
from shared.names import SyncId
from shared.wire.sync import sync_json, waits_for_a_person

operations = df.Blueprint()

AFTER_END: Final = dt.timedelta(days=1)
"""How long the token in an operation's address counts after the sync's end."""
WORKING: Final = "5"
WAITING: Final = "60"


@endpoint(operations, "getOperation", Traits(guarded=True, loads=("signing_key", "sealed")))
async def get_operation(call: Call) -> Answer:
    """The sync, for whoever holds the address's token or may read its tenant."""
    until = call.query.choice("until", ("attention", "end"), "attention")
    tenant, sync, caller = await _found(call)
    status = STATUS_OF[sync.stage]
    shown = sync_json(sync, tenant.resting, call.language, call.origin)
    if caller is not None:  # who has the address alone is shown no code
        shown = await replace(call, tenant_record=tenant, caller=caller).shown(sync)
    if sync.ended_at is not None or status is None:
        return answer(shown)
    waits = waits_for_a_person(status)
    if waits and until == "attention":
        return answer(shown)
    location = call.operation_address(sync.id, until or "attention")
    slowly = waits or sync.stage is Stage.TENANT_APPROVAL
    return answer(shown, 202, Retry_After=WAITING if slowly else WORKING, Location=location)


async def _found(call: Call) -> tuple[TenantRecord, SyncRecord, Caller | None]:
    """The sync, if the caller may see it, and who that is. Without a good token the caller is asked who they
    are first.
    """
    name, caller = call.sync_id, None
    tokened = _tokened(call, name)
    if not tokened:
        caller = await who.authenticate(call.request, call.services)
        if not holds(caller, Role.READER):
            raise forbidden(Role.READER)
    status = call.services.status
    tenant_id = await status.tenant_of(name)
    tenant = await status.tenant(tenant_id) if tenant_id else None
    sync = await status.sync(tenant.id, name) if tenant else None
    if tenant is None or sync is None:
        raise Problem("operationNotFound", 404, values={"sync": name})
    if tokened and sync.ended_at is not None and call.services.clock.now() > sync.ended_at + AFTER_END:
        caller = await who.authenticate(call.request, call.services)
    if caller is not None and not may(caller, Role.READER, tenant.id, tenant.settings.access):
        raise forbidden(Role.READER)
    return tenant, sync, caller


def _tokened(call: Call, sync: SyncId) -> bool:
    given = call.request.params.get("token") or ""
    wanted = operation_token(call.services.signing_key, sync)
    return hmac.compare_digest(given.encode(), wanted.encode())
