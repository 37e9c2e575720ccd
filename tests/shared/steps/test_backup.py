"""Every type ends as read completely or not read, and then for a reason."""

from __future__ import annotations

import datetime as dt

import pytest
from fake_tenant import failed
from sync_ports import START

from shared.domain.move import Cancel
from shared.domain.snapshot import NotRead, NotReadReason, TypeRead
from shared.domain.sync import Stage
from shared.errors import NotAvailable
from shared.steps import blobs
from shared.steps.backup import back_up
from shared.steps.check_permissions import check_permissions
from shared.steps.work import Stop

ABSENT = NotAvailable("reading groups", 403, "Unlicensed", "no licence", "r-2")


def begun(scene, **options):
    scene.begin(**options)
    for stage in (Stage.AUTHENTICATING, Stage.CHECKING_PERMISSIONS):
        scene.enter(stage)
    scene.play(check_permissions)
    scene.enter(Stage.BACKING_UP)
    return scene


def result(scene, key):
    data = scene.blobs.get(blobs.snapshot_name(key))
    return None if data is None else blobs.load_result(data)


def test_every_type_of_the_bucket_has_its_blob_and_counts_as_progress(scene):
    begun(scene)

    assert scene.play(back_up, "access") is True

    assert isinstance(result(scene, "policies"), TypeRead)
    assert result(scene, "groups") is None
    assert (scene.sync.progress.types_done, scene.sync.progress.items) == (2, 2)


def test_a_second_run_reads_nothing_again(scene):
    begun(scene)
    scene.play(back_up, "access")
    scene.tenant.asked.clear()

    assert scene.play(back_up, "access") is True

    assert scene.tenant.asked == []
    assert scene.sync.progress.types_done == 2


def test_a_bucket_that_nobody_reads_is_done(scene):
    begun(scene)

    assert scene.play(back_up, "intune") is True


def test_a_run_that_comes_second_with_a_type_counts_it_not_again(scene):
    begun(scene)
    read = scene.tenant.read_type

    async def raced(spec, stop_at, state=None):
        found = await read(spec, stop_at, state)
        name = blobs.snapshot_name(spec.key)
        scene.blobs.blobs.setdefault(name, blobs.dump_result(found))
        return found

    scene.tenant.read_type = raced

    assert scene.play(back_up, "directory") is True

    assert scene.sync.progress.types_done == 0


def test_a_slice_that_ends_hands_back_after_each_type(scene):
    begun(scene)
    scene.slice_seconds = 0

    runs = [scene.play(back_up, "access") for _ in range(3)]

    assert runs == [False, False, True]


def test_an_unfinished_read_goes_on_from_where_it_was(scene):
    begun(scene)
    scene.tenant.partly["groups"] = 3
    read, states = scene.tenant.read_type, []

    async def noted(spec, stop_at, state=None):
        if spec.key == "groups":
            states.append(state)
        return await read(spec, stop_at, state)

    scene.tenant.read_type = noted

    assert [scene.play(back_up, "directory") for _ in range(4)] == [False, False, False, True]

    assert states == [None, b".", b"..", b"..."]
    assert len(result(scene, "groups").items) == 1


@pytest.mark.parametrize("key", ["groups", "locations", "strengths", "policies", "rules"])
def test_a_failed_read_of_any_type_is_not_read_and_the_others_are(scene, key):
    scene.tenant.unread[key] = failed(f"reading {key}")

    begun(scene)
    for bucket in ("directory", "access"):
        assert scene.play(back_up, bucket) is True

    found = {one: result(scene, one) for one in scene.catalog.types}
    lost = found.pop(key)
    assert isinstance(lost, NotRead)
    assert (lost.reason, lost.counted, lost.request_id) == (NotReadReason.READ_FAILED, True, "r-9")
    assert f"reading {key}: 503 oops it broke" in lost.detail
    assert all(isinstance(one, TypeRead) for one in found.values())


@pytest.mark.parametrize("had", [True, False], ids=["had items", "never had any"])
def test_a_type_that_the_tenant_does_not_have_counts_only_if_it_had_items(scene, had):
    if not had:
        del scene.git.heads["refs/accord/base"]
    begun(scene)
    scene.tenant.unread["groups"] = ABSENT

    scene.play(back_up, "directory")

    found = result(scene, "groups")
    assert (found.reason, found.counted) == (NotReadReason.NOT_AVAILABLE, had)


def test_an_item_missing_from_the_list_and_still_there_is_not_gone(scene):
    scene.tenant.hidden.add("groups-1")
    begun(scene)

    scene.play(back_up, "directory")

    assert [one.object_id for one in result(scene, "groups").items] == ["groups-1"]


def test_only_what_the_service_says_is_not_found_is_gone(scene):
    del scene.tenant.objects["groups"]["groups-1"]
    begun(scene)

    scene.play(back_up, "directory")

    assert result(scene, "groups").items == ()


@pytest.mark.parametrize("error", [failed(), ABSENT], ids=["failed", "not available"])
def test_a_missing_item_that_cannot_be_asked_for_fails_the_type(scene, error):
    scene.tenant.hidden.add("groups-1")
    scene.tenant.unread["groups-1"] = error
    begun(scene)

    scene.play(back_up, "directory")

    assert isinstance(result(scene, "groups"), NotRead)
    assert result(scene, "groups").counted


