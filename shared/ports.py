"""What the steps need of the outside world: small protocols that adapters fill and tests fake.

Methods of the tenant's service and of status storage are `async`; Git and blobs are plain functions that run
in the thread pool (mechanics.md 2).
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from shared.domain.catalog import Lookup, TypeSpec
from shared.domain.snapshot import RawItem, TypeRead
from shared.domain.sync import Actor, Decision, Moved, SyncRecord, TenantRecord
from shared.names import CommitId, ObjectId, SyncId, TenantId


class Clock(Protocol):
    """The time, from outside, so that steps can be played at any moment."""

    def now(self) -> dt.datetime:
        """The present moment, aware, in UTC."""
        ...


# --- the tenant's service -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Request:
    """One request to Graph: `path` is below the version's address. A write is every method but GET and HEAD,
    except the catalog's read actions.
    """

    method: str
    version: str
    path: str
    body: Any = None
    doing: str = ""
    """What it does, for messages: "updating conditional-access-policies 'Require MFA'"."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A successful answer (2xx)."""

    status: int
    body: Any
    request_id: str


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A read that ran out of time: `state` resumes it (JSON bytes, opaque to everybody but the adapter)."""

    state: bytes


class TenantApi(Protocol):
    """One tenant's Graph, with the throttling budget of every bucket it touches."""

    async def read_type(
        self, spec: TypeSpec, stop_at: dt.datetime, state: bytes | None = None
    ) -> TypeRead | Unfinished:
        """Every item with its sub-resources. Raises ReadFailed, NotAvailable."""
        ...

    async def read_item(self, spec: TypeSpec, object_id: ObjectId) -> RawItem | None:
        """One item, complete; None only if the service says "not found". Raises ReadFailed."""
        ...

    async def look_up(self, lookup: Lookup, object_ids: Iterable[ObjectId]) -> Mapping[ObjectId, str]:
        """The identities of those ids that exist. Raises ReadFailed."""
        ...

    async def find(self, lookup: Lookup, identity: str) -> ObjectId | None:
        """The id of the object known by this identity. Raises ReadFailed."""
        ...

    async def send(self, request: Request) -> Answer:
        """A write. Raises WriteRefused, WriteUnknown; repeats by itself what may be repeated (mechanics.md
        4).
        """
        ...


class TokenSource(Protocol):
    """Signs in as the service principal of one tenant."""

    def app_token(self) -> str:
        """A bearer token for Graph. Raises SignInFailed."""
        ...

    def roles(self) -> frozenset[str]:
        """The application permissions that the token carries. Raises SignInFailed."""
        ...

    def drop(self) -> None:
        """Forget the cached token, so that the next one carries new roles."""
        ...


# --- the repository -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Author:
    """Who a commit names: `Accord <accord@localhost>` for the service itself."""

    name: str
    email: str


@dataclass(frozen=True, slots=True)
class BranchCommit:
    """One commit to make on one ref: `expected` is where the ref must stand (None: it must not exist).

    `files` changes the tree at `expected`: path → new bytes, or None to remove it. An empty `files` makes no
    commit.
    """

    ref: str
    expected: CommitId | None
    files: Mapping[str, bytes | None]
    message: str
    author: Author
    at: dt.datetime


class Repository(Protocol):
    """One tenant's Git repository. Blob ids are Git's own, so equal ids are equal contents."""

    def refs(self) -> Mapping[str, CommitId]:
        """Every ref, `refs/heads/main` spelled out, read at one moment."""
        ...

    def tree(self, commit: CommitId | None) -> Mapping[str, str]:
        """Path → blob id of every file in that commit; empty for None."""
        ...

    def blobs(self, ids: Iterable[str]) -> Mapping[str, bytes]:
        """Blob id → contents, for those ids."""
        ...

    def read_file(self, commit: CommitId, path: str) -> bytes | None:
        """One file's contents in that commit; None where there is no such file."""
        ...

    def commit(self, commits: Sequence[BranchCommit]) -> Mapping[str, CommitId]:
        """Makes the commits and moves their refs together, or none of them: HeadMoved if any ref moved.

        Answers where each named ref stands now (unchanged where `files` changed nothing).
        """
        ...

    def tag(self, name: str, commit: CommitId) -> None:
        """Makes `refs/tags/<name>`; an equal tag already there is left alone."""
        ...

    def between(self, old: CommitId | None, new: CommitId) -> Sequence[CommitId]:
        """The commits reachable from `new` and not from `old`, newest first."""
        ...


def blob_id(contents: bytes) -> str:
    """Git's id of a blob with these contents, without a repository."""
    return hashlib.sha1(b"blob %d\x00" % len(contents) + contents, usedforsecurity=False).hexdigest()


