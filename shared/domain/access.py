"""Who may do what: roles, the role each operation needs, and how a tenant narrows a role for itself.

The table is the whole of the product's authorisation (api.md "Who"). Nothing here knows how a caller proved
who it is: a key and a bearer token both become a `Caller`.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

from shared.domain.sync import Actor
from shared.names import TenantId


class Role(Enum):
    """An app role in Entra ID, and the role a function key is bound to."""

    READER = "Reader"
    OPERATOR = "Operator"
    APPROVER = "Approver"
    ADMINISTRATOR = "Administrator"


INCLUDES: Final[Mapping[Role, frozenset[Role]]] = {
    Role.READER: frozenset({Role.READER}),
    Role.OPERATOR: frozenset({Role.READER, Role.OPERATOR}),
    Role.APPROVER: frozenset({Role.READER, Role.APPROVER}),
    Role.ADMINISTRATOR: frozenset(Role),
}
"""What a role can do: its own and what these roles can."""

ACCESS_KEYS: Final[Mapping[Role, str]] = {
    Role.READER: "reader",
    Role.OPERATOR: "operator",
    Role.APPROVER: "approver",
}
"""Under which name a tenant's setting `access` narrows a role. Administrators are never narrowed."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One call of the API. `role` None: open to everybody. `path` is below the origin, with `{names}`."""

    id: str
    method: str
    path: str
    role: Role | None

    @property
    def of_tenant(self) -> bool:
        """Whether the path names the tenant that narrows the role."""
        return "{tenant}" in self.path

    @property
    def route(self) -> str:
        """As the platform's routes spell it: `{path}` may hold slashes, and at least one letter, or it would
        stand for the list above it too.
        """
        return self.path.removeprefix("/").replace("{path}", "{*path:minlength(1)}")


_TENANT = "/api/v1/tenants/{tenant}"
_SYNC = f"{_TENANT}/syncs/{{sync}}"

_OPERATIONS = (
    Operation("listTenants", "GET", "/api/v1/tenants", Role.READER),
    Operation("getTenant", "GET", _TENANT, Role.READER),
    Operation("putTenant", "PUT", _TENANT, Role.ADMINISTRATOR),
    Operation("patchTenant", "PATCH", _TENANT, Role.ADMINISTRATOR),
    Operation("deleteTenant", "DELETE", _TENANT, Role.ADMINISTRATOR),
    Operation("startSync", "POST", f"{_TENANT}/syncs", Role.OPERATOR),
    Operation("listSyncs", "GET", f"{_TENANT}/syncs", Role.READER),
    Operation("getSync", "GET", _SYNC, Role.READER),
    Operation("cancelSync", "POST", f"{_SYNC}/cancel", Role.OPERATOR),
    Operation("listChanges", "GET", f"{_SYNC}/changes", Role.READER),
    Operation("getChange", "GET", f"{_SYNC}/changes/{{change}}", Role.READER),
    Operation("decide", "POST", f"{_SYNC}/decision", Role.APPROVER),
    Operation("checkAuthentication", "POST", f"{_SYNC}/authentication/check", Role.OPERATOR),
    Operation("getAuthentication", "GET", f"{_TENANT}/authentication", Role.READER),
    Operation("startAuthentication", "POST", f"{_TENANT}/authentication", Role.OPERATOR),
    Operation("signOut", "DELETE", f"{_TENANT}/authentication", Role.OPERATOR),
    # People's browsers come here from the identity provider, with a state that counts once.
    Operation("signInCallback", "POST", "/callback/sign-in", None),
    Operation("getReport", "GET", f"{_SYNC}/report", Role.READER),
    Operation("getLogs", "GET", f"{_SYNC}/logs", Role.READER),
    Operation("getArtifacts", "GET", f"{_SYNC}/artifacts", Role.READER),
    # Its sync is found first, and then the caller's right on that sync's tenant (or its signed token).
    Operation("getOperation", "GET", "/api/v1/operations/{sync}", Role.READER),
    Operation("listTenantAudit", "GET", f"{_TENANT}/audit", Role.READER),
    Operation("listAudit", "GET", "/api/v1/audit", Role.READER),
    Operation("listPermissions", "GET", f"{_TENANT}/permissions", Role.READER),
    Operation("checkTenantPermissions", "POST", f"{_TENANT}/permissions/check", Role.OPERATOR),
    Operation("ignorePermission", "POST", f"{_TENANT}/permissions/{{permission}}/ignore", Role.ADMINISTRATOR),
    Operation(
        "restorePermission", "DELETE", f"{_TENANT}/permissions/{{permission}}/ignore", Role.ADMINISTRATOR
    ),
    # A browser that comes back from the consent page brings a state instead of credentials.
    Operation("consentCallback", "GET", "/callback/consent", None),
    Operation("listTypes", "GET", "/api/v1/types", Role.READER),
    Operation("getMe", "GET", "/api/v1/me", Role.READER),
    # Problem documents point to the first, probes to the second: neither says anything of any tenant.
    Operation("listErrors", "GET", "/api/v1/errors", None),
    Operation("getHealth", "GET", "/api/v1/health", None),
    Operation("listKeys", "GET", "/api/v1/keys", Role.ADMINISTRATOR),
    Operation("createKey", "POST", "/api/v1/keys", Role.ADMINISTRATOR),
    Operation("deleteKey", "DELETE", "/api/v1/keys/{key}", Role.ADMINISTRATOR),
    Operation("listItems", "GET", f"{_TENANT}/items", Role.READER),
    Operation("getItem", "GET", f"{_TENANT}/items/{{path}}", Role.READER),
    Operation("putItem", "PUT", f"{_TENANT}/items/{{path}}", Role.OPERATOR),
    Operation("deleteItem", "DELETE", f"{_TENANT}/items/{{path}}", Role.OPERATOR),
    Operation("checkItem", "POST", f"{_TENANT}/items/check", Role.READER),
    Operation("listCommits", "GET", f"{_TENANT}/commits", Role.READER),
    Operation("listDifferences", "GET", f"{_TENANT}/differences", Role.READER),
    # Where the items come from, which may be another tenant, the caller's right is asked too.
    Operation("copyItems", "POST", f"{_TENANT}/copy", Role.OPERATOR),
    # Each tenant is asked for by itself.
    Operation("startSyncs", "POST", "/api/v1/bulk/syncs", Role.OPERATOR),
    Operation("decideSyncs", "POST", "/api/v1/bulk/decisions", Role.APPROVER),
    Operation("nextTimes", "GET", "/api/v1/schedule/next", Role.READER),
    Operation("readRepository", "GET", "/git/{tenant}", Role.READER),
    Operation("writeRepository", "POST", "/git/{tenant}", Role.OPERATOR),
)

