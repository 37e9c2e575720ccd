"""A sync that waits for somebody to sign in: opened, watched, and gone on from (product.md 3.2)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TypeAlias, assert_never

from shared.domain.lifecycle import enter
from shared.domain.move import Ignored
from shared.domain.sign_in import GoOn, SignInResult, SignInState, goes_on_without, onward
from shared.domain.sync import Stage
from shared.errors import SignInFailed, StorageConflict, StorageUnavailable
from shared.names import SyncId, TenantId
from shared.steps.log import Event
from shared.steps.sign_in import DOWN, Attempt, Pending, ask, begin, close, over, settle
from shared.steps.sign_in_flow import Flow
from shared.steps.work import Stop, Work

SHORTEST = 0.2
"""Seconds between two looks at the row, at least; and at most:"""
LONGEST = 2.0


@dataclass(frozen=True, slots=True)
class Opened:
    """The code and the link are shown, until then."""

    deadline: dt.datetime


Open: TypeAlias = Opened | SignInResult | Stop
"""A result: there is nothing to wait for. A stop: nor anything to go on with."""


async def open_sign_in(work: Work, attempt: Attempt) -> Open | None:
    """Fetches code and link, then shows the sync as waiting; None where the slice ended before, for the
    provider is down. Repeatable: the first run's deadline counts.
    """
    if (stands := await attempt.settled()) is not None:
        return stands
    while isinstance(begun := await _begun(work, attempt), SignInFailed):
        if stop := await work.stop():
            return stop
        if not begun.transient:
            return await _not_allowed(work, attempt, begun)
        if work.slice_over():
            return None
        work.log.note(Event.RETRIED, stage="authenticating")
        await work.sleep(DOWN.total_seconds())
    moved = await work.status.change(
        work.tenant.id, work.sync.id, enter(Stage.SIGN_IN, work.step, work.clock.now())
    )
    if moved is Ignored.LATE:
        return Stop.SUPERSEDED
    work.log.note(Event.SIGN_IN_ASKED, attempt=attempt.vault.number)
    return Opened(begun.deadline)


async def _begun(work: Work, attempt: Attempt) -> Flow | SignInFailed:
    try:
        return await begin(attempt, work.tenant.settings.sign_in_timeout)
    except SignInFailed as failed:
        return failed


async def _not_allowed(work: Work, attempt: Attempt, failed: SignInFailed) -> SignInResult:
    """Neither a code nor a link is to be had: as if a policy had refused the person."""
    work.log.note(Event.FAULT, code=failed.code, detail=failed.detail, request=failed.request_id)
    return await settle(attempt, SignInResult(SignInState.BLOCKED, attempt.clock.now(), detail=failed.detail))


@dataclass(frozen=True, slots=True)
class Watch:
    """How long one activity watches a sign-in, and who may call it off: the sync, None ahead of any."""

    attempt: Attempt
    until: dt.datetime
    sync: SyncId | None = None

    @property
    def tenant(self) -> TenantId:
        """Whose sign-in it is."""
        return self.attempt.vault.tenant


async def watch(one: Watch) -> SignInResult | None:
    """Asks the provider until the sign-in is settled; None once `until` has come. Stops soon after somebody
    else has settled it; storage that does not answer for a moment does not stop it.
    """
    while True:
        look = one.until
        try:
            if (stands := await over(one.attempt) or await _called_off(one)) is not None:
                return stands
            if one.attempt.clock.now() >= one.until:
                return None
            heard = await ask(one.attempt)
            if not isinstance(heard, Pending):
                return heard
            look = min(heard.look, one.until)
        except (StorageUnavailable, StorageConflict):
            if one.attempt.clock.now() >= one.until:
                raise
        pause = look - one.attempt.clock.now()
        await one.attempt.sleep(min(max(pause.total_seconds(), SHORTEST), LONGEST))


async def shut(one: Watch, *, last: bool) -> SignInResult | None:
    """How the sign-in was settled. With `last` its deadline has come: then it is settled afterwards."""
    stands = await over(one.attempt) or await _called_off(one)
    return await close(one.attempt) if stands is None and last else stands


async def _called_off(one: Watch) -> SignInResult | None:
    """A cancel of the sync ends its sign-in; whoever cancelled may have died before they said so here."""
    if one.sync is None:
        return None
    cancel = await one.attempt.status.cancelled(one.tenant, one.sync)
    if cancel is None:
        return None
    return await settle(one.attempt, SignInResult(SignInState.CANCELLED, one.attempt.clock.now()))


async def go_on(work: Work, result: SignInResult) -> GoOn:
    """What the settled sign-in means for its sync, written on the sync's row. Repeatable."""
    onwards = onward(result.state, work.tenant.settings.on_sign_in_timeout)
    work.log.note(Event.SIGN_IN_SETTLED, outcome=result.state.value, by=result.account, detail=result.detail)
    match onwards:
        case GoOn.WITHOUT_USER:
            await work.status.change(work.tenant.id, work.sync.id, goes_on_without(work.step))
        case GoOn.WITH_USER | GoOn.DEADLINE | GoOn.CANCELLED:
            pass
        case _:
            assert_never(onwards)
    return onwards
