"""One request to Graph: token, budget, retries, size limit, log.

Repeats what may be repeated: an answer of 429 for anything (it was certainly not applied), everything else
only where asking twice does no harm. A create is sent once: no answer, or a 5xx, and its fate is unknown.
"""

from __future__ import annotations

import asyncio
import random
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

import httpx

from shared.adapters.graph.budget import LIMITS, Budget, Pace
from shared.adapters.graph.replies import Reply, parse
from shared.adapters.graph.timing import RealTime, Time
from shared.errors import SignInFailed
from shared.ports import TokenSource, UserTokens

MAX_ANSWER: Final = 64 * 1024 * 1024
"""Bytes of one answer. Graph's pages are far smaller; more is a fault, not a page."""
_TRANSIENT: Final = frozenset({408, 429, 500, 502, 503, 504, 509})
_HEADERS: Final = {
    "Accept": "application/json",
    # Without it, values newer than the API version degrade to `unknownFutureValue`, and would be written so.
    "Prefer": "include-unknown-enum-members",
    "User-Agent": "Accord",
}


@dataclass(frozen=True, slots=True)
class Manner:
    """How the service is asked. `pace`: how a quota is used up. `attempts` in all where no answer came or the
    service failed; `refusals` are answers of 429 that are waited out. Pauses double from `first_pause` up
    to `longest_pause` seconds, each made longer by up to half at random; a Retry-After counts instead,
    where there is one. `time_out` is for one answer.
    """

    pace: Pace = Pace.STEADY
    attempts: int = 5
    refusals: int = 12
    first_pause: float = 2.0
    longest_pause: float = 60.0
    time_out: float = 60.0


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request as it may be logged: neither query nor bodies nor tokens. `status` 0: no answer."""

    method: str
    path: str
    status: int
    milliseconds: int
    request_id: str


@dataclass(frozen=True, slots=True)
class Call:
    """What to ask. `address`: from the version on (`/beta/deviceManagement/…`), or absolute (a next page).
    `once`: not to be repeated when no answer came. `requests`: how many it counts for. `until`: give up
    waiting then, in seconds of the transport's clock. `user`: asked as the signed-in user. `headers` are sent
    beside those of every request.
    """

    method: str
    address: str
    bucket: str
    body: Any = None
    write: bool = False
    once: bool = False
    requests: int = 1
    until: float | None = None
    user: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)


class NoAnswer(Exception):
    """Nothing came back that can be read. `sent`: the service may have got the request."""

    def __init__(self, reason: str, *, sent: bool) -> None:
        super().__init__(reason)
        self.sent = sent


class OutOfTime(Exception):
    """Going on would take longer than the call may."""


@dataclass(slots=True)
class _Tries:
    attempts: int = 0
    refusals: int = 0
    token: str = ""
    fresh_token: bool = False


@dataclass(slots=True)
class Transport:
    """Sends calls for one tenant. `base_url` is the cloud's Graph address, without a version. `user`: who is
    signed in, for calls that need a person.
    """

    base_url: str
    tokens: TokenSource
    client: httpx.AsyncClient
    manner: Manner = field(default_factory=Manner)
    log: Callable[[Exchange], None] | None = None
    time: Time = field(default_factory=RealTime)
    user: UserTokens | None = None
    _budgets: dict[str, Budget] = field(default_factory=dict)

    def budget(self, bucket: str) -> Budget:
        """The bucket's budget, the same one for every call."""
        if bucket not in self._budgets:
            self._budgets[bucket] = Budget(LIMITS[bucket], self.manner.pace, self.time)
        return self._budgets[bucket]

    async def ask(self, call: Call) -> Reply:
        """The service's last word: any status. Raises NoAnswer, OutOfTime, SignInFailed."""
        tries = _Tries()
        while True:
            try:
                reply = await self._ask_once(call, tries)
            except SignInFailed as refused:
                if not refused.transient:
                    raise
                tries.attempts += 1
                if tries.attempts >= self.manner.attempts:
                    raise
                await self._pause(call, tries.attempts, None)
                continue
            except NoAnswer as lost:
                if call.once and lost.sent:
                    raise
                tries.attempts += 1
                if tries.attempts >= self.manner.attempts:
                    raise
                await self._pause(call, tries.attempts, None)
                continue
            if not await self._again(call, reply, tries):
                return reply

    async def _again(self, call: Call, reply: Reply, tries: _Tries) -> bool:
        """Whether to ask once more; has waited as long as that needs."""
        if reply.status == 401 and not tries.fresh_token:
            tries.fresh_token = True
            if call.user:
                # Several calls may learn of one token's end, the last of them when it is renewed already.
                self._signed_in(call).drop(tries.token)
            else:
                await asyncio.to_thread(self.tokens.drop)
            return True
        if reply.status == 429:
            tries.refusals += 1
            if tries.refusals >= self.manner.refusals:
                return False
            await self._pause(call, tries.refusals, reply.retry_after)
            return True
        broken = reply.status in _TRANSIENT or (reply.ok and reply.malformed and not call.write)
        if not broken or call.once:
            return False
        tries.attempts += 1
        if tries.attempts >= self.manner.attempts:
            return False
        await self._pause(call, tries.attempts, reply.retry_after)
        return True

    async def _pause(self, call: Call, count: int, asked: float | None) -> None:
        manner = self.manner
        pause = min(manner.longest_pause, manner.first_pause * 2 ** (count - 1))
        seconds = asked if asked is not None else pause * (1 + random.random() / 2)
        if call.until is not None and self.time.clock() + seconds > call.until:
            raise OutOfTime
        # The whole bucket waits: others would only be refused as well, and prolong it.
        self.budget(call.bucket).close(seconds)
        await self.time.sleep(seconds)

    async def _ask_once(self, call: Call, tries: _Tries) -> Reply:
        ask = self._signed_in(call).user_token if call.user else self.tokens.app_token
        token = tries.token = await asyncio.to_thread(ask)
        async with self.budget(call.bucket).spend(call.requests, write=call.write):
            started = self.time.clock()
            reply: Reply | None = None
            try:
                reply = await self._exchange(call, token)
                return reply
            finally:
                self._note(call, reply, started)

    def _signed_in(self, call: Call) -> UserTokens:
        if self.user is None:
            raise SignInFailed("userSignInNeeded", f"{call.method} {call.address} needs a signed-in user")
        return self.user

    async def _exchange(self, call: Call, token: str) -> Reply:
        headers = _HEADERS | {"Authorization": f"Bearer {token}", "client-request-id": str(uuid.uuid4())}
        headers |= call.headers
        address = call.address if "://" in call.address else self.base_url + call.address
        try:
            async with self.client.stream(
                call.method, address, headers=headers, json=call.body, timeout=self.manner.time_out
            ) as response:
                content = await _content(response)
                return parse(
                    response.status_code, _lower(response.headers), content, self.time.now().timestamp()
                )
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as lost:
            raise NoAnswer(f"no connection ({type(lost).__name__})", sent=False) from lost
        except httpx.TimeoutException as lost:
            raise NoAnswer(f"no answer within {self.manner.time_out:g} s", sent=True) from lost
        except (httpx.TransportError, httpx.DecodingError) as lost:
            raise NoAnswer(f"the connection broke ({type(lost).__name__})", sent=True) from lost

    def _note(self, call: Call, reply: Reply | None, started: float) -> None:
        if self.log is not None:
            milliseconds = round((self.time.clock() - started) * 1000)
            status, request_id = (reply.status, reply.request_id) if reply else (0, "")
            path = urlsplit(call.address).path
            self.log(Exchange(call.method, path, status, milliseconds, request_id))


async def _content(response: httpx.Response) -> bytes:
    parts: list[bytes] = []
    size = 0
    async for part in response.aiter_bytes():
        size += len(part)
        if size > MAX_ANSWER:
            raise NoAnswer(f"the answer is larger than {MAX_ANSWER // 1024 // 1024} MB", sent=True)
        parts.append(part)
    return b"".join(parts)


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def reason(fault: NoAnswer | SignInFailed | OutOfTime) -> str:
    """The fault in words, for an error's message."""
    return "the time for this step is over" if isinstance(fault, OutOfTime) else str(fault)
