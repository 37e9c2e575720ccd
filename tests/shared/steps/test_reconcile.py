"""Reconciling over real tables: whatever a process leaves that dies between two writes is mended."""

import contextlib
import datetime as dt
from dataclasses import replace
from types import SimpleNamespace

import pytest

from shared.adapters.tables.answers import TableAnswerStore
from shared.adapters.tables.audit import TableAuditLog
from shared.adapters.tables.connection import Tables, by_connection_string
from shared.adapters.tables.state import TableStatusStore
from shared.domain.decision import Choice, Request
from shared.domain.lifecycle import enter, open_approval
from shared.domain.move import Cancel
from shared.domain.outcome import Facts, Verdict, ending
from shared.domain.repair import ROUND, Close, Forget, Instance, Project, Start, Wake, in_turn
from shared.domain.settings import Schedule, Settings
from shared.domain.start import new_sync_id
from shared.domain.sync import (
    Actor,
    ActorKind,
    DecisionKind,
    PlanSummary,
    Stage,
    SyncError,
    SyncOptions,
    SyncRecord,
    TenantRecord,
)
from shared.names import CANCEL_EVENT, ChangeId, Digest, SyncId, TenantId, decision_event
from shared.steps.cancel import cancel
from shared.steps.decide import decide
from shared.steps.finish import finish
from shared.steps.reconcile import Reconciler
from shared.steps.start import Wanted, start

NOW = dt.datetime(2026, 3, 2, 6, 0, tzinfo=dt.UTC)
LATER = NOW + dt.timedelta(minutes=10)
ADA = Actor(ActorKind.PERSON, "Ada", "ada-id", "page")
CONTOSO = TenantId("contoso")
PLAN = PlanSummary(Digest("sha256:" + "a" * 64), 3, 0, 0, 0, NOW + dt.timedelta(days=30))
TENANT = TenantRecord(CONTOSO, "Contoso", "entra", Settings(), NOW)
NIGHTLY = replace(
    TENANT, settings=Settings(schedule=Schedule(enabled=True, cron="0 6 * * *")), next_sync_at=NOW
)


def sync_id(n: int = 0) -> SyncId:
    return new_sync_id(NOW + dt.timedelta(minutes=n), bytes([n] * 10))


class Instances:
    """A Durable runtime that does as it is told, and finishes what it closes."""

    def __init__(self, status, states=None) -> None:
        self.status, self.states = status, dict(states or {})
        self.woken: list[tuple[SyncId, str]] = []
        self.closed: list[SyncId] = []

    async def await_sign_in(self, tenant: TenantRecord, attempt: SyncId, deadline: dt.datetime) -> None:
        raise AssertionError("nobody signs in ahead of these syncs")

    async def state(self, sync: SyncId) -> Instance:
        return self.states.get(sync, Instance.ABSENT)

    async def start(self, tenant: TenantRecord, sync: SyncRecord) -> None:
        self.states[sync.id] = Instance.LIVE

    async def close(self, tenant: TenantRecord, sync: SyncRecord) -> None:
        self.closed.append(sync.id)
        lost = SyncError("orchestrationLost", "The sync's orchestration was lost.", "reconciling")
        await finish(self.status, tenant.id, sync.id, ending(Facts(Verdict.FAILED, error=lost)), LATER)

    async def wake(self, sync: SyncId, event: str) -> None:
        self.woken.append((sync, event))


def reconciler(stores, instances, ids=None) -> Reconciler:
    return Reconciler(stores.status, stores.answers, stores.audit, instances, lambda: next(ids or iter(())))


class Plans:
    async def choice(self, sync, request):
        return Choice(3, 0)

    async def commits(self, sync):
        return []

    async def unnoted(self, tenant):
        return []


async def begin(stores, n: int = 0, *, supersede: bool = False):
    wanted = Wanted(CONTOSO, sync_id(n), SyncOptions(supersede=supersede), ADA, NOW, again=True)
    return await start(stores.status, stores.audit, wanted)


async def to_approval(stores, n: int = 0) -> None:
    route = [Stage.AUTHENTICATING, Stage.CHECKING_PERMISSIONS, Stage.BACKING_UP, Stage.COMPARING]
    for step, stage in enumerate(route, 1):
        await stores.status.change(CONTOSO, sync_id(n), enter(stage, step, NOW))
    await stores.status.change(CONTOSO, sync_id(n), open_approval(5, PLAN, NOW))


async def approve(stores):
    request = Request(DecisionKind.APPROVE, PLAN.digest, ADA, NOW)
    return await decide(stores.status, stores.audit, Plans(), CONTOSO, sync_id(), request)


async def nothing() -> None:
    pass


async def prepared(stores) -> None:
    await stores.status.create(TENANT)
    await begin(stores)
    await to_approval(stores)


