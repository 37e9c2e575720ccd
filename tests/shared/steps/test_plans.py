"""What a decision needs to know of a stored plan."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from types import SimpleNamespace

import pytest
from scene import ADA
from small_catalog import CATALOG
from sync_ports import START

from shared.domain.catalog import LongText
from shared.domain.decision import Choice, Request
from shared.domain.sync import Actor, ActorKind, DecisionKind
from shared.names import MAIN
from shared.steps.plans import MOST, StoredPlans
from shared.steps.push import dump_actor


def stored(scene):
    return StoredPlans(lambda tenant, sync: scene.blobs, lambda tenant: scene.git, lambda: scene.catalog)


def request(*changes):
    return Request(DecisionKind.APPROVE, "sha256:x", ADA, START, changes=changes or None)


def choice(scene, *changes):
    return asyncio.run(stored(scene).choice(scene.sync, request(*changes)))


def commits(scene):
    return asyncio.run(stored(scene).commits(scene.sync))


def test_a_request_is_measured_against_the_plan(scene, make_edits):
    make_edits(scene)
    scene.plan()

    found = choice(scene)

    assert (found.deployable, found.deletions) == (7, 1)
    assert choice(scene, "c0", "c99").unknown == ("c99",)


def test_without_a_plan_every_named_change_is_unknown(scene):
    scene.begin()

    assert choice(scene, "c0") == Choice(deployable=0, deletions=0, unknown=("c0",))
    assert choice(scene).unknown == ()


def test_a_plan_rests_on_the_commits_since_its_files_were_agreed_on(scene):
    scene.edit("groups", "Staff", note="one")
    scene.edit("groups", "Staff", note="all")
    first = scene.edit("groups", "Staff", note="two")
    second = scene.edit("groups", "Staff", note="three")
    other = scene.push("groups", "Guests", {"displayName": "Guests"})
    scene.edit("policies", "MFA", state="off")
    unrelated = scene.edit("policies", "MFA", state="on")
    scene.plan()

    assert set(commits(scene)) == {first, second, other}
    assert unrelated not in commits(scene)


def test_a_plan_rests_on_the_scripts_beside_its_items_too(scene):
    """Whoever edits the script alone is involved, also where a commit of somebody else's touches the JSON."""
    scripted = replace(CATALOG.types["policies"], long_texts=(LongText("script", "ps1"),))
    scene.edit("policies", "MFA", state="off")
    beside = scene.path("policies", "MFA").replace(".json", ".script.ps1")
    by_ada = scene.git.pushed({beside: b"Remove-Item"})
    scene.plan()
    plans = StoredPlans(
        lambda tenant, sync: scene.blobs,
        lambda tenant: scene.git,
        lambda: replace(CATALOG, types={**CATALOG.types, "policies": scripted}),
    )

    assert by_ada in asyncio.run(plans.commits(scene.sync))
    assert by_ada not in commits(scene), "the file belongs to no item of this catalog"


def test_a_file_that_was_never_agreed_on_rests_on_its_creation(scene):
    made = scene.push("groups", "Guests", {"displayName": "Guests"})
    scene.plan()

    assert commits(scene) == (made,)


def test_only_so_many_commits_are_looked_at(scene):
    for number in range(MOST + 5):
        scene.edit("groups", "Staff", note=f"{number}")
    scene.plan()

    assert len(commits(scene)) == MOST


@pytest.mark.parametrize("lacking", ["plan", "main"])
def test_without_a_plan_or_a_repository_it_rests_on_nothing(scene, lacking):
    scene.edit("groups", "Staff", note="one")
    if lacking == "plan":
        scene.begin()
    else:
        scene.plan()
        del scene.git.heads[MAIN]

    assert commits(scene) == ()


def test_a_plan_before_anything_was_agreed_on(scene):
    made = scene.push("groups", "Guests", {"displayName": "Guests"})
    scene.plan()
    del scene.git.heads["refs/accord/base"]

    assert commits(scene) == (made,)


def test_who_pushed_is_known_before_anybody_has_noted_it():
    cat = Actor(ActorKind.PERSON, "Cat", "cat-id", "git")
    push = SimpleNamespace(principal=dump_actor(cat))
    repository = SimpleNamespace(pending_pushes=lambda: [push])
    plans = StoredPlans(lambda tenant, sync: None, lambda tenant: repository, lambda: CATALOG)

    assert asyncio.run(plans.unnoted("contoso")) == [cat]
