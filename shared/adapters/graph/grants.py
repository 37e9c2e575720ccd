"""Which application permissions a tenant has granted to our app, read from its directory.

The token's roles say what holds now; the directory says what will: a grant takes minutes to reach tokens.
"""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import quote

from shared.adapters.graph import addresses
from shared.adapters.graph.replies import Page, page, read_failure
from shared.adapters.graph.transport import Call, NoAnswer, Transport, reason
from shared.errors import ReadFailed, SignInFailed

GRAPH: Final = "00000003-0000-0000-c000-000000000000"
"""Microsoft Graph's own application id, the same everywhere."""
_DOING: Final = "reading the permissions granted to the app"


async def read_grants(transport: Transport, client_id: str) -> frozenset[str]:
    """The names, such as `Group.Read.All`, of what is granted for Graph. Raises ReadFailed."""
    graph = (await _get(transport, f"/v1.0/servicePrincipals(appId='{GRAPH}')?$select=id,appRoles")) or {}
    names = {role["id"]: role["value"] for role in graph.get("appRoles", ()) if role.get("value")}
    if not names:
        raise ReadFailed(_DOING, message="the directory does not describe Graph's permissions")
    app = quote(client_id, safe="")
    address: str | None = f"/v1.0/servicePrincipals(appId='{app}')/appRoleAssignments"
    granted: set[str] = set()
    seen: set[str] = set()
    while address is not None:
        seen.add(address)
        found = await _page(transport, address)
        granted |= {
            names[one["appRoleId"]]
            for one in found.objects
            if one.get("resourceId") == graph.get("id") and one.get("appRoleId") in names
        }
        address = found.next_link
        if address is not None and (address in seen or not addresses.within(address, transport.base_url)):
            raise ReadFailed(_DOING, message="the next page does not go on with the list")
    return frozenset(granted)


async def _page(transport: Transport, address: str) -> Page:
    return page(_DOING, await _reply(transport, address))


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
