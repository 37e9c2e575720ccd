"""One tenant's Graph, for the length of one activity: the port `TenantApi`.

    async with GraphTenant(base_url, tokens) as api:
        found = await api.read_type(spec, stop_at)

Several calls may run at once: they share one budget per throttling bucket.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import quote

import httpx

from shared.adapters.graph import READ_ACTIONS, addresses, approvals
from shared.adapters.graph.batch import Where, read_many
from shared.adapters.graph.grants import read_grants
from shared.adapters.graph.listing import AS_USER, Progress, Reader, as_items
from shared.adapters.graph.replies import Reply, page, plain, read_failure
from shared.adapters.graph.timing import RealTime, Time
from shared.adapters.graph.transport import Call, Exchange, Manner, NoAnswer, OutOfTime, Transport, reason
from shared.adapters.graph.trial import app_may_read
from shared.domain.catalog import Kind, Lookup, Reveal, TypeSpec, holds
from shared.domain.pattern import dig
from shared.domain.permissions import Grants
from shared.domain.snapshot import Raw, RawItem, TypeRead
from shared.domain.tenant_approval import ApprovalAnswer, may_be_held
from shared.errors import ReadFailed, SignInFailed, WriteRefused, WriteUnknown
from shared.names import ObjectId, TypeKey
from shared.ports import Answer, Held, Request, TokenSource, Unfinished, UserTokens

_NO_LIMIT: Final = float("inf")


@dataclass(frozen=True, slots=True)
class AsUser:
    """What goes out as the signed-in user: the requests of `types`. Without `tokens` they are refused."""

    tokens: UserTokens | None = None
    types: frozenset[TypeKey] = frozenset()


class GraphTenant:
    """Fills `TenantApi`. `base_url` is the cloud's Graph address without a version. `log` gets every request.

    `client` is for tests; by default one with HTTP/2 where the server offers it. `now` is the time of day, by
    which `stop_at` counts. `user` says whose requests a person sends; all others are the
    service principal's.
    """

    def __init__(
        self,
        base_url: str,
        tokens: TokenSource,
        *,
        log: Callable[[Exchange], None] | None = None,
        manner: Manner | None = None,
        client: httpx.AsyncClient | None = None,
        time: Time | None = None,
        user: AsUser | None = None,
    ) -> None:
        self._client = client or httpx.AsyncClient(
            http2=True, limits=httpx.Limits(max_connections=40, max_keepalive_connections=40)
        )
        self._time, self._user = time or RealTime(), user or AsUser()
        self._transport = Transport(
            base_url.rstrip("/"), tokens, self._client, manner or Manner(), log, self._time, self._user.tokens
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Closes the connections."""
        await self._client.aclose()

    async def read_type(
        self, spec: TypeSpec, stop_at: dt.datetime, state: bytes | None = None
    ) -> TypeRead | Unfinished:
        """Every item with its sub-resources, or the state to go on from at `stop_at`."""
        until = self._time.clock() + (stop_at - self._time.now()).total_seconds()
        if spec.kind is Kind.SINGLETON:
            return await self._read_singleton(spec, until)
        progress = (
            Progress.load(state)
            if state
            else Progress(f"{self._transport.base_url}/{spec.version}{addresses.list_path(spec)}")
        )
        await self._reader(spec, until).read(progress)
        if not progress.complete:
            return Unfinished(progress.dump())
        return TypeRead(spec.key, as_items(progress.items))

    async def _read_singleton(self, spec: TypeSpec, until: float) -> TypeRead | Unfinished:
        try:
            item = await self._singleton(spec, until)
        except OutOfTime:
            return Unfinished(b"{}")
        return TypeRead(spec.key, (item,))

    async def _singleton(self, spec: TypeSpec, until: float | None = None) -> RawItem:
        doing = self._doing(f"reading {spec.key}", spec)
        raw = await self._read_object(spec, addresses.list_path(spec), doing, until)
        if not spec.is_plausible(raw):
            raise ReadFailed(doing, message=f"the answer has no {spec.witness}")
        return RawItem(ObjectId(spec.key), raw)

    async def read_item(self, spec: TypeSpec, object_id: ObjectId) -> RawItem | None:
        """One item, complete, masked values revealed; None only if the service says "not found"."""
        doing = self._doing(f"reading {spec.key}, the object {object_id}", spec)
        if spec.kind is Kind.SINGLETON:
            return await self._singleton(spec)
        reply = await self._get(
            spec.bucket,
            spec.version,
            addresses.item_path(spec, object_id) + addresses.item_query(spec),
            doing,
            user=self._needs_user(spec.key),
        )
        if reply.says_not_found:
            return None
        reader = self._reader(spec, _NO_LIMIT)
        raw = await reader.complete_item(object_id, reader.whole_item(object_id, reply))
        for reveal in spec.reveals:
            raw = await self._revealed(spec, object_id, raw, reveal)
        return RawItem(object_id, raw)

    async def _revealed(self, spec: TypeSpec, object_id: ObjectId, raw: Raw, reveal: Reveal) -> Raw:
        members = raw.get(reveal.path)
        if not isinstance(members, list):
            return raw
        shown: list[Any] = []
        for member in members:
            if isinstance(member, dict) and holds(reveal.when, member):
                address = reveal.address
                for name, value in member.items():
                    address = address.replace(f"{{{name}}}", quote(str(value), safe=""))
                doing = self._doing(f"reading {spec.key}, masked values of the object {object_id}", spec)
                path = f"{addresses.item_path(spec, object_id)}/{address}"
                answer = await self._read_object(spec, path, doing)
                member = {**member, reveal.into: dig(answer, "value")}  # noqa: PLW2901
            shown.append(member)
        return {**raw, reveal.path: shown}

    async def look_up(self, lookup: Lookup, object_ids: Iterable[ObjectId]) -> Mapping[ObjectId, str]:
        """The identities of those ids that exist."""
        wanted = sorted(set(object_ids))
        doing = f"looking up {lookup.key}"
        try:
            where = Where(lookup.bucket, lookup.version)
            paths = [addresses.by_id(lookup, one) for one in wanted]
            replies = await read_many(self._transport, where, paths)
        except (NoAnswer, SignInFailed) as lost:
            raise ReadFailed(doing, message=reason(lost)) from lost
        found: dict[ObjectId, str] = {}
        for object_id, reply in zip(wanted, replies, strict=True):
            if reply.says_not_found:
                continue
            if not reply.ok:
                raise read_failure(f"{doing}, the object {object_id}", reply)
            found[object_id] = _text_of(reply, lookup.named_by, f"{doing}, the object {object_id}")
        return found

    async def find(self, lookup: Lookup, identity: str) -> ObjectId | None:
        """The id of the object known by this identity; ReadFailed if several are."""
        doing = f"looking up {lookup.key} by {lookup.named_by}"
        reply = await self._get(lookup.bucket, lookup.version, addresses.by_identity(lookup, identity), doing)
        if reply.says_not_found:
            return None
        if not reply.ok:
            raise read_failure(doing, reply)
        if isinstance(reply.body, Mapping) and "value" not in reply.body:
            return ObjectId(_text_of(reply, "id", doing))
        objects = page(doing, reply).objects
        if len(objects) > 1:
            raise ReadFailed(doing, reply.status, message="several objects have this name")
        return ObjectId(str(objects[0]["id"])) if objects else None

    async def try_app(self, spec: TypeSpec) -> bool:
        """Whether the service principal may read this type: one harmless read."""
        return await app_may_read(self._transport, spec)

    async def send(self, request: Request, *, why: str = "", approval: str = "") -> Answer | Held:
        """A write, repeated where that does no harm. Raises WriteRefused, WriteUnknown."""
        bucket = request.bucket
        call = Call(
            request.method,
            f"/{request.version}{request.path}",
            bucket,
            request.body,
            write=request.path not in READ_ACTIONS,
            once=request.once,
            user=self._needs_user(request.type),
            headers=approvals.headers(request, why, approval),
        )
        try:
            reply = await self._transport.ask(call)
        except SignInFailed as refused:
            raise WriteRefused(request.doing, code=refused.code, message=str(refused)) from refused
        except NoAnswer as lost:
            kind = WriteUnknown if lost.sent else WriteRefused
            raise kind(request.doing, message=reason(lost)) from lost
        # A delete whose first answer was lost finds nothing the second time: it is done.
        if reply.ok or (request.method == "DELETE" and reply.says_not_found):
            return Answer(reply.status, reply.body, reply.request_id)
        if (held := await self._held(reply, why)) is not None:
            return Held(held, reply.request_id)
        code, message = reply.error
        kind = WriteUnknown if reply.status >= 500 else WriteRefused
        raise kind(request.doing, reply.status, code, message, reply.request_id)

    async def _held(self, reply: Reply, why: str) -> str | None:
        """The approval request that holds the write back: this answer's, or the one that the same write filed
        when its answer was lost.
        """
        if held := approvals.held_by(reply):
            return held
        if not why or not approvals.is_asked_already(reply):
            return None
        try:
            return await approvals.find(self._transport, why)
        except ReadFailed:
            return None

    async def approval(self, approval: str) -> ApprovalAnswer:
        """How an approval request stands in the tenant."""
        return await approvals.read(self._transport, approval)

    async def find_approval(self, request: Request, why: str) -> str | None:
        """The open approval request that was filed for this write, with these words."""
        return await approvals.find(self._transport, why) if may_be_held(request.path) else None

    async def grants(self, client_id: str) -> Grants:
        """The permissions for Graph that the tenant has granted. Raises ReadFailed."""
        return await read_grants(self._transport, client_id)

    def _needs_user(self, key: TypeKey | None) -> bool:
        return key in self._user.types

    def _reader(self, spec: TypeSpec, until: float) -> Reader:
        return Reader(self._transport, spec, until, self._needs_user(spec.key))

    def _doing(self, what: str, spec: TypeSpec) -> str:
        return what + AS_USER if self._needs_user(spec.key) else what

    async def _read_object(
        self, spec: TypeSpec, path: str, doing: str, until: float | None = None
    ) -> dict[str, Any]:
        user = self._needs_user(spec.key)
        reply = await self._get(spec.bucket, spec.version, path, doing, until, user=user)
        if not reply.ok:
            raise read_failure(doing, reply, spec)
        if not isinstance(reply.body, dict) or not reply.body:
            raise ReadFailed(
                doing, reply.status, message="the answer is no object", request_id=reply.request_id
            )
        return plain(reply.body)

    async def _get(
        self,
        bucket: str,
        version: str,
        path: str,
        doing: str,
        until: float | None = None,
        *,
        user: bool = False,
    ) -> Reply:
        try:
            return await self._transport.ask(Call("GET", f"/{version}{path}", bucket, until=until, user=user))
        except (NoAnswer, SignInFailed) as lost:
            raise ReadFailed(doing, message=reason(lost)) from lost


def _text_of(reply: Reply, name: str, doing: str) -> str:
    value = reply.body.get(name) if isinstance(reply.body, Mapping) else None
    if not isinstance(value, str) or not value:
        raise ReadFailed(
            doing, reply.status, message=f"the answer has no {name}", request_id=reply.request_id
        )
    return value
