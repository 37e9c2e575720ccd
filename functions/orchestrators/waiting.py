"""Waiting for events with a deadline: the one module that creates timers.

No timer is longer than five days: the Durable SDK 1.7 cuts timers over six days into pieces that the host
awaits in order, so that an event on day 4 would be acted on days late (durable-python#573).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Generator, Iterable, Sequence
from typing import Any

from azure.durable_functions import DurableOrchestrationContext

SLICE = dt.timedelta(days=5)


class Done:
    """The work beside which was waited is done: it has answered, or failed."""


DONE = Done()


class Waiter:
    """Waits for any of a few events, more than once if need be, each event's task being created once.

    A task that has fired is replaced at the next wait; the others stay armed, so that no event is lost
    between waits.
    """

    def __init__(self, context: DurableOrchestrationContext, names: Sequence[str]) -> None:
        self._context = context
        self._tasks: dict[str, Any] = dict.fromkeys(names)

    def also(self, names: Iterable[str]) -> None:
        """Waits for these from now on, too."""
        for name in names:
            self._tasks.setdefault(name, None)

    def until(self, deadline: dt.datetime, beside: Any = None) -> Generator[Any, Any, str | Done | None]:
        """The name of the event that came, or None once the deadline has passed. Times are aware, in UTC.

        `beside`: a task that goes on meanwhile; DONE when it ended first.
        """
        context = self._context
        for name, task in self._tasks.items():
            if task is None:
                self._tasks[name] = context.wait_for_external_event(name)
        while context.current_utc_datetime < deadline:
            timer = context.create_timer(min(deadline, context.current_utc_datetime + SLICE))
            also = [] if beside is None else [beside]
            winner = yield context.task_any([*self._tasks.values(), *also, timer])
            if beside is not None and winner == beside:
                timer.cancel()
                return DONE
            for name, task in self._tasks.items():
                if winner == task:
                    timer.cancel()
                    self._tasks[name] = None
                    return name
        return None
