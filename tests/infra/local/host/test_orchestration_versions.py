"""Versions of orchestrations under the settings of host.json."""

from typing import Any

import pytest

from infra.local.host.versions import FailureStrategy, MatchStrategy, Versioning, compare


@pytest.mark.parametrize(
    ("left", "right", "order"),
    [
        ("", "", 0),
        ("", "1.0", -1),
        ("1.0", " ", 1),
        ("1.2", "1.10", -1),
        ("2.0.0", "2.0", 1),
        ("1.0.0.1", "1.0.0.1", 0),
        ("1", "2", -1),
        ("10", "9", -1),
        ("v2", "V2", 0),
        ("b", "a", 1),
    ],
)
def test_versions_compare_as_dotnet_versions_or_as_text(left: str, right: str, order: int) -> None:
    assert compare(left, right) == order


@pytest.mark.parametrize(
    ("strategy", "own", "version", "plays"),
    [
        (MatchStrategy.NONE, "1.0", "9.0", True),
        (MatchStrategy.STRICT, "1.0", "1.0", True),
        (MatchStrategy.STRICT, "1.0", "0.9", False),
        (MatchStrategy.CURRENT_OR_OLDER, "1.0", "0.9", True),
        (MatchStrategy.CURRENT_OR_OLDER, "1.0", "1.0", True),
        (MatchStrategy.CURRENT_OR_OLDER, "1.0", "1.1", False),
        (MatchStrategy.CURRENT_OR_OLDER, "", "1.1", True),
    ],
)
def test_a_host_plays_the_versions_of_its_strategy(
    strategy: MatchStrategy, own: str, version: str, plays: bool
) -> None:
    assert Versioning(own, strategy).matches(version) is plays
    assert Versioning(own, strategy).takes(version) is plays
    assert Versioning(own, strategy, FailureStrategy.FAIL).takes(version)


def test_an_instance_has_the_default_version_or_the_one_it_is_started_with(
    make_world: Any, make_app: Any
) -> None:
    world = make_world(make_app(defaultVersion="2.0"))
    assert world.run("echo")["output"]["version"] == "2.0"
    older = world.start("echo", None, None, version="1.5")
    world.settle()
    assert world.status(older)["output"]["version"] == "1.5"
    assert world.http.post("/api/start/echo/by-sdk?version=1.7").status_code == 202
    world.settle()
    assert world.status("by-sdk")["output"]["version"] == "1.7"


def test_a_child_has_the_default_version_or_the_one_it_is_called_with(make_world: Any, make_app: Any) -> None:
    world = make_world(make_app(defaultVersion="2.0"))
    assert world.run("parent", {"n": 1})["output"][0]["version"] == "2.0"
    called = world.run("parent", {"n": 1, "options": {"version": "1.1"}})
    assert called["output"][0]["version"] == "1.1"


def test_an_instance_keeps_its_version_when_it_continues_as_new_under_a_newer_host(
    make_world: Any, make_app: Any
) -> None:
    old = make_world(make_app(name="old", defaultVersion="1.0"))
    instance = old.start("early_event")
    old.settle()
    old.close()
    new = make_world(make_app(name="new", defaultVersion="2.0"), clock=old.clock)
    new.send(instance, "Go", "x")
    new.pass_time(hours=1)
    assert new.state(instance) == "Completed"


def test_an_instance_that_is_too_new_waits_for_a_host_that_may_play_it(
    make_world: Any, make_app: Any
) -> None:
    old = make_world(make_app(name="old", defaultVersion="1.0"))
    instance = old.start("echo", None, None, version="2.0")
    other = old.start("echo")
    old.wait_for(other, "Completed")
    assert old.state(instance) == "Pending"
    old.close()
    new = make_world(make_app(name="new", defaultVersion="2.0"), clock=old.clock)
    new.wait_for(instance, "Completed")


def test_or_it_fails_if_host_json_says_so(make_world: Any, make_app: Any) -> None:
    world = make_world(
        make_app(defaultVersion="1.0", versionMatchStrategy="Strict", versionFailureStrategy="Fail")
    )
    instance = world.start("echo", None, None, version="0.9")
    world.settle()
    status = world.status(instance)
    assert status["runtimeStatus"] == "Failed"
    assert "VersionMismatch" in status["output"]
