"""Multi admin approval as Intune has it: what is protected waits for a second administrator.

learn.microsoft.com/intune/fundamentals/role-based-access-control/multi-admin-approval-graph-api
"""

from __future__ import annotations

import base64
from typing import Any

import pytest

from infra.local.tenant.app_roles import APP_ID

SCRIPTS = "/beta/deviceManagement/deviceManagementScripts"
REQUESTS = "/beta/deviceManagement/operationApprovalRequests"
SCRIPT = {
    "displayName": "Guarded",
    "fileName": "guarded.ps1",
    "scriptContent": "V3JpdGUtT3V0cHV0",
    "runAsAccount": "system",
}
SECRET = "0" * 8 + "-0000-4000-8000-" + "0" * 12


def because(text: str = "as agreed") -> dict[str, str]:
    return {"x-msft-approval-justification": base64.b64encode(text.encode()).decode()}


@pytest.fixture
def guarded(tenant: Any) -> Any:
    """A tenant whose scripts need approval, with one script made before."""
    assert tenant.post(SCRIPTS, {**SCRIPT, "displayName": "Old"}).status_code == 201
    assert tenant.control("PUT", "approvals/policies/script").status_code == 200
    return tenant


def file(tenant: Any, method: str = "POST", path: str = SCRIPTS, body: Any = SCRIPT, why: str = "x") -> str:
    answer = tenant.request(method, path, body, **because(why))
    assert answer.status_code == 412, answer.text
    return str(answer.headers["x-msft-approval-code"])


def decide(tenant: Any, code: str, decision: str = "approve", **more: str) -> None:
    answer = tenant.control("POST", f"approvals/requests/{code}", {"decision": decision, **more})
    assert answer.status_code == 200, answer.text


def repeat(tenant: Any, code: str, method: str = "POST", path: str = SCRIPTS, body: Any = SCRIPT) -> Any:
    return tenant.request(method, path, body, **{"x-msft-approval-code": code})


def status(tenant: Any, code: str) -> str:
    return str(tenant.get(f"{REQUESTS}/{code}").json()["status"])


def old(tenant: Any) -> str:
    return f"{SCRIPTS}/{tenant.named('beta/deviceManagement/deviceManagementScripts', 'Old')['id']}"


def test_without_a_justification_nothing_is_filed(guarded):
    answer = guarded.post(SCRIPTS, SCRIPT)

    assert answer.status_code == 400
    assert "Header 'x-msft-approval-justification' is required to request approval" in answer.text
    assert guarded.get(REQUESTS).json()["value"] == []


@pytest.mark.parametrize(
    ("header", "words"),
    [("plain text", "must be Base64"), (base64.b64encode(b"x" * 1025).decode(), "no greater than 1024")],
    ids=["not base64", "too long"],
)
def test_a_justification_has_its_form(guarded, header, words):
    answer = guarded.request("POST", SCRIPTS, SCRIPT, **{"x-msft-approval-justification": header})

    assert answer.status_code == 400
    assert words in answer.text


def test_a_write_is_filed_and_not_done(guarded):
    answer = guarded.request("POST", SCRIPTS, SCRIPT, **because("for Ada"))

    assert answer.status_code == 412
    code = answer.headers["x-msft-approval-code"]
    assert answer.json()["error"]["code"] == "BadRequest"
    assert f"x-msft-approval-code: {code}" in answer.json()["error"]["message"]
    filed = guarded.get(f"{REQUESTS}/{code}").json()
    assert (filed["status"], filed["requestJustification"]) == ("needsApproval", "for Ada")
    assert filed["requiredOperationApprovalPolicyTypes"] == ["script"]
    assert [one["displayName"] for one in guarded.all(SCRIPTS) if one["displayName"] == "Guarded"] == []


def test_the_very_same_request_goes_through_once_approved(guarded):
    code = file(guarded)
    decide(guarded, code, by="Eve", note="fine")

    assert repeat(guarded, code).status_code == 201

    filed = guarded.get(f"{REQUESTS}/{code}").json()
    assert filed["status"] == "completed"
    assert (filed["approver"]["user"]["displayName"], filed["approvalJustification"]) == ("Eve", "fine")
    assert repeat(guarded, code).status_code == 403


@pytest.mark.parametrize("decision", ["reject", "cancel", "expire"])
def test_nothing_else_lets_it_through(guarded, decision):
    code = file(guarded)
    decide(guarded, code, decision)

    assert repeat(guarded, code).status_code == 403


def test_another_body_method_or_address_is_not_what_was_approved(guarded):
    code = file(guarded)
    decide(guarded, code)

    assert repeat(guarded, code, body={**SCRIPT, "fileName": "other.ps1"}).status_code == 403
    assert repeat(guarded, code, "PATCH", old(guarded)).status_code == 403
    assert repeat(guarded, SECRET).status_code == 403
    assert repeat(guarded, "no guid").status_code == 400
    assert repeat(guarded, code).status_code == 201


