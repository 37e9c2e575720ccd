"""Every decision, and what a plan meets between the question and the answer."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.e2e

FILTERS = "beta/deviceManagement/assignmentFilters"
KIOSKS = "intune/assignment-filters/Kiosks.json"
ROOMS = "intune/assignment-filters/Rooms.json"


@pytest.fixture
def two_edits(driver):
    """A tenant with two filters, both edited in the repository, waiting for a decision."""

    def make(**settings):
        tenant = driver("empty", **settings)
        tenant.filter("Kiosks")
        tenant.filter("Rooms")
        tenant.sync()
        clone = tenant.clone()
        clone.edit(KIOSKS, description="p")
        clone.edit(ROOMS, description="q")
        clone.push("Two edits")
        return tenant, clone, tenant.sync()

    return make


def by_item(tenant, sync):
    return {one["item"]: one for one in tenant.changes(sync["id"])["value"]}


def test_of_two_edits_one_is_approved_and_the_other_asked_again(two_edits):
    tenant, _, asked = two_edits()
    change = by_item(tenant, asked)["Kiosks"]

    done = tenant.decided(asked["id"], "approve", changes=[change["id"]])

    assert (done["outcome"], done["deploy"]["applied"]) == ("succeeded", 1)
    assert tenant.portal(FILTERS, "Kiosks")["description"] == "p"
    assert tenant.portal(FILTERS, "Rooms")["description"] == "Rooms"
    assert tenant.tenant()["changesWaiting"] == 1
    again = tenant.sync()
    assert list(by_item(tenant, again)) == ["Rooms"]


def test_reject_and_revert_makes_the_repository_the_tenant_again(two_edits):
    tenant, clone, asked = two_edits()
    clone.edit(ROOMS, description="a later wish")
    clone.push("A later edit")
    tenant.change(FILTERS, "Kiosks", description="from the portal")

    done = tenant.decided(asked["id"], "rejectAndRevert")

    assert (done["outcome"], tenant.tenant()["status"]) == ("reverted", "idle")
    clone.pull()
    assert clone.read(KIOSKS)["description"] == "from the portal"
    assert clone.read(ROOMS)["description"] == "a later wish"
    again = tenant.sync()
    assert list(by_item(tenant, again)) == ["Rooms"]


def test_a_delete_is_deployed_only_when_confirmed(driver):
    tenant = driver()
    tenant.filter("Kiosks")
    tenant.sync()
    clone = tenant.clone()
    clone.git("rm", "-q", KIOSKS)
    clone.push("No kiosks any more")
    asked = tenant.sync()
    assert asked["plan"]["deletions"] == 1

    refused = tenant.decide(asked["id"], "approve")
    assert (refused.status_code, refused.json()["code"]) == (422, "confirmDeletions")

    done = tenant.decided(asked["id"], "approve", confirmDeletions=True)
    assert done["outcome"] == "succeeded"
    assert tenant.objects(FILTERS) == []


def test_a_conflict_shows_its_three_values_again_after_a_reject(driver):
    tenant = driver()
    tenant.filter("Kiosks")
    tenant.sync()
    clone = tenant.clone()
    clone.edit(KIOSKS, description="the repository's")
    clone.push()
    tenant.change(FILTERS, "Kiosks", description="the portal's")

    for _ in range(2):
        asked = tenant.sync()
        change = by_item(tenant, asked)["Kiosks"]
        assert change["conflict"] is True
        assert change["properties"] == [
            {
                "path": "/description",
                "change": "changed",
                "conflict": True,
                "base": "Kiosks",
                "tenant": "the portal's",
                "repository": "the repository's",
            }
        ]
        tenant.decided(asked["id"], "reject")


def test_what_moved_in_the_tenant_since_the_plan_is_stale(two_edits):
    tenant, _, asked = two_edits()
    tenant.change(FILTERS, "Kiosks", rule='(device.model -eq "moved")')

    done = tenant.decided(asked["id"], "approve")

    assert done["outcome"] == "partiallySucceeded"
    assert (done["deploy"]["applied"], done["deploy"]["stale"]) == (1, 1)
    assert tenant.portal(FILTERS, "Kiosks")["description"] == "Kiosks"
    assert {one["item"]: one["result"] for one in by_item(tenant, asked).values()} == {
        "Kiosks": "stale",
        "Rooms": "applied",
    }


def test_what_moved_in_the_repository_since_the_plan_is_stale(two_edits):
    tenant, clone, asked = two_edits()
    clone.edit(KIOSKS, description="Kiosks")
    clone.push("On second thoughts, no")

    done = tenant.decided(asked["id"], "approve")

    assert (done["outcome"], done["deploy"]["stale"]) == ("partiallySucceeded", 1)
    assert tenant.portal(FILTERS, "Kiosks")["description"] == "Kiosks"


def test_a_deploy_that_half_fails_says_which_half(two_edits):
    tenant, _, asked = two_edits()
    bad = tenant.portal(FILTERS, "Kiosks")["id"]
    tenant.fault(
        method="PATCH", path=f"assignmentFilters/{bad}", status=400, code="BadRequest", message="no such rule"
    )

    done = tenant.decided(asked["id"], "approve")

    assert (done["outcome"], done["incomplete"]) == ("partiallySucceeded", ["deploy"])
    assert tenant.tenant()["status"] == "partiallySucceeded"
    failed = by_item(tenant, asked)["Kiosks"]
    assert failed["result"] == "failed"
    assert "no such rule" in failed["error"]["message"]
    assert tenant.portal(FILTERS, "Rooms")["description"] == "q"
    assert list(by_item(tenant, tenant.sync())) == ["Kiosks"]


def test_a_newer_sync_takes_the_place_of_one_that_waits(two_edits):
    tenant, _, asked = two_edits()
    refused = tenant.api.post(f"/tenants/{tenant.id}/syncs", json={})
    assert (refused.status_code, refused.json()["code"]) == (409, "syncActive")

    newer = tenant.wait(tenant.start(supersede=True)["id"])
    older = tenant.wait(asked["id"], "end")

    assert (older["outcome"], older["cause"]) == ("expired", "superseded")
    assert newer["plan"]["digest"] == asked["plan"]["digest"]
    late = tenant.decide(asked["id"], "approve")
    assert late.status_code == 202
    assert tenant.wait(newer["id"], "end")["outcome"] == "succeeded"


def test_the_same_decision_twice_is_one_and_another_is_refused(two_edits):
    tenant, _, asked = two_edits()

    assert tenant.decide(asked["id"], "reject").status_code == 202
    assert tenant.decide(asked["id"], "reject").status_code == 202
    other = tenant.decide(asked["id"], "approve")

    assert (other.status_code, other.json()["code"]) == (409, "alreadyDecided")
    assert tenant.wait(asked["id"], "end")["outcome"] == "rejected"


def test_a_decision_for_another_plan_is_refused(two_edits):
    tenant, _, asked = two_edits()
    body = {"decision": "approve", "digest": "sha256:" + "0" * 64}

    refused = tenant.api.post(f"/tenants/{tenant.id}/syncs/{asked['id']}/decision", json=body)

    assert (refused.status_code, refused.json()["code"]) == (409, "planChanged")
