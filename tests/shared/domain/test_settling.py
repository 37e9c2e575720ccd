"""What was read back is what B and the branch say."""

from __future__ import annotations

from typing import Any

import pytest

from shared.domain.item import ABSENT
from shared.domain.plan import Action, Change, PropertyChange
from shared.domain.readback import Verdict, own_forms, read_back_verdict, staleness, unshown

G, P = "groups", "policies"


def change(action: Action = Action.UPDATE, *rows: tuple[str, Any, Any], replaces: Any = None) -> Change:
    properties = tuple(PropertyChange((name,), ABSENT, old, new) for name, old, new in rows)
    return Change("c0", action, P, "A", "entra/policies/A.json", "1", properties, replaces=replaces)


@pytest.mark.parametrize(
    ("made", "shown", "verdict", "forms"),
    [
        pytest.param(change(Action.UPDATE, ("p", 1, 2)), {"p": 2}, Verdict.APPLIED, {}, id="the new value"),
        pytest.param(
            change(Action.UPDATE, ("p", 1, 2)), {"p": 3}, Verdict.APPLIED, {("p",): 3}, id="its own form"
        ),
        pytest.param(change(Action.UPDATE, ("p", 1, 2)), {"p": 1}, Verdict.NOT_SHOWN, {}, id="the old value"),
        pytest.param(
            change(Action.UPDATE, ("p", 1, 2), ("q", 1, 2)),
            {"p": 1, "q": 2},
            Verdict.PARTIALLY,
            {},
            id="one of two",
        ),
        pytest.param(
            change(Action.UPDATE, ("p", 5, ABSENT)),
            {"p": 0},
            Verdict.APPLIED,
            {("p",): 0},
            id="a default restored",
        ),
        pytest.param(change(Action.UPDATE, ("p", 5, ABSENT)), {}, Verdict.APPLIED, {}, id="removed"),
        pytest.param(
            change(Action.UPDATE, ("p", 5, ABSENT)), {"p": 5}, Verdict.NOT_SHOWN, {}, id="not removed"
        ),
        pytest.param(
            change(Action.UPDATE, ("p", 1, 2)), None, Verdict.NOT_SHOWN, {}, id="the object is gone"
        ),
        pytest.param(change(Action.DELETE, ("p", 1, ABSENT)), None, Verdict.APPLIED, {}, id="deleted"),
        pytest.param(
            change(Action.DELETE, ("p", 1, ABSENT)), {"p": 1}, Verdict.NOT_SHOWN, {}, id="not deleted"
        ),
        pytest.param(
            change(Action.CREATE, ("p", ABSENT, 1)),
            {"p": 1, "q": 0},
            Verdict.APPLIED,
            {("q",): 0},
            id="created with a default",
        ),
        pytest.param(
            change(Action.CREATE, ("p", ABSENT, 1), ("n", ABSENT, None)),
            {"p": 1},
            Verdict.APPLIED,
            {("n",): ABSENT},
            id="created, null left out",
        ),
        pytest.param(
            change(Action.CREATE, ("p", ABSENT, 1)),
            {},
            Verdict.PARTIALLY,
            {},
            id="created without what was asked",
        ),
        pytest.param(
            change(Action.CREATE, ("password", ABSENT, "{{secret}}")),
            {},
            Verdict.APPLIED,
            {},
            id="a secret never differs",
        ),
        pytest.param(
            change(Action.CREATE, ("keys", ABSENT, [{"hidden": True, "value": "v"}])),
            {"keys": [{"hidden": True, "value": "{{secret}}"}]},
            Verdict.APPLIED,
            {("keys",): [{"hidden": True, "value": "{{secret}}"}]},
            id="given once and never given back",
        ),
    ],
)
def test_what_reading_back_says(entries: Any, made: Change, shown: Any, verdict: Verdict, forms: Any) -> None:
    assert read_back_verdict(entries.policies, made, shown) is verdict
    if verdict is Verdict.APPLIED and shown is not None:
        assert own_forms(entries.policies, made, shown) == forms
        assert unshown(entries.policies, made, shown) == ()


