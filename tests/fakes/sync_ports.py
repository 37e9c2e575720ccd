"""What one sync works with, in memory: the time, the tenant's service, the repository, blobs under a lease.

`Effects` counts what leaves the process (a request, a commit, a blob, a row) and kills it after the n-th:
what was done stays done, and whoever did it never hears of it.
"""

from __future__ import annotations

import asyncio
import copy
import datetime as dt
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from stores import MemoryArtifacts, MemoryStatus

from shared.domain.catalog import Catalog, Kind, TypeSpec, WrittenBy
from shared.domain.request import Request
from shared.domain.snapshot import RawItem, TypeRead
from shared.errors import HeadMoved, LeaseLost, ReadFailed, StorageConflict, WriteRefused, WriteUnknown
from shared.names import MAIN, ObjectId, TypeKey
from shared.ports import Answer, Author, BranchCommit, Unfinished, blob_id

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


# --- the tenant's service -----------------------------------------------------------------------------------


@dataclass
class Mishap:
    """What happens to a write whose method and path these are.

    `refused`: nothing is done. `lost`: done, and the answer is lost. `never`: not done, and no answer.
    """

    how: str
    method: str = ""
    path: str = ""
    skip: int = 0
    times: int = 1

    def meets(self, request: Request) -> bool:
        if self.method not in ("", request.method) or self.path not in request.path or not self.times:
            return False
        if self.skip:
            self.skip -= 1
            return False
        self.times -= 1
        return True


Objects = dict[TypeKey, dict[str, dict[str, Any]]]


