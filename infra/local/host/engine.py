"""Runs the orchestrations: takes what is due, plays episodes, runs activities, stores what came of it.

One dispatcher thread hands work out. Episodes are played on a small thread pool, each from load to commit in
one thread, and an instance is leased while its episode runs, so that no two episodes of it ever run at once.
Activities run in the worker. Whatever is stored wakes the dispatcher at once; what another process stores is
seen by polling.
"""

import json
import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from infra.local.host import history as events
from infra.local.host.activity_runner import PUT_BACK_SECONDS, ActivityRunner
from infra.local.host.clock import Clock, Instant, instant, later, seconds_between
from infra.local.host.episode import Advance, advance, orchestrator_json
from infra.local.host.functions import Functions
from infra.local.host.instances import Instance, Status
from infra.local.host.invoker import Invoker
from infra.local.host.settings import HostJson, HostSettings
from infra.local.host.work import Episode, Taken, WorkList
from infra.local.host.worker import FunctionFailed, JsonData

_log = logging.getLogger("host.durable")


class Engine:
    """The durable half of one host."""

    def __init__(
        self,
        work: WorkList,
        invoker: Invoker,
        functions: Functions,
        host_json: HostJson,
        settings: HostSettings,
        clock: Clock,
    ) -> None:
        self._work = work
        self._invoker = invoker
        self._functions = functions
        self._limit = host_json.max_orchestrators
        self._versioning = host_json.versioning
        self._settings = settings
        self._clock = clock
        self._activities = ActivityRunner(
            work, invoker, functions, host_json, settings.faults, clock, self.wake
        )
        self._lock = threading.Lock()
        self._episodes: set[Taken] = set()
        self._dispatching = threading.Lock()
        self._woken = threading.Event()
        self._stopping = threading.Event()
        self._renew_at = instant(clock.now())
        self._pool = ThreadPoolExecutor(self._limit, thread_name_prefix="episode")
        self._dispatcher = threading.Thread(target=self._dispatch_for_ever, name="dispatcher", daemon=True)

    def start(self) -> None:
        self._dispatcher.start()

    def stop(self, seconds: float) -> None:
        """Takes nothing new, gives what runs so many seconds to end, then lets go of it."""
        self._stopping.set()
        self._woken.set()
        if self._dispatcher.is_alive():
            self._dispatcher.join(timeout=2)
        deadline = time.monotonic() + seconds
        while self._leases() and time.monotonic() < deadline:
            time.sleep(0.01)
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._activities.stop()

    def wake(self) -> None:
        """Something was stored: look at once."""
        self._woken.set()

    def idle(self) -> bool:
        """Whether nothing runs and nothing is due at this moment of the clock."""
        with self._dispatching:
            return not self._leases() and not self._work.anything_due()

    def next_due(self) -> Instant:
        """When the next timer, event or call comes due."""
        return self._work.next_due()

    # --- dispatching ----------------------------------------------------------------------------------------

    def _dispatch_for_ever(self) -> None:
        while not self._stopping.is_set():
            self._woken.clear()
            try:
                with self._dispatching:
                    self._dispatch()
                pause = seconds_between(instant(self._clock.now()), self._work.next_due())
            except Exception:  # noqa: BLE001 - the dispatcher goes on, whatever happened
                _log.exception("handing out work")
                pause = 1.0
            self._woken.wait(max(0.001, min(self._settings.poll_seconds, pause)))

    def _dispatch(self) -> None:
        now = instant(self._clock.now())
        if now >= self._renew_at:
            self._work.renew(self._leases())
            self._renew_at = later(now, self._settings.lease_seconds / 3)
        for taken in self._work.take_episodes(self._free(), self._versioning.takes):
            with self._lock:
                self._episodes.add(taken)
            self._pool.submit(self._play, taken)
        self._activities.run_due()

    def _free(self) -> int:
        with self._lock:
            return self._limit - len(self._episodes)

    def _leases(self) -> list[str]:
        """The leases of what runs here."""
        with self._lock:
            episodes = [taken.lease for taken in self._episodes]
        return episodes + self._activities.leases()

    # --- episodes -------------------------------------------------------------------------------------------

    def _play(self, taken: Taken) -> None:
        try:
            episode = self._work.load_episode(taken)
            if episode is not None and not self._work.store_episode(
                episode, self._advance(episode), self._settings.faults.delay
            ):
                _log.warning(
                    "%s: another host has played this episode meanwhile; that counts", taken.instance
                )
        except Exception:  # noqa: BLE001 - logged and tried again
            if not self._stopping.is_set():
                _log.exception("playing %s; it is tried again in %s s", taken.instance, PUT_BACK_SECONDS)
                self._work.put_back(taken.lease, PUT_BACK_SECONDS)
        finally:
            with self._lock:
                self._episodes.discard(taken)
            self.wake()

    def _advance(self, episode: Episode) -> Advance:
        instance, now = episode.instance, instant(self._clock.now())
        if not self._versioning.matches(instance.version):
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
            try:
                answer = self._invoker.call(function, JsonData(trigger)).result()
            except FunctionFailed as failed:
                return orchestrator_json(failed)
            if not isinstance(answer, JsonData):
                raise FunctionFailed(f"the orchestrator answered {answer!r} instead of JSON", "")
            return answer.text

        return call


def _version_mismatch(now: Instant) -> Advance:
    text = "VersionMismatch: Orchestration version did not comply with Worker Versioning"
    return Advance(
        Status.FAILED, json.dumps(text), text, events=[events.execution_completed(now, -1, "Failed", None)]
    )
