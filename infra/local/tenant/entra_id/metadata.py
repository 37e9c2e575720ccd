"""Discovery, and which tenant an address means."""

from __future__ import annotations

import re
from typing import Any

from infra.local.tenant.tenant import Tenant, World

from .refusals import refused

HOME = "https://login.microsoftonline.com"
SHARED = ("common", "organizations")
_GUID = re.compile(r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", re.IGNORECASE)


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
    """The tenant of an address. Only a tenant's own address gives tokens; common does not."""
    tenant = world.by_entra_id(name) if _GUID.match(name) else _by_domain(world, name)
    if tenant is None:
        raise refused(90002 if _GUID.match(name) or "." in name else 900023, name=name)
    return tenant


def _by_domain(world: World, name: str) -> Tenant | None:
    return next((t for k, t in world.tenants.items() if name.lower() == f"{k}.onmicrosoft.com"), None)
