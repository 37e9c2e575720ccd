"""The sign-ins of people under way in a tenant, and what ends them. State only."""

from __future__ import annotations

import secrets
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass
class DeviceCode:
    """A device code. `state`: pending, signedIn, declined, blocked, refused or used; `refusal` is the AADSTS
    number when refused. Times in seconds since 1970.
    """

    device_code: str
    user_code: str
    scope: str
    issued_at: float
    expires_at: float
    interval: int
    state: str = "pending"
    account: str | None = None
    refusal: int | None = None
    polled_at: float | None = None


@dataclass
class AuthorizationCode:
    """A code on its way through a browser back to the app. `web`, `spa`: its redirect address
    is a web client's, a single-page application's.
    """

    code: str
    scope: str
    redirect_uri: str
    account: str
    issued_at: float
    web: bool
    challenge: str = ""
    method: str = ""
    nonce: str = ""
    used: bool = False
    spa: bool = False


@dataclass
class SignIns:
    """Codes by their secret. `generation` changes when all sign-ins are revoked, and starts anywhere, so that
    a tenant made anew knows none of the old; refresh tokens of another generation are worth nothing.
    `valid_from`: when sign-ins were last revoked. `blocked`: the accounts that a policy blocks.
    """

    devices: dict[str, DeviceCode] = field(default_factory=dict)
    codes: dict[str, AuthorizationCode] = field(default_factory=dict)
    valid_from: float = 0.0
    generation: int = field(default_factory=lambda: secrets.randbelow(2**31))
    blocked: list[str] = field(default_factory=lambda: ["blocked"])

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @staticmethod
    def from_json(value: dict[str, Any]) -> SignIns:
        return SignIns(
            {key: DeviceCode(**one) for key, one in value["devices"].items()},
            {key: AuthorizationCode(**one) for key, one in value["codes"].items()},
            value["valid_from"],
            value["generation"],
            list(value["blocked"]),
        )

    def revoke(self, now: float) -> None:
        """Ends every sign-in there has been."""
        self.generation += 1
        self.valid_from = now

    def forget(self, before: float) -> None:
        """Drops the codes issued before a moment."""
        self.devices = {key: one for key, one in self.devices.items() if one.issued_at >= before}
        self.codes = {key: one for key, one in self.codes.items() if one.issued_at >= before}
