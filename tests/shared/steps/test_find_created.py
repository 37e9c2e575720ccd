"""A create whose answer never came: adopted where it was made, sent once more where it was not."""

from __future__ import annotations

import datetime as dt

import pytest
from fake_tenant import Mishap


def creating(scene, **content):
    scene.push("groups", "Guests", {"displayName": "Guests", "note": "few", **content})
    return scene.ready()


def posts(scene):
    return [path for method, path in scene.writes() if (method, path) == ("POST", "/groups")]


@pytest.mark.parametrize("late", [0, 40, 110], ids=["at once", "late", "very late"])
@pytest.mark.parametrize("stamps", [True, False], ids=["dated", "undated"])
def test_a_create_that_was_made_and_not_answered_is_adopted(scene, late, stamps):
    creating(scene)
    scene.tenant.listed_after = scene.tenant.shown_after = late
    scene.tenant.stamps = stamps
    scene.tenant.mishaps.append(Mishap("lost", "POST", "/groups"))

    scene.deploy()

    assert scene.results() == {"Guests": "applied"}, scene.faults()
    assert len(scene.tenant.all("groups", "Guests")) == len(posts(scene)) == 1


def test_a_create_that_was_never_made_is_sent_once_more_when_it_would_have_shown(scene):
    creating(scene)
    scene.tenant.mishaps.append(Mishap("never", "POST", "/groups"))
    start = scene.clock.at

    scene.deploy()

    assert scene.results() == {"Guests": "applied"}
    assert len(posts(scene)) == 2
    assert scene.clock.at - start >= dt.timedelta(seconds=120)


@pytest.mark.parametrize("late", [0, 40, 110], ids=["at once", "late", "very late"])
def test_a_second_create_that_is_not_answered_is_looked_for_as_long_as_the_first(scene, late):
    creating(scene)
    scene.tenant.listed_after = scene.tenant.shown_after = late
    scene.tenant.mishaps += [Mishap("never", "POST", "/groups"), Mishap("lost", "POST", "/groups")]

    scene.deploy()

    assert scene.results() == {"Guests": "applied"}, scene.faults()
    assert len(scene.tenant.all("groups", "Guests")) == 1


def test_a_create_that_is_twice_not_answered_fails(scene):
    creating(scene)
    scene.tenant.mishaps.append(Mishap("never", "POST", "/groups", times=9))

    scene.deploy()

    assert scene.faults() == {"Guests": "noAnswer"}
    assert len(posts(scene)) == 2


@pytest.mark.parametrize("looks", range(1, 60, 4))
def test_a_create_of_unknown_fate_is_sent_twice_at_most_wherever_slices_end(scene, looks):
    creating(scene)
    scene.tenant.listed_after = scene.tenant.shown_after = 90
    scene.tenant.mishaps += [Mishap("never", "POST", "/groups"), Mishap("lost", "POST", "/groups")]
    scene.slice_seconds = 5 * looks

    scene.deploy()

    assert scene.results() == {"Guests": "applied"}, scene.faults()
    assert len(posts(scene)) == 2
    assert len(scene.tenant.all("groups", "Guests")) == 1


def test_defaults_within_what_compares_as_one_do_not_hide_the_object_that_a_create_made(scene):
    creating(scene, rules=[{"name": "a"}])
    scene.tenant.mishaps.append(Mishap("never", "POST", "/groups"))
    rules = [{"name": "a", "added": [], "also": 0}]
    scene.tenant.before_send = lambda request: scene.tenant.put("groups", "Guests", note="few", rules=rules)

    scene.deploy()

    assert scene.results() == {"Guests": "applied"}, scene.faults()
    assert len(posts(scene)) == 1


def test_of_several_new_objects_of_that_name_none_is_adopted(scene):
    creating(scene)
    scene.tenant.mishaps.append(Mishap("lost", "POST", "/groups"))
    scene.tenant.before_send = lambda request: scene.tenant.put("groups", "Guests", note="few")

    scene.deploy()

    assert scene.faults() == {"Guests": "createAmbiguous"}
    assert "several" in scene.fault("Guests").message


@pytest.mark.parametrize(
    "other",
    [{"note": "another"}, {"note": "few", "createdDateTime": "2026-03-02T05:00:00Z"}],
    ids=["unlike", "older"],
)
def test_a_new_object_that_is_not_what_was_sent_is_neither_adopted_nor_doubled(scene, other):
    creating(scene)
    scene.tenant.mishaps.append(Mishap("never", "POST", "/groups"))
    scene.tenant.before_send = lambda request: scene.tenant.put("groups", "Guests", **other)

    scene.deploy()

    assert scene.faults() == {"Guests": "createAmbiguous"}
    assert "differs" in scene.fault("Guests").message
    assert len(posts(scene)) == 1


@pytest.mark.parametrize("stamp", ["2026-03-02T06:00:00", "yesterday", 3])
def test_the_moment_of_creation_is_read_where_it_can_be(scene, stamp):
    creating(scene)
    scene.tenant.mishaps.append(Mishap("lost", "POST", "/groups"))
    scene.tenant.service = lambda spec, raw: {**raw, "createdDateTime": stamp}

    scene.deploy()

    assert scene.results() == {"Guests": "applied"}


def test_what_a_new_object_leaves_out_does_not_hide_it(scene):
    scene.push("policies", "P", {"displayName": "P", "hint": "", "list": []})
    scene.ready()
    scene.tenant.mishaps.append(Mishap("lost", "POST", "/policies"))
    scene.tenant.service = lambda spec, raw: {k: v for k, v in raw.items() if k not in ("hint", "list")}

    scene.deploy()

    assert scene.results() == {"P": "applied"}, scene.faults()


def test_an_item_listed_and_not_to_be_read_is_waited_for(scene):
    creating(scene)
    scene.tenant.shown_after = 50
    scene.tenant.mishaps.append(Mishap("lost", "POST", "/groups"))

    scene.deploy()

    assert scene.results() == {"Guests": "applied"}
    assert len(posts(scene)) == 1


def test_the_head_is_looked_at_again_before_a_create_is_repeated(scene):
    creating(scene)
    scene.tenant.mishaps.append(Mishap("never", "POST", "/groups"))
    scene.tenant.before_send = lambda request: scene.push("groups", "Guests", None)

    scene.deploy()

    assert scene.results() == {"Guests": "stale"}
    assert len(posts(scene)) == 1


def test_how_long_is_looked_for_can_be_shortened(scene):
    creating(scene)
    scene.changes["visible_within"] = 8.0
    scene.tenant.mishaps.append(Mishap("never", "POST", "/groups"))
    start = scene.clock.at

    scene.deploy()

    assert scene.clock.at - start < dt.timedelta(seconds=20)
