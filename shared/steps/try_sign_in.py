"""The daily trial of a tenant's stored token, so that no nightly sync is the first to find it refused."""

from __future__ import annotations

import asyncio

from shared.domain.permissions import with_user
from shared.domain.sign_in import signed_in_again, token_refused
from shared.domain.sync import TenantRecord
from shared.errors import SignInFailed
from shared.stores import StatusStore
from shared.user_ports import TokenCaches, UserTokens


async def try_stored_token(
    status: StatusStore, caches: TokenCaches, user: UserTokens, tenant: TenantRecord
) -> bool | None:
    """Whether the stored token still counts; None where there is none to try, or the provider is down.

    Its refusal is announced once, until somebody signs in. Repeatable.
    """
    stored = await asyncio.to_thread(caches.load, tenant.id)
    if stored is None or not with_user(tenant.settings):
        return None
    try:
        await asyncio.to_thread(user.fresh_token)
    except SignInFailed as failed:
        if failed.transient:
            return None
        await status.change(tenant.id, None, token_refused)
        return False
    await status.change(tenant.id, None, signed_in_again)
    return True
