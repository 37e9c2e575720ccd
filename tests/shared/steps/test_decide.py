"""Decisions, cancels, deadlines and ends, over real tables."""

import asyncio
import datetime as dt
from dataclasses import replace

import pytest

from shared.domain.decision import Choice, Request
from shared.domain.lifecycle import enter, open_approval
from shared.domain.move import Cancel
from shared.domain.outcome import Facts, Verdict, ending
from shared.domain.settings import Settings
from shared.domain.start import begun, new_sync_id
from shared.domain.sync import (
    Actor,
    ActorKind,
    DecisionKind,
    Outcome,
    PlanSummary,
    Stage,
    Status,
    SyncOptions,
    SyncRecord,
    TenantRecord,
)
from shared.errors import Problem
from shared.names import ChangeId, CommitId, Digest, SyncId, TenantId
from shared.steps.cancel import cancel
from shared.steps.decide import decide
from shared.steps.finish import expire, finish

NOW = dt.datetime(2026, 3, 2, 6, 0, tzinfo=dt.UTC)
ADA = Actor(ActorKind.PERSON, "Ada", "ada-id", "page")
BOB = Actor(ActorKind.PERSON, "Bob", "bob-id", "page")
CAT = Actor(ActorKind.PERSON, "Cat", "cat-id", "git")
CONTOSO = TenantId("contoso")
PLAN = PlanSummary(Digest("sha256:" + "a" * 64), 3, 1, 0, 0, NOW + dt.timedelta(days=30))
OTHER_PLAN = replace(PLAN, digest=Digest("sha256:" + "b" * 64))
COMMITS = [CommitId("c" * 40)]


def sync_id(n: int = 0) -> SyncId:
    return new_sync_id(NOW + dt.timedelta(minutes=n), bytes([n] * 10))


class Plans:
    """A stored plan in which c0 is a deletion and c9 is unknown."""

    async def choice(self, sync: SyncRecord, request: Request) -> Choice:
        named = request.changes or (ChangeId("c0"), ChangeId("c1"), ChangeId("c2"))
        return Choice(
            deployable=len(named),
            deletions="c0" in named,
            unknown=tuple(one for one in named if one == "c9"),
            missing=(ChangeId("c1"),) if named == ("c2",) else (),
            blocked=tuple(one for one in named if one == "c8"),
        )

    async def commits(self, sync: SyncRecord) -> list[CommitId]:
        return COMMITS


def asks(kind: DecisionKind = DecisionKind.APPROVE, **more) -> Request:
    return Request(kind, more.pop("digest", PLAN.digest), more.pop("by", BOB), NOW, **more)


async def tenant(stores, *, second: bool = False) -> None:
    settings = Settings(require_second_person=second)
    await stores.status.create(TenantRecord(CONTOSO, "Contoso", "entra", settings, NOW))


async def waiting(stores, n: int = 0, plan: PlanSummary = PLAN) -> None:
    """Sync n, superseding whatever waits, as far as its question."""
    new = SyncRecord(sync_id(n), CONTOSO, SyncOptions(supersede=True), ADA, NOW)
    await stores.status.contest(CONTOSO, None, begun(new))
    route = [Stage.AUTHENTICATING, Stage.CHECKING_PERMISSIONS, Stage.BACKING_UP, Stage.COMPARING]
    for step, stage in enumerate(route, 1):
        await stores.status.change(CONTOSO, new.id, enter(stage, step, NOW))
    await stores.status.change(CONTOSO, new.id, open_approval(5, plan, NOW))


async def says(stores, request: Request, n: int = 0):
    return await decide(stores.status, stores.audit, Plans(), CONTOSO, sync_id(n), request)


async def refused(stores, request: Request, n: int = 0) -> Problem:
    with pytest.raises(Problem) as caught:
        await says(stores, request, n)
    return caught.value


