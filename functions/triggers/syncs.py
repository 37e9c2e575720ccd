"""Syncs: started, listed, read, cancelled."""

from __future__ import annotations

import azure.durable_functions as df

from functions.triggers.answers import Answer, answer
from functions.triggers.bodies import fault
from functions.triggers.call import Call
from functions.triggers.endpoint import Traits, endpoint
from functions.triggers.operations import WORKING
from functions.triggers.waking import begin, wake
from shared.domain.move import Cancel
from shared.domain.sign_in import SignInResult, SignInState, number
from shared.domain.sync import Stage, SyncOptions, SyncRecord, TenantRecord
from shared.errors import Problem
from shared.names import (
    CANCEL_EVENT,
    SyncId,
    TypeKey,
    decision_event,
    sign_in_event,
    sign_in_instance,
)
from shared.steps.cancel import cancel
from shared.steps.start import Wanted, start
from shared.wire.sync import options_of

syncs = df.Blueprint()


@endpoint(syncs, "startSync", Traits(durable=True, loads=("catalog", "signing_key")))
async def start_sync(call: Call) -> Answer:
    """Starts a sync; the operation at `Location` follows it."""
    from shared.wire.schema.sync import StartBody

    body = call.body(StartBody)
    options = options_of(body)
    check_types(call, {"/types": options.types, "/confirmRemovals": options.confirm_removals})
    sync = await started(call, call.tenant, call.new_id or call.services.new_sync_id(), options)
    location = call.operation_address(sync.id, body.until)
    return answer(call.sync_json(sync), 202, Location=location, Retry_After=WORKING)


async def started(call: Call, tenant: TenantRecord, sync: SyncId, options: SyncOptions) -> SyncRecord:
    """The sync of this id once it has begun, in the caller's name. Raises Problem (see `start`)."""
    services = call.services
    wanted = Wanted(tenant.id, sync, options, call.caller.actor, services.clock.now(), call.resumed)
    begun = await start(services.status, services.audit, wanted)
    await begin(call.durable, tenant, begun.sync)
    if (old := begun.superseded) is not None and old.plan is not None:
        await wake(call.durable, old.id, decision_event(old.plan.digest))
    return begun.sync


def check_types(call: Call, named: dict[str, tuple[TypeKey, ...]]) -> None:
    """Raises Problem for types that the catalog does not know."""
    known = call.services.catalog.types
    faults = [
        fault(field, "unknownType", call.language, value=key)
        for field, keys in named.items()
        for key in keys
        if key not in known
    ]
    if faults:
        raise Problem("invalidBody", 422, errors=faults)


@endpoint(syncs, "listSyncs", Traits(loads=("sealed",)))
async def list_syncs(call: Call) -> Answer:
    """A tenant's syncs, newest first."""
    query = call.query
    found, after = await call.services.status.syncs(call.tenant.id, query.top(), query.after())
    return answer(call.page([await call.shown(one) for one in found], after))


@endpoint(syncs, "getSync", Traits(loads=("sealed",)))
async def get_sync(call: Call) -> Answer:
    """One sync."""
    return answer(await call.shown(await call.sync()))


@endpoint(syncs, "cancelSync", Traits(durable=True))
async def cancel_sync(call: Call) -> Answer:
    """Asks a sync to stop. What it is writing is finished and read back first."""
    from shared.wire.schema.sync import CancelBody

    services, body = call.services, call.body(CancelBody)
    asked = Cancel(call.caller.actor, services.clock.now(), body.comment or "")
    sync = await cancel(services.status, services.audit, call.tenant.id, call.sync_id, asked)
    await wake(call.durable, sync.id, CANCEL_EVENT)
    if sync.stage is Stage.SIGN_IN:
        await _call_off(call, sync)
    return answer(call.sync_json(sync), 202)


async def _call_off(call: Call, sync: SyncRecord) -> None:
    """Its sign-in is settled too, so that nobody is waited for any longer."""
    which, now = number(sync), call.services.clock.now()
    result = SignInResult(SignInState.CANCELLED, now)
    await call.services.status.settle_sign_in(call.tenant.id, sync.id, which, result)
    await wake(call.durable, sign_in_instance(sync.id, which), sign_in_event(which))
