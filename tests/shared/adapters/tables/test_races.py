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


def asks(story, kind: DecisionKind, by=None) -> Request:
    return Request(kind, story.PLAN.digest, by or story.BOB, story.NOW)


def test_two_starts_at_once_leave_one_sync(play, story):
    syncs = [story.sync(n) for n in range(4)]

    async def scenario(stores):
        await stores.status.create(story.tenant())
        answers = await asyncio.gather(
            *(stores.status.contest(story.CONTOSO, None, begun(one)) for one in syncs)
        )
        rows, _ = await stores.status.syncs(story.CONTOSO, 10)
        return answers, rows, await stores.status.tenant(story.CONTOSO), await stores.status.open_syncs()

    answers, rows, row, found = play(scenario)
    won = [answer.sync.id for answer in answers if isinstance(answer, Moved)]
    assert won == [row.active_sync] == [one.id for one in rows]
    assert {answer.sync for answer in answers if isinstance(answer, Active)} == set(won)
    assert won[0] in [one.sync_id for one in found]


def test_approve_reject_and_cancel_at_once_have_one_winner(play, story):
    one = story.sync()

    async def scenario(stores):
        status = stores.status
        await stores.status.create(story.tenant())
        await story.waiting(stores)
        race = [
            status.contest(story.CONTOSO, one.id, decided(asks(story, DecisionKind.APPROVE), CHOICE)),
            status.contest(
                story.CONTOSO, one.id, decided(asks(story, DecisionKind.REJECT, story.ADA), CHOICE)
            ),
            status.contest(story.CONTOSO, one.id, cancelled(Cancel(story.ADA, story.NOW))),
        ]
        answers = await asyncio.gather(*race)
        return answers, await status.decision(story.CONTOSO, one.id), await status.sync(story.CONTOSO, one.id)

    answers, made, row = play(scenario)
    assert row.decision == made
    deciders = [answer for answer in answers if isinstance(answer, Moved) and answer.decision is not None]
    assert [moved.decision for moved in deciders] == [made]
    for answer in answers[:2]:
        assert isinstance(answer, Moved | Refused)
    assert isinstance(answers[2], Moved), "a cancel always leaves its row: for the deploy, if approved"


def test_supersede_and_approve_at_once_have_one_winner(play, story):
    old, new = story.sync(), story.sync(1, supersede=True)

    async def scenario(stores):
        status = stores.status
        await stores.status.create(story.tenant())
        await story.waiting(stores)
        answers = await asyncio.gather(
            status.contest(story.CONTOSO, None, begun(new)),
            status.contest(story.CONTOSO, old.id, decided(asks(story, DecisionKind.APPROVE), CHOICE)),
        )
        return answers, await status.decision(story.CONTOSO, old.id), await status.tenant(story.CONTOSO)

    (start, approval), made, row = play(scenario)
    if isinstance(start, Moved):
        assert (made.kind, made.by_sync, row.active_sync) == (DecisionKind.SUPERSEDED, new.id, new.id)
        assert not isinstance(approval, Moved)
    else:
        assert start == Active(old.id, Stage.APPROVAL)
        assert (made.kind, row.active_sync) == (DecisionKind.APPROVE, old.id)


def test_a_finish_and_a_supersede_at_once_release_the_tenant_once(play, story):
    old, new = story.sync(), story.sync(1, supersede=True)

    async def scenario(stores):
        status = stores.status
        await stores.status.create(story.tenant())
        await story.waiting(stores)
        await asyncio.gather(
            status.contest(story.CONTOSO, None, begun(new)),
            status.change(story.CONTOSO, old.id, finished(ending(Facts(Verdict.CANCELLED)), story.NOW)),
        )
        return await status.tenant(story.CONTOSO), await status.sync(story.CONTOSO, old.id)

    row, ended = play(scenario)
    assert row.active_sync == new.id, "an old sync's end never takes the lock of a newer one"
    assert row.status is Status.STARTING
    assert ended.stage in (Stage.ENDED, Stage.SETTLING)


def test_a_superseded_sync_ends_by_itself_later(play, story):
    old, new = story.sync(), story.sync(1, supersede=True)

    async def scenario(stores):
        status = stores.status
        await stores.status.create(story.tenant())
        await story.waiting(stores)
        await status.contest(story.CONTOSO, None, begun(new))
        between = await status.sync(story.CONTOSO, old.id), await status.tenant(story.CONTOSO)
        assert (
            await status.change(story.CONTOSO, old.id, enter(Stage.REPORTING, 9, story.NOW)) is Ignored.LATE
        )
        await status.change(story.CONTOSO, old.id, finished(ending(Facts(Verdict.SUPERSEDED)), story.NOW))
        after = await status.sync(story.CONTOSO, old.id), await status.tenant(story.CONTOSO)
        return between, after, await status.open_syncs(), await status.events(story.CONTOSO, old.id, 2)

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


def test_a_race_that_does_not_end_is_a_conflict(play, story, azurite, prefix):
    async def scenario(stores):
        await stores.status.create(story.tenant())
        tables = Disturbed(by_connection_string(azurite), prefix=prefix)
        try:
            with pytest.raises(StorageConflict, match="changing the status of contoso"):
                await TableStatusStore(tables, lambda: story.NOW).contest(
                    story.CONTOSO, None, begun(story.sync())
                )
        finally:
            await tables.close()
        return await stores.status.tenant(story.CONTOSO)

    assert play(scenario).active_sync is None


def test_a_lost_answer_is_found_to_have_been_ours(play, story, faulty):
    """Every other transaction is carried out and its answer lost: each change is made once all the same."""
    batches = itertools.count()

    def fault(method, url, number):
        return "reset" if "$batch" in url and next(batches) % 2 == 0 else None

    one = story.sync()
    approve = asks(story, DecisionKind.APPROVE)

    async def scenario(stores):
        status = stores.status
        await status.create(story.tenant())
        begins = await status.contest(story.CONTOSO, None, begun(one))
        entered = await status.change(story.CONTOSO, one.id, enter(Stage.AUTHENTICATING, 1, story.NOW))
        for step, stage in enumerate([Stage.CHECKING_PERMISSIONS, Stage.BACKING_UP, Stage.COMPARING], 2):
            await status.change(story.CONTOSO, one.id, enter(stage, step, story.NOW))
        await status.change(story.CONTOSO, one.id, open_approval(5, story.PLAN, story.NOW))
        made = await status.contest(story.CONTOSO, one.id, decided(approve, CHOICE))
        await status.change(story.CONTOSO, one.id, finished(ending(Facts(Verdict.REJECT)), story.NOW))
        events = await status.events(story.CONTOSO, one.id, 0)
        (listed,) = await status.tenants()
        return begins, entered, made, events, await status.tenant(story.CONTOSO), listed

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
