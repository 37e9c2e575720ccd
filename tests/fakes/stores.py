"""Storage in memory, with the same promises as the tables and blobs."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass, field, replace

from shared.domain.move import Cancel, Moved, Rows
from shared.domain.sync import SyncRecord, TenantRecord
from shared.errors import StorageConflict, StorageUnavailable
from shared.stores import AuditEntry, FirstCall, InUse, OtherRequest, StoredAnswer


@dataclass
class MemoryStatus:
    """`StatusStore`, one thread, no races but those a test makes."""

    rows: dict[str, TenantRecord] = field(default_factory=dict)
    sync_rows: dict[str, SyncRecord] = field(default_factory=dict)
    decisions: dict[str, object] = field(default_factory=dict)
    cancels: dict[str, Cancel] = field(default_factory=dict)
    sign_ins: dict[tuple[str, int], object] = field(default_factory=dict)
    approvals: dict[str, dict[str, object]] = field(default_factory=dict)
    pushes: dict[tuple[str, str], object] = field(default_factory=dict)
    down: bool = False

    async def tenant(self, tenant):
        if self.down:
            raise StorageUnavailable("reading a row: no answer")
        found = self.rows.get(tenant)
        return None if found is None or found.deleted_at else found

    async def tenants(self):
        return [self.rows[name] for name in sorted(self.rows) if not self.rows[name].deleted_at]

    async def sync(self, tenant, sync):
        found = self.sync_rows.get(sync)
        return found if found is not None and found.tenant == tenant else None

    async def syncs(self, tenant, top, after=None):
        names = sorted((name for name, one in self.sync_rows.items() if one.tenant == tenant), reverse=True)
        names = [name for name in names if after is None or name < after]
        onward = names[top - 1] if len(names) > top else None
        return [self.sync_rows[name] for name in names[:top]], onward

    async def tenant_of(self, sync):
        return self.sync_rows[sync].tenant if sync in self.sync_rows else None

    async def create(self, tenant):
        if await self.tenant(tenant.id):
            return tenant.id
        if (holder := await self.claim(tenant.entra_tenant_id, tenant.id)) != tenant.id:
            return holder
        self.rows[tenant.id] = replace(tenant, version=1)
        return None

    async def removed(self, tenant):
        found = self.rows.get(tenant)
        return found if found is not None and found.deleted_at is not None else None

    async def claim(self, entra_tenant, tenant):
        for one in await self.tenants():
            if one.entra_tenant_id == entra_tenant and one.id != tenant:
                return one.id
        return tenant

    async def unclaim(self, entra_tenant, tenant):
        pass

    async def change(self, tenant, sync, decide):
        record = await self.tenant(tenant)
        if record is None:
            raise LookupError(tenant)
        return self._write(record, decide(record, self.sync_rows.get(sync)), sync)

    async def contest(self, tenant, sync, decide):
        record = await self.tenant(tenant)
        if record is None:
            raise LookupError(tenant)
        sync = sync or record.active_sync
        rows = Rows(record, self.sync_rows.get(sync), self.decisions.get(sync), self.cancels.get(sync))
        return self._write(record, decide(rows), sync)

    def _write(self, before, moved, sync):
        if not isinstance(moved, Moved):
            return moved
        after = moved.tenant
        if after != before:
            after = replace(after, version=before.version + 1)
        self.rows[after.id] = after
        for one in (moved.sync, moved.other):
            if one is not None:
                self.sync_rows[one.id] = one
        if moved.decision is not None:
            self.decisions[sync] = moved.decision
        if moved.cancel is not None:
            self.cancels[sync] = moved.cancel
        return replace(moved, tenant=after)

    async def decision(self, tenant, sync):
        return self.decisions.get(sync)

    async def cancelled(self, tenant, sync):
        return self.cancels.get(sync)

    async def sign_in(self, tenant, subject, number):
        return self.sign_ins.get((subject, number))

    async def settle_sign_in(self, tenant, subject, number, result):
        return self.sign_ins.setdefault((subject, number), result)

    async def tenant_approvals(self, tenant, sync):
        return dict(self.approvals.get(sync, {}))

    async def settle_tenant_approval(self, tenant, sync, approval, answer):
        return self.approvals.setdefault(sync, {}).setdefault(approval, answer)

    async def pushed(self, tenant, commits, by):
        for commit in commits:
            self.pushes.setdefault((tenant, commit), by)

    async def pushers(self, tenant, commits):
        return {one: self.pushes[tenant, one] for one in commits if (tenant, one) in self.pushes}


@dataclass
class MemoryAnswers:
    """`AnswerStore`."""

    rows: dict[str, tuple[str, dt.datetime, str, StoredAnswer | None]] = field(default_factory=dict)

    async def begin(self, tenant, row, request, at, subject=""):
        stands = self.rows.get(row)
        if stands is None or at - stands[1] > dt.timedelta(hours=24):
            self.rows[row] = (request, at, subject, None)
            return FirstCall(subject)
        if stands[0] != request:
            return OtherRequest()
        return stands[3] or InUse()

    async def finish(self, tenant, row, answer):
        request, at, subject, _ = self.rows[row]
        self.rows[row] = (request, at, subject, answer)

    async def forget(self, tenant, row):
        self.rows.pop(row, None)


@dataclass
class MemoryCallbacks:
    """`Callbacks`."""

    rows: dict = field(default_factory=dict)
    used: dict = field(default_factory=dict)

    async def expect(self, state, expected):
        self.rows[state] = expected

    async def take(self, state, purpose, at):
        found = self.rows.get(state)
        if found is None or found.purpose != purpose or found.until < at:
            return None
        self.used[state] = found
        return self.rows.pop(state)

    async def taken(self, state, purpose, at):
        found = self.used.get(state)
        return None if found is None or found.purpose != purpose or found.until < at else found

    async def purge(self, at):
        over = [state for state, one in self.rows.items() if one.until < at]
        for state in over:
            del self.rows[state]
        return len(over)


@dataclass
class MemoryKeys:
    """`KeyStore`."""

    rows: dict = field(default_factory=dict)

    async def find(self, hash):  # noqa: A002 - the port's own word
        return next((one for one in self.rows.values() if one.hash == hash), None)

    async def all(self):
        return list(self.rows.values())

    async def add(self, record):
        if record.id in self.rows:
            return False
        self.rows[record.id] = record
        return True

    async def delete(self, id):  # noqa: A002 - the port's own word
        return self.rows.pop(id, None) is not None


@dataclass
class MemoryAudit:
    """`AuditLog`."""

    rows: list[AuditEntry] = field(default_factory=list)

    async def add(self, entry):
        self.rows.insert(0, replace(entry, id=entry.id or f"a{len(self.rows)}"))

    async def entries(self, tenant, since, top, after=None):
        start = int(after) if after and after.isdecimal() else 0
        found = [
            one
            for one in self.rows
            if (tenant is None or one.tenant == tenant) and (since is None or one.at >= since)
        ]
        onward = str(start + top) if len(found) > start + top else None
        return found[start : start + top], onward


@dataclass
class MemoryArtifacts:
    """`Artifacts` of one sync."""

    blobs: dict[str, bytes] = field(default_factory=dict)

    def put(self, name, data):
        self.blobs[name] = data

    def get(self, name):
        return self.blobs.get(name)

    def get_with_etag(self, name):
        data = self.blobs.get(name)
        return None if data is None else (data, hashlib.sha256(data).hexdigest())

    def put_if(self, name, data, etag):
        held = self.get_with_etag(name)
        if etag != (None if held is None else held[1]):
            raise StorageConflict(f"writing {name}: it is not as it was read")
        self.put(name, data)
        return hashlib.sha256(data).hexdigest()

    def lease(self, name):
        self.blobs.setdefault(name, b"")
        return MemoryLease(self, name)

    def append(self, name, data):
        self.blobs[name] = self.blobs.get(name, b"") + data

    def delete(self, name):
        self.blobs.pop(name, None)

    def names(self, prefix):
        return sorted(name for name in self.blobs if name.startswith(prefix))


@dataclass(frozen=True)
class MemoryLease:
    """`Lease` that nobody contests."""

    artifacts: MemoryArtifacts
    name: str

    def hold(self):
        pass

    def put(self, data):
        self.artifacts.put(self.name, data)

    def release(self):
        pass


@dataclass
class MemoryRepository:
    """`Repository`, of commits that a test puts there: commit → path → contents."""

    commits: dict[str, dict[str, bytes]] = field(default_factory=dict)
    asked: list[int] = field(default_factory=list)

    def tree(self, commit):
        return {path: f"{commit}:{path}" for path in self.commits.get(commit, {})}

    def blobs(self, ids):
        wanted = list(ids)
        self.asked.append(len(wanted))
        return {one: self.commits[one.partition(":")[0]][one.partition(":")[2]] for one in wanted}
