"""Durable timers and retries."""

from datetime import timedelta
from typing import Any

import pytest


def test_a_timer_rings_at_its_time_and_not_before(world: Any) -> None:
    due = world.clock.now() + timedelta(seconds=90)
    instance = world.start("sleeps", {"seconds": 90})
    world.pass_time(seconds=89.999)
    assert world.state(instance) == "Running"
    world.pass_time(seconds=0.001)
    assert world.status(instance)["output"] == due.isoformat()


def test_a_timer_in_the_past_rings_at_once(world: Any) -> None:
    assert world.run("sleeps", {"seconds": -5})["runtimeStatus"] == "Completed"


def test_an_overdue_timer_rings_when_a_host_runs_again(make_world: Any) -> None:
    first = make_world()
    instance = first.start("sleeps", {"seconds": 3600})
    first.settle()
    first.close()
    first.clock.set(first.clock.now() + timedelta(days=2))
    second = make_world(clock=first.clock)
    second.settle()
    assert second.state(instance) == "Completed"


@pytest.mark.parametrize(
    ("failures", "seconds", "attempt"), [(0, 0, 1), (1, 10, 2), (2, 20, 3)], ids="after {} failures".format
)
def test_a_retry_waits_and_tries_again(world: Any, failures: int, seconds: float, attempt: int) -> None:
    start = world.clock.now()
    instance = world.start("retried", {"interval": 10_000, "attempts": 3, "failures": failures})
    world.pass_time(seconds=seconds)
    assert world.status(instance)["output"] == {"attempt": attempt, "last": 8}
    assert world.clock.now() == start + timedelta(seconds=seconds)


def test_an_exhausted_retry_fails_without_a_further_wait(world: Any) -> None:
    instance = world.start("retried", {"interval": 10_000, "attempts": 2, "failures": 5})
    world.pass_time(seconds=10)
    output = world.status(instance)["output"]
    assert output["attempt"].startswith("Activity function 'fails_first' failed: ValueError: attempt 2")
    assert output["last"] == 8


def test_the_extra_timer_after_the_last_attempt_is_in_the_history(world: Any) -> None:
    instance = world.start("retried", {"interval": 10_000, "attempts": 1, "failures": 1})
    world.settle()
    events = world.status(instance, showHistory="true")["historyEvents"]
    assert [event["EventType"] for event in events][:4] == [
        "ExecutionStarted",
        "TaskFailed",
        "TimerCreated",
        "TimerFired",
    ]


def test_retries_side_by_side_keep_the_numbering(world: Any) -> None:
    instance = world.start("retried_at_once")
    world.pass_time(seconds=10)
    assert world.status(instance)["output"] == [2, 3, 10, "exhausted", 12]


def test_a_child_is_retried(world: Any) -> None:
    instance = world.start("retried_child")
    world.pass_time(seconds=5)
    assert "orchestrator broke" in world.status(instance)["output"]
    assert len(world.http.get("/runtime/webhooks/durabletask/instances").json()) == 3
