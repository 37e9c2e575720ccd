"""A directory that signs tokens and serves its keys by an injected transport; and everybody who is not it."""

import base64
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import RSAAlgorithm

from shared.adapters.bearer.directory import Directory
from shared.adapters.bearer.tokens import EntraTokens

TENANT = "aaaaaaaa-0000-4000-8000-00000000000a"
CLIENT = "cccccccc-0000-4000-8000-00000000000c"
ELSEWHERE = "eeeeeeee-0000-4000-8000-00000000000e"
ADA = "00000000-0000-4000-8000-0000000000ad"
ROBOT = "00000000-0000-4000-8000-0000000000b0"
FLOW = "ffffffff-0000-4000-8000-00000000000f"
LOGIN = "https://login.microsoftonline.com"
V2, V1 = f"{LOGIN}/{TENANT}/v2.0", f"https://sts.windows.net/{TENANT}/"


@cache
def signer(name: str) -> rsa.RSAPrivateKey:
    """A key pair, made once in a process: `own` and `next` are the directory's, others are others'."""
    return rsa.generate_private_key(public_exponent=65537, key_size=1024 if name == "short" else 2048)


def public(name: str) -> bytes:
    """The public key as text, which anybody can read."""
    return signer(name).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def person(**changes: Any) -> dict[str, Any]:
    """The claims of a person's token of version 2.0; None leaves one out. It lasts a day, since tables of
    tests are made long before their last test runs.
    """
    now = int(time.time())
    claims = {
        "iss": V2,
        "aud": CLIENT,
        "iat": now,
        "nbf": now,
        "exp": now + 86_400,
        "tid": TENANT,
        "oid": ADA,
        "azp": CLIENT,
        "azpacr": "0",
        "name": "Ada Lovelace",
        "preferred_username": "ada@contoso.example",
        "roles": ["Operator"],
        "scp": "access_as_user",
        "sub": "pairwise",
        "ver": "2.0",
    }
    return _with(claims, changes)


def application(**changes: Any) -> dict[str, Any]:
    """The claims of an application's own token."""
    own = {"oid": ROBOT, "azp": FLOW, "azpacr": "1", "idtyp": "app", "sub": ROBOT, "scp": None, "name": None}
    return person(**{**own, "preferred_username": None, **changes})


def first_version(**changes: Any) -> dict[str, Any]:
    """The claims of a person's token of version 1.0."""
    own = {"iss": V1, "aud": f"api://{CLIENT}", "appid": FLOW, "unique_name": "ada@contoso.example"}
    return person(**{**own, "azp": None, "preferred_username": None, "ver": "1.0", **changes})


def _with(claims: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in {**claims, **changes}.items() if value is not None}


def signed(claims: Mapping[str, Any], by: str = "own", **header: Any) -> str:
    """A token; `header` may name another key than the one it is signed with."""
    return jwt.encode(dict(claims), signer(by), "RS256", {"kid": by, **header})


def unsigned(claims: Mapping[str, Any], algorithm: str = "none", key: str = "own") -> str:
    """A token that nobody signed."""
    header = {"alg": algorithm, "typ": "JWT", "kid": key}
    return ".".join([*(_part(json.dumps(one).encode()) for one in (header, claims)), ""])


def by_public_key(claims: Mapping[str, Any], key: str = "own") -> str:
    """A token signed by HMAC with what everybody can read: the classic confusion of algorithms."""
    import hashlib
    import hmac

    head = ".".join(
        _part(json.dumps(one).encode()) for one in ({"alg": "HS256", "typ": "JWT", "kid": key}, claims)
    )
    return f"{head}.{_part(hmac.digest(public(key), head.encode(), hashlib.sha256))}"


def _part(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


@dataclass
class FakeDirectory:
    """What the directory answers. `fails`: an HTTP status in its place, or None for a lost connection."""

    keys: list[str] = field(default_factory=lambda: ["own"])
    more: dict[str, Any] = field(default_factory=dict)
    issuer: str | None = None
    fails: int | None = 200
    asked: list[str] = field(default_factory=list)
    now: float = 1000.0

    def tokens(self, **directory: Any) -> EntraTokens:
        """What checks this directory's tokens."""
        one = Directory(TENANT, CLIENT, **directory)
        return EntraTokens(one, httpx.MockTransport(self._answer), lambda: self.now)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(str(request.url))
        if self.fails != 200:
            if self.fails is None:
                raise httpx.ConnectError("nobody is there", request=request)
            return httpx.Response(self.fails, text="down")
        version = "/v2.0" if "v2.0" in request.url.path else ""
        if request.url.path.endswith("/keys"):
            return httpx.Response(200, json={"keys": [self._key(name) for name in self.keys]})
        issuer = self.issuer or (V2 if version else V1)
        address = f"{LOGIN}/{TENANT}/discovery{version}/keys"
        return httpx.Response(200, json={"issuer": issuer, "jwks_uri": address})

    def _key(self, name: str) -> dict[str, Any]:
        found = json.loads(RSAAlgorithm.to_jwk(signer(name).public_key()))
        return {**found, "kid": name, "use": "sig", "issuer": f"{LOGIN}/{{tenantid}}/v2.0", **self.more}
