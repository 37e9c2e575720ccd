"""What people and administrators do at sign-in pages and in the portal, by the control interface."""

from __future__ import annotations

import urllib.parse
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from infra.local.tenant.app_roles import delegated_permissions
from infra.local.tenant.consents import delegated_scopes, grant_scopes, withdraw_scope
from infra.local.tenant.signins import DeviceCode
from infra.local.tenant.tenant import Tenant

from . import authorize, consent, device
from .accounts import ACCOUNTS, person
from .metadata import find_tenant
from .people import Choice, decide_device
from .refusals import SignInError
from .service import Service
from .web_api import API_APP_ID, APPLICATION, ROLES, SCOPE, Assigned

Body = dict[str, Any]


class Misuse(Exception):
    """A control request that makes no sense, with the status to answer."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True)
class Asking:
    """A control request below a part of a tenant."""

    service: Service
    tenant: Tenant
    method: str
    steps: list[str]
    sent: Body = field(default_factory=dict)


def _scopes(asked: Asking) -> Body:
    """Delegated permissions, one by one."""
    tenant = asked.tenant
    if asked.method in ("PUT", "DELETE"):
        if len(asked.steps) != 1 or asked.steps[0] not in delegated_permissions():
            raise Misuse(404, f"Microsoft Graph has no delegated permission {'/'.join(asked.steps)}")
        if asked.method == "PUT":
            grant_scopes(tenant, asked.steps)
        else:
            withdraw_scope(tenant, asked.steps[0])
    return {"value": sorted(delegated_scopes(tenant))}


def _consent(asked: Asking) -> Body:
    """Whether the app is known in the tenant, and what of its configured permissions was consented to."""
    tenant, requires = asked.tenant, asked.service.app.requires
    if asked.method in ("PUT", "DELETE"):
        tenant.consented = asked.method == "PUT"
    if asked.method == "POST":
        consent.grant(asked.service, tenant, tuple(requires["application"]), tuple(requires["delegated"]))
    held = {"application": set(tenant.grants), "delegated": set(delegated_scopes(tenant))}
    return {
        "consented": tenant.consented,
        **{kind: sorted(names) for kind, names in held.items()},
        "missing": {kind: sorted(set(requires[kind]) - names) for kind, names in held.items()},
    }


def _sign_in(asked: Asking) -> Body:
    """Device codes and the people who type them."""
    if asked.method == "POST":
        return _by_link(asked) if "url" in asked.sent else _by_code(asked)
    codes = asked.tenant.sign_ins.devices.values()
    return {"value": [_shown(one, asked.service.now) for one in codes]}


def _by_code(asked: Asking) -> Body:
    service, tenant = asked.service, asked.tenant
    choice = _choice(asked.sent)
    found = device.find(service.world, str(asked.sent.get("userCode", "")))
    if found is None or found[0] is not tenant:
        raise Misuse(404, f"{tenant.key} has no device code {asked.sent.get('userCode')}")
    code = found[1]
    if code.state != "pending" or service.now >= code.expires_at:
        raise Misuse(409, f"the device code is {_shown(code, service.now)['state']}")
    refusal = decide_device(tenant, service.app, code, choice, service.now)
    return {"state": code.state, "error": _said(refusal)}


def _by_link(asked: Asking) -> Body:
    """A person opens a link to `/authorize` or `/adminconsent` and picks an account."""
    service, choice = asked.service, _choice(asked.sent)
    parts = urllib.parse.urlsplit(str(asked.sent["url"]))
    name, _, page = parts.path.strip("/").partition("/")
    query = dict(urllib.parse.parse_qsl(parts.query, keep_blank_values=True))
    try:
        if find_tenant(service.world, name) is not asked.tenant:
            raise Misuse(404, f"the link is not for {asked.tenant.key}")
        if page == "oauth2/v2.0/authorize":
            back = authorize.settle(service, authorize.read_link(service, asked.tenant, query), choice)
        elif page == "v2.0/adminconsent":
            back = consent.settle(service, consent.read_request(service, asked.tenant, query), choice)
        else:
            raise Misuse(404, f"nobody signs in at /{name}/{page}")
    except SignInError as refusal:
        return {"state": "onPage", "error": _said(refusal), "redirect": None}
    state = "refused" if "error" in back.fields else "done"
    return {"state": state, "error": None, "redirect": back.to_json()}


def _shown(one: DeviceCode, now: float) -> Body:
    over = one.state == "pending" and now >= one.expires_at
    return {
        "userCode": one.user_code,
        "state": "expired" if over else one.state,
        "expiresAt": one.expires_at,
        "scopes": one.scope.split(),
        "account": one.account,
    }


def _choice(sent: Body) -> Choice:
    account = sent.get("account")
    if account not in ACCOUNTS:
        raise Misuse(400, f"account is one of {', '.join(ACCOUNTS)}")
    return Choice(account, bool(sent.get("consent", True)), bool(sent.get("everyone", False)))


def _said(refusal: SignInError | None) -> Body | None:
    if refusal is None:
        return None
    return {"number": refusal.number, "error": refusal.error, "message": str(refusal)}


def _revoke(asked: Asking) -> None:
    """`revokeSignInSessions` for everybody: learn.microsoft.com/graph/api/user-revokesigninsessions."""
    if asked.method != "POST":
        raise Misuse(405, "sign-ins are revoked by POST")
    asked.tenant.sign_ins.revoke(asked.service.now)


def _blocked(asked: Asking) -> Body:
    """The accounts that a conditional access policy blocks."""
    blocked = asked.tenant.sign_ins.blocked
    if asked.method in ("PUT", "DELETE"):
        if len(asked.steps) != 1 or asked.steps[0] not in ACCOUNTS:
            raise Misuse(404, f"account is one of {', '.join(ACCOUNTS)}")
        others = [one for one in blocked if one != asked.steps[0]]
        asked.tenant.sign_ins.blocked = others + (asked.steps if asked.method == "PUT" else [])
    return {"value": asked.tenant.sign_ins.blocked}


def _app_roles(asked: Asking) -> Body:
    """Who has which roles of the web API, and is in which groups."""
    api, directory = asked.service.api, asked.tenant.entra_id
    if asked.method in ("PUT", "DELETE"):
        if len(asked.steps) != 1 or asked.steps[0] not in (*ACCOUNTS, APPLICATION):
            raise Misuse(404, f"account is one of {', '.join((*ACCOUNTS, APPLICATION))}")
        given = Assigned(list(asked.sent.get("roles", ())), list(asked.sent.get("groups", ())))
        if unknown := sorted(set(given.roles) - set(ROLES)):
            raise Misuse(400, f"the API has no role {unknown[0]}; it has {', '.join(ROLES)}")
        api.of(directory)[asked.steps[0]] = given
        api.save(asked.service.world.storage)
    people = {account: person(asked.tenant, account).id for account in ACCOUNTS}
    return {
        "clientId": API_APP_ID,
        "scope": f"api://{API_APP_ID}/{SCOPE}",
        "value": {
            account: {"id": people.get(account), "roles": one.roles, "groups": one.groups}
            for account, one in api.of(directory).items()
        },
    }


def _given(asked: Asking) -> Body:
    """What one could sign in with, by value: the tests' alone to ask for."""
    return asked.service.given.to_json(asked.tenant.key)


SIGN_IN_PARTS: dict[str, Callable[[Asking], Body | None]] = {
    "app-roles": _app_roles,
    "blocked-users": _blocked,
    "consent": _consent,
    "given-secrets": _given,
    "revoke-sign-ins": _revoke,
    "scopes": _scopes,
    "sign-in": _sign_in,
}
