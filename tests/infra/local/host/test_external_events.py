"""External events: early, late, in whatever case, one after the other."""

from typing import Any

MANAGEMENT = "/runtime/webhooks/durabletask"


def test_an_event_wakes_the_instance_and_its_timer_is_cancelled(world: Any) -> None:
    instance = world.start("approval", {"hours": 2})
    world.settle()
    world.send(instance, "Approval", {"who": "Ann"})
    world.settle()
    assert world.status(instance)["output"] == {"by": {"who": "Ann"}}


def test_without_an_event_the_deadline_passes(world: Any) -> None:
    instance = world.start("approval", {"hours": 2})
    world.pass_time(minutes=119)
    assert world.state(instance) == "Running"
    world.pass_time(minutes=1)
    assert world.status(instance)["output"] == {"expired": True}


def test_an_event_that_comes_before_its_wait_is_kept(world: Any) -> None:
    instance = world.start("early_event")
    world.settle()
    world.send(instance, "Go", "early")
    world.settle()
    assert world.state(instance) == "Running"
    world.pass_time(hours=1)
    assert world.status(instance)["output"] == "early"


def test_an_event_that_comes_before_the_first_episode_is_kept(world: Any) -> None:
    instance = world.start("ordered_events")
    world.send(instance, "E", 1)
    world.settle()
    world.send(instance, "E", 2)
    world.settle()
    assert world.status(instance)["output"] == [1, 2]


def test_the_host_compares_names_without_case_but_the_sdk_does_not(world: Any) -> None:
    """The host takes the event for delivered, the orchestrator never sees it: it hangs, as in Azure."""
    instance = world.start("ordered_events")
    world.settle()
    world.send(instance, "e", 1)
    world.settle()
    world.send(instance, "E", 2)
    world.settle()
    assert world.state(instance) == "Running"


def test_an_event_of_another_name_changes_nothing(world: Any) -> None:
    instance = world.start("approval", {"hours": 1})
    world.settle()
    world.send(instance, "Something", 1)
    world.pass_time(hours=1)
    assert world.status(instance)["output"] == {"expired": True}


def test_an_event_to_an_ended_instance_is_refused(world: Any) -> None:
    world.run("echo", 1, "ended")
    response = world.http.post(f"{MANAGEMENT}/instances/ended/raiseEvent/Go", json=1)
    assert (response.status_code, response.content) == (410, b"")


def test_an_event_to_no_instance_is_refused(world: Any) -> None:
    assert world.http.post(f"{MANAGEMENT}/instances/nobody/raiseEvent/Go", json=1).status_code == 404


def test_an_event_must_be_json(world: Any) -> None:
    world.start("approval", {"hours": 1}, "waiting")
    address = f"{MANAGEMENT}/instances/waiting/raiseEvent/Approval"
    as_text = world.http.post(address, content="{}", headers={"content-type": "text/plain"})
    assert as_text.status_code == 400
    broken = world.http.post(address, content="{", headers={"content-type": "application/json"})
    assert broken.status_code == 400
    assert broken.json()["Message"] == "Invalid JSON content"