# --- status, decisions, audit (Table Storage) ---------------------------------------------------------------


class StatusStore(Protocol):
    """The table `state`: tenants, syncs, and the insert-only rows by which races are decided (mechanics.md 1,
    5).
    """

    async def tenant(self, tenant: TenantId) -> TenantRecord | None:
        """The tenant's row; None where there is none (or it was removed)."""
        ...

    async def sync(self, tenant: TenantId, sync: SyncId) -> SyncRecord | None:
        """One sync's row."""
        ...

    async def tenants(self) -> Sequence[TenantRecord]:
        """Every tenant, from the projection: one partition, six columns of JSON."""
        ...

    async def syncs(
        self, tenant: TenantId, top: int, after: str | None = None
    ) -> tuple[Sequence[SyncRecord], str | None]:
        """Newest first, and where to go on (None at the end)."""
        ...

    async def tenant_of(self, sync: SyncId) -> TenantId | None:
        """Which tenant a sync belongs to (the index in table `accord`)."""
        ...

    async def change(self, tenant: TenantId, sync: SyncId | None, decide: Decide) -> Moved | None:
        """Reads both rows, lets `decide` say what they become, writes them and the event rows in one
        transaction, and the projection after it. On a lost race it reads and decides again. `decide`
        answering None changes nothing. Raises StorageConflict when races do not end.
        """
        ...

    async def create(self, tenant: TenantRecord) -> bool:
        """Inserts a tenant; False where the id is taken."""
        ...

    async def decide(self, tenant: TenantId, sync: SyncId, decision: Decision) -> Decision:
        """Inserts `decision_{sync}`; answers the decision that stands: this one, or the earlier one that won."""
        ...

    async def decision(self, tenant: TenantId, sync: SyncId) -> Decision | None:
        """The decision that stands, if any."""
        ...

    async def cancel(self, tenant: TenantId, sync: SyncId, by: Actor, comment: str, at: dt.datetime) -> Actor:
        """Inserts `cancel_{sync}`; answers who cancelled first."""
        ...

    async def cancelled(self, tenant: TenantId, sync: SyncId) -> Actor | None:
        """Who asked for a cancel, if anybody."""
        ...


class Decide(Protocol):
    """A pure decision on the rows as they are now."""

    def __call__(self, tenant: TenantRecord, sync: SyncRecord | None) -> Moved | None: ...


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Who did what, when, from which client, on which digest."""

    at: dt.datetime
    actor: Actor
    action: str
    tenant: TenantId | None = None
    sync: SyncId | None = None
    digest: str | None = None
    detail: str = ""
    id: str = ""


class AuditLog(Protocol):
    """Append-only."""

    async def add(self, entry: AuditEntry) -> None:
        """Adds an entry; the same `id` twice is one entry."""
        ...

    async def entries(
        self, tenant: TenantId | None, since: dt.datetime | None, top: int, after: str | None = None
    ) -> tuple[Sequence[AuditEntry], str | None]:
        """Newest first, of one tenant or of all, and where to go on."""
        ...


# --- blobs --------------------------------------------------------------------------------------------------


class Artifacts(Protocol):
    """Blobs of a tenant's syncs: snapshots' parts, plan, journal, results, report, log. Names are below
    `{tenant}/{sync}/`.
    """

    def put(self, name: str, data: bytes) -> None:
        """Writes the blob, over what may be there."""
        ...

    def get(self, name: str) -> bytes | None:
        """The blob, or None where there is none."""
        ...

    def put_if(self, name: str, data: bytes, etag: str | None) -> str:
        """Writes if the blob is still the one with `etag` (None: if there is none); answers the new ETag.
        Raises StorageConflict.
        """
        ...

    def get_with_etag(self, name: str) -> tuple[bytes, str] | None:
        """The blob and its ETag."""
        ...

    def append(self, name: str, data: bytes) -> None:
        """Appends to an append blob, made at the first call."""
        ...

    def names(self, prefix: str) -> Sequence[str]:
        """The names of blobs below a prefix."""
        ...

    def delete(self, name: str) -> None:
        """Removes the blob; nothing happens where there is none."""
        ...

    def lease(self, name: str) -> Lease:
        """Takes the 60 s lease on a blob (made empty where there is none). Raises LeaseLost while another
        holds it.
        """
        ...


class Lease(Protocol):
    """A 60 s blob lease, renewed by `hold` when 20 s have passed."""

    def hold(self) -> None:
        """Call before each write: renews when due. Raises LeaseLost if it is no longer ours."""
        ...

    def put(self, data: bytes) -> None:
        """Writes the leased blob under the lease. Raises LeaseLost."""
        ...

    def release(self) -> None:
        """Gives it back; says nothing if it is already gone."""
        ...
