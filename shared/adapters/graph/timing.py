"""Time as the adapter uses it, in one place, so that tests need not wait."""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from typing import Protocol


class Time(Protocol):
    """What goes by while requests are under way."""

    def clock(self) -> float:
        """Seconds since some moment, never going back."""
        ...

    def now(self) -> dt.datetime:
        """The time of day, aware, in UTC."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Waits that long."""
        ...


class RealTime:
    """The machine's."""

    def clock(self) -> float:
        return time.monotonic()

    def now(self) -> dt.datetime:
        return dt.datetime.now(dt.UTC)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
