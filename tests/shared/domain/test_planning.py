"""The plan: its order, what depends on what, what is blocked and why, and its digest."""

from __future__ import annotations

from typing import Any

import pytest

from shared.domain.choice import choose
from shared.domain.item import ABSENT
from shared.domain.ordering import ordered
from shared.domain.plan import Action, Blocked, BlockedCode
from shared.domain.plan_json import dump_plan, load_plan
from shared.domain.planning import PlanInputs, make_plan, wanted_names

G, P, L = "groups", "policies", "locations"


def names(plan: Any) -> list[str]:
    return [change.item for change in plan.changes]


def blocks(plan: Any) -> dict[str, tuple[str, str] | None]:
    return {
        change.item: None if change.blocked is None else (change.blocked.code.value, change.blocked.detail)
        for change in plan.changes
    }


def policy(name: str = "P", **more: Any) -> dict[str, Any]:
    return {"displayName": name, **more}


def groups(*names: str) -> dict[str, Any]:
    return {"users": {"includeGroups": [f"{{{{groups:{name}}}}}" for name in names]}}


def test_a_group_comes_before_the_policy_that_names_it(world: Any) -> None:
    world.push(P, "A policy", policy("A policy", **groups("Z group")))
    world.push(G, "Z group", policy("Z group"))
    plan = world.sync()
    assert names(plan) == ["Z group", "A policy"]
    assert plan.changes[1].depends_on == (plan.changes[0].id,)
    assert set(world.deploy(plan).values()) == {"applied"}
    assert world.sync().changes == ()


def test_within_a_type_references_decide(world: Any) -> None:
    world.push(P, "A", policy("A", parent="{{policies:B}}"))
    world.push(P, "B", policy("B", parent="{{policies:C}}"))
    world.push(P, "C", policy("C"))
    assert names(world.sync()) == ["C", "B", "A"]


def test_a_renamed_group_comes_before_what_uses_its_new_name(world: Any) -> None:
    group = world.portal(G, "Old")
    world.portal(P, "A", users={"includeGroups": []})
    world.portal(P, "B", users={"includeGroups": [group]})
    world.sync()
    world.edit(G, "Old", displayName="New")
    world.edit(P, "A", **groups("New"))
    plan = world.sync()
    assert names(plan) == ["New", "A"]
    assert plan.changes[1].depends_on == (plan.changes[0].id,)
    assert set(world.deploy(plan).values()) == {"applied"}
    assert world.objects[P]["policies-2"]["users"]["includeGroups"] == [group]
    assert world.sync().changes == ()
    assert world.file(P, "B")["users"]["includeGroups"] == ["{{groups:New}}"]


def test_an_updated_group_comes_first_without_being_needed(world: Any) -> None:
    group = world.portal(G, "Z", p=1)
    world.portal(P, "A", p=1, users={"includeGroups": [group]})
    world.sync()
    world.edit(G, "Z", p=2)
    world.edit(P, "A", p=2)
    plan = world.sync()
    assert names(plan) == ["Z", "A"]
    assert plan.changes[1].depends_on == ()


def test_a_group_that_a_policy_still_names_cannot_be_deleted(world: Any) -> None:
    group = world.portal(G, "Break glass")
    for name in "ABCDEF":
        world.portal(P, name, users={"includeGroups": [group]})
    world.portal(P, "Other", users={"includeGroups": []}, note="{{groups:Break glass}}")
    world.sync()
    world.push(G, "Break glass", None)
    code, detail = blocks(world.sync())["Break glass"] or ("", "")
    assert code == "unresolvedReference"
    assert detail.startswith("still referred to by policies 'A', policies 'B'")
    assert detail.endswith("and 1 more")


def test_it_can_be_once_they_have_let_go_or_go_themselves(world: Any) -> None:
    group = world.portal(G, "Break glass")
    world.portal(P, "A", users={"includeGroups": [group]})
    world.portal(P, "B", users={"includeGroups": [group]})
    world.sync()
    world.push(G, "Break glass", None)
    world.edit(P, "A", users={"includeGroups": []})
    assert blocks(world.sync())["Break glass"] == ("unresolvedReference", "still referred to by policies 'B'")
    world.push(P, "B", None)
    plan = world.sync()
    assert set(blocks(plan).values()) == {None}
    assert set(world.deploy(plan).values()) == {"applied"}
    assert world.sync().changes == ()


def test_deletes_come_last_and_after_those_who_let_go(world: Any) -> None:
    group, other = world.portal(G, "Staff"), world.portal(G, "Other")
    world.portal(P, "A", users={"includeGroups": [group]})
    world.portal(P, "B", users={"includeGroups": [group, other]})
    world.portal(P, "C", users={"includeGroups": [other]})
    world.sync()
    world.edit(P, "A", users={"includeGroups": []})
    world.push(P, "B", None)
    world.push(G, "Staff", None)
    world.push(G, "Other", None)
    plan = world.sync()
    assert names(plan) == ["A", "B", "Other", "Staff"]
    by_name = {change.item: change for change in plan.changes}
    assert by_name["Staff"].depends_on == (by_name["A"].id, by_name["B"].id)
    assert by_name["Other"].depends_on == (by_name["B"].id,)
    assert set(world.deploy(plan).values()) == {"applied"}


