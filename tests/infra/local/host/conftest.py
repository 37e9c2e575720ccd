"""What the conformance suite works with: the sample app, a clock of its own, and a host under it."""

import json
import shutil
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest

from infra.local.host import Host, HostSettings, Role, WorkerKind
from infra.local.host.clock import moment

SAMPLE = Path(__file__).parent / "app"
START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
MANAGEMENT = "/runtime/webhooks/durabletask"
PATIENCE = 20.0
DURABLE_ONLY = frozenset({Role.HTTP, Role.DURABLE})


@pytest.fixture(autouse=True)
def _sdk_notices() -> Iterator[None]:
    """The SDK's one-time advice about `expected_type` is no fault of anybody's here."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="azure.functions df_loads", category=DeprecationWarning)
        yield


class VirtualClock:
    """Stands still until it is set."""

    def __init__(self, start: datetime = START) -> None:
        self._now = start
        self._lock = threading.Lock()

    def now(self) -> datetime:
        with self._lock:
            return self._now

    def set(self, now: datetime) -> None:
        with self._lock:
            self._now = max(self._now, now)


class World:
    """A host under a virtual clock, with the app's modules and the management API at hand."""

    def __init__(self, settings: HostSettings, clock: VirtualClock) -> None:
        self.clock = clock
        self._closed = False
        self.host = Host(settings, clock=clock)
        self._modules = {source.stem: sys.modules.get(source.stem) for source in settings.app.glob("*.py")}
        self.host.start()
        self.http = httpx.Client(base_url=self.host.origin, timeout=30)

    def close(self) -> None:
        """Ends the host; a second time does nothing."""
        if self._closed:
            return
        self._closed = True
        self.http.close()
        activities = self._modules.get("activities")
        for gate in activities.GATES.values() if activities else ():
            gate.set()
        self.host.stop()

    def module(self, name: str) -> ModuleType:
        """A module of the app, as this host has loaded it."""
        module = self._modules[name]
        assert module is not None
        return module

    # --- instances ------------------------------------------------------------------------------------------

    def start(self, name: str, body: Any = None, instance: str | None = None, **query: str) -> str:
        """Starts an instance as the SDK does, its input JSON in JSON; returns its id."""
        path = f"{MANAGEMENT}/orchestrators/{name}" + (f"/{instance}" if instance else "")
        response = self.http.post(path, json=json.dumps(body), params=query)
        assert response.status_code == 202, response.text
        return str(response.json()["id"])

    def send(self, instance: str, event: str, body: Any = None) -> None:
        """Raises an event over the management API."""
        headers = {"content-type": "application/json"}
        path = f"{MANAGEMENT}/instances/{instance}/raiseEvent/{event}"
        assert self.http.post(path, content=json.dumps(body), headers=headers).status_code == 202

    def operate(self, instance: str, operation: str, **query: str) -> httpx.Response:
        return self.http.post(f"{MANAGEMENT}/instances/{instance}/{operation}", params=query)

    def status(self, instance: str, **query: str) -> dict[str, Any]:
        response = self.http.get(f"{MANAGEMENT}/instances/{instance}", params=query)
        assert response.status_code in {200, 202}, response.text
        view: dict[str, Any] = response.json()
        return view

    def state(self, instance: str) -> str:
        return str(self.status(instance)["runtimeStatus"])

    def run(self, name: str, body: Any = None, instance: str | None = None) -> dict[str, Any]:
        """Starts an instance and lets happen what happens at once; returns its status."""
        started = self.start(name, body, instance)
        self.settle()
        return self.status(started)

    def until(self, condition: Callable[[], object], what: str) -> None:
        until(condition, what)

    def wait_for(self, instance: str, state: str) -> None:
        """Waits in real time for an instance to get into a state."""
        until(lambda: self.state(instance) == state, f"{instance} to be {state}")

    def held(self, gate: str) -> threading.Event:
        """The gate of a held activity, once that runs."""
        activities = self.module("activities")
        until(lambda: gate in activities.GATES, f"the activity held at {gate} to begin")
        opened: threading.Event = activities.GATES[gate]
        return opened

    # --- time -----------------------------------------------------------------------------------------------

    def settle(self) -> None:
        """Waits until nothing runs and nothing is due."""
        self.host.wake()
        until(self.host.idle, "the host to be idle")

    def pass_time(self, **span: float) -> None:
        """Lets time pass, stopping wherever something comes due."""
        end = self.clock.now() + timedelta(**span)
        while True:
            self.settle()
            due = moment(self.host.next_due())
            if due > end:
                break
            self.clock.set(due)
        self.clock.set(end)
        self.settle()


def until(condition: Callable[[], object], what: str, patience: float = PATIENCE) -> None:
    """Waits for a condition in real time."""
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, f"waited {patience} s in vain for {what}"
        time.sleep(0.003)


@pytest.fixture
def make_app(tmp_path: Path) -> Callable[..., Path]:
    """Makes a copy of the sample app with other settings in its host.json, or an app from a text."""

    def make(source: str | None = None, *, name: str = "app", host: Any = None, **durable: Any) -> Path:
        app = tmp_path / name
        if source is None:
            shutil.copytree(SAMPLE, app, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            app.mkdir()
            (app / "function_app.py").write_text(source, encoding="utf-8")
        settings = json.loads((SAMPLE / "host.json").read_text(encoding="utf-8"))
        settings["extensions"]["durableTask"].update(durable)
        settings.update(host or {})
        (app / "host.json").write_text(json.dumps(settings), encoding="utf-8")
        return app

    return make


@pytest.fixture(autouse=True)
def _sample_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SAMPLE_FOLDER", str(tmp_path))
    monkeypatch.setenv("SAMPLE_SCHEDULE", "0 0 0 1 1 *")
    monkeypatch.delenv("SAMPLE_CODE", raising=False)


@pytest.fixture
def worker(pytestconfig: pytest.Config) -> WorkerKind:
    """What runs the functions: the suite holds for both."""
    return WorkerKind(pytestconfig.getoption("host_worker"))


@pytest.fixture
def make_world(tmp_path: Path, worker: WorkerKind) -> Iterator[Callable[..., World]]:
    """Makes hosts under a virtual clock; by default on the sample app, and without its timer functions."""
    worlds: list[World] = []
    path = list(sys.path)

    def make(app: Path = SAMPLE, clock: VirtualClock | None = None, **settings: Any) -> World:
        for source in app.glob("*.py"):
            sys.modules.pop(source.stem, None)
        sys.path[:] = path
        defaults: dict[str, Any] = {
            "data": tmp_path / "data", "roles": DURABLE_ONLY, "poll_seconds": 0.02, "worker": worker,
        }  # fmt: skip
        world = World(HostSettings(app=app, **defaults | settings), clock or VirtualClock())
        worlds.append(world)
        return world

    yield make
    for world in worlds:
        world.close()
    sys.path[:] = path


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    return make_world()
