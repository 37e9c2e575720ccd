"""Intune's multi admin approval: a write to what an access policy protects waits for a second administrator.

    without a justification      400, nothing is filed
    with one                     412 and the id of an approval request; nothing is done
    again, while one is open     409
    approved, and the very same  done; the request is completed
    request with its id

Sources, in August 2026:
learn.microsoft.com/intune/fundamentals/role-based-access-control/multi-admin-approval-graph-api (headers,
who may approve, "resubmit the original request"), …/multi-admin-approval (what can be protected, 3 days),
learn.microsoft.com/graph/api/resources/intune-rbac-operationapprovalrequest?view=graph-rest-beta (properties,
states, permissions). The words of the 400, 409 and of a wrong code are those that people have reported.
What no page says is noted in docs/simulated-tenant.md.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import uuid
from typing import Any, Final

from .access import check_permission, held_permissions
from .errors import DIALECTS, GraphError, method_error, segment_error
from .exchange import Answer, Request
from .lookup import existing
from .moments import stamp
from .routing import Route
from .tenant import Record, Tenant

REQUESTS: Final = "deviceManagement/operationApprovalRequests"
POLICIES: Final = "deviceManagement/operationApprovalPolicies"
PROTECTS: Final = {
    "deviceManagement/deviceCompliancePolicies": "compliancePolicy",
    "deviceManagement/configurationPolicies": "configurationPolicy",
    "deviceManagement/deviceManagementScripts": "script",
}
"""Address → the policy type that protects it; "configuration policies" are those of the settings catalog."""
READERS: Final = (
    "DeviceManagementConfiguration.Read.All",
    "DeviceManagementConfiguration.ReadWrite.All",
    "DeviceManagementRBAC.Read.All",
    "DeviceManagementRBAC.ReadWrite.All",
)
LIFE: Final = 3 * 86_400.0
LONGEST: Final = 1024
OPEN: Final = ("needsApproval", "approved")
PAGE: Final = 20
_DIALECT: Final = DIALECTS["intune"]
_GUID: Final = re.compile(r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", re.IGNORECASE)
_TOO_LONG: Final = (
    "Decoded content of 'x-msft-approval-justification' header must be no greater than 1024 characters"
)
_REQUIRED: Final = (
    "Approval Required. Request Approval using the request ID returned as part of the"
    " x-msft-approval-code response header. x-msft-approval-code: "
)
_FILTER: Final = re.compile(r"^(status|requestId|id) eq '([^']*)'$")


def hold(request: Request, route: Route) -> Record | None:
    """Holds a write back, by a GraphError, or answers the approval that lets it through, if it needs one."""
    if not _is_protected(request, route):
        return None
    check_permission(request, route.entry, _operation(request, route))
    if route.is_item:
        existing(request, route)
    justification = request.headers.get("x-msft-approval-justification")
    code = request.headers.get("x-msft-approval-code")
    if justification is None and code is not None:
        return _let_through(request, code)
    raise _file(request, route, justification)


def complete(request: Request, approval: Record | None) -> None:
    """The write that this approval let through has been done."""
    if approval is not None:
        _say(request.tenant, approval, "completed", request.now)


def _is_protected(request: Request, route: Route) -> bool:
    kind = PROTECTS.get(route.entry.path)
    policy = request.tenant.get(POLICIES, kind) if kind else None
    if policy is None or not request.is_write or request.caller.portal:
        return False
    # Exclusions count for apps alone: a signed-in person is always asked for approval.
    return request.caller.scopes is not None or request.caller.app_id not in policy.body["excluded"]


def _operation(request: Request, route: Route) -> str:
    if route.action is not None:
        return route.action.permission
    if route.navigation is not None or request.method in ("PATCH", "PUT"):
        return "update"
    return "create" if request.method == "POST" else "delete"


def _file(request: Request, route: Route, justification: str | None) -> GraphError:
    """Files an approval request, or says why not."""
    if justification is None:
        return _DIALECT.refuse("Header 'x-msft-approval-justification' is required to request approval")
    try:
        text = base64.b64decode(justification, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return _DIALECT.refuse("Header 'x-msft-approval-justification' must be Base64 encoded")
    if len(text) > LONGEST:
        return _DIALECT.refuse(_TOO_LONG)
    entity = f"{route.entry.path}/{route.key}" if route.key else ""
    if entity and any(one.secrets["entity"] == entity for one in _open(request)):
        return _DIALECT.refuse("An active Approval Request already exists for this entity", 409)
    filed = _filed(request, route, text, entity)
    return GraphError(412, "BadRequest", _REQUIRED + filed.id, {"x-msft-approval-code": filed.id})


def _filed(request: Request, route: Route, text: str, entity: str) -> Record:
    now = request.now
    body = {
        "requestDateTime": stamp(now),
        "expirationDateTime": stamp(now + LIFE),
        "lastModifiedDateTime": stamp(now),
        "requestor": {"application": {"id": request.caller.app_id, "displayName": None}},
        "approver": None,
        "status": "needsApproval",
        "requestJustification": text,
        "approvalJustification": None,
        "requiredOperationApprovalPolicyTypes": [PROTECTS[route.entry.path]],
    }
    secrets = {"entity": entity, "print": _print(request), "app": request.caller.app_id}
    filed = Record(str(uuid.uuid4()), body, secrets=secrets, created_at=now, visible_at=now)
    request.tenant.put(REQUESTS, filed)
    return filed


def _let_through(request: Request, code: str) -> Record:
    """The approved request of this very write: same caller, method, address and body, byte for byte."""
    if not _GUID.match(code):
        raise _DIALECT.refuse("Invalid approval header format, expected GUID format")
    found = request.tenant.get(REQUESTS, code)
    known = found is not None and found.secrets["app"] == request.caller.app_id
    if found is None or not known or found.secrets["print"] != _print(request):
        raise _DIALECT.refuse("An error has occurred", 403)
    if status_of(found, request.now) != "approved":
        raise _DIALECT.refuse("An error has occurred", 403)
    return found


def _print(request: Request) -> str:
    said = f"{request.method} {request.target} ".encode() + request.content
    return hashlib.sha256(said).hexdigest()


def _open(request: Request) -> list[Record]:
    every = request.tenant.all(REQUESTS)
    return [one for one in every if status_of(one, request.now) in OPEN]


def status_of(filed: Record, now: float) -> str:
    """Where the request stands by now: what nobody processes for three days has expired."""
    status = str(filed.body["status"])
    return "expired" if status in OPEN and now >= filed.created_at + LIFE else status


def shown(filed: Record, now: float) -> dict[str, Any]:
    """The request as Graph shows it."""
    kind = "#microsoft.graph.operationApprovalRequest"
    return {"@odata.type": kind, "id": filed.id, **filed.body, "status": status_of(filed, now)}


def _say(tenant: Tenant, filed: Record, status: str, now: float, **more: Any) -> None:
    filed.body.update({"status": status, "lastModifiedDateTime": stamp(now), **more})
    tenant.put(REQUESTS, filed)


def decide(tenant: Tenant, filed: Record, status: str, by: str, note: str, now: float) -> None:
    """What a second administrator does in the admin center, or time."""
    approver = {"user": {"id": str(uuid.uuid5(uuid.NAMESPACE_DNS, by)), "displayName": by}}
    _say(tenant, filed, status, now, approver=approver, approvalJustification=note or None)


def serve(request: Request, steps: list[str]) -> Answer:
    """`/deviceManagement/operationApprovalRequests…`, which only beta has."""
    if request.version != "beta":
        raise segment_error("operationApprovalRequests")
    if not request.caller.portal and not held_permissions(request) & set(READERS):
        raise _DIALECT.denied(list(READERS))
    if len(steps) == 3 and steps[2] == "cancelmyrequest":
        return _cancel(request)
    if len(steps) == 4 and steps[3] in ("approve", "reject"):
        raise _DIALECT.refuse("Applications can't approve or reject requests.", 403)
    if request.method != "GET":
        raise method_error()
    if len(steps) == 2:
        return _list(request)
    return Answer(200, shown(_known(request, steps[2]), request.now))


def _known(request: Request, key: str) -> Record:
    found = request.tenant.get(REQUESTS, key)
    if found is None:
        raise _DIALECT.missing(key)
    return found


def _list(request: Request) -> Answer:
    options = request.options()
    bodies = [shown(one, request.now) for one in request.tenant.all(REQUESTS)]
    wanted = options.get("$filter")
    if wanted is not None:
        match = _FILTER.match(wanted)
        if match is None:
            raise _DIALECT.refuse("Invalid filter clause.")
        name = "status" if match.group(1) == "status" else "id"
        bodies = [one for one in bodies if one[name] == match.group(2)]
    start = int(options.get("$skip", "0"))
    answer: dict[str, Any] = {"value": bodies[start : start + PAGE]}
    if start + PAGE < len(bodies):
        answer["@odata.nextLink"] = f"{request.origin}/beta/{REQUESTS}?$skip={start + PAGE}"
    return Answer(200, answer)


def _cancel(request: Request) -> Answer:
    """Whoever filed a request takes it back."""
    if request.method != "POST":
        raise method_error()
    filed = _known(request, str(request.json().get("id")))
    if filed.secrets["app"] != request.caller.app_id:
        raise _DIALECT.refuse("An error has occurred", 403)
    if status_of(filed, request.now) not in OPEN:
        raise _DIALECT.refuse("The request can no longer be cancelled.")
    _say(request.tenant, filed, "cancelled", request.now)
    return Answer(204)