def test_what_refers_only_to_itself_can_be_deleted(world: Any) -> None:
    world.portal(P, "Loop", id="1", parent="1")
    world.sync()
    world.push(P, "Loop", None)
    assert blocks(world.sync()) == {"Loop": None}


def test_deletes_that_refer_to_each_other_are_both_possible(world: Any) -> None:
    world.portal(P, "A", id="1", parent="2")
    world.portal(P, "B", id="2", parent="1")
    world.sync()
    world.push(P, "A", None)
    world.push(P, "B", None)
    plan = world.sync()
    assert sorted(names(plan)) == ["A", "B"]
    assert set(blocks(plan).values()) == {None}


def test_creates_that_refer_to_each_other_are_blocked(world: Any) -> None:
    world.push(P, "A", policy("A", parent="{{policies:B}}"))
    world.push(P, "B", policy("B", parent="{{policies:A}}"))
    world.push(P, "C", policy("C", parent="{{policies:C}}"))
    found = blocks(world.sync())
    assert found["A"] == found["B"] == ("unresolvedReference", "it refers to items that refer back to it")
    assert found["C"] == ("unresolvedReference", "{{policies:C}} is this item itself")


@pytest.mark.parametrize(
    ("edit", "blocked"),
    [
        pytest.param(groups("Nobody"), ("unresolvedReference", "{{groups:Nobody}}"), id="a name nobody has"),
        pytest.param(groups("Twice"), ("ambiguous", "{{groups:Twice}}"), id="a name two have"),
        pytest.param(
            {"users": {"includeGroups": ["stranger"]}},
            ("unresolvedReference", "stranger"),
            id="an id new to the property",
        ),
        pytest.param(
            {"users": {"excludeGroups": ["orphan"]}, "p": 2}, None, id="an id the tenant holds there"
        ),
        pytest.param({"users": {"includeGroups": ["All"]}}, None, id="a special value"),
        pytest.param(
            {"platform": "win"},
            ("unchangeable", "/platform cannot be changed once the object exists"),
            id="what an update cannot change",
        ),
        pytest.param({"p": 2}, None, id="nothing in the way"),
    ],
)
def test_what_blocks_an_update(world: Any, edit: dict[str, Any], blocked: Any) -> None:
    world.portal(G, "Twice")
    world.portal(G, "Twice")
    world.portal(P, "P", p=1, platform="mac", users={"excludeGroups": ["orphan"]})
    world.sync()
    content = world.file(P, "P")
    content["users"] = {**content["users"], **edit.pop("users", {})}
    world.push(P, "P", {**content, **edit})
    assert blocks(world.sync()) == {"P": blocked}


def test_what_the_tenant_holds_of_an_ambiguous_name_is_written_back(world: Any) -> None:
    one = world.portal(G, "Staff")
    world.portal(P, "P", users={"includeGroups": [one]})
    world.sync()
    world.portal(G, "Staff")
    world.edit(P, "P", p=2)
    plan = world.sync()
    assert blocks(plan) == {"P": None}
    assert world.file(P, "P")["users"]["includeGroups"] == ["{{groups:Staff}}"]


def test_what_depends_on_a_blocked_change_is_blocked_too(world: Any) -> None:
    world.push(G, "G", policy("G"))
    world.push(P, "P", policy(**groups("G")))
    world.extra["restrictions"] = {G: Blocked(BlockedCode.PERMISSION_MISSING, "Group.ReadWrite.All")}
    plan = world.sync()
    assert blocks(plan) == {
        "G": ("permissionMissing", "Group.ReadWrite.All"),
        "P": ("permissionMissing", "depends on 'G': Group.ReadWrite.All"),
    }
    assert choose(plan, None).deployable == 0


def test_protected_paths_are_never_written(world: Any) -> None:
    world.push(G, "Break glass", policy("Break glass"))
    world.extra["protected"] = ["entra/groups/Break*"]
    assert blocks(world.sync()) == {"Break glass": ("protected", "entra/groups/Break*")}


def test_a_create_that_the_tenant_has_already_is_ambiguous(world: Any) -> None:
    world.portal(G, "A", p=1)
    world.portal(G, "A", p=2)
    world.push(G, "A", policy("A", p=3))
    plan = world.sync()
    assert [change.blocked.code for change in plan.changes] == [BlockedCode.AMBIGUOUS]
    assert world.sync().digest == plan.digest


