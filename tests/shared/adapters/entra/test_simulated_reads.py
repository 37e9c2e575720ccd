"""Types that only a user may read, with the real msal and Graph adapter against the simulated tenant."""

import asyncio
import datetime as dt
import uuid
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

import httpx
import pytest
from stores import MemoryArtifacts
from user_access import GlassSeal

from shared.adapters.entra.credentials import Secret
from shared.adapters.entra.provider import Address, Provider
from shared.adapters.entra.service_principal import ServicePrincipalTokens
from shared.adapters.entra.user_sign_in import EntraSignIn
from shared.adapters.entra.user_tokens import StoredUserTokens
from shared.adapters.graph.tenant import AsUser, GraphTenant
from shared.adapters.graph.transport import Manner
from shared.adapters.token_caches import SealedTokenCaches
from shared.catalog.loader import load
from shared.domain.catalog import Identity, TypeSpec
from shared.domain.snapshot import TypeRead
from shared.errors import ReadFailed
from shared.names import TenantId
from shared.user_ports import StoredCache

T = TypeVar("T")
APP, APP_SECRET = "ac000000-0000-4000-8000-000000000001", "accord-local-secret"
HERE = TenantId("here")
CATALOG = load().types
USERS = [spec for spec in CATALOG.values() if spec.identity is Identity.USER]
TRIED = [spec for spec in CATALOG.values() if spec.identity is Identity.TRY]


@dataclass
class World:
    """One simulated tenant, whose administrator is signed in."""

    server: str
    key: str
    entra_id: str
    provider: Provider = field(init=False)

    def __post_init__(self) -> None:
        blobs = MemoryArtifacts()
        self.caches = SealedTokenCaches(lambda _: blobs, GlassSeal())
        self.provider = Provider(Address(self.entra_id, APP, login_endpoint=self.server))

    def control(self, method: str, path: str, body: Any = None) -> Any:
        answer = httpx.request(method, f"{self.server}/control/tenants/{self.key}/{path}", json=body)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    def signs_in(self, account: str = "admin") -> None:
        scopes = {name for spec in (*USERS, *TRIED) for name in (*spec.user_read, *spec.user_write)}
        device = EntraSignIn(self.provider, lambda: Secret(APP_SECRET))
        code = device.begin_device(scopes)
        self.control("POST", "sign-in", {"userCode": code.user_code, "account": account})
        found = device.poll_device(code.flow)
        assert found.cache, found.detail
        at = dt.datetime.now(dt.UTC)
        self.caches.store(HERE, StoredCache(found.cache, found.cache_kind, found.account, at))

    def use(self, work: Callable[[GraphTenant], Awaitable[T]], types: list[TypeSpec] = USERS) -> T:
        tokens = ServicePrincipalTokens(self.provider, lambda: Secret(APP_SECRET))
        user = StoredUserTokens(HERE, self.provider, lambda: Secret(APP_SECRET), self.caches)
        person = AsUser(user, frozenset(spec.key for spec in types))

        async def run() -> T:
            manner = Manner(first_pause=0.05)
            async with GraphTenant(self.server, tokens, manner=manner, user=person) as api:
                return await work(api)

        return asyncio.run(run())

    def read(self, spec: TypeSpec, types: list[TypeSpec] = USERS) -> TypeRead:
        until = dt.datetime.now(dt.UTC) + dt.timedelta(minutes=1)
        found = self.use(lambda api: api.read_type(spec, until), types)
        assert isinstance(found, TypeRead)
        return found


@pytest.fixture
def world(tenant_server: str) -> Iterator[World]:
    key = f"t-{uuid.uuid4().hex[:10]}"
    answer = httpx.put(
        f"{tenant_server}/control/tenants/{key}",
        json={"seed": "small", "displayName": key, "visibilityDelay": 0, "quotas": "off"},
    )
    assert answer.is_success, answer.text
    made = World(tenant_server, key, answer.json()["entraTenantId"])
    made.signs_in()
    yield made
    httpx.delete(f"{tenant_server}/control/tenants/{key}")


@pytest.mark.parametrize("spec", USERS, ids=lambda spec: str(spec.key))
def test_the_user_reads_what_the_service_principal_may_not(world: World, spec: TypeSpec) -> None:
    assert world.read(spec).items
    with pytest.raises(ReadFailed):
        world.read(spec, types=[])


@pytest.mark.parametrize("spec", TRIED, ids=lambda spec: str(spec.key))
@pytest.mark.parametrize("allowed", [True, False], ids=["as in practice", "as documented"])
def test_trying_finds_out_whom_the_service_lets_read(world: World, spec: TypeSpec, allowed: bool) -> None:
    world.control("PATCH", "behaviour", {"appOnly": {spec.path.lstrip("/"): allowed}, "grantDelay": 0})
    for permission in spec.read:
        world.control("PUT", f"grants/{permission}")
    assert world.use(lambda api: api.try_app(spec)) is allowed
    found = world.read(spec, types=[] if allowed else [spec])
    assert found.type == spec.key


def test_tokens_that_end_every_few_requests_are_renewed_on_the_way(world: World) -> None:
    world.control("PATCH", "behaviour", {"tokenLifetime": 1, "pageSize": 1})
    world.signs_in()
    for spec in USERS:
        assert world.read(spec).items


def test_a_sign_in_revoked_on_the_way_leaves_the_type_unread(world: World) -> None:
    spec = USERS[0]
    world.control("PATCH", "behaviour", {"tokenLifetime": 1, "pageSize": 1})
    world.signs_in()
    world.control("POST", "revoke-sign-ins")
    world.control("POST", "faults", {"path": spec.path, "delay": 1.1, "times": 1})
    with pytest.raises(ReadFailed, match="AADSTS50173"):
        world.read(spec)
