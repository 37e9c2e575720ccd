"""The comparison of a whole repository: moves, renames, references, faults, and what stays untouched."""

from __future__ import annotations

import json
from typing import Any

import pytest

from shared.domain.agreement import TYPES
from shared.domain.compare import Reason
from shared.domain.file_name import suffixed
from shared.domain.item import ABSENT
from shared.domain.plan import Action, BlockedCode, Difference

G, P = "groups", "policies"


def notes(world: Any) -> list[tuple[Reason, str]]:
    return [(note.reason, note.item) for note in world.found.notes]


def actions(plan: Any) -> list[tuple[Action, str]]:
    return [(change.action, change.item) for change in plan.changes]


def test_an_unchanged_tenant_makes_no_commit(world: Any) -> None:
    world.portal(G, "Staff")
    world.portal(P, "A", users={"includeGroups": ["groups-1"]}, script="YQ==")
    world.portal("settings", "", id="settings", a=1)
    world.sync()
    assert set(world.main) == {
        "entra/groups/Staff.json",
        "entra/policies/A.json",
        "entra/policies/A.script.ps1",
        "entra/settings/settings.json",
    }
    world.sync()
    found = world.found
    assert (found.main, found.tenant, found.base, found.notes, found.drift) == ({}, {}, {}, (), ())
    assert found.unchanged == 3
    assert found.counts == dict.fromkeys(Difference, 0)


def test_the_branch_shows_what_the_tenant_held(world: Any) -> None:
    one = world.portal(G, "A", p=1)
    world.portal(G, "B")
    world.sync()
    world.push(G, "A", {"displayName": "A", "p": 9})
    world.portal(G, "A", id=one, p=2)
    world.remove(G, "groups-2")
    world.sync()
    assert set(world.branch) == {"entra/groups/A.json"}
    assert json.loads(world.branch["entra/groups/A.json"])["p"] == 2
    world.unread.add(G)
    world.portal(G, "C")
    world.sync()
    assert set(world.branch) == {"entra/groups/A.json"}


def test_a_rename_in_the_portal_moves_the_file_and_every_reference_follows(world: Any) -> None:
    group = world.portal(G, "Old")
    world.portal(P, "A", users={"includeGroups": [group]})
    world.sync()
    world.portal(G, "New", id=group)
    world.edit(P, "A", users={"includeGroups": []})
    plan = world.sync()
    assert (Reason.MOVED, "New") in notes(world)
    assert "entra/groups/New.json" in world.main
    assert "entra/groups/Old.json" not in world.main
    assert [row.path[-1] for row in plan.changes[0].properties] == ["{{groups:New}}"]
    assert [one.item for one in world.found.drift] == ["New"]
    assert world.file(P, "A")["users"] == {"includeGroups": []}


def test_references_follow_a_rename_without_being_drift(world: Any) -> None:
    group = world.portal(G, "Old")
    world.portal(P, "A", users={"includeGroups": [group]})
    world.sync()
    world.portal(G, "New", id=group)
    world.sync()
    assert world.file(P, "A")["users"] == {"includeGroups": ["{{groups:New}}"]}
    assert (Reason.NORMALISED, "A") in notes(world)
    assert [one.item for one in world.found.drift] == ["New"]
    world.sync()
    assert world.found.main == {}


def test_names_swapped_in_the_portal_swap_their_files(world: Any) -> None:
    one, two = world.portal(G, "A", p=1), world.portal(G, "B", p=2)
    world.sync()
    world.portal(G, "B", id=one, p=1)
    world.portal(G, "A", id=two, p=2)
    assert world.sync().changes == ()
    assert (world.file(G, "A")["p"], world.file(G, "B")["p"]) == (2, 1)
    assert world.agreement.ids["entra/groups/A.json"] == two


def test_recreated_under_the_same_name_is_the_same_item(world: Any) -> None:
    old = world.portal(G, "A", p=1)
    world.sync()
    world.remove(G, old)
    new = world.portal(G, "A", p=2)
    assert world.sync().changes == ()
    assert world.agreement.ids == {"entra/groups/A.json": new}
    assert [(one.difference, one.item) for one in world.found.drift] == [(Difference.CHANGED, "A")]


