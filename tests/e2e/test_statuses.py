"""Each status by its own cause, each outcome, and each cause of an incomplete sync: through HTTP only.

A scenario declares what it reaches; `Seen` notes what the API really showed, and checks each status's labels
in both languages as it is met. The last test holds the declarations together against the API's own lists.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from shared.domain.sync import Cause, Incomplete, Outcome

pytestmark = pytest.mark.e2e

FILTERS = "beta/deviceManagement/assignmentFilters"
GROUPS = "v1.0/groups"
KIOSKS = "intune/assignment-filters/Kiosks.json"
ROOMS = "intune/assignment-filters/Rooms.json"

LABELS = {
    "notRun": ("Not run", "Non exécuté"),
    "idle": ("Idle", "Inactif"),
    "starting": ("Starting", "Démarrage"),
    "inProgress": ("In progress", "En cours"),
    "newError": ("New error", "Nouvelle erreur"),
    "pendingAuthentication": ("Pending authentication", "Authentification en attente"),
    "pendingApproval": ("Pending approval", "Approbation en attente"),
    "partiallySucceeded": ("Partially succeeded", "Partiellement réussi"),
    "pendingAdminConsent": ("Pending admin consent", "Consentement administrateur en attente"),
}
"""The status column's words, English and French."""


class Seen:
    """What a scenario met of one tenant."""

    def __init__(self, tenant: Any) -> None:
        self.tenant = tenant
        self.statuses: set[str] = set()
        self.outcomes: set[str] = set()
        self.causes: set[str] = set()
        self.incomplete: set[str] = set()

    def status(self) -> str:
        """The tenant's status now, its label checked in both languages, and found by its filter."""
        for language, place in (("en", 0), ("fr", 1)):
            shown = self.tenant.tenant(language)
            status: str = shown["status"]
            assert shown["statusLabel"] == LABELS[status][place]
            self.statuses.add(status)
        return status

    def rests(self, status: str) -> None:
        """The tenant rests at this status, and the list filtered by it holds the tenant."""
        assert self.status() == status
        listed = self.tenant.api.get("/tenants", params={"status": status, "top": 1000}).json()["value"]
        assert self.tenant.id in [one["id"] for one in listed]

    def ended(self, sync: dict[str, Any], outcome: str, cause: str | None = None, *incomplete: str) -> None:
        """The sync ended like this, and so do its report and the tenant's last sync say."""
        assert (sync["outcome"], sync["cause"], sync["incomplete"]) == (outcome, cause, list(incomplete))
        report = self.tenant.report(sync["id"])
        assert (report["outcome"], report["cause"], report["incomplete"]) == (
            outcome,
            cause,
            list(incomplete),
        )
        self.outcomes.add(outcome)
        self.causes |= {cause} if cause else set()
        self.incomplete |= set(incomplete)

    def error(self, sync: dict[str, Any], code: str) -> str:
        """The sync's error in both languages, whole; answers its English message."""
        place = f"/tenants/{self.tenant.id}/syncs/{sync['id']}"
        told = {
            language: self.tenant.api.get(place, headers={"accept-language": language}).json()["error"]
            for language in ("en", "fr")
        }
        for error in told.values():
            assert error["code"] == code
            assert "\n" not in error["message"]
            assert all(error[part] for part in ("message", "operation", "advice"))
            for part in (sync["id"], code, error["message"], error["operation"], error["advice"]):
                assert part in error["text"]
            for part in (error["detail"], error["requestId"]):
                assert part in error["text"]
        for part in ("message", "operation", "advice", "text"):
            assert told["en"][part] != told["fr"][part]
        message: str = told["en"]["message"]
        return message


REACHED: dict[str, dict[str, set[str]]] = {}
"""Scenario → what it declares to reach."""


def reaches(**declared: set[str]) -> Callable[[Any], Any]:
    """Declares what a scenario reaches: `statuses`, `outcomes`, `causes`, `incomplete`."""

    def note(test: Any) -> Any:
        REACHED[test.__name__] = declared
        return test

    return note


