"""What listings read: every tenant in one partition, at most 4 KiB a row (mechanics.md 5).

Derived from the table `state`, written after it, and overwritten only by a higher version: late writers lose.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from shared.adapters.tables.connection import ATTEMPTS, Row, Tables, etag_of, exhausted, pause, together
from shared.adapters.tables.rows import TENANT, entity, record_of, to_json
from shared.domain.sync import TenantRecord
from shared.names import TenantId

TABLE: Final = "accord"
PARTITION: Final = "~tenants"
OF_PARTITION: Final = "PartitionKey eq @partition"
COLUMNS: Final = ("RowKey", "version", "whole", "record")
FEW: Final = 30
"""Rows that are read one by one faster than all of a thousand at once."""
WHOLE: Final = 4 * 1024 - 256
"""Bytes of JSON that leave room for the keys."""


class Projection:
    """The partition `~tenants` of the table `accord`."""

    def __init__(self, tables: Tables, state: str) -> None:
        self._tables, self._state = tables, state
        self._read: dict[TenantId, tuple[int, TenantRecord]] = {}

    async def write(self, tenant: TenantRecord) -> None:
        """Shows this version of the tenant, unless a newer one shows already."""
        line = _line(tenant)
        for attempt in range(ATTEMPTS):
            shown = await self._tables.get(TABLE, PARTITION, tenant.id, ["version"])
            if shown is not None and shown["version"] >= tenant.version:
                return
            if await self._written(line, shown):
                return
            await pause(attempt)
        raise exhausted(f"listing {tenant.id}")

    async def _written(self, line: dict[str, object], shown: Row | None) -> bool:
        if shown is None:
            return await self._tables.insert(TABLE, line)
        return await self._tables.replace(TABLE, line, etag_of(shown))

    async def tenants(self) -> Sequence[TenantRecord]:
        """Every tenant that was not removed, by id.

        Which versions show is read each time; the records of those that were read before are kept.
        """
        versions = await self.versions() if self._read else None
        stale = None if versions is None else [one for one in versions if self._is_stale(one, versions[one])]
        for row in await self._lines(stale):
            record = await self._record(row)
            if record is not None:
                self._read[record.id] = row["version"], record
        shown = self._read if versions is None else versions
        found = [self._read[one][1] for one in sorted(shown) if one in self._read]
        return [tenant for tenant in found if tenant.deleted_at is None]

    async def versions(self) -> Mapping[TenantId, int]:
        """Which version of each tenant shows."""
        rows = await self._tables.query(TABLE, OF_PARTITION, {"partition": PARTITION}, ["RowKey", "version"])
        return {TenantId(row["RowKey"]): row["version"] for row in rows}

    def _is_stale(self, tenant: TenantId, version: int) -> bool:
        known = self._read.get(tenant)
        return known is None or known[0] != version

    async def _lines(self, tenants: Sequence[TenantId] | None) -> Sequence[Row]:
        """The rows of these tenants, or of all: one by one while they are few."""
        if tenants is None or len(tenants) > FEW:
            return await self._tables.query(TABLE, OF_PARTITION, {"partition": PARTITION}, COLUMNS)
        rows = await together([self._tables.get(TABLE, PARTITION, one, COLUMNS) for one in tenants])
        return [row for row in rows if row is not None]

    async def _record(self, row: Row) -> TenantRecord | None:
        """The record, from the tenant's own row where it is too long for a listing."""
        if row["whole"]:
            return record_of(TenantRecord, row)
        own = await self._tables.get(self._state, row["RowKey"], TENANT)
        return None if own is None else record_of(TenantRecord, own)


def _line(tenant: TenantRecord) -> dict[str, object]:
    """The listing's row; one whose settings make it too long points at the tenant's own row instead."""
    last = tenant.last_sync
    if last is not None and last.error is not None:
        last = replace(last, error=replace(last.error, detail=""))
    short = replace(tenant, last_sync=last)
    whole = len(to_json(short).encode("utf-16-le")) <= WHOLE * 2
    return entity(PARTITION, tenant.id, short if whole else None, version=tenant.version, whole=whole)
