"""The end of a sync: its outcome, what is incomplete, its report, and its release."""

from __future__ import annotations

from dataclasses import replace

import pytest
from fake_tenant import Mishap, failed
from sync_ports import Died

from shared.domain.plan import Blocked, BlockedCode
from shared.domain.plan_json import dump_plan
from shared.domain.sync import Cause, DecisionKind, Incomplete, Outcome, Stage, Status, SyncError
from shared.steps import blobs
from shared.steps.closing import finish, report
from shared.steps.report import read_report
from shared.steps.verdict import LOST, dump_error

ERROR = {
    "kind": "failed",
    "error": dump_error(SyncError("credentialRefused", "Refused.", "signing in", "why", "r")),
}


def closed(scene, verdict):
    """The sync's last two stages, as the orchestrator calls them; the ended row."""
    verdict = {"kind": verdict} if isinstance(verdict, str) else verdict
    scene.enter(Stage.REPORTING)
    scene.play(report, verdict)
    scene.step += 1
    outcome = scene.play(finish, verdict)
    assert outcome is scene.sync.outcome
    return scene.sync


def asked(scene):
    """A plan with a change that can be deployed, one that is blocked and one that is protected."""
    scene.edit("groups", "Staff", note="wanted")
    scene.edit("policies", "MFA", state="off")
    scene.push("policies", "P", {"displayName": "P", "groups": ["{{groups:Nobody}}"]})
    scene.plan()
    return scene


def deployed(scene, *mishaps, items=()):
    asked(scene)
    scene.approve(*items)
    scene.tenant.mishaps += mishaps
    scene.deploy()
    return scene


def unblock(scene, code=None):
    """The plan without what is blocked, or with another reason for it."""
    plan = blobs.load_plan(scene.blobs)
    changes = tuple(
        replace(one, blocked=None if code is None else Blocked(code, "x")) if one.blocked else one
        for one in plan.changes
        if code is not None or not one.blocked
    )
    scene.blobs.blobs[blobs.PLAN] = dump_plan(replace(plan, changes=changes))


# --- without a decision ---


def test_a_sync_with_nothing_to_decide_succeeds(scene):
    scene.begin()
    scene.compare()

    ended = closed(scene, "done")

    assert (ended.outcome, ended.incomplete, ended.resting) == (Outcome.SUCCEEDED, (), Status.IDLE)
    assert (scene.record.active_sync, scene.record.status) == (None, Status.IDLE)


def test_what_was_not_read_makes_a_success_partial(scene):
    scene.tenant.unread["groups"] = failed()
    scene.begin()
    scene.compare()

    ended = closed(scene, "done")

    assert (ended.outcome, ended.incomplete) == (Outcome.PARTIALLY_SUCCEEDED, (Incomplete.NOT_READ,))


@pytest.mark.parametrize(
    ("verdict", "outcome", "cause"),
    [
        ("reject", Outcome.REJECTED, None),
        ("expired", Outcome.EXPIRED, Cause.APPROVAL_DEADLINE),
        ("done", Outcome.PARTIALLY_SUCCEEDED, None),
        ("rejectAndRevert", Outcome.REVERTED, None),
    ],
)
@pytest.mark.parametrize(
    "code", [*BlockedCode, None], ids=lambda code: code.value if code else "nothing blocked"
)
def test_blocked_changes_left_pending_make_it_incomplete_unless_the_user_protects_them(
    scene, verdict, outcome, cause, code
):
    asked(scene)
    unblock(scene, code)
    if verdict == "rejectAndRevert":
        scene.decide(DecisionKind.REJECT_AND_REVERT)

    ended = closed(scene, verdict)

    pending = code not in (None, BlockedCode.PROTECTED) and verdict != "rejectAndRevert"
    assert ended.incomplete == ((Incomplete.BLOCKED,) if pending else ())
    assert ended.resting is (Status.PARTIALLY_SUCCEEDED if pending else Status.IDLE)
    assert ended.cause is cause
    if pending or verdict != "done":
        assert ended.outcome is outcome


def test_a_revert_of_named_changes_leaves_the_other_blocked_ones_pending(scene):
    asked(scene)
    (staff,) = [one.id for one in scene.plan_changes() if one.item == "Staff"]
    scene.decide(DecisionKind.REJECT_AND_REVERT, (staff,))

    assert closed(scene, "rejectAndRevert").incomplete == (Incomplete.BLOCKED,)


def test_a_cancel_before_any_write_leaves_the_status_as_it_was(scene):
    asked(scene)

    ended = closed(scene, "cancelled")

    assert (ended.outcome, ended.cause, ended.resting) == (Outcome.CANCELLED, Cause.PERSON, None)
    assert scene.record.status is Status.IDLE


def test_the_time_limit_is_a_new_error_that_says_cancelled(scene):
    scene.begin()

    ended = closed(scene, "timeLimit")

    assert (ended.outcome, ended.cause) == (Outcome.CANCELLED, Cause.TIME_LIMIT)
    assert scene.record.status is Status.NEW_ERROR
    assert ended.error.message.startswith("Cancelled")


