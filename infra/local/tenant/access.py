"""Whether a caller may do something, and whether the tenant has the licence for it.

An app-only token is judged by its application permissions (`roles`). A user's token by its delegated
permissions (`scp`), and the user must hold a directory role for the operation as well: the effective
permissions are where both meet (learn.microsoft.com/entra/identity-platform/permissions-consent-overview).
"""

from __future__ import annotations

from dataclasses import replace

from .consents import delegated_scopes
from .errors import GraphError
from .exchange import Request
from .table import Alternatives, Navigation, Type


def held_permissions(request: Request) -> frozenset[str]:
    """The permissions that count: the token's, or with `revocation: now` those still granted."""
    caller, tenant = request.caller, request.tenant
    if caller.scopes is None:
        now = frozenset(tenant.grants)
        return caller.roles & now if tenant.behaviour.revocation == "now" else caller.roles
    if tenant.behaviour.revocation == "now":
        return caller.scopes & delegated_scopes(tenant, caller.object_id)
    return caller.scopes


def check_permission(
    request: Request, entry: Type, operation: str, navigation: Navigation | None = None
) -> None:
    """403 unless one of the documented alternatives is wholly in the token."""
    if request.caller.portal:
        return
    accepted = _accepted(request, entry, operation, navigation)
    held = held_permissions(request)
    if not any(held.issuperset(alternative) for alternative in accepted):
        raise entry.dialect.denied([" and ".join(a) for a in accepted])
    if request.caller.scopes is not None and not request.caller.admin and operation not in entry.everyone:
        raise entry.dialect.denied(["a directory role of the signed-in user"])


def _accepted(request: Request, entry: Type, operation: str, navigation: Navigation | None) -> Alternatives:
    """The alternatives for this kind of token; none where the service does not take it at all."""
    delegated = request.caller.scopes is not None
    if not delegated and not _takes_apps(request, entry):
        return ()
    accepted = entry.permissions.get(operation, ())
    if delegated:
        accepted = entry.delegated.get(operation, accepted)
    if navigation is not None:
        accepted = navigation.permissions.get(operation, accepted)
        if delegated:
            accepted = navigation.delegated.get(operation, accepted)
    return accepted


def _takes_apps(request: Request, entry: Type) -> bool:
    """As documented, unless this tenant is told otherwise: documentation and practice are known to differ."""
    return request.tenant.behaviour.appOnly.get(entry.path, not entry.delegated_only)


_READ_ONESELF = frozenset({"User.Read", "User.ReadWrite", "User.ReadBasic.All", "User.Read.All"})


def signed_in_user(request: Request) -> Request:
    """`/me` as a request for that user: learn.microsoft.com/graph/api/user-get."""
    caller = request.caller
    if caller.scopes is None:
        message = "/me request is only valid with delegated authentication flow."
        raise GraphError(400, "BadRequest", message)
    scopes = caller.scopes | {"User.Read.All"} if caller.scopes & _READ_ONESELF else caller.scopes
    return replace(request, path=f"/users/{caller.object_id}", caller=replace(caller, scopes=scopes))


def check_licence(request: Request, entry: Type) -> None:
    """The documented refusal when the tenant does not have the service."""
    service = entry.service
    if service.licence is None or request.caller.portal:
        return
    if not getattr(request.tenant.licences, service.licence):
        message = service.unlicensed_message
        if entry.dialect.wrapped:
            raise entry.dialect.refuse(message, service.unlicensed_status, service.unlicensed_code)
        raise GraphError(service.unlicensed_status, service.unlicensed_code, message)
