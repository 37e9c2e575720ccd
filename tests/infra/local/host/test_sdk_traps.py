"""What azure-functions-durable 1.7 does that surprises, reproduced so that the product's tests meet it."""

from typing import Any


def test_an_event_raised_by_the_client_arrives_as_text_of_json(world: Any) -> None:
    """durable-python issue 295."""
    instance = world.start("approval", {"hours": 1})
    world.settle()
    asked = {"event_name": "Approval", "event_data": {"by": "Ann"}}
    world.http.post(f"/api/client/raise_event/{instance}", json=asked)
    world.settle()
    assert world.status(instance)["output"] == {"by": '{"by": "Ann"}'}


def test_of_two_events_of_one_name_before_their_waits_only_the_last_is_kept(world: Any) -> None:
    """durable-python issue 507: the last is handed to every later wait."""
    instance = world.start("two_events")
    world.settle()
    world.send(instance, "E", "one")
    world.send(instance, "E", "two")
    world.pass_time(hours=1)
    assert world.status(instance)["output"] == ["two", "two"]


def test_the_client_shows_input_although_told_not_to_and_as_text(world: Any) -> None:
    world.run("echo", {"a": 1}, "shown")
    answer = world.http.post("/api/client/get_status/shown", json={"show_input": False}).json()
    assert answer["returned"]["input"] == '{"a": 1}'


def test_the_clients_status_of_nothing_is_falsy(world: Any) -> None:
    assert world.http.post("/api/client/get_status/nobody").json()["found"] is False


def test_the_client_sees_only_the_first_hundred_instances(world: Any) -> None:
    for number in range(101):
        world.start("echo", number)
    assert len(world.http.post("/api/client/get_status_all").json()["returned"]) == 100


def test_a_restart_by_the_client_returns_the_addresses_and_not_the_id(world: Any) -> None:
    world.run("echo", 1, "first")
    returned = world.http.post("/api/client/restart/first").json()["returned"]
    assert returned["statusQueryGetUri"].startswith("http://127.0.0.1:")


def test_a_falsy_custom_status_is_not_sent(world: Any) -> None:
    """Once set it cannot be cleared: the SDK leaves an empty one out of its answer."""
    instance = world.start("reports")
    world.settle()
    assert world.status(instance)["customStatus"] == {"stage": "one"}


def test_a_list_as_raw_input_breaks_get_input(world: Any) -> None:
    """Started over HTTP with plain JSON, not the SDK's JSON in JSON, a list reaches the SDK as it is."""
    response = world.http.post("/runtime/webhooks/durabletask/orchestrators/echo/raw-list", json=[1, 2])
    assert response.status_code == 202
    world.settle()
    assert world.state("raw-list") == "Failed"


def test_an_object_as_raw_input_works(world: Any) -> None:
    world.http.post("/runtime/webhooks/durabletask/orchestrators/echo/raw-object", json={"a": 1})
    world.settle()
    assert world.status("raw-object")["output"]["input"] == {"a": 1}
