"""The tenant's own multi-admin approval holds writes back: the sync waits, and ends one way or the other."""

from __future__ import annotations

import time
from typing import Any

import httpx
import pytest

pytestmark = pytest.mark.e2e

FILTERS = "beta/deviceManagement/assignmentFilters"
SCRIPTS = "beta/deviceManagement/deviceManagementScripts"
KIOSKS = "intune/assignment-filters/Kiosks.json"
GUARDED = "intune/device-management-scripts/Guarded.json"
NEW = "intune/device-management-scripts/New.json"


@pytest.fixture
def guarded(driver: Any) -> Any:
    """A tenant that protects its scripts, with a change of a script and of a filter waiting for approval."""

    def make(*, create: bool = False, **settings: Any) -> tuple[Any, str]:
        tenant = driver(**settings)
        tenant.filter("Kiosks")
        script = {"fileName": "guarded.ps1", "scriptContent": "V3JpdGUtT3V0cHV0", "runAsAccount": "system"}
        tenant.make(SCRIPTS, displayName="Guarded", description="before", **script)
        tenant.sync(types=["assignment-filters", "device-management-scripts"])
        assert tenant.control.put("/approvals/policies/script", json={}).status_code == 200
        clone = tenant.clone()
        clone.edit(KIOSKS, description="after")
        clone.edit(GUARDED, description="after")
        if create:
            new = {
                **clone.read(GUARDED),
                "displayName": "New",
                "scriptContent": "{{file:New.scriptContent.ps1}}",
            }
            clone.write(NEW, new)
            clone.write(NEW.replace(".json", ".scriptContent.ps1"), "Write-Host 'new'\n")
        clone.push()
        asked = tenant.sync(types=["assignment-filters", "device-management-scripts"])
        assert tenant.decide(asked["id"], "approve", comment="as agreed").status_code == 202
        return tenant, asked["id"]

    return make


def held(tenant: Any, sync: str) -> dict[str, Any]:
    """The sync once it waits for the tenant."""
    deadline = time.monotonic() + 60
    while (record := tenant.get(sync))["stage"] != "tenantApproval":
        assert not record["endedAt"], record
        assert time.monotonic() < deadline, record
        time.sleep(0.1)
    return record


def requests(tenant: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = tenant.control.get("/approvals").json()["requests"]
    return found


def decide(stack: Any, tenant: Any, decision: str) -> None:
    """A second administrator decides on every request, and the minute in which the tenant is asked comes."""
    for one in requests(tenant):
        body = {"decision": decision, "by": "Eve", "note": "after the change board"}
        assert tenant.control.post(f"/approvals/requests/{one['id']}", json=body).status_code == 200
    assert httpx.post(f"{stack.api}/admin/functions/reconcile", json={"input": ""}).status_code == 202


def error_of(tenant: Any, sync: str, language: str) -> dict[str, Any]:
    answer = tenant.api.get(
        f"/tenants/{tenant.id}/syncs/{sync}/changes", headers={"accept-language": language}
    )
    (found,) = [one["error"] for one in answer.json()["value"] if one["item"] == "Guarded"]
    return dict(found)


def test_a_held_write_goes_last_outlives_the_host_and_goes_out_again_once_approved(guarded, stack):
    tenant, sync = guarded(create=True)

    waits = held(tenant, sync)

    assert (waits["status"], waits["deploy"]["applied"]) == ("inProgress", 1)
    assert tenant.portal(FILTERS, "Kiosks")["description"] == "after"
    assert tenant.portal(SCRIPTS, "Guarded")["description"] == "before"
    filed = next(one for one in requests(tenant) if "'Guarded'" in one["requestJustification"])
    assert sync in filed["requestJustification"]
    assert "as agreed" in filed["requestJustification"]
    changes = {one["item"]: one for one in tenant.changes(sync)["value"]}
    assert (changes["Guarded"]["heldBy"], changes["Kiosks"]["heldBy"]) == (filed["id"], None)

    stack.kill()
    stack.start()
    assert tenant.get(sync)["stage"] == "tenantApproval"
    decide(stack, tenant, "approve")
    done = tenant.wait(sync, "end")

    assert (done["outcome"], done["deploy"]["applied"]) == ("succeeded", 3), tenant.report(sync)
    assert tenant.portal(SCRIPTS, "Guarded")["description"] == "after"
    assert tenant.portal(SCRIPTS, "New")["displayName"] == "New"
    assert [one["status"] for one in requests(tenant)] == ["completed", "completed"]
    patches = [one for one in tenant.writes() if one["method"] == "PATCH" and "Scripts" in one["path"]]
    assert [one["status"] for one in patches] == [412, 200]
    assert len({one["bodySha256"] for one in patches}) == 1
    assert tenant.sync()["plan"] is None


def test_a_denied_write_has_failed_and_says_so_in_both_languages(guarded, stack):
    tenant, sync = guarded()
    held(tenant, sync)

    decide(stack, tenant, "reject")
    done = tenant.wait(sync, "end")

    assert (done["outcome"], done["incomplete"]) == ("partiallySucceeded", ["deploy"])
    assert (done["deploy"]["applied"], done["deploy"]["failed"]) == (1, 1)
    english, french = error_of(tenant, sync, "en"), error_of(tenant, sync, "fr")
    assert english["code"] == french["code"] == "tenantApproval"
    assert "multi-admin approval" in english["message"]
    assert "approbation multi-administrateur" in french["message"].lower()
    assert "Eve" in english["detail"]
    assert tenant.portal(SCRIPTS, "Guarded")["description"] == "before"


def test_a_cancel_while_the_tenant_is_waited_for_takes_the_request_back(guarded):
    tenant, sync = guarded()
    held(tenant, sync)

    assert tenant.api.post(f"/tenants/{tenant.id}/syncs/{sync}/cancel", json={}).status_code == 202
    done = tenant.wait(sync, "end")

    assert (done["outcome"], done["cause"]) == ("partiallySucceeded", "person")
    assert error_of(tenant, sync, "en")["code"] == "tenantApproval"
    assert [one["status"] for one in requests(tenant)] == ["cancelled"]


def test_nobody_in_time_ends_the_wait(guarded):
    tenant, sync = guarded(tenantApprovalTimeout="PT2S")

    done = tenant.wait(sync, "end")

    assert (done["outcome"], done["deploy"]["failed"]) == ("partiallySucceeded", 1)
    assert error_of(tenant, sync, "en")["code"] == "tenantApproval"
    assert [one["status"] for one in requests(tenant)] == ["cancelled"]
