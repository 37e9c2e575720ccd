"""Orchestrators and activities: values, failures, waiting for several things."""

from typing import Any

import pytest


@pytest.mark.parametrize("body", [{"a": 1}, [1, "é"], "text", 7, True, None], ids=str)
def test_an_orchestrator_gets_its_input_and_returns_its_output(world: Any, body: Any) -> None:
    status = world.run("echo", body, "echo-1")
    assert status["runtimeStatus"] == "Completed"
    assert status["output"] == {"input": body, "instance": "echo-1", "version": ""}


def test_activities_run_one_after_the_other_with_their_values(world: Any) -> None:
    greeting, nested, empty, renamed, told = world.run("chain")["output"]
    assert greeting == "hello Ann"
    assert nested == {"hello": "hello Ann", "nested": {"list": [1, 2, None]}}
    assert empty is None
    assert renamed == "renamed x"
    assert told == {"function": "with_context", "invocation": 32}


def test_a_fan_out_runs_all_its_activities(world: Any) -> None:
    assert world.run("fan", {"n": 20})["output"] == sum(2 * n for n in range(20))


def test_tasks_nest(world: Any) -> None:
    """The first of two is over at once, but its timer is still open, and the instance with it."""
    instance = world.start("nested_tasks")
    world.settle()
    assert world.state(instance) == "Running"
    world.pass_time(hours=1)
    assert world.status(instance)["output"][1] == 4


def test_a_failing_activity_can_be_caught_and_says_what_failed(world: Any) -> None:
    output = world.run("catches")["output"]
    assert output.startswith("Activity function 'boom' failed: RuntimeError: boom x")
    assert "Traceback" in output


def test_a_failing_orchestrator_fails_the_instance(world: Any) -> None:
    status = world.run("raises")
    assert status["runtimeStatus"] == "Failed"
    assert status["output"] == "Orchestrator function 'raises' failed: orchestrator broke"


def test_after_the_first_failure_of_a_task_all_the_host_waits_for_the_rest(world: Any) -> None:
    instance = world.start("first_failure")
    world.pass_time(hours=1)
    assert world.state(instance) == "Running"
    world.pass_time(hours=1)
    assert world.status(instance)["output"].startswith("Activity function 'boom' failed")


def test_an_instance_with_an_open_timer_is_not_complete(world: Any) -> None:
    instance = world.start("forgotten_timer")
    world.settle()
    world.send(instance, "Go")
    world.pass_time(hours=2)
    assert world.state(instance) == "Running"
    world.pass_time(hours=1)
    assert world.state(instance) == "Completed"


def test_the_custom_status_is_kept_until_it_changes(world: Any) -> None:
    instance = world.start("reports")
    world.settle()
    assert world.status(instance)["customStatus"] == {"stage": "one"}
    world.send(instance, "Next")
    world.settle()
    assert world.status(instance)["customStatus"] == {"stage": "two"}


def test_a_custom_status_over_16_kib_fails_the_instance(world: Any) -> None:
    status = world.run("reports_too_much")
    assert status["runtimeStatus"] == "Failed"
    assert "16 KB" in status["output"]


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        ("http", "call_http is not supported by the local host (501)"),
        ("entity", "call_entity is not supported by the local host (501)"),
        ("activity", "The function 'not_there' doesn't exist, is disabled, or is not an activity function."),
        ("child", "The function 'not_there' doesn't exist, is disabled, or is not an orchestrator function."),
    ],
)
def test_what_is_not_there_fails_the_instance_and_says_so(world: Any, asked: str, text: str) -> None:
    status = world.run("asks_for", asked)
    assert status["runtimeStatus"] == "Failed"
    assert text in status["output"]


def test_an_orchestrator_that_holds_its_thread_does_not_hold_the_server(world: Any) -> None:
    held = world.start("blocks", {"gate": "blocked"})
    gate = world.held("blocked")
    assert world.http.get("/admin/host/status").status_code == 200
    other = world.start("chain")
    world.wait_for(other, "Completed")
    assert world.state(held) == "Pending"
    gate.set()
    world.wait_for(held, "Completed")


def test_a_replay_runs_an_activity_once(world: Any) -> None:
    world.run("retried", {"interval": 1000, "attempts": 3, "failures": 0}, "once")
    assert world.module("activities").CALLS.count("once") == 1
