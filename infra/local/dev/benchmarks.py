"""`dev.py bench`: the benchmarks, each a script that prints its figures beside its peer or floor."""

import ast
import os
from collections.abc import Sequence
from pathlib import Path

from infra.local.dev.checking import call
from infra.local.dev.setup import set_up
from infra.local.dev.terminal import Failure, say

FOLDER = Path("tests", "bench")
PREFIX = "bench_"


def bench(root: Path, name: str | None, arguments: Sequence[str]) -> int:
    """Runs one benchmark with its arguments, or lists them all. Returns the exit code."""
    scripts = {path.stem.removeprefix(PREFIX): path for path in sorted((root / FOLDER).glob(f"{PREFIX}*.py"))}
    if name is None:
        return _list(scripts)
    if name not in scripts:
        known = ", ".join(scripts) or "none yet"
        raise Failure(f"there is no benchmark {name}; there are: {known}")
    python = set_up(root).python
    os.environ["PYTHONPATH"] = str(root)
    return call([str(python), str(scripts[name]), *arguments], root)


def _list(scripts: dict[str, Path]) -> int:
    if not scripts:
        say("There is no benchmark yet.")
    for name, path in scripts.items():
        summary = (ast.get_docstring(ast.parse(path.read_text())) or "").partition("\n")[0]
        say(f"{name:<16} {summary}")
    return 0
