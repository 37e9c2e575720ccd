"""`python -m infra.local.host --app DIR --port 7071 --data DIR`: serves an app until it is told to stop."""

import argparse
import logging
import os
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from infra.local.host.faults import read_faults
from infra.local.host.functions import UnsupportedFunction
from infra.local.host.host import Host
from infra.local.host.server import PortInUse
from infra.local.host.settings import BODY_LIMIT, HostSettings, InvalidSettings, Role, WorkerKind


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a host; 0 after SIGTERM or SIGINT, 2 with one line on stderr if it cannot start."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(
        level=options.log_level.upper(),
        stream=sys.stderr,
        format="%(asctime)s %(levelname)-7s %(name)s: %(message)s",
    )
    for chatty in ("azure.core.pipeline.policies.http_logging_policy", "azure.functions", "uvicorn.error"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    try:
        host = Host(_settings(options))
    except (UnsupportedFunction, InvalidSettings, PortInUse) as refused:
        print(f"host: {refused}", file=sys.stderr)
        return 2
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    host.start()
    print(f"host ready {host.origin}", flush=True)
    stop.wait()
    host.stop()
    return 0


def _settings(options: argparse.Namespace) -> HostSettings:
    try:
        roles = frozenset(Role(role.strip()) for role in options.role.split(","))
    except ValueError as unknown:
        raise InvalidSettings(f"{unknown}; --role takes {', '.join(Role)}, joined by commas.") from unknown
    try:
        worker = WorkerKind(options.worker)
    except ValueError as unknown:
        raise InvalidSettings(f"{unknown}; --worker takes {' or '.join(WorkerKind)}.") from unknown
    return HostSettings(
        app=options.app,
        data=options.data,
        port=options.port,
        roles=roles,
        worker=worker,
        public_url=options.public_url,
        lease_seconds=options.lease_seconds,
        homepage=os.environ.get("AzureWebJobsDisableHomepage", "").lower() != "true",  # noqa: SIM112 - its name
        body_limit=int(os.environ.get("FUNCTIONS_REQUEST_BODY_SIZE_LIMIT") or BODY_LIMIT),
        faults=read_faults(),
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m infra.local.host", description=__doc__)
    parser.add_argument("--app", type=Path, required=True, help="folder with function_app.py and host.json")
    parser.add_argument("--data", type=Path, required=True, help="folder for the host's state (host.sqlite3)")
    parser.add_argument("--port", type=int, default=7071, help="port on 127.0.0.1; 0 for any that is free")
    parser.add_argument(
        "--role", default="http,durable,timer", help="what this host does, of http,durable,timer"
    )
    parser.add_argument(
        "--worker",
        default=os.environ.get("ACCORD_HOST_WORKER") or WorkerKind.DIRECT,
        help="what runs the functions: direct, or microsoft (Microsoft's package, from Python 3.13 on)",
    )
    parser.add_argument("--public-url", help="the origin that callers see, if it is not this host's own")
    parser.add_argument(
        "--lease-seconds", type=float, default=30.0, help="silence that other hosts take for death"
    )
    parser.add_argument("--log-level", default="info", help="debug, info, warning or error")
    return parser


if __name__ == "__main__":
    code = main()
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    # Functions that still run would hold up an ordinary exit; what they do is left to the next host.
    os._exit(code)
