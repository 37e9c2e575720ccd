"""The ASGI application: Entra ID at the root, Graph below `/v1.0` and `/beta`, the control interface."""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any

from starlette.requests import Request as HttpRequest
from starlette.responses import Response

from . import faults
from .batch import answer_batch
from .control import Control
from .entra_id.endpoints import Endpoints
from .entra_id.registration import Registration
from .entra_id.service import Service
from .entra_id.web_api import WebApi
from .errors import GraphError, error_body, segment_error
from .exchange import VERSIONS, Answer, Request
from .faults import Effect
from .graph import ConnectionLost, Graph, refusal
from .requestlog import record
from .seeding import Seeder
from .storage import Storage
from .table import load_table
from .tenant import Tenant, World
from .tokens import Gate, Signer

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
_JSON = "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8"


class Application:
    """All simulated tenants of one process. `world` and `clock` are there for tests in the same process."""

    def __init__(self, storage: Storage, clock: Callable[[], float] = time.time) -> None:
        self.world = World(storage, clock)
        self.world.restore()
        self._clock = clock
        self._signer = Signer.load(storage)
        self._gate = Gate(self.world, self._signer, clock)
        self._graph = Graph(self.world, load_table())
        self.seeder = Seeder(self.world, self._graph)
        service = Service(self.world, self._signer, Registration.load(storage), clock, WebApi.load(storage))
        self._entra = Endpoints(service)
        self._control = Control(self.world, self._graph, self.seeder, service)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            return await _lifespan(receive, send)
        http = HttpRequest(scope, receive)
        try:
            response = await self._respond(http)
        except ConnectionLost:
            return await _reset(send)
        cut = response.headers.get("x-simulated-cut")
        if cut is not None:
            return await _cut(response, int(cut), send)
        return await response(scope, receive, send)

    async def _respond(self, http: HttpRequest) -> Response:
        path = _raw_path(http)
        first, _, rest = path.lstrip("/").partition("/")
        if first == "control":
            return await self._control.respond(http, rest)
        if first in VERSIONS:
            return await self._respond_graph(http, first, f"/{rest}")
        return await self._entra.respond(http, first, rest)

    async def _respond_graph(self, http: HttpRequest, version: str, path: str) -> Response:
        request_id = str(uuid.uuid4())
        client = http.headers.get("client-request-id", request_id)
        try:
            tenant, caller = self._gate.admit(http.headers.get("authorization", ""))
        except GraphError as error:
            body = error_body(error, request_id, client, self._clock())
            headers = {
                "WWW-Authenticate": 'Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize"'
            }
            return _response(Answer(error.status, body, headers), request_id, client)
        request = Request(
            tenant=tenant,
            caller=caller,
            method=http.method,
            version=version,
            path=path,
            query=http.url.query,
            headers={k.lower(): v for k, v in http.headers.items()},
            content=await http.body(),
            origin=f"{http.url.scheme}://{http.headers.get('host', http.url.netloc)}",
            now=self._clock(),
            request_id=request_id,
        )
        answer, effect = await self._answer(request)
        return _response(answer, request_id, client, effect)

    async def _answer(self, request: Request) -> tuple[Answer, Effect]:
        batch = request.path.rstrip("/") in ("/$batch", "/%24batch")
        kind = "batch" if batch else "write" if request.is_write else "get"
        await _wait(request.tenant, kind)
        if not batch:
            return await self._graph.answer(request)
        if request.method != "POST":
            return refusal(segment_error("$batch"), request), faults.NOTHING
        effect = faults.meet(request.tenant, "POST", request.target)
        if effect.delay:
            await asyncio.sleep(effect.delay)
        if effect.reset == "before":
            raise ConnectionLost
        try:
            if effect.error is not None:
                raise effect.error
            answer = await answer_batch(self._graph, request)
        except GraphError as error:
            answer = refusal(error, request)
        record(request, answer.status)
        if effect.reset == "after":
            raise ConnectionLost
        return answer, effect


def _raw_path(http: HttpRequest) -> str:
    """The path as sent, still percent-encoded: ids and keys may hold slashes."""
    raw = http.scope.get("raw_path") or http.scope["path"].encode()
    return bytes(raw).decode("latin-1").partition("?")[0]


async def _wait(tenant: Tenant, kind: str) -> None:
    milliseconds = tenant.behaviour.latency.get(kind, 0)
    if milliseconds:
        await asyncio.sleep(milliseconds / 1000)


def _response(answer: Answer, request_id: str, client: str, effect: Effect = faults.NOTHING) -> Response:
    headers = {
        "Cache-Control": "no-cache",
        "request-id": request_id,
        "client-request-id": client,
        "OData-Version": "4.0",
        "x-ms-ags-diagnostic": '{"ServerInfo":{"DataCenter":"Simulated","Ring":"1"}}',
        **answer.headers,
    }
    if answer.body is None:
        return Response(status_code=answer.status, headers=headers)
    content = json.dumps(answer.body, ensure_ascii=False, separators=(",", ":")).encode()
    if effect.malformed:
        content = content[: len(content) // 2] + b'<html>\x00"'
    if effect.truncate is not None:
        headers["x-simulated-cut"] = str(effect.truncate)
    media = "application/json" if answer.status >= 400 else _JSON
    return Response(content, answer.status, {**headers, "Content-Type": media})


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def _reset(send: Send) -> None:
    """Breaks the connection: without a byte under uvicorn, by an exception in the same process."""
    transport = getattr(getattr(send, "__self__", None), "transport", None)
    if transport is None:
        raise ConnectionResetError("the simulated tenant reset the connection")
    transport.abort()
    await asyncio.sleep(0.02)


async def _cut(response: Response, length: int, send: Send) -> None:
    """Promises the whole body and sends only its start."""
    headers = [(k, v) for k, v in response.raw_headers if k != b"x-simulated-cut"]
    await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
    await send({"type": "http.response.body", "body": bytes(response.body)[:length], "more_body": True})
    await asyncio.sleep(0.05)
    await _reset(send)


def build_app(data: Path | None = None, clock: Callable[[], float] = time.time) -> Application:
    """The application over a folder (state persists) or in memory."""
    file = data / "tenant.sqlite3" if data is not None else None
    return Application(Storage(file), clock)
