"""States of callbacks that are waited for, in the table `accord`: each counts once, and for a while."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from typing import Any, Final

from shared.adapters.tables.connection import Tables, etag_of
from shared.adapters.tables.rows import entity, record_of
from shared.stores import Expected

TABLE: Final = "accord"
PARTITION: Final = "~callback"
AT_ONCE: Final = 500
"""Rows removed in one purge."""


class TableCallbacks:
    """`Callbacks`: one row a state, by its SHA-256, so that the table does not tell which states count."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def expect(self, state: str, expected: Expected) -> None:
        row = entity(PARTITION, _row(state), expected, until=expected.until.isoformat())
        await self._tables.put(TABLE, row)

    async def take(self, state: str, purpose: str, at: dt.datetime) -> Expected | None:
        row = await self._tables.get(TABLE, PARTITION, _row(state))
        if row is None or row.get("taken") or (expected := _counting(row, purpose, at)) is None:
            return None
        taken = entity(PARTITION, _row(state), expected, until=row["until"], taken=True)
        return expected if await self._tables.replace(TABLE, taken, etag_of(row)) else None

    async def taken(self, state: str, purpose: str, at: dt.datetime) -> Expected | None:
        row = await self._tables.get(TABLE, PARTITION, _row(state))
        return _counting(row, purpose, at) if row is not None and row.get("taken") else None

    async def purge(self, at: dt.datetime) -> int:
        rows = await self._tables.query(
            TABLE,
            "PartitionKey eq @partition and until lt @at",
            {"partition": PARTITION, "at": at.isoformat()},
            ["RowKey"],
            AT_ONCE,
        )
        for row in rows:
            await self._tables.delete(TABLE, PARTITION, row["RowKey"])
        return len(rows)


def _counting(row: Mapping[str, Any], purpose: str, at: dt.datetime) -> Expected | None:
    """What the row expects, if it is for this purpose and not over."""
    expected = record_of(Expected, row)
    return expected if expected.purpose == purpose and expected.until >= at else None


def _row(state: str) -> str:
    return hashlib.sha256(state.encode()).hexdigest()
