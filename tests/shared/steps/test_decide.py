"""Decisions over real tables: recorded, said again, sent on to a newer sync, or refused."""

import asyncio
import datetime as dt
from dataclasses import replace

import pytest

from shared.domain.decision import Choice, Newer, Request
from shared.domain.lifecycle import enter, open_approval
from shared.domain.settings import Settings
from shared.domain.start import begun, new_sync_id
from shared.domain.sync import (
    Actor,
    ActorKind,
    DecisionKind,
    PlanSummary,
    Stage,
    SyncOptions,
    SyncRecord,
    TenantRecord,
)
from shared.errors import Problem
from shared.names import ChangeId, CommitId, Digest, SyncId, TenantId
from shared.steps.decide import decide

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
    """A stored plan in which c0 is a deletion and c9 is unknown. `pushing`: who is noted by nobody yet."""

    def __init__(self, *pushing: Actor) -> None:
        self.pushing = list(pushing)

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

    async def unnoted(self, tenant: TenantId) -> list[Actor]:
        return self.pushing


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


def test_who_pushed_and_is_noted_by_nobody_yet_is_no_second_person(play):
    async def scenario(stores):
        await tenant(stores, second=True)
        await waiting(stores)
        approval = asks(by=CAT, confirm_deletions=True)
        with pytest.raises(Problem) as told:
            await decide(stores.status, stores.audit, Plans(CAT), CONTOSO, sync_id(), approval)
        return told.value.code, await says(stores, approval)

    code, made = play(scenario)
    assert code == "secondPerson"
    assert made.decision.by == CAT


@pytest.mark.parametrize(
    ("named", "code"),
    [(None, "secondPerson"), (ADA, "secondPerson"), (CAT, "secondPerson"), (BOB, None)],
    ids=["nobody", "who started", "who pushed", "somebody else"],
)
def test_a_flow_decides_for_somebody_who_has_not_taken_part(play, named, code):
    flow = Actor(ActorKind.APP, "Teams card", "app-id", "flow-app")

    async def scenario(stores):
        await tenant(stores, second=True)
        await stores.status.pushed(CONTOSO, COMMITS, CAT)
        await waiting(stores)
        person = None if named is None else named.id
        approval = asks(by=flow, decided_by=person, confirm_deletions=True)
        if code is None:
            return (await says(stores, approval)).decision.decided_by
        return (await refused(stores, approval)).code

    assert play(scenario) == (code or BOB.id)


def test_an_app_that_started_a_sync_approves_it_for_nobody(play):
    async def scenario(stores):
        await tenant(stores, second=True)
        await waiting(stores)
        by = Actor(ActorKind.APP, "Teams card", ADA.id, "flow-app")
        return (await refused(stores, asks(by=by, decided_by=BOB.id, confirm_deletions=True))).code

    assert play(scenario) == "secondPerson"


def test_under_the_second_persons_rule_anybody_may_reject(play):
    async def scenario(stores):
        await tenant(stores, second=True)
        await waiting(stores)
        return await says(stores, asks(DecisionKind.REJECT, by=ADA))

    assert play(scenario).decision.kind is DecisionKind.REJECT


class Endless:
    """A store in which every sync was superseded by a newer one."""

    def __init__(self) -> None:
        self.asked = 0

    async def sync(self, tenant, sync):
        return SyncRecord(sync, CONTOSO, SyncOptions(), ADA, NOW)

    async def tenant(self, tenant):
        return TenantRecord(CONTOSO, "Contoso", "entra", Settings(), NOW)

    async def contest(self, tenant, sync, decision):
        self.asked += 1
        return Newer(sync_id(self.asked % 60))


def test_a_chain_of_superseded_syncs_is_not_followed_for_ever():
    status = Endless()
    with pytest.raises(Problem) as caught:
        asyncio.run(decide(status, None, Plans(), CONTOSO, sync_id(), asks()))
    assert (caught.value.code, status.asked) == ("superseded", 100)
