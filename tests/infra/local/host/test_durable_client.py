"""The durable client of the SDK against this host."""

from typing import Any

import pytest


def test_a_start_answers_202_with_addresses_at_the_callers_origin(world: Any) -> None:
    response = world.http.post(
        "/api/start/approval/mine", json={"hours": 1}, headers={"host": "accord.example:8443"}
    )
    assert response.status_code == 202
    urls = response.json()
    assert urls["id"] == "mine"
    assert urls["statusQueryGetUri"].startswith(
        "http://accord.example:8443/runtime/webhooks/durabletask/instances/mine?taskHub=Conformance&connection=Storage"
    )
    assert response.headers["location"] == urls["statusQueryGetUri"]
    assert response.headers["retry-after"] == "10"
    assert set(urls) == {
        "id",
        "statusQueryGetUri",
        "sendEventPostUri",
        "terminatePostUri",
        "rewindPostUri",
        "purgeHistoryDeleteUri",
        "restartPostUri",
        "suspendPostUri",
        "resumePostUri",
    }


def test_the_public_url_is_the_origin_of_the_addresses(make_world: Any) -> None:
    world = make_world(public_url="https://accord.example/")
    response = world.http.post("/runtime/webhooks/durabletask/orchestrators/echo", json=1)
    assert response.json()["statusQueryGetUri"].startswith("https://accord.example/runtime/")


def test_the_addresses_work(world: Any) -> None:
    urls = world.http.post("/api/start/approval", json={"hours": 1}).json()
    world.settle()
    world.http.post(urls["sendEventPostUri"].replace("{eventName}", "Approval"), json="Ann")
    world.settle()
    assert world.http.get(urls["statusQueryGetUri"]).json()["output"] == {"by": "Ann"}
    assert world.http.post(urls["restartPostUri"]).status_code == 202
    assert world.http.delete(urls["purgeHistoryDeleteUri"]).json() == {"instancesDeleted": 1}


def test_the_client_does_what_it_can_do(world: Any) -> None:
    def use(operation: str, instance: str, **asked: Any) -> Any:
        return world.http.post(f"/api/client/{operation}/{instance}", json=asked).json()

    world.start("approval", {"hours": 1}, "mine")
    world.settle()
    assert use("get_status", "mine")["returned"]["runtimeStatus"] == "Running"
    assert use("suspend", "mine", reason="a b") == {"returned": None, "found": False}
    world.settle()
    assert world.state("mine") == "Suspended"
    use("resume", "mine", reason="on")
    world.settle()
    use("terminate", "mine", reason="off & out")
    world.settle()
    assert world.status("mine")["output"] == "off & out"
    assert use("purge_instance_history", "mine")["returned"] == 1
    assert use("purge_instance_history", "mine")["returned"] == 0
    assert use("raise_event", "mine", event_name="X")["raised"] == "No instance with ID mine found."
    assert "is gone" in _raised_on_ended(world)


def test_an_activity_has_its_durable_client(world: Any) -> None:
    assert world.run("delegates")["output"] == "delegated"
    assert world.status("delegated")["output"]["input"] == "from an activity"


def _raised_on_ended(world: Any) -> str:
    world.run("echo", 1, "ended")
    answer = world.http.post("/api/client/raise_event/ended", json={"event_name": "X"}).json()
    return str(answer["raised"])


def test_the_client_lists_by_prefix(world: Any) -> None:
    for instance in ("a-1", "a-2", "b-1"):
        world.start("echo", 1, instance)
    world.settle()
    found = world.http.post("/api/client/get_status_by", json={"instance_id_prefix": "a-"}).json()["returned"]
    assert [status["instanceId"] for status in found] == ["a-1", "a-2"]


@pytest.mark.parametrize("operation", ["rewind"])
def test_what_this_host_does_not_do_raises_in_the_client(world: Any, operation: str) -> None:
    world.run("raises", None, "failed")
    answer = world.http.post(f"/api/client/{operation}/failed", json={"reason": "x"}).json()
    assert "not supported by the local host" in answer["raised"]


def test_a_wrong_name_raises_in_the_client_with_the_known_ones(world: Any) -> None:
    response = world.http.post("/api/start/nobody")
    assert response.status_code == 418
    assert "The function 'nobody' doesn't exist, is disabled, or is not an orchestrator" in response.text
    assert "'echo'" in response.text
