"""Kills a host again and again while a test drives it, at requests a seed chooses, and starts it anew."""

from __future__ import annotations

import random
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Self

import httpx
from tripwire import Cut, Tripwire

from infra.local.stack import Stack

RECONCILE_SECONDS = 10.0
"""Between two looks at what a death left: the timer's own minute would be most of a test."""


class Patient(httpx.BaseTransport):
    """Asks again, for two minutes, while nobody answers."""

    def __init__(self) -> None:
        self._inner = httpx.HTTPTransport()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        deadline = time.monotonic() + 120
        while True:
            try:
                answer = self._inner.handle_request(request)
                answer.read()
            except httpx.TransportError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)
            else:
                return answer

    def close(self) -> None:
        self._inner.close()


@dataclass
class Killer:
    """`kills` times: sets the wire at one of the next `spread` writing requests, or of three times as many of
    any kind, and starts the host when it is dead.

    Used as a context: at its end the wire is down and the host runs. `deaths` says where it died.
    """

    stack: Stack
    wire: Tripwire
    chance: random.Random
    kills: int
    spread: int
    deaths: list[str] = field(default_factory=list)
    _over: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Self:
        self._arm()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        self.wire.disarm()
        if self.wire.fired.is_set() and len(self.deaths) < self.kills:
            self.deaths.append(self.wire.at)
        self.stack.start()

    def _arm(self) -> None:
        cut = self.chance.choice(list(Cut))
        writes = self.chance.random() < 0.7
        spread = self.spread if writes else self.spread * 3
        self.wire.arm(self.chance.randint(1, spread), cut, self.stack.kill, writes=writes)

    def _watch(self) -> None:
        looked = time.monotonic()
        while not self._over.is_set():
            if self.wire.fired.wait(0.05) and len(self.deaths) < self.kills:
                self.deaths.append(self.wire.at)
                with suppress(Exception):
                    self.stack.start()
                if len(self.deaths) < self.kills:
                    self._arm()
                else:
                    self.wire.fired.clear()
            elif time.monotonic() - looked > RECONCILE_SECONDS:
                looked = time.monotonic()
                with suppress(httpx.TransportError):
                    httpx.post(f"{self.stack.api}/admin/functions/reconcile", json={"input": ""})
