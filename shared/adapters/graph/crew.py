"""Work under way at once, of which the first error counts and ends the rest."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, Self


class Crew:
    """`async with Crew() as crew`: `start` work, `finish` waits for all of it. Leaving ends what still runs.

    Not a `TaskGroup`, whose errors come in groups: here the first error is raised as it is.
    """

    def __init__(self) -> None:
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Begins this work now."""
        self._tasks.append(asyncio.create_task(work))

    def check(self) -> None:
        """Raises the error of work that has failed already."""
        for task in self._tasks:
            if task.done():
                task.result()

    async def finish(self) -> None:
        """Waits for all work that was started; raises the first error."""
        await asyncio.gather(*self._tasks)
