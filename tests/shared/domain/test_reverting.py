"""What was rejected is set back, and the state of a tenant survives as a blob."""

from __future__ import annotations

from typing import Any

import pytest

from shared.domain.agreement import Agreement, agreement, own_files
from shared.domain.plan import Action
from shared.domain.tenant_state import dump, load

G, P = "groups", "policies"


def test_creations_are_removed_and_deletions_restored(world: Any) -> None:
    world.portal(G, "Gone", p=1)
    world.sync()
    world.push(G, "Gone", None)
    world.push(G, "New", {"displayName": "New", "q": 1})
    plan = world.sync()
    assert world.revert(plan).left == ()
    assert set(world.main) == {"entra/groups/Gone.json"}
    assert world.sync().changes == ()


def test_what_a_later_commit_changed_is_left_to_it(world: Any) -> None:
    world.portal(G, "Gone", p=1)
    world.portal(G, "Lost", p=1)
    world.sync()
    world.push(G, "Gone", None)
    world.edit(G, "Lost", p=2)
    world.push(G, "New", {"displayName": "New", "q": 1})
    plan = world.sync()
    world.push(G, "Gone", {"displayName": "Gone", "p": 5})
    world.push(G, "Lost", None)
    world.edit(G, "New", q=2)
    left = world.revert(plan).left
    assert sorted((one.path.rpartition("/")[2], one.property) for one in left) == [
        ("Gone.json", ()),
        ("Lost.json", ()),
        ("New.json", ("q",)),
    ]
    assert world.file(G, "New")["q"] == 2


def test_a_creation_that_is_gone_already_needs_nothing(world: Any) -> None:
    world.push(G, "New", {"displayName": "New"})
    plan = world.sync()
    world.push(G, "New", None)
    assert world.revert(plan).left == ()


def test_a_deletion_of_what_is_gone_by_now_stays(world: Any) -> None:
    one = world.portal(G, "Gone", p=1)
    world.sync()
    world.push(G, "Gone", None)
    plan = world.sync()
    world.remove(G, one)
    world.revert(plan)
    assert "entra/groups/Gone.json" not in world.main
    assert world.sync().changes == ()


@pytest.mark.parametrize(("more", "kept"), [({}, False), ({"extra": 1}, True), ({"p": 9}, True)])
def test_an_edited_item_that_the_tenant_lost_since(world: Any, more: Any, kept: bool) -> None:
    one = world.portal(G, "A", p=1)
    world.sync()
    world.edit(G, "A", p=2)
    plan = world.sync()
    world.remove(G, one)
    world.edit(G, "A", **more)
    left = world.revert(plan).left
    assert ("entra/groups/A.json" in world.main) is kept
    assert bool(left) is kept


def test_a_property_pushed_back_by_hand_is_set_back_quietly(world: Any) -> None:
    world.portal(G, "A", p=1, q=1)
    world.sync()
    world.edit(G, "A", p=2, q=2)
    plan = world.sync()
    world.edit(G, "A", p=1)
    assert world.revert(plan).left == ()
    assert world.file(G, "A") == {"displayName": "A", "p": 1, "q": 1}


def test_a_conflict_over_a_lost_item_is_set_back_to_its_loss(world: Any) -> None:
    one = world.portal(G, "A", p=1)
    world.sync()
    world.remove(G, one)
    world.edit(G, "A", p=2)
    plan = world.sync()
    assert plan.changes[0].action is Action.CREATE
    assert world.agreement.ids == {}
    world.revert(plan)
    assert "entra/groups/A.json" not in world.main
    assert "entra/groups/A.json" not in world.base
    assert world.sync().changes == ()


def test_a_broken_file_at_the_head_is_left(world: Any) -> None:
    world.portal(G, "A", p=1)
    world.sync()
    world.edit(G, "A", p=2)
    plan = world.sync()
    world.main["entra/groups/A.json"] = b"{"
    assert [one.property for one in world.revert(plan).left] == [()]


def test_scripts_are_settled_and_set_back_with_their_files(world: Any) -> None:
    world.portal(P, "A", script="YQ==")
    world.sync()
    world.main["entra/policies/A.script.ps1"] = b"b"
    plan = world.sync()
    assert [(row.tenant, row.repository) for row in plan.changes[0].properties] == [("a", "b")]
    world.revert(plan)
    assert world.main["entra/policies/A.script.ps1"] == b"a"
    assert world.sync().changes == ()


def test_the_state_of_a_tenant_survives_as_a_blob(world: Any) -> None:
    world.portal(G, "A", builtIn=True)
    world.portal(P, "P", users={"includeGroups": ["stranger"]}, script="YQ==", x="\ud800")
    world.sync()
    again = load(dump(world.state))
    assert again.items == world.state.items
    assert again.files == world.state.files
    assert again.index.resolve(G, "A") == "groups-1"
    assert again.items[P][0].unresolved[0].object_id == "stranger"
    assert again.item(G, "none") is None


def test_a_state_that_contradicts_itself_is_a_fault_of_ours(world: Any, entries: Any) -> None:
    world.portal(G, "A")
    world.sync()
    broken = entries.replace(world.state, files={})
    with pytest.raises(AssertionError, match="no such file"):
        broken.content(entries.groups, broken.items[G][0])


def test_the_base_knows_its_own_files() -> None:
    files = own_files({"entra/groups/A.json": "1"}, frozenset({"groups"}))
    known = agreement({}, *files.values())
    assert known == Agreement({}, {"entra/groups/A.json": "1"}, frozenset({"groups"}))
    assert known.known("groups") == {"1": "entra/groups/A.json"}
    assert agreement({}, None, None) == Agreement()
