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
from shared.domain.lifecycle import enter, open_approval
from shared.domain.move import Moved
from shared.domain.settings import Settings
from shared.domain.start import begun, new_sync_id
from shared.domain.sync import (
    Actor,
    ActorKind,
    PlanSummary,
    Stage,
    SyncOptions,
    SyncRecord,
    TenantRecord,
)
from shared.names import Digest, TenantId

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


class Story:
    """A tenant, contoso, whose n-th sync can be brought as far as its question."""

    NOW = NOW
    PLAN = PlanSummary(Digest("sha256:" + "a" * 64), 3, 0, 0, 0, NOW + dt.timedelta(days=30))
    CONTOSO = TenantId("contoso")
    ADA = Actor(ActorKind.PERSON, "Ada", "ada-id", "page")
    BOB = Actor(ActorKind.PERSON, "Bob", "bob-id", "page")

    @staticmethod
    def tenant(settings: Settings | None = None) -> TenantRecord:
        return TenantRecord(Story.CONTOSO, "Contoso", "entra-contoso", settings or Settings(), NOW)

    @staticmethod
    def sync(n: int = 0, *, supersede: bool = False) -> SyncRecord:
        at = NOW + dt.timedelta(minutes=n)
        options = SyncOptions(supersede=supersede)
        return SyncRecord(new_sync_id(at, bytes([n] * 10)), Story.CONTOSO, options, Story.ADA, at)

    @staticmethod
    async def waiting(stores: Stores, n: int = 0, plan: PlanSummary = PLAN) -> None:
        """Sync n, superseding whatever waits, as far as its question."""
        one = Story.sync(n, supersede=True)
        assert isinstance(await stores.status.contest(one.tenant, None, begun(one)), Moved)
        route = [Stage.AUTHENTICATING, Stage.CHECKING_PERMISSIONS, Stage.BACKING_UP, Stage.COMPARING]
        for step, stage in enumerate(route, 1):
            await stores.status.change(one.tenant, one.id, enter(stage, step, NOW))
        await stores.status.change(one.tenant, one.id, open_approval(5, plan, NOW))


@pytest.fixture(scope="session")
def story() -> type[Story]:
    return Story
