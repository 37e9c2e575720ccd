"""Measures `POST /bulk/syncs` of many tenants on storage: rows, events, audit and the orchestrations' starts.

The handler runs as the framework calls it, on the real tables in Azurite; the durable client answers after 5
ms, about what a host takes. The limit is the platform's: 230 s for an answer.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import json
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import azure.functions as func
from bench_list import NOW, storage, tenant

from functions.triggers.bulk import start_syncs
from shared.adapters.tables.answers import TableAnswerStore
from shared.adapters.tables.audit import TableAuditLog
from shared.adapters.tables.connection import Tables, by_connection_string, together
from shared.adapters.tables.state import TableStatusStore
from shared.catalog.loader import load
from shared.services import Services as Real

LIMIT = 230.0


class Durable:
    """The host's side of a start."""

    async def start_new(self, name: str, instance_id: str | None = None, client_input: Any = None) -> str:
        await asyncio.sleep(0.005)
        return instance_id or ""

    async def raise_event(self, instance_id: str, event_name: str, event_data: Any = None) -> None:
        await asyncio.sleep(0.005)


async def measure(connection: str, count: int) -> float:
    """Seconds for all of them."""
    tables = Tables(by_connection_string(connection))
    clock = SimpleNamespace(now=lambda: dt.datetime.now(dt.UTC))
    status = TableStatusStore(tables, clock.now)
    records = [replace(tenant(number), active_sync=None, pending_plan=None) for number in range(count)]
    await together([status.create(one) for one in records])
    services: Any = SimpleNamespace(
        settings=SimpleNamespace(public_url=None, local_key="local"),
        clock=clock,
        status=status,
        audit=TableAuditLog(tables),
        answers=TableAnswerStore(tables),
        keys=None,
        bearer=None,
        catalog=load(),
    )
    services.new_sync_id = lambda: Real.new_sync_id(services)
    request = func.HttpRequest(
        "POST",
        "http://localhost/api/v1/bulk/syncs",
        headers={
            "x-functions-key": "local",
            "Content-Type": "application/json",
            "Idempotency-Key": NOW.isoformat(),
        },
        body=json.dumps({"all": True, "mode": "backupOnly"}).encode(),
    )
    began = time.perf_counter()
    response = await start_syncs(request, Durable(), services)
    seconds = time.perf_counter() - began
    answers = json.loads(response.get_body())["value"]
    begun = sum(one["status"] == 202 for one in answers)
    print(f"{begun} of {len(answers)} begun in {seconds:.1f} s, {len(response.get_body()) // 1000} kB")
    await tables.close()
    return seconds


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tenants", type=int, default=1000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, storage(Path(name)) as connection:
        met = asyncio.run(measure(connection, options.tenants)) < LIMIT
    print(f"{'met' if met else 'not met'}: {options.tenants} tenants within {LIMIT:.0f} s")
