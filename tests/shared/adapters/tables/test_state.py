"""Tenants and syncs in real tables: one transaction a status change, and everything derived from it."""

import asyncio
import datetime as dt
from dataclasses import replace

import pytest

from shared.domain.decision import Choice, Request, decided
from shared.domain.lifecycle import compared, Compared, enter, finished, open_approval
from shared.domain.move import Ignored, Moved
from shared.domain.outcome import Facts, Verdict, ending
from shared.domain.settings import Settings
from shared.domain.start import Active, begun, new_sync_id
from shared.domain.sync import (
    Actor,
    ActorKind,
    DecisionKind,
    DriftCount,
    EventType,
    PlanSummary,
    Stage,
    Status,
    SyncOptions,
    SyncRecord,
    TenantRecord,
)
from shared.names import CommitId, Digest, TenantId

NOW = dt.datetime(2026, 3, 2, 6, 0, tzinfo=dt.UTC)
ADA = Actor(ActorKind.PERSON, "Ada", "ada-id", "page")
CONTOSO = TenantId("contoso")
PLAN = PlanSummary(Digest("sha256:" + "a" * 64), 3, 1, 0, 0, NOW + dt.timedelta(days=30))


def tenant(name: str = "contoso", **more: object) -> TenantRecord:
    return TenantRecord(TenantId(name), name.title(), f"entra-{name}", Settings(), NOW, **more)  # type: ignore[arg-type]


def sync(n: int = 0, *, supersede: bool = False) -> SyncRecord:
    at = NOW + dt.timedelta(minutes=n)
    sync_id = new_sync_id(at, bytes([n] * 10))
    return SyncRecord(sync_id, CONTOSO, SyncOptions(supersede=supersede), ADA, at)


async def to_approval(status, one):
    for step, stage in enumerate(
        [Stage.AUTHENTICATING, Stage.CHECKING_PERMISSIONS, Stage.BACKING_UP, Stage.COMPARING], 1
    ):
        assert isinstance(await status.change(CONTOSO, one.id, enter(stage, step, NOW)), Moved)
    found = Compared(DriftCount(), (), PLAN, 3)
    await status.change(CONTOSO, one.id, compared(4, found))
    return await status.change(CONTOSO, one.id, open_approval(5, PLAN, NOW))


def test_a_tenant_is_made_once_and_listed(play):
    async def scenario(stores):
        first = await stores.status.create(tenant())
        again = await stores.status.create(tenant())
        other = await stores.status.create(replace(tenant("fabrikam"), entra_tenant_id="ENTRA-contoso"))
        listed = await stores.status.tenants()
        return first, again, other, [(one.id, one.status, one.version) for one in listed]

    assert play(scenario) == (None, "contoso", "contoso", [("contoso", Status.NOT_RUN, 1)])


def test_a_whole_sync_shows_in_rows_listing_index_and_events(play):
    one = sync()

    async def scenario(stores):
        status = stores.status
        await status.create(tenant())
        await status.contest(CONTOSO, None, begun(one))
        assert (await status.tenants())[0].status is Status.STARTING
        assert await status.tenant_of(one.id) == "contoso"
        await to_approval(status, one)
        listed = (await status.tenants())[0]
        assert (listed.status, listed.pending_plan.sync) == (Status.PENDING_APPROVAL, one.id)
        assert [found.sync_id for found in await status.open_syncs()] == [one.id]
        rejected = Request(DecisionKind.REJECT, PLAN.digest, ADA, NOW)
        await status.contest(CONTOSO, one.id, decided(rejected, Choice(3, 1), None))
        await status.change(CONTOSO, one.id, finished(ending(Facts(Verdict.REJECT)), NOW))
        assert await status.open_syncs() == []
        ended = await status.sync(CONTOSO, one.id)
        events = await status.events(CONTOSO, one.id, 0)
        return (await status.tenant(CONTOSO)), (await status.tenants())[0], ended, events

    row, listed, ended, events = play(scenario)
    assert row == listed
    assert (row.status, row.active_sync, row.pending_plan, row.last_sync.id) == (Status.IDLE, None, None, one.id)
    assert (ended.stage, ended.decision.kind) == (Stage.ENDED, DecisionKind.REJECT)
    assert [(event.seq, event.type) for event in events] == [
        (1, EventType.STARTED),
        (2, EventType.PENDING_APPROVAL),
        (3, EventType.DECIDED),
        (4, EventType.ENDED),
    ]
    assert events[1].tenant.status is Status.PENDING_APPROVAL, "an event's data is frozen as it was"


def test_two_starts_at_once_leave_one_sync(play):
    syncs = [sync(n) for n in range(4)]

    async def scenario(stores):
        await stores.status.create(tenant())
        answers = await asyncio.gather(*(stores.status.contest(CONTOSO, None, begun(one)) for one in syncs))
        rows, _ = await stores.status.syncs(CONTOSO, 10)
        return answers, rows, await stores.status.tenant(CONTOSO)

    answers, rows, row = play(scenario)
    won = [answer.sync.id for answer in answers if isinstance(answer, Moved)]
    assert won == [row.active_sync] == [found.id for found in rows]
    assert {answer.sync for answer in answers if isinstance(answer, Active)} == set(won)
