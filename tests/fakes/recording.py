"""Records the histories of syncs that wait: the real orchestrators on the local host, activities by a script.

A history depends on what activities answer and when events come, not on what activities do; so each wait is
driven by a short script, under a clock that stands still. A release's recordings stay in the repository: what
runs when a new release is deployed must go on with its code (`tests/functions/test_histories.py`).
"""

from __future__ import annotations

import datetime as dt
import json
import shutil
import sqlite3
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from infra.local.host import Host, HostSettings, Role
from infra.local.host.clock import instant, moment
from infra.local.host.host import DATABASE
from infra.local.host.instances import read_history, read_instance
from infra.local.host.settings import read_host_json
from shared import names

ROOT = Path(__file__).resolve().parents[2]
HISTORIES = ROOT / "tests" / "functions" / "histories"
MANAGEMENT = "/runtime/webhooks/durabletask"
START = dt.datetime(2026, 3, 1, 12, 0, tzinfo=dt.UTC)
PATIENCE = 60.0
SYNC = "01JNHRECORDED0000000000000"


class Hold:
    """An activity that does not end while it is recorded."""


HOLD = Hold()
Answer = dict[str, Any] | Exception | Hold
Step = Callable[["Recorder"], None]


@dataclass(frozen=True, slots=True)
class Wait:
    """A wait, and what leads to it.

    `answers` holds what each activity answers in turn; the last goes on for ever, and what is not named
    answers as in a sync that needs nobody. `steps` follow the start; `instance` is the one to record.
    """

    name: str
    answers: Mapping[str, list[Answer]]
    steps: tuple[Step, ...] = ()
    orchestrator: str = names.SYNC_TENANT
    given: Mapping[str, Any] | None = None
    instance: str = SYNC


def at(days: float) -> str:
    """A time so many days after the start."""
    return (START + dt.timedelta(days=days)).isoformat()


def sent(event: str) -> Step:
    """An event comes."""
    return lambda recorder: recorder.send(event)


def passed(**span: float) -> Step:
    """Time passes."""
    return lambda recorder: recorder.pass_time(dt.timedelta(**span))


class Script:
    """What the activities answer; several ask at once."""

    def __init__(self, answers: Mapping[str, Sequence[Answer]]) -> None:
        self._answers = {name: list(given) for name, given in answers.items()}
        self._lock = threading.Lock()
        self._over = threading.Event()
        self.holding = 0

    def answer(self, name: str) -> dict[str, Any]:
        with self._lock:
            given = self._answers.get(name, [{}])
            answer = given.pop(0) if len(given) > 1 else given[0]
            self.holding += isinstance(answer, Hold)
        if isinstance(answer, Hold):
            self._over.wait(PATIENCE)
            return {}
        if isinstance(answer, Exception):
            raise answer
        return answer

    def end(self) -> None:
        """Lets go of what is held."""
        self._over.set()


RUNNING: list[Script] = []
"""The script of the recording that runs; the recorded app asks the last."""

APP = """
import azure.durable_functions as df
import azure.functions as func
import recording
from functions.orchestrators import blueprint

app = df.DFApp(http_auth_level=func.AuthLevel.ANONYMOUS)
app.register_functions(blueprint.bp)


def scripted(name):
    def activity(payload: dict) -> dict:
        return recording.RUNNING[-1].answer(name)

    app.function_name(name)(app.activity_trigger(input_name="payload")(activity))


for name in recording.ACTIVITIES:
    scripted(name)
"""
ACTIVITIES = (
    names.AUTHENTICATE, names.OPEN_SIGN_IN, names.POLL_SIGN_IN, names.CLOSE_SIGN_IN, names.CHECK_PERMISSIONS,
    names.BACK_UP, names.COMPARE, names.OPEN_APPROVAL, names.READ_DECISION, names.DEPLOY, names.AWAIT_TENANT,
    names.REVERT, names.SETTLE, names.REPORT, names.FINISH,
)  # fmt: skip


class StandingClock:
    """Stands still until it is set."""

    def __init__(self) -> None:
        self.at = START

    def now(self) -> dt.datetime:
        return self.at


