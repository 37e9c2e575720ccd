"""The Durable management API: what durable clients and callers of the management addresses use.

One handler serves both `/runtime/webhooks/durabletask/` and `rpcBaseUrl`. Addresses, statuses and their order
of checks are those of the Durable extension's `HttpApiHandler`.
"""

import asyncio
import json
import sqlite3
from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from infra.local.host import history as events
from infra.local.host.client_binding import ClientBinding
from infra.local.host.clock import Clock, Instant, instant, later
from infra.local.host.faults import Faults
from infra.local.host.functions import Functions
from infra.local.host.history import Event
from infra.local.host.instances import (
    InstanceExists,
    Instances,
    InvalidInstanceId,
    Start,
    Status,
)
from infra.local.host.query_string import (
    CONTINUATION,
    UnknownToken,
    flag,
    number,
    page_size,
    read_query,
    token_after,
)
from infra.local.host.status_view import history_view, status_view

_OPERATIONS: dict[str, Callable[[Instant, str | None], Event]] = {
    "terminate": events.execution_terminated,
    "suspend": events.execution_suspended,
    "resume": events.execution_resumed,
}


class Management:
    """Answers the management API over the instances; `stored` is called after each change."""

    def __init__(
        self,
        instances: Instances,
        functions: Functions,
        clock: Clock,
        version: str,
        faults: Faults,
        stored: Callable[[], None],
    ) -> None:
        self._instances = instances
        self._functions = functions
        self._clock = clock
        self._version = version
        self._faults = faults
        self._stored = stored

    async def answer(self, request: Request, path: str, binding: ClientBinding) -> Response:
        """Answers a request for this path below the API's own."""
        parts = [part for part in path.split("/") if part]
        try:
            return await self._route(request, parts, binding)
        except (LookupError, InvalidInstanceId, UnknownToken) as wrong:
            text = "One or more of the arguments submitted is incorrect"
            return _error(400, text, str(wrong.args[0]), "System.ArgumentException")
        except (InstanceExists, sqlite3.Error) as failed:
            text = "Something went wrong while processing your request"
            return _error(500, text, str(failed), "System.InvalidOperationException")

    async def _route(self, request: Request, parts: list[str], binding: ClientBinding) -> Response:
        match request.method, parts:
            case "POST", ["orchestrators", function, *instance] if len(instance) <= 1:
                return await self._start(request, function, instance[0] if instance else None, binding)
            case "GET", ["instances"]:
                return self._list(request)
            case "DELETE", ["instances"]:
                return self._purge_many(request)
            case "GET", ["instances", instance_id]:
                return self._status(request, instance_id)
            case "DELETE", ["instances", instance_id]:
                return self._purge(instance_id)
            case "POST", ["instances", instance_id, "raiseEvent", name]:
                return await self._raise_event(request, instance_id, name)
            case "POST", ["instances", instance_id, operation]:
                return await self._operate(request, instance_id, operation.lower(), binding)
            case _, ["entities", *_]:
                return _not_done_here("Durable entities")
            case "POST", ["makeprimary"]:
                return _not_done_here("The app lease of disaster recovery")
        return Response(status_code=404)

    # --- starting -------------------------------------------------------------------------------------------

    async def _start(
        self, request: Request, function: str, instance: str | None, binding: ClientBinding
    ) -> Response:
        body = await request.body()
        try:
            input_text = json.dumps(json.loads(body)) if body else None
        except ValueError as invalid:
            return _error(400, "Invalid JSON content", str(invalid), "Newtonsoft.Json.JsonReaderException")
        version = request.query_params.get("version", self._version)
        started = self._start_instance(function, instance, input_text, version)
        return await self._wait_or_accept(request, started, binding)

    def _start_instance(
        self, function: str, instance: str | None, input_text: str | None, version: str
    ) -> str:
        self._functions.orchestrator(function)
        started = self._instances.start(Start(function, version, input_text, self._soon(), instance))
        self._stored()
        return started

    async def _wait_or_accept(self, request: Request, instance: str, binding: ClientBinding) -> Response:
        """202 with the management addresses, or the output if asked to wait and it comes in time."""
        timeout, pause = number(request, "timeout"), number(request, "pollingInterval")
        if timeout is not None and pause is not None:
            end = asyncio.get_running_loop().time() + timeout
            while True:
                found = self._instances.get(instance)
                if found is not None and found.status is Status.COMPLETED:
                    return JSONResponse(json.loads(found.output_text or "null"))
                if found is not None and found.status.ended:
                    return self._status(request, instance)
                left = end - asyncio.get_running_loop().time()
                if left <= 0:
                    break
                await asyncio.sleep(min(max(pause, 0.02), left))
        urls = binding.check_status_urls(instance)
        return JSONResponse(urls, 202, {"Location": urls["statusQueryGetUri"], "Retry-After": "10"})

    # --- one instance ---------------------------------------------------------------------------------------

    def _status(self, request: Request, instance_id: str) -> Response:
        found = self._instances.get(instance_id)
        if found is None:
            return Response(status_code=404)
        show_input = flag(request, "showInput", default=True)
        history = None
        if flag(request, "showHistory"):
            show_output = flag(request, "showHistoryOutput")
            past = self._instances.history(instance_id)
            history = history_view(past, show_input=show_input, show_output=show_output)
        view = status_view(found, show_input=show_input, history=history)
        if not found.status.ended:
            return JSONResponse(view, 202, {"Location": str(request.url), "Retry-After": "5"})
        failed = found.status is Status.FAILED and flag(request, "returnInternalServerErrorOnFailure")
        return JSONResponse(view, 500 if failed else 200)

    async def _raise_event(self, request: Request, instance_id: str, name: str) -> Response:
        refused = self._refuse(instance_id)
        if refused is not None:
            return refused
        if request.headers.get("content-type", "").split(";")[0].strip().lower() != "application/json":
            return JSONResponse({"Message": "Only application/json request content is supported"}, 400)
        body = await request.body()
        try:
            data = json.dumps(json.loads(body)) if body else None
        except ValueError as invalid:
            return _error(400, "Invalid JSON content", str(invalid), "Newtonsoft.Json.JsonReaderException")
        self._send(instance_id, events.event_raised(self._now(), name, data), self._soon())
        return Response(status_code=202)

    async def _operate(
        self, request: Request, instance_id: str, operation: str, binding: ClientBinding
    ) -> Response:
        if operation == "restart":
            return await self._restart(request, instance_id, binding)
        if operation == "rewind":
            return _not_done_here("Rewind")
        if operation not in _OPERATIONS:
            return Response(status_code=404)
        refused = self._refuse(instance_id)
        if refused is not None:
            return refused
        reason = request.query_params.get("reason")
        self._send(instance_id, _OPERATIONS[operation](self._now(), reason), self._now())
        return Response(status_code=202)

    async def _restart(self, request: Request, instance_id: str, binding: ClientBinding) -> Response:
        found = self._instances.get(instance_id)
        if found is None:
            text = f"An orchestrastion with the instanceId {instance_id} was not found."
            return _error(
                400,
                "InstanceId does not match a valid orchestration instance.",
                text,
                "System.ArgumentException",
            )
        fresh = flag(request, "restartWithNewInstanceId", default=True)
        instance = None if fresh else instance_id
        started = self._start_instance(found.name, instance, found.input_text, self._version)
        return await self._wait_or_accept(request, started, binding)

    def _purge(self, instance_id: str) -> Response:
        if self._instances.get(instance_id) is None:
            return Response(status_code=404)
        return JSONResponse({"instancesDeleted": self._instances.purge([instance_id])})

    # --- many instances -------------------------------------------------------------------------------------

    def _list(self, request: Request) -> Response:
        size = page_size(request)
        found = self._instances.list(read_query(request, size + 1))
        page = found[:size]
        token = token_after(page[-1]) if len(found) > size else ""
        show_input = flag(request, "showInput", default=True)
        views = [status_view(instance, show_input=show_input) for instance in page]
        return JSONResponse(views, headers={CONTINUATION: token})

    def _purge_many(self, request: Request) -> Response:
        query = read_query(request, -1)
        if query.created_from is None:
            return JSONResponse("Please provide value for 'createdTimeFrom' parameter.", 400)
        purged = self._instances.purge([instance.id for instance in self._instances.list(query)])
        return JSONResponse({"instancesDeleted": purged}) if purged else Response(status_code=404)

    # --------------------------------------------------------------------------------------------------------

    def _refuse(self, instance_id: str) -> Response | None:
        """404 if there is no such instance, 410 if it has ended."""
        found = self._instances.get(instance_id)
        if found is None:
            return Response(status_code=404)
        return Response(status_code=410) if found.status.ended else None

    def _send(self, instance_id: str, event: Event, due: Instant) -> None:
        self._instances.send(instance_id, event, due)
        self._stored()

    def _now(self) -> Instant:
        return instant(self._clock.now())

    def _soon(self) -> Instant:
        return later(self._now(), self._faults.delay())


def _error(status: int, message: str, detail: str, kind: str) -> Response:
    body: dict[str, Any] = {
        "Message": message,
        "ExceptionMessage": detail,
        "ExceptionType": kind,
        "StackTrace": "",
    }
    return JSONResponse(body, status)


def _not_done_here(what: str) -> Response:
    text = f"{what}: not supported by the local host, because the product does not use it."
    return _error(501, "Not implemented", text, "System.NotImplementedException")