def test_a_decision_stands_shows_and_is_audited(play):
    request = asks(confirm_deletions=True, comment="fine", changes=(ChangeId("c2"), ChangeId("c0")))
    request = replace(request, decided_by="dan-id")

    async def scenario(stores):
        await tenant(stores)
        await waiting(stores)
        first = await says(stores, request)
        second = await says(stores, request)
        row = await stores.status.sync(CONTOSO, sync_id())
        entries, _ = await stores.audit.entries(CONTOSO, None, 5)
        return first, second, row, entries, await stores.status.decision(CONTOSO, sync_id())

    first, second, row, (entry,), standing = play(scenario)
    assert first == second
    assert (first.sync, first.decision) == (sync_id(), standing)
    assert row.decision == standing
    assert standing.changes == ("c0", "c2")
    assert (entry.action, entry.digest) == ("decision.approve", PLAN.digest)
    assert entry.detail == "fine; changes c0, c2; decided by dan-id, as the client states"


@pytest.mark.parametrize(
    ("request_", "code", "status", "values"),
    [
        pytest.param(asks(digest=OTHER_PLAN.digest), "planChanged", 409, {"changes": ""}, id="digest"),
        pytest.param(asks(), "confirmDeletions", 422, {"count": 1}, id="deletions"),
        pytest.param(
            asks(changes=(ChangeId("c2"),)), "dependencyMissing", 422, {"changes": "c1"}, id="dependency"
        ),
        pytest.param(asks(changes=(ChangeId("c8"),)), "blocked", 422, {"changes": "c8"}, id="blocked"),
        pytest.param(asks(changes=(ChangeId("c9"),)), "unknownChange", 422, {"changes": "c9"}, id="unknown"),
    ],
)  # fmt: skip
def test_a_decision_is_refused_and_changes_nothing(play, request_, code, status, values):
    async def scenario(stores):
        await tenant(stores)
        await waiting(stores)
        problem = await refused(stores, request_)
        assert await stores.status.decision(CONTOSO, sync_id()) is None
        return problem

    problem = play(scenario)
    assert (problem.code, problem.status, problem.values) == (code, status, values)


def test_another_decision_is_told_which_one_stands(play):
    async def scenario(stores):
        await tenant(stores)
        await waiting(stores)
        made = await says(stores, asks(DecisionKind.REJECT))
        return made, await refused(stores, asks(confirm_deletions=True))

    made, problem = play(scenario)
    assert (problem.code, problem.extra) == ("alreadyDecided", {"decision": made.decision})


def test_where_nothing_waits_nothing_is_decided(play):
    async def scenario(stores):
        await tenant(stores)
        nobody = await refused(stores, asks())
        new = SyncRecord(sync_id(), CONTOSO, SyncOptions(), ADA, NOW)
        await stores.status.contest(CONTOSO, None, begun(new))
        return nobody, await refused(stores, asks())

    nobody, early = play(scenario)
    assert (nobody.code, nobody.status) == ("syncNotFound", 404)
    assert (early.code, early.status) == ("notPending", 409)


def test_a_decision_on_a_superseded_sync_counts_for_the_newest_with_the_same_plan(play):
    async def scenario(stores):
        await tenant(stores)
        for n, plan in enumerate([PLAN, OTHER_PLAN, PLAN]):
            await waiting(stores, n, plan)
        other = await refused(stores, asks(DecisionKind.REJECT, digest=OTHER_PLAN.digest))
        made = await says(stores, asks(DecisionKind.REJECT))
        await waiting(stores, 3, OTHER_PLAN)
        return other, made, await stores.status.tenant(CONTOSO)

    other, made, row = play(scenario)
    assert (made.sync, row.active_sync) == (sync_id(2), sync_id(2)), "a decided sync is not superseded"
    assert (other.code, other.extra["sync"]) == ("superseded", sync_id(2))


def test_the_second_person_is_neither_who_started_nor_who_pushed(play):
    async def scenario(stores):
        await tenant(stores, second=True)
        await stores.status.pushed(CONTOSO, COMMITS, CAT)
        await waiting(stores)
        codes = [
            (await refused(stores, asks(by=by, confirm_deletions=True))).code
            for by in (ADA, CAT, Actor(ActorKind.KEY, "nightly", "key-id", "nightly"))
        ]
        return codes, await says(stores, asks(by=BOB, confirm_deletions=True))

    codes, made = play(scenario)
    assert codes == ["secondPerson"] * 3
    assert made.decision.by == BOB


