"""What the tenant's own multi-admin approval holds back waits, goes last, and ends one way or the other."""

from __future__ import annotations

import pytest
from fake_tenant import Mishap
from held_scene import HOURS_72, answered, asked, change, protecting, until_done
from scene import ADA
from sync_ports import Died

from shared.domain.move import Cancel
from shared.domain.tenant_approval import ApprovalState
from shared.steps.deploy import HeldChanges
from shared.steps.work import Stop


def test_what_goes_by_itself_goes_first(waiting):
    scene = protecting(waiting, "/policies/policies-4")

    result = scene.deploy()

    assert result == HeldChanges((change(scene, "MFA"),))
    others = {item: state for item, state in scene.results().items() if item != "MFA"}
    assert set(others.values()) == {"applied"}
    assert scene.results()["MFA"] == "held"
    assert scene.tenant.named("policies", "MFA")["state"] == "on"
    assert "changeHeld" in scene.log_events()


def test_once_approved_the_very_same_requests_go_out_again(waiting):
    scene = protecting(waiting, "/policies/policies-4")
    scene.deploy()
    (filed,) = scene.tenant.approvals.filed.values()

    first = answered(scene)
    assert isinstance(first, HeldChanges)  # the assignments are a write of their own
    assert answered(scene) is True

    assert scene.results()["MFA"] == "applied"
    assert scene.tenant.named("policies", "MFA")["state"] == "off"
    assert scene.tenant.named("policies", "MFA")["assignments"] == []
    to_policy = [one for one in scene.tenant.sent if one.path.startswith("/policies/policies-4")]
    assert to_policy == [filed.request, filed.request, to_policy[2], to_policy[2]]
    assert scene.tenant.approvals.used_up == ["approval-1", "approval-2"]


def test_the_approver_reads_which_sync_and_change_it_is_and_who_approved_it_in_accord(waiting):
    scene = protecting(waiting, "/policies/policies-4")

    scene.deploy()

    (filed,) = scene.tenant.approvals.filed.values()
    for word in (scene.sync_id, change(scene, "MFA"), "updating policies 'MFA'", ADA.name):
        assert word in filed.why


def test_what_is_held_lies_sealed_for_this_change_alone(waiting):
    scene = protecting(waiting, "/policies/policies-4")

    scene.deploy()

    kept = scene.blobs.get(f"held/{change(scene, 'MFA')}")
    assert b"policies-4" not in kept
    assert b"state" not in kept


def test_what_depends_on_a_held_change_waits_for_it(waiting):
    scene = protecting(waiting, "/groups")

    result = scene.deploy()

    assert result == HeldChanges((change(scene, "Guests"),))
    assert "Guests too" not in scene.results()
    assert scene.tenant.all("groups", "Guests") == []
    assert answered(scene) is True
    assert set(scene.results().values()) == {"applied"}
    assert len(scene.tenant.all("groups", "Guests")) == 1


def test_a_held_create_and_its_held_parts_make_one_object(waiting, contents):
    plain, scene = waiting.copy(), protecting(waiting, "/policies", "/strengths", "/locations", "/groups")
    plain.deploy()

    assert until_done(scene) is True

    assert contents(scene) == contents(plain)
    assert set(scene.results().values()) == {"applied"}


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (ApprovalState.REJECTED, "rejected it (Eve): as agreed"),
        (ApprovalState.CANCELLED, "was cancelled in the tenant"),
        (ApprovalState.EXPIRED, "expired in the tenant"),
    ],
)
def test_what_the_tenant_does_not_let_through_has_failed(waiting, state, words):
    scene = protecting(waiting, "/groups")
    scene.deploy()

    assert answered(scene, state) is True

    assert scene.results()["Guests"] == "failed"
    assert scene.fault("Guests").code == "tenantApproval"
    assert words in scene.fault("Guests").message
    assert scene.fault("Guests too").code == "dependency"
    assert scene.tenant.all("groups", "Guests") == []
    assert not any(one.path.endswith("cancelMyRequest") for one in scene.tenant.sent)


def test_nobody_in_time_is_a_failure_and_takes_the_request_back(waiting):
    scene = protecting(waiting, "/groups")
    scene.deploy()
    scene.clock.pass_(HOURS_72)

    assert scene.deploy() is True

    assert scene.fault("Guests").code == "tenantApproval"
    assert "within 72 h" in scene.fault("Guests").message
    (filed,) = scene.tenant.approvals.filed.values()
    assert filed.state is ApprovalState.CANCELLED
    entry = scene.journal.entries[change(scene, "Guests")]
    assert entry.writes[-1].path.endswith("/cancelMyRequest")


