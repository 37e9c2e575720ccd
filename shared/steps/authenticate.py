"""Signs in as the service principal (product.md 3.2)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from shared.domain.sync import SyncError
from shared.errors import SignInFailed
from shared.steps.log import Event
from shared.steps.work import Work

T = TypeVar("T")
ATTEMPTS = 5
PAUSE = 2.0
"""Seconds before the second attempt; doubled for each further one. The provider being down never asks a
person.
"""


async def authenticate(work: Work) -> SyncError | None:
    """Gets an app token, from msal's cache or anew; None when signed in, else the error that ends the sync.

    Repeatable: nothing is written but the token cache.
    """
    found = await signed_in(work, work.tokens.app_token)
    if isinstance(found, SyncError):
        return found
    work.log.note(Event.SIGNED_IN)
    return None


async def signed_in(work: Work, ask: Callable[[], T]) -> T | SyncError:
    """What `ask` answers, which needs a token; tried again while the provider is down."""
    for attempt in range(ATTEMPTS):
        try:
            return await asyncio.to_thread(ask)
        except SignInFailed as failed:
            if not failed.transient or attempt == ATTEMPTS - 1:
                return SyncError(
                    code=failed.code,
                    message=f"Signing in to {work.tenant.display_name} as the service principal was refused.",
                    operation=f"signing in to {work.tenant.id} with client credentials",
                    detail=failed.detail,
                    request_id=failed.request_id,
                )
        work.log.note(Event.RETRIED, stage="authenticating", attempt=attempt + 1)
        await work.sleep(PAUSE * 2**attempt)
    raise AssertionError("unreachable: the last attempt returns")
