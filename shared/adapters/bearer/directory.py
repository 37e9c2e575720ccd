"""The directory whose tokens count, and the keys that it signs them with.

The keys come from the directory's own description of itself (OpenID Connect discovery), of the version that
the token has: learn.microsoft.com/entra/identity-platform/access-tokens#v10-and-v20-tokens
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import httpx
import jwt

from shared.errors import Problem

FRESH: Final = 6 * 3600.0
"""Seconds after which the keys are asked for again; what is known still counts if nobody answers."""
LASTS: Final = 24 * 3600.0
"""Seconds after which keys no longer count. Microsoft: "A reasonable frequency to check for updates to the
public keys used by Microsoft Entra ID is every 24 hours" (access-tokens#validate-the-signature).
"""
UNKNOWN_PAUSE: Final = 60.0
"""Seconds between two questions that unknown keys cause: anybody can name a key that there is not."""
DOWN_PAUSE: Final = 5.0
"""Seconds before a provider that did not answer is asked again."""
TIME_OUT: Final = 10.0
V1_ISSUERS: Final[Mapping[str, str]] = {"https://login.chinacloudapi.cn": "https://sts.chinacloudapi.cn"}
"""Who issues tokens of version 1.0, by the cloud's login address, where it is not `sts.windows.net`."""


@dataclass(frozen=True, slots=True)
class Directory:
    """Whose tokens count, and for whom they must be made.

    `tenant` and `client_id` are GUIDs in lower case: the directory's and the app registration's.
    `cloud_login` is the cloud's login address; `login_endpoint` where it really answers, if not there.
    """

    tenant: str
    client_id: str
    cloud_login: str = "https://login.microsoftonline.com"
    login_endpoint: str | None = None

    @property
    def audiences(self) -> tuple[str, str]:
        """What `aud` may be: the app's id, or in tokens of version 1.0 its application id URI."""
        return self.client_id, f"api://{self.client_id}"

    @property
    def issuers(self) -> Mapping[str, str]:
        """Where each issuer describes itself: the one of tokens of version 2.0, then that of 1.0."""
        authority = f"{self.cloud_login}/{self.tenant}"
        v1 = V1_ISSUERS.get(self.cloud_login, "https://sts.windows.net")
        return {
            f"{authority}/v2.0": f"{authority}/v2.0/.well-known/openid-configuration",
            f"{v1}/{self.tenant}/": f"{authority}/.well-known/openid-configuration",
        }

    def reachable(self, url: str) -> str:
        """The same page where it can be reached. Raises ValueError for one that is not the cloud's."""
        if not url.startswith(f"{self.cloud_login}/"):
            raise ValueError(f"the directory names {url}, which is not below {self.cloud_login}")
        endpoint = (self.login_endpoint or self.cloud_login).rstrip("/")
        return f"{endpoint}{url.removeprefix(self.cloud_login)}"


class Keys:
    """The keys of one issuer, kept between questions. `transport` and `clock` (seconds) are for tests."""

    def __init__(
        self,
        directory: Directory,
        issuer: str,
        transport: httpx.AsyncBaseTransport | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._directory, self._issuer = directory, issuer
        self._transport, self._clock = transport, clock
        self._keys: Mapping[str, jwt.PyJWK] = {}
        self._read_at: float | None = None
        self._not_before, self._answered = float("-inf"), True
        self._turn = asyncio.Lock()

    async def find(self, key_id: str) -> jwt.PyJWK | None:
        """The key of that id; None where the directory has none. Raises Problem `identityUnavailable`."""
        async with self._turn:
            if self._asks(key_id):
                await self._ask()
            found = self._keys.get(key_id) if self._counts() else None
            if found is None and not self._answered:
                raise Problem("identityUnavailable", 503, headers={"Retry-After": str(int(DOWN_PAUSE))})
            return found

    def _asks(self, key_id: str) -> bool:
        now = self._clock()
        if now < self._not_before:
            return False
        return self._read_at is None or now - self._read_at >= FRESH or key_id not in self._keys

    def _counts(self) -> bool:
        return self._read_at is not None and self._clock() - self._read_at < LASTS

    async def _ask(self) -> None:
        """Replaces the keys; where the directory does not answer, those that are known stay."""
        try:
            found = await self._read()
        except (httpx.HTTPError, ValueError, KeyError, TypeError, AttributeError, jwt.PyJWTError):
            self._not_before, self._answered = self._clock() + DOWN_PAUSE, False
            return
        self._keys, self._read_at, self._answered = found, self._clock(), True
        self._not_before = self._clock() + UNKNOWN_PAUSE

    async def _read(self) -> Mapping[str, jwt.PyJWK]:
        address = self._directory.issuers[self._issuer]
        async with httpx.AsyncClient(transport=self._transport, timeout=TIME_OUT) as http:
            described = await _json(http, self._directory.reachable(address))
            if described["issuer"] != self._issuer:
                raise ValueError(f"the directory calls itself {described['issuer']}, not {self._issuer}")
            given = await _json(http, self._directory.reachable(described["jwks_uri"]))
        return {
            str(one["kid"]): jwt.PyJWK(one, "RS256")
            for one in given["keys"]
            if one.get("kty") == "RSA" and one.get("use", "sig") == "sig" and self._signs(one)
        }

    def _signs(self, key: Mapping[str, Any]) -> bool:
        """A key may name the issuers that it signs for: access-tokens#validate-the-signing-key-issuer."""
        issuer = str(key.get("issuer") or "{tenantid}").lower()
        return "{tenantid}" in issuer or self._directory.tenant in issuer


async def _json(http: httpx.AsyncClient, url: str) -> dict[str, Any]:
    answer = await http.get(url)
    answer.raise_for_status()
    value = answer.json()
    if not isinstance(value, dict):
        raise ValueError(f"{url} is no JSON object")
    return value
