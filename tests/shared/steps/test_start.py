"""Starting syncs by hand and by schedule, over real tables."""

import asyncio
import datetime as dt
import hashlib
from dataclasses import replace

import pytest

from shared.domain import schedule
from shared.domain.lifecycle import enter, finished, open_approval
from shared.domain.outcome import Facts, Verdict, ending
from shared.domain.settings import Schedule, Settings
from shared.domain.start import new_sync_id
from shared.domain.sync import (
    Actor,
    ActorKind,
    DecisionKind,
    PlanSummary,
    Stage,
    Status,
    SyncOptions,
    TenantRecord,
)
from shared.errors import Problem
from shared.names import Digest, SyncId, TenantId
from shared.steps.start import SCHEDULE, Started, Wanted, start, start_scheduled
from shared.stores import InUse, StoredAnswer

NOW = dt.datetime(2026, 3, 2, 6, 0, tzinfo=dt.UTC)
TOMORROW = NOW + dt.timedelta(days=1)
ADA = Actor(ActorKind.PERSON, "Ada", "ada-id", "page")
CONTOSO = TenantId("contoso")
PLAN = PlanSummary(Digest("sha256:" + "a" * 64), 3, 0, 0, 0, NOW + dt.timedelta(days=30))
NIGHTLY = Settings(schedule=Schedule(enabled=True, cron="0 6 * * *"))
TENANT = TenantRecord(CONTOSO, "Contoso", "entra", NIGHTLY, NOW, next_sync_at=NOW)


def sync_id(n: int = 0) -> SyncId:
    return new_sync_id(NOW + dt.timedelta(minutes=n), bytes([n] * 10))


def wanted(n: int = 0, **more) -> Wanted:
    return Wanted(CONTOSO, sync_id(n), more.pop("options", SyncOptions(comment="go")), ADA, NOW, **more)


async def to_approval(status, sync: SyncId) -> None:
    route = [Stage.AUTHENTICATING, Stage.CHECKING_PERMISSIONS, Stage.BACKING_UP, Stage.COMPARING]
    for step, stage in enumerate(route, 1):
        await status.change(CONTOSO, sync, enter(stage, step, NOW))
    await status.change(CONTOSO, sync, open_approval(5, PLAN, NOW))


async def audited(stores) -> list[tuple[str, str | None]]:
    entries, _ = await stores.audit.entries(CONTOSO, None, 50)
    return sorted((entry.action, entry.sync) for entry in entries)


def test_a_start_takes_the_tenant_and_is_audited(play):
    async def scenario(stores):
        await stores.status.create(TENANT)
        begun = await start(stores.status, stores.audit, wanted())
        row = await stores.status.tenant(CONTOSO)
        return begun, row.active_sync, row.status, (await stores.audit.entries(CONTOSO, None, 5))[0]

    begun, active, status, (entry,) = play(scenario)
    assert (begun.sync.id, begun.superseded) == (active, None)
    assert status is Status.STARTING
    assert (entry.action, entry.actor, entry.detail, entry.at) == ("sync.started", ADA, "go", NOW)


def test_a_second_start_is_refused_with_the_active_syncs_id(play):
    async def scenario(stores):
        await stores.status.create(TENANT)
        await start(stores.status, stores.audit, wanted())
        with pytest.raises(Problem) as refused:
            await start(stores.status, stores.audit, wanted(1))
        return refused.value, await audited(stores)

    problem, entries = play(scenario)
    assert (problem.code, problem.status) == ("syncActive", 409)
    assert problem.extra == {"tenant": "contoso", "sync": sync_id()}
    assert entries == [("sync.started", sync_id())]


def test_a_start_of_nobodys_tenant_is_refused(play):
    async def scenario(stores):
        with pytest.raises(Problem) as refused:
            await start(stores.status, stores.audit, wanted())
        return refused.value

    problem = play(scenario)
    assert (problem.code, problem.status) == ("tenantNotFound", 404)


@pytest.mark.parametrize("ended", [False, True])
def test_the_same_start_again_is_one_sync_and_one_entry(play, ended):
    async def scenario(stores):
        await stores.status.create(TENANT)
        await start(stores.status, stores.audit, wanted())
        if ended:
            await stores.status.change(CONTOSO, sync_id(), finished(ending(Facts(Verdict.DONE)), NOW))
        again = await start(stores.status, stores.audit, wanted(again=True))
        rows, _ = await stores.status.syncs(CONTOSO, 5)
        return again.sync, rows, await audited(stores)

    again, rows, entries = play(scenario)
    assert [again] == list(rows)
    assert entries == [("sync.started", sync_id())]


