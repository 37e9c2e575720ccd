"""The turn that each tenant has once a day: its permissions are looked at and its stored token is tried, so
that no nightly sync is the first to find out. Turns are spread over the day by the tenant's id.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import replace
from typing import Final

from shared.domain.move import Decide, Ignored, Moved
from shared.domain.sync import SyncRecord, TenantRecord
from shared.names import TenantId

DAY: Final = dt.timedelta(days=1)
MINUTES: Final = 24 * 60


def latest_turn(tenant: TenantId, now: dt.datetime) -> dt.datetime:
    """When the tenant's turn came last, in UTC."""
    minute = int.from_bytes(hashlib.sha256(tenant.encode()).digest()[:8]) % MINUTES
    midnight = now.astimezone(dt.UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    turn = midnight + dt.timedelta(minutes=minute)
    return turn if turn <= now else turn - DAY


def due(tenant: TenantRecord, now: dt.datetime) -> bool:
    """Whether the tenant's turn has come and it has not had it."""
    return (tenant.daily_at or tenant.created_at) < latest_turn(tenant.id, now)


def coming(tenant: TenantRecord, now: dt.datetime) -> bool:
    """Whether something that was granted to the tenant's app is still to be looked for in its token."""
    return tenant.permissions_coming_until is not None and now < tenant.permissions_coming_until


def had_turn(at: dt.datetime) -> Decide[Ignored]:
    """The tenant has had its turn of the day."""

    def decide(tenant: TenantRecord, sync: SyncRecord | None) -> Moved | Ignored:
        if tenant.daily_at is not None and tenant.daily_at >= at:
            return Ignored.SAME
        return Moved(replace(tenant, daily_at=at), sync)

    return decide
