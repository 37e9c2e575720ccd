"""Calls functions through the worker, each with its durable clients."""

import uuid
from concurrent.futures import Future

from infra.local.host.client_binding import ClientBinding
from infra.local.host.functions import Function
from infra.local.host.worker import InputData, Invocation, OutputData, TextData, Worker


class Invoker:
    """`origin` is where this host listens; callers see `public_url` instead, if there is one."""

    def __init__(self, worker: Worker, origin: str, public_url: str | None, hub: str) -> None:
        self._worker = worker
        self._origin = origin
        self._public_url = public_url
        self._hub = hub

    def binding(self, reached_at: str | None = None) -> ClientBinding:
        """The durable client of a call; `reached_at` is the origin that an HTTP request was sent to."""
        origin = self._public_url or reached_at or self._origin
        return ClientBinding(origin.rstrip("/"), self._origin, self._hub)

    def call(self, function: Function, data: InputData, reached_at: str | None = None) -> Future[OutputData]:
        """Starts a call with this trigger data; the future ends with its result or with FunctionFailed."""
        inputs: dict[str, InputData] = {function.trigger.parameter: data}
        if function.clients:
            binding = TextData(self.binding(reached_at).text())
            inputs.update(dict.fromkeys(function.clients, binding))
        return self._worker.invoke(Invocation(uuid.uuid4().hex, function.name, inputs))
