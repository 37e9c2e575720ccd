"""What one sync works with, in memory: the time, the repository, rows, blobs under a lease.

`Effects` counts what leaves the process (a request, a commit, a blob, a row) and kills it after the n-th:
what was done stays done, and whoever did it never hears of it.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from stores import MemoryArtifacts, MemoryStatus

from shared.errors import HeadMoved, LeaseLost, SealBroken, StorageConflict
from shared.names import MAIN
from shared.ports import Author, BranchCommit, Revision, Revisions, blob_id

START = dt.datetime(2026, 3, 2, 6, 0, tzinfo=dt.UTC)
LEASE = dt.timedelta(seconds=60)


class Died(BaseException):
    """The process was killed here."""


@dataclass
class Effects:
    """`die_after` n effects; `log` says which there were."""

    die_after: int | None = None
    log: list[str] = field(default_factory=list)
    dead: bool = False

    def done(self, what: str) -> None:
        if self.dead:
            raise Died
        self.log.append(what)
        if self.die_after is not None and len(self.log) >= self.die_after:
            self.dead = True
            raise Died

    def revive(self) -> None:
        self.dead, self.die_after = False, None


@dataclass
class Clock:
    """Goes on by what is slept, at once; `jump` after so many looks at it leaps over the end of a slice."""

    at: dt.datetime = START
    looks: int = 0
    jump: tuple[int, float] | None = None

    def now(self) -> dt.datetime:
        self.looks += 1
        if self.jump is not None and self.looks == self.jump[0]:
            self.pass_(self.jump[1])
        return self.at

    def pass_(self, seconds: float) -> None:
        self.at += dt.timedelta(seconds=seconds)

    async def sleep(self, seconds: float) -> None:
        self.pass_(seconds)
        await asyncio.sleep(0)


@dataclass
class Tokens:
    """A service principal. `refusals` are raised first, one after another."""

    granted: frozenset[str] = frozenset({"Read", "Write"})
    refusals: list[Exception] = field(default_factory=list)

    def app_token(self) -> str:
        if self.refusals:
            raise self.refusals.pop(0)
        return "token"

    def roles(self) -> frozenset[str]:
        self.app_token()
        return self.granted

    def drop(self) -> None:
        pass


class Envelope:
    """`Sealed`: opens only for the words that it was sealed with, and cannot be read by looking at it."""

    def seal(self, plain: bytes, *associated: str) -> bytes:
        return json.dumps([plain.hex(), *associated]).encode()

    def open(self, sealed: bytes, *associated: str) -> bytes:
        plain, *words = json.loads(sealed)
        if tuple(words) != associated:
            raise SealBroken(f"opening what is kept for {associated}")
        return bytes.fromhex(plain)


# --- the repository -----------------------------------------------------------------------------------------


@dataclass
class Commit:
    """One commit: its files, where it came from and what it says."""

    files: dict[str, bytes]
    parent: str | None
    message: str
    author: Author
    at: dt.datetime


@dataclass(frozen=True)
class Asked:
    """A commit that somebody asked for without Git, as the repository keeps it until it is noted."""

    old: str | None
    new: str
    principal: str
    at: dt.datetime


@dataclass
class GitInMemory:
    """`Repository`. `pushes`: what somebody pushes just before each of the next commits."""

    effects: Effects
    commits: dict[str, Commit] = field(default_factory=dict)
    heads: dict[str, str] = field(default_factory=dict)
    pushes: list[Callable[[], None]] = field(default_factory=list)
    tidied: int = 0
    noted: list[Asked] = field(default_factory=list)
    """Commits that somebody asked for without Git."""

    def refs(self):
        return dict(self.heads)

    def tree(self, commit):
        return {} if commit is None else {path: blob_id(data) for path, data in self.files(commit).items()}

    def blobs(self, ids):
        known = {blob_id(data): data for one in self.commits.values() for data in one.files.values()}
        return {one: known[one] for one in ids}

    def read_file(self, commit, path):
        return self.files(commit).get(path)

    def commit(self, commits):
        if self.pushes:
            self.pushes.pop(0)()
        if any(self.heads.get(one.ref) != one.expected for one in commits):
            raise HeadMoved("committing: a branch moved")
        for one in commits:
            self._one(one)
        if any(one.files for one in commits):
            self.effects.done("commit")
        return {one.ref: self.heads[one.ref] for one in commits if one.ref in self.heads}

    def tag(self, name, commit):
        self.heads.setdefault(f"refs/tags/{name}", commit)
        self.effects.done("tag")

    def holds(self, commit):
        return commit in self.commits

    def revisions(self, commit, path, since, top, after):
        known, found = set(self._line(since)), []
        for one in self._line(commit):
            parent = self.commits[one].parent
            before = self.files(parent) if parent else {}
            changed = {
                name for name in self.files(one) | before if self.files(one).get(name) != before.get(name)
            }
            if one not in known and (
                path is None or any(f"{name}/".startswith(f"{path}/") for name in changed)
            ):
                held = self.commits[one]
                found.append(Revision(one, held.author, held.at, held.message, len(changed)))
        count = None if since is None else len(found)
        return Revisions(found[after : after + top], len(found) > after + top, count)

    def _line(self, commit):
        while commit is not None:
            yield commit
            commit = self.commits[commit].parent

    def commit_for(self, commit, principal):
        before = self.heads.get(commit.ref)
        made = self.commit([commit]).get(commit.ref)
        if made != before:
            self.noted.append(Asked(before, made, principal, commit.at))
        return made

    def touching(self, commit, path, top):
        found = []
        while commit is not None:
            parent = self.commits[commit].parent
            if self.files(commit).get(path) != (self.files(parent).get(path) if parent else None):
                found.append(commit)
            commit = parent
        return found[:top]

    def tidy(self, now):
        self.tidied += 1

    def between(self, old, new):
        raise AssertionError("no step asks")

    def files(self, commit: str) -> dict[str, bytes]:
        return self.commits[commit].files

    def _one(self, one: BranchCommit) -> None:
        if not one.files:
            return
        files = dict(self.files(one.expected)) if one.expected else {}
        for path, data in one.files.items():
            if data is None:
                del files[path]
            else:
                files[path] = data
        name = hashlib.sha1(f"{len(self.commits)}{one.ref}".encode()).hexdigest()
        self.commits[name] = Commit(files, one.expected, one.message, one.author, one.at)
        self.heads[one.ref] = name

    def pushed(self, files: dict[str, bytes | None]) -> str:
        """A person's commit on `main`."""
        at = self.heads.get(MAIN)
        self._one(BranchCommit(MAIN, at, files, "An edit", Author("Ada", "ada@contoso.example"), START))
        return self.heads[MAIN]


