"""Cancels, over real tables: the decision while one is waited for, a row that the work reads otherwise."""

import pytest

from shared.domain.decision import Choice, Request, decided
from shared.domain.move import Cancel, Moved
from shared.domain.outcome import Facts, Verdict, ending
from shared.domain.sync import DecisionKind
from shared.errors import Problem
from shared.steps.cancel import cancel
from shared.steps.finish import finish


async def cancels(stores, story, by=None):
    asked = Cancel(by or story.BOB, story.NOW, "stop")
    return await cancel(stores.status, stores.audit, story.CONTOSO, story.sync().id, asked)


async def decision(stores, story, kind: DecisionKind):
    request = Request(kind, story.PLAN.digest, story.BOB, story.NOW)
    return await stores.status.contest(story.CONTOSO, story.sync().id, decided(request, Choice(3, 0)))


def test_a_cancel_while_it_waits_is_the_decision_and_answers_again(play, story):
    async def scenario(stores):
        await stores.status.create(story.tenant())
        await story.waiting(stores)
        first, second = await cancels(stores, story), await cancels(stores, story, story.ADA)
        late = await decision(stores, story, DecisionKind.REJECT)
        entries, _ = await stores.audit.entries(story.CONTOSO, None, 5)
        return first, second, late, entries, await stores.status.cancelled(story.CONTOSO, story.sync().id)

    first, second, late, (entry,), row = play(scenario)
    assert first.decision.kind is DecisionKind.CANCELLED
    assert second.cancelled_by == story.BOB
    assert late.code.value == "notPending"
    assert (entry.action, entry.detail, row.by) == ("sync.cancelled", "stop", story.BOB)


def test_a_cancel_after_an_approval_is_for_the_deploy(play, story):
    async def scenario(stores):
        await stores.status.create(story.tenant())
        await story.waiting(stores)
        assert isinstance(await decision(stores, story, DecisionKind.APPROVE), Moved)
        await cancels(stores, story)
        made = await stores.status.decision(story.CONTOSO, story.sync().id)
        return made, await stores.status.cancelled(story.CONTOSO, story.sync().id)

    made, row = play(scenario)
    assert (made.kind, row.comment) == (DecisionKind.APPROVE, "stop")


def test_what_has_ended_or_never_was_cannot_be_cancelled(play, story):
    async def scenario(stores):
        await stores.status.create(story.tenant())
        with pytest.raises(Problem) as never:
            await cancels(stores, story)
        await story.waiting(stores)
        done = ending(Facts(Verdict.CANCELLED))
        await finish(stores.status, story.CONTOSO, story.sync().id, done, story.NOW)
        with pytest.raises(Problem) as ended:
            await cancels(stores, story)
        return [(problem.value.code, problem.value.status) for problem in (never, ended)]

    assert play(scenario) == [("syncNotFound", 404), ("syncEnded", 409)]
