"""Rows of product.md 3.10 that need a decision or a deploy and are walked nowhere else, on the running
stack.
"""

from __future__ import annotations

import time

import pytest

pytestmark = pytest.mark.e2e

FILTERS = "beta/deviceManagement/assignmentFilters"
KIOSKS = "intune/assignment-filters/Kiosks.json"
ROOMS = "intune/assignment-filters/Rooms.json"


@pytest.fixture
def kept(driver):
    """A tenant with two filters, backed up, and a clone of its repository."""

    def make():
        tenant = driver()
        tenant.filter("Kiosks")
        tenant.filter("Rooms")
        tenant.sync()
        return tenant, tenant.clone()

    return make


def description(tenant, name):
    return tenant.portal(FILTERS, name)["description"]


def proposed(tenant, sync):
    """Item → its changed properties, as (path, base, tenant, repository)."""
    return {
        one["item"]: [
            (row["path"], row.get("base"), row.get("tenant"), row.get("repository"))
            for row in one["properties"]
        ]
        for one in tenant.changes(sync["id"])["value"]
    }


def slow(tenant, milliseconds):
    """Every write takes this long, so that things can happen in between."""
    tenant.control.patch("/behaviour", json={"latency": {"write": milliseconds}}).raise_for_status()


def until(condition, seconds=120.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came to that"
        time.sleep(0.02)


def test_drift_is_adopted_even_where_the_sync_is_rejected_for_another_change(kept):
    tenant, clone = kept()
    clone.edit(ROOMS, description="a wish")
    clone.push()
    for value in ("2", "1"):
        tenant.change(FILTERS, "Kiosks", description=value)
        asked = tenant.sync()
        assert list(proposed(tenant, asked)) == ["Rooms"]
        assert asked["drift"]["changed"] == 1
        tenant.decided(asked["id"], "reject")
        clone.pull()
        assert clone.read(KIOSKS)["description"] == value


def test_what_is_pushed_while_its_forerunner_is_deployed_is_planned_next(kept):
    tenant, clone = kept()
    clone.edit(KIOSKS, description="2")
    clone.push()
    asked = tenant.sync()
    slow(tenant, 3000)
    assert tenant.decide(asked["id"], "approve").status_code == 202
    until(lambda: tenant.get(asked["id"])["stage"] == "deploying" and len(tenant.writes()) == 0)
    time.sleep(1.5)
    clone.edit(KIOSKS, description="3")
    clone.push()
    done = tenant.wait(asked["id"], "end")

    assert (done["outcome"], description(tenant, "Kiosks")) == ("succeeded", "2")
    slow(tenant, 0)
    again = tenant.sync()
    assert proposed(tenant, again) == {"Kiosks": [("/description", "2", "2", "3")]}


def test_a_cancel_in_the_middle_of_a_deploy_keeps_what_is_done(kept):
    tenant, clone = kept()
    clone.edit(KIOSKS, description="2")
    clone.edit(ROOMS, description="2")
    clone.push()
    asked = tenant.sync()
    slow(tenant, 2500)
    tenant.decide(asked["id"], "approve")
    until(lambda: tenant.get(asked["id"])["stage"] == "deploying")
    assert tenant.api.post(f"/tenants/{tenant.id}/syncs/{asked['id']}/cancel", json={}).status_code == 202
    done = tenant.wait(asked["id"], "end")

    counts = done["deploy"]
    assert counts["applied"] + counts["skipped"] == 2
    slow(tenant, 0)
    if counts["applied"] == 0:  # the cancel came before the first write
        assert (done["outcome"], done["cause"]) == ("cancelled", "person")
        return
    assert (done["outcome"], done["cause"]) == ("partiallySucceeded", "person")
    results = {one["result"]: one["item"] for one in tenant.changes(asked["id"])["value"]}
    assert description(tenant, results["applied"]) == "2"
    left = results["skipped"]
    assert description(tenant, left) == left
    assert proposed(tenant, tenant.sync()) == {left: [("/description", left, left, "2")]}


def test_of_a_set_the_portals_member_is_adopted_and_the_repositorys_planned(driver):
    tenant = driver()
    for tag in ("x", "y"):
        tenant.make("beta/deviceManagement/roleScopeTags", displayName=tag, description=tag)
    tenant.filter("Kiosks")
    tenant.sync()
    clone = tenant.clone()
    before = clone.read(KIOSKS)["roleScopeTags"]
    clone.edit(KIOSKS, roleScopeTags=[*before, "{{role-scope-tags:y}}"])
    clone.push()
    tag = tenant.portal("beta/deviceManagement/roleScopeTags", "x")["id"]
    tenant.change(FILTERS, "Kiosks", roleScopeTags=[*tenant.portal(FILTERS, "Kiosks")["roleScopeTags"], tag])

    asked = tenant.sync()

    assert proposed(tenant, asked) == {
        "Kiosks": [("/roleScopeTags/{{role-scope-tags:y}}", None, None, "{{role-scope-tags:y}}")]
    }
    clone.pull()
    assert "{{role-scope-tags:x}}" in clone.read(KIOSKS)["roleScopeTags"]
    assert tenant.decided(asked["id"], "approve")["outcome"] == "succeeded"
    assert len(tenant.portal(FILTERS, "Kiosks")["roleScopeTags"]) == len(before) + 2
    assert tenant.sync()["plan"] is None


def test_a_name_edited_in_the_file_is_an_update_of_the_same_object(kept):
    tenant, clone = kept()
    before = tenant.portal(FILTERS, "Kiosks")["id"]
    clone.edit(KIOSKS, displayName="Lobby kiosks")
    clone.push()

    asked = tenant.sync()
    assert [one["action"] for one in tenant.changes(asked["id"])["value"]] == ["update"]
    assert tenant.decided(asked["id"], "approve")["outcome"] == "succeeded"

    assert tenant.portal(FILTERS, "Lobby kiosks")["id"] == before
    tenant.sync()
    assert sorted(tenant.clone().files("intune/assignment-filters")) == [
        "intune/assignment-filters/Lobby kiosks.json",
        ROOMS,
    ]


def test_what_the_service_makes_of_a_removed_property_is_taken_over(kept):
    """The service knows no filter without a description: what is removed comes back as its default, null."""
    tenant, clone = kept()
    clone.write(KIOSKS, {name: value for name, value in clone.read(KIOSKS).items() if name != "description"})
    clone.push()
    asked = tenant.sync()
    assert proposed(tenant, asked) == {"Kiosks": [("/description", "Kiosks", "Kiosks", None)]}

    done = tenant.decided(asked["id"], "approve")

    assert (done["outcome"], done["deploy"]["applied"]) == ("succeeded", 1)
    assert description(tenant, "Kiosks") is None
    clone.pull()
    assert "description" in clone.read(KIOSKS)
    assert clone.read(KIOSKS)["description"] is None
    again = tenant.sync()
    assert (again["plan"], again["drift"]["changed"]) == (None, 0)
    assert tenant.clone().head("origin/main") == clone.head()


def test_a_value_that_the_service_will_not_let_go_is_told_and_asked_about_again(driver):
    tenant = driver("small")
    tenant.sync()
    clone = tenant.clone()
    path = "sharepoint/sharepoint-tenant-settings/sharepoint-tenant-settings.json"
    settings = clone.read(path)
    del settings["deletedUserPersonalSiteRetentionPeriodInDays"]
    clone.write(path, settings)
    clone.push()
    asked = tenant.sync()

    done = tenant.decided(asked["id"], "approve")

    assert (done["outcome"], done["error"]["code"]) == ("failed", "deployFailed")
    assert tenant.sync()["plan"]["digest"] == asked["plan"]["digest"]


def test_a_file_edited_while_its_type_cannot_be_read_waits(kept):
    tenant, clone = kept()
    clone.edit(KIOSKS, description="2")
    clone.push()
    tenant.fault(method="GET", path="deviceManagement/assignmentFilters", status=403, times=None)
    assert tenant.sync()["plan"] is None
    tenant.control.delete("/faults").raise_for_status()

    assert proposed(tenant, tenant.sync()) == {"Kiosks": [("/description", "Kiosks", "Kiosks", "2")]}


def test_a_group_that_policies_still_exclude_cannot_be_deleted(driver) -> None:
    """An emergency group that is gone excludes nobody: the delete is blocked, and says who still names it."""
    tenant = driver("small")
    tenant.make(
        "v1.0/groups", displayName="Break glass", mailEnabled=False, mailNickname="bg", securityEnabled=True
    )
    group = tenant.portal("v1.0/groups", "Break glass")["id"]
    name = tenant.objects("v1.0/identity/conditionalAccess/policies")[0]["displayName"]
    policy = tenant.portal("v1.0/identity/conditionalAccess/policies", name)
    users = {**policy["conditions"]["users"], "excludeGroups": [group]}
    tenant.change(
        "v1.0/identity/conditionalAccess/policies", name, conditions={**policy["conditions"], "users": users}
    )
    tenant.sync()
    clone = tenant.clone()
    clone.git("rm", "-q", "entra/groups/Break glass.json")
    clone.push("No emergency group")

    sync = tenant.sync()

    assert (sync["outcome"], sync["incomplete"]) == ("partiallySucceeded", ["blocked"])
    blocked = tenant.changes(sync["id"])["value"][0]["blocked"]
    assert blocked["code"] == "unresolvedReference"
    assert name in blocked["detail"]
