"""Trying a type with the service principal: a refusal for being an app is an answer, all else a fault."""

from dataclasses import replace

import httpx
import pytest
from fake_graph import FakeGraph, Fault, failure, groups, ok, raising, use

from shared.domain.catalog import Answer
from shared.errors import ReadFailed


def answered(response: httpx.Response) -> FakeGraph:
    graph = groups("a")
    graph.faults = [Fault(lambda _: response, times=99)]
    return graph


def tried(graph: FakeGraph) -> bool:
    return use(graph, lambda api: api.try_app(graph.spec))


def test_one_read_tells_that_the_app_may() -> None:
    graph = groups("a", "b", "c")
    assert tried(graph)
    assert [request.method for request in graph.seen] == ["GET"]


@pytest.mark.parametrize(
    "response",
    [
        failure(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation."),
        failure(401, "UnknownError", ""),
        failure(400, "BadRequest", "This API does not support app-only tokens."),
        failure(405, "Request_BadRequest", "Only delegated access is supported."),
    ],
    ids=["403", "401", "400 app-only", "405 delegated"],
)
def test_an_app_that_is_refused_may_not(response: httpx.Response) -> None:
    assert not tried(answered(response))


@pytest.mark.parametrize(
    "response",
    [failure(400, "BadRequest", "Syntax error"), failure(404), failure(503)],
    ids=["400", "404", "503"],
)
def test_anything_else_is_a_failed_read(response: httpx.Response) -> None:
    with pytest.raises(ReadFailed, match="trying groups with the service principal"):
        tried(answered(response))


def test_no_answer_is_a_failed_read() -> None:
    graph = groups("a")
    graph.faults = [Fault(raising(httpx.ReadTimeout("late")), times=99)]
    with pytest.raises(ReadFailed):
        tried(graph)


def test_a_type_that_the_tenant_lacks_was_not_refused_to_the_app() -> None:
    graph = answered(failure(403, "Forbidden", "The tenant has no licence"))
    graph.spec = replace(graph.spec, absent_answers=(Answer(403, message="no licence"),))
    assert tried(graph)


def test_the_first_page_is_enough() -> None:
    graph = answered(ok({"value": [], "@odata.nextLink": "https://graph.example/v1.0/groups?$skiptoken=2"}))
    assert tried(graph)
    assert len(graph.seen) == 1
