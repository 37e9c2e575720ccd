"""Races on real tables: whoever comes at once with whom, one wins, and the rows agree."""

import asyncio
import itertools

import pytest

from shared.adapters.tables.connection import Tables, by_connection_string
from shared.adapters.tables.state import TableStatusStore
from shared.domain.decision import Choice, Refused, Request, Standing, cancelled, decided
from shared.domain.lifecycle import enter, finished, open_approval
from shared.domain.move import Cancel, Ignored, Moved
from shared.domain.outcome import Facts, Verdict, ending
from shared.domain.start import Active, Begun, begun
from shared.domain.sync import Cause, DecisionKind, EventType, Stage, Status
from shared.errors import StorageConflict

CHOICE = Choice(deployable=3, deletions=0)


def asks(scene, kind: DecisionKind, by=None) -> Request:
    return Request(kind, scene.PLAN.digest, by or scene.BOB, scene.NOW)


def test_two_starts_at_once_leave_one_sync(play, scene):
    syncs = [scene.sync(n) for n in range(4)]

    async def scenario(stores):
        await stores.status.create(scene.tenant())
        answers = await asyncio.gather(
            *(stores.status.contest(scene.CONTOSO, None, begun(one)) for one in syncs)
        )
        rows, _ = await stores.status.syncs(scene.CONTOSO, 10)
        return answers, rows, await stores.status.tenant(scene.CONTOSO), await stores.status.open_syncs()

    answers, rows, row, found = play(scenario)
    won = [answer.sync.id for answer in answers if isinstance(answer, Moved)]
    assert won == [row.active_sync] == [one.id for one in rows]
    assert {answer.sync for answer in answers if isinstance(answer, Active)} == set(won)
    assert won[0] in [one.sync_id for one in found]


def test_approve_reject_and_cancel_at_once_have_one_winner(play, scene):
    one = scene.sync()

    async def scenario(stores):
        status = stores.status
        await stores.status.create(scene.tenant())
        await scene.waiting(stores)
        race = [
            status.contest(scene.CONTOSO, one.id, decided(asks(scene, DecisionKind.APPROVE), CHOICE)),
            status.contest(
                scene.CONTOSO, one.id, decided(asks(scene, DecisionKind.REJECT, scene.ADA), CHOICE)
            ),
            status.contest(scene.CONTOSO, one.id, cancelled(Cancel(scene.ADA, scene.NOW))),
        ]
        answers = await asyncio.gather(*race)
        return answers, await status.decision(scene.CONTOSO, one.id), await status.sync(scene.CONTOSO, one.id)

    answers, made, row = play(scenario)
    assert row.decision == made
    deciders = [answer for answer in answers if isinstance(answer, Moved) and answer.decision is not None]
    assert [moved.decision for moved in deciders] == [made]
    for answer in answers[:2]:
        assert isinstance(answer, Moved | Refused)
    assert isinstance(answers[2], Moved), "a cancel always leaves its row: for the deploy, if approved"


def test_supersede_and_approve_at_once_have_one_winner(play, scene):
    old, new = scene.sync(), scene.sync(1, supersede=True)

    async def scenario(stores):
        status = stores.status
        await stores.status.create(scene.tenant())
        await scene.waiting(stores)
        answers = await asyncio.gather(
            status.contest(scene.CONTOSO, None, begun(new)),
            status.contest(scene.CONTOSO, old.id, decided(asks(scene, DecisionKind.APPROVE), CHOICE)),
        )
        return answers, await status.decision(scene.CONTOSO, old.id), await status.tenant(scene.CONTOSO)

    (start, approval), made, row = play(scenario)
    if isinstance(start, Moved):
        assert (made.kind, made.by_sync, row.active_sync) == (DecisionKind.SUPERSEDED, new.id, new.id)
        assert not isinstance(approval, Moved)
    else:
        assert start == Active(old.id, Stage.APPROVAL)
        assert (made.kind, row.active_sync) == (DecisionKind.APPROVE, old.id)


def test_a_finish_and_a_supersede_at_once_release_the_tenant_once(play, scene):
    old, new = scene.sync(), scene.sync(1, supersede=True)

    async def scenario(stores):
        status = stores.status
        await stores.status.create(scene.tenant())
        await scene.waiting(stores)
        await asyncio.gather(
            status.contest(scene.CONTOSO, None, begun(new)),
            status.change(scene.CONTOSO, old.id, finished(ending(Facts(Verdict.CANCELLED)), scene.NOW)),
        )
        return await status.tenant(scene.CONTOSO), await status.sync(scene.CONTOSO, old.id)

    row, ended = play(scenario)
    assert row.active_sync == new.id, "an old sync's end never takes the lock of a newer one"
    assert row.status is Status.STARTING
    assert ended.stage in (Stage.ENDED, Stage.SETTLING)


