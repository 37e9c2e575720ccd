"""Microsoft's own MSAL before the simulated Entra ID, under the real clock: msal checks times by itself."""

from __future__ import annotations

import asyncio
import itertools
import time
import urllib.parse
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import msal
import pytest

from infra.local.tenant import Application, build_app
from infra.local.tenant.app_roles import APP_ID, APP_SECRET

HOST = "login.microsoftonline.com"
_NUMBERS = itertools.count(1)


class Clock:
    """The real time, and what tests add to it."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead


class MappedClient:
    """What msal wants of an HTTP client; brings what is meant for Entra ID to the simulation."""

    def __init__(self, http: Any) -> None:
        self._http = http

    def _path(self, url: str) -> str:
        parts = urllib.parse.urlsplit(url)
        assert (parts.scheme, parts.netloc) == ("https", HOST), url
        return parts.path + (f"?{parts.query}" if parts.query else "")

    def get(self, url: str, params: Any = None, headers: Any = None, **_: Any) -> Any:
        return self._http.request("GET", self._path(url), params=params, headers=headers)

    def post(self, url: str, params: Any = None, data: Any = None, headers: Any = None, **_: Any) -> Any:
        # msal was written for requests, which takes bytes as they are.
        form = {name: v.decode() if isinstance(v, bytes) else v for name, v in data.items()}
        return self._http.request("POST", self._path(url), params=params, data=form, headers=headers)

    def close(self) -> None:
        pass


@dataclass
class Directory:
    """One tenant's Entra ID, the app before it and the people behind it."""

    http: Any
    clock: Clock
    key: str
    entra_id: str

    @property
    def authority(self) -> str:
        return f"https://{HOST}/{self.entra_id}"

    def public(self, **options: Any) -> Any:
        client = MappedClient(self.http)
        return msal.PublicClientApplication(
            APP_ID, authority=self.authority, http_client=client, instance_discovery=False, **options
        )

    def confidential(self, credential: Any = APP_SECRET, **options: Any) -> Any:
        client = MappedClient(self.http)
        return msal.ConfidentialClientApplication(
            APP_ID,
            client_credential=credential,
            authority=self.authority,
            http_client=client,
            instance_discovery=False,
            **options,
        )

    def control(self, method: str, path: str, body: Any = None, status: int = 0) -> Any:
        answer = self.http.request(method, f"/control/tenants/{self.key}/{path}", json=body)
        assert answer.status_code == status or (not status and answer.status_code < 300), answer.text
        return answer.json() if answer.content else None

    def sign_in(self, account: str, **more: Any) -> Any:
        return self.control("POST", "sign-in", {"account": account, **more})

    def token(self, **form: str) -> Any:
        """A request to the token endpoint, without msal."""
        return self.http.request(
            "POST", f"/{self.entra_id}/oauth2/v2.0/token", data={"client_id": APP_ID, **form}
        )

    def graph(self, token: str, path: str, method: str = "GET", **options: Any) -> Any:
        headers = {"Authorization": f"Bearer {token}"}
        return self.http.request(method, path, headers=headers, **options)


Maker = Callable[..., Directory]


class Requests:
    """Requests to an application in this process, one after another."""

    def __init__(self, application: Application) -> None:
        self._runner, self._application = asyncio.Runner(), application
        transport = httpx.ASGITransport(application)
        self._client = httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:7072")

    def request(self, method: str, url: str, **options: Any) -> httpx.Response:
        return self._runner.run(self._client.request(method, url, **options))

    def close(self) -> None:
        self._runner.run(self._client.aclose())
        self._runner.close()
        self._application.world.storage.close()


@pytest.fixture(scope="session")
def real_http() -> Iterator[tuple[Any, Clock]]:
    """A process of simulated tenants of its own."""
    clock = Clock()
    requests = Requests(build_app(clock=clock))
    yield requests, clock
    requests.close()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[], Requests]]:
    """Starts the simulated tenants on one folder, as often as a test wants."""
    started: list[Requests] = []

    def one_more() -> Requests:
        started.append(Requests(build_app(tmp_path)))
        return started[-1]

    yield one_more
    for one in started:
        one.close()


@pytest.fixture
def make_directory(real_http: tuple[Any, Clock]) -> Iterator[Maker]:
    """Makes a tenant; device codes may be polled each second unless asked for otherwise."""
    http, clock = real_http

    def make(seed: str = "empty", **behaviour: Any) -> Directory:
        key = f"people{next(_NUMBERS)}"
        body = {"seed": seed, "quotas": "off", "visibilityDelay": 0, "deviceCodeInterval": 1, **behaviour}
        answer = http.request("PUT", f"/control/tenants/{key}", json=body)
        assert answer.status_code == 201, answer.text
        return Directory(http, clock, key, answer.json()["entraTenantId"])

    before = clock.ahead
    registered = http.request("GET", "/control/app").json()
    yield make
    clock.ahead = before
    del registered["appId"]
    http.request("PATCH", "/control/app", json=registered)


@pytest.fixture
def directory(make_directory: Maker) -> Directory:
    return make_directory()