def test_recreated_under_another_name_with_the_same_content_is_a_rename(world: Any) -> None:
    old = world.portal(G, "A", p=1)
    world.sync()
    world.edit(G, "A", q=5)
    world.remove(G, old)
    new = world.portal(G, "B", p=1)
    plan = world.sync()
    assert actions(plan) == [(Action.UPDATE, "B")]
    assert plan.changes[0].object_id == new
    assert world.file(G, "B") == {"displayName": "B", "p": 1, "q": 5}


def test_two_that_could_be_renamed_are_deleted_and_created(world: Any) -> None:
    old = world.portal(G, "A", p=1)
    world.sync()
    world.remove(G, old)
    world.portal(G, "B", p=1)
    world.portal(G, "C", p=1)
    world.sync()
    assert sorted((one.difference.value, one.item) for one in world.found.drift) == [
        ("added", "B"),
        ("added", "C"),
        ("removed", "A"),
    ]


def test_a_file_moved_by_hand_moves_back_to_where_its_name_says(world: Any) -> None:
    group = world.portal(G, "A", p=1)
    world.sync()
    world.main["entra/groups/Else.json"] = world.main.pop("entra/groups/A.json")
    assert world.sync().changes == ()
    assert set(world.main) == {"entra/groups/A.json"}
    assert world.agreement.ids == {"entra/groups/A.json": group}


def test_a_file_moved_and_renamed_by_hand_stays_until_the_tenant_has_the_name(world: Any) -> None:
    world.portal(G, "A", p=1)
    world.sync()
    world.push(G, "A", None)
    world.push(G, "B", {"displayName": "B", "p": 1})
    plan = world.sync()
    assert actions(plan) == [(Action.UPDATE, "B")]
    assert set(world.main) == {"entra/groups/B.json"}
    world.deploy(plan)
    assert world.sync().changes == ()
    assert set(world.main) == {"entra/groups/B.json"}
    assert set(world.branch) == {"entra/groups/B.json"}


def test_two_objects_of_one_name_have_two_files_for_good(world: Any) -> None:
    one, two = world.portal(G, "A", p=1), world.portal(G, "A", p=2)
    world.sync()
    suffix = f"entra/groups/{suffixed('A', two)}.json"
    assert world.agreement.ids == {"entra/groups/A.json": one, suffix: two}
    world.remove(G, one)
    world.sync()
    assert set(world.main) == {suffix}


def test_an_adopted_object_leaves_a_pending_file_of_its_name_alone(world: Any) -> None:
    world.portal("profiles", "A", **{"@odata.type": "#x"})
    world.push("profiles", "A", {"displayName": "A", "@odata.type": "#y"})
    plan = world.sync()
    assert actions(plan) == [(Action.CREATE, "A")]
    assert world.file("profiles", "A")["@odata.type"] == "#y"
    assert len(world.main) == 2
    before = dict(world.main)
    assert world.sync().digest == plan.digest
    assert world.main == before


def test_a_file_that_cannot_be_read_leaves_its_item_alone(world: Any) -> None:
    one = world.portal(G, "A", p=1)
    world.portal(G, "B", p=1)
    world.sync()
    world.main["entra/groups/A.json"] = b"{"
    world.portal(G, "A", id=one, p=2)
    before = dict(world.main), dict(world.base)
    assert world.sync().changes == ()
    assert (world.main, world.base) == before
    assert [fault.path for fault in world.found.faults] == ["entra/groups/A.json"]
    world.main["entra/groups/New.json"] = b"["
    world.sync()
    assert len(world.found.faults) == 2


def test_a_file_in_another_form_is_normalised_once(world: Any) -> None:
    world.portal(G, "A", p=1)
    world.sync()
    world.main["entra/groups/A.json"] = b'{"p":1,"displayName":"A","id":"x"}'
    assert world.sync().changes == ()
    assert notes(world) == [(Reason.NORMALISED, "A")]
    assert world.main["entra/groups/A.json"] == b'{\n  "displayName": "A",\n  "p": 1\n}\n'