@pytest.fixture
def seen(driver, request):
    """Notes for a tenant, checked against the scenario's declaration when it is over."""
    made: list[Seen] = []

    def make(seed: str = "empty", **settings: Any) -> Seen:
        made.append(Seen(driver(seed, **{"types": only("assignment-filters"), **settings})))
        return made[-1]

    yield make
    for what, declared in REACHED[request.node.originalname].items():
        met = set().union(*(getattr(one, what) for one in made))
        assert declared <= met, f"{what} that were declared and not met: {declared - met}"


def only(*types: str) -> dict[str, Any]:
    """As few types as a scenario needs: what is not read takes no time."""
    return {"include": list(types), "exclude": []}


def two_edits(tenant: Any) -> Any:
    """Two filters, backed up, and an edit of each pushed."""
    tenant.filter("Kiosks")
    tenant.filter("Rooms")
    tenant.sync()
    clone = tenant.clone()
    clone.edit(KIOSKS, description="p")
    clone.edit(ROOMS, description="q")
    clone.push("Two edits")
    return clone


def cancel(tenant: Any, sync: dict[str, Any]) -> dict[str, Any]:
    answer = tenant.api.post(f"/tenants/{tenant.id}/syncs/{sync['id']}/cancel", json={})
    assert answer.status_code == 202, answer.text
    return tenant.wait(sync["id"], "end")


def until(condition: Callable[[], bool], seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came to that"
        time.sleep(0.02)


def met(tenant: Any) -> bool:
    """Whether some request has met the fault that was planted last: it hangs there now."""
    return not tenant.control.get("/faults").json()["value"]


@reaches(statuses={"newError"}, outcomes={"failed"})
def test_a_credential_that_is_refused(seen):
    it = seen()
    it.tenant.fault(method="POST", path="oauth2/v2.0/token", status=401, code="invalid_client",
                    message="AADSTS7000215: Invalid client secret provided.", times=None)  # fmt: skip

    failed = it.tenant.sync()

    it.rests("newError")
    it.ended(failed, "failed")
    it.error(failed, "credentialRefused")


@reaches(
    statuses={"notRun", "starting", "inProgress", "idle", "newError"},
    outcomes={"succeeded", "cancelled"},
    causes={"person", "timeLimit"},
)
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


@reaches(
    statuses={"pendingApproval", "idle", "partiallySucceeded"},
    outcomes={"rejected", "reverted", "expired", "cancelled", "succeeded", "partiallySucceeded"},
    causes={"person", "superseded", "approvalDeadline"},
    incomplete={"deploy"},
)
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


@reaches(
    statuses={"partiallySucceeded", "idle"},
    outcomes={"rejected", "succeeded"},
    incomplete={"notRead", "massRemoval", "blocked"},
)
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


@reaches(
    statuses={"partiallySucceeded"}, outcomes={"partiallySucceeded"}, causes={"person"}, incomplete={"deploy"}
)
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


@reaches(statuses={"idle", "partiallySucceeded"}, outcomes={"succeeded", "partiallySucceeded"},
         incomplete={"notRead"})  # fmt: skip
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


@reaches(statuses={"inProgress"}, outcomes={"cancelled"}, causes={"person"})
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


USERS_TYPE = "mobile-device-management-policies"


@reaches(
    statuses={"pendingAuthentication", "idle", "partiallySucceeded", "newError"},
    outcomes={"succeeded", "partiallySucceeded", "cancelled"},
    causes={"signInDeadline"},
    incomplete={"userAuthentication"},
)
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


@reaches(statuses={"notRun", "pendingAdminConsent", "idle"}, outcomes={"succeeded"})
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


def test_every_status_outcome_and_cause_has_its_scenario():
    met = {
        what: set().union(*(one.get(what, set()) for one in REACHED.values()))
        for what in ("statuses", "outcomes", "causes", "incomplete")
    }
    assert met == {
        "statuses": set(LABELS),
        "outcomes": {one.value for one in Outcome},
        "causes": {one.value for one in Cause},
        "incomplete": {one.value for one in Incomplete},
    }
