"""One sign-in of a person, poll by poll: who asks when, what is kept in which order, and what settles it."""

from __future__ import annotations

import asyncio
import datetime as dt
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from stores import MemoryAudit, MemoryCallbacks, MemoryStatus
from sync_ports import Blobs, Clock, Effects
from user_access import FakeUserSignIn, FakeUserTokens, GlassSeal, MemoryTokenCaches, signed_in, user_cache

from shared.domain.settings import Authentication, Settings
from shared.domain.sign_in import SignInResult, SignInState
from shared.domain.sync import Actor, ActorKind, EventType, TenantRecord
from shared.errors import Problem, SignInFailed, StorageUnavailable
from shared.names import SyncId, TenantId
from shared.steps.sign_in import LAST_LOOK, Attempt, Pending, ask, begin, close, redeem, settle
from shared.steps.sign_in_ahead import Desk, account_of, sign_in_ahead, sign_out
from shared.steps.sign_in_flow import Flow, Vault
from shared.steps.sign_in_stage import Watch, shut, watch
from shared.steps.try_sign_in import try_stored_token
from shared.user_ports import Polled, PollKind

CONTOSO, SYNC = TenantId("contoso"), SyncId("0" * 26)
MINUTES = dt.timedelta(minutes=3)
ADA = Actor(ActorKind.PERSON, "Ada", "u-1", "page")
DOWN = SignInFailed("credentialRefused", "503", transient=True)
PENDING, SLOWER = Polled(PollKind.PENDING), Polled(PollKind.SLOW_DOWN, interval=10)
GUEST = Polled(PollKind.WRONG_ACCOUNT, "a guest", account="bob@fabrikam.example")
USED, DECLINED = Polled(PollKind.USED_OR_EXPIRED), Polled(PollKind.DECLINED, "AADSTS65004")


@dataclass
class World:
    """A tenant that somebody signs in to, and what the provider answers."""

    clock: Clock = field(default_factory=Clock)
    provider: FakeUserSignIn = field(default_factory=FakeUserSignIn)
    caches: MemoryTokenCaches = field(default_factory=MemoryTokenCaches)
    status: MemoryStatus = field(default_factory=MemoryStatus)
    audit: MemoryAudit = field(default_factory=MemoryAudit)
    callbacks: MemoryCallbacks = field(default_factory=MemoryCallbacks)

    def __post_init__(self) -> None:
        settings = Settings(authentication=Authentication.SERVICE_PRINCIPAL_AND_USER)
        self.status.rows[CONTOSO] = TenantRecord(CONTOSO, "Contoso", "e-1", settings, self.clock.at)
        self.blobs = Blobs(effects=Effects(), clock=self.clock)
        self.attempt = Attempt(
            Vault(CONTOSO, SYNC, 1, self.blobs, GlassSeal()),
            self.provider,
            self.caches,
            self.callbacks,
            self.status,
            self.audit,
            self.clock,
            frozenset({"Policy.Read.All"}),
            "https://accord.example/callback/sign-in",
            self.clock.sleep,
        )

    @property
    def tenant(self) -> TenantRecord:
        return self.status.rows[CONTOSO]

    def play(self, work: Any) -> Any:
        return asyncio.run(work)

    def begun(self, *polls: Polled | Exception) -> World:
        self.provider.polls += polls
        self.play(begin(self.attempt, MINUTES))
        return self

    def ask(self, after: float = 5) -> SignInResult | Pending:
        self.clock.pass_(after)
        return self.play(ask(self.attempt))

    def flow(self) -> Flow | None:
        return self.attempt.vault.load()


def test_what_is_begun_twice_is_one_code_with_one_deadline():
    world = World()
    first = world.play(begin(world.attempt, MINUTES))
    world.clock.pass_(60)

    assert world.play(begin(world.attempt, MINUTES)) == first
    assert first.deadline - world.clock.at == MINUTES - dt.timedelta(seconds=60)


@pytest.mark.parametrize("refusals", [1, 2])
def test_a_provider_that_allows_only_one_of_code_and_link_is_enough(refusals):
    world = World()
    world.provider.refusals = [SignInFailed("credentialRefused", "AADSTS7000218")] * refusals

    if refusals == 2:
        with pytest.raises(SignInFailed):
            world.begun()
    else:
        flow = world.begun().flow()
        assert (flow.device, flow.link is None) == (None, False)
        assert world.ask() == Pending(asked=True, look=flow.deadline)


def test_the_provider_is_asked_no_sooner_than_it_allows():
    world = World().begun(SLOWER)

    assert isinstance(world.ask(1), Pending)
    assert world.provider.polled == []
    world.ask(4)
    world.ask(6)
    assert len(world.provider.polled) == 1, "slow_down makes the interval longer"
    world.ask(4)
    assert len(world.provider.polled) == 2


