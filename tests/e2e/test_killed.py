"""The host dies in the middle of its work, again and again, and the sync ends as if nothing had happened.

`kill -9` at requests that a seed chooses, to storage, the identity provider or the tenant: before one arrives
or after it was carried out, so between any two writes of one action. `ACCORD_KILLS` and `ACCORD_SEED` make it
a campaign (`dev.py bench kills`). The writes that reached the tenant are checked against the approved plan
when each test ends.
"""

from __future__ import annotations

import os
import random
import re
from pathlib import Path

import httpx
import pytest
from killer import Killer, Patient
from tripwire import Tripwire

from infra.local.stack import Stack, url

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.calm("it has a host of its own to kill"),
]

ROOT = Path(__file__).resolve().parents[2]
FILTERS = "beta/deviceManagement/assignmentFilters"
LOCATIONS = "v1.0/identity/conditionalAccess/namedLocations"
POLICIES = "v1.0/identity/conditionalAccess/policies"
TYPES = {"include": ["assignment-filters", "named-locations", "conditional-access-policies"]}
PATIENCE = 400
"""Seconds for a sync's end: a start that died before its orchestration began is found after a minute."""
KILLS = int(os.environ.get("ACCORD_KILLS", "30"))
SEED = int(os.environ.get("ACCORD_SEED", "1"))
EACH = 3
"""Kills of one sync."""


@pytest.fixture
def wire():
    made = Tripwire()
    yield made
    made.close()


@pytest.fixture
def stack(worker_stack, azurite, tenant_server, wire, tmp_path):
    """A host of its own behind the wire, while the worker's stands still: two would share storage."""
    worker_stack.stop()
    storage = re.sub(r"127\.0\.0\.1:(\d+)", lambda one: f"127.0.0.1:{wire.port(int(one[1]))}", azurite)
    port = int(tenant_server.rpartition(":")[2])
    made = Stack(ROOT, storage, port, tmp_path / "host")
    watched = url(wire.port(port))
    made.settings.update(ACCORD_GRAPH_ENDPOINT=watched, ACCORD_LOGIN_ENDPOINT=watched)
    made.start()
    yield made
    made.kill()


@pytest.fixture
def furnished(driver):
    """A tenant with three filters, driven by a client that asks again while the host is away."""
    tenant = driver(types=TYPES)
    impatient = tenant.api
    tenant.api = httpx.Client(
        base_url=impatient.base_url, headers=impatient.headers, timeout=60, transport=Patient()
    )
    impatient.close()
    for name in ("Kiosks", "Rooms", "Old"):
        tenant.filter(name)
    return tenant


def started(tenant):
    """Starts a sync; one that a dead host had begun already is it."""
    answer = tenant.api.post(f"/tenants/{tenant.id}/syncs", json={})
    assert answer.status_code in (202, 409), answer.text
    sync = answer.json()["id"] if answer.status_code == 202 else tenant.tenant()["activeSync"]
    tenant.syncs.append(sync)
    return sync


def decided(tenant, sync, decision, **more):
    answer = tenant.decide(sync, decision, **more)
    assert answer.status_code == 202, answer.text
    return tenant.wait(sync, "end", PATIENCE)


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
    return clone


def settled(tenant):
    """Nothing is left to adopt, to propose or to do."""
    again = tenant.sync()
    assert (again["outcome"], again["drift"]["commit"], again["plan"]) == ("succeeded", None, None)


def deployed(tenant, done):
    assert (done["outcome"], done["deploy"]["applied"]) == ("succeeded", 6), tenant.report(done["id"])
    filters = {one["displayName"]: one for one in tenant.objects(FILTERS)}
    assert sorted(one["displayName"] for one in tenant.objects(FILTERS)) == ["Desks", "Kiosks", "Rooms"]
    assert filters["Kiosks"]["description"] == "wanted"
    assert filters["Rooms"]["rule"] == '(device.model -eq "B")'
    (location,) = tenant.objects(LOCATIONS)
    (policy,) = [one for one in tenant.objects(POLICIES) if one["displayName"] == "Lobby"]
    assert policy["conditions"]["locations"]["excludeLocations"] == [location["id"]]


def backup(tenant, killer):
    """Killed from the start of a first sync to its end."""
    with killer(48):
        sync = started(tenant)
        done = tenant.wait(sync, "end", PATIENCE)
    assert (done["outcome"], done["incomplete"], done["error"]) == ("succeeded", [], None)
    assert done["drift"]["added"] >= 3
    assert len(tenant.clone().files("intune/assignment-filters")) == 3


def deploy(tenant, killer):
    """Killed from the approval on."""
    tenant.sync()
    wishes(tenant)
    asked = tenant.sync()
    assert asked["plan"]["changes"] == 6
    with killer(69):
        done = decided(tenant, asked["id"], "approve", confirmDeletions=True)
    deployed(tenant, done)


def revert(tenant, killer):
    """Killed from the decision to set the repository back."""
    tenant.sync()
    clone = wishes(tenant)
    asked = tenant.sync()
    with killer(19):
        done = decided(tenant, asked["id"], "rejectAndRevert")
    assert done["outcome"] == "reverted"
    clone.pull()
    assert clone.read("intune/assignment-filters/Kiosks.json")["description"] == "Kiosks"
    assert clone.files("entra/conditional-access-policies") == []
    assert tenant.writes() == []


def whole(tenant, killer):
    """Killed from the start of a sync that finds wishes, through its approval, to its end."""
    tenant.sync()
    wishes(tenant)
    with killer(125):
        asked = tenant.wait(started(tenant), seconds=PATIENCE)
        done = decided(tenant, asked["id"], "approve", confirmDeletions=True)
    deployed(tenant, done)


SCENARIOS = (backup, deploy, whole, deploy, revert)
RUNS = [(SEED + index, SCENARIOS[index % len(SCENARIOS)]) for index in range(-(-KILLS // EACH))]


@pytest.mark.parametrize(("seed", "scenario"), RUNS, ids=[f"{s}-{run.__name__}" for s, run in RUNS])
def test_a_sync_survives_the_death_of_its_host(furnished, stack, wire, seed, scenario, record_property):
    chance = random.Random(seed)
    killers = []

    def killer(writes):
        """`writes`: how many requests of the scenario write, when nobody kills."""
        killers.append(Killer(stack, wire, chance, EACH, writes // EACH))
        return killers[-1]

    try:
        scenario(furnished, killer)
        settled(furnished)
    finally:
        for death in (death for one in killers for death in one.deaths):
            record_property("death", death)
            print(death)
