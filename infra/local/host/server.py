"""Serves an ASGI application on a port of this machine, in a thread of its own."""

import asyncio
import socket
import threading
import time

import uvicorn
from starlette.types import ASGIApp

STOP_SECONDS = 1


class PortInUse(Exception):
    """Another program listens there."""


class Server:
    """Listens from the moment it is made, so that its port is taken before anything starts."""

    def __init__(self, port: int) -> None:
        # Only where the protocol is named does asyncio switch off Nagle's algorithm (40 ms an answer).
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self._socket.bind(("127.0.0.1", port))
        except OSError as taken:
            self._socket.close()
            raise PortInUse(
                f"Port {port} on 127.0.0.1 cannot be used ({taken.strerror}): end the program that listens "
                "there, or give another --port."
            ) from taken
        self._socket.listen(512)
        self.port: int = self._socket.getsockname()[1]
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self, app: ASGIApp) -> None:
        """Serves the application; returns once it does."""
        config = uvicorn.Config(
            app,
            lifespan="off",
            access_log=False,
            log_config=None,
            server_header=False,
            ws="none",
            timeout_keep_alive=30,
            timeout_graceful_shutdown=STOP_SECONDS,
        )
        self._server = uvicorn.Server(config)
        serving = self._server.serve(sockets=[self._socket])
        self._thread = threading.Thread(target=asyncio.run, args=[serving], name="http", daemon=True)
        self._thread.start()
        while not self._server.started and self._thread.is_alive():
            time.sleep(0.002)

    def stop(self) -> None:
        """Ends open requests within a second and frees the port."""
        if self._server is not None and self._thread is not None:
            self._server.should_exit = True
            self._thread.join(timeout=STOP_SECONDS + 1)
        self._socket.close()
