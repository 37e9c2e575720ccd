"""The Durable management API: addresses, statuses, pages."""

from typing import Any

import pytest

MANAGEMENT = "/runtime/webhooks/durabletask"


def test_the_status_has_what_the_real_one_has(world: Any) -> None:
    status = world.run("echo", {"a": 1}, "one")
    assert status == {
        "name": "echo",
        "instanceId": "one",
        "runtimeStatus": "Completed",
        "input": '{"a": 1}',
        "customStatus": None,
        "output": {"input": {"a": 1}, "instance": "one", "version": ""},
        "createdTime": "2026-03-01T12:00:00Z",
        "lastUpdatedTime": "2026-03-01T12:00:00Z",
        "historyEvents": None,
    }


def test_a_running_instance_answers_202_with_where_to_look_again(world: Any) -> None:
    world.start("approval", {"hours": 1}, "one")
    world.settle()
    response = world.http.get(f"{MANAGEMENT}/instances/one")
    assert response.status_code == 202
    assert response.headers["location"].endswith("/instances/one")
    assert response.headers["retry-after"] == "5"


@pytest.mark.parametrize(
    ("query", "status"), [({}, 200), ({"returnInternalServerErrorOnFailure": "true"}, 500)]
)
def test_a_failed_instance_answers_200_unless_asked_for_500(
    world: Any, query: dict[str, str], status: int
) -> None:
    world.run("raises", None, "failed")
    assert world.http.get(f"{MANAGEMENT}/instances/failed", params=query).status_code == status


def test_the_input_can_be_left_out(world: Any) -> None:
    world.run("echo", {"a": 1}, "one")
    assert world.status("one", showInput="false")["input"] is None


def test_the_history_merges_each_call_into_its_end(world: Any) -> None:
    world.run("fan", {"n": 1}, "one")
    events = world.status("one", showHistory="true", showHistoryOutput="true")["historyEvents"]
    assert [event["EventType"] for event in events] == [
        "ExecutionStarted",
        "TaskCompleted",
        "ExecutionCompleted",
    ]
    assert events[1] == {
        "EventType": "TaskCompleted",
        "Timestamp": "2026-03-01T12:00:00.000000Z",
        "Result": 0,
        "ScheduledTime": "2026-03-01T12:00:00.000000Z",
        "FunctionName": "double",
        "Input": "0",
    }
    trimmed = world.status("one", showHistory="true", showInput="false")["historyEvents"]
    assert not {"Input", "Result"} & {key for event in trimmed for key in event}


def test_lists_come_in_pages_with_a_token(world: Any) -> None:
    ids = [f"i-{number:03}" for number in range(7)]
    for instance in ids:
        world.start("echo", 1, instance)
    world.settle()
    seen: list[str] = []
    token = ""
    for _ in range(3):
        page = world.http.get(
            f"{MANAGEMENT}/instances", params={"top": 3}, headers={"x-ms-continuation-token": token}
        )
        assert page.status_code == 200
        seen += [status["instanceId"] for status in page.json()]
        token = page.headers["x-ms-continuation-token"]
    assert seen == ids
    assert token == ""


def test_a_token_from_elsewhere_is_refused(world: Any) -> None:
    response = world.http.get(f"{MANAGEMENT}/instances", headers={"x-ms-continuation-token": "!"})
    assert response.status_code == 400


def test_lists_are_filtered(world: Any) -> None:
    world.run("echo", 1, "done")
    world.start("approval", {"hours": 1}, "waits")
    world.settle()
    world.run("raises", 1, "failed")

    def ids(**query: str) -> list[str]:
        found = world.http.get(f"{MANAGEMENT}/instances/", params=query).json()
        return [status["instanceId"] for status in found]

    assert ids() == ["done", "failed", "waits"]
    assert ids(runtimeStatus="Running") == ["waits"]
    assert ids(runtimeStatus="Running,Failed") == ["failed", "waits"]
    assert ids(instanceIdPrefix="d") == ["done"]
    assert ids(createdTimeFrom="2026-03-01T12:00:01Z") == []
    assert ids(createdTimeTo="2026-03-01T12:00:01Z") == ["done", "failed", "waits"]


@pytest.mark.parametrize("wrong", ["@id", "x" * 257, "a%5Cb", "a%23b", "a%3Fb", "a%07b"])
def test_ids_that_the_real_host_refuses_are_refused(world: Any, wrong: str) -> None:
    response = world.http.post(f"{MANAGEMENT}/orchestrators/echo/{wrong}", json=1)
    assert response.status_code == 400
    assert "nstance" in response.json()["ExceptionMessage"]


def test_an_unknown_orchestrator_is_refused(world: Any) -> None:
    response = world.http.post(f"{MANAGEMENT}/orchestrators/greet", json=1)
    assert response.status_code == 400
    text = "The function 'greet' doesn't exist, is disabled, or is not an orchestrator function."
    assert response.json()["ExceptionMessage"].startswith(text)


def test_input_must_be_json(world: Any) -> None:
    assert world.http.post(f"{MANAGEMENT}/orchestrators/echo", content="{").status_code == 400


def test_names_of_functions_are_compared_without_case(world: Any) -> None:
    assert world.http.post(f"{MANAGEMENT}/orchestrators/ECHO/x", json="1").status_code == 202
    world.settle()
    assert world.state("x") == "Completed"


def test_a_start_can_wait_for_the_output(world: Any) -> None:
    address = f"{MANAGEMENT}/orchestrators/echo/quick?timeout=10&pollingInterval=0.02"
    response = world.http.post(address, json={"a": 1})
    assert (response.status_code, response.json()["input"]) == (200, {"a": 1})
    failed = world.http.post(f"{MANAGEMENT}/orchestrators/raises?timeout=10&pollingInterval=0.02", json=None)
    assert failed.json()["runtimeStatus"] == "Failed"


def test_and_stops_waiting(world: Any) -> None:
    address = f"{MANAGEMENT}/orchestrators/approval?timeout=0.1&pollingInterval=0.02"
    assert world.http.post(address, json={"hours": 1}).status_code == 202


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "entities"),
        ("GET", "entities/counter/a"),
        ("POST", "entities/counter/a?op=add"),
        ("DELETE", "entities/counter/a"),
        ("POST", "instances/one/rewind?reason=x"),
        ("POST", "makeprimary"),
    ],
)
def test_what_the_product_does_not_use_answers_501_and_says_so(world: Any, method: str, path: str) -> None:
    response = world.http.request(method, f"{MANAGEMENT}/{path}")
    assert response.status_code == 501
    assert "not supported by the local host" in response.json()["ExceptionMessage"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "orchestrators/echo"),
        ("PUT", "instances/one"),
        ("POST", "instances/one/dance"),
        ("GET", "nothing"),
    ],
)
def test_other_addresses_are_not_found(world: Any, method: str, path: str) -> None:
    assert world.http.request(method, f"{MANAGEMENT}/{path}").status_code == 404


def test_the_host_tells_its_state_and_functions(world: Any) -> None:
    assert world.http.get("/admin/host/status").json()["state"] == "Running"
    assert {"name": "echo"} in world.http.get("/admin/functions").json()
    assert world.http.get("/admin/nothing").status_code == 404
