"""Each status by its own cause, and each outcome: through HTTP only, in both languages.

What a scenario has to reach stands in `status_scenes`; the last test holds that table against the domain.
"""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from status_scenes import (
    FILTERS,
    LABELS,
    SCENARIOS,
    Seen,
    cancel,
    met,
    only,
    two_edits,
    until,
)

from shared.domain.sync import Cause, Incomplete, Outcome

pytestmark = pytest.mark.e2e


def test_a_credential_that_is_refused(seen):
    it = seen()
    it.tenant.fault(method="POST", path="oauth2/v2.0/token", status=401, code="invalid_client",
                    message="AADSTS7000215: Invalid client secret provided.", times=None)  # fmt: skip

    failed = it.tenant.sync()

    it.rests("newError")
    it.ended(failed, "failed")
    it.error(failed, "credentialRefused")


def test_a_tenant_s_first_syncs(seen):
    it = seen()
    tenant = it.tenant
    it.rests("notRun")

    # Cancelled while it authenticates: as if it had never been.
    tenant.fault(method="POST", path="oauth2/v2.0/token", delay=2, times=1)
    first = tenant.start()
    until(lambda: met(tenant))
    assert it.status() == "inProgress"
    it.ended(cancel(tenant, first), "cancelled", "person")
    it.rests("notRun")

    # Its work takes longer than it may.
    tenant.settings(syncTimeout="PT1S")
    tenant.fault(method="GET", path="deviceManagement/assignmentFilters", delay=1.5, times=1)
    slow = tenant.sync()
    it.rests("newError")
    it.ended(slow, "cancelled", "timeLimit")
    assert it.error(slow, "timeLimit").startswith("Cancelled")
    tenant.settings(syncTimeout="PT10M")

    # And then all is well. How quickly a sync starts is the host's affair: watched until it was caught.
    until(lambda: watched_start(it) and "starting" in it.statuses, seconds=60)
    it.rests("idle")


def watched_start(it: Seen) -> bool:
    """A whole sync, its status asked for all the while."""
    over = threading.Event()

    def watch() -> None:
        while not over.is_set():
            shown = it.tenant.tenant("fr")
            if shown["status"] == "starting":
                assert shown["statusLabel"] == LABELS["starting"][1]
                it.statuses.add("starting")

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        done = it.tenant.wait(it.tenant.start(types=["assignment-filters"])["id"], "end")
    finally:
        over.set()
        watcher.join()
    it.ended(done, "succeeded")
    return True


def test_one_question_and_every_answer_to_it(seen):
    it = seen()
    tenant = it.tenant
    two_edits(tenant)

    asked = tenant.sync()
    it.rests("pendingApproval")
    it.ended(tenant.decided(asked["id"], "reject"), "rejected")
    it.rests("idle")

    asked = tenant.sync()
    it.ended(cancel(tenant, asked), "cancelled", "person")
    it.rests("idle")

    old = tenant.sync()
    asked = tenant.wait(tenant.start(supersede=True)["id"])
    it.ended(tenant.wait(old["id"], "end"), "expired", "superseded")
    it.rests("pendingApproval")

    kiosks = tenant.portal(FILTERS, "Kiosks")["id"]
    tenant.fault(method="PATCH", path=f"assignmentFilters/{kiosks}", status=400, code="BadRequest",
                 message="no such rule")  # fmt: skip
    done = tenant.decided(asked["id"], "approve")
    it.ended(done, "partiallySucceeded", None, "deploy")
    it.rests("partiallySucceeded")

    tenant.settings(approvalTimeout="PT1S")
    it.ended(tenant.wait(tenant.start()["id"], "end"), "expired", "approvalDeadline")
    it.rests("idle")
    tenant.settings(approvalTimeout="P30D")

    it.ended(tenant.decided(tenant.sync()["id"], "rejectAndRevert"), "reverted")
    it.ended(tenant.sync(), "succeeded")
    it.rests("idle")


def test_a_deploy_cancelled_in_the_middle_finishes_its_write_and_reports(seen):
    it = seen()
    tenant = it.tenant
    two_edits(tenant)
    asked = tenant.sync()
    tenant.fault(method="PATCH", path="assignmentFilters", delay=2.5, times=1)
    assert tenant.decide(asked["id"], "approve").status_code == 202
    until(lambda: met(tenant))
    done = cancel(tenant, asked)

    it.ended(done, "partiallySucceeded", "person", "deploy")
    it.rests("partiallySucceeded")
    assert (done["deploy"]["applied"], done["deploy"]["skipped"]) == (1, 1)
    changes = {one["result"]: one for one in tenant.changes(done["id"])["value"]}
    assert changes["skipped"]["error"]["code"] == "stopped"
    assert changes["skipped"]["error"]["advice"]


@pytest.mark.parametrize(
    ("stage", "path"),
    [
        ("checkingPermissions", "servicePrincipals"),
        ("backingUp", "deviceManagement/assignmentFilters"),
    ],
    ids=["checkingPermissions", "backingUp"],
)
def test_a_cancel_is_heard_in(seen, stage, path):
    it = seen("small", types=only("assignment-filters", "conditional-access-policies"))
    tenant = it.tenant
    tenant.fault(method="GET", path=path, delay=2, times=1)
    begun = tenant.start()
    until(lambda: met(tenant))
    assert (it.status(), tenant.get(begun["id"])["stage"]) == ("inProgress", stage)
    done = cancel(tenant, begun)

    it.ended(done, "cancelled", "person")
    it.rests("notRun")
    assert tenant.writes() == []


def test_every_status_outcome_and_cause_has_its_scenario():
    reached = {
        what: set().union(*(one.get(what, set()) for one in SCENARIOS.values()))
        for what in ("statuses", "outcomes", "causes", "incomplete")
    }
    assert reached == {
        "statuses": set(LABELS),
        "outcomes": {one.value for one in Outcome},
        "causes": {one.value for one in Cause},
        "incomplete": {one.value for one in Incomplete},
    }
    written = "".join(path.read_text() for path in Path(__file__).parent.glob("test_status*.py"))
    assert [name for name in SCENARIOS if f"def {name}(" not in written] == []
