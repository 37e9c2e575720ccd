"""Runs the activities that this host has taken, as many at once as host.json allows."""

import logging
import threading
import uuid
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from infra.local.host import history as events
from infra.local.host.clock import Clock, Instant, instant, later
from infra.local.host.faults import Faults
from infra.local.host.functions import Functions
from infra.local.host.history import Event
from infra.local.host.invoker import Invoker
from infra.local.host.settings import HostJson
from infra.local.host.work import Activity, WorkList
from infra.local.host.worker import FunctionFailed, JsonData, OutputData

_log = logging.getLogger("host.durable")

PUT_BACK_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class _Running:
    activity: Activity
    future: Future[OutputData]
    deadline: Instant | None


class ActivityRunner:
    """Hands activities to the worker and stores how they end; `stored` is called after each."""

    def __init__(
        self,
        work: WorkList,
        invoker: Invoker,
        functions: Functions,
        host_json: HostJson,
        faults: Faults,
        clock: Clock,
        stored: Callable[[], None],
    ) -> None:
        self._work = work
        self._invoker = invoker
        self._functions = functions
        self._limit = host_json.max_activities
        self._timeout = host_json.function_timeout
        self._faults = faults
        self._clock = clock
        self._stored = stored
        self._lock = threading.Lock()
        self._running: dict[str, _Running] = {}
        self._stopping = False
        self._endings = ThreadPoolExecutor(2, thread_name_prefix="activity-end")

    def stop(self) -> None:
        """Lets go of what still runs: it is left to the next host."""
        self._stopping = True
        self._endings.shutdown(wait=not self.leases(), cancel_futures=False)

    def leases(self) -> list[str]:
        """The leases of what runs."""
        with self._lock:
            return [running.activity.lease for running in self._running.values()]

    def run_due(self) -> None:
        """Ends what has run too long, and takes and begins what is due."""
        now = instant(self._clock.now())
        self._end_overdue(now)
        for activity in self._work.take_activities(self._limit - len(self.leases())):
            self._begin(activity, now)
            if self._faults.delivers_twice():
                self._work.echo(activity, self._faults.echo_delay())
        for echo in self._work.take_echoes():
            _log.info("activity %s of %s is delivered a second time", echo.name, echo.instance)
            self._begin(echo, now)

    def _begin(self, activity: Activity, now: Instant) -> None:
        call = uuid.uuid4().hex
        try:
            function = self._functions.activity(activity.name)
            future = self._invoker.call(function, JsonData(activity.input_text or "null"))
        except LookupError as unknown:
            future = Future()
            future.set_exception(FunctionFailed(str(unknown.args[0]), ""))
        deadline = later(now, self._timeout) if self._timeout else None
        with self._lock:
            self._running[call] = _Running(activity, future, deadline)
        future.add_done_callback(lambda _: self._endings.submit(self._end, call))

    def _end(self, call: str) -> None:
        with self._lock:
            running = self._running.get(call)
        if running is None:
            return
        activity = running.activity
        try:
            end = _ending(activity, running.future, instant(self._clock.now()))
            self._work.store_activity(activity, end, self._faults.delay())
        except Exception:  # noqa: BLE001 - logged and tried again
            if not self._stopping:
                _log.exception("ending activity %s; it is run again in %s s", activity.name, PUT_BACK_SECONDS)
                self._work.put_back(activity.lease, PUT_BACK_SECONDS)
        finally:
            with self._lock:
                self._running.pop(call, None)
            self._stored()

    def _end_overdue(self, now: Instant) -> None:
        """Fails what has run longer than functionTimeout; its thread goes on, its result is ignored."""
        with self._lock:
            overdue = {c: r for c, r in self._running.items() if r.deadline and r.deadline < now}
            for call in overdue:
                del self._running[call]
        for running in overdue.values():
            activity = running.activity
            text = f"Timeout value of {self._timeout} s was exceeded by function: {activity.name}"
            _log.error("%s", text)
            running.future.cancel()
            self._work.store_activity(activity, _failed(activity, text, "", now), 0.0)


def _ending(activity: Activity, future: Future[OutputData], now: Instant) -> Event:
    """The event that reports how an activity ended; raises if it did not end, so that it is run again."""
    try:
        output = future.result()
    except FunctionFailed as failed:
        _log.error("activity %s failed: %s\n%s", activity.name, failed.message, failed.stack)
        return _failed(activity, failed.message, failed.stack, now)
    return events.task_completed(now, activity.task, output.text if isinstance(output, JsonData) else None)


def _failed(activity: Activity, message: str, stack: str, now: Instant) -> Event:
    reason = f"Activity function '{activity.name}' failed: {message}"
    return events.task_failed(now, activity.task, reason, stack)
