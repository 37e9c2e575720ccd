"""Stands between a host and what it talks to, and has the host killed at a chosen request.

Storage, the identity provider and the tenant are reached through forwarders that count what the host sends.
The wire can be set at the n-th request from now: *before*, so that it never arrives, or *after*, so that it
is carried out and the host never hears of it. That is between any two writes of anything that it does.
"""

from __future__ import annotations

import contextlib
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

REQUEST = re.compile(rb"(GET|HEAD|POST|PUT|PATCH|MERGE|DELETE) /\S*")
READS = frozenset({b"GET", b"HEAD"})


class Cut(Enum):
    """Whether the request at which the host dies still arrives."""

    BEFORE = "before"
    AFTER = "after"


@dataclass
class Armed:
    """The wire as it was set. `left` requests go by first; `writes`: only those that write count."""

    left: int
    cut: Cut
    writes: bool
    kill: Callable[[], None]


class Gate:
    """Holds the first request from now on whose line matches, until it is opened: it has not arrived yet."""

    def __init__(self, pattern: str) -> None:
        self._pattern = re.compile(pattern.encode())
        self.reached, self._open = threading.Event(), threading.Event()

    def meets(self, request: bytes) -> None:
        """Waits where this is the request."""
        if not self.reached.is_set() and self._pattern.match(request):
            self.reached.set()
            self._open.wait()

    def open(self) -> None:
        """Lets it through, and all that come after."""
        self.reached.set()
        self._open.set()


class Tripwire:
    """Forwarders in threads; `port` adds one. One wire for all of them; it goes off once each time.

    `slow` is called for each request, and says how many seconds late it arrives; `gates` hold requests.
    """

    slow: Callable[[], float] | None = None
    gates: Sequence[Gate] = ()

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._armed: Armed | None = None
        self._listeners: list[socket.socket] = []
        self.fired = threading.Event()
        self.at = ""

    def port(self, target: int) -> int:
        """A port that leads to `target`, both on 127.0.0.1."""
        listener = socket.create_server(("127.0.0.1", 0))
        self._listeners.append(listener)
        threading.Thread(target=self._listen, args=(listener, target), daemon=True).start()
        return int(listener.getsockname()[1])

    def arm(self, requests: int, cut: Cut, kill: Callable[[], None], *, writes: bool) -> None:
        """Sets it at the request with that number, from 1; `kill` is called once, in a thread."""
        with self._lock:
            self.fired.clear()
            self._armed = Armed(requests, cut, writes, kill)

    def disarm(self) -> None:
        """Lets everything through again."""
        with self._lock:
            self._armed = None

    def close(self) -> None:
        self.disarm()
        for gate in self.gates:
            gate.open()
        for listener in self._listeners:
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()

    def _listen(self, listener: socket.socket, target: int) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._forward, args=(client, target), daemon=True).start()

    def _forward(self, client: socket.socket, target: int) -> None:
        with client, contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", target)) as server:
            last: list[Armed] = []  # the request after whose answer the host dies
            answers = threading.Thread(target=self._answers, args=(server, client, last), daemon=True)
            answers.start()
            for data in _chunks(client):
                armed = self._trips(data)
                if armed is not None and armed.cut is Cut.BEFORE:
                    self._fire(armed)
                    return
                if armed is not None:
                    last.append(armed)
                self._hold(data)
                server.sendall(data)
            with contextlib.suppress(OSError):
                server.shutdown(socket.SHUT_WR)
            answers.join()

    def _answers(self, server: socket.socket, client: socket.socket, last: list[Armed]) -> None:
        with contextlib.suppress(OSError):
            for data in _chunks(server):
                if last:
                    self._fire(last[0])
                    return
                client.sendall(data)
            client.shutdown(socket.SHUT_WR)

    def _hold(self, data: bytes) -> None:
        """Until the request may arrive."""
        if REQUEST.match(data) is None:
            return
        if self.slow is not None:
            time.sleep(self.slow())
        for gate in self.gates:
            gate.meets(data)

    def _trips(self, data: bytes) -> Armed | None:
        found = REQUEST.match(data)
        if found is None:
            return None
        with self._lock:
            armed = self._armed
            if armed is None or (armed.writes and found[1] in READS):
                return None
            armed.left -= 1
            if armed.left > 0:
                return None
            self._armed = None
            self.at = f"{armed.cut.value} {found[0][:200].decode('ascii', 'replace')}"
            return armed

    def _fire(self, armed: Armed) -> None:
        armed.kill()
        self.fired.set()


def _chunks(source: socket.socket) -> Iterator[bytes]:
    while data := source.recv(65536):
        yield data
