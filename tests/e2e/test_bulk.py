"""Many tenants in one call, on the running stack."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.e2e

KIOSKS = "intune/assignment-filters/Kiosks.json"


def test_three_tenants_are_synced_and_decided_in_two_calls(driver):
    tenants = [driver() for _ in range(3)]
    api = tenants[0].api
    for one in tenants:
        one.filter("Kiosks")

    def started(**more):
        answer = api.post("/bulk/syncs", json={"tenants": [one.id for one in tenants] + ["nowhere"], **more})
        assert answer.status_code == 200, answer.text
        *begun, missing = answer.json()["value"]
        assert (missing["status"], missing["problem"]["code"]) == (404, "tenantNotFound")
        assert [one["status"] for one in begun] == [202] * 3
        for tenant, entry in zip(tenants, begun, strict=True):
            tenant.syncs.append(entry["sync"])
        return [tenant.wait(entry["sync"]) for tenant, entry in zip(tenants, begun, strict=True)]

    assert [one["outcome"] for one in started(mode="backupOnly")] == ["succeeded"] * 3
    for tenant in tenants:
        address = f"/tenants/{tenant.id}/items/{KIOSKS}"
        content = api.get(address).json()["content"]
        assert api.put(address, json={**content, "description": "A wish"}).status_code == 200
    waiting = started(comment="All of them")

    answer = api.post(
        "/bulk/decisions",
        json={
            "decisions": [
                {
                    "tenant": one["tenant"],
                    "sync": one["id"],
                    "digest": one["plan"]["digest"],
                    "decision": decision,
                }
                for one, decision in zip(waiting, ("approve", "reject", "approve"), strict=True)
            ]
        },
    )

    assert [one["status"] for one in answer.json()["value"]] == [202] * 3, answer.text
    ended = [tenant.wait(one["id"], "end") for tenant, one in zip(tenants, waiting, strict=True)]
    assert [one["outcome"] for one in ended] == ["succeeded", "rejected", "succeeded"]
