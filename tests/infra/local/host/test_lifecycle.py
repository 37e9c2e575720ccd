"""What is done to an instance from outside: suspend, resume, terminate, purge, restart, start again."""

import json
from datetime import timedelta
from typing import Any

import pytest

from infra.local.host import Role

MANAGEMENT = "/runtime/webhooks/durabletask"


def test_a_suspended_instance_takes_events_and_acts_on_them_when_resumed(world: Any) -> None:
    instance = world.start("approval", {"hours": 5})
    world.settle()
    assert world.operate(instance, "suspend", reason="lunch").status_code == 202
    world.settle()
    assert world.state(instance) == "Suspended"
    world.send(instance, "Approval", "Ann")
    world.settle()
    assert world.state(instance) == "Suspended"
    assert world.operate(instance, "resume", reason="back").status_code == 202
    world.settle()
    assert world.status(instance)["output"] == {"by": "Ann"}


def test_suspending_twice_needs_one_resume(world: Any) -> None:
    instance = world.start("approval", {"hours": 5})
    world.settle()
    for _ in range(2):
        world.operate(instance, "suspend")
        world.settle()
    world.send(instance, "Approval", "Ann")
    world.operate(instance, "resume")
    world.settle()
    assert world.status(instance)["output"] == {"by": "Ann"}


def test_a_resume_of_what_is_not_suspended_changes_nothing(world: Any) -> None:
    instance = world.start("approval", {"hours": 5})
    world.settle()
    world.operate(instance, "resume")
    world.settle()
    assert world.state(instance) == "Running"


def test_a_timer_that_rings_while_suspended_counts_after_the_resume(world: Any) -> None:
    instance = world.start("approval", {"hours": 1})
    world.settle()
    world.operate(instance, "suspend")
    world.pass_time(hours=2)
    assert world.state(instance) == "Suspended"
    world.operate(instance, "resume")
    world.settle()
    assert world.status(instance)["output"] == {"expired": True}


def test_an_instance_suspended_before_its_first_episode_calls_nothing_until_resumed(make_world: Any) -> None:
    """An HTTP-only host takes start and suspend, so that both are there when a durable host comes."""
    front = make_world(roles=frozenset({Role.HTTP}))
    instance = front.start("retried", {"interval": 1000, "attempts": 1, "failures": 0}, "early-bird")
    front.operate(instance, "suspend")
    world = make_world(clock=front.clock)
    world.settle()
    assert world.state(instance) == "Suspended"
    assert "early-bird" not in world.module("activities").CALLS
    world.operate(instance, "resume")
    world.settle()
    assert world.state(instance) == "Completed"


def test_a_terminated_instance_ends_with_the_reason(world: Any) -> None:
    instance = world.start("approval", {"hours": 1})
    world.settle()
    assert world.operate(instance, "terminate", reason="because é").status_code == 202
    world.settle()
    status = world.status(instance)
    assert (status["runtimeStatus"], status["output"]) == ("Terminated", "because é")


def test_a_suspended_instance_can_be_terminated(world: Any) -> None:
    instance = world.start("approval", {"hours": 1})
    world.settle()
    world.operate(instance, "suspend")
    world.settle()
    world.operate(instance, "terminate", reason="x")
    world.settle()
    assert world.state(instance) == "Terminated"


def test_terminating_does_not_stop_a_running_activity(world: Any) -> None:
    instance = world.start("holds", {"gate": "g"})
    gate = world.held("g")
    world.operate(instance, "terminate", reason="x")
    world.wait_for(instance, "Terminated")
    gate.set()
    world.settle()
    assert world.state(instance) == "Terminated"


@pytest.mark.parametrize("operation", ["terminate", "suspend", "resume"])
def test_an_ended_instance_is_gone_and_an_unknown_one_not_found(world: Any, operation: str) -> None:
    world.run("echo", 1, "ended")
    assert world.operate("ended", operation).status_code == 410
    assert world.operate("nobody", operation).status_code == 404


def test_a_purged_instance_is_gone_with_all_it_had(world: Any) -> None:
    world.run("chain", None, "old")
    response = world.http.delete(f"{MANAGEMENT}/instances/old")
    assert (response.status_code, response.json()) == (200, {"instancesDeleted": 1})
    assert world.http.get(f"{MANAGEMENT}/instances/old").status_code == 404
    assert world.http.delete(f"{MANAGEMENT}/instances/old").status_code == 404


def test_a_running_instance_is_not_purged(world: Any) -> None:
    world.start("approval", {"hours": 1}, "running")
    world.settle()
    assert world.http.delete(f"{MANAGEMENT}/instances/running").json() == {"instancesDeleted": 0}
    assert world.state("running") == "Running"


def test_purging_by_filter_takes_age_and_status_into_account(world: Any) -> None:
    start = world.clock.now()
    world.run("echo", 1, "old-completed")
    world.run("raises", 1, "old-failed")
    world.pass_time(days=2)
    world.run("echo", 1, "new-completed")
    query = {"createdTimeFrom": start.isoformat(), "createdTimeTo": (start + timedelta(days=1)).isoformat()}
    purged = world.http.delete(f"{MANAGEMENT}/instances/", params=query | {"runtimeStatus": "Completed"})
    assert purged.json() == {"instancesDeleted": 1}
    left = {status["instanceId"] for status in world.http.get(f"{MANAGEMENT}/instances/").json()}
    assert left == {"old-failed", "new-completed"}
    assert (
        world.http.delete(
            f"{MANAGEMENT}/instances/", params=query | {"runtimeStatus": "Completed"}
        ).status_code
        == 404
    )
    assert world.http.delete(f"{MANAGEMENT}/instances/").status_code == 400


def test_an_ended_instance_can_be_started_again_under_its_id(world: Any) -> None:
    world.run("echo", "first", "again")
    assert world.run("echo", "second", "again")["output"]["input"] == "second"


def test_a_running_instance_is_not_replaced(world: Any) -> None:
    world.start("approval", {"hours": 1}, "busy")
    world.settle()
    response = world.http.post(f"{MANAGEMENT}/orchestrators/echo/busy", json=1)
    assert response.status_code == 500
    text = "An Orchestration instance with the status Running already exists."
    assert response.json()["ExceptionMessage"] == text


@pytest.mark.parametrize("fresh", ["true", "false"])
def test_a_restart_runs_the_same_input_again(world: Any, fresh: str) -> None:
    world.run("echo", {"a": 1}, "first")
    response = world.operate("first", "restart", restartWithNewInstanceId=fresh)
    assert response.status_code == 202
    again = response.json()["id"]
    assert (again == "first") is (fresh == "false")
    world.settle()
    assert world.status(again)["output"]["input"] == {"a": 1}


def test_a_restart_of_nothing_is_refused(world: Any) -> None:
    response = world.operate("nobody", "restart")
    assert response.status_code == 400
    assert "nobody" in response.json()["ExceptionMessage"]


def test_a_new_execution_does_not_get_what_was_meant_for_the_old(world: Any) -> None:
    """A held activity of a terminated instance ends after the id was given to a new one."""
    world.start("holds", {"gate": "late"}, "same-id")
    gate = world.held("late")
    world.operate("same-id", "terminate")
    world.wait_for("same-id", "Terminated")
    world.start("approval", {"hours": 1}, "same-id")
    gate.set()
    world.settle()
    assert world.state("same-id") == "Running"
    world.send("same-id", "Approval", json.dumps("x"))
    world.settle()
    assert world.state("same-id") == "Completed"
