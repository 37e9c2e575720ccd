"""The HTTP face of the host: functions' routes, the management API, and a little of the admin API."""

import asyncio
import logging
import os
import time
from collections.abc import Mapping, Sequence
from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import Receive, Scope, Send

from infra.local.host.client_binding import WEBHOOK_PATH
from infra.local.host.functions import Functions, TimerTrigger
from infra.local.host.invoker import Invoker
from infra.local.host.management import Management
from infra.local.host.routes import Route, find_route
from infra.local.host.settings import HostJson, HostSettings
from infra.local.host.timers import Timers
from infra.local.host.worker import FunctionFailed, HttpRequestData, HttpResponseData, OutputData

_log = logging.getLogger("host.http")


class BodyTooLarge(Exception):
    """The request's body is over the limit."""


class Front:
    """An ASGI application.

    `routes` is empty on a host without the role http.
    """

    def __init__(
        self,
        settings: HostSettings,
        host_json: HostJson,
        functions: Functions,
        routes: Sequence[Route],
        invoker: Invoker,
        management: Management,
        timers: Timers,
    ) -> None:
        self._settings = settings
        self._host_json = host_json
        self._functions = functions
        self._routes = routes
        self._invoker = invoker
        self._management = management
        self._timers = timers
        self._started = time.monotonic()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        request = Request(scope, receive)
        try:
            response = await self._answer(request, scope)
        except BodyTooLarge:
            response = Response(status_code=413)
        except ClientDisconnect:
            return
        if request.method == "HEAD":
            response.body = b""
        await response(scope, receive, send)

    async def _answer(self, request: Request, scope: Scope) -> Response:
        raw_path = scope["raw_path"].decode("ascii")
        if raw_path == WEBHOOK_PATH or raw_path.startswith(WEBHOOK_PATH + "/"):
            path = scope["path"].removeprefix(WEBHOOK_PATH)
            return await self._management.answer(request, path, self._invoker.binding(_origin(request)))
        if raw_path.startswith("/admin/"):
            return self._admin(request, raw_path.removeprefix("/admin/").rstrip("/"))
        found = find_route(self._routes, request.method, raw_path)
        if found is not None:
            route, values = found
            return await self._call(request, route.function, values)
        if raw_path == "/":
            return _homepage() if self._settings.homepage else Response(status_code=204)
        return Response(status_code=404)

    # --- functions ------------------------------------------------------------------------------------------

    async def _call(self, request: Request, name: str, route: Mapping[str, str]) -> Response:
        function = self._functions.get(name)
        if function is None:
            return Response(status_code=404)
        data = HttpRequestData(
            method=request.method,
            url=_url(request),
            headers=_joined([(key, value) for key, value in request.headers.items() if value]),
            query=_joined(parse_qsl(request.url.query)),
            route=route,
            body=await _body(request, self._settings.body_limit),
        )
        try:
            future = asyncio.wrap_future(self._invoker.call(function, data, _origin(request)))
            output = await asyncio.wait_for(future, self._host_json.function_timeout)
        except FunctionFailed as failed:
            _log.error("function %s failed: %s\n%s", name, failed.message, failed.stack)
            return Response(status_code=500)
        except TimeoutError:
            _log.error(
                "Timeout value of %s s was exceeded by function: %s", self._host_json.function_timeout, name
            )
            return Response(status_code=500)
        return _response(output)

    # --- admin ----------------------------------------------------------------------------------------------

    def _admin(self, request: Request, path: str) -> Response:
        match request.method, path.split("/"):
            case "GET", ["host", "status"]:
                return JSONResponse(self._status())
            case "GET", ["functions"]:
                return JSONResponse([{"name": function.name} for function in self._functions.all])
            case "POST", ["functions", name]:
                return self._run(name)
        return Response(status_code=404)

    def _status(self) -> dict[str, object]:
        return {
            "id": "accord-local-host",
            "state": "Running",
            "version": "4.local",
            "processUptime": int((time.monotonic() - self._started) * 1000),
            "processId": os.getpid(),
            "roles": sorted(self._settings.roles),
        }

    def _run(self, name: str) -> Response:
        function = self._functions.get(name)
        if function is None:
            return Response(status_code=404)
        if not isinstance(function.trigger, TimerTrigger):
            text = f"Only timer functions can be run this way; not '{name}'."
            return JSONResponse({"Message": text}, 501)
        self._timers.run_now(function.name)
        return Response(status_code=202)


async def _body(request: Request, limit: int) -> bytes:
    if int(request.headers.get("content-length") or 0) > limit:
        raise BodyTooLarge
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit:
            raise BodyTooLarge
        chunks.append(chunk)
    return b"".join(chunks)


def _url(request: Request) -> str:
    """The whole address as it was sent: the path still encoded, the origin from the Host header."""
    query = request.scope["query_string"].decode("ascii")
    path = request.scope["raw_path"].decode("ascii")
    return f"{_origin(request)}{path}" + (f"?{query}" if query else "")


def _origin(request: Request) -> str:
    """The origin that the caller sent the request to."""
    return f"{request.url.scheme}://{request.url.netloc}"


def _joined(pairs: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Repeated names with their values joined by commas; empty values are left out, as the real host does."""
    joined: dict[str, str] = {}
    for name, value in pairs:
        joined[name] = f"{joined[name]},{value}" if name in joined else value
    return joined


def _response(output: OutputData) -> Response:
    if not isinstance(output, HttpResponseData):
        return Response(status_code=204)
    response = Response(output.body, output.status)
    kept = [(k, v) for k, v in response.raw_headers if k == b"content-length"]
    given = [(k.lower().encode("latin-1"), v.encode("latin-1")) for k, v in output.headers]
    response.raw_headers = [*(pair for pair in given if pair[0] != b"content-length"), *kept]
    return response


def _homepage() -> Response:
    return HTMLResponse("<!doctype html><title>Functions</title><p>Your Functions app is up and running.</p>")
