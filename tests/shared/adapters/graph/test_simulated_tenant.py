"""The adapter and its requests against the simulated tenants, which are as strict as the documentation."""

import asyncio
import copy
import datetime as dt
import uuid
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx
import pytest

from shared.adapters.entra.credentials import Secret
from shared.adapters.entra.provider import Address, Provider
from shared.adapters.entra.service_principal import ServicePrincipalTokens
from shared.adapters.graph.budget import Pace
from shared.adapters.graph.tenant import AsUser, GraphTenant
from shared.adapters.graph.transport import Manner
from shared.catalog.loader import load
from shared.domain.canonical import canonical
from shared.domain.catalog import Identity, Kind, TypeSpec
from shared.domain.item import SECRET
from shared.domain.reference import Index
from shared.domain.request import completing_requests, create_request, delete_requests, update_requests
from shared.domain.snapshot import RawItem, TypeRead
from shared.errors import ReadFailed, WriteRefused, WriteUnknown
from shared.names import ObjectId, TypeKey

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
    """One simulated tenant of this test's own."""

    server: str
    key: str
    entra_id: str

    def control(self, method: str, path: str, body: Any = None) -> Any:
        answer = httpx.request(method, f"{self.server}/control/tenants/{self.key}/{path}", json=body)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    def user_token(self) -> str:
        """The token of the administrator, who signs in by device code."""
        scope = " ".join(sorted({name for spec in SPECS for name in (*spec.user_read, *spec.user_write)}))
        start = f"{self.server}/{self.entra_id}/oauth2/v2.0"
        code = httpx.post(f"{start}/devicecode", data={"client_id": APP, "scope": scope}).json()
        self.control("POST", "sign-in", {"userCode": code["user_code"], "account": "admin"})
        grant = "urn:ietf:params:oauth:grant-type:device_code"
        asked = {"grant_type": grant, "client_id": APP, "device_code": code["device_code"]}
        token: str = httpx.post(f"{start}/token", data=asked).json()["access_token"]
        return token

    def refused(self) -> int:
        requests = self.control("GET", "requests")["value"]
        return sum(one["status"] == 429 for one in requests)

    def use(self, work: Callable[[GraphTenant], Awaitable[T]], pace: Pace = Pace.STEADY) -> T:
        tokens = ServicePrincipalTokens(
            Provider(Address(self.entra_id, APP, login_endpoint=self.server)), lambda: Secret(APP_SECRET)
        )

        async def run() -> T:
            manner = Manner(pace=pace, first_pause=0.05)
            person = AsUser(Known(await asyncio.to_thread(self.user_token)), OF_USERS)
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


@pytest.fixture
def tenant(tenant_server: str) -> Iterator[Simulated]:
    simulated = made(tenant_server, visibilityDelay=0, quotas="off")
    yield simulated
    httpx.delete(f"{tenant_server}/control/tenants/{simulated.key}")


def content_of(spec: TypeSpec, raw: Mapping[str, Any]) -> dict[str, Any]:
    return copy.deepcopy(dict(canonical(spec, dict(raw), Index({})).content))


@pytest.mark.parametrize("pace", list(Pace), ids=lambda pace: pace.value)
def test_every_type_is_read_whole_and_an_item_reads_the_same_by_its_own_address(
    tenant: Simulated, pace: Pace
) -> None:
    tenant.control("PATCH", "behaviour", {"pageSize": 3})
    for spec in SPECS:
        items = tenant.read(spec, pace)
        assert items, spec.key
        for item in items[:1]:
            again = tenant.use(lambda api, spec=spec, item=item: api.read_item(spec, item.object_id), pace)
            assert again is not None
            assert content_of(spec, again.raw) == content_of(spec, item.raw)


@pytest.mark.parametrize("quotas", ["documented", "burst10"])
def test_reading_everything_at_once_meets_no_429_of_our_own_making(tenant: Simulated, quotas: str) -> None:
    tenant.control("PATCH", "behaviour", {"quotas": quotas})

    async def read_all(api: GraphTenant) -> None:
        await asyncio.gather(*(api.read_type(spec, in_a_minute()) for spec in SPECS))

    tenant.use(read_all)
    assert tenant.refused() == 0


