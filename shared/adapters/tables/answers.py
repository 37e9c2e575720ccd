"""Idempotency keys and what was answered under them, for 24 h (mechanics.md 1)."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any, Final

from shared.adapters.tables.connection import ATTEMPTS, Row, Tables, etag_of, exhausted, pause
from shared.adapters.tables.rows import columns, text_of
from shared.names import TenantId
from shared.stores import FirstCall, InUse, OtherRequest, StoredAnswer

TABLE: Final = "state"
KEPT: Final = dt.timedelta(hours=24)
ABANDONED: Final = dt.timedelta(minutes=5)
"""After this long without an answer the first call is taken to be dead: no call runs longer."""


class TableAnswerStore:
    """`AnswerStore`: rows `idem_<key>` in the tenant's partition of `state`, in `~` without a tenant."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def begin(
        self, tenant: TenantId | None, row: str, request: str, at: dt.datetime, subject: str = ""
    ) -> FirstCall | InUse | OtherRequest | StoredAnswer:
        for attempt in range(ATTEMPTS):
            if await self._tables.insert(TABLE, _row(tenant, row, request, at, subject)):
                return FirstCall(subject)
            held = await self._tables.get(TABLE, _partition(tenant), _key(row))
            if held is not None:
                begun = await self._held(held, request, at, subject)
                if begun is not None:
                    return begun
            await pause(attempt)
        raise exhausted("taking an idempotency key")

    async def finish(self, tenant: TenantId | None, row: str, answer: StoredAnswer) -> None:
        held = await self._tables.get(TABLE, _partition(tenant), _key(row))
        if held is None:
            return
        done = {
            **_own(held),
            "status": answer.status,
            **columns("headers", json.dumps(dict(answer.headers))),
            **columns("body", answer.body),
        }
        await self._tables.replace(TABLE, done, etag_of(held))

    async def forget(self, tenant: TenantId | None, row: str) -> None:
        await self._tables.delete(TABLE, _partition(tenant), _key(row))

    async def purge(self, tenant: TenantId | None, at: dt.datetime) -> int:
        """Removes the rows that nobody may read any more; answers how many."""
        rows = await self._tables.query(
            TABLE,
            "PartitionKey eq @partition and RowKey gt 'idem_' and RowKey lt 'idem`' and begunAt lt @old",
            {"partition": _partition(tenant), "old": (at - KEPT).isoformat()},
            ["RowKey"],
        )
        for row in rows:
            await self._tables.delete(TABLE, _partition(tenant), row["RowKey"])
        return len(rows)

    async def _held(
        self, held: Row, request: str, at: dt.datetime, subject: str
    ) -> FirstCall | InUse | OtherRequest | StoredAnswer | None:
        """What a row that is there says; None where another call moved it just now."""
        age = at - dt.datetime.fromisoformat(held["begunAt"])
        if age >= KEPT:
            again = {**_own(held), "request": request, "subject": subject, "begunAt": at.isoformat()}
            return FirstCall(subject) if await self._tables.replace(TABLE, again, etag_of(held)) else None
        if held["request"] != request:
            return OtherRequest()
        if "status" in held:
            return StoredAnswer(held["status"], json.loads(text_of(held, "headers")), text_of(held, "body"))
        if subject and held["subject"] == subject:
            return FirstCall(subject)  # this very call's row: its insert was answered by a broken connection
        if age < ABANDONED:
            return InUse()
        taken = {**_own(held), "begunAt": at.isoformat()}
        if await self._tables.replace(TABLE, taken, etag_of(held)):
            return FirstCall(held["subject"], again=True)
        return None


def _row(tenant: TenantId | None, row: str, request: str, at: dt.datetime, subject: str) -> dict[str, Any]:
    return {
        "PartitionKey": _partition(tenant),
        "RowKey": _key(row),
        "request": request,
        "subject": subject,
        "begunAt": at.astimezone(dt.UTC).isoformat(),
    }


def _own(held: Row) -> dict[str, Any]:
    """What the row says of its request, without an answer."""
    return {name: held[name] for name in ("PartitionKey", "RowKey", "request", "subject", "begunAt")}


def _partition(tenant: TenantId | None) -> str:
    return "~" if tenant is None else tenant


def _key(row: str) -> str:
    return f"idem_{row}"
