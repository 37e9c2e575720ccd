"""The audit trail, newest first."""

from __future__ import annotations

from collections.abc import Sequence

import azure.durable_functions as df

from functions.triggers.answers import Answer, answer, dumps
from functions.triggers.call import Call
from functions.triggers.endpoint import endpoint, forbidden, permitted
from shared.domain.access import Role
from shared.names import TenantId
from shared.stores import AuditEntry
from shared.wire.service import audit_json

audit = df.Blueprint()


@endpoint(audit, "listTenantAudit")
async def list_tenant_audit(call: Call) -> Answer:
    """What was done to one tenant."""
    return await _listed(call, call.tenant.id)


@endpoint(audit, "listAudit")
async def list_audit(call: Call) -> Answer:
    """What was done to any tenant, or to one named in the query.

    Whoever reaches only some tenants has to name one: what concerns the others or the installation is not
    theirs.
    """
    name = call.query.text("tenant")
    if name is not None:
        tenant = await permitted(call.services, call.caller, Role.READER, name)
        return await _listed(call, tenant.id)
    if call.caller.tenants is not None:
        raise forbidden(Role.READER)
    return await _listed(call, None)


async def _listed(call: Call, tenant: TenantId | None) -> Answer:
    query = call.query
    form = query.choice("format", ("json", "jsonl"), "json")
    found, after = await call.services.audit.entries(tenant, query.time("from"), query.top(), query.after())
    if form == "jsonl":
        return _lines(call, found, after)
    return answer(call.page([audit_json(one) for one in found], after))


def _lines(call: Call, found: Sequence[AuditEntry], after: str | None) -> Answer:
    """One entry a line; where the list goes on stands in a `Link` header (RFC 8288)."""
    link = call.page([], after)["nextLink"]
    headers = {"Link": f'<{link}>; rel="next"'} if link else {}
    body = b"".join(dumps(audit_json(one)) + b"\n" for one in found)
    return Answer(200, body, "application/jsonl", headers)
