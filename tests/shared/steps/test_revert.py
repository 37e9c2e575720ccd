"""Reject and revert: the repository takes what the tenant holds now."""

from __future__ import annotations

import pytest
from fake_tenant import failed
from sync_ports import Died

from shared.domain.sync import DecisionKind, Stage
from shared.errors import NotAvailable, StorageConflict
from shared.names import BASE, MAIN, TENANT
from shared.steps import blobs
from shared.steps.revert import ATTEMPTS, revert


def rejected(scene, *items):
    plan = scene.plan()
    chosen = tuple(one.id for one in plan.changes if one.item in items) if items else None
    scene.decide(DecisionKind.REJECT_AND_REVERT, chosen)
    scene.enter(Stage.SETTLING)
    return plan


def test_every_edit_is_set_back_creations_go_and_deletions_return(scene, make_edits):
    before = scene.git.tree(scene.git.heads[MAIN])
    make_edits(scene)
    rejected(scene)

    scene.play(revert)

    refs = scene.git.heads
    assert scene.git.tree(refs[MAIN]) == scene.git.tree(refs[TENANT]) == before
    assert scene.writes() == []
    scene.end()
    assert scene.ran().digest is None


def test_reverting_twice_is_reverting_once(scene, make_edits):
    make_edits(scene)
    rejected(scene)
    scene.play(revert)
    heads = dict(scene.git.heads)

    scene.play(revert)

    assert scene.git.heads == heads


def test_what_the_tenant_holds_now_counts_not_what_it_held(scene):
    scene.edit("groups", "Staff", note="wanted")
    rejected(scene)
    scene.tenant.named("groups", "Staff")["note"] = "now"

    scene.play(revert)

    assert scene.file("groups", "Staff")["note"] == scene.agreed("groups", "Staff")["note"] == "now"


def test_an_item_gone_since_goes_from_the_repository(scene):
    scene.edit("rules", "rules", allowed="none")
    scene.edit("locations", "Office", range="::/0")
    rejected(scene)
    scene.tenant.objects["locations"].clear()

    scene.play(revert)

    assert scene.file("locations", "Office") is None
    assert scene.file("rules", "rules") == {"allowed": "all"}


@pytest.mark.parametrize(
    "error", [failed(), NotAvailable("reading", 403, "Unlicensed")], ids=["not read", "not available"]
)
def test_where_the_second_look_fails_what_the_plan_saw_counts_and_the_log_says_so(scene, error):
    scene.edit("groups", "Staff", note="wanted")
    scene.push("locations", "Office", None)
    rejected(scene)
    scene.tenant.unread["groups-1"] = scene.tenant.unread["locations-2"] = error

    scene.play(revert)

    assert scene.file("groups", "Staff")["note"] == "all"
    assert scene.file("locations", "Office")["trusted"] is True
    assert scene.log_events().count("fault") == 2


def test_only_the_named_changes_are_set_back(scene):
    scene.edit("groups", "Staff", note="wanted")
    scene.edit("policies", "MFA", state="off")
    rejected(scene, "MFA")

    scene.play(revert)
    scene.end()

    assert scene.file("policies", "MFA")["state"] == "on"
    assert scene.file("groups", "Staff")["note"] == "wanted"
    assert [one.item for one in scene.plan().changes] == ["Staff"]


def test_a_property_that_a_later_commit_changed_is_left_and_listed(scene):
    scene.edit("groups", "Staff", note="wanted")
    rejected(scene)
    later = scene.edit("groups", "Staff", note="later")

    scene.play(revert)

    assert scene.file("groups", "Staff")["note"] == "later"
    assert blobs.load_left(scene.blobs) == (("entra/groups/Staff.json", later),)


def test_what_is_pushed_while_it_is_committed_is_seen(scene):
    scene.edit("groups", "Staff", note="wanted")
    rejected(scene)
    scene.git.pushes = [lambda: scene.edit("groups", "Staff", note="later")]

    scene.play(revert)

    assert scene.file("groups", "Staff")["note"] == "later"
    assert [path for path, _ in blobs.load_left(scene.blobs)] == ["entra/groups/Staff.json"]


def test_a_repository_that_never_rests_is_told_of(scene):
    scene.edit("groups", "Staff", note="wanted")
    rejected(scene)
    before = scene.git.heads[BASE]
    scene.git.pushes = [lambda n=n: scene.edit("rules", "rules", pushed=n) for n in range(ATTEMPTS)]

    with pytest.raises(StorageConflict, match="moved 10 times in a row"):
        scene.play(revert)

    assert scene.git.heads[BASE] == before


@pytest.mark.parametrize("lost", ["plan", "decision"])
def test_without_a_plan_or_a_decision_there_is_nothing_to_go_by(scene, lost):
    scene.edit("groups", "Staff", note="wanted")
    rejected(scene)
    if lost == "plan":
        del scene.blobs.blobs[blobs.PLAN]
    else:
        scene.status.decisions.clear()

    with pytest.raises(LookupError, match="no plan, or no decision stands"):
        scene.play(revert)


def test_a_process_that_dies_after_the_commit_is_made_good(scene):
    scene.edit("groups", "Staff", note="wanted")
    scene.edit("policies", "MFA", state="off")
    rejected(scene)
    later = scene.edit("groups", "Staff", note="later")
    scene.effects.log.clear()
    scene.effects.die_after = 1
    with pytest.raises(Died):
        scene.play(revert)
    scene.effects.revive()

    scene.play(revert)

    assert scene.file("policies", "MFA")["state"] == "on"
    assert [path for path, _ in blobs.load_left(scene.blobs)] == ["entra/groups/Staff.json"]
    assert later != scene.git.heads[MAIN]
