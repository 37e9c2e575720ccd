"""People signing in: looked after while a sync waits, and ahead of any sync."""

from __future__ import annotations

import azure.durable_functions as df

from functions.triggers.answers import Answer, answer
from functions.triggers.call import Call
from functions.triggers.endpoint import Traits, endpoint
from functions.triggers.operations import WORKING
from functions.triggers.waking import await_sign_in, wake
from shared.domain.permissions import with_user
from shared.domain.sign_in import SignInResult, SignInState, number
from shared.domain.sync import Stage
from shared.errors import Problem
from shared.names import SyncId, sign_in_event, sign_in_instance
from shared.steps import trail
from shared.steps.sign_in import ask
from shared.steps.sign_in_ahead import NUMBER, Desk, account_of, sign_in_ahead, sign_out
from shared.wire.sign_in import account_json, offer_json, state_json

authentication = df.Blueprint()

LOADS = ("catalog", "sealed")


@endpoint(authentication, "checkAuthentication", Traits(durable=True, loads=LOADS))
async def check_authentication(call: Call) -> Answer:
    """Asks the identity provider now, and wakes the sync if somebody has signed in."""
    sync, services = await call.sync(), call.services
    which = number(sync)
    settled = await services.status.sign_in(call.tenant.id, sync.id, which)
    by, now = call.caller.actor, services.clock.now()
    await services.audit.add(trail.of_authentication(call.tenant.id, "checked", by, now, sync.id))
    if settled is None and sync.stage is not Stage.SIGN_IN:
        return answer(state_json(SignInState.NONE))
    if settled is None:
        attempt = await services.attempt(call.tenant, sync.id, which)
        heard = await ask(attempt)
        if not isinstance(heard, SignInResult):
            flow = await attempt.flow()
            wrong = flow is not None and flow.notice is not None
            return answer(state_json(SignInState.WRONG_ACCOUNT if wrong else SignInState.PENDING))
        settled = heard
        await wake(call.durable, sign_in_instance(sync.id, which), sign_in_event(which))
    cancelled = settled.state is SignInState.CANCELLED
    return answer(state_json(SignInState.NONE if cancelled else settled.state))


@endpoint(authentication, "getAuthentication", Traits(loads=LOADS))
async def get_authentication(call: Call) -> Answer:
    """Who is signed in to the tenant."""
    return answer(account_json(await account_of(_desk(call), call.tenant, call.services.clock.now())))


@endpoint(authentication, "startAuthentication", Traits(durable=True, secret=True, loads=LOADS))
async def start_authentication(call: Call) -> Answer:
    """A code and a link, to sign in ahead of any sync."""
    if not with_user(call.tenant.settings):
        raise Problem("userAuthenticationOff", 409, values={"tenant": call.tenant.id})
    services = call.services
    new, now = call.new_id or services.new_sync_id(), services.clock.now()
    ahead = await sign_in_ahead(_desk(call), call.tenant, new, call.caller.actor, now)
    await await_sign_in(call.durable, call.tenant, ahead.id, ahead.flow.deadline)
    location = call.address("tenants", call.tenant.id, "authentication")
    return answer(offer_json(ahead.flow, call.language), 202, Location=location, Retry_After=WORKING)


@endpoint(authentication, "signOut", Traits(durable=True, loads=LOADS))
async def end_authentication(call: Call) -> Answer:
    """Forgets whoever is signed in to the tenant."""
    under_way = await sign_out(_desk(call), call.tenant, call.caller.actor, call.services.clock.now())
    if under_way is not None:
        await wake(call.durable, sign_in_instance(SyncId(under_way), NUMBER), sign_in_event(NUMBER))
    return Answer(204)


def _desk(call: Call) -> Desk:
    services = call.services
    return Desk(services.status, services.audit, services.token_caches, services.attempt)
