"""A directory, simulated, whose tokens a running stack accepts; and the people who sign in to it."""

import base64
import hashlib
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx

from infra.local.stack import CLIENT_SECRET, Stack

API = "ac000000-0000-4000-8000-000000000002"
FLOW = "ac000000-0000-4000-8000-000000000001"
SCOPE = f"openid profile offline_access api://{API}/access_as_user"
VERIFIER = "v" * 64
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


class Home:
    """A directory with its people: `admin` and `member` are two of them."""

    def __init__(self, control: str) -> None:
        self.name = f"home-{uuid.uuid4().hex[:8]}"
        self.control = httpx.Client(base_url=control, timeout=60)
        made = self._sent("PUT", "", {"seed": "empty", "displayName": "Head office"})
        self.id: str = made["entraTenantId"]

    @property
    def settings(self) -> dict[str, str]:
        """What makes the app accept this directory's tokens."""
        return {"ACCORD_API_TENANT_ID": self.id, "ACCORD_API_CLIENT_ID": API}

    def assign(self, account: str, *roles: str, groups: tuple[str, ...] = ()) -> str:
        """Gives somebody these roles and no other; their object id."""
        told = self._sent("PUT", f"/app-roles/{account}", {"roles": list(roles), "groups": list(groups)})
        return str(told["value"][account]["id"])

    def behave(self, **behaviour: Any) -> None:
        """What the directory does from now on, such as how long its tokens last."""
        self._sent("PATCH", "/behaviour", behaviour)

    def token(self, account: str, page: str) -> str:
        """An access token of somebody who signs in at the page, as the page would get it."""
        query = {
            "client_id": API,
            "response_type": "code",
            "redirect_uri": f"{page}/",
            "response_mode": "fragment",
            "scope": SCOPE,
            "state": "s",
            "nonce": "n",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
        }
        link = f"/{self.id}/oauth2/v2.0/authorize?{urlencode(query)}"
        told = self._sent("POST", "/sign-in", {"url": link, "account": account})
        code = dict(parse_qsl(urlsplit(told["redirect"]["url"]).fragment))["code"]
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": f"{page}/"}
        return self._token({**form, "client_id": API, "code_verifier": VERIFIER}, {"Origin": page})

    def app_token(self) -> str:
        """An access token of the other application."""
        form = {"grant_type": "client_credentials", "scope": f"api://{API}/.default"}
        return self._token({**form, "client_id": FLOW, "client_secret": CLIENT_SECRET}, {})

    def _token(self, form: dict[str, str], headers: dict[str, str]) -> str:
        answer = self.control.post(f"/{self.id}/oauth2/v2.0/token", data=form, headers=headers)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])

    def _sent(self, method: str, path: str, body: Any) -> Any:
        answer = self.control.request(method, f"/control/tenants/{self.name}{path}", json=body)
        assert answer.status_code < 300, answer.text
        return answer.json()


@contextmanager
def connected(root: Path, azurite: str, tenant_server: str, data: Path) -> Iterator[tuple[Stack, Home]]:
    """A running host that belongs to a directory of its own. It has the local key, too."""
    home = Home(tenant_server)
    stack = Stack(root, azurite, int(tenant_server.rpartition(":")[2]), data)
    stack.settings |= home.settings
    try:
        stack.start()
        yield stack, home
    finally:
        stack.kill()
        home.control.close()
