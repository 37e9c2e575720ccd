"""One simulated tenant of a test's own, and the adapter that reads and writes it: as the service principal,
or as the administrator where a type needs a person.
"""

from __future__ import annotations

import asyncio
import copy
import datetime as dt
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx

from shared.adapters.entra.credentials import Secret
from shared.adapters.entra.provider import Address, Provider
from shared.adapters.entra.service_principal import ServicePrincipalTokens
from shared.adapters.graph.budget import Pace
from shared.adapters.graph.tenant import AsUser, GraphTenant
from shared.adapters.graph.transport import Manner
from shared.catalog.loader import load
from shared.domain.canonical import canonical
from shared.domain.catalog import Identity, Kind, TypeSpec
from shared.domain.reference import Index
from shared.domain.snapshot import RawItem, TypeRead
from shared.names import TypeKey

T = TypeVar("T")
APP, APP_SECRET = "ac000000-0000-4000-8000-000000000001", "accord-local-secret"
SPECS = sorted(load().types.values(), key=lambda spec: spec.key)
CREATABLE = [spec for spec in SPECS if spec.kind is Kind.COLLECTION and spec.creatable]
OF_USERS = frozenset(spec.key for spec in SPECS if spec.identity is not Identity.APP)


@dataclass(frozen=True)
class Known:
    """A user whose token is at hand."""

    token: str

    def user_token(self) -> str:
        return self.token

    def scopes(self) -> frozenset[str]:
        return frozenset()


@dataclass(frozen=True)
class Simulated:
    """One simulated tenant of this test's own. `people`: the types that the administrator reaches."""

    server: str
    key: str
    entra_id: str
    people: frozenset[TypeKey] = OF_USERS

    def control(self, method: str, path: str, body: Any = None) -> Any:
        answer = httpx.request(method, f"{self.server}/control/tenants/{self.key}/{path}", json=body)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    def administrator(self) -> Known:
        """The administrator, who has signed in by device code."""
        scope = " ".join(sorted({name for spec in SPECS for name in (*spec.user_read, *spec.user_write)}))
        start = f"{self.server}/{self.entra_id}/oauth2/v2.0"
        code = httpx.post(f"{start}/devicecode", data={"client_id": APP, "scope": scope}).json()
        self.control("POST", "sign-in", {"userCode": code["user_code"], "account": "admin"})
        grant = "urn:ietf:params:oauth:grant-type:device_code"
        asked = {"grant_type": grant, "client_id": APP, "device_code": code["device_code"]}
        return Known(httpx.post(f"{start}/token", data=asked).json()["access_token"])

    def refused(self) -> int:
        requests = self.control("GET", "requests")["value"]
        return sum(one["status"] == 429 for one in requests)

    def use(self, work: Callable[[GraphTenant], Awaitable[T]], pace: Pace = Pace.STEADY) -> T:
        person = AsUser(self.administrator(), self.people)
        tokens = ServicePrincipalTokens(
            Provider(Address(self.entra_id, APP, login_endpoint=self.server)), lambda: Secret(APP_SECRET)
        )

        async def run() -> T:
            manner = Manner(pace=pace, first_pause=0.05)
            async with GraphTenant(self.server, tokens, manner=manner, user=person) as api:
                return await work(api)

        return asyncio.run(run())

    def read(self, spec: TypeSpec, pace: Pace = Pace.STEADY) -> tuple[RawItem, ...]:
        found = self.use(lambda api: api.read_type(spec, in_a_minute()), pace)
        assert isinstance(found, TypeRead)
        return found.items


def in_a_minute() -> dt.datetime:
    return dt.datetime.now(dt.UTC) + dt.timedelta(minutes=1)


def made(server: str, **behaviour: Any) -> Simulated:
    key = f"t-{uuid.uuid4().hex[:10]}"
    answer = httpx.put(
        f"{server}/control/tenants/{key}", json={"seed": "small", "displayName": key, **behaviour}
    )
    assert answer.is_success, answer.text
    return Simulated(server, key, answer.json()["entraTenantId"])


def content_of(spec: TypeSpec, raw: Mapping[str, Any]) -> dict[str, Any]:
    """The canonical content, its ids left as they are."""
    return copy.deepcopy(dict(canonical(spec, dict(raw), Index({})).content))
