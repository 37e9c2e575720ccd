"""How often each throttling bucket may be asked, by the documented quotas
(learn.microsoft.com/graph/throttling-limits).

The service counts per app and tenant; how is not documented. Two things are thinkable: a sliding window that
may be used up in one go, and a steady rate with a small burst. `Pace.STEADY` keeps within both, so that no
429 is of our own making; `Pace.WINDOW` keeps within the first alone and may put reads into batches.

A place in the window is given back one window after its answer came, not after it was sent: the service
counts when a request arrives, which is somewhere in between.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import Enum
from typing import Final

from shared.adapters.graph.timing import Time


class Pace(Enum):
    """How a quota may be used up."""

    STEADY = "steady"
    WINDOW = "window"


@dataclass(frozen=True, slots=True)
class Quota:
    """`count` requests in `seconds`."""

    count: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Limits:
    """What one bucket allows: all requests, writes among them, how many at a time, and whether reads may be
    put into batches.
    """

    requests: Quota
    writes: Quota | None = None
    in_flight: int = 10
    batches: bool = True


LIMITS: Final = {
    # For all apps of the tenant together; a little over a second, since clocks and networks are not exact.
    "conditional-access": Limits(Quota(1, 1.05), in_flight=1, batches=False),
    # 3,500 resource units in 10 s for a small tenant, two a request at most with what Accord asks for.
    "directory": Limits(Quota(1_750, 10), writes=Quota(3_000, 150)),
    "intune": Limits(Quota(1_000, 20), writes=Quota(100, 20)),
    # 1,200 resource units a minute for up to 1,000 licences, two a request at most.
    "sharepoint": Limits(Quota(600, 60)),
}
BURST: Final = 5
"""Requests a steady pace sends at once: half of what the service is taken to allow, since those sent evenly
may arrive bunched.
"""
STEADY_SHARE: Final = 0.97


class Budget:
    """One bucket's budget: `async with budget.spend(…)` around each request. Not for more than one event
    loop.
    """

    def __init__(self, limits: Limits, pace: Pace, time: Time) -> None:
        self._time = time
        self._places = asyncio.Semaphore(limits.in_flight)
        self._turn = asyncio.Lock()
        self._all = _Meter(limits.requests, pace)
        self._writes = _Meter(limits.writes, pace) if limits.writes else None
        # One request at a time, and perhaps another activity sent one a moment ago.
        self._closed_until = time.clock() + (limits.requests.seconds if limits.requests.count == 1 else 0.0)
        self.batches = limits.batches and pace is Pace.WINDOW

    @asynccontextmanager
    async def spend(self, requests: int = 1, *, write: bool = False) -> AsyncIterator[None]:
        """Waits until that many requests may be sent, in the order of asking."""
        meters = [self._all, *([self._writes] if write and self._writes else [])]
        async with self._places:
            async with self._turn:
                while (wait := self._wait(meters, requests)) > 0:
                    await self._time.sleep(wait)
                for meter in meters:
                    meter.take(requests, self._time.clock())
            try:
                yield
            finally:
                for meter in meters:
                    meter.give_back(requests, self._time.clock())

    def close(self, seconds: float) -> None:
        """Sends nothing for that long: the service asked for it."""
        self._closed_until = max(self._closed_until, self._time.clock() + seconds)

    def _wait(self, meters: list[_Meter], requests: int) -> float:
        now = self._time.clock()
        return max(self._closed_until - now, *(meter.wait(requests, now) for meter in meters))


class _Meter:
    """Counts one quota. Requests under way hold a place; answered ones hold theirs for one window more."""

    def __init__(self, quota: Quota, pace: Pace) -> None:
        self._quota = quota
        self._under_way = 0
        self._answered: deque[float] = deque()
        self._steady = pace is Pace.STEADY
        self._interval = quota.seconds / quota.count / (STEADY_SHARE if quota.count > 1 else 1.0)
        self._due = 0.0

    def wait(self, requests: int, now: float) -> float:
        """Seconds until that many may be sent; asked for again where answers under way decide it."""
        while self._answered and self._answered[0] <= now - self._quota.seconds:
            self._answered.popleft()
        wait = (
            self._due - (BURST - 1) * self._interval - now if self._steady and self._quota.count > 1 else 0.0
        )
        over = self._under_way + len(self._answered) + requests - self._quota.count
        if over <= 0:
            return wait
        if over > len(self._answered):
            return max(wait, _AGAIN)
        return max(wait, self._answered[over - 1] + self._quota.seconds - now)

    def take(self, requests: int, now: float) -> None:
        self._under_way += requests
        self._due = max(self._due, now) + requests * self._interval

    def give_back(self, requests: int, now: float) -> None:
        self._under_way -= requests
        self._answered.extend([now] * requests)


_AGAIN: Final = 0.02
