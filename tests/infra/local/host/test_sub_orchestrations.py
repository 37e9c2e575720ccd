"""Sub-orchestrations and continue-as-new."""

from datetime import timedelta
from typing import Any

from infra.local.host import Role


def test_children_run_side_by_side_and_know_their_parent(world: Any) -> None:
    status = world.run("parent", {"n": 5})
    assert [child["doubled"] for child in status["output"]] == [0, 2, 4, 6, 8]
    assert {child["parent"] for child in status["output"]} == {status["instanceId"]}


def test_a_child_gets_the_id_it_is_given(world: Any) -> None:
    world.run("parent", {"n": 1, "options": {"instance_id": "my-child"}})
    assert world.status("my-child")["name"] == "child"


def test_an_ended_instance_of_the_childs_id_is_replaced(world: Any) -> None:
    world.run("echo", 1, "my-child")
    assert (
        world.run("parent", {"n": 1, "options": {"instance_id": "my-child"}})["runtimeStatus"] == "Completed"
    )
    assert world.status("my-child")["name"] == "child"


def test_a_running_instance_of_the_childs_id_fails_the_call(world: Any) -> None:
    world.start("approval", {"hours": 1}, "my-child")
    world.settle()
    status = world.run("parent", {"n": 1, "options": {"instance_id": "my-child"}})
    assert status["runtimeStatus"] == "Failed"
    assert "An Orchestration instance with the status Running already exists." in status["output"]


def test_a_failing_child_can_be_caught(world: Any) -> None:
    output = world.run("parent_of_failing")["output"]
    assert output.startswith("Orchestrator function 'raises' failed: orchestrator broke")


def test_a_terminated_child_fails_the_call(world: Any) -> None:
    instance = world.start("parent_of_waiting")
    world.settle()
    world.operate("waiting-child", "terminate", reason="enough")
    world.settle()
    assert world.status(instance)["output"].startswith("enough")


def test_terminating_a_parent_leaves_its_child(world: Any) -> None:
    instance = world.start("parent_of_waiting")
    world.settle()
    world.operate(instance, "terminate", reason="enough")
    world.settle()
    assert world.state(instance) == "Terminated"
    assert world.state("waiting-child") == "Running"
    world.send("waiting-child", "Approval", "x")
    world.settle()
    assert world.state("waiting-child") == "Completed"


def test_a_child_may_take_days(world: Any) -> None:
    instance = world.start("parent_of_waiting")
    world.pass_time(days=3)
    assert world.state(instance) == "Running"
    world.pass_time(days=2)
    assert world.status(instance)["output"] == {"expired": True}


def test_an_instance_continues_as_new_with_an_empty_history(world: Any) -> None:
    status = world.run("counts_down", {"n": 5}, "counting")
    assert status["output"] == "zero"
    events = world.status("counting", showHistory="true")["historyEvents"]
    assert [event["EventType"] for event in events] == [
        "ExecutionStarted",
        "TaskCompleted",
        "ExecutionCompleted",
    ]


def test_the_parent_waits_for_the_last_execution_of_a_child(world: Any) -> None:
    assert world.run("parent_of_counting")["output"] == "zero"


def test_events_that_come_together_are_carried_over_in_their_order(make_world: Any) -> None:
    """An HTTP-only host takes them all, so that the first episode sees the three and uses one."""
    front = make_world(roles=frozenset({Role.HTTP}))
    instance = front.start("collects", [])
    for number in range(3):
        front.send(instance, "Item", number)
    world = make_world(clock=front.clock)
    world.settle()
    assert world.status(instance)["output"] == [0, 1, 2]


def test_events_one_at_a_time_are_all_collected(world: Any) -> None:
    instance = world.start("collects", [])
    for number in range(3):
        world.settle()
        world.send(instance, "Item", number)
    world.settle()
    assert world.status(instance)["output"] == [0, 1, 2]


def test_a_buffered_event_nobody_waited_for_is_lost_on_continue_as_new(world: Any) -> None:
    instance = world.start("loses_buffered", 0)
    world.settle()
    world.send(instance, "Unawaited", "x")
    world.pass_time(hours=1)
    world.pass_time(hours=1)
    assert world.status(instance)["output"] == "lost"


def test_timers_of_an_execution_that_is_over_do_not_ring_in_the_next(world: Any) -> None:
    started = world.clock.now()
    instance = world.start("loses_buffered", 0)
    world.pass_time(hours=2)
    assert world.state(instance) == "Completed"
    assert world.clock.now() - started == timedelta(hours=2)
