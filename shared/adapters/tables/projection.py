"""What listings read: every tenant in one partition, at most 4 KiB a row (mechanics.md 5).

Derived from the table `state`, written after it, and overwritten only by a higher version: late writers lose.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from shared.adapters.tables.connection import (
    ATTEMPTS,
    Row,
    Tables,
    etag_of,
    exhausted,
    pause,
    stamp_of,
    together,
)
from shared.adapters.tables.rows import TENANT, entity, record_of, to_json
from shared.domain.sync import TenantRecord
from shared.names import TenantId

TABLE: Final = "accord"
PARTITION: Final = "~tenants"
OF_PARTITION: Final = "PartitionKey eq @partition"
SINCE: Final = f"{OF_PARTITION} and Timestamp ge @since"
VERSIONS: Final = ("RowKey", "version", "Timestamp")
COLUMNS: Final = ("RowKey", "version", "whole", "record")
FEW: Final = 30
"""Rows that are read one by one faster than all of a thousand at once."""
WHOLE: Final = 4 * 1024 - 256
"""Bytes of JSON that leave room for the keys."""
OVERLAP: Final = dt.timedelta(seconds=5)
"""So far back of the newest row known is looked again: storage stamps rows by the clocks of its servers."""
WHOLE_EVERY: Final = 60.0
"""Seconds after which all versions are read, whatever the stamps say."""


class Projection:
    """The partition `~tenants` of the table `accord`."""

    def __init__(self, tables: Tables, state: str, ticks: Callable[[], float] = time.monotonic) -> None:
        self._tables, self._state, self._ticks = tables, state, ticks
        self._read: dict[TenantId, tuple[int, TenantRecord]] = {}
        self._shown: dict[TenantId, int] = {}
        self._latest: dt.datetime | None = None
        self._whole_at = 0.0

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

        Which versions show is read each time, of what changed since the last time; the records of those that
        were read before are kept.
        """
        versions = await self._changed() if self._read else None
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
        rows = await self._tables.query(TABLE, OF_PARTITION, {"partition": PARTITION}, VERSIONS)
        return {TenantId(row["RowKey"]): row["version"] for row in rows}

    async def _changed(self) -> Mapping[TenantId, int]:
        """The same, as far as it is not known from before: rows of this partition are never removed."""
        now, since = self._ticks(), self._latest
        if since is None or now - self._whole_at >= WHOLE_EVERY:
            rows = await self._tables.query(TABLE, OF_PARTITION, {"partition": PARTITION}, VERSIONS)
            self._whole_at = now
        else:
            values = {"partition": PARTITION, "since": since - OVERLAP}
            rows = await self._tables.query(TABLE, SINCE, values, VERSIONS)
        for row in rows:
            name, version = TenantId(row["RowKey"]), row["version"]
            self._shown[name] = max(version, self._shown.get(name, version))
        stamps = [stamp_of(row) for row in rows]
        self._latest = max([*stamps, *([since] if since is not None else [])], default=None)
        return dict(self._shown)

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
