"""A tenant as an administrator registers, edits and removes it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum
from typing import TypeAlias

from shared.domain.move import Decide, Moved
from shared.domain.schedule import next_sync_at
from shared.domain.settings import Settings
from shared.domain.sync import SyncRecord, TenantRecord
from shared.names import TenantId


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an administrator decides about a tenant."""

    display_name: str
    entra_tenant_id: str
    settings: Settings


class Refused(Enum):
    """Why a tenant was not changed."""

    CHANGED = "changed"
    """It is not as the caller read it."""
    ACTIVE = "active"
    """A sync is running."""
    FIXED = "fixed"
    """Once synced, the directory stays: its repository would be compared with another one's objects."""
    SAME = "same"
    """It is so already."""


Expected: TypeAlias = Callable[[TenantRecord], bool]
"""Whether the tenant is still the one that the caller read."""
Edit: TypeAlias = Callable[[TenantRecord], Wanted]
"""What the tenant is to become, from what it is."""


def registered(tenant: TenantId, wanted: Wanted, at: dt.datetime) -> TenantRecord:
    """A new tenant, never synced."""
    planned = next_sync_at(wanted.settings.schedule, at)
    return TenantRecord(
        tenant,
        wanted.display_name,
        wanted.entra_tenant_id,
        wanted.settings,
        at,
        status_since=at,
        next_sync_at=planned,
    )


def edited(edit: Edit, expected: Expected, at: dt.datetime) -> Decide[Refused]:
    """The tenant as wanted. A changed schedule plans anew; an unchanged one keeps what is planned."""

    def decide(tenant: TenantRecord, sync: SyncRecord | None) -> Moved | Refused:
        if not expected(tenant):
            return Refused.CHANGED
        wanted = edit(tenant)
        moves = wanted.entra_tenant_id.lower() != tenant.entra_tenant_id.lower()
        if moves and (tenant.last_sync is not None or tenant.active_sync is not None):
            return Refused.FIXED
        planned = tenant.next_sync_at
        if wanted.settings.schedule != tenant.settings.schedule:
            planned = next_sync_at(wanted.settings.schedule, at)
        after = replace(
            tenant,
            display_name=wanted.display_name,
            entra_tenant_id=wanted.entra_tenant_id,
            settings=wanted.settings,
            next_sync_at=planned,
        )
        return Refused.SAME if after == tenant else Moved(after, sync)

    return decide


def removed(expected: Expected, at: dt.datetime) -> Decide[Refused]:
    """The tenant leaves the listings; its repository and history stay for 30 days."""

    def decide(tenant: TenantRecord, sync: SyncRecord | None) -> Moved | Refused:
        if not expected(tenant):
            return Refused.CHANGED
        if tenant.active_sync is not None:
            return Refused.ACTIVE
        return Moved(replace(tenant, deleted_at=at, next_sync_at=None), sync)

    return decide
