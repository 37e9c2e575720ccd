"""Hosts as processes of their own: started, stopped, and killed at any point."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

ROOT = Path(__file__).parents[4]
SAMPLE = Path(__file__).parent / "app"
MANAGEMENT = "/runtime/webhooks/durabletask"
PATIENCE = 30.0


class Process:
    """A host in a process of its own."""

    def __init__(self, data: Path, *arguments: str, port: int = 0, app: Path = SAMPLE) -> None:
        command = [sys.executable, "-m", "infra.local.host", "--app", str(app), "--data", str(data)]
        self.process = subprocess.Popen(
            [*command, "--port", str(port), *arguments],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        self.ready = self.process.stdout.readline().strip()
        self.origin = self.ready.removeprefix("host ready ")
        self.http = httpx.Client(base_url=self.origin, timeout=20)

    @property
    def port(self) -> int:
        port = httpx.URL(self.origin).port
        assert port is not None
        return port

    def start(self, name: str, body: Any, instance: str) -> None:
        response = self.http.post(f"{MANAGEMENT}/orchestrators/{name}/{instance}", json=json.dumps(body))
        assert response.status_code == 202, response.text

    def state(self, instance: str) -> dict[str, Any]:
        view: dict[str, Any] = self.http.get(f"{MANAGEMENT}/instances/{instance}").json()
        return view

    def wait_for(self, instance: str, state: str = "Completed") -> dict[str, Any]:
        deadline = time.monotonic() + PATIENCE
        while (view := self.state(instance))["runtimeStatus"] != state:
            assert time.monotonic() < deadline, f"{instance} is {view}"
            time.sleep(0.01)
        return view

    def end(self, number: signal.Signals) -> float:
        """Sends a signal; returns after how many seconds the process was gone."""
        began = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(PATIENCE)
        self.close()
        return time.monotonic() - began

    def close(self) -> str:
        self.http.close()
        if self.process.poll() is None:
            self.process.kill()
        _, errors = self.process.communicate()
        return errors


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Callable[..., Process]]:
    processes: list[Process] = []

    def make(*arguments: str, **options: Any) -> Process:
        processes.append(Process(tmp_path / "data", *arguments, **options))
        return processes[-1]

    yield make
    for process in processes:
        if process.process.stdout is not None and not process.process.stdout.closed:
            process.close()


def begun(folder: Path) -> list[str]:
    notes = folder / "notes"
    lines = notes.read_text().splitlines() if notes.exists() else []
    return [line.removeprefix("begin ") for line in lines if line.startswith("begin")]


def wait_until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_a_host_says_one_line_serves_and_stops_in_order(run: Any) -> None:
    host = run()
    assert host.ready == f"host ready http://127.0.0.1:{host.port}"
    assert host.http.get("/api/plain").text == "plain text"
    assert host.end(signal.SIGTERM) < 2
    assert host.process.returncode == 0


def test_a_stop_does_not_wait_for_a_long_activity(run: Any, tmp_path: Path) -> None:
    host = run()
    host.start("recorded_steps", {"steps": 1, "seconds": 1}, "one")
    wait_until(lambda: begun(tmp_path))
    assert host.end(signal.SIGINT) < 2
    again = run()
    assert again.wait_for("one")["output"] == ["one-0"]


def test_a_killed_host_goes_on_where_it_was(run: Any, tmp_path: Path) -> None:
    """A timer that came due meanwhile, an event for a waiting instance, and an activity cut in the middle."""
    host = run()
    host.start("sleeps", {"seconds": 0.2}, "timer")
    host.start("approval", {"hours": 1}, "event")
    host.wait_for("event", "Running")
    host.start("recorded_steps", {"steps": 2, "seconds": 0.4}, "activity")
    wait_until(lambda: begun(tmp_path))
    port = host.port
    host.end(signal.SIGKILL)
    began = time.monotonic()
    again = run(port=port)
    again.http.post(f"{MANAGEMENT}/instances/event/raiseEvent/Approval", json="Ann")
    assert again.wait_for("event")["output"] == {"by": "Ann"}
    again.wait_for("timer")
    assert again.wait_for("activity")["output"] == ["activity-0", "activity-1"]
    assert time.monotonic() - began < 20, "a restarted host takes its own work up at once, not after the lease"
    assert begun(tmp_path) == ["activity-0", "activity-0", "activity-1"]


def test_another_host_takes_over_when_the_lease_of_a_killed_one_is_over(run: Any, tmp_path: Path) -> None:
    lease = ("--lease-seconds", "1")
    victim = run("--role", "durable", *lease)
    other = run("--role", "http", *lease)
    other.start("recorded_steps", {"steps": 1, "seconds": 0.5}, "one")
    wait_until(lambda: begun(tmp_path))
    victim.end(signal.SIGKILL)
    run("--role", "durable", *lease)
    assert other.wait_for("one")["output"] == ["one-0"]
    assert begun(tmp_path) == ["one-0", "one-0"]


@pytest.mark.parametrize("after", [0.02, 0.1, 0.2, 0.35], ids="{} s".format)
def test_work_survives_a_kill_at_any_point(run: Any, after: float) -> None:
    host = run()
    for number in range(6):
        host.start("recorded_steps", {"steps": 4, "seconds": 0.02}, f"i{number}")
    time.sleep(after)
    port = host.port
    host.end(signal.SIGKILL)
    again = run(port=port)
    for number in range(6):
        assert again.wait_for(f"i{number}")["output"] == [f"i{number}-{step}" for step in range(4)]


def test_a_port_in_use_is_one_clear_line(run: Any, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        host = Process(tmp_path / "other", port=port)
        assert host.process.wait(PATIENCE) == 2
        errors = host.close()
    assert host.ready == ""
    assert f"Port {port} on 127.0.0.1 cannot be used" in errors
    assert "Traceback" not in errors


def test_logs_of_functions_go_to_stderr(run: Any) -> None:
    host = run("--log-level", "info")
    host.http.get("/api/fails")
    os.kill(host.process.pid, signal.SIGTERM)
    out, errors = host.process.communicate(timeout=PATIENCE)
    host.http.close()
    assert out == ""
    assert "RuntimeError: secret detail" in errors


def test_an_unknown_role_is_refused(run: Any, tmp_path: Path) -> None:
    host = Process(tmp_path / "data", "--role", "queue")
    assert host.process.wait(PATIENCE) == 2
    assert "--role takes http, durable, timer" in host.close()
