"""Intune's multi-admin approval on the wire: what a write carries, what holds it back, and how it is asked
about.
"""

import base64
import json
from typing import Any

import httpx
import pytest
from fake_graph import BASE, Fault, answering, failure, groups, ok, raising, use

from shared.domain.request import Request
from shared.domain.tenant_approval import ApprovalState
from shared.errors import ReadFailed, WriteRefused
from shared.ports import Held

CODE = "aabb1234-5678-9012-abcd-ef0123456789"
WHY = "Accord, sync S1, c3, abc: updating device-management-scripts 'Änderung'."
PATH = "/deviceManagement/deviceManagementScripts/1"
PATCH = Request("PATCH", "beta", PATH, "intune", {"displayName": "N"}, "updating scripts 'N'")
GROUP = Request("PATCH", "v1.0", "/groups/1", "directory", {"displayName": "N"}, "updating groups 'N'")
REQUESTS = f"{BASE}/beta/deviceManagement/operationApprovalRequests"
TOLD = f"Approval Required. Request Approval using the request ID … header. x-msft-approval-code: {CODE}"


def refused(status: int, code: str, message: str, **headers: str) -> httpx.Response:
    body = {"error": {"code": code, "message": message}}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(status, json=body, headers={"request-id": "r", **named})


def test_a_write_to_intune_says_why_at_once_and_any_other_does_not() -> None:
    graph = answering(httpx.Response(204), httpx.Response(204))

    use(graph, lambda api: api.send(PATCH, why=WHY))
    use(graph, lambda api: api.send(GROUP, why=WHY))

    sent = graph.seen[0].headers["x-msft-approval-justification"]
    assert base64.b64decode(sent).decode() == WHY
    assert "x-msft-approval-justification" not in graph.seen[1].headers


def test_the_repetition_carries_the_approval_alone_and_the_same_bytes() -> None:
    graph = answering(httpx.Response(204), httpx.Response(204))

    use(graph, lambda api: api.send(PATCH, why=WHY))
    use(graph, lambda api: api.send(PATCH, approval=CODE))

    first, second = graph.seen
    assert second.headers["x-msft-approval-code"] == CODE
    assert "x-msft-approval-justification" not in second.headers
    assert first.content == second.content


HOLDS = {
    "412 and the header": refused(412, "BadRequest", "Approval Required.", x_msft_approval_code=CODE),
    "412 and the message alone": refused(412, "BadRequest", TOLD),
    "403 as documented before": refused(403, "ApprovalRequired", TOLD, x_msft_approval_code=CODE),
    "the message as Intune wraps it": refused(
        412, "BadRequest", json.dumps({"_version": 3, "Message": f"{TOLD} - Operation ID: 0"})
    ),
}


@pytest.mark.parametrize("answer", HOLDS.values(), ids=HOLDS.keys())
def test_a_write_that_the_tenant_holds_back_is_neither_refused_nor_unknown(answer: httpx.Response) -> None:
    assert use(answering(answer), lambda api: api.send(PATCH, why=WHY)) == Held(CODE, "r")


REFUSES = {
    "no justification": refused(400, "BadRequest", "Header 'x-msft-approval-justification' is required"),
    "no permission": refused(403, "Forbidden", "no scope"),
    "an id that is none": refused(412, "BadRequest", "Approval", x_msft_approval_code="../../x"),
    "somebody else asks": refused(
        409, "Conflict", "An active Approval Request already exists for this entity"
    ),
}


@pytest.mark.parametrize("answer", REFUSES.values(), ids=REFUSES.keys())
def test_any_other_refusal_is_one(answer: httpx.Response) -> None:
    with pytest.raises(WriteRefused):
        use(answering(answer, ok({"value": []})), lambda api: api.send(PATCH, why=WHY))


def filed(state: str = "needsApproval", why: str = WHY, code: str = CODE) -> dict[str, str]:
    return {"id": code, "status": state, "requestJustification": why}


def test_a_request_whose_answer_was_lost_is_found_by_its_words() -> None:
    busy = REFUSES["somebody else asks"]
    first = ok({"value": [filed(why="other")], "@odata.nextLink": f"{REQUESTS}?$skip=1"})
    graph = answering(busy, first, ok({"value": [filed("rejected", code="no"), filed()]}))

    assert use(graph, lambda api: api.send(PATCH, why=WHY)) == Held(CODE, "r")


def test_a_list_that_cannot_be_read_leaves_the_refusal_as_it_is() -> None:
    graph = answering(REFUSES["somebody else asks"], failure(403))

    with pytest.raises(WriteRefused, match="active Approval Request"):
        use(graph, lambda api: api.send(PATCH, why=WHY))


def test_only_what_may_be_held_is_looked_for() -> None:
    graph = answering(ok({"value": [filed()]}))

    assert use(graph, lambda api: api.find_approval(GROUP, WHY)) is None
    assert use(graph, lambda api: api.find_approval(PATCH, WHY)) == CODE
    assert use(answering(ok({"value": []})), lambda api: api.find_approval(PATCH, WHY)) is None


@pytest.mark.parametrize(
    "link", ["https://elsewhere.example/beta", REQUESTS], ids=["another service", "without an end"]
)
def test_a_list_that_leads_astray_is_no_answer(link: str) -> None:
    page = {"value": [], "@odata.nextLink": link}
    graph = answering(*[ok(page) for _ in range(30)])

    with pytest.raises(ReadFailed):
        use(graph, lambda api: api.find_approval(PATCH, WHY))


STATES = {
    "needsApproval": ApprovalState.NEEDED,
    "approved": ApprovalState.APPROVED,
    "rejected": ApprovalState.REJECTED,
    "cancelled": ApprovalState.CANCELLED,
    "completed": ApprovalState.COMPLETED,
    "expired": ApprovalState.EXPIRED,
    "unknownFutureValue": ApprovalState.UNKNOWN,
}


@pytest.mark.parametrize(("word", "state"), STATES.items(), ids=STATES.keys())
def test_a_request_is_read_by_its_id(word: str, state: ApprovalState) -> None:
    graph = answering(ok(filed(word)))

    assert use(graph, lambda api: api.approval(CODE)).state is state
    assert str(graph.seen[0].url) == f"{REQUESTS}/{CODE}"


WHO: dict[str, tuple[Any, str]] = {
    "by name": ({"user": {"displayName": "Eve", "id": "u-9"}}, "Eve"),
    "by id": ({"user": {"id": "u-9"}}, "u-9"),
    "nobody yet": (None, ""),
}


@pytest.mark.parametrize(("approver", "name"), WHO.values(), ids=WHO.keys())
def test_the_answer_names_who_gave_it(approver: Any, name: str) -> None:
    body = {**filed("rejected"), "approver": approver, "approvalJustification": "not today"}

    answer = use(answering(ok({"value": body})), lambda api: api.approval(CODE))

    assert (answer.by, answer.note) == (name, "not today")


BROKEN = {
    "no permission": failure(403),
    "no status": ok({"id": CODE}),
    "no object": ok([]),
    "not found": refused(404, "ResourceNotFound", "no"),
}


@pytest.mark.parametrize("answer", BROKEN.values(), ids=BROKEN.keys())
def test_a_request_that_cannot_be_read_is_no_answer(answer: Any) -> None:
    with pytest.raises(ReadFailed):
        use(answering(answer), lambda api: api.approval(CODE))


def test_a_service_that_breaks_off_is_no_answer() -> None:
    graph = groups()
    graph.faults = [Fault(raising(httpx.ReadError("reset")), times=9)]

    with pytest.raises(ReadFailed):
        use(graph, lambda api: api.approval(CODE), attempts=2)
