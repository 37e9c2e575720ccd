"""From "never synced" to an approved change in the tenant, over HTTP and Git alone."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.e2e

FILTERS = "beta/deviceManagement/assignmentFilters"
FILTER = "intune/assignment-filters/Kiosks.json"
READ_BY_THE_APP = {
    "administrative-units",
    "assignment-filters",
    "authentication-methods-policy",
    "authentication-strength-policies",
    "authorization-policy",
    "conditional-access-policies",
    "device-compliance-policies",
    "device-configurations",
    "device-management-scripts",
    "groups",
    "named-locations",
    "notification-message-templates",
    "role-scope-tags",
    "settings-catalog-policies",
    "sharepoint-tenant-settings",
}
"""All types but the two that need a person here: MDM user scopes always, terms of use since they refuse the
app.
"""


def test_a_tenant_that_was_never_synced_says_so_in_both_languages(driver):
    tenant = driver()

    assert tenant.tenant()["status"] == "notRun"
    assert tenant.tenant("en")["statusLabel"] == "Not run"
    assert tenant.tenant("fr")["statusLabel"] == "Non exécuté"


@pytest.mark.both_workers
def test_a_first_sync_backs_everything_up_and_rests_idle(driver):
    tenant = driver("small")

    sync = tenant.sync()

    assert (sync["outcome"], sync["incomplete"], sync["error"]) == ("succeeded", [], None)
    counts = sync["progress"]
    assert counts["typesDone"] == counts["typesTotal"] == len(READ_BY_THE_APP)
    assert {one["type"]: (one["reason"], one["counted"]) for one in sync["notRead"]} == {
        "mobile-device-management-policies": ("userNeeded", False),
        "terms-of-use-agreements": ("userNeeded", False),
    }
    assert tenant.tenant()["status"] == "idle"
    clone = tenant.clone()
    types = {name.split("/")[1] for name in clone.files() if name.count("/") == 2}
    assert types == READ_BY_THE_APP
    assert clone.git("diff", "--stat", "origin/tenant", "origin/main").stdout == ""


def test_a_sync_of_an_unchanged_tenant_makes_no_commit_and_asks_nobody(driver):
    tenant = driver("small")
    tenant.sync()
    before = tenant.clone()

    sync = tenant.sync()

    assert (sync["outcome"], sync["drift"]) == (
        "succeeded",
        {"added": 0, "changed": 0, "removed": 0, "commit": None},
    )
    after = tenant.clone()
    assert [after.head(ref) for ref in ("origin/main", "origin/tenant")] == [
        before.head(ref) for ref in ("origin/main", "origin/tenant")
    ]


def test_drift_is_adopted_without_asking_and_back_again(driver):
    tenant = driver()
    tenant.filter("Kiosks")
    tenant.sync()

    for rule in ('(device.model -eq "B")', '(device.model -eq "A")'):
        tenant.change(FILTERS, "Kiosks", rule=rule)
        sync = tenant.sync()
        assert (sync["outcome"], sync["drift"]["changed"]) == ("succeeded", 1)
        clone = tenant.clone()
        assert clone.read(FILTER)["rule"] == rule
        assert sync["drift"]["commit"] == clone.head()


def test_what_the_portal_makes_and_deletes_is_adopted(driver):
    tenant = driver()
    tenant.filter("Kiosks")
    tenant.sync()
    tenant.filter("Meeting rooms")
    tenant.remove(FILTERS, "Kiosks")

    sync = tenant.sync()

    assert (sync["drift"]["added"], sync["drift"]["removed"]) == (1, 1)
    assert list(tenant.clone().files("intune/assignment-filters")) == [
        "intune/assignment-filters/Meeting rooms.json"
    ]


@pytest.mark.both_workers
def test_an_edit_is_proposed_alone_rejected_asked_again_and_deployed(driver):
    tenant = driver("small")
    tenant.filter("Kiosks")
    tenant.sync()
    clone = tenant.clone()
    clone.edit(FILTER, description="Kiosks in the lobby")
    clone.push("Say where the kiosks are")

    asked = tenant.sync()
    assert asked["status"] == "pendingApproval"
    assert tenant.tenant()["pendingPlan"]["changes"] == 1
    changes = tenant.changes(asked["id"])["value"]
    assert [(one["action"], one["type"], one["item"]) for one in changes] == [
        ("update", "assignment-filters", "Kiosks")
    ]
    assert changes[0]["properties"] == [
        {
            "path": "/description",
            "change": "changed",
            "conflict": False,
            "base": "Kiosks",
            "tenant": "Kiosks",
            "repository": "Kiosks in the lobby",
        }
    ]

    rejected = tenant.decided(asked["id"], "reject", comment="Not this week")
    assert (rejected["outcome"], tenant.tenant()["status"]) == ("rejected", "idle")
    assert tenant.portal(FILTERS, "Kiosks")["description"] == "Kiosks"

    again = tenant.sync()
    assert again["plan"]["digest"] == asked["plan"]["digest"]
    assert again["plan"]["sameAs"] == asked["id"]
    deployed = tenant.decided(again["id"], "approve")
    assert (deployed["outcome"], deployed["deploy"]["applied"]) == ("succeeded", 1)
    assert tenant.portal(FILTERS, "Kiosks")["description"] == "Kiosks in the lobby"

    assert tenant.sync()["outcome"] == "succeeded"
    tags = tenant.clone().git("tag").stdout.split()
    assert len(tags) == 1
    assert tags[0].startswith("deploy-")


def test_what_is_created_in_the_repository_is_created_in_the_tenant_with_its_references(driver):
    tenant = driver("small")
    tenant.sync()
    clone = tenant.clone()
    clone.write(
        "entra/groups/Lobby staff.json",
        {
            "displayName": "Lobby staff",
            "mailEnabled": False,
            "mailNickname": "lobbystaff",
            "securityEnabled": True,
            "groupTypes": [],
        },
    )
    clone.write(
        "entra/named-locations/Lobby.json",
        {
            "@odata.type": "#microsoft.graph.ipNamedLocation",
            "displayName": "Lobby",
            "isTrusted": False,
            "ipRanges": [{"@odata.type": "#microsoft.graph.iPv4CidrRange", "cidrAddress": "203.0.113.0/24"}],
        },
    )
    clone.write(
        "entra/conditional-access-policies/Lobby staff need MFA.json",
        {
            "displayName": "Lobby staff need MFA",
            "state": "enabledForReportingButNotEnforced",
            "conditions": {
                "clientAppTypes": ["all"],
                "applications": {"includeApplications": ["All"]},
                "users": {"includeGroups": ["{{groups:Lobby staff}}"]},
                "locations": {"includeLocations": ["All"], "excludeLocations": ["{{named-locations:Lobby}}"]},
            },
            "grantControls": {"operator": "OR", "builtInControls": ["mfa"]},
        },
    )
    clone.push("A policy for the lobby")

    asked = tenant.sync()
    changes = {one["item"]: one for one in tenant.changes(asked["id"])["value"]}
    assert sorted(changes) == ["Lobby", "Lobby staff", "Lobby staff need MFA"]
    policy = changes["Lobby staff need MFA"]
    assert set(policy["dependsOn"]) == {changes["Lobby"]["id"], changes["Lobby staff"]["id"]}
    assert tenant.decide(asked["id"], "approve", changes=[policy["id"]]).status_code == 422

    done = tenant.decided(asked["id"], "approve")
    assert (done["outcome"], done["deploy"]["applied"]) == ("succeeded", 3), tenant.report(asked["id"])
    made = tenant.portal("v1.0/identity/conditionalAccess/policies", "Lobby staff need MFA")
    group = tenant.portal("v1.0/groups", "Lobby staff")
    assert made["conditions"]["users"]["includeGroups"] == [group["id"]]

    again = tenant.sync()
    assert (again["outcome"], again["plan"]) == ("succeeded", None)
