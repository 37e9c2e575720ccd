"""An identity provider of recorded answers, in the place of msal's HTTP client: what it was asked, and the
tokens that a person gets.
"""

import base64
import json
import time
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from shared.adapters.entra.provider import Address, Provider

TENANT = "11111111-1111-1111-1111-111111111111"
CLIENT = "22222222-2222-2222-2222-222222222222"
HOME = "33333333-3333-3333-3333-333333333333"
GRAPH = "https://graph.microsoft.com"
LOGIN = f"https://login.microsoftonline.com/{TENANT}"
ADA = "ada@contoso.example"
DESCRIPTION = {
    "issuer": f"{LOGIN}/v2.0",
    "authorization_endpoint": f"{LOGIN}/oauth2/v2.0/authorize",
    "token_endpoint": f"{LOGIN}/oauth2/v2.0/token",
    "device_authorization_endpoint": f"{LOGIN}/oauth2/v2.0/devicecode",
}


@dataclass
class Recorded:
    """Answers one after another, whatever is asked; an exception is raised instead."""

    answers: list[Any] = field(default_factory=list)
    forms: list[dict[str, Any]] = field(default_factory=list)
    urls: list[str] = field(default_factory=list)

    def post(self, url: str, data: Any = None, **options: Any) -> Any:
        self.urls.append(url)
        self.forms.append(dict(data))
        answer = self.answers.pop(0)
        if callable(answer):
            answer = answer()
        if isinstance(answer, Exception):
            raise answer
        status = 400 if isinstance(answer, dict) and "error" in answer else 200
        return _response(status, answer if isinstance(answer, str) else json.dumps(answer))

    def get(self, url: str, **options: Any) -> Any:
        return _response(200, json.dumps(DESCRIPTION))

    def close(self) -> None:
        pass

    def provider(self, **address: Any) -> Provider:
        return Provider(Address(TENANT, CLIENT, **address), self)


def _response(status: int, text: str) -> Any:
    return SimpleNamespace(status_code=status, text=text, headers={}, raise_for_status=lambda: None)


def part(value: Any) -> str:
    """One part of a token, or `client_info`."""
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def jwt(**claims: Any) -> str:
    """A token with these claims, signed by nobody."""
    return f"{part({'alg': 'none'})}.{part(claims)}.x"


def code() -> dict[str, Any]:
    """The answer to asking for a device code."""
    return {
        "device_code": "secret-device-code",
        "user_code": "ABCD1234",
        "verification_uri": "https://login.microsoftonline.com/device",
        "expires_in": 900,
        "interval": 5,
        "message": "Type the code",
    }


def refusal(error: str, number: int = 0, **more: Any) -> dict[str, Any]:
    """A refusal as Entra words them."""
    text = f"AADSTS{number}: Because. Trace ID: t Correlation ID: c Timestamp: now" if number else error
    numbers = {"error_codes": [number]} if number else {}
    return {"error": error, "error_description": text, "correlation_id": "c", **numbers, **more}


def tokens(
    secret: str = "at-1",
    *,
    scopes: str = "Policy.ReadWrite.MobilityManagement",
    home: str = TENANT,
    lasts: int = 3600,
    refresh: str = "rt-1",
    **claims: Any,
) -> dict[str, Any]:
    """What a person's sign-in, or a refresh, brings."""
    id_claims = {
        "iss": f"{LOGIN}/v2.0",
        "tid": TENANT,
        "oid": "user-1",
        "sub": "pairwise",
        "aud": CLIENT,
        "exp": int(time.time()) + 3600,
        "preferred_username": ADA,
        **claims,
    }
    return {
        "token_type": "Bearer",
        "scope": " ".join(f"{GRAPH}/{one}" for one in scopes.split()),
        "expires_in": lasts,
        "access_token": jwt(scp=scopes, uti=secret, oid="user-1"),
        "refresh_token": refresh,
        "id_token": jwt(**id_claims),
        "client_info": part({"uid": "user-1", "utid": home}),
    }
