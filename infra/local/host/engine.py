"""Runs the orchestrations: takes what is due, plays episodes, runs activities, stores what came of it.

One dispatcher thread hands work out. Episodes are played on a small thread pool, each from load to commit in
one thread, and an instance is leased while its episode runs, so that no two episodes of it ever run at once.
Activities run in the worker. Whatever is stored wakes the dispatcher at once; what another process stores is
seen by polling.
"""

import json
import logging
import threading
import uuid
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from infra.local.host import history as events
from infra.local.host.clock import Clock, Instant, instant, later, seconds_between
from infra.local.host.episode import Advance, advance, orchestrator_json
from infra.local.host.faults import Faults
from infra.local.host.functions import Functions
from infra.local.host.history import Event
from infra.local.host.instances import Instance, Status
from infra.local.host.settings import HostJson, HostSettings
from infra.local.host.work import Activity, Episode, Taken, WorkList
from infra.local.host.worker import FunctionFailed, Invocation, JsonData, OutputData, Worker

_log = logging.getLogger("host.durable")

PUT_BACK_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class _Running:
    activity: Activity
    future: Future[OutputData]
    deadline: Instant | None


class Engine:
    """The durable half of one host."""

    def __init__(
        self,
        work: WorkList,
        worker: Worker,
        functions: Functions,
        host_json: HostJson,
        settings: HostSettings,
        clock: Clock,
    ) -> None:
        self._work = work
        self._worker = worker
        self._functions = functions
        self._host_json = host_json
        self._poll_seconds = settings.poll_seconds
        self._lease_seconds = settings.lease_seconds
        self._faults: Faults = settings.faults
        self._clock = clock
        self._lock = threading.Lock()
        self._episodes: set[Taken] = set()
        self._activities: dict[str, _Running] = {}
        self._passing = threading.Lock()
        self._woken = threading.Event()
        self._stopping = threading.Event()
        self._renew_at = instant(clock.now())
        self._pool = ThreadPoolExecutor(host_json.max_orchestrators, thread_name_prefix="episode")
        self._endings = ThreadPoolExecutor(2, thread_name_prefix="activity-end")
        self._dispatcher = threading.Thread(target=self._dispatch_for_ever, name="dispatcher", daemon=True)

    def start(self) -> None:
        self._dispatcher.start()

    def stop(self, seconds: float) -> None:
        """Takes nothing new, gives what runs so many seconds to end, then lets go of it."""
        self._stopping.set()
        self._woken.set()
        if self._dispatcher.is_alive():
            self._dispatcher.join(timeout=2)
        quiet = threading.Event()
        for _ in range(int(seconds / 0.02)):
            if not self._busy():
                break
            quiet.wait(0.02)
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._endings.shutdown(wait=not self._busy(), cancel_futures=False)

    def wake(self) -> None:
        """Something was stored: look at once."""
        self._woken.set()

    def idle(self) -> bool:
        """Whether nothing runs and nothing is due at this moment of the clock."""
        with self._passing:
            return not self._busy() and not self._work.anything_due()

    def next_due(self) -> Instant:
        """When the next timer, event or call comes due."""
        return self._work.next_due()

    # --- dispatching ----------------------------------------------------------------------------------------

    def _dispatch_for_ever(self) -> None:
        while not self._stopping.is_set():
            self._woken.clear()
            try:
                with self._passing:
                    self._dispatch()
            except Exception:  # noqa: BLE001 - the dispatcher goes on, whatever happened
                _log.exception("handing out work")
                self._stopping.wait(0.5)
            self._woken.wait(self._pause())

    def _pause(self) -> float:
        due = seconds_between(instant(self._clock.now()), self._work.next_due())
        return max(0.001, min(self._poll_seconds, due))

    def _dispatch(self) -> None:
        now = instant(self._clock.now())
        if now >= self._renew_at:
            self._work.renew(self._leases())
            self._renew_at = later(now, self._lease_seconds / 3)
        self._end_overdue(now)
        for taken in self._work.take_episodes(self._free_episodes(), self._host_json.versioning.takes):
            with self._lock:
                self._episodes.add(taken)
            self._pool.submit(self._play, taken)
        for activity in self._work.take_activities(self._free_activities()):
            self._begin(activity, now)
            if self._faults.delivers_twice():
                self._begin(activity, now)

    def _put_back(self, lease: str, what: str) -> None:
        """Within an exception's handler: says what went wrong and has it tried again."""
        if not self._stopping.is_set():
            _log.exception("%s; it is tried again in %s s", what, PUT_BACK_SECONDS)
            self._work.put_back(lease, PUT_BACK_SECONDS)

    def _leases(self) -> list[str]:
        """The leases of what runs here."""
        with self._lock:
            activities = {running.activity.lease for running in self._activities.values()}
            return [*(taken.lease for taken in self._episodes), *activities]

    def _busy(self) -> bool:
        with self._lock:
            return bool(self._episodes or self._activities)

    def _free_episodes(self) -> int:
        with self._lock:
            return self._host_json.max_orchestrators - len(self._episodes)

    def _free_activities(self) -> int:
        with self._lock:
            return self._host_json.max_activities - len(self._activities)

    # --- episodes -------------------------------------------------------------------------------------------

    def _play(self, taken: Taken) -> None:
        try:
            episode = self._work.load_episode(taken)
            if episode is not None and not self._work.store_episode(
                episode, self._advance(episode), self._faults.delay
            ):
                _log.warning(
                    "%s: another host has played this episode meanwhile; that counts", taken.instance
                )
        except Exception:  # noqa: BLE001 - logged and tried again
            self._put_back(taken.lease, f"playing an episode of {taken.instance}")
        finally:
            with self._lock:
                self._episodes.discard(taken)
            self.wake()

    def _advance(self, episode: Episode) -> Advance:
        instance, now = episode.instance, instant(self._clock.now())
        if not self._host_json.versioning.matches(instance.version):
            return _version_mismatch(now)
        call = self._orchestrate(instance)
        result = advance(instance, episode.past, episode.new, now, self._functions, call)
        if result.status is Status.FAILED:
            _log.error("%s (%s) failed: %s", instance.id, instance.name, result.error)
        return result

    def _orchestrate(self, instance: Instance) -> Callable[[str], str]:
        def call(trigger: str) -> str:
            try:
                function = self._functions.orchestrator(instance.name)
            except LookupError as unknown:
                raise FunctionFailed(str(unknown.args[0]), "") from unknown
            invocation = Invocation(
                uuid.uuid4().hex, function.name, {function.trigger.parameter: JsonData(trigger)}
            )
            try:
                answer = self._worker.invoke(invocation).result()
            except FunctionFailed as failed:
                return orchestrator_json(failed)
            if not isinstance(answer, JsonData):
                raise FunctionFailed(f"the orchestrator answered {answer!r} instead of JSON", "")
            return answer.text

        return call

    # --- activities -----------------------------------------------------------------------------------------

    def _begin(self, activity: Activity, now: Instant) -> None:
        timeout = self._host_json.function_timeout
        call = uuid.uuid4().hex
        try:
            function = self._functions.activity(activity.name)
            inputs = {function.trigger.parameter: JsonData(activity.input_text or "null")}
            future = self._worker.invoke(Invocation(call, function.name, inputs))
        except LookupError as unknown:
            future = Future()
            future.set_exception(FunctionFailed(str(unknown.args[0]), ""))
        with self._lock:
            self._activities[call] = _Running(activity, future, later(now, timeout) if timeout else None)
        future.add_done_callback(lambda _: self._endings.submit(self._end, call))

    def _end(self, call: str) -> None:
        with self._lock:
            running = self._activities.get(call)
        if running is None:
            return
        activity = running.activity
        try:
            end = _ending(activity, running.future, instant(self._clock.now()))
            self._work.store_activity(activity, end, self._faults.delay())
        except Exception:  # noqa: BLE001 - logged and tried again
            self._put_back(activity.lease, f"ending activity {activity.name} of {activity.instance}")
        finally:
            with self._lock:
                self._activities.pop(call, None)
            self.wake()

    def _end_overdue(self, now: Instant) -> None:
        """Fails what has run longer than functionTimeout; its thread goes on, its result is ignored."""
        with self._lock:
            overdue = {c: r for c, r in self._activities.items() if r.deadline and r.deadline < now}
            for call in overdue:
                del self._activities[call]
        for running in overdue.values():
            activity = running.activity
            limit = self._host_json.function_timeout
            text = f"Timeout value of {limit} s was exceeded by function: {activity.name}"
            _log.error("%s", text)
            running.future.cancel()
            self._work.store_activity(activity, _task_failed(activity, text, "", now), 0.0)


def _ending(activity: Activity, future: Future[OutputData], now: Instant) -> Event:
    """The event that reports how an activity ended; raises if it did not end, so that it is run again."""
    try:
        output = future.result()
    except FunctionFailed as failed:
        _log.error("activity %s failed: %s\n%s", activity.name, failed.message, failed.stack)
        return _task_failed(activity, failed.message, failed.stack, now)
    return events.task_completed(now, activity.task, output.text if isinstance(output, JsonData) else None)


def _task_failed(activity: Activity, message: str, stack: str, now: Instant) -> Event:
    return events.task_failed(
        now, activity.task, f"Activity function '{activity.name}' failed: {message}", stack
    )


def _version_mismatch(now: Instant) -> Advance:
    text = "VersionMismatch: Orchestration version did not comply with Worker Versioning"
    return Advance(
        Status.FAILED, json.dumps(text), text, events=[events.execution_completed(now, -1, "Failed", None)]
    )
