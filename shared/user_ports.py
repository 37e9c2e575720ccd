"""What the steps need of people who sign in: the flows, the stored token caches, and the seal around both.

All of it is plain functions for the thread pool (mechanics.md 2, 3).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Protocol

from shared.names import TenantId


class Sealed(Protocol):
    """Encrypts what is kept of a sign-in. `associated` says what it is for (tenant, purpose, sync …): the
    same words, in the same order, open it, and no others.
    """

    def seal(self, plain: bytes, *associated: str) -> bytes:
        """The bytes to keep, sealed with the newest key."""
        ...

    def open(self, sealed: bytes, *associated: str) -> bytes:
        """What was sealed, with whichever key. Raises SealBroken."""
        ...


# --- the signed-in user -------------------------------------------------------------------------------------


class CacheKind(Enum):
    """By which flow the user signed in, hence how the token is refreshed: without the app's credential
    (device code, a public client), or with it (browser, a confidential one).
    """

    PUBLIC = "public"
    WEB = "web"


@dataclass(frozen=True, slots=True)
class StoredCache:
    """msal's token cache of one signed-in user. `account`: the user's principal name; `etag` is storage's."""

    cache: bytes = field(repr=False)
    kind: CacheKind
    account: str
    signed_in_at: dt.datetime
    etag: str = ""


class TokenCaches(Protocol):
    """One sealed token cache per tenant. Raises StorageUnavailable."""

    def load(self, tenant: TenantId) -> StoredCache | None:
        """The cache, or None: nobody is signed in, or what is there can no longer be opened."""
        ...

    def store(self, tenant: TenantId, cache: StoredCache) -> StoredCache:
        """Keeps the cache of somebody who just signed in, over what may be there; answers it with its
        ETag.
        """
        ...

    def renew(self, tenant: TenantId, cache: StoredCache) -> StoredCache | None:
        """Keeps a refreshed cache, if the stored one still has `cache.etag`. Else the newer one that is there
        is answered, and is the one to use; None where the user was signed out meanwhile.
        """
        ...

    def delete(self, tenant: TenantId) -> None:
        """Signs out; nothing happens where nobody is signed in."""
        ...


class UserTokens(Protocol):
    """The signed-in user of one tenant."""

    def user_token(self) -> str:
        """A bearer token for Graph, silently, from the stored cache.

        Raises SignInFailed: `userSignInNeeded` when nobody is signed in or the token is refused; `transient`
        while the provider is down.
        """
        ...

    def fresh_token(self) -> str:
        """The same, got with the refresh token here and now: one that is still good for an hour says nothing
        of whether the sign-in was revoked.
        """
        ...

    def scopes(self) -> frozenset[str]:
        """The delegated permissions of that token, such as `Policy.ReadWrite.MobilityManagement`. Raises the
        same.
        """
        ...

    def account(self) -> str:
        """The id, in the tenant's directory, of whoever that token is for. Raises the same."""
        ...

    def drop(self, token: str = "") -> None:
        """Never answer this access token again; by default the one answered last, and where none was, any
        that is stored now: the next one is asked for anew.
        """
        ...


# --- signing in ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DeviceCode:
    """A code that a person types in. `flow` is secret, JSON-able, and given to each poll; `interval` in
    seconds.
    """

    flow: Mapping[str, Any] = field(repr=False)
    user_code: str = field(repr=False)
    verification_uri: str
    expires_at: dt.datetime
    interval: float


@dataclass(frozen=True, slots=True)
class BrowserLink:
    """A link that a person follows. `flow` is secret (PKCE verifier, nonce), JSON-able, and given to
    `redeem`.
    """

    flow: Mapping[str, Any] = field(repr=False)
    url: str = field(repr=False)


class PollKind(Enum):
    """What the identity provider says of a sign-in."""

    PENDING = "pending"
    SLOW_DOWN = "slowDown"
    """Pending, and asked too often: `interval` is longer now."""
    SIGNED_IN = "signedIn"
    DECLINED = "declined"
    """The person said no: to the sign-in, or to what the app asks for."""
    BLOCKED = "blocked"
    """A policy of the tenant or the account's state keeps this person, or this way to sign in, out."""
    WRONG_ACCOUNT = "wrongAccount"
    """Somebody signed in who is not of this tenant: a guest, or an account of another one."""
    USED_OR_EXPIRED = "usedOrExpired"


class WrongAccount(Enum):
    """What is wrong with an account that signed in."""

    OTHER_DIRECTORY = "otherDirectory"
    PERSONAL = "personal"
    GUEST = "guest"


@dataclass(frozen=True, slots=True)
class Polled:
    """One answer. `detail`: the provider's own words or, for a wrong account, why it is one.

    `flow` and `interval` (seconds) are those of the next poll, also where nothing changed. `cache`, `account`
    and `cache_kind` are there when signed in; `account` of a wrong account too, where it is known.
    """

    kind: PollKind
    detail: str = ""
    flow: Mapping[str, Any] = field(default_factory=dict, repr=False)
    interval: float = 5.0
    cache: bytes = field(default=b"", repr=False)
    account: str = ""
    cache_kind: CacheKind = CacheKind.PUBLIC
    wrong: WrongAccount | None = None
    """Of a wrong account that signed in; None where the provider itself refused it."""


class UserSignIn(Protocol):
    """The identity provider's interactive flows, for one tenant.

    Every method is one attempt. Raises SignInFailed: `transient` while the provider is down, else the app
    itself is refused (unknown in the tenant, or not allowed this flow).
    """

    def begin_device(self, scopes: Collection[str]) -> DeviceCode:
        """A fresh device code for these delegated permissions."""
        ...

    def poll_device(self, flow: Mapping[str, Any]) -> Polled:
        """Asks once whether the person has signed in: one request. The caller honours the interval."""
        ...

    def begin_browser(self, scopes: Collection[str], state: str, redirect_uri: str) -> BrowserLink:
        """A link to the browser flow (PKCE, answer by form post to `redirect_uri` with this `state`)."""
        ...

    def redeem(self, flow: Mapping[str, Any], form: Mapping[str, str]) -> Polled:
        """Ends the browser flow with what the provider posted; never PENDING or SLOW_DOWN."""
        ...
