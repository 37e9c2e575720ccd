"""Signing in ahead of any sync, and out: so that a nightly sync finds a token (product.md 3.2)."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

from shared.domain.sign_in import SignInResult, SignInState, attempted
from shared.domain.sync import Actor, TenantRecord
from shared.errors import Problem, SignInFailed
from shared.names import SyncId
from shared.steps import trail
from shared.steps.sign_in import Attempt, begin, settle
from shared.steps.sign_in_flow import Flow
from shared.stores import AuditLog, StatusStore
from shared.user_ports import TokenCaches

NUMBER: Final = 1
"""An attempt ahead of any sync is its own first sign-in."""

Attempts: TypeAlias = Callable[[TenantRecord, SyncId, int], Awaitable[Attempt]]
"""Makes a sign-in of a tenant, under a sync's id or an attempt's own."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What signing in ahead of any sync works with."""

    status: StatusStore
    audit: AuditLog
    caches: TokenCaches
    attempts: Attempts


@dataclass(frozen=True, slots=True)
class Ahead:
    """A sign-in under way: `id` stands for the sync in its names."""

    id: SyncId
    flow: Flow


@dataclass(frozen=True, slots=True)
class Account:
    """Who is signed in to a tenant, and how that stands."""

    state: SignInState
    account: str | None = None
    signed_in_at: dt.datetime | None = None


async def sign_in_ahead(desk: Desk, tenant: TenantRecord, new: SyncId, by: Actor, at: dt.datetime) -> Ahead:
    """A code and a link; one that is still under way is shown again. The caller starts the wait for it.

    Raises Problem `signInUnavailable`, `signInRefused`.
    """
    if (there := await _under_way(desk, tenant, at)) is not None:
        return there
    try:
        flow = await begin(await desk.attempts(tenant, new, NUMBER), tenant.settings.sign_in_timeout)
    except SignInFailed as failed:
        raise _refused(failed) from failed
    await desk.status.change(tenant.id, None, attempted(new))
    await desk.audit.add(trail.of_authentication(tenant.id, "asked", by, at, new))
    return Ahead(new, flow)


def _refused(failed: SignInFailed) -> Problem:
    if failed.transient:
        return Problem("signInUnavailable", 503, headers={"Retry-After": "10"})
    return Problem("signInRefused", 409, values={"detail": failed.detail})


async def _under_way(desk: Desk, tenant: TenantRecord, at: dt.datetime) -> Ahead | None:
    """The newest attempt, while somebody may still sign in by it."""
    attempt = tenant.sign_in_attempt
    if attempt is None:
        return None
    one = await desk.attempts(tenant, attempt, NUMBER)
    flow = None if await one.settled() else await one.flow()
    return Ahead(attempt, flow) if flow is not None and at < flow.deadline else None


async def account_of(desk: Desk, tenant: TenantRecord, at: dt.datetime) -> Account:
    """Who is signed in. An attempt under way comes first; a stored token that was refused when it was last
    tried is `expired`; where nobody is signed in, what became of the last attempt.
    """
    cache = await asyncio.to_thread(desk.caches.load, tenant.id)
    account, since = (None, None) if cache is None else (cache.account, cache.signed_in_at)
    if (ahead := await _under_way(desk, tenant, at)) is not None:
        wrong = ahead.flow.notice is not None
        return Account(SignInState.WRONG_ACCOUNT if wrong else SignInState.PENDING, account, since)
    if cache is not None:
        state = SignInState.EXPIRED if tenant.sign_in_needed else SignInState.SIGNED_IN
        return Account(state, account, since)
    last = await _last(desk, tenant)
    return Account(SignInState.NONE if last is None else last)


async def _last(desk: Desk, tenant: TenantRecord) -> SignInState | None:
    """How the newest attempt failed; one whose wait died with its host has expired too."""
    if tenant.sign_in_attempt is None:
        return None
    row = await desk.status.sign_in(tenant.id, tenant.sign_in_attempt, NUMBER)
    if row is None:
        return SignInState.EXPIRED
    return None if row.state in (SignInState.CANCELLED, SignInState.SIGNED_IN) else row.state


async def sign_out(desk: Desk, tenant: TenantRecord, by: Actor, at: dt.datetime) -> SyncId | None:
    """Forgets whoever is signed in; answers an attempt that was under way, to be woken. Repeatable."""
    ahead = await _under_way(desk, tenant, at)
    if ahead is not None:
        one = await desk.attempts(tenant, ahead.id, NUMBER)
        await settle(one, SignInResult(SignInState.CANCELLED, at))
    await asyncio.to_thread(desk.caches.delete, tenant.id)
    await desk.status.change(tenant.id, None, attempted(None))
    await desk.audit.add(trail.of_authentication(tenant.id, "signedOut", by, at))
    return None if ahead is None else ahead.id
