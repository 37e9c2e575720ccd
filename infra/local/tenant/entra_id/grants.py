"""The token endpoint: one function a grant type.

learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow, v2-oauth2-device-code,
v2-oauth2-auth-code-flow and refresh-tokens.
"""

from __future__ import annotations

import urllib.parse
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from infra.local.tenant.app_roles import APP_NAME
from infra.local.tenant.tenant import Tenant
from infra.local.tenant.tokens import GRAPH, app_claims

from . import device
from .accounts import person, refusal
from .credentials import challenge_of, check_credential, presents_credential
from .issuing import RefreshToken, Session, issue
from .redeeming import find_code
from .refusals import missing, moment, refused
from .scopes import given, read_scope
from .service import TokenRequest
from .web_api import is_resource, is_web_api
from .web_api_tokens import application_claims, page_token


def token(request: TokenRequest) -> dict[str, Any]:
    """Answers the token endpoint; SignInError for every refusal."""
    grant = request.form.get("grant_type")
    if not grant:
        raise missing("grant_type")
    if is_web_api(request.form):
        return page_token(request)
    if request.origin:
        raise refused(9002326, origin=request.origin)
    handler = GRANTS.get(grant)
    if handler is None:
        raise refused(70003, grant=grant)
    return handler(request)


def _client_credentials(request: TokenRequest) -> dict[str, Any]:
    service, tenant = request.service, request.tenant
    principal = service.known_app(request.form, tenant)
    proof = check_credential(request.form, tenant, service.app, service.now)
    if is_resource(_resource(request.form.get("scope", ""))):
        claims = application_claims(service, tenant, service.app.app_id, principal.id, proof)
    else:
        graph = app_claims(tenant, service.app.app_id, principal.id, APP_NAME, service.now)
        claims = {**graph, "appidacr": proof}
    lifetime = tenant.behaviour.tokenLifetime
    return {
        "token_type": "Bearer",
        "expires_in": lifetime,
        "ext_expires_in": lifetime,
        "access_token": service.signer.sign(claims),
    }


def _resource(scope: str) -> str:
    """What a token is asked for: app tokens are asked for with one resource's `/.default`."""
    scopes = scope.split()
    if len(scopes) != 1 or not scopes[0].endswith("/.default"):
        raise refused(1002012, scope=scope)
    resource = urllib.parse.unquote(scopes[0]).removesuffix("/.default").rstrip("/")
    if resource not in (GRAPH, "00000003-0000-0000-c000-000000000000") and not is_resource(resource):
        raise refused(500011, resource=resource)
    return resource


def _device_code(request: TokenRequest) -> dict[str, Any]:
    service, tenant = request.service, request.tenant
    service.known_app(request.form, tenant)
    code = request.required("device_code")
    if presents_credential(request.form):
        raise refused(700025)
    if not service.app.public_client:
        raise refused(7000218)
    found = device.poll(tenant, code, service.now)
    answer = _first_tokens(request, found.account or "", found.scope, proof="0", by_device=True)
    found.state = "used"
    tenant.save()
    return answer


def _authorization_code(request: TokenRequest) -> dict[str, Any]:
    service, tenant = request.service, request.tenant
    service.known_app(request.form, tenant)
    code = find_code(request, request.required("code"))
    proof = _proof(request, web=code.web)
    uri = request.required("redirect_uri")
    if uri != code.redirect_uri:
        raise refused(500112, uri=uri, first=code.redirect_uri)
    verifier = request.form.get("code_verifier", "")
    if code.challenge and challenge_of(verifier, code.method) != code.challenge:
        raise refused(501481)
    answer = _first_tokens(request, code.account, code.scope, proof=proof, nonce=code.nonce, web=code.web)
    code.used = True
    tenant.save()
    return answer


def _proof(request: TokenRequest, *, web: bool) -> str:
    """How the app proved itself: a web client must, a public client must not."""
    if web:
        return check_credential(request.form, request.tenant, request.service.app, request.service.now)
    if presents_credential(request.form):
        raise refused(700025)
    return "0"


def _first_tokens(
    request: TokenRequest,
    account: str,
    scope: str,
    *,
    proof: str,
    nonce: str = "",
    web: bool = False,
    by_device: bool = False,
) -> dict[str, Any]:
    tenant, now = request.tenant, request.service.now
    refresh = RefreshToken(
        tenant.entra_id, account, scope, now, now, web, by_device, tenant.sign_ins.generation
    )
    return _tokens(request, refresh, scope, proof, nonce)


def _tokens(
    request: TokenRequest, refresh: RefreshToken, scope: str, proof: str, nonce: str = ""
) -> dict[str, Any]:
    tenant, asked = request.tenant, read_scope(scope)
    one = person(tenant, refresh.account)
    held = given(tenant, one, asked)
    wants_info = request.form.get("client_info") == "1"
    session = Session(tenant, one, asked, refresh, proof, nonce, wants_info)
    return issue(request.service, session, held)


def _refresh_token(request: TokenRequest) -> dict[str, Any]:
    service, tenant = request.service, request.tenant
    service.known_app(request.form, tenant)
    old = RefreshToken.opened(request.required("refresh_token"), service.signer)
    proof = _proof(request, web=old.web)
    _check_refresh(tenant, old, service.now)
    renewed = replace(old, issued_at=service.now)
    return _tokens(request, renewed, request.form.get("scope") or old.scope, proof)


def _check_refresh(tenant: Tenant, old: RefreshToken, now: float) -> None:
    """What has happened since the token was issued: it was revoked, forgotten, or a policy came."""
    if old.tenant != tenant.entra_id:
        raise refusal(tenant, old.account, 50020)
    since, lifetime = tenant.sign_ins.valid_from, tenant.behaviour.refreshTokenLifetime
    if old.generation != tenant.sign_ins.generation:
        raise refused(50173, issued=moment(old.signed_in_at), since=moment(since))
    if now >= old.issued_at + lifetime:
        raise refused(700082, issued=moment(old.issued_at), period=f"{lifetime}s")
    # A chain that began with a device code stays under the policy for them ("protocol tracking"):
    # learn.microsoft.com/entra/identity/conditional-access/concept-authentication-flows
    by_policy = old.device and tenant.behaviour.deviceCodes == "blocked"
    if by_policy or old.account in tenant.sign_ins.blocked:
        raise refused(53003)


GRANTS: dict[str, Callable[[TokenRequest], dict[str, Any]]] = {
    "authorization_code": _authorization_code,
    "client_credentials": _client_credentials,
    "refresh_token": _refresh_token,
    "urn:ietf:params:oauth:grant-type:device_code": _device_code,
}
