"""No 429 of our own making, whether the service counts a sliding window or a steady rate with a burst."""

import asyncio
import datetime as dt
import heapq
import itertools
import random
from collections import deque
from collections.abc import Callable

import pytest

from shared.adapters.graph.budget import LIMITS, Budget, Limits, Pace, Quota

Counter = Callable[[float], bool]
"""Whether the service lets a request through that arrives at this moment."""


class VirtualTime:
    """Goes on to the next sleeper's moment once everybody waits."""

    def __init__(self) -> None:
        self.moment = 0.0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._order = itertools.count()

    def clock(self) -> float:
        return self.moment

    def now(self) -> dt.datetime:
        return dt.datetime(2026, 1, 1, tzinfo=dt.UTC) + dt.timedelta(seconds=self.moment)

    async def sleep(self, seconds: float) -> None:
        waiting: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self.moment + seconds, next(self._order), waiting))
        await waiting

    async def drive(self, work: asyncio.Future[object]) -> None:
        while not work.done():
            for _ in range(40):
                await asyncio.sleep(0)
            if self._sleepers and not work.done():
                self.moment, _, waiting = heapq.heappop(self._sleepers)
                waiting.set_result(None)


def window(quota: Quota) -> Counter:
    arrived: deque[float] = deque()

    def lets_through(now: float) -> bool:
        while arrived and arrived[0] <= now - quota.seconds:
            arrived.popleft()
        arrived.append(now)
        return len(arrived) <= quota.count

    return lets_through


def steady(quota: Quota, burst: int = 10) -> Counter:
    tokens, seen = float(min(burst, quota.count)), 0.0

    def lets_through(now: float) -> bool:
        nonlocal tokens, seen
        tokens = min(burst, quota.count, tokens + (now - seen) * quota.count / quota.seconds)
        seen = now
        if tokens < 1 - 1e-6:
            return False
        tokens -= 1
        return True

    return lets_through


def played(
    limits: Limits, pace: Pace, counter: Counter, requests: int, *, write: bool = False
) -> tuple[int, float]:
    """How many were refused, and how long it took, with uneven latencies around 200 ms."""
    chance = random.Random(7)

    async def run() -> tuple[int, float]:
        time = VirtualTime()
        budget = Budget(limits, pace, time)
        refused = 0

        async def one() -> None:
            nonlocal refused
            async with budget.spend(write=write):
                await time.sleep(chance.uniform(0.02, 0.12))
                refused += not counter(time.moment)
                await time.sleep(chance.uniform(0.02, 0.24))

        work = asyncio.gather(*(one() for _ in range(requests)))
        await time.drive(work)
        await work
        return refused, time.moment

    return asyncio.run(run())


INTUNE, ACCESS = LIMITS["intune"], LIMITS["conditional-access"]
WRITES = Quota(100, 20)


@pytest.mark.parametrize("counted_by", [window, steady], ids=["window", "steady"])
def test_a_steady_pace_is_never_refused(counted_by: Callable[[Quota], Counter]) -> None:
    refused, took = played(INTUNE, Pace.STEADY, counted_by(INTUNE.requests), 900)
    assert refused == 0
    assert took <= 900 / 50 * 1.1


@pytest.mark.parametrize("counted_by", [window, steady], ids=["window", "steady"])
def test_writes_keep_within_their_own_quota(counted_by: Callable[[Quota], Counter]) -> None:
    refused, took = played(INTUNE, Pace.STEADY, counted_by(WRITES), 250, write=True)
    assert refused == 0
    assert took <= 250 / 5 * 1.1


def test_conditional_access_is_asked_once_a_second() -> None:
    refused, took = played(ACCESS, Pace.STEADY, window(Quota(1, 1)), 30)
    assert refused == 0
    assert took <= 30 * 1.4


def test_the_first_request_of_conditional_access_waits_for_what_another_activity_may_have_sent() -> None:
    _, took = played(ACCESS, Pace.STEADY, window(Quota(1, 1)), 1)
    assert took >= 1


def test_the_window_pace_uses_the_window_up_at_once() -> None:
    refused, took = played(INTUNE, Pace.WINDOW, window(INTUNE.requests), 1_100)
    assert refused == 0
    assert took <= 20 + 1_100 * 0.2 / 10


def test_a_batch_counts_each_of_its_requests() -> None:
    async def run() -> float:
        time = VirtualTime()
        budget = Budget(Limits(Quota(40, 10)), Pace.WINDOW, time)

        async def batch() -> None:
            async with budget.spend(20):
                await time.sleep(0.5)

        work = asyncio.gather(*(batch() for _ in range(4)))
        await time.drive(work)
        await work
        return time.moment

    assert asyncio.run(run()) >= 10.5


def test_a_closed_bucket_sends_nothing() -> None:
    async def run() -> float:
        time = VirtualTime()
        budget = Budget(INTUNE, Pace.STEADY, time)
        budget.close(30)
        budget.close(5)

        async def one() -> None:
            async with budget.spend():
                pass

        work = asyncio.ensure_future(one())
        await time.drive(work)
        await work
        return time.moment

    assert asyncio.run(run()) == pytest.approx(30)


def test_only_so_many_are_under_way_at_once() -> None:
    async def run() -> int:
        time = VirtualTime()
        budget = Budget(Limits(Quota(1_000, 1), in_flight=3), Pace.WINDOW, time)
        under_way = most = 0

        async def one() -> None:
            nonlocal under_way, most
            async with budget.spend():
                under_way += 1
                most = max(most, under_way)
                await time.sleep(1)
                under_way -= 1

        work = asyncio.gather(*(one() for _ in range(12)))
        await time.drive(work)
        await work
        return most

    assert asyncio.run(run()) == 3
