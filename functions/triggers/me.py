"""Who calls, and what they may do: so that the page offers nobody what they would be refused."""

from __future__ import annotations

import azure.durable_functions as df

from functions.triggers.answers import Answer, answer
from functions.triggers.call import Call
from functions.triggers.endpoint import endpoint
from shared.domain.access import Role, holds, in_reach, roles_in
from shared.wire.service import me_json

me = df.Blueprint()


@endpoint(me, "getMe")
async def get_me(call: Call) -> Answer:
    """The caller's roles, and the tenants where these are others: none that the caller cannot read."""
    caller = call.caller
    roles = frozenset(role for role in Role if holds(caller, role))
    left = {
        one.id: roles_in(caller, one.id, one.settings.access)
        for one in await call.services.status.tenants()
        if in_reach(caller, one.id)
    }
    narrowed = {tenant: own for tenant, own in left.items() if own and own != roles}
    return answer(me_json(caller, roles, narrowed))
