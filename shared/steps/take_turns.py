"""Gives each tenant its turn of the day: its permissions are looked at and its stored token is tried. What
was granted and has not reached the tokens is looked for in between, as long as it is waited for.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Final

from shared.domain.daily import coming, due, had_turn
from shared.domain.sync import TenantRecord
from shared.errors import AccordError, SignInFailed
from shared.ports import Clock, StatusStore, TokenCaches, UserTokens
from shared.steps.permissions import Look, check
from shared.steps.try_sign_in import try_stored_token
from shared.stores import Callbacks

LOG: Final = logging.getLogger("accord.daily")
AT_ONCE: Final = 4
LAST_START: Final = dt.timedelta(seconds=45)
"""Nobody's turn begins later than this after the run's: the next run comes every minute."""


@dataclass(frozen=True, slots=True)
class Turns:
    """What turns work with."""

    status: StatusStore
    clock: Clock
    look: Callable[[TenantRecord], AbstractAsyncContextManager[Look]]
    caches: TokenCaches
    user: Callable[[TenantRecord], UserTokens]
    callbacks: Callbacks

    async def run(self) -> None:
        """Everybody whose turn it is; then links that nobody followed are forgotten. Repeatable: a turn that
        a crash cut short comes again.
        """
        began = self.clock.now()
        gate = asyncio.Semaphore(AT_ONCE)

        async def one(tenant: TenantRecord) -> None:
            async with gate:
                if self.clock.now() - began < LAST_START:
                    await self._turn(tenant)

        tenants = await self.status.tenants()
        waiting = [tenant for tenant in tenants if due(tenant, began) or coming(tenant, began)]
        await asyncio.gather(*(one(tenant) for tenant in waiting))
        await self.callbacks.purge(began)

    async def _turn(self, tenant: TenantRecord) -> None:
        """One tenant's, whose faults are nobody else's. While the provider is down it is put off."""
        now = self.clock.now()
        try:
            await self._look(tenant)
            if due(tenant, now):
                await try_stored_token(self.status, self.caches, self.user(tenant), tenant)
                await self.status.change(tenant.id, None, had_turn(now))
        except (AccordError, LookupError) as error:  # removed meanwhile; the provider or storage is away
            LOG.warning("the daily turn of %s: %s", tenant.id, error)
        except Exception:
            LOG.exception("the daily turn of %s: left for the next minute", tenant.id)

    async def _look(self, tenant: TenantRecord) -> None:
        try:
            async with self.look(tenant) as look:
                await check(look, fresh=True)
        except SignInFailed as failed:
            if failed.transient:
                raise
            LOG.warning("checking the permissions of %s: %s", tenant.id, failed)
