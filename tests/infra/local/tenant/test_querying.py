"""Lists: filters, sorting, selection, counting and pages of odd sizes."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

GROUPS = "/v1.0/groups"
FILTERS = "/beta/deviceManagement/assignmentFilters"


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_all_pages_together_are_the_collection(make_tenant: Any, size: int) -> None:
    tenant = make_tenant("adatum", pageSize=size)
    groups = tenant.all(GROUPS)
    assert len({g["id"] for g in groups}) == len(groups) == 5


def test_the_next_link_is_absolute_and_keeps_the_query(make_tenant: Any) -> None:
    tenant = make_tenant("adatum", pageSize=2)
    link = tenant.get(f"{GROUPS}?$select=id,displayName&$filter=securityEnabled eq true").json()[
        "@odata.nextLink"
    ]
    parts = urlsplit(link)
    assert (parts.scheme, parts.netloc, parts.path) == ("http", "127.0.0.1:7072", GROUPS)
    query = parse_qs(parts.query)
    assert query["$select"] == ["id,displayName"]
    assert query["$skiptoken"][0].startswith("RFNw")
    assert set(tenant.get(link).json()["value"][0]) == {"id", "displayName"}


def test_a_page_after_a_deleted_item_goes_on_where_it_was(make_tenant: Any) -> None:
    tenant = make_tenant("adatum", pageSize=2)
    first = tenant.get(GROUPS).json()
    tenant.delete(f"{GROUPS}/{first['value'][1]['id']}")
    rest = tenant.all(first["@odata.nextLink"])
    assert len(rest) == 3
    assert not {g["id"] for g in rest} & {g["id"] for g in first["value"]}


def test_settings_of_a_policy_come_in_pages(make_tenant: Any) -> None:
    tenant = make_tenant("small", pageSize=2)
    policy = tenant.named("deviceManagement/configurationPolicies", "BitLocker")
    settings = tenant.all(f"/beta/deviceManagement/configurationPolicies/{policy['id']}/settings")
    assert [s["id"] for s in settings] == ["0", "1", "2"]


def test_top_asks_for_a_page_size(tenant: Any) -> None:
    page = tenant.get(f"{FILTERS}?$top=2").json()
    assert len(page["value"]) == 2
    assert "@odata.nextLink" in page


@pytest.mark.parametrize(
    ("expression", "names"),
    [
        ("displayName eq 'All staff'", ["All staff"]),
        ("startswith(displayName,'all')", ["All staff"]),
        ("displayName in ('All staff','Windows devices')", ["All staff", "Windows devices"]),
        ("groupTypes/any(c:c eq 'DynamicMembership')", ["All staff", "Windows devices"]),
        ("securityEnabled eq true and startswith(displayName,'SEC')", ["SEC-Break-Glass"]),
        ("displayName eq 'x' or (displayName eq 'All staff')", ["All staff"]),
        ("displayName eq 'it''s'", []),
    ],
)
def test_groups_are_filtered(tenant: Any, expression: str, names: list[str]) -> None:
    found = tenant.all(f"{GROUPS}?$filter={expression}")
    assert sorted(g["displayName"] for g in found) == names


@pytest.mark.parametrize(
    "text", ["displayName eq", "eq 'x'", "(displayName eq 'x'", "displayName like 'x'", "%%"]
)
def test_a_broken_filter_is_refused(tenant: Any, text: str) -> None:
    assert tenant.get(f"{GROUPS}?$filter={text}").status_code == 400


def test_profiles_are_filtered_by_their_type(tenant: Any) -> None:
    path = "/beta/deviceManagement/deviceConfigurations"
    found = tenant.all(f"{path}?$filter=isof('microsoft.graph.windows10CustomConfiguration')")
    assert [c["displayName"] for c in found] == ["Custom settings"]
    others = tenant.all(f"{path}?$filter=not isof('microsoft.graph.windows10CustomConfiguration')")
    assert len(others) == 2


def test_settings_catalog_policies_are_filtered_by_their_template(tenant: Any) -> None:
    path = "/beta/deviceManagement/configurationPolicies"
    assert len(tenant.all(f"{path}?$filter=templateReference/templateFamily eq 'none'")) == 3
    assert tenant.all(f"{path}?$filter=templateReference/templateFamily eq 'baseline'") == []


def test_advanced_queries_need_their_header_and_count(tenant: Any) -> None:
    path = f"{GROUPS}?$filter=displayName ne 'x'&$count=true"
    assert tenant.get(path).status_code == 400
    answer = tenant.get(path, ConsistencyLevel="eventual").json()
    assert answer["@odata.count"] == len(answer["value"]) == 3


def test_search_needs_its_header(tenant: Any) -> None:
    path = f'{GROUPS}?$search="displayName:staff"'
    assert tenant.get(path).status_code == 400
    found = tenant.get(path, ConsistencyLevel="eventual").json()["value"]
    assert [g["displayName"] for g in found] == ["All staff"]


def test_lists_are_sorted_where_documented(tenant: Any) -> None:
    names = [g["displayName"] for g in tenant.all(f"{GROUPS}?$orderby=displayName desc&$top=2")]
    assert names == sorted(names, reverse=True)
    assert tenant.get(f"{GROUPS}?$orderby=description").status_code == 400


def test_sorted_lists_page_too(make_tenant: Any) -> None:
    tenant = make_tenant("adatum", pageSize=2)
    names = [g["displayName"] for g in tenant.all(f"{GROUPS}?$orderby=displayName")]
    assert names == sorted(names, key=str.lower)
    assert len(names) == 5


def test_intune_counts_without_a_header(tenant: Any) -> None:
    assert tenant.get(f"{FILTERS}?$count=true&$top=1").json()["@odata.count"] == 3


def test_prefer_headers_do_no_harm(tenant: Any) -> None:
    assert tenant.get(GROUPS, Prefer="include-unknown-enum-members").status_code == 200


def test_an_unchanged_object_reads_the_same_twice(tenant: Any) -> None:
    assert tenant.get(GROUPS).json() == tenant.get(GROUPS).json()


def test_client_request_ids_come_back(tenant: Any) -> None:
    answer = tenant.get(f"{GROUPS}/nobody", client_request_id="mine")
    assert answer.headers["client-request-id"] == "mine"
    assert answer.json()["error"]["innerError"]["client-request-id"] == "mine"
