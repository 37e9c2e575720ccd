"""Permissions per request, grants and licences that come and go."""

from __future__ import annotations

from typing import Any

import pytest

CA = "/v1.0/identity/conditionalAccess/policies"
SHAREPOINT = "/v1.0/admin/sharepoint/settings"
TAGS = "/beta/deviceManagement/roleScopeTags"
SCRIPTS = "/beta/deviceManagement/deviceManagementScripts"
GROUP = {"displayName": "New", "mailEnabled": False, "mailNickname": "new", "securityEnabled": True}
POLICY = {
    "displayName": "P",
    "state": "disabled",
    "conditions": {"applications": {"includeApplications": ["All"]}, "users": {"includeUsers": ["All"]}},
    "grantControls": {"operator": "OR", "builtInControls": ["mfa"]},
}


def only(tenant: Any, *permissions: str) -> None:
    for held in tenant.control("GET", "grants").json()["value"]:
        tenant.control("DELETE", f"grants/{held}")
    for permission in permissions:
        assert tenant.control("PUT", f"grants/{permission}").status_code == 200
    tenant.sign_in()


@pytest.mark.parametrize(
    ("permissions", "method", "path", "body", "status"),
    [
        (["Policy.Read.All"], "GET", CA, None, 200),
        (["Policy.ReadWrite.ConditionalAccess"], "GET", CA, None, 403),
        (["Policy.ReadWrite.ConditionalAccess"], "POST", CA, POLICY, 403),
        (["Policy.Read.All", "Policy.ReadWrite.ConditionalAccess"], "POST", CA, POLICY, 403),
        (
            ["Policy.Read.All", "Policy.ReadWrite.ConditionalAccess", "Application.Read.All"],
            "POST",
            CA,
            POLICY,
            201,
        ),
        (["Group.Read.All"], "GET", "/v1.0/groups", None, 200),
        (["Group.Read.All"], "POST", "/v1.0/groups", GROUP, 403),
        (["Group.Create"], "POST", "/v1.0/groups", GROUP, 201),
        (["Directory.Read.All"], "GET", "/v1.0/groups", None, 200),
        (
            ["Policy.Read.AuthenticationMethod"],
            "GET",
            "/v1.0/policies/authenticationStrengthPolicies",
            None,
            200,
        ),
        (["DeviceManagementRBAC.Read.All"], "GET", TAGS, None, 200),
        (["DeviceManagementRBAC.Read.All"], "GET", "/beta/deviceManagement/assignmentFilters", None, 403),
        (["DeviceManagementConfiguration.Read.All"], "POST", TAGS, {"displayName": "T"}, 403),
        (["DeviceManagementScripts.Read.All"], "GET", SCRIPTS, None, 200),
        (["DeviceManagementConfiguration.Read.All"], "GET", SCRIPTS, None, 200),
        (["SharePointTenantSettings.Read.All"], "PATCH", SHAREPOINT, {"isLoopEnabled": True}, 403),
        (["SharePointTenantSettings.ReadWrite.All"], "PATCH", SHAREPOINT, {"isLoopEnabled": True}, 200),
        ([], "GET", "/v1.0/organization", None, 403),
        (["Organization.Read.All"], "GET", "/v1.0/organization", None, 200),
    ],
    ids=lambda value: "+".join(value) if isinstance(value, list) else None,
)
def test_documented_permissions_decide(
    tenant: Any, permissions: list[str], method: str, path: str, body: Any, status: int
) -> None:
    only(tenant, *permissions)
    assert tenant.request(method, path, body).status_code == status


@pytest.mark.parametrize(
    ("path", "code", "says"),
    [
        ("/v1.0/groups", "Authorization_RequestDenied", "Insufficient privileges"),
        (CA, "AccessDenied", "required scopes are missing"),
        (TAGS, "Forbidden", "DeviceManagementConfiguration.Read.All"),
        (SHAREPOINT, "accessDenied", "permission"),
    ],
)
def test_each_service_denies_in_its_own_words(tenant: Any, path: str, code: str, says: str) -> None:
    only(tenant)
    error = tenant.get(path).json()["error"]
    assert error["code"] == code
    assert says in error["message"]


def test_a_withdrawn_grant_lives_on_in_a_token_until_it_ends(tenant: Any) -> None:
    tenant.control("DELETE", "grants/Policy.Read.All")
    assert tenant.get(CA).status_code == 200
    tenant.sign_in()
    assert tenant.get(CA).status_code == 403
    tenant.control("PUT", "grants/Policy.Read.All")
    assert tenant.get(CA).status_code == 403
    tenant.sign_in()
    assert tenant.get(CA).status_code == 200


def test_a_withdrawn_grant_can_count_at_once(make_tenant: Any) -> None:
    tenant = make_tenant(revocation="now")
    tenant.control("DELETE", "grants/Policy.Read.All")
    assert tenant.get(CA).status_code == 403


def test_a_new_grant_may_reach_tokens_late(make_tenant: Any) -> None:
    tenant = make_tenant(grantDelay=60)
    tenant.control("DELETE", "grants/Policy.Read.All")
    tenant.control("PUT", "grants/Policy.Read.All")
    tenant.sign_in()
    assert tenant.get(CA).status_code == 403
    app = "/v1.0/servicePrincipals(appId='ac000000-0000-4000-8000-000000000001')/appRoleAssignments"
    assert len(tenant.all(app)) == 26
    tenant.clock.advance(61)
    tenant.sign_in()
    assert tenant.get(CA).status_code == 200


def test_a_permission_that_graph_does_not_have_cannot_be_granted(tenant: Any) -> None:
    assert tenant.control("PUT", "grants/Everything.ReadWrite.All").status_code == 404


@pytest.mark.parametrize(
    ("licence", "path", "status", "says"),
    [
        ("intune", TAGS, 400, "Request not applicable to target tenant"),
        ("intune", "/beta/deviceManagement/configurationPolicies", 400, "Request not applicable"),
        ("entraP1", CA, 403, "not licensed"),
        ("sharepoint", SHAREPOINT, 400, "Tenant does not have a SPO license."),
    ],
)
def test_a_missing_licence_is_said_as_the_service_says_it(
    tenant: Any, licence: str, path: str, status: int, says: str
) -> None:
    assert tenant.control("PUT", "licences", {licence: False}).json()[licence] is False
    answer = tenant.get(path)
    assert (answer.status_code, says in answer.json()["error"]["message"]) == (status, True)
    assert tenant.get("/v1.0/groups").status_code == 200
    tenant.control("PUT", "licences", {licence: True})
    assert tenant.get(path).status_code == 200


def test_dynamic_groups_and_risk_need_their_licences(tenant: Any) -> None:
    tenant.control("PUT", "licences", {"entraP1": False, "entraP2": False})
    rule = {"groupTypes": ["DynamicMembership"], "membershipRule": '(user.department -eq "IT")'}
    body = {**GROUP, **rule, "membershipRuleProcessingState": "On"}
    assert tenant.post("/v1.0/groups", body).status_code == 403
    tenant.control("PUT", "licences", {"entraP1": True})
    assert tenant.post("/v1.0/groups", body).status_code == 201
    risky = {**POLICY, "conditions": {**POLICY["conditions"], "signInRiskLevels": ["high"]}}
    assert tenant.post(CA, risky).status_code == 403


def test_licences_show_in_the_subscriptions(tenant: Any) -> None:
    tenant.control("PUT", "licences", {"intune": False})
    plans = tenant.get("/v1.0/subscribedSkus").json()["value"][0]["servicePlans"]
    assert "INTUNE_A" not in {p["servicePlanName"] for p in plans}
