"""Hosts as processes of their own: started, stopped, and killed at any point."""

import json
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from infra.local.host import Host, HostSettings, WorkerKind
from infra.local.host.__main__ import main

ROOT = Path(__file__).parents[4]
SAMPLE = Path(__file__).parent / "app"
MANAGEMENT = "/runtime/webhooks/durabletask"
PATIENCE = 30.0


class Caller:
    """Talks to a host, wherever it runs."""

    def __init__(self, origin: str) -> None:
        self.http = httpx.Client(base_url=origin, timeout=20)

    def start(self, name: str, body: Any, instance: str) -> None:
        response = self.http.post(f"{MANAGEMENT}/orchestrators/{name}/{instance}", json=json.dumps(body))
        assert response.status_code == 202, response.text

    def wait_for(self, instance: str, state: str = "Completed") -> dict[str, Any]:
        deadline = time.monotonic() + PATIENCE
        while True:
            view: dict[str, Any] = self.http.get(f"{MANAGEMENT}/instances/{instance}").json()
            if view["runtimeStatus"] == state:
                return view
            assert time.monotonic() < deadline, f"{instance} is {view}"
            time.sleep(0.01)


class Process(Caller):
    """A host in a process of its own."""

    def __init__(self, data: Path, *arguments: str, port: int = 0) -> None:
        command = [sys.executable, "-m", "infra.local.host", "--app", str(SAMPLE), "--data", str(data)]
        self.process = subprocess.Popen(
            [*command, "--port", str(port), *arguments],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        self.ready = self.process.stdout.readline().strip()
        origin = self.ready.removeprefix("host ready ")
        self.port = httpx.URL(origin).port or 0
        super().__init__(origin)

    def end(self, number: signal.Signals) -> str:
        """Sends a signal and waits until the process is gone; returns what it had logged."""
        self.process.send_signal(number)
        self.process.wait(PATIENCE)
        return self.close()

    def close(self) -> str:
        """Ends it, however it stands; returns what it had logged."""
        self.http.close()
        if self.process.stdout is None or self.process.stdout.closed:
            return ""
        if self.process.poll() is None:
            self.process.kill()
        _, errors = self.process.communicate()
        return errors


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Callable[..., Process]]:
    """Starts hosts in processes of their own, on one data folder."""
    processes: list[Process] = []

    def make(*arguments: str, **options: Any) -> Process:
        processes.append(Process(tmp_path / "data", *arguments, **options))
        return processes[-1]

    yield make
    for process in processes:
        process.close()


@pytest.fixture
def resume(tmp_path: Path, worker: WorkerKind) -> Iterator[Callable[..., Caller]]:
    """Starts a host in this process on the same data folder, under the real clock: it starts quicker."""
    with ExitStack() as opened:

        def make(**settings: Any) -> Caller:
            host = Host(HostSettings(app=SAMPLE, data=tmp_path / "data", worker=worker, **settings))
            caller = Caller(opened.enter_context(host).origin)
            opened.callback(caller.http.close)
            return caller

        yield make


def begun(folder: Path) -> list[str]:
    notes = folder / "notes"
    lines = notes.read_text().splitlines() if notes.exists() else []
    return [line.removeprefix("begin ") for line in lines if line.startswith("begin")]


def wait_until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_a_host_says_one_line_serves_logs_to_stderr_and_stops_in_order(run: Any) -> None:
    host = run("--log-level", "info")
    assert host.ready == f"host ready http://127.0.0.1:{host.port}"
    assert host.http.get("/api/plain").text == "plain text"
    host.http.get("/api/fails")
    errors = host.end(signal.SIGTERM)
    assert host.process.returncode == 0
    assert "RuntimeError: secret detail" in errors


def test_a_stop_does_not_wait_for_a_long_activity_but_lets_go_of_it(run: Any, tmp_path: Path) -> None:
    """It stops within two seconds on a quiet machine; the activity would take a minute."""
    host = run()
    host.start("recorded_steps", {"steps": 1, "seconds": 60}, "one")
    wait_until(lambda: begun(tmp_path))
    began = time.monotonic()
    host.end(signal.SIGINT)
    assert time.monotonic() - began < 15
    with closing(sqlite3.connect(tmp_path / "data" / "host.sqlite3")) as state:
        assert state.execute("SELECT name, lease FROM activities").fetchall() == [("recorded", None)]


def test_a_killed_host_goes_on_where_it_was(run: Any, resume: Any, tmp_path: Path) -> None:
    """A timer that came due meanwhile, an event for a waiting instance, and an activity cut in the middle.

    The lease is long: a host that starts again takes its own work up without waiting for it to run out.
    """
    host = run("--lease-seconds", "3000")
    host.start("sleeps", {"seconds": 0.2}, "timer")
    host.start("approval", {"hours": 1}, "event")
    host.wait_for("event", "Running")
    host.start("recorded_steps", {"steps": 2, "seconds": 0.4}, "activity")
    wait_until(lambda: begun(tmp_path))
    host.end(signal.SIGKILL)
    again = resume(port=host.port, lease_seconds=3000)
    again.http.post(f"{MANAGEMENT}/instances/event/raiseEvent/Approval", json="Ann")
    assert again.wait_for("event")["output"] == {"by": "Ann"}
    again.wait_for("timer")
    assert again.wait_for("activity")["output"] == ["activity-0", "activity-1"]
    assert begun(tmp_path) == ["activity-0", "activity-0", "activity-1"]


def test_another_host_takes_over_when_the_lease_of_a_killed_one_is_over(
    run: Any, resume: Any, tmp_path: Path
) -> None:
    victim = run("--lease-seconds", "2")
    victim.start("recorded_steps", {"steps": 1, "seconds": 0.3}, "one")
    wait_until(lambda: begun(tmp_path))
    victim.end(signal.SIGKILL)
    assert resume(lease_seconds=2).wait_for("one")["output"] == ["one-0"]
    assert begun(tmp_path) == ["one-0", "one-0"]


def test_work_survives_kills_at_any_point(run: Any) -> None:
    """Killed while it starts work, restarted and killed while it takes it up again, and restarted."""
    host = run()
    for number in range(6):
        host.start("recorded_steps", {"steps": 5, "seconds": 0.02}, f"i{number}")
    for after in (0.03, 0.1):
        time.sleep(after)
        host.end(signal.SIGKILL)
        host = run(port=host.port)
    for number in range(6):
        assert host.wait_for(f"i{number}")["output"] == [f"i{number}-{step}" for step in range(5)]


def test_a_port_in_use_is_one_clear_line(run: Any) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        host = run(port=port)
        assert host.process.wait(PATIENCE) == 2
        errors = host.close()
    assert host.ready == ""
    assert f"Port {port} on 127.0.0.1 cannot be used" in errors
    assert "Traceback" not in errors


def test_an_unknown_role_is_one_clear_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["--app", str(SAMPLE), "--data", str(tmp_path), "--role", "queue"]) == 2
    assert "--role takes http, durable, timer" in capsys.readouterr().err
