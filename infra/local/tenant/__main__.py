"""`python -m infra.local.tenant --port 7072 --data DIR [--demo]`: the simulated tenants on 127.0.0.1."""

from __future__ import annotations

import argparse
import signal
import socket
import sys
from pathlib import Path

import uvicorn

from .application import build_app


def _already_ended(*_: object) -> None:
    """Uvicorn raises the signal again when it has ended; the process then exits with 0."""


def main(argv: list[str] | None = None) -> int:
    """Serves until SIGTERM or Ctrl-C. Prints one line when it is ready."""
    parser = argparse.ArgumentParser(prog="python -m infra.local.tenant", description=__doc__)
    parser.add_argument("--port", type=int, default=7072, help="0 takes a free one (default 7072)")
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--data", type=Path, help="the folder that keeps the tenants")
    where.add_argument("--memory", action="store_true", help="keep nothing")
    parser.add_argument("--demo", action="store_true", help="make the demo tenants that do not exist yet")
    options = parser.parse_args(argv)
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", options.port))
    except OSError as error:
        print(
            f"port {options.port} cannot be used for the simulated tenants: {error.strerror}", file=sys.stderr
        )
        return 1
    app = build_app(None if options.memory else options.data)
    if options.demo:
        app.seeder.demo()
    listener.listen(128)
    port = listener.getsockname()[1]
    config = uvicorn.Config(
        app,
        log_level="critical",
        access_log=False,
        lifespan="off",
        timeout_keep_alive=75,  # longer than clients keep idle connections: a reset is always one we planted
        timeout_graceful_shutdown=2,
    )
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _already_ended)
    print(f"tenant ready http://127.0.0.1:{port}", flush=True)
    uvicorn.Server(config).run(sockets=[listener])
    app.world.storage.close()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
