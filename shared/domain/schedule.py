"""When scheduled syncs are due: cron lines read in the tenant's time zone (product.md 3.1)."""

from __future__ import annotations

import datetime as dt
import hashlib
from itertools import islice
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError

from shared.domain.settings import Schedule
from shared.names import TenantId

SPREAD: Final = dt.timedelta(minutes=5)
"""A thousand tenants with the same cron line start over this long, not all at once."""


def faults(schedule: Schedule) -> dict[str, str]:
    """What is wrong with a schedule: field → what to write instead. Empty for one that works."""
    found: dict[str, str] = {}
    try:
        zone: dt.tzinfo = ZoneInfo(schedule.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        found["timeZone"] = f"'{schedule.time_zone}' is no time zone; write an IANA name such as Europe/Paris"
        zone = dt.UTC
    if len(schedule.cron.split()) != 5:
        found["cron"] = "write five fields: minute, hour, day of month, month, day of week; such as 0 6 * * *"
        return found
    try:
        next(CronSim(schedule.cron, dt.datetime(2024, 1, 1, tzinfo=zone)))
    except (CronSimError, StopIteration) as error:
        reason = str(error) or "it names no moment that ever comes"
        found["cron"] = f"'{schedule.cron}' cannot be used: {reason}"
    return found


def upcoming(schedule: Schedule, after: dt.datetime, count: int = 5) -> tuple[dt.datetime, ...]:
    """The next times after `after`, in UTC: in spring a time within the skipped hour comes when that hour is
    over, in autumn a time within the doubled hour comes once. Nothing for a schedule that is off or faulty.
    """
    if not schedule.enabled or faults(schedule):
        return ()
    local = CronSim(schedule.cron, after.astimezone(ZoneInfo(schedule.time_zone)))
    return tuple(time.astimezone(dt.UTC) for time in islice(local, count))


def next_sync_at(schedule: Schedule, after: dt.datetime) -> dt.datetime | None:
    """The next time after `after`, or None for a schedule that is off."""
    return next(iter(upcoming(schedule, after, 1)), None)


def due(schedule: Schedule, tenant: TenantId, planned: dt.datetime | None, now: dt.datetime) -> bool:
    """Whether the sync planned for that time is to start now."""
    if not schedule.enabled or planned is None:
        return False
    return now >= planned + jitter(schedule, tenant, planned)


def jitter(schedule: Schedule, tenant: TenantId, planned: dt.datetime) -> dt.timedelta:
    """How long after the planned time this tenant starts: always the same for one tenant, under five minutes,
    and under a tenth of the time until the next start.
    """
    following = next_sync_at(schedule, planned)
    spread = SPREAD if following is None else min(SPREAD, (following - planned) / 10)
    share = int(hashlib.sha256(tenant.encode()).hexdigest()[:8], 16) / 0x1_0000_0000
    return dt.timedelta(seconds=int(share * spread.total_seconds()))


def key(tenant: TenantId, planned: dt.datetime) -> str:
    """The idempotency key of one scheduled start: whoever starts it, it starts once."""
    return f"schedule:{tenant}:{planned.astimezone(dt.UTC).isoformat()}"
