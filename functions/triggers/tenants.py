"""Tenants: listed, read, registered, edited, removed."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import azure.durable_functions as df

from functions.triggers import bodies
from functions.triggers.answers import Answer, answer, dumps, names, tag
from functions.triggers.call import Call
from functions.triggers.endpoint import Traits, endpoint
from shared.domain.access import Role, may
from shared.domain.registration import Wanted
from shared.domain.sync import Outcome, Status, TenantRecord
from shared.errors import Problem
from shared.names import TypeKey
from shared.steps.permissions import restate
from shared.steps.register import Registry
from shared.texts import Language
from shared.wire.tenant import merged, settings_of, tenant_json, writable_json

if TYPE_CHECKING:
    from shared.wire.schema.tenant import TenantBody

tenants = df.Blueprint()


@endpoint(tenants, "listTenants")
async def list_tenants(call: Call) -> Answer:
    """The tenants that the caller may read, by id."""
    query = call.query
    top, after = query.top(), query.after() or ""
    status = query.choices("status", [one.value for one in Status])
    outcome = query.choices("outcome", [one.value for one in Outcome])
    search = (query.text("search") or "").casefold()
    found = [
        one
        for one in await call.services.status.tenants()
        if one.id > after
        and (not status or one.status.value in status)
        and (not outcome or (one.last_sync is not None and one.last_sync.outcome.value in outcome))
        and is_found(one, search)
        and may(call.caller, Role.READER, one.id, one.settings.access)
    ]
    onward = found[top - 1].id if len(found) > top else None
    return answer(call.page([tenant_json(one, call.language, call.origin) for one in found[:top]], onward))


def is_found(tenant: TenantRecord, search: str) -> bool:
    """Whether id, name or directory hold the text, whatever its case."""
    return any(search in text.casefold() for text in (tenant.id, tenant.display_name, tenant.entra_tenant_id))


@endpoint(tenants, "getTenant")
async def get_tenant(call: Call) -> Answer:
    """One tenant."""
    return answer(tenant_json(call.tenant, call.language, call.origin))


@endpoint(tenants, "putTenant", Traits(creates=True, loads=("catalog",)))
async def put_tenant(call: Call) -> Answer:
    """Registers a tenant, or replaces what an administrator decides about it."""
    wanted = _wanted(call, bodies.read_json(call.request))
    if call.tenant_record is None:
        if call.request.headers.get("If-Match"):
            raise Problem("preconditionFailed", 412)
        made = await _registry(call).add(call.tenant_id, wanted)
        if made is not None:
            location = call.address("tenants", made.id)
            return answer(tenant_json(made, call.language, call.origin), 201, Location=location)
    return await _edited(call, lambda _: wanted)


@endpoint(tenants, "patchTenant", Traits(loads=("catalog",)))
async def patch_tenant(call: Call) -> Answer:
    """A JSON merge patch of what an administrator decides; null brings a default back."""
    patch = bodies.read_json(call.request)
    return await _edited(call, lambda tenant: _wanted(call, merged(writable_json(tenant), patch)))


@endpoint(tenants, "deleteTenant", Traits(loads=("sealed",)))
async def delete_tenant(call: Call) -> Answer:
    """Removes a tenant; its repository and history are kept for 30 days, the audit for good, and whoever was
    signed in to it is not.
    """
    await _registry(call).remove(call.tenant.id, lambda tenant: _expected(call, tenant))
    await asyncio.to_thread(call.services.token_caches.delete, call.tenant.id)
    return Answer(204)


def _registry(call: Call) -> Registry:
    return Registry(call.services.status, call.services.audit, call.services.clock, call.caller.actor)


async def _edited(call: Call, edit: Any) -> Answer:
    record = await _registry(call).edit(call.tenant_id, edit, lambda tenant: _expected(call, tenant))
    await restate(call.services.permission_desk(record))
    record = await call.services.status.tenant(record.id) or record
    shown = tenant_json(record, call.language, call.origin)
    return answer(shown, ETag=tag(dumps(shown)))


def _expected(call: Call, tenant: TenantRecord) -> bool:
    """Whether `If-Match` names the tenant as it is, and `If-None-Match: *` did not ask for a new one.

    The tag is that of what was read, in whichever language.
    """
    if "*" in names(call.request.headers.get("If-None-Match")):
        return False
    wanted = names(call.request.headers.get("If-Match"))
    if not wanted or "*" in wanted:
        return True
    return any(tag(dumps(tenant_json(tenant, one, call.origin))) in wanted for one in Language)


def _wanted(call: Call, value: Any) -> Wanted:
    from shared.wire.schema.tenant import TenantBody

    body = call.validated(TenantBody, value)
    if faults := _unknown_types(call, body):
        raise Problem("invalidBody", 422, errors=faults)
    return Wanted(body.display_name, body.entra_tenant_id, settings_of(body.settings))


def _unknown_types(call: Call, body: TenantBody) -> list[dict[str, str]]:
    """Types that the settings name and the catalog does not know; patterns name none."""
    named = {
        "include": [key for key in body.settings.types.include if "*" not in key],
        "exclude": [key for key in body.settings.types.exclude if "*" not in key],
    }
    fields = {f"/settings/types/{name}": keys for name, keys in named.items()}
    if isinstance(body.settings.drift, dict):
        fields["/settings/drift"] = [key for key in body.settings.drift if key != "*"]
    known = call.services.catalog.types
    return [
        bodies.fault(field, "unknownType", call.language, value=key)
        for field, keys in fields.items()
        for key in keys
        if TypeKey(key) not in known
    ]