# What a process does before it may die, and what it was doing when it died.
SCENES = {
    "start": (lambda stores: stores.status.create(TENANT), begin),
    "supersede": (
        prepared, lambda stores: begin(stores, 1, supersede=True)),
    "approve": (prepared, approve),
    "cancel": (
        prepared,
        lambda stores: cancel(stores.status, stores.audit, CONTOSO, sync_id(), Cancel(ADA, NOW))),
    "finish": (
        prepared,
        lambda stores: finish(stores.status, CONTOSO, sync_id(), ending(Facts(Verdict.REJECT)), NOW)),
    "create": (lambda stores: nothing(), lambda stores: stores.status.create(TENANT)),
}  # fmt: skip


@pytest.fixture
def dying(azurite, prefix, faulty, killed):
    """Acts in a process that dies before its n-th write."""

    async def act(action, died_before: int) -> None:
        left = iter(range(died_before, 0, -1))

        def fault(method, url, number):
            writes = method != "GET" and not url.endswith("Tables")
            return "killed" if writes and next(left, 1) == 1 else None

        tables = Tables(by_connection_string(azurite, lambda: faulty(fault)), prefix=prefix)
        status, audit = TableStatusStore(tables, lambda: NOW), TableAuditLog(tables)
        stores = SimpleNamespace(status=status, audit=audit, answers=TableAnswerStore(tables))
        with contextlib.suppress(killed):
            await action(stores)
        await tables.close()

    return act


@pytest.mark.parametrize("died_before", range(1, 8))
@pytest.mark.parametrize(("before", "action"), SCENES.values(), ids=SCENES.keys())
def test_dead_between_any_two_writes_is_mended(play, dying, before, action, died_before):
    """The process dies before its n-th write. Then reconciling brings everything to rest."""

    async def scenario(stores):
        await before(stores)
        await dying(action, died_before)
        instances = Instances(stores.status)
        for found in await stores.status.open_syncs():
            waits = found.sync is not None and found.sync.stage is Stage.APPROVAL
            instances.states[found.sync_id] = Instance.LIVE if waits else Instance.ABSENT
        turn = next(at for n in range(ROUND) if in_turn(CONTOSO, at := LATER + dt.timedelta(minutes=n)))
        for at in (LATER, turn, turn + dt.timedelta(minutes=1)):
            await reconciler(stores, instances).run(at)
        return await consistent(stores, instances)

    play(scenario)


async def consistent(stores, instances: Instances) -> None:
    """Whatever the process did or did not come to, the tables agree with one another."""
    row = await stores.status.tenant(CONTOSO)
    if row is None:
        return
    assert list(await stores.status.tenants()) == [row], "the listing shows the tenant's row"
    found = {one.sync_id: one for one in await stores.status.open_syncs()}
    assert set(found) - set(instances.states) == set(), "every open sync has an instance"
    if row.active_sync is not None:
        assert found[row.active_sync].sync is not None
        assert await stores.status.tenant_of(row.active_sync) == CONTOSO
        assert instances.states[row.active_sync] is Instance.LIVE
    for sync, one in found.items():
        if one.decision is not None and one.sync.stage is not Stage.ENDED:
            assert (sync, decision_event(PLAN.digest)) in instances.woken, "nobody's decision is lost"
        if one.cancel is not None:
            assert (sync, CANCEL_EVENT) in instances.woken
    rows, _ = await stores.status.syncs(CONTOSO, 10)
    entries, _ = await stores.audit.entries(CONTOSO, None, 50)
    told = {(entry.sync, entry.action) for entry in entries}
    assert len(told) == len(entries), "nothing is audited twice"
    for one in rows:
        assert (one.id, "sync.started") in told
        if one.cancelled_by is not None:
            assert (one.id, "sync.cancelled") in told
        if one.decision is not None and one.decision.kind is not DecisionKind.CANCELLED:
            kind = one.decision.kind.value
            assert told & {(one.id, f"decision.{kind}"), (one.id, f"sync.{kind}")}, "no action is lost"
        assert one.stage is Stage.ENDED or one.id in found
        seqs = [event.seq for event in await stores.status.events(CONTOSO, one.id, 0)]
        assert seqs == list(range(1, one.event_seq + 1)), "no event is missing or doubled"


def test_a_lost_orchestration_is_closed_and_the_tenant_freed(play):
    async def scenario(stores):
        await prepared(stores)
        instances = Instances(stores.status, {sync_id(): Instance.ENDED})
        done = await reconciler(stores, instances).run(LATER)
        row = await stores.status.tenant(CONTOSO)
        again = await reconciler(stores, instances).run(LATER)
        return done, row, again

    (repair,), row, again = play(scenario)
    assert isinstance(repair, Close)
    assert (row.active_sync, row.status.value) == (None, "newError")
    assert row.last_sync.error.code == "orchestrationLost"
    assert again == [Forget(sync_id())]


