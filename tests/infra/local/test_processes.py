"""A started program becomes ready or is known to have died, and ends with all that it started."""

import contextlib
import os
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.local import processes
from infra.local.processes import Child, Program, ProgramFailed, free_ports, port_is_free


@pytest.fixture
def children() -> Iterator[list[Child]]:
    started: list[Child] = []
    yield started
    for child in started:
        child.kill()


def start(children: list[Child], folder: Path, source: str, *ready: str) -> Child:
    command = (sys.executable, "-c", source)
    children.append(Child.start(Program("program", command, folder, {"GREETING": "hello"}, ready), folder))
    return children[-1]


def is_alive(pid: int) -> bool:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, 0)
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    return False


SERVES = "import os, time; print(os.environ['GREETING']); time.sleep(0.1); print('ready'); time.sleep(60)"


def test_a_program_is_ready_once_it_has_said_every_text(children: list[Child], tmp_path: Path) -> None:
    child = start(children, tmp_path, SERVES, "hello", "ready")
    child.wait_until_ready()
    assert child.output() == "hello\nready\n"
    child.check()


def test_what_an_earlier_start_said_counts_for_nothing(children: list[Child], tmp_path: Path) -> None:
    start(children, tmp_path, SERVES, "ready").wait_until_ready()
    second = start(children, tmp_path, "import time; time.sleep(60)", "ready")
    assert not second.is_ready()
    assert (tmp_path / "program.log").read_text() == "hello\nready\n"


def test_a_program_that_dies_is_named_with_its_last_lines(children: list[Child], tmp_path: Path) -> None:
    child = start(children, tmp_path, "import sys; print('the disk is gone'); sys.exit(3)", "ready")
    with pytest.raises(ProgramFailed, match=r"ended by itself with exit code 3(.|\n)*the disk is gone"):
        child.wait_until_ready()


def test_a_program_that_never_says_so_is_not_waited_for_for_ever(
    children: list[Child], tmp_path: Path
) -> None:
    child = start(children, tmp_path, "import time; time.sleep(60)", "ready")
    with pytest.raises(ProgramFailed, match="was not ready after"):
        child.wait_until_ready(0.1)


STARTS_ANOTHER = """
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, {handler})
print(subprocess.Popen([sys.executable, "-c", "import signal, time; signal.signal(15, signal.SIG_IGN);\
print('deaf', flush=True); time.sleep(60)"]).pid)
time.sleep(60)
"""


@pytest.mark.parametrize(
    ("handler", "expected"),
    [
        pytest.param("lambda *_: (print('kept'), sys.exit())", "kept", id="a program that listens"),
        pytest.param("signal.SIG_IGN", "deaf", id="a program that is deaf"),
    ],
)
def test_to_stop_a_program_ends_what_it_started(
    children: list[Child], tmp_path: Path, handler: str, expected: str
) -> None:
    child = start(children, tmp_path, STARTS_ANOTHER.format(handler=handler), "deaf")
    child.wait_until_ready()
    other = next(int(line) for line in child.output().split() if line.isdigit())
    child.stop(0.5)
    assert expected in child.output()
    deadline = time.monotonic() + 20
    while is_alive(other) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not is_alive(other)
    child.stop()


def test_a_long_log_is_put_aside(
    children: list[Child], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "LOG_LIMIT", 3)
    (tmp_path / "program.log").write_text("old and long")
    child = start(children, tmp_path, SERVES, "ready")
    child.wait_until_ready()
    assert (tmp_path / "program.log").read_text() == "hello\nready\n"
    assert (tmp_path / "program.log.1").read_text() == "old and long"


def test_a_port_that_somebody_listens_on_is_not_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert not port_is_free(server.getsockname()[1])


def test_free_ports_are_different_and_out_of_the_way_of_outgoing_connections() -> None:
    ports = free_ports(20)
    assert len(set(ports)) == 20
    assert set(ports) <= set(processes.PORTS)
