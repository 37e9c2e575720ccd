"""Stages and status changes: what may follow what, who is too late, and what is written."""

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.lifecycle import (
    CLOSING,
    TRANSITIONS,
    Compared,
    IllegalMove,
    compared,
    count_type,
    deployed,
    deploying,
    enter,
    finished,
    may_follow,
    open_approval,
    permissions_checked,
)
from shared.domain.move import Ignored, Moved
from shared.domain.outcome import Ending, Facts, Verdict, ending
from shared.domain.settings import Settings
from shared.domain.snapshot import NotRead, NotReadReason
from shared.domain.start import new_sync_id
from shared.domain.sync import (
    Actor,
    ActorKind,
    Cause,
    Decision,
    DecisionKind,
    DeployCount,
    DriftCount,
    EventType,
    Incomplete,
    Outcome,
    PlanSummary,
    Progress,
    Stage,
    Status,
    SyncError,
    SyncOptions,
    SyncRecord,
    TenantRecord,
)
from shared.names import CommitId, Digest, SyncId, TenantId, TypeKey

NOW = dt.datetime(2026, 3, 2, 6, 0, tzinfo=dt.UTC)
LATER = NOW + dt.timedelta(minutes=5)
ADA = Actor(ActorKind.PERSON, "Ada", "ada-id", "page")
PLAN = PlanSummary(Digest("sha256:" + "a" * 64), 3, 1, 0, 0, NOW + dt.timedelta(days=30))
ID = new_sync_id(NOW, b"0123456789")
OTHER = new_sync_id(LATER, b"0123456789")


def sync(stage: Stage = Stage.STARTING, step: int = 0, **more) -> SyncRecord:
    return SyncRecord(ID, TenantId("contoso"), SyncOptions(), ADA, NOW, stage, step, **more)


def tenant(active: SyncId | None = ID, **more) -> TenantRecord:
    return TenantRecord(
        TenantId("contoso"), "Contoso", "entra", Settings(), NOW, active_sync=active, status_since=NOW, **more
    )


ROUTE = [
    (Stage.STARTING, Stage.AUTHENTICATING),
    (Stage.AUTHENTICATING, Stage.SIGN_IN),
    (Stage.SIGN_IN, Stage.AUTHENTICATING),
    (Stage.SIGN_IN, Stage.CHECKING_PERMISSIONS),
    (Stage.AUTHENTICATING, Stage.CHECKING_PERMISSIONS),
    (Stage.CHECKING_PERMISSIONS, Stage.BACKING_UP),
    (Stage.BACKING_UP, Stage.COMPARING),
    (Stage.COMPARING, Stage.APPROVAL),
    (Stage.APPROVAL, Stage.AUTHENTICATING),
    (Stage.CHECKING_PERMISSIONS, Stage.DEPLOYING),
    (Stage.DEPLOYING, Stage.TENANT_APPROVAL),
    (Stage.TENANT_APPROVAL, Stage.DEPLOYING),
    (Stage.SETTLING, Stage.REPORTING),
    (Stage.REPORTING, Stage.SETTLING),
]


@pytest.mark.parametrize(("before", "after"), ROUTE)
def test_a_sync_goes_on(before, after):
    moved = enter(after, 4, LATER)(tenant(), sync(before, 3))
    assert isinstance(moved, Moved)
    assert (moved.sync.stage, moved.sync.step) == (after, 4)


def test_the_table_is_the_whole_route_and_every_stage_may_close():
    listed = {(before, after) for before, onward in TRANSITIONS.items() for after in onward}
    assert listed == set(ROUTE)
    assert set(TRANSITIONS) == set(Stage)
    working = set(Stage) - CLOSING - {Stage.ENDED}
    assert all(may_follow(stage, closing) for stage in working for closing in CLOSING)


@given(st.sampled_from(Stage), st.sampled_from(Stage))
def test_nothing_deploys_but_after_a_permission_check_or_the_tenants_own_approval(before, after):
    if may_follow(before, after) and after is Stage.DEPLOYING:
        assert before in (Stage.CHECKING_PERMISSIONS, Stage.TENANT_APPROVAL)
    assert not may_follow(before, Stage.ENDED), "only finishing ends a sync"
    assert not may_follow(Stage.ENDED, after)


