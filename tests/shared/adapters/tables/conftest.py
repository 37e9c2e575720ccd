"""Real tables (Azurite), each test's own by a prefix, and the records to put into them."""

import asyncio
import datetime as dt
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest
from azure.core.pipeline.transport import AsyncHttpTransport

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
    """Runs an asynchronous scenario over this test's tables, in a loop of its own, and closes what it opened."""

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
