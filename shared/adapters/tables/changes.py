"""A status change as one transaction: which rows it reads, and which operations write it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, replace

from shared.adapters.tables.connection import Operation, Row, etag_of, inserting, replacing
from shared.adapters.tables.rows import (
    TENANT,
    cancel_row,
    decision_row,
    entity,
    event_row,
    record_of,
    sync_row,
)
from shared.domain.move import Cancel, Event, Moved, Rows
from shared.domain.sync import Decision, SyncRecord, TenantRecord
from shared.names import SyncId, TenantId


@dataclass(frozen=True, slots=True)
class Read:
    """The rows as they were read, and the versions that the transaction insists on."""

    rows: Rows
    tenant_etag: str
    sync_etag: str

    def inserts(self, sync: SyncRecord | None) -> bool:
        """Whether this sync's row is not the one that was read."""
        return sync is not None and (self.rows.sync is None or self.rows.sync.id != sync.id)


def as_read(
    tenant: TenantId,
    found: tuple[TenantRecord, Row] | None,
    sync: Row | None,
    decision: Decision | None = None,
    cancel: Cancel | None = None,
) -> Read:
    """The rows as values. Raises LookupError where there is no such tenant."""
    if found is None:
        raise LookupError(f"changing the status of {tenant}: there is no such tenant")
    record, row = found
    own = None if sync is None else record_of(SyncRecord, sync)
    return Read(Rows(record, own, decision, cancel), etag_of(row), "" if sync is None else etag_of(sync))


def written(before: Read, moved: Moved) -> Moved:
    """The change with what the store counts: the tenant's version, and the events of their subject."""
    tenant, sync, events = moved.tenant, moved.sync, len(moved.events)
    if sync is None:
        tenant = replace(tenant, event_seq=tenant.event_seq + events)
    else:
        sync = replace(sync, event_seq=sync.event_seq + events)
    if tenant != before.rows.tenant:
        tenant = replace(tenant, version=before.rows.tenant.version + 1)
    return replace(moved, tenant=tenant, sync=sync)


def operations(before: Read, after: Moved, at: dt.datetime) -> list[Operation]:
    """The transaction. Nothing to write is an empty one."""
    return list(_operations(before, after, at))


def _operations(before: Read, after: Moved, at: dt.datetime) -> Iterator[Operation]:
    tenant, read = after.tenant.id, before.rows
    if after.tenant != read.tenant:
        yield replacing(entity(tenant, TENANT, after.tenant), before.tenant_etag)
    if after.sync is not None and before.inserts(after.sync):
        yield inserting(_sync(after.sync))
    elif after.sync is not None and after.sync != read.sync:
        yield replacing(_sync(after.sync), before.sync_etag)
    if after.other is not None:
        yield replacing(_sync(after.other), before.sync_etag)
    if read.sync is not None and after.decision is not None:
        yield inserting(entity(tenant, decision_row(read.sync.id), after.decision))
    if read.sync is not None and after.cancel is not None:
        yield inserting(entity(tenant, cancel_row(read.sync.id), after.cancel))
    yield from (inserting(row) for row in _events(after, at))


def _sync(sync: SyncRecord) -> dict[str, object]:
    """A sync's row; stage and outcome also as columns, for people who look into the table."""
    outcome = "" if sync.outcome is None else sync.outcome.value
    return entity(sync.tenant, sync_row(sync.id), sync, stage=sync.stage.value, outcome=outcome)


def _events(after: Moved, at: dt.datetime) -> Iterator[dict[str, object]]:
    """The event rows, their data frozen as of this change."""
    subject: SyncId | TenantId = after.tenant.id if after.sync is None else after.sync.id
    last = after.tenant.event_seq if after.sync is None else after.sync.event_seq
    for seq, kind in enumerate(after.events, last - len(after.events) + 1):
        event = Event(kind, seq, at, after.tenant, after.sync)
        yield entity(after.tenant.id, event_row(subject, seq), event, type=kind.value)
