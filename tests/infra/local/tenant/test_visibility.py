"""New objects show late, where the services are documented to be eventually consistent."""

from __future__ import annotations

from typing import Any

GROUP = {"displayName": "New", "mailEnabled": False, "mailNickname": "new", "securityEnabled": True}
LOCATION = {
    "@odata.type": "#microsoft.graph.countryNamedLocation",
    "displayName": "New",
    "countriesAndRegions": ["FR"],
}
FILTERS = "/beta/deviceManagement/assignmentFilters"
FILTER = {"displayName": "New", "platform": "macOS", "rule": '(device.model -eq "x")'}


def names(tenant: Any, path: str) -> list[str]:
    return [item["displayName"] for item in tenant.all(path)]


def test_a_new_group_shows_after_a_while_in_lists_and_by_its_id(make_tenant: Any) -> None:
    tenant = make_tenant(visibilityDelay="documented")
    created = tenant.post("/v1.0/groups", GROUP)
    assert created.status_code == 201
    path = f"/v1.0/groups/{created.json()['id']}"
    assert tenant.get(path).status_code == 404
    assert "New" not in names(tenant, "/v1.0/groups")
    assert tenant.patch(path, {"description": "x"}).status_code == 404
    tenant.clock.advance(10)
    assert tenant.get(path).json()["displayName"] == "New"
    assert "New" in names(tenant, "/v1.0/groups")


def test_an_object_cannot_be_referred_to_before_it_shows(make_tenant: Any) -> None:
    tenant = make_tenant(visibilityDelay="documented")
    key = tenant.post("/v1.0/groups", GROUP).json()["id"]
    policy = tenant.named("deviceManagement/configurationPolicies", "Agent")["id"]
    target = {"@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": key}
    path = f"/beta/deviceManagement/configurationPolicies/{policy}/assign"
    assert tenant.post(path, {"assignments": [{"target": target}]}).status_code == 400
    tenant.clock.advance(10)
    assert tenant.post(path, {"assignments": [{"target": target}]}).status_code == 200


def test_a_new_location_cannot_be_used_by_a_policy_at_once(make_tenant: Any) -> None:
    tenant = make_tenant(visibilityDelay="documented")
    key = tenant.post("/v1.0/identity/conditionalAccess/namedLocations", LOCATION).json()["id"]
    body = {
        "displayName": "P",
        "state": "disabled",
        "conditions": {
            "applications": {"includeApplications": ["All"]},
            "users": {"includeUsers": ["All"]},
            "locations": {"includeLocations": [key]},
        },
        "grantControls": {"operator": "OR", "builtInControls": ["block"]},
    }
    assert tenant.post("/v1.0/identity/conditionalAccess/policies", body).status_code == 400
    tenant.clock.advance(10)
    assert tenant.post("/v1.0/identity/conditionalAccess/policies", body).status_code == 201


def test_intune_objects_show_at_once_by_default(make_tenant: Any) -> None:
    tenant = make_tenant(visibilityDelay="documented")
    created = tenant.post(FILTERS, FILTER).json()
    assert tenant.get(f"{FILTERS}/{created['id']}").status_code == 200


def test_a_delay_of_ones_own_holds_for_every_type_and_writes_go_on(make_tenant: Any) -> None:
    tenant = make_tenant(visibilityDelay=30)
    path = f"{FILTERS}/{tenant.post(FILTERS, FILTER).json()['id']}"
    assert tenant.get(path).status_code == 404
    assert "New" not in names(tenant, FILTERS)
    assert tenant.patch(path, {"description": "x"}).status_code == 200
    tenant.clock.advance(31)
    assert tenant.get(path).json()["description"] == "x"


def test_what_the_portal_makes_shows_at_once(make_tenant: Any) -> None:
    tenant = make_tenant(visibilityDelay=30)
    created = tenant.control("POST", "objects/v1.0/groups", GROUP)
    assert created.status_code == 201
    assert tenant.get(f"/v1.0/groups/{created.json()['id']}").status_code == 200
