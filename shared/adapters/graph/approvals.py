"""Intune's multi-admin approval on the wire: the headers of a write, the answers that hold it back, and the
requests that an administrator of the tenant decides on.

Facts: learn.microsoft.com/intune/fundamentals/role-based-access-control/multi-admin-approval-graph-api and
graph/api/resources/intune-rbac-operationapprovalrequest. The answer that holds a write back was documented as
403 `ApprovalRequired` until August 2026 and is 412 since; both carry the request's id in a header.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

from shared.adapters.graph import addresses
from shared.adapters.graph.replies import Reply, page, read_failure
from shared.adapters.graph.transport import Call, NoAnswer, Transport, reason
from shared.domain.request import Request
from shared.domain.tenant_approval import ApprovalAnswer, ApprovalState, may_be_held
from shared.errors import ReadFailed, SignInFailed

PATH: Final = "/beta/deviceManagement/operationApprovalRequests"
"""There is no such collection in v1.0."""
BUCKET: Final = "intune"
OPEN: Final = frozenset({ApprovalState.NEEDED, ApprovalState.APPROVED})
PAGES: Final = 20
"""Pages of requests looked through: they stay listed for 30 days."""
_TOLD: Final = re.compile(r"x-msft-approval-code:?\s+([0-9a-f-]{36})", re.IGNORECASE)
_ID: Final = re.compile(r"[0-9A-Za-z-]{1,64}")
"""Becomes part of an address and of a row's key."""


def headers(request: Request, why: str, approval: str) -> Mapping[str, str]:
    """What a write carries for the approval. The justification goes out at once: without it the service
    refuses a protected write, and may leave half an object behind. Both together would file a new request. A
    tenant that protects nothing takes no notice.
    """
    if not may_be_held(request.path):
        return {}
    if approval:
        return {"x-msft-approval-code": approval}
    return {"x-msft-approval-justification": base64.b64encode(why.encode()).decode()} if why else {}


def held_by(reply: Reply) -> str | None:
    """The approval request that this answer says holds the write back."""
    if reply.ok or reply.status >= 500:
        return None
    told = _TOLD.search(reply.error[1])
    found = reply.approval or (told.group(1) if told else "")
    return found if _ID.fullmatch(found) else None


def is_asked_already(reply: Reply) -> bool:
    """Whether the service says that an approval of this object is being asked for already."""
    return reply.status == 409 and "active approval request" in reply.error[1].lower()


async def read(transport: Transport, approval: str) -> ApprovalAnswer:
    """How the request stands. Raises ReadFailed."""
    doing = "reading an approval request of the tenant"
    reply = await _get(transport, f"{PATH}/{quote(approval, safe='')}", doing)
    if not reply.ok:
        raise read_failure(doing, reply)
    body = reply.body.get("value", reply.body) if isinstance(reply.body, Mapping) else None
    if not isinstance(body, Mapping) or "status" not in body:
        raise ReadFailed(doing, reply.status, message="the answer has no status", request_id=reply.request_id)
    note = str(body.get("approvalJustification") or "")
    return ApprovalAnswer(_state(body), transport.time.now(), _who(body.get("approver")), note)


async def find(transport: Transport, why: str) -> str | None:
    """The open request that was filed with these words. Raises ReadFailed."""
    doing = "listing the approval requests of the tenant"
    address = PATH
    for _ in range(PAGES):
        reply = await _get(transport, address, doing)
        if not reply.ok:
            raise read_failure(doing, reply)
        found = page(doing, reply)
        for one in found.objects:
            if one.get("requestJustification") == why and _state(one) in OPEN:
                return str(one["id"])
        if found.next_link is None:
            return None
        if not addresses.within(found.next_link, transport.base_url):
            raise ReadFailed(doing, reply.status, message="the next page lies outside the service")
        address = found.next_link
    raise ReadFailed(doing, message=f"the list does not end within {PAGES} pages")


async def _get(transport: Transport, address: str, doing: str) -> Reply:
    try:
        return await transport.ask(Call("GET", address, BUCKET))
    except (NoAnswer, SignInFailed) as lost:
        raise ReadFailed(doing, message=reason(lost)) from lost


def _state(body: Mapping[str, Any]) -> ApprovalState:
    try:
        return ApprovalState(body.get("status"))
    except ValueError:
        return ApprovalState.UNKNOWN


def _who(approver: Any) -> str:
    """An identitySet's person, as far as it names one."""
    user = approver.get("user") if isinstance(approver, Mapping) else None
    return str(user.get("displayName") or user.get("id") or "") if isinstance(user, Mapping) else ""
