"""Tokens for the web API, of version 2.0: for people by its page, and for an application.

learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow#redirect-uris-for-single-page-apps-spas,
access-token-claims-reference, optional-claims-reference (`idtyp`) and refresh-tokens
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from infra.local.tenant.tenant import Tenant

from .accounts import Person, person
from .credentials import challenge_of, presents_credential
from .issuing import id_claims, pairwise, times, unique
from .metadata import HOME
from .redeeming import find_code
from .refusals import moment, refused
from .scopes import Asked
from .service import Service, TokenRequest
from .web_api import API_APP_ID, APPLICATION, MOST_GROUPS, SCOPE, Assigned, read_scope

_KIND = "spaRefresh"
_REFRESH_LIFETIME = 86400.0
"""A day from the sign-in, however often it is used: refresh-tokens#token-lifetime."""


@dataclass(frozen=True, slots=True)
class _Refresh:
    """What a refresh token of the page holds."""

    tenant: str
    account: str
    scope: str
    signed_in_at: float
    generation: int


def page_token(request: TokenRequest) -> dict[str, Any]:
    """Answers the page at the token endpoint; SignInError for every refusal."""
    grant = request.required("grant_type")
    if presents_credential(request.form):
        raise refused(9002326, origin=request.origin or "none")
    if not request.origin:
        raise refused(9002327)
    if not request.service.api.serves(request.origin):
        raise refused(9002326, origin=request.origin)
    if grant == "authorization_code":
        return _by_code(request)
    if grant == "refresh_token":
        return _by_refresh_token(request)
    raise refused(70003, grant=grant)


def _by_code(request: TokenRequest) -> dict[str, Any]:
    service, tenant = request.service, request.tenant
    code = find_code(request, request.required("code"))
    if not code.spa:
        raise refused(700005)
    uri = request.required("redirect_uri")
    if uri != code.redirect_uri:
        raise refused(500112, uri=uri, first=code.redirect_uri)
    if not code.challenge:
        raise refused(9002325)
    if challenge_of(request.form.get("code_verifier", ""), code.method) != code.challenge:
        raise refused(501481)
    code.used = True
    tenant.save()
    refresh = _Refresh(tenant.entra_id, code.account, code.scope, service.now, tenant.sign_ins.generation)
    return _answer(request, refresh, code.scope, code.nonce)


def _by_refresh_token(request: TokenRequest) -> dict[str, Any]:
    service, tenant = request.service, request.tenant
    held = service.signer.unseal(_KIND, request.required("refresh_token"))
    if held is None:
        raise refused(70000)
    refresh = _Refresh(**held)
    if refresh.tenant != tenant.entra_id:
        raise refused(700005)
    issued = moment(refresh.signed_in_at)
    if refresh.generation != tenant.sign_ins.generation:
        raise refused(50173, issued=issued, since=moment(tenant.sign_ins.valid_from))
    if service.now >= refresh.signed_in_at + _REFRESH_LIFETIME:
        raise refused(700084, issued=issued)
    if refresh.account in tenant.sign_ins.blocked:
        raise refused(53003)
    return _answer(request, refresh, request.form.get("scope") or refresh.scope)


def _answer(request: TokenRequest, refresh: _Refresh, scope: str, nonce: str = "") -> dict[str, Any]:
    service, tenant, asked = request.service, request.tenant, read_scope(scope)
    one = person(tenant, refresh.account)
    assigned = service.api.held(tenant.entra_id, refresh.account)
    lifetime = tenant.behaviour.tokenLifetime
    answer: dict[str, Any] = {
        "token_type": "Bearer",
        "scope": f"api://{API_APP_ID}/{SCOPE}",
        "expires_in": lifetime,
        "ext_expires_in": lifetime,
        "access_token": service.signer.sign(_person_claims(service, tenant, one, assigned)),
    }
    if "offline_access" in asked.open_id:
        answer["refresh_token"] = service.signer.seal(_KIND, asdict(refresh))
    if "openid" in asked.open_id:
        answer["id_token"] = service.signer.sign(_id_claims(service, tenant, one, assigned, asked, nonce))
    return answer


def _person_claims(service: Service, tenant: Tenant, one: Person, assigned: Assigned) -> dict[str, Any]:
    return {
        **_claims(service, tenant, one.id, API_APP_ID, "0"),
        "name": one.name,
        "preferred_username": one.login,
        "scp": SCOPE,
        "sub": pairwise(one, API_APP_ID),
        **_roles(assigned.roles),
        **_groups(one, assigned.groups),
    }


def _id_claims(
    service: Service, tenant: Tenant, one: Person, assigned: Assigned, asked: Asked, nonce: str
) -> dict[str, Any]:
    """An ID token holds the roles, too: howto-add-app-roles-in-apps."""
    claims = id_claims(tenant, one, asked, API_APP_ID, service.now, nonce)
    return {**claims, **_roles(assigned.roles)}


def application_claims(
    service: Service, tenant: Tenant, app_id: str, object_id: str, proof: str
) -> dict[str, Any]:
    """The claims of an application's own token for the API. The API asks for `idtyp`."""
    assigned = service.api.held(tenant.entra_id, APPLICATION)
    claims = _claims(service, tenant, object_id, app_id, proof)
    return {**claims, "idtyp": "app", "sub": object_id, **_roles(assigned.roles)}


def _claims(service: Service, tenant: Tenant, identity: str, client: str, proof: str) -> dict[str, Any]:
    return {
        "aud": API_APP_ID,
        "iss": f"{HOME}/{tenant.entra_id}/v2.0",
        **times(tenant, service.now),
        "azp": client,
        "azpacr": proof,
        "oid": identity,
        "tid": tenant.entra_id,
        "uti": unique(),
        "ver": "2.0",
    }


def _roles(roles: list[str]) -> dict[str, Any]:
    return {"roles": roles} if roles else {}


def _groups(one: Person, groups: list[str]) -> dict[str, Any]:
    if len(groups) <= MOST_GROUPS:
        return {"groups": groups} if groups else {}
    place = f"https://graph.windows.net/users/{one.id}/getMemberObjects"
    return {"_claim_names": {"groups": "src1"}, "_claim_sources": {"src1": {"endpoint": place}}}
