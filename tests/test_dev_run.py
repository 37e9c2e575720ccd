"""`dev.py run` starts storage, tenants and host, registers the demo tenants, and ends all that it started.

Tiny programs stand in for the three: what is tested here is how they are started, watched and ended.
"""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import pytest

from infra.local.dev import demo, running
from infra.local.dev.setup import Tools
from infra.local.processes import Child, free_ports

ROOT = Path(__file__).resolve().parents[1]

# A program that serves the few addresses that `dev.py run` asks, and notes when it ended and in what order.
STAND_IN = """
import json, os, signal, sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

name, port, notes, fault = sys.argv[1:]
tenants = {}

class Handler(BaseHTTPRequestHandler):
    def answer(self, status, body):
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def do_GET(self):
        if self.path == "/control/tenants":
            names = ("contoso", "adatum", "other")
            listed = [{"id": n, "entraTenantId": f"{n}-id", "displayName": n.title()} for n in names]
            self.answer(200, {"value": listed})
        elif self.path == "/api/v1/health":
            self.answer(200, {})
        elif self.path == "/die":
            print("out of luck", flush=True)
            os._exit(7)
        elif self.path in tenants:
            self.answer(200, tenants[self.path])
        else:
            self.answer(404, {})

    def do_PUT(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if fault == "refuses" or self.headers["x-functions-key"] != "local":
            self.answer(422, {"code": "badTenant"})
        else:
            tenants[self.path] = body
            self.answer(201, body)

def end(*_):
    with open(notes, "a") as file:
        file.write(name + "\\n")
    os._exit(0)

signal.signal(signal.SIGTERM, end)
if fault == "dies":
    sys.exit("no luck")
server = ThreadingHTTPServer(("127.0.0.1", int(port)), Handler)
print(name, "ready", flush=True)
server.serve_forever()
"""

# What `dev.py run` does, with these programs in place of the real ones.
RUN = """
import sys, time
from pathlib import Path
from infra.local.dev import running
from infra.local.dev.commands import main
from infra.local.processes import Program

folder, port, tenant_port, storage_port, faulty, fault = sys.argv[1:]

def stand_ins(root, tools, options):
    ports = {"storage": storage_port, "tenants": tenant_port, "host": port}
    return [
        Program(name, (sys.executable, folder + "/stand_in.py", name, number, folder + "/ended",
                       fault if name == faulty else ""), Path(folder), ready=(name + " ready",))
        for name, number in ports.items()
    ]

running.set_up = lambda root, needs: None
running.programs = stand_ins
sys.exit(main(["run", "--no-open", "--data", folder + "/data", "--port", port, "--tenant-port", tenant_port]))
"""


@dataclass(slots=True)
class Run:
    """A `dev.py run` in a process of its own."""

    process: subprocess.Popen[str]
    folder: Path
    port: int

    def until_ready(self) -> list[str]:
        """The lines up to `ready`."""
        lines: list[str] = []
        while not lines or lines[-1] != "ready":
            line = self._output.readline()
            assert line, f"it ended: {lines}"
            lines.append(line.strip())
        return lines

    def rest(self) -> str:
        """What it prints until it ends."""
        return self.process.communicate(timeout=60)[0]

    def ended(self) -> list[str]:
        """The programs that were asked to end, in that order."""
        return (self.folder / "ended").read_text().split()

    def get(self, path: str) -> object:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}") as answer:
            return json.load(answer)

    @property
    def _output(self) -> IO[str]:
        assert self.process.stdout is not None
        return self.process.stdout


@pytest.fixture
def runs(tmp_path: Path) -> Iterator[list[Run]]:
    started: list[Run] = []
    yield started
    for run in started:
        run.process.terminate()
        run.process.communicate(timeout=60)


def start(runs: list[Run], folder: Path, faulty: str = "", fault: str = "") -> Run:
    (folder / "stand_in.py").write_text(STAND_IN)
    ports = free_ports(3)
    process = subprocess.Popen(
        # As from a shell's background, where Ctrl-C is ignored unless a program asks for it.
        ["sh", "-c", 'trap "" INT; exec "$0" "$@"', sys.executable, "-c", RUN, str(folder),
         *map(str, ports), faulty, fault],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )  # fmt: skip
    runs.append(Run(process, folder, ports[0]))
    return runs[-1]


def test_it_says_where_everything_is_once_all_is_ready(runs: list[Run], tmp_path: Path) -> None:
    run = start(runs, tmp_path)
    lines = "\n".join(run.until_ready())
    assert f"http://127.0.0.1:{run.port}/api/v1" in lines
    assert f"http://127.0.0.1:{run.port}/git/{{tenant}}" in lines
    assert str(tmp_path / "data") in lines
    assert "ready in " in lines


def test_the_demo_tenants_are_registered(runs: list[Run], tmp_path: Path) -> None:
    run = start(runs, tmp_path)
    run.until_ready()
    contoso = {"displayName": "Contoso", "entraTenantId": "contoso-id"}
    asks = {"authentication": "servicePrincipalAndUser"}
    assert run.get("/api/v1/tenants/contoso") == {**contoso, "settings": asks}
    assert run.get("/api/v1/tenants/adatum")["settings"] == {}
    with pytest.raises(OSError, match="404"):
        run.get("/api/v1/tenants/other")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_told_to_stop_it_ends_all_and_storage_last(
    runs: list[Run], tmp_path: Path, number: signal.Signals
) -> None:
    run = start(runs, tmp_path)
    run.until_ready()
    run.process.send_signal(number)
    assert run.rest() == "Stopping …\n"
    assert run.process.returncode == 0
    assert run.ended() == ["host", "tenants", "storage"]


