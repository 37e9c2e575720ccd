"""Cancels, over real tables: the decision while one is waited for, a row that the work reads otherwise."""

import pytest

from shared.domain.decision import Choice, Request, decided
from shared.domain.move import Cancel, Moved
from shared.domain.outcome import Facts, Verdict, ending
from shared.domain.sync import DecisionKind
from shared.errors import Problem
from shared.steps.cancel import cancel
from shared.steps.finish import finish


async def cancels(stores, scene, by=None):
    asked = Cancel(by or scene.BOB, scene.NOW, "stop")
    return await cancel(stores.status, stores.audit, scene.CONTOSO, scene.sync().id, asked)


async def decision(stores, scene, kind: DecisionKind):
    request = Request(kind, scene.PLAN.digest, scene.BOB, scene.NOW)
    return await stores.status.contest(scene.CONTOSO, scene.sync().id, decided(request, Choice(3, 0)))


def test_a_cancel_while_it_waits_is_the_decision_and_answers_again(play, scene):
    async def scenario(stores):
        await stores.status.create(scene.tenant())
        await scene.waiting(stores)
        first, second = await cancels(stores, scene), await cancels(stores, scene, scene.ADA)
        late = await decision(stores, scene, DecisionKind.REJECT)
        entries, _ = await stores.audit.entries(scene.CONTOSO, None, 5)
        return first, second, late, entries, await stores.status.cancelled(scene.CONTOSO, scene.sync().id)

    first, second, late, (entry,), row = play(scenario)
    assert first.decision.kind is DecisionKind.CANCELLED
    assert second.cancelled_by == scene.BOB
    assert late.code.value == "notPending"
    assert (entry.action, entry.detail, row.by) == ("sync.cancelled", "stop", scene.BOB)


def test_a_cancel_after_an_approval_is_for_the_deploy(play, scene):
    async def scenario(stores):
        await stores.status.create(scene.tenant())
        await scene.waiting(stores)
        assert isinstance(await decision(stores, scene, DecisionKind.APPROVE), Moved)
        await cancels(stores, scene)
        made = await stores.status.decision(scene.CONTOSO, scene.sync().id)
        return made, await stores.status.cancelled(scene.CONTOSO, scene.sync().id)

    made, row = play(scenario)
    assert (made.kind, row.comment) == (DecisionKind.APPROVE, "stop")


def test_what_has_ended_or_never_was_cannot_be_cancelled(play, scene):
    async def scenario(stores):
        await stores.status.create(scene.tenant())
        with pytest.raises(Problem) as never:
            await cancels(stores, scene)
        await scene.waiting(stores)
        done = ending(Facts(Verdict.CANCELLED))
        await finish(stores.status, scene.CONTOSO, scene.sync().id, done, scene.NOW)
        with pytest.raises(Problem) as ended:
            await cancels(stores, scene)
        return [(problem.value.code, problem.value.status) for problem in (never, ended)]

    assert play(scenario) == [("syncNotFound", 404), ("syncEnded", 409)]