def test_a_young_start_is_left_alone_and_an_old_one_started(play):
    async def scenario(stores):
        await stores.status.create(TENANT)
        await begin(stores)
        instances = Instances(stores.status)
        young = await reconciler(stores, instances).run(NOW + dt.timedelta(seconds=59))
        old = await reconciler(stores, instances).run(NOW + dt.timedelta(seconds=60))
        return young, old, instances.states

    young, (repair,), states = play(scenario)
    assert young == []
    assert isinstance(repair, Start)
    assert states == {sync_id(): Instance.LIVE}


def test_a_due_schedule_starts_once_and_wakes_whom_it_supersedes(play):
    ids = iter([sync_id(5), sync_id(6)])

    async def scenario(stores):
        await stores.status.create(NIGHTLY)
        await begin(stores)
        await to_approval(stores)
        instances = Instances(stores.status, {sync_id(): Instance.LIVE})
        first = await reconciler(stores, instances, ids).run(LATER)
        second = await reconciler(stores, instances, ids).run(LATER + dt.timedelta(minutes=1))
        return first, second, instances, await stores.status.tenant(CONTOSO)

    first, second, instances, row = play(scenario)
    assert [one.id for one in first] == [row.active_sync] == [sync_id(5)]
    assert second == [Wake(sync_id(), decision_event(PLAN.digest))], "until the old one has ended"
    assert row.next_sync_at == NOW + dt.timedelta(days=1)
    assert instances.woken[0] == (sync_id(), decision_event(PLAN.digest))


def test_a_schedule_that_is_due_while_a_sync_works_is_skipped(play):
    async def scenario(stores):
        await stores.status.create(NIGHTLY)
        await begin(stores)
        instances = Instances(stores.status, {sync_id(): Instance.LIVE})
        done = await reconciler(stores, instances, iter([sync_id(5)])).run(LATER)
        return done, await stores.status.tenant(CONTOSO)

    done, row = play(scenario)
    assert done == []
    assert (row.active_sync, row.next_sync_at) == (sync_id(), NOW + dt.timedelta(days=1))


def test_one_fault_stops_nothing_else(play, caplog):
    class Failing(Instances):
        async def state(self, sync):
            raise OSError("no answer")

    async def scenario(stores):
        await stores.status.create(TENANT)
        fabrikam = replace(NIGHTLY, id=TenantId("fabrikam"), entra_tenant_id="other")
        await stores.status.create(fabrikam)
        await begin(stores)
        return await reconciler(stores, Failing(stores.status), iter([sync_id(5)])).run(LATER)

    (started,) = play(scenario)
    assert (started.id, started.tenant) == (sync_id(5), "fabrikam")
    assert "left for the next minute" in caplog.text


def test_what_is_mended_is_told(play):
    async def scenario(stores):
        await prepared(stores)
        await finish(stores.status, CONTOSO, sync_id(), ending(Facts(Verdict.REJECT)), NOW)
        await stores.tables.delete("accord", "~tenants", CONTOSO)
        return await reconciler(stores, Instances(stores.status)).run(LATER)

    assert play(scenario) == [Project(CONTOSO), Forget(sync_id())]


def test_pushes_that_could_not_be_noted_are_handed_over_in_the_tenants_turn(play):
    """Git's outbox: a push stands although noting who made it failed."""
    asked: list[str] = []
    forgotten: list[tuple[str, bool]] = []

    async def scenario(stores):
        await stores.status.create(TENANT)
        now = next(at for n in range(ROUND) if in_turn(CONTOSO, at := LATER + dt.timedelta(minutes=n)))

        async def forget(tenant, at):
            forgotten.append((tenant, at == now))

        tidy = {"note_pushes": asked.append, "forget_history": forget}
        mender = replace(reconciler(stores, Instances(stores.status)), **tidy)
        await mender.run(now)
        await mender.run(now + dt.timedelta(minutes=1))

    play(scenario)
    assert (asked, forgotten) == ([CONTOSO], [(CONTOSO, True)])


def test_a_sync_that_waits_for_the_tenant_has_it_asked_and_hears_of_the_answer(play):
    async def scenario(stores):
        await prepared(stores)
        steps = [Stage.AUTHENTICATING, Stage.CHECKING_PERMISSIONS, Stage.DEPLOYING, Stage.TENANT_APPROVAL]
        for step, stage in enumerate(steps, 6):
            await stores.status.change(CONTOSO, sync_id(), enter(stage, step, NOW))

        async def ask(tenant, sync):
            assert (tenant.id, sync.id) == (CONTOSO, sync_id())
            return [ChangeId("c3")]

        instances = Instances(stores.status, {sync_id(): Instance.LIVE})
        await replace(reconciler(stores, instances), ask_tenant=ask).run(LATER)
        await reconciler(stores, instances).run(LATER)
        return instances.woken

    assert play(scenario) == [(sync_id(), "tenantApproval-c3")]
