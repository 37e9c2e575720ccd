"""Product.md 3.10 row by row: the cases that must come out right, through whole sync cycles."""

from __future__ import annotations

from typing import Any

import pytest

from shared.domain.item import ABSENT
from shared.domain.plan import Action, Plan

KEY, NAME = "profiles", "Laptop"


def start(
    world: Any, base: dict[str, Any], head: dict[str, Any] | None, tenant: dict[str, Any] | None
) -> str:
    """A world in which the sides agreed on `base` and then moved."""
    object_id = world.portal(KEY, NAME, **base)
    world.sync()
    if tenant is None:
        world.remove(KEY, object_id)
    else:
        world.portal(KEY, NAME, id=object_id, **tenant)
    world.push(KEY, NAME, None if head is None else {"displayName": NAME, **head})
    return object_id


def values(plan: Plan) -> dict[str, tuple[Any, Any, Any, bool]]:
    """Of a plan with one change: property → base, tenant, repository, conflict."""
    assert len(plan.changes) <= 1
    return {
        "/".join(row.path): (row.base, row.tenant, row.repository, row.conflict)
        for change in plan.changes
        for row in change.properties
    }


def test_drift_is_adopted_both_times_though_the_sync_was_rejected_for_another_change(world: Any) -> None:
    object_id = start(world, {"p": 1, "q": 1}, {"p": 1, "q": 5}, {"p": 2, "q": 1})
    assert values(world.sync()) == {"q": (1, 1, 5, False)}
    assert (world.file(KEY, NAME)["p"], world.agreed(KEY, NAME)["p"]) == (2, 2)
    world.portal(KEY, NAME, id=object_id, p=1, q=1)
    assert values(world.sync()) == {"q": (1, 1, 5, False)}
    assert (world.file(KEY, NAME)["p"], world.agreed(KEY, NAME)["p"]) == (1, 1)


def test_a_rejected_edit_is_asked_again(world: Any) -> None:
    start(world, {"p": 1}, {"p": 2}, {"p": 1})
    first = world.sync()
    assert values(first) == {"p": (1, 1, 2, False)}
    assert world.agreed(KEY, NAME)["p"] == 1
    assert world.sync().digest == first.digest


def test_of_two_edited_items_only_the_approved_one_moves_the_base(world: Any) -> None:
    for name in ("P", "Q"):
        world.portal(KEY, name, p=1)
    world.sync()
    for name in ("P", "Q"):
        world.edit(KEY, name, p=2)
    plan = world.sync()
    chosen = [change.id for change in plan.changes if change.item == "P"]
    assert world.deploy(plan, chosen) == {chosen[0]: "applied"}
    assert (world.agreed(KEY, "P")["p"], world.agreed(KEY, "Q")["p"]) == (2, 1)
    assert [change.item for change in world.sync().changes] == ["Q"]


def test_a_partial_deploy_moves_only_what_was_applied(world: Any) -> None:
    for name in ("P", "Q"):
        world.portal(KEY, name, p=1)
    world.sync()
    for name in ("P", "Q"):
        world.edit(KEY, name, p=2)
    plan = world.sync()
    results = world.deploy(plan, service=lambda change, raw: raw if change.item == "P" else None)
    assert sorted(results.values()) == ["applied", "failed"]
    assert (world.agreed(KEY, "P")["p"], world.agreed(KEY, "Q")["p"]) == (2, 1)


def test_deployed_2_while_3_was_pushed_plans_3_from_2(world: Any) -> None:
    start(world, {"p": 1}, {"p": 2}, {"p": 1})
    plan = world.sync()

    def push_meanwhile(change: Any, raw: Any) -> Any:
        world.edit(KEY, NAME, p=3)
        return raw

    assert list(world.deploy(plan, service=push_meanwhile).values()) == ["applied"]
    assert world.agreed(KEY, NAME)["p"] == 2
    assert values(world.sync()) == {"p": (2, 2, 3, False)}


def test_an_old_plan_whose_value_was_pushed_back_is_stale(world: Any) -> None:
    start(world, {"p": 1}, {"p": 2}, {"p": 1})
    plan = world.sync()
    world.edit(KEY, NAME, p=1)
    assert list(world.deploy(plan).values()) == ["stale"]
    assert next(iter(world.objects[KEY].values()))["p"] == 1
    assert world.sync().changes == ()


