"""The adapter and its requests against the simulated tenants, which are as strict as the documentation."""

import asyncio
import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from simulated import APP, CREATABLE, SPECS, Simulated, content_of, in_a_minute, made

from shared.adapters.graph.budget import Pace
from shared.adapters.graph.tenant import GraphTenant
from shared.catalog.loader import load
from shared.domain.catalog import TypeSpec
from shared.domain.item import SECRET
from shared.domain.request import completing_requests, create_request, delete_requests, update_requests
from shared.domain.snapshot import RawItem
from shared.errors import ReadFailed, WriteRefused, WriteUnknown
from shared.names import ObjectId, TypeKey


@pytest.fixture
def tenant(tenant_server: str) -> Iterator[Simulated]:
    simulated = made(tenant_server, visibilityDelay=0, quotas="off")
    yield simulated
    httpx.delete(f"{tenant_server}/control/tenants/{simulated.key}")


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