def test_under_the_second_persons_rule_anybody_may_reject(play):
    async def scenario(stores):
        await tenant(stores, second=True)
        await waiting(stores)
        return await says(stores, asks(DecisionKind.REJECT, by=ADA))

    assert play(scenario).decision.kind is DecisionKind.REJECT


async def cancels(stores, by: Actor = BOB) -> SyncRecord:
    return await cancel(stores.status, stores.audit, CONTOSO, sync_id(), Cancel(by, NOW, "stop"))


def test_a_cancel_while_it_waits_is_the_decision_and_answers_again(play):
    async def scenario(stores):
        await tenant(stores)
        await waiting(stores)
        first, second = await cancels(stores), await cancels(stores, ADA)
        late = await refused(stores, asks(DecisionKind.REJECT))
        entries, _ = await stores.audit.entries(CONTOSO, None, 5)
        return first, second, late, entries, await stores.status.cancelled(CONTOSO, sync_id())

    first, second, late, (entry,), row = play(scenario)
    assert first.decision.kind is DecisionKind.CANCELLED
    assert second.cancelled_by == BOB
    assert late.code == "notPending"
    assert (entry.action, row.by) == ("sync.cancelled", BOB)


def test_a_cancel_after_an_approval_is_for_the_deploy(play):
    async def scenario(stores):
        await tenant(stores)
        await waiting(stores)
        await says(stores, asks(confirm_deletions=True))
        await cancels(stores)
        decision = await stores.status.decision(CONTOSO, sync_id())
        return decision, await stores.status.cancelled(CONTOSO, sync_id())

    decision, row = play(scenario)
    assert (decision.kind, row.comment) == (DecisionKind.APPROVE, "stop")


def test_what_has_ended_or_never_was_cannot_be_cancelled(play):
    async def scenario(stores):
        await tenant(stores)
        with pytest.raises(Problem) as never:
            await cancels(stores)
        await waiting(stores)
        await finish(stores.status, CONTOSO, sync_id(), ending(Facts(Verdict.CANCELLED)), NOW)
        with pytest.raises(Problem) as ended:
            await cancels(stores)
        return [(problem.value.code, problem.value.status) for problem in (never, ended)]

    assert play(scenario) == [("syncNotFound", 404), ("syncEnded", 409)]


def test_the_deadline_decides_unless_somebody_did(play):
    async def scenario(stores):
        await tenant(stores)
        none = await expire(stores.status, CONTOSO, sync_id(), NOW)
        await waiting(stores)
        at_once = await asyncio.gather(
            expire(stores.status, CONTOSO, sync_id(), NOW),
            says(stores, asks(DecisionKind.REJECT)),
            return_exceptions=True,
        )
        again = await expire(stores.status, CONTOSO, sync_id(), NOW)
        return none, at_once, again

    none, (late, rejected), again = play(scenario)
    assert none is None
    assert again == late
    if late.kind is DecisionKind.EXPIRED:
        assert rejected.code == "notPending"
    else:
        assert rejected.decision == late


def test_a_sync_ends_once(play):
    async def scenario(stores):
        await tenant(stores)
        await waiting(stores)
        first = await finish(stores.status, CONTOSO, sync_id(), ending(Facts(Verdict.REJECT)), NOW)
        second = await finish(stores.status, CONTOSO, sync_id(), ending(Facts(Verdict.FAILED)), NOW)
        with pytest.raises(LookupError, match="no such sync"):
            await finish(stores.status, CONTOSO, sync_id(9), ending(Facts(Verdict.FAILED)), NOW)
        return first, second, await stores.status.tenant(CONTOSO)

    first, second, row = play(scenario)
    assert first == second
    assert (first.outcome, row.status, row.active_sync) == (Outcome.REJECTED, Status.IDLE, None)
