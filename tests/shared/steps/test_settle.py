"""What was applied is agreed on, once, however often it is settled and whoever pushes meanwhile."""

from __future__ import annotations

import datetime as dt

import pytest
from fake_tenant import Mishap
from sync_ports import Died

from shared.domain.sync import Stage
from shared.errors import StorageConflict
from shared.names import BASE, MAIN, TENANT
from shared.steps.settle import ATTEMPTS, settle


def applied(scene, make_edits):
    make_edits(scene)
    scene.plan()
    scene.approve()
    scene.deploy()
    scene.enter(Stage.SETTLING)
    return scene


def tags(scene):
    return {name.rpartition("/")[2]: at for name, at in scene.git.heads.items() if "/tags/" in name}


def test_settling_twice_is_settling_once(scene, make_edits):
    applied(scene, make_edits)
    scene.play(settle)
    heads = dict(scene.git.heads)

    scene.play(settle)

    assert scene.git.heads == heads
    assert scene.git.tidied == 2
    assert list(tags(scene)) == ["deploy-20260302.1"]


def test_nothing_applied_settles_nothing_and_still_tidies(scene):
    scene.edit("groups", "Staff", note="wanted")
    scene.plan()
    scene.approve()
    scene.tenant.mishaps.append(Mishap("refused"))
    scene.deploy()
    heads = dict(scene.git.heads)
    scene.enter(Stage.SETTLING)

    scene.play(settle)

    assert (scene.git.heads, scene.git.tidied) == (heads, 1)
    assert "settled" not in scene.log_events()


def test_a_sync_without_a_plan_only_tidies(scene):
    scene.begin()

    scene.play(settle)

    assert scene.git.tidied == 1


def test_a_failed_change_stays_pending_and_an_applied_one_does_not(scene):
    scene.edit("groups", "Staff", note="wanted")
    scene.edit("policies", "MFA", state="off")
    scene.plan()
    scene.approve()
    scene.tenant.mishaps.append(Mishap("refused", "PATCH", "/policies"))
    scene.deploy()
    scene.settle()
    scene.end()

    assert scene.agreed("groups", "Staff")["note"] == scene.branch("groups", "Staff")["note"] == "wanted"
    assert scene.agreed("policies", "MFA")["state"] == scene.branch("policies", "MFA")["state"] == "on"
    assert [one.item for one in scene.plan().changes] == ["MFA"]


def test_what_is_pushed_meanwhile_is_kept_and_asked_about_next(scene):
    scene.edit("groups", "Staff", note="wanted")
    scene.plan()
    scene.approve()
    scene.deploy()
    scene.enter(Stage.SETTLING)
    scene.git.pushes = [lambda: scene.edit("groups", "Staff", note="later")]

    scene.play(settle)
    scene.end()

    assert (scene.file("groups", "Staff")["note"], scene.agreed("groups", "Staff")["note"]) == (
        "later",
        "wanted",
    )
    assert len(scene.plan().changes) == 1


def test_a_repository_that_never_rests_is_told_of(scene, make_edits):
    applied(scene, make_edits)
    before = scene.git.heads[BASE]
    scene.git.pushes = [lambda n=n: scene.edit("rules", "rules", pushed=n) for n in range(ATTEMPTS)]

    with pytest.raises(StorageConflict, match="moved 10 times in a row"):
        scene.play(settle)

    assert scene.git.heads[BASE] == before
    scene.play(settle)
    assert scene.agreed("policies", "Guests too") is not None


def test_deploys_of_a_day_are_numbered(scene):
    for note in ("one", "two", "three"):
        scene.edit("groups", "Staff", note=note)
        scene.deployed()
    scene.clock.at += dt.timedelta(days=1)
    scene.edit("groups", "Staff", note="four")
    scene.deployed()

    assert list(tags(scene)) == [
        "deploy-20260302.1",
        "deploy-20260302.2",
        "deploy-20260302.3",
        "deploy-20260303.1",
    ]
    assert tags(scene)["deploy-20260303.1"] == scene.git.heads[MAIN]


@pytest.mark.parametrize("effect", ["commit", "tag"])
def test_a_process_that_dies_while_settling_is_made_good(scene, make_edits, effect):
    applied(scene, make_edits)
    scene.effects.log.clear()
    scene.effects.die_after = 1 if effect == "commit" else 2
    with pytest.raises(Died):
        scene.play(settle)
    scene.effects.revive()

    scene.play(settle)

    assert list(tags(scene)) == ["deploy-20260302.1"]
    assert tags(scene)["deploy-20260302.1"] == scene.git.heads[MAIN]
    assert scene.git.tree(scene.git.heads[TENANT]) == scene.git.tree(scene.git.heads[MAIN])


def test_the_commits_message_names_the_sync(scene):
    scene.edit("groups", "Staff", note="WANTED")
    scene.plan()
    scene.approve()
    scene.tenant.service = lambda spec, raw: {**raw, "note": raw["note"].lower()}
    scene.deploy()
    scene.settle()

    message = scene.git.commits[scene.git.heads[MAIN]].message
    assert message.startswith("Take over the service's form of 1 item\n\nentra/groups/Staff.json\n")
    assert f"Accord-Sync: {scene.sync_id}" in message
