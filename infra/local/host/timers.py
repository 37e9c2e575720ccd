"""Runs timer-triggered functions, each occurrence on one host only.

The state of a schedule is a row: when it ran last, when it runs next, who runs it now. A monitored schedule
that was due while no host ran is run once at start, marked past due; one that is closer than a minute, or
says `use_monitor=False`, starts afresh. An occurrence whose host dies in the middle is run again, past due,
when its lease has run out.
"""

import json
import logging
import threading
import uuid
from concurrent.futures import Future
from functools import partial

from infra.local.host.clock import Clock, Instant, instant, later, moment, seconds_between
from infra.local.host.database import Database
from infra.local.host.functions import Functions, TimerTrigger
from infra.local.host.invoker import Invoker
from infra.local.host.schedule import Schedule
from infra.local.host.worker import (
    FunctionFailed,
    JsonData,
    OutputData,
)

_log = logging.getLogger("host.timers")

PAST_DUE_SECONDS = 1.0


class Timers:
    """The timer half of one host; `name` and `lease_seconds` as for the engine's work."""

    def __init__(
        self,
        database: Database,
        invoker: Invoker,
        functions: Functions,
        clock: Clock,
        name: str,
        lease_seconds: float,
    ) -> None:
        self._database = database
        self._invoker = invoker
        self._functions = functions
        triggers = functions.timers()
        self._schedules = {name: Schedule(trigger.schedule) for name, trigger in triggers.items()}
        self._clock = clock
        self._name = name
        self._lease_seconds = lease_seconds
        self._running: set[Future[OutputData]] = set()
        self._lock = threading.Lock()
        self._passing = threading.Lock()
        self._woken = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="timers", daemon=True)

    def start(self) -> None:
        """Writes down each schedule, runs what asks to run at start, and watches the rest."""
        for name, trigger in self._functions.timers().items():
            self._write_down(name, trigger)
            if trigger.run_on_startup:
                self.run_now(name)
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._woken.set()
        if self._thread.is_alive():
            self._thread.join(timeout=2)

    def wake(self) -> None:
        self._woken.set()

    def idle(self) -> bool:
        """Whether no timer function runs and none is due."""
        with self._passing, self._lock:
            return not self._running and self.next_due() > instant(self._clock.now())

    def next_due(self) -> Instant:
        """When the next schedule comes due."""
        with self._database.reading() as db:
            rows = dict(db.execute("SELECT name, next FROM timers").fetchall())
        return min((Instant(rows[n]) for n in self._schedules if n in rows), default=later(self._now(), 60))

    def run_now(self, name: str) -> Future[OutputData]:
        """Runs a timer function at once, beside its schedule; also on a host that does not keep to it."""
        return self._invoke(name, past_due=False)

    def _watch(self) -> None:
        while not self._stopping.is_set():
            self._woken.clear()
            try:
                with self._passing:
                    self._run_due()
                pause = seconds_between(self._now(), self.next_due())
            except Exception:  # noqa: BLE001 - the watch goes on, whatever happened
                _log.exception("running timers")
                pause = 1.0
            self._woken.wait(max(0.01, min(0.5, pause)))

    def _run_due(self) -> None:
        self._renew()
        now = self._now()
        for name in self._schedules:
            due = self._take(name, now)
            if due is not None:
                late = seconds_between(due, now) > PAST_DUE_SECONDS
                self._invoke(name, past_due=late).add_done_callback(partial(self._ran, name))

    def _take(self, name: str, now: Instant) -> Instant | None:
        """Takes the occurrence that is due, if there is one and nobody has it; returns when it was due."""
        with self._database.writing() as db:
            row = db.execute(
                "SELECT next FROM timers WHERE name = ? AND next <= ? AND (lease IS NULL OR lease_until < ?)",
                (name, now, now),
            ).fetchone()
            if row is None:
                return None
            lease = f"{self._name}#{uuid.uuid4().hex}"
            end = later(now, self._lease_seconds)
            db.execute("UPDATE timers SET lease = ?, lease_until = ? WHERE name = ?", (lease, end, name))
            return Instant(row[0])

    def _ran(self, name: str, _: Future[OutputData]) -> None:
        """Writes down that an occurrence has run, well or not, and when the next one is."""
        now = self._clock.now()
        try:
            with self._database.writing() as db:
                db.execute(
                    "UPDATE timers SET last = ?, next = ?, updated = ?, lease = NULL, lease_until = NULL "
                    "WHERE name = ?",
                    (instant(now), instant(self._schedules[name].after(now)), instant(now), name),
                )
        except Exception:  # noqa: BLE001 - the lease runs out, and it is run again
            if not self._stopping.is_set():
                _log.exception("writing down that %s has run", name)
        self.wake()

    def _renew(self) -> None:
        with self._lock:
            busy = bool(self._running)
        if busy:
            with self._database.writing() as db:
                end = later(self._now(), self._lease_seconds)
                db.execute("UPDATE timers SET lease_until = ? WHERE lease LIKE ? || '#%'", (end, self._name))

    def _write_down(self, name: str, trigger: TimerTrigger) -> None:
        """Keeps the row of a monitored schedule that has not changed; any other starts from now."""
        now, schedule = self._clock.now(), self._schedules[name]
        monitored = trigger.use_monitor and not schedule.shorter_than(60, now)
        row = (name, schedule.text, instant(schedule.after(now)), instant(now))
        with self._database.writing() as db:
            kept = db.execute("SELECT schedule FROM timers WHERE name = ?", (name,)).fetchone()
            if kept is None or kept[0] != schedule.text or not monitored:
                db.execute(
                    "INSERT OR REPLACE INTO timers (name, schedule, next, updated) VALUES (?, ?, ?, ?)", row
                )

    def _invoke(self, name: str, *, past_due: bool) -> Future[OutputData]:
        function = self._functions.get(name)
        if function is None:
            raise LookupError(f"The app has no timer function named '{name}'.")
        future = self._invoker.call(function, JsonData(self._timer_json(name, past_due=past_due)))
        with self._lock:
            self._running.add(future)
        future.add_done_callback(partial(self._ended, name))
        return future

    def _ended(self, name: str, future: Future[OutputData]) -> None:
        with self._lock:
            self._running.discard(future)
        if not future.cancelled() and isinstance(failed := future.exception(), FunctionFailed):
            _log.error("timer %s failed: %s\n%s", name, failed.message, failed.stack)

    def _timer_json(self, name: str, *, past_due: bool) -> str:
        with self._database.reading() as db:
            row = db.execute("SELECT last, next, updated FROM timers WHERE name = ?", (name,)).fetchone()
        now = self._clock.now()  # where no host with the role timer has written the schedule down
        last, upcoming, updated = row or (None, instant(self._schedules[name].after(now)), instant(now))
        next_text = instant(self._schedules[name].after(moment(upcoming))) if past_due else upcoming
        status = {"Last": last or "0001-01-01T00:00:00Z", "Next": next_text, "LastUpdated": updated}
        return json.dumps(
            {"Schedule": {"AdjustForDST": True}, "ScheduleStatus": status, "IsPastDue": past_due}
        )

    def _now(self) -> Instant:
        return instant(self._clock.now())
