"""The control interface: tenants from seeds, changes as the portal makes them, the log."""

from __future__ import annotations

from typing import Any

import pytest

CA = "identity/conditionalAccess/policies"
ALL = {
    "identity/conditionalAccess/policies",
    "identity/conditionalAccess/namedLocations",
    "policies/authenticationStrengthPolicies",
    "policies/authorizationPolicy",
    "groups",
    "deviceManagement/deviceCompliancePolicies",
    "deviceManagement/deviceConfigurations",
    "deviceManagement/configurationPolicies",
    "deviceManagement/assignmentFilters",
    "deviceManagement/roleScopeTags",
    "deviceManagement/deviceManagementScripts",
    "admin/sharepoint/settings",
}
BUILT_IN = 4  # three authentication strengths and the Default scope tag


@pytest.mark.parametrize(
    ("seed", "items"), [("contoso", 150), ("fabrikam", 60), ("adatum", 20), ("small", 31)]
)
def test_a_seed_fills_all_types(make_tenant: Any, seed: str, items: int) -> None:
    tenant = make_tenant(seed)
    counts = tenant.http.get(f"/control/tenants/{tenant.key}").json()["counts"]
    assert set(counts) >= ALL
    assert sum(counts[path] for path in ALL) == items + BUILT_IN


def test_an_empty_tenant_has_what_a_fresh_one_has(make_tenant: Any) -> None:
    tenant = make_tenant("empty")
    assert tenant.all(f"/v1.0/{CA}") == []
    assert [t["displayName"] for t in tenant.all("/beta/deviceManagement/roleScopeTags")] == ["Default"]
    strengths = tenant.all("/v1.0/policies/authenticationStrengthPolicies")
    assert {s["policyType"] for s in strengths} == {"builtIn"}
    assert tenant.get("/v1.0/policies/authorizationPolicy").status_code == 200


def test_a_tenant_made_again_from_its_seed_is_the_same(make_tenant: Any) -> None:
    tenant = make_tenant("small")
    before = tenant.control("GET", f"objects/{CA}").json()
    tenant.delete(f"/v1.0/{CA}/{before['value'][0]['id']}")
    tenant.http.put(f"/control/tenants/{tenant.key}", json={"seed": "small"})
    assert tenant.control("GET", f"objects/{CA}").json() == before


def test_a_tenant_takes_the_id_and_name_it_is_given(http: Any) -> None:
    entra_id = "0a1b2c3d-1111-4222-8333-444455556666"
    body = {"seed": "empty", "entraTenantId": entra_id, "displayName": "Northwind"}
    made = http.put("/control/tenants/northwind", json=body)
    assert (made.json()["entraTenantId"], made.json()["displayName"]) == (entra_id, "Northwind")
    assert http.put("/control/tenants/other", json={**body}).status_code == 409
    assert http.get(f"/control/tenants/{entra_id}").json()["id"] == "northwind"
    assert http.delete("/control/tenants/northwind").status_code == 204
    assert http.get("/control/tenants/northwind").status_code == 404


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "health", None, 200),
        ("GET", "nowhere", None, 404),
        ("GET", "tenants/nobody", None, 404),
        ("GET", "tenants/nobody/grants", None, 404),
        ("PUT", "tenants/x", {"seed": "unknown"}, 400),
        ("PUT", "tenants/x", {"seed": "empty", "colour": "red"}, 400),
        ("PUT", "tenants/x", {"seed": "empty", "quotas": "none"}, 400),
    ],
)
def test_control_says_what_is_wrong(http: Any, method: str, path: str, body: Any, status: int) -> None:
    options = {} if body is None else {"json": body}
    answer = http.request(method, f"/control/{path}", **options)
    assert answer.status_code == status
    assert status == 200 or answer.json()["error"]


def test_behaviour_changes_one_thing_at_a_time(tenant: Any) -> None:
    changed = tenant.control("PATCH", "behaviour", {"latency": {"get": 5}, "pageSize": 3}).json()
    assert changed["latency"] == {"get": 5, "write": 0, "batch": 0}
    assert (changed["pageSize"], changed["quotas"], changed["visibilityDelay"]) == (3, "off", 0)
    assert (
        tenant.control("PATCH", "behaviour", {"visibilityDelay": "documented"}).json()["visibilityDelay"]
        is None
    )
    assert tenant.control("PATCH", "behaviour", {"colour": "red"}).status_code == 400


