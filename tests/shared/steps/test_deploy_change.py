"""One approved change: every way in which it may end."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from sync_ports import Died, Mishap, failed

from shared.errors import NotAvailable
from shared.names import MAIN


def begun(scene):
    """The plan waits, approved."""
    scene.plan()
    scene.approve()
    scene.tenant.asked.clear()
    return scene


def fault(scene, item):
    (entry,) = [scene.journal.entries[one.id] for one in scene.plan_changes() if one.item == item]
    return entry.fault


# --- what moved since the plan ---


@pytest.mark.parametrize(
    ("moved", "why"),
    [
        (lambda s: s.tenant.named("groups", "Staff").update(note="portal"), "/note"),
        (lambda s: s.tenant.named("groups", "Staff").update(more=1), "/more"),
        (lambda s: s.tenant.objects["groups"].pop("groups-1"), "gone from the tenant"),
        (lambda s: s.edit("groups", "Staff", note="later"), "no longer holds the approved value of /note"),
        (lambda s: s.push("groups", "Staff", None), "does not have the file any more"),
    ],
    ids=["the property", "another property", "deleted", "pushed again", "file removed"],
)
def test_an_update_of_what_moved_is_stale_and_not_sent(scene, moved, why):
    scene.edit("groups", "Staff", note="wanted")
    begun(scene)
    moved(scene)

    scene.deploy()

    assert scene.results() == {"Staff": "stale"}
    assert why in fault(scene, "Staff").message
    assert scene.writes() == []


@pytest.mark.parametrize(
    "moved",
    [
        lambda s: s.push("locations", "Office", {"displayName": "Office", "trusted": True}),
        lambda s: s.tenant.named("locations", "Office").update(range="::/0"),
    ],
    ids=["file again", "changed"],
)
def test_a_delete_of_what_moved_is_stale(scene, moved):
    scene.push("locations", "Office", None)
    begun(scene)
    moved(scene)

    scene.deploy()

    assert (scene.results(), scene.writes()) == ({"Office": "stale"}, [])


def test_a_delete_of_what_is_gone_already_is_stale(scene):
    scene.push("locations", "Office", None)
    begun(scene)
    scene.tenant.objects["locations"].clear()

    scene.deploy()

    assert (scene.results(), scene.writes()) == ({"Office": "stale"}, [])


def test_a_create_is_stale_where_somebody_made_one_of_that_name(scene):
    scene.push("groups", "Guests", {"displayName": "Guests"})
    begun(scene)
    scene.tenant.put("groups", "Guests", note="the portal's")

    scene.deploy()

    assert (scene.results(), scene.writes()) == ({"Guests": "stale"}, [])
    assert "by now" in fault(scene, "Guests").message


def test_a_create_is_stale_where_the_file_is_gone(scene):
    scene.push("groups", "Guests", {"displayName": "Guests"})
    begun(scene)
    scene.push("groups", "Guests", None)

    scene.deploy()

    assert (scene.results(), scene.writes()) == ({"Guests": "stale"}, [])


def test_what_refers_to_a_group_renamed_in_the_same_deploy_is_not_stale(scene):
    scene.edit("groups", "Staff", displayName="Everybody")
    scene.edit("policies", "MFA", state="off", groups=["{{groups:Everybody}}"])
    begun(scene)

    scene.deploy()

    assert scene.results() == {"Everybody": "applied", "MFA": "applied"}, scene.faults()
    assert scene.tenant.named("policies", "MFA")["groups"] == ["groups-1"]


def test_an_update_keeps_a_reference_to_a_group_renamed_in_the_same_deploy(scene):
    scene.edit("groups", "Staff", displayName="Everybody")
    scene.edit("policies", "MFA", state="off")
    begun(scene)

    scene.deploy()

    assert scene.results() == {"Everybody": "applied", "MFA": "applied"}, scene.faults()
    assert scene.tenant.named("policies", "MFA")["groups"] == ["groups-1"]


# --- what the change needs ---


def two_groups_and_a_policy(scene):
    scene.push("groups", "Guests", {"displayName": "Guests"})
    scene.push("policies", "P", {"displayName": "P", "groups": ["{{groups:Guests}}"]})
    scene.edit("groups", "Staff", note="wanted")
    return begun(scene)


def test_what_depends_on_a_refused_change_is_skipped_and_the_rest_goes_on(scene):
    two_groups_and_a_policy(scene)
    scene.tenant.mishaps.append(Mishap("refused", "POST", "/groups"))

    assert scene.deploy() is True

    assert scene.results() == {"Guests": "failed", "P": "skipped", "Staff": "applied"}
    assert scene.faults() == {"Guests": "BadRequest", "P": "dependency"}
    assert fault(scene, "Guests").request_id == "r-1"
    assert fault(scene, "Guests").message == "creating groups 'Guests': 400 BadRequest no"


def test_a_write_permission_lost_since_skips_the_changes_that_need_it(scene):
    two_groups_and_a_policy(scene)
    scene.tokens.granted = frozenset({"Read"})
    scene.step -= 1
    scene.approve_again()

    scene.deploy()

    assert scene.faults() == {"Guests": "permissionMissing", "P": "dependency", "Staff": "permissionMissing"}
    assert "Write is no longer granted" in fault(scene, "Staff").message
    assert scene.writes() == []


def test_a_reference_that_names_nobody_any_more_is_never_written(scene):
    scene.tenant.known = {"users": {"u-9": "ada@contoso.example"}}
    scene.edit("policies", "MFA", owner="{{users:ada@contoso.example}}")
    begun(scene)
    state = scene.blobs.blobs["state.json"].replace(b"ada@contoso.example", b"bob@contoso.example")
    scene.blobs.blobs["state.json"] = state

    scene.deploy()

    assert (scene.faults(), scene.writes()) == ({"MFA": "unresolvedReference"}, [])


def test_an_unmanaged_object_that_the_repository_newly_names_is_looked_up(scene):
    scene.tenant.known = {"users": {"u-9": "ada@contoso.example"}}
    scene.edit("policies", "MFA", owner="{{users:ada@contoso.example}}")
    begun(scene)

    scene.deploy()

    assert scene.tenant.named("policies", "MFA")["owner"] == "u-9"


def test_an_object_that_the_service_no_longer_lets_change_is_skipped(scene):
    scene.edit("groups", "Staff", note="wanted")
    begun(scene)
    spec = scene.catalog.types["groups"]
    built_in = replace(spec, unchangeable=({"builtIn": (True,)},), strip=(*spec.strip, "builtIn"))
    scene.changes["catalog"] = replace(scene.catalog, types={**scene.catalog.types, "groups": built_in})
    scene.tenant.named("groups", "Staff")["builtIn"] = True

    scene.deploy()

    assert scene.writes() == []
    assert "does not let it change" in fault(scene, "Staff").message


# --- requests that fail ---


def test_a_request_refused_in_the_middle_of_a_change_fails_it_and_says_which(scene):
    scene.edit("policies", "MFA", state="off", assignments=[])
    begun(scene)
    scene.tenant.mishaps.append(Mishap("refused", "POST", "/assign"))

    scene.deploy()

    assert scene.results() == {"MFA": "failed"}
    assert fault(scene, "MFA").message.startswith("writing assignments of policies 'MFA'")
    assert [one.done for one in scene.journal.entries["c0"].writes] == [True, False]
    assert scene.tenant.named("policies", "MFA")["state"] == "off"
    scene.settle()
    assert scene.agreed("policies", "MFA")["state"] == "on"


@pytest.mark.parametrize(
    ("error", "code"),
    [(failed(), "oops"), (NotAvailable("reading", 403, "Unlicensed", "no"), "Unlicensed")],
    ids=["not read", "not available"],
)
def test_an_item_that_cannot_be_read_again_is_not_written(scene, error, code):
    scene.edit("groups", "Staff", note="wanted")
    begun(scene)
    scene.tenant.unread["groups-1"] = error

    scene.deploy()

    assert (scene.faults(), scene.writes()) == ({"Staff": code}, [])


@pytest.mark.parametrize(
    ("error", "code"),
    [(failed(), "oops"), (NotAvailable("reading", 403, "Unlicensed", "no"), "Unlicensed")],
    ids=["not read", "not available"],
)
def test_nothing_is_created_where_the_names_cannot_be_listed(scene, error, code):
    scene.push("groups", "Guests", {"displayName": "Guests"})
    begun(scene)
    scene.tenant.unread["groups"] = error

    scene.deploy()

    assert (scene.faults(), scene.writes()) == ({"Guests": code}, [])


def test_nothing_is_created_where_the_list_of_names_is_too_long(scene):
    scene.push("groups", "Guests", {"displayName": "Guests"})
    begun(scene)
    scene.tenant.partly["groups"] = 1

    scene.deploy()

    assert (scene.faults(), scene.writes()) == ({"Guests": "readFailed"}, [])


def test_a_write_without_an_answer_that_may_not_be_repeated_here_fails(scene):
    scene.edit("groups", "Staff", note="wanted")
    begun(scene)
    scene.tenant.mishaps.append(Mishap("never", "PATCH"))

    scene.deploy()

    assert scene.faults() == {"Staff": "noAnswer"}


# --- a create of unknown fate ---


def creating(scene, **content):
    scene.push("groups", "Guests", {"displayName": "Guests", "note": "few", **content})
    return begun(scene)


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
    assert "several" in fault(scene, "Guests").message


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
    assert "differs" in fault(scene, "Guests").message
    assert len(posts(scene)) == 1


@pytest.mark.parametrize("stamp", ["2026-03-02T06:00:00", "yesterday", 3])
def test_the_moment_of_creation_is_read_where_it_can_be(scene, stamp):
    creating(scene)
    scene.tenant.mishaps.append(Mishap("lost", "POST", "/groups"))
    scene.tenant.service = lambda spec, raw: {**raw, "createdDateTime": stamp}

    scene.deploy()

    assert scene.results() == {"Guests": "applied"}


def test_what_a_new_object_leaves_out_does_not_hide_it(scene):
    scene.push("policies", "P", {"displayName": "P", "password": "{{secret}}", "hint": "", "list": []})
    begun(scene)
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


# --- reading back ---


@pytest.mark.parametrize("late", [0, 0.3, 200], ids=["at once", "soon", "late"])
def test_what_shows_in_time_is_applied(scene, late):
    scene.edit("groups", "Staff", note="wanted")
    scene.push("locations", "Office", None)
    begun(scene)
    scene.tenant.updated_after = late

    scene.deploy()

    assert set(scene.results().values()) == {"applied"}


def test_the_services_own_form_is_applied_and_taken_over(scene):
    scene.edit("groups", "Staff", note="WANTED")
    begun(scene)
    scene.tenant.service = lambda spec, raw: {**raw, "note": raw["note"].lower()}

    scene.deploy()
    scene.settle()

    assert scene.results() == {"Staff": "applied"}
    assert scene.file("groups", "Staff")["note"] == scene.agreed("groups", "Staff")["note"] == "wanted"


def test_a_value_that_never_shows_fails_and_names_it(scene):
    scene.edit("groups", "Staff", note="wanted")
    begun(scene)
    scene.tenant.service = lambda spec, raw: {**raw, "note": "all"}
    start = scene.clock.at

    scene.deploy()

    assert scene.faults() == {"Staff": "notShown"}
    assert fault(scene, "Staff").message.endswith("does not show it: /note")
    assert scene.clock.at - start >= dt.timedelta(minutes=5)


def test_a_delete_that_never_shows_fails(scene):
    scene.push("groups", "Staff", None)
    scene.edit("policies", "MFA", groups=[], assignments=[])
    begun(scene)
    apply = scene.tenant._apply
    scene.tenant._apply = lambda request: None if request.method == "DELETE" else apply(request)

    scene.deploy()

    assert scene.faults() == {"Staff": "notShown"}
    assert fault(scene, "Staff").message.endswith("the object")


def test_an_object_that_goes_while_it_is_read_back_fails(scene):
    scene.edit("groups", "Staff", note="wanted")
    begun(scene)
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
    assert "does not show the object" in fault(scene, "Guests").message


# --- taken up after a crash ---


def test_a_delete_that_died_between_its_two_requests_goes_on(scene):
    scene.push("locations", "Office", None)
    begun(scene)
    scene.effects.log.clear()
    scene.effects.die_after = 3

    with pytest.raises(Died):
        scene.deploy()
    assert scene.tenant.named("locations", "Office")["trusted"] is False
    scene.effects.revive()
    scene.deploy()

    assert scene.results() == {"Office": "applied"}


def test_what_others_changed_while_the_process_was_dead_makes_the_change_stale(scene):
    scene.edit("policies", "MFA", state="off", assignments=[])
    begun(scene)
    scene.effects.log.clear()
    scene.effects.die_after = 3

    with pytest.raises(Died):
        scene.deploy()
    scene.effects.revive()
    scene.tenant.named("policies", "MFA")["more"] = 1
    scene.deploy()

    assert scene.results() == {"MFA": "stale"}


def test_a_file_in_another_commit_of_the_same_content_is_not_stale(scene):
    scene.edit("groups", "Staff", note="wanted")
    begun(scene)
    head = scene.git.heads[MAIN]
    scene.push("locations", "Office", {"displayName": "Office", "trusted": False})

    scene.deploy()

    assert scene.git.heads[MAIN] != head
    assert scene.results() == {"Staff": "applied"}