def test_while_another_asks_the_stored_state_is_answered():
    world = World().begun(signed_in())
    lease = world.blobs.lease("sign-in/1")

    assert world.ask() == Pending(asked=False, look=world.clock.at)
    lease.release()
    assert world.ask(0).state is SignInState.SIGNED_IN


def test_the_cache_is_stored_before_the_row_and_nothing_is_left_of_the_flow():
    world = World().begun(PENDING, signed_in("ada@contoso.example"))

    class Late(MemoryStatus):
        async def settle_sign_in(self, *given):
            assert world.caches.load(CONTOSO) is not None
            return await super().settle_sign_in(*given)

    status = Late(rows=world.status.rows)
    world.attempt = replace(world.attempt, status=status)
    assert isinstance(world.ask(), Pending)
    result = world.ask()

    assert (result.state, result.account) == (SignInState.SIGNED_IN, "ada@contoso.example")
    assert not world.blobs.get("sign-in/1")
    assert world.caches.load(CONTOSO).account == "ada@contoso.example"
    assert [entry.action for entry in world.audit.rows] == ["authentication.signedIn"]
    assert world.ask() == result


@pytest.mark.parametrize(
    ("polled", "state"),
    [
        (DECLINED, SignInState.DECLINED),
        (Polled(PollKind.BLOCKED, "AADSTS53003"), SignInState.BLOCKED),
        (SignInFailed("consentMissing", "AADSTS700016"), SignInState.BLOCKED),
    ],
    ids=["declined", "blocked", "the app is refused"],
)
def test_a_refusal_settles_it_in_the_providers_words(polled, state):
    result = World().begun(polled).ask()

    assert (result.state, "AADSTS" in result.detail) == (state, True)


def test_a_provider_that_is_down_is_asked_later():
    world = World().begun(DOWN, signed_in())

    assert world.ask() == Pending(asked=False, look=world.clock.at + dt.timedelta(seconds=5))
    assert world.ask().state is SignInState.SIGNED_IN


def test_a_wrong_account_is_told_why_and_gets_a_new_code_with_the_same_deadline():
    world = World().begun(GUEST)
    before = world.flow()
    world.ask()
    after = world.flow()

    assert (before.notice, after.notice.account) == (None, "bob@fabrikam.example")
    assert after.device.user_code != before.device.user_code
    assert after.deadline == before.deadline


def test_a_code_that_is_used_up_with_no_row_is_followed_by_a_fresh_one():
    world = World().begun(USED)
    before = world.flow()

    assert isinstance(world.ask(), Pending)
    assert world.flow().device.user_code != before.device.user_code


def test_a_code_that_is_used_up_by_whoever_settled_it_is_no_refusal():
    world = World().begun()
    won = SignInResult(SignInState.SIGNED_IN, world.clock.at, "ada@contoso.example")

    def used_meanwhile(flow):
        world.status.sign_ins[SYNC, 1] = won
        return USED

    world.provider.poll_device = used_meanwhile
    assert world.ask() == won


@pytest.mark.parametrize(
    ("polls", "state"),
    [
        ([], SignInState.EXPIRED),
        ([signed_in()], SignInState.SIGNED_IN),
        ([GUEST], SignInState.WRONG_ACCOUNT),
        ([DOWN, signed_in()], SignInState.SIGNED_IN),
        ([DOWN] * 20, SignInState.EXPIRED),
    ],
    ids=["nobody", "at the last moment", "only a guest", "down for a moment", "down"],
)
def test_at_the_deadline_the_provider_is_asked_a_last_time(polls, state):
    world = World().begun(*polls)
    deadline = world.flow().deadline
    world.clock.at = deadline

    assert world.play(close(world.attempt)).state is state
    assert world.clock.at - deadline <= LAST_LOOK + dt.timedelta(seconds=5)
    assert not world.blobs.get("sign-in/1")


def test_the_last_look_keeps_to_the_interval_too():
    world = World().begun(PENDING, signed_in())
    world.ask()

    assert world.play(close(world.attempt)).state is SignInState.SIGNED_IN
    assert len(world.provider.polled) == 2


# --- watched by an activity ---------------------------------------------------------------------------------


def test_the_watch_ends_when_somebody_signs_in():
    world = World().begun(PENDING, PENDING, signed_in())
    seen = world.play(watch(Watch(world.attempt, world.clock.at + MINUTES, SYNC)))

    assert seen.state is SignInState.SIGNED_IN


def test_the_watch_hands_back_at_its_end_and_stops_when_another_has_settled():
    world = World().begun()
    until = world.clock.at + dt.timedelta(seconds=20)

    assert world.play(watch(Watch(world.attempt, until, SYNC))) is None
    done = world.play(settle(world.attempt, SignInResult(SignInState.DECLINED, world.clock.at)))
    assert world.play(watch(Watch(world.attempt, until + MINUTES, SYNC))) == done


