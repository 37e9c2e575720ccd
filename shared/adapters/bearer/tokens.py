"""Checks a bearer token, and says who calls with it.

In this order: its form, issuer, key, signature (RS256 alone), audience, lifetime, directory, kind; what fails
first is the answer. learn.microsoft.com/entra/identity-platform/claims-validation
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, Final

import httpx
import jwt

from shared.adapters.bearer.directory import Directory, Keys
from shared.domain.access import Caller, Role
from shared.domain.sync import Actor, ActorKind
from shared.errors import Problem

SCOPE: Final = "access_as_user"
"""What the app registration exposes to clients that act for a person."""
PAGE: Final = "page"
SKEW: Final = 60.0
"""Seconds by which clocks may differ."""
LONGEST: Final = 16_384
"""Characters; Entra ID keeps tokens small enough for a header."""
CHALLENGE: Final = 'Bearer realm="Accord", error="invalid_token"'
_REQUIRED: Final = ("iss", "aud", "exp", "nbf", "iat", "tid", "oid", "ver")
_ROLES: Final = {role.value: role for role in Role}


class EntraTokens:
    """The tokens of one directory, made for one app. `transport` and `clock` are for tests."""

    def __init__(
        self,
        directory: Directory,
        transport: httpx.AsyncBaseTransport | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._directory = directory
        self._keys = {issuer: Keys(directory, issuer, transport, clock) for issuer in directory.issuers}

    async def caller(self, token: str) -> Caller:
        """Who calls. Raises Problem `tokenExpired`, `tokenInvalid` (401), `identityUnavailable` (503)."""
        issuer, key_id = _unproven(token)
        keys = self._keys.get(issuer)
        key = None if keys is None else await keys.find(key_id)
        if key is None:
            raise _refused()
        return _caller(self._proven(token, key, issuer), self._directory)

    def _proven(self, token: str, key: jwt.PyJWK, issuer: str) -> Mapping[str, Any]:
        """The claims of a token whose signature, audience and lifetime are right."""
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=["RS256"],
                audience=self._directory.audiences,
                issuer=issuer,
                leeway=SKEW,
                options={"require": list(_REQUIRED), "enforce_minimum_key_length": True},
            )
        except jwt.ExpiredSignatureError as exc:
            raise Problem("tokenExpired", 401, headers={"WWW-Authenticate": CHALLENGE}) from exc
        except jwt.PyJWTError as exc:
            raise _refused() from exc
        version = "2.0" if issuer.endswith("/v2.0") else "1.0"
        # One audience, as Entra ID gives it: a list could name others beside us.
        right = isinstance(claims["aud"], str) and claims["ver"] == version
        if not right or claims["tid"] != self._directory.tenant:
            raise _refused()
        return claims


def _unproven(token: str) -> tuple[str, str]:
    """The issuer and the key's id that a token claims to have: by which key to check it, and no more."""
    if len(token) > LONGEST:
        raise _refused()
    try:
        header = jwt.get_unverified_header(token)
        claims = jwt.decode(token, options={"verify_signature": False})
    except (jwt.PyJWTError, ValueError, RecursionError) as exc:  # also text that is no token, nested deep
        raise _refused() from exc
    issuer, key_id = claims.get("iss"), header.get("kid")
    if header.get("alg") != "RS256" or not isinstance(issuer, str) or not isinstance(key_id, str):
        raise _refused()
    return issuer, key_id


def _caller(claims: Mapping[str, Any], directory: Directory) -> Caller:
    """A person's token has a scope, an application's says that it is one.

    `idtyp` is `app` in app-only tokens where the app registration asks for that claim, "the most accurate way
    for an API to determine if a token is an app token" (optional-claims-reference); `scp` is "only included
    for user tokens" (access-token-claims-reference). A token with neither is neither: an ID token, which has
    the same audience and the same roles, is one.
    """
    identity, client = claims["oid"], claims.get("azp") or claims.get("appid")
    if not (isinstance(identity, str) and identity and isinstance(client, str) and client):
        raise _refused()
    identity, client = identity.lower(), client.lower()
    kind, scopes = claims.get("idtyp"), str(claims.get("scp") or "").split()
    if kind == "app" and not scopes:
        name = _text(claims, "app_displayname") or client
        actor = Actor(ActorKind.APP, name, identity, client)
        return Caller(actor, _roles(claims), frozenset({identity, client}))
    if kind in (None, "user") and SCOPE in scopes:
        name = _text(claims, "name", "preferred_username", "unique_name", "upn") or identity
        via = PAGE if client == directory.client_id else client
        groups, whole = _groups(claims)
        return Caller(
            Actor(ActorKind.PERSON, name, identity, via),
            _roles(claims),
            frozenset({identity, *groups}),
            ids_whole=whole,
        )
    raise _refused()


def _groups(claims: Mapping[str, Any]) -> tuple[frozenset[str], bool]:
    """The groups of a person, and whether these are all.

    Over 200 of them, Entra ID leaves the claim out and names where to ask instead (`_claim_names`, in some
    flows `hasgroups`): access-token-claims-reference#groups-overage-claim. Nobody is asked: the person then
    is in no group here, and is told so where that matters.
    """
    sources = claims.get("_claim_names")
    overage = (isinstance(sources, dict) and "groups" in sources) or bool(claims.get("hasgroups"))
    given = claims.get("groups")
    known = given if isinstance(given, list) and not overage else []
    return frozenset(one for one in known if isinstance(one, str)), not overage


def _roles(claims: Mapping[str, Any]) -> frozenset[Role]:
    given = claims.get("roles")
    known = given if isinstance(given, list) else []
    return frozenset(_ROLES[one] for one in known if isinstance(one, str) and one in _ROLES)


def _text(claims: Mapping[str, Any], *names: str) -> str:
    """The first of these claims that says something, for people to read. Never decides anything."""
    found = (claims.get(name) for name in names)
    return next((one[:200] for one in found if isinstance(one, str) and one), "")


def _refused() -> Problem:
    """Which check failed is not told: who made the token knows, and nobody else needs to."""
    return Problem("tokenInvalid", 401, headers={"WWW-Authenticate": CHALLENGE})