def test_reject_and_revert_leaves_a_later_push_and_lists_it(world: Any) -> None:
    start(world, {"p": 1}, {"p": 2}, {"p": 1})
    plan = world.sync()
    world.edit(KEY, NAME, p=3)
    left = world.revert(plan).left
    assert [one.property for one in left] == [("p",)]
    assert (world.file(KEY, NAME)["p"], world.agreed(KEY, NAME)["p"]) == (3, 1)
    assert values(world.sync()) == {"p": (1, 1, 3, False)}


def test_reject_and_revert_takes_what_the_tenant_holds_now(world: Any) -> None:
    object_id = start(world, {"p": 1}, {"p": 2}, {"p": 1})
    plan = world.sync()
    world.portal(KEY, NAME, id=object_id, p=4)
    assert world.revert(plan).left == ()
    assert (world.file(KEY, NAME)["p"], world.agreed(KEY, NAME)["p"]) == (4, 4)
    assert world.sync().changes == ()


def test_of_a_type_not_read_nothing_is_adopted_planned_or_moved(world: Any) -> None:
    start(world, {"p": 1}, {"p": 2}, {"p": 9})
    world.unread.add(KEY)
    before = dict(world.main)
    assert world.sync().changes == ()
    assert world.main == before
    assert world.agreed(KEY, NAME)["p"] == 1
    world.unread.clear()
    assert values(world.sync()) == {"p": (1, 9, 2, True)}


def test_a_cancel_in_mid_deploy_keeps_what_was_done(world: Any) -> None:
    for name in ("P", "Q"):
        world.portal(KEY, name, p=1)
    world.sync()
    for name in ("P", "Q"):
        world.edit(KEY, name, p=2)
    plan = world.sync()
    world.deploy(plan, [plan.changes[0].id])
    assert [world.agreed(KEY, change.item)["p"] for change in plan.changes] == [2, 1]
    assert [change.item for change in world.sync().changes] == [plan.changes[1].item]


def test_a_rejected_conflict_is_a_conflict_again(world: Any) -> None:
    start(world, {"p": 1}, {"p": 3}, {"p": 2})
    first = world.sync()
    assert values(first) == {"p": (1, 2, 3, True)}
    assert first.changes[0].conflict
    assert (world.agreed(KEY, NAME)["p"], world.file(KEY, NAME)["p"]) == (1, 3)
    assert world.sync().digest == first.digest


def test_a_default_that_the_service_restores_is_taken_over(world: Any) -> None:
    start(world, {"p": 5}, {}, {"p": 5})
    plan = world.sync()
    assert values(plan) == {"p": (5, 5, ABSENT, False)}
    world.deploy(plan, service=lambda change, raw: {**raw, "p": 0})
    assert (world.file(KEY, NAME)["p"], world.agreed(KEY, NAME)["p"]) == (0, 0)
    assert world.sync().changes == ()


def test_at_a_first_sync_with_a_baseline_what_only_the_tenant_has_is_adopted(world: Any) -> None:
    world.portal(KEY, NAME, p=1)
    world.push(KEY, "Baseline", {"displayName": "Baseline", "p": 7})
    plan = world.sync()
    assert [(change.action, change.item) for change in plan.changes] == [(Action.CREATE, "Baseline")]
    assert world.file(KEY, NAME)["p"] == 1
    assert [one.item for one in world.found.drift] == [NAME]


def test_a_name_edited_in_the_file_is_an_update_of_the_same_object(world: Any) -> None:
    object_id = start(world, {"p": 1}, {"p": 1}, {"p": 1})
    world.sync()
    world.edit(KEY, NAME, displayName="Notebook")
    plan = world.sync()
    assert values(plan) == {"displayName": (NAME, NAME, "Notebook", False)}
    assert plan.changes[0].object_id == object_id
    assert world.path(KEY, NAME) in world.main
    world.deploy(plan)
    assert world.sync().changes == ()
    assert [path for path in world.main if path.startswith("intune")] == [world.path(KEY, "Notebook")]
    assert world.objects[KEY][object_id]["displayName"] == "Notebook"


def test_members_of_a_set_count_each_for_itself(world: Any) -> None:
    x, y, a = (world.portal("groups", name) for name in "xya")
    object_id = world.portal("policies", "Set", users={"includeGroups": [a]})
    world.sync()
    world.portal("policies", "Set", id=object_id, users={"includeGroups": [a, x]})
    world.edit("policies", "Set", users={"includeGroups": ["{{groups:a}}", "{{groups:y}}"]})
    plan = world.sync()
    path = ("users", "includeGroups", "{{groups:y}}")
    assert [(row.path, row.tenant, row.repository) for row in plan.changes[0].properties] == [
        (path, ABSENT, "{{groups:y}}")
    ]
    assert world.file("policies", "Set")["users"]["includeGroups"] == [
        "{{groups:a}}",
        "{{groups:x}}",
        "{{groups:y}}",
    ]
    world.deploy(plan)
    assert sorted(world.objects["policies"][object_id]["users"]["includeGroups"]) == sorted([a, x, y])
    assert world.sync().changes == ()


