"""Throttling by the documented quotas, under both profiles. learn.microsoft.com/graph/throttling-limits"""

from __future__ import annotations

from typing import Any

import pytest

from infra.local.tenant.errors import GraphError
from infra.local.tenant.exchange import Caller, Request
from infra.local.tenant.quotas import meter
from infra.local.tenant.storage import Storage
from infra.local.tenant.table import load_table
from infra.local.tenant.tenant import Tenant

CA = "/v1.0/identity/conditionalAccess/policies"
LOCATIONS = "/v1.0/identity/conditionalAccess/namedLocations"
TAGS = "/beta/deviceManagement/roleScopeTags"
FILTERS = "/beta/deviceManagement/assignmentFilters"
PROFILES = ["documented", "burst10"]


def statuses(tenant: Any, count: int, path: str = TAGS) -> list[int]:
    return [tenant.get(path).status_code for _ in range(count)]


@pytest.mark.parametrize("profile", PROFILES)
def test_conditional_access_takes_one_request_a_second(make_tenant: Any, profile: str) -> None:
    tenant = make_tenant(quotas=profile)
    assert tenant.get(CA).status_code == 200
    refused = tenant.get(LOCATIONS)
    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "TooManyRequests")
    assert "Retry-After" not in refused.headers
    tenant.clock.advance(2.0)
    assert tenant.get(LOCATIONS).status_code == 200


@pytest.mark.parametrize("profile", PROFILES)
def test_a_request_each_second_is_never_too_many(make_tenant: Any, profile: str) -> None:
    tenant = make_tenant(quotas=profile)
    for _ in range(5):
        assert tenant.get(CA).status_code == 200
        tenant.clock.advance(1.0)


def test_requests_that_are_refused_count_too(make_tenant: Any) -> None:
    tenant = make_tenant(quotas="documented")
    tenant.get(CA)
    tenant.clock.advance(0.6)
    assert tenant.get(CA).status_code == 429
    tenant.clock.advance(0.6)
    assert tenant.get(CA).status_code == 429


def spent(tenant: Tenant, method: str, count: int, now: float) -> list[GraphError]:
    """The refusals of so many requests at one moment, without making them."""
    entry, caller, refused = load_table()["deviceManagement/roleScopeTags"], Caller(app_id="a"), []
    for _ in range(count):
        try:
            meter(Request(tenant, caller, method, "beta", f"/{entry.path}", now=now), entry)
        except GraphError as error:
            refused.append(error)
    return refused


@pytest.mark.parametrize(("method", "amount"), [("GET", 1000), ("PATCH", 100)])
def test_intune_takes_so_many_requests_in_twenty_seconds(method: str, amount: int) -> None:
    tenant = Tenant("t", "0a1b2c3d-1111-4222-8333-444455556666", "T", Storage())
    assert spent(tenant, method, amount, 100.0) == []
    refused = spent(tenant, method, 1, 110.0)
    assert [e.headers["Retry-After"] for e in refused] == ["10"]
    assert len(spent(tenant, method, 1, 119.9)) == 1
    assert spent(tenant, method, amount - 2, 120.0) == []


def test_reads_go_on_when_writes_are_spent() -> None:
    tenant = Tenant("t", "0a1b2c3d-1111-4222-8333-444455556666", "T", Storage())
    assert len(spent(tenant, "POST", 101, 100.0)) == 1
    assert spent(tenant, "GET", 1, 100.0) == []


def test_intune_services_are_metered_apart(make_tenant: Any) -> None:
    tenant = make_tenant(quotas="burst10")
    statuses(tenant, 12)
    assert tenant.get(TAGS).status_code == 429
    assert tenant.get(FILTERS).status_code == 200


def test_a_burst_of_ten_and_then_a_steady_rate(make_tenant: Any) -> None:
    tenant = make_tenant(quotas="burst10")
    assert statuses(tenant, 10) == [200] * 10
    assert tenant.get(TAGS).status_code == 429
    tenant.clock.advance(1)
    for _ in range(20):
        assert tenant.get(TAGS).status_code == 200
        tenant.clock.advance(20 / 1000)


def test_directory_requests_cost_resource_units(make_tenant: Any) -> None:
    tenant = make_tenant(quotas="documented")
    assert tenant.get("/v1.0/users").headers["x-ms-resource-unit"] == "2"
    assert tenant.get("/v1.0/users?$select=id").headers["x-ms-resource-unit"] == "1"
    assert tenant.get("/v1.0/groups").headers["x-ms-resource-unit"] == "1"
    body = {"ids": ["99999999-9999-4999-8999-999999999999"]}
    assert tenant.post("/v1.0/directoryObjects/getByIds", body).headers["x-ms-resource-unit"] == "3"


def test_the_directory_says_whose_limit_was_reached(make_tenant: Any) -> None:
    tenant = make_tenant(quotas="burst10")
    answers = [tenant.get("/v1.0/groups") for _ in range(12)]
    refused = answers[-1]
    assert refused.status_code == 429
    assert refused.headers["x-ms-throttle-scope"].startswith("Tenant_Application/ReadWrite/ac000000-")
    assert refused.headers["x-ms-throttle-information"] == "ResourceUnitLimitExceeded"
    assert int(refused.headers["Retry-After"]) >= 1


def test_tenants_have_quotas_of_their_own(make_tenant: Any) -> None:
    one, other = make_tenant(quotas="documented"), make_tenant(quotas="documented")
    assert [one.get(CA).status_code, other.get(CA).status_code] == [200, 200]


def test_the_portal_is_not_metered(make_tenant: Any) -> None:
    tenant = make_tenant(quotas="documented")
    for _ in range(3):
        tenant.control("GET", "objects/identity/conditionalAccess/policies")
    assert tenant.get(CA).status_code == 200


def test_quotas_can_be_turned_off(make_tenant: Any) -> None:
    tenant = make_tenant(quotas="documented")
    tenant.control("PATCH", "behaviour", {"quotas": "off"})
    assert statuses(tenant, 5, CA) == [200] * 5
