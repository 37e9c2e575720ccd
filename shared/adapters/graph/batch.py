"""Reads many addresses: each by a request of its own, or up to twenty in one `$batch` where the pace allows.

A batch saves round trips and no quota: its requests count, and are refused, one by one
(learn.microsoft.com/graph/json-batching).
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from shared.adapters.graph.replies import Reply, parse_part
from shared.adapters.graph.transport import Call, OutOfTime, Transport

SIZE: Final = 20
_AGAIN: Final = frozenset({429, 500, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Where:
    """What the requests of a batch have in common. `until`, `user`: as in `Call`."""

    bucket: str
    version: str
    until: float | None = None
    user: bool = False


async def read_many(transport: Transport, where: Where, paths: Sequence[str]) -> list[Reply]:
    """The answer to a GET of each path (below the version), in order. Raises what `Transport.ask` does."""
    if len(paths) < 2 or not transport.budget(where.bucket).batches:
        addresses = [f"/{where.version}{path}" for path in paths]
        calls = [Call("GET", one, where.bucket, until=where.until, user=where.user) for one in addresses]
        return list(await asyncio.gather(*(transport.ask(call) for call in calls)))
    chunks = [paths[at : at + SIZE] for at in range(0, len(paths), SIZE)]
    answers = await asyncio.gather(*(_read_chunk(transport, where, one) for one in chunks))
    return [reply for answer in answers for reply in answer]


async def _read_chunk(transport: Transport, where: Where, paths: Sequence[str]) -> list[Reply]:
    """One batch, and further ones for those of its requests that were refused or failed this time."""
    found: dict[int, Reply] = {}
    for attempt in range(1, transport.manner.attempts + 1):
        open_ones = [at for at in range(len(paths)) if at not in found or found[at].status in _AGAIN]
        replies = await _send(transport, where, {at: paths[at] for at in open_ones})
        found |= replies
        waits = [reply.retry_after for reply in replies.values() if reply.status in _AGAIN]
        if not waits:
            break
        if attempt < transport.manner.attempts:
            await _wait(transport, where, attempt, waits)
    return [found[at] for at in range(len(paths))]


async def _send(transport: Transport, where: Where, paths: Mapping[int, str]) -> dict[int, Reply]:
    body = {"requests": [{"id": str(at), "method": "GET", "url": path} for at, path in paths.items()]}
    call = Call(
        "POST",
        f"/{where.version}/$batch",
        where.bucket,
        body=body,
        requests=len(paths),
        until=where.until,
        user=where.user,
    )
    reply = await transport.ask(call)
    parts = reply.body.get("responses") if reply.ok and isinstance(reply.body, Mapping) else None
    if not isinstance(parts, list):
        # The batch as a whole was answered with something else: that is the answer to each of its requests.
        return dict.fromkeys(paths, reply)
    answers = {str(part.get("id")): part for part in parts if isinstance(part, Mapping)}
    now = transport.time.now().timestamp()
    return {at: _part(answers.get(str(at)), now) for at in paths}


def _part(part: Mapping[str, Any] | None, now: float) -> Reply:
    if part is None or not isinstance(part.get("status"), int):
        return Reply(0, None, malformed=True)
    return parse_part(part, now)


async def _wait(transport: Transport, where: Where, attempt: int, waits: Sequence[float | None]) -> None:
    asked = [wait for wait in waits if wait is not None]
    pause = transport.manner.first_pause * 2 ** (attempt - 1) * (1 + random.random() / 2)
    seconds = max(asked) if asked else min(pause, transport.manner.longest_pause)
    if where.until is not None and transport.time.clock() + seconds > where.until:
        raise OutOfTime
    transport.budget(where.bucket).close(seconds)
    await transport.time.sleep(seconds)
