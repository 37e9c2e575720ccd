"""A tenant with a group, a location, a strength, a policy and a rule, backed up; and edits to deploy."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from scene import Scene


def furnished(**given: object) -> Scene:
    """A tenant that has been backed up once."""
    scene = Scene(**given)
    group = scene.tenant.put("groups", "Staff", note="all")
    scene.tenant.put("locations", "Office", trusted=True, range="10.0.0.0/8")
    scene.tenant.put("strengths", "Strong", level=1, combinations=[{"id": "m-0", "name": "fido", "n": 1}])
    scene.tenant.put("policies", "MFA", state="on", groups=[group], assignments=[{"target": group}])
    scene.tenant.put("rules", "", allowed="all")
    scene.ran()
    return scene


def edited(scene: Scene) -> Scene:
    """In the repository: a create with a reference to another create, updates of one and of several requests,
    a delete that needs preparing.
    """
    scene.push("groups", "Guests", {"displayName": "Guests", "note": "few"})
    scene.push(
        "policies",
        "Guests too",
        {
            "displayName": "Guests too",
            "state": "on",
            "groups": ["{{groups:Guests}}", "{{groups:Staff}}"],
            "assignments": [{"target": "{{groups:Guests}}"}],
        },
    )
    scene.push(
        "strengths",
        "Strongest",
        {"displayName": "Strongest", "combinations": [{"name": "x509", "n": 1}, {"name": "fido", "n": 2}]},
    )
    scene.edit("policies", "MFA", state="off", assignments=[])
    scene.edit(
        "strengths", "Strong", level=2, combinations=[{"name": "otp", "n": 1}, {"name": "fido", "n": 2}]
    )
    scene.push("rules", "rules", {"allowed": "none"})
    scene.push("locations", "Office", None)
    return scene


def held(scene: Scene) -> dict[str, dict[str, object]]:
    """What the tenant holds, without the service's own ids and times."""
    ids = {
        one: raw.get("displayName", one)
        for found in scene.tenant.objects.values()
        for one, raw in found.items()
    }

    def plain(value: object) -> object:
        if isinstance(value, dict):
            kept = {name: plain(one) for name, one in value.items() if name not in ("id", "createdDateTime")}
            return dict(sorted(kept.items()))
        if isinstance(value, list):
            return sorted(map(plain, value), key=str)
        return ids.get(value, value) if isinstance(value, str) else value

    return {
        key: sorted((plain(raw) for raw in found.values()), key=str)
        for key, found in scene.tenant.objects.items()
    }


@pytest.fixture(scope="session")
def backed_up() -> Scene:
    return furnished()


@pytest.fixture
def scene(backed_up: Scene) -> Scene:
    return backed_up.copy()


@pytest.fixture(scope="session")
def waiting() -> Scene:
    """The edits are planned and approved, and their deploy has not begun."""
    scene = edited(furnished())
    scene.plan()
    scene.approve()
    return scene


@pytest.fixture(scope="session")
def make_edits() -> Callable[[Scene], Scene]:
    return edited


@pytest.fixture(scope="session")
def contents() -> Callable[[Scene], dict[str, dict[str, object]]]:
    return held
