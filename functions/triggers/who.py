"""Who calls: each way of proving it is one function, tried in turn. What the caller may do is
`domain/access.py`.

The platform lets every request through (the triggers are anonymous to it), since Python's request does not
say which of the host's keys was used. Headers that a front end may set (`X-MS-*`, `X-Forwarded-*`) are never
believed.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Awaitable, Callable
from typing import Final

import azure.functions as func

from functions.triggers.needs import Services
from shared.domain.access import Caller, Role
from shared.domain.sync import Actor, ActorKind
from shared.errors import Problem

CHALLENGE: Final = 'AccordKey realm="Accord"'
GIT_CHALLENGE: Final = 'Basic realm="Accord"'
_TOKEN: Final = re.compile(r"ey[\w-]*\.")
"""How a token begins, and no key does: a JSON object in base64, and a full stop (RFC 7519)."""

Way = Callable[[func.HttpRequest, Services], Awaitable[Caller | None]]
"""Finds the caller, or None where the request does not use this way; raises Problem where what it shows is no
good.
"""


def key_hash(key: str) -> str:
    """By what a key is kept and found: it has 256 random bits, so that a plain hash is enough."""
    return hashlib.sha256(key.encode()).hexdigest()


async def by_key(request: func.HttpRequest, services: Services) -> Caller | None:
    """A function key in `x-functions-key` or `?code=`."""
    key = request.headers.get("x-functions-key") or request.params.get("code")
    return await caller_of_key(key, services) if key else None


async def by_basic(request: func.HttpRequest, services: Services) -> Caller | None:
    """Git's way: any user name, the key or the token as password."""
    scheme, _, given = (request.headers.get("Authorization") or "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        _, _, key = base64.b64decode(given.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError) as exc:
        raise Problem("unauthenticated", 401) from exc
    if not key:
        return None
    return await caller_of_token(key, services) if _TOKEN.match(key) else await caller_of_key(key, services)


async def by_bearer(request: func.HttpRequest, services: Services) -> Caller | None:
    """A token of Microsoft Entra ID."""
    scheme, _, token = (request.headers.get("Authorization") or "").partition(" ")
    return await caller_of_token(token.strip(), services) if scheme.lower() == "bearer" else None


API_WAYS: Final[tuple[Way, ...]] = (by_key, by_bearer)
GIT_WAYS: Final[tuple[Way, ...]] = (by_basic, by_key, by_bearer)


async def authenticate(
    request: func.HttpRequest, services: Services, ways: tuple[Way, ...] = API_WAYS
) -> Caller:
    """The caller. Raises Problem 401, which asks for what is missing."""
    for way in ways:
        if (caller := await way(request, services)) is not None:
            return caller
    challenge = CHALLENGE if services.bearer is None else f'Bearer realm="Accord", {CHALLENGE}'
    raise Problem("unauthenticated", 401, headers={"WWW-Authenticate": challenge})


async def caller_of_token(token: str, services: Services) -> Caller:
    """Whom the directory says this is. Raises Problem where there is no directory to check it against."""
    if services.bearer is None:
        raise Problem("tokenNotAccepted", 401)
    return await services.bearer.caller(token)


async def caller_of_key(key: str, services: Services) -> Caller:
    """Whose key this is; its roles and tenants. Raises Problem for a key that is unknown or has expired."""
    local = services.settings.local_key
    if local and hmac.compare_digest(key.encode(), local.encode()):
        return Caller(Actor(ActorKind.KEY, "local", "local", "local"), frozenset(Role), frozenset({"local"}))
    record = await services.keys.find(key_hash(key))
    if record is None or (record.expires_at is not None and record.expires_at <= services.clock.now()):
        raise Problem("unauthenticated", 401)
    return Caller(
        Actor(ActorKind.KEY, record.name, record.id, record.name),
        frozenset({record.role}),
        frozenset({record.id}),
        frozenset(record.tenants) or None,
    )