OPERATIONS: Final[Mapping[str, Operation]] = {operation.id: operation for operation in _OPERATIONS}
"""Every call by its id, which is also the OpenAPI `operationId`."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls. `ids`: the user, group or key ids that a tenant's `access` may name; `ids_whole` is False
    where the caller is in groups that could not be told. `tenants`: the only ones this caller may touch; None
    for all.
    """

    actor: Actor
    roles: frozenset[Role]
    ids: frozenset[str] = frozenset()
    tenants: frozenset[TenantId] | None = None
    ids_whole: bool = True


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """A function key: its SHA-256 instead of the key itself. No tenants means all of them."""

    id: str
    name: str
    role: Role
    hash: str
    created_at: dt.datetime
    created_by: str
    tenants: tuple[TenantId, ...] = ()
    expires_at: dt.datetime | None = None


def holds(caller: Caller, role: Role) -> bool:
    """Whether the caller has the role somewhere: on the installation, before any tenant narrows it."""
    return any(role in INCLUDES[own] for own in caller.roles)


def may_call(caller: Caller, operation: Operation) -> bool:
    """Whether the caller may make this call at all; a tenant in its path is then asked by `may`.

    Who reaches only some tenants does not administer what is of all of them: keys would widen the reach.
    """
    if operation.role is None:
        return True
    whole = caller.tenants is None or operation.of_tenant or operation.role is not Role.ADMINISTRATOR
    return whole and holds(caller, operation.role)


def in_reach(caller: Caller, tenant: TenantId) -> bool:
    """Whether the caller's key or token reaches this tenant at all."""
    return caller.tenants is None or tenant in caller.tenants


def may(caller: Caller, role: Role, tenant: TenantId, access: Mapping[str, Sequence[str]]) -> bool:
    """Whether the caller may act in this role on this tenant.

    `access` is the tenant's own setting: where it lists ids for a role, only they keep that role there.
    Reading needs any role that is left, since each of them reads.
    """
    if not in_reach(caller, tenant):
        return False
    if Role.ADMINISTRATOR in caller.roles:
        return True
    left = {granted for own in caller.roles for granted in INCLUDES[own] if _kept(caller, granted, access)}
    return bool(left) if role is Role.READER else role in left


def roles_in(caller: Caller, tenant: TenantId, access: Mapping[str, Sequence[str]]) -> frozenset[Role]:
    """Every role that the caller may act in on this tenant."""
    return frozenset(role for role in Role if may(caller, role, tenant, access))


def _kept(caller: Caller, role: Role, access: Mapping[str, Sequence[str]]) -> bool:
    named = frozenset(one.casefold() for one in access.get(ACCESS_KEYS.get(role, ""), ()))
    return not named or any(one.casefold() in named for one in caller.ids)


def allowed_methods(path: str) -> tuple[str, ...]:
    """The methods that this path below the origin knows, in the table's order; none for an unknown path."""
    found = [operation.method for operation in _OPERATIONS if _pattern(operation.path).fullmatch(path)]
    return tuple(dict.fromkeys(found))


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\{\w+\}", "[^/]+", path.replace("{path}", ".+")), re.IGNORECASE)
