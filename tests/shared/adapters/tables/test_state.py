"""Tenants and syncs in real tables: one transaction a status change, and everything derived from it."""

import asyncio
import datetime as dt
from dataclasses import replace

import pytest

from shared.adapters.tables.state import TableStatusStore
from shared.domain.decision import Choice, NoCancel, Request, cancelled, decided
from shared.domain.lifecycle import (
    Compared,
    compared,
    count_type,
    enter,
    finished,
    open_approval,
    permissions_checked,
)
from shared.domain.move import Cancel, Moved
from shared.domain.outcome import Facts, Verdict, ending
from shared.domain.settings import Settings
from shared.domain.start import Begun, begun, new_sync_id
from shared.domain.sync import (
    Actor,
    ActorKind,
    DecisionKind,
    DriftCount,
    EventType,
    PlanSummary,
    Stage,
    Status,
    SyncError,
    SyncOptions,
    SyncRecord,
    TenantRecord,
)
from shared.names import ChangeId, CommitId, Digest, SyncId, TenantId

NOW = dt.datetime(2026, 3, 2, 6, 0, tzinfo=dt.UTC)
ADA = Actor(ActorKind.PERSON, "Ada", "ada-id", "page")
BOB = Actor(ActorKind.PERSON, "Bob", "bob-id", "page")
CONTOSO = TenantId("contoso")
PLAN = PlanSummary(Digest("sha256:" + "a" * 64), 3, 0, 0, 0, NOW + dt.timedelta(days=30))
CHOICE = Choice(deployable=3, deletions=0)


def tenant(name: str = "contoso", **more) -> TenantRecord:
    return TenantRecord(TenantId(name), name.title(), f"entra-{name}", Settings(), NOW, **more)


def sync(n: int = 0, *, supersede: bool = False) -> SyncRecord:
    at = NOW + dt.timedelta(minutes=n)
    sync_id = new_sync_id(at, bytes([n] * 10))
    return SyncRecord(sync_id, CONTOSO, SyncOptions(supersede=supersede), ADA, at)


async def started(status: TableStatusStore, one: SyncRecord) -> None:
    await status.create(tenant())
    assert isinstance(await status.contest(CONTOSO, None, begun(one)), Moved)


async def waiting(status: TableStatusStore, one: SyncRecord) -> None:
    """The tenant's first sync, as far as its question."""
    await started(status, one)
    route = [Stage.AUTHENTICATING, Stage.CHECKING_PERMISSIONS, Stage.BACKING_UP, Stage.COMPARING]
    for step, stage in enumerate(route, 1):
        assert isinstance(await status.change(CONTOSO, one.id, enter(stage, step, NOW)), Moved)
    await status.change(CONTOSO, one.id, compared(4, Compared(DriftCount(), (), PLAN, 3)))
    assert isinstance(await status.change(CONTOSO, one.id, open_approval(5, PLAN, NOW)), Moved)


def asks(kind: DecisionKind, by: Actor = BOB) -> Request:
    return Request(kind, PLAN.digest, by, NOW)


def test_a_tenant_is_made_once_and_listed(play):
    async def scenario(stores):
        first = await stores.status.create(tenant())
        again = await stores.status.create(tenant())
        other = await stores.status.create(replace(tenant("fabrikam"), entra_tenant_id="ENTRA-contoso"))
        listed = [(one.id, one.status, one.version) for one in await stores.status.tenants()]
        return first, again, other, listed, await stores.status.known()

    assert play(scenario) == (
        None, "contoso", "contoso", [("contoso", Status.NOT_RUN, 1)], ["contoso"],
    )  # fmt: skip


def test_a_removed_tenant_makes_room_for_its_id_and_its_directory(play):
    def removed(record, sync_):
        return Moved(replace(record, deleted_at=NOW), None)

    async def scenario(stores):
        status = stores.status
        await status.create(tenant())
        await status.change(CONTOSO, None, removed)
        gone = await status.tenant(CONTOSO), list(await status.tenants())
        moved = await status.create(replace(tenant("fabrikam"), entra_tenant_id="entra-contoso"))
        await status.unclaim("entra-contoso", CONTOSO)
        held = await status.claim("entra-contoso", CONTOSO)
        again = await status.create(replace(tenant(), entra_tenant_id="another"))
        return gone, moved, held, again, [(one.id, one.version) for one in await status.tenants()]

    gone, moved, held, again, listed = play(scenario)
    assert gone == (None, [])
    assert (moved, held, again) == (None, "fabrikam", None)
    assert listed == [("contoso", 3), ("fabrikam", 1)], "listings never go back to an older version"


