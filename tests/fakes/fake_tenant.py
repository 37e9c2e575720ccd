"""The tenant's service in memory: plain objects, as eventual as wished, and writes that go wrong."""

from __future__ import annotations

import copy
import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sync_ports import Clock, Effects
from tenant_approvals import TenantApprovals

from shared.domain.catalog import Catalog, Kind, TypeSpec, WrittenBy
from shared.domain.permissions import Grants
from shared.domain.request import Request
from shared.domain.snapshot import RawItem, TypeRead
from shared.errors import ReadFailed, WriteRefused, WriteUnknown
from shared.names import ObjectId, TypeKey
from shared.ports import Answer, Held, Unfinished


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
    refuses_apps: set[str] = field(default_factory=set)
    """Types that the service principal is refused when it tries."""
    listed: Grants | None = None
    """What its directory says is granted; None: nobody may read that."""
    hidden: set[str] = field(default_factory=set)
    """Ids that no list shows, although they can be read."""
    mishaps: list[Mishap] = field(default_factory=list)
    sent: list[Request] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    before_send: Callable[[Request], None] = lambda request: None
    stamps: bool = True
    made: dict[str, dt.datetime] = field(default_factory=dict)
    was: dict[str, tuple[dt.datetime, dict[str, Any]]] = field(default_factory=dict)
    approvals: TenantApprovals = field(default_factory=TenantApprovals)
    """The tenant's own multi-admin approval."""
    _ids: int = 0

    # --- as the portal ---

    def put(self, key: str, name: str, **values: Any) -> str:
        self._ids += 1
        spec = self.catalog.types[TypeKey(key)]
        object_id = key if spec.kind is Kind.SINGLETON else f"{key}-{self._ids}"
        naming = {spec.named_by: name} if spec.named_by else {}
        self.objects.setdefault(TypeKey(key), {})[object_id] = {"id": object_id, **naming, **values}
        return object_id

    def named(self, key: str, name: str) -> dict[str, Any]:
        """The one object of this name."""
        (found,) = self.all(key, name)
        return found

    def all(self, key: str, name: str) -> list[dict[str, Any]]:
        spec = self.catalog.types[TypeKey(key)]
        return [one for one in self.objects.get(TypeKey(key), {}).values() if one.get(spec.named_by) == name]

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

    async def grants(self, client_id: str) -> Grants:
        if self.listed is None:
            raise ReadFailed("reading the permissions granted to the app", 403, "Forbidden")
        return self.listed

    async def try_app(self, spec):
        if spec.key in self.unread:
            raise self.unread[spec.key]
        return spec.key not in self.refuses_apps

    async def send(self, request, *, why="", approval=""):
        self.before_send(request)
        self.sent.append(request)
        if (held := self.approvals.meets(request, why, approval)) is not None:
            self.effects.done(f"filed {request.method} {request.path}")
            return Held(held, "r-h")
        mishap = next((one for one in self.mishaps if one.meets(request)), None)
        if mishap is not None and mishap.how == "refused":
            raise WriteRefused(request.doing, 400, "BadRequest", "no", "r-1")
        if mishap is not None and mishap.how == "never":
            raise WriteUnknown(request.doing, message="no answer")
        if request.path.endswith("/cancelMyRequest"):
            self.approvals.withdrawn(request.body["id"])
            self.effects.done("withdrawn")
            return Answer(204, None, "r-0")
        body = self._apply(request)
        self.approvals.used(approval)
        self.effects.done(f"{request.method} {request.path}")
        if mishap is not None:
            raise WriteUnknown(request.doing, message="the connection broke")
        return Answer(200, body, "r-0")

    async def approval(self, approval):
        return self.approvals.read(approval, self.clock.at)

    async def find_approval(self, request, why):
        return self.approvals.find(why)

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


def failed(doing: str = "reading", status: int = 503) -> ReadFailed:
    """A read that did not arrive."""
    return ReadFailed(doing, status, "oops", "it broke", "r-9")