def test_storage_that_is_away_for_a_moment_does_not_stop_the_watch():
    world = World().begun(signed_in())
    faults = [StorageUnavailable("reading a row")] * 3

    class Away(MemoryStatus):
        async def sign_in(self, *given):
            if faults:
                raise faults.pop()
            return await super().sign_in(*given)

    world.attempt = replace(world.attempt, status=Away(rows=world.status.rows))
    seen = world.play(watch(Watch(world.attempt, world.clock.at + MINUTES, SYNC)))

    assert seen.state is SignInState.SIGNED_IN


def test_a_cancel_of_the_sync_ends_its_sign_in():
    world = World().begun()
    world.status.cancels[SYNC] = object()

    assert world.play(shut(Watch(world.attempt, world.clock.at, SYNC), last=False)).state is (
        SignInState.CANCELLED
    )


def test_a_wake_before_anybody_has_settled_it_settles_nothing():
    world = World().begun()

    assert world.play(shut(Watch(world.attempt, world.clock.at), last=False)) is None
    assert world.play(shut(Watch(world.attempt, world.clock.at), last=True)).state is SignInState.EXPIRED


# --- by the browser -----------------------------------------------------------------------------------------


def state_of(world: World) -> str:
    return str(world.flow().link.flow["state"])


def test_the_browsers_answer_settles_it():
    world = World().begun()
    world.provider.redeemed = [signed_in()]

    result = world.play(redeem(world.attempt, {"state": state_of(world), "code": "c"}))

    assert result.state is SignInState.SIGNED_IN
    assert world.flow() is None


def test_after_a_wrong_account_the_browser_gets_a_fresh_link_and_the_code_stays():
    world = World().begun()
    before, state = world.flow(), state_of(world)
    world.provider.redeemed = [GUEST]

    after = world.play(redeem(world.attempt, {"state": state, "code": "c"}))

    assert after.notice.account == "bob@fabrikam.example"
    assert after.device == before.device
    assert after.link.url != before.link.url
    assert world.play(redeem(world.attempt, {"state": state, "code": "c"})) is None


# --- ahead of any sync --------------------------------------------------------------------------------------


def desk(world: World) -> Desk:
    async def attempts(tenant, subject, number):
        return replace(world.attempt, vault=replace(world.attempt.vault, subject=subject))

    return Desk(world.status, world.audit, world.caches, attempts)


def account(world: World) -> Any:
    return world.play(account_of(desk(world), world.tenant, world.clock.at))


def test_ahead_of_any_sync_the_same_code_is_shown_until_it_is_over():
    world = World()
    first = world.play(sign_in_ahead(desk(world), world.tenant, SyncId("A"), ADA, world.clock.at))

    assert account(world).state is SignInState.PENDING
    again = world.play(sign_in_ahead(desk(world), world.tenant, SyncId("B"), ADA, world.clock.at))
    assert again == first
    world.clock.pass_(MINUTES.total_seconds())
    assert account(world).state is SignInState.EXPIRED


def test_who_signs_out_is_forgotten_with_what_was_under_way():
    world = World()
    world.caches.store(CONTOSO, user_cache())
    world.play(sign_in_ahead(desk(world), world.tenant, SyncId("A"), ADA, world.clock.at))

    assert world.play(sign_out(desk(world), world.tenant, ADA, world.clock.at)) == "A"

    assert account(world).state is SignInState.NONE
    assert world.status.sign_ins["A", 1].state is SignInState.CANCELLED
    assert world.play(sign_out(desk(world), world.tenant, ADA, world.clock.at)) is None


@pytest.mark.parametrize(("transient", "code"), [(True, "signInUnavailable"), (False, "signInRefused")])
def test_a_provider_that_does_not_begin_is_a_refusal_with_advice(transient, code):
    world = World()
    world.provider.refusals = [SignInFailed("credentialRefused", "no", transient=transient)] * 2

    with pytest.raises(Problem) as refused:
        world.play(sign_in_ahead(desk(world), world.tenant, SyncId("A"), ADA, world.clock.at))
    assert refused.value.code == code


# --- the daily trial ----------------------------------------------------------------------------------------


def tried(world: World, *refusals: Exception) -> bool | None:
    user = FakeUserTokens(refusals=list(refusals))
    return world.play(try_stored_token(world.status, world.caches, user, world.tenant))


def test_a_refused_token_is_announced_once_and_shown():
    world = World()
    announced: list[EventType] = []
    write = world.status._write
    world.status._write = lambda before, moved, sync: (
        announced.extend(getattr(moved, "events", ())) or write(before, moved, sync)
    )
    assert tried(world) is None, "nobody has signed in"
    world.caches.store(CONTOSO, user_cache())
    refusal = SignInFailed("userSignInNeeded", "AADSTS50173")

    assert [tried(world), tried(world, DOWN), tried(world, refusal), tried(world, refusal)] == [
        True, None, False, False,
    ]  # fmt: skip
    assert announced == [EventType.SIGN_IN_NEEDED]
    assert account(world).state is SignInState.EXPIRED
    assert tried(world) is True
    assert account(world).state is SignInState.SIGNED_IN
