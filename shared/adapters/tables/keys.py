"""Function keys by their hash, in the table `accord`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from shared.adapters.tables.connection import Tables
from shared.adapters.tables.rows import entity, record_of
from shared.domain.access import KeyRecord

TABLE: Final = "accord"
PARTITION: Final = "~key"


class TableKeyStore:
    """`KeyStore`: one row a key, found by its SHA-256."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def find(self, hash: str) -> KeyRecord | None:  # noqa: A002 - the record's own word
        row = await self._tables.get(TABLE, PARTITION, hash)
        return None if row is None else record_of(KeyRecord, row)

    async def all(self) -> Sequence[KeyRecord]:
        rows = await self._tables.query(TABLE, "PartitionKey eq @partition", {"partition": PARTITION})
        return sorted((record_of(KeyRecord, row) for row in rows), key=lambda key: key.id)

    async def add(self, record: KeyRecord) -> bool:
        if await self._row_of(record.id) is not None:
            return False
        return await self._tables.insert(TABLE, entity(PARTITION, record.hash, record, id=record.id))

    async def delete(self, id: str) -> bool:  # noqa: A002 - the record's own word
        row = await self._row_of(id)
        if row is not None:
            await self._tables.delete(TABLE, PARTITION, row)
        return row is not None

    async def _row_of(self, key: str) -> str | None:
        rows = await self._tables.query(
            TABLE,
            "PartitionKey eq @partition and id eq @id",
            {"partition": PARTITION, "id": key},
            ["RowKey"],
        )
        return str(rows[0]["RowKey"]) if rows else None
