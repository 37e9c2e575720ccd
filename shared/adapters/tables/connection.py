"""The tables themselves: one client a running event loop, vendor errors translated, limits checked."""

from __future__ import annotations

import asyncio
import datetime as dt
import random
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final, TypeAlias, TypeVar
from weakref import WeakKeyDictionary

from azure.core import MatchConditions
from azure.core.exceptions import (
    AzureError,
    HttpResponseError,
    IncompleteReadError,
    ResourceExistsError,
    ResourceModifiedError,
    ResourceNotFoundError,
    ServiceRequestError,
    ServiceResponseError,
)
from azure.core.pipeline.transport import AsyncHttpTransport
from azure.data.tables import TableTransactionError, TransactionOperation, UpdateMode
from azure.data.tables.aio import TableClient, TableServiceClient

from shared.adapters.tables.limits import check_entity, check_transaction
from shared.errors import StorageConflict, StorageUnavailable

V = TypeVar("V")

Row: TypeAlias = Mapping[str, Any]
Connect: TypeAlias = Callable[[], TableServiceClient]
"""Makes a client for the event loop that is running."""
Transport: TypeAlias = Callable[[], "AsyncHttpTransport[Any, Any]"]

ATTEMPTS: Final = 12
LONGEST_PAUSE: Final = 0.5
TOGETHER: Final = 16
RETRIES: Final[Mapping[str, Any]] = {"retry_total": 6, "retry_backoff_factor": 0.2, "retry_backoff_max": 10}
"""Of the SDK: server errors and, where a request may be repeated, lost connections; about 12 s in all."""

_LOST: Final = frozenset({404, 409, 412})
_UNSURE: Final = (ServiceRequestError, ServiceResponseError, IncompleteReadError)


class Broken(StorageUnavailable):
    """The connection broke: what was asked for may have been done."""


class Written(Enum):
    """What became of a transaction."""

    YES = "yes"
    LOST = "lost"
    """A row is not as it was read, or one that was to be inserted is there: read and decide again."""
    UNSURE = "unsure"
    """The connection broke before the answer: read to find out."""


def by_connection_string(connection: str, transport: Transport | None = None) -> Connect:
    """Connects by account key, as on one machine."""

    def connect() -> TableServiceClient:
        more: dict[str, Any] = {} if transport is None else {"transport": transport()}
        return TableServiceClient.from_connection_string(connection, **RETRIES, **more)

    return connect


def by_account(account: str, credential: Callable[[], Any], transport: Transport | None = None) -> Connect:
    """Connects to an account of Azure; `credential` makes an asynchronous one, as a managed identity's."""

    def connect() -> TableServiceClient:
        more: dict[str, Any] = {} if transport is None else {"transport": transport()}
        endpoint = f"https://{account}.table.core.windows.net"
        return TableServiceClient(endpoint, credential=credential(), **RETRIES, **more)

    return connect


@dataclass(frozen=True, slots=True)
class _Clients:
    """One loop's connection, and the clients of its tables."""

    service: TableServiceClient
    tables: dict[str, TableClient] = field(default_factory=dict)

    def table(self, name: str) -> TableClient:
        if name not in self.tables:
            self.tables[name] = self.service.get_table_client(name)
        return self.tables[name]


