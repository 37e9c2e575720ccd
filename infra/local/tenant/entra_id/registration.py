"""The app as its owner registered it: one registration, used by every tenant that consented to it."""

from __future__ import annotations

import json
import urllib.parse
from dataclasses import asdict, dataclass, field
from typing import Any

from infra.local.tenant.app_roles import APP_ID, APP_SECRET, DEMO_GRANTS, DEMO_SCOPES
from infra.local.tenant.storage import Storage

_SETTING = "app"
_LOOPBACK = ("localhost", "127.0.0.1")
_CHANGEABLE = {
    "secret": "secret",
    "publicClient": "public_client",
    "redirectUris": "redirect_uris",
    "certificates": "certificates",
    "federated": "federated",
    "requires": "requires",
}


def _redirect_uris() -> dict[str, list[str]]:
    places = [f"http://{host}/callback/{name}" for host in _LOOPBACK for name in ("sign-in", "consent")]
    return {"web": places, "public": ["http://localhost"]}


def _requires() -> dict[str, list[str]]:
    return {"application": list(DEMO_GRANTS), "delegated": list(DEMO_SCOPES)}


@dataclass
class Registration:
    """`public_client`: "Allow public client flows". `certificates` in PEM; `federated` credentials hold
    issuer, subject, audience and `key` (the issuer's public key, PEM). `requires`: its permissions.
    """

    secret: str = APP_SECRET
    public_client: bool = True
    redirect_uris: dict[str, list[str]] = field(default_factory=_redirect_uris)
    certificates: list[str] = field(default_factory=list)
    federated: list[dict[str, str]] = field(default_factory=list)
    requires: dict[str, list[str]] = field(default_factory=_requires)
    app_id: str = APP_ID

    @staticmethod
    def load(storage: Storage) -> Registration:
        text = storage.setting(_SETTING)
        return Registration(**json.loads(text)) if text else Registration()

    def save(self, storage: Storage) -> None:
        storage.put_setting(_SETTING, json.dumps(asdict(self)))

    def to_json(self) -> dict[str, Any]:
        """As the control interface shows it."""
        return {
            "appId": self.app_id,
            "secret": self.secret,
            "publicClient": self.public_client,
            "redirectUris": self.redirect_uris,
            "certificates": self.certificates,
            "federated": self.federated,
            "requires": self.requires,
        }

    def platform_of(self, uri: str) -> str | None:
        """`web` or `public` for a registered redirect address, None for another.

        Exact, but for the port of loopback addresses:
        learn.microsoft.com/entra/identity-platform/reply-url#localhost-exceptions
        """
        for platform, known in self.redirect_uris.items():
            if any(same_address(uri, one) for one in known):
                return platform
        return None


def same_address(uri: str, known: str) -> bool:
    """Whether a redirect address is the registered one."""
    if uri == known:
        return True
    sent, registered = urllib.parse.urlsplit(uri), urllib.parse.urlsplit(known)
    if registered.scheme != "http" or registered.hostname not in _LOOPBACK:
        return False
    return (
        sent.scheme == "http"
        and sent.hostname == registered.hostname
        and sent.path == registered.path
        and sent.query == registered.query
        and not sent.fragment
    )


def change_registration(app: Registration, sent: dict[str, Any]) -> None:
    """Changes what the control interface names; ValueError for a name or a kind of value there is not."""
    shown = app.to_json()
    for name, value in sent.items():
        if name not in _CHANGEABLE or not isinstance(value, type(shown[name])):
            raise ValueError(f"an app has no {name} of that kind; it has {', '.join(_CHANGEABLE)}")
        setattr(app, _CHANGEABLE[name], {**shown[name], **value} if isinstance(value, dict) else value)