def writable_items(tenant: Simulated, spec: TypeSpec) -> list[RawItem]:
    """One item of each kind there is, unless it is built in."""
    found: dict[str, RawItem] = {}
    for item in tenant.read(spec):
        if not spec.is_unchangeable(item.raw):
            found.setdefault(f"{item.raw.get('@odata.type')}{item.raw.get('groupTypes')}", item)
    return list(found.values())


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.key)
def test_an_update_of_every_property_to_itself_is_accepted_and_changes_nothing(
    tenant: Simulated, spec: TypeSpec
) -> None:
    for listed in writable_items(tenant, spec):

        async def update(api: GraphTenant, object_id: ObjectId = listed.object_id) -> tuple[Any, Any]:
            item = await api.read_item(spec, object_id)
            assert item is not None
            before = content_of(spec, item.raw)
            touched = [(name,) for name in before if name not in spec.immutable and name != "@odata.type"]
            requests = update_requests(spec, "N", object_id, item.raw, before, touched)
            assert isinstance(requests, tuple), requests
            for request in requests:
                await api.send(request)
            after = await api.read_item(spec, object_id)
            assert after is not None
            return before, content_of(spec, after.raw)

        before, after = tenant.use(update)
        assert before == after


@pytest.mark.parametrize("spec", CREATABLE, ids=lambda spec: spec.key)
def test_an_item_created_from_anothers_content_reads_the_same_and_can_be_deleted(
    tenant: Simulated, spec: TypeSpec
) -> None:
    for item in writable_items(tenant, spec):
        desired = content_of(spec, item.raw) | {spec.named_by: "A copy"}
        if SECRET in str(desired):
            continue  # what nobody gives back cannot be copied
        if "mailNickname" in desired:
            desired["mailNickname"] = f"copy{uuid.uuid4().hex[:8]}"

        async def create(api: GraphTenant, desired: dict[str, Any] = desired) -> Any:
            request = create_request(spec, "A copy", desired)
            assert not hasattr(request, "detail"), request
            object_id = ObjectId((await api.send(request)).body["id"])
            fresh = await api.read_item(spec, object_id)
            assert fresh is not None
            completing = completing_requests(spec, "A copy", object_id, desired, fresh.raw)
            assert isinstance(completing, tuple)
            for one in completing:
                await api.send(one)
            made = await api.read_item(spec, object_id)
            assert made is not None
            for one in delete_requests(spec, "A copy", object_id, made.raw):
                await api.send(one)
            assert await api.read_item(spec, object_id) is None
            return content_of(spec, made.raw)

        assert tenant.use(create) == desired


def test_a_secret_survives_an_update_of_its_list(tenant: Simulated) -> None:
    spec = load().types[TypeKey("device-configurations")]
    item = next(one for one in tenant.read(spec) if "'isEncrypted': True" in str(one.raw))

    async def update(api: GraphTenant) -> tuple[Any, Any]:
        before = await api.read_item(spec, item.object_id)
        assert before is not None
        desired = content_of(spec, before.raw)
        for setting in desired["omaSettings"]:
            setting["description"] = "Changed"
        requests = update_requests(spec, "N", item.object_id, before.raw, desired, [("omaSettings", "x")])
        assert isinstance(requests, tuple)
        for request in requests:
            await api.send(request)
        after = await api.read_item(spec, item.object_id)
        assert after is not None
        return before.raw["omaSettings"], after.raw["omaSettings"]

    before, after = tenant.use(update)
    assert {one["omaUri"]: one["value"] for one in before} == {one["omaUri"]: one["value"] for one in after}
    assert "****" not in str(after)
    assert all(one["description"] == "Changed" for one in after)


def test_a_post_that_was_applied_and_then_reset_is_of_unknown_fate(tenant: Simulated) -> None:
    spec = load().types[TypeKey("role-scope-tags")]
    tenant.control("POST", "faults", {"method": "POST", "path": "roleScopeTags", "reset": "after"})
    request = create_request(spec, "N", {"displayName": "Once", "description": ""})
    with pytest.raises(WriteUnknown):
        tenant.use(lambda api: api.send(request))  # type: ignore[arg-type]
    assert [one.raw["displayName"] for one in tenant.read(spec)].count("Once") == 1


def test_a_withdrawn_grant_fails_the_read_and_refuses_the_write(tenant: Simulated) -> None:
    spec = load().types[TypeKey("groups")]
    group = next(one for one in tenant.read(spec) if not spec.is_unchangeable(one.raw))
    for name in ("Group.Read.All", "Group.ReadWrite.All", "GroupMember.Read.All", "Directory.Read.All"):
        tenant.control("DELETE", f"grants/{name}")
    with pytest.raises(ReadFailed, match="403"):
        tenant.read(spec)
    (request,) = delete_requests(spec, "N", group.object_id, group.raw)
    with pytest.raises(WriteRefused, match="403"):
        tenant.use(lambda api: api.send(request))


def test_the_grants_are_what_the_token_carries(tenant: Simulated) -> None:
    granted = tenant.use(lambda api: api.grants(APP))
    assert granted.application == set(tenant.control("GET", "grants")["value"])
