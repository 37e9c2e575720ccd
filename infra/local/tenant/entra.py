"""Entra ID: discovery, keys and the token endpoint.

Each grant type is one entry of `GRANTS`. Errors have the shape and the AADSTS codes of
learn.microsoft.com/entra/identity-platform/reference-error-codes.
"""

from __future__ import annotations

import re
import urllib.parse
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from .app_roles import APP_ID, APP_NAME, APP_SECRET
from .tenant import Tenant, World
from .tokens import GRAPH, Signer, app_claims

HOME = "https://login.microsoftonline.com"
_GUID = re.compile(r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", re.IGNORECASE)


class SignInError(Exception):
    """An OAuth error: HTTP status, error code and AADSTS number with its sentence."""

    def __init__(self, status: int, error: str, number: int, message: str) -> None:
        super().__init__(f"AADSTS{number}: {message}")
        self.status = status
        self.error = error
        self.number = number

    def body(self, now: float) -> dict[str, Any]:
        trace, correlation = str(uuid.uuid4()), str(uuid.uuid4())
        moment = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
        return {
            "error": self.error,
            "error_description": f"{self} Trace ID: {trace} Correlation ID: {correlation} "
            "Timestamp: {moment}",
            "error_codes": [self.number],
            "timestamp": moment,
            "trace_id": trace,
            "correlation_id": correlation,
            "error_uri": f"https://login.microsoftonline.com/error?code={self.number}",
        }


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """A request to the token endpoint: the tenant of the address and the form's fields."""

    world: World
    signer: Signer
    tenant: Tenant
    form: dict[str, str]
    now: float


def discovery(name: str, tenant: Tenant | None) -> dict[str, Any]:
    """`/.well-known/openid-configuration` of a tenant, or of common and organizations.

    Addresses are those of the real service: a client that maps its host to this process keeps working,
    and msal takes no plain-http authority.
    """
    base = f"{HOME}/{name}"
    issuer = f"{HOME}/{tenant.entra_id if tenant else '{tenantid}'}/v2.0"
    return {
        "token_endpoint": f"{base}/oauth2/v2.0/token",
        "token_endpoint_auth_methods_supported": [
            "client_secret_post",
            "private_key_jwt",
            "client_secret_basic",
        ],
        "jwks_uri": f"{base}/discovery/v2.0/keys",
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "issuer": issuer,
        "request_uri_parameter_supported": False,
        "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
        "device_authorization_endpoint": f"{base}/oauth2/v2.0/devicecode",
        "end_session_endpoint": f"{base}/oauth2/v2.0/logout",
        "tenant_region_scope": "EU",
        "cloud_instance_name": "microsoftonline.com",
        "cloud_graph_host_name": "graph.windows.net",
        "msgraph_host": "graph.microsoft.com",
    }


def instances() -> dict[str, Any]:
    """`/common/discovery/instance`: which login hosts belong together."""
    host = "login.microsoftonline.com"
    return {
        "tenant_discovery_endpoint": f"{HOME}/common/v2.0/.well-known/openid-configuration",
        "api-version": "1.1",
        "metadata": [
            {
                "preferred_network": host,
                "preferred_cache": "login.windows.net",
                "aliases": [host, "login.windows.net", "login.microsoft.com", "sts.windows.net"],
            }
        ],
    }


def find_tenant(world: World, name: str) -> Tenant:
    """The tenant of an address. Only a tenant's own address gives app tokens; common does not."""
    tenant = world.by_entra_id(name) if _GUID.match(name) else _by_domain(world, name)
    if tenant is None:
        if _GUID.match(name) or "." in name:
            raise SignInError(
                400,
                "invalid_request",
                90002,
                f"Tenant '{name}' not found. Check to make sure you have the correct tenant ID "
                "and are signing into the "
                "correct cloud. Check with your subscription administrator, this may happen if "
                "there are no active "
                "subscriptions for the tenant.",
            )
        message = (
            f"Specified tenant identifier '{name}' is neither a valid DNS name, nor a valid external domain."
        )
        raise SignInError(400, "invalid_request", 900023, message)
    return tenant


def _by_domain(world: World, name: str) -> Tenant | None:
    return next((t for k, t in world.tenants.items() if name.lower() == f"{k}.onmicrosoft.com"), None)


def token(request: TokenRequest) -> dict[str, Any]:
    """Answers the token endpoint; SignInError for every refusal."""
    grant = request.form.get("grant_type")
    if not grant:
        raise SignInError(
            400,
            "invalid_request",
            900144,
            "The request body must contain the following parameter: 'grant_type'.",
        )
    handler = GRANTS.get(grant)
    if handler is None:
        message = f"The app requested an unsupported grant type '{grant}'."
        raise SignInError(400, "unsupported_grant_type", 70003, message)
    return handler(request)


def _client_credentials(request: TokenRequest) -> dict[str, Any]:
    app_id, object_id = _authenticated(request)
    _check_scope(request.form.get("scope", ""))
    tenant = request.tenant
    claims = app_claims(tenant, app_id, object_id, APP_NAME, request.now)
    lifetime = tenant.behaviour.tokenLifetime
    return {
        "token_type": "Bearer",
        "expires_in": lifetime,
        "ext_expires_in": lifetime,
        "access_token": request.signer.sign(claims),
    }


def _authenticated(request: TokenRequest) -> tuple[str, str]:
    """The app and its service principal, after its credential was checked."""
    app_id = request.form.get("client_id", "")
    if not app_id:
        message = "The request body must contain the following parameter: 'client_id'."
        raise SignInError(400, "invalid_request", 900144, message)
    principal = next(
        (r for r in request.tenant.all("servicePrincipals") if r.body.get("appId") == app_id), None
    )
    if app_id.lower() != APP_ID or principal is None or not request.tenant.consented:
        raise SignInError(
            400,
            "unauthorized_client",
            700016,
            f"Application with identifier '{app_id}' was not found in the directory "
            f"'{request.tenant.display_name}'. "
            "This can happen if the application has not been installed by the administrator of "
            "the tenant or consented "
            "to by any user in the tenant. You may have sent your authentication request to the "
            "wrong tenant.",
        )
    secret = request.form.get("client_secret")
    if not secret:
        message = (
            "The request body must contain the following parameter: 'client_assertion' or 'client_secret'."
        )
        raise SignInError(401, "invalid_client", 7000218, message)
    if secret != APP_SECRET:
        raise SignInError(
            401,
            "invalid_client",
            7000215,
            "Invalid client secret provided. Ensure the secret being sent in the request is the "
            "client secret value, "
            f"not the client secret ID, for a secret added to app '{app_id}'.",
        )
    return app_id, principal.id


def _check_scope(scope: str) -> None:
    """App tokens are asked for with one resource's `/.default`."""
    scopes = scope.split()
    if len(scopes) != 1 or not scopes[0].endswith("/.default"):
        raise SignInError(
            400,
            "invalid_scope",
            1002012,
            f"The provided value for scope {scope} is not valid. Client credential flows must "
            "have a scope value with "
            "/.default suffixed to the resource identifier (application ID URI).",
        )
    resource = urllib.parse.unquote(scopes[0]).removesuffix("/.default").rstrip("/")
    if resource not in (GRAPH, "00000003-0000-0000-c000-000000000000"):
        message = f"The resource principal named {resource} was not found in the tenant."
        raise SignInError(400, "invalid_resource", 500011, message)


GRANTS: dict[str, Callable[[TokenRequest], dict[str, Any]]] = {"client_credentials": _client_credentials}
