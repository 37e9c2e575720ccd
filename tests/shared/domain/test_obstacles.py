"""What cannot be made is not tried, and nothing is deleted for it."""

from __future__ import annotations

from typing import Any

import pytest

from shared.domain.plan import Action, BlockedCode

P = "policies"


def blocks(plan: Any) -> dict[str, tuple[str, str] | None]:
    return {
        change.item: None if change.blocked is None else (change.blocked.code.value, change.blocked.detail)
        for change in plan.changes
    }


def policy(name: str = "P", **more: Any) -> dict[str, Any]:
    return {"displayName": name, **more}


@pytest.mark.parametrize(
    ("content", "place"),
    [
        ({"password": "{{secret}}"}, "/password"),
        ({"keys": [{"hidden": True, "value": "{{secret}}"}]}, "/keys"),
        ({"deep": {"password": "{{secret}}", "b": 1}}, "/deep/password"),
    ],
    ids=["a property", "in a list", "nested"],
)
def test_a_create_that_would_need_a_secret_of_the_service_is_blocked(
    world: Any, content: dict[str, Any], place: str
) -> None:
    world.portal(P, "Other", p=1)
    world.sync()
    world.push(P, "A", policy("A", **content))
    detail = f"{place} is a secret that only the service knew: create the object in the tenant"
    assert blocks(world.sync()) == {"A": ("unchangeable", detail)}


def another_kind(world: Any, **more: Any) -> None:
    """A policy of the tenant whose file is now of another kind: to be deleted and made anew."""
    world.portal(P, "A", **{"@odata.type": "#one"})
    world.sync()
    world.push(P, "A", policy("A", **{"@odata.type": "#two", **more}))


def test_nothing_is_deleted_to_be_made_anew_where_it_cannot_be_made(world: Any) -> None:
    another_kind(world, password="{{secret}}")
    gone, new = world.sync().changes
    assert (gone.action, new.action) == (Action.DELETE, Action.CREATE)
    assert new.blocked.code is gone.blocked.code is BlockedCode.UNCHANGEABLE
    assert gone.blocked.detail == f"it could not be made anew: {new.blocked.detail}"


def test_nor_where_what_it_depends_on_cannot_be(world: Any) -> None:
    another_kind(world, parent="{{policies:B}}")
    world.push(P, "B", policy("B", parent="{{policies:C}}"))
    world.push(P, "C", policy("C", password="{{secret}}"))
    found = {(change.item, change.action.value): change.blocked for change in world.sync().changes}
    assert all(reason.code is BlockedCode.UNCHANGEABLE for reason in found.values())
    assert "could not be made anew: /password" in found["A", "delete"].detail


def test_and_it_is_where_it_can_be(world: Any) -> None:
    another_kind(world)
    assert [change.blocked for change in world.sync().changes] == [None, None]