def test_a_sync_lost_while_it_reported_can_be_closed():
    assert all(may_follow(lost, Stage.SETTLING) or lost is Stage.SETTLING for lost in CLOSING)


def test_a_stage_that_cannot_follow_is_an_error_of_the_orchestrator():
    with pytest.raises(IllegalMove, match="deploying cannot follow comparing"):
        enter(Stage.DEPLOYING, 4, NOW)(tenant(), sync(Stage.COMPARING, 3))


def test_entering_tells_the_tenants_status_and_the_number_of_types():
    moved = enter(Stage.BACKING_UP, 4, LATER, 61)(tenant(), sync(Stage.CHECKING_PERMISSIONS, 3))
    assert (moved.tenant.status, moved.tenant.status_since) == (Status.IN_PROGRESS, LATER)
    assert moved.sync.progress == Progress(types_total=61)
    assert moved.events == ()


def test_waiting_for_a_sign_in_is_announced():
    moved = enter(Stage.SIGN_IN, 2, LATER)(tenant(), sync(Stage.AUTHENTICATING, 1))
    assert moved.events == (EventType.PENDING_AUTHENTICATION,)
    assert moved.tenant.status is Status.PENDING_AUTHENTICATION


RUNNING = {
    "enter": enter(Stage.COMPARING, 4, NOW),
    "count_type": count_type(4, 1),
    "deployed": deployed(4, DeployCount(applied=1)),
    "deploying": deploying(4, 2, NOW),
    "compared": compared(4, Compared(DriftCount(), (), PLAN, 3)),
    "open_approval": open_approval(4, PLAN, NOW),
}


@pytest.mark.parametrize("move", RUNNING.values(), ids=RUNNING.keys())
@pytest.mark.parametrize(
    ("owner", "row"),
    [
        pytest.param(OTHER, sync(Stage.BACKING_UP, 3), id="another sync holds the tenant"),
        pytest.param(None, sync(Stage.BACKING_UP, 3), id="nobody holds the tenant"),
        pytest.param(ID, sync(Stage.BACKING_UP, 5), id="the sync has gone on"),
        pytest.param(ID, sync(Stage.ENDED, 3), id="the sync has ended"),
        pytest.param(ID, None, id="there is no such sync"),
    ],
)
def test_a_late_writer_is_ignored(move, owner, row):
    assert move(tenant(owner), row) is Ignored.LATE


@pytest.mark.parametrize(
    ("move", "row"),
    [
        pytest.param(enter(Stage.COMPARING, 4, NOW), sync(Stage.COMPARING, 4), id="enter"),
        pytest.param(deploying(4, 2, NOW), sync(Stage.DEPLOYING, 4), id="deploying"),
        pytest.param(open_approval(4, PLAN, NOW), sync(Stage.APPROVAL, 4), id="open_approval"),
        pytest.param(deployed(4, DeployCount()), sync(Stage.DEPLOYING, 4), id="deployed"),
        pytest.param(
            compared(4, Compared(DriftCount(), (), PLAN, 0)),
            sync(Stage.COMPARING, 4, plan=PLAN),
            id="compared",
        ),
        pytest.param(finished(ending(Facts(Verdict.DONE)), NOW), sync(Stage.ENDED, 4), id="finished"),
        pytest.param(finished(ending(Facts(Verdict.DONE)), NOW), None, id="finished without a sync"),
    ],
)
def test_done_a_second_time_it_changes_nothing(move, row):
    assert move(tenant(), row) is Ignored.SAME


def test_types_read_side_by_side_all_count():
    row = sync(Stage.BACKING_UP, 3, progress=Progress(types_done=1, types_total=4, items=7))
    moved = count_type(3, 5)(tenant(), row)
    assert moved.sync.progress == Progress(types_done=2, types_total=4, items=12)
    assert (moved.tenant, moved.events) == (tenant(), ())
    assert count_type(3, 5)(tenant(), sync(Stage.BACKING_UP, 3)).sync.progress.types_done == 1
    whole = replace(row, progress=Progress(types_done=4, types_total=4))
    assert count_type(3, 0)(tenant(), whole).sync.progress.types_done == 4, "never five of four"


