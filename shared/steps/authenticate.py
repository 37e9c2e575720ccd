"""Signs in as the service principal (product.md 3.2)."""

from __future__ import annotations

import asyncio

from shared.domain.sync import SyncError
from shared.errors import SignInFailed
from shared.steps.log import Event
from shared.steps.work import Work

ATTEMPTS = 5
PAUSE = 2.0
"""Seconds before the second attempt; doubled for each further one. The provider being down never asks a
person.
"""


async def authenticate(work: Work) -> SyncError | None:
    """Gets an app token, from msal's cache or anew; None when signed in, else the error that ends the sync.

    Repeatable: nothing is written but the token cache.
    """
    for attempt in range(ATTEMPTS):
        try:
            await asyncio.to_thread(work.tokens.app_token)
            work.log.note(Event.SIGNED_IN)
            return None
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
        await asyncio.sleep(PAUSE * 2**attempt)
    raise AssertionError("unreachable: the last attempt returns")