def test_a_start_whose_transaction_never_came_is_made_on_the_second_call(play):
    async def scenario(stores):
        await stores.status.create(TENANT)
        begun = await start(stores.status, stores.audit, wanted(again=True))
        twice = await start(stores.status, stores.audit, wanted())
        return begun, twice

    begun, twice = play(scenario)
    assert begun.sync.id == twice.sync.id == sync_id()


def test_superseding_tells_whom_to_wake(play):
    async def scenario(stores):
        await stores.status.create(TENANT)
        await start(stores.status, stores.audit, wanted())
        await to_approval(stores.status, sync_id())
        newer = wanted(1, options=SyncOptions(supersede=True))
        begun = await start(stores.status, stores.audit, newer)
        return begun, await audited(stores), await stores.status.tenant(CONTOSO)

    begun, entries, row = play(scenario)
    assert (begun.superseded.id, begun.superseded.decision.kind) == (sync_id(), DecisionKind.SUPERSEDED)
    assert row.active_sync == begun.sync.id == sync_id(1)
    assert ("sync.superseded", sync_id()) in entries


async def scheduled(stores, tenant: TenantRecord, n: int, at: dt.datetime = NOW) -> Started | None:
    return await start_scheduled(stores.status, stores.answers, stores.audit, tenant, sync_id(n), at)


def test_a_scheduled_start_happens_once_and_plans_the_next(play):
    async def scenario(stores):
        await stores.status.create(TENANT)
        at_once = await asyncio.gather(*(scheduled(stores, TENANT, n) for n in range(3)))
        row = await stores.status.tenant(CONTOSO)
        late = await scheduled(stores, TENANT, 9)
        return [one for one in at_once if one], late, row, await stores.status.tenant(CONTOSO)

    (begun,), late, row, after = play(scenario)
    assert (begun.sync.started_by, begun.sync.options.supersede) == (SCHEDULE, True)
    assert (row.active_sync, row.next_sync_at) == (begun.sync.id, TOMORROW)
    assert late is None
    assert after == row


def test_a_scheduled_start_is_skipped_and_recorded_while_a_sync_works(play):
    async def scenario(stores):
        await stores.status.create(TENANT)
        await start(stores.status, stores.audit, wanted())
        skipped = await scheduled(stores, TENANT, 1)
        return skipped, await stores.status.tenant(CONTOSO), await audited(stores)

    skipped, row, entries = play(scenario)
    assert skipped is None
    assert (row.active_sync, row.next_sync_at) == (sync_id(), TOMORROW)
    assert ("sync.skipped", None) in entries


def test_a_scheduled_start_supersedes_a_sync_that_waits(play):
    async def scenario(stores):
        await stores.status.create(TENANT)
        await start(stores.status, stores.audit, wanted())
        await to_approval(stores.status, sync_id())
        return await scheduled(stores, await stores.status.tenant(CONTOSO), 1)

    assert play(scenario).superseded.id == sync_id()


def test_a_scheduled_start_that_was_answered_moves_the_schedule_on(play):
    row = hashlib.sha256(schedule.key(CONTOSO, NOW).encode()).hexdigest()

    async def scenario(stores):
        await stores.status.create(TENANT)
        await stores.answers.begin(CONTOSO, row, "", NOW, sync_id(5))
        held = await scheduled(stores, TENANT, 1)
        await stores.answers.finish(CONTOSO, row, StoredAnswer(202))
        answered = await scheduled(stores, TENANT, 1)
        none = await scheduled(stores, replace(TENANT, next_sync_at=None), 1)
        return (
            held,
            answered,
            none,
            await stores.answers.begin(CONTOSO, row, "x", NOW),
            (await stores.status.tenant(CONTOSO)),
        )

    held, answered, none, _, tenant = play(scenario)
    assert (held, answered, none) == (None, None, None)
    assert (tenant.active_sync, tenant.next_sync_at) == (None, TOMORROW)


def test_a_scheduled_start_that_died_is_made_by_the_next(play):
    row = hashlib.sha256(schedule.key(CONTOSO, NOW).encode()).hexdigest()

    async def scenario(stores):
        await stores.status.create(TENANT)
        await stores.answers.begin(CONTOSO, row, "", NOW, sync_id(5))
        soon = await scheduled(stores, TENANT, 1, NOW + dt.timedelta(minutes=1))
        later = await scheduled(stores, TENANT, 2, NOW + dt.timedelta(minutes=6))
        return soon, later.sync.id, isinstance(await stores.answers.begin(CONTOSO, row, "", NOW), InUse)

    assert play(scenario) == (None, sync_id(5), False)
