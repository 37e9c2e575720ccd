"""What a tenant's types need, what has been granted of it, and the link to have the rest granted."""

from __future__ import annotations

import azure.durable_functions as df

from functions.triggers.answers import Answer, answer
from functions.triggers.call import Call
from functions.triggers.endpoint import Traits, endpoint
from shared.errors import Problem, SignInFailed
from shared.names import PermissionId
from shared.steps.consent import consent_link
from shared.steps.ignore_permission import ignore_permission, restore_permission
from shared.steps.permissions import Standing, check, read
from shared.stores import AuditEntry
from shared.wire.permission import permissions_json

permissions = df.Blueprint()

CATALOG = Traits(loads=("catalog",))


@endpoint(permissions, "listPermissions", CATALOG)
async def list_permissions(call: Call) -> Answer:
    """How each permission stood when somebody looked last."""
    return await _listed(call, await read(call.services.permission_desk(call.tenant)))


@endpoint(permissions, "checkTenantPermissions", CATALOG)
async def check_permissions(call: Call) -> Answer:
    """Looks now, with tokens got anew."""
    services = call.services
    entry = AuditEntry(services.clock.now(), call.caller.actor, "permissions.checked", call.tenant.id)
    await services.audit.add(entry)
    try:
        async with services.permission_look(call.tenant) as look:
            found = await check(look, fresh=True)
    except SignInFailed as failed:
        raise Problem("checkFailed", 502, values={"reason": failed.detail}) from failed
    return await _listed(call, found)


@endpoint(permissions, "ignorePermission", CATALOG)
async def ignore(call: Call) -> Answer:
    """Does without a permission."""
    services = call.services
    desk = services.permission_desk(call.tenant)
    return await _listed(call, await ignore_permission(desk, services.audit, _id(call), call.caller.actor))


@endpoint(permissions, "restorePermission", CATALOG)
async def restore(call: Call) -> Answer:
    """Takes an ignore back."""
    services = call.services
    desk = services.permission_desk(call.tenant)
    return await _listed(call, await restore_permission(desk, services.audit, _id(call), call.caller.actor))


def _id(call: Call) -> PermissionId:
    return PermissionId(call.part("permission"))


async def _listed(call: Call, found: Standing) -> Answer:
    services = call.services
    app = services.consent_app(call.tenant)
    url = None
    if app.client_id:
        desk = services.permission_desk(call.tenant)
        url = await consent_link(desk, services.callbacks, app, f"{call.origin}/callback/consent")
    return answer(permissions_json(found.permissions, url))
