"""After a write the item is read again until it shows, in the service's own form or never."""

from __future__ import annotations

import datetime as dt

import pytest


def creating(scene, **content):
    scene.push("groups", "Guests", {"displayName": "Guests", "note": "few", **content})
    return scene.ready()


@pytest.mark.parametrize("late", [0, 0.3, 200], ids=["at once", "soon", "late"])
def test_what_shows_in_time_is_applied(scene, late):
    scene.edit("groups", "Staff", note="wanted")
    scene.push("locations", "Office", None)
    scene.ready()
    scene.tenant.updated_after = late

    scene.deploy()

    assert set(scene.results().values()) == {"applied"}


def test_the_services_own_form_is_applied_and_taken_over(scene):
    scene.edit("groups", "Staff", note="WANTED")
    scene.ready()
    scene.tenant.service = lambda spec, raw: {**raw, "note": raw["note"].lower()}

    scene.deploy()
    scene.settle()

    assert scene.results() == {"Staff": "applied"}
    assert scene.file("groups", "Staff")["note"] == scene.agreed("groups", "Staff")["note"] == "wanted"


def test_a_value_that_never_shows_fails_and_names_it(scene):
    scene.edit("groups", "Staff", note="wanted")
    scene.ready()
    scene.tenant.service = lambda spec, raw: {**raw, "note": "all"}
    start = scene.clock.at

    scene.deploy()

    assert scene.faults() == {"Staff": "notShown"}
    assert scene.fault("Staff").message.endswith("does not show it: /note")
    assert scene.clock.at - start >= dt.timedelta(minutes=5)


def test_a_delete_that_never_shows_fails(scene):
    scene.push("groups", "Staff", None)
    scene.edit("policies", "MFA", groups=[], assignments=[])
    scene.ready()
    apply = scene.tenant._apply
    scene.tenant._apply = lambda request: None if request.method == "DELETE" else apply(request)

    scene.deploy()

    assert scene.faults() == {"Staff": "notShown"}
    assert scene.fault("Staff").message.endswith("the object")


def test_an_object_that_goes_while_it_is_read_back_fails(scene):
    scene.edit("groups", "Staff", note="wanted")
    scene.ready()
    scene.tenant.service = lambda spec, raw: raw
    apply = scene.tenant._apply

    def and_gone(request):
        apply(request)
        scene.tenant.objects["groups"].clear()

    scene.tenant._apply = and_gone
    scene.deploy()

    assert scene.faults() == {"Staff": "notShown"}


def test_a_created_object_that_never_shows_by_its_id_fails(scene):
    creating(scene)
    scene.tenant.shown_after = 10_000

    scene.deploy()

    assert scene.faults() == {"Guests": "notShown"}
    assert "does not show the object" in scene.fault("Guests").message