def test_a_failure_keeps_its_error(scene):
    scene.begin()

    ended = closed(scene, ERROR)

    assert ended.outcome is Outcome.FAILED
    assert (ended.error.code, ended.error.detail, ended.error.request_id) == ("credentialRefused", "why", "r")


def test_a_fault_of_our_own_is_said_to_be_one(scene):
    scene.begin()

    ended = closed(scene, {"kind": "failed", "error": {"code": "internal", "detail": "KeyError: 'x'"}})

    assert "fault in Accord itself" in ended.error.message
    assert ended.error.detail == "KeyError: 'x'"


def test_a_lost_orchestration_is_said_to_be_lost(scene):
    scene.begin()

    ended = closed(scene, {"kind": "failed", "error": dump_error(LOST)})

    assert (ended.outcome, ended.error.code) == (Outcome.FAILED, "orchestrationLost")


# --- after a deploy ---


def test_everything_applied_succeeds_unless_something_is_blocked(scene):
    ended = closed(deployed(scene), "deployed")

    assert (ended.outcome, ended.incomplete) == (Outcome.PARTIALLY_SUCCEEDED, (Incomplete.BLOCKED,))
    assert (ended.deploy.applied, ended.error) == (2, None)


def test_everything_applied_and_nothing_blocked_succeeds(scene):
    deployed(scene)
    unblock(scene)

    ended = closed(scene, "deployed")

    assert (ended.outcome, ended.incomplete, ended.resting) == (Outcome.SUCCEEDED, (), Status.IDLE)


def test_some_applied_and_some_failed_is_partial(scene):
    deployed(scene, Mishap("refused", "PATCH", "/groups"))
    unblock(scene)

    ended = closed(scene, "deployed")

    assert (ended.outcome, ended.incomplete) == (Outcome.PARTIALLY_SUCCEEDED, (Incomplete.DEPLOY,))


def test_nothing_applied_fails(scene):
    ended = closed(deployed(scene, Mishap("refused", times=9)), "deployed")

    assert (ended.outcome, ended.error.code) == (Outcome.FAILED, "deployFailed")


@pytest.mark.parametrize(("verdict", "cause"), [("cancelled", Cause.PERSON), ("timeLimit", Cause.TIME_LIMIT)])
def test_a_deploy_stopped_half_way_is_partial_whoever_stopped_it(scene, verdict, cause):
    deployed(scene, Mishap("refused", "PATCH", "/policies"))

    ended = closed(scene, verdict)

    assert (ended.outcome, ended.cause) == (Outcome.PARTIALLY_SUCCEEDED, cause)
    assert Incomplete.DEPLOY in ended.incomplete


# --- the report and the release ---


def test_the_report_stands_before_the_tenant_is_released(scene):
    deployed(scene)
    scene.enter(Stage.REPORTING)

    scene.play(report, {"kind": "deployed"})

    found = read_report(scene.blobs)
    assert found is not None
    assert scene.record.active_sync == scene.sync_id


def test_closing_twice_is_closing_once(scene):
    first = closed(deployed(scene), "deployed")
    told = scene.blobs.get("report.json")

    scene.play(report, {"kind": "deployed"})
    scene.play(finish, {"kind": "deployed"})

    assert scene.sync == first
    assert scene.blobs.get("report.json") == told


def test_what_only_the_running_sync_needed_is_removed(scene):
    deployed(scene).blobs.put("held/c1", b"what the tenant held back")
    closed(scene, "deployed")

    left = set(scene.blobs.blobs)
    assert not any(name.startswith((blobs.SNAPSHOT, "cursor/", "held/")) for name in left)
    assert blobs.STATE not in left
    assert {blobs.PLAN, blobs.JOURNAL, "report.json", "log.jsonl"} <= left


def test_a_process_that_dies_while_it_releases_is_made_good(scene):
    deployed(scene)
    scene.enter(Stage.REPORTING)
    scene.play(report, {"kind": "deployed"})
    scene.effects.log.clear()
    scene.effects.die_after = 1
    with pytest.raises(Died):
        scene.play(finish, {"kind": "deployed"})
    scene.effects.revive()

    assert scene.play(finish, {"kind": "deployed"}) is Outcome.PARTIALLY_SUCCEEDED

    assert scene.record.active_sync is None
    assert blobs.STATE not in scene.blobs.blobs


def test_a_superseded_sync_reports_what_its_row_says_already(scene):
    asked(scene)
    row = replace(scene.sync, outcome=Outcome.EXPIRED, cause=Cause.SUPERSEDED, resting=Status.IDLE)
    scene.status.sync_rows[scene.sync_id] = row
    scene.end()

    scene.play(report, {"kind": "superseded"})
    outcome = scene.play(finish, {"kind": "superseded"})

    assert outcome is Outcome.EXPIRED
    assert (scene.sync.stage, scene.sync.cause) == (Stage.ENDED, Cause.SUPERSEDED)


def test_the_log_ends_with_the_outcome(scene):
    scene.begin()

    closed(scene, ERROR)

    assert scene.log_events()[-1] == "ended"