def test_a_change_in_the_portal_is_a_change(tenant: Any) -> None:
    policy = tenant.named(CA, "MFA for all users")
    tenant.clock.advance(5)
    answer = tenant.control("PATCH", f"objects/v1.0/{CA}/{policy['id']}", {"state": "disabled"})
    assert answer.status_code == 204
    read = tenant.get(f"/v1.0/{CA}/{policy['id']}").json()
    assert (read["state"], read["modifiedDateTime"] != policy["modifiedDateTime"]) == ("disabled", True)


def test_the_portal_needs_no_permission_but_obeys_the_rules(tenant: Any) -> None:
    tenant.control("DELETE", "grants/Policy.ReadWrite.ConditionalAccess")
    policy = tenant.named(CA, "MFA for all users")
    assert tenant.control("PATCH", f"objects/v1.0/{CA}/{policy['id']}", {"state": "on"}).status_code == 400
    assert tenant.control("DELETE", f"objects/v1.0/{CA}/{policy['id']}").status_code == 204
    assert tenant.get(f"/v1.0/{CA}/{policy['id']}").status_code == 404
    tag = tenant.control("DELETE", "objects/beta/deviceManagement/roleScopeTags/0")
    assert tag.status_code == 400


def test_the_portal_assigns_and_changes_whole_policies(tenant: Any) -> None:
    policies = "deviceManagement/configurationPolicies"
    path = f"{policies}/{tenant.named(policies, 'Agent')['id']}"
    everybody = {"target": {"@odata.type": "#microsoft.graph.allDevicesAssignmentTarget"}}
    assert (
        tenant.control("POST", f"objects/beta/{path}/assign", {"assignments": [everybody]}).status_code == 200
    )
    whole = tenant.control("GET", f"objects/{path}").json()
    assert whole["isAssigned"] is True
    assert len(whole["assignments"]) == 1
    assert len(whole["settings"]) == 2


def test_the_portal_makes_users_and_applications(tenant: Any) -> None:
    user = {"displayName": "New", "userPrincipalName": "new@small.onmicrosoft.com"}
    assert tenant.control("POST", "objects/v1.0/users", user).status_code == 201
    assert tenant.get("/v1.0/users/new@small.onmicrosoft.com").json()["displayName"] == "New"
    app = {"displayName": "Line of business", "appId": "12121212-1212-4212-8212-121212121212"}
    assert tenant.control("POST", "objects/v1.0/servicePrincipals", app).status_code == 201


def test_a_whole_compliance_policy_shows_its_schedule(tenant: Any) -> None:
    whole = tenant.named("deviceManagement/deviceCompliancePolicies", "Windows")
    actions = whole["scheduledActionsForRule"][0]["scheduledActionConfigurations"]
    assert actions[0]["actionType"] == "block"


def test_the_log_has_every_request_with_the_bodies_of_writes(tenant: Any) -> None:
    start = tenant.control("GET", "requests").json()["last"]
    body = {"displayName": "L", "mailEnabled": False, "mailNickname": "l", "securityEnabled": True}
    created = tenant.post("/v1.0/groups", body)
    tenant.get("/v1.0/groups?$top=1")
    tenant.control("PATCH", f"objects/groups/{created.json()['id']}", {"description": "portal"})
    log = tenant.control("GET", f"requests?after={start}").json()
    first, second = log["value"]
    assert log["last"] == second["n"] == start + 2
    assert (first["method"], first["path"], first["status"], first["body"]) == (
        "POST",
        "/v1.0/groups",
        201,
        body,
    )
    assert len(first["bodySha256"]) == 64
    assert first["requestId"] == created.headers["request-id"]
    assert first["principal"] == "ac000000-0000-4000-8000-000000000001"
    assert (second["query"], second["body"], second["batch"]) == ("$top=1", None, None)
    tenant.control("DELETE", "requests")
    assert tenant.control("GET", "requests").json()["value"] == []
