"""Real tables (Azurite), each test's own by a prefix, and the records to put into them."""

import asyncio
import datetime as dt
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest
from azure.core.exceptions import ServiceResponseError
from azure.core.pipeline.transport import AioHttpTransport, AsyncHttpTransport
from azure.core.rest import HttpRequest

from shared.adapters.tables.answers import TableAnswerStore
from shared.adapters.tables.audit import TableAuditLog
from shared.adapters.tables.connection import Tables, by_connection_string
from shared.adapters.tables.keys import TableKeyStore
from shared.adapters.tables.state import TableStatusStore

NOW = dt.datetime(2026, 3, 2, 6, 0, tzinfo=dt.UTC)


@dataclass(frozen=True)
class Stores:
    """Every store over one set of tables."""

    tables: Tables
    status: TableStatusStore
    answers: TableAnswerStore
    audit: TableAuditLog
    keys: TableKeyStore


Play = Callable[..., Any]


@pytest.fixture
def prefix() -> str:
    return f"t{uuid.uuid4().hex[:12]}"


@pytest.fixture
def play(azurite: str, prefix: str) -> Play:
    """Runs an asynchronous scenario over this test's tables, in a loop of its own, then closes them."""

    def run(
        scenario: Callable[[Stores], Awaitable[Any]],
        transport: Callable[[], AsyncHttpTransport[Any, Any]] | None = None,
    ) -> Any:
        async def main() -> Any:
            tables = Tables(by_connection_string(azurite, transport), prefix=prefix)
            status = TableStatusStore(tables, lambda: NOW)
            stores = Stores(
                tables, status, TableAnswerStore(tables), TableAuditLog(tables), TableKeyStore(tables)
            )
            try:
                return await scenario(stores)
            finally:
                await tables.close()

        return asyncio.run(main())

    return run


class Faulty(AioHttpTransport):
    """A transport on which requests go wrong: `fault` says how, from a request's method and its number.

    `refused`: the service answers 503 and does nothing. `reset`: it does what it was asked, and the answer is
    lost. `killed`: the process dies before the request is sent.
    """

    def __init__(self, fault: Callable[[str, str, int], str | None]) -> None:
        super().__init__()
        self._fault, self._sent = fault, 0

    async def send(self, request: Any, **more: Any) -> Any:
        self._sent += 1
        match self._fault(request.method, request.url, self._sent):
            case "refused":
                nothing = HttpRequest("GET", request.url.partition("?")[0])
                answer = await super().send(nothing, **more)
                answer.status_code, answer.reason = 503, "Server Busy"
                return answer
            case "reset":
                await super().send(request, **more)
                raise ServiceResponseError("connection reset")
            case "killed":
                raise Killed
        return await super().send(request, **more)


class Killed(BaseException):
    """The process died here."""


@pytest.fixture(scope="session")
def faulty() -> type[Faulty]:
    return Faulty


@pytest.fixture(scope="session")
def killed() -> type[BaseException]:
    return Killed
