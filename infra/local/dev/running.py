"""`dev.py run`: storage, the simulated tenants and the host, side by side, until Ctrl-C."""

import contextlib
import fcntl
import os
import shutil
import signal
import sys
import time
import webbrowser
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from infra.local import stack
from infra.local.dev import demo, pythons
from infra.local.dev.setup import Tools, set_up
from infra.local.dev.terminal import Failure, clear, duration, say, tick
from infra.local.processes import Child, Program, ProgramFailed, free_ports, port_is_free
from infra.local.storage import azurite

READY_SECONDS = 60.0
NEEDED_SPACE = 100_000_000  # bytes; below it storage starts and loses what it is given


@dataclass(frozen=True, slots=True)
class Options:
    """What a person chose on the command line."""

    port: int
    tenant_port: int
    data: Path
    open_page: bool
    host: str


def run(root: Path, options: Options) -> int:
    """Sets up, starts everything, and returns the exit code once a person or a fault has ended it."""
    began = time.monotonic()
    with _data_folder(options.data) as lock:
        _check_ports(options)
        tools = set_up(root, pythons.RUN)
        return serve(programs(root, tools, options), options, lock, began)


def programs(root: Path, tools: Tools, options: Options) -> list[Program]:
    """What to start, in the order in which to start it; it is ended in the opposite order."""
    ports = azurite.Ports(*free_ports(3))
    settings = stack.settings(
        azurite.connection_string(ports), options.tenant_port, options.port, options.data
    )
    if options.host == "func":
        func = shutil.which("func")
        if func is None:
            raise Failure(
                "--host func needs Azure Functions Core Tools, and there is no `func` in the PATH: "
                "install them, or leave --host out"
            )
        host = stack.core_tools(root, Path(func), tools.python, options.port, settings)
    else:
        host = stack.host(root, tools.python, options.port, options.data, settings)
    return [
        azurite.program(root, tools.node, options.data / "azurite", ports),
        stack.tenants(root, tools.python, options.tenant_port, options.data),
        host,
    ]


def serve(chosen: Sequence[Program], options: Options, lock: IO[str], began: float) -> int:
    """Starts the programs, waits for them, registers the demo tenants, and stays until told to stop."""
    children: list[Child] = []
    try:
        for program in chosen:
            # They keep the lock too: what a killed dev.py leaves running still has the folder.
            children.append(Child.start(program, options.data / "logs", (lock.fileno(),)))
            lock.write(f"{program.name} {children[-1].pid}\n")
        lock.flush()
        _wait(children)
        demo.wait_for_app(stack.url(options.port), children, READY_SECONDS)
        registered = demo.register(stack.url(options.port), stack.url(options.tenant_port))
        _announce(options, registered, time.monotonic() - began)
        while True:
            for child in children:
                child.check()
            time.sleep(0.2)
    except KeyboardInterrupt:
        clear()
        say("Stopping …")
        return 0
    except (OSError, ProgramFailed) as failure:
        say(f"dev.py: {failure}")
        return 1
    finally:
        _stop(children)


def _wait(children: Sequence[Child]) -> None:
    began = time.monotonic()
    waiting = list(children)
    while waiting:
        tick("Starting " + ", ".join(child.program.name for child in waiting) + " …")
        for child in children:
            child.check()
        left = READY_SECONDS - (time.monotonic() - began)
        if left < 0:
            waiting[0].wait_until_ready(0)
        waiting = [child for child in waiting if not child.is_ready()]
        time.sleep(0.02)
    clear()


def _stop(children: Sequence[Child]) -> None:
    # A second Ctrl-C must not leave a program behind. Storage was started first: it is ended last, when
    # nobody writes to it any more.
    previous = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        for child in reversed(children):
            child.stop()
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def _check_ports(options: Options) -> None:
    if options.port == options.tenant_port:
        raise Failure(f"--port and --tenant-port are both {options.port}: choose two different ones")
    for port, option in ((options.port, "--port"), (options.tenant_port, "--tenant-port")):
        if not port_is_free(port):
            raise Failure(
                f"port {port} is in use: end the program that listens there, or choose another with {option}"
            )


@contextlib.contextmanager
def _data_folder(data: Path) -> Iterator[IO[str]]:
    """The folder, this run's alone: two storages on the same files would spoil them."""
    try:
        data.mkdir(parents=True, exist_ok=True)
        lock = (data / "run.lock").open("a+")
    except OSError as error:
        raise Failure(f"cannot write in {data}: {error.strerror}; choose another with --data") from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            users = ", ".join(lock.read().split("\n")[:-1])
            raise Failure(
                f"another dev.py run uses {data}, or left programs running when it was killed ({users}): "
                "end it, or choose another folder with --data"
            ) from None
        if shutil.disk_usage(data).free < NEEDED_SPACE:
            raise Failure(f"no space left on the disk of {data}: make room, or choose another with --data")
        lock.truncate(0)
        lock.write(f"dev.py {os.getpid()}\n")
        lock.flush()
        yield lock


def _announce(options: Options, registered: Sequence[str], seconds: float) -> None:
    address = stack.url(options.port)
    page = demo.has_page(address)
    say(f"Accord runs on this machine (ready in {duration(seconds)}; Ctrl-C ends it)")
    if page:
        say(f"  Page               {address}/")
    say(f"  API                {address}/api/v1      key: {stack.KEY} (header x-functions-key)")
    say(f"  Git                {address}/git/{{tenant}}   password: {stack.KEY}")
    say(f"  Tenants            {', '.join(registered)}")
    say(f"  Simulated tenants  {stack.url(options.tenant_port)}/control")
    say(f"  Data and logs      {options.data}")
    say("ready")
    if page and options.open_page and sys.stdout.isatty():
        webbrowser.open(address)
