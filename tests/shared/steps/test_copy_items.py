"""Items taken from an earlier commit, or from another tenant."""

from __future__ import annotations

import json

import pytest
from scene import ADA
from sync_ports import START

from shared.errors import Problem
from shared.names import MAIN
from shared.steps.copy_items import Source, copy
from shared.steps.edit_items import Editor
from shared.steps.read_items import point

STAFF, OFFICE, MFA = "entra/groups/Staff.json", "entra/locations/Office.json", "entra/policies/MFA.json"
GUESTS = "entra/groups/Guests.json"


def editor(scene) -> Editor:
    return Editor(scene.git, scene.catalog, ADA, START)


def restored(scene, ref, paths=None):
    return copy(editor(scene), Source(point(scene.git, ref), ref), paths, {})


def copied(scene, other, paths=None, names=None):
    return copy(editor(scene), Source(point(other.git, "main"), "main", "fabrikam"), paths, names or {})


def files(scene) -> dict[str, bytes]:
    return scene.git.files(scene.git.heads[MAIN])


def test_a_restore_makes_everything_as_it_was(scene):
    first = scene.git.heads[MAIN]
    scene.edit("groups", "Staff", note="few")
    scene.push("groups", "Guests", {"displayName": "Guests"})
    scene.push("locations", "Office", None)
    scene.git.pushed({"README.md": b"# ours\n"})

    done = restored(scene, first)

    assert done.landed.files == (GUESTS, STAFF, OFFICE)
    assert files(scene) == {**scene.git.files(first), "README.md": b"# ours\n"}
    made = scene.git.commits[scene.git.heads[MAIN]]
    assert made.message.startswith(f"Restore 3 items as of {first}\n")
    assert json.loads(scene.git.noted[0].principal)[4:] == ["items.copied", "3 files"]


def test_only_the_items_named_are_restored(scene):
    first = scene.git.heads[MAIN]
    scene.edit("groups", "Staff", note="few")
    scene.edit("locations", "Office", range="10.1.0.0/16")

    assert restored(scene, first, [STAFF]).landed.files == (STAFF,)
    assert restored(scene, first, ["entra/locations/"]).landed.files == (OFFICE,)


def test_what_was_not_there_then_is_removed_by_a_restore_alone(scene):
    other = scene.copy()
    first = scene.git.heads[MAIN]
    scene.push("groups", "Guests", {"displayName": "Guests"})

    assert copied(scene, other).landed.files == ()
    assert restored(scene, first, [GUESTS]).landed.files == (GUESTS,)
    assert GUESTS not in files(scene)


def test_nothing_to_do_makes_no_commit(scene):
    head = scene.git.heads[MAIN]

    done = restored(scene, head)

    assert (done.landed.commit, done.landed.files, done.unresolved) == (head, (), ())
    assert scene.git.heads[MAIN] == head


@pytest.mark.parametrize("path", ["entra/groups/None.json", "entra/none/", "../x", "README.md"])
def test_a_path_that_names_no_item_is_told(scene, path):
    with pytest.raises(Problem) as refused:
        restored(scene, "main", [STAFF, path])

    assert (refused.value.code, refused.value.values["path"]) == ("itemNotFound", path)


def test_a_copy_from_another_tenant_names_the_references_that_lead_nowhere(scene):
    other = scene.copy()
    other.push("groups", "Guests", {"displayName": "Guests"})
    other.push(
        "policies",
        "Guests",
        {
            "displayName": "Guests",
            "state": "on",
            "groups": ["All", "{{groups:Guests}}", "{{groups:Staff}}", "g-77"],
            "owner": "{{users:ada@contoso.com}}",
        },
    )
    path = "entra/policies/Guests.json"

    done = copied(scene, other, [path])

    assert done.landed.files == (path,)
    assert [(one.path, one.type, one.text) for one in done.unresolved] == [
        (path, "groups", "{{groups:Guests}}"),
        (path, "groups", "g-77"),
        (path, "users", "{{users:ada@contoso.com}}"),
    ]
    assert scene.git.commits[scene.git.heads[MAIN]].message.startswith("Copy 1 item from fabrikam as of main")


def test_references_to_what_is_copied_too_or_was_seen_in_the_tenant_are_found(scene):
    other = scene.copy()
    other.push("groups", "Guests", {"displayName": "Guests"})
    wanted = {"displayName": "Guests", "groups": ["{{groups:Guests}}"], "owner": "{{users:ada@contoso.com}}"}
    other.push("policies", "Guests", wanted)

    done = copied(scene, other, names={"users": {"u-9": "ada@contoso.com"}})

    assert done.landed.files == (GUESTS, "entra/policies/Guests.json")
    assert done.unresolved == ()


def test_a_copied_item_that_the_target_has_under_another_path_is_written_there(scene):
    other = scene.copy()
    other.push("groups", "Staff", None)
    other.push("groups", "Staff~abcdef", {"displayName": "Staff", "note": "few"})

    done = copied(scene, other, ["entra/groups/"])

    assert done.landed.files == (STAFF,)
    assert json.loads(files(scene)[STAFF])["note"] == "few"


def test_a_copy_that_a_push_would_be_refused_for_changes_nothing(scene):
    other, head = scene.copy(), scene.git.heads[MAIN]
    other.git.pushed({GUESTS: b'{"displayName": "Guests", "id": "x"}'})

    with pytest.raises(Problem) as refused:
        copied(scene, other)

    assert (refused.value.code, refused.value.errors[0]["file"]) == ("itemRefused", GUESTS)
    assert scene.git.heads[MAIN] == head


def test_a_file_that_cannot_be_read_is_not_copied(scene):
    other = scene.copy()
    other.git.pushed({GUESTS: b"{"})

    with pytest.raises(Problem, match="itemRefused"):
        copied(scene, other)


def test_a_restore_that_races_a_push_is_decided_again(scene):
    first = scene.git.heads[MAIN]
    scene.edit("groups", "Staff", note="few")
    scene.git.pushes.append(lambda: scene.edit("locations", "Office", range="10.1.0.0/16"))

    done = restored(scene, first)

    assert done.landed.files == (STAFF, OFFICE)
    assert files(scene) == scene.git.files(first)
