"""Several hosts on one data folder, each with roles of its own."""

from typing import Any

from infra.local.host import Role


def test_one_front_and_two_workers_share_the_work(make_world: Any, tmp_path: Any) -> None:
    front = make_world(roles=frozenset({Role.HTTP}))
    for _ in range(2):
        make_world(clock=front.clock, roles=frozenset({Role.DURABLE}))
    instances = [front.start("recorded_steps", {"steps": 3, "seconds": 0.01}, f"i{n}") for n in range(10)]
    for instance in instances:
        front.wait_for(instance, "Completed")
    lines = (tmp_path / "notes").read_text().splitlines()
    begun = [line for line in lines if line.startswith("begin")]
    assert sorted(begun) == sorted(f"begin i{n}-{step}" for n in range(10) for step in range(3))


def test_what_one_host_stores_another_sees_soon(make_world: Any) -> None:
    front = make_world(roles=frozenset({Role.HTTP}))
    back = make_world(clock=front.clock, roles=frozenset({Role.DURABLE}), poll_seconds=0.1)
    instance = front.start("ordered_events")
    for number in (1, 2):
        front.send(instance, "E", number)
        back.settle()
    front.wait_for(instance, "Completed")
    assert front.status(instance)["output"] == [1, 2]


def test_an_instance_is_never_played_twice_at_once(make_world: Any) -> None:
    """Two hosts, one instance with many events: were an episode played twice, an event would count twice."""
    front = make_world()
    make_world(clock=front.clock, roles=frozenset({Role.DURABLE}))
    instance = front.start("collects", [])
    for number in range(3):
        front.host.wake()
        front.wait_for(instance, "Running")
        front.settle()
        front.send(instance, "Item", number)
    front.wait_for(instance, "Completed")
    assert front.status(instance)["output"] == [0, 1, 2]


def test_a_durable_client_on_one_host_reaches_what_runs_on_another(make_world: Any) -> None:
    front = make_world(roles=frozenset({Role.HTTP}))
    back = make_world(clock=front.clock, roles=frozenset({Role.DURABLE}))
    assert front.http.post("/api/start/approval/shared", json={"hours": 1}).status_code == 202
    back.wait_for("shared", "Running")
    asked = {"event_name": "Approval", "event_data": "Ann"}
    front.http.post("/api/client/raise_event/shared", json=asked)
    back.wait_for("shared", "Completed")
