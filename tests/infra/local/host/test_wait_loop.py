"""A wait of thirty days: why it is a loop of short timers, and that the loop does not delay an approval."""

from typing import Any

import pytest


@pytest.mark.parametrize("day", [1, 4, 7, 29], ids="day {}".format)
def test_an_approval_goes_on_at_once(world: Any, day: int) -> None:
    instance = world.start("waits_thirty_days")
    world.pass_time(days=day)
    before = world.clock.now()
    world.send(instance, "decision", "approved")
    world.settle()
    output = world.status(instance)["output"]
    assert world.clock.now() == before
    assert output == {"applied": "hello decision", "at": before.isoformat()}


def test_without_an_approval_the_wait_ends_on_day_thirty(world: Any) -> None:
    instance = world.start("waits_thirty_days")
    world.pass_time(days=29, hours=23)
    assert world.state(instance) == "Running"
    world.pass_time(hours=1)
    assert world.status(instance)["output"] == {"applied": None}


def test_one_timer_of_more_than_six_days_delays_the_approval(world: Any) -> None:
    """The SDK cuts it into pieces, which the host awaits in order (durable-python issue 573)."""
    instance = world.start("one_long_timer")
    world.pass_time(days=4)
    world.send(instance, "decision", "approved")
    world.settle()
    assert world.state(instance) == "Running"
    world.pass_time(days=6)
    assert world.status(instance)["output"] == "hello late"
