"""Storage that answers late, and stages that take long because of it: a host of its own behind a forwarder.

What is held is a request of the host to storage, so that a sync stands in a stage that asks nobody else.
"""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest
from status_scenes import cancel, only, two_edits
from tripwire import Gate, Tripwire

from infra.local.stack import Stack

pytestmark = [pytest.mark.e2e, pytest.mark.calm("it has a host of its own, and measures what is late")]

ROOT = Path(__file__).resolve().parents[2]
FILTERS = "beta/deviceManagement/assignmentFilters"
PATIENCE = 180.0
"""Seconds until a stage is reached."""


@pytest.fixture
def wire():
    made = Tripwire()
    yield made
    made.close()


@pytest.fixture
def stack(worker_stack, azurite, tenant_server, wire, tmp_path):
    """A host whose way to storage goes through the wire, while the worker's stands still."""
    worker_stack.stop()
    storage = re.sub(r"127\.0\.0\.1:(\d+)", lambda one: f"127.0.0.1:{wire.port(int(one[1]))}", azurite)
    made = Stack(ROOT, storage, int(tenant_server.rpartition(":")[2]), tmp_path / "host")
    made.start()
    yield made
    made.kill()


def test_with_slow_storage_nothing_is_lost_and_nothing_done_twice(driver, wire):
    tenant = driver(types=only("assignment-filters"))
    chance = random.Random(7)
    wire.slow = lambda: 1.5 if chance.random() < 0.01 else chance.random() * 0.05

    clone = two_edits(tenant)
    filters = "intune/assignment-filters"
    clone.write(f"{filters}/New.json", {**clone.read(f"{filters}/Kiosks.json"), "displayName": "New"})
    clone.push("A third")
    asked = tenant.sync()
    assert asked["plan"]["changes"] == 3
    done = tenant.decided(asked["id"], "approve")

    assert (done["outcome"], done["deploy"]["applied"]) == ("succeeded", 3), tenant.report(done["id"])
    assert sorted(one["displayName"] for one in tenant.objects(FILTERS)) == ["Kiosks", "New", "Rooms"]
    assert sorted(one["method"] for one in tenant.writes()) == ["PATCH", "PATCH", "POST"]
    head = tenant.clone().head()
    again = tenant.sync()
    assert (again["outcome"], again["drift"]["commit"], again["plan"]) == ("succeeded", None, None)
    assert tenant.clone().head() == head, "nothing was committed"


# Which request of a stage is held, and what a cancel makes of the sync there: until the comparison stands it
# is heard, and afterwards there is nothing left to stop.
STAGES = {
    "comparing": (r"PUT \S*/state\.json", "cancelled", "person"),
    "settling": (r"GET \S*/journal\.json", "succeeded", None),
    "reporting": (r"PUT \S*/report\.json", "succeeded", None),
}


def test_a_cancel_in_the_last_stages_is_taken_and_the_sync_comes_to_its_end(driver, wire):
    tenant = driver(types=only("assignment-filters"))
    clone = two_edits(tenant)
    for stage, (request, outcome, cause) in STAGES.items():
        mode = "full" if stage == "comparing" else "backupOnly"
        gate = Gate(request)
        wire.gates = [gate]
        sync = tenant.start(mode=mode)
        assert gate.reached.wait(PATIENCE), stage
        assert tenant.get(sync["id"])["stage"] == stage
        answer = tenant.api.post(f"/tenants/{tenant.id}/syncs/{sync['id']}/cancel", json={})
        assert answer.status_code == 202, answer.text
        gate.open()
        done = tenant.wait(sync["id"], "end")
        assert (done["outcome"], done["cause"], done["status"]) == (outcome, cause, "idle"), stage
        assert tenant.report(done["id"])["outcome"] == outcome
    assert tenant.writes() == []
    clone.pull()
    asked = tenant.sync()
    assert asked["plan"]["changes"] == 2, "nothing was lost"
    assert cancel(tenant, asked)["outcome"] == "cancelled"