def test_one_request_for_an_object_at_a_time(guarded):
    path, body = old(guarded), {"description": "new"}
    code = file(guarded, "PATCH", path, body)

    again = guarded.request("PATCH", path, body, **because())
    delete = guarded.request("DELETE", path, None, **because())

    assert (again.status_code, delete.status_code) == (409, 409)
    assert "An active Approval Request already exists for this entity" in again.text
    decide(guarded, code, "reject")
    assert guarded.request("PATCH", path, body, **because()).status_code == 412


def test_assignments_and_deletes_are_protected_too(guarded):
    path = old(guarded)

    code = file(guarded, "POST", f"{path}/assign", {"deviceManagementScriptAssignments": []})
    decide(guarded, code, "reject")
    code = file(guarded, "DELETE", path, None)
    decide(guarded, code)

    assert repeat(guarded, code, "DELETE", path, None).status_code == 204


def test_what_nobody_processes_for_three_days_expires(guarded):
    code = file(guarded)
    guarded.clock.advance(3 * 86_400)
    guarded.sign_in()

    assert status(guarded, code) == "expired"


def test_who_filed_a_request_takes_it_back(guarded):
    code = file(guarded)

    assert guarded.post(f"{REQUESTS}/cancelMyRequest", {"id": code}).status_code == 204

    assert status(guarded, code) == "cancelled"
    assert guarded.post(f"{REQUESTS}/cancelMyRequest", {"id": code}).status_code == 400
    assert guarded.post(f"{REQUESTS}/cancelMyRequest", {"id": SECRET}).status_code == 404


def test_an_application_cannot_approve(guarded):
    code = file(guarded)

    assert guarded.post(f"{REQUESTS}/{code}/approve", {"justification": "x"}).status_code == 403
    assert status(guarded, code) == "needsApproval"


def test_requests_are_listed_in_pages_and_by_their_state(guarded):
    codes = [file(guarded, why=f"number {number}") for number in range(21)]
    decide(guarded, codes[0])

    assert [one["id"] for one in guarded.all(REQUESTS)] == codes
    approved = guarded.get(f"{REQUESTS}?$filter=status eq 'approved'").json()["value"]
    assert [one["id"] for one in approved] == codes[:1]
    assert guarded.get(f"{REQUESTS}?$filter=requestId eq '{codes[3]}'").json()["value"][0]["id"] == codes[3]
    assert guarded.get(f"{REQUESTS}?$filter=startswith(status,'a')").status_code == 400


def test_only_beta_has_the_requests_and_only_who_may_reads_them(guarded):
    assert guarded.get("/v1.0/deviceManagement/operationApprovalRequests").status_code == 400
    for permission in ("DeviceManagementConfiguration", "DeviceManagementRBAC"):
        for access in ("Read", "ReadWrite"):
            guarded.control("DELETE", f"grants/{permission}.{access}.All")
    guarded.sign_in()

    assert guarded.get(REQUESTS).status_code == 403


def test_reads_other_types_excluded_apps_and_the_portal_are_not_held(guarded):
    assert guarded.get(SCRIPTS).status_code == 200
    category = {"displayName": "Kiosks", "platform": "windows10AndLater", "rule": '(device.model -eq "A")'}
    assert guarded.post("/beta/deviceManagement/assignmentFilters", category).status_code in (200, 201)
    made = guarded.control("POST", "objects/beta/deviceManagement/deviceManagementScripts", SCRIPT)
    assert made.status_code == 201
    guarded.control("PUT", "approvals/policies/script", {"excluded": [APP_ID]})
    assert guarded.post(SCRIPTS, {**SCRIPT, "displayName": "Free"}).status_code == 201


def test_a_missing_permission_is_said_before_an_approval_is_asked_for(guarded):
    for permission in ("DeviceManagementScripts", "DeviceManagementConfiguration"):
        guarded.control("DELETE", f"grants/{permission}.ReadWrite.All")
    guarded.sign_in()

    assert guarded.request("POST", SCRIPTS, SCRIPT, **because()).status_code == 403
    assert guarded.get(REQUESTS).json()["value"] == []


def test_unprotected_again_writes_go_through(guarded):
    guarded.control("DELETE", "approvals/policies/script")

    assert guarded.post(SCRIPTS, SCRIPT).status_code == 201


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "approvals/policies/toaster", {}),
        ("POST", f"approvals/requests/{SECRET}", {"decision": "approve"}),
        ("POST", "approvals", {}),
    ],
    ids=["policy type", "request", "address"],
)
def test_what_the_control_interface_does_not_know_it_says(guarded, method, path, body):
    assert guarded.control(method, path, body).status_code == 404
