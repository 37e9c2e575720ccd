"""A user's sign-in in memory: flows that answer by script, caches that race like blobs, a seal one can see
through.
"""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass, field, replace
from typing import Any

from shared.errors import SealBroken, SignInFailed
from shared.user_ports import BrowserLink, CacheKind, DeviceCode, Polled, PollKind, StoredCache

SIGNED_IN_AT = dt.datetime(2026, 3, 2, 6, 0, tzinfo=dt.UTC)


def user_cache(account: str = "ada@contoso.example", kind: CacheKind = CacheKind.PUBLIC) -> StoredCache:
    """The cache of somebody who is signed in."""
    return StoredCache(b"cache of " + account.encode(), kind, account, SIGNED_IN_AT)


def signed_in(account: str = "ada@contoso.example", kind: CacheKind = CacheKind.PUBLIC) -> Polled:
    """The answer to the last poll of a sign-in that came right."""
    cache = user_cache(account, kind)
    return Polled(PollKind.SIGNED_IN, cache=cache.cache, account=account, cache_kind=kind)


@dataclass
class FakeUserTokens:
    """`UserTokens`. `refusals` are raised first, one after another."""

    granted: frozenset[str] = frozenset()
    refusals: list[Exception] = field(default_factory=list)
    drops: int = 0
    who: str = "ada"

    def user_token(self) -> str:
        if self.refusals:
            raise self.refusals.pop(0)
        return f"user-token-{self.drops}"

    def fresh_token(self) -> str:
        self.drop()
        return self.user_token()

    def scopes(self) -> frozenset[str]:
        self.user_token()
        return self.granted

    def account(self) -> str:
        self.user_token()
        return self.who

    def drop(self, token: str = "") -> None:
        if token in ("", f"user-token-{self.drops}"):
            self.drops += 1


@dataclass
class FakeUserSignIn:
    """`UserSignIn`. `polls` and `redeemed` are answered (or raised) one after another, then pending for ever;
    `refusals` are raised by `begin_*`. `asked` holds the scopes of each flow that began.
    """

    polls: list[Polled | Exception] = field(default_factory=list)
    redeemed: list[Polled | Exception] = field(default_factory=list)
    refusals: list[SignInFailed] = field(default_factory=list)
    expires_at: dt.datetime = SIGNED_IN_AT + dt.timedelta(minutes=15)
    interval: float = 5.0
    asked: list[frozenset[str]] = field(default_factory=list)
    polled: list[Any] = field(default_factory=list)
    numbers: Any = field(default_factory=lambda: iter(range(1, 1_000_000)))

    def begin_device(self, scopes):
        self._begin(scopes)
        number = next(self.numbers)
        return DeviceCode(
            flow={"device_code": f"secret-{number}", "interval": self.interval},
            user_code=f"CODE{number}",
            verification_uri="https://login.example/device",
            expires_at=self.expires_at,
            interval=self.interval,
        )

    def poll_device(self, flow):
        self.polled.append(flow)
        return self._next(self.polls, Polled(PollKind.PENDING, flow=flow, interval=self.interval), flow)

    def begin_browser(self, scopes, state, redirect_uri):
        self._begin(scopes)
        flow = {"state": state, "redirect_uri": redirect_uri, "code_verifier": "secret"}
        return BrowserLink(flow, f"https://login.example/authorize?state={state}")

    def redeem(self, flow, form):
        assert form.get("state") == flow["state"]
        return self._next(self.redeemed, Polled(PollKind.USED_OR_EXPIRED), {})

    def _begin(self, scopes) -> None:
        if self.refusals:
            raise self.refusals.pop(0)
        self.asked.append(frozenset(scopes))

    @staticmethod
    def _next(script, otherwise, flow):
        answer = script.pop(0) if script else otherwise
        if isinstance(answer, Exception):
            raise answer
        return answer if answer.flow or not flow else replace(answer, flow=flow)


@dataclass
class MemoryTokenCaches:
    """`TokenCaches`."""

    held: dict[str, StoredCache] = field(default_factory=dict)
    numbers: Any = field(default_factory=lambda: iter(range(1, 1_000_000)))

    def load(self, tenant):
        return self.held.get(tenant)

    def store(self, tenant, cache):
        self.held[tenant] = replace(cache, etag=f"etag-{next(self.numbers)}")
        return self.held[tenant]

    def renew(self, tenant, cache):
        stored = self.held.get(tenant)
        if stored is None or stored.etag != cache.etag:
            return stored
        return self.store(tenant, cache)

    def delete(self, tenant):
        self.held.pop(tenant, None)


class GlassSeal:
    """`Sealed` that hides nothing, and opens for nobody but those it was sealed for."""

    def seal(self, plain, *associated):
        return json.dumps([plain.decode(), *associated]).encode()

    def open(self, sealed, *associated):
        plain, *sealed_for = json.loads(sealed)
        if tuple(sealed_for) != associated:
            raise SealBroken("opening what was sealed for something else")
        return plain.encode()
