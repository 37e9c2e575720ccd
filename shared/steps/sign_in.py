"""One sign-in of a person, from the code and the link to the row that settles it (mechanics.md 3).

Works the same for a sync that waits and ahead of any sync. Whoever asks the provider (the waiting activity,
the check call, the last look at the deadline) holds the lease on the flow's blob and honours its interval.
In this order: the token cache is stored, the row inserted, and then the caller raises the event.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from shared.domain.sign_in import SignInResult, SignInState, closing, signed_in_again
from shared.errors import LeaseLost, SignInFailed, StorageConflict, StorageUnavailable
from shared.ports import Clock
from shared.steps import trail
from shared.steps.sign_in_flow import PURPOSE, Flow, Notice, Vault
from shared.stores import AuditLog, Callbacks, Expected, Lease, StatusStore
from shared.user_ports import BrowserLink, DeviceCode, Polled, PollKind, StoredCache, TokenCaches, UserSignIn

T = TypeVar("T")

LAST_LOOK = dt.timedelta(seconds=15)
"""How long the deadline waits for its last look: for the interval to be over, and for a lease or the provider
to come back.
"""
DOWN = dt.timedelta(seconds=5)
"""Between two looks while the provider is down, at least."""
ANSWERED = dt.timedelta(minutes=10)
"""How long after the deadline a callback is still told that it came too late."""
TURNS = 10
"""How often a callback tries for the lease that a poll holds, half a second apart."""

_FINAL: Mapping[PollKind, SignInState] = {
    PollKind.DECLINED: SignInState.DECLINED,
    PollKind.BLOCKED: SignInState.BLOCKED,
}


@dataclass(frozen=True, slots=True)
class Attempt:
    """One sign-in with what it works with. `scopes`: the delegated permissions it asks for; `redirect_uri`:
    where the provider posts the browser's answer.
    """

    vault: Vault
    provider: UserSignIn
    caches: TokenCaches
    callbacks: Callbacks
    status: StatusStore
    audit: AuditLog
    clock: Clock
    scopes: frozenset[str]
    redirect_uri: str
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    async def settled(self) -> SignInResult | None:
        """How it was settled, if it was."""
        vault = self.vault
        return await self.status.sign_in(vault.tenant, vault.subject, vault.number)

    async def flow(self) -> Flow | None:
        """What is under way; None before it begins and once it is settled."""
        return await asyncio.to_thread(self.vault.load)


@dataclass(frozen=True, slots=True)
class Pending:
    """Nobody has signed in yet. `asked`: whether the provider was asked now; `look`: when to ask again."""

    asked: bool
    look: dt.datetime


async def begin(attempt: Attempt, within: dt.timedelta) -> Flow:
    """Fetches a code and makes a link. Repeatable: what an earlier run began stands, its deadline too.

    Raises SignInFailed: `transient` while the provider is down, else where it allows neither code nor link.
    """
    if (there := await attempt.flow()) is not None:
        return there
    began = attempt.clock.now()
    deadline = began + within
    device = await _allowed(_device(attempt))
    link = await _allowed(_link(attempt, deadline))
    if isinstance(device, SignInFailed) and isinstance(link, SignInFailed):
        raise device
    code = _or_none(device)
    flow = Flow(deadline, _after(attempt, code), code, _or_none(link), began=began)
    return await asyncio.to_thread(_kept, attempt.vault, flow)


def _kept(vault: Vault, flow: Flow) -> Flow:
    try:
        vault.artifacts.put_if(vault.name, vault.seal(flow), None)
    except StorageConflict:  # another run was faster: its code is the one that is shown
        return vault.load() or flow
    return flow


async def over(attempt: Attempt) -> SignInResult | None:
    """How it was settled, if it was; then nothing is left of its flow, whoever held the lease."""
    stands = await attempt.settled()
    if stands is not None:
        await _removed(attempt)
    return stands


async def ask(attempt: Attempt, *, renew: bool = True) -> SignInResult | Pending:
    """Asks the provider whether somebody has signed in, unless another does, or it is too early.

    What was heard is kept. With `renew`, a code that is used up is followed by a fresh one.
    """
    if (stands := await over(attempt)) is not None:
        return stands
    now = attempt.clock.now()
    if await attempt.flow() is None:
        return await attempt.settled() or Pending(asked=True, look=now + DOWN)
    try:
        async with _leased(attempt) as lease:
            flow = await attempt.flow()
            if flow is None:
                return await attempt.settled() or Pending(asked=True, look=now + DOWN)
            heard = await _asked(attempt, lease, flow, renew=renew)
    except LeaseLost:
        return Pending(asked=False, look=now)
    if isinstance(heard, SignInResult):
        await _removed(attempt)
    return heard


async def _asked(attempt: Attempt, lease: Lease, flow: Flow, *, renew: bool) -> SignInResult | Pending:
    now = attempt.clock.now()
    if flow.device is None:
        return Pending(asked=True, look=flow.deadline)
    if now < flow.next_poll:
        return Pending(asked=False, look=flow.next_poll)
    try:
        polled = await asyncio.to_thread(attempt.provider.poll_device, flow.device.flow)
    except SignInFailed as failed:
        if not failed.transient:
            return await _settle(attempt, lease, SignInResult(SignInState.BLOCKED, now, "", failed.detail))
        later = replace(flow, next_poll=now + max(DOWN, dt.timedelta(seconds=flow.device.interval)))
        await _keep(attempt, lease, later)
        return Pending(asked=False, look=later.next_poll)
    if (result := await _result(attempt, polled)) is not None:
        return await _settle(attempt, lease, result)
    if polled.kind is PollKind.USED_OR_EXPIRED and (kept := await _kept_since(attempt, flow)) is not None:
        return await _settle(attempt, lease, kept)
    onward = await _onward(attempt, flow, polled, renew=renew)
    if onward is None:  # used up, and the row says by whom
        return await attempt.settled() or Pending(asked=True, look=now + DOWN)
    await _keep(attempt, lease, onward)
    return Pending(asked=True, look=onward.next_poll)


async def _result(attempt: Attempt, polled: Polled) -> SignInResult | None:
    """What the answer settles; None where it settles nothing. A token cache is stored before anything."""
    now = attempt.clock.now()
    if polled.kind is PollKind.SIGNED_IN:
        cache = StoredCache(polled.cache, polled.cache_kind, polled.account, now)
        await asyncio.to_thread(attempt.caches.store, attempt.vault.tenant, cache)
        if await attempt.status.tenant(attempt.vault.tenant) is None:  # removed while somebody signed in
            await asyncio.to_thread(attempt.caches.delete, attempt.vault.tenant)
            return SignInResult(SignInState.CANCELLED, now)
        await attempt.status.change(attempt.vault.tenant, None, signed_in_again)
        return SignInResult(SignInState.SIGNED_IN, now, polled.account)
    if (state := _FINAL.get(polled.kind)) is not None:
        return SignInResult(state, now, polled.account, polled.detail)
    return None


async def _kept_since(attempt: Attempt, flow: Flow) -> SignInResult | None:
    """Who signed in since the flow began, by the token cache: whoever stored that may have died before they
    could say so.
    """
    cache = await asyncio.to_thread(attempt.caches.load, attempt.vault.tenant)
    if cache is None or flow.began is None or cache.signed_in_at < flow.began:
        return None
    return SignInResult(SignInState.SIGNED_IN, attempt.clock.now(), cache.account)


async def _onward(attempt: Attempt, flow: Flow, polled: Polled, *, renew: bool) -> Flow | None:
    """The flow after an answer that settles nothing. None: the code is used up, by who settled it."""
    device = flow.device
    if device is None:
        raise AssertionError("without a code nothing is polled")
    if polled.kind in (PollKind.PENDING, PollKind.SLOW_DOWN):
        device = replace(device, flow=polled.flow or device.flow, interval=polled.interval)
        return replace(flow, device=device, next_poll=_after(attempt, device))
    if polled.kind is PollKind.WRONG_ACCOUNT:
        flow = replace(flow, notice=Notice(polled.account, polled.detail, polled.wrong))
    elif await attempt.settled() is not None:
        return None
    return await _renewed(attempt, flow) if renew else replace(flow, next_poll=_after(attempt, device))


async def _renewed(attempt: Attempt, flow: Flow) -> Flow:
    """With a fresh code, where the provider gives one; the deadline stays."""
    try:
        device = await _device(attempt)
    except SignInFailed:  # the old code is used up: the next look hears that again, and comes back here
        return replace(flow, next_poll=attempt.clock.now() + DOWN)
    return replace(flow, device=device, next_poll=_after(attempt, device))


async def redeem(attempt: Attempt, form: Mapping[str, str]) -> SignInResult | Flow | None:
    """Ends the browser's flow with what the provider posted: the row that stands, or the flow as it goes on
    after a wrong account (with a fresh link). None: there is no such flow any more.

    Raises SignInFailed while the provider is down.
    """
    if (stands := await attempt.settled()) is not None:
        return stands
    flow = await attempt.flow()
    if flow is None or flow.link is None or flow.link.flow.get("state") != form.get("state"):
        return None
    polled = await asyncio.to_thread(attempt.provider.redeem, flow.link.flow, form)
    if (result := await _result(attempt, polled)) is not None:
        return await _settle(attempt, None, result)
    notice = (
        Notice(polled.account, polled.detail, polled.wrong) if polled.kind is PollKind.WRONG_ACCOUNT else None
    )
    return await fresh_link(attempt, notice)


async def fresh_link(attempt: Attempt, notice: Notice | None = None) -> SignInResult | Flow | None:
    """The flow with its notice and a fresh link: the one that came back is used up."""
    for _ in range(TURNS):
        try:
            async with _leased(attempt) as lease:
                if (flow := await attempt.flow()) is None:
                    return await attempt.settled()
                link = _or_none(await _allowed(_link(attempt, flow.deadline)))
                onward = replace(flow, notice=notice or flow.notice, link=link)
                await _keep(attempt, lease, onward)
                return onward
        except LeaseLost:
            await attempt.sleep(0.5)
    return await attempt.flow()


async def close(attempt: Attempt) -> SignInResult:
    """The deadline has come: the provider is asked a last time, then the row inserted. Repeatable."""
    limit = attempt.clock.now() + LAST_LOOK
    while isinstance(heard := await ask(attempt, renew=False), Pending):
        now = attempt.clock.now()
        if heard.asked or now >= limit:
            break
        await attempt.sleep(min(max((heard.look - now).total_seconds(), 0.2), 5.0))
    else:
        return heard
    flow, now = await attempt.flow(), attempt.clock.now()
    notice = None if flow is None else flow.notice
    kept = None if flow is None else await _kept_since(attempt, flow)
    wrong = notice and SignInResult(SignInState.WRONG_ACCOUNT, now, notice.account, notice.detail)
    return await settle(attempt, kept or closing(wrong or None, now))


async def settle(attempt: Attempt, result: SignInResult) -> SignInResult:
    """Inserts how the sign-in ends; what stands, this or what came before. The flow is removed."""
    return await _settle(attempt, None, result)


async def _settle(attempt: Attempt, lease: Lease | None, result: SignInResult) -> SignInResult:
    vault = attempt.vault
    stands = await attempt.status.settle_sign_in(vault.tenant, vault.subject, vault.number, result)
    if stands.state is SignInState.CANCELLED:
        await _called_off(attempt, result)
    else:  # of a cancel, its own call leaves a trace
        await attempt.audit.add(trail.of_sign_in(vault.tenant, vault.subject, vault.number, stands))
    if lease is None:
        await _removed(attempt)
    else:  # leased, it cannot be removed yet, but emptied
        with contextlib.suppress(LeaseLost):
            await asyncio.to_thread(lease.put, b"")
    return stands


async def _called_off(attempt: Attempt, result: SignInResult) -> None:
    """Whoever signed in while they were signed out, or the sync was cancelled, is not signed in by it."""
    tenant, caches = attempt.vault.tenant, attempt.caches
    cache = await asyncio.to_thread(caches.load, tenant) if result.state is SignInState.SIGNED_IN else None
    if cache is not None and cache.signed_in_at == result.at:
        await asyncio.to_thread(caches.delete, tenant)


async def _removed(attempt: Attempt) -> None:
    """Nothing is left of the flow. Whoever holds its lease hears of the row next, and removes it then."""
    with contextlib.suppress(LeaseLost):
        await asyncio.to_thread(attempt.vault.remove)


async def _keep(attempt: Attempt, lease: Lease, flow: Flow) -> None:
    await asyncio.to_thread(lease.put, attempt.vault.seal(flow))


async def _allowed(begun: Awaitable[T]) -> T | SignInFailed:
    """A code or a link, or the refusal. Raises SignInFailed while the provider is down."""
    try:
        return await begun
    except SignInFailed as failed:
        if failed.transient:
            raise
        return failed


def _or_none(found: T | SignInFailed) -> T | None:
    return None if isinstance(found, SignInFailed) else found


@contextlib.asynccontextmanager
async def _leased(attempt: Attempt) -> AsyncIterator[Lease]:
    """The lease on the flow's blob. Raises LeaseLost while another has it."""
    lease = await asyncio.to_thread(attempt.vault.artifacts.lease, attempt.vault.name)
    try:
        yield lease
    finally:
        with contextlib.suppress(StorageUnavailable):  # it ends by itself
            await asyncio.to_thread(lease.release)


async def _device(attempt: Attempt) -> DeviceCode:
    return await asyncio.to_thread(attempt.provider.begin_device, attempt.scopes)


async def _link(attempt: Attempt, deadline: dt.datetime) -> BrowserLink:
    """A link whose answer is waited for: its state is good once."""
    state, vault = secrets.token_urlsafe(32), attempt.vault
    link = await asyncio.to_thread(
        attempt.provider.begin_browser, attempt.scopes, state, attempt.redirect_uri
    )
    expected = Expected(PURPOSE, vault.tenant, deadline + ANSWERED, vault.subject, vault.number)
    await attempt.callbacks.expect(state, expected)
    return link


def _after(attempt: Attempt, device: DeviceCode | None) -> dt.datetime:
    return attempt.clock.now() + dt.timedelta(seconds=0 if device is None else device.interval)