class Recorder:
    """A host that plays one wait."""

    def __init__(self, folder: Path, script: Script) -> None:
        app = folder / "app"
        app.mkdir()
        (app / "function_app.py").write_text(APP)
        shutil.copy(ROOT / "host.json", app)
        RUNNING.append(script)
        self._script = script
        self._clock = StandingClock()
        self._state = folder / DATABASE
        path = list(sys.path)
        roles = frozenset({Role.HTTP, Role.DURABLE})
        self._host = Host(HostSettings(app=app, data=folder, roles=roles), clock=self._clock)
        sys.path[:] = path
        self._host.start()
        self._http = httpx.Client(base_url=f"{self._host.origin}{MANAGEMENT}", timeout=30)

    def close(self) -> None:
        self._script.end()
        self._http.close()
        self._host.stop()
        RUNNING.remove(self._script)

    def start(self, orchestrator: str, instance: str, given: Mapping[str, Any]) -> None:
        """Starts an instance as the SDK does, its input JSON in JSON."""
        path = f"/orchestrators/{orchestrator}/{instance}"
        self._http.post(path, json=json.dumps(given)).raise_for_status()
        self.settle()

    def send(self, event: str, instance: str = SYNC) -> None:
        self._http.post(f"/instances/{instance}/raiseEvent/{event}", json={}).raise_for_status()
        self.settle()

    def pass_time(self, span: dt.timedelta) -> None:
        """Lets time pass, stopping wherever something comes due."""
        end = self._clock.at + span
        while (due := moment(self._host.next_due())) <= end:
            self._clock.at = due
            self.settle()
        self._clock.at = end
        self.settle()

    def settle(self) -> None:
        """Waits until nothing runs but what is held."""
        self._host.wake()
        deadline = time.monotonic() + PATIENCE
        while not self._settled():
            assert time.monotonic() < deadline, "the host does not come to rest"
            time.sleep(0.003)

    def _settled(self) -> bool:
        now = instant(self._clock.at)
        with closing(sqlite3.connect(self._state)) as db:
            due, taken, open_ = db.execute(
                "SELECT (SELECT count(*) FROM messages WHERE due <= ?), "
                "(SELECT count(*) FROM instances WHERE lease IS NOT NULL), (SELECT count(*) FROM activities)",
                (now,),
            ).fetchone()
        return (due, taken, open_) == (0, 0, self._script.holding)

    def recorded(self, instance: str) -> dict[str, Any]:
        """The instance as it stands: what a host needs to go on with it."""
        with closing(sqlite3.connect(self._state)) as db:
            found, history = read_instance(db, instance), read_history(db, instance)
        assert found is not None, f"{instance} was never started"
        assert not found.status.ended, f"{instance} does not wait: {found.status} {found.output_text}"
        for event in history:
            if "Details" in event:
                event["Details"] = None  # a traceback, which names folders of this machine
        return {
            "id": found.id,
            "orchestrator": found.name,
            "version": found.version,
            "parent": found.parent and found.parent.instance,
            "history": history,
        }


def record(wait: Wait, answers: Mapping[str, Sequence[Answer]], folder: Path) -> dict[str, Any]:
    """Drives a sync to this wait and returns its record. `answers` are those of a sync that needs nobody."""
    recorder = Recorder(folder, Script({**answers, **wait.answers}))
    try:
        root = SYNC if wait.orchestrator == names.SYNC_TENANT else wait.instance
        given = {"tenant": "contoso", "sync": SYNC, "limit": 14400, **(wait.given or {})}
        recorder.start(wait.orchestrator, root, given)
        for step in wait.steps:
            step(recorder)
        return {"wait": wait.name, **recorder.recorded(wait.instance)}
    finally:
        recorder.close()


def release() -> str:
    """What histories of the present code are filed under: the version that new instances get."""
    return read_host_json(ROOT).versioning.default


def file_of(wait: str, version: str) -> Path:
    return HISTORIES / version / f"{wait.replace(',', '').replace(' ', '-')}.json"
