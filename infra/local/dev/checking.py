"""`dev.py test`: every check of the project, each with a heading and its time."""

import contextlib
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from infra.local.dev import pythons
from infra.local.dev.pythons import Version
from infra.local.dev.setup import Tools, set_up, set_up_further
from infra.local.dev.terminal import Failure, duration, say

# On CI a missing Python of these versions is a fault: some tests run on nothing else.
NEEDED_ON_CI: frozenset[Version] = frozenset({(3, 13)})
TIDY_SECONDS = 20.0
TSC = Path("node_modules", "typescript", "bin", "tsc")
MICROSOFT_WORKER: Version = (3, 13)
# The host's whole suite, and a few syncs and pushes end to end, with the functions in Microsoft's worker.
WITH_MICROSOFT_WORKER = (
    "tests/infra/local/host", "tests/e2e", "-m", "not e2e or both_workers", "--host-worker", "microsoft",
)  # fmt: skip
# A quarter of the end-to-end tests on hosts that are late and repeat themselves; they mostly wait.
IN_CHAOS = ("tests/e2e", "--chaos", "--share", "4", "-n", "6", "--dist", "worksteal")
WORKERS = ("-n", "auto", "--maxprocesses", "8", "--dist", "worksteal")
# End to end, tests wait more than they work: more workers than cores, each with a stack of some 300 MB.
END_TO_END = ("-m", "e2e", "-n", "4", "--dist", "worksteal", "--durations", "15")
# What differs between Pythons shows in few examples.
FURTHER = ("-m", "not e2e and not slow", "--hypothesis-profile", "fewer")


@dataclass(frozen=True, slots=True)
class Result:
    """How one check went."""

    name: str
    seconds: float
    fault: str | None


def check(root: Path, arguments: Sequence[str]) -> int:
    """Pytest with these arguments, or without any the whole suite. Returns the exit code."""
    tools = set_up(root)
    if arguments:
        return call([str(tools.python), "-m", "pytest", *arguments], root)
    results = [*_main_checks(root, tools), *_further_pythons(root)]
    return summarise(results)


def _main_checks(root: Path, tools: Tools) -> Iterator[Result]:
    python = tools.python
    yield _step(root, "style (ruff)", python, "ruff", "check", "--quiet")
    yield _step(root, "types (mypy)", python, "mypy", "--no-error-summary")
    yield _timed(root, "page types (tsc)", (str(tools.node), str(root / TSC), "--project", str(root)))
    coverage = ("--cov", "--cov-report=term", "--no-cov-on-fail")
    fast = ("-m", "not e2e", *WORKERS, *coverage)
    yield _step(root, f"tests, Python {_version(root)}", python, "pytest", "-q", *fast)
    domain = ("report", "--include=shared/domain/*", "--fail-under=100", "--skip-covered")
    yield _step(root, "shared/domain is covered whole", python, "coverage", *domain)
    yield _step(root, f"end to end, Python {_version(root)}", python, "pytest", "-q", *END_TO_END)
    yield _step(root, "end to end in chaos, a quarter", python, "pytest", "-q", *IN_CHAOS)


def _further_pythons(root: Path) -> Iterator[Result]:
    own = pythons.environment(root).version
    for version in pythons.SUPPORTED:
        if version == own:
            continue
        name = f"fast tests, Python {pythons.text(version)}"
        base = pythons.find(version)
        if base is None:
            fault = "not on this machine" if pythons.on_ci() and version in NEEDED_ON_CI else None
            say(f"\n── {name}: no such Python on this machine" + ("" if fault else ", left out"))
            if fault:
                yield Result(name, 0.0, fault)
            continue
        try:
            environment = set_up_further(root, version, base)
        except Failure as failure:
            say(f"\n── {name}: {failure}")
            yield Result(name, 0.0, "could not be set up")
            continue
        yield _step(root, name, environment.python, "pytest", "-q", *WORKERS, *FURTHER)
        if version == MICROSOFT_WORKER:
            name = f"Microsoft's worker, Python {pythons.text(version)}"
            yield _step(root, name, environment.python, "pytest", "-q", *WORKERS, *WITH_MICROSOFT_WORKER)


def _step(root: Path, name: str, python: Path, module: str, *arguments: str) -> Result:
    return _timed(root, name, (str(python), "-m", module, *arguments))


def _timed(root: Path, name: str, command: Sequence[str]) -> Result:
    say(f"\n── {name}")
    began = time.monotonic()
    code = call(command, root)
    seconds = time.monotonic() - began
    say(f"── {name}: {'passed' if code == 0 else f'failed (exit code {code})'} in {duration(seconds)}")
    return Result(name, seconds, None if code == 0 else f"exit code {code}")


def call(command: Sequence[str], root: Path) -> int:
    """The exit code of `command`. Interrupted, it is given time to end what it has started itself."""
    process = subprocess.Popen(command, cwd=root)
    try:
        return process.wait()
    except KeyboardInterrupt:
        process.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(TIDY_SECONDS)
        process.kill()
        raise


def _version(root: Path) -> str:
    version = pythons.environment(root).version
    return pythons.text(version) if version else "unknown"


def summarise(results: Sequence[Result]) -> int:
    """Prints how every check went; the exit code is 1 when one of them failed."""
    say("\n── Summary")
    for result in results:
        say(f"  {'failed' if result.fault else 'passed'}  {duration(result.seconds):>12}  {result.name}")
    faults = [result for result in results if result.fault]
    total = duration(sum(result.seconds for result in results))
    if faults:
        names = ", ".join(result.name for result in faults)
        say(f"{len(faults)} of {len(results)} checks failed, in {total}: {names}")
        return 1
    say(f"All {len(results)} checks passed, in {total}.")
    return 0
