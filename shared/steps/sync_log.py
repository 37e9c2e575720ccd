"""The log of one activity: lines are gathered and appended together, at its end at the latest."""

from __future__ import annotations

import asyncio
from collections import Counter
from types import TracebackType
from typing import Protocol, Self, Unpack

from shared.errors import StorageUnavailable
from shared.names import short_hash
from shared.ports import Artifacts, Clock
from shared.steps.log import EACH_TIME, LOG, Event, Facts, line


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

    def __init__(self, artifacts: Artifacts, clock: Clock, run: str = "") -> None:
        """`run`: the same for every run of one activity's work, so that what it tells twice is known for
        that.
        """
        self._artifacts, self._clock, self._run = artifacts, clock, run
        self._lines: list[bytes] = []
        self._told: Counter[str] = Counter()

    def note(self, event: Event, **facts: Unpack[Facts]) -> None:
        """One line, written with the next `flush`."""
        told = "" if not self._run or event in EACH_TIME else self._id(event, facts)
        self._lines.append(line(self._clock.now(), event, told=told, **facts))

    def _id(self, event: Event, facts: Facts) -> str:
        """By what the line says, and how often this run has said it: a second run that finds half of the work
        done says less, and what it says stands elsewhere.
        """
        said = f"{self._run} {event.value} {sorted(facts.items())}"
        self._told[said] += 1
        return short_hash(f"{said} {self._told[said]}", 12)

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
