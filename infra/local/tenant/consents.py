"""What the tenant's administrators and people have consented to, as the directory keeps it.

Application permissions are app role assignments (`tenant.grants`, by name). Delegated ones are
oauth2PermissionGrants: one object for everybody in the tenant (`consentType` AllPrincipals) and one for each
person who consented for themselves (Principal), each with all scopes in one string
(learn.microsoft.com/graph/api/resources/oauth2permissiongrant).
"""

from __future__ import annotations

import uuid
from collections.abc import Collection

from .app_roles import APP_ID, GRAPH_APP_ID
from .tenant import Record, Tenant

PATH = "oauth2PermissionGrants"


def service_principal(tenant: Tenant, app_id: str) -> Record | None:
    """An app's service principal in the tenant."""
    wanted = app_id.lower()
    return next((r for r in tenant.all("servicePrincipals") if r.body.get("appId") == wanted), None)


def delegated_scopes(tenant: Tenant, user_id: str | None = None) -> frozenset[str]:
    """The delegated permissions that everybody, or this user, has given the app."""
    found: set[str] = set()
    for record in tenant.all(PATH):
        if record.body["consentType"] == "AllPrincipals" or record.body["principalId"] == user_id:
            found |= set(record.body["scope"].split())
    return frozenset(found)


def grant_scopes(tenant: Tenant, scopes: Collection[str], user_id: str | None = None) -> None:
    """Adds delegated permissions: for everybody, or for one user."""
    record = _grant(tenant, user_id) or _new_grant(tenant, user_id)
    if record is None:
        return
    record.body["scope"] = " ".join(sorted({*record.body["scope"].split(), *scopes}))
    tenant.put(PATH, record)


def withdraw_scope(tenant: Tenant, scope: str) -> None:
    """Takes one delegated permission away, from everybody and from each user."""
    for record in list(tenant.all(PATH)):
        left = [held for held in record.body["scope"].split() if held != scope]
        if left:
            record.body["scope"] = " ".join(left)
            tenant.put(PATH, record)
        else:
            tenant.remove(PATH, record.id)


def _grant(tenant: Tenant, user_id: str | None) -> Record | None:
    return next((r for r in tenant.all(PATH) if r.body["principalId"] == user_id), None)


def _new_grant(tenant: Tenant, user_id: str | None) -> Record | None:
    app, graph = service_principal(tenant, APP_ID), service_principal(tenant, GRAPH_APP_ID)
    if app is None or graph is None:
        return None
    body = {
        "clientId": app.id,
        "consentType": "Principal" if user_id else "AllPrincipals",
        "principalId": user_id,
        "resourceId": graph.id,
        "scope": "",
    }
    return Record(str(uuid.uuid5(uuid.UUID(app.id), user_id or "everybody")), body)