@dataclass
class FakeTenant:
    """`TenantApi` over plain objects, as eventual as it is told to be (seconds of the clock).

    `listed_after`, `shown_after`: when a created object shows in lists, and by its id. `updated_after`: when
    a write shows. `service`: what the service makes of a written object. `unread`: what reading a type, or an
    object's id, raises. `partly`: types whose read stops this often before it is done.
    """

    catalog: Catalog
    clock: Clock
    effects: Effects
    objects: Objects = field(default_factory=dict)
    known: dict[str, dict[str, str]] = field(default_factory=dict)
    listed_after: float = 0
    shown_after: float = 0
    updated_after: float = 0
    service: Callable[[TypeSpec, dict[str, Any]], dict[str, Any]] = lambda spec, raw: raw
    unread: dict[str, Exception] = field(default_factory=dict)
    partly: dict[str, int] = field(default_factory=dict)
    hidden: set[str] = field(default_factory=set)
    """Ids that no list shows, although they can be read."""
    mishaps: list[Mishap] = field(default_factory=list)
    sent: list[Request] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    before_send: Callable[[Request], None] = lambda request: None
    stamps: bool = True
    made: dict[str, dt.datetime] = field(default_factory=dict)
    was: dict[str, tuple[dt.datetime, dict[str, Any]]] = field(default_factory=dict)
    _ids: int = 0

    # --- as the portal ---

    def put(self, key: str, name: str, **values: Any) -> str:
        self._ids += 1
        spec = self.catalog.types[TypeKey(key)]
        object_id = key if spec.kind is Kind.SINGLETON else f"{key}-{self._ids}"
        naming = {spec.identity: name} if spec.identity else {}
        self.objects.setdefault(TypeKey(key), {})[object_id] = {"id": object_id, **naming, **values}
        return object_id

    def named(self, key: str, name: str) -> dict[str, Any]:
        """The one object of this name."""
        (found,) = self.all(key, name)
        return found

    def all(self, key: str, name: str) -> list[dict[str, Any]]:
        spec = self.catalog.types[TypeKey(key)]
        return [one for one in self.objects.get(TypeKey(key), {}).values() if one.get(spec.identity) == name]

    # --- the port ---

    async def read_type(self, spec, stop_at, state=None):
        self.asked.append(spec.key)
        if spec.key in self.unread:
            raise self.unread[spec.key]
        if self.partly.get(spec.key):
            self.partly[spec.key] -= 1
            return Unfinished((state or b"") + b".")
        found = self.objects.get(spec.key, {})
        if spec.kind is Kind.SINGLETON:
            return TypeRead(spec.key, tuple(self._item(spec.key, raw) for raw in found.values()))
        shown = [one for one in found if one not in self.hidden and self._since(one, self.listed_after)]
        return TypeRead(spec.key, tuple(self._item(one, self._shown(found, one)) for one in shown))

    async def read_item(self, spec, object_id):
        self.asked.append(object_id)
        if object_id in self.unread:
            raise self.unread[object_id]
        found = self.objects.get(spec.key, {})
        if object_id not in found or not self._since(object_id, self.shown_after):
            return None
        return self._item(object_id, self._shown(found, object_id))

    async def look_up(self, lookup, object_ids):
        if lookup.key in self.unread:
            raise self.unread[lookup.key]
        names = self.known.get(lookup.key, {})
        return {one: names[one] for one in object_ids if one in names}

    async def find(self, lookup, identity):
        if identity in self.unread:
            raise self.unread[identity]
        return next((one for one, name in self.known.get(lookup.key, {}).items() if name == identity), None)

    async def send(self, request):
        self.before_send(request)
        self.sent.append(request)
        mishap = next((one for one in self.mishaps if one.meets(request)), None)
        if mishap is not None and mishap.how == "refused":
            raise WriteRefused(request.doing, 400, "BadRequest", "no", "r-1")
        if mishap is not None and mishap.how == "never":
            raise WriteUnknown(request.doing, message="no answer")
        body = self._apply(request)
        self.effects.done(f"{request.method} {request.path}")
        if mishap is not None:
            raise WriteUnknown(request.doing, message="the connection broke")
        return Answer(200, body, "r-0")

    # --- what a write does ---

    def _apply(self, request: Request) -> Any:
        spec = next(one for one in self.catalog.types.values() if request.path.startswith(one.path))
        inner = request.path.removeprefix(spec.path).strip("/").split("/")
        found = self.objects.setdefault(spec.key, {})
        if inner == [""] and spec.kind is Kind.COLLECTION:
            self._ids += 1
            object_id = f"{spec.key}-{self._ids}"
            self.made[object_id] = self.clock.at
            stamp = {"createdDateTime": self.clock.at.isoformat()} if self.stamps else {}
            found[object_id] = self.service(spec, {"id": object_id, **stamp, **copy.deepcopy(request.body)})
            return found[object_id]
        object_id = inner[0] if spec.kind is Kind.COLLECTION else next(iter(found))
        if object_id not in found:
            raise WriteRefused(request.doing, 404, "ResourceNotFound", "no such object")
        self.was[object_id] = (self.clock.at, copy.deepcopy(found[object_id]))
        if request.method == "DELETE" and len(inner) == 1:
            del found[object_id]
            return None
        raw = found[object_id]
        if len(inner) > 1:
            self._part(spec, raw, inner[1:], request)
        else:
            for name, value in copy.deepcopy(request.body).items():
                if value is None:
                    raw.pop(name, None)
                else:
                    raw[name] = value
        found[object_id] = self.service(spec, raw)
        return None

    def _part(self, spec: TypeSpec, raw: dict[str, Any], inner: list[str], request: Request) -> None:
        part = next(one for one in spec.sub_resources if one.write_path == inner[0])
        if part.written_by is WrittenBy.ACTION:
            raw[part.property] = copy.deepcopy(request.body[part.payload])
            return
        members = raw.setdefault(part.property, [])
        if request.method == "POST":
            self._ids += 1
            members.append({"id": f"m-{self._ids}", **copy.deepcopy(request.body)})
        else:
            (member,) = [one for one in members if one["id"] == inner[1]]
            if request.method == "DELETE":
                members.remove(member)
            else:
                member.update(copy.deepcopy(request.body))

    def _since(self, object_id: str, seconds: float) -> bool:
        made = self.made.get(object_id)
        return made is None or self.clock.at - made >= dt.timedelta(seconds=seconds)

    def _shown(self, found: dict[str, dict[str, Any]], object_id: str) -> dict[str, Any]:
        at, before = self.was.get(object_id, (None, {}))
        late = at is not None and self.clock.at - at < dt.timedelta(seconds=self.updated_after)
        return before if late else found[object_id]

    @staticmethod
    def _item(object_id: str, raw: dict[str, Any]) -> RawItem:
        return RawItem(ObjectId(object_id), copy.deepcopy(raw))


# --- the repository -----------------------------------------------------------------------------------------


@dataclass
class Commit:
    """One commit: its files, where it came from and what it says."""

    files: dict[str, bytes]
    parent: str | None
    message: str


@dataclass
class GitInMemory:
    """`Repository`. `pushes`: what somebody pushes just before each of the next commits."""

    effects: Effects
    commits: dict[str, Commit] = field(default_factory=dict)
    heads: dict[str, str] = field(default_factory=dict)
    pushes: list[Callable[[], None]] = field(default_factory=list)
    tidied: int = 0

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
        self.commits[name] = Commit(files, one.expected, one.message)
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


def failed(doing: str = "reading", status: int = 503) -> ReadFailed:
    """A read that did not arrive."""
    return ReadFailed(doing, status, "oops", "it broke", "r-9")


def counted(limit: int) -> Iterator[int]:
    """1, 2, 3 … and an error where something should have ended long ago."""
    yield from range(1, limit)
    raise AssertionError(f"not done after {limit} times")


__all__ = [
    "START", "Blobs", "Clock", "Died", "Effects", "FakeTenant", "GitInMemory", "Mishap", "Rows", "Tokens",
    "counted", "failed",
]  # fmt: skip
