"""The timer `reconcile` on the durable client."""

from __future__ import annotations

import asyncio
from typing import Any

from functions.triggers.reconcile import DurableInstances
from shared.names import SyncId


class Client:
    """A durable client that purges."""

    def __init__(self) -> None:
        self.purged: list[str] = []

    async def purge_instance_history(self, instance_id: str) -> Any:
        self.purged.append(instance_id)


def test_an_instance_is_purged_by_its_id() -> None:
    client = Client()
    asyncio.run(DurableInstances(client).purge(SyncId("S-signin-1")))
    assert client.purged == ["S-signin-1"]
