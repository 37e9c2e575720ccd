"""What a status change is: a pure decision on the rows as they are, and what it writes in one transaction."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias, TypeVar

from shared.domain.sync import Actor, Decision, EventType, SyncRecord, TenantRecord

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Cancel:
    """The row `cancel_{sync}`: who asked for the sync to stop, inserted once."""

    by: Actor
    at: dt.datetime
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Moved:
    """What one status change writes, all of it or nothing.

    `sync` is the row that was read, or a new one, which is then inserted. The `events` belong to it, or to
    the tenant where there is no sync. `other` is a second sync's row: of the one that a new sync supersedes.
    `decision` and `cancel` are inserted for the sync that was read; where one stands already, the whole
    change is decided again on the rows as they then are. A row equal to what was read is not written.
    """

    tenant: TenantRecord
    sync: SyncRecord | None
    events: tuple[EventType, ...] = ()
    other: SyncRecord | None = None
    decision: Decision | None = None
    cancel: Cancel | None = None


@dataclass(frozen=True, slots=True)
class Rows:
    """Everything that a race about one sync is decided on, read together. `sync` None: there is none."""

    tenant: TenantRecord
    sync: SyncRecord | None
    decision: Decision | None
    cancel: Cancel | None


@dataclass(frozen=True, slots=True)
class Event:
    """One event of a sync, or of a tenant without a sync: what subscribers are told, frozen as it was.

    `seq` counts from 1 for each sync (and each tenant); the event's id is `{sync or tenant}-{seq}`.
    """

    type: EventType
    seq: int
    at: dt.datetime
    tenant: TenantRecord
    sync: SyncRecord | None


class Ignored(Enum):
    """Why a status change did nothing."""

    LATE = "late"
    """The sync does not hold the tenant any more, or has gone on: whoever asked should stop its work."""
    SAME = "same"
    """It is so already: this is the second run of the same work."""


Decide: TypeAlias = Callable[[TenantRecord, SyncRecord | None], Moved | R]
"""A pure decision on a tenant's row and a sync's. What is not `Moved` changes nothing and is handed back."""
Contest: TypeAlias = Callable[[Rows], Moved | R]
"""The same where a decision or a cancel may be racing: those rows are read and inserted as well."""
