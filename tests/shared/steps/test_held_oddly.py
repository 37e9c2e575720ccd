"""What a tenant's own approval may do besides answering: hold back again, be silent, show late."""

from __future__ import annotations

import pytest
from fake_tenant import Mishap, failed
from held_scene import HOURS_72, answered, asked, change, protecting
from sync_ports import Died

from shared.domain.tenant_approval import ApprovalState
from shared.steps.deploy import HeldChanges


def test_a_row_that_says_approved_is_enough_where_the_request_cannot_be_read_again(waiting):
    scene = protecting(waiting, "/rules")
    scene.deploy()
    scene.tenant.approvals.say(ApprovalState.APPROVED)
    asked(scene)
    scene.tenant.approvals.unreadable = failed()

    assert scene.deploy() is True

    assert scene.results()["rules"] == "applied"


def test_a_request_that_somebody_else_completed_is_read_back_and_not_believed(waiting):
    scene = protecting(waiting, "/rules", "/groups")
    scene.deploy()

    assert answered(scene, ApprovalState.COMPLETED) is True

    assert scene.fault("rules").code == "notShown"
    assert scene.fault("Guests").code == "noAnswer"


def test_a_repetition_that_is_held_back_for_another_request_waits_for_that_one(waiting):
    scene = protecting(waiting, "/rules")
    scene.deploy()
    scene.tenant.approvals.holds_again = "approval-2"

    assert isinstance(answered(scene), HeldChanges)
    assert scene.journal.entries[change(scene, "rules")].approval == "approval-2"
    assert answered(scene, ApprovalState.APPROVED, "approval-2") is True

    assert scene.results()["rules"] == "applied"


def test_a_repetition_that_is_held_back_for_the_same_request_has_failed(waiting):
    scene = protecting(waiting, "/rules")
    scene.deploy()
    scene.tenant.approvals.holds_again = "approval-1"

    assert answered(scene) is True

    assert "still held back" in scene.fault("rules").message


def test_an_approval_that_was_taken_back_says_that_it_is_held_back_still(waiting):
    scene = protecting(waiting, "/rules")
    scene.deploy()
    scene.tenant.approvals.say(ApprovalState.APPROVED)
    asked(scene)
    scene.tenant.approvals.say(ApprovalState.NEEDED)

    assert scene.deploy() is True

    assert "still held back" in scene.fault("rules").message


def test_a_create_that_shows_late_is_waited_for_over_slices(waiting):
    scene = protecting(waiting, "/groups")
    scene.deploy()
    scene.tenant.listed_after, scene.slice_seconds = 100, 20
    scene.tenant.mishaps.append(Mishap("lost", "POST", "/groups"))

    assert answered(scene) is True

    assert scene.results()["Guests"] == "applied"
    assert len(scene.tenant.all("groups", "Guests")) == 1


def test_several_objects_that_may_be_the_created_one_are_told(waiting):
    scene = protecting(waiting, "/groups")
    scene.deploy()
    scene.tenant.mishaps.append(Mishap("lost", "POST", "/groups"))

    def twin(request):
        if request.path == "/groups":
            scene.tenant.put("groups", "Guests", note="few")

    scene.tenant.before_send = twin

    assert answered(scene) is True

    assert scene.fault("Guests").code == "createAmbiguous"


def test_a_delete_that_an_earlier_run_got_through_is_done(waiting):
    scene = protecting(waiting, "/locations")
    scene.deploy()
    answered(scene)  # what prepares the delete
    scene.tenant.approvals.say(ApprovalState.APPROVED)
    asked(scene)
    scene.effects.log.clear()
    scene.effects.die_after = 3
    with pytest.raises(Died):
        scene.deploy()
    done = list(scene.effects.log)
    scene.effects.revive()
    scene.clock.pass_(61)
    scene.tenant.approvals.say(ApprovalState.APPROVED)

    assert scene.deploy() is True

    assert done[-1].startswith("DELETE"), done
    assert scene.results()["Office"] == "applied"


def test_a_withdrawal_that_is_refused_changes_nothing(waiting):
    scene = protecting(waiting, "/rules")
    scene.deploy()
    scene.tenant.mishaps.append(Mishap("refused", "POST", "/cancelMyRequest"))
    scene.clock.pass_(HOURS_72)

    assert scene.deploy() is True

    assert scene.fault("rules").code == "tenantApproval"
