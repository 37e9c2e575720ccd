"""Whether a caller may do something, and whether the tenant has the licence for it."""

from __future__ import annotations

from .errors import GraphError
from .exchange import Request
from .table import Alternatives, Navigation, Type


def roles_of(request: Request) -> frozenset[str]:
    """The permissions that count: the token's, or with `revocation: now` those still granted."""
    roles = request.caller.roles
    if request.tenant.behaviour.revocation == "now":
        return roles & frozenset(request.tenant.grants)
    return roles


def check_permission(
    request: Request, entry: Type, operation: str, navigation: Navigation | None = None
) -> None:
    """403 unless one of the documented alternatives is wholly in the token's roles."""
    if request.caller.portal:
        return
    accepted: Alternatives = entry.permissions.get(operation, ())
    if navigation is not None and operation in navigation.permissions:
        accepted = navigation.permissions[operation]
    roles = roles_of(request)
    if not any(roles.issuperset(alternative) for alternative in accepted):
        raise entry.dialect.denied([" and ".join(a) for a in accepted])


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
