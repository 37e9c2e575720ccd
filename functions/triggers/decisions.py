"""Decisions on a plan: approve, reject, reject and revert."""

from __future__ import annotations

from typing import TYPE_CHECKING

import azure.durable_functions as df

from functions.triggers.answers import Answer, answer
from functions.triggers.bodies import fault
from functions.triggers.call import Call
from functions.triggers.endpoint import Traits, endpoint
from functions.triggers.waking import wake
from shared.domain.decision import Request
from shared.domain.sync import DecisionKind
from shared.errors import Problem
from shared.names import ChangeId, Digest, SyncId, TenantId, decision_event
from shared.steps.decide import decide

if TYPE_CHECKING:
    from shared.wire.schema.sync import DecisionBody

decisions = df.Blueprint()


@endpoint(decisions, "decide", Traits(durable=True, loads=("signing_key",)))
async def decide_sync(call: Call) -> Answer:
    """Records the decision; answers the sync it stands on, which may be a newer one with the same plan."""
    from shared.wire.schema.sync import DecisionBody

    on = await recorded(call, call.tenant.id, call.sync_id, call.body(DecisionBody))
    sync = await call.services.status.sync(call.tenant.id, on)
    if sync is None:
        raise Problem("syncNotFound", 404, values={"tenant": call.tenant.id, "sync": on})
    location = call.operation_address(sync.id, "attention")
    return answer(call.sync_json(sync), 202, Location=location, Retry_After="5")


async def recorded(call: Call, tenant: TenantId, sync: SyncId, body: DecisionBody) -> SyncId:
    """The sync on which the decision stands. Raises Problem (see `decide`)."""
    services, request = call.services, _request(call, body)
    done = await decide(services.status, services.audit, services.plans, tenant, sync, request)
    await wake(call.durable, done.sync, decision_event(done.decision.digest))
    return done.sync


def _request(call: Call, body: DecisionBody) -> Request:
    kind = DecisionKind(body.decision)
    if kind is DecisionKind.REJECT and body.changes is not None:
        raise Problem("invalidBody", 422, errors=[fault("/changes", "notWithReject", call.language)])
    return Request(
        kind=kind,
        digest=Digest(body.digest),
        by=call.caller.actor,
        at=call.services.clock.now(),
        comment=body.comment or "",
        changes=None if body.changes is None else tuple(ChangeId(one) for one in body.changes),
        confirm_deletions=body.confirm_deletions,
        decided_by=body.decided_by,
    )
