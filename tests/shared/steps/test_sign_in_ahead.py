"""Signing in ahead of any sync, and out; and the daily trial of what is kept."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from sign_in_world import ADA, CONTOSO, DOWN, MINUTES, World
from user_access import FakeUserTokens, signed_in, user_cache

from shared.domain.sign_in import SignInState
from shared.domain.sync import EventType
from shared.errors import Problem, SignInFailed
from shared.names import SyncId
from shared.steps.sign_in import ask
from shared.steps.sign_in_ahead import Desk, account_of, sign_in_ahead, sign_out
from shared.steps.try_sign_in import try_stored_token


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


@pytest.mark.parametrize("removed", [False, True], ids=["signed out", "removed"])
def test_who_signs_in_while_the_tenant_is_signed_out_or_removed_is_not_kept(removed):
    world = World()
    ahead = world.play(sign_in_ahead(desk(world), world.tenant, SyncId("A"), ADA, world.clock.at))
    attempt = world.play(desk(world).attempts(world.tenant, ahead.id, 1))

    def meanwhile(flow):
        asyncio.run(sign_out(desk(world), world.tenant, ADA, world.clock.at))
        return signed_in()

    def gone(flow):
        del world.status.rows[CONTOSO]
        return signed_in()

    world.provider.poll_device = gone if removed else meanwhile
    world.clock.pass_(5)

    assert world.play(ask(attempt)).state is SignInState.CANCELLED
    assert world.caches.load(CONTOSO) is None


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
