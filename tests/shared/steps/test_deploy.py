"""A deploy writes what was approved, all of it and nothing else, however often it is interrupted."""

from __future__ import annotations

import asyncio
import datetime as dt
from dataclasses import replace

import pytest
from fake_tenant import Mishap
from scene import ADA
from sync_ports import Died

from shared.domain.move import Cancel
from shared.domain.sync import DecisionKind, Stage
from shared.errors import StorageUnavailable
from shared.steps.deploy import BUSY, deploy
from shared.steps.work import Stop

RESULT = {
    "groups": [{"displayName": "Guests", "note": "few"}, {"displayName": "Staff", "note": "all"}],
    "locations": [],
    "strengths": [
        {
            "combinations": [{"n": 1, "name": "otp"}, {"n": 2, "name": "fido"}],
            "displayName": "Strong",
            "level": 2,
        },
        {"combinations": [{"n": 1, "name": "x509"}, {"n": 2, "name": "fido"}], "displayName": "Strongest"},
    ],
    "policies": [
        {"assignments": [], "displayName": "MFA", "groups": ["Staff"], "state": "off"},
        {
            "assignments": [{"target": "Guests"}],
            "displayName": "Guests too",
            "groups": ["Guests", "Staff"],
            "state": "on",
        },
    ],
    "rules": [{"allowed": "none"}],
}
ITEMS = {"Guests", "Guests too", "Strongest", "MFA", "Strong", "rules", "Office"}


def test_everything_approved_is_applied_and_agreed_on(scene, make_edits, contents):
    make_edits(scene)

    results = scene.deployed()

    assert results == dict.fromkeys(ITEMS, "applied")
    assert contents(scene) == RESULT
    assert scene.agreed("policies", "Guests too")["groups"] == ["{{groups:Guests}}", "{{groups:Staff}}"]
    assert scene.branch("locations", "Office") is None
    assert scene.ran().digest is None


def prepared(waiting, *, lists=0.0, shows=0.0, updates=0.0):
    """Approved, the deploy not begun; the service as slow to show things as given (seconds)."""
    scene = waiting.copy()
    scene.tenant.listed_after, scene.tenant.shown_after = lists, shows
    scene.tenant.updated_after = updates
    return scene


def test_the_requests_go_out_in_the_order_of_references(waiting):
    scene = prepared(waiting)

    scene.deploy()

    assert scene.writes() == [
        ("POST", "/groups"),
        ("PATCH", "/strengths/strengths-3"),
        ("PATCH", "/strengths/strengths-3/combinations/m-0"),
        ("POST", "/strengths/strengths-3/combinations"),
        ("POST", "/strengths"),
        ("POST", "/strengths/strengths-8/combinations"),
        ("POST", "/strengths/strengths-8/combinations"),
        ("POST", "/policies"),
        ("POST", "/policies/policies-11/assign"),
        ("PATCH", "/policies/policies-4"),
        ("POST", "/policies/policies-4/assign"),
        ("PATCH", "/rules"),
        ("PATCH", "/locations/locations-2"),
        ("DELETE", "/locations/locations-2"),
    ]
    assert all(one.done for entry in scene.journal.entries.values() for one in entry.writes)


@pytest.mark.parametrize("late", [0.0, 0.35, 7.0], ids=["at once", "soon", "late"])
def test_slices_that_end_anywhere_change_nothing_in_what_is_sent(waiting, contents, late):
    def scene(jump=None):
        found = prepared(waiting, lists=late, shows=late, updates=late)
        found.slice_seconds, found.changes["read_back_seconds"] = 50, 100_000
        found.clock.looks, found.clock.jump = 0, jump
        return found

    whole = scene()
    whole.deploy()
    looks = whole.clock.looks
    assert contents(whole) == RESULT

    for look in range(1, looks + 1, 3 if late else 1):
        cut = scene(jump=(look, 51))
        assert cut.deploy() is True
        assert cut.writes() == whole.writes(), look
        assert contents(cut) == RESULT


def both(scene):
    scene.deploy()
    scene.settle()


@pytest.mark.parametrize("late", [0.0, 2.0], ids=["at once", "late"])
def test_a_process_that_dies_after_any_effect_leaves_nothing_undone_or_done_twice(waiting, contents, late):
    whole = prepared(waiting)
    whole.effects.log.clear()
    both(whole)
    effects = len(whole.effects.log)

    for last in range(2, effects + 1):
        scene = prepared(waiting, lists=late, shows=late, updates=late)
        scene.effects.log.clear()
        scene.effects.die_after = last
        with pytest.raises(Died):
            both(scene)
        scene.effects.revive()
        if scene.sync.stage is Stage.DEPLOYING:
            scene.deploy()
        scene.settle()

        what = whole.effects.log[:last]
        assert scene.results() == dict.fromkeys(ITEMS, "applied"), (what, scene.faults())
        assert contents(scene) == RESULT, what
        assert scene.agreed("strengths", "Strongest") == whole.agreed("strengths", "Strongest"), what
        assert scene.agreed("locations", "Office") is None, what


# --- stopped ---