def hidden_and_gone(scene, hidden, gone):
    """Groups that no list shows although they are there, and groups that are gone; each look takes time."""
    for number in range(hidden + gone):
        scene.tenant.put("groups", f"G{number:03}")
    scene.ran()
    ids = list(scene.tenant.objects["groups"])[1:]
    scene.tenant.hidden.update(ids[:hidden])
    for one in ids[hidden:]:
        del scene.tenant.objects["groups"][one]
    scene.tenant.asked.clear()
    read = scene.tenant.read_item

    async def slowly(spec, object_id):
        scene.clock.pass_(1)
        return await read(spec, object_id)

    scene.tenant.read_item = slowly
    return ids


def test_missing_items_that_outlast_a_slice_are_asked_for_once_each(scene):
    ids = hidden_and_gone(scene, hidden=90, gone=10)
    scene.slice_seconds = 30
    begun(scene)

    runs = [scene.play(back_up, "directory") for _ in range(4)]

    assert runs == [False, False, False, True], "32 of them in a slice"
    assert sorted(one for one in scene.tenant.asked if one in ids) == sorted(ids)
    assert scene.tenant.asked.count("groups") == 1, "the list is not read again"
    assert len(result(scene, "groups").items) == 91


def test_a_cancel_is_heard_between_missing_items(scene):
    ids = hidden_and_gone(scene, hidden=90, gone=0)
    begun(scene)
    cancel = Cancel(scene.sync.started_by, scene.clock.at)

    def look():
        if len(scene.tenant.asked) > 20:
            scene.status.cancels[scene.sync_id] = cancel

    scene.status.on_cancelled = look

    assert scene.play(back_up, "directory") is Stop.CANCELLED

    assert len([one for one in scene.tenant.asked if one in ids]) < 40
    assert result(scene, "groups") is None


def test_a_fault_among_the_missing_items_fails_the_type_whatever_the_others_said(scene):
    ids = hidden_and_gone(scene, hidden=5, gone=5)
    scene.tenant.unread[ids[7]] = failed("reading groups, one object")
    begun(scene)

    scene.play(back_up, "directory")

    found = result(scene, "groups")
    assert (found.reason, found.counted) == (NotReadReason.READ_FAILED, True)


def test_a_backup_asks_for_no_secret_of_a_missing_item(scene):
    hidden_and_gone(scene, hidden=1, gone=0)
    asked, read = [], scene.tenant.read_item

    async def noted(spec, object_id):
        asked.append(spec.reveals)
        return await read(spec, object_id)

    scene.tenant.read_item = noted
    begun(scene)
    scene.play(back_up, "directory")

    assert asked == [()]


@pytest.mark.parametrize(("gone", "kept"), [(10, True), (11, False)], ids=["ten", "eleven"])
def test_more_than_ten_items_gone_hold_the_type_with_their_names(scene, gone, kept):
    for number in range(11):
        scene.tenant.put("groups", f"G{number:02}")
    scene.ran()
    for raw in list(scene.tenant.objects["groups"].values())[1 : gone + 1]:
        del scene.tenant.objects["groups"][raw["id"]]
    begun(scene)

    scene.play(back_up, "directory")

    found = result(scene, "groups")
    assert isinstance(found, TypeRead) is kept
    if not kept:
        assert (found.reason, found.counted) == (NotReadReason.HELD, True)
        assert found.names == tuple(f"entra/groups/G{number:02}.json" for number in range(11))
        assert found.detail == "11 of 12 items of groups are gone from the tenant"


def test_a_person_who_confirms_the_removals_releases_the_type(scene):
    for number in range(11):
        scene.tenant.put("groups", f"G{number}")
    scene.ran()
    scene.tenant.objects["groups"].clear()
    begun(scene, confirm_removals=("groups",))

    scene.play(back_up, "directory")

    assert result(scene, "groups").items == ()


def test_a_cancel_stops_between_types(scene):
    begun(scene)
    looks = []

    def look():
        looks.append(1)
        if len(looks) == 2:
            scene.status.cancels[scene.sync_id] = Cancel(scene.sync.started_by, scene.clock.at)

    scene.status.on_cancelled = look

    assert scene.play(back_up, "access") is Stop.CANCELLED

    assert [isinstance(result(scene, key), TypeRead) for key in ("locations", "policies")] == [True, False]


def test_the_time_limit_stops_between_types(scene):
    begun(scene)

    assert scene.play(back_up, "access", stop_at=START - dt.timedelta(1)) is Stop.TIME_LIMIT


def test_the_log_tells_of_each_type(scene):
    scene.tenant.unread["strengths"] = failed()
    for number in range(11):
        scene.tenant.put("groups", f"G{number}")
    scene.ran()
    scene.tenant.objects["groups"].clear()
    begun(scene)

    scene.play(back_up, "directory")

    assert {"typeRead", "typeNotRead", "typeHeld"} <= set(scene.log_events())
