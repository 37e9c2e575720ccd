"""The command line of `dev.py`."""

import argparse
import os
import signal
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from infra.local.dev import benchmarks, checking, running
from infra.local.dev.terminal import Failure, say
from infra.local.processes import ProgramFailed

ROOT = Path(__file__).resolve().parents[3]


def main(arguments: Sequence[str]) -> int:
    """The exit code: 0, 1 with a line that says why, 2 for a command line that makes no sense."""
    # What follows `test`, or the name of a benchmark, is theirs, also what starts with a dash.
    own = {"test": 1, "bench": 2}.get(arguments[0] if arguments else "", len(arguments))
    options = _parser().parse_args(arguments[:own])
    options.arguments = arguments[own:]
    if os.name != "posix":
        say("dev.py runs on Linux and macOS; on Windows, call it inside WSL.")
        return 1
    # SIGINT too: a shell starts what it puts in the background with SIGINT ignored.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    try:
        return _dispatch(options)
    except (Failure, ProgramFailed) as failure:
        say(f"dev.py: {failure}")
        return 1
    except KeyboardInterrupt:
        say("dev.py: stopped")
        return 130


def _dispatch(options: argparse.Namespace) -> int:
    if options.command == "run":
        return running.run(
            ROOT,
            running.Options(
                port=options.port,
                tenant_port=options.tenant_port,
                data=Path(options.data).resolve(),
                open_page=not options.no_open,
                host=options.host,
            ),
        )
    if options.command == "test":
        return checking.check(ROOT, options.arguments)
    return benchmarks.bench(ROOT, options.name, options.arguments)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="dev.py", description="Accord on this machine.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="run | test | bench")

    run = commands.add_parser("run", help="everything on this machine, until Ctrl-C")
    run.add_argument("--port", type=_port, default=7071, help="of the page and the API (%(default)s)")
    run.add_argument("--tenant-port", type=_port, default=7072, help="of the simulated tenants (%(default)s)")
    run.add_argument("--data", metavar="DIR", default=ROOT / ".accord", help="where data are kept (.accord)")
    run.add_argument("--no-open", action="store_true", help="do not open the page in a browser")
    run.add_argument(
        "--host", choices=("embedded", "func"), default="embedded",
        help="what runs the app: our own host, or Azure Functions Core Tools where installed (%(default)s)",
    )  # fmt: skip

    commands.add_parser("test", help="the whole suite; with arguments, pytest with these", add_help=False)
    bench = commands.add_parser("bench", help="a benchmark with its arguments; without a name, the list")
    bench.add_argument("name", nargs="?")
    return parser


def _port(text: str) -> int:
    port = int(text)
    if not 0 < port < 65536:
        raise argparse.ArgumentTypeError(f"{port} is no port: choose one from 1 to 65535")
    return port


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