@pytest.mark.parametrize(
    ("made", "reviewed", "now", "head", "why"),
    [
        pytest.param(
            change(Action.UPDATE, ("p", 1, 2)), {"p": 1}, {"p": 1}, {"p": 2}, None, id="as reviewed"
        ),
        pytest.param(
            change(Action.UPDATE, ("p", 1, 2)),
            {"p": 1},
            {"p": 1, "q": 1},
            {"p": 2},
            "the item changed in the tenant since it was reviewed: /q",
            id="another property moved",
        ),
        pytest.param(
            change(Action.UPDATE, ("p", 1, 2)),
            {"p": 1},
            None,
            {"p": 2},
            "the item is gone from the tenant",
            id="gone",
        ),
        pytest.param(
            change(Action.UPDATE, ("p", 1, 2)),
            {"p": 1},
            {"p": 1},
            {"p": 3},
            "the repository no longer holds the approved value of /p",
            id="pushed since",
        ),
        pytest.param(
            change(Action.UPDATE, ("p", 1, 2)),
            {"p": 1},
            {"p": 1},
            {"p": 2, "q": 3},
            None,
            id="another property pushed",
        ),
        pytest.param(
            change(Action.UPDATE, ("p", 1, 2)),
            {"p": 1},
            {"p": 1},
            None,
            "the repository does not have the file any more",
            id="file removed",
        ),
        pytest.param(change(Action.CREATE, ("p", ABSENT, 2)), None, None, {"p": 2}, None, id="a create"),
        pytest.param(
            change(Action.CREATE, ("p", ABSENT, 2)),
            None,
            {"p": 2},
            {"p": 2},
            "the tenant has such an item by now",
            id="created by somebody",
        ),
        pytest.param(
            change(Action.CREATE, ("p", ABSENT, 2)),
            None,
            None,
            {"p": 2, "q": 1},
            "the repository no longer holds the approved value of /q",
            id="a create with more",
        ),
        pytest.param(change(Action.DELETE, ("p", 1, ABSENT)), {"p": 1}, {"p": 1}, None, None, id="a delete"),
        pytest.param(
            change(Action.DELETE, ("p", 1, ABSENT)),
            {"p": 1},
            {"p": 1},
            {"p": 1},
            "the repository has the file again",
            id="a delete taken back",
        ),
        pytest.param(
            change(Action.DELETE, ("p", 1, ABSENT), replaces="c1"),
            {"p": 1},
            {"p": 1},
            {"p": 9},
            None,
            id="a delete in a pair",
        ),
    ],
)
def test_when_a_change_is_stale(
    entries: Any, made: Change, reviewed: Any, now: Any, head: Any, why: str | None
) -> None:
    assert staleness(entries.policies, made, reviewed, now, head) == why


def test_defaults_of_a_create_are_taken_over_where_the_file_still_says_nothing(world: Any) -> None:
    world.push(G, "A", {"displayName": "A", "p": 1})
    plan = world.sync()
    world.deploy(plan, service=lambda one, raw: {**raw, "default": 0, "other": 1})
    assert world.file(G, "A") == {"displayName": "A", "p": 1, "default": 0, "other": 1}
    assert world.sync().changes == ()
    assert world.found.main == {}


def test_a_created_file_is_left_as_the_next_backup_would_write_it(world: Any) -> None:
    world.push("locations", "A", {"displayName": "A"})
    world.deploy(world.sync(), service=lambda one, raw: {**raw, "countries": []})
    assert world.file("locations", "A") == {"displayName": "A", "countries": []}
    assert world.sync().changes == ()
    assert world.found.main == {}


def test_a_file_that_moved_on_keeps_what_it_says(world: Any) -> None:
    world.push(G, "A", {"displayName": "A", "p": 1})
    plan = world.sync()

    def meanwhile(one: Any, raw: Any) -> Any:
        world.edit(G, "A", default=7)
        return {**raw, "default": 0}

    world.deploy(plan, service=meanwhile)
    assert world.file(G, "A")["default"] == 7
    assert [(row.base, row.tenant, row.repository) for row in world.sync().changes[0].properties] == [
        (0, 0, 7)
    ]


def test_a_file_removed_during_its_create_is_asked_about(world: Any) -> None:
    world.push(G, "A", {"displayName": "A", "p": 1})
    plan = world.sync()

    def meanwhile(one: Any, raw: Any) -> Any:
        world.push(G, "A", None)
        return raw

    world.deploy(plan, service=meanwhile)
    assert [one.action for one in world.sync().changes] == [Action.DELETE]


def test_settling_twice_changes_nothing(world: Any) -> None:
    from shared.domain.settlement import Applied, settle

    world.portal(G, "A", p=1)
    world.sync()
    world.edit(G, "A", p=2)
    plan = world.sync()
    world.deploy(plan)
    done = Applied(plan.changes[0], "groups-1", {"displayName": "A", "p": 2})
    again = settle(world.settle_inputs(plan.changes, world.state.index), [done])
    assert (again.main, again.tenant, again.base) == ({}, {}, {})
