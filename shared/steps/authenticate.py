"""Signs in: as the service principal first, then, silently, as the tenant's user (product.md 3.2)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import TypeVar

from shared.domain.permissions import included, lacking, with_user
from shared.domain.sign_in import Tried, to_try, user_types
from shared.domain.sync import SyncError
from shared.errors import ReadFailed, SignInFailed
from shared.names import TypeKey
from shared.steps.log import Event
from shared.steps.tenant_findings import load_findings, save_tried
from shared.steps.work import Work

T = TypeVar("T")
ATTEMPTS = 5
PAUSE = 2.0
"""Seconds before the second attempt; doubled for each further one. The provider being down never asks a
person.
"""


class Entered(Enum):
    """How a sync is signed in."""

    SIGNED_IN = "signedIn"
    ASK = "ask"
    """A person has to sign in: there is no stored token, or it was refused."""


@dataclass(frozen=True, slots=True)
class _As:
    """Whose sign-in failed, for the error's words."""

    who: str
    how: str


APP = _As("the service principal", "client credentials")
USER = _As("the stored user", "the stored token")


async def authenticate(work: Work) -> Entered | SyncError:
    """An app token, from msal's cache or anew; then the user's, where a type to be read needs one.

    An error ends the sync. Repeatable: nothing is written but token caches, and what trying types showed.
    """
    found = await signed_in(work, work.tokens.app_token)
    if isinstance(found, SyncError):
        return found
    work.log.note(Event.SIGNED_IN, by=APP.who)
    wanted = wanted_types(work)
    tried = await _tried(work, wanted)
    if not user_types(work.catalog, tried) & wanted or not with_user(work.tenant.settings):
        return Entered.SIGNED_IN
    if work.sync.without_user:  # nobody is asked twice for what was given up
        return Entered.SIGNED_IN
    return await _as_user(work)


def wanted_types(work: Work) -> frozenset[TypeKey]:
    """The types that this sync includes."""
    asked = work.sync.options.types
    return frozenset(
        key
        for key in work.catalog.types
        if included(work.tenant.settings, key) and (not asked or key in asked)
    )


async def _as_user(work: Work) -> Entered | SyncError:
    if work.user is None:
        return Entered.ASK
    try:
        await _patiently(work, work.user.fresh_token)
    except SignInFailed as failed:
        if failed.transient:  # the provider stayed down: never a reason to ask a person
            return _error(work, failed, USER)
        work.log.note(Event.FAULT, code=failed.code, detail=failed.detail, request=failed.request_id)
        return Entered.ASK
    work.log.note(Event.SIGNED_IN, by=USER.who)
    return Entered.SIGNED_IN


async def _tried(work: Work, wanted: frozenset[TypeKey]) -> dict[TypeKey, Tried]:
    """What trying types with the service principal has shown; those not tried lately are, now.

    A type that the app may not read for want of a granted permission shows nothing, nor does a fault.
    """
    found = await asyncio.to_thread(load_findings, work.findings)
    tried = dict(found.tried)
    due = to_try(work.catalog, wanted, tried, work.clock.now(), found.granted_at)
    if not due:
        return tried
    roles = await signed_in(work, work.tokens.roles)
    new: dict[TypeKey, Tried] = {}
    for key in due:
        spec = work.catalog.types[key]
        if isinstance(roles, SyncError) or lacking(spec.read, roles):
            continue
        try:
            new[key] = Tried(await work.api.try_app(spec), work.clock.now())
        except ReadFailed as failed:
            work.log.note(Event.FAULT, type=key, detail=str(failed), request=failed.request_id)
    if new:
        await asyncio.to_thread(save_tried, work.findings, new)
    return tried | new


async def signed_in(work: Work, ask: Callable[[], T]) -> T | SyncError:
    """What `ask` answers, which needs an app token; tried again while the provider is down."""
    try:
        return await _patiently(work, ask)
    except SignInFailed as failed:
        return _error(work, failed, APP)


async def _patiently(work: Work, ask: Callable[[], T]) -> T:
    """Raises SignInFailed: refused, or still down after the last attempt."""
    for attempt in range(ATTEMPTS):
        try:
            return await asyncio.to_thread(ask)
        except SignInFailed as failed:
            if not failed.transient or attempt == ATTEMPTS - 1:
                raise
        work.log.note(Event.RETRIED, stage="authenticating", attempt=attempt + 1)
        await work.sleep(PAUSE * 2**attempt)
    raise AssertionError("unreachable: the last attempt returns or raises")


def _error(work: Work, failed: SignInFailed, whose: _As) -> SyncError:
    return SyncError(
        code=failed.code,
        message=f"Signing in to {work.tenant.display_name} as {whose.who} was refused.",
        operation=f"signing in to {work.tenant.id} with {whose.how}",
        detail=failed.detail,
        request_id=failed.request_id,
    )
