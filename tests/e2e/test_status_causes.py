"""Each cause of an incomplete sync, and what waits for people outside: through HTTP only."""

from __future__ import annotations

import pytest
from status_scenes import FILTERS, only

pytestmark = pytest.mark.e2e

GROUPS = "v1.0/groups"
USERS_TYPE = "mobile-device-management-policies"


def test_three_causes_at_once_and_each_goes_by_itself(seen):
    it = seen(types=only(
        "assignment-filters", "groups", "role-scope-tags", "named-locations", "conditional-access-policies",
    ))  # fmt: skip
    tenant = it.tenant
    for number in range(12):
        tenant.filter(f"Filter {number}")
    tenant.make(GROUPS, displayName="Staff", mailEnabled=False, mailNickname="staff", securityEnabled=True)
    tenant.sync()
    clone = tenant.clone()
    group = next(one for one in clone.files("entra/groups"))
    location = {
        "@odata.type": "#microsoft.graph.countryNamedLocation",
        "displayName": "France",
        "countriesAndRegions": ["FR"],
        "includeUnknownCountriesAndRegions": False,
    }
    clone.write("entra/named-locations/France.json", location)
    policy = {
        "displayName": "Nobody in",
        "state": "disabled",
        "conditions": {
            "clientAppTypes": ["all"],
            "applications": {"includeApplications": ["All"]},
            "users": {"includeUsers": ["All"], "excludeGroups": ["{{groups:Break glass}}"]},
        },
        "grantControls": {"operator": "OR", "builtInControls": ["block"]},
    }
    clone.write("entra/conditional-access-policies/Nobody in.json", policy)
    clone.edit(group, description="a wish")
    clone.push("What cannot be, and what can")
    for number in range(12):
        tenant.remove(FILTERS, f"Filter {number}")
    tenant.fault(method="GET", path="deviceManagement/roleScopeTags", status=403, code="Forbidden",
                 message="no", times=None)  # fmt: skip

    asked = tenant.sync()
    it.rests("pendingApproval")
    done = tenant.decided(asked["id"], "reject")
    it.ended(done, "rejected", None, "notRead", "massRemoval", "blocked")
    it.rests("partiallySucceeded")
    report = tenant.report(done["id"])
    held = [one for one in report["notRead"] if one["reason"] == "massRemoval"]
    assert len(held[0]["names"]) == 12
    assert len(tenant.clone().files("intune/assignment-filters")) == 12, "nothing is adopted while it is held"

    # Each cause goes when what caused it is gone: the removals by a person's word.
    tenant.control.delete("/faults")
    clone.git("rm", "-q", "entra/conditional-access-policies/Nobody in.json")
    clone.push("No")
    asked = tenant.sync(confirmRemovals=["assignment-filters"])
    assert asked["drift"]["removed"] == 12
    done = tenant.decided(asked["id"], "approve")
    it.ended(done, "succeeded")
    it.rests("idle")


def test_a_service_without_a_licence_counts_only_for_types_that_had_items(seen):
    it = seen(types=only("assignment-filters", "groups"))
    tenant = it.tenant
    tenant.control.put("/licences", json={"intune": False}).raise_for_status()
    never = tenant.sync()
    it.ended(never, "succeeded")
    it.rests("idle")
    unread = [one for one in tenant.report(never["id"])["notRead"] if one["reason"] == "notAvailable"]
    assert unread
    assert not any(one["counted"] for one in unread)

    tenant.control.put("/licences", json={"intune": True}).raise_for_status()
    tenant.filter("Kiosks")
    tenant.sync()
    tenant.control.put("/licences", json={"intune": False}).raise_for_status()
    lost = tenant.sync()
    it.ended(lost, "partiallySucceeded", None, "notRead")
    it.rests("partiallySucceeded")
    counted = {one["type"] for one in tenant.report(lost["id"])["notRead"] if one["counted"]}
    assert "assignment-filters" in counted
    assert (lost["drift"]["removed"], lost["plan"]) == (0, None)


def test_a_sync_that_waits_for_a_person_to_sign_in(seen):
    """Nobody comes; somebody declines; an administrator signs in."""
    it = seen(
        "small",
        authentication="servicePrincipalAndUser",
        signInTimeout="PT2S",
        types=only("assignment-filters", USERS_TYPE),
    )
    tenant = it.tenant
    tenant.control.patch("/behaviour", json={"deviceCodeInterval": 1}).raise_for_status()

    nobody = tenant.sync()
    assert it.status() == "pendingAuthentication"
    nobody = tenant.wait(nobody["id"], "end")
    it.ended(nobody, "cancelled", "signInDeadline")
    it.rests("newError")
    assert it.error(nobody, "signInDeadline").startswith("Cancelled")

    tenant.settings(signInTimeout="PT60S")
    for account in ("decline", "admin"):
        asked = tenant.sync()
        it.rests("pendingAuthentication")
        code = asked["authentication"]["userCode"]
        tenant.control.post("/sign-in", json={"userCode": code, "account": account}).raise_for_status()
        done = tenant.wait(asked["id"], "end")
        if account == "decline":
            it.ended(done, "partiallySucceeded", None, "userAuthentication")
            it.rests("partiallySucceeded")
        else:
            it.ended(done, "succeeded")
            it.rests("idle")


def test_a_permission_that_nobody_consented_to(seen):
    it = seen()
    tenant = it.tenant
    write = "DeviceManagementConfiguration.ReadWrite.All"
    tenant.control.delete(f"/grants/{write}").raise_for_status()
    tenant.control.put("/grants/DeviceManagementConfiguration.Read.All").raise_for_status()
    it.rests("notRun")

    done = tenant.sync()

    it.ended(done, "succeeded")
    it.rests("pendingAdminConsent")
    assert tenant.tenant()["lastSync"]["outcome"] == "succeeded", "the last outcome stays visible beside it"
    tenant.control.put(f"/grants/{write}").raise_for_status()
    checked = tenant.api.post(f"/tenants/{tenant.id}/permissions/check", json={})
    assert checked.status_code == 200, checked.text
    it.rests("idle")