def test_what_a_type_can_never_do_is_unchangeable(world: Any, entries: Any) -> None:
    world.portal(G, "A", p=1)
    world.sync()
    fixed = entries.replace(entries.groups, creatable=False, deletable=False)
    world.catalog = entries.replace(entries.catalog, types={**entries.catalog.types, G: fixed})
    world.push(G, "A", None)
    world.push(G, "B", policy("B", q=1))
    assert blocks(world.sync()) == {
        "A": ("unchangeable", "groups cannot be deleted"),
        "B": ("unchangeable", "groups cannot be created"),
    }


def test_names_of_unmanaged_objects_are_looked_up_for_the_plan(world: Any) -> None:
    world.users["u1"] = "old@x"
    world.portal(P, "P", users={"includeUsers": ["u1"]})
    world.sync()
    world.edit(P, "P", users={"includeUsers": ["{{users:old@x}}", "{{users:new@x}}", "All", "raw"]})
    world.push(G, "G", None) if "entra/groups/G.json" in world.main else None
    world.sync()
    assert {str(one) for one in wanted_names(world.catalog, world.found.planned, world.state)} == {
        "{{users:new@x}}"
    }


def test_the_digest_names_the_plan_and_nothing_else(world: Any, worlds: Any) -> None:
    def plan(value: int, catalog: str = "v1", reverse: bool = False) -> Any:
        one = worlds()
        for name in ("A", "B"):
            one.portal(G, name, id=name, p=1)
        one.sync()
        for name in ("A", "B"):
            one.edit(G, name, p=value)
        one.sync()
        from dataclasses import replace

        made = PlanInputs(replace(one.catalog, version=catalog), "contoso", one.state)
        planned = one.found.planned[::-1] if reverse else one.found.planned
        return make_plan(made, planned)

    assert plan(2).digest == plan(2, reverse=True).digest
    assert plan(2).digest != plan(3).digest
    assert plan(2).digest != plan(2, "v2").digest
    assert plan(2).digest.startswith("sha256:")


def test_a_plan_as_json_and_back(world: Any) -> None:
    world.portal(P, "Gone", p="\ud800")
    world.portal(P, "P", p=None, q=1)
    world.sync()
    world.push(P, "Gone", None)
    world.edit(P, "P", q=None, r={"s": [1.5, True, None]})
    world.push(P, "Blocked", policy("Blocked", parent="x"))
    plan = world.sync()
    assert len(plan.changes) == 3
    again = load_plan(dump_plan(plan))
    assert again == plan
    assert again.changes[1].properties[0].repository is ABSENT


def test_a_choice_says_what_is_wrong_with_it(world: Any) -> None:
    world.portal(G, "Gone")
    world.portal("locations", "Pair", **{"@odata.type": "#a"})
    world.sync()
    world.push(G, "Gone", None)
    world.push("locations", "Pair", policy("Pair", **{"@odata.type": "#b"}))
    world.push(G, "New", policy("New", p=1))
    world.push(P, "User", policy("User", **groups("New")))
    world.push(P, "Blocked", policy("Blocked", parent="x"))
    plan = world.sync()
    ids = {(change.item, change.action): change.id for change in plan.changes}
    every = choose(plan, None)
    assert (every.deployable, every.deletions, every.missing, every.blocked) == (5, 2, (), ())
    user, new = ids["User", Action.CREATE], ids["New", Action.CREATE]
    assert choose(plan, [user]).missing == (new,)
    assert choose(plan, [user, new, user]).deployable == 2
    pair = ids["Pair", Action.DELETE], ids["Pair", Action.CREATE]
    assert choose(plan, [pair[0]]).missing == (pair[1],)
    assert choose(plan, [pair[1]]).missing == (pair[0],)
    assert choose(plan, ["c99"]).unknown == ("c99",)
    assert choose(plan, [ids["Blocked", Action.CREATE]]).blocked == (ids["Blocked", Action.CREATE],)


@pytest.mark.parametrize(
    ("needs", "wishes", "order", "circle"),
    [
        pytest.param({}, {}, [2, 1, 0], set(), id="by rank"),
        pytest.param({2: {0}}, {}, [1, 0, 2], set(), id="what is needed first"),
        pytest.param({}, {2: {0}}, [1, 0, 2], set(), id="what is wished first"),
        pytest.param({}, {2: {0}, 0: {2}}, [1, 2, 0], set(), id="a circle of wishes"),
        pytest.param({2: {0}, 0: {2}}, {}, [1, 2, 0], {0, 2}, id="a circle of needs"),
        pytest.param({2: {0}}, {0: {2}}, [1, 0, 2], set(), id="a need against a wish"),
    ],
)
def test_order(needs: Any, wishes: Any, order: list[int], circle: set[int]) -> None:
    assert ordered(["c", "b", "a"], needs, wishes) == (order, circle)
