"""Deadlines and ends, over real tables."""

import asyncio

import pytest

from shared.domain.decision import Choice, Refused, Request, decided
from shared.domain.outcome import Facts, Verdict, ending
from shared.domain.sync import DecisionKind, Outcome, Status
from shared.steps.finish import SERVICE, expire, finish


def test_the_deadline_decides_unless_somebody_did(play, scene):
    sync = scene.sync().id

    async def scenario(stores):
        await stores.status.create(scene.tenant())
        none = await expire(stores.status, scene.CONTOSO, sync, scene.NOW)
        await scene.waiting(stores)
        rejects = Request(DecisionKind.REJECT, scene.PLAN.digest, scene.BOB, scene.NOW)
        late, rejected = await asyncio.gather(
            expire(stores.status, scene.CONTOSO, sync, scene.NOW),
            stores.status.contest(scene.CONTOSO, sync, decided(rejects, Choice(3, 0))),
        )
        return none, late, rejected, await expire(stores.status, scene.CONTOSO, sync, scene.NOW)

    none, late, rejected, again = play(scenario)
    assert none is None
    assert again == late
    if late.kind is DecisionKind.EXPIRED:
        assert late.by == SERVICE
        assert isinstance(rejected, Refused)
    else:
        assert rejected.decision == late


def test_a_sync_ends_once(play, scene):
    sync = scene.sync().id

    async def scenario(stores):
        await stores.status.create(scene.tenant())
        await scene.waiting(stores)
        rejected, failed = ending(Facts(Verdict.REJECT)), ending(Facts(Verdict.FAILED))
        first = await finish(stores.status, scene.CONTOSO, sync, rejected, scene.NOW)
        second = await finish(stores.status, scene.CONTOSO, sync, failed, scene.NOW)
        with pytest.raises(LookupError, match="no such sync"):
            await finish(stores.status, scene.CONTOSO, scene.sync(9).id, failed, scene.NOW)
        return first, second, await stores.status.tenant(scene.CONTOSO)

    first, second, row = play(scenario)
    assert first == second
    assert (first.outcome, row.status, row.active_sync) == (Outcome.REJECTED, Status.IDLE, None)
