"""Delivery of activities: at least once, reported once, bounded in number and time."""

import sqlite3
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from infra.local.host import Faults, Role


def test_activities_run_at_once_as_many_as_allowed(make_world: Any, make_app: Any) -> None:
    world = make_world(make_app(maxConcurrentActivityFunctions=2))
    instances = [world.start("holds", {"gate": f"g{number}"}) for number in range(4)]
    calls = world.module("activities").CALLS
    for number, running in enumerate((2, 3, 4, 4)):
        world.until(lambda running=running: len(calls) == running, "two activities to run")
        assert world.http.get("/api/slow/0.05").status_code == 200
        assert len(calls) == running
        world.held(calls[number]).set()
    world.settle()
    assert {world.state(instance) for instance in instances} == {"Completed"}


def test_a_lease_is_renewed_while_the_activity_runs(make_world: Any) -> None:
    world = make_world(lease_seconds=30)
    instance = world.start("holds", {"gate": "long"})
    gate = world.held("long")
    for _ in range(10):
        world.clock.set(world.clock.now() + timedelta(seconds=20))
        world.host.wake()
        world.http.get("/api/slow/0.03")
    gate.set()
    world.settle()
    assert world.state(instance) == "Completed"
    assert world.module("activities").CALLS == ["long"]


def test_an_activity_of_a_dead_host_is_run_again_when_its_lease_is_over(make_world: Any) -> None:
    """The first host no longer renews its lease, because its clock stands still."""
    first = make_world(stop_seconds=0.05, name="first")
    instance = first.start("holds", {"gate": "orphan"})
    first.held("orphan")
    first.host._work._clock = _Frozen(first.clock.now())
    take_over = make_world(clock=first.clock, name="second")
    take_over.clock.set(take_over.clock.now() + timedelta(seconds=10))
    take_over.host.wake()
    take_over.http.get("/api/slow/0.1")
    assert take_over.module("activities").CALLS == []
    take_over.clock.set(take_over.clock.now() + timedelta(seconds=25))
    take_over.host.wake()
    take_over.held("orphan").set()
    take_over.wait_for(instance, "Completed")


def test_an_activity_that_runs_longer_than_the_function_timeout_fails(make_world: Any, make_app: Any) -> None:
    world = make_world(make_app(host={"functionTimeout": "00:05:00"}))
    instance = world.start("holds", {"gate": "slow"})
    world.held("slow")
    world.clock.set(world.clock.now() + timedelta(seconds=301))
    world.host.wake()
    world.wait_for(instance, "Failed")
    assert "Timeout value of 300.0 s was exceeded by function: held" in world.status(instance)["output"]


def test_without_a_function_timeout_an_activity_may_take_its_time(make_world: Any, make_app: Any) -> None:
    world = make_world(make_app(host={"functionTimeout": "-1"}))
    instance = world.start("holds", {"gate": "slow"})
    gate = world.held("slow")
    world.clock.set(world.clock.now() + timedelta(days=1))
    world.host.wake()
    world.http.get("/api/slow/0.1")
    gate.set()
    world.settle()
    assert world.state(instance) == "Completed"


def test_an_activity_that_is_delivered_twice_is_reported_once(make_world: Any) -> None:
    world = make_world(faults=Faults(redeliver=1.0, seed=1))
    instance = world.start("retried", {"interval": 1000, "attempts": 2, "failures": 0}, "twice")
    world.settle()
    assert world.state(instance) == "Completed"
    assert world.module("activities").CALLS.count("twice") == 2
    events = world.status(instance, showHistory="true")["historyEvents"]
    assert [event["EventType"] for event in events].count(
        "TaskCompleted"
    ) == 2  # the call under test, and one more


class AnHourLater(Faults):
    """Every activity is delivered again when all is over."""

    def delivers_twice(self) -> bool:
        return True

    def echo_delay(self) -> float:
        return 3600.0


def test_a_second_delivery_may_come_when_all_is_over_and_changes_nothing(make_world: Any) -> None:
    world = make_world(faults=AnHourLater())
    ended = world.run("retried", {"interval": 1000, "attempts": 2, "failures": 0}, "late")
    calls = world.module("activities").CALLS
    before = list(calls)
    world.pass_time(hours=2)
    assert ended["runtimeStatus"] == "Completed"
    assert (before, calls) == (["late"], ["late", "late"])
    assert world.status("late") == ended


def test_a_second_delivery_reaches_whichever_host_comes_first(make_world: Any, tmp_path: Any) -> None:
    front = make_world(roles=frozenset({Role.HTTP}))
    hosts = [
        make_world(clock=front.clock, roles=frozenset({Role.DURABLE}), faults=Faults(redeliver=1.0, seed=n))
        for n in range(2)
    ]
    instances = [front.start("recorded_steps", {"steps": 2, "seconds": 0.05}, f"i{n}") for n in range(10)]
    for instance in instances:
        front.wait_for(instance, "Completed")
    for host in hosts:
        host.settle()
    begun = [line for line in (tmp_path / "notes").read_text().splitlines() if line.startswith("begin")]
    assert {begun.count(line) for line in begun} == {2}


def test_starts_events_and_activities_can_be_made_late(make_world: Any) -> None:
    world = make_world(faults=Faults(delay_max=60, seed=3))
    instance = world.start("approval", {"hours": 10})
    world.settle()
    assert world.state(instance) == "Pending"
    world.pass_time(seconds=60)
    assert world.state(instance) == "Running"
    world.send(instance, "Approval", "Ann")
    world.settle()
    assert world.state(instance) == "Running"
    world.pass_time(seconds=60)
    assert world.state(instance) == "Completed"


def test_an_event_does_not_overtake_a_late_start(make_world: Any) -> None:
    world = make_world(faults=Faults(delay_max=60, seed=3))
    instances = [world.start("ordered_events") for _ in range(5)]
    for instance in instances:
        world.send(instance, "E", 1)
    world.pass_time(seconds=120)
    for instance in instances:
        world.send(instance, "E", 2)
    world.pass_time(seconds=60)
    assert [world.status(instance)["output"] for instance in instances] == [[1, 2]] * 5


def test_work_that_could_not_be_stored_is_done_again(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk is full when an episode and an activity end; both are tried again after a while."""
    full = [sqlite3.OperationalError("database or disk is full") for _ in range(2)]
    work = world.host._work
    for name in ("store_episode", "store_activity"):
        monkeypatch.setattr(work, name, _failing_first(getattr(work, name), full.pop()))
    instance = world.start("retried", {"interval": 1000, "attempts": 1, "failures": 0}, "stored")

    def tried_again() -> bool:
        world.http.get("/api/slow/0.05")
        world.clock.set(world.clock.now() + timedelta(seconds=2))
        world.host.wake()
        return world.state(instance) == "Completed"

    world.until(tried_again, "both to be done again")
    assert world.module("activities").CALLS.count("stored") == 2


def _failing_first(call: Callable[..., Any], fault: Exception) -> Callable[..., Any]:
    faults = [fault]

    def once(*arguments: Any) -> Any:
        if faults:
            raise faults.pop()
        return call(*arguments)

    return once


class _Frozen:
    """The clock of a host that has stopped renewing: it stands still."""

    def __init__(self, now: Any) -> None:
        self._now = now

    def now(self) -> Any:
        return self._now
