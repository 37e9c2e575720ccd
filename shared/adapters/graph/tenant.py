"""One tenant's Graph, for the length of one activity: the port `TenantApi`.

    async with GraphTenant(base_url, tokens) as api:
        found = await api.read_type(spec, stop_at)

Several calls may run at once: they share one budget per throttling bucket.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import quote

import httpx

from shared.adapters.graph import READ_ACTIONS, addresses
from shared.adapters.graph.batch import read_many
from shared.adapters.graph.grants import read_grants
from shared.adapters.graph.listing import Progress, Reader, as_items
from shared.adapters.graph.replies import Reply, page, plain, read_failure
from shared.adapters.graph.timing import RealTime, Time
from shared.adapters.graph.transport import Call, Exchange, Manner, NoAnswer, OutOfTime, Transport, reason
from shared.adapters.graph.trial import app_may_read
from shared.domain.catalog import Kind, Lookup, Reveal, TypeSpec, holds
from shared.domain.pattern import dig
from shared.domain.snapshot import Raw, RawItem, TypeRead
from shared.errors import ReadFailed, SignInFailed, WriteRefused, WriteUnknown
from shared.names import ObjectId
from shared.ports import Answer, Request, TokenSource, Unfinished

_NO_LIMIT: Final = float("inf")


class GraphTenant:
    """Fills `TenantApi`. `base_url` is the cloud's Graph address without a version. `log` gets every request.

    `client` is for tests; by default one with HTTP/2 where the server offers it. `now` is the time of day, by
    which `stop_at` counts.
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
    ) -> None:
        self._client = client or httpx.AsyncClient(
            http2=True, limits=httpx.Limits(max_connections=40, max_keepalive_connections=40)
        )
        self._time = time or RealTime()
        self._transport = Transport(
            base_url.rstrip("/"), tokens, self._client, manner or Manner(), log, self._time
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
        await Reader(self._transport, spec, until).read(progress)
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
        doing = f"reading {spec.key}"
        raw = await self._read_object(spec, addresses.list_path(spec), doing, until)
        if not spec.is_plausible(raw):
            raise ReadFailed(doing, message=f"the answer has no {spec.witness}")
        return RawItem(ObjectId(spec.key), raw)

    async def read_item(self, spec: TypeSpec, object_id: ObjectId) -> RawItem | None:
        """One item, complete, masked values revealed; None only if the service says "not found"."""
        doing = f"reading {spec.key}, the object {object_id}"
        if spec.kind is Kind.SINGLETON:
            return await self._singleton(spec)
        reply = await self._get(
            spec.bucket,
            spec.version,
            addresses.item_path(spec, object_id) + addresses.item_query(spec),
            doing,
        )
        if reply.says_not_found:
            return None
        reader = Reader(self._transport, spec, _NO_LIMIT)
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
                doing = f"reading {spec.key}, masked values of the object {object_id}"
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
            replies = await read_many(
                self._transport,
                lookup.bucket,
                lookup.version,
                [addresses.by_id(lookup, one) for one in wanted],
            )
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

    async def send(self, request: Request) -> Answer:
        """A write, repeated where that does no harm. Raises WriteRefused, WriteUnknown."""
        bucket = request.bucket
        call = Call(
            request.method,
            f"/{request.version}{request.path}",
            bucket,
            request.body,
            write=request.path not in READ_ACTIONS,
            once=request.once,
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
        code, message = reply.error
        kind = WriteUnknown if reply.status >= 500 else WriteRefused
        raise kind(request.doing, reply.status, code, message, reply.request_id)

    async def grants(self, client_id: str) -> frozenset[str]:
        """The application permissions for Graph that the tenant has granted. Raises ReadFailed."""
        return await read_grants(self._transport, client_id)

    async def _read_object(
        self, spec: TypeSpec, path: str, doing: str, until: float | None = None
    ) -> dict[str, Any]:
        reply = await self._get(spec.bucket, spec.version, path, doing, until)
        if not reply.ok:
            raise read_failure(doing, reply, spec)
        if not isinstance(reply.body, dict) or not reply.body:
            raise ReadFailed(
                doing, reply.status, message="the answer is no object", request_id=reply.request_id
            )
        return plain(reply.body)

    async def _get(
        self, bucket: str, version: str, path: str, doing: str, until: float | None = None
    ) -> Reply:
        try:
            return await self._transport.ask(Call("GET", f"/{version}{path}", bucket, until=until))
        except (NoAnswer, SignInFailed) as lost:
            raise ReadFailed(doing, message=reason(lost)) from lost


def _text_of(reply: Reply, name: str, doing: str) -> str:
    value = reply.body.get(name) if isinstance(reply.body, Mapping) else None
    if not isinstance(value, str) or not value:
        raise ReadFailed(
            doing, reply.status, message=f"the answer has no {name}", request_id=reply.request_id
        )
    return value
