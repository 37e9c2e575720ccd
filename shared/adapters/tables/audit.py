"""The audit trail, append-only: table `audit`, each entry in its tenant's partition and in that of all."""

from __future__ import annotations

import asyncio
import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from shared.adapters.tables.connection import Tables
from shared.adapters.tables.rows import entity, inverted, milliseconds, record_of
from shared.names import TenantId
from shared.stores import AuditEntry

TABLE: Final = "audit"
ALL: Final = "~all"
NONE: Final = "~"
"""The partition of what concerns no tenant."""


class TableAuditLog:
    """`AuditLog`. Inserts and reads only: in Azure the app may do no more to this table."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def add(self, entry: AuditEntry) -> None:
        kept = entry if entry.id else replace(entry, id=uuid.uuid4().hex)
        row = f"{inverted(milliseconds(kept.at))}_{kept.id}"
        partitions = (NONE if kept.tenant is None else kept.tenant, ALL)
        await asyncio.gather(
            *(self._tables.insert(TABLE, entity(partition, row, kept)) for partition in partitions)
        )

    async def entries(
        self, tenant: TenantId | None, since: dt.datetime | None, top: int, after: str | None = None
    ) -> tuple[Sequence[AuditEntry], str | None]:
        """`after` is the row key of the last entry listed; `since` the oldest moment to list."""
        oldest = "~" if since is None else f"{inverted(milliseconds(since))}_~"
        rows = await self._tables.query(
            TABLE,
            "PartitionKey eq @partition and RowKey gt @first and RowKey lt @last",
            {"partition": ALL if tenant is None else tenant, "first": after or "0", "last": oldest},
            None,
            top + 1,
        )
        onward = rows[top - 1]["RowKey"] if len(rows) > top else None
        return [record_of(AuditEntry, row) for row in rows[:top]], onward
