"""Deadlines and ends, over real tables."""

import asyncio

import pytest

from shared.domain.decision import Choice, Refused, Request, decided
from shared.domain.outcome import Facts, Verdict, ending
from shared.domain.sync import DecisionKind, Outcome, Status
from shared.steps.finish import SERVICE, expire, finish


def test_the_deadline_decides_unless_somebody_did(play, story):
    sync = story.sync().id

    async def scenario(stores):
        await stores.status.create(story.tenant())
        none = await expire(stores.status, story.CONTOSO, sync, story.NOW)
        await story.waiting(stores)
        rejects = Request(DecisionKind.REJECT, story.PLAN.digest, story.BOB, story.NOW)
        late, rejected = await asyncio.gather(
            expire(stores.status, story.CONTOSO, sync, story.NOW),
            stores.status.contest(story.CONTOSO, sync, decided(rejects, Choice(3, 0))),
        )
        return none, late, rejected, await expire(stores.status, story.CONTOSO, sync, story.NOW)

    none, late, rejected, again = play(scenario)
    assert none is None
    assert again == late
    if late.kind is DecisionKind.EXPIRED:
        assert late.by == SERVICE
        assert isinstance(rejected, Refused)
    else:
        assert rejected.decision == late


def test_a_sync_ends_once(play, story):
    sync = story.sync().id

    async def scenario(stores):
        await stores.status.create(story.tenant())
        await story.waiting(stores)
        rejected, failed = ending(Facts(Verdict.REJECT)), ending(Facts(Verdict.FAILED))
        first = await finish(stores.status, story.CONTOSO, sync, rejected, story.NOW)
        second = await finish(stores.status, story.CONTOSO, sync, failed, story.NOW)
        with pytest.raises(LookupError, match="no such sync"):
            await finish(stores.status, story.CONTOSO, story.sync(9).id, failed, story.NOW)
        return first, second, await stores.status.tenant(story.CONTOSO)

    first, second, row = play(scenario)
    assert first == second
    assert (first.outcome, row.status, row.active_sync) == (Outcome.REJECTED, Status.IDLE, None)