def test_a_directory_that_was_given_back_can_be_claimed(play):
    async def scenario(stores):
        await stores.status.claim("entra", CONTOSO)
        await stores.status.unclaim("entra", CONTOSO)
        await stores.status.unclaim("entra", CONTOSO)
        return await stores.status.claim("ENTRA", TenantId("fabrikam"))

    assert play(scenario) == "fabrikam"


def test_a_whole_sync_shows_in_rows_listing_index_and_events(play):
    one = sync()

    async def scenario(stores):
        status = stores.status
        await waiting(status, one)
        listed = (await status.tenants())[0]
        assert (listed.status, listed.pending_plan.sync) == (Status.PENDING_APPROVAL, one.id)
        assert await status.tenant_of(one.id) == "contoso"
        assert [found.sync_id for found in await status.open_syncs()] == [one.id]
        await status.contest(CONTOSO, one.id, decided(asks(DecisionKind.REJECT), CHOICE))
        await status.change(CONTOSO, one.id, finished(ending(Facts(Verdict.REJECT)), NOW))
        assert [found.sync.stage for found in await status.open_syncs()] == [Stage.ENDED]
        await status.forget(one.id)
        assert await status.open_syncs() == []
        ended = await status.sync(CONTOSO, one.id)
        events = await status.events(CONTOSO, one.id, 0)
        assert await status.events(CONTOSO, one.id, 3) == events[3:]
        return (await status.tenant(CONTOSO)), (await status.tenants())[0], ended, events

    row, listed, ended, events = play(scenario)
    assert row == listed
    assert (row.status, row.active_sync, row.pending_plan, row.last_sync.id) == (
        Status.IDLE, None, None, one.id,
    )  # fmt: skip
    assert (ended.stage, ended.decision.kind) == (Stage.ENDED, DecisionKind.REJECT)
    assert [(event.seq, event.type) for event in events] == [
        (1, EventType.STARTED),
        (2, EventType.PENDING_APPROVAL),
        (3, EventType.DECIDED),
        (4, EventType.ENDED),
    ]
    assert events[1].tenant.status is Status.PENDING_APPROVAL, "an event's data is frozen as it was"


def test_progress_alone_does_not_touch_the_tenant(play):
    one = sync()

    async def scenario(stores):
        await started(stores.status, one)
        before = await stores.status.tenant(CONTOSO)
        await asyncio.gather(*(stores.status.change(CONTOSO, one.id, count_type(0, 2)) for _ in range(5)))
        return before, await stores.status.tenant(CONTOSO), await stores.status.sync(CONTOSO, one.id)

    before, after, row = play(scenario)
    assert before == after
    assert (row.progress.types_done, row.progress.items) == (5, 10), "none of five at once is lost"


def test_an_event_without_a_sync_counts_on_the_tenant(play):
    async def scenario(stores):
        await stores.status.create(tenant())
        for required in (("A",), ("A", "B"), ()):
            await stores.status.change(CONTOSO, None, permissions_checked(required, NOW))
        return await stores.status.events(CONTOSO, CONTOSO, 0), await stores.status.tenant(CONTOSO)

    events, row = play(scenario)
    assert [(event.seq, event.type.value) for event in events] == [
        (1, "tenant.pendingAdminConsent"), (2, "tenant.pendingAdminConsent"), (3, "tenant.consentGranted"),
    ]  # fmt: skip
    assert (row.event_seq, row.version) == (3, 4)


def test_a_cancel_counts_once_and_the_same_start_finds_itself(play):
    one = sync()

    async def scenario(stores):
        await started(stores.status, one)
        first = await stores.status.contest(CONTOSO, one.id, cancelled(Cancel(BOB, NOW, "stop")))
        second = await stores.status.contest(CONTOSO, one.id, cancelled(Cancel(ADA, NOW)))
        again = await stores.status.contest(CONTOSO, None, begun(one))
        return first, second, again, await stores.status.cancelled(CONTOSO, one.id)

    first, second, again, asked = play(scenario)
    assert isinstance(first, Moved)
    assert second is NoCancel.AGAIN
    assert isinstance(again, Begun)
    assert asked == Cancel(BOB, NOW, "stop")


