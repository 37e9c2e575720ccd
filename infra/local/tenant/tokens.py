"""Signed tokens, as Entra ID gives them for Microsoft Graph, and what Graph makes of a token it gets."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from .errors import unauthenticated
from .exchange import Caller
from .storage import Storage
from .tenant import Tenant, World

GRAPH = "https://graph.microsoft.com"
AUDIENCES = [GRAPH, f"{GRAPH}/", "00000003-0000-0000-c000-000000000000"]
GLOBAL_ADMINISTRATOR = "62e90394-69f5-4237-9190-012177145e10"
"""The role's template id, in `wids`:
learn.microsoft.com/entra/identity/role-based-access-control/permissions-reference
"""
_SETTING = "signingKey"


def _b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


@dataclass(frozen=True, slots=True)
class Signer:
    """The directory's signing key: made once, kept with the tenants."""

    key: rsa.RSAPrivateKey
    key_id: str

    @staticmethod
    def load(storage: Storage) -> Signer:
        text = storage.setting(_SETTING)
        if text is None:
            key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
            pem = key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            storage.put_setting(_SETTING, pem.decode())
        else:
            loaded = serialization.load_pem_private_key(text.encode(), None)
            if not isinstance(loaded, rsa.RSAPrivateKey):
                raise TypeError("the stored signing key is not an RSA key")
            key = loaded
        numbers = key.public_key().public_numbers()
        return Signer(key, _b64(hashlib.sha1(str(numbers.n).encode(), usedforsecurity=False).digest()))

    def jwks(self) -> dict[str, Any]:
        """The public half, as at `/discovery/v2.0/keys`."""
        numbers = self.key.public_key().public_numbers()

        def text(value: int) -> str:
            return _b64(value.to_bytes((value.bit_length() + 7) // 8, "big"))

        entry = {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": self.key_id, "x5t": self.key_id}
        return {"keys": [{**entry, "n": text(numbers.n), "e": text(numbers.e)}]}

    def sign(self, claims: dict[str, Any]) -> str:
        return jwt.encode(claims, self.key, "RS256", {"kid": self.key_id, "x5t": self.key_id})

    def seal(self, kind: str, held: dict[str, Any]) -> str:
        """An opaque text that only this directory reads: a refresh token."""
        return f"0.{jwt.encode({'kind': kind, 'held': held}, self._secret(), 'HS256')}"

    def unseal(self, kind: str, text: str) -> dict[str, Any] | None:
        """What a text of that kind holds; None for any other text."""
        try:
            found = jwt.decode(text.removeprefix("0."), self._secret(), ["HS256"])
        except jwt.PyJWTError:
            return None
        held: dict[str, Any] = found["held"]
        return held if found["kind"] == kind else None

    def _secret(self) -> bytes:
        return hashlib.sha256(str(self.key.private_numbers().d).encode()).digest()


def app_claims(tenant: Tenant, app_id: str, object_id: str, name: str, now: float) -> dict[str, Any]:
    """The claims of an app-only token (version 1.0, as Graph's are).

    learn.microsoft.com/entra/identity-platform/access-token-claims-reference
    """
    delay = tenant.behaviour.grantDelay
    roles = sorted(name for name, at in tenant.grants.items() if at + delay <= now)
    moment = int(now)
    claims: dict[str, Any] = {
        "aud": GRAPH,
        "iss": f"https://sts.windows.net/{tenant.entra_id}/",
        "iat": moment,
        "nbf": moment,
        "exp": moment + tenant.behaviour.tokenLifetime,
        "app_displayname": name,
        "appid": app_id,
        "appidacr": "1",
        "idp": f"https://sts.windows.net/{tenant.entra_id}/",
        "idtyp": "app",
        "oid": object_id,
        "sub": object_id,
        "tid": tenant.entra_id,
        "ver": "1.0",
    }
    return {**claims, "roles": roles} if roles else claims


@dataclass(frozen=True, slots=True)
class Gate:
    """Graph's check of the bearer token."""

    world: World
    signer: Signer
    clock: Callable[[], float]

    def admit(self, authorization: str) -> tuple[Tenant, Caller]:
        """The tenant and the caller of a request; GraphError 401 for anything but a good token."""
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise unauthenticated("Access token is empty.")
        try:
            options: Any = {"verify_exp": False, "verify_nbf": False, "verify_iat": False}
            claims = jwt.decode(
                token, self.signer.key.public_key(), algorithms=["RS256"], audience=AUDIENCES, options=options
            )
        except jwt.InvalidAudienceError as exc:
            raise unauthenticated("Access token validation failure. Invalid audience.") from exc
        except jwt.PyJWTError as exc:
            raise unauthenticated("CompactToken parsing failed with error code: 80049217") from exc
        if claims["exp"] <= self.clock():
            raise unauthenticated("Lifetime validation failed, the token is expired.")
        tenant = self.world.by_entra_id(str(claims["tid"]))
        if tenant is None:
            raise unauthenticated("The identity of the calling application could not be established.")
        scopes = frozenset(claims["scp"].split()) if "scp" in claims else None
        roles = frozenset(claims.get("roles", ()))
        admin = GLOBAL_ADMINISTRATOR in claims.get("wids", ())
        return tenant, Caller(str(claims["appid"]), str(claims.get("oid", "")), roles, scopes, admin)
