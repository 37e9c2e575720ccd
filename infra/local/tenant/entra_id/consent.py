"""An administrator's consent: learn.microsoft.com/entra/identity-platform/v2-admin-consent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from infra.local.tenant.consents import grant_scopes
from infra.local.tenant.tenant import Tenant
from infra.local.tenant.tokens import GRAPH

from .accounts import person, refusal
from .people import Choice
from .refusals import missing, refused
from .returning import Return
from .scopes import read_scope
from .service import Service


@dataclass(frozen=True, slots=True)
class Request:
    """What the administrator of a tenant is asked to accept."""

    tenant: Tenant
    back: Return
    scope: str
    application: tuple[str, ...]
    delegated: tuple[str, ...]


def read_request(service: Service, tenant: Tenant, query: Mapping[str, str]) -> Request:
    """The link's meaning: with `.default` all that the app is registered with, else delegated permissions.

    SignInError for a link that is no good. The app need not be known in the tenant yet.
    """
    app = service.app
    for name in ("client_id", "scope"):
        if not query.get(name):
            raise missing(name)
    if query["client_id"].lower() != app.app_id:
        raise refused(700016, app=query["client_id"], tenant=tenant.display_name)
    uri = query.get("redirect_uri", "")
    if not uri:
        raise refused(900971)
    if app.platform_of(uri) is None:
        raise refused(50011, uri=uri, app=app.app_id)
    asked = read_scope(query["scope"])
    application = app.requires["application"] if asked.default else []
    delegated = app.requires["delegated"] if asked.default else sorted(asked.graph)
    back = Return(uri, "query", query.get("state"))
    return Request(tenant, back, query["scope"], tuple(application), tuple(delegated))


def settle(service: Service, asked: Request, choice: Choice) -> Return:
    """Grants what was asked for, when an administrator of the tenant accepts; the way back to the app.

    SignInError when Entra ID keeps the person on its own page.
    """
    tenant = asked.tenant
    if choice.account == "decline" or not choice.consents:
        told = refusal(tenant, "decline", 65004)
        return asked.back.refusal(told, service.now, error_code="access_denied", admin_consent="True")
    if choice.account == "otherTenant":
        raise refusal(tenant, choice.account, 50020)
    if choice.account in tenant.sign_ins.blocked:
        raise refusal(tenant, choice.account, 53003)
    if not person(tenant, choice.account).is_admin:
        raise refusal(tenant, choice.account, 90094)
    grant(service, tenant, asked.application, asked.delegated)
    scope = asked.scope if ".default" in asked.scope else " ".join(f"{GRAPH}/{n}" for n in asked.delegated)
    return asked.back.with_fields({"admin_consent": "True", "tenant": tenant.entra_id, "scope": scope})


def grant(service: Service, tenant: Tenant, application: tuple[str, ...], delegated: tuple[str, ...]) -> None:
    """Gives the app these permissions for everybody in the tenant, which then knows it."""
    for permission in application:
        tenant.grants.setdefault(permission, service.now)
    grant_scopes(tenant, delegated)
    tenant.consented = True
    tenant.save()
