"""How a sync begins: its id, and the tenant's lock (product.md 3.1, mechanics.md 1)."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass, replace
from typing import Final

from shared.domain.lifecycle import released
from shared.domain.move import Contest, Decide, Ignored, Moved, Rows
from shared.domain.outcome import Facts, Verdict, ending
from shared.domain.schedule import next_sync_at
from shared.domain.status import restated
from shared.domain.sync import Decision, DecisionKind, EventType, LastSync, Stage, SyncRecord, TenantRecord
from shared.names import Digest, SyncId

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no letter that reads like a digit; sorts like the number."""
ENTROPY: Final = 10


def new_sync_id(at: dt.datetime, entropy: bytes) -> SyncId:
    """48 bits of milliseconds since 1970 and 80 bits that nobody else draws, as 26 characters (a ULID)."""
    if len(entropy) != ENTROPY:
        raise ValueError(f"making a sync id: {ENTROPY} random bytes are needed, not {len(entropy)}")
    number = int(at.timestamp() * 1000) << 80 | int.from_bytes(entropy, "big")
    return SyncId("".join(ALPHABET[number >> shift & 31] for shift in range(125, -1, -5)))


def derived(sync: SyncId, name: str) -> SyncId:
    """An id of the same moment that stands for `name` beside this one: the same each time."""
    number = int.from_bytes(hashlib.sha256(f"{sync} {name}".encode()).digest()[:ENTROPY], "big")
    return SyncId(sync[:10] + "".join(ALPHABET[number >> shift & 31] for shift in range(75, -1, -5)))


def made_at(sync: SyncId) -> int:
    """The milliseconds since 1970 within a sync id. Raises ValueError for what is none."""
    if len(sync) != 26 or not set(sync) <= set(ALPHABET):
        raise ValueError(f"reading a sync id: {sync!r} is not one")
    number = 0
    for letter in sync[:10]:
        number = number << 5 | ALPHABET.index(letter)
    return number


@dataclass(frozen=True, slots=True)
class Active:
    """Refused: the tenant's active sync. `stage` None: its row is not there, which `reconcile` mends."""

    sync: SyncId
    stage: Stage | None


@dataclass(frozen=True, slots=True)
class Begun:
    """This very sync holds the tenant already: the same start, repeated."""

    sync: SyncRecord


def begun(new: SyncRecord, planned: dt.datetime | None = None) -> Contest[Active | Begun]:
    """The tenant's lock goes to the new sync.

    A sync that waits for approval gives way where the options say `supersede`, unless somebody decided first.
    `planned`: the time of a scheduled start, so that start and schedule move together. The rows to decide on
    are those of the tenant's active sync.
    """

    def decide(rows: Rows) -> Moved | Active | Begun:
        tenant = rows.tenant if planned is None else _planned_on(rows.tenant, planned, new.started_at)
        if tenant.active_sync is None:
            started = replace(tenant, active_sync=new.id)
            return Moved(restated(started, new, new.started_at), new, (EventType.STARTED,))
        old = rows.sync
        if old is not None and old.id == new.id:
            return Begun(old)
        waits = old is not None and old.stage is Stage.APPROVAL and rows.decision is None
        if old is None or old.plan is None or not (new.options.supersede and waits):
            return Active(tenant.active_sync, None if old is None else old.stage)
        return _superseded(tenant, old, old.plan.digest, new)

    return decide


def skipped(planned: dt.datetime, at: dt.datetime) -> Decide[Ignored]:
    """The scheduled start of that time does not happen: the schedule moves on."""

    def decide(tenant: TenantRecord, sync: SyncRecord | None) -> Moved | Ignored:
        after = _planned_on(tenant, planned, at)
        return Ignored.SAME if after == tenant else Moved(after, sync)

    return decide


def _planned_on(tenant: TenantRecord, planned: dt.datetime, at: dt.datetime) -> TenantRecord:
    """The next start after this one; one that was planned anew meanwhile stays. What was missed is not made
    up for: after a week's outage there is one sync, not seven.
    """
    if tenant.next_sync_at != planned:
        return tenant
    return replace(tenant, next_sync_at=next_sync_at(tenant.settings.schedule, max(planned, at)))


def _superseded(tenant: TenantRecord, old: SyncRecord, digest: Digest, new: SyncRecord) -> Moved:
    """The old sync ends for its tenant in the same moment in which the new one begins; its own instance
    writes its report and the rest of its row.
    """
    at = new.started_at
    end = ending(Facts(Verdict.SUPERSEDED, found=frozenset(old.incomplete)))
    decision = Decision(DecisionKind.SUPERSEDED, digest, new.started_by, at, by_sync=new.id)
    closing = replace(
        old,
        stage=Stage.SETTLING,
        step=old.step + 1,
        decision=decision,
        outcome=end.outcome,
        cause=end.cause,
        incomplete=end.incomplete,
        resting=end.resting,
    )
    last = LastSync(old.id, end.outcome, end.incomplete, at, end.error)
    freed = released(tenant, last, end.resting, 0)
    taken = restated(replace(freed, active_sync=new.id), new, at)
    return Moved(taken, new, (EventType.STARTED,), other=closing, decision=decision)
