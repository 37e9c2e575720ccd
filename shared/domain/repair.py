"""What `reconcile` mends, every minute: what a crash left between two writes (mechanics.md 1)."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Final, TypeAlias

from shared.domain.move import Cancel
from shared.domain.sign_in import SignInResult, number
from shared.domain.start import made_at
from shared.domain.sync import Decision, DecisionKind, Stage, SyncRecord, TenantRecord
from shared.names import (
    CANCEL_EVENT,
    SyncId,
    TenantId,
    decision_event,
    sign_in_event,
    sign_in_instance,
)

YOUNG: Final = dt.timedelta(seconds=60)
"""Whoever begins a sync may still be about to start its orchestration."""
UNSEEN: Final = dt.timedelta(seconds=20)
"""Whoever inserted a row may still be about to raise its event."""
LOOKED_AFTER: Final = dt.timedelta(hours=1)
"""How long after its deadline a sign-in ahead of any sync is still closed."""
ROUND: Final = 30
"""Minutes in which every tenant's listing is looked at once, whether it has a sync or not."""
WAITS: Final = frozenset({Stage.APPROVAL, Stage.TENANT_APPROVAL})


@dataclass(frozen=True, slots=True)
class OpenSync:
    """A sync that was begun, and nobody has forgotten, as `reconcile` finds it.

    `tenant` or `sync` None: the begin was noted, and then its transaction never came. `projected`: the
    version of the tenant's row that listings show (None: none at all).
    """

    tenant_id: TenantId
    sync_id: SyncId
    since: dt.datetime
    tenant: TenantRecord | None
    sync: SyncRecord | None
    decision: Decision | None
    cancel: Cancel | None
    projected: int | None
    sign_in: SignInResult | None = None
    """How the sign-in that the sync is at, or was at last, has been settled."""


class Instance(Enum):
    """What the Durable runtime knows of an orchestration."""

    ABSENT = "absent"
    LIVE = "live"
    ENDED = "ended"
    """Completed, failed or terminated."""


@dataclass(frozen=True, slots=True)
class Start:
    """Start the orchestration of a sync that holds its tenant and never got one."""

    tenant: TenantRecord
    sync: SyncRecord


@dataclass(frozen=True, slots=True)
class Close:
    """Report and finish a sync whose orchestration is gone (`orchestrationLost`)."""

    tenant: TenantRecord
    sync: SyncRecord


@dataclass(frozen=True, slots=True)
class Wake:
    """Raise an event again: the row behind it stands, and the orchestration still waits."""

    sync: SyncId
    event: str


@dataclass(frozen=True, slots=True)
class Ask:
    """Ask the tenant about the writes of this sync that its own approval holds back."""

    tenant: TenantRecord
    sync: SyncRecord


@dataclass(frozen=True, slots=True)
class Project:
    """Bring the listing up to the tenant's row."""

    tenant: TenantId


@dataclass(frozen=True, slots=True)
class Forget:
    """The sync has ended, or never began."""

    sync: SyncId


Repair: TypeAlias = Start | Close | Wake | Ask | Project | Forget


def repairs(found: OpenSync, instance: Instance, now: dt.datetime) -> tuple[Repair, ...]:
    """What to do about one open sync. Nothing, for nearly all of them."""
    return tuple(_repairs(found, instance, now))


def _repairs(found: OpenSync, instance: Instance, now: dt.datetime) -> Iterator[Repair]:
    tenant, sync = found.tenant, found.sync
    if tenant is not None and (found.projected is None or found.projected < tenant.version):
        yield Project(tenant.id)
    if tenant is None or sync is None:
        if now - found.since >= YOUNG:
            yield Forget(found.sync_id)
    elif sync.stage is Stage.ENDED:
        yield Forget(sync.id)
    elif instance is Instance.LIVE:
        yield from _wakes(sync, found, now)
        if sync.stage is Stage.TENANT_APPROVAL:
            yield Ask(tenant, sync)
    elif instance is Instance.ENDED:
        # However young the sync is: its orchestration began, and will not go on.
        yield Close(tenant, sync)
    elif now - found.since >= YOUNG:
        # Once it has gone further, starting over would read the tenant with steps that are counted as late.
        yield Start(tenant, sync) if sync.stage is Stage.STARTING else Close(tenant, sync)


def _wakes(sync: SyncRecord, found: OpenSync, now: dt.datetime) -> Iterator[Repair]:
    """The events behind rows that the orchestration has not acted on."""
    decision, cancel = found.decision, found.cancel
    superseded = decision is not None and decision.kind is DecisionKind.SUPERSEDED
    decides = sync.stage is Stage.APPROVAL or superseded
    if decides and decision is not None and now - decision.at >= UNSEEN:
        yield Wake(sync.id, decision_event(decision.digest))
    if sync.stage in WAITS and cancel is not None and now - cancel.at >= UNSEEN:
        yield Wake(sync.id, CANCEL_EVENT)
    settled = found.sign_in or cancel
    if sync.stage is Stage.SIGN_IN and settled is not None and now - settled.at >= UNSEEN:
        which = number(sync)
        yield Wake(sign_in_instance(sync.id, which), sign_in_event(which))


def waits_ahead(tenant: TenantRecord, now: dt.datetime) -> SyncId | None:
    """The tenant's newest sign-in ahead of any sync, while somebody may have to wait for it."""
    attempt = tenant.sign_in_attempt
    if attempt is None:
        return None
    made = dt.datetime.fromtimestamp(made_at(attempt) / 1000, dt.UTC)
    return attempt if now - made < tenant.settings.sign_in_timeout + LOOKED_AFTER else None


def in_turn(tenant: TenantId, now: dt.datetime) -> bool:
    """Whether this minute is the tenant's, in a round through all of them."""
    share = int(hashlib.sha256(tenant.encode()).hexdigest()[:8], 16) % ROUND
    return int(now.timestamp()) // 60 % ROUND == share
