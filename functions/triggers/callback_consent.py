"""Where an administrator's browser comes back to from the consent page
(learn.microsoft.com/entra/identity-platform/v2-admin-consent).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import azure.durable_functions as df

from functions.triggers.answers import Answer
from functions.triggers.call import Call
from functions.triggers.endpoint import Traits, endpoint
from shared.domain.permissions import PermissionState
from shared.domain.sync import Actor, ActorKind, TenantRecord
from shared.errors import SignInFailed
from shared.names import PermissionId
from shared.steps.consent import came_back, tenant_in
from shared.steps.finish import SERVICE
from shared.steps.permissions import Standing, check, read
from shared.stores import AuditEntry
from shared.wire.consent_html import consent_page
from shared.wire.short_page import POLICY

callback_consent = df.Blueprint()

LONGEST: Final = 300
"""Characters of a state; ours are shorter."""
MOST: Final = 1_000
"""Characters of the provider's own words that are shown."""
FORM: Final = "abcdefghijklmnopqrstuvwxyz0123456789-"
SOMEBODY: Final = Actor(ActorKind.PERSON, "somebody with the consent link", "", "consent")
"""Entra ID does not say who consented, and whoever has the link could say that they did: what has been
granted is looked up, and stands in the audit on its own.
"""


@endpoint(callback_consent, "consentCallback", Traits(loads=("catalog",)))
async def consent_callback(call: Call) -> Answer:
    """Looks at what has been granted, and says so."""
    given, services = call.request.params, call.services
    state = given.get("state", "")
    tenant = await _tenant(call, state)
    if tenant is None or not await came_back(services.permission_desk(tenant), services.callbacks, state):
        return _page(call, "unknown", 400)
    if error := given.get("error"):
        return _page(call, "refused", 403, notice=given.get("error_description") or error, tenant=tenant)
    directory = given.get("tenant") or tenant.entra_tenant_id
    if directory.lower() != tenant.entra_tenant_id.lower():
        return _page(call, "otherDirectory", 400, tenant=tenant)
    if given.get("admin_consent", "").lower() != "true":
        return _page(call, "refused", 400, tenant=tenant)
    await services.audit.add(AuditEntry(services.clock.now(), SOMEBODY, "consent.cameBack", tenant.id))
    return await _looked(call, tenant)


async def _tenant(call: Call, state: str) -> TenantRecord | None:
    name = tenant_in(state)
    if not name or len(state) > LONGEST or set(name) - set(FORM):
        return None
    return await call.services.status.tenant(name)


async def _looked(call: Call, tenant: TenantRecord) -> Answer:
    before = await read(call.services.permission_desk(tenant))
    try:
        async with call.services.permission_look(tenant) as look:
            found = await check(look, fresh=True)
    except SignInFailed as failed:
        return _page(call, "unchecked", 200, notice=failed.detail, tenant=tenant)
    if new := sorted(_there(found) - _there(before)):
        at, detail = call.services.clock.now(), ", ".join(new)
        await call.services.audit.add(AuditEntry(at, SERVICE, "consent.given", tenant.id, detail=detail))
    left = [one for one in found.permissions if one.state is PermissionState.REQUIRED]
    coming = any(one.state is PermissionState.PROPAGATING for one in found.permissions)
    kind = "partly" if left else "coming" if coming else "granted"
    return _page(call, kind, 200, missing=[one.need.name for one in left], tenant=tenant)


def _there(found: Standing) -> frozenset[PermissionId]:
    """What has been granted, also what no token carries yet."""
    granted = (PermissionState.GRANTED, PermissionState.PROPAGATING)
    return frozenset(one.need.id for one in found.permissions if one.state in granted)


def _page(
    call: Call,
    kind: str,
    status: int,
    *,
    notice: str = "",
    missing: Sequence[str] = (),
    tenant: TenantRecord | None = None,
) -> Answer:
    home = f"{call.origin}/?tenant={tenant.id}" if tenant else f"{call.origin}/"
    name = tenant.display_name if tenant else ""
    shown = consent_page(kind, call.language, home, notice=notice[:MOST], missing=missing, tenant=name)
    return Answer(status, shown.encode(), "text/html", {"Content-Security-Policy": POLICY})