class Tables:
    """The account's tables, made at the first use where they are missing.

    An aio client belongs to the loop it first ran in, so each loop has its own; `close` closes the running
    loop's. `prefix` keeps several installations (or tests) apart in one account.
    """

    def __init__(self, connect: Connect, *, prefix: str = "") -> None:
        self._connect, self._prefix = connect, prefix
        self._clients: WeakKeyDictionary[asyncio.AbstractEventLoop, _Clients] = WeakKeyDictionary()
        self._made: set[str] = set()

    async def close(self) -> None:
        """Closes the connections of the running loop; the next call opens new ones."""
        if clients := self._clients.pop(asyncio.get_running_loop(), None):
            await clients.service.close()

    async def get(
        self, table: str, partition: str, row: str, select: Sequence[str] | None = None
    ) -> Row | None:
        """One row, its ETag in `.metadata`; None where there is none."""
        try:
            async with self._table(table, f"reading {partition} {row}") as client:
                return await client.get_entity(partition, row, select=list(select) if select else None)
        except ResourceNotFoundError:
            return None

    async def insert(self, table: str, entity: dict[str, Any]) -> bool:
        """Inserts a row; False where there is one. After a broken connection False may mean this very row."""
        check_entity(entity)
        for _ in range(ATTEMPTS):
            try:
                async with self._table(table, f"inserting {entity['RowKey']}") as client:
                    await client.create_entity(entity)
                    return True
            except ResourceExistsError:
                return False
            except Broken:
                await pause(0)
        raise StorageUnavailable(f"inserting {entity['RowKey']}: the connection breaks every time")

    async def put(self, table: str, entity: dict[str, Any]) -> None:
        """Writes a row, over what may be there."""
        check_entity(entity)
        async with self._table(table, f"writing {entity['RowKey']}") as client:
            await client.upsert_entity(entity, mode=UpdateMode.REPLACE)

    async def replace(self, table: str, entity: dict[str, Any], etag: str) -> bool:
        """Writes a row if it is still the one with that ETag."""
        check_entity(entity)
        try:
            async with self._table(table, f"writing {entity['RowKey']}") as client:
                await client.update_entity(
                    entity,
                    mode=UpdateMode.REPLACE,
                    etag=etag,
                    match_condition=MatchConditions.IfNotModified,
                )
                return True
        except (ResourceModifiedError, ResourceNotFoundError):
            return False

    async def delete(self, table: str, partition: str, row: str) -> None:
        """Removes a row; nothing happens where there is none."""
        async with self._table(table, f"removing {partition} {row}") as client:
            await client.delete_entity(partition, row)

    async def query(
        self,
        table: str,
        where: str,
        values: Mapping[str, Any],
        select: Sequence[str] | None = None,
        top: int | None = None,
    ) -> list[Row]:
        """The rows that match, in the order of their keys; `top` of them at most."""
        rows: list[Row] = []
        async with self._table(table, f"listing {values}") as client:
            found = client.query_entities(
                where,
                parameters=dict(values),
                select=list(select) if select else None,
                results_per_page=min(top or 1000, 1000),
            )
            async for row in found:
                rows.append(row)
                if len(rows) == top:
                    break
        return rows

    async def transact(self, table: str, operations: Sequence[Operation]) -> Written:
        """Writes all of it, or nothing."""
        check_transaction([operation[1] for operation in operations])
        rows = ", ".join(operation[1]["RowKey"] for operation in operations)
        try:
            async with self._table(table, f"writing {rows}") as client:
                await client.submit_transaction(operations)
                return Written.YES
        except TableTransactionError as error:
            if error.status_code in _LOST:
                return Written.LOST
            raise StorageUnavailable(f"writing {rows}: {_said(error)}") from error
        except Broken:
            return Written.UNSURE

    @asynccontextmanager
    async def _table(self, name: str, doing: str) -> AsyncIterator[TableClient]:
        """The table's client. What callers handle passes; any other error is StorageUnavailable."""
        loop = asyncio.get_running_loop()
        clients = self._clients.get(loop)
        if clients is None:
            clients = self._clients[loop] = _Clients(self._connect())
        with _translated(doing):
            if name not in self._made:
                await self._make(clients.service, name)
            yield clients.table(self._prefix + name)

    async def _make(self, service: TableServiceClient, name: str) -> None:
        """Makes the table. An identity that may not make tables finds those that the deployment made."""
        try:
            await service.create_table_if_not_exists(self._prefix + name)
        except HttpResponseError as error:
            if error.status_code != 403:
                raise
        self._made.add(name)


Operation: TypeAlias = (
    tuple[TransactionOperation, dict[str, Any]] | tuple[TransactionOperation, dict[str, Any], dict[str, Any]]
)


def inserting(entity: dict[str, Any]) -> Operation:
    """Insert, and lose if the row is there."""
    return TransactionOperation.CREATE, entity


def replacing(entity: dict[str, Any], etag: str) -> Operation:
    """Replace, and lose if the row is not the one with that ETag."""
    how = {"mode": UpdateMode.REPLACE, "etag": etag, "match_condition": MatchConditions.IfNotModified}
    return TransactionOperation.UPDATE, entity, how


def etag_of(row: Row) -> str:
    """The version that was read."""
    return str(row.metadata["etag"])  # type: ignore[attr-defined]


def stamp_of(row: Row) -> dt.datetime:
    """When storage wrote the row, by its own clock; the row was read with its `Timestamp`."""
    found: dt.datetime = row.metadata["timestamp"]  # type: ignore[attr-defined]
    return found


async def together(reads: Iterable[Coroutine[Any, Any, V]]) -> list[V]:
    """Their answers in order, a few under way at once: fewer than the connections that a client keeps."""
    gate = asyncio.Semaphore(TOGETHER)

    async def one(read: Coroutine[Any, Any, V]) -> V:
        async with gate:
            return await read

    return list(await asyncio.gather(*(one(read) for read in reads)))


async def pause(attempt: int) -> None:
    """Longer and longer, and never the same for two that race."""
    await asyncio.sleep(random.uniform(0, min(LONGEST_PAUSE, 0.02 * 2**attempt)))


def exhausted(doing: str) -> StorageConflict:
    """The error after the last of ATTEMPTS tries of a compare-and-set."""
    return StorageConflict(f"{doing}: others changed it at the same time, {ATTEMPTS} times in a row")


@contextmanager
def _translated(doing: str) -> Iterator[None]:
    try:
        yield
    except (ResourceExistsError, ResourceModifiedError, ResourceNotFoundError, TableTransactionError):
        raise
    except _UNSURE as error:
        raise Broken(f"{doing}: {_said(error)}") from error
    except AzureError as error:
        raise StorageUnavailable(f"{doing}: {_said(error)}") from error


def _said(error: AzureError) -> str:
    code = getattr(error, "error_code", None)
    status = getattr(error, "status_code", None)
    return " ".join(str(part) for part in (status, code, error.message) if part)[:500]
