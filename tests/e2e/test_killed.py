"""The host dies in the middle of its work, and the sync ends as if nothing had happened.

`kill -9` at points that a seed chooses: between two requests of a backup, and between two writes of a deploy.
The writes that reached the tenant are checked against the approved plan when each test ends.
"""

from __future__ import annotations

import random
import time

import pytest

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(420)]

FILTERS = "beta/deviceManagement/assignmentFilters"
LOCATIONS = "v1.0/identity/conditionalAccess/namedLocations"
POLICIES = "v1.0/identity/conditionalAccess/policies"
PATIENCE = 300
"""Seconds for a sync's end: the lease of a dead process on its journal has to run out first."""


def reached(tenant, count, of, sync, seconds=60):
    """Waits until so many requests have reached the tenant, or the sync has come to its end without."""
    deadline = time.monotonic() + seconds
    while len(of()) < count and time.monotonic() < deadline:
        if tenant.get(sync)["endedAt"]:
            return
        time.sleep(0.01)


def killed(stack):
    stack.kill()
    stack.start()


def requests(tenant):
    return tenant.control.get("/requests", params={"after": 0}).json()["value"]


def wishes(tenant):
    """In the repository: three creates, one of which refers to another, two updates and a delete."""
    clone = tenant.clone()
    clone.edit("intune/assignment-filters/Kiosks.json", description="wanted")
    clone.edit("intune/assignment-filters/Rooms.json", rule='(device.model -eq "B")')
    clone.git("rm", "-q", "intune/assignment-filters/Old.json")
    clone.write(
        "intune/assignment-filters/Desks.json",
        {**clone.read("intune/assignment-filters/Kiosks.json"), "displayName": "Desks", "description": "new"},
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
        "entra/conditional-access-policies/Lobby.json",
        {
            "displayName": "Lobby",
            "state": "disabled",
            "conditions": {
                "clientAppTypes": ["all"],
                "applications": {"includeApplications": ["All"]},
                "users": {"includeUsers": ["None"]},
                "locations": {"includeLocations": ["All"], "excludeLocations": ["{{named-locations:Lobby}}"]},
            },
            "grantControls": {"operator": "OR", "builtInControls": ["mfa"]},
        },
    )
    clone.push("Wishes")


@pytest.fixture
def furnished(driver):
    def make():
        tenant = driver()
        for name in ("Kiosks", "Rooms", "Old"):
            tenant.filter(name)
        return tenant

    return make


@pytest.mark.parametrize("seed", [1, 2])
def test_a_host_killed_in_a_backup_backs_up_all_the_same(furnished, stack, seed):
    chance = random.Random(seed)
    tenant = furnished()
    tenant.control.patch("/behaviour", json={"latency": {"get": 150, "write": 0, "batch": 150}})
    sync = tenant.start()["id"]

    reached(tenant, chance.randint(1, 14), lambda: requests(tenant), sync)
    killed(stack)
    done = tenant.wait(sync, "end", PATIENCE)

    assert (done["outcome"], done["incomplete"], done["error"]) == ("succeeded", [], None)
    assert done["drift"]["added"] >= 3
    assert len(tenant.clone().files("intune/assignment-filters")) == 3
    again = tenant.sync()
    assert (again["outcome"], again["drift"]["commit"]) == ("succeeded", None)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_host_killed_in_a_deploy_does_all_that_was_approved_and_nothing_twice(furnished, stack, seed):
    chance = random.Random(seed)
    tenant = furnished()
    tenant.sync()
    wishes(tenant)
    asked = tenant.sync()
    assert asked["plan"]["changes"] == 6
    tenant.control.patch("/behaviour", json={"latency": {"get": 20, "write": 250, "batch": 20}})
    answer = tenant.decide(asked["id"], "approve", confirmDeletions=True)
    assert answer.status_code == 202, answer.text

    reached(tenant, chance.randint(1, 5), tenant.writes, asked["id"])
    assert tenant.get(asked["id"])["stage"] == "deploying"
    time.sleep(chance.random() * 0.3)
    killed(stack)
    done = tenant.wait(asked["id"], "end", PATIENCE)

    assert (done["outcome"], done["deploy"]["applied"]) == ("succeeded", 6), tenant.report(asked["id"])
    filters = {one["displayName"]: one for one in tenant.objects(FILTERS)}
    assert (
        sorted(filters)
        == ["Desks", "Kiosks", "Rooms"]
        == sorted(one["displayName"] for one in tenant.objects(FILTERS))
    )
    assert filters["Kiosks"]["description"] == "wanted"
    assert filters["Rooms"]["rule"] == '(device.model -eq "B")'
    location = tenant.portal(LOCATIONS, "Lobby")
    policy = tenant.portal(POLICIES, "Lobby")
    assert policy["conditions"]["locations"]["excludeLocations"] == [location["id"]]
    again = tenant.sync()
    assert (again["outcome"], again["plan"]) == ("succeeded", None)
