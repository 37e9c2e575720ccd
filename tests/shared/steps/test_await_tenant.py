"""The tenant is asked what it lets through, and the wait ends with an answer, a stop or the time."""

from __future__ import annotations

import datetime as dt

from held_scene import HOURS_72, asked, change, protecting
from scene import ADA, CONTOSO

from shared.domain.move import Cancel
from shared.domain.sync import Stage
from shared.domain.tenant_approval import ApprovalState
from shared.errors import ReadFailed
from shared.steps.await_tenant import await_tenant
from shared.steps.deploy import deploy


def test_requests_that_cannot_be_read_are_not_waited_for(waiting):
    scene = protecting(waiting, "/groups")
    scene.deploy()
    scene.tenant.approvals.unreadable = ReadFailed("reading", 403, "Forbidden", "no scope")

    asked(scene)
    assert scene.deploy() is True

    assert "DeviceManagementConfiguration.Read.All" in scene.fault("Guests").message


def test_a_service_that_does_not_answer_is_asked_again(waiting):
    scene = protecting(waiting, "/groups")
    scene.deploy()
    scene.tenant.approvals.say(ApprovalState.APPROVED)
    scene.tenant.approvals.unreadable = ReadFailed("reading", 503, "", "busy")
    assert asked(scene) == ()

    scene.tenant.approvals.unreadable = None
    assert asked(scene) == (change(scene, "Guests"),)
    assert asked(scene) == ()
    scene.clock.pass_(30)
    assert asked(scene) == (change(scene, "Guests"),)


def waits(scene):
    scene.enter(Stage.TENANT_APPROVAL)
    return scene.play(await_tenant)


def test_the_wait_ends_when_the_first_held_write_has_waited_long_enough(waiting):
    scene = protecting(waiting, "/groups")
    scene.deploy()
    held = scene.clock.at

    assert waits(scene) == held + dt.timedelta(hours=72)
    scene.clock.pass_(HOURS_72)
    assert scene.play(await_tenant) is None


def test_an_answer_or_a_cancel_ends_the_wait(waiting):
    scene = protecting(waiting, "/groups")
    scene.deploy()
    cancelled = scene.copy()
    cancelled.status.cancels[scene.sync_id] = Cancel(ADA, scene.clock.at)
    scene.tenant.approvals.say(ApprovalState.REJECTED)
    asked(scene)

    assert waits(scene) is None
    assert waits(cancelled) is None


def test_nothing_held_is_not_waited_for(waiting):
    scene = waiting.copy()
    scene.deploy()

    assert waits(scene) is None


def test_progress_goes_on_where_it_was_after_the_wait(waiting):
    scene = protecting(waiting, "/groups")
    scene.deploy()
    done = scene.sync.progress.changes_done
    waits(scene)
    scene.step += 1

    scene.play(deploy)

    assert done == 5
    assert (scene.sync.stage, scene.sync.progress.changes_done) == (Stage.DEPLOYING, done)
    assert scene.record.id == CONTOSO