def test_a_cancel_ends_the_wait_and_takes_the_request_back(waiting):
    scene = protecting(waiting, "/groups")
    scene.deploy()
    scene.status.cancels[scene.sync_id] = Cancel(ADA, scene.clock.at)

    assert scene.deploy() is Stop.CANCELLED

    assert scene.fault("Guests").code == "tenantApproval"
    assert "stopped" in scene.fault("Guests").message
    assert scene.fault("Guests too").code == "stopped"
    (filed,) = scene.tenant.approvals.filed.values()
    assert filed.state is ApprovalState.CANCELLED


def test_an_approval_that_comes_with_the_cancel_writes_nothing(waiting):
    scene = protecting(waiting, "/groups")
    scene.deploy()
    scene.status.cancels[scene.sync_id] = Cancel(ADA, scene.clock.at)

    assert answered(scene) is Stop.CANCELLED

    assert scene.tenant.all("groups", "Guests") == []
    (filed,) = scene.tenant.approvals.filed.values()
    assert filed.state is ApprovalState.CANCELLED


def test_what_changed_in_the_tenant_meanwhile_is_stale_and_left_alone(waiting):
    scene = protecting(waiting, "/policies/policies-4")
    scene.deploy()
    scene.tenant.objects["policies"]["policies-4"]["state"] = "reporting"

    assert answered(scene) is True

    assert scene.results()["MFA"] == "stale"
    assert scene.tenant.named("policies", "MFA")["state"] == "reporting"
    (filed,) = scene.tenant.approvals.filed.values()
    assert filed.state is ApprovalState.CANCELLED


def test_a_create_that_others_have_made_meanwhile_is_stale(waiting):
    scene = protecting(waiting, "/groups")
    scene.deploy()
    scene.tenant.put("groups", "Guests", note="theirs")

    assert answered(scene) is True

    assert scene.results()["Guests"] == "stale"
    assert len(scene.tenant.all("groups", "Guests")) == 1


def test_an_approval_that_ran_out_before_it_was_used_has_failed(waiting):
    scene = protecting(waiting, "/groups")
    scene.deploy()
    scene.tenant.approvals.say(ApprovalState.APPROVED)
    asked(scene)
    scene.tenant.approvals.say(ApprovalState.EXPIRED)

    assert scene.deploy() is True

    assert "expired" in scene.fault("Guests").message
    assert scene.tenant.all("groups", "Guests") == []


@pytest.mark.parametrize("how", ["lost", "never"])
def test_an_unanswered_repetition_is_looked_for_before_it_is_sent_again(waiting, how):
    scene = protecting(waiting, "/groups")
    scene.deploy()
    scene.tenant.mishaps.append(Mishap(how, "POST", "/groups"))

    assert answered(scene) is True

    assert scene.results()["Guests"] == "applied"
    assert len(scene.tenant.all("groups", "Guests")) == 1


def test_an_update_whose_repetition_was_lost_is_read_back(waiting):
    scene = protecting(waiting, "/rules")
    scene.deploy()
    scene.tenant.mishaps.append(Mishap("lost", "PATCH", "/rules"))

    assert answered(scene) is True

    assert scene.results()["rules"] == "applied"


def test_a_refused_repetition_fails_with_the_services_words(waiting):
    scene = protecting(waiting, "/rules")
    scene.deploy()
    scene.tenant.mishaps.append(Mishap("refused", "PATCH", "/rules"))

    assert answered(scene) is True

    assert scene.fault("rules").code == "BadRequest"


def test_what_cannot_be_opened_any_more_has_failed(waiting):
    scene = protecting(waiting, "/rules")
    scene.deploy()
    scene.blobs.delete(f"held/{change(scene, 'rules')}")

    assert answered(scene) is True

    assert scene.fault("rules").code == "tenantApproval"


@pytest.fixture(scope="module")
def few(backed_up, make_edits):
    """An update of two requests and a create, approved and protected."""
    scene = make_edits(backed_up.copy())
    scene.plan()
    scene.approve("MFA", "Guests")
    scene.tenant.approvals.protects = ("/groups", "/policies")
    scene.effects.log.clear()
    return scene


def test_a_run_that_dies_anywhere_files_writes_and_makes_everything_once(few, contents):
    whole = few.copy()
    until_done(whole)
    effects = whole.effects.log
    for last in range(1, len(effects) + 1):
        scene = few.copy()
        scene.effects.die_after = last
        with pytest.raises(Died):
            until_done(scene)
        scene.effects.revive()
        scene.clock.pass_(61)

        assert until_done(scene) is True, effects[:last]

        assert contents(scene) == contents(whole), effects[:last]
        assert set(scene.results().values()) == {"applied"}, (effects[:last], scene.faults())
        filed = [(one.request.method, one.request.path) for one in scene.tenant.approvals.filed.values()]
        assert len(filed) == len(set(filed)), effects[:last]
