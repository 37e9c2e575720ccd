"""What a person sees when a sync goes wrong, and what it must not do then."""

from __future__ import annotations

import json
import time

import httpx
import pytest
from status_scenes import only, two_edits

pytestmark = pytest.mark.e2e

FILTERS = "beta/deviceManagement/assignmentFilters"
KIOSKS = "intune/assignment-filters/Kiosks.json"


def test_a_refused_credential_is_a_new_error_with_everything_a_ticket_needs(driver):
    tenant = driver()
    tenant.fault(
        method="POST",
        path="oauth2/v2.0/token",
        status=401,
        code="invalid_client",
        message="AADSTS7000215: Invalid client secret provided.",
        times=None,
    )

    sync = tenant.sync()

    assert sync["outcome"] == "failed"
    assert tenant.tenant()["status"] == "newError"
    assert tenant.tenant("fr")["statusLabel"] == "Nouvelle erreur"
    error = sync["error"]
    assert error["code"] == "credentialRefused"
    assert "\n" not in error["message"]
    assert error["advice"]
    assert sync["id"] in error["text"]
    assert "AADSTS7000215" in error["text"]
    report = tenant.report(sync["id"])
    assert (report["sync"], report["outcome"]) == (sync["id"], "failed")
    log = tenant.api.get(f"/tenants/{tenant.id}/syncs/{sync['id']}/logs?format=jsonl").text
    assert [json.loads(line) for line in log.splitlines()]
    html = tenant.api.get(
        f"/tenants/{tenant.id}/syncs/{sync['id']}/report?format=html", headers={"accept-language": "fr"}
    )
    assert html.headers["content-type"].startswith("text/html")
    assert "report.json" in tenant.artifacts(sync["id"]).namelist()


def test_a_type_that_cannot_be_read_is_left_alone(driver):
    tenant = driver()
    tenant.filter("Kiosks")
    tenant.sync()
    clone = tenant.clone()
    clone.edit(KIOSKS, description="a wish")
    clone.push()
    tenant.fault(
        method="GET", path="deviceManagement/assignmentFilters", status=403, code="Forbidden", message="no"
    )

    sync = tenant.sync()

    assert (sync["outcome"], sync["incomplete"]) == ("partiallySucceeded", ["notRead"])
    assert [(one["type"], one["counted"]) for one in sync["notRead"] if one["counted"]] == [
        ("assignment-filters", True)
    ]
    clone.pull()
    assert clone.read(KIOSKS)["description"] == "a wish"


def test_an_empty_page_where_there_were_items_deletes_nothing(driver):
    tenant = driver()
    for number in range(3):
        tenant.filter(f"Filter {number}")
    tenant.sync()
    tenant.fault(method="GET", path=r"deviceManagement/assignmentFilters(\?|$)", emptyPage=True, times=None)

    sync = tenant.sync()

    assert sync["drift"]["removed"] == 0
    assert len(tenant.clone().files("intune/assignment-filters")) == 3


def test_backup_only_and_preview_only_ask_nobody(driver):
    tenant = driver()
    tenant.filter("Kiosks")
    assert tenant.sync(mode="backupOnly")["outcome"] == "succeeded"
    clone = tenant.clone()
    clone.edit(KIOSKS, description="a wish")
    clone.push()

    assert tenant.sync(mode="backupOnly")["outcome"] == "succeeded"
    preview = tenant.sync(mode="previewOnly")

    assert (preview["outcome"], preview["plan"]["changes"]) == ("succeeded", 1)
    assert tenant.tenant()["status"] == "idle"


def test_a_reset_connection_after_a_create_makes_one_object_not_two(driver):
    tenant = driver()
    tenant.sync()
    clone = tenant.clone()
    clone.write(
        KIOSKS,
        {
            "displayName": "Kiosks",
            "description": "",
            "platform": "windows10AndLater",
            "rule": '(device.model -eq "A")',
            "roleScopeTags": ["0"],
        },
    )
    clone.push()
    asked = tenant.sync()
    tenant.fault(method="POST", path="deviceManagement/assignmentFilters", times=1, reset="after")

    done = tenant.decided(asked["id"], "approve")

    assert (done["outcome"], done["deploy"]["applied"]) == ("succeeded", 1), tenant.report(asked["id"])
    assert len(tenant.objects(FILTERS)) == 1


@pytest.mark.calm("it measures the time of work")
def test_the_time_limit_in_the_middle_of_a_deploy_finishes_its_write_and_skips_the_rest(driver):
    tenant = driver(types=only("assignment-filters"), syncTimeout="PT20S")
    two_edits(tenant)
    asked = tenant.sync()
    tenant.fault(method="PATCH", path="assignmentFilters", delay=20, times=1)

    done = tenant.decided(asked["id"], "approve")

    assert (done["outcome"], done["cause"], done["incomplete"]) == (
        "partiallySucceeded",
        "timeLimit",
        ["deploy"],
    ), tenant.report(done["id"])
    assert (done["deploy"]["applied"], done["deploy"]["skipped"]) == (1, 1)
    changes = {one["result"]: one for one in tenant.changes(done["id"])["value"]}
    assert changes["skipped"]["error"]["code"] == "stopped"
    assert len(tenant.writes()) == 1, "and none after the time was up"
    again = tenant.sync()
    assert again["plan"]["changes"] == 1, "the rest is asked about again"


def test_a_sync_whose_orchestration_is_gone_is_settled_reported_and_released(driver, stack):
    tenant = driver()
    tenant.filter("Kiosks")
    tenant.sync()
    clone = tenant.clone()
    clone.edit(KIOSKS, description="a wish")
    clone.push()
    asked = tenant.sync()
    instance = f"{stack.api}/runtime/webhooks/durabletask/instances/{asked['id']}"
    assert httpx.post(f"{instance}/terminate", params={"reason": "an operator"}).status_code == 202

    while httpx.get(instance).status_code == 202:
        time.sleep(0.05)
    assert httpx.post(f"{stack.api}/admin/functions/reconcile", json={"input": ""}).status_code == 202
    lost = tenant.wait(asked["id"], "end")

    assert (lost["outcome"], lost["error"]["code"]) == ("failed", "orchestrationLost")
    assert tenant.tenant()["status"] == "newError"
    assert tenant.report(asked["id"])["outcome"] == "failed"
    assert tenant.portal(FILTERS, "Kiosks")["description"] == "Kiosks"
    again = tenant.sync()
    assert again["plan"]["digest"] == asked["plan"]["digest"]
