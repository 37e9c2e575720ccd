"""Orchestrations, begun and woken. The row has decided by then: what fails here, `reconcile` does again."""

from __future__ import annotations

import datetime as dt
import logging
from typing import Final

from functions.triggers.needs import DurableClient
from shared.domain.sync import SyncRecord, TenantRecord
from shared.names import SIGN_IN, SYNC_TENANT, SyncId, sign_in_instance

LOG: Final = logging.getLogger("accord.api")


async def begin(client: DurableClient, tenant: TenantRecord, sync: SyncRecord) -> None:
    """Starts the sync's orchestration, under the sync's own id: started twice, it is one."""
    limit = tenant.settings.sync_timeout.total_seconds()
    given = {"tenant": tenant.id, "sync": sync.id, "limit": limit}
    try:
        await client.start_new(SYNC_TENANT, sync.id, given)
    except Exception as exc:  # noqa: BLE001 - the sync stands; `reconcile` starts it within a minute
        LOG.warning("starting the orchestration of sync %s: %s", sync.id, exc)


async def await_sign_in(
    client: DurableClient, tenant: TenantRecord, attempt: SyncId, deadline: dt.datetime
) -> None:
    """Starts the wait for a sign-in ahead of any sync: started twice, it is one."""
    given = {
        "tenant": tenant.id,
        "sync": attempt,
        "number": 1,
        "step": 0,
        "limit": 0,
        "deadline": deadline.isoformat(),
    }
    try:
        await client.start_new(SIGN_IN, sign_in_instance(attempt, 1), given)
    except Exception as exc:  # noqa: BLE001 - asked for again, the same code is shown and waited for
        LOG.warning("waiting for sign-in %s of %s: %s", attempt, tenant.id, exc)


async def wake(client: DurableClient, sync: SyncId, event: str) -> None:
    """Raises the event that the sync's orchestration waits for."""
    try:
        await client.raise_event(sync, event, "")
    except Exception as exc:  # noqa: BLE001 - the row stands; `reconcile` raises the event within a minute
        LOG.warning("waking sync %s by %s: %s", sync, event, exc)
