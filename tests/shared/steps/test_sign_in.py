"""One sign-in of a person, poll by poll: who asks when, what is kept in which order, and what settles it."""

from __future__ import annotations

import asyncio
import datetime as dt
from dataclasses import replace

import pytest
from sign_in_world import CONTOSO, DECLINED, DOWN, GUEST, MINUTES, PENDING, SLOWER, SYNC, USED, World
from stores import MemoryStatus
from user_access import signed_in, user_cache

from shared.domain.sign_in import SignInResult, SignInState
from shared.errors import SignInFailed, StorageUnavailable
from shared.steps.sign_in import LAST_LOOK, Pending, begin, close, redeem, settle
from shared.steps.sign_in_stage import Watch, shut, watch
from shared.user_ports import Polled, PollKind


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


class HostDied(Exception):
    pass


@pytest.mark.parametrize("at_the_deadline", [False, True], ids=["at the next look", "at the deadline"])
def test_who_signed_in_as_the_host_died_is_not_asked_again(at_the_deadline):
    world = World().begun(signed_in("ada@contoso.example"), *([] if at_the_deadline else [USED]))
    settles = world.status.settle_sign_in

    async def dies(*given):
        raise HostDied

    world.status.settle_sign_in = dies
    with pytest.raises(HostDied):
        world.ask()
    world.status.settle_sign_in = settles

    heard = world.play(close(world.attempt)) if at_the_deadline else world.ask()

    assert (heard.state, heard.account) == (SignInState.SIGNED_IN, "ada@contoso.example")
    assert world.flow() is None


def test_who_signed_in_before_it_was_asked_for_does_not_count():
    world = World()
    world.caches.held[CONTOSO] = replace(user_cache(), signed_in_at=world.clock.at - MINUTES)

    assert isinstance(world.begun(USED).ask(), Pending)
    assert world.play(close(world.attempt)).state is SignInState.EXPIRED


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


def test_nothing_is_left_of_a_flow_that_the_browser_settled_in_the_middle_of_a_poll():
    """The poll's lease keeps the browser from removing it, and the poll writes it once more."""
    world = World().begun()
    world.provider.redeemed = [signed_in()]
    state = state_of(world)

    def meanwhile(flow):
        asyncio.run(redeem(world.attempt, {"state": state, "code": "c"}))
        return PENDING

    world.provider.poll_device = meanwhile
    world.clock.pass_(5)
    found = world.play(watch(Watch(world.attempt, world.clock.at + MINUTES)))

    assert found.state is SignInState.SIGNED_IN
    assert world.blobs.names("") == []


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
