"""Waiting for events with a deadline: the one module that creates timers.

No timer is longer than five days: the Durable SDK 1.7 cuts timers over six days into pieces that the host
awaits in order, so that an event on day 4 would be acted on days late (durable-python#573).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Generator, Sequence
from typing import Any

from azure.durable_functions import DurableOrchestrationContext

SLICE = dt.timedelta(days=5)


class Waiter:
    """Waits for any of a few events, more than once if need be, each event's task being created once.

    A task that has fired is replaced at the next wait; the others stay armed, so that no event is lost
    between waits.
    """

    def __init__(self, context: DurableOrchestrationContext, names: Sequence[str]) -> None:
        self._context = context
        self._tasks: dict[str, Any] = dict.fromkeys(names)

    def until(self, deadline: dt.datetime) -> Generator[Any, Any, str | None]:
        """The name of the event that came, or None once the deadline has passed. Times are aware, in UTC."""
        context = self._context
        for name, task in self._tasks.items():
            if task is None:
                self._tasks[name] = context.wait_for_external_event(name)
        while context.current_utc_datetime < deadline:
            timer = context.create_timer(min(deadline, context.current_utc_datetime + SLICE))
            winner = yield context.task_any([*self._tasks.values(), timer])
            for name, task in self._tasks.items():
                if winner == task:
                    timer.cancel()
                    self._tasks[name] = None
                    return name
        return None