@pytest.mark.parametrize("change", range(7))
@pytest.mark.parametrize("why", list(Stop)[:2], ids=lambda why: why.value)
def test_a_stop_before_any_change_skips_it_and_all_that_follow(waiting, change, why):
    scene = prepared(waiting)
    looks = []

    def look():
        looks.append(1)
        if len(looks) == change + 1:
            if why is Stop.CANCELLED:
                scene.status.cancels[scene.sync_id] = Cancel(ADA, scene.clock.at)
            else:
                scene.clock.pass_(3_600)

    scene.status.on_cancelled = look
    stop_at = scene.clock.at + dt.timedelta(seconds=3_000)

    assert scene.deploy(stop_at=stop_at) is why

    assert list(scene.results().values()) == ["applied"] * change + ["skipped"] * (7 - change)
    assert set(scene.faults().values()) == {"stopped"}
    assert scene.journal.stopped == why.value
    assert scene.deploy() is why
    assert (scene.sync.deploy.applied, scene.sync.deploy.skipped) == (change, 7 - change)


def test_a_stop_lets_the_change_under_way_be_finished(waiting):
    scene = prepared(waiting, shows=30)
    scene.slice_seconds = 5
    assert scene.play(deploy) is False
    assert scene.results() == {"Guests": "created"}
    scene.status.cancels[scene.sync_id] = Cancel(ADA, scene.clock.at)

    assert scene.deploy() is Stop.CANCELLED

    results = scene.results()
    assert results.pop("Guests") == "applied"
    assert set(results.values()) == {"skipped"}


# --- several runs at once ---


def test_a_second_run_waits_a_little_and_writes_nothing(waiting):
    scene = prepared(waiting)
    scene.blobs.lease("journal.json")
    start = scene.clock.at

    assert scene.play(deploy) is False

    assert scene.writes() == []
    assert scene.clock.at - start == dt.timedelta(seconds=BUSY)
    assert scene.deploy() is True


def test_two_runs_side_by_side_write_everything_once(waiting, contents):
    scene = prepared(waiting, shows=1)

    async def both():
        return await asyncio.gather(deploy(scene.work()), deploy(scene.work()))

    asyncio.run(both())
    scene.deploy()

    assert contents(scene) == RESULT
    assert set(scene.results().values()) == {"applied"}


@pytest.mark.parametrize("holds", range(0, 60, 3))
def test_a_run_that_loses_the_lease_stops_and_another_goes_on(waiting, contents, holds):
    scene = prepared(waiting)
    scene.blobs.hold_breaks_after = holds

    done = scene.play(deploy)

    assert done is (scene.blobs.hold_breaks_after is not None)
    assert scene.deploy() is True
    assert contents(scene) == RESULT


def test_the_lease_is_renewed_while_a_run_waits_and_storage_that_fails_meanwhile_is_forgiven(
    waiting, monkeypatch
):
    scene = prepared(waiting)
    lease = scene.blobs.lease
    held, reading = [], []

    def troubled(name):
        found = lease(name)
        hold, release = found.hold, found.release

        def failing():
            held.append(1)
            if reading:
                raise StorageUnavailable("holding: 503")
            hold()

        def released():
            release()
            raise StorageUnavailable("holding: 503")

        found.hold, found.release = failing, released
        return found

    scene.blobs.lease = troubled
    read = scene.tenant.read_item

    async def slow(spec, object_id):
        reading.append(1)
        await asyncio.sleep(0.02)
        reading.clear()
        return await read(spec, object_id)

    scene.tenant.read_item = slow
    monkeypatch.setattr("shared.steps.deploy.HOLD_EVERY", 0.005)

    assert scene.play(deploy) is True

    assert len(held) > 20


# --- what may be deployed ---


@pytest.mark.parametrize("kind", [None, DecisionKind.REJECT, DecisionKind.REJECT_AND_REVERT])
def test_without_an_approval_nothing_is_written(scene, make_edits, kind):
    make_edits(scene)
    scene.plan()
    if kind is not None:
        scene.decide(kind)

    with pytest.raises(LookupError, match="no approval of its plan stands"):
        scene.deploy()

    assert scene.writes() == []


def test_an_approval_of_another_plan_deploys_nothing(waiting):
    scene = prepared(waiting)
    decision = scene.status.decisions[scene.sync_id]
    scene.status.decisions[scene.sync_id] = replace(decision, digest="sha256:other")

    with pytest.raises(LookupError, match="sha256:other was approved, not"):
        scene.deploy()

    assert scene.writes() == []


def test_a_sync_that_does_not_hold_its_tenant_any_more_writes_nothing(waiting):
    scene = prepared(waiting)
    scene.end()

    assert scene.deploy() is Stop.SUPERSEDED
    assert scene.writes() == []


def test_only_the_chosen_changes_are_written(scene, make_edits):
    make_edits(scene)
    scene.plan()
    scene.approve("Guests", "rules")

    scene.deploy()

    assert scene.results() == {"Guests": "applied", "rules": "applied"}
    assert scene.writes() == [("POST", "/groups"), ("PATCH", "/rules")]


def test_blocked_changes_are_left_out(scene):
    scene.push("policies", "P", {"displayName": "P", "groups": ["{{groups:Nobody}}"]})
    scene.edit("groups", "Staff", note="wanted")
    scene.plan()
    scene.approve()

    scene.deploy()

    assert scene.results() == {"Staff": "applied"}


def test_the_log_tells_what_became_of_each_change(waiting):
    scene = prepared(waiting)
    scene.tenant.mishaps.append(Mishap("refused", "POST", "/groups"))
    scene.edit("rules", "rules", allowed="some")

    scene.deploy()

    events = scene.log_events()
    assert events.count("changeApplied") == 4
    assert events.count("changeFailed") == events.count("changeSkipped") == events.count("changeStale") == 1
