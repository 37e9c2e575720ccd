"""`$batch`: twenty requests in one, each for itself. learn.microsoft.com/graph/json-batching"""

from __future__ import annotations

from typing import Any

import pytest

JSON = {"Content-Type": "application/json"}


def batch(tenant: Any, *items: dict[str, Any], version: str = "v1.0") -> Any:
    return tenant.post(f"/{version}/$batch", {"requests": list(items)})


def get(key: str, url: str, **more: Any) -> dict[str, Any]:
    return {"id": key, "method": "GET", "url": url, **more}


def by_id(answer: Any) -> dict[str, Any]:
    return {r["id"]: r for r in answer.json()["responses"]}


def test_each_request_is_answered_for_itself(tenant: Any) -> None:
    answer = batch(tenant, get("a", "/groups?$top=1"), get("b", "groups/x"), get("c", "/groupz"))
    found = by_id(answer)
    assert answer.status_code == 200
    assert [found[k]["status"] for k in "abc"] == [200, 404, 400]
    assert found["a"]["body"]["@odata.nextLink"].startswith("http://127.0.0.1:7072/v1.0/groups?")


def test_the_answers_do_not_come_in_the_order_of_the_requests(tenant: Any) -> None:
    answer = batch(tenant, get("1", "/groups"), get("2", "/users"))
    assert [r["id"] for r in answer.json()["responses"]] == ["2", "1"]


def test_writes_in_a_batch_are_writes(tenant: Any) -> None:
    body = {"displayName": "B", "mailEnabled": False, "mailNickname": "b", "securityEnabled": True}
    answer = batch(tenant, {"id": "1", "method": "POST", "url": "/groups", "body": body, "headers": JSON})
    created = by_id(answer)["1"]
    assert created["status"] == 201
    entry = next(e for e in tenant.control("GET", "requests").json()["value"] if e["path"] == "/v1.0/groups")
    assert (entry["method"], entry["body"]) == ("POST", body)
    assert entry["batch"] == answer.headers["request-id"]


def test_a_request_whose_dependency_failed_is_424(tenant: Any) -> None:
    items = [get("1", "/groups/x"), get("2", "/users", dependsOn=["1"]), get("3", "/users", dependsOn=["2"])]
    assert [by_id(batch(tenant, *items))[k]["status"] for k in "123"] == [404, 424, 424]


def test_dependent_requests_run_in_order(tenant: Any) -> None:
    body = {"displayName": "D", "mailEnabled": False, "mailNickname": "d", "securityEnabled": True}
    create = {"id": "1", "method": "POST", "url": "/groups", "body": body, "headers": JSON}
    look = get("2", "/groups?$filter=displayName eq 'D'", dependsOn=["1"])
    assert len(by_id(batch(tenant, look, create))["2"]["body"]["value"]) == 1


@pytest.mark.parametrize(
    "items",
    [
        pytest.param([], id="none"),
        pytest.param([get(str(n), "/groups") for n in range(21)], id="more than 20"),
        pytest.param([get("a", "/groups"), get("A", "/users")], id="one id twice"),
        pytest.param([{"method": "GET", "url": "/groups"}], id="no id"),
        pytest.param([get("1", "https://graph.microsoft.com/v1.0/groups")], id="an absolute address"),
        pytest.param([get("1", "/$batch")], id="a batch in a batch"),
        pytest.param([get("1", "/groups", dependsOn=["9"])], id="an unknown dependency"),
        pytest.param(
            [{"id": "1", "method": "POST", "url": "/groups", "body": {}}], id="a body without its type"
        ),
    ],
)
def test_a_malformed_batch_is_refused_whole(tenant: Any, items: list[Any]) -> None:
    assert batch(tenant, *items).status_code == 400


def test_requests_in_a_batch_are_throttled_one_by_one(make_tenant: Any) -> None:
    tenant = make_tenant(quotas="documented")
    items = [get(str(n), "/identity/conditionalAccess/policies") for n in range(3)]
    found = by_id(batch(tenant, *items))
    assert [found[k]["status"] for k in "012"] == [200, 429, 429]
    assert "Retry-After" not in found["1"]["headers"]


def test_a_fault_meets_a_request_inside_a_batch(tenant: Any) -> None:
    tenant.control("POST", "faults", {"path": "^/v1.0/users", "status": 503, "retryAfter": 2})
    found = by_id(batch(tenant, get("1", "/groups"), get("2", "/users")))
    assert [found[k]["status"] for k in "12"] == [200, 503]
    assert found["2"]["headers"]["Retry-After"] == "2"


def test_a_permission_counts_inside_a_batch(tenant: Any) -> None:
    tenant.control("DELETE", "grants/Policy.Read.All")
    tenant.sign_in()
    assert by_id(batch(tenant, get("1", "/identity/conditionalAccess/policies")))["1"]["status"] == 403
