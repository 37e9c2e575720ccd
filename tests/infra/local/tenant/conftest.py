"""A simulated tenant in this process, under a clock that tests set."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from infra.local.tenant import Application, build_app
from infra.local.tenant.app_roles import APP_ID, APP_SECRET

_NUMBERS = itertools.count(1)


class Clock:
    """Stands still until told to go on."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


class Http:
    """Requests to the application in this process, one after another."""

    def __init__(self, application: Application) -> None:
        self._runner = asyncio.Runner()
        transport = httpx.ASGITransport(application)
        self.client = httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:7072")

    def request(self, method: str, url: str, **options: Any) -> httpx.Response:
        return self._runner.run(self.client.request(method, url, **options))

    def get(self, url: str, **options: Any) -> httpx.Response:
        return self.request("GET", url, **options)

    def post(self, url: str, **options: Any) -> httpx.Response:
        return self.request("POST", url, **options)

    def put(self, url: str, **options: Any) -> httpx.Response:
        return self.request("PUT", url, **options)

    def delete(self, url: str, **options: Any) -> httpx.Response:
        return self.request("DELETE", url, **options)

    def at_once(self, requests: list[tuple[str, str, dict[str, Any]]]) -> list[httpx.Response]:
        """Several requests under way at the same time."""

        async def run() -> list[httpx.Response]:
            return list(await asyncio.gather(*(self.client.request(m, u, **o) for m, u, o in requests)))

        return self._runner.run(run())

    def close(self) -> None:
        self._runner.run(self.client.aclose())
        self._runner.close()


@dataclass
class TenantClient:
    """One tenant, as an app with a token sees it, and its control interface."""

    http: Http
    clock: Clock
    key: str
    entra_id: str
    token: str

    def request(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        sent = {"Authorization": f"Bearer {self.token}"}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        options = {} if body is None else {"json": body}
        return self.http.request(method, path, headers=sent, **options)

    def get(self, path: str, **headers: str) -> Any:
        return self.request("GET", path, **headers)

    def post(self, path: str, body: Any) -> Any:
        return self.request("POST", path, body)

    def patch(self, path: str, body: Any) -> Any:
        return self.request("PATCH", path, body)

    def put(self, path: str, body: Any) -> Any:
        return self.request("PUT", path, body)

    def delete(self, path: str) -> Any:
        return self.request("DELETE", path)

    def control(self, method: str, path: str, body: Any = None) -> Any:
        options = {} if body is None else {"json": body}
        return self.http.request(method, f"/control/tenants/{self.key}/{path}", **options)

    def sign_in(self) -> Any:
        """A fresh token by the client's secret; answers with the HTTP answer."""
        form = {
            "grant_type": "client_credentials",
            "client_id": APP_ID,
            "client_secret": APP_SECRET,
            "scope": "https://graph.microsoft.com/.default",
        }
        answer = self.http.post(f"/{self.entra_id}/oauth2/v2.0/token", data=form)
        if answer.status_code == 200:
            self.token = answer.json()["access_token"]
        return answer

    def all(self, path: str) -> list[Any]:
        """All items of a collection, following the links to the next page."""
        found: list[Any] = []
        while path:
            answer = self.get(path)
            assert answer.status_code == 200, answer.text
            found += answer.json()["value"]
            path = answer.json().get("@odata.nextLink", "")
        return found

    def named(self, path: str, name: str) -> Any:
        """The item of that name, whole."""
        answer = self.http.get(f"/control/tenants/{self.key}/objects/{path}", params={"name": name})
        return answer.json()["value"][0]


Maker = Callable[..., TenantClient]


@pytest.fixture(scope="session")
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def application(clock: Clock) -> Application:
    return build_app(clock=clock)


@pytest.fixture(scope="session")
def http(application: Application) -> Iterator[Http]:
    client = Http(application)
    yield client
    client.close()


@pytest.fixture(scope="session")
def make_tenant(http: Http, clock: Clock) -> Maker:
    """Makes a tenant of its own from a seed; quotas are off and objects visible at once unless asked for."""

    def make(seed: str = "small", **behaviour: Any) -> TenantClient:
        key = f"tenant{next(_NUMBERS)}"
        body = {"seed": seed, "quotas": "off", "visibilityDelay": 0, **behaviour}
        answer = http.put(f"/control/tenants/{key}", json=body)
        assert answer.status_code == 201, answer.text
        client = TenantClient(http, clock, key, answer.json()["entraTenantId"], "")
        assert client.sign_in().status_code == 200
        return client

    return make


@pytest.fixture
def tenant(make_tenant: Maker) -> TenantClient:
    return make_tenant()


@pytest.fixture(scope="module")
def strict(make_tenant: Maker) -> TenantClient:
    """A tenant for requests that are refused: nobody changes it."""
    return make_tenant()
