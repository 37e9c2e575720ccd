"""Microsoft's own MSAL signs in, and the token endpoint refuses as Entra ID does."""

from __future__ import annotations

import urllib.parse
from typing import Any

import jwt
import msal
import pytest

from infra.local.tenant.app_roles import APP_ID, APP_SECRET, DEMO_GRANTS

SCOPE = ["https://graph.microsoft.com/.default"]


class MappedClient:
    """What msal wants of an HTTP client; brings what is meant for Entra ID to the simulation."""

    def __init__(self, http: Any) -> None:
        self._http = http
        self.paths: list[str] = []

    def _path(self, url: str) -> str:
        parts = urllib.parse.urlsplit(url)
        assert (parts.scheme, parts.netloc) == ("https", "login.microsoftonline.com"), url
        self.paths.append(parts.path)
        return parts.path + (f"?{parts.query}" if parts.query else "")

    def get(self, url: str, params: Any = None, headers: Any = None, **_: Any) -> Any:
        return self._http.get(self._path(url), params=params, headers=headers)

    def post(self, url: str, params: Any = None, data: Any = None, headers: Any = None, **_: Any) -> Any:
        return self._http.post(self._path(url), params=params, data=data, headers=headers)

    def close(self) -> None:
        pass


def app_of(tenant: Any, secret: str = APP_SECRET, client: MappedClient | None = None, tid: str = "") -> Any:
    return msal.ConfidentialClientApplication(
        APP_ID,
        client_credential=secret,
        authority=f"https://login.microsoftonline.com/{tid or tenant.entra_id}",
        http_client=client or MappedClient(tenant.http),
    )


def test_msal_gets_an_app_token_with_the_granted_roles(tenant: Any) -> None:
    answer = app_of(tenant).acquire_token_for_client(SCOPE)
    keys = tenant.http.get(f"/{tenant.entra_id}/discovery/v2.0/keys").json()
    key = jwt.PyJWK(keys["keys"][0]).key
    options: Any = {"verify_exp": False, "verify_iat": False, "verify_nbf": False}
    audience = "https://graph.microsoft.com"
    claims = jwt.decode(answer["access_token"], key, ["RS256"], audience=audience, options=options)
    assert claims["tid"] == tenant.entra_id
    assert claims["appid"] == APP_ID
    assert claims["idtyp"] == "app"
    assert claims["roles"] == sorted(DEMO_GRANTS)
    principal = tenant.get(f"/v1.0/servicePrincipals(appId='{APP_ID}')").json()
    assert claims["oid"] == principal["id"]


def test_msal_asks_once_and_then_uses_its_cache(tenant: Any) -> None:
    client = MappedClient(tenant.http)
    app = app_of(tenant, client=client)
    app.acquire_token_for_client(SCOPE)
    app.acquire_token_for_client(SCOPE)
    assert len([p for p in client.paths if p.endswith("/token")]) == 1


def test_a_wrong_secret_is_AADSTS7000215(tenant: Any) -> None:  # noqa: N802
    answer = app_of(tenant, "wrong").acquire_token_for_client(SCOPE)
    assert answer["error"] == "invalid_client"
    assert answer["error_codes"] == [7000215]
    assert answer["error_description"].startswith("AADSTS7000215: Invalid client secret")


def test_an_unknown_tenant_is_AADSTS90002(tenant: Any) -> None:  # noqa: N802
    unknown = "11111111-2222-3333-4444-555555555555"
    for path in ("v2.0/.well-known/openid-configuration", "oauth2/v2.0/token"):
        method = "POST" if path.endswith("token") else "GET"
        answer = tenant.http.request(method, f"/{unknown}/{path}", data=form() if method == "POST" else None)
        assert (answer.status_code, answer.json()["error_codes"]) == (400, [90002])
    with pytest.raises(ValueError, match="Unable to get authority configuration"):
        app_of(tenant, tid="11111111-2222-3333-4444-555555555555")


def form(**changes: str) -> dict[str, str]:
    return {
        "grant_type": "client_credentials",
        "client_id": APP_ID,
        "client_secret": APP_SECRET,
        "scope": "https://graph.microsoft.com/.default",
        **changes,
    }