def test_the_deploy_is_shown_once_a_second_and_its_end_at_once():
    start = deploying(6, 3, NOW)(tenant(), sync(Stage.CHECKING_PERMISSIONS, 5)).sync
    assert start.progress == Progress(changes_total=3)
    first = deployed(6, DeployCount(applied=1), NOW)(tenant(), start).sync
    assert (first.progress.changes_done, first.deploy.applied) == (1, 1)
    soon = NOW + dt.timedelta(seconds=0.5)
    assert deployed(6, DeployCount(applied=2), soon)(tenant(), first) is Ignored.SAME
    assert (
        deployed(6, DeployCount(applied=2), NOW + dt.timedelta(seconds=1))(tenant(), first)
        is not Ignored.SAME
    )
    last = deployed(6, DeployCount(applied=2, failed=1), soon)(tenant(), first).sync
    assert (last.progress.changes_done, last.deploy.failed) == (3, 1)


def test_drift_is_announced_once_and_the_row_stays_within_bounds():
    drift = DriftCount(added=1, commit=CommitId("c" * 40))
    missing = tuple(
        NotRead(TypeKey(f"type-{n}"), NotReadReason.READ_FAILED, counted=n >= 20, detail="é" * 2_000)
        for n in range(25)
    )
    found = Compared(drift, missing, PLAN, 3, (Incomplete.NOT_READ,))
    moved = compared(4, found)(tenant(), sync(Stage.COMPARING, 4))
    assert moved.events == (EventType.DRIFT_FOUND,)
    assert (moved.tenant.changes_waiting, moved.sync.incomplete) == (3, (Incomplete.NOT_READ,))
    assert len(moved.sync.not_read) == 20
    assert all(one.counted for one in moved.sync.not_read[:5]), "what counts comes first"
    assert all(len(one.detail.encode()) <= 512 for one in moved.sync.not_read)
    assert compared(4, found)(moved.tenant, moved.sync) is Ignored.SAME
    replanned = compared(4, replace(found, waiting=2))(moved.tenant, moved.sync)
    assert replanned.events == ()


def test_the_plan_shows_on_the_tenant_exactly_while_it_is_asked_about():
    asking = open_approval(5, PLAN, LATER)(tenant(), sync(Stage.COMPARING, 4))
    assert asking.events == (EventType.PENDING_APPROVAL,)
    assert (asking.tenant.pending_plan.sync, asking.tenant.pending_plan.plan) == (ID, PLAN)
    assert asking.tenant.status is Status.PENDING_APPROVAL
    onward = enter(Stage.AUTHENTICATING, 6, LATER)(asking.tenant, asking.sync)
    assert onward.tenant.pending_plan is None
    assert onward.sync.plan == PLAN


def test_a_cancel_that_came_before_the_approval_is_the_decision():
    moved = open_approval(5, PLAN, LATER)(tenant(), sync(Stage.COMPARING, 4, cancelled_by=ADA))
    assert moved.events == ()
    assert moved.decision == moved.sync.decision == Decision(DecisionKind.CANCELLED, PLAN.digest, ADA, LATER)


def test_an_end_releases_the_tenant_and_says_what_it_rests_at():
    held = tenant(changes_waiting=7, status=Status.IN_PROGRESS)
    row = sync(Stage.REPORTING, 9, plan=PLAN, deploy=DeployCount(applied=2, failed=1))
    end = ending(Facts(Verdict.DEPLOYED, row.deploy))
    moved = finished(end, LATER)(held, row)
    assert moved.events == (EventType.ENDED,)
    assert (moved.tenant.active_sync, moved.tenant.status) == (None, Status.PARTIALLY_SUCCEEDED)
    assert moved.tenant.resting is moved.sync.resting is Status.PARTIALLY_SUCCEEDED
    assert (moved.tenant.last_sync.id, moved.tenant.last_sync.incomplete) == (ID, (Incomplete.DEPLOY,))
    assert moved.tenant.changes_waiting == 5
    assert (moved.sync.stage, moved.sync.ended_at, moved.sync.outcome) == (
        Stage.ENDED, LATER, Outcome.PARTIALLY_SUCCEEDED,
    )  # fmt: skip