def test_a_second_ctrl_c_leaves_nothing_behind_either(runs: list[Run], tmp_path: Path) -> None:
    run = start(runs, tmp_path)
    run.until_ready()
    run.process.send_signal(signal.SIGINT)
    run.process.send_signal(signal.SIGINT)
    run.rest()
    assert run.ended() == ["host", "tenants", "storage"]


def test_a_program_that_dies_is_named_and_ends_the_rest(runs: list[Run], tmp_path: Path) -> None:
    run = start(runs, tmp_path)
    run.until_ready()
    with pytest.raises(ConnectionError):
        run.get("/die")
    output = run.rest()
    assert "dev.py: host ended by itself with exit code 7." in output
    assert "out of luck" in output
    assert "Traceback" not in output
    assert run.process.returncode == 1
    assert run.ended() == ["tenants", "storage"]


@pytest.mark.parametrize("faulty", ["storage", "tenants", "host"])
def test_a_program_that_cannot_start_is_named(runs: list[Run], tmp_path: Path, faulty: str) -> None:
    run = start(runs, tmp_path, faulty, "dies")
    output = run.rest()
    assert f"dev.py: {faulty} ended by itself with exit code 1." in output
    assert "no luck" in output
    assert run.process.returncode == 1


def test_a_tenant_that_is_refused_is_said(runs: list[Run], tmp_path: Path) -> None:
    run = start(runs, tmp_path, "host", "refuses")
    assert "registering the demo tenant contoso: 422 " in run.rest()
    assert run.process.returncode == 1
    assert run.ended() == ["host", "tenants", "storage"]


def test_what_a_killed_run_left_behind_keeps_its_folder(runs: list[Run], tmp_path: Path) -> None:
    killed = start(runs, tmp_path)
    killed.until_ready()
    killed.process.kill()
    killed.process.wait()
    try:
        second = start(runs, tmp_path)
        assert "or left programs running when it was killed" in second.rest()
        assert second.process.returncode == 1
    finally:
        for line in (tmp_path / "data" / "run.lock").read_text().splitlines()[1:]:
            os.killpg(int(line.split()[1]), signal.SIGKILL)


def test_a_run_after_another_has_the_folder_to_itself_again(runs: list[Run], tmp_path: Path) -> None:
    for _ in range(2):
        run = start(runs, tmp_path)
        run.until_ready()
        run.process.send_signal(signal.SIGTERM)
        run.rest()
        assert run.process.returncode == 0


def test_core_tools_on_the_path_take_the_hosts_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stand-in for `func` notes how it was started, serves as the app would, and is ended with the rest."""
    port, tenant_port = free_ports(2)
    (tmp_path / "stand_in.py").write_text(STAND_IN)
    func = tmp_path / "bin" / "func"
    func.parent.mkdir()
    func.write_text(
        f'#!/bin/sh\nprintf \'%s\\n\' "$PWD" "$@" > {tmp_path}/called\nenv > {tmp_path}/environment\n'
        f"exec {sys.executable} {tmp_path}/stand_in.py host {port} {tmp_path}/ended ''\n"
    )
    func.chmod(0o755)
    monkeypatch.setenv("PATH", str(func.parent), prepend=os.pathsep)
    options = running.Options(port, tenant_port, tmp_path / "data", open_page=False, host="func")
    tools = Tools(python=ROOT / ".venv" / "bin" / "python", node=Path("node"))
    storage, tenants, host = running.programs(ROOT, tools, options)
    child = Child.start(host, tmp_path / "logs")
    try:
        demo.wait_for_app(f"http://127.0.0.1:{port}", [child], 30)
    finally:
        child.stop()
    assert (storage.name, tenants.name) == ("storage", "tenants")
    assert (tmp_path / "called").read_text().splitlines() == [str(ROOT), "start", "--port", str(port)]
    lines = (tmp_path / "environment").read_text().splitlines()
    seen = dict(line.split("=", 1) for line in lines if "=" in line)
    assert seen["FUNCTIONS_WORKER_RUNTIME"] == "python"
    assert seen["VIRTUAL_ENV"] == str(ROOT / ".venv")
    assert seen["PATH"].startswith(f"{ROOT / '.venv' / 'bin'}{os.pathsep}")
    assert "AccountKey=" in seen["AzureWebJobsStorage"]
    assert seen["ACCORD_PUBLIC_URL"] == f"http://127.0.0.1:{port}"
    assert seen["ACCORD_GRAPH_ENDPOINT"] == seen["ACCORD_LOGIN_ENDPOINT"] == f"http://127.0.0.1:{tenant_port}"
    assert (tmp_path / "ended").read_text() == "host\n"


@pytest.mark.e2e
def test_the_real_stack_starts_within_seconds_and_ends(runs: list[Run], tmp_path: Path) -> None:
    ports = free_ports(2)
    command = [sys.executable, "dev.py", "run", "--no-open", "--data", str(tmp_path / "data"),
               "--port", str(ports[0]), "--tenant-port", str(ports[1])]  # fmt: skip
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    run = Run(process, tmp_path, ports[0])
    runs.append(run)
    run.until_ready()
    assert run.get("/api/v1/health")
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    assert run.rest() == "Stopping …\n"
    assert time.monotonic() - began < 30