@pytest.mark.parametrize(
    ("sent", "status", "error", "code"),
    [
        pytest.param(form(client_secret="x"), 401, "invalid_client", 7000215, id="wrong secret"),
        pytest.param(form(client_secret=""), 401, "invalid_client", 7000218, id="no secret"),
        pytest.param(form(client_id="b" * 8), 400, "unauthorized_client", 700016, id="unknown app"),
        pytest.param(form(client_id=""), 400, "invalid_request", 900144, id="no client id"),
        pytest.param(form(grant_type=""), 400, "invalid_request", 900144, id="no grant type"),
        pytest.param(form(grant_type="magic"), 400, "unsupported_grant_type", 70003, id="unknown grant type"),
        pytest.param(form(scope="Policy.Read.All"), 400, "invalid_scope", 1002012, id="wrong scope"),
        pytest.param(
            form(scope="https://other.example/.default"), 400, "invalid_resource", 500011, id="resource"
        ),
    ],
)
def test_the_token_endpoint_refuses(
    tenant: Any, sent: dict[str, str], status: int, error: str, code: int
) -> None:
    answer = tenant.http.post(f"/{tenant.entra_id}/oauth2/v2.0/token", data=sent)
    body = answer.json()
    assert (answer.status_code, body["error"], body["error_codes"]) == (status, error, [code])
    assert body["trace_id"]
    assert body["correlation_id"]


def test_an_app_token_is_not_given_for_common(tenant: Any) -> None:
    answer = tenant.http.post("/common/oauth2/v2.0/token", data=form())
    assert answer.status_code == 400


def test_an_app_without_consent_is_unknown_in_the_tenant(tenant: Any) -> None:
    tenant.control("DELETE", "consent")
    assert tenant.sign_in().json()["error_codes"] == [700016]
    tenant.control("PUT", "consent")
    assert tenant.sign_in().status_code == 200


@pytest.mark.parametrize("name", ["common", "organizations"])
def test_discovery_is_served_for_many_tenants(tenant: Any, name: str) -> None:
    document = tenant.http.get(f"/{name}/v2.0/.well-known/openid-configuration").json()
    assert document["token_endpoint"] == f"https://login.microsoftonline.com/{name}/oauth2/v2.0/token"
    assert document["issuer"] == "https://login.microsoftonline.com/{tenantid}/v2.0"


def test_instance_discovery_knows_the_public_cloud(tenant: Any) -> None:
    metadata = tenant.http.get("/common/discovery/instance").json()["metadata"]
    assert "login.microsoftonline.com" in metadata[0]["aliases"]


@pytest.mark.parametrize(
    "authorization",
    [
        pytest.param("", id="none"),
        pytest.param("Bearer ", id="empty"),
        pytest.param("Basic abc", id="another scheme"),
        pytest.param("Bearer abc.def.ghi", id="not a token"),
    ],
)
def test_graph_wants_a_token(tenant: Any, authorization: str) -> None:
    answer = tenant.http.get("/v1.0/groups", headers={"Authorization": authorization})
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "InvalidAuthenticationToken"
    assert answer.headers["www-authenticate"].startswith("Bearer")


def test_an_expired_token_is_refused(tenant: Any) -> None:
    tenant.clock.advance(3600)
    assert tenant.get("/v1.0/groups").status_code == 401
    tenant.sign_in()
    assert tenant.get("/v1.0/groups").status_code == 200


def test_a_token_of_a_removed_tenant_is_worth_nothing(tenant: Any) -> None:
    tenant.http.delete(f"/control/tenants/{tenant.key}")
    assert tenant.get("/v1.0/groups").status_code == 401


def test_the_log_holds_token_requests_without_their_secret(tenant: Any) -> None:
    entry = tenant.control("GET", "requests").json()["value"][0]
    assert entry["path"] == f"/{tenant.entra_id}/oauth2/v2.0/token"
    assert entry["body"]["client_secret"] == "***"
    assert APP_SECRET not in str(entry)
