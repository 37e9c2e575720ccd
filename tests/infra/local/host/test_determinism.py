"""Code that changes under a running instance is noticed, not guessed around."""

from typing import Any

import pytest

TEXT = (
    "Non-Deterministic workflow detected: "
    "A previous execution of this orchestration scheduled an activity task"
)


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("nothing", "hasn't (yet?) scheduled this task"),
        ("other activity", "instead produced CallActivity 'greet'"),
        ("timer instead", "instead produced SetTimer"),
        ("child instead", "instead produced CallChild 'child'"),
    ],
)
def test_changed_code_fails_the_instance(
    world: Any, monkeypatch: pytest.MonkeyPatch, code: str, text: str
) -> None:
    instance = world.start("changed")
    world.settle()
    monkeypatch.setenv("SAMPLE_CODE", code)
    world.send(instance, "Go")
    world.settle()
    status = world.status(instance)
    assert status["runtimeStatus"] == "Failed"
    assert status["output"].startswith(f"{TEXT} named 'double' with sequence number 0")
    assert text in status["output"]


def test_unchanged_code_goes_on(world: Any) -> None:
    instance = world.start("changed")
    world.settle()
    world.send(instance, "Go")
    world.settle()
    assert world.status(instance)["output"] == "done"
