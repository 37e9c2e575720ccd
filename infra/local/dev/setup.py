"""Makes ready what is missing, with visible progress; where nothing is, it takes milliseconds."""

import contextlib
import fcntl
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from infra.local.dev import node, pythons
from infra.local.dev.pythons import Environment
from infra.local.dev.terminal import Failure, clear, duration, say, tick
from infra.local.processes import Child, Program

# Where dev.py keeps what is not the app's data: logs of the set-up, and the lock around it.
OWN_FOLDER = ".accord"

NO_NETWORK = re.compile(
    r"NewConnectionError|Failed to establish a new connection|Temporary failure in name resolution|"
    r"Name or service not known|Network is unreachable|ReadTimeoutError|ConnectTimeoutError|ProxyError|"
    r"ENOTFOUND|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EAI_AGAIN|ENETUNREACH|Connection (refused|reset)"
)
NO_SPACE = re.compile(r"ENOSPC|No space left on device|EDQUOT|Disk quota exceeded")
NO_VENV = re.compile(r"ensurepip|No module named venv")


@dataclass(frozen=True, slots=True)
class Tools:
    """What everything else is started with."""

    python: Path
    node: Path


@dataclass(slots=True)
class Lane:
    """Steps that follow one another; lanes go side by side."""

    label: str
    steps: Iterator[Program]
    child: Child | None = None
    began: float = field(default_factory=time.monotonic)


def set_up(root: Path, needs: str = pythons.CHECK) -> Tools:
    """The virtual environment, the packages, Node and Azurite. Raises `Failure` in a line for a person."""
    environment = pythons.environment(root)
    with _only_one(root):
        lanes = []
        if not environment.is_ready(needs):
            lanes.append(Lane("Python packages", environment.installing(needs)))
        tools = needs == pythons.CHECK
        ready = node.tools_are_ready(root) if tools else node.storage_is_ready(root)
        if not ready or node.find(environment) is None:
            lanes.append(Lane("storage (Azurite)", node.steps(environment, tools=tools)))
        if lanes:
            say("Setting up, this once:")
            _make(environment, pythons.preferred())
            work_through(lanes, root / OWN_FOLDER / "logs")
    found = node.find(environment)
    if found is None:
        raise Failure("Node was there and is gone: call dev.py again")
    return Tools(environment.python, found.program)


def set_up_further(root: Path, version: pythons.Version, base: Path) -> Environment:
    """The environment for a further Python to run the tests on."""
    environment = pythons.environment(root, version)
    with _only_one(root):
        if not environment.is_ready(pythons.TEST):
            _make(environment, base)
            lane = Lane(f"packages for Python {pythons.text(version)}", environment.installing(pythons.TEST))
            work_through([lane], root / OWN_FOLDER / "logs")
    return environment


def _make(environment: Environment, base: Path) -> None:
    if not environment.is_made():
        lane = Lane("virtual environment", environment.making(base))
        work_through([lane], environment.root / OWN_FOLDER / "logs")


@contextlib.contextmanager
def _only_one(root: Path) -> Iterator[None]:
    """Two set-ups at once would spoil each other's files: the second waits for the first."""
    folder = root / OWN_FOLDER
    try:
        folder.mkdir(exist_ok=True)
        lock = (folder / "setup.lock").open("w")
    except OSError as error:
        raise Failure(f"cannot write in {folder}: {error.strerror}; make room or change its owner") from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another dev.py sets things up; waiting for it …")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def work_through(lanes: list[Lane], logs: Path) -> None:
    """Runs the steps of all lanes. The first that fails ends the others and is told as a `Failure`."""
    waiting = list(lanes)
    try:
        while waiting:
            waiting = [lane for lane in waiting if _goes_on(lane, logs)]
            tick("  " + " · ".join(_progress(lane) for lane in waiting))
            time.sleep(0.1)
    except OSError as error:
        raise Failure(f"setting up: {error}; the logs are in {logs}") from error
    finally:
        clear()
        for lane in waiting:
            if lane.child is not None:
                lane.child.kill()


def _goes_on(lane: Lane, logs: Path) -> bool:
    """Starts the lane's next step where the last one has ended; False once none is left."""
    if lane.child is not None:
        code = lane.child.exit_code
        if code is None:
            return True
        if code != 0:
            raise Failure(explain(lane.label, lane.child.output(), lane.child.log))
    step = next(lane.steps, None)
    if step is None:
        say(f"  {lane.label}: ready in {duration(time.monotonic() - lane.began)}")
        return False
    if lane.child is None:
        say(f"  {lane.label} …")
    lane.child = Child.start(step, logs)
    return True


def _progress(lane: Lane) -> str:
    lines = lane.child.output().split("\n") if lane.child else []
    last = next((line.strip() for line in reversed(lines) if line.strip()), "")
    return f"{lane.label} {time.monotonic() - lane.began:.0f} s {last[:50]}"


def explain(label: str, output: str, log: Path) -> str:
    """Why a step of the set-up failed, in one line, from what its program printed."""
    if NO_SPACE.search(output):
        return f"{label}: no space left on the disk: make about 1 GB free and call dev.py again"
    if NO_NETWORK.search(output):
        return (
            f"{label}: no network: the first start fetches packages from PyPI and npm: connect, or set "
            f"a proxy for pip and npm, and call dev.py again (log: {log})"
        )
    if NO_VENV.search(output):
        return (
            f"{label}: this Python cannot make virtual environments: install its venv module "
            "(on Debian and Ubuntu: apt install python3-venv) and call dev.py again"
        )
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    reason = next((line for line in reversed(lines) if "error" in line.lower()), lines[-1] if lines else "")
    return f"{label}: {reason or 'it ended without a word'} (log: {log})"
