"""The signed-in user's token, silently, from the stored cache: the refresh goes by the class the person
signed in with, since Entra refuses the other one (AADSTS700025, AADSTS7000218).
"""

from __future__ import annotations

import datetime as dt
import logging
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from typing import Any, Final, assert_never

from shared.adapters.entra.claims import claim
from shared.adapters.entra.credentials import Credential
from shared.adapters.entra.provider import Provider
from shared.adapters.entra.refusals import app_refused, asks_a_person, failed, passes, translated
from shared.errors import SignInFailed, StorageUnavailable
from shared.names import TenantId
from shared.user_ports import CacheKind, StoredCache, TokenCaches

MARGIN: Final = 300.0
"""Seconds before its end that a token counts as expired, as with msal; a quarter of its life, if shorter."""
_log = logging.getLogger(__name__)
_ROUNDS: Final = 4
"""How often a newer cache, stored by somebody else meanwhile, is looked at."""


@dataclass(frozen=True, slots=True)
class _Token:
    secret: str = field(repr=False)
    good_until: float


class StoredUserTokens:
    """Fills `UserTokens`, for one tenant and the length of one activity. `turn` is the lock that all of the
    process's instances for this tenant share: one refreshes, the others find its token in the store. Of
    several processes, the first to store its refreshed cache wins and the others use that.
    """

    def __init__(
        self,
        tenant: TenantId,
        provider: Provider,
        credential: Callable[[], Credential],
        caches: TokenCaches,
        turn: AbstractContextManager[Any] | None = None,
        now: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
    ) -> None:
        self._tenant, self._provider, self._credential = tenant, provider, credential
        self._caches, self._turn, self._now = caches, turn or threading.Lock(), now
        self._held: _Token | None = None
        self._dropped: frozenset[str] = frozenset()
        self._anew = False

    def user_token(self) -> str:
        """A bearer token for Graph. Raises SignInFailed."""
        held = self._held
        if held is not None and self._is_good(held):
            return held.secret
        with self._turn:
            self._held = self._found()
            return self._held.secret

    def fresh_token(self) -> str:
        """A bearer token got with the refresh token, here and now. Raises SignInFailed."""
        with self._turn:
            self._anew = True
            self._held = self._found()
            return self._held.secret

    def scopes(self) -> frozenset[str]:
        """The delegated permissions that the token carries. Raises SignInFailed."""
        return granted_scopes(self.user_token())

    def account(self) -> str:
        """The object id of whoever the token is for: `oid`, which outlasts a change of the name
        (learn.microsoft.com/entra/identity-platform/access-token-claims-reference). Raises SignInFailed.
        """
        return str(claim(self.user_token(), "oid") or "")

    def drop(self, token: str = "") -> None:
        """Never answers this access token again; by default the one answered last, and where none was, any
        that is stored now.
        """
        held = self._held
        if held is None and not token:
            self._anew = True
            return
        gone = token or (held.secret if held else "")
        self._dropped |= {gone}
        if held is not None and held.secret == gone:
            self._held = None

    def _found(self) -> _Token:
        stored = self._stored()
        if self._anew:
            self._dropped |= {str(entry["secret"]) for entry in self._entries(_opened(stored))}
            self._anew = False
        for _ in range(_ROUNDS):
            cache = _opened(stored)
            if token := self._newest(cache):
                return token
            try:
                self._refresh(cache, stored)
            except SignInFailed as refused:
                newer = self._stored()
                if refused.transient or newer.etag == stored.etag:
                    raise
                stored = newer  # somebody signed in, or refreshed, while this one was refused
                continue
            try:
                stored = self._kept(replace(stored, cache=cache.serialize().encode()))
            except StorageUnavailable as fault:
                _log.warning("The refreshed sign-in of %s could not be kept: %s", self._tenant, fault)
                stored = replace(stored, cache=cache.serialize().encode())
        raise SignInFailed(
            "userSignInNeeded",
            "others store newer tokens without end, none of which is valid",
            transient=True,
        )

    def _kept(self, fresh: StoredCache) -> StoredCache:
        """The cache that counts now. Raises StorageUnavailable."""
        kept = self._caches.renew(self._tenant, fresh)
        if kept is None:
            raise _nobody("was signed out a moment ago")
        return kept

    def _stored(self) -> StoredCache:
        try:
            stored = self._caches.load(self._tenant)
        except StorageUnavailable as fault:
            raise SignInFailed("userSignInNeeded", f"the stored sign-in: {fault}", transient=True) from fault
        if stored is None:
            raise _nobody("has signed in, or what was kept of it can no longer be opened")
        return stored

    def _newest(self, cache: Any) -> _Token | None:
        """The access token that lasts longest, of those in the cache that are good."""
        found = [_token(entry) for entry in self._entries(cache)]
        good = [token for token in found if self._is_good(token)]
        return max(good, key=lambda token: token.good_until, default=None)

    def _entries(self, cache: Any) -> list[Any]:
        """The access tokens in the cache."""
        client = self._provider.address.client_id
        return list(cache.search(cache.CredentialType.ACCESS_TOKEN, query={"client_id": client}))

    def _is_good(self, token: _Token) -> bool:
        return token.secret not in self._dropped and self._now().timestamp() < token.good_until

    def _refresh(self, cache: Any, stored: StoredCache) -> None:
        """Puts a fresh access token into the cache. Raises SignInFailed."""
        try:
            app = self._app(cache, stored.kind)
            accounts = app.get_accounts()
            result = accounts and app.acquire_token_silent_with_error(
                [self._provider.address.everything_granted], accounts[0], force_refresh=True
            )
        except SignInFailed:
            raise
        except Exception as fault:
            raise translated(fault) from fault
        if not result:
            raise _nobody("has signed in to this app registration: another one was used before")
        if "access_token" in result:
            for entry in self._entries(cache):
                if entry["secret"] in self._dropped:
                    cache.remove_at(entry)
            return
        if passes(result) or not asks_a_person(result):
            raise app_refused(result)
        raise failed("userSignInNeeded", result)

    def _app(self, cache: Any, kind: CacheKind) -> Any:
        match kind:
            case CacheKind.PUBLIC:
                return self._provider.public(cache)
            case CacheKind.WEB:
                return self._provider.confidential(self._credential(), cache)
            case _ as never:
                assert_never(never)


def granted_scopes(token: str) -> frozenset[str]:
    """The `scp` of one of our own tokens for Graph."""
    return frozenset(str(claim(token, "scp") or "").split())


def _token(entry: Any) -> _Token:
    end, begun = float(entry["expires_on"]), float(entry.get("cached_at") or 0)
    return _Token(str(entry["secret"]), end - min(MARGIN, max(0.0, end - begun) / 4))


def _opened(stored: StoredCache) -> Any:
    import msal

    cache = msal.SerializableTokenCache()
    cache.deserialize(stored.cache.decode())
    return cache


def _nobody(what: str) -> SignInFailed:
    return SignInFailed("userSignInNeeded", f"nobody {what}")
