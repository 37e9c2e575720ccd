"""An administrator's consent, by its page and one by one; and how Graph shows what was consented to."""

from __future__ import annotations

import urllib.parse
from typing import Any

import jwt
import pytest

APP = "ac000000-0000-4000-8000-000000000001"
BACK = "http://127.0.0.1:7071/callback/consent"
DEFAULT = "https://graph.microsoft.com/.default"


def link(directory: Any, scope: str = DEFAULT, **changes: str) -> str:
    query = {"client_id": APP, "scope": scope, "redirect_uri": BACK, "state": "s", **changes}
    return f"http://127.0.0.1:7072/{directory.entra_id}/v2.0/adminconsent?{urllib.parse.urlencode(query)}"


def brought(told: Any) -> dict[str, str]:
    return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(told["redirect"]["url"]).query))


def app_token(directory: Any) -> str:
    answer = directory.token(
        grant_type="client_credentials", client_secret="accord-local-secret", scope=DEFAULT
    )
    return str(answer.json()["access_token"])


def roles(directory: Any) -> list[str]:
    claims = jwt.decode(app_token(directory), options={"verify_signature": False})
    return list(claims.get("roles", []))


def test_consent_grants_all_that_the_app_is_registered_with(directory: Any) -> None:
    directory.control("DELETE", "grants/Policy.Read.All")
    directory.control("DELETE", "scopes/Agreement.Read.All")
    before = directory.control("GET", "consent")
    assert before["missing"] == {"application": ["Policy.Read.All"], "delegated": ["Agreement.Read.All"]}
    fields = brought(directory.sign_in("admin", url=link(directory)))
    assert fields == {"admin_consent": "True", "tenant": directory.entra_id, "scope": DEFAULT, "state": "s"}
    assert directory.control("GET", "consent")["missing"] == {"application": [], "delegated": []}
    assert "Policy.Read.All" in roles(directory)


def test_consent_to_single_scopes_grants_those_alone(directory: Any) -> None:
    for name in ("Agreement.Read.All", "Agreement.ReadWrite.All"):
        directory.control("DELETE", f"scopes/{name}")
    directory.control("DELETE", "grants/Policy.Read.All")
    fields = brought(directory.sign_in("admin", url=link(directory, "Agreement.Read.All")))
    assert fields["scope"] == "https://graph.microsoft.com/Agreement.Read.All"
    missing = directory.control("GET", "consent")["missing"]
    assert missing == {"application": ["Policy.Read.All"], "delegated": ["Agreement.ReadWrite.All"]}


def test_consent_makes_the_app_known_in_the_tenant(directory: Any) -> None:
    directory.control("DELETE", "consent")
    form = {"grant_type": "client_credentials", "client_secret": "accord-local-secret", "scope": DEFAULT}
    assert directory.token(**form).json()["error_codes"] == [700016]
    directory.sign_in("admin", url=link(directory))
    assert directory.token(**form).status_code == 200


def test_an_administrator_who_declines_comes_back_with_it(directory: Any) -> None:
    directory.control("DELETE", "grants/Policy.Read.All")
    fields = brought(directory.sign_in("decline", url=link(directory)))
    assert (fields["error"], fields["state"], fields["admin_consent"]) == ("access_denied", "s", "True")
    assert "AADSTS65004" in fields["error_description"]
    assert "Policy.Read.All" not in roles(directory)


@pytest.mark.parametrize(
    ("account", "number"), [("member", 90094), ("guest", 90094), ("blocked", 53003), ("otherTenant", 50020)]
)
def test_who_may_not_consent_is_told_on_the_page(directory: Any, account: str, number: int) -> None:
    told = directory.sign_in(account, url=link(directory))
    assert (told["state"], told["error"]["number"]) == ("onPage", number)


@pytest.mark.parametrize(
    ("changes", "number"),
    [
        ({"redirect_uri": "https://evil.example/"}, 50011),
        ({"redirect_uri": ""}, 900971),
        ({"client_id": "b" * 8}, 700016),
        ({"scope": ""}, 900144),
        ({"scope": "Everything.Read"}, 650053),
    ],
)
def test_a_link_that_is_no_good_stays_on_the_page(
    directory: Any, changes: dict[str, str], number: int
) -> None:
    assert directory.sign_in("admin", url=link(directory, **changes))["error"]["number"] == number