def test_syncs_are_listed_newest_first_in_pages(play):
    syncs = [sync(n) for n in range(5)]

    async def scenario(stores):
        await stores.status.create(tenant())
        for one in syncs:
            await stores.status.contest(CONTOSO, None, begun(one))
            await stores.status.change(CONTOSO, one.id, finished(ending(Facts(Verdict.DONE)), NOW))
        first, onward = await stores.status.syncs(CONTOSO, 3)
        rest, end = await stores.status.syncs(CONTOSO, 3, onward)
        return [one.id for one in (*first, *rest)], end

    listed, end = play(scenario)
    assert listed == [one.id for one in reversed(syncs)]
    assert end is None


def test_changing_a_tenant_that_is_not_there_says_so(play):
    async def scenario(stores):
        with pytest.raises(LookupError, match="no such tenant"):
            await stores.status.change(CONTOSO, None, permissions_checked(("A",), NOW))
        with pytest.raises(LookupError, match="no such tenant"):
            await stores.status.contest(CONTOSO, None, begun(sync()))
        return await stores.status.sync(CONTOSO, sync().id), await stores.status.tenant_of(sync().id)

    assert play(scenario) == (None, None)


def test_a_choice_of_thousands_of_changes_fits_the_rows(play):
    one = sync()
    changes = tuple(ChangeId(f"c{n}") for n in range(20_000))

    async def scenario(stores):
        await waiting(stores.status, one)
        request = replace(asks(DecisionKind.APPROVE), changes=changes)
        await stores.status.contest(CONTOSO, one.id, decided(request, CHOICE))
        return await stores.status.decision(CONTOSO, one.id)

    assert play(scenario).changes == changes


def test_a_listing_keeps_its_rows_short_and_still_shows_everything(play):
    settings = replace(Settings(), protected=tuple(f"intune/*/item {n}.json" for n in range(400)))
    error = SyncError("internal", "It broke.", "running", detail="x" * 8_000)

    async def scenario(stores):
        status = stores.status
        await status.create(replace(tenant(), settings=settings))
        await status.create(tenant("fabrikam"))
        await status.contest(CONTOSO, None, begun(sync()))
        failed = ending(Facts(Verdict.FAILED, error=error))
        await status.change(CONTOSO, sync().id, finished(failed, NOW))
        rows = await stores.tables.query("accord", "PartitionKey eq '~tenants'", {}, None)
        return [sum(len(str(value)) for value in row.values()) for row in rows], await status.tenants()

    sizes, (contoso, fabrikam) = play(scenario)
    assert max(sizes) <= 4 * 1024
    assert contoso.settings == settings
    assert (contoso.status, contoso.last_sync.error.message) == (Status.NEW_ERROR, "It broke.")
    assert fabrikam.settings == Settings()


def test_who_pushed_first_is_remembered(play):
    commits = [CommitId(f"{n:040x}") for n in range(205)]

    async def scenario(stores):
        await stores.status.pushed(CONTOSO, commits[:2], ADA)
        await stores.status.pushed(CONTOSO, [*commits, commits[5]], BOB)
        return await stores.status.pushers(CONTOSO, [*commits, CommitId("f" * 40)])

    known = play(scenario)
    assert len(known) == 205
    assert [known[commit].name for commit in commits[:3]] == ["Ada", "Ada", "Bob"]


def test_a_listing_that_is_behind_is_brought_up(play):
    one = sync()

    async def scenario(stores):
        status = stores.status
        await started(status, one)
        await stores.tables.delete("accord", "~tenants", "contoso")
        assert [found.projected for found in await status.open_syncs()] == [None]
        await status.project(CONTOSO)
        await status.project(TenantId("nobody"))
        found = (await status.open_syncs())[0]
        return found.projected, found.tenant.version, (await status.tenants())[0].status

    assert play(scenario) == (2, 2, Status.STARTING)


def test_an_open_sync_that_never_began_is_seen_and_forgotten(play):
    ghost = sync(7)

    async def scenario(stores):
        status = stores.status
        await status.create(tenant())
        await status._note(CONTOSO, ghost)
        found = await status.open_syncs()
        await status.forget(ghost.id)
        await status.forget(SyncId("01" * 13))
        return found, await status.open_syncs()

    found, after = play(scenario)
    assert [(one.sync_id, one.sync, one.tenant.id) for one in found] == [(ghost.id, None, "contoso")]
    assert after == []