def test_what_only_a_new_catalog_alters_is_neither_drift_nor_plan(world: Any, entries: Any) -> None:
    world.portal(G, "A", p=1, volatile=1)
    world.sync()
    groups = entries.replace(entries.groups, strip=("builtIn", "volatile"))
    world.catalog = entries.replace(entries.catalog, types={**entries.catalog.types, G: groups})
    assert world.sync().changes == ()
    assert world.found.drift == ()
    assert notes(world) == [(Reason.NORMALISED, "A")]
    assert world.agreed(G, "A") == {"displayName": "A", "p": 1}


def test_a_person_may_write_an_id_that_the_tenant_knows(world: Any) -> None:
    group = world.portal(G, "Staff")
    world.portal(P, "A", users={"includeGroups": []})
    world.sync()
    world.edit(P, "A", users={"includeGroups": [group]})
    plan = world.sync()
    assert [row.repository for row in plan.changes[0].properties] == ["{{groups:Staff}}"]
    assert plan.changes[0].blocked is None
    assert world.file(P, "A")["users"] == {"includeGroups": ["{{groups:Staff}}"]}


def test_references_to_types_that_were_not_read_keep_their_names(world: Any) -> None:
    group = world.portal(G, "Staff" * 40)
    world.portal(P, "A", users={"includeGroups": [group]})
    world.sync()
    world.unread.add(G)
    before = dict(world.main)
    assert world.sync().changes == ()
    assert world.main == before


def test_a_broken_file_of_a_type_that_was_not_read_harms_nobody(world: Any) -> None:
    world.portal(G, "Staff")
    world.portal(P, "A", p=1)
    world.sync()
    world.unread.add(G)
    world.base["entra/groups/Staff.json"] = b"{"
    assert world.sync().changes == ()


def test_an_item_without_a_file_in_the_base_is_no_harm(world: Any) -> None:
    world.portal(G, "Staff")
    world.portal(P, "A", p=1)
    world.sync()
    world.unread.add(G)
    del world.base["entra/groups/Staff.json"]
    assert world.sync().changes == ()


def test_a_changed_kind_is_planned_as_a_pair_and_deployed(world: Any) -> None:
    old = world.portal("locations", "HQ", **{"@odata.type": "#ip", "p": 1})
    world.sync()
    world.push("locations", "HQ", {"displayName": "HQ", "@odata.type": "#country", "countries": ["NO"]})
    plan = world.sync()
    gone, new = plan.changes
    assert (gone.action, new.action) == (Action.DELETE, Action.CREATE)
    assert (gone.replaces, new.replaces) == (new.id, gone.id)
    assert new.depends_on == (gone.id,)
    assert new.blocked is None
    assert set(world.deploy(plan).values()) == {"applied"}
    assert old not in world.objects["locations"]
    assert world.sync().changes == ()


@pytest.mark.parametrize("half", [0, 1])
def test_a_rejected_pair_is_set_back_as_one(world: Any, half: int) -> None:
    world.portal("locations", "HQ", **{"@odata.type": "#ip", "p": 1})
    world.sync()
    world.push("locations", "HQ", {"displayName": "HQ", "@odata.type": "#country"})
    plan = world.sync()
    if half:
        world.edit("locations", "HQ", q=7)
        left = world.revert(plan).left
        assert [one.property for one in left] == [("q",)]
        assert world.file("locations", "HQ")["@odata.type"] == "#country"
    else:
        assert world.revert(plan).left == ()
        assert world.file("locations", "HQ") == {"displayName": "HQ", "@odata.type": "#ip", "p": 1}
        assert world.sync().changes == ()


def test_types_are_remembered_though_they_are_empty(world: Any) -> None:
    world.sync()
    assert json.loads(world.base[TYPES]) == ["groups", "locations", "policies", "profiles"]


def test_what_is_built_in_is_backed_up_and_never_written(world: Any) -> None:
    world.portal(G, "A", builtIn=True, p=1)
    world.sync()
    world.edit(G, "A", p=2)
    plan = world.sync()
    assert plan.changes[0].blocked.code is BlockedCode.UNCHANGEABLE
    assert [(row.tenant, row.repository) for row in plan.changes[0].properties] == [(1, 2)]
    assert ABSENT not in [row.base for row in plan.changes[0].properties]