def test_a_superseded_sync_ends_by_itself_later(play, scene):
    old, new = scene.sync(), scene.sync(1, supersede=True)

    async def scenario(stores):
        status = stores.status
        await stores.status.create(scene.tenant())
        await scene.waiting(stores)
        await status.contest(scene.CONTOSO, None, begun(new))
        between = await status.sync(scene.CONTOSO, old.id), await status.tenant(scene.CONTOSO)
        assert (
            await status.change(scene.CONTOSO, old.id, enter(Stage.REPORTING, 9, scene.NOW)) is Ignored.LATE
        )
        await status.change(scene.CONTOSO, old.id, finished(ending(Facts(Verdict.SUPERSEDED)), scene.NOW))
        after = await status.sync(scene.CONTOSO, old.id), await status.tenant(scene.CONTOSO)
        return between, after, await status.open_syncs(), await status.events(scene.CONTOSO, old.id, 2)

    (between, held), (after, same), found, events = play(scenario)
    assert (between.stage, between.cause, held.last_sync.id) == (Stage.SETTLING, Cause.SUPERSEDED, old.id)
    assert (after.stage, after.ended_at, same) == (Stage.ENDED, new.started_at, held)
    assert {one.sync_id for one in found} == {old.id, new.id}, "until reconcile has looked at the old one"
    assert [event.type for event in events] == [EventType.ENDED]


class Disturbed(Tables):
    """Tables in which somebody else always writes the tenant between our read and our write."""

    async def transact(self, table, operations):
        row = await self.get("state", "contoso", "tenant")
        await self.put("state", dict(row))
        return await super().transact(table, operations)


def test_a_race_that_does_not_end_is_a_conflict(play, scene, azurite, prefix):
    async def scenario(stores):
        await stores.status.create(scene.tenant())
        tables = Disturbed(by_connection_string(azurite), prefix=prefix)
        try:
            with pytest.raises(StorageConflict, match="changing the status of contoso"):
                await TableStatusStore(tables, lambda: scene.NOW).contest(
                    scene.CONTOSO, None, begun(scene.sync())
                )
        finally:
            await tables.close()
        return await stores.status.tenant(scene.CONTOSO)

    assert play(scenario).active_sync is None


def test_a_lost_answer_is_found_to_have_been_ours(play, scene, faulty):
    """Every other transaction is carried out and its answer lost: each change is made once all the same."""
    batches = itertools.count()

    def fault(method, url, number):
        return "reset" if "$batch" in url and next(batches) % 2 == 0 else None

    one = scene.sync()
    approve = asks(scene, DecisionKind.APPROVE)

    async def scenario(stores):
        status = stores.status
        await status.create(scene.tenant())
        begins = await status.contest(scene.CONTOSO, None, begun(one))
        entered = await status.change(scene.CONTOSO, one.id, enter(Stage.AUTHENTICATING, 1, scene.NOW))
        for step, stage in enumerate([Stage.CHECKING_PERMISSIONS, Stage.BACKING_UP, Stage.COMPARING], 2):
            await status.change(scene.CONTOSO, one.id, enter(stage, step, scene.NOW))
        await status.change(scene.CONTOSO, one.id, open_approval(5, scene.PLAN, scene.NOW))
        made = await status.contest(scene.CONTOSO, one.id, decided(approve, CHOICE))
        await status.change(scene.CONTOSO, one.id, finished(ending(Facts(Verdict.REJECT)), scene.NOW))
        events = await status.events(scene.CONTOSO, one.id, 0)
        (listed,) = await status.tenants()
        return begins, entered, made, events, await status.tenant(scene.CONTOSO), listed

    begins, entered, made, events, row, listed = play(scenario, lambda: faulty(fault))
    assert isinstance(begins, Begun | Moved)
    assert entered is Ignored.SAME or isinstance(entered, Moved)
    assert isinstance(made, Standing | Moved)
    assert [event.type for event in events] == [
        EventType.STARTED, EventType.PENDING_APPROVAL, EventType.DECIDED, EventType.ENDED,
    ]  # fmt: skip
    assert (row.active_sync, row.last_sync.id) == (None, one.id)
    assert row == listed
    assert next(batches) == 8, "nothing was sent twice"