def test_a_new_error_is_announced_beside_the_end_with_one_line_of_message():
    error = SyncError("internal", "It broke\n  in two.", "running", detail="x" * 20_000)
    moved = finished(ending(Facts(Verdict.FAILED, error=error)), LATER)(tenant(), sync(Stage.REPORTING, 9))
    assert moved.events == (EventType.ENDED, EventType.NEW_ERROR)
    assert moved.tenant.last_sync.error.message == "It broke in two."
    assert len(moved.sync.error.detail.encode()) <= 8_192


@pytest.mark.parametrize("resting", [None, Status.IDLE, Status.NEW_ERROR, Status.PARTIALLY_SUCCEEDED])
def test_a_persons_cancel_leaves_the_status_as_it_was(resting):
    moved = finished(ending(Facts(Verdict.CANCELLED)), LATER)(
        tenant(resting=resting), sync(Stage.REPORTING, 3)
    )
    assert moved.tenant.resting is resting
    assert moved.tenant.status is (resting or Status.NOT_RUN)
    assert moved.tenant.last_sync.outcome is Outcome.CANCELLED


def test_a_superseded_sync_writes_its_own_row_only():
    decision = Decision(DecisionKind.SUPERSEDED, PLAN.digest, ADA, NOW, by_sync=OTHER)
    old = sync(
        Stage.SETTLING, 6, plan=PLAN, outcome=Outcome.EXPIRED, cause=Cause.SUPERSEDED, decision=decision
    )
    held = tenant(OTHER)
    moved = finished(ending(Facts(Verdict.SUPERSEDED)), LATER)(held, old)
    assert moved.tenant is held
    assert (moved.sync.stage, moved.sync.ended_at) == (Stage.ENDED, NOW), "it ended when the newer one began"
    assert moved.events == (EventType.ENDED,)
    undated = finished(ending(Facts(Verdict.SUPERSEDED)), LATER)(held, replace(old, decision=None))
    assert undated.sync.ended_at == LATER


def test_the_end_of_a_sync_that_does_not_hold_its_tenant_is_ignored():
    end = Ending(Outcome.FAILED, None, (), Status.NEW_ERROR, None)
    assert finished(end, LATER)(tenant(OTHER), sync(Stage.REPORTING, 9)) is Ignored.LATE


@pytest.mark.parametrize(
    ("before", "after", "events"),
    [
        pytest.param((), ("Policy.Read.All",), (EventType.PENDING_ADMIN_CONSENT,), id="one is missing now"),
        pytest.param(("A",), ("A", "B"), (EventType.PENDING_ADMIN_CONSENT,), id="another is missing"),
        pytest.param(("A", "B"), ("A",), (), id="one was granted"),
        pytest.param(("A",), (), (EventType.CONSENT_GRANTED,), id="all are granted"),
    ],
)
def test_missing_permissions_are_announced(before, after, events):
    idle = tenant(None, resting=Status.IDLE, permissions_required=before)
    moved = permissions_checked(after, LATER)(idle, None)
    assert moved.events == events
    assert moved.tenant.status is (Status.PENDING_ADMIN_CONSENT if after else Status.IDLE)


def test_missing_permissions_do_not_hide_a_running_sync():
    held = tenant(status=Status.IN_PROGRESS)
    with_sync = permissions_checked(("A",), LATER)(held, sync(Stage.CHECKING_PERMISSIONS, 2))
    without = permissions_checked(("A",), LATER)(held, None)
    assert with_sync.tenant.status is without.tenant.status is Status.IN_PROGRESS
    assert permissions_checked((), LATER)(held, None) is Ignored.SAME
