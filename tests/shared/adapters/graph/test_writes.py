"""What is sent once, what is repeated, and what an answer means, against a Graph in memory."""

import json
from typing import Any

import httpx
import pytest
from fake_graph import Fault, answering, failure, groups, not_found, ok, raising, use

from shared.domain.request import Request
from shared.errors import WriteRefused, WriteUnknown

POST = Request("POST", "v1.0", "/groups", "directory", {"displayName": "N"}, "creating groups 'N'", once=True)
PATCH = Request("PATCH", "v1.0", "/groups/1", "directory", {"displayName": "N"}, "updating groups 'N'")


def test_a_write_answers_what_the_service_made() -> None:
    graph = answering(httpx.Response(201, json={"id": "1"}, headers={"request-id": "r"}))
    answer = use(graph, lambda api: api.send(POST))
    assert (answer.status, answer.body, answer.request_id) == (201, {"id": "1"}, "r")
    assert json.loads(graph.seen[0].content) == {"displayName": "N"}


@pytest.mark.parametrize(
    "fault",
    [
        raising(httpx.ReadTimeout("slow")),
        raising(httpx.ReadError("reset")),
        lambda _: failure(503),
        lambda _: failure(500),
    ],
    ids=["time-out", "reset", "503", "500"],
)
def test_a_create_of_unknown_fate_is_not_sent_again(fault: Any) -> None:
    graph = groups()
    graph.faults = [Fault(fault, times=100)]
    with pytest.raises(WriteUnknown, match="creating groups 'N'"):
        use(graph, lambda api: api.send(POST))
    assert len(graph.seen) == 1


@pytest.mark.parametrize(
    "fault",
    [raising(httpx.ConnectError("refused")), lambda _: failure(429), lambda _: failure(401)],
    ids=["no connection", "429", "401"],
)
def test_a_create_that_was_certainly_not_applied_is_sent_again(fault: Any) -> None:
    graph = groups()
    graph.faults = [Fault(fault), Fault(lambda _: ok({"id": "1"}), at=1)]
    assert use(graph, lambda api: api.send(POST)).body == {"id": "1"}
    assert len(graph.seen) == 2


@pytest.mark.parametrize(
    "fault",
    [
        raising(httpx.ReadTimeout("slow")),
        raising(httpx.ReadError("reset")),
        lambda _: failure(503),
        lambda _: failure(429),
    ],
    ids=["time-out", "reset", "503", "429"],
)
def test_any_other_write_is_repeated(fault: Any) -> None:
    graph = groups()
    graph.faults = [Fault(fault, times=2), Fault(lambda _: httpx.Response(204), at=2)]
    assert use(graph, lambda api: api.send(PATCH)).status == 204


def test_a_write_that_never_gets_an_answer_is_unknown_in_the_end() -> None:
    graph = groups()
    graph.faults = [Fault(raising(httpx.ReadTimeout("slow")), times=100)]
    with pytest.raises(WriteUnknown):
        use(graph, lambda api: api.send(PATCH), attempts=3)
    assert len(graph.seen) == 3


@pytest.mark.parametrize("status", [400, 403, 404, 409, 422, 429])
def test_a_refused_write_says_the_services_own_error(status: int) -> None:
    graph = groups()
    graph.faults = [Fault(lambda _: failure(status, "Code", "Because"), times=100)]
    with pytest.raises(WriteRefused) as refused:
        use(graph, lambda api: api.send(PATCH))
    assert (refused.value.status, refused.value.code, refused.value.message) == (status, "Code", "Because")
    assert refused.value.request_id == "r-2"


def test_a_delete_that_finds_nothing_is_done() -> None:
    graph = groups()
    graph.faults = [Fault(raising(httpx.ReadError("reset"))), Fault(lambda _: not_found(), at=1)]
    delete = Request("DELETE", "v1.0", "/groups/1", "directory", None, "deleting groups 'N'")
    assert use(graph, lambda api: api.send(delete)).status == 404


def test_a_write_that_cannot_connect_is_refused() -> None:
    graph = groups()
    graph.faults = [Fault(raising(httpx.ConnectError("refused")), times=100)]
    with pytest.raises(WriteRefused):
        use(graph, lambda api: api.send(POST))