B, T, R = ({"p": 1}, {"p": 2}, {"p": 3})


@pytest.mark.parametrize(
    ("base", "tenant", "head", "action", "conflict", "kept"),
    [
        pytest.param(B, B, B, None, False, B, id="same, same: nothing"),
        pytest.param(B, T, B, None, False, T, id="changed, same: adopted"),
        pytest.param(B, B, R, Action.UPDATE, False, R, id="same, changed: planned"),
        pytest.param(B, R, R, None, False, R, id="changed to the same: nothing"),
        pytest.param(B, T, R, Action.UPDATE, True, R, id="changed differently: conflict"),
        pytest.param(B, None, B, None, False, None, id="deleted, unchanged: removed"),
        pytest.param(B, None, R, Action.CREATE, True, R, id="deleted, changed: conflict, create"),
        pytest.param(B, B, None, Action.DELETE, False, None, id="unchanged, deleted: delete"),
        pytest.param(B, T, None, Action.DELETE, True, None, id="changed, deleted: conflict, delete"),
        pytest.param(B, None, None, None, False, None, id="deleted on both"),
    ],
)
def test_every_row_of_the_table_of_three(
    world: Any, base: Any, tenant: Any, head: Any, action: Any, conflict: bool, kept: Any
) -> None:
    start(world, base, head, tenant)
    plan = world.sync()
    assert [(change.action, change.conflict) for change in plan.changes] == (
        [(action, conflict)] if action else []
    )
    path = world.path(KEY, NAME)
    assert (world.file(KEY, NAME) if path in world.main else None) == (
        None if kept is None else {"displayName": NAME, **kept}
    )
    digest = plan.digest
    assert world.sync().digest == digest


def test_created_alike_on_both_sides_is_nothing(world: Any) -> None:
    world.portal(KEY, NAME, p=1)
    world.push(KEY, NAME, {"displayName": NAME, "p": 1})
    assert world.sync().changes == ()
    assert world.agreed(KEY, NAME)["p"] == 1


def test_created_differently_on_both_sides_is_a_conflict_with_an_empty_base(world: Any) -> None:
    object_id = world.portal(KEY, NAME, p=1)
    world.push(KEY, NAME, {"displayName": NAME, "p": 2})
    plan = world.sync()
    assert values(plan) == {"p": (ABSENT, 1, 2, True)}
    assert (plan.changes[0].action, plan.changes[0].object_id) == (Action.UPDATE, object_id)
    assert world.agreed(KEY, NAME) == {"displayName": NAME}


def test_under_revert_drift_is_proposed_to_be_put_back(world: Any) -> None:
    from shared.domain.settings import DriftPolicy

    object_id = start(world, {"p": 1}, {"p": 1}, {"p": 2})
    stranger = world.portal(KEY, "Stranger", p=1)
    world.drift[KEY] = DriftPolicy.REVERT
    plan = world.sync()
    assert [(change.action, change.object_id, change.conflict) for change in plan.changes] == [
        (Action.UPDATE, object_id, False),
        (Action.DELETE, stranger, False),
    ]
    assert world.file(KEY, NAME)["p"] == 1
    assert set(world.deploy(plan).values()) == {"applied"}
    assert world.sync().changes == ()
    assert list(world.objects[KEY]) == [object_id]


def test_under_revert_a_deleted_item_is_proposed_again(world: Any) -> None:
    from shared.domain.settings import DriftPolicy

    start(world, {"p": 1}, {"p": 1}, None)
    world.drift[KEY] = DriftPolicy.REVERT
    plan = world.sync()
    assert [(change.action, change.conflict) for change in plan.changes] == [(Action.CREATE, False)]


def test_under_revert_a_type_that_was_never_compared_is_adopted(world: Any) -> None:
    from shared.domain.settings import DriftPolicy

    world.drift[KEY] = DriftPolicy.REVERT
    world.portal(KEY, NAME, p=1)
    assert world.sync().changes == ()
    assert world.file(KEY, NAME)["p"] == 1