# --- blobs and rows -----------------------------------------------------------------------------------------


@dataclass
class Blobs(MemoryArtifacts):
    """`Artifacts` of one sync, with a lease that a process which dies leaves behind for a minute."""

    effects: Effects = field(default_factory=Effects)
    clock: Clock = field(default_factory=Clock)
    holder: FakeLease | None = None
    held_until: dt.datetime = START
    hold_breaks_after: int | None = None
    append_fault: Exception | None = None

    def put(self, name, data):
        self.blobs[name] = data
        self.effects.done(name)

    def put_if(self, name, data, etag):
        if etag is None and name in self.blobs:
            raise StorageConflict(f"writing {name}: it is not as it was read")
        self.put(name, data)
        return "etag"

    def append(self, name, data):
        if self.append_fault is not None:
            raise self.append_fault
        super().append(name, data)

    def delete(self, name):
        self.blobs.pop(name, None)

    def lease(self, name):
        if self.holder is not None and self.clock.at < self.held_until:
            raise LeaseLost(f"writing {name}: another run of the same work holds it now")
        self.blobs.setdefault(name, b"")
        self.holder, self.held_until = FakeLease(self, name), self.clock.at + LEASE
        return self.holder


@dataclass(eq=False)
class FakeLease:
    """`Lease`."""

    blobs: Blobs
    name: str

    def hold(self):
        if self.blobs.effects.dead:
            raise Died
        if self.blobs.hold_breaks_after is not None:
            self.blobs.hold_breaks_after -= 1
            if self.blobs.hold_breaks_after < 0:
                self.blobs.holder, self.blobs.hold_breaks_after = None, None
        if self.blobs.holder is not self:
            raise LeaseLost(f"writing {self.name}: another run of the same work holds it now")
        self.blobs.held_until = self.blobs.clock.at + LEASE

    def put(self, data):
        self.hold()
        self.blobs.put(self.name, data)

    def release(self):
        if self.blobs.holder is self and not self.blobs.effects.dead:
            self.blobs.holder = None


@dataclass
class Rows(MemoryStatus):
    """`StatusStore`; `on_cancelled` is told of each look at the cancel row, before it is answered."""

    effects: Effects = field(default_factory=Effects)
    on_cancelled: Callable[[], None] = lambda: None
    noted: list[tuple[str, tuple[str, ...], Any]] = field(default_factory=list)

    async def change(self, tenant, sync, decide):
        result = await super().change(tenant, sync, decide)
        self.effects.done("row")
        return result

    async def cancelled(self, tenant, sync):
        self.on_cancelled()
        return await super().cancelled(tenant, sync)

    async def pushed(self, tenant, commits, by):
        self.noted.append((tenant, tuple(commits), by))


def counted(limit: int) -> Iterator[int]:
    """1, 2, 3 … and an error where something should have ended long ago."""
    yield from range(1, limit)
    raise AssertionError(f"not done after {limit} times")
