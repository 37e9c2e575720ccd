"""The Pythons of this machine, and a virtual environment for each."""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from infra.local.processes import Program

Version = tuple[int, int]
SUPPORTED: tuple[Version, ...] = ((3, 11), (3, 12), (3, 13))
RUN, TEST, CHECK = "infra/local/requirements.txt", "tests/requirements.txt", "requirements-dev.txt"
"""What running the app on this machine needs, what the fast tests need besides, and what checking it whole
needs: each includes the one before.
"""
LEVELS = {RUN: "run", TEST: "test", CHECK: "check"}
REQUIREMENTS = {
    level: ("constraints.txt", "requirements.txt", *list(LEVELS)[: place + 1])
    for place, level in enumerate(LEVELS)
}
PIP = ("-m", "pip", "--disable-pip-version-check", "--no-input", "--retries", "2")
STAMP = "accord-packages"
VERSION_OF = "import sys; print(*sys.version_info[:2])"


def text(version: Version) -> str:
    """As people write it: `3.13`."""
    return f"{version[0]}.{version[1]}"


def version_of(python: Path | str) -> Version | None:
    """None where `python` does not run; the stand-ins that pyenv puts in the PATH often do not."""
    try:
        answer = subprocess.run([python, "-c", VERSION_OF], capture_output=True, text=True, check=True)
        major, minor = answer.stdout.split()
    except (OSError, subprocess.CalledProcessError, ValueError):
        return None
    return int(major), int(minor)


def find(version: Version) -> Path | None:
    """A Python of that version, from the PATH or from pyenv."""
    if sys.version_info[:2] == version:
        return Path(sys.executable)
    candidates = [shutil.which(f"python{text(version)}")]
    if pyenv := shutil.which("pyenv"):
        answer = subprocess.run([pyenv, "prefix", text(version)], capture_output=True, text=True, check=False)
        if answer.returncode == 0:
            candidates.append(str(Path(answer.stdout.strip(), "bin", "python")))
    for candidate in candidates:
        if candidate and version_of(candidate) == version:
            return Path(candidate)
    return None


def preferred() -> Path:
    """The Python that called, or one whose version the app's packages are made for."""
    if sys.version_info[:2] in SUPPORTED:
        return Path(sys.executable)
    found = (find(version) for version in reversed(SUPPORTED))
    return next((python for python in found if python is not None), Path(sys.executable))


@dataclass(frozen=True, slots=True)
class Environment:
    """A virtual environment with the project's packages."""

    root: Path
    folder: Path

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"

    @property
    def version(self) -> Version | None:
        """The version of its Python; None where there is none, or one that was taken away."""
        if not self.python.exists():
            return None
        for line in (self.folder / "pyvenv.cfg").read_text().splitlines():
            key, _, value = line.partition("=")
            if key.strip() == "version":
                major, minor, *_ = value.strip().split(".")
                return int(major), int(minor)
        return None

    def is_ready(self, needs: str = CHECK) -> bool:
        """Whether the packages that are asked for today were installed there, without asking pip."""
        stamp = self._stamp(needs)
        return self.version is not None and stamp.is_file() and stamp.read_text() == self._wanted(needs)

    def is_made(self) -> bool:
        """Whether there is a Python of a version that will do, with pip, whatever its packages."""
        version = self.version
        return version is not None and version >= SUPPORTED[0] and (self.folder / "bin" / "pip").exists()

    def making(self, base: Path) -> Iterator[Program]:
        """What to run to make it, from `base`, in place of what stands there."""
        yield Program("environment", (str(base), "-m", "venv", "--clear", str(self.folder)), self.root)

    def installing(self, needs: str = CHECK) -> Iterator[Program]:
        """What to run to complete its packages; those that are there and right stay."""
        done = {level: self._wanted(level) for level in LEVELS if level in REQUIREMENTS[needs]}
        install = ("install", "--no-compile", "--progress-bar", "off", "-r", needs)
        yield Program("packages", (str(self.python), *PIP, *install), self.root)
        for level, wanted in done.items():
            self._stamp(level).write_text(wanted)

    def _stamp(self, needs: str) -> Path:
        return self.folder / f"{STAMP}-{LEVELS[needs]}"

    def _wanted(self, needs: str) -> str:
        content = b"".join((self.root / name).read_bytes() for name in REQUIREMENTS[needs])
        return f"{self.version} {hashlib.sha256(content).hexdigest()}\n"


def environment(root: Path, version: Version | None = None) -> Environment:
    """The project's own environment, or the one for a further Python."""
    return Environment(root, root / (".venv" if version is None else f".venv-{text(version)}"))


def on_ci() -> bool:
    """Whether this is CI, where a missing tool is a fault and not a reason to skip."""
    return os.environ.get("CI", "").lower() in {"true", "1"}
