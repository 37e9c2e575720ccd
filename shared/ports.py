"""What the steps need of the outside world: small protocols that adapters fill and tests fake.

Methods of the tenant's service and of status storage are `async`; Git and blobs are plain functions that run
in the thread pool (mechanics.md 2).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from shared.domain.catalog import Lookup, TypeSpec
from shared.domain.files import blob_id
from shared.domain.permissions import Grants
from shared.domain.request import Request
from shared.domain.snapshot import RawItem, TypeRead
from shared.domain.tenant_approval import ApprovalAnswer
from shared.names import CommitId, ObjectId
from shared.stores import Artifacts, AuditEntry, AuditLog, Lease, StatusStore
from shared.user_ports import (
    BrowserLink,
    CacheKind,
    DeviceCode,
    Polled,
    PollKind,
    Sealed,
    StoredCache,
    TokenCaches,
    UserSignIn,
    UserTokens,
)

__all__ = [
    "Answer",
    "Artifacts",
    "AuditEntry",
    "AuditLog",
    "Author",
    "BranchCommit",
    "BrowserLink",
    "CacheKind",
    "Clock",
    "DeviceCode",
    "EditedRepository",
    "Held",
    "Lease",
    "PollKind",
    "Polled",
    "Repository",
    "Request",
    "Revision",
    "Revisions",
    "Sealed",
    "StatusStore",
    "StoredCache",
    "TenantApi",
    "TokenCaches",
    "TokenSource",
    "Unfinished",
    "UserSignIn",
    "UserTokens",
    "blob_id",
]


class Clock(Protocol):
    """The time, from outside, so that steps can be played at any moment."""

    def now(self) -> dt.datetime:
        """The present moment, aware, in UTC."""
        ...


# --- the tenant's service -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Answer:
    """A successful answer (2xx)."""

    status: int
    body: Any
    request_id: str


@dataclass(frozen=True, slots=True)
class Held:
    """The tenant's own multi-admin approval holds the write back: nothing was done, and the approval request
    of this id waits for an administrator of the tenant.
    """

    approval: str
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

    async def try_app(self, spec: TypeSpec) -> bool:
        """One harmless read with the service principal. False if refused for being an app, or for lack of
        permission; raises ReadFailed for anything else.
        """
        ...

    async def grants(self, client_id: str) -> Grants:
        """What the tenant's directory lists as granted to our app. Raises ReadFailed."""
        ...

    async def send(self, request: Request, *, why: str = "", approval: str = "") -> Answer | Held:
        """A write. Raises WriteRefused, WriteUnknown; repeats by itself what may be repeated (mechanics.md
        4).

        `why` is what the tenant's own approver reads, and by what a request that was filed already is found
        again. `approval`: the approved request by which this very write, held back before, is let through.
        """
        ...

    async def approval(self, approval: str) -> ApprovalAnswer:
        """How an approval request stands in the tenant. Raises ReadFailed."""
        ...

    async def find_approval(self, request: Request, why: str) -> str | None:
        """The open approval request that was filed for this write, with these words. Raises ReadFailed."""
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

    def touching(self, commit: CommitId, path: str, top: int) -> Sequence[CommitId]:
        """The commits that changed this file: newest first, from `commit` on, `top` at most."""
        ...

    def tidy(self, now: dt.datetime) -> None:
        """Upkeep: packs many packs into one, and deletes what nothing lists any more."""
        ...

    def between(self, old: CommitId | None, new: CommitId) -> Sequence[CommitId]:
        """The commits reachable from `new` and not from `old`, newest first."""
        ...


@dataclass(frozen=True, slots=True)
class Revision:
    """One commit as people read it. `author`: its author line, which anybody may write as they like; `at`:
    when it was committed; `files`: how many files differ from its first parent.
    """

    id: CommitId
    author: Author
    at: dt.datetime
    message: str
    files: int


@dataclass(frozen=True, slots=True)
class Revisions:
    """A part of a history, newest first. `count`: how many there are in all, where the history has an end
    that is near (`since`); `more`: others follow.
    """

    value: Sequence[Revision]
    more: bool
    count: int | None = None


class EditedRepository(Repository, Protocol):
    """The same repository for people without Git: its history, and commits in somebody's name."""

    def holds(self, commit: CommitId) -> bool:
        """Whether this is a commit of the repository."""
        ...

    def revisions(
        self, commit: CommitId, path: str | None, since: CommitId | None, top: int, after: int
    ) -> Revisions:
        """The history from `commit` on, of one file or folder where `path` is given, without what `since` and
        its ancestors hold, and without the `after` newest.
        """
        ...

    def commit_for(self, commit: BranchCommit, principal: str) -> CommitId | None:
        """Makes the commit, and keeps who asked for it as a push's author is kept, in the same step. Answers
        where the ref stands. Raises HeadMoved.
        """
        ...
