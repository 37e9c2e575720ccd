"""One approved change: every way in which it may end."""

from __future__ import annotations

from dataclasses import replace

import pytest
from fake_tenant import Mishap, failed
from sync_ports import Died

from shared.errors import NotAvailable
from shared.names import MAIN

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
    scene.ready()
    moved(scene)

    scene.deploy()

    assert scene.results() == {"Staff": "stale"}
    assert why in scene.fault("Staff").message
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
    scene.ready()
    moved(scene)

    scene.deploy()

    assert (scene.results(), scene.writes()) == ({"Office": "stale"}, [])


def test_a_delete_of_what_is_gone_already_is_stale(scene):
    scene.push("locations", "Office", None)
    scene.ready()
    scene.tenant.objects["locations"].clear()

    scene.deploy()

    assert (scene.results(), scene.writes()) == ({"Office": "stale"}, [])


def test_a_create_is_stale_where_somebody_made_one_of_that_name(scene):
    scene.push("groups", "Guests", {"displayName": "Guests"})
    scene.ready()
    scene.tenant.put("groups", "Guests", note="the portal's")

    scene.deploy()

    assert (scene.results(), scene.writes()) == ({"Guests": "stale"}, [])
    assert "by now" in scene.fault("Guests").message


def test_a_create_is_stale_where_the_file_is_gone(scene):
    scene.push("groups", "Guests", {"displayName": "Guests"})
    scene.ready()
    scene.push("groups", "Guests", None)

    scene.deploy()

    assert (scene.results(), scene.writes()) == ({"Guests": "stale"}, [])


def test_what_refers_to_a_group_renamed_in_the_same_deploy_is_not_stale(scene):
    scene.edit("groups", "Staff", displayName="Everybody")
    scene.edit("policies", "MFA", state="off", groups=["{{groups:Everybody}}"])
    scene.ready()

    scene.deploy()

    assert scene.results() == {"Everybody": "applied", "MFA": "applied"}, scene.faults()
    assert scene.tenant.named("policies", "MFA")["groups"] == ["groups-1"]


def test_an_update_keeps_a_reference_to_a_group_renamed_in_the_same_deploy(scene):
    scene.edit("groups", "Staff", displayName="Everybody")
    scene.edit("policies", "MFA", state="off")
    scene.ready()

    scene.deploy()

    assert scene.results() == {"Everybody": "applied", "MFA": "applied"}, scene.faults()
    assert scene.tenant.named("policies", "MFA")["groups"] == ["groups-1"]


# --- what the change needs ---


def two_groups_and_a_policy(scene):
    scene.push("groups", "Guests", {"displayName": "Guests"})
    scene.push("policies", "P", {"displayName": "P", "groups": ["{{groups:Guests}}"]})
    scene.edit("groups", "Staff", note="wanted")
    return scene.ready()


def test_what_depends_on_a_refused_change_is_skipped_and_the_rest_goes_on(scene):
    two_groups_and_a_policy(scene)
    scene.tenant.mishaps.append(Mishap("refused", "POST", "/groups"))

    assert scene.deploy() is True

    assert scene.results() == {"Guests": "failed", "P": "skipped", "Staff": "applied"}
    assert scene.faults() == {"Guests": "BadRequest", "P": "dependency"}
    assert scene.fault("Guests").request_id == "r-1"
    assert scene.fault("Guests").message == "creating groups 'Guests': 400 BadRequest no"


def test_what_the_settings_protect_since_the_approval_is_not_written(scene):
    two_groups_and_a_policy(scene)
    scene.record_settings(replace(scene.settings, protected=("*/groups/*",)))

    scene.deploy()

    assert scene.faults() == {"Guests": "protected", "P": "dependency", "Staff": "protected"}
    assert scene.writes() == []


def test_a_write_permission_lost_since_skips_the_changes_that_need_it(scene):
    two_groups_and_a_policy(scene)
    scene.tokens.granted = frozenset({"Read"})
    scene.step -= 1
    scene.approve_again()

    scene.deploy()

    assert scene.faults() == {"Guests": "permissionMissing", "P": "dependency", "Staff": "permissionMissing"}
    assert "Write is no longer granted" in scene.fault("Staff").message
    assert scene.writes() == []


def test_a_reference_that_names_nobody_any_more_is_never_written(scene):
    scene.tenant.known = {"users": {"u-9": "ada@contoso.example"}}
    scene.edit("policies", "MFA", owner="{{users:ada@contoso.example}}")
    scene.ready()
    state = scene.blobs.blobs["state.json"].replace(b"ada@contoso.example", b"bob@contoso.example")
    scene.blobs.blobs["state.json"] = state

    scene.deploy()

    assert (scene.faults(), scene.writes()) == ({"MFA": "unresolvedReference"}, [])


def test_an_unmanaged_object_that_the_repository_newly_names_is_looked_up(scene):
    scene.tenant.known = {"users": {"u-9": "ada@contoso.example"}}
    scene.edit("policies", "MFA", owner="{{users:ada@contoso.example}}")
    scene.ready()

    scene.deploy()

    assert scene.tenant.named("policies", "MFA")["owner"] == "u-9"


def test_an_object_that_the_service_no_longer_lets_change_is_skipped(scene):
    scene.edit("groups", "Staff", note="wanted")
    scene.ready()
    spec = scene.catalog.types["groups"]
    built_in = replace(spec, unchangeable=({"builtIn": (True,)},), strip=(*spec.strip, "builtIn"))
    scene.changes["catalog"] = replace(scene.catalog, types={**scene.catalog.types, "groups": built_in})
    scene.tenant.named("groups", "Staff")["builtIn"] = True

    scene.deploy()

    assert scene.writes() == []
    assert "does not let it change" in scene.fault("Staff").message


# --- requests that fail ---


def test_a_request_refused_in_the_middle_of_a_change_fails_it_and_says_which(scene):
    scene.edit("policies", "MFA", state="off", assignments=[])
    scene.ready()
    scene.tenant.mishaps.append(Mishap("refused", "POST", "/assign"))

    scene.deploy()

    assert scene.results() == {"MFA": "failed"}
    assert scene.fault("MFA").message.startswith("writing assignments of policies 'MFA'")
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
    scene.ready()
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
    scene.ready()
    scene.tenant.unread["groups"] = error

    scene.deploy()

    assert (scene.faults(), scene.writes()) == ({"Guests": code}, [])


def test_nothing_is_created_where_the_list_of_names_is_too_long(scene):
    scene.push("groups", "Guests", {"displayName": "Guests"})
    scene.ready()
    scene.tenant.partly["groups"] = 1

    scene.deploy()

    assert (scene.faults(), scene.writes()) == ({"Guests": "readFailed"}, [])


def test_a_write_without_an_answer_that_may_not_be_repeated_here_fails(scene):
    scene.edit("groups", "Staff", note="wanted")
    scene.ready()
    scene.tenant.mishaps.append(Mishap("never", "PATCH"))

    scene.deploy()

    assert scene.faults() == {"Staff": "noAnswer"}


# --- taken up after a crash ---


def test_a_delete_that_died_between_its_two_requests_goes_on(scene):
    scene.push("locations", "Office", None)
    scene.ready()
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
    scene.ready()
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
    scene.ready()
    head = scene.git.heads[MAIN]
    scene.push("locations", "Office", {"displayName": "Office", "trusted": False})

    scene.deploy()

    assert scene.git.heads[MAIN] != head
    assert scene.results() == {"Staff": "applied"}
