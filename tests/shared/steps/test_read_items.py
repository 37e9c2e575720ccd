"""The repository's items as people read them, at any point of its history."""

from __future__ import annotations

import pytest

from shared.domain.plan import Action
from shared.errors import Problem
from shared.names import MAIN, TENANT
from shared.steps import read_items
from shared.steps.read_items import differences, listed, point, whole

STAFF, OFFICE, MFA = "entra/groups/Staff.json", "entra/locations/Office.json", "entra/policies/MFA.json"


def names(page) -> list[str]:
    return [one.name for one in page.value]


def differing(scene, old, new, types=None, path=None, places=range(100), **other):
    at = point(other.get("git", scene.git), new)
    return differences(scene.catalog, point(scene.git, old), at, types, path, places)


def test_items_are_listed_by_path_with_their_own_names(scene):
    scene.edit("groups", "Staff", displayName="Everybody")

    page = listed(scene.catalog, point(scene.git, None), None, "", 100, 0)

    assert names(page) == ["Everybody", "Office", "MFA", "rules", "Strong"]
    assert [one.held.path for one in page.value][:2] == [STAFF, OFFICE]
    assert page.value[0].size == len(scene.git.files(scene.git.heads[MAIN])[STAFF])
    assert not page.more


@pytest.mark.parametrize(
    ("types", "search", "found"),
    [
        (["groups"], "", ["Staff"]),
        (["groups", "locations"], "", ["Staff", "Office"]),
        (None, "sta", ["Staff"]),
        (None, "locations/", ["Office"]),
        (None, "nowhere", []),
        (["groups"], "office", []),
    ],
)
def test_items_are_found_by_type_name_and_path(scene, types, search, found):
    assert names(listed(scene.catalog, point(scene.git, None), types, search, 100, 0)) == found


def test_a_long_list_is_read_in_parts(scene):
    at = point(scene.git, "main")

    first, second = (listed(scene.catalog, at, None, "", 3, after) for after in (0, 3))

    assert (len(first.value), first.more, len(second.value), second.more) == (3, True, 2, False)


def test_many_items_are_looked_through_a_few_at_a_time(scene, monkeypatch):
    monkeypatch.setattr(read_items, "AT_ONCE", 2)

    assert names(listed(scene.catalog, point(scene.git, None), None, ".json", 100, 0)) == [
        "Staff",
        "Office",
        "MFA",
        "rules",
        "Strong",
    ]


def test_an_item_whose_file_cannot_be_read_goes_by_the_name_of_its_path(scene):
    scene.git.pushed({STAFF: b"{"})

    (found,) = listed(scene.catalog, point(scene.git, None), ["groups"], "", 100, 0).value

    assert found.name == "Staff"


def test_before_the_first_commit_there_is_nothing(scene):
    scene.git.heads.clear()
    at = point(scene.git, "tenant")

    assert (at.commit, listed(scene.catalog, at, None, "", 100, 0).value) == (None, [])
    with pytest.raises(Problem, match="itemNotFound"):
        whole(scene.catalog, at, STAFF)


def test_a_point_is_a_branch_a_tag_or_a_commit(scene):
    first = scene.git.heads[MAIN]
    scene.git.tag("deploy-1", first)
    head = scene.edit("groups", "Staff", note="few")

    assert [point(scene.git, ref).commit for ref in (None, "main", "tenant", "deploy-1", first)] == [
        head,
        head,
        scene.git.heads[TENANT],
        first,
        first,
    ]


@pytest.mark.parametrize("ref", ["0" * 40, "refs/accord/base", "HEAD", "../main", "a" * 39, "", "\x00"])
def test_what_names_no_commit_of_this_repository_is_told(scene, ref):
    if not ref:
        assert point(scene.git, ref).commit == scene.git.heads[MAIN]
        return
    with pytest.raises(Problem) as refused:
        point(scene.git, ref)
    assert (refused.value.code, refused.value.status) == ("commitNotFound", 404)


def test_an_item_is_read_as_it_was(scene):
    first = scene.git.heads[MAIN]
    scene.edit("groups", "Staff", note="few")

    then, now = (whole(scene.catalog, point(scene.git, ref), STAFF) for ref in (first, None))

    assert (b'"all"' in then.data, b'"few"' in now.data) == (True, True)
    assert (now.name, now.beside) == ("Staff", {})


def test_differences_are_told_item_by_item(scene):
    first = scene.git.heads[MAIN]
    scene.edit("groups", "Staff", note="few")
    scene.push("groups", "Guests", {"displayName": "Guests"})
    scene.push("locations", "Office", None)

    found = differing(scene, first, "main")

    assert [(one.name, one.action) for one in found.value] == [
        ("Guests", Action.CREATE),
        ("Staff", Action.UPDATE),
        ("Office", Action.DELETE),
    ]
    (only,) = found.value[1].properties
    assert (only.path, only.old, only.new) == (("note",), "all", "few")


def test_differences_of_one_item_or_type_and_in_parts(scene):
    first = scene.git.heads[MAIN]
    scene.edit("groups", "Staff", note="few")
    scene.edit("locations", "Office", range="10.1.0.0/16")

    assert [one.name for one in differing(scene, first, "main", types=["groups"]).value] == ["Staff"]
    assert [one.name for one in differing(scene, first, "main", path=OFFICE).value] == ["Office"]
    part = differing(scene, first, "main", places=range(1))
    assert ([one.name for one in part.value], part.more) == (["Staff"], True)
    rest = differing(scene, first, "main", places=range(1, 2))
    assert ([one.name for one in rest.value], rest.more) == (["Office"], False)


def test_files_that_are_only_written_differently_do_not_differ(scene):
    first = scene.git.heads[MAIN]
    scene.git.pushed({STAFF: scene.git.files(first)[STAFF].replace(b"\n", b"\n ")})

    assert differing(scene, first, "main").value == []


def test_files_that_cannot_be_compared_are_named_with_the_reason(scene):
    first = scene.git.heads[MAIN]
    scene.git.pushed({STAFF: b"{", "entra/groups/New.json": b"["})

    new, staff = differing(scene, first, "main").value

    assert (staff.name, staff.action, staff.properties) == ("Staff", Action.UPDATE, ())
    assert STAFF in staff.fault
    assert new.action is Action.CREATE


def test_another_tenants_repository_is_compared_with_this_one(scene):
    other = scene.copy()
    other.edit("policies", "MFA", state="off")

    (found,) = differing(scene, "main", "main", git=other.git).value

    assert (found.held.path, [(one.old, one.new) for one in found.properties]) == (MFA, [("on", "off")])
