"""What the steps need of storage: statuses, answers, keys, the audit, and the blobs of syncs.

Tables are `async`; blobs are plain functions that run in the thread pool (mechanics.md 2). Every write may be
repeated: the docstrings say by which key a repetition is recognised.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from shared.domain.access import KeyRecord
from shared.domain.move import Cancel, Contest, Decide, Event, Moved, R
from shared.domain.repair import OpenSync
from shared.domain.sign_in import SignInResult
from shared.domain.sync import Actor, Decision, SyncRecord, TenantRecord
from shared.domain.tenant_approval import ApprovalAnswer
from shared.names import CommitId, SyncId, TenantId


class StatusStore(Protocol):
    """The table `state`: tenants, syncs, and the insert-only rows by which races are decided (mechanics.md 1,
    5), with what is derived from it in the table `accord`.

    Raises StorageConflict where races do not end, StorageUnavailable where storage does not answer.
    """

    async def tenant(self, tenant: TenantId) -> TenantRecord | None:
        """The tenant's row; None where there is none (or it was removed)."""
        ...

    async def sync(self, tenant: TenantId, sync: SyncId) -> SyncRecord | None:
        """One sync's row."""
        ...

    async def tenants(self) -> Sequence[TenantRecord]:
        """Every tenant by id, from the projection: whole records, but for the `detail` of the last error."""
        ...

    async def syncs(
        self, tenant: TenantId, top: int, after: str | None = None
    ) -> tuple[Sequence[SyncRecord], str | None]:
        """Newest first, and where to go on (None at the end)."""
        ...

    async def tenant_of(self, sync: SyncId) -> TenantId | None:
        """Which tenant a sync belongs to (the index in table `accord`)."""
        ...

    async def change(self, tenant: TenantId, sync: SyncId | None, decide: Decide[R]) -> Moved | R:
        """Reads both rows, lets `decide` say what they become, writes them and the event rows in one
        transaction, and the projection after it. On a lost race it reads and decides again. What `decide`
        answers instead of `Moved` changes nothing and is handed back. Raises LookupError where there is no
        such tenant.
        """
        ...

    async def contest(self, tenant: TenantId, sync: SyncId | None, decide: Contest[R]) -> Moved | R:
        """The same with the decision and cancel rows; `sync` None stands for the tenant's active sync."""
        ...

    async def create(self, tenant: TenantRecord) -> TenantId | None:
        """Inserts a tenant (over a removed one of that id).

        Answers None when done; the same id where it is taken; another's id where that tenant has the Entra
        tenant.
        """
        ...

    async def removed(self, tenant: TenantId) -> TenantRecord | None:
        """The removed tenant of this id, whose repository and history are still kept; None where there is
        none.
        """
        ...

    async def claim(self, entra_tenant: str, tenant: TenantId) -> TenantId:
        """Notes which tenant an Entra tenant is managed as; answers who holds it: this one, or another."""
        ...

    async def unclaim(self, entra_tenant: str, tenant: TenantId) -> None:
        """Gives the Entra tenant back, if this tenant holds it."""
        ...

    async def decision(self, tenant: TenantId, sync: SyncId) -> Decision | None:
        """The decision that stands, if any."""
        ...

    async def cancelled(self, tenant: TenantId, sync: SyncId) -> Cancel | None:
        """Who asked for a cancel, if anybody."""
        ...

    async def sign_in(self, tenant: TenantId, subject: SyncId, number: int) -> SignInResult | None:
        """How this sign-in of a sync (or of an attempt ahead of any) was settled, if it was."""
        ...

    async def settle_sign_in(
        self, tenant: TenantId, subject: SyncId, number: int, result: SignInResult
    ) -> SignInResult:
        """Inserts how a sign-in was settled; answers what stands: this, or what was inserted before."""
        ...

    async def tenant_approvals(self, tenant: TenantId, sync: SyncId) -> Mapping[str, ApprovalAnswer]:
        """What the tenant's own approvers have answered, by approval request."""
        ...

    async def settle_tenant_approval(
        self, tenant: TenantId, sync: SyncId, approval: str, answer: ApprovalAnswer
    ) -> ApprovalAnswer:
        """Inserts how they answered one request; answers what stands: this, or what was inserted before."""
        ...

    async def events(self, tenant: TenantId, subject: SyncId | TenantId, after: int) -> Sequence[Event]:
        """The events of a sync (or of a tenant, those without a sync) from `after` + 1 on, in order."""
        ...

    async def pushed(self, tenant: TenantId, commits: Iterable[CommitId], by: Actor) -> None:
        """Notes who pushed these commits; the first to push one keeps it."""
        ...

    async def pushers(self, tenant: TenantId, commits: Iterable[CommitId]) -> Mapping[CommitId, Actor]:
        """Who pushed which of these commits, by credentials; none for commits of the service itself."""
        ...

    async def open_syncs(self) -> Sequence[OpenSync]:
        """Every sync that nobody has told to forget: those that run, and those that ended lately."""
        ...

    async def known(self) -> Sequence[TenantId]:
        """Every tenant that may be there, whether listings show it or not."""
        ...

    async def project(self, tenant: TenantId) -> None:
        """Brings what listings show up to the tenant's row."""
        ...

    async def forget(self, sync: SyncId) -> None:
        """The sync has ended and left its trail, or never began: `open_syncs` need not name it."""
        ...


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """An answer to say again: status, headers and body as they were sent."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""


@dataclass(frozen=True, slots=True)
class FirstCall:
    """Nobody has answered under this key: do the work, then `finish`.

    `subject` is what the key stands for, such as the id of the sync to start: the one given, or, where an
    earlier call gave up half way (`again`), that call's, so that its work is recognised.
    """

    subject: str = ""
    again: bool = False


@dataclass(frozen=True, slots=True)
class InUse:
    """The first call is still being answered."""


@dataclass(frozen=True, slots=True)
class OtherRequest:
    """The key was used for a request with another content."""


class AnswerStore(Protocol):
    """Rows `idem_<sha256>`: what was answered under an idempotency key, for 24 h (mechanics.md 1)."""

    async def begin(
        self, tenant: TenantId | None, row: str, request: str, at: dt.datetime, subject: str = ""
    ) -> FirstCall | InUse | OtherRequest | StoredAnswer:
        """Takes the key `row` (hexadecimal digits) for a request with the hash `request`. One that was begun
        five minutes ago and never answered is taken over.
        """
        ...

    async def finish(self, tenant: TenantId | None, row: str, answer: StoredAnswer) -> None:
        """Keeps the answer; says nothing where the row has gone."""
        ...

    async def forget(self, tenant: TenantId | None, row: str) -> None:
        """The call failed without doing anything: a repetition is a first call again."""
        ...

    async def purge(self, tenant: TenantId | None, at: dt.datetime) -> int:
        """Removes the rows that are older than a day; answers how many."""
        ...


@dataclass(frozen=True, slots=True)
class Expected:
    """What a callback with a certain state is for. `subject`: the sync, or the attempt ahead of any."""

    purpose: str
    tenant: TenantId
    until: dt.datetime
    subject: str = ""
    number: int = 0


class Callbacks(Protocol):
    """The `state` values of callbacks that are waited for; each is good once (mechanics.md 7)."""

    async def expect(self, state: str, expected: Expected) -> None:
        """Notes that a callback with this state may come, until then."""
        ...

    async def take(self, state: str, purpose: str, at: dt.datetime) -> Expected | None:
        """What the state stands for, the first time it comes; None for any other, or when it is over."""
        ...

    async def taken(self, state: str, purpose: str, at: dt.datetime) -> Expected | None:
        """What a state stood for that has come before, while it counted."""
        ...

    async def purge(self, at: dt.datetime) -> int:
        """Removes those that are over; answers how many."""
        ...


class KeyStore(Protocol):
    """Function keys, by their hash; the key itself is nowhere."""

    async def find(self, hash: str) -> KeyRecord | None:  # noqa: A002 - the record's own word
        """The key with this SHA-256, expired ones too."""
        ...

    async def all(self) -> Sequence[KeyRecord]:
        """Every key, by id."""
        ...

    async def add(self, record: KeyRecord) -> bool:
        """Inserts a key; False where the id or the hash is taken."""
        ...

    async def delete(self, id: str) -> bool:  # noqa: A002 - the record's own word
        """Removes a key; False where there is none of that id."""
        ...


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
        """Adds an entry. Two with the same moment and `id` are one entry; without an id it is given one."""
        ...

    async def entries(
        self, tenant: TenantId | None, since: dt.datetime | None, top: int, after: str | None = None
    ) -> tuple[Sequence[AuditEntry], str | None]:
        """Newest first, of one tenant or of all, and where to go on."""
        ...


class Artifacts(Protocol):
    """The blobs of one sync: its snapshot's parts, plan, journal, results, report, log. Names are relative:
    `plan.json`, `snapshot/<type>.json`.
    """

    def put(self, name: str, data: bytes) -> None:
        """Writes the blob, over what may be there."""
        ...

    def get(self, name: str) -> bytes | None:
        """The blob, or None where there is none."""
        ...

    def stream(self, name: str) -> Iterator[bytes] | None:
        """The blob in pieces of a few MiB, for downloads; None where there is none."""
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
        """Appends to an append blob, made at the first call. A lost answer may put `data` there twice."""
        ...

    def names(self, prefix: str) -> Sequence[str]:
        """The names of blobs below a prefix, in order."""
        ...

    def delete(self, name: str) -> None:
        """Removes the blob; nothing happens where there is none. Raises LeaseLost while somebody holds it."""
        ...

    def lease(self, name: str) -> Lease:
        """Takes the lease on a blob (made empty where there is none). Raises LeaseLost while another
        holds it.
        """
        ...


class Lease(Protocol):
    """A blob lease of 15 to 60 s (a setting), renewed by `hold` when a third of that has passed."""

    def hold(self) -> None:
        """Call before each write: renews when due. Raises LeaseLost if it is no longer ours."""
        ...

    def put(self, data: bytes) -> None:
        """Writes the leased blob under the lease, if it is as this lease last saw it. Raises LeaseLost."""
        ...

    def release(self) -> None:
        """Gives it back; says nothing if it is already gone."""
        ...
