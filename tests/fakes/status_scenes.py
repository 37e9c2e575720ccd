"""What the scenarios of the statuses share: what each has to reach, and `Seen`, for what was shown."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

FILTERS = "beta/deviceManagement/assignmentFilters"
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


SCENARIOS: dict[str, dict[str, set[str]]] = {
    "test_a_credential_that_is_refused": {"statuses": {"newError"}, "outcomes": {"failed"}},
    "test_a_tenant_s_first_syncs": {
        "statuses": {"notRun", "starting", "inProgress", "idle", "newError"},
        "outcomes": {"succeeded", "cancelled"},
        "causes": {"person", "timeLimit"},
    },
    "test_one_question_and_every_answer_to_it": {
        "statuses": {"pendingApproval", "idle", "partiallySucceeded"},
        "outcomes": {"rejected", "reverted", "expired", "cancelled", "succeeded", "partiallySucceeded"},
        "causes": {"person", "superseded", "approvalDeadline"},
        "incomplete": {"deploy"},
    },
    "test_three_causes_at_once_and_each_goes_by_itself": {
        "statuses": {"partiallySucceeded", "idle"},
        "outcomes": {"rejected", "succeeded"},
        "incomplete": {"notRead", "massRemoval", "blocked"},
    },
    "test_a_deploy_cancelled_in_the_middle_finishes_its_write_and_reports": {
        "statuses": {"partiallySucceeded"},
        "outcomes": {"partiallySucceeded"},
        "causes": {"person"},
        "incomplete": {"deploy"},
    },
    "test_a_service_without_a_licence_counts_only_for_types_that_had_items": {
        "statuses": {"idle", "partiallySucceeded"},
        "outcomes": {"succeeded", "partiallySucceeded"},
        "incomplete": {"notRead"},
    },
    "test_a_cancel_is_heard_in": {
        "statuses": {"inProgress"},
        "outcomes": {"cancelled"},
        "causes": {"person"},
    },
    "test_a_sync_that_waits_for_a_person_to_sign_in": {
        "statuses": {"pendingAuthentication", "idle", "partiallySucceeded", "newError"},
        "outcomes": {"succeeded", "partiallySucceeded", "cancelled"},
        "causes": {"signInDeadline"},
        "incomplete": {"userAuthentication"},
    },
    "test_a_permission_that_nobody_consented_to": {
        "statuses": {"notRun", "pendingAdminConsent", "idle"},
        "outcomes": {"succeeded"},
    },
}
"""Each scenario of the end-to-end tests, and what it has to reach."""


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


def until(condition: Callable[[], bool], seconds: float = 120.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came to that"
        time.sleep(0.02)


def met(tenant: Any) -> bool:
    """Whether some request has met the fault that was planted last: it hangs there now."""
    return not tenant.control.get("/faults").json()["value"]
