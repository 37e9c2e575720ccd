"""Graph before a user's token: delegated permissions, the user's own role, and who is signed in."""

from __future__ import annotations

from typing import Any

import pytest

APP = "ac000000-0000-4000-8000-000000000001"
CA = "/v1.0/identity/conditionalAccess/policies"
GROUP = {"displayName": "New", "mailEnabled": False, "mailNickname": "new", "securityEnabled": True}


def user_token(directory: Any, account: str = "admin") -> str:
    form = {"client_id": APP, "scope": "https://graph.microsoft.com/.default"}
    path = f"/{directory.entra_id}/oauth2/v2.0/devicecode"
    begun = directory.http.request("POST", path, data=form).json()
    directory.sign_in(account, userCode=begun["user_code"])
    grant = "urn:ietf:params:oauth:grant-type:device_code"
    return str(directory.token(grant_type=grant, device_code=begun["device_code"]).json()["access_token"])


def app_token(directory: Any) -> str:
    scope = "https://graph.microsoft.com/.default"
    answer = directory.token(
        grant_type="client_credentials", client_secret="accord-local-secret", scope=scope
    )
    return str(answer.json()["access_token"])


def only(directory: Any, *scopes: str) -> None:
    for held in directory.control("GET", "scopes")["value"]:
        directory.control("DELETE", f"scopes/{held}")
    for scope in scopes:
        directory.control("PUT", f"scopes/{scope}")


@pytest.mark.parametrize(
    ("scopes", "method", "path", "body", "status"),
    [
        (["Policy.Read.All"], "GET", CA, None, 200),
        (["User.Read"], "GET", CA, None, 403),
        (["Group.ReadWrite.All"], "POST", "/v1.0/groups", GROUP, 201),
        (["Group.Read.All"], "POST", "/v1.0/groups", GROUP, 403),
        (["User.Read"], "GET", "/v1.0/organization", None, 200),
        (["User.Read"], "GET", "/v1.0/users", None, 403),
        (["User.ReadBasic.All"], "GET", "/v1.0/users", None, 200),
    ],
    ids=lambda value: "+".join(value) if isinstance(value, list) else None,
)
def test_delegated_permissions_decide_whatever_the_app_may_do(
    directory: Any, scopes: list[str], method: str, path: str, body: Any, status: int
) -> None:
    only(directory, *scopes)
    options = {} if body is None else {"json": body}
    assert directory.graph(user_token(directory), path, method, **options).status_code == status


@pytest.mark.parametrize(("account", "status"), [("admin", 200), ("member", 403), ("guest", 403)])
def test_the_user_must_hold_a_role_too(directory: Any, account: str, status: int) -> None:
    token = user_token(directory, account)
    assert directory.graph(token, CA).status_code == status
    assert directory.graph(token, "/v1.0/organization").status_code == 200


def test_me_is_the_signed_in_user(directory: Any) -> None:
    me = directory.graph(user_token(directory), "/v1.0/me").json()
    assert me["userPrincipalName"] == f"admin@{directory.key}.onmicrosoft.com"
    guest = directory.graph(user_token(directory, "guest"), "/v1.0/me?$select=userType").json()
    assert guest["userType"] == "Guest"


def test_an_app_is_nobody(directory: Any) -> None:
    answer = directory.graph(app_token(directory), "/v1.0/me")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "BadRequest")


def test_a_withdrawn_scope_can_count_at_once(make_directory: Any) -> None:
    directory = make_directory(revocation="now")
    token = user_token(directory)
    assert directory.graph(token, CA).status_code == 200
    directory.control("DELETE", "scopes/Policy.Read.All")
    assert directory.graph(token, CA).status_code == 403


def test_a_tenant_may_refuse_apps_where_documentation_accepts_them(directory: Any) -> None:
    token = app_token(directory)
    assert directory.graph(token, CA).status_code == 200
    directory.control("PATCH", "behaviour", {"appOnly": {"identity/conditionalAccess/policies": False}})
    assert directory.graph(token, CA).status_code == 403
    assert directory.graph(user_token(directory), CA).status_code == 200


def test_a_type_that_graph_keeps_for_users_refuses_apps(directory: Any) -> None:
    path = "/beta/policies/mobileDeviceManagementPolicies"
    assert directory.graph(app_token(directory), path).status_code == 403
    assert directory.graph(user_token(directory), path).status_code == 200


def test_practice_may_differ_from_what_is_documented_for_apps(directory: Any) -> None:
    path = "/v1.0/identityGovernance/termsOfUse/agreements"
    token = app_token(directory)
    assert directory.graph(token, path).status_code == 403
    directory.control("PATCH", "behaviour", {"appOnly": {"identityGovernance/termsOfUse/agreements": True}})
    assert directory.graph(token, path).status_code == 200
