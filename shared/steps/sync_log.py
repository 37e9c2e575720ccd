"""The log of one activity: lines are gathered and appended together, at its end at the latest."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Protocol, Self, Unpack

from shared.errors import StorageUnavailable
from shared.ports import Artifacts, Clock
from shared.steps.log import LOG, Event, Facts, line


class Exchange(Protocol):
    """A request to the service as the log may tell of it: no query, no body, no token. `status` 0: no
    answer.
    """

    @property
    def method(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def status(self) -> int: ...
    @property
    def request_id(self) -> str: ...


class SyncLog:
    """Appends to the sync's log. A line that cannot be written never stops the work it tells of."""

    def __init__(self, artifacts: Artifacts, clock: Clock) -> None:
        self._artifacts, self._clock = artifacts, clock
        self._lines: list[bytes] = []

    def note(self, event: Event, **facts: Unpack[Facts]) -> None:
        """One line, written with the next `flush`."""
        self._lines.append(line(self._clock.now(), event, **facts))

    def exchange(self, one: Exchange) -> None:
        """A request to the service that did not go well, by what the adapter tells of it."""
        if one.status == 0 or one.status >= 400:
            detail = f"{one.method} {one.path}"
            self.note(Event.FAULT, status=one.status, detail=detail, request=one.request_id)

    async def flush(self) -> None:
        """Appends what was gathered; what storage does not take is tried again with the next lines."""
        lines, self._lines = self._lines, []
        if lines:
            try:
                await asyncio.to_thread(self._artifacts.append, LOG, b"".join(lines))
            except StorageUnavailable:
                self._lines = [*lines, *self._lines]

    async def __aenter__(self) -> Self:
        """Nothing to do."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Writes what is left, with the fault that ended the activity."""
        if error is not None:
            self.note(Event.FAULT, code=type(error).__name__, detail=str(error))
        await self.flush()
