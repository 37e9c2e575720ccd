"""Of several runs of one step, the first to store what it found counts; the others answer the same.

For steps whose runs may each find something else (a push came in between, or the first run has moved what
the second compares with) and whose result somebody goes by as soon as it is stored.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from shared.errors import LeaseLost, StorageUnavailable
from shared.steps import blobs
from shared.steps.work import Work

PAUSE = 1.0
"""Seconds between two tries for the lease that another run holds."""
TRIES = 90
"""A process that died holds its lease for a minute at most."""


async def first_run(
    work: Work, name: str, store: Callable[[], Awaitable[Mapping[str, Any]]]
) -> Mapping[str, Any]:
    """What `store` answers, or what it answered in the run before that came to its end.

    The blob `name` holds that answer and, while `store` runs, the lease that keeps others out. A run that
    died in `store` has left no answer, and the next one stores everything anew. Raises LeaseLost where
    another run is at it for longer than a dead one could be.
    """
    for attempt in range(TRIES):
        if attempt:
            await work.sleep(PAUSE)
        if found := await asyncio.to_thread(work.artifacts.get, name):
            return _loaded(found)
        try:
            lease = await asyncio.to_thread(work.artifacts.lease, name)
        except LeaseLost:
            continue
        try:
            if found := await asyncio.to_thread(work.artifacts.get, name):
                return _loaded(found)
            answer = await store()
            await asyncio.to_thread(lease.put, blobs.dumps(answer))
            return answer
        finally:
            with contextlib.suppress(StorageUnavailable):  # it ends by itself
                await asyncio.to_thread(lease.release)
    raise LeaseLost(f"writing {name}: another run of the same work holds it")


def _loaded(data: bytes) -> Mapping[str, Any]:
    answer: Mapping[str, Any] = json.loads(data)
    return answer
