"""What a tenant has granted to our app for Graph, read from its directory.

A token's claims say what holds now; the directory says what will: a grant takes minutes to reach tokens.
Application permissions are app role assignments
(learn.microsoft.com/graph/api/serviceprincipal-list-approleassignments), delegated ones
oauth2PermissionGrants with all scopes in one text, one object for everybody and one for each person who
consented alone (learn.microsoft.com/graph/api/serviceprincipal-list-oauth2permissiongrants).
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, Final
from urllib.parse import quote

from shared.adapters.graph import addresses
from shared.adapters.graph.replies import page, read_failure
from shared.adapters.graph.transport import Call, NoAnswer, Transport, reason
from shared.domain.permissions import Grants
from shared.errors import ReadFailed, SignInFailed

GRAPH: Final = "00000003-0000-0000-c000-000000000000"
"""Microsoft Graph's own application id, the same everywhere."""
_DOING: Final = "reading the permissions granted to the app"


async def read_grants(transport: Transport, client_id: str) -> Grants:
    """The names, such as `Group.Read.All`, of what is granted for Graph. Raises ReadFailed."""
    graph = await _get(transport, f"/v1.0/servicePrincipals(appId='{GRAPH}')?$select=id,appRoles")
    names = {role["id"]: role["value"] for role in graph.get("appRoles", ()) if role.get("value")}
    if not names:
        raise ReadFailed(_DOING, message="the directory does not describe Graph's permissions")
    app = f"/v1.0/servicePrincipals(appId='{quote(client_id, safe='')}')"
    roles = {
        names[one["appRoleId"]]
        async for one in _all(transport, f"{app}/appRoleAssignments")
        if one.get("resourceId") == graph.get("id") and one.get("appRoleId") in names
    }
    scopes = {
        scope
        async for one in _all(transport, f"{app}/oauth2PermissionGrants")
        if one.get("resourceId") == graph.get("id")
        for scope in str(one.get("scope") or "").split()
    }
    return Grants(frozenset(roles), frozenset(scopes))


async def _all(transport: Transport, address: str) -> AsyncIterator[dict[str, Any]]:
    """Every object of a list, page by page."""
    onward: str | None = address
    seen: set[str] = set()
    while onward is not None:
        seen.add(onward)
        found = page(_DOING, await _reply(transport, onward))
        for one in found.objects:
            yield one
        onward = found.next_link
        if onward is not None and (onward in seen or not addresses.within(onward, transport.base_url)):
            raise ReadFailed(_DOING, message="the next page does not go on with the list")


async def _get(transport: Transport, address: str) -> dict[str, Any]:
    body = (await _reply(transport, address)).body
    if not isinstance(body, dict):
        raise ReadFailed(_DOING, message="the answer is no object")
    return body


async def _reply(transport: Transport, address: str) -> Any:
    try:
        reply = await transport.ask(Call("GET", address, "directory"))
    except (NoAnswer, SignInFailed) as lost:
        raise ReadFailed(_DOING, message=reason(lost)) from lost
    if not reply.ok:
        raise read_failure(_DOING, reply)
    return reply
