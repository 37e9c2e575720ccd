"""The table `state`: a tenant's partition holds its row, its syncs, and the rows by which races are decided.

A status change is one transaction within that partition. What is derived from it (the listing, the index from
sync to tenant, the list of open syncs) lies in the table `accord`: the index and the open sync are noted
before the transaction, the listing follows it, and `reconcile` mends what a crash left in between.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from shared.adapters.tables.changes import Read, as_read, operations, written
from shared.adapters.tables.connection import (
    ATTEMPTS,
    Row,
    Tables,
    Written,
    etag_of,
    exhausted,
    inserting,
    pause,
    together,
)
from shared.adapters.tables.projection import Projection
from shared.adapters.tables.rows import (
    TENANT,
    cancel_row,
    decision_row,
    entity,
    event_row,
    push_row,
    record_of,
    sign_in_row,
    sync_row,
    tenant_approval_row,
)
from shared.domain.move import Cancel, Contest, Decide, Event, Moved, R, Rows
from shared.domain.repair import OpenSync
from shared.domain.sign_in import SignInResult, number
from shared.domain.sync import Actor, Decision, Stage, SyncRecord, TenantRecord
from shared.domain.tenant_approval import ApprovalAnswer
from shared.names import CommitId, SyncId, TenantId

STATE: Final = "state"
ACCORD: Final = "accord"
OF_SYNC: Final = "~sync"
OPEN: Final = "~open"
ENTRA: Final = "~entra"


class TableStatusStore:
    """`StatusStore` over Table Storage."""

    def __init__(self, tables: Tables, now: Callable[[], dt.datetime]) -> None:
        self._tables, self._now = tables, now
        self._projection = Projection(tables, STATE)

    async def tenant(self, tenant: TenantId) -> TenantRecord | None:
        found = await self._tenant(tenant)
        return None if found is None else found[0]

    async def sync(self, tenant: TenantId, sync: SyncId) -> SyncRecord | None:
        row = await self._tables.get(STATE, tenant, sync_row(sync))
        return None if row is None else record_of(SyncRecord, row)

    async def tenants(self) -> Sequence[TenantRecord]:
        return await self._projection.tenants()

    async def syncs(
        self, tenant: TenantId, top: int, after: str | None = None
    ) -> tuple[Sequence[SyncRecord], str | None]:
        """`after` is the row key of the last one listed."""
        rows = await self._tables.query(
            STATE,
            "PartitionKey eq @tenant and RowKey gt @first and RowKey lt @last",
            {"tenant": tenant, "first": after or "sync_", "last": "sync`"},
            None,
            top + 1,
        )
        onward = rows[top - 1]["RowKey"] if len(rows) > top else None
        return [record_of(SyncRecord, row) for row in rows[:top]], onward

    async def tenant_of(self, sync: SyncId) -> TenantId | None:
        row = await self._tables.get(ACCORD, OF_SYNC, sync)
        return None if row is None else TenantId(row["tenant"])

    async def change(self, tenant: TenantId, sync: SyncId | None, decide: Decide[R]) -> Moved | R:
        return await self._settle(
            lambda: self._read(tenant, sync), lambda rows: decide(rows.tenant, rows.sync), tenant
        )

    async def contest(self, tenant: TenantId, sync: SyncId | None, decide: Contest[R]) -> Moved | R:
        return await self._settle(lambda: self._read_all(tenant, sync), decide, tenant)

    async def create(self, tenant: TenantRecord) -> TenantId | None:
        old = await self._tables.get(STATE, tenant.id, TENANT)
        before = None if old is None else record_of(TenantRecord, old)
        if before is not None and before.deleted_at is None:
            return tenant.id
        if (holder := await self.claim(tenant.entra_tenant_id, tenant.id)) != tenant.id:
            return holder
        version = 1 if before is None else before.version + 1
        record = replace(tenant, version=version, event_seq=0 if before is None else before.event_seq)
        row = entity(tenant.id, TENANT, record)
        done = await (
            self._tables.insert(STATE, row) if old is None else self._tables.replace(STATE, row, etag_of(old))
        )
        if not done:
            return tenant.id
        await self._projection.write(record)
        return None

    async def removed(self, tenant: TenantId) -> TenantRecord | None:
        row = await self._tables.get(STATE, tenant, TENANT)
        record = None if row is None else record_of(TenantRecord, row)
        return record if record is not None and record.deleted_at is not None else None

    async def claim(self, entra_tenant: str, tenant: TenantId) -> TenantId:
        row = {"PartitionKey": ENTRA, "RowKey": entra_tenant.lower(), "tenant": tenant}
        for attempt in range(ATTEMPTS):
            if await self._tables.insert(ACCORD, row):
                return tenant
            held = await self._tables.get(ACCORD, ENTRA, row["RowKey"])
            if held is not None:
                holder = TenantId(held["tenant"])
                owner = None if holder == tenant else await self.tenant(holder)
                if owner is not None and owner.entra_tenant_id.lower() == row["RowKey"]:
                    return holder
                # Its tenant was removed, has another Entra tenant now, or was never made.
                if holder == tenant or await self._tables.replace(ACCORD, row, etag_of(held)):
                    return tenant
            await pause(attempt)
        raise exhausted(f"claiming Entra tenant {entra_tenant} for {tenant}")

    async def unclaim(self, entra_tenant: str, tenant: TenantId) -> None:
        held = await self._tables.get(ACCORD, ENTRA, entra_tenant.lower())
        if held is not None and held["tenant"] == tenant:
            await self._tables.delete(ACCORD, ENTRA, entra_tenant.lower())

    async def decision(self, tenant: TenantId, sync: SyncId) -> Decision | None:
        row = await self._tables.get(STATE, tenant, decision_row(sync))
        return None if row is None else record_of(Decision, row)

    async def cancelled(self, tenant: TenantId, sync: SyncId) -> Cancel | None:
        row = await self._tables.get(STATE, tenant, cancel_row(sync))
        return None if row is None else record_of(Cancel, row)

    async def sign_in(self, tenant: TenantId, subject: SyncId, number: int) -> SignInResult | None:
        row = await self._tables.get(STATE, tenant, sign_in_row(subject, number))
        return None if row is None else record_of(SignInResult, row)

    async def settle_sign_in(
        self, tenant: TenantId, subject: SyncId, number: int, result: SignInResult
    ) -> SignInResult:
        row = entity(tenant, sign_in_row(subject, number), result)
        for attempt in range(ATTEMPTS):
            if await self._tables.insert(STATE, row):
                return result
            if (stands := await self.sign_in(tenant, subject, number)) is not None:
                return stands
            await pause(attempt)
        raise exhausted(f"settling sign-in {number} of {subject} of {tenant}")

    async def tenant_approvals(self, tenant: TenantId, sync: SyncId) -> Mapping[str, ApprovalAnswer]:
        first = tenant_approval_row(sync, "")
        rows = await self._tables.query(
            STATE,
            "PartitionKey eq @tenant and RowKey gt @first and RowKey lt @last",
            {"tenant": tenant, "first": first, "last": f"{first[:-1]}`"},
            None,
        )
        return {row["RowKey"].removeprefix(first): record_of(ApprovalAnswer, row) for row in rows}

    async def settle_tenant_approval(
        self, tenant: TenantId, sync: SyncId, approval: str, answer: ApprovalAnswer
    ) -> ApprovalAnswer:
        row = entity(tenant, tenant_approval_row(sync, approval), answer)
        for attempt in range(ATTEMPTS):
            if await self._tables.insert(STATE, row):
                return answer
            stands = await self._tables.get(STATE, tenant, row["RowKey"])
            if stands is not None:
                return record_of(ApprovalAnswer, stands)
            await pause(attempt)
        raise exhausted(f"noting the answer to approval request {approval} of {tenant}")

    async def events(self, tenant: TenantId, subject: SyncId | TenantId, after: int) -> Sequence[Event]:
        rows = await self._tables.query(
            STATE,
            "PartitionKey eq @tenant and RowKey gt @first and RowKey lt @last",
            {"tenant": tenant, "first": event_row(subject, after), "last": f"event_{subject}`"},
            None,
        )
        return [record_of(Event, row) for row in rows]

    async def pushed(self, tenant: TenantId, commits: Iterable[CommitId], by: Actor) -> None:
        rows = [entity(tenant, push_row(commit), by) for commit in dict.fromkeys(commits)]
        for start in range(0, len(rows), 100):
            some = rows[start : start + 100]
            if await self._tables.transact(STATE, [inserting(row) for row in some]) is not Written.YES:
                for row in some:  # one of them is known already; the others are not
                    await self._tables.insert(STATE, row)

    async def pushers(self, tenant: TenantId, commits: Iterable[CommitId]) -> Mapping[CommitId, Actor]:
        asked = list(dict.fromkeys(commits))
        rows = await together([self._tables.get(STATE, tenant, push_row(commit)) for commit in asked])
        return {
            commit: record_of(Actor, row) for commit, row in zip(asked, rows, strict=True) if row is not None
        }

    async def open_syncs(self) -> Sequence[OpenSync]:
        rows = await self._tables.query(
            ACCORD, "PartitionKey eq @open", {"open": OPEN}, ["RowKey", "tenant", "since"]
        )
        versions = await self._projection.versions() if rows else {}
        return await together([self._open(row, versions) for row in rows])

    async def known(self) -> Sequence[TenantId]:
        """By their claims on Entra tenants, which come before the tenants' own rows."""
        rows = await self._tables.query(ACCORD, "PartitionKey eq @entra", {"entra": ENTRA}, ["tenant"])
        return sorted({TenantId(row["tenant"]) for row in rows})

    async def project(self, tenant: TenantId) -> None:
        row = await self._tables.get(STATE, tenant, TENANT)
        if row is not None:
            await self._projection.write(record_of(TenantRecord, row))

    async def forget(self, sync: SyncId) -> None:
        await self._tables.delete(ACCORD, OPEN, sync)

    async def _settle(
        self, read: Callable[[], Awaitable[Read]], decide: Callable[[Rows], Moved | R], tenant: TenantId
    ) -> Moved | R:
        """Decides on the rows as they are, and again where they moved before the answer was written."""
        outcome = Written.LOST
        for attempt in range(ATTEMPTS):
            before = await read()
            moved = decide(before.rows)
            if not isinstance(moved, Moved):
                if outcome is Written.UNSURE:  # it may have been written: then the listing is yet to follow
                    await self.project(tenant)
                return moved
            after = written(before, moved)
            batch = operations(before, after, self._now())
            if before.inserts(after.sync):
                await self._note(tenant, after.sync)
            outcome = await self._tables.transact(STATE, batch) if batch else Written.YES
            if outcome is Written.YES:
                await self._follow(before, after)
                return after
            await pause(attempt)
        raise exhausted(f"changing the status of {tenant}")

    async def _note(self, tenant: TenantId, sync: SyncRecord | None) -> None:
        """The index and the list of open syncs, before the sync is: a crash in between is found there."""
        if sync is None:
            return
        of_sync = {"PartitionKey": OF_SYNC, "RowKey": sync.id, "tenant": tenant}
        note = {"PartitionKey": OPEN, "RowKey": sync.id, "tenant": tenant, "since": self._now().isoformat()}
        await asyncio.gather(self._tables.put(ACCORD, of_sync), self._tables.put(ACCORD, note))

    async def _follow(self, before: Read, after: Moved) -> None:
        """The listing. Late or lost, `reconcile` does it; it also looks at an ended sync once more."""
        if after.tenant.version != before.rows.tenant.version:
            await self._projection.write(after.tenant)

    async def _tenant(self, tenant: TenantId) -> tuple[TenantRecord, Row] | None:
        row = await self._tables.get(STATE, tenant, TENANT)
        record = None if row is None else record_of(TenantRecord, row)
        return None if row is None or record is None or record.deleted_at is not None else (record, row)

    async def _read(self, tenant: TenantId, sync: SyncId | None) -> Read:
        found, row = await asyncio.gather(self._tenant(tenant), self._sync_row(tenant, sync))
        return as_read(tenant, found, row)

    async def _read_all(self, tenant: TenantId, sync: SyncId | None) -> Read:
        if sync is None:
            return await self._read_active(tenant)
        found, of_sync = await asyncio.gather(self._tenant(tenant), self._of_sync(tenant, sync))
        return as_read(tenant, found, *of_sync)

    async def _read_active(self, tenant: TenantId) -> Read:
        """The tenant with the rows of its active sync. A sync that ended between the two reads is not active:
        nobody is told to wait for it.
        """
        for attempt in range(ATTEMPTS):
            found = await self._tenant(tenant)
            if found is None or found[0].active_sync is None:
                return as_read(tenant, found, None)
            row, decision, cancel = await self._of_sync(tenant, found[0].active_sync)
            if row is None or row["stage"] != Stage.ENDED.value:
                return as_read(tenant, found, row, decision, cancel)
            await pause(attempt)
        raise exhausted(f"reading the active sync of {tenant}")

    async def _of_sync(
        self, tenant: TenantId, sync: SyncId
    ) -> tuple[Row | None, Decision | None, Cancel | None]:
        return await asyncio.gather(
            self._sync_row(tenant, sync), self.decision(tenant, sync), self.cancelled(tenant, sync)
        )

    async def _sync_row(self, tenant: TenantId, sync: SyncId | None) -> Row | None:
        return None if sync is None else await self._tables.get(STATE, tenant, sync_row(sync))

    async def _open(self, row: Row, versions: Mapping[TenantId, int]) -> OpenSync:
        tenant, sync = TenantId(row["tenant"]), SyncId(row["RowKey"])
        record = await self.sync(tenant, sync)
        return OpenSync(
            tenant,
            sync,
            dt.datetime.fromisoformat(row["since"]),
            await self.tenant(tenant),
            record,
            await self.decision(tenant, sync),
            await self.cancelled(tenant, sync),
            versions.get(tenant),
            None if record is None else await self.sign_in(tenant, sync, number(record)),
        )