def test_roles_reach_tokens_late_and_the_directory_at_once(make_directory: Any) -> None:
    directory = make_directory(grantDelay=60)
    directory.control("DELETE", "grants/Policy.Read.All")
    directory.sign_in("admin", url=link(directory))
    assert "Policy.Read.All" not in roles(directory)
    assert directory.control("GET", "consent")["missing"]["application"] == []
    directory.clock.ahead += 61
    assert "Policy.Read.All" in roles(directory)


@pytest.mark.parametrize(
    "path",
    [
        f"/v1.0/servicePrincipals(appId='{APP}')/oauth2PermissionGrants",
        "/v1.0/oauth2PermissionGrants?$filter=clientId eq '{principal}'",
        "/v1.0/servicePrincipals/{principal}/oauth2PermissionGrants",
    ],
)
def test_graph_shows_the_delegated_consents(directory: Any, path: str) -> None:
    token = app_token(directory)
    principal = directory.graph(token, f"/v1.0/servicePrincipals(appId='{APP}')").json()["id"]
    (grant,) = directory.graph(token, path.format(principal=principal)).json()["value"]
    assert grant["clientId"] == principal
    assert (grant["consentType"], grant["principalId"]) == ("AllPrincipals", None)
    assert "Policy.ReadWrite.MobilityManagement" in grant["scope"].split()


def test_graph_names_the_permissions_that_consents_are_to(directory: Any) -> None:
    token = app_token(directory)
    path = "/v1.0/servicePrincipals(appId='00000003-0000-0000-c000-000000000000')"
    resource = directory.graph(token, path).json()
    scopes = {one["value"]: one for one in resource["oauth2PermissionScopes"]}
    assert scopes["Policy.ReadWrite.MobilityManagement"]["type"] == "Admin"
    assert scopes["User.Read"]["type"] == "User"
    grants = directory.graph(token, f"/v1.0/servicePrincipals(appId='{APP}')/appRoleAssignments").json()
    known = {one["id"] for one in resource["appRoles"]}
    assert {one["appRoleId"] for one in grants["value"]} <= known


def signed_in_for(directory: Any, scope: str, account: str, **more: Any) -> tuple[Any, Any]:
    form = {"client_id": APP, "scope": f"{scope} openid offline_access"}
    path = f"/{directory.entra_id}/oauth2/v2.0/devicecode"
    begun = directory.http.request("POST", path, data=form).json()
    told = directory.sign_in(account, userCode=begun["user_code"], **more)
    grant = "urn:ietf:params:oauth:grant-type:device_code"
    return told, directory.token(grant_type=grant, device_code=begun["device_code"]).json()


def test_an_administrator_who_signs_in_consents_for_themselves(directory: Any) -> None:
    told, answer = signed_in_for(directory, "Agreement.Read.All Sites.Read.All", "admin")
    assert told["state"] == "signedIn"
    assert "Sites.Read.All" in answer["scope"]
    assert "Sites.Read.All" not in directory.control("GET", "scopes")["value"]
    _, other = signed_in_for(directory, "Agreement.Read.All", "member")
    assert "Sites.Read.All" not in other["scope"]


def test_consent_on_behalf_of_the_organization_holds_for_everybody(directory: Any) -> None:
    signed_in_for(directory, "Sites.Read.All", "admin", everyone=True)
    assert "Sites.Read.All" in directory.control("GET", "scopes")["value"]


def test_who_does_not_consent_has_declined(directory: Any) -> None:
    told, answer = signed_in_for(directory, "Sites.Read.All", "admin", consent=False)
    assert (told["state"], answer["error"]) == ("declined", "authorization_declined")


def test_a_user_cannot_consent_to_what_an_administrator_must(directory: Any) -> None:
    told, answer = signed_in_for(directory, "Directory.ReadWrite.All", "member")
    assert (told["state"], told["error"]["number"]) == ("pending", 90094)
    assert answer["error"] == "authorization_pending"


def test_a_scope_that_graph_does_not_have_cannot_be_granted(directory: Any) -> None:
    directory.control("PUT", "scopes/Everything.Read", status=404)


def test_adatum_lacks_one_consent(make_directory: Any) -> None:
    directory = make_directory("adatum")
    lacking = {"application": ["SharePointTenantSettings.ReadWrite.All"], "delegated": []}
    assert directory.control("GET", "consent")["missing"] == lacking
    directory.control("POST", "consent")
    assert directory.control("GET", "consent")["missing"] == {"application": [], "delegated": []}
