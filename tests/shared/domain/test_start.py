"""Sync ids, the tenant's lock, and superseding."""

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.move import Ignored, Moved, Rows
from shared.domain.settings import Schedule, Settings
from shared.domain.start import Active, Begun, begun, derived, made_at, new_sync_id, skipped
from shared.domain.sync import (
    Actor,
    ActorKind,
    Cause,
    Decision,
    DecisionKind,
    EventType,
    Incomplete,
    Outcome,
    PendingPlan,
    PlanSummary,
    Stage,
    Status,
    SyncOptions,
    SyncRecord,
    TenantRecord,
)
from shared.names import Digest, SyncId, TenantId

NOW = dt.datetime(2026, 3, 2, 6, 0, tzinfo=dt.UTC)
LATER = NOW + dt.timedelta(days=1)
ADA = Actor(ActorKind.PERSON, "Ada", "ada-id", "page")
PLAN = PlanSummary(Digest("sha256:" + "a" * 64), 3, 1, 0, 0, NOW + dt.timedelta(days=30))
OLD, NEW = new_sync_id(NOW, b"0123456789"), new_sync_id(LATER, b"0123456789")
moments = st.datetimes(
    dt.datetime(1970, 1, 2),  # noqa: DTZ001 - the strategy gives the zone
    dt.datetime(2200, 1, 1),  # noqa: DTZ001 - the strategy gives the zone
    timezones=st.just(dt.UTC),
)


@given(moments, moments, st.binary(min_size=10, max_size=10), st.binary(min_size=10, max_size=10))
def test_sync_ids_sort_by_time_and_tell_it(one, two, some, other):
    first, second = new_sync_id(one, some), new_sync_id(two, other)
    assert made_at(first) == int(one.timestamp() * 1000)
    if made_at(first) < made_at(second):
        assert first < second
    assert len(first) == 26


@pytest.mark.parametrize("text", ["", "short", "I" * 26, OLD.lower()])
def test_what_is_no_sync_id_tells_no_time(text):
    with pytest.raises(ValueError, match="is not one"):
        made_at(SyncId(text))


def test_too_little_chance_is_refused():
    with pytest.raises(ValueError, match="10 random bytes"):
        new_sync_id(NOW, b"1234")


def new(*, supersede: bool = False) -> SyncRecord:
    return SyncRecord(NEW, TenantId("contoso"), SyncOptions(supersede=supersede), ADA, LATER)


def rows(stage: Stage | None = None, *, decision: Decision | None = None, **more) -> Rows:
    active = None if stage is None else OLD
    tenant = TenantRecord(
        TenantId("contoso"), "Contoso", "entra", Settings(), NOW, active_sync=active, resting=Status.NEW_ERROR
    )
    old = SyncRecord(OLD, tenant.id, SyncOptions(), ADA, NOW, stage or Stage.ENDED, 5, **more)
    return Rows(tenant, None if stage is None else old, decision, None)


def test_a_free_tenant_starts():
    moved = begun(new())(rows())
    assert (moved.tenant.active_sync, moved.tenant.status) == (NEW, Status.STARTING)
    assert (moved.sync, moved.events, moved.other, moved.decision) == (
        new(),
        (EventType.STARTED,),
        None,
        None,
    )


@pytest.mark.parametrize("stage", [stage for stage in Stage if stage is not Stage.ENDED])
@pytest.mark.parametrize("supersede", [False, True])
def test_a_second_start_is_refused_unless_it_may_supersede_one_that_waits(stage, supersede):
    result = begun(new(supersede=supersede))(rows(stage, plan=PLAN))
    if supersede and stage is Stage.APPROVAL:
        assert isinstance(result, Moved)
    else:
        assert result == Active(OLD, stage)


def test_a_lock_whose_sync_is_missing_still_holds():
    lost = replace(rows(Stage.APPROVAL), sync=None)
    assert begun(new(supersede=True))(lost) == Active(OLD, None)


def test_a_sync_that_waits_without_a_plan_is_not_superseded():
    assert begun(new(supersede=True))(rows(Stage.APPROVAL)) == Active(OLD, Stage.APPROVAL)


def test_an_approval_that_came_first_wins():
    made = Decision(DecisionKind.APPROVE, PLAN.digest, ADA, NOW)
    held = rows(Stage.APPROVAL, plan=PLAN, decision=made)
    assert begun(new(supersede=True))(held) == Active(OLD, Stage.APPROVAL)


def test_the_same_start_again_finds_itself():
    held = rows(Stage.APPROVAL, plan=PLAN)
    same = replace(new(), id=OLD)
    assert begun(same)(held) == Begun(held.sync)


@pytest.mark.parametrize(
    ("incomplete", "resting"),
    [
        pytest.param((), Status.IDLE, id="complete"),
        pytest.param((Incomplete.NOT_READ,), Status.PARTIALLY_SUCCEEDED, id="a type was not read"),
    ],
)
def test_superseding_ends_the_old_sync_for_its_tenant_and_begins_the_new(incomplete, resting):
    held = rows(Stage.APPROVAL, plan=PLAN, incomplete=incomplete)
    held = replace(held, tenant=replace(held.tenant, pending_plan=PendingPlan(OLD, PLAN)))
    moved = begun(new(supersede=True))(held)
    assert moved.decision == Decision(DecisionKind.SUPERSEDED, PLAN.digest, ADA, LATER, by_sync=NEW)
    assert (moved.tenant.active_sync, moved.tenant.status, moved.tenant.resting) == (
        NEW, Status.STARTING, resting,
    )  # fmt: skip
    assert moved.tenant.pending_plan is None
    last = moved.tenant.last_sync
    assert (last.id, last.outcome, last.incomplete, last.ended_at) == (
        OLD,
        Outcome.EXPIRED,
        incomplete,
        LATER,
    )
    old = moved.other
    assert (old.outcome, old.cause, old.decision) == (Outcome.EXPIRED, Cause.SUPERSEDED, moved.decision)
    assert (old.stage, old.step, old.ended_at) == (Stage.SETTLING, 6, None), "its report is yet to come"


DAILY = Settings(schedule=Schedule(enabled=True, cron="0 6 * * *"))


def test_a_scheduled_start_plans_the_next_in_the_same_change():
    held = rows()
    held = replace(held, tenant=replace(held.tenant, settings=DAILY, next_sync_at=NOW))
    moved = begun(new(), NOW)(held)
    assert moved.tenant.next_sync_at == dt.datetime(2026, 3, 4, 6, tzinfo=dt.UTC), "the missed ones are gone"
    replanned = replace(held, tenant=replace(held.tenant, next_sync_at=LATER))
    assert begun(new(), NOW)(replanned).tenant.next_sync_at == LATER


def test_a_skipped_start_moves_the_schedule_on_once():
    tenant = replace(rows().tenant, settings=DAILY, next_sync_at=NOW)
    moved = skipped(NOW, NOW)(tenant, None)
    assert moved.tenant.next_sync_at == LATER
    assert skipped(NOW, NOW)(moved.tenant, None) is Ignored.SAME


def test_ids_derived_from_one_are_of_its_moment_and_the_same_each_time() -> None:
    first = new_sync_id(dt.datetime(2026, 3, 1, tzinfo=dt.UTC), b"\0" * 10)

    ids = [derived(first, name) for name in ("contoso", "fabrikam", "contoso")]

    assert ids[0] == ids[2] != ids[1]
    assert {made_at(one) for one in ids} == {made_at(first)}
    assert first not in ids
