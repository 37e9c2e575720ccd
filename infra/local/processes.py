"""Programs started on this machine: each in a process group of its own, with a log, ready when it says so.

Used by `dev.py` and by the tests' fixtures. Standard library only.
"""

import contextlib
import os
import random
import signal
import socket
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

LOG_LIMIT = 10_000_000  # bytes; a longer log is put aside at the next start
STOP_SECONDS = 10.0
# Below the range from which systems take the ports of outgoing connections, so that none of those can take
# a port between the moment it is found free and the moment its program listens.
PORTS = range(20_000, 32_000)


class ProgramFailed(Exception):
    """A program ended by itself, or did not become ready in time; the message ends with its last lines."""


@dataclass(frozen=True, slots=True)
class Program:
    """What to start. It is ready once its output holds every text of `ready`."""

    name: str
    command: tuple[str, ...]
    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    ready: tuple[str, ...] = ()


class Child:
    """A program that was started. Its output, both streams, goes to a log that outlives it."""

    def __init__(self, program: Program, process: subprocess.Popen[bytes], log: Path, start: int) -> None:
        self.program = program
        self.log = log
        self._process = process
        self._start = start

    @classmethod
    def start(cls, program: Program, logs: Path, inherited: tuple[int, ...] = ()) -> Self:
        """Starts `program`; its log is `logs`/name.log, added to what earlier starts left there.

        `inherited` are file descriptors that it keeps open, such as a lock.
        """
        logs.mkdir(parents=True, exist_ok=True)
        log = logs / f"{program.name}.log"
        if log.exists() and log.stat().st_size > LOG_LIMIT:
            log.replace(log.with_suffix(".log.1"))
        with log.open("ab") as output:
            start = output.tell()
            process = subprocess.Popen(
                program.command,
                cwd=program.folder,
                env={**os.environ, "PYTHONUNBUFFERED": "1", **program.environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                pass_fds=inherited,
            )
        return cls(program, process, log, start)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs; as the shell gives it when a signal ended it, negative."""
        return self._process.poll()

    def output(self) -> str:
        """What it has printed since it was started."""
        with self.log.open("rb") as log:
            log.seek(self._start)
            return log.read().decode("utf-8", errors="replace")

    def last_lines(self, count: int = 15) -> str:
        return "\n".join(f"    {line}" for line in self.output().splitlines()[-count:]) or "    (no output)"

    def wait_until_ready(self, seconds: float = 60.0) -> None:
        """Raises `ProgramFailed` when the program ends first, or after `seconds`."""
        deadline = time.monotonic() + seconds
        while not self.is_ready():
            self.check()
            if time.monotonic() > deadline:
                raise ProgramFailed(
                    f"{self.program.name} was not ready after {seconds:.0f} s. "
                    f"Its last lines ({self.log}):\n{self.last_lines()}"
                )
            time.sleep(0.02)

    def is_ready(self) -> bool:
        output = self.output()
        return all(text in output for text in self.program.ready)

    def check(self) -> None:
        """Raises `ProgramFailed` when it has ended."""
        if self.exit_code is not None:
            raise ProgramFailed(
                f"{self.program.name} ended by itself with exit code {self.exit_code}. "
                f"Its last lines ({self.log}):\n{self.last_lines()}"
            )

    def stop(self, seconds: float = STOP_SECONDS) -> None:
        """Asks it to end, so that it can keep its data, and ends it and what it started after `seconds`."""
        if self.exit_code is None:
            self._signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(seconds)
        self.kill()

    def kill(self) -> None:
        """Ends it and what it started, at once, with no chance to tidy up."""
        self._signal(signal.SIGKILL)
        self._process.wait()

    def _signal(self, number: signal.Signals) -> None:
        # The group outlives its leader while members remain; ProcessLookupError says that none does.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)


def port_is_free(port: int) -> bool:
    """Whether a program can listen on 127.0.0.1:`port` now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_ports(count: int) -> list[int]:
    """`count` different ports on which a program can listen."""
    candidates = random.sample(PORTS, len(PORTS))
    ports: list[int] = []
    for port in candidates:
        if len(ports) == count:
            return ports
        if port_is_free(port):
            ports.append(port)
    raise OSError(f"fewer than {count} free ports between {PORTS.start} and {PORTS.stop} on 127.0.0.1")
