"""Timer-triggered functions under a clock of their own."""

from datetime import timedelta
from typing import Any

from infra.local.host import Role

TIMER = {"roles": frozenset({Role.TIMER})}
ALL = {"roles": frozenset(Role)}


def runs(world: Any, name: str) -> list[bool]:
    """Whether each run of a timer function so far was past due."""
    return [past_due for ran, past_due in world.module("timer_functions").RUNS if ran == name]


def test_a_timer_function_runs_at_its_times(make_world: Any) -> None:
    world = make_world(**TIMER)
    world.pass_time(seconds=35)
    assert runs(world, "often") == [False, False, False]
    world.pass_time(minutes=10)
    assert runs(world, "daily") == [False]
    assert len(runs(world, "often")) == 63


def test_a_timer_function_that_asks_for_it_runs_at_start(make_world: Any) -> None:
    world = make_world(**TIMER)
    world.settle()
    assert runs(world, "at_start") == [False]


def test_a_failing_timer_function_keeps_its_schedule(make_world: Any) -> None:
    world = make_world(**TIMER)
    for _ in range(2):
        world.clock.set(world.clock.now() + timedelta(minutes=60))
        world.settle()
    assert len(runs(world, "unmonitored")) == 2


def test_what_was_missed_runs_once_and_is_past_due(make_world: Any) -> None:
    first = make_world(**TIMER)
    first.settle()
    first.close()
    first.clock.set(first.clock.now() + timedelta(days=3))
    second = make_world(clock=first.clock, **TIMER)
    second.settle()
    assert runs(second, "daily") == [True]
    assert runs(second, "often") == []
    assert runs(second, "unmonitored") == []
    second.pass_time(minutes=10)
    assert runs(second, "daily") == [True, False]


def test_of_several_hosts_one_runs_each_occurrence(make_world: Any, tmp_path: Any) -> None:
    first = make_world(**TIMER)
    second = make_world(clock=first.clock, **TIMER)
    for _ in range(5):
        first.clock.set(first.clock.now() + timedelta(seconds=10))
        second.host.wake()
        first.settle()
        second.settle()
    notes = (tmp_path / "notes").read_text().splitlines()
    assert notes.count("often past_due=False") == 5


def test_a_host_without_the_role_runs_a_timer_only_when_told_to(make_world: Any) -> None:
    world = make_world()
    world.pass_time(days=2)
    assert world.module("timer_functions").RUNS == []
    assert world.http.post("/admin/functions/daily", json={}).status_code == 202
    world.until(lambda: runs(world, "daily") == [False], "the timer function to run")


def test_a_timer_function_can_be_run_at_once(make_world: Any) -> None:
    world = make_world(**ALL)
    assert world.http.post("/admin/functions/daily", json={"input": ""}).status_code == 202
    world.settle()
    assert runs(world, "daily") == [False]
    assert world.http.post("/admin/functions/greet", json={}).status_code == 501
    assert world.http.post("/admin/functions/nobody", json={}).status_code == 404


def test_a_timer_function_has_its_durable_client(make_world: Any) -> None:
    world = make_world(**ALL)
    assert world.http.post("/admin/functions/starting", json={"input": ""}).status_code == 202
    world.settle()
    status = world.http.get("/runtime/webhooks/durabletask/instances/by-timer").json()
    assert status["runtimeStatus"] == "Completed"
    assert "a timer" in str(status["input"])
